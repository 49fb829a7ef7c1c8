//! Whose money a payment was (付款人): the borrower's, a guarantor's, or that of somebody
//! who owes nothing.

use domain::ids::{CaseId, EntryId, PartyId};
use domain::ledger::Payer;
use domain::party::Role;
use foldhash::{HashMap, HashSet};
use jiff::civil::Date;
use serde::Deserialize;

use crate::{Conn, StoreError, confirm, limitation, rows};

/// Whose money a payment was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Paid {
    /// The payment.
    pub entry: EntryId,
    /// Whose money it was.
    pub payer: Payer,
    /// Which of the people of the case, where that is known.
    pub party: Option<PartyId>,
}

const NAMED: &str = "
    select json_group_array(entry_id)
    from ledger_payers
    where entry_id in (select s.id from list($1) as s (id bigint))";

const NAME: &str = "
    insert into ledger_payers (entry_id, payer, party_id)
    select s.entry_id, s.payer, s.party_id
    from batch($1) as s (entry_id bigint, payer text, party_id bigint)";

const CASES_OF: &str = "
    select json_group_array(distinct case_id)
    from ledger
    where id in (select s.id from list($1) as s (id bigint))";

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
    name_new(conn, &[Paid { entry, payer, party: None }]).await
}

/// Notes whose money some payments were, as [`name`] does; of which it was noted before,
/// by whoever took the money, stay as they are. Answers those that are new.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn name_all(conn: &mut Conn, paid: &[Paid]) -> Result<Vec<Paid>, StoreError> {
    if paid.is_empty() {
        return Ok(Vec::new());
    }
    let entries: Vec<EntryId> = paid.iter().map(|it| it.entry).collect();
    let named: Vec<EntryId> = rows::ask(conn, NAMED, &entries).await?;
    let mut named: HashSet<EntryId> = named.into_iter().collect();
    let new: Vec<Paid> =
        paid.iter().filter(|it| named.insert(it.entry)).copied().collect();
    name_new(conn, &new).await?;
    Ok(new)
}

async fn name_new(conn: &mut Conn, paid: &[Paid]) -> Result<(), StoreError> {
    let cells = |it: &Paid| (it.entry, it.payer.as_str(), it.party);
    let cells: Vec<_> = paid.iter().map(cells).collect();
    rows::run(conn, NAME, &cells).await?;
    let others = paid.iter().filter(|it| it.payer != Payer::Borrower);
    let others: Vec<EntryId> = others.map(|it| it.entry).collect();
    if others.is_empty() {
        return Ok(());
    }
    // Somebody else's money shows nothing of the debtor.
    let ids: Vec<i64> = others.iter().map(|it| it.0).collect();
    limitation::disprove(conn, &ids).await?;
    let cases: Vec<i64> = rows::ask(conn, CASES_OF, &others).await?;
    limitation::recompute(conn, &cases).await
}

const CORRECT: &str = "
    insert into ledger_payers (entry_id, payer, party_id)
    values ($1, $2, null)
    on conflict (entry_id) do update set
      payer = excluded.payer, party_id = null";

/// Says whose money a payment was, whatever was noted before: who it was has been found
/// out. The debtor's periods run by it from then on. Whether a bank's file or a second
/// person has confirmed the payment is looked at anew.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn correct(
    conn: &mut Conn,
    entry: EntryId,
    payer: Payer,
) -> Result<(), StoreError> {
    sqlx::query(CORRECT).bind(entry.0).bind(payer.as_str()).execute(&mut *conn).await?;
    limitation::disprove(conn, &[entry.0]).await?;
    if payer == Payer::Borrower {
        rows::run(conn, PROVE, &[entry]).await?;
        let unproved: Vec<(EntryId, CaseId, Date)> =
            rows::ask(conn, UNPROVED, &[entry]).await?;
        confirm::prove(conn, &unproved).await?;
    }
    let cases: Vec<i64> = rows::ask(conn, CASES_OF, &[entry]).await?;
    limitation::recompute(conn, &cases).await
}

/// What the bank has told of, and nobody has taken back or withdrawn.
const PROVE: &str = "
    update interruptions
    set proved = 1
    where source in ('ledger', 'confirmed') and evidence = 'ledger_entry'
      and dedupe_key in (
        select 'payment:' || l.id
        from list($1) as s (id bigint)
        join ledger l on l.id = s.id
        where not exists (select 1 from ledger r where r.reverses = l.id))
      and not exists (
        select 1 from clock_withdrawals w where w.interruption_id = interruptions.id)";

/// A payment that was confirmed after it had been entered, as somebody else's then.
const UNPROVED: &str = "
    select json_group_array(json_array(l.id, l.case_id, l.booked_on))
    from ledger l
    where l.id in (select s.id from list($1) as s (id bigint)) and l.kind = 'payment'
      and l.confirmed <> 0 and l.inferred = 0
      and not exists (select 1 from ledger r where r.reverses = l.id)
      and not exists (
        select 1 from interruptions i
        where i.source in ('ledger', 'confirmed') and i.dedupe_key = 'payment:' || l.id
          and i.evidence = 'ledger_entry')";

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
    select json_group_array(json_array(
      p.entry_id, p.payer, p.party_id) order by p.entry_id)
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
) -> Result<HashMap<EntryId, Paid>, StoreError> {
    let found: Vec<(EntryId, Payer, Option<PartyId>)> =
        rows::ask(conn, OF_CASE, &[case]).await?;
    let paid = found
        .into_iter()
        .map(|(entry, payer, party)| (entry, Paid { entry, payer, party }));
    Ok(paid.collect())
}

const OF_ENTRIES: &str = "
    select json_group_array(json_array(entry_id, payer))
    from ledger_payers
    where entry_id in (select s.id from list($1) as s (id bigint))";

/// Whose money some payments were, as far as it is known.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_entries(
    conn: &mut Conn,
    entries: &[EntryId],
) -> Result<HashMap<EntryId, Payer>, StoreError> {
    let found: Vec<(EntryId, Payer)> = rows::ask(conn, OF_ENTRIES, entries).await?;
    Ok(found.into_iter().collect())
}

/// The name under which one of the people of some cases may have paid.
#[derive(Clone, Deserialize)]
pub struct Known {
    /// The case.
    pub case_id: CaseId,
    /// Who it is.
    pub party: PartyId,
    /// What they are to the debt.
    pub role: Role,
    /// Their name.
    pub name: String,
}

/// The people of some cases by name, for whoever reads the payer's off a bank's row.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn people_of(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<Known>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, PEOPLE, cases).await
}

const PEOPLE: &str = "
    select json_group_array(json_array(cp.case_id, cp.party_id, cp.role, p.name))
    from case_parties cp
    join parties p on p.id = cp.party_id
    where cp.case_id in (select s.id from list($1) as s (id bigint))
      and p.name <> ''";
