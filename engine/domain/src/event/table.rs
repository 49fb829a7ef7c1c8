//! The events of the core (核心事件), one row each: all that an event means.

use super::{ByDefault, EventKind, EventSpec, OrderEvent, PayloadField, Reporter};
use crate::hold::HoldReason;
use crate::manifest::{ArgKind, Text, text};
use crate::role::Role;
use crate::status::CaseStatus;

use Reporter::{Command, File, Gateway, Ledger, Program, Staff};

/// Whoever works cases.
const ANYBODY: &[Role] = &[Role::Supervisor, Role::Collector, Role::Legal];
/// Who decides about cases.
const CHIEFS: &[Role] = &[Role::Supervisor];
/// Who decides about claims.
const COUNSEL: &[Role] = &[Role::Supervisor, Role::Legal];

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

const COMPLAINT_FIELDS: &[PayloadField] = &[
    field("on", ArgKind::Date, "日期", "the day it happened"),
    field("note", ArgKind::Text, "说明", "what was written beside it"),
    field(
        "about",
        ArgKind::Text,
        "被投诉的工作人员;没有写的是本案信贷员",
        "the member of staff whom it is about; the collector of the case where nobody is named",
    ),
];

const SETTLED_FIELDS: &[PayloadField] = &[
    field("on", ArgKind::Date, "日期", "the day it happened"),
    field("note", ArgKind::Text, "说明", "what was written beside it"),
    field(
        "outcome",
        ArgKind::Text,
        "是否属实:`upheld`、`partly_upheld`、`unfounded`、`taken_back`;没有写明的为空",
        "what it came to: `upheld`, `partly_upheld`, `unfounded`, `taken_back`; nothing where it was not said",
    ),
    field("remedy", ArgKind::Text, "处理办法", "what was done about it"),
];

const HOLD_FIELDS: &[PayloadField] = &[
    field("on", ArgKind::Date, "日期", "the day it happened"),
    field("reason", ArgKind::Text, "事由,如 `complaint`", "why, as `complaint`"),
    field("note", ArgKind::Text, "说明", "what was written beside it"),
    field(
        "loan",
        ArgKind::Text,
        "登记时所在的贷款编号;在本案登记的为空",
        "the loan on which it was entered; nothing where that is this one",
    ),
];

const DECISION_FIELDS: &[PayloadField] = &[
    field("on", ArgKind::Date, "日期", "the day it was decided"),
    field("note", ArgKind::Text, "理由", "why"),
    field("by", ArgKind::Text, "决定人", "who decided"),
];

/// A row that has nothing but name, meaning and payload yet.
const fn row(
    kind: EventKind,
    doc: Text,
    called: &'static [&'static str],
    fields: &'static [PayloadField],
    reported_by: &'static [Reporter],
) -> EventSpec {
    EventSpec {
        name: kind.as_str(),
        doc,
        called,
        fields,
        reported_by,
        ..EventSpec::PLAIN
    }
}

/// What the outbox tells of an order; it changes nothing by itself.
const fn of_order(
    event: OrderEvent,
    doc: Text,
    called: &'static [&'static str],
    reported_by: &'static [Reporter],
) -> EventSpec {
    let (name, fields) = (event.as_str(), ORDER_FIELDS);
    EventSpec { name, doc, called, fields, reported_by, ..EventSpec::PLAIN }
}

/// How many events need no plugin.
const COUNT: usize = EventKind::ALL.len() + OrderEvent::ALL.len();

/// The events that the core raises, whatever plugins are on: those of
/// [`EventKind`] in its order, then those of [`OrderEvent`].
pub const CORE_EVENTS: &[EventSpec; COUNT] = &[
    row(
        EventKind::Payment,
        text("收到还款", "a payment was booked"),
        &["还款"],
        PAYMENT_FIELDS,
        &[Ledger, Command("pay")],
    ),
    row(
        EventKind::PaymentConfirmed,
        text("还款已确认", "a payment booked earlier was confirmed"),
        &["还款已确认"],
        PAYMENT_FIELDS,
        &[Ledger, Command("pay --confirm")],
    ),
    row(
        EventKind::Reversed,
        text("还款被冲正", "a payment was taken back"),
        &["冲正"],
        PAYMENT_FIELDS,
        &[Ledger, Command("pay --reverse")],
    ),
    EventSpec {
        ends_claims: true,
        by_default: ByDefault::FinishIfCured,
        ..row(
            EventKind::Cured,
            text("已无逾期", "nothing is overdue any more"),
            &["已无逾期"],
            &[],
            &[Ledger],
        )
    },
    EventSpec {
        ends_claims: true,
        by_default: ByDefault::FinishIfPaidOff,
        ..row(
            EventKind::PaidOff,
            text("已结清", "nothing is owed any more"),
            &["已结清"],
            &[],
            &[Ledger],
        )
    },
    EventSpec {
        sets_claim: Some(CaseStatus::Dismissed),
        ends_claims: true,
        ends_protection: true,
        by_default: ByDefault::Finish,
        ..row(
            EventKind::Dismissed,
            text("债权不成立或已消灭", "the claim was dismissed"),
            &["债权不成立或已消灭", "债权撤销", "债权消灭"],
            NOTE_FIELDS,
            &[File(&["dismissed", "dismissal", "债权撤销", "撤销债权"]), Staff(COUNSEL)],
        )
    },
    EventSpec {
        sets_claim: Some(CaseStatus::Open),
        ends_protection: true,
        ..row(
            EventKind::DismissalWithdrawn,
            text("登记债权不成立或已消灭有误", "the dismissal of the claim was wrong"),
            &["债权仍在", "误登撤销", "撤销系误登"],
            DECISION_FIELDS,
            &[Staff(COUNSEL)],
        )
    },
    EventSpec {
        places_hold: Some(HoldReason::Deceased),
        ends_claims: true,
        ..row(
            EventKind::Deceased,
            text("债务人死亡", "the debtor is reported dead"),
            &["死亡", "已故"],
            NOTE_FIELDS,
            &[
                File(&["deceased", "death", "死亡", "去世", "身故", "债务人死亡"]),
                Staff(ANYBODY),
            ],
        )
    },
    EventSpec {
        lifts_hold: Some(HoldReason::Deceased),
        ends_protection: true,
        ..row(
            EventKind::DeathDisproved,
            text("死亡系误报", "the report of the debtor's death was wrong"),
            &["误报死亡", "死亡系误报"],
            DECISION_FIELDS,
            &[Staff(CHIEFS)],
        )
    },
    EventSpec {
        places_hold: Some(HoldReason::Complaint),
        ..row(
            EventKind::Complaint,
            text("投诉", "a complaint was made"),
            &["投诉"],
            COMPLAINT_FIELDS,
            &[File(COMPLAINT_WORDS), Staff(ANYBODY)],
        )
    },
    EventSpec {
        lifts_hold: Some(HoldReason::Complaint),
        ends_protection: true,
        ..row(
            EventKind::ComplaintResolved,
            text("投诉办结", "the complaint is settled"),
            &["投诉办结"],
            SETTLED_FIELDS,
            &[
                File(&["complaint_resolved", "投诉办结", "投诉已办结", "投诉处理完毕"]),
                Staff(CHIEFS),
            ],
        )
    },
    EventSpec {
        places_hold: Some(HoldReason::Dispute),
        ..row(
            EventKind::Dispute,
            text("异议", "the debt is disputed"),
            &["异议"],
            NOTE_FIELDS,
            &[File(DISPUTE_WORDS), Staff(ANYBODY)],
        )
    },
    EventSpec {
        lifts_hold: Some(HoldReason::Dispute),
        ends_protection: true,
        ..row(
            EventKind::DisputeResolved,
            text("异议办结", "the dispute is settled"),
            &["异议办结"],
            NOTE_FIELDS,
            &[File(DISPUTE_RESOLVED_WORDS), Staff(COUNSEL)],
        )
    },
    EventSpec {
        ends_protection: true,
        ..row(
            EventKind::LegalOverride,
            text(
                "主管核准转诉",
                "a supervisor lets the case go to law without a delivered contact",
            ),
            &["核准转诉"],
            DECISION_FIELDS,
            &[Staff(CHIEFS)],
        )
    },
    row(
        EventKind::HoldPlaced,
        text("已暂停", "a hold was placed"),
        &["暂停"],
        HOLD_FIELDS,
        &[File(HOLD_WORDS), Command("hold"), Program],
    ),
    row(
        EventKind::HoldLifted,
        text("已恢复", "a hold was lifted"),
        &["解除暂停"],
        HOLD_FIELDS,
        &[File(&["hold_lifted", "恢复", "恢复催收"]), Command("hold --lift"), Program],
    ),
    row(
        EventKind::Promise,
        text("承诺还款", "a promise to pay was made"),
        &["承诺还款"],
        PROMISE_FIELDS,
        &[File(&["promise", "承诺", "承诺还款", "还款承诺"]), Command("promise")],
    ),
    row(
        EventKind::PromiseKept,
        text("承诺兑现", "paid in full and in time"),
        &["承诺兑现"],
        PROMISE_FIELDS,
        &[Program],
    ),
    row(
        EventKind::PromiseLate,
        text("承诺迟兑", "paid in full within the tolerance, after the day"),
        &["承诺迟兑"],
        PROMISE_FIELDS,
        &[Program],
    ),
    row(
        EventKind::PromisePartial,
        text("承诺部分兑现", "paid in part"),
        &["承诺部分兑现"],
        PROMISE_FIELDS,
        &[Program],
    ),
    row(
        EventKind::PromiseBroken,
        text("爽约", "nothing was paid"),
        &["爽约"],
        PROMISE_FIELDS,
        &[Program],
    ),
    row(
        EventKind::Note,
        text("其他事件", "something else on record"),
        &["备注"],
        NOTE_FIELDS,
        &[File(&["note", "备注", "说明", "其他"]), Staff(ANYBODY)],
    ),
    of_order(
        OrderEvent::Delivered,
        text("已送出", "an order was handed over"),
        &["已送出"],
        &[Gateway],
    ),
    of_order(
        OrderEvent::Refused,
        text("被合规拒绝", "conduct review refused an order"),
        &["规则不许"],
        &[Program],
    ),
    of_order(
        OrderEvent::Deferred,
        text("被合规推迟", "conduct review put an order off"),
        &["推迟"],
        &[Program],
    ),
    of_order(
        OrderEvent::Failed,
        text("投递失败", "an order could not be delivered"),
        &["投递失败"],
        &[Gateway],
    ),
    of_order(
        OrderEvent::Unknown,
        text("结果不明", "it is not known whether an order arrived"),
        &["结果不明"],
        &[Gateway],
    ),
    of_order(
        OrderEvent::Merged,
        text("并入他案", "another case of the person made the contact"),
        &["并入他案"],
        &[Program],
    ),
    of_order(
        OrderEvent::Stale,
        text("金额已变", "the amount stated had changed at hand-over"),
        &["金额已变"],
        &[Program],
    ),
    of_order(
        OrderEvent::Cancelled,
        text(
            "没有送出,不再送:有人放弃,或过了期限(not_after);或电话当天没有打(lapsed)、上门已无必要,待办收回",
            "an order that had not left was given up by a person, or grew too old (not_after); or a call was not made on its day (lapsed), a visit lost its ground, and it was taken back",
        ),
        &["已取消"],
        &[Command("order drop"), Program],
    ),
    of_order(
        OrderEvent::Approved,
        text("已批准", "a second person approved an order"),
        &["已批准"],
        &[Command("approve")],
    ),
    of_order(
        OrderEvent::Rejected,
        text("未批准", "a second person rejected an order"),
        &["未批准"],
        &[Command("approve")],
    ),
];

const COMPLAINT_WORDS: &[&str] = &[
    "complaint",
    "投诉",
    "客户投诉",
    "借款人投诉",
    "投诉受理",
    "受理投诉",
    "投诉登记",
    "收到投诉",
    "投诉举报",
];

const DISPUTE_WORDS: &[&str] = &[
    "dispute",
    "appeal_filed",
    "异议",
    "争议",
    "申诉",
    "异议申请",
    "提出异议",
    "客户异议",
    "债务异议",
    "异议受理",
];

const DISPUTE_RESOLVED_WORDS: &[&str] = &[
    "dispute_resolved",
    "appeal_result_notified",
    "appeal_judge",
    "异议办结",
    "争议办结",
];

const HOLD_WORDS: &[&str] =
    &["hold_placed", "hold", "暂停", "暂停催收", "停催", "停止催收", "暂缓催收"];
