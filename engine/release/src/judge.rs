//! Judges a folder (审查流程目录): may it run, and if not, what of it speaks against
//! it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::ids::ReleaseId;
use domain::say::Lang;
use runtime::interrupt::ToldToStop;
use runtime::{Engine, Runtime};
use script::finding::Finding;
use script::loading;
use script::program::{Catalog, Folder};
use script::sandbox::Limits;
use site::Site;
use site::config::Config;
use store::releases;
use tracing::warn;

use crate::ahead::Ahead;
use crate::apart::{self, Means, Tested, Tester, Unread};
use crate::candidate::{Candidate, errors};
use crate::causes::{self, Against, Cause, FailedTest};
use crate::changes::Changes;
use crate::lost::{self, Lost, Place, Running};
use crate::publish::{self, Guard, Published};
use crate::scenario::{self, PassCache};
use crate::shipped;
use crate::steady::Sight;
use crate::verdict::Outcome;
use crate::{blast, failing, laxer, live_check, nobody, rolled_back};

/// A folder that was looked at, and what became of it; nothing is written yet
/// about one that was refused.
pub struct Judged {
    /// What was decided.
    pub outcome: Outcome,
    /// Hash of the folder looked at; empty when there was none.
    pub hash: String,
    /// What was found, the first cause first.
    pub causes: Vec<Cause>,
}

impl Judged {
    /// Whether the old release goes on because of something in the folder.
    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Rejected | Outcome::AwaitingConfirmation)
    }
}

/// What speaks against a candidate beside the running release.
#[derive(Debug, Default)]
pub struct Losses {
    /// What has to be put right.
    pub found: Vec<Finding>,
    /// What a person may say was meant.
    pub to_confirm: Vec<Finding>,
}

/// Looks for files that have gone and for stages that hold cases.
pub fn losses(
    candidate: &Candidate,
    running: Running<'_>,
    populated: &[(String, String, i64)],
    place: Place<'_>,
) -> Losses {
    let unread = unread(candidate);
    let lost = lost::find(running, &candidate.folder, &unread, place);
    let (meant, hard): (Vec<Lost>, Vec<Lost>) =
        lost.into_iter().partition(|it| it.may_be_meant);
    let (program, folder) = (&candidate.program, &candidate.folder);
    let mut held = live_check::check(populated, Some(running), program, folder);
    // A file that cannot be read or loaded still has its workflow.
    held.retain(|it| {
        !unread.contains(it.file.as_str())
            && (program.workflows.values().any(|of| of.file == it.file)
                || !candidate.has_errors_in(&it.file))
    });
    let finding = |it: Lost| it.finding;
    let found = hard.into_iter().map(finding).chain(held).collect();
    Losses { found, to_confirm: meant.into_iter().map(finding).collect() }
}

/// What a folder is checked with.
#[derive(Clone, Copy)]
pub struct Yardstick<'a> {
    /// What scripts may call.
    pub catalog: &'a Arc<Catalog>,
    /// The site's settings.
    pub config: &'a Config,
}

/// Everything found, sorted by what caused it. Where nothing runs yet, the
/// folder is held against what the program brings along.
pub fn causes_of(
    candidate: &Candidate,
    running: Option<Running<'_>>,
    (found, failed): (Vec<Finding>, Vec<FailedTest>),
    yardstick: Yardstick<'_>,
) -> Vec<Cause> {
    if failed.is_empty() && errors(&found).next().is_none() {
        return causes::of(found, failed, Against::nothing(&candidate.folder));
    }
    match running {
        Some(running) => held_against(candidate, running, (found, failed), yardstick),
        None if shipped::is_an_edit(&candidate.folder) => {
            let folder = shipped::folder();
            let program =
                loading::load(&folder, yardstick.catalog, &Limits::default()).program;
            let running = Running { number: 0, folder: &folder, program: &program };
            held_against(candidate, running, (found, failed), yardstick)
        }
        None => causes::of(found, failed, Against::nothing(&candidate.folder)),
    }
}

fn held_against(
    candidate: &Candidate,
    running: Running<'_>,
    (found, failed): (Vec<Finding>, Vec<FailedTest>),
    Yardstick { catalog, config }: Yardstick<'_>,
) -> Vec<Cause> {
    let folder = &candidate.folder;
    let changes = &Changes::between(running.folder, folder, &unread(candidate));
    // A program that has become stricter finds faults that no edit made.
    let elsewhere = errors(&found).any(|error| !changes.touch(&error.file));
    let before = if elsewhere && !changes.files.is_empty() {
        let before = Arc::new(running.folder.clone());
        Candidate::check(before, Vec::new(), catalog, config).findings
    } else {
        Vec::new()
    };
    let against = Against { running: Some(running), changes, folder, before: &before };
    causes::of(found, failed, against)
}

fn unread(candidate: &Candidate) -> BTreeSet<&str> {
    candidate.unread.iter().map(String::as_str).collect()
}

/// Lets what lay in the folder run if nothing speaks against it; `ahead` has judged it
/// in part already.
///
/// # Errors
///
/// The store cannot be read or written. Faults of the folder are no errors:
/// they are what is judged, and the old release goes on.
pub async fn judge(
    engine: &Engine,
    site: &Site,
    passes: &PassCache,
    (sight, ahead): (Sight, Option<Ahead>),
    by: &str,
    guard: Guard,
) -> Result<Judged> {
    let known = match ahead {
        Some(ahead) => ahead.ended().await,
        None => None,
    };
    let read = if let Some(checked) = known {
        checked
    } else {
        let means = means(engine, site);
        tokio::task::spawn_blocking(move || apart::check(sight, &means)).await?
    };
    let (candidate, tester) = match read {
        Ok(read) => read,
        Err(unread) => return unjudged(engine, unread),
    };
    let active = {
        let mut conn = engine.store.read().await?;
        releases::active(conn.conn()).await?
    };
    let same = active.as_ref().is_some_and(|it| it.hash == candidate.hash);
    let old = engine.runtime();
    let found = candidate.findings.clone();
    // A file that cannot be read is in no hash, and no release.
    if same && old.is_some() && !candidate.has_errors() {
        let causes = causes::of(found, Vec::new(), Against::nothing(&candidate.folder));
        return Ok(Judged { outcome: Outcome::Unchanged, hash: candidate.hash, causes });
    }
    if guard == Guard::Watching {
        let mut conn = engine.store.read().await?;
        if rolled_back::is_folder(conn.conn(), &candidate.hash).await? {
            let (outcome, hash) = (Outcome::RolledBack, candidate.hash);
            return Ok(Judged { outcome, hash, causes: Vec::new() });
        }
    }
    let case = Case {
        engine,
        site,
        passes,
        by,
        guard,
        old,
        active: active.map(|it| it.id),
        candidate,
        tester: Mutex::new(Some(tester)),
    };
    case.decide(found).await
}

/// How long a release that the store calls active is waited for.
const MOST_LOOKS: usize = 50;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// A candidate that is not what runs, before its judge.
struct Case<'a> {
    engine: &'a Engine,
    site: &'a Site,
    passes: &'a PassCache,
    by: &'a str,
    guard: Guard,
    old: Option<Arc<Runtime>>,
    /// The release that is active by the store.
    active: Option<ReleaseId>,
    candidate: Candidate,
    /// Gone once the tests have run.
    tester: Mutex<Option<Tester>>,
}

impl Case<'_> {
    async fn decide(mut self, checked: Vec<Finding>) -> Result<Judged> {
        let mut tested = None;
        loop {
            let mut found = checked.clone();
            let (outcome, failed) = match self.verdict(&mut found, &mut tested).await? {
                Ok(runtime) => {
                    let beside = (&runtime, self.active);
                    let config = &self.site.config;
                    match publish::publish(self.engine, config, beside, self.by).await? {
                        Published::Live => (Outcome::Live, Vec::new()),
                        Published::Populated(gone) => {
                            found.extend(gone);
                            (Outcome::Rejected, Vec::new())
                        }
                        Published::Overtaken => {
                            self.look_again().await?;
                            continue;
                        }
                    }
                }
                Err(refused) => refused,
            };
            return Ok(self.closed(outcome, found, failed));
        }
    }

    /// What may go live beside the release that runs, or why not; what speaks against it
    /// is added to `found`. Tests run once, whatever is active meanwhile.
    async fn verdict(
        &self,
        found: &mut Vec<Finding>,
        tested: &mut Option<Vec<FailedTest>>,
    ) -> Result<Result<Arc<Runtime>, (Outcome, Vec<FailedTest>)>> {
        let losses = self.losses().await?;
        let lost = !losses.found.is_empty();
        let to_confirm =
            if self.guard == Guard::Confirmed { Vec::new() } else { losses.to_confirm };
        found.extend(losses.found);
        let rejected = |failed| Ok(Err((Outcome::Rejected, failed)));
        if self.candidate.has_errors() {
            found.extend(to_confirm);
            return rejected(Vec::new());
        }
        let Some(runtime) = self.runtime() else { return rejected(Vec::new()) };
        if tested.is_none() {
            match self.failed_tests(&runtime).await? {
                Ok(failed) => *tested = Some(failed),
                Err(finding) => {
                    found.push(*finding);
                    return rejected(Vec::new());
                }
            }
        }
        let failed = tested.clone().unwrap_or_default();
        if lost || !failed.is_empty() {
            found.extend(to_confirm);
            return rejected(failed);
        }
        let reach = self.reach(&runtime).await?;
        if !to_confirm.is_empty() || !reach.is_empty() {
            found.extend(to_confirm.into_iter().chain(reach));
            return Ok(Err((Outcome::AwaitingConfirmation, Vec::new())));
        }
        Ok(Ok(runtime))
    }

    /// Another release is active than when this was read: whoever made it so has the
    /// engine run it in a moment.
    async fn look_again(&mut self) -> Result<()> {
        for _ in 0..MOST_LOOKS {
            let active = {
                let mut conn = self.engine.store.read().await?;
                releases::active(conn.conn()).await?.map(|it| it.id)
            };
            self.old = self.engine.runtime();
            self.active = active;
            if self.old.as_ref().map(|it| it.release_id) == active {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }

    /// The tests that fail, or the finding that they cannot be run to their end.
    async fn failed_tests(
        &self,
        runtime: &Runtime,
    ) -> Result<Result<Vec<FailedTest>, Box<Finding>>> {
        if needs_no_tests(&self.site.config, &runtime.folder) {
            return Ok(Ok(Vec::new()));
        }
        let tester = self.tester.lock().unwrap_or_else(PoisonError::into_inner).take();
        let tester = tester.context("测试只运行一次")?;
        let tested = run_tests(tester, &self.candidate, self.passes.clone()).await?;
        Ok(match tested {
            Tested::Run(results) => Ok(failing::failed(&results)),
            Tested::Broke(finding) => Err(finding),
        })
    }

    /// What is missed of the running release. Cases are counted only when a
    /// place of theirs may have gone: counting takes a while on a large book.
    async fn losses(&self) -> Result<Losses> {
        let Some(old) = &self.old else { return Ok(Losses::default()) };
        let running = Running::of(old);
        let mut conn = self.engine.store.read().await?;
        let populated =
            if live_check::takes_places_away(running.program, &self.candidate.program) {
                releases::populated(conn.conn()).await?
            } else {
                Vec::new()
            };
        let out = rolled_back::texts(conn.conn()).await?;
        drop(conn);
        let (dir, policy) = (&self.site.workflows(), self.site.config.policy.as_str());
        let place = Place { dir, policy };
        let mut losses = losses(&self.candidate, running, &populated, place);
        let still_there = rolled_back::find(&out, &self.candidate.folder, running);
        losses.to_confirm.extend(still_there);
        Ok(losses)
    }

    fn runtime(&self) -> Option<Arc<Runtime>> {
        let (plugins, config) = (&self.engine.plugins(), &self.site.config);
        let store = self.engine.store.id();
        let nothing = (ReleaseId(0), 0);
        self.candidate.clone().runtime(nothing, plugins, config, store).map(Arc::new)
    }

    /// What a person has to confirm of its rules, of whom it reaches and whom it does not.
    async fn reach(&self, runtime: &Arc<Runtime>) -> Result<Vec<Finding>> {
        let Some(old) = self.old.as_ref().filter(|_| self.guard != Guard::Confirmed)
        else {
            return Ok(Vec::new());
        };
        let policy = &self.site.config.policy;
        let laxer = laxer::find(old.number, &old.policy, &runtime.policy, policy);
        let mut found: Vec<Finding> = laxer.into_iter().collect();
        found.extend(nobody::check(self.engine, old, runtime).await?);
        let bounds = self.site.config.release_bounds();
        found.extend(blast::check(self.engine, bounds, old, runtime).await?);
        Ok(found)
    }

    fn closed(
        self,
        outcome: Outcome,
        found: Vec<Finding>,
        failed: Vec<FailedTest>,
    ) -> Judged {
        let running = self.old.as_deref().map(Running::of);
        let (catalog, config) =
            (&Arc::new(self.engine.plugins().catalog()), &self.site.config);
        let yardstick = Yardstick { catalog, config };
        let causes = causes_of(&self.candidate, running, (found, failed), yardstick);
        Judged { outcome, hash: self.candidate.hash, causes }
    }
}

/// Whether a folder's tests are those that the program's own tests have run.
pub(crate) fn needs_no_tests(config: &Config, folder: &Folder) -> bool {
    scenario::runs_on_built_in_rules(config)
        && shipped::tests_are_as_shipped(&folder.files)
}

pub(crate) fn means(engine: &Engine, site: &Site) -> Means {
    Means {
        dir: site.workflows(),
        catalog: Arc::new(engine.plugins().catalog()),
        config: site.config.clone(),
        interrupt: engine.interrupt.clone(),
    }
}

/// What is told of a folder that could not be judged.
fn unjudged(engine: &Engine, unread: Unread) -> Result<Judged> {
    let outcome = Outcome::Rejected;
    match unread {
        Unread::NoFolder(finding) => {
            let hash = String::new();
            Ok(Judged { outcome, hash, causes: causes::alone(*finding) })
        }
        Unread::Broke { mut finding, folder, hash } => {
            let running = engine.runtime();
            if finding.file.is_empty()
                && let Some(running) = running
            {
                // What was edited is nearest to the fault.
                let nothing = BTreeSet::new();
                let changes = Changes::between(&running.folder, &folder, &nothing);
                let edited = changes.files.into_keys().next();
                finding.file = edited.unwrap_or_default();
            }
            let against = Against::nothing(&folder);
            let causes = causes::of(vec![*finding], Vec::new(), against);
            Ok(Judged { outcome, hash, causes })
        }
        Unread::Stopped => Err(ToldToStop.into()),
    }
}

async fn run_tests(
    tester: Tester,
    candidate: &Candidate,
    passes: PassCache,
) -> Result<Tested> {
    let candidate = candidate.clone();
    let run = move || tester.test(&candidate, &passes);
    Ok(tokio::task::spawn_blocking(run).await??.ok_or(ToldToStop)?)
}

/// Runs the tests of the release in force and remembers which have passed.
///
/// # Errors
///
/// The thread that runs them has died. Tests that fail are no error: the
/// release runs already, and a change of the program is to be looked at.
pub async fn prove_active(engine: &Engine, site: &Site, passes: PassCache) -> Result<()> {
    let Some(runtime) = engine.runtime() else { return Ok(()) };
    let (means, folder) = (means(engine, site), Arc::clone(&runtime.folder));
    let read = move || apart::check_texts(folder, Vec::new(), &means);
    let read = tokio::task::spawn_blocking(read).await?;
    let (candidate, tester) = match read {
        Ok(read) if !read.0.has_errors() => read,
        Err(Unread::Stopped) => return Ok(()),
        Ok(_) | Err(_) => {
            warn!("the release in force is not sound for this program");
            return Ok(());
        }
    };
    let run = move || tester.test(&candidate, &passes);
    match tokio::task::spawn_blocking(run).await?? {
        None => {}
        Some(Tested::Broke(finding)) => {
            warn!("tests of the release in force: {}", finding.render(Lang::En));
        }
        Some(Tested::Run(results)) => {
            let failed = results.iter().filter(|it| !it.passed()).count();
            if failed != 0 {
                warn!(failed, "tests of the release in force fail with this program");
            }
        }
    }
    Ok(())
}
