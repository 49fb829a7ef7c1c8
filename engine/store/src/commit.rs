//! Commit (落账): everything a batch decided, in one transaction or not at all.
//!
//! Stage, timer, journal line, orders and consumed events of an instance are
//! written together. A step whose instance has moved on since it was claimed,
//! or whose case has learned something new, is left out of the batch and runs
//! again; the others of the batch are not disturbed.

use domain::decision::WaitRule;
use domain::ids::{CaseId, InstanceId, OrderId};
use domain::journal::Body;
use domain::status::InstanceStatus;
use domain::tongues::{both, chinese, english};
use foldhash::HashSet;
use serde::Serialize;

use crate::journal::{self, Head, JournalRow};
use crate::{Conn, Now, StoreError, ids, lanes, outbox, tasks};

/// What one step came to.
#[derive(Clone, Debug)]
pub struct Step {
    /// The instance.
    pub instance: InstanceId,
    /// Its case.
    pub case_id: CaseId,
    /// `seq` as it was claimed.
    pub seq: i64,
    /// The case's revision as it was claimed.
    pub facts_rev: i64,
    /// Hash of the newest journal line as it was claimed.
    pub head_hash: String,
    /// The stage it stands in afterwards.
    pub stage: String,
    /// The stage was left, so its undelivered orders are cancelled.
    pub left_stage: bool,
    /// What becomes of the instance.
    pub next: NextState,
    /// The wait that stands afterwards, when it changed.
    pub wait: Option<NewWait>,
    /// The memo, when it changed, as JSON.
    pub memo: Option<String>,
    /// Ids of the inbox rows it answered.
    pub consumed: Vec<i64>,
    /// Orders, in the order given.
    pub orders: Vec<NewOrder>,
    /// The journal line, written out before the transaction begins.
    pub body: Body,
    /// The release it ran under.
    pub release_id: i64,
    /// Its script failed on an earlier try, which is forgotten now.
    pub failed_before: bool,
}

/// What becomes of an instance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NextState {
    /// It waits until this instant, in milliseconds since 1970.
    Waiting(i64),
    /// A hold keeps it, with its timer.
    Frozen(i64),
    /// A script failed for good.
    Parked,
    /// It is closed, for this reason.
    Finished(String),
}

/// A wait to write down.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewWait {
    /// The rule.
    pub rule: WaitRule,
    /// Where it leads.
    pub next: String,
    /// The civil minute it counts from.
    pub since: String,
    /// It was computed without a published calendar.
    pub provisional: bool,
}

/// An order to put into the outbox.
#[derive(Clone, Debug, Serialize)]
pub struct NewOrder {
    /// The plugin that carries it out.
    pub plugin: String,
    /// The verb.
    pub verb: String,
    /// What staff call it, in both languages, for a task that asks for approval.
    #[serde(skip)]
    pub title: String,
    /// The person it goes to.
    pub party_id: Option<i64>,
    /// The channel's word.
    pub channel: Option<String>,
    /// The act's word.
    pub act: String,
    /// The word of the act that its text says it is, where that is another.
    pub text_act: Option<String>,
    /// The collector of a visit, by whom visits are counted; else empty.
    pub counted_for: String,
    /// The delivery class's word.
    pub delivery: String,
    /// 1 when it needs a second person.
    pub second_person: i64,
    /// 1 when it stays after its stage is left.
    pub outlives_stage: i64,
    /// The arguments as JSON.
    pub args: String,
    /// The rendered text.
    pub body: Option<String>,
    /// The amount that the text states, in fen.
    pub states_fen: Option<i64>,
    /// The key.
    pub idempotency_key: String,
    /// Who asked.
    pub requested_by: String,
    /// The collector at that time.
    pub collector: Option<String>,
    /// The line of the script.
    pub line: String,
    /// Not before this instant.
    pub not_before_at: i64,
    /// Not after this instant.
    pub not_after_at: i64,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Committed {
    /// Steps written.
    pub steps: usize,
    /// Instances that have to be claimed again.
    pub again: Vec<InstanceId>,
    /// Orders written.
    pub orders: usize,
}

/// Moves the instances that have not moved since they were claimed and whose
/// cases have learned nothing new, and answers which they are.
const MOVE: &str = "\
update instances set
  seq = s.seq, stage = s.stage, status = s.status,
  -- a parked one keeps its timer: its wait is not over because its script failed
  due_at = case when s.status = 'parked' then instances.due_at else s.due_at end,
  -- time spent frozen is added to the wait later, so the instant is kept
  -- unless this step began a new wait
  frozen_at = case when s.status in ('frozen', 'parked')
    then coalesce(s.frozen_at, instances.frozen_at) end
from batch($1) as s (id bigint, seq bigint, stage text, status text, due_at bigint,
  frozen_at bigint, facts_rev bigint)
where instances.id = s.id and instances.seq = s.seq - 1
and instances.status in ('waiting', 'frozen')
and exists (select 1 from cases c
  where c.id = instances.case_id and c.facts_rev = s.facts_rev)
returning instances.id";

const CONSUME: &str = "\
update inbox set consumed_seq = s.consumed_seq
from batch($1) as s (id bigint, consumed_seq bigint)
where inbox.id = s.id";

const WAIT: &str = "\
insert into wait_rules (instance_id, rule, next_stage, since, provisional)
select s.instance_id, s.rule, s.next_stage, s.since, s.provisional
from batch($1) as s (instance_id bigint, rule text, next_stage text, since text,
  provisional bigint)
where true
on conflict (instance_id) do update set
  rule = excluded.rule, next_stage = excluded.next_stage, since = excluded.since,
  provisional = excluded.provisional, held_ms = 0";

const MEMO: &str = "\
insert into memos (instance_id, body)
select s.instance_id, s.body from batch($1) as s (instance_id bigint, body text)
where true
on conflict (instance_id) do update set body = excluded.body";

const CANCEL: &str = "\
update outbox set status = 'cancelled', held_by = null, settled_at = $2,
  settled_note = 'stage_left'
where status in ('pending', 'held', 'awaiting_approval') and outlives_stage = 0
and instance_id in (select id from list($1) as s (id bigint))";

/// An attempt reserved for an order that never left was none.
const RESERVED: &str = "\
select coalesce(json_group_array(o.id), '[]')
from outbox o
join contacts c on c.order_id = o.id and c.outcome = 'reserved'
where o.instance_id in (select id from list($1) as s (id bigint))
and o.status = 'cancelled' and o.settled_at = $2";

const CLOSE: &str = "\
update instance_notes set closed_at = $2, finish_reason = s.finish_reason
from batch($1) as s (instance_id bigint, finish_reason text)
where instance_notes.instance_id = s.instance_id";

/// Nobody needs to call or visit for a procedure that is over; what was asked
/// of people for other reasons stays.
const CLOSE_TASKS: &str = "\
update tasks set closed_at = $2, closed_by = 'system', outcome = 'procedure_ended'
where closed_at is null and kind in ('call', 'visit')
and instance_id in (select id from batch($1) as s (id bigint))";

const FREE_LANE: &str = "\
delete from lanes where (case_id, lane) in (
  select i.case_id, i.lane from batch($1) as s (instance_id bigint)
  join instances i on i.id = s.instance_id)
and instance_id in (select id from batch($1) as s (id bigint))";

const FORGET_ERRORS: &str = "\
delete from step_errors where instance_id in (select id from list($1) as s (id bigint))";

const ORDER: &str = "\
insert into outbox (id, case_id, instance_id, seq, ordinal, stage, plugin, verb,
  party_id, channel, act, delivery, second_person, outlives_stage, args, body,
  states_fen, idempotency_key, requested_by, collector, line, status,
  not_before_at, not_after_at, created_at, release_id, text_act, counted_for, rehearsal)
select $2 + o.n, o.case_id, o.instance_id, o.seq, o.ordinal, o.stage, o.plugin, o.verb,
  o.party_id, o.channel, o.act, o.delivery, o.second_person, o.outlives_stage, o.args,
  o.body, o.states_fen, o.idempotency_key, o.requested_by, o.collector, o.line,
  case when o.second_person = 1 then 'awaiting_approval' else 'pending' end,
  o.not_before_at, o.not_after_at, $3, o.release_id, o.text_act, o.counted_for,
  (select count(*) from meta where key = 'rehearsal_since')
from records($1) as o (n ordinality, case_id bigint, instance_id bigint, seq bigint,
  ordinal bigint, stage text, release_id bigint, plugin text, verb text,
  party_id bigint, channel text, act text, text_act text, counted_for text,
  delivery text, second_person bigint, outlives_stage bigint, args text, body text,
  states_fen bigint, idempotency_key text, requested_by text, collector text,
  line text, not_before_at bigint, not_after_at bigint)";

const APPROVAL_TASK: &str = "\
insert into tasks (id, case_id, instance_id, order_id, kind, title, assignee, due_on,
  opened_at, dedupe_key)
select $2 + s.n, s.case_id, s.instance_id, s.order_id, 'approval', s.title, null,
  null, $3, 'approval:' || s.order_id
from batch($1) as s (n ordinality, case_id bigint, instance_id bigint, order_id bigint,
  title text)";

/// Writes a batch.
///
/// # Errors
///
/// [`StoreError`] when the database refuses; the caller rolls back and tries
/// the steps one at a time.
pub async fn commit(
    conn: &mut Conn,
    now: &Now,
    steps: &[&Step],
) -> Result<Committed, StoreError> {
    let same = move_instances(conn, now, steps).await?;
    let (good, again): (Vec<&Step>, Vec<&Step>) =
        steps.iter().partition(|step| same.contains(&step.instance.0));
    let again = again.iter().map(|it| it.instance).collect();
    if good.is_empty() {
        return Ok(Committed { again, ..Committed::default() });
    }
    consume(conn, &good).await?;
    write_lines(conn, now, &good).await?;
    // Cancel before inserting, or a step's own orders would go at once.
    cancel_orders(conn, now, &good).await?;
    let orders = write_orders(conn, now, &good).await?;
    write_waits_and_memos(conn, &good).await?;
    close_finished(conn, now, &good).await?;
    Ok(Committed { steps: good.len(), again, orders })
}

async fn move_instances(
    conn: &mut Conn,
    now: &Now,
    steps: &[&Step],
) -> Result<HashSet<i64>, StoreError> {
    let rows: Vec<_> = steps.iter().map(|step| moved(now, step)).collect();
    let moved = sqlx::query_scalar(MOVE).bind(serde_json::to_string(&rows)?);
    let moved: Vec<i64> = moved.fetch_all(conn).await?;
    Ok(moved.into_iter().collect())
}

async fn consume(conn: &mut Conn, steps: &[&Step]) -> Result<(), StoreError> {
    let consumed: Vec<_> = steps
        .iter()
        .flat_map(|step| step.consumed.iter().map(|id| (*id, step.seq + 1)))
        .collect();
    if !consumed.is_empty() {
        run(conn, CONSUME, &consumed).await?;
    }
    Ok(())
}

/// id, seq, stage, status, `due_at`, `frozen_at`, the case's revision.
type Moved<'a> = (i64, i64, &'a str, InstanceStatus, Option<i64>, Option<i64>, i64);

fn moved<'a>(now: &Now, step: &'a Step) -> Moved<'a> {
    let (status, due_at, frozen_at) = match step.next {
        NextState::Waiting(at) => (InstanceStatus::Waiting, Some(at), None),
        NextState::Frozen(at) => {
            (InstanceStatus::Frozen, Some(at), step.wait.as_ref().map(|_| now.ms))
        }
        NextState::Parked => (InstanceStatus::Parked, None, None),
        NextState::Finished(_) => (InstanceStatus::Finished, None, None),
    };
    let (id, seq) = (step.instance.0, step.seq + 1);
    (id, seq, &step.stage, status, due_at, frozen_at, step.facts_rev)
}

async fn write_lines(
    conn: &mut Conn,
    now: &Now,
    steps: &[&Step],
) -> Result<(), StoreError> {
    let rows: Vec<JournalRow<'_>> = steps
        .iter()
        .map(|step| {
            let mut head = Head { seq: step.seq, hash: step.head_hash.clone() };
            let (case, release) = (Some(step.case_id), Some(step.release_id));
            let chain = step.instance.0;
            journal::chained(&mut head, now.ms, chain, case, release, &step.body)
        })
        .collect();
    journal::insert(conn, &rows).await
}

async fn cancel_orders(
    conn: &mut Conn,
    now: &Now,
    steps: &[&Step],
) -> Result<(), StoreError> {
    let left: Vec<i64> =
        steps.iter().filter(|step| step.left_stage).map(|step| step.instance.0).collect();
    if !left.is_empty() {
        tasks::end_with_stage(conn, now, &left).await?;
        let left = serde_json::to_string(&left)?;
        let done =
            sqlx::query(CANCEL).bind(&left).bind(now.ms).execute(&mut *conn).await?;
        if 0 < done.rows_affected() {
            let reserved: String = sqlx::query_scalar(RESERVED)
                .bind(&left)
                .bind(now.ms)
                .fetch_one(&mut *conn)
                .await?;
            let reserved: Vec<OrderId> = serde_json::from_str(&reserved)?;
            outbox::unreserve(conn, &reserved).await?;
        }
    }
    Ok(())
}

/// An order as it is handed to the database, with the step that gives it.
#[derive(Serialize)]
struct OrderRow<'a> {
    case_id: CaseId,
    instance_id: InstanceId,
    seq: i64,
    ordinal: usize,
    stage: &'a str,
    release_id: i64,
    #[serde(flatten)]
    order: &'a NewOrder,
}

async fn write_orders(
    conn: &mut Conn,
    now: &Now,
    steps: &[&Step],
) -> Result<usize, StoreError> {
    let mut rows = Vec::new();
    let mut approvals = Vec::new();
    for step in steps {
        for (ordinal, order) in step.orders.iter().enumerate() {
            if order.second_person == 1 {
                approvals.push((step, rows.len(), &order.title));
            }
            rows.push(OrderRow {
                case_id: step.case_id,
                instance_id: step.instance,
                seq: step.seq + 1,
                ordinal,
                stage: &step.stage,
                release_id: step.release_id,
                order,
            });
        }
    }
    if rows.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, rows.len()).await?;
    sqlx::query(ORDER)
        .bind(serde_json::to_string(&rows)?)
        .bind(first)
        .bind(now.ms)
        .execute(&mut *conn)
        .await?;
    let tasks: Vec<_> = approvals
        .into_iter()
        .map(|(step, at, title)| {
            let order = first + i64::try_from(at).unwrap_or(i64::MAX);
            (
                step.case_id.0,
                step.instance.0,
                order,
                both(
                    &format!("审批:{}", chinese(title)),
                    &format!("to approve: {}", english(title)),
                ),
            )
        })
        .collect();
    if !tasks.is_empty() {
        let first = ids::allocate(conn, tasks.len()).await?;
        sqlx::query(APPROVAL_TASK)
            .bind(serde_json::to_string(&tasks)?)
            .bind(first)
            .bind(now.ms)
            .execute(conn)
            .await?;
    }
    Ok(rows.len())
}

async fn write_waits_and_memos(
    conn: &mut Conn,
    steps: &[&Step],
) -> Result<(), StoreError> {
    let mut waits = Vec::new();
    for step in steps {
        if let Some(wait) = &step.wait {
            let rule = serde_json::to_string(&wait.rule)?;
            let provisional = i64::from(wait.provisional);
            waits.push((step.instance.0, rule, &wait.next, &wait.since, provisional));
        }
    }
    if !waits.is_empty() {
        run(conn, WAIT, &waits).await?;
    }
    let memos: Vec<_> = steps
        .iter()
        .filter_map(|step| step.memo.as_ref().map(|memo| (step.instance.0, memo)))
        .collect();
    if !memos.is_empty() {
        run(conn, MEMO, &memos).await?;
    }
    Ok(())
}

async fn close_finished(
    conn: &mut Conn,
    now: &Now,
    steps: &[&Step],
) -> Result<(), StoreError> {
    let failed: Vec<i64> = steps
        .iter()
        .filter(|step| step.failed_before && step.next != NextState::Parked)
        .map(|step| step.instance.0)
        .collect();
    if !failed.is_empty() {
        run(conn, FORGET_ERRORS, &failed).await?;
    }
    let closed: Vec<(i64, &str)> = steps
        .iter()
        .filter_map(|step| match &step.next {
            NextState::Finished(reason) => Some((step.instance.0, reason.as_str())),
            _ => None,
        })
        .collect();
    if closed.is_empty() {
        return Ok(());
    }
    let list = serde_json::to_string(&closed)?;
    for statement in [CLOSE, CLOSE_TASKS] {
        sqlx::query(statement).bind(&list).bind(now.ms).execute(&mut *conn).await?;
    }
    sqlx::query(FREE_LANE).bind(&list).execute(&mut *conn).await?;
    lanes::count_of_runs(conn, &closed).await
}

async fn run<T: Serialize>(
    conn: &mut Conn,
    statement: &'static str,
    rows: &[T],
) -> Result<u64, StoreError> {
    let list = serde_json::to_string(rows)?;
    Ok(sqlx::query(statement).bind(list).execute(conn).await?.rows_affected())
}

const TRY_FAILED: &str = "\
insert into step_errors (instance_id, fingerprint, message, tries, release_id, last_at)
select s.instance_id, s.fingerprint, s.message, 1, $2, $3
from batch($1) as s (instance_id bigint, fingerprint text, message text)
where true
on conflict (instance_id) do update set
  fingerprint = excluded.fingerprint, message = excluded.message,
  tries = step_errors.tries + 1, release_id = excluded.release_id,
  last_at = excluded.last_at";

/// Notes that a script failed on some instances: (instance, fingerprint,
/// message without personal data).
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note_failures(
    conn: &mut Conn,
    now: &Now,
    release_id: i64,
    failures: &[(i64, String, String)],
) -> Result<(), StoreError> {
    sqlx::query(TRY_FAILED)
        .bind(serde_json::to_string(failures)?)
        .bind(release_id)
        .bind(now.ms)
        .execute(conn)
        .await?;
    Ok(())
}

const UNPARK: &str = "\
update instances set
  status = case when frozen_at is null then 'waiting' else 'frozen' end,
  due_at = coalesce(due_at, $2)
where case_id = $1 and status = 'parked' and not exists (
  select 1 from step_errors e
  where e.instance_id = instances.id and e.fingerprint = 'lost_place')";
const UNPARK_EVENTS: &str = "\
update inbox set consumed_seq = null
where case_id = $1 and consumed_seq = -1 and not exists (
  select 1 from step_errors e
  where e.instance_id = inbox.instance_id and e.fingerprint = 'lost_place')";
const FORGET_OF_CASE: &str = "\
delete from step_errors where fingerprint <> 'lost_place' and instance_id in (
  select id from instances where case_id = $1)";

/// Lets the parked instances of a case run again: the event or the timer that
/// failed is tried at once, a timer that was not over keeps its instant. Those
/// whose place is lost wait for a release that has it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn unpark(conn: &mut Conn, now: &Now, case: CaseId) -> Result<u64, StoreError> {
    let done = sqlx::query(UNPARK).bind(case.0).bind(now.ms).execute(&mut *conn).await?;
    for statement in [UNPARK_EVENTS, FORGET_OF_CASE] {
        sqlx::query(statement).bind(case.0).execute(&mut *conn).await?;
    }
    Ok(done.rows_affected())
}
