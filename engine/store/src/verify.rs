//! Verification (核验): proves of any store that nothing was lost, changed or
//! done twice.
//!
//! The journal is proved by its chains, the books by their seals, the orders by
//! the journal, and what is derived by deriving it again. I1 to I5 are the
//! invariants of a store, which ARCHITECTURE.md puts beside its own.

mod books;
mod chains;
mod components;
mod contacts;
mod derived;
mod orders;
mod parts;
mod people;
mod questions;
mod reviews;

use domain::say::Say;
use parts::Parts;
use serde::{Serialize, Serializer};

use crate::progress::Progress;
use crate::{Conn, Store, StoreError, meta, pair};

/// One thing that must not be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// `I1` … `I5`, `chain`, `seal`, `order`, `stage`, `timer`, `totals`,
    /// `parts`, `contact`, `holds`, `limitation`, `promises`, `confirmed`; `books` for those of a plugin.
    pub check: &'static str,
    /// What is wrong where, without personal data; `what` and `what_en` in JSON.
    #[serde(flatten, serialize_with = "as_what")]
    pub say: Say,
    /// The institution's number of the loan that it is about, where it is
    /// about one that is in the book.
    pub case_no: Option<String>,
    /// The row that it is about: numbers of rows are given out once in a store.
    #[serde(skip)]
    about: i64,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    /// Journal lines whose hash was computed again.
    pub journal_lines: u64,
    /// Chains they form.
    pub chains: u64,
    /// Seals computed again.
    pub seals: u64,
    /// Orders held against the journal.
    pub orders: u64,
    /// Reviews judged once more under the rules of their day.
    pub reviews: u64,
    /// Cases whose totals were summed again.
    pub cases: u64,
    /// Everything wrong; empty for a sound store.
    pub faults: Vec<Fault>,
}

impl Fault {
    /// A fault of a store as a whole, told in Chinese and English.
    pub fn of_whole(check: &'static str, say: Say) -> Self {
        Self { check, say, case_no: None, about: 0 }
    }

    /// A fault in the books of a plugin, of a loan.
    pub fn of_books(case_no: Option<String>, say: Say) -> Self {
        Self { check: "books", say, case_no, about: 0 }
    }
}

impl Verdict {
    /// Notes a fault of a row; of none where `about` is 0.
    fn fault(
        &mut self,
        check: &'static str,
        about: i64,
        what: impl Into<String>,
        what_en: impl Into<String>,
    ) {
        let say = Say::new(what, what_en);
        self.faults.push(Fault { check, say, case_no: None, about });
    }
}

/// The two texts under the names that whoever reads the JSON of `verify` knows.
fn as_what<S: Serializer>(say: &Say, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Named<'a> {
        what: &'a str,
        what_en: &'a str,
    }
    Named { what: &say.zh, what_en: &say.en }.serialize(to)
}

/// Proves the chain and the invariants of a whole store, as it stood at one
/// moment: a daemon may be at work on it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read; faults found are not
/// errors but part of the [`Verdict`].
pub async fn verify(conn: &mut Conn) -> Result<Verdict, StoreError> {
    let found = pair::alone(conn, &Parts::new(Progress::default())).await?;
    named(conn, parts::gathered(found)).await
}

/// Proves a store as [`verify`] does, by two readers at once where it has them, and
/// counts how far it has come.
///
/// # Errors
///
/// As [`verify`].
pub async fn verify_store(
    store: &Store,
    progress: &Progress,
) -> Result<Verdict, StoreError> {
    let found = pair::share(store, Parts::new(progress.clone())).await?;
    let found = parts::gathered(found.into_iter().flatten().collect());
    named(store.read().await?.conn(), found).await
}

/// A counter of the store; none where what stands there is no number.
async fn counter(conn: &mut Conn, key: &str) -> Result<i64, StoreError> {
    match meta::number(conn, key).await {
        Err(StoreError::Data(_)) => Ok(0),
        counted => Ok(counted?.unwrap_or(0)),
    }
}

/// Looks up the loans that faults are about.
async fn named(conn: &mut Conn, mut verdict: Verdict) -> Result<Verdict, StoreError> {
    for fault in verdict.faults.iter_mut().take(MOST_NAMED) {
        fault.case_no = case_of(conn, fault.about).await?;
    }
    Ok(verdict)
}

/// Of so many faults the loan is looked up; a store with more is lost as it is.
const MOST_NAMED: usize = 1000;

const CASE_OF: &str = "\
select c.case_no from cases c where c.id in (
  select id from cases where id = $1
  union all select case_id from instances where id = $1
  union all select case_id from outbox where id = $1
  union all select case_id from holds where id = $1
  union all select case_id from ledger where id = $1
  union all select case_id from contacts where id = $1
  union all select case_id from promises where id = $1
  union all select case_id from interruptions where id = $1
  union all select case_id from clock_acts where id = $1
  union all select case_id from clock_withdrawals where id = $1
  union all select i.case_id from inbox b
    join instances i on i.id = b.instance_id where b.id = $1)";

async fn case_of(conn: &mut Conn, row: i64) -> Result<Option<String>, StoreError> {
    if row == 0 {
        return Ok(None);
    }
    Ok(sqlx::query_scalar(CASE_OF).bind(row).fetch_optional(conn).await?)
}
