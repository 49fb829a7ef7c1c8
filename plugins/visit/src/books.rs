//! The visit book (走访簿): every visit asked for, and how it ended.

use domain::ids::{CaseId, OrderId, PartyId};
use jiff::civil::Date;
use sqlx::Row;
use sqlx::any::AnyRow;
use store::Conn;
use store::plugin::{BooksError, WorkWanted};

use crate::result::{Evidence, VisitResult};

/// The visit book; a visit has the number of its order.
pub(crate) const MIGRATIONS: &[&str] = &[
    "create table visits (
      id bigint primary key,
      case_id bigint not null,
      party_id bigint not null,
      village text,
      reason text not null,
      assignee text,
      planned_on text not null,
      due_on text not null,
      status text not null default 'planned'
        constraint visit_status_is_known check (status in ('planned', 'done', 'cancelled')),
      cancelled_for text,
      outcome text,
      visited_on text,
      first_collector text,
      second_collector text,
      other_collectors text,
      place text,
      receipt text,
      evidence text constraint visit_evidence_is_graded check (evidence in ('proved', 'claimed')),
      note text,
      recorded_at bigint,
      constraint done_visit_has_a_result check
        ((status = 'done') = (outcome is not null and visited_on is not null)),
      constraint done_visit_has_two_collectors check
        (status <> 'done' or (first_collector is not null and second_collector is not null
          and first_collector <> second_collector)),
      constraint proved_visit_has_a_receipt check
        (evidence is null or evidence <> 'proved' or receipt is not null)
    )",
    "create index visits_of_case on visits (case_id)",
    "create index visits_planned on visits (due_on, id) where status = 'planned'",
    "create index visits_planned_for on visits (assignee, due_on, id)
      where status = 'planned'",
];

/// A visit that still has to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Planned {
    /// The order; also the number of the visit.
    pub order: OrderId,
    /// The case.
    pub case_id: CaseId,
    /// The person to visit.
    pub party_id: PartyId,
    /// The village, when one is on record.
    pub village: Option<String>,
    /// Why.
    pub reason: String,
    /// Who is in charge.
    pub assignee: Option<String>,
    /// The last day for it.
    pub due_on: String,
}

const INSERT: &str = "
    insert into visits (id, case_id, party_id, village, reason, assignee, planned_on, due_on)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (id) do nothing";

/// Enters a visit asked for today; one that is there stays as it is.
pub(crate) async fn enter(
    conn: &mut Conn,
    visit: &Planned,
    today: Date,
) -> Result<(), BooksError> {
    sqlx::query(INSERT)
        .bind(visit.order.0)
        .bind(visit.case_id.0)
        .bind(visit.party_id.0)
        .bind(visit.village.clone())
        .bind(visit.reason.clone())
        .bind(visit.assignee.clone())
        .bind(today.to_string())
        .bind(visit.due_on.clone())
        .execute(conn)
        .await?;
    Ok(())
}

const CANCEL: &str = "
    update visits
    set status = 'cancelled', cancelled_for = $2
    where case_id = $1 and status = 'planned'";

/// Cancels the visits of a case that nobody has made yet.
pub(crate) async fn cancel(
    conn: &mut Conn,
    case: CaseId,
    why: &str,
) -> Result<(), BooksError> {
    sqlx::query(CANCEL).bind(case.0).bind(why.to_owned()).execute(conn).await?;
    Ok(())
}

const CANCEL_ONE: &str = "
    update visits
    set status = 'cancelled', cancelled_for = $2
    where id = $1 and status = 'planned'";

/// Cancels those of some visits that nobody has made yet.
pub(crate) async fn cancel_each(
    conn: &mut Conn,
    visits: &[OrderId],
    why: &str,
) -> Result<(), BooksError> {
    for visit in visits {
        let one = sqlx::query(CANCEL_ONE).bind(visit.0).bind(why.to_owned());
        one.execute(&mut *conn).await?;
    }
    Ok(())
}

const PLANNED: &str = "
    select id, case_id, party_id, village, reason, assignee, due_on
    from visits
    where status = 'planned'
    order by due_on, id";

/// The visits that still have to be made, by their last day.
///
/// # Errors
///
/// [`BooksError`] when the visit book cannot be read.
pub async fn planned(conn: &mut Conn) -> Result<Vec<Planned>, BooksError> {
    let rows = sqlx::query(PLANNED).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

const PAGE: &str = "
    select id, case_id, party_id, village, reason, assignee, due_on
    from visits
    where status = 'planned' and (due_on, id) > ($1, $2)
    order by due_on, id
    limit $3";

const PAGE_OF: &str = "
    select id, case_id, party_id, village, reason, assignee, due_on
    from visits
    where status = 'planned' and assignee = $4 and (due_on, id) > ($1, $2)
    order by due_on, id
    limit $3";

const OF_CASE: &str = "
    select id, case_id, party_id, village, reason, assignee, due_on
    from visits
    where case_id = $1 and status = 'planned'
    order by due_on, id";

/// A portion of the visits that still have to be made, by their last day.
pub(crate) async fn page(
    conn: &mut Conn,
    wanted: &WorkWanted<'_>,
) -> Result<Vec<Planned>, BooksError> {
    let rows = wanted.rows(conn, (OF_CASE, PAGE, PAGE_OF)).await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Planned, BooksError> {
    Ok(Planned {
        order: OrderId(row.try_get("id")?),
        case_id: CaseId(row.try_get("case_id")?),
        party_id: PartyId(row.try_get("party_id")?),
        village: row.try_get("village")?,
        reason: row.try_get("reason")?,
        assignee: row.try_get("assignee")?,
        due_on: row.try_get("due_on")?,
    })
}

const MADE: &str = "
    select outcome, count(*) as visits
    from visits
    where status = 'done'
    group by outcome
    order by outcome";

/// How many visits were made, by what came of them.
///
/// # Errors
///
/// [`BooksError`] when the visit book cannot be read.
pub async fn made(conn: &mut Conn) -> Result<Vec<(String, i64)>, BooksError> {
    let rows = sqlx::query(MADE).fetch_all(conn).await?;
    let count = |row: &AnyRow| Ok((row.try_get("outcome")?, row.try_get("visits")?));
    rows.iter().map(count).collect()
}

const RECEIPTS: &str = "
    select id, case_id, receipt
    from visits
    where receipt is not null
    order by id";

/// The receipts on file: the visit, its case, and the number as it was written.
///
/// # Errors
///
/// [`BooksError`] when the visit book cannot be read.
pub(crate) async fn receipts(
    conn: &mut Conn,
) -> Result<Vec<(OrderId, CaseId, String)>, BooksError> {
    let rows = sqlx::query(RECEIPTS).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let (id, case) = (row.try_get("id")?, row.try_get("case_id")?);
            Ok((OrderId(id), CaseId(case), row.try_get("receipt")?))
        })
        .collect()
}

/// What the visit book knows of a visit.
pub(crate) struct Asked {
    pub(crate) case_id: CaseId,
    pub(crate) party_id: i64,
    pub(crate) planned_on: Date,
    pub(crate) is_done: bool,
    pub(crate) is_planned: bool,
}

const FIND: &str = "
    select case_id, party_id, planned_on, status
    from visits
    where id = $1";

/// What the visit book knows of a visit; `None` when there is no such one.
pub(crate) async fn find(
    conn: &mut Conn,
    visit: OrderId,
) -> Result<Option<Asked>, BooksError> {
    let row = sqlx::query(FIND).bind(visit.0).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(None) };
    let planned_on: String = row.try_get("planned_on")?;
    let status: String = row.try_get("status")?;
    Ok(Some(Asked {
        case_id: CaseId(row.try_get("case_id")?),
        party_id: row.try_get("party_id")?,
        planned_on: planned_on.parse().map_err(|_| {
            BooksError(
                "走访簿中的日期无法识别 · a date in the visit book cannot be read"
                    .to_owned(),
            )
        })?,
        is_done: status == "done",
        is_planned: status == "planned",
    }))
}

const RECORD: &str = "
    update visits
    set status = 'done', outcome = $2, visited_on = $3, first_collector = $4,
      second_collector = $5, other_collectors = $6, place = $7, receipt = $8,
      evidence = $9, note = $10, recorded_at = $11
    where id = $1 and status <> 'done'";

/// Enters what came of a visit, with at least two collectors; whether it had no result
/// yet.
pub(crate) async fn record(
    conn: &mut Conn,
    visit: OrderId,
    result: &VisitResult,
    collectors: &[&str],
    now_ms: i64,
) -> Result<bool, BooksError> {
    let (first, others) = collectors.split_at(1);
    let done = sqlx::query(RECORD)
        .bind(visit.0)
        .bind(result.outcome.as_str())
        .bind(result.visited_on.to_string())
        .bind(first.join(","))
        .bind(others[0].to_owned())
        .bind(others[1..].join(","))
        .bind(result.place.clone())
        .bind(result.receipt_number().map(str::to_owned))
        .bind(result.grade().map(Evidence::as_str))
        .bind(result.note.clone())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
