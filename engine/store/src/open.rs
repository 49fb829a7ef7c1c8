//! Opening the case store (打开案件库): one writer, a few readers, safe settings.

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Row};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard};

use crate::Conn;
use crate::departures::Departures;
use crate::dialect;
use crate::error::StoreError;
use crate::mark::SetBack;
use crate::place::{Place, Server};
use crate::standing::{self, Standing};
use crate::states;

mod folding;
mod lease;
mod patience;
mod server;
mod writer;

pub use lease::Lease;
use patience::Patience;
pub use server::server_of_tests;
pub use writer::WriteTx;
use writer::{Span, Writer};

/// The schema, one text a version; a version never changes once released.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_case_store.sql"),
    include_str!("../migrations/0002_sending_stops.sql"),
    include_str!("../migrations/0003_indexes.sql"),
    include_str!("../migrations/0004_replaced_promises.sql"),
    include_str!("../migrations/0005_channels.sql"),
    include_str!("../migrations/0006_lists.sql"),
    include_str!("../migrations/0007_guard.sql"),
    include_str!("../migrations/0008_sent_texts.sql"),
    include_str!("../migrations/0009_due_enrolments.sql"),
    include_str!("../migrations/0010_channel_alarms.sql"),
    include_str!("../migrations/0011_growth.sql"),
    include_str!("../migrations/0012_script_faults.sql"),
    include_str!("../migrations/0013_standing_orders.sql"),
    include_str!("../migrations/0014_restores.sql"),
    include_str!("../migrations/0015_noted_departures.sql"),
    include_str!("../migrations/0016_unwatched_deadlines.sql"),
    include_str!("../migrations/0017_spread_taken_back.sql"),
    include_str!("../migrations/0018_searched_keys.sql"),
    include_str!("../migrations/0019_cases_in_order.sql"),
    include_str!("../migrations/0020_listed_parts.sql"),
    include_str!("../migrations/0021_holds_of_persons.sql"),
    include_str!("../migrations/0022_views.sql"),
    include_str!("../migrations/0023_clock_acts.sql"),
    include_str!("../migrations/0024_arrears_of_promises.sql"),
    include_str!("../migrations/0025_whose_tasks.sql"),
    include_str!("../migrations/0026_people.sql"),
    include_str!("../migrations/0027_assigned_and_grown.sql"),
    include_str!("../migrations/0028_withdrawn_clock_entries.sql"),
    include_str!("../migrations/0029_guarantees_by_hand.sql"),
    include_str!("../migrations/0032_signed_terms.sql"),
    include_str!("../migrations/0033_court_stage.sql"),
    include_str!("../migrations/0035_parts_of_entries.sql"),
    include_str!("../migrations/0036_payers_by_name.sql"),
];

/// Readers beside the one writer.
const READERS: u32 = 2;

/// Instants whose writing is gathered: the pages that each of them touches are
/// written once for all of them.
const INSTANTS: u32 = 50;

/// How long a reader waits for its turn behind the others of this process.
const TURN: Duration = Duration::from_mins(1);

/// Where the store lies and how safe it has to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file, or the server.
    pub place: Place,
    /// What a commit means.
    pub durability: Durability,
    /// Make the store where there is none.
    pub create: bool,
    /// The id of a new store; a random one when `None`. It is part of every
    /// idempotency key, and a replay derives it from its inputs.
    pub store_id: Option<String>,
}

/// What a commit means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// What is committed survives a power cut.
    Full,
    /// What is committed survives the end of the process. For tests and
    /// replays, which can be run again.
    Off,
}

/// Who folds the log back into the store's file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Folding {
    /// The database, when the log is long.
    ByItself,
    /// The store, which looks at its file before and after.
    Watched,
}

/// The open store. Clones share the one writer and the readers.
#[derive(Clone, Debug)]
pub struct Store {
    place: Place,
    id: String,
    pub(crate) set_back: Option<SetBack>,
    pub(crate) departures: Option<Departures>,
    // One connection: waiting for it is waiting for the turn to write.
    writer: Arc<Mutex<Writer>>,
    readers: AnyPool,
    // Reading goes through the writer: one task alone works the store.
    alone: bool,
    patience: Patience,
}

/// One reader, given back when it is dropped.
#[derive(Debug)]
pub struct ReadConn(Reader);

#[derive(Debug)]
enum Reader {
    // Empty once it was given back.
    Own(Option<Box<Conn>>),
    Writer(OwnedMutexGuard<Writer>),
}

fn is_denied<T>(done: std::io::Result<T>) -> bool {
    done.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

impl Store {
    /// Opens a store, makes it when asked to, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the file is missing, not a store, of a newer
    /// version, or when the database does not take the settings.
    pub async fn open(options: Options) -> Result<Self, StoreError> {
        let path = options.place.path().to_owned();
        let is_file = options.place.server().is_none();
        let opened = Self::open_folding(options, Folding::ByItself).await;
        opened.map_err(|error| if is_file { error.about(&path) } else { error })
    }

    pub(crate) async fn open_folding(
        options: Options,
        folding: Folding,
    ) -> Result<Self, StoreError> {
        install_drivers();
        if let Some(server) = options.place.server().cloned() {
            let migrates = options.create;
            return Box::pin(Self::open_on(&server, options, migrates)).await;
        }
        let path = options.place.path().to_owned();
        if is_denied(std::fs::metadata(&path)) {
            return Err(StoreError::OutOfReach { path });
        }
        if path.exists() && !path.is_file() {
            let told = std::io::Error::other("不是普通文件 · it is no plain file");
            return Err(StoreError::at(&path, &told));
        }
        let found = if path.is_file() {
            refuse_empty(&path)?;
            match look_into(&path).await {
                // Opened by hand only where SQLite could not: closing it would
                // take the locks of this process away.
                Err(_) if is_denied(std::fs::File::open(&path)) => {
                    return Err(StoreError::OutOfReach { path });
                }
                found => found?,
            }
        } else if options.create {
            Found::Nothing
        } else {
            return Err(standing::missing(path));
        };
        if found == Found::Nothing {
            make_private(&path)?;
        }
        let mut conn = connect(&path, "rwc").await?;
        set_up(&mut conn, options.durability, folding).await?;
        if found != Found::Version(newest()) {
            let id = options.store_id.unwrap_or_else(random_id);
            migrate(&mut conn, &id).await?;
        }
        Self::with_writer(options.place, conn).await
    }

    /// A fresh store in `dir` for tests: the prepared schema is copied, and
    /// nothing is synced to disk.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the files cannot be written.
    pub async fn temporary(dir: &Path) -> Result<Self, StoreError> {
        install_drivers();
        let path = dir.join("store.db");
        let bytes = TEMPLATE.get_or_try_init(|| template(dir)).await?;
        std::fs::write(&path, bytes)?;
        let mut conn = connect(&path, "rw").await?;
        set_up(&mut conn, Durability::Off, Folding::ByItself).await?;
        Self::with_writer(Place::file(path), conn).await
    }

    /// A fresh store in `dir` for tests, or, where they are to run on a server, in a
    /// schema of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be made.
    pub async fn for_test(dir: &Path) -> Result<Self, StoreError> {
        match server_of_tests().filter(|_| server::tests_run_there()) {
            Some(server) => Self::temporary_on(server, dir).await,
            None => Self::temporary(dir).await,
        }
    }

    /// A fresh store in memory for one script test after another; one task
    /// alone works it, and it is gone with its connection.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database refuses the schema.
    pub async fn in_memory() -> Result<Self, StoreError> {
        install_drivers();
        let options: AnyConnectOptions = "sqlite::memory:".parse()?;
        let mut conn = Conn::own(options.disable_statement_logging().connect().await?);
        sqlx::raw_sql(dialect::MEMORY_SETTINGS).execute(&mut conn).await?;
        migrate(&mut conn, "temporary").await?;
        let place = Place::file(":memory:");
        Ok(Self::with_writer(place, conn).await?.single_task())
    }

    async fn with_writer(place: Place, mut conn: Conn) -> Result<Self, StoreError> {
        let id = store_id(&mut conn).await?;
        let server = place.server().cloned();
        let writer = Writer {
            conn: Some(conn),
            open: false,
            standing: server.is_none().then(|| Standing::of(place.path())),
            mark: None,
            lease: None,
            span: Span::Each,
            instants: 0,
            folds_at: folding::LONG_LOG,
            impatient: false,
            longest_turn: dialect::LONGEST_TURN,
            server,
        };
        let readers = AnyPoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None);
        let readers = match place.server() {
            Some(server) => server::readers(readers, server)?,
            None => readers
                .acquire_timeout(TURN)
                .after_connect(|conn, _| Box::pin(set_up_reader(conn)))
                .connect_lazy_with(connect_options(place.path(), "rw")?),
        };
        let writer = Arc::new(Mutex::new(writer));
        Ok(Self {
            place,
            id,
            set_back: None,
            departures: None,
            writer,
            readers,
            alone: false,
            patience: Patience::of_a_server(),
        })
    }

    /// The store as one task alone works it, a replay or a script test, which
    /// reads where it writes: a second connection would read every page again
    /// after each commit. Whoever holds a reader there cannot write meanwhile.
    #[must_use]
    pub fn single_task(self) -> Self {
        Self { alone: true, ..self }
    }

    /// Whether it is read where it is written.
    pub(crate) fn is_worked_alone(&self) -> bool {
        self.alone
    }

    /// The store as a replay works it, in which a death loses nothing that cannot
    /// be made again: all transactions up to [`Self::commit_gathered`] are written
    /// as one, and one that is rolled back takes back its own part alone.
    ///
    /// # Errors
    ///
    /// Any fault of the database.
    pub async fn gathering(self) -> Result<Self, StoreError> {
        {
            let mut writer = self.writer.lock().await;
            if writer.server.is_none() {
                let larger = sqlx::raw_sql(dialect::GATHERING_SETTINGS);
                larger.execute(writer.conn()?).await?;
            }
            writer.span = Span::Gathered { begun: false };
        }
        Ok(self.single_task())
    }

    /// Says that an instant is over: what was gathered is made last when it is much.
    ///
    /// # Errors
    ///
    /// As [`Self::commit_gathered`].
    pub async fn instant_is_over(&self) -> Result<(), StoreError> {
        if !self.alone {
            return Ok(());
        }
        let mut writer = self.turn().await?;
        writer.instants += 1;
        if writer.instants < INSTANTS { Ok(()) } else { writer.commit_gathered().await }
    }

    /// Makes what was gathered last; nothing where each transaction stands for
    /// itself.
    ///
    /// # Errors
    ///
    /// Any fault of the database: what was gathered is lost then.
    pub async fn commit_gathered(&self) -> Result<(), StoreError> {
        if self.alone { self.turn().await?.commit_gathered().await } else { Ok(()) }
    }

    /// The id that the store was given when it was made.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The file, or the name beside which a site's notes lie.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Where it lies.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Waits for the writer and begins its transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] when another process holds the file for long,
    /// [`StoreError::Displaced`] when it is not the one that was opened; any
    /// other fault of the database.
    pub async fn write(&self) -> Result<WriteTx, StoreError> {
        self.patiently(self.begin()).await
    }

    async fn begin(&self) -> Result<WriteTx, StoreError> {
        let mut writer = if self.alone {
            self.turn().await?
        } else {
            Arc::clone(&self.writer).lock_owned().await
        };
        writer.begin().await?;
        Ok(WriteTx { writer: Some(writer) })
    }

    /// A reader, which sees what was committed when each statement began.
    ///
    /// # Errors
    ///
    /// Any fault of the database; [`StoreError::Busy`] when a store that is
    /// [worked by a single task](Self::single_task) is not.
    pub async fn read(&self) -> Result<ReadConn, StoreError> {
        if !self.alone {
            let reader = async {
                self.readers.acquire().await.map_err(|error| self.without(error))
            };
            let mut reader = Conn::pooled(self.patiently(reader).await?);
            if self.place.server().is_some_and(Server::is_pooled) {
                reader = reader.behind_pooler();
                sqlx::raw_sql(dialect::BEGIN_READING).execute(&mut reader).await?;
            }
            return Ok(ReadConn(Reader::Own(Some(Box::new(reader)))));
        }
        let mut writer = self.turn().await?;
        writer.settle().await?;
        Ok(ReadConn(Reader::Writer(writer)))
    }

    /// Why no reader could be had: a file that is gone can be waited for no longer.
    fn without(&self, error: sqlx::Error) -> StoreError {
        let path = self.path();
        match self.place.server() {
            Some(server) => server::without(server, error),
            None if path.exists() => error.into(),
            None => StoreError::Displaced { path: path.to_owned() },
        }
    }

    /// From now on a writer waits no longer than this for a lock that another session of a
    /// server holds. For tests; a site has no such setting.
    pub async fn waits_for_locks(&self, longest: Duration) {
        self.writer.lock().await.longest_turn = longest;
    }

    async fn turn(&self) -> Result<OwnedMutexGuard<Writer>, StoreError> {
        let turn = Arc::clone(&self.writer).lock_owned();
        tokio::time::timeout(TURN, turn).await.map_err(|_| StoreError::Busy)
    }

    /// Closes every connection, so that the file stands alone.
    ///
    /// # Errors
    ///
    /// Any fault of the database.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.patiently(self.close_all()).await
    }

    async fn close_all(&self) -> Result<(), StoreError> {
        self.give_lease_up().await;
        self.readers.close().await;
        let mut writer = self.writer.lock().await;
        let gathered = writer.commit_gathered().await;
        let conn = writer.conn.take();
        drop(writer);
        if let Some(conn) = conn {
            conn.close().await?;
        }
        gathered
    }
}

impl Drop for ReadConn {
    fn drop(&mut self) {
        let Reader::Own(reader) = &mut self.0 else { return };
        if let Some(reader) = reader.as_mut().filter(|reader| reader.is_outdated()) {
            reader.ends_when_given_back();
        }
        // Behind a pooler its transaction has to end before another reader has it.
        if let Some(mut reader) = reader.take_if(|reader| reader.is_behind_pooler())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move {
                sqlx::raw_sql("rollback").execute(&mut *reader).await.ok();
            });
        }
    }
}

impl ReadConn {
    /// The connection, for the functions of the store.
    ///
    /// # Panics
    ///
    /// Never: a reader was given out only where there is a connection.
    pub fn conn(&mut self) -> &mut Conn {
        match &mut self.0 {
            Reader::Own(conn) => conn.as_mut().expect("a reader is given back once"),
            Reader::Writer(writer) => {
                writer.conn.as_mut().expect("a reader is given out by an open store")
            }
        }
    }
}

async fn store_id(conn: &mut Conn) -> Result<String, StoreError> {
    let begin = conn.is_behind_pooler();
    if begin {
        sqlx::raw_sql(dialect::BEGIN_READING).execute(&mut *conn).await?;
    }
    let id = sqlx::query_scalar(STORE_ID).fetch_one(&mut *conn).await;
    if begin {
        sqlx::raw_sql("rollback").execute(conn).await?;
    }
    Ok(id?)
}

const STORE_ID: &str = "select value from meta where key = 'store_id'";

fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

pub(crate) fn install_drivers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(sqlx::any::install_default_drivers);
}

pub(crate) async fn connect(path: &Path, mode: &str) -> Result<Conn, StoreError> {
    Ok(Conn::own(connect_options(path, mode)?.connect().await?))
}

fn connect_options(path: &Path, mode: &str) -> Result<AnyConnectOptions, StoreError> {
    let text = path.to_str().ok_or_else(|| {
        StoreError::Io("案件库路径含有无法识别的字符,请换一个目录".to_owned())
    })?;
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                escaped.push(char::from(byte));
            }
            // Writing into a string cannot fail.
            _ => write!(escaped, "%{byte:02X}").unwrap_or_default(),
        }
    }
    let options: AnyConnectOptions = format!("sqlite:{escaped}?mode={mode}").parse()?;
    // A slow statement is logged with its text alone, never with its values.
    Ok(options.disable_statement_logging())
}

/// A file of nothing was a store once: a program that makes one writes at once.
fn refuse_empty(path: &Path) -> Result<(), StoreError> {
    if std::fs::metadata(path)?.len() == 0 {
        return Err(StoreError::Damaged { path: path.to_owned() });
    }
    Ok(())
}

/// Makes the file for its owner alone, as SQLite then makes those beside it:
/// they hold people.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut new = std::fs::OpenOptions::new();
    let made = new.write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map(drop).map_err(|error| StoreError::at(path, &error))
}

/// Looks into a file that exists, without changing it.
async fn look_into(path: &Path) -> Result<Found, StoreError> {
    let mut conn = connect(path, "rw").await?;
    let found = found_version(&mut conn).await;
    conn.close().await?;
    match found {
        Err(StoreError::Corrupt(_)) => Err(StoreError::Damaged { path: path.to_owned() }),
        Ok(Found::SomethingElse) => Err(StoreError::NotAStore { path: path.to_owned() }),
        Ok(Found::Version(found)) if newest() < found => {
            Err(StoreError::Newer { found, known: newest() })
        }
        other => other,
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Found {
    Nothing,
    SomethingElse,
    Version(i64),
}

async fn found_version(conn: &mut Conn) -> Result<Found, StoreError> {
    let counted =
        sqlx::query(conn.database().count_tables()).fetch_one(&mut *conn).await?;
    let (tables, metas): (i64, i64) =
        (counted.try_get("tables")?, counted.try_get("metas")?);
    if tables == 0 {
        return Ok(Found::Nothing);
    }
    if metas == 0 {
        return Ok(Found::SomethingElse);
    }
    let version: Result<Option<i64>, _> =
        sqlx::query_scalar(SCHEMA_VERSION).fetch_optional(conn).await;
    Ok(version.ok().flatten().map_or(Found::SomethingElse, Found::Version))
}

const SCHEMA_VERSION: &str =
    "select cast(value as bigint) from meta where key = 'schema_version'";

async fn set_up(
    conn: &mut Conn,
    durability: Durability,
    folding: Folding,
) -> Result<(), StoreError> {
    let pages = match folding {
        Folding::ByItself => dialect::CHECKPOINT_PAGES,
        Folding::Watched => 0,
    };
    let synchronous = match durability {
        Durability::Full => 2,
        Durability::Off => 0,
    };
    let set = dialect::settings(synchronous, pages);
    sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut *conn).await?;
    let mode: String =
        sqlx::query_scalar(dialect::JOURNAL_MODE).fetch_one(&mut *conn).await?;
    if mode != "wal" {
        return Err(StoreError::SettingRefused {
            name: "journal_mode=wal",
            wanted: 1,
            found: 0,
        });
    }
    let (sync, keys, timeout, cache): (i64, i64, i64, i64) =
        sqlx::query_as(dialect::READ_SETTINGS).fetch_one(&mut *conn).await?;
    let checkpoint: i64 = sqlx::query_scalar(dialect::CHECKPOINT).fetch_one(conn).await?;
    let wanted = [
        ("synchronous", synchronous, sync),
        ("foreign_keys", 1, keys),
        ("busy_timeout", dialect::BUSY_TIMEOUT_MS, timeout),
        ("cache_size", dialect::CACHE_KIB, cache),
        ("wal_autocheckpoint", pages, checkpoint),
    ];
    match wanted.into_iter().find(|(_, wanted, found)| wanted != found) {
        Some((name, wanted, found)) => {
            Err(StoreError::SettingRefused { name, wanted, found })
        }
        None => Ok(()),
    }
}

async fn set_up_reader(conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(dialect::READER_SETTINGS).execute(conn).await?;
    Ok(())
}

/// Runs what is missing of the schema in one transaction.
async fn migrate(conn: &mut Conn, store_id: &str) -> Result<(), StoreError> {
    let database = conn.database();
    let begin = sqlx::AssertSqlSafe(database.begin().into_owned());
    sqlx::raw_sql(begin).execute(&mut *conn).await?;
    let done = migrate_within(conn, store_id).await;
    let end = if done.is_ok() { database.commit() } else { "rollback" };
    sqlx::raw_sql(end).execute(conn).await?;
    done
}

async fn migrate_within(conn: &mut Conn, store_id: &str) -> Result<(), StoreError> {
    // Read again under the lock: another process may have been faster.
    let from = match found_version(conn).await? {
        Found::Version(version) => version,
        Found::Nothing | Found::SomethingElse => 0,
    };
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(from) {
        sqlx::raw_sql(*migration).execute(&mut *conn).await?;
    }
    if from == 0 {
        sqlx::query(FIRST_META).bind(store_id).execute(&mut *conn).await?;
    } else if from < MIGRATIONS.len() {
        states::count_all(conn).await?;
    }
    sqlx::query(SET_VERSION).bind(newest().to_string()).execute(conn).await?;
    Ok(())
}

const FIRST_META: &str = "
    insert into meta (key, value)
    values ('store_id', $1), ('next_id', '1'), ('schema_version', '0'),
      ('journal_lines', '0')";

const SET_VERSION: &str = "update meta set value = $1 where key = 'schema_version'";

fn random_id() -> String {
    // RandomState is seeded by the operating system.
    let mut hash = Sha256::new();
    for _ in 0..2 {
        hash.update(RandomState::new().build_hasher().finish().to_be_bytes());
    }
    hash.update(std::process::id().to_be_bytes());
    let mut id = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        write!(id, "{byte:02x}").unwrap_or_default();
    }
    id
}

static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

async fn template(dir: &Path) -> Result<Vec<u8>, StoreError> {
    let path = dir.join(format!("template-{}.db", random_id()));
    let options = Options {
        place: Place::file(&path),
        durability: Durability::Off,
        create: true,
        store_id: Some("temporary".to_owned()),
    };
    let store = Store::open(options).await?;
    store.close().await?;
    let bytes = std::fs::read(&path)?;
    std::fs::remove_file(&path)?;
    Ok(bytes)
}
