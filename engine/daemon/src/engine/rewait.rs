//! Moving timers (重算等待): waits keep the rule they were given, so when the
//! ledger, the calendar or the start of a wait changes, the instant follows.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::calendar::Calendar;
use domain::decision::WaitRule;
use domain::ids::{CaseId, EntryId, InstanceId};
use domain::wait;
use jiff::civil::{Date, DateTime};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;
use store::ledger::{self, Posted, Retimed};
use store::outbox::Leased;
use store::{Conn, Now, WriteTx, meta, reopen};

use crate::engine::Engine;
use crate::engine::runtime::Runtime;

const STANDING: &str = "\
select w.instance_id, s.value ->> 2, w.rule, c.oldest_unpaid_on
from jsonb_each($1) s
join wait_rules w on w.instance_id = s.value ->> 0
join instances i on i.id = w.instance_id
join cases c on c.id = i.case_id
where i.stage = s.value ->> 1 and i.status <> 'finished'
order by w.instance_id, s.value ->> 2";
const SINCE: &str = "\
update wait_rules set since = s.value ->> 1, held_ms = 0
from jsonb_each($1) s where wait_rules.instance_id = s.value ->> 0";

/// A wait that begins anew: the instance, the stage in which it was asked for,
/// and the instant it counts from.
#[derive(Serialize)]
pub(crate) struct Begun<'a>(InstanceId, &'a str, i64);

impl<'a> Begun<'a> {
    /// The wait of the stage that gave an order, begun at `from_ms`; `None` for
    /// an order that no stage gave.
    pub(crate) fn with(order: &'a Leased, from_ms: i64) -> Option<Self> {
        Some(Self(order.instance_id?, &order.stage, from_ms))
    }

    /// The wait of an instance that stands in `stage`.
    pub(crate) fn of(instance: InstanceId, stage: &'a str, from_ms: i64) -> Self {
        Self(instance, stage, from_ms)
    }
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

/// What stands before an approval has no timer of its own yet.
const WORKDAY_WAITS: &str = "\
select w.instance_id, w.rule, w.since, w.held_ms
from wait_rules w join instances i on i.id = w.instance_id
where i.status <> 'finished' and w.rule like '{\"workdays\"%'
and not exists (select 1 from outbox o where o.instance_id = w.instance_id
  and o.stage = i.stage and o.status = 'awaiting_approval')
and $1 < w.instance_id order by w.instance_id limit 5000";
const THAWED: &str = "\
select w.instance_id, i.due_at
from wait_rules w join instances i on i.id = w.instance_id
where i.status in ('waiting', 'parked') and w.rule like '{\"workdays\"%'
and 0 < w.held_ms and i.due_at is not null
and i.case_id in (select value from json_each($1))";

/// The calendar that the standing waits were counted by, in the store's `meta`.
const COUNTED_BY: &str = "waits_calendar";

impl Engine {
    /// Sets the timers of waits as if they had begun later, where they still
    /// stand; of several beginnings the last counts. A wait for a date or for
    /// days past due has no beginning: its timer goes back to the instant that
    /// its rule names.
    pub(crate) async fn restart_waits(
        &self,
        conn: &mut Conn,
        now: &Now,
        begun: &[Begun<'_>],
    ) -> Result<()> {
        let Some(runtime) = self.runtime() else { return Ok(()) };
        if begun.is_empty() {
            return Ok(());
        }
        let rows = sqlx::query(STANDING)
            .bind(serde_json::to_string(begun)?)
            .fetch_all(&mut *conn)
            .await?;
        let mut due = BTreeMap::new();
        let mut beginnings = BTreeMap::new();
        for row in &rows {
            let instance = InstanceId(row.get(0));
            let since = self.clock.civil(row.get::<i64, _>(1).max(now.ms));
            let rule: WaitRule = serde_json::from_str(row.get::<&str, _>(2))?;
            let oldest = row.get::<Option<&str>, _>(3).and_then(|it| it.parse().ok());
            let Some(at) = due_ms(self, &runtime, rule, since, oldest) else { continue };
            if !matches!(rule, WaitRule::Until(_) | WaitRule::Overdue(_)) {
                beginnings.insert(instance, since.to_string());
            }
            due.insert(instance, at);
        }
        let beginnings: Vec<_> = beginnings.into_iter().collect();
        sqlx::query(SINCE)
            .bind(serde_json::to_string(&beginnings)?)
            .execute(&mut *conn)
            .await?;
        let due: Vec<_> = due.into_iter().collect();
        ledger::set_due(conn, &due).await?;
        Ok(())
    }

    /// The new instant of a wait for days past due whose anchor has moved.
    pub fn retime(&self, it: &Retimed) -> Option<i64> {
        let runtime = self.runtime()?;
        due_ms(self, &runtime, it.rule, it.since.parse().ok()?, it.oldest_unpaid_on)
    }

    /// Lets the runs go on that a payment of today has ended and that its
    /// reversal shows to have been ended by a slip; answers how many.
    pub(crate) async fn reopen_in(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        (case_id, entry): (CaseId, EntryId),
        by: &str,
        why: &str,
    ) -> Result<usize> {
        let day_began_at = self.clock.instant(now.today().at(0, 0, 0, 0));
        let ended = reopen::ended_by(tx.conn(), now, entry, day_began_at).await?;
        let due: Vec<_> = ended
            .iter()
            .map(|ended| {
                let at = ended.wait.as_ref().and_then(|wait| self.retime(wait));
                (ended, at.unwrap_or(now.ms))
            })
            .collect();
        reopen::reopen(tx.conn(), now, case_id, &due, by, why).await?;
        Ok(ended.len())
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

    /// Moves the timers that count workdays, if the calendar is not the one
    /// they were counted by; a death or an interrupt in between leaves it to
    /// the next start. Others write between the portions.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn rewait_for(&self, runtime: &Runtime) -> Result<usize> {
        let print = fingerprint(&runtime.calendar);
        let (mut after, mut moved) = (0_i64, 0);
        loop {
            let mut tx = self.store.write().await?;
            let counted_by = meta::text(tx.conn(), COUNTED_BY).await?;
            if counted_by.as_ref() == Some(&print) || self.interrupt.is_raised() {
                tx.rollback().await?;
                return Ok(moved);
            }
            let rows =
                sqlx::query(WORKDAY_WAITS).bind(after).fetch_all(tx.conn()).await?;
            if let Some(last) = rows.last() {
                after = last.get(0);
                let due = self.recounted(runtime, &rows)?;
                moved += due.len();
                ledger::set_due(tx.conn(), &due).await?;
            } else {
                meta::set_text(tx.conn(), COUNTED_BY, &print).await?;
            }
            tx.commit().await?;
        }
    }

    /// The instants of some waits by the calendar of a release.
    fn recounted(
        &self,
        runtime: &Runtime,
        rows: &[AnyRow],
    ) -> Result<Vec<(InstanceId, i64)>> {
        let mut due = Vec::with_capacity(rows.len());
        for row in rows {
            let rule: WaitRule = serde_json::from_str(row.get::<&str, _>(1))?;
            let Ok(since) = row.get::<&str, _>(2).parse() else { continue };
            if let Some(at) = due_ms(self, runtime, rule, since, None) {
                let at = self.on_a_workday(runtime, at + row.get::<i64, _>(3));
                due.push((InstanceId(row.get(0)), at));
            }
        }
        Ok(due)
    }

    /// Puts the timers of workday waits that a hold has prolonged on workdays.
    pub(crate) async fn rewait_thawed(
        &self,
        tx: &mut WriteTx,
        cases: &[CaseId],
    ) -> Result<()> {
        let Some(runtime) = self.runtime() else { return Ok(()) };
        let rows = sqlx::query(THAWED)
            .bind(serde_json::to_string(cases)?)
            .fetch_all(tx.conn())
            .await?;
        let due: Vec<_> = rows
            .iter()
            .map(|row| {
                let at = self.on_a_workday(&runtime, row.get(1));
                (InstanceId(row.get(0)), at)
            })
            .collect();
        ledger::set_due(tx.conn(), &due).await?;
        Ok(())
    }

    /// The instant itself on a workday, else opening time of the next one.
    fn on_a_workday(&self, runtime: &Runtime, at: i64) -> i64 {
        let day = self.clock.civil(at).date();
        if runtime.calendar.is_workday(day).is_work() {
            return at;
        }
        let (next, _) = runtime.calendar.next_workday_after(day);
        self.clock.instant(runtime.opening.on(next))
    }
}

/// The same text for the same calendar.
fn fingerprint(calendar: &Calendar) -> String {
    let digest = Sha256::digest(format!("{calendar:?}").as_bytes());
    store::journal::hex(&digest)[..16].to_owned()
}
