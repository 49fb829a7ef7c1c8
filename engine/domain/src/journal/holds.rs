//! Lines about holds (暂停) that cover more than the loan on which they were entered, and
//! about work that was taken back.

use serde::{Deserialize, Serialize};

use crate::hold::HoldReason;
use crate::ids::{OrderId, TaskId};
use crate::words;

words! {
    /// What a hold did on a loan (暂停或解除).
    #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum HoldMove {
        /// It began (暂停).
        Placed = "placed",
        /// It ended (解除).
        Lifted = "lifted",
    }
}

/// A hold of a person came to one of their loans, or ended on it, by an entry on
/// another loan.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HoldCarried {
    /// Why it is held, or was.
    pub hold: HoldReason,
    /// Whether it began or ended.
    #[serde(rename = "move")]
    pub moved: HoldMove,
    /// The loan on which it was entered, by the institution's number.
    pub entered_on: String,
    /// Who entered it; empty where nobody is named.
    pub by: String,
}

/// Work that a person was to do was taken back. Its order, where one asked for it, was
/// handed over and stays so.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WorkEnded {
    /// The order that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The piece of work, where no order asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The verb of the order, or else the kind of the work.
    pub verb: String,
    /// Why, by the word of the list of notes.
    pub why: String,
}
