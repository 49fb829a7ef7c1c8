//! What a journal line says (日志内容), as far as the verification needs it.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A line of any kind; what a kind does not say is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    pub(super) did: String,
    /// Of `opened`.
    pub(super) stage: Option<String>,
    /// Of `step`.
    pub(super) path: Vec<Passage>,
    pub(super) left_stage: bool,
    pub(super) orders: Vec<Given>,
    pub(super) next_at: Option<String>,
    /// Of `order`, `approved` and `rejected`.
    pub(super) order: Value,
    pub(super) status: String,
    pub(super) epoch: Option<i64>,
    pub(super) by: String,
    /// Of `by_hand`.
    pub(super) what: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct Passage {
    pub(super) stage: String,
}

/// An order as its step names it.
#[derive(Debug, Deserialize)]
pub(super) struct Given {
    pub(super) verb: String,
    pub(super) to: Option<i64>,
    pub(super) args: Map<String, Value>,
    #[serde(default)]
    pub(super) key: String,
}

/// A number, or the text of one.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
