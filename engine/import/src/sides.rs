//! Lists that say by their columns which way money went (收付分列): which of it came from
//! the debtors is for a person to say.

use domain::say::Say;

use super::Options;
use super::brackets::stem;
use super::fault::FileFault;
use super::headers::{Columns, squeeze};
use super::states;

/// Columns of which one holds money that came in, and the other money that went
/// out: which is which depends on whose account it is.
const SIDES: &[&str] = &[
    "借方",
    "贷方",
    "借方金额",
    "贷方金额",
    "借方发生额",
    "贷方发生额",
    "收入",
    "支出",
    "收入金额",
    "支出金额",
    "转入金额",
    "转出金额",
    "存入金额",
    "支取金额",
    "debit",
    "credit",
    "debitamount",
    "creditamount",
];

/// Refuses a list that says by its columns which way money went, unless the
/// person has said which of it is meant.
pub(crate) fn one_direction(
    columns: &Columns,
    options: &Options,
) -> Result<(), FileFault> {
    let named = |is: &dyn Fn(&str) -> bool| -> Vec<String> {
        let others = columns.others.iter().map(|it| columns.header_at(*it));
        others.filter(|it| is(&stem(it))).collect()
    };
    let sides = named(&|it| SIDES.contains(&it));
    if let (Some(side), false) = (sides.first(), columns.has("amount")) {
        let all =
            sides.iter().map(|side| format!("`{side}`")).collect::<Vec<_>>().join(" ");
        return Err(FileFault::new(
            "I038",
            Say::new(
                format!(
                    "金额分在几列:{all},未导入任何内容;请用 `--map` 指明哪一列是收到的还款,例如 `--map {side}=amount`(该列空白的行会退回)"
                ),
                format!(
                    "the amounts stand in several columns: {all}, nothing was imported; say which holds money from the debtors with `--map`, for example `--map {side}=amount` (rows in which it is blank are rejected)"
                ),
            ),
        ));
    }
    let chosen = |header: &&String| {
        !options.only.iter().any(|it| squeeze(&it.column) == squeeze(header))
    };
    match named(&states::is_direction).iter().find(chosen) {
        Some(header) if options.kind.is_some() => Err(FileFault::new(
            "I038",
            Say::new(
                format!(
                    "`{header}` 列说明每一行是收还是付,`--kind` 会把两种都当作同一类,未导入任何内容;请用 `--where` 只取一种,例如 `--where {header}=贷`"
                ),
                format!(
                    "the column `{header}` says of each row which way the money went, and `--kind` would take all for the same, nothing was imported; take one of them with `--where`, for example `--where {header}=C`"
                ),
            ),
        )),
        _ => Ok(()),
    }
}
