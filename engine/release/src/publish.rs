//! The release desk (发布台): takes a folder, and lets it run or says why not.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::components::PaymentOrder;
use domain::ids::ReleaseId;
use domain::say::Lang;
use domain::tongues::both;
use runtime::lost_places::SettledLoss;
use runtime::work::Silence;
use runtime::{Engine, Plugins, Runtime, scan};
use script::finding::Finding;
use script::folder::Snapshot;
use script::program::Folder;
use site::Site;
use site::config::Config;
use store::lost_places::{self, Lost};
use store::releases::{self, Release};
use store::sending::{self, Cause, NewStop, Scope};
use store::{Conn, Now, components};
use tracing::{info, warn};

use crate::candidate::{Candidate, mark};
use crate::causes::{self, Kind};
use crate::judge::{Judged, judge};
use crate::lost::Running;
use crate::scenario::PassCache;
use crate::verdict::{Outcome, ToldCause, Verdict};
use crate::{intake, live_check, rejected, rolled_back, rules, steady};

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
    let loaded = loaded(engine, site, &engine.plugins()).await?;
    let Some((release, runtime)) = loaded else { return Ok(None) };
    note_rules(engine, site, &runtime).await?;
    engine.switch(runtime);
    follow_up(engine).await?;
    Ok(Some(release))
}

/// The release that the store says is live, made ready for the settings of a site and
/// not in force yet.
///
/// # Errors
///
/// As for [`load_active`].
pub async fn loaded(
    engine: &Engine,
    site: &Site,
    plugins: &Plugins,
) -> Result<Option<(Release, Arc<Runtime>)>> {
    let found = {
        let mut conn = engine.store.read().await?;
        match releases::active(conn.conn()).await? {
            None => None,
            Some(it) => Some((releases::files(conn.conn(), it.id).await?, it)),
        }
    };
    let Some((files, release)) = found else { return Ok(None) };
    let files = Folder { files };
    let runtime = stored_runtime(engine, site, plugins, files, &release).await?;
    Ok(Some((release, Arc::new(runtime))))
}

/// Does in the store what a switch leaves to be done: waits are counted by the calendar
/// of the release in force, and a rollback that was broken off is brought to its end.
///
/// # Errors
///
/// The store cannot be read or written; called again, it does what is left.
pub async fn follow_up(engine: &Engine) -> Result<()> {
    let Some(runtime) = engine.runtime() else { return Ok(()) };
    Box::pin(engine.note_clocks(&runtime)).await?;
    engine.rewait_for(&runtime).await?;
    engine.settle_lost_places().await?;
    Ok(())
}

/// Notes what a release runs by that went live before such a note was kept, or
/// since when the site names other rules that it has.
///
/// # Errors
///
/// The store cannot be written.
pub async fn note_rules(engine: &Engine, site: &Site, runtime: &Runtime) -> Result<()> {
    let release = runtime.release_id;
    let (folder, config) = (&runtime.folder, &site.config);
    let mut conn = engine.store.read().await?;
    let in_force = rules::in_force(conn.conn(), release, folder, config).await?;
    let order = PaymentOrder::of_rules(&runtime.policy);
    let is_kept = rules::is_pack_kept(conn.conn(), folder, &in_force).await?
        && components::order(conn.conn()).await? == order;
    if is_kept && rules::is_noted(conn.conn(), release, &in_force).await? {
        return Ok(());
    }
    drop(conn);
    let mut tx = engine.begin_silent(Silence::Notes).await?;
    rules::note(tx.conn(), release, &in_force).await?;
    rules::keep_pack(tx.conn(), folder, &in_force).await?;
    components::set_order(tx.conn(), order).await?;
    tx.commit().await?;
    Ok(())
}

async fn stored_runtime(
    engine: &Engine,
    site: &Site,
    plugins: &Plugins,
    folder: Folder,
    release: &Release,
) -> Result<Runtime> {
    let catalog = Arc::new(plugins.catalog());
    let config = {
        let mut conn = engine.store.read().await?;
        rules::in_force(conn.conn(), release.id, &folder, &site.config).await?
    };
    let candidate = tokio::task::spawn_blocking(move || {
        Candidate::check(Arc::new(folder), Vec::new(), &catalog, &config)
    })
    .await?;
    let told = |lang| -> Vec<String> {
        let errors = crate::candidate::errors(&candidate.findings);
        errors.map(|error| error.render(lang)).collect()
    };
    let (faults, faults_en) = (told(Lang::Zh).join("\n"), told(Lang::En).join("\n"));
    let id = (release.id, release.number);
    candidate.runtime(id, plugins, &site.config, engine.store.id()).with_context(|| {
        let number = release.number;
        both(
            &format!(
                "第 {number} 版无法由本程序装载:\n{faults}\n  提示:换回原来的程序,或修改流程后重新发布"
            ),
            &format!(
                "this program cannot load release {number}:\n{faults_en}\n  hint: go back \
                 to the program of before, or change the workflows and publish again"
            ),
        )
    })
}

/// Reads the folder on the disk and lets it run if nothing speaks against it.
///
/// # Errors
///
/// The store cannot be read or written. Faults of the folder are no errors:
/// they are in the verdict, and the old release goes on.
pub async fn evaluate(
    engine: &Engine,
    site: &Site,
    passes: &PassCache,
    by: &str,
    guard: Guard,
) -> Result<Verdict> {
    let running = engine.runtime().map(|runtime| Snapshot::from(&*runtime.folder));
    let sight = steady::read(&site.workflows(), &Ok(running.unwrap_or_default())).await;
    // On the heap: it holds the state of every look at a folder.
    let judged = judge(engine, site, passes, (sight, None), by, guard);
    let judged = Box::pin(judged).await?;
    conclude(engine, site, judged).await
}

/// What became of a release that was to go live.
pub(super) enum Published {
    /// It runs.
    Live,
    /// Cases stand where it has no stage; nothing was changed.
    Populated(Vec<Finding>),
    /// Another release was active than the one beside which it was judged: a person went
    /// back while its tests ran. Nothing was changed.
    Overtaken,
}

/// Stores and activates a release in the place of the one it was judged beside.
pub(super) async fn publish(
    engine: &Engine,
    config: &Config,
    (runtime, beside): (&Arc<Runtime>, Option<ReleaseId>),
    by: &str,
) -> Result<Published> {
    let now = engine.clock.now();
    let mut tx = engine.begin_silent(Silence::Releases).await?;
    if releases::active(tx.conn()).await?.map(|it| it.id) != beside {
        tx.rollback().await?;
        return Ok(Published::Overtaken);
    }
    // In the transaction that activates: no case can move in between.
    let populated = releases::populated(tx.conn()).await?;
    let old = engine.runtime();
    let running = old.as_deref().map(Running::of);
    let folder = &runtime.folder;
    let gone = live_check::check(&populated, running, &runtime.program, folder);
    if !gone.is_empty() {
        tx.rollback().await?;
        return Ok(Published::Populated(gone));
    }
    let has = |workflow: &str, stage: &str| runtime.program.has_place(workflow, stage);
    let release = releases::store(tx.conn(), &now, &folder.files, by, "").await?;
    rules::note(tx.conn(), release.id, config).await?;
    rules::keep_pack(tx.conn(), folder, config).await?;
    let order = PaymentOrder::of_rules(&runtime.policy);
    components::set_order(tx.conn(), order).await?;
    releases::activate(tx.conn(), &now, &release, (by, "publish"), has).await?;
    // Whom it takes in comes in now, not tomorrow morning.
    let changed = intake::changed(old.as_deref(), runtime);
    scan::ask_for_some(tx.conn(), &changed).await?;
    // What a rollback took away and this release brings back is lost no more.
    let mut lost = lost_places::noted(tx.conn()).await?;
    lost.places.retain(|(workflow, stage)| !has(workflow, stage));
    lost_places::note(tx.conn(), &lost).await?;
    rolled_back::put_back(tx.conn(), folder, &release.hash).await?;
    tx.commit().await?;
    let ready = Runtime {
        release_id: release.id,
        number: release.number,
        ..Runtime::clone(runtime)
    };
    go_live(engine, ready).await?;
    Ok(Published::Live)
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
            bail!(both(
                &format!("没有第 {number} 版\n  提示:现有 {}", numbers.join("、")),
                &format!(
                    "there is no release {number}\n  hint: there are {}",
                    numbers.join(", ")
                ),
            ));
        };
        let files = releases::files(conn.conn(), release.id).await?;
        (release, files)
    };
    let (plugins, files) = (engine.plugins(), Folder { files });
    let ready = stored_runtime(engine, site, &plugins, files, &release).await?;
    let now = engine.clock.now();
    let mut tx = engine.begin_silent(Silence::Releases).await?;
    let left = releases::active(tx.conn()).await?;
    let has = |workflow: &str, stage: &str| ready.program.has_place(workflow, stage);
    let mut places = lost_places::in_use(tx.conn()).await?;
    places.extend(lost_places::noted(tx.conn()).await?.places);
    places.retain(|(workflow, stage)| !has(workflow, stage));
    let unsettled = !places.is_empty();
    let lost = Lost { places, release: number, by: by.to_owned(), unsettled };
    lost_places::note(tx.conn(), &lost).await?;
    components::set_order(tx.conn(), PaymentOrder::of_rules(&ready.policy)).await?;
    releases::activate(tx.conn(), &now, &release, (by, why), has).await?;
    let changed = intake::changed(engine.runtime().as_deref(), &ready);
    scan::ask_for_some(tx.conn(), &changed).await?;
    let mut stop = None;
    if let Some(left) = left.filter(|it| it.id != release.id) {
        let back = (&release, &*ready.folder);
        rolled_back::take_out(tx.conn(), &now, &left, back, by).await?;
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
        reason: both(
            &format!("回退到第 {} 版:{why}", lost.release),
            &format!("rollback to release {}: {why}", lost.release),
        ),
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
    let (active, is_rolled_back) = {
        let mut conn = engine.store.read().await?;
        let is_rolled_back = rolled_back::is_folder(conn.conn(), &hash).await?;
        (releases::active(conn.conn()).await?, is_rolled_back)
    };
    let outcome = if active.is_some_and(|it| it.hash == hash) {
        Outcome::Unchanged
    } else if is_rolled_back {
        Outcome::RolledBack
    } else {
        return Ok(());
    };
    conclude(engine, site, Judged { outcome, hash, causes: Vec::new() }).await?;
    Ok(())
}

/// Whether a person has confirmed, while it was judged, what should have waited for them:
/// it runs already, and nothing waits.
async fn was_confirmed(engine: &Engine, judged: &Judged) -> Result<bool> {
    if judged.outcome != Outcome::AwaitingConfirmation {
        return Ok(false);
    }
    let mut conn = engine.store.read().await?;
    let active = releases::active(conn.conn()).await?;
    Ok(active.is_some_and(|release| release.hash == judged.hash))
}

/// Writes what became of a folder where people look for it.
///
/// # Errors
///
/// The store cannot be written.
pub async fn conclude(engine: &Engine, site: &Site, judged: Judged) -> Result<Verdict> {
    let judged = if was_confirmed(engine, &judged).await? {
        Judged { outcome: Outcome::Live, causes: Vec::new(), ..judged }
    } else {
        judged
    };
    // Warnings alone reject nothing, so they get no note beside the file.
    let refused = judged.is_refused();
    let Judged { outcome, hash, causes } = judged;
    if refused {
        for cause in causes.iter().filter(|cause| cause.kind != Kind::Warning) {
            let (code, effects) = (cause.lead.code, cause.effects.len());
            warn!(code, effects, "not taken up: {}", cause.lead.render(Lang::En));
        }
    }
    let running = engine.runtime().map(|runtime| runtime.number);
    let now = engine.clock.now();
    let told = |lang| causes::flat(&causes).map(|flat| flat.render(lang)).collect();
    let verdict = Verdict {
        outcome,
        hash,
        running,
        rules: rules::names(&site.config),
        at: now.civil.to_string(),
        findings: told(Lang::Zh),
        findings_en: told(Lang::En),
        causes: causes.iter().map(ToldCause::from).collect(),
    };
    let mut tx = engine.begin_silent(Silence::Notes).await?;
    verdict.remember(tx.conn()).await?;
    tx.commit().await?;
    let noted = if refused { causes.as_slice() } else { &[] };
    rejected::write(&site.workflows(), noted, running);
    Ok(verdict)
}
