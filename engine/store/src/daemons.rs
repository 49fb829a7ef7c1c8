//! Daemons (守护进程): which process works the store, and when it last said that it lives.

use crate::dialect::{self, Database};
use crate::{Conn, StoreError, ids};

/// A daemon on a server that has not said for so long that it lives is taken for dead,
/// in milliseconds of the server's clock; it says so every few seconds.
pub const LEASE_MS: i64 = 60_000;

const CLEAR: &str = "delete from daemons";
const ENTER: &str = "\
insert into daemons (id, host, pid, started_at, seen_at) values ($1, $2, $3, $4, $4)";
const BEAT: &str = "update daemons set seen_at = $2 where id = $1";
const LEAVE: &str = "delete from daemons where id = $1";
const LIVING: &str = "select count(*) from daemons where cast(pid as text) = $1";

/// Enters the process that works the store from now on, `now_ms` milliseconds since 1970
/// by this machine's clock, and answers its number. Whoever
/// was entered before has died: the site's lock or the lease says that there is no other.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn enter(
    conn: &mut Conn,
    now_ms: i64,
    host: &str,
    pid: u32,
) -> Result<i64, StoreError> {
    sqlx::query(CLEAR).execute(&mut *conn).await?;
    let id = ids::allocate(&mut *conn, 1).await?;
    let seen_at = by_its_clock(&mut *conn, now_ms).await?;
    let entered =
        sqlx::query(ENTER).bind(id).bind(host).bind(i64::from(pid)).bind(seen_at);
    entered.execute(conn).await?;
    Ok(id)
}

/// Notes that a daemon lives, at `now_ms` milliseconds since 1970.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn beat(conn: &mut Conn, daemon: i64, now_ms: i64) -> Result<(), StoreError> {
    let seen_at = by_its_clock(&mut *conn, now_ms).await?;
    sqlx::query(BEAT).bind(daemon).bind(seen_at).execute(conn).await?;
    Ok(())
}

/// The instant by the clock that all who work a store share: on a server, whose users
/// have clocks of their own, that of the server.
pub(crate) async fn by_its_clock(
    conn: &mut Conn,
    now_ms: i64,
) -> Result<i64, StoreError> {
    match conn.database() {
        Database::Sqlite => Ok(now_ms),
        Database::Postgres => {
            Ok(sqlx::query_scalar(dialect::SERVER_CLOCK).fetch_one(conn).await?)
        }
    }
}

/// Takes a daemon out that ends.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn leave(conn: &mut Conn, daemon: i64) -> Result<(), StoreError> {
    sqlx::query(LEAVE).bind(daemon).execute(conn).await?;
    Ok(())
}

/// Whether the process of this number, in digits, is entered as a daemon.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_entered(conn: &mut Conn, pid: &str) -> Result<bool, StoreError> {
    let entered: i64 = sqlx::query_scalar(LIVING).bind(pid).fetch_one(conn).await?;
    Ok(0 < entered)
}
