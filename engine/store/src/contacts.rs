//! Contacts (联络): every attempt to reach a person, reserved before it is made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::event::ContactEvent;
use domain::ids::{CaseId, OrderId, PartyId};
use domain::manifest::Channel;
use foldhash::HashMap;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StoreError;
use crate::events::NewEvent;
use crate::now::Now;
use crate::points::{self, OfContact};
use crate::{Conn, ids, rows};

/// Outcomes in which the person was reached.
pub const REACHED: [&str; 2] = ["conversation", "met"];
/// Outcomes in which nobody was reached.
pub const NOT_REACHED: [&str; 6] =
    ["no_answer", "busy", "rejected", "voicemail", "invalid", "absent"];

/// An attempt that is about to be made. Its `Debug` form leaves out the number
/// that is used.
#[derive(Clone)]
pub struct NewContact {
    /// The case it is for.
    pub case_id: CaseId,
    /// The person.
    pub party_id: PartyId,
    /// The order it carries out.
    pub order_id: Option<OrderId>,
    /// The way.
    pub channel: Channel,
    /// The number, account or address used; frequency counts by it too.
    pub contact_point: String,
    /// The instant, in milliseconds since 1970.
    pub attempted_at: i64,
    /// The civil day at the debtor's place.
    pub attempted_on: Date,
    /// The minute of that day.
    pub attempted_minute: i64,
}

impl fmt::Debug for NewContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewContact({} over {})", self.party_id, self.channel.as_str())
    }
}

/// An attempt on record.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Attempt {
    /// The case it was for.
    pub case_id: CaseId,
    /// The person.
    pub party_id: PartyId,
    /// The order it carried out.
    pub order_id: Option<OrderId>,
    /// The way.
    pub channel: Channel,
    /// The instant, in milliseconds since 1970.
    pub attempted_at: i64,
    /// The civil day at the debtor's place.
    pub attempted_on: Date,
    /// The minute of that day.
    pub attempted_minute: i64,
    /// `reserved`, `delivered`, `conversation`, `no_answer`, …
    pub outcome: String,
    /// Its number.
    pub id: i64,
}

/// Every attempt of a case, in the order made.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(conn: &mut Conn, case: CaseId) -> Result<Vec<Attempt>, StoreError> {
    rows::ask(conn, OF_CASE, &[case]).await
}

/// The person that an event's payload names by number.
pub(crate) fn party_of(event: &NewEvent) -> Option<PartyId> {
    number_of(event, "party").map(PartyId)
}

/// The other loans that an event's payload names by the numbers of their cases.
pub(crate) fn loans_of(event: &NewEvent) -> Vec<CaseId> {
    let named = event.payload.get("also").and_then(Value::as_array);
    let named = named.into_iter().flatten();
    named.filter_map(|it| it.as_str()?.parse().ok().map(CaseId)).collect()
}

fn number_of(event: &NewEvent, key: &str) -> Option<i64> {
    number_in(event.payload.get(key)?)
}

fn number_in(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn word_of<'a>(event: &'a NewEvent, key: &str) -> Option<&'a str> {
    event.payload.get(key).and_then(Value::as_str)
}

/// Place of the report, attempt, person, outcome of the attempt so far.
type Resolved = (usize, Option<i64>, Option<i64>, Option<String>);

/// What one reported result comes to.
struct Report<'a> {
    event: &'a NewEvent,
    outcome: &'a str,
    contact: Option<i64>,
    party: Option<i64>,
    /// Somebody has reported on this attempt before: a correction changes the
    /// outcome, but one call is no second failure.
    again: bool,
}

/// Takes what people report of calls and visits: the outcome of the attempt,
/// the counters of case and person, cause and kind of debtor.
pub(crate) async fn take_results(
    conn: &mut Conn,
    now: &Now,
    events: &[&NewEvent],
) -> Result<(), StoreError> {
    let results: Vec<&NewEvent> = events
        .iter()
        .copied()
        .filter(|event| ContactEvent::parse(&event.kind).is_some())
        .collect();
    if results.is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = results
        .iter()
        .map(|it| (it.case_id, number_of(it, "order"), party_of(it)))
        .collect();
    let found: Vec<Resolved> = rows::ask(conn, RESOLVE, &keys).await?;
    let mut told: BTreeSet<i64> = found
        .iter()
        .filter(|it| it.3.as_deref().is_some_and(is_a_report))
        .filter_map(|it| it.1)
        .collect();
    let found: HashMap<usize, (Option<i64>, Option<i64>)> =
        found.into_iter().map(|(at, contact, party, _)| (at, (contact, party))).collect();
    let reports: Vec<Report<'_>> = results
        .into_iter()
        .enumerate()
        .map(|(at, event)| {
            let (contact, party) = found.get(&at).copied().unwrap_or_default();
            let reported = word_of(event, "outcome").unwrap_or_default();
            let kind = ContactEvent::parse(&event.kind);
            let outcome = kind.map_or(reported, |kind| attempt_word(kind, reported));
            let again = contact.is_some_and(|contact| !told.insert(contact));
            Report { event, outcome, contact, party, again }
        })
        .collect();
    write_outcomes(conn, now, &reports).await?;
    count_results(conn, &reports).await?;
    let told: Vec<OfContact<'_>> = reports.iter().filter_map(of_contact).collect();
    points::take_results(conn, now, &told).await
}

/// What a report may say of the number or address that was used.
fn of_contact<'a>(report: &Report<'a>) -> Option<OfContact<'a>> {
    Some(OfContact {
        case: report.event.case_id,
        party: PartyId(report.party?),
        contact: report.contact,
        event: ContactEvent::parse(&report.event.kind)?,
        outcome: word_of(report.event, "outcome").unwrap_or_default(),
        on: report.event.happened_on,
    })
}

/// What a result that was entered says of the attempt of an order.
pub(crate) struct ReportedOutcome {
    event: ContactEvent,
    outcome: String,
}

impl ReportedOutcome {
    /// The order that the payload of a result names, and what it says of its attempt.
    /// `None` where it names no order, says no outcome or cannot be read.
    pub(crate) fn of_payload(kind: ContactEvent, payload: &str) -> Option<(i64, Self)> {
        let payload: Value = serde_json::from_str(payload).ok()?;
        let order = number_in(payload.get("order")?)?;
        let outcome = payload.get("outcome")?.as_str().filter(|it| !it.is_empty())?;
        Some((order, Self { event: kind, outcome: outcome.to_owned() }))
    }

    /// Whether an attempt has this outcome by it. Programs of before wrote the word as it
    /// was entered, and took whoever refused on the telephone for somebody met.
    pub(crate) fn is_outcome(&self, word: &str) -> bool {
        attempt_word(self.event, &self.outcome) == word
            || self.outcome == word
            || (self.outcome == "refused" && word == "met")
    }
}

/// Whether an outcome is what a person reported.
pub(crate) fn is_a_report(outcome: &str) -> bool {
    REACHED.contains(&outcome) || NOT_REACHED.contains(&outcome)
}

/// What a reported outcome is as an attempt: whoever signs, promises or turns a
/// visitor away was met, so that the rules of frequency count the visit.
fn attempt_word(event: ContactEvent, outcome: &str) -> &str {
    match outcome {
        // Whoever takes a call and wants none, or is somebody else, was no debtor reached.
        "refused" if event == ContactEvent::CallResult => "rejected",
        "wrong_party" => "invalid",
        "refused" | "paid" | "promised" | "notice_signed" => "met",
        "moved" | "deceased" => "absent",
        word => word,
    }
}

/// Sets the outcome of attempts on record and adds those nobody announced.
async fn write_outcomes(
    conn: &mut Conn,
    now: &Now,
    reports: &[Report<'_>],
) -> Result<(), StoreError> {
    // Of several reports on an attempt the last one holds.
    let told: BTreeMap<i64, &str> = reports
        .iter()
        .filter(|report| !report.outcome.is_empty())
        .filter_map(|report| Some((report.contact?, report.outcome)))
        .collect();
    let told: Vec<(i64, &str)> = told.into_iter().collect();
    rows::run(conn, TELL, &told).await?;
    let attempted = |it: &&Report<'_>| is_a_report(it.outcome);
    let unannounced: Vec<(i64, &Report<'_>)> = reports
        .iter()
        .filter(|report| report.contact.is_none())
        .filter(attempted)
        .filter_map(|report| Some((report.party?, report)))
        .collect();
    if unannounced.is_empty() {
        return Ok(());
    }
    let first = ids::allocate(conn, unannounced.len()).await?;
    let minute = i64::from(now.civil.hour()) * 60 + i64::from(now.civil.minute());
    let list: Vec<ContactRow<'_>> = (first..)
        .zip(&unannounced)
        .map(|(id, (party, it))| ContactRow {
            id,
            case_id: it.event.case_id,
            party_id: PartyId(*party),
            order_id: None,
            channel: channel_of(it.event),
            contact_point: None,
            attempted_at: now.ms,
            attempted_on: it.event.happened_on,
            attempted_minute: minute,
            outcome: it.outcome,
        })
        .collect();
    rows::run(conn, INSERT, &list).await?;
    let cases: Vec<_> = unannounced
        .iter()
        .map(|(_, it)| (it.event.case_id, it.event.happened_on))
        .collect();
    rows::run(conn, COUNT_UNANNOUNCED, &cases).await?;
    Ok(())
}

fn channel_of(event: &NewEvent) -> Channel {
    ContactEvent::parse(&event.kind).map_or(Channel::Phone, ContactEvent::channel)
}

/// How a counter of failures moves: back to zero first, when somebody was
/// reached, then up.
#[derive(Clone, Copy, Default)]
struct Failures {
    reset: bool,
    more: i64,
}

impl Failures {
    fn take(&mut self, outcome: &str) {
        if REACHED.contains(&outcome) {
            *self = Self { reset: true, more: 0 };
        } else if NOT_REACHED.contains(&outcome) {
            self.more += 1;
        }
    }
}

#[derive(Default)]
struct CaseChange<'a> {
    failures: Failures,
    visits: i64,
    cause: Option<&'a str>,
    debtor_type: Option<&'a str>,
}

async fn count_results(
    conn: &mut Conn,
    reports: &[Report<'_>],
) -> Result<(), StoreError> {
    let mut cases: BTreeMap<CaseId, CaseChange<'_>> = BTreeMap::new();
    let mut people: BTreeMap<(CaseId, i64), Failures> = BTreeMap::new();
    for it in reports {
        let case = cases.entry(it.event.case_id).or_default();
        if !it.again || REACHED.contains(&it.outcome) {
            case.failures.take(it.outcome);
        }
        let visited = !it.again && matches!(it.outcome, "met" | "absent");
        case.visits += i64::from(channel_of(it.event) == Channel::Visit && visited);
        case.cause = word_of(it.event, "cause").or(case.cause);
        case.debtor_type = word_of(it.event, "debtor_type").or(case.debtor_type);
        if let Some(party) = it.party
            && (!it.again || REACHED.contains(&it.outcome))
        {
            people.entry((it.event.case_id, party)).or_default().take(it.outcome);
        }
    }
    let cases: Vec<_> = cases
        .iter()
        .map(|(id, it)| {
            let kept = i64::from(!it.failures.reset);
            (id, kept, it.failures.more, it.visits, it.cause, it.debtor_type)
        })
        .collect();
    rows::run(conn, COUNT_CASES, &cases).await?;
    let people: Vec<_> = people
        .iter()
        .map(|((case, party), it)| (case, party, i64::from(!it.reset), it.more))
        .collect();
    rows::run(conn, COUNT_PEOPLE, &people).await?;
    Ok(())
}

#[derive(Serialize)]
struct ContactRow<'a> {
    id: i64,
    case_id: CaseId,
    party_id: PartyId,
    order_id: Option<OrderId>,
    channel: Channel,
    /// The person's telephone when nothing is known.
    contact_point: Option<&'a str>,
    attempted_at: i64,
    attempted_on: Date,
    attempted_minute: i64,
    outcome: &'a str,
}

const INSERT: &str = "
    insert into contacts
      (id, case_id, party_id, order_id, channel, contact_point,
       attempted_at, attempted_on, attempted_minute, outcome)
    select s.id, s.case_id, s.party_id, s.order_id, s.channel,
      coalesce(s.contact_point,
        (select p.phone from parties p where p.id = s.party_id), ''),
      s.attempted_at, s.attempted_on, s.attempted_minute, s.outcome
    from records($1) as s (id bigint, case_id bigint, party_id bigint, order_id bigint,
      channel text, contact_point text, attempted_at bigint, attempted_on text,
      attempted_minute bigint, outcome text)
    where true
    on conflict (order_id) do nothing";

const COUNT_UNANNOUNCED: &str = "
    update cases
    set contacts = contacts + c.n,
      last_contact_on = max(coalesce(last_contact_on, c.last_on), c.last_on)
    from (
      select s.case_id, count(*) as n, max(s.attempted_on) as last_on
      from batch($1) as s (case_id bigint, attempted_on text)
      group by s.case_id
    ) c
    where cases.id = c.case_id";

const OF_CASE: &str = "
    select json_group_array(json_array(
      case_id, party_id, order_id, channel,
      attempted_at, attempted_on, attempted_minute, outcome, id)
      order by attempted_at, id)
    from contacts
    where case_id = (select id from list($1) as s (id bigint))";

/// The attempt by its order; the person by attempt, by number, or the borrower.
const RESOLVE: &str = "
    select json_group_array(json_array(
      r.n,
      k.id,
      coalesce(k.party_id, r.party_id, (
        select min(cp.party_id)
        from case_parties cp
        where cp.case_id = r.case_id and cp.role = 'borrower')),
      k.outcome))
    from batch($1) as r (n ordinality, case_id bigint, order_id bigint, party_id bigint)
    left join contacts k on k.order_id = r.order_id and k.case_id = r.case_id";

const TELL: &str = "
    update contacts
    set outcome = r.outcome
    from batch($1) as r (id bigint, outcome text)
    where contacts.id = r.id";

const COUNT_CASES: &str = "
    update cases
    set failed_contacts = failed_contacts * r.kept + r.failed,
      visits = cases.visits + r.visits,
      cause = coalesce(r.cause, cases.cause),
      debtor_type = coalesce(r.debtor_type, cases.debtor_type)
    from batch($1) as r (id bigint, kept bigint, failed bigint, visits bigint, cause text,
      debtor_type text)
    where cases.id = r.id";

const COUNT_PEOPLE: &str = "
    update case_parties
    set failed_attempts = failed_attempts * r.kept + r.failed
    from batch($1) as r (case_id bigint, party_id bigint, kept bigint, failed bigint)
    where case_parties.case_id = r.case_id and case_parties.party_id = r.party_id";
