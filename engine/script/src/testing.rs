//! Tests of workflows (流程测试), by the people who write them.
//!
//! A test file is `remind_test.lua`; it makes cases, lets days pass and says
//! what must have happened. What a case is and how days pass comes from a
//! [`Scenario`]: the daemon builds one over the real store and scheduler.

use std::collections::BTreeMap;

use domain::decision::WaitRule;
use domain::duty::Assignee;
use domain::guard::Bounds;
use domain::limitation::ClockActKind;
use domain::money::Fen;
use domain::party::GuaranteeKind;
use domain::say::Lang;
use domain::status::{InstanceStatus, OrderStatus};
use domain::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

mod hooks;
mod actions;
mod expect;
mod reach;
mod runner;
mod settings;
mod spec;

#[cfg(test)]
pub(crate) use hooks::words;
pub use reach::reach;
pub use runner::TestFile;
pub(crate) use spec::CASE_KEYS;

/// One case of a test, as the scenario numbers it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CaseHandle(pub u64);

/// The case that a test asks for: `t.case { overdue = yuan(5000), … }`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaseSpec {
    /// Due and not paid.
    pub overdue: Fen,
    /// How long the oldest part of it has been due.
    pub days_past_due: u32,
    /// Amount lent; the scenario's own choice when not given.
    pub principal: Option<Fen>,
    /// The debtor's village.
    pub village: Option<String>,
    /// The loan product.
    pub product: Option<String>,
    /// Who works the case.
    pub collector: Option<String>,
    /// Why the debtor does not pay.
    pub cause: Option<String>,
    /// Kind of debtor.
    pub debtor_type: Option<String>,
    /// How many guarantors there are.
    pub guarantors: u32,
    /// How they guarantee; joint (连带), as rural cooperatives write it, unless
    /// the test says otherwise.
    pub guarantee: GuaranteeKind,
    /// How many people are on record who owe nothing.
    pub third_parties: u32,
    /// The debtor has a telephone number.
    pub phone: bool,
    /// The debtor has bound the official WeChat account.
    pub wechat: bool,
    /// Days until the limitation period ends.
    pub limitation_days_left: Option<i64>,
    /// At which stage it is before a court since before the test, as `case.court_stage`.
    pub court_stage: Option<String>,
    /// Days until the next instalment falls due; nothing lies ahead without it.
    pub days_until_due: Option<u32>,
    /// What falls due then.
    pub next_due_amount: Fen,
    /// How many instalments lie ahead, a month apart.
    pub instalments: u32,
}

impl Default for CaseSpec {
    fn default() -> Self {
        Self {
            overdue: Fen(100_000),
            days_past_due: 1,
            principal: None,
            village: None,
            product: None,
            collector: None,
            cause: None,
            debtor_type: None,
            guarantors: 0,
            guarantee: GuaranteeKind::Joint,
            third_parties: 0,
            phone: true,
            wechat: false,
            limitation_days_left: None,
            court_stage: None,
            days_until_due: None,
            next_due_amount: Fen(100_000),
            instalments: 1,
        }
    }
}

/// An order that left the house.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SentOrder {
    /// The verb.
    pub verb: String,
    /// The template or guide it used, if any.
    pub template: Option<String>,
    /// What the recipient is to the debt, if it went to a person.
    pub to_role: Option<String>,
    /// Where it stands in the outbox.
    pub status: OrderStatus,
    /// When it left, as a person reads it: `2026-11-23 09:00`.
    pub at: String,
}

/// Work that waits for a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenTask {
    /// Its kind.
    pub kind: String,
    /// Whose it is, when it is somebody's or a role's.
    pub by: Option<Assignee>,
}

/// An order that conduct review refused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RefusedOrder {
    /// The verb.
    pub verb: String,
    /// The ids of the rules that refused it.
    pub rules: Vec<String>,
    /// When, as a person reads it.
    pub at: String,
}

words! {
    /// How a test says where a workflow of a case stands.
    #[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Stand {
        /// It goes on when its timer or an event says so.
        #[default]
        Waiting = "waiting",
        /// Set aside until its script is mended.
        Parked = "parked",
        /// A hold keeps its timer.
        Held = "held",
        /// It is over.
        Finished = "finished",
    }
}

impl From<InstanceStatus> for Stand {
    fn from(status: InstanceStatus) -> Self {
        match status {
            InstanceStatus::Waiting => Self::Waiting,
            InstanceStatus::Frozen => Self::Held,
            InstanceStatus::Parked => Self::Parked,
            InstanceStatus::Finished => Self::Finished,
        }
    }
}

/// Where one workflow of a case stands.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct CaseState {
    /// The workflow.
    pub workflow: String,
    /// The stage it is in, or was in when it ended.
    pub stage: String,
    /// How it stands.
    pub status: Stand,
    /// Why it ended, once it has.
    pub finish_reason: Option<String>,
    /// The stages it went through, oldest first.
    pub path: Vec<String>,
}

/// What a test can do and see; every error is a sentence for its author.
pub trait Scenario {
    /// Makes a case.
    ///
    /// # Errors
    ///
    /// When such a case cannot be.
    fn case(&mut self, spec: &CaseSpec) -> Result<CaseHandle, String>;

    /// Gives settings of a workflow other values for this test, each as a line
    /// of settings.toml has it. Waits that stand keep the rule they were given.
    ///
    /// # Errors
    ///
    /// When the workflow cannot be loaded with them.
    fn set(
        &mut self,
        workflow: &str,
        values: BTreeMap<String, Value>,
    ) -> Result<(), String>;

    /// The test has read settings of this workflow: its result hangs on them.
    fn uses(&mut self, workflow: &str);

    /// Puts a case into a workflow, whatever `enrol` says, and runs what is due.
    ///
    /// # Errors
    ///
    /// When there is no such workflow or its lane is taken.
    fn enrol(&mut self, case: CaseHandle, workflow: &str) -> Result<(), String>;

    /// Whether there is such a workflow.
    ///
    /// # Errors
    ///
    /// When there is none, with the nearest name.
    fn knows(&self, workflow: &str) -> Result<(), String>;

    /// Lets time pass, from timer to timer; never [`WaitRule::Until`] or
    /// [`WaitRule::Overdue`].
    ///
    /// # Errors
    ///
    /// When the scheduler fails.
    fn advance(&mut self, by: WaitRule) -> Result<(), String>;

    /// Books a payment of today.
    ///
    /// # Errors
    ///
    /// When it cannot be booked.
    fn pay(&mut self, case: CaseHandle, amount: Fen) -> Result<(), String>;

    /// Takes the last payment back.
    ///
    /// # Errors
    ///
    /// When there is none.
    fn reverse_last_payment(&mut self, case: CaseHandle) -> Result<(), String>;

    /// Records a promise to pay; without an amount, all that is overdue.
    ///
    /// # Errors
    ///
    /// When it cannot be recorded.
    fn promise(
        &mut self,
        case: CaseHandle,
        due_on: Date,
        amount: Option<Fen>,
    ) -> Result<(), String>;

    /// Raises an event of the catalog.
    ///
    /// # Errors
    ///
    /// When it cannot be raised.
    fn event(
        &mut self,
        case: CaseHandle,
        kind: &str,
        payload: Map<String, Value>,
    ) -> Result<(), String>;

    /// Writes a dated act about the claim down, of today, as the legal department would:
    /// about all, or about the guarantor with this place, counted from 1.
    ///
    /// # Errors
    ///
    /// When there is no such guarantor.
    fn clock_act(
        &mut self,
        case: CaseHandle,
        act: ClockActKind,
        guarantor: Option<usize>,
    ) -> Result<(), String>;

    /// Enters what came of the last open order of a verb: `call`, `visit`.
    ///
    /// # Errors
    ///
    /// When there is no such order or no such outcome.
    fn report(
        &mut self,
        case: CaseHandle,
        verb: &str,
        outcome: &str,
        payload: Map<String, Value>,
    ) -> Result<(), String>;

    /// Approves the oldest order of a verb that waits for a second person.
    ///
    /// # Errors
    ///
    /// When none waits.
    fn approve(&mut self, verb: &str) -> Result<(), String>;

    /// Puts the guard on what leaves to work, which no test has by itself, and lets the
    /// book grow old after so many workdays from now on without a file of the bank.
    ///
    /// # Errors
    ///
    /// When the store fails.
    fn guard(
        &mut self,
        bounds: &Bounds,
        book_stale_after: Option<u32>,
    ) -> Result<(), String>;

    /// A file of the bank is taken in, with nothing in it for the test's cases.
    ///
    /// # Errors
    ///
    /// When the store fails.
    fn bank_file(&mut self) -> Result<(), String>;

    /// A person lets go all that the guard holds; not what waits for a bank's file.
    ///
    /// # Errors
    ///
    /// When it holds nothing.
    fn let_go(&mut self) -> Result<(), String>;

    /// The verbs of the orders that are held, by what holds them.
    ///
    /// # Errors
    ///
    /// When the store fails.
    fn held(&mut self) -> Result<Vec<String>, String>;

    /// Every order that has left so far, oldest first; it only grows.
    ///
    /// # Errors
    ///
    /// When the store fails.
    fn sent(&mut self) -> Result<Vec<SentOrder>, String>;

    /// Every order refused so far, oldest first; it only grows.
    ///
    /// # Errors
    ///
    /// When the store fails.
    fn refused(&mut self) -> Result<Vec<RefusedOrder>, String>;

    /// The open human tasks, by their kinds.
    ///
    /// # Errors
    ///
    /// When the store fails.
    fn tasks(&mut self) -> Result<Vec<OpenTask>, String>;

    /// Every workflow the case has been in, the newest first.
    ///
    /// # Errors
    ///
    /// When the store fails.
    fn states(&mut self, case: CaseHandle) -> Result<Vec<CaseState>, String>;

    /// The day it is.
    fn today(&self) -> Date;
}

/// How one test went.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TestResult {
    /// The sentence after `test`.
    pub name: String,
    /// The test file.
    pub file: String,
    /// The line of `test`.
    pub line: u32,
    /// Passed, or what failed.
    pub outcome: Outcome,
    /// The scripts and templates that it met, of a test that failed.
    pub met: Vec<String>,
}

/// Passed, or what failed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every expectation held.
    Passed,
    /// One did not, or the test broke.
    Failed(Failure),
}

/// What a failing test tells.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Failure {
    /// The line of the expectation.
    pub line: u32,
    /// What should have been, in both languages.
    pub expected: String,
    /// What was, in both languages.
    pub got: String,
    /// Where the case is: `remind/first_call, waiting`.
    pub place: String,
    /// The stages it went through.
    pub path: Vec<String>,
}

/// How a workflow of a case stands, as Chinese readers say it.
const STANDS: &[(&str, &str)] = &[
    (", waiting", ",等待中"),
    (", parked", ",挂起"),
    (", held", ",扣下"),
    (", runnable", ",待运行"),
    (", finished", ",已结束"),
];

impl Failure {
    /// What was, for whoever reads `lang`.
    pub fn got_in(&self, lang: Lang) -> String {
        stands(&lang.half(&self.got), lang)
    }

    /// Where the case is, for whoever reads `lang`.
    pub fn place_in(&self, lang: Lang) -> String {
        stands(&self.place, lang)
    }
}

fn stands(text: &str, lang: Lang) -> String {
    match lang {
        Lang::En => text.to_owned(),
        Lang::Zh => {
            STANDS.iter().fold(text.to_owned(), |text, (en, zh)| text.replace(en, zh))
        }
    }
}

impl TestResult {
    /// Whether every expectation held.
    pub fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    /// The lines that a person reads when a test failed; empty when it passed.
    pub fn render(&self, lang: Lang) -> String {
        let Outcome::Failed(failure) = &self.outcome else { return String::new() };
        let (place, path) = (failure.place_in(lang), failure.path.join(" → "));
        let (file, name, line) = (&self.file, lang.half(&self.name), failure.line);
        let (head, words) = match lang {
            Lang::Zh => (
                format!("{file}:{line}:测试未通过 “{name}”"),
                ["  应为:", "  实际:", "  案件现在:", "  走过:"],
            ),
            Lang::En => (
                format!("{file}:{line}: the test failed: “{name}”"),
                ["  expected: ", "  got:      ", "  now:      ", "  path:     "],
            ),
        };
        let told = [lang.half(&failure.expected), failure.got_in(lang), place, path];
        let said = words.iter().zip(&told).filter(|(_, told)| !told.is_empty());
        let lines = said.map(|(word, told)| format!("{word}{told}"));
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }
}
