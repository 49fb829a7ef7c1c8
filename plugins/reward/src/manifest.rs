//! What workflows can ask of the reward ledger, and what comes back (奖励插件清单).

use domain::event::{EventSpec, PayloadField, Reporter};
use domain::manifest::{
    Act, Arg, ArgKind, DeliveryClass, Manifest, Setting, Text, Verb, text,
};
use domain::words;

use crate::forms::{FORMS, OPEN};

/// Verbs, events and settings of the plugin `reward`.
pub static MANIFEST: Manifest = Manifest {
    name: "reward",
    title: text("奖励", "Rewards"),
    verbs: &[REWARD, CLAW_BACK],
    events: EVENTS,
    entries: FORMS,
    work: Some(OPEN),
    settings: SETTINGS,
};

const fn arg(name: &'static str, kind: ArgKind, required: bool, doc: Text) -> Arg {
    Arg { name, kind, required, doc }
}

const PAYMENT: Arg = arg(
    "payment",
    ArgKind::Text,
    true,
    text(
        "还款的账目编号,即事件 payment 的 entry",
        "the number of the ledger entry, `entry` of the event `payment`",
    ),
);

const REWARD: Verb = Verb {
    name: "reward",
    title: text("计提奖励", "Accrue a reward"),
    doc: text(
        "按一笔还款计提奖励:还款金额 × 千分比,舍去不足一分。只认银行已确认、未冲正、非推算的还款;每笔还款只计提一次。计给还款前 `worked_days` 天内联系上客户的人,几个人的按天数分;没有人联系上的、只有发放人联系上的,不计提。经法院的按 `court_rate`。冷静期满且无投诉后转为应付。产生 `reward_accrued` 或 `reward_withheld`。",
        "Accrues a reward for one payment: amount times rate, parts of a fen dropped. The payment must be confirmed by the bank, not reversed and not inferred, and is rewarded once. It goes to those who reached the debtor within `worked_days` before it, shared by the days on which they did; where nobody did, or only whoever granted the loan, it earns nothing. After a suit or the like `court_rate` holds. It becomes payable after the cooling-off days unless a complaint is open. Raises `reward_accrued` or `reward_withheld`.",
    ),
    args: &[
        arg(
            "to",
            ArgKind::Staff,
            true,
            text(
                "本案信贷员;计给谁看还款前谁联系上了客户",
                "the collector of the case; who is credited hangs on who reached the debtor before the payment",
            ),
        ),
        PAYMENT,
        arg(
            "rate",
            ArgKind::PerMille,
            true,
            text(
                "千分比,25 即 2.5%;不得超过设置 `max_rate`",
                "per mille, 25 is 2.5 %; at most the setting `max_rate`",
            ),
        ),
        arg(
            "cap",
            ArgKind::Fen,
            false,
            text(
                "本笔奖励上限(分),默认不设上限",
                "the most this reward can be, in fen; no limit when left out",
            ),
        ),
    ],
    lone: None,
    delivery: DeliveryClass::AtLeastOnce,
    channel: None,
    act: Act::Internal,
    claims: false,
    second_person: false,
    outlives_stage: true,
    collectors: 1,
};

const CLAW_BACK: Verb = Verb {
    name: "claw_back",
    title: text("追回奖励", "Take a reward back"),
    doc: text(
        "追回一笔还款的奖励,例如投诉成立。没有计提过或已追回的,不再变动。还款冲正时无需调用:奖励会自动追回。产生 `reward_taken_back`。",
        "Takes back the reward of a payment, such as after an upheld complaint. Nothing changes when there is none or it was taken back before. Not needed for a reversed payment: that takes its reward back by itself. Raises `reward_taken_back`.",
    ),
    args: &[
        PAYMENT,
        arg(
            "reason",
            ArgKind::Text,
            true,
            text("追回原因,不写个人信息", "why, without personal data"),
        ),
    ],
    lone: None,
    delivery: DeliveryClass::AtLeastOnce,
    channel: None,
    act: Act::Internal,
    claims: false,
    second_person: false,
    outlives_stage: true,
    collectors: 1,
};

const fn field(name: &'static str, kind: ArgKind, doc: Text) -> PayloadField {
    PayloadField { name, kind, doc }
}

const OF_PAYMENT: PayloadField = field(
    "payment",
    ArgKind::Text,
    text("还款的账目编号", "the number of the ledger entry"),
);

const AMOUNT: PayloadField =
    field("amount", ArgKind::Fen, text("奖励金额(分)", "the reward, in fen"));

const TO: PayloadField =
    field("to", ArgKind::Staff, text("清收人员", "the member of staff"));

words! {
    /// What can happen to a reward (奖励事件).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum RewardEvent {
        /// It was accrued (计提).
        Accrued = "reward_accrued",
        /// It was looked at and earns nothing (不计提).
        Withheld = "reward_withheld",
        /// It was taken back (追回).
        TakenBack = "reward_taken_back",
    }
}

/// Why a payment earns nothing.
const WHY: &[&str] = &["nobody_worked", "originator", "court", "capped"];

const EVENTS: &[EventSpec] = &[
    EventSpec {
        name: RewardEvent::Accrued.as_str(),
        doc: text("已计提一笔奖励", "a reward was accrued"),
        called: &["已计奖励"],
        reported_by: &[Reporter::Plugin],
        fields: &[OF_PAYMENT, AMOUNT, TO],
        ..EventSpec::PLAIN
    },
    EventSpec {
        name: RewardEvent::Withheld.as_str(),
        doc: text("一笔还款不计提奖励", "a payment earns no reward"),
        called: &["不计奖励"],
        reported_by: &[Reporter::Plugin],
        fields: &[
            OF_PAYMENT,
            field(
                "why",
                ArgKind::Choice(WHY),
                text(
                    "原因:nobody_worked 还款前无人联系上客户,originator 发放人不计奖,court 经法院收回不计奖,capped 已达上限",
                    "nobody_worked: nobody reached the debtor before it; originator: only whoever granted the loan did; court: nothing is paid for what a court brought; capped: a cap was reached",
                ),
            ),
        ],
        ..EventSpec::PLAIN
    },
    EventSpec {
        name: RewardEvent::TakenBack.as_str(),
        doc: text("已追回一笔奖励", "a reward was taken back"),
        called: &["奖励追回"],
        reported_by: &[Reporter::Plugin],
        fields: &[
            OF_PAYMENT,
            AMOUNT,
            TO,
            field("reason", ArgKind::Text, text("追回原因", "why")),
        ],
        ..EventSpec::PLAIN
    },
];

const SETTINGS: &[Setting] = &[
    Setting {
        name: "cooling_days",
        kind: ArgKind::Count,
        default: "10",
        doc: text(
            "计提后多少天才可发放(0–365)",
            "days after the accrual before a reward is payable, 0 to 365",
        ),
    },
    Setting {
        name: "max_rate",
        kind: ArgKind::PerMille,
        default: "200",
        doc: text(
            "流程可用的最高千分比(0–1000),超过即拒绝",
            "the highest rate a workflow may use, in per mille, 0 to 1000",
        ),
    },
    Setting {
        name: "worked_days",
        kind: ArgKind::Count,
        default: "30",
        doc: text(
            "还款前多少天内须有人联系上客户(1–365)",
            "days before a payment in which somebody must have reached the debtor, 1 to 365",
        ),
    },
    Setting {
        name: "court_rate",
        kind: ArgKind::PerMille,
        default: "10",
        doc: text(
            "已起诉、申请支付令、保全或执行的,按此千分比(0–1000);0 为不计奖",
            "the rate once a court was asked for the debt, in per mille, 0 to 1000; 0 pays nothing",
        ),
    },
    Setting {
        name: "case_cap",
        kind: ArgKind::Fen,
        default: "2000000",
        doc: text(
            "一笔贷款的奖励合计上限(分),0 为不设",
            "the most for all payments of one loan, in fen; 0 is no limit",
        ),
    },
    Setting {
        name: "month_cap",
        kind: ArgKind::Fen,
        default: "1000000",
        doc: text(
            "一个人一个月的奖励上限(分),0 为不设",
            "the most for one member of staff in a month, in fen; 0 is no limit",
        ),
    },
    Setting {
        name: "originator_columns",
        kind: ArgKind::Text,
        default: "\"originator,放款信贷员,放款人,发放人,经办信贷员,经办人\"",
        doc: text(
            "案件清单里写明发放人的列名,几个的用逗号隔开;发放人不计奖",
            "columns of the case list that name whoever granted the loan, with commas between; they earn nothing for it",
        ),
    },
    Setting {
        name: "objection_days",
        kind: ArgKind::Count,
        default: "7",
        doc: text(
            "月度奖励单编制后多少天内可以提出异议(1–60)",
            "days for objections after a statement is closed, 1 to 60",
        ),
    },
];
