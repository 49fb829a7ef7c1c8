//! The list of court matters (法院案件一览): what is open, where it stands, and what has to
//! be seen to next.

use std::collections::BTreeMap;

use domain::ids::OrderId;
use jiff::Span;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::any::AnyRow;
use store::Conn;
use store::plugin::{BooksError, WorkWanted};

use super::read;
use crate::deadlines::PASSING;
use crate::matters::Matter;

const PAGE: &str = "
    select id, case_id, kind, court, claim_fen, awarded_fen, owner, status,
      coalesce(stage, status) as stage, court_no, opened_on,
      coalesce(judged_on, filed_on, opened_on) as since_on, opened_on as place
    from matters
    where status <> 'closed' and (opened_on, id) > ($1, $2)
      and lower(court) like $4 escape '!' and ($5 = '' or coalesce(stage, status) = $5)
    order by opened_on, id
    limit $3";

const PAGE_OF: &str = "
    select id, case_id, kind, court, claim_fen, awarded_fen, owner, status,
      coalesce(stage, status) as stage, court_no, opened_on,
      coalesce(judged_on, filed_on, opened_on) as since_on, opened_on as place
    from matters
    where status <> 'closed' and owner = $6 and (opened_on, id) > ($1, $2)
      and lower(court) like $4 escape '!' and ($5 = '' or coalesce(stage, status) = $5)
    order by opened_on, id
    limit $3";

/// By the day that comes first of those that a matter has within a time; from the index of
/// open days, so that a page reads no more than its part of them.
const DUE: &str = "
    select m.id, m.case_id, m.kind, m.court, m.claim_fen, m.awarded_fen, m.owner, m.status,
      coalesce(m.stage, m.status) as stage, m.court_no, m.opened_on,
      coalesce(m.judged_on, m.filed_on, m.opened_on) as since_on, d.due_on as place
    from matter_deadlines d
    join matters m on m.id = d.matter_id
    where d.done_on is null and d.due_on <= $7 and (d.due_on, d.matter_id) > ($1, $2)
      and ($8 <= d.due_on or d.kind not in (select p.kind from list($9) as p (kind text)))
      and not exists (
        select 1
        from matter_deadlines e
        where e.matter_id = d.matter_id and e.done_on is null
          and (e.due_on, e.kind) < (d.due_on, d.kind)
          and ($8 <= e.due_on
            or e.kind not in (select p.kind from list($9) as p (kind text))))
      and m.status <> 'closed' and lower(m.court) like $4 escape '!'
      and ($5 = '' or coalesce(m.stage, m.status) = $5)
      and ($6 = '' or m.owner = $6) and m.case_id between $10 and $11
    order by d.due_on, d.matter_id
    limit $3";

const ALL_OF_CASE: &str = "
    select id, case_id, kind, court, claim_fen, awarded_fen, owner, status,
      coalesce(stage, status) as stage, court_no, opened_on,
      coalesce(closed_on, judged_on, filed_on, opened_on) as since_on, opened_on as place
    from matters
    where case_id = $1 and lower(court) like $2 escape '!'
      and ($3 = '' or coalesce(stage, status) = $3)
    order by opened_on, id";

/// A portion of the matters that are not closed, oldest first, each with its place in the
/// list; of one case all of them, closed ones too. Where only those are wanted that have a
/// day within some time, the earliest such day is the place.
pub(crate) async fn page(
    conn: &mut Conn,
    wanted: &WorkWanted<'_>,
) -> Result<Vec<(Matter, String)>, BooksError> {
    let court = wanted.text("court").map_or_else(|| "%".to_owned(), containing);
    let stage = wanted.text("stage").unwrap_or_default().trim().to_owned();
    let due = wanted.number("due_within").map(|days| last_day(wanted.today, days));
    let (after, id) = wanted.after;
    let rows = match (wanted.case, due, wanted.of) {
        (Some(case), None, _) => {
            let asked = sqlx::query(ALL_OF_CASE).bind(case.0).bind(court).bind(stage);
            asked.fetch_all(conn).await?
        }
        (case, Some(last), of) => {
            let of = of.unwrap_or_default().to_owned();
            let asked = sqlx::query(DUE).bind(after.clone()).bind(*id).bind(wanted.limit);
            let asked = asked.bind(court).bind(stage).bind(of).bind(last.to_string());
            let asked = asked.bind(wanted.today.to_string()).bind(passing()?);
            let (from, to) = case.map_or((0, i64::MAX), |case| (case.0, case.0));
            let asked = asked.bind(from).bind(to);
            asked.fetch_all(conn).await?
        }
        (None, None, of) => {
            let asked = sqlx::query(if of.is_some() { PAGE_OF } else { PAGE });
            let asked = asked.bind(after.clone()).bind(*id).bind(wanted.limit);
            let asked = asked.bind(court).bind(stage);
            let asked = match of {
                Some(of) => asked.bind(of.to_owned()),
                None => asked,
            };
            asked.fetch_all(conn).await?
        }
    };
    rows.iter().map(|row| Ok((read(row)?, row.try_get("place")?))).collect()
}

/// The last of so many days from today; the end of the calendar where they are too many.
fn last_day(today: Date, days: i64) -> Date {
    let span = Span::new().try_days(days);
    span.map_or(Date::MAX, |span| today.saturating_add(span))
}

/// The pattern of what has a text in it, in whatever case it is written.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The sorts of days that merely pass, as the statements take them.
fn passing() -> Result<String, BooksError> {
    serde_json::to_string(&PASSING).map_err(|error| BooksError(error.to_string()))
}

const NEXT_DAYS: &str = "
    select matter_id, kind, due_on
    from matter_deadlines
    where done_on is null and matter_id in (select s.id from list($1) as s (id bigint))
      and ($2 <= due_on or kind not in (select p.kind from list($3) as p (kind text)))
    order by matter_id, due_on desc, kind desc";

/// The day that each of these matters must not miss next, with what it is.
pub(crate) async fn next_days(
    conn: &mut Conn,
    matters: &[OrderId],
    today: Date,
) -> Result<BTreeMap<i64, (String, String)>, BooksError> {
    let list =
        serde_json::to_string(matters).map_err(|error| BooksError(error.to_string()))?;
    let asked = sqlx::query(NEXT_DAYS).bind(list).bind(today.to_string());
    let rows = asked.bind(passing()?).fetch_all(conn).await?;
    // The last of a matter is the earliest.
    let day = |row: &AnyRow| {
        let next = (row.try_get("kind")?, row.try_get("due_on")?);
        Ok((row.try_get("matter_id")?, next))
    };
    rows.iter().map(day).collect()
}
