//! Requests about releases (版本请求).

use anyhow::Result;
use script::finding::Lang;
use serde_json::{Value, json};

use crate::app::App;
use crate::commands::language::say;
use crate::commands::{Actor, CameToNothing, sending};
use crate::engine::lost_places::SettledLoss;
use crate::release::desk::{self, Guard, RolledBack};
use crate::release::verdict::{Fold, Outcome};

/// Looks at the folder and waits for the verdict; a rejected folder fails the
/// command with the findings.
pub(super) async fn reload(
    app: &App,
    actor: &Actor,
    confirm: bool,
) -> Result<(String, Value)> {
    let guard = if confirm { Guard::Confirmed } else { Guard::On };
    let site = app.site();
    let verdict =
        desk::consider(&app.engine, &site, &app.proven, &actor.name, guard).await?;
    app.hold_to_settings(&site).await?;
    if verdict.outcome == Outcome::Live {
        // Whom the new release takes in comes in now, not tomorrow morning.
        app.engine.scan_after_release().await?;
    }
    // Whoever asked in another language has the verdict to read it from.
    let text = verdict.told(Lang::Zh, Fold::Open, "").join("\n");
    let data = serde_json::to_value(&verdict)?;
    if matches!(verdict.outcome, Outcome::Rejected | Outcome::AwaitingConfirmation) {
        return Err(CameToNothing { text, data }.into());
    }
    Ok((text, data))
}

/// Makes an earlier release the live one.
pub(super) async fn rollback(
    app: &App,
    actor: &Actor,
    number: i64,
    reason: &str,
) -> Result<(String, Value)> {
    let site = app.site();
    let RolledBack { release, lost, stop } =
        desk::rollback(&app.engine, &site, number, &actor.name, reason).await?;
    desk::note_rollback(&app.engine, &site).await?;
    app.hold_to_settings(&site).await?;
    app.engine.scan_after_release().await?;
    let held = match stop {
        Some((stop, _)) => sending::held_by(app, stop).await?,
        None => 0,
    };
    let number = release.number;
    let left = stop.map(|it| it.1);
    let text = told_of_rollback(number, lost, left.map(|left| (left, held)));
    let SettledLoss { parked, cancelled } = lost;
    let data = json!({
        "release": number, "parked": parked, "cancelled": cancelled,
        "stop": stop.map(|it| it.0), "held": held,
    });
    Ok((text, data))
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
