//! By when a matter has to be settled (办结期限): work that a dispute or a complaint gives
//! is due no later than the rules of conduct say, whatever its workflow asks for.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::event::core_event;
use domain::hold::HoldReason;
use domain::ids::{CaseId, OrderId};
use jiff::civil::Date;
use store::outbox::Leased;
use store::tasks::Asked;
use store::{Conn, Now, holds};

use crate::runtime::Runtime;

/// Brings the work of workflows that an event began, which placed a hold, within the days
/// that the policy pack gives for that hold. Once those have gone by it is due today.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn by_the_pack<'o>(
    conn: &mut Conn,
    now: &Now,
    runtime: &Runtime,
    orders: impl Iterator<Item = &'o Leased>,
    asked: &mut [Asked],
) -> Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let reasons: BTreeMap<OrderId, (CaseId, Vec<HoldReason>)> = orders
        .map(|order| (order.id, (order.case_id, reasons_of(runtime, order))))
        .filter(|(_, (_, reasons))| !reasons.is_empty())
        .collect();
    let mut cases: Vec<CaseId> = reasons.values().map(|it| it.0).collect();
    cases.sort_unstable();
    cases.dedup();
    let placed = holds::placed_first(conn, &cases).await?;
    let last_day = |case: CaseId, reasons: &[HoldReason]| -> Option<Date> {
        let of_case = placed.iter().filter(|it| it.0 == case);
        of_case
            .filter_map(|(_, reason, on)| Some((HoldReason::parse(reason)?, *on)))
            .filter(|(reason, _)| reasons.contains(reason))
            .filter_map(|(reason, on)| runtime.policy.settled_by(reason, on))
            .min()
    };
    for asked in asked {
        let of = asked.order.and_then(|order| reasons.get(&order));
        let last = of.and_then(|(case, reasons)| last_day(*case, reasons));
        if let (Some(due_on), Some(last)) = (asked.task.due_on, last) {
            asked.task.due_on = Some(due_on.min(last.max(now.today())));
        }
    }
    Ok(())
}

/// The holds that the events place which bring a case into the workflow of an order, as
/// far as the pack gives days for them.
fn reasons_of(runtime: &Runtime, order: &Leased) -> Vec<HoldReason> {
    let name = order.requested_by.strip_prefix("workflow:").unwrap_or_default();
    let workflow = runtime.program.workflows.get(name);
    let events = workflow
        .and_then(|workflow| workflow.enrol.as_ref())
        .into_iter()
        .flat_map(|it| &it.on);
    events
        .filter_map(|event| core_event(event)?.places_hold)
        .filter(|it| runtime.policy.days_to_settle(*it).is_some())
        .collect()
}
