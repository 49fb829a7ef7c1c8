//! Moving timers (重算等待): waits keep the rule they were given, so when the
//! ledger, the calendar or the start of a wait changes, the instant follows.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::calendar::Calendar;
use domain::decision::WaitRule;
use domain::ids::{CaseId, EntryId, InstanceId};
use domain::wait;
use jiff::civil::{Date, DateTime};
use sha2::{Digest, Sha256};
use store::ledger::{self, Posted, Rescheduled};
use store::outbox::Leased;
use store::waits::{self, Beginning, WorkdayWait};
use store::{Conn, Now, WriteTx, meta, reopen};

use crate::Engine;
use crate::runtime::Runtime;
use crate::work::Silence;

/// The wait of the stage that gave an order, begun at `from_ms`; `None` for an order
/// that no stage gave.
pub(crate) fn beginning_with(order: &Leased, from_ms: i64) -> Option<Beginning<'_>> {
    Some(Beginning(order.instance_id?, &order.stage, from_ms))
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
        .map(|due_at| engine.clock.instant(due_at.at))
}

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
        beginnings: &[Beginning<'_>],
    ) -> Result<()> {
        let Some(runtime) = self.runtime() else { return Ok(()) };
        if beginnings.is_empty() {
            return Ok(());
        }
        let mut due = BTreeMap::new();
        let mut begun = BTreeMap::new();
        for wait in waits::standing(conn, beginnings).await? {
            let since = self.clock.civil(wait.begins_at.max(now.ms));
            let (rule, oldest) = (wait.rule, wait.oldest_unpaid_on);
            let Some(at) = due_ms(self, &runtime, rule, since, oldest) else { continue };
            if !matches!(rule, WaitRule::Until(_) | WaitRule::Overdue(_)) {
                begun.insert(wait.instance, since.to_string());
            }
            due.insert(wait.instance, at);
        }
        let begun: Vec<_> = begun.into_iter().collect();
        waits::begin(conn, &begun).await?;
        let due: Vec<_> = due.into_iter().collect();
        ledger::set_due(conn, &due).await?;
        Ok(())
    }

    /// The new instant of a wait for days past due whose anchor has moved.
    pub fn reschedule(&self, it: &Rescheduled) -> Option<i64> {
        let runtime = self.runtime()?;
        due_ms(self, &runtime, it.rule, it.since.parse().ok()?, it.oldest_unpaid_on)
    }

    /// Lets the runs go on that a payment of today has ended and that its
    /// reversal shows to have been ended by a slip; answers how many.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn reopen_in(
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
                let at = ended.wait.as_ref().and_then(|wait| self.reschedule(wait));
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
        let rescheduled = posted.rescheduled.iter();
        let due: Vec<_> = rescheduled
            .filter_map(|it| Some((it.instance_id, self.reschedule(it)?)))
            .collect();
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
            let mut tx = self.begin_silent(Silence::Runs).await?;
            let counted_by = meta::text(tx.conn(), COUNTED_BY).await?;
            if counted_by.as_ref() == Some(&print) || self.interrupt.is_raised() {
                tx.rollback().await?;
                return Ok(moved);
            }
            let waits = waits::of_workdays(tx.conn(), after).await?;
            if let Some(last) = waits.last() {
                after = last.instance.0;
                let due = self.recounted(runtime, &waits);
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
        waits: &[WorkdayWait],
    ) -> Vec<(InstanceId, i64)> {
        let recounted = waits.iter().filter_map(|wait| {
            let at = due_ms(self, runtime, wait.rule, wait.since?, None)?;
            Some((wait.instance, self.on_a_workday(runtime, at + wait.held_ms)))
        });
        recounted.collect()
    }

    /// Puts the timers of workday waits that a hold has prolonged on workdays.
    pub(crate) async fn rewait_thawed(
        &self,
        tx: &mut WriteTx,
        cases: &[CaseId],
    ) -> Result<()> {
        let Some(runtime) = self.runtime() else { return Ok(()) };
        let prolonged = waits::prolonged(tx.conn(), cases).await?.into_iter();
        let due: Vec<_> =
            prolonged.map(|(it, at)| (it, self.on_a_workday(&runtime, at))).collect();
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
