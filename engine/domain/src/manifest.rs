//! What a plugin says of itself (插件清单): verbs, events, entries and settings.
//!
//! The Lua verbs, the argument checks, the suggestions, the editor stub and the
//! reference page are all made from manifests. There is no other list of verbs.

use serde::{Deserialize, Serialize};

use crate::event::EventSpec;
pub use crate::say::{Text, text};
use crate::words;

mod entry;

pub use entry::{
    EntryDoubt, EntryField, EntryForm, Said, Subject, UnlessGiven, WorkColumn, WorkList,
};

/// All that a plugin offers to workflows.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Manifest {
    /// One word, also the Cargo feature: `remind`.
    pub name: &'static str,
    /// What it is for.
    pub title: Text,
    /// The orders it can carry out.
    pub verbs: &'static [Verb],
    /// The events it can raise.
    pub events: &'static [EventSpec],
    /// What people can enter for it.
    pub entries: &'static [EntryForm],
    /// The list of what is open with it.
    pub work: Option<WorkList>,
    /// What an administrator can set for it in `qingshou.toml`.
    pub settings: &'static [Setting],
}

/// One order that a workflow can give: `sms`, `visit`, `file_suit`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Verb {
    /// The Lua name.
    pub name: &'static str,
    /// Title in both languages.
    pub title: Text,
    /// What it does and what comes back, in both languages.
    pub doc: Text,
    /// The arguments it takes.
    pub args: &'static [Arg],
    /// The argument that may stand alone: `sms "remind_1"` means `template`.
    pub lone: Option<&'static str>,
    /// What a crash between sending and acknowledging means.
    pub delivery: DeliveryClass,
    /// The channel over which it reaches a person; `None` for paper work.
    pub channel: Option<Channel>,
    /// What it is in the eyes of the policy pack.
    pub act: Act,
    /// It claims money at court: it has no ground once nothing is overdue, and none
    /// against a debtor who has died.
    pub claims: bool,
    /// A second person has to approve it before it leaves.
    pub second_person: bool,
    /// It stays in the outbox when its case leaves the stage.
    pub outlives_stage: bool,
    /// How many collectors the work that it opens is given to; 1 for what a machine or
    /// one person does.
    pub collectors: u32,
}

/// One argument of a verb.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Arg {
    /// The Lua name.
    pub name: &'static str,
    /// What may be given.
    pub kind: ArgKind,
    /// Without it the call is an error.
    pub required: bool,
    /// What it means, with unit and default.
    pub doc: Text,
}

/// What may be given for an argument or a payload field.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ArgKind {
    /// Any text up to 200 characters.
    Text,
    /// What staff read: a text, or one in each language, `{ zh = "…", en = "…" }`.
    Title,
    /// The name of a message template in `workflows/templates`.
    Template,
    /// A person of the case: `case.debtor`, one of `case.guarantors`.
    Party,
    /// A member of staff: `case.collector`.
    Staff,
    /// A member of staff, or anybody with a role: `role "supervisor"`.
    Assignee,
    /// An amount of money: `yuan(500)`.
    Fen,
    /// A whole number.
    Count,
    /// A share in per mille: `25` is 2.5 %.
    PerMille,
    /// A civil date.
    Date,
    /// Yes or no.
    Bool,
    /// The name of another workflow.
    Workflow,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What an administrator can set for a plugin.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Setting {
    /// The key below `[plugins.NAME]`.
    pub name: &'static str,
    /// What may be set.
    pub kind: ArgKind,
    /// The value when nothing is set, as written in TOML.
    pub default: &'static str,
    /// What it means, with unit.
    pub doc: Text,
}

words! {
    /// How often an order may reach the outside world (投递级别).
    #[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum DeliveryClass {
        /// Repeated until acknowledged; the far side honours the key.
        AtLeastOnce = "at_least_once",
        /// The plugin asks whether the key arrived before it tries again.
        QueryBeforeRetry = "query_before_retry",
        /// Never tried twice: a crash in between ends as `unknown`, and a person
        /// decides, because a second lawyer's letter is a legal event.
        AtMostOnce = "at_most_once",
    }
}

words! {
    /// The way to a person (渠道), in the words of the policy packs.
    #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Channel {
        /// A call by a person from an official number.
        Phone = "phone",
        /// A text message.
        Sms = "sms",
        /// A message of the official WeChat account.
        WechatWork = "wechat_work",
        /// A letter by post.
        LetterPost = "letter_post",
        /// A letter handed over.
        LetterHand = "letter_hand",
        /// A visit.
        Visit = "visit",
    }
}

words! {
    /// What an order is to the policy pack's party rules.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Act {
        /// Asks for payment (催告).
        Demand = "demand",
        /// Tells a fact: condolence, plan reminder (告知).
        Notice = "notice",
        /// Talks about a way out (协商).
        Negotiate = "negotiate",
        /// Serves a document that keeps a right alive (送达).
        Serve = "serve",
        /// Looks for a lost debtor without naming the debt (查找).
        Locate = "locate",
        /// Reaches nobody: paper work inside the house (内部).
        Internal = "internal",
    }
}
