//! What stands still because somebody or something said so (停发、停办): orders
//! that may not leave, and workflows that are not worked.

use serde::{Deserialize, Serialize};

use crate::words;

words! {
    /// What a stop keeps from leaving (范围).
    #[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Scope {
        /// Every order.
        All = "all",
        /// Those of a channel: `sms`, `visit`, ….
        Channel = "channel",
        /// Those that a workflow gave.
        Workflow = "workflow",
        /// Those that were given under a release.
        Release = "release",
        /// Those of one act of the policy packs: `demand`, ….
        Act = "act",
        /// Those that were put under it one by one, and no others.
        Orders = "orders",
    }
}

words! {
    /// Why sending was stopped (缘由).
    #[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Cause {
        /// A person said so.
        Person = "person",
        /// More would have left than the set bounds allow.
        Guard = "guard",
        /// The channel's gateway refuses the institution, not a number.
        ChannelFault = "channel_fault",
        /// No file of the bank has come in for too long.
        StaleBook = "stale_book",
    }
}

words! {
    /// Why a workflow is not worked (停办缘由).
    #[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum WorkflowCause {
        /// Its script fails.
        Fails = "fails",
        /// Its script uses up the time that a call may take.
        Burns = "burns",
    }
}
