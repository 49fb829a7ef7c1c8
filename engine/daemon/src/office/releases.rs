//! Requests about releases (版本请求).

use anyhow::Result;
use serde_json::{Value, json};

use crate::office::Asker;
use crate::release::desk::{self, Guard};
use crate::release::verdict::Outcome;
use crate::workshop::Workshop;

/// Looks at the folder and waits for the verdict; a rejected folder fails the
/// command with the findings.
pub(super) async fn reload(
    shop: &Workshop,
    asker: &Asker,
    confirm: bool,
) -> Result<(String, Value)> {
    let guard = if confirm { Guard::Confirmed } else { Guard::On };
    let verdict =
        desk::consider(&shop.engine, &shop.site, &shop.proven, &asker.name, guard)
            .await?;
    if verdict.outcome == Outcome::Live {
        // Whom the new release takes in comes in now, not tomorrow morning.
        shop.engine.scan_after_change().await?;
    }
    let mut lines = vec![match verdict.running {
        Some(n) => format!("{}(运行第 {n} 版)", verdict.outcome.zh()),
        None => verdict.outcome.zh().to_owned(),
    }];
    lines.extend(verdict.findings.iter().cloned());
    let text = lines.join("\n");
    if matches!(verdict.outcome, Outcome::Rejected | Outcome::AwaitingConfirmation) {
        anyhow::bail!("{text}");
    }
    Ok((text, serde_json::to_value(&verdict)?))
}

/// Makes an earlier release the live one.
pub(super) async fn rollback(
    shop: &Workshop,
    asker: &Asker,
    number: i64,
    reason: &str,
) -> Result<(String, Value)> {
    let release =
        desk::rollback(&shop.engine, &shop.site, number, &asker.name, reason).await?;
    desk::note_rollback(&shop.engine, &shop.site).await?;
    shop.engine.scan_after_change().await?;
    let text = format!("第 {} 版现在运行;重启不会改变它", release.number);
    Ok((text, json!({ "release": release.number })))
}
