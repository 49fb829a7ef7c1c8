//! Numbers (编号): whoever answers a task may name the task as its list shows it.

use anyhow::{Result, bail};
use domain::ids::TaskId;
use store::views::tasks;

use crate::Command;
use crate::app::App;
use crate::language::say;

/// The command with the order where it names the task that belongs to it. Numbers of
/// tasks and orders come from one counter, so that none means both.
pub(super) async fn with_its_order(app: &App, command: &Command) -> Result<Command> {
    let mut command = command.clone();
    if let Some(number) = command.order_named() {
        *number = order_named(app, *number).await?;
    }
    Ok(command)
}

/// The order with this number, or the one to which the task with this number belongs.
pub(super) async fn order_named(app: &App, named: i64) -> Result<i64> {
    let task = {
        let mut conn = app.engine.store.read().await?;
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
