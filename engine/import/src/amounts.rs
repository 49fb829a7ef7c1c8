//! Reads amounts of money (金额).
//!
//! Whatever could be read in two ways is refused with the way to write it.

use std::borrow::Cow;

use domain::money::Fen;
use domain::say::Say;

use super::cells;
use super::fault::RowFault;
use super::units::Unit;

/// Whether a comma can part thousands: not where it may be a decimal sign,
/// as in lists whose columns are parted by semicolons.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comma {
    /// `1,234.50` is one thousand.
    PartsThousands,
    /// Ambiguous: refused.
    Unclear,
}

/// One cell over several rows.
pub(super) fn merged() -> RowFault {
    RowFault::new(
        "R037",
        Say::new(
            "金额是合并的单元格,无法确定属于哪一笔;请取消合并,在每一行写明各自的金额",
            "the amount is one cell merged over several, so nobody knows whose it is; undo the merge and write the amount of each row",
        ),
    )
}

/// A cell whose format shows another number than it holds.
pub(super) fn scaled() -> RowFault {
    RowFault::new(
        "R016",
        Say::new(
            "单元格的格式(百分比、缩位)显示的数与存的数不同,无法确定是多少钱;请改为“常规”格式,写成元",
            "the format of the cell (per cent, scaled) shows another number than it holds, so the amount is not known; set it to General and write yuan",
        ),
    )
}

/// Reads an amount in yuan; never negative, at most two decimals.
#[cfg(test)]
pub(crate) fn amount(cell: &str, comma: Comma) -> Result<Fen, RowFault> {
    amount_in(cell, comma, Unit::Yuan)
}

/// Reads an amount in a unit; never negative, no part of a fen.
pub(crate) fn amount_in(cell: &str, comma: Comma, unit: Unit) -> Result<Fen, RowFault> {
    if let Some(amount) = plain_amount(cell).filter(|_| unit == Unit::Yuan) {
        return Ok(amount);
    }
    let cell = cells::plain(cells::unmarked(cell));
    let text = without_currency(&cell)?;
    if cells::says_nothing(text) {
        return Err(no_amount());
    }
    if cells::is_error(text) {
        return Err(amount_fault(
            "金额是公式错误或显示不全(如 #N/A、####);请修正后再导入",
            "the amount is the error of a formula or signs for a narrow column (#N/A, ####); mend it",
        ));
    }
    if is_negative(text) {
        return Err(negative());
    }
    let text = without_own_unit(text, unit);
    if text.contains(['万', '亿', '千']) {
        if unit.word().is_some() {
            return Err(not_an_amount(unit));
        }
        return Err(amount_fault(
            "以万元为单位的金额不导入;请换算成元,例如 `12000.00`",
            "amounts in units of ten thousand are not read; write yuan, for example `12000.00`",
        ));
    }
    let digits = without_thousands(text, comma)?;
    let digits = without_zeros(&digits);
    let yuan = in_yuan(digits, unit);
    if yuan.split_once('.').is_some_and(|(_, it)| 2 < it.len() && cells::all_digits(it)) {
        return Err(too_fine(unit));
    }
    let amount = Fen::from_yuan(&yuan).map_err(|_| not_an_amount(unit))?;
    if Fen::MOST < amount {
        return Err(too_much());
    }
    Ok(amount)
}

/// The amount of `1234.50`, which is how most programs write one.
fn plain_amount(cell: &str) -> Option<Fen> {
    let (yuan, cents) = cell.split_once('.').unwrap_or((cell, "00"));
    let cents = cents.as_bytes();
    if cents.len() != 2 || !cents.iter().chain(yuan.as_bytes()).all(u8::is_ascii_digit) {
        return None;
    }
    let yuan: i64 = yuan.parse().ok()?;
    let cents = cents.iter().fold(0, |so_far, it| so_far * 10 + i64::from(it - b'0'));
    let fen = yuan.checked_mul(100)?.checked_add(cents)?;
    Some(Fen(fen)).filter(|it| *it <= Fen::MOST)
}

fn is_negative(text: &str) -> bool {
    let minus = ['-', '−', '－'];
    text.starts_with(minus)
        || text.starts_with('(')
        || text.ends_with(minus) && text.starts_with(|it: char| it.is_ascii_digit())
}

const FOREIGN: &[&str] =
    &["$", "€", "£", "USD", "HKD", "EUR", "JPY", "美元", "港元", "港币", "欧元", "日元"];

/// Takes off the signs of the yuan; those of another currency are refused.
fn without_currency(cell: &str) -> Result<&str, RowFault> {
    let mut text = cell;
    for sign in ["人民币", "RMB", "CNY", "rmb", "cny", "¥"] {
        text = text.strip_prefix(sign).unwrap_or(text).trim();
    }
    if FOREIGN.iter().any(|it| text.contains(it)) {
        return Err(RowFault::new(
            "R015",
            Say::new(
                "金额带有外币符号,目前只导入人民币;请换算成元,或单独处理这一笔",
                "the amount carries the sign of a foreign currency and only yuan are read; convert it, or deal with it apart",
            ),
        ));
    }
    let text = text.strip_suffix(['整', '正']).unwrap_or(text);
    Ok(text.strip_suffix('元').or_else(|| text.strip_suffix('圆')).unwrap_or(text).trim())
}

/// `4.00万元` in a list that a person has said to be in 万元, as its cells may show it.
fn without_own_unit(text: &str, unit: Unit) -> &str {
    if unit.word().is_none() {
        return text;
    }
    // The sign of the yuan is off already.
    let number = text.strip_suffix(unit.name().trim_end_matches('元'));
    let number = number.map(str::trim_end);
    number
        .filter(|number| number.ends_with(|number: char| number.is_ascii_digit()))
        .unwrap_or(text)
}

/// Databases write `5000.0000`. Three decimals stay: `5.000` may be thousands.
fn without_zeros(digits: &str) -> &str {
    match digits.split_once('.') {
        Some((_, decimals)) if 3 < decimals.len() && cells::all_digits(decimals) => {
            let digits = digits.trim_end_matches('0');
            digits.strip_suffix('.').unwrap_or(digits)
        }
        _ => digits,
    }
}

/// The same amount in yuan: the point moves right.
fn in_yuan(digits: &str, unit: Unit) -> Cow<'_, str> {
    let zeros = unit.zeros();
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let fine =
        decimals.is_empty() && !digits.contains('.') || cells::all_digits(decimals);
    if zeros == 0 || !cells::all_digits(whole) || !fine {
        return Cow::Borrowed(digits);
    }
    let decimals = format!("{decimals:0<zeros$}");
    let (moved, rest) = decimals.split_at(zeros);
    let rest = rest.trim_end_matches('0');
    Cow::Owned(if rest.is_empty() {
        format!("{whole}{moved}")
    } else {
        format!("{whole}{moved}.{rest}")
    })
}

fn too_fine(unit: Unit) -> RowFault {
    if unit == Unit::Yuan {
        return amount_fault(
            "金额超过两位小数;请核实后改为元、最多两位小数,例如 `1234.50`",
            "more than two decimals; check the amount and write yuan with at most two decimals, for example `1234.50`",
        );
    }
    amount_fault(
        "金额换算成元后不足一分;请核实单位和小数位数",
        "the amount in yuan would hold a part of a fen; check unit and decimals",
    )
}

/// What to write depends on the list: yuan in a list of 万元 would be too much by
/// four digits.
fn not_an_amount(unit: Unit) -> RowFault {
    if unit.word().is_none() {
        return amount_fault(
            "金额无法识别;请写成元,最多两位小数,例如 `1234.50`",
            "not an amount; write yuan with at most two decimals, for example `1234.50`",
        );
    }
    let name = unit.name();
    amount_fault(
        &format!("金额无法识别;本清单以{name}计,请写{name}数,只写数字,例如 `1.5`"),
        &format!(
            "not an amount; this list is in {name}: write so many of them, digits alone, for example `1.5`"
        ),
    )
}

fn too_much() -> RowFault {
    let most = Fen::MOST;
    RowFault::new(
        "R014",
        Say::new(
            format!("金额超过上限 {most} 元;请核对金额和小数点"),
            format!("the amount is above {most} yuan; check it and its decimal point"),
        ),
    )
}

fn without_thousands(text: &str, comma: Comma) -> Result<Cow<'_, str>, RowFault> {
    if !text.contains(',') {
        return Ok(Cow::Borrowed(text));
    }
    let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = groups.iter().enumerate().all(|(index, group)| {
        digits(group)
            && if index == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 }
    });
    // `1.000,00`: the comma behind the point is the sign of the decimals.
    let grouped = grouped && digits(cents);
    // One comma and no decimals, `1,234`, may be a decimal comma; so may `0,500.00`.
    let clear = comma == Comma::PartsThousands
        && (2 < groups.len() || !cents.is_empty())
        && !groups[0].starts_with('0');
    if grouped && clear {
        return Ok(Cow::Owned(text.replace(',', "")));
    }
    Err(amount_fault(
        "金额中的逗号含义不明;请去掉千位分隔符,例如 `1234.50`",
        "the comma can be read in two ways; write the amount without separators, for example `1234.50`",
    ))
}

fn no_amount() -> RowFault {
    RowFault::new(
        "R010",
        Say::new(
            "没有金额;请补上金额(元,最多两位小数)",
            "there is no amount; fill it in, in yuan with at most two decimals",
        ),
    )
}

fn negative() -> RowFault {
    RowFault::new(
        "R011",
        Say::new(
            "金额为负;退回的还款请另写一行,类型为`冲正`,金额为正",
            "the amount is negative; write a payment taken back as a row of kind `reversal` with a positive amount",
        ),
    )
}

fn amount_fault(zh: &str, en: &str) -> RowFault {
    RowFault::new("R012", Say::new(zh, en))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_that_can_be_read_in_one_way_are_read() {
        let amounts = [
            ("0", 0),
            ("0.00", 0),
            ("1234.5", 123_450),
            (" 1234.50 ", 123_450),
            ("1234.50", 123_450),
            ("¥1,234.50", 123_450),
            ("¥ 1,234.5", 123_450),
            ("12,000.00", 1_200_000),
            ("1,234,567", 123_456_700),
            ("300元", 30_000),
            ("300元整", 30_000),
            ("人民币300.00", 30_000),
            ("RMB 300", 30_000),
            ("CNY300", 30_000),
            ("=\"300\"", 30_000),
            ("'300", 30_000),
            ("5000.0", 500_000),
            ("5000.0000", 500_000),
            ("5000.1200", 500_012),
            ("100000000000.00", Fen::MOST.0),
        ];
        for (cell, fen) in amounts {
            assert_eq!(amount(cell, Comma::PartsThousands), Ok(Fen(fen)), "{cell}");
        }
    }

    #[test]
    fn every_other_amount_is_refused_with_its_reason() {
        let amounts = [
            ("", "R010"),
            ("   ", "R010"),
            ("-", "R010"),
            ("—", "R010"),
            ("NULL", "R010"),
            ("无", "R010"),
            ("-5", "R011"),
            ("−5.00", "R011"),
            ("(5.00)", "R011"),
            ("(1,234.00)", "R011"),
            ("(5.00)", "R011"),
            ("5.00-", "R011"),
            ("1,234.00-", "R011"),
            ("¥-5.00", "R011"),
            ("1.234", "R012"),
            ("1.000", "R012"),
            ("0.005", "R012"),
            ("1.23450001", "R012"),
            ("1,234", "R012"),
            ("1,23.00", "R012"),
            ("12,34,567.00", "R012"),
            ("1.2万", "R012"),
            ("1.2万元", "R012"),
            ("12.", "R012"),
            (".5", "R012"),
            ("1e3", "R012"),
            ("1.2E+4", "R012"),
            ("+5", "R012"),
            ("NaN", "R010"),
            ("#N/A", "R012"),
            ("####", "R012"),
            ("1 234.50", "R012"),
            ("1'234.50", "R012"),
            ("1.234,50", "R012"),
            ("1.000,00", "R012"),
            ("12.340,00", "R012"),
            ("1.000,0", "R012"),
            ("1,234.000,00", "R012"),
            ("1,234.5,0", "R012"),
            ("1.000.000,00", "R012"),
            ("¥1.000,00元", "R012"),
            ("０.０００,００", "R012"),
            ("0,500.00", "R012"),
            ("99999999999999999999", "R012"),
            ("五百", "R012"),
            ("$5.00", "R015"),
            ("5美元", "R015"),
            ("USD 5", "R015"),
            ("100000000000.01", "R014"),
            ("92233720368547758.00", "R014"),
        ];
        for (cell, code) in amounts {
            match amount(cell, Comma::PartsThousands) {
                Ok(fen) => panic!("{cell} was read as {fen}"),
                Err(fault) => assert_eq!(fault.code, code, "{cell}"),
            }
        }
        assert_eq!(amount("1,234.50", Comma::Unclear).unwrap_err().code, "R012");
    }

    #[test]
    fn amounts_in_a_larger_unit_become_yuan_to_the_fen() {
        let amounts = [
            ("5", Unit::TenThousand, 5_000_000),
            ("0.0001", Unit::TenThousand, 100),
            ("1.23456", Unit::TenThousand, 1_234_560),
            ("1.234567", Unit::TenThousand, 1_234_567),
            ("1,234.5", Unit::Thousand, 123_450_000),
            ("12.34567", Unit::Thousand, 1_234_567),
            ("0.5", Unit::Million, 50_000_000),
            ("0.5", Unit::HundredMillion, 5_000_000_000),
            ("1.5万元", Unit::TenThousand, 1_500_000),
            ("4.00 万", Unit::TenThousand, 4_000_000),
            ("2千元", Unit::Thousand, 200_000),
        ];
        for (cell, unit, fen) in amounts {
            let read = amount_in(cell, Comma::PartsThousands, unit);
            assert_eq!(read, Ok(Fen(fen)), "{cell} {unit:?}");
        }
        let fine = amount_in("1.2345678", Comma::PartsThousands, Unit::TenThousand);
        assert_eq!(fine.unwrap_err().code, "R012");
    }

    #[test]
    fn a_bad_amount_of_a_list_in_ten_thousands_is_asked_for_in_them() {
        for cell in ["6.2E+17", "一万五", "1.5千"] {
            let told = |unit| {
                let read = amount_in(cell, Comma::PartsThousands, unit);
                read.unwrap_err().reason(super::super::Lang::Zh)
            };
            let in_wan = told(Unit::TenThousand);
            assert!(in_wan.contains("请写万元数"), "{cell}: {in_wan}");
            assert!(!told(Unit::Yuan).contains("万元数"), "{cell}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_is_read_as_the_ledger_writes_it(fen in 0_i64..10_000_000_000) {
            let written = Fen(fen).to_string();
            prop_assert_eq!(amount(&written, Comma::Unclear), Ok(Fen(fen)));
        }

        #[test]
        fn a_unit_moves_the_point_and_nothing_else(fen in 0_i64..1_000_000_000) {
            let yuan = Fen(fen * 10_000).to_string();
            let read = amount_in(&Fen(fen).to_string(), Comma::Unclear, Unit::TenThousand);
            prop_assert_eq!(read, amount(&yuan, Comma::Unclear));
        }
    }
}
