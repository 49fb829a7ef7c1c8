//! Due dates ahead (到期提醒): one message before each of them, over months, and none
//! for what is paid.

use domain::decision::WaitRule;
use domain::money::Fen;
use runtime::Scanning;
use script::testing::{CaseHandle, CaseSpec, Scenario};

use super::{StoreScenario, orders, scenario_with, sent, texts};
use crate::shipped;

const OFF: &str = "  -- enrol = {";
const INSTALMENT: Fen = Fen(50_000);

/// The shipped workflow, switched on as its first lines say.
fn reminding() -> StoreScenario {
    let shipped = shipped::folder().files;
    let script = &shipped["due_soon.lua"];
    assert!(script.contains(OFF), "nobody is written to by a new release alone");
    let script = script.replace(OFF, "  enrol = {");
    let text = shipped["templates/due_soon.txt"].clone();
    let mut scenario =
        scenario_with(&[("due_soon.lua", &script), ("templates/due_soon.txt", &text)]);
    scenario.engine.scanning = Scanning::Inline;
    scenario
}

/// Three instalments, the first in twenty days: 22 March, April and May.
fn spec() -> CaseSpec {
    CaseSpec {
        overdue: Fen(0),
        days_until_due: Some(20),
        next_due_amount: INSTALMENT,
        instalments: 3,
        ..CaseSpec::default()
    }
}

/// Lets days pass, each with what is paid on it.
fn live(scenario: &mut StoreScenario, days: u32, pays: &[(u32, CaseHandle, Fen)]) {
    for day in 1..=days {
        scenario.advance(WaitRule::Days(1)).unwrap();
        for (_, case, amount) in pays.iter().filter(|pay| pay.0 == day) {
            scenario.pay(*case, *amount).unwrap();
        }
    }
}

#[test]
fn each_instalment_is_announced_once_and_none_that_is_paid() {
    let mut scenario = reminding();
    let [punctual, early, late] = [(); 3].map(|()| scenario.case(&spec()).unwrap());
    let pays = [
        // On the day it falls due.
        (20, punctual, INSTALMENT),
        (51, punctual, INSTALMENT),
        (81, punctual, INSTALMENT),
        // The first two before anybody is told of them.
        (10, early, INSTALMENT),
        (40, early, INSTALMENT),
        // The second late, after it was asked for by others.
        (20, late, INSTALMENT),
        (75, late, INSTALMENT),
    ];
    live(&mut scenario, 85, &pays);
    let sent = sent(&mut scenario);
    let count = |day: &str| {
        let wanted = format!("sms {day} 09:00");
        sent.iter().filter(|it| **it == wanted).count()
    };
    let days = ["2026-03-19", "2026-04-19", "2026-05-19"];
    assert_eq!(days.map(count), [2, 2, 3], "{sent:?}");
    assert_eq!(sent.len(), 7, "{sent:?}");
}

#[test]
fn what_is_overdue_is_not_announced_and_lanes_are_not_in_each_others_way() {
    let mut scenario = reminding();
    let late = CaseSpec {
        overdue: INSTALMENT,
        days_past_due: 4,
        days_until_due: Some(5),
        ..spec()
    };
    scenario.case(&late).unwrap();
    live(&mut scenario, 10, &[]);
    assert_eq!(orders(&mut scenario), [""; 0]);
}

#[test]
fn a_message_of_the_night_is_true_when_it_leaves_or_does_not_leave() {
    // paid in the night, what became of the messages, what the last one says
    let table: [(i64, &[&str], Option<&str>); 3] = [
        (0, &["sms delivered simulated"], Some("下一个还款日是 2026年3月4日")),
        // A message to a number states no amount that could have changed.
        (20_000, &["sms delivered simulated"], Some("下一个还款日是 2026年3月4日")),
        (50_000, &["sms cancelled stage_left"], None),
    ];
    for (paid, wanted, says) in table {
        let mut scenario = reminding();
        scenario.advance(WaitRule::Hours(12)).unwrap();
        let soon = CaseSpec { days_until_due: Some(2), ..spec() };
        let case = scenario.case(&soon).unwrap();
        scenario.enrol(case, "due_soon").unwrap();
        assert_eq!(orders(&mut scenario), ["sms pending cn.window"]);
        if 0 < paid {
            scenario.pay(case, Fen(paid)).unwrap();
        }
        scenario.advance(WaitRule::Hours(12)).unwrap();
        assert_eq!(orders(&mut scenario), wanted, "{paid} fen paid");
        let last = texts(&mut scenario).pop().map(|(step, left)| left.unwrap_or(step));
        if let Some(says) = says {
            let last = last.unwrap_or_default();
            assert!(last.contains(says) && !last.contains('元'), "{last}");
        }
    }
}

#[test]
fn a_notice_that_became_a_demand_does_not_leave_where_nothing_is_overdue() {
    let mut scenario = reminding();
    scenario.advance(WaitRule::Hours(12)).unwrap();
    let case = scenario.case(&CaseSpec { days_until_due: Some(1), ..spec() }).unwrap();
    scenario.enrol(case, "due_soon").unwrap();
    let script = shipped::folder().files["due_soon.lua"].clone();
    let demand =
        ("templates/due_soon.txt", "性质:催收\n应还 {{ 下期应还金额 }} 元,请还款。");
    scenario.engine.switch(super::release(&[("due_soon.lua", &script), demand]));
    scenario.advance(WaitRule::Hours(12)).unwrap();
    assert_eq!(orders(&mut scenario), ["sms cancelled nothing_overdue"]);
}

#[test]
fn a_script_sees_the_next_due_date_its_amount_and_the_days_until_then() {
    let script = r#"
workflow "look" { title = { zh = "看", en = "Look" }, lane = "contact", start = "look" }
stage "look" {
  enter = function(case)
    if case.next_due_on == nil then
      local unknown = case.next_due_amount == nil
      return finish(tostring(unknown) .. " " .. tostring(case.days_until_due))
    end
    return finish(string.format("%s %s %d", tostring(case.next_due_on),
      in_yuan(case.next_due_amount), case.days_until_due))
  end,
}
"#;
    let mut scenario = scenario_with(&[("look.lua", script)]);
    let late = CaseSpec { overdue: Fen(700), days_past_due: 4, ..spec() };
    let none = CaseSpec { days_until_due: None, ..spec() };
    for (what, asked, wanted) in [
        ("on time", spec(), "2026-03-22 500.00 20"),
        ("late", late, "2026-03-22 500.00 20"),
        ("today", CaseSpec { days_until_due: Some(0), ..spec() }, "2026-03-02 500.00 0"),
        ("nothing ahead", none, "true nil"),
    ] {
        let case = scenario.case(&asked).unwrap();
        scenario.enrol(case, "look").unwrap();
        let state = scenario.states(case).unwrap();
        assert_eq!(state[0].finish_reason.as_deref(), Some(wanted), "{what}");
    }
}
