//! What a row of an events file tells of (事件类型): money, or something else.

use domain::event::{CORE_EVENTS, ContactEvent, EventKind};
use domain::ledger::EntryKind;
use domain::near::{distance, perhaps};
use domain::say::Say;

use super::cells;
use super::deaths::{self, Certainty};
use super::fault::{FileFault, RowFault};
use super::headers::Columns;

/// The kind of one row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A line of the ledger.
    Money(EntryKind),
    /// A promise to pay (承诺还款).
    Promise,
    /// An event that workflows know by this name.
    Event(&'static str),
    /// Anything else: kept as a note under the file's own name for it.
    Other(String),
}

impl Kind {
    /// The word that goes into the key of the row.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Money(money) => money.as_str(),
            Self::Promise => EventKind::Promise.as_str(),
            Self::Event(name) => name,
            Self::Other(name) => name,
        }
    }
}

const MONEY: &[(EntryKind, &[&str])] = &[
    (
        EntryKind::Open,
        &[
            "open",
            "放款",
            "发放",
            "借款发放",
            "贷款发放",
            "发放贷款",
            "贷款放款",
            "disbursement",
        ],
    ),
    (
        EntryKind::Due,
        &[
            "due",
            "应还",
            "应收",
            "到期应还",
            "应还款",
            "应还本金",
            "应还本息",
            "应还利息",
        ],
    ),
    (
        EntryKind::Payment,
        &[
            "payment",
            "repayment",
            "付款",
            "回款",
            "收款",
            "paid",
            "结清",
            "代偿",
            "收本收息",
            "还本还息",
            "执行款",
        ],
    ),
    (EntryKind::Fee, &["fee", "费用", "手续费"]),
    (EntryKind::Penalty, &["penalty", "罚息", "违约金", "罚款", "滞纳金"]),
    (
        EntryKind::Waiver,
        &["waiver", "减免", "豁免", "利息减免", "罚息减免", "减免利息", "减免罚息"],
    ),
    (
        EntryKind::Reversal,
        &[
            "reversal",
            "冲正",
            "还款冲正",
            "冲正还款",
            "撤销还款",
            "还款撤销",
            "冲账",
            "抹账",
            "红冲",
            "还款冲销",
            "冲销还款",
            "还款退回",
            "退回还款",
        ],
    ),
];

/// Where and how a payment was made: 柜面还款, 手机银行还款, 批量扣款.
const WAYS: &[&str] = &[
    "柜面",
    "柜台",
    "网点",
    "现金",
    "转账",
    "网银",
    "网上银行",
    "手机银行",
    "手机",
    "微信",
    "支付宝",
    "银行卡",
    "银联",
    "pos",
    "自助",
    "自助终端",
    "扫码",
    "批量",
    "自动",
    "系统",
    "主动",
    "手工",
    "委托",
    "协议",
    "账户",
    "卡",
    "存折",
    "提前",
    "部分",
    "全部",
    "全额",
    "正常",
    "逾期",
    "到期",
    "一次性",
    "分期",
    "按期",
    "客户",
    "借款人",
    "本人",
    "他人",
    "保证人",
    "担保人",
    "第三方",
    "贷款",
    "结清",
    "诉前",
    "上门",
    "清收",
    "刷卡",
    "执行",
    "法院",
    "法院执行",
    "强制执行",
    "诉讼",
    "诉讼执行",
    // What is recovered of a debt that was written off is paid all the same.
    "表外",
    "呆账",
    "不良",
    "不良贷款",
    "核销",
    "核销后",
    "已核销",
];

/// What is done in a payment.
const ACTS: &[&str] = &[
    "还款", "归还", "偿还", "收回", "扣款", "代扣", "扣收", "扣划", "回收", "还贷",
    "收贷", "清偿", "代偿", "回款", "缴款", "划扣", "扣还", "扣缴", "扣回", "追回", "还",
    "收",
];

/// What is paid.
const PARTS: &[&str] = &[
    "",
    "款",
    "贷款",
    "借款",
    "欠款",
    "逾期款",
    "逾期贷款",
    "本息",
    "本金和利息",
    "本金利息",
    "本付息",
    "本",
    "本金",
    "贷款本金",
    "逾期本金",
    "息",
    "利息",
    "欠息",
    "贷款利息",
    "逾期利息",
    "表内利息",
    "表外利息",
    "罚息",
    "复利",
    "违约金",
    "费用",
    "手续费",
];

/// Words of money that say too little, or that are no money of the debtor's:
/// what to write instead.
const UNCLEAR: &[(&[&str], &str, &str)] = &[
    (
        &[
            "利息",
            "interest",
            "结息",
            "计息",
            "应计利息",
            "利息计提",
            "计提",
            "应收利息",
            "欠息",
        ],
        "分不清是收到的利息还是应收的利息;收到的请写`还息`,应收的请写`应还`或`费用`",
        "it is not clear whether interest was paid or has become due; write `还息` for interest paid, `due` or `fee` for interest owed",
    ),
    (
        &["本金", "principal"],
        "分不清是发放还是归还;归还请写`归还本金`,发放请写`放款`",
        "it is not clear whether principal was lent or paid back; write `payment` or `open`",
    ),
    (
        &[
            "转账", "转帐", "transfer", "现金", "cash", "入账", "入帐", "交易", "存入",
            "转入", "转出", "支取", "取款", "汇款", "借", "贷",
        ],
        "分不清方向和用途;还款请写`还款`,放款请写`放款`",
        "neither direction nor purpose is clear; write `payment` for money from the debtor, `open` for money lent",
    ),
    (
        &[
            "核销",
            "呆账核销",
            "贷款核销",
            "write-off",
            "write_off",
            "writeoff",
            "written_off",
        ],
        "核销只是账务处理,客户仍然欠款,不入账;请删去此行(核销后收回的钱请写`还款`)",
        "a write-off moves the debt off the books and leaves it owed, so nothing is booked; leave this row out (money recovered afterwards is a `payment`)",
    ),
    (
        &["撤销", "冲销", "作废", "退款", "refund"],
        "分不清是冲正一笔还款还是撤销债权;冲正请写`冲正`,撤销债权请写`债权撤销`",
        "it is not clear whether a payment is taken back or the claim is dropped; write `reversal`, or `dismissed` for the claim",
    ),
    (
        &["展期", "重组", "借新还旧", "转让", "以物抵债", "抵债"],
        "这类业务不能按一笔还款入账;请按实际收到的钱写`还款`,余下的请与主管核对",
        "this cannot be booked as a payment; write a `payment` for the money that came in and settle the rest with a supervisor",
    ),
    (
        &[
            "还款失败",
            "扣款失败",
            "代扣失败",
            "交易失败",
            "失败",
            "未还款",
            "待还款",
            "还款计划",
            "预约还款",
        ],
        "没有收到钱,不能入账;请删去此行",
        "no money has come in, so there is nothing to book; leave this row out",
    ),
];

/// What a call or a visit can come to, as the store counts it.
const OUTCOMES: &[(&str, &[&str])] = &[
    ("conversation", &["接通", "通话", "已接通"]),
    ("no_answer", &["无人接听", "未接", "未接听"]),
    ("busy", &["占线", "忙线"]),
    ("rejected", &["拒接", "挂断"]),
    ("voicemail", &["语音信箱"]),
    ("invalid", &["空号", "停机", "号码错误"]),
    ("met", &["见面", "见到", "已见面"]),
    ("absent", &["不在", "不在家", "未见到"]),
];

/// Reads what a call or a visit came to; `None` for any other word.
pub(crate) fn outcome(cell: &str) -> Option<&'static str> {
    let word = cells::plain(cell).to_lowercase();
    let is =
        |it: &&(&'static str, &[&str])| it.0 == word || it.1.contains(&word.as_str());
    OUTCOMES.iter().find(is).map(|outcome| outcome.0)
}

/// Reads the kind of a row.
///
/// A word that is one or two letters away from a kind of money is refused: a
/// misspelt payment must not end as a note.
pub(crate) fn read(cell: &str) -> Result<Kind, RowFault> {
    let word = squeezed(cell);
    if word.is_empty() {
        return Err(RowFault::new(
            "R040",
            Say::new(
                "没有类型;请填写放款、应还、还款、费用、罚息、减免、冲正或其他事件",
                "there is no kind; write open, due, payment, fee, penalty, waiver, reversal or another event",
            ),
        ));
    }
    let is = |words: &[&str]| words.contains(&word.as_str());
    if let Some((money, _)) = MONEY.iter().find(|it| is(it.1)) {
        return Ok(Kind::Money(*money));
    }
    if let Some(event) = event_of(&word) {
        return Ok(event);
    }
    if is_payment(&word) {
        return Ok(Kind::Money(EntryKind::Payment));
    }
    match deaths::of_kind(&word) {
        Some(Certainty::Surely) => return Ok(Kind::Event(EventKind::Deceased.as_str())),
        Some(Certainty::Perhaps) => return Err(of_a_death()),
        None => {}
    }
    if may_protect(&word) {
        return Err(of_protection());
    }
    match misspelt(&word) {
        Some(money) => {
            let meant = perhaps(Some(money));
            Err(RowFault::new(
                "R041",
                Say::new(
                    format!("类型无法识别{};请改正后再导入", meant.zh),
                    format!(
                        "this kind is not known{}; correct it and import again",
                        meant.en
                    ),
                ),
            ))
        }
        None => Ok(Kind::Other(cells::text(cell)?.unwrap_or_default())),
    }
}

/// The event that a word of a file means, as the table of events says.
fn event_of(word: &str) -> Option<Kind> {
    let core = CORE_EVENTS.iter().map(|spec| (spec.name, spec.file_words()));
    let contacts =
        ContactEvent::ALL.into_iter().map(|event| (event.as_str(), event.file_words()));
    let (name, _) = core.chain(contacts).find(|row| row.1.contains(&word))?;
    let is_promise = name == EventKind::Promise.as_str();
    Some(if is_promise { Kind::Promise } else { Kind::Event(name) })
}

/// Whether a word that is not known speaks of what protects a debtor: as a note it
/// would protect nobody.
fn may_protect(word: &str) -> bool {
    const WORDS: &[&str] =
        &["投诉", "异议", "争议", "申诉", "停催", "停止催收", "暂停催", "暂缓催"];
    let denied = word.starts_with(['无', '没', '未']);
    !denied && WORDS.iter().any(|it| word.contains(it))
}

fn of_a_death() -> RowFault {
    RowFault::new(
        "R055",
        Say::new(
            "类型说到有人去世,看不出是谁,没有登记;是借款人的请写`死亡`,是别人的请写`备注`并在备注中写明",
            "the kind speaks of a death and not of whose, so nothing was entered; write `deceased` if it is the debtor, or `note` and say who it is",
        ),
    )
}

fn of_protection() -> RowFault {
    RowFault::new(
        "R047",
        Say::new(
            "类型说到投诉、异议或停催,看不出是开始还是办结,没有登记;请写`投诉`、`投诉办结`、`异议`、`异议办结`、`暂停`或`恢复`,与此无关的写`备注`",
            "the kind speaks of a complaint, dispute or hold, and not of whether it begins or ends, so nothing was entered; write complaint, complaint_resolved, dispute, dispute_resolved, hold_placed or hold_lifted, or `note` if it is none",
        ),
    )
}

/// Refuses money under a word that is not known or says too little: it may be a
/// payment, and one that ends as a note is chased all the same.
pub(crate) fn of_unknown_money(word: &str) -> RowFault {
    let word = squeezed(word);
    let unclear = UNCLEAR.iter().find(|it| it.0.contains(&word.as_str()));
    if let Some((_, zh, en)) = unclear {
        return RowFault::new("R043", Say::new(*zh, *en));
    }
    RowFault::new(
        "R042",
        Say::new(
            "类型无法识别而带有金额,不能确定是否还款;收到的钱请写`还款`,其他请写应还、费用、罚息、减免或冲正,与钱无关就清空金额",
            "the kind is not known and carries an amount, so it may be a payment; write `payment` for money that came in, or due, fee, penalty, waiver, reversal; clear the amount if it is no money",
        ),
    )
}

/// Whether the bank's own word for a row is that of something else than a payment:
/// 放款, 结息, 核销. 利息 and 转账 may be one.
pub(crate) fn is_no_payment(cell: &str) -> bool {
    const ACCRUED: &[&str] = &[
        "结息",
        "计息",
        "应计利息",
        "利息计提",
        "计提",
        "应收利息",
        "转出",
        "支取",
        "取款",
    ];
    const MAY_BE: &[&str] = &["利息", "本金", "转账"];
    match read(cell) {
        // 罚息 and 手续费 stand beside what was paid of them, too.
        Ok(Kind::Money(money)) => {
            !matches!(money, EntryKind::Payment | EntryKind::Fee | EntryKind::Penalty)
        }
        Ok(Kind::Promise) => true,
        Ok(Kind::Event(event)) => event != EventKind::Note.as_str(),
        Ok(Kind::Other(_)) => {
            let word = squeezed(cell);
            let is = |words: &[&str]| words.contains(&word.as_str());
            let unclear = UNCLEAR.iter().find(|it| is(it.0));
            is(ACCRUED)
                || unclear.is_some_and(|unclear| {
                    !MAY_BE.iter().any(|may| unclear.0.contains(may))
                })
        }
        Err(_) => false,
    }
}

fn squeezed(cell: &str) -> String {
    let word =
        cells::plain(cells::unmarked(cell)).to_lowercase().replace([' ', '-'], "_");
    // 还 款, 还款(柜面)
    let chinese = !word.is_ascii();
    word.chars()
        .filter(|c| !chinese || !matches!(c, '_' | '(' | ')' | '·' | '/' | '+' | '、'))
        .collect()
}

/// A payment is a way, an act and a part, of which the act must be there: 柜面还款,
/// 归还本金, 手机银行归还贷款本金, 还本付息, 利息收回.
fn is_payment(word: &str) -> bool {
    // 还款成功, 已还款
    let word = word.strip_suffix("成功").unwrap_or(word);
    let word = word
        .strip_prefix("已还")
        .map_or_else(|| word.to_owned(), |rest| format!("还{rest}"));
    let ways = WAYS.iter().copied().chain([""]);
    let acts = |rest: &str| {
        let paid = ACTS.iter().filter_map(|act| rest.strip_prefix(act));
        paid.into_iter().any(|rest| {
            // 还款(现金)
            let rest = WAYS.iter().find_map(|way| rest.strip_suffix(way)).unwrap_or(rest);
            PARTS.contains(&rest)
        })
    };
    let turned = || {
        let acts = ACTS.iter().filter(|act| 1 < act.chars().count());
        let mut paid = acts.filter_map(|act| word.strip_suffix(act));
        paid.any(|part| !part.is_empty() && PARTS.contains(&part))
    };
    ways.filter_map(|way| word.strip_prefix(way)).any(acts) || turned()
}

/// Reads `--kind`, which is for a list without a column of kinds.
pub(crate) fn said(word: &str, columns: &Columns) -> Result<Kind, FileFault> {
    let refuse = |message| FileFault::new("I039", message);
    if columns.has("kind") {
        let header = columns.header("kind");
        return Err(refuse(Say::new(
            format!("文件自己有类型列 `{header}`,未导入任何内容;请去掉 `--kind`"),
            format!(
                "the file has the column `{header}` of kinds itself, nothing was imported; leave out `--kind`"
            ),
        )));
    }
    let kind = read(word).map_err(|error| refuse(error.message))?;
    match kind {
        Kind::Other(_) => Err(refuse(Say::new(
            "`--kind` 的类型无法识别,未导入任何内容;请写 payment(还款)、due(应还)、fee、penalty、waiver 等",
            "the kind after `--kind` is not known, nothing was imported; write payment, due, fee, penalty, waiver or another one",
        ))),
        kind => Ok(kind),
    }
}

fn misspelt(word: &str) -> Option<&'static str> {
    let near = |kind: &str| {
        let allowed = if kind.len() <= 4 { 1 } else { 2 };
        // `sue` is no misspelt `due`.
        word.starts_with(&kind[..1]) && distance(word, kind) <= allowed
    };
    MONEY.iter().map(|it| it.0.as_str()).find(|it| near(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_real_books_is_understood() {
        let kinds = [
            ("open", "open"),
            ("due", "due"),
            ("payment", "payment"),
            ("fee", "fee"),
            ("penalty", "penalty"),
            ("dismissal", "dismissed"),
            ("appeal_filed", "dispute"),
            ("appeal_judge", "dispute_resolved"),
            ("appeal_result_notified", "dispute_resolved"),
            ("notice", "notice"),
            ("refer_agency", "refer_agency"),
            ("appeal_sent", "appeal_sent"),
        ];
        for (cell, name) in kinds {
            assert_eq!(read(cell).unwrap().as_str(), name, "{cell}");
        }
    }

    #[test]
    fn the_staffs_words_are_understood() {
        let kinds = [
            ("放款", Kind::Money(EntryKind::Open)),
            ("贷款发放", Kind::Money(EntryKind::Open)),
            ("应还", Kind::Money(EntryKind::Due)),
            ("还款", Kind::Money(EntryKind::Payment)),
            ("付款", Kind::Money(EntryKind::Payment)),
            ("Repayment", Kind::Money(EntryKind::Payment)),
            ("费用", Kind::Money(EntryKind::Fee)),
            ("罚息", Kind::Money(EntryKind::Penalty)),
            ("滞纳金", Kind::Money(EntryKind::Penalty)),
            ("减免", Kind::Money(EntryKind::Waiver)),
            ("利息减免", Kind::Money(EntryKind::Waiver)),
            ("冲正", Kind::Money(EntryKind::Reversal)),
            ("抹账", Kind::Money(EntryKind::Reversal)),
            ("承诺还款", Kind::Promise),
            ("投诉", Kind::Event("complaint")),
            ("死亡", Kind::Event("deceased")),
            ("客户死亡", Kind::Event("deceased")),
            ("借款人死亡", Kind::Event("deceased")),
            ("已故", Kind::Event("deceased")),
            ("病故", Kind::Event("deceased")),
            ("客户身故", Kind::Event("deceased")),
            ("客户投诉", Kind::Event("complaint")),
            ("投诉受理", Kind::Event("complaint")),
            ("停催", Kind::Event("hold_placed")),
            ("异议申请", Kind::Event("dispute")),
            ("无异议", Kind::Other("无异议".to_owned())),
            ("身故保险理赔", Kind::Other("身故保险理赔".to_owned())),
            ("事故", Kind::Other("事故".to_owned())),
            ("债权撤销", Kind::Event("dismissed")),
            ("PAYMENT", Kind::Money(EntryKind::Payment)),
            ("打雷", Kind::Other("打雷".to_owned())),
            ("还款意愿", Kind::Other("还款意愿".to_owned())),
            ("催收函", Kind::Other("催收函".to_owned())),
        ];
        for (cell, kind) in kinds {
            assert_eq!(read(cell), Ok(kind), "{cell}");
        }
    }

    #[test]
    fn a_payment_is_one_in_all_its_words() {
        let words = [
            "还款",
            "还 款",
            "还款(柜面)",
            "柜面还款",
            "柜台还款",
            "现金还款",
            "转账还款",
            "网银还款",
            "手机银行还款",
            "微信还款",
            "POS还款",
            "批量扣款",
            "自动扣款",
            "委托代扣",
            "扣款",
            "代扣",
            "收回",
            "收回贷款",
            "贷款收回",
            "归还贷款",
            "贷款还款",
            "提前还款",
            "部分还款",
            "逾期还款",
            "保证人代偿",
            "担保人还款",
            "还本付息",
            "归还本息",
            "收回本息",
            "还贷",
            "收贷",
            "结清",
            "归还本金",
            "收回本金",
            "归还贷款本金",
            "柜面归还本金",
            "还本",
            "收本",
            "本金归还",
            "还息",
            "收息",
            "归还利息",
            "利息收回",
            "还款利息",
            "归还罚息",
            "收罚息",
            "还罚息",
            "扣划",
            "划扣",
            "法院扣划",
            "执行回款",
            "核销后收回",
            "表外收回",
            "刷卡还款",
            "收本收息",
            "还款成功",
            "扣款成功",
            "已还款",
            "还款/现金",
        ];
        for word in words {
            assert_eq!(read(word), Ok(Kind::Money(EntryKind::Payment)), "{word}");
        }
    }

    #[test]
    fn money_under_a_word_that_may_or_may_not_be_a_payment_is_refused() {
        let words = [
            ("利息", "R043"),
            ("应收利息", "R043"),
            ("结息", "R043"),
            ("本金", "R043"),
            ("转账", "R043"),
            ("现金", "R043"),
            ("核销", "R043"),
            ("撤销", "R043"),
            ("退款", "R043"),
            ("展期", "R043"),
            ("以物抵债", "R043"),
            ("扣款失败", "R043"),
            ("不良贷款转让", "R042"),
            ("应还/已还", "R042"),
            ("Transfer", "R043"),
            ("write-off", "R043"),
            ("interest", "R043"),
            ("红包", "R042"),
            ("gift", "R042"),
            ("保险理赔", "R042"),
        ];
        for (word, code) in words {
            assert!(matches!(read(word), Ok(Kind::Other(_))), "{word} is booked");
            assert_eq!(of_unknown_money(word).code, code, "{word}");
        }
    }

    #[test]
    fn a_word_that_may_protect_a_debtor_does_not_end_as_a_note() {
        let words = [
            ("死亡通知", "R055"),
            ("保证人死亡", "R055"),
            ("父亲去世", "R055"),
            ("投诉回访", "R047"),
            ("撤回投诉", "R047"),
            ("要求停催", "R047"),
            ("异议复核", "R047"),
        ];
        for (word, code) in words {
            assert_eq!(read(word).map_err(|error| error.code), Err(code), "{word}");
        }
    }

    #[test]
    fn a_misspelt_kind_of_money_is_refused() {
        for cell in [
            "paymnt", "pament", "payments", "feee", "penality", "opne", "dues", "reversl",
        ] {
            assert_eq!(read(cell).unwrap_err().code, "R041", "{cell}");
        }
        assert_eq!(read(" ").unwrap_err().code, "R040");
    }
}
