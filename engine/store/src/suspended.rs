//! Suspended workflows (停办的流程): one whose script fails or burns its time on nearly
//! every case is not worked until a person has seen to it.
//!
//! Its cases keep stage, wait and events, and go on where they stood.

use std::collections::BTreeSet;

use domain::ids::ReleaseId;
use domain::journal::{Entry, WorkflowResumed, WorkflowSuspended};
use domain::status::TaskKind;
use domain::tongues::{both, chinese, english};
use serde::{Deserialize, Serialize};

use crate::journal::{self, NewLine};
use crate::tasks::{self, Alarm};
use crate::unwatched::{self, Undone};
use crate::{Conn, Now, StoreError};

pub use domain::stop::WorkflowCause as Cause;

/// A workflow that is not worked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Suspended {
    /// The workflow.
    pub workflow: String,
    /// The release whose script it was.
    pub release_id: Option<i64>,
    /// Since when, in milliseconds since 1970.
    pub since_at: i64,
    /// How many calls of its script were counted.
    pub calls: i64,
    /// How many of them failed.
    pub failed: i64,
    /// How long they took altogether, in milliseconds.
    pub spent_ms: i64,
    /// Why.
    pub cause: Cause,
    /// The last error, with its place and without personal data; empty when there
    /// was none.
    pub message: String,
    /// 1 when it keeps clocks: its deadlines are watched by nobody meanwhile.
    pub keeps_clocks: i64,
}

const LIST: &str = "\
select json_group_array(json_object(
  'workflow', workflow, 'release_id', release_id, 'since_at', since_at,
  'calls', calls, 'failed', failed, 'spent_ms', spent_ms, 'cause', cause,
  'message', message, 'keeps_clocks', keeps_clocks)
  order by keeps_clocks desc, workflow)
from suspended_workflows";

/// Every suspended workflow, those that keep clocks first, by name.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(conn: &mut Conn) -> Result<Vec<Suspended>, StoreError> {
    let text: String = sqlx::query_scalar(LIST).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

const NAMES: &str = "select workflow from suspended_workflows";

/// The names of the suspended workflows.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn names(conn: &mut Conn) -> Result<BTreeSet<String>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(NAMES).fetch_all(conn).await?;
    Ok(names.into_iter().collect())
}

const SUSPEND: &str = "\
insert into suspended_workflows
  (workflow, release_id, since_at, calls, failed, spent_ms, cause, message, keeps_clocks)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (workflow) do nothing";

/// Suspends a workflow, with a task for whoever edits scripts, one for a supervisor where
/// it keeps clocks, and a line in the site's journal. Answers whether it was not suspended before.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn suspend(
    conn: &mut Conn,
    now: &Now,
    new: &Suspended,
) -> Result<bool, StoreError> {
    let done = sqlx::query(SUSPEND)
        .bind(new.workflow.clone())
        .bind(new.release_id)
        .bind(new.since_at)
        .bind(new.calls)
        .bind(new.failed)
        .bind(new.spent_ms)
        .bind(new.cause.as_str())
        .bind(new.message.clone())
        .bind(new.keeps_clocks)
        .execute(&mut *conn)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let (title, key) = (title(new), alarm_key(new));
    let alarm = Alarm {
        kind: TaskKind::WorkflowSuspended,
        title: &title,
        for_role: "editor",
        key: &key,
    };
    tasks::open_alarm(conn, now, alarm).await?;
    if new.keeps_clocks == 1 {
        unwatched::open(conn, now, (&new.workflow, &key), Undone::Suspended).await?;
    }
    let suspended = Entry::WorkflowSuspended(WorkflowSuspended {
        workflow: new.workflow.clone(),
        cause: new.cause,
        calls: new.calls,
        failed: new.failed,
        spent_ms: new.spent_ms,
        error: new.message.clone(),
    });
    let line = NewLine::of_site(suspended).under(new.release_id.map(ReleaseId));
    journal::append(conn, now, &[line]).await?;
    Ok(true)
}

const KEEPS_CLOCKS: &str = "\
update suspended_workflows set keeps_clocks = 1
where workflow = $1 and keeps_clocks = 0";

/// Notes that a suspended workflow keeps clocks, of which it was not known, with the task
/// for a supervisor.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn keeps_clocks(
    conn: &mut Conn,
    now: &Now,
    it: &Suspended,
) -> Result<(), StoreError> {
    let done =
        sqlx::query(KEEPS_CLOCKS).bind(it.workflow.clone()).execute(&mut *conn).await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    let key = alarm_key(it);
    unwatched::open(conn, now, (&it.workflow, &key), Undone::Suspended).await
}

/// What is to be done, in both languages.
fn title(new: &Suspended) -> String {
    let Suspended { workflow, calls, failed, spent_ms, message, .. } = new;
    let (zh, en) = match new.cause {
        Cause::Fails => (
            format!("{calls} 次调用有 {failed} 次出错"),
            format!("{failed} of {calls} calls failed"),
        ),
        Cause::Burns => (
            format!("{calls} 次调用用了 {spent_ms} 毫秒"),
            format!("{calls} calls took {spent_ms} ms"),
        ),
    };
    both(
        &format!(
            "流程 {workflow} 已停办:{zh};案件原地等待。请改好脚本,上线后自动恢复,或执行 \
             `qingshou resume workflow {workflow} --reason …`:{}",
            chinese(message)
        ),
        &format!(
            "workflow {workflow} is suspended: {en}; its cases wait where they stand. Mend \
             the script, it goes on with the next release, or run `qingshou resume workflow \
             {workflow} --reason …`: {}",
            english(message)
        ),
    )
}

fn alarm_key(it: &Suspended) -> String {
    format!("workflow_suspended:{}:{}", it.workflow, it.since_at)
}

const RESUME: &str = "delete from suspended_workflows where workflow = $1";
const EVENTS_AGAIN: &str = "\
update inbox set consumed_seq = null
where consumed_seq = -1 and instance_id in (
  select l.instance_id from lanes l
  join instances i on i.id = l.instance_id
  where l.case_id = inbox.case_id and i.workflow = $1 and i.status <> 'parked')";

/// Lets a workflow be worked again. Answers whether it was suspended.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn resume(
    conn: &mut Conn,
    now: &Now,
    workflow: &str,
    (by, why): (&str, &str),
) -> Result<bool, StoreError> {
    let suspended = list(conn).await?;
    let Some(it) = suspended.into_iter().find(|it| it.workflow == workflow) else {
        return Ok(false);
    };
    sqlx::query(RESUME).bind(workflow.to_owned()).execute(&mut *conn).await?;
    sqlx::query(EVENTS_AGAIN).bind(workflow.to_owned()).execute(&mut *conn).await?;
    let key = alarm_key(&it);
    tasks::close_alarm(conn, now, &key, by, why).await?;
    unwatched::close(conn, now, &key, by, why).await?;
    let resumed = Entry::WorkflowResumed(WorkflowResumed {
        workflow: workflow.to_owned(),
        by: by.to_owned(),
        reason: why.to_owned(),
    });
    journal::append(conn, now, &[NewLine::of_site(resumed)]).await?;
    Ok(true)
}

/// [`resume`] for every one that is suspended: another release may have mended it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn resume_all(
    conn: &mut Conn,
    now: &Now,
    (by, why): (&str, &str),
) -> Result<(), StoreError> {
    for workflow in names(conn).await? {
        resume(conn, now, &workflow, (by, why)).await?;
    }
    Ok(())
}
