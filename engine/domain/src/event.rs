//! What can happen to a case (事件), in the past tense, and what it means.
//!
//! An event is one word and one row: of [`EventKind`] in [`CORE_EVENTS`], of a plugin
//! in its manifest. Who may report it, which hold it places or lifts and what it ends
//! is read from the row by everybody.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::facts::CaseFacts;
use crate::hold::HoldReason;
use crate::ids::EventId;
use crate::manifest::{ArgKind, Channel, Text};
use crate::money::Fen;
use crate::role::Role;
use crate::status::CaseStatus;
use crate::words;

mod effects;
mod table;

pub use self::table::CORE_EVENTS;

words! {
    /// What can happen to a case whatever plugins are on (事件); one row each in
    /// [`CORE_EVENTS`].
    #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum EventKind {
        /// A payment was booked (还款).
        Payment = "payment",
        /// A payment booked earlier was confirmed (还款已确认).
        PaymentConfirmed = "payment_confirmed",
        /// A payment was taken back (冲正).
        Reversed = "reversed",
        /// Nothing is overdue any more (已无逾期).
        Cured = "cured",
        /// Nothing is owed any more (已结清).
        PaidOff = "paid_off",
        /// The claim was dismissed (债权撤销).
        Dismissed = "dismissed",
        /// The dismissal was wrong (误登撤销).
        DismissalWithdrawn = "dismissal_withdrawn",
        /// The debtor is reported dead (死亡).
        Deceased = "deceased",
        /// The report of the death was wrong (误报死亡).
        DeathDisproved = "death_disproved",
        /// A complaint was made (投诉).
        Complaint = "complaint",
        /// The complaint is settled (投诉办结).
        ComplaintResolved = "complaint_resolved",
        /// The debt is disputed (异议).
        Dispute = "dispute",
        /// The dispute is settled (异议办结).
        DisputeResolved = "dispute_resolved",
        /// A supervisor lets the case go to law (核准转诉).
        LegalOverride = "legal_override",
        /// A hold was placed (暂停).
        HoldPlaced = "hold_placed",
        /// A hold was lifted (解除暂停).
        HoldLifted = "hold_lifted",
        /// A promise to pay was made (承诺还款).
        Promise = "promise",
        /// Paid in full and in time (承诺兑现).
        PromiseKept = "promise_kept",
        /// Paid in full after the day (承诺迟兑).
        PromiseLate = "promise_late",
        /// Paid in part (承诺部分兑现).
        PromisePartial = "promise_partial",
        /// Nothing was paid (爽约).
        PromiseBroken = "promise_broken",
        /// Something else on record (备注).
        Note = "note",
    }
}

impl EventKind {
    /// Its row.
    pub fn spec(self) -> &'static EventSpec {
        // The rows stand in the order of the words, which a test looks at.
        &CORE_EVENTS[self as usize]
    }

    /// The event that places a hold for this reason, and the one that lifts it;
    /// `None` for a reason that no event brings and a person enters.
    pub fn of_hold(reason: HoldReason) -> Option<(Self, Self)> {
        let with = |is: fn(&EventSpec) -> Option<HoldReason>| {
            Self::ALL.into_iter().find(|kind| is(kind.spec()) == Some(reason))
        };
        Some((with(|spec| spec.places_hold)?, with(|spec| spec.lifts_hold)?))
    }
}

impl PartialEq<EventKind> for String {
    fn eq(&self, kind: &EventKind) -> bool {
        self == kind.as_str()
    }
}

words! {
    /// What came of an attempt to reach somebody (联系结果). The store counts it for
    /// the rules of conduct, whether or not the plugin is on that asked for it.
    #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum ContactEvent {
        /// A call had a result (通话结果).
        CallResult = "call_result",
        /// A visit had a result (上门结果).
        VisitResult = "visit_result",
    }
}

/// The debtor answered a message or a letter (客户回复): a person enters it.
pub const REPLY: &str = "reply";

impl ContactEvent {
    /// The way to the person.
    pub fn channel(self) -> Channel {
        match self {
            Self::CallResult => Channel::Phone,
            Self::VisitResult => Channel::Visit,
        }
    }

    /// The words of bank files that mean it.
    pub const fn file_words(self) -> &'static [&'static str] {
        match self {
            Self::CallResult => &["call_result", "通话结果", "电话结果", "电话催收结果"],
            Self::VisitResult => &["visit_result", "上门结果", "走访结果", "外访结果"],
        }
    }
}

words! {
    /// What the outbox tells the workflow that gave an order (指令事件).
    #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum OrderEvent {
        /// It was handed over.
        Delivered = "delivered",
        /// Conduct review refused it.
        Refused = "refused",
        /// Conduct review put it off.
        Deferred = "deferred",
        /// It did not get through.
        Failed = "failed",
        /// Nobody knows whether it arrived.
        Unknown = "unknown",
        /// Another case of the person made the contact.
        Merged = "merged",
        /// What it says had changed at the hand-over.
        Stale = "stale",
        /// A person gave it up, or it grew too old.
        Cancelled = "cancelled",
        /// A second person approved it.
        Approved = "approved",
        /// A second person rejected it.
        Rejected = "rejected",
    }
}

impl OrderEvent {
    /// Whether it is in the journal of the case anyway, so that only a workflow
    /// which answers it is woken up.
    pub fn is_for_those_who_answer(self) -> bool {
        matches!(self, Self::Delivered | Self::Cancelled)
    }

    /// Whether it comes of the outbox alone: no person stands behind it.
    pub fn is_of_the_outbox(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Approved | Self::Rejected)
    }
}

/// Who may report an event (由谁登记), and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reporter {
    /// A bank's file, in one of these words of its column of kinds.
    File(&'static [&'static str]),
    /// A person with one of these roles, as `qingshou case report`.
    Staff(&'static [Role]),
    /// A person, with this command of its own.
    Command(&'static str),
    /// The ledger, when money is booked: the event is one of money.
    Ledger,
    /// The program itself, of what it works out or was asked for.
    Program,
    /// The gateway of a channel, through the outbox.
    Gateway,
    /// The plugin whose manifest declares it.
    Plugin,
}

/// What the program does where no workflow answers an event (默认处理).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ByDefault {
    /// It is noted, and the workflow stays where it is.
    Stay,
    /// The workflow finishes.
    Finish,
    /// The workflow finishes if nothing is overdue; what was taken back since ends
    /// nothing.
    FinishIfCured,
    /// The workflow finishes if nothing is owed; what was taken back since ends
    /// nothing.
    FinishIfPaidOff,
}

impl ByDefault {
    /// Whether a workflow finishes on a case that stands like this.
    pub fn finishes(self, facts: &CaseFacts) -> bool {
        match self {
            Self::Stay => false,
            Self::Finish => true,
            Self::FinishIfCured => facts.days_past_due == 0,
            Self::FinishIfPaidOff => facts.balance <= Fen(0),
        }
    }
}

/// One kind of event and what it means; scripts answer it with `on_NAME`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EventSpec {
    /// `promise_broken`.
    pub name: &'static str,
    /// What happened.
    pub doc: Text,
    /// What staff call it: the first is printed, each may be typed.
    pub called: &'static [&'static str],
    /// What the handler's second argument holds.
    pub fields: &'static [PayloadField],
    /// Who may report it.
    pub reported_by: &'static [Reporter],
    /// The reason of the hold that it places on its case.
    pub places_hold: Option<HoldReason>,
    /// The reason of the hold that it lifts.
    pub lifts_hold: Option<HoldReason>,
    /// How the claim of the case stands after it.
    pub sets_claim: Option<CaseStatus>,
    /// It takes the ground from what was asked for: a claim at court that waits for
    /// a second person is reviewed once more, a visit not yet made is cancelled.
    pub ends_claims: bool,
    /// The debtor is less protected after it: the case's own collector has no say.
    pub ends_protection: bool,
    /// What happens where no workflow answers it.
    pub by_default: ByDefault,
}

impl EventSpec {
    /// An event that nobody reports and that changes nothing: rows say what they
    /// have beside it.
    pub const PLAIN: Self = Self {
        name: "",
        doc: Text { zh: "", en: "" },
        called: &[],
        fields: &[],
        reported_by: &[],
        places_hold: None,
        lifts_hold: None,
        sets_claim: None,
        ends_claims: false,
        ends_protection: false,
        by_default: ByDefault::Stay,
    };

    /// The words of bank files that mean it; none where a file cannot report it.
    pub fn file_words(&self) -> &'static [&'static str] {
        let words = self.reported_by.iter().find_map(|by| match by {
            Reporter::File(words) => Some(*words),
            _ => None,
        });
        words.unwrap_or_default()
    }

    /// The roles of which one is needed to report it by hand; `None` where it is not
    /// reported so.
    pub fn staff(&self) -> Option<&'static [Role]> {
        self.reported_by.iter().find_map(|by| match by {
            Reporter::Staff(roles) => Some(*roles),
            _ => None,
        })
    }

    /// Whether its payload has this field.
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|known| known.name == field)
    }

    /// Whether it takes its case out of the ordinary: the case is left in peace, or
    /// its claim is given up.
    pub fn is_an_exception(&self) -> bool {
        self.places_hold.is_some() || self.sets_claim == Some(CaseStatus::Dismissed)
    }
}

/// The row of an event that needs no plugin.
pub fn core_event(name: &str) -> Option<&'static EventSpec> {
    CORE_EVENTS.iter().find(|spec| spec.name == name)
}

/// One field of an event's payload.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PayloadField {
    /// The Lua name and the JSON key.
    pub name: &'static str,
    /// Its type; dates travel as `YYYY-MM-DD`, amounts as whole fen.
    pub kind: ArgKind,
    /// What it means, with unit.
    pub doc: Text,
}

/// An event as it lies in the inbox of one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The store's number; events are answered in the order received.
    pub id: EventId,
    /// One of the names of [`CORE_EVENTS`] or of a plugin's manifest.
    pub kind: String,
    /// The payload, as [`EventSpec::fields`] describes it.
    pub payload: Map<String, Value>,
}

#[cfg(test)]
mod tests;
