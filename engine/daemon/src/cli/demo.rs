//! New sites, replay, demo and benchmark (试用).

use std::path::PathBuf;

use anyhow::{Result, bail};
use jiff::civil::Date;
use lab::replay::{self, ReplayOptions};
use lab::{bench, demo};
use nix::unistd::Uid;
use release::shipped;
use site::login::login_of;

use crate::cli::args::{Bench, BenchWhat, Demo, Init, Output, Replay};
use crate::cli::bar::Bar;
use crate::cli::context::Context;
use crate::cli::{Exit, output};

pub(crate) fn init(context: &Context, args: &Init) -> Result<Exit> {
    shipped::write_site(&args.dir)?;
    let dir = args.dir.display();
    output::say(&if context.english() {
        format!(
            "made a site in {dir}\n  first: write your institution's full name into {dir}/qingshou.toml (institution); under the example's no message leaves\n  next: qingshou --site {dir} import cases FILE\n        qingshou --site {dir} run"
        )
    } else {
        format!(
            "已建站点 {dir}\n  先在 {dir}/qingshou.toml 写上本机构的全称(institution);还是示例名称时,短信和信不发出\n  接下来:qingshou --site {dir} import cases 文件\n          qingshou --site {dir} run"
        )
    })?;
    Ok(Exit::Ok)
}

pub(crate) async fn replay(context: &Context, args: &Replay) -> Result<Exit> {
    let site = match context.named_dir() {
        Some(dir) => dir.to_owned(),
        None => fresh_folder("qingshou-replay-")?,
    };
    let wanted = ReplayOptions {
        book: args.book.clone(),
        workflows: args.workflows.clone(),
        from: args.from,
        to: args.to,
        only: args.only.clone(),
        site: std::path::absolute(site)?,
        database: args.database.clone(),
    };
    let bar = Bar::new();
    let told =
        replay::replay(&wanted, &|day, from, to| show(&bar, day, from, to)).await?;
    bar.finish();
    match context.output {
        Output::Json => output::say(&serde_json::to_string(&told)?)?,
        _ => output::say(&serde_json::to_string_pretty(&told)?)?,
    }
    Ok(Exit::Ok)
}

pub(crate) async fn demo(context: &Context, args: &Demo) -> Result<Exit> {
    let into = match args.into.as_deref().or(context.named_dir()) {
        Some(dir) => dir.to_owned(),
        None => fresh_folder("qingshou-demo-")?,
    };
    let login = login_of(Uid::current());
    let into = std::path::absolute(into)?;
    let database = args.database.clone();
    let wanted = demo::DemoOptions { loans: args.loans, into, login, database };
    let bar = Bar::new();
    let told = demo::demo(&wanted, &|day, from, to| show(&bar, day, from, to)).await?;
    bar.finish();
    let english = context.english();
    if context.output == Output::Json {
        output::say(&serde_json::to_string(&told)?)?;
    } else {
        output::say(&demo::summary(&told, english))?;
        output::say(context.text("\n可以试试:", "\nTry:"))?;
        for (command, what) in demo::commands(&told, &program(), english) {
            output::say(&format!("  {command}    # {what}"))?;
        }
    }
    Ok(if told.verify.sound && told.parked == 0 { Exit::Ok } else { Exit::Failed })
}

pub(crate) async fn bench(context: &Context, args: &Bench) -> Result<Exit> {
    let told = match &args.what {
        BenchWhat::Throughput { store, database, open, steps } => {
            if store != "sqlite" {
                bail!(
                    "不写地址只测 sqlite 案件库,没有 {store} · without an address there is the store sqlite and no {store}\n  \
                     提示:用 `--store sqlite`,或 `--database postgres://用户@主机/库名` · \
                     hint: --store sqlite, or --database postgres://user@host/database"
                );
            }
            let (open, steps, database) = (*open, *steps, database.clone());
            bench::throughput(bench::ThroughputOptions { open, steps, database }).await?
        }
        BenchWhat::Import { cases, events } => {
            let wanted = bench::ImportOptions { cases: *cases, events: *events };
            bench::import(wanted).await?
        }
        BenchWhat::Views { open, database } => {
            let wanted = bench::ViewsOptions { open: *open, database: database.clone() };
            bench::views(&wanted).await?
        }
        BenchWhat::Spool { messages, dir } => {
            bench::spool(*messages, &std::path::absolute(dir)?).await?
        }
    };
    output::say(&match context.output {
        Output::Json => told.to_string(),
        _ => serde_json::to_string_pretty(&told)?,
    })?;
    Ok(if bench::is_slow(&told) { Exit::Failed } else { Exit::Ok })
}

/// How this program is called from where one stands.
fn program() -> String {
    let Ok(own) = std::env::current_exe() else { return "qingshou".to_owned() };
    let here = std::env::current_dir().ok();
    let short = here.as_deref().and_then(|it| own.strip_prefix(it).ok());
    short.unwrap_or(&own).display().to_string()
}

/// A new folder that stays.
pub(crate) fn fresh_folder(prefix: &str) -> Result<PathBuf> {
    Ok(tempfile::Builder::new().prefix(prefix).tempdir()?.keep())
}

/// Shows how far a run has come.
fn show(bar: &Bar, day: Date, from: Date, to: Date) {
    let days = |a: Date, b: Date| u64::try_from((b - a).get_days()).unwrap_or(0);
    bar.show(days(from, day), days(from, to).max(1), &day.to_string());
}
