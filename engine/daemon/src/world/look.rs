//! What a test sees (测试所见): orders that left, orders refused, open work, and
//! where a case stands.

use std::collections::BTreeSet;

use anyhow::Result;
use domain::ids::{CaseId, InstanceId};
use domain::journal::Entry;
use domain::party::Role;
use domain::status::{InstanceStatus, OrderStatus};
use script::testing::{CaseState, RefusedOrder, SentOrder};
use serde_json::Value;
use sqlx::Row;
use sqlx::any::AnyRow;
use store::Conn;

use crate::clock::Clock;
use crate::engine::runtime::Runtime;

/// A list that only grows: a test ticks off what it has expected by position,
/// so nothing new may come before what was seen.
pub(super) struct Seen<T> {
    ids: BTreeSet<i64>,
    list: Vec<T>,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self { ids: BTreeSet::new(), list: Vec::new() }
    }
}

impl<T: Clone> Seen<T> {
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

const SENT: &str = "\
select o.id, o.verb, o.args, o.status, o.settled_at,
  coalesce((select group_concat(cp.role) from case_parties cp
    where cp.case_id = o.case_id and cp.party_id = o.party_id), '')
from outbox o
where o.status = 'delivered'
order by o.settled_at, o.id";

/// The orders that have left, oldest first, with their numbers.
pub(super) async fn sent(
    conn: &mut Conn,
    clock: &Clock,
    runtime: &Runtime,
) -> Result<Vec<(i64, SentOrder)>> {
    let rows = sqlx::query(SENT).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let verb: String = row.get(1);
            let args: Value = serde_json::from_str(row.get::<&str, _>(2))?;
            let template = text_of(runtime, &verb, &args);
            let order = SentOrder {
                verb,
                template,
                to_role: first_role(row.get(5)),
                status: row.get::<&str, _>(3).parse()?,
                at: minute(clock, row),
            };
            Ok((row.get(0), order))
        })
        .collect()
}

/// The template of a message; for other verbs what their one bare argument
/// says, such as the call card or the title of a task.
fn text_of(runtime: &Runtime, verb: &str, args: &Value) -> Option<String> {
    let lone = runtime.verbs.get(verb).and_then(|it| it.1.lone);
    let names = ["template"].into_iter().chain(lone);
    names.into_iter().find_map(|it| args.get(it)?.as_str()).map(str::to_owned)
}

/// A person with several roles on a case stands in the one that owes most.
fn first_role(roles: &str) -> Option<String> {
    let role = roles.split(',').filter_map(Role::parse).min();
    role.map(|it| it.as_str().to_owned())
}

/// When the order was settled, the fifth column.
fn minute(clock: &Clock, row: &AnyRow) -> String {
    let at: Option<i64> = row.get(4);
    let civil = clock.civil(at.unwrap_or_default());
    civil.strftime("%Y-%m-%d %H:%M").to_string()
}

const REFUSED: &str = "\
select id, verb, settled_note, status, settled_at
from outbox
where status = 'refused'
order by settled_at, id";

/// The orders that conduct review refused, oldest first, with their numbers.
pub(super) async fn refused(
    conn: &mut Conn,
    clock: &Clock,
) -> Result<Vec<(i64, RefusedOrder)>> {
    let rows = sqlx::query(REFUSED).fetch_all(conn).await?;
    let refused = rows.iter().map(|row| {
        let rules = row.get::<&str, _>(2).split(',').map(str::to_owned).collect();
        let order = RefusedOrder { verb: row.get(1), rules, at: minute(clock, row) };
        (row.get(0), order)
    });
    Ok(refused.collect())
}

const OPEN_TASKS: &str = "\
select kind from tasks where closed_at is null order by opened_at, id";

/// The kinds of the open tasks, oldest first.
pub(super) async fn open_tasks(conn: &mut Conn) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(OPEN_TASKS).fetch_all(conn).await?)
}

const STATES: &str = "\
select i.id, i.workflow, i.stage, i.status, n.finish_reason
from instances i join instance_notes n on n.instance_id = i.id
where i.case_id = $1
order by i.id desc";

const STEPS: &str = "\
select body from journal where chain = $1 order by seq";

/// Every workflow that a case has been in, the newest first.
pub(super) async fn states(conn: &mut Conn, case: CaseId) -> Result<Vec<CaseState>> {
    let rows = sqlx::query(STATES).bind(case.0).fetch_all(&mut *conn).await?;
    let mut states = Vec::with_capacity(rows.len());
    for row in &rows {
        let status: InstanceStatus = row.get::<&str, _>(3).parse()?;
        states.push(CaseState {
            workflow: row.get(1),
            stage: row.get(2),
            status: status.into(),
            finish_reason: row.get(4),
            path: path(conn, InstanceId(row.get(0))).await?,
        });
    }
    Ok(states)
}

/// The stages that an instance has entered, oldest first, from the journal.
async fn path(conn: &mut Conn, instance: InstanceId) -> Result<Vec<String>> {
    let rows = sqlx::query(STEPS).bind(instance.0).fetch_all(conn).await?;
    let mut stages = Vec::new();
    for row in &rows {
        if let Entry::Stepped(step) = Entry::parse(row.get(0))? {
            stages.extend(step.entered().map(str::to_owned));
        }
    }
    Ok(stages)
}

const AWAITING: &str = "\
select o.id, coalesce(o.collector, ''), coalesce(c.collector, '')
from outbox o join cases c on c.id = o.case_id
where o.status = 'awaiting_approval' and o.verb = $1
order by o.id limit 1";

/// The oldest order of a verb that waits for a second person, and the
/// collectors, who may not approve it.
pub(super) async fn awaiting(
    conn: &mut Conn,
    verb: &str,
) -> Result<Option<(i64, [String; 2])>> {
    let row = sqlx::query(AWAITING).bind(verb.to_owned()).fetch_optional(conn).await?;
    Ok(row.map(|it| (it.get(0), [it.get(1), it.get(2)])))
}

const LAST_OPEN: &str = "\
select id, status, party_id
from outbox
where case_id = $1 and verb = $2
order by id desc";

/// One order of a verb on a case.
pub(super) struct Given {
    /// Its number.
    pub(super) id: i64,
    /// Where it stands in the outbox.
    pub(super) status: OrderStatus,
    /// Whom it goes to.
    pub(super) party: Option<i64>,
}

/// The orders of a verb on a case, the newest first.
pub(super) async fn orders(
    conn: &mut Conn,
    case: CaseId,
    verb: &str,
) -> Result<Vec<Given>> {
    let query = sqlx::query(LAST_OPEN).bind(case.0).bind(verb.to_owned());
    let rows = query.fetch_all(conn).await?;
    let given = rows.iter().map(|row| {
        let status = row.get::<&str, _>(1).parse()?;
        Ok(Given { id: row.get(0), status, party: row.get(2) })
    });
    given.collect()
}

const SCRIPT_ERROR: &str = "\
select message from step_errors order by last_at, instance_id limit 1";

/// What a script has stumbled over, if one has.
pub(super) async fn script_error(conn: &mut Conn) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(SCRIPT_ERROR).fetch_optional(conn).await?)
}
