//! Files that go and files that come (不见的文件和副本): the old release goes on, and
//! what is told says what to do with that file.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::reload::{TEXT, WAIT, verdict};
use super::site::{Daemon, Site};

const PACK: &str = include_str!("../../workflows/policies/cn-rcc.toml");
const YEAR: &str = include_str!("../../workflows/calendars/cn/2026.toml");
const TEST: &str = "-- 等待的测试\ntest(\"it ends\", function(t)\n  local c = t.case { overdue = \
                    yuan(100), days_past_due = 2 }\n  t.enrol(c)\n  t.advance(21 * days)\n  \
                    t.expect_finished(\"over\")\nend)\n";

/// The shipped rules with shorter hours.
fn tightened() -> String {
    let tight = PACK.replace("[[\"08:00\", \"22:00\"]]", "[[\"09:00\", \"20:00\"]]");
    assert_ne!(tight, PACK);
    tight
}

fn site_with(files: &[(&str, &str)]) -> (Site, Daemon) {
    let site = Site::at_noon();
    let usual =
        [("wait.lua", WAIT), ("wait_test.lua", TEST), ("templates/remind.txt", TEXT)];
    for (name, text) in usual.iter().chain(files) {
        site.save(name, text);
    }
    let daemon = site.start_and_wait();
    site.until_equal("the first release is live", &1, || site.release());
    (site, daemon)
}

/// The causes of the last verdict, as they are told in English.
fn causes(site: &Site) -> Vec<String> {
    let status = site.json(&["status"]);
    let causes = status["folder"]["causes"].as_array().expect("causes are a list");
    let stops = causes.iter().filter(|cause| cause["kind"] != "warning");
    stops.filter_map(|stop| stop["en"].as_str().map(str::to_owned)).collect()
}

fn until_verdict(site: &Site, what: &str, expected: &str) {
    site.until_equal(what, &Value::from(expected), || verdict(site));
}

fn remove(site: &Site, name: &str) {
    fs::remove_file(site.workflows().join(name)).expect("it can be removed");
}

#[test]
fn a_tightened_pack_that_goes_missing_never_makes_way_for_a_looser_one() {
    for name in ["cn-rcc", "own"] {
        let file = format!("policies/{name}.toml");
        let site = Site::at_noon();
        site.configure(&format!("policy = \"{name}\"\n"));
        for (name, text) in [("wait.lua", WAIT), ("templates/remind.txt", TEXT)] {
            site.save(name, text);
        }
        site.save(&file, tightened().replace("\"cn-rcc\"", &format!("\"{name}\"")));
        let daemon = site.start_and_wait();
        site.until_equal("the first release is live", &1, || site.release());
        remove(&site, &file);
        until_verdict(&site, "its absence is noticed", "rejected");
        let told = causes(&site);
        assert!(told.len() == 1 && told[0].contains(&file), "{told:?}");
        let told = site.run(&["releases", "--confirm"]);
        assert_eq!(told.exit, 1, "nobody can confirm it away: {}{}", told.out, told.err);
        assert!(told.err.contains(&file), "{}", told.err);
        daemon.stop();
        let told = site.run(&["check"]);
        assert!(told.exit == 1 && told.out.contains(&file), "{}", told.out);
        // A change of another file while no daemon runs is looked at when it starts.
        site.save("wait.lua", WAIT.replace("Wait:", "Waiting:"));
        let daemon = site.start_and_wait();
        assert_eq!((site.release(), verdict(&site)), (1, "rejected".into()));
        site.ok(&["releases", "--restore", &file]);
        site.until_equal("the edit goes live with its rules", &2, || site.release());
        daemon.stop();
    }
}

#[test]
fn rules_that_the_settings_name_and_nobody_has_leave_the_release_at_work() {
    let (site, daemon) = site_with(&[("policies/cn-rcc.toml", PACK)]);
    daemon.stop();
    site.configure("policy = \"own\"\ncalendar = \"own\"\n");
    let daemon = site.start_and_wait();
    until_verdict(&site, "they are missed", "rejected");
    let told = causes(&site);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("calendar = \"own\""), "{told:?}");
    assert!(told[1].contains("policies/own.toml"), "{told:?}");
    assert!(told[1].contains("policy = \"own\""), "{told:?}");
    assert_eq!(site.release(), 1);
    fs::create_dir_all(site.workflows().join("calendars/own")).expect("it is made");
    site.save("calendars/own/2026.toml", YEAR);
    site.save("policies/own.toml", tightened().replace("\"cn-rcc\"", "\"own\""));
    site.until_equal("what is named is live", &2, || site.release());
    daemon.stop();
    let daemon = site.start_and_wait();
    assert_eq!(site.release(), 2);
    site.ok(&["rollback", "1", "--reason", "a trial"]);
    assert_eq!(site.release(), 1, "one can go back behind the change of rules");
    daemon.stop();
    let daemon = site.start_and_wait();
    assert_eq!(site.release(), 1);
    daemon.stop();
}

#[test]
fn a_file_that_goes_is_named_and_comes_back_by_one_command() {
    let (site, daemon) = site_with(&[("policies/cn-rcc.toml", PACK)]);
    let table = [
        ("wait_test.lua", "awaiting_confirmation"),
        ("policies/cn-rcc.toml", "awaiting_confirmation"),
        ("templates/remind.txt", "awaiting_confirmation"),
    ];
    for (file, outcome) in table {
        remove(&site, file);
        until_verdict(&site, file, outcome);
        let told = causes(&site);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&format!("error[W067] {file}: ")), "{told:?}");
        assert!(site.note_of(file).is_some(), "a note lies where {file} lay");
        assert_eq!(site.release(), 1);
        site.ok(&["releases", "--restore", file]);
        until_verdict(&site, file, "unchanged");
        assert_eq!(site.note_of(file), None);
    }
    site.save("templates/again.txt", TEXT);
    site.until_equal("the second template is live", &2, || site.release());
    fs::remove_dir_all(site.workflows().join("templates")).expect("it can be removed");
    until_verdict(&site, "the folder has gone", "awaiting_confirmation");
    let told = causes(&site);
    assert!(told.len() == 1 && told[0].contains("--restore templates`"), "{told:?}");
    site.ok(&["releases", "--restore", "templates"]);
    until_verdict(&site, "the folder is back", "unchanged");
    let told = site.run(&["releases", "--restore", "wait.lua", "nothing.lua"]);
    assert!(told.exit == 1 && told.out.contains("left alone"), "{}", told.out);
    assert!(told.err.contains("release 2 has no file nothing.lua"), "{}", told.err);
    daemon.stop();
}

#[test]
fn a_file_that_is_meant_to_go_goes_when_a_person_says_so() {
    let (site, daemon) = site_with(&[("templates/old.txt", TEXT)]);
    remove(&site, "templates/old.txt");
    until_verdict(&site, "its absence is noticed", "awaiting_confirmation");
    let told = site.run(&["check"]);
    assert!(told.exit == 1 && told.out.contains("templates/old.txt"), "{}", told.out);
    site.ok(&["releases", "--confirm"]);
    assert_eq!((site.release(), verdict(&site)), (2, "live".into()));
    assert_eq!(site.run(&["check"]).exit, 0);
    daemon.stop();
}

#[test]
fn a_script_that_goes_or_is_renamed_is_told_with_its_test() {
    let (site, daemon) = site_with(&[]);
    let path = |name: &str| site.workflows().join(name);
    let rename = |from: &str, to: &str| {
        fs::rename(path(from), path(to)).expect("it can be renamed");
    };
    // Another script, for a folder without any is another fault.
    site.save(
        "other.lua",
        WAIT.replace("\"wait\"", "\"other\"").replace("\"contact\"", "\"other\""),
    );
    site.until_equal("it is live", &2, || site.release());
    rename("wait.lua", "wait.lua.bak");
    site.until("it is noticed", || (verdict(&site) != "live").then_some(()));
    let told = causes(&site);
    assert!(told[0].contains("wait.lua.bak lies beside it"), "{told:?}");
    rename("wait.lua.bak", "patience.lua");
    until_verdict(&site, "the new name is noticed", "rejected");
    site.until("it is told", || {
        causes(&site)[0].contains("called patience.lua").then_some(())
    });
    assert_eq!(causes(&site).len(), 1, "{:?}", causes(&site));
    rename("patience.lua", "wait.lua");
    until_verdict(&site, "it is back", "unchanged");
    assert_eq!(site.release(), 2);
    daemon.stop();
}

#[test]
fn a_copied_script_is_one_finding_that_names_both() {
    let (site, daemon) = site_with(&[]);
    for copy in ["wait - 副本.lua", "wait copy.lua", "wait (1).lua"] {
        site.save(copy, WAIT);
        until_verdict(&site, copy, "rejected");
        let told = causes(&site);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(copy) && told[0].contains("as wait.lua"), "{told:?}");
        assert!(site.note_of(copy).is_some() && site.note_of("wait.lua").is_none());
        remove(&site, copy);
        until_verdict(&site, copy, "unchanged");
    }
    assert_eq!(site.release(), 1);
    daemon.stop();
}

#[test]
fn what_editors_and_systems_leave_is_no_edit() {
    let (site, daemon) = site_with(&[]);
    let litter = [
        "#wait.lua#",
        "wait.lua~",
        "wait.lua.bak",
        "wait.lua.orig",
        ".wait.lua.swp",
        "4913",
        "wait.lua___jb_tmp___",
        "wait.lua.tmp.4711",
        "~$wait.lua",
        "._wait.lua",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "templates/._remind.txt",
        "templates/~$remind.txt",
        "templates/remind.txt.swp",
    ];
    for name in litter {
        fs::write(site.workflows().join(name), b"\0\x05\x16\x07").expect("it is written");
    }
    let lock = site.workflows().join(".#wait.lua");
    std::os::unix::fs::symlink("user@host.1234:1700", lock).expect("a link");
    sleep(Duration::from_millis(500));
    site.ok(&["reload"]);
    let status = site.json(&["status"]);
    assert_eq!((site.release(), verdict(&site)), (1, "unchanged".into()), "{status}");
    daemon.stop();
}

#[test]
fn what_is_told_of_the_folder_is_in_the_language_of_whoever_asks() {
    let (site, daemon) = site_with(&[]);
    let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let both = |args: &[&str], exit: i32| {
        let en = site.run(&[args, &["--lang", "en"]].concat());
        let zh = site.run(&[args, &["--lang", "zh"]].concat());
        assert_eq!((en.exit, zh.exit), (exit, exit), "{args:?}");
        let (en, zh) = (en.out + &en.err, zh.out + &zh.err);
        assert!(!han(&en), "{args:?}: {en}");
        for word in ["live", "unchanged", "awaiting", "error", "rejected,"] {
            assert!(!zh.contains(word), "{args:?}: {zh}");
        }
    };
    both(&["status"], 0);
    both(&["reload"], 0);
    site.save("wait.lua", WAIT.replace("stage \"over\"", "stage \"ovr\""));
    until_verdict(&site, "the slip is noticed", "rejected");
    both(&["status"], 0);
    both(&["reload"], 1);
    both(&["check"], 1);
    remove(&site, "wait_test.lua");
    site.save("wait.lua", WAIT);
    until_verdict(&site, "the loss is noticed", "awaiting_confirmation");
    both(&["status"], 0);
    both(&["reload"], 1);
    both(&["releases", "--restore", "nothing.lua"], 1);
    both(&["releases", "--confirm"], 0);
    both(&["status", "--all"], 0);
    daemon.stop();
}
