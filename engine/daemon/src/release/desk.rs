//! The release desk (发布台): takes a folder, and lets it run or says why not.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::ids::ReleaseId;
use script::check::codes::TEST_FAILED;
use script::finding::{Finding, Lang};
use script::folder::Snapshot;
use script::program::Folder;
use script::testing::TestResult;
use store::lost_places::{self, Lost};
use store::releases::{self, Release};
use store::sending::{self, Cause, NewStop, Scope};
use store::{Conn, Now, meta};
use tracing::{info, warn};

use crate::engine::Engine;
use crate::engine::lost_places::SettledLoss;
use crate::engine::runtime::Runtime;
use crate::release::built_in::BUILT_IN;
use crate::release::candidate::{Candidate, mark};
use crate::release::findings::POLICY;
use crate::release::steady::{self, Sight};
use crate::release::verdict::{Outcome, Verdict};
use crate::release::{blast, live_check, rejected};
use crate::shipped;
use crate::site::Site;
use crate::workshop;
use crate::world::{self, Proven};

/// The hashes of the texts that a person has taken out of service, one a line;
/// a folder that still holds any of them is no edit.
const ROLLED_BACK: &str = "rolled_back";

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
    // A rollback that was broken off is brought to its end.
    engine.settle_lost_places().await?;
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

/// A folder that was looked at, and what became of it; nothing is written yet
/// about one that was refused.
pub struct Judged {
    outcome: Outcome,
    hash: String,
    found: Vec<Finding>,
}

impl Judged {
    /// Whether the old release goes on because of something in the folder.
    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Rejected | Outcome::AwaitingConfirmation)
    }

    fn new(outcome: Outcome, hash: String, found: Vec<Finding>) -> Self {
        Self { outcome, hash, found }
    }
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
    let running = engine.runtime().map(|it| Snapshot::from(&*it.folder));
    let sight = steady::read(&site.workflows(), &Ok(running.unwrap_or_default())).await;
    let judged = judge(engine, site, proven, sight, by, guard).await?;
    conclude(engine, site, judged).await
}

/// Lets what lay in the folder run if nothing speaks against it.
///
/// # Errors
///
/// The store cannot be read or written.
pub async fn judge(
    engine: &Engine,
    site: &Site,
    proven: &Proven,
    sight: Sight,
    by: &str,
    guard: Guard,
) -> Result<Judged> {
    let catalog = Arc::new(engine.plugins.catalog());
    let config = site.config.clone();
    let read =
        tokio::task::spawn_blocking(move || Candidate::of(sight, &catalog, &config))
            .await?;
    let candidate = match read {
        Ok(candidate) => candidate,
        Err(finding) => {
            let none = String::new();
            return Ok(Judged::new(Outcome::Rejected, none, vec![*finding]));
        }
    };
    let active = {
        let mut conn = engine.store.read().await?;
        releases::active(conn.conn()).await?
    };
    let hash = candidate.hash.clone();
    let same = active.as_ref().is_some_and(|it| it.hash == hash);
    // A file that cannot be read is in no hash, and no release.
    if same && engine.runtime().is_some() && !candidate.has_errors() {
        return Ok(Judged::new(Outcome::Unchanged, hash, candidate.findings));
    }
    if guard == Guard::Watching && is_rolled_back(engine, &hash).await? {
        return Ok(Judged::new(Outcome::RolledBack, hash, Vec::new()));
    }
    if candidate.has_errors() {
        return Ok(Judged::new(Outcome::Rejected, hash, candidate.findings));
    }
    if let Some(lost) = lost_pack(engine, site, &candidate) {
        let found = candidate.findings.into_iter().chain([lost]).collect();
        return Ok(Judged::new(Outcome::Rejected, hash, found));
    }
    try_to_publish(engine, site, proven, candidate, by, guard).await
}

/// The finding on the pack of rules that the running release has of its own and
/// the folder has lost: the built-in one, which would take its place, is looser.
fn lost_pack(engine: &Engine, site: &Site, candidate: &Candidate) -> Option<Finding> {
    let pack = format!("policies/{}.toml", site.config.policy);
    let running = engine.runtime()?;
    let own = running.folder.files.get(&pack)?;
    let built_in = BUILT_IN.iter().find(|(file, _)| *file == pack);
    if built_in.is_some_and(|(_, text)| text == own)
        || candidate.folder.files.contains_key(&pack)
    {
        return None;
    }
    Some(Finding::error(
        POLICY,
        &pack,
        "合规规则文件不见了,运行中的版本用的是本社收紧的规则:请把它放回原处;\
         确实要换成程序自带的规则,请把自带的文件放在这里"
            .to_owned(),
        "the pack of rules is gone, and the running release has a tightened one: put it \
         back; to go over to the built-in rules, put the built-in file in its place"
            .to_owned(),
    ))
}

/// Runs the tests of a candidate without a fault, and looks at how far it
/// reaches and at the cases in its stages; makes it the live release then.
async fn try_to_publish(
    engine: &Engine,
    site: &Site,
    proven: &Proven,
    candidate: Candidate,
    by: &str,
    guard: Guard,
) -> Result<Judged> {
    let hash = candidate.hash.clone();
    let mut found = candidate.findings.clone();
    let files = candidate.folder.files.clone();
    let Some(runtime) = candidate.runtime(
        (ReleaseId(0), 0),
        &engine.plugins,
        &site.config,
        engine.store.id(),
    ) else {
        return Ok(Judged::new(Outcome::Rejected, hash, found));
    };
    let runtime = Arc::new(runtime);
    let failed = failed_tests(site, &runtime, proven).await?;
    if !failed.is_empty() {
        found.extend(failed);
        return Ok(Judged::new(Outcome::Rejected, hash, found));
    }
    if guard != Guard::Confirmed
        && let Some(old) = engine.runtime()
        && let Some(finding) =
            blast::check(engine, site.config.release_bounds(), &old, &runtime).await?
    {
        found.push(finding);
        return Ok(Judged::new(Outcome::AwaitingConfirmation, hash, found));
    }
    let gone = publish(engine, &runtime, &files, by).await?;
    let outcome = if gone.is_empty() { Outcome::Live } else { Outcome::Rejected };
    found.extend(gone);
    Ok(Judged::new(outcome, hash, found))
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
    site: &Site,
    runtime: &Arc<Runtime>,
    proven: &Proven,
) -> Result<Vec<Finding>> {
    let built_in = world::runs_on_built_in_rules(&site.config);
    if built_in && shipped::tests_are_as_shipped(&runtime.folder.files) {
        return Ok(Vec::new());
    }
    let results = run_tests(site, runtime, proven.clone()).await?;
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
    site: &Site,
    runtime: &Arc<Runtime>,
    proven: Proven,
) -> Result<Vec<TestResult>> {
    let (runtime, config) = (Arc::clone(runtime), site.config.clone());
    let plugins = workshop::plugins_for_checks(&site.workflows())?;
    let run = move || world::run_all(&runtime, &plugins, &config, &proven);
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
    let results = run_tests(site, &runtime, proven.clone()).await?;
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
    let running = engine.runtime();
    let running = running.as_ref().map(|it| &it.program);
    let gone = live_check::check(&populated, running, &runtime.program);
    if !gone.is_empty() {
        tx.rollback().await?;
        return Ok(gone);
    }
    let has = |workflow: &str, stage: &str| {
        live_check::has_place(&runtime.program, workflow, stage)
    };
    let release = releases::store(tx.conn(), &now, files, by, "").await?;
    releases::activate(tx.conn(), &now, &release, (by, "publish"), has).await?;
    // What a rollback took away and this release brings back is lost no more.
    let mut lost = lost_places::noted(tx.conn()).await?;
    lost.places.retain(|(workflow, stage)| !has(workflow, stage));
    lost_places::note(tx.conn(), &lost).await?;
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

/// What a rollback came to.
#[derive(Clone, Debug)]
pub struct RolledBack {
    /// The release that runs now.
    pub release: Release,
    /// What it lacks of the one that ran.
    pub lost: SettledLoss,
    /// The stop that holds what the release that ran has still on its way, with
    /// that release's number.
    pub stop: Option<(i64, i64)>,
}

/// Makes an earlier release the live one. It always can: cases that stand where
/// it has no stage are parked, what was given there is cancelled, and what the
/// release that ran has still on its way waits for a person.
///
/// # Errors
///
/// There is no such release or it cannot be loaded; nothing is changed then.
pub async fn rollback(
    engine: &Engine,
    site: &Site,
    number: i64,
    by: &str,
    why: &str,
) -> Result<RolledBack> {
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
    let has = |workflow: &str, stage: &str| {
        live_check::has_place(&ready.program, workflow, stage)
    };
    let mut places = lost_places::in_use(tx.conn()).await?;
    places.extend(lost_places::noted(tx.conn()).await?.places);
    places.retain(|(workflow, stage)| !has(workflow, stage));
    let unsettled = !places.is_empty();
    let lost = Lost { places, release: number, by: by.to_owned(), unsettled };
    lost_places::note(tx.conn(), &lost).await?;
    releases::activate(tx.conn(), &now, &release, (by, why), has).await?;
    let mut stop = None;
    if let Some(left) = left.filter(|it| it.id != release.id) {
        take_out(tx.conn(), &left.hash, &release.hash).await?;
        stop = hold_what_it_gave(tx.conn(), &now, &left, &lost, (by, why)).await?;
    }
    tx.commit().await?;
    go_live(engine, ready).await?;
    let lost = engine.settle_lost_places().await?;
    while 0 < engine.tend_stops().await? {}
    Ok(RolledBack { release, lost, stop })
}

/// Whoever goes back behind a release doubts what it gave: what of it has not
/// left waits until a person has said what becomes of it. What it gives when it
/// runs again is not meant.
async fn hold_what_it_gave(
    conn: &mut Conn,
    now: &Now,
    left: &Release,
    lost: &Lost,
    (by, why): (&str, &str),
) -> Result<Option<(i64, i64)>> {
    let Some(up_to) = lost_places::newest_on_its_way(conn, left.id, lost).await? else {
        return Ok(None);
    };
    let new = NewStop {
        scope: Scope::Release,
        target: left.number.to_string(),
        release: Some(left.id),
        plugin: None,
        up_to: Some(up_to),
        cause: Cause::Person,
        reason: format!("回退到第 {} 版(rollback):{why}", lost.release),
        by: by.to_owned(),
    };
    Ok(Some((sending::place(conn, now, &new).await?, left.number)))
}

/// Says of the folder, after a rollback, that a person has gone back behind it;
/// of one that holds something else, what was said of it stands.
///
/// # Errors
///
/// The store cannot be read or written.
pub async fn note_rollback(engine: &Engine, site: &Site) -> Result<()> {
    let Ok(snapshot) = steady::look(&site.workflows()).await else { return Ok(()) };
    let (folder, unread) = snapshot.texts();
    let hash = mark(&folder, &unread);
    let active = {
        let mut conn = engine.store.read().await?;
        releases::active(conn.conn()).await?
    };
    let outcome = if active.is_some_and(|it| it.hash == hash) {
        Outcome::Unchanged
    } else if is_rolled_back(engine, &hash).await? {
        Outcome::RolledBack
    } else {
        return Ok(());
    };
    conclude(engine, site, Judged::new(outcome, hash, Vec::new())).await?;
    Ok(())
}

/// Writes what became of a folder where people look for it.
///
/// # Errors
///
/// The store cannot be written.
pub async fn conclude(engine: &Engine, site: &Site, judged: Judged) -> Result<Verdict> {
    // Warnings alone reject nothing, so they get no note beside the file.
    let refused = judged.is_refused();
    let Judged { outcome, hash, found } = judged;
    if outcome == Outcome::Rejected {
        for finding in crate::release::candidate::errors(&found) {
            warn!(code = finding.code, "rejected: {}", finding.render(Lang::En));
        }
    }
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
    verdict.remember(tx.conn()).await?;
    tx.commit().await?;
    let noted = if refused { found.as_slice() } else { &[] };
    rejected::write(&site.workflows(), noted, running);
    Ok(verdict)
}
