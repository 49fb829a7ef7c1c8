//! Hand-over (投递): review an order once more, reserve the attempt, let the plugin
//! carry it out, and write down what came of it.
//!
//! Lease, review and reservation commit in one transaction before anything
//! leaves. A letter sent twice can be explained; a letter the journal does not
//! know about cannot.

use std::collections::HashMap;

use anyhow::Result;
use domain::conduct::{self, Approval, Approved, ConductFacts, Verdict};
use domain::facts::CaseFacts;
use domain::ids::{CaseId, InstanceId, OrderId, PartyId};
use domain::manifest::{Act, Channel, DeliveryClass};
use domain::order::Order;
use jiff::ToSpan;
use serde_json::{Map, Value, json};
use store::contacts::NewContact;
use store::events::{self, NewEvent};
use store::facts::Reachable;
use store::hand_over::{self, PastAttempt};
use store::journal::{self, NewLine};
use store::outbox::{self, Leased, Settlement};
use store::plugin::{DeliveryError, NewTask, Receipt};
use store::{Conn, Now, WriteTx, facts, spool, tasks};
use tracing::{info, warn};

use crate::engine::Engine;
use crate::engine::runtime::Runtime;

/// How long a hand-over may take before another daemon looks after the order.
/// It is longer than a review holds and the slowest gateway may take together.
const LEASE_MS: i64 = 180_000;
/// A review holds so long: behind a slow gateway the rest of a batch is
/// reviewed anew, for by then it may be night, or the debt may be paid.
const REVIEW_HOLDS_MS: i64 = 5_000;
/// Waits between tries: half a minute, doubled each time, at most an hour.
const FIRST_RETRY_MS: i64 = 30_000;
const LONGEST_RETRY_MS: i64 = 3_600_000;
/// A failing order is given up after so many tries.
const MOST_TRIES: i64 = 12;
/// The longest window of the policy packs, in days.
const LOOK_BACK_DAYS: i64 = 31;

/// What is to be done with a leased order.
enum Plan {
    /// Hand it over.
    Go(Box<Approved<Order>>),
    /// It is settled without a hand-over.
    Settled(Settled),
}

/// How an order ended, or why it waits.
struct Settled {
    status: &'static str,
    /// The next try, for `pending`.
    at: i64,
    /// For people and journal; no personal data.
    note: String,
    /// The event it raises, if any.
    event: Option<&'static str>,
    /// The record of the review.
    record: Value,
}

impl Settled {
    fn new(status: &'static str, at: i64, note: impl Into<String>) -> Self {
        Self { status, at, note: note.into(), event: None, record: Value::Null }
    }

    fn raising(self, event: &'static str) -> Self {
        Self { event: Some(event), ..self }
    }

    fn with(self, record: &conduct::Record) -> Self {
        Self { record: serde_json::to_value(record).unwrap_or_default(), ..self }
    }
}

impl Engine {
    /// Hands over what may leave now, at most `limit` orders; returns how many
    /// were looked at.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written. A gateway's fault is no error: the
    /// order is tried again or settled as its delivery class says.
    pub async fn dispatch(&self, limit: i64) -> Result<usize> {
        let Some(runtime) = self.runtime() else { return Ok(0) };
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let leased = outbox::lease(tx.conn(), &now, limit, LEASE_MS).await?;
        if leased.is_empty() {
            tx.rollback().await?;
            return Ok(0);
        }
        let count = leased.len();
        let plans = self.plan(&mut tx, &runtime, &now, leased).await?;
        self.conclude(&mut tx, &now).await?;
        tx.commit().await?;
        self.hand_over(&runtime, &now, plans).await?;
        Ok(count)
    }

    /// Reviews every order and writes down those that do not leave.
    async fn plan(
        &self,
        tx: &mut WriteTx,
        runtime: &Runtime,
        now: &Now,
        leased: Vec<Leased>,
    ) -> Result<Vec<(Leased, Approved<Order>)>> {
        let mut desk = Desk::load(tx.conn(), now, &leased).await?;
        let mut going = Vec::new();
        let mut settled = Vec::new();
        let mut reserved = Vec::new();
        for order in leased {
            match self.decide(runtime, now, &mut desk, &order) {
                Plan::Go(approved) => {
                    reserved.extend(desk.reserve(now, &order));
                    going.push((order, *approved));
                }
                Plan::Settled(it) => settled.push((order, it)),
            }
        }
        hand_over::reserve_all(tx.conn(), &reserved).await?;
        self.write_settled(tx.conn(), runtime, now, &settled).await?;
        Ok(going)
    }

    fn decide(
        &self,
        runtime: &Runtime,
        now: &Now,
        desk: &mut Desk,
        order: &Leased,
    ) -> Plan {
        if let Some(settled) = desk.moot(now, order) {
            return Plan::Settled(settled);
        }
        let facts = desk.conduct_facts(runtime, self, order);
        let ready = desk.order(now, order);
        match conduct::review(ready, &facts, now.civil, &runtime.policy) {
            Verdict::Approved(approved) => Plan::Go(Box::new(approved)),
            Verdict::Refused(_, record) => {
                let rules = record.deciding_rules().join(",");
                let settled = Settled::new("refused", now.ms, rules).raising("refused");
                Plan::Settled(settled.with(&record))
            }
            Verdict::Deferred(_, until, record) => {
                let rules = record.deciding_rules().join(",");
                let at = self.clock.instant(until);
                let settled = Settled::new("pending", at, rules).raising("deferred");
                Plan::Settled(settled.with(&record))
            }
            Verdict::NeedsApproval(_, record) => {
                let rules = record.deciding_rules().join(",");
                let settled = Settled::new("awaiting_approval", now.ms, rules);
                Plan::Settled(settled.with(&record))
            }
        }
    }

    async fn hand_over(
        &self,
        runtime: &Runtime,
        now: &Now,
        going: Vec<(Leased, Approved<Order>)>,
    ) -> Result<()> {
        if going.is_empty() {
            return Ok(());
        }
        let (with_books, without): (Vec<_>, Vec<_>) =
            going.into_iter().partition(|(it, _)| self.has_books(&it.plugin, &it.verb));
        let mut settled = Vec::with_capacity(without.len());
        let mut late = Vec::new();
        for (order, approved) in without {
            if REVIEW_HOLDS_MS < self.clock.now().ms - now.ms {
                late.push(order);
                continue;
            }
            let only_once =
                !self.simulated && order.delivery == DeliveryClass::AtMostOnce;
            if only_once && !self.mark_sending(&order).await? {
                continue;
            }
            let answer = self.send(&order, &approved).await;
            let record = serde_json::to_value(approved.record()).unwrap_or_default();
            let outcome = Settled { record, ..outcome(now, &order, answer) };
            settled.push((order, outcome));
            if only_once {
                // A death must lose sight of the letter in hand, not of the
                // whole batch.
                self.acknowledge(runtime, &settled).await?;
                settled.clear();
            }
        }
        let mut tx = self.store.write().await?;
        outbox::give_back(tx.conn(), &late.iter().collect::<Vec<_>>()).await?;
        for (order, approved) in with_books {
            let outcome = self.carry_out(&mut tx, now, &order, &approved).await?;
            settled.push((order, outcome));
        }
        let now = self.clock.now();
        self.write_settled(tx.conn(), runtime, &now, &settled).await?;
        self.conclude(&mut tx, &now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Commits what came of hand-overs.
    async fn acknowledge(
        &self,
        runtime: &Runtime,
        settled: &[(Leased, Settled)],
    ) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        self.write_settled(tx.conn(), runtime, &now, settled).await?;
        self.conclude(&mut tx, &now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Commits that an order which may leave only once is about to leave;
    /// returns whether it is still ours to send.
    async fn mark_sending(&self, order: &Leased) -> Result<bool> {
        let mut tx = self.store.write().await?;
        let ours = outbox::begin(tx.conn(), order).await?;
        tx.commit().await?;
        Ok(ours)
    }

    fn has_books(&self, plugin: &str, verb: &str) -> bool {
        self.plugins.named(plugin).is_some_and(|it| it.has_books(verb))
    }

    async fn send(
        &self,
        order: &Leased,
        approved: &Approved<Order>,
    ) -> Result<Receipt, DeliveryError> {
        if self.simulated {
            return simulated(approved.order());
        }
        let Some(plugin) = self.plugins.named(&order.plugin) else {
            return Err(DeliveryError::Refused(format!("插件 {} 未启用", order.plugin)));
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
    /// failure undoes its own rows and nobody else's.
    async fn carry_out(
        &self,
        tx: &mut WriteTx,
        now: &Now,
        order: &Leased,
        approved: &Approved<Order>,
    ) -> Result<Settled> {
        let Some(plugin) = self.plugins.named(&order.plugin) else {
            return Ok(Settled::new("failed", now.ms, "plugin_off").raising("failed"));
        };
        savepoint(tx.conn(), "savepoint one_order").await?;
        let mut books = self.books(tx.conn(), now);
        let answer = plugin.deliver(approved, Some(&mut books)).await;
        let (raised, new_tasks) = (books.raised, books.tasks);
        if answer.is_ok() {
            let (instance, id) = (order.instance_id, Some(order.id));
            tasks::open(tx.conn(), now, instance, id, &new_tasks).await?;
            self.take(tx.conn(), now, &order.plugin, raised, Vec::new()).await?;
            savepoint(tx.conn(), "release one_order").await?;
        } else {
            savepoint(tx.conn(), "rollback to one_order").await?;
            savepoint(tx.conn(), "release one_order").await?;
        }
        let record = serde_json::to_value(approved.record()).unwrap_or_default();
        Ok(Settled { record, ..outcome(now, order, answer) })
    }

    async fn write_settled(
        &self,
        conn: &mut Conn,
        runtime: &Runtime,
        now: &Now,
        settled: &[(Leased, Settled)],
    ) -> Result<()> {
        if settled.is_empty() {
            return Ok(());
        }
        let rows: Vec<Settlement> = settled
            .iter()
            .map(|(order, it)| Settlement {
                order: order.id,
                epoch: order.epoch,
                status: it.status,
                at: it.at,
                note: it.note.clone(),
            })
            .collect();
        outbox::settle(conn, &rows).await?;
        let lines: Vec<NewLine> =
            settled.iter().map(|(order, it)| line(runtime, order, it)).collect();
        journal::append(conn, now, &lines).await?;
        settle_contacts(conn, now, settled).await?;
        let raised: Vec<NewEvent> = settled
            .iter()
            .filter_map(|(order, it)| self.event(runtime, now, order, it))
            .collect();
        events::record_all(conn, now, self.resume_at(now), &raised).await?;
        self.ask_people(conn, now, settled).await?;
        for (order, it) in settled {
            if it.status == "pending" && it.event == Some("deferred") {
                self.rewait_from(conn, now, order, it.at).await?;
            }
        }
        Ok(())
    }

    fn event(
        &self,
        runtime: &Runtime,
        now: &Now,
        order: &Leased,
        settled: &Settled,
    ) -> Option<NewEvent> {
        let kind = settled.event?;
        let workflow = order.requested_by.strip_prefix("workflow:").unwrap_or_default();
        // Deliveries are in the journal of the case; only a workflow that
        // answers them is woken up.
        if kind == "delivered" && !runtime.answers(workflow, &order.stage, kind) {
            return None;
        }
        let mut payload = Map::new();
        payload.insert("verb".to_owned(), json!(order.verb));
        payload.insert("order".to_owned(), json!(order.id.to_string()));
        payload.insert("reason".to_owned(), json!(settled.note));
        Some(NewEvent {
            case_id: order.case_id,
            kind: kind.to_owned(),
            payload,
            source: "outbox".to_owned(),
            dedupe_key: format!("{}:{kind}:{}", order.id, order.epoch),
            happened_on: now.today(),
        })
    }

    /// Opens the tasks that only a person can do: approve, or find out whether
    /// an order arrived.
    async fn ask_people(
        &self,
        conn: &mut Conn,
        now: &Now,
        settled: &[(Leased, Settled)],
    ) -> Result<()> {
        for (order, it) in settled {
            let (kind, title) = match it.status {
                "awaiting_approval" => ("approval", format!("审批:{}", order.verb)),
                "unknown" => ("unknown", format!("核实是否送达:{}", order.verb)),
                "failed" => ("failed", format!("投递失败:{}", order.verb)),
                _ => continue,
            };
            let task = NewTask {
                case_id: order.case_id,
                kind: kind.to_owned(),
                title,
                assignee: None,
                due_on: None,
                // An approval that was not enough asks once more.
                dedupe_key: format!("{kind}:{}:{}", order.id, order.epoch),
            };
            let id = Some(order.id);
            tasks::open(conn, now, order.instance_id, id, &[task]).await?;
        }
        Ok(())
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
        let mut tx = self.store.write().await?;
        let orphans = outbox::orphans(tx.conn(), lease_ended_by_ms).await?;
        if orphans.is_empty() {
            tx.rollback().await?;
            return Ok(0);
        }
        let count = orphans.len();
        let settled: Vec<(Leased, Settled)> = orphans
            .into_iter()
            .map(|order| {
                let books = self.has_books(&order.plugin, &order.verb);
                let settled = match order.delivery {
                    // Books commit with their acknowledgement, so an order
                    // still leased has left no trace there; neither has one
                    // whose turn to be sent had not come.
                    DeliveryClass::AtMostOnce if !books && order.begun => {
                        Settled::new("unknown", now.ms, "died_while_sending")
                            .raising("unknown")
                    }
                    _ => Settled::new("pending", now.ms, "died_while_sending"),
                };
                (order, settled)
            })
            .collect();
        info!(count, "took up {count} orders that were in hand when a daemon died");
        self.write_settled(tx.conn(), &runtime, &now, &settled).await?;
        tx.commit().await?;
        Ok(count)
    }
}

async fn savepoint(conn: &mut Conn, statement: &'static str) -> Result<()> {
    sqlx::query(statement).execute(conn).await?;
    Ok(())
}

async fn settle_contacts(
    conn: &mut Conn,
    _now: &Now,
    settled: &[(Leased, Settled)],
) -> Result<()> {
    let made: Vec<(OrderId, &'static str)> = settled
        .iter()
        .filter(|(order, _)| order.channel.is_some() && order.party_id.is_some())
        .filter_map(|(order, it)| Some((order.id, contact_outcome(order, it)?)))
        .collect();
    hand_over::settle_all(conn, &made).await?;
    Ok(())
}

/// What the attempt counts as. A call or visit is only arranged by its
/// delivery: it stays reserved, and so counts as effective, until somebody
/// reports what came of it.
fn contact_outcome(order: &Leased, settled: &Settled) -> Option<&'static str> {
    match (settled.status, order.channel) {
        ("delivered", Some(Channel::Phone | Channel::Visit)) => None,
        ("delivered", _) => Some("delivered"),
        ("failed", _) => Some("failed"),
        // A try that is repeated reserves its attempt once, under its order.
        _ => None,
    }
}

/// A gateway that takes whatever a real one could take.
fn simulated(order: &Order) -> Result<Receipt, DeliveryError> {
    if let (Some(channel), Some(to)) = (order.channel, &order.recipient) {
        spool::contact_point(to, channel)?;
    }
    Ok(Receipt { reference: "simulated".to_owned(), amount: None })
}

/// What a hand-over means for the order.
fn outcome(now: &Now, order: &Leased, answer: Result<Receipt, DeliveryError>) -> Settled {
    let once = order.delivery == DeliveryClass::AtMostOnce;
    match answer {
        Ok(receipt) => {
            Settled::new("delivered", now.ms, receipt.reference).raising("delivered")
        }
        Err(DeliveryError::Unknown(reason)) if once => {
            warn!(order.id = %order.id, "it is not known whether order {} arrived", order.id);
            Settled::new("unknown", now.ms, reason).raising("unknown")
        }
        Err(DeliveryError::Refused(reason)) => {
            warn!(order.id = %order.id, "order {} was refused by its gateway", order.id);
            Settled::new("failed", now.ms, reason).raising("failed")
        }
        // What may leave only once is not tried twice: a person sees to it.
        Err(DeliveryError::Retry { reason, .. }) if once => {
            warn!(order.id = %order.id, "order {} did not leave", order.id);
            Settled::new("failed", now.ms, reason).raising("failed")
        }
        Err(DeliveryError::Retry { reason, after_s }) => {
            again(now, order, reason, after_s.map(|it| i64::from(it) * 1000))
        }
        Err(DeliveryError::Unknown(reason)) => again(now, order, reason, None),
        Err(DeliveryError::Books(error)) => again(now, order, error.to_string(), None),
    }
}

fn again(now: &Now, order: &Leased, reason: String, after_ms: Option<i64>) -> Settled {
    if MOST_TRIES <= order.attempts + 1 {
        return Settled::new("failed", now.ms, reason).raising("failed");
    }
    let doubled = FIRST_RETRY_MS << order.attempts.clamp(0, 16);
    let wait = after_ms.unwrap_or(0).max(doubled.min(LONGEST_RETRY_MS));
    info!(order.id = %order.id, wait_ms = wait, "order {} will be tried again", order.id);
    Settled::new("pending", now.ms + wait, reason)
}

fn line(runtime: &Runtime, order: &Leased, settled: &Settled) -> NewLine {
    let body = json!({
        "v": 1, "did": "order", "status": settled.status,
        "order": order.id, "verb": order.verb, "to": order.party_id,
        "key": order.idempotency_key, "attempt": order.attempts + 1,
        "note": settled.note, "review": settled.record,
    });
    // `order` must be followed by a comma, which the verification looks for.
    NewLine {
        chain: order.case_id.0,
        case_id: Some(order.case_id),
        release_id: Some(runtime.release_id.0),
        body: body.to_string(),
    }
}

/// Everything that a batch of reviews has to know.
struct Desk {
    facts: HashMap<CaseId, CaseFacts>,
    reach: HashMap<(CaseId, PartyId), Reachable>,
    attempts: Vec<PastAttempt>,
}

impl Desk {
    async fn load(conn: &mut Conn, now: &Now, leased: &[Leased]) -> Result<Self> {
        let mut cases: Vec<i64> = leased.iter().map(|it| it.case_id.0).collect();
        cases.sort_unstable();
        cases.dedup();
        let facts = facts::load(conn, now.today(), &cases).await?;
        let pairs: Vec<(CaseId, PartyId)> = leased
            .iter()
            .filter_map(|it| Some((it.case_id, PartyId(it.party_id?))))
            .collect();
        let reach = facts::reachable(conn, &pairs).await?;
        let mut people: Vec<PartyId> = pairs.iter().map(|it| it.1).collect();
        people.sort_unstable();
        people.dedup();
        let points: Vec<&str> =
            reach.values().filter_map(|it| it.recipient.phone.as_deref()).collect();
        let since = now.today().saturating_sub(LOOK_BACK_DAYS.days());
        let attempts = hand_over::attempts(conn, &people, &points, since).await?;
        Ok(Self { facts, reach, attempts })
    }

    fn of(&self, order: &Leased) -> Option<&Reachable> {
        self.reach.get(&(order.case_id, PartyId(order.party_id?)))
    }

    /// Why an order need not be reviewed any more.
    fn moot(&self, now: &Now, order: &Leased) -> Option<Settled> {
        let facts = self.facts.get(&order.case_id)?;
        if order.not_after_at < now.ms {
            return Some(Settled::new("expired", now.ms, "not_after").raising("failed"));
        }
        if order.act == Act::Demand && facts.overdue.0 <= 0 {
            return Some(Settled::new("cancelled", now.ms, "nothing_overdue"));
        }
        if let Some(stated) = order.states {
            let current = match order.args.get("states").and_then(Value::as_str) {
                Some("balance") => facts.balance,
                _ => facts.overdue,
            };
            if stated != current {
                let settled = Settled::new("stale", now.ms, "amount_changed");
                return Some(settled.raising("stale"));
            }
        }
        let other = self.made_by_another_case(now, order)?;
        let note = format!("case:{other}");
        Some(Settled::new("merged", now.ms, note).raising("merged"))
    }

    /// Several loans of one person make one contact a channel and day.
    fn made_by_another_case(&self, now: &Now, order: &Leased) -> Option<CaseId> {
        let party = PartyId(order.party_id?);
        let channel = order.channel?;
        if order.act != Act::Demand {
            return None;
        }
        self.attempts
            .iter()
            .find(|it| {
                it.party_id == party
                    && it.channel == channel
                    && it.attempted_on == now.today()
                    && it.case_id != order.case_id
            })
            .map(|it| it.case_id)
    }

    fn conduct_facts(
        &self,
        runtime: &Runtime,
        engine: &Engine,
        order: &Leased,
    ) -> ConductFacts {
        let case = self.facts.get(&order.case_id);
        let reach = self.of(order);
        let template = order.args.get("template").and_then(Value::as_str);
        let today = case.map(|it| it.today);
        ConductFacts {
            recipient_deceased: reach.map(|it| is_dead(it, order.channel)),
            recipient_refused: reach.is_some_and(has_refused),
            consents: reach.map(consents_of).unwrap_or_default(),
            holds: case.map(|it| it.holds.clone()).unwrap_or_default(),
            attempts: self.attempts_for(order),
            consecutive_unreached: case.map(|it| it.failed_contacts),
            all_numbers_invalid: None,
            guarantee_within_period: reach
                .and_then(|it| it.guarantee_ends_on)
                .zip(today)
                .map(|(ends, today)| today <= ends),
            evidence: reach.map(|it| it.evidence.clone()).unwrap_or_default(),
            template_approved: template
                .map(|it| runtime.program.templates.contains_key(it)),
            approvals: engine.approvals(order),
            planned_collectors: Some(2),
            ..ConductFacts::default()
        }
    }

    fn attempts_for(&self, order: &Leased) -> Vec<conduct::Attempt> {
        let Some(party) = order.party_id.map(PartyId) else { return Vec::new() };
        let phone = self.of(order).and_then(|it| it.recipient.phone.as_deref());
        self.attempts
            .iter()
            .filter(|it| it.order_id != Some(order.id))
            .filter(|it| {
                it.party_id == party
                    || phone.is_some_and(|phone| it.contact_point == phone)
            })
            .map(|it| {
                conduct::Attempt {
                    channel: it.channel,
                    at: minute_of(it),
                    // A word the rules do not know counts as a contact made.
                    outcome: conduct::AttemptOutcome::parse(&it.outcome)
                        .unwrap_or(conduct::AttemptOutcome::Reserved),
                    same_point: phone.is_some_and(|phone| it.contact_point == phone),
                    same_party: it.party_id == party,
                }
            })
            .collect()
    }

    fn order(&self, now: &Now, order: &Leased) -> Order {
        Order {
            id: order.id,
            case_id: order.case_id,
            case_no: order.case_no.clone(),
            instance_id: order.instance_id,
            verb: order.verb.clone(),
            delivery: order.delivery,
            channel: order.channel,
            act: order.act,
            second_person: order.second_person,
            requested_by: order.requested_by.clone(),
            collector: order.collector.clone(),
            recipient: self.of(order).map(|it| it.recipient.clone()),
            args: order.args.clone(),
            text: order.body.clone(),
            states_amount: order.states,
            idempotency_key: order.idempotency_key.clone(),
            attempts: u32::try_from(order.attempts).unwrap_or(u32::MAX),
            today: now.today(),
        }
    }

    /// The attempt that an approved order makes; later reviews of this batch
    /// count it already.
    fn reserve(&mut self, now: &Now, order: &Leased) -> Option<NewContact> {
        let party_id = PartyId(order.party_id?);
        let channel = order.channel?;
        let to = &self.of(order)?.recipient;
        let point = match channel {
            Channel::Phone | Channel::Sms => to.phone.clone(),
            Channel::WechatWork => to.wechat.clone(),
            Channel::LetterPost | Channel::LetterHand | Channel::Visit => None,
        };
        let contact = NewContact {
            case_id: order.case_id,
            party_id,
            order_id: Some(order.id),
            channel,
            contact_point: point.unwrap_or_default(),
            attempted_at: now.ms,
            attempted_on: now.today(),
            attempted_minute: i64::from(now.civil.hour()) * 60
                + i64::from(now.civil.minute()),
        };
        self.attempts.push(PastAttempt {
            case_id: contact.case_id,
            party_id,
            order_id: contact.order_id,
            channel,
            contact_point: contact.contact_point.clone(),
            attempted_on: now.today(),
            attempted_minute: contact.attempted_minute,
            outcome: "reserved".to_owned(),
        });
        Some(contact)
    }
}

/// The consents on record, in the policy pack's words.
fn consents_of(reach: &Reachable) -> Vec<String> {
    let given = |value: &Value| value.as_bool().unwrap_or(false);
    reach
        .consents
        .iter()
        .filter(|(_, value)| given(value))
        .map(|(name, _)| match name.as_str() {
            "call_frequency" => "agreement.call_frequency".to_owned(),
            name => format!("consent.{name}"),
        })
        .collect()
}

/// Whether the recipient has died, or whoever had the number has: a family
/// that kept the telephone is not called on it.
fn is_dead(reach: &Reachable, channel: Option<Channel>) -> bool {
    let by_number = matches!(channel, Some(Channel::Phone | Channel::Sms));
    reach.deceased_on.is_some() || (by_number && reach.number_of_the_dead)
}

fn has_refused(reach: &Reachable) -> bool {
    reach.consents.get("refused").and_then(Value::as_bool).unwrap_or(false)
}

fn minute_of(attempt: &PastAttempt) -> jiff::civil::DateTime {
    let midnight = attempt.attempted_on.at(0, 0, 0, 0);
    midnight.saturating_add(attempt.attempted_minute.minutes())
}

impl Engine {
    fn approvals(&self, order: &Leased) -> Vec<Approval> {
        let by = order.approved_by.iter();
        by.map(|by| Approval { by: by.clone(), roles: self.roles_of(by) }).collect()
    }

    /// Restarts the wait of a stage whose order leaves later than it was given.
    pub(crate) async fn rewait_from(
        &self,
        conn: &mut Conn,
        now: &Now,
        order: &Leased,
        from_ms: i64,
    ) -> Result<()> {
        let Some(instance) = order.instance_id else { return Ok(()) };
        self.restart_wait(conn, now, instance, &order.stage, from_ms).await
    }

    /// Sets the timer of an instance as if its wait had begun at `from_ms`, if
    /// it still stands in `stage`.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn restart_wait(
        &self,
        conn: &mut Conn,
        now: &Now,
        instance: InstanceId,
        stage: &str,
        from_ms: i64,
    ) -> Result<()> {
        crate::engine::rewait::restart(self, conn, now, instance, stage, from_ms).await
    }
}
