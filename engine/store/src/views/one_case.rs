//! What is asked of one case (一案) when a person enters something on it.

use domain::ids::{CaseId, EntryId, InstanceId, OrderId, TaskId};
use domain::ledger::EntryKind;
use domain::manifest::Channel;
use domain::money::Fen;
use jiff::civil::Date;
use serde_json::{Map, Value};
use sqlx::FromRow;

use crate::{Conn, StoreError};

const CASE_NO: &str = "select case_no from cases where id = $1";

/// The loan number of a case.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn case_no(conn: &mut Conn, case: CaseId) -> Result<String, StoreError> {
    Ok(sqlx::query_scalar(CASE_NO).bind(case.0).fetch_one(conn).await?)
}

const COLLECTOR: &str = "select coalesce(collector, '') from cases where id = $1";

/// Who works a case, empty where nobody does; `None` when there is no such case.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn collector(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(COLLECTOR).bind(case.0).fetch_optional(conn).await?)
}

const HOLDS: &str = "select holds from cases where id = $1";

/// The reasons for which a case is on hold.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn holds(conn: &mut Conn, case: CaseId) -> Result<Vec<String>, StoreError> {
    let holds: String = sqlx::query_scalar(HOLDS).bind(case.0).fetch_one(conn).await?;
    Ok(holds.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect())
}

const OPENED_ON: &str = "\
select coalesce(c.opened_on, (
  select min(l.booked_on) from ledger l
  -- what the balances of a list open has no day of its own
  where l.case_id = c.id and l.kind = 'open' and l.source not like 'snapshot:%'), '')
from cases c where c.id = $1";

/// The day the loan was paid out, or the first on which an opening was booked.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn opened_on(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Option<Date>, StoreError> {
    let day: String = sqlx::query_scalar(OPENED_ON).bind(case.0).fetch_one(conn).await?;
    Ok(day.parse().ok())
}

const BALANCES_AS_OF: &str =
    "select coalesce(balance_held_on, balance_as_of_on, '') from cases where id = $1";

/// The last day of which a list's balances hold all payments of a case.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn balances_as_of(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Option<Date>, StoreError> {
    let day: String =
        sqlx::query_scalar(BALANCES_AS_OF).bind(case.0).fetch_one(conn).await?;
    Ok(day.parse().ok())
}

/// Where an open run stands.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct Standing {
    /// The workflow.
    pub workflow: String,
    /// Its stage.
    pub stage: String,
}

const OPEN_RUNS: &str = "\
select workflow, stage from instances where case_id = $1 and status <> 'finished'";

/// Where the open runs of a case stand.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn open_runs(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<Standing>, StoreError> {
    Ok(sqlx::query_as(OPEN_RUNS).bind(case.0).fetch_all(conn).await?)
}

const PLACE: &str = "\
select workflow, stage from instances where id = $1 and status <> 'finished'";

/// Where a run stands that has not come to its end.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn place_of(
    conn: &mut Conn,
    run: InstanceId,
) -> Result<Option<Standing>, StoreError> {
    Ok(sqlx::query_as(PLACE).bind(run.0).fetch_optional(conn).await?)
}

const IN_LANE: &str = "\
select i.workflow, i.stage
from lanes l
join instances i on i.id = l.instance_id
where l.case_id = $1 and l.lane = $2";

/// The run that has a lane of a case.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn in_lane(
    conn: &mut Conn,
    case: CaseId,
    lane: &str,
) -> Result<Option<Standing>, StoreError> {
    let found = sqlx::query_as(IN_LANE).bind(case.0).bind(lane.to_owned());
    Ok(found.fetch_optional(conn).await?)
}

const LAST_CALL: &str = "\
select order_id from contacts
where case_id = $1 and channel = 'phone' and outcome = 'reserved' and order_id is not null
-- nobody is to make a call whose day is over
and not exists (
  select 1 from tasks t
  where t.case_id = $1 and t.order_id = contacts.order_id and t.outcome = 'lapsed')
order by id desc limit 1";

/// The order of the last call of a case that left and has no result yet.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn last_open_call(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Option<OrderId>, StoreError> {
    let found: Option<i64> =
        sqlx::query_scalar(LAST_CALL).bind(case.0).fetch_optional(conn).await?;
    Ok(found.map(OrderId))
}

const OPEN_WORK: &str = "\
select id, coalesce(assignee, '') as assignee from tasks
where order_id = $1 and closed_at is null order by id limit 1";

/// The open task of an order, and whose it is; an empty name where it is a role's.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn work_of_order(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<(TaskId, String)>, StoreError> {
    let found: Option<(i64, String)> =
        sqlx::query_as(OPEN_WORK).bind(order.0).fetch_optional(conn).await?;
    Ok(found.map(|(task, owner)| (TaskId(task), owner)))
}

const TOLD_SINCE: &str = "\
select payload from events
where case_id = $1 and kind = $2 and $3 <= received_at order by id desc limit 20";

/// What was reported of a case by one kind of event since an instant, in milliseconds
/// since 1970; the newest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn told_since(
    conn: &mut Conn,
    case: CaseId,
    kind: &str,
    since_ms: i64,
) -> Result<Vec<Map<String, Value>>, StoreError> {
    let found: Vec<String> = sqlx::query_scalar(TOLD_SINCE)
        .bind(case.0)
        .bind(kind.to_owned())
        .bind(since_ms)
        .fetch_all(conn)
        .await?;
    found.iter().map(|it| Ok(serde_json::from_str(it)?)).collect()
}

const OPEN_CALL: &str = "\
select cast(exists (select 1 from contacts
  where case_id = $1 and order_id = $2 and channel = 'phone' and outcome = 'reserved')
as integer)";

/// Whether a call of a case has left and has no result yet.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_open_call(
    conn: &mut Conn,
    case: CaseId,
    order: OrderId,
) -> Result<bool, StoreError> {
    let open = sqlx::query_scalar(OPEN_CALL).bind(case.0).bind(order.0);
    let found: i64 = open.fetch_one(conn).await?;
    Ok(found != 0)
}

const CHANNEL: &str =
    "select coalesce(channel, '') as channel, verb from outbox where id = $1";

/// By what way an order goes, if it reaches anybody, and its verb.
///
/// # Errors
///
/// [`StoreError`] when there is no such order or the database cannot be read.
pub async fn way_of_order(
    conn: &mut Conn,
    order: OrderId,
) -> Result<(Option<Channel>, String), StoreError> {
    let (channel, verb): (String, String) =
        sqlx::query_as(CHANNEL).bind(order.0).fetch_one(conn).await?;
    Ok((Channel::parse(&channel), verb))
}

const NUMBER: &str = "select id from ledger where source = $1 and dedupe_key = $2";

/// The number of the entry under a key of a source.
///
/// # Errors
///
/// [`StoreError`] when there is none or the database cannot be read.
pub async fn entry_under(
    conn: &mut Conn,
    source: &str,
    key: &str,
) -> Result<EntryId, StoreError> {
    let number = sqlx::query_scalar(NUMBER).bind(source.to_owned()).bind(key.to_owned());
    Ok(EntryId(number.fetch_one(conn).await?))
}

/// A line of the ledger as whoever takes it back or confirms it has to know it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The case.
    pub case_id: CaseId,
    /// What it books.
    pub kind: EntryKind,
    /// How much.
    pub amount: Fen,
    /// Who booked it.
    pub actor: String,
    /// The file, bank or person it comes from.
    pub source: String,
    /// It was taken back.
    pub reversed: bool,
}

#[derive(FromRow)]
struct LineRow {
    case_id: i64,
    kind: String,
    amount_fen: i64,
    actor: String,
    source: String,
    reversed: i64,
}

const LINE: &str = "\
select p.case_id, p.kind, p.amount_fen, p.actor, p.source,
  cast(exists (select 1 from ledger r where r.reverses = p.id) as integer) as reversed
from ledger p
where p.id = $1";

/// A line of the ledger; `None` when there is none of that number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn line(conn: &mut Conn, entry: EntryId) -> Result<Option<Line>, StoreError> {
    let row: Option<LineRow> =
        sqlx::query_as(LINE).bind(entry.0).fetch_optional(conn).await?;
    Ok(row.and_then(|row| {
        Some(Line {
            case_id: CaseId(row.case_id),
            kind: EntryKind::parse(&row.kind)?,
            amount: Fen(row.amount_fen),
            actor: row.actor,
            source: row.source,
            reversed: row.reversed != 0,
        })
    }))
}
