//! The few statements that differ from one database to the other (方言).
//!
//! Everything here is SQLite's text. A second database puts its own beside
//! it. The other statements stand beside their functions; what they use of
//! SQLite is this short list, each with one counterpart on PostgreSQL:
//!
//! | SQLite | PostgreSQL |
//! |---|---|
//! | `json_each($1)` with `key`, `value ->> n` | `jsonb_array_elements($1) with ordinality` |
//! | `json_group_array`, `json_array`, `json_group_object` | `jsonb_agg`, `jsonb_build_array`, `jsonb_object_agg` |
//! | `string_agg(line, char(10))` | `string_agg(line, chr(10))` |
//! | `max(a, b)` of two values | `greatest(a, b)` |
//! | `date(day, '+6 days')`, `date(seconds, 'unixepoch')`, in `verify` alone | `day::date + 6`, `to_timestamp(seconds)::date` |

/// `BEGIN IMMEDIATE` takes the write lock at once, so that a transaction that
/// began by reading cannot fail later. PostgreSQL: `begin`.
pub(crate) const BEGIN: &str = "begin immediate";

/// Every statement until its end reads what was committed at the first one,
/// in a transaction as well. PostgreSQL: `begin isolation level repeatable
/// read read only`, and its `rollback`.
pub(crate) const BEGIN_SNAPSHOT: &str = "savepoint snapshot";
pub(crate) const END_SNAPSHOT: &str = "release savepoint snapshot";

/// A number that changes when somebody else has written, for one connection. PostgreSQL:
/// not needed, a second reader takes up the snapshot that `pg_export_snapshot` names.
pub(crate) const VERSION: &str = "pragma data_version";

/// A transaction among others that are written as one. PostgreSQL: the same.
pub(crate) const BEGIN_PART: &str = "savepoint part";
pub(crate) const END_PART: &str = "release part";
pub(crate) const UNDO_PART: &str = "rollback to part";

/// Whether anything lies in the file. PostgreSQL: `information_schema.tables`.
pub(crate) const COUNT_TABLES: &str = "
    select count(*), coalesce(sum(name = 'meta'), 0)
    from sqlite_master
    where type = 'table'";

/// How long to wait for another process, in milliseconds.
pub(crate) const BUSY_TIMEOUT_MS: i64 = 5_000;
/// The page cache; negative means KiB.
pub(crate) const CACHE_KIB: i64 = -16_384;
/// Pages of the write-ahead log before it is folded back, about 80 MB.
pub(crate) const CHECKPOINT_PAGES: i64 = 20_000;

/// What the writer sets. PostgreSQL: timeouts on the connection.
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

/// Whose file it is, in its header. PostgreSQL: nothing, it is no file.
pub(crate) fn note_owner(owner: u32) -> String {
    format!("pragma application_id = {owner}")
}

/// How often the log was folded back, in the header of the file. PostgreSQL: nothing.
pub(crate) fn note_folds(folds: u32) -> String {
    format!("pragma user_version = {folds}")
}

/// Copies the whole store at one moment into a file. PostgreSQL: `pg_dump`.
pub(crate) const COPY: &str = "vacuum into $1";

/// Folds the write-ahead log back and cuts it off. PostgreSQL: `checkpoint`.
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
