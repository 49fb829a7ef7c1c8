//! Answers for cases (求解): one worker a thread, one state a workflow.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use domain::decision::Decision;
use domain::event::Event;
use domain::facts::CaseFacts;

use crate::fault::StepError;
use crate::finding::{Finding, Severity};
use crate::loading::{self, meant};
use crate::program::{Answer, Ask, Catalog, Folder, Program};
use crate::sandbox::limits::Limits;
use crate::unit::Unit;

/// Runs the handlers of a checked folder; lives on the thread that made it.
///
/// Every workflow has a state of its own, so nothing that a script does can
/// reach another workflow. A state that broke a limit is dropped and built
/// again before the next call.
pub struct Worker {
    folder: Arc<Folder>,
    catalog: Arc<Catalog>,
    limits: Limits,
    units: BTreeMap<String, Rc<Unit>>,
    rebuilt: u64,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.units.keys().collect();
        f.debug_struct("Worker").field("workflows", &names).finish_non_exhaustive()
    }
}

impl Worker {
    /// Loads a folder for running.
    ///
    /// # Errors
    ///
    /// All findings of the folder, when one of them is an error.
    pub fn new(
        folder: Arc<Folder>,
        catalog: Arc<Catalog>,
        limits: Limits,
    ) -> Result<Self, Vec<Finding>> {
        Self::after(&BTreeMap::new(), folder, catalog, limits)
    }

    /// Loads another folder; the states of workflows that are the same there
    /// are kept.
    ///
    /// # Errors
    ///
    /// As for [`Worker::new`]; this worker is as it was then.
    pub fn renewed(
        &self,
        folder: Arc<Folder>,
        catalog: Arc<Catalog>,
    ) -> Result<Self, Vec<Finding>> {
        Self::after(&self.units, folder, catalog, self.limits)
    }

    fn after(
        before: &BTreeMap<String, Rc<Unit>>,
        folder: Arc<Folder>,
        catalog: Arc<Catalog>,
        limits: Limits,
    ) -> Result<Self, Vec<Finding>> {
        let (units, findings) = loading::units_after(before, &folder, &catalog, &limits);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(findings);
        }
        Ok(Self { folder, catalog, limits, units, rebuilt: 0 })
    }

    /// The workflows as they were declared.
    pub fn program(&self) -> Program {
        let workflows =
            self.units.iter().map(|(name, unit)| (name.clone(), unit.workflow.clone()));
        let templates = loading::templates(&self.folder);
        let templates = templates.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Program { workflows: workflows.collect(), templates: templates.collect() }
    }

    /// How often a state had to be dropped and built again.
    pub fn rebuilt(&self) -> u64 {
        self.rebuilt
    }

    /// Calls the handler of a stage for one case.
    ///
    /// Without a handler in the stage or in `always` the answer is `Stay` with
    /// `handled: false`; the defaults of the house are not applied here.
    ///
    /// # Errors
    ///
    /// When the script fails, breaks a limit or answers with something that
    /// cannot be done. Nothing of the call remains.
    pub fn ask(&mut self, ask: &Ask<'_>) -> Result<Answer, StepError> {
        let unit = self.unit(ask.workflow)?;
        let answer = unit.ask(ask);
        let answer = answer.and_then(|answer| self.possible(ask.workflow, answer));
        self.renew(ask.workflow);
        answer
    }

    /// Whether the `where` of a workflow's `enrol` takes a case that meets its
    /// conditions, for the event that brings it in if one does; `true` when
    /// there is no `where`.
    ///
    /// # Errors
    ///
    /// As for [`Worker::ask`].
    pub fn wants(
        &mut self,
        workflow: &str,
        facts: &CaseFacts,
        event: Option<&Event>,
    ) -> Result<bool, StepError> {
        let wants = self.unit(workflow)?.wants(facts, event);
        self.renew(workflow);
        wants
    }

    fn unit(&self, workflow: &str) -> Result<&Unit, StepError> {
        self.units.get(workflow).map(Rc::as_ref).ok_or_else(|| {
            StepError::bad_answer(
                format!("没有流程 “{workflow}”"),
                format!("no workflow `{workflow}`"),
            )
        })
    }

    /// Refuses a turn to a workflow that does not exist or is of another lane.
    fn possible(&self, workflow: &str, answer: Answer) -> Result<Answer, StepError> {
        let unit = self.unit(workflow)?;
        if let Decision::Become { workflow: other } = &answer.decision {
            let lane = &unit.workflow.lane;
            match self.units.get(other) {
                None => return Err(self.no_workflow(unit, other, &answer.line)),
                Some(it) if it.workflow.lane != *lane => {
                    let other_lane = &it.workflow.lane;
                    let fault = crate::fault::Fault::new(
                        format!(
                            "become 只能转到同一条线:{other} 在 {other_lane},本流程在 {lane}"
                        ),
                        format!(
                            "{other} is of the lane {other_lane}, not {lane}: use start"
                        ),
                    );
                    return Err(unit.bad(&fault.at(line_of(&answer.line))));
                }
                Some(_) => {}
            }
        }
        let missing = answer.starts.iter().find(|start| !self.units.contains_key(*start));
        match missing {
            Some(other) => Err(self.no_workflow(unit, other, &answer.line)),
            None => Ok(answer),
        }
    }

    fn no_workflow(&self, unit: &Unit, other: &str, line: &str) -> StepError {
        let fault = crate::fault::Fault::new(
            format!("没有流程 “{other}”"),
            format!("no workflow `{other}`"),
        );
        unit.bad(&fault.suggesting(meant(other, &self.units)).at(line_of(line)))
    }

    /// Builds a spent state again.
    fn renew(&mut self, workflow: &str) {
        let Some(unit) = self.units.get(workflow).filter(|unit| unit.is_spent()) else {
            return;
        };
        let file = unit.workflow.file.clone();
        let Some(text) = self.folder.files.get(&file) else { return };
        let context = loading::context(&self.folder, &self.catalog, &self.limits);
        // The text loaded before and has not changed; should it fail now (no
        // memory left on the machine), the spent state stays and is tried
        // again after the next call.
        if let (Some(unit), _) = Unit::load(&file, text, &context) {
            self.units.insert(workflow.to_owned(), Rc::new(unit));
            self.rebuilt += 1;
        }
    }
}

/// The line in `remind.lua:14`.
fn line_of(place: &str) -> u32 {
    place.rsplit(':').next().and_then(|part| part.parse().ok()).unwrap_or(0)
}
