//! Hand-over (投递): the attempts of a whole batch of orders, read, reserved and
//! settled together.
//!
//! All of it runs in the writer's transaction, which is the lock on every
//! person of the batch.

use domain::ids::{CaseId, OrderId, PartyId};
use domain::manifest::Channel;
use domain::status::OrderStatus;
use jiff::civil::Date;
use serde::Deserialize;

use crate::contacts::NewContact;
use crate::error::StoreError;
use crate::{Conn, Now, ids, rows};

/// An attempt on record, with the number it used.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct PastAttempt {
    /// The case it was for.
    pub case_id: CaseId,
    /// The person.
    pub party_id: PartyId,
    /// The order it carried out.
    pub order_id: Option<OrderId>,
    /// The way.
    pub channel: Channel,
    /// The number or account used; empty for letters and visits.
    pub contact_point: String,
    /// The civil day at the debtor's place.
    pub attempted_on: Date,
    /// The minute of that day.
    pub attempted_minute: i64,
    /// `reserved`, `delivered`, `conversation`, …
    pub outcome: String,
    /// Whether it speaks for the person's other loans as well.
    pub demand: Demand,
}

/// Whether an attempt asked for payment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// It did: the other loans of the person need no contact of their own.
    Made,
    /// It will, if its gateway takes it.
    UnderWay,
    /// It told or served something, or never left.
    Not,
}

const ATTEMPTS: &str = "\
select json_group_array(json_array(
  c.case_id, c.party_id, c.order_id, c.channel, c.contact_point,
  c.attempted_on, c.attempted_minute, c.outcome,
  case
    when o.id is null
      or (coalesce(o.text_act, o.act) = 'demand' and o.status in ('delivered', 'unknown', 'rehearsed'))
      then 'made'
    when coalesce(o.text_act, o.act) = 'demand' and o.status in ('pending', 'leased')
      then 'under_way'
    else 'not'
  end) order by c.id)
from contacts c left join outbox o on o.id = c.order_id
where c.outcome <> 'failed'
-- what was rehearsed counts for as long as the rehearsal lasts
and (c.outcome <> 'rehearsed' or 0 < (
  select count(*) from meta where key = 'rehearsal_since'))
and c.id in (
  select a.id from list($1) as p (id bigint)
  join contacts a on a.party_id = p.id and $3 <= a.attempted_on
  union
  select b.id from list($2) as n (point text)
  join contacts b on b.contact_point = n.point and $3 <= b.attempted_on
    and b.contact_point <> '')";

/// Every attempt since a day on these people, or at these numbers.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn attempts(
    conn: &mut Conn,
    people: &[PartyId],
    points: &[&str],
    since_on: Date,
) -> Result<Vec<PastAttempt>, StoreError> {
    let text: String = sqlx::query_scalar(ATTEMPTS)
        .bind(serde_json::to_string(people)?)
        .bind(serde_json::to_string(points)?)
        .bind(since_on.to_string())
        .fetch_one(conn)
        .await?;
    Ok(serde_json::from_str(&text)?)
}

const RESERVE: &str = "\
insert into contacts (id, case_id, party_id, order_id, channel, contact_point,
  attempted_at, attempted_on, attempted_minute, outcome)
select s.id, s.case_id, s.party_id, s.order_id, s.channel, s.contact_point,
  s.attempted_at, s.attempted_on, s.attempted_minute, 'reserved'
from batch($1) as s (id bigint, case_id bigint, party_id bigint, order_id bigint,
  channel text, contact_point text, attempted_at bigint, attempted_on text,
  attempted_minute bigint)
where true
on conflict (order_id) do update set
  attempted_at = excluded.attempted_at, attempted_on = excluded.attempted_on,
  attempted_minute = excluded.attempted_minute, contact_point = excluded.contact_point,
  outcome = 'reserved'
where contacts.outcome in ('reserved', 'failed', 'unknown')";

/// Reserves the attempts of a batch; an order that is tried again moves its
/// attempt to the day and minute of this try.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn reserve_all(
    conn: &mut Conn,
    contacts: &[NewContact],
) -> Result<(), StoreError> {
    if contacts.is_empty() {
        return Ok(());
    }
    let first = ids::allocate(conn, contacts.len()).await?;
    let list: Vec<_> = (first..)
        .zip(contacts)
        .map(|(id, it)| {
            (
                id,
                it.case_id,
                it.party_id,
                it.order_id,
                it.channel,
                &it.contact_point,
                it.attempted_at,
                it.attempted_on,
                it.attempted_minute,
            )
        })
        .collect();
    rows::run(conn, RESERVE, &list).await?;
    Ok(())
}

const COUNT: &str = "\
update cases set facts_rev = facts_rev + 1, contacts = contacts + d.n,
  last_contact_on = max(coalesce(last_contact_on, d.last_on), d.last_on)
from (
  select c.case_id, count(*) as n, max(c.attempted_on) as last_on
  from batch($1) as s (order_id bigint, outcome text)
  join contacts c on c.order_id = s.order_id
  where c.outcome = 'reserved' and s.outcome not in ('failed', 'rehearsed')
  group by c.case_id) d
where cases.id = d.case_id";

const SETTLE: &str = "\
update contacts set outcome = s.outcome
from batch($1) as s (order_id bigint, outcome text)
where contacts.order_id = s.order_id and contacts.outcome = 'reserved'";

/// Writes down what became of the attempts of a batch: where the order stands is the
/// outcome. Whatever is neither `failed` nor `rehearsed` counts as a contact of its
/// case.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn settle_all(
    conn: &mut Conn,
    outcomes: &[(OrderId, OrderStatus)],
) -> Result<(), StoreError> {
    if outcomes.is_empty() {
        return Ok(());
    }
    rows::run(conn, COUNT, outcomes).await?;
    rows::run(conn, SETTLE, outcomes).await?;
    Ok(())
}

/// A call or visit is only arranged by its delivery.
const MISSING: &str = "\
select json_group_array(json_array(
  o.id, o.case_id, o.party_id, o.channel,
  coalesce(case when o.channel = 'sms' then p.phone end, ''),
  s.attempted_at, s.attempted_on, s.attempted_minute, s.outcome))
from batch($1) as s (order_id bigint, attempted_at bigint, attempted_on text,
  attempted_minute bigint, outcome text)
join outbox o on o.id = s.order_id and o.channel not in ('phone', 'visit')
join parties p on p.id = o.party_id
where not exists (select 1 from contacts c where c.order_id = o.id)
and not exists (
  select 1 from contacts c
  where c.party_id = o.party_id and c.note = 'left_before_restore:' || o.id)";
const NOTE_MISSING: &str = "\
insert into contacts (id, case_id, party_id, channel, contact_point, attempted_at,
  attempted_on, attempted_minute, outcome, note)
select $2 + s.n, s.case_id, s.party_id, s.channel, s.contact_point, s.attempted_at,
  s.attempted_on, s.attempted_minute, s.outcome, 'left_before_restore:' || s.order_id
from batch($1) as s (n ordinality, order_id bigint, case_id bigint, party_id bigint,
  channel text, contact_point text, attempted_at bigint, attempted_on text,
  attempted_minute bigint, outcome text)";
const COUNT_MISSING: &str = "\
update cases set facts_rev = facts_rev + 1, contacts = contacts + d.n,
  last_contact_on = max(coalesce(last_contact_on, d.last_on), d.last_on)
from (
  select s.case_id, count(*) as n, max(s.attempted_on) as last_on
  from batch($1) as s (order_id bigint, case_id bigint, party_id bigint, channel text,
    contact_point text, attempted_at bigint, attempted_on text)
  group by s.case_id) d
where cases.id = d.case_id";

/// An order with the instant, day and minute at which it left, and what became of it.
pub type Departed = (OrderId, i64, Date, i64, OrderStatus);

/// The numbers of [`MISSING`]: order, case, person, channel, number used, instant, day,
/// minute, outcome.
type Missing = (i64, i64, i64, String, String, i64, Date, i64, String);

/// Writes down the contacts of orders that left while the store stood as a backup has
/// it, where none is on record: the rules of frequency count them, and so do the cases.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note_missing(
    conn: &mut Conn,
    departed: &[Departed],
) -> Result<(), StoreError> {
    if departed.is_empty() {
        return Ok(());
    }
    let missing: Vec<Missing> = rows::ask(conn, MISSING, departed).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let first = ids::allocate(conn, missing.len()).await?;
    let list = serde_json::to_string(&missing)?;
    sqlx::query(NOTE_MISSING).bind(&list).bind(first).execute(&mut *conn).await?;
    sqlx::query(COUNT_MISSING).bind(&list).execute(conn).await?;
    Ok(())
}

const NOTE_TEXTS: &str = "\
insert into sent_texts (id, order_id, lease_epoch, written_at, body)
select $2 + s.n, s.order_id, s.lease_epoch, $3, s.body
from batch($1) as s (n ordinality, order_id bigint, lease_epoch bigint, body text)";

/// Keeps the texts that leave in place of those of their steps: order, lease,
/// text. The text of the step stays as it is.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn note_texts(
    conn: &mut Conn,
    now: &Now,
    texts: &[(OrderId, i64, String)],
) -> Result<(), StoreError> {
    if texts.is_empty() {
        return Ok(());
    }
    let first = ids::allocate(conn, texts.len()).await?;
    sqlx::query(NOTE_TEXTS)
        .bind(serde_json::to_string(texts)?)
        .bind(first)
        .bind(now.ms)
        .execute(conn)
        .await?;
    Ok(())
}

const LAST_TEXT: &str = "\
select body from sent_texts where order_id = $1 order by id desc limit 1";

/// The text with which an order left, where it is not the one of its step.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn last_text(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(LAST_TEXT).bind(order.0).fetch_optional(conn).await?)
}
