//! Taking work (认领待办): who of a role will do what is anybody's of that role.

use anyhow::{Result, bail};
use domain::duty::Bar;
use domain::ids::TaskId;
use domain::journal::Entered;
use domain::role::Role;
use domain::status::TaskKind;
use serde_json::json;
use store::tasks;
use store::views::tasks::{self as listed, TaskEntry};

use crate::office::language::say;
use crate::office::request::DESK;
use crate::office::writes::Done;
use crate::office::{Asker, by_hand, by_hand_of_site, refuse};
use crate::words::ROLES;
use crate::workshop::Workshop;

/// Takes an open task, or takes it over from somebody, which a supervisor does and says
/// why.
pub(super) async fn take(
    shop: &Workshop,
    asker: &Asker,
    task: TaskId,
    reason: Option<&str>,
) -> Done {
    let now = shop.engine.clock.now();
    let mut tx = shop.engine.store.write().await?;
    let Some(found) = listed::find(tx.conn(), task).await? else {
        bail!(say(
            format!("没有待办 {task}\n  提示:用 `qingshou task ls --untaken` 查看"),
            format!("no task {task}\n  hint: `qingshou task ls --untaken` shows them"),
        ));
    };
    if found.closed_at.is_some() {
        bail!(say(
            format!("待办 {task} 已办结,没有改动"),
            format!("task {task} was closed before; nothing was changed"),
        ));
    }
    if TaskKind::parse(&found.kind) == Some(TaskKind::Approval) {
        return refuse(say(
            format!("待办 {task} 是审批,不用认领:请用 `qingshou approve`"),
            format!(
                "task {task} is an approval and is not taken: use `qingshou approve`"
            ),
        ));
    }
    let from = holder(shop, asker, &found)?;
    if from.as_deref().is_some_and(|name| is_called(shop, asker, name)) {
        let text = say(
            format!("待办 {task} 已由本人认领,没有改动"),
            format!("task {task} is yours already; nothing was changed"),
        );
        return Ok((text, json!({ "task": task, "taken_by": asker.name })));
    }
    if let Some(holder) = &from {
        may_take_over(asker, task, holder, reason)?;
    }
    let before = found.taken_by.as_deref();
    if !tasks::take(tx.conn(), &now, task, &asker.name, before).await? {
        bail!(say(
            format!("待办 {task} 刚刚被人认领或办结,没有改动"),
            format!("task {task} has just been taken or closed; nothing was changed"),
        ));
    }
    let what = Entered::TaskTaken { task_taken: task, from };
    let why = reason.unwrap_or_default();
    match found.case_id {
        Some(case) => by_hand(tx.conn(), &now, case, asker, why, what).await?,
        None => by_hand_of_site(tx.conn(), &now, asker, why, what).await?,
    }
    tx.commit().await?;
    let text = say(
        format!("待办 {task} 由 {} 认领", asker.name),
        format!("task {task} is taken by {}", asker.name),
    );
    Ok((text, json!({ "task": task, "taken_by": asker.name })))
}

/// Whose the task is now; refuses whoever may not have it at all.
fn holder(shop: &Workshop, asker: &Asker, task: &TaskEntry) -> Result<Option<String>> {
    match bar(shop, asker, task) {
        Some(Bar::TakenBy(name)) => Ok(Some(name.to_owned())),
        Some(other) => refuse(told(task.id, other)),
        None => Ok(task.taken_by.clone().or_else(|| task.assignee.clone())),
    }
}

fn is_called(shop: &Workshop, asker: &Asker, name: &str) -> bool {
    shop.engine.names_of(&asker.name).iter().any(|it| it == name.trim())
}

fn may_take_over(
    asker: &Asker,
    task: TaskId,
    holder: &str,
    reason: Option<&str>,
) -> Result<()> {
    if !asker.may(&[Role::Supervisor]) {
        return refuse(say(
            format!(
                "待办 {task} 由 {holder} 办理,没有改动\n  提示:由主管接手,或请本人办理"
            ),
            format!(
                "task {task} is {holder}'s; nothing was changed\n  hint: a supervisor may take \
                 it over"
            ),
        ));
    }
    if reason.is_some() {
        return Ok(());
    }
    refuse(say(
        format!(
            "待办 {task} 由 {holder} 办理,没有改动\n  提示:要接手的,用 --reason 写明理由"
        ),
        format!(
            "task {task} is {holder}'s; nothing was changed\n  hint: to take it over say why \
             with --reason"
        ),
    ))
}

fn bar<'t>(shop: &Workshop, asker: &Asker, task: &'t TaskEntry) -> Option<Bar<'t>> {
    let names = shop.engine.names_of(&asker.name);
    let roles: Vec<Role> =
        asker.roles.iter().filter_map(|word| Role::parse(word)).collect();
    task.given_out().bar(&names, &roles)
}

/// Refuses whoever may not close a task.
pub(super) fn is_open_to(shop: &Workshop, asker: &Asker, task: &TaskEntry) -> Result<()> {
    if let Some(bar) = bar(shop, asker, task) {
        return refuse(told(task.id, bar));
    }
    if task.for_role.is_none() && !asker.may(DESK) {
        let (id, name) = (task.id, &asker.name);
        return refuse(say(
            format!("待办 {id} 由信贷员、法务或主管办理,{name} 没有这些角色;没有改动"),
            format!(
                "task {id} is for a collector, counsel or a supervisor, which {name} is not; \
                 nothing was changed"
            ),
        ));
    }
    Ok(())
}

/// Why somebody may not have a task, and what to do.
fn told(task: TaskId, bar: Bar<'_>) -> String {
    match bar {
        Bar::AboutThem => say(
            format!(
                "待办 {task} 属于一件投诉,被投诉的就是本人,不能由本人认领或办结;没有改动\n  \
                 提示:请另一位主管或合规办理"
            ),
            format!(
                "task {task} belongs to a complaint that is about you, and is neither taken nor \
                 closed by you; nothing was changed\n  hint: another supervisor or compliance \
                 sees to it"
            ),
        ),
        Bar::OfRole(role) => say(
            format!("待办 {task} 由 {} 办理,没有改动", ROLES.zh(role)),
            format!("task {task} is for a {role}; nothing was changed"),
        ),
        Bar::TakenBy(name) => say(
            format!(
                "待办 {task} 已由 {name} 认领,没有改动\n  提示:由本人办结,或由主管用 \
                 `qingshou task take {task} --reason …` 接手"
            ),
            format!(
                "task {task} is taken by {name}; nothing was changed\n  hint: they close it, or \
                 a supervisor takes it over with `qingshou task take {task} --reason …`"
            ),
        ),
    }
}
