//! The review desk (审查台): everything that the review of a batch of orders has
//! to know, loaded together.

use foldhash::HashMap;

use anyhow::Result;
use domain::conduct::{self, AttemptOutcome, ConductFacts, PolicyPack};
use domain::event::OrderEvent;
use domain::facts::CaseFacts;
use domain::ids::{CaseId, OrderId, PartyId};
use domain::manifest::{Act, Channel, DeliveryClass};
use domain::money::Fen;
use domain::order::Order;
use domain::status::OrderStatus;
use jiff::ToSpan;
use serde_json::Value;
use store::contacts::NewContact;
use store::departures::{case_ref, template_of};
use store::facts::Reachable;
use store::hand_over::{self, Demand, PastAttempt};
use store::letter_facts::{self, LetterFacts};
use store::lost_places::{self, Lost};
use store::outbox::{Leased, Overtaken};
use store::restored::{self, Left};
use store::{Conn, Now, facts};

use crate::Engine;
use crate::batch::SAID;
use crate::letters::{About, Said, Truth};
use crate::runtime::Runtime;
use crate::settlement::DeliveryOutcome;

/// When an order looks again whether another case's contact has come about.
const LOOK_AGAIN_MS: i64 = 60_000;

/// Everything that a batch of reviews has to know.
pub(super) struct ReviewContext {
    facts: HashMap<CaseId, CaseFacts>,
    /// Of the loans that a text is about.
    loans: HashMap<CaseId, LetterFacts>,
    reach: HashMap<(CaseId, PartyId), Reachable>,
    attempts: Vec<PastAttempt>,
    lost: Lost,
    /// Texts that were made anew.
    fresh: HashMap<OrderId, String>,
    /// What left before the store was put back, and stands for no order yet.
    left: Vec<Left>,
    /// For which orders it stands.
    stands_for: Vec<(i64, OrderId)>,
    store_id: String,
}

impl ReviewContext {
    pub(super) async fn load(
        conn: &mut Conn,
        now: &Now,
        policy: &PolicyPack,
        store_id: &str,
        leased: &[Leased],
    ) -> Result<Self> {
        let mut cases: Vec<i64> = leased.iter().map(|it| it.case_id.0).collect();
        cases.sort_unstable();
        cases.dedup();
        let facts = facts::load(conn, now.today(), &cases).await?;
        let pairs: Vec<(CaseId, PartyId)> = leased
            .iter()
            .filter_map(|it| Some((it.case_id, PartyId(it.party_id?))))
            .collect();
        let reach = facts::reachable(conn, &pairs).await?;
        let mut people: Vec<PartyId> = pairs.iter().map(|pair| pair.1).collect();
        people.sort_unstable();
        people.dedup();
        let points: Vec<&str> =
            reach.values().filter_map(|it| it.recipient.phone.as_deref()).collect();
        let since =
            now.today().saturating_sub(i64::from(policy.looks_back_days()).days());
        let attempts = hand_over::attempts(conn, &people, &points, since).await?;
        let lost = lost_places::noted(conn).await?;
        let loans: Vec<&str> = leased.iter().map(|it| it.case_no.as_str()).collect();
        let left = restored::left(conn, now, store_id, &loans).await?;
        let mut written: Vec<CaseId> = leased
            .iter()
            .filter(|it| it.args.contains_key("template"))
            .map(|it| it.case_id)
            .collect();
        written.sort_unstable();
        written.dedup();
        let loans = letter_facts::load(conn, &written).await?;
        let (fresh, stands_for) = (HashMap::default(), Vec::new());
        let store_id = store_id.to_owned();
        Ok(Self {
            facts,
            loans,
            reach,
            attempts,
            lost,
            fresh,
            left,
            stands_for,
            store_id,
        })
    }

    /// How an order ends that left already before the store was put back: under
    /// its own key, or as the one that was given in its place.
    pub(super) fn left_before_restore(
        &mut self,
        now: &Now,
        order: &Leased,
    ) -> Option<DeliveryOutcome> {
        if self.left.is_empty() {
            return None;
        }
        let loan = case_ref(&self.store_id, &order.case_no);
        let same = |it: &Left| {
            it.case_ref == loan
                && it.verb == order.verb
                && it.template == template_of(order)
                && (it.party_id.is_none() || it.party_id == order.party_id)
        };
        let own = self.left.iter().position(|it| it.key == order.idempotency_key);
        let at = own.or_else(|| self.left.iter().position(same))?;
        let left = self.left.remove(at);
        self.stands_for.push((left.id, order.id));
        let note = restored::NOTE;
        Some(if left.became == OrderStatus::Delivered {
            DeliveryOutcome::new(OrderStatus::Delivered, now.ms, note)
                .raising(OrderEvent::Delivered)
        } else {
            DeliveryOutcome::new(OrderStatus::Unknown, now.ms, note)
                .raising(OrderEvent::Unknown)
        })
    }

    /// Which of what left stands for which order.
    pub(super) fn stands_for(&self) -> &[(i64, OrderId)] {
        &self.stands_for
    }

    pub(super) fn of(&self, order: &Leased) -> Option<&Reachable> {
        self.reach.get(&(order.case_id, PartyId(order.party_id?)))
    }

    /// Why an order need not be reviewed any more.
    pub(super) fn skip_reason(
        &self,
        runtime: &Runtime,
        now: &Now,
        order: &Leased,
    ) -> Option<DeliveryOutcome> {
        let facts = self.facts.get(&order.case_id)?;
        if order.not_after_at < now.ms {
            // Too old is not undeliverable: no script may write a letter for it.
            let expired = DeliveryOutcome::new(OrderStatus::Expired, now.ms, "not_after");
            return Some(expired.raising(OrderEvent::Cancelled));
        }
        if self.lost.has(&order.requested_by, &order.stage) {
            return Some(DeliveryOutcome::new(
                OrderStatus::Cancelled,
                now.ms,
                lost_places::NOTE,
            ));
        }
        if order.overtaken == Some(Overtaken::StageLeft) {
            return Some(DeliveryOutcome::new(
                OrderStatus::Cancelled,
                now.ms,
                "overtaken",
            ));
        }
        let demands = demands(runtime, order);
        let dismissed = order.overtaken == Some(Overtaken::Dismissed);
        if dismissed && (demands || claims(runtime, order)) {
            return Some(DeliveryOutcome::new(
                OrderStatus::Cancelled,
                now.ms,
                "dismissed",
            ));
        }
        if let Some(why) = claims_in_vain(runtime, order, facts) {
            return Some(DeliveryOutcome::new(OrderStatus::Cancelled, now.ms, why));
        }
        if demands && facts.overdue.0 <= 0 {
            return Some(DeliveryOutcome::new(
                OrderStatus::Cancelled,
                now.ms,
                "nothing_overdue",
            ));
        }
        let other = self.made_by_another_case(now, order).filter(|_| demands)?;
        let note = format!("case:{}", other.case_id);
        if other.demand == Demand::Made {
            return Some(
                DeliveryOutcome::new(OrderStatus::Merged, now.ms, note)
                    .raising(OrderEvent::Merged),
            );
        }
        // Whether the other contact comes about is not known yet.
        let later = now.ms + LOOK_AGAIN_MS;
        Some(DeliveryOutcome::new(OrderStatus::Pending, later, note).untried())
    }

    /// Whether what the text of an order says is still so: `None` when it may
    /// leave. A text in which only days have moved is made anew.
    pub(super) fn untrue(
        &mut self,
        runtime: &Runtime,
        now: &Now,
        order: &Leased,
    ) -> Option<DeliveryOutcome> {
        let facts = self.facts.get(&order.case_id)?;
        let stale = |why: &str| {
            Some(
                DeliveryOutcome::new(OrderStatus::Stale, now.ms, why)
                    .raising(OrderEvent::Stale),
            )
        };
        let template = order.args.get("template").and_then(Value::as_str)?;
        let Some(said) = order.args.get(SAID) else {
            return (!states_the_truth(order, facts)).then(|| stale("amount_changed"))?;
        };
        let said: Said = serde_json::from_value(said.clone()).unwrap_or_default();
        let nothing = LetterFacts::default();
        let about = self.about(order, facts, &nothing);
        runtime.usage.template(template);
        let approved = order.approved_by.is_some();
        match runtime.letters.truth(template, &said, about, approved) {
            Truth::Stands => None,
            Truth::Changed(why) => stale(why),
            Truth::SayAgain => match runtime.letters.render(template, about) {
                Ok(letter) => {
                    self.fresh.insert(order.id, letter.text);
                    None
                }
                // The wording is another one, and asks for what the case lacks.
                Err(_) => stale("wording_changed"),
            },
        }
    }

    /// What the text of an order is about.
    fn about<'a>(
        &'a self,
        order: &Leased,
        facts: &'a CaseFacts,
        nothing: &'a LetterFacts,
    ) -> About<'a> {
        let loan = self.loans.get(&order.case_id).unwrap_or(nothing);
        About { facts, loan, to: self.of(order).map(|it| &it.recipient) }
    }

    /// The text that leaves in place of the one of the step.
    pub(super) fn fresh(&self, order: &Leased) -> Option<&str> {
        self.fresh.get(&order.id).map(String::as_str)
    }

    /// Several loans of one person make one contact a channel and day. What
    /// must not be sent twice has effects in law for its own case alone, and
    /// no other case's letter stands for it.
    pub(super) fn made_by_another_case(
        &self,
        now: &Now,
        order: &Leased,
    ) -> Option<&PastAttempt> {
        let party = PartyId(order.party_id?);
        let channel = order.channel?;
        if order.act != Act::Demand || order.delivery == DeliveryClass::AtMostOnce {
            return None;
        }
        let of_another = |it: &&PastAttempt| {
            it.party_id == party
                && it.channel == channel
                && it.attempted_on == now.today()
                && it.case_id != order.case_id
        };
        let others = || self.attempts.iter().filter(of_another);
        let standing = |demand| others().find(|it| it.demand == demand);
        standing(Demand::Made).or_else(|| standing(Demand::UnderWay))
    }

    pub(super) fn conduct_facts(
        &self,
        runtime: &Runtime,
        engine: &Engine,
        order: &Leased,
    ) -> ConductFacts {
        let case = self.facts.get(&order.case_id);
        let reach = self.of(order);
        let template = order.args.get("template").and_then(Value::as_str);
        let today = case.map(|case| case.today);
        ConductFacts {
            recipient_deceased: reach.map(|it| is_dead(it, order.channel)),
            point_out_of_use: reach
                .zip(order.channel)
                .and_then(|(reach, channel)| reach.out_of_use.by(channel)),
            recipient_refused: reach.is_some_and(has_refused),
            consents: reach.map(consents_of).unwrap_or_default(),
            holds: holds_on(case, reach),
            attempts: self.attempts_for(order),
            consecutive_unreached: case.map(|case| case.failed_contacts),
            all_numbers_invalid: reach.and_then(|it| it.borrower_has_wrong_numbers_alone),
            guarantee_within_period: reach
                .and_then(|it| it.guarantee_ends_on)
                .zip(today)
                .map(|(ends, today)| today <= ends),
            evidence: reach.map(|it| it.evidence.clone()).unwrap_or_default(),
            template_approved: template
                .map(|template| runtime.program.templates.contains_key(template)),
            template_act: template.map(|template| {
                runtime.usage.template(template);
                let text = self.fresh(order).or(order.body.as_deref());
                runtime.letters.act_of(template, text)
            }),
            approvals: engine.approvals(order),
            planned_collectors: runtime
                .catalog
                .find_verb(&order.verb)
                .map(|verb| verb.collectors),
        }
    }

    pub(super) fn attempts_for(&self, order: &Leased) -> Vec<conduct::Attempt> {
        let Some(party) = order.party_id.map(PartyId) else { return Vec::new() };
        let phone = self.of(order).and_then(|it| it.recipient.phone.as_deref());
        self.attempts
            .iter()
            .filter(|attempt| attempt.order_id != Some(order.id))
            .filter(|attempt| {
                attempt.party_id == party
                    || phone.is_some_and(|phone| attempt.contact_point == phone)
            })
            .map(|attempt| {
                conduct::Attempt {
                    channel: attempt.channel,
                    at: minute_of(attempt),
                    // A word the rules do not know counts as a contact made.
                    outcome: AttemptOutcome::parse(&attempt.outcome)
                        .unwrap_or(AttemptOutcome::Reserved),
                    same_point: phone.is_some_and(|phone| attempt.contact_point == phone),
                    same_party: attempt.party_id == party,
                }
            })
            .collect()
    }

    pub(super) fn order(&self, runtime: &Runtime, now: &Now, order: &Leased) -> Order {
        let template = order.args.get("template").and_then(Value::as_str);
        let to = self.of(order).map(|it| &it.recipient);
        let words = template.zip(self.facts.get(&order.case_id));
        let nothing = LetterFacts::default();
        let words = words.map(|(name, facts)| {
            runtime.letters.words_of(name, self.about(order, facts, &nothing))
        });
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
            recipient: to.cloned(),
            args: order.args.clone(),
            text: self.fresh(order).map(str::to_owned).or_else(|| order.body.clone()),
            words: words.unwrap_or_default(),
            states_amount: order.states,
            idempotency_key: order.idempotency_key.clone(),
            attempts: u32::try_from(order.attempts).unwrap_or(u32::MAX),
            today: now.today(),
        }
    }

    /// The attempt that an approved order makes; later reviews of this batch
    /// count it already.
    pub(super) fn reserve(&mut self, now: &Now, order: &Leased) -> Option<NewContact> {
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
            outcome: AttemptOutcome::Reserved.to_string(),
            demand: match order.text_act.unwrap_or(order.act) {
                Act::Demand => Demand::UnderWay,
                _ => Demand::Not,
            },
        });
        Some(contact)
    }
}

/// The reasons for which a recipient is left in peace: those of the case, and those that
/// protect them as a person.
fn holds_on(case: Option<&CaseFacts>, reach: Option<&Reachable>) -> Vec<String> {
    let mut holds = case.map(|case| case.holds.clone()).unwrap_or_default();
    let own = reach.into_iter().flat_map(|it| &it.own_holds);
    holds.extend(own.filter(|it| !holds.contains(it)).cloned().collect::<Vec<_>>());
    holds
}

/// Whether an order demands. One whose text was a notice when it was written, and
/// is one still, tells a fact whatever verb sends it; one whose text asks for money
/// demands.
fn demands(runtime: &Runtime, order: &Leased) -> bool {
    let is_told = order.act == Act::Demand && order.text_act.is_none();
    if is_told || order.act == Act::Internal {
        return is_told;
    }
    let Some(template) = order.args.get("template").and_then(Value::as_str) else {
        return order.act == Act::Demand;
    };
    runtime.usage.template(template);
    runtime.letters.act_of(template, order.body.as_deref()) == Act::Demand
}

/// Whether the amounts that an order's text states are those of its case; for
/// orders of older releases, which say no more of their text.
fn states_the_truth(order: &Leased, facts: &CaseFacts) -> bool {
    let Some(stated) = order.states else { return true };
    let current = match order.args.get("states").and_then(Value::as_str) {
        Some("balance") => facts.balance,
        Some("next_due") => facts.next_due_amount.unwrap_or(Fen(0)),
        _ => facts.overdue,
    };
    let balance = order.args.get("states_balance").and_then(Value::as_i64);
    stated == current && balance.is_none_or(|balance| balance == facts.balance.0)
}

/// Whether an order claims money at court, as its verb says.
fn claims(runtime: &Runtime, order: &Leased) -> bool {
    runtime.catalog.find_verb(&order.verb).is_some_and(|verb| verb.claims)
}

/// Why a claim at court has nothing left to claim: paid, or the debtor has
/// died since it was asked for.
fn claims_in_vain(
    runtime: &Runtime,
    order: &Leased,
    facts: &CaseFacts,
) -> Option<&'static str> {
    if !claims(runtime, order) {
        return None;
    }
    if facts.overdue.0 <= 0 {
        return Some("nothing_overdue");
    }
    let died = facts.debtor.as_ref().is_some_and(|debtor| debtor.deceased_on.is_some());
    died.then_some("debtor_deceased")
}

/// The consents on record, in the policy pack's words.
pub(super) fn consents_of(reach: &Reachable) -> Vec<String> {
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
pub(super) fn is_dead(reach: &Reachable, channel: Option<Channel>) -> bool {
    let by_number = matches!(channel, Some(Channel::Phone | Channel::Sms));
    reach.deceased_on.is_some() || (by_number && reach.number_of_the_dead)
}

pub(super) fn has_refused(reach: &Reachable) -> bool {
    reach.consents.get("refused").and_then(Value::as_bool).unwrap_or(false)
}

pub(super) fn minute_of(attempt: &PastAttempt) -> jiff::civil::DateTime {
    let midnight = attempt.attempted_on.at(0, 0, 0, 0);
    midnight.saturating_add(attempt.attempted_minute.minutes())
}
