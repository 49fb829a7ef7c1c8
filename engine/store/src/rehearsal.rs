//! A rehearsal (演练): everything is worked and nothing leaves.
//!
//! What is known of debts and people is real, whenever it comes in. What a
//! rehearsal decides is not: the runs that it opened and the orders that they
//! gave are marked, leave never, and begin anew when it is over. Runs from
//! before it stand still meanwhile.
//!
//! That a rehearsal is on stands in the store, so that every process that opens
//! a run or gives an order marks it.

use domain::ids::{CaseId, InstanceId, OrderId};
use domain::journal::{Entry, RehearsalBegan, RehearsalEnded, RehearsalOver};
use serde::Deserialize;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::journal::{self, NewLine};
use crate::{Conn, Now, StoreError, ids, lanes, meta, outbox, rows};

/// Since when a rehearsal is on, in milliseconds since 1970, in `meta`.
const SINCE: &str = "rehearsal_since";
/// A rehearsal is over and not everything of it is put away yet.
const ENDING: &str = "rehearsal_ending";

/// Since when a rehearsal is on, in milliseconds since 1970.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn since(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    meta::number(conn, SINCE).await
}

/// Whether a rehearsal is over and has to be put away with [`put_away`].
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_ending(conn: &mut Conn) -> Result<bool, StoreError> {
    Ok(meta::number(conn, ENDING).await?.is_some())
}

/// Nothing has reached anybody yet, so the whole book can be rehearsed.
const HAS_SENT: &str = "select on_day from sending_days where 0 < counted limit 1";
const JOIN_ALL: &str = "update instances set rehearsal = 1 where status <> 'finished'";
const JOIN_NEW: &str = "\
update instances set rehearsal = 1
where status = 'waiting' and due_at <= $1 and seq = 0";
const JOIN_ORDERS: &str = "\
update outbox set rehearsal = 1
where status in ('pending', 'held', 'awaiting_approval') and instance_id in (
  select id from instances where rehearsal = 1)";

/// Begins a rehearsal, unless one is on: runs that have not moved yet join it,
/// all of them where nothing has ever left. Answers whether it began now.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn begin(conn: &mut Conn, now: &Now, by: &str) -> Result<bool, StoreError> {
    if since(conn).await?.is_some() {
        return Ok(false);
    }
    meta::set_number(conn, SINCE, now.ms).await?;
    let has_sent = sqlx::query(HAS_SENT).fetch_optional(&mut *conn).await?.is_some();
    if has_sent {
        sqlx::query(JOIN_NEW).bind(now.ms).execute(&mut *conn).await?;
    } else {
        sqlx::query(JOIN_ALL).execute(&mut *conn).await?;
    }
    sqlx::query(JOIN_ORDERS).execute(&mut *conn).await?;
    let began = Entry::RehearsalBegan(RehearsalBegan { by: by.to_owned() });
    journal::append(conn, now, &[NewLine::of_site(began)]).await?;
    Ok(true)
}

const HELD: &str = "\
select count(*) from outbox where status = 'held' and held_by = $1 and rehearsal = 1";
const SPLIT: &str = "\
insert into sending_stops (id, scope, target, cause, reason, placed_at, placed_by, channel,
  counted_for, bound, swept)
select $2, 'orders', target || '/rehearsal', cause, reason, placed_at, placed_by, channel,
  counted_for, bound, 1
from sending_stops where id = $1";
const MOVE: &str = "\
update outbox set held_by = $2 where status = 'held' and held_by = $1 and rehearsal = 1";

/// Puts what a stop holds of a rehearsal under a stop of its own, so that it can be
/// let go and what is meant in earnest stays held; answers that stop, or nothing
/// when nothing of it is rehearsed.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn split(conn: &mut Conn, stop: i64) -> Result<Option<i64>, StoreError> {
    let held: i64 = sqlx::query_scalar(HELD).bind(stop).fetch_one(&mut *conn).await?;
    if held == 0 {
        return Ok(None);
    }
    let id = ids::allocate(conn, 1).await?;
    for statement in [SPLIT, MOVE] {
        sqlx::query(statement).bind(stop).bind(id).execute(&mut *conn).await?;
    }
    Ok(Some(id))
}

const FORGET: &str = "delete from meta where key = $1";

/// Ends a rehearsal: from now on whatever opens is real. What was rehearsed has
/// still to be [put away](put_away). Answers whether one was on.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn end(conn: &mut Conn, now: &Now, by: &str) -> Result<bool, StoreError> {
    let Some(since) = since(conn).await? else { return Ok(false) };
    sqlx::query(FORGET).bind(SINCE).execute(&mut *conn).await?;
    meta::set_number(conn, ENDING, now.ms).await?;
    let ended = Entry::RehearsalEnded(RehearsalEnded { by: by.to_owned(), since });
    journal::append(conn, now, &[NewLine::of_site(ended)]).await?;
    Ok(true)
}

/// Everything of a rehearsal is put away.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn is_put_away(conn: &mut Conn) -> Result<(), StoreError> {
    sqlx::query(FORGET).bind(ENDING).execute(conn).await?;
    Ok(())
}

const OPEN_ORDERS: &str = "\
select json_group_array(id) from (
  select id from outbox
  where rehearsal = 1
  and status in ('pending', 'held', 'leased', 'awaiting_approval') limit $1) open";
const SETTLE: &str = "\
update outbox set status = 'rehearsed', held_by = null, leased_until_at = null,
  settled_at = $2, settled_note = 'rehearsal_over'
where id in (select id from list($1) as s (id bigint))";
const CLOSE_TASKS: &str = "\
update tasks set closed_at = $2, closed_by = 'system', outcome = 'rehearsal_over'
where closed_at is null and order_id in (select id from list($1) as s (id bigint))";

/// Ends a portion of the orders of a rehearsal that is over; they never leave.
/// Answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn end_orders(
    conn: &mut Conn,
    now: &Now,
    limit: i64,
) -> Result<usize, StoreError> {
    let list: String =
        sqlx::query_scalar(OPEN_ORDERS).bind(limit).fetch_one(&mut *conn).await?;
    let orders: Vec<OrderId> = serde_json::from_str(&list)?;
    if orders.is_empty() {
        return Ok(0);
    }
    for statement in [SETTLE, CLOSE_TASKS] {
        sqlx::query(statement).bind(&list).bind(now.ms).execute(&mut *conn).await?;
    }
    outbox::unreserve(conn, &orders).await?;
    Ok(orders.len())
}

/// A run of a rehearsal that is over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Rehearsed {
    /// The run.
    pub instance: i64,
    /// Its case.
    pub case_id: CaseId,
    /// Its workflow.
    pub workflow: String,
    /// How it had opened: `conditions`, `event:NAME`, or who.
    pub by: String,
    /// The event it had entered on.
    pub event: Option<i64>,
    /// It was still open.
    pub was_open: i64,
}

impl Rehearsed {
    /// Whether nobody would open it again: the scan asks for conditions alone,
    /// and what another run opens it opens again.
    pub fn has_to_be_opened(&self) -> bool {
        !(self.by == "conditions"
            || self.by.starts_with("become:")
            || self.by.starts_with("start:"))
    }
}

const RUNS: &str = "\
select json_group_array(json_object(
  'instance', i.id, 'case_id', i.case_id, 'workflow', i.workflow, 'by', n.enrolled_by,
  'event', (select min(b.event_id) from inbox b where b.instance_id = i.id),
  'was_open', cast(i.status <> 'finished' as integer)) order by i.id)
from (select * from instances where rehearsal = 1 order by id limit $1) i
join instance_notes n on n.instance_id = i.id";
const CLOSE: &str = "\
update instances set status = 'finished', due_at = null, frozen_at = null,
  rehearsal = 2, seq = seq + case when s.was_open = 1 then 1 else 0 end
from batch($1) as s (id bigint, was_open bigint) where instances.id = s.id";
const CLOSE_NOTES: &str = "\
update instance_notes set closed_at = $2, finish_reason = 'rehearsal_over'
from batch($1) as s (id bigint)
where instance_notes.instance_id = s.id and instance_notes.closed_at is null";
const CLOSE_TASKS_OF_RUNS: &str = "\
update tasks set closed_at = $2, closed_by = 'system', outcome = 'rehearsal_over'
where closed_at is null and kind in ('call', 'visit')
and instance_id in (select id from batch($1) as s (id bigint))";
const FREE_LANES: &str = "\
delete from lanes where instance_id in (select id from batch($1) as s (id bigint))";
const FORGET_ENTRY: &str = "\
delete from enrolments where (case_id, workflow) in (
  select i.case_id, i.workflow from batch($1) as s (id bigint)
  join instances i on i.id = s.id)
and instance_id in (select id from batch($1) as s (id bigint))";
const FORGET_DUE_DATE: &str = "\
delete from due_enrolments where (case_id, workflow) in (
  select i.case_id, i.workflow from batch($1) as s (id bigint)
  join instances i on i.id = s.id)
and instance_id in (select id from batch($1) as s (id bigint))";
const FORGET_ERRORS: &str = "\
delete from step_errors where instance_id in (select id from batch($1) as s (id bigint))";
const SET_ASIDE: &str = "\
update inbox set consumed_seq = -1 where consumed_seq is null
and instance_id in (select id from batch($1) as s (id bigint))";

/// Closes a portion of the runs of a rehearsal that is over, and forgets that
/// their cases have been in their workflows. Answers the runs.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn put_away(
    conn: &mut Conn,
    now: &Now,
    limit: i64,
) -> Result<Vec<Rehearsed>, StoreError> {
    let text: String = sqlx::query_scalar(RUNS).bind(limit).fetch_one(&mut *conn).await?;
    let runs: Vec<Rehearsed> = serde_json::from_str(&text)?;
    let all: Vec<(i64, i64)> =
        runs.iter().map(|run| (run.instance, run.was_open)).collect();
    if all.is_empty() {
        return Ok(runs);
    }
    let lines: Vec<NewLine> =
        runs.iter().filter(|run| run.was_open == 1).map(over).collect();
    journal::append(conn, now, &lines).await?;
    let list = serde_json::to_string(&all)?;
    for statement in [CLOSE_NOTES, CLOSE_TASKS_OF_RUNS] {
        sqlx::query(statement).bind(&list).bind(now.ms).execute(&mut *conn).await?;
    }
    rows::run(conn, CLOSE, &all).await?;
    for statement in [FREE_LANES, FORGET_ENTRY, FORGET_DUE_DATE, FORGET_ERRORS, SET_ASIDE]
    {
        sqlx::query(statement).bind(&list).execute(&mut *conn).await?;
    }
    let cases: Vec<i64> = runs.iter().map(|run| run.case_id.0).collect();
    lanes::count(conn, &cases).await?;
    Ok(runs)
}

fn over(run: &Rehearsed) -> NewLine {
    let over = Entry::RehearsalOver(RehearsalOver { workflow: run.workflow.clone() });
    NewLine::of_run(InstanceId(run.instance), run.case_id, over)
}

const COUNTED: &str = "\
select channel, count(*) as orders from outbox where rehearsal = 1 and status = 'rehearsed'
group by channel";

/// What has been rehearsed so far, by channel; none is work inside the house.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn counts(conn: &mut Conn) -> Result<Vec<(Option<String>, i64)>, StoreError> {
    let rows = sqlx::query(COUNTED).fetch_all(conn).await?;
    let count = |row: &AnyRow| -> Result<_, StoreError> {
        Ok((row.try_get("channel")?, row.try_get("orders")?))
    };
    rows.iter().map(count).collect()
}
