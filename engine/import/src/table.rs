//! A list as rows of cells (表格), whatever file it came from.

use std::io::{BufRead, Read};

use csv::StringRecord;
use domain::say::Say;

use super::amounts::Comma;
use super::cells;
use super::days::Epoch;
use super::fault::{FileFault, RowFault};
use super::headers::ColumnsWanted;
use super::layout::{Begin, Layout};
use super::records::{self, Records};
use super::source::{Kind, Source};
use super::stated::Stated;
use super::{Options, encoding, xls, xlsx};

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The line of the file, or the row of the sheet, counted from 1.
    pub line: u64,
    /// The cells; as many as there are headers unless `fault` says otherwise.
    pub cells: StringRecord,
    /// Why the row cannot be used, if that is known already.
    pub fault: Option<RowFault>,
    /// What a workbook says of each cell; none for text.
    pub marks: Vec<Mark>,
}

/// What a workbook says of a cell besides its content.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mark {
    /// As what it is stored.
    pub stored: Stored,
    /// It is merged with cells of other rows.
    pub spans_rows: bool,
    /// It repeats the merged cell to its left.
    pub repeats: bool,
    /// Its format shows another number than it holds.
    pub scaled: bool,
}

/// As what a workbook stores a cell.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Stored {
    #[default]
    Text,
    Number,
    Day,
    /// A formula whose value the file does not hold.
    Unsaved,
}

impl Row {
    pub(crate) fn of(line: u64, cells: StringRecord) -> Self {
        Self { line, cells, fault: None, marks: Vec::new() }
    }

    /// One cell, trimmed and with plain letters; blank when there is none.
    pub(crate) fn plain(&self, index: usize) -> std::borrow::Cow<'_, str> {
        cells::plain(self.cells.get(index).unwrap_or_default())
    }

    /// What a workbook says of a cell.
    pub(crate) fn mark(&self, index: usize) -> Mark {
        self.marks.get(index).copied().unwrap_or_default()
    }

    /// Whether nothing stands in it.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// Why reading ended before the end of the file.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The file cannot be used.
    Fault(FileFault),
    /// Nobody wants any more.
    Enough,
}

impl From<FileFault> for Halt {
    fn from(fault: FileFault) -> Self {
        Self::Fault(fault)
    }
}

/// How the rows of a list are to be taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub comma: Comma,
    /// From which day a workbook counts; text holds no such days.
    pub epoch: Option<Epoch>,
    /// Whether rows of another width are at fault: not in sheets, where cells
    /// beyond the header are somebody's scribbles.
    pub fixed_width: bool,
}

/// Who takes the rows of a list.
pub(crate) trait Taker {
    /// The header was found.
    fn begin(&mut self, begin: Begin) -> Result<(), Halt>;
    /// One row below the header, without those that are no rows of the list.
    fn row(&mut self, row: Row) -> Result<(), Halt>;
    /// What all lines beside the list say of its day, once its last row was seen.
    fn stated(&mut self, day: Option<Stated>);
}

/// Reads a list from its first row to its last.
///
/// Gives what a person should know although nothing was refused.
pub(crate) fn read(
    source: &Source,
    wanted: &ColumnsWanted<'_>,
    options: &Options,
    taker: &mut dyn Taker,
) -> Result<Vec<Say>, Halt> {
    let notices = match source.kind {
        Kind::Text | Kind::PackedText => from_file(source, wanted, options, taker)?,
        Kind::Workbook => xlsx::read(source, wanted, options, taker)?,
        Kind::OldWorkbook => xls::read(source, wanted, options, taker)?,
    };
    source.is_unchanged()?;
    Ok(notices)
}

fn from_file(
    source: &Source,
    wanted: &ColumnsWanted<'_>,
    options: &Options,
    taker: &mut dyn Taker,
) -> Result<Vec<Say>, Halt> {
    if options.sheet.is_some() {
        return Err(no_sheets().into());
    }
    let writing = encoding::survey(source.text()?)?;
    let mut head = Vec::new();
    let sample = writing.decode(source.text()?).take(SAMPLE);
    std::io::BufReader::new(sample)
        .read_to_end(&mut head)
        .map_err(|error| super::source::unread(&error))?;
    let sample = String::from_utf8_lossy(&head);
    let separator = separator_of(&sample, char::from(writing.newline), wanted);
    let lines = writing.decode(source.text()?);
    let reading = Records::new(lines, writing.newline, separator);
    from_records(reading, separator, Some(writing.name()), wanted, taker)
}

/// So much of a text shows how its columns are parted.
const SAMPLE: u64 = 64 << 10;

fn from_records(
    mut records: Records<impl BufRead>,
    separator: u8,
    encoding: Option<&'static str>,
    wanted: &ColumnsWanted<'_>,
    taker: &mut dyn Taker,
) -> Result<Vec<Say>, Halt> {
    let comma = if separator == b';' { Comma::Unclear } else { Comma::PartsThousands };
    let manner = Manner { comma, epoch: None, fixed_width: true };
    let mut layout = Layout::new(wanted, manner, taker);
    layout.encoding = encoding;
    while let Some(row) = records.next()? {
        layout.row(row)?;
    }
    let mut ended = layout.end()?;
    if !records.ended() {
        if let Some(line) = ended.short_end {
            return Err(records::cut_row(line).into());
        }
        ended.notices.push(no_line_end());
    }
    Ok(ended.notices)
}

/// The sign that parts the columns: the one by which a line names most of the
/// columns that are looked for, else the one that the first lines hold most
/// often outside quotation marks.
fn separator_of(sample: &str, newline: char, wanted: &ColumnsWanted<'_>) -> u8 {
    const SIGNS: [u8; 4] = [b',', b'\t', b';', b'|'];
    let lines = || sample.split(newline).take(60);
    if let Some(named) = lines().next().and_then(records::separator_named) {
        return named;
    }
    let known = |sign: u8| {
        let score = |line: &str| {
            wanted.known_among(
                line.split(char::from(sign)).map(|part| part.trim_matches(['"', '\r'])),
            )
        };
        lines().map(score).max().unwrap_or(0)
    };
    let best = SIGNS.into_iter().rev().max_by_key(|sign| known(*sign));
    if let Some(sign) = best.filter(|it| 1 < known(*it)) {
        return sign;
    }
    for line in lines() {
        let mut counts = SIGNS.map(|sign| (sign, 0));
        let mut quoted = false;
        for letter in line.bytes() {
            quoted ^= letter == b'"';
            for (sign, count) in &mut counts {
                *count += usize::from(letter == *sign && !quoted);
            }
        }
        let best = counts.into_iter().rev().max_by_key(|count| count.1);
        if let Some((sign, _)) = best.filter(|it| 0 < it.1) {
            return sign;
        }
    }
    b','
}

pub(crate) fn empty_file() -> FileFault {
    FileFault::new(
        "I020",
        Say::new(
            "文件是空的,未导入任何内容;第一行应为列名,请重新导出",
            "the file is empty, nothing was imported; its first line should name the columns, export it again",
        ),
    )
}

fn no_sheets() -> FileFault {
    FileFault::new(
        "I037",
        Say::new(
            "这不是工作簿,没有工作表可选,未导入任何内容;请去掉 `--sheet`",
            "this is no workbook and has no sheets, nothing was imported; leave out `--sheet`",
        ),
    )
}

fn no_line_end() -> Say {
    Say::new(
        "最后一行没有换行符;如果文件是复制来的,请核对它是否完整",
        "the last line has no line end; if the file was copied, check that it is whole",
    )
}

/// Reads a list from a text, as it would stand in a file.
#[cfg(test)]
pub(crate) fn from_text(
    text: &str,
    wanted: &ColumnsWanted<'_>,
    taker: &mut dyn Taker,
) -> Result<Vec<Say>, Halt> {
    let newline = if text.contains('\n') || !text.contains('\r') { '\n' } else { '\r' };
    let separator = separator_of(text, newline, wanted);
    let newline = u8::try_from(newline).unwrap();
    let records = Records::new(text.as_bytes(), newline, separator);
    from_records(records, separator, None, wanted, taker)
}
