//! A task closed (办结待办).

use anyhow::{Result, bail};
use domain::ids::{OrderId, TaskId};
use domain::journal::Entered;
use domain::status::TaskKind;
use serde::{Deserialize, Serialize};
use store::views::tasks::TaskEntry;
use store::views::{self, one_case};
use store::{Conn, tasks};

use crate::app::App;
use crate::command::EVERYBODY;
use crate::doubts::{self, Certainty};
use crate::language::say;
use crate::{
    Actor, Answer, Done, Execute, Rules, authority, colleagues, refuse, task_done,
    task_take,
};

/// Close a task.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct Task {
    /// The task.
    pub task: i64,
    /// What came of it.
    #[arg(long)]
    pub outcome: String,
    /// It is right, although the command asks about it.
    #[arg(long)]
    #[serde(default)]
    pub sure: bool,
}

/// The task that is done.
#[derive(Debug, Serialize)]
pub(crate) struct Closing {
    task: i64,
}

impl Execute for Task {
    type Data = Closing;

    fn rules(&self) -> Rules<'_> {
        // Whose a task is says who closes it; what is no role's is refused there.
        Rules::of(EVERYBODY).because(&self.outcome).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { task, outcome, sure } = self;
        let task = *task;
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(outcome), &now).await?;
        let Some(found) = views::tasks::find(work.conn(), TaskId(task)).await? else {
            bail!(say(
                format!("没有待办 {task}\n  提示:用 `qingshou task ls` 查看"),
                format!("no task {task}\n  hint: `qingshou task ls` shows them"),
            ));
        };
        if TaskKind::parse(&found.kind) == Some(TaskKind::Approval) {
            return refuse(say(
                format!("待办 {task} 是审批:请用 `qingshou approve`"),
                format!("task {task} is an approval: use `qingshou approve`"),
            ));
        }
        if let Some(told) = awaits_its_result(app, work.conn(), &found).await? {
            return refuse(told);
        }
        task_take::is_open_to(app, actor, &found)?;
        if let Some(owner) = &found.assignee
            && authority::is_above(app, actor, owner)
        {
            return refuse(say(
                format!("待办 {task} 由 {owner} 办理,没有改动\n  提示:请本人或主管办结"),
                format!(
                    "task {task} is for {owner}; nothing was changed\n  hint: they or a supervisor \
                     close it"
                ),
            ));
        }
        let certainty = Certainty::of(*sure);
        let owner = found.assignee.as_deref().unwrap_or_default();
        let another = (TaskId(task), owner);
        doubts::together([colleagues::task_of_another(app, actor, another, certainty)])?;
        let after = task_done::goes_on(app, work.conn(), &found, certainty).await?;
        if !tasks::close(work.conn(), &now, TaskId(task), &actor.name, outcome).await? {
            bail!(say(
                format!("待办 {task} 已办结:此前已有人办理,没有改动"),
                format!("task {task} was done before; nothing was changed"),
            ));
        }
        let what = Entered::TaskDone { task: TaskId(task), outcome: outcome.clone() };
        work.journal_entry_about(found.case_id, what).await?.commit().await?;
        let text = say(format!("待办 {task} 已办结"), format!("task {task} is done"));
        Ok(Answer { text: text + &after, data: Closing { task } })
    }
}

/// Whether what came of an order is still to be entered by a form of a plugin.
async fn is_awaited(app: &App, conn: &mut Conn, order: OrderId) -> Result<bool> {
    for plugin in app.engine.plugins().iter() {
        if plugin.awaits_result(order, conn).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A visit or a call that has no result yet is ended by its result, which the workflow
/// hears of; one whose order has gone is a task like any other.
async fn awaits_its_result(
    app: &App,
    conn: &mut Conn,
    task: &TaskEntry,
) -> Result<Option<String>> {
    let Some((order, case_id)) = task.order_id.zip(task.case_id) else { return Ok(None) };
    let id = task.id;
    let case = task.case_no.as_deref().unwrap_or("…");
    match TaskKind::parse(&task.kind) {
        Some(TaskKind::Visit) if is_awaited(app, conn, order).await? => Ok(Some(say(
            format!(
                "待办 {id} 是上门:请登记上门结果,待办随之办结,流程才会知道;没有改动\n  提示:\
                 `qingshou visit done {id} --outcome 结果 --by 上门人 --by 上门人 --reason …`"
            ),
            format!(
                "task {id} is a visit: enter what came of it, which closes the task and is what \
                 the workflow hears; nothing was changed\n  hint: `qingshou visit done {id} \
                 --outcome OUTCOME --by NAME --by NAME --reason …`"
            ),
        ))),
        Some(TaskKind::Call) if one_case::is_open_call(conn, case_id, order).await? => {
            Ok(Some(say(
                format!(
                    "待办 {id} 是电话:请登记通话结果,待办随之办结,流程才会知道;没有改动\n  提示:\
                 `qingshou contact {case} --order {id} --outcome 结果 --reason …`"
                ),
                format!(
                    "task {id} is a call: enter what came of it, which closes the task and is what \
                 the workflow hears; nothing was changed\n  hint: `qingshou contact {case} \
                 --order {id} --outcome OUTCOME --reason …`"
                ),
            )))
        }
        _ => Ok(None),
    }
}
