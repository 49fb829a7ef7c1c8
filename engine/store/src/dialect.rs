//! The few statements that differ from one database to the other (方言).
//!
//! Statements stand beside their functions, written once; `worded` puts them into the
//! words of the database that they are for. What is not the same question there stands
//! here, for both.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use sqlx::{AnyConnection, AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::states;

mod words;

/// Begins to write in a file, of which SQLite lets one at a time.
pub(crate) const BEGIN_IN_FILE: &str = "begin immediate";
/// How long a writer waits for a lock of a server: for its turn behind another writer, or
/// for what somebody else holds.
pub(crate) const LONGEST_TURN: Duration = Duration::from_mins(1);

/// A database that keeps a store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Database {
    /// A file of the site.
    Sqlite,
    /// A server, 13 or newer.
    Postgres,
}

impl Database {
    pub(crate) fn of(conn: &AnyConnection) -> Self {
        if conn.backend_name() == "PostgreSQL" { Self::Postgres } else { Self::Sqlite }
    }
}

/// What has been put into words, by the statement as it was written.
type Known = RwLock<HashMap<String, Words, RandomState>>;

/// A statement as a database gets it.
#[derive(Clone)]
struct Words {
    /// Nothing for one that stays as it is.
    text: Option<Arc<str>>,
    /// The tables that it changes, of those that are looked at when books are sealed.
    changes: Option<Arc<[Arc<str>]>>,
}

static OF_SQLITE: LazyLock<Known> = LazyLock::new(Known::default);
static OF_POSTGRES: LazyLock<Known> = LazyLock::new(Known::default);

/// The statement in the words of a database.
pub(crate) fn worded(database: Database, sql: SqlStr) -> SqlStr {
    worded_with_changes(database, sql).0
}

/// The statement in the words of a database, and the tables that it changes of those
/// that are looked at when books are sealed.
pub(crate) fn worded_with_changes(
    database: Database,
    sql: SqlStr,
) -> (SqlStr, Option<Arc<[Arc<str>]>>) {
    // Written out with its number each time, and in words of one database alone.
    if sql.as_str().starts_with("pragma ") {
        return (sql, None);
    }
    let known = match database {
        Database::Sqlite => &OF_SQLITE,
        Database::Postgres => &OF_POSTGRES,
    };
    let found = known.read().ok().and_then(|it| it.get(sql.as_str()).cloned());
    let Words { text, changes } = found.unwrap_or_else(|| {
        let text = words::put(database, sql.as_str());
        let text = (text != sql.as_str()).then(|| Arc::from(text));
        let changes = states::changed_by(sql.as_str());
        let changes = (!changes.is_empty()).then(|| Arc::from(changes));
        let words = Words { text, changes };
        if let Ok(mut known) = known.write() {
            known.insert(sql.as_str().to_owned(), words.clone());
        }
        words
    });
    (text.map_or(sql, |text| AssertSqlSafe(text).into_sql_str()), changes)
}

/// A statement as a database gets it, for tests that look at all of them.
pub fn text_for(database: Database, sql: &str) -> String {
    words::put(database, sql)
}

impl Database {
    /// Begins a transaction that is the only one that writes, so that one that began by
    /// reading cannot fail later.
    ///
    /// SQLite has one writer at a time. On a server every writer of a store takes its
    /// turn by a lock that ends with the transaction, as a pooler wants; nobody keeps the
    /// others waiting for ever by standing still in its turn.
    pub(crate) fn begin(self) -> Cow<'static, str> {
        self.begin_within(LONGEST_TURN)
    }

    /// [`Self::begin`], which waits no longer than this for a lock of a server.
    pub(crate) fn begin_within(self, longest: Duration) -> Cow<'static, str> {
        match self {
            Self::Sqlite => Cow::Borrowed(BEGIN_IN_FILE),
            Self::Postgres => {
                let longest = longest.as_millis();
                Cow::Owned(format!(
                    "begin;
                     set local lock_timeout = '{longest}ms';
                     set local idle_in_transaction_session_timeout = '15min';
                     select pg_advisory_xact_lock(hashtextextended('qingshou ' || current_schema(), 0))"
                ))
            }
        }
    }

    /// Makes a transaction last. On a server the end of one in which a statement has
    /// failed would quietly undo it: the question before it fails there.
    pub(crate) fn commit(self) -> &'static str {
        match self {
            Self::Sqlite => "commit",
            Self::Postgres => "select 1; commit",
        }
    }

    /// Every statement until its end reads what was committed at the first one, in a
    /// transaction as well. `in_one`: the connection is in a transaction that reads.
    pub(crate) fn begin_snapshot(self, in_one: bool) -> &'static str {
        match self {
            Self::Sqlite => "savepoint snapshot",
            Self::Postgres if in_one => {
                "rollback; begin isolation level repeatable read read only"
            }
            Self::Postgres => "begin isolation level repeatable read read only",
        }
    }

    /// Ends what [`Self::begin_snapshot`] began.
    pub(crate) fn end_snapshot(self, in_one: bool) -> &'static str {
        match self {
            Self::Sqlite => "release savepoint snapshot",
            Self::Postgres if in_one => "rollback; begin read only",
            Self::Postgres => "rollback",
        }
    }

    /// How many tables there are, or things of any kind on a server, and how many of them
    /// are `meta`.
    pub(crate) fn count_tables(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "select count(*) as tables, coalesce(sum(name = 'meta'), 0) as metas
                 from sqlite_master
                 where type = 'table'"
            }
            Self::Postgres => {
                // By indexes of the catalog: a server may hold very many other schemas.
                "select (
                     select count(*) from pg_depend d
                     where d.refclassid = cast('pg_namespace' as regclass)
                       and d.refobjid = n.oid) as tables,
                   (
                     select count(*) from pg_class c
                     where c.relname = 'meta' and c.relnamespace = n.oid) as metas
                 from pg_namespace n
                 where n.nspname = current_schema()"
            }
        }
    }
}

/// A number that changes when somebody else has written, for one connection of SQLite.
pub(crate) const VERSION: &str = "pragma data_version";

/// The moment that a connection to a server reads, for others to take up.
pub(crate) const EXPORT_SNAPSHOT: &str = "select pg_export_snapshot() as snapshot";

/// A transaction among others that are written as one, in the words of both.
pub(crate) const BEGIN_PART: &str = "savepoint part";
pub(crate) const END_PART: &str = "release part";
pub(crate) const UNDO_PART: &str = "rollback to part";

/// How long to wait for another process, in milliseconds.
pub(crate) const BUSY_TIMEOUT_MS: i64 = 5_000;
/// The page cache; negative means KiB.
pub(crate) const CACHE_KIB: i64 = -16_384;
/// Pages of the write-ahead log before it is folded back, about 80 MB.
pub(crate) const CHECKPOINT_PAGES: i64 = 20_000;

/// What the writer of a file sets.
pub(crate) fn settings(synchronous: i64, checkpoint_pages: i64) -> String {
    format!(
        "pragma busy_timeout = {BUSY_TIMEOUT_MS};
         pragma journal_mode = wal;
         pragma synchronous = {synchronous};
         pragma foreign_keys = on;
         pragma cache_size = {CACHE_KIB};
         pragma wal_autocheckpoint = {checkpoint_pages}"
    )
}

/// What a store in memory sets: it need not outlive a fault.
pub(crate) const MEMORY_SETTINGS: &str = "
    pragma journal_mode = memory;
    pragma synchronous = off;
    pragma foreign_keys = on";

/// What a store sets that gathers: it is worked from end to end in one go.
pub(crate) const GATHERING_SETTINGS: &str = "
    pragma cache_size = -65536;
    pragma temp_store = memory";

pub(crate) const JOURNAL_MODE: &str = "select journal_mode from pragma_journal_mode";

pub(crate) const READ_SETTINGS: &str = "
    select
      (select synchronous from pragma_synchronous),
      (select foreign_keys from pragma_foreign_keys),
      (select timeout from pragma_busy_timeout),
      (select cache_size from pragma_cache_size)";

pub(crate) const CHECKPOINT: &str = "pragma wal_autocheckpoint";

/// Whose file it is, in its header.
pub(crate) fn note_owner(owner: u32) -> String {
    format!("pragma application_id = {owner}")
}

/// How often the log was folded back, in the header of the file.
pub(crate) fn note_folds(folds: u32) -> String {
    format!("pragma user_version = {folds}")
}

/// Copies the whole store at one moment into a file.
pub(crate) const COPY: &str = "vacuum into $1";

/// Folds the write-ahead log back and cuts it off.
pub(crate) const FOLD_LOG: &str = "pragma wal_checkpoint(truncate)";

/// Around [`FOLD_LOG`], which would wait for readers otherwise.
pub(crate) const NO_WAITING: &str = "pragma busy_timeout = 0";
pub(crate) fn waiting() -> String {
    format!("pragma busy_timeout = {BUSY_TIMEOUT_MS}")
}

/// A reader cannot write, whatever it is handed.
pub(crate) const READER_SETTINGS: &str = "
    pragma busy_timeout = 5000;
    pragma cache_size = -4096;
    pragma query_only = on";

/// What a reader of a server sets, where the connection stays its own.
pub(crate) const SERVER_READER_SETTINGS: &str = "
    set default_transaction_read_only = on;
    set statement_timeout = '15min'";

/// What a store on a server sets that can be made again: a commit does not wait for
/// the disk.
pub(crate) const NOT_DURABLE: &str = "set synchronous_commit = off";

/// What has to be so on a server: its version, that it takes writes, how it keeps
/// letters, who asks, and in which schema.
pub(crate) const ABOUT_SERVER: &str = "
    select cast(current_setting('server_version_num') as bigint) as version,
      cast(pg_is_in_recovery() as integer) as is_standby,
      current_setting('server_encoding') as encoding,
      cast(current_user as text) as login,
      cast(current_schema() as text) as schema";

/// Whether a schema is there.
pub(crate) const HAS_SCHEMA: &str =
    "select count(*) from pg_namespace where nspname = $1";

/// A reader behind a pooler keeps its connection by a transaction.
pub(crate) const BEGIN_READING: &str = "begin read only";

/// The instant by the server's clock, in milliseconds since 1970.
pub(crate) const SERVER_CLOCK: &str =
    "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";

impl Database {
    /// The columns of every table: its name, theirs in their order, what they hold, and
    /// their place in the primary key from 1, or 0.
    pub(crate) fn columns(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "select t.name as table_name, c.name as column_name, c.type as of_type,
                   c.pk as key_place
                 from sqlite_master t, pragma_table_info(t.name) c
                 where t.type = 'table' and t.name not like 'sqlite_%'
                 order by t.name, c.cid"
            }
            Self::Postgres => {
                // Of the catalog itself: the standard's views ask it anew for each column,
                // which takes seconds where a database has many schemas.
                "select cast(t.relname as text) as table_name,
                   cast(a.attname as text) as column_name,
                   cast(format_type(a.atttypid, null) as text) as of_type,
                   cast(coalesce(array_position(k.conkey, a.attnum), 0) as bigint)
                     as key_place
                 from pg_class t
                 join pg_namespace n on n.oid = t.relnamespace
                 join pg_attribute a on a.attrelid = t.oid
                 left join pg_constraint k on k.conrelid = t.oid and k.contype = 'p'
                 where n.nspname = current_schema() and t.relkind = 'r'
                   and 0 < a.attnum and not a.attisdropped
                 order by t.relname, a.attnum"
            }
        }
    }

    /// Which table refers to which other one.
    pub(crate) fn references(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "select distinct t.name as table_name, f.\"table\" as refers_to
                 from sqlite_master t, pragma_foreign_key_list(t.name) f
                 where t.type = 'table'"
            }
            Self::Postgres => {
                "select distinct cast(t.relname as text) as table_name,
                   cast(f.relname as text) as refers_to
                 from pg_constraint c
                 join pg_class t on t.oid = c.conrelid
                 join pg_class f on f.oid = c.confrelid
                 join pg_namespace n on n.oid = t.relnamespace
                 where c.contype = 'f' and n.nspname = current_schema()"
            }
        }
    }
}
