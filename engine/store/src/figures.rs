//! Figures (指标): how much waits where, for whoever watches the daemon.
//!
//! Each count walks through an index over what waits and never through the book,
//! so that a book of a million cases can be asked all day.

use sqlx::Row;

use crate::{Conn, StoreError};

const PENDING: &str = "\
select verb, 'pending', count(*) from outbox
where status = 'pending'
group by verb";
const STANDING: &str = "\
select verb, status, count(*) from outbox
where status in ('held', 'failed', 'unknown', 'awaiting_approval')
group by status, verb";
const LEASED: &str = "\
select verb, 'leased', count(*) from outbox
where status = 'leased'
group by verb";
const OPEN_TASKS: &str = "select count(*) from tasks where closed_at is null";
const PARKED: &str = "select count(*) from instances where status = 'parked'";
const FROZEN: &str = "select count(*) from instances where status = 'frozen'";

/// Orders that have not left or did not get through: (verb, status, count).
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn orders(conn: &mut Conn) -> Result<Vec<(String, String, i64)>, StoreError> {
    let mut found = Vec::new();
    for sql in [PENDING, STANDING, LEASED] {
        let rows = sqlx::query(sql).fetch_all(&mut *conn).await?;
        found.extend(rows.iter().map(|it| (it.get(0), it.get(1), it.get(2))));
    }
    Ok(found)
}

/// Tasks that are open.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn open_tasks(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(OPEN_TASKS).fetch_one(conn).await?)
}

/// Cases that stand still: parked by a fault, and frozen by a hold.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing_still(conn: &mut Conn) -> Result<(i64, i64), StoreError> {
    let parked = sqlx::query_scalar(PARKED).fetch_one(&mut *conn).await?;
    let frozen = sqlx::query_scalar(FROZEN).fetch_one(conn).await?;
    Ok((parked, frozen))
}
