//! Batches on their way to the database (批量): one JSON text in, one JSON text out.
//!
//! A call through sqlx costs about as much as twenty rows, so rows never
//! travel alone. A statement that takes rows apart reads them by `jsonb_each`, which
//! hands on each as it was parsed: `json_each` would write it out as text, to be parsed
//! again for every cell.

use std::str::FromStr;

use domain::words::UnknownWord;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::Conn;
use crate::error::StoreError;

/// Runs a statement whose `$1` is the rows as one JSON array.
pub(crate) async fn run<T: Serialize>(
    conn: &mut Conn,
    statement: &'static str,
    rows: &[T],
) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let list = serde_json::to_string(rows)?;
    Ok(sqlx::query(statement).bind(list).execute(conn).await?.rows_affected())
}

/// Runs a statement that answers one JSON text; `$1` is the rows.
pub(crate) async fn ask<T: Serialize, A: DeserializeOwned>(
    conn: &mut Conn,
    statement: &'static str,
    rows: &[T],
) -> Result<A, StoreError> {
    let list = serde_json::to_string(rows)?;
    let text: String = sqlx::query_scalar(statement).bind(list).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

/// A column that holds a word of a closed list.
pub(crate) fn word<W>(row: &AnyRow, column: usize) -> Result<W, StoreError>
where
    W: FromStr<Err = UnknownWord>,
{
    Ok(row.try_get::<&str, _>(column)?.parse()?)
}
