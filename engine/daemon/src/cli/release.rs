//! Releases (版本): list, confirm, reload, roll back, get a lost file back.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Result, bail};
use serde_json::json;
use store::releases;

use crate::cli::Exit;
use crate::cli::args::{All, Releases, Rollback};
use crate::cli::context::{Asked, Context};
use crate::cli::edits;
use crate::cli::output::{self, Sheet};
use crate::clock::Clock;
use crate::office::Request;

pub(crate) async fn reload(context: &Context, args: &All) -> Result<Exit> {
    let silence = match context.ask_living(&Request::Reload { confirm: false }).await? {
        Asked::Answered(reply) => return edits::print_verdict(context, reply, args.all),
        Asked::NoDaemon => context.text(
            "守护进程没有运行\n  提示:启动它时会自动读取流程目录;`qingshou check` 可以先检查",
            "no daemon runs\n  hint: it reads the folder when it starts; `qingshou check` checks it now",
        ),
        Asked::Silent => context.text(
            "守护进程不应答(被挂起或卡住)\n  提示:`qingshou doctor` 查看进程号;`kill -CONT 进程号` 让它继续,或重新启动它",
            "the daemon does not answer: it was stopped or hangs\n  hint: `qingshou doctor` shows its process; `kill -CONT PID` lets it go on, or start it again",
        ),
    };
    output::complain(silence);
    Ok(Exit::NoDaemon)
}

pub(crate) async fn list(context: &Context, args: &Releases) -> Result<Exit> {
    if args.confirm {
        let reply = context.ask(&Request::Reload { confirm: true }).await?;
        return edits::print_verdict(context, reply, false);
    }
    if !args.restore.is_empty() {
        return restore(context, &args.restore).await;
    }
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let mut sheet = Sheet::new(&["release", "active", "made_at", "by", "hash"]);
    for it in releases::list(conn.conn()).await? {
        sheet.push(vec![
            json!(it.number),
            json!(it.active),
            json!(clock.civil(it.made_at).to_string()),
            json!(it.by),
            json!(it.hash[..12]),
        ]);
    }
    sheet.print(context.output, context.lang)?;
    Ok(Exit::Ok)
}

/// Puts files back as they are in the running release. What lies in their place
/// stays as it is: it may be somebody's work.
async fn restore(context: &Context, files: &[String]) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let mut conn = store.read().await?;
    let Some(release) = releases::active(conn.conn()).await? else {
        bail!("{}", context.text("还没有运行中的版本", "no release runs yet"));
    };
    let texts = releases::files(conn.conn(), release.id).await?;
    let mut exit = Exit::Ok;
    for (file, text) in wanted(&texts, files) {
        let path = site.workflows().join(file);
        let Some(text) = text else {
            let n = release.number;
            output::complain(&if context.english() {
                format!("release {n} has no file {file}")
            } else {
                format!("第 {n} 版没有文件 {file}")
            });
            exit = Exit::Failed;
            continue;
        };
        if path.symlink_metadata().is_ok() {
            let path = path.display();
            output::complain(&if context.english() {
                format!("{path} is there and was left alone\n  hint: move it away first")
            } else {
                format!("{path} 已经在了,没有改动\n  提示:先把它移走")
            });
            exit = Exit::Failed;
            continue;
        }
        put_back(&path, text)?;
        let path = path.display();
        output::say(&if context.english() {
            format!("{path} is as in release {}", release.number)
        } else {
            format!("{path} 已取回第 {} 版的内容", release.number)
        })?;
    }
    Ok(exit)
}

/// The files that are asked for with their texts in the release; a folder stands
/// for everything in it.
fn wanted<'a>(
    texts: &'a BTreeMap<String, String>,
    asked: &'a [String],
) -> Vec<(&'a str, Option<&'a str>)> {
    let mut wanted = Vec::new();
    for name in asked {
        let below = format!("{}/", name.trim_end_matches('/'));
        let within = texts.iter().filter(|it| it.0.starts_with(&below));
        let before = wanted.len();
        wanted.extend(within.map(|it| (it.0.as_str(), Some(it.1.as_str()))));
        if wanted.len() == before {
            wanted.push((name.as_str(), texts.get(name).map(String::as_str)));
        }
    }
    wanted
}

/// Written beside and put in place at once, as editors should.
fn put_back(path: &Path, text: &str) -> Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mode = Permissions::from_mode(0o666);
    let mut beside = tempfile::Builder::new().permissions(mode).tempfile_in(dir)?;
    beside.write_all(text.as_bytes())?;
    beside.persist_noclobber(path)?;
    Ok(())
}

pub(crate) async fn rollback(context: &Context, args: Rollback) -> Result<Exit> {
    let Rollback { number, reason } = args;
    context.order(&Request::Rollback { number, reason }).await
}
