//! Reopening (恢复): what a slip of the same day has closed goes on where it stood.
//!
//! A payment entered by mistake ends the procedures of its case. When it is
//! taken back on the same day the debt is what it was, so they go on in their
//! stage, with the wait that stood, and nothing is said twice.

use domain::decision::WaitRule;
use domain::ids::{CaseId, EntryId, InstanceId};
use domain::journal::{Entry, Reopened};
use jiff::civil::Date;
use sqlx::Row;

use crate::journal::{self, NewLine};
use crate::ledger::Rescheduled;
use crate::{Conn, Now, StoreError, holds, ids, lanes, promises};

/// A run that a payment has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The run.
    pub instance: InstanceId,
    /// Its workflow.
    pub workflow: String,
    /// The stage it stood in.
    pub stage: String,
    /// The wait that stood, with what its instant hangs on; `None` when the
    /// stage had none.
    pub wait: Option<Rescheduled>,
}

/// Runs of the entry's case that ended since it was booked because nothing was
/// overdue or owed any more, and whose lane nobody has taken.
const ENDED: &str = "\
select i.id, i.workflow, i.stage, w.rule, w.since, c.oldest_unpaid_on,
  c.id as case_id
from ledger l
join cases c on c.id = l.case_id
join instances i on i.case_id = c.id and i.status = 'finished'
join instance_notes n on n.instance_id = i.id
left join wait_rules w on w.instance_id = i.id
where l.id = $1 and $2 <= l.recorded_at and l.recorded_at <= n.closed_at
and n.finish_reason in ('cured', 'paid_off')
and not exists (select 1 from lanes t where t.case_id = i.case_id and t.lane = i.lane)
and (case n.finish_reason when 'cured' then c.oldest_unpaid_on < $3
  else 0 < c.balance_fen end)
order by i.id";

/// The runs that go on when an entry is taken back: those that it has ended
/// since the instant `day_began_at` (milliseconds since 1970), if the case owes
/// again.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn ended_by(
    conn: &mut Conn,
    now: &Now,
    entry: EntryId,
    day_began_at: i64,
) -> Result<Vec<Ended>, StoreError> {
    let rows = sqlx::query(ENDED)
        .bind(entry.0)
        .bind(day_began_at)
        .bind(now.today().to_string())
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let instance_id = InstanceId(row.try_get("id")?);
            let rule: Option<&str> = row.try_get("rule")?;
            let rule: Option<WaitRule> = rule.map(serde_json::from_str).transpose()?;
            let oldest: Option<&str> = row.try_get("oldest_unpaid_on")?;
            let oldest_unpaid_on: Option<Date> = oldest.and_then(|day| day.parse().ok());
            let case_id = CaseId(row.try_get("case_id")?);
            let since: Option<String> = row.try_get("since")?;
            let wait = rule.map(|rule| Rescheduled {
                instance_id,
                case_id,
                rule,
                since: since.unwrap_or_default(),
                oldest_unpaid_on,
            });
            let (workflow, stage) = (row.try_get("workflow")?, row.try_get("stage")?);
            Ok(Ended { instance: instance_id, workflow, stage, wait })
        })
        .collect()
}

const REOPEN: &str = "\
update instances set status = 'waiting', due_at = $2, seq = seq + 1
where id = $1 and status = 'finished'";
const NOTES: &str = "\
update instance_notes set closed_at = null, finish_reason = null,
  episode = (select c.episode from cases c where c.id = $2)
where instance_id = $1";
const LANE: &str = "\
insert into lanes (case_id, lane, instance_id, workflow, oldest_unpaid_on)
select i.case_id, i.lane, i.id, i.workflow, c.oldest_unpaid_on
from instances i join cases c on c.id = i.case_id
where i.id = $1";
/// The episode went on: whoever was in a workflow does not enter it again.
const EPISODE: &str = "\
insert into enrolments (case_id, workflow, episode, instance_id)
select e.case_id, e.workflow, c.episode, e.instance_id
from cases c join enrolments e on e.case_id = c.id and e.episode = c.episode - 1
where c.id = $1
on conflict (case_id, workflow, episode) do nothing";
const TASKS: &str = "\
update tasks set closed_at = null, closed_by = null, outcome = null
where case_id = $1 and instance_id = $2
and (outcome = 'claim_ended'
  or outcome in ('procedure_ended', 'stage_left')
  and closed_at = (select n.closed_at from instance_notes n where n.instance_id = $2))";
/// What happened while it was closed is heard now.
const MISSED: &str = "\
select e.id from events e
where e.case_id = $1 and $2 < e.id
and not exists (select 1 from inbox b where b.instance_id = $2 and b.event_id = e.id)
order by e.id";
const HEAR: &str = "\
insert into inbox (id, instance_id, event_id, case_id, kind, payload, received_at)
select $2 + s.n, $3, e.id, e.case_id, e.kind, e.payload, e.received_at
from list($1) as s (n ordinality, id bigint) join events e on e.id = s.id";

/// Lets runs go on; `due` has the instant of each.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn reopen(
    conn: &mut Conn,
    now: &Now,
    case_id: CaseId,
    due: &[(&Ended, i64)],
    by: &str,
    why: &str,
) -> Result<(), StoreError> {
    for (ended, at) in due {
        let id = ended.instance.0;
        sqlx::query(TASKS).bind(case_id.0).bind(id).execute(&mut *conn).await?;
        sqlx::query(REOPEN).bind(id).bind(*at).execute(&mut *conn).await?;
        sqlx::query(NOTES).bind(id).bind(case_id.0).execute(&mut *conn).await?;
        sqlx::query(LANE).bind(id).execute(&mut *conn).await?;
        let reopened = Entry::Reopened(Reopened {
            workflow: ended.workflow.clone(),
            stage: ended.stage.clone(),
            by: by.to_owned(),
            reason: why.to_owned(),
        });
        let line = NewLine::of_run(ended.instance, case_id, reopened);
        journal::append(conn, now, &[line]).await?;
        hear_what_was_missed(conn, case_id, ended.instance).await?;
    }
    if due.is_empty() {
        return Ok(());
    }
    sqlx::query(EPISODE).bind(case_id.0).execute(&mut *conn).await?;
    lanes::count(conn, &[case_id.0]).await?;
    promises::arrears_go_on(conn, case_id).await?;
    let opened: Vec<i64> = due.iter().map(|(ended, _)| ended.instance.0).collect();
    holds::freeze_if_held(conn, now, &opened).await?;
    Ok(())
}

async fn hear_what_was_missed(
    conn: &mut Conn,
    case_id: CaseId,
    instance: InstanceId,
) -> Result<(), StoreError> {
    let missed: Vec<i64> = sqlx::query_scalar(MISSED)
        .bind(case_id.0)
        .bind(instance.0)
        .fetch_all(&mut *conn)
        .await?;
    if missed.is_empty() {
        return Ok(());
    }
    let first = ids::allocate(conn, missed.len()).await?;
    sqlx::query(HEAR)
        .bind(serde_json::to_string(&missed)?)
        .bind(first)
        .bind(instance.0)
        .execute(conn)
        .await?;
    Ok(())
}
