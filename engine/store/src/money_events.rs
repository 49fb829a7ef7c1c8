//! What money tells the workflows (账目事件): paid, taken back, cured, paid off.

use domain::arrears::days_past_due;
use domain::event::EventKind;
use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use foldhash::{HashMap, HashSet};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::error::StoreError;
use crate::events::{self, NewEvent};
use crate::ledger::NewEntry;
use crate::now::Now;
use crate::totals::{Batch, State, States};
use crate::{Conn, rows};

/// A batch that has been booked, and its cases before and after it.
pub(crate) struct Raising<'a> {
    pub(crate) batch: &'a Batch<'a>,
    pub(crate) before: &'a States,
    pub(crate) after: &'a States,
}

/// Raises the events of a batch and begins a new episode where one has ended.
///
/// History raises nothing: entries booked before the case was known here.
pub(crate) async fn raise(
    conn: &mut Conn,
    now: &Now,
    raising: &Raising<'_>,
) -> Result<(), StoreError> {
    let news: Vec<&(i64, &NewEntry)> =
        raising.batch.booked.iter().filter(|it| raising.is_news(it.1)).collect();
    let mut list = of_entries(conn, &news, raising.batch).await?;
    let cured: Vec<i64> = raising
        .pairs()
        .filter(|(before, after)| {
            before.is_overdue(now.today()) && !after.is_overdue(now.today())
        })
        .map(|(before, _)| before.id)
        .collect();
    rows::run(conn, NEXT_EPISODE, &cured).await?;
    let with_news: HashSet<i64> = news.iter().map(|it| it.1.case_id.0).collect();
    for (before, after) in raising.pairs() {
        // A late report of an old payment cures a case that is being worked.
        if !after.has_runs && !with_news.contains(&after.id) {
            continue;
        }
        if cured.binary_search(&after.id).is_ok() {
            let key = format!("cured:{}:{}", after.id, before.episode);
            list.push(house_event(after.id, EventKind::Cured, key, now.today()));
        }
        if Fen(0) < before.balance() && after.balance() <= Fen(0) {
            let entry = raising.last_entry_of(after.id);
            let key = format!("paid_off:{entry}");
            list.push(house_event(after.id, EventKind::PaidOff, key, now.today()));
        }
    }
    events::raise(conn, now, &list).await?;
    Ok(())
}

impl Raising<'_> {
    fn is_news(&self, entry: &NewEntry) -> bool {
        self.before
            .get(&entry.case_id.0)
            .is_some_and(|case| case.known_since_on <= entry.booked_on)
    }

    fn pairs(&self) -> impl Iterator<Item = (&State, &State)> {
        self.before.values().filter_map(|it| Some((it, self.after.get(&it.id)?)))
    }

    fn last_entry_of(&self, case: i64) -> i64 {
        let of_case = self.batch.booked.iter().filter(|it| it.1.case_id.0 == case);
        of_case.map(|it| it.0).max().unwrap_or_default()
    }
}

async fn of_entries(
    conn: &mut Conn,
    news: &[&(i64, &NewEntry)],
    batch: &Batch<'_>,
) -> Result<Vec<NewEvent>, StoreError> {
    // Of what is taken back, only a payment was told of before.
    let is_told = |entry: &NewEntry| {
        batch.takes_back(entry).unwrap_or(entry.kind) == EntryKind::Payment
    };
    let told: Vec<&&(i64, &NewEntry)> = news.iter().filter(|it| is_told(it.1)).collect();
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<i64> = told.iter().map(|it| it.0).collect();
    let oldest: Vec<(i64, Option<Date>)> =
        rows::ask(conn, OLDEST_BEFORE, &numbers).await?;
    let oldest: HashMap<i64, Option<Date>> = oldest.into_iter().collect();
    let event = |it: &&&(i64, &NewEntry)| {
        let (id, entry) = **it;
        let due = oldest.get(id).copied().flatten();
        entry_event(*id, entry, due.map_or(0, |due| days_past_due(due, entry.booked_on)))
    };
    Ok(told.iter().map(event).collect())
}

/// `entry` is the payment, for a reversal the payment taken back, so that a
/// reward finds what it was accrued on.
fn entry_event(id: i64, entry: &NewEntry, days: u32) -> NewEvent {
    let (kind, payment) = match entry.reverses {
        Some(payment) => (EventKind::Reversed, payment.0),
        None => (EventKind::Payment, id),
    };
    let payload = Map::from_iter([
        ("entry".to_owned(), Value::String(payment.to_string())),
        ("amount".to_owned(), json!(entry.amount)),
        ("on".to_owned(), json!(entry.booked_on)),
        ("days_past_due".to_owned(), json!(days)),
        ("confirmed".to_owned(), Value::Bool(entry.confirmed)),
    ]);
    NewEvent {
        case_id: entry.case_id,
        kind: kind.to_string(),
        payload,
        source: "ledger".to_owned(),
        dedupe_key: format!("{kind}:{id}"),
        happened_on: entry.booked_on,
    }
}

fn house_event(case: i64, kind: EventKind, dedupe_key: String, on: Date) -> NewEvent {
    NewEvent {
        case_id: CaseId(case),
        kind: kind.to_string(),
        payload: Map::new(),
        source: "ledger".to_owned(),
        dedupe_key,
        happened_on: on,
    }
}

const NEXT_EPISODE: &str = "
    update cases
    set episode = episode + 1, broken_promises = 0
    where id in (select id from list($1) as s (id bigint))";

/// The oldest unpaid due date as the ledger stood just before each entry.
const OLDEST_BEFORE: &str = "
    select json_group_array(json_array(p.id, (
      select min(d.booked_on)
      from (
        select l.booked_on, sum(l.amount_fen) over (order by l.booked_on) as so_far
        from ledger l
        where l.case_id = p.case_id and l.kind = 'due'
          and not exists (
            select 1
            from ledger r
            where r.reverses = l.id and (r.booked_on, r.id) < (p.booked_on, p.id))
      ) d
      where d.so_far > (
        select coalesce(sum(c.amount_fen), 0)
        from ledger c
        where c.case_id = p.case_id
          and c.kind in ('payment', 'waiver')
          and (c.booked_on, c.id) < (p.booked_on, p.id)
          and not exists (
            select 1
            from ledger r
            where r.reverses = c.id and (r.booked_on, r.id) < (p.booked_on, p.id))))))
    from ledger p
    where p.id in (select id from list($1) as s (id bigint))";
