//! Whose money a payment was (付款人): the borrower's, a guarantor's, or that of somebody
//! who owes nothing.

use domain::ids::{CaseId, EntryId};
use domain::ledger::Payer;
use foldhash::HashMap;

use crate::{Conn, StoreError, rows};

const NAME: &str = "insert into ledger_payers (entry_id, payer) values ($1, $2)";

/// Notes whose money a payment was, once.
///
/// # Errors
///
/// [`StoreError`] when it was noted before or the database cannot be written.
pub async fn name(
    conn: &mut Conn,
    entry: EntryId,
    payer: Payer,
) -> Result<(), StoreError> {
    sqlx::query(NAME).bind(entry.0).bind(payer.as_str()).execute(conn).await?;
    Ok(())
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
