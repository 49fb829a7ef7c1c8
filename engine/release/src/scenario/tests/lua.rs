//! Whole Lua tests, as staff write them (流程测试).

use domain::decision::WaitRule;
use domain::say::Lang;
use script::testing::{CaseSpec, Outcome, Scenario};
use serde_json::Map;

use super::{
    Config, TestSetup, TestSlot, all_pass, kinds, plugins, release, results, run_afresh,
};

/// The example of the manual, with one stage more.
pub(super) const REMIND: &str = r#"
workflow "remind" {
  title = { zh = "逾期提醒", en = "Reminder" },
  lane = "contact",
  start = "first_sms",
  enrol = { days_past_due = { 1, 30 }, overdue = at_least(yuan(100)) },
  settings = { first_wait = 3 * workdays },
}

always {
  on_complaint = function(case) return pause("complaint") end,
}

stage "first_sms" { sms = "remind_1", wait = setting.first_wait, next = "first_call" }

stage "first_call" {
  enter = function(case)
    call { to = case.debtor, by = case.collector, script = "first_call" }
    return wait(5 * workdays, "hand_over")
  end,
  on_promise = function(case, promise)
    -- the grade comes after the workday of tolerance
    return wait_until(promise.due_on + 3 * days, "check_promise")
  end,
  on_call_result = function(case, result)
    if result.outcome == "conversation" then return finish("talked") end
  end,
}

stage "check_promise" {
  enter = function(case)
    if case.broken_promises >= 2 then return finish("hopeless") end
    sms "plain"
    return wait(3 * workdays, "first_call")
  end,
}

stage "hand_over" {
  enter = function(case) return finish("handed_over") end,
}
"#;

#[test]
fn the_example_of_the_manual_passes() {
    let test = r#"
test("pays after the first SMS", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms", "remind_1")
  t.advance(2 * days)
  t.pay(c, yuan(5000))
  t.expect_finished("cured")
  t.advance(30 * days)
  t.expect_nothing_sent()
end)

test("the first call follows on the third workday", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_sent("sms", { template = "remind_1", to = "borrower" })
  t.advance(2 * workdays)
  t.expect_stage(c, "first_sms")
  t.expect_waiting(c)
  t.advance(1 * workdays)
  t.expect_stage(c, "first_call")
  t.expect_sent("call", "first_call")
  t.expect_task("call")
end)

test("a conversation ends it", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(3 * workdays)
  t.report_call("no_answer")
  t.expect_stage(c, "first_call")
  t.advance(5 * workdays)
  t.expect_finished("handed_over")
end)

test("two broken promises end it", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(3 * workdays)
  t.promise(c, { in_days = 3, amount = yuan(500) })
  t.advance(6 * days)
  t.expect_stage(c, "check_promise")
  t.advance(3 * workdays)
  t.expect_stage(c, "first_call")
  t.promise(c, { due_on = t.today() + 2 * days })
  t.advance(5 * days)
  t.expect_finished("hopeless", c)
end)

test("a kept promise is not a broken one", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(3 * workdays)
  t.promise(c, { in_days = 3, amount = yuan(500) })
  t.advance(1 * days)
  t.pay(c, yuan(500))
  t.advance(5 * days)
  t.expect_stage(c, "check_promise")
  t.reverse_last_payment(c)
  t.expect_stage(c, "check_promise")
end)
"#;
    all_pass(5, &[("remind.lua", REMIND), ("remind_test.lua", test)]);
}

#[test]
fn a_case_comes_out_as_it_was_asked_for() {
    let script = r#"
workflow "look" { title = { zh = "看", en = "Look" }, lane = "contact", start = "look" }
stage "look" {
  enter = function(case)
    local seen = string.format("%s %d %s %s %d", in_yuan(case.overdue), case.days_past_due,
      in_yuan(case.principal), in_yuan(case.balance), case.limitation_days_left)
    local who = string.format("%s %s %s %s %s %d %d %s %s", case.village, case.product,
      case.collector, case.cause, case.debtor_type, #case.guarantors, #case.third_parties,
      tostring(case.debtor.has_phone), tostring(case.debtor.has_wechat))
    memo.seen = seen
    return finish(seen .. " " .. who)
  end,
}
"#;
    let test = r#"
test("all of it", function(t)
  local c = t.case {
    overdue = yuan(5000), days_past_due = 1100, principal = yuan(8000), village = "李村",
    product = "农户贷款", collector = "王信贷", cause = "oversight", debtor_type = "evasive",
    guarantors = 2, third_parties = 1, phone = false, wechat = true, limitation_days_left = 90,
  }
  t.enrol(c)
  t.expect_finished("5000.00 1100 8000.00 8000.00 90 李村 农户贷款 王信贷 oversight evasive 2 1 false true")
end)

test("little of it", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.expect_finished("5000.00 5 10000.00 10000.00 1091 测试村 测试贷款 测试信贷员 nil nil 0 0 true false")
end)

test("nothing overdue", function(t)
  local c = t.case { overdue = 0, limitation_days_left = 30, cause = "deliberate", debtor_type = "stubborn" }
  t.enrol(c)
  t.expect_finished("0.00 0 10000.00 5000.00 30 测试村 测试贷款 测试信贷员 deliberate stubborn 0 0 true false")
end)
"#;
    let script = script.replace(
        "case.cause, case.debtor_type",
        "tostring(case.cause), tostring(case.debtor_type)",
    );
    all_pass(3, &[("look.lua", &script), ("look_test.lua", test)]);
}

#[test]
fn a_failed_test_says_where_the_case_is_and_how_it_came_there() {
    let test = r#"
test("wrong", function(t)
  local c = t.case { overdue = yuan(5000), days_past_due = 5 }
  t.enrol(c)
  t.advance(3 * workdays)
  t.expect_finished("cured")
end)
"#;
    let results = results(&[("remind.lua", REMIND), ("remind_test.lua", test)]);
    let Outcome::Failed(failure) = &results[0].outcome else { panic!("it passed") };
    assert_eq!(failure.line, 6);
    assert_eq!(failure.place, "remind/first_call, waiting");
    assert_eq!(failure.path, ["first_sms", "first_call"]);
}

#[test]
fn what_cannot_be_done_is_said_in_the_line_that_asks_for_it() {
    let lines = [
        ("t.case { overdue = yuan(1), days_past_due = 0 }", "days_past_due = 1"),
        ("t.enrol(c, 'remnd')", "remind"),
        ("t.enrol(c); t.enrol(c)", "contact"),
        ("t.reverse_last_payment(c)", "t.pay"),
        ("t.promise(c, { in_days = -1 })", "之前"),
        ("t.report_call('conversation')", "还没有"),
        ("t.enrol(c); t.advance(3 * workdays); t.report_call('spoken')", "no_answer"),
        (
            "t.enrol(c); t.advance(3 * workdays); t.report_call('busy'); t.report_call('busy')",
            "都已登记",
        ),
        (
            "t.enrol(c); t.advance(3 * workdays); t.report_call('busy', { caus = 'x' })",
            "cause",
        ),
        ("t.approve('file_suit')", "审批"),
        ("t.report_visit('met')", "还没有"),
    ];
    for (line, expected) in lines {
        let test = format!(
            "test(\"x\", function(t)\n  local c = t.case {{ overdue = yuan(5), days_past_due = 5 }}\n  {line}\nend)"
        );
        let results = results(&[("remind.lua", REMIND), ("remind_test.lua", &test)]);
        let Outcome::Failed(failure) = &results[0].outcome else {
            panic!("passed: {line}")
        };
        assert_eq!(failure.line, 3, "{line}");
        assert!(failure.got.contains(expected), "{line}: {}", failure.got);
    }
}

#[test]
fn a_script_that_fails_fails_the_test_with_its_own_line() {
    let script = r#"
workflow "bad" { title = { zh = "坏", en = "Bad" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    local nothing = nil
    return finish(nothing .. "x")
  end,
}
"#;
    let test = "test(\"x\", function(t)\n  local c = t.case {}\n  t.enrol(c)\nend)";
    let results = results(&[("bad.lua", script), ("bad_test.lua", test)]);
    let Outcome::Failed(failure) = &results[0].outcome else { panic!("it passed") };
    assert_eq!(failure.line, 3);
    assert!(failure.got.contains("bad.lua:6"), "{}", failure.got);
}

#[test]
fn results_come_in_the_order_of_files_and_each_test_has_a_world_of_its_own() {
    let test = r#"
test("one", function(t)
  local c = t.case {}
  t.enrol(c)
  t.expect_sent("sms")
end)
test("two", function(t) t.expect_nothing_sent() end)
"#;
    let names: Vec<String> = (0..7).map(|it| format!("f{it}_test.lua")).collect();
    let test = test.replace("t.enrol(c)", "t.enrol(c, 'remind')");
    let mut files = vec![("remind.lua", REMIND)];
    files.extend(names.iter().map(|name| (name.as_str(), test.as_str())));
    let results = results(&files);
    let failed: Vec<String> =
        results.iter().filter(|it| !it.passed()).map(|it| it.render(Lang::En)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let order: Vec<(String, &str)> =
        results.iter().map(|it| (it.file.clone(), it.name.as_str())).collect();
    let expected: Vec<(String, &str)> = names
        .iter()
        .flat_map(|name| [(name.clone(), "one"), (name.clone(), "two")])
        .collect();
    assert_eq!(order, expected);
}

#[tokio::test]
async fn tests_can_be_run_from_async_code() {
    let test = "test(\"x\", function(t) t.enrol(t.case {}) t.expect_sent(\"sms\") end)";
    let release = release(&[("remind.lua", REMIND), ("remind_test.lua", test)]);
    let plugins = plugins();
    let blocking = {
        let (release, plugins) = (release.clone(), plugins.clone());
        tokio::task::spawn_blocking(move || {
            run_afresh(&release, &plugins, &Config::default())
        })
        .await
    };
    assert!(blocking.unwrap().iter().all(script::testing::TestResult::passed));
    assert!(
        run_afresh(&release, &plugins, &Config::default())
            .iter()
            .all(script::testing::TestResult::passed)
    );
}

#[test]
fn a_folder_without_tests_has_no_results_and_a_zone_that_is_none_fails_every_file() {
    assert_eq!(results(&[("remind.lua", REMIND)]), []);
    let test = "test(\"x\", function(t) end)";
    let release = release(&[("remind.lua", REMIND), ("remind_test.lua", test)]);
    let on_mars = Config { zone: "Mars/Olympus".to_owned(), ..Config::default() };
    let results = run_afresh(&release, &plugins(), &on_mars);
    assert_eq!(results.len(), 1);
    assert!(results[0].render(Lang::En).contains("Mars/Olympus"));
}

#[test]
fn a_test_finds_nothing_of_the_one_before_it() {
    let release = release(&[("remind.lua", REMIND)]);
    let setup = TestSetup::prepare(&release, &plugins(), &Config::default()).unwrap();
    let slot = TestSlot::open(&setup).unwrap();
    let path = {
        let mut scenario = slot.scenario(&setup.whole).unwrap();
        let case = scenario.case(&CaseSpec::default()).unwrap();
        scenario.enrol(case, "remind").unwrap();
        scenario.promise(case, scenario.today(), None).unwrap();
        scenario.event(case, "complaint", Map::new()).unwrap();
        scenario.advance(WaitRule::Days(40)).unwrap();
        assert_eq!(scenario.sent().unwrap().len(), 1);
        scenario.engine.store.path().to_owned()
    };
    let mut scenario = slot.scenario(&setup.whole).unwrap();
    assert_eq!(scenario.sent().unwrap(), []);
    assert_eq!(kinds(&mut scenario), [""; 0]);
    assert_eq!(scenario.today().to_string(), "2026-03-02");
    let case = scenario.case(&CaseSpec::default()).unwrap();
    assert_eq!(scenario.states(case).unwrap(), []);
    scenario.enrol(case, "remind").unwrap();
    assert_eq!(scenario.sent().unwrap().len(), 1);
    drop(scenario);
    drop(slot);
    assert!(!path.exists(), "nothing is left on the disk");
}
