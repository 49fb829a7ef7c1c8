//! Verification (核验): proves of any store that nothing was lost, changed or
//! done twice.
//!
//! The journal is proved by its chains, the books by their seals, the orders by
//! the journal, and what is derived by deriving it again. I1 to I5 are the
//! invariants of a store, which ARCHITECTURE.md puts beside its own.

mod books;
mod chains;
mod derived;
mod lines;
mod orders;
mod questions;

use serde::Serialize;
use sqlx::Row;

use crate::{Conn, StoreError, dialect};

/// One thing that must not be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// `I1` … `I5`, `chain`, `seal`, `order`, `stage`, `timer`, `totals`,
    /// `holds`, `limitation`.
    pub check: &'static str,
    /// What is wrong where, without personal data.
    pub what: String,
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
    /// Cases whose totals were summed again.
    pub cases: u64,
    /// Everything wrong; empty for a sound store.
    pub faults: Vec<Fault>,
}

impl Verdict {
    fn fault(&mut self, check: &'static str, what: impl Into<String>) {
        self.faults.push(Fault { check, what: what.into() });
    }
}

/// Proves the chain and the invariants of a whole store, as it stood at one
/// moment: a daemon may be at work on it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read; faults found are not
/// errors but part of the [`Verdict`].
pub async fn verify(conn: &mut Conn) -> Result<Verdict, StoreError> {
    sqlx::query(dialect::BEGIN_SNAPSHOT).execute(&mut *conn).await?;
    let verdict = verdict(conn).await;
    sqlx::query(dialect::END_SNAPSHOT).execute(conn).await?;
    verdict
}

async fn verdict(conn: &mut Conn) -> Result<Verdict, StoreError> {
    let mut verdict = Verdict::default();
    chains::verify(conn, &mut verdict).await?;
    books::verify(conn, &mut verdict).await?;
    orders::verify(conn, &mut verdict).await?;
    for (check, question, meaning) in questions::QUESTIONS {
        let rows = sqlx::query(*question).fetch_all(&mut *conn).await?;
        for row in &rows {
            verdict.fault(check, format!("{meaning}({})", row.get::<i64, _>(0)));
        }
    }
    derived::verify(conn, &mut verdict).await?;
    verdict.cases = count(conn, "select count(*) from cases").await?;
    Ok(verdict)
}

async fn count(conn: &mut Conn, sql: &'static str) -> Result<u64, StoreError> {
    let n: i64 = sqlx::query(sql).fetch_one(conn).await?.get(0);
    Ok(u64::try_from(n).unwrap_or(0))
}
