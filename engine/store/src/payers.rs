//! Whose money a payment was (付款人): the borrower's, a guarantor's, or that of somebody
//! who owes nothing.

use domain::ids::{CaseId, EntryId};
use domain::ledger::Payer;
use domain::limitation::Evidence;
use foldhash::{HashMap, HashSet};

use crate::{Conn, StoreError, limitation, rows};

const NAME: &str = "insert into ledger_payers (entry_id, payer) values ($1, $2)";

/// What shows nothing of the debtor: somebody else has paid.
const SAYS_NOTHING: &str = "
    update interruptions
    set evidence = $2, proved = 0
    where source in ('ledger', 'confirmed') and dedupe_key = 'payment:' || cast($1 as bigint)
      and case_id = (select l.case_id from ledger l where l.id = cast($1 as bigint))";

const CASE_OF: &str = "select case_id from ledger where id = $1";

/// Notes whose money a payment was, once. Only the borrower's own shows that they
/// acknowledge the debt (Civil Code 195): what a guarantor or a third person pays begins
/// no limitation period of the borrower anew.
///
/// # Errors
///
/// [`StoreError`] when it was noted before or the database cannot be written.
pub async fn name(
    conn: &mut Conn,
    entry: EntryId,
    payer: Payer,
) -> Result<(), StoreError> {
    sqlx::query(NAME).bind(entry.0).bind(payer.as_str()).execute(&mut *conn).await?;
    if payer == Payer::Borrower {
        return Ok(());
    }
    sqlx::query(SAYS_NOTHING)
        .bind(entry.0)
        .bind(Evidence::BareAssertion.as_str())
        .execute(&mut *conn)
        .await?;
    let case: i64 =
        sqlx::query_scalar(CASE_OF).bind(entry.0).fetch_one(&mut *conn).await?;
    limitation::recompute(conn, &[case]).await
}

const OF_OTHERS: &str = "
    select json_group_array(p.entry_id)
    from ledger_payers p
    where p.entry_id in (select s.id from list($1) as s (id bigint))
      and p.payer <> 'borrower'";

/// Those of some payments that were not the borrower's money, as far as it is known.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub(crate) async fn of_others(
    conn: &mut Conn,
    payments: &[EntryId],
) -> Result<HashSet<EntryId>, StoreError> {
    let found: Vec<EntryId> = rows::ask(conn, OF_OTHERS, payments).await?;
    Ok(found.into_iter().collect())
}

const OF_CASE: &str = "
    select json_group_array(json_array(p.entry_id, p.payer) order by p.entry_id)
    from ledger l
    join ledger_payers p on p.entry_id = l.id
    where l.case_id = (select s.id from list($1) as s (id bigint))";

/// Whose money the payments of a case were, as far as it is known.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<HashMap<EntryId, Payer>, StoreError> {
    let found: Vec<(EntryId, Payer)> = rows::ask(conn, OF_CASE, &[case]).await?;
    Ok(found.into_iter().collect())
}
