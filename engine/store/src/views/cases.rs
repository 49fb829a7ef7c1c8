//! Cases (案件) as staff see them: in a list, and where each of them stands.

use domain::ids::CaseId;
use domain::status::{CaseStatus, InstanceStatus};
use foldhash::HashMap;
use jiff::civil::Date;
use sqlx::{AssertSqlSafe, FromRow};

use crate::{Conn, StoreError, views};

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

/// Where a list begins to look: what has the fewest rows among what is asked for, each
/// with an index in the order of the list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Door {
    Village,
    Collector,
    Workflow,
    InNone,
    All,
}

impl Door {
    fn of(filter: &CaseFilter) -> Self {
        if filter.village.is_some() {
            Self::Village
        } else if filter.collector.is_some() {
            Self::Collector
        } else if filter.workflow.is_some() {
            Self::Workflow
        } else if filter.in_none {
            Self::InNone
        } else {
            Self::All
        }
    }

    /// The tables, in the order in which they are read, and what is found by the index.
    fn tables(self) -> &'static str {
        match self {
            Self::Village => "cases c where c.village = $2",
            Self::Collector => "cases c where c.collector = $3",
            // One row a case, also where it is in a workflow by two lanes.
            Self::Workflow => {
                "lanes l cross join cases c
                 where c.id = l.case_id and l.workflow = $1
                 and not exists (select 1 from lanes o where o.case_id = l.case_id
                   and o.workflow = l.workflow and o.lane < l.lane)"
            }
            Self::InNone => "cases c where c.open_runs = 0 and c.status = 'open'",
            Self::All => "cases c where true",
        }
    }

    /// Where the day and the number of a case stand that the list is ordered by.
    fn order(self) -> (&'static str, &'static str) {
        match self {
            Self::Workflow => ("l.oldest_unpaid_on", "l.case_id"),
            _ => ("c.oldest_unpaid_on", "c.id"),
        }
    }

    fn late(self) -> String {
        let (day, id) = self.order();
        let behind = format!("({day}, {id}) > ($6, $7) and ($4 = '' or {day} <= $4)");
        self.portion(&behind)
    }

    fn not_late(self) -> String {
        let (day, id) = self.order();
        let behind = format!("{day} is null and $7 < {id} and $4 = $6");
        self.portion(&behind)
    }

    /// What is asked for of the workflow beside the door. Each case has a few lanes and a
    /// workflow very many: they are looked at case by case, which `coalesce` says to one
    /// database and the count, which is no `exists`, to the other.
    fn of_workflow(self) -> &'static str {
        if self == Self::Workflow {
            return "true";
        }
        "($1 = '' or 0 < (select count(*) from lanes w
           where w.case_id = c.id and coalesce(w.workflow, '') = $1))"
    }

    /// `$1` to `$5` are the filter, `$6` and `$7` the last row shown, `$8` the limit.
    fn portion(self, behind: &str) -> String {
        let (tables, (day, id)) = (self.tables(), self.order());
        let of_workflow = self.of_workflow();
        format!(
            "select c.id, c.status, c.oldest_unpaid_on from {tables} and {behind}
             and {of_workflow}
             and ($2 = '' or c.village = $2)
             and ($3 = '' or c.collector = $3)
             and ($5 = 0 or (c.open_runs = 0 and c.status = 'open'))
             order by {day}, {id}
             limit $8"
        )
    }
}

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
    let door = Door::of(filter);
    let mut found = match after {
        Some(CaseEntry { oldest_unpaid_on: None, .. }) => Vec::new(),
        after => portion(&mut *conn, door.late(), filter, after, limit).await?,
    };
    let left = views::left(limit, found.len());
    if 0 < left && filter.unpaid_since.is_none() {
        let after = after.filter(|entry| entry.oldest_unpaid_on.is_none());
        found.extend(portion(conn, door.not_late(), filter, after, left).await?);
    }
    Ok(found)
}

async fn portion(
    conn: &mut Conn,
    sql: String,
    filter: &CaseFilter,
    after: Option<&CaseEntry>,
    limit: i64,
) -> Result<Vec<CaseEntry>, StoreError> {
    // Of texts that stand in this program alone.
    let rows: Vec<CaseEntryRow> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(filter.workflow.clone().unwrap_or_default())
        .bind(filter.village.clone().unwrap_or_default())
        .bind(filter.collector.clone().unwrap_or_default())
        .bind(views::or_first(filter.unpaid_since))
        .bind(i64::from(filter.in_none))
        .bind(views::or_first(after.and_then(|entry| entry.oldest_unpaid_on)))
        .bind(after.map_or(0, |entry| entry.id.0))
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
    use super::*;

    #[tokio::test]
    async fn each_filter_has_an_index_in_the_order_of_the_list() {
        let table = [
            (Door::Village, "c USING INDEX cases_of_village (village=? AND"),
            (Door::Collector, "c USING INDEX cases_of_collector (collector=? AND"),
            (Door::Workflow, "l USING INDEX lanes_of_workflow (workflow=? AND"),
            (Door::InNone, "c USING INDEX cases_in_none ("),
            (Door::All, "c USING INDEX cases_by_oldest ("),
        ];
        for (door, wanted) in table {
            for sql in [door.late(), door.not_late()] {
                let steps = views::plan(&sql).await;
                assert!(
                    steps.iter().any(|step| step.contains(wanted)),
                    "{door:?}: {steps:?}"
                );
                let beside = "w USING INDEX sqlite_autoindex_lanes_1 (case_id=?)";
                let by_case = steps.iter().any(|step| step.contains(beside));
                assert_eq!(by_case, door != Door::Workflow, "{door:?}: {steps:?}");
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                assert!(!sorts, "{door:?}: {steps:?}");
            }
        }
    }
}
