//! The timeline of a case (经过): its whole story, what was booked, heard, promised and
//! tried, and the lines of its journal and of its runs, oldest first.
//!
//! Entries stand by day, and within a day in the order in which they were written down,
//! so that no effect stands before its cause.

use domain::ids::CaseId;
use domain::journal::{Entry, EntryError};
use domain::ledger::EntryKind;
use domain::manifest::Channel;
use domain::money::Fen;
use domain::promise::Grade;
use foldhash::HashMap;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sqlx::FromRow;

use crate::{Conn, StoreError, views};

/// Which part of a story is told.
#[derive(Clone, Debug)]
pub struct TimelineFilter {
    /// Of this case.
    pub case: CaseId,
    /// The zone in which an instant has its day.
    pub zone: TimeZone,
    /// From these sources; from all of them where none is named.
    pub sources: Vec<Source>,
    /// From this day on.
    pub from: Option<Date>,
    /// Up to and with this day.
    pub until: Option<Date>,
}

impl TimelineFilter {
    /// The whole story of a case.
    pub fn whole(case: CaseId, zone: TimeZone) -> Self {
        Self { case, zone, sources: Vec::new(), from: None, until: None }
    }

    fn takes(&self, source: Source) -> bool {
        self.sources.is_empty() || self.sources.contains(&source)
    }

    fn takes_day(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day)
            && self.until.is_none_or(|until| day <= until)
    }

    fn day_of(&self, ms: i64) -> Date {
        let instant = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(instant).date()
    }
}

/// Where an entry comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// The ledger.
    Money,
    /// Events that the ledger does not tell already.
    Events,
    /// Promises.
    Promises,
    /// Attempts to reach a person.
    Contacts,
    /// The journal of the case and of its runs.
    Journal,
}

/// One thing on record; the next portion begins behind it.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// The day it is told of.
    pub day: Date,
    /// Its number: the store numbers whatever it writes by one counter.
    pub number: i64,
    /// What it is.
    pub what: Told,
}

/// What an entry of a timeline tells.
#[derive(Clone, Debug)]
pub enum Told {
    /// A line of the ledger.
    Money {
        /// What it books.
        kind: EntryKind,
        /// How much.
        amount: Fen,
        /// Nobody has told of it: a later list owed less.
        is_inferred: bool,
    },
    /// Something happened.
    Event {
        /// What.
        kind: String,
    },
    /// A promise.
    Promise {
        /// How much.
        amount: Fen,
        /// By when.
        due_on: Date,
        /// How it ended.
        grade: Grade,
    },
    /// An attempt to reach a person.
    Contact {
        /// The way.
        channel: Channel,
        /// `reserved`, `delivered`, `conversation`, `no_answer`, …
        outcome: String,
    },
    /// A line of the journal.
    Line {
        /// When, in milliseconds since 1970.
        at: i64,
        /// What it says; an error for a line of a newer program.
        entry: Result<Box<Entry>, EntryError>,
    },
}

type Place = (Date, i64);

/// The entries of a story behind one of them, at most `limit`; `None` begins it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(
    conn: &mut Conn,
    filter: &TimelineFilter,
    after: Option<&TimelineEntry>,
    limit: i64,
) -> Result<Vec<TimelineEntry>, StoreError> {
    let after = after.map(|it| (it.day, it.number));
    let mut entries = facts(conn, filter, after, limit).await?;
    if filter.takes(Source::Journal) {
        entries.extend(lines(conn, filter, after, limit).await?);
    }
    entries.sort_by_key(|entry| (entry.day, entry.number));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}

/// A line of the ledger, an event, a promise or an attempt: `word` and `other` are what
/// each of them has to say.
#[derive(FromRow)]
struct FactRow {
    day: String,
    number: i64,
    source: String,
    word: String,
    amount_fen: i64,
    other: String,
}

/// What a case has on record besides its journal is little: it is put in order for each
/// portion. The ledger tells of its events, and the journal who decided and why. An
/// attempt is told by what was reported of it: the rules of frequency take a refusal for a
/// call that was turned away, and count a visit by the day of its order.
const FACTS: &str = "\
select day, number, source, word, amount_fen, other
from (
  select booked_on as day, id as number, 'money' as source, kind as word, amount_fen,
    cast(inferred as text) as other
  from ledger where case_id = $1 and $5 = 1
  union all
  select happened_on, id, 'event', kind, 0, ''
  from events
  where case_id = $1 and $6 = 1 and source <> 'ledger'
    and kind not in ('approved', 'rejected')
  union all
  select made_on, id, 'promise', grade, amount_fen, due_on
  from promises where case_id = $1 and $7 = 1
  union all
  select
    coalesce((
      select e.happened_on from events e
      where e.case_id = c.case_id and e.kind = 'visit_result'
        and cast(coalesce(json(e.payload) ->> 'order', '') as text)
          = cast(c.order_id as text)
      order by e.id desc limit 1), c.attempted_on),
    c.id, 'contact', c.channel, 0,
    coalesce((
      select cast(json(e.payload) ->> 'outcome' as text) from events e
      where e.case_id = c.case_id and e.kind in ('call_result', 'visit_result')
        and (cast(coalesce(json(e.payload) ->> 'order', '') as text)
            = cast(c.order_id as text)
          or (c.order_id is null and e.received_at = c.attempted_at))
      order by e.id desc limit 1), c.outcome)
  from contacts c where c.case_id = $1 and $8 = 1) f
where (f.day, f.number) > ($2, $3)
  and ($9 = '' or $9 <= f.day) and ($10 = '' or f.day <= $10)
order by day, number
limit $4";

async fn facts(
    conn: &mut Conn,
    filter: &TimelineFilter,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<TimelineEntry>, StoreError> {
    let takes = |source| i64::from(filter.takes(source));
    let rows: Vec<FactRow> = sqlx::query_as(FACTS)
        .bind(filter.case.0)
        .bind(views::or_first(after.map(|it| it.0)))
        .bind(after.map_or(0, |it| it.1))
        .bind(limit)
        .bind(takes(Source::Money))
        .bind(takes(Source::Events))
        .bind(takes(Source::Promises))
        .bind(takes(Source::Contacts))
        .bind(views::or_first(filter.from))
        .bind(views::or_first(filter.until))
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(fact).collect()
}

fn fact(row: FactRow) -> Result<TimelineEntry, StoreError> {
    let unknown = |what: &str| StoreError::Data(format!("经过中有未知的 {what}"));
    let day = |day: &str| day.parse().map_err(|_| unknown("day"));
    let amount = Fen(row.amount_fen);
    let what = match row.source.as_str() {
        "money" => Told::Money {
            kind: EntryKind::parse(&row.word).ok_or_else(|| unknown("kind"))?,
            amount,
            is_inferred: row.other != "0",
        },
        "event" => Told::Event { kind: row.word },
        "promise" => Told::Promise {
            amount,
            due_on: day(&row.other)?,
            grade: Grade::parse(&row.word).ok_or_else(|| unknown("grade"))?,
        },
        _ => Told::Contact {
            channel: Channel::parse(&row.word).ok_or_else(|| unknown("channel"))?,
            outcome: row.other,
        },
    };
    Ok(TimelineEntry { day: day(&row.day)?, number: row.number, what })
}

#[derive(FromRow)]
struct InstantRow {
    id: i64,
    at: i64,
}

#[derive(FromRow)]
struct LineRow {
    id: i64,
    at: i64,
    body: String,
}

/// An instant has its day in a zone alone, which no statement knows: the days of a case's
/// lines are found first, and the lines of a portion are read after that.
const INSTANTS: &str = "select id, at from journal where case_id = $1 and $2 <= at";
const LINES: &str = "\
select id, at, body from journal where id in (select s.id from list($1) as s (id bigint))";

async fn lines(
    conn: &mut Conn,
    filter: &TimelineFilter,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<TimelineEntry>, StoreError> {
    let from = after.map(|it| it.0).max(filter.from);
    let instants: Vec<InstantRow> = sqlx::query_as(INSTANTS)
        .bind(filter.case.0)
        .bind(from.map_or(i64::MIN, not_later_than))
        .fetch_all(&mut *conn)
        .await?;
    let places = instants.iter().map(|row| (filter.day_of(row.at), row.id));
    let mut places: Vec<Place> = places
        .filter(|place| after < Some(*place) && filter.takes_day(place.0))
        .collect();
    places.sort_unstable();
    places.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let numbers: Vec<i64> = places.iter().map(|place| place.1).collect();
    let rows: Vec<LineRow> = sqlx::query_as(LINES)
        .bind(serde_json::to_string(&numbers)?)
        .fetch_all(conn)
        .await?;
    let mut rows: HashMap<i64, LineRow> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    let entries = places.into_iter().filter_map(|(day, number)| {
        let LineRow { at, body, .. } = rows.remove(&number)?;
        let what = Told::Line { at, entry: Entry::parse(&body).map(Box::new) };
        Some(TimelineEntry { day, number, what })
    });
    Ok(entries.collect())
}

/// An instant that is in no zone later than the beginning of a day, in milliseconds since
/// 1970.
fn not_later_than(day: Date) -> i64 {
    let before = day.saturating_sub(1.day()).at(0, 0, 0, 0);
    let midnight = TimeZone::UTC.to_ambiguous_timestamp(before).compatible();
    midnight.map_or(i64::MIN, Timestamp::as_millisecond)
}
