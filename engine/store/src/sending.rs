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

use std::collections::HashMap;

use domain::ids::{CaseId, OrderId, ReleaseId};
use domain::words;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};

use crate::journal::{self, NewLine};
use crate::{Conn, Now, StoreError, day_counts, ids, rows};

words! {
    /// What a stop keeps from leaving (范围).
    #[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Scope {
        /// Every order.
        All = "all",
        /// Those of a channel: `sms`, `visit`, ….
        Channel = "channel",
        /// Those that a workflow gave.
        Workflow = "workflow",
        /// Those that were given under a release.
        Release = "release",
        /// Those of one act of the policy packs: `demand`, ….
        Act = "act",
        /// Those that were put under it one by one, and no others.
        Orders = "orders",
    }
}

words! {
    /// Why sending was stopped (缘由).
    #[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Cause {
        /// A person said so.
        Person = "person",
        /// More would have left than the set bounds allow.
        Guard = "guard",
        /// The channel's gateway refuses the institution, not a number.
        ChannelFault = "channel_fault",
        /// No file of the bank has come in for too long.
        StaleBook = "stale_book",
    }
}

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
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
    /// Whether it keeps an order from leaving; the same as [`MATCHES`], for
    /// orders that are in hand.
    pub fn keeps(&self, order: &Outgoing<'_>) -> bool {
        let is_answered = self.cause == Cause::Guard && order.let_go;
        if self.lifted || is_answered || self.up_to.is_some_and(|it| it < order.id.0) {
            return false;
        }
        match self.scope {
            Scope::All => true,
            Scope::Channel => {
                let plugin = self.plugin.as_deref();
                order.channel == Some(self.target.as_str())
                    && plugin.is_none_or(|it| it == order.plugin)
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
        .bind(new.release.map(|it| it.0))
        .bind(new.up_to.map(|it| it.0))
        .bind(new.cause.as_str())
        .bind(new.reason.clone())
        .bind(now.ms)
        .bind(new.by.clone())
        .bind(new.plugin.clone())
        .execute(&mut *conn)
        .await?;
    let body = json!({
        "v": 1, "did": "sending_stopped", "stop": id, "scope": new.scope,
        "target": new.target, "cause": new.cause, "by": new.by, "reason": new.reason,
        "up_to_order": new.up_to, "plugin": new.plugin,
    });
    site_line(conn, now, body.to_string()).await?;
    Ok(id)
}

const LIFT: &str = "\
update sending_stops set lifted_at = $2, lifted_by = $3, lift_note = $4, resume = $5,
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
    let body = json!({
        "v": 1, "did": "sending_resumed", "stop": stop, "how": word, "ms": ms, "by": by,
        "reason": note,
    });
    site_line(conn, now, body.to_string()).await?;
    Ok(true)
}

async fn site_line(conn: &mut Conn, now: &Now, body: String) -> Result<(), StoreError> {
    let line = NewLine { chain: journal::SITE, case_id: None, release_id: None, body };
    journal::append(conn, now, &[line]).await
}

const AT_WORK: &str = "\
select s.id, s.scope, s.target, s.cause, s.reason, s.placed_at, s.placed_by,
  s.lifted_at is not null, s.release_id, s.up_to_order, s.plugin
from sending_stops s where s.done_at is null order by s.id";

/// The stops that stand or whose orders are still being let go, without the
/// count of what they hold; few at any time.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn at_work(conn: &mut Conn) -> Result<Vec<Stop>, StoreError> {
    let rows = sqlx::query(AT_WORK).fetch_all(conn).await?;
    let unknown = || StoreError::data("停发记录中有未知的词");
    rows.iter()
        .map(|it| {
            Ok(Stop {
                id: it.get(0),
                scope: Scope::parse(it.get(1)).ok_or_else(unknown)?,
                target: it.get(2),
                cause: Cause::parse(it.get(3)).ok_or_else(unknown)?,
                reason: it.get(4),
                placed_at: it.get(5),
                placed_by: it.get(6),
                held: 0,
                lifted: it.get::<i64, _>(7) == 1,
                release: it.get(8),
                up_to: it.get(9),
                plugin: it.get(10),
            })
        })
        .collect()
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
    let rows = sqlx::query(HELD).fetch_all(conn).await?;
    let held: HashMap<i64, i64> = rows.iter().map(|it| (it.get(0), it.get(1))).collect();
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

/// Holds those of the given pending orders that a stop keeps, the one placed
/// first where several do; answers how many.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn hold(
    conn: &mut Conn,
    now: &Now,
    orders: &[OrderId],
) -> Result<usize, StoreError> {
    if at_work(conn).await?.iter().all(|it| it.lifted) {
        return Ok(0);
    }
    let sql = format!(
        "select json_group_array(json_array(id, case_id, verb, stop)) from (
           select o.id, o.case_id, o.verb, min(s.id) as stop
           from json_each($1) c join outbox o on o.id = c.value and o.status = 'pending'
           join sending_stops s on {MATCHES}
           group by o.id, o.case_id, o.verb)"
    );
    let list = serde_json::to_string(orders)?;
    let text: String =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(list).fetch_one(&mut *conn).await?;
    write_held(conn, now, &serde_json::from_str::<Vec<ToHold>>(&text)?).await
}

/// Puts pending orders under one stop, whatever it matches; answers how many.
///
/// # Errors
///
/// [`StoreError`] when there is no such stop or the database cannot be written.
pub async fn hold_under(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
    orders: &[OrderId],
) -> Result<usize, StoreError> {
    let found: Vec<(i64, i64, String)> = rows::ask(conn, PENDING, orders).await?;
    let found: Vec<ToHold> =
        found.into_iter().map(|(id, case, verb)| (id, case, verb, stop)).collect();
    write_held(conn, now, &found).await
}

const PENDING: &str = "\
select json_group_array(json_array(o.id, o.case_id, o.verb))
from json_each($1) c join outbox o on o.id = c.value and o.status = 'pending'";

/// An order, its case, its verb, the stop that is to hold it.
type ToHold = (i64, i64, String, i64);

const WRITE_HELD: &str = "\
update outbox set status = 'held', held_by = s.value ->> 3, settled_note = 'held'
from json_each($1) s where outbox.id = s.value ->> 0";

async fn write_held(
    conn: &mut Conn,
    now: &Now,
    orders: &[ToHold],
) -> Result<usize, StoreError> {
    if orders.is_empty() {
        return Ok(0);
    }
    let stops: HashMap<i64, Stop> =
        at_work(conn).await?.into_iter().map(|it| (it.id, it)).collect();
    let numbers: Vec<OrderId> = orders.iter().map(|it| OrderId(it.0)).collect();
    day_counts::uncount(conn, &numbers).await?;
    rows::run(conn, WRITE_HELD, orders).await?;
    let lines: Vec<NewLine> = orders
        .iter()
        .map(|(id, case, verb, stop)| {
            let stop = stops.get(stop);
            let why = stop.map_or("", |it| it.reason.as_str());
            let by = stop.map_or("", |it| it.placed_by.as_str());
            let stop = stop.map(|it| it.id);
            order_line(*case, *id, "held", verb, stop, by, why)
        })
        .collect();
    journal::append(conn, now, &lines).await?;
    Ok(orders.len())
}

/// A line on the case that an order now stands elsewhere.
pub(crate) fn order_line(
    case: i64,
    order: i64,
    status: &str,
    verb: &str,
    stop: Option<i64>,
    by: &str,
    note: &str,
) -> NewLine {
    let body = json!({
        "v": 1, "did": "order", "status": status, "order": order, "verb": verb,
        "stop": stop, "by": by, "note": note,
    });
    NewLine {
        chain: case,
        case_id: Some(CaseId(case)),
        release_id: None,
        body: body.to_string(),
    }
}

const WORK_LEFT: &str = "\
select case when exists (
    select 1 from sending_stops
    where done_at is null and (swept = 0 or lifted_at is not null))
  or exists (
    select 1 from outbox where status = 'held' and not_after_at < $1)
  then 1 else 0 end";

/// Whether [`sweep`], [`let_go`] or [`expire`] have anything to do.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_work_left(conn: &mut Conn, now: &Now) -> Result<bool, StoreError> {
    let left: i64 = sqlx::query_scalar(WORK_LEFT).bind(now.ms).fetch_one(conn).await?;
    Ok(left == 1)
}

const UNSWEPT: &str = "\
select id, swept_at, swept_order from sending_stops
where done_at is null and lifted_at is null and swept = 0 order by id limit 1";
const NEXT_PENDING: &str = "\
select json_group_array(json_array(not_before_at, id) order by not_before_at, id) from (
  select not_before_at, id from outbox
  where status = 'pending' and ($1, $2) < (not_before_at, id)
  order by not_before_at, id limit $3)";
const SWEPT: &str = "\
update sending_stops set swept_at = $2, swept_order = $3, swept = $4 where id = $1";

/// Looks through a portion of the orders that waited when a stop was placed, so
/// that those of tomorrow morning are held and counted tonight. Answers how
/// many were looked at.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn sweep(conn: &mut Conn, now: &Now, limit: i64) -> Result<usize, StoreError> {
    let Some(row) = sqlx::query(UNSWEPT).fetch_optional(&mut *conn).await? else {
        return Ok(0);
    };
    let stop: i64 = row.get(0);
    let text: String = sqlx::query_scalar(NEXT_PENDING)
        .bind(row.get::<i64, _>(1))
        .bind(row.get::<i64, _>(2))
        .bind(limit)
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<(i64, i64)> = serde_json::from_str(&text)?;
    let orders: Vec<OrderId> = found.iter().map(|it| OrderId(it.1)).collect();
    hold(conn, now, &orders).await?;
    let (at, order) = found.last().copied().unwrap_or((row.get(1), row.get(2)));
    let ended = i64::try_from(found.len()).is_ok_and(|it| it < limit);
    sqlx::query(SWEPT)
        .bind(stop)
        .bind(at)
        .bind(order)
        .bind(i64::from(ended))
        .execute(conn)
        .await?;
    Ok(found.len().max(1))
}

/// Takes one order out of those that a stop holds, to see whether what stopped
/// them is over; the one that was tried least. What another stop keeps stays.
/// It is pending when this returns, and has to be leased in this transaction.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn take_one(
    conn: &mut Conn,
    now: &Now,
    stop: i64,
) -> Result<Option<OrderId>, StoreError> {
    let sql = format!(
        "select json_group_array(json_array(id, case_id, verb)) from (
           select o.id, o.case_id, o.verb from (
             select * from outbox where status = 'held' and held_by = $1
             order by id limit 500) o
           where o.not_before_at <= $2
           and not exists (select 1 from sending_stops s where s.id <> $1 and {MATCHES})
           order by o.attempts, o.id limit 1)"
    );
    let text: String = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(stop)
        .bind(now.ms)
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<(i64, i64, String)> = serde_json::from_str(&text)?;
    let Some((id, case, verb)) = found.first() else { return Ok(None) };
    rows::run(conn, TAKE, &[id]).await?;
    let line = order_line(*case, *id, "pending", verb, Some(stop), "system", "probe");
    journal::append(conn, now, &[line]).await?;
    Ok(Some(OrderId(*id)))
}

const TAKE: &str = "\
update outbox set status = 'pending', held_by = null, settled_note = ''
where id in (select value from json_each($1)) and status = 'held'";

/// An order that a person dropped, for its workflow to hear of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Dropped {
    /// The order.
    pub order: OrderId,
    /// Its case.
    pub case_id: CaseId,
    /// The verb.
    pub verb: String,
    /// Who asked for it.
    pub requested_by: String,
    /// The stage it was given in.
    pub stage: String,
}

/// What a portion of letting go came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LetGo {
    /// Orders looked at; 0 when no stop has anything left to let go.
    pub orders: usize,
    /// Those that were dropped.
    pub dropped: Vec<Dropped>,
}

struct Lifted {
    id: i64,
    at: i64,
    by: String,
    note: String,
    resume: Resume,
    held: i64,
    let_go: i64,
    of_the_guard: bool,
}

const NEXT_LIFTED: &str = "\
select id, lifted_at, lifted_by, coalesce(lift_note, ''), resume, resume_ms, held_orders,
  let_go, cause = 'guard'
from sending_stops where done_at is null and lifted_at is not null order by id limit 1";

/// An order of a lifted stop: itself, its case, its verb, who asked, its stage,
/// when it was given, and the stop that keeps it still.
type Held = (i64, i64, String, String, String, i64, Option<i64>);

const LET_GO: &str = "\
update outbox set status = s.value ->> 1, held_by = s.value ->> 2,
  not_before_at = max(not_before_at, s.value ->> 3),
  settled_at = s.value ->> 4, settled_note = s.value ->> 5,
  let_go_by = coalesce(s.value ->> 6, let_go_by)
from json_each($1) s where outbox.id = s.value ->> 0";
/// An attempt that an earlier try reserved was none, if it never left.
const UNRESERVE: &str = "\
delete from contacts where outcome = 'reserved'
and order_id in (select value from json_each($1))";
const COUNT_LET_GO: &str = "\
update sending_stops set let_go = let_go + $2,
  done_at = case when $3 = 1 then $4 end where id = $1";

/// Lets a portion of a lifted stop's orders go, as whoever lifted it said. What
/// another stop keeps stays held, by that one.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn let_go(conn: &mut Conn, now: &Now, limit: i64) -> Result<LetGo, StoreError> {
    let Some(stop) = next_lifted(conn).await? else { return Ok(LetGo::default()) };
    let held = held_by(conn, stop.id, limit).await?;
    let mut done = LetGo { orders: held.len().max(1), dropped: Vec::new() };
    let mut changes = Vec::with_capacity(held.len());
    let mut lines = Vec::with_capacity(held.len());
    for (place, order) in (stop.let_go..).zip(&held) {
        let (id, case, verb, requested_by, stage, created_at, other) = order;
        let (status, by_stop, at, settled_at) = match (stop.resume, other) {
            (Resume::Drop(age), _) if *created_at < stop.at - age => {
                done.dropped.push(Dropped {
                    order: OrderId(*id),
                    case_id: CaseId(*case),
                    verb: verb.clone(),
                    requested_by: requested_by.clone(),
                    stage: stage.clone(),
                });
                ("cancelled", None, 0, Some(now.ms))
            }
            (_, Some(other)) => ("held", Some(*other), 0, None),
            (Resume::Spread(over), None) => {
                ("pending", None, slot(&stop, over, place), None)
            }
            (_, None) => ("pending", None, now.ms, None),
        };
        let note = match status {
            "held" => "held",
            "cancelled" => "dropped",
            _ => "",
        };
        // Whoever lifts what the guard asked about has answered it.
        let answered = (stop.of_the_guard && status != "cancelled").then_some(stop.id);
        changes.push((id, status, by_stop, at, settled_at, note, answered));
        let about = Some(by_stop.unwrap_or(stop.id));
        lines.push(order_line(*case, *id, status, verb, about, &stop.by, &stop.note));
    }
    rows::run(conn, LET_GO, &changes).await?;
    let unsent: Vec<OrderId> = done.dropped.iter().map(|it| it.order).collect();
    rows::run(conn, UNRESERVE, &unsent).await?;
    journal::append(conn, now, &lines).await?;
    let count = i64::try_from(held.len()).unwrap_or(i64::MAX);
    sqlx::query(COUNT_LET_GO)
        .bind(stop.id)
        .bind(count)
        .bind(i64::from(count < limit))
        .bind(now.ms)
        .execute(conn)
        .await?;
    Ok(done)
}

/// When the order at this place leaves, of those that are spread.
fn slot(stop: &Lifted, over_ms: i64, place: i64) -> i64 {
    let share = i128::from(over_ms) * i128::from(place) / i128::from(stop.held.max(1));
    stop.at + i64::try_from(share).unwrap_or(over_ms).min(over_ms)
}

async fn next_lifted(conn: &mut Conn) -> Result<Option<Lifted>, StoreError> {
    let row = sqlx::query(NEXT_LIFTED).fetch_optional(conn).await?;
    Ok(row.map(|it| Lifted {
        id: it.get(0),
        at: it.get(1),
        by: it.get(2),
        note: it.get(3),
        resume: Resume::parse(it.get(4), it.get(5)),
        held: it.get(6),
        let_go: it.get(7),
        of_the_guard: it.get::<i64, _>(8) == 1,
    }))
}

async fn held_by(
    conn: &mut Conn,
    stop: i64,
    limit: i64,
) -> Result<Vec<Held>, StoreError> {
    let sql = format!(
        "select json_group_array(json_array(
           o.id, o.case_id, o.verb, o.requested_by, o.stage, o.created_at,
           (select min(s.id) from sending_stops s where {MATCHES})) order by o.id)
         from (select * from outbox
           where status = 'held' and held_by = $1 order by id limit $2) o"
    );
    let text: String = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(stop)
        .bind(limit)
        .fetch_one(conn)
        .await?;
    Ok(serde_json::from_str(&text)?)
}

const EXPIRED: &str = "\
select json_group_array(json_array(id, case_id, verb, requested_by, stage, held_by))
from (select * from outbox
  where status = 'held' and not_after_at < $1 order by not_after_at limit $2)";
const EXPIRE: &str = "\
update outbox set status = 'expired', held_by = null, settled_at = $2,
  settled_note = 'not_after'
where id in (select value from json_each($1)) and status = 'held'";

/// Ends a portion of the held orders whose last day has passed; answers them,
/// for their workflows to hear of.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn expire(
    conn: &mut Conn,
    now: &Now,
    limit: i64,
) -> Result<Vec<Dropped>, StoreError> {
    let text: String = sqlx::query_scalar(EXPIRED)
        .bind(now.ms)
        .bind(limit)
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<(i64, i64, String, String, String, i64)> =
        serde_json::from_str(&text)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let orders: Vec<i64> = found.iter().map(|it| it.0).collect();
    let list = serde_json::to_string(&orders)?;
    sqlx::query(EXPIRE).bind(list).bind(now.ms).execute(&mut *conn).await?;
    rows::run(conn, UNRESERVE, &orders).await?;
    let lines: Vec<NewLine> = found
        .iter()
        .map(|(id, case, verb, _, _, stop)| {
            let note = "not_after";
            order_line(*case, *id, "expired", verb, Some(*stop), "system", note)
        })
        .collect();
    journal::append(conn, now, &lines).await?;
    Ok(found
        .into_iter()
        .map(|(order, case, verb, requested_by, stage, _)| Dropped {
            order: OrderId(order),
            case_id: CaseId(case),
            verb,
            requested_by,
            stage,
        })
        .collect())
}
