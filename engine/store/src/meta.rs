//! The store's own notes (案件库备注): cursors and marks by name.

use crate::{Conn, StoreError};

const GET: &str = "select value from meta where key = $1";
const SET: &str = "\
insert into meta (key, value) values ($1, $2)
on conflict (key) do update set value = excluded.value";

/// The text noted under a name, if any.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn text(conn: &mut Conn, key: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(GET).bind(key.to_owned()).fetch_optional(conn).await?)
}

/// Notes a text under a name.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_text(conn: &mut Conn, key: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query(SET).bind(key.to_owned()).bind(value.to_owned()).execute(conn).await?;
    Ok(())
}

/// The whole number noted under a name, if any.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read or the text is no number.
pub async fn number(conn: &mut Conn, key: &str) -> Result<Option<i64>, StoreError> {
    let found = text(conn, key).await?;
    let read = |it: String| it.parse().map_err(|_| StoreError::Data(key.to_owned()));
    found.map(read).transpose()
}

/// Notes a whole number under a name.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_number(
    conn: &mut Conn,
    key: &str,
    value: i64,
) -> Result<(), StoreError> {
    set_text(conn, key, &value.to_string()).await
}

const REMOVE: &str = "delete from meta where key = $1";

/// Forgets what is noted under a name.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn remove(conn: &mut Conn, key: &str) -> Result<(), StoreError> {
    sqlx::query(REMOVE).bind(key.to_owned()).execute(conn).await?;
    Ok(())
}
