//! Reads workbooks of before Excel 2007 (.xls 旧版工作簿), and tells them from what
//! else lies in such a container: above all workbooks with a password.

use std::fs::File;
use std::io::{BufReader, Read};

use calamine::{
    Data, DataRef, Range, Reader, Sheet, SheetType, SheetVisible, Xls, XlsError,
};
use cfb::CompoundFile;
use csv::StringRecord;
use domain::say::Say;

use super::Options;
use super::fault::FileFault;
use super::formats::Shown;
use super::headers::ColumnsWanted;
use super::layout::{Layout, PREAMBLE};
use super::package::{locked, too_large};
use super::sheets::{self, Merges, Offer};
use super::source::Source;
use super::table::{Halt, Mark, Row, Taker};
use super::units::Unit;
use super::xlsx::written;

/// Such workbooks are read whole.
const LARGEST_FILE: u64 = 64 << 20;

/// All sheets together, with the empty cells between the filled ones.
const MOST_CELLS: u64 = 2_000_000;

type Book = Xls<BufReader<File>>;

/// Reads the list of a workbook; gives what a person should know besides.
pub(crate) fn read(
    source: &Source,
    wanted: &ColumnsWanted<'_>,
    options: &Options,
    taker: &mut dyn Taker,
) -> Result<Vec<Say>, Halt> {
    look_over(source.rewound()?)?;
    let mut book: Book =
        Xls::new(BufReader::new(source.rewound()?)).map_err(|error| fault(&error))?;
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
    let range = book.worksheet_range(&choice.name).map_err(|error| fault(&error))?;
    drop(book);
    let mut merges = Merges::new(merges);
    rows(&range).try_for_each(|(at, cells)| layout.row(row(at, cells, &mut merges)))?;
    let ended = layout.end()?;
    Ok([choice.notices, ended.notices].concat())
}

fn offer(book: &mut Book, sheet: &Sheet) -> Result<Offer, FileFault> {
    let range = book.worksheet_range(&sheet.name).map_err(|error| fault(&error))?;
    let rows = rows(&range)
        .map(|(at, cells)| row(at, cells, &mut Merges::new(Vec::new())))
        .filter(|it| !it.is_blank())
        .take(PREAMBLE)
        .collect();
    let hidden = sheet.visible != SheetVisible::Visible;
    Ok(Offer { name: sheet.name.clone(), hidden, rows })
}

/// The rows of a sheet with their places, counted from 0 at its corner.
fn rows(range: &Range<Data>) -> impl Iterator<Item = (u32, Vec<(String, Mark)>)> {
    let (first, left) = range.start().unwrap_or_default();
    let left = usize::try_from(left).unwrap_or(0);
    (first..).zip(range.rows()).map(move |(at, cells)| {
        let blank = std::iter::repeat_with(Default::default).take(left);
        let cells = cells.iter().map(|cell| {
            let (text, stored) = written(&borrowed(cell), &Shown::AsHeld);
            (text, Mark { stored, ..Mark::default() })
        });
        (at, blank.chain(cells).collect())
    })
}

fn row(at: u32, mut cells: Vec<(String, Mark)>, merges: &mut Merges) -> Row {
    merges.fill(at, &mut cells);
    let marks = cells.iter().map(|cell| cell.1).collect();
    let record: StringRecord = cells.iter().map(|cell| cell.0.as_str()).collect();
    Row { marks, ..Row::of(u64::from(at) + 1, record) }
}

fn borrowed(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(answer) => DataRef::Bool(*answer),
        Data::DateTime(instant) => DataRef::DateTime(*instant),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// Refuses what is no old workbook, is locked, or would fill the memory.
fn look_over(file: File) -> Result<(), FileFault> {
    let about = file.metadata().map_err(|_| damaged())?;
    if LARGEST_FILE < about.len() {
        return Err(too_large());
    }
    let mut container =
        CompoundFile::open(BufReader::new(file)).map_err(|_| damaged())?;
    if container.exists("/EncryptedPackage") {
        return Err(locked());
    }
    let named = ["/Workbook", "/Book"].into_iter().find(|it| container.is_stream(it));
    let Some(name) = named else {
        return Err(if container.exists("/WordDocument") {
            word()
        } else {
            no_workbook()
        });
    };
    let mut stream = container.open_stream(name).map_err(|_| damaged())?;
    let mut records = Vec::new();
    stream.read_to_end(&mut records).map_err(|_| damaged())?;
    look_over_records(&records)
}

/// Adds up how many cells the sheets reach over before anybody makes room for
/// them: one filled cell far out would do.
fn look_over_records(records: &[u8]) -> Result<(), FileFault> {
    let number = |data: &[u8], at: usize| {
        data.get(at..at + 2).map_or(0, |it| u64::from(u16::from_le_bytes([it[0], it[1]])))
    };
    let (mut area, mut last_row, mut last_column) = (0_u64, 0_u64, 0_u64);
    let mut rest = records;
    while let [a, b, c, d, after @ ..] = rest {
        let kind = u16::from_le_bytes([*a, *b]);
        let length = usize::from(u16::from_le_bytes([*c, *d]));
        let Some(data) = after.get(..length) else { break };
        match kind {
            // The key of a workbook that is locked.
            0x002f if number(data, 0) != 0 => return Err(locked()),
            // The extent that a sheet says it has: rows in four bytes, or two.
            0x0200 => {
                let long = 14 <= length;
                let rows = if long {
                    number(data, 4) + (number(data, 6) << 16)
                } else {
                    number(data, 2)
                };
                let columns = number(data, if long { 10 } else { 6 });
                (last_row, last_column) = (last_row.max(rows), last_column.max(columns));
            }
            // Cells of every kind begin with row and column.
            0x0006 | 0x00bd | 0x00d6 | 0x00fd | 0x0203..=0x0205 | 0x027e => {
                last_row = last_row.max(number(data, 0) + 1);
                let columns =
                    number(data, 2) + 1 + u64::from(kind == 0xbd) * length as u64 / 6;
                last_column = last_column.max(columns);
            }
            // The end of a sheet.
            0x000a => {
                area += last_row * last_column;
                (last_row, last_column) = (0, 0);
            }
            _ => {}
        }
        rest = &after[length..];
    }
    area += last_row * last_column;
    if MOST_CELLS < area { Err(too_large()) } else { Ok(()) }
}

fn fault(error: &XlsError) -> FileFault {
    match error {
        XlsError::Password => locked(),
        _ => damaged(),
    }
}

fn damaged() -> FileFault {
    FileFault::new(
        "I004",
        Say::new(
            "旧版 Excel(.xls)文件无法读取(不完整或已损坏),未导入任何内容;请在 Excel 中打开并另存为 .xlsx 或 CSV 后再导入",
            "the old Excel (.xls) file cannot be read (cut short or damaged), nothing was imported; open it in Excel, save it as .xlsx or CSV and import that",
        ),
    )
}

fn word() -> FileFault {
    other("Word 文档(.doc)", "a Word document (.doc)")
}

fn no_workbook() -> FileFault {
    other("旧版 Office 文件,但不是工作簿", "an old Office file and no workbook")
}

fn other(zh: &str, en: &str) -> FileFault {
    FileFault::new(
        "I004",
        Say::new(
            format!("这是{zh},未导入任何内容;请把清单另存为 .xlsx 或 CSV 后再导入"),
            format!(
                "this is {en}, nothing was imported; save the list as .xlsx or CSV and import that"
            ),
        ),
    )
}
