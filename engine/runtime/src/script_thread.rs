//! The script thread (脚本线程): Lua states live on one thread and never leave it.
//!
//! A batch is sent over with everything it needs and comes back as outcomes.
//! A watchdog says so when a batch takes too long for its limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use domain::event::Event;
use domain::facts::CaseFacts;
use domain::ids::ReleaseId;
use script::program::{Answer, Ask, Folder};
use script::sandbox::Limits;
use script::{StepError, Worker};
use store::Now;
use store::due::Claimed;
use tokio::sync::oneshot;
use tracing::{error, warn};

use crate::clock::Clock;
use crate::runtime::Runtime;
use crate::shares::{Lap, Laps, Spent};
use crate::step::{self, Outcome, Scripts};

/// A call stuck for longer than this is reported; its own limits stop it.
const STUCK: Duration = Duration::from_secs(2);

/// A handle on the script thread.
#[derive(Clone)]
pub struct ScriptThread {
    jobs: mpsc::Sender<Job>,
}

enum Job {
    Steps {
        runtime: Arc<Runtime>,
        clock: Clock,
        now: Now,
        batch: Vec<(Claimed, CaseFacts)>,
        slice: Option<Duration>,
        reply: oneshot::Sender<Worked>,
    },
    Wants {
        runtime: Arc<Runtime>,
        workflow: String,
        asked: Vec<Asked>,
        slice: Option<Duration>,
        reply: oneshot::Sender<Vec<Result<bool, StepError>>>,
    },
}

/// A case that a `where` is asked about, with the event that brings it in.
pub type Asked = (CaseFacts, Option<Event>);

/// One instance of a batch with what its step came to.
pub struct StepResult {
    /// As claimed.
    pub claimed: Claimed,
    /// As seen by the scripts.
    pub facts: CaseFacts,
    /// The outcome, or why there is none.
    pub outcome: Result<Outcome, StepError>,
}

/// What a batch came to, and what of the thread's time each workflow took.
#[derive(Default)]
pub struct Worked {
    /// The steps that were worked out, in the order of the batch.
    pub results: Vec<StepResult>,
    /// By workflow; nothing where time is not shared out.
    pub spent: BTreeMap<String, Spent>,
    /// Workflows whose share was used up before all their cases were worked.
    pub left: BTreeSet<String>,
}

impl ScriptThread {
    /// Starts the thread; it ends when the last handle is dropped.
    ///
    /// # Errors
    ///
    /// The operating system refuses another thread.
    pub fn start(limits: Limits) -> Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let busy = Arc::new(AtomicI64::new(0));
        let watched = Arc::downgrade(&busy);
        std::thread::Builder::new()
            .name("scripts".to_owned())
            .spawn(move || work(&inbox, &limits, &busy))
            .context("脚本线程无法启动")?;
        std::thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || watch(&watched))
            .context("看门狗线程无法启动")?;
        Ok(Self { jobs })
    }

    /// Works out the steps of a batch, all under one release.
    ///
    /// # Errors
    ///
    /// The script thread has died.
    pub async fn steps(
        &self,
        runtime: &Arc<Runtime>,
        clock: &Clock,
        now: &Now,
        batch: Vec<(Claimed, CaseFacts)>,
    ) -> Result<Vec<StepResult>> {
        Ok(self.steps_within(runtime, clock, now, batch, None).await?.results)
    }

    /// As [`ScriptThread::steps`], where each workflow gets a slice of the thread's time:
    /// once it is used up, the rest of its cases is left for another turn.
    ///
    /// # Errors
    ///
    /// The script thread has died.
    pub async fn steps_within(
        &self,
        runtime: &Arc<Runtime>,
        clock: &Clock,
        now: &Now,
        batch: Vec<(Claimed, CaseFacts)>,
        slice: Option<Duration>,
    ) -> Result<Worked> {
        let (reply, answer) = oneshot::channel();
        let (runtime, clock, now) = (Arc::clone(runtime), clock.clone(), *now);
        self.send(Job::Steps { runtime, clock, now, batch, slice, reply })?;
        answer.await.context("脚本线程已停止")
    }

    /// Asks a workflow's `where` function about cases, in order; about the first
    /// of them alone once a slice of time is used up.
    ///
    /// # Errors
    ///
    /// The script thread has died.
    pub async fn wants(
        &self,
        runtime: &Arc<Runtime>,
        workflow: &str,
        asked: Vec<Asked>,
        slice: Option<Duration>,
    ) -> Result<Vec<Result<bool, StepError>>> {
        let (reply, answer) = oneshot::channel();
        let (runtime, workflow) = (Arc::clone(runtime), workflow.to_owned());
        self.send(Job::Wants { runtime, workflow, asked, slice, reply })?;
        answer.await.context("脚本线程已停止")
    }

    fn send(&self, job: Job) -> Result<()> {
        self.jobs.send(job).ok().context("脚本线程已停止")
    }
}

/// A Lua state with the release it was loaded from.
struct Loaded {
    release: ReleaseId,
    /// A test has other folders under one number.
    folder: Arc<Folder>,
    worker: Worker,
}

fn work(inbox: &mpsc::Receiver<Job>, limits: &Limits, busy: &AtomicI64) {
    let started = Instant::now();
    let mut loaded: Option<Loaded> = None;
    while let Ok(job) = inbox.recv() {
        let tick = || busy.store(elapsed_ms(started), Ordering::Relaxed);
        // Nobody waits for an answer any more only when the daemon stops.
        match job {
            Job::Steps { runtime, clock, now, batch, slice, reply } => {
                let mut worked = Worked::default();
                let mut laps = slice.map(|_| Laps::begin());
                for (claimed, facts) in batch {
                    if reply.is_closed() {
                        break;
                    }
                    if is_used_up(&worked, &claimed, slice) {
                        worked.left.insert(claimed.workflow);
                        continue;
                    }
                    tick();
                    let mut scripts =
                        State { loaded: &mut loaded, runtime: &runtime, limits };
                    let outcome = step::step(
                        &runtime,
                        &clock,
                        &now,
                        &claimed,
                        &facts,
                        &mut scripts,
                    );
                    if let Some(laps) = &mut laps {
                        let error = outcome.as_ref().err();
                        let lap = (laps.lap(), limits.cpu);
                        charge(&mut worked.spent, &claimed.workflow, lap, error);
                    }
                    worked.results.push(StepResult { claimed, facts, outcome });
                }
                drop(reply.send(worked));
            }
            Job::Wants { runtime, workflow, asked, slice, reply } => {
                let began = Instant::now();
                let is_over = || slice.is_some_and(|slice| slice <= began.elapsed());
                let mut answers = Vec::with_capacity(asked.len());
                for (facts, event) in &asked {
                    if reply.is_closed() || is_over() {
                        break;
                    }
                    tick();
                    let mut state =
                        State { loaded: &mut loaded, runtime: &runtime, limits };
                    runtime.usage.workflow(&workflow);
                    let worker = state.worker();
                    answers.push(worker.and_then(|worker| {
                        worker.wants(&workflow, facts, event.as_ref())
                    }));
                }
                drop(reply.send(answers));
            }
        }
        busy.store(0, Ordering::Relaxed);
    }
}

fn is_used_up(worked: &Worked, claimed: &Claimed, slice: Option<Duration>) -> bool {
    let Some(slice) = slice else { return false };
    worked.spent.get(&claimed.workflow).is_some_and(|it| slice <= it.passed)
}

fn charge(
    spent: &mut BTreeMap<String, Spent>,
    workflow: &str,
    (lap, a_call): (Lap, Duration),
    error: Option<&StepError>,
) {
    if let Some(of_workflow) = spent.get_mut(workflow) {
        of_workflow.add(lap, error, a_call);
    } else {
        let mut first = Spent::default();
        first.add(lap, error, a_call);
        spent.insert(workflow.to_owned(), first);
    }
}

fn elapsed_ms(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX).max(1)
}

fn watch(busy: &std::sync::Weak<AtomicI64>) {
    let mut last = 0;
    loop {
        std::thread::sleep(STUCK);
        let Some(busy) = busy.upgrade() else { return };
        let now = busy.load(Ordering::Relaxed);
        if now != 0 && now == last {
            warn!("a workflow script has been running for more than two seconds");
        }
        last = now;
    }
}

struct State<'a> {
    loaded: &'a mut Option<Loaded>,
    runtime: &'a Runtime,
    limits: &'a Limits,
}

impl State<'_> {
    fn worker(&mut self) -> Result<&mut Worker, StepError> {
        let runtime = self.runtime;
        let is_it = |it: &Loaded| {
            it.release == runtime.release_id && Arc::ptr_eq(&it.folder, &runtime.folder)
        };
        if !self.loaded.as_ref().is_some_and(is_it) {
            let (folder, catalog) =
                (Arc::clone(&runtime.folder), Arc::clone(&runtime.catalog));
            let worker = match self.loaded.take() {
                Some(it) => it.worker.renewed(Arc::clone(&folder), catalog),
                None => Worker::new(Arc::clone(&folder), catalog, *self.limits),
            };
            let worker = worker.map_err(|error| not_loaded(runtime, error.len()))?;
            let release = runtime.release_id;
            *self.loaded = Some(Loaded { release, folder, worker });
        }
        match self.loaded {
            Some(loaded) => Ok(&mut loaded.worker),
            None => Err(not_loaded(self.runtime, 0)),
        }
    }
}

impl Scripts for State<'_> {
    fn ask(&mut self, ask: &Ask<'_>) -> Result<Answer, StepError> {
        self.runtime.usage.workflow(ask.workflow);
        self.worker()?.ask(ask)
    }
}

/// A release is loaded before it is activated, so this means damage.
fn not_loaded(runtime: &Runtime, findings: usize) -> StepError {
    error!(release.number = runtime.number, findings, "an active release did not load");
    let number = runtime.number;
    StepError::bad_answer(
        format!("第 {number} 版脚本无法装载"),
        format!("the scripts of release {number} cannot be loaded"),
    )
}
