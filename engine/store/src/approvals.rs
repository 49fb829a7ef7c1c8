//! Approvals (审批): an order as whoever decides about it has to know it.

use domain::ids::OrderId;
use domain::status::OrderStatus;
use sqlx::FromRow;

use crate::{Conn, StoreError};

/// An order as whoever decides about it has to know it.
#[derive(Clone, Debug, FromRow)]
pub struct UnderDecision {
    /// The case.
    pub case_id: i64,
    /// The run that gave it.
    pub instance_id: Option<i64>,
    /// The stage that gave it.
    pub stage: String,
    /// What is to be done.
    pub verb: String,
    /// Its arguments as JSON.
    pub args: String,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub status: OrderStatus,
    /// The oldest unpaid due date of the case.
    pub oldest_unpaid_on: Option<String>,
}

const BY_NUMBER: &str = "\
select o.case_id, o.instance_id, o.stage, o.verb, o.args, o.status, c.oldest_unpaid_on
from outbox o join cases c on c.id = o.case_id
where o.id = $1";

/// An order by its number, for a decision about it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Option<UnderDecision>, StoreError> {
    Ok(sqlx::query_as(BY_NUMBER).bind(order.0).fetch_optional(conn).await?)
}
