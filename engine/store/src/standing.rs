//! Whether the store still lies where it was opened (案件库在位), and whether a
//! site ever had one.
//!
//! SQLite goes on writing into a file that was deleted or replaced by another
//! one, and what it confirms then is gone with the process.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::open::{Durability, Options, Store};

/// The store's file and its write-ahead log, as they were found.
#[derive(Debug)]
pub(crate) struct Standing {
    store: Watched,
    log: Watched,
}

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    /// Device and number of the file; `None` until there is one.
    seen: Option<(u64, u64)>,
}

impl Standing {
    /// The files of a store that is open.
    pub(crate) fn of(store: &Path) -> Self {
        let mut both = Self {
            store: Watched { path: store.to_owned(), seen: None },
            log: Watched { path: beside(store, "-wal"), seen: None },
        };
        both.store.seen = number(&both.store.path);
        both.log.seen = number(&both.log.path);
        both
    }

    /// Refuses to go on when one of them is gone or another file has its name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Displaced`].
    pub(crate) fn look(&mut self) -> Result<(), StoreError> {
        self.store.look()?;
        self.log.look()
    }
}

impl Watched {
    fn look(&mut self) -> Result<(), StoreError> {
        let now = number(&self.path);
        if self.seen.is_none() {
            self.seen = now;
        }
        if self.seen == now {
            return Ok(());
        }
        Err(StoreError::Displaced { path: self.path.clone() })
    }
}

fn number(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|it| (it.dev(), it.ino()))
}

fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(ending);
    PathBuf::from(path)
}

impl Store {
    /// Opens the store of a site, and makes it where there has never been one.
    ///
    /// The id of the store is noted in a file beside it, so that a store that
    /// is missing is not taken for one that was never made.
    ///
    /// # Errors
    ///
    /// [`StoreError::Lost`] when there was a store, [`StoreError::Foreign`]
    /// when another one lies there, and as for [`Store::open`].
    pub async fn of_site(path: &Path) -> Result<Self, StoreError> {
        let noted = noted_id(path)?;
        let store = Self::open(Options {
            path: path.to_owned(),
            durability: Durability::Full,
            create: noted.is_none(),
            store_id: None,
        })
        .await?;
        match noted {
            None => note_id(path, store.id())?,
            Some(id) if id == store.id() => {}
            Some(_) => {
                store.close().await?;
                let (path, note) = (path.to_owned(), note(path));
                return Err(StoreError::Foreign { path, note });
            }
        }
        Ok(store)
    }
}

/// Why there is no file: there never was a store, or it has gone.
pub(crate) fn missing(path: PathBuf) -> StoreError {
    let note = note(&path);
    if note.exists() {
        StoreError::Lost { path, note }
    } else {
        StoreError::Missing { path }
    }
}

fn note(store: &Path) -> PathBuf {
    beside(store, ".id")
}

fn noted_id(store: &Path) -> Result<Option<String>, StoreError> {
    match fs::read_to_string(note(store)) {
        Ok(id) => Ok(Some(id.trim().to_owned()).filter(|it| !it.is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn note_id(store: &Path, id: &str) -> Result<(), StoreError> {
    let mut new = OpenOptions::new();
    let new = new.write(true).create(true).truncate(true).mode(0o600);
    let mut file = new.open(note(store))?;
    writeln!(file, "{id}")?;
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn counted(store: &Store) -> Result<(), StoreError> {
        let mut tx = store.write().await?;
        sqlx::query("insert into meta (key, value) values (hex(randomblob(8)), '1')")
            .execute(tx.conn())
            .await?;
        tx.commit().await
    }

    #[tokio::test]
    async fn nothing_is_written_into_a_store_that_was_deleted_or_replaced() {
        for ending in ["", "-wal"] {
            for replaced in [false, true] {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("store.db");
                let store = Store::of_site(&path).await.unwrap();
                counted(&store).await.unwrap();
                let file = beside(&path, ending);
                let copy = dir.path().join("copy");
                fs::copy(&file, &copy).unwrap();
                fs::remove_file(&file).unwrap();
                if replaced {
                    fs::rename(&copy, &file).unwrap();
                }
                for _ in 0..2 {
                    let told = counted(&store).await.unwrap_err();
                    assert!(matches!(told, StoreError::Displaced { .. }), "{told}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_store_that_was_there_is_not_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let store = Store::of_site(&path).await.unwrap();
        let id = store.id().to_owned();
        store.close().await.unwrap();
        let again = Store::of_site(&path).await.unwrap();
        assert_eq!(again.id(), id);
        again.close().await.unwrap();

        let away = dir.path().join("away.db");
        fs::rename(&path, &away).unwrap();
        let told = Store::of_site(&path).await.unwrap_err();
        assert!(matches!(told, StoreError::Lost { .. }), "{told}");
        assert!(!path.exists(), "nothing was made in its place");

        let other = Store::of_site(&dir.path().join("other.db")).await.unwrap();
        other.close().await.unwrap();
        fs::rename(dir.path().join("other.db"), &path).unwrap();
        let told = Store::of_site(&path).await.unwrap_err();
        assert!(matches!(told, StoreError::Foreign { .. }), "{told}");
        fs::rename(&away, &path).unwrap();
        assert_eq!(Store::of_site(&path).await.unwrap().id(), id);
    }
}
