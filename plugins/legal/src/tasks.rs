//! Work for the legal owner (法务待办) that belongs to no matter yet.

use domain::order::Order;
use domain::status::TaskKind;
use domain::tongues::both;
use jiff::Span;
use store::plugin::{Books, DeliveryError, NewTask, Receipt};

/// Nobody should sit on a running clock for longer than this, in days.
const DAYS_TO_ACT: i64 = 14;

/// Opens the task that keeps a claim alive.
pub(crate) fn open_limitation_task(
    order: &Order,
    owner: Option<String>,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let left = order.number("days_left").ok_or_else(|| {
        DeliveryError::Refused(
            "没有写明时效剩余天数 · the days left of the limitation period are not given"
                .to_owned(),
        )
    })?;
    let days = left.clamp(0, DAYS_TO_ACT);
    let last = Span::new()
        .try_days(days)
        .map_or(books.today, |it| books.today.saturating_add(it));
    let case_no = &order.case_no;
    let title = if left <= 0 {
        both(
            &format!("诉讼时效已届满,请复核证据:{case_no}"),
            &format!("the limitation period is over, look at the evidence: {case_no}"),
        )
    } else {
        both(
            &format!("诉讼时效仅剩 {left} 天,请取得送达证据或起诉:{case_no}"),
            &format!(
                "{left} days left of the limitation period, get proof of service or sue: \
                 {case_no}"
            ),
        )
    };
    books.tasks.push(NewTask {
        case_id: order.case_id,
        kind: TaskKind::Deadline.to_string(),
        title,
        assignee: owner.or_else(|| order.collector.clone()),
        // Never a day that has gone by: a clock found on a Saturday is for today.
        due_on: Some(books.calendar.last_workday_on_or_before(last).max(books.today)),
        dedupe_key: order.idempotency_key.clone(),
    });
    Ok(Receipt { reference: format!("task:{}", order.idempotency_key), amount: None })
}
