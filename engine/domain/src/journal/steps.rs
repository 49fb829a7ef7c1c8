//! Lines about a run (流程实例): how it opened, what each step did, and what kept it
//! from going on.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decision::Decision;
use crate::ids::PartyId;
use crate::money::Fen;

/// A case entered a workflow.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Opened {
    /// The workflow.
    pub workflow: String,
    /// Its first stage.
    pub stage: String,
    /// Who brought it in: a person, `conditions`, or the workflow before.
    pub by: String,
    /// It is rehearsed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
}

/// The account of a step.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Stepped {
    /// It was taken in a rehearsal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
    /// The workflow.
    pub workflow: String,
    /// The facts it was decided on.
    pub facts: DecisionFacts,
    /// Every handler called, in order.
    pub path: Vec<HandlerCall>,
    /// The stage it began in was left, and with it its undelivered orders.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_stage: bool,
    /// The orders given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<IssuedOrder>,
    /// Workflows opened on other lanes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<String>,
    /// When it wakes up next, in the institution's zone; `None` once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime>,
}

impl Stepped {
    /// The stages that it entered, in order.
    pub fn entered(&self) -> impl Iterator<Item = &str> {
        let entered = self.path.iter().filter(|call| call.on == HandlerCall::ENTER);
        entered.map(|call| call.stage.as_str())
    }

    /// The last line of a script that decided something in it; `None` when what
    /// happened was answered by default.
    pub fn decided_at(&self) -> Option<&str> {
        let mut lines = self.path.iter().rev().map(|call| call.line.as_str());
        lines.find(|line| !line.is_empty())
    }
}

/// The values a decision was made on.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct DecisionFacts {
    /// The case's revision.
    pub rev: i64,
    /// Days past due.
    pub days_past_due: u32,
    /// Overdue.
    pub overdue: Fen,
    /// Balance.
    pub balance: Fen,
    /// Promises broken.
    pub broken_promises: u32,
    /// Contacts delivered.
    pub contacts: u32,
    /// Holds in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<String>,
}

/// One handler and its answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HandlerCall {
    /// The stage.
    pub stage: String,
    /// [`HandlerCall::ENTER`], or the event's name.
    pub on: String,
    /// The line that decided; empty when the default did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line: String,
    /// What was decided.
    pub decision: Decision,
}

impl HandlerCall {
    /// A stage was entered.
    pub const ENTER: &str = "enter";
}

/// An order as its step names it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct IssuedOrder {
    /// The verb.
    pub verb: String,
    /// The person it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<PartyId>,
    /// The arguments.
    pub args: Map<String, Value>,
    /// The line that asked for it.
    pub line: String,
    /// Its key in the outbox, once it is rendered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
}

/// A run was set aside.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Parked {
    /// The workflow.
    pub workflow: String,
    /// The same for the same fault.
    pub fingerprint: String,
    /// What went wrong, in both languages.
    pub error: String,
    /// Who went back to another release, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A run that had ended goes on where it stood.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Reopened {
    /// The workflow.
    pub workflow: String,
    /// The stage in which it goes on.
    pub stage: String,
    /// Who took back what had ended it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A run whose place the running release lacks was ended by a person.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Withdrawn {
    /// The workflow.
    pub workflow: String,
    /// The stage in which it was parked.
    pub stage: String,
    /// Who took the case out.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A run of a rehearsal was put away.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RehearsalOver {
    /// The workflow.
    pub workflow: String,
}
