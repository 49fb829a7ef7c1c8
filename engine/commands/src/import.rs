//! Importing files of the bank (导入), with the progress that whoever asks sees.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use import::{ImportReport, Importer, ListReading, Moment, Options};
use runtime::Scanning;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::progress::Progress;

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::{asked_in, say};
use crate::{Actor, Answer, CameToNothing, Done, Execute, Rules};

/// How the files of an import are to be read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Reading {
    /// `THEIRS=OURS` column names.
    pub map: Vec<String>,
    /// `COLUMN=VALUE` conditions.
    pub only: Vec<String>,
    /// The sheet of a workbook, by name or number.
    pub sheet: Option<String>,
    /// In what the list states its amounts.
    pub unit: Option<String>,
    /// The kind of every row, for a list without such a column.
    pub kind: Option<String>,
    /// Say what would happen.
    pub dry_run: bool,
}

/// Import files.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Import {
    /// Case lists; otherwise events.
    pub cases: bool,
    /// The files, absolute.
    pub files: Vec<PathBuf>,
    /// How to read them.
    #[serde(flatten)]
    pub reading: Reading,
    /// How the balances and names of a case list are taken.
    #[serde(default)]
    pub list: ListReading,
    /// Why, where there is more to say than the file does.
    #[serde(default)]
    pub reason: Option<String>,
    /// The files as whoever asks has opened them, with rights of their own:
    /// a daemon opens none for others. Where there is none, this process is
    /// the one that was asked.
    #[serde(skip)]
    pub opened: Vec<Arc<File>>,
    /// How far it has come, for whoever asks.
    #[serde(skip)]
    pub progress: Progress,
}

impl Execute for Import {
    /// The report on the file; where there are several, a list.
    type Data = Value;

    fn rules(&self) -> Rules<'_> {
        let rules = Rules { reason: self.reason.as_deref(), ..Rules::of(CHIEFS) };
        // A list notes the day on which the bank's last file came.
        if self.reading.dry_run { rules } else { rules.bearing_a_day() }
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let by = actor.name.clone();
        let logins = app.engine.names_of(&by);
        let importer = Importer { by, logins, reason: self.reason.clone() };
        let options = Options {
            importer: Some(importer),
            list: self.list,
            shared: app.engine.scanning == Scanning::Beside,
            progress: self.progress.clone(),
            ..import_options(app, &self.reading)?
        };
        import_files(app, self.cases, (&self.files, &self.opened), &options).await
    }
}

fn import_options(app: &App, reading: &Reading) -> Result<Options> {
    let unit = reading.unit.as_deref().map(import::Unit::parse).transpose();
    Ok(Options {
        map: parsed(&reading.map)?,
        only: parsed(&reading.only)?,
        sheet: reading.sheet.clone(),
        unit: unit.map_err(anyhow::Error::msg)?,
        kind: reading.kind.clone(),
        dry_run: reading.dry_run,
        lang: asked_in(),
        rejects_dir: app.site().rejects(),
        ..Options::default()
    })
}

fn parsed<T: std::str::FromStr<Err = String>>(texts: &[String]) -> Result<Vec<T>> {
    texts.iter().map(|text| text.parse().map_err(anyhow::Error::msg)).collect()
}

async fn import_files(
    app: &App,
    cases: bool,
    (files, opened): (&[PathBuf], &[Arc<File>]),
    options: &Options,
) -> Done<Value> {
    if cases && options.kind.is_some() {
        bail!(say(
            "`--kind` 只用于流水(import events),案件清单没有类型",
            "`--kind` is for events (import events); a list of cases has no kinds",
        ));
    }
    let _turn = app.importing.lock().await;
    let mut texts = Vec::new();
    let mut reports: Vec<ImportReport> = Vec::new();
    let mut fault = None;
    for (at, file) in files.iter().enumerate() {
        let options = &Options { opened: opened.get(at).cloned(), ..options.clone() };
        let now = app.engine.clock.now();
        let reschedule = |it: &store::ledger::Rescheduled| app.engine.reschedule(it);
        let resume_at_ms = app.engine.resume_at(&now);
        let tolerance_after = |due_on| app.engine.tolerance_after(due_on);
        let near_after = |on| app.engine.near_after(on);
        let moment = Moment {
            now,
            resume_at_ms,
            reschedule: &reschedule,
            tolerance_after: &tolerance_after,
            near_after: &near_after,
        };
        let store = &app.engine.store;
        let done = if cases {
            import::import_cases(store, &moment, file, options).await
        } else {
            import::import_events(store, &moment, file, options).await
        };
        match done {
            Ok(report) => reports.push(report),
            Err(error) => {
                fault = Some(error.text(options.lang));
                break;
            }
        }
    }
    // The files before a faulty one are in the book, so they are told of and
    // their cases enter workflows like any others.
    if !options.dry_run && !reports.is_empty() {
        app.engine.catch_up().await?;
        app.engine.scan_after_change().await?;
        app.engine.wait_for_scan().await?;
        app.engine.seal_after_import().await?;
    }
    let failed = fault.is_some() || reports.iter().all(ImportReport::has_failed);
    texts.extend(reports.iter().map(|report| report.text(options.lang)));
    texts.extend(fault);
    let text = texts.join("\n");
    let mut data =
        reports.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
    let data =
        if files.len() == 1 { data.pop().unwrap_or_default() } else { json!(data) };
    if failed {
        return Err(CameToNothing { text, data }.into());
    }
    Ok(Answer { text, data })
}
