//! Edits of the shipped workflows and what is told of them (改动与原因).

use std::path::Path;
use std::sync::Arc;

use domain::say::{Lang, Say};
use script::loading;
use script::sandbox::Limits;
use site::config::Config;

use super::*;
use crate::candidate::Candidate;
use crate::judge::{self, Yardstick};
use crate::lost::Place;
use crate::shipped;

/// One edit of a folder.
type Edit = Box<dyn Fn(&mut BTreeMap<String, String>)>;

fn replace(file: &'static str, old: &'static str, new: &'static str) -> Edit {
    Box::new(move |files| {
        let text = files.get_mut(file).expect("the file is shipped");
        assert!(text.contains(old), "{file} holds {old}");
        *text = text.replacen(old, new, 1);
    })
}

fn remove(file: &'static str) -> Edit {
    Box::new(move |files| assert!(files.remove(file).is_some(), "{file}"))
}

fn add(file: &'static str, text: &'static str) -> Edit {
    Box::new(move |files| drop(files.insert(file.to_owned(), text.to_owned())))
}

/// What is told of edits of a running release, with cases in a stage.
fn causes(before: &[Edit], edits: &[Edit], held: &[(&str, &str, i64)]) -> Vec<Cause> {
    let mut running = shipped::folder();
    for edit in before {
        edit(&mut running.files);
    }
    let mut folder = running.clone();
    for edit in edits {
        edit(&mut folder.files);
    }
    let plugins = plugins_on::for_checks(Path::new(".")).unwrap();
    let (catalog, config) = (Arc::new(plugins.catalog()), Config::default());
    let program = loading::load(&running, &catalog, &Limits::default()).program;
    let candidate = Candidate::check(Arc::new(folder), Vec::new(), &catalog, &config);
    let running = Running { number: 3, folder: &running, program: &program };
    let held: Vec<_> =
        held.iter().map(|it| (it.0.to_owned(), it.1.to_owned(), it.2)).collect();
    let place = Place { dir: Path::new("/nowhere"), policy: &config.policy };
    let losses = judge::losses(&candidate, running, &held, place);
    let mut found = candidate.findings.clone();
    found.extend(losses.found.into_iter().chain(losses.to_confirm));
    let yardstick = Yardstick { catalog: &catalog, config: &config };
    judge::causes_of(&candidate, Some(running), (found, Vec::new()), yardstick)
}

/// The first line of each cause, without what keeps the folder from nothing.
fn leads(causes: &[Cause]) -> Vec<String> {
    let stops = causes.iter().filter(|cause| cause.kind != Kind::Warning);
    stops.map(|stop| stop.lead.render(Lang::En)).collect()
}

/// What was done, the edit, the start of its one cause, a part of it, and the least
/// number of effects.
type Slip = (&'static str, Edit, &'static str, &'static str, usize);

fn slips() -> Vec<Slip> {
    vec![
        (
            "a function without its end",
            replace(
                "remind.lua",
                "  return case.days_past_due >= setting.visit_day\nend",
                "  return case.days_past_due >= setting.visit_day",
            ),
            "error[W001] remind.lua:",
            "",
            0,
        ),
        (
            "a misspelt key that others hang on",
            replace("visit.lua", "  lane = \"contact\"", "  lnae = \"contact\""),
            "error[W031] visit.lua:5:3: ",
            "did you mean `lane`?",
            3,
        ),
        (
            "a stage under another name, with no case in it",
            replace("remind.lua", "stage \"first_call\"", "stage \"frist_call\""),
            "error[W003] remind.lua:",
            "“stage \"first_call\"",
            1,
        ),
        (
            "a copy of a script",
            add("remind - 副本.lua", "-- 副本\nworkflow \"remind\" {}\n"),
            "error[W068] remind - 副本.lua:2:1: ",
            "remind.lua",
            0,
        ),
    ]
}

/// As [`slips`], of files that have gone.
fn losses() -> Vec<Slip> {
    vec![
        (
            "a script that has gone",
            remove("remind.lua"),
            "error[W067] remind.lua: ",
            "releases --restore remind.lua",
            2,
        ),
        (
            "a template that has gone",
            remove("templates/remind_1.txt"),
            "error[W067] templates/remind_1.txt: ",
            "mend first what is listed below, then `qingshou releases --confirm`",
            2,
        ),
        (
            "a test that has gone",
            remove("remind_test.lua"),
            "error[W067] remind_test.lua: ",
            "; if it is meant to go, `qingshou releases --confirm`",
            1,
        ),
        (
            "all templates",
            Box::new(|files| files.retain(|it, _| !it.starts_with("templates/"))),
            "error[W067] templates: the folder templates/ has gone with",
            "mend first what is listed below",
            11,
        ),
        (
            "a pack of rules that has gone",
            remove("policies/cn-rcc.toml"),
            "error[W067] policies/cn-rcc.toml: ",
            "",
            0,
        ),
        (
            "a calendar that has gone",
            remove("calendars/cn/2026.toml"),
            "error[W067] calendars/cn/2026.toml: ",
            "",
            1,
        ),
    ]
}

#[test]
fn each_slip_is_one_cause_at_the_file_that_was_edited() {
    for (what, edit, start, part, effects) in slips().into_iter().chain(losses()) {
        let causes = causes(&[], &[edit], &[]);
        let told = leads(&causes);
        assert_eq!(told.len(), 1, "{what}: {told:#?}");
        assert!(told[0].starts_with(start) && told[0].contains(part), "{what}: {told:?}");
        let warned = causes.iter().filter(|cause| cause.kind == Kind::Warning).count();
        assert_eq!(warned, 0, "{what}: no warning stands by itself");
        assert!(effects <= causes[0].effects.len(), "{what}: {:?}", causes[0].effects);
    }
}

#[test]
fn a_stage_with_cases_in_it_leads_what_still_names_it() {
    let rename = replace("remind.lua", "stage \"first_call\"", "stage \"call_first\"");
    let told = causes(&[], &[rename], &[("remind", "first_call", 132)]);
    assert_eq!(told.len(), 1, "{:#?}", leads(&told));
    let lead = told[0].lead.render(Lang::En);
    assert!(lead.starts_with("error[W080] remind.lua:"), "{lead}");
    for part in ["132 cases", "“call_first”", "moved_from = \"first_call\""] {
        assert!(lead.contains(part), "{part}: {lead}");
    }
    assert_eq!(told[0].effects[0].code, codes::NO_STAGE);
    let gone = causes(&[], &[remove("remind.lua")], &[("remind", "first_call", 132)]);
    assert_eq!(leads(&gone).len(), 1, "{:#?}", leads(&gone));
    assert!(gone[0].effects.iter().any(|effect| effect.say.en.contains("132 cases")));
}

#[test]
fn a_renamed_template_leads_the_scripts_that_still_use_it() {
    let rename: Edit = Box::new(|files| {
        let text = files.remove("templates/remind_1.txt").unwrap();
        files.insert("templates/提醒1.txt".to_owned(), text);
    });
    let told = causes(&[], &[rename], &[]);
    assert_eq!(leads(&told).len(), 1, "{:#?}", leads(&told));
    let lead = told[0].lead.render(Lang::En);
    assert!(lead.starts_with("error[W067] templates/remind_1.txt: "), "{lead}");
    assert!(lead.contains("now called templates/提醒1.txt"), "{lead}");
    assert!(told[0].effects.iter().any(|effect| effect.code == codes::NO_TEMPLATE));
}

#[test]
fn a_workflow_that_holds_cases_is_told_how_to_retire() {
    let gone = causes(&[], &[remove("remind.lua")], &[("remind", "first_call", 132)]);
    let held = gone[0].effects.iter().find(|effect| effect.code == codes::WORKFLOW_HELD);
    let told = &held.expect("it is among the effects").say.en;
    assert!(told.contains("--restore remind.lua") && told.contains("retire"), "{told}");
}

#[test]
fn a_broken_file_does_not_lose_its_cases() {
    let spoil = replace("remind.lua", "workflow \"remind\" {", "workflow \"remind\" {{");
    let told = causes(&[], &[spoil], &[("remind", "first_call", 132)]);
    assert!(told.iter().all(|it| it.lead.code != codes::WORKFLOW_HELD), "{told:#?}");
    assert_eq!(leads(&told).len(), 1, "{:#?}", leads(&told));
}

#[test]
fn a_setting_renamed_in_a_script_is_told_before_the_settings_that_name_it() {
    let settings = add("settings.toml", "[remind]\ncall_after = \"4 days\"\n");
    let rename: Edit = Box::new(|files| {
        let text = files.get_mut("remind.lua").unwrap();
        *text = text.replace("call_after", "call_behind");
    });
    let told = causes(&[settings], &[rename], &[]);
    assert_eq!(leads(&told).len(), 1, "{:#?}", leads(&told));
    assert_eq!(told[0].lead.file, "remind.lua");
    assert_eq!(told[0].effects[0].file, "settings.toml");
}

#[test]
fn what_two_people_did_is_two_causes_with_the_lost_file_first() {
    let misspelt = replace("deceased.lua", "lane = ", "lnae = ");
    let told = causes(&[], &[misspelt, remove("templates/remind_1.txt")], &[]);
    let told = leads(&told);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("templates/remind_1.txt"), "{told:?}");
    assert!(told[1].starts_with("error[W031] deceased.lua"), "{told:?}");
}

fn failed(file: &str, line: u32, met: &[&str]) -> FailedTest {
    let finding =
        Finding::error(codes::TEST_FAILED, file, "没过".into(), "failed".into());
    let met = met.iter().chain([&file]).map(|it| (*it).to_owned()).collect();
    FailedTest { finding: finding.at(line, 1), met }
}

fn of_tests(edits: &[Edit], tests: Vec<FailedTest>) -> Vec<Cause> {
    let running = shipped::folder();
    let mut folder = running.clone();
    for edit in edits {
        edit(&mut folder.files);
    }
    let changes = Changes::between(&running, &folder, &BTreeSet::new());
    let program = script::program::Program::default();
    let running = Running { number: 3, folder: &running, program: &program };
    let against = Against {
        running: Some(running),
        changes: &changes,
        folder: &folder,
        before: &[],
    };
    of(Vec::new(), tests, against)
}

#[test]
fn failing_tests_are_told_by_the_line_that_was_changed() {
    let edit =
        || replace("remind.lua", "call_after = { 2 * days", "call_after = { 3 * days");
    let tests = || {
        let remind = |line| failed("remind_test.lua", line, &["remind.lua"]);
        vec![
            remind(8),
            remind(20),
            failed("visit_test.lua", 5, &["visit.lua", "remind.lua"]),
        ]
    };
    let told = of_tests(&[edit()], tests());
    assert_eq!(
        leads(&told),
        ["error[W070] remind.lua:9: call_after 2 → 3 days; 3 tests fail"]
    );
    assert_eq!(
        (told[0].effects.len(), &told[0].files),
        (3, &vec!["remind.lua".to_owned()])
    );
    let zh = told[0].lead.render(Lang::Zh);
    assert_eq!(zh, "错误[W070] remind.lua:9:call_after 2 → 3 天;3 个测试因此没有通过");
    // An edit that none of the tests met is not blamed.
    let other = replace("deceased.lua", "lane = ", "lane =  ");
    assert_eq!(leads(&of_tests(&[edit(), other], tests())), leads(&told));
    // Of two that a test met, the one is told that explains more of them.
    let both = replace("visit.lua", "lane = ", "lane =  ");
    let told = leads(&of_tests(&[edit(), both], tests()));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("call_after 2 → 3 days; 3 tests fail"), "{told:?}");
}

#[test]
fn a_text_that_cannot_be_made_is_blamed_before_an_edit_that_every_test_met() {
    let days =
        replace("remind.lua", "call_after = { 2 * days", "call_after = { 3 * days");
    let text = replace(
        "templates/remind_1.txt",
        "{{ 贷款尾号 }}",
        "{{ 贷款尾号 }}{{ 承诺还款日 }}",
    );
    let met = ["remind.lua", "templates/remind_1.txt"];
    // Any edit may be behind the first; it is told with the one that explains more.
    let mut tests = vec![failed("remind_test.lua", 8, &met)];
    tests.extend([12, 20].map(|line| {
        let FailedTest { finding, met } = failed("remind_test.lua", line, &met);
        let why =
            "the script failed: template `remind_1`, line 2 names what this case lacks";
        let finding =
            Finding { say: Say { en: why.to_owned(), ..finding.say }, ..finding };
        FailedTest { finding, met }
    }));
    let told = of_tests(&[days, text], tests);
    let of: Vec<_> = told.iter().map(|it| (&it.lead.file, it.effects.len())).collect();
    assert_eq!(of, [(&"templates/remind_1.txt".to_owned(), 3)]);
}

#[test]
fn a_test_that_was_edited_itself_is_its_own_cause() {
    let edit = replace("remind_test.lua", "test(", "test( ");
    let tests = [8, 20].map(|line| failed("remind_test.lua", line, &["remind.lua"]));
    let told = of_tests(&[edit], tests.to_vec());
    assert_eq!(leads(&told), ["error[W070] remind_test.lua:8:1: failed"]);
    assert_eq!(told[0].effects.len(), 1);
}

#[test]
fn rules_of_conduct_are_behind_tests_that_met_no_edit() {
    let edit = replace("policies/cn-rcc.toml", "limit = 6", "limit = 5");
    let told =
        leads(&of_tests(&[edit], vec![failed("remind_test.lua", 8, &["remind.lua"])]));
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("policies/cn-rcc.toml:") && told[0].contains("limit 6 → 5"),
        "{told:?}"
    );
}

/// A stage is added to `remind.lua`.
fn new_stage() -> Edit {
    let stage = "stage \"extra\" {\n  finish = \"extra\",\n}\n\nstage \"first_call\"";
    replace("remind.lua", "stage \"first_call\"", stage)
}

fn files(causes: &[Cause]) -> Vec<&str> {
    flat(causes).map(|flat| flat.file.as_str()).collect()
}

/// What is shown, the edits, the tests that fail, and the files in the order in which
/// they are told: each cause with what came of it.
type Order = (&'static str, Vec<Edit>, Vec<FailedTest>, &'static [&'static str]);

#[test]
fn the_own_tests_of_an_edit_are_told_before_others() {
    let visit = || replace("visit.lua", "lane = ", "lane =  ");
    let own = || failed("remind_test.lua", 8, &["remind.lua"]);
    let other = || failed("complaint_test.lua", 3, &["complaint.lua", "remind.lua"]);
    let stray = || failed("broken_test.lua", 2, &[]);
    let of_visit = || failed("visit_test.lua", 5, &["visit.lua"]);
    let table: [Order; 4] = [
        (
            "the own tests lead the effects",
            vec![new_stage()],
            vec![other(), own()],
            &["remind.lua", "remind_test.lua", "complaint_test.lua"],
        ),
        (
            "of two edits each leads its own tests",
            vec![new_stage(), visit()],
            vec![of_visit(), other(), own()],
            &[
                "remind.lua",
                "remind_test.lua",
                "complaint_test.lua",
                "visit.lua",
                "visit_test.lua",
            ],
        ),
        (
            "a test that met no edit comes last",
            vec![new_stage()],
            vec![stray(), own()],
            &["remind.lua", "remind_test.lua", "broken_test.lua"],
        ),
        (
            "an edited test comes before one that nobody edited",
            vec![replace("remind_test.lua", "test(", "test( ")],
            vec![stray(), other(), own()],
            &["remind_test.lua", "broken_test.lua", "complaint_test.lua"],
        ),
    ];
    for (what, edits, tests, wanted) in table {
        assert_eq!(files(&of_tests(&edits, tests)), wanted, "{what}");
    }
}

#[test]
fn faults_in_edited_files_are_told_before_others() {
    let fault = |file: &str| {
        Finding::error(codes::NO_STAGE, file, "没有".into(), format!("{file} lacks it"))
    };
    let running = shipped::folder();
    let mut folder = running.clone();
    new_stage()(&mut folder.files);
    let changes = Changes::between(&running, &folder, &BTreeSet::new());
    let before = [fault("complaint.lua").at(3, 1)];
    let against =
        Against { running: None, changes: &changes, folder: &folder, before: &before };
    let line = changes.told("remind.lua").0;
    let found = vec![before[0].clone(), fault("remind.lua").at(line, 1)];
    let causes = of(found, Vec::new(), against);
    assert_eq!(files(&causes), ["remind.lua", "complaint.lua"]);
}
