//! How far the store had come (水位标记), noted in a file beside it, so that an
//! older copy of it is recognised however it was put in its place.
//!
//! The mark is written behind each commit and never before it, so a store can
//! only be ahead of it. It is not synced: a power cut leaves an older mark, and
//! that is no false alarm.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sqlx::Row;

use crate::departures::Departures;
use crate::restored::{self, Pending};
use crate::standing::beside;
use crate::{Conn, StoreError, meta, plain};

/// The length of the file: one write puts all of it in place.
const LENGTH: usize = 512;

/// What the store had reached.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Reached {
    /// The number that the next row would get.
    pub(crate) next_id: i64,
    /// Lines of its journal.
    pub(crate) journal_lines: i64,
    /// What its file was when its log was last folded back.
    pub(crate) file: Header,
    /// An older store was found in its place, and nobody has answered for it.
    pub(crate) set_back: bool,
}

/// An older store lies where a newer one was (旧库).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct SetBack {
    /// Lines that the journal had, as noted beside the store; 0 where nothing is
    /// noted.
    pub lines_noted: i64,
    /// Lines that it has.
    pub lines_found: i64,
    /// The number up to which rows were numbered, where it is known.
    pub next_id_noted: Option<i64>,
    /// The moment of the backup, or when its newest line was written, in
    /// milliseconds since 1970.
    pub backup_at: i64,
    /// The log of departures beside the store tells all that has left since.
    pub log_is_whole: bool,
    /// A backup was put back by `restore`; otherwise it was done by hand.
    pub by_restore: bool,
}

/// What tells one state of a database file from an older one.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Header {
    /// Whose it is: drawn from the id of the store, 0 until that was noted.
    pub(crate) owner: u32,
    /// Counts up with the file.
    pub(crate) changes: u32,
    /// Its length in bytes.
    pub(crate) length: u64,
    /// How often the store has folded its log back into it: a busy writer counts
    /// `changes` up only now and then.
    pub(crate) folds: u32,
}

impl Header {
    /// Reads it; `None` when the file is too short to be a database. See
    /// <https://www.sqlite.org/fileformat.html> for the places.
    pub(crate) fn read(file: &File) -> Option<Self> {
        let mut bytes = [0_u8; 100];
        file.read_exact_at(&mut bytes, 0).ok()?;
        let number = |at: usize| {
            let four = bytes.get(at..at + 4)?;
            four.try_into().ok().map(u32::from_be_bytes)
        };
        let length = file.metadata().ok()?.len();
        let (owner, changes, folds) = (number(68)?, number(24)?, number(60)?);
        Some(Self { owner, changes, length, folds })
    }

    /// Whether a file that looked like `before` can have become this one by
    /// its own log: it keeps its owner, and counts up both ways; it grows shorter only
    /// where it was packed (`vacuum`), which counts as a change.
    pub(crate) fn follows(self, before: Self) -> bool {
        let same = before.owner == 0 || self.owner == before.owner;
        let counts_up = (before.changes, before.length) <= (self.changes, self.length);
        same && counts_up && before.folds <= self.folds
    }
}

/// The file with the mark.
#[derive(Debug)]
pub(crate) struct Mark {
    file: File,
    /// What stands in it.
    pub(crate) reached: Reached,
}

impl Mark {
    /// Opens the mark beside a store; without one nothing has been reached. A
    /// link under its name is not followed.
    pub(crate) fn open(store: &Path) -> Result<Self, StoreError> {
        let reached = read(store).unwrap_or_default();
        let path = path(store);
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            fs::remove_file(&path)?;
        }
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let file = plain::open_with(options, &path);
        let file = file.map_err(|error| StoreError::at(&path, &error))?;
        Ok(Self { file, reached })
    }

    /// Notes what was reached. A mark that cannot be written is an older one,
    /// and the commit before it stands all the same.
    pub(crate) fn note(&mut self, reached: Reached) {
        if self.reached == reached {
            return;
        }
        self.reached = reached;
        let Ok(mut text) = serde_json::to_vec(&reached) else { return };
        text.resize(LENGTH.saturating_sub(1), b' ');
        text.push(b'\n');
        drop(self.file.write_all_at(&text, 0));
    }

    /// Notes how far a store without a file has come; not for one that is older than its
    /// mark.
    pub(crate) fn keep(&mut self, (next_id, journal_lines): (i64, i64)) {
        let is_older =
            next_id < self.reached.next_id || journal_lines < self.reached.journal_lines;
        if !self.reached.set_back && !is_older {
            self.note(Reached { next_id, journal_lines, ..self.reached });
        }
    }

    /// Takes a store without a file as the one that counts.
    pub(crate) fn answer(
        &mut self,
        (next_id, journal_lines): (i64, i64),
    ) -> Result<(), StoreError> {
        let file = Header::default();
        self.note(Reached { next_id, journal_lines, file, set_back: false });
        self.sync()
    }

    /// Notes that an older store was found: what is done from here on must not catch up
    /// with the mark.
    pub(crate) fn found_older(&mut self) -> Result<(), StoreError> {
        self.note(Reached { set_back: true, ..self.reached });
        self.sync()
    }

    /// Puts it on disk, for what must not be forgotten.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        Ok(self.file.sync_data()?)
    }
}

fn path(store: &Path) -> PathBuf {
    beside(store, ".mark")
}

/// The mark as it stands; `None` where there is none that can be read.
pub(crate) fn read(store: &Path) -> Option<Reached> {
    serde_json::from_str(plain::read_text(&path(store)).ok()?.trim()).ok()
}

const COUNTERS: &str = "\
select
  (select value from meta where key = 'next_id') as next_id,
  (select value from meta where key = 'journal_lines') as journal_lines";

/// The next number and the lines of the journal, as the store has them; what is no
/// number counts as none, on both databases, and `verify` tells of it.
pub(crate) async fn counters(conn: &mut Conn) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query(COUNTERS).fetch_one(conn).await?;
    let number = |column: &str| -> Result<i64, StoreError> {
        Ok(row.try_get::<String, _>(column)?.parse().unwrap_or(0))
    };
    Ok((number("next_id")?, number("journal_lines")?))
}

const NEWEST: &str = "\
select max(at) from (select at from journal order by id desc limit 1000) newest";

/// Whether the store at `path` is older than one that was there, as its mark
/// says, or was put back and nobody has answered for it; `None` for one that is
/// as it was left.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn set_back(
    conn: &mut Conn,
    path: &Path,
) -> Result<Option<SetBack>, StoreError> {
    // The mark first: a daemon at work moves both on, the store before the mark.
    let noted = read(path);
    let (next_id, lines_found) = counters(&mut *conn).await?;
    if let Some(pending) = meta::text(conn, restored::PENDING).await? {
        let pending: Pending = serde_json::from_str(&pending)?;
        return Ok(Some(SetBack {
            lines_noted: noted.map_or(0, |it| it.journal_lines),
            lines_found,
            next_id_noted: pending.next_id,
            backup_at: pending.backup_at,
            log_is_whole: pending.log_is_whole,
            by_restore: true,
        }));
    }
    let Some(noted) = noted.filter(|it| it.set_back || next_id < it.next_id) else {
        return Ok(None);
    };
    let newest_at: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(&mut *conn).await?;
    let id = meta::text(conn, "store_id").await?.unwrap_or_default();
    Ok(Some(SetBack {
        lines_noted: noted.journal_lines,
        lines_found,
        next_id_noted: Some(noted.next_id),
        backup_at: newest_at.unwrap_or(0),
        log_is_whole: Departures::of(path, &id).is_whole_since(newest_at.unwrap_or(0)),
        by_restore: false,
    }))
}
