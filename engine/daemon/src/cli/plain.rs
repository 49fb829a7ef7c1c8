//! Cells for a spreadsheet (表格单元): text that a spreadsheet shows and never runs.

use std::borrow::Cow;

/// The mark by which spreadsheets know UTF-8; without it Chinese is garbled.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A text as a cell. One that a spreadsheet would take for a formula stands
/// behind an apostrophe; a number, also a negative one, is none.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let first = text.trim_start().chars().next();
    let starts_one = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
    ) || text.starts_with(['\t', '\r', '\n']);
    let is_formula = starts_one && !is_number(text);
    if !is_formula && !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let clean = text.chars().map(|it| if is_control(it) { ' ' } else { it });
    let mark = is_formula.then_some('\'');
    Cow::Owned(mark.into_iter().chain(clean).collect())
}

/// Text for a terminal, on which a control character is a command.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if is_control(letter) { '\u{fffd}' } else { letter })
        .collect()
}

fn is_control(letter: char) -> bool {
    letter.is_control() && letter != '\n'
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = digits.splitn(2, '.');
    let whole =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(whole) && parts.next().is_none_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        let table = [
            ("=1+1", "'=1+1"),
            ("+86139", "+86139"),
            ("+HYPERLINK(\"x\")", "'+HYPERLINK(\"x\")"),
            ("-12.50", "-12.50"),
            ("-1-1", "'-1-1"),
            ("@sum", "'@sum"),
            (" =1", "' =1"),
            ("\t=1", "' =1"),
            ("=1", "'=1"),
            ("石桥村", "石桥村"),
            ("a\u{1b}[31mb", "a [31mb"),
            ("", ""),
        ];
        for (text, wanted) in table {
            assert_eq!(cell(text), wanted, "{text:?}");
        }
    }
}
