//! The script thread (脚本线程): Lua states live on one thread and never leave it.
//!
//! A batch is sent over with everything it needs and comes back as outcomes.
//! A watchdog says so when a batch takes too long for its limits.

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
use crate::engine::runtime::Runtime;
use crate::engine::step::{self, Outcome, Scripts};

/// A call stuck for longer than this is reported; its own limits stop it.
const STUCK: Duration = Duration::from_secs(2);

/// A handle on the script thread.
#[derive(Clone)]
pub struct Host {
    jobs: mpsc::Sender<Job>,
}

enum Job {
    Steps {
        runtime: Arc<Runtime>,
        clock: Clock,
        now: Now,
        batch: Vec<(Claimed, CaseFacts)>,
        reply: oneshot::Sender<Vec<StepResult>>,
    },
    Wants {
        runtime: Arc<Runtime>,
        workflow: String,
        asked: Vec<Asked>,
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

impl Host {
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
        let (reply, answer) = oneshot::channel();
        let (runtime, clock, now) = (Arc::clone(runtime), clock.clone(), *now);
        self.send(Job::Steps { runtime, clock, now, batch, reply })?;
        answer.await.context("脚本线程已停止")
    }

    /// Asks a workflow's `where` function about cases, in order.
    ///
    /// # Errors
    ///
    /// The script thread has died.
    pub async fn wants(
        &self,
        runtime: &Arc<Runtime>,
        workflow: &str,
        asked: Vec<Asked>,
    ) -> Result<Vec<Result<bool, StepError>>> {
        let (reply, answer) = oneshot::channel();
        let (runtime, workflow) = (Arc::clone(runtime), workflow.to_owned());
        self.send(Job::Wants { runtime, workflow, asked, reply })?;
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
        // Nobody waits for an answer any more only when the daemon stops.
        match job {
            Job::Steps { runtime, clock, now, batch, reply } => {
                let results = batch.into_iter().map(|(claimed, facts)| {
                    busy.store(elapsed_ms(started), Ordering::Relaxed);
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
                    StepResult { claimed, facts, outcome }
                });
                drop(reply.send(results.collect()));
            }
            Job::Wants { runtime, workflow, asked, reply } => {
                let answers = asked.iter().map(|(facts, event)| {
                    busy.store(elapsed_ms(started), Ordering::Relaxed);
                    let mut state =
                        State { loaded: &mut loaded, runtime: &runtime, limits };
                    runtime.uses.workflow(&workflow);
                    state.worker()?.wants(&workflow, facts, event.as_ref())
                });
                drop(reply.send(answers.collect()));
            }
        }
        busy.store(0, Ordering::Relaxed);
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
            let worker = worker.map_err(|it| not_loaded(runtime, it.len()))?;
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
        self.runtime.uses.workflow(ask.workflow);
        self.worker()?.ask(ask)
    }
}

/// A release is loaded before it is activated, so this means damage.
fn not_loaded(runtime: &Runtime, findings: usize) -> StepError {
    error!(release.number = runtime.number, findings, "an active release did not load");
    StepError::bad_answer(format!("第 {} 版脚本无法装载", runtime.number))
}
