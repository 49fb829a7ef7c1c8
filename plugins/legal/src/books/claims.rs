//! What was claimed in a proceeding (诉请簿): as it was approved, approved again, and filed.

use domain::court::{Claim, ClaimBasis};
use domain::ids::{CaseId, OrderId};
use domain::money::Fen;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::any::AnyRow;
use store::Conn;
use store::plugin::BooksError;

domain::words! {
    /// When a claim was reckoned (诉请计算的时点).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Occasion {
        /// A second person let it go to court (批准时).
        Approved = "approved",
        /// A supervisor agreed to another sum before the filing (再次批准时).
        ApprovedAgain = "approved_again",
        /// It was filed with this sum (提交时).
        Filed = "filed",
    }
}

const ADD: &str = "
    insert into matter_claims
      (matter_id, seq, occasion, on_date, total_fen, principal_fen, interest_fen, penalty_fen,
        fees_fen, basis, by, recorded_at)
    select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
    from matter_claims
    where matter_id = $1";

/// Enters a sum, which the proceeding claims from now on.
pub(crate) async fn add(
    conn: &mut Conn,
    matter: OrderId,
    (occasion, on): (Occasion, Date),
    claim: &Claim,
    (by, now_ms): (&str, i64),
) -> Result<(), BooksError> {
    sqlx::query(ADD)
        .bind(matter.0)
        .bind(occasion.as_str())
        .bind(on.to_string())
        .bind(claim.total.0)
        .bind(claim.principal.map(|principal| principal.0))
        .bind(claim.interest.map(|interest| interest.0))
        .bind(claim.penalty.0)
        .bind(claim.fees.0)
        .bind(claim.basis.as_str())
        .bind(by.to_owned())
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    follow(conn, matter).await
}

const FOLLOW: &str = "
    update matters
    set claim_fen = (
      select c.total_fen from matter_claims c
      where c.matter_id = matters.id and c.withdrawn_at is null
      order by c.seq desc limit 1)
    where id = $1 and exists (
      select 1 from matter_claims c where c.matter_id = matters.id and c.withdrawn_at is null)";

/// Brings the sum of a proceeding to the newest that stands.
async fn follow(conn: &mut Conn, matter: OrderId) -> Result<(), BooksError> {
    sqlx::query(FOLLOW).bind(matter.0).execute(conn).await?;
    Ok(())
}

const WITHDRAW: &str = "
    update matter_claims
    set withdrawn_at = $2
    where matter_id = $1 and occasion = 'filed' and withdrawn_at is null";

/// Takes back the sum of a filing that was none.
pub(crate) async fn withdraw_filed(
    conn: &mut Conn,
    matter: OrderId,
    now_ms: i64,
) -> Result<(), BooksError> {
    sqlx::query(WITHDRAW).bind(matter.0).bind(now_ms).execute(&mut *conn).await?;
    follow(conn, matter).await
}

/// A sum that was signed, and up to which sum the script lets anything be claimed.
pub(crate) struct Signed {
    pub(crate) total: Fen,
    pub(crate) cap: Option<Fen>,
    pub(crate) owner: Option<String>,
    /// A supervisor has named it: it is what is claimed, also where more is owed.
    pub(crate) is_named: bool,
}

impl Signed {
    /// Up to which sum it is filed.
    pub(crate) fn most(&self) -> Option<Fen> {
        if self.is_named { Some(self.total) } else { self.cap }
    }
}

const SIGNED: &str = "
    select m.claim_fen, m.claim_cap_fen, m.owner, (
        select c.total_fen from matter_claims c
        where c.matter_id = m.id and c.withdrawn_at is null and c.occasion <> 'filed'
        order by c.seq desc limit 1) as signed_fen, (
        select c.is_named from matter_claims c
        where c.matter_id = m.id and c.withdrawn_at is null and c.occasion <> 'filed'
        order by c.seq desc limit 1) as is_named
    from matters m
    where m.id = $1";

/// What was signed of a proceeding.
pub(crate) async fn signed(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<Option<Signed>, BooksError> {
    let row = sqlx::query(SIGNED).bind(matter.0).fetch_optional(conn).await?;
    let read = |row: &AnyRow| {
        let signed: Option<i64> = row.try_get("signed_fen")?;
        let claim: i64 = row.try_get("claim_fen")?;
        let cap: Option<i64> = row.try_get("claim_cap_fen")?;
        Ok(Signed {
            total: Fen(signed.unwrap_or(claim)),
            cap: cap.map(Fen),
            owner: row.try_get("owner")?,
            is_named: row.try_get::<Option<i64>, _>("is_named")?.unwrap_or(0) != 0,
        })
    };
    row.as_ref().map(read).transpose()
}

const SET_BY: &str = "
    select c.occasion, c.by
    from matter_claims c
    where c.matter_id = $1 and c.withdrawn_at is null and c.occasion <> 'filed'
    order by c.seq desc limit 1";

/// At which point the sum that is signed of a proceeding was set, and by whom.
pub(crate) async fn set_by(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<Option<(Option<Occasion>, String)>, BooksError> {
    let row = sqlx::query(SET_BY).bind(matter.0).fetch_optional(conn).await?;
    let read = |row: &AnyRow| {
        let occasion: String = row.try_get("occasion")?;
        Ok((Occasion::parse(&occasion), row.try_get("by")?))
    };
    row.as_ref().map(read).transpose()
}

const RAISE_CAP: &str = "
    update matters
    set claim_cap_fen = $2
    where id = $1 and claim_cap_fen < $2";

const NAME: &str = "
    update matter_claims
    set is_named = 1
    where matter_id = $1 and seq = (
      select max(c.seq) from matter_claims c where c.matter_id = $1)";

/// Notes that a supervisor has named the newest sum, and lets as much be claimed.
pub(crate) async fn name_sum(
    conn: &mut Conn,
    matter: OrderId,
    sum: Fen,
) -> Result<(), BooksError> {
    sqlx::query(RAISE_CAP).bind(matter.0).bind(sum.0).execute(&mut *conn).await?;
    sqlx::query(NAME).bind(matter.0).execute(conn).await?;
    Ok(())
}

const UNFILED: &str = "
    select id
    from matters
    where case_id = $1 and status = 'opened'
    order by id";

/// The proceedings of a case that are approved and not yet at court.
pub(crate) async fn unfiled(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<OrderId>, BooksError> {
    let found: Vec<i64> =
        sqlx::query_scalar(UNFILED).bind(case.0).fetch_all(conn).await?;
    Ok(found.into_iter().map(OrderId).collect())
}

const ASTRAY: &str = "
    select m.id
    from matters m
    where $1 < m.id and m.id <= $2 and m.claim_fen <> (
      select c.total_fen from matter_claims c
      where c.matter_id = m.id and c.withdrawn_at is null
      order by c.seq desc limit 1)";

/// The proceedings between two numbers whose sum is not the newest that stands.
pub(crate) async fn astray(
    conn: &mut Conn,
    (after, last): (i64, i64),
) -> Result<Vec<i64>, BooksError> {
    let asked = sqlx::query_scalar(ASTRAY).bind(after).bind(last);
    Ok(asked.fetch_all(conn).await?)
}

/// A claim of which the sum alone is known.
pub(crate) fn bare(total: Fen) -> Claim {
    Claim {
        total,
        principal: None,
        interest: None,
        penalty: Fen(0),
        fees: Fen(0),
        basis: ClaimBasis::Due,
    }
}
