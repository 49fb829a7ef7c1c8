//! A case taken out of a workflow whose stage the running release lacks (退出流程).

use domain::journal::Entered;
use serde::{Deserialize, Serialize};
use store::lost_places;

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Take a case out of a workflow whose stage the running release lacks.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct Withdraw {
    /// The loan number.
    pub case: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// What the case has left.
#[derive(Debug, Serialize)]
pub(crate) struct Withdrawing {
    /// The places, as `wait/waiting`.
    withdrawn: Vec<String>,
}

impl Execute for Withdraw {
    type Data = Withdrawing;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { case, reason } = self;
        let case_id = case_of(app, case).await?;
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        let said = (actor.name.as_str(), reason.as_str());
        let left =
            lost_places::withdraw(work.conn(), &now, (case_id, None), said).await?;
        if left.is_empty() {
            work.rollback().await?;
            return refuse(say(
                "本案没有因版本里缺少环节而挂起的流程,没有改动\n  提示:\
                 `qingshou case ls --parked` 列出挂起的案件和原因",
                "no workflow of this case is parked because the running release lacks its stage; \
                 nothing was changed\n  hint: `qingshou case ls --parked` lists parked cases with \
                 the reason of each",
            ));
        }
        let what = Entered::Withdrawn { withdrawn: shown(&left).join(", ") };
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let places = shown(&left).join(&say("、", ", "));
        let text = say(
            format!(
                "已退出 {places}\n  提示:`qingshou case enrol {case} 流程` 让它进入别的流程"
            ),
            format!(
                "it has left {places}\n  hint: `qingshou case enrol {case} WORKFLOW` puts it into \
                 another workflow"
            ),
        );
        Ok(Answer { text, data: Withdrawing { withdrawn: shown(&left) } })
    }
}

/// Places as people read them: `wait/waiting`.
pub(super) fn shown(places: &[lost_places::Place]) -> Vec<String> {
    places.iter().map(|(workflow, stage)| format!("{workflow}/{stage}")).collect()
}
