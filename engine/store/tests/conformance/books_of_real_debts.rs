//! Real books of debts (真实台账) age to the day as three others computed them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use foldhash::HashMap;
use jiff::civil::{Date, date};
use store::case_book::{self, CaseRow};
use store::ledger::NewEntry;
use store::{ledger, reports};

use crate::harness::{TestStore, morning};

/// Rows booked in one transaction.
const BATCH: usize = 2_000;

/// Whether a book is there. Without it the tests say that they did not run,
/// and fail where `CI=true`.
fn is_here(book: &str) -> bool {
    let folder = data(book);
    if folder.is_dir() {
        return true;
    }
    let ci = std::env::var_os("CI").is_some_and(|variable| variable == "true");
    assert!(!ci, "no folder `{}`: set QINGSHOU_DATA", folder.display());
    // Written past the test harness, which swallows what passing tests print.
    let said = writeln!(
        std::io::stderr(),
        "NOT RUN: no folder `{}`; set QINGSHOU_DATA",
        folder.display()
    );
    said.expect("standard error is open");
    false
}

fn data(file: &str) -> PathBuf {
    let root = std::env::var_os("QINGSHOU_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    root.join(file)
}

/// The rows of a CSV file, plain or gzipped, as maps from heading to cell.
fn rows(file: &str) -> Vec<HashMap<String, String>> {
    let path = data(file);
    let opened = File::open(&path).expect("the file; set QINGSHOU_DATA to its folder");
    let zipped = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> = if zipped {
        Box::new(flate2::read::GzDecoder::new(opened))
    } else {
        Box::new(opened)
    };
    let mut csv = csv::Reader::from_reader(reader);
    csv.deserialize().map(|deserialize| deserialize.expect("a row")).collect()
}

fn cell<'a>(row: &'a HashMap<String, String>, name: &str) -> &'a str {
    row.get(name).map(String::as_str).expect("the column")
}

fn day(row: &HashMap<String, String>, name: &str) -> Date {
    cell(row, name).parse().expect("a date")
}

/// Imports the cases that `wanted` chooses and all their money.
async fn import(
    db: &TestStore,
    book: &str,
    today: Date,
    wanted: impl Fn(&HashMap<String, String>) -> bool,
) {
    let cases: Vec<CaseRow> = rows(book)
        .iter()
        .filter(|row| wanted(row))
        .map(|row| CaseRow {
            case_no: cell(row, "case_id").to_owned(),
            principal: Some(Fen::from_yuan(cell(row, "principal")).expect("an amount")),
            opened_on: Some(day(row, "opened")),
            ..CaseRow::default()
        })
        .collect();
    let mut tx = db.write().await;
    let imported = case_book::import_cases(tx.conn(), &morning(today), &cases).await;
    assert_eq!(imported.expect("imported").new, cases.len());
    tx.commit().await.expect("committed");
    let numbers: Vec<&str> = cases.iter().map(|case| case.case_no.as_str()).collect();
    let mut reader = db.store.read().await.expect("a reader");
    let known = case_book::find_cases(reader.conn(), &numbers).await.expect("found");
    drop(reader);
    let folder = book.split('/').next().expect("a folder");
    let entries = entries_of(&format!("{folder}/events.csv.gz"), &known);
    for batch in entries.chunks(BATCH) {
        let posted = db.post(today, batch).await;
        assert_eq!((posted.booked, posted.duplicates), (batch.len(), 0));
        assert!(posted.conflicts.is_empty(), "{:?}", posted.conflicts);
    }
}

fn entries_of(file: &str, known: &HashMap<String, CaseId>) -> Vec<NewEntry> {
    rows(file)
        .iter()
        .filter_map(|row| {
            Some(NewEntry {
                case_id: *known.get(cell(row, "case_id"))?,
                kind: EntryKind::parse(cell(row, "kind"))?,
                amount: Fen::from_yuan(cell(row, "amount")).ok()?,
                booked_on: day(row, "date"),
                reverses: None,
                source: file.to_owned(),
                dedupe_key: cell(row, "seq").to_owned(),
                actor: cell(row, "actor").to_owned(),
                note: String::new(),
                confirmed: true,
                inferred: false,
            })
        })
        .collect()
}

fn in_book(row: &HashMap<String, String>) -> bool {
    cell(row, "in_book") == "1"
}

promise! {
    async fn the_microloans_age_as_expected_on_every_date(db) {
        if !is_here("kiva") {
            return;
        }
        import(&db, "kiva/cases.csv", date(2015, 1, 6), in_book).await;
        let mut expected: BTreeMap<Date, Vec<(String, u64, Fen)>> = BTreeMap::new();
        for row in rows("kiva/expected_ageing.csv") {
            let n = cell(&row, "n_cases").parse().expect("a count");
            let overdue = Fen::from_yuan(cell(&row, "overdue_amount")).expect("an amount");
            let line = (cell(&row, "bucket").to_owned(), n, overdue);
            expected.entry(day(&row, "as_of")).or_default().push(line);
        }
        assert!(30 < expected.len(), "month ends from 2006 to 2008");
        for (as_of, lines) in expected {
            let report = reports::ageing(&db.store, as_of).await.expect("a report");
            let found: Vec<_> = report
                .into_iter()
                .map(|it| (it.bucket.as_str().to_owned(), it.n_cases, it.overdue))
                .collect();
            assert_eq!(found, lines, "as of {as_of}");
        }
    }
}

promise! {
    async fn the_microloans_were_at_worst_as_late_as_expected(db) {
        if !is_here("kiva") {
            return;
        }
        import(&db, "kiva/cases.csv", date(2015, 1, 6), in_book).await;
        expect_max_dpd(&db, "kiva/expected_cases.csv", date(2015, 1, 5)).await;
    }
}

promise! {
    async fn the_fines_were_at_worst_as_late_as_expected(db) {
        if !is_here("fines_sample") {
            return;
        }
        import(&db, "fines_sample/cases.csv.gz", date(2013, 6, 19), |_| true).await;
        expect_max_dpd(&db, "fines_sample/expected_cases.csv", date(2013, 6, 18)).await;
    }
}

async fn expect_max_dpd(db: &TestStore, file: &str, as_of: Date) {
    let mut expected: Vec<(String, u32)> = rows(file)
        .iter()
        .map(|row| {
            let days = cell(row, "max_dpd").parse().expect("a count");
            (cell(row, "case_id").to_owned(), days)
        })
        .collect();
    expected.sort();
    let found = reports::max_dpd(&db.store, as_of).await.expect("a report");
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

promise! {
    async fn a_book_booked_twice_is_booked_once(db) {
        if !is_here("kiva") {
            return;
        }
        let today = date(2015, 1, 6);
        import(&db, "kiva/cases.csv", today, in_book).await;
        let before = db.number(STATE, 0).await;
        let ids = db.number(NEXT_ID, 0).await;
        let numbers = rows("kiva/cases.csv");
        let numbers: Vec<&str> = numbers.iter().map(|number| cell(number, "case_id")).collect();
        let mut tx = db.write().await;
        let known = case_book::find_cases(tx.conn(), &numbers).await.expect("found");
        let entries = entries_of("kiva/events.csv.gz", &known);
        let again = ledger::post_entries(tx.conn(), &morning(today), &entries).await;
        let again = again.expect("posted");
        assert_eq!((again.booked, again.duplicates), (0, entries.len()));
        assert!(again.cases.is_empty());
        tx.commit().await.expect("committed");
        assert_eq!(db.number(STATE, 0).await, before);
        assert_eq!(db.number(NEXT_ID, 0).await, ids);
    }
}

promise! {
    async fn history_raises_no_events_and_keeps_the_totals(db) {
        if !is_here("kiva") {
            return;
        }
        import(&db, "kiva/cases.csv", date(2015, 1, 6), in_book).await;
        assert_eq!(db.number("select count(*) + $1 from events", 0).await, 0);
        let sums = "select sum(paid_fen) + $1 from cases";
        assert_eq!(db.number(sums, 0).await, 33_670_000);
        let unpaid = "select count(*) + $1 from cases where oldest_unpaid_on is not null";
        assert_eq!(db.number(unpaid, 0).await, 6);
        let wrong = "select count(*) + $1 from cases
            where balance_fen <> opened_fen + fee_fen + penalty_fen - paid_fen - waived_fen";
        assert_eq!(db.number(wrong, 0).await, 0);
    }
}

const STATE: &str = "select sum(facts_rev) + $1 from cases";
const NEXT_ID: &str = "select cast(value as bigint) + $1 from meta where key = 'next_id'";
