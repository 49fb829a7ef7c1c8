//! The review itself (审查): every rule in turn, and the gravest answer wins.

use jiff::civil::DateTime;
use serde_json::{Map, Value, json};

use super::facts::ConductFacts;
use super::pack::PolicyPack;
use super::verdict::{Approved, Effect, Hit, Record, Verdict};
use super::{rules, timing};
use crate::manifest::{Act, Channel};
use crate::order::Order;
use crate::party::Role;

/// Under these names a record keeps what an order said and its recipient agreed to.
pub(super) const TAGS: &str = "tags";
pub(super) const STATES_AMOUNT: &str = "states_amount";
pub(super) const CONSENTS: &str = "consents";

/// What an order asks for, as the rules see it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ask {
    /// The verb.
    pub verb: String,
    /// How it reaches a person; `None` when it does not.
    pub channel: Option<Channel>,
    /// What it is, as the verb's manifest says.
    pub act: Act,
    /// What the recipient is to the debt.
    pub role: Option<Role>,
    /// What the order says of itself. A tag can only forbid, never allow.
    pub tags: Vec<String>,
    /// The message template it names.
    pub template: Option<String>,
    /// Its text states an amount.
    pub states_amount: bool,
    /// It needs a second person, as the verb's manifest says.
    pub second_person: bool,
    /// Who asked for it.
    pub requested_by: String,
    /// The collector of the case.
    pub collector: Option<String>,
}

/// What can be reviewed.
pub trait Reviewable {
    /// What it asks for.
    fn ask(&self) -> Ask;
}

impl Reviewable for Order {
    fn ask(&self) -> Ask {
        let tags = match self.args.get("tags") {
            Some(Value::Array(tags)) => {
                tags.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(Value::String(tag)) => vec![tag.clone()],
            _ => Vec::new(),
        };
        Ask {
            verb: self.verb.clone(),
            channel: self.channel,
            act: self.act,
            role: self.recipient.as_ref().map(|recipient| recipient.role),
            tags,
            template: self.arg("template").map(str::to_owned),
            states_amount: self.states_amount.is_some(),
            second_person: self.second_person,
            requested_by: self.requested_by.clone(),
            collector: self.collector.clone(),
        }
    }
}

/// Reviews an order under a policy pack; the only way to an [`Approved`].
///
/// `now` is the civil time at the debtor's place. Every rule is looked at and
/// every reason kept: forbidden acts, who, holds, approval, contact window,
/// cool-off, frequency, form and template. A denial outweighs a missing
/// approval, that a deferral, and that an allowance. What a rule needs and
/// nobody knows is a denial.
///
/// The same call made twice gives the same answer; nothing is reserved here.
/// The caller holds a lock on the person from reading the attempts until the
/// new one is reserved.
pub fn review<T: Reviewable>(
    order: T,
    facts: &ConductFacts,
    now: DateTime,
    policy: &PolicyPack,
) -> Verdict<T> {
    let ask = order.ask();
    let mut review = Review::new(&ask, facts, now, policy, None);
    review.look_at_rules();
    let (effect, until, record) = review.finish();
    match effect {
        Effect::Allow => Verdict::Approved(Approved::new(order, record)),
        Effect::Defer => Verdict::Deferred(order, until, record),
        Effect::NeedsApproval => Verdict::NeedsApproval(order, record),
        Effect::Deny => Verdict::Refused(order, record),
    }
}

/// A review under way.
pub(super) struct Review<'a> {
    pub(super) ask: &'a Ask,
    pub(super) facts: &'a ConductFacts,
    pub(super) now: DateTime,
    pub(super) policy: &'a PolicyPack,
    hits: Vec<Hit>,
    obligations: Vec<String>,
    used: Map<String, Value>,
    not_before: DateTime,
    /// What an earlier review had used, where that one is replayed.
    recorded: Option<&'a Map<String, Value>>,
}

impl<'a> Review<'a> {
    pub(super) fn new(
        ask: &'a Ask,
        facts: &'a ConductFacts,
        now: DateTime,
        policy: &'a PolicyPack,
        recorded: Option<&'a Map<String, Value>>,
    ) -> Self {
        let mut review = Self {
            ask,
            facts,
            now,
            policy,
            hits: Vec::new(),
            obligations: Vec::new(),
            used: Map::new(),
            not_before: now,
            recorded,
        };
        review.uses("now", json!(now.to_string()));
        review.uses("verb", json!(ask.verb));
        review.uses("act", json!(review.act().as_str()));
        review.uses("channel", json!(ask.channel.map(Channel::as_str)));
        review.uses("role", json!(ask.role.map(Role::as_str)));
        if !ask.tags.is_empty() {
            review.uses(TAGS, json!(ask.tags));
        }
        if ask.states_amount {
            review.uses(STATES_AMOUNT, json!(true));
        }
        review.uses(CONSENTS, json!(facts.consents));
        review
    }

    /// What the replayed review had used under this name; `None` where none is replayed.
    pub(super) fn recorded(&self, fact: &str) -> Option<&'a Value> {
        Some(self.recorded?.get(fact).unwrap_or(&Value::Null))
    }

    /// Looks at every rule but those of approvals, which are proved by who gave them.
    pub(super) fn look_at_rules(&mut self) {
        rules::forbidden_acts(self);
        if self.is_outward() {
            rules::recipient(self);
            rules::point(self);
            rules::party(self);
            rules::holds(self);
        }
        if self.recorded.is_none() {
            rules::approvals(self);
        }
        if self.is_outward() {
            timing::contact_windows(self);
            timing::cool_offs(self);
            timing::frequency(self);
            timing::form(self);
        }
    }

    pub(super) fn into_hits(self) -> Vec<Hit> {
        self.hits
    }

    /// What the order is: what its approved template says, else its verb.
    ///
    /// A template that says so turns a demand into a notice, never into paper
    /// work; one that demands is a demand whatever verb sends it.
    pub(super) fn act(&self) -> Act {
        let approved = self.facts.template_approved == Some(true);
        self.facts
            .template_act
            .filter(|template_act| {
                approved
                    && *template_act != Act::Internal
                    && self.ask.act != Act::Internal
            })
            .unwrap_or(self.ask.act)
    }

    /// Whether it reaches anybody outside the house.
    pub(super) fn is_outward(&self) -> bool {
        self.ask.channel.is_some() || self.ask.act != Act::Internal
    }

    pub(super) fn channel_word(&self) -> Option<&'static str> {
        self.ask.channel.map(Channel::as_str)
    }

    pub(super) fn role_word(&self) -> Option<&'static str> {
        self.ask.role.map(Role::as_str)
    }

    /// The id of a rule that has none of its own: `cn.party.guarantor`.
    pub(super) fn id(&self, kind: &str, name: &str) -> String {
        format!("{}.{kind}.{}", self.policy.prefix(), name.replace(':', "_"))
    }

    pub(super) fn hit(
        &mut self,
        rule: impl Into<String>,
        effect: Effect,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        self.hits.push(Hit {
            rule: rule.into(),
            effect,
            reason_zh: zh.into(),
            reason_en: en.into(),
        });
    }

    pub(super) fn oblige(&mut self, must: &str) {
        if !self.obligations.iter().any(|obligation| obligation == must) {
            self.obligations.push(must.to_owned());
        }
    }

    pub(super) fn uses(&mut self, fact: &str, value: Value) {
        self.used.insert(fact.to_owned(), value);
    }

    pub(super) fn not_before(&mut self, at: DateTime) {
        self.not_before = self.not_before.max(at);
    }

    /// The gravest effect, the instant of a deferral, and the record.
    fn finish(mut self) -> (Effect, DateTime, Record) {
        let not_before = self.not_before;
        let until = timing::first_open_for_all(&mut self, not_before);
        let record = Record {
            hits: self.hits,
            obligations: self.obligations,
            pack: self.policy.label(),
            pack_hash: self.policy.hash.clone(),
            facts: Value::Object(self.used),
        };
        (record.effect(), until, record)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::ids::{CaseId, OrderId, PartyId};
    use crate::manifest::DeliveryClass;
    use crate::money::Fen;
    use crate::order::Recipient;

    fn order(args: &Value) -> Order {
        Order {
            id: OrderId(3),
            case_id: CaseId(1),
            case_no: "L-1".to_owned(),
            instance_id: None,
            verb: "sms".to_owned(),
            delivery: DeliveryClass::AtLeastOnce,
            channel: Some(Channel::Sms),
            act: Act::Demand,
            second_person: false,
            requested_by: "workflow:remind".to_owned(),
            collector: Some("collector-1".to_owned()),
            recipient: Some(Recipient {
                id: PartyId(2),
                role: Role::Guarantor,
                name: String::new(),
                phone: None,
                wechat: None,
                address: None,
                village: None,
                guarantee: None,
            }),
            args: args.as_object().cloned().unwrap_or_default(),
            text: None,
            words: std::collections::BTreeMap::new(),
            states_amount: Some(Fen(100)),
            idempotency_key: "key".to_owned(),
            attempts: 0,
            today: date(2026, 11, 23),
        }
    }

    #[test]
    fn an_order_asks_for_what_it_carries() {
        let ask = order(&json!({"template": "remind_1", "tags": ["extra_fee", 7]})).ask();
        assert_eq!(ask.role, Some(Role::Guarantor));
        assert_eq!(ask.template.as_deref(), Some("remind_1"));
        assert_eq!(ask.tags, ["extra_fee"]);
        assert!(ask.states_amount);
        assert_eq!(order(&json!({"tags": "extra_fee"})).ask().tags, ["extra_fee"]);
        assert!(order(&json!({})).ask().tags.is_empty());
    }
}
