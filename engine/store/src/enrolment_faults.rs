//! Whom nobody could be asked about (纳入出错): a workflow's `where` that fails is told
//! once for the workflow, and its cases are looked at again.
//!
//! Cases that meet conditions are found anew by every round. An event comes once, so
//! what it would bring in is owed until the `where` has answered.

use domain::event::Event;
use domain::ids::{CaseId, EventId, ReleaseId};
use domain::journal::{EnrolmentFailed, EnrolmentWorksAgain, Entry};
use domain::status::TaskKind;
use domain::tongues::{both, chinese, english};
use serde::{Deserialize, Serialize};

use crate::journal::{self, NewLine};
use crate::tasks::{self, Alarm};
use crate::unwatched::{self, Undone};
use crate::{Conn, Now, StoreError, rows};

/// A workflow whose `where` could not be asked about some cases.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// The workflow.
    pub workflow: String,
    /// Since when, in milliseconds since 1970.
    pub since_at: i64,
    /// When it was last seen.
    pub last_at: i64,
    /// Cases that meet the conditions and could not be asked about in the last round.
    pub by_conditions: i64,
    /// Events that could not be asked about yet.
    pub by_events: i64,
    /// Loan numbers of the first of them.
    pub examples: Vec<String>,
    /// The first error, with its place and without personal data.
    pub message: String,
    /// The last case asked about when the round's time was used up.
    pub asked_up_to: Option<i64>,
    /// 1 when the workflow keeps clocks: nobody watches the deadlines of these cases.
    pub keeps_clocks: i64,
}

/// What a round came to in which a `where` failed.
#[derive(Clone, Debug)]
pub struct Noted<'a> {
    /// The workflow.
    pub workflow: &'a str,
    /// The release whose script failed.
    pub release: ReleaseId,
    /// Cases by conditions; `None` when only events were looked at.
    pub by_conditions: Option<i64>,
    /// The first of the cases; none when those known before stand.
    pub examples: &'a [CaseId],
    /// The first error; empty when the one known before stands.
    pub message: &'a str,
    /// Where the next round begins.
    pub asked_up_to: Option<i64>,
    /// The workflow keeps clocks.
    pub keeps_clocks: bool,
}

const LIST: &str = "\
select json_group_array(json_object(
  'workflow', workflow, 'since_at', since_at, 'last_at', last_at,
  'by_conditions', by_conditions, 'by_events', by_events, 'examples', json(examples),
  'message', message, 'asked_up_to', asked_up_to, 'keeps_clocks', keeps_clocks)
  order by keeps_clocks desc, workflow)
from enrolment_faults";

/// Every workflow whose `where` fails, those that keep clocks first, by name.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(conn: &mut Conn) -> Result<Vec<Fault>, StoreError> {
    let text: String = sqlx::query_scalar(LIST).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

const NOTE: &str = "\
insert into enrolment_faults
  (workflow, since_at, last_at, by_conditions, by_events, examples, message, asked_up_to,
  keeps_clocks)
values ($1, $2, $2, coalesce(cast($3 as bigint), 0),
  (select count(*) from owed_choices where workflow = $1),
  cast((select json_group_array(c.case_no order by e.n)
    from list($4) as e (n ordinality, id bigint)
    join cases c on c.id = e.id) as text), $5, $6, $7)
on conflict (workflow) do update set
  last_at = excluded.last_at,
  by_conditions = coalesce(cast($3 as bigint), enrolment_faults.by_conditions),
  by_events = excluded.by_events,
  examples = case when excluded.examples = '[]'
    then enrolment_faults.examples else excluded.examples end,
  message = case when excluded.message = ''
    then enrolment_faults.message else excluded.message end,
  asked_up_to = excluded.asked_up_to,
  keeps_clocks = excluded.keeps_clocks
returning since_at";

/// Notes what a round came to: the first time with a task for whoever edits scripts, one
/// for a supervisor where the workflow keeps clocks, and a line in the site's journal;
/// later in the same tasks.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note(
    conn: &mut Conn,
    now: &Now,
    noted: &Noted<'_>,
) -> Result<(), StoreError> {
    let known = list(conn).await?;
    let known = known.into_iter().find(|it| it.workflow == noted.workflow);
    sqlx::query(NOTE)
        .bind(noted.workflow.to_owned())
        .bind(now.ms)
        .bind(noted.by_conditions)
        .bind(serde_json::to_string(noted.examples)?)
        .bind(noted.message.to_owned())
        .bind(noted.asked_up_to)
        .bind(i64::from(noted.keeps_clocks))
        .fetch_one(&mut *conn)
        .await?;
    let faults = list(conn).await?;
    let Some(fault) = faults.into_iter().find(|fault| fault.workflow == noted.workflow)
    else {
        return Ok(());
    };
    let (title, key) = (title(&fault), alarm_key(&fault));
    if noted.keeps_clocks && known.as_ref().is_none_or(|it| it.keeps_clocks == 0) {
        unwatched::open(conn, now, (&fault.workflow, &key), Undone::NotEnrolled).await?;
    }
    if known.is_some() {
        return tasks::retitle_alarm(conn, &key, &title).await;
    }
    let alarm = Alarm {
        kind: TaskKind::EnrolmentFault,
        title: &title,
        for_role: "editor",
        key: &key,
    };
    tasks::open_alarm(conn, now, alarm).await?;
    let failed = Entry::EnrolmentFailed(EnrolmentFailed {
        workflow: fault.workflow,
        cases: fault.by_conditions,
        events: fault.by_events,
        examples: fault.examples,
        error: fault.message,
    });
    let line = NewLine::of_site(failed).under(Some(noted.release));
    journal::append(conn, now, &[line]).await
}

/// What is to be done, in both languages.
fn title(fault: &Fault) -> String {
    let Fault { workflow, message, .. } = fault;
    let count = fault.by_conditions + fault.by_events;
    let (examples, examples_en) = (fault.examples.join("、"), fault.examples.join(", "));
    both(
        &format!(
            "流程 {workflow} 的 enrol.where 在 {count} 个案件上出错,没有纳入(如 {examples}):\
             请改好脚本,上线后自动再看:{}",
            chinese(message)
        ),
        &format!(
            "the `where` of {workflow} failed for {count} cases, which did not come in (such \
             as {examples_en}); mend the script, they are looked at again by themselves: {}",
            english(message)
        ),
    )
}

fn alarm_key(fault: &Fault) -> String {
    format!("enrolment_fault:{}:{}", fault.workflow, fault.since_at)
}

const REMOVE: &str = "delete from enrolment_faults where workflow = $1";

/// Notes that a workflow's `where` answers again, or is asked no more; closes its task.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn clear(
    conn: &mut Conn,
    now: &Now,
    release: ReleaseId,
    workflow: &str,
) -> Result<(), StoreError> {
    let faults = list(conn).await?;
    let Some(fault) = faults.into_iter().find(|fault| fault.workflow == workflow) else {
        return Ok(());
    };
    sqlx::query(REMOVE).bind(workflow.to_owned()).execute(&mut *conn).await?;
    let outcome = "已恢复 · it answers again";
    let key = alarm_key(&fault);
    tasks::close_alarm(conn, now, &key, "system", outcome).await?;
    unwatched::close(conn, now, &key, "system", outcome).await?;
    let again = EnrolmentWorksAgain { workflow: workflow.to_owned() };
    let line = NewLine::of_site(Entry::EnrolmentWorksAgain(again)).under(Some(release));
    journal::append(conn, now, &[line]).await
}

const OWE: &str = "\
insert into owed_choices (workflow, event_id, case_id)
select s.workflow, s.event_id, s.case_id
from batch($1) as s (workflow text, event_id bigint, case_id bigint)
where true
on conflict (workflow, event_id) do nothing";

/// Keeps events whose cases a workflow could not be asked about: workflow, event, case.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn owe(
    conn: &mut Conn,
    owed: &[(&str, EventId, CaseId)],
) -> Result<(), StoreError> {
    rows::run(conn, OWE, owed).await?;
    Ok(())
}

const OWES: &str = "select count(*) from (
  select 1 from owed_choices where workflow = $1 limit 1) o";

/// Whether a workflow has still to be asked about events.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn owes(conn: &mut Conn, workflow: &str) -> Result<bool, StoreError> {
    let owed: i64 =
        sqlx::query_scalar(OWES).bind(workflow.to_owned()).fetch_one(conn).await?;
    Ok(owed == 1)
}

const OWED: &str = "\
select o.case_id, e.id, e.kind, e.payload from owed_choices o
join events e on e.id = o.event_id
where o.workflow = $1 and $2 < o.event_id
order by o.event_id limit $3";

/// What a workflow has still to be asked about, behind an event, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn owed(
    conn: &mut Conn,
    workflow: &str,
    after: EventId,
    limit: i64,
) -> Result<Vec<(CaseId, Event)>, StoreError> {
    let rows = sqlx::query(OWED)
        .bind(workflow.to_owned())
        .bind(after.0)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(crate::enrol::event).collect()
}

const ANSWERED: &str = "\
delete from owed_choices
where workflow = $1 and event_id in (select id from list($2) as s (id bigint))";

/// Forgets what has been answered; a part of the transaction that opens what came in.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn answered(
    conn: &mut Conn,
    workflow: &str,
    events: &[EventId],
) -> Result<(), StoreError> {
    sqlx::query(ANSWERED)
        .bind(workflow.to_owned())
        .bind(serde_json::to_string(events)?)
        .execute(conn)
        .await?;
    Ok(())
}
