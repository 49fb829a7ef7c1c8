//! Reads a sheet of an Excel workbook (电子表格), row by row.

use std::fs::File;
use std::io::BufReader;

use calamine::{
    DataRef, Dimensions, ExcelDateTime, Reader, Sheet, SheetType, SheetVisible, Xlsx,
    XlsxError,
};
use csv::StringRecord;
use domain::say::Say;
use foldhash::HashSet;

use super::Options;
use super::fault::FileFault;
use super::formats::Shown;
use super::headers::ColumnsWanted;
use super::layout::{Layout, PREAMBLE};
use super::package::{self, broken, locked};
use super::sheets::{self, Merges, Offer};
use super::source::{LONGEST_LINE, Source, line_too_long};
use super::table::{Halt, Mark, Row, Stored, Taker};
use super::units::Unit;

/// Cells to the right of these belong to no list.
const LAST_COLUMN: usize = 1_100;

type Book = Xlsx<BufReader<File>>;

/// Reads the list of a workbook; gives what a person should know besides.
pub(crate) fn read(
    source: &Source,
    wanted: &ColumnsWanted<'_>,
    options: &Options,
    taker: &mut dyn Taker,
) -> Result<Vec<Say>, Halt> {
    package::look_over(source.rewound()?)?;
    let file = BufReader::with_capacity(64 << 10, source.rewound()?);
    let mut book: Book = Xlsx::new(file).map_err(|error| fault(&error))?;
    let sheets = book.sheets_metadata().to_vec();
    let sheets = sheets.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let offers =
        sheets.map(|sheet| offer(&mut book, &sheet)).collect::<Result<Vec<_>, _>>()?;
    let choice = sheets::choose(&offers, wanted, options.sheet.as_deref())?;
    let merges =
        book.merge_cells_by_sheet_name(&choice.name).map_err(|error| fault(&error))?;
    let manner = sheets::manner(book.has_1904_epoch());
    let mut layout = Layout::new(wanted, manner, taker);
    layout.sheet = choice.named.then(|| choice.name.clone());
    layout.named = Unit::of_name(&choice.name);
    let unsaved = unsaved_formulas(&mut book, &choice.name);
    each_row(&mut book, &choice.name, merges, &unsaved, &mut |row| layout.row(row))?;
    let ended = layout.end()?;
    Ok([choice.notices, ended.notices].concat())
}

/// What is seen of a sheet before it is chosen.
fn offer(book: &mut Book, sheet: &Sheet) -> Result<Offer, FileFault> {
    let mut rows = Vec::new();
    let none = HashSet::default();
    let first_rows = each_row(book, &sheet.name, Vec::new(), &none, &mut |row| {
        if !row.is_blank() {
            rows.push(row);
        }
        if rows.len() < PREAMBLE { Ok(()) } else { Err(Halt::Enough) }
    });
    if let Err(Halt::Fault(fault)) = first_rows {
        return Err(fault);
    }
    let hidden = sheet.visible != SheetVisible::Visible;
    Ok(Offer { name: sheet.name.clone(), hidden, rows })
}

/// Hands on the rows of a sheet, the blank ones between them left out.
fn each_row(
    book: &mut Book,
    name: &str,
    merges: Vec<Dimensions>,
    unsaved: &HashSet<(u32, u32)>,
    take: &mut dyn FnMut(Row) -> Result<(), Halt>,
) -> Result<(), Halt> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A sheet of charts alone.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(()),
        Err(error) => return Err(fault(&error).into()),
    };
    let formats: Vec<Shown> = cells.styles().iter().map(shown_by).collect();
    let mut merges = Merges::new(merges);
    let mut row = Growing::default();
    loop {
        let next = cells.next_cell_with_style_id().map_err(|error| fault(&error))?;
        let Some((cell, style)) = next else { break };
        let (at, column) = cell.get_position();
        if row.at != Some(at) {
            if row.at.is_some_and(|it| at < it) {
                return Err(broken().into());
            }
            if let Some(done) = row.take(&mut merges) {
                take(done)?;
            }
            row.at = Some(at);
        }
        if unsaved.contains(&(at, column)) {
            row.leave(column);
            continue;
        }
        let shown = formats.get(style).unwrap_or(&Shown::AsHeld);
        row.put(column, cell.get_value(), shown)?;
    }
    match row.take(&mut merges) {
        Some(done) => take(done),
        None => Ok(()),
    }
}

/// How the format of a cell shows its number.
fn shown_by(style: &calamine::Style) -> Shown {
    let format = style.number_format.as_ref();
    format.map_or(Shown::AsHeld, |it| Shown::of(&it.format_code, it.format_id))
}

/// More formulas without values than this are no reason to remember more of them.
const MOST_UNSAVED: usize = 1_000_000;

/// The cells whose formula stands there and whose value does not, as programs write
/// them that work nothing out: a spreadsheet shows a value all the same.
fn unsaved_formulas(book: &mut Book, name: &str) -> HashSet<(u32, u32)> {
    let mut unsaved = HashSet::default();
    // What is damaged is told by whoever reads the values.
    let Ok(mut cells) = book.worksheet_cells_reader(name) else { return unsaved };
    while unsaved.len() < MOST_UNSAVED {
        let Ok(Some(cell)) = cells.next_cell_with_formula_metadata() else { break };
        if cell.formula.is_some() && matches!(cell.value, DataRef::Empty) {
            unsaved.insert(cell.pos);
        }
    }
    unsaved
}

/// A row whose cells come one by one.
#[derive(Default)]
struct Growing {
    at: Option<u32>,
    cells: Vec<(String, Mark)>,
    bytes: usize,
}

impl Growing {
    fn put(
        &mut self,
        column: u32,
        value: &DataRef<'_>,
        shown: &Shown,
    ) -> Result<(), FileFault> {
        let column = usize::try_from(column).unwrap_or(LAST_COLUMN);
        if LAST_COLUMN <= column {
            return Ok(());
        }
        let (text, stored) = written(value, shown);
        if text.is_empty() {
            return Ok(());
        }
        self.bytes += text.len();
        if LONGEST_LINE < self.bytes {
            return Err(line_too_long(self.at.map_or(1, |it| u64::from(it) + 1)));
        }
        if self.cells.len() <= column {
            self.cells.resize_with(column + 1, Default::default);
        }
        let scaled = stored == Stored::Number && *shown == Shown::Scaled;
        self.cells[column] = (text, Mark { stored, scaled, ..Mark::default() });
        Ok(())
    }

    /// Leaves a cell blank that shows something to whoever opens the file.
    fn leave(&mut self, column: u32) {
        let column = usize::try_from(column).unwrap_or(LAST_COLUMN);
        if LAST_COLUMN <= column {
            return;
        }
        if self.cells.len() <= column {
            self.cells.resize_with(column + 1, Default::default);
        }
        let mark = Mark { stored: Stored::Unsaved, ..Mark::default() };
        self.cells[column] = (String::new(), mark);
    }

    /// The row as far as it has come, which begins anew.
    fn take(&mut self, merges: &mut Merges) -> Option<Row> {
        let at = self.at?;
        self.bytes = 0;
        let mut cells = std::mem::take(&mut self.cells);
        merges.fill(at, &mut cells);
        let marks = cells.iter().map(|cell| cell.1).collect();
        let record: StringRecord = cells.iter().map(|cell| cell.0.as_str()).collect();
        Some(Row { marks, ..Row::of(u64::from(at) + 1, record) })
    }
}

/// A cell as a person would write it into a CSV file.
pub(crate) fn written(cell: &DataRef<'_>, shown: &Shown) -> (String, Stored) {
    match cell {
        DataRef::Empty => (String::new(), Stored::Text),
        DataRef::Int(number) => (shown.text(number.to_string()), Stored::Number),
        DataRef::Float(number) => (shown.text(value(*number)), Stored::Number),
        DataRef::Bool(answer) => (i32::from(*answer).to_string(), Stored::Text),
        DataRef::DateTime(instant) => day(instant),
        DataRef::String(text) | DataRef::DurationIso(text) => {
            (text.clone(), Stored::Text)
        }
        DataRef::SharedString(text) => ((*text).to_owned(), Stored::Text),
        DataRef::DateTimeIso(text) => (text.clone(), Stored::Day),
        DataRef::Error(error) => (error.to_string(), Stored::Text),
    }
}

/// A spreadsheet counts in binary fractions, of which fifteen digits are what
/// it shows and what was typed. What was rounded looks rounded.
pub(crate) fn value(number: f64) -> String {
    let scientific = format!("{number:.14e}");
    let Some((digits, power)) = scientific.split_once('e') else {
        return number.to_string();
    };
    let power: i32 = power.parse().unwrap_or(0);
    // Sixteen digits and more were rounded when they were typed.
    if 14 < power {
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        return format!("{digits}E+{power}");
    }
    if power < -14 {
        return "0".to_owned();
    }
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |it| ("-", it));
    let digits = digits.replace('.', "");
    let text = if power < 0 {
        let zeros = usize::try_from(-power - 1).unwrap_or(0);
        format!("0.{}{digits}", "0".repeat(zeros))
    } else {
        let (whole, cents) = digits.split_at(usize::try_from(power).unwrap_or(0) + 1);
        format!("{whole}.{cents}")
    };
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{text}")
}

/// The day of a cell that is formatted as one; a span of time is a number.
pub(crate) fn day(instant: &ExcelDateTime) -> (String, Stored) {
    if instant.is_duration() || !(1.0..2_958_466.0).contains(&instant.as_f64()) {
        return (value(instant.as_f64()), Stored::Number);
    }
    let (year, month, day, ..) = instant.to_ymd_hms_milli();
    (format!("{year:04}-{month:02}-{day:02}"), Stored::Day)
}

fn fault(error: &XlsxError) -> FileFault {
    match error {
        XlsxError::Password => locked(),
        _ => broken(),
    }
}
