//! Enrolment (纳入): the cases that events bring into workflows, and how one opens.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use domain::enrolment::Enrolment;
use domain::event::Event;
use domain::ids::CaseId;
use script::StepError;
use script::program::Workflow;
use store::enrol::{self, NewInstance};
use store::enrolment_faults::{self, Noted};
use store::{Conn, Now, facts, meta};
use tracing::warn;

use crate::Engine;
use crate::runtime::Runtime;
use crate::scan;
use crate::script_thread::Asked;
use crate::work::Silence;

/// Events looked at together.
const PORTION: i64 = 2_000;
/// Loans named of those on which a `where` fails.
pub(super) const EXAMPLES: usize = 5;
/// Where the scan of events has come to, in the store's `meta`.
const CURSOR: &str = "enrol_cursor";
/// How far back the first scan of a store looks: a week.
const LOOK_BACK_MS: i64 = 7 * 86_400_000;

/// A case that may come in, with the event that brings it, if one does.
pub(super) type Entrant = (CaseId, Option<Event>);

/// What the `where` of a workflow said.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Those that it takes.
    pub(super) wanted: Vec<Entrant>,
    /// Those on which it failed.
    pub(super) failed: Vec<(Entrant, StepError)>,
    /// Those for which no time was left.
    pub(super) unasked: Vec<Entrant>,
}

impl Chosen {
    /// Those that have to be looked at again.
    fn owed(&self) -> impl Iterator<Item = &Entrant> {
        self.failed.iter().map(|it| &it.0).chain(&self.unasked)
    }
}

impl Engine {
    /// Asks the `where` of a workflow, where it has one. One that fails leaves
    /// nobody out without a word: whoever asks sees to it that the case is looked
    /// at again.
    pub(super) async fn filter(
        &self,
        runtime: &Arc<Runtime>,
        workflow: &Workflow,
        found: Vec<Entrant>,
    ) -> Result<Chosen> {
        if !has_where(workflow) || found.is_empty() {
            return Ok(Chosen { wanted: found, ..Chosen::default() });
        }
        let ids: Vec<i64> = found.iter().map(|it| it.0.0).collect();
        let facts = {
            let mut conn = self.store.read().await?;
            facts::load(conn.conn(), self.clock.now().today(), &ids).await?
        };
        let (mut known, asked): (Vec<Entrant>, Vec<Asked>) = found
            .into_iter()
            .filter_map(|it| {
                let asked = (facts.get(&it.0)?.clone(), it.1.clone());
                Some((it, asked))
            })
            .unzip();
        let slice = self.slice();
        let answers = self.host.wants(runtime, &workflow.name, asked, slice).await?;
        let unasked = known.split_off(answers.len().min(known.len()));
        let mut chosen = Chosen { unasked, ..Chosen::default() };
        for (one, answer) in known.into_iter().zip(answers) {
            match answer {
                Ok(true) => chosen.wanted.push(one),
                Ok(false) => {}
                Err(error) => chosen.failed.push((one, error)),
            }
        }
        Ok(chosen)
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
        let mut owing = Vec::new();
        for workflow in runtime.program.workflows.values() {
            let mut chosen = self.admitted(&runtime, workflow, &events).await?;
            let wanted = std::mem::take(&mut chosen.wanted);
            new.extend(wanted.into_iter().filter_map(|it| on_event(workflow, it)));
            if chosen.owed().next().is_some() {
                owing.push((workflow, chosen));
            }
        }
        let mut tx = self.begin_silent(Silence::Runs).await?;
        let now = self.clock.now();
        let release = runtime.release_id.0;
        let mut opened = 0;
        // One at a time where several events of a case came together, or the
        // second would find the first one's lane taken unseen.
        for portion in distinct_cases(new) {
            opened +=
                enrol::open_instances(tx.conn(), &now, release, &portion).await?.len();
        }
        for (workflow, chosen) in &owing {
            keep(tx.conn(), &now, &runtime, workflow, chosen).await?;
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
    ) -> Result<(Vec<(CaseId, Event)>, Option<i64>)> {
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
        found.retain(|it| it.1.id.0 <= newest);
        let whole = i64::try_from(found.len()).is_ok_and(|it| it < PORTION);
        let stands = match found.last() {
            Some(last) if !whole => last.1.id.0,
            _ => newest.max(after),
        };
        Ok((found, (seen != Some(stands)).then_some(stands)))
    }

    /// The cases that events bring into a workflow: those that meet the
    /// conditions it names beside them, if any. With `where` alone closed cases
    /// come in too: the payment that ends a debt deserves its reward.
    pub(super) async fn admitted(
        &self,
        runtime: &Arc<Runtime>,
        workflow: &Workflow,
        events: &[(CaseId, Event)],
    ) -> Result<Chosen> {
        let Some(enrolment) = &workflow.enrol else { return Ok(Chosen::default()) };
        let named = events.iter().filter(|event| enrolment.on.contains(&event.1.kind));
        let mut found: Vec<Entrant> =
            named.map(|(case, event)| (*case, Some(event.clone()))).collect();
        if !enrolment.conditions.is_empty() && !found.is_empty() {
            let cases: Vec<CaseId> = found.iter().map(|it| it.0).collect();
            let today = self.clock.now().today();
            let mut conn = self.store.read().await?;
            let (name, lane) = (&workflow.name, &workflow.lane);
            let met =
                enrol::meeting(conn.conn(), today, name, lane, enrolment, &cases).await?;
            found.retain(|it| met.contains(&it.0));
        }
        self.filter(runtime, workflow, found).await
    }

    /// Opens instances and says how many found their lane free.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn open(&self, runtime: &Runtime, new: &[NewInstance]) -> Result<usize> {
        if new.is_empty() {
            return Ok(0);
        }
        let mut tx = self.begin_silent(Silence::Runs).await?;
        let opened = self.open_in(tx.conn(), runtime, new).await?;
        tx.commit().await?;
        Ok(opened)
    }

    /// As [`Engine::open`], with what else belongs to the transaction.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn open_in(
        &self,
        conn: &mut Conn,
        runtime: &Runtime,
        new: &[NewInstance],
    ) -> Result<usize> {
        let now = self.clock.now();
        Ok(enrol::open_instances(conn, &now, runtime.release_id.0, new).await?.len())
    }
}

/// Events whose cases nobody could be asked about are kept for the scan: they come
/// once. Those for which no time was left are asked about at once, beside the loop.
async fn keep(
    conn: &mut Conn,
    now: &Now,
    runtime: &Runtime,
    workflow: &Workflow,
    chosen: &Chosen,
) -> Result<()> {
    let name = workflow.name.as_str();
    let owed = chosen.owed().filter_map(|(case, event)| {
        let event = event.as_ref()?.id;
        Some((name, event, *case))
    });
    enrolment_faults::owe(conn, &owed.collect::<Vec<_>>()).await?;
    if !chosen.unasked.is_empty() {
        scan::ask_for_some(conn, &BTreeSet::from([name.to_owned()])).await?;
    }
    let Some((_, error)) = chosen.failed.first() else { return Ok(()) };
    warn_of(name, chosen.failed.len(), error);
    let examples: Vec<CaseId> =
        chosen.failed.iter().map(|it| it.0.0).take(EXAMPLES).collect();
    let noted = Noted {
        workflow: name,
        release: runtime.release_id,
        by_conditions: None,
        examples: &examples,
        message: &error.to_string(),
        asked_up_to: None,
        keeps_clocks: workflow.keeps_clocks,
    };
    Ok(enrolment_faults::note(conn, now, &noted).await?)
}

/// The log names the workflow once, not each of its cases.
pub(super) fn warn_of(workflow: &str, cases: usize, error: &StepError) {
    warn!(
        workflow, cases, file = error.file, line = error.line, why = %error,
        "the `where` of {workflow} failed on {cases} cases; they are looked at again"
    );
}

/// Whether a workflow asks a function who comes in.
pub(super) fn has_where(workflow: &Workflow) -> bool {
    workflow.enrol.as_ref().is_some_and(|it| it.has_where)
}

/// The instance that an event opens.
pub(super) fn on_event(workflow: &Workflow, it: Entrant) -> Option<NewInstance> {
    let (case, event) = (it.0, it.1?);
    let by = format!("event:{}", event.kind);
    Some(NewInstance { event: Some(event.id.0), ..instance(workflow, case, &by) })
}

/// An instance of a workflow as it opens.
pub fn instance(workflow: &Workflow, case: CaseId, by: &str) -> NewInstance {
    NewInstance {
        case_id: case,
        workflow: workflow.name.clone(),
        lane: workflow.lane.clone(),
        stage: workflow.start.clone(),
        keeps_clocks: workflow.keeps_clocks,
        by: by.to_owned(),
        event: None,
        by_due_date: is_by_due_date(workflow),
    }
}

/// Whether a case enters a workflow once for each due date.
pub fn is_by_due_date(workflow: &Workflow) -> bool {
    workflow.enrol.as_ref().is_some_and(Enrolment::is_by_due_date)
}

/// Portions in which no case and lane stands twice, in order.
pub(super) fn distinct_cases(new: Vec<NewInstance>) -> Vec<Vec<NewInstance>> {
    let mut portions: Vec<Vec<NewInstance>> = Vec::new();
    for one in new {
        let same = |it: &NewInstance| it.case_id == one.case_id && it.lane == one.lane;
        match portions.iter_mut().find(|portion| !portion.iter().any(same)) {
            Some(portion) => portion.push(one),
            None => portions.push(vec![one]),
        }
    }
    portions
}
