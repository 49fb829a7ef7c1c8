//! Tests that need not run again, and those that must.

use script::testing::TestResult;

use super::{Config, PassCache, TestSetup, plugins, release, run_all};

const REMIND: &str = r#"
workflow "remind" {
  title = { zh = "逾期提醒", en = "Reminder" },
  lane = "contact",
  start = "first_sms",
  settings = { first_wait = 3 * workdays },
}

stage "first_sms" {
  enter = function(case)
    sms { to = case.debtor, template = "remind_1" }
    return wait(setting.first_wait, "second_sms")
  end,
}

stage "second_sms" {
  enter = function(case)
    sms { to = case.debtor, template = "plain" }
    return finish("提醒完毕")
  end,
}
"#;

const LOOK_IN: &str = r#"
workflow "look_in" {
  title = { zh = "上门看看", en = "Look in" },
  lane = "visit",
  start = "go_there",
  enrol = { on = "payment", where = function(case) return case.principal > yuan(1000000) end },
}

stage "go_there" {
  enter = function(case) return finish("看过了") end,
}
"#;

const REMIND_TEST: &str = r#"
test("the first message leaves at once", function(t)
  t.enrol(t.case { phone = true })
  t.expect_sent("sms")
end)

test("the second message leaves after three workdays", function(t)
  t.enrol(t.case { phone = true })
  t.expect_sent("sms")
  t.advance(3 * workdays)
  t.expect_sent("sms")
end)
"#;

const LOOK_IN_TEST: &str = r#"
test("it ends where it begins", function(t)
  local c = t.case {}
  t.enrol(c)
  t.expect_finished("看过了", c)
end)

test("a payment on a small loan brings nobody in", function(t)
  local c = t.case {}
  t.pay(c, yuan(100))
  t.expect_no_workflow(c, "look_in")
end)
"#;

fn built_in_pack() -> &'static str {
    let file = |it: &&(&str, &str)| it.0 == "policies/cn-rcc.toml";
    crate::built_in::BUILT_IN.iter().find(file).unwrap().1
}

const PLAIN: &str = "{{ 客户 }}:请与信贷员联系。";

/// The folder, with some files written over or added.
fn folder<'a>(edits: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut files = vec![
        ("remind.lua", REMIND),
        ("look_in.lua", LOOK_IN),
        ("remind_test.lua", REMIND_TEST),
        ("look_in_test.lua", LOOK_IN_TEST),
    ];
    files.extend_from_slice(edits);
    files
}

fn run(files: &[(&str, &str)], passes: &PassCache) -> Vec<TestResult> {
    run_all(&release(files), &plugins(), &Config::default(), passes)
}

/// Which of the four tests need not run: first and second of `remind`, then of
/// `look_in`.
fn proven_on(files: &[(&str, &str)], passes: &PassCache) -> [bool; 4] {
    let setup =
        TestSetup::prepare(&release(files), &plugins(), &Config::default()).unwrap();
    let [remind, look_in] = ["remind_test.lua", "look_in_test.lua"];
    [(remind, 0), (remind, 1), (look_in, 0), (look_in, 1)]
        .map(|(file, test)| passes.holds(file, test, &setup.scope(file).fingerprints))
}

#[test]
fn an_edit_is_met_by_every_test_that_hangs_on_it_and_by_no_other() {
    let passes = PassCache::default();
    assert_eq!(proven_on(&folder(&[]), &passes), [false; 4]);
    let passed = run(&folder(&[]), &passes);
    assert!(passed.iter().all(TestResult::passed), "{passed:?}");

    let longer = REMIND.replace("提醒完毕", "提醒已经完毕");
    let one_line_down = format!("-- 提醒\n{REMIND}");
    let renamed = REMIND.replace("逾期提醒", "逾期短信提醒");
    let other_lane = REMIND.replace("\"contact\"", "\"letters\"");
    let other_stage = REMIND.replace("second_sms", "last_sms");
    let answers = LOOK_IN.replace("on = \"payment\"", "on = \"cured\"");
    let other_choice = LOOK_IN.replace("1000000", "2000000");
    let one_more = format!("{REMIND_TEST}\ntest(\"x\", function(t) end)\n");
    let another =
        LOOK_IN.replace("look_in", "look_out").replace("\"visit\"", "\"watch\"");
    let tightened = built_in_pack().replacen("22:00", "20:00", 1);
    let calendar = "year = 2027\nsource = []\noff = [2027-01-01]\nmake_up_work = []\n";
    let table: &[(&str, &str, &str, [bool; 4])] = &[
        ("the same folder", "remind.lua", REMIND, [true; 4]),
        ("a function", "remind.lua", &longer, [false, false, true, true]),
        ("lines only", "remind.lua", &one_line_down, [false, false, true, true]),
        ("a title", "remind.lua", &renamed, [false, false, true, true]),
        ("a lane", "remind.lua", &other_lane, [false, false, true, true]),
        ("a stage", "remind.lua", &other_stage, [false, false, true, true]),
        ("what brings a case in", "look_in.lua", &answers, [true, true, false, false]),
        ("who is chosen", "look_in.lua", &other_choice, [true, true, false, false]),
        ("another workflow", "look_out.lua", &another, [true; 4]),
        (
            "a setting",
            "settings.toml",
            "[remind]\nfirst_wait = \"2 workdays\"\n",
            [true; 4],
        ),
        ("a test", "remind_test.lua", &one_more, [false, false, true, true]),
        (
            "a template",
            "templates/plain.txt",
            "性质:告知\n{{ 客户 }}",
            [true, false, true, true],
        ),
        ("a new template", "templates/new.txt", PLAIN, [false; 4]),
        ("a calendar", "calendars/cn/2027.toml", calendar, [true; 4]),
        ("rules of conduct", "policies/cn-rcc.toml", &tightened, [true; 4]),
    ];
    for (what, file, text, expected) in table {
        assert_eq!(proven_on(&folder(&[(file, text)]), &passes), *expected, "{what}");
    }
}

#[test]
fn a_test_that_an_edit_breaks_fails_however_often_it_has_passed() {
    let passes = PassCache::default();
    for _ in 0..2 {
        assert!(run(&folder(&[]), &passes).iter().all(TestResult::passed));
    }
    let slower = REMIND.replace("3 * workdays", "5 * workdays");
    for _ in 0..2 {
        let results = run(&folder(&[("remind.lua", &slower)]), &passes);
        let passed: Vec<bool> = results.iter().map(TestResult::passed).collect();
        // `look_in_test.lua` comes first.
        assert_eq!(passed, [true, true, true, false], "{results:?}");
    }
    assert!(run(&folder(&[]), &passes).iter().all(TestResult::passed));
}

#[test]
fn a_run_that_is_told_to_stop_passes_nothing_that_it_did_not_run() {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    stop.send(true).unwrap();
    let passes = PassCache::default();
    let results = run(&folder(&[]), &passes.until(stopped));
    assert!(!results.is_empty() && !results.iter().any(TestResult::passed));
    assert_eq!(proven_on(&folder(&[]), &passes), [false; 4]);
}
