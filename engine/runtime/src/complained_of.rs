//! Those complained of (被投诉人): work that a complaint gives never lands with them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::complaint;
use domain::event::EventKind;
use domain::ids::{CaseId, OrderId};
use store::outbox::Leased;
use store::tasks::Asked;
use store::{Conn, complaints};

use crate::Engine;
use crate::runtime::Runtime;

impl Engine {
    /// Keeps the work of workflows that a complaint began from those whom the complaint
    /// is about: the collector of the case, unless it names somebody else.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub(super) async fn keep_from_those_complained_of<'o>(
        &self,
        conn: &mut Conn,
        runtime: &Runtime,
        orders: impl Iterator<Item = &'o Leased>,
        asked: &mut [Asked],
    ) -> Result<()> {
        if asked.is_empty() {
            return Ok(());
        }
        let of_complaints: BTreeMap<OrderId, &Leased> = orders
            .filter(|order| is_of_a_complaint(runtime, order))
            .map(|order| (order.id, order))
            .collect();
        let cases: BTreeSet<CaseId> =
            of_complaints.values().map(|it| it.case_id).collect();
        let cases: Vec<CaseId> = cases.into_iter().collect();
        let told = complaints::of_cases(conn, &cases).await?;
        for asked in asked {
            let order = asked.order.and_then(|order| of_complaints.get(&order));
            let Some((order, moves)) =
                order.and_then(|order| Some((order, told.get(&order.case_id)?)))
            else {
                continue;
            };
            let about =
                complaint::complained_of(moves.clone(), order.collector.as_deref());
            let about = self.by_all_names(about);
            let task = &mut asked.task;
            task.assignee = task.assignee.take().map(|whose| whose.beside(&about));
            asked.not_by = about;
        }
        Ok(())
    }

    /// Each name, with the one that the settings have for it where that is another.
    fn by_all_names(&self, names: Vec<String>) -> Vec<String> {
        let mut all = Vec::new();
        for name in names {
            let called = self.called(&name);
            all.push(name);
            if !all.contains(&called) {
                all.push(called);
            }
        }
        all
    }
}

/// Whether a complaint began the workflow that gave an order.
fn is_of_a_complaint(runtime: &Runtime, order: &Leased) -> bool {
    let name = order.requested_by.strip_prefix("workflow:").unwrap_or_default();
    let workflow = runtime.program.workflows.get(name);
    let enrolment = workflow.and_then(|workflow| workflow.enrol.as_ref());
    enrolment.is_some_and(|enrolment| {
        enrolment.on.iter().any(|on| on == EventKind::Complaint.as_str())
    })
}
