//! The blast guard (影响面保护): a release after which far more people would be
//! contacted in a day than before waits for a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use domain::enrolment::Condition;
use runtime::{Engine, Runtime};
use script::finding::Finding;
use script::program::Workflow;
use store::{due, enrol, facts};

use crate::findings::BLAST;
use crate::intake;

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
    if intake::is_same_work(&old.folder, &new.folder) {
        return Ok(None);
    }
    let times = u64::from(times);
    let entering = Entering::between(old, new);
    let mut before = due_contacts(engine, old).await?;
    before += count(engine, &entering.before).await?;
    let mut after = due_contacts(engine, new).await?;
    after += count(engine, &entering.after).await?;
    // What both take in alike brings the two sides nearer to each other: it is
    // counted only where it can speak for the new one.
    if 0 < times && after <= before.saturating_mul(times) {
        return Ok(None);
    }
    let alike = count(engine, &entering.alike).await?;
    (before, after) = (before + alike, after + alike);
    let too_far = u64::from(at_least) <= after && before.saturating_mul(times) < after;
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
    let asked = by_workflow(batch.iter().map(|it| it.0.workflow.as_str()));
    let (host, slice) = (&engine.host, engine.slice());
    let worked = host.steps_within(runtime, &engine.clock, &now, batch, slice).await?;
    let mut contacts: BTreeMap<String, u64> = BTreeMap::new();
    for it in &worked.results {
        let Ok(outcome) = &it.outcome else { continue };
        let of_orders = outcome.orders.iter().filter(|order| {
            let verb = runtime.verbs.get(order.verb.as_str());
            verb.is_some_and(|(_, verb)| verb.channel.is_some())
        });
        let count = u64::try_from(of_orders.count()).unwrap_or(u64::MAX);
        *contacts.entry(it.claimed.workflow.clone()).or_default() += count;
    }
    let done = by_workflow(worked.results.iter().map(|it| it.claimed.workflow.as_str()));
    // A slow script is tried on some of its cases; they stand for the others.
    let of_all = contacts.into_iter().map(|(workflow, count)| {
        let (asked, done) = (asked.get(&workflow), done.get(&workflow));
        let (asked, done) = (asked.copied().unwrap_or(1), done.copied().unwrap_or(1));
        count.saturating_mul(asked) / done.max(1)
    });
    Ok(of_all.fold(0, u64::saturating_add))
}

fn by_workflow<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for name in names {
        if let Some(count) = counts.get_mut(name) {
            *count += 1;
        } else {
            counts.insert(name.to_owned(), 1);
        }
    }
    counts
}

/// Workflows that take in cases by conditions under two releases.
#[derive(Default)]
struct Entering<'a> {
    /// Under the running one alone.
    before: Vec<&'a Workflow>,
    /// Under the new one alone.
    after: Vec<&'a Workflow>,
    /// Under both, with the same question.
    alike: Vec<&'a Workflow>,
}

impl<'a> Entering<'a> {
    fn between(old: &'a Runtime, new: &'a Runtime) -> Self {
        let (old, new) = (entering(old), entering(new));
        let has = |list: &[&Workflow], one: &Workflow| {
            list.iter().any(|it| question(it) == question(one))
        };
        let before = old.iter().copied().filter(|it| !has(&new, it)).collect();
        let (alike, after) = new.iter().copied().partition(|it| has(&old, it));
        Self { before, after, alike }
    }
}

fn entering(runtime: &Runtime) -> Vec<&Workflow> {
    let workflows = runtime.program.workflows.values();
    let by_conditions = |it: &&Workflow| {
        it.enrol.as_ref().is_some_and(|it| it.on.is_empty() && !it.conditions.is_empty())
    };
    workflows.filter(by_conditions).collect()
}

fn question(it: &Workflow) -> (&str, &str, Option<&[Condition]>) {
    (&it.name, &it.lane, it.enrol.as_ref().map(|it| it.conditions.as_slice()))
}

/// Cases that the next scan would bring into some workflows.
async fn count(engine: &Engine, workflows: &[&Workflow]) -> Result<u64> {
    let today = engine.clock.now().today();
    let mut conn = engine.store.read().await?;
    let mut cases = 0_u64;
    for workflow in workflows {
        let Some(enrolment) = &workflow.enrol else { continue };
        let (name, lane) = (&workflow.name, &workflow.lane);
        let most = MOST_COUNTED;
        let counted =
            enrol::count_candidates(conn.conn(), today, name, lane, enrolment, most);
        cases = cases.saturating_add(counted.await?);
    }
    Ok(cases)
}
