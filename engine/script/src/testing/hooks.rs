//! `t`, the hand of a test (测试把手): makes cases, lets days pass, looks.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use domain::near::nearest;
use domain::tongues;
use jiff::civil::Date;
use mlua::{
    AnyUserData, Error, Function, IntoLua, Lua, MetaMethod, Table, UserData,
    UserDataMethods, Value, Variadic,
};

use super::actions;
use super::expect;
use super::settings::{self, Settings};
use super::{CaseHandle, CaseState, Failure, Scenario};
use crate::api::names::word;
use crate::api::time::{Day, read_only};
use crate::api::values::text;
use crate::fault::{Fault, caller_line};
use crate::program::Catalog;
use crate::sandbox::meter::Meter;

/// One running test.
pub(super) struct Session {
    pub(super) catalog: Catalog,
    pub(super) settings: Rc<Settings>,
    scenario: RefCell<Box<dyn Scenario>>,
    meter: Rc<Meter>,
    last: Cell<Option<CaseHandle>>,
    /// Which of the orders sent have been expected already.
    pub(super) read: RefCell<Vec<bool>>,
    pub(super) read_refusals: RefCell<Vec<bool>>,
}

/// An expectation that did not hold.
#[derive(Clone, Debug)]
pub(super) struct Failed(pub(super) Failure);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, got {}", self.0.expected, self.0.got)
    }
}

impl std::error::Error for Failed {}

/// The expectation behind an error, if it is one.
pub(super) fn failed(error: &Error) -> Option<&Failed> {
    match error {
        Error::CallbackError { cause, .. } | Error::WithContext { cause, .. } => {
            failed(cause)
        }
        Error::ExternalError(inner) => inner.downcast_ref(),
        _ => None,
    }
}

/// A case as a test holds it.
#[derive(Clone, Copy, Debug)]
struct CaseRef(CaseHandle);

impl UserData for CaseRef {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function(MetaMethod::NewIndex, read_only);
        methods.add_meta_method(MetaMethod::ToString, |_, _, ()| Ok("case"));
        methods.add_meta_function(
            MetaMethod::Index,
            |lua, (_, key): (AnyUserData, Value)| -> mlua::Result<Value> {
                let key = word(&key);
                Err(Fault::new(
                    format!("测试里的案件没有字段 `{key}`:请用 t.expect_… 来看"),
                    format!("a test's case has no field `{key}`: look with t.expect_…"),
                )
                .raise(lua))
            },
        );
    }
}

/// What went wrong inside a method of `t`.
pub(super) enum Trouble {
    /// The call was wrong, or the scenario refused.
    Fault(Fault),
    /// An expectation did not hold.
    Failure(Failure),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

pub(super) type Done = Result<Option<Answer>, Trouble>;

/// What a method of `t` gives back.
pub(super) enum Answer {
    Case(CaseHandle),
    Day(Date),
}

type Method = fn(&Session, &[Value]) -> Done;

const METHODS: &[(&str, Method)] = &[
    ("case", actions::case),
    ("settings", settings::set),
    ("enrol", actions::enrol),
    ("advance", actions::advance),
    ("pay", actions::pay),
    ("reverse_last_payment", actions::reverse),
    ("promise", actions::promise),
    ("event", actions::event),
    ("clock_act", actions::clock_act),
    ("report_call", |it, given| actions::report(it, given, "report_call", "call")),
    ("report_visit", |it, given| actions::report(it, given, "report_visit", "visit")),
    ("approve", actions::approve),
    ("guard", actions::guard),
    ("bank_file", actions::bank_file),
    ("let_go", actions::let_go),
    ("today", |it, _| Ok(Some(Answer::Day(it.today())))),
    ("expect_sent", expect::sent),
    ("expect_nothing_sent", expect::nothing_sent),
    ("expect_refused", expect::refused),
    ("expect_held", expect::held),
    ("expect_stage", expect::stage),
    ("expect_finished", expect::finished),
    ("expect_workflow", expect::workflow),
    ("expect_no_workflow", expect::no_workflow),
    ("expect_waiting", expect::waiting),
    ("expect_task", expect::task),
    ("expect_no_task", expect::no_task),
];

/// The names of the methods, for the test of the editor stub.
#[cfg(test)]
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|(name, _)| *name)
}

/// The value that a test function gets as `t`.
pub(super) fn handle(lua: &Lua, session: &Rc<Session>) -> mlua::Result<AnyUserData> {
    let methods = lua.create_table()?;
    for (name, method) in METHODS {
        methods.raw_set(*name, bound(lua, session, *method)?)?;
    }
    lua.create_userdata(Handle(methods))
}

struct Handle(Table);

impl UserData for Handle {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function(MetaMethod::NewIndex, read_only);
        methods.add_meta_method(MetaMethod::Index, |lua, this, key: Value| {
            let name = word(&key);
            let found: Value = this.0.raw_get(key)?;
            if !found.is_nil() {
                return Ok(found);
            }
            let meant = nearest(&name, METHODS.iter().map(|method| method.0));
            let fault =
                Fault::new(format!("t 没有 `{name}`"), format!("t has no `{name}`"));
            Err(fault.suggesting(meant).raise(lua))
        });
    }
}

fn bound(lua: &Lua, session: &Rc<Session>, method: Method) -> mlua::Result<Function> {
    let session = Rc::clone(session);
    lua.create_function(move |lua, given: Variadic<Value>| {
        // `t:pay(c, …)` instead of `t.pay(c, …)` hands `t` over as well.
        let skip = given.first().is_some_and(is_handle);
        match method(&session, &given[usize::from(skip)..]) {
            Ok(None) => Ok(Value::Nil),
            Ok(Some(Answer::Case(case))) => {
                lua.create_userdata(CaseRef(case)).map(Value::UserData)
            }
            Ok(Some(Answer::Day(day))) => Day(day).into_lua(lua),
            Err(Trouble::Fault(fault)) => Err(fault.raise(lua)),
            Err(Trouble::Failure(failure)) => {
                let line = caller_line(lua);
                Err(Error::external(Failed(Failure { line, ..failure })))
            }
        }
    })
}

fn is_handle(value: &Value) -> bool {
    matches!(value, Value::UserData(data) if data.is::<Handle>())
}

impl Session {
    pub(super) fn new(
        catalog: Catalog,
        settings: &Rc<Settings>,
        scenario: Box<dyn Scenario>,
        meter: &Rc<Meter>,
    ) -> Self {
        Self {
            catalog,
            settings: Rc::clone(settings),
            scenario: RefCell::new(scenario),
            meter: Rc::clone(meter),
            last: Cell::new(None),
            read: RefCell::default(),
            read_refusals: RefCell::default(),
        }
    }

    /// Lets the scenario work, on its own account.
    pub(super) fn scenario<R>(
        &self,
        work: impl FnOnce(&mut dyn Scenario) -> Result<R, String>,
    ) -> Result<R, Fault> {
        let mut scenario = self.scenario.borrow_mut();
        let result = self.meter.free(|| work(scenario.as_mut()));
        result.map_err(|why| Fault::new(tongues::chinese(&why), tongues::english(&why)))
    }

    /// The test hangs on the settings of this workflow.
    pub(super) fn uses(&self, workflow: &str) {
        self.scenario.borrow_mut().uses(workflow);
    }

    /// From now on this is the case meant when none is named.
    pub(super) fn remember(&self, case: CaseHandle) {
        self.last.set(Some(case));
    }

    pub(super) fn today(&self) -> Date {
        self.scenario.borrow().today()
    }

    /// A failure with the place and path of a case, or of the last one made.
    pub(super) fn failure(
        &self,
        case: Option<CaseHandle>,
        expected: String,
        got: String,
    ) -> Trouble {
        let failure = Failure { expected, got, ..Failure::default() };
        Trouble::Failure(self.placed_at(case, failure))
    }

    /// The same failure, with where the last case is.
    pub(super) fn placed(&self, failure: Failure) -> Failure {
        self.placed_at(None, failure)
    }

    fn placed_at(&self, case: Option<CaseHandle>, failure: Failure) -> Failure {
        let states = case.or(self.last.get()).map(|it| self.states(it));
        let states = states.and_then(Result::ok).unwrap_or_default();
        let place: Vec<String> = states.iter().take(3).map(in_words).collect();
        let path = states.into_iter().next().map(|state| state.path).unwrap_or_default();
        Failure { place: place.join("; "), path, ..failure }
    }

    pub(super) fn states(&self, case: CaseHandle) -> Result<Vec<CaseState>, Fault> {
        self.scenario(|it| it.states(case))
    }

    /// The case at a position, or the last one made when nothing is given.
    pub(super) fn case_at(
        &self,
        given: &[Value],
        index: usize,
    ) -> Result<CaseHandle, Fault> {
        match given.get(index) {
            None | Some(Value::Nil) => self.last.get().ok_or_else(|| {
                Fault::new(
                    "还没有案件:先写 t.case { … }",
                    "no case yet: make one with t.case { … }",
                )
            }),
            Some(Value::UserData(data)) if data.is::<CaseRef>() => {
                let case = data.borrow::<CaseRef>().map(|data| data.0);
                case.map_err(|error| {
                    Fault::new("案件读不了", format!("the case cannot be read: {error}"))
                })
            }
            Some(other) => {
                let got = word(other);
                Err(Fault::new(
                    format!("这里要 t.case 返回的案件,而不是 `{got}`"),
                    format!("a case from t.case is needed, not `{got}`"),
                ))
            }
        }
    }
}

/// `remind/first_call, waiting`.
pub(super) fn in_words(state: &CaseState) -> String {
    let CaseState { workflow, stage, status, finish_reason, .. } = state;
    match finish_reason {
        Some(reason) => format!("{workflow}/{stage}, {status} ({reason})"),
        None => format!("{workflow}/{stage}, {status}"),
    }
}

/// The text at a position.
pub(super) fn text_at(
    given: &[Value],
    index: usize,
    usage: &str,
) -> Result<String, Fault> {
    given.get(index).and_then(text).ok_or_else(|| used_as(usage))
}

pub(super) fn used_as(usage: &str) -> Fault {
    Fault::new(format!("应写成 {usage}"), format!("write it as {usage}"))
}

/// The fields of a table that may be absent.
pub(super) fn fields(
    given: Option<&Value>,
    usage: &str,
) -> Result<Vec<(String, Value)>, Fault> {
    let table = match given {
        None | Some(Value::Nil) => return Ok(Vec::new()),
        Some(Value::Table(table)) => table,
        Some(_) => return Err(used_as(usage)),
    };
    let mut fields = Vec::new();
    for pair in table.pairs::<Value, Value>().take(100) {
        let (key, value) = pair.map_err(|_| used_as(usage))?;
        fields.push((text(&key).ok_or_else(|| used_as(usage))?, value));
    }
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(fields)
}
