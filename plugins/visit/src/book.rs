//! The visit book (走访簿): every visit asked for, and how it ended.

use domain::ids::{CaseId, OrderId, PartyId};
use domain::order::Order;
use domain::status::TaskKind;
use domain::tongues::{both, chinese, english};
use jiff::Span;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::any::AnyRow;
use store::Conn;
use store::plugin::{Books, BooksError, DeliveryError, NewTask, Receipt};

/// Enters the visit and opens the task. A second hand-over of the same order
/// finds the row and changes nothing.
pub(crate) async fn plan(
    order: &Order,
    days: i64,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let to = order
        .recipient
        .as_ref()
        .ok_or_else(|| refused("没有走访对象 · there is nobody to visit"))?;
    if to.address.is_none() && to.village.is_none() {
        return Err(refused(
            "没有登记地址或自然村 · neither address nor village is on record",
        ));
    }
    let reason = order.arg("reason").map(str::trim).filter(|it| !it.is_empty());
    let reason = reason
        .ok_or_else(|| refused("没有写明上门原因 · no reason for the visit is given"))?;
    let due_on = due_on(order, days, books.today)?;
    let assignee = order.arg("by").map(str::to_owned).or_else(|| order.collector.clone());
    sqlx::query(INSERT)
        .bind(order.id.0)
        .bind(order.case_id.0)
        .bind(to.id.0)
        .bind(to.village.clone())
        .bind(reason.to_owned())
        .bind(assignee.clone())
        .bind(books.today.to_string())
        .bind(due_on.to_string())
        .execute(&mut *books.conn)
        .await
        .map_err(BooksError::from)?;
    books.tasks.push(NewTask {
        case_id: order.case_id,
        kind: TaskKind::Visit.to_string(),
        title: both(
            &format!("上门走访:{}({}),两人同行", order.case_no, chinese(reason)),
            &format!("visit {} ({}), two people", order.case_no, english(reason)),
        ),
        assignee,
        due_on: Some(due_on),
        dedupe_key: order.idempotency_key.clone(),
    });
    Ok(Receipt { reference: format!("visit:{}", order.id), amount: None })
}

fn due_on(order: &Order, days: i64, today: Date) -> Result<Date, DeliveryError> {
    let Some(before) = order.arg("before") else {
        return Span::new().try_days(days).and_then(|it| today.checked_add(it)).map_err(
            |_| {
                refused(
                    "上门期限无法计算 · the last day for the visit cannot be worked out",
                )
            },
        );
    };
    let before: Date =
        before.parse().map_err(|_| refused("`before` 不是日期 · `before` is no date"))?;
    if before < today {
        Err(refused("`before` 已过期 · `before` has gone by"))
    } else {
        Ok(before)
    }
}

fn refused(reason: &str) -> DeliveryError {
    DeliveryError::Refused(reason.to_owned())
}

/// Cancels the visits of a case that nobody has made yet.
pub(crate) async fn cancel(
    case: CaseId,
    why: &str,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    sqlx::query(CANCEL)
        .bind(case.0)
        .bind(why.to_owned())
        .execute(&mut *books.conn)
        .await?;
    Ok(())
}

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

/// The visits that still have to be made, by their last day.
///
/// # Errors
///
/// [`BooksError`] when the visit book cannot be read.
pub async fn planned(conn: &mut Conn) -> Result<Vec<Planned>, BooksError> {
    let rows = sqlx::query(PLANNED).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(Planned {
                order: OrderId(row.try_get("id")?),
                case_id: CaseId(row.try_get("case_id")?),
                party_id: PartyId(row.try_get("party_id")?),
                village: row.try_get("village")?,
                reason: row.try_get("reason")?,
                assignee: row.try_get("assignee")?,
                due_on: row.try_get("due_on")?,
            })
        })
        .collect()
}

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

/// The receipts on file: the visit, its case, and the number as it was written.
///
/// # Errors
///
/// [`BooksError`] when the visit book cannot be read.
pub async fn receipts(
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
];

const INSERT: &str = "
    insert into visits (id, case_id, party_id, village, reason, assignee, planned_on, due_on)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (id) do nothing";

const CANCEL: &str = "
    update visits
    set status = 'cancelled', cancelled_for = $2
    where case_id = $1 and status = 'planned'";

const RECEIPTS: &str = "
    select id, case_id, receipt
    from visits
    where receipt is not null
    order by id";

const MADE: &str = "
    select outcome, count(*) as visits
    from visits
    where status = 'done'
    group by outcome
    order by outcome";

const PLANNED: &str = "
    select id, case_id, party_id, village, reason, assignee, due_on
    from visits
    where status = 'planned'
    order by due_on, id";
