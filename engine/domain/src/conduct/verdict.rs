//! The answer of the review (审查结论) and the record of how it came about.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An order that has passed review.
///
/// There is no public way to make one: [`review`](super::review()) is the only
/// place that does, and a plugin accepts nothing else.
///
/// ```compile_fail
/// let forged = domain::conduct::Approved { order: "call at night" };
/// ```
#[derive(Clone, Debug)]
pub struct Approved<T> {
    order: T,
    record: Record,
}

impl<T> Approved<T> {
    pub(super) fn new(order: T, record: Record) -> Self {
        Self { order, record }
    }

    /// What was approved.
    pub fn order(&self) -> &T {
        &self.order
    }

    /// Every rule that was looked at.
    pub fn record(&self) -> &Record {
        &self.record
    }
}

/// What one rule says. The order is that of severity.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The order may go.
    Allow,
    /// Not now, but later.
    Defer,
    /// Not before another person has agreed.
    NeedsApproval,
    /// Never in this form.
    Deny,
}

/// One rule and what it says of the order.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The id in the policy pack, or one derived from it: `cn.window`,
    /// `cn.party.guarantor`, `cn.hold.complaint_open`.
    pub rule: String,
    /// What it says.
    pub effect: Effect,
    /// Why, in Chinese, without personal data.
    pub reason_zh: String,
    /// Why, in English, without personal data.
    pub reason_en: String,
}

/// How an answer came about, as the journal keeps it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Every rule that applied, in the order of the review.
    pub hits: Vec<Hit>,
    /// What the contact itself still has to honour: `record_call`, `show_id`.
    pub obligations: Vec<String>,
    /// The pack, `cn-rcc@2026.11.23`.
    pub pack: String,
    /// The pack's content hash, as the loader gave it.
    pub pack_hash: String,
    /// The facts that the rules used.
    pub facts: Value,
}

impl Record {
    /// The gravest effect of all rules.
    pub fn effect(&self) -> Effect {
        self.hits.iter().map(|hit| hit.effect).max().unwrap_or(Effect::Allow)
    }

    /// The rules with this effect, in the order of the review.
    pub fn with_effect(&self, effect: Effect) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| hit.effect == effect)
    }

    /// The ids of the rules that decided: those with the gravest effect.
    pub fn deciding_rules(&self) -> Vec<&str> {
        self.with_effect(self.effect())
            .map(|with_effect| with_effect.rule.as_str())
            .collect()
    }
}

/// The answer of the review.
#[derive(Clone, Debug)]
#[must_use]
pub enum Verdict<T> {
    /// It may go to the plugin.
    Approved(Approved<T>),
    /// It may not go.
    Refused(T, Record),
    /// It may be asked again at this civil time, in the clock of the question.
    Deferred(T, DateTime, Record),
    /// It may be asked again when another person has agreed.
    NeedsApproval(T, Record),
}

impl<T> Verdict<T> {
    /// Every rule that was looked at.
    pub fn record(&self) -> &Record {
        match self {
            Self::Approved(approved) => approved.record(),
            Self::Refused(_, record)
            | Self::Deferred(_, _, record)
            | Self::NeedsApproval(_, record) => record,
        }
    }

    /// The answer in one word.
    pub fn effect(&self) -> Effect {
        match self {
            Self::Approved(_) => Effect::Allow,
            Self::Refused(..) => Effect::Deny,
            Self::Deferred(..) => Effect::Defer,
            Self::NeedsApproval(..) => Effect::NeedsApproval,
        }
    }
}
