//! What a test sees (测试所见): orders that left, orders refused, open work, and
//! where a case stands.

use std::collections::BTreeSet;

use anyhow::Result;
use domain::duty::Assignee;
use domain::ids::CaseId;
use domain::journal::Entry;
use domain::party::Role;
use domain::role as office;
use runtime::Runtime;
use runtime::clock::Clock;
use script::testing::{CaseState, OpenTask, RefusedOrder, SentOrder};
use serde_json::Value;
use store::Conn;
use store::views::tasks::{self, TaskEntry, TaskFilter};
use store::views::{cases, orders};

/// A list that only grows: a test ticks off what it has expected by position,
/// so nothing new may come before what was seen.
pub(super) struct ByFirstSight<T> {
    ids: BTreeSet<i64>,
    list: Vec<T>,
}

impl<T> Default for ByFirstSight<T> {
    fn default() -> Self {
        Self { ids: BTreeSet::new(), list: Vec::new() }
    }
}

impl<T: Clone> ByFirstSight<T> {
    /// Adds what is new of a list with numbers, and gives everything seen.
    pub(super) fn add(&mut self, now: Vec<(i64, T)>) -> Vec<T> {
        for (id, it) in now {
            if self.ids.insert(id) {
                self.list.push(it);
            }
        }
        self.list.clone()
    }
}

/// The work that waits for people, suspended or not, by its kinds.
pub(super) async fn open_tasks(conn: &mut Conn) -> Result<Vec<OpenTask>> {
    let mut open = Vec::new();
    for suspended in [false, true] {
        let filter = TaskFilter { suspended, ..TaskFilter::default() };
        open.extend(tasks::list(conn, &filter, None, i64::MAX).await?);
    }
    open.sort_by(|one, next| (&one.kind, one.id).cmp(&(&next.kind, next.id)));
    let whose = |task: &TaskEntry| {
        let role = task.for_role.as_deref().and_then(office::Role::parse);
        let person = task.assignee.clone().map(Assignee::Person);
        person.or(role.map(|role| Assignee::Role { role }))
    };
    let one = |task: TaskEntry| OpenTask { by: whose(&task), kind: task.kind };
    let mut open: Vec<OpenTask> = open.into_iter().map(one).collect();
    open.dedup();
    Ok(open)
}

/// The orders that have left, oldest first, with their numbers.
pub(super) async fn sent(
    conn: &mut Conn,
    clock: &Clock,
    runtime: &Runtime,
) -> Result<Vec<(i64, SentOrder)>> {
    let delivered = orders::delivered(conn).await?.into_iter().map(|order| {
        let args: Value = serde_json::from_str(&order.args)?;
        let sent = SentOrder {
            template: text_of(runtime, &order.verb, &args),
            verb: order.verb,
            to_role: first_role(&order.roles),
            status: order.status,
            at: minute(clock, order.settled_at),
        };
        Ok((order.id, sent))
    });
    delivered.collect()
}

/// The template of a message; for other verbs what their one bare argument
/// says, such as the call card or the title of a task.
fn text_of(runtime: &Runtime, verb: &str, args: &Value) -> Option<String> {
    let lone = runtime.verbs.get(verb).and_then(|verb| verb.1.lone);
    let names = ["template"].into_iter().chain(lone);
    names.into_iter().find_map(|name| args.get(name)?.as_str()).map(str::to_owned)
}

/// A person with several roles on a case stands in the one that owes most.
fn first_role(roles: &str) -> Option<String> {
    let role = roles.split(',').filter_map(Role::parse).min();
    role.map(|role| role.as_str().to_owned())
}

/// When an order was settled.
fn minute(clock: &Clock, settled_at: Option<i64>) -> String {
    let civil = clock.civil(settled_at.unwrap_or_default());
    civil.strftime("%Y-%m-%d %H:%M").to_string()
}

/// The orders that conduct review refused, oldest first, with their numbers.
pub(super) async fn refused(
    conn: &mut Conn,
    clock: &Clock,
) -> Result<Vec<(i64, RefusedOrder)>> {
    let refused = orders::refused(conn).await?.into_iter().map(|order| {
        let rules = order.settled_note.split(',').map(str::to_owned).collect();
        let at = minute(clock, order.settled_at);
        (order.id, RefusedOrder { verb: order.verb, rules, at })
    });
    Ok(refused.collect())
}

/// Every workflow that a case has been in, the newest first.
pub(super) async fn states(conn: &mut Conn, case: CaseId) -> Result<Vec<CaseState>> {
    let runs = cases::runs(conn, case).await?;
    let mut states = Vec::with_capacity(runs.len());
    for run in runs {
        states.push(CaseState {
            workflow: run.workflow,
            stage: run.stage,
            status: run.status.into(),
            finish_reason: run.finish_reason,
            path: path(conn, run.id).await?,
        });
    }
    Ok(states)
}

/// The stages that a run has entered, oldest first, from the journal.
async fn path(conn: &mut Conn, run: i64) -> Result<Vec<String>> {
    let mut stages = Vec::new();
    for body in cases::steps(conn, run).await? {
        if let Entry::Stepped(step) = Entry::parse(&body)? {
            stages.extend(step.entered().map(str::to_owned));
        }
    }
    Ok(stages)
}
