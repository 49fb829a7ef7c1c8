//! What the legal department enters (法务登记): from the filing to the close of a
//! proceeding, and the proof that a letter arrived.

use domain::manifest::{
    ArgKind, EntryDoubt, EntryField, EntryForm, Said, Subject, Text, UnlessGiven,
    WorkColumn, WorkList, text,
};
use domain::role::Role;

use crate::filing_forms as filing;
use crate::loan_forms as loan;
use crate::manifest::{CLOSE_REASONS, ENTERED_STEPS, PROOFS, RESULTS};

/// Every form of the plugin `legal`.
pub(crate) const FORMS: &[EntryForm] = &[
    FILED,
    filing::EXISTING,
    filing::CLAIMED,
    filing::WAY,
    filing::PAPER,
    filing::OWNER,
    ACCEPTED,
    PRESERVED,
    RENEWED,
    HEARING,
    ISSUED,
    SERVED,
    OBJECTED,
    JUDGMENT,
    APPEALED,
    ENFORCEMENT,
    TERMINATED,
    RECHECKED,
    CLOSED,
    UNDONE,
    LETTER,
    loan::CONTRACT,
    loan::ACCELERATED,
    loan::EXTENDED,
    loan::AGREED,
    loan::SUSPENDED,
    loan::NOTICE,
    loan::MEDIATION,
    loan::CLAIM,
    loan::CONSENTED,
    loan::DEMANDED,
    loan::IN_VAIN,
    loan::RETRACTED,
];

/// The name of the form with which a letter is proved; the others are steps of a
/// proceeding, or about a loan.
pub(crate) const LETTER_FORM: &str = "letter";

/// What the receipt of a letter shows.
pub(crate) const PAPER: Text = text("信件", "letter");

pub(crate) const COUNSEL: &[Role] = &[Role::Supervisor, Role::Legal];
pub(crate) const STAFF: &[Role] = &[Role::Supervisor, Role::Collector, Role::Legal];

/// What is seized or frozen.
const ASSETS: &[&str] = &["deposit", "movable", "immovable"];
const ASSETS_SAID: &[Said] = &[
    ("deposit", "存款", &["银行存款"]),
    ("movable", "动产", &["车辆", "设备"]),
    ("immovable", "不动产", &["房产", "土地", "其他财产权"]),
];

/// What a court serves.
const DOCUMENTS: &[&str] = &["complaint", "judgment", "payment_order"];
const DOCUMENTS_SAID: &[Said] = &[
    ("complaint", "起诉状", &["起诉状副本", "传票"]),
    ("judgment", "裁判文书", &["判决书", "调解书"]),
    ("payment_order", "支付令", &[]),
];

pub(crate) const RESULTS_SAID: &[Said] = &[
    ("won", "胜诉", &[]),
    ("partly_won", "部分胜诉", &[]),
    ("mediated", "调解", &["法院调解"]),
    ("lost", "败诉", &[]),
    ("not_admitted", "驳回起诉", &["不予受理"]),
];

/// By which rules a court has judged.
const PROCEDURES: &[&str] = &["ordinary", "small_claims"];
const PROCEDURES_SAID: &[Said] = &[
    ("ordinary", "普通或简易程序", &["普通程序", "简易程序"]),
    ("small_claims", "小额诉讼", &["小额", "小额诉讼程序"]),
];

/// The steps of a proceeding, by what staff say.
pub(crate) const STEPS_SAID: &[Said] = &[
    ("filed", "提交法院", &["已提交"]),
    ("accepted", "受理立案", &["受理"]),
    ("hearing", "开庭", &[]),
    ("served", "法院送达", &["送达"]),
    ("issued", "支付令签发", &["签发"]),
    ("objected", "支付令异议成立", &["异议成立"]),
    ("judgment", "裁判", &["判决"]),
    ("appealed", "上诉", &[]),
    ("preserved", "保全", &[]),
    ("renewed", "续行保全", &["续行"]),
    ("enforcement", "申请执行", &[]),
    ("terminated", "终结本次执行", &["终本"]),
    ("rechecked", "财产复查", &["复查"]),
    ("closed", "结案", &[]),
];

const APPELLANTS: &[&str] = &["institution", "debtor"];
const APPELLANTS_SAID: &[Said] = &[
    ("institution", "本社", &["我方", "原告"]),
    ("debtor", "对方", &["被告", "债务人"]),
];

const FINDINGS: &[&str] = &["property", "nothing"];
const FINDINGS_SAID: &[Said] =
    &[("property", "有财产", &["发现财产"]), ("nothing", "无财产", &["没有"])];

const REASONS_SAID: &[Said] = &[
    ("paid", "还清", &["结清"]),
    ("settled", "和解", &[]),
    ("withdrawn", "撤回", &["撤诉"]),
    ("enforced", "执行到位", &["执行完毕"]),
    ("no_assets", "无财产", &[]),
    ("lost", "败诉", &[]),
    ("void", "失效", &["支付令失效"]),
];

pub(crate) const PROOFS_SAID: &[Said] = &[
    ("signed_receipt", "签收回执", &["回执"]),
    ("registered_mail", "挂号轨迹", &["挂号信", "挂号"]),
];

pub(crate) const ON: EntryField = EntryField {
    name: "on",
    title: text("日期", "DATE"),
    // Legal periods run from it: it comes from the paper, and is not the day of the entry.
    doc: text("发生的日期,以文书为准", "the day on which it happened, by the paper"),
    kind: ArgKind::Date,
    unless_given: UnlessGiven::Refused,
    ..EntryField::PLAIN
};

/// Of what starts no period that the law knows.
const ON_OR_TODAY: EntryField = EntryField {
    doc: text(
        "发生的日期,不写为今天",
        "the day on which it happened; today when not given",
    ),
    unless_given: UnlessGiven::Today,
    ..ON
};

const NUMBER: EntryField = EntryField {
    name: "number",
    title: text("文书编号", "NUMBER"),
    doc: text(
        "法院文书的编号,日后据以查找",
        "the number of the court's paper, by which it is found again",
    ),
    unless_given: UnlessGiven::Refused,
    ..EntryField::PLAIN
};

const NUMBER_IF_ANY: EntryField =
    EntryField { unless_given: UnlessGiven::Nothing, ..NUMBER };

const ASSET: EntryField = EntryField {
    name: "asset",
    title: text("财产", "ASSET"),
    doc: text("保全的财产种类", "what is seized or frozen"),
    kind: ArgKind::Choice(ASSETS),
    unless_given: UnlessGiven::Refused,
    said: ASSETS_SAID,
    ..EntryField::PLAIN
};

const fn column(
    name: &'static str,
    zh: &'static str,
    said: &'static [Said],
) -> WorkColumn {
    WorkColumn { name, zh, said }
}

pub(crate) const KINDS_SAID: &[Said] =
    &[("suit", "诉讼", &["起诉"]), ("payment_order", "支付令", &[])];

pub(crate) const STAGES_SAID: &[Said] = &[
    ("opened", "已立项", &[]),
    ("filed", "已提交", &[]),
    ("accepted", "已受理", &[]),
    ("issued", "已签发", &[]),
    ("served", "支付令已送达", &[]),
    ("objected", "支付令异议成立", &[]),
    ("judged", "已裁判", &[]),
    ("appealed", "二审中", &[]),
    ("enforcing", "执行中", &[]),
    ("terminated", "终结本次执行", &[]),
    ("closed", "已结案", &[]),
];

/// The words of deadlines as the books have them, with what staff say.
const DAYS_SAID: &[Said] = &[
    ("file", "提交立案", &[]),
    ("acceptance", "法院受理答复", &[]),
    ("issue", "支付令签发", &[]),
    ("void", "支付令送达", &[]),
    ("objection", "清偿或异议", &[]),
    ("decline", "表示不同意转入诉讼", &[]),
    ("hearing", "开庭", &[]),
    ("trial", "法院审限", &[]),
    ("appeal", "上诉", &[]),
    ("effective", "对方上诉", &[]),
    ("performance", "履行", &[]),
    ("enforcement", "申请执行", &[]),
    ("execution", "法院执行", &[]),
    ("recheck", "财产复查", &[]),
    ("preservation:deposit", "冻结存款续行", &[]),
    ("preservation:movable", "查封动产续行", &[]),
    ("preservation:immovable", "查封不动产续行", &[]),
];

/// The proceedings that are not closed.
pub(crate) const MATTERS: WorkList = WorkList {
    title: text(
        "列出未结的法务事项和下一个期限",
        "List open proceedings, each with the day it must not miss next",
    ),
    columns: &[
        column("matter", "事项", &[]),
        column("case_id", "贷款编号", &[]),
        column("name", "姓名", &[]),
        column("proceeding", "程序", KINDS_SAID),
        column("court", "法院", &[]),
        column("court_no", "案号", &[]),
        column("stage", "阶段", STAGES_SAID),
        column("owner", "承办人", &[]),
        column("next", "下一期限", DAYS_SAID),
        column("next_on", "期限日", &[]),
        column("claim_amount", "诉请金额", &[]),
        column("awarded_amount", "判给金额", &[]),
    ],
    filters: &[
        EntryField {
            name: "stage",
            title: text("阶段", "STAGE"),
            doc: text("处在这个阶段的", "those at this stage"),
            kind: ArgKind::Choice(OPEN_STAGES),
            said: STAGES_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "court",
            title: text("法院", "COURT"),
            doc: text(
                "法院名称里有这几个字的",
                "those at courts with this in their name",
            ),
            ..EntryField::PLAIN
        },
        EntryField {
            name: "due_within",
            option: Some("due-within"),
            title: text("天数", "DAYS"),
            doc: text(
                "几天以内有期限要办的,过期的也在内,按期限日先后;0 为今天",
                "those with a day that comes within so many days or has passed, the earliest first; 0 for today",
            ),
            kind: ArgKind::Count,
            ..EntryField::PLAIN
        },
    ],
};

/// The stages of what is not closed.
const OPEN_STAGES: &[&str] = &[
    "opened",
    "filed",
    "accepted",
    "issued",
    "served",
    "objected",
    "judged",
    "appealed",
    "enforcing",
    "terminated",
];

const FILED: EntryForm = EntryForm {
    name: "filed",
    also_under: None,
    title: text("登记已提交法院", "Enter that a matter was filed at court"),
    doc: text(
        "凭法院收件凭证登记:诉讼时效中断,开始计算法院答复的期限。诉请按台账算到提交日,已还清的不能登记,与批准的不同时再问一次,变动大的先由主管再批(legal claimed)",
        "by the court's receipt: the limitation period is interrupted, and the days for the court's answer begin. The claim is reckoned to that day: what is paid is not filed, another sum than was approved is asked about, and one that has changed much is approved again first (legal claimed)",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        ON,
        EntryField {
            name: "court_no",
            option: Some("court-no"),
            title: text("收件号", "NUMBER"),
            doc: text("法院的收件号或案号", "the court's number for it"),
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "court",
            title: text("法院", "COURT"),
            doc: text(
                "实际提交的法院;立项时没有写明,或与立项时不同的才写",
                "the court at which it was filed, where none was meant before or another",
            ),
            ..EntryField::PLAIN
        },
        EntryField {
            name: "claim",
            title: text("诉请金额", "YUAN"),
            doc: text(
                "起诉状上的金额(元),不写为台账算到提交日的",
                "the sum of the paper, in yuan; what the books come to on the day when not given",
            ),
            kind: ArgKind::Fen,
            ..EntryField::PLAIN
        },
    ],
    doubts: &[],
    example: text(
        "4711 --on 2026-11-20 --court-no 虚民初1号 --reason 收件凭证已归档",
        "4711 --on 2026-11-20 --court-no F-1 --reason 'on file'",
    ),
};

const ACCEPTED: EntryForm = EntryForm {
    name: "accepted",
    also_under: None,
    title: text("登记法院受理立案", "Enter that the court has taken a matter"),
    doc: text("法院立案,答复期限办结", "the court's answer is in"),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[ON, NUMBER],
    doubts: &[],
    example: text(
        "4711 --on 2026-11-25 --number 虚民初1号 --reason 立案通知书已到",
        "4711 --on 2026-11-25 --number C-1 --reason 'on file'",
    ),
};

const PRESERVED: EntryForm = EntryForm {
    name: "preserved",
    also_under: None,
    title: text("登记财产保全", "Enter that property was seized or frozen"),
    doc: text(
        "查封、冻结的期限届满 7 日前须申请续行;起诉前保全的,30 日内须起诉",
        "a renewal has to be applied for 7 days before it runs out; before the suit, the suit is filed within 30 days",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        ON,
        ASSET,
        EntryField {
            name: "amount",
            title: text("金额", "YUAN"),
            doc: text("保全金额(元)", "how much is held, in yuan"),
            kind: ArgKind::Fen,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "until",
            title: text("截止日", "DATE"),
            doc: text(
                "保全到哪天,以裁定为准;最长存款 1 年,动产 2 年,不动产 3 年",
                "until when, by the ruling; at the longest deposits 1, movables 2, immovables 3 years",
            ),
            kind: ArgKind::Date,
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        NUMBER,
    ],
    doubts: &[],
    example: text(
        "4711 --asset 存款 --on 2026-11-20 --until 2027-11-19 --number 虚财保1号 --reason 裁定书已送达",
        "4711 --asset deposit --on 2026-11-20 --until 2027-11-19 --number P-1 --reason ok",
    ),
};

const RENEWED: EntryForm = EntryForm {
    name: "renewed",
    also_under: None,
    title: text("登记续行保全", "Enter that a seizure was prolonged"),
    doc: text("新的截止日代替原来的", "the new last day takes the place of the old one"),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        ON,
        ASSET,
        EntryField {
            name: "until",
            title: text("截止日", "DATE"),
            doc: text("续行到哪天", "until when"),
            kind: ArgKind::Date,
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        NUMBER,
    ],
    doubts: &[],
    example: text(
        "4711 --asset 存款 --on 2027-11-01 --until 2028-11-19 --number 虚财保9号 --reason 续行裁定已送达",
        "4711 --asset deposit --on 2027-11-01 --until 2028-11-19 --number P-9 --reason ok",
    ),
};

const HEARING: EntryForm = EntryForm {
    name: "hearing",
    also_under: None,
    title: text("登记开庭日期", "Enter the day of a hearing"),
    doc: text(
        "开庭前开待办;改期的再登记一次",
        "a task is opened before it; a day that is moved is entered again",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        EntryField {
            doc: text("开庭的日期", "the day in court"),
            unless_given: UnlessGiven::Refused,
            ..ON
        },
        NUMBER_IF_ANY,
    ],
    doubts: &[],
    example: text(
        "4711 --on 2026-12-15 --reason 传票已到",
        "4711 --on 2026-12-15 --reason 'the summons has come'",
    ),
};

const ISSUED: EntryForm = EntryForm {
    name: "issued",
    also_under: None,
    title: text("登记支付令签发", "Enter that a payment order was issued"),
    doc: text(
        "从签发起 30 日内送达不了即失效",
        "it is void when it cannot be served within 30 days of its issue",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[ON, NUMBER],
    doubts: &[],
    example: text(
        "4711 --on 2026-11-25 --number 虚民督1号 --reason 支付令已领取",
        "4711 --on 2026-11-25 --number O-1 --reason 'on file'",
    ),
};

const SERVED: EntryForm = EntryForm {
    name: "served",
    also_under: None,
    title: text("登记法院送达", "Enter what the court has served on the debtor"),
    doc: text(
        "裁判文书送达后对方有 15 日上诉;支付令送达后债务人有 15 日清偿或异议",
        "after a judgment the debtor has 15 days to appeal, after a payment order 15 days to pay or object",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        ON,
        EntryField {
            name: "document",
            title: text("文书", "DOCUMENT"),
            doc: text("送达了什么", "what was served"),
            kind: ArgKind::Choice(DOCUMENTS),
            unless_given: UnlessGiven::Refused,
            said: DOCUMENTS_SAID,
            ..EntryField::PLAIN
        },
        NUMBER_IF_ANY,
    ],
    doubts: &[EntryDoubt::Signed("on")],
    example: text(
        "4711 --document 裁判文书 --on 2026-12-20 --reason 送达回证复印件已归档",
        "4711 --document judgment --on 2026-12-20 --reason 'it was signed for'",
    ),
};

const OBJECTED: EntryForm = EntryForm {
    name: "objected",
    also_under: None,
    title: text(
        "登记支付令异议成立",
        "Enter that the court has upheld an objection to a payment order",
    ),
    doc: text(
        "支付令自行失效,督促程序终结。收到裁定 7 日内可书面表示不同意起诉,登记结案(失效);不表示的视为起诉,法院立案后登记 accepted,按诉讼继续(民事诉讼法 228 条)",
        "the order is void. Within 7 days of the ruling the suit may be declined in writing: close it as void; else it counts as filed, and goes on as a suit once the court has registered it, entered as accepted (Civil Procedure Law 228)",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        EntryField {
            doc: text(
                "收到终结督促程序裁定的日期",
                "the day on which the ruling was received",
            ),
            ..ON
        },
        NUMBER,
    ],
    doubts: &[],
    example: text(
        "4711 --on 2026-12-28 --number 虚民督1号之一 --reason 裁定书已收到",
        "4711 --on 2026-12-28 --number O-1 --reason 'on file'",
    ),
};

const JUDGMENT: EntryForm = EntryForm {
    name: "judgment",
    also_under: None,
    title: text("登记裁判结果", "Enter what the court decided"),
    doc: text(
        "从收到裁判文书起 15 日内可上诉;申请执行的期限为 2 年。上诉后的二审裁判同样登记,不能再上诉;小额诉讼一审终审",
        "15 days to appeal from the day on which it was received; 2 years to apply for enforcement. The judgment of a second instance is entered alike and is final, and so is one about a small claim",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        EntryField {
            name: "result",
            title: text("结果", "RESULT"),
            doc: text("裁判结果", "what was decided"),
            kind: ArgKind::Choice(RESULTS),
            unless_given: UnlessGiven::Refused,
            said: RESULTS_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "amount",
            title: text("金额", "YUAN"),
            doc: text(
                "判给的金额(元),败诉的不写",
                "the amount awarded, in yuan; none where the suit was lost",
            ),
            kind: ArgKind::Fen,
            ..EntryField::PLAIN
        },
        EntryField {
            doc: text(
                "本社收到裁判文书的日期",
                "the day on which the institution received it",
            ),
            ..ON
        },
        EntryField {
            name: "pay_by",
            option: Some("pay-by"),
            title: text("履行期限", "DATE"),
            doc: text(
                "判决给对方的履行期限",
                "the last day for performance, as the judgment says",
            ),
            kind: ArgKind::Date,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "procedure",
            title: text("程序", "PROCEDURE"),
            doc: text(
                "按哪种程序审理;小额诉讼一审终审,不能上诉(民事诉讼法 165 条)",
                "by which rules it was tried; a small claim has one instance (Civil Procedure Law 165)",
            ),
            kind: ArgKind::Choice(PROCEDURES),
            unless_given: UnlessGiven::Word("ordinary"),
            said: PROCEDURES_SAID,
            ..EntryField::PLAIN
        },
        NUMBER_IF_ANY,
    ],
    doubts: &[],
    example: text(
        "4711 --result 胜诉 --amount 20000 --on 2026-12-10 --reason 判决书已收到",
        "4711 --result won --amount 20000 --on 2026-12-10 --reason 'on file'",
    ),
};

const APPEALED: EntryForm = EntryForm {
    name: "appealed",
    also_under: None,
    title: text("登记上诉", "Enter that a party has appealed"),
    doc: text(
        "裁判尚未生效,等待二审",
        "the judgment is not in force; the second instance decides",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        ON,
        EntryField {
            name: "appellant",
            option: Some("by"),
            title: text("上诉人", "WHO"),
            doc: text("由谁上诉", "who appeals"),
            kind: ArgKind::Choice(APPELLANTS),
            unless_given: UnlessGiven::Refused,
            said: APPELLANTS_SAID,
            ..EntryField::PLAIN
        },
        NUMBER_IF_ANY,
    ],
    doubts: &[],
    example: text(
        "4711 --by 对方 --on 2026-12-22 --reason 上诉状副本已到",
        "4711 --by debtor --on 2026-12-22 --reason 'a copy has come'",
    ),
};

const ENFORCEMENT: EntryForm = EntryForm {
    name: "enforcement",
    also_under: None,
    title: text("登记已申请执行", "Enter that enforcement was applied for"),
    doc: text(
        "执行时效中断;6 个月未执行的可向上一级法院申请",
        "the period is interrupted; after 6 months without enforcement the next higher court may be asked",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[ON, NUMBER],
    doubts: &[],
    example: text(
        "4711 --on 2027-01-20 --number 虚执1号 --reason 执行立案通知书已到",
        "4711 --on 2027-01-20 --number E-1 --reason 'on file'",
    ),
};

const TERMINATED: EntryForm = EntryForm {
    name: "terminated",
    also_under: None,
    title: text(
        "登记终结本次执行",
        "Enter that a round of enforcement has ended without property",
    ),
    doc: text(
        "每 6 个月复查一次财产;发现财产随时可恢复执行",
        "property is looked for every 6 months; enforcement goes on whenever some is found",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[ON, NUMBER],
    doubts: &[],
    example: text(
        "4711 --on 2027-06-20 --number 虚执1号之一 --reason 终本裁定书已收到",
        "4711 --on 2027-06-20 --number E-1a --reason 'on file'",
    ),
};

const RECHECKED: EntryForm = EntryForm {
    name: "rechecked",
    also_under: None,
    title: text("登记财产复查", "Enter what a new look for property came to"),
    doc: text(
        "有财产的恢复执行,无财产的 6 个月后再查",
        "with property enforcement goes on; without any it is looked for again in 6 months",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        ON_OR_TODAY,
        EntryField {
            name: "found",
            title: text("结果", "FOUND"),
            doc: text("查到什么", "what was found"),
            kind: ArgKind::Choice(FINDINGS),
            unless_given: UnlessGiven::Refused,
            said: FINDINGS_SAID,
            ..EntryField::PLAIN
        },
    ],
    doubts: &[],
    example: text(
        "4711 --found 无财产 --reason 网络查控无结果",
        "4711 --found nothing --reason 'the registers show nothing'",
    ),
};

const CLOSED: EntryForm = EntryForm {
    name: "closed",
    also_under: None,
    title: text("登记结案", "Enter that a matter is closed"),
    doc: text("其余期限随之办结", "its days guard nothing any more"),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        EntryField {
            name: "why",
            title: text("原因", "WHY"),
            doc: text("结案原因", "why it is closed"),
            kind: ArgKind::Choice(CLOSE_REASONS),
            unless_given: UnlessGiven::Refused,
            said: REASONS_SAID,
            ..EntryField::PLAIN
        },
        ON_OR_TODAY,
    ],
    doubts: &[],
    example: text(
        "4711 --why 执行到位 --on 2027-03-01 --reason 执行款已到账",
        "4711 --why enforced --on 2027-03-01 --reason 'the money has come'",
    ),
};

const UNDONE: EntryForm = EntryForm {
    name: "undone",
    also_under: None,
    title: text(
        "登记撤回误登的一步",
        "Enter that the newest step of a matter was a mistake",
    ),
    doc: text(
        "只能撤回最近一步,可以接着撤回再前一步;阶段、期限、待办和时效回到那一步之前,登记本身留档",
        "the newest step alone, and then the one before it; stage, days, tasks and clocks are as they were before it, and the entry stays on record",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[EntryField {
        name: "step",
        title: text("哪一步", "STEP"),
        doc: text("要撤回的最近一步", "the newest step, which is taken back"),
        kind: ArgKind::Choice(ENTERED_STEPS),
        unless_given: UnlessGiven::Refused,
        said: STEPS_SAID,
        ..EntryField::PLAIN
    }],
    doubts: &[],
    example: text(
        "4711 --step 裁判 --reason 登错了案件",
        "4711 --step judgment --reason 'it was another case'",
    ),
};

const LETTER: EntryForm = EntryForm {
    name: LETTER_FORM,
    also_under: Some("visit"),
    title: text("登记信件送达的证据", "Enter the proof that a letter arrived"),
    doc: text(
        "送达借款人的,诉讼时效从送达日重新计算",
        "where it reached somebody who owes the debt, the limitation period begins anew on that day",
    ),
    subject: Subject::Order,
    roles: STAFF,
    fields: &[
        EntryField {
            doc: text("签收的日期", "The day it was signed for"),
            unless_given: UnlessGiven::Refused,
            ..ON
        },
        EntryField {
            name: "evidence",
            title: text("证据", "EVIDENCE"),
            doc: text(
                "凭什么证明,不写为签收回执",
                "what shows it; a signed receipt when not given",
            ),
            kind: ArgKind::Choice(PROOFS),
            unless_given: UnlessGiven::Word("signed_receipt"),
            said: PROOFS_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "receipt",
            title: text("凭证号", "RECEIPT"),
            doc: text("回执或挂号单号", "The number of the receipt"),
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
    ],
    doubts: &[EntryDoubt::Signed("on"), EntryDoubt::Paper("receipt", PAPER)],
    example: text(
        "4711 --on 2026-11-20 --receipt XA123 --reason 回执已到",
        "4711 --on 2026-11-20 --receipt XA123 --reason 'it has come'",
    ),
};
