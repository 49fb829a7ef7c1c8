//! The demonstration (演示): a made-up cooperative works one quarter of 2026 on
//! the virtual clock, and its site stays to be looked at.
//!
//! The book is thrown from a fixed seed, the people answer as [`synthetic`]
//! says, the workflows are the shipped ones and the engine is the daemon's own,
//! so two demonstrations come to the same figures.

mod demo_site;
mod agenda;
mod quarter;
mod debtors;
mod staff;
mod report;
mod text;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use domain::ids::CaseId;
use jiff::civil::{Date, Time, date};
use store::case_book;
use synthetic::Book;

pub use report::DemoReport;
pub use text::{commands, summary};

/// What every demonstration is thrown from.
const SEED: u64 = 2026;
/// The first day of the quarter.
pub const FROM: Date = date(2026, 4, 1);
/// The last day of the quarter.
pub const TO: Date = date(2026, 6, 30);
/// More loans than this take a demonstration nobody waits for.
const MOST_LOANS: usize = 1_000_000;

/// What to demonstrate.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// Loans in the book.
    pub loans: usize,
    /// The folder of the site, missing or empty.
    pub into: PathBuf,
    /// The operating-system user who is to be the supervisor of the site.
    pub login: String,
    /// The server on which its store is made; a file of the site where there is none.
    pub database: Option<String>,
}

/// Where the demonstration has come to, for a progress bar: day, first, last.
pub type Progress<'a> = &'a (dyn Fn(Date, Date, Date) + Sync);

/// Makes the site, imports the book and runs the quarter.
///
/// # Errors
///
/// The folder holds something already, or cannot be written.
pub async fn demo(wanted: &DemoOptions, progress: Progress<'_>) -> Result<DemoReport> {
    if wanted.loans == 0 || MOST_LOANS < wanted.loans {
        bail!("--loans 应为 1–{MOST_LOANS} · --loans should be 1–{MOST_LOANS}");
    }
    let loans =
        u32::try_from(wanted.loans).context("--loans 过大 · --loans is too large")?;
    let book = synthetic::book(SEED, loans, FROM);
    let demo_site = Box::pin(demo_site::make(wanted, &book)).await?;
    progress(FROM, FROM, TO);
    let events = demo_site::import(&demo_site, &book).await?;
    let engine = &demo_site.engine;
    let cases = numbers(engine, &book).await?;
    let mut quarter = quarter::Quarter::new(engine, &book, &cases);
    Box::pin(quarter.run(progress)).await?;
    let report = report::tell(&demo_site, &book, events).await?;
    engine.store.close().await?;
    Ok(report)
}

/// The cases of the book, in its order.
async fn numbers(engine: &runtime::Engine, book: &Book) -> Result<Vec<CaseId>> {
    let mut conn = engine.store.read().await?;
    let numbers: Vec<&str> =
        book.loans.iter().map(|loan| loan.case_no.as_str()).collect();
    let found = case_book::find_cases(conn.conn(), &numbers).await?;
    let number = |no: &&str| {
        found
            .get(*no)
            .copied()
            .with_context(|| format!("台账少了 {no} · the book lacks {no}"))
    };
    numbers.iter().map(number).collect()
}

/// When a day's money and news come in: before opening time.
const NEWS_AT: Time = Time::constant(7, 0, 0, 0);
/// When collectors write down what came of the day's contacts.
const REPORTS_AT: Time = Time::constant(15, 0, 0, 0);
/// When the supervisor looks at what waits for a second person.
const SUPERVISOR_AT: Time = Time::constant(17, 0, 0, 0);

#[cfg(test)]
mod tests;
