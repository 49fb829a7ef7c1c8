//! Runs the tests of a file (运行测试): each in a fresh state and a fresh scenario.

use std::cell::RefCell;
use std::rc::Rc;

use mlua::{Function, Lua, Value};

use super::hooks::{self, Failed, Session};
use super::settings::{self, Settings};
use super::{Failure, Outcome, Scenario, TestResult};
use crate::api::{names, time, values};
use crate::fault::{self, Fault, caller_line};
use crate::program::{Catalog, Program};
use crate::sandbox;
use crate::sandbox::limits::Limits;
use crate::sandbox::meter::Meter;

/// A test as the file registers it.
#[derive(Clone, Debug)]
struct Test {
    name: String,
    line: u32,
    body: Function,
}

/// A test file, read once: what its tests are called, and how to run each.
#[derive(Clone, Debug)]
pub struct TestFile<'a> {
    file: &'a str,
    text: &'a str,
    program: &'a Program,
    catalog: &'a Catalog,
    limits: Limits,
    /// Name and line of each test, in the order written.
    tests: Vec<(String, u32)>,
}

impl<'a> TestFile<'a> {
    /// Runs the body of a test file, which registers its tests.
    ///
    /// The file sees the units, `date`, `yuan`, `role`, `test` and `setting`, under the
    /// same sandbox as a script. `program` is what the scripts declare, without
    /// the site's settings. A test may use `limits` for itself; what the scenario
    /// does is not charged.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or holds no test, is one failed test.
    pub fn read(
        file: &'a str,
        text: &'a str,
        program: &'a Program,
        catalog: &'a Catalog,
        limits: &Limits,
    ) -> Result<Self, Box<TestResult>> {
        let tests = match State::load(file, text, program, limits) {
            Ok(state) => state.tests.take(),
            Err(failure) => return Err(Box::new(broken(file, failure))),
        };
        if tests.is_empty() {
            let expected = "test(\"…\", function(t) … end)".to_owned();
            let got = "文件里没有测试 · the file holds no test".to_owned();
            let failure = Failure { expected, got, line: 1, ..Failure::default() };
            return Err(Box::new(broken(file, failure)));
        }
        let tests = tests.into_iter().map(|test| (test.name, test.line)).collect();
        Ok(Self { file, text, program, catalog, limits: *limits, tests })
    }

    /// The file, relative to the folder.
    pub fn name(&self) -> &'a str {
        self.file
    }

    /// The places of the tests, in the order written.
    pub fn places(&self) -> std::ops::Range<usize> {
        0..self.tests.len()
    }

    /// Runs the test at a place, in a fresh state and a scenario of its own; a
    /// scenario that could not be made fails it, with the sentence that says why.
    ///
    /// # Panics
    ///
    /// There is no test at this place.
    pub fn run(
        &self,
        place: usize,
        scenario: Result<Box<dyn Scenario>, String>,
    ) -> TestResult {
        let state = match State::load(self.file, self.text, self.program, &self.limits) {
            Ok(state) => state,
            Err(failure) => return broken(self.file, failure),
        };
        let Some(body) = state.tests.borrow().get(place).map(|test| test.body.clone())
        else {
            return broken(self.file, Failure::default());
        };
        let outcome = match scenario {
            Ok(scenario) => run_one(self.file, &state, &body, self.catalog, scenario),
            Err(why) => {
                let line = self.tests[place].1;
                Outcome::Failed(Failure { line, got: why, ..Failure::default() })
            }
        };
        self.result(place, outcome)
    }

    /// The result of the test at a place.
    ///
    /// # Panics
    ///
    /// There is no test at this place.
    pub fn result(&self, place: usize, outcome: Outcome) -> TestResult {
        let (name, line) = self.tests[place].clone();
        let met = Vec::new();
        TestResult { name, file: self.file.to_owned(), line, outcome, met }
    }
}

/// A loaded test file.
struct State {
    lua: Lua,
    settings: Rc<Settings>,
    meter: Rc<Meter>,
    tests: Rc<RefCell<Vec<Test>>>,
}

impl State {
    fn load(
        file: &str,
        text: &str,
        program: &Program,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let meter = Rc::new(Meter::new(limits));
        let tests = Rc::new(RefCell::new(Vec::new()));
        let settings = Rc::new(Settings::new(file, program));
        let loaded = Self::run(file, text, limits, &meter, &settings, &tests);
        match loaded {
            Ok(lua) if meter.breach().is_none() => {
                Ok(Self { lua, settings, meter, tests })
            }
            Ok(_) => Err(broke(file, &mlua::Error::runtime(""), &meter)),
            Err(error) => Err(broke(file, &error, &meter)),
        }
    }

    fn run(
        file: &str,
        text: &str,
        limits: &Limits,
        meter: &Rc<Meter>,
        settings: &Rc<Settings>,
        tests: &Rc<RefCell<Vec<Test>>>,
    ) -> mlua::Result<Lua> {
        let lua = sandbox::new_state(limits, meter)?;
        let names = names::new(&lua, limits.environment)?;
        time::units(&lua, &names.known)?;
        values::yuan(&lua, &names.known)?;
        values::role(&lua, &names.known)?;
        settings::install(&lua, &names.known, settings)?;
        let register = Rc::clone(tests);
        let keyword = lua.create_function(move |lua, (name, body): (Value, Value)| {
            let (Some(name), Value::Function(body)) = (values::text(&name), body) else {
                let fault = Fault::new(
                    "测试应写成 test(\"…\", function(t) … end)",
                    "write a test as test(\"…\", function(t) … end)",
                );
                return Err(fault.raise(lua));
            };
            register.borrow_mut().push(Test { name, line: caller_line(lua), body });
            Ok(())
        })?;
        names.known.raw_set("test", keyword)?;
        let name = format!("={file}");
        let body = sandbox::compiled::load(&lua, text, &name, Some(names.env))?;
        meter.start();
        body.call::<()>(())?;
        Ok(lua)
    }
}

fn run_one(
    file: &str,
    state: &State,
    body: &Function,
    catalog: &Catalog,
    scenario: Box<dyn Scenario>,
) -> Outcome {
    let session =
        Rc::new(Session::new(catalog.clone(), &state.settings, scenario, &state.meter));
    state.meter.start();
    let result =
        hooks::handle(&state.lua, &session).and_then(|handle| body.call::<()>(handle));
    for workflow in state.settings.read.borrow().iter() {
        session.uses(workflow);
    }
    let failure = match result {
        Ok(()) if state.meter.breach().is_none() => return Outcome::Passed,
        Ok(()) => broke(file, &mlua::Error::runtime(""), &state.meter),
        Err(error) => match hooks::failed(&error) {
            Some(Failed(failure)) => failure.clone(),
            None => session.placed(broke(file, &error, &state.meter)),
        },
    };
    Outcome::Failed(failure)
}

/// A test that stopped by itself.
fn broke(file: &str, error: &mlua::Error, meter: &Meter) -> Failure {
    let error = fault::step_error(file, error, meter.breach());
    let expected = "测试运行到底 · the test runs to its end".to_owned();
    Failure { line: error.line, expected, got: error.message, ..Failure::default() }
}

fn broken(file: &str, failure: Failure) -> TestResult {
    let name = format!("{file} 能够载入 · {file} can be loaded");
    let line = failure.line;
    let (outcome, met) = (Outcome::Failed(failure), Vec::new());
    TestResult { name, file: file.to_owned(), line, outcome, met }
}
