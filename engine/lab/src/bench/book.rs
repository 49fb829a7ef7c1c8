//! The files of a made-up book (测速清单), as a bank would hand them over: a case list
//! and an events file in the order of its days, so that the rows of a loan lie far
//! apart.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::import::ImportOptions;

/// The day on which the book comes in.
pub(super) const TODAY: Date = date(2026, 4, 1);
/// Every amount, as the files write it and in fen.
pub(super) const AMOUNT: &str = "100.00";
pub(super) const AMOUNT_FEN: i64 = 10_000;

/// A case list and an events file.
pub(super) struct Book {
    pub(super) cases: PathBuf,
    pub(super) events: PathBuf,
}

/// One event of a case.
pub(super) struct Event {
    /// The bank's number of it.
    pub(super) seq: usize,
    pub(super) on: Date,
    pub(super) kind: &'static str,
}

/// The day on which the nth loan was paid out.
pub(super) fn opened_on(nth: usize) -> Date {
    let days = i64::try_from(nth % 300).unwrap_or(0);
    date(2025, 1, 1).saturating_add(days.days())
}

/// How many events the nth case has.
fn events_of(nth: usize, wanted: ImportOptions) -> usize {
    wanted.events / wanted.cases + usize::from(nth < wanted.events % wanted.cases)
}

/// The nth case's event of this place: it is opened, then something falls due and is
/// paid by turns.
fn event(nth: usize, place: usize, wanted: ImportOptions) -> Event {
    let kind = match place {
        0 => "open",
        _ if place % 2 == 1 => "due",
        _ => "payment",
    };
    let days = i64::try_from(place * 15).unwrap_or(0);
    let on = opened_on(nth).saturating_add(days.days()).min(TODAY);
    Event { seq: place * wanted.cases + nth, on, kind }
}

/// The events of one case.
pub(super) fn events(nth: usize, wanted: ImportOptions) -> impl Iterator<Item = Event> {
    (0..events_of(nth, wanted)).map(move |place| event(nth, place, wanted))
}

impl Book {
    pub(super) fn write(dir: &Path, wanted: ImportOptions) -> Result<Self> {
        let book = Self { cases: dir.join("cases.csv"), events: dir.join("events.csv") };
        book.write_cases(wanted)?;
        book.write_events(wanted)?;
        Ok(book)
    }

    fn write_cases(&self, wanted: ImportOptions) -> Result<()> {
        let mut file = BufWriter::new(File::create(&self.cases)?);
        let header = "case_id,debtor_id,debtor_name,phone,village,product,collector,principal,opened";
        writeln!(file, "{header}")?;
        for nth in 0..wanted.cases {
            let (village, collector) = (nth % 200, nth % 50);
            writeln!(
                file,
                "L{nth:08},D{nth:08},示例{nth},{},测速{village}村,测速贷款,测速员{collector},{AMOUNT},{}",
                phone(nth),
                opened_on(nth)
            )?;
        }
        file.flush()?;
        Ok(())
    }

    fn write_events(&self, wanted: ImportOptions) -> Result<()> {
        let mut file = BufWriter::new(File::create(&self.events)?);
        writeln!(file, "seq,date,case_id,kind,amount")?;
        for place in 0..events_of(0, wanted) {
            for nth in (0..wanted.cases).filter(|nth| place < events_of(*nth, wanted)) {
                let Event { seq, on, kind } = event(nth, place, wanted);
                writeln!(file, "{seq},{on},L{nth:08},{kind},{AMOUNT}")?;
            }
        }
        file.flush()?;
        Ok(())
    }
}

/// A telephone that nobody has.
pub(super) fn phone(nth: usize) -> String {
    format!("154{nth:08}")
}
