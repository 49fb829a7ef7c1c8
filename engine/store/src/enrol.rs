//! Enrolment (纳入): which cases enter a workflow, and how an instance opens.

use std::fmt::Write as _;

use domain::enrolment::{Condition, Enrolment, Test};
use domain::event::Event;
use domain::ids::{CaseId, EventId, InstanceId, ReleaseId};
use domain::journal::{self as lines, Entry};
use foldhash::HashSet;
use jiff::ToSpan;
use jiff::civil::Date;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Row};

use crate::journal::{self, NewLine};
use crate::{Conn, Now, StoreError, ids, lanes, rehearsal};

/// Due before today and not covered, in fen, less than 0 where more is covered; `$1` is
/// today.
const OVERDUE: &str = "\
((select coalesce(sum(l.amount_fen), 0) from ledger l
  where l.case_id = c.id and l.kind = 'due' and l.booked_on < $1
    and not exists (select 1 from ledger r where r.reverses = l.id))
  - c.paid_fen - c.waived_fen)";

/// The first due date from `$1`, today, on that is not covered.
const NEXT_DUE: &str = "\
case when c.oldest_unpaid_on < $1 then (
  select min(l.booked_on) from ledger l
  where l.case_id = c.id and l.kind = 'due' and $1 <= l.booked_on and 0 < l.amount_fen
    and not exists (select 1 from ledger r where r.reverses = l.id))
else c.oldest_unpaid_on end";

const GUARANTORS: &str =
    "from case_parties g where g.case_id = c.id and g.role = 'guarantor'";

/// Open cases outside the lane `$3`. Messages and letters know yuan alone.
const ENTRANTS: &str = "\
select c.id from cases c where c.status = 'open' and c.currency = 'CNY' and $1 = $1
and not exists (select 1 from lanes l where l.case_id = c.id and l.lane = $3)";

/// Open cases, wherever they are.
const BOOK: &str = "\
select c.id from cases c where c.status = 'open' and c.currency = 'CNY' and $1 = $1";

/// Those that have not entered the workflow `$2` in this overdue episode.
const ONCE_AN_EPISODE: &str = "\
not exists (select 1 from enrolments e where e.case_id = c.id
  and e.workflow = $2 and e.episode = c.episode)";

/// Those that have not entered the workflow `$2` for their next due date.
const ONCE_A_DUE_DATE: &str = "\
not exists (select 1 from due_enrolments e where e.case_id = c.id
  and e.workflow = $2 and e.due_on = ";

/// The cases that may enter by an enrolment, its conditions aside.
fn entrants(enrolment: &Enrolment) -> String {
    if enrolment.is_by_due_date() {
        format!("{ENTRANTS} and {ONCE_A_DUE_DATE}{NEXT_DUE})")
    } else {
        format!("{ENTRANTS} and {ONCE_AN_EPISODE}")
    }
}

/// A field that the search cannot be made over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotSearchable(pub String);

/// The cases that meet the declared conditions of a workflow today, are not in
/// its lane, and have not entered it in this overdue episode (or, where it looks
/// ahead of due dates, for the next one), in no order: to page them would sort
/// them anew for each page.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read. A condition on a field
/// that cannot be searched for matches nothing; the checks refuse it before.
pub async fn candidates(
    conn: &mut Conn,
    today: Date,
    workflow: &str,
    lane: &str,
    enrolment: &Enrolment,
) -> Result<Vec<CaseId>, StoreError> {
    let Ok(search) = Search::of(&entrants(enrolment), enrolment, today, 4) else {
        return Ok(Vec::new());
    };
    let sql = format!("select json_group_array(id) as cases from ({}) f", search.sql);
    let query = search.bind(AssertSqlSafe(sql), today, workflow, lane, None);
    let text: String = query.fetch_one(conn).await?.try_get("cases")?;
    Ok(serde_json::from_str(&text)?)
}

/// How many [`candidates`] a workflow has; counting ends at `most`.
///
/// # Errors
///
/// As for [`candidates`].
pub async fn count_candidates(
    conn: &mut Conn,
    today: Date,
    workflow: &str,
    lane: &str,
    enrolment: &Enrolment,
    most: u32,
) -> Result<u64, StoreError> {
    let base = entrants(enrolment);
    let Ok(search) = Search::of(&base, enrolment, today, 4) else { return Ok(0) };
    let sql = format!("select count(*) as cases from ({} limit {most}) f", search.sql);
    let query = search.bind(AssertSqlSafe(sql), today, workflow, lane, None);
    let count: i64 = query.fetch_one(conn).await?.try_get("cases")?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// How many open cases meet the declared conditions of a workflow today, whether
/// they are in it, were in it or never were; counting ends at `most`.
///
/// # Errors
///
/// As for [`candidates`].
pub async fn count_matching(
    conn: &mut Conn,
    today: Date,
    enrolment: &Enrolment,
    most: u32,
) -> Result<u64, StoreError> {
    let Ok(search) = Search::of(BOOK, enrolment, today, 2) else { return Ok(0) };
    let sql = format!("select count(*) as cases from ({} limit {most}) f", search.sql);
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(today.to_string());
    for word in search.words {
        query = query.bind(word);
    }
    let count: i64 = query.fetch_one(conn).await?.try_get("cases")?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Those of some cases that are [`candidates`] of a workflow.
///
/// # Errors
///
/// As for [`candidates`].
pub async fn meeting(
    conn: &mut Conn,
    today: Date,
    workflow: &str,
    lane: &str,
    enrolment: &Enrolment,
    cases: &[CaseId],
) -> Result<HashSet<CaseId>, StoreError> {
    let entrants = entrants(enrolment);
    let among =
        format!("{entrants} and c.id in (select id from list($4) as s (id bigint))");
    let Ok(search) = Search::of(&among, enrolment, today, 5) else {
        return Ok(HashSet::default());
    };
    let cases = serde_json::to_string(cases)?;
    let sql = search.sql.clone();
    let query = search.bind(AssertSqlSafe(sql), today, workflow, lane, Some(cases));
    let rows = query.fetch_all(conn).await?;
    rows.iter().map(|row| Ok(CaseId(row.try_get("id")?))).collect()
}

/// A search for cases by the declared conditions of a workflow.
struct Search {
    sql: String,
    words: Vec<String>,
}

impl Search {
    /// The statement `base` narrowed by every condition; words become
    /// parameters from number `first` on.
    fn of(
        base: &str,
        enrolment: &Enrolment,
        today: Date,
        first: usize,
    ) -> Result<Self, NotSearchable> {
        let mut words = Words { first, list: Vec::new() };
        let mut sql = base.to_owned();
        let only_on_time =
            enrolment.is_by_due_date() && enrolment.conditions.iter().any(is_on_time);
        for condition in &enrolment.conditions {
            let clause = match condition.field.as_str() {
                "days_until_due" => days_until_due(today, &condition.test, only_on_time),
                // Whoever's oldest date lies ahead is on time: said once, by the
                // range that an index has.
                _ if only_on_time && is_on_time(condition) => continue,
                _ => clause(condition, today, &mut words)?,
            };
            write!(sql, " and {clause}").unwrap_or_default();
        }
        Ok(Self { sql, words: words.list })
    }

    /// The query with its parameters: today, workflow, lane, the cases if it
    /// asks about some, and the words.
    fn bind(
        self,
        sql: AssertSqlSafe<String>,
        today: Date,
        workflow: &str,
        lane: &str,
        cases: Option<String>,
    ) -> Query<'static, Any, AnyArguments> {
        let mut query = sqlx::query(sql)
            .bind(today.to_string())
            .bind(workflow.to_owned())
            .bind(lane.to_owned());
        for word in cases.into_iter().chain(self.words) {
            query = query.bind(word);
        }
        query
    }
}

/// Words of conditions, which travel as parameters.
struct Words {
    /// The number of the first one.
    first: usize,
    list: Vec<String>,
}

impl Words {
    /// Takes a word and answers its place in the statement.
    fn place(&mut self, word: &str) -> String {
        self.list.push(word.to_owned());
        format!("${}", self.first + self.list.len() - 1)
    }
}

/// One condition as SQL; numbers are written out, words become parameters.
fn clause(
    condition: &Condition,
    today: Date,
    words: &mut Words,
) -> Result<String, NotSearchable> {
    let field = condition.field.as_str();
    if let Test::OneOf(list) = &condition.test {
        return one_of(field, list, words);
    }
    let (low, high) = bounds(&condition.test);
    match field {
        "days_past_due" => Ok(days_past_due(today, low, high)),
        "limitation_days_left" => Ok(days_left(today, low, high)),
        "overdue" => Ok(overdue(low, high)),
        "guarantors" => Ok(guarantors(low, high)),
        "principal" | "balance" | "paid" => {
            Ok(between(&format!("c.{field}_fen"), low, high))
        }
        "broken_promises" | "kept_promises" | "contacts" | "failed_contacts"
        | "visits" => Ok(between(&format!("c.{field}"), low, high)),
        _ => Err(NotSearchable(field.to_owned())),
    }
}

fn bounds(test: &Test) -> (Option<i64>, Option<i64>) {
    match *test {
        Test::AtLeast(low) => (Some(low), None),
        Test::AtMost(high) => (None, Some(high)),
        Test::Between(low, high) => (Some(low), Some(high)),
        Test::OneOf(_) => (None, None),
    }
}

fn one_of(
    field: &str,
    list: &[String],
    words: &mut Words,
) -> Result<String, NotSearchable> {
    let known = ["org", "village", "product", "collector", "cause", "debtor_type"];
    if !known.contains(&field) {
        return Err(NotSearchable(field.to_owned()));
    }
    let marks: Vec<String> = list.iter().map(|it| words.place(it)).collect();
    Ok(format!("c.{field} in ({})", marks.join(", ")))
}

/// How many guarantors are on record; whether there is one at all is the first
/// entry of an index that holds guarantors alone.
fn guarantors(low: Option<i64>, high: Option<i64>) -> String {
    match (low, high) {
        (Some(1), None) => format!("exists (select 1 {GUARANTORS})"),
        (None, Some(0)) => format!("not exists (select 1 {GUARANTORS})"),
        _ => between(&format!("(select count(*) {GUARANTORS})"), low, high),
    }
}

/// Whoever has covered more than is due has nothing overdue, no less than nothing.
fn overdue(low: Option<i64>, high: Option<i64>) -> String {
    if high.is_some_and(|high| high < 0) {
        return "false".to_owned();
    }
    between(OVERDUE, low.filter(|it| 0 < *it), high)
}

fn between(expression: &str, low: Option<i64>, high: Option<i64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{expression} between {low} and {high}"),
        (Some(low), None) => format!("{low} <= {expression}"),
        (None, Some(high)) => format!("{expression} <= {high}"),
        (None, None) => "true".to_owned(),
    }
}

/// Days past due are asked of the stored due date, so that the index serves
/// and no row changes from day to day.
fn days_past_due(today: Date, low: Option<i64>, high: Option<i64>) -> String {
    let mut parts = Vec::new();
    if let Some(low) = low.filter(|it| 0 < *it) {
        parts.push(format!("c.oldest_unpaid_on <= '{}'", before(today, low)));
    }
    if let Some(high) = high {
        let day = before(today, high);
        parts.push(if low.is_some_and(|it| 0 < it) {
            format!("'{day}' <= c.oldest_unpaid_on")
        } else {
            format!("(c.oldest_unpaid_on is null or '{day}' <= c.oldest_unpaid_on)")
        });
    }
    if parts.is_empty() { "true".to_owned() } else { parts.join(" and ") }
}

/// Whether a condition takes those alone of whom nothing is overdue.
fn is_on_time(condition: &Condition) -> bool {
    let none = matches!(condition.test, Test::AtMost(0) | Test::Between(..=0, 0));
    none && condition.field == "days_past_due"
}

/// Where nothing is overdue, the oldest date that is not covered is the next one,
/// and the index serves; the ledger is asked for those alone that are overdue, and
/// not at all where only those who are on time are wanted.
fn days_until_due(today: Date, test: &Test, only_on_time: bool) -> String {
    let (low, high) = bounds(test);
    let from = before(today, -low.unwrap_or(0).max(0));
    let within = |day: &str| {
        let until = high.map(|high| format!(" and {day} <= '{}'", before(today, -high)));
        format!("'{from}' <= {day}{}", until.unwrap_or_default())
    };
    let on_time = within("c.oldest_unpaid_on");
    if only_on_time {
        return on_time;
    }
    let late = within(&format!("({NEXT_DUE})"));
    format!("(({on_time}) or (c.oldest_unpaid_on < '{today}' and {late}))")
}

fn days_left(today: Date, low: Option<i64>, high: Option<i64>) -> String {
    let mut parts = vec!["c.limitation_ends_on is not null".to_owned()];
    if let Some(low) = low {
        parts.push(format!("'{}' <= c.limitation_ends_on", before(today, -low)));
    }
    if let Some(high) = high {
        parts.push(format!("c.limitation_ends_on <= '{}'", before(today, -high)));
    }
    parts.join(" and ")
}

/// The day `days` before today; far away stays at the end of the calendar.
fn before(today: Date, days: i64) -> Date {
    let days = days.clamp(-1_000_000, 1_000_000);
    today.saturating_sub(days.days())
}

/// An instance to open.
#[derive(Clone, Debug)]
pub struct NewInstance {
    /// The case.
    pub case_id: CaseId,
    /// The workflow.
    pub workflow: String,
    /// Its lane.
    pub lane: String,
    /// The stage it starts in.
    pub stage: String,
    /// It goes on under holds that forbid demands.
    pub keeps_clocks: bool,
    /// `conditions`, `event:NAME`, `become:WORKFLOW`, `start:WORKFLOW`, or who.
    pub by: String,
    /// The event it entered on, an id of `events`.
    pub event: Option<i64>,
    /// It is entered once for each due date, not once for each overdue episode.
    pub by_due_date: bool,
}

/// id, case, workflow, lane, stage, `keeps_clocks`, by, event, by due date.
type Opened<'a> = (i64, i64, &'a str, &'a str, &'a str, i64, &'a str, Option<i64>, bool);

const LANE: &str = "\
insert into lanes (case_id, lane, instance_id, workflow, oldest_unpaid_on)
select s.case_id, s.lane, s.id, s.workflow, c.oldest_unpaid_on
from batch($1) as s (id bigint, case_id bigint, workflow text, lane text)
join cases c on c.id = s.case_id
where true
on conflict (case_id, lane) do nothing";

const GOT_LANE: &str = "\
select s.id from batch($1) as s (id bigint, case_id bigint, workflow text, lane text)
join lanes l on l.case_id = s.case_id and l.lane = s.lane and l.instance_id = s.id";

const INSTANCE: &str = "\
insert into instances (id, case_id, workflow, lane, stage, seq, status, due_at, rehearsal)
select s.id, s.case_id, s.workflow, s.lane, s.stage, 0, 'waiting', $2,
  (select count(*) from meta where key = 'rehearsal_since')
from batch($1) as s (id bigint, case_id bigint, workflow text, lane text, stage text)";

const NOTES: &str = "\
insert into instance_notes (instance_id, opened_at, episode, enrolled_by, keeps_clocks)
select s.id, $2, c.episode, s.enrolled_by, s.keeps_clocks
from batch($1) as s (id bigint, case_id bigint, workflow text, lane text, stage text,
  keeps_clocks bigint, enrolled_by text)
join cases c on c.id = s.case_id";

const ENROLMENT: &str = "\
insert into enrolments (case_id, workflow, episode, instance_id)
select s.case_id, s.workflow, c.episode, s.id
from batch($1) as s (id bigint, case_id bigint, workflow text)
join cases c on c.id = s.case_id
where true
on conflict (case_id, workflow, episode) do nothing";

/// A case without a date ahead, brought in by a person, is in for none. `$1` is
/// today.
const DUE_ENROLMENT: &str = "\
insert into due_enrolments (case_id, workflow, due_on, instance_id)
select d.case_id, d.workflow, d.due_on, d.instance_id
from (
  select c.id as case_id, s.workflow, s.id as instance_id,
    case when c.oldest_unpaid_on < $1 then (
      select min(l.booked_on) from ledger l
      where l.case_id = c.id and l.kind = 'due' and $1 <= l.booked_on
        and 0 < l.amount_fen
        and not exists (select 1 from ledger r where r.reverses = l.id))
    else c.oldest_unpaid_on end as due_on
  from batch($2) as s (id bigint, case_id bigint, workflow text)
  join cases c on c.id = s.case_id) d
where d.due_on is not null
on conflict (case_id, workflow, due_on) do nothing";

const FIRST_EVENT: &str = "\
insert into inbox (id, instance_id, event_id, case_id, kind, payload, received_at)
select $2 + s.n, s.id, e.id, e.case_id, e.kind, e.payload, e.received_at
from batch($1) as s (n ordinality, id bigint, case_id bigint, workflow text, lane text,
  stage text, keeps_clocks bigint, enrolled_by text, event_id bigint)
join events e on e.id = s.event_id";

/// An event that finds its workflow already open is one more event for it.
const LATER_EVENT: &str = "\
insert into inbox (id, instance_id, event_id, case_id, kind, payload, received_at)
select $2 + s.n, i.id, e.id, e.case_id, e.kind, e.payload, e.received_at
from batch($1) as s (n ordinality, id bigint, case_id bigint, workflow text, lane text,
  stage text, keeps_clocks bigint, enrolled_by text, event_id bigint)
join lanes l on l.case_id = s.case_id and l.lane = s.lane
join instances i on i.id = l.instance_id and i.workflow = s.workflow
join events e on e.id = s.event_id
where true
on conflict (instance_id, event_id) do nothing";

/// Opens instances whose lane is free, due at once, and returns those opened.
///
/// An occupied lane is left as it is: the other instance goes on.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn open_instances(
    conn: &mut Conn,
    now: &Now,
    release_id: i64,
    wanted: &[NewInstance],
) -> Result<Vec<InstanceId>, StoreError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let first = ids::allocate(conn, wanted.len()).await?;
    let rows: Vec<Opened<'_>> =
        (first..).zip(wanted).map(|(id, it)| row(id, it)).collect();
    let list = serde_json::to_string(&rows)?;
    sqlx::query(LANE).bind(&list).execute(&mut *conn).await?;
    let got = sqlx::query_scalar(GOT_LANE).bind(&list);
    let got: Vec<i64> = got.fetch_all(&mut *conn).await?;
    let got: HashSet<i64> = got.into_iter().collect();
    let (rows, late): (Vec<Opened<'_>>, Vec<Opened<'_>>) =
        rows.into_iter().partition(|row| got.contains(&row.0));
    add_later_events(conn, late).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    insert_opened(conn, now, &rows).await?;
    let cases: Vec<i64> = rows.iter().map(|row| row.1).collect();
    lanes::count(conn, &cases).await?;
    let rehearsal = rehearsal::since(conn).await?.is_some();
    let lines: Vec<NewLine> =
        rows.iter().map(|row| opening(row, release_id, rehearsal)).collect();
    journal::append(conn, now, &lines).await?;
    let opened: Vec<i64> = rows.iter().map(|row| row.0).collect();
    crate::holds::freeze_if_held(conn, now, &opened).await?;
    Ok(opened.into_iter().map(InstanceId).collect())
}

fn row(id: i64, it: &NewInstance) -> Opened<'_> {
    (
        id,
        it.case_id.0,
        &it.workflow,
        &it.lane,
        &it.stage,
        i64::from(it.keeps_clocks),
        &it.by,
        it.event,
        it.by_due_date,
    )
}

async fn add_later_events(
    conn: &mut Conn,
    late: Vec<Opened<'_>>,
) -> Result<(), StoreError> {
    let late: Vec<_> = late.into_iter().filter(|it| it.7.is_some()).collect();
    if late.is_empty() {
        return Ok(());
    }
    let first = ids::allocate(conn, late.len()).await?;
    let list = serde_json::to_string(&late)?;
    sqlx::query(LATER_EVENT).bind(list).bind(first).execute(conn).await?;
    Ok(())
}

async fn insert_opened(
    conn: &mut Conn,
    now: &Now,
    rows: &[Opened<'_>],
) -> Result<(), StoreError> {
    let list = serde_json::to_string(rows)?;
    for statement in [INSTANCE, NOTES] {
        sqlx::query(statement).bind(&list).bind(now.ms).execute(&mut *conn).await?;
    }
    note_enrolments(conn, now, rows).await?;
    let on_event: Vec<_> = rows.iter().filter(|row| row.7.is_some()).collect();
    if on_event.is_empty() {
        return Ok(());
    }
    let first = ids::allocate(conn, on_event.len()).await?;
    sqlx::query(FIRST_EVENT)
        .bind(serde_json::to_string(&on_event)?)
        .bind(first)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whoever comes in by another way than the conditions has still been in the
/// workflow this episode, or for this due date; only events may bring a case in
/// again.
async fn note_enrolments(
    conn: &mut Conn,
    now: &Now,
    rows: &[Opened<'_>],
) -> Result<(), StoreError> {
    let once = rows.iter().filter(|row| row.7.is_none());
    let (by_due_date, by_episode): (Vec<&Opened<'_>>, Vec<&Opened<'_>>) =
        once.partition(|it| it.8);
    if !by_episode.is_empty() {
        let list = serde_json::to_string(&by_episode)?;
        sqlx::query(ENROLMENT).bind(list).execute(&mut *conn).await?;
    }
    if !by_due_date.is_empty() {
        sqlx::query(DUE_ENROLMENT)
            .bind(now.today().to_string())
            .bind(serde_json::to_string(&by_due_date)?)
            .execute(conn)
            .await?;
    }
    Ok(())
}

fn opening(row: &Opened<'_>, release_id: i64, rehearsal: bool) -> NewLine {
    let opened = Entry::Opened(lines::Opened {
        workflow: row.2.to_owned(),
        stage: row.4.to_owned(),
        by: row.6.to_owned(),
        rehearsal,
    });
    NewLine::of_run(InstanceId(row.0), CaseId(row.1), opened)
        .under(Some(ReleaseId(release_id)))
}

const NEW_EVENTS: &str = "\
select case_id, id, kind, payload from events
where $1 < id and kind in (select s.word from list($2) as s (word text))
order by id limit $3";

/// Events behind `after` of the kinds that bring cases into workflows.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn events_after(
    conn: &mut Conn,
    after: i64,
    kinds: &[String],
    limit: i64,
) -> Result<Vec<(CaseId, Event)>, StoreError> {
    let rows = sqlx::query(NEW_EVENTS)
        .bind(after)
        .bind(serde_json::to_string(kinds)?)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(event).collect()
}

const STANDS: &str = "\
select (select cast(value as bigint) from meta where key = $1) as cursor,
  (select coalesce(max(id), 0) from events) as newest";

/// The number that `meta` notes under `cursor`, and the newest event's; 0 when
/// there is none.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn cursor_and_newest(
    conn: &mut Conn,
    cursor: &str,
) -> Result<(Option<i64>, i64), StoreError> {
    let row = sqlx::query(STANDS).bind(cursor.to_owned()).fetch_one(conn).await?;
    Ok((row.try_get("cursor")?, row.try_get("newest")?))
}

const LAST_EVENT: &str = "select coalesce(max(id), 0) from events where received_at < $1";

/// The newest event received before an instant; 0 when there is none.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn last_event(conn: &mut Conn, before_ms: i64) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(LAST_EVENT).bind(before_ms).fetch_one(conn).await?)
}

const PENDING_EVENTS: &str = "\
select case_id, id, kind, payload from events
where id > coalesce((select cast(value as bigint) from meta where key = $1), 0)
order by id
limit $2";

/// The events after the number that `meta` notes under `cursor`, with their cases,
/// at most `limit`.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn pending_events(
    conn: &mut Conn,
    cursor: &str,
    limit: i64,
) -> Result<Vec<(CaseId, Event)>, StoreError> {
    let pending = sqlx::query(PENDING_EVENTS).bind(cursor.to_owned()).bind(limit);
    let rows = pending.fetch_all(conn).await?;
    rows.iter().map(event).collect()
}

/// A row of case, number, kind and payload.
pub(crate) fn event(row: &AnyRow) -> Result<(CaseId, Event), StoreError> {
    let payload = serde_json::from_str(row.try_get("payload")?)?;
    let id = EventId(row.try_get("id")?);
    let event = Event { id, kind: row.try_get("kind")?, payload };
    Ok((CaseId(row.try_get("case_id")?), event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    fn condition(field: &str, test: Test) -> Condition {
        Condition { field: field.to_owned(), test }
    }

    /// How the search for some conditions goes about the cases.
    async fn plan(store: &Store, conditions: Vec<Condition>) -> String {
        let enrolment = Enrolment { conditions, ..Enrolment::default() };
        let today = Date::constant(2026, 3, 2);
        let search = Search::of(&entrants(&enrolment), &enrolment, today, 4).unwrap();
        let sql = AssertSqlSafe(format!("explain query plan {}", search.sql));
        let query = search.bind(sql, today, "remind", "contact", None);
        let mut conn = store.read().await.unwrap();
        let rows = query.fetch_all(conn.conn()).await.unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        steps.join("\n")
    }

    #[tokio::test]
    async fn a_search_walks_only_where_no_index_can_help() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::temporary(dir.path()).await.unwrap();
        let table = [
            (
                "days_past_due",
                Test::Between(1, 30),
                "SEARCH c USING INDEX cases_by_oldest",
            ),
            ("days_past_due", Test::AtLeast(31), "SEARCH c USING INDEX cases_by_oldest"),
            (
                "limitation_days_left",
                Test::AtMost(180),
                "SEARCH c USING INDEX cases_by_limitation",
            ),
            (
                "days_until_due",
                Test::Between(0, 3),
                "SEARCH c USING INDEX cases_by_oldest (oldest_unpaid_on>? AND oldest_unpaid_on<?)",
            ),
            ("days_until_due", Test::AtMost(15), "SEARCH c USING INDEX cases_by_oldest"),
            (
                "guarantors",
                Test::AtLeast(1),
                "USING COVERING INDEX guarantors_of_case (case_id=?)",
            ),
            ("balance", Test::AtLeast(1_000), "SCAN c"),
        ];
        for (field, test, wanted) in table {
            let plan = plan(&store, vec![condition(field, test.clone())]).await;
            assert!(plan.contains(wanted), "{field} {test:?}:\n{plan}");
            let inner = plan.lines().skip(1).any(|step| step.contains("SCAN"));
            assert!(!inner, "{field} {test:?}:\n{plan}");
        }
    }

    #[tokio::test]
    async fn who_is_on_time_and_due_soon_is_found_by_one_range_of_the_index() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::temporary(dir.path()).await.unwrap();
        for on_time in [Test::AtMost(0), Test::Between(0, 0)] {
            let soon = condition("days_until_due", Test::Between(0, 3));
            let both = vec![condition("days_past_due", on_time), soon];
            let plan = plan(&store, both).await;
            let range = "SEARCH c USING INDEX cases_by_oldest \
                         (oldest_unpaid_on>? AND oldest_unpaid_on<?)";
            assert!(
                plan.starts_with(range) && plan.matches(" c ").count() == 1,
                "{plan}"
            );
        }
    }
}
