//! Looking at the folder of workflows now (重新载入).

use domain::say::Lang;
use release::publish::{self, Guard};
use release::verdict::{Fold, Outcome, Verdict};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::command::EDITORS;
use crate::{Actor, Answer, CameToNothing, Done, Execute, Rules};

/// Look at the folder now, and wait for the verdict; a rejected folder fails the command
/// with the findings.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reload {
    /// A person confirms a release that reaches far.
    pub confirm: bool,
}

impl Execute for Reload {
    type Data = Verdict;

    fn rules(&self) -> Rules<'_> {
        Rules::of(EDITORS)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let guard = if self.confirm { Guard::Confirmed } else { Guard::On };
        let site = app.site();
        let verdict =
            publish::evaluate(&app.engine, &site, &app.proven, &actor.name, guard)
                .await?;
        app.hold_to_settings(&site).await?;
        if verdict.outcome == Outcome::Live {
            // Whom the new release takes in comes in now, not tomorrow morning.
            app.engine.scan_after_release().await?;
        }
        // Whoever asked in another language has the verdict to read it from.
        let text = verdict.told(Lang::Zh, Fold::Open, "").join("\n");
        if matches!(verdict.outcome, Outcome::Rejected | Outcome::AwaitingConfirmation) {
            let data = serde_json::to_value(&verdict)?;
            return Err(CameToNothing { text, data }.into());
        }
        Ok(Answer { text, data: verdict })
    }
}
