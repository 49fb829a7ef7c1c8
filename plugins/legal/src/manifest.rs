//! What workflows can ask of the legal department, and what comes back (法务插件清单).

use domain::event::{EventSpec, PayloadField, Reporter};
use domain::manifest::{
    Act, Arg, ArgKind, Channel, DeliveryClass, Manifest, Setting, Text, Verb, text,
};
use domain::words;

use crate::forms::{FORMS, MATTERS};
use crate::proceeding::StepKind;

/// Verbs, events and settings of the plugin `legal`.
pub static MANIFEST: Manifest = Manifest {
    name: "legal",
    title: text("法务", "Legal"),
    verbs: &[DEMAND_LETTER, FILE_SUIT, PAYMENT_ORDER, LIMITATION_TASK],
    events: EVENTS,
    entries: FORMS,
    work: Some(MATTERS),
    settings: SETTINGS,
};

const fn arg(name: &'static str, kind: ArgKind, required: bool, doc: Text) -> Arg {
    Arg { name, kind, required, doc }
}

const BY: Arg = arg(
    "by",
    ArgKind::Staff,
    false,
    text(
        "承办人,默认为设置 `owner`",
        "who is in charge; the setting `owner` when left out",
    ),
);

const BY_OR_ROLE: Arg = arg(
    "by",
    ArgKind::Assignee,
    false,
    text(
        "承办人,默认为设置 `owner`;role \"legal\" 由任何一位法务认领",
        "who is in charge; the setting `owner` when left out; role \"legal\" is for any counsel",
    ),
);

const CLAIM: Arg = arg(
    "claim",
    ArgKind::Fen,
    false,
    text(
        "至多诉请多少(分);不写为台账上可诉的全部。批准时和提交时各按台账重算,少了按少的",
        "the most that is claimed, in fen; all that the books allow when left out. It is reckoned by the books when it is approved and again when it is filed, and less is claimed where less is owed",
    ),
);

const COURT: Arg = arg(
    "court",
    ArgKind::Text,
    false,
    text(
        "管辖法院;不写按借款人住址查法院表(courts.toml),查不到的提交时写明",
        "the court that has jurisdiction; when left out the one of the borrower's address by the table courts.toml, else it is named when the matter is filed",
    ),
);

const REASON: Arg = arg(
    "reason",
    ArgKind::Title,
    false,
    text("为何走法律程序,不写个人信息", "why, without personal data"),
);

const DEMAND_LETTER: Verb = Verb {
    name: "demand_letter",
    title: text("催收函", "Demand letter"),
    doc: text(
        "以挂号方式寄出正式催收函,绝不寄第二次:寄出与登记之间若中断,结果为 `unknown`,由人决定。登记送达证据后产生 `letter_proved`,诉讼时效重新计算。",
        "Posts a formal demand by registered mail, and never twice: a crash between posting and acknowledging ends as `unknown`, and a person decides. Once the proof of delivery is entered `letter_proved` is raised and the limitation period begins anew.",
    ),
    args: &[
        arg(
            "template",
            ArgKind::Template,
            true,
            text(
                "workflows/templates 中的函件模板名",
                "the name of a letter template in workflows/templates",
            ),
        ),
        arg(
            "to",
            ArgKind::Party,
            false,
            text("收件人,默认为客户本人", "who it goes to; the debtor when left out"),
        ),
    ],
    lone: Some("template"),
    delivery: DeliveryClass::AtMostOnce,
    channel: Some(Channel::LetterPost),
    act: Act::Demand,
    claims: false,
    second_person: false,
    outlives_stage: false,
    collectors: 1,
};

const FILE_SUIT: Verb = Verb {
    name: "file_suit",
    title: text("起诉", "File a suit"),
    doc: text(
        "经第二人批准后立一件诉讼事项,指定承办人和提交期限,产生 `matter_opened`。同一案件同时只能有一件未结的诉讼。提交法院、判决、结案由承办人登记。",
        "Opens a suit once a second person has approved it, with an owner and a day by which to file; raises `matter_opened`. A case has at most one open suit. Filing, judgment and closing are entered by the owner.",
    ),
    args: &[CLAIM, COURT, REASON, BY],
    lone: None,
    delivery: DeliveryClass::AtMostOnce,
    channel: None,
    act: Act::Internal,
    claims: true,
    second_person: true,
    outlives_stage: true,
    collectors: 1,
};

const PAYMENT_ORDER: Verb = Verb {
    name: "payment_order",
    title: text("申请支付令", "Apply for a payment order"),
    doc: text(
        "经第二人批准后立一件支付令事项,产生 `matter_opened`。法院 5 日内答复、15 日内签发,30 日内送达不了即失效;期限临近时自动开待办。",
        "Opens a payment order once a second person has approved it; raises `matter_opened`. The court answers within 5 days, issues within 15, and the order is void when it cannot be served within 30; tasks are opened as the days come near.",
    ),
    args: &[CLAIM, COURT, REASON, BY],
    lone: None,
    delivery: DeliveryClass::AtMostOnce,
    channel: None,
    act: Act::Internal,
    claims: true,
    second_person: true,
    outlives_stage: true,
    collectors: 1,
};

const LIMITATION_TASK: Verb = Verb {
    name: "limitation_task",
    title: text("时效待办", "Limitation task"),
    doc: text(
        "给法务承办人开一个时效待办:取得送达证据,或起诉;没有指定承办人的,由任何法务人员办。期限为届满日或之前的最后一个工作日;同一笔贷款只留最新的一个。只在内部,不联系任何人,暂停期间也照开;未届满的产生 `limitation_near`。",
        "Opens a task for the legal owner, or for whoever has the role where there is none: get proof of delivery, or sue. It is due on the last workday on or before the last day, and takes the place of an earlier one of the loan. It contacts nobody and is opened under holds as well; raises `limitation_near` while the period runs.",
    ),
    args: &[
        arg(
            "days_left",
            ArgKind::Count,
            true,
            text(
                "时效剩余天数,即 case.limitation_days_left;最后一天和已届满写 0",
                "days left of the limitation period, case.limitation_days_left; 0 on the last day and once it is over",
            ),
        ),
        arg(
            "ends_on",
            ArgKind::Date,
            false,
            text(
                "届满日,即 case.limitation_ends_on;不写的,剩 0 天就算已届满",
                "the last day, case.limitation_ends_on; without it no days left means that it is over",
            ),
        ),
        BY_OR_ROLE,
    ],
    lone: Some("days_left"),
    delivery: DeliveryClass::AtLeastOnce,
    channel: None,
    act: Act::Internal,
    claims: false,
    second_person: false,
    outlives_stage: true,
    collectors: 1,
};

/// What a proceeding can be.
pub(crate) const KINDS: &[&str] = &["suit", "payment_order"];

/// What a court can decide.
pub(crate) const RESULTS: &[&str] =
    &["won", "partly_won", "mediated", "lost", "not_admitted"];

/// Why a matter can be closed.
pub(crate) const CLOSE_REASONS: &[&str] =
    &["paid", "settled", "withdrawn", "enforced", "no_assets", "lost", "void"];

/// The same with the one that nobody enters: there is no such proceeding.
pub(crate) const CLOSED_FOR: &[&str] = &[
    "paid",
    "settled",
    "withdrawn",
    "enforced",
    "no_assets",
    "lost",
    "void",
    "mistaken",
];

/// What shows that a letter arrived.
pub(crate) const PROOFS: &[&str] = &["signed_receipt", "registered_mail"];

const fn field(name: &'static str, kind: ArgKind, doc: Text) -> PayloadField {
    PayloadField { name, kind, doc }
}

const MATTER: PayloadField =
    field("matter", ArgKind::Text, text("法务事项编号", "the number of the matter"));

const KIND: PayloadField = field(
    "kind",
    ArgKind::Choice(KINDS),
    text("事项类别:suit 诉讼,payment_order 支付令", "suit or payment_order"),
);

const ON: PayloadField = field("on", ArgKind::Date, text("日期", "the day"));

words! {
    /// What legal work can come to (法务事件).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum LegalEvent {
        /// A demand letter is proved to have arrived (信件送达).
        LetterProved = "letter_proved",
        /// A matter was opened (立项).
        MatterOpened = "matter_opened",
        /// It was filed with the court (提交法院).
        MatterFiled = "matter_filed",
        /// The court has decided (裁判).
        Judgment = "judgment",
        /// It is closed (结案).
        MatterClosed = "matter_closed",
        /// Another step of the proceeding (法院进程).
        CourtStep = "court_step",
        /// Something was entered that moves a clock of the loan (期限变动).
        ClockEntered = "clock_entered",
        /// A supervisor has chosen the way for a small claim (定办法).
        WayChosen = "way_chosen",
        /// A limitation period comes to its end (时效将满).
        LimitationNear = "limitation_near",
    }
}

const EVENTS: &[EventSpec] = &[
    EventSpec {
        name: LegalEvent::LetterProved.as_str(),
        doc: text(
            "催收函的送达有了证据,诉讼时效从该日重新计算",
            "a demand letter is proved to have arrived; the limitation period begins anew on that day",
        ),
        called: &["信件送达"],
        reported_by: &[
            Reporter::Command("visit letter"),
            Reporter::Command("legal letter"),
        ],
        fields: &[
            field(
                "order",
                ArgKind::Text,
                text("催收函指令编号", "the number of the letter's order"),
            ),
            ON,
            field(
                "evidence",
                ArgKind::Choice(PROOFS),
                text(
                    "证据:signed_receipt 签收回执,registered_mail 挂号轨迹",
                    "signed_receipt, or registered_mail with tracking",
                ),
            ),
            field(
                "receipt",
                ArgKind::Text,
                text("回执或挂号单号", "the number of the receipt"),
            ),
        ],
        ..EventSpec::PLAIN
    },
    EventSpec {
        name: LegalEvent::MatterOpened.as_str(),
        doc: text(
            "立了一件法务事项,尚未提交法院",
            "a matter was opened; it is not yet filed",
        ),
        called: &["法务立项"],
        reported_by: &[Reporter::Plugin, Reporter::Command("legal existing")],
        fields: &[
            MATTER,
            KIND,
            field("court", ArgKind::Text, text("法院", "the court")),
            field(
                "claim",
                ArgKind::Fen,
                text("诉请金额(分)", "the amount claimed, in fen"),
            ),
            ON,
        ],
        ..EventSpec::PLAIN
    },
    EventSpec {
        name: LegalEvent::MatterFiled.as_str(),
        doc: text(
            "已提交法院并取得收件凭证,诉讼时效中断",
            "filed with the court, with its receipt; the limitation period is interrupted",
        ),
        called: &["提交法院"],
        reported_by: &[Reporter::Command("legal filed")],
        fields: &[
            MATTER,
            KIND,
            ON,
            field("court_no", ArgKind::Text, text("收件号或案号", "the court's number")),
        ],
        ..EventSpec::PLAIN
    },
    EventSpec {
        name: LegalEvent::Judgment.as_str(),
        doc: text(
            "法院已裁判或调解",
            "the court has decided, or the parties have settled before it",
        ),
        called: &["裁判"],
        reported_by: &[Reporter::Command("legal judgment")],
        fields: &[
            MATTER,
            field(
                "result",
                ArgKind::Choice(RESULTS),
                text(
                    "结果:胜诉、部分胜诉、调解、败诉、驳回起诉或不予受理",
                    "won, partly_won, mediated, lost, not_admitted",
                ),
            ),
            field(
                "amount",
                ArgKind::Fen,
                text("判给金额(分)", "the amount awarded, in fen"),
            ),
            ON,
        ],
        ..EventSpec::PLAIN
    },
    EventSpec {
        name: LegalEvent::MatterClosed.as_str(),
        doc: text("法务事项已结", "a matter is closed"),
        called: &["法务结案"],
        reported_by: &[
            Reporter::Command("legal closed"),
            Reporter::Command("legal undone"),
        ],
        fields: &[
            MATTER,
            KIND,
            field(
                "reason",
                ArgKind::Choice(CLOSED_FOR),
                text(
                    "原因:还清、和解、撤回、执行到位、无财产、败诉、失效、误登",
                    "paid, settled, withdrawn, enforced, no_assets, lost, void, mistaken",
                ),
            ),
            ON,
        ],
        ..EventSpec::PLAIN
    },
    EventSpec {
        name: LegalEvent::CourtStep.as_str(),
        doc: text(
            "法院程序有了进展:受理、开庭、送达、签发、异议成立、上诉、保全、续行、申请执行、终本、复查;undone 为撤回误登的最近一步",
            "a step of a proceeding: accepted, hearing, served, issued, objected, appealed, preserved, renewed, enforcement, terminated, rechecked; undone takes the newest one back",
        ),
        called: &["法院进程"],
        reported_by: STEP_COMMANDS,
        fields: &[
            MATTER,
            KIND,
            field("step", ArgKind::Choice(STEPS), text("哪一步", "which step")),
            ON,
            field(
                "detail",
                ArgKind::Text,
                text(
                    "补充:送达的文书、财产种类、上诉人、复查结果、撤回的是哪一步",
                    "more of it: the document, the sort of property, who appeals, what was found, which step was taken back",
                ),
            ),
            field(
                "until",
                ArgKind::Date,
                text("保全截止日", "until when property is held"),
            ),
            field("number", ArgKind::Text, text("文书编号", "the number of the paper")),
        ],
        ..EventSpec::PLAIN
    },
    CLOCK_ENTERED,
    WAY_CHOSEN,
    LIMITATION_NEAR,
];

/// The ways of a claim that may not be worth a suit.
pub(crate) const WAYS: &[&str] = &["payment_order", "mediation", "write_off", "suit"];

const WAY_CHOSEN: EventSpec = EventSpec {
    name: LegalEvent::WayChosen.as_str(),
    doc: text(
        "主管定了小额债权的办法:支付令、调解、建议核销或起诉",
        "a supervisor has chosen the way for a claim: payment order, mediation, write-off or suit",
    ),
    called: &["定办法"],
    reported_by: &[Reporter::Command("legal way")],
    fields: &[field(
        "way",
        ArgKind::Choice(WAYS),
        text(
            "办法:payment_order 支付令,mediation 调解,write_off 核销,suit 起诉",
            "payment_order, mediation, write_off or suit",
        ),
    )],
    ..EventSpec::PLAIN
};

const CLOCK_ENTERED: EventSpec = EventSpec {
    name: LegalEvent::ClockEntered.as_str(),
    doc: text(
        "登记了影响期限的事项:合同到期日、提前到期、展期、届满后重新约定、中止、公告、调解、申报债权、保证人同意、已向保证人主张或不能再拒绝;retracted 为撤回误登的一项",
        "something was entered that bears on the clocks of the loan: the contract's last day, acceleration, an extension, a new agreement, an obstacle, a notice, mediation, a claim in bankruptcy, what a guarantor agreed to, was asked for or cannot refuse any more; retracted takes one back",
    ),
    called: &["期限变动"],
    reported_by: CLOCK_COMMANDS,
    fields: &[
        field("what", ArgKind::Choice(CLOCK_FORMS), text("哪一项", "which of them")),
        ON,
        field("until", ArgKind::Date, text("到哪天", "until when")),
    ],
    ..EventSpec::PLAIN
};

const LIMITATION_NEAR: EventSpec = EventSpec {
    name: LegalEvent::LimitationNear.as_str(),
    doc: text(
        "诉讼时效将满,时效看守已开待办",
        "the limitation period comes to its end, and the watch has opened its task",
    ),
    called: &["时效将满"],
    reported_by: &[Reporter::Plugin],
    fields: &[field(
        "days_left",
        ArgKind::Count,
        text("剩余天数,0 为当天届满", "days left, 0 on the last day"),
    )],
    ..EventSpec::PLAIN
};

/// The forms about a loan, which are told as `clock_entered`.
pub(crate) const CLOCK_FORMS: &[&str] = &[
    "contract",
    "accelerated",
    "extended",
    "agreed",
    "suspended",
    "notice",
    "mediation",
    "claim",
    "consented",
    "demanded",
    "in_vain",
    "retracted",
];

const CLOCK_COMMANDS: &[Reporter] = &[
    Reporter::Command("legal contract"),
    Reporter::Command("legal accelerated"),
    Reporter::Command("legal extended"),
    Reporter::Command("legal agreed"),
    Reporter::Command("legal suspended"),
    Reporter::Command("legal notice"),
    Reporter::Command("legal mediation"),
    Reporter::Command("legal claim"),
    Reporter::Command("legal consented"),
    Reporter::Command("legal demanded"),
    Reporter::Command("legal in_vain"),
    Reporter::Command("legal retracted"),
];

/// The steps that are told as `court_step`.
pub(crate) const STEPS: &[&str] = &[
    "accepted",
    "hearing",
    "served",
    "issued",
    "objected",
    "appealed",
    "preserved",
    "renewed",
    "enforcement",
    "terminated",
    "rechecked",
    "undone",
];

/// Every step that is entered of a proceeding, and can be taken back.
pub(crate) const ENTERED_STEPS: &[&str] = &[
    StepKind::Filed.as_str(),
    StepKind::Accepted.as_str(),
    StepKind::Hearing.as_str(),
    StepKind::Served.as_str(),
    StepKind::Issued.as_str(),
    StepKind::Objected.as_str(),
    StepKind::Judgment.as_str(),
    StepKind::Appealed.as_str(),
    StepKind::Preserved.as_str(),
    StepKind::Renewed.as_str(),
    StepKind::Enforcement.as_str(),
    StepKind::Terminated.as_str(),
    StepKind::Rechecked.as_str(),
    StepKind::Closed.as_str(),
];

const STEP_COMMANDS: &[Reporter] = &[
    Reporter::Command("legal accepted"),
    Reporter::Command("legal hearing"),
    Reporter::Command("legal served"),
    Reporter::Command("legal issued"),
    Reporter::Command("legal objected"),
    Reporter::Command("legal appealed"),
    Reporter::Command("legal preserved"),
    Reporter::Command("legal renewed"),
    Reporter::Command("legal enforcement"),
    Reporter::Command("legal terminated"),
    Reporter::Command("legal rechecked"),
    Reporter::Command("legal undone"),
];

const SETTINGS: &[Setting] = &[
    Setting {
        name: "owner",
        kind: ArgKind::Staff,
        default: "\"\"",
        doc: text(
            "流程没有写 `by` 时的承办人;空则待办无主,任何法务人员可认领",
            "who is in charge when the workflow names nobody; empty: the task is anybody's",
        ),
    },
    Setting {
        name: "warn_days",
        kind: ArgKind::Count,
        default: "30",
        doc: text(
            "期限届满前多少天开待办(1–365)",
            "days before a deadline to open its task, 1 to 365",
        ),
    },
    Setting {
        name: "file_within_days",
        kind: ArgKind::Count,
        default: "7",
        doc: text(
            "立项后多少天内应提交法院(1–365)",
            "days to file a matter in once it is opened, 1 to 365",
        ),
    },
    Setting {
        name: "claim_may_fall",
        kind: ArgKind::Count,
        default: "100",
        doc: text(
            "提交时诉请比批准的少千分之几以内,不必再批(0–1000);一成以内多是批准后还的一期,多了应重新看值不值得诉",
            "by how many per mille the claim may have fallen at its filing without a second approval, 0 to 1000: a tenth is an instalment paid in between; after more it is to be asked anew whether a suit is worth it",
        ),
    },
    Setting {
        name: "claim_may_grow",
        kind: ArgKind::Count,
        default: "0",
        doc: text(
            "提交时诉请比批准的多千分之几以内,不必再批(0–1000);默认多一分也要再批,每天计息入账的可放宽",
            "by how many per mille it may have grown, 0 to 1000: by default nothing more is claimed than was approved; where interest is booked daily some may be allowed",
        ),
    },
    Setting {
        name: "courts",
        kind: ArgKind::Text,
        default: "\"\"",
        doc: text(
            "法院表的文件,相对站点目录;不写为站点目录的 courts.toml,没有再看 workflows/courts.toml,都没有就不按住址确定法院",
            "the file with the table of courts, from the site's folder; courts.toml in that folder or else workflows/courts.toml when left out, and where there is neither no court follows from the address",
        ),
    },
];
