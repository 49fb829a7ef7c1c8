//! Backups and restores (备份与恢复) on the command line.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use commands::TakeStock;
use commands::restore::{opened_logs, read_logs};
use runtime::clock::Clock;
use serde_json::json;
use site::{CONFIG_FILE, Site, is_own};
use store::departures::Departures;
use store::restored::Pending;
use store::{Place, SiteLock, Store, copy, private};

use crate::backup::{self, Manifest};
use crate::cli::args::{Backup, Output, Restore};
use crate::cli::context::Context;
use crate::cli::{Exit, output};
use crate::store_copy;

pub(crate) async fn backup(context: &Context, args: &Backup) -> Result<Exit> {
    let site = context.site()?;
    let began = Instant::now();
    let made = backup::make(&site, &args.dir).await?;
    let bytes: u64 = made.files.iter().map(|file| file.bytes).sum();
    let (seconds, dir) = (began.elapsed().as_secs(), args.dir.display());
    if context.output == Output::Json {
        let mut body = serde_json::to_value(&made)?;
        body["bytes"] = json!(bytes);
        body["seconds"] = json!(seconds);
        output::json(&body)?;
        return Ok(Exit::Ok);
    }
    let (files, cases, lines) =
        (made.files.len(), made.contents.cases, made.contents.journal_lines);
    let (megabytes, at) = (bytes.div_ceil(1 << 20), &made.made_at_civil);
    output::say(&if context.english() {
        format!(
            "backup of {at} in {dir}: {files} files, {megabytes} MB, {cases} cases, {lines} \
             lines of the journal, {seconds} s"
        )
    } else {
        format!(
            "{at} 的备份在 {dir}:{files} 个文件,{megabytes} MB,案件 {cases} 个,日志 {lines} 行,\
             用时 {seconds} 秒"
        )
    })?;
    say_left_out(context, &made)?;
    Ok(Exit::Ok)
}

fn say_left_out(context: &Context, manifest: &Manifest) -> Result<()> {
    if manifest.left_out.is_empty() {
        return Ok(());
    }
    let names = manifest.left_out.join(", ");
    output::say(&if context.english() {
        format!("  not in it, for they are secrets: {names}")
    } else {
        format!("  不在备份里的凭据文件:{names}")
    })
}

pub(crate) async fn restore(context: &Context, args: &Restore) -> Result<Exit> {
    let logs: Vec<PathBuf> =
        args.gateway_log.iter().map(std::path::absolute).collect::<Result<_, _>>()?;
    // Before anything is put in place; the daemon opens no file for others.
    let (logs, opened) = opened_logs(&logs)?;
    read_logs(&logs, &opened)?;
    let stock = TakeStock { logs, opened, reason: args.reason.clone() };
    let Some(dir) = &args.dir else { return context.order(stock).await };
    let manifest = backup::read(dir)?;
    let had_settings = context.named_dir().unwrap_or(Path::new(".")).join(CONFIG_FILE);
    let had_settings = had_settings.exists();
    let site = place(context, dir)?;
    let database = site.database();
    if let Some(folder) = database.parent() {
        private::folder(folder)?;
    }
    let lock = SiteLock::acquire(&database)?;
    let kept = site.place()?;
    let is_there = Store::is_there(&kept).await?;
    if is_there && !args.replace {
        let named = match kept.server() {
            Some(server) => server.to_string(),
            None => database.display().to_string(),
        };
        bail!(
            "{named} 已在,没有恢复 · {named} is there; nothing was restored\n  提示:上一次恢复还\
             没清点完,用 `qingshou restore --acknowledge`(可加 --gateway-log);它坏了或不要\
             了,加 --replace:原来的改名留下 · hint: if a restore waits to be finished, say \
             `qingshou restore --acknowledge` (with --gateway-log); if the store is broken or \
             not wanted, add --replace: it is kept under another name"
        );
    }
    if is_there && let Some(server) = kept.server() {
        store_copy::is_free(&kept)
            .await
            .with_context(|| format!("没有恢复 · nothing was restored: {server}"))?;
    }
    let reached = copy::reached_at(&database, &manifest.store_id)?;
    let pending = Pending {
        backup_at: manifest.made_at,
        log_is_whole: reached.is_some()
            && Departures::of(&database, &manifest.store_id)
                .is_whole_since(manifest.made_at),
        next_id: reached,
    };
    let new = backup::beside(&database);
    let faults = backup::bring(dir, &manifest, &new, &pending).await?;
    if !faults.is_empty() {
        for fault in faults.iter().take(20) {
            output::complain(fault.say.text(context.lang));
        }
        bail!(
            "备份核验未通过,没有恢复 · the backup does not prove sound; nothing was \
             restored\n  提示:换一份备份 · hint: take another backup"
        );
    }
    let now = Clock::machine(&site.config.zone)?.now();
    let aside = format!("replaced-{}", now.civil.strftime("%Y%m%dT%H%M%S"));
    let old = put_in_place(&new, (&kept, is_there), &manifest.store_id, &aside).await?;
    drop(lock);
    say_placed(context, &manifest, &site, old.as_deref())?;
    if had_settings && context.output != Output::Json {
        output::say(context.text(
            "  站点原有的设置和流程目录照旧,没有换成备份里的",
            "  the settings and workflows of the site were kept, those of the backup were not put back",
        ))?;
    }
    context.order_at(&site, &stock.into()).await
}

/// Puts a proved store in the place of a site's, file or server; where what lay there
/// is kept.
async fn put_in_place(
    new: &Path,
    (place, is_there): (&Place, bool),
    id: &str,
    aside: &str,
) -> Result<Option<PathBuf>> {
    let Some(server) = place.server() else {
        return Ok(copy::put_in_place(new, place.path(), id, aside)?);
    };
    let mut old = None;
    if is_there {
        old = Some(PathBuf::from(Store::put_aside(server, &schema_of(aside)).await?));
    }
    store_copy::bring_to_server(new, place, id).await?;
    Ok(old)
}

/// The end of a schema's name that keeps what was replaced.
fn schema_of(aside: &str) -> String {
    aside.replace('-', "_").to_lowercase()
}

/// The site that a backup is put into: one that is there keeps its settings and
/// workflows, a new one gets those of the backup.
fn place(context: &Context, backup: &Path) -> Result<Site> {
    let here = Path::new(".");
    let dir = match context.named_dir() {
        Some(dir) => dir,
        None if here.join(CONFIG_FILE).exists() => here,
        None => bail!(
            "没有指定站点 · no site named\n  提示:加 --site DIR,可以是新目录 · hint: add \
             --site DIR, which may be a new folder"
        ),
    };
    private::folder(dir)?;
    is_own(dir)?;
    let (settings, saved) = (dir.join(CONFIG_FILE), backup.join(CONFIG_FILE));
    if !settings.exists() && saved.is_file() {
        private::file(&settings, std::fs::read(saved)?)?;
    }
    let site = Site::open(dir)?;
    if !site.workflows().exists() {
        backup::copy_folder(&backup.join(backup::WORKFLOWS), &site.workflows())?;
    }
    Ok(site)
}

fn say_placed(
    context: &Context,
    manifest: &Manifest,
    site: &Site,
    old: Option<&Path>,
) -> Result<()> {
    let (dir, at) = (site.dir.display(), &manifest.made_at_civil);
    if context.output == Output::Json {
        return Ok(());
    }
    output::say(&if context.english() {
        format!("the backup of {at} proves sound and stands in {dir}")
    } else {
        format!("{at} 的备份核验通过,已放入 {dir}")
    })?;
    if let Some(old) = old {
        let old = old.display();
        output::say(&if context.english() {
            format!("  what lay there is kept as {old}")
        } else {
            format!("  原来的留在 {old}")
        })?;
    }
    say_missing(context, site)
}

/// The files with secrets that the site needs and has not.
fn say_missing(context: &Context, site: &Site) -> Result<()> {
    let missing = backup::missing_secrets(site);
    if missing.is_empty() {
        return Ok(());
    }
    let (names, dir) = (missing.join(", "), site.dir.display());
    output::say(&if context.english() {
        format!(
            "  MISSING: the files with secrets {names}, which no backup holds: their channels \
             send nothing and keep their orders\n  next: put them into {dir} from where you keep \
             them, for the daemon's user alone (chmod 600); they count at once, \
             `qingshou doctor` says whether all are there"
        )
    } else {
        format!(
            "  缺少凭据文件:{names}(备份里没有),有关渠道不发送,指令保留\n  下一步:从保管处放到 \
             {dir},只让守护进程的用户可读(chmod 600),放好即用;`qingshou doctor` 看是否齐全"
        )
    })
}
