//! Orders by query (批量放弃): which have not left, and their dropping by a person.

use domain::ids::{CaseId, InstanceId, OrderId};
use domain::journal::keys::{
    AT_BY, AT_DID, AT_ENROLLED, AT_FORM, AT_REPORTED, AT_WHAT, DID_BY_HAND,
    LEGAL_OVERRIDE, WAY_CHOSEN,
};
use domain::journal::{Decided, Entry};
use domain::status::OrderStatus;
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

use crate::journal::{self, NewLine};
use crate::sending::order_line;
use crate::{Conn, Now, StoreError, answered, outbox, rows, tasks};

/// Which orders are meant; what is not said does not matter.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct OrderQuery {
    /// The workflow that gave them.
    pub workflow: Option<String>,
    /// The channel's word.
    pub channel: Option<String>,
    /// The verb.
    pub verb: Option<String>,
    /// One that may be dropped; what is on its way when not said.
    pub status: Option<OrderStatus>,
    /// Given before this instant, in milliseconds since 1970.
    pub created_before_ms: Option<i64>,
    /// The release that gave them, by its id.
    pub release: Option<i64>,
    /// The stop that holds them.
    pub held_by: Option<i64>,
}

impl OrderQuery {
    /// Whether it says anything at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn statuses(&self) -> impl Iterator<Item = OrderStatus> {
        let asked = self.status;
        OrderStatus::DROPPABLE.into_iter().filter(move |status| match asked {
            Some(asked) => asked == *status,
            None => OrderStatus::ON_THEIR_WAY.contains(status),
        })
    }
}

/// The orders of a query, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find(
    conn: &mut Conn,
    query: &OrderQuery,
) -> Result<Vec<OrderId>, StoreError> {
    let mut found = Vec::new();
    for status in query.statuses() {
        let text: String = sqlx::query_scalar(AssertSqlSafe(in_status(status)))
            .bind(query.workflow.clone().unwrap_or_default())
            .bind(query.channel.clone().unwrap_or_default())
            .bind(query.verb.clone().unwrap_or_default())
            .bind(query.created_before_ms.unwrap_or(0))
            .bind(query.release.unwrap_or(0))
            .bind(query.held_by.unwrap_or(0))
            .fetch_one(&mut *conn)
            .await?;
        found.extend(serde_json::from_str::<Vec<OrderId>>(&text)?);
    }
    found.sort_unstable();
    Ok(found)
}

/// The orders of a query in one status. The word stands in the statement, so
/// that the index of the status serves.
fn in_status(status: OrderStatus) -> String {
    format!(
        "select json_group_array(o.id) from outbox o
         where o.status = '{status}'
         and ($1 = '' or o.requested_by = 'workflow:' || $1)
         and ($2 = '' or o.channel = $2) and ($3 = '' or o.verb = $3)
         and ($4 = 0 or o.created_at < $4) and ($5 = 0 or o.release_id = $5)
         and ($6 = 0 or o.held_by = $6)"
    )
}

/// An order that was dropped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dropped {
    /// The order.
    pub order: OrderId,
    /// Its case.
    pub case_id: CaseId,
    /// The run that gave it.
    pub instance: Option<InstanceId>,
    /// The stage it was given in.
    pub stage: String,
    /// The verb.
    pub verb: String,
    /// Who asked for it.
    pub requested_by: String,
    /// It waited for a second person: the wait of its stage begins now.
    pub awaited_approval: bool,
}

/// id, case, instance, stage, verb, who asked, status.
type Found = (i64, i64, Option<i64>, String, String, String, OrderStatus);

const FOUND: &str = "\
select json_group_array(json_array(
  o.id, o.case_id, o.instance_id, o.stage, o.verb, o.requested_by, o.status) order by o.id)
from list($1) as c (id bigint) join outbox o on o.id = c.id
where o.status in ('pending', 'held', 'awaiting_approval', 'unknown', 'failed')";
const DROP: &str = "\
update outbox set
  approved_by = case when status = 'awaiting_approval' then $3 else approved_by end,
  status = 'cancelled', held_by = null, settled_at = $2, settled_note = $4
where id in (select id from list($1) as s (id bigint))";

/// Drops those of some orders that have not left, with a line each on their
/// cases; closes what people were asked to do about them. Answers the dropped.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn drop_all(
    conn: &mut Conn,
    now: &Now,
    orders: &[OrderId],
    by: &str,
    reason: &str,
) -> Result<Vec<Dropped>, StoreError> {
    let found: Vec<Found> = rows::ask(conn, FOUND, orders).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    // Whoever waits to hear that nobody knows hears of the drop instead.
    answered::withdraw(conn, orders).await?;
    let ids: Vec<i64> = found.iter().map(|it| it.0).collect();
    sqlx::query(DROP)
        .bind(serde_json::to_string(&ids)?)
        .bind(now.ms)
        .bind(by.to_owned())
        .bind(reason.to_owned())
        .execute(&mut *conn)
        .await?;
    let lines: Vec<NewLine> = found.iter().map(|it| line(it, by, reason)).collect();
    journal::append(conn, now, &lines).await?;
    let unsent: Vec<OrderId> = found
        .iter()
        .filter(|it| matches!(it.6, OrderStatus::Pending | OrderStatus::Held))
        .map(|it| OrderId(it.0))
        .collect();
    outbox::unreserve(conn, &unsent).await?;
    let outcome = OrderStatus::Cancelled.as_str();
    let closed: Vec<(OrderId, &str, &str)> =
        found.iter().map(|order| (OrderId(order.0), by, outcome)).collect();
    tasks::close_of_orders(conn, now, &closed).await?;
    Ok(found.into_iter().map(dropped).collect())
}

fn dropped(found: Found) -> Dropped {
    let (id, case, instance, stage, verb, requested_by, status) = found;
    Dropped {
        order: OrderId(id),
        case_id: CaseId(case),
        instance: instance.map(InstanceId),
        stage,
        verb,
        requested_by,
        awaited_approval: status == OrderStatus::AwaitingApproval,
    }
}

/// What waited for a second person is rejected by whoever drops it.
fn line(found: &Found, by: &str, reason: &str) -> NewLine {
    let (id, case, _, _, verb, _, status) = found;
    if *status != OrderStatus::AwaitingApproval {
        return order_line(*case, *id, OrderStatus::Cancelled, verb, None, by, reason);
    }
    let rejected = Entry::Rejected(Decided {
        order: OrderId(*id),
        verb: verb.clone(),
        by: by.to_owned(),
        reason: reason.to_owned(),
        terms: None,
    });
    NewLine::of_case(CaseId(*case), rejected)
}

/// A person as books and orders may have them.
#[derive(Clone, Copy, Debug)]
pub struct Called<'a> {
    /// Every name that they go by: their own, and those they log in with.
    pub names: &'a [String],
    /// The plugins whose orders are theirs where no other is put in charge.
    pub in_charge_of: &'a [String],
}

/// The collector of then and the collector of now: a case that changes hands does
/// not make room for either. Whoever is put in charge of what is approved wants it to
/// go ahead, and whoever put the case into a workflow by hand, waived its conditions or
/// chose the way that the claim goes, has asked for what follows.
fn own_sql() -> String {
    format!(
        "with called as (select name from list($2) as n (name text))
         select o.id from list($1) as s (id bigint) join outbox o on o.id = s.id
         join cases c on c.id = o.case_id
         where o.status = 'awaiting_approval' and (
           o.requested_by in (select name from called)
           or trim(o.collector) in (select name from called)
           or trim(c.collector) in (select name from called)
           or trim(json(o.args) ->> 'by') in (select name from called)
           or ((json(o.args) ->> 'by') is null and o.plugin in (
             select plugin from list($3) as p (plugin text)))
           or exists (select 1 from journal j
             where j.chain = o.case_id
             and json(j.body) ->> '{AT_DID}' = '{DID_BY_HAND}'
             and json(j.body) ->> '{AT_BY}' in (select name from called)
             and ((json(j.body) -> '{AT_WHAT}' ->> '{AT_ENROLLED}') is not null
               or (json(j.body) -> '{AT_WHAT}' ->> '{AT_FORM}') = '{WAY_CHOSEN}'
               or (json(j.body) -> '{AT_WHAT}' ->> '{AT_REPORTED}')
                 = '{LEGAL_OVERRIDE}')))"
    )
}

/// Those of some orders that wait for a second person, who is not this one: the
/// person asked for them, is in charge of them, brought their case to them or works it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn own(
    conn: &mut Conn,
    orders: &[OrderId],
    person: Called<'_>,
) -> Result<Vec<OrderId>, StoreError> {
    let own: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(own_sql()))
        .bind(serde_json::to_string(orders)?)
        .bind(serde_json::to_string(person.names)?)
        .bind(serde_json::to_string(person.in_charge_of)?)
        .fetch_all(conn)
        .await?;
    Ok(own.into_iter().map(OrderId).collect())
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn each_status_is_found_by_its_index() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::temporary(dir.path()).await.unwrap();
        let mut conn = store.read().await.unwrap();
        for status in OrderStatus::DROPPABLE {
            let plan = AssertSqlSafe(format!("explain query plan {}", in_status(status)));
            let steps = sqlx::query(plan).fetch_all(conn.conn()).await.unwrap();
            for step in &steps {
                let step: &str = step.get("detail");
                assert!(step.contains(" USING INDEX outbox_"), "{status}: {step}");
            }
        }
    }
}
