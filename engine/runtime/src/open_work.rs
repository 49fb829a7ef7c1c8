//! Open calls and visits (未办的电话和上门): what was handed to a person and is not done
//! is taken back when its day is over or its ground has gone.

use std::collections::BTreeMap;

use anyhow::Result;
use domain::event::OrderEvent;
use domain::ids::{CaseId, OrderId};
use domain::manifest::Channel;
use domain::party::Role;
use store::events::{self, NewEvent};
use store::holds::persons;
use store::open_work::{self, Ended};
use store::{Now, WriteTx, points};
use tracing::{info, warn};

use crate::Engine;
use crate::work::Silence;

/// Calls that are taken back in one transaction.
const PORTION: i64 = 500;

impl Engine {
    /// Takes back the calls whose day is over; answers how many. The review was of that
    /// day: tomorrow there may be a hold, a payment, or three calls already.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn end_calls(&self) -> Result<usize> {
        let now = self.clock.now();
        let evening_ms = self.evening_ms(&now);
        let over = {
            let mut conn = self.store.read().await?;
            let conn = conn.conn();
            open_work::calls_over(conn, now.today(), evening_ms, PORTION).await?
        };
        if over.is_empty() {
            return Ok(0);
        }
        let mut work = self.begin(&now).await?;
        // What was entered in between is done.
        let over =
            open_work::calls_over(work.conn(), now.today(), evening_ms, PORTION).await?;
        self.end_work(work.tx(), &now, &over).await?;
        work.commit().await?;
        info!(count = over.len(), "{} calls lapsed with their day", over.len());
        Ok(over.len())
    }

    /// Takes back what is over of calls and visits. A fault of it holds up nothing else
    /// of the morning: it is logged, and tried again.
    pub(super) async fn end_open_work(&self) {
        loop {
            match self.end_calls().await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    warn!(%error, "calls whose day is over were not taken back");
                    break;
                }
            }
        }
        if let Err(error) = self.review_visits().await {
            warn!(%error, "visits that lost their ground were not taken back");
        }
    }

    /// The instant at which today's hours for calls have ended; `None` while they last.
    fn evening_ms(&self, now: &Now) -> Option<i64> {
        let runtime = self.runtime()?;
        let (channel, role) = (Channel::Phone.as_str(), Role::Borrower.as_str());
        let windows = runtime.policy.contact_windows.iter();
        let ends = windows
            .filter(|window| window.binds(channel, role))
            .filter_map(|window| window.closes_on(now.today()))
            .map(|end| self.clock.instant(end));
        ends.min().filter(|end| *end <= now.ms)
    }

    /// Looks again at the visits that nobody has made yet: one that asks for nothing that
    /// is owed, or of somebody who has died, is taken back. Those of cases under a hold
    /// were suspended with it.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub(super) async fn review_visits(&self) -> Result<()> {
        let now = self.clock.now();
        let (mut after, mut count) = (0, 0);
        loop {
            let (without, last) = {
                let mut conn = self.store.read().await?;
                let conn = conn.conn();
                open_work::visits_without_ground(conn, now.today(), after).await?
            };
            let (from, Some(last)) = (after, last) else { break };
            after = last;
            if without.is_empty() {
                continue;
            }
            let mut work = self.begin(&now).await?;
            // What was entered in between is done.
            let (without, _) =
                open_work::visits_without_ground(work.conn(), now.today(), from).await?;
            count += without.len();
            self.end_work(work.tx(), &now, &without).await?;
            work.commit().await?;
        }
        if 0 < count {
            info!(count, "{count} visits had lost their ground and were taken back");
        }
        Ok(())
    }

    /// Takes back the visits of cases whose hold has ended after the day of the visit.
    pub(super) async fn end_visits_of(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        cases: &[CaseId],
    ) -> Result<()> {
        let over = open_work::visits_over(tx.conn(), now.today(), cases).await?;
        self.end_work(tx, now, &over).await
    }

    /// Ends work, has its plugins forget it, and tells the workflows that answer.
    async fn end_work(&self, tx: &mut WriteTx, now: &Now, over: &[Ended]) -> Result<()> {
        if over.is_empty() {
            return Ok(());
        }
        open_work::end(tx.conn(), now, over).await?;
        let mut of_plugins: BTreeMap<(&str, &str), Vec<OrderId>> = BTreeMap::new();
        for it in over {
            of_plugins.entry((&it.plugin, &it.why)).or_default().push(it.order);
        }
        for ((plugin, why), orders) in of_plugins {
            let plugins = self.plugins();
            let Some(plugin) = plugins.named(plugin) else { continue };
            let mut books = self.books(tx.conn(), now);
            plugin.withdrawn(&orders, why, &mut books).await?;
        }
        let raised: Vec<NewEvent> = over
            .iter()
            .filter_map(|it| {
                self.told_of(now, &it.order(), OrderEvent::Cancelled, &it.why)
            })
            .collect();
        events::record_all(tx.conn(), now, self.resume_at(now), &raised).await?;
        Ok(())
    }

    /// Fills in by what the people of a store are looked for that an older program wrote,
    /// once.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; the next start goes on.
    pub async fn make_people_searchable(&self) -> Result<()> {
        let is_done = {
            let mut conn = self.store.read().await?;
            points::can_be_searched(conn.conn()).await?
        };
        let (mut is_over, mut after) = (is_done, 0);
        while !is_over && !self.interrupt.is_raised() {
            let now = self.clock.now();
            let mut tx = self.begin_silent(Silence::Notes).await?;
            is_over = points::make_searchable(tx.conn(), &now, &mut after).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Brings the holds of a store that an older program wrote to all loans of their
    /// persons, once.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; the next start goes on.
    pub async fn spread_old_holds(&self) -> Result<()> {
        let is_spread = {
            let mut conn = self.store.read().await?;
            persons::is_spread(conn.conn()).await?
        };
        let (mut is_over, mut after) = (is_spread, 0);
        while !is_over && !self.interrupt.is_raised() {
            let now = self.clock.now();
            let mut work = self.begin(&now).await?;
            is_over = persons::follow_all(work.conn(), &now, &mut after).await?;
            work.commit().await?;
        }
        Ok(())
    }
}
