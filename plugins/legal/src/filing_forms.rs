//! What is entered around the filing (提交前后的登记): proceedings that are older than the
//! book, and sums that a supervisor agrees to.

use domain::manifest::{
    ArgKind, EntryField, EntryForm, Said, Subject, Text, UnlessGiven, text,
};
use domain::role::Role;

use crate::forms::{COUNSEL, KINDS_SAID, ON, RESULTS_SAID, STEPS_SAID};
use crate::manifest::{ENTERED_STEPS, KINDS, RESULTS, WAYS};

/// A day that a proceeding which is older than the book may have come to.
const fn past(name: &'static str, title: Text, doc: Text) -> EntryField {
    EntryField { name, title, doc, kind: ArgKind::Date, ..EntryField::PLAIN }
}

pub(crate) const EXISTING: EntryForm = EntryForm {
    name: "existing",
    also_under: None,
    title: text(
        "登记接手时已有的法院案件",
        "Enter a proceeding that is older than the book",
    ),
    doc: text(
        "贷款入册前已经起诉、申请支付令、裁判或执行的:一次登记到现在的阶段,时效、保证期间、申请执行的期限随之计算,不再提出第二次起诉;保全另登(preserved)。登错的用 undone 逐步撤回,撤到提交法院即作误登结案",
        "a suit or payment order that was filed, judged or enforced before the loan came into the book: entered up to where it stands; limitation, guarantees and the two years for enforcement follow, and no second suit is proposed. Seizures are entered behind it (preserved). A mistake is taken back step by step with undone; without its filing it is closed as one",
    ),
    subject: Subject::Case,
    roles: COUNSEL,
    fields: &[
        EntryField {
            name: "kind",
            title: text("程序", "KIND"),
            doc: text("哪一种程序", "which proceeding"),
            kind: ArgKind::Choice(KINDS),
            unless_given: UnlessGiven::Refused,
            said: KINDS_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "court",
            title: text("法院", "COURT"),
            doc: text("受理的法院", "the court that has it"),
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        EntryField {
            doc: text("提交法院的日期", "the day on which it was filed"), ..ON
        },
        EntryField {
            name: "court_no",
            option: Some("court-no"),
            title: text("案号", "NUMBER"),
            doc: text("法院的收件号或案号", "the court's number for it"),
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "claim",
            title: text("诉请金额", "YUAN"),
            doc: text("诉请金额(元)", "the amount claimed, in yuan"),
            kind: ArgKind::Fen,
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        past(
            "issued",
            text("签发日", "DATE"),
            text("支付令签发的日期", "when the payment order was issued"),
        ),
        past(
            "served",
            text("送达日", "DATE"),
            text("支付令送达的日期", "when the payment order was served"),
        ),
        past(
            "judged",
            text("裁判日", "DATE"),
            text("收到裁判文书的日期", "when the judgment was received"),
        ),
        EntryField {
            name: "result",
            title: text("结果", "RESULT"),
            doc: text("裁判结果,有裁判的须写", "what was decided, with a judgment"),
            kind: ArgKind::Choice(RESULTS),
            said: RESULTS_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "awarded",
            title: text("判给金额", "YUAN"),
            doc: text("判给的金额(元)", "the amount awarded, in yuan"),
            kind: ArgKind::Fen,
            ..EntryField::PLAIN
        },
        EntryField {
            option: Some("pay-by"),
            ..past(
                "pay_by",
                text("履行期限", "DATE"),
                text(
                    "裁判给对方的履行期限届满日",
                    "the last day for payment by the judgment",
                ),
            )
        },
        past(
            "enforced",
            text("申请执行日", "DATE"),
            text("申请执行的日期", "when enforcement was applied for"),
        ),
        past(
            "terminated",
            text("终本日", "DATE"),
            text(
                "终结本次执行的日期",
                "when a round of enforcement ended without property",
            ),
        ),
        EntryField {
            name: "enforcement_no",
            option: Some("enforcement-no"),
            title: text("执行案号", "NUMBER"),
            doc: text("执行案号,已申请执行的须写", "its number, with an enforcement"),
            ..EntryField::PLAIN
        },
        EntryField {
            name: "owner",
            title: text("承办人", "WHO"),
            doc: text(
                "承办人,不写为设置 owner",
                "who is in charge; the setting owner when not given",
            ),
            ..EntryField::PLAIN
        },
    ],
    doubts: &[],
    example: text(
        "QS-0001 --kind 诉讼 --court 虚构县人民法院 --on 2024-03-05 --court-no 虚民初7号 --claim 20000 --judged 2024-06-20 --result 胜诉 --awarded 20000 --reason 接手时核对卷宗",
        "QS-0001 --kind suit --court 'Court of Example County' --on 2024-03-05 --court-no C-7 --claim 20000 --judged 2024-06-20 --result won --awarded 20000 --reason 'by the file'",
    ),
};

pub(crate) const CLAIMED: EntryForm = EntryForm {
    name: "claimed",
    also_under: None,
    title: text(
        "登记主管再次批准诉请金额",
        "Enter that a supervisor agrees to another sum",
    ),
    doc: text(
        "批准以后、提交以前台账变了的:按今天的台账重算,由主管批准;承办人、本案信贷员和批准现有金额的人不能批,批的人不能再登记提交",
        "where the books have changed between approval and filing: reckoned to today, and agreed to by a supervisor who is not in charge of the matter, does not collect the loan and has not set the sum that stands; they do not enter the filing",
    ),
    subject: Subject::Matter,
    roles: &[Role::Supervisor],
    fields: &[EntryField {
        name: "amount",
        title: text("金额", "YUAN"),
        doc: text(
            "批准的金额(元),不写为台账算到今天的",
            "the sum that is agreed to, in yuan; that of the books today when not given",
        ),
        kind: ArgKind::Fen,
        ..EntryField::PLAIN
    }],
    doubts: &[],
    example: text(
        "4711 --reason 还款后按余额起诉",
        "4711 --reason 'the rest is worth it'",
    ),
};

const WAYS_SAID: &[Said] = &[
    ("payment_order", "支付令", &["申请支付令"]),
    ("mediation", "调解", &["申请调解"]),
    ("write_off", "核销", &["建议核销"]),
    ("suit", "起诉", &["诉讼"]),
];

pub(crate) const WAY: EntryForm = EntryForm {
    name: "way",
    also_under: None,
    title: text(
        "登记主管定的清收办法",
        "Enter which way a supervisor has chosen for a claim",
    ),
    doc: text(
        "催告期满而金额不大,或起诉没有批准的:支付令、调解、建议核销或起诉。支付令和起诉还要第二人批准",
        "where a small debt was demanded in vain, or a suit was refused: payment order, mediation, write-off or suit. A payment order and a suit still need a second person",
    ),
    subject: Subject::Case,
    roles: &[Role::Supervisor],
    fields: &[EntryField {
        name: "way",
        title: text("办法", "WAY"),
        doc: text("走哪一条路", "which way"),
        kind: ArgKind::Choice(WAYS),
        unless_given: UnlessGiven::Refused,
        said: WAYS_SAID,
        ..EntryField::PLAIN
    }],
    doubts: &[],
    example: text(
        "QS-0001 --way 支付令 --reason 债务清楚,客户有固定收入",
        "QS-0001 --way payment_order --reason 'the debt is clear'",
    ),
};

pub(crate) const PAPER: EntryForm = EntryForm {
    name: "paper",
    also_under: None,
    title: text("登记卷宗材料", "Enter a paper of a matter"),
    doc: text(
        "某一步的文书放在哪里(文件路径或档案号),有电子文件的写 SHA-256,日后核对没有换过",
        "where a paper of a step lies, file or number in the archive; with the SHA-256 of a file it is known again",
    ),
    subject: Subject::Matter,
    roles: COUNSEL,
    fields: &[
        EntryField {
            name: "step",
            title: text("哪一步", "STEP"),
            doc: text("属于哪一步", "the step that it belongs to"),
            kind: ArgKind::Choice(ENTERED_STEPS),
            unless_given: UnlessGiven::Refused,
            said: STEPS_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "document",
            title: text("材料", "DOCUMENT"),
            doc: text("是什么材料", "what it is"),
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "place",
            title: text("存放处", "PLACE"),
            doc: text(
                "文件路径或档案号",
                "the path of the file, or its number in the archive",
            ),
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        EntryField {
            doc: text(
                "材料的日期,不写为今天",
                "the day of the paper; today when not given",
            ),
            unless_given: UnlessGiven::Today,
            ..ON
        },
        EntryField {
            name: "number",
            title: text("文书编号", "NUMBER"),
            doc: text("文书编号", "its number, where it has one"),
            ..EntryField::PLAIN
        },
        EntryField {
            name: "sha256",
            title: text("校验值", "SHA256"),
            doc: text("文件的 SHA-256", "the SHA-256 of the file"),
            ..EntryField::PLAIN
        },
    ],
    doubts: &[],
    example: text(
        "4711 --step 裁判 --document 判决书 --place 档案2026-7 --number 虚民初7号 --reason 原件已归档",
        "4711 --step judgment --document judgment --place A-7 --number C-7 --reason 'on file'",
    ),
};

pub(crate) const OWNER: EntryForm = EntryForm {
    name: "owner",
    also_under: None,
    title: text("登记更换承办人", "Enter who is in charge of a matter now"),
    doc: text(
        "以后的期限待办派给新的承办人",
        "the tasks of its days go to them from now on",
    ),
    subject: Subject::Matter,
    roles: &[Role::Supervisor],
    fields: &[EntryField {
        name: "to",
        title: text("承办人", "WHO"),
        doc: text("新的承办人", "who is in charge now"),
        unless_given: UnlessGiven::Refused,
        ..EntryField::PLAIN
    }],
    doubts: &[],
    example: text(
        "4711 --to 示例法务 --reason 原承办人调岗",
        "4711 --to 'Example Counsel' --reason 'another post'",
    ),
};
