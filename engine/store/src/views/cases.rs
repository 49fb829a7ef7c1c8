//! Cases as staff see them: in a list, where each of them stands, and why there.

use domain::ids::CaseId;
use domain::status::{CaseStatus, InstanceStatus};
use foldhash::HashMap;
use jiff::civil::Date;
use sqlx::FromRow;

use crate::{Conn, StoreError};

/// Which cases are listed; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// In this workflow.
    pub workflow: Option<String>,
    /// Of this village.
    pub village: Option<String>,
    /// Worked by this collector.
    pub collector: Option<String>,
    /// Unpaid since this day or longer.
    pub unpaid_since: Option<Date>,
    /// Open and in no workflow.
    pub in_none: bool,
}

/// One case of a list; the next portion begins behind it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaseEntry {
    /// The case.
    pub id: CaseId,
    /// How the claim stands.
    pub claim: CaseStatus,
    /// The oldest unpaid due date.
    pub oldest_unpaid_on: Option<Date>,
}

#[derive(FromRow)]
struct CaseEntryRow {
    id: i64,
    #[sqlx(try_from = "String")]
    status: CaseStatus,
    oldest_unpaid_on: Option<String>,
}

impl CaseEntryRow {
    fn entry(self) -> CaseEntry {
        let oldest_unpaid_on = self.oldest_unpaid_on.and_then(|day| day.parse().ok());
        CaseEntry { id: CaseId(self.id), claim: self.status, oldest_unpaid_on }
    }
}

const LATE: &str = "\
select c.id, c.status, c.oldest_unpaid_on
from cases c
where ($6, $7) < (c.oldest_unpaid_on, c.id)
  and ($4 = '' or c.oldest_unpaid_on <= $4)
  and ($1 = '' or exists (select 1 from instances i
    where i.case_id = c.id and i.workflow = $1 and i.status <> 'finished'))
  and ($2 = '' or c.village = $2)
  and ($3 = '' or c.collector = $3)
  and ($5 = 0 or (c.status = 'open'
    and not exists (select 1 from lanes l where l.case_id = c.id)))
order by c.oldest_unpaid_on, c.id
limit $8";

const NOT_LATE: &str = "\
select c.id, c.status, c.oldest_unpaid_on
from cases c
where c.oldest_unpaid_on is null and $5 < c.id
  and ($1 = '' or exists (select 1 from instances i
    where i.case_id = c.id and i.workflow = $1 and i.status <> 'finished'))
  and ($2 = '' or c.village = $2)
  and ($3 = '' or c.collector = $3)
  and ($4 = 0 or (c.status = 'open'
    and not exists (select 1 from lanes l where l.case_id = c.id)))
order by c.id
limit $6";

/// The cases of a list behind one of them, the oldest debt first and those without any
/// last, at most `limit`; `None` begins the list.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(
    conn: &mut Conn,
    filter: &CaseFilter,
    after: Option<&CaseEntry>,
    limit: i64,
) -> Result<Vec<CaseEntry>, StoreError> {
    let mut found = match after {
        Some(CaseEntry { oldest_unpaid_on: None, .. }) => Vec::new(),
        after => late(&mut *conn, filter, after, limit).await?,
    };
    let left = limit.saturating_sub(i64::try_from(found.len()).unwrap_or(i64::MAX));
    if 0 < left && filter.unpaid_since.is_none() {
        let after = after.filter(|entry| entry.oldest_unpaid_on.is_none());
        let behind = after.map_or(0, |entry| entry.id.0);
        found.extend(not_late(conn, filter, behind, left).await?);
    }
    Ok(found)
}

async fn late(
    conn: &mut Conn,
    filter: &CaseFilter,
    after: Option<&CaseEntry>,
    limit: i64,
) -> Result<Vec<CaseEntry>, StoreError> {
    let day = |day: Option<Date>| day.map(|it| it.to_string()).unwrap_or_default();
    let rows: Vec<CaseEntryRow> = sqlx::query_as(LATE)
        .bind(filter.workflow.clone().unwrap_or_default())
        .bind(filter.village.clone().unwrap_or_default())
        .bind(filter.collector.clone().unwrap_or_default())
        .bind(day(filter.unpaid_since))
        .bind(i64::from(filter.in_none))
        .bind(day(after.and_then(|entry| entry.oldest_unpaid_on)))
        .bind(after.map_or(0, |entry| entry.id.0))
        .bind(limit)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(CaseEntryRow::entry).collect())
}

async fn not_late(
    conn: &mut Conn,
    filter: &CaseFilter,
    behind: i64,
    limit: i64,
) -> Result<Vec<CaseEntry>, StoreError> {
    let rows: Vec<CaseEntryRow> = sqlx::query_as(NOT_LATE)
        .bind(filter.workflow.clone().unwrap_or_default())
        .bind(filter.village.clone().unwrap_or_default())
        .bind(filter.collector.clone().unwrap_or_default())
        .bind(i64::from(filter.in_none))
        .bind(behind)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(CaseEntryRow::entry).collect())
}

/// A run of a workflow that has not ended.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct OpenRun {
    /// The case.
    pub case_id: i64,
    /// The workflow.
    pub workflow: String,
    /// The stage it stands in.
    pub stage: String,
    /// How it stands.
    #[sqlx(try_from = "String")]
    pub status: InstanceStatus,
    /// Why it is set aside: the same text for the same cause.
    pub fingerprint: Option<String>,
    /// Why its workflow is not worked.
    pub suspended_by: Option<String>,
}

const OPEN_RUNS: &str = "\
select i.case_id, i.workflow, i.stage, i.status, e.fingerprint, s.cause as suspended_by
from list($1) as c (id bigint)
join instances i on i.case_id = c.id
left join step_errors e on e.instance_id = i.id and i.status = 'parked'
left join suspended_workflows s on s.workflow = i.workflow
where i.status <> 'finished'
order by i.id";

/// The runs of some cases that have not ended, by case; a case without any is left out.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn open_runs(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, Vec<OpenRun>>, StoreError> {
    let list = serde_json::to_string(cases)?;
    let rows: Vec<OpenRun> = sqlx::query_as(OPEN_RUNS).bind(list).fetch_all(conn).await?;
    let mut runs: HashMap<CaseId, Vec<OpenRun>> = HashMap::default();
    for run in rows {
        runs.entry(CaseId(run.case_id)).or_default().push(run);
    }
    Ok(runs)
}

/// Where a run stands, and what moved it there.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct WhyHere {
    /// The run.
    pub run: i64,
    /// The workflow.
    pub workflow: String,
    /// The stage it stands in.
    pub stage: String,
    /// How it stands.
    #[sqlx(try_from = "String")]
    pub status: InstanceStatus,
    /// When it goes on by itself, in milliseconds since 1970.
    pub due_at: Option<i64>,
    /// The newest line of its journal, as JSON.
    pub newest_line: String,
    /// The release under which that was decided, by the number people use.
    pub release: Option<i64>,
    /// What its script has stumbled over.
    pub error: Option<String>,
    /// Why its workflow is not worked.
    pub suspension: Option<String>,
}

const WHY_HERE: &str = "\
select i.id as run, i.workflow, i.stage, i.status, i.due_at, j.body as newest_line,
  r.number as release, e.message as error, s.message as suspension
from instances i
left join suspended_workflows s on s.workflow = i.workflow
join journal j on j.chain = i.id and j.seq = i.seq
left join releases r on r.id = j.release_id
left join step_errors e on e.instance_id = i.id
where i.case_id = $1 and i.status <> 'finished'
order by i.id";

/// Where the runs of a case stand that have not ended.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn why_here(conn: &mut Conn, case: CaseId) -> Result<Vec<WhyHere>, StoreError> {
    Ok(sqlx::query_as(WHY_HERE).bind(case.0).fetch_all(conn).await?)
}

/// One line of the journal of a run.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct RunLine {
    /// What was decided, as JSON.
    pub body: String,
    /// The release under which it was, by the number people use.
    pub release: Option<i64>,
}

const LINES_OF_RUN: &str = "\
select j.body, r.number as release
from journal j
left join releases r on r.id = j.release_id
where j.chain = $1
order by j.seq desc
limit 500";

/// The newest lines of the journal of a run, newest first, at most 500.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn lines_of_run(conn: &mut Conn, run: i64) -> Result<Vec<RunLine>, StoreError> {
    Ok(sqlx::query_as(LINES_OF_RUN).bind(run).fetch_all(conn).await?)
}

/// A run of a workflow, ended or not.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct Run {
    /// The run.
    pub id: i64,
    /// The workflow.
    pub workflow: String,
    /// The stage it stands in.
    pub stage: String,
    /// How it stands.
    #[sqlx(try_from = "String")]
    pub status: InstanceStatus,
    /// Why it ended, in the script's word.
    pub finish_reason: Option<String>,
}

const RUNS: &str = "\
select i.id, i.workflow, i.stage, i.status, n.finish_reason
from instances i join instance_notes n on n.instance_id = i.id
where i.case_id = $1
order by i.id desc";

/// Every run of a case, the newest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn runs(conn: &mut Conn, case: CaseId) -> Result<Vec<Run>, StoreError> {
    Ok(sqlx::query_as(RUNS).bind(case.0).fetch_all(conn).await?)
}

const STEPS: &str = "select body from journal where chain = $1 order by seq";

/// The lines of the journal of a run, oldest first, as JSON.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn steps(conn: &mut Conn, run: i64) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(STEPS).bind(run).fetch_all(conn).await?)
}

const SCRIPT_ERROR: &str = "\
select message from step_errors order by last_at, instance_id limit 1";

/// What a script has stumbled over first, if one has.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn script_error(conn: &mut Conn) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(SCRIPT_ERROR).fetch_optional(conn).await?)
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row};

    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn a_portion_of_a_list_goes_on_in_an_index_and_sorts_nothing() {
        let store = Store::in_memory().await.unwrap();
        let mut conn = store.read().await.unwrap();
        for sql in [LATE, NOT_LATE] {
            let plan = AssertSqlSafe(format!("explain query plan {sql}"));
            let steps = sqlx::query(plan).fetch_all(conn.conn()).await.unwrap();
            let steps: Vec<&str> = steps.iter().map(|it| it.get("detail")).collect();
            assert!(!steps.iter().any(|it| it.contains("TEMP B-TREE")), "{steps:?}");
        }
    }
}
