//! Figures (指标): how much waits where, for whoever watches the daemon.
//!
//! Each count walks through an index over what waits and never through the book,
//! so that a book of a million cases can be asked all day.

use jiff::civil::Date;
use sqlx::{FromRow, Row};

use crate::{Conn, StoreError};

const PENDING: &str = "\
select verb, 'pending' as status, count(*) as orders from outbox
where status = 'pending'
group by verb";
const STANDING: &str = "\
select verb, status, count(*) as orders from outbox
where status in ('held', 'failed', 'unknown', 'awaiting_approval')
group by status, verb";
const LEASED: &str = "\
select verb, 'leased' as status, count(*) as orders from outbox
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
        for row in &rows {
            let (verb, status) = (row.try_get("verb")?, row.try_get("status")?);
            found.push((verb, status, row.try_get("orders")?));
        }
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

/// What stands and waits for a person.
#[derive(Clone, Copy, Debug, Eq, FromRow, PartialEq)]
pub struct WaitingForPeople {
    /// Runs that a fault has set aside.
    pub parked: i64,
    /// Runs that a hold has stopped.
    pub frozen: i64,
    /// Tasks that nobody has closed.
    pub open_tasks: i64,
    /// Orders that need a second person.
    pub awaiting_approval: i64,
    /// Orders of which nobody knows whether they arrived.
    pub unknown_orders: i64,
}

/// By the index of what stands, whose whole condition is therefore said.
const WAITING_FOR_PEOPLE: &str = "\
select
  (select count(*) from instances where status = 'parked') as parked,
  (select count(*) from instances where status = 'frozen') as frozen,
  (select count(*) from tasks where closed_at is null) as open_tasks,
  (select count(*) from outbox where status = 'awaiting_approval'
    and status in ('held', 'failed', 'unknown', 'awaiting_approval')) as awaiting_approval,
  (select count(*) from outbox where status = 'unknown'
    and status in ('held', 'failed', 'unknown', 'awaiting_approval')) as unknown_orders";

/// Counts what waits for a person.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn waiting_for_people(conn: &mut Conn) -> Result<WaitingForPeople, StoreError> {
    Ok(sqlx::query_as(WAITING_FOR_PEOPLE).fetch_one(conn).await?)
}

/// What a run on a whole book has come to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    /// Cases that were in a workflow.
    pub enrolled: i64,
    /// Runs that a fault has set aside.
    pub parked: i64,
    /// Lines of the journal.
    pub journal_lines: i64,
    /// Runs of each workflow.
    pub runs: Vec<(String, i64)>,
}

#[derive(FromRow)]
struct OutcomeRow {
    enrolled: i64,
    parked: i64,
    journal_lines: i64,
}

const RUNS: &str = "\
select workflow, count(*) from instances group by workflow order by workflow";
const OUTCOME: &str = "\
select (select count(distinct case_id) from instances) as enrolled,
  (select count(*) from instances where status = 'parked') as parked,
  (select count(*) from journal) as journal_lines";

/// Counts what a run on a whole book has come to; it walks through all of it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn outcome(conn: &mut Conn) -> Result<Outcome, StoreError> {
    let runs = sqlx::query_as(RUNS).fetch_all(&mut *conn).await?;
    let row: OutcomeRow = sqlx::query_as(OUTCOME).fetch_one(conn).await?;
    let OutcomeRow { enrolled, parked, journal_lines } = row;
    Ok(Outcome { enrolled, parked, journal_lines, runs })
}

/// The workflows that any case is or was in.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn workflows(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(WORKFLOWS).fetch_all(conn).await?)
}

const WORKFLOWS: &str = "select distinct workflow from instances";

/// What the next mornings have to look after.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mornings {
    /// The first day for which an open promise was given.
    pub promised_on: Option<Date>,
    /// The first instant, in milliseconds since 1970, after which an order that waits
    /// for a second person may not leave.
    pub unapproved_until: Option<i64>,
}

#[derive(FromRow)]
struct MorningsRow {
    promised_on: Option<String>,
    unapproved_until: Option<i64>,
}

const MORNINGS: &str = "\
select
  (select min(due_on) from promises where grade = 'open') as promised_on,
  (select min(not_after_at) from outbox where status = 'awaiting_approval')
    as unapproved_until";

/// What the next mornings have to look after.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn mornings(conn: &mut Conn) -> Result<Mornings, StoreError> {
    let row: MorningsRow = sqlx::query_as(MORNINGS).fetch_one(conn).await?;
    Ok(Mornings {
        promised_on: row.promised_on.and_then(|day| day.parse().ok()),
        unapproved_until: row.unapproved_until,
    })
}

const DEFERRED: &str = "select count(*) from events where kind = 'deferred'";
/// Many workflows, then many contacts, make a story.
const STORY: &str = "\
select c.case_no from cases c
order by (select count(distinct i.workflow) from instances i where i.case_id = c.id) desc,
  c.broken_promises desc, c.contacts desc, c.id limit 1";

/// How often conduct review has put an order off.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn deferrals(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(DEFERRED).fetch_one(conn).await?)
}

/// The loan number of the case with which most was done; it looks at all of them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn most_worked(conn: &mut Conn) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(STORY).fetch_optional(conn).await?)
}

/// How often the same rules have refused orders of a verb.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct Refusals {
    /// What was to be done.
    pub verb: String,
    /// The rules, joined by ','.
    pub rules: String,
    /// How many orders.
    pub orders: i64,
}

const REFUSALS: &str = "\
select verb, coalesce(settled_note, '') as rules, count(*) as orders
from outbox
where status = 'refused'
group by verb, settled_note
order by verb, 3 desc, settled_note";

/// What conduct review has refused, by verb, the most frequent rules first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn refusals(conn: &mut Conn) -> Result<Vec<Refusals>, StoreError> {
    Ok(sqlx::query_as(REFUSALS).fetch_all(conn).await?)
}

const FIRST_AWAITING: &str = "\
select min(id) from outbox where status = 'awaiting_approval'";

/// The oldest order that waits for a second person.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn first_awaiting(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar(FIRST_AWAITING).fetch_one(conn).await?)
}
