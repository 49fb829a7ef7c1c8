//! What people enter about rewards (奖励登记): an objection and its answer, what is taken
//! back, and the way of a monthly statement.

use domain::manifest::{
    ArgKind, EntryDoubt, EntryField, EntryForm, Said, Subject, UnlessGiven, WorkColumn,
    WorkList, text,
};
use domain::role::Role;

/// Every form of the plugin.
pub(crate) const FORMS: &[EntryForm] = &[OBJECT, ANSWER, WITHDRAW, CLOSE, APPROVE, PAY];

const CHIEFS: &[Role] = &[Role::Supervisor];

/// What comes of an objection.
pub(crate) const OUTCOMES: &[&str] = &["granted", "denied"];
const OUTCOMES_SAID: &[Said] =
    &[("granted", "成立", &["支持", "属实"]), ("denied", "不成立", &["驳回", "不属实"])];

const OBJECT: EntryForm = EntryForm {
    name: "object",
    also_under: None,
    title: text("登记奖励异议", "Enter an objection to a reward"),
    doc: text(
        "经手的信贷员对少计、未计或计给他人的奖励提出异议;月度奖励单在答复前不能批准",
        "whoever worked for the money objects to what was credited, to whom, or that nothing was; no statement is approved before the answer",
    ),
    subject: Subject::Order,
    roles: &[Role::Collector, Role::Supervisor],
    fields: &[],
    doubts: &[],
    example: text(
        "4711 --reason 11月3日当面约定还款,通话漏登",
        "4711 --reason 'talked on 3 November, the call was not entered'",
    ),
};

const ANSWER: EntryForm = EntryForm {
    name: "answer",
    also_under: None,
    title: text("登记奖励异议的答复", "Enter the answer to an objection"),
    doc: text(
        "成立的,写明计给谁:几个人的平均分;原来计给别人的改计。答复人不能是提出人或受益人",
        "granted, it names who gets the reward, several in equal parts, and whoever had it before loses it; nobody answers their own objection or decides for themselves",
    ),
    subject: Subject::Order,
    roles: CHIEFS,
    fields: &[
        EntryField {
            name: "outcome",
            title: text("结论", "OUTCOME"),
            doc: text("异议是否成立", "whether the objection is right"),
            kind: ArgKind::Choice(OUTCOMES),
            unless_given: UnlessGiven::Refused,
            said: OUTCOMES_SAID,
            ..EntryField::PLAIN
        },
        EntryField {
            name: "to",
            title: text("计给", "STAFF"),
            doc: text("计给谁,逐个写", "who gets it; can be given several times"),
            kind: ArgKind::Staff,
            many: true,
            ..EntryField::PLAIN
        },
    ],
    doubts: &[EntryDoubt::Listed("to")],
    example: text(
        "4711 --outcome 成立 --to 示例甲 --reason 有录音",
        "4711 --outcome granted --to Ann --reason 'there is a recording'",
    ),
};

const WITHDRAW: EntryForm = EntryForm {
    name: "withdraw",
    also_under: None,
    title: text("登记收回一笔奖励", "Enter that a reward is taken back"),
    doc: text(
        "投诉成立、弄虚作假等:未发的不再发,已发的从以后月份扣回",
        "for an upheld complaint or a false entry: what was not paid is not, and what was is taken off later months",
    ),
    subject: Subject::Order,
    roles: CHIEFS,
    fields: &[],
    doubts: &[],
    example: text("4711 --reason 投诉查实", "4711 --reason 'the complaint was upheld'"),
};

const CLOSE: EntryForm = EntryForm {
    name: "close",
    also_under: None,
    title: text("登记月度奖励单已编制", "Enter that the statement of a month is closed"),
    doc: text(
        "收入截至月末可发放的奖励,开始异议期;有未结投诉的不收,扣回多于应发的留到以后月份",
        "takes up what is payable by the end of the month and begins the days for objections; what an open complaint keeps back, and whoever owes more than they get, waits",
    ),
    subject: Subject::Month,
    roles: CHIEFS,
    fields: &[],
    doubts: &[],
    example: text("2026-11 --reason 月结", "2026-11 --reason 'end of the month'"),
};

const APPROVE: EntryForm = EntryForm {
    name: "approve",
    also_under: None,
    title: text("登记月度奖励单的批准", "Enter that a statement is approved"),
    doc: text(
        "异议期满、异议都已答复后,由两人先后批准;奖励单上的人不能批准",
        "after the days for objections, with all of them answered, by two people, neither of whom is paid by it",
    ),
    subject: Subject::Month,
    roles: CHIEFS,
    fields: &[],
    doubts: &[],
    example: text("2026-11 --reason 已核对", "2026-11 --reason checked"),
};

const PAY: EntryForm = EntryForm {
    name: "pay",
    also_under: None,
    title: text("登记月度奖励发放", "Enter that a statement is paid"),
    doc: text(
        "两人批准后生成发放文件,每月只有一份,摘要记入日志;用 `qingshou report payout` 取出",
        "makes the payout file after two approvals, one a month, with its hash in the journal; `qingshou report payout` prints it",
    ),
    subject: Subject::Month,
    roles: CHIEFS,
    fields: &[],
    doubts: &[],
    example: text("2026-11 --reason 交财务", "2026-11 --reason 'to the cashier'"),
};

const STATES_SAID: &[Said] = &[
    ("accrued", "冷静期", &[]),
    ("payable", "可发放", &[]),
    ("withheld", "不计提", &[]),
];

/// Why a payment earns nothing, as staff say it.
pub(crate) const WHY_SAID: &[Said] = &[
    ("nobody_worked", "还款前无人联系上客户", &[]),
    ("originator", "发放人不计奖", &[]),
    ("court", "经法院收回不计奖", &[]),
    ("capped", "已达上限", &[]),
];

/// What is not paid yet, and what was withheld.
pub(crate) const OPEN: WorkList = WorkList {
    title: text(
        "列出未发的奖励和不计提的还款",
        "List rewards that are not paid and payments that earn nothing",
    ),
    columns: &[
        WorkColumn { name: "order", zh: "指令", said: &[] },
        WorkColumn { name: "case_id", zh: "贷款编号", said: &[] },
        WorkColumn { name: "payment_entry", zh: "还款账目", said: &[] },
        WorkColumn { name: "credited_to", zh: "计给", said: &[] },
        WorkColumn { name: "reward_amount", zh: "奖励金额", said: &[] },
        WorkColumn { name: "stands", zh: "状态", said: STATES_SAID },
        WorkColumn { name: "cooling_until", zh: "冷静期至", said: &[] },
        WorkColumn { name: "withheld_for", zh: "原因", said: WHY_SAID },
        WorkColumn { name: "objection_by", zh: "异议人", said: &[] },
    ],
    filters: &[],
};
