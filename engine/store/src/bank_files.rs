//! The bank's files (银行文件): when the last one was taken, for a book that is not
//! kept up must not dun anybody.
//!
//! Payments come in event files, so their age is the book's age; a site that has
//! never had one lives by its case lists.

use serde::Serialize;
use sqlx::FromRow;

use crate::{Conn, Now, StoreError, meta};

/// What a file of the bank holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BankFile {
    /// A list of cases.
    Cases,
    /// Payments and what else happened.
    Events,
}

impl BankFile {
    fn key(self) -> &'static str {
        match self {
            Self::Cases => "bank_file_cases_at",
            Self::Events => "bank_file_events_at",
        }
    }
}

/// When the last files of the bank were taken, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct LastFiles {
    /// The last case list.
    pub cases_at: Option<i64>,
    /// The last event file.
    pub events_at: Option<i64>,
}

impl LastFiles {
    /// Since when the book may be out of date; `None` for a site that has never
    /// taken a file.
    pub fn book_at(&self) -> Option<i64> {
        self.events_at.or(self.cases_at)
    }
}

/// Notes that a file was taken, whatever it held: an empty one says that nothing
/// happened, the same one again that nothing is new.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn taken(conn: &mut Conn, now: &Now, file: BankFile) -> Result<(), StoreError> {
    meta::set_number(conn, file.key(), now.ms).await
}

/// When the last files were taken.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn last(conn: &mut Conn) -> Result<LastFiles, StoreError> {
    let cases_at = meta::number(conn, BankFile::Cases.key()).await?;
    let events_at = meta::number(conn, BankFile::Events.key()).await?;
    Ok(LastFiles { cases_at, events_at })
}

const HELD: &str = "\
select placed_at, lifted_at from sending_stops
where cause = 'stale_book' and scope = 'act' order by id desc limit 1";

/// When demands were held because the book was too old.
#[derive(Clone, Copy, Debug, Eq, FromRow, PartialEq)]
pub struct Held {
    /// Since when, in milliseconds since 1970.
    pub placed_at: i64,
    /// Until when; `None` while they are.
    pub lifted_at: Option<i64>,
}

/// The last time that demands were held because the book was too old.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn demands_held(conn: &mut Conn) -> Result<Option<Held>, StoreError> {
    Ok(sqlx::query_as(HELD).fetch_optional(conn).await?)
}
