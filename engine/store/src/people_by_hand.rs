//! People of a case as somebody enters them (登记当事人): added, corrected, taken off.
//!
//! A person has one record, however many loans name them: whoever is entered under a
//! number that the book knows is that person.

use std::collections::BTreeSet;

use domain::ids::{CaseId, PartyId};
use domain::party::{GuaranteeKind, Role};
use foldhash::HashMap;
use serde::Deserialize;

use crate::case_book::PersonRow;
use crate::error::StoreError;
use crate::now::Now;
use crate::{Conn, case_people, events, holds, limitation, points, rows};

/// Somebody of a case, as whoever corrects them has to know it. It has no `Debug`: it
/// names people.
#[derive(Clone, Deserialize, PartialEq)]
pub struct OfCase {
    /// The person.
    pub party: PartyId,
    /// What they are to the debt.
    pub role: Role,
    /// The number under which the book has them.
    pub party_no: String,
    /// Their name, empty where none is known.
    pub name: String,
    /// The number of the identity card.
    pub id_number: Option<String>,
    /// The number in use.
    pub phone: Option<String>,
    /// The account of the official WeChat channel.
    pub wechat: Option<String>,
    /// The postal address.
    pub address: Option<String>,
    /// The village.
    pub village: Option<String>,
}

const OF_CASE: &str = "
    select json_group_array(json_array(p.id, cp.role, p.party_no, p.name, p.id_number,
      p.phone, p.wechat, p.address, p.village) order by cp.role, p.id)
    from case_parties cp
    join parties p on p.id = cp.party_id
    where cp.case_id = (select s.id from list($1) as s (id bigint))";

/// Everybody of a case, a line for each role that they have in it, those who owe most
/// first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(conn: &mut Conn, case: CaseId) -> Result<Vec<OfCase>, StoreError> {
    let mut people: Vec<OfCase> = rows::ask(conn, OF_CASE, &[case]).await?;
    people.sort_by_key(|person| (person.role, person.party));
    Ok(people)
}

const PARTY: &str = "select id from parties where party_no = $1";

/// Puts somebody on a case; whoever is in the book under their number keeps what is not
/// said otherwise. Answers who it is.
///
/// # Errors
///
/// [`StoreError`] when the case is unknown or the database cannot be written.
pub async fn add(
    conn: &mut Conn,
    now: &Now,
    case: CaseId,
    person: &PersonRow,
) -> Result<PartyId, StoreError> {
    let before = BTreeSet::from([case.0]);
    let mut changed =
        case_people::import(conn, &[(case, person)], &before, &HashMap::default())
            .await?
            .changed;
    let party: i64 = sqlx::query_scalar(PARTY)
        .bind(person.party_no.clone())
        .fetch_one(&mut *conn)
        .await?;
    if let Some(it) = person.guarantee {
        let undertaken = (case, party, it.kind, it.period_months);
        rows::run(conn, UNDERTAKE, &[undertaken]).await?;
        limitation::recompute(conn, &[case.0]).await?;
    }
    holds::persons::follow(conn, now, &[case.0]).await?;
    changed.insert(case.0);
    events::touch(conn, &changed).await?;
    Ok(PartyId(party))
}

/// What is corrected of somebody; what is `None` stays as it is.
#[derive(Clone, Default)]
pub struct Correction {
    /// Their name.
    pub name: Option<String>,
    /// The number of the identity card.
    pub id_number: Option<String>,
    /// Their village.
    pub village: Option<String>,
    /// What they are to the debt.
    pub role: Option<Role>,
    /// The documents on record that tie them to it, in place of those of before.
    pub evidence: Option<Vec<String>>,
    /// What they have undertaken as a guarantor.
    pub guarantee: Option<(GuaranteeKind, Option<u32>)>,
}

const CORRECT: &str = "
    update parties
    set name = coalesce(s.name, parties.name),
      id_number = coalesce(s.id_number, parties.id_number),
      village = coalesce(s.village, parties.village),
      initials = coalesce(s.initials, parties.initials)
    from batch($1) as s (
      id bigint, name text, id_number text, village text, initials text)
    where parties.id = s.id";

const CORRECT_TIE: &str = "
    update case_parties
    set role = coalesce(s.new_role, case_parties.role),
      evidence = coalesce(s.evidence, case_parties.evidence)
    from batch($1) as s (
      case_id bigint, party_id bigint, role text, new_role text, evidence text)
    where case_parties.case_id = s.case_id and case_parties.party_id = s.party_id
      and case_parties.role = s.role";

const UNDERTAKE: &str = "
    insert into guarantees (case_id, party_id, kind, period_months, by_hand)
    select s.case_id, s.party_id, s.kind, coalesce(s.period_months, 6), 1
    from batch($1) as s (
      case_id bigint, party_id bigint, kind text, period_months bigint)
    where true
    on conflict (case_id, party_id) do update set
      kind = excluded.kind, period_months = excluded.period_months, by_hand = 1";

const NO_GUARANTEE: &str = "delete from guarantees where case_id = $1 and party_id = $2";

const CASES_OF: &str = "select case_id from case_parties where party_id = $1";

/// Corrects what is on record of somebody of a case; name, card and village are of the
/// person, on every case of theirs.
///
/// # Errors
///
/// [`StoreError`] when they have that role on the case already, or the database cannot
/// be written.
pub async fn correct(
    conn: &mut Conn,
    case: CaseId,
    (party, role): (PartyId, Role),
    correction: &Correction,
) -> Result<(), StoreError> {
    let Correction { name, id_number, village, role: new_role, evidence, guarantee } =
        correction;
    let initials = name.as_deref().and_then(points::initials_of);
    rows::run(conn, CORRECT, &[(party, name, id_number, village, initials)]).await?;
    let evidence = evidence.as_ref().map(serde_json::to_string).transpose()?;
    rows::run(conn, CORRECT_TIE, &[(case, party, role, new_role, evidence)]).await?;
    if let Some((kind, months)) = guarantee {
        rows::run(conn, UNDERTAKE, &[(case, party, kind, months)]).await?;
    }
    if role == Role::Guarantor
        && new_role.is_some_and(|new_role| new_role != Role::Guarantor)
    {
        let gone = sqlx::query(NO_GUARANTEE).bind(case.0).bind(party.0);
        gone.execute(&mut *conn).await?;
    }
    limitation::recompute(conn, &[case.0]).await?;
    let cases: Vec<i64> =
        sqlx::query_scalar(CASES_OF).bind(party.0).fetch_all(&mut *conn).await?;
    events::touch(conn, &cases.into_iter().collect()).await
}

const REMOVE: &str = "
    delete from case_parties where case_id = $1 and party_id = $2 and role = $3";

/// Takes somebody off a case in whom nobody is to be seen there; their record and what
/// was done towards them stay.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn remove(
    conn: &mut Conn,
    case: CaseId,
    (party, role): (PartyId, Role),
) -> Result<(), StoreError> {
    if role == Role::Guarantor {
        let gone = sqlx::query(NO_GUARANTEE).bind(case.0).bind(party.0);
        gone.execute(&mut *conn).await?;
    }
    let gone = sqlx::query(REMOVE).bind(case.0).bind(party.0).bind(role.as_str());
    gone.execute(&mut *conn).await?;
    events::touch(conn, &BTreeSet::from([case.0])).await
}
