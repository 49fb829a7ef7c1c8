//! A whole copy of the store at one moment (备份副本), and putting one in place.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sqlx::Row;

use crate::open::{connect, install_drivers, make_private};
use crate::standing::{beside, has_its_own_log, note_id, noted_id};
use crate::{Conn, StoreError, dialect, mark, seals};

/// Copies a store as it stands at one moment; a daemon may be at work on it and
/// goes on meanwhile. The copy is one file, on disk when this returns, and for
/// its owner alone.
///
/// # Errors
///
/// [`StoreError::DiskFull`] and other faults; what was written of the copy may
/// lie there then.
pub async fn copy(store: &Path, to: &Path) -> Result<(), StoreError> {
    install_drivers();
    has_its_own_log(store)?;
    let text = to.to_str().ok_or_else(|| StoreError::data("路径含有无法识别的字符"))?;
    make_private(to)?;
    let mut conn = connect(store, "rw").await?;
    let copied =
        sqlx::query(dialect::COPY).bind(text.to_owned()).execute(&mut conn).await;
    conn.close().await?;
    copied?;
    Ok(File::open(to)?.sync_all()?)
}

/// What a store holds, to be written down beside a copy.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Contents {
    /// Lines of the journal.
    pub journal_lines: i64,
    /// The hash of its newest line; empty where it has none.
    pub journal_head: String,
    /// The hash of the newest seal; empty where there is none.
    pub newest_seal: String,
    /// The number that the next row would get.
    pub next_id: i64,
    /// Cases.
    pub cases: i64,
    /// Entries of the ledger.
    pub ledger_entries: i64,
    /// Orders.
    pub orders: i64,
    /// What all cases owe together, in fen.
    pub balance_fen: i64,
}

const CONTENTS: &str = "\
select (select count(*) from cases) as cases,
  (select count(*) from ledger) as ledger_entries,
  (select count(*) from outbox) as orders,
  (select cast(coalesce(sum(balance_fen), 0) as bigint) from cases) as balance_fen,
  coalesce((select hash from journal order by id desc limit 1), '') as journal_head";

/// Counts and sums what a store holds.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn contents(conn: &mut Conn) -> Result<Contents, StoreError> {
    let (next_id, journal_lines) = mark::counters(&mut *conn).await?;
    let newest_seal = crate::meta::text(conn, seals::NEWEST).await?.unwrap_or_default();
    let row = sqlx::query(CONTENTS).fetch_one(conn).await?;
    Ok(Contents {
        journal_lines,
        journal_head: row.try_get("journal_head")?,
        newest_seal,
        next_id,
        cases: row.try_get("cases")?,
        ledger_entries: row.try_get("ledger_entries")?,
        orders: row.try_get("orders")?,
        balance_fen: row.try_get("balance_fen")?,
    })
}

/// Up to which number rows were numbered in the store that lies, or lay, at a
/// place, if it is the one with this id. Then the logs beside it are whole.
///
/// # Errors
///
/// [`StoreError`] when the notes beside the store cannot be read.
pub fn reached_at(store: &Path, id: &str) -> Result<Option<i64>, StoreError> {
    let same = noted_id(store)?.is_some_and(|noted_id| noted_id == id);
    Ok(mark::read(store).filter(|_| same).map(|it| it.next_id))
}

/// Takes a store that was made in a place as the one that belongs there: its id is noted
/// beside it, and what was noted of another file is forgotten.
///
/// # Errors
///
/// [`StoreError`] when a file cannot be written.
pub fn is_new_in_place(store: &Path, id: &str) -> Result<(), StoreError> {
    let mark = beside(store, ".mark");
    if mark.exists() {
        fs::remove_file(mark)?;
    }
    note_id(store, id)
}

/// Puts a store in the place of a site's; what lay there is kept under the name
/// that is answered, with `aside` in it.
///
/// # Errors
///
/// [`StoreError`] when a file cannot be renamed; what lay there is there then, or
/// under its new name.
pub fn put_in_place(
    new: &Path,
    store: &Path,
    id: &str,
    aside: &str,
) -> Result<Option<PathBuf>, StoreError> {
    let old = beside(store, &format!(".{aside}"));
    let was_there = store.exists();
    // The log first: without its file it means nothing, and beside another it
    // would be read into that.
    for ending in ["-wal", "-shm", ""] {
        let from = beside(store, ending);
        if from.exists() {
            fs::rename(from, beside(&old, ending))?;
        }
    }
    let mark = beside(store, ".mark");
    if mark.exists() {
        fs::rename(mark, beside(&old, ".mark"))?;
    }
    note_id(store, id)?;
    fs::rename(new, store)?;
    if let Some(folder) = store.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(was_there.then_some(old))
}
