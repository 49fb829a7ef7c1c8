//! A parked case let run again (继续运行).

use anyhow::bail;
use domain::journal::Entered;
use serde::{Deserialize, Serialize};
use store::{commit, lost_places};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::writes::case_of;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// Let a parked case run again.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct Resume {
    /// The loan number.
    pub case: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// What goes on.
#[derive(Debug, Serialize)]
pub(crate) struct Resuming {
    /// Runs of the case.
    resumed: u64,
}

impl Execute for Resume {
    type Data = Resuming;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { case, reason } = self;
        let case_id = case_of(app, case).await?;
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        let count = commit::unpark(work.conn(), &now, case_id).await?;
        if count == 0 {
            let lost = lost_places::of_case(work.conn(), case_id).await?;
            work.rollback().await?;
            match lost {
                Some(why) => return refuse(lost_hint(&why, case)),
                None => {
                    bail!(say("本案没有挂起的流程", "no workflow of this case is parked"))
                }
            }
        }
        let what = Entered::Resumed { resumed: count };
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let text =
            say(format!("{count} 个流程继续运行"), format!("{count} workflows go on"));
        Ok(Answer { text, data: Resuming { resumed: count } })
    }
}

/// Why a case cannot go on where it is, and where it can go.
fn lost_hint(why: &str, case: &str) -> String {
    let hint = say(
        format!(
            "`qingshou case enrol {case} 流程` 移入别的流程,`qingshou case withdraw {case}` 退出"
        ),
        format!(
            "`qingshou case enrol {case} WORKFLOW` moves it into another workflow, `qingshou \
             case withdraw {case}` takes it out"
        ),
    );
    format!("{why}\n  {}", say(format!("提示:{hint}"), format!("hint: {hint}")))
}
