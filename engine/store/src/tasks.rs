//! Work for people (待办): opened once, taken by one of its role, closed with an outcome
//! or because it makes no sense any more.

use domain::duty::Assignee;
use domain::ids::{CaseId, InstanceId, OrderId, TaskId};
use domain::journal::{Entry, WorkEnded};
use domain::role::Role;
use domain::status::TaskKind;

use crate::error::StoreError;
use crate::journal::NewLine;
use crate::now::Now;
use crate::plugin::NewTask;
use crate::{Conn, ids, journal, rows};

/// Work to be opened, and what asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The workflow run.
    pub instance: Option<InstanceId>,
    /// The order.
    pub order: Option<OrderId>,
    /// The role of which anybody may do it, where the work itself names none.
    pub for_role: Option<&'static str>,
    /// Those who have no part in it, because a complaint that it belongs to is about them.
    pub not_by: Vec<String>,
    /// The work.
    pub task: NewTask,
}

/// Opens tasks; one whose key was used before is left as it is. Answers how
/// many were opened.
///
/// # Errors
///
/// [`StoreError`] when a case is unknown or the database cannot be written.
pub async fn open(
    conn: &mut Conn,
    now: &Now,
    tasks: &[Asked],
) -> Result<u64, StoreError> {
    if tasks.is_empty() {
        return Ok(0);
    }
    let first = ids::allocate(conn, tasks.len()).await?;
    let list: Vec<_> = (first..)
        .zip(tasks)
        .map(|(id, asked)| {
            let it = &asked.task;
            let (case, kind, title) = (it.case_id, &it.kind, &it.title);
            let (assignee, due_on, key) = (&it.assignee, it.due_on, &it.dedupe_key);
            let (instance, order, ends) = (asked.instance, asked.order, it.ends_with);
            let role = assignee.as_ref().and_then(Assignee::role);
            let role = role.map(Role::as_str).or(asked.for_role);
            let person = assignee.as_ref().and_then(Assignee::person);
            let not_by = Some(asked.not_by.join(",")).filter(|names| !names.is_empty());
            (
                id, case, kind, title, person, due_on, key, instance, order, role,
                not_by, ends,
            )
        })
        .collect();
    let done = sqlx::query(OPEN)
        .bind(serde_json::to_string(&list)?)
        .bind(now.ms)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Closes an open task. `false` when there is none of this number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close(
    conn: &mut Conn,
    now: &Now,
    task: TaskId,
    by: &str,
    outcome: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(CLOSE)
        .bind(task.0)
        .bind(now.ms)
        .bind(by)
        .bind(outcome)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a person will do an open task, which is nobody's or, with `from`, this
/// person's until now. `false` when it is not so any more.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn take(
    conn: &mut Conn,
    now: &Now,
    task: TaskId,
    by: &str,
    from: Option<&str>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(TAKE)
        .bind(task.0)
        .bind(now.ms)
        .bind(by)
        .bind(from.unwrap_or_default())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Hands the open work of those who worked these cases on to somebody else, unless a
/// complaint keeps it from them; answers how many pieces it was.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn hand_on(
    conn: &mut Conn,
    from: &[(CaseId, Option<String>)],
    to: &str,
) -> Result<u64, StoreError> {
    let list: Vec<_> = from
        .iter()
        .filter_map(|(case, name)| Some((case, name.as_deref()?, to)))
        .collect();
    rows::run(conn, HAND_ON, &list).await
}

const HAND_ON: &str = "
    update tasks
    set assignee = s.name
    from batch($1) as s (case_id bigint, was text, name text)
    where tasks.case_id = s.case_id and tasks.assignee = s.was and tasks.closed_at is null
      and coalesce(',' || tasks.not_by || ',', '') not like '%,' || s.name || ',%'";

/// The stage that asked for it was left.
pub const STAGE_LEFT: &str = "stage_left";

/// The claim was paid off or dismissed.
pub const CLAIM_ENDED: &str = "claim_ended";

/// Closes what these runs have open that made sense in the stage that they have left.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn end_with_stage(
    conn: &mut Conn,
    now: &Now,
    runs: &[i64],
) -> Result<(), StoreError> {
    let found = rows::ask(conn, OF_STAGE, runs).await?;
    lapse(conn, now, found, STAGE_LEFT).await
}

/// Closes what is open on these cases that made sense while their claims stood.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn end_with_claim(
    conn: &mut Conn,
    now: &Now,
    cases: &[CaseId],
) -> Result<(), StoreError> {
    if cases.is_empty() {
        return Ok(());
    }
    let found = rows::ask(conn, OF_CLAIM, cases).await?;
    lapse(conn, now, found, CLAIM_ENDED).await
}

/// Closes tasks that make no sense any more, with a line each on their cases.
async fn lapse(
    conn: &mut Conn,
    now: &Now,
    found: Vec<(TaskId, CaseId, Option<OrderId>, String)>,
    why: &str,
) -> Result<(), StoreError> {
    if found.is_empty() {
        return Ok(());
    }
    let line = |(task, case, order, verb): &(TaskId, CaseId, Option<OrderId>, String)| {
        let ended = WorkEnded {
            order: *order,
            task: order.is_none().then_some(*task),
            verb: verb.clone(),
            why: why.to_owned(),
        };
        NewLine::of_case(*case, Entry::WorkEnded(ended))
    };
    let lines: Vec<NewLine> = found.iter().map(line).collect();
    journal::append(conn, now, &lines).await?;
    let tasks: Vec<TaskId> = found.iter().map(|it| it.0).collect();
    sqlx::query(LAPSE)
        .bind(serde_json::to_string(&tasks)?)
        .bind(now.ms)
        .bind(why.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}

/// Closes whatever is open for an order. Answers how many were closed.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close_of_order(
    conn: &mut Conn,
    now: &Now,
    order: OrderId,
    by: &str,
    outcome: &str,
) -> Result<u64, StoreError> {
    close_of_orders(conn, now, &[(order, by, outcome)]).await
}

/// [`close_of_order`] for many orders: order, by whom, outcome.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close_of_orders(
    conn: &mut Conn,
    now: &Now,
    closed: &[(OrderId, &str, &str)],
) -> Result<u64, StoreError> {
    if closed.is_empty() {
        return Ok(0);
    }
    let list = serde_json::to_string(closed)?;
    let done = sqlx::query(CLOSE_OF_ORDERS).bind(list).bind(now.ms).execute(conn).await?;
    Ok(done.rows_affected())
}

/// Closes what is open under these keys: what it warned of has been seen to.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close_by_keys(
    conn: &mut Conn,
    now_ms: i64,
    keys: &[String],
    (by, outcome): (&str, &str),
) -> Result<u64, StoreError> {
    if keys.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(CLOSE_BY_KEYS)
        .bind(serde_json::to_string(keys)?)
        .bind(now_ms)
        .bind(by.to_owned())
        .bind(outcome.to_owned())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Closes what is open about a case under keys that begin like this: newer work of the
/// same sort takes its place.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close_of_case(
    conn: &mut Conn,
    now_ms: i64,
    (case, keys): (CaseId, &str),
    (by, outcome): (&str, &str),
) -> Result<u64, StoreError> {
    let done = sqlx::query(CLOSE_OF_CASE)
        .bind(case.0)
        .bind(now_ms)
        .bind(by.to_owned())
        .bind(outcome.to_owned())
        .bind(format!("{keys}%"))
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Closes what is open about a case and of this kind: its ground was none. Answers how many
/// were closed.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close_kind_of_case(
    conn: &mut Conn,
    now_ms: i64,
    (case, kind): (CaseId, &str),
    (by, outcome): (&str, &str),
) -> Result<u64, StoreError> {
    let done = sqlx::query(CLOSE_KIND_OF_CASE)
        .bind(case.0)
        .bind(now_ms)
        .bind(by.to_owned())
        .bind(outcome.to_owned())
        .bind(kind.to_owned())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// The keys of open tasks of deadlines that tell of a last day before the one that the limitation
/// period of their case has now; of one case, or of all. `keys` is what such keys begin
/// with, and the day stands behind it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn outlived(
    conn: &mut Conn,
    keys: &'static str,
    case: Option<CaseId>,
) -> Result<Vec<String>, StoreError> {
    let found: Vec<String> = match case {
        Some(case) => {
            sqlx::query_scalar(OUTLIVED_OF)
                .bind(keys)
                .bind(case.0)
                .fetch_all(conn)
                .await?
        }
        None => sqlx::query_scalar(OUTLIVED).bind(keys).fetch_all(conn).await?,
    };
    Ok(found)
}

/// Closes what the workflow run that gave an order has open of a kind: what came of
/// the order is what the work asked for.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close_of_kind_beside(
    conn: &mut Conn,
    now: &Now,
    order: OrderId,
    kind: &str,
    (by, outcome): (&str, &str),
) -> Result<u64, StoreError> {
    let done = sqlx::query(CLOSE_OF_KIND)
        .bind(order.0)
        .bind(now.ms)
        .bind(by.to_owned())
        .bind(outcome.to_owned())
        .bind(kind.to_owned())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Work that is about no case, for whoever has a role.
#[derive(Clone, Copy, Debug)]
pub struct Alarm<'a> {
    /// What it is about.
    pub kind: TaskKind,
    /// What is to be done, in Chinese and English, without personal data.
    pub title: &'a str,
    /// A role of the settings; an administrator sees it as well.
    pub for_role: &'a str,
    /// The same key for the same alarm; opened once.
    pub key: &'a str,
}

/// Opens an alarm.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn open_alarm(
    conn: &mut Conn,
    now: &Now,
    alarm: Alarm<'_>,
) -> Result<(), StoreError> {
    let id = ids::allocate(conn, 1).await?;
    sqlx::query(OPEN_ALARM)
        .bind(id)
        .bind(alarm.kind.as_str())
        .bind(alarm.title.to_owned())
        .bind(alarm.for_role.to_owned())
        .bind(alarm.key.to_owned())
        .bind(now.ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Says otherwise in an open alarm what is to be done; a closed one stays as it is.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn retitle_alarm(
    conn: &mut Conn,
    key: &str,
    title: &str,
) -> Result<(), StoreError> {
    sqlx::query(RETITLE)
        .bind(key.to_owned())
        .bind(title.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}

/// Closes an alarm by its key; one that a person has closed stays as it is.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn close_alarm(
    conn: &mut Conn,
    now: &Now,
    key: &str,
    by: &str,
    outcome: &str,
) -> Result<(), StoreError> {
    sqlx::query(CLOSE_ALARM)
        .bind(key.to_owned())
        .bind(now.ms)
        .bind(by.to_owned())
        .bind(outcome.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}

/// The kinds of the open tasks.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn open_kinds(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(OPEN_KINDS).fetch_all(conn).await?)
}

/// Whether any task, open or closed, is of this kind.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn has_kind(conn: &mut Conn, kind: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(HAS_KIND).bind(kind).fetch_one(conn).await?;
    Ok(found != 0)
}

/// Whether an open task is this person's.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn has_assignee(conn: &mut Conn, name: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(HAS_ASSIGNEE).bind(name).fetch_one(conn).await?;
    Ok(found != 0)
}

const OPEN_KINDS: &str = "\
select distinct kind from tasks where closed_at is null order by kind";
const HAS_KIND: &str = "\
select cast(exists (select 1 from tasks where kind = $1) as integer)";
const HAS_ASSIGNEE: &str = "\
select cast(exists (
  select 1 from tasks where assignee = $1 and closed_at is null) as integer)";

const OPEN: &str = "
    insert into tasks
      (id, case_id, kind, title, assignee, due_on, dedupe_key,
       instance_id, order_id, for_role, not_by, ends_with, opened_at)
    select s.id, s.case_id, s.kind, s.title, s.assignee, s.due_on, s.dedupe_key,
      s.instance_id, s.order_id, s.for_role, s.not_by, s.ends_with, $2
    from batch($1) as s (id bigint, case_id bigint, kind text, title text, assignee text,
      due_on text, dedupe_key text, instance_id bigint, order_id bigint, for_role text,
      not_by text, ends_with text)
    where true
    on conflict (dedupe_key) do nothing";

const CLOSE: &str = "
    update tasks
    set closed_at = $2, closed_by = $3, outcome = $4
    where id = $1 and closed_at is null";

const TAKE: &str = "
    update tasks
    set taken_by = $3, taken_at = $2
    where id = $1 and closed_at is null and coalesce(taken_by, '') = $4";

const OF_STAGE: &str = "
    select json_group_array(json_array(t.id, t.case_id, t.order_id, o.verb) order by t.id)
    from tasks t
    join outbox o on o.id = t.order_id
    where t.instance_id in (select id from list($1) as s (id bigint))
      and t.closed_at is null and t.ends_with = 'stage'";

const OF_CLAIM: &str = "
    select json_group_array(
      json_array(t.id, t.case_id, t.order_id, coalesce(o.verb, t.kind)) order by t.id)
    from tasks t
    left join outbox o on o.id = t.order_id
    where t.case_id in (select id from list($1) as s (id bigint))
      and t.closed_at is null and t.ends_with = 'claim'";

const LAPSE: &str = "
    update tasks
    set closed_at = $2, closed_by = 'system', outcome = $3
    where id in (select id from list($1) as s (id bigint)) and closed_at is null";

const OPEN_ALARM: &str = "
    insert into tasks (id, kind, title, for_role, dedupe_key, opened_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (dedupe_key) do nothing";

const RETITLE: &str = "
    update tasks
    set title = $2
    where dedupe_key = $1 and closed_at is null";

const CLOSE_ALARM: &str = "
    update tasks
    set closed_at = $2, closed_by = $3, outcome = $4
    where dedupe_key = $1 and closed_at is null";

const CLOSE_OF_ORDERS: &str = "
    update tasks
    set closed_at = $2, closed_by = d.closed_by, outcome = d.outcome
    from (
      select o.id, o.case_id, c.closed_by, c.outcome
      from batch($1) as c (order_id bigint, closed_by text, outcome text)
      join outbox o on o.id = c.order_id
    ) d
    where tasks.closed_at is null
      and tasks.case_id = d.case_id
      and tasks.order_id = d.id";

const CLOSE_BY_KEYS: &str = "
    update tasks
    set closed_at = $2, closed_by = $3, outcome = $4
    where closed_at is null
      and dedupe_key in (select s.dedupe_key from list($1) as s (dedupe_key text))";

const CLOSE_OF_CASE: &str = "
    update tasks
    set closed_at = $2, closed_by = $3, outcome = $4
    where case_id = $1 and closed_at is null and dedupe_key like $5";

const CLOSE_KIND_OF_CASE: &str = "
    update tasks
    set closed_at = $2, closed_by = $3, outcome = $4
    where case_id = $1 and closed_at is null and kind = $5";

const OUTLIVED: &str = "
    select t.dedupe_key
    from tasks t
    join cases c on c.id = t.case_id
    where t.kind = 'deadline' and t.closed_at is null
      and t.dedupe_key like $1 || '____-__-__:%'
      and substr(t.dedupe_key, length($1) + 1, 10) < c.limitation_ends_on
    order by t.id";

const OUTLIVED_OF: &str = "
    select t.dedupe_key
    from tasks t
    join cases c on c.id = t.case_id
    where t.case_id = $2 and t.closed_at is null and t.dedupe_key like $1 || '____-__-__:%'
      and substr(t.dedupe_key, length($1) + 1, 10) < c.limitation_ends_on
    order by t.id";

const CLOSE_OF_KIND: &str = "
    update tasks
    set closed_at = $2, closed_by = $3, outcome = $4
    from (
      select case_id, instance_id
      from outbox
      where id = $1
    ) o
    where tasks.closed_at is null
      and tasks.case_id = o.case_id
      and tasks.instance_id = o.instance_id
      and tasks.kind = $5";

const RESEND: &str = "
    insert into tasks (id, case_id, order_id, kind, title, assignee, opened_at, closed_at,
      closed_by, outcome, dedupe_key)
    values ($1, $2, $3, 'resend', '再次发送', $4, $5, $5, $4, 'resend', $6)";

/// Notes, as a task done, that a person answers for sending an order once more.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note_resend(
    conn: &mut Conn,
    now: &Now,
    case: CaseId,
    order: OrderId,
    by: &str,
) -> Result<(), StoreError> {
    let id = ids::allocate(conn, 1).await?;
    sqlx::query(RESEND)
        .bind(id)
        .bind(case.0)
        .bind(order.0)
        .bind(by.to_owned())
        .bind(now.ms)
        .bind(format!("resend:{order}:{id}"))
        .execute(conn)
        .await?;
    Ok(())
}
