//! Why here (为什么在这里): where the runs of a case stand, and which line of which release
//! moved each of them there.

use domain::ids::CaseId;
use domain::journal::Entry;
use domain::status::InstanceStatus;
use sqlx::FromRow;

use crate::lost_places::LOST_PLACE;
use crate::{Conn, StoreError};

/// Where a run stands, and what moved it there.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyHereEntry {
    /// The run.
    pub run: i64,
    /// The workflow.
    pub workflow: String,
    /// The stage it stands in.
    pub stage: String,
    /// How it stands.
    pub status: InstanceStatus,
    /// When it goes on by itself, in milliseconds since 1970.
    pub due_at: Option<i64>,
    /// What moved it there: the last step that a line of a script decided, or, where
    /// none did, the newest line of its journal.
    pub decided: Deciding,
    /// It is parked because the running release lacks its place.
    pub is_lost: bool,
    /// What its script has stumbled over, in Chinese and English.
    pub error: Option<String>,
    /// The last error of its workflow, which is not worked, in Chinese and English.
    pub suspension: Option<String>,
}

/// A line of the journal on what moved a case to where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Deciding {
    /// The number of the release under which it was decided.
    pub release: Option<i64>,
    /// The line as it stands, as JSON.
    pub body: String,
    /// What it says; `None` for a line of a newer program.
    pub entry: Option<Entry>,
}

impl Deciding {
    fn read(release: Option<i64>, body: String) -> Self {
        let entry = Entry::parse(&body).ok();
        Self { release, body, entry }
    }

    /// The last line of a script that it names.
    pub fn line(&self) -> Option<&str> {
        match &self.entry {
            Some(Entry::Stepped(step)) => step.decided_at(),
            _ => None,
        }
    }

    fn is_of_lost_place(&self) -> bool {
        match &self.entry {
            Some(Entry::Parked(parked)) => parked.fingerprint == LOST_PLACE,
            _ => false,
        }
    }
}

#[derive(FromRow)]
struct OpenRunRow {
    run: i64,
    workflow: String,
    stage: String,
    #[sqlx(try_from = "String")]
    status: InstanceStatus,
    due_at: Option<i64>,
    newest_line: String,
    release: Option<i64>,
    error: Option<String>,
    suspension: Option<String>,
}

const OPEN_RUNS: &str = "\
select i.id as run, i.workflow, i.stage, i.status, i.due_at, j.body as newest_line,
  r.number as release, e.message as error, s.message as suspension
from instances i
left join suspended_workflows s on s.workflow = i.workflow
join journal j on j.chain = i.id and j.seq = i.seq
left join releases r on r.id = j.release_id
left join step_errors e on e.instance_id = i.id
where i.case_id = $1 and i.status <> 'finished'
order by i.id";

/// Where the runs of a case stand that have not ended, one a lane.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<WhyHereEntry>, StoreError> {
    let rows: Vec<OpenRunRow> =
        sqlx::query_as(OPEN_RUNS).bind(case.0).fetch_all(&mut *conn).await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let newest = Deciding::read(row.release, row.newest_line);
        let is_lost = newest.is_of_lost_place();
        let decided = if newest.line().is_some() {
            newest
        } else {
            decided_before(conn, row.run).await?.unwrap_or(newest)
        };
        entries.push(WhyHereEntry {
            run: row.run,
            workflow: row.workflow,
            stage: row.stage,
            status: row.status,
            due_at: row.due_at,
            decided,
            is_lost,
            error: row.error,
            suspension: row.suspension,
        });
    }
    Ok(entries)
}

#[derive(FromRow)]
struct LineRow {
    seq: i64,
    body: String,
    release: Option<i64>,
}

const LINES_BEFORE: &str = "\
select j.seq, j.body, r.number as release
from journal j
left join releases r on r.id = j.release_id
where j.chain = $1 and j.seq < $2
order by j.seq desc
limit 20";

/// A run has stood still for good long before it has so many lines without a step.
const LOOKS_BACK: usize = 500;

/// The last step that a line of a script decided: an event that nobody answers
/// leaves a step without one.
async fn decided_before(
    conn: &mut Conn,
    run: i64,
) -> Result<Option<Deciding>, StoreError> {
    let (mut before, mut looked) = (i64::MAX, 0);
    while looked < LOOKS_BACK {
        let lines: Vec<LineRow> = sqlx::query_as(LINES_BEFORE)
            .bind(run)
            .bind(before)
            .fetch_all(&mut *conn)
            .await?;
        let Some(last) = lines.last() else { break };
        (before, looked) = (last.seq, looked + lines.len());
        let mut read =
            lines.into_iter().map(|line| Deciding::read(line.release, line.body));
        if let Some(found) = read.find(|it| it.line().is_some()) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
