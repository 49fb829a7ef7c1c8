//! The lane of a gateway (投递通道): so many requests on their way at once, each
//! leased, reviewed and written down for itself.
//!
//! A fault of the channel stops the channel and keeps its orders; one of them
//! is tried from time to time, and when it gets through the others follow.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use domain::conduct::{Approved, Record};
use domain::ids::OrderId;
use domain::manifest::DeliveryClass;
use domain::order::Order;
use domain::status::OrderStatus;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use store::outbox::{self, Leased, Queue};
use store::plugin::{DeliveryError, Receipt};
use store::sending::{self, Cause, NewStop, Resume, Scope, Stop};
use store::{Conn, Now, meta};
use tracing::{error, info};

use crate::Engine;
use crate::outlet::{Health, Outlet};
use crate::runtime::Runtime;
use crate::sending::Watch;
use crate::settlement::{DeliveryOutcome, outcome};
use crate::work::{Silence, Work};

/// Requests on their way to one gateway.
pub struct Lane<'e> {
    engine: &'e Engine,
    outlet: &'e Outlet,
    in_hand: FuturesUnordered<BoxFuture<'e, Result<Option<Answered>>>>,
    /// Answers that are not written down yet.
    answers: Vec<Answered>,
    /// The orders of both.
    orders: BTreeSet<OrderId>,
}

/// An order with what its gateway said.
struct Answered {
    order: Leased,
    record: Option<Record>,
    answer: Result<Receipt, DeliveryError>,
    health: Health,
    /// It was sent to see whether a stopped channel works again.
    is_probe: bool,
}

impl<'e> Lane<'e> {
    /// A lane with nothing on its way.
    pub fn new(engine: &'e Engine, outlet: &'e Outlet) -> Self {
        Self {
            engine,
            outlet,
            in_hand: FuturesUnordered::new(),
            answers: Vec::new(),
            orders: BTreeSet::new(),
        }
    }

    /// Whether nothing is on its way.
    pub fn is_idle(&self) -> bool {
        self.in_hand.is_empty()
    }

    /// Whether nothing is on its way and all that was is written down.
    pub fn is_done(&self) -> bool {
        self.in_hand.is_empty() && self.answers.is_empty()
    }

    /// Sends what may leave now, as many as have room; answers how many orders
    /// were looked at.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn take_up(&mut self) -> Result<usize> {
        let Some(runtime) = self.engine.runtime() else { return Ok(0) };
        let at_once = usize::try_from(self.outlet.pace().at_once).unwrap_or(1);
        let room = at_once.saturating_sub(self.in_hand.len() + self.answers.len());
        // What is answered is written down first: it may stop the channel.
        if room == 0 || !self.answers.is_empty() {
            return Ok(0);
        }
        // Before the orders are chosen: what is stopped from now on is noticed.
        let watch = Watch::new(self.engine, &runtime);
        let now = self.engine.clock.now();
        let mut conn = self.engine.store.read().await?;
        let counted_on = self.engine.counted_on(&now);
        let any = outbox::any_ready(conn.conn(), &now, self.queue(), counted_on).await?;
        match fault(conn.conn(), self.outlet).await? {
            Some(stop) => {
                let tries = self.is_idle()
                    && self.outlet.may_be_tried()
                    && (any || outbox::any_held(conn.conn(), stop.id).await?);
                drop(conn);
                if any || tries {
                    return self.probe(&runtime, &now, watch, stop.id, tries).await;
                }
                Ok(0)
            }
            None if any => {
                drop(conn);
                self.send(&runtime, &now, watch, room).await
            }
            None => Ok(0),
        }
    }

    fn queue(&self) -> Queue<'e> {
        Queue::Of(self.outlet.verbs())
    }

    async fn send(
        &mut self,
        runtime: &Runtime,
        now: &Now,
        watch: Watch,
        room: usize,
    ) -> Result<usize> {
        if !self.outlet.may_be_tried() {
            // It was broken, and a person has lifted the stop.
            self.outlet.is_well();
        }
        let limit = i64::try_from(room).unwrap_or(1);
        let mut work = self.engine.begin(now).await?;
        let (queue, counted_on) = (self.queue(), self.engine.counted_on(now));
        let ready = outbox::ready(work.conn(), now, queue, counted_on, limit).await?;
        let permits = self.outlet.permits(ready.orders.len());
        let orders = ready.orders.into_iter().take(permits).collect();
        let leaving = self.engine.before_they_leave(work.tx(), now, orders).await?;
        self.hand_over(work, runtime, now, watch, &leaving, false).await?;
        // Without a permit it is tried at the next tick.
        Ok(permits)
    }

    /// Holds what has become ready with what a stop holds already, and when the
    /// channel has rested tries it with one order.
    async fn probe(
        &mut self,
        runtime: &Runtime,
        now: &Now,
        watch: Watch,
        stop: i64,
        tries: bool,
    ) -> Result<usize> {
        let mut work = self.engine.begin(now).await?;
        let (queue, counted_on) = (self.queue(), self.engine.counted_on(now));
        let ready = outbox::ready(work.conn(), now, queue, counted_on, HELD_AT_ONCE);
        let held = ready.await?.held;
        let mut leaving = Vec::new();
        if tries && let Some(order) = sending::take_one(work.conn(), now, stop).await? {
            info!(stop.id = stop, "trying the stopped channel {}", self.outlet.name());
            leaving = self.engine.before_they_leave(work.tx(), now, vec![order]).await?;
        }
        self.hand_over(work, runtime, now, watch, &leaving, true).await?;
        Ok(held + leaving.len())
    }

    /// Leases and reviews orders, and sends those that may leave.
    async fn hand_over(
        &mut self,
        mut work: Work<'_>,
        runtime: &Runtime,
        now: &Now,
        mut watch: Watch,
        orders: &[OrderId],
        is_probe: bool,
    ) -> Result<()> {
        if orders.is_empty() {
            return Ok(work.commit_silent(Silence::Orders).await?);
        }
        let lease_ms = self.outlet.lease_ms();
        let leased = outbox::lease(work.conn(), now, orders, lease_ms).await?;
        let going = self.engine.plan(work.tx(), runtime, now, leased).await?;
        work.commit().await?;
        self.engine.note_departures(going.iter().map(|it| &it.0)).await?;
        let mut late = Vec::new();
        for (order, approved) in going {
            // A probe stands under the very stop that it tries.
            if is_probe || watch.allows(self.engine, &order).await? {
                self.engine.in_hand.take(order.id);
                self.orders.insert(order.id);
                let sent = one(self.engine, self.outlet, order, approved, is_probe);
                self.in_hand.push(Box::pin(sent));
            } else {
                late.push(order);
            }
        }
        if !late.is_empty() {
            let mut tx = self.engine.begin_silent(Silence::Orders).await?;
            outbox::give_back(tx.conn(), &late.iter().collect::<Vec<_>>()).await?;
            tx.commit().await?;
            let late = late.iter().map(|order| (order, OrderStatus::Pending));
            self.engine.note_outcomes(late.collect()).await;
        }
        Ok(())
    }

    /// Waits for the next answer, and takes those that are there besides. May
    /// be dropped at any time; what has come is kept for [`Self::write_down`].
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn answered(&mut self) -> Result<()> {
        let mut next = self.in_hand.next().await;
        while let Some(answered) = next {
            self.answers.extend(answered?);
            next = self.in_hand.next().now_or_never().flatten();
        }
        Ok(())
    }

    /// Writes down what the gateway said; answers how many orders are settled.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the answers are kept.
    pub async fn write_down(&mut self) -> Result<usize> {
        let Some(runtime) = self.engine.runtime() else { return Ok(0) };
        if self.answers.is_empty() {
            return Ok(0);
        }
        let now = self.engine.clock.now();
        let mut work = self.engine.begin(&now).await?;
        let standing = fault(work.conn(), self.outlet).await?.map(|fault| fault.id);
        let recovered = self
            .answers
            .iter()
            .any(|answer| answer.is_probe && answer.health == Health::Works);
        let broken = self.answers.iter().find_map(|answer| match &answer.health {
            Health::Broken(reason) => Some(reason.clone()),
            _ => None,
        });
        let stop = match (standing, broken) {
            (Some(stop), _) if recovered => {
                let note = "试发成功 · a trial got through";
                sending::lift(work.conn(), &now, stop, Resume::Now, "system", note)
                    .await?;
                self.outlet.is_well();
                None
            }
            (Some(stop), _) => Some((stop, None)),
            (None, Some(reason)) => {
                let new = stop_for(self.outlet, &reason);
                Some((sending::place(work.conn(), &now, &new).await?, Some(reason)))
            }
            (None, None) => None,
        };
        let held_by = stop.as_ref().map(|stop| stop.0);
        let settled: Vec<(Leased, DeliveryOutcome)> = self
            .answers
            .iter()
            .map(|answer| (answer.order.clone(), settled(&now, answer, held_by)))
            .collect();
        self.engine.write_settled(work.conn(), &runtime, &now, &settled).await?;
        let health = (held_by.is_some(), self.in_hand.len());
        note_health(work.conn(), &now, self.outlet, health).await?;
        work.commit().await?;
        self.engine.note_answers(settled.iter().map(|it| (&it.0, &it.1))).await;
        for answered in self.answers.drain(..) {
            self.engine.in_hand.put_down(answered.order.id);
            self.orders.remove(&answered.order.id);
        }
        if let Some((stop, Some(reason))) = stop {
            self.engine.sending_changed();
            error!(
                stop.id = stop,
                "the channel {} is stopped and keeps its orders: {reason}",
                self.outlet.name()
            );
        }
        if recovered && standing.is_some() {
            self.engine.sending_changed();
            info!("the channel {} works again", self.outlet.name());
        }
        Ok(settled.len())
    }

    /// Gives what is on its way a short while to be answered. What is not stays
    /// leased, as after a death: the next start takes it up.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn wind_down(mut self, grace: Duration) -> Result<()> {
        let ends = tokio::time::Instant::now() + grace;
        while !self.is_idle() {
            let answered = tokio::time::timeout_at(ends, self.answered()).await;
            match answered {
                Ok(answered) => answered?,
                // Their leases are taken up by the next start.
                Err(_) => break,
            }
        }
        self.write_down().await?;
        Ok(())
    }
}

impl Drop for Lane<'_> {
    /// Nobody writes down any more what is still on its way.
    fn drop(&mut self) {
        for order in &self.orders {
            self.engine.in_hand.put_down(*order);
        }
    }
}

impl Engine {
    /// Ends orders of plugins that are not on: no outlet would ever come to
    /// them. Answers how many were looked at.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn end_strays(&self, limit: i64) -> Result<usize> {
        let verbs = outbox::pending_verbs(self.store.read().await?.conn()).await?;
        let ways = self.ways();
        let known =
            |verb: &str| ways.outlets.iter().any(|outlet| outlet.verbs().contains(&verb));
        let strays: Vec<&str> =
            verbs.iter().map(String::as_str).filter(|it| !known(it)).collect();
        if strays.is_empty() {
            return Ok(0);
        }
        self.dispatch_of(Queue::Of(&strays), limit).await
    }
}

/// The stop that stands for a fault of a gateway.
async fn fault(conn: &mut Conn, outlet: &Outlet) -> Result<Option<Stop>> {
    let Some((plugin, channel)) = outlet.gateway() else { return Ok(None) };
    let stops = sending::at_work(conn).await?;
    Ok(stops.into_iter().find(|stop| {
        !stop.lifted
            && stop.cause == Cause::ChannelFault
            && stop.target == channel.as_str()
            && stop.plugin.as_deref() == Some(plugin)
    }))
}

fn stop_for(outlet: &Outlet, reason: &str) -> NewStop {
    let gateway = outlet.gateway();
    NewStop {
        scope: Scope::Channel,
        target: gateway.map_or("", |it| it.1.as_str()).to_owned(),
        release: None,
        plugin: gateway.map(|gateway| gateway.0.to_owned()),
        up_to: None,
        cause: Cause::ChannelFault,
        reason: reason.to_owned(),
        by: "system".to_owned(),
    }
}

/// Notes for other processes how a gateway does: whether it is stopped, and how
/// many requests are on their way.
async fn note_health(
    conn: &mut Conn,
    now: &Now,
    outlet: &Outlet,
    (stopped, on_their_way): (bool, usize),
) -> Result<()> {
    let key = health_key(&outlet.name());
    let before = meta::text(conn, &key).await?.unwrap_or_default();
    let before: Value = serde_json::from_str(&before).unwrap_or_default();
    let last_taken_at =
        outlet.last_taken_at().or_else(|| before["last_taken_at"].as_i64());
    let note = json!({
        "at": now.ms, "last_taken_at": last_taken_at, "stopped": stopped,
        "on_their_way": on_their_way,
    });
    meta::set_text(conn, &key, &note.to_string()).await?;
    Ok(())
}

/// Where the health of an outlet is noted in the store's `meta`.
pub fn health_key(outlet: &str) -> String {
    format!("gateway:{outlet}")
}

/// So many orders are moved behind a stop in one transaction.
const HELD_AT_ONCE: i64 = 500;

/// Sends one order; `None` when somebody else has it by now.
async fn one(
    engine: &Engine,
    outlet: &Outlet,
    order: Leased,
    approved: Approved<Order>,
    is_probe: bool,
) -> Result<Option<Answered>> {
    let only_once = order.delivery == DeliveryClass::AtMostOnce;
    if only_once && !engine.mark_sending(&order).await? {
        engine.in_hand.put_down(order.id);
        return Ok(None);
    }
    let answer = engine.send(&order, &approved).await;
    let health = outlet.hear(engine.clock.now().ms, &answer);
    let record = Some(approved.record().clone());
    Ok(Some(Answered { order, record, answer, health, is_probe }))
}

/// What an answer means for its order, under a stop or without one.
fn settled(now: &Now, it: &Answered, stop: Option<i64>) -> DeliveryOutcome {
    let record = it.record.clone();
    let only_once = it.order.delivery == DeliveryClass::AtMostOnce;
    // Whether it was a try, and whether it may have arrived all the same.
    let (reason, tried, may_have_arrived) = match &it.answer {
        Err(DeliveryError::Channel(reason)) => (reason, false, false),
        // Silence is told as `Retry` to orders that honour their key.
        Err(DeliveryError::Retry { reason, .. }) => (reason, !only_once, false),
        Err(DeliveryError::Unknown(reason)) if !only_once => (reason, true, true),
        // The answer is about the order itself.
        _ => {
            return DeliveryOutcome {
                record,
                ..outcome(now, &it.order, it.answer.clone())
            };
        }
    };
    if stop.is_none() {
        return DeliveryOutcome { record, ..outcome(now, &it.order, it.answer.clone()) };
    }
    let held = DeliveryOutcome::new(OrderStatus::Held, now.ms, reason.clone());
    DeliveryOutcome { record, tried, may_have_arrived, stop, ..held }
}
