//! A list as rows of cells (表格), whatever file it came from.

use csv::StringRecord;

use super::cells::{self, Comma};
use super::fault::{FileFault, Message, RowFault};
use super::source::Content;
use super::{encoding, xlsx};

/// A list that was read, but not yet understood.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// The names of the columns as the file writes them.
    pub headers: Vec<String>,
    /// The rows below them, without blank ones.
    pub rows: Vec<Row>,
    /// How commas in amounts are to be taken.
    pub comma: Comma,
    /// What a person should know although nothing was refused.
    pub notices: Vec<Message>,
}

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The line of the file, or the row of the sheet, counted from 1.
    pub line: u64,
    /// The cells; as many as there are headers unless `fault` says otherwise.
    pub cells: StringRecord,
    /// Why the row cannot be used, if that is known already.
    pub fault: Option<RowFault>,
}

/// Reads the cells of a file that was opened.
pub(crate) fn read(content: Content) -> Result<Table, FileFault> {
    let table = match content {
        Content::Text(bytes) => from_text(&encoding::decode(&bytes)?)?,
        Content::Workbook(bytes) => xlsx::read(bytes)?,
    };
    if table.rows.is_empty() && table.headers.iter().all(|it| it.trim().is_empty()) {
        return Err(empty_file());
    }
    Ok(table)
}

/// Makes a table of the rows: the first with more than one filled cell holds
/// the headers. A title above them (`逾期贷款清单`) is common in exports.
pub(crate) fn with_headers(mut rows: Vec<Row>, comma: Comma) -> Result<Table, FileFault> {
    rows.retain(|it| it.cells.iter().any(|cell| !cell.trim().is_empty()));
    let filled =
        |it: &Row| it.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let widest = rows.iter().take(20).map(filled).max().ok_or_else(empty_file)?;
    let header = rows.iter().position(|it| widest.min(2) <= filled(it)).unwrap_or(0);
    let mut rows = rows.split_off(header);
    let mut headers: Vec<String> = rows
        .remove(0)
        .cells
        .iter()
        .map(|it| {
            it.trim_matches(|it: char| it.is_whitespace() || it == '\u{feff}').to_owned()
        })
        .collect();
    // Spreadsheets export columns that are empty from top to bottom.
    while headers.last().is_some_and(String::is_empty) {
        let last = headers.len() - 1;
        let used =
            |it: &Row| it.cells.get(last).is_some_and(|cell| !cell.trim().is_empty());
        if rows.iter().any(used) {
            break;
        }
        headers.pop();
    }
    let notices = Vec::new();
    Ok(Table { headers, rows, comma, notices })
}

pub(crate) fn from_text(text: &str) -> Result<Table, FileFault> {
    if text.trim().is_empty() {
        return Err(empty_file());
    }
    let delimiter = delimiter_of(text);
    if let Some(line) = unclosed_quote(text, delimiter) {
        return Err(cut(line, "a quotation mark is never closed", "引号没有闭合"));
    }
    let comma = if delimiter == b';' { Comma::Unclear } else { Comma::PartsThousands };
    let mut table = with_headers(records(text, delimiter)?, comma)?;
    let whole = text.ends_with(['\n', '\r']);
    let width = table.headers.len();
    for row in &mut table.rows {
        trim_blank_end(&mut row.cells, width);
        if row.cells.len() != width {
            row.fault = Some(wrong_width(row.cells.len(), width));
        }
    }
    if let Some(last) = table.rows.last().filter(|_| !whole) {
        if last.cells.len() < width {
            return Err(cut(last.line, "the last line is incomplete", "最后一行不完整"));
        }
        table.notices.push(no_line_end());
    }
    Ok(table)
}

fn records(text: &str, delimiter: u8) -> Result<Vec<Row>, FileFault> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut cells = StringRecord::new();
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    loop {
        match reader.read_record(&mut cells) {
            Ok(true) => {}
            Ok(false) => return Ok(rows),
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                return Err(cut(line, "the line cannot be read", "此行无法读取"));
            }
        }
        let start = cells.position().map_or(0, csv::Position::byte);
        let line = lines.of_row(start);
        rows.push(Row { line, cells: cells.clone(), fault: None });
    }
}

/// Counts lines as an editor does. The reader's own count starts a row at the
/// end of the line before it.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first letter of the row that was read from `start`.
    fn of_row(&mut self, start: u64) -> u64 {
        let start = usize::try_from(start).unwrap_or(self.text.len());
        while let Some(letter) = self.text.get(self.at) {
            let ends_line = match letter {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            if start <= self.at && !matches!(letter, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(ends_line);
            self.at += 1;
        }
        self.line
    }
}

/// More cells than headers do no harm while they are blank.
fn trim_blank_end(cells: &mut StringRecord, width: usize) {
    if width < cells.len() && cells.iter().skip(width).all(|it| it.trim().is_empty()) {
        cells.truncate(width);
    }
}

/// The sign that parts the columns: the one that the first line with any holds
/// most often, outside quotation marks.
fn delimiter_of(text: &str) -> u8 {
    for line in text.lines().take(20) {
        let mut counts = [(b',', 0), (b'\t', 0), (b';', 0)];
        let mut quoted = false;
        for letter in line.bytes() {
            quoted ^= letter == b'"';
            for (sign, count) in &mut counts {
                *count += usize::from(letter == *sign && !quoted);
            }
        }
        let best = counts.into_iter().rev().max_by_key(|it| it.1);
        if let Some((sign, _)) = best.filter(|it| 0 < it.1) {
            return sign;
        }
    }
    b','
}

/// The line on which a quotation mark opens that no other closes.
///
/// The reader of rows takes such a cell to reach to the end of the file, and
/// would hide everything after it.
fn unclosed_quote(text: &str, delimiter: u8) -> Option<u64> {
    #[derive(PartialEq)]
    enum At {
        StartOfCell,
        Plain,
        Quoted,
        // A mark inside a quoted cell: its end, or the first half of `""`.
        Mark,
    }
    let (mut at, mut line, mut opened_on) = (At::StartOfCell, 1, 1);
    for letter in text.bytes() {
        at = match (at, letter) {
            (At::StartOfCell, b'"') => {
                opened_on = line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::Mark,
            (At::Mark, b'"') | (At::Quoted, _) => At::Quoted,
            (_, b'\n' | b'\r') => At::StartOfCell,
            (_, sign) if sign == delimiter => At::StartOfCell,
            _ => At::Plain,
        };
        line += u64::from(letter == b'\n');
    }
    (at == At::Quoted).then_some(opened_on)
}

fn wrong_width(found: usize, wanted: usize) -> RowFault {
    RowFault::new(
        "R001",
        Message::new(
            format!("有 {found} 列,表头有 {wanted} 列;请检查多出或缺少的分隔符、引号"),
            format!(
                "the row has {found} columns and the header {wanted}; look for a missing or extra separator or quotation mark"
            ),
        ),
    )
}

pub(crate) fn empty_file() -> FileFault {
    FileFault::new(
        "I020",
        Message::new(
            "文件是空的,未导入任何内容;第一行应为列名,请重新导出",
            "the file is empty, nothing was imported; its first line should name the columns, export it again",
        ),
    )
}

fn cut(line: u64, en: &str, zh: &str) -> FileFault {
    let message = Message::new(
        format!(
            "{zh},文件似乎被截断,未导入任何内容;请重新导出完整的文件,或修正此行后再导入"
        ),
        format!(
            "{en}, the file seems to be cut short, nothing was imported; export the whole file again, or mend this line"
        ),
    );
    FileFault::new("I021", message).at(line)
}

fn no_line_end() -> Message {
    Message::new(
        "最后一行没有换行符;如果文件是复制来的,请核对它是否完整",
        "the last line has no line end; if the file was copied, check that it is whole",
    )
}

impl Row {
    /// One cell, trimmed and with plain letters; blank when there is none.
    pub(crate) fn plain(&self, index: usize) -> std::borrow::Cow<'_, str> {
        cells::plain(self.cells.get(index).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(table: &Table) -> Vec<Vec<&str>> {
        table.rows.iter().map(|it| it.cells.iter().collect()).collect()
    }

    #[test]
    fn columns_parted_by_comma_semicolon_or_tab_are_the_same_list() {
        for sign in [",", ";", "\t"] {
            let text = ["a,b", "1,2", "\"x,y\",3"].join("\n").replace(',', sign) + "\n";
            let table = from_text(&text).unwrap();
            assert_eq!(table.headers, ["a", "b"], "{sign:?}");
            let quoted = format!("x{sign}y");
            assert_eq!(cells(&table), [["1", "2"], [quoted.as_str(), "3"]], "{sign:?}");
        }
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let table = from_text("a,b\r\n\r\n1,2\r\n\"two\r\nlines\",3\r\n4,5\r\n").unwrap();
        let lines: Vec<_> = table.rows.iter().map(|it| it.line).collect();
        assert_eq!(lines, [3, 4, 6]);
    }

    #[test]
    fn a_title_above_the_header_and_blank_lines_are_passed_over() {
        let text = "青石联社逾期清单,,\n,,\n贷款编号,本金,\n1,2,\n,,\n3,4,\n";
        let table = from_text(text).unwrap();
        assert_eq!(table.headers, ["贷款编号", "本金"]);
        assert_eq!(cells(&table), [["1", "2"], ["3", "4"]]);
        assert!(table.rows.iter().all(|it| it.fault.is_none()));
    }

    #[test]
    fn a_row_of_another_width_is_at_fault_and_the_others_are_not() {
        let table = from_text("a,b\n1\n1,2\n1,2,3\n1,2,,\n").unwrap();
        let faults: Vec<_> =
            table.rows.iter().map(|it| it.fault.as_ref().map(|it| it.code)).collect();
        assert_eq!(faults, [Some("R001"), None, Some("R001"), None]);
    }

    #[test]
    fn a_file_cut_in_the_middle_is_refused_with_its_line() {
        let cut = [
            ("a,b,c\n1,2,3\n4,5", 3),
            ("a,b,c\n1,2,3\n4,\"5", 3),
            ("a,b,c\n1,\"2,3\n4,5,6\n", 2),
            ("a,b,c\n1,\"2\"\"", 2),
        ];
        for (text, line) in cut {
            match from_text(text) {
                Ok(table) => panic!("{text:?} was read as {table:?}"),
                Err(fault) => {
                    assert_eq!(
                        (fault.code, fault.line),
                        ("I021", Some(line)),
                        "{text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn marks_inside_a_cell_are_letters_and_not_quotes() {
        for text in ["a,b\n1\"2,3\n", "a,b\n\"1\"\"2\",3\n", "a,b\n\"\",\"\"\"x\"\"\"\n"]
        {
            assert!(from_text(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_last_line_without_end_is_kept_with_a_word_about_it() {
        let table = from_text("a,b\n1,2").unwrap();
        assert_eq!(table.rows.len(), 1);
        assert_eq!(table.notices.len(), 1);
    }

    #[test]
    fn an_empty_file_is_refused_and_a_header_alone_is_an_empty_book() {
        for text in ["", "\n\n", "  \r\n"] {
            assert_eq!(from_text(text).unwrap_err().code, "I020", "{text:?}");
        }
        assert_eq!(from_text("case_id,principal\n").unwrap().rows.len(), 0);
    }
}
