//! Numbers, accounts and addresses of people (联系方式): who gave one, how it stands, and
//! what of that is used.
//!
//! What is used stands on the person, so that whatever sends or shows it asks there. What
//! a row here says is out of use is refused by the review at hand-over, is no longer seen
//! by scripts, and comes back by no list.

use std::collections::{BTreeMap, BTreeSet};

use domain::duty::{Assignee, EndsWith};
use domain::event::ContactEvent;
use domain::ids::{CaseId, PartyId};
use domain::point::{PointKind, PointState};
use domain::role::Role;
use domain::tongues::both;
use domain::{initials, phone};
use foldhash::HashSet;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::StoreError;
use crate::now::Now;
use crate::plugin::NewTask;
use crate::tasks::{self, Asked};
use crate::{Conn, events, ids, meta, rows};

/// What is entered of a number, an account or an address.
#[derive(Clone)]
pub struct NewPoint {
    /// Whose it is.
    pub party: PartyId,
    /// Which of the three.
    pub kind: PointKind,
    /// The number as it is dialed, the account, the address.
    pub value: String,
    /// How it stands.
    pub state: PointState,
    /// Since when.
    pub on: Date,
    /// Who says so: a member of staff, or what came of a call.
    pub by: String,
    /// Who gave it, where that is told.
    pub given_by: Option<String>,
    /// When the person is reached best there: `18:00-20:00`.
    pub best_hours: Option<String>,
}

/// A number, an account or an address on record.
#[derive(Clone, Deserialize, PartialEq)]
pub struct Point {
    /// Whose it is.
    pub party: PartyId,
    /// Which of the three.
    pub kind: PointKind,
    /// The number, the account, the address.
    pub value: String,
    /// How it stands.
    pub state: PointState,
    /// Since when.
    pub state_on: Date,
    /// Who said so.
    pub state_by: String,
    /// Who gave it; empty where nobody told.
    pub given_by: String,
    /// When it was given.
    pub given_on: Option<Date>,
    /// When the person is reached best there.
    pub best_hours: Option<String>,
}

/// How long a person has to find another number, in days.
const TRACE_DAYS: i64 = 7;
/// The kind of that work, as workflows name it.
const TRACE: &str = "trace";

const OF_PEOPLE: &str = "
    select json_group_array(json_array(
      party_id, kind, value, state, state_on, state_by, given_by, given_on, best_hours)
      order by party_id, kind, id)
    from contact_points
    where party_id in (select s.id from list($1) as s (id bigint))";

/// All that is on record of the numbers, accounts and addresses of some people, by
/// person.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_people(
    conn: &mut Conn,
    people: &[PartyId],
) -> Result<Vec<Point>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, OF_PEOPLE, people).await
}

/// A number that is wrong of one person is nobody's to be reached at.
const STANDING: &str = "
    select json_group_array(state)
    from (
      select w.state
      from contact_points w
      where w.kind = $2 and w.value = $3
        and (w.party_id = $1 or (w.kind = 'phone' and w.state = 'wrong'))
      order by case w.party_id when $1 then 0 else 1 end, w.id
      limit 1) s";

/// How a number, an account or an address of somebody stands; `None` for one that
/// nothing was entered of.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing(
    conn: &mut Conn,
    party: PartyId,
    kind: PointKind,
    value: &str,
) -> Result<Option<PointState>, StoreError> {
    let found: String = sqlx::query_scalar(STANDING)
        .bind(party.0)
        .bind(kind.as_str())
        .bind(value.to_owned())
        .fetch_one(conn)
        .await?;
    Ok(serde_json::from_str::<Vec<PointState>>(&found)?.pop())
}

/// Whose number, account or address it is: person, kind, value.
type Key<'a> = (PartyId, PointKind, &'a str);

const PUT: &str = "
    insert into contact_points (id, party_id, kind, value, state, state_on, state_at,
      state_by, given_by, given_on, best_hours)
    select s.id, s.party_id, s.kind, s.value, s.state, s.state_on, $2, s.state_by,
      coalesce(s.given_by, ''), s.given_on, s.best_hours
    from batch($1) as s (id bigint, party_id bigint, kind text, value text, state text,
      state_on text, state_by text, given_by text, given_on text, best_hours text)
    where true
    on conflict (party_id, kind, value) do update set
      state = excluded.state, state_on = excluded.state_on,
      state_at = excluded.state_at, state_by = excluded.state_by,
      given_by = coalesce(nullif(excluded.given_by, ''), contact_points.given_by),
      given_on = coalesce(excluded.given_on, contact_points.given_on),
      best_hours = coalesce(excluded.best_hours, contact_points.best_hours)";

/// Enters how numbers, accounts and addresses stand, and has people reached by what
/// follows from it: a number that was given takes the place of none or of one that is out
/// of use, one that is confirmed that of every other; a new address that of the old one,
/// which counts as moved away from. The last of several entries on one counts.
///
/// # Errors
///
/// [`StoreError`] when a person is unknown, the state does not fit, or the database
/// cannot be written.
pub async fn enter(
    conn: &mut Conn,
    now: &Now,
    points: &[NewPoint],
) -> Result<(), StoreError> {
    put(conn, now, points).await?;
    for point in points {
        match (point.kind, point.state) {
            (PointKind::Phone, PointState::Wrong) => {
                replace_number(conn, now, &point.value, None).await?;
            }
            (PointKind::Phone, PointState::Refused) => {
                replace_number(conn, now, &point.value, Some(point.party)).await?;
            }
            (PointKind::Phone, PointState::Given | PointState::Confirmed) => {
                if point.state == PointState::Confirmed {
                    give_back(conn, &point.value).await?;
                }
                use_number(conn, point).await?;
            }
            (PointKind::Wechat, PointState::Given | PointState::Confirmed) => {
                set(conn, USE_WECHAT, point).await?;
            }
            (PointKind::Address, PointState::Given | PointState::Confirmed) => {
                move_to(conn, now, point).await?;
            }
            _ => {}
        }
    }
    touch(conn, points).await
}

async fn put(conn: &mut Conn, now: &Now, points: &[NewPoint]) -> Result<(), StoreError> {
    let last: BTreeMap<Key<'_>, &NewPoint> = points
        .iter()
        .map(|point| ((point.party, point.kind, point.value.as_str()), point))
        .collect();
    if last.is_empty() {
        return Ok(());
    }
    let first = ids::allocate(conn, last.len()).await?;
    let list: Vec<_> = (first..)
        .zip(last.values())
        .map(|(id, point)| {
            let given_on = point.given_by.is_some().then_some(point.on);
            (
                id,
                point.party,
                point.kind,
                &point.value,
                point.state,
                point.on,
                &point.by,
                &point.given_by,
                given_on,
                &point.best_hours,
            )
        })
        .collect();
    let list = serde_json::to_string(&list)?;
    sqlx::query(PUT).bind(list).bind(now.ms).execute(conn).await?;
    Ok(())
}

const USE_WECHAT: &str = "update parties set wechat = $2 where id = $1";
const USE_ADDRESS: &str = "update parties set address = $2 where id = $1";

async fn set(
    conn: &mut Conn,
    statement: &'static str,
    point: &NewPoint,
) -> Result<(), StoreError> {
    sqlx::query(statement)
        .bind(point.party.0)
        .bind(point.value.clone())
        .execute(conn)
        .await?;
    Ok(())
}

/// `$3` where the number is confirmed: it takes the place of one that is in use.
const USE_NUMBER: &str = "
    update parties
    set phone = $2, phone_end = $4
    where id = $1 and ($3 = 1 or phone is null or phone = '' or exists (
      select 1 from contact_points w
      where w.kind = 'phone' and w.value = parties.phone
        and (w.state = 'wrong' or (w.state = 'refused' and w.party_id = parties.id))))";

async fn use_number(conn: &mut Conn, point: &NewPoint) -> Result<(), StoreError> {
    sqlx::query(USE_NUMBER)
        .bind(point.party.0)
        .bind(point.value.clone())
        .bind(i64::from(point.state == PointState::Confirmed))
        .bind(phone::from_its_end(&point.value))
        .execute(conn)
        .await?;
    Ok(())
}

/// Who has a number, and their best other one; `$2` is one person, or 0 for all.
const OTHER_NUMBERS: &str = "
    select json_group_array(json_array(p.id, (
      select o.value
      from contact_points o
      where o.party_id = p.id and o.kind = 'phone'
        and o.state in ('given', 'confirmed')
        and not exists (
          select 1 from contact_points w
          where w.kind = 'phone' and w.value = o.value and w.state = 'wrong')
      order by case o.state when 'confirmed' then 0 else 1 end, o.state_at desc, o.id desc
      limit 1)) order by p.id)
    from parties p
    where p.phone = $1 and ($2 = 0 or p.id = $2)";

const REPLACE_NUMBERS: &str = "
    update parties
    set phone = s.phone, phone_end = s.phone_end
    from batch($1) as s (id bigint, phone text, phone_end text)
    where parties.id = s.id";

/// Has whoever has a number that is out of use, or one of them, reached at another one
/// that is known. Without any it stays on record, and the review refuses it.
async fn replace_number(
    conn: &mut Conn,
    now: &Now,
    number: &str,
    of: Option<PartyId>,
) -> Result<(), StoreError> {
    let found: String = sqlx::query_scalar(OTHER_NUMBERS)
        .bind(number.to_owned())
        .bind(of.map_or(0, |party| party.0))
        .fetch_one(&mut *conn)
        .await?;
    let found: Vec<(PartyId, Option<String>)> = serde_json::from_str(&found)?;
    let others: Vec<(PartyId, &str, String)> = found
        .iter()
        .filter_map(|(party, other)| Some((*party, other.as_deref()?)))
        .map(|(party, other)| (party, other, phone::from_its_end(other)))
        .collect();
    rows::run(conn, REPLACE_NUMBERS, &others).await?;
    if of.is_some() {
        return Ok(());
    }
    // The list's number would be forgotten with its place on the person.
    let wrong = |party| NewPoint {
        party,
        kind: PointKind::Phone,
        value: number.to_owned(),
        state: PointState::Wrong,
        on: now.today(),
        by: String::new(),
        given_by: None,
        best_hours: None,
    };
    let known: HashSet<PartyId> = rows::ask(conn, WITH_NUMBER, &[number]).await?;
    let new = found.iter().map(|it| it.0).filter(|party| !known.contains(party));
    put(conn, now, &new.map(wrong).collect::<Vec<_>>()).await
}

/// What nobody said of them, but followed from what was said of somebody else.
const GIVE_BACK: &str = "
    update contact_points
    set state = 'given'
    where kind = 'phone' and value = $1 and state = 'wrong' and state_by = ''";

/// Lets whoever has the same number by their lists be reached there again: that it is
/// wrong was said of the one alone for whom it is confirmed now.
async fn give_back(conn: &mut Conn, number: &str) -> Result<(), StoreError> {
    sqlx::query(GIVE_BACK).bind(number.to_owned()).execute(conn).await?;
    Ok(())
}

const WITH_NUMBER: &str = "
    select json_group_array(party_id)
    from contact_points
    where kind = 'phone' and value in (select s.value from list($1) as s (value text))";

const ADDRESS_OF: &str = "
    select coalesce(nullif(address, ''), village, '') from parties where id = $1";

async fn move_to(conn: &mut Conn, now: &Now, point: &NewPoint) -> Result<(), StoreError> {
    let old: Option<String> = sqlx::query_scalar(ADDRESS_OF)
        .bind(point.party.0)
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(old) = old.filter(|it| !it.is_empty() && *it != point.value) {
        let left = NewPoint {
            value: old,
            state: PointState::Moved,
            given_by: None,
            best_hours: None,
            ..point.clone()
        };
        put(conn, now, &[left]).await?;
    }
    set(conn, USE_ADDRESS, point).await
}

const SET_VILLAGE: &str = "update parties set village = $2 where id = $1";

/// Writes down in which village somebody lives.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_village(
    conn: &mut Conn,
    party: PartyId,
    village: &str,
) -> Result<(), StoreError> {
    sqlx::query(SET_VILLAGE).bind(party.0).bind(village.to_owned()).execute(conn).await?;
    Ok(())
}

const CASES_OF: &str = "
    select json_group_array(distinct cp.case_id)
    from case_parties cp
    where cp.party_id in (select s.id from list($1) as s (id bigint))";

/// Marks that scripts could see something new of everybody's cases.
async fn touch(conn: &mut Conn, points: &[NewPoint]) -> Result<(), StoreError> {
    let mut people: BTreeSet<PartyId> = points.iter().map(|point| point.party).collect();
    for point in points.iter().filter(|point| point.kind == PointKind::Phone) {
        let with: Vec<PartyId> =
            rows::ask(conn, WITH_NUMBER, &[point.value.as_str()]).await?;
        people.extend(with);
    }
    let people: Vec<PartyId> = people.into_iter().collect();
    let cases: BTreeSet<i64> = rows::ask(conn, CASES_OF, &people).await?;
    events::touch(conn, &cases).await
}

/// What came of a contact, as far as it tells of the number or address that was used.
pub(crate) struct OfContact<'a> {
    /// The case.
    pub(crate) case: CaseId,
    /// The person.
    pub(crate) party: PartyId,
    /// The attempt, where it is on record.
    pub(crate) contact: Option<i64>,
    /// What was reported.
    pub(crate) event: ContactEvent,
    /// The outcome, as it was reported.
    pub(crate) outcome: &'a str,
    /// The day.
    pub(crate) on: Date,
}

/// What a result says of the number or address that was used; most say nothing.
fn said_of(event: ContactEvent, outcome: &str) -> Option<(PointKind, PointState)> {
    match (event, outcome) {
        (ContactEvent::CallResult, "invalid" | "wrong_party") => {
            Some((PointKind::Phone, PointState::Wrong))
        }
        (ContactEvent::CallResult, "refused") => {
            Some((PointKind::Phone, PointState::Refused))
        }
        (ContactEvent::VisitResult, "moved") => {
            Some((PointKind::Address, PointState::Moved))
        }
        _ => None,
    }
}

/// What was used: the number of the attempt, else what is on record of the person.
const USED: &str = "
    select json_group_array(json_array(r.n, case r.kind
      when 'phone' then coalesce(nullif(k.contact_point, ''), p.phone)
      else coalesce(nullif(p.address, ''), p.village) end))
    from batch($1) as r (n ordinality, party_id bigint, contact_id bigint, kind text)
    join parties p on p.id = r.party_id
    left join contacts k on k.id = r.contact_id";

/// Takes out of use what results have shown to be wrong, refused or left, and opens the
/// work of finding another number.
pub(crate) async fn take_results(
    conn: &mut Conn,
    now: &Now,
    results: &[OfContact<'_>],
) -> Result<(), StoreError> {
    let told: Vec<_> = results
        .iter()
        .filter_map(|it| Some((it, said_of(it.event, it.outcome)?)))
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    let asked: Vec<_> =
        told.iter().map(|(it, (kind, _))| (it.party, it.contact, *kind)).collect();
    let used: Vec<(usize, Option<String>)> = rows::ask(conn, USED, &asked).await?;
    let mut points = Vec::new();
    let mut traced = BTreeMap::new();
    for (at, value) in used {
        let (Some((it, (kind, state))), Some(value)) = (told.get(at), value) else {
            continue;
        };
        if *state == PointState::Wrong {
            traced.insert(it.case, it.party);
        }
        points.push(NewPoint {
            party: it.party,
            kind: *kind,
            value,
            state: *state,
            on: it.on,
            by: it.event.as_str().to_owned(),
            given_by: None,
            best_hours: None,
        });
    }
    points.retain(|point| !point.value.is_empty());
    enter(conn, now, &points).await?;
    let traced: Vec<(CaseId, PartyId)> = traced.into_iter().collect();
    trace(conn, now, &traced).await
}

const UNTRACED: &str = "
    select json_group_array(json_array(r.n, c.collector))
    from batch($1) as r (n ordinality, case_id bigint)
    join cases c on c.id = r.case_id
    where c.status = 'open'
      and not exists (
        select 1 from tasks t
        where t.case_id = c.id and t.kind = 'trace' and t.closed_at is null)";

/// Opens the work of finding another number of somebody, once a case as long as it is
/// open.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn trace(
    conn: &mut Conn,
    now: &Now,
    wrong: &[(CaseId, PartyId)],
) -> Result<(), StoreError> {
    if wrong.is_empty() {
        return Ok(());
    }
    let cases: Vec<(CaseId,)> = wrong.iter().map(|it| (it.0,)).collect();
    let found: Vec<(usize, Option<String>)> = rows::ask(conn, UNTRACED, &cases).await?;
    let asked = found.into_iter().filter_map(|(at, collector)| {
        let (case, party) = wrong.get(at)?;
        let task = NewTask {
            case_id: *case,
            kind: TRACE.to_owned(),
            title: both(
                "登记的号码有误,已停用:查本社留存资料,用 `qingshou person phone` 补登正确的号码,不得向亲友透露欠款",
                "the number on record is wrong and out of use: look in our own papers, enter the right one with `qingshou person phone`, tell relatives and friends nothing of the debt",
            ),
            assignee: Some(collector.filter(|name| !name.is_empty()).map_or(
                Assignee::Role { role: Role::Supervisor },
                Assignee::Person,
            )),
            ends_with: EndsWith::Claim,
            due_on: Some(now.today().saturating_add(TRACE_DAYS.days())),
            dedupe_key: format!("{TRACE}:{case}:{party}:{}", now.ms),
        };
        let not_by = Vec::new();
        Some(Asked { instance: None, order: None, for_role: None, not_by, task })
    });
    let asked: Vec<Asked> = asked.collect();
    tasks::open(conn, now, &asked).await?;
    Ok(())
}

/// The people of a list whose number there is not taken over what is on record: it is
/// out of use, or somebody of the house has confirmed another one.
const KEPT_NUMBERS: &str = "
    select json_group_array(s.id)
    from batch($1) as s (id bigint, phone text)
    where exists (
        select 1 from contact_points w
        where w.kind = 'phone' and w.value = s.phone
          and (w.state = 'wrong' or (w.state = 'refused' and w.party_id = s.id)))
      or exists (
        select 1 from parties p
        join contact_points k on k.party_id = p.id and k.kind = 'phone'
          and k.value = p.phone and k.state = 'confirmed'
        where p.id = s.id and p.phone <> s.phone)";

const KEPT_ADDRESSES: &str = "
    select json_group_array(s.id)
    from batch($1) as s (id bigint, address text)
    where exists (
        select 1 from contact_points w
        where w.party_id = s.id and w.kind = 'address' and w.value = s.address
          and w.state = 'moved')
      or exists (
        select 1 from parties p
        join contact_points k on k.party_id = p.id and k.kind = 'address'
          and k.value = p.address and k.state = 'confirmed'
        where p.id = s.id and p.address <> s.address)";

const ANY: &str = "\
select cast(exists (select 1 from contact_points where 0 < id) as integer)";

/// Which numbers and which addresses of a list are not taken over what is on record, by
/// person.
pub(crate) async fn kept_against(
    conn: &mut Conn,
    numbers: &[(i64, &str)],
    addresses: &[(i64, &str)],
) -> Result<(HashSet<i64>, HashSet<i64>), StoreError> {
    let any: i64 = sqlx::query_scalar(ANY).fetch_one(&mut *conn).await?;
    if any == 0 {
        return Ok((HashSet::default(), HashSet::default()));
    }
    let numbers = rows::ask(conn, KEPT_NUMBERS, numbers).await?;
    Ok((numbers, rows::ask(conn, KEPT_ADDRESSES, addresses).await?))
}

/// That everybody can be looked for by initials and last digits, in the store's `meta`.
const SEARCHED: &str = "people_can_be_searched";
/// People whose keys are filled in in one transaction.
const PORTION: usize = 5_000;

/// Whether everybody of the book can be looked for by initials and last digits.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn can_be_searched(conn: &mut Conn) -> Result<bool, StoreError> {
    Ok(meta::text(conn, SEARCHED).await?.is_some())
}

const UNSEARCHED: &str = "
    select json_group_array(json_array(s.id, s.name, s.phone) order by s.id)
    from (
      select id, name, phone
      from parties
      where $1 < id
      order by id
      limit 5000) s";

const SET_KEYS: &str = "
    update parties
    set initials = s.initials, phone_end = s.phone_end
    from batch($1) as s (id bigint, initials text, phone_end text)
    where parties.id = s.id";

/// Fills in the keys of a portion of the people of a store that an older program wrote,
/// behind `after`. Answers whether it has come to its end.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn make_searchable(
    conn: &mut Conn,
    now: &Now,
    after: &mut i64,
) -> Result<bool, StoreError> {
    let found: String =
        sqlx::query_scalar(UNSEARCHED).bind(*after).fetch_one(&mut *conn).await?;
    let found: Vec<(i64, String, Option<String>)> = serde_json::from_str(&found)?;
    let keys: Vec<_> = found
        .iter()
        .map(|(id, name, number)| (id, initials_of(name), end_of(number.as_deref())))
        .collect();
    rows::run(conn, SET_KEYS, &keys).await?;
    if let Some(last) = found.last() {
        *after = last.0;
    }
    let is_over = found.len() < PORTION;
    if is_over {
        meta::set_text(conn, SEARCHED, &now.today().to_string()).await?;
    }
    Ok(is_over)
}

/// The initials by which somebody of this name is found, where the name has any.
pub(crate) fn initials_of(name: &str) -> Option<String> {
    Some(initials::of(name)).filter(|it| !it.is_empty())
}

/// The digits of a number from its end, where it has any.
pub(crate) fn end_of(number: Option<&str>) -> Option<String> {
    number.map(phone::from_its_end).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_results_say_something_of_the_number_or_the_address() {
        let call = ContactEvent::CallResult;
        let visit = ContactEvent::VisitResult;
        let wrong = Some((PointKind::Phone, PointState::Wrong));
        let table = [
            (call, "invalid", wrong),
            (call, "wrong_party", wrong),
            (call, "refused", Some((PointKind::Phone, PointState::Refused))),
            (call, "no_answer", None),
            (call, "rejected", None),
            (call, "conversation", None),
            (visit, "moved", Some((PointKind::Address, PointState::Moved))),
            (visit, "refused", None),
            (visit, "absent", None),
        ];
        for (event, outcome, said) in table {
            assert_eq!(said_of(event, outcome), said, "{outcome}");
            let fits = said.is_none_or(|(kind, state)| kind.states().contains(&state));
            assert!(fits, "{outcome}");
        }
    }
}
