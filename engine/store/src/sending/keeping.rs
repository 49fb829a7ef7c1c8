//! What a stop keeps (留住): its orders are moved out of the way of the others.

use domain::ids::OrderId;
use domain::status::OrderStatus;
use foldhash::HashMap;
use sqlx::{AssertSqlSafe, Row};

use super::{MATCHES, NO_END_MS, Stop, at_work, order_line};
use crate::journal::{self, NewLine};
use crate::{Conn, Now, StoreError, day_counts, rows};

/// Holds those of the given pending orders that a stop keeps, the one placed
/// first where several do; answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn hold(
    conn: &mut Conn,
    now: &Now,
    orders: &[OrderId],
) -> Result<usize, StoreError> {
    if at_work(conn).await?.iter().all(|it| it.lifted) {
        return Ok(0);
    }
    let list = serde_json::to_string(orders)?;
    let text: String = sqlx::query_scalar(AssertSqlSafe(to_hold()))
        .bind(list)
        .fetch_one(&mut *conn)
        .await?;
    write_held(conn, now, &serde_json::from_str::<Vec<ToHold>>(&text)?).await
}

/// The pending orders of a list that a stop keeps, with the first stop that does.
pub(super) fn to_hold() -> String {
    format!(
        "select json_group_array(json_array(id, case_id, verb, stop) order by id) from (
           select o.id, o.case_id, o.verb, min(s.id) as stop
           from list($1) as c (id bigint)
           join outbox o on o.id = c.id and o.status = 'pending'
           join sending_stops s on {MATCHES}
           group by o.id, o.case_id, o.verb) kept"
    )
}

/// Puts pending orders under one stop, whatever it matches; answers how many.
///
/// # Errors
///
/// [`StoreError`] when there is no such stop or the database cannot be written.
pub async fn hold_under(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
    orders: &[OrderId],
) -> Result<usize, StoreError> {
    let found: Vec<(i64, i64, String)> = rows::ask(conn, PENDING, orders).await?;
    let found: Vec<ToHold> =
        found.into_iter().map(|(id, case, verb)| (id, case, verb, stop)).collect();
    write_held(conn, now, &found).await
}

const PENDING: &str = "\
select json_group_array(json_array(o.id, o.case_id, o.verb) order by c.n)
from list($1) as c (n ordinality, id bigint)
join outbox o on o.id = c.id and o.status = 'pending'";

/// An order, its case, its verb, the stop that is to hold it.
type ToHold = (i64, i64, String, i64);

const WRITE_HELD: &str = "\
update outbox set status = 'held', held_by = s.stop, settled_note = 'held',
  prolonged_until_at = s.until_at
from batch($1) as s (id bigint, case_id bigint, verb text, stop bigint, until_at bigint)
where outbox.id = s.id";

async fn write_held(
    conn: &mut Conn,
    now: &Now,
    orders: &[ToHold],
) -> Result<usize, StoreError> {
    if orders.is_empty() {
        return Ok(0);
    }
    let stops: HashMap<i64, Stop> =
        at_work(conn).await?.into_iter().map(|it| (it.id, it)).collect();
    let numbers: Vec<OrderId> = orders.iter().map(|order| OrderId(order.0)).collect();
    day_counts::uncount(conn, &numbers).await?;
    // What keeps it is outside itself, so it grows no older meanwhile.
    let held: Vec<_> = orders
        .iter()
        .map(|(id, case, verb, stop)| (id, case, verb, stop, NO_END_MS))
        .collect();
    rows::run(conn, WRITE_HELD, &held).await?;
    let lines: Vec<NewLine> = orders
        .iter()
        .map(|(id, case, verb, stop)| {
            let stop = stops.get(stop);
            let why = stop.map_or("", |it| it.reason.as_str());
            let by = stop.map_or("", |it| it.placed_by.as_str());
            let stop = stop.map(|stop| stop.id);
            order_line(*case, *id, OrderStatus::Held, verb, stop, by, why)
        })
        .collect();
    journal::append(conn, now, &lines).await?;
    Ok(orders.len())
}

/// How many of the orders that other stops hold one stop would hold as well.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn held_elsewhere(conn: &mut Conn, stop: i64) -> Result<i64, StoreError> {
    let held = sqlx::query_scalar(AssertSqlSafe(elsewhere()));
    Ok(held.bind(stop).fetch_one(conn).await?)
}

pub(super) fn elsewhere() -> String {
    format!(
        "select count(*) from sending_stops s
         join outbox o on o.status = 'held' and o.held_by <> s.id
         where s.id = $1 and {MATCHES}"
    )
}

const WORK_LEFT: &str = "\
select case when exists (
    select 1 from sending_stops
    where done_at is null and (swept = 0 or lifted_at is not null))
  or exists (
    select 1 from outbox where status = 'held' and coalesce(prolonged_until_at, not_after_at) < $1)
  then 1 else 0 end";

/// Whether [`sweep`], [`let_go`](super::let_go) or [`expire`](super::expire) have anything to do.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_work_left(conn: &mut Conn, now: &Now) -> Result<bool, StoreError> {
    let left: i64 = sqlx::query_scalar(WORK_LEFT).bind(now.ms).fetch_one(conn).await?;
    Ok(left == 1)
}

const UNSWEPT: &str = "\
select id, swept_at, swept_order from sending_stops
where done_at is null and lifted_at is null and swept = 0 order by id limit 1";
const NEXT_PENDING: &str = "\
select json_group_array(json_array(not_before_at, id) order by not_before_at, id) from (
  select not_before_at, id from outbox
  where status = 'pending' and ($1, $2) < (not_before_at, id)
  order by not_before_at, id limit $3) next";
const SWEPT: &str = "\
update sending_stops set swept_at = $2, swept_order = $3, swept = $4 where id = $1";

/// Looks through a portion of the orders that waited when a stop was placed, so
/// that those of tomorrow morning are held and counted tonight. Answers how
/// many were looked at.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn sweep(conn: &mut Conn, now: &Now, limit: i64) -> Result<usize, StoreError> {
    let Some(row) = sqlx::query(UNSWEPT).fetch_optional(&mut *conn).await? else {
        return Ok(0);
    };
    let stop: i64 = row.try_get("id")?;
    let swept: (i64, i64) = (row.try_get("swept_at")?, row.try_get("swept_order")?);
    let text: String = sqlx::query_scalar(NEXT_PENDING)
        .bind(swept.0)
        .bind(swept.1)
        .bind(limit)
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<(i64, i64)> = serde_json::from_str(&text)?;
    let orders: Vec<OrderId> = found.iter().map(|it| OrderId(it.1)).collect();
    hold(conn, now, &orders).await?;
    let (at, order) = found.last().copied().unwrap_or(swept);
    let ended = i64::try_from(found.len()).is_ok_and(|it| it < limit);
    sqlx::query(SWEPT)
        .bind(stop)
        .bind(at)
        .bind(order)
        .bind(i64::from(ended))
        .execute(conn)
        .await?;
    Ok(found.len().max(1))
}
