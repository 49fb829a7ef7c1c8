//! What the tests of the review share (合规审查的测试材料).
#![expect(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::sync::LazyLock;

use domain::conduct::{
    Ask, Attempt, AttemptOutcome, ConductFacts, PolicyPack, Reviewable, Verdict, review,
};
use domain::manifest::{Act, Channel};
use domain::party::Role;
use jiff::civil::{DateTime, datetime};
use toml::{Table, Value};

pub const PACK: &str = include_str!("../../../../workflows/policies/cn-rcc.toml");

pub static SHIPPED: LazyLock<PolicyPack> = LazyLock::new(|| {
    PolicyPack::parse(PACK, "0".repeat(64).as_str()).expect("the shipped pack is sound")
});

pub fn pack() -> PolicyPack {
    SHIPPED.clone()
}

#[derive(Clone, Debug)]
pub struct Draft(pub Ask);

impl Reviewable for Draft {
    fn ask(&self) -> Ask {
        self.0.clone()
    }
}

pub fn ask(verb: &str, channel: Option<Channel>, act: Act, role: Role) -> Ask {
    Ask {
        verb: verb.to_owned(),
        channel,
        act,
        role: Some(role),
        tags: Vec::new(),
        template: None,
        states_amount: false,
        second_person: false,
        requested_by: "workflow:remind".to_owned(),
        collector: Some("collector-1".to_owned()),
    }
}

pub fn call() -> Ask {
    ask("call", Some(Channel::Phone), Act::Demand, Role::Borrower)
}

pub fn sms() -> Ask {
    ask("sms", Some(Channel::Sms), Act::Demand, Role::Borrower)
}

/// A living borrower of whom everything is known and nothing stands against it.
pub fn facts() -> ConductFacts {
    ConductFacts {
        recipient_deceased: Some(false),
        consecutive_unreached: Some(0),
        all_numbers_invalid: Some(false),
        guarantee_within_period: Some(true),
        template_approved: Some(true),
        planned_collectors: Some(2),
        ..ConductFacts::default()
    }
}

pub fn at(hour: i8, minute: i8) -> DateTime {
    datetime(2026, 11, 23, hour, minute, 0, 0)
}

pub fn judge(ask: &Ask, facts: &ConductFacts, now: DateTime) -> Verdict<Draft> {
    review(Draft(ask.clone()), facts, now, &SHIPPED)
}

pub fn rules(verdict: &Verdict<Draft>) -> Vec<&str> {
    verdict.record().deciding_rules()
}

pub fn attempt(channel: Channel, at: DateTime, outcome: AttemptOutcome) -> Attempt {
    Attempt { channel, at, outcome, same_point: true, same_party: true }
}

/// The shipped pack with rules of a cooperative's own: one of a name that is there
/// replaces it, others are added.
pub fn with_rules(body: &str) -> PolicyPack {
    let mut pack: Table = PACK.parse().expect("the shipped pack is TOML");
    let rules: Table = body.parse().expect("the rules are TOML");
    for (section, rules) in rules {
        let own = rules.as_array().expect("rules stand in lists").clone();
        let list = pack.entry(section).or_insert_with(|| Value::Array(Vec::new()));
        let list = list.as_array_mut().expect("rules stand in lists");
        list.retain(|rule| {
            name(rule).is_none() || !own.iter().any(|it| name(it) == name(rule))
        });
        list.extend(own);
    }
    PolicyPack::parse(&pack.to_string(), "").expect(body)
}

/// What a rule goes under; duties have no names.
fn name(rule: &Value) -> Option<&str> {
    ["id", "role", "on", "act", "action"].iter().find_map(|it| rule.get(it)?.as_str())
}

/// The rules in which a pack allows more than the shipped one.
pub fn looser_rules(pack: &PolicyPack) -> Vec<String> {
    pack.loosenings(&SHIPPED).into_iter().map(|loosening| loosening.rule).collect()
}

pub fn effective_calls(limit: u32) -> String {
    format!(
        r#"[[max_attempts]]
           id = "cn.freq.effective"
           channels = ["phone", "ai_call"]
           parties = ["borrower", "co_borrower", "guarantor", "heir"]
           scope = "party"
           window = {{ kind = "calendar_day" }}
           count = ["conversation"]
           limit = {limit}
           strength = "must"
           source = ["HOUSE"]
        "#
    )
}

pub fn window(from: &str, until: &str, margin: u16) -> String {
    format!(
        r#"[[contact_window]]
           id = "cn.window"
           channels = ["*"]
           parties = ["*"]
           allow = [["{from}", "{until}"]]
           clock = "pack"
           start_margin_min = {margin}
           strength = "must"
           source = ["HOUSE"]
        "#
    )
}
