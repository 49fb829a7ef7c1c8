//! Work for people at the desk (待办): calls to make and things to look into.

use domain::duty::{Assignee, EndsWith};
use domain::order::Order;
use domain::status::TaskKind;
use domain::tongues::{both, chinese, english};
use jiff::Span;
use jiff::civil::Date;
use store::plugin::{Books, DeliveryError, NewTask, Receipt};

/// How many days a task has when the workflow says nothing.
const DAYS_FOR_A_TASK: i64 = 3;

/// Opens the call task; it is for today, because the attempt is counted today.
pub(crate) fn open_call(
    order: &Order,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    if order.recipient.as_ref().is_none_or(|recipient| recipient.phone.is_none()) {
        return Err(DeliveryError::Refused(
            "没有登记电话号码 · no telephone number is on record".to_owned(),
        ));
    }
    let script = order.arg("script");
    let zh = script.map(|script| format!(",话术 {}", chinese(script)));
    let en = script.map(|script| format!(", script {}", english(script)));
    let task = NewTask {
        case_id: order.case_id,
        kind: TaskKind::Call.to_string(),
        title: both(
            &format!("电话联系:{}{}", order.case_no, zh.unwrap_or_default()),
            &format!("call {}{}", order.case_no, en.unwrap_or_default()),
        ),
        assignee: assignee(order),
        // A call ends with its day.
        ends_with: EndsWith::Nothing,
        due_on: Some(books.today),
        dedupe_key: order.idempotency_key.clone(),
    };
    Ok(open(task, books))
}

/// Opens whatever work the workflow names.
pub(crate) fn open_task(
    order: &Order,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let title = order.arg("title").map(str::trim).filter(|it| !it.is_empty());
    let Some(title) = title else {
        return Err(DeliveryError::Refused(
            "待办没有标题 · the task has no title".to_owned(),
        ));
    };
    let days = order.number("in_days").unwrap_or(DAYS_FOR_A_TASK);
    // A script's number may be absurd; jiff's plain `days` would panic.
    let due_on = Span::new()
        .try_days(days)
        .and_then(|try_days| books.today.checked_add(try_days))
        .map_err(|_| {
            DeliveryError::Refused(format!(
                "`in_days` 过大:{days} · `in_days` is too large: {days}"
            ))
        })?;
    let due_on = before(order, due_on, books);
    let kind = order.arg("kind").unwrap_or("review");
    let said = order.arg("ends_with").and_then(EndsWith::parse);
    let task = NewTask {
        case_id: order.case_id,
        kind: kind.to_owned(),
        title: about(title, &order.case_no),
        assignee: assignee(order),
        ends_with: said.unwrap_or_else(|| EndsWith::of_kind(kind)),
        due_on: Some(due_on),
        dedupe_key: order.idempotency_key.clone(),
    };
    Ok(open(task, books))
}

/// The day of a task that guards a legal deadline: the last workday on or before it where
/// that comes sooner, and never a day that has gone by.
fn before(order: &Order, due_on: Date, books: &Books<'_>) -> Date {
    let deadline = order.arg("before").and_then(|text| text.parse::<Date>().ok());
    deadline.map_or(due_on, |deadline| {
        let workday = books.calendar.last_workday_on_or_before(deadline);
        due_on.min(workday).max(books.today)
    })
}

/// A title with the case that it is about; one in both languages stays so.
fn about(title: &str, case_no: &str) -> String {
    let (zh, en) = (chinese(title), english(title));
    if zh == en {
        format!("{title}:{case_no}")
    } else {
        both(&format!("{zh}:{case_no}"), &format!("{en}: {case_no}"))
    }
}

fn open(task: NewTask, books: &mut Books<'_>) -> Receipt {
    let reference = format!("task:{}", task.dedupe_key);
    books.tasks.push(task);
    Receipt { reference, amount: None }
}

fn assignee(order: &Order) -> Option<Assignee> {
    let collector = || order.collector.clone().map(Assignee::Person);
    order.assignee("by").or_else(collector)
}
