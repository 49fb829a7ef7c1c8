//! What an event does to the facts of its case (事件的效力), whatever a script says.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{CaseId, PartyId};
use jiff::civil::Date;
use serde_json::Value;

use crate::error::StoreError;
use crate::events::NewEvent;
use crate::holds::{self, Again, Lift, NewHold, Which};
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

/// The day that the payload names, or the day on which the event happened.
fn day_of(event: &NewEvent) -> Date {
    let told = event.payload.get("on").and_then(Value::as_str);
    told.and_then(|it| it.parse().ok()).unwrap_or(event.happened_on)
}

/// Gives claims up, and takes back what was given up by mistake: of several events of
/// a case the last one holds.
async fn dismiss(conn: &mut Conn, events: &[&NewEvent]) -> Result<(), StoreError> {
    let mut standing: BTreeMap<CaseId, bool> = BTreeMap::new();
    for event in events {
        match event.kind.as_str() {
            "dismissed" => standing.insert(event.case_id, false),
            "dismissal_withdrawn" => standing.insert(event.case_id, true),
            _ => continue,
        };
    }
    let with = |stands: bool| {
        let cases = standing.iter().filter(|case| *case.1 == stands);
        cases.map(|case| *case.0).collect::<Vec<CaseId>>()
    };
    rows::run(conn, DISMISS, &with(false)).await?;
    rows::run(conn, OPEN_AGAIN, &with(true)).await?;
    Ok(())
}

async fn place_holds(
    conn: &mut Conn,
    now: &Now,
    events: &[&NewEvent],
) -> Result<(), StoreError> {
    let debtors_died = take_deaths(conn, events).await?;
    let placed = events.iter().enumerate().filter_map(|(at, it)| {
        let again = match it.kind.as_str() {
            "deceased" if debtors_died.contains(&at) => Again::Joins,
            "complaint" | "dispute" => Again::Stacks,
            _ => return None,
        };
        Some(NewHold {
            case_id: it.case_id,
            party_id: None,
            reason: it.kind.clone(),
            effective_on: day_of(it),
            by: it.source.clone(),
            note: note_of(it),
            again,
        })
    });
    let placed: Vec<NewHold> = placed.collect();
    holds::place(conn, now, &placed).await?;
    Ok(())
}

/// Writes the days of death. Answers the places of the events that tell of
/// the borrower's own death.
///
/// The payload may name another `party`, by number: that death holds nothing.
async fn take_deaths(
    conn: &mut Conn,
    events: &[&NewEvent],
) -> Result<BTreeSet<usize>, StoreError> {
    let deaths: Vec<(usize, CaseId, Option<PartyId>, Date)> = events
        .iter()
        .enumerate()
        .filter(|(_, it)| it.kind == "deceased")
        .map(|(at, it)| (at, it.case_id, contacts::party_of(it), day_of(it)))
        .collect();
    if deaths.is_empty() {
        return Ok(BTreeSet::new());
    }
    rows::run(conn, WRITE_DEATHS, &deaths).await?;
    rows::ask(conn, BORROWERS_DEATHS, &deaths).await
}

/// A report of death that was wrong takes back the day of death.
async fn take_deaths_back(
    conn: &mut Conn,
    events: &[&NewEvent],
) -> Result<(), StoreError> {
    let alive: Vec<(CaseId, Option<PartyId>)> = events
        .iter()
        .filter(|it| it.kind == "death_disproved")
        .map(|it| (it.case_id, contacts::party_of(it)))
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
    let lifted = events.iter().filter_map(|it| {
        let (reason, which) = match it.kind.as_str() {
            "complaint_resolved" => ("complaint", Which::Oldest),
            "dispute_resolved" => ("dispute", Which::Oldest),
            "death_disproved" if contacts::party_of(it).is_none() => {
                ("deceased", Which::All)
            }
            _ => return None,
        };
        Some(Lift {
            case_id: it.case_id,
            reason: reason.to_owned(),
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
    where id in (select value from json_each($1)) and status <> 'dismissed'";

const OPEN_AGAIN: &str = "
    update cases
    set status = 'open'
    where id in (select value from json_each($1)) and status = 'dismissed'";

const WRITE_DEATHS: &str = "
    update parties
    set deceased_on = d.died_on
    from (
      select cp.party_id, min(d.value ->> 3) as died_on
      from jsonb_each($1) d
      join case_parties cp on cp.case_id = d.value ->> 1
      where cp.party_id = d.value ->> 2
        or (d.value ->> 2 is null and cp.role = 'borrower')
      group by cp.party_id
    ) d
    where parties.id = d.party_id and parties.deceased_on is null";

const CLEAR_DEATHS: &str = "
    update parties
    set deceased_on = null
    where deceased_on is not null and id in (
      select cp.party_id
      from jsonb_each($1) d
      join case_parties cp on cp.case_id = d.value ->> 0
      where cp.party_id = d.value ->> 1
        or (d.value ->> 1 is null and cp.role = 'borrower'))";

const BORROWERS_DEATHS: &str = "
    select json_group_array(d.value ->> 0)
    from jsonb_each($1) d
    where d.value ->> 2 is null
      or exists (
        select 1
        from case_parties cp
        where cp.case_id = d.value ->> 1
          and cp.party_id = d.value ->> 2
          and cp.role = 'borrower')";
