//! Text that a spreadsheet leaves alone (表格文本标记): behind an apostrophe it runs no
//! formula, drops no digit and makes no day of it; the import takes the mark off.

use std::borrow::Cow;

use super::{cells, days};

/// Spreadsheets show no more digits of a number than this before they write
/// `1.23E+11` for it, and save what they show.
const DIGITS_SHOWN: usize = 11;

/// Spreadsheets keep no more digits of a number than this.
const DIGITS_KEPT: usize = 15;

/// A cell as a spreadsheet leaves it alone. Amounts, counts and whole days stay what
/// they are.
pub(crate) fn marked(cell: &str) -> Cow<'_, str> {
    let changes = is_formula(cell)
        || loses_digits(cell)
        || is_power_of_ten(cell)
        || becomes_a_day(cell);
    if changes { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// What a spreadsheet would run; a number with its sign is none.
pub fn is_formula(cell: &str) -> bool {
    let first = cell.trim_start().chars().next();
    let starts_one = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    ) || cell.starts_with(['\t', '\r', '\n']);
    let number = |it: &str| {
        it.bytes().any(|byte| byte.is_ascii_digit())
            && it.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
    };
    starts_one && !cell.strip_prefix(['-', '+']).is_some_and(number)
}

/// `620423000000010003`, `00004501`: a number of a loan that would be rounded or lose
/// its zeros.
fn loses_digits(cell: &str) -> bool {
    let number = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let mut zeros = number.bytes();
    let padded = zeros.next() == Some(b'0') && zeros.next().is_some_and(is_digit);
    match number.split_once('.') {
        None => cells::all_digits(number) && (padded || DIGITS_SHOWN < number.len()),
        Some((whole, rest)) => {
            let digits = cells::all_digits(whole) && cells::all_digits(rest);
            digits && (padded || DIGITS_KEPT < whole.len() + rest.len())
        }
    }
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// `12E4` is 120000 to a spreadsheet.
fn is_power_of_ten(cell: &str) -> bool {
    let Some((head, power)) = cell.split_once(['E', 'e']) else { return false };
    let power = power.strip_prefix(['-', '+']).unwrap_or(power);
    let (whole, rest) = head.split_once('.').unwrap_or((head, "0"));
    [whole, rest, power].into_iter().all(cells::all_digits)
}

/// `12-08`, `3/4`, `1-30`, `5-Jan`, `1月5日`. A day with its year may become one.
fn becomes_a_day(cell: &str) -> bool {
    let short = |it: &str| it.len() <= 4 && cells::all_digits(it);
    let month = |it: &str| days::month_of(it).is_some();
    let parts: Vec<&str> = cell.splitn(4, ['-', '/']).collect();
    match parts.as_slice() {
        [one, other] => {
            short(one) && (short(other) || month(other)) || month(one) && short(other)
        }
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => {
            false
        }
        [one, middle, other] => {
            short(one) && (short(middle) || month(middle)) && short(other)
        }
        _ => {
            let parts = cell.strip_suffix('日').and_then(|head| head.split_once('月'));
            parts.is_some_and(|(month, day)| short(month) && short(day))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_runs_no_formula_drops_no_digit_and_makes_no_day_of_a_cell() {
        let cells = [
            "=HYPERLINK(1)",
            "@SUM(A1)",
            "+cmd|x",
            "-1+2",
            "-",
            "\tx",
            " =1",
            "\u{ff1d}1",
            "620423000000010003",
            "330000199001011234",
            "+8613900000001",
            "00004501",
            "00123",
            "007.50",
            "1234567890123456.78",
            "12-08",
            "3/4",
            "1-30",
            "181-360",
            "2026-11",
            "12-08-01",
            "5-Jan",
            "Jan-26",
            "1月5日",
            "12E4",
            "1e5",
            "6.2E+17",
        ];
        for cell in cells {
            assert_eq!(marked(cell), format!("'{cell}"));
            let read = cells::number(&marked(cell)).map(Option::unwrap_or_default);
            let own = cells::number(cell).map(Option::unwrap_or_default);
            assert_eq!(read, own, "{cell} is read as before");
        }
    }

    #[test]
    fn amounts_counts_days_and_words_stay_what_they_are() {
        let cells = [
            "",
            "0",
            "0.50",
            "-5.00",
            "-12.50",
            "5,000.00",
            "1234567890.12",
            "+86139",
            "13900000001",
            "0571-88001234",
            "2026-11-20",
            "2026/1/5",
            "2026-11-20 08:00:00",
            "QS-1",
            "QS-1-2",
            ">90",
            "1-30天",
            "5E",
            "E5",
            "示例甲",
        ];
        for cell in cells {
            assert_eq!(marked(cell), cell);
        }
    }
}
