//! The proofs that letters arrived (送达证据簿); one that was retracted stays beside the one
//! in its place.

use domain::ids::{CaseId, OrderId};
use jiff::civil::Date;
use sqlx::Row;
use sqlx::any::AnyRow;
use store::Conn;
use store::plugin::BooksError;

use crate::error::parse;
use crate::service::ServiceProof;

const PROVE: &str = "
    insert into letter_proofs
      (order_id, seq, case_id, served_on, evidence, receipt, recorded_at)
    select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6
    from letter_proofs
    where order_id = $1
    having count(case when retracted_at is null then 1 end) = 0
    returning seq";

/// Enters the proof that a letter arrived; answers which of its letter it is, or nothing
/// where one stands.
pub(crate) async fn prove(
    conn: &mut Conn,
    letter: OrderId,
    case: CaseId,
    proof: &ServiceProof,
    now_ms: i64,
) -> Result<Option<i64>, BooksError> {
    let written = sqlx::query_scalar(PROVE)
        .bind(letter.0)
        .bind(case.0)
        .bind(proof.served_on.to_string())
        .bind(proof.evidence.as_str())
        .bind(proof.receipt.trim().to_owned())
        .bind(now_ms);
    Ok(written.fetch_optional(conn).await?)
}

const RECEIPTS: &str = "
    select order_id, case_id, receipt
    from letter_proofs
    where retracted_at is null
    order by order_id";

/// The proofs on file: the letter, its case, and the number as it was written.
///
/// # Errors
///
/// [`BooksError`] when the books cannot be read.
pub(crate) async fn receipts(
    conn: &mut Conn,
) -> Result<Vec<(OrderId, CaseId, String)>, BooksError> {
    let rows = sqlx::query(RECEIPTS).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let (order, case) = (row.try_get("order_id")?, row.try_get("case_id")?);
            Ok((OrderId(order), CaseId(case), row.try_get("receipt")?))
        })
        .collect()
}

/// A proof that stands.
pub(crate) struct Proved {
    pub(crate) letter: OrderId,
    pub(crate) seq: i64,
    pub(crate) served_on: Date,
    pub(crate) receipt: String,
}

const OF_CASE: &str = "
    select order_id, seq, served_on, receipt
    from letter_proofs
    where case_id = $1 and retracted_at is null
    order by order_id";

/// The proofs of a case that stand.
pub(crate) async fn of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<Proved>, BooksError> {
    let rows = sqlx::query(OF_CASE).bind(case.0).fetch_all(conn).await?;
    rows.iter().map(proved).collect()
}

const PROOFS: &str = "
    select order_id, seq, served_on, receipt
    from letter_proofs
    where retracted_at is null
    order by order_id";

/// All proofs that stand.
pub(crate) async fn proofs(conn: &mut Conn) -> Result<Vec<Proved>, BooksError> {
    let rows = sqlx::query(PROOFS).fetch_all(conn).await?;
    rows.iter().map(proved).collect()
}

fn proved(row: &AnyRow) -> Result<Proved, BooksError> {
    Ok(Proved {
        letter: OrderId(row.try_get("order_id")?),
        seq: row.try_get("seq")?,
        served_on: parse(row.try_get("served_on")?)?,
        receipt: row.try_get("receipt")?,
    })
}

const RETRACT: &str = "
    update letter_proofs
    set retracted_at = $3
    where order_id = $1 and seq = $2";

/// Notes that a proof was entered by mistake; the letter may be proved anew.
pub(crate) async fn retract(
    conn: &mut Conn,
    (letter, seq): (OrderId, i64),
    now_ms: i64,
) -> Result<(), BooksError> {
    sqlx::query(RETRACT).bind(letter.0).bind(seq).bind(now_ms).execute(conn).await?;
    Ok(())
}
