//! Where every number of the store comes from (编号): one counter for all.

use sqlx::Row;

use crate::Conn;
use crate::error::StoreError;

const TAKE_IDS: &str = "
    update meta
    set value = cast(cast(value as bigint) + $1 as text)
    where key = 'next_id'
    returning cast(value as bigint) - $1";

/// Takes `n` numbers and answers the first; the others follow it one by one.
///
/// Call it inside the writer's transaction: the numbers are given back when it
/// is rolled back.
///
/// # Errors
///
/// [`StoreError`] when the counter cannot be read or written.
pub async fn allocate(conn: &mut Conn, n: usize) -> Result<i64, StoreError> {
    let n = i64::try_from(n).map_err(|_| StoreError::data("编号数量超出范围"))?;
    let first: i64 = sqlx::query_scalar(TAKE_IDS).bind(n).fetch_one(conn).await?;
    Ok(first)
}

const TAKE_AND_COUNT: &str = "
    update meta
    set value = cast(cast(value as bigint) + $1 as text)
    where key in ('next_id', $2)
    returning key, cast(value as bigint) - $1 as first";

/// [`allocate`], and adds `n` to a count kept in `meta` in the same statement.
pub(crate) async fn allocate_counting(
    conn: &mut Conn,
    n: usize,
    count: &'static str,
) -> Result<i64, StoreError> {
    let n = i64::try_from(n).map_err(|_| StoreError::data("编号数量超出范围"))?;
    let rows = sqlx::query(TAKE_AND_COUNT).bind(n).bind(count).fetch_all(conn).await?;
    for row in &rows {
        if row.try_get::<&str, _>("key")? == "next_id" {
            return Ok(row.try_get("first")?);
        }
    }
    Err(StoreError::data("案件库没有编号"))
}
