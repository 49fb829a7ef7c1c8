//! Replay (回放): a book through the production engine on a virtual clock.
//!
//! Gateways acknowledge without sending, people's outcomes come from the
//! events file alone, approvals stay open. The same book and workflows give
//! the same journal to the byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use commands::journal_lines::fingerprint;
use domain::say::Lang;
use domain::status::OrderStatus;
use domain::tongues::both;
use import::{CaseFile, EventFile, Moment};
use jiff::civil::{Date, DateTime, Time};
use release::candidate::{Candidate, errors};
use runtime::clock::Clock;
use runtime::marker::Marker;
use runtime::work::Silence;
use runtime::{Engine, Plugins};
use script::finding::Finding;
use serde::Serialize;
use sha2::{Digest, Sha256};
use site::CONFIG_FILE;
use site::config::Config;
use store::{Conn, Durability, Options, Store, figures, outbox, releases};

/// What to replay.
#[derive(Clone, Debug)]
pub struct ReplayOptions {
    /// The folder with cases.csv and events.csv, plain or .gz.
    pub book: PathBuf,
    /// The workflows folder.
    pub workflows: PathBuf,
    /// The first day; the first event's when not given.
    pub from: Option<Date>,
    /// The last day; the last event's when not given.
    pub to: Option<Date>,
    /// `COLUMN=VALUE` conditions on cases.
    pub only: Vec<String>,
    /// Where the site is made; it must not hold a case store.
    pub site: PathBuf,
    /// The server on which its store is made; a file of the site where there is none.
    pub database: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReplayReport {
    /// The version of this shape.
    pub format_version: u32,
    /// The site, for `report`, `case show` and `journal export`.
    pub site: PathBuf,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// Cases of the book.
    pub cases: usize,
    /// Events of the book that were applied.
    pub events: usize,
    /// Different cases that entered a workflow.
    pub enrolled: i64,
    /// Runs of workflows opened, by workflow.
    pub opened: BTreeMap<String, i64>,
    /// Orders delivered, by verb.
    pub delivered: BTreeMap<String, i64>,
    /// Orders refused, by verb.
    pub refused: BTreeMap<String, i64>,
    /// Orders in every other state, by `verb:status`.
    pub others: BTreeMap<String, i64>,
    /// Steps taken.
    pub steps: usize,
    /// Cases parked by a fault of a script.
    pub parked: i64,
    /// Lines of the journal.
    pub journal_lines: i64,
    /// SHA-256 of the exported journal.
    pub journal_sha256: String,
}

/// Where the replay has come to, for a progress bar: day, first, last.
pub type Progress<'a> = &'a (dyn Fn(Date, Date, Date) + Sync);

/// The hour at which a day's events come in: before opening time.
const EVENTS_COME_AT: Time = Time::constant(7, 0, 0, 0);

/// Runs a book from its first day to its last.
///
/// # Errors
///
/// The book or the workflows have faults, the site holds a store already, or
/// the store cannot be written.
pub async fn replay(
    wanted: &ReplayOptions,
    progress: Progress<'_>,
) -> Result<ReplayReport> {
    let config = match &wanted.database {
        Some(database) => Config { database: database.clone(), ..Config::default() },
        None => Config::default(),
    };
    let (cases_file, events_file) = files_of(&wanted.book)?;
    let options = import::Options {
        only: wanted
            .only
            .iter()
            .map(|it| it.parse().map_err(anyhow::Error::msg))
            .collect::<Result<_>>()?,
        ..import::Options::default()
    };
    let readable = |fault: import::FileFault| anyhow::anyhow!(fault.text(Lang::Zh));
    let mut cases = CaseFile::read(&cases_file, &options).map_err(readable)?;
    let plain = import::Options::default();
    let events = EventFile::read(&events_file, &plain).map_err(readable)?;
    cases.make_up_people();
    let (first, last) = events.days().context("事件文件是空的")?;
    let (from, to) = (wanted.from.unwrap_or(first), wanted.to.unwrap_or(last));
    if to < from {
        bail!("--to {to} 在 --from {from} 之前");
    }
    let mut engine = prepare(wanted, &config, from, &[&cases_file, &events_file]).await?;
    engine.simulated = true;
    let mut told = ReplayReport {
        format_version: 1,
        site: wanted.site.clone(),
        from: Some(from),
        to: Some(to),
        cases: cases.len(),
        ..ReplayReport::default()
    };
    store(&engine, &cases).await?;
    days(&engine, &events, (first, from, to), &mut told, progress).await?;
    count(&engine, &mut told).await?;
    engine.store.close().await?;
    Ok(told)
}

async fn store(engine: &Engine, cases: &CaseFile) -> Result<()> {
    let now = engine.clock.now();
    let reschedule = |it: &store::ledger::Rescheduled| engine.reschedule(it);
    let resume_at_ms = engine.resume_at(&now);
    let tolerance_after = |due_on| engine.tolerance_after(due_on);
    let near_after = |on| engine.near_after(on);
    let moment = Moment {
        now,
        resume_at_ms,
        reschedule: &reschedule,
        tolerance_after: &tolerance_after,
        near_after: &near_after,
    };
    let mut tx = engine.begin_silent(Silence::History).await?;
    cases.store(tx.conn(), &moment).await?;
    tx.commit().await?;
    Ok(())
}

async fn days(
    engine: &Engine,
    events: &EventFile,
    (first, from, to): (Date, Date, Date),
    told: &mut ReplayReport,
    progress: Progress<'_>,
) -> Result<()> {
    // What lies before the first day is booked as history.
    let mut next = Some(first);
    while let Some(day) = next.filter(|it| *it <= to) {
        progress(day.max(from), from, to);
        let at = day.max(from).to_datetime(EVENTS_COME_AT);
        told.steps += engine.run_until(engine.clock.instant(at)).await?.steps;
        let until = if day < from { from.yesterday()? } else { day };
        told.events += apply(engine, events, day, until).await?;
        told.steps += engine.run_instant().await?.steps;
        next = events.next_day(until.tomorrow()?);
    }
    let end = to.to_datetime(Time::constant(23, 59, 0, 0));
    told.steps += engine.run_until(engine.clock.instant(end)).await?.steps;
    progress(to, from, to);
    Ok(())
}

async fn apply(
    engine: &Engine,
    events: &EventFile,
    first: Date,
    last: Date,
) -> Result<usize> {
    let now = engine.clock.now();
    let reschedule = |it: &store::ledger::Rescheduled| engine.reschedule(it);
    let resume_at_ms = engine.resume_at(&now);
    let tolerance_after = |due_on| engine.tolerance_after(due_on);
    let near_after = |on| engine.near_after(on);
    let moment = Moment {
        now,
        resume_at_ms,
        reschedule: &reschedule,
        tolerance_after: &tolerance_after,
        near_after: &near_after,
    };
    let mut work = engine.begin(&now).await?;
    let applied = events.apply(work.conn(), &moment, first, last).await?;
    work.commit().await?;
    Ok(applied.booked + applied.recorded)
}

/// A site with the workflows published, on a clock that stands at the first
/// day's midnight.
async fn prepare(
    wanted: &ReplayOptions,
    config: &Config,
    from: Date,
    book: &[&PathBuf],
) -> Result<Engine> {
    std::fs::create_dir_all(&wanted.site)?;
    let place = config.place_in(&wanted.site)?;
    if Store::is_there(&place).await? {
        let site = match place.server() {
            Some(server) => server.to_string(),
            None => wanted.site.display().to_string(),
        };
        bail!(
            "{site} 里已有案件库,没有改动 · {site} holds a case store; nothing was changed\n  \
             提示:回放要一个空目录 · hint: a replay wants an empty folder"
        );
    }
    if let Some(database) = &wanted.database {
        // For the commands that look at it afterwards.
        let settings = format!("database = {database:?}\n");
        std::fs::write(wanted.site.join(CONFIG_FILE), settings)?;
    }
    let plugins = plugins_on::all(&config.plugins, &wanted.site)?;
    let candidate = checked(&wanted.workflows, config, &plugins)?;
    let mut hasher = Sha256::new();
    for file in book {
        hasher.update(std::fs::read(file)?);
    }
    hasher.update(candidate.hash.as_bytes());
    let store_id = store::journal::hex(&hasher.finalize())[..32].to_owned();
    let options = Options {
        place,
        durability: Durability::Off,
        create: true,
        store_id: Some(store_id.clone()),
    };
    let store = Store::open(options).await?.gathering().await?;
    let start: DateTime = from.to_datetime(Time::midnight());
    let clock = Clock::virtual_at(&config.zone, start)?;
    let engine = runtime::assemble(store, clock, plugins, Marker::default()).await?;
    publish(&engine, candidate, config, &store_id).await?;
    Ok(engine)
}

/// Reads and checks a folder, which must have no faults.
///
/// # Errors
///
/// All errors of the folder, as staff read them.
pub(crate) fn checked(
    dir: &Path,
    config: &Config,
    plugins: &Plugins,
) -> Result<Candidate> {
    let catalog = Arc::new(plugins.catalog());
    let candidate = Candidate::read(dir, &catalog, config)
        .map_err(|error| anyhow::anyhow!(told(std::iter::once(&*error))))?;
    if candidate.has_errors() {
        let faults = told(errors(&candidate.findings));
        bail!(
            "流程未通过检查,没有运行: · the workflows have faults, nothing was run:\n{faults}"
        );
    }
    Ok(candidate)
}

/// Findings for readers of either language, one a line.
fn told<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let line = |it: &Finding| {
        let zh = it.render(Lang::Zh).replace('\n', " ");
        both(&zh, &it.render(Lang::En).replace('\n', " "))
    };
    findings.map(line).collect::<Vec<_>>().join("\n")
}

/// Makes a checked folder the live release of a new store.
///
/// # Errors
///
/// The store cannot be written.
pub(crate) async fn publish(
    engine: &Engine,
    candidate: Candidate,
    config: &Config,
    store_id: &str,
) -> Result<()> {
    let files = candidate.folder.files.clone();
    let now = engine.clock.now();
    let mut tx = engine.begin_silent(Silence::Releases).await?;
    let release = releases::store(tx.conn(), &now, &files, "folder", "").await?;
    let why = ("folder", "publish");
    releases::activate(tx.conn(), &now, &release, why, |_, _| true).await?;
    tx.commit().await?;
    let id = (release.id, release.number);
    let runtime = candidate
        .runtime(id, &engine.plugins(), config, store_id)
        .context("流程未通过检查")?;
    engine.switch(Arc::new(runtime));
    Ok(())
}

fn files_of(book: &Path) -> Result<(PathBuf, PathBuf)> {
    let find = |name: &str| {
        ["csv", "csv.gz", "xlsx"]
            .iter()
            .map(|ending| book.join(format!("{name}.{ending}")))
            .find(|it| it.exists())
            .with_context(|| {
                let book = book.display();
                format!(
                    "{book} 里没有 {name}.csv 或 {name}.csv.gz · {book} has no {name}.csv or \
                     {name}.csv.gz\n  提示:台账目录要有 `cases` 和 `events` 两个文件 · hint: a \
                     book is a folder with the two files `cases` and `events`"
                )
            })
    };
    Ok((find("cases")?, find("events")?))
}

/// Counts what came of a run on a store.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn count(engine: &Engine, told: &mut ReplayReport) -> Result<()> {
    let mut conn = engine.store.read().await?;
    let conn: &mut Conn = conn.conn();
    let outcome = figures::outcome(conn).await?;
    told.opened.extend(outcome.runs);
    for (verb, status, count) in outbox::counts(conn).await? {
        match status {
            OrderStatus::Delivered => told.delivered.insert(verb, count),
            OrderStatus::Refused => told.refused.insert(verb, count),
            _ => told.others.insert(format!("{verb}:{status}"), count),
        };
    }
    (told.enrolled, told.parked) = (outcome.enrolled, outcome.parked);
    told.journal_lines = outcome.journal_lines;
    told.journal_sha256 = fingerprint(conn).await?;
    Ok(())
}
