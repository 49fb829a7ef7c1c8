//! Events (事件): what happened to a case, told to every workflow that is open on it.

use std::collections::BTreeSet;
use std::fmt;

use domain::ids::{CaseId, EventId};
use foldhash::HashSet;
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::error::StoreError;
use crate::now::Now;
use crate::{Conn, effects, ids, rows};

/// Something that happened, before it has a number. Its `Debug` form leaves out
/// the payload, in which people write notes.
#[derive(Clone, PartialEq)]
pub struct NewEvent {
    /// The case it happened to.
    pub case_id: CaseId,
    /// `payment`, `complaint`, `call_result`, …; any word is taken.
    pub kind: String,
    /// Dates as `YYYY-MM-DD`, amounts as whole fen.
    pub payload: Map<String, Value>,
    /// Who tells of it: a file, a plugin, a person.
    pub source: String,
    /// The same key for the same event of a source; it is taken once.
    pub dedupe_key: String,
    /// The civil day on which it happened.
    pub happened_on: Date,
}

impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewEvent({} of case {})", self.kind, self.case_id)
    }
}

/// An event that was new.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Taken {
    /// Its place among those handed in.
    pub index: usize,
    /// Its number.
    pub id: EventId,
}

/// Takes one event: its row, its effect on facts and holds, and an inbox row
/// for every open workflow. `None` when it was taken before.
///
/// `resume_at_ms` is the next workday's opening: the earliest instant at which
/// a timer may fire that the end of a hold sets free.
///
/// # Errors
///
/// [`StoreError`] when the case is unknown or the database cannot be written.
pub async fn record(
    conn: &mut Conn,
    now: &Now,
    resume_at_ms: i64,
    event: NewEvent,
) -> Result<Option<EventId>, StoreError> {
    let taken = record_all(conn, now, resume_at_ms, &[event]).await?;
    Ok(taken.first().map(|it| it.id))
}

/// [`record`] for many events, in order; answers those that were new.
///
/// # Errors
///
/// As [`record`]; nothing is taken then.
pub async fn record_all(
    conn: &mut Conn,
    now: &Now,
    resume_at_ms: i64,
    events: &[NewEvent],
) -> Result<Vec<Taken>, StoreError> {
    let taken = raise(conn, now, events).await?;
    let new: Vec<&NewEvent> =
        taken.iter().filter_map(|it| events.get(it.index)).collect();
    let cases: BTreeSet<i64> = new.iter().map(|it| it.case_id.0).collect();
    touch(conn, &cases).await?;
    effects::apply(conn, now, resume_at_ms, &new).await?;
    Ok(taken)
}

/// Takes events that change no fact by themselves: those the house raises
/// after it has changed the facts.
///
/// # Errors
///
/// As [`record`]; nothing is taken then.
pub async fn raise(
    conn: &mut Conn,
    now: &Now,
    events: &[NewEvent],
) -> Result<Vec<Taken>, StoreError> {
    let new = unseen(conn, events).await?;
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let first = ids::allocate(conn, new.len()).await?;
    let taken: Vec<Taken> = (first..)
        .zip(&new)
        .map(|(id, it)| Taken { index: *it, id: EventId(id) })
        .collect();
    let mut batch = Vec::with_capacity(new.len());
    for (id, event) in (first..).zip(new.iter().filter_map(|it| events.get(*it))) {
        batch.push((
            id,
            event.case_id,
            &event.kind,
            serde_json::to_string(&event.payload)?,
            &event.source,
            &event.dedupe_key,
            event.happened_on,
        ));
    }
    let last = first + i64::try_from(batch.len()).unwrap_or(0) - 1;
    sqlx::query(INSERT)
        .bind(serde_json::to_string(&batch)?)
        .bind(now.ms)
        .execute(&mut *conn)
        .await?;
    let put =
        sqlx::query(INTO_INBOXES).bind(first).bind(last).execute(&mut *conn).await?;
    let put = usize::try_from(put.rows_affected()).unwrap_or(0);
    if 0 < put {
        // The statement has numbered its rows from the counter; move it on.
        ids::allocate(conn, put).await?;
    }
    Ok(taken)
}

/// The places of the events that were never taken, each key once.
async fn unseen(conn: &mut Conn, events: &[NewEvent]) -> Result<Vec<usize>, StoreError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> =
        events.iter().map(|event| (&event.source, &event.dedupe_key)).collect();
    let seen: HashSet<usize> = rows::ask(conn, SEEN, &keys).await?;
    let mut met = HashSet::default();
    let new = keys
        .into_iter()
        .enumerate()
        .filter(|(at, key)| !seen.contains(at) && met.insert(*key))
        .map(|(at, _)| at);
    Ok(new.collect())
}

/// Marks that a script could see something new of these cases.
pub(crate) async fn touch(
    conn: &mut Conn,
    cases: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    let cases: Vec<i64> = cases.iter().copied().collect();
    rows::run(conn, TOUCH, &cases).await?;
    Ok(())
}

/// One event on record.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its number.
    pub id: EventId,
    /// What happened.
    pub kind: String,
    /// The payload.
    pub payload: Map<String, Value>,
    /// Who told of it.
    pub source: String,
    /// The civil day.
    pub happened_on: Date,
}

/// Every event of a case, in the order taken.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(conn: &mut Conn, case: CaseId) -> Result<Vec<Recorded>, StoreError> {
    let list: Vec<(EventId, String, String, String, Date)> =
        rows::ask(conn, OF_CASE, &[case]).await?;
    list.into_iter()
        .map(|(id, kind, payload, source, happened_on)| {
            let payload = serde_json::from_str(&payload)?;
            Ok(Recorded { id, kind, payload, source, happened_on })
        })
        .collect()
}

const SEEN: &str = "
    select json_group_array(e.n)
    from batch($1) as e (n ordinality, source text, dedupe_key text)
    join events v on v.source = e.source and v.dedupe_key = e.dedupe_key";

const INSERT: &str = "
    insert into events
      (id, case_id, kind, payload, source, dedupe_key, happened_on, received_at)
    select s.id, s.case_id, s.kind, s.payload, s.source, s.dedupe_key, s.happened_on, $2
    from batch($1) as s (id bigint, case_id bigint, kind text, payload text, source text,
      dedupe_key text, happened_on text)";

const INTO_INBOXES: &str = "
    insert into inbox (id, instance_id, event_id, case_id, kind, payload, received_at)
    select
      (select cast(value as bigint) from meta where key = 'next_id')
        + row_number() over (order by e.id, i.id) - 1,
      i.id, e.id, e.case_id, e.kind, e.payload, e.received_at
    from events e
    join instances i on i.case_id = e.case_id and i.status <> 'finished'
    where e.id between $1 and $2";

const TOUCH: &str = "
    update cases
    set facts_rev = facts_rev + 1
    where id in (select id from list($1) as s (id bigint))";

const OF_CASE: &str = "
    select json_group_array(json_array(id, kind, payload, source, happened_on) order by id)
    from events
    where case_id = (select s.id from list($1) as s (id bigint))";
