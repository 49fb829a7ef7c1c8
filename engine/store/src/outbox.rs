//! The outbox (待发箱): committed orders on their way out.
//!
//! An order is leased before it is handed over, and the lease is committed
//! first, so that after a crash it is known which orders may have left. A
//! lease carries an epoch; an answer that comes with an old epoch is dropped.

use domain::ids::{CaseId, InstanceId, OrderId, PartyId};
use domain::manifest::{Act, Channel, DeliveryClass};
use domain::money::Fen;
use domain::status::OrderStatus;
use foldhash::HashSet;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::{Conn, Now, StoreError, answered, rows, sending};

/// An order held for hand-over, with what stands beside it.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The order's number.
    pub id: OrderId,
    /// The lease's epoch; the settlement must carry it.
    pub epoch: i64,
    /// The case.
    pub case_id: CaseId,
    /// The institution's loan number.
    pub case_no: String,
    /// The instance that gave it.
    pub instance_id: Option<InstanceId>,
    /// The stage it was given in.
    pub stage: String,
    /// The plugin.
    pub plugin: String,
    /// The verb.
    pub verb: String,
    /// The person it goes to, an id of `parties`.
    pub party_id: Option<i64>,
    /// The channel.
    pub channel: Option<Channel>,
    /// What it is to the policy pack.
    pub act: Act,
    /// What its text says that it is, where that is not its act.
    pub text_act: Option<Act>,
    /// Its delivery class.
    pub delivery: DeliveryClass,
    /// It needs a second person.
    pub second_person: bool,
    /// Arguments.
    pub args: Map<String, Value>,
    /// Rendered text.
    pub body: Option<String>,
    /// The amount the text states.
    pub states: Option<Fen>,
    /// The key.
    pub idempotency_key: String,
    /// Who asked.
    pub requested_by: String,
    /// The collector when it was committed.
    pub collector: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Not after this instant.
    pub not_after_at: i64,
    /// When it was committed.
    pub created_at: i64,
    /// Hand-overs tried before this one.
    pub attempts: i64,
    /// It was marked as being sent under this lease.
    pub begun: bool,
    /// The line of the script.
    pub line: String,
    /// The oldest unpaid due date of the case, to let the oldest debt speak.
    pub oldest_unpaid_on: Option<Date>,
    /// The release whose step gave it.
    pub release: Option<i64>,
    /// A person has let it go from a stop of the guard.
    pub let_go: bool,
    /// What has happened since it was given that may leave it without ground.
    pub overtaken: Option<Overtaken>,
}

/// What overtakes an order that is in hand.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Overtaken {
    /// Its stage was left, and it was to go with it.
    StageLeft,
    /// The claim was dismissed: nobody asks for it any more.
    Dismissed,
}

#[derive(Deserialize)]
struct Raw {
    id: i64,
    epoch: i64,
    case_id: i64,
    case_no: String,
    instance_id: Option<i64>,
    stage: String,
    plugin: String,
    verb: String,
    party_id: Option<i64>,
    channel: Option<String>,
    act: String,
    text_act: Option<String>,
    delivery: String,
    second_person: i64,
    args: String,
    body: Option<String>,
    states_fen: Option<i64>,
    idempotency_key: String,
    requested_by: String,
    collector: Option<String>,
    approved_by: Option<String>,
    not_after_at: i64,
    created_at: i64,
    attempts: i64,
    begun: i64,
    line: String,
    release: Option<i64>,
    let_go: i64,
    oldest: Option<Date>,
    overtaken: Option<Overtaken>,
}

const READY: &str = "\
select json_group_array(id) from (
  select id from outbox where status = 'pending' and not_before_at <= $1
  -- under the guard what reaches somebody leaves on the day it was counted
  and (cast($3 as text) is null or channel is null or counted_on = $3)
  and rehearsal = (select count(*) from meta where key = 'rehearsal_since')
  order by not_before_at, id limit $2) ready";

const LEASE: &str = "\
update outbox set status = 'leased', lease_epoch = lease_epoch + 1,
  leased_until_at = $2, attempts = attempts + 1, settled_note = ''
where id in (select id from list($1) as s (id bigint)) and status = 'pending'";

const LOAD: &str = "\
select json_group_array(json_object(
  'id', o.id, 'epoch', o.lease_epoch, 'case_id', o.case_id, 'case_no', c.case_no,
  'instance_id', o.instance_id, 'stage', o.stage, 'plugin', o.plugin, 'verb', o.verb,
  'party_id', o.party_id, 'channel', o.channel, 'act', o.act, 'text_act', o.text_act,
  'delivery', o.delivery,
  'second_person', o.second_person, 'args', o.args, 'body', o.body,
  'states_fen', o.states_fen, 'idempotency_key', o.idempotency_key,
  'requested_by', o.requested_by, 'collector', o.collector,
  'approved_by', o.approved_by,
  'not_after_at', coalesce(o.prolonged_until_at, o.not_after_at),
  'created_at', o.created_at, 'attempts', o.attempts - 1,
  'begun', cast(o.settled_note = 'sending' as integer), 'line', o.line,
  'release', o.release_id, 'let_go', cast(o.let_go_by is not null as integer),
  'oldest', c.oldest_unpaid_on,
  'overtaken', case
    -- what the closing step itself gives goes out; only later steps overtake
    when o.outlives_stage = 0 and o.seq < i.seq
      and (i.status = 'finished' or i.stage <> o.stage) then 'stage_left'
    when c.status = 'dismissed' then 'dismissed'
  end))
from outbox o join cases c on c.id = o.case_id
left join instances i on i.id = o.instance_id
where o.id in (select id from list($1) as s (id bigint)) and o.status = 'leased'";

const READY_OF_VERB: &str = "\
select json_group_array(json_array(not_before_at, id)) from (
  select not_before_at, id from outbox
  where status = 'pending' and verb = $3 and not_before_at <= $1
  and (cast($4 as text) is null or channel is null or counted_on = $4)
  and rehearsal = (select count(*) from meta where key = 'rehearsal_since')
  order by not_before_at, id limit $2) ready";

/// Which orders to look at.
#[derive(Clone, Copy, Debug)]
pub enum Queue<'a> {
    /// All of them.
    Whole,
    /// Those of these verbs.
    Of(&'a [&'a str]),
}

impl Queue<'_> {
    /// The orders whose turn to leave has come, in that order, at most `limit`.
    async fn head(
        self,
        conn: &mut Conn,
        now: &Now,
        counted_on: Option<Date>,
        limit: i64,
    ) -> Result<Vec<OrderId>, StoreError> {
        let day = counted_on.map(|counted_on| counted_on.to_string());
        let verbs = match self {
            Self::Of(verbs) => verbs,
            Self::Whole => {
                let found = sqlx::query_scalar(READY).bind(now.ms).bind(limit).bind(day);
                let text: String = found.fetch_one(conn).await?;
                return Ok(serde_json::from_str(&text)?);
            }
        };
        let mut found: Vec<(i64, i64)> = Vec::new();
        for verb in verbs {
            let of_verb =
                sqlx::query_scalar(READY_OF_VERB).bind(now.ms).bind(limit).bind(*verb);
            let of_verb = of_verb.bind(day.clone());
            let text: String = of_verb.fetch_one(&mut *conn).await?;
            found.extend(serde_json::from_str::<Vec<(i64, i64)>>(&text)?);
        }
        found.sort_unstable();
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|it| OrderId(it.1)).collect())
    }
}

const ANY_HELD: &str = "\
select case when exists (
  select 1 from outbox where status = 'held' and held_by = $1) then 1 else 0 end";

/// Whether a stop holds any order.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn any_held(conn: &mut Conn, stop: i64) -> Result<bool, StoreError> {
    let any: i64 = sqlx::query_scalar(ANY_HELD).bind(stop).fetch_one(conn).await?;
    Ok(any == 1)
}

/// Whether an order of a queue may leave now; with `counted_on`, of those that
/// reach somebody only what was counted on that day.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn any_ready(
    conn: &mut Conn,
    now: &Now,
    queue: Queue<'_>,
    counted_on: Option<Date>,
) -> Result<bool, StoreError> {
    Ok(!queue.head(conn, now, counted_on, 1).await?.is_empty())
}

/// The orders of a queue whose turn to leave has come, at most `limit`, without
/// those that a stop keeps: they are held here, and wait out of the way of the others.
/// `counted_on` is as for [`any_ready`].
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn ready(
    conn: &mut Conn,
    now: &Now,
    queue: Queue<'_>,
    counted_on: Option<Date>,
    limit: i64,
) -> Result<Ready, StoreError> {
    let orders = queue.head(conn, now, counted_on, limit).await?;
    if orders.is_empty() {
        return Ok(Ready::default());
    }
    let held = sending::hold(conn, now, &orders).await?;
    Ok(Ready { orders, held })
}

/// What the head of the queue came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ready {
    /// The orders looked at; those that are held now are among them, and no
    /// lease can be had on them.
    pub orders: Vec<OrderId>,
    /// How many of them a stop holds.
    pub held: usize,
}

/// Leases those of some orders that are pending, the oldest debt of a person
/// first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn lease(
    conn: &mut Conn,
    now: &Now,
    orders: &[OrderId],
    lease_ms: i64,
) -> Result<Vec<Leased>, StoreError> {
    let ids = serde_json::to_string(orders)?;
    sqlx::query(LEASE).bind(&ids).bind(now.ms + lease_ms).execute(&mut *conn).await?;
    load(conn, &ids).await
}

const TAKE: &str = "\
update outbox set status = 'leased', held_by = null, lease_epoch = lease_epoch + 1,
  leased_until_at = $2, attempts = attempts + 1
where id in (select id from list($1) as s (id bigint))
and status in ('pending', 'held', 'leased', 'awaiting_approval', 'unknown', 'failed')";

/// Takes orders that are on their way out of whoever has them, or that nobody
/// could settle, to settle them by what is known from elsewhere.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn take(
    conn: &mut Conn,
    now: &Now,
    orders: &[OrderId],
) -> Result<Vec<Leased>, StoreError> {
    let ids = serde_json::to_string(orders)?;
    answered::withdraw(conn, orders).await?;
    sqlx::query(TAKE).bind(&ids).bind(now.ms).execute(&mut *conn).await?;
    load(conn, &ids).await
}

async fn load(conn: &mut Conn, ids: &str) -> Result<Vec<Leased>, StoreError> {
    let text: String =
        sqlx::query_scalar(LOAD).bind(ids.to_owned()).fetch_one(conn).await?;
    let raw: Vec<Raw> = serde_json::from_str(&text)?;
    let mut orders = raw.into_iter().map(leased).collect::<Result<Vec<_>, _>>()?;
    orders.sort_by_key(|order| (order.oldest_unpaid_on.unwrap_or(Date::MAX), order.id));
    Ok(orders)
}

fn leased(raw: Raw) -> Result<Leased, StoreError> {
    let unknown = |what: &str| StoreError::Data(format!("待发箱中有未知的 {what}"));
    let channel = match &raw.channel {
        Some(word) => Some(Channel::parse(word).ok_or_else(|| unknown("channel"))?),
        None => None,
    };
    Ok(Leased {
        id: OrderId(raw.id),
        epoch: raw.epoch,
        case_id: CaseId(raw.case_id),
        case_no: raw.case_no,
        instance_id: raw.instance_id.map(InstanceId),
        stage: raw.stage,
        plugin: raw.plugin,
        verb: raw.verb,
        party_id: raw.party_id,
        channel,
        act: Act::parse(&raw.act).ok_or_else(|| unknown("act"))?,
        text_act: raw.text_act.as_deref().and_then(Act::parse),
        delivery: DeliveryClass::parse(&raw.delivery)
            .ok_or_else(|| unknown("delivery"))?,
        second_person: raw.second_person == 1,
        args: serde_json::from_str(&raw.args)?,
        body: raw.body,
        states: raw.states_fen.map(Fen),
        idempotency_key: raw.idempotency_key,
        requested_by: raw.requested_by,
        collector: raw.collector,
        approved_by: raw.approved_by,
        not_after_at: raw.not_after_at,
        created_at: raw.created_at,
        attempts: raw.attempts,
        begun: raw.begun == 1,
        line: raw.line,
        release: raw.release,
        let_go: raw.let_go == 1,
        oldest_unpaid_on: raw.oldest,
        overtaken: raw.overtaken,
    })
}

const BEGIN: &str = "\
update outbox set settled_note = 'sending'
where id = $1 and lease_epoch = $2 and status = 'leased'";

/// Marks a leased order as being sent; returns whether the lease still stands.
///
/// For orders that may leave only once: whoever finds the lease of a dead
/// daemon knows by the mark whether the order can have left.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn begin(conn: &mut Conn, order: &Leased) -> Result<bool, StoreError> {
    let done =
        sqlx::query(BEGIN).bind(order.id.0).bind(order.epoch).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

const GIVE_BACK: &str = "\
update outbox set status = 'pending', leased_until_at = null, attempts = attempts - 1
from batch($1) as s (id bigint, epoch bigint)
where outbox.id = s.id and outbox.lease_epoch = s.epoch
and outbox.status = 'leased'";
/// What an earlier hand-over reserved may have been an attempt, and stays.
const UNRESERVE: &str = "\
delete from contacts where outcome = 'reserved' and order_id in (
  select o.id from batch($1) as s (id bigint)
  join outbox o on o.id = s.id and o.attempts = 1)";

/// What a seal covers stays on record, as an attempt that reached nobody: an order of
/// which nobody knew for a night, and that is not sent once more in the end.
const KEEP_SEALED: &str = "\
update contacts set outcome = 'failed' where outcome = 'reserved'
and id <= (select coalesce(max(last_id), 0) from seals where book = 'contacts')
and order_id in (select id from list($1) as s (id bigint))";
const END_UNSENT: &str = "\
delete from contacts where outcome = 'reserved'
and order_id in (select id from list($1) as s (id bigint))";

/// Gives back leased orders whose turn to be handed over did not come, with
/// the attempts reserved for them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn give_back(conn: &mut Conn, orders: &[&Leased]) -> Result<(), StoreError> {
    if orders.is_empty() {
        return Ok(());
    }
    let list: Vec<_> = orders.iter().map(|order| (order.id, order.epoch)).collect();
    rows::run(conn, UNRESERVE, &list).await?;
    rows::run(conn, GIVE_BACK, &list).await?;
    Ok(())
}

const ORPHANS: &str = "\
select json_group_array(id) from outbox
where status = 'leased' and leased_until_at <= $1";

/// Orders whose lease has run out: whoever held them has died or hangs.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn orphans(conn: &mut Conn, until_ms: i64) -> Result<Vec<Leased>, StoreError> {
    let ids: String =
        sqlx::query_scalar(ORPHANS).bind(until_ms).fetch_one(&mut *conn).await?;
    if ids == "[]" { Ok(Vec::new()) } else { load(conn, &ids).await }
}

/// What became of a leased order.
#[derive(Clone, Debug)]
pub struct OrderSettlement {
    /// The order.
    pub order: OrderId,
    /// The lease under which it was handed over.
    pub epoch: i64,
    /// Where it stands from now on.
    pub status: OrderStatus,
    /// The next try, for `pending`; otherwise when it was settled.
    pub at: i64,
    /// Why, or the far side's reference; no personal data.
    pub note: String,
    /// It was handed over; an order that only waits has not used up a try.
    pub tried: bool,
    /// The stop that keeps it, for `held`.
    pub stop: Option<i64>,
    /// It waits for something outside itself, and grows no older meanwhile.
    pub ageless: bool,
}

/// `$2` is no end at all, `$3` how long an order lives on that had none.
const SETTLE: &str = "\
update outbox set
  status = s.status, held_by = s.stop,
  not_before_at = case when s.status = 'pending' then s.at else not_before_at end,
  -- it has an hour of its own again
  before_spread_at = case when s.status = 'pending' then null else before_spread_at end,
  settled_at = case when s.status in ('pending', 'held') then null else s.at end,
  settled_note = s.note, leased_until_at = null,
  prolonged_until_at = case
    when s.status = 'held' or s.ageless = 1 then $2
    when prolonged_until_at = $2 then max(not_after_at, s.at + $3)
    else prolonged_until_at end,
  attempts = attempts - case when s.tried = 1 then 0 else 1 end
from batch($1) as s (id bigint, epoch bigint, status text, at bigint, note text, tried flag,
  stop bigint, ageless flag)
where outbox.id = s.id and outbox.lease_epoch = s.epoch and outbox.status = 'leased'
returning outbox.id";

/// Settles leased orders; answers those that still held their lease.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn settle(
    conn: &mut Conn,
    settlements: &[OrderSettlement],
) -> Result<HashSet<OrderId>, StoreError> {
    if settlements.is_empty() {
        return Ok(HashSet::default());
    }
    let list: Vec<_> = settlements
        .iter()
        .map(|s| (s.order, s.epoch, s.status, s.at, &s.note, s.tried, s.stop, s.ageless))
        .collect();
    let settled: Vec<i64> = sqlx::query_scalar(SETTLE)
        .bind(serde_json::to_string(&list)?)
        .bind(sending::NO_END_MS)
        .bind(sending::LIVES_ON_MS)
        .fetch_all(conn)
        .await?;
    Ok(settled.into_iter().map(OrderId).collect())
}

/// Takes back the attempts reserved for orders that end unsent: they count
/// neither for the rules of frequency nor as contacts of other cases. What may
/// have arrived is on record as `unknown` and stays.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn unreserve(conn: &mut Conn, orders: &[OrderId]) -> Result<(), StoreError> {
    if !orders.is_empty() {
        rows::run(conn, KEEP_SEALED, orders).await?;
        rows::run(conn, END_UNSENT, orders).await?;
    }
    Ok(())
}

const REVIEW_CLAIMS: &str = "\
update outbox set status = 'pending'
where status = 'awaiting_approval'
and verb in (select verb from list($2) as v (verb text))
and case_id in (select id from list($1) as c (id bigint))
returning id, case_id";

/// Lets orders of `verbs`, which claim money at court, that wait for a second person
/// be reviewed once more: their case has changed. What still stands goes back to
/// waiting. Answers the orders and their cases, for the journal.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn review_claims(
    conn: &mut Conn,
    verbs: &[&str],
    cases: &[CaseId],
) -> Result<Vec<(OrderId, CaseId)>, StoreError> {
    let rows = sqlx::query(REVIEW_CLAIMS)
        .bind(serde_json::to_string(cases)?)
        .bind(serde_json::to_string(verbs)?)
        .fetch_all(conn)
        .await?;
    let pair = |row: &AnyRow| -> Result<_, StoreError> {
        Ok((OrderId(row.try_get("id")?), CaseId(row.try_get("case_id")?)))
    };
    rows.iter().map(pair).collect()
}

const EXPIRED_APPROVALS: &str = "\
update outbox set status = 'expired', settled_at = $1, settled_note = 'not_approved'
where status = 'awaiting_approval' and not_after_at <= $1
returning id";

/// Ends orders that nobody approved in time.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn expire_unapproved(
    conn: &mut Conn,
    now: &Now,
) -> Result<Vec<OrderId>, StoreError> {
    let expired = sqlx::query_scalar(EXPIRED_APPROVALS).bind(now.ms);
    let expired: Vec<i64> = expired.fetch_all(conn).await?;
    Ok(expired.into_iter().map(OrderId).collect())
}

/// Whom an order is for, when it is for a person.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn party_of(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<PartyId>, StoreError> {
    const PARTY: &str = "select party_id from outbox where id = $1";
    let found: Option<Option<i64>> =
        sqlx::query_scalar(PARTY).bind(order.0).fetch_optional(conn).await?;
    Ok(found.flatten().map(PartyId))
}

const TEXT: &str = "select body from outbox where id = $1";

/// The text of an order as its step gave it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn text_of(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<String>, StoreError> {
    let text: Option<Option<String>> =
        sqlx::query_scalar(TEXT).bind(order.0).fetch_optional(conn).await?;
    Ok(text.flatten())
}

const DECIDE: &str = "\
update outbox set status = $2, held_by = null, settled_note = $4,
  approved_by = case when $6 = 'awaiting_approval' then $3 else approved_by end,
  not_before_at = max(not_before_at, cast($5 as bigint)),
  settled_at = case when $2 = 'pending' then null else $5 end
where id = $1 and status = $6";

/// Moves an order that waits for a person from where it stands to where they want
/// it: approve (`awaiting_approval` → `pending`), reject (→ `cancelled`), retry
/// (`unknown`, `failed` → `pending`), drop (→ `cancelled`).
/// Returns whether it stood where it was said to stand.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn decide(
    conn: &mut Conn,
    now: &Now,
    order: OrderId,
    (from, to): (OrderStatus, OrderStatus),
    by: &str,
    note: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(DECIDE)
        .bind(order.0)
        .bind(to.as_str())
        .bind(by.to_owned())
        .bind(note.to_owned())
        .bind(now.ms)
        .bind(from.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

const WAITING: &str = "\
select count(*) from list($1) as v (verb text)
join outbox o on o.verb = v.verb and o.status = 'pending'";

/// How many orders of these verbs wait for their turn.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn waiting(conn: &mut Conn, verbs: &[&str]) -> Result<i64, StoreError> {
    let list = serde_json::to_string(verbs)?;
    Ok(sqlx::query_scalar(WAITING).bind(list).fetch_one(conn).await?)
}

const PENDING_VERBS: &str = "\
with recursive verbs (verb) as (
  select min(verb) from outbox where status = 'pending'
  union all
  select (select min(o.verb) from outbox o where o.status = 'pending' and verbs.verb < o.verb)
  from verbs where verbs.verb is not null)
select json_group_array(verb) from verbs where verb is not null";

/// The verbs of all orders that wait, each once.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn pending_verbs(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let text: String = sqlx::query_scalar(PENDING_VERBS).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

const COUNTS: &str = "\
select verb, status, count(*) as orders from outbox group by verb, status order by verb, status";

/// How many orders stand where: (verb, status, count).
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn counts(
    conn: &mut Conn,
) -> Result<Vec<(String, OrderStatus, i64)>, StoreError> {
    let rows = sqlx::query(COUNTS).fetch_all(conn).await?;
    let count = |row: &AnyRow| -> Result<_, StoreError> {
        Ok((row.try_get("verb")?, rows::word(row, "status")?, row.try_get("orders")?))
    };
    rows.iter().map(count).collect()
}
