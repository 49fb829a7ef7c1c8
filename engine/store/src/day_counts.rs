//! The count of a day (当日计数): how many contacts of a channel leave on a day,
//! known before the first of them does.
//!
//! An order that reaches somebody leaves on the day on which it was counted and
//! on no other: one that is still there the day after is counted again. The
//! counts stand in a small table, so that nothing that grows is ever added up.

use std::collections::BTreeMap;

use domain::ids::OrderId;
use domain::manifest::Channel;
use jiff::civil::Date;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, FromRow, Row};

use crate::sending::MATCHES;
use crate::{Conn, StoreError, rows};

/// Orders that reach somebody, may leave before `$1`, and are not counted yet.
const UNCOUNTED: &str = "\
o.status = 'pending' and o.counted_on is null and o.channel is not null
and o.not_before_at < $1";

/// What was counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Count {
    /// Contacts.
    pub counted: u64,
    /// Those of them that a person let go.
    pub let_go: u64,
}

impl Count {
    /// Those that left without a person's word.
    pub fn own(&self) -> u64 {
        self.counted.saturating_sub(self.let_go)
    }
}

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn limit(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Whether any order that may leave before `until_ms` has to be counted.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_any_uncounted(
    conn: &mut Conn,
    until_ms: i64,
) -> Result<bool, StoreError> {
    let sql = format!("select o.id from outbox o where {UNCOUNTED} limit 1");
    let found = sqlx::query(AssertSqlSafe(sql)).bind(until_ms).fetch_optional(conn);
    Ok(found.await?.is_some())
}

/// A portion of the uncounted orders that a stop keeps.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn kept(
    conn: &mut Conn,
    until_ms: i64,
    most: i64,
) -> Result<Vec<OrderId>, StoreError> {
    let sql = format!(
        "select o.id from outbox o where {UNCOUNTED}
         and exists (select 1 from sending_stops s where {MATCHES}) limit $2"
    );
    let kept = sqlx::query_scalar(AssertSqlSafe(sql)).bind(until_ms).bind(most);
    let kept: Vec<i64> = kept.fetch_all(conn).await?;
    Ok(kept.into_iter().map(OrderId).collect())
}

/// How many orders of a channel have to be counted, without those that a person
/// let go; `most` when there are more.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn fresh(
    conn: &mut Conn,
    channel: Channel,
    until_ms: i64,
    most: u64,
) -> Result<u64, StoreError> {
    let sql = format!(
        "select count(*) from (
           select 1 from outbox o where {UNCOUNTED} and o.channel = $2
           and o.let_go_by is null limit $3) f"
    );
    let count = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(until_ms)
        .bind(channel.as_str())
        .bind(limit(most))
        .fetch_one(conn);
    Ok(number(count.await?))
}

/// The visits that have to be counted, by collector.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn fresh_visits(
    conn: &mut Conn,
    until_ms: i64,
) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = format!(
        "select o.counted_for, count(*) as visits from outbox o
         where {UNCOUNTED} and o.channel = 'visit' and o.let_go_by is null
         group by o.counted_for order by o.counted_for"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(until_ms).fetch_all(conn).await?;
    let count = |row: &AnyRow| -> Result<_, StoreError> {
        Ok((row.try_get("counted_for")?, number(row.try_get("visits")?)))
    };
    rows.iter().map(count).collect()
}

/// A portion of the uncounted visits of one collector.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn visits_of(
    conn: &mut Conn,
    collector: &str,
    until_ms: i64,
    most: i64,
) -> Result<Vec<OrderId>, StoreError> {
    let sql = format!(
        "select o.id from outbox o where {UNCOUNTED} and o.channel = 'visit'
         and o.counted_for = $2 and o.let_go_by is null order by o.id limit $3"
    );
    let visits: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(until_ms)
        .bind(collector.to_owned())
        .bind(most)
        .fetch_all(conn)
        .await?;
    Ok(visits.into_iter().map(OrderId).collect())
}

/// One of last night, or one that was put off, waits since its own hour has come.
const OLDEST: &str = "\
select min(max(created_at, not_before_at)) from outbox
where status = 'pending' and counted_on is null and channel = $1
and not_before_at <= $2";

/// Since when the oldest uncounted order of a channel could leave.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn waiting_since(
    conn: &mut Conn,
    now_ms: i64,
    channel: Channel,
) -> Result<Option<i64>, StoreError> {
    let found = sqlx::query_scalar(OLDEST).bind(channel.as_str()).bind(now_ms);
    Ok(found.fetch_one(conn).await?)
}

/// Work that may give orders in a moment: timers that are due, events that are
/// not answered, orders that come back from a stop that was lifted.
const COMING: &str = "\
select (select count(*) from (
    select 1 from instances where status = 'waiting' and due_at <= $1 limit $2) d)
  + (select count(*) from (
    select 1 from inbox where consumed_seq is null limit $2) e)
  + (select count(*) from (
    select 1 from sending_stops s
    join outbox o on o.held_by = s.id and o.status = 'held'
    where s.done_at is null and s.lifted_at is not null and s.cause <> 'guard' limit $2) h)";

/// How many orders may still come in a moment, roughly; `most` or a little more
/// when there are more.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn coming(conn: &mut Conn, now_ms: i64, most: u64) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar(COMING).bind(now_ms).bind(limit(most)).fetch_one(conn);
    Ok(number(count.await?))
}

const DAYS: &str = "\
select on_day, cast(sum(counted) as bigint) as counted,
  cast(sum(let_go) as bigint) as let_go
from sending_days
where channel = $1 and on_day < $2
group by on_day order by on_day desc limit $3";

/// The latest days on which contacts of a channel were counted, the newest
/// first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn days_before(
    conn: &mut Conn,
    channel: Channel,
    day: Date,
    most: i64,
) -> Result<Vec<(Date, Count)>, StoreError> {
    let rows = sqlx::query(DAYS)
        .bind(channel.as_str())
        .bind(day.to_string())
        .bind(most)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let day = row.try_get::<&str, _>("on_day")?.parse();
            let day = day.map_err(|_| StoreError::data("sending_days.on_day"))?;
            Ok((day, count(row)?))
        })
        .collect()
}

const OF_DAY: &str = "\
select counted_for, counted, let_go from sending_days where channel = $1 and on_day = $2";

/// What was counted of a channel on a day, by whom it is counted for: the
/// collector of visits, else nobody.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_day(
    conn: &mut Conn,
    channel: Channel,
    day: Date,
) -> Result<BTreeMap<String, Count>, StoreError> {
    let rows = sqlx::query(OF_DAY)
        .bind(channel.as_str())
        .bind(day.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("counted_for")?, count(row)?))).collect()
}

fn count(row: &AnyRow) -> Result<Count, StoreError> {
    let counted = number(row.try_get("counted")?);
    Ok(Count { counted, let_go: number(row.try_get("let_go")?) })
}

/// Counts uncounted orders of a channel in, the oldest first and at most `most`;
/// they may leave on that day. Answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn count_in(
    conn: &mut Conn,
    channel: Channel,
    day: Date,
    until_ms: i64,
    most: u64,
) -> Result<u64, StoreError> {
    let sql = format!(
        "update outbox set counted_on = $3 where id in (
           select o.id from outbox o where {UNCOUNTED} and o.channel = $2
           and o.let_go_by is null order by o.id limit $4)
         returning counted_for"
    );
    let counted: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(until_ms)
        .bind(channel.as_str())
        .bind(day.to_string())
        .bind(limit(most))
        .fetch_all(&mut *conn)
        .await?;
    let rows = counted.len();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for of in counted {
        *sums.entry(of).or_default() += 1;
    }
    let sums: Vec<Sum> = sums
        .into_iter()
        .map(|(of, count)| (channel.as_str().to_owned(), day.to_string(), of, count, 0))
        .collect();
    add(conn, &sums).await?;
    Ok(u64::try_from(rows).unwrap_or(u64::MAX))
}

const THESE: &str = "\
update outbox set counted_on = $2
where id in (select id from list($1) as s (id bigint))
and status = 'pending' and counted_on is null and channel is not null
returning channel, counted_for, cast(let_go_by is not null as integer) as let_go";

/// Counts single orders in that are about to leave and not counted yet.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn count_these(
    conn: &mut Conn,
    day: Date,
    orders: &[OrderId],
) -> Result<(), StoreError> {
    let counted = sqlx::query(THESE)
        .bind(serde_json::to_string(orders)?)
        .bind(day.to_string())
        .fetch_all(&mut *conn)
        .await?;
    let sum = |row: &AnyRow| -> Result<Sum, StoreError> {
        let (channel, of) = (row.try_get("channel")?, row.try_get("counted_for")?);
        Ok((channel, day.to_string(), of, 1, row.try_get("let_go")?))
    };
    let sums = counted.iter().map(sum).collect::<Result<Vec<_>, _>>()?;
    add(conn, &sums).await
}

const LET_GO: &str = "\
update outbox set counted_on = $2
where id in (
  select o.id from outbox o
  where o.status = 'pending' and o.counted_on is null and o.channel is not null
  and o.let_go_by is not null and o.not_before_at < $1
  and not exists (select 1 from sending_stops g
    where g.id = o.let_go_by and g.daily_by is not null) limit $3)
returning channel, counted_for";

/// Counts a portion of what a person let go in, whatever the bound; not what was
/// let go at the bound a day. Answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn count_let_go(
    conn: &mut Conn,
    day: Date,
    until_ms: i64,
    most: i64,
) -> Result<usize, StoreError> {
    let counted = sqlx::query(LET_GO)
        .bind(until_ms)
        .bind(day.to_string())
        .bind(most)
        .fetch_all(&mut *conn)
        .await?;
    add_let_go(conn, day, &counted).await
}

const DAILY: &str = "\
select g.id as stop, g.counted_for, coalesce(g.bound, 0) as bound from sending_stops g
where g.daily_by is not null and exists (select 1 from outbox o
  where o.let_go_by = g.id and o.status = 'pending' and o.counted_on is null
  and o.channel = $2 and o.not_before_at < $1)
order by g.id";

/// A stop whose orders a person let go at the bound a day, and of which some have
/// to be counted.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct Uncounted {
    /// Its number.
    pub stop: i64,
    /// The collector whose visits it held; empty for a whole channel.
    pub counted_for: String,
    /// The bound that the person was told.
    pub bound: i64,
}

/// The stops whose orders a person let go at the bound a day, of which some have
/// to be counted: those of an earlier day, and those that another stop took in
/// between.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn daily_uncounted(
    conn: &mut Conn,
    channel: Channel,
    until_ms: i64,
) -> Result<Vec<Uncounted>, StoreError> {
    let daily = sqlx::query_as(DAILY).bind(until_ms).bind(channel.as_str());
    Ok(daily.fetch_all(conn).await?)
}

const LET_GO_DAILY: &str = "\
update outbox set counted_on = $2
where id in (
  select id from outbox
  where status = 'pending' and counted_on is null and channel = $3
  and let_go_by = $4 and not_before_at < $1 order by id limit $5)
returning channel, counted_for";

/// Counts in what a person let go of a stop at the bound a day, at most `most`.
/// Answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn count_daily(
    conn: &mut Conn,
    (channel, stop): (Channel, i64),
    day: Date,
    until_ms: i64,
    most: u64,
) -> Result<usize, StoreError> {
    let counted = sqlx::query(LET_GO_DAILY)
        .bind(until_ms)
        .bind(day.to_string())
        .bind(channel.as_str())
        .bind(stop)
        .bind(limit(most))
        .fetch_all(&mut *conn)
        .await?;
    add_let_go(conn, day, &counted).await
}

async fn add_let_go(
    conn: &mut Conn,
    day: Date,
    counted: &[AnyRow],
) -> Result<usize, StoreError> {
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in counted {
        let of = (row.try_get("channel")?, row.try_get("counted_for")?);
        *sums.entry(of).or_default() += 1;
    }
    let sums: Vec<Sum> = sums
        .into_iter()
        .map(|((channel, of), count)| (channel, day.to_string(), of, count, count))
        .collect();
    add(conn, &sums).await?;
    Ok(counted.len())
}

/// Channel, day, for whom, contacts, those that a person let go.
type Sum = (String, String, String, i64, i64);

const ADD: &str = "\
insert into sending_days (channel, on_day, counted_for, counted, let_go)
select s.channel, s.on_day, s.counted_for, sum(s.counted), sum(s.let_go)
from batch($1) as s (channel text, on_day text, counted_for text, counted bigint,
  let_go bigint) where true
group by s.channel, s.on_day, s.counted_for
on conflict (channel, on_day, counted_for) do update set
  counted = sending_days.counted + excluded.counted,
  let_go = sending_days.let_go + excluded.let_go";

async fn add(conn: &mut Conn, sums: &[Sum]) -> Result<(), StoreError> {
    rows::run(conn, ADD, sums).await?;
    Ok(())
}

const COUNTED: &str = "\
select json_group_array(json_array(channel, counted_on, counted_for, n, let_go)) from (
  select o.channel, o.counted_on, o.counted_for, count(*) as n, count(o.let_go_by) as let_go
  from list($1) as s (id bigint)
  join outbox o on o.id = s.id and o.counted_on is not null
  group by o.channel, o.counted_on, o.counted_for) sums";
const TAKE_AWAY: &str = "\
update sending_days set
  counted = max(0, counted - s.gone),
  let_go = max(0, min(let_go - s.gone_let_go, counted - s.gone))
from batch($1) as s (channel text, on_day text, counted_for text, gone bigint,
  gone_let_go bigint)
where sending_days.channel = s.channel and sending_days.on_day = s.on_day
and sending_days.counted_for = s.counted_for";
const NOT_COUNTED: &str = "\
update outbox set counted_on = null where id in (select id from list($1) as s (id bigint))";

/// Takes orders that do not leave after all out of the count.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn uncount(conn: &mut Conn, orders: &[OrderId]) -> Result<(), StoreError> {
    if orders.is_empty() {
        return Ok(());
    }
    let sums: Vec<Sum> = rows::ask(conn, COUNTED, orders).await?;
    if sums.is_empty() {
        return Ok(());
    }
    rows::run(conn, TAKE_AWAY, &sums).await?;
    rows::run(conn, NOT_COUNTED, orders).await?;
    Ok(())
}

const LEFT_OVER: &str = "\
select json_group_array(id) from (
  select id from outbox
  where status = 'pending' and counted_on < $1 order by not_before_at, id limit $2) o";

/// Takes a portion of the orders that were counted on an earlier day and are
/// still there out of that day's count. Answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn begin_day(
    conn: &mut Conn,
    today: Date,
    most: i64,
) -> Result<usize, StoreError> {
    let text: String = sqlx::query_scalar(LEFT_OVER)
        .bind(today.to_string())
        .bind(most)
        .fetch_one(&mut *conn)
        .await?;
    let orders: Vec<OrderId> = serde_json::from_str(&text)?;
    uncount(conn, &orders).await?;
    Ok(orders.len())
}
