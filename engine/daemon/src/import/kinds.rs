//! What a row of an events file tells of (事件类型): money, or something else.

use domain::ledger::EntryKind;

use super::cells;
use super::fault::{Message, RowFault};

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
            Self::Promise => "promise",
            Self::Event(name) => name,
            Self::Other(name) => name,
        }
    }
}

const MONEY: &[(EntryKind, &[&str])] = &[
    (EntryKind::Open, &["open", "放款", "发放", "借款发放"]),
    (EntryKind::Due, &["due", "应还", "应收", "到期应还", "应还款"]),
    (
        EntryKind::Payment,
        &["payment", "repayment", "还款", "付款", "回款", "收款", "收回"],
    ),
    (EntryKind::Fee, &["fee", "费用", "手续费"]),
    (EntryKind::Penalty, &["penalty", "罚息", "违约金", "罚款"]),
    (EntryKind::Waiver, &["waiver", "减免", "豁免"]),
    (EntryKind::Reversal, &["reversal", "冲正", "还款冲正", "撤销还款"]),
];

const PROMISE: &[&str] = &["promise", "承诺", "承诺还款", "还款承诺"];

const EVENTS: &[(&str, &[&str])] = &[
    ("dismissed", &["dismissed", "dismissal", "撤销", "债权撤销"]),
    ("deceased", &["deceased", "death", "死亡", "去世", "身故", "债务人死亡"]),
    ("complaint", &["complaint", "投诉"]),
    ("complaint_resolved", &["complaint_resolved", "投诉办结", "投诉处理完毕"]),
    ("dispute", &["dispute", "appeal_filed", "异议", "争议", "申诉"]),
    (
        "dispute_resolved",
        &[
            "dispute_resolved",
            "appeal_result_notified",
            "appeal_judge",
            "异议办结",
            "争议办结",
        ],
    ),
    ("hold_placed", &["hold_placed", "hold", "暂停", "暂停催收"]),
    ("hold_lifted", &["hold_lifted", "恢复", "恢复催收"]),
    ("call_result", &["call_result", "通话结果", "电话结果", "电话催收结果"]),
    ("visit_result", &["visit_result", "上门结果", "走访结果", "外访结果"]),
    ("note", &["note", "备注", "说明", "其他"]),
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
    OUTCOMES.iter().find(is).map(|it| it.0)
}

/// Reads the kind of a row.
///
/// A word that is one or two letters away from a kind of money is refused: a
/// misspelt payment must not end as a note.
pub(crate) fn read(cell: &str) -> Result<Kind, RowFault> {
    let word = cells::plain(cell).to_lowercase().replace([' ', '-'], "_");
    if word.is_empty() {
        return Err(RowFault::new(
            "R040",
            Message::new(
                "没有类型;请填写放款、应还、还款、费用、罚息、减免、冲正或其他事件",
                "there is no kind; write open, due, payment, fee, penalty, waiver, reversal or another event",
            ),
        ));
    }
    let is = |words: &[&str]| words.contains(&word.as_str());
    if let Some((money, _)) = MONEY.iter().find(|it| is(it.1)) {
        return Ok(Kind::Money(*money));
    }
    if is(PROMISE) {
        return Ok(Kind::Promise);
    }
    if let Some((event, _)) = EVENTS.iter().find(|it| is(it.1)) {
        return Ok(Kind::Event(event));
    }
    match misspelt(&word) {
        Some(money) => Err(RowFault::new(
            "R041",
            Message::new(
                format!("类型无法识别,是否应为 `{money}`?请改正后再导入"),
                format!(
                    "this kind is not known, did you mean `{money}`? Correct it and import again"
                ),
            ),
        )),
        None => Ok(Kind::Other(cells::text(&word)?.unwrap_or_default())),
    }
}

fn misspelt(word: &str) -> Option<&'static str> {
    let near = |kind: &str| {
        let allowed = if kind.len() <= 4 { 1 } else { 2 };
        // `sue` is no misspelt `due`.
        word.starts_with(&kind[..1]) && strsim::damerau_levenshtein(word, kind) <= allowed
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
            ("应还", Kind::Money(EntryKind::Due)),
            ("还款", Kind::Money(EntryKind::Payment)),
            ("付款", Kind::Money(EntryKind::Payment)),
            ("Repayment", Kind::Money(EntryKind::Payment)),
            ("费用", Kind::Money(EntryKind::Fee)),
            ("罚息", Kind::Money(EntryKind::Penalty)),
            ("减免", Kind::Money(EntryKind::Waiver)),
            ("冲正", Kind::Money(EntryKind::Reversal)),
            ("承诺还款", Kind::Promise),
            ("投诉", Kind::Event("complaint")),
            ("死亡", Kind::Event("deceased")),
            ("PAYMENT", Kind::Money(EntryKind::Payment)),
            ("打雷", Kind::Other("打雷".to_owned())),
        ];
        for (cell, kind) in kinds {
            assert_eq!(read(cell), Ok(kind), "{cell}");
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
