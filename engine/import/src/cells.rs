//! Reads what stands in one cell (单元格): numbers of loans, names, text.
//!
//! Whatever a spreadsheet has damaged is refused with the way to write it; its
//! harmless marks (`="00123"`, `'00123`, `1001.0`) are taken off.

use std::borrow::Cow;

use domain::say::Say;

use super::fault::RowFault;

pub use super::days::date;

/// Text longer than this is no name and no note.
const LONGEST_TEXT: usize = 4_000;

/// Numbers longer than this name nothing.
const LONGEST_NUMBER: usize = 120;

/// What programs and people write into a cell that holds nothing.
const BLANK: &[&str] = &[
    "无", "暂无", "空", "/", "\\", "-", "--", "---", "—", "——", "–", "－", "NULL",
    "null", "Null", "(null)", "None", "none", "nan", "NaN", "N/A", "n/a",
];

/// Errors of formulas as spreadsheets write them.
const ERRORS: &[&str] = &[
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
];

/// Takes off blanks of every kind and marks that nobody sees, and turns
/// full-width letters and digits (全角) into plain ones.
pub fn plain(cell: &str) -> Cow<'_, str> {
    let cell = trim(cell);
    if cell.is_ascii() {
        return Cow::Borrowed(cell);
    }
    if cell.chars().any(|c| is_full_width(c) || is_invisible(c)) {
        let seen = cell.chars().filter(|c| !is_invisible(*c));
        Cow::Owned(seen.map(half_width).collect())
    } else {
        Cow::Borrowed(cell)
    }
}

fn trim(cell: &str) -> &str {
    cell.trim_matches(|it: char| it.is_whitespace() || is_invisible(it))
}

/// Marks without width that get into cells by copying from web pages.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
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

/// Takes off what makes a spreadsheet leave a cell alone: `="00123"`, `'00123`.
pub(crate) fn unmarked(cell: &str) -> &str {
    let cell = trim(cell);
    let inner = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    trim(inner.unwrap_or(cell).trim_start_matches(['\'', '`', '‘', '’']))
}

/// Whether the cell says in words that it holds nothing.
pub(crate) fn says_nothing(cell: &str) -> bool {
    cell.is_empty() || BLANK.contains(&cell)
}

/// Whether the cell holds the error of a formula, or signs for a column that
/// was too narrow when it was exported.
pub(crate) fn is_error(cell: &str) -> bool {
    let signs = 2 <= cell.len() && cell.bytes().all(|byte| byte == b'#');
    signs
        || cell.starts_with('#')
            && ERRORS.iter().any(|error| cell.eq_ignore_ascii_case(error))
}

/// Reads a number that names something: a loan, a debtor.
pub(crate) fn number(cell: &str) -> Result<Option<String>, RowFault> {
    let written = number_as_written(cell)?;
    // Programs that take a number for a value write it with decimals.
    let whole = |it: &str| {
        let (whole, zeros) = it.split_once('.')?;
        let value = all_digits(whole) && !zeros.is_empty();
        (value && zeros.bytes().all(|byte| byte == b'0')).then(|| whole.to_owned())
    };
    Ok(written.map(|it| whole(&it).unwrap_or(it)))
}

/// Whether a number can be that of a loan: letters or digits are part of it.
pub(crate) fn names_a_loan(number: &str) -> bool {
    let chinese = |it: char| "〇零一二三四五六七八九十百千".contains(it);
    number.chars().any(|c| c.is_ascii_alphanumeric() || c.is_numeric() || chinese(c))
}

/// A number with one sort of dash, and without the blanks by which people part its
/// digits: the same loan must not come in twice.
fn in_one_dress(text: &str) -> String {
    let dash = |it: char| match it {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        other => other,
    };
    let text: String = text.chars().map(dash).collect();
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if all_digits(&digits) { digits } else { text }
}

/// `=A1`, `="0012`, `1,001`: what a program made of a number, or left of it.
fn is_dressed_by_a_program(text: &str) -> bool {
    let thousands = |it: &str| {
        let mut groups = it.split(',');
        groups.next().is_some_and(|group| all_digits(group) && group.len() <= 3)
            && groups.all(|group| all_digits(group) && group.len() == 3)
    };
    text.starts_with('=') || text.contains('"') || text.contains(',') && thousands(text)
}

/// Reads the number of a payment with its decimal, if a program wrote one:
/// whether `88001.0` is `88001` is for the book to ask.
pub(crate) fn number_as_written(cell: &str) -> Result<Option<String>, RowFault> {
    if is_plainly_a_number(cell) {
        return if is_rounded_identity(cell) {
            Err(rounded())
        } else {
            Ok(Some(cell.to_owned()))
        };
    }
    let cell = plain(unmarked(cell));
    let text = unmarked(&cell);
    if says_nothing(text) {
        return Ok(None);
    }
    sound(text)?;
    if is_rounded_by_a_spreadsheet(text) {
        return Err(rounded());
    }
    if is_rounded_identity(text) {
        return Err(rounded());
    }
    if is_day_of_a_spreadsheet(text) {
        return Err(became_a_day());
    }
    if is_dressed_by_a_program(text) {
        return Err(RowFault::new(
            "R031",
            Say::new(
                "编号带有公式、引号或千位逗号;请把该列设为“文本”格式,只写编号本身",
                "the number stands in a formula, in quotation marks or with separators of thousands; format the column as text and write the number alone",
            ),
        ));
    }
    if text.contains(['\n', '\r']) || LONGEST_NUMBER < text.len() {
        return Err(RowFault::new(
            "R031",
            Say::new(
                "编号过长或含有换行;请核对这一列",
                "too long for a number, or it holds a line break; check this column",
            ),
        ));
    }
    Ok(Some(in_one_dress(text)))
}

/// Whether nothing but an ordinary number can stand there: plain letters and digits,
/// and no `E` that may be a power of ten. Nearly every cell is known by that at one look.
fn is_plainly_a_number(cell: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() && !matches!(it, b'e' | b'E');
    cell.len() <= LONGEST_NUMBER
        && cell.bytes().all(plain)
        && cell.bytes().any(|byte| byte.is_ascii_digit())
}

pub(crate) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number that a spreadsheet has rounded: its last digits are lost.
pub(crate) fn rounded() -> RowFault {
    RowFault::new(
        "R030",
        Say::new(
            "编号被 Excel 当作数值,末尾数字已丢失;请把该列设为“文本”格式,重新填入后再导入",
            "a spreadsheet took the number for a value and lost its last digits; format the column as text and fill it in again",
        ),
    )
}

/// `6.22848E+18`, `6E+18`, `6.2E18`: what is left of a long number.
fn is_rounded_by_a_spreadsheet(text: &str) -> bool {
    let Some((head, power)) = text.split_once(['E', 'e']) else { return false };
    let (whole, rest) = head.split_once('.').unwrap_or((head, ""));
    let signed = power.starts_with('+');
    let power = power.trim_start_matches('+');
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let long = power.parse::<usize>().is_ok_and(|it| 10 < it);
    whole.len() == 1
        && digits(whole)
        && digits(rest)
        && all_digits(power)
        && power.len() <= 3
        && (signed || head.contains('.') || long)
}

/// An identity number (身份证号) of which a spreadsheet kept fifteen digits: the
/// rest are zeros, and its check digit (GB 11643) no longer fits.
fn is_rounded_identity(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    if text.len() != 18 || !all_digits(text) || !text.ends_with("000") {
        return false;
    }
    let part = |from: usize, to: usize| text[from..to].parse::<i16>().unwrap_or(0);
    let month = i8::try_from(part(10, 12)).unwrap_or(0);
    let day = i8::try_from(part(12, 14)).unwrap_or(0);
    let born = jiff::civil::Date::new(part(6, 10), month, day);
    let lived = born.is_ok_and(|born| (1900..2100).contains(&born.year()));
    let digits = text.bytes().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let check = usize::try_from(sum % 11).ok().and_then(|it| CHECKS.get(it));
    lived && check != text.as_bytes().last()
}

/// `2026/1/5`, `5-Jan-26`, `1月5日`: what became of `1-5`.
fn is_day_of_a_spreadsheet(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    if let [year, month, day] = parts.as_slice() {
        return year.len() == 4
            && all_digits(year)
            && [month, day].iter().all(|it| it.len() <= 2 && all_digits(it));
    }
    let parts: Vec<&str> = text.split('-').collect();
    let named = |it: &&str| super::days::month_of(it).is_some();
    let short = |it: &&str| it.len() <= 4 && all_digits(it);
    match parts.as_slice() {
        [day, month] | [month, day] if named(month) => short(day),
        [day, month, year] => named(month) && short(day) && short(year),
        _ => text
            .strip_suffix('日')
            .and_then(|head| head.split_once('月'))
            .is_some_and(|(month, day)| all_digits(day) && month.len() <= 8),
    }
}

/// A number that a spreadsheet has made a day of.
pub(crate) fn became_a_day() -> RowFault {
    RowFault::new(
        "R038",
        Say::new(
            "编号被 Excel 变成了日期;请把该列设为“文本”格式,按原编号重新填入后再导入",
            "a spreadsheet made a day of the number; format the column as text and fill the number in again",
        ),
    )
}

fn sound(cell: &str) -> Result<(), RowFault> {
    if is_error(cell) {
        return Err(RowFault::new(
            "R034",
            Say::new(
                "单元格是公式错误或显示不全(如 #N/A、####);请修正公式或改为数值后再导入",
                "the cell holds the error of a formula or signs for a narrow column (#N/A, ####); mend it or write the value",
            ),
        ));
    }
    if cell.contains('\u{fffd}') || cell.contains("锟斤拷") {
        return Err(RowFault::new(
            "R032",
            Say::new(
                "文字在导出时已成乱码;请从系统重新导出这一行",
                "the text was already unreadable when it was exported; export this row again",
            ),
        ));
    }
    Ok(())
}

/// Reads text; `None` for an empty cell and one that says so (无, `NULL`).
pub(crate) fn text(cell: &str) -> Result<Option<String>, RowFault> {
    let cell = unmarked(cell);
    if says_nothing(cell) {
        return Ok(None);
    }
    sound(cell)?;
    if LONGEST_TEXT < cell.len() {
        return Err(RowFault::new(
            "R033",
            Say::new(
                "文字过长,可能缺了一个引号;请核对这一行",
                "the text is too long, a quotation mark may be missing; check this row",
            ),
        ));
    }
    if cell.is_ascii() || !cell.chars().any(is_invisible) {
        return Ok(Some(cell.to_owned()));
    }
    Ok(Some(cell.chars().filter(|c| !is_invisible(*c)).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::amounts::{Comma, amount};
    use super::*;

    #[test]
    fn a_number_is_read_without_the_marks_of_spreadsheets() {
        let cells = [
            ("QS01", Some("QS01")),
            (" QS01 ", Some("QS01")),
            ("QS-1.2E", Some("QS-1.2E")),
            ("=\"00123\"", Some("00123")),
            ("'00123", Some("00123")),
            ("'00123", Some("00123")),
            ("`00123", Some("00123")),
            ("00123\t", Some("00123")),
            ("QS\u{200b}-1", Some("QS-1")),
            ("QS-1", Some("QS-1")),
            ("1001.0", Some("1001")),
            ("1001.00", Some("1001")),
            ("1001.000", Some("1001")),
            ("6228 4804 0256", Some("622848040256")),
            ("QS 01", Some("QS 01")),
            ("QS\u{2013}01", Some("QS-01")),
            ("\u{202d}QS-1\u{202c}", Some("QS-1")),
            ("12E5", Some("12E5")),
            ("110101199003070002", Some("110101199003070002")),
            ("622848040000000000", Some("622848040000000000")),
            ("2026-05-0012", Some("2026-05-0012")),
            ("  ", None),
            ("NULL", None),
            ("无", None),
        ];
        for (cell, wanted) in cells {
            assert_eq!(number(cell), Ok(wanted.map(str::to_owned)), "{cell}");
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_damaged_is_refused() {
        let cells = [
            ("6.22E+17", "R030"),
            ("=A1", "R031"),
            ("=\"0012", "R031"),
            ("1,001", "R031"),
            ("1.23e+17", "R030"),
            ("6.2284804E18", "R030"),
            ("6E+18", "R030"),
            ("6E18", "R030"),
            ("330000199001010000", "R030"),
            ("110101199003070000", "R030"),
            ("#N/A", "R034"),
            ("#ref!", "R034"),
            ("########", "R034"),
            ("2026/1/5", "R038"),
            ("5-Jan-26", "R038"),
            ("Jan-26", "R038"),
            ("5-Jan", "R038"),
            ("1月5日", "R038"),
            ("QS\u{fffd}1", "R032"),
            ("QS\n1", "R031"),
        ];
        for (cell, code) in cells {
            match number(cell) {
                Ok(found) => panic!("{cell} was read as {found:?}"),
                Err(fault) => assert_eq!(fault.code, code, "{cell}"),
            }
        }
    }

    #[test]
    fn text_is_read_as_it_is_seen() {
        let cells = [
            ("示例甲", Some("示例甲")),
            ("示例\u{200b}甲\u{feff}", Some("示例甲")),
            ("=\"示例甲\"", Some("示例甲")),
            ("王𠮷", Some("王𠮷")),
            ("王\u{e000}", Some("王\u{e000}")),
            ("无", None),
            ("(null)", None),
            ("无锡路3号", Some("无锡路3号")),
        ];
        for (cell, wanted) in cells {
            assert_eq!(text(cell), Ok(wanted.map(str::to_owned)), "{cell}");
        }
    }

    #[test]
    fn text_that_was_damaged_before_is_refused() {
        for (cell, code) in
            [("谢\u{fffd}禾", "R032"), ("锟斤拷锟斤拷", "R032"), ("#N/A", "R034")]
        {
            assert_eq!(text(cell).unwrap_err().code, code, "{cell}");
        }
    }

    proptest! {
        /// What is read at one look is read as by the rules, to which a blank leads.
        #[test]
        fn a_plain_cell_says_the_same_with_a_blank_before_it(
            named in "[0-9A-Za-z]{0,20}",
            long in "[0-9]{15,20}|[0-9]{15}000",
            sum in "[0-9]{0,15}(\\.[0-9]{0,3})?",
            day in "[0-2][0-9]{3}-[0-3][0-9]-[0-3][0-9]",
        ) {
            let blank = |it: &str| format!(" {it}");
            for cell in [&named, &long] {
                prop_assert_eq!(number(cell), number(&blank(cell)));
                prop_assert_eq!(number_as_written(cell), number_as_written(&blank(cell)));
            }
            let comma = Comma::PartsThousands;
            prop_assert_eq!(amount(&sum, comma), amount(&blank(&sum), comma));
            prop_assert_eq!(date(&day), date(&blank(&day)));
        }

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
    }
}
