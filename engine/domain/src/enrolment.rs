//! Which cases enter a workflow by themselves (纳入条件).

use serde::{Deserialize, Serialize};

/// The declarative part of `enrol`, which the store can search for.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Events on which a case enters, each time one happens.
    pub on: Vec<String>,
    /// Conditions that must all hold.
    pub conditions: Vec<Condition>,
    /// A `where` function decides among those that pass.
    pub has_where: bool,
}

impl Enrolment {
    /// Whether cases come in by what they are: events alone bring in what names
    /// events, and conditions then narrow who may come in.
    pub fn is_by_conditions(&self) -> bool {
        self.on.is_empty() && (!self.conditions.is_empty() || self.has_where)
    }

    /// Whether a case comes in once for each due date, not once for each overdue
    /// episode: what looks ahead of due dates has to, for a case that pays in
    /// time is in one and the same episode for years.
    pub fn is_by_due_date(&self) -> bool {
        self.conditions.iter().any(|condition| condition.field == "days_until_due")
    }
}

/// One condition on one field of the case.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// A field of [`crate::facts::CASE_FIELDS`] that can be searched for.
    pub field: String,
    /// What must hold of it.
    pub test: Test,
}

/// What must hold of a field; amounts in fen, days as counts.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// `at_least(n)`.
    AtLeast(i64),
    /// `at_most(n)`.
    AtMost(i64),
    /// `{ low, high }`, both included.
    Between(i64, i64),
    /// One of these words: `"李村"` or `{ "李村", "王村" }` for text fields.
    OneOf(Vec<String>),
}
