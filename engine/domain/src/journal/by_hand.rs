//! Lines about what people enter (登记): who, why, and what.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::complaint::ComplaintOutcome;
use crate::components::Components;
use crate::hold::HoldReason;
use crate::ids::{EntryId, OrderId, PartyId, TaskId};
use crate::ledger::{EntryKind, Payer};
use crate::limitation::Evidence;
use crate::money::Fen;
use crate::party::Role as PartyRole;
use crate::point::{PointKind, PointState};
use crate::status::OrderStatus;
use crate::words;

/// A person entered something.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ByHand {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What.
    pub what: Entered,
}

/// What a person entered, told apart by its keys.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Entered {
    /// A case was put into a workflow.
    Enrolled {
        /// The workflow.
        enrolled: String,
        /// The lost places that it left for that, where it was parked in some.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        withdrawn: Option<String>,
    },
    /// A case was taken out of places that the running release lacks.
    Withdrawn {
        /// The places, as `workflow/stage`.
        withdrawn: String,
    },
    /// Something was reported of a case.
    Reported {
        /// The event.
        reported: String,
        /// The other loans that it named, by the institution's numbers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
        /// Whom of the staff a complaint is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        /// What a complaint came to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        came_to: Option<ComplaintOutcome>,
        /// What was done about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remedy: Option<String>,
    },
    /// A case was given to another collector.
    Assigned {
        /// To whom.
        assigned: String,
        /// Who worked it before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// A case was put on hold.
    HoldPlaced {
        /// Why it is held.
        hold_placed: HoldReason,
    },
    /// A hold was lifted.
    HoldLifted {
        /// Why it was held.
        hold_lifted: HoldReason,
    },
    /// A promise to pay.
    Promise(PromiseByHand),
    /// What became of a call.
    Call(CallByHand),
    /// What became of a visit.
    Visit(VisitByHand),
    /// That a letter reached its reader.
    LetterProof(LetterProofByHand),
    // Before `Form`, which would read its line and leave the month out.
    /// What was entered by a form of a plugin that is about a month of the house.
    SiteForm(FormOfSite),
    /// What was entered by a form of a plugin.
    Form(FormByHand),
    /// A payment.
    Booked(BookedByHand),
    /// A line of the ledger was taken back.
    Reversed(ReversedByHand),
    /// A payment entered before was confirmed.
    Confirmed {
        /// The line of the ledger.
        confirmed: EntryId,
        /// Its amount.
        amount: Fen,
        /// The number of the slip, where one was given.
        receipt: Option<String>,
    },
    /// Whose money a payment was, was found out.
    Payer {
        /// The line of the ledger.
        whose: EntryId,
        /// Its amount.
        amount: Fen,
        /// Whose money it was.
        payer: Payer,
    },
    /// Whether an order arrived was found out.
    OrderAnswered {
        /// The order.
        order: OrderId,
        /// Where it stands.
        now: OrderStatus,
    },
    /// Work was done.
    TaskDone {
        /// The work.
        task: TaskId,
        /// What came of it.
        outcome: String,
    },
    /// Somebody of its role will do a piece of work.
    TaskTaken {
        /// The work.
        task_taken: TaskId,
        /// Whose it was before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// Parked runs of a case were let go on.
    Resumed {
        /// How many.
        resumed: u64,
    },
    /// Somebody of the case was entered, corrected or taken off it.
    Person(PersonByHand),
    /// A number, an account or an address of somebody was entered, or stands otherwise.
    Point(PointByHand),
    /// The numbers of somebody were read in full.
    Revealed(RevealedByHand),
    /// The debtor answered a message or a letter.
    Reply(ReplyByHand),
    /// The machine's time was found to be right.
    Clock(ClockConfirmed),
    /// What this program does not know, or knew in another form.
    Other(Map<String, Value>),
}

impl Entered {
    /// The order that it tells of, when it tells of one.
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::OrderAnswered { order, .. } => Some(*order),
            Self::Call(it) => it.order,
            Self::Visit(it) => Some(it.order),
            Self::LetterProof(it) => Some(it.order),
            Self::Form(it) => it.order,
            Self::Other(says) => says.get("order")?.as_i64().map(OrderId),
            _ => None,
        }
    }

    /// As a record that is shown key by key.
    pub fn as_record(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// A promise to pay.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PromiseByHand {
    /// The amount promised.
    pub promise: Fen,
    /// By when.
    pub due_on: Date,
    /// What shows it.
    pub evidence: Evidence,
    /// The number of the paper, where there is one.
    pub receipt: Option<String>,
}

/// What became of a call.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallByHand {
    /// The result, by the word of its list.
    pub call_result: String,
    /// The order that asked for the call, when one did.
    pub order: Option<OrderId>,
    /// Why nothing was paid, where it was said.
    pub cause: Option<String>,
}

/// What became of a visit.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct VisitByHand {
    /// The result, by the word of its list.
    pub outcome: String,
    /// The order that asked for the visit.
    pub order: OrderId,
    /// Who went.
    pub collectors: Vec<String>,
    /// When.
    pub on: Date,
    /// Where.
    pub place: Option<String>,
    /// The number of the paper, where there is one.
    pub receipt: Option<String>,
    /// How well it is shown, by the word of its list.
    pub evidence: Option<String>,
}

/// That a letter reached its reader.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LetterProofByHand {
    /// Always [`LetterProofByHand::PROVED`].
    pub outcome: String,
    /// The order of the letter.
    pub order: OrderId,
    /// When it reached them.
    pub served_on: Date,
    /// What shows it, by the word of its list.
    pub evidence: String,
    /// The number of the paper.
    pub receipt: String,
}

impl LetterProofByHand {
    /// What a proof comes to.
    pub const PROVED: &str = "proved";
}

/// What was entered by a form of a plugin, such as a filing at court.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct FormByHand {
    /// The plugin.
    pub plugin: String,
    /// The form, by the name in its manifest.
    pub form: String,
    /// The order it is about; a proceeding has the number of its order. `None` where it
    /// is about the loan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The proceeding, where it is older than the book and no order has asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<OrderId>,
    /// What was filled in: amounts in fen, dates as `YYYY-MM-DD`.
    pub filled: Map<String, Value>,
}

/// What was entered by a form of a plugin about a month of the house, such as the
/// approval of its rewards.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct FormOfSite {
    /// The plugin.
    pub plugin: String,
    /// The form, by the name in its manifest.
    pub form: String,
    /// The month, `2026-11`.
    pub month: String,
    /// What came of it: amounts in fen, the hash of a file.
    pub filled: Map<String, Value>,
}

/// A payment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BookedByHand {
    /// What it books.
    pub entry: EntryKind,
    /// The line of the ledger.
    pub number: EntryId,
    /// The amount.
    pub amount: Fen,
    /// Its day.
    pub on: Date,
    /// The number of the slip, where there is one.
    pub receipt: Option<String>,
    /// It counts as confirmed.
    pub confirmed: bool,
    /// Whose money it was, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    /// What it consists of, where whoever entered it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Components>,
}

/// A line of the ledger was taken back.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReversedByHand {
    /// Always [`EntryKind::Reversal`].
    pub entry: EntryKind,
    /// The line that was taken back.
    pub of: EntryId,
    /// What it had booked.
    pub kind: EntryKind,
    /// Its amount.
    pub amount: Fen,
    /// The day of the reversal.
    pub on: Date,
}

words! {
    /// What became of somebody in the list of a case's people.
    #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum PersonMove {
        /// Entered.
        Added = "added",
        /// Of what was on record something was wrong.
        Corrected = "corrected",
        /// Taken off the case.
        Removed = "removed",
    }
}

/// Somebody of the case was entered, corrected or taken off it: who by their number in
/// the store, and what without a word of it, for lines are kept for ever.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PersonByHand {
    /// What became of them.
    pub person: PersonMove,
    /// Who.
    pub party: PartyId,
    /// What they are to the debt.
    pub role: PartyRole,
    /// The columns that were filled or changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

/// A number, an account or an address of somebody was entered, or stands otherwise.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PointByHand {
    /// Which of the three.
    pub point: PointKind,
    /// Whose.
    pub party: PartyId,
    /// How it stands now.
    pub state: PointState,
    /// A number as lists show it; nothing of an address or an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Who gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_by: Option<String>,
    /// Since when it stands so.
    pub on: Date,
}

/// The numbers of somebody were read in full.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RevealedByHand {
    /// Whose.
    pub revealed: PartyId,
    /// What they are to the debt.
    pub role: PartyRole,
}

/// The debtor answered a message or a letter.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReplyByHand {
    /// The channel of the answer.
    pub reply: String,
    /// Somebody else has the number.
    #[serde(default, skip_serializing_if = "is_false")]
    pub wrong_number: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// The machine's time was found to be right.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ClockConfirmed {
    /// Always [`ClockConfirmed::CONFIRMED`].
    pub clock: String,
    /// How far it had jumped ahead, in milliseconds, when that was the doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jumped_ms: Option<i64>,
    /// The moment of the newest line, in milliseconds since 1970, when the clock
    /// stood before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<i64>,
}

impl ClockConfirmed {
    /// What a person says of it.
    pub const CONFIRMED: &str = "confirmed";
}
