//! Reviews on record, judged once more (复核已留痕的审查): what let an order leave has to let
//! it leave under the same rules again, and the book has to bear it out.

use jiff::civil::DateTime;
use serde_json::Value;

use super::facts::{Attempt, ConductFacts};
use super::pack::{MaxAttempts, PolicyPack, Scope, covers};
use super::review::{Ask, CONSENTS, Review, STATES_AMOUNT, TAGS};
use super::timing;
use super::verdict::{Effect, Record};
use crate::manifest::{Act, Channel};
use crate::party::Role;
use crate::point::PointState;

impl Record {
    /// When the review was, in the clock of the place; `None` where the record does not
    /// say it in a form that can be read.
    pub fn at(&self) -> Option<DateTime> {
        self.fact("now")?.as_str()?.parse().ok()
    }

    /// The rules of a pack that would not let the order leave, by what the review had
    /// before it and wrote down; none where it is borne out. `pack` is the one whose
    /// hash the record names.
    ///
    /// Approvals are not judged here: who gave them stands in lines of its own.
    pub fn broken_rules(&self, pack: &PolicyPack) -> Vec<String> {
        let Some(now) = self.at() else { return vec!["now".to_owned()] };
        let Some(recorded) = self.facts.as_object() else {
            return vec!["facts".to_owned()];
        };
        let (ask, facts) = (self.ask(), self.conduct_facts(pack));
        let mut review = Review::new(&ask, &facts, now, pack, Some(recorded));
        review.look_at_rules();
        let stops = [Effect::Deny, Effect::Defer];
        let hits =
            review.into_hits().into_iter().filter(|hit| stops.contains(&hit.effect));
        let mut rules: Vec<String> = hits.map(|hit| hit.rule).collect();
        rules.dedup();
        rules
    }

    /// The limits of a pack that the attempts of a book go beyond, on the same person or
    /// at the same number and made before this review.
    ///
    /// Limits that count every attempt are judged alone: what was reported of one may have
    /// come in, or been corrected, after the review. A consent on record lifts a limit.
    pub fn limits_passed<'a>(
        &self,
        pack: &'a PolicyPack,
        before: &[Attempt],
    ) -> Vec<&'a str> {
        let Some(now) = self.at() else { return Vec::new() };
        let (channel, role) = (self.word("channel"), self.word("role"));
        let agreed = |rule: &MaxAttempts| {
            self.hits.iter().any(|hit| hit.rule == rule.id && timing::by_consent(hit))
        };
        let passed = |rule: &&MaxAttempts| {
            let counts = |it: &&Attempt| {
                covers(&rule.channels, Some(it.channel.as_str()))
                    && rule.window.first_day(now.date()) <= it.at.date()
                    && it.outcome.counts_as(&rule.count)
                    && match rule.scope {
                        Scope::ContactPoint => it.same_point,
                        Scope::Party | Scope::PartyDebt => it.same_party || it.same_point,
                    }
            };
            let made = before.iter().filter(counts).count();
            !u32::try_from(made).is_ok_and(|it| it < rule.limit) && !agreed(rule)
        };
        let binds = |it: &&MaxAttempts| {
            channel.is_some()
                && covers(&it.channels, channel)
                && covers(&it.parties, role)
                && it.count.iter().any(|word| word == "*")
        };
        let rules = pack.max_attempts.iter().filter(binds).filter(passed);
        rules.map(|rule| rule.id.as_str()).collect()
    }

    fn fact(&self, name: &str) -> Option<&Value> {
        self.facts.get(name)
    }

    fn word(&self, name: &str) -> Option<&str> {
        self.fact(name)?.as_str()
    }

    fn words(&self, name: &str) -> Vec<String> {
        let list = self.fact(name).and_then(Value::as_array);
        let words = list.into_iter().flatten().filter_map(Value::as_str);
        words.map(str::to_owned).collect()
    }

    /// What the order asked for, as far as the rules looked at it.
    fn ask(&self) -> Ask {
        Ask {
            verb: self.word("verb").unwrap_or_default().to_owned(),
            channel: self.word("channel").and_then(Channel::parse),
            // A record without an act is none of a review: it demands.
            act: self.word("act").and_then(Act::parse).unwrap_or(Act::Demand),
            role: self.word("role").and_then(Role::parse),
            tags: self.words(TAGS),
            template: self.word("template").map(str::to_owned),
            states_amount: self.fact(STATES_AMOUNT).and_then(Value::as_bool)
                == Some(true),
            second_person: false,
            requested_by: String::new(),
            collector: None,
        }
    }

    fn conduct_facts(&self, pack: &PolicyPack) -> ConductFacts {
        let yes = |name: &str| self.fact(name).and_then(Value::as_bool);
        let people = self.fact("planned_collectors").and_then(Value::as_u64);
        ConductFacts {
            recipient_deceased: yes("recipient_deceased"),
            point_out_of_use: self.word("point_state").and_then(PointState::parse),
            recipient_refused: yes("party_refused") == Some(true),
            consents: self.consents(pack),
            holds: self.words("holds"),
            template_approved: yes("template_approved"),
            planned_collectors: people.and_then(|people| u32::try_from(people).ok()),
            ..ConductFacts::default()
        }
    }

    /// The consents that the review had; of an older program, which did not write them
    /// down, those by which its rules said that they let the order go.
    fn consents(&self, pack: &PolicyPack) -> Vec<String> {
        if self.fact(CONSENTS).is_some() {
            return self.words(CONSENTS);
        }
        let windows = pack
            .contact_windows
            .iter()
            .map(|window| (&window.id, &window.unless_consent));
        let limits = pack
            .max_attempts
            .iter()
            .map(|attempt| (&attempt.id, &attempt.unless_consent));
        let pauses = pack.cool_offs.iter().map(|off| (&off.id, &off.unless_consent));
        let agreed = self.hits.iter().filter(|hit| timing::by_consent(hit));
        let agreed: Vec<&String> = agreed.map(|agreed| &agreed.rule).collect();
        let all = windows.chain(limits).chain(pauses);
        let given = all.filter(|(rule, _)| agreed.contains(rule));
        given.filter_map(|(_, consent)| consent.clone()).collect()
    }
}
