//! Rows of a bank's file in the ledger (银行流水对账): which of them stand there already,
//! and what beside them may be meant.

use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Conn, StoreError, rows};

/// The rows of the file first: a bank's lines are all of one source.
const STANDING: &str = "
    select json_group_array(l.dedupe_key)
    from list($1) as k (key text) cross join ledger l
    where l.source = $2 and l.dedupe_key = k.key
      and not exists (select 1 from ledger r where r.reverses = l.id)";

/// Those keys of a source that are booked and were not taken back.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing(
    conn: &mut Conn,
    source: &str,
    keys: &[&str],
) -> Result<Vec<String>, StoreError> {
    of_source(conn, STANDING, source, keys).await
}

const MET: &str = "
    select json_group_array(l.dedupe_key)
    from list($1) as k (key text) cross join ledger l
    where l.source = $2 and l.dedupe_key = k.key";

/// Those keys of a source that were ever booked.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn met(
    conn: &mut Conn,
    source: &str,
    keys: &[&str],
) -> Result<Vec<String>, StoreError> {
    of_source(conn, MET, source, keys).await
}

const UNCONFIRMED: &str = "
    select json_group_array(l.id)
    from list($1) as k (key text) cross join ledger l
    where l.source = $2 and l.dedupe_key = k.key and l.confirmed = 0
      and not exists (select 1 from ledger r where r.reverses = l.id)";

/// The entries under some keys of a source that stand and that the bank has not
/// confirmed.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn unconfirmed(
    conn: &mut Conn,
    source: &str,
    keys: &[&str],
) -> Result<Vec<EntryId>, StoreError> {
    of_source(conn, UNCONFIRMED, source, keys).await
}

async fn of_source<A: DeserializeOwned>(
    conn: &mut Conn,
    statement: &'static str,
    source: &str,
    keys: &[&str],
) -> Result<Vec<A>, StoreError> {
    let list = serde_json::to_string(keys)?;
    let asked = sqlx::query_scalar(statement).bind(list).bind(source);
    let text: String = asked.fetch_one(conn).await?;
    Ok(serde_json::from_str(&text)?)
}

/// A line that a reversal may take back.
#[derive(Clone, Debug, Deserialize)]
pub struct Reversible {
    /// Its number.
    pub id: EntryId,
    /// The case.
    pub case_id: CaseId,
    /// What it books; never a reversal.
    pub kind: EntryKind,
    /// How much.
    pub amount: Fen,
    /// The booking date.
    pub booked_on: Date,
    /// Its key in its source.
    pub key: String,
    /// 1 when it was taken back.
    pub reversed: i64,
}

const REVERSIBLE: &str = "
    select json_group_array(json_object(
      'id', p.id, 'case_id', p.case_id, 'kind', p.kind, 'amount', p.amount_fen,
      'booked_on', p.booked_on, 'key', p.dedupe_key,
      'reversed', cast(exists (
        select 1 from ledger r where r.reverses = p.id) as integer))
      order by p.booked_on, p.id)
    from ledger p
    where p.kind <> 'reversal'
      and p.case_id in (select s.id from list($1) as s (id bigint))";

/// The lines of some cases but for reversals, by booking date and number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn reversible(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<Reversible>, StoreError> {
    rows::ask(conn, REVERSIBLE, cases).await
}

/// A payment entered by hand, or inferred from a balance, that stands.
#[derive(Clone, Debug, Deserialize)]
pub struct PaidBeside {
    /// Its number.
    pub id: EntryId,
    /// The case.
    pub case_id: CaseId,
    /// How much.
    pub amount: Fen,
    /// The booking date.
    pub booked_on: Date,
    /// Its key in its source.
    pub key: String,
    /// 1 when it is confirmed, 2 when the bank's row for the same money did it.
    pub confirmed: i64,
    /// 1 when it was concluded from a balance that fell.
    pub inferred: i64,
}

const PAID_BESIDE: &str = "
    select json_group_array(json_object(
      'id', p.id, 'case_id', p.case_id, 'amount', p.amount_fen, 'booked_on', p.booked_on,
      'key', p.dedupe_key, 'confirmed', p.confirmed, 'inferred', p.inferred)
      order by p.booked_on, p.id)
    from ledger p
    where p.kind = 'payment' and (p.source = 'hand' or p.inferred = 1)
      and p.case_id in (select s.id from list($1) as s (id bigint))
      and not exists (select 1 from ledger r where r.reverses = p.id)";

/// The payments of some cases that stand and are of no bank's row, by booking date and
/// number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn paid_beside(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<PaidBeside>, StoreError> {
    rows::ask(conn, PAID_BESIDE, cases).await
}
