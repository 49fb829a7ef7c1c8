//! The due scan (到期扫描): which instances have to be looked at now.
//!
//! Reading alone; nothing is locked or marked. Two daemons that claim the same
//! instance are told apart when they commit, by comparison of `seq`.

use domain::decision::WaitRule;
use domain::event::Event;
use domain::ids::{CaseId, EventId, InstanceId};
use domain::status::InstanceStatus;
use foldhash::HashMap;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

use crate::{Conn, StoreError};

/// An instance that is due or has an event, with all a step needs of it.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The instance.
    pub id: InstanceId,
    /// Its case.
    pub case_id: CaseId,
    /// The workflow it runs.
    pub workflow: String,
    /// The lane it occupies.
    pub lane: String,
    /// The stage it stands in.
    pub stage: String,
    /// Steps taken so far; the step's commit compares it.
    pub seq: i64,
    /// `waiting` or `frozen`.
    pub frozen: bool,
    /// When the timer fires, in milliseconds since 1970.
    pub due_at: Option<i64>,
    /// The wait that stands.
    pub wait: Option<StandingWait>,
    /// The instance's memory.
    pub memo: Map<String, Value>,
    /// Events not yet answered, in order of (received, id).
    pub events: Vec<Event>,
    /// Revision of the case's facts; the step's commit compares it.
    pub facts_rev: i64,
    /// Hash of the instance's newest journal line.
    pub head_hash: String,
    /// Tries that failed since the last good step.
    pub tries: i64,
}

/// A wait as it was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StandingWait {
    /// The rule.
    pub rule: WaitRule,
    /// Where it leads.
    pub next: String,
    /// The civil minute it counts from, `YYYY-MM-DDTHH:MM:SS`.
    pub since: String,
}

/// One row of the claim, in the order of [`CLAIM`]'s columns.
#[derive(Deserialize)]
struct Row0(
    i64,
    i64,
    String,
    String,
    String,
    i64,
    InstanceStatus,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    i64,
    String,
    i64,
);

const CLAIM: &str = "\
with ready (id) as (
  -- in a rehearsal what it opened is worked, and nothing else
  select instance_id from (
    select distinct b.instance_id from inbox b
    join instances n on n.id = b.instance_id and n.rehearsal = (select count(*) from meta where key = 'rehearsal_since')
    where b.consumed_seq is null limit $2) with_events
  union
  select id from (
    select id from instances
    where status = 'waiting' and due_at <= $1
    and rehearsal = (select count(*) from meta where key = 'rehearsal_since')
    order by due_at, id limit $2) due_now
)
select json_group_array(json_array(
  i.id, i.case_id, i.workflow, i.lane, i.stage, i.seq, i.status, i.due_at,
  w.rule, w.next_stage, w.since, m.body, c.facts_rev, j.hash, coalesce(e.tries, 0)))
from ready r
join instances i on i.id = r.id
join cases c on c.id = i.case_id
join journal j on j.chain = i.id and j.seq = i.seq
left join wait_rules w on w.instance_id = i.id
left join memos m on m.instance_id = i.id
left join step_errors e on e.instance_id = i.id
where i.status in ('waiting', 'frozen')";

const EVENTS: &str = "\
select json_group_array(json_array(instance_id, id, kind, payload)) from (
  select b.instance_id, b.id, b.kind, b.payload
  from list($1) as c (instance_id bigint)
  join inbox b on b.instance_id = c.instance_id and b.consumed_seq is null
  order by b.instance_id, b.received_at, b.id) b";

const SET_ASIDE: &str = "\
update inbox set consumed_seq = -1
where consumed_seq is null and exists (
  select 1 from instances i
  where i.id = inbox.instance_id and (i.status in ('parked', 'finished')
    or i.workflow in (select workflow from suspended_workflows)))";

/// Takes events of parked and finished instances, and of those of suspended
/// workflows, out of the ready index, so that they do not block the head of the
/// queue.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn shelve(conn: &mut Conn) -> Result<u64, StoreError> {
    Ok(sqlx::query(SET_ASIDE).execute(conn).await?.rows_affected())
}

/// The next batch of instances to look at, at most about twice `limit`, in
/// the order of their ids.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn claim(
    conn: &mut Conn,
    now_ms: i64,
    limit: i64,
) -> Result<Vec<Claimed>, StoreError> {
    let text: String =
        sqlx::query_scalar(CLAIM).bind(now_ms).bind(limit).fetch_one(&mut *conn).await?;
    read(conn, &text).await
}

/// Whose turn it is among the workflows that are named, or among all others.
const READY: &str = "\
select json_group_array(id) from (
  select instance_id as id from (
    select distinct b.instance_id from inbox b
    join instances n on n.id = b.instance_id and n.rehearsal = (select count(*) from meta where key = 'rehearsal_since')
    where b.consumed_seq is null
    and cast(n.workflow in (
      select s.word from list($3) as s (word text)) as integer) = $4
    limit $2) with_events
  union
  select id from (
    select id from instances
    where status = 'waiting' and due_at <= $1
    and rehearsal = (select count(*) from meta where key = 'rehearsal_since')
    and cast(workflow in (
      select s.word from list($3) as s (word text)) as integer) = $4
    order by due_at, id limit $2) due_now) ready";

const CLAIM_THESE: &str = "\
select json_group_array(json_array(
  i.id, i.case_id, i.workflow, i.lane, i.stage, i.seq, i.status, i.due_at,
  w.rule, w.next_stage, w.since, m.body, c.facts_rev, j.hash, coalesce(e.tries, 0)))
from list($1) as r (id bigint)
join instances i on i.id = r.id
join cases c on c.id = i.case_id
join journal j on j.chain = i.id and j.seq = i.seq
left join wait_rules w on w.instance_id = i.id
left join memos m on m.instance_id = i.id
left join step_errors e on e.instance_id = i.id
where i.status in ('waiting', 'frozen')";

/// Which workflows are looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Among {
    /// Those named alone.
    These,
    /// All but those named.
    Others,
}

/// As [`claim`], among some workflows: those whose scripts take long must not
/// stand before the others.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn claim_among(
    conn: &mut Conn,
    now_ms: i64,
    limit: i64,
    (among, workflows): (Among, &BTreeSet<String>),
) -> Result<Vec<Claimed>, StoreError> {
    let ready: String = sqlx::query_scalar(READY)
        .bind(now_ms)
        .bind(limit)
        .bind(serde_json::to_string(workflows)?)
        .bind(i64::from(among == Among::These))
        .fetch_one(&mut *conn)
        .await?;
    let text: String =
        sqlx::query_scalar(CLAIM_THESE).bind(ready).fetch_one(&mut *conn).await?;
    read(conn, &text).await
}

/// The rows of a claim with their events, in the order of their ids.
async fn read(conn: &mut Conn, text: &str) -> Result<Vec<Claimed>, StoreError> {
    let rows: Vec<Row0> = serde_json::from_str(text)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let mut events = events(conn, &ids).await?;
    let mut claimed = rows
        .into_iter()
        .map(|row| {
            let events = events.remove(&row.0).unwrap_or_default();
            claimed(row, events)
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    claimed.sort_unstable_by_key(|it| it.id);
    Ok(claimed)
}

async fn events(
    conn: &mut Conn,
    instances: &[i64],
) -> Result<HashMap<i64, Vec<Event>>, StoreError> {
    let list = serde_json::to_string(instances)?;
    let text: String = sqlx::query_scalar(EVENTS).bind(list).fetch_one(conn).await?;
    let rows: Vec<(i64, i64, String, String)> = serde_json::from_str(&text)?;
    let mut found: HashMap<i64, Vec<Event>> = HashMap::default();
    for (instance, id, kind, payload) in rows {
        let event =
            Event { id: EventId(id), kind, payload: serde_json::from_str(&payload)? };
        found.entry(instance).or_default().push(event);
    }
    Ok(found)
}

fn claimed(row: Row0, events: Vec<Event>) -> Result<Claimed, StoreError> {
    let wait = match (row.8, row.9, row.10) {
        (Some(rule), Some(next), Some(since)) => {
            Some(StandingWait { rule: serde_json::from_str(&rule)?, next, since })
        }
        _ => None,
    };
    let memo = row.11.map_or_else(|| Ok(Map::new()), |it| serde_json::from_str(&it))?;
    Ok(Claimed {
        id: InstanceId(row.0),
        case_id: CaseId(row.1),
        workflow: row.2,
        lane: row.3,
        stage: row.4,
        seq: row.5,
        frozen: row.6 == InstanceStatus::Frozen,
        due_at: row.7,
        wait,
        memo,
        events,
        facts_rev: row.12,
        head_hash: row.13,
        tries: row.14,
    })
}

const NEXT_DUE: &str = "\
select min(t.at) from (
  select case when exists (
    select 1 from inbox b join instances i on i.id = b.instance_id
    where b.consumed_seq is null and i.status in ('waiting', 'frozen'))
  then cast($1 as bigint) end as at
  union all
  select min(due_at) from instances where status = 'waiting'
  union all
  select min(not_before_at) from outbox
  where status = 'pending' and $1 < not_before_at) t";

/// The next instant at which a timer fires or an order may leave, for clocks
/// that jump; `None` when nothing waits. An order that could have left already waits
/// for something else.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn next_instant(
    conn: &mut Conn,
    now_ms: i64,
) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar(NEXT_DUE).bind(now_ms).fetch_one(conn).await?)
}
