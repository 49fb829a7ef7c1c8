//! What tests set aside (测试不看的): the site's settings, rules and calendar, and
//! workflows that they do not reach.

use domain::say::Lang;

use super::{all_pass, results};
use crate::built_in::BUILT_IN;

const CALLS: &str = r#"
workflow "calls" {
  title = { zh = "电话", en = "Calls" },
  lane = "contact",
  start = "write",
  settings = {
    call_after = { 2 * days, min = 1 * days, max = 10 * days },
    most_calls = { 3, min = 1, max = 9, unit = "times" },
  },
}
always { on_refused = function() return stay() end }
stage "write" { sms = "remind_1", wait = setting.call_after, next = "ring" }
stage "ring" {
  enter = function(case)
    memo.calls = (memo.calls or 0) + 1
    if memo.calls > setting.most_calls then return finish "no_answer" end
    call { script = "again" }
    return wait(setting.call_after, "ring")
  end,
}
"#;

const CALLS_TEST: &str = r#"
test("a call follows the message when it is time", function(t)
  local c = t.case {}
  t.enrol(c)
  t.expect_sent("sms")
  t.advance(setting.call_after - 1 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("call")
end)

test("two days as declared, whatever the site has set", function(t)
  t.enrol(t.case {})
  t.expect_sent("sms")
  t.advance(1 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("call")
end)

test("as many calls as the test says, and then no more", function(t)
  t.settings { call_after = 5 * days, most_calls = 1 }
  local c = t.case {}
  t.enrol(c)
  t.expect_sent("sms")
  t.advance(4 * days)
  t.expect_nothing_sent()
  t.advance(1 * days)
  t.expect_sent("call")
  t.advance(setting.call_after)
  t.expect_finished("no_answer", c)
end)

test("three messages of one day leave, as the built-in rules have it", function(t)
  for n = 1, 3 do
    local c = t.case {}
    t.enrol(c)
    t.expect_sent("sms")
  end
end)

test("a payment is nobody's business here", function(t)
  local c = t.case {}
  t.enrol(c)
  t.expect_sent("sms")
  t.pay(c, yuan(1))
  t.expect_nothing_sent()
end)
"#;

/// Answers every payment, on a lane of its own.
const THANKS: &str = r#"
workflow "payment" {
  title = { zh = "致谢", en = "Thanks" },
  lane = "thanks",
  start = "thank",
  enrol = { on = "payment" },
}
always { on_refused = function() return stay() end }
stage "thank" { sms = "plain", wait = 1 * days, next = "over" }
stage "over" { finish = "thanked" }
"#;

fn tightened() -> String {
    let pack = BUILT_IN.iter().find(|it| it.0 == "policies/cn-rcc.toml").unwrap().1;
    let pack = pack.replacen("[[\"08:00\", \"22:00\"]]", "[[\"11:00\", \"12:00\"]]", 1);
    assert!(pack.contains("11:00"));
    pack
}

#[test]
fn the_sites_settings_rules_and_calendar_fail_no_test() {
    let settings = "[calls]\ncall_after = \"9 days\"\nmost_calls = 1\n";
    let off =
        "year = 2026\nsource = []\noff = [2026-03-03, 2026-03-04]\nmake_up_work = []\n";
    let files = [("calls.lua", CALLS), ("calls_test.lua", CALLS_TEST)];
    all_pass(5, &files);
    for more in [
        ("settings.toml", settings),
        ("policies/cn-rcc.toml", &tightened()),
        ("calendars/cn/2026.toml", off),
    ] {
        all_pass(5, &[files[0], files[1], more]);
    }
}

#[test]
fn a_new_workflow_that_answers_payments_breaks_no_test_of_another() {
    let thanks_test = r#"
test("whoever pays is thanked", function(t)
  local c = t.case {}
  t.pay(c, yuan(1))
  t.expect_sent("sms", "plain")
  t.advance(1 * days)
  t.expect_finished("thanked", c)
end)
"#;
    all_pass(
        6,
        &[
            ("calls.lua", CALLS),
            ("calls_test.lua", CALLS_TEST),
            ("thanks.lua", THANKS),
            ("thanks_test.lua", thanks_test),
        ],
    );
}

#[test]
fn a_new_workflow_that_bears_a_word_of_a_test_is_not_meant_by_it() {
    for word in ["no_answer", "remind_1", "write", "sms", "call"] {
        let thanks = THANKS.replace("\"payment\" {", &format!("\"{word}\" {{"));
        let files = [
            ("calls.lua", CALLS),
            ("calls_test.lua", CALLS_TEST),
            ("thanks.lua", thanks.as_str()),
        ];
        all_pass(5, &files);
    }
}

#[test]
fn what_comes_in_by_an_event_is_there_when_a_test_speaks_of_it() {
    let said = [
        "t.expect_sent(\"sms\", \"plain\")",
        "t.expect_workflow(c, \"payment\")",
        "t.expect_stage(c, \"thank\")",
        "t.advance(1 * days) t.expect_finished(\"thanked\", c)",
    ];
    for line in said {
        let test = format!(
            "test(\"x\", function(t)\n  local c = t.case {{}}\n  t.pay(c, yuan(1))\n  {line}\nend)"
        );
        let files = [
            ("calls.lua", CALLS),
            ("calls_test.lua", test.as_str()),
            ("thanks.lua", THANKS),
        ];
        let results = results(&files);
        assert!(results[0].passed(), "{line}: {}", results[0].render(Lang::En));
    }
}
