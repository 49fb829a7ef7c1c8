//! What an event does to the facts of its case (事件的效力), whatever a script says.

use std::collections::BTreeMap;

use domain::event::{EventKind, EventSpec, core_event};
use domain::ids::{CaseId, PartyId};
use domain::status::CaseStatus;
use jiff::civil::Date;
use serde_json::Value;

use crate::error::StoreError;
use crate::events::NewEvent;
use crate::holds::{self, IfHeld, Lift, NewHold, Which};
use crate::now::Now;
use crate::{Conn, contacts, rows};

/// Applies the events, which are new and in order.
pub(crate) async fn apply(
    conn: &mut Conn,
    now: &Now,
    resume_at_ms: i64,
    events: &[&NewEvent],
) -> Result<(), StoreError> {
    dismiss(conn, events).await?;
    place_holds(conn, now, events).await?;
    take_deaths_back(conn, events).await?;
    lift_holds(conn, now, resume_at_ms, events).await?;
    contacts::take_results(conn, now, events).await
}

/// What the event means; those of plugins change no facts by themselves.
fn spec(event: &NewEvent) -> Option<&'static EventSpec> {
    core_event(&event.kind)
}

/// The day that the payload names, or the day on which the event happened.
fn day_of(event: &NewEvent) -> Date {
    let told = event.payload.get("on").and_then(Value::as_str);
    told.and_then(|it| it.parse().ok()).unwrap_or(event.happened_on)
}

/// Gives claims up, and takes back what was given up by mistake: of several events of
/// a case the last one holds.
async fn dismiss(conn: &mut Conn, events: &[&NewEvent]) -> Result<(), StoreError> {
    let set = |event: &&NewEvent| Some((event.case_id, spec(event)?.sets_claim?));
    let standing: BTreeMap<CaseId, CaseStatus> = events.iter().filter_map(set).collect();
    let with = |status: CaseStatus| {
        let cases = standing.iter().filter(|case| *case.1 == status);
        cases.map(|case| *case.0).collect::<Vec<CaseId>>()
    };
    rows::run(conn, DISMISS, &with(CaseStatus::Dismissed)).await?;
    rows::run(conn, OPEN_AGAIN, &with(CaseStatus::Open)).await?;
    Ok(())
}

async fn place_holds(
    conn: &mut Conn,
    now: &Now,
    events: &[&NewEvent],
) -> Result<(), StoreError> {
    let deaths: Vec<(usize, CaseId, Option<PartyId>, Date)> = events
        .iter()
        .enumerate()
        .filter(|(_, it)| it.kind == EventKind::Deceased)
        .map(|(at, it)| (at, it.case_id, contacts::party_of(it), day_of(it)))
        .collect();
    rows::run(conn, WRITE_DEATHS, &deaths).await?;
    let own = own_loans(conn, events, EventKind::Deceased).await?;
    let placed = events.iter().enumerate().filter_map(|(at, it)| {
        let reason = spec(it)?.places_hold?;
        let again = if reason.is_counted() { IfHeld::Add } else { IfHeld::Keep };
        Some(NewHold {
            case_id: held_on(at, it, EventKind::Deceased, &own)?,
            party_id: None,
            reason: reason.as_str().to_owned(),
            effective_on: day_of(it),
            by: it.source.clone(),
            note: note_of(it),
            again,
            also: contacts::loans_of(it),
        })
    });
    let placed: Vec<NewHold> = placed.collect();
    holds::place(conn, now, &placed).await?;
    Ok(())
}

/// The loan on which an event holds something. A death may be that of another `party`
/// of the case, whom the payload names: it holds what that person owes themselves.
fn held_on(
    at: usize,
    event: &NewEvent,
    of_death: EventKind,
    own: &BTreeMap<usize, CaseId>,
) -> Option<CaseId> {
    if event.kind == of_death { own.get(&at).copied() } else { Some(event.case_id) }
}

/// The loans of whoever is said to have died, or not to have, by the places of the
/// events: the case itself where it is its borrower, else one that the person owes.
async fn own_loans(
    conn: &mut Conn,
    events: &[&NewEvent],
    of_death: EventKind,
) -> Result<BTreeMap<usize, CaseId>, StoreError> {
    let told: Vec<(usize, CaseId, Option<PartyId>)> = events
        .iter()
        .enumerate()
        .filter(|(_, it)| it.kind == of_death)
        .map(|(at, it)| (at, it.case_id, contacts::party_of(it)))
        .collect();
    if told.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(usize, Option<CaseId>)> = rows::ask(conn, OWN_LOANS, &told).await?;
    Ok(found.into_iter().filter_map(|(at, case)| Some((at, case?))).collect())
}

/// A report of death that was wrong takes back the day of death.
async fn take_deaths_back(
    conn: &mut Conn,
    events: &[&NewEvent],
) -> Result<(), StoreError> {
    let alive: Vec<(CaseId, Option<PartyId>)> = events
        .iter()
        .filter(|event| event.kind == EventKind::DeathDisproved)
        .map(|event| (event.case_id, contacts::party_of(event)))
        .collect();
    rows::run(conn, CLEAR_DEATHS, &alive).await?;
    Ok(())
}

async fn lift_holds(
    conn: &mut Conn,
    now: &Now,
    resume_at_ms: i64,
    events: &[&NewEvent],
) -> Result<(), StoreError> {
    let own = own_loans(conn, events, EventKind::DeathDisproved).await?;
    let lifted = events.iter().enumerate().filter_map(|(at, it)| {
        let reason = spec(it)?.lifts_hold?;
        let which = if reason.is_counted() { Which::Oldest } else { Which::All };
        Some(Lift {
            case_id: held_on(at, it, EventKind::DeathDisproved, &own)?,
            reason: reason.as_str().to_owned(),
            which,
            effective_on: day_of(it),
            by: it.source.clone(),
            note: note_of(it),
        })
    });
    let lifted: Vec<Lift> = lifted.collect();
    holds::lift(conn, now, resume_at_ms, &lifted).await?;
    Ok(())
}

fn note_of(event: &NewEvent) -> String {
    event.payload.get("note").and_then(Value::as_str).unwrap_or_default().to_owned()
}

const DISMISS: &str = "
    update cases
    set status = 'dismissed'
    where id in (select id from list($1) as s (id bigint)) and status <> 'dismissed'";

const OPEN_AGAIN: &str = "
    update cases
    set status = 'open'
    where id in (select id from list($1) as s (id bigint)) and status = 'dismissed'";

const WRITE_DEATHS: &str = "
    update parties
    set deceased_on = d.died_on
    from (
      select cp.party_id, min(s.died_on) as died_on
      from batch($1) as s (place bigint, case_id bigint, party_id bigint, died_on text)
      join case_parties cp on cp.case_id = s.case_id
      where cp.party_id = s.party_id
        or (s.party_id is null and cp.role = 'borrower')
      group by cp.party_id
    ) d
    where parties.id = d.party_id and parties.deceased_on is null";

const CLEAR_DEATHS: &str = "
    update parties
    set deceased_on = null
    where deceased_on is not null and id in (
      select cp.party_id
      from batch($1) as s (case_id bigint, party_id bigint)
      join case_parties cp on cp.case_id = s.case_id
      where cp.party_id = s.party_id
        or (s.party_id is null and cp.role = 'borrower'))";

const OWN_LOANS: &str = "
    select json_group_array(json_array(s.place, case
      when s.party_id is null or exists (
        select 1
        from case_parties cp
        where cp.case_id = s.case_id
          and cp.party_id = s.party_id
          and cp.role = 'borrower') then s.case_id
      else (
        select min(cp.case_id)
        from case_parties cp
        where cp.party_id = s.party_id and cp.role = 'borrower')
    end))
    from batch($1) as s (place bigint, case_id bigint, party_id bigint)";
