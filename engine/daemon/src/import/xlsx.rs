//! Reads the first filled sheet of an Excel workbook (电子表格).

use std::io::Cursor;

use calamine::{Data, ExcelDateTime, Range, Reader, SheetVisible, Xlsx};
use csv::StringRecord;

use super::cells::{self, Comma};
use super::fault::{FileFault, Message, RowFault};
use super::table::{Row, Table, empty_file, with_headers};

pub(crate) fn read(bytes: Vec<u8>) -> Result<Table, FileFault> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| broken())?;
    let sheets: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|it| it.visible == SheetVisible::Visible)
        .map(|it| it.name.clone())
        .collect();
    let mut filled = Vec::new();
    for name in sheets {
        let range = book.worksheet_range(&name).map_err(|_| broken())?;
        if !range.is_empty() {
            filled.push((name, range));
        }
    }
    let others = filled.len().saturating_sub(1);
    let (name, range) = filled.into_iter().next().ok_or_else(empty_file)?;
    let mut table = with_headers(rows(&range), Comma::PartsThousands)?;
    let width = table.headers.len();
    for row in &mut table.rows {
        row.cells.truncate(width);
    }
    if 0 < others {
        table.notices.push(Message::new(
            format!("工作簿另有 {others} 个有内容的工作表未导入,只读取了“{name}”"),
            format!(
                "{others} other filled sheets were left out; only \"{name}\" was read"
            ),
        ));
    }
    Ok(table)
}

fn rows(range: &Range<Data>) -> Vec<Row> {
    let first = range.start().map_or(0, |it| it.0);
    (u64::from(first) + 1..)
        .zip(range.rows())
        .map(|(line, data)| {
            let mut fault = None;
            let mut cells = StringRecord::with_capacity(data.len() * 12, data.len());
            for cell in data {
                match written(cell) {
                    Ok(text) => cells.push_field(&text),
                    Err(why) => {
                        cells.push_field(&cell.to_string());
                        fault = fault.or(Some(why));
                    }
                }
            }
            Row { line, cells, fault }
        })
        .collect()
}

/// A cell as a person would write it into a CSV file.
fn written(cell: &Data) -> Result<String, RowFault> {
    match cell {
        Data::Empty => Ok(String::new()),
        Data::Int(number) => Ok(number.to_string()),
        Data::Float(number) => value(*number),
        Data::Bool(answer) => Ok(i32::from(*answer).to_string()),
        Data::DateTime(instant) => Ok(day(instant)),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            Ok(text.clone())
        }
        Data::Error(_) => Err(RowFault::new(
            "R034",
            Message::new(
                "有单元格是公式错误(如 #N/A);请修正公式或改为数值后再导入",
                "a cell holds the error of a formula (such as #N/A); mend it or write the value",
            ),
        )),
    }
}

/// A spreadsheet counts in binary fractions, of which fifteen digits are what
/// it shows and what was typed.
fn value(number: f64) -> Result<String, RowFault> {
    let scientific = format!("{number:.14e}");
    let Some((digits, power)) = scientific.split_once('e') else {
        return Ok(number.to_string());
    };
    let power: i32 = power.parse().unwrap_or(0);
    // Sixteen digits and more were rounded when they were typed.
    if 14 < power {
        return Err(cells::rounded());
    }
    if power < -14 {
        return Ok("0".to_owned());
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
    Ok(format!("{sign}{text}"))
}

fn day(instant: &ExcelDateTime) -> String {
    let (year, month, day, ..) = instant.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}

fn broken() -> FileFault {
    FileFault::new(
        "I005",
        Message::new(
            "工作簿无法读取(不完整、已损坏或有密码),未导入任何内容;请在 Excel 中打开并另存为 .xlsx 后再导入",
            "the workbook cannot be read (cut short, damaged or locked), nothing was imported; open it in Excel, save it as .xlsx and import that",
        ),
    )
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::{ExcelDateTime as Day, Format, Workbook};

    use super::*;

    fn book() -> Vec<u8> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "青石联社逾期清单").unwrap();
        for (column, name) in (0..).zip(["贷款编号", "本金", "放款日期"]) {
            sheet.write(2, column, name).unwrap();
        }
        let format = Format::new().set_num_format("yyyy-mm-dd");
        for (row, (no, yuan)) in
            (3..).zip([("QS1", 1234.56), ("QS2", 0.300_000_000_000_000_04)])
        {
            sheet.write(row, 0, no).unwrap();
            sheet.write(row, 1, yuan).unwrap();
            let opened = Day::from_ymd(2025, 1, 2).unwrap();
            sheet.write_with_format(row, 2, &opened, &format).unwrap();
        }
        sheet.write(5, 0, 6_228_480_402_564_890_018_f64).unwrap();
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn typed_cells_are_read_as_a_person_sees_them() {
        let table = read(book()).unwrap();
        assert_eq!(table.headers, ["贷款编号", "本金", "放款日期"]);
        let rows: Vec<Vec<_>> =
            table.rows.iter().take(2).map(|it| it.cells.iter().collect()).collect();
        assert_eq!(
            rows,
            [["QS1", "1234.56", "2025-01-02"], ["QS2", "0.3", "2025-01-02"]]
        );
        assert_eq!(table.rows[0].line, 4);
    }

    #[test]
    fn a_card_number_that_excel_rounded_is_at_fault() {
        let table = read(book()).unwrap();
        assert_eq!(table.rows[2].fault.as_ref().map(|it| it.code), Some("R030"));
    }

    #[test]
    fn a_workbook_cut_in_the_middle_is_refused() {
        let whole = book();
        for length in [30, whole.len() / 2, whole.len() - 1] {
            let fault = read(whole[..length].to_vec()).unwrap_err();
            assert_eq!(fault.code, "I005", "cut to {length} bytes");
        }
    }

    #[test]
    fn values_are_written_with_the_digits_that_were_typed() {
        let values = [
            (0.0, "0"),
            (0.07, "0.07"),
            (1.005, "1.005"),
            (-5.25, "-5.25"),
            (100.0, "100"),
            (13_912_345_678.0, "13912345678"),
            (1_234.560_000_000_000_1, "1234.56"),
            (0.000_001, "0.000001"),
        ];
        for (number, text) in values {
            assert_eq!(value(number).as_deref(), Ok(text), "{number}");
        }
    }
}
