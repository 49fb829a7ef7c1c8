//! What plugins ask of the book (插件查询): their own tables they ask themselves.

use domain::hold::HoldReason;
use domain::ids::{CaseId, EntryId, OrderId};
use domain::money::Fen;
use jiff::civil::Date;
use sqlx::Row;

use crate::{Conn, StoreError, rows};

/// A payment in the ledger.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Payment {
    /// How much.
    pub amount: Fen,
    /// The booking date.
    pub booked_on: Date,
    /// The bank, or a second person, has confirmed it.
    pub is_confirmed: bool,
    /// Concluded from a balance that fell.
    pub is_inferred: bool,
    /// It was taken back.
    pub is_reversed: bool,
    /// What was still owed when it came in, at least zero: all that the case has been
    /// charged with, less what was paid and waived before. `None` where nothing was ever
    /// charged, and nobody knows.
    pub owed: Option<Fen>,
}

const PAYMENT: &str = "
    select p.amount_fen, p.booked_on, p.confirmed, p.inferred,
      (select count(*) from ledger r where r.reverses = p.id) as reversals,
      case when c.opened_fen = 0 then c.principal_fen else c.opened_fen end
        + c.fee_fen + c.penalty_fen as charged,
      c.due_fen,
      (select coalesce(sum(b.amount_fen), 0) from ledger b
        where b.case_id = p.case_id and b.kind in ('payment', 'waiver') and b.id < p.id
          and not exists (select 1 from ledger r where r.reverses = b.id)) as covered
    from ledger p
    join cases c on c.id = p.case_id
    where p.id = $1 and p.case_id = $2 and p.kind = 'payment'";

/// The payment of a case under a number; `None` when the case has no such one.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn payment(
    conn: &mut Conn,
    case: CaseId,
    entry: EntryId,
) -> Result<Option<Payment>, StoreError> {
    let asked = sqlx::query(PAYMENT).bind(entry.0).bind(case.0);
    let Some(row) = asked.fetch_optional(conn).await? else { return Ok(None) };
    let (charged, due): (i64, i64) = (row.try_get("charged")?, row.try_get("due_fen")?);
    let covered: i64 = row.try_get("covered")?;
    let charged = charged.max(due);
    let booked_on: String = row.try_get("booked_on")?;
    let booked_on =
        booked_on.parse().map_err(|_| StoreError::data("账目的日期无法识别"))?;
    Ok(Some(Payment {
        amount: Fen(row.try_get("amount_fen")?),
        booked_on,
        is_confirmed: row.try_get::<i64, _>("confirmed")? != 0,
        is_inferred: row.try_get::<i64, _>("inferred")? != 0,
        is_reversed: row.try_get::<i64, _>("reversals")? != 0,
        owed: (0 < charged).then(|| Fen(charged.saturating_sub(covered).max(0))),
    }))
}

const REVERSED: &str = "
    select json_group_array(reverses)
    from ledger
    where reverses is not null";

/// Every entry that was taken back, from the index that holds these alone.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn reversed(conn: &mut Conn) -> Result<Vec<EntryId>, StoreError> {
    let text: String = sqlx::query_scalar(REVERSED).fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

const REVERSED_AMONG: &str = "
    select json_group_array(reverses)
    from ledger
    where reverses in (select s.id from list($1) as s (id bigint))";

/// Those of some entries that were taken back.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn reversed_among(
    conn: &mut Conn,
    entries: &[EntryId],
) -> Result<Vec<EntryId>, StoreError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, REVERSED_AMONG, entries).await
}

const HOLDS: &str = "
    select json_group_array(json_array(id, holds))
    from cases
    where id in (select s.id from list($1) as s (id bigint)) and holds <> ''";

/// Those of some cases on which a hold for this reason is in force.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn held_for(
    conn: &mut Conn,
    reason: HoldReason,
    cases: &[CaseId],
) -> Result<Vec<CaseId>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let held: Vec<(CaseId, String)> = rows::ask(conn, HOLDS, cases).await?;
    let is_meant = |holds: &str| holds.split(',').any(|part| part == reason.as_str());
    let meant = held.into_iter().filter(|it| is_meant(&it.1));
    Ok(meant.map(|it| it.0).collect())
}

const BALANCE: &str = "select balance_fen from cases where id = $1";

/// What is still owed on a case in all.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn balance(conn: &mut Conn, case: CaseId) -> Result<Fen, StoreError> {
    Ok(Fen(sqlx::query_scalar(BALANCE).bind(case.0).fetch_one(conn).await?))
}

const CHARGED: &str = "
    select case when opened_fen = 0 then principal_fen else opened_fen end
      + fee_fen + penalty_fen
    from cases
    where id = $1";

/// All that a case was ever charged with; 0 where nobody knows.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn charged(conn: &mut Conn, case: CaseId) -> Result<Fen, StoreError> {
    Ok(Fen(sqlx::query_scalar(CHARGED).bind(case.0).fetch_one(conn).await?))
}

/// A letter that has left the house.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SentLetter {
    /// The case.
    pub case_id: CaseId,
    /// To whom.
    pub party_id: Option<i64>,
    /// When it was ordered, in milliseconds since 1970.
    pub created_at: i64,
    /// The civil day on which it was given to the carrier, where that is known.
    pub given_on: Option<String>,
}

/// The day on which a letter was given to the carrier stands among the contacts, at the
/// place of the site. One that was handed over again may have arrived by the first
/// time, whose day is not kept.
const SENT_LETTER: &str = "
    select case_id, created_at, party_id,
      case when attempts < 2 then (
        select attempted_on from contacts where contacts.order_id = outbox.id) end as given_on
    from outbox
    where id = $1 and verb = $2 and status in ('delivered', 'unknown')";

/// The letter of an order of this verb, once it has left.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn sent_letter(
    conn: &mut Conn,
    order: OrderId,
    verb: &str,
) -> Result<Option<SentLetter>, StoreError> {
    let asked = sqlx::query(SENT_LETTER).bind(order.0).bind(verb.to_owned());
    let Some(row) = asked.fetch_optional(conn).await? else { return Ok(None) };
    Ok(Some(SentLetter {
        case_id: CaseId(row.try_get("case_id")?),
        party_id: row.try_get("party_id")?,
        created_at: row.try_get("created_at")?,
        given_on: row.try_get("given_on")?,
    }))
}

const MERGED_INTO: &str = "
    select json_group_array(json_array(m.id, m.case_id) order by m.id)
    from list($1) as s (id bigint)
    join outbox o on o.id = s.id
    join contacts k on k.order_id = o.id
    join (
      select distinct p.case_id, p.party_id
      from list($1) as s (id bigint)
      join outbox v on v.id = s.id
      join case_parties p on p.party_id = v.party_id
    ) cp on cp.party_id = o.party_id and cp.case_id <> o.case_id
    join outbox m on m.case_id = cp.case_id and m.party_id = o.party_id
      and m.channel = o.channel and m.status = 'merged'
      and m.settled_note = 'case:' || o.case_id
      and k.attempted_at <= m.settled_at and m.settled_at < k.attempted_at + 86400000";

/// The orders of the person's other loans, with their cases, for which a contact was
/// made as well: each asked for one on that day, and this one stood for it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn merged_into(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Vec<(OrderId, CaseId)>, StoreError> {
    rows::ask(conn, MERGED_INTO, &[order]).await
}

const UNFOUNDED: &str = "
    select json_group_array(json_array(s.entry_id, s.case_id) order by s.entry_id)
    from batch($1) as s (entry_id bigint, case_id bigint, amount_fen bigint)
    left join ledger p on p.id = s.entry_id and p.kind = 'payment'
    where p.id is null or p.case_id <> s.case_id or p.amount_fen < s.amount_fen
      or exists (
        select 1 from ledger b
        where b.reverses = s.entry_id
          and b.recorded_at < (
            select max(n.at) from (
              select j.at from journal j order by j.id desc limit 1000) n) - 86400000)";

/// Of sums that stand on payments of cases, those without ground: there is no such
/// payment, it is smaller, or it was taken back more than a day before the newest line of
/// the journal; until then a plugin may not have been told.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn unfounded(
    conn: &mut Conn,
    standing: &[(EntryId, CaseId, Fen)],
) -> Result<Vec<(i64, CaseId)>, StoreError> {
    rows::ask(conn, UNFOUNDED, standing).await
}

const PAYMENTS_TOLD: &str = "
    select json_group_array(json_array(e.case_id, e.payload) order by e.id)
    from batch($1) as s (first_on text, last_on text)
    cross join events e
    where e.kind in ('payment', 'payment_confirmed')
      and s.first_on <= e.happened_on and e.happened_on <= s.last_on";

/// What was told of payments from one day to another, both included: the case and what
/// the event says, oldest first. It walks through all events.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn payments_told(
    conn: &mut Conn,
    from: Date,
    to: Date,
) -> Result<Vec<(CaseId, String)>, StoreError> {
    rows::ask(conn, PAYMENTS_TOLD, &[(from.to_string(), to.to_string())]).await
}
