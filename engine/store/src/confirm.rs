//! Payments that are confirmed after they were booked (确认还款): by the bank's
//! own row for the same money, or by a second person who saw the receipt.

use domain::event::EventKind;
use domain::ids::{CaseId, EntryId};
use domain::limitation::{Evidence, InterruptionKind};
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::events::{self, NewEvent};
use crate::limitation::{self, NewInterruption};
use crate::now::Now;
use crate::{Conn, payers, rows};

/// Who says that the money is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConfirmedBy {
    /// A second person, who saw the receipt.
    Person,
    /// The bank, by a row of its own for the same money.
    Bank,
}

/// Confirms payments, which proves that they restarted the limitation period
/// (Civil Code 195), and tells the workflows by `payment_confirmed`, once a
/// payment. History tells nothing, and neither does a payment that was
/// confirmed when it was booked. Answers how many were changed.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn confirm(
    conn: &mut Conn,
    now: &Now,
    payments: &[EntryId],
    by: ConfirmedBy,
) -> Result<u64, StoreError> {
    if payments.is_empty() {
        return Ok(0);
    }
    let told: Vec<(EntryId, CaseId, String)> = rows::ask(conn, TOLD, payments).await?;
    let statement = match by {
        ConfirmedBy::Person => BY_PERSON,
        ConfirmedBy::Bank => BY_BANK,
    };
    let proofs: Vec<(EntryId, CaseId, Date)> =
        rows::ask(conn, UNPROVED, payments).await?;
    let changed = rows::run(conn, statement, payments).await?;
    prove(conn, &proofs).await?;
    let mut news = Vec::with_capacity(told.len());
    for (entry, case_id, payload) in told {
        let mut payload: Map<String, Value> = serde_json::from_str(&payload)?;
        payload.insert("confirmed".to_owned(), Value::Bool(true));
        news.push(NewEvent {
            case_id,
            kind: EventKind::PaymentConfirmed.to_string(),
            payload,
            source: "ledger".to_owned(),
            dedupe_key: format!("payment_confirmed:{entry}"),
            happened_on: now.today(),
        });
    }
    events::raise(conn, now, &news).await?;
    Ok(changed)
}

/// Gives payments that were inferred the keys of the rows that tell of them, so that a
/// reversal which names such a row finds its payment.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn name(conn: &mut Conn, named: &[(EntryId, &str)]) -> Result<(), StoreError> {
    if !named.is_empty() {
        rows::run(conn, NAME, named).await?;
    }
    Ok(())
}

const NAME: &str = "
    update ledger
    set dedupe_key = s.key
    from batch($1) as s (id bigint, key text)
    where ledger.id = s.id and ledger.inferred = 1
      and not exists (
        select 1 from ledger o
        where o.source = ledger.source and o.dedupe_key = s.key)";

pub(crate) async fn prove(
    conn: &mut Conn,
    payments: &[(EntryId, CaseId, Date)],
) -> Result<(), StoreError> {
    let ids: Vec<EntryId> = payments.iter().map(|payment| payment.0).collect();
    let of_others = payers::of_others(conn, &ids).await?;
    let proofs: Vec<NewInterruption> = payments
        .iter()
        .filter(|payment| !of_others.contains(&payment.0))
        .map(|(entry, case_id, on)| NewInterruption {
            case_id: *case_id,
            on: *on,
            kind: InterruptionKind::DebtorAgreed,
            evidence: Evidence::LedgerEntry,
            source: "confirmed".to_owned(),
            dedupe_key: format!("payment:{entry}"),
        })
        .collect();
    limitation::write(conn, &proofs).await?;
    let cases: Vec<i64> = payments.iter().map(|payment| payment.1.0).collect();
    limitation::recompute(conn, &cases).await
}

const UNPROVED: &str = "
    select json_group_array(json_array(id, case_id, booked_on))
    from ledger
    where id in (select s.id from list($1) as s (id bigint)) and kind = 'payment'
      and confirmed = 0 and inferred = 0
      and not exists (select 1 from ledger r where r.reverses = ledger.id)";

/// What the workflows were told when the payment was booked, unconfirmed.
const TOLD: &str = "
    select json_group_array(json_array(l.id, l.case_id, e.payload))
    from ledger l
    join events e on e.source = 'ledger' and e.dedupe_key = 'payment:' || l.id
    where l.id in (select s.id from list($1) as s (id bigint)) and l.confirmed = 0
      and not exists (select 1 from ledger r where r.reverses = l.id)";

const BY_PERSON: &str = "
    update ledger
    set confirmed = 1
    where id in (select s.id from list($1) as s (id bigint))
      and kind = 'payment' and confirmed = 0
      and not exists (select 1 from ledger r where r.reverses = ledger.id)";

/// 2 says that the bank's row has been met: no other row is its twin.
const BY_BANK: &str = "
    update ledger
    set confirmed = 2
    where id in (select s.id from list($1) as s (id bigint))
      and kind = 'payment' and confirmed <> 2
      and not exists (select 1 from ledger r where r.reverses = ledger.id)";
