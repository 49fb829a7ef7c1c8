//! Waits (等待): the rules that standing timers were counted by, for whoever counts them
//! anew.

use domain::decision::WaitRule;
use domain::ids::{CaseId, InstanceId};
use jiff::civil::{Date, DateTime};
use serde::Serialize;
use sqlx::FromRow;

use crate::{Conn, StoreError};

/// A wait that begins anew: the instance, the stage in which it was asked for, and the
/// instant it counts from, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Beginning<'a>(pub InstanceId, pub &'a str, pub i64);

/// A wait that still stands where it was asked for.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Whose it is.
    pub instance: InstanceId,
    /// The instant it begins anew, in milliseconds since 1970.
    pub begins_at: i64,
    /// What is waited for.
    pub rule: WaitRule,
    /// The oldest unpaid due date of the case.
    pub oldest_unpaid_on: Option<Date>,
}

#[derive(FromRow)]
struct StandingRow {
    instance_id: i64,
    begins_at: i64,
    rule: String,
    oldest_unpaid_on: Option<String>,
}

const STANDING: &str = "\
select w.instance_id, s.begins_at, w.rule, c.oldest_unpaid_on
from batch($1) as s (instance_id bigint, stage text, begins_at bigint)
join wait_rules w on w.instance_id = s.instance_id
join instances i on i.id = w.instance_id
join cases c on c.id = i.case_id
where i.stage = s.stage and i.status <> 'finished'
order by w.instance_id, s.begins_at";

/// Those of some waits that still stand in the stage in which they were asked for, the
/// last beginning of each last.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read, or holds a rule that this program
/// does not know.
pub async fn standing(
    conn: &mut Conn,
    beginnings: &[Beginning<'_>],
) -> Result<Vec<Standing>, StoreError> {
    let list = serde_json::to_string(beginnings)?;
    let rows: Vec<StandingRow> =
        sqlx::query_as(STANDING).bind(list).fetch_all(conn).await?;
    let standing = rows.into_iter().map(|row| {
        Ok(Standing {
            instance: InstanceId(row.instance_id),
            begins_at: row.begins_at,
            rule: serde_json::from_str(&row.rule)?,
            oldest_unpaid_on: row.oldest_unpaid_on.and_then(|day| day.parse().ok()),
        })
    });
    standing.collect()
}

const BEGIN: &str = "\
update wait_rules set since = s.since, held_ms = 0
from batch($1) as s (instance_id bigint, since text)
where wait_rules.instance_id = s.instance_id";

/// Sets since when waits are counted, in local time; what a hold has prolonged them by
/// is over.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn begin(
    conn: &mut Conn,
    since: &[(InstanceId, String)],
) -> Result<(), StoreError> {
    let list = serde_json::to_string(since)?;
    sqlx::query(BEGIN).bind(list).execute(conn).await?;
    Ok(())
}

/// A wait that counts workdays.
#[derive(Clone, Debug)]
pub struct WorkdayWait {
    /// Whose it is.
    pub instance: InstanceId,
    /// What is waited for.
    pub rule: WaitRule,
    /// Since when, in local time; `None` where it cannot be read.
    pub since: Option<DateTime>,
    /// What holds have prolonged it by, in milliseconds.
    pub held_ms: i64,
}

#[derive(FromRow)]
struct WorkdayRow {
    instance_id: i64,
    rule: String,
    since: String,
    held_ms: i64,
}

/// What stands before an approval has no timer of its own yet.
const OF_WORKDAYS: &str = "\
select w.instance_id, w.rule, w.since, w.held_ms
from wait_rules w join instances i on i.id = w.instance_id
where i.status <> 'finished' and w.rule like '{\"workdays\"%'
and not exists (select 1 from outbox o where o.instance_id = w.instance_id
  and o.stage = i.stage and o.status = 'awaiting_approval')
and $1 < w.instance_id order by w.instance_id limit 5000";

/// The waits that count workdays behind an instance, in the order of the instances, at
/// most 5,000; 0 begins the list.
///
/// # Errors
///
/// As [`standing`].
pub async fn of_workdays(
    conn: &mut Conn,
    after: i64,
) -> Result<Vec<WorkdayWait>, StoreError> {
    let rows: Vec<WorkdayRow> =
        sqlx::query_as(OF_WORKDAYS).bind(after).fetch_all(conn).await?;
    let waits = rows.into_iter().map(|row| {
        Ok(WorkdayWait {
            instance: InstanceId(row.instance_id),
            rule: serde_json::from_str(&row.rule)?,
            since: row.since.parse().ok(),
            held_ms: row.held_ms,
        })
    });
    waits.collect()
}

const PROLONGED: &str = "\
select w.instance_id, i.due_at
from wait_rules w join instances i on i.id = w.instance_id
where i.status in ('waiting', 'parked') and w.rule like '{\"workdays\"%'
and 0 < w.held_ms and i.due_at is not null
and i.case_id in (select id from list($1) as s (id bigint))";

/// The timers of some cases that count workdays and that a hold has prolonged, with
/// their instants in milliseconds since 1970.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn prolonged(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<(InstanceId, i64)>, StoreError> {
    let list = serde_json::to_string(cases)?;
    let rows: Vec<(i64, i64)> =
        sqlx::query_as(PROLONGED).bind(list).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(instance, at)| (InstanceId(instance), at)).collect())
}
