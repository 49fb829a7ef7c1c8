//! Work of a colleague (他人的待办), and what the same person has entered a moment ago: both
//! are asked about, for both are mostly a slip.

use anyhow::Result;
use domain::event::ContactEvent;
use domain::ids::{CaseId, OrderId, TaskId};
use domain::role::Role;
use runtime::words::CALLS;
use store::views::one_case;

use crate::Actor;
use crate::app::App;
use crate::doubts::Certainty;

/// Who says the same of the same loan within this time has pressed the key twice, mostly.
const JUST_NOW_MS: i64 = 600_000;

/// Asks whoever closes the task of somebody else; a supervisor sees to all of them.
pub(super) fn task_of_another(
    app: &App,
    actor: &Actor,
    (task, owner): (TaskId, &str),
    certainty: Certainty,
) -> Result<()> {
    let is_own = app.engine.names_of(&actor.name).iter().any(|it| it == owner.trim());
    if owner.trim().is_empty() || is_own || actor.may(&[Role::Supervisor]) {
        return Ok(());
    }
    certainty.doubt(
        &format!("待办 {task} 派给了 {owner},登记后由你办结"),
        &format!("task {task} is {owner}'s, and this closes it in your name"),
    )
}

/// As [`task_of_another`], of the open task of an order.
pub(super) async fn call_of_another(
    app: &App,
    actor: &Actor,
    order: Option<OrderId>,
    certainty: Certainty,
) -> Result<()> {
    let Some(order) = order else { return Ok(()) };
    let found = {
        let mut conn = app.engine.store.read().await?;
        one_case::work_of_order(conn.conn(), order).await?
    };
    let Some((task, owner)) = found else { return Ok(()) };
    task_of_another(app, actor, (task, &owner), certainty)
}

/// Asks about the result of a call that the same person has entered just now, where no
/// call is open that it could answer.
pub(super) async fn said_just_now(
    app: &App,
    actor: &Actor,
    (case_id, order): (CaseId, Option<OrderId>),
    outcome: &str,
    certainty: Certainty,
) -> Result<()> {
    if order.is_some() {
        return Ok(());
    }
    let since = app.engine.clock.now().ms - JUST_NOW_MS;
    let told = {
        let mut conn = app.engine.store.read().await?;
        let kind = ContactEvent::CallResult.as_str();
        one_case::told_since(conn.conn(), case_id, kind, since).await?
    };
    let same = |it: &serde_json::Map<String, serde_json::Value>| {
        it.get("outcome").is_some_and(|it| it == outcome)
            && it.get("by").is_some_and(|it| *it == actor.name)
    };
    if !told.iter().any(same) {
        return Ok(());
    }
    let zh = CALLS.zh(outcome);
    certainty.doubt(
        &format!("你十分钟内已登记过本案同样的通话结果({zh}),再登记就多算一次联系"),
        &format!(
            "you have entered the same result of a call ({outcome}) on this case within ten \
             minutes; entered again it counts as one more"
        ),
    )
}
