//! A case put into a workflow by hand (纳入流程).

use anyhow::{Result, bail};
use domain::ids::CaseId;
use domain::journal::Entered;
use domain::status::CaseStatus;
use serde::{Deserialize, Serialize};
use store::views::one_case;
use store::{case_book, lost_places};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::withdraw::shown;
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Put a case into a workflow, whatever its conditions.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Enrol {
    /// Loan number.
    pub case: String,
    /// The workflow.
    pub workflow: String,
    /// Why.
    pub reason: String,
}

/// Where the case is now.
#[derive(Debug, Serialize)]
pub(crate) struct Enrolling {
    workflow: String,
    /// The places that it has left, as `wait/waiting`.
    withdrawn: Vec<String>,
}

impl Execute for Enrol {
    type Data = Enrolling;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { case, workflow, reason } = self;
        let case_id = case_of(app, case).await?;
        not_dismissed(app, case_id, case).await?;
        let Some(runtime) = app.engine.runtime() else {
            bail!(say("还没有可运行的版本", "there is no release to run yet"))
        };
        let Some(found) = runtime.program.workflows.get(workflow) else {
            let all: Vec<&str> =
                runtime.program.workflows.keys().map(String::as_str).collect();
            bail!(say(
                format!("没有流程 `{workflow}`\n  提示:现有 {}", all.join("、")),
                format!("no workflow `{workflow}`\n  hint: there are {}", all.join(", ")),
            ));
        };
        let by = actor.name.clone();
        let new = runtime::enrol::instance(found, case_id, &by);
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        // What waits for a stage that the release lacks holds no lane against a person.
        let of_lane = (case_id, Some(found.lane.as_str()));
        let left =
            lost_places::withdraw(work.conn(), &now, of_lane, (&actor.name, reason))
                .await?;
        if app.engine.open_in(work.conn(), &runtime, &[new]).await? == 0 {
            work.rollback().await?;
            let lane = &found.lane;
            let (running, stage) = {
                let mut conn = app.engine.store.read().await?;
                let has = one_case::in_lane(conn.conn(), case_id, lane).await?;
                has.map(|it| (it.workflow, it.stage)).unwrap_or_default()
            };
            return refuse(say(
                format!(
                    "本案已在流程 {running} 的环节 {stage}({lane} 线上已有未结流程),没有改动\n  \
                     提示:用 `qingshou case show {case}` 查看它在等什么"
                ),
                format!(
                    "it is in {running}, stage {stage}: a workflow runs in lane {lane} already; \
                     nothing was changed\n  hint: `qingshou case show {case}` tells what it waits for"
                ),
            ));
        }
        let withdrawn = (!left.is_empty()).then(|| shown(&left).join(", "));
        let what = Entered::Enrolled { enrolled: workflow.clone(), withdrawn };
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let text = match shown(&left).first() {
            None => say(
                format!("已进入流程 {workflow}"),
                format!("it is in workflow {workflow}"),
            ),
            Some(place) => say(
                format!("已从 {place} 移入流程 {workflow}"),
                format!("it has left {place} and is in workflow {workflow}"),
            ),
        };
        let data = Enrolling { workflow: workflow.clone(), withdrawn: shown(&left) };
        Ok(Answer { text, data })
    }
}

/// Refuses a claim that was given up: no procedure asks for it.
async fn not_dismissed(app: &App, case_id: CaseId, case: &str) -> Result<()> {
    let status = {
        let mut conn = app.engine.store.read().await?;
        case_book::status(conn.conn(), case_id).await?
    };
    if status != CaseStatus::Dismissed.as_str() {
        return Ok(());
    }
    refuse(say(
        format!(
            "{case} 的债权不成立或已消灭,不能进入流程\n  提示:登记有误的,先登记 `qingshou case \
             report {case} dismissal_withdrawn --reason …`"
        ),
        format!(
            "the claim of {case} was dismissed: it enters no workflow\n  hint: if that was \
             wrong, enter `qingshou case report {case} dismissal_withdrawn --reason …` first"
        ),
    ))
}
