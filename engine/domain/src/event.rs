//! What can happen to a case (事件), in the past tense.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::EventId;
use crate::manifest::{ArgKind, Text, text};
use crate::words;

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

/// The shape of one kind of event; scripts answer it with `on_NAME`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EventSpec {
    /// `promise_broken`.
    pub name: &'static str,
    /// What happened.
    pub doc: Text,
    /// What the handler's second argument holds.
    pub fields: &'static [PayloadField],
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

const fn field(
    name: &'static str,
    kind: ArgKind,
    zh: &'static str,
    en: &'static str,
) -> PayloadField {
    PayloadField { name, kind, doc: text(zh, en) }
}

const ORDER_FIELDS: &[PayloadField] = &[
    field("verb", ArgKind::Text, "动作名", "the verb of the order"),
    field("order", ArgKind::Text, "指令编号", "the number of the order"),
    field("reason", ArgKind::Text, "原因或规则", "why, with the rules' ids"),
];

const PROMISE_FIELDS: &[PayloadField] = &[
    field("due_on", ArgKind::Date, "承诺还款日", "the day promised"),
    field("amount", ArgKind::Fen, "承诺金额", "the amount promised, in fen"),
    field("paid", ArgKind::Fen, "已还金额", "paid since the promise, in fen"),
];

const PAYMENT_FIELDS: &[PayloadField] = &[
    field("entry", ArgKind::Text, "账目编号", "the number of the ledger entry"),
    field("amount", ArgKind::Fen, "金额", "the amount, in fen"),
    field("on", ArgKind::Date, "入账日", "the day of the booking"),
    field(
        "days_past_due",
        ArgKind::Count,
        "入账前逾期天数",
        "days past due just before it",
    ),
    field("confirmed", ArgKind::Bool, "银行已确认", "the bank has confirmed it"),
];

const NOTE_FIELDS: &[PayloadField] = &[
    field("on", ArgKind::Date, "日期", "the day it happened"),
    field("note", ArgKind::Text, "说明", "what was written beside it"),
];

const DECISION_FIELDS: &[PayloadField] = &[
    field("on", ArgKind::Date, "日期", "the day it was decided"),
    field("note", ArgKind::Text, "理由", "why"),
    field("by", ArgKind::Text, "决定人", "who decided"),
];

const fn event(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    fields: &'static [PayloadField],
) -> EventSpec {
    EventSpec { name, doc: text(zh, en), fields }
}

/// The events that the house itself raises, whatever plugins are on.
pub const CORE_EVENTS: &[EventSpec] = &[
    event("payment", "收到还款", "a payment was booked", PAYMENT_FIELDS),
    event(
        "payment_confirmed",
        "还款已确认",
        "a payment booked earlier was confirmed",
        PAYMENT_FIELDS,
    ),
    event("reversed", "还款被冲正", "a payment was taken back", PAYMENT_FIELDS),
    event("cured", "已无逾期", "nothing is overdue any more", &[]),
    event("paid_off", "已结清", "nothing is owed any more", &[]),
    event("dismissed", "债权被撤销", "the claim was dismissed", NOTE_FIELDS),
    event(
        "dismissal_withdrawn",
        "债权撤销系误登",
        "the dismissal of the claim was wrong",
        DECISION_FIELDS,
    ),
    event("deceased", "债务人死亡", "the debtor is reported dead", NOTE_FIELDS),
    event(
        "death_disproved",
        "死亡系误报",
        "the report of the debtor's death was wrong",
        DECISION_FIELDS,
    ),
    event("complaint", "投诉", "a complaint was made", NOTE_FIELDS),
    event("complaint_resolved", "投诉办结", "the complaint is settled", NOTE_FIELDS),
    event("dispute", "异议", "the debt is disputed", NOTE_FIELDS),
    event("dispute_resolved", "异议办结", "the dispute is settled", NOTE_FIELDS),
    event(
        "legal_override",
        "主管核准转诉",
        "a supervisor lets the case go to law without a delivered contact",
        DECISION_FIELDS,
    ),
    event("hold_placed", "已暂停", "a hold was placed", NOTE_FIELDS),
    event("hold_lifted", "已恢复", "a hold was lifted", NOTE_FIELDS),
    event("promise", "承诺还款", "a promise to pay was made", PROMISE_FIELDS),
    event("promise_kept", "承诺兑现", "paid in full and in time", PROMISE_FIELDS),
    event(
        "promise_late",
        "承诺迟兑",
        "paid in full within the tolerance, after the day",
        PROMISE_FIELDS,
    ),
    event("promise_partial", "承诺部分兑现", "paid in part", PROMISE_FIELDS),
    event("promise_broken", "爽约", "nothing was paid", PROMISE_FIELDS),
    event(
        OrderEvent::Delivered.as_str(),
        "已送出",
        "an order was handed over",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Refused.as_str(),
        "被合规拒绝",
        "conduct review refused an order",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Deferred.as_str(),
        "被合规推迟",
        "conduct review put an order off",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Failed.as_str(),
        "投递失败",
        "an order could not be delivered",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Unknown.as_str(),
        "结果不明",
        "it is not known whether an order arrived",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Merged.as_str(),
        "并入他案",
        "another case of the person made the contact",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Stale.as_str(),
        "金额已变",
        "the amount stated had changed at hand-over",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Cancelled.as_str(),
        "没有送出,不再送:有人放弃,或过了期限(not_after)",
        "an order that had not left was given up by a person, or grew too old (not_after)",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Approved.as_str(),
        "已批准",
        "a second person approved an order",
        ORDER_FIELDS,
    ),
    event(
        OrderEvent::Rejected.as_str(),
        "未批准",
        "a second person rejected an order",
        ORDER_FIELDS,
    ),
    event("note", "其他事件", "something else on record", NOTE_FIELDS),
];
