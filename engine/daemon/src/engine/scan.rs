//! The enrolment scan (纳入扫描): after every import, after activation, daily.
//!
//! A big book takes a minute, so the daemon scans in a task of its own: by
//! portions, each in a short transaction, between which it can be stopped and
//! others write. That a scan is owed stands in the store; one that was broken
//! off begins anew and passes over whoever has come in already.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::ids::CaseId;
use script::program::Workflow;
use store::enrol::{self, NewInstance};
use store::{Conn, meta, releases};
use tracing::info;

use crate::engine::enrol::{Entrant, instance};
use crate::engine::runtime::Runtime;
use crate::engine::{Engine, Scanning};

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
/// before. The rest of a big book need not be looked at.
///
/// # Errors
///
/// The store cannot be written.
pub async fn ask_for_some(conn: &mut Conn, workflows: &BTreeSet<String>) -> Result<()> {
    if workflows.is_empty() {
        return Ok(());
    }
    let mut only = workflows.clone();
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
    let text = meta::text(conn, ONLY).await?.filter(|it| !it.is_empty());
    let only = text.map(|it| serde_json::from_str(&it)).transpose()?;
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
        let mut tx = self.store.write().await?;
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
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn wait_for_scan(&self) -> Result<()> {
        let patience = tokio::time::Instant::now() + LONGEST_WAIT;
        while self.owed_scan().await?.is_some()
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
        let mut tx = self.store.write().await?;
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
        for workflow in runtime.program.workflows.values() {
            let is_meant = only.is_none_or(|it| it.contains(&workflow.name));
            if !is_meant || !enters_by_conditions(workflow) {
                continue;
            }
            let (how, count) = self.scan(&runtime, workflow).await?;
            opened += count;
            if how == Ended::BrokenOff {
                ended = how;
                break;
            }
        }
        if 0 < opened {
            info!(opened, "enrolled {opened} cases");
        }
        Ok((ended, opened))
    }

    /// One workflow. The candidates are asked for once, and each portion once
    /// more before it opens: a payment may have come in between.
    async fn scan(
        &self,
        runtime: &Arc<Runtime>,
        workflow: &Workflow,
    ) -> Result<(Ended, usize)> {
        let enrolment = workflow.enrol.clone().unwrap_or_default();
        let (name, lane) = (&workflow.name, &workflow.lane);
        let today = self.clock.now().today();
        let mut found = {
            let mut conn = self.store.read().await?;
            enrol::candidates(conn.conn(), today, name, lane, &enrolment).await?
        };
        // Read in the order in which the cases lie in the store.
        found.sort_unstable();
        let mut opened = 0;
        for portion in found.chunks(PORTION) {
            if self.interrupt.is_raised() {
                return Ok((Ended::BrokenOff, opened));
            }
            let entrants = self.still_entrants(workflow, portion).await?;
            let wanted = self.filter(runtime, workflow, entrants).await?;
            let new: Vec<NewInstance> = wanted
                .iter()
                .map(|(case, _)| instance(workflow, *case, "conditions"))
                .collect();
            match self.open_under(runtime, &new).await? {
                Some(count) => opened += count,
                None => return Ok((Ended::BrokenOff, opened)),
            }
        }
        Ok((Ended::Whole, opened))
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
    /// they may not know; `None` then.
    async fn open_under(
        &self,
        runtime: &Runtime,
        new: &[NewInstance],
    ) -> Result<Option<usize>> {
        if new.is_empty() {
            return Ok(Some(0));
        }
        let mut tx = self.store.write().await?;
        let active = releases::active_id(tx.conn()).await?;
        if active.is_some_and(|active| active != runtime.release_id) {
            tx.rollback().await?;
            return Ok(None);
        }
        let opened = self.open_in(tx.conn(), runtime, new).await?;
        tx.commit().await?;
        Ok(Some(opened))
    }
}

/// Events alone bring in what names events; conditions then narrow who may
/// come in.
fn enters_by_conditions(workflow: &Workflow) -> bool {
    workflow.enrol.as_ref().is_some_and(|enrolment| {
        enrolment.on.is_empty()
            && (!enrolment.conditions.is_empty() || enrolment.has_where)
    })
}
