//! Taking work (认领待办): who of a role will do what is anybody's of that role.

use anyhow::{Result, bail};
use domain::duty::Bar;
use domain::ids::TaskId;
use domain::journal::Entered;
use domain::role::Role;
use domain::status::TaskKind;
use runtime::words::ROLES;
use serde::{Deserialize, Serialize};
use store::views::tasks::{self as listed, TaskEntry};
use store::{Conn, tasks};

use crate::app::App;
use crate::command::{DESK, EVERYBODY};
use crate::language::say;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Take a task that is anybody's of a role, or take it over from somebody, which a
/// supervisor does and says why.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct TaskTake {
    /// The task.
    pub task: i64,
    /// Why; needed where a supervisor takes it over from somebody.
    #[arg(long)]
    #[serde(default)]
    pub reason: Option<String>,
}

/// Whose the task is now.
#[derive(Debug, Serialize)]
pub(crate) struct Taking {
    task: TaskId,
    taken_by: String,
}

impl Execute for TaskTake {
    type Data = Taking;

    fn rules(&self) -> Rules<'_> {
        // Whose a task may be stands with it.
        let rules = Rules::of(EVERYBODY).bearing_a_day();
        Rules { reason: self.reason.as_deref(), ..rules }
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let (task, reason) = (TaskId(self.task), self.reason.as_deref());
        let now = app.engine.clock.now();
        let because = actor.because(reason.unwrap_or_default());
        let mut work = app.engine.begin_by(because, &now).await?;
        let found = open_task(work.conn(), task).await?;
        let data = Taking { task, taken_by: actor.name.clone() };
        let from = holder(app, actor, &found)?;
        if from.as_deref().is_some_and(|name| is_called(app, actor, name)) {
            let text = say(
                format!("待办 {task} 已由本人认领,没有改动"),
                format!("task {task} is yours already; nothing was changed"),
            );
            return Ok(Answer { text, data });
        }
        if let Some(holder) = &from {
            may_take_over(actor, task, holder, reason)?;
        }
        let before = found.taken_by.as_deref();
        if !tasks::take(work.conn(), &now, task, &actor.name, before).await? {
            bail!(say(
                format!("待办 {task} 刚刚被人认领或办结,没有改动"),
                format!("task {task} has just been taken or closed; nothing was changed"),
            ));
        }
        let what = Entered::TaskTaken { task_taken: task, from };
        work.journal_entry_about(found.case_id, what).await?.commit().await?;
        let text = say(
            format!("待办 {task} 由 {} 认领", actor.name),
            format!("task {task} is taken by {}", actor.name),
        );
        Ok(Answer { text, data })
    }
}

/// The task, where it can be taken at all.
async fn open_task(conn: &mut Conn, task: TaskId) -> Result<TaskEntry> {
    let Some(found) = listed::find(conn, task).await? else {
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
    Ok(found)
}

/// Whose the task is now; refuses whoever may not have it at all.
fn holder(app: &App, actor: &Actor, task: &TaskEntry) -> Result<Option<String>> {
    match bar(app, actor, task) {
        Some(Bar::TakenBy(name)) => Ok(Some(name.to_owned())),
        Some(other) => refuse(told(task.id, other)),
        None => Ok(task.taken_by.clone().or_else(|| task.assignee.clone())),
    }
}

fn is_called(app: &App, actor: &Actor, name: &str) -> bool {
    app.engine.names_of(&actor.name).iter().any(|it| it == name.trim())
}

fn may_take_over(
    actor: &Actor,
    task: TaskId,
    holder: &str,
    reason: Option<&str>,
) -> Result<()> {
    if !actor.may(&[Role::Supervisor]) {
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

fn bar<'t>(app: &App, actor: &Actor, task: &'t TaskEntry) -> Option<Bar<'t>> {
    let names = app.engine.names_of(&actor.name);
    let roles: Vec<Role> =
        actor.roles.iter().filter_map(|word| Role::parse(word)).collect();
    task.given_out().bar(&names, &roles)
}

/// Refuses whoever may not close a task.
pub(super) fn is_open_to(app: &App, actor: &Actor, task: &TaskEntry) -> Result<()> {
    if let Some(bar) = bar(app, actor, task) {
        return refuse(told(task.id, bar));
    }
    if task.for_role.is_none() && !actor.may(DESK) {
        let (id, name) = (task.id, &actor.name);
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
