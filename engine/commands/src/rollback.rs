//! Making an earlier release the live one (回退).

use release::publish::{self, RolledBack};
use runtime::lost_places::SettledLoss;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::command::EDITORS;
use crate::language::say;
use crate::{Actor, Answer, Done, Execute, Rules, sending};

/// Make an earlier release the live one.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct Rollback {
    /// The number of the release.
    pub number: i64,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// The release that runs now, and what going back did beside.
#[derive(Debug, Serialize)]
pub(crate) struct WentBack {
    release: i64,
    /// Cases that stand where it has no stage.
    parked: usize,
    /// Orders that were given there.
    cancelled: usize,
    /// The stop over what the other release gave.
    stop: Option<i64>,
    /// How many orders it holds.
    held: i64,
}

impl Execute for Rollback {
    type Data = WentBack;

    fn rules(&self) -> Rules<'_> {
        Rules::of(EDITORS).because(&self.reason)
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let site = app.site();
        let RolledBack { release, lost, stop } =
            publish::rollback(&app.engine, &site, self.number, &actor.name, &self.reason)
                .await?;
        publish::note_rollback(&app.engine, &site).await?;
        app.hold_to_settings(&site).await?;
        app.engine.scan_after_release().await?;
        let held = match stop {
            Some((stop, _)) => sending::held_by(app, stop).await?,
            None => 0,
        };
        let number = release.number;
        let left = stop.map(|stop| stop.1);
        let text = told_of_rollback(number, lost, left.map(|left| (left, held)));
        let SettledLoss { parked, cancelled } = lost;
        let stop = stop.map(|stop| stop.0);
        let data = WentBack { release: number, parked, cancelled, stop, held };
        Ok(Answer { text, data })
    }
}

/// What a rollback did beside going back; `held` is the release that ran before
/// with how much of what it gave is held.
fn told_of_rollback(number: i64, lost: SettledLoss, held: Option<(i64, i64)>) -> String {
    let mut lines = vec![say(
        format!("第 {number} 版现在运行;重启不会改变它"),
        format!("release {number} runs now; a restart does not change that"),
    )];
    let SettledLoss { parked, cancelled } = lost;
    if 0 < parked + cancelled {
        lines.push(say(
            format!(
                "  {parked} 个案件所在的流程或环节本版没有:已挂起,恢复后自动继续;\
                 从那里发出的 {cancelled} 条指令已取消"
            ),
            format!(
                "  {parked} cases stand where it has no stage: they are parked until a \
                 release has it again; {cancelled} orders from there are cancelled"
            ),
        ));
    }
    if let Some((left, held)) = held {
        lines.push(say(
            format!(
                "  第 {left} 版已给出、尚未送出的 {held} 条指令已停发\n  \
                 提示:`qingshou resume release {left}` 放行,\
                 `qingshou order drop --release {left}` 放弃"
            ),
            format!(
                "  {held} orders that release {left} gave have not left and are held\n  \
                 hint: `qingshou resume release {left}` lets them go, `qingshou order drop \
                 --release {left}` drops them"
            ),
        ));
    }
    lines.join("\n")
}
