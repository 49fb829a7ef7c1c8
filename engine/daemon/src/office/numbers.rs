//! Numbers (编号): whoever answers a task may name the task as its list shows it.

use std::borrow::Cow;

use anyhow::{Result, bail};
use domain::ids::TaskId;
use store::views::tasks;

use crate::office::Request;
use crate::office::language::say;
use crate::workshop::Workshop;

/// The request with orders where it names the tasks they belong to. Numbers of
/// tasks and orders come from one counter, so that none means both.
pub(super) async fn as_orders<'r>(
    shop: &Workshop,
    request: &'r Request,
) -> Result<Cow<'r, Request>> {
    let mut request = Cow::Borrowed(request);
    let Some(named) = order_of(&request) else { return Ok(request) };
    let order = order_named(shop, named).await?;
    if order != named
        && let Some(number) = order_in(request.to_mut())
    {
        *number = order;
    }
    Ok(request)
}

/// The order with this number, or the one to which the task with this number belongs.
pub(super) async fn order_named(shop: &Workshop, named: i64) -> Result<i64> {
    let task = {
        let mut conn = shop.engine.store.read().await?;
        tasks::find(conn.conn(), TaskId(named)).await?
    };
    let Some(task) = task else { return Ok(named) };
    let Some(order) = task.order_id else {
        bail!(say(
            format!(
                "待办 {named} 没有对应的指令\n  提示:办结请用 `qingshou task done {named}`"
            ),
            format!(
                "task {named} belongs to no order\n  hint: close it with `qingshou task done {named}`"
            ),
        ));
    };
    Ok(order.0)
}

fn order_of(request: &Request) -> Option<i64> {
    match request {
        Request::Approve { order, .. }
        | Request::Arrived { order, .. }
        | Request::Order { order, .. } => Some(*order),
        Request::Contact { order, .. } => *order,
        _ => None,
    }
}

fn order_in(request: &mut Request) -> Option<&mut i64> {
    match request {
        Request::Approve { order, .. }
        | Request::Arrived { order, .. }
        | Request::Order { order, .. } => Some(order),
        Request::Contact { order, .. } => order.as_mut(),
        _ => None,
    }
}
