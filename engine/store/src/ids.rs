//! Where every number of the store comes from (编号): one counter for all.

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
