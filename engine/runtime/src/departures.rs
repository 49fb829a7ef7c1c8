//! What is noted outside the store of orders that leave (离库记录).

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Error, Result};
use domain::status::OrderStatus;
use domain::tongues::both;
use nix::unistd::Uid;
use site::login::login_of;
use store::departures::Departures;
use store::outbox::{self, Leased};
use store::{Conn, StoreError, meta};
use tracing::{info, warn};

use crate::Engine;
use crate::settlement::DeliveryOutcome;
use crate::work::Silence;

/// Where it is noted for other processes that the log cannot be written.
const FAULT: &str = "departures_fault";

/// Whether the log of departures could not be written when it was last tried. The
/// turns of the work cannot tell: one without an order goes well.
#[derive(Debug, Default)]
pub(crate) struct Unwritten(AtomicBool);

/// Why nothing leaves: the log cannot be written. Chinese and English.
///
/// # Errors
///
/// The store cannot be read.
pub async fn fault(conn: &mut Conn) -> Result<Option<String>> {
    Ok(meta::text(conn, FAULT).await?)
}

impl Engine {
    /// Notes orders that are about to leave; none may leave before this returns. When
    /// that fails they wait on, and why stands in `status` until it can be done.
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
        let Err(error) = log.leave(&self.clock.now(), &orders).await else {
            return Ok(());
        };
        self.unwritten.0.store(true, Ordering::Relaxed);
        let mut tx = self.begin_silent(Silence::Orders).await?;
        outbox::give_back(tx.conn(), &orders).await?;
        let why = self.why_unwritten(log, &error);
        meta::set_text(tx.conn(), FAULT, &why).await?;
        tx.commit().await?;
        Err(Error::new(error).context(why))
    }

    /// Whether nothing leaves because the log cannot be written.
    pub fn is_log_unwritten(&self) -> bool {
        self.unwritten.0.load(Ordering::Relaxed)
    }

    /// Forgets that the log could not be written once it can be: also where no order
    /// waits any more that would show it.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn look_at_departures(&self) -> Result<()> {
        let Some(log) = self.store.departures() else { return Ok(()) };
        let is_noted = {
            let mut conn = self.store.read().await?;
            fault(conn.conn()).await?.is_some()
        };
        if !is_noted || log.try_out(&self.clock.now()).await.is_err() {
            return Ok(());
        }
        let mut tx = self.begin_silent(Silence::Notes).await?;
        meta::remove(tx.conn(), FAULT).await?;
        tx.commit().await?;
        if self.unwritten.0.swap(false, Ordering::Relaxed) {
            info!("the log of departures can be written again; orders leave");
        }
        Ok(())
    }

    fn why_unwritten(&self, log: &Departures, error: &StoreError) -> String {
        let month = log.month(&self.clock.now());
        let path = if month.exists() { month.as_path() } else { log.folder() };
        unwritten(path, error)
    }

    /// Notes what orders came to that had left.
    pub(super) async fn note_answers<'o>(
        &self,
        settled: impl Iterator<Item = (&'o Leased, &'o DeliveryOutcome)>,
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

/// Which file cannot be written, whose it is and what to do.
fn unwritten(path: &Path, error: &StoreError) -> String {
    let own = login_of(Uid::effective());
    let owner = path.metadata().map(|about| login_of(Uid::from_raw(about.uid())));
    let owner = owner.unwrap_or_else(|_| "?".to_owned());
    let path = path.display();
    let command = if owner == own || owner == "?" {
        format!("ls -ld {path}")
    } else {
        format!("sudo chown -R {own} {path}")
    };
    let why = error.to_string();
    let why = why.lines().next().unwrap_or_default();
    both(
        &format!(
            "什么都不发出:送出记录 {path} 写不进,它属于 {owner},守护进程以 {own} 运行\n  \
             下一步:{command},写得进以后自动继续;系统报错:{}",
            domain::tongues::chinese(why)
        ),
        &format!(
            "NOTHING LEAVES: the log of departures {path} cannot be written; it belongs to \
             {owner}, the daemon runs as {own}\n  \
             next: {command}; all goes on by itself once it can be; the system says: {}",
            domain::tongues::english(why)
        ),
    )
}
