//! Cells for a spreadsheet (表格单元): text that a spreadsheet shows and never runs.

use std::borrow::Cow;

use import::is_formula;

/// The mark by which spreadsheets know UTF-8; without it Chinese is garbled.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A text as a cell. One that a spreadsheet would take for a formula stands behind an
/// apostrophe. Numbers of loans stay as they are: programs read these lists as well.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let is_formula = is_formula(text);
    if !is_formula && !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let clean = text.chars().map(|letter| if is_control(letter) { ' ' } else { letter });
    let mark = is_formula.then_some('\'');
    Cow::Owned(mark.into_iter().chain(clean).collect())
}

/// Text for a terminal, on which a control character is a command, and a mark that
/// nobody sees turns what stands behind it round.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_clean = |letter| letter == '\t' || !(is_control(letter) || is_unseen(letter));
    if text.chars().all(is_clean) {
        return Cow::Borrowed(text);
    }
    let replaced = |letter: char| match letter {
        '\t' => letter,
        _ if is_control(letter) || is_unseen(letter) => '\u{fffd}',
        _ => letter,
    };
    // Lines of a file that was written on Windows end as all others do.
    text.replace("\r\n", "\n").chars().map(replaced).collect()
}

/// What people wrote, on one line: a line break in it would begin a line that looks like
/// one of the program's.
pub(crate) fn one_line(text: &str) -> String {
    text.replace("\r\n", " ⏎ ").replace(['\n', '\r', '\u{2028}', '\u{2029}'], " ⏎ ")
}

/// Marks of direction, and blanks of no width.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{61c}'
            | '\u{feff}'
    )
}

fn is_control(letter: char) -> bool {
    letter.is_control() && letter != '\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_command_and_no_mark_that_turns_text_round() {
        let table = [
            ("a\u{1b}]0;x\u{7}b", "a\u{fffd}]0;x\u{fffd}b"),
            ("a\u{9b}2Jb", "a\u{fffd}2Jb"),
            ("a\u{202e}b\u{200b}", "a\u{fffd}b\u{fffd}"),
            ("一\n二\t三\r\n四\r五", "一\n二\t三\n四\u{fffd}五"),
        ];
        for (text, shown) in table {
            assert_eq!(printable(text), shown);
        }
        assert_eq!(one_line("x\n2026-11-29  主任\r\ny"), "x ⏎ 2026-11-29  主任 ⏎ y");
    }

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
            ("620423000000010003", "620423000000010003"),
            ("00123", "00123"),
            ("1-30", "1-30"),
            ("石桥村", "石桥村"),
            ("a\u{1b}[31mb", "a [31mb"),
            ("", ""),
        ];
        for (text, wanted) in table {
            assert_eq!(cell(text), wanted, "{text:?}");
        }
    }
}
