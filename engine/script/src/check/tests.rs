//! The checks as tables (检查的测试): a few lines of script, the codes expected.

use domain::say::Lang;
use proptest::prelude::*;

use super::fixture::{self, HEADER, REMIND, findings};
use super::{CODES, check, explain, merged};
use crate::finding::Finding;
use crate::loading;
use crate::sandbox::limits::Limits;

mod pages;
mod tables;

use tables::{LINES, STAGES};

/// The codes that a fragment under the usual header gives, apart from the
/// missing test file.
fn codes_of(fragment: &str) -> Vec<&'static str> {
    let text = format!("{HEADER}{fragment}");
    codes(&findings(&[("example.lua", &text), ("example_test.lua", "")]))
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}

/// A fragment with one stage whose `enter` runs `body` and then finishes, and
/// which answers refusals.
fn body(body: &str) -> String {
    format!(
        "stage \"first\" {{ on_refused = function(case) return finish(\"no\") end, \
         enter = function(case) {body} return finish(\"done\") end }}"
    )
}

#[test]
fn the_example_of_the_design_is_clean() {
    let lines: Vec<String> = findings(&fixture::remind())
        .iter()
        .map(|finding| finding.render(Lang::En))
        .collect();
    assert_eq!(lines, Vec::<String>::new());
}

#[test]
fn one_line_of_a_handler_gives_the_code_expected() {
    for (line, expected) in LINES {
        assert_eq!(codes_of(&body(line)), *expected, "{line}");
    }
}

#[test]
fn a_stage_or_table_gives_the_code_expected() {
    for (text, expected) in STAGES {
        let text =
            text.replace("DONE", "enter = function(case) return finish(\"done\") end");
        assert_eq!(codes_of(&text), *expected, "{text}");
    }
}

fn enrol(name: &str, lane: &str, enrol: &str) -> String {
    format!(
        "-- 示例\nworkflow \"{name}\" {{ title = {{ zh = \"例\", en = \"E\" }}, lane = \"{lane}\", \
         start = \"a\", enrol = {enrol} }}\nstage \"a\" {{ enter = function(case) return finish(\"x\") end }}"
    )
}

#[test]
fn workflows_of_one_lane_overlap_unless_a_shared_field_parts_them() {
    let cases = [
        ("{ days_past_due = { 1, 30 } }", "{ days_past_due = { 31, 60 } }", None),
        (
            "{ days_past_due = { 1, 30 } }",
            "{ days_past_due = { 30, 60 } }",
            Some("error"),
        ),
        (
            "{ days_past_due = { 1, 30 } }",
            "{ overdue = at_least(yuan(100)) }",
            Some("error"),
        ),
        ("{ overdue = at_most(yuan(99)) }", "{ overdue = at_least(yuan(100)) }", None),
        (
            "{ overdue = at_most(10000) }",
            "{ overdue = at_least(yuan(100)) }",
            Some("error"),
        ),
        ("{ village = \"李村\" }", "{ village = { \"王村\", \"赵村\" } }", None),
        ("{ village = \"李村\" }", "{ village = { \"王村\", \"李村\" } }", Some("error")),
        ("{ on = \"deceased\" }", "{ days_past_due = { 1, 30 } }", None),
        (
            "{ days_past_due = at_least(1), where = function(case) return true end }",
            "{ days_past_due = { 1, 30 } }",
            Some("warning"),
        ),
        ("{ days_past_due = at_least(1) }", "{ days_past_due = at_most(LIMIT) }", None),
        ("{ days_past_due = 30 }", "{ days_past_due = at_least(31) }", None),
        ("{ days_past_due = 31 }", "{ days_past_due = at_least(31) }", Some("error")),
    ];
    for (first, second, expected) in cases {
        let files = [
            ("a.lua", enrol("a", "contact", first)),
            ("b.lua", enrol("b", "contact", second)),
            ("c.lua", enrol("c", "clock", first)),
        ];
        let files: Vec<(&str, &str)> =
            files.iter().map(|(file, text)| (*file, text.as_str())).collect();
        let found = findings(&files);
        let overlap = found.iter().find(|it| it.code == "W019");
        let weight = overlap.map(|overlap| overlap.severity.word(Lang::En));
        assert_eq!(weight, expected, "{first} and {second}");
        assert!(
            overlap.is_none_or(|overlap| overlap.file == "b.lua"),
            "{first} and {second}"
        );
    }
}

#[test]
fn an_amount_has_its_unit_in_settings_and_in_conditions() {
    let settings = "settings = { cap = yuan(5000), most = 3 }";
    let text = |enrol: &str| {
        let use_both = "if case.overdue > setting.cap then return finish(\"x\") end \
                        if case.visits > setting.most then return finish(\"y\") end";
        enrol_text(enrol)
            .replace("start = \"a\"", &format!("start = \"a\", {settings}"))
            .replace(
                "return finish(\"x\") end",
                &format!("{use_both} return finish(\"x\") end"),
            )
    };
    let table: [(&str, &str, &[&str]); 7] = [
        ("{ overdue = at_least(yuan(100)) }", "cap = \"3000 yuan\"\nmost = 4", &[]),
        ("{ overdue = at_least(100) }", "", &["W039"]),
        ("{ balance = { 1, 100 } }", "", &["W039", "W039"]),
        ("{ overdue = 100 }", "", &["W039"]),
        ("{ days_past_due = at_least(100) }", "", &[]),
        ("{ overdue = at_least(yuan(100)) }", "cap = 3000", &["W039"]),
        ("{ overdue = at_least(yuan(100)) }", "most = \"31 yuan\"", &["W009"]),
    ];
    for (enrol, lines, expected) in table {
        let toml = format!("[a]\n{lines}\n");
        let files = [
            ("a.lua", text(enrol)),
            ("a_test.lua", String::new()),
            ("settings.toml", toml),
        ];
        let files: Vec<(&str, &str)> =
            files.iter().map(|(file, text)| (*file, text.as_str())).collect();
        assert_eq!(codes(&findings(&files)), expected, "{enrol} {lines}");
    }
}

#[test]
fn a_message_to_a_guarantor_asks_first_whether_there_is_one() {
    let to = "sms { template = \"t\", to = case.guarantors[1] }";
    let table: [(String, &str, &[&str]); 4] = [
        (to.to_owned(), "", &["W009"]),
        (format!("if #case.guarantors > 0 then {to} end"), "", &[]),
        (format!("if case.guarantors[1] then {to} end"), "", &[]),
        (to.to_owned(), ", enrol = { guarantors = at_least(1) }", &[]),
    ];
    for (said, enrol, expected) in table {
        let text = format!(
            "-- 示例\nworkflow \"a\" {{ title = {{ zh = \"例\", en = \"E\" }}, lane = \"b\", \
             start = \"a\"{enrol} }}\nstage \"a\" {{ enter = function(case) {said} return \
             finish(\"y\") end }}"
        );
        let found = findings(&[("a.lua", &text), ("a_test.lua", "")]);
        let found: Vec<&str> =
            codes(&found).into_iter().filter(|code| *code == "W009").collect();
        assert_eq!(found, expected, "{said}{enrol}");
    }
}

#[test]
fn an_amount_in_a_text_is_told_in_yuan() {
    let table: [(&str, &[&str]); 10] = [
        ("\"欠 \" .. case.overdue .. \" 元\"", &["W041"]),
        ("`欠 {case.overdue} 元`", &["W041"]),
        ("tostring(case.balance)", &["W041"]),
        ("string.format(\"欠 %d 元\", case.overdue)", &["W041"]),
        ("\"欠 \" .. case.overdue * 2", &["W041"]),
        ("\"欠 \" .. in_yuan(case.overdue) .. \" 元\"", &[]),
        ("`欠 {in_yuan(case.overdue)} 元`", &[]),
        (
            "string.format(\"%s 元,%d 天\", in_yuan(case.balance), case.days_past_due)",
            &[],
        ),
        ("\"欠 \" .. case.overdue / 100 .. \" 元\"", &[]),
        ("\"欠 {{ 逾期金额 }} 元\"", &["W040"]),
    ];
    for (said, expected) in table {
        let text = format!(
            "-- 示例\nworkflow \"a\" {{ title = {{ zh = \"例\", en = \"E\" }}, lane = \"b\", \
             start = \"a\" }}\nstage \"a\" {{ enter = function(case) memo.said = {said} return \
             finish(\"y\") end }}"
        );
        let found = findings(&[("a.lua", &text), ("a_test.lua", "")]);
        assert_eq!(codes(&found), expected, "{said}");
    }
}

#[test]
fn a_default_without_unit_is_told_where_it_is_declared() {
    let table: [(&str, &[&str]); 7] = [
        ("{ yuan(5000), min = yuan(1), max = yuan(9000), unit = \"yuan\" }", &[]),
        ("{ 3000, min = yuan(1), max = yuan(9000), unit = \"yuan\" }", &["W039"]),
        ("{ 3000, unit = \"yuan\" }", &["W039"]),
        ("{ 3000, min = yuan(1) }", &["W039"]),
        ("{ yuan(5000), min = 0, max = 9000 }", &["W039"]),
        ("3000", &["W039"]),
        ("yuan(3000)", &[]),
    ];
    for (cap, expected) in table {
        let text = format!(
            "-- 示例\nworkflow \"a\" {{ title = {{ zh = \"例\", en = \"E\" }}, lane = \"b\", start = \"a\", \
             settings = {{ cap = {cap} }} }}\nstage \"a\" {{ enter = function(case) \
             if case.overdue > setting.cap then return finish(\"x\") end return finish(\"y\") end }}"
        );
        let found = findings(&[("a.lua", &text), ("a_test.lua", "")]);
        assert_eq!(codes(&found), expected, "{cap}");
    }
}

#[test]
fn a_wait_of_no_length_in_a_setting_is_told_at_its_default() {
    for (wait, expected) in [
        ("0 * days", vec!["W009"]),
        ("{ 0 * days, min = 0 * days }", vec!["W009"]),
        ("{ 2 * days, min = 1 * days }", vec![]),
    ] {
        let text = format!(
            "-- 示例\nworkflow \"a\" {{ title = {{ zh = \"例\", en = \"E\" }}, lane = \"b\", start = \"a\", \
             settings = {{ pause = {wait} }} }}\nstage \"a\" {{ wait = setting.pause, next = \"b\" }} \
             stage \"b\" {{ finish = \"x\" }}"
        );
        let found = findings(&[("a.lua", &text), ("a_test.lua", "")]);
        assert_eq!(codes(&found), expected, "{wait}");
    }
}

#[test]
fn a_wait_under_a_condition_on_its_setting_is_left_to_the_tests() {
    for (entered, expected) in [
        (
            "if setting.pause.count > 3 then return wait(setting.pause - 3 * days, \"b\") end \
             return go \"b\"",
            vec![],
        ),
        ("return wait(setting.pause - 3 * days, \"b\")", vec!["W009"]),
    ] {
        let text = format!(
            "-- 示例\nworkflow \"a\" {{ title = {{ zh = \"例\", en = \"E\" }}, lane = \"b\", start = \"a\", \
             settings = {{ pause = 3 * days }} }}\nstage \"a\" {{ enter = function(case) {entered} end }} \
             stage \"b\" {{ finish = \"x\" }}"
        );
        let found = findings(&[("a.lua", &text), ("a_test.lua", "")]);
        assert_eq!(codes(&found), expected, "{entered}");
    }
}

#[test]
fn a_lane_that_is_nearly_another_is_told_at_its_line() {
    for (lanes, expected) in [
        (["contact", "contact", "contct"], vec!["c.lua"]),
        (["contct", "contact", "contact"], vec!["a.lua"]),
        (["contact", "contct", "clock"], vec!["b.lua"]),
        (["contact", "clock", "team1"], vec![]),
        (["team1", "team2", "team3"], vec![]),
    ] {
        let texts = ["a", "b", "c"].map(|name| format!("{name}.lua")).into_iter();
        let files: Vec<(String, String)> = texts
            .zip(lanes)
            .map(|(file, lane)| {
                let text = enrol(&file[..1], lane, "{ on = \"deceased\" }");
                (file, text)
            })
            .collect();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        let found = findings(&files);
        let told = found.iter().filter(|it| it.code == "W030");
        let told: Vec<&str> = told.map(|it| it.file.as_str()).collect();
        assert_eq!(told, expected, "{lanes:?}");
    }
}

#[test]
fn two_lanes_that_contact_the_same_people_are_a_warning() {
    let sends = |name: &str, lane: &str, days: &str| {
        enrol(name, lane, &format!("{{ days_past_due = {days} }}"))
            .replace("return finish", "sms \"remind_1\" return finish")
    };
    let first = sends("a", "contact", "{ 1, 30 }");
    for (second, expected) in [
        (sends("b", "village", "{ 10, 60 }"), vec!["warning"]),
        (sends("b", "village", "{ 31, 60 }"), vec![]),
        (enrol("b", "village", "{ days_past_due = { 10, 60 } }"), vec![]),
    ] {
        let found = findings(&[("a.lua", &first), ("b.lua", &second)]);
        let told = found.iter().filter(|it| it.code == "W019");
        let told: Vec<&str> = told.map(|it| it.severity.word(Lang::En)).collect();
        assert_eq!(told, expected, "{second}");
    }
}

#[test]
fn workflows_that_hand_a_case_round_at_once_are_a_circle() {
    let with = |name: &str, lane: &str, stage: &str| {
        enrol(name, lane, "{ on = \"deceased\" }").replace(
            "stage \"a\" { enter = function(case) return finish(\"x\") end }",
            &format!("stage \"a\" {{ {stage} }}"),
        )
    };
    let start = |other: &str| {
        format!("enter = function(case) start \"{other}\" return finish(\"x\") end")
    };
    let at_times = |other: &str| {
        format!(
            "enter = function(case) if case.on_hold then start \"{other}\" end return finish(\"x\") end"
        )
    };
    let table = [
        ("x", with("a", "x", "become = \"b\""), with("b", "x", "become = \"a\""), 1),
        ("x", with("a", "x", &start("b")), with("b", "y", &start("a")), 1),
        (
            "one waits",
            with("a", "x", "become = \"b\""),
            with("b", "x", "wait = 1 * days, next = \"c\"")
                + "\nstage \"c\" { become = \"a\" }",
            0,
        ),
        (
            "one may end",
            with("a", "x", "become = \"b\""),
            with(
                "b",
                "x",
                "enter = function(case) if case.on_hold then return finish(\"x\") end return become \"a\" end",
            ),
            0,
        ),
        (
            "starts at times",
            with("a", "x", &at_times("b")),
            with("b", "y", &at_times("a")),
            0,
        ),
        (
            "ends before it starts",
            with(
                "a",
                "x",
                "enter = function(case) if case.on_hold then return finish(\"x\") end start \"b\" return finish(\"x\") end",
            ),
            with("b", "y", &start("a")),
            0,
        ),
    ];
    for (what, a, b, expected) in table {
        let found = findings(&[
            ("a.lua", &a),
            ("b.lua", &b),
            ("a_test.lua", ""),
            ("b_test.lua", ""),
        ]);
        let circles = found.iter().filter(|it| it.code == "W020").count();
        assert_eq!(circles, expected, "{what} {found:?}");
    }
}

#[test]
fn tests_name_amounts_with_their_unit_and_a_case() {
    let script = enrol("a", "contact", "{ on = \"deceased\" }");
    for (line, expected) in [
        (
            "local c = t.case { overdue = yuan(5000) } t.enrol(c) t.pay(c, yuan(1))",
            vec![],
        ),
        ("t.case { overdue = 5000 }", vec!["W039"]),
        ("t.case { overdue = 0, days_past_due = 5 }", vec![]),
        ("local c = t.case {} t.pay(c, 5000)", vec!["W039"]),
        ("t.enrol()", vec!["W008"]),
        ("local c = t.case {} t:enrol(c)", vec!["W007"]),
    ] {
        let test = format!("test(\"x\", function(t) {line} end)");
        let found = findings(&[("a.lua", &script), ("a_test.lua", &test)]);
        assert_eq!(codes(&found), expected, "{line}");
    }
}

#[test]
fn one_slip_in_a_file_is_one_finding() {
    let script = enrol("a", "contact", "{ on = \"deceased\" }");
    let twice = format!("{script}\n{script}");
    let condition = enrol("a", "contact", "{ overdue >= yuan(10) }");
    let never = enrol(
        "a",
        "contact",
        "{ on = \"deceased\", where = function(case) local x = case.overdue > yuan(1) end }",
    );
    for (text, expected) in [
        (twice.as_str(), vec!["W024"]),
        ("", vec!["W029"]),
        ("-- 以后再写\n", vec!["W029"]),
        (condition.as_str(), vec!["W031"]),
        (never.as_str(), vec!["W036"]),
    ] {
        let found = findings(&[("a.lua", text), ("a_test.lua", "")]);
        assert_eq!(codes(&found), expected, "{text}");
    }
}

#[test]
fn a_table_that_was_not_reached_is_not_told_as_missing() {
    let text = HEADER.replace("start = \"first\"", "start = frist");
    let text = format!("{text}stage \"first\" {{ finish = \"x\" }}");
    let folder = fixture::folder(&[("example.lua", &text), ("example_test.lua", "")]);
    let loaded = loading::load(&folder, &fixture::catalog(), &Limits::default());
    assert_eq!(codes(&loaded.findings), ["W005"], "{:?}", loaded.findings);
}

fn enrol_text(conditions: &str) -> String {
    enrol("a", "contact", conditions)
}

#[test]
fn all_findings_of_all_files_are_shown_in_order() {
    let broken = "-- 示例\nlocal x = = 1\nstage \"电话\" { wait = , }\nlocal y = = 2\n";
    let other = REMIND.replace("\"hand_over\")", "\"hand_ower\")");
    let files = [("a.lua", broken), ("remind.lua", &other), ("remind_test.lua", "f(")];
    let found = findings(&files);
    let places: Vec<String> =
        found.iter().map(|it| format!("{} {}:{}", it.code, it.file, it.line)).collect();
    assert_eq!(
        places,
        [
            "W001 a.lua:2",
            "W001 a.lua:3",
            "W001 a.lua:4",
            "W004 remind.lua:12",
            "W003 remind.lua:23",
            "W004 remind.lua:30",
            "W004 remind.lua:36",
            "W001 remind_test.lua:1",
        ]
    );
}

#[test]
fn a_finding_names_the_column_and_the_word_meant() {
    let text = format!(
        "{HEADER}stage \"first\" {{\n  enter = function(case)\n    return wait(3 * days, \"电话催收\")\n  end,\n}}\n\
         stage \"电话崔收\" {{ enter = function(case) return finish(\"x\") end }}\n"
    );
    let found = findings(&[("提醒.lua", &text), ("提醒_test.lua", "")]);
    let line = found.iter().find(|it| it.code == "W003").expect("no such stage");
    assert_eq!(
        line.render(Lang::Zh),
        "错误[W003] 提醒.lua:5:27:没有环节 “电话催收”(是否应为 “电话崔收”?)"
    );
}

#[test]
fn a_workflow_in_a_broken_file_is_still_known_to_the_others() {
    let mut files = fixture::remind();
    files.retain(|(file, _)| *file != "visit.lua");
    files.push(("visit.lua", "-- 上门\nworkflow \"visit\" { lane = = }"));
    assert_eq!(codes(&findings(&files)), ["W001"]);
}

#[test]
fn what_loading_and_the_check_both_see_is_told_once() {
    let text = format!(
        "{HEADER}stage \"first\" {{ sms = \"remind_9\", wait = 3 * days, next = \"first\", \
         on_refused = function() end }}"
    );
    for (text, expected) in [
        (text, vec!["W010"]),
        (format!("{HEADER}stage \"first\" {{ enter = = }}"), vec!["W001"]),
        (
            format!("{HEADER}stage \"first\" {{ finish = \"x\" }} error(\"no\")"),
            vec!["W054"],
        ),
    ] {
        let (catalog, folder) = (
            fixture::catalog(),
            fixture::folder(&[("example.lua", &text), ("example_test.lua", "")]),
        );
        let loaded = loading::load(&folder, &catalog, &Limits::default());
        let checked = check(&folder, &catalog, &loaded.program);
        assert!(!loaded.findings.is_empty());
        assert_eq!(codes(&merged(loaded.findings, checked)), expected, "{text}");
    }
}

#[test]
fn wide_punctuation_does_not_hide_other_faults() {
    let text = body("sms \"remind_2\"").replace(", enter", "\u{ff0c} enter");
    assert_eq!(codes_of(&text), ["W002", "W010"]);
}

#[test]
fn the_words_of_the_check_are_those_of_the_sandbox() {
    use std::collections::BTreeSet;
    use std::rc::Rc;

    use super::globals::{BUILTINS, LANGUAGE, LIBRARIES, VALUES};
    use crate::sandbox::{self, limits::Environment, meter::Meter};

    let limits = Limits::default();
    let lua =
        sandbox::new_state(&limits, &Rc::new(Meter::new(&limits))).expect("a state");
    let base = sandbox::base(&lua, Environment::Staff).expect("the basic library");
    let there: BTreeSet<&str> = base.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(there, LANGUAGE.iter().copied().collect());
    for (library, known) in LIBRARIES {
        let (_, value) = base.iter().find(|it| it.0 == *library).expect(library);
        let table = value.as_table().expect(library);
        let names: BTreeSet<String> = table
            .pairs::<String, mlua::Value>()
            .map(|pair| pair.expect(library).0)
            .collect();
        let known: BTreeSet<String> = known.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(names, known, "{library}");
    }
    // The loader knows every word of the house.
    let words = BUILTINS
        .iter()
        .map(|builtin| builtin.name)
        .chain(VALUES.iter().map(|it| it.name));
    // Only a handler has a case, and with it a memo.
    let words = words.filter(|word| *word != "memo");
    let reads: Vec<String> =
        words.map(|word| format!("do local x = {word} end")).collect();
    let reads = reads.join("\n");
    let text = format!("{HEADER}{reads}\nstage \"first\" {{ finish = \"x\" }}");
    let folder = fixture::folder(&[("example.lua", &text)]);
    let loaded = loading::load(&folder, &fixture::catalog(), &limits);
    assert_eq!(loaded.findings, []);
}

#[test]
fn broken_texts_never_make_the_check_fail() {
    for (at, _) in REMIND.char_indices() {
        let found = findings(&[("remind.lua", &REMIND[..at])]);
        assert!(found.iter().all(|it| !it.file.is_empty()), "cut at byte {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_the_check_fail(text in "\\PC{0,200}") {
        let found = findings(&[("a.lua", &text)]);
        prop_assert!(found.iter().all(|it| !it.file.is_empty()));
    }

    #[test]
    fn no_run_of_lua_words_makes_the_check_fail(words in proptest::collection::vec(
        proptest::sample::select(vec![
            "workflow", "stage", "always", "\"a\"", "{", "}", "(", ")", "function", "end",
            "return", "go", "wait", "=", ",", "case", ".", "x", "1", "local", "if", "then",
            "else", "for", "in", "do", "..", "`", "\n", "enter", "on_promise", "[", "]", "--",
            "\u{ff0c}", "\u{201c}", "while", "repeat", "until", "not", "#", ":", "3 * days",
        ]), 0..60,
    )) {
        let found = findings(&[("a.lua", &words.join(" "))]);
        prop_assert!(found.iter().all(|it| !it.file.is_empty()));
    }
}
