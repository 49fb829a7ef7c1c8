//! Work for the legal owner (法务待办) that belongs to no matter yet.

use domain::duty::{Assignee, EndsWith};
use domain::ids::CaseId;
use domain::order::Order;
use domain::role::Role;
use domain::status::TaskKind;
use domain::tongues::both;
use jiff::Span;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::plugin::{Books, BooksError, DeliveryError, NewTask, Raised, Receipt};
use store::{Conn, limitation, tasks};

use crate::manifest::{LegalEvent, MANIFEST};

/// Nobody should sit on a running clock for longer than this, in days.
const DAYS_TO_ACT: i64 = 14;

/// What the keys of these tasks begin with.
const KEYS: &str = "limitation:";

/// How the tasks end in whose place a newer one stands.
const REPLACED: &str = "replaced";

/// Opens the task that keeps a claim alive, in the place of an earlier one: for its
/// owner, or else for whoever has the role. While the period runs, the case hears of it.
pub(crate) async fn open_limitation_task(
    order: &Order,
    owner: Option<Assignee>,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let left = order.number("days_left").ok_or_else(|| {
        DeliveryError::Refused(
            "没有写明时效剩余天数 · the days left of the limitation period are not given"
                .to_owned(),
        )
    })?;
    let ends_on = order.arg("ends_on").and_then(|day| day.parse::<Date>().ok());
    let is_over = ends_on.map_or(left <= 0, |day| day < books.today);
    let days = left.clamp(0, DAYS_TO_ACT);
    let last = Span::new()
        .try_days(days)
        .map_or(books.today, |span| books.today.saturating_add(span));
    let ends_on = match ends_on {
        Some(day) => Some(day),
        None => limitation::ends_on(books.conn, order.case_id)
            .await
            .map_err(BooksError::from)?,
    };
    let closed = (order.requested_by.as_str(), REPLACED);
    tasks::close_of_case(books.conn, books.now_ms, (order.case_id, KEYS), closed)
        .await
        .map_err(BooksError::from)?;
    books.tasks.push(NewTask {
        case_id: order.case_id,
        kind: TaskKind::Deadline.to_string(),
        title: title((!is_over).then_some(left), &order.case_no),
        // Never the collector, who is paid by what comes in and not by what is kept.
        assignee: Some(owner.unwrap_or(Assignee::Role { role: Role::Legal })),
        // The sweep of the clocks opens and closes it.
        ends_with: EndsWith::Nothing,
        // Never a day that has gone by: a clock found on a Saturday is for today.
        due_on: Some(books.calendar.last_workday_on_or_before(last).max(books.today)),
        dedupe_key: key_of(ends_on, &order.idempotency_key),
    });
    if !is_over {
        let payload = [("days_left".to_owned(), Value::from(left))];
        books.raised.push(Raised {
            case_id: order.case_id,
            kind: LegalEvent::LimitationNear.to_string(),
            payload: Map::from_iter(payload),
            dedupe_key: format!("{KEYS}{}", order.idempotency_key),
        });
    }
    Ok(Receipt { reference: format!("task:{}", order.idempotency_key), amount: None })
}

/// The key of a task: the last day that it tells of stands in it.
fn key_of(ends_on: Option<Date>, key: &str) -> String {
    ends_on.map_or_else(|| format!("{KEYS}{key}"), |day| format!("{KEYS}{day}:{key}"))
}

/// Closes the tasks of a loan that tell of an earlier last day than its clock has now: what
/// they warned of has moved on, and the watch opens one anew in time. One that tells of a
/// later day stays until the watch has put another in its place: a task that is late is
/// better than none.
pub(crate) async fn end_outlived_of(
    books: &mut Books<'_>,
    case: CaseId,
    by: &str,
) -> Result<(), BooksError> {
    let found = tasks::outlived(books.conn, KEYS, Some(case)).await?;
    let closed = (by, REPLACED);
    tasks::close_by_keys(books.conn, books.now_ms, &found, closed).await?;
    Ok(())
}

/// Whether some loan has such a task: a payment or a promise has moved its clock.
pub(crate) async fn any_outlived(conn: &mut Conn) -> Result<bool, BooksError> {
    Ok(!tasks::outlived(conn, KEYS, None).await?.is_empty())
}

/// [`end_outlived_of`] of all loans.
pub(crate) async fn end_outlived(books: &mut Books<'_>) -> Result<(), BooksError> {
    let found = tasks::outlived(books.conn, KEYS, None).await?;
    let closed = (MANIFEST.name, REPLACED);
    tasks::close_by_keys(books.conn, books.now_ms, &found, closed).await?;
    Ok(())
}

/// What is to be done, by the days that are left; `None` once it is over.
fn title(left: Option<i64>, case_no: &str) -> String {
    let Some(left) = left else {
        return both(
            &format!("诉讼时效已届满,请复核证据:{case_no}"),
            &format!("the limitation period is over, look at the evidence: {case_no}"),
        );
    };
    if left == 0 {
        return both(
            &format!("今天是诉讼时效的最后一天,请取得送达证据或起诉:{case_no}"),
            &format!(
                "today is the last day of the limitation period, get proof of service or \
                 sue: {case_no}"
            ),
        );
    }
    both(
        &format!("诉讼时效仅剩 {left} 天,请取得送达证据或起诉:{case_no}"),
        &format!(
            "{left} days left of the limitation period, get proof of service or sue: \
             {case_no}"
        ),
    )
}
