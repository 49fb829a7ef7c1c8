//! What workflows can ask of the reward ledger, and what comes back (奖励插件清单).

use domain::event::{EventSpec, PayloadField, Reporter};
use domain::manifest::{
    Act, Arg, ArgKind, DeliveryClass, Manifest, Setting, Text, Verb, text,
};
use domain::words;

/// Verbs, events and settings of the plugin `reward`.
pub static MANIFEST: Manifest = Manifest {
    name: "reward",
    title: text("奖励", "Rewards"),
    verbs: &[REWARD, CLAW_BACK],
    events: EVENTS,
    entries: &[],
    work: None,
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
        "按一笔还款给清收人员计提奖励:还款金额 × 千分比,舍去不足一分。只认银行已确认、未冲正、非推算的还款;每笔还款只计提一次。冷静期满且无投诉后转为应付。产生 `reward_accrued`。",
        "Accrues a reward for one payment: amount times rate, parts of a fen dropped. The payment must be confirmed by the bank, not reversed and not inferred, and is rewarded once. It becomes payable after the cooling-off days unless a complaint is open. Raises `reward_accrued`.",
    ),
    args: &[
        arg(
            "to",
            ArgKind::Staff,
            true,
            text("清收人员,本机构员工", "the collector, a member of staff"),
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
        /// It was taken back (追回).
        TakenBack = "reward_taken_back",
    }
}

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
];
