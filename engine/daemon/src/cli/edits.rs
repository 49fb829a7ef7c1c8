//! What an edit did (改动的结果), for `check`, `test`, `reload` and `status`: one cause
//! after the other, each with what came of it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use commands::Reply;
use release::causes::{self, Cause, FailedTest};
use release::judge::{self, Yardstick};
use release::lost::{Place, Running};
use release::rejected;
use release::rolled_back::{self, RolledBackText};
use release::verdict::{Fold, ToldCause, Verdict, lines};
use script::finding::Finding;
use script::loading;
use script::program::{Catalog, Folder, Program};
use script::sandbox::Limits;
use serde_json::{Value, json};
use site::Site;
use store::releases;

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::scripts::{self, Read};

/// The release that the daemon of a site runs, read from its store.
pub(crate) struct RunningRelease {
    number: i64,
    folder: Folder,
    program: Program,
    /// Where cases stand.
    pub populated: Vec<(String, String, i64)>,
    /// What a rollback took out of service.
    rolled_back: Vec<RolledBackText>,
}

impl RunningRelease {
    /// The release that a folder is an edit of: that of the site whose folder it
    /// is. A store that cannot be read is told and keeps nobody from checking.
    pub(crate) async fn of(
        context: &Context,
        dir: &Path,
        catalog: &Arc<Catalog>,
    ) -> Option<Self> {
        let site = context.site().ok()?;
        let own = |it: &Path| std::fs::canonicalize(it).ok();
        if own(dir).is_none_or(|it| Some(it) != own(&site.workflows()))
            || !site.may_have_store()
        {
            return None;
        }
        match Self::read(context, catalog).await {
            Ok(running) => running,
            Err(error) => {
                let told = context.text(
                    "没有和运行中的版本比较",
                    "not compared with the running release",
                );
                output::complain(&format!("{told}:{}", context.told(&error)));
                None
            }
        }
    }

    async fn read(context: &Context, catalog: &Arc<Catalog>) -> Result<Option<Self>> {
        let (_, store) = context.store().await?;
        let mut conn = store.read().await?;
        let Some(release) = releases::active(conn.conn()).await? else { return Ok(None) };
        let folder = Folder { files: releases::files(conn.conn(), release.id).await? };
        let program = loading::load(&folder, catalog, &Limits::default()).program;
        let populated = releases::populated(conn.conn()).await?;
        let rolled_back = rolled_back::texts(conn.conn()).await?;
        let number = release.number;
        Ok(Some(Self { number, folder, program, populated, rolled_back }))
    }

    /// As an edit is held against it.
    pub(crate) fn running(&self) -> Running<'_> {
        let Self { number, folder, program, .. } = self;
        Running { number: *number, folder, program }
    }
}

/// What is known of a folder before its tests: everything found, and the
/// release that it is an edit of.
pub(crate) struct Checked {
    pub(crate) read: Read,
    running: Option<RunningRelease>,
    found: Vec<Finding>,
}

impl Checked {
    /// Reads and checks a folder; `Err` is the folder's one finding.
    pub(crate) async fn of(
        context: &Context,
        dir: &Path,
    ) -> Result<Result<Self, Vec<Cause>>> {
        let read = match scripts::read(context, dir)? {
            Ok(read) => read,
            Err(finding) => return Ok(Err(causes::alone(*finding))),
        };
        let catalog = Arc::new(read.plugins.catalog());
        let running = RunningRelease::of(context, dir, &catalog).await;
        let mut found = read.candidate.findings.clone();
        if let Some(running) = &running {
            let place = Place { dir, policy: &read.config.policy };
            let populated = &running.populated;
            let losses =
                judge::losses(&read.candidate, running.running(), populated, place);
            found.extend(losses.found.into_iter().chain(losses.to_confirm));
            let (out, folder) = (&running.rolled_back, &read.candidate.folder);
            found.extend(rolled_back::find(out, folder, running.running()));
        }
        Ok(Ok(Self { read, running, found }))
    }

    pub(crate) fn causes(&self, failed: Vec<FailedTest>) -> Vec<Cause> {
        let running = self.running.as_ref().map(RunningRelease::running);
        let Read { candidate, plugins, config, .. } = &self.read;
        let yardstick = Yardstick { catalog: &Arc::new(plugins.catalog()), config };
        judge::causes_of(candidate, running, (self.found.clone(), failed), yardstick)
    }
}

/// How to see what was folded away.
pub(crate) fn more(context: &Context) -> &'static str {
    context.text("加 --all 全部列出", "--all shows them")
}

/// Prints causes for people, with the lines as far as the folder is there.
pub(crate) fn print(
    context: &Context,
    causes: &[Cause],
    folder: Option<&Folder>,
    all: bool,
) -> Result<()> {
    let told: Vec<ToldCause> =
        causes.iter().map(|cause| ToldCause::with_lines(cause, folder)).collect();
    for line in lines(&told, context.lang, Fold::unless(all), more(context)) {
        output::say(&line)?;
    }
    if !told.is_empty() {
        output::say(context.text(
            "  提示:`qingshou explain 代码` 有原因、例子和处理办法",
            "  hint: `qingshou explain CODE` shows cause, example and remedy",
        ))?;
    }
    Ok(())
}

/// A finding for a program.
pub(crate) fn json_of(finding: &Finding) -> Value {
    json!({
        "code": finding.code, "severity": finding.severity, "file": finding.file,
        "line": finding.line, "col": finding.col, "zh": finding.say.zh, "en": finding.say.en,
        "suggestion": finding.suggestion, "mendable": !finding.mends.is_empty(),
    })
}

/// Causes for a program.
pub(crate) fn json_of_causes(causes: &[Cause]) -> Value {
    let cause = |it: &Cause| {
        let effects: Vec<Value> = it.effects.iter().map(json_of).collect();
        let mut lead = json_of(&it.lead);
        lead["kind"] = json!(it.kind);
        lead["files"] = json!(it.files);
        lead["effects"] = json!(effects);
        lead
    };
    causes.iter().map(cause).collect()
}

/// What a reply says of the folder, in the language of whoever asked.
pub(crate) fn print_verdict(context: &Context, reply: Reply, all: bool) -> Result<Exit> {
    let exit = Exit::of_reply(reply.exit);
    let told = serde_json::from_value::<Verdict>(reply.data.clone());
    let text = match told {
        Ok(verdict) => {
            verdict.told(context.lang, Fold::unless(all), more(context)).join("\n")
        }
        // It came to nothing before the folder was looked at.
        Err(_) => reply.text,
    };
    context.print(&Reply { text, ..reply })?;
    Ok(exit)
}

/// What `status` says of the folder.
pub(crate) fn folder_lines(
    context: &Context,
    site: &Site,
    verdict: &Verdict,
    all: bool,
) -> Vec<String> {
    let words = verdict.outcome.words(verdict.running, context.lang);
    let at = verdict.at.split('.').next().unwrap_or_default().replace('T', " ");
    let mut told = vec![if context.english() {
        format!("folder: {words} ({at})")
    } else {
        format!("流程目录:{words}({at})")
    }];
    let fold = Fold::unless(all);
    let causes = lines(&verdict.causes, context.lang, fold, more(context));
    told.extend(causes.iter().map(|cause| format!("  {cause}")));
    // A note that an earlier fault has left says nothing of this one.
    let of_this = |note: &Path| {
        let text = note.to_string_lossy();
        // A file whose folder has gone has its note beside that.
        let mut files =
            verdict.causes.iter().flat_map(|cause| Path::new(&cause.file).ancestors());
        files.any(|file| {
            file != Path::new("") && text.contains(&format!("/{}.", file.display()))
        })
    };
    let notes = rejected::there(&site.workflows());
    let notes = notes
        .iter()
        .filter(|note| of_this(note))
        .filter_map(|note| note.strip_prefix(&site.dir).ok());
    let notes: Vec<String> = notes.map(|note| note.display().to_string()).collect();
    if !notes.is_empty() {
        let words = context.text("说明也写在", "also written in");
        told.push(format!("  {words} {}", notes.join(context.text("、", ", "))));
    }
    told
}
