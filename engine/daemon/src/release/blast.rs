//! The blast guard (影响面保护): a release after which far more people would be
//! contacted in a day than before waits for a person.

use std::sync::Arc;

use anyhow::Result;
use script::finding::Finding;
use store::{due, enrol, facts};

use crate::engine::Engine;
use crate::engine::runtime::Runtime;
use crate::release::findings::BLAST;

/// Waiting cases looked at; their contacts stand for all that are due.
const SAMPLE: i64 = 2_000;
/// Cases counted for one workflow's enrolment.
const MOST_COUNTED: u32 = 100_000;
const DAY_MS: i64 = 86_400_000;

/// The finding that makes a candidate wait, if it reaches too far.
///
/// What the next day holds is worked out under both releases and thrown away:
/// the cases whose timers fire, and those that would newly enter. It waits with
/// so many `times` the contacts of the running one, `at_least` so many.
///
/// # Errors
///
/// The store cannot be read, or the script thread has died.
pub async fn check(
    engine: &Engine,
    (times, at_least): (u32, u32),
    old: &Arc<Runtime>,
    new: &Arc<Runtime>,
) -> Result<Option<Finding>> {
    let (entering_before, entering_after) = newly_enrolled(engine, old, new).await?;
    let before = due_contacts(engine, old).await? + entering_before;
    let after = due_contacts(engine, new).await? + entering_after;
    let too_far =
        u64::from(at_least) <= after && before.saturating_mul(u64::from(times)) < after;
    Ok(too_far.then(|| {
        Finding::error(
            BLAST,
            "",
            format!(
                "按新版本,一天内约 {after} 次联络,当前版本约 {before} 次:\
                 确认是本意后执行 qingshou releases --confirm"
            ),
            format!(
                "about {after} contacts in a day, {before} under the running release: \
                 if that is meant, run `qingshou releases --confirm`"
            ),
        )
    }))
}

/// Contacts that the timers of the next day would give.
async fn due_contacts(engine: &Engine, runtime: &Arc<Runtime>) -> Result<u64> {
    let now = engine.clock.now();
    let batch = {
        let mut conn = engine.store.read().await?;
        let claimed = due::claim(conn.conn(), now.ms + DAY_MS, SAMPLE).await?;
        let cases: Vec<i64> = claimed.iter().map(|it| it.case_id.0).collect();
        let known = facts::load(conn.conn(), now.today(), &cases).await?;
        let with_facts = claimed.into_iter().filter_map(|mut it| {
            let facts = known.get(&it.case_id)?.clone();
            it.due_at = it.due_at.map(|at| at.min(now.ms));
            Some((it, facts))
        });
        with_facts.collect::<Vec<_>>()
    };
    let results = engine.host.steps(runtime, &engine.clock, &now, batch).await?;
    let contacts = results
        .iter()
        .filter_map(|it| it.outcome.as_ref().ok())
        .flat_map(|it| &it.orders)
        .filter(|it| {
            let verb = runtime.verbs.get(it.verb.as_str());
            verb.is_some_and(|(_, verb)| verb.channel.is_some())
        });
    Ok(u64::try_from(contacts.count()).unwrap_or(u64::MAX))
}

/// Cases that the next scan would bring in under each of two releases. What
/// both ask alike is counted once: most edits leave every enrolment alone.
async fn newly_enrolled(
    engine: &Engine,
    old: &Runtime,
    new: &Runtime,
) -> Result<(u64, u64)> {
    let today = engine.clock.now().today();
    let mut conn = engine.store.read().await?;
    let mut asked = Vec::new();
    let mut cases = [0_u64; 2];
    for (side, runtime) in [old, new].into_iter().enumerate() {
        for workflow in runtime.program.workflows.values() {
            let Some(enrolment) = &workflow.enrol else { continue };
            if !enrolment.on.is_empty() || enrolment.conditions.is_empty() {
                continue;
            }
            let question = (&workflow.name, &workflow.lane, &enrolment.conditions);
            let known = asked.iter().find(|(one, _)| *one == question);
            let count = if let Some((_, count)) = known {
                *count
            } else {
                let (name, lane) = (&workflow.name, &workflow.lane);
                enrol::count_candidates(
                    conn.conn(),
                    today,
                    name,
                    lane,
                    enrolment,
                    MOST_COUNTED,
                )
                .await?
            };
            asked.push((question, count));
            cases[side] = cases[side].saturating_add(count);
        }
    }
    let [before, after] = cases;
    Ok((before, after))
}
