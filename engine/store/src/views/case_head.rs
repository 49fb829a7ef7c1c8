//! Case heads (案头): whom a case is about, what is owed, and how the claim stands.

use domain::facts::CaseFacts;
use domain::ids::CaseId;
use domain::status::CaseStatus;
use foldhash::HashMap;
use jiff::civil::Date;
use sqlx::FromRow;

use crate::{Conn, StoreError, facts};

/// The head of a case.
#[derive(Clone, Debug)]
pub struct CaseHead {
    /// What scripts see of it.
    pub facts: CaseFacts,
    /// How the claim stands.
    pub claim: CaseStatus,
}

#[derive(FromRow)]
struct ClaimRow {
    id: i64,
    #[sqlx(try_from = "String")]
    status: CaseStatus,
}

const CLAIMS: &str = "\
select id, status from cases where id in (select s.id from list($1) as s (id bigint))";

/// The heads of some cases on a day; one that is not in the store is missing.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_cases(
    conn: &mut Conn,
    today: Date,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, CaseHead>, StoreError> {
    let list = serde_json::to_string(cases)?;
    let claims: Vec<ClaimRow> =
        sqlx::query_as(CLAIMS).bind(list).fetch_all(&mut *conn).await?;
    let ids: Vec<i64> = cases.iter().map(|case| case.0).collect();
    let mut known = facts::load(conn, today, &ids).await?;
    let heads = claims.into_iter().filter_map(|row| {
        let case = CaseId(row.id);
        Some((case, CaseHead { facts: known.remove(&case)?, claim: row.status }))
    });
    Ok(heads.collect())
}
