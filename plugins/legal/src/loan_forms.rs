//! What is entered about a loan and its clocks (期限登记): the contract's last day, what
//! was agreed later, obstacles, notices, and what was done about guarantors.

use domain::manifest::{
    ArgKind, EntryDoubt, EntryField, EntryForm, Said, Subject, Text, UnlessGiven, text,
};

use crate::forms::{COUNSEL, ON, PROOFS_SAID, STAFF};
use crate::manifest::PROOFS;

/// What kept the institution from going to court, by the words of
/// [`domain::limitation::SuspensionKind`].
const CAUSES: &[&str] = &["no_heir_or_administrator", "force_majeure", "other_obstacle"];
const CAUSES_SAID: &[Said] = &[
    ("no_heir_or_administrator", "继承人未确定", &["遗产管理人未确定", "没有继承人"]),
    ("force_majeure", "不可抗力", &["灾害"]),
    ("other_obstacle", "其他障碍", &[]),
];

const PAPERS: &[&str] = &["national", "provincial"];
const PAPERS_SAID: &[Said] = &[
    ("national", "国家级", &["全国性报纸"]),
    ("provincial", "省级", &["住所地省级报纸"]),
];

const RECEIPT: EntryField = EntryField {
    name: "receipt",
    title: text("凭证号", "RECEIPT"),
    doc: text(
        "合同、协议、回执或公告的编号,日后据以查找",
        "the number of the paper that shows it, by which it is found again",
    ),
    unless_given: UnlessGiven::Refused,
    ..EntryField::PLAIN
};

const GUARANTOR: EntryField = EntryField {
    name: "guarantor",
    title: text("保证人", "WHO"),
    doc: text(
        "哪位保证人:编号、姓名或第几位;只有一位的可以不写",
        "which guarantor: number, name or place in the list; may be left out where there is one",
    ),
    ..EntryField::PLAIN
};

const EVIDENCE: EntryField = EntryField {
    name: "evidence",
    title: text("证据", "EVIDENCE"),
    doc: text(
        "凭什么证明送达,不写为签收回执",
        "what shows that it arrived; a signed receipt when not given",
    ),
    kind: ArgKind::Choice(PROOFS),
    unless_given: UnlessGiven::Word("signed_receipt"),
    said: PROOFS_SAID,
    ..EntryField::PLAIN
};

/// The day of a paper.
const fn on(zh: &'static str, en: &'static str) -> EntryField {
    EntryField { doc: text(zh, en), unless_given: UnlessGiven::Refused, ..ON }
}

/// A day that has to be given beside the day of the paper.
const fn until(title: Text, doc: Text) -> EntryField {
    EntryField {
        name: "until",
        title,
        doc,
        kind: ArgKind::Date,
        unless_given: UnlessGiven::Refused,
        ..EntryField::PLAIN
    }
}

const PLAIN: EntryForm = EntryForm {
    name: "",
    also_under: None,
    title: text("", ""),
    doc: text("", ""),
    subject: Subject::Case,
    roles: COUNSEL,
    fields: &[],
    doubts: &[],
    example: text("", ""),
};

pub(crate) const CONTRACT: EntryForm = EntryForm {
    name: "contract",
    title: text(
        "登记合同最后一期的到期日",
        "Enter the day of a contract's last instalment",
    ),
    doc: text(
        "诉讼时效和保证期间从这一天起算;此后入账的利息、单方展期都不改变它(民法典 188、189、544 条)",
        "limitation and guarantee periods run from it; interest booked later and a term that nobody signed move nothing (Civil Code 188, 189, 544)",
    ),
    fields: &[
        on("合同签订的日期", "the day on which the contract was signed"),
        until(
            text("最后到期日", "DATE"),
            text(
                "合同最后一期的到期日",
                "when the last instalment falls due by the contract",
            ),
        ),
        RECEIPT,
    ],
    example: text(
        "QS-0001 --on 2024-01-05 --until 2026-06-30 --receipt 虚借字1号 --reason 核对合同原件",
        "QS-0001 --on 2024-01-05 --until 2026-06-30 --receipt C-1 --reason 'by the original'",
    ),
    ..PLAIN
};

pub(crate) const ACCELERATED: EntryForm = EntryForm {
    name: "accelerated",
    title: text("登记宣布贷款提前到期", "Enter that a loan was declared due at once"),
    doc: text(
        "按合同条款宣布,通知到达借款人之日全部到期,各项期限从这一天起算(民法典 578、565、188 条)",
        "by the clause of the contract: all falls due when the notice reaches the borrower, and the periods run from that day (Civil Code 578, 565, 188)",
    ),
    fields: &[
        on("通知到达借款人的日期", "the day on which the notice reached the borrower"),
        EVIDENCE,
        RECEIPT,
    ],
    example: text(
        "QS-0001 --on 2026-03-02 --receipt XA123 --reason 连续三期未还",
        "QS-0001 --on 2026-03-02 --receipt XA123 --reason 'three instalments unpaid'",
    ),
    ..PLAIN
};

pub(crate) const EXTENDED: EntryForm = EntryForm {
    name: "extended",
    title: text(
        "登记借款人签字的展期或重组",
        "Enter an extension that the borrower signed",
    ),
    doc: text(
        "时效届满前签的,诉讼时效从新的到期日起算;保证人没有书面同意的,其保证期间不变(民法典 543、195、695 条)",
        "signed in time, the limitation period runs from the new day; that of a guarantor who has not agreed in writing stays (Civil Code 543, 195, 695)",
    ),
    fields: &[
        on("借款人签字的日期", "the day on which the borrower signed"),
        EntryField {
            name: "from",
            title: text("原到期日", "DATE"),
            doc: text(
                "按原合同最后一期的到期日",
                "when the last instalment falls due by the old contract",
            ),
            kind: ArgKind::Date,
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        until(
            text("新到期日", "DATE"),
            text("展期后最后一期的到期日", "when the last instalment falls due now"),
        ),
        RECEIPT,
    ],
    doubts: &[EntryDoubt::Signed("on")],
    example: text(
        "QS-0001 --on 2026-06-01 --from 2026-06-30 --until 2027-06-30 --receipt 虚展字1号 --reason 展期协议已签",
        "QS-0001 --on 2026-06-01 --from 2026-06-30 --until 2027-06-30 --receipt E-1 --reason signed",
    ),
    ..PLAIN
};

pub(crate) const AGREED: EntryForm = EntryForm {
    name: "agreed",
    title: text(
        "登记时效届满后重新签订的还款协议",
        "Enter a new agreement signed after the period had ended",
    ),
    doc: text(
        "时效届满后双方就原债务重新签订的协议,按新的债务起算三年;只是自愿还款的不算(民法典 192 条第 2 款,时效规定 19 条)",
        "a new agreement on the old debt is a debt of its own, with three years of its own; money that is paid freely is none (Civil Code 192, second paragraph; rules on limitation, article 19)",
    ),
    fields: &[
        on("借款人签字的日期", "the day on which the borrower signed"),
        until(
            text("约定还清日", "DATE"),
            text("新协议约定的还清日", "the last day for payment by the new agreement"),
        ),
        RECEIPT,
    ],
    doubts: &[EntryDoubt::Signed("on")],
    example: text(
        "QS-0001 --on 2026-03-02 --until 2026-12-31 --receipt 虚协字1号 --reason 协议原件已归档",
        "QS-0001 --on 2026-03-02 --until 2026-12-31 --receipt A-1 --reason 'on file'",
    ),
    ..PLAIN
};

pub(crate) const SUSPENDED: EntryForm = EntryForm {
    name: "suspended",
    title: text("登记时效中止的事由", "Enter an obstacle that suspends the period"),
    doc: text(
        "只有最后六个月内的障碍才中止时效;障碍消除满六个月,时效届满。还没有消除的不写截止日,也不推算,消除后再登记一次(民法典 194 条)",
        "an obstacle counts in the last six months alone, and the period ends six months after it was removed; while it lasts leave out until when, a day to come is refused, and enter it again once it is removed (Civil Code 194)",
    ),
    fields: &[
        on("障碍发生的日期", "the day on which it arose"),
        EntryField {
            name: "cause",
            title: text("事由", "CAUSE"),
            doc: text("什么障碍", "what it is"),
            kind: ArgKind::Choice(CAUSES),
            unless_given: UnlessGiven::Refused,
            said: CAUSES_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            unless_given: UnlessGiven::Nothing,
            ..until(
                text("消除日", "DATE"),
                text("障碍消除的日期", "the day on which it was removed"),
            )
        },
        RECEIPT,
    ],
    example: text(
        "QS-0001 --on 2026-01-10 --cause 继承人未确定 --until 2026-03-15 --receipt 公证1号 --reason 继承公证书已出",
        "QS-0001 --on 2026-01-10 --cause no_heir_or_administrator --until 2026-03-15 --receipt N-1 --reason 'by the notary'",
    ),
    ..PLAIN
};

pub(crate) const NOTICE: EntryForm = EntryForm {
    name: "notice",
    title: text("登记报纸公告催收", "Enter a demand by notice in a newspaper"),
    doc: text(
        "借款人下落不明时,在国家级或其住所地省级有影响的报纸公告主张权利,诉讼时效从公告日重新起算(时效规定 8 条)",
        "where the borrower cannot be found, a notice in a national newspaper or in one of the province where they lived begins the period anew (rules on limitation, article 8)",
    ),
    fields: &[
        on("刊登的日期", "the day on which it was printed"),
        EntryField {
            name: "paper",
            title: text("报纸级别", "PAPER"),
            doc: text("哪一级的报纸", "which sort of newspaper"),
            kind: ArgKind::Choice(PAPERS),
            unless_given: UnlessGiven::Refused,
            said: PAPERS_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "missing",
            title: text("下落不明的凭据", "SHOWN"),
            doc: text(
                "凭什么说明借款人下落不明:退信、村委会证明等的编号",
                "what shows that the borrower cannot be found: the number of a returned letter, a paper of the village",
            ),
            unless_given: UnlessGiven::Refused,
            ..EntryField::PLAIN
        },
        RECEIPT,
    ],
    example: text(
        "QS-0001 --on 2026-11-20 --paper 省级 --missing 退信XA9 --receipt 虚构日报8版 --reason 报纸原件已归档",
        "QS-0001 --on 2026-11-20 --paper provincial --missing XA9 --receipt P-8 --reason 'on file'",
    ),
    ..PLAIN
};

pub(crate) const MEDIATION: EntryForm = EntryForm {
    name: "mediation",
    title: text("登记申请调解", "Enter that a mediation committee was asked"),
    doc: text(
        "向人民调解委员会等有权解决纠纷的机构提出请求,诉讼时效中断(时效规定 12 条)",
        "a request to a committee that may settle the matter interrupts the period (rules on limitation, article 12)",
    ),
    fields: &[on("提出请求的日期", "the day of the request"), RECEIPT],
    example: text(
        "QS-0001 --on 2026-11-20 --receipt 虚调1号 --reason 受理回执已归档",
        "QS-0001 --on 2026-11-20 --receipt M-1 --reason 'on file'",
    ),
    ..PLAIN
};

pub(crate) const CLAIM: EntryForm = EntryForm {
    name: "claim",
    title: text("登记已申报破产债权", "Enter that a claim was filed in a bankruptcy"),
    doc: text(
        "向管理人申报,诉讼时效中断;期限以法院公告为准(企业破产法 45、48 条,时效规定 11 条)",
        "filed with the administrator it interrupts the period; the court's notice says until when (Bankruptcy Law 45, 48; rules on limitation, article 11)",
    ),
    fields: &[on("申报的日期", "the day on which it was filed"), RECEIPT],
    example: text(
        "QS-0001 --on 2026-11-20 --receipt 虚破1号 --reason 管理人收件回执已归档",
        "QS-0001 --on 2026-11-20 --receipt B-1 --reason 'on file'",
    ),
    ..PLAIN
};

pub(crate) const CONSENTED: EntryForm = EntryForm {
    name: "consented",
    title: text(
        "登记保证人书面同意展期",
        "Enter that a guarantor agreed to an extension in writing",
    ),
    doc: text(
        "只有书面同意的保证人,保证期间才从新的到期日起算(民法典 695 条第 2 款)",
        "only for a guarantor who agreed in writing the period runs from the new day (Civil Code 695, second paragraph)",
    ),
    fields: &[
        GUARANTOR,
        on("保证人签字的日期", "the day on which the guarantor signed"),
        until(
            text("同意到哪天", "DATE"),
            text("所同意的最后到期日", "the last day that was agreed to"),
        ),
        RECEIPT,
    ],
    example: text(
        "QS-0001 --on 2026-06-01 --until 2027-06-30 --receipt 虚保字1号 --reason 同意书原件已归档",
        "QS-0001 --on 2026-06-01 --until 2027-06-30 --receipt G-1 --reason 'on file'",
    ),
    ..PLAIN
};

pub(crate) const DEMANDED: EntryForm = EntryForm {
    name: "demanded",
    title: text("登记已向保证人主张", "Enter that a demand reached a guarantor"),
    doc: text(
        "保证期间内送达连带保证人的,其保证责任保住,从该日起算三年诉讼时效;一般保证须起诉借款人(民法典 693、694 条)",
        "within the period it holds a joint guarantor, with a limitation of three years from that day; a general one is held by a suit against the borrower (Civil Code 693, 694)",
    ),
    roles: STAFF,
    fields: &[
        GUARANTOR,
        on("送达的日期", "the day on which it arrived"),
        EVIDENCE,
        RECEIPT,
    ],
    example: text(
        "QS-0001 --guarantor 1 --on 2026-11-20 --receipt XA456 --reason 回执已到",
        "QS-0001 --guarantor 1 --on 2026-11-20 --receipt XA456 --reason 'it has come'",
    ),
    ..PLAIN
};

/// Why a general guarantor may not refuse any more, by the numbers of the proviso of
/// article 687, second paragraph.
const GROUNDS: &[&str] = &["in_vain", "missing", "bankrupt", "not_enough", "waived"];
const GROUNDS_SAID: &[Said] = &[
    ("in_vain", "执行不能", &["强制执行仍不能清偿", "终结执行"]),
    ("missing", "下落不明且无财产", &["下落不明"]),
    ("bankrupt", "受理破产", &["破产"]),
    ("not_enough", "财产不足", &["丧失履行能力"]),
    ("waived", "书面放弃", &["放弃先诉抗辩权"]),
];

pub(crate) const IN_VAIN: EntryForm = EntryForm {
    name: "in_vain",
    title: text(
        "登记一般保证人不能再拒绝承担责任",
        "Enter that a general guarantor cannot refuse any more",
    ),
    doc: text(
        "对借款人执行不能,或有民法典 687 条第 2 款但书的情形:从这一天起算对一般保证人的三年诉讼时效(民法典 694 条第 1 款,担保解释 28 条)。法院程序中登记的终结本次执行自动计入;申请执行满一年没有裁定的,从满一年起算",
        "enforcement against the borrower came to nothing, or it is so by the proviso of article 687: a general guarantor's own three years run from this day (Civil Code 694; interpretation on security, 28). The end of a round of enforcement that is entered of a matter counts by itself; a year after the application without a ruling does as well",
    ),
    fields: &[
        on(
            "裁定送达本社,或本社知道该情形的日期",
            "the day on which the ruling was received, or the institution knew of it",
        ),
        EntryField {
            name: "ground",
            title: text("事由", "GROUND"),
            doc: text("凭哪一种情形", "by which of the grounds"),
            kind: ArgKind::Choice(GROUNDS),
            unless_given: UnlessGiven::Refused,
            said: GROUNDS_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            doc: text(
                "只对某一位保证人的(书面放弃),写明是哪一位:编号、姓名或第几位;对全体的不写",
                "of one guarantor alone, who has waived it in writing: number, name or place in the list; nobody where it is so of all",
            ),
            ..GUARANTOR
        },
        RECEIPT,
    ],
    example: text(
        "QS-0001 --on 2027-06-20 --ground 执行不能 --receipt 虚执1号之一 --reason 终结执行裁定已收到",
        "QS-0001 --on 2027-06-20 --ground in_vain --receipt E-1a --reason 'the ruling is on file'",
    ),
    ..PLAIN
};

/// What can be taken back, by the names of the forms with which it was entered.
const RETRACTABLE: &[&str] = &[
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
    "letter",
];
const RETRACTABLE_SAID: &[Said] = &[
    ("contract", "合同到期日", &["合同"]),
    ("accelerated", "提前到期", &[]),
    ("extended", "展期", &["重组"]),
    ("agreed", "届满后重新约定", &["还款协议"]),
    ("suspended", "中止", &["时效中止"]),
    ("notice", "公告催收", &["公告"]),
    ("mediation", "申请调解", &["调解"]),
    ("claim", "申报债权", &[]),
    ("consented", "保证人同意", &[]),
    ("demanded", "向保证人主张", &["主张"]),
    ("in_vain", "保证人不能再拒绝", &["执行不能"]),
    ("letter", "信件送达", &["送达"]),
];

pub(crate) const RETRACTED: EntryForm = EntryForm {
    name: "retracted",
    title: text(
        "登记撤回误登的期限事项",
        "Enter that an entry about a clock was a mistake",
    ),
    doc: text(
        "登记本身留档,各项期限从此不再计入;要更正的,撤回后重新登记。法院程序的步骤用 undone 撤回",
        "the entry stays on record, and the clocks are reckoned without it; enter what is right anew. A step of a matter is taken back with undone",
    ),
    fields: &[
        EntryField {
            name: "what",
            title: text("哪一项", "WHAT"),
            doc: text("要撤回哪一项", "what is taken back"),
            kind: ArgKind::Choice(RETRACTABLE),
            unless_given: UnlessGiven::Refused,
            said: RETRACTABLE_SAID,
            ..EntryField::PLAIN
        },
        on("登记时写的日期", "the day that was entered"),
        EntryField {
            doc: text(
                "登记时写的凭证号,同一天有几条时写",
                "the number of the paper that was entered, where several are of the day",
            ),
            unless_given: UnlessGiven::Nothing,
            ..RECEIPT
        },
        EntryField {
            doc: text(
                "哪位保证人:编号、姓名或第几位,同一天有几条时写",
                "which guarantor: number, name or place in the list, where several are of the day",
            ),
            ..GUARANTOR
        },
    ],
    example: text(
        "QS-0001 --what 展期 --on 2026-06-01 --reason 登错了贷款",
        "QS-0001 --what extended --on 2026-06-01 --reason 'it was another loan'",
    ),
    ..PLAIN
};
