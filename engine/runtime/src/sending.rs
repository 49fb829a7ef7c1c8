//! Sending (送出): who may stop it, what a stop keeps, and how its orders go on.
//!
//! The store says which stops stand; nothing that matters is kept in memory, so
//! that a second daemon, a restart and a death change nothing. A batch in hand
//! looks again between two orders, for a slow gateway keeps it for minutes.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use domain::event::OrderEvent;
use domain::ids::{OrderId, ReleaseId};
use domain::manifest::Channel;
use serde_json::{Map, json};
use store::events::{self, NewEvent};
use store::order_query::{self, Dropped};
use store::outbox::Leased;
use store::sending::{self, Ended, NewStop, Outgoing, Resume, Stop};
use store::waits::Beginning;
use store::{Conn, Now, Store, WriteTx, day_counts};
use tracing::{info, warn};

use crate::Engine;
use crate::runtime::Runtime;
use crate::work::{Signature, Silence};

/// Orders moved in one transaction; others get their turn in between.
const PORTION: i64 = 1_000;
/// A batch in hand asks the store at least so often whether it may go on.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Tells the batches in hand of this process that stops or release have
/// changed, so that they look at once.
#[derive(Debug, Default)]
pub(crate) struct Changes(AtomicU64);

impl Changes {
    fn note(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    pub(super) fn seen(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The orders that are on their way to a gateway from this process, until what it
/// said of them is written down. Their lease may run out while the store is kept
/// by somebody else; they are not lost because of that.
#[derive(Debug, Default)]
pub(crate) struct InHand(Mutex<BTreeSet<OrderId>>);

impl InHand {
    pub(super) fn take(&self, order: OrderId) {
        self.orders().insert(order);
    }

    pub(super) fn put_down(&self, order: OrderId) {
        self.orders().remove(&order);
    }

    pub(super) fn has(&self, order: OrderId) -> bool {
        self.orders().contains(&order)
    }

    fn orders(&self) -> MutexGuard<'_, BTreeSet<OrderId>> {
        // A set is whole after every change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a batch in hand knows of the stops.
pub(super) struct Watch {
    stops: Vec<Stop>,
    release: Option<ReleaseId>,
    looked: Instant,
    seen: u64,
}

impl Watch {
    /// For a batch that was leased and reviewed under `runtime`.
    pub(super) fn new(engine: &Engine, runtime: &Runtime) -> Self {
        let (release, seen) = (Some(runtime.release_id), engine.changes.seen());
        Self { stops: Vec::new(), release, looked: Instant::now(), seen }
    }

    /// Whether an order in hand may still leave: no stop keeps it, and the
    /// release it was reviewed under is the one that runs.
    pub(super) async fn allows(
        &mut self,
        engine: &Engine,
        order: &Leased,
    ) -> Result<bool> {
        let changed = self.seen != engine.changes.seen();
        if changed || LOOK_AGAIN <= self.looked.elapsed() {
            // Counted before it is read: what comes in between is read again.
            self.seen = engine.changes.seen();
            self.looked = Instant::now();
            let mut conn = engine.store.read().await?;
            self.stops = sending::at_work(conn.conn()).await?;
        }
        let running = engine.runtime().map(|runtime| runtime.release_id);
        let order = outgoing(order);
        Ok(running == self.release && !self.stops.iter().any(|stop| stop.keeps(&order)))
    }
}

fn outgoing(order: &Leased) -> Outgoing<'_> {
    Outgoing {
        id: order.id,
        plugin: &order.plugin,
        channel: order.channel.map(Channel::as_str),
        act: order.text_act.unwrap_or(order.act).as_str(),
        requested_by: &order.requested_by,
        release: order.release,
        let_go: order.let_go,
    }
}

impl Engine {
    /// Places a stop; answers its number. It is in force when this returns:
    /// what is in hand at a gateway in this moment is the last that leaves.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn stop_sending(&self, new: &NewStop) -> Result<i64> {
        let now = self.clock.now();
        let mut tx = self.begin_silent(Silence::Orders).await?;
        let stop = sending::place(tx.conn(), &now, new).await?;
        tx.commit().await?;
        self.sending_changed();
        warn!(
            stop.id = stop,
            scope = new.scope.as_str(),
            cause = new.cause.as_str(),
            "sending was stopped: {} {}",
            new.scope.as_str(),
            new.cause.as_str()
        );
        Ok(stop)
    }

    /// Lets batches in hand know that stops or release have changed.
    pub(crate) fn sending_changed(&self) {
        self.changes.note();
    }

    /// The last word before orders leave, in the transaction that leases them:
    /// answers those that may. Whatever counts what leaves belongs here; what
    /// it keeps back it puts under a stop with [`sending::hold_under`].
    pub(super) async fn before_they_leave(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        ready: Vec<OrderId>,
    ) -> Result<Vec<OrderId>> {
        // What tries a stopped channel comes from behind the stop, where nothing
        // is counted.
        if self.limits().bounds.is_some() {
            day_counts::count_these(tx.conn(), now.today(), &ready).await?;
        }
        Ok(ready)
    }

    /// Does a portion of what stops leave to do: holds what waited when they
    /// were placed, lets go what they held, ends what has waited too long.
    /// Answers how many orders were looked at; 0 when nothing is left.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; the portion is done again then.
    pub async fn tend_stops(&self) -> Result<usize> {
        let now = self.clock.now();
        if !sending::is_work_left(self.store.read().await?.conn(), &now).await? {
            return Ok(0);
        }
        let mut work = self.begin(&now).await?;
        let swept = sending::sweep(work.conn(), &now, PORTION).await?;
        let let_go = sending::let_go(work.conn(), &now, PORTION).await?;
        let expired = sending::expire(work.conn(), &now, PORTION).await?;
        let ended = expired.iter().map(|it| (it, OrderEvent::Cancelled, "not_after"));
        let dropped =
            let_go.dropped.iter().map(|it| (it, OrderEvent::Cancelled, "dropped"));
        let raised: Vec<NewEvent> = ended
            .chain(dropped)
            .filter_map(|(order, kind, why)| self.told_of(&now, order, kind, why))
            .collect();
        events::record_all(work.conn(), &now, self.resume_at(&now), &raised).await?;
        work.commit().await?;
        let (dropped, expired) = (let_go.dropped.len(), expired.len());
        let count = swept + let_go.orders + expired;
        info!(
            swept,
            let_go = let_go.orders,
            dropped,
            expired,
            "tended the stops of sending"
        );
        Ok(count)
    }

    /// Lifts a stop; what it holds goes on as `resume` says, in portions, by
    /// whoever tends the stops next. Answers whether it still stood.
    ///
    /// Words are carried out in the order in which they were said: what was let go
    /// before, from under another stop, is held by this one first and goes on with it.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn lift_stop(
        &self,
        stop: i64,
        resume: Resume,
        by: &str,
        note: &str,
    ) -> Result<bool> {
        while 0 < self.tend_stops().await? {}
        let now = self.clock.now();
        let signature = Signature { by, reason: note };
        let mut work = self.begin_by(signature, &now).await?;
        let stood = sending::lift(work.conn(), &now, stop, resume, by, note).await?;
        if stood {
            work.recorded().await?.commit_silent(Silence::Orders).await?;
        } else {
            work.rollback().await?;
        }
        self.sending_changed();
        info!(stop.id = stop, stood, "a stop of sending was lifted");
        Ok(stood)
    }

    /// Drops those of some orders that have not left, in portions; answers how
    /// many. Their workflows hear of it.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the portions before are dropped.
    pub async fn drop_orders(
        &self,
        orders: &[OrderId],
        by: &str,
        reason: &str,
    ) -> Result<usize> {
        let mut count = 0;
        for portion in orders.chunks(usize::try_from(PORTION)?) {
            let now = self.clock.now();
            let mut work = self.begin_by(Signature { by, reason }, &now).await?;
            let dropped =
                self.drop_among(work.conn(), &now, portion, (by, reason)).await?;
            if dropped == 0 {
                work.rollback().await?;
                continue;
            }
            work.recorded().await?.commit().await?;
            count += dropped;
        }
        info!(count, "a person dropped {count} orders");
        Ok(count)
    }

    /// Drops those of some orders that have not left, within a transaction, with their
    /// lines in the journal; answers how many. Their workflows hear of it.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the transaction is then given up.
    pub(super) async fn drop_among(
        &self,
        conn: &mut Conn,
        now: &Now,
        orders: &[OrderId],
        (by, reason): (&str, &str),
    ) -> Result<usize> {
        if orders.is_empty() {
            return Ok(0);
        }
        let dropped = order_query::drop_all(conn, now, orders, by, reason).await?;
        let begun: Vec<Beginning<'_>> = dropped
            .iter()
            .filter(|it| it.awaited_approval)
            .filter_map(|it| Some(Beginning(it.instance?, &it.stage, now.ms)))
            .collect();
        // Before the events, whose handlers may ask for another wait.
        self.restart_waits(conn, now, &begun).await?;
        let raised: Vec<NewEvent> = dropped
            .iter()
            .filter_map(|it| {
                let kind = if it.awaited_approval {
                    OrderEvent::Rejected
                } else {
                    OrderEvent::Cancelled
                };
                self.told_of(now, &ended(it), kind, reason)
            })
            .collect();
        events::record_all(conn, now, self.resume_at(now), &raised).await?;
        Ok(dropped.len())
    }

    /// What the workflow of an order hears of its end. What a person dropped or
    /// found to have arrived, or what has grown too old, is told only to a workflow
    /// that answers it.
    pub(super) fn told_of(
        &self,
        now: &Now,
        order: &Ended,
        kind: OrderEvent,
        why: &str,
    ) -> Option<NewEvent> {
        let workflow = order.requested_by.strip_prefix("workflow:").unwrap_or_default();
        let is_answered = || {
            let runtime = self.runtime();
            runtime.is_some_and(|now| now.answers(workflow, &order.stage, kind.as_str()))
        };
        if kind.is_for_those_who_answer() && !is_answered() {
            return None;
        }
        let payload = Map::from_iter([
            ("verb".to_owned(), json!(order.verb)),
            ("order".to_owned(), json!(order.order.to_string())),
            ("reason".to_owned(), json!(why)),
        ]);
        Some(NewEvent {
            case_id: order.case_id,
            kind: kind.to_string(),
            payload,
            source: "outbox".to_owned(),
            dedupe_key: format!("{}:{kind}:{}", order.order, now.ms),
            happened_on: now.today(),
        })
    }
}

/// Places a stop in a store that a daemon works which does not answer in time, unless the
/// same stands already; answers its number and how many orders it holds. The daemon reads
/// it before anything more leaves.
///
/// # Errors
///
/// The store cannot be written.
pub async fn stop_beside(store: &Store, now: &Now, new: &NewStop) -> Result<(i64, i64)> {
    let mut tx = store.write().await?;
    let found = sending::find(tx.conn(), new.scope, &new.target, new.cause).await?;
    let stop = match found {
        Some(standing) => standing.id,
        None => sending::place(tx.conn(), now, new).await?,
    };
    let standing = sending::standing(tx.conn()).await?;
    tx.commit().await?;
    let held = standing.iter().find(|it| it.id == stop).map_or(0, |it| it.held);
    Ok((stop, held))
}

fn ended(dropped: &Dropped) -> Ended {
    Ended {
        order: dropped.order,
        case_id: dropped.case_id,
        verb: dropped.verb.clone(),
        requested_by: dropped.requested_by.clone(),
        stage: dropped.stage.clone(),
    }
}
