//! What people say of contacts that the guard holds (放行).

use anyhow::{Result, bail};
use domain::manifest::Channel;
use serde_json::{Value, json};

use crate::engine::guard::{Go, Gone, Which, zh};
use crate::office::Asker;
use crate::workshop::Workshop;

/// Lets go what the guard holds.
pub(super) async fn let_go(
    shop: &Workshop,
    asker: &Asker,
    which: &Which,
    go: Go,
    reason: &str,
    english: bool,
) -> Result<(String, Value)> {
    let gone = shop.engine.let_go(which, go, &asker.name, reason).await?;
    if gone.is_empty() {
        bail!(if english {
            "nothing of the kind is held; nothing was changed\n  hint: `qingshou sending ls` shows what is"
        } else {
            "没有扣下这样的指令,没有改动\n  提示:用 `qingshou sending ls` 查看"
        });
    }
    let lines: Vec<String> = gone.iter().map(|it| line(it, english)).collect();
    Ok((lines.join("\n"), json!({ "let_go": gone })))
}

/// The channel, and whose visits they are.
pub(crate) fn title(channel: &str, counted_for: &str, english: bool) -> String {
    let name = match Channel::parse(channel) {
        Some(it) if !english => zh(it),
        _ => channel,
    };
    match (counted_for, english) {
        ("", _) => name.to_owned(),
        (collector, true) => format!("{name} of {collector}"),
        (collector, false) => format!("{name}({collector})"),
    }
}

fn line(gone: &Gone, english: bool) -> String {
    let name = title(&gone.channel, &gone.counted_for, english);
    let Gone { now, later, held, bound, .. } = gone;
    match (*later, english) {
        (0, false) => format!("{name}:放行 {now} 条,仍扣下 {held} 条"),
        (0, true) => format!("{name}: {now} let go, {held} still held"),
        (_, false) => {
            format!("{name}:{later} 条每天按上限(今天 {bound} 条)放行,直到放完,不再询问")
        }
        (_, true) => format!(
            "{name}: {later} go at the bound a day (today {bound}), without another question"
        ),
    }
}
