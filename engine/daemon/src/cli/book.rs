//! Books in and out (台账): import and reports.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use commands::Reading;
use domain::money::Fen;
use import::{FileFault, ListReading};
use jiff::civil::Date;
use runtime::clock::Clock;
use serde_json::{Value, json};
use site::Site;
use store::progress::Progress;
use store::{Store, reports};

use crate::cli::args::{
    AsOf, Import, ImportFiles, ImportWhat, Period, Report, ReportWhat,
};
use crate::cli::bar::watched;
use crate::cli::context::Context;
use crate::cli::output::{self, Printer, Sheet};
#[cfg(feature = "reward")]
use crate::cli::rewards;
use crate::cli::{Exit, account};

pub(crate) async fn import(context: &Context, args: Import) -> Result<Exit> {
    let (cases, files, list) = match args.what {
        ImportWhat::Cases(it) => {
            let list = ListReading {
                as_of: it.as_of,
                no_balances: it.no_balances,
                reconcile: it.reconcile,
                renamed: it.renamed,
            };
            (true, it.files, list)
        }
        ImportWhat::Events(it) => (false, it, ListReading::default()),
    };
    let ImportFiles { files, only, map, sheet, unit, kind, dry_run, reason } = files;
    let mut files = files.iter().map(absolute).collect::<Result<Vec<_>>>()?;
    // Whose files they are is looked at first of all.
    context.site()?;
    let (opened, fault) = opened(&files);
    files.truncate(opened.len());
    let fault = fault.map(|fault| fault.text(context.lang));
    if files.is_empty() {
        output::complain(&fault.unwrap_or_default());
        return Ok(Exit::Failed);
    }
    let reading = Reading { map, only, sheet, unit, kind, dry_run };
    let progress = Progress::default();
    let told = progress.clone();
    let command: commands::Command =
        commands::Import { cases, files, reading, list, reason, opened, progress }.into();
    let what = (context.text("读取", "read"), context.text("登记", "booked"));
    let reply = watched(&told, what, Box::pin(context.ask(&command))).await?;
    context.print(&reply)?;
    let exit = Exit::of_reply(reply.exit);
    match fault {
        Some(text) => {
            output::complain(&text);
            Ok(Exit::Failed)
        }
        None => Ok(exit),
    }
}

/// The files up to the first that cannot be opened, and why that cannot. They are
/// opened here: a daemon may have rights that whoever imports has not.
fn opened(files: &[PathBuf]) -> (Vec<Arc<File>>, Option<FileFault>) {
    let mut opened = Vec::new();
    for file in files {
        match import::opened(file) {
            Ok(file) => opened.push(Arc::new(file)),
            Err(fault) => return (opened, Some(fault)),
        }
    }
    (opened, None)
}

fn absolute(file: &PathBuf) -> Result<PathBuf> {
    std::path::absolute(file).with_context(|| format!("路径不对:{}", file.display()))
}

pub(crate) async fn report(context: &Context, args: &Report) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let today = Clock::machine(&site.config.zone)?.now().today();
    let sheet = match &args.what {
        ReportWhat::Ageing(it) => ageing(&store, as_of(it, today)).await?,
        ReportWhat::MaxDpd(it) => {
            return max_dpd(context, &store, as_of(it, today)).await;
        }
        ReportWhat::Recovery(it) => {
            recovery(&store, period(&store, it, today).await?).await?
        }
        ReportWhat::Promises(it) => {
            promises(&store, period(&store, it, today).await?).await?
        }
        ReportWhat::Rewards(_)
        | ReportWhat::RewardMonth { .. }
        | ReportWhat::RewardRules(_)
        | ReportWhat::Payout { .. } => {
            let of = (&site, &store);
            let printed = of_rewards(context, of, &args.what, today).await?;
            let Some(sheet) = printed else { return Ok(Exit::Ok) };
            sheet
        }
        ReportWhat::Account { case } => {
            let mut conn = store.read().await?;
            account::sheet(conn.conn(), case, today).await?
        }
        ReportWhat::Limitation(it) => limitation(&store, not_past(it, today)?).await?,
    };
    sheet.print(context.output, context.lang)?;
    Ok(Exit::Ok)
}

fn as_of(args: &AsOf, today: Date) -> Date {
    args.as_of.unwrap_or(today)
}

/// The day of a list that is read from what is known today: the evidence of a past day
/// cannot be told from what came after it.
fn not_past(args: &AsOf, today: Date) -> Result<Date> {
    let day = as_of(args, today);
    if day < today {
        bail!(
            "诉讼时效表按今天({today})已有的证据计算,不能倒回 {day} · the list of limitation \
             periods goes by the evidence known today, {today}, and cannot tell of {day}\n  \
             提示:不写 --as-of;{day} 之后的往来见 `qingshou case show` · \
             hint: leave --as-of out; `qingshou case show` tells what came after that day"
        );
    }
    Ok(day)
}

/// The period that was asked for: from the first day of the book until today where nothing
/// else is said.
async fn period(store: &Store, args: &Period, today: Date) -> Result<(Date, Date)> {
    let to = args.to.unwrap_or(today);
    let from = if let Some(from) = args.from {
        from
    } else {
        let mut conn = store.read().await?;
        reports::first_day(conn.conn()).await?.unwrap_or(to).min(to)
    };
    if to < from {
        bail!(
            "期间从 {from} 到 {to},开始晚于结束 · a period from {from} to {to} ends before it \
             begins\n  提示:对调 --from 和 --to · hint: exchange --from and --to"
        );
    }
    Ok((from, to))
}

fn yuan(amount: Fen) -> Value {
    json!(amount.to_string())
}

async fn ageing(store: &Store, day: Date) -> Result<Sheet> {
    let mut sheet = Sheet::new(&["as_of", "bucket", "n_cases", "overdue_amount"]);
    for row in reports::ageing(store, day).await? {
        sheet.push(vec![
            json!(day),
            json!(row.bucket.as_str()),
            json!(row.n_cases),
            yuan(row.overdue),
        ]);
    }
    Ok(sheet)
}

/// A line a case: it is printed as it goes.
async fn max_dpd(context: &Context, store: &Store, day: Date) -> Result<Exit> {
    let columns = ["case_id", "max_dpd"];
    let mut printer = Printer::new(&columns, context.output, context.lang);
    for (case, days) in reports::max_dpd(store, day).await? {
        printer.push(vec![Value::String(case), json!(days)])?;
    }
    printer.end(false)?;
    Ok(Exit::Ok)
}

async fn recovery(store: &Store, (from, to): (Date, Date)) -> Result<Sheet> {
    let mut sheet =
        Sheet::new(&["from", "to", "bucket", "n_payments", "collected_amount"]);
    for row in reports::recovery(store, from, to).await? {
        let bucket = row.bucket.map_or("0", |it| it.as_str());
        sheet.push(vec![
            json!(from),
            json!(to),
            json!(bucket),
            json!(row.n_payments),
            yuan(row.collected),
        ]);
    }
    Ok(sheet)
}

async fn promises(store: &Store, (from, to): (Date, Date)) -> Result<Sheet> {
    let columns = ["from", "to", "grade", "n_promises", "promised_amount", "paid_amount"];
    let mut sheet = Sheet::new(&columns);
    let mut conn = store.read().await?;
    for row in reports::promises(conn.conn(), from, to).await? {
        sheet.push(vec![
            json!(from),
            json!(to),
            json!(row.grade.as_str()),
            json!(row.n_promises),
            yuan(row.promised),
            yuan(row.paid),
        ]);
    }
    Ok(sheet)
}

/// The reports of the plugin for rewards; `None` where the file was printed already.
#[cfg(feature = "reward")]
async fn of_rewards(
    context: &Context,
    (site, store): (&Site, &Store),
    what: &ReportWhat,
    today: Date,
) -> Result<Option<Sheet>> {
    Ok(Some(match what {
        ReportWhat::Rewards(it) => {
            rewards::of_period(store, period(store, it, today).await?).await?
        }
        ReportWhat::RewardMonth { month } => {
            rewards::of_month(context, store, month).await?
        }
        ReportWhat::RewardRules(it) => rewards::tried(site, store, it, today).await?,
        ReportWhat::Payout { month } => {
            rewards::payout(store, month).await?;
            return Ok(None);
        }
        _ => return Ok(None),
    }))
}

#[cfg(not(feature = "reward"))]
async fn of_rewards(
    _context: &Context,
    _site_and_store: (&Site, &Store),
    _what: &ReportWhat,
    _today: Date,
) -> Result<Option<Sheet>> {
    bail!("本程序没有带奖励插件 · this program is built without rewards")
}

/// Claims that lapse within this time are listed.
const LIMITATION_DAYS: u32 = 365;

async fn limitation(store: &Store, day: Date) -> Result<Sheet> {
    let columns = [
        "as_of",
        "case_id",
        "limitation_ends_on",
        "days_left",
        "balance_amount",
        "collector",
    ];
    let mut sheet = Sheet::new(&columns);
    let mut conn = store.read().await?;
    for row in reports::limitation(conn.conn(), day, LIMITATION_DAYS).await? {
        sheet.push(vec![
            json!(day),
            json!(row.case_no),
            json!(row.ends_on),
            json!(row.days_left),
            yuan(row.balance),
            json!(row.collector),
        ]);
    }
    Ok(sheet)
}
