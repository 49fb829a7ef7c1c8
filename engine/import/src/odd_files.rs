//! Files as they come from banks, colleagues and strangers (各种文件): workbooks of
//! every shape, and what only bears the name of one.

use std::io::Write;

use domain::say::Lang;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use tempfile::NamedTempFile;

use super::Options;
use super::cases::{CaseList, CaseRecord};
use super::events::{EventList, What};
use super::fault::FileFault;
use super::feed::{self, Head, Portion};
use super::odd_lists::{loans, rejected};

type Read = Result<(Head, Portion<CaseRecord>), FileFault>;

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn read(bytes: &[u8], options: &Options) -> Read {
    feed::of_file::<CaseList>(file(bytes).path(), options)
}

/// Writes rows from a cell on; every cell as text.
fn put(sheet: &mut Worksheet, top: u32, rows: &[&str]) {
    for (row, line) in (top..).zip(rows) {
        for (column, cell) in (0..).zip(line.split('|')) {
            if !cell.is_empty() {
                sheet.write(row, column, cell).unwrap();
            }
        }
    }
}

fn book(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

const HEADER: &str = "贷款编号|客户姓名|借款本金|放款日期";

#[test]
fn typed_cells_are_read_as_a_person_sees_them() {
    let bytes = book(|sheet| {
        put(sheet, 0, &["青石联社逾期清单", "", HEADER]);
        let day = Format::new().set_num_format("yyyy-mm-dd");
        let padded = Format::new().set_num_format("00000000");
        for (row, no, yuan) in [(3, 123_u32, 1234.56), (4, 124, 0.300_000_000_000_000_04)]
        {
            sheet.write_with_format(row, 0, no, &padded).unwrap();
            sheet.write(row, 1, "示例甲").unwrap();
            sheet.write(row, 2, yuan).unwrap();
            let opened = ExcelDateTime::from_ymd(2025, 1, 2).unwrap();
            sheet.write_with_format(row, 3, &opened, &day).unwrap();
        }
        // Days in cells of no format, and as text with a time.
        put(sheet, 5, &["QS-3|示例丙|5000", "QS-4|示例丁|5000|2025/1/2 8:30"]);
        sheet.write(5, 3, 45_659).unwrap();
    });
    let (_, portion) = read(&bytes, &Options::default()).unwrap();
    assert_eq!(rejected(&portion), []);
    let wanted = [
        "00000123 示例甲 1234.56",
        "00000124 示例甲 0.30",
        "QS-3 示例丙 5000.00",
        "QS-4 示例丁 5000.00",
    ];
    assert_eq!(loans(&portion), wanted);
    let lines: Vec<u64> = portion.good.iter().map(|it| it.0.line).collect();
    assert_eq!(lines, [4, 5, 6, 7]);
    for (_, case) in &portion.good {
        assert_eq!(
            case.opened_on,
            Some(jiff::civil::date(2025, 1, 2)),
            "{}",
            case.case_no
        );
    }
}

#[test]
fn a_format_that_writes_words_or_moves_the_point_is_part_of_the_amount() {
    let amounts = [
        ("0\"万元\"", 4.0, Err("R012")),
        ("0.00\"万\"", 4.25, Err("R012")),
        ("0%", 0.5, Err("R016")),
        ("#,##0,", 4_000.0, Err("R016")),
        ("[$$-409]#,##0.00", 4.0, Err("R015")),
        ("#,##0.00\"元\"", 4.5, Ok("4.50")),
        ("_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ", 4.5, Ok("4.50")),
        ("0!.0,\"万\"", 40_000.0, Ok("40000.00")),
    ];
    for (code, held, wanted) in amounts {
        let bytes = book(|sheet| {
            put(sheet, 0, &[HEADER]);
            let format = Format::new().set_num_format(code);
            let number = Format::new().set_num_format("\"QS-\"0000");
            sheet.write_with_format(1, 0, 2, &number).unwrap();
            sheet.write(1, 1, "示例甲").unwrap();
            sheet.write_with_format(1, 2, held, &format).unwrap();
        });
        let (_, portion) = read(&bytes, &Options::default()).unwrap();
        match wanted {
            Ok(yuan) => {
                assert_eq!(loans(&portion), [format!("QS-0002 示例甲 {yuan}")], "{code}");
            }
            Err(fault) => assert_eq!(rejected(&portion), [(2, fault)], "{code}"),
        }
    }
}

#[test]
fn a_unit_in_the_name_of_a_sheet_is_asked_about() {
    for (name, is_asked) in
        [("逾期(万元)", true), ("万元", true), ("逾期", false), ("5万元以上", false)]
    {
        let bytes = book(|sheet| {
            sheet.set_name(name).unwrap();
            put(sheet, 0, &[HEADER, "QS-1|示例甲|5"]);
        });
        let fault = read(&bytes, &Options::default()).err().map(|error| error.code);
        assert_eq!(fault, is_asked.then_some("I033"), "{name}");
        let unit = Some(super::Unit::TenThousand);
        let (_, portion) = read(&bytes, &Options { unit, ..Options::default() }).unwrap();
        assert_eq!(loans(&portion), ["QS-1 示例甲 50000.00"], "{name}");
    }
}

#[test]
fn a_number_that_a_workbook_damaged_costs_its_row() {
    let bytes = book(|sheet| {
        put(
            sheet,
            0,
            &[
                HEADER,
                "|示例甲|5000",
                "|示例乙|5000",
                "QS-3|示例丙|5000",
                "QS-4|示例丁|5000",
            ],
        );
        sheet.write(1, 0, 6_228_480_402_564_890_018_f64).unwrap();
        let day = Format::new().set_num_format("m月d日");
        let became = ExcelDateTime::from_ymd(2026, 1, 5).unwrap();
        sheet.write_with_format(2, 0, &became, &day).unwrap();
        sheet
            .write_formula(
                3,
                2,
                rust_xlsxwriter::Formula::new("=NA()").set_result("#N/A"),
            )
            .unwrap();
    });
    let (_, portion) = read(&bytes, &Options::default()).unwrap();
    assert_eq!(rejected(&portion), [(2, "R030"), (3, "R038"), (4, "R012")]);
    assert_eq!(loans(&portion), ["QS-4 示例丁 5000.00"]);
}

#[test]
fn a_formula_without_a_value_costs_its_row_and_no_other() {
    let plain = book(|sheet| {
        let header = "贷款编号|客户姓名|借款本金|余额|备用";
        put(sheet, 0, &[header, "QS-1|示例甲|5000||1", "QS-2|示例乙|5000|4000|"]);
        let sum = rust_xlsxwriter::Formula::new("=C2-1000").set_result("777001");
        sheet.write_formula(1, 3, sum).unwrap();
        let remark = rust_xlsxwriter::Formula::new("=C3").set_result("777002");
        sheet.write_formula(2, 4, remark).unwrap();
    });
    let (_, portion) = read(&plain, &Options::default()).unwrap();
    assert_eq!(rejected(&portion), [], "the values are there");
    for value in ["<v></v>", "<v/>", ""] {
        // As POI and others write it: what the column of remarks shows is no matter.
        let bytes = with_part(&plain, "xl/worksheets/sheet1.xml", |text| {
            let text =
                text.replace("<v>777001</v>", value).replace("<v>777002</v>", value);
            assert!(!text.contains("77700"), "{text}");
            text.replace(" t=\"str\"", "")
        });
        let (_, portion) = read(&bytes, &Options::default()).unwrap();
        assert_eq!(rejected(&portion), [(2, "R039")], "{value}");
        assert_eq!(loans(&portion), ["QS-2 示例乙 5000.00"], "{value}");
    }
}

#[test]
fn merged_cells_stand_for_every_row_they_reach_over() {
    let bytes = book(|sheet| {
        let plain = Format::new();
        put(sheet, 0, &["贷款编号|客户姓名|自然村|借款本金"]);
        put(sheet, 1, &["QS-1|||5000", "QS-2|||3000", "QS-3|示例乙||2000"]);
        sheet.merge_range(1, 1, 2, 1, "示例甲", &plain).unwrap();
        sheet.merge_range(1, 2, 3, 2, "石桥村", &plain).unwrap();
        sheet.merge_range(4, 0, 4, 2, "合计", &plain).unwrap();
        sheet.write(4, 3, 10_000).unwrap();
    });
    let (_, portion) = read(&bytes, &Options::default()).unwrap();
    let wanted = ["QS-1 示例甲 5000.00", "QS-2 示例甲 3000.00", "QS-3 示例乙 2000.00"];
    assert_eq!(
        (loans(&portion), rejected(&portion)),
        (wanted.map(str::to_owned).into(), vec![])
    );
    let villages =
        portion.good.iter().filter(|it| it.1.village.as_deref() == Some("石桥村"));
    assert_eq!(villages.count(), 3);
}

#[test]
fn one_sum_over_several_loans_is_nobodys() {
    let bytes = book(|sheet| {
        put(
            sheet,
            0,
            &[
                "贷款编号|客户姓名|借款本金",
                "QS-1|示例甲|",
                "QS-2|示例乙|",
                "QS-3|示例丙|2000",
            ],
        );
        sheet.merge_range(1, 2, 2, 2, "5000", &Format::new()).unwrap();
    });
    let (_, portion) = read(&bytes, &Options::default()).unwrap();
    assert_eq!(rejected(&portion), [(2, "R037"), (3, "R037")]);
    assert_eq!(loans(&portion), ["QS-3 示例丙 2000.00"]);
}

#[test]
fn a_header_of_two_rows_with_merged_groups_is_understood() {
    let bytes = book(|sheet| {
        let plain = Format::new();
        put(sheet, 0, &["青石联社"]);
        sheet.merge_range(1, 0, 2, 0, "贷款编号", &plain).unwrap();
        sheet.merge_range(1, 1, 1, 2, "借款人", &plain).unwrap();
        sheet.merge_range(1, 3, 1, 4, "保证人", &plain).unwrap();
        sheet.merge_range(1, 5, 2, 5, "借款本金", &plain).unwrap();
        put(
            sheet,
            2,
            &["|姓名|电话|姓名|电话", "QS-1|示例甲|13900000001|示例保|13900000011|5000"],
        );
    });
    let (_, portion) = read(&bytes, &Options::default()).unwrap();
    assert_eq!(loans(&portion), ["QS-1 示例甲 5000.00"]);
    let guarantor = &portion.good[0].1.guarantors[0].person;
    assert_eq!(guarantor.name.as_deref(), Some("示例保"));
    assert_eq!(guarantor.phone.as_deref(), Some("13900000011"));
}

#[test]
fn a_day_counts_from_where_the_workbook_says() {
    let bytes = book(|sheet| {
        put(sheet, 0, &[HEADER, "QS-1|示例甲|5000"]);
        sheet.write(1, 3, 44_197).unwrap();
    });
    // The library writes no such workbook: the mark is put into it here.
    let bytes = with_part(&bytes, "xl/workbook.xml", |it| {
        it.replace("<workbookPr", "<workbookPr date1904=\"1\"")
    });
    let (_, portion) = read(&bytes, &Options::default()).unwrap();
    assert_eq!(portion.good[0].1.opened_on, Some(jiff::civil::date(2025, 1, 2)));
}

#[test]
fn the_sheet_with_the_list_is_read_and_several_are_a_question() {
    let several = |lists: &[&str]| {
        let mut book = Workbook::new();
        let cover = book.add_worksheet().set_name("封面").unwrap();
        put(cover, 0, &["青石联社|逾期贷款", "编制人|示例丁"]);
        for name in lists {
            let sheet = book.add_worksheet().set_name(*name).unwrap();
            put(sheet, 0, &[HEADER, &format!("{name}-1|示例甲|5000|2025-01-02")]);
        }
        let hidden = book.add_worksheet().set_name("旧数据").unwrap();
        put(hidden, 0, &[HEADER, "OLD-1|示例甲|5000|2025-01-02"]);
        hidden.set_hidden(true);
        book.add_worksheet().set_name("空表").unwrap();
        book.save_to_buffer().unwrap()
    };
    let (head, portion) = read(&several(&["一月"]), &Options::default()).unwrap();
    assert_eq!(head.sheet.as_deref(), Some("一月"));
    assert_eq!(loans(&portion), ["一月-1 示例甲 5000.00"]);
    let told = portion.notices[0].text(Lang::Zh);
    assert!(
        told.contains("一月") && told.contains("封面") && !told.contains("旧数据"),
        "{told}"
    );

    let both = several(&["一月", "二月"]);
    let fault = read(&both, &Options::default()).map(|it| it.0).unwrap_err();
    assert_eq!(fault.code, "I037");
    assert!(fault.message.zh.contains("`一月` `二月`"), "{fault}");
    for (said, wanted) in [("二月", "二月-1"), ("3", "二月-1"), ("旧数据", "OLD-1")]
    {
        let options = Options { sheet: Some(said.to_owned()), ..Options::default() };
        let (_, portion) = read(&both, &options).unwrap();
        assert_eq!(portion.good[0].1.case_no, wanted, "--sheet {said}");
    }
    for said in ["三月", "9", "0", "空表"] {
        let options = Options { sheet: Some(said.to_owned()), ..Options::default() };
        let fault = read(&both, &options).map(|it| it.0).unwrap_err();
        assert_eq!(
            fault.code,
            if said == "空表" { "I020" } else { "I037" },
            "--sheet {said}"
        );
    }
    let options = Options { sheet: Some("1".to_owned()), ..Options::default() };
    let fault = read(b"case_id,principal\nA,1\n", &options).map(|it| it.0).unwrap_err();
    assert_eq!(fault.code, "I037", "a text has no sheets");
}

#[test]
fn totals_units_and_pages_are_known_in_a_workbook_too() {
    let bytes = book(|sheet| {
        put(
            sheet,
            0,
            &[
                "青石联社逾期清单",
                "单位:万元",
                HEADER,
                "QS-1|示例甲|5|2025-01-02",
                "小 计||5",
                "第 1 页||共 1 页",
                "制表人:示例丁||复核:示例戊",
            ],
        );
    });
    let fault = read(&bytes, &Options::default()).map(|it| it.0).unwrap_err();
    assert_eq!((fault.code, fault.line), ("I033", Some(2)));
    let unit = Some(super::Unit::TenThousand);
    let (_, portion) = read(&bytes, &Options { unit, ..Options::default() }).unwrap();
    assert_eq!(loans(&portion), ["QS-1 示例甲 50000.00"]);
    assert_eq!(rejected(&portion), []);
}

#[test]
fn a_workbook_cut_in_the_middle_is_refused() {
    let whole = book(|sheet| put(sheet, 0, &[HEADER, "QS-1|示例甲|5|2025-01-02"]));
    for length in [30, whole.len() / 2, whole.len() - 1] {
        let fault =
            read(&whole[..length], &Options::default()).map(|it| it.0).unwrap_err();
        assert_eq!(fault.code, "I005", "cut to {length} bytes");
    }
}

#[test]
fn a_cell_far_out_makes_no_list_of_a_billion_cells() {
    let bytes = book(|sheet| {
        put(sheet, 0, &[HEADER, "QS-1|示例甲|5|2025-01-02"]);
        sheet.write(1_048_575, 16_383, "x").unwrap();
        sheet.write(0, 16_383, "x").unwrap();
    });
    let (_, portion) = read(&bytes, &Options::default()).unwrap();
    assert_eq!(loans(&portion), ["QS-1 示例甲 5.00"]);
    let wide = book(|sheet| {
        put(sheet, 0, &[HEADER, "QS-1|示例甲|5|2025-01-02"]);
        for column in 4..1_200 {
            sheet.write(0, column, format!("c{column}")).unwrap();
        }
    });
    let fault = read(&wide, &Options::default()).map(|it| it.0).unwrap_err();
    assert_eq!(fault.code, "I007");
}

/// A workbook of which one part is written anew.
fn with_part(bytes: &[u8], name: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..old.len() {
        let mut part = old.by_index(at).unwrap();
        let own = part.name().unwrap().into_owned();
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut part, &mut text).unwrap();
        if own == name {
            text = change(String::from_utf8(text).unwrap()).into_bytes();
        }
        new.start_file(own, zip::write::SimpleFileOptions::default()).unwrap();
        new.write_all(&text).unwrap();
    }
    new.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_that_would_fill_the_memory_is_refused_early() {
    let small = book(|sheet| put(sheet, 0, &[HEADER, "QS-1|示例甲|5|2025-01-02"]));
    let texts = "xl/sharedStrings.xml";
    let sheet = "xl/worksheets/sheet1.xml";
    let more_texts =
        |it: &str| it.replace("</sst>", &("<si/>".repeat(2_100_000) + "</sst>"));
    let endless = format!("<si><t>{}</t></si></sst>", "x".repeat(2 << 20));
    let merged = "<mergeCell ref=\"A5:A6\"/>".repeat(210_000);
    let merged = format!("</sheetData><mergeCells>{merged}</mergeCells>");
    let bombs = [
        (
            "more texts than there are",
            with_part(&small, texts, |it| {
                it.replace("uniqueCount=\"", "uniqueCount=\"99999999")
            }),
        ),
        ("texts without end", with_part(&small, texts, |it| more_texts(&it))),
        (
            "one endless text",
            with_part(&small, texts, |it| it.replace("</sst>", &endless)),
        ),
        (
            "merged cells without end",
            with_part(&small, sheet, |it| it.replace("</sheetData>", &merged)),
        ),
    ];
    for (what, bytes) in bombs {
        let fault = read(&bytes, &Options::default()).map(|it| it.0).unwrap_err();
        assert_eq!(fault.code, "I003", "{what}");
    }
}

#[test]
fn other_packages_are_named_for_what_they_are() {
    let package = |names: &[&str]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(b"x").unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let files = [
        (package(&["word/document.xml"]), "Word"),
        (package(&["mimetype", "content.xml"]), "OpenDocument"),
        (package(&["xl/workbook.bin"]), ".xlsb"),
        (package(&["cases.csv"]), "unpack it"),
    ];
    for (bytes, word) in files {
        let fault = read(&bytes, &Options::default()).map(|it| it.0).unwrap_err();
        assert_eq!(fault.code, "I004", "{word}");
        assert!(fault.message.en.contains(word), "{fault}");
    }
}

/// A container as Office wrote before 2007 and writes for locked workbooks.
fn container(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in streams {
        file.create_stream(name).unwrap().write_all(bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

/// A workbook in the records of Excel 97: one sheet of texts and numbers.
fn old_book(rows: &[&[&str]], extra: &[Vec<u8>]) -> Vec<u8> {
    const BOF: u16 = 0x0809;
    const END: u16 = 0x000a;
    let version = |sort: u16| {
        let data = [0x0600, sort, 0, 0, 0, 0, 0, 0].map(u16::to_le_bytes).concat();
        record(BOF, &data)
    };
    let text = |it: &str| {
        let letters: Vec<u8> = it.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let count = u16::try_from(it.encode_utf16().count()).unwrap();
        [count.to_le_bytes().to_vec(), vec![1], letters].concat()
    };
    let mut sheet = version(0x10);
    for (row, cells) in (0_u16..).zip(rows) {
        for (column, cell) in (0_u16..).zip(*cells) {
            let place = [row, column, 0].map(u16::to_le_bytes).concat();
            let filled = match cell.parse::<f64>() {
                Ok(number) => {
                    record(0x0203, &[place, number.to_le_bytes().to_vec()].concat())
                }
                Err(_) => record(0x0204, &[place, text(cell)].concat()),
            };
            sheet.extend(filled);
        }
    }
    sheet.extend(extra.concat());
    sheet.extend(record(END, &[]));
    let name = "清单";
    let letters: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let of_sheet = |at: u32| {
        let data = [&at.to_le_bytes()[..], &[0, 0, 2, 1], &letters].concat();
        record(0x0085, &data)
    };
    let before = version(5).len() + of_sheet(0).len() + record(END, &[]).len();
    let at = u32::try_from(before).unwrap();
    [version(5), of_sheet(at), record(END, &[]), sheet].concat()
}

#[test]
fn an_old_workbook_is_read_like_a_new_one() {
    let rows: &[&[&str]] = &[
        &["青石联社逾期清单"],
        &["贷款编号", "客户姓名", "借款本金", "放款日期"],
        &["QS-1", "示例甲", "5000.5", "45659"],
        &["合计", "", "5000.5"],
    ];
    let bytes = container(&[("/Workbook", old_book(rows, &[]))]);
    let (_, portion) = read(&bytes, &Options::default()).unwrap();
    assert_eq!(loans(&portion), ["QS-1 示例甲 5000.50"]);
    assert_eq!(portion.good[0].1.opened_on, Some(jiff::civil::date(2025, 1, 2)));
    assert_eq!(portion.good[0].0.line, 3);
}

#[test]
fn a_locked_workbook_is_told_what_to_do() {
    let key = record(0x002f, &[1, 0, 1, 0]);
    let rows: &[&[&str]] = &[&["贷款编号", "借款本金"], &["QS-1", "5"]];
    let files = [
        (
            "new",
            container(&[
                ("/EncryptionInfo", vec![4]),
                ("/EncryptedPackage", vec![0; 64]),
            ]),
        ),
        ("old", container(&[("/Workbook", [key.clone(), old_book(rows, &[])].concat())])),
        ("older", container(&[("/Book", [key, old_book(rows, &[])].concat())])),
    ];
    for (what, bytes) in files {
        let fault = read(&bytes, &Options::default()).map(|it| it.0).unwrap_err();
        assert_eq!(fault.code, "I005", "{what}");
        assert!(
            fault.message.zh.contains("密码") && fault.message.en.contains("password"),
            "{fault}"
        );
    }
}

#[test]
fn an_old_container_without_a_sound_workbook_is_refused() {
    let rows: &[&[&str]] = &[&["贷款编号", "借款本金"], &["QS-1", "5"]];
    let far = [0xffff_u16, 0xff, 0].map(u16::to_le_bytes).concat();
    let far = record(0x0203, &[far, 5_f64.to_le_bytes().to_vec()].concat());
    let extent = [0, 0xffff_ffff_u32].map(u32::to_le_bytes).concat();
    let extent = record(0x0200, &[extent, vec![0, 0, 0xff, 0xff, 0, 0]].concat());
    let whole = container(&[("/Workbook", old_book(rows, &[]))]);
    let files = [
        ("a Word document", container(&[("/WordDocument", vec![1])]), "I004"),
        ("something else", container(&[("/Contents", vec![1])]), "I004"),
        ("the first bytes alone", vec![0xd0, 0xcf, 0x11, 0xe0, 0], "I004"),
        ("cut", whole[..whole.len() / 2].to_vec(), "I004"),
        ("a cell far out", container(&[("/Workbook", old_book(rows, &[far]))]), "I003"),
        (
            "an extent far out",
            container(&[("/Workbook", old_book(rows, &[extent]))]),
            "I003",
        ),
    ];
    for (what, bytes, code) in files {
        match read(&bytes, &Options::default()) {
            Ok((_, portion)) => panic!("{what} was read as {:?}", loans(&portion)),
            Err(fault) => assert_eq!(fault.code, code, "{what}: {fault}"),
        }
    }
}

#[test]
fn text_under_the_name_of_a_workbook_is_read_as_text() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["list.xls", "list.xlsx", "list.txt", "list"] {
        let path = folder.path().join(name);
        std::fs::write(&path, "贷款编号\t借款本金\nQS-1\t5000\n").unwrap();
        let (_, portion) = feed::of_file::<CaseList>(&path, &Options::default()).unwrap();
        assert_eq!(portion.good.len(), 1, "{name}");
    }
    let path = folder.path().join("list.csv");
    let bytes = book(|sheet| put(sheet, 0, &["贷款编号|借款本金", "QS-1|5000"]));
    std::fs::write(&path, bytes).unwrap();
    let (_, portion) = feed::of_file::<CaseList>(&path, &Options::default()).unwrap();
    assert_eq!(portion.good.len(), 1, "a workbook under the name of a text");
}

#[test]
fn payments_of_a_workbook_keep_their_days() {
    let bytes = book(|sheet| {
        put(
            sheet,
            0,
            &["流水号|日期|贷款编号|类型|金额", "1||QS-1|还款|500", "2||QS-1|还款|500"],
        );
        let stamp = Format::new().set_num_format("yyyy/m/d h:mm");
        let late =
            ExcelDateTime::from_ymd(2026, 1, 5).unwrap().and_hms(23, 59, 59).unwrap();
        sheet.write_with_format(1, 1, &late, &stamp).unwrap();
        sheet.write(2, 1, 20_260_105).unwrap();
    });
    let (_, portion) =
        feed::of_file::<EventList>(file(&bytes).path(), &Options::default()).unwrap();
    let days: Vec<_> = portion.good.iter().map(|it| it.1.on).collect();
    assert_eq!(days, [jiff::civil::date(2026, 1, 5); 2]);
    assert!(portion.good.iter().all(|it| matches!(it.1.what, What::Money(..))));
}
