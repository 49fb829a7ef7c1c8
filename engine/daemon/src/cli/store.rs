//! Moving a case store to another place (迁移案件库) on the command line.

use std::time::Instant;

use anyhow::{Result, bail};
use domain::tongues::both;
use serde_json::json;
use site::is_own;
use site::place::place_of;

use crate::cli::args::{CopyStore, Output, ReopenStore, Store, StoreCommand};
use crate::cli::context::Context;
use crate::cli::{Exit, output};
use crate::store_copy::{self, Carried};

pub(crate) async fn store(context: &Context, args: &Store) -> Result<Exit> {
    match &args.command {
        StoreCommand::Copy(it) => copy(context, it).await,
        StoreCommand::Reopen(it) => reopen(context, it).await,
    }
}

async fn copy(context: &Context, args: &CopyStore) -> Result<Exit> {
    let (from, to) = (place_of(&args.from)?, place_of(&args.to)?);
    let began = Instant::now();
    let moved = store_copy::move_store(&from, &to).await?;
    if !moved.faults.is_empty() {
        for fault in moved.faults.iter().take(20) {
            output::complain(fault.say.text(context.lang));
        }
        bail!(
            "{}",
            both(
                "复制完整,但核验未通过(原库也可能如此):先用 qingshou verify 核验原库;原库仍是\
                 在用的那一个",
                "all of it was copied, but it does not prove sound; the store it came from \
                 may not either: run qingshou verify there; that one is still the one that \
                 is worked",
            )
        );
    }
    say(context, &moved, began.elapsed().as_secs())?;
    if context.output != Output::Json {
        output::say(&context.half(&store_copy::next_step(&to)))?;
    }
    Ok(Exit::Ok)
}

async fn reopen(context: &Context, args: &ReopenStore) -> Result<Exit> {
    let site = context.site_of_file()?;
    site.is_made()?;
    site.settings_are_its_own()?;
    is_own(&site.dir)?;
    let moved = store_copy::reopen(&site, &args.reason).await?;
    if context.output == Output::Json {
        let body = json!({
            "format_version": output::FORMAT_VERSION,
            "moved_to": moved.to, "moved_at": moved.at, "moved_by": moved.by,
        });
        output::json(&body)?;
        return Ok(Exit::Ok);
    }
    let (to, at) = (moved.to, moved.at);
    output::say(&if context.english() {
        format!(
            "it is worked again; see that nobody works {to}: what was entered there since \
             {at} is not here"
        )
    } else {
        format!("已重新启用;请确认没有人再用 {to}:{at} 之后在那边登记的,这里都没有")
    })?;
    Ok(Exit::Ok)
}

fn say(context: &Context, moved: &Carried, seconds: u64) -> Result<()> {
    if context.output == Output::Json {
        let mut body = serde_json::to_value(moved)?;
        body["format_version"] = json!(output::FORMAT_VERSION);
        body["seconds"] = json!(seconds);
        return output::json(&body);
    }
    let rows: u64 = moved.tables.values().sum();
    let (cases, lines) = (moved.cases, moved.journal_lines);
    output::say(&if context.english() {
        format!(
            "copied and proved: {cases} cases, {lines} lines of the journal, {rows} rows in \
             all, {seconds} s"
        )
    } else {
        format!(
            "已复制并核验通过:案件 {cases} 个,日志 {lines} 行,共 {rows} 行数据,用时 {seconds} 秒"
        )
    })
}
