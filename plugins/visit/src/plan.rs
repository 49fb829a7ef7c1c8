//! How a visit is asked for (安排上门): a row in the visit book and a task.

use domain::duty::{Assignee, EndsWith};
use domain::order::Order;
use domain::status::TaskKind;
use domain::tongues::{both, chinese, english};
use jiff::Span;
use jiff::civil::Date;
use store::plugin::{Books, DeliveryError, NewTask, Receipt};

use crate::books::{self, Planned};

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
    let visit = Planned {
        order: order.id,
        case_id: order.case_id,
        party_id: to.id,
        village: to.village.clone(),
        reason: reason.to_owned(),
        assignee: assignee.clone(),
        due_on: due_on.to_string(),
    };
    books::enter(books.conn, &visit, books.today).await?;
    books.tasks.push(NewTask {
        case_id: order.case_id,
        kind: TaskKind::Visit.to_string(),
        title: both(
            &format!("上门走访:{}({}),两人同行", order.case_no, chinese(reason)),
            &format!("visit {} ({}), two people", order.case_no, english(reason)),
        ),
        assignee: assignee.map(Assignee::Person),
        ends_with: EndsWith::Nothing,
        due_on: Some(due_on),
        dedupe_key: order.idempotency_key.clone(),
    });
    Ok(Receipt { reference: format!("visit:{}", order.id), amount: None })
}

fn due_on(order: &Order, days: i64, today: Date) -> Result<Date, DeliveryError> {
    let Some(before) = order.arg("before") else {
        return Span::new()
            .try_days(days)
            .and_then(|try_days| today.checked_add(try_days))
            .map_err(|_| {
                refused(
                    "上门期限无法计算 · the last day for the visit cannot be worked out",
                )
            });
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
