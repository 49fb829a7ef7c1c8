//! What a made-up quarter (模拟季度) asks of its store: which contacts arrived, what is
//! owed, and which work its staff have done.

use std::collections::HashMap;

use domain::ids::{CaseId, EntryId, OrderId, PartyId};
use domain::manifest::Channel;
use domain::money::Fen;
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::StoreError;
use crate::now::Now;
use crate::{Conn, rows};

/// A contact with a borrower that has arrived.
#[derive(Clone, Debug, Deserialize)]
pub struct Arrived {
    /// Its number.
    pub contact: i64,
    /// The case.
    pub case_id: CaseId,
    /// The institution's loan number.
    pub case_no: String,
    /// Whom it reached.
    pub party_id: PartyId,
    /// The order.
    pub order: OrderId,
    /// By which channel.
    pub channel: Channel,
    /// Who works the case.
    pub collector: Option<String>,
}

/// A letter of condolence or a receipt moves nobody to pay, so notices are
/// left out; so are contacts with guarantors and with the dead.
const ARRIVED: &str = "\
select json_group_array(json_object(
  'contact', k.id, 'case_id', k.case_id, 'case_no', c.case_no, 'party_id', k.party_id,
  'order', k.order_id, 'channel', k.channel, 'collector', c.collector)
  order by k.id)
from contacts k
join cases c on c.id = k.case_id
join outbox o on o.id = k.order_id and o.act <> 'notice' and o.status = 'delivered'
join parties p on p.id = k.party_id and p.deceased_on is null
where $1 < k.id and exists (select 1 from case_parties r
  where r.case_id = k.case_id and r.party_id = k.party_id and r.role = 'borrower')";

/// The demands that reached living borrowers after the contact `after`, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn arrived(conn: &mut Conn, after: i64) -> Result<Vec<Arrived>, StoreError> {
    let text: String = sqlx::query_scalar(ARRIVED).bind(after).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

const OWED: &str = "\
select json_group_array(json_array(c.id, max(0, coalesce((
  select sum(l.amount_fen) from ledger l
  where l.case_id = c.id and l.kind = 'due' and l.booked_on <= $2
    and not exists (select 1 from ledger r where r.reverses = l.id)), 0)
  - c.paid_fen - c.waived_fen)))
from cases c where c.id in (select id from list($1) as s (id bigint))";

/// What each of some cases owes by a day, that day included, and has not covered.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn owed(
    conn: &mut Conn,
    cases: &[CaseId],
    until: Date,
) -> Result<HashMap<CaseId, Fen>, StoreError> {
    let text: String = sqlx::query_scalar(OWED)
        .bind(serde_json::to_string(cases)?)
        .bind(until.to_string())
        .fetch_one(conn)
        .await?;
    let owed: Vec<(CaseId, Fen)> = serde_json::from_str(&text)?;
    Ok(owed.into_iter().collect())
}

const PAYMENTS: &str = "\
select json_group_array(json_array(l.dedupe_key, l.id, l.amount_fen))
from batch($1) as p (source text, key text)
join ledger l on l.source = p.source and l.dedupe_key = p.key
where l.kind = 'payment'";

/// The payments of a source that were booked under some keys.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn payments(
    conn: &mut Conn,
    source: &str,
    keys: &[&str],
) -> Result<HashMap<String, (EntryId, Fen)>, StoreError> {
    let asked: Vec<(&str, &str)> = keys.iter().map(|key| (source, *key)).collect();
    let found: Vec<(String, EntryId, Fen)> = rows::ask(conn, PAYMENTS, &asked).await?;
    Ok(found.into_iter().map(|(key, id, amount)| (key, (id, amount))).collect())
}

/// Work that something else closes is left: a result, an approval, a
/// proceeding.
const CLEAR: &str = "\
update tasks set closed_at = $1, closed_by = coalesce(assignee, $4),
  outcome = case kind when 'visit' then '无需上门' else '已办' end
where closed_at is null and id % 5 <> 0
and kind not in ('call', 'approval', 'unknown', 'failed', 'deadline')
and case kind when 'visit' then due_on < $3 else opened_at <= $2 end";

/// Closes four of five tasks that were opened up to `opened_until_ms`, and those for
/// visits whose last day lies before `due_before`, in the name of `by` where nobody
/// has them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn clear_tasks(
    conn: &mut Conn,
    now: &Now,
    opened_until_ms: i64,
    due_before: Date,
    by: &str,
) -> Result<(), StoreError> {
    sqlx::query(CLEAR)
        .bind(now.ms)
        .bind(opened_until_ms)
        .bind(due_before.to_string())
        .bind(by)
        .execute(conn)
        .await?;
    Ok(())
}
