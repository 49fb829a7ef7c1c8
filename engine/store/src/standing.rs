//! Whether the store still lies where it was opened (案件库在位), and whether a
//! site ever had one.
//!
//! SQLite goes on writing into a file that was deleted or replaced by another
//! one, and what it confirms then is gone with the process. A file that is
//! written over in its place it would mix with its own log.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::departures::Departures;
use crate::error::StoreError;
use crate::mark::{self, Header, Mark, Reached};
use crate::open::{Durability, Folding, Options, Store};
use crate::place::{Place, Server};
use crate::{moved, plain};

/// The store's file and its write-ahead log, as they were found.
#[derive(Debug)]
pub(crate) struct Standing {
    store: Watched,
    log: Watched,
    content: Option<Content>,
}

/// What the file of a site's store holds, and how far it has come.
#[derive(Debug)]
pub(crate) struct Content {
    // Open as long as the store is: closing any handle on the file takes the
    // locks of SQLite in this process away.
    file: File,
    /// Length and time of the last change, when it was last looked at.
    touched: Option<(u64, SystemTime)>,
    header: Header,
    /// What was last said of how often the log was folded.
    folds: u32,
    mark: Mark,
}

impl Content {
    /// Looks at the file of a site's store before the database opens it.
    fn of(store: &Path) -> Result<Self, StoreError> {
        let file = plain::open(store).map_err(|error| StoreError::at(store, &error))?;
        let mark = Mark::open(store)?;
        let header = Header::read(&file).unwrap_or_default();
        Ok(Self { touched: touched(&file), file, folds: header.folds, header, mark })
    }

    /// Whether the file is the one that its log belongs to.
    fn is_its_own(&self) -> bool {
        self.header.follows(self.mark.reached.file)
    }

    /// Takes the file as it is now: this process has changed it.
    ///
    /// The database puts the file on disk only when all of its log was folded back;
    /// readers keep some of it. The mark must not be ahead of what a power cut leaves,
    /// or the log would be taken for that of another file.
    pub(crate) fn take(&mut self) {
        self.touched = touched(&self.file);
        self.header = Header::read(&self.file).unwrap_or(self.header);
        if !self.mark.reached.set_back && self.file.sync_data().is_ok() {
            self.mark.note(Reached { file: self.header, ..self.mark.reached });
        }
    }

    /// Another fold begins: its number.
    pub(crate) fn next_fold(&mut self) -> u32 {
        // A signed number to the database.
        self.folds = (self.folds.max(self.header.folds) + 1) & 0x7fff_ffff;
        self.folds
    }

    /// Whether nobody else has written over the file. The log of the store may
    /// have been folded back by another program, which only adds to it.
    fn is_untouched(&mut self) -> bool {
        let now = touched(&self.file);
        if now == self.touched {
            return true;
        }
        let follows = Header::read(&self.file).is_some_and(|it| it.follows(self.header));
        if follows {
            self.take();
        }
        follows
    }

    /// Takes the store as the one that counts.
    pub(crate) fn answer(
        &mut self,
        (next_id, journal_lines): (i64, i64),
    ) -> Result<(), StoreError> {
        let file = self.header;
        self.file.sync_data()?;
        self.mark.note(Reached { next_id, journal_lines, file, set_back: false });
        self.mark.sync()
    }

    /// Notes how far the store has come; not for one that is older than its mark.
    pub(crate) fn note(&mut self, (next_id, journal_lines): (i64, i64)) {
        if !self.mark.reached.set_back {
            let reached = self.mark.reached;
            self.mark.note(Reached { next_id, journal_lines, ..reached });
        }
    }
}

fn touched(file: &File) -> Option<(u64, SystemTime)> {
    let about = file.metadata().ok()?;
    Some((about.len(), about.modified().ok()?))
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
            content: None,
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
        self.log.look()?;
        if self.content.as_mut().is_none_or(Content::is_untouched) {
            return Ok(());
        }
        Err(StoreError::Displaced { path: self.store.path.clone() })
    }

    /// Looks at what the file holds as well, from now on.
    pub(crate) fn watch(&mut self, content: Content) {
        self.content = Some(content);
    }

    /// What the file holds, for the store of a site.
    pub(crate) fn content(&mut self) -> Option<&mut Content> {
        self.content.as_mut()
    }

    /// The length of the log in bytes.
    pub(crate) fn log_length(&self) -> u64 {
        fs::metadata(&self.log.path).map_or(0, |it| it.len())
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
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// A file of the store's name with another ending.
pub fn beside(store: &Path, ending: &str) -> PathBuf {
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
    pub async fn of_site(place: impl Into<Place>) -> Result<Self, StoreError> {
        let place = place.into();
        let path = place.path();
        if place.server().is_some() {
            return Box::pin(Self::opened_on_server(&place)).await;
        }
        Self::opened_for_site(path).await.map_err(|error| error.about(path))
    }

    /// Opens the store of a site on a server. There is no file to be watched: that an
    /// older one was put in its place shows by the mark that the site keeps of it.
    async fn opened_on_server(place: &Place) -> Result<Self, StoreError> {
        let path = place.path();
        let noted = noted_id(path)?;
        let options = Options {
            place: place.clone(),
            durability: Durability::Full,
            create: noted.is_none(),
            store_id: None,
        };
        let Some(server) = place.server() else { return Err(missing(path.to_owned())) };
        let is_made = noted.is_none() && !Self::is_there(place).await?;
        let mut store = Self::open_on(server, options, true).await?;
        match noted {
            None => {
                // Of a store that was there, others may know what has left.
                if is_made {
                    Departures::of(path, store.id()).begin_with_store()?;
                }
                note_id(path, store.id())?;
            }
            Some(id) if id == store.id() => {}
            Some(_) => {
                store.close().await?;
                let path = PathBuf::from(
                    place.server().map(Server::to_string).unwrap_or_default(),
                );
                return Err(StoreError::Foreign { path, note: note(place.path()) });
            }
        }
        store.is_here(place).await?;
        {
            let mut conn = store.read().await?;
            store.set_back = mark::set_back(conn.conn(), path).await?;
        }
        let mut mark = Mark::open(path)?;
        if store.set_back.is_some_and(|it| !it.by_restore) && !mark.reached.set_back {
            mark.found_older()?;
        }
        store.keep_mark_in(mark).await?;
        store.departures = Some(Departures::of(path, store.id()));
        Ok(store)
    }

    async fn opened_for_site(path: &Path) -> Result<Self, StoreError> {
        let noted = noted_id(path)?;
        if noted.is_none() && !path.exists() {
            refuse_misnamed(path)?;
        }
        let found = if noted.is_some() && path.is_file() {
            Some(its_own_log(path)?)
        } else {
            None
        };
        let is_made = noted.is_none() && !path.exists();
        let options = Options {
            place: Place::file(path),
            durability: Durability::Full,
            create: noted.is_none(),
            store_id: None,
        };
        let store = Self::open_folding(options, Folding::Watched).await?;
        if is_made {
            Departures::of(path, store.id()).begin_with_store()?;
        }
        match noted {
            None => note_id(path, store.id())?,
            Some(id) if id == store.id() => {}
            Some(_) => {
                store.close().await?;
                let (path, note) = (path.to_owned(), note(path));
                return Err(StoreError::Foreign { path, note });
            }
        }
        store.is_here(&Place::file(path)).await?;
        let content = match found {
            Some(content) => content,
            None => Content::of(path)?,
        };
        store.watch_content(content).await
    }

    /// Refuses a store that was moved to another place, and closes it.
    async fn is_here(&self, place: &Place) -> Result<(), StoreError> {
        let found = moved::refuse(self, place).await;
        if found.is_err() {
            self.close().await?;
        }
        found
    }

    /// Watches what the file holds from now on, and tells an older store from
    /// the one that was there.
    async fn watch_content(mut self, mut content: Content) -> Result<Self, StoreError> {
        {
            let mut conn = self.read().await?;
            self.set_back = mark::set_back(conn.conn(), self.path()).await?;
        }
        if self.set_back.is_some_and(|it| !it.by_restore)
            && !content.mark.reached.set_back
        {
            // What is done from here on must not catch up with the mark.
            content.mark.found_older()?;
        }
        self.departures = Some(Departures::of(self.path(), self.id()));
        let unowned = content.header.owner == 0;
        self.watch(content, unowned.then(|| owner(self.id()))).await?;
        Ok(self)
    }
}

/// A number that stands in the header of a store's file, drawn from its id.
fn owner(id: &str) -> u32 {
    let number = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // A signed number to the database, and never that of a file without one.
    (number & 0x7fff_ffff) | 1
}

/// The file of a store that was noted, before the database opens it. A log that
/// belongs to another file than the one that lies there is put aside: read
/// together they would be neither of both.
fn its_own_log(path: &Path) -> Result<Content, StoreError> {
    let content = Content::of(path)?;
    let log = beside(path, "-wal");
    if content.is_its_own() || !log.is_file() {
        return Ok(content);
    }
    let free = (1..).map(|n| beside(path, &format!("-wal.aside{n}")));
    for aside in free.take(1000).filter(|free| !free.exists()).take(1) {
        fs::rename(&log, aside)?;
    }
    // The index of the log is made anew with the next one.
    drop(fs::remove_file(beside(path, "-shm")));
    Ok(content)
}

/// Refuses a store whose log belongs to another file than the one that lies there, as
/// its mark says: whoever opened them together would have neither of both. Nothing is
/// opened for that by the database.
///
/// # Errors
///
/// [`StoreError::ForeignLog`].
pub fn has_its_own_log(path: &Path) -> Result<(), StoreError> {
    let noted = mark::read(path).filter(|_| beside(path, "-wal").is_file());
    let header = plain::open(path).ok().and_then(|it| Header::read(&it));
    match (noted, header) {
        // One that was set back has been seen, and the log put aside.
        (Some(noted), Some(header)) if !noted.set_back && !header.follows(noted.file) => {
            Err(StoreError::ForeignLog { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

/// Why there is no file: there never was a store, or it has gone.
pub(crate) fn missing(path: PathBuf) -> StoreError {
    let note = note(&path);
    if note.exists() {
        return StoreError::Lost { path, note };
    }
    refuse_misnamed(&path).err().unwrap_or(StoreError::Missing { path })
}

/// Refuses to begin anew beside another store of the same site: a slip in the name of its
/// file would be an empty book, and nobody would be told.
///
/// # Errors
///
/// [`StoreError::Misnamed`].
fn refuse_misnamed(path: &Path) -> Result<(), StoreError> {
    match other_store(path) {
        Some(other) => Err(StoreError::Misnamed { path: path.to_owned(), other }),
        None => Ok(()),
    }
}

/// A store that has been noted in the same folder, under another name: its note stays
/// where the store itself lies on a server or is gone.
fn other_store(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "id"))
        .map(|note| note.with_extension(""))
        .filter(|store| store != path && (store.is_file() || mark::read(store).is_some()))
        .collect();
    found.sort();
    found.into_iter().next()
}

/// As [`missing`], of a store on a server whose notes lie beside `path`.
pub(crate) fn missing_on(server: &Server, path: &Path) -> StoreError {
    let (path, note) = (PathBuf::from(server.to_string()), note(path));
    if note.exists() {
        StoreError::Lost { path, note }
    } else {
        StoreError::Missing { path }
    }
}

fn note(store: &Path) -> PathBuf {
    beside(store, ".id")
}

pub(crate) fn noted_id(store: &Path) -> Result<Option<String>, StoreError> {
    let note = note(store);
    match plain::read_text(&note) {
        Ok(id) => Ok(Some(id.trim().to_owned()).filter(|it| !it.is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::at(&note, &error)),
    }
}

pub(crate) fn note_id(store: &Path, id: &str) -> Result<(), StoreError> {
    let mut new = OpenOptions::new();
    let new = new.write(true).create(true).truncate(true).mode(0o600);
    let note = note(store);
    let file = plain::open_with(new, &note);
    let mut file = file.map_err(|error| StoreError::at(&note, &error))?;
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
    async fn a_copy_of_the_same_length_that_is_written_over_the_store_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let store = Store::of_site(&path).await.unwrap();
        let written = async |sql: &'static str| {
            let mut tx = store.write().await.unwrap();
            sqlx::query(sql).execute(tx.conn()).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(store.fold_log().await.unwrap(), 0);
        };
        written("insert into meta (key, value) values ('x', hex(zeroblob(3000000)))")
            .await;
        let copy = fs::read(&path).unwrap();
        written("update meta set value = replace(value, '0', '1') where key = 'x'").await;
        counted(&store).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), copy.len() as u64);
        // A file system counts time in steps.
        std::thread::sleep(std::time::Duration::from_millis(30));
        fs::write(&path, copy).unwrap();
        let told = counted(&store).await.unwrap_err();
        assert!(matches!(told, StoreError::Displaced { .. }), "{told}");
    }

    #[test]
    fn the_mark_says_nothing_of_a_file_that_is_not_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        for (file, noted) in [(path.as_path(), 0), (Path::new("/dev/zero"), 7)] {
            fs::write(&path, [0; 512]).unwrap();
            let mut content = Content::of(&path).unwrap();
            let before = Header { folds: 7, ..Header::default() };
            content.mark.note(Reached { file: before, ..Reached::default() });
            // What is no file cannot be put on disk.
            content.file = File::open(file).unwrap();
            content.take();
            let found = mark::read(&path).unwrap().file.folds;
            assert_eq!(found, noted, "{}", file.display());
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

        let misnamed = dir.path().join("other.db");
        let told = Store::of_site(&misnamed).await.unwrap_err();
        assert!(matches!(told, StoreError::Misnamed { .. }), "{told}");
        assert!(!misnamed.exists(), "no empty one was made");

        let elsewhere = tempfile::tempdir().unwrap();
        let other = elsewhere.path().join("other.db");
        Store::of_site(&other).await.unwrap().close().await.unwrap();
        fs::rename(&other, &path).unwrap();
        let told = Store::of_site(&path).await.unwrap_err();
        assert!(matches!(told, StoreError::Foreign { .. }), "{told}");
        fs::rename(&away, &path).unwrap();
        assert_eq!(Store::of_site(&path).await.unwrap().id(), id);
    }
}
