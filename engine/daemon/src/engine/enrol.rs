//! The enrolment scan (纳入扫描): after every import, after activation, daily.

use std::sync::Arc;

use anyhow::Result;
use domain::ids::CaseId;
use script::program::Workflow;
use store::enrol::{self, NewInstance};
use store::{facts, meta};
use tracing::{info, warn};

use crate::engine::Engine;
use crate::engine::runtime::Runtime;

/// Cases looked at together.
const PORTION: i64 = 2_000;
/// Where the scan of events has come to, in the store's `meta`.
const CURSOR: &str = "enrol_cursor";
/// How far back the first scan of a store looks: a week.
const LOOK_BACK_MS: i64 = 7 * 86_400_000;

impl Engine {
    /// Opens workflows for every case that meets their conditions today.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, or the script thread has died.
    pub async fn enrol_by_conditions(&self) -> Result<usize> {
        let Some(runtime) = self.runtime() else { return Ok(0) };
        let mut opened = 0;
        for workflow in runtime.program.workflows.values() {
            let Some(enrolment) = &workflow.enrol else { continue };
            if enrolment.conditions.is_empty() && !enrolment.has_where {
                continue;
            }
            // Events alone bring in what names events; conditions then narrow
            // who may come in.
            if enrolment.on.is_empty() {
                opened += self.scan(&runtime, workflow).await?;
            }
        }
        if 0 < opened {
            info!(opened, "enrolled {opened} cases");
        }
        Ok(opened)
    }

    async fn scan(&self, runtime: &Arc<Runtime>, workflow: &Workflow) -> Result<usize> {
        let mut opened = 0;
        let mut after = 0;
        loop {
            let found = self.candidates(workflow, after, PORTION).await?;
            let Some(last) = found.last() else { return Ok(opened) };
            after = last.0;
            let wanted = self.filter(runtime, workflow, found).await?;
            let new: Vec<NewInstance> =
                wanted.iter().map(|it| instance(workflow, *it, "conditions")).collect();
            opened += self.open(runtime, &new).await?;
        }
    }

    async fn candidates(
        &self,
        workflow: &Workflow,
        after: i64,
        limit: i64,
    ) -> Result<Vec<CaseId>> {
        let enrolment = workflow.enrol.clone().unwrap_or_default();
        let mut conn = self.store.read().await?;
        let (name, lane) = (&workflow.name, &workflow.lane);
        let today = self.clock.now().today();
        let found =
            enrol::candidates(conn.conn(), today, name, lane, &enrolment, after, limit);
        Ok(found.await?)
    }

    async fn filter(
        &self,
        runtime: &Arc<Runtime>,
        workflow: &Workflow,
        found: Vec<CaseId>,
    ) -> Result<Vec<CaseId>> {
        if !workflow.enrol.as_ref().is_some_and(|it| it.has_where) {
            return Ok(found);
        }
        let ids: Vec<i64> = found.iter().map(|it| it.0).collect();
        let facts = {
            let mut conn = self.store.read().await?;
            facts::load(conn.conn(), self.clock.now().today(), &ids).await?
        };
        let known: Vec<_> =
            found.iter().filter_map(|it| facts.get(it).cloned()).collect();
        let ids: Vec<CaseId> = known.iter().map(|it| it.id).collect();
        let answers = self.host.wants(runtime, &workflow.name, known).await?;
        let mut wanted = Vec::new();
        for (case, answer) in ids.into_iter().zip(answers) {
            match answer {
                Ok(true) => wanted.push(case),
                Ok(false) => {}
                Err(error) => warn!(
                    case.id = %case, file = error.file, line = error.line,
                    why = %error,
                    "the `where` of a workflow failed on case {case}; it is left out"
                ),
            }
        }
        Ok(wanted)
    }

    /// Opens workflows for events that have come since the last scan.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, or the script thread has died.
    pub async fn enrol_by_events(&self) -> Result<usize> {
        let Some(runtime) = self.runtime() else { return Ok(0) };
        let mut kinds: Vec<String> = runtime
            .program
            .workflows
            .values()
            .filter_map(|it| it.enrol.as_ref())
            .flat_map(|it| it.on.iter().cloned())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() {
            return Ok(0);
        }
        let (events, cursor) = self.new_events(&kinds).await?;
        let Some(cursor) = cursor else { return Ok(0) };
        let mut new = Vec::new();
        for workflow in runtime.program.workflows.values() {
            let Some(enrolment) = &workflow.enrol else { continue };
            for (event, case, kind) in &events {
                if enrolment.on.contains(kind) {
                    let by = format!("event:{kind}");
                    let event = Some(*event);
                    new.push(NewInstance { event, ..instance(workflow, *case, &by) });
                }
            }
        }
        let new = self.admitted(&runtime, new).await?;
        let mut tx = self.store.write().await?;
        let now = self.clock.now();
        let release = runtime.release_id.0;
        let mut opened = 0;
        // One at a time where several events of a case came together, or the
        // second would find the first one's lane taken unseen.
        for portion in distinct_cases(new) {
            opened +=
                enrol::open_instances(tx.conn(), &now, release, &portion).await?.len();
        }
        meta::set_number(tx.conn(), CURSOR, cursor).await?;
        tx.commit().await?;
        Ok(opened)
    }

    /// Events not yet looked at, and where the scan then stands; `None` when
    /// it stands there already.
    async fn new_events(
        &self,
        kinds: &[String],
    ) -> Result<(Vec<(i64, CaseId, String)>, Option<i64>)> {
        let mut conn = self.store.read().await?;
        // The newest first: an event that comes in between the two looks is
        // found by the next scan, not passed over.
        let (seen, newest) = enrol::cursor_and_newest(conn.conn(), CURSOR).await?;
        if seen.is_some_and(|it| newest <= it) {
            return Ok((Vec::new(), None));
        }
        // A store that has lived without event workflows does not answer
        // events of long ago.
        let recent = self.clock.now().ms - LOOK_BACK_MS;
        let after = match seen {
            Some(seen) => seen,
            None => enrol::last_event(conn.conn(), recent).await?,
        };
        let mut found = enrol::events_after(conn.conn(), after, kinds, PORTION).await?;
        found.retain(|it| it.0 <= newest);
        let whole = i64::try_from(found.len()).is_ok_and(|it| it < PORTION);
        let stands = match found.last() {
            Some(last) if !whole => last.0,
            _ => newest.max(after),
        };
        Ok((found, (seen != Some(stands)).then_some(stands)))
    }

    /// Those whose workflow's conditions hold, where it names any beside its
    /// events.
    async fn admitted(
        &self,
        runtime: &Arc<Runtime>,
        new: Vec<NewInstance>,
    ) -> Result<Vec<NewInstance>> {
        let mut admitted = Vec::with_capacity(new.len());
        for one in new {
            let workflow = &runtime.program.workflows[&one.workflow];
            let narrow = workflow
                .enrol
                .as_ref()
                .is_some_and(|it| !it.conditions.is_empty() || it.has_where);
            if !narrow {
                admitted.push(one);
                continue;
            }
            let before = one.case_id.0 - 1;
            let found = self.candidates(workflow, before, 1).await?;
            let found = found.into_iter().filter(|it| *it == one.case_id).collect();
            if !self.filter(runtime, workflow, found).await?.is_empty() {
                admitted.push(one);
            }
        }
        Ok(admitted)
    }

    /// Opens instances and says how many found their lane free.
    pub(crate) async fn open(
        &self,
        runtime: &Runtime,
        new: &[NewInstance],
    ) -> Result<usize> {
        if new.is_empty() {
            return Ok(0);
        }
        let mut tx = self.store.write().await?;
        let now = self.clock.now();
        let opened =
            enrol::open_instances(tx.conn(), &now, runtime.release_id.0, new).await?;
        tx.commit().await?;
        Ok(opened.len())
    }
}

/// An instance of a workflow as it opens.
pub(crate) fn instance(workflow: &Workflow, case: CaseId, by: &str) -> NewInstance {
    NewInstance {
        case_id: case,
        workflow: workflow.name.clone(),
        lane: workflow.lane.clone(),
        stage: workflow.start.clone(),
        keeps_clocks: workflow.keeps_clocks,
        by: by.to_owned(),
        event: None,
    }
}

/// Portions in which no case and lane stands twice, in order.
fn distinct_cases(new: Vec<NewInstance>) -> Vec<Vec<NewInstance>> {
    let mut portions: Vec<Vec<NewInstance>> = Vec::new();
    for one in new {
        let same = |it: &NewInstance| it.case_id == one.case_id && it.lane == one.lane;
        match portions.iter_mut().find(|it| !it.iter().any(same)) {
            Some(portion) => portion.push(one),
            None => portions.push(vec![one]),
        }
    }
    portions
}
