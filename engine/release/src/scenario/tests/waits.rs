//! Waits and chains (等待与跳转): rules that move with ledger and calendar.

use domain::decision::WaitRule;
use domain::money::Fen;
use script::testing::{CaseSpec, Outcome, Scenario, Stand};
use serde_json::Map;

use super::{all_pass, results, scenario_with};

/// Goes to a visit on the 31st day past due.
const OVERDUE: &str = r#"
workflow "slow" { title = { zh = "慢", en = "Slow" }, lane = "contact", start = "a" }
stage "a" { enter = function(case) return wait_until_overdue(31, "b") end }
stage "b" {
  enter = function(case)
    visit "逾期 31 天"
    return wait(30 * days, "c")
  end,
}
stage "c" { enter = function(case) return finish("done") end }
"#;

#[test]
fn a_part_payment_moves_the_wait_for_days_past_due() {
    let test = r#"
-- 两期:一期逾期 20 天,一期逾期 5 天
local function two_parts(t)
  return t.case { overdue = yuan(2000), days_past_due = 20, limitation_days_left = 1091 }
end

test("without a payment", function(t)
  local c = two_parts(t)
  t.enrol(c)
  t.advance(10 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("visit")
end)

test("the older part is paid", function(t)
  local c = two_parts(t)
  t.enrol(c)
  t.pay(c, yuan(1000))
  t.advance(25 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("visit")
  t.expect_task("visit")
end)

test("the payment is taken back", function(t)
  local c = two_parts(t)
  t.enrol(c)
  t.pay(c, yuan(1000))
  t.advance(20 * days)
  t.expect_nothing_sent()
  t.reverse_last_payment(c)
  t.expect_sent("visit")
end)

test("nothing is overdue any more", function(t)
  local c = two_parts(t)
  t.enrol(c)
  t.pay(c, yuan(2000))
  t.expect_finished("cured")
  t.advance(40 * days)
  t.expect_nothing_sent()
end)
"#;
    all_pass(4, &[("slow.lua", OVERDUE), ("slow_test.lua", test)]);
}

#[test]
fn stages_run_on_in_one_wake_up_and_their_path_is_told() {
    let script = r#"
workflow "chain" { title = { zh = "链", en = "Chain" }, lane = "contact", start = "a" }
stage "a" { enter = function(case) sms "plain" return go "b" end }
stage "b" { enter = function(case) memo.b = 1 return go "c" end }
stage "c" { enter = function(case) return wait_until(today(), "d") end }
stage "d" { enter = function(case) return wait(2 * workdays, "e") end }
stage "e" { enter = function(case) return finish("done") end }
"#;
    let mut scenario = scenario_with(&[("chain.lua", script)]);
    let case = scenario.case(&CaseSpec::default()).unwrap();
    scenario.enrol(case, "chain").unwrap();
    let state = scenario.states(case).unwrap().remove(0);
    // Nine o'clock of today is past, so its wait is over at once.
    assert_eq!(state.path, ["a", "b", "c", "d"]);
    assert_eq!((state.stage.as_str(), state.status.as_str()), ("d", "waiting"));
    assert_eq!(
        scenario.sent().unwrap().len(),
        1,
        "the order of a stage passed through leaves"
    );
    scenario.advance(WaitRule::Workdays(2)).unwrap();
    assert_eq!(scenario.states(case).unwrap()[0].finish_reason.as_deref(), Some("done"));
}

#[test]
fn a_circle_is_stopped_and_parks_the_case() {
    let script = r#"
workflow "round" { title = { zh = "圈", en = "Round" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    if case.overdue > 0 then return go "b" end
    return finish("never")
  end,
}
stage "b" {
  enter = function(case)
    if case.overdue > 0 then return go "a" end
    return wait(1 * days, "a")
  end,
}
"#;
    let test = "test(\"x\", function(t) t.enrol(t.case {}) end)";
    let results = results(&[("round.lua", script), ("round_test.lua", test)]);
    let Outcome::Failed(failure) = &results[0].outcome else { panic!("it passed") };
    assert!(failure.got.contains("16"), "{}", failure.got);
}

#[test]
fn one_workflow_becomes_another_starts_a_third_and_an_occupied_lane_is_left() {
    let script = r#"
workflow "one" { title = { zh = "一", en = "One" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    start "clock"
    start "clock"
    return wait(2 * days, "b")
  end,
}
stage "b" { become = "two" }
"#;
    let two = r#"
workflow "two" { title = { zh = "二", en = "Two" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    start "clock"
    return wait(2 * days, "b")
  end,
}
stage "b" { enter = function(case) return finish("done") end }
"#;
    let clock = r#"
workflow "clock" {
  title = { zh = "时效", en = "Clock" }, lane = "clock", start = "a", keeps_clocks = true,
}
stage "a" { enter = function(case) return wait(1 * days, "b") end }
stage "b" {
  enter = function(case)
    task { title = "看时效", kind = "clock" }
    return wait(100 * days, "b")
  end,
}
"#;
    let test = r#"
test("all three", function(t)
  local c = t.case {}
  t.enrol(c)
  t.expect_workflow(c, "one")
  t.expect_workflow(c, "clock")
  t.event(c, "complaint")
  t.advance(10 * days)
  t.expect_workflow(c, "one")
  t.expect_task("clock")
  t.event(c, "complaint_resolved")
  t.advance(2 * days)
  t.expect_workflow(c, "two")
  t.expect_finished("become:two")
  t.advance(2 * days)
  t.expect_finished("done")
  t.expect_workflow(c, "clock")
end)
"#;
    all_pass(
        1,
        &[
            ("one.lua", script),
            ("two.lua", two),
            ("clock.lua", clock),
            ("one_test.lua", test),
        ],
    );
}

#[test]
fn an_event_brings_a_case_into_a_workflow_and_conditions_do_not() {
    let script = r#"
workflow "heard" {
  title = { zh = "投诉", en = "Heard" }, lane = "heard", start = "a", keeps_clocks = true,
  enrol = { on = "complaint" },
}
stage "a" {
  enter = function(case) return wait(3 * workdays, "b") end,
  on_complaint = function(case, complaint)
    task { title = "查投诉", kind = complaint.note }
    return stay()
  end,
}
stage "b" { enter = function(case) return finish("done") end }
"#;
    let scan = r#"
workflow "scan" {
  title = { zh = "扫", en = "Scan" }, lane = "contact", start = "a",
  enrol = { days_past_due = at_least(1) },
}
stage "a" { sms = "plain", wait = 1 * days, next = "b" }
stage "b" { enter = function(case) return finish("done") end }
"#;
    let test = r#"
test("a complaint", function(t)
  local c = t.case {}
  t.advance(3 * days)
  t.expect_nothing_sent()
  t.event(c, "complaint", { note = "loud" })
  t.expect_workflow(c, "heard")
  t.expect_task("loud")
  t.advance(3 * workdays)
  t.expect_finished("done")
end)
"#;
    let files = [("heard.lua", script), ("scan.lua", scan), ("heard_test.lua", test)];
    all_pass(1, &files);
}

#[test]
fn time_passes_by_the_calendar_of_the_house() {
    let mut scenario = scenario_with(&[("slow.lua", OVERDUE)]);
    assert_eq!(scenario.today().to_string(), "2026-03-02");
    scenario.advance(WaitRule::Workdays(5)).unwrap();
    assert_eq!(scenario.today().to_string(), "2026-03-09");
    scenario.advance(WaitRule::Hours(15)).unwrap();
    assert_eq!(scenario.engine.clock.now().civil.to_string(), "2026-03-10T01:00:00");
    scenario.advance(WaitRule::Days(30)).unwrap();
    assert_eq!(scenario.engine.clock.now().civil.to_string(), "2026-04-09T01:00:00");
    assert!(scenario.advance(WaitRule::Overdue(3)).is_err());
}

#[test]
fn a_case_that_is_cured_while_it_waits_for_days_past_due_is_not_left_hanging() {
    let mut scenario = scenario_with(&[("slow.lua", OVERDUE)]);
    let spec = CaseSpec { overdue: Fen(1_000), days_past_due: 40, ..CaseSpec::default() };
    let case = scenario.case(&spec).unwrap();
    scenario.enrol(case, "slow").unwrap();
    // Past the 31st day already: the visit is asked for at once.
    assert_eq!(scenario.states(case).unwrap()[0].path, ["a", "b"]);
    scenario.event(case, "dismissed", Map::new()).unwrap();
    assert_eq!(
        scenario.states(case).unwrap()[0].finish_reason.as_deref(),
        Some("dismissed")
    );
}

#[test]
fn a_handler_that_calls_itself_up_again_and_again_is_stopped() {
    let script = r#"
workflow "storm" { title = { zh = "循环", en = "Storm" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case) sms "plain" return wait(3 * days, "b") end,
  on_failed = function(case)
    sms "plain"
    return stay()
  end,
}
stage "b" { enter = function(case) return finish("done") end }
"#;
    // A circle that no case gets out of is found before it goes live.
    let on = |to: &str| {
        let held = "if case.on_hold then return stay() end";
        format!("enter = function(case) {held} return become \"{to}\" end")
    };
    let to = |name: &str, next: &str| {
        format!(
            "workflow \"{name}\" {{ title = {{ zh = \"球\", en = \"Ball\" }}, \
             lane = \"contact\", start = \"a\" }}\nstage \"a\" {{ {next} }}\n"
        )
    };
    let test = r#"
test("sends again what failed", function(t) t.enrol(t.case { phone = false }, "storm") end)
test("becomes one another", function(t) t.enrol(t.case {}, "ping") end)
"#;
    let files = [
        ("storm.lua", script),
        ("ping.lua", &to("ping", &on("pong"))),
        ("pong.lua", &to("pong", &on("ping"))),
        ("storm_test.lua", test),
    ];
    for result in results(&files) {
        let Outcome::Failed(failure) = &result.outcome else { panic!("{}", result.name) };
        assert!(failure.got.contains("一小时内"), "{}: {}", result.name, failure.got);
    }
}

#[test]
fn a_case_that_is_stopped_disturbs_nobody_else() {
    let storm = r#"
workflow "storm" { title = { zh = "循环", en = "Storm" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case) sms "plain" return wait(3 * days, "b") end,
  on_failed = function(case)
    sms "plain"
    return stay()
  end,
}
stage "b" { enter = function(case) return finish("done") end }
"#;
    let mut scenario = scenario_with(&[("storm.lua", storm)]);
    let good = scenario.case(&CaseSpec::default()).unwrap();
    let bad = scenario.case(&CaseSpec { phone: false, ..CaseSpec::default() }).unwrap();
    scenario.enrol(good, "storm").unwrap();
    assert!(scenario.enrol(bad, "storm").is_err());
    assert_eq!(scenario.states(bad).unwrap()[0].status, Stand::Parked);
    scenario.advance(WaitRule::Days(3)).unwrap_err();
    assert_eq!(scenario.states(good).unwrap()[0].finish_reason.as_deref(), Some("done"));
}

#[test]
fn a_case_on_which_the_program_died_three_times_is_parked_for_a_person() {
    let mut scenario = scenario_with(&[("slow.lua", OVERDUE)]);
    let [good, bad] = [20, 20].map(|days| {
        let spec = CaseSpec { days_past_due: days, ..CaseSpec::default() };
        let case = scenario.case(&spec).unwrap();
        scenario.enrol(case, "slow").unwrap();
        case
    });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("marker.json");
    let instance = scenario
        .act(async |scenario| {
            let mut conn = scenario.engine.store.read().await?;
            let id: i64 =
                sqlx::query_scalar("select id from instances where case_id = $1")
                    .bind(i64::try_from(bad.0)?)
                    .fetch_one(conn.conn())
                    .await?;
            Ok(id)
        })
        .unwrap();
    let left = format!(r#"{{"in_hand":[],"alone_at_death":{{"{instance}":3}}}}"#);
    std::fs::write(&file, left).unwrap();
    scenario.engine.marker = runtime::marker::Marker::at(&file);
    assert!(scenario.advance(WaitRule::Days(12)).is_err(), "a parked case is told of");
    assert_eq!(scenario.states(bad).unwrap()[0].status, Stand::Parked);
    // A person lets it run again.
    scenario
        .act(async |scenario| {
            let now = scenario.engine.clock.now();
            let mut tx = scenario.engine.store.write().await?;
            let case = domain::ids::CaseId(i64::try_from(bad.0)?);
            store::commit::unpark(tx.conn(), &now, case).await?;
            tx.commit().await?;
            scenario.settle().await
        })
        .unwrap();
    for case in [good, bad] {
        assert_eq!(scenario.states(case).unwrap()[0].stage, "b");
    }
}
