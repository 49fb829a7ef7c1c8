//! Hand-over (投递): review an order once more, reserve the attempt, let the plugin
//! carry it out, and write down what came of it.
//!
//! Lease, review and reservation commit in one transaction before anything
//! leaves. A letter sent twice can be explained; a letter the journal does not
//! know about cannot.

use anyhow::{Context, Result};
use domain::conduct::{self, Approval, Approved, Verdict};
use domain::duty::EndsWith;
use domain::event::OrderEvent;
use domain::ids::{CaseId, OrderId, PartyId};
use domain::journal::{Entry, HandOver, LateAnswer, MovedBy, OrderMoved};
use domain::manifest::DeliveryClass;
use domain::order::Order;
use domain::role::Role;
use domain::status::{OrderStatus, TaskKind};
use serde_json::{Map, json};
use store::events::{self, NewEvent};
use store::journal::{self, NewLine};
use store::outbox::{self, Leased, OrderSettlement, Queue};
use store::plugin::{DeliveryError, NewTask, Receipt};
use store::tasks::{self, Asked};
use store::waits::Beginning;
use store::{Conn, Now, WriteTx, day_counts, hand_over, open_work, restored, spool};
use tracing::info;

use crate::Engine;
use crate::answered;
use crate::record::as_events;
use crate::review_context::ReviewContext;
use crate::runtime::Runtime;
use crate::sending::Watch;
use crate::settle_within;
use crate::settlement::{DeliveryOutcome, contact_outcome, outcome};
use crate::timers::beginning_with;
use crate::words::VERBS;
use crate::work::Silence;

/// How long a batch may be in hand before another daemon looks after its
/// orders: longer than a review holds and the slowest disk takes together.
const LEASE_MS: i64 = 60_000;
/// A review holds so long: behind a slow disk the rest of a batch is reviewed
/// anew, for by then it may be night, or the debt may be paid.
const REVIEW_HOLDS_MS: i64 = 5_000;

/// Orders that a plugin may carry out together; a stop is noticed between two such
/// portions.
const TOGETHER: usize = 100;

/// What plugins with books ask for in one transaction of hand-overs.
#[derive(Default)]
struct PluginOutput {
    tasks: Vec<Asked>,
    events: Vec<NewEvent>,
}

/// What the failure of one order takes back.
#[derive(Clone, Copy, Eq, PartialEq)]
enum RollbackScope {
    /// What it wrote itself.
    One,
    /// What all orders of the transaction wrote.
    All,
}

/// What is to be done with a leased order.
enum Plan {
    /// Hand it over.
    Go(Box<Approved<Order>>),
    /// It is settled without a hand-over.
    DeliveryOutcome(DeliveryOutcome),
}

impl Engine {
    /// Hands over what may leave now, at most `limit` orders of all outlets;
    /// returns how many were looked at.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written. A gateway's fault is no error: the
    /// order is tried again or settled as its delivery class says.
    pub async fn dispatch(&self, limit: i64) -> Result<usize> {
        Ok(self.tend().await? + self.dispatch_of(Queue::Whole, limit).await?)
    }

    /// Hands over what may leave now of one queue, one order after the other;
    /// returns how many were looked at.
    ///
    /// # Errors
    ///
    /// As [`Self::dispatch`].
    pub async fn dispatch_of(&self, queue: Queue<'_>, limit: i64) -> Result<usize> {
        let Some(runtime) = self.runtime() else { return Ok(0) };
        // Before the orders are chosen: what is stopped from now on is noticed.
        let watch = Watch::new(self, &runtime);
        let now = self.clock.now();
        let counted_on = self.counted_on(&now);
        let mut conn = self.store.read().await?;
        let any = outbox::any_ready(conn.conn(), &now, queue, counted_on).await?;
        drop(conn);
        if !any {
            return Ok(0);
        }
        let mut work = self.begin(&now).await?;
        let ready = outbox::ready(work.conn(), &now, queue, counted_on, limit).await?;
        if ready.orders.is_empty() {
            work.rollback().await?;
            return Ok(0);
        }
        let count = ready.orders.len();
        let leaving = self.before_they_leave(work.tx(), &now, ready.orders).await?;
        let leased = outbox::lease(work.conn(), &now, &leaving, LEASE_MS).await?;
        let plans = self.plan(work.tx(), &runtime, &now, leased).await?;
        work.commit().await?;
        if self.rehearsal.is_some() {
            self.rehearse(&runtime, &now, plans).await?;
            return Ok(count);
        }
        self.hand_over(&runtime, &now, plans, watch).await?;
        Ok(count)
    }

    /// Reviews every order and writes down those that do not leave.
    pub(super) async fn plan(
        &self,
        tx: &mut WriteTx,
        runtime: &Runtime,
        now: &Now,
        leased: Vec<Leased>,
    ) -> Result<Vec<(Leased, Approved<Order>)>> {
        let (policy, store_id) = (&runtime.policy, self.store.id());
        let mut context =
            ReviewContext::load(tx.conn(), now, policy, store_id, &leased).await?;
        let mut going = Vec::new();
        let mut settled = Vec::new();
        let (mut reserved, mut fresh) = (Vec::new(), Vec::new());
        for order in leased {
            if let Some(left) = context.left_before_restore(now, &order) {
                settled.push((order, left));
                continue;
            }
            match self.decide(runtime, now, &mut context, &order) {
                Plan::Go(approved) => {
                    reserved.extend(context.reserve(now, &order));
                    if let Some(text) = context.fresh(&order) {
                        fresh.push((order.id, order.epoch, text.to_owned()));
                    }
                    going.push((order, *approved));
                }
                Plan::DeliveryOutcome(it) => settled.push((order, it)),
            }
        }
        restored::stands_for(tx.conn(), context.stands_for()).await?;
        hand_over::reserve_all(tx.conn(), &reserved).await?;
        hand_over::note_texts(tx.conn(), now, &fresh).await?;
        self.write_settled(tx.conn(), runtime, now, &settled).await?;
        Ok(going)
    }

    fn decide(
        &self,
        runtime: &Runtime,
        now: &Now,
        context: &mut ReviewContext,
        order: &Leased,
    ) -> Plan {
        let skip_reason = context.skip_reason(runtime, now, order);
        let skip_reason = skip_reason.or_else(|| context.untrue(runtime, now, order));
        if let Some(settled) = skip_reason {
            return Plan::DeliveryOutcome(settled);
        }
        let facts = context.conduct_facts(runtime, self, order);
        let ready = context.order(runtime, now, order);
        match conduct::review(ready, &facts, now.civil, &runtime.policy) {
            Verdict::Approved(approved) => Plan::Go(Box::new(approved)),
            Verdict::Refused(_, record) => {
                let rules = record.deciding_rules().join(",");
                let settled = DeliveryOutcome::new(OrderStatus::Refused, now.ms, rules)
                    .raising(OrderEvent::Refused);
                Plan::DeliveryOutcome(settled.with(&record))
            }
            Verdict::Deferred(_, until, record) => {
                let rules = record.deciding_rules().join(",");
                let at = self.clock.instant(until);
                let settled = DeliveryOutcome::new(OrderStatus::Pending, at, rules)
                    .raising(OrderEvent::Deferred);
                Plan::DeliveryOutcome(settled.untried().with(&record))
            }
            Verdict::NeedsApproval(_, record) => {
                let rules = record.deciding_rules().join(",");
                let settled =
                    DeliveryOutcome::new(OrderStatus::AwaitingApproval, now.ms, rules);
                Plan::DeliveryOutcome(settled.with(&record))
            }
        }
    }

    async fn hand_over(
        &self,
        runtime: &Runtime,
        now: &Now,
        going: Vec<(Leased, Approved<Order>)>,
        mut watch: Watch,
    ) -> Result<()> {
        if going.is_empty() {
            return Ok(());
        }
        let (with_books, without): (Vec<_>, Vec<_>) =
            going.into_iter().partition(|(it, _)| self.has_books(&it.plugin, &it.verb));
        // Books first: they take no time, and a slow gateway would make their
        // review an old one.
        self.carry_out_all(runtime, now, with_books).await?;
        self.note_departures(without.iter().map(|it| &it.0)).await?;
        let (only_once, repeatable): (Vec<_>, Vec<_>) =
            without.into_iter().partition(|(order, _)| {
                !self.simulated && order.delivery == DeliveryClass::AtMostOnce
            });
        let (mut settled, mut late) = self.send_all(now, repeatable, &mut watch).await?;
        for (order, approved) in only_once {
            if self.is_late(now, &mut watch, &order).await? {
                late.push(order);
                continue;
            }
            if !self.mark_sending(&order).await? {
                continue;
            }
            let answer = self.send(&order, &approved).await;
            settled.push(answered(now, (order, approved), answer));
            // A death must lose sight of the letter in hand, not of the whole batch.
            self.acknowledge(runtime, &settled).await?;
            self.note_answers(settled.iter().map(|it| (&it.0, &it.1))).await;
            settled.clear();
        }
        if settled.is_empty() && late.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut work = self.begin(&now).await?;
        outbox::give_back(work.conn(), &late.iter().collect::<Vec<_>>()).await?;
        self.write_settled(work.conn(), runtime, &now, &settled).await?;
        work.commit().await?;
        self.note_answers(settled.iter().map(|it| (&it.0, &it.1))).await;
        let late = late.iter().map(|order| (order, OrderStatus::Pending));
        self.note_outcomes(late.collect()).await;
        Ok(())
    }

    /// Sends orders that may be sent again under their key; answers what came of
    /// them, and those whose turn did not come.
    async fn send_all(
        &self,
        now: &Now,
        orders: Vec<(Leased, Approved<Order>)>,
        watch: &mut Watch,
    ) -> Result<(Vec<(Leased, DeliveryOutcome)>, Vec<Leased>)> {
        let mut settled = Vec::with_capacity(orders.len());
        let mut late = Vec::new();
        let mut rest = orders.into_iter().peekable();
        while rest.peek().is_some() {
            let mut going = Vec::new();
            for one in rest.by_ref().take(TOGETHER) {
                if self.is_late(now, watch, &one.0).await? {
                    late.push(one.0);
                } else {
                    going.push(one);
                }
            }
            if let Some(answers) = self.deliver_together(&going).await {
                let both = going.into_iter().zip(answers);
                settled.extend(both.map(|(one, answer)| answered(now, one, answer)));
                continue;
            }
            for one in going {
                // The ones before may have taken long.
                if self.is_late(now, watch, &one.0).await? {
                    late.push(one.0);
                    continue;
                }
                let answer = self.send(&one.0, &one.1).await;
                settled.push(answered(now, one, answer));
            }
        }
        Ok((settled, late))
    }

    /// Whether an order may not leave any more as it was reviewed.
    async fn is_late(
        &self,
        now: &Now,
        watch: &mut Watch,
        order: &Leased,
    ) -> Result<bool> {
        let is_old = REVIEW_HOLDS_MS < self.clock.now().ms - now.ms;
        Ok(is_old || !watch.allows(self, order).await?)
    }

    /// What the plugin of some orders answers to all of them together, if they are
    /// of one plugin and it takes them so.
    async fn deliver_together(
        &self,
        orders: &[(Leased, Approved<Order>)],
    ) -> Option<Vec<Result<Receipt, DeliveryError>>> {
        let (first, _) = orders.first()?;
        let is_alike = |it: &Leased| it.plugin == first.plugin && it.attempts == 0;
        if self.simulated
            || orders.len() < 2
            || !orders.iter().all(|order| is_alike(&order.0))
        {
            return None;
        }
        let approved: Vec<&Approved<Order>> =
            orders.iter().map(|order| &order.1).collect();
        let plugins = self.plugins();
        plugins.named(&first.plugin)?.deliver_together(&approved).await
    }

    /// Lets the plugins with books carry out their orders, all in one
    /// transaction. Savepoints for each are paid for only once one has failed.
    async fn carry_out_all(
        &self,
        runtime: &Runtime,
        now: &Now,
        orders: Vec<(Leased, Approved<Order>)>,
    ) -> Result<()> {
        if orders.is_empty() {
            return Ok(());
        }
        let mut work = self.begin(now).await?;
        let carried =
            self.carry_out_each(work.tx(), now, &orders, RollbackScope::All).await?;
        let (answers, mut output) = if let Some(carried) = carried {
            carried
        } else {
            work.rollback().await?;
            work = self.begin(now).await?;
            let carried =
                self.carry_out_each(work.tx(), now, &orders, RollbackScope::One).await?;
            carried.context("逐件投递没有结果")?
        };
        let settled: Vec<(Leased, DeliveryOutcome)> =
            orders.into_iter().map(|order| order.0).zip(answers).collect();
        let handed_over = || settled.iter().map(|it| &it.0);
        let asked = &mut output.tasks;
        settle_within::by_the_pack(work.conn(), now, runtime, handed_over(), asked)
            .await?;
        self.keep_from_those_complained_of(work.conn(), runtime, handed_over(), asked)
            .await?;
        tasks::open(work.conn(), now, &output.tasks).await?;
        // A hold may have come in between the review and the books.
        let cases: Vec<CaseId> =
            output.tasks.iter().map(|asked| asked.task.case_id).collect();
        open_work::suspend_if_held(work.conn(), &cases).await?;
        events::record_all(work.conn(), now, self.resume_at(now), &output.events).await?;
        self.write_settled(work.conn(), runtime, now, &settled).await?;
        work.commit().await?;
        Ok(())
    }

    /// Has every order carried out; `None` when one failed and only all of them
    /// together can be undone.
    async fn carry_out_each(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        orders: &[(Leased, Approved<Order>)],
        undo: RollbackScope,
    ) -> Result<Option<(Vec<DeliveryOutcome>, PluginOutput)>> {
        let mut output = PluginOutput::default();
        let mut settled = Vec::with_capacity(orders.len());
        for (order, approved) in orders {
            let carried =
                self.carry_out(tx, now, order, approved, &mut output, undo).await?;
            let Some(outcome) = carried else { return Ok(None) };
            settled.push(outcome);
        }
        Ok(Some((settled, output)))
    }

    /// Commits what came of hand-overs.
    pub(super) async fn acknowledge(
        &self,
        runtime: &Runtime,
        settled: &[(Leased, DeliveryOutcome)],
    ) -> Result<()> {
        let now = self.clock.now();
        let mut work = self.begin(&now).await?;
        self.write_settled(work.conn(), runtime, &now, settled).await?;
        work.commit().await?;
        Ok(())
    }

    /// Commits that an order which may leave only once is about to leave;
    /// returns whether it is still ours to send.
    pub(super) async fn mark_sending(&self, order: &Leased) -> Result<bool> {
        let mut tx = self.begin_silent(Silence::Orders).await?;
        let ours = outbox::begin(tx.conn(), order).await?;
        tx.commit().await?;
        Ok(ours)
    }

    fn has_books(&self, plugin: &str, verb: &str) -> bool {
        self.plugins().named(plugin).is_some_and(|it| it.has_books(verb))
    }

    pub(super) async fn send(
        &self,
        order: &Leased,
        approved: &Approved<Order>,
    ) -> Result<Receipt, DeliveryError> {
        if self.simulated {
            return simulated(approved.order());
        }
        let plugins = self.plugins();
        let Some(plugin) = plugins.named(&order.plugin) else {
            return Err(DeliveryError::Refused(format!(
                "插件 {0} 未启用 · the plugin {0} is off",
                order.plugin
            )));
        };
        // An earlier try may have arrived without our knowing.
        let asks =
            order.delivery == DeliveryClass::QueryBeforeRetry && 0 < order.attempts;
        if asks && let Some(receipt) = plugin.query(&order.idempotency_key).await? {
            return Ok(receipt);
        }
        plugin.deliver(approved, None).await
    }

    /// Lets a plugin with books carry out one order inside the transaction; a
    /// failure undoes its own rows and nobody else's, or answers `None` when
    /// all have to be undone.
    async fn carry_out(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        order: &Leased,
        approved: &Approved<Order>,
        output: &mut PluginOutput,
        undo: RollbackScope,
    ) -> Result<Option<DeliveryOutcome>> {
        let plugins = self.plugins();
        let Some(plugin) = plugins.named(&order.plugin) else {
            let off = DeliveryOutcome::new(OrderStatus::Failed, now.ms, "plugin_off")
                .raising(OrderEvent::Failed);
            return Ok(Some(off));
        };
        let alone = undo == RollbackScope::One;
        if alone {
            savepoint(tx.conn(), "savepoint one_order").await?;
        }
        let mut books = self.books(tx.conn(), now);
        let answer = plugin.deliver(approved, Some(&mut books)).await;
        let (raised, new_tasks) = (books.raised, books.tasks);
        if answer.is_ok() {
            let role = plugin.role().unwrap_or(Role::Supervisor.as_str());
            let asked = |task| asked_of_somebody(order, task, role);
            output.tasks.extend(new_tasks.into_iter().map(asked));
            output.events.extend(as_events(now, &order.plugin, raised));
        } else if alone {
            savepoint(tx.conn(), "rollback to one_order").await?;
        } else {
            return Ok(None);
        }
        if alone {
            savepoint(tx.conn(), "release one_order").await?;
        }
        let record = Some(approved.record().clone());
        Ok(Some(DeliveryOutcome { record, ..outcome(now, order, answer) }))
    }

    pub(super) async fn write_settled(
        &self,
        conn: &mut Conn,
        runtime: &Runtime,
        now: &Now,
        settled: &[(Leased, DeliveryOutcome)],
    ) -> Result<()> {
        if settled.is_empty() {
            return Ok(());
        }
        let rows: Vec<OrderSettlement> = settled
            .iter()
            .map(|(order, it)| OrderSettlement {
                order: order.id,
                epoch: order.epoch,
                status: it.status,
                at: it.at,
                note: it.note.clone(),
                tried: it.tried,
                stop: it.stop,
                ageless: it.ageless,
            })
            .collect();
        let held = outbox::settle(conn, &rows).await?;
        // An answer under a lease that has run out is on record and no more:
        // whoever holds the order now settles it.
        let rehearsal = self.rehearsal.is_some();
        let lines: Vec<NewLine> = settled
            .iter()
            .map(|(order, it)| {
                let held = held.contains(&order.id);
                line(runtime, order, it, held, rehearsal)
            })
            .collect();
        journal::append(conn, now, &lines).await?;
        let settled: Vec<&(Leased, DeliveryOutcome)> =
            settled.iter().filter(|it| held.contains(&it.0.id)).collect();
        settle_contacts(conn, &settled).await?;
        for (order, it) in &settled {
            self.tally.order(&order.verb, it.status, now.ms);
        }
        if self.limits().bounds.is_some() {
            let back = settled.iter().filter(|(_, it)| it.did_not_leave());
            let back: Vec<OrderId> = back.map(|(order, _)| order.id).collect();
            day_counts::uncount(conn, &back).await?;
        }
        let raised: Vec<NewEvent> = settled
            .iter()
            .filter_map(|(order, it)| event(runtime, now, order, it))
            .collect();
        events::record_all(conn, now, self.resume_at(now), &raised).await?;
        ask_people(conn, now, &settled).await?;
        let skip_reason = settled.iter().filter(|(order, it)| {
            order.second_person && it.status == OrderStatus::Cancelled
        });
        let skip_reason: Vec<(OrderId, &str, &str)> = skip_reason
            .map(|(order, settled)| (order.id, "system", settled.note.as_str()))
            .collect();
        tasks::close_of_orders(conn, now, &skip_reason).await?;
        let deferred = settled
            .iter()
            .filter(|(_, settled)| settled.event == Some(OrderEvent::Deferred));
        let begun: Vec<Beginning<'_>> =
            deferred.filter_map(|(order, it)| beginning_with(order, it.at)).collect();
        self.restart_waits(conn, now, &begun).await
    }

    /// Looks after orders whose holder died: those that honour their key are
    /// tried again, for the others a person has to find out.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn recover(&self, lease_ended_by_ms: i64) -> Result<usize> {
        let Some(runtime) = self.runtime() else { return Ok(0) };
        let now = self.clock.now();
        let mut work = self.begin(&now).await?;
        let mut orphans = outbox::orphans(work.conn(), lease_ended_by_ms).await?;
        orphans.retain(|order| !self.in_hand.has(order.id));
        if orphans.is_empty() {
            work.rollback().await?;
            return Ok(0);
        }
        let count = orphans.len();
        let settled: Vec<(Leased, DeliveryOutcome)> = orphans
            .into_iter()
            .map(|order| {
                let books = self.has_books(&order.plugin, &order.verb);
                let settled = match order.delivery {
                    // Books commit with their acknowledgement, so an order
                    // still leased has left no trace there; neither has one
                    // whose turn to be sent had not come.
                    DeliveryClass::AtMostOnce if !books && order.begun => {
                        DeliveryOutcome::new(
                            OrderStatus::Unknown,
                            now.ms,
                            "died_while_sending",
                        )
                        .raising(OrderEvent::Unknown)
                    }
                    _ => DeliveryOutcome::new(
                        OrderStatus::Pending,
                        now.ms,
                        "died_while_sending",
                    ),
                };
                (order, settled)
            })
            .collect();
        info!(count, "took up {count} orders that were in hand when a daemon died");
        self.write_settled(work.conn(), &runtime, &now, &settled).await?;
        work.commit().await?;
        Ok(count)
    }
}

/// An order with what its answer means for it.
fn answered(
    now: &Now,
    (order, approved): (Leased, Approved<Order>),
    answer: Result<Receipt, DeliveryError>,
) -> (Leased, DeliveryOutcome) {
    let record = Some(approved.record().clone());
    let settled = DeliveryOutcome { record, ..outcome(now, &order, answer) };
    (order, settled)
}

/// Opens the tasks that only a person can do: approve, or find out whether
/// an order arrived.
async fn ask_people(
    conn: &mut Conn,
    now: &Now,
    settled: &[&(Leased, DeliveryOutcome)],
) -> Result<()> {
    let mut wanted = Vec::new();
    for (order, it) in settled {
        let asked = |zh: &str, en: &str| {
            let said = VERBS.said(&order.verb).unwrap_or(order.verb.as_str());
            format!("{zh}:{said} · {en}: `{}`", order.verb)
        };
        let (kind, title) = match it.status {
            OrderStatus::AwaitingApproval => {
                (TaskKind::Approval, asked("审批", "to approve"))
            }
            OrderStatus::Unknown => {
                (TaskKind::Unknown, answered::what_to_find_out(order))
            }
            OrderStatus::Failed => {
                (TaskKind::Failed, asked("投递失败", "it did not get through"))
            }
            _ => continue,
        };
        let task = NewTask {
            case_id: order.case_id,
            kind: kind.to_string(),
            title,
            assignee: None,
            ends_with: EndsWith::Nothing,
            due_on: None,
            // An approval that was not enough asks once more.
            dedupe_key: format!("{kind}:{}:{}", order.id, order.epoch),
        };
        let for_role = (kind == TaskKind::Unknown).then_some(answered::WHO);
        wanted.push(Asked { for_role, ..asked_by(order, task) });
    }
    tasks::open(conn, now, &wanted).await?;
    Ok(())
}

fn asked_by(order: &Leased, task: NewTask) -> Asked {
    let (instance, order) = (order.instance_id, Some(order.id));
    Asked { instance, order, for_role: None, not_by: Vec::new(), task }
}

/// Work on a case that nobody collects is not nobody's: it is for a role, in whose list
/// it stands until one of them takes it.
fn asked_of_somebody(order: &Leased, task: NewTask, role: &'static str) -> Asked {
    let for_role = task.assignee.is_none().then_some(role);
    Asked { for_role, ..asked_by(order, task) }
}

/// The event that a settled order raises, if any.
fn event(
    runtime: &Runtime,
    now: &Now,
    order: &Leased,
    settled: &DeliveryOutcome,
) -> Option<NewEvent> {
    let kind = settled.event?;
    let workflow = order.requested_by.strip_prefix("workflow:").unwrap_or_default();
    // Deliveries and what was given up are in the journal of the case; only a
    // workflow that answers them is woken up.
    if kind.is_for_those_who_answer()
        && !runtime.answers(workflow, &order.stage, kind.as_str())
    {
        return None;
    }
    let mut payload = Map::new();
    payload.insert("verb".to_owned(), json!(order.verb));
    payload.insert("order".to_owned(), json!(order.id.to_string()));
    payload.insert("reason".to_owned(), json!(settled.note));
    Some(NewEvent {
        case_id: order.case_id,
        kind: kind.to_string(),
        payload,
        source: "outbox".to_owned(),
        dedupe_key: format!("{}:{kind}:{}", order.id, order.epoch),
        happened_on: now.today(),
    })
}

async fn savepoint(conn: &mut Conn, statement: &'static str) -> Result<()> {
    sqlx::query(statement).execute(conn).await?;
    Ok(())
}

async fn settle_contacts(
    conn: &mut Conn,
    settled: &[&(Leased, DeliveryOutcome)],
) -> Result<()> {
    let unsent: Vec<OrderId> =
        settled.iter().filter(|it| it.1.ends_unsent()).map(|it| it.0.id).collect();
    outbox::unreserve(conn, &unsent).await?;
    let made: Vec<(OrderId, OrderStatus)> = settled
        .iter()
        .filter(|(order, _)| order.channel.is_some() && order.party_id.is_some())
        .filter_map(|(order, it)| Some((order.id, contact_outcome(order, it)?)))
        .collect();
    hand_over::settle_all(conn, &made).await?;
    Ok(())
}

/// A gateway that takes whatever a real one could take.
fn simulated(order: &Order) -> Result<Receipt, DeliveryError> {
    if let (Some(channel), Some(to)) = (order.channel, &order.recipient) {
        spool::contact_point(to, channel)?;
    }
    Ok(Receipt { reference: "simulated".to_owned(), amount: None })
}

fn line(
    runtime: &Runtime,
    order: &Leased,
    settled: &DeliveryOutcome,
    held: bool,
    rehearsal: bool,
) -> NewLine {
    let (status, note) = (settled.status, settled.note.clone());
    let hand_over = HandOver {
        verb: order.verb.clone(),
        to: order.party_id.map(PartyId),
        key: order.idempotency_key.clone(),
        attempt: order.attempts + 1,
        epoch: Some(order.epoch),
        review: settled.record.clone(),
        rehearsal,
    };
    let order_id = order.id;
    let entry = if held {
        let by = MovedBy::HandOver(hand_over);
        Entry::OrderMoved(OrderMoved { order: order_id, status, note, by })
    } else {
        Entry::LateAnswer(LateAnswer { order: order_id, status, note, hand_over })
    };
    NewLine::of_case(order.case_id, entry).under(Some(runtime.release_id))
}

impl Engine {
    pub(super) fn approvals(&self, order: &Leased) -> Vec<Approval> {
        let by = order.approved_by.iter();
        by.map(|by| Approval { by: by.clone(), roles: self.roles_of(by) }).collect()
    }
}
