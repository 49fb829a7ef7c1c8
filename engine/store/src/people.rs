//! Who is in the book (当事人核对): people by their loans, by the institution's number
//! of them, by their identity card.
//!
//! A list names people in words that a spreadsheet can damage. Whoever takes it in
//! compares with what is known here before anything is written.

use domain::party::Role;
use foldhash::HashSet;
use serde::Deserialize;

use crate::error::StoreError;
use crate::{Conn, rows};

const REACHED_AT: &str = "\
select cast(exists (select 1 from parties where phone = $1)
  or exists (select 1 from parties where wechat = $1) as integer)";

/// Whether somebody of the book is reached at this number or account.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_reached_at(conn: &mut Conn, point: &str) -> Result<bool, StoreError> {
    let found: i64 =
        sqlx::query_scalar(REACHED_AT).bind(point.to_owned()).fetch_one(conn).await?;
    Ok(found == 1)
}

/// A person on record. It has no `Debug`: it names people.
#[derive(Clone, Deserialize)]
pub struct Known {
    /// The id; `None` for somebody who is about to be written.
    pub id: Option<i64>,
    /// The number under which the book has the person.
    pub party_no: String,
    /// The name, empty when none is known.
    pub name: String,
    /// The number of the identity card.
    pub id_number: Option<String>,
    /// The telephone.
    pub phone: Option<String>,
}

/// The people of these loans: loan number, role, person.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_cases(
    conn: &mut Conn,
    case_nos: &[&str],
) -> Result<Vec<(String, Role, Known)>, StoreError> {
    if case_nos.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, OF_CASES, case_nos).await
}

/// The people under these numbers.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn by_number(
    conn: &mut Conn,
    party_nos: &[&str],
) -> Result<Vec<Known>, StoreError> {
    // The people of a new book are not in it: one look spares as many as there are rows.
    let (Some(least), Some(greatest)) = (party_nos.iter().min(), party_nos.iter().max())
    else {
        return Ok(Vec::new());
    };
    let any = sqlx::query_scalar(ANY_BETWEEN).bind(*least).bind(*greatest);
    let any: i64 = any.fetch_one(&mut *conn).await?;
    if any == 0 {
        return Ok(Vec::new());
    }
    rows::ask(conn, BY_NUMBER, party_nos).await
}

/// The people with these identity cards.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn by_id_number(
    conn: &mut Conn,
    id_numbers: &[&str],
) -> Result<Vec<Known>, StoreError> {
    if id_numbers.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, BY_ID_NUMBER, id_numbers).await
}

/// One loan of the person under a number, to name the person by.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn loan_of(
    conn: &mut Conn,
    party_no: &str,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(LOAN_OF).bind(party_no.to_owned()).fetch_optional(conn).await?)
}

/// The loan numbers of every case of these people.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn loans_of(
    conn: &mut Conn,
    party_nos: &[&str],
) -> Result<Vec<String>, StoreError> {
    if party_nos.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, LOANS_OF, party_nos).await
}

/// Those of these loan numbers whose borrower is known to have died.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn loans_of_the_dead(
    conn: &mut Conn,
    case_nos: &[&str],
) -> Result<HashSet<String>, StoreError> {
    rows::ask(conn, LOANS_OF_THE_DEAD, case_nos).await
}

/// Gives people the institution's number of them, who were in the book under
/// one made of their loan's: old number, new number.
///
/// # Errors
///
/// [`StoreError`] when a new number is taken or the database cannot be written.
pub async fn renumber(
    conn: &mut Conn,
    numbers: &[(String, String)],
) -> Result<(), StoreError> {
    rows::run(conn, RENUMBER, numbers).await?;
    Ok(())
}

/// Puts another record of the same person in the borrower's place: loan number,
/// number so far, number from now on. A death and what was consented to are
/// carried over.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn replace_borrowers(
    conn: &mut Conn,
    replaced: &[(String, String, String)],
) -> Result<(), StoreError> {
    if replaced.is_empty() {
        return Ok(());
    }
    rows::run(conn, CARRY_OVER, replaced).await?;
    rows::run(conn, REPLACE, replaced).await?;
    Ok(())
}

/// The same for those whose new record has come into the book since, with its
/// own place beside the old one.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn drop_replaced(
    conn: &mut Conn,
    replaced: &[(String, String, String)],
) -> Result<(), StoreError> {
    if replaced.is_empty() {
        return Ok(());
    }
    rows::run(conn, CARRY_OVER, replaced).await?;
    rows::run(conn, TAKE_PLACE, replaced).await?;
    rows::run(conn, DROP_REPLACED, replaced).await?;
    Ok(())
}

/// Those of some people on whom a hold of their own stands, so that their record
/// cannot make way for another.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn held(
    conn: &mut Conn,
    party_nos: &[&str],
) -> Result<Vec<String>, StoreError> {
    if party_nos.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, HELD, party_nos).await
}

const OF_CASES: &str = "
    select json_group_array(json_array(
      c.case_no, cp.role, json_array(p.id, p.party_no, p.name, p.id_number, p.phone))
      order by c.id, cp.role, cp.party_id)
    from cases c
    join case_parties cp on cp.case_id = c.id
    join parties p on p.id = cp.party_id
    where c.case_no in (select s.case_no from list($1) as s (case_no text))";

const ANY_BETWEEN: &str = "
    select cast(exists (
      select 1 from parties where $1 <= party_no and party_no <= $2) as integer)";

const BY_NUMBER: &str = "
    select json_group_array(json_array(id, party_no, name, id_number, phone))
    from parties
    where party_no in (select s.party_no from list($1) as s (party_no text))";

const BY_ID_NUMBER: &str = "
    select json_group_array(json_array(id, party_no, name, id_number, phone) order by id)
    from parties
    where id_number in (select s.id_number from list($1) as s (id_number text))";

const LOAN_OF: &str = "
    select c.case_no
    from parties p
    join case_parties cp on cp.party_id = p.id
    join cases c on c.id = cp.case_id
    where p.party_no = $1
    order by c.id
    limit 1";

const LOANS_OF: &str = "
    select json_group_array(distinct c.case_no)
    from parties p
    join case_parties cp on cp.party_id = p.id
    join cases c on c.id = cp.case_id
    where p.party_no in (select s.party_no from list($1) as s (party_no text))";

const LOANS_OF_THE_DEAD: &str = "
    select json_group_array(distinct c.case_no)
    from cases c
    join case_parties cp on cp.case_id = c.id and cp.role = 'borrower'
    join parties p on p.id = cp.party_id
    where c.case_no in (select s.case_no from list($1) as s (case_no text))
      and p.deceased_on is not null";

const RENUMBER: &str = "
    update parties
    set party_no = s.new_no
    from batch($1) as s (old_no text, new_no text)
    where parties.party_no = s.old_no";

const CARRY_OVER: &str = "
    update parties
    set deceased_on = coalesce(parties.deceased_on, o.deceased_on),
      consents = case parties.consents when '{}' then o.consents else parties.consents end
    from batch($1) as r (case_no text, old_no text, new_no text)
    join parties o on o.party_no = r.old_no
    where parties.party_no = r.new_no";

const REPLACE: &str = "
    update case_parties
    set party_id = n.id
    from batch($1) as r (case_no text, old_no text, new_no text)
    join cases c on c.case_no = r.case_no
    join parties o on o.party_no = r.old_no
    join parties n on n.party_no = r.new_no
    where case_parties.case_id = c.id and case_parties.party_id = o.id
      and case_parties.role = 'borrower'";

const TAKE_PLACE: &str = "
    update case_parties
    set failed_attempts = old.failed_attempts, evidence = old.evidence
    from batch($1) as r (case_no text, old_no text, new_no text)
    join cases c on c.case_no = r.case_no
    join parties o on o.party_no = r.old_no
    join parties n on n.party_no = r.new_no
    join case_parties old
      on old.case_id = c.id and old.party_id = o.id and old.role = 'borrower'
    where case_parties.case_id = c.id and case_parties.party_id = n.id
      and case_parties.role = 'borrower' and o.id <> n.id";

const DROP_REPLACED: &str = "
    delete from case_parties
    where (case_id, party_id, role) in (
      select c.id, o.id, 'borrower'
      from batch($1) as r (case_no text, old_no text, new_no text)
      join cases c on c.case_no = r.case_no
      join parties o on o.party_no = r.old_no
      join parties n on n.party_no = r.new_no
      join case_parties taken
        on taken.case_id = c.id and taken.party_id = n.id and taken.role = 'borrower'
      where o.id <> n.id)";

const HELD: &str = "
    select json_group_array(distinct p.party_no)
    from parties p
    join case_parties cp on cp.party_id = p.id
    join holds h on h.case_id = cp.case_id and h.party_id = p.id and h.action = 'placed'
    where p.party_no in (select s.party_no from list($1) as s (party_no text))
      and not exists (select 1 from holds l where l.lifts = h.id)";
