//! The enrolment scan (纳入扫描): after every import, after activation, daily.
//!
//! A big book takes a minute, so the daemon scans in a task of its own: by
//! portions, each in a short transaction, between which it can be stopped and
//! others write. That a scan is owed stands in the store; one that was broken
//! off begins anew and passes over whoever has come in already.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::enrolment::Enrolment;
use domain::ids::{CaseId, EventId};
use script::StepError;
use script::program::Workflow;
use store::enrol::{self, NewInstance};
use store::enrolment_faults::{self, Fault, Noted};
use store::{Conn, meta, releases};
use tracing::info;

use crate::enrol::{EXAMPLES, Entrant, distinct_cases, instance, on_event, warn_of};
use crate::runtime::Runtime;
use crate::shares::breaks_a_limit;
use crate::work::Silence;
use crate::{Engine, Scanning};

/// Cases opened together, in one transaction.
const PORTION: usize = 1_000;
/// How long whoever asked for a scan waits for its end.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
const A_MOMENT: Duration = Duration::from_millis(20);
/// How many scans were asked for, in the store's `meta`.
const ASKED: &str = "enrol_scans_asked";
/// The workflows that it is about, as JSON; all of them when empty.
const ONLY: &str = "enrol_scan_only";
/// The newest of those that was carried out to its end.
const DONE: &str = "enrol_scans_done";

/// How a scan came to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ended {
    /// Every workflow was looked at.
    Whole,
    /// It was interrupted, or another release took over: the next one begins
    /// anew.
    BrokenOff,
}

/// Notes that a scan is owed; a part of the transaction that makes it so.
///
/// # Errors
///
/// The store cannot be written.
pub async fn ask_for(conn: &mut Conn) -> Result<()> {
    let asked = meta::number(conn, ASKED).await?.unwrap_or(0);
    meta::set_text(conn, ONLY, "").await?;
    Ok(meta::set_number(conn, ASKED, asked + 1).await?)
}

/// Notes that some workflows have to be scanned: those that take in others than
/// before, and those whose `where` has failed. The rest of a big book need not be
/// looked at.
///
/// # Errors
///
/// The store cannot be written.
pub async fn ask_for_some(conn: &mut Conn, workflows: &BTreeSet<String>) -> Result<()> {
    let at_fault = enrolment_faults::list(conn).await?.into_iter();
    let mut only = workflows.clone();
    only.extend(at_fault.map(|at_fault| at_fault.workflow));
    if only.is_empty() {
        return Ok(());
    }
    if let Some(owed) = what_is_owed(conn).await? {
        let Some(others) = owed.only else { return ask_for(conn).await };
        only.extend(others);
    }
    ask_for(conn).await?;
    Ok(meta::set_text(conn, ONLY, &serde_json::to_string(&only)?).await?)
}

/// A scan that is owed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owed {
    /// Its number.
    pub number: i64,
    /// The workflows that it is about; `None` is all of them.
    pub only: Option<BTreeSet<String>>,
}

/// The scan that is owed, if one is.
///
/// # Errors
///
/// The store cannot be read.
pub async fn what_is_owed(conn: &mut Conn) -> Result<Option<Owed>> {
    // The number first: what is asked for in between has a higher one.
    let Some(number) = owed(conn).await? else { return Ok(None) };
    let text = meta::text(conn, ONLY).await?.filter(|text| !text.is_empty());
    let only = text.map(|text| serde_json::from_str(&text)).transpose()?;
    Ok(Some(Owed { number, only }))
}

/// The number of the scan that is owed, if one is.
///
/// # Errors
///
/// The store cannot be read.
pub async fn owed(conn: &mut Conn) -> Result<Option<i64>> {
    let asked = meta::number(conn, ASKED).await?.unwrap_or(0);
    let done = meta::number(conn, DONE).await?.unwrap_or(0);
    Ok((done < asked).then_some(asked))
}

impl Engine {
    /// Lets cases enter after something has changed who meets the conditions:
    /// now, or as soon as the scanning task comes to it.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, or the script thread has died.
    pub async fn scan_after_change(&self) -> Result<()> {
        if self.scanning != Scanning::Beside {
            self.enrol_by_conditions().await?;
            return Ok(());
        }
        let mut tx = self.begin_silent(Silence::Notes).await?;
        ask_for(tx.conn()).await?;
        tx.commit().await?;
        self.scan_wanted.notify_one();
        Ok(())
    }

    /// Lets those enter whom a release takes in that others did not, as its
    /// activation has noted: now, or as soon as the scanning task comes to it.
    ///
    /// # Errors
    ///
    /// As [`Engine::scan_after_change`].
    pub async fn scan_after_release(&self) -> Result<()> {
        if self.scanning == Scanning::Inline {
            self.scan_if_owed().await?;
        }
        self.scan_wanted.notify_one();
        Ok(())
    }

    /// Waits until no scan is owed, at most a minute: whoever has brought cases
    /// in may say next what happened to them, and the workflows should hear it.
    /// Where no release is live there are none.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn wait_for_scan(&self) -> Result<()> {
        let patience = tokio::time::Instant::now() + LONGEST_WAIT;
        while self.owed_scan().await?.is_some()
            && self.runtime().is_some()
            && !self.interrupt.is_raised()
            && tokio::time::Instant::now() < patience
        {
            tokio::time::sleep(A_MOMENT).await;
        }
        Ok(())
    }

    /// The number of the scan that is owed, if one is.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn owed_scan(&self) -> Result<Option<i64>> {
        let mut conn = self.store.read().await?;
        owed(conn.conn()).await
    }

    /// Carries out the scan that is owed, if one is; returns whether it came
    /// to its end. An [interrupt](Engine::interrupt) ends it after the portion
    /// in hand.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, or the script thread has died.
    pub async fn scan_if_owed(&self) -> Result<bool> {
        let owed = what_is_owed(self.store.read().await?.conn()).await?;
        let Some(Owed { number, only }) = owed else { return Ok(false) };
        let scanned = self.scan_these(only.as_ref()).await?;
        let (Ended::Whole, _) = scanned else { return Ok(false) };
        let mut tx = self.begin_silent(Silence::Notes).await?;
        meta::set_number(tx.conn(), DONE, number).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Opens workflows for every case that meets their conditions today;
    /// returns how many were opened.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, or the script thread has died.
    pub async fn enrol_by_conditions(&self) -> Result<usize> {
        Ok(self.scan_these(None).await?.1)
    }

    async fn scan_these(
        &self,
        only: Option<&BTreeSet<String>>,
    ) -> Result<(Ended, usize)> {
        let Some(runtime) = self.runtime() else { return Ok((Ended::BrokenOff, 0)) };
        let (mut ended, mut opened) = (Ended::Whole, 0);
        let faults = {
            let mut conn = self.store.read().await?;
            enrolment_faults::list(conn.conn()).await?
        };
        for workflow in runtime.program.workflows.values() {
            let known = faults.iter().find(|fault| fault.workflow == workflow.name);
            if only.is_some_and(|only| !only.contains(&workflow.name)) {
                continue;
            }
            let owes = self.owes(workflow).await?;
            let from = known.and_then(|it| it.asked_up_to);
            let mut looked = Looked { from, ..Looked::default() };
            let mut how = Ended::Whole;
            if owes {
                how = self.scan_owed(&runtime, workflow, &mut looked).await?;
            }
            if how == Ended::Whole && enters_by_conditions(workflow) {
                how = self.scan(&runtime, workflow, &mut looked).await?;
            }
            opened += looked.opened;
            if how == Ended::BrokenOff {
                ended = how;
                break;
            }
            if known.is_some() || owes || looked.has_failed() {
                self.tell_of(&runtime, workflow, &looked).await?;
            }
        }
        if 0 < opened {
            info!(opened, "enrolled {opened} cases");
        }
        if ended == Ended::Whole {
            self.forget_gone(&runtime, &faults).await?;
        }
        Ok((ended, opened))
    }

    /// Whether events wait for the `where` of a workflow. What came in earnest is not
    /// answered in a rehearsal, which is put away.
    async fn owes(&self, workflow: &Workflow) -> Result<bool> {
        if workflow.enrol.is_none() || self.rehearsal.is_some() {
            return Ok(false);
        }
        let mut conn = self.store.read().await?;
        Ok(enrolment_faults::owes(conn.conn(), &workflow.name).await?)
    }

    /// One workflow. The candidates are asked for once, and each portion once
    /// more before it opens: a payment may have come in between.
    async fn scan(
        &self,
        runtime: &Arc<Runtime>,
        workflow: &Workflow,
        looked: &mut Looked,
    ) -> Result<Ended> {
        let enrolment = workflow.enrol.clone().unwrap_or_default();
        let (name, lane) = (&workflow.name, &workflow.lane);
        let today = self.clock.now().today();
        let mut found = {
            let mut conn = self.store.read().await?;
            enrol::candidates(conn.conn(), today, name, lane, &enrolment).await?
        };
        // Read in the order in which the cases lie in the store.
        found.sort_unstable();
        // Those that the last round had no time for come first.
        let from = looked.from.take().unwrap_or_default();
        let asked_before = found.partition_point(|it| it.0 <= from);
        found.rotate_left(asked_before);
        let mut left = found.len();
        for portion in found.chunks(PORTION) {
            let mut entrants = self.still_entrants(workflow, portion).await?;
            left -= portion.len();
            let mut new = Vec::new();
            while !entrants.is_empty() {
                if self.interrupt.is_raised() {
                    return Ok(Ended::BrokenOff);
                }
                let asked = entrants.len();
                let chosen = self.filter(runtime, workflow, entrants).await?;
                looked.count(asked - chosen.unasked.len(), &chosen.failed);
                let wanted = chosen.wanted.iter();
                new.extend(wanted.map(|it| instance(workflow, it.0, "conditions")));
                entrants = chosen.unasked;
                if self.shares_time && looked.is_hopeless() {
                    break;
                }
            }
            match self.open_under(runtime, &new, None).await? {
                Some(count) => looked.opened += count,
                None => return Ok(Ended::BrokenOff),
            }
            if let Some(first) = entrants.first() {
                looked.unasked = entrants.len() + left;
                looked.from = Some(first.0.0 - 1);
                break;
            }
        }
        Ok(Ended::Whole)
    }

    /// What events would bring into a workflow whose `where` could not be asked when
    /// they came. What is answered now is forgotten in the transaction that opens it,
    /// so that nobody comes in twice.
    async fn scan_owed(
        &self,
        runtime: &Arc<Runtime>,
        workflow: &Workflow,
        looked: &mut Looked,
    ) -> Result<Ended> {
        let mut after = EventId(0);
        loop {
            let page = {
                let mut conn = self.store.read().await?;
                let limit = i64::try_from(PORTION)?;
                enrolment_faults::owed(conn.conn(), &workflow.name, after, limit).await?
            };
            if self.interrupt.is_raised() {
                return Ok(Ended::BrokenOff);
            }
            if page.is_empty() || (self.shares_time && looked.is_hopeless()) {
                return Ok(Ended::Whole);
            }
            let chosen = self.admitted(runtime, workflow, &page).await?;
            let unasked = ids(chosen.unasked.iter());
            let failed = ids(chosen.failed.iter().map(|it| &it.0));
            looked.count(page.len() - unasked.len(), &chosen.failed);
            let asked = page.iter().map(|it| it.1.id).filter(|it| !unasked.contains(it));
            let asked: Vec<EventId> = asked.collect();
            after = asked.iter().copied().max().unwrap_or(after);
            let answered: Vec<EventId> =
                asked.into_iter().filter(|it| !failed.contains(it)).collect();
            let wanted = chosen.wanted.into_iter();
            let new = wanted.filter_map(|it| on_event(workflow, it)).collect::<Vec<_>>();
            let owed = Some((workflow.name.as_str(), answered.as_slice()));
            match self.open_under(runtime, &new, owed).await? {
                Some(count) => looked.opened += count,
                None => return Ok(Ended::BrokenOff),
            }
        }
    }

    /// Notes what a round came to for a workflow whose `where` failed in it or
    /// before.
    async fn tell_of(
        &self,
        runtime: &Runtime,
        workflow: &Workflow,
        looked: &Looked,
    ) -> Result<()> {
        let now = self.clock.now();
        let name = workflow.name.as_str();
        if let Some(error) = &looked.error {
            warn_of(name, looked.failed, error);
        }
        let mut tx = self.begin_silent(Silence::Notes).await?;
        let owes = enrolment_faults::owes(tx.conn(), name).await?;
        if looked.has_failed() || owes {
            let message = looked.error.as_ref().map(ToString::to_string);
            let noted = Noted {
                workflow: name,
                release: runtime.release_id,
                by_conditions: Some(looked.by_conditions()),
                examples: &looked.examples,
                message: &message.unwrap_or_default(),
                asked_up_to: looked.from,
                keeps_clocks: workflow.keeps_clocks,
            };
            enrolment_faults::note(tx.conn(), &now, &noted).await?;
        } else {
            enrolment_faults::clear(tx.conn(), &now, runtime.release_id, name).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What the release does not have, or asks nobody about, is at fault no more.
    async fn forget_gone(&self, runtime: &Runtime, faults: &[Fault]) -> Result<()> {
        let has = |it: &Fault| runtime.program.workflows.contains_key(&it.workflow);
        let gone: Vec<&Fault> = faults.iter().filter(|fault| !has(fault)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.begin_silent(Silence::Notes).await?;
        for fault in gone {
            let (release, name) = (runtime.release_id, &fault.workflow);
            enrolment_faults::clear(tx.conn(), &now, release, name).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn still_entrants(
        &self,
        workflow: &Workflow,
        portion: &[CaseId],
    ) -> Result<Vec<Entrant>> {
        let enrolment = workflow.enrol.clone().unwrap_or_default();
        let (name, lane) = (&workflow.name, &workflow.lane);
        let today = self.clock.now().today();
        let mut conn = self.store.read().await?;
        let met =
            enrol::meeting(conn.conn(), today, name, lane, &enrolment, portion).await?;
        let still = portion.iter().filter(|case| met.contains(case));
        Ok(still.map(|case| (*case, None)).collect())
    }

    /// Opens instances unless another release has taken over, whose stages
    /// they may not know; `None` then. The events that a workflow has answered
    /// are owed no more.
    async fn open_under(
        &self,
        runtime: &Runtime,
        new: &[NewInstance],
        answered: Option<(&str, &[EventId])>,
    ) -> Result<Option<usize>> {
        if new.is_empty() && answered.is_none_or(|answered| answered.1.is_empty()) {
            return Ok(Some(0));
        }
        let mut tx = self.begin_silent(Silence::Runs).await?;
        let active = releases::active_id(tx.conn()).await?;
        if active.is_some_and(|active| active != runtime.release_id) {
            tx.rollback().await?;
            return Ok(None);
        }
        let mut opened = 0;
        if let Some((workflow, events)) = answered {
            // Several events of a case may have come together.
            for portion in distinct_cases(new.to_vec()) {
                opened += self.open_in(tx.conn(), runtime, &portion).await?;
            }
            enrolment_faults::answered(tx.conn(), workflow, events).await?;
        } else {
            opened = self.open_in(tx.conn(), runtime, new).await?;
        }
        tx.commit().await?;
        Ok(Some(opened))
    }
}

/// A `where` that broke its limits so often, in half of its calls, is asked no more
/// in this round; the next one begins with whom it was not asked about.
const MOST_BREACHES: usize = 40;

/// What a round came to for one workflow.
#[derive(Debug, Default)]
struct Looked {
    opened: usize,
    asked: usize,
    failed: usize,
    /// Of those that failed, how many events brought.
    failed_events: usize,
    broke: usize,
    /// Cases by conditions for which no time was left.
    unasked: usize,
    examples: Vec<CaseId>,
    error: Option<StepError>,
    /// Behind which case a round begins: this one, and then the next.
    from: Option<i64>,
}

impl Looked {
    fn count(&mut self, asked: usize, failed: &[(Entrant, StepError)]) {
        self.asked += asked;
        self.failed += failed.len();
        self.failed_events += failed.iter().filter(|it| it.0.1.is_some()).count();
        self.broke += failed.iter().filter(|it| breaks_a_limit(&it.1)).count();
        let room = EXAMPLES - self.examples.len();
        self.examples.extend(failed.iter().map(|it| it.0.0).take(room));
        if self.error.is_none() {
            self.error = failed.first().map(|it| it.1.clone());
        }
    }

    fn has_failed(&self) -> bool {
        0 < self.failed + self.unasked
    }

    fn is_hopeless(&self) -> bool {
        MOST_BREACHES <= self.broke && self.asked <= self.broke * 2
    }

    fn by_conditions(&self) -> i64 {
        let count = self.failed - self.failed_events + self.unasked;
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}

/// The events of some entrants.
fn ids<'a>(entrants: impl Iterator<Item = &'a Entrant>) -> HashSet<EventId> {
    entrants.filter_map(|entrant| Some(entrant.1.as_ref()?.id)).collect()
}

fn enters_by_conditions(workflow: &Workflow) -> bool {
    workflow.enrol.as_ref().is_some_and(Enrolment::is_by_conditions)
}
