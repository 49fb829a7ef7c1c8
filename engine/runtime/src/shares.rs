//! Time shares (时间份额): no workflow keeps the others waiting, however long its
//! script takes.
//!
//! All scripts run on one thread. In the daemon each workflow is worked for a slice
//! of it a turn, and one that did not come to the end of its cases stands behind the
//! others in the next. A workflow that fails or burns its time on nearly every case
//! is suspended until a person has seen to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use script::{StepError, StepErrorKind};
use store::due::{self, Among, Claimed};
use store::suspended::{self, Cause, Suspended};
use store::{Conn, Now};
use tracing::error;

use crate::Engine;
use crate::clock;
use crate::runtime::Runtime;
use crate::script_thread::Worked;
use crate::work::{Signature, Silence};

/// So long a workflow is worked in one turn.
const SLICE: Duration = Duration::from_millis(250);
/// So many cases of a workflow that used up its slice are looked at in the next turn.
const FEW: i64 = 50;
/// Calls are counted over so long.
const WINDOW: Duration = Duration::from_mins(1);

/// A script that broke its limits for so long, in half of its calls, is suspended.
const MOST_BURNT: Duration = Duration::from_secs(5);
/// So is one whose calls take so long each, a thousand times what they commonly
/// take, after so many of them.
const SLOW_CALL: Duration = Duration::from_millis(50);
const SLOW_CALLS: u32 = 200;
/// And one of which so many calls failed, 19 of 20.
const MOST_FAILED: u32 = 1_000;

/// What a step took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lap {
    /// Time of the processor: a machine that swaps, is overloaded or stands still is no
    /// script's fault.
    pub(super) worked: Duration,
    /// Time that others waited for it.
    pub(super) passed: Duration,
}

/// Tells what each step took of the thread that works it.
#[derive(Debug)]
pub(super) struct Laps {
    worked: Duration,
    since: Instant,
}

impl Laps {
    /// Begins with the first step.
    pub(super) fn begin() -> Self {
        Self { worked: clock::worked_by_thread(), since: Instant::now() }
    }

    /// What was worked, and what has passed, since the step before.
    pub(super) fn lap(&mut self) -> Lap {
        let (worked, now) = (clock::worked_by_thread(), Instant::now());
        let lap = Lap {
            worked: worked.saturating_sub(self.worked),
            passed: now.duration_since(self.since),
        };
        *self = Self { worked, since: now };
        lap
    }
}

/// What a workflow's script took of the thread.
#[derive(Clone, Debug, Default)]
pub struct Spent {
    /// Steps worked out.
    pub calls: u32,
    /// Those on which the script failed.
    pub failed: u32,
    /// Those on which it broke a limit.
    pub broke: u32,
    /// Time of the processor taken altogether.
    pub time: Duration,
    /// Time that others waited for all of it.
    pub passed: Duration,
    /// That taken by those that broke a limit.
    pub burnt: Duration,
    /// The last failure.
    pub error: Option<StepError>,
}

impl Spent {
    /// Counts one step, of which `a_call` would be the longest.
    pub(super) fn add(&mut self, lap: Lap, error: Option<&StepError>, a_call: Duration) {
        // What was ended for its time took some, even where little of it was worked.
        let is_ended = error.is_some_and(|error| error.kind == StepErrorKind::Time);
        let time = if is_ended { lap.worked.max(a_call / 2) } else { lap.worked };
        self.calls += 1;
        self.time += time;
        self.passed += lap.passed;
        // That a release lacks a place is the fault of no script.
        let Some(error) = error.filter(|error| !error.file.is_empty()) else { return };
        self.failed += 1;
        if breaks_a_limit(error) {
            self.broke += 1;
            self.burnt += time;
        }
        self.error = Some(error.clone());
    }

    fn join(&mut self, more: &Self) {
        self.calls += more.calls;
        self.failed += more.failed;
        self.broke += more.broke;
        self.time += more.time;
        self.passed += more.passed;
        self.burnt += more.burnt;
        if more.error.is_some() {
            self.error.clone_from(&more.error);
        }
    }

    /// Why its workflow is not to be worked any more, if it is not.
    fn verdict(&self) -> Option<Cause> {
        let burns = MOST_BURNT <= self.burnt && self.calls <= self.broke * 2;
        let is_slow = SLOW_CALLS <= self.calls && SLOW_CALL * self.calls <= self.time;
        let fails = MOST_FAILED <= self.failed && self.calls * 19 <= self.failed * 20;
        if burns || is_slow { Some(Cause::Burns) } else { fails.then_some(Cause::Fails) }
    }
}

/// Whether a script used more time, steps or memory than a call may.
pub(super) fn breaks_a_limit(error: &StepError) -> bool {
    let kinds = [StepErrorKind::Time, StepErrorKind::Ticks, StepErrorKind::Memory];
    kinds.contains(&error.kind)
}

/// Who is behind, and what each workflow took lately.
#[derive(Debug, Default)]
pub(crate) struct Shares(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Workflows whose slice was used up in the last turn.
    behind: BTreeSet<String>,
    windows: BTreeMap<String, Window>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    spent: Spent,
}

/// A workflow that is to be suspended, and what its calls came to.
pub(super) type Troubled = (String, Spent, Cause);

impl Shares {
    /// Counts a batch; answers which workflows are not to be worked any more.
    pub(super) fn account(&self, worked: &Worked) -> Vec<Troubled> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.behind.clone_from(&worked.left);
        let mut troubled = Vec::new();
        for (workflow, spent) in &worked.spent {
            let fresh = || Window { began: Instant::now(), spent: Spent::default() };
            let window = state.windows.entry(workflow.clone()).or_insert_with(fresh);
            if WINDOW < window.began.elapsed() {
                *window = fresh();
            }
            window.spent.join(spent);
            if let Some(cause) = window.spent.verdict() {
                troubled.push((workflow.clone(), window.spent.clone(), cause));
                *window = fresh();
            }
        }
        troubled
    }

    fn behind(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).behind.clone()
    }
}

impl Engine {
    /// What each workflow is given of the script thread a turn; `None` where time is
    /// not shared out.
    pub fn slice(&self) -> Option<Duration> {
        self.shares_time.then_some(SLICE)
    }

    /// The next batch: of workflows that are behind a few cases each, of suspended
    /// ones none.
    pub(super) async fn claim_fairly(
        &self,
        conn: &mut Conn,
        now: &Now,
        limit: i64,
    ) -> Result<Vec<Claimed>> {
        if !self.shares_time {
            return Ok(due::claim(conn, now.ms, limit).await?);
        }
        let mut aside = suspended::names(conn).await?;
        let mut behind = self.shares.behind();
        behind.retain(|it| !aside.contains(it));
        if aside.is_empty() && behind.is_empty() {
            return Ok(due::claim(conn, now.ms, limit).await?);
        }
        aside.extend(behind.iter().cloned());
        let mut claimed =
            due::claim_among(conn, now.ms, limit, (Among::Others, &aside)).await?;
        for workflow in behind {
            let alone = BTreeSet::from([workflow]);
            let few = due::claim_among(conn, now.ms, FEW, (Among::These, &alone)).await?;
            claimed.extend(few);
        }
        claimed.sort_unstable_by_key(|it| it.id);
        Ok(claimed)
    }

    /// Notes which suspended workflows keep clocks by the release in force: of one that
    /// an earlier version has suspended it is not known, and nobody would be told that
    /// its deadlines are unwatched.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn note_clocks(&self, runtime: &Runtime) -> Result<()> {
        let mut conn = self.store.read().await?;
        let mut unknown = suspended::list(conn.conn()).await?;
        drop(conn);
        let known = &runtime.program.workflows;
        unknown.retain(|it| {
            it.keeps_clocks == 0
                && known.get(&it.workflow).is_some_and(|it| it.keeps_clocks)
        });
        if unknown.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin_silent(Silence::Notes).await?;
        for it in &unknown {
            suspended::keeps_clocks(tx.conn(), &self.clock.now(), it).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Lets a workflow be worked again that was suspended, as a person says; answers
    /// whether it was.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn wake_workflow(
        &self,
        workflow: &str,
        by: &str,
        reason: &str,
    ) -> Result<bool> {
        let now = self.clock.now();
        let mut work = self.begin_by(Signature { by, reason }, &now).await?;
        let woken = suspended::resume(work.conn(), &now, workflow, (by, reason)).await?;
        if woken {
            work.recorded().await?.commit_silent(Silence::Runs).await?;
        } else {
            work.rollback().await?;
        }
        Ok(woken)
    }

    /// Suspends workflows whose scripts fail or burn their time on nearly every case.
    pub(super) async fn suspend(
        &self,
        runtime: &Arc<Runtime>,
        now: &Now,
        troubled: Vec<Troubled>,
    ) -> Result<()> {
        for (workflow, spent, cause) in troubled {
            let message = spent.error.as_ref().map(ToString::to_string);
            let known = runtime.program.workflows.get(&workflow);
            let keeps_clocks = known.is_some_and(|it| it.keeps_clocks);
            let new = Suspended {
                workflow,
                release_id: Some(runtime.release_id.0),
                since_at: now.ms,
                calls: i64::from(spent.calls),
                failed: i64::from(spent.failed),
                spent_ms: i64::try_from(spent.time.as_millis()).unwrap_or(i64::MAX),
                cause,
                message: message.unwrap_or_default(),
                keeps_clocks: i64::from(keeps_clocks),
            };
            let mut tx = self.begin_silent(Silence::Runs).await?;
            suspended::suspend(tx.conn(), now, &new).await?;
            tx.commit().await?;
            let Suspended { workflow, calls, failed, spent_ms, message, .. } = &new;
            error!(
                workflow,
                calls,
                failed,
                spent_ms,
                "the workflow {workflow} is suspended: mend its script, or run `qingshou \
                 resume workflow {workflow}`; {message}"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(calls: u32, failed: u32, broke: u32, of_call: u64) -> Spent {
        let of_call = Duration::from_millis(of_call);
        let (time, burnt) = (of_call * calls, of_call * broke);
        Spent { calls, failed, broke, time, passed: time, burnt, error: None }
    }

    #[test]
    fn a_workflow_is_suspended_when_it_fails_or_burns_on_nearly_every_case() {
        let table = [
            ("an innocent one", spent(100_000, 0, 0, 0), None),
            ("one bad case among many", spent(10_000, 30, 30, 1), None),
            ("a few that burn", spent(10, 10, 10, 250), None),
            ("all burn", spent(25, 25, 25, 250), Some(Cause::Burns)),
            ("every second one burns", spent(60, 30, 30, 250), Some(Cause::Burns)),
            ("slow within its limits", spent(200, 0, 0, 60), Some(Cause::Burns)),
            ("all fail", spent(1_000, 1_000, 0, 0), Some(Cause::Fails)),
            ("a small book that fails", spent(900, 900, 0, 0), None),
            ("one in ten is answered", spent(2_000, 1_800, 0, 0), None),
        ];
        for (what, spent, wanted) in table {
            assert_eq!(spent.verdict(), wanted, "{what}");
        }
    }

    #[test]
    fn a_machine_that_keeps_a_script_waiting_is_not_the_scripts_fault() {
        let mut laps = Laps::begin();
        std::thread::sleep(SLOW_CALL * 2);
        let Lap { worked, passed } = laps.lap();
        assert!(worked < SLOW_CALL, "{worked:?}");
        assert!(SLOW_CALL * 2 <= passed, "but others have waited: {passed:?}");
        let from = Instant::now();
        while from.elapsed() < SLOW_CALL {
            std::hint::black_box((0..500_u64).sum::<u64>());
        }
        assert!(!laps.lap().worked.is_zero(), "what it works counts");
        let mut spent = Spent::default();
        let mut ended = StepError::bad_answer("", "");
        (ended.kind, ended.file) = (StepErrorKind::Time, "a.lua".into());
        let a_call = Duration::from_millis(500);
        spent.add(Lap::default(), Some(&ended), a_call);
        assert_eq!((spent.time, spent.burnt), (a_call / 2, a_call / 2));
    }

    #[test]
    fn a_place_that_a_release_lacks_is_the_fault_of_no_script() {
        let mut spent = Spent::default();
        let error = StepError::bad_answer("没有这个环节", "no such stage");
        spent.add(Lap::default(), Some(&error), Duration::ZERO);
        assert_eq!((spent.calls, spent.failed), (1, 0));
    }

    #[test]
    fn who_used_up_a_slice_is_behind_in_the_next_turn_alone() {
        let shares = Shares::default();
        let left = BTreeSet::from(["slow".to_owned()]);
        shares.account(&Worked { left: left.clone(), ..Worked::default() });
        assert_eq!(shares.behind(), left);
        shares.account(&Worked::default());
        assert_eq!(shares.behind(), BTreeSet::new());
    }
}
