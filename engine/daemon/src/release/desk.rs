//! The release desk (发布台): takes a folder, and lets it run or says why not.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::ids::ReleaseId;
use script::check::codes::TEST_FAILED;
use script::finding::{Finding, Lang};
use script::program::Folder;
use script::testing::TestResult;
use serde::{Deserialize, Serialize};
use store::releases::{self, Release};
use store::{Conn, meta};
use tracing::{info, warn};

use crate::engine::Engine;
use crate::engine::runtime::Runtime;
use crate::release::candidate::Candidate;
use crate::release::{blast, live_check, rejected};
use crate::shipped;
use crate::site::Site;
use crate::world::{self, Proven};

/// Where the verdict on the folder is kept, in the store's `meta`.
const FOLDER_VERDICT: &str = "folder_verdict";
/// The hashes of the texts that a person has taken out of service, one a line;
/// a folder that still holds any of them is no edit.
const ROLLED_BACK: &str = "rolled_back";

/// What became of the folder on the disk.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Verdict {
    /// What was decided.
    pub outcome: Outcome,
    /// Hash of the folder looked at; empty when there was none.
    pub hash: String,
    /// The number of the release that runs afterwards.
    pub running: Option<i64>,
    /// When, civil time.
    pub at: String,
    /// Findings as staff read them, Chinese.
    pub findings: Vec<String>,
    /// The same in English.
    pub findings_en: Vec<String>,
}

/// What was decided about a folder.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It runs now.
    Live,
    /// It is what runs already.
    Unchanged,
    /// It has faults; the old release goes on.
    Rejected,
    /// It reaches too far; a person has to confirm it.
    AwaitingConfirmation,
    /// A person has gone back behind it; the next change of it counts.
    RolledBack,
}

impl Outcome {
    /// The word for screens.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Live => "已上线",
            Self::Unchanged => "与运行中的版本相同",
            Self::Rejected => "未通过检查,沿用旧版",
            Self::AwaitingConfirmation => "影响面过大,等待确认",
            Self::RolledBack => "已由人回退,等待新的修改",
        }
    }
}

/// How careful to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guard {
    /// The folder was seen to change: as `On`, and what a person has taken
    /// out of service stays out. A share that goes and comes back, or a file
    /// saved as it was, must not undo a rollback.
    Watching,
    /// A person asks; a release that reaches too far waits.
    On,
    /// A person has confirmed that it is meant.
    Confirmed,
}

/// Loads the release that the store says is live, if there is one.
///
/// # Errors
///
/// The store cannot be read, or the stored release cannot be loaded by this
/// program.
pub async fn load_active(engine: &Engine, site: &Site) -> Result<Option<Release>> {
    let found = {
        let mut conn = engine.store.read().await?;
        match releases::active(conn.conn()).await? {
            None => None,
            Some(it) => Some((releases::files(conn.conn(), it.id).await?, it)),
        }
    };
    let Some((files, release)) = found else { return Ok(None) };
    let runtime = stored_runtime(engine, site, Folder { files }, &release).await?;
    let runtime = Arc::new(runtime);
    engine.switch(Arc::clone(&runtime));
    engine.rewait_for(&runtime).await?;
    Ok(Some(release))
}

async fn stored_runtime(
    engine: &Engine,
    site: &Site,
    folder: Folder,
    release: &Release,
) -> Result<Runtime> {
    let catalog = Arc::new(engine.plugins.catalog());
    let config = site.config.clone();
    let candidate = tokio::task::spawn_blocking(move || {
        Candidate::check(Arc::new(folder), Vec::new(), &catalog, &config)
    })
    .await?;
    let faults: Vec<String> = crate::release::candidate::errors(&candidate.findings)
        .map(|it| it.render(Lang::Zh))
        .collect();
    let id = (release.id, release.number);
    candidate
        .runtime(id, &engine.plugins, &site.config, engine.store.id())
        .with_context(|| {
            format!(
                "第 {} 版无法由本程序装载:\n{}\n  提示:换回原来的程序,或修改流程后重新发布",
                release.number,
                faults.join("\n")
            )
        })
}

/// Reads the folder on the disk and lets it run if nothing speaks against it.
///
/// # Errors
///
/// The store cannot be read or written. Faults of the folder are no errors:
/// they are in the verdict, and the old release goes on.
pub async fn consider(
    engine: &Engine,
    site: &Site,
    proven: &Proven,
    by: &str,
    guard: Guard,
) -> Result<Verdict> {
    let catalog = Arc::new(engine.plugins.catalog());
    let (dir, config) = (site.workflows(), site.config.clone());
    let read =
        tokio::task::spawn_blocking(move || Candidate::read(&dir, &catalog, &config))
            .await?;
    let candidate = match read {
        Ok(candidate) => candidate,
        Err(finding) => {
            return reject(engine, site, String::new(), vec![*finding]).await;
        }
    };
    let active = {
        let mut conn = engine.store.read().await?;
        releases::active(conn.conn()).await?
    };
    let hash = candidate.hash.clone();
    if active.as_ref().is_some_and(|it| it.hash == hash) && engine.runtime().is_some() {
        let warnings = candidate.findings;
        return conclude(engine, site, Outcome::Unchanged, hash, warnings).await;
    }
    if guard == Guard::Watching && is_rolled_back(engine, &hash).await? {
        return conclude(engine, site, Outcome::RolledBack, hash, Vec::new()).await;
    }
    if candidate.has_errors() {
        return reject(engine, site, hash, candidate.findings).await;
    }
    let mut found = candidate.findings.clone();
    let files = candidate.folder.files.clone();
    let Some(runtime) = candidate.runtime(
        (ReleaseId(0), 0),
        &engine.plugins,
        &site.config,
        engine.store.id(),
    ) else {
        return reject(engine, site, hash, found).await;
    };
    let runtime = Arc::new(runtime);
    let failed = failed_tests(engine, site, &runtime, proven).await?;
    if !failed.is_empty() {
        found.extend(failed);
        return reject(engine, site, hash, found).await;
    }
    if guard != Guard::Confirmed
        && let Some(old) = engine.runtime()
        && let Some(finding) =
            blast::check(engine, site.config.blast_guard, &old, &runtime).await?
    {
        found.push(finding);
        let outcome = Outcome::AwaitingConfirmation;
        return conclude(engine, site, outcome, hash, found).await;
    }
    let gone = publish(engine, &runtime, &files, by).await?;
    if gone.is_empty() {
        conclude(engine, site, Outcome::Live, hash, found).await
    } else {
        found.extend(gone);
        reject(engine, site, hash, found).await
    }
}

async fn is_rolled_back(engine: &Engine, hash: &str) -> Result<bool> {
    let mut conn = engine.store.read().await?;
    let out = meta::text(conn.conn(), ROLLED_BACK).await?.unwrap_or_default();
    Ok(out.lines().any(|it| it == hash))
}

/// Takes one release's texts out of service and another's back into it.
///
/// After two rollbacks the folder still holds what the first one left, so one
/// hash is not enough.
async fn take_out(conn: &mut Conn, left: &str, back: &str) -> Result<()> {
    let before = meta::text(conn, ROLLED_BACK).await?.unwrap_or_default();
    let kept = before.lines().filter(|it| *it != left && *it != back);
    let out: Vec<&str> = kept.chain([left]).collect();
    meta::set_text(conn, ROLLED_BACK, &out.join("\n")).await?;
    Ok(())
}

async fn failed_tests(
    engine: &Engine,
    site: &Site,
    runtime: &Arc<Runtime>,
    proven: &Proven,
) -> Result<Vec<Finding>> {
    if shipped::is_as_shipped(&runtime.folder.files) {
        return Ok(Vec::new());
    }
    let results = run_tests(engine, site, runtime, proven.clone()).await?;
    Ok(results
        .iter()
        .filter(|it| !it.passed())
        .map(|it| {
            let told = it.render();
            let text = told.split_once(':').map_or(told.as_str(), |(_, rest)| rest);
            let text = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            let finding = Finding::error(
                TEST_FAILED,
                &it.file,
                text.to_owned(),
                format!("test failed: {}", it.name),
            );
            finding.at(it.line, 1)
        })
        .collect())
}

async fn run_tests(
    engine: &Engine,
    site: &Site,
    runtime: &Arc<Runtime>,
    proven: Proven,
) -> Result<Vec<TestResult>> {
    let (runtime, plugins) = (Arc::clone(runtime), engine.plugins.clone());
    let zone = site.config.zone.clone();
    let run = move || world::run_all(&runtime, &plugins, &zone, &proven);
    Ok(tokio::task::spawn_blocking(run).await?)
}

/// Runs the tests of the release in force and remembers which have passed.
///
/// # Errors
///
/// The thread that runs them has died. Tests that fail are no error: the
/// release runs already, and a change of the program is to be looked at.
pub async fn prove_active(engine: &Engine, site: &Site, proven: Proven) -> Result<()> {
    let Some(runtime) = engine.runtime() else { return Ok(()) };
    let results = run_tests(engine, site, &runtime, proven.clone()).await?;
    let failed = results.iter().filter(|it| !it.passed()).count();
    if failed != 0 && !proven.is_stopped() {
        warn!(failed, "tests of the release in force fail with this program");
    }
    Ok(())
}

/// Stores and activates a release, unless cases stand where it has no stage;
/// then answers those findings and changes nothing.
async fn publish(
    engine: &Engine,
    runtime: &Arc<Runtime>,
    files: &std::collections::BTreeMap<String, String>,
    by: &str,
) -> Result<Vec<Finding>> {
    let now = engine.clock.now();
    let mut tx = engine.store.write().await?;
    // In the transaction that activates: no case can move in between.
    let populated = releases::populated(tx.conn()).await?;
    let gone = live_check::check(&populated, &runtime.program);
    if !gone.is_empty() {
        tx.rollback().await?;
        return Ok(gone);
    }
    let release = releases::store(tx.conn(), &now, files, by, "").await?;
    releases::activate(tx.conn(), &now, &release, by, "publish").await?;
    meta::set_text(tx.conn(), ROLLED_BACK, "").await?;
    tx.commit().await?;
    let ready = Runtime {
        release_id: release.id,
        number: release.number,
        ..Runtime::clone(runtime)
    };
    go_live(engine, ready).await?;
    Ok(Vec::new())
}

/// Switches the engine over and moves the timers that hang on the calendar.
async fn go_live(engine: &Engine, ready: Runtime) -> Result<()> {
    let number = ready.number;
    let ready = Arc::new(ready);
    engine.switch(Arc::clone(&ready));
    engine.rewait_for(&ready).await?;
    info!(release.number = number, "release {number} is live");
    Ok(())
}

/// Makes an earlier release the live one, through the same live check.
///
/// # Errors
///
/// There is no such release, it cannot be loaded, or cases stand in stages
/// that it does not have; nothing is changed then.
pub async fn rollback(
    engine: &Engine,
    site: &Site,
    number: i64,
    by: &str,
    why: &str,
) -> Result<Release> {
    let (release, files) = {
        let mut conn = engine.store.read().await?;
        let all = releases::list(conn.conn()).await?;
        let numbers: Vec<String> = all.iter().map(|it| it.number.to_string()).collect();
        let Some(release) = all.into_iter().find(|it| it.number == number) else {
            bail!("没有第 {number} 版\n  提示:现有 {}", numbers.join("、"));
        };
        let files = releases::files(conn.conn(), release.id).await?;
        (release, files)
    };
    let ready = stored_runtime(engine, site, Folder { files }, &release).await?;
    let now = engine.clock.now();
    let mut tx = engine.store.write().await?;
    let left = releases::active(tx.conn()).await?;
    let populated = releases::populated(tx.conn()).await?;
    let gone = live_check::check(&populated, &ready.program);
    if !gone.is_empty() {
        tx.rollback().await?;
        let told: Vec<String> = gone.iter().map(|it| it.render(Lang::Zh)).collect();
        bail!("不能回退到第 {number} 版:\n{}", told.join("\n"));
    }
    releases::activate(tx.conn(), &now, &release, by, why).await?;
    if let Some(left) = left.filter(|it| it.id != release.id) {
        take_out(tx.conn(), &left.hash, &release.hash).await?;
    }
    tx.commit().await?;
    go_live(engine, ready).await?;
    Ok(release)
}

async fn reject(
    engine: &Engine,
    site: &Site,
    hash: String,
    found: Vec<Finding>,
) -> Result<Verdict> {
    for finding in crate::release::candidate::errors(&found) {
        warn!(code = finding.code, "rejected: {}", finding.render(Lang::En));
    }
    conclude(engine, site, Outcome::Rejected, hash, found).await
}

/// Writes the verdict where people look for it.
async fn conclude(
    engine: &Engine,
    site: &Site,
    outcome: Outcome,
    hash: String,
    found: Vec<Finding>,
) -> Result<Verdict> {
    let running = engine.runtime().map(|it| it.number);
    let now = engine.clock.now();
    let verdict = Verdict {
        outcome,
        hash,
        running,
        at: now.civil.to_string(),
        findings: found.iter().map(|it| it.render(Lang::Zh)).collect(),
        findings_en: found.iter().map(|it| it.render(Lang::En)).collect(),
    };
    let mut tx = engine.store.write().await?;
    meta::set_text(tx.conn(), FOLDER_VERDICT, &serde_json::to_string(&verdict)?).await?;
    tx.commit().await?;
    // Warnings alone reject nothing, so they get no note beside the file.
    let refused = matches!(outcome, Outcome::Rejected | Outcome::AwaitingConfirmation);
    let noted = if refused { found.as_slice() } else { &[] };
    rejected::write(&site.workflows(), noted, running);
    Ok(verdict)
}

/// The last verdict on the folder, if there was one.
///
/// # Errors
///
/// The store cannot be read.
pub async fn last_verdict(conn: &mut Conn) -> Result<Option<Verdict>> {
    let text = meta::text(conn, FOLDER_VERDICT).await?;
    Ok(text.map(|it| serde_json::from_str(&it)).transpose()?)
}
