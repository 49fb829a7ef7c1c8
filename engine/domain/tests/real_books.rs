//! Ageing of real books (真实账本的账龄): every figure equals the one expected.
//!
//! The books lie outside the repository, in `$QINGSHOU_DATA` or beside the
//! workspace in `../shared/data`. Without them the tests say that they did
//! not run, and fail where `CI=true`.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test may read files, the domain may not"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use domain::arrears::{AgeingBucket, Schedule};
use domain::calendar::{Calendar, LONGEST_BREAK_DAYS, YearCalendar};
use domain::ledger::{Entry, EntryKind};
use domain::money::Fen;
use jiff::ToSpan;
use jiff::civil::{Date, date};

type Row = BTreeMap<String, String>;

/// A folder of the data, or `None` after saying that the test did not run.
fn folder(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("QINGSHOU_DATA").map_or_else(beside, PathBuf::from);
    let folder = data.join(name);
    if folder.is_dir() {
        return Some(folder);
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
    None
}

fn rows(path: &Path) -> Vec<Row> {
    let file = File::open(path).expect("the file is there");
    let gz = path.extension().is_some_and(|extension| extension == "gz");
    let text: Box<dyn Read> =
        if gz { Box::new(flate2::read::GzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = csv::Reader::from_reader(text);
    reader
        .deserialize()
        .map(|deserialize| deserialize.expect("the row is well formed"))
        .collect()
}

fn day(text: &str) -> Date {
    text.parse().expect("the date is well formed")
}

fn fen(text: &str) -> Fen {
    Fen::from_yuan(text).expect("the amount is well formed")
}

/// The ledgers of a book, from its events.
fn ledgers(folder: &Path) -> BTreeMap<String, Schedule> {
    let mut entries: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for row in rows(&folder.join("events.csv.gz")) {
        let case = entries.entry(row["case_id"].clone()).or_default();
        if let Some(kind) = EntryKind::parse(&row["kind"]) {
            let entry =
                Entry { kind, booked_on: day(&row["date"]), amount: fen(&row["amount"]) };
            case.push(entry);
        }
    }
    entries.into_iter().map(|(case, it)| (case, Schedule::of_ledger(&it))).collect()
}

fn max_dpd_equals_expected(name: &str, as_of: Date) {
    let Some(folder) = folder(name) else { return };
    let ledgers = ledgers(&folder);
    let expected = rows(&folder.join("expected_cases.csv"));
    assert!(!expected.is_empty());
    for row in expected {
        let case = &row["case_id"];
        let found = ledgers[case].max_dpd(as_of);
        assert_eq!(found.to_string(), row["max_dpd"], "{case}");
        let unpaid = ledgers[case].overdue_amount_at_end_of(as_of);
        assert_eq!(unpaid, fen(&row["unpaid_due_at_cutoff"]), "{case}");
    }
}

#[test]
fn the_worst_delay_of_every_loan_is_as_expected() {
    max_dpd_equals_expected("kiva", date(2015, 1, 5));
}

#[test]
fn the_worst_delay_of_every_fine_is_as_expected() {
    max_dpd_equals_expected("fines_sample", date(2013, 6, 18));
}

#[test]
fn the_ageing_report_of_every_month_is_as_expected() {
    let Some(folder) = folder("kiva") else { return };
    let ledgers = ledgers(&folder);
    let in_book: BTreeSet<String> = rows(&folder.join("cases.csv"))
        .into_iter()
        .filter(|row| row["in_book"] == "1")
        .map(|row| row["case_id"].clone())
        .collect();
    let book: Vec<&Schedule> = ledgers
        .iter()
        .filter(|ledger| in_book.contains(ledger.0))
        .map(|ledger| ledger.1)
        .collect();
    assert_eq!(book.len(), 616);
    let expected = rows(&folder.join("expected_ageing.csv"));
    assert!(!expected.is_empty());
    for row in expected {
        let as_of = day(&row["as_of"]);
        let bucket =
            AgeingBucket::ALL.into_iter().find(|it| it.as_str() == row["bucket"]);
        let bucket = bucket.expect("the heading is known");
        let ages = book.iter().filter_map(|it| it.age_at_end_of(as_of));
        let ages: Vec<_> = ages.filter(|age| age.bucket == bucket).collect();
        let overdue: Fen = ages.iter().map(|age| age.overdue).sum();
        assert_eq!(ages.len().to_string(), row["n_cases"], "{row:?}");
        assert_eq!(overdue, fen(&row["overdue_amount"]), "{row:?}");
    }
}

fn shipped_calendar() -> Calendar {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows/calendars/cn");
    let year = |n: i16| {
        let text = std::fs::read_to_string(folder.join(format!("{n}.toml")));
        YearCalendar::parse(&text.expect("the calendar is there"))
            .expect("it is well formed")
    };
    Calendar::from_years((2023..=2026).map(year)).expect("each year comes once")
}

#[test]
fn the_shipped_calendars_agree_with_another_list_of_holidays() {
    let Some(folder) = folder("cn") else { return };
    let rows = rows(&folder.join("holidays.csv"));
    let days = |kind: &str| -> BTreeSet<Date> {
        rows.iter()
            .filter(|row| row["kind"] == kind)
            .map(|row| day(&row["date"]))
            .collect()
    };
    let (off, worked) = (days("holiday"), days("workday_on_weekend"));
    let calendar = shipped_calendar();
    let mut today = date(2023, 1, 1);
    while today <= date(2026, 12, 31) {
        let weekday = today.weekday().to_monday_zero_offset() < 5;
        let expected = worked.contains(&today) || (weekday && !off.contains(&today));
        assert_eq!(calendar.is_workday(today).is_work(), expected, "{today}");
        today = today.tomorrow().expect("far from the end of time");
    }
}

#[test]
fn no_break_on_record_was_longer_than_deadlines_allow_for() {
    let Some(folder) = folder("cn") else { return };
    let rows = rows(&folder.join("holidays.csv"));
    let off: BTreeSet<Date> = rows
        .iter()
        .filter(|row| row["kind"] == "holiday")
        .map(|row| day(&row["date"]))
        .collect();
    let worked: BTreeSet<Date> = rows
        .iter()
        .filter(|row| row["kind"] == "workday_on_weekend")
        .map(|row| day(&row["date"]))
        .collect();
    let (mut today, mut longest, mut current) = (date(2004, 1, 1), 0, 0);
    while today <= date(2026, 12, 31) {
        let weekend = 5 <= today.weekday().to_monday_zero_offset();
        let free = off.contains(&today) || (weekend && !worked.contains(&today));
        current = if free { current + 1 } else { 0 };
        longest = longest.max(current);
        today = today.saturating_add(1.day());
    }
    assert!((7..LONGEST_BREAK_DAYS).contains(&longest), "{longest} days");
}
