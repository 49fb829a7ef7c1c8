//! The numbers by which the store tells things apart (编号).
//!
//! All of them come from one counter of the store, so that a case and an
//! instance never share a number. Outside the program a case is known by the
//! institution's own loan number, never by these.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// One debt under collection (案件).
    CaseId
}
id! {
    /// One person or firm (当事人).
    PartyId
}
id! {
    /// One run of one workflow on one case (流程实例).
    InstanceId
}
id! {
    /// One order in the outbox (指令).
    OrderId
}
id! {
    /// One checked folder of scripts (版本).
    ReleaseId
}
id! {
    /// One line of the money ledger (账目).
    EntryId
}
id! {
    /// One thing that happened to a case (事件).
    EventId
}
id! {
    /// One piece of work for a person (待办).
    TaskId
}
