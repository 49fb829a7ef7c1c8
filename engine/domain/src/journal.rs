//! The lines of the journal (日志条目): everything that is ever written down about a
//! case, a run or the site, one kind a variant.
//!
//! A line is a JSON object: `v`, the version of its form; `did`, its kind; and what
//! the kind says, in the fields of its own struct. The table below is the one place
//! where a kind gets its word. No line holds personal data.
//!
//! What stands in a store stays as it is for ever: a field that is added needs a
//! default for older lines, and a form that older programs could misread is written
//! under a higher `v`.

mod steps;
mod orders;
mod by_hand;
mod holds;
mod site;
pub mod keys;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use crate::ids::OrderId;
use crate::words;

pub use by_hand::{
    BookedByHand, ByHand, CallByHand, ClockConfirmed, Entered, FormByHand, FormOfSite,
    LetterProofByHand, PersonByHand, PersonMove, PointByHand, PromiseByHand, ReplyByHand,
    RevealedByHand, ReversedByHand, VisitByHand,
};
pub use holds::{HoldCarried, HoldMove, WorkEnded};
pub use orders::{Decided, GivenWord, HandOver, LateAnswer, LeftBeforeRestore};
pub use orders::{MovedBy, OrderMoved};
pub use site::{
    BooksSealed, EnrolmentFailed, EnrolmentWorksAgain, FileImported, GatewayTest,
    GatewayTestRehearsed, GatewayTested, GatewayTrial, Imported, RehearsalBegan,
    RehearsalEnded, ReleaseActivated, Restored, SendingLetGo, SendingResumed,
    SendingStopped, StoreMoved, StoreReopened, TrialAhead, TrialDone, TrialRehearsed,
    WorkflowResumed, WorkflowSuspended,
};
pub use steps::{
    DecisionFacts, HandlerCall, IssuedOrder, Opened, Parked, RehearsalOver, Reopened,
    Stepped, Withdrawn,
};

/// The version of the form in which lines are written.
pub const VERSION: u32 = 1;

/// Declares the kinds of lines: variant, payload and word.
macro_rules! entries {
    ($($(#[$of:meta])* $kind:ident($payload:ty) = $word:literal,)*) => {
        words! {
            /// What a line tells of (条目种类), by the word of its `did`.
            #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
            pub enum Kind { $($(#[$of])* $kind = $word,)* }
        }

        /// One line of the journal (日志条目).
        ///
        /// ```
        /// use domain::journal::{Entry, EntryError, RehearsalOver};
        ///
        /// let entry = Entry::RehearsalOver(RehearsalOver { workflow: "remind".to_owned() });
        /// let body = entry.to_body();
        /// assert_eq!(body.as_str(), r#"{"did":"rehearsal_over","v":1,"workflow":"remind"}"#);
        /// assert_eq!(Entry::parse(body.as_str()), Ok(entry));
        /// let newer = Entry::parse(r#"{"v":1,"did":"foretold"}"#);
        /// assert!(matches!(newer, Err(EntryError::Newer { .. })));
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        pub enum Entry { $($(#[$of])* $kind($payload),)* }

        impl Entry {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)* }
            }

            fn read(kind: Kind, body: &str) -> serde_json::Result<Self> {
                match kind {
                    $(Kind::$kind => serde_json::from_str(body).map(Self::$kind),)*
                }
            }
        }

        impl Serialize for Entry {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let did = self.kind().as_str();
                match self {
                    $(Self::$kind(says) => Line { v: VERSION, did, says }.serialize(to),)*
                }
            }
        }
    };
}

entries! {
    /// A case entered a workflow (纳入): the first line of a run.
    Opened(Opened) = "opened",
    /// A run woke up and was worked (一步).
    Stepped(Stepped) = "step",
    /// A run was set aside until its script or its place is mended (挂起).
    Parked(Parked) = "parked",
    /// A run that had ended goes on, since the payment that ended it was none (恢复).
    Reopened(Reopened) = "reopened",
    /// A person took a case out of a place that the running release lacks (退出).
    Withdrawn(Withdrawn) = "withdrawn",
    /// A run was of a rehearsal, which is over (演练结束).
    RehearsalOver(RehearsalOver) = "rehearsal_over",
    /// An order stands elsewhere now (指令变动): settled, held, let go, cancelled.
    OrderMoved(OrderMoved) = "order",
    /// A hand-over was answered after its lease had run out (迟到的回执); it settles
    /// nothing.
    LateAnswer(LateAnswer) = "late_answer",
    /// A second person approved an order (批准).
    Approved(Decided) = "approved",
    /// A second person rejected an order (驳回).
    Rejected(Decided) = "rejected",
    /// A person entered something (登记).
    ByHand(ByHand) = "by_hand",
    /// A hold that was entered on another loan came to this one, or ended with it
    /// (同一人的暂停).
    HoldCarried(HoldCarried) = "hold_carried",
    /// A call or visit that a person was to make was taken back (待办收回): its day was
    /// over, or its ground had gone.
    WorkEnded(WorkEnded) = "work_ended",
    /// An import changed what is known of a case (导入更改).
    Imported(Imported) = "imported",
    /// Something left before the store was put back and is on record nowhere
    /// (恢复前送出).
    LeftBeforeRestore(LeftBeforeRestore) = "left_before_restore",
    /// A file was imported (导入文件).
    FileImported(FileImported) = "import",
    /// Books were sealed (封存).
    BooksSealed(BooksSealed) = "books_sealed",
    /// A release went live (版本上线).
    ReleaseActivated(ReleaseActivated) = "release_activated",
    /// Sending was stopped (停发).
    SendingStopped(SendingStopped) = "sending_stopped",
    /// A stop was lifted (恢复发送).
    SendingResumed(SendingResumed) = "sending_resumed",
    /// A person let orders of a stop go (放行).
    SendingLetGo(SendingLetGo) = "sending_let_go",
    /// A workflow is not worked any more (流程停办).
    WorkflowSuspended(WorkflowSuspended) = "workflow_suspended",
    /// A suspended workflow is worked again (流程恢复).
    WorkflowResumed(WorkflowResumed) = "workflow_resumed",
    /// The `where` of a workflow failed (纳入条件出错).
    EnrolmentFailed(EnrolmentFailed) = "enrolment_failed",
    /// The `where` of a workflow answers again (纳入条件恢复).
    EnrolmentWorksAgain(EnrolmentWorksAgain) = "enrolment_works_again",
    /// From now on nothing leaves in earnest (演练开始).
    RehearsalBegan(RehearsalBegan) = "rehearsal_began",
    /// From now on whatever opens is real (演练收尾).
    RehearsalEnded(RehearsalEnded) = "rehearsal_ended",
    /// The store was put back to a backup (恢复备份).
    Restored(Restored) = "restored",
    /// The store was moved to another place (迁走).
    StoreMoved(StoreMoved) = "store_moved",
    /// A store that was moved away is worked again (重新启用).
    StoreReopened(StoreReopened) = "store_reopened",
    /// A gateway is about to be tried (试发).
    GatewayTest(GatewayTest) = "gateway_test",
    /// A gateway was tried (试发结果).
    GatewayTested(GatewayTested) = "gateway_tested",
    /// A gateway would have been tried, were it no rehearsal (演练中试发).
    GatewayTestRehearsed(GatewayTestRehearsed) = "gateway_test_rehearsed",
}

impl Entry {
    /// Reads a line of the journal.
    ///
    /// # Errors
    ///
    /// [`EntryError::Newer`] for a kind or a version that this program does not
    /// know, [`EntryError::Unreadable`] for what is no line at all.
    pub fn parse(body: &str) -> Result<Self, EntryError> {
        let unreadable =
            |error: serde_json::Error| EntryError::Unreadable(error.to_string());
        let Head { v, did } = serde_json::from_str(body).map_err(unreadable)?;
        match Kind::parse(&did) {
            Some(kind) if v <= VERSION => Self::read(kind, body).map_err(unreadable),
            _ => Err(EntryError::Newer { did: did.into_owned(), v }),
        }
    }

    /// The line as it is written, the same bytes for the same entry.
    ///
    /// # Panics
    ///
    /// Never: an entry is made of texts, numbers and lists, which JSON can hold.
    pub fn to_body(&self) -> Body {
        let text = match self {
            // Written far more often than all others, in the order of their fields;
            // the others in the order of their keys.
            Self::Opened(_) | Self::Stepped(_) => serde_json::to_string(self),
            _ => serde_json::to_value(self).map(|to_value| to_value.to_string()),
        };
        Body(text.expect("texts, numbers and lists can be written as JSON"))
    }

    /// The order that it tells of, when it tells of one alone.
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::OrderMoved(it) => Some(it.order),
            Self::LateAnswer(it) => Some(it.order),
            Self::Approved(it) | Self::Rejected(it) => Some(it.order),
            Self::ByHand(it) => it.what.order(),
            _ => None,
        }
    }
}

/// The JSON text of a line; it is made of an [`Entry`] and of nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Body(String);

impl Body {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a line cannot be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum EntryError {
    /// A newer program wrote it. It is as good as any other line and only cannot be
    /// told of.
    #[error(
        "较新的程序写下的日志行(`{did}`,格式 {v}) · a line of a newer program \
         (`{did}`, form {v})"
    )]
    Newer {
        /// Its kind.
        did: String,
        /// The version of its form.
        v: u32,
    },
    /// It is not what its kind says, or no line at all.
    #[error("日志行无法读懂:{0} · a line of the journal cannot be read: {0}")]
    Unreadable(String),
}

/// What stands first in every line.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(default)]
    v: u32,
    #[serde(borrow)]
    did: Cow<'a, str>,
}

/// A line as it is written.
#[derive(Serialize)]
struct Line<'a, T> {
    v: u32,
    did: &'static str,
    #[serde(flatten)]
    says: &'a T,
}

#[cfg(test)]
mod tests;
