//! Orders as a test of a workflow looks for them: what left, what was refused, and what
//! waits.

use domain::ids::CaseId;
use domain::status::OrderStatus;
use sqlx::FromRow;

use crate::{Conn, StoreError};

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
