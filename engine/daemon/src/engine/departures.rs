//! What is noted outside the store of orders that leave (离库记录).

use anyhow::Result;
use domain::status::OrderStatus;
use store::outbox::Leased;
use tracing::warn;

use crate::engine::Engine;
use crate::engine::settlement::Settled;

impl Engine {
    /// Notes orders that are about to leave; none may leave before this returns.
    ///
    /// # Errors
    ///
    /// The log cannot be written.
    pub(super) async fn note_departures<'o>(
        &self,
        orders: impl Iterator<Item = &'o Leased>,
    ) -> Result<()> {
        let log = self.store.departures().filter(|_| !self.simulated);
        let Some(log) = log else { return Ok(()) };
        let orders: Vec<&Leased> = orders.collect();
        Ok(log.leave(&self.clock.now(), &orders).await?)
    }

    /// Notes what orders came to that had left.
    pub(super) async fn note_answers<'o>(
        &self,
        settled: impl Iterator<Item = (&'o Leased, &'o Settled)>,
    ) {
        let outcomes = settled.map(|(order, it)| {
            let open = it.status == OrderStatus::Pending && it.may_have_arrived;
            (order, if open { OrderStatus::Unknown } else { it.status })
        });
        self.note_outcomes(outcomes.collect()).await;
    }

    /// [`Self::note_answers`] by the words of their outcomes. What is not noted
    /// is not known after a restore, which harms nobody.
    pub(super) async fn note_outcomes(&self, outcomes: Vec<(&Leased, OrderStatus)>) {
        let log = self.store.departures().filter(|_| !self.simulated);
        let Some(log) = log else { return };
        if let Err(error) = log.became(&self.clock.now(), &outcomes).await {
            warn!(%error, "the answers of gateways could not be noted outside the store");
        }
    }
}
