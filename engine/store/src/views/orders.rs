//! Orders (指令) as people look at them, the newest first, and as a test of a workflow
//! looks for them.

use domain::ids::{CaseId, InstanceId, OrderId};
use domain::status::OrderStatus;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, FromRow, Row};

use crate::{Conn, StoreError, rows};

/// Which orders are listed; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Those of one case.
    pub case_id: Option<CaseId>,
    /// Those that stand there.
    pub status: Option<OrderStatus>,
}

/// One order as people look at it.
#[derive(Clone, Debug, Serialize)]
pub struct OrderEntry {
    /// The order's number.
    pub id: i64,
    /// The institution's loan number.
    pub case_no: String,
    /// The case.
    #[serde(skip)]
    pub case_id: CaseId,
    /// The instance that gave it.
    #[serde(skip)]
    pub instance_id: Option<InstanceId>,
    /// The stage it was given in.
    pub stage: String,
    /// The plugin.
    pub plugin: String,
    /// The verb.
    pub verb: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Who asked.
    pub requested_by: String,
    /// The collector when it was committed.
    pub collector: Option<String>,
    /// Not before, in milliseconds since 1970.
    pub not_before_at: i64,
    /// What became of it; why it is held.
    pub note: String,
    /// The line of the script.
    pub line: String,
    /// The arguments as JSON.
    pub args: String,
}

impl OrderEntry {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.try_get("id")?,
            case_no: row.try_get("case_no")?,
            case_id: CaseId(row.try_get("case_id")?),
            instance_id: row.try_get::<Option<i64>, _>("instance_id")?.map(InstanceId),
            stage: row.try_get("stage")?,
            plugin: row.try_get("plugin")?,
            verb: row.try_get("verb")?,
            status: rows::word(row, "status")?,
            requested_by: row.try_get("requested_by")?,
            collector: row.try_get("collector")?,
            not_before_at: row.try_get("not_before_at")?,
            note: row.try_get("note")?,
            line: row.try_get("line")?,
            args: row.try_get("args")?,
        })
    }
}

const COLUMNS: &str = "\
select o.id, c.case_no, o.case_id, o.instance_id, o.stage, o.plugin, o.verb, o.status,
  o.requested_by, o.collector, o.not_before_at,
  coalesce(s.reason, o.settled_note) as note,
  o.line, o.args
from outbox o join cases c on c.id = o.case_id
left join sending_stops s on s.id = o.held_by";

impl OrderFilter {
    /// `$1` is the case, `$2` the status, `$3` the last order shown, `$4` the limit. What
    /// is not asked for is left out, so that an index finds the rest in its order.
    fn sql(&self) -> String {
        let (door, number) = match (self.case_id, self.status) {
            (Some(_), _) => ("o.case_id = $1 and ($2 = '' or o.status = $2)", "o.id"),
            (None, Some(_)) => {
                ("o.status = $2 and o.created_at >= 0 and $1 = 0", "o.id + 0")
            }
            (None, None) => ("$1 = 0 and $2 = ''", "o.id"),
        };
        format!(
            "{COLUMNS} where {door} and {number} < $3 order by {number} desc limit $4"
        )
    }
}

/// The orders of a list behind one of them, the newest first, at most `limit`; `None`
/// begins the list.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(
    conn: &mut Conn,
    filter: &OrderFilter,
    after: Option<&OrderEntry>,
    limit: i64,
) -> Result<Vec<OrderEntry>, StoreError> {
    let rows = sqlx::query(AssertSqlSafe(filter.sql()))
        .bind(filter.case_id.map_or(0, |case| case.0))
        .bind(filter.status.map_or("", OrderStatus::as_str))
        .bind(after.map_or(i64::MAX, |order| order.id))
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(OrderEntry::read).collect()
}

/// One order by its number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<OrderEntry>, StoreError> {
    let sql = AssertSqlSafe(format!("{COLUMNS} where o.id = $1"));
    let row = sqlx::query(sql).bind(order.0).fetch_optional(conn).await?;
    row.as_ref().map(OrderEntry::read).transpose()
}

/// An order that has left.
#[derive(Clone, Debug, FromRow)]
pub struct Delivered {
    /// Its number.
    pub id: i64,
    /// What was done.
    pub verb: String,
    /// Its arguments, as JSON.
    pub args: String,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub status: OrderStatus,
    /// When it left, in milliseconds since 1970.
    pub settled_at: Option<i64>,
    /// The roles on the case of whoever it went to, joined by ','.
    pub roles: String,
}

const DELIVERED: &str = "\
select o.id, o.verb, o.args, o.status, o.settled_at,
  coalesce((select string_agg(cp.role, ',' order by cp.role) from case_parties cp
    where cp.case_id = o.case_id and cp.party_id = o.party_id), '') as roles
from outbox o
where o.status = 'delivered'
order by o.settled_at nulls first, o.id";

/// Every order that has left, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn delivered(conn: &mut Conn) -> Result<Vec<Delivered>, StoreError> {
    Ok(sqlx::query_as(DELIVERED).fetch_all(conn).await?)
}

/// An order that conduct review has refused.
#[derive(Clone, Debug, FromRow)]
pub struct Refused {
    /// Its number.
    pub id: i64,
    /// What was to be done.
    pub verb: String,
    /// The rules, joined by ','.
    pub settled_note: String,
    /// When, in milliseconds since 1970.
    pub settled_at: Option<i64>,
}

const REFUSED: &str = "\
select id, verb, coalesce(settled_note, '') as settled_note, settled_at
from outbox
where status = 'refused'
order by settled_at nulls first, id";

/// Every order that conduct review has refused, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn refused(conn: &mut Conn) -> Result<Vec<Refused>, StoreError> {
    Ok(sqlx::query_as(REFUSED).fetch_all(conn).await?)
}

const HELD: &str = "\
select verb from outbox where status = 'held' order by held_by, id";

/// The verbs of the orders that stand back, by the stop that holds them.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn held(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(HELD).fetch_all(conn).await?)
}

/// An order that waits for a second person.
#[derive(Clone, Debug, FromRow)]
pub struct Awaiting {
    /// Its number.
    pub id: i64,
    /// The collector when it was given.
    pub collector: Option<String>,
    /// The collector of the case now.
    pub case_collector: Option<String>,
}

const AWAITING: &str = "\
select o.id, o.collector, c.collector as case_collector
from outbox o join cases c on c.id = o.case_id
where o.status = 'awaiting_approval' and o.verb = $1
order by o.id limit 1";

/// The oldest order of a verb that waits for a second person.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn awaiting(
    conn: &mut Conn,
    verb: &str,
) -> Result<Option<Awaiting>, StoreError> {
    Ok(sqlx::query_as(AWAITING).bind(verb).fetch_optional(conn).await?)
}

/// One order of a verb on a case.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Given {
    /// Its number.
    pub id: i64,
    /// Where it stands in the outbox.
    #[sqlx(try_from = "String")]
    pub status: OrderStatus,
    /// Whom it goes to.
    pub party_id: Option<i64>,
}

const GIVEN: &str = "\
select id, status, party_id
from outbox
where case_id = $1 and verb = $2
order by id desc";

/// The orders of a verb on a case, the newest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn given(
    conn: &mut Conn,
    case: CaseId,
    verb: &str,
) -> Result<Vec<Given>, StoreError> {
    Ok(sqlx::query_as(GIVEN).bind(case.0).bind(verb).fetch_all(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views;

    #[tokio::test]
    async fn each_filter_has_an_index_in_the_order_of_the_list() {
        let (case_id, status) = (Some(CaseId(1)), Some(OrderStatus::Refused));
        let table = [
            (
                OrderFilter { case_id, status: None },
                "outbox_of_case (case_id=? AND id<?)",
            ),
            (OrderFilter { case_id, status }, "outbox_of_case (case_id=? AND id<?)"),
            (
                OrderFilter { case_id: None, status },
                "outbox_listed (status=? AND <expr><?)",
            ),
            (OrderFilter::default(), "sqlite_autoindex_outbox_"),
        ];
        for (filter, wanted) in table {
            let steps = views::plan(&filter.sql()).await;
            let wanted = format!("o USING INDEX {wanted}");
            assert!(
                steps.iter().any(|step| step.contains(&wanted)),
                "{wanted}: {steps:?}"
            );
            let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
            assert!(!sorts, "{wanted}: {steps:?}");
        }
    }
}
