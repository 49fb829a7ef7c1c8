//! How the orders of a lifted stop go on (放行), and which have waited too long.

use domain::ids::{CaseId, OrderId};
use domain::status::OrderStatus;
use serde::Deserialize;
use sqlx::{AssertSqlSafe, FromRow};

use super::{Cause, LIVES_ON_MS, MATCHES, NO_END_MS, Resume, order_line};
use crate::guard_stops::LIVES_DAILY_MS;
use crate::journal::{self, NewLine};
use crate::{Conn, Now, StoreError, outbox, rows};

/// An order that ended without having left, for its workflow to hear of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Ended {
    /// The order.
    pub order: OrderId,
    /// Its case.
    pub case_id: CaseId,
    /// The verb.
    pub verb: String,
    /// Who asked for it.
    pub requested_by: String,
    /// The stage it was given in.
    pub stage: String,
}

/// What a portion of letting go came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LetGo {
    /// Orders looked at; 0 when no stop has anything left to let go.
    pub orders: usize,
    /// Those that were dropped.
    pub dropped: Vec<Ended>,
}

struct Lifted {
    id: i64,
    at: i64,
    by: String,
    note: String,
    resume: Resume,
    held: i64,
    let_go: i64,
    cause: Cause,
}

const NEXT_LIFTED: &str = "\
select id, lifted_at, lifted_by, coalesce(lift_note, '') as lift_note, resume, resume_ms,
  held_orders, let_go, cause
from sending_stops where done_at is null and lifted_at is not null order by id limit 1";

/// An order of a lifted stop: itself, its case, its verb, who asked, its stage,
/// when it was given, the stop that keeps it still, and whether a person had let
/// it go at the bound a day.
type Held = (i64, i64, String, String, String, i64, Option<i64>, i64);

/// What leaves gets its hour from the word said now; the slot of an earlier spread
/// counts no more.
const LET_GO: &str = "\
update outbox set status = s.status, held_by = s.stop,
  not_before_at = case when s.hour is null then not_before_at
    else max(coalesce(before_spread_at, not_before_at), s.at) end,
  before_spread_at = case s.hour
    when 'spread' then coalesce(before_spread_at, not_before_at)
    when 'now' then null
    else before_spread_at end,
  settled_at = s.settled_at, settled_note = s.note,
  let_go_by = coalesce(s.answered, let_go_by),
  prolonged_until_at = max(not_after_at, s.until_at)
from batch($1) as s (id bigint, status text, stop bigint, at bigint, settled_at bigint,
  note text, answered bigint, until_at bigint, hour text)
where outbox.id = s.id";
const COUNT_LET_GO: &str = "\
update sending_stops set let_go = let_go + $2,
  done_at = case when $3 = 1 then cast($4 as bigint) end where id = $1";

/// Lets a portion of a lifted stop's orders go, as whoever lifted it said. What
/// another stop keeps stays held, by that one.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn let_go(conn: &mut Conn, now: &Now, limit: i64) -> Result<LetGo, StoreError> {
    let Some(stop) = next_lifted(conn).await? else { return Ok(LetGo::default()) };
    let held = held_by(conn, stop.id, limit).await?;
    let mut done = LetGo { orders: held.len().max(1), dropped: Vec::new() };
    let mut changes = Vec::with_capacity(held.len());
    let mut lines = Vec::with_capacity(held.len());
    for (place, order) in (stop.let_go..).zip(&held) {
        let (id, case, verb, requested_by, stage, created_at, other, daily) = order;
        let (status, by_stop, at, settled_at) = match (stop.resume, other) {
            (Resume::Drop(age), _) if *created_at < stop.at - age => {
                done.dropped.push(Ended {
                    order: OrderId(*id),
                    case_id: CaseId(*case),
                    verb: verb.clone(),
                    requested_by: requested_by.clone(),
                    stage: stage.clone(),
                });
                (OrderStatus::Cancelled, None, 0, Some(now.ms))
            }
            (_, Some(other)) => (OrderStatus::Held, Some(*other), 0, None),
            (Resume::Spread(over), None) => {
                (OrderStatus::Pending, None, slot(&stop, over, place), None)
            }
            (_, None) => (OrderStatus::Pending, None, now.ms, None),
        };
        let note = match status {
            OrderStatus::Held => OrderStatus::Held.as_str(),
            OrderStatus::Cancelled => "dropped",
            _ => "",
        };
        // Whoever lifts what the guard asked about has answered it.
        let is_dropped = status == OrderStatus::Cancelled;
        let answered = (stop.cause == Cause::Guard && !is_dropped).then_some(stop.id);
        // Time under a stop makes no order too old.
        let until = match by_stop {
            Some(_) => NO_END_MS,
            None if *daily == 1 => at.max(now.ms) + LIVES_DAILY_MS,
            None => at.max(now.ms) + LIVES_ON_MS,
        };
        let hour = match (status, stop.resume) {
            (OrderStatus::Pending, Resume::Spread(_)) => Some("spread"),
            (OrderStatus::Pending, _) => Some("now"),
            _ => None,
        };
        changes.push((id, status, by_stop, at, settled_at, note, answered, until, hour));
        let about = Some(by_stop.unwrap_or(stop.id));
        lines.push(order_line(*case, *id, status, verb, about, &stop.by, &stop.note));
    }
    rows::run(conn, LET_GO, &changes).await?;
    let unsent: Vec<OrderId> = done.dropped.iter().map(|it| it.order).collect();
    // An attempt that an earlier try reserved was none, if it never left.
    outbox::unreserve(conn, &unsent).await?;
    journal::append(conn, now, &lines).await?;
    let count = i64::try_from(held.len()).unwrap_or(i64::MAX);
    sqlx::query(COUNT_LET_GO)
        .bind(stop.id)
        .bind(count)
        .bind(i64::from(count < limit))
        .bind(now.ms)
        .execute(conn)
        .await?;
    Ok(done)
}

/// When the order at this place leaves, of those that are spread.
fn slot(stop: &Lifted, over_ms: i64, place: i64) -> i64 {
    let share = i128::from(over_ms) * i128::from(place) / i128::from(stop.held.max(1));
    stop.at + i64::try_from(share).unwrap_or(over_ms).min(over_ms)
}

async fn next_lifted(conn: &mut Conn) -> Result<Option<Lifted>, StoreError> {
    let found: Option<LiftedRow> =
        sqlx::query_as(NEXT_LIFTED).fetch_optional(conn).await?;
    let Some(row) = found else { return Ok(None) };
    let unknown = || StoreError::data("停发记录中有未知的词");
    Ok(Some(Lifted {
        id: row.id,
        at: row.lifted_at,
        by: row.lifted_by,
        note: row.lift_note,
        resume: Resume::parse(&row.resume, row.resume_ms),
        held: row.held_orders,
        let_go: row.let_go,
        cause: Cause::parse(&row.cause).ok_or_else(unknown)?,
    }))
}

#[derive(FromRow)]
struct LiftedRow {
    id: i64,
    lifted_at: i64,
    lifted_by: String,
    lift_note: String,
    resume: String,
    resume_ms: i64,
    held_orders: i64,
    let_go: i64,
    cause: String,
}

/// A portion of what a stop holds, each with the stop that keeps it still.
pub(super) fn portion() -> String {
    format!(
        "select json_group_array(json_array(
           o.id, o.case_id, o.verb, o.requested_by, o.stage, o.created_at,
           (select min(s.id) from sending_stops s where {MATCHES}),
           cast(exists (select 1 from sending_stops g
             where g.id = o.let_go_by and g.daily_by is not null) as integer))
           order by o.id)
         from (select * from outbox
           where status = 'held' and held_by = $1 order by id limit $2) o"
    )
}

async fn held_by(
    conn: &mut Conn,
    stop: i64,
    limit: i64,
) -> Result<Vec<Held>, StoreError> {
    let text: String = sqlx::query_scalar(AssertSqlSafe(portion()))
        .bind(stop)
        .bind(limit)
        .fetch_one(conn)
        .await?;
    Ok(serde_json::from_str(&text)?)
}

const EXPIRED: &str = "\
select json_group_array(json_array(id, case_id, verb, requested_by, stage, held_by))
from (select * from outbox
  where status = 'held' and coalesce(prolonged_until_at, not_after_at) < $1
  order by coalesce(prolonged_until_at, not_after_at) limit $2) expired";
const EXPIRE: &str = "\
update outbox set status = 'expired', held_by = null, settled_at = $2,
  settled_note = 'not_after'
where id in (select id from list($1) as s (id bigint)) and status = 'held'";

/// Ends a portion of the held orders whose last day has passed: only what is
/// let go at the bound a day has one. Answers them, for their workflows to hear of.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn expire(
    conn: &mut Conn,
    now: &Now,
    limit: i64,
) -> Result<Vec<Ended>, StoreError> {
    let text: String = sqlx::query_scalar(EXPIRED)
        .bind(now.ms)
        .bind(limit)
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<(i64, i64, String, String, String, i64)> =
        serde_json::from_str(&text)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let orders: Vec<OrderId> = found.iter().map(|it| OrderId(it.0)).collect();
    let list = serde_json::to_string(&orders)?;
    sqlx::query(EXPIRE).bind(list).bind(now.ms).execute(&mut *conn).await?;
    outbox::unreserve(conn, &orders).await?;
    let lines: Vec<NewLine> = found
        .iter()
        .map(|(id, case, verb, _, _, stop)| {
            let note = "not_after";
            order_line(
                *case,
                *id,
                OrderStatus::Expired,
                verb,
                Some(*stop),
                "system",
                note,
            )
        })
        .collect();
    journal::append(conn, now, &lines).await?;
    Ok(found
        .into_iter()
        .map(|(order, case, verb, requested_by, stage, _)| Ended {
            order: OrderId(order),
            case_id: CaseId(case),
            verb,
            requested_by,
            stage,
        })
        .collect())
}

/// Takes one order out of those that a stop holds, to see whether what stopped
/// them is over; the one that was tried least. What another stop keeps stays.
/// It is pending when this returns, and has to be leased in this transaction.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn take_one(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
) -> Result<Option<OrderId>, StoreError> {
    let sql = format!(
        "select json_group_array(json_array(id, case_id, verb)) from (
           select o.id, o.case_id, o.verb from (
             select * from outbox where status = 'held' and held_by = $1
             order by id limit 500) o
           where o.not_before_at <= $2
           and not exists (select 1 from sending_stops s where s.id <> $1 and {MATCHES})
           order by o.attempts, o.id limit 1) first"
    );
    let text: String = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(stop)
        .bind(now.ms)
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<(i64, i64, String)> = serde_json::from_str(&text)?;
    let Some((id, case, verb)) = found.first() else { return Ok(None) };
    sqlx::query(TAKE).bind(id).bind(now.ms + LIVES_ON_MS).execute(&mut *conn).await?;
    let (to, stop) = (OrderStatus::Pending, Some(stop));
    let line = order_line(*case, *id, to, verb, stop, "system", "probe");
    journal::append(conn, now, &[line]).await?;
    Ok(Some(OrderId(*id)))
}

const TAKE: &str = "\
update outbox set status = 'pending', held_by = null, settled_note = '',
  prolonged_until_at = max(not_after_at, cast($2 as bigint))
where id = $1 and status = 'held'";
