//! What the guard stopped (把关停发): contacts above the bound of their day, until a
//! person lets them go, all at once, some, or at the bound a day.

use domain::ids::OrderId;
use domain::journal::{Entry, SendingLetGo};
use domain::manifest::Channel;
use domain::status::OrderStatus;
use serde::Serialize;
use sqlx::{AssertSqlSafe, FromRow};

use crate::journal::{self, NewLine};
use crate::sending::{self, Cause, MATCHES, NewStop, Resume, Scope};
use crate::{Conn, Now, StoreError, ids};

/// A stop of the guard that stands.
#[derive(Clone, Debug, Eq, FromRow, PartialEq, Serialize)]
pub struct GuardStop {
    /// Its number.
    pub id: i64,
    /// The channel whose contacts it holds.
    pub channel: String,
    /// The collector whose visits it holds; empty for a whole channel.
    pub counted_for: String,
    /// The bound of the day on which it was placed.
    pub bound: i64,
    /// Since when, in milliseconds since 1970.
    pub placed_at: i64,
    /// Who has let its orders go at the bound a day; nobody yet when `None`.
    pub daily_by: Option<String>,
    /// Orders it holds.
    pub held: i64,
}

impl GuardStop {
    /// Whether it waits for a person's word.
    pub fn asks(&self) -> bool {
        self.daily_by.is_none()
    }
}

const ABOUT: &str = "\
update sending_stops set channel = $2, counted_for = $3, bound = $4 where id = $1";

/// Stops a channel, or one collector's visits, because more than `bound` would
/// leave today. `reason` is for people and names nobody but the collector.
///
/// # Errors
///
/// [`StoreError`] when the database refuses.
pub async fn place(
    conn: &mut Conn,
    now: &Now,
    channel: Channel,
    collector: Option<&str>,
    bound: u64,
    reason: &str,
) -> Result<i64, StoreError> {
    let word = channel.as_str();
    let (scope, target) = match collector {
        None => (Scope::Channel, word.to_owned()),
        Some(name) => (Scope::Orders, format!("{word}:{name}")),
    };
    let new = NewStop {
        scope,
        target,
        release: None,
        plugin: None,
        up_to: None,
        cause: Cause::Guard,
        reason: reason.to_owned(),
        by: "system".to_owned(),
    };
    let id = sending::place(conn, now, &new).await?;
    sqlx::query(ABOUT)
        .bind(id)
        .bind(word)
        .bind(collector.unwrap_or_default().to_owned())
        .bind(i64::try_from(bound).unwrap_or(i64::MAX))
        .execute(conn)
        .await?;
    Ok(id)
}

const STANDING: &str = "\
select s.id, s.channel, s.counted_for, coalesce(s.bound, 0) as bound, s.placed_at, s.daily_by,
  case when $1 = 1 then (
    select count(*) from outbox o where o.held_by = s.id and o.status = 'held')
  else 0 end as held
from sending_stops s
where s.done_at is null and s.lifted_at is null and s.cause = 'guard'
and s.channel is not null order by s.id";

/// The stops of the guard that stand, with the count of what they hold.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing(conn: &mut Conn) -> Result<Vec<GuardStop>, StoreError> {
    read(conn, 1).await
}

/// The stops of the guard that stand, without the count.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn at_work(conn: &mut Conn) -> Result<Vec<GuardStop>, StoreError> {
    read(conn, 0).await
}

async fn read(conn: &mut Conn, counted: i64) -> Result<Vec<GuardStop>, StoreError> {
    Ok(sqlx::query_as(STANDING).bind(counted).fetch_all(conn).await?)
}

/// Who lets what go, and why.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// The person.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
}

const SPLIT: &str = "\
insert into sending_stops (id, scope, target, cause, reason, placed_at, placed_by, channel,
  counted_for, bound, swept, daily_by, lift_note)
select $2, 'orders', target || '/' || $3, cause, reason, placed_at, placed_by, channel,
  counted_for, bound, 1, daily_by, lift_note
from sending_stops where id = $1";
const OF_WORKFLOW: &str = "\
select count(*) from outbox
where status = 'held' and held_by = $1 and requested_by = 'workflow:' || $2";
const MOVE: &str = "\
update outbox set held_by = $2
where status = 'held' and held_by = $1 and requested_by = 'workflow:' || $3";

/// Puts what a stop holds of one workflow under a stop of its own, so that it
/// can be let go alone; what goes at the bound a day goes on so; answers that one and how many orders it holds, or
/// nothing when the stop holds none of them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn split(
    conn: &mut Conn,
    stop: i64,
    workflow: &str,
) -> Result<Option<(i64, u64)>, StoreError> {
    let found: i64 = sqlx::query_scalar(OF_WORKFLOW)
        .bind(stop)
        .bind(workflow.to_owned())
        .fetch_one(&mut *conn)
        .await?;
    if found == 0 {
        return Ok(None);
    }
    let id = ids::allocate(conn, 1).await?;
    let bind =
        |statement| sqlx::query(statement).bind(stop).bind(id).bind(workflow.to_owned());
    bind(SPLIT).execute(&mut *conn).await?;
    let moved = bind(MOVE).execute(conn).await?.rows_affected();
    Ok(Some((id, moved)))
}

const DAILY: &str = "\
update sending_stops set scope = 'orders', swept = 1, daily_by = $2, lift_note = $3
where id = $1 and lifted_at is null";

/// A day's portion at a time takes its time, but nothing of a month ago leaves.
pub(crate) const LIVES_DAILY_MS: i64 = 30 * 86_400_000;
const PROLONG: &str = "\
update outbox
set prolonged_until_at = max(not_after_at, cast($2 as bigint))
where status = 'held' and held_by = $1";

/// Lets what a stop holds go at the bound a day. What comes in later is asked
/// about on its own.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn let_go_daily(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
    word: Word<'_>,
) -> Result<(), StoreError> {
    sqlx::query(DAILY)
        .bind(stop)
        .bind(word.by.to_owned())
        .bind(word.reason.to_owned())
        .execute(&mut *conn)
        .await?;
    sqlx::query(PROLONG)
        .bind(stop)
        .bind(now.ms + LIVES_DAILY_MS)
        .execute(&mut *conn)
        .await?;
    told(conn, now, stop, "daily", None, word).await
}

const OLDEST: &str = "\
select json_group_array(json_array(id, case_id, verb)) from (
  select id, case_id, verb from outbox
  where status = 'held' and held_by = $1 order by id limit $2) oldest";

/// [`OLDEST`] without what another stop would take in, for it would leave with the
/// portions of other days in one when that one is lifted; nor what leaves on a later
/// day, for it counts on that one.
fn oldest_free() -> String {
    format!(
        "select json_group_array(json_array(id, case_id, verb)) from (
           select o.id, o.case_id, o.verb from outbox o
           where o.status = 'held' and o.held_by = $1 and o.not_before_at < $3
           and not exists (
             select 1 from sending_stops s where s.cause <> 'guard' and {MATCHES})
           order by o.id limit $2) oldest"
    )
}

const FREE: &str = "\
update outbox set status = 'pending', let_go_by = held_by, held_by = null,
  not_before_at = max(not_before_at, cast($2 as bigint)),
  prolonged_until_at = max(not_after_at, cast($3 as bigint)),
  settled_note = ''
where id in (select id from batch($1) as s (id bigint))";
/// An order that a person has let go lives so long at least.
const LIVES_MS: i64 = 2 * 86_400_000;

/// Lets the oldest of what a stop holds go, at most `most`; answers which.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn free(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
    most: u64,
    word: Word<'_>,
) -> Result<Vec<OrderId>, StoreError> {
    let text = sqlx::query_scalar(OLDEST)
        .bind(stop)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_one(&mut *conn)
        .await?;
    free_these(conn, now, stop, text, word).await
}

/// [`free`] for what goes at the bound a day, of what may leave before `until_ms`:
/// what another stop would take in stays where it is.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn free_daily(
    conn: &mut Conn,
    now: &Now,
    (stop, until_ms): (i64, i64),
    most: u64,
    word: Word<'_>,
) -> Result<Vec<OrderId>, StoreError> {
    let text = sqlx::query_scalar(AssertSqlSafe(oldest_free()))
        .bind(stop)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .bind(until_ms)
        .fetch_one(&mut *conn)
        .await?;
    free_these(conn, now, stop, text, word).await
}

async fn free_these(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
    text: String,
    word: Word<'_>,
) -> Result<Vec<OrderId>, StoreError> {
    let found: Vec<(i64, i64, String)> = serde_json::from_str(&text)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query(FREE)
        .bind(text)
        .bind(now.ms)
        .bind(now.ms + LIVES_MS)
        .execute(&mut *conn)
        .await?;
    let lines: Vec<NewLine> = found
        .iter()
        .map(|(id, case, verb)| {
            let (by, note) = (word.by, word.reason);
            sending::order_line(
                *case,
                *id,
                OrderStatus::Pending,
                verb,
                Some(stop),
                by,
                note,
            )
        })
        .collect();
    journal::append(conn, now, &lines).await?;
    Ok(found.iter().map(|it| OrderId(it.0)).collect())
}

/// Notes in the site's journal how a person let the orders of a stop go:
/// `daily`, `count` or `all`.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn told(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
    how: &str,
    orders: Option<u64>,
    word: Word<'_>,
) -> Result<(), StoreError> {
    let let_go = Entry::SendingLetGo(SendingLetGo {
        stop,
        how: how.to_owned(),
        orders,
        by: word.by.to_owned(),
        reason: word.reason.to_owned(),
    });
    journal::append(conn, now, &[NewLine::of_site(let_go)]).await
}

/// One that was placed a moment ago has not held anything yet.
const EMPTY: &str = "\
select id, cast(daily_by is null as integer) as asks from sending_stops s
where done_at is null and lifted_at is null and cause = 'guard' and channel is not null
and (daily_by is not null or swept = 1)
and not exists (select 1 from outbox o where o.held_by = s.id and o.status = 'held')";
const DONE: &str = "\
update sending_stops set lifted_at = $2, lifted_by = daily_by, resume = 'now', done_at = $2
where id = $1";

/// Whether a stop of the guard holds nothing any more.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_any_empty(conn: &mut Conn) -> Result<bool, StoreError> {
    Ok(sqlx::query(EMPTY).fetch_optional(conn).await?.is_some())
}

/// Closes the stops that hold nothing any more: what they held has all been let go
/// at the bound a day, or was dropped or called back, and a question about nothing
/// would keep the few messages of the next days.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close_empty(conn: &mut Conn, now: &Now) -> Result<usize, StoreError> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(EMPTY).fetch_all(&mut *conn).await?;
    for &(stop, asks) in &rows {
        if asks == 1 {
            let note = "没有剩下的指令 · nothing is left of what it held";
            sending::lift(conn, now, stop, Resume::Now, "system", note).await?;
        } else {
            sqlx::query(DONE).bind(stop).bind(now.ms).execute(&mut *conn).await?;
        }
    }
    Ok(rows.len())
}

const BY_WORKFLOW: &str = "\
select o.held_by, o.requested_by, count(*) from outbox o
join sending_stops s on s.id = o.held_by and s.done_at is null and s.cause = 'guard'
where o.status = 'held' group by o.held_by, o.requested_by order by 3 desc, 2, 1";

/// What the guard holds, by stop and by who asked for it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn by_workflow(conn: &mut Conn) -> Result<Vec<(i64, String, i64)>, StoreError> {
    Ok(sqlx::query_as(BY_WORKFLOW).fetch_all(conn).await?)
}
