//! What the tests of the review share (合规审查的测试材料).
#![expect(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::sync::LazyLock;

use domain::conduct::{
    Ask, Attempt, AttemptOutcome, ConductFacts, Overlay, PolicyPack, Reviewable, Verdict,
    review,
};
use domain::manifest::{Act, Channel};
use domain::party::Role;
use jiff::civil::{DateTime, datetime};

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

pub fn overlay(body: &str) -> Overlay {
    let head = "[overlay]\nid = \"house\"\nversion = \"1\"\ntightens = \"cn-rcc\"\n";
    Overlay::parse(&format!("{head}{body}")).expect("the overlay is well formed")
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
