//! After a rollback (回退之后): cases whose place is lost are parked, and what was
//! given there is cancelled.

use anyhow::Result;
use store::lost_places;
use store::waits::Beginning;
use tracing::info;

use crate::Engine;
use crate::work::Silence;

/// Rows written in one transaction; others get their turn in between.
const PORTION: usize = 1_000;

/// What the loss of places came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SettledLoss {
    /// Cases parked.
    pub parked: usize,
    /// Orders cancelled.
    pub cancelled: usize,
}

impl Engine {
    /// Parks the cases whose place a rollback took away and cancels what was
    /// given there, in portions. Called again, it does what is left.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; the portions before are done.
    pub async fn settle_lost_places(&self) -> Result<SettledLoss> {
        let mut done = SettledLoss::default();
        let (mut lost, runs, orders) = {
            let mut conn = self.store.read().await?;
            let lost = lost_places::noted(conn.conn()).await?;
            if !lost.unsettled {
                return Ok(done);
            }
            let runs = lost_places::runs(conn.conn(), &lost).await?;
            let orders = lost_places::orders(conn.conn(), &lost).await?;
            (lost, runs, orders)
        };
        for portion in orders.chunks(PORTION) {
            let now = self.clock.now();
            let mut tx = self.begin_silent(Silence::Orders).await?;
            let gone = lost_places::cancel(tx.conn(), &now, &lost, portion).await?;
            // Nobody will approve it any more, so the wait for it is over.
            let begun: Vec<Beginning<'_>> = gone
                .iter()
                .filter(|it| it.awaited_approval)
                .filter_map(|it| Some(Beginning(it.instance?, &it.stage, now.ms)))
                .collect();
            self.restart_waits(tx.conn(), &now, &begun).await?;
            tx.commit().await?;
            done.cancelled += gone.len();
        }
        for portion in runs.chunks(PORTION) {
            let now = self.clock.now();
            let mut tx = self.begin_silent(Silence::Runs).await?;
            done.parked += lost_places::park(tx.conn(), &now, &lost, portion).await?;
            tx.commit().await?;
        }
        lost.unsettled = false;
        let mut tx = self.begin_silent(Silence::Notes).await?;
        lost_places::note(tx.conn(), &lost).await?;
        tx.commit().await?;
        let SettledLoss { parked, cancelled } = done;
        info!(parked, cancelled, "settled what the release in force has no place for");
        Ok(done)
    }
}
