//! What `settings.toml` may say, and what is told of the rest.

use std::collections::BTreeMap;

use domain::say::Lang;
use serde_json::Value as Json;

use super::read::Known;
use super::*;
use crate::program::Folder;

fn three_workdays() -> BTreeMap<String, Declaration> {
    let wait = Setting::Span(Span { count: 3, unit: Unit::Workdays });
    let declared = [("first_wait", wait), ("limit", Setting::Number(50_000))];
    declared.map(|(name, it)| (name.to_owned(), Declaration::plain(it))).into()
}

fn overrides(toml: &str) -> Overrides {
    let mut folder = Folder::default();
    folder.files.insert(FILE.to_owned(), toml.to_owned());
    Overrides::read(&folder)
}

fn tried(toml: &str) -> (Json, Json, Vec<String>) {
    tried_in(Lang::En, toml)
}

fn tried_in(lang: Lang, toml: &str) -> (Json, Json, Vec<String>) {
    let overrides = overrides(toml);
    let (settings, mut findings) = in_force(three_workdays(), &overrides.of("remind"));
    findings.splice(0..0, overrides.findings.clone());
    let known = Known::from([
        ("remind", vec!["first_wait", "limit"]),
        ("visit", vec!["come_again"]),
    ]);
    findings.extend(overrides.strange_settings(&known));
    findings.extend(overrides.strange_sections(&known));
    let shown = findings.iter().map(|finding| finding.render(lang)).collect();
    let value = |name: &str| settings[name].0.value.clone();
    (value("first_wait"), value("limit"), shown)
}

#[test]
fn a_setting_is_overridden_by_a_value_of_its_own_kind_only() {
    let texts = [
        ("[remind]\nfirst_wait = \"5 workdays\"", "5 workdays", 50_000, ""),
        ("[remind]\nfirst_wait = \"1 day\"\nlimit = 7", "1 days", 7, ""),
        ("[remind]\nfirst_wait = \"5 个工作日\"", "5 workdays", 50_000, ""),
        ("[remind]\nfirst_wait = \"４天\"", "4 days", 50_000, ""),
        ("[remind]\nfirst_wait = \"48小时\"", "48 hours", 50_000, ""),
        ("[remind]\nlimit = \"99.5 yuan\"", "3 workdays", 9950, ""),
        ("[remind]\nlimit = \"99.5 元\"", "3 workdays", 9950, ""),
        ("# [remind]\n# limit = 7\n", "3 workdays", 50_000, ""),
        ("", "3 workdays", 50_000, ""),
        (
            "[remind]\nfirst_wait = 5",
            "3 workdays",
            50_000,
            "error[W009] settings.toml:2:1",
        ),
        ("[remind]\nfirst_wait = \"-5 days\"", "3 workdays", 50_000, "error[W009]"),
        ("[remind]\nfirst_wait = \"0 days\"", "3 workdays", 50_000, "error[W009]"),
        ("[remind]\nfirst_wait = \"9999 days\"", "3 workdays", 50_000, "error[W009]"),
        ("[remind]\nfirst_wait = \"3 yuan\"", "3 workdays", 50_000, "error[W009]"),
        ("[remind]\nfirst_wait = []", "3 workdays", 50_000, "error[W009]"),
        ("[remind]\nlimit = \"3 days\"", "3 workdays", 50_000, "error[W009]"),
        ("[remind]\nlimit = 2.5", "3 workdays", 50_000, "error[W009]"),
        (
            "[remind]\n\n frist_wait = \"5 days\"",
            "3 workdays",
            50_000,
            "error[W013] settings.toml:3:2",
        ),
        (
            "[remnid]\nfirst_wait = \"5 days\"",
            "3 workdays",
            50_000,
            "error[W004] settings.toml:1:2",
        ),
        (
            "first_wait = \"5 days\"",
            "3 workdays",
            50_000,
            "error[W056] settings.toml:1:1",
        ),
        ("[remind]\nfirst_wait = ", "3 workdays", 50_000, "error[W056] settings.toml:2:"),
    ];
    for (toml, wait, limit, finding) in texts {
        let (got_wait, got_limit, findings) = tried(toml);
        assert_eq!(got_wait, Json::from(wait), "{toml}");
        assert_eq!(got_limit, Json::from(limit), "{toml}");
        assert_eq!(findings.len(), usize::from(!finding.is_empty()), "{findings:?}");
        assert!(findings.iter().all(|it| it.starts_with(finding)), "{findings:?}");
    }
}

#[test]
fn what_was_meant_is_said_where_it_can_be_seen() {
    let table = [
        ("[remind]\nfrist_wait = \"5 days\"", "(did you mean `first_wait`?)"),
        ("[remind]\ncome_again = \"5 days\"", "belongs below [visit]"),
        ("[visit]\nfirst_wait = \"5 days\"", "belongs below [remind]"),
        ("[remind]\nnonsense = 1", "there are first_wait, limit"),
        ("[提醒]\nlimit = 1", "quotes: [\"提醒\"]"),
        ("[\"提醒\"]\nlimit = 1", "(did you mean `remind`?)"),
        ("[other]\nnonsense = 1", "there are remind, visit"),
        ("come_again = \"5 days\"", "put a line [visit] above it"),
        ("[remind]\nfirst_wait = 5 days", "quotes: first_wait = \"5 days\""),
        (
            "[remind]\nfirst_wait = \"5 days",
            "closing quote; values with a unit stand in quotes: first_wait = \"5 days\"",
        ),
        ("[remind]\nfirst_wait = \"5 days # more\nlimit = 1", "closing quote"),
        ("[remind]\nfirst_wait = 5 days\"", "opening quote"),
        (
            "[remind]\nfirst_wait = \"5 days\",",
            "no , at the end of a line: first_wait = \"5 days\"",
        ),
        ("[remind]\nlimit = 5;", "no ; at the end of a line: limit = 5"),
        ("[remind]\nfirst_wait = \"5 days\" limit = 5", "one entry"),
        ("[remind]\nfirst_wait = 5 * days", "no sums here"),
        ("[remind]\n第一次等几天\nlimit = 5", "a comment begins with #"),
        ("[remind]\n第一次 = 5", "no name of a setting"),
        (
            "[remind]\nfirst_wait =\u{a0}\"5 days\"",
            "settings.toml:2:13: the settings cannot be read: there is a blank that is no ordinary one, or a mark that nobody sees (U+00A0)",
        ),
        (
            "[remind]\n\u{3000}\u{3000}limit = 5",
            "settings.toml:2:1: the settings cannot be read: there is a blank",
        ),
        ("[remind]\nlimit\u{200b} = 5", "(U+200B)"),
        ("[remind]\nlimit = ４０", "`４` is full-width: write 4"),
        ("[remind]\nlimit = 40，", "full-width"),
        ("＃ note\n[remind]", "write #"),
        ("[remind]\nlimit = 5 — five", "no minus sign"),
        ("[remind]\nfirst_wait = “5 days”", "full-width"),
        ("【remind】\nfirst_wait = \"5 days\"", "full-width"),
        ("[remind]\nfirst_wait: \"5 days\"", "equals sign"),
        ("[remind]\nfirst_wait =", "lacks its value"),
        ("[remind\nfirst_wait = \"5 days\"", "lacks its bracket"),
        ("-- remind\n[remind]", "a comment begins with #"),
        ("[remind]\nlimit = 1\nlimit = 2", "duplicate"),
    ];
    for (toml, said) in table {
        let (.., findings) = tried(toml);
        assert_eq!(findings.len(), 1, "{toml}: {findings:?}");
        assert!(findings[0].contains(said), "{toml}: {findings:?}");
    }
}

#[test]
fn chinese_readers_are_told_what_to_write_in_chinese() {
    let table = [
        ("[remind]\nfirst_wait = 3", "应写成 first_wait = \"3 个工作日\""),
        ("[remind]\nlimit = \"3 days\"", "limit = 50000 或 limit = \"500 元\""),
        ("[remind]\nlimit = 1\n[remind]\nlimit = 2", "写了两次:请合并成一处"),
        (
            "[remnid]\nfirst_wait = \"5 天\"\n[visit]\n",
            "没有流程 “remnid”;改好以前照旧,本文件的修改都不生效",
        ),
        ("[remind]\nlimit = 5\nxyz", "这一行的写法不对:应写成 名字 = 值"),
        ("[remind]\nfirst_wait = \"5 天\";", "行末不要 ;"),
        ("[remind]\nfirst_wait = \"5 天\" limit = 5", "一行只写一项"),
    ];
    for (toml, said) in table {
        let (.., findings) = tried_in(Lang::Zh, toml);
        assert_eq!(findings.len(), 1, "{toml}: {findings:?}");
        assert!(findings[0].contains(said), "{toml}: {findings:?}");
        assert!(!findings[0].contains("duplicate"), "{findings:?}");
    }
}

#[test]
fn a_default_of_another_kind_than_its_bounds_is_what_is_wrong() {
    let table = [
        ("{ 31 * days, min = 2, max = 60 }", "the default of `visit_day`, 31 * days,"),
        ("{ \"31\", min = 2, max = 60 }", "the default of `visit_day`, \"31\","),
        ("{ 2, min = 1 * days, max = 30 * days }", "the default of `visit_day`, 2,"),
        (
            "{ 3 * days, min = 1 }",
            "min of `visit_day` must be of the kind of its default, 3 * days, not 1",
        ),
    ];
    let lua = Lua::new();
    crate::api::time::units(&lua, &lua.globals()).expect("units are there");
    for (value, said) in table {
        let value: Value = lua.load(value).eval().expect(value);
        let fault = declared("visit_day", &value).expect_err(said);
        assert!(fault.say.en.contains(said), "{}", fault.say.en);
        assert!(fault.say.zh.contains("`visit_day`"), "{}", fault.say.zh);
    }
}

#[test]
fn a_section_named_by_the_title_of_a_workflow_is_sent_to_its_name() {
    let script = "-- 提醒\nworkflow \"remind\" {\n  title = { zh = \"逾期提醒\", en = \"Reminder\" },\n}";
    for (toml, said) in [
        ("[逾期提醒]\nlimit = 1", "a section has the name of a workflow: [remind]"),
        ("[\"逾期提醒\"]\nnonsense = 1", "did you mean `remind`?"),
        ("[Reminder]\nnonsense = 1", "did you mean `remind`?"),
    ] {
        let mut folder = Folder::default();
        folder.files.insert("remind.lua".to_owned(), script.to_owned());
        folder.files.insert(FILE.to_owned(), toml.to_owned());
        let overrides = Overrides::read(&folder);
        let known = Known::from([("remind", vec!["limit"]), ("visit", vec![])]);
        let mut findings = overrides.findings.clone();
        findings.extend(overrides.strange_sections(&known));
        assert_eq!(findings.len(), 1, "{toml}: {findings:?}");
        assert!(findings[0].render(Lang::En).contains(said), "{toml}: {findings:?}");
    }
}

/// A first wait from 2 to 10 days, an amount and a count.
fn bounded() -> BTreeMap<String, Declaration> {
    let days = |count| Setting::Span(Span { count, unit: Unit::Days });
    let title = ("消息之后几天".to_owned(), "after the message".to_owned());
    let wait = Declaration {
        min: Some(days(2)),
        max: Some(days(10)),
        title,
        ..Declaration::plain(days(3))
    };
    let strict = Declaration { unit: Some(SettingUnit::Days), ..wait.clone() };
    let number = |default, min, max, unit| Declaration {
        min: Some(Setting::Number(min)),
        max: Some(Setting::Number(max)),
        unit: Some(unit),
        ..Declaration::plain(Setting::Number(default))
    };
    [
        ("wait", wait),
        ("strict", strict),
        ("cap", number(500_000, 0, 1_000_000, SettingUnit::Yuan)),
        ("rate", number(20, 0, 100, SettingUnit::PerMille)),
        ("day", number(31, 1, 60, SettingUnit::Days)),
    ]
    .map(|(name, it)| (name.to_owned(), it))
    .into()
}

#[test]
fn a_value_goes_to_its_bounds_and_no_further() {
    let accepted = [
        ("wait", "\"2 days\"", "2 days"),
        ("wait", "\"10 days\"", "10 days"),
        ("wait", "\"48 hours\"", "48 hours"),
        ("wait", "\"7 workdays\"", "7 workdays"),
        ("strict", "\"2天\"", "2 days"),
        ("cap", "0", "0"),
        ("cap", "\"0 yuan\"", "0"),
        ("cap", "\"10000 元\"", "1000000"),
        ("rate", "0", "0"),
        ("rate", "\"100‰\"", "100"),
        ("day", "1", "1"),
        ("day", "\"60 days\"", "60"),
        ("day", "\"60天\"", "60"),
    ];
    for (name, value, expected) in accepted {
        let section = overrides(&format!("[a]\n{name} = {value}")).of("a");
        let (settings, findings) = in_force(bounded(), &section);
        assert_eq!(findings, [], "{name} = {value}");
        let got = &settings[name].0.value;
        let got = got.as_str().map_or_else(|| got.to_string(), str::to_owned);
        assert_eq!(got, expected, "{name} = {value}");
    }
    let refused = [
        ("wait", "\"1 day\"", "W057"),
        ("wait", "\"11 days\"", "W057"),
        ("wait", "\"0 days\"", "W057"),
        ("wait", "\"-3 days\"", "W057"),
        ("wait", "\"47 hours\"", "W057"),
        ("wait", "\"8 workdays\"", "W057"),
        ("strict", "\"3 workdays\"", "W009"),
        ("strict", "\"72 hours\"", "W009"),
        ("cap", "3000", "W009"),
        ("cap", "\"10000.01 yuan\"", "W057"),
        ("cap", "\"3 days\"", "W009"),
        ("cap", "\"-5 yuan\"", "W009"),
        ("rate", "101", "W057"),
        ("rate", "-1", "W057"),
        ("rate", "\"20 yuan\"", "W009"),
        ("rate", "\"2%\"", "W009"),
        ("day", "0", "W057"),
        ("day", "61", "W057"),
        ("day", "\"31 workdays\"", "W009"),
        ("day", "99999999999999999999999", "W009"),
    ];
    for (name, value, code) in refused {
        let section = overrides(&format!("[a]\n{name} = {value}")).of("a");
        let (settings, findings) = in_force(bounded(), &section);
        assert_eq!(settings[name].0.value, settings[name].0.default, "{name} = {value}");
        let told: Vec<_> =
            findings.iter().map(|finding| (finding.code, finding.line)).collect();
        assert_eq!(told, [(code, 2)], "{name} = {value}: {findings:?}");
    }
}

#[test]
fn whoever_left_the_unit_out_is_shown_their_own_number_with_it_and_the_range() {
    let table = [
        ("wait", "5", "write wait = \"5 days\"; 2 days to 10 days, 3 days by default"),
        (
            "wait",
            "50",
            "like wait = \"3 days\" (the default; put your own value); 2 days",
        ),
        ("wait", "\"5\"", "write wait = \"5 days\";"),
        ("wait", "\"三天\"", "write wait = \"3 days\";"),
        ("wait", "\"十 天\"", "write wait = \"10 days\";"),
        ("wait", "\"1 周\"", "write wait = \"7 days\";"),
        ("wait", "\"2.5 天\"", "write wait = \"60 hours\";"),
        ("wait", "\"soon\"", "put your own value"),
        ("cap", "\"3,000 yuan\"", "write cap = \"3000 yuan\";"),
        ("cap", "\"3000块\"", "write cap = \"3000 yuan\";"),
        ("cap", "\"￥3000\"", "write cap = \"3000 yuan\";"),
        ("cap", "\"3000元整\"", "write cap = \"3000 yuan\";"),
        ("cap", "\"0.5万元\"", "put your own value"),
        ("cap", "\"1万元\"", "write cap = \"10000 yuan\";"),
        ("cap", "\"3,00 yuan\"", "put your own value"),
        ("cap", "\"9万元\"", "put your own value"),
        ("rate", "\"25\"", "write rate = 25;"),
        ("rate", "\"2%\"", "write rate = 20;"),
        ("day", "\"40\"", "write day = 40;"),
        ("day", "\"４０ 天整\"", "put your own value"),
        ("cap", "3000", "write cap = \"3000 yuan\"; 0 yuan to 10000 yuan, 5000 yuan"),
        ("strict", "\"3 workdays\"", "only days; 2 days to 10 days, 3 days by default"),
    ];
    for (name, value, said) in table {
        let section = overrides(&format!("[a]\n{name} = {value}")).of("a");
        let (_, findings) = in_force(bounded(), &section);
        assert!(
            findings[0].say.en.contains(said),
            "{name} = {value}: {}",
            findings[0].say.en
        );
    }
}

#[test]
fn what_is_out_of_range_is_told_by_title_range_and_consequence() {
    let section = overrides("[a]\n\nwait = \"30 days\"").of("a");
    let (_, findings) = in_force(bounded(), &section);
    let told = [Lang::Zh, Lang::En].map(|it| findings[0].render(it));
    assert_eq!(
        told,
        [
            "错误[W057] settings.toml:3:1:设置项 `wait`(消息之后几天) 的值 \"30 days\" 超出范围:\
             2 天到 10 天,默认 3 天;改好以前照旧,本文件的修改都不生效",
            "error[W057] settings.toml:3:1: the value \"30 days\" of `wait` (after the message) \
             is out of its range: 2 days to 10 days, 3 days by default; \
             until it is mended nothing of this file takes effect",
        ]
    );
}

/// The settings of a workflow in which a result is not asked for before the visit.
fn visits() -> BTreeMap<String, Declaration> {
    let days = |count| Setting::Span(Span { count, unit: Unit::Days });
    let mut visit = Declaration::plain(days(7));
    (visit.min, visit.max) = (Some(days(1)), Some(days(30)));
    let mut report = Declaration::plain(days(10));
    report.not_below = Some("visit_within".to_owned());
    report.max = Some(days(45));
    let declared = [("report_within", report), ("visit_within", visit)];
    declared.map(|(name, it)| (name.to_owned(), it)).into()
}

#[test]
fn settings_that_hang_together_are_told_at_the_line_that_sets_them_apart() {
    let table = [
        // settings.toml, the values in force, the place and a part of what is told
        ("", ["10 days", "7 days"], None),
        ("visit_within = \"10 days\"", ["10 days", "10 days"], None),
        (
            "visit_within = \"20 days\"\nreport_within = \"25 days\"",
            ["25 days", "20 days"],
            None,
        ),
        (
            "visit_within = \"20 days\"",
            ["10 days", "7 days"],
            Some(("settings.toml:2:1: `report_within` is 10 days", "which is 20 days")),
        ),
        (
            "visit_within = \"20 days\"\nreport_within = \"15 days\"",
            ["10 days", "7 days"],
            Some((
                "settings.toml:3:1: `report_within` is 15 days",
                "below `visit_within`",
            )),
        ),
        (
            "report_within = \"4 workdays\"",
            ["10 days", "7 days"],
            Some(("settings.toml:2:1: `report_within` is 4 workdays", "7 days")),
        ),
        (
            "report_within = \"60 days\"",
            ["10 days", "7 days"],
            Some(("settings.toml:2:1: ", "`visit_within` to 45 days")),
        ),
    ];
    for (lines, wanted, told) in table {
        let overrides = overrides(&format!("[visit]\n{lines}\n"));
        let (settings, findings) = in_force(visits(), &overrides.of("visit"));
        let values =
            ["report_within", "visit_within"].map(|it| settings[it].0.value.clone());
        assert_eq!(values, wanted.map(Json::from), "{lines}");
        let findings: Vec<String> =
            findings.iter().map(|finding| finding.render(Lang::En)).collect();
        assert_eq!(findings.len(), usize::from(told.is_some()), "{lines}: {findings:?}");
        if let Some((place, part)) = told {
            assert!(
                findings[0].starts_with(&format!("error[W057] {place}")),
                "{findings:?}"
            );
            assert!(findings[0].contains(part), "{findings:?}");
        }
    }
}

/// An edit of a declaration, the code of what is found, and a part of its words.
type EditRow<'a> = (&'a dyn Fn(&mut Declaration), &'a str, &'a str);

#[test]
fn a_script_names_a_setting_that_there_is_and_keeps_to_it_itself() {
    let with = |edit: &dyn Fn(&mut Declaration)| {
        let mut declared = visits();
        edit(declared.get_mut("report_within").unwrap());
        let faults = unrelated(&mut declared);
        faults.into_iter().map(|fault| (fault.code, fault.say.en)).collect::<Vec<_>>()
    };
    assert_eq!(with(&|_| {}), []);
    let table: [EditRow<'_>; 4] = [
        (&|it| it.not_below = Some("visit_in".to_owned()), "W013", "names `visit_in`"),
        (
            &|it| it.not_above = Some("report_within".to_owned()),
            "W013",
            "no such setting",
        ),
        (&|it| it.default = Setting::Number(3), "W009", "another kind"),
        (
            &|it| it.default = Setting::Span(Span { count: 5, unit: Unit::Days }),
            "W057",
            "the default of `report_within`, 5 days, must not be below",
        ),
    ];
    for (edit, code, part) in table {
        let faults = with(edit);
        assert_eq!(faults.len(), 1, "{part}: {faults:?}");
        assert!(faults[0].0 == code && faults[0].1.contains(part), "{part}: {faults:?}");
    }
}
