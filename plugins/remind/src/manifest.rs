//! What workflows can ask of reminding, and what an administrator can set (提醒插件清单).

use domain::duty::EndsWith;
use domain::event::{ContactEvent, EventSpec, PayloadField, REPLY, Reporter};
use domain::manifest::{
    Act, Arg, ArgKind, Channel, DeliveryClass, Manifest, Text, Verb, text,
};

/// Verbs, events and settings of the plugin `remind`.
pub static MANIFEST: Manifest = Manifest {
    name: "remind",
    title: text("提醒", "Reminders"),
    verbs: &[SMS, WECHAT, LETTER, NOTICE, CALL, TASK],
    events: EVENTS,
    entries: &[],
    work: None,
    settings: crate::settings::SETTINGS,
};

const TEMPLATE: Arg = Arg {
    name: "template",
    kind: ArgKind::Template,
    required: true,
    doc: text(
        "workflows/templates 中的消息模板名",
        "the name of a message template in workflows/templates",
    ),
};

const TO: Arg = Arg {
    name: "to",
    kind: ArgKind::Party,
    required: false,
    doc: text("收件人,默认为客户本人", "who it goes to; the debtor when left out"),
};

const REGISTERED: Arg = Arg {
    name: "registered",
    kind: ArgKind::Bool,
    required: false,
    doc: text(
        "是否用挂号信(有投递凭证),默认否",
        "send it registered, with proof of posting; no when left out",
    ),
};

const BY: Arg = Arg {
    name: "by",
    kind: ArgKind::Assignee,
    required: false,
    doc: text(
        "由谁办理,默认为本案信贷员;role \"supervisor\" 由任何一位主管认领",
        "the member of staff; the collector of the case when left out; role \"supervisor\" is for any supervisor, who takes it",
    ),
};

const SMS: Verb = Verb {
    name: "sms",
    title: text("短信", "Text message"),
    doc: text(
        "向收件人的登记手机号发一条短信。正文在流程提交时生成;送出时所写金额已变,或客户已又还款,则作废并产生 `stale`。送出后产生 `delivered`。",
        "Sends a text message to the number on record. The text is made when the step commits; if an amount it states has changed at hand-over, or the debtor has paid since, the message is dropped and `stale` is raised. Raises `delivered` once it has left.",
    ),
    args: &[TEMPLATE, TO],
    lone: Some("template"),
    delivery: DeliveryClass::AtLeastOnce,
    channel: Some(Channel::Sms),
    act: Act::Demand,
    claims: false,
    second_person: false,
    outlives_stage: false,
    collectors: 1,
};

const WECHAT: Verb = Verb {
    name: "wechat",
    title: text("微信", "WeChat message"),
    doc: text(
        "通过公众号或企业微信向已绑定并同意的收件人发一条私信;没有绑定则投递失败(`failed`),可改用短信。绝不发群或朋友圈。",
        "Sends a private message of the official account to a person who has bound it and agreed. Without a binding it comes back as `failed`, and an SMS can follow. Never to a group.",
    ),
    args: &[TEMPLATE, TO],
    lone: Some("template"),
    delivery: DeliveryClass::AtLeastOnce,
    channel: Some(Channel::WechatWork),
    act: Act::Demand,
    claims: false,
    second_person: false,
    outlives_stage: false,
    collectors: 1,
};

const LETTER: Verb = Verb {
    name: "letter",
    title: text("催收信", "Letter"),
    doc: text(
        "向收件人的登记地址寄一封催收信。重试前先查询是否已寄出,同一封信不会寄两次。没有送达回执时不中断诉讼时效;需要证据请用 `demand_letter`。",
        "Posts a letter that asks for payment. Before a retry the gateway is asked whether the letter has gone, so that none goes twice. Without proof of delivery it does not restart the limitation period; use `demand_letter` where proof is needed.",
    ),
    args: &[TEMPLATE, TO, REGISTERED],
    lone: Some("template"),
    delivery: DeliveryClass::QueryBeforeRetry,
    channel: Some(Channel::LetterPost),
    act: Act::Demand,
    claims: false,
    second_person: false,
    outlives_stage: false,
    collectors: 1,
};

const NOTICE: Verb = Verb {
    name: "notice",
    title: text("告知信", "Notice by letter"),
    doc: text(
        "寄一封只说明情况、不要求还款的信:慰问、投诉受理、分期提醒。投诉、死亡等暂停期间也可寄出。",
        "Posts a letter that tells a fact and asks for nothing: condolence, receipt of a complaint, a reminder of a plan. It may also leave under holds that forbid demands.",
    ),
    args: &[TEMPLATE, TO, REGISTERED],
    lone: Some("template"),
    delivery: DeliveryClass::QueryBeforeRetry,
    channel: Some(Channel::LetterPost),
    act: Act::Notice,
    claims: false,
    second_person: false,
    outlives_stage: false,
    collectors: 1,
};

const CALL: Verb = Verb {
    name: "call",
    title: text("电话", "Telephone call"),
    doc: text(
        "给信贷员开一个当天的电话待办,由人拨打。结果登记后产生 `call_result`;无人登记的电话按一次有效联络计数。",
        "Opens a call task for the collector, due the same day; a person dials. The result comes back as `call_result`. A call nobody reported on counts as effective.",
    ),
    args: &[
        TO,
        BY,
        Arg {
            name: "script",
            kind: ArgKind::Title,
            required: false,
            doc: text(
                "话术:说什么,或话术卡的名称",
                "what to say, or the name of the call card",
            ),
        },
    ],
    lone: Some("script"),
    delivery: DeliveryClass::AtLeastOnce,
    channel: Some(Channel::Phone),
    act: Act::Demand,
    claims: false,
    second_person: false,
    outlives_stage: false,
    collectors: 1,
};

const TASK: Verb = Verb {
    name: "task",
    title: text("人工待办", "Task for a person"),
    doc: text(
        "把一件事交给人办:核实死亡证明、调查投诉、复核方案。不联系任何人。流程可以等待,办结由登记的事件推进。",
        "Hands a piece of work to a person: check a death certificate, look into a complaint, review a plan. It contacts nobody. The workflow waits; what the person records moves it on.",
    ),
    args: &[
        Arg {
            name: "title",
            kind: ArgKind::Title,
            required: true,
            doc: text(
                "要办的事,不写姓名、电话等个人信息;案件编号自动附上",
                "what is to be done, without personal data; the loan number is added",
            ),
        },
        BY,
        Arg {
            name: "in_days",
            kind: ArgKind::Count,
            required: false,
            doc: text("期限,天数,默认 3", "days to do it in; 3 when left out"),
        },
        Arg {
            name: "before",
            kind: ArgKind::Date,
            required: false,
            doc: text(
                "法定期限的最后一天:待办的期限不晚于它或之前的最后一个工作日",
                "the last day of a legal deadline: the task is due on the last workday on or before it at the latest",
            ),
        },
        Arg {
            name: "kind",
            kind: ArgKind::Text,
            required: false,
            doc: text(
                "类别,用于待办列表筛选,默认 review",
                "the kind, for filtering the list of tasks; `review` when left out",
            ),
        },
        Arg {
            name: "ends_with",
            kind: ArgKind::Choice(EndsWith::WORDS),
            required: false,
            doc: text(
                "何时自动失效:stage 离开本环节、claim 债权了结(还清或撤销)、nothing 不失效;默认 gate、override 随环节,投诉、异议、答复、致歉、撤诉不失效,其余随债权",
                "what it ends with by itself: stage, when the case leaves it; claim, when it is paid off or dismissed; nothing. Left out, the kinds gate and override end with their stage, those of complaints, disputes, answers, apologies and withdrawals with nothing, all others with the claim",
            ),
        },
    ],
    lone: Some("title"),
    delivery: DeliveryClass::AtLeastOnce,
    channel: None,
    act: Act::Internal,
    claims: false,
    second_person: false,
    outlives_stage: true,
    collectors: 1,
};

/// What a call can come to.
const CALL_OUTCOMES: &[&str] = &[
    "conversation",
    "no_answer",
    "busy",
    "rejected",
    "voicemail",
    "invalid",
    "wrong_party",
    "refused",
];

/// Why a debtor does not pay (拖欠原因), as asked in the first conversation.
const CAUSES: &[&str] =
    &["oversight", "dissatisfied", "short_of_cash", "harvest", "deliberate"];

/// How a debtor answers (客户类型); a playbook is chosen by it.
const DEBTOR_TYPES: &[&str] = &[
    "provocative",
    "evasive",
    "victim",
    "confident",
    "stubborn",
    "sophisticated",
    "promiser",
];

const fn field(name: &'static str, kind: ArgKind, doc: Text) -> PayloadField {
    PayloadField { name, kind, doc }
}

const EVENTS: &[EventSpec] = &[
    EventSpec {
        name: ContactEvent::CallResult.as_str(),
        doc: text(
            "电话有了结果:通话、无人接听、占线、拒接、语音信箱、空号、不是本人、本人拒绝再打",
            "a call had a result: conversation, no_answer, busy, rejected, voicemail, invalid, wrong_party, refused",
        ),
        called: &["通话结果"],
        reported_by: &[
            Reporter::File(ContactEvent::CallResult.file_words()),
            Reporter::Command("contact"),
        ],
        fields: &[
            field(
                "outcome",
                ArgKind::Choice(CALL_OUTCOMES),
                text("结果", "what the call came to"),
            ),
            field(
                "cause",
                ArgKind::Choice(CAUSES),
                text(
                    "客户所说的拖欠原因,没有问到则为空",
                    "why the debtor does not pay, when it was learned",
                ),
            ),
            field(
                "debtor_type",
                ArgKind::Choice(DEBTOR_TYPES),
                text("客户类型,没有判断则为空", "the kind of debtor, when it was judged"),
            ),
            field(
                "order",
                ArgKind::Text,
                text("电话指令编号", "the number of the call's order"),
            ),
            field(
                "by",
                ArgKind::Staff,
                text("谁打的电话,没有写则为空", "who called, where it is known"),
            ),
            field("note", ArgKind::Text, text("通话记要", "what was said, in short")),
        ],
        ..EventSpec::PLAIN
    },
    EventSpec {
        name: REPLY,
        doc: text("客户回复了消息或来信", "the debtor answered a message or a letter"),
        called: &["客户回复"],
        reported_by: &[Reporter::Command(REPLY)],
        fields: &[
            field(
                "channel",
                ArgKind::Choice(&["sms", "wechat", "letter"]),
                text("回复所用的渠道", "the channel of the answer"),
            ),
            field("note", ArgKind::Text, text("回复记要", "what was answered, in short")),
            field(
                "wrong_number",
                ArgKind::Bool,
                text(
                    "号码是别人的;已停用",
                    "somebody else has the number; it is out of use",
                ),
            ),
        ],
        ..EventSpec::PLAIN
    },
];
