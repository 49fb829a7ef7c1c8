//! Lost places (缺位): workflows and stages that a rollback took away from cases
//! that stand there, and from orders that were given there.
//!
//! The places are noted in the transaction that switches the release. Cases are
//! parked and orders cancelled in portions behind it; whatever comes up in
//! between is met by the note, and a death in between leaves the rest to the
//! next start.

use std::collections::BTreeSet;

use domain::ids::{CaseId, InstanceId, OrderId, ReleaseId};
use domain::journal::{Entry, Parked, Withdrawn};
use domain::status::OrderStatus;
use domain::tongues::both;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::journal::{self, NewLine};
use crate::sending::order_line;
use crate::{Conn, Now, StoreError, lanes, meta, outbox, rows, tasks};

/// The reason of a case that is parked because the release in force has no such
/// workflow or stage, in `step_errors`.
pub const LOST_PLACE: &str = "lost_place";
/// Why an order was cancelled that was given in such a place.
pub const NOTE: &str = "lost_place";

/// Where the places are noted, in the store's `meta`.
const LOST: &str = "lost_places";

/// A workflow and one of its stages.
pub type Place = (String, String);

/// The places that the release in force lacks, since somebody went back to it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Lost {
    /// The places.
    pub places: BTreeSet<Place>,
    /// The number of the release.
    pub release: i64,
    /// Who went back.
    pub by: String,
    /// Not every case is parked and not every order cancelled yet.
    pub unsettled: bool,
}

impl Lost {
    /// Whether an order was given in one of them.
    pub fn has(&self, requested_by: &str, stage: &str) -> bool {
        let Some(workflow) = requested_by.strip_prefix("workflow:") else { return false };
        self.places.contains(&(workflow.to_owned(), stage.to_owned()))
    }
}

/// What is noted of lost places.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn noted(conn: &mut Conn) -> Result<Lost, StoreError> {
    let text = meta::text(conn, LOST).await?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

/// Notes the places that are lost now.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note(conn: &mut Conn, lost: &Lost) -> Result<(), StoreError> {
    meta::set_text(conn, LOST, &serde_json::to_string(lost)?).await
}

const STANDING: &str = "\
select distinct workflow, stage from instances where status <> 'finished'";

/// The places in which open cases stand or orders on their way were given.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn in_use(conn: &mut Conn) -> Result<BTreeSet<Place>, StoreError> {
    let rows = sqlx::query(STANDING).fetch_all(&mut *conn).await?;
    let mut places: BTreeSet<Place> =
        rows.iter().map(place).collect::<Result<_, StoreError>>()?;
    for status in OrderStatus::UNSENT {
        let sql = format!(
            "select distinct requested_by, stage from outbox where status = '{status}'"
        );
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *conn).await? {
            let by: &str = row.try_get("requested_by")?;
            if let Some(workflow) = by.strip_prefix("workflow:") {
                places.insert((workflow.to_owned(), row.try_get("stage")?));
            }
        }
    }
    Ok(places)
}

fn place(row: &AnyRow) -> Result<Place, StoreError> {
    Ok((row.try_get("workflow")?, row.try_get("stage")?))
}

const IN_PLACE: &str = "\
select json_group_array(i.id) from instances i
where i.status in ('waiting', 'frozen') and exists (
  select 1 from batch($1) as p (workflow text, stage text)
  where p.workflow = i.workflow and p.stage = i.stage)";

/// The open cases' runs that stand in lost places and are not parked.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn runs(conn: &mut Conn, lost: &Lost) -> Result<Vec<InstanceId>, StoreError> {
    let places: Vec<&Place> = lost.places.iter().collect();
    rows::ask(conn, IN_PLACE, &places).await
}

const OF_CASE: &str = "\
select e.message from instances i join step_errors e on e.instance_id = i.id
where i.case_id = $1 and i.status = 'parked' and e.fingerprint = 'lost_place'
order by i.id limit 1";

/// Why a case waits for a release that has its place; `None` when it does not.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(OF_CASE).bind(case.0).fetch_optional(conn).await?)
}

const IN_LANE: &str = "\
select count(*) from instances i
join step_errors e on e.instance_id = i.id and e.fingerprint = 'lost_place'
where i.status = 'parked' and i.lane = $1";

/// How many cases of a lane wait for a release that has their place.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn in_lane(conn: &mut Conn, lane: &str) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar(IN_LANE).bind(lane.to_owned());
    Ok(count.fetch_one(conn).await?)
}

const PARK: &str = "\
update instances set status = 'parked', seq = seq + 1
where id in (select id from list($1) as s (id bigint)) and status in ('waiting', 'frozen')
returning id, case_id, workflow, stage";
const SAY_WHY: &str = "\
insert into step_errors (instance_id, fingerprint, message, tries, release_id, last_at)
select s.instance_id, 'lost_place', s.message, 0, r.release_id, $2
from batch($1) as s (instance_id bigint, message text), active_release r where true
on conflict (instance_id) do update set
  fingerprint = excluded.fingerprint, message = excluded.message,
  release_id = excluded.release_id, last_at = excluded.last_at";

/// Parks runs whose place is lost, with that reason; their timers and waits
/// stay. Answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn park(
    conn: &mut Conn,
    now: &Now,
    lost: &Lost,
    runs: &[InstanceId],
) -> Result<usize, StoreError> {
    let list = serde_json::to_string(runs)?;
    let parked = sqlx::query(PARK).bind(list).fetch_all(&mut *conn).await?;
    let mut reasons = Vec::with_capacity(parked.len());
    let mut lines = Vec::with_capacity(parked.len());
    for row in &parked {
        let (id, case): (i64, i64) = (row.try_get("id")?, row.try_get("case_id")?);
        let (workflow, stage): (&str, &str) =
            (row.try_get("workflow")?, row.try_get("stage")?);
        let why = reason(lost.release, workflow, stage);
        let parked = Entry::Parked(Parked {
            workflow: workflow.to_owned(),
            fingerprint: LOST_PLACE.to_owned(),
            error: why.clone(),
            by: Some(lost.by.clone()),
        });
        lines.push(NewLine::of_run(InstanceId(id), CaseId(case), parked));
        reasons.push((id, why));
    }
    sqlx::query(SAY_WHY)
        .bind(serde_json::to_string(&reasons)?)
        .bind(now.ms)
        .execute(&mut *conn)
        .await?;
    journal::append(conn, now, &lines).await?;
    Ok(parked.len())
}

const LOST_RUNS: &str = "\
select json_group_array(json_array(i.id, i.workflow, i.stage) order by i.id)
from instances i join step_errors e on e.instance_id = i.id
where i.case_id = $1 and i.status = 'parked' and e.fingerprint = 'lost_place'
and ($2 = '' or i.lane = $2)";
const CLOSE: [&str; 2] = [
    "update instance_notes set closed_at = $2, finish_reason = 'withdrawn'
     where instance_id in (select id from list($1) as s (id bigint))",
    // Nobody needs to call or visit for a procedure that is over.
    "update tasks set closed_at = $2, closed_by = 'system', outcome = 'procedure_ended'
     where closed_at is null and (kind in ('call', 'visit') or ends_with = 'stage')
     and instance_id in (select id from list($1) as s (id bigint))",
];
const CLEAR: [&str; 4] = [
    "update instances set status = 'finished', due_at = null, frozen_at = null,
       seq = seq + 1
     where id in (select id from list($1) as s (id bigint))",
    "delete from lanes where instance_id in (select id from list($1) as s (id bigint))",
    "delete from step_errors where instance_id in (select id from list($1) as s (id bigint))",
    "update inbox set consumed_seq = -1 where consumed_seq is null
     and instance_id in (select id from list($1) as s (id bigint))",
];

/// Takes a case out of the lost places where it is parked, those of one lane or,
/// without one, all of them: `why` is what a person said. Answers which places
/// those were.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn withdraw(
    conn: &mut Conn,
    now: &Now,
    (case, lane): (CaseId, Option<&str>),
    (by, why): (&str, &str),
) -> Result<Vec<Place>, StoreError> {
    let found: String = sqlx::query_scalar(LOST_RUNS)
        .bind(case.0)
        .bind(lane.unwrap_or_default().to_owned())
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<(i64, String, String)> = serde_json::from_str(&found)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let line = |(run, workflow, stage): &(i64, String, String)| {
        let withdrawn = Withdrawn {
            workflow: workflow.clone(),
            stage: stage.clone(),
            by: by.to_owned(),
            reason: why.to_owned(),
        };
        NewLine::of_run(InstanceId(*run), case, Entry::Withdrawn(withdrawn))
    };
    let lines: Vec<NewLine> = found.iter().map(line).collect();
    journal::append(conn, now, &lines).await?;
    let ids: Vec<i64> = found.iter().map(|it| it.0).collect();
    let list = serde_json::to_string(&ids)?;
    for statement in CLOSE {
        sqlx::query(statement).bind(&list).bind(now.ms).execute(&mut *conn).await?;
    }
    for statement in CLEAR {
        sqlx::query(statement).bind(&list).execute(&mut *conn).await?;
    }
    lanes::count(conn, &[case.0]).await?;
    Ok(found.into_iter().map(|it| (it.1, it.2)).collect())
}

/// What people read of a case whose place is lost, in both languages.
pub fn reason(release: i64, workflow: &str, stage: &str) -> String {
    both(
        &format!("第 {release} 版没有 {workflow}/{stage},流程或环节恢复后自动继续"),
        &format!(
            "release {release} has no {workflow}/{stage}; it goes on when the place is back"
        ),
    )
}

/// The orders on their way that were given in lost places; what is in hand at
/// this moment is met by its next review.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn orders(conn: &mut Conn, lost: &Lost) -> Result<Vec<OrderId>, StoreError> {
    let places: Vec<&Place> = lost.places.iter().collect();
    let mut found = Vec::new();
    for status in OrderStatus::ON_THEIR_WAY {
        let sql = format!(
            "select json_group_array(o.id) from outbox o where o.status = '{status}'
             and exists (select 1 from batch($1) as p (workflow text, stage text)
               where o.requested_by = 'workflow:' || p.workflow
               and o.stage = p.stage)"
        );
        let list = serde_json::to_string(&places)?;
        let text: String = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(list)
            .fetch_one(&mut *conn)
            .await?;
        found.extend(serde_json::from_str::<Vec<OrderId>>(&text)?);
    }
    found.sort_unstable();
    Ok(found)
}

/// The newest order of a release that is on its way and was not given in a lost
/// place.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn newest_on_its_way(
    conn: &mut Conn,
    release: ReleaseId,
    lost: &Lost,
) -> Result<Option<OrderId>, StoreError> {
    let places: Vec<&Place> = lost.places.iter().collect();
    let list = serde_json::to_string(&places)?;
    let mut newest = None;
    let unheld = |status: &OrderStatus| *status != OrderStatus::Held;
    for status in OrderStatus::UNSENT.into_iter().filter(unheld) {
        let sql = format!(
            "select max(o.id) from outbox o
             where o.status = '{status}' and o.release_id = $2 and not exists (
               select 1 from batch($1) as p (workflow text, stage text)
               where o.requested_by = 'workflow:' || p.workflow
               and o.stage = p.stage)"
        );
        let found: Option<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(list.clone())
            .bind(release.0)
            .fetch_one(&mut *conn)
            .await?;
        newest = newest.max(found);
    }
    Ok(newest.map(OrderId))
}

/// An order that was cancelled with its place.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Cancelled {
    /// The run that gave it.
    pub instance: Option<InstanceId>,
    /// The stage it was given in.
    pub stage: String,
    /// It waited for a second person: the wait of its stage begins now.
    pub awaited_approval: bool,
}

/// id, case, verb, status, instance, stage.
type Found = (i64, i64, String, OrderStatus, Option<i64>, String);

const FOUND: &str = "\
select json_group_array(json_array(
  o.id, o.case_id, o.verb, o.status, o.instance_id, o.stage) order by o.id)
from list($1) as c (id bigint) join outbox o on o.id = c.id
where o.status in ('pending', 'held', 'awaiting_approval')";
const CANCEL: &str = "\
update outbox set status = 'cancelled', held_by = null, settled_at = $2,
  settled_note = 'lost_place'
where id in (select id from list($1) as s (id bigint))";

/// Cancels orders whose place is lost, with a line each on their cases.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn cancel(
    conn: &mut Conn,
    now: &Now,
    lost: &Lost,
    orders: &[OrderId],
) -> Result<Vec<Cancelled>, StoreError> {
    let found: Vec<Found> = rows::ask(conn, FOUND, orders).await?;
    let ids: Vec<i64> = found.iter().map(|it| it.0).collect();
    let list = serde_json::to_string(&ids)?;
    sqlx::query(CANCEL).bind(list).bind(now.ms).execute(&mut *conn).await?;
    let lines: Vec<NewLine> = found
        .iter()
        .map(|(id, case, verb, ..)| {
            order_line(*case, *id, OrderStatus::Cancelled, verb, None, &lost.by, NOTE)
        })
        .collect();
    journal::append(conn, now, &lines).await?;
    let ids: Vec<OrderId> = ids.into_iter().map(OrderId).collect();
    outbox::unreserve(conn, &ids).await?;
    let closed: Vec<(OrderId, &str, &str)> =
        ids.iter().map(|it| (*it, lost.by.as_str(), NOTE)).collect();
    tasks::close_of_orders(conn, now, &closed).await?;
    Ok(found
        .into_iter()
        .map(|(_, _, _, status, instance, stage)| Cancelled {
            instance: instance.map(InstanceId),
            stage,
            awaited_approval: status == OrderStatus::AwaitingApproval,
        })
        .collect())
}
