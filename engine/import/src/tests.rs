//! Whole imports (导入) into a real store: what is stored, what is refused, and
//! that nothing is ever half done.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use domain::ids::CaseId;
use domain::ledger::EntryKind;
use jiff::civil::date;
use store::{Now, case_book, events as happened, ledger, promises};
use tempfile::TempDir;

use super::*;

mod components;
mod lists;
mod mistaken;
mod people;
mod rows;

const CASES: &str = "case_id,debtor_id,debtor_name,principal,opened,guarantor\n\
    A,K1,谢小禾,1000.00,2025-01-10,\n\
    B,K2,石榴,500.00,2025-02-01,方舟\n";

const EVENTS: &str = "seq,date,case_id,kind,amount,actor,note\n\
    1,2025-01-10,A,open,1000.00,高山青,\n\
    2,2025-07-10,A,due,1000.00,,\n\
    3,2025-08-01,A,payment,300.00,高山青,\n\
    4,2025-09-01,A,complaint,,,too many calls\n\
    5,2025-09-02,X,payment,5.00,,\n";

struct Site {
    folder: TempDir,
    store: Store,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::for_test(folder.path()).await.unwrap();
        Self { folder, store }
    }

    async fn with_cases() -> Self {
        let site = Self::new().await;
        site.cases("cases.csv", CASES).await.unwrap();
        site
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn options(&self) -> Options {
        Options {
            lang: Lang::En,
            rejects_dir: self.folder.path().join("rejects"),
            ..Options::default()
        }
    }

    async fn cases(
        &self,
        name: &str,
        bytes: impl AsRef<[u8]>,
    ) -> Result<ImportReport, ImportError> {
        let path = self.file(name, bytes);
        import_cases(&self.store, &moment(&|_| None), &path, &self.options()).await
    }

    async fn events(
        &self,
        name: &str,
        bytes: impl AsRef<[u8]>,
    ) -> Result<ImportReport, ImportError> {
        let path = self.file(name, bytes);
        import_events(&self.store, &moment(&|_| None), &path, &self.options()).await
    }

    async fn case(&self, no: &str) -> CaseId {
        let mut reader = self.store.read().await.unwrap();
        case_book::find_case(reader.conn(), no).await.unwrap().unwrap()
    }

    async fn ledger(&self, no: &str) -> Vec<ledger::Booked> {
        let case = self.case(no).await;
        let mut reader = self.store.read().await.unwrap();
        ledger::of_case(reader.conn(), case).await.unwrap()
    }

    /// One figure of the store, by a statement that answers a whole number.
    async fn count(&self, statement: &'static str) -> i64 {
        let mut reader = self.store.read().await.unwrap();
        sqlx::query_scalar(statement).fetch_one(reader.conn()).await.unwrap()
    }

    async fn rows_in_all(&self) -> i64 {
        self.count(
            "select (select count(*) from cases) + (select count(*) from parties)
               + (select count(*) from ledger) + (select count(*) from events)
               + (select count(*) from holds) + (select count(*) from promises)",
        )
        .await
    }
}

fn moment(
    reschedule: &(dyn Fn(&ledger::Rescheduled) -> Option<i64> + Sync),
) -> Moment<'_> {
    let now = Now { ms: 1_775_005_200_000, civil: date(2026, 4, 1).at(9, 0, 0, 0) };
    Moment {
        now,
        resume_at_ms: now.ms,
        reschedule,
        tolerance_after: &|_| 0,
        near_after: &|_| 3,
    }
}

fn code(outcome: Result<ImportReport, ImportError>) -> &'static str {
    match outcome {
        Err(ImportError::File(fault)) => fault.code,
        Err(ImportError::Store(fault)) => panic!("{fault}"),
        Ok(report) => panic!("{}", report.text(Lang::En)),
    }
}

#[tokio::test]
async fn a_book_is_imported_once_and_again_changes_nothing() {
    let site = Site::new().await;
    let cases = site.cases("cases.csv", CASES).await.unwrap();
    assert_eq!((cases.new, cases.changed, cases.unchanged), (2, 0, 0));
    let events = site.events("events.csv", EVENTS).await.unwrap();
    assert_eq!(
        (events.booked, events.recorded, events.skipped_unknown_case),
        (3, 1, 1),
        "{}",
        events.text(Lang::En)
    );
    let before = site.rows_in_all().await;
    let cases = site.cases("cases.csv", CASES).await.unwrap();
    assert_eq!((cases.new, cases.changed, cases.unchanged), (0, 0, 2));
    assert!(cases.text(Lang::En).contains("nothing has changed"));
    let events = site.events("again.csv", EVENTS).await.unwrap();
    assert_eq!((events.booked, events.duplicates), (0, 4));
    assert!(events.changed_nothing());
    assert_eq!(site.rows_in_all().await, before);
}

#[tokio::test]
async fn the_same_book_in_every_form_is_the_same_book() {
    let chinese = "贷款编号,客户编号,客户姓名,借款本金,放款日期,保证人\n\
        A,K1,谢小禾,1000.00,2025/1/10,\n\
        B,K2,石榴,500.00,20250201,方舟\n";
    let (gbk, _, _) = encoding_rs::GB18030.encode(chinese);
    let mut packed =
        flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(chinese.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let semicolons = chinese.replace(',', ";");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(chinese.lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            sheet.write(row, column, cell).unwrap();
        }
    }
    let site = Site::with_cases().await;
    let files: [(&str, Vec<u8>); 5] = [
        ("utf8.csv", chinese.as_bytes().to_vec()),
        ("gbk.csv", gbk.into_owned()),
        ("packed.csv.gz", packed),
        ("semicolons.csv", semicolons.into_bytes()),
        ("book.xlsx", book.save_to_buffer().unwrap()),
    ];
    for (name, bytes) in files {
        let report = site.cases(name, bytes).await.unwrap();
        let figures = (report.new, report.changed, report.unchanged, report.rejected);
        assert_eq!(figures, (0, 0, 2, 0), "{name}: {}", report.text(Lang::En));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_stores_nothing() {
    let site = Site::with_cases().await;
    let before = site.rows_in_all().await;
    let (gbk, _, _) = encoding_rs::GB18030.encode("3,2025-01-01,A,还款,5,王,备注\n");
    let mixed = [EVENTS.replace("open", "放款").as_bytes(), &gbk].concat();
    let whole = {
        let mut encoder =
            flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(EVENTS.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let files: [(&str, &str, Vec<u8>); 6] = [
        ("empty", "I020", Vec::new()),
        ("packed and cut", "I002", whole[..whole.len() / 2].to_vec()),
        ("cut in a row", "I021", EVENTS.as_bytes()[..EVENTS.len() - 9].to_vec()),
        ("two encodings", "I010", mixed),
        ("no kind", "I030", EVENTS.replace("kind", "what").into_bytes()),
        ("a header twice", "I032", EVENTS.replace("actor", "note").into_bytes()),
    ];
    for (name, wanted, bytes) in files {
        assert_eq!(code(site.events("events.csv", bytes).await), wanted, "{name}");
    }
    assert_eq!(site.rows_in_all().await, before);
    assert!(!site.folder.path().join("rejects").exists());
}

#[tokio::test]
async fn a_lone_mark_or_an_unreadable_letter_costs_its_own_row() {
    let rows = [
        ("an open quote", "R036", EVENTS.replace(",too many", ",\"too many"), 5),
        ("a control character", "R035", EVENTS.replace("300.00,高山青", "300.00,\0"), 4),
        (
            "text damaged before",
            "R032",
            EVENTS.replace("300.00,高山青", "300.00,\u{fffd}"),
            4,
        ),
    ];
    for (name, wanted, text, line) in rows {
        let site = Site::with_cases().await;
        let report = site.events("events.csv", text).await.unwrap();
        let told = report.text(Lang::En);
        // The last row is of a loan that is not in the book.
        assert_eq!(report.first_rejected.len(), 2, "{name}: {told}");
        let rejected = &report.first_rejected[0];
        assert_eq!((rejected.code, rejected.line), (wanted, line), "{name}");
        assert_eq!(report.booked + report.recorded, 3, "{name}: {told}");
    }
}

#[tokio::test]
async fn a_header_alone_is_an_empty_book_and_says_so() {
    let site = Site::new().await;
    let report = site.cases("cases.csv", "case_id,principal\n").await.unwrap();
    assert_eq!(report.rows, 0);
    assert!(report.text(Lang::En).contains("no rows"), "{}", report.text(Lang::En));
    assert!(!report.has_failed());
}

#[tokio::test]
async fn bad_rows_go_to_a_file_that_can_be_mended_and_imported() {
    let site = Site::with_cases().await;
    let file = "seq,date,case_id,kind,amount\n\
        1,2025-03-01,A,payment,-5\n\
        2,2025-03-01,A,payment,1.005\n\
        3,2025-02-30,A,payment,5\n\
        4,2025-03-01,A,payment\n\
        5,2025-03-01,A,payment,5\n";
    let report = site.events("pay.csv", file).await.unwrap();
    assert_eq!((report.booked, report.rejected), (1, 4));
    let codes: Vec<_> =
        report.first_rejected.iter().map(|it| (it.line, it.code)).collect();
    assert_eq!(codes, [(2, "R011"), (3, "R012"), (4, "R022"), (5, "R001")]);
    let path = PathBuf::from(report.rejects_file.unwrap());
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains("more than two decimals"), "{text}");
    let mended = text
        .replace(",-5", ",5")
        .replace("1.005", "1.00")
        .replace("02-30", "02-28")
        .replace("4,2025-03-01,A,payment", "4,2025-03-01,A,payment,7");
    let report = site.events("mended.csv", mended).await.unwrap();
    assert_eq!((report.booked, report.rejected), (4, 0), "{}", report.text(Lang::En));
    assert_eq!(site.ledger("A").await.len(), 5);
}

#[tokio::test]
async fn a_payment_long_before_the_loan_is_rejected_and_one_shortly_before_is_named() {
    let site = Site::with_cases().await;
    let file = "seq,date,case_id,kind,amount\n\
        1,2024-12-09,A,payment,5\n\
        2,2024-12-10,A,payment,6\n\
        3,2025-01-10,A,payment,7\n";
    let report = site.events("pay.csv", file).await.unwrap();
    assert_eq!((report.booked, report.rejected), (2, 1), "{}", report.text(Lang::En));
    assert_eq!(report.first_rejected[0].code, "R074");
    assert_eq!(report.first_rejected[0].line, 2);
    assert!(report.text(Lang::En).contains("check lines 3"), "{}", report.text(Lang::En));
}

#[tokio::test]
async fn the_same_event_with_another_amount_is_rejected_and_the_first_stays() {
    let site = Site::with_cases().await;
    let head = "seq,date,case_id,kind,amount\n";
    let row = "1,2025-03-01,A,payment,5\n";
    let other = "1,2025-03-01,A,payment,6\n";
    let report = site.events("a.csv", format!("{head}{row}{row}{other}")).await.unwrap();
    assert_eq!((report.booked, report.duplicates, report.rejected), (1, 1, 1));
    assert_eq!(report.first_rejected[0].code, "R070");
    let report = site.events("b.csv", format!("{head}{other}")).await.unwrap();
    assert_eq!((report.booked, report.rejected), (0, 1));
    assert!(report.has_failed());
    assert_eq!(site.ledger("A").await[0].amount.0, 500);
}

#[tokio::test]
async fn a_reversal_takes_back_the_payment_it_names_or_the_latest_of_its_amount() {
    let site = Site::with_cases().await;
    let file = "seq,date,case_id,kind,amount,ref\n\
        1,2025-03-01,A,payment,5,\n\
        2,2025-03-02,A,payment,5,\n\
        3,2025-03-03,A,payment,5,\n\
        4,2025-03-04,A,reversal,5,1\n\
        5,2025-03-02,A,reversal,5,\n\
        6,2025-03-09,A,reversal,8,\n\
        7,2025-03-09,A,reversal,4,3\n\
        8,2025-03-09,A,reversal,5,1\n";
    let report = site.events("pay.csv", file).await.unwrap();
    let codes: Vec<_> =
        report.first_rejected.iter().map(|it| (it.line, it.code)).collect();
    assert_eq!(codes, [(7, "R071"), (8, "R073"), (9, "R072")]);
    let booked = site.ledger("A").await;
    let reversed: Vec<_> = booked
        .iter()
        .filter_map(|it| it.reverses)
        .filter_map(|id| booked.iter().find(|it| it.id == id))
        .map(|it| it.booked_on)
        .collect();
    assert_eq!(reversed, [date(2025, 3, 2), date(2025, 3, 1)]);
    let again = site.events("pay.csv", file).await.unwrap();
    assert_eq!((again.booked, again.duplicates), (0, 5), "{}", again.text(Lang::En));
}

#[tokio::test]
async fn promises_and_everything_else_reach_the_case() {
    let site = Site::with_cases().await;
    let file = "流水号,日期,贷款编号,类型,金额,备注,承诺还款日,结果\n\
        1,2026-03-01,A,承诺还款,200,,2026-05-01,\n\
        2,2026-03-02,A,通话结果,,答应来网点,,接通\n\
        3,2026-03-03,A,暂停,,律师代理,,\n\
        4,2026-03-04,B,死亡,,,,\n\
        5,2026-03-05,B,打雷,,劈了电线杆,,\n";
    let report = site.events("events.csv", file).await.unwrap();
    assert_eq!((report.recorded, report.rejected), (5, 0), "{}", report.text(Lang::En));
    let (a, b) = (site.case("A").await, site.case("B").await);
    let mut reader = site.store.read().await.unwrap();
    let promised = promises::of_case(reader.conn(), a).await.unwrap();
    assert_eq!(promised[0].due_on, date(2026, 5, 1));
    let told = happened::of_case(reader.conn(), b).await.unwrap();
    let other = told.iter().find(|it| it.kind == "note").unwrap();
    assert_eq!(other.payload["kind"], "打雷");
    drop(reader);
    let held = "select count(*) from cases where (case_no = 'A' and holds = 'lawyer')
        or (case_no = 'B' and holds = 'deceased')";
    assert_eq!(site.count(held).await, 2);
    let before = site.rows_in_all().await;
    let again = site.events("events.csv", file).await.unwrap();
    assert_eq!((again.recorded, again.duplicates), (0, 5), "{}", again.text(Lang::En));
    assert_eq!(site.rows_in_all().await, before);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_stores_nothing() {
    let site = Site::with_cases().await;
    let before = site.rows_in_all().await;
    let path = site.file("events.csv", EVENTS.replace("300.00", "-300.00"));
    let options = Options { dry_run: true, ..site.options() };
    let dry =
        import_events(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(site.rows_in_all().await, before);
    assert!(!site.folder.path().join("rejects").exists());
    let options = site.options();
    let wet =
        import_events(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(dry, ImportReport { dry_run: true, rejects_file: None, ..wet });
}

#[tokio::test]
async fn rejects_that_cannot_be_written_undo_the_import() {
    let site = Site::with_cases().await;
    let before = site.rows_in_all().await;
    let path = site.file("events.csv", EVENTS.replace("300.00", "-300.00"));
    // A file stands where the folder should be, as when a disk is full.
    let rejects_dir = site.file("rejects", "in the way");
    let options = Options { rejects_dir, ..site.options() };
    let outcome = import_events(&site.store, &moment(&|_| None), &path, &options).await;
    assert_eq!(code(outcome), "I006");
    assert_eq!(site.rows_in_all().await, before);
}

#[tokio::test]
async fn no_message_repeats_what_stands_in_a_cell() {
    let site = Site::with_cases().await;
    // Shifted by one column: the name stands where the amount belongs.
    let file = "seq,date,case_id,kind,amount\n1,2025-03-01,A,payment,谢小禾\n\
        2,15400000001,A,payment,5\n3,2025-03-01,A,谢小禾,15400000001\n";
    let report = site.events("events.csv", file).await.unwrap();
    let told = serde_json::to_string(&report).unwrap();
    let rejected = serde_json::to_string(&report.first_rejected).unwrap();
    assert_eq!(report.rejected, 3, "{told}");
    for private in ["谢小禾", "15400000001"] {
        assert!(!rejected.contains(private), "{rejected}");
    }
}

#[tokio::test]
async fn a_made_up_book_comes_in_whole() {
    let site = Site::new().await;
    let book = synthetic::book(2026, 400, date(2026, 4, 1));
    let files = book.write(&site.folder.path().join("book")).unwrap();
    let options = site.options();
    let at = moment(&|_| None);
    let cases = import_cases(&site.store, &at, &files.cases, &options).await.unwrap();
    assert_eq!((cases.new, cases.rejected), (400, 0), "{}", cases.text(Lang::En));
    let events = import_events(&site.store, &at, &files.events, &options).await.unwrap();
    let lines: usize = book.loans.iter().map(|loan| loan.ledger.len()).sum();
    assert_eq!((events.booked, events.rejected), (lines, 0), "{}", events.text(Lang::En));
    assert_eq!(events.notices, []);
    let guarantors: usize = book.loans.iter().map(|loan| loan.guarantors.len()).sum();
    let found = site.count("select count(*) from guarantees").await;
    assert_eq!(usize::try_from(found).unwrap(), guarantors);
}

#[tokio::test]
async fn a_replay_books_a_day_at_a_time_and_makes_up_people() {
    let site = Site::new().await;
    let bare = "case_id,debtor_id,principal,opened\nA,D-A,1000,2025-01-10\n";
    let options = site.options();
    let mut cases = CaseFile::read(&site.file("cases.csv", bare), &options).unwrap();
    cases.make_up_people();
    let events = EventFile::read(&site.file("events.csv", EVENTS), &options).unwrap();
    let at = moment(&|_| None);
    let mut tx = site.store.write().await.unwrap();
    cases.store(tx.conn(), &at).await.unwrap();
    let (first, due) = (date(2025, 1, 10), date(2025, 7, 10));
    events.apply(tx.conn(), &at, first, due).await.unwrap();
    assert_eq!(events.next_day(date(2025, 7, 11)), Some(date(2025, 8, 1)));
    let day = date(2025, 8, 1);
    let applied = events.apply(tx.conn(), &at, day, day).await.unwrap();
    assert_eq!((applied.booked, applied.unknown_case), (1, 0));
    tx.commit().await.unwrap();
    let kinds: Vec<_> = site.ledger("A").await.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [EntryKind::Open, EntryKind::Due, EntryKind::Payment]);
    let made_up =
        "select count(*) from parties where fictional = 1 and phone like '154%'";
    assert!(0 < site.count(made_up).await);
}

#[test]
fn a_replay_refuses_a_book_with_a_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.csv");
    fs::write(&path, EVENTS.replace("300.00", "-300.00")).unwrap();
    match EventFile::read(&path, &Options::default()) {
        Ok(_) => panic!("the book was taken"),
        Err(fault) => {
            assert_eq!((fault.code, fault.line), ("R011", Some(4)));
            assert_eq!(fault.file, "events.csv");
        }
    }
}

/// A payment entered by hand, with or without the number of a receipt.
async fn enter(site: &Site, amount: i64, on: Date, receipt: Option<&str>) {
    let case_id = site.case("A").await;
    let key = receipt.map_or(format!("甲:{on}"), |it| format!("receipt:{it}"));
    let entry = ledger::NewEntry {
        case_id,
        kind: EntryKind::Payment,
        amount: domain::money::Fen(amount),
        booked_on: on,
        reverses: None,
        source: "hand".to_owned(),
        dedupe_key: key,
        actor: "甲".to_owned(),
        note: String::new(),
        confirmed: false,
        inferred: false,
    };
    let mut tx = site.store.write().await.unwrap();
    ledger::post_entries(tx.conn(), &moment(&|_| None).now, &[entry]).await.unwrap();
    tx.commit().await.unwrap();
}

const PAID: &str = "select count(*) from ledger where kind = 'payment'";
const CONFIRMED: &str = "select count(*) from ledger where confirmed <> 0";

#[tokio::test]
async fn the_banks_row_for_money_entered_by_hand_confirms_it_and_books_nothing() {
    let site = Site::with_cases().await;
    enter(&site, 50_000, date(2026, 3, 30), Some("88001")).await;
    let file = "流水号,日期,贷款编号,类型,金额\n\
        88001,2026-03-31,A,还款,500\n\
        88002,2026-03-31,A,还款,500\n";
    let report = site.events("pay.csv", file).await.unwrap();
    let told = report.text(Lang::En);
    assert_eq!((report.confirmed, report.booked, report.rejected), (1, 1, 0), "{told}");
    assert_eq!((site.count(PAID).await, site.count(CONFIRMED).await), (2, 2));
    let again = site.events("again.csv", file).await.unwrap();
    assert_eq!((again.duplicates, again.booked), (2, 0), "{}", again.text(Lang::En));
    assert!(again.changed_nothing());
}

#[tokio::test]
async fn a_row_that_may_be_money_entered_by_hand_waits_for_a_person() {
    let site = Site::with_cases().await;
    enter(&site, 50_000, date(2026, 3, 28), None).await;
    let file = "流水号,日期,贷款编号,类型,金额\n\
        7,2026-03-31,A,还款,500\n\
        8,2026-04-01,A,还款,500\n\
        9,2026-03-28,A,还款,499\n\
        10,2026-03-28,B,还款,500\n";
    let report = site.events("pay.csv", file).await.unwrap();
    let told = report.text(Lang::Zh);
    assert_eq!((report.booked, report.rejected), (3, 1), "{told}");
    assert_eq!(report.first_rejected[0].code, "R075");
    assert!(told.contains("疑似重复") && told.contains("--confirm"), "{told}");
    enter(&site, 100, date(2026, 3, 1), Some("99")).await;
    let other = "流水号,日期,贷款编号,类型,金额\n99,2026-03-01,A,还款,2\n";
    let report = site.events("other.csv", other).await.unwrap();
    assert_eq!(report.first_rejected[0].code, "R075", "another amount, same number");
}

#[tokio::test]
async fn a_number_that_began_anew_is_another_payment_or_a_question() {
    let site = Site::with_cases().await;
    enter(&site, 50_000, date(2026, 3, 5), Some("12")).await;
    let file =
        |day: &str| format!("流水号,日期,贷款编号,类型,金额\n12,{day},A,还款,500\n");
    let far = site.events("far.csv", file("2026-03-25")).await.unwrap();
    let told = far.text(Lang::Zh);
    assert_eq!((far.booked, far.confirmed, far.rejected), (0, 0, 1), "{told}");
    assert_eq!(far.first_rejected[0].code, "R075", "{told}");
    let near = site.events("near.csv", file("2026-03-06")).await.unwrap();
    assert_eq!((near.booked, near.confirmed), (0, 1), "{}", near.text(Lang::Zh));
    // The bank has told of that one: this is another.
    let far = site.events("far.csv", file("2026-03-25")).await.unwrap();
    assert_eq!((far.booked, far.rejected), (1, 0), "{}", far.text(Lang::Zh));
    let again = site.events("near.csv", file("2026-03-06")).await.unwrap();
    assert!(again.changed_nothing(), "{}", again.text(Lang::Zh));
    assert_eq!(site.count(PAID).await, 2);
}
