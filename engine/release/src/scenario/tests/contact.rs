//! Contacts under review (联络审查): what waits for the morning, what never leaves.

use domain::decision::WaitRule;
use domain::money::Fen;
use script::testing::{CaseSpec, Scenario, Stand};
use serde_json::Map;

use super::{StoreScenario, all_pass, orders, scenario_with, sent, texts};

/// Sends at eleven in the evening, then waits two days.
const NIGHT: &str = r#"
workflow "night" { title = { zh = "夜", en = "Night" }, lane = "contact", start = "day" }
stage "day" { enter = function(case) return wait(13 * hours, "night") end }
stage "night" {
  enter = function(case)
    sms "remind_1"
    return wait(2 * days, "after")
  end,
  on_stale = function(case)
    sms "remind_1"
  end,
}
stage "after" { enter = function(case) return finish("done") end }
"#;

fn spec() -> CaseSpec {
    CaseSpec { overdue: Fen(500_000), days_past_due: 5, ..CaseSpec::default() }
}

fn hours(n: u32) -> WaitRule {
    WaitRule::Hours(n)
}

fn at_eleven() -> (StoreScenario, script::testing::CaseHandle) {
    let mut scenario = scenario_with(&[("night.lua", NIGHT)]);
    let case = scenario.case(&spec()).unwrap();
    scenario.enrol(case, "night").unwrap();
    scenario.advance(hours(13)).unwrap();
    (scenario, case)
}

#[test]
fn a_message_of_the_night_leaves_at_eight_and_the_wait_counts_from_there() {
    let (mut scenario, case) = at_eleven();
    assert_eq!(orders(&mut scenario), ["sms pending cn.window"]);
    scenario.advance(hours(8)).unwrap();
    assert_eq!(sent(&mut scenario), [""; 0], "it is seven in the morning");
    scenario.advance(hours(1)).unwrap();
    assert_eq!(sent(&mut scenario), ["sms 2026-03-03 08:00"]);
    // Two days from the evening of the 2nd would be nine o'clock of the 4th.
    scenario.advance(hours(26)).unwrap();
    assert_eq!(scenario.states(case).unwrap()[0].status, Stand::Waiting);
    scenario.advance(hours(24)).unwrap();
    assert_eq!(scenario.states(case).unwrap()[0].finish_reason.as_deref(), Some("done"));
}

#[test]
fn nobody_is_reminded_in_the_morning_who_paid_in_the_night() {
    let (mut scenario, case) = at_eleven();
    scenario.pay(case, Fen(500_000)).unwrap();
    assert_eq!(scenario.states(case).unwrap()[0].finish_reason.as_deref(), Some("cured"));
    scenario.advance(WaitRule::Days(5)).unwrap();
    assert_eq!(orders(&mut scenario), ["sms cancelled stage_left"]);
}

#[test]
fn a_text_whose_amount_is_no_longer_true_is_made_anew() {
    let (mut scenario, case) = at_eleven();
    scenario.pay(case, Fen(100_000)).unwrap();
    scenario.advance(hours(10)).unwrap();
    assert_eq!(
        orders(&mut scenario),
        ["sms stale amount_changed", "sms delivered simulated"]
    );
    assert_eq!(sent(&mut scenario), ["sms 2026-03-03 08:00"]);
}

#[test]
fn a_third_party_a_dead_debtor_and_a_fourth_call_are_refused_with_their_rules() {
    let script = r#"
workflow "hard" { title = { zh = "严", en = "Hard" }, lane = "contact", start = "a" }
always {
  on_refused = function(case, order)
    memo.refused = (memo.refused or 0) + 1
    return stay()
  end,
}
stage "a" {
  enter = function(case)
    for _, person in ipairs(case.third_parties) do
      sms { template = "remind_1", to = person }
    end
    for n = 1, 5 do
      call { script = "again" }
    end
    return wait(30 * days, "b")
  end,
}
stage "b" { enter = function(case) return finish("done") end }
"#;
    let test = r#"
test("a third party", function(t)
  t.enrol(t.case { third_parties = 1 })
  t.expect_refused("sms", "cn.party.unrelated_third_party")
end)

test("a fourth call of the day", function(t)
  local c = t.case {}
  t.enrol(c)
  t.expect_sent("call", "again")
  t.expect_sent("call")
  t.expect_sent("call")
  t.expect_nothing_sent()
  t.expect_refused("call", "cn.freq.effective")
  t.expect_refused("call", "cn.freq.effective")
  t.expect_waiting(c)
end)

test("a third party who was asked for with both rules", function(t)
  t.enrol(t.case { third_parties = 1 })
  t.expect_refused("sms", "cn.forbidden.demand_unrelated_third_party")
end)
"#;
    all_pass(3, &[("hard.lua", script), ("hard_test.lua", test)]);
}

#[test]
fn a_number_that_is_not_there_fails_and_the_script_goes_another_way() {
    let script = r#"
workflow "ways" { title = { zh = "渠道", en = "Ways" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    wechat "remind_1"
    return wait(3 * days, "b")
  end,
  on_failed = function(case, order)
    if order.verb == "wechat" then
      sms "remind_1"
    elseif order.verb == "sms" then
      letter "remind_1"
    end
    return stay()
  end,
}
stage "b" { enter = function(case) return finish("done") end }
"#;
    let test = r#"
test("bound", function(t)
  t.enrol(t.case { wechat = true })
  t.expect_sent("wechat", "remind_1")
  t.expect_nothing_sent()
end)
test("by text", function(t)
  t.enrol(t.case {})
  t.expect_sent("sms", "remind_1")
  t.expect_nothing_sent()
  t.expect_task("failed")
end)
test("by post", function(t)
  t.enrol(t.case { phone = false })
  t.expect_sent("letter", "remind_1")
  t.expect_nothing_sent()
end)
"#;
    all_pass(3, &[("ways.lua", script), ("ways_test.lua", test)]);
}

/// Makes the debtor of the second case the debtor of the first.
fn same_debtor(scenario: &mut StoreScenario) {
    const SAME: &str = "update case_parties set party_id = (
        select id from parties where party_no = 'TEST-1-0')
      where party_id = (select id from parties where party_no = 'TEST-2-0')";
    scenario
        .act(async |scenario| {
            let mut tx = scenario.engine.store.write().await?;
            sqlx::query(SAME).execute(tx.conn()).await?;
            Ok(tx.commit().await?)
        })
        .unwrap();
}

#[test]
fn several_loans_of_one_person_make_one_contact_and_the_oldest_makes_it() {
    let script = r#"
workflow "twice" { title = { zh = "两笔", en = "Twice" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case) return wait(1 * days, "b") end,
}
stage "b" { sms = "remind_1", wait = 2 * days, next = "c" }
stage "c" { enter = function(case) return finish("done") end }
"#;
    let mut scenario = scenario_with(&[("twice.lua", script)]);
    let young = scenario.case(&spec()).unwrap();
    let old = scenario.case(&CaseSpec { days_past_due: 25, ..spec() }).unwrap();
    same_debtor(&mut scenario);
    for case in [young, old] {
        scenario.enrol(case, "twice").unwrap();
    }
    scenario.advance(WaitRule::Days(1)).unwrap();
    let old_id = i64::try_from(old.0).unwrap();
    let merged = format!("sms merged case:{old_id}");
    let mut found = orders(&mut scenario);
    found.sort();
    assert_eq!(found, ["sms delivered simulated", merged.as_str()]);
    assert_eq!(sent(&mut scenario).len(), 1);
    scenario.advance(WaitRule::Days(2)).unwrap();
    for case in [young, old] {
        let state = &scenario.states(case).unwrap()[0];
        assert_eq!(state.finish_reason.as_deref(), Some("done"), "both went on");
    }
}

#[test]
fn a_demand_that_counts_in_law_goes_out_for_every_loan_of_a_person() {
    let script = r#"
workflow "formal" { title = { zh = "函", en = "Formal" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    demand_letter { to = case.debtor, template = "remind_1" }
    return wait(1 * days, "b")
  end,
}
stage "b" { enter = function(case) return finish("done") end }
"#;
    let mut scenario = scenario_with(&[("formal.lua", script)]);
    let one = scenario.case(&spec()).unwrap();
    let other = scenario.case(&CaseSpec { days_past_due: 25, ..spec() }).unwrap();
    same_debtor(&mut scenario);
    for case in [one, other] {
        scenario.enrol(case, "formal").unwrap();
    }
    assert_eq!(sent(&mut scenario).len(), 2, "{:?}", orders(&mut scenario));
}

#[test]
fn a_complaint_keeps_the_case_still_and_the_rest_of_the_wait_runs_afterwards() {
    let script = r#"
workflow "calm" { title = { zh = "静", en = "Calm" }, lane = "contact", start = "a" }
stage "a" { sms = "plain", wait = 5 * days, next = "b" }
stage "b" { sms = "remind_1", wait = 5 * days, next = "c" }
stage "c" { enter = function(case) return finish("done") end }
"#;
    let test = r#"
test("held", function(t)
  local c = t.case {}
  t.enrol(c)
  t.expect_sent("sms", "plain")
  t.advance(2 * days)
  t.event(c, "complaint", { note = "电话太多" })
  t.advance(20 * days)
  t.expect_stage(c, "a")
  t.expect_nothing_sent()
  t.event(c, "complaint_resolved")
  t.expect_nothing_sent()
  t.advance(2 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("sms", "remind_1")
end)
"#;
    all_pass(1, &[("calm.lua", script), ("calm_test.lua", test)]);
    let mut scenario = scenario_with(&[("calm.lua", script)]);
    let case = scenario.case(&spec()).unwrap();
    scenario.enrol(case, "calm").unwrap();
    scenario.event(case, "complaint", Map::new()).unwrap();
    assert_eq!(scenario.states(case).unwrap()[0].status, Stand::Held);
    // The debtor pays under the hold: the event is answered all the same.
    scenario.pay(case, Fen(500_000)).unwrap();
    assert_eq!(scenario.states(case).unwrap()[0].finish_reason.as_deref(), Some("cured"));
}

#[test]
fn a_message_under_way_does_not_leave_once_the_debtor_is_reported_dead() {
    let (mut scenario, case) = at_eleven();
    scenario.event(case, "deceased", Map::new()).unwrap();
    scenario.advance(WaitRule::Days(3)).unwrap();
    assert_eq!(sent(&mut scenario), [""; 0]);
    let refused = scenario.refused().unwrap();
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0].rules.iter().any(|rule| rule == "cn.party.deceased"),
        "{refused:?}"
    );
}

const DISGUISED: &str = r#"
workflow "disguised" { title = { zh = "信", en = "Letters" }, lane = "aside", start = "first",
  keeps_clocks = true }
stage "first" {
  enter = function(case)
    return wait(1 * days, "write")
  end,
}
stage "write" {
  enter = function(case)
    notice "remind_1"
    notice "received"
    return wait(30 * days, "write")
  end,
  on_refused = function(case)
    return stay()
  end,
}
"#;

#[test]
fn a_demand_is_one_whatever_verb_sends_it() {
    let received = ("templates/received.txt", "性质:告知\n您的意见已收到。");
    let mut scenario = scenario_with(&[("disguised.lua", DISGUISED), received]);
    let case = scenario.case(&spec()).unwrap();
    scenario.enrol(case, "disguised").unwrap();
    scenario.event(case, "complaint", Map::new()).unwrap();
    scenario.advance(WaitRule::Days(1)).unwrap();
    assert_eq!(
        orders(&mut scenario),
        ["notice refused cn.hold.complaint_open", "notice delivered simulated"]
    );
}

#[test]
fn a_demand_that_calls_itself_a_notice_is_held_like_any_other() {
    let texts =
        ["性质:告知\n{{ 客户 }}:限三日内还清。", "act: notice\nPlease pay at once."];
    // The other verbs are demands by themselves, which `check` keeps out here (W042).
    let verbs = ["notice"];
    let said: Vec<String> =
        verbs.iter().map(|verb| format!("{verb} \"dressed\"")).collect();
    let script = DISGUISED.replace("notice \"remind_1\"", &said.join("\n    "));
    for text in texts {
        let received = ("templates/received.txt", "性质:告知\n您的意见已收到。");
        let dressed = ("templates/dressed.txt", text);
        let mut scenario =
            scenario_with(&[("disguised.lua", &script), received, dressed]);
        let case = scenario.case(&spec()).unwrap();
        scenario.enrol(case, "disguised").unwrap();
        scenario.event(case, "complaint", Map::new()).unwrap();
        scenario.advance(WaitRule::Days(1)).unwrap();
        let mut expected: Vec<String> = verbs
            .iter()
            .map(|verb| format!("{verb} refused cn.hold.complaint_open"))
            .collect();
        expected.push("notice delivered simulated".to_owned());
        assert_eq!(orders(&mut scenario), expected, "{text}");
    }
}

#[test]
fn a_text_that_states_both_amounts_is_stale_when_either_changes() {
    let both = ("templates/both.txt", "余额 {{ 余额 }} 元,逾期 {{ 逾期金额 }} 元。");
    let night =
        NIGHT.replacen("remind_1", "both", 1).replace("    sms \"remind_1\"\n", "");
    let mut scenario = scenario_with(&[("night.lua", &night), both]);
    let case = scenario.case(&spec()).unwrap();
    scenario.enrol(case, "night").unwrap();
    scenario.advance(hours(13)).unwrap();
    scenario.pay(case, Fen(100)).unwrap();
    scenario.advance(hours(9)).unwrap();
    assert_eq!(orders(&mut scenario)[0], "sms stale amount_changed");
}

/// Says everything that can move, in the evening.
const EVERYTHING: (&str, &str) = (
    "templates/all.txt",
    "{{ 客户 }}:{{ 今天 }} 逾期 {{ 逾期天数 }} 天,{{ 机构 }},信贷员{{ 信贷员 }}。",
);

#[test]
fn a_text_in_which_only_days_have_moved_is_made_anew_and_leaves() {
    let night = NIGHT.replace("remind_1", "all");
    let mut scenario = scenario_with(&[("night.lua", &night), EVERYTHING]);
    let case = scenario.case(&spec()).unwrap();
    scenario.enrol(case, "night").unwrap();
    scenario.advance(hours(13)).unwrap();
    assert_eq!(orders(&mut scenario), ["sms pending cn.window"]);
    scenario.advance(hours(9)).unwrap();
    assert_eq!(orders(&mut scenario), ["sms delivered simulated"]);
    let texts = texts(&mut scenario);
    assert!(texts[0].0.contains("3月2日 逾期 5 天"), "as of its step: {}", texts[0].0);
    let left = texts[0].1.clone().unwrap_or_default();
    assert!(left.contains("3月3日 逾期 6 天"), "as it left: {left}");
}
