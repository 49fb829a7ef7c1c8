//! Which payment a reversal takes back (冲正对应的还款).

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::ids::{CaseId, EntryId};
use domain::money::Fen;
use jiff::civil::Date;
use serde::Deserialize;
use store::{Conn, StoreError};

use super::book::BATCH;
use super::events::What;
use super::post::{Placed, SOURCE};

/// A payment that may be taken back.
#[derive(Deserialize)]
struct Payment {
    id: EntryId,
    case_id: CaseId,
    amount: Fen,
    booked_on: Date,
    key: String,
    reversed: i64,
}

/// The payment of each reversal, in order; `None` where there is none, and for
/// reversals that are booked already.
///
/// A row that names the number of a payment means that payment. Any other
/// means the latest payment of the case and amount on or before its day that
/// was not taken back.
pub(crate) async fn find(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<Vec<Option<EntryId>>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let booked = booked(conn, rows).await?;
    let mut payments = payments(conn, rows).await?;
    let mut found = Vec::with_capacity(rows.len());
    for (_, case, row) in rows {
        let What::Reversal { amount, of } = &row.what else {
            found.push(None);
            continue;
        };
        let of_case = payments.get_mut(case).map_or(&mut [][..], Vec::as_mut_slice);
        let named = of.as_ref().map(|of| format!("{}|{of}|payment|", row.case_no));
        let payment = of_case.iter_mut().rev().find(|it| match &named {
            Some(key) => it.key.starts_with(key.as_str()),
            None => it.reversed == 0 && it.amount == *amount && it.booked_on <= row.on,
        });
        let known = booked.contains(&row.key);
        found.push(payment.filter(|_| !known).map(|it| {
            it.reversed = 1;
            it.id
        }));
    }
    Ok(found)
}

/// The keys of those rows that are booked already.
pub(crate) async fn booked(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<HashSet<String>, StoreError> {
    let keys: Vec<&str> = rows.iter().map(|it| it.2.key.as_str()).collect();
    let mut booked = HashSet::new();
    for batch in keys.chunks(BATCH) {
        let text: String = sqlx::query_scalar(BOOKED)
            .bind(serde_json::to_string(batch)?)
            .bind(SOURCE)
            .fetch_one(&mut *conn)
            .await?;
        booked.extend(serde_json::from_str::<Vec<String>>(&text)?);
    }
    Ok(booked)
}

async fn payments(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<HashMap<CaseId, Vec<Payment>>, StoreError> {
    let cases: BTreeSet<CaseId> = rows.iter().map(|it| it.1).collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let mut payments: HashMap<CaseId, Vec<Payment>> = HashMap::new();
    for batch in cases.chunks(BATCH) {
        let text: String = sqlx::query_scalar(PAYMENTS)
            .bind(serde_json::to_string(batch)?)
            .fetch_one(&mut *conn)
            .await?;
        for payment in serde_json::from_str::<Vec<Payment>>(&text)? {
            payments.entry(payment.case_id).or_default().push(payment);
        }
    }
    Ok(payments)
}

const BOOKED: &str = "
    select json_group_array(l.dedupe_key)
    from json_each($1) k
    join ledger l on l.source = $2 and l.dedupe_key = k.value";

const PAYMENTS: &str = "
    select json_group_array(json_array(
      p.id, p.case_id, p.amount_fen, p.booked_on, p.dedupe_key,
      exists (select 1 from ledger r where r.reverses = p.id))
      order by p.booked_on, p.id)
    from ledger p
    where p.kind = 'payment' and p.case_id in (select value from json_each($1))";
