//! Who worked a case (清收经手): everybody who reached somebody of it before the money
//! came, and whether a court had a part in it.

use domain::event::ContactEvent;
use domain::ids::{CaseId, OrderId};
use foldhash::HashMap;
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::{Conn, StoreError, rows};

/// A contact in which somebody was reached, by one of those who made it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reached {
    /// The member of staff.
    pub by: String,
    /// The day.
    pub on: Date,
}

/// What a call or a visit came to where somebody was spoken to.
const SPOKEN_TO: [&str; 6] =
    ["conversation", "met", "refused", "paid", "promised", "notice_signed"];

const RESULTS: &str = "
    select json_group_array(json_array(kind, payload, happened_on) order by id)
    from events
    where case_id = (select s.id from list($1) as s (id bigint))
      and kind in ('call_result', 'visit_result')";

const ASKED_OF: &str = "
    select json_group_array(json_array(o.id, o.collector))
    from list($1) as s (id bigint)
    join outbox o on o.id = s.id
    where o.collector is not null";

/// The contacts of a case from one day to another, both included, in which somebody was
/// reached, one row for each member of staff who made them. A visit names who went, a
/// call who entered its result; of one that names nobody it is the collector whose order
/// it was.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn reached(
    conn: &mut Conn,
    case: CaseId,
    (from, to): (Date, Date),
) -> Result<Vec<Reached>, StoreError> {
    let told: Vec<(String, String, Date)> = rows::ask(conn, RESULTS, &[case]).await?;
    let mut found = Vec::new();
    let mut unnamed: Vec<(OrderId, Date)> = Vec::new();
    for (kind, payload, on) in told {
        let payload: Map<String, Value> = serde_json::from_str(&payload)?;
        let text = |key: &str| payload.get(key).and_then(Value::as_str);
        // A visit is often entered on a later day than it was made.
        let on = text("on").and_then(|day| day.parse().ok()).unwrap_or(on);
        if on < from || to < on || !text("outcome").is_some_and(was_spoken_to) {
            continue;
        }
        let names = if kind == ContactEvent::VisitResult.as_str() {
            text("collectors")
        } else {
            text("by")
        };
        let named: Vec<&str> =
            names.into_iter().flat_map(|names| names.split(',')).map(str::trim).collect();
        let named = named.into_iter().filter(|name| !name.is_empty());
        let before = found.len();
        found.extend(named.map(|name| Reached { by: name.to_owned(), on }));
        if found.len() == before {
            let order = text("order").and_then(|order| order.parse().ok());
            unnamed.extend(order.map(|order| (OrderId(order), on)));
        }
    }
    if !unnamed.is_empty() {
        let orders: Vec<OrderId> = unnamed.iter().map(|it| it.0).collect();
        let asked: Vec<(OrderId, String)> = rows::ask(conn, ASKED_OF, &orders).await?;
        let asked: HashMap<OrderId, String> = asked.into_iter().collect();
        let by = |(order, on): &(OrderId, Date)| {
            asked.get(order).map(|by| Reached { by: by.clone(), on: *on })
        };
        found.extend(unnamed.iter().filter_map(by));
    }
    found.sort_by_key(|it| it.on);
    Ok(found)
}

fn was_spoken_to(outcome: &str) -> bool {
    SPOKEN_TO.contains(&outcome)
}

const SUED: &str = "
    select count(*)
    from interruptions
    where case_id = $1 and kind = 'sued_or_equivalent' and on_date <= $2
      and proved = 1";

/// Whether a court had been asked for the debt by a day: a suit, a payment order, a
/// seizure, an enforcement.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn went_to_court(
    conn: &mut Conn,
    case: CaseId,
    by: Date,
) -> Result<bool, StoreError> {
    let asked = sqlx::query_scalar(SUED).bind(case.0).bind(by.to_string());
    let steps: i64 = asked.fetch_one(conn).await?;
    Ok(0 < steps)
}

const EXTRA: &str = "select extra from cases where id = $1";

/// What the imported list says of a case in the first of these columns that it has.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn told_in(
    conn: &mut Conn,
    case: CaseId,
    columns: &[&str],
) -> Result<Option<String>, StoreError> {
    let extra: String = sqlx::query_scalar(EXTRA).bind(case.0).fetch_one(conn).await?;
    let extra: Map<String, Value> = serde_json::from_str(&extra)?;
    let found = columns.iter().find_map(|column| extra.get(*column)?.as_str());
    Ok(found.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()))
}
