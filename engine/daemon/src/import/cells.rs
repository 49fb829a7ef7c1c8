//! Reads what stands in one cell (单元格): amounts, dates, numbers of loans, text.
//!
//! Whatever could be read in two ways is refused with the way to write it.

use std::borrow::Cow;

use domain::money::Fen;
use jiff::civil::Date;

use super::fault::{Message, RowFault};

/// Text longer than this is no name and no note.
const LONGEST_TEXT: usize = 4_000;

/// Whether a comma can part thousands: not where it may be a decimal sign,
/// as in lists whose columns are parted by semicolons.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comma {
    /// `1,234.50` is one thousand.
    PartsThousands,
    /// Ambiguous: refused.
    Unclear,
}

/// Takes off blanks of every kind and turns full-width letters and digits
/// (全角) into plain ones.
pub(crate) fn plain(cell: &str) -> Cow<'_, str> {
    let cell = cell.trim_matches(|it: char| {
        it.is_whitespace() || matches!(it, '\u{feff}' | '\u{200b}')
    });
    if cell.chars().any(is_full_width) {
        Cow::Owned(cell.chars().map(half_width).collect())
    } else {
        Cow::Borrowed(cell)
    }
}

fn is_full_width(letter: char) -> bool {
    matches!(letter, '\u{ff01}'..='\u{ff5e}' | '\u{3000}' | '\u{ffe5}')
}

fn half_width(letter: char) -> char {
    match letter {
        '\u{3000}' => ' ',
        '\u{ffe5}' => '¥',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter)
        }
        other => other,
    }
}

/// Reads an amount in yuan; never negative, at most two decimals.
pub(crate) fn amount(cell: &str, comma: Comma) -> Result<Fen, RowFault> {
    let cell = plain(cell);
    let text = cell.trim_start_matches('¥').trim_end_matches('元').trim();
    if text.is_empty() {
        return Err(no_amount());
    }
    if text.starts_with(['-', '−', '(']) {
        return Err(negative());
    }
    if text.contains('万') {
        return Err(amount_fault(
            "以万元为单位的金额不导入;请换算成元,例如 `12000.00`",
            "amounts in units of ten thousand are not read; write yuan, for example `12000.00`",
        ));
    }
    let digits = without_thousands(text, comma)?;
    if digits.split_once('.').is_some_and(|(_, it)| {
        2 < it.len() && it.bytes().all(|digit| digit.is_ascii_digit())
    }) {
        return Err(amount_fault(
            "金额超过两位小数;请核实后改为元、最多两位小数,例如 `1234.50`",
            "more than two decimals; check the amount and write yuan with at most two decimals, for example `1234.50`",
        ));
    }
    let amount = Fen::from_yuan(&digits).map_err(|_| {
        amount_fault(
            "金额无法识别;请写成元,最多两位小数,例如 `1234.50`",
            "not an amount; write yuan with at most two decimals, for example `1234.50`",
        )
    })?;
    if Fen::MOST < amount {
        return Err(too_much());
    }
    Ok(amount)
}

fn too_much() -> RowFault {
    let most = Fen::MOST;
    RowFault::new(
        "R014",
        Message::new(
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
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let grouped = groups.iter().enumerate().all(|(index, group)| {
        digits(group)
            && if index == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 }
    });
    // One comma and no decimals, `1,234`, may be a decimal comma.
    let clear = comma == Comma::PartsThousands && (2 < groups.len() || !cents.is_empty());
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
        Message::new(
            "没有金额;请补上金额(元,最多两位小数)",
            "there is no amount; fill it in, in yuan with at most two decimals",
        ),
    )
}

fn negative() -> RowFault {
    RowFault::new(
        "R011",
        Message::new(
            "金额为负;退回的还款请另写一行,类型为`冲正`,金额为正",
            "the amount is negative; write a payment taken back as a row of kind `reversal` with a positive amount",
        ),
    )
}

fn amount_fault(zh: &str, en: &str) -> RowFault {
    RowFault::new("R012", Message::new(zh, en))
}

/// Reads a civil date, as lists write it: `2026-01-02`, `2026/1/2`,
/// `2026.1.2`, `20260102`, `2026年1月2日`. A time of day after it is dropped.
pub(crate) fn date(cell: &str) -> Result<Date, RowFault> {
    let cell = plain(cell);
    let text = without_time(&cell);
    if text.is_empty() {
        return Err(RowFault::new(
            "R020",
            Message::new(
                "没有日期;请补上,例如 `2026-01-31`",
                "there is no date; fill it in, for example `2026-01-31`",
            ),
        ));
    }
    let parts = date_parts(text).ok_or_else(not_a_date)?;
    let (year, month, day) = parts;
    Date::new(year, month, day)
        .ok()
        .filter(|it| (1900..2200).contains(&it.year()))
        .ok_or_else(impossible_date)
}

fn without_time(text: &str) -> &str {
    let Some((day, time)) = text.split_once([' ', 'T']) else {
        return text;
    };
    let is_time = (5..=12).contains(&time.len())
        && time.as_bytes().get(2) == Some(&b':')
        && time.bytes().all(|it| it.is_ascii_digit() || matches!(it, b':' | b'.'));
    if is_time { day } else { text }
}

fn date_parts(text: &str) -> Option<(i16, i8, i8)> {
    if text.len() == 8 && text.bytes().all(|it| it.is_ascii_digit()) {
        return Some((
            text[..4].parse().ok()?,
            text[4..6].parse().ok()?,
            text[6..].parse().ok()?,
        ));
    }
    let parts: Vec<&str> = if let Some(rest) = text.strip_suffix('日') {
        rest.split(['年', '月']).collect()
    } else {
        let sign = text.chars().find(|it| matches!(it, '-' | '/' | '.'))?;
        text.split(sign).collect()
    };
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    let whole = |it: &str, longest: usize| {
        (1..=longest).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit())
    };
    if year.len() != 4 || !whole(year, 4) || !whole(month, 2) || !whole(day, 2) {
        return None;
    }
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

fn not_a_date() -> RowFault {
    RowFault::new(
        "R021",
        Message::new(
            "日期无法识别;请写成年-月-日,例如 `2026-01-31`",
            "not a date; write year-month-day, for example `2026-01-31`",
        ),
    )
}

fn impossible_date() -> RowFault {
    RowFault::new(
        "R022",
        Message::new(
            "没有这一天;请核实后改为存在的日期,例如 `2026-02-28`",
            "there is no such day; check it and write a real date, for example `2026-02-28`",
        ),
    )
}

/// Reads a number that names something: a loan, a debtor, a telephone.
pub(crate) fn number(cell: &str) -> Result<Option<String>, RowFault> {
    let Some(text) = text(&plain(cell))? else {
        return Ok(None);
    };
    if is_rounded_by_a_spreadsheet(&text) {
        return Err(rounded());
    }
    if text.contains(['\n', '\r']) || 120 < text.len() {
        return Err(RowFault::new(
            "R031",
            Message::new(
                "编号过长或含有换行;请核对这一列",
                "too long for a number, or it holds a line break; check this column",
            ),
        ));
    }
    Ok(Some(text))
}

/// A number that a spreadsheet has rounded: its last digits are lost.
pub(crate) fn rounded() -> RowFault {
    RowFault::new(
        "R030",
        Message::new(
            "编号被 Excel 当作数值,末尾数字已丢失;请把该列设为“文本”格式,重新填入后再导入",
            "a spreadsheet took the number for a value and lost its last digits; format the column as text and fill it in again",
        ),
    )
}

fn is_rounded_by_a_spreadsheet(text: &str) -> bool {
    text.split_once(['E', 'e']).is_some_and(|(head, power)| {
        head.contains('.')
            && head.bytes().all(|it| it.is_ascii_digit() || it == b'.')
            && power.starts_with('+')
            && power[1..].bytes().all(|it| it.is_ascii_digit())
    })
}

/// Reads text; `None` for an empty cell.
pub(crate) fn text(cell: &str) -> Result<Option<String>, RowFault> {
    let cell = cell.trim();
    if cell.is_empty() {
        return Ok(None);
    }
    if cell.contains('\u{fffd}') || cell.contains("锟斤拷") {
        return Err(RowFault::new(
            "R032",
            Message::new(
                "文字在导出时已成乱码;请从系统重新导出这一行",
                "the text was already unreadable when it was exported; export this row again",
            ),
        ));
    }
    if LONGEST_TEXT < cell.len() {
        return Err(RowFault::new(
            "R033",
            Message::new(
                "文字过长,可能缺了一个引号;请核对这一行",
                "the text is too long, a quotation mark may be missing; check this row",
            ),
        ));
    }
    Ok(Some(cell.to_owned()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;
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
            ("1,234,567", 123_456_700),
            ("300元", 30_000),
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
            ("-5", "R011"),
            ("−5.00", "R011"),
            ("(5.00)", "R011"),
            ("1.234", "R012"),
            ("0.005", "R012"),
            ("1,234", "R012"),
            ("1,23.00", "R012"),
            ("12,34,567.00", "R012"),
            ("1.2万", "R012"),
            ("1.2万元", "R012"),
            ("12.", "R012"),
            (".5", "R012"),
            ("1e3", "R012"),
            ("+5", "R012"),
            ("NaN", "R012"),
            ("#N/A", "R012"),
            ("99999999999999999999", "R012"),
            ("五百", "R012"),
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
    fn every_usual_way_to_write_a_day_is_read() {
        let cells = [
            "2026-01-02",
            "2026-1-2",
            "2026/1/2",
            "2026/01/02",
            "2026.1.2",
            "20260102",
            "2026年1月2日",
            "2026年01月02日",
            "2026-01-02",
            "2026-01-02 00:00:00",
            "2026-01-02T08:30",
        ];
        for cell in cells {
            assert_eq!(date(cell), Ok(day(2026, 1, 2)), "{cell}");
        }
    }

    #[test]
    fn impossible_and_unclear_days_are_refused() {
        let cells = [
            ("", "R020"),
            ("2026-02-30", "R022"),
            ("2025-02-29", "R022"),
            ("2026-13-01", "R022"),
            ("20260230", "R022"),
            ("0000-00-00", "R022"),
            ("9999-12-31", "R022"),
            ("2026年2月30日", "R022"),
            ("02/03/2026", "R021"),
            ("26-01-02", "R021"),
            ("2026-01", "R021"),
            ("2026-01-02-03", "R021"),
            ("2026-01-02 tomorrow", "R021"),
            ("2026-01-02T00:00:00Z", "R021"),
            ("45000", "R021"),
            ("yesterday", "R021"),
        ];
        for (cell, code) in cells {
            match date(cell) {
                Ok(day) => panic!("{cell} was read as {day}"),
                Err(fault) => assert_eq!(fault.code, code, "{cell}"),
            }
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_rounded_is_refused() {
        assert_eq!(number("6.22E+17").unwrap_err().code, "R030");
        assert_eq!(number("QS-1.2E"), Ok(Some("QS-1.2E".to_owned())));
        assert_eq!(number(" QS01 "), Ok(Some("QS01".to_owned())));
        assert_eq!(number("  "), Ok(None));
    }

    #[test]
    fn text_that_was_damaged_before_is_refused() {
        for cell in ["谢\u{fffd}禾", "锟斤拷锟斤拷"] {
            assert_eq!(text(cell).unwrap_err().code, "R032", "{cell}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_cell_it_is_read_or_refused_without_repeating_it(
            cell in "\\PC{10,24}",
        ) {
            let faults = [
                amount(&cell, Comma::PartsThousands).err(),
                date(&cell).err(),
                number(&cell).err(),
                text(&cell).err(),
            ];
            for fault in faults.into_iter().flatten() {
                prop_assert!(!fault.message.zh.contains(cell.trim()));
                prop_assert!(!fault.message.en.contains(cell.trim()));
            }
        }

        #[test]
        fn an_amount_is_read_as_the_ledger_writes_it(fen in 0_i64..10_000_000_000) {
            let written = Fen(fen).to_string();
            prop_assert_eq!(amount(&written, Comma::Unclear), Ok(Fen(fen)));
        }

        #[test]
        fn a_day_is_read_as_it_is_written(year in 1900_i16..2200, month in 1_i8..=12, of_month in 1_i8..=28) {
            let wanted = day(year, month, of_month);
            for written in [
                wanted.to_string(),
                format!("{year}/{month}/{of_month}"),
                format!("{year}年{month}月{of_month}日"),
                format!("{year:04}{month:02}{of_month:02}"),
            ] {
                prop_assert_eq!(date(&written), Ok(wanted));
            }
        }
    }
}
