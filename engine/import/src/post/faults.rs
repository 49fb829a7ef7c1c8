//! Why a row of money was not booked (流水未入账的原因).

use domain::event::EventKind;
use domain::ledger::EntryKind;
use store::ledger::ConflictKind;

use super::super::events::{EventRecord, What};
use super::super::fault::RowFault;
use super::EARLY_DAYS;

use domain::say::Say;

pub(super) fn contradiction(why: ConflictKind) -> RowFault {
    let (code, zh, en) = match why {
        ConflictKind::OtherContent => (
            "R070",
            "同一笔流水此前已入账,但金额或内容不同;请核对:原账目记错的,先由流水中的冲正行或用 `qingshou pay --reverse 账目` 冲正,再导入本行",
            "this event is booked already with another amount; check it: if the entry is wrong, take it back by a reversal of the file or with `qingshou pay --reverse ENTRY`, and import this row again",
        ),
        ConflictKind::NoSuchEntry => (
            "R071",
            "找不到被冲正的账目,或不止一笔;请在“原流水号”列填写其流水号,或核对金额和日期",
            "the line to be reversed is not found, or there are several; name its number in the column `ref`, or check amount and date",
        ),
        ConflictKind::ReversedBefore => (
            "R072",
            "该笔账目此前已冲正;请核对是否重复",
            "the line was reversed before; check whether this row is a repetition",
        ),
        ConflictKind::OtherAmount => (
            "R073",
            "冲正金额与原账目不同;请按原金额整笔冲正,再另写一行",
            "the reversal is not of the line's amount; reverse it in full and write the right one in a new row",
        ),
    };
    RowFault::new(code, Say::new(zh, en))
}

/// The fault of a reversal that is not of the amount of the line it names.
pub(crate) fn other_amount() -> RowFault {
    contradiction(ConflictKind::OtherAmount)
}

/// The fault of a reversal that names a line which the book has not, or not by that
/// number: a list's balance was all that told of it, or it was entered by hand.
pub(super) fn unknown_number(number: &str) -> RowFault {
    RowFault::new(
        "R071",
        Say::new(
            format!(
                "库中没有流水号为 {number} 的账目,冲正没有入账;先导入那一笔再导入本行;那一笔是手工登记或按清单余额推定的,用 `qingshou case show` 找到账目,再用 `qingshou pay --reverse 账目` 冲正,并删去本行"
            ),
            format!(
                "the book has no line under the number {number}, and nothing was taken back; import that one first and this row again; if it was entered by hand or inferred from a balance, find the entry with `qingshou case show`, take it back with `qingshou pay --reverse ENTRY` and remove this row"
            ),
        ),
    )
}

/// The fault of a row by which the collector of a case would end its protection: what
/// they may not enter, no file of theirs enters for them.
pub(super) fn own_protection() -> RowFault {
    RowFault::new(
        "R079",
        Say::new(
            "导入人是本案信贷员,不能由本人解除保护或撤销债权,该行没有导入;请另一位主管核对后导入本行",
            "whoever imports collects this case and cannot end its protection; the row was left out: let another supervisor check it and import it",
        ),
    )
}

pub(super) fn too_early() -> RowFault {
    RowFault::new(
        "R074",
        Say::new(
            format!(
                "还款日期早于放款日期 {EARLY_DAYS} 天以上;请核对日期和贷款编号,或先更正案件的放款日期"
            ),
            format!(
                "the payment lies more than {EARLY_DAYS} days before the loan was opened; check date and loan number, or correct the day of opening first"
            ),
        ),
    )
}

/// What is told of a loan that is not in the book. Money that came in and what
/// protects a debtor must not be lost by a wrong number; what charges a debt, and
/// notes, may be of loans that this site does not collect.
pub(super) fn unknown_case(row: &EventRecord) -> Option<RowFault> {
    let matters = match &row.what {
        What::Money(kind, _) => matches!(kind, EntryKind::Payment | EntryKind::Waiver),
        What::Reversal { .. } | What::Promise { .. } => true,
        What::Event { kind, .. } => *kind != EventKind::Note,
        What::Other { .. } => false,
    };
    matters.then(|| {
        RowFault::new(
            "R077",
            Say::new(
                "贷款编号不在库中,没有入账;请核对编号(前面的 0 是否丢失),或先导入该案件再导入本行",
                "the loan is not in the book, nothing was booked; check its number (leading zeros may be lost), or import the case first and this row again",
            ),
        )
    })
}

/// The fault of an amount in another currency than its case, or its book.
pub(crate) fn foreign(currency: &str) -> RowFault {
    RowFault::new(
        "R054",
        Say::new(
            format!("币种不是 {currency};本系统尚不支持外币,该行没有导入,请另行管理"),
            format!(
                "the currency is not {currency}; other currencies are not supported yet, the row was left out"
            ),
        ),
    )
}
