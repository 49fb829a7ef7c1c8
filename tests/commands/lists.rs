//! Bad lists (有毛病的清单): a faulty row is set aside with its reason, a faulty file
//! changes nothing, and both say what to do.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Cli;

const GOOD: &str = "case_id,debtor_name,principal,opened\n\
                    A,示例甲,1000.00,2026-01-05\nB,示例乙,500,2026-01-06\n";

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

/// A fault of a file as a whole: its name, its bytes, the code of the fault,
/// and what the message has to tell.
type Fault = (&'static str, Vec<u8>, &'static str, &'static str);

fn faults() -> Vec<Fault> {
    let whole = packed(&GOOD.repeat(20));
    let cut_in_a_letter =
        GOOD.as_bytes()[..=GOOD.find("示例乙").expect("there")].to_vec();
    let two_encodings = [GOOD.as_bytes(), &gbk("C,示例丙,1,2026-01-07\n")].concat();
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("empty.csv", Vec::new(), "I020", "export it again"),
        ("blank.csv", text("\n \n"), "I020", "export it again"),
        ("cut.csv", text("case_id,principal\nA,5\nB"), "I021", "export the whole file"),
        ("quote.csv", text("case_id,principal\nA,\"5"), "I021", "never closed"),
        ("cut.csv.gz", whole[..whole.len() / 2].to_vec(), "I002", "cut short"),
        ("letter.csv", cut_in_a_letter, "I010", "not whole UTF-8"),
        ("mixed.csv", two_encodings, "I010", "two encodings mixed"),
        (
            "latin.csv",
            b"case_id,name,principal\n1,Beno\xeet,5\n".to_vec(),
            "I011",
            "UTF-8",
        ),
        ("nul.csv", b"case_id,principal\n1,\0\0\n".to_vec(), "I012", "not CSV text"),
        ("old.xls", vec![0xd0, 0xcf, 0x11, 0xe0, 0, 0], "I004", "save it as .xlsx"),
        ("cut.xlsx", b"PK\x03\x04broken".to_vec(), "I0", "nothing was imported"),
        ("twice.csv", text("case_id,principal,case_id\nA,5,B\n"), "I032", "twice"),
        (
            "two.csv",
            text("case_id,借据号,principal\nA,B,5\n"),
            "I031",
            "nothing was imported",
        ),
        ("none.csv", text("name,city\nx,y\n"), "I030", "case_id"),
        ("unit.csv", text("case_id,本金(万元)\nA,5\n"), "I033", "convert it to yuan"),
    ]
}

#[test]
fn a_file_that_is_broken_as_a_whole_changes_nothing_and_says_what_to_do() {
    let cli = Cli::new();
    let before = cli.file("before.csv", "case_id,principal\nZ,100\n");
    cli.expect(0, &["import", "cases", &before]);
    for (name, bytes, code, told) in faults() {
        let file = cli.file(name, bytes);
        for more in [&[][..], &["--dry-run"][..]] {
            let args = [&["import", "cases", file.as_str()][..], more].concat();
            let answer = cli.expect(1, &args);
            for part in [code, name, told] {
                assert!(
                    answer.err.contains(part),
                    "{name} names {part:?}: {}",
                    answer.err
                );
            }
        }
        assert_eq!(cli.cases(), ["Z"], "{name}");
        assert_eq!(cli.rejects(name), None, "{name}");
    }
    let missing = cli.expect(1, &["import", "cases", "no-such-file.csv"]);
    assert!(missing.err.contains("I001") && missing.err.contains("no such file"));
    cli.verify();
}

#[test]
fn the_same_list_in_utf_8_gbk_and_packed_is_the_same_list() {
    let chinese = GOOD.replace(
        "case_id,debtor_name,principal,opened",
        "贷款编号,客户姓名,借款本金,放款日期",
    );
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &cli.file("utf8.csv", GOOD)]);
    let others = [
        ("gbk.csv", gbk(&chinese)),
        ("utf8.csv.gz", packed(GOOD)),
        ("mark.csv", { [b"\xef\xbb\xbf", chinese.as_bytes()].concat() }),
    ];
    for (name, bytes) in others {
        let told = cli.json(0, &["import", "cases", &cli.file(name, bytes)]);
        assert_eq!((&told["new"], &told["unchanged"]), (&0.into(), &2.into()), "{name}");
    }
    assert_eq!(cli.cases(), ["A", "B"]);
}

/// Rows of a case list with the code of their fault.
const BAD_CASES: &[(&str, &str)] = &[
    ("N,-1,2026-01-05", "R011"),
    ("N,(5.00),2026-01-05", "R011"),
    ("N,1.001,2026-01-05", "R012"),
    ("N,1.2万,2026-01-05", "R012"),
    ("N,1e3,2026-01-05", "R012"),
    ("N,,2026-01-05", "R010"),
    ("N,5,2026-02-30", "R022"),
    ("N,5,2025-02-29", "R022"),
    ("N,5,05/01/2026", "R021"),
    (",5,2026-01-05", "R002"),
    ("1.5E+18,5,2026-01-05", "R030"),
    ("N,5", "R001"),
    ("N,5,2026-01-05,x", "R001"),
];

#[test]
fn a_bad_row_of_cases_is_set_aside_with_its_reason_and_the_good_ones_are_kept() {
    let cli = Cli::new();
    let mut list = String::from("case_id,principal,opened\nA,1000,2026-01-05\n");
    for (row, _) in BAD_CASES {
        list.extend([row, "\n"]);
    }
    list += "B,2000,2026-01-06\n";
    let file = cli.file("mixed.csv", &list);
    let told = cli.json(0, &["import", "cases", &file]);
    assert_eq!(told["new"], 2);
    assert_eq!(told["rejected"], BAD_CASES.len());
    assert_eq!(cli.cases(), ["A", "B"]);

    let rejects = cli.rejects("mixed.csv").expect("there is a rejects file");
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines[0], "\u{feff}_line,_reason,case_id,principal,opened");
    for (at, (row, code)) in BAD_CASES.iter().enumerate() {
        let line = lines[at + 1];
        assert!(line.starts_with(&format!("{},", at + 3)), "its own line: {line}");
        assert!(line.contains(&format!("[{code}]")), "{row} is {code}: {line}");
        // But for the mark that keeps 1e3 from becoming 1000 in a spreadsheet.
        let line = line.replace('\'', "");
        assert!(line.ends_with(row), "{row} stands there as it was: {line}");
    }
    cli.verify();
}

#[test]
fn a_rejects_file_can_be_mended_and_imported_as_it_is() {
    let cli = Cli::new();
    let list = "case_id,principal,opened\nA,1000,2026-01-05\nB,-2,2026-01-06\n";
    cli.expect(0, &["import", "cases", &cli.file("list.csv", list)]);
    let rejects = cli.rejects("list.csv").expect("there is a rejects file");
    let mended = cli.file("mended.csv", rejects.replace(",-2,", ",2,"));
    let told = cli.json(0, &["import", "cases", &mended]);
    assert_eq!((&told["new"], &told["rejected"]), (&1.into(), &0.into()));
    assert_eq!(cli.cases(), ["A", "B"]);
}

#[test]
fn a_list_of_which_no_row_can_be_used_fails_the_command() {
    let cli = Cli::new();
    let bad = cli.file("bad.csv", "case_id,principal\nA,-1\nB,1.001\n");
    let told = cli.expect(1, &["import", "cases", &bad]);
    assert!(
        told.err.contains("R011") && told.err.contains("rejects file"),
        "{}",
        told.err
    );
    assert!(cli.rejects("bad.csv").is_some());
    assert_eq!(cli.cases(), Vec::<String>::new());
    let report = cli.json(1, &["import", "cases", &bad]);
    assert_eq!(report["rejected"], 2, "a program can read the same");
    let events =
        cli.file("bad_events.csv", "date,case_id,kind,amount\n2026-02-30,A,due,5\n");
    assert!(cli.expect(1, &["import", "events", &events]).err.contains("R022"));
}

#[test]
fn files_before_a_broken_one_are_kept_and_told_of() {
    let cli = Cli::new();
    let good = cli.file("good.csv", GOOD);
    let broken = cli.file("broken.csv", "");
    let after = cli.file("after.csv", "case_id,principal\nC,5\n");
    let told = cli.expect(1, &["import", "cases", &good, &broken, &after]);
    for part in ["good.csv: 2 rows", "2 new cases", "I020", "broken.csv"] {
        assert!(told.err.contains(part), "{part}: {}", told.err);
    }
    assert_eq!(cli.cases(), ["A", "B"], "the file after it was not begun");
}

#[test]
fn an_empty_book_is_one_and_says_so() {
    let cli = Cli::new();
    let cases = cli.file("cases.csv", "case_id,principal\n");
    let events = cli.file("events.csv", "date,case_id,kind,amount\n");
    for (what, file) in [("cases", &cases), ("events", &events)] {
        let told = cli.expect(0, &["import", what, file]);
        assert!(told.out.contains("headers and no rows"), "{}", told.out);
    }
    let report =
        cli.expect(0, &["report", "ageing", "--as-of", "2026-06-30", "-o", "csv"]);
    let rows: Vec<&str> = report.out.lines().skip(1).collect();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.ends_with(",0,0.00")), "{rows:?}");
    let told = cli.expect(0, &["report", "max-dpd", "-o", "csv"]);
    assert_eq!(told.out, "\u{feff}case_id,max_dpd\n");
    let backwards = ["report", "recovery", "--from", "2026-06-30", "--to", "2026-06-01"];
    let told = cli.expect(1, &backwards);
    assert!(told.err.contains("ends before it"), "{}", told.err);
    let told = cli.expect(1, &["report", "limitation", "--as-of", "2020-01-01"]);
    assert!(told.err.contains("known today"), "{}", told.err);
    cli.verify();
}

#[test]
fn a_list_longer_than_what_is_printed_in_one_go_is_one_list() {
    let cli = Cli::new();
    let loans: Vec<String> = (0..2_500).map(|n| format!("L-{n:04},1000\n")).collect();
    let text = format!("case_id,principal\n{}", loans.concat());
    let file = cli.file("many.csv", text);
    cli.expect(0, &["import", "cases", &file]);
    let rows = cli.json(0, &["case", "ls", "--limit", "0"]);
    let rows = rows["rows"].as_array().expect("rows are a list");
    assert_eq!(rows.len(), 2_500);
    let told = cli.expect(0, &["case", "ls", "--limit", "0", "-o", "csv"]);
    let (headers, lines): (Vec<&str>, Vec<&str>) =
        told.out.lines().partition(|line| line.contains("case_id"));
    assert_eq!((headers.len(), lines.len()), (1, 2_500));
    assert_eq!(told.out.matches('\u{feff}').count(), 1);
    let cut = cli.json(0, &["case", "ls", "--limit", "1200"]);
    assert_eq!(cut["rows"].as_array().expect("rows are a list").len(), 1_200);
    let empty = cli.json(0, &["case", "ls", "--in-none", "--limit", "1"]);
    assert_eq!(empty["format_version"], 2);
}

const HEADER: &str = "seq,date,case_id,kind,amount,note\n";

fn with_one_loan() -> Cli {
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &cli.file("loan.csv", GOOD)]);
    let opened = format!("{HEADER}1,2026-01-05,A,open,1000,\n2,2026-02-05,A,due,500,\n");
    cli.expect(0, &["import", "events", &cli.file("opened.csv", opened)]);
    cli
}

/// Rows of an events file with the code of their fault.
const BAD_EVENTS: &[(&str, &str)] = &[
    ("9,2026-03-01,A,payment,-5,", "R011"),
    ("9,2026-03-01,A,payment,5.001,", "R012"),
    ("9,2026-03-01,A,payment,,", "R010"),
    ("9,2026-02-30,A,payment,5,", "R022"),
    ("9,,A,payment,5,", "R020"),
    ("9,2026-03-01,,payment,5,", "R002"),
    ("9,2026-03-01,A,,5,", "R040"),
    ("9,2026-03-01,A,paymnt,5,", "R041"),
    ("2,2026-02-05,A,due,499,", "R070"),
    ("9,2026-03-01,A,reversal,77,", "R071"),
];

#[test]
fn a_bad_event_is_set_aside_with_its_reason_and_the_good_ones_are_booked() {
    for (row, code) in BAD_EVENTS {
        let cli = with_one_loan();
        let list = format!("{HEADER}{row}\n8,2026-03-02,A,payment,100,\n");
        let told = cli.json(0, &["import", "events", &cli.file("events.csv", list)]);
        assert_eq!(told["first_rejected"][0]["code"], *code, "{row}");
        assert_eq!((&told["booked"], &told["rejected"]), (&1.into(), &1.into()), "{row}");
        let rejects = cli.rejects("events.csv").expect("there is a rejects file");
        assert!(rejects.contains(&format!("[{code}]")), "{row}: {rejects}");
        cli.verify();
    }
}

#[test]
fn payments_of_unknown_cases_are_counted_and_set_aside_with_their_lines() {
    let cli = with_one_loan();
    let list = format!("{HEADER}3,2026-03-01,X,payment,5,\n4,2026-03-01,A,payment,7,\n");
    let told = cli.json(0, &["import", "events", &cli.file("events.csv", list)]);
    assert_eq!((&told["booked"], &told["skipped_unknown_case"]), (&1.into(), &1.into()));
    let first = &told["first_rejected"][0];
    assert_eq!((&first["code"], &first["line"]), (&"R077".into(), &2.into()), "{told}");
    let rejects = cli.rejects("events.csv").expect("there is a rejects file");
    assert!(rejects.contains("3,2026-03-01,X,payment,5"), "{rejects}");
}

#[test]
fn a_payment_before_the_debt_is_booked_and_named() {
    let cli = with_one_loan();
    let list = format!("{HEADER}3,2026-01-04,A,payment,20,\n");
    let told = cli.expect(0, &["import", "events", &cli.file("early.csv", list)]);
    assert!(told.out.contains("before the day their loan was opened"), "{}", told.out);
    assert!(told.out.contains("check lines 2"), "{}", told.out);
    let rows = cli.json(0, &["case", "ls"]);
    assert_eq!(rows["rows"][0]["overdue_amount"], "480.00", "it counts all the same");
    cli.verify();
}

#[test]
fn the_same_event_twice_is_booked_once() {
    let cli = with_one_loan();
    let row = "3,2026-03-01,A,payment,100,\n";
    let file = cli.file("events.csv", format!("{HEADER}{row}{row}"));
    let told = cli.json(0, &["import", "events", &file]);
    assert_eq!((&told["booked"], &told["duplicates"]), (&1.into(), &1.into()));
    let told = cli.expect(0, &["import", "events", &file]);
    assert!(told.out.contains("nothing has changed"), "{}", told.out);
    let rows = cli.json(0, &["case", "ls"]);
    assert_eq!(rows["rows"][0]["balance_amount"], "900.00");
}

#[test]
fn a_list_for_a_file_is_whole_and_one_for_a_screen_is_not_endless() {
    let cli = Cli::new();
    let loans: Vec<String> = (0..60).map(|n| format!("L{n},100.00\n")).collect();
    let text = format!("case_id,principal\n{}", loans.concat());
    let list = cli.file("cases.csv", text);
    cli.expect(0, &["import", "cases", &list]);
    let rows = |args: &[&str]| {
        let told = cli.expect(0, &[&["case", "ls"], args].concat());
        told.out.lines().filter(|line| line.contains('L')).count()
    };
    assert_eq!(rows(&["-o", "csv"]), 60);
    assert_eq!(rows(&["-o", "table"]), 50);
    assert_eq!(rows(&["-o", "csv", "--limit", "3"]), 3);
    let json = cli.json(0, &["case", "ls"]);
    assert_eq!(json["rows"].as_array().map(Vec::len), Some(60));
}
