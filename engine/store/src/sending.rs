//! Stops (停发): what may not leave for a reason outside itself, who said so and
//! why, and what becomes of the orders it holds.
//!
//! A stop takes effect where orders are leased: what it matches is moved to
//! `held`, out of the way of the others. Lifting it only says how its orders go
//! on; they are let go in portions, and what is left of that work stands in the
//! stop's row, so that it goes on wherever a process died.
//!
//! Every change of an order's status is written here together with its line in
//! the journal of the case.

mod keeping;
mod letting_go;

use domain::ids::{CaseId, OrderId, ReleaseId};
use domain::journal::{
    Entry, GivenWord, MovedBy, OrderMoved, SendingResumed, SendingStopped,
};
use domain::status::{OrderStatus, TaskKind};
use foldhash::HashMap;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::journal::{self, NewLine};
use crate::tasks::{self, Alarm};
use crate::{Conn, Now, StoreError, ids};

pub use domain::stop::{Cause, Scope};
pub use keeping::{held_elsewhere, hold, hold_under, is_work_left, sweep};
pub use letting_go::{Ended, LetGo, expire, let_go, take_one};

/// Until when an order lives that a stop keeps, in milliseconds since 1970: the
/// end of the year 9999.
pub(crate) const NO_END_MS: i64 = 253_402_300_799_000;

/// What was kept lives so long at least once it may leave.
pub(crate) const LIVES_ON_MS: i64 = 2 * 86_400_000;

/// A stop to place.
#[derive(Clone, Debug)]
pub struct NewStop {
    /// What it stops.
    pub scope: Scope,
    /// The channel's, workflow's or act's word, the release's number; whatever
    /// helps a person for [`Scope::Orders`]; empty for [`Scope::All`].
    pub target: String,
    /// The release of [`Scope::Release`], and of no other scope.
    pub release: Option<ReleaseId>,
    /// Of [`Scope::Channel`] only the orders of this plugin.
    pub plugin: Option<String>,
    /// Only orders up to this one, which was the newest when it was placed.
    pub up_to: Option<OrderId>,
    /// Why, for programs.
    pub cause: Cause,
    /// Why, for people; no personal data.
    pub reason: String,
    /// Who: a name, or `system`.
    pub by: String,
}

/// How the orders of a lifted stop go on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// At once.
    Now,
    /// One after the other, spread evenly over so many milliseconds.
    Spread(i64),
    /// At once, but without those given longer ago than so many milliseconds.
    Drop(i64),
}

impl Resume {
    fn words(self) -> (&'static str, i64) {
        match self {
            Self::Now => ("now", 0),
            Self::Spread(ms) => ("spread", ms),
            Self::Drop(ms) => ("drop", ms),
        }
    }

    fn parse(word: &str, ms: i64) -> Self {
        match word {
            "spread" => Self::Spread(ms),
            "drop" => Self::Drop(ms),
            _ => Self::Now,
        }
    }
}

/// A stop that stands.
#[derive(Clone, Debug, Serialize)]
pub struct Stop {
    /// Its number.
    pub id: i64,
    /// What it stops.
    pub scope: Scope,
    /// Which of it.
    pub target: String,
    /// Why, for programs.
    pub cause: Cause,
    /// Why, for people.
    pub reason: String,
    /// When, in milliseconds since 1970.
    pub placed_at: i64,
    /// Who.
    pub placed_by: String,
    /// Orders it holds.
    pub held: i64,
    /// It is lifted, and the orders still held are being let go.
    pub lifted: bool,
    /// A person has let its orders go at the bound a day.
    pub is_daily: bool,
    /// Of a channel only the orders of this plugin.
    pub plugin: Option<String>,
    #[serde(skip)]
    release: Option<i64>,
    #[serde(skip)]
    up_to: Option<i64>,
}

/// What of an order a stop looks at.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The order.
    pub id: OrderId,
    /// The plugin.
    pub plugin: &'a str,
    /// The channel's word.
    pub channel: Option<&'a str>,
    /// The word of the act that its text is, else of its own.
    pub act: &'a str,
    /// Who asked: `workflow:NAME`.
    pub requested_by: &'a str,
    /// The release that gave it.
    pub release: Option<i64>,
    /// A person has let it go from a stop of the guard.
    pub let_go: bool,
}

impl Stop {
    /// Whether it keeps an order from leaving; the same as `MATCHES`, for
    /// orders that are in hand.
    pub fn keeps(&self, order: &Outgoing<'_>) -> bool {
        let is_answered = self.cause == Cause::Guard && order.let_go;
        if self.lifted
            || is_answered
            || self.up_to.is_some_and(|up_to| up_to < order.id.0)
        {
            return false;
        }
        match self.scope {
            Scope::All => true,
            Scope::Channel => {
                let plugin = self.plugin.as_deref();
                order.channel == Some(self.target.as_str())
                    && plugin.is_none_or(|plugin| plugin == order.plugin)
            }
            Scope::Workflow => {
                order.requested_by.strip_prefix("workflow:") == Some(self.target.as_str())
            }
            Scope::Release => self.release.is_some() && self.release == order.release,
            Scope::Act => order.act == self.target,
            Scope::Orders => false,
        }
    }
}

/// Whether the stop `s` keeps the order `o`. `done_at` lets the index of the
/// stops at work be used.
pub(crate) const MATCHES: &str = "\
s.done_at is null and s.lifted_at is null
and (s.up_to_order is null or o.id <= s.up_to_order)
-- a person has answered what the guard asked about it
and (s.cause <> 'guard' or o.let_go_by is null)
-- what is rehearsed leaves anyhow never
and o.rehearsal = 0
and case s.scope
  when 'all' then true
  when 'channel' then o.channel = s.target and coalesce(s.plugin, o.plugin) = o.plugin
  when 'workflow' then o.requested_by = 'workflow:' || s.target
  when 'release' then o.release_id = s.release_id
  when 'act' then coalesce(o.text_act, o.act) = s.target
  else false end";

const PLACE: &str = "\
insert into sending_stops (id, scope, target, release_id, up_to_order, cause, reason,
  placed_at, placed_by, plugin)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Places a stop and answers its number; it takes effect when the transaction
/// commits.
///
/// # Errors
///
/// [`StoreError`] when the database refuses.
pub async fn place(conn: &mut Conn, now: &Now, new: &NewStop) -> Result<i64, StoreError> {
    let id = ids::allocate(conn, 1).await?;
    sqlx::query(PLACE)
        .bind(id)
        .bind(new.scope.as_str())
        .bind(new.target.clone())
        .bind(new.release.map(|release| release.0))
        .bind(new.up_to.map(|up_to| up_to.0))
        .bind(new.cause.as_str())
        .bind(new.reason.clone())
        .bind(now.ms)
        .bind(new.by.clone())
        .bind(new.plugin.clone())
        .execute(&mut *conn)
        .await?;
    let stopped = Entry::SendingStopped(SendingStopped {
        stop: id,
        scope: new.scope,
        target: new.target.clone(),
        cause: new.cause,
        by: new.by.clone(),
        reason: new.reason.clone(),
        up_to_order: new.up_to,
        plugin: new.plugin.clone(),
    });
    journal::append(conn, now, &[NewLine::of_site(stopped)]).await?;
    if new.cause == Cause::ChannelFault {
        alarm(conn, now, id, new).await?;
    }
    Ok(id)
}

/// A channel at fault is one person's work, however many orders it keeps.
async fn alarm(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
    new: &NewStop,
) -> Result<(), StoreError> {
    let NewStop { target, reason, .. } = new;
    let (zh, en) = reason.split_once(" · ").unwrap_or((reason, reason));
    let title = format!(
        "渠道 {target} 有故障,指令留住不发,见 `qingshou gateway ls`:{zh} · channel \
         {target} is at fault and keeps its orders, see `qingshou gateway ls`: {en}"
    );
    let alarm = Alarm {
        kind: TaskKind::ChannelFault,
        title: &title,
        for_role: "supervisor",
        key: &alarm_key(stop),
    };
    tasks::open_alarm(conn, now, alarm).await
}

fn alarm_key(stop: i64) -> String {
    format!("channel_fault:{stop}")
}

/// Nothing of it keeps to the bound of a day any more.
const LIFT: &str = "\
update sending_stops set daily_by = null, lifted_at = $2, lifted_by = $3, lift_note = $4, resume = $5,
  resume_ms = $6, held_orders = (
    select count(*) from outbox where status = 'held' and held_by = $1)
where id = $1 and lifted_at is null";

/// Lifts a stop; its orders go on as `resume` says once [`let_go`] comes to
/// them. Answers whether it still stood.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn lift(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
    resume: Resume,
    by: &str,
    note: &str,
) -> Result<bool, StoreError> {
    let (word, ms) = resume.words();
    let done = sqlx::query(LIFT)
        .bind(stop)
        .bind(now.ms)
        .bind(by.to_owned())
        .bind(note.to_owned())
        .bind(word)
        .bind(ms)
        .execute(&mut *conn)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let resumed = Entry::SendingResumed(SendingResumed {
        stop,
        how: word.to_owned(),
        ms,
        by: by.to_owned(),
        reason: note.to_owned(),
    });
    journal::append(conn, now, &[NewLine::of_site(resumed)]).await?;
    tasks::close_alarm(conn, now, &alarm_key(stop), by, note).await?;
    Ok(true)
}

const EMPTY: &str = "\
select s.id from sending_stops s
where s.done_at is null and s.lifted_at is null and s.up_to_order is not null
and s.swept = 1 and not exists (
  select 1 from outbox o where o.status = 'held' and o.held_by = s.id)";
/// What of a release is still on its way would be held in its turn.
const IN_REACH: &str = "\
select case when exists (select 1 from sending_stops s
  join outbox o on o.status = 'pending' and o.release_id = s.release_id
    and o.id <= s.up_to_order where s.id = $1)
or exists (select 1 from sending_stops s
  join outbox o on o.status = 'leased' and o.release_id = s.release_id
    and o.id <= s.up_to_order where s.id = $1)
or exists (select 1 from sending_stops s
  join outbox o on o.status = 'held' and o.release_id = s.release_id
    and o.id <= s.up_to_order where s.id = $1)
or exists (select 1 from sending_stops s
  join outbox o on o.status = 'awaiting_approval' and o.release_id = s.release_id
    and o.id <= s.up_to_order where s.id = $1)
then 1 else 0 end";

/// Ends the stops of rollbacks that have nothing left to hold: all that they
/// were placed for has been dropped, let go or overtaken. Answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn end_spent(conn: &mut Conn, now: &Now) -> Result<usize, StoreError> {
    let empty: Vec<i64> = sqlx::query_scalar(EMPTY).fetch_all(&mut *conn).await?;
    let mut ended = 0;
    for stop in empty {
        let in_reach: i64 =
            sqlx::query_scalar(IN_REACH).bind(stop).fetch_one(&mut *conn).await?;
        if in_reach == 0 {
            let note = "没有剩下的指令 · nothing is left of what it was placed for";
            lift(conn, now, stop, Resume::Now, "system", note).await?;
            ended += 1;
        }
    }
    Ok(ended)
}

const AT_WORK: &str = "\
select s.id, s.scope, s.target, s.cause, s.reason, s.placed_at, s.placed_by,
  cast(s.lifted_at is not null as integer) as lifted, s.release_id, s.up_to_order,
  s.plugin, cast(s.daily_by is not null as integer) as is_daily
from sending_stops s where s.done_at is null order by s.id";

/// The stops that stand or whose orders are still being let go, without the
/// count of what they hold; few at any time.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn at_work(conn: &mut Conn) -> Result<Vec<Stop>, StoreError> {
    let rows: Vec<StopRow> = sqlx::query_as(AT_WORK).fetch_all(conn).await?;
    rows.into_iter().map(StopRow::stop).collect()
}

#[derive(FromRow)]
struct StopRow {
    id: i64,
    scope: String,
    target: String,
    cause: String,
    reason: String,
    placed_at: i64,
    placed_by: String,
    lifted: i64,
    release_id: Option<i64>,
    up_to_order: Option<i64>,
    plugin: Option<String>,
    is_daily: i64,
}

impl StopRow {
    fn stop(self) -> Result<Stop, StoreError> {
        let unknown = || StoreError::data("停发记录中有未知的词");
        Ok(Stop {
            id: self.id,
            scope: Scope::parse(&self.scope).ok_or_else(unknown)?,
            target: self.target,
            cause: Cause::parse(&self.cause).ok_or_else(unknown)?,
            reason: self.reason,
            placed_at: self.placed_at,
            placed_by: self.placed_by,
            held: 0,
            lifted: self.lifted == 1,
            is_daily: self.is_daily == 1,
            plugin: self.plugin,
            release: self.release_id,
            up_to: self.up_to_order,
        })
    }
}

const HELD: &str = "\
select s.id, count(o.id) from sending_stops s
left join outbox o on o.held_by = s.id and o.status = 'held'
where s.done_at is null group by s.id";

/// [`at_work`] with what each of them holds.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing(conn: &mut Conn) -> Result<Vec<Stop>, StoreError> {
    let mut stops = at_work(conn).await?;
    if stops.is_empty() {
        return Ok(stops);
    }
    let rows: Vec<(i64, i64)> = sqlx::query_as(HELD).fetch_all(conn).await?;
    let held: HashMap<i64, i64> = rows.into_iter().collect();
    for stop in &mut stops {
        stop.held = held.get(&stop.id).copied().unwrap_or(0);
    }
    Ok(stops)
}

/// The open stop of a scope, target and cause, if there is one.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find(
    conn: &mut Conn,
    scope: Scope,
    target: &str,
    cause: Cause,
) -> Result<Option<Stop>, StoreError> {
    let of = |it: &Stop| {
        !it.lifted && it.scope == scope && it.target == target && it.cause == cause
    };
    Ok(at_work(conn).await?.into_iter().find(of))
}

/// A line on the case that an order now stands elsewhere.
pub(crate) fn order_line(
    case: i64,
    order: i64,
    status: OrderStatus,
    verb: &str,
    stop: Option<i64>,
    by: &str,
    note: &str,
) -> NewLine {
    let word = GivenWord { verb: verb.to_owned(), stop, by: by.to_owned() };
    let moved = Entry::OrderMoved(OrderMoved {
        order: OrderId(order),
        status,
        note: note.to_owned(),
        by: MovedBy::Word(word),
    });
    NewLine::of_case(CaseId(case), moved)
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row};

    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn stops_find_orders_by_their_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::temporary(dir.path()).await.unwrap();
        let mut conn = store.read().await.unwrap();
        for sql in [keeping::to_hold(), keeping::elsewhere(), letting_go::portion()] {
            let plan = AssertSqlSafe(format!("explain query plan {sql}"));
            let steps = sqlx::query(plan).fetch_all(conn.conn()).await.unwrap();
            for step in &steps {
                let step: &str = step.get("detail");
                // Stops at work, and what they hold, are few beside what has left.
                let short = step.contains("sending_stops_at_work")
                    || step.contains("outbox_held");
                let walks = step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE");
                let portion = step == "SCAN o" && sql.contains("limit $2) o");
                let within = portion || step == "SCAN kept";
                assert!(!walks || short || within, "{step}: {sql}");
            }
        }
    }
}
