//! Parts a text into rows and cells (分行分列), as CSV files are written.
//!
//! A lone quotation mark hides the rows up to the next one from a reader that
//! follows the rules. Here it costs its own row: the lines below it that are
//! whole rows by themselves stay rows.

use std::collections::VecDeque;
use std::io::{BufRead, Read};

use csv::StringRecord;
use domain::say::Say;

use super::fault::{FileFault, RowFault};
use super::source::{LONGEST_LINE, line_too_long, unread};
use super::table::Row;

/// A cell goes on over so many lines at most, and so many bytes.
const LINES_OF_A_CELL: usize = 100;
const BYTES_OF_A_CELL: usize = 64 << 10;

/// One line of a text.
struct Line {
    number: u64,
    text: String,
    /// Whether it has a line end: the last one of a cut file has none.
    ended: bool,
}

/// The rows of a text, one after the other.
pub(crate) struct Records<R> {
    reader: R,
    newline: u8,
    separator: u8,
    /// Lines that were looked at and not yet taken.
    ahead: VecDeque<Line>,
    number: u64,
    /// How many cells the last row had.
    width: usize,
    ended: bool,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(reader: R, newline: u8, separator: u8) -> Self {
        let ahead = VecDeque::new();
        Self { reader, newline, separator, ahead, number: 0, width: 0, ended: true }
    }

    /// Whether the last line that was read had a line end.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// The next row; `None` after the last. Blank lines are passed over.
    ///
    /// # Errors
    ///
    /// [`FileFault`] when the text breaks off within a cell or cannot be read.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, FileFault> {
        loop {
            let Some(line) = self.line()? else { return Ok(None) };
            if is_blank(&line.text) || is_separator_line(&line) {
                // Old programs end a file with a mark instead of a line end.
                self.ended |= line.text.ends_with('\u{1a}');
                continue;
            }
            let row = if line.text.contains('"') {
                self.quoted(&line)?
            } else {
                Row::of(line.number, self.plain(&line.text))
            };
            if row.fault.is_none() && 1 < row.cells.len() {
                self.width = row.cells.len();
            }
            return Ok(Some(row));
        }
    }

    fn line(&mut self) -> Result<Option<Line>, FileFault> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.read_line(),
        }
    }

    fn read_line(&mut self) -> Result<Option<Line>, FileFault> {
        let mut bytes = Vec::new();
        let mut bounded = self.reader.by_ref().take(LONGEST_LINE as u64 + 1);
        bounded.read_until(self.newline, &mut bytes).map_err(|error| unread(&error))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if LONGEST_LINE < bytes.len() {
            return Err(line_too_long(self.number));
        }
        let ended = bytes.ends_with(&[self.newline]);
        self.ended = ended;
        let mut text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        if self.number == 1 && text.starts_with('\u{feff}') {
            text.remove(0);
        }
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(Some(Line { number: self.number, text, ended }))
    }

    fn plain(&self, text: &str) -> StringRecord {
        // A row is about as wide as the one before it: its cells get their room at once.
        let mut cells = StringRecord::with_capacity(text.len(), self.width);
        text.split(char::from(self.separator)).for_each(|part| cells.push_field(part));
        cells
    }

    /// A row with quotation marks, which may go on over several lines.
    fn quoted(&mut self, first: &Line) -> Result<Row, FileFault> {
        let mut text = first.text.clone();
        let mut last_ended = first.ended;
        for nth in 0.. {
            match cells_of(&text, self.separator) {
                Parted::Whole(cells) if nth == 0 || self.is_one_row(&cells) => {
                    self.ahead.drain(..nth);
                    return Ok(Row::of(first.number, cells));
                }
                Parted::Whole(_) | Parted::Broken => break,
                Parted::Open => {}
            }
            if LINES_OF_A_CELL < nth || BYTES_OF_A_CELL < text.len() {
                break;
            }
            if self.ahead.len() <= nth {
                match self.read_line()? {
                    Some(line) => self.ahead.push_back(line),
                    None if last_ended => break,
                    None => return Err(cut(first.number)),
                }
            }
            let next = &self.ahead[nth];
            if self.is_row_by_itself(&next.text) {
                break;
            }
            text.push('\n');
            text.push_str(&next.text);
            last_ended = next.ended;
        }
        let fault = Some(lone_quote());
        Ok(Row { fault, ..Row::of(first.number, self.plain(&first.text)) })
    }

    /// Whether a row over several lines is as wide as the row before it.
    fn is_one_row(&self, cells: &StringRecord) -> bool {
        self.width == 0 || cells.len() == self.width
    }

    /// Whether a line is a whole row as wide as the one before it.
    fn is_row_by_itself(&self, line: &str) -> bool {
        // The end of a cell that began above brings its closing mark.
        let closes = line.matches('"').count() % 2 == 1;
        match cells_of(line, self.separator) {
            Parted::Whole(cells) => {
                !closes && 1 < cells.len() && cells.len() == self.width
            }
            Parted::Open | Parted::Broken => false,
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{1a}' | '\0'))
}

/// `sep=;` tells Excel how the columns are parted.
fn is_separator_line(line: &Line) -> bool {
    line.number == 1 && separator_named(&line.text).is_some()
}

/// The separator that a first line `sep=;` names.
pub(crate) fn separator_named(line: &str) -> Option<u8> {
    let line = line.trim_matches(['"', '\r', '\n', '\u{feff}']);
    let rest = line.get(..4).filter(|it| it.eq_ignore_ascii_case("sep="))?;
    let sign = line[rest.len()..].bytes().next()?;
    (line.len() == 5 && sign.is_ascii()).then_some(sign)
}

enum Parted {
    Whole(StringRecord),
    /// A quotation mark was opened and not closed.
    Open,
    /// Something stands between a closing mark and the next separator.
    Broken,
}

/// The cells of a text by the rules of RFC 4180. A mark within a cell that does
/// not begin with one is a letter like any other.
fn cells_of(text: &str, separator: u8) -> Parted {
    let separator = char::from(separator);
    let mut cells = StringRecord::new();
    let mut rest = text;
    let mut cell = String::new();
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let (plain, after) = match rest.split_once(separator) {
                Some((plain, after)) => (plain, Some(after)),
                None => (rest, None),
            };
            cells.push_field(plain);
            match after {
                Some(after) => rest = after,
                None => return Parted::Whole(cells),
            }
            continue;
        };
        cell.clear();
        rest = quoted;
        loop {
            let Some((inner, after)) = rest.split_once('"') else {
                return Parted::Open;
            };
            cell.push_str(inner);
            rest = after;
            match rest.strip_prefix('"') {
                Some(after) => {
                    cell.push('"');
                    rest = after;
                }
                None => break,
            }
        }
        cells.push_field(&cell);
        if rest.is_empty() {
            return Parted::Whole(cells);
        }
        match rest.strip_prefix(separator) {
            Some(after) => rest = after,
            None => return Parted::Broken,
        }
    }
}

/// The fault of a text that ends within a row.
pub(crate) fn cut_row(line: u64) -> FileFault {
    cut_fault("最后一行不完整", "the last line is incomplete").at(line)
}

fn cut(line: u64) -> FileFault {
    cut_fault("引号没有闭合", "a quotation mark is never closed").at(line)
}

fn cut_fault(zh: &str, en: &str) -> FileFault {
    let message = Say::new(
        format!(
            "{zh},文件似乎被截断,未导入任何内容;请重新导出完整的文件,或修正此行后再导入"
        ),
        format!(
            "{en}, the file seems to be cut short, nothing was imported; export the whole file again, or mend this line"
        ),
    );
    FileFault::new("I021", message)
}

fn lone_quote() -> RowFault {
    RowFault::new(
        "R036",
        Say::new(
            "这一行有单独的或位置不对的引号,无法分列;请去掉或成对补上引号",
            "a quotation mark of this row stands alone or in the wrong place, so its columns are not known; take it out or close it",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<Row>, FileFault> {
        let mut records = Records::new(text.as_bytes(), b'\n', b',');
        let mut rows = Vec::new();
        while let Some(row) = records.next()? {
            rows.push(row);
        }
        Ok(rows)
    }

    fn cells(rows: &[Row]) -> Vec<Vec<&str>> {
        rows.iter().map(|row| row.cells.iter().collect()).collect()
    }

    #[test]
    fn quoted_cells_are_read_by_the_rules() {
        let texts: [(&str, &[&[&str]]); 6] = [
            ("a,b\n\"x,y\",3\n", &[&["a", "b"], &["x,y", "3"]]),
            ("a,b\n\"1\"\"2\",3\n", &[&["a", "b"], &["1\"2", "3"]]),
            ("a,b\n\"\",\"\"\"x\"\"\"\n", &[&["a", "b"], &["", "\"x\""]]),
            ("a,b\n1\"2,3\n", &[&["a", "b"], &["1\"2", "3"]]),
            ("a,b\n1,\n", &[&["a", "b"], &["1", ""]]),
            ("a,b\n\"two\nlines\",3\n", &[&["a", "b"], &["two\nlines", "3"]]),
        ];
        for (text, wanted) in texts {
            let rows = rows(text).unwrap();
            assert!(rows.iter().all(|row| row.fault.is_none()), "{text:?}");
            assert_eq!(cells(&rows), wanted, "{text:?}");
        }
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let rows = rows("a,b\r\n\r\n1,2\r\n\"two\r\nlines\",3\r\n4,5\r\n").unwrap();
        let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 3, 4, 6]);
    }

    #[test]
    fn a_lone_quotation_mark_costs_its_own_row() {
        let texts = [
            ("a,b,c\n1,\"2,3\n4,5,6\n", vec![2]),
            ("a,b,c\n1,\"2,3\n4,5,6\n7,\"8\",9\n", vec![2]),
            ("a,b,c\n1,\"2,3\n4,\"5\",6\n7,8,9\n", vec![2]),
            ("a,b,c\n1,\"2,\"3\",4\n4,5,6\n", vec![2]),
            ("a,b,c\n1,\"2\"x,3\n4,5,6\n", vec![2]),
            ("a,b,c\n4,5,6\n1,2,\"3\n", vec![3]),
            ("a,b,c\n1,\"2,3\n4,\"5,6\n7,8,9\n", vec![2, 3]),
        ];
        for (text, bad) in texts {
            let rows = rows(text).unwrap();
            let found: Vec<_> = rows
                .iter()
                .filter(|row| row.fault.is_some())
                .map(|row| row.line)
                .collect();
            assert_eq!(found, bad, "{text:?}");
            let lines = text.lines().count();
            assert_eq!(rows.len(), lines, "every line is a row: {text:?}");
        }
    }

    #[test]
    fn a_text_that_breaks_off_within_a_cell_is_cut() {
        for (text, line) in [("a,b,c\n1,2,3\n4,\"5", 3), ("a,b,c\n1,\"2\"\"", 2)] {
            let fault = rows(text).unwrap_err();
            assert_eq!((fault.code, fault.line), ("I021", Some(line)), "{text:?}");
        }
    }

    #[test]
    fn the_line_for_excel_is_no_row() {
        assert_eq!(separator_named("sep=;"), Some(b';'));
        assert_eq!(separator_named("\"sep=,\""), Some(b','));
        assert_eq!(separator_named("SEP=\t"), Some(b'\t'));
        assert_eq!(separator_named("sep=abc"), None);
        assert_eq!(cells(&rows("sep=,\na,b\n").unwrap()), [["a", "b"]]);
    }
}
