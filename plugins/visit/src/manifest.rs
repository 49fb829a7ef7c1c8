//! What workflows can ask of visiting, and what comes back (上门插件清单).

use domain::event::{ContactEvent, EventSpec, PayloadField, Reporter};
use domain::manifest::{
    Act, Arg, ArgKind, Channel, DeliveryClass, Manifest, Said, Setting, Text, Verb, text,
};

use crate::forms::{DONE, PLANNED};

/// Verbs, events and settings of the plugin `visit`.
pub static MANIFEST: Manifest = Manifest {
    name: "visit",
    title: text("上门", "Visits"),
    verbs: &[VISIT],
    events: &[VISIT_RESULT],
    entries: &[DONE],
    work: Some(PLANNED),
    settings: &[Setting {
        name: "days",
        kind: ArgKind::Count,
        default: "7",
        doc: text(
            "流程没有写 `before` 时,上门的期限(天,1–365)",
            "days to make a visit in when the workflow gives no `before`, 1 to 365",
        ),
    }],
};

const VISIT: Verb = Verb {
    name: "visit",
    title: text("上门", "Visit"),
    doc: text(
        "在走访簿上登记一次上门,并给信贷员开待办。上门须两人同行;结果登记后产生 `visit_result`。已结清、已无逾期、债权消灭或债务人死亡时,未去的上门自动取消。",
        "Enters a visit in the visit book and opens a task for the collector. Two collectors go together; the result comes back as `visit_result`. A visit not yet made is cancelled when the debt is paid, cured or dismissed, or the debtor has died.",
    ),
    args: &[
        Arg {
            name: "to",
            kind: ArgKind::Party,
            required: false,
            doc: text(
                "走访对象,默认为客户本人",
                "whom to visit; the debtor when left out",
            ),
        },
        Arg {
            name: "by",
            kind: ArgKind::Staff,
            required: false,
            doc: text(
                "由谁负责,默认为本案信贷员",
                "who is in charge; the collector of the case when left out",
            ),
        },
        Arg {
            name: "reason",
            kind: ArgKind::Title,
            required: true,
            doc: text(
                "为什么上门,不写姓名、电话等个人信息",
                "why, without personal data",
            ),
        },
        Arg {
            name: "before",
            kind: ArgKind::Date,
            required: false,
            doc: text(
                "最迟哪天去,默认按设置 `days`",
                "the last day for it; the setting `days` when left out",
            ),
        },
    ],
    lone: Some("reason"),
    delivery: DeliveryClass::AtLeastOnce,
    channel: Some(Channel::Visit),
    act: Act::Demand,
    claims: false,
    second_person: false,
    outlives_stage: false,
    collectors: 2,
};

/// What a visit can come to.
pub(crate) const OUTCOMES: &[&str] = &[
    "met",
    "absent",
    "refused",
    "moved",
    "deceased",
    "paid",
    "promised",
    "notice_signed",
];

/// The same as staff say them.
pub(crate) const OUTCOMES_SAID: &[Said] = &[
    ("met", "见到", &["见到本人"]),
    ("absent", "不在", &["不在家", "未见到"]),
    ("refused", "拒绝", &[]),
    ("moved", "已搬走", &["搬走"]),
    ("deceased", "已故", &["死亡"]),
    ("paid", "还款", &["已还款"]),
    ("promised", "承诺", &["承诺还款"]),
    ("notice_signed", "签收通知", &["已签收", "签收"]),
];

/// Those for which somebody was spoken to.
pub(crate) const HEARD: &[&str] = &["met", "refused", "promised", "notice_signed"];

/// How well a visit is documented.
pub(crate) const GRADES: &[&str] = &["proved", "claimed"];

const fn field(name: &'static str, kind: ArgKind, doc: Text) -> PayloadField {
    PayloadField { name, kind, doc }
}

const VISIT_RESULT: EventSpec = EventSpec {
    name: ContactEvent::VisitResult.as_str(),
    doc: text(
        "上门有了结果:见到、不在、拒绝、已搬走、已故、还款、承诺、签收通知",
        "a visit had a result: met, absent, refused, moved, deceased, paid, promised, notice_signed",
    ),
    called: &["上门结果"],
    reported_by: &[
        Reporter::File(ContactEvent::VisitResult.file_words()),
        Reporter::Command("visit done"),
    ],
    fields: &[
        field(
            "order",
            ArgKind::Text,
            text("上门指令编号", "the number of the visit's order"),
        ),
        field(
            "party",
            ArgKind::Text,
            text("走访对象编号", "the number of the person visited"),
        ),
        field(
            "outcome",
            ArgKind::Choice(OUTCOMES),
            text("结果", "what the visit came to"),
        ),
        field("on", ArgKind::Date, text("上门日期", "the day of the visit")),
        field(
            "collectors",
            ArgKind::Text,
            text("上门人员,至少两人", "who went, two people at least"),
        ),
        field(
            "receipt",
            ArgKind::Text,
            text(
                "签收回执或收据编号,没有则为空",
                "the number of the signed receipt, if any",
            ),
        ),
        field(
            "evidence",
            ArgKind::Choice(GRADES),
            text(
                "证据:proved 有签收回执,可中断时效;claimed 仅有说明",
                "proved: a signed receipt, which restarts the limitation period; claimed: somebody says so",
            ),
        ),
        field("note", ArgKind::Text, text("走访记要", "what was said, in short")),
    ],
    ..EventSpec::PLAIN
};
