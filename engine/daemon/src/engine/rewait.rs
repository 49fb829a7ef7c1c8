//! Moving timers (重算等待): waits keep the rule they were given, so when the
//! ledger, the calendar or the start of a wait changes, the instant follows.

use anyhow::Result;
use domain::calendar::Calendar;
use domain::decision::WaitRule;
use domain::ids::InstanceId;
use domain::wait;
use jiff::civil::{Date, DateTime};
use sqlx::Row;
use store::ledger::{self, Posted, Retimed};
use store::{Conn, Now, WriteTx};

use crate::engine::Engine;
use crate::engine::runtime::Runtime;

const STANDING: &str = "\
select w.rule, c.oldest_unpaid_on
from wait_rules w join instances i on i.id = w.instance_id
join cases c on c.id = i.case_id
where w.instance_id = $1 and i.stage = $2 and i.status in ('waiting', 'frozen')";
const SINCE: &str = "update wait_rules set since = $2 where instance_id = $1";

/// Sets the timer of an instance as if its wait had begun at `from_ms`, if it
/// still stands in `stage`. A wait for a date or for days past due has no
/// beginning; its timer goes back to the instant that its rule names.
pub(crate) async fn restart(
    engine: &Engine,
    conn: &mut Conn,
    now: &Now,
    instance: InstanceId,
    stage: &str,
    from_ms: i64,
) -> Result<()> {
    let Some(runtime) = engine.runtime() else { return Ok(()) };
    let row = sqlx::query(STANDING)
        .bind(instance.0)
        .bind(stage.to_owned())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(()) };
    let rule: WaitRule = serde_json::from_str(row.get::<&str, _>(0))?;
    let oldest = row.get::<Option<&str>, _>(1).and_then(|it| it.parse().ok());
    let since = engine.clock.civil(from_ms.max(now.ms));
    let Some(at) = due_ms(engine, &runtime, rule, since, oldest) else { return Ok(()) };
    if !matches!(rule, WaitRule::Until(_) | WaitRule::Overdue(_)) {
        sqlx::query(SINCE)
            .bind(instance.0)
            .bind(since.to_string())
            .execute(&mut *conn)
            .await?;
    }
    ledger::set_due(conn, &[(instance, at)]).await?;
    Ok(())
}

fn due_ms(
    engine: &Engine,
    runtime: &Runtime,
    rule: WaitRule,
    since: DateTime,
    oldest_unpaid_on: Option<Date>,
) -> Option<i64> {
    let calendar = &runtime.calendar;
    wait::due_at(rule, since, oldest_unpaid_on, calendar, runtime.opening)
        .map(|it| engine.clock.instant(it.at))
}

const WORKDAY_WAITS: &str = "\
select w.instance_id, w.rule, w.since
from wait_rules w join instances i on i.id = w.instance_id
where i.status in ('waiting', 'frozen') and w.rule like '{\"workdays\"%'
and $1 < w.instance_id order by w.instance_id limit 5000";

impl Engine {
    /// The new instant of a wait for days past due whose anchor has moved.
    pub fn retime(&self, it: &Retimed) -> Option<i64> {
        let runtime = self.runtime()?;
        due_ms(self, &runtime, it.rule, it.since.parse().ok()?, it.oldest_unpaid_on)
    }

    /// Moves the timers that hang on days past due after the ledger changed.
    /// A wait whose case owes nothing any more keeps its instant; the event
    /// `cured` has come for it.
    pub(crate) async fn rewait_after(
        &self,
        tx: &mut WriteTx,
        posted: &Posted,
    ) -> Result<()> {
        let retimed = posted.retimed.iter();
        let due: Vec<_> =
            retimed.filter_map(|it| Some((it.instance_id, self.retime(it)?))).collect();
        if !due.is_empty() {
            ledger::set_due(tx.conn(), &due).await?;
        }
        Ok(())
    }

    /// Moves the timers that count workdays after the calendar changed.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn rewait_for(&self, old: &Calendar, runtime: &Runtime) -> Result<usize> {
        if *old == *runtime.calendar {
            return Ok(0);
        }
        let mut tx = self.store.write().await?;
        let (mut after, mut moved) = (0_i64, 0);
        loop {
            let rows =
                sqlx::query(WORKDAY_WAITS).bind(after).fetch_all(tx.conn()).await?;
            let Some(last) = rows.last() else { break };
            after = last.get(0);
            let mut due = Vec::with_capacity(rows.len());
            for row in &rows {
                let rule: WaitRule = serde_json::from_str(row.get::<&str, _>(1))?;
                let Ok(since) = row.get::<&str, _>(2).parse() else { continue };
                if let Some(at) = due_ms(self, runtime, rule, since, None) {
                    due.push((InstanceId(row.get(0)), at));
                }
            }
            moved += due.len();
            ledger::set_due(tx.conn(), &due).await?;
        }
        tx.commit().await?;
        Ok(moved)
    }
}
