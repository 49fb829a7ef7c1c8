//! A rehearsal (演练): everything is worked, every order is reviewed, and nothing
//! leaves: no gateway is called, and nobody is given anything to do.
//!
//! What would have left lies in the folder `rehearsal` of the site, to be looked
//! at. When the rehearsal is over, what it opened begins anew.

use anyhow::Result;
use domain::conduct::Approved;
use domain::event::OrderEvent;
use domain::order::Order;
use domain::status::OrderStatus;
use store::enrol::NewInstance;
use store::outbox::{self, Leased};
use store::plugin::{DeliveryError, Receipt};
use store::rehearsal::{self, Rehearsed};
use store::sending::{self, Cause, Resume};
use store::{Now, WriteTx};
use tracing::{info, warn};

use crate::enrol::instance;
use crate::runtime::Runtime;
use crate::settlement::{DeliveryOutcome, outcome};
use crate::work::Silence;
use crate::{Engine, scan};

/// Rows put away in one transaction.
const PORTION: i64 = 2_000;

impl Engine {
    /// Begins a rehearsal, unless one is on.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn begin_rehearsal(&self, by: &str) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.begin_silent(Silence::Orders).await?;
        if !rehearsal::begin(tx.conn(), &now, by).await? {
            tx.rollback().await?;
            return Ok(());
        }
        // What is rehearsed need not be held, for it goes nowhere. What is meant in
        // earnest stays held: nobody has said that it may leave.
        for stop in sending::at_work(tx.conn()).await? {
            if stop.lifted || !matches!(stop.cause, Cause::Guard | Cause::StaleBook) {
                continue;
            }
            let note = "演练开始 · a rehearsal begins";
            let rehearsed = rehearsal::split(tx.conn(), stop.id).await?;
            let asks_nothing = stop.cause == Cause::Guard
                && !outbox::any_held(tx.conn(), stop.id).await?;
            let spent = asks_nothing.then_some(stop.id);
            for stop in rehearsed.into_iter().chain(spent) {
                sending::lift(tx.conn(), &now, stop, Resume::Now, by, note).await?;
            }
        }
        tx.commit().await?;
        warn!("a rehearsal begins: everything is worked and nothing leaves");
        Ok(())
    }

    /// Ends a rehearsal, if one is on, and puts it away: what it opened begins
    /// anew, and what it would have sent never leaves.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; the next start goes on with it.
    pub async fn end_rehearsal(&self, by: &str) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.begin_silent(Silence::Notes).await?;
        let was_on = rehearsal::end(tx.conn(), &now, by).await?;
        let is_ending = rehearsal::is_ending(tx.conn()).await?;
        tx.commit().await?;
        if was_on {
            warn!("the rehearsal is over: what leaves from now on is real");
        }
        if !is_ending {
            return Ok(());
        }
        loop {
            let mut tx = self.begin_silent(Silence::Runs).await?;
            let orders = rehearsal::end_orders(tx.conn(), &now, PORTION).await?;
            let runs = rehearsal::put_away(tx.conn(), &now, PORTION).await?;
            self.open_again(&mut tx, &runs).await?;
            if orders == 0 && runs.is_empty() {
                rehearsal::is_put_away(tx.conn()).await?;
                scan::ask_for(tx.conn()).await?;
                tx.commit().await?;
                return Ok(());
            }
            tx.commit().await?;
            info!(orders, runs = runs.len(), "put away a part of the rehearsal");
        }
    }

    /// Opens what an event or a person had opened: no scan would.
    async fn open_again(&self, tx: &mut WriteTx, runs: &[Rehearsed]) -> Result<()> {
        let Some(runtime) = self.runtime() else { return Ok(()) };
        for run in runs.iter().filter(|run| run.has_to_be_opened()) {
            let Some(workflow) = runtime.program.workflows.get(&run.workflow) else {
                continue;
            };
            let event = run.event.filter(|_| run.by.starts_with("event:"));
            let new = NewInstance { event, ..instance(workflow, run.case_id, &run.by) };
            // One at a time: two of one lane would not see each other.
            self.open_in(tx.conn(), &runtime, &[new]).await?;
        }
        Ok(())
    }

    /// Settles reviewed orders as they would have left.
    pub(super) async fn rehearse(
        &self,
        runtime: &Runtime,
        now: &Now,
        going: Vec<(Leased, Approved<Order>)>,
    ) -> Result<()> {
        if going.is_empty() {
            return Ok(());
        }
        let mut settled = Vec::with_capacity(going.len());
        for (order, approved) in going {
            let end = match self.lay_aside(approved.order()).await {
                Ok(receipt) => DeliveryOutcome::new(
                    OrderStatus::Rehearsed,
                    now.ms,
                    receipt.reference,
                )
                .raising(OrderEvent::Delivered),
                Err(error) => outcome(now, &order, Err(error)),
            };
            let record = Some(approved.record().clone());
            settled.push((order, DeliveryOutcome { record, ..end }));
        }
        self.acknowledge(runtime, &settled).await
    }

    /// Puts a message where it can be looked at; work for people has none.
    async fn lay_aside(&self, order: &Order) -> Result<Receipt, DeliveryError> {
        match &self.rehearsal {
            Some(folder) if order.text.is_some() && order.channel.is_some() => {
                folder.put(order).await
            }
            _ => Ok(Receipt { reference: "rehearsal".to_owned(), amount: None }),
        }
    }
}
