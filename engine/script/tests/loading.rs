//! What a folder of scripts declares (载入), and what is wrong with it.

use std::fs;
use std::path::PathBuf;

use domain::enrolment::{Condition, Test};
use proptest::prelude::*;
use script::finding::Severity;
use script::loading::load;
use script::program::Folder;
use script::sandbox::limits::Limits;

mod fixture;

use fixture::{catalog, findings, folder, shown};

const REMIND: &str = r#"-- 逾期提醒
workflow "remind" {
  title = { zh = "逾期提醒", en = "Reminder" },
  lane = "contact",
  start = "first_sms",
  enrol = { days_past_due = { 1, 30 }, overdue = at_least(yuan(100)), village = { "李村", "王村" },
    on = { "deceased", "complaint" }, where = function(case) return true end },
  settings = { first_wait = 3 * workdays, limit = yuan(5), who = "李", on = true, from = date "2026-01-01" },
  keeps_clocks = true,
}
always { on_deceased = function(case) return finish "x" end }
stage "first_sms" { sms = "remind_1", wait = setting.first_wait, next = "电话" }
stage "电话" {
  title = "首次电话",
  moved_from = { "old_call" },
  enter = function(case) return wait(5 * workdays, "first_sms") end,
  on_promise = function(case) end,
}
"#;

#[test]
fn a_workflow_is_declared_as_the_design_shows_it() {
    let loaded = load(&folder(&[("remind.lua", REMIND)]), &catalog(), &Limits::default());
    assert_eq!(shown(&loaded.findings), [""; 0]);
    let workflow = &loaded.program.workflows["remind"];
    assert_eq!(
        (workflow.title_zh.as_str(), workflow.title_en.as_str()),
        ("逾期提醒", "Reminder")
    );
    assert_eq!(
        (workflow.lane.as_str(), workflow.start.as_str()),
        ("contact", "first_sms")
    );
    assert_eq!((workflow.file.as_str(), workflow.line), ("remind.lua", 2));
    assert!(workflow.keeps_clocks);
    assert_eq!(workflow.always, ["deceased"]);
    let enrol = workflow.enrol.as_ref().expect("it enrols");
    assert_eq!(enrol.on, ["deceased", "complaint"]);
    assert!(enrol.has_where);
    let condition = |field: &str, test| Condition { field: field.to_owned(), test };
    let villages = Test::OneOf(vec!["李村".to_owned(), "王村".to_owned()]);
    assert_eq!(
        enrol.conditions,
        [
            condition("village", villages),
            condition("overdue", Test::AtLeast(10_000)),
            condition("days_past_due", Test::Between(1, 30)),
        ]
    );
    let call = &workflow.stages["电话"];
    assert_eq!((call.title_zh.as_str(), call.line, call.enters), ("首次电话", 13, true));
    assert_eq!(
        (&call.on[..], &call.moved_from[..]),
        (&["promise".to_owned()][..], &["old_call".to_owned()][..])
    );
    let plain = workflow.stages["first_sms"].plain.as_ref().expect("it is plain");
    assert_eq!(plain.verbs, ["sms"]);
    assert_eq!(plain.next.as_deref(), Some("电话"));
    let defaults: Vec<String> = workflow
        .settings
        .iter()
        .map(|(name, it)| format!("{name}={}", it.default))
        .collect();
    assert_eq!(
        defaults,
        [
            "first_wait=\"3 workdays\"",
            "from=\"2026-01-01\"",
            "limit=500",
            "on=true",
            "who=\"李\""
        ]
    );
    assert!(loaded.program.templates.contains_key("remind_1"));
}

#[test]
fn every_mistake_of_a_file_is_found_with_place_and_suggestion() {
    let text = r#"workflow "w" {
  lan = "contact",
  start = 5,
  enrol = { day_past_due = { 1, 30 }, overdue = { 30, 1 }, holds = "x", on = "decaesed" },
  settings = { f = function() end },
}
always { on_decaesed = function() end, deceased = 1 }
stage "a" {
  smss = "remind_1",
  wait = 3,
  next = "b",
}
stage "b" { call = {}, finish = "x" }
stage "c" { enter = function() end, wait = 3 * days }
stage "d" {}
stage "d" { finish = "x" }
"#;
    let found = findings(text);
    let expected = [
        "error[W031] w.lua:2:3: workflow “w” has no key `lan`",
        "error[W032] w.lua:1",
        "error[W009] w.lua:3:3: `start` of workflow “w” must be text, not `5`",
        "no key `day_past_due` (did you mean `days_past_due`?)",
        "error[W009] w.lua:4:39: `overdue` of enrol is turned round: write overdue = { 1, 30 }",
        "error[W034] w.lua:4",
        "no event `decaesed` (did you mean `deceased`?)",
        "`f` of settings must be",
        "error[W011] w.lua:7:10",
        "always has no key `deceased`",
        "error[W031] w.lua:9:3: stage “a” has no key `smss` (did you mean `sms`?)",
        "error[W009] w.lua:10:3: `wait` of stage “a” must be a span",
        "call needs the argument `script`",
        "has both an enter function and a plain step",
        "stage “d” does not say what comes after",
        "error[W025]",
    ];
    for wanted in expected {
        assert!(
            found.iter().any(|it| it.contains(wanted)),
            "{wanted}\n{}",
            found.join("\n")
        );
    }
}

#[test]
fn files_that_cannot_run_are_findings_with_a_place() {
    let files: &[(&str, &str)] = &[
        (
            "workflow \"w\" {\n  lane = \"contact\"\n  start = \"s\",\n}",
            "error[W001] w.lua:3:3: syntax error: Expected ','",
        ),
        ("workflow \"w\" {\n  lane = \"contact\",", "error[W001] w.lua:2"),
        ("stage \"s\" { enter = function(case)", "error[W001] w.lua:1"),
        ("workflow \"w\" { lane = \"c\", start = \"s\" }\nstage \"s\"\n", "error[W0"),
        ("while true do end", "error[W055] w.lua"),
        (
            "local t = {} while true do t[#t + 1] = string.rep('x', 1e6) .. #t end",
            "error[W055] w.lua",
        ),
        ("-- nothing", "error[W029] w.lua:1:1"),
        ("\nlocal x = nil + 1", "error[W054] w.lua:2"),
        (
            "workflow \"w\" { lane = \"c\", start = \"s\" }\nlocal x = settings.y",
            "w.lua:2:11: unknown name `settings` (did you mean `setting`?)",
        ),
        ("today()", "works inside functions only"),
        ("sms 'remind_1'", "works inside a handler"),
        ("return wait(3 * days, 'x')", "works inside enter and on_"),
        (
            "workflow \"a\" { lane = \"c\", start = \"s\" }\nworkflow \"b\" {}",
            "error[W024] w.lua:2",
        ),
    ];
    for (text, wanted) in files {
        let found = findings(text);
        assert!(found.iter().any(|it| it.contains(wanted)), "{text}: {found:?}");
    }
    let deep = format!("local x = {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(findings(&deep)[0].contains("W035"), "{:?}", findings(&deep)[0]);
    let large = format!("-- {}", "x".repeat(300 << 10));
    assert!(findings(&large)[0].contains("W052"));
    let none = load(&Folder::default(), &catalog(), &Limits::default());
    assert!(shown(&none.findings)[0].contains("W050"));
}

#[test]
fn one_broken_file_hides_no_other() {
    let good = REMIND;
    let files = folder(&[
        ("a.lua", "workflow \"remind\" {}"),
        ("b.lua", "x = 1"),
        ("remind.lua", good),
        ("remind_test.lua", "this is not Lua"),
        ("settings.toml", "[remind]\nfirst_wiat = \"1 day\"\nlimit = true"),
    ]);
    let loaded = load(&files, &catalog(), &Limits::default());
    let found = shown(&loaded.findings);
    for wanted in [
        "a.lua:1",
        "error[W015] b.lua:1:1",
        "error[W026] remind.lua:2:1",
        "error[W013] settings.toml:2:1",
        "error[W009] settings.toml:3:1",
    ] {
        assert!(
            found.iter().any(|it| it.contains(wanted)),
            "{wanted}\n{}",
            found.join("\n")
        );
    }
    assert!(!found.iter().any(|it| it.contains("remind_test")));
    assert!(loaded.findings.iter().all(|finding| finding.severity == Severity::Error));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_loading_fail(text in "\\PC{0,200}") {
        prop_assert!(findings(&text).iter().all(|finding| finding.contains("[W0")));
    }

    #[test]
    fn no_table_makes_a_declaration_fail(
        key in "[a-z_]{1,12}",
        value in prop::sample::select(vec!["1", "{}", "nil", "days", "function() end", "'x'",
            "{ 1, 2 }", "{ x = 1 }", "true", "date", "yuan(1)", "0/0", "at_least(1)", "sms"]),
    ) {
        let text = format!(
            "workflow 'w' {{ lane = 'c', start = 's', {key} = {value}, enrol = {{ {key} = \
             {value} }}, settings = {{ {key} = {value} }} }} always {{ {key} = {value} }} \
             stage 's' {{ {key} = {value}, visit = {{ {key} = {value} }} }}"
        );
        prop_assert!(findings(&text).iter().all(|finding| finding.contains("[W0")));
    }
}

fn temporary(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).expect("the old folder can be removed");
    }
    fs::create_dir_all(dir.join("templates")).expect("a folder can be made");
    dir
}

#[test]
fn a_folder_is_read_without_what_editors_leave_in_it() {
    let dir = temporary("read");
    let nested = ["policies", "calendars/cn", "types", "templates/.git"];
    for name in nested {
        fs::create_dir_all(dir.join(name)).expect("a folder can be made");
    }
    let kept = [
        "remind.lua",
        "提醒.lua",
        "remind_test.lua",
        "settings.toml",
        "templates/remind_1.txt",
        "policies/cn-rcc.toml",
        "calendars/cn/2026.toml",
    ];
    let left = [
        "remind.lua~",
        "#remind.lua#",
        ".remind.lua.swp",
        ".hidden.lua",
        "remind.lua.rejected.txt",
        "notes.md",
        "qingshou.toml",
        "types/qingshou.lua",
        "templates/remind_1.txt~",
        "templates/x.lua",
        "templates/.git/x.txt",
    ];
    for name in kept.iter().chain(&left) {
        fs::write(dir.join(name), format!("\u{feff}-- {name}"))
            .expect("a file can be written");
    }
    let (folder, findings) = Folder::read(&dir).expect("the folder can be read");
    assert_eq!(shown(&findings), [""; 0]);
    let mut names: Vec<&str> = kept.to_vec();
    names.sort_unstable();
    assert_eq!(folder.files.keys().map(String::as_str).collect::<Vec<_>>(), names);
    assert_eq!(folder.files["remind.lua"], "-- remind.lua", "the mark in front is gone");
}

#[test]
fn files_in_another_encoding_or_too_large_are_refused_by_name() {
    let dir = temporary("encodings");
    fs::write(dir.join("gbk.lua"), b"-- \xb4\xdf\xca\xd5").expect("written");
    fs::write(dir.join("utf16.lua"), b"-\0-\0").expect("written");
    fs::write(dir.join("large.lua"), "-".repeat(257 << 10)).expect("written");
    let (folder, findings) = Folder::read(&dir).expect("the folder is there");
    assert!(folder.files.is_empty());
    let found = shown(&findings);
    for wanted in
        ["W051] gbk.lua:1:1: the file is not UTF-8", "W051] utf16.lua", "W052] large.lua"]
    {
        assert!(found.iter().any(|it| it.contains(wanted)), "{found:?}");
    }
}

#[test]
fn a_missing_or_empty_folder_is_one_finding() {
    let dir = temporary("empty");
    for dir in [dir.clone(), dir.join("missing")] {
        let finding = Folder::read(&dir).expect_err("there is nothing to read");
        assert_eq!(finding.code, "W050");
    }
}
