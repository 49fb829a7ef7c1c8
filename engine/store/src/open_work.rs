//! Open calls and visits (未办的电话和上门): what a person was asked to do is looked at
//! again until they have done it.
//!
//! The review of an order is at its hand-over; dialling and driving out come later. A
//! hold suspends what is open on its case, and the day takes it back.

use domain::hold::suspends_work;
use domain::ids::{CaseId, OrderId};
use domain::journal::{Entry, WorkEnded};
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::StoreError;
use crate::journal::NewLine;
use crate::now::Now;
use crate::{Conn, journal, outbox, rows, sending, tasks};

/// Its day ended before anybody did it.
pub const LAPSED: &str = "lapsed";

/// Suspends the open calls and visits of these cases, or says anew why they are.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn suspend(conn: &mut Conn, cases: &[CaseId]) -> Result<(), StoreError> {
    rows::run(conn, SUSPEND, cases).await?;
    Ok(())
}

/// [`suspend`] for those of some cases that are under a hold that suspends work: for what
/// was reviewed before the hold and is opened behind it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn suspend_if_held(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<(), StoreError> {
    if cases.is_empty() {
        return Ok(());
    }
    let held: Vec<(CaseId, String)> = rows::ask(conn, ON_HOLD, cases).await?;
    let suspends = |it: &(CaseId, String)| it.1.split(',').any(suspends_work);
    let held: Vec<CaseId> = held.into_iter().filter(suspends).map(|it| it.0).collect();
    suspend(conn, &held).await
}

/// Lets the calls and visits of cases come back that no hold suspends any more, where
/// their day has not gone; the others stay until [`visits_over`] finds them. On those of
/// `lifted` that another hold keeps, the reasons are written anew.
pub(crate) async fn bring_back(
    conn: &mut Conn,
    today: Date,
    lifted: &[i64],
    free: &[i64],
) -> Result<(), StoreError> {
    if !free.is_empty() {
        sqlx::query(BRING_BACK)
            .bind(serde_json::to_string(free)?)
            .bind(today.to_string())
            .execute(&mut *conn)
            .await?;
    }
    let kept: Vec<i64> = lifted.iter().copied().filter(|it| !free.contains(it)).collect();
    rows::run(conn, SAY_ANEW, &kept).await?;
    Ok(())
}

/// Work that nobody is to do any more.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Ended {
    /// The order.
    pub order: OrderId,
    /// Its case.
    pub case_id: CaseId,
    /// The stage it was given in.
    pub stage: String,
    /// The plugin.
    pub plugin: String,
    /// The verb.
    pub verb: String,
    /// Who asked for it.
    pub requested_by: String,
    /// [`LAPSED`], `nothing_overdue`, `dismissed`, `recipient_deceased`.
    pub why: String,
    /// Somebody may have made it all the same: it stays counted.
    counts: u8,
}

impl Ended {
    /// As an order that ended on its way.
    pub fn order(&self) -> sending::Ended {
        sending::Ended {
            order: self.order,
            case_id: self.case_id,
            verb: self.verb.clone(),
            requested_by: self.requested_by.clone(),
            stage: self.stage.clone(),
        }
    }
}

/// The calls whose day is over, at most `limit`: those of before today, and, once its
/// hours have ended at `evening_ms`, those of today. One that was opened after that has
/// what is left of its day.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn calls_over(
    conn: &mut Conn,
    today: Date,
    evening_ms: Option<i64>,
    limit: i64,
) -> Result<Vec<Ended>, StoreError> {
    // While the day lasts nothing of it is looked at: that is nearly all there is.
    let (last, before) = match evening_ms {
        Some(evening) => (today, evening),
        None => (today.yesterday().unwrap_or(today), i64::MAX),
    };
    let found = sqlx::query_scalar(CALLS_OVER).bind(last.to_string()).bind(before);
    let text: String = found.bind(limit).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

/// The visits of these cases that a hold had suspended until their day was over, and
/// that nothing suspends any more.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn visits_over(
    conn: &mut Conn,
    today: Date,
    cases: &[CaseId],
) -> Result<Vec<Ended>, StoreError> {
    let found = sqlx::query_scalar(VISITS_OVER).bind(serde_json::to_string(cases)?);
    let text: String = found.bind(today.to_string()).fetch_one(conn).await?;
    let found: Vec<(Ended, String)> = serde_json::from_str(&text)?;
    let is_kept = |holds: &str| holds.split(',').any(suspends_work);
    let over = |it: &(Ended, String)| it.1.is_empty() || !is_kept(&it.1);
    Ok(found.into_iter().filter(over).map(|it| it.0).collect())
}

/// The visits behind `after` that have lost their ground since they were asked for:
/// nothing is overdue, the claim was dismissed, or who was to be visited has died. With
/// the last task that was looked at; `None` when there is none behind it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn visits_without_ground(
    conn: &mut Conn,
    today: Date,
    after: i64,
) -> Result<(Vec<Ended>, Option<i64>), StoreError> {
    let found = sqlx::query_scalar(VISITS).bind(today.to_string()).bind(after);
    let text: String = found.fetch_one(conn).await?;
    let looked_at: Vec<(i64, Ended)> = serde_json::from_str(&text)?;
    let last = looked_at.last().map(|it| it.0);
    let without = looked_at.into_iter().map(|it| it.1).filter(|it| !it.why.is_empty());
    Ok((without.collect(), last))
}

/// Ends work: its tasks are closed, with a line each on their cases. The orders stay as
/// they are, for they were handed over. Whoever calls it tells the workflows.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn end(conn: &mut Conn, now: &Now, ended: &[Ended]) -> Result<(), StoreError> {
    if ended.is_empty() {
        return Ok(());
    }
    let lines: Vec<NewLine> = ended.iter().map(line).collect();
    journal::append(conn, now, &lines).await?;
    let closed: Vec<(OrderId, &str, &str)> =
        ended.iter().map(|it| (it.order, "system", it.why.as_str())).collect();
    tasks::close_of_orders(conn, now, &closed).await?;
    let unmade: Vec<OrderId> =
        ended.iter().filter(|it| it.counts == 0).map(|it| it.order).collect();
    outbox::unreserve(conn, &unmade).await
}

fn line(it: &Ended) -> NewLine {
    let ended = WorkEnded {
        order: Some(it.order),
        task: None,
        verb: it.verb.clone(),
        why: it.why.clone(),
    };
    NewLine::of_case(it.case_id, Entry::WorkEnded(ended))
}

/// Why the call or visit of an order should not have been made.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Doubtful {
    /// The reasons of the holds that suspended it, joined by `,`.
    pub suspended_for: Option<String>,
    /// Its day had ended: the day it was for.
    pub lapsed_on: Option<Date>,
}

/// What speaks against the call or visit of an order having been made; `None` where
/// nothing does.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn doubtful(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<Doubtful>, StoreError> {
    let found: Vec<Doubtful> = rows::ask(conn, DOUBTFUL, &[order]).await?;
    Ok(found.into_iter().next())
}

/// Why the visits of some orders are suspended, by order.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn suspended(
    conn: &mut Conn,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, String)>, StoreError> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, SUSPENDED, orders).await
}

const SUSPEND: &str = "
    update tasks
    set suspended_for = c.holds
    from cases c
    where tasks.case_id in (select id from list($1) as s (id bigint))
      and c.id = tasks.case_id
      and tasks.closed_at is null
      -- The few tasks of a case, and not all calls of the book.
      and tasks.kind || '' in ('call', 'visit')
      and exists (
        select 1 from outbox o
        where o.id = tasks.order_id
          and o.channel in ('phone', 'visit') and o.act = 'demand')";

const SAY_ANEW: &str = "
    update tasks
    set suspended_for = c.holds
    from cases c
    where tasks.case_id in (select id from list($1) as s (id bigint))
      and c.id = tasks.case_id
      and tasks.closed_at is null
      and tasks.suspended_for is not null";

const ON_HOLD: &str = "
    select json_group_array(json_array(id, holds))
    from cases
    where id in (select id from list($1) as s (id bigint)) and holds <> ''";

const BRING_BACK: &str = "
    update tasks
    set suspended_for = null
    where case_id in (select id from list($1) as s (id bigint))
      and closed_at is null
      and suspended_for is not null
      and $2 <= due_on";

/// A call that nobody reported on counts as made.
const CALLS_OVER: &str = "
    select json_group_array(json_array(
      o.id, o.case_id, o.stage, o.plugin, o.verb, o.requested_by,
      'lapsed', o.is_made) order by o.id)
    from (
      select p.*, case when t.suspended_for is null then 1 else 0 end as is_made
      from tasks t
      join outbox p
        on p.id = t.order_id and p.channel = 'phone' and p.status = 'delivered'
      where t.closed_at is null and t.kind = 'call' and t.due_on <= $1
        and (t.due_on < $1 or t.opened_at < $2)
      limit $3
    ) o";

/// A visit that was suspended does not count as made.
const VISITS_OVER: &str = "
    select json_group_array(json_array(
      json_array(o.id, o.case_id, o.stage, o.plugin, o.verb, o.requested_by,
        'lapsed', 0),
      c.holds) order by o.id)
    from tasks t
    join outbox o on o.id = t.order_id and o.channel = 'visit' and o.status = 'delivered'
    join cases c on c.id = t.case_id
    where t.case_id in (select id from list($1) as s (id bigint))
      and t.closed_at is null and t.suspended_for is not null
      and t.kind || '' = 'visit' and t.due_on || '' < $2";

const VISITS: &str = "
    select json_group_array(json_array(t.id, json_array(
      o.id, o.case_id, o.stage, o.plugin, o.verb, o.requested_by,
      case
        when c.status = 'dismissed' then 'dismissed'
        when c.oldest_unpaid_on is null or $1 <= c.oldest_unpaid_on then 'nothing_overdue'
        when p.deceased_on is not null then 'recipient_deceased'
        else ''
      end, 0)) order by t.id)
    from (
      select v.id, v.order_id
      from tasks v
      join outbox a on a.id = v.order_id
        and a.channel = 'visit' and a.act = 'demand' and a.status = 'delivered'
      where v.closed_at is null and v.kind = 'visit' and $2 < v.id
      order by v.id
      limit 1000
    ) t
    join outbox o on o.id = t.order_id
    join cases c on c.id = o.case_id
    left join parties p on p.id = o.party_id";

/// A task that was closed by the program because its day was over.
const DOUBTFUL: &str = "
    select json_group_array(json_array(
      case when t.closed_at is null then t.suspended_for end,
      case when t.closed_at is not null then t.due_on end))
    from list($1) as s (id bigint)
    join outbox o on o.id = s.id
    join tasks t on t.case_id = o.case_id and t.order_id = o.id
      and t.kind in ('call', 'visit')
    where t.closed_at is null and t.suspended_for is not null
      or t.outcome = 'lapsed' and t.closed_by = 'system'";

const SUSPENDED: &str = "
    select json_group_array(json_array(t.order_id, t.suspended_for))
    from list($1) as s (id bigint)
    join tasks t on t.order_id = s.id and t.closed_at is null
    where t.suspended_for is not null";
