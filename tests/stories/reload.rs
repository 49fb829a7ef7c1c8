//! Edits under way (热更新): a workflow is changed while ten thousand cases wait in
//! it, taken back, renamed and widened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::book::Book;
use super::site::Site;

/// Cases wait here until a note wakes them.
pub(super) const WAIT: &str = r#"-- 等待:案件停在这里,登记备注就被唤醒
-- Wait: cases stand here, and a note wakes them
workflow "wait" {
  title = { zh = "等待", en = "Wait" },
  lane = "contact",
  start = "intake",
  enrol = { days_past_due = { 1, 30 } },
}

always { on_refused = function(case, order) return stay() end }

stage "intake" { enter = function(case) return go "waiting" end }

stage "waiting" {
  enter = function(case)
    return wait(20 * days, "over")
  end,
  on_note = function(case, note)
    memo.woken = (memo.woken or 0) + 1
    return stay()
  end,
}

stage "over" { finish = "over" }
"#;

/// What the edit puts into `on_note`: one message to each debtor of one village.
const MESSAGE: &str = r#"    if case.village == "李村" and not memo.told then
      memo.told = true
      sms "remind"
    end
    return stay()
  end,
}
"#;

pub(super) const TEXT: &str =
    "{{ 客户 | default(\"客户\") }}:贷款 {{ 贷款编号 }} 逾期 {{ 逾期金额 }} 元。";

pub(super) const WAITING: u32 = 10_000;
/// One case in twenty lives in the village.
const IN_THE_VILLAGE: u32 = WAITING / 20;

/// The workflow after the edit.
fn edited() -> String {
    WAIT.replacen("    return stay()\n  end,\n}\n", MESSAGE, 1)
}

fn site_with(workflow: &str) -> Site {
    let site = Site::at_noon();
    site.save("wait.lua", workflow);
    site.save("templates/remind.txt", TEXT);
    site
}

/// A site in which ten thousand cases wait; made once, then copied.
pub(super) fn ten_thousand_waiting() -> (Site, Book) {
    static MADE: OnceLock<(Site, Book)> = OnceLock::new();
    let (made, book) = MADE.get_or_init(|| {
        let site = site_with(WAIT);
        let mut book = Book::of(&site);
        let daemon = site.start_and_wait();
        book.lend(&site, WAITING, 10);
        site.until_equal("all cases wait", &u64::from(WAITING), || {
            waiting(&site, "waiting")
        });
        daemon.stop();
        (site, book)
    });
    let site = site_with(WAIT);
    site.take_store_of(made);
    (site, book.clone())
}

/// A small site in which some cases wait.
fn some_waiting(cases: u32) -> (Site, Book, super::site::Daemon) {
    let site = site_with(WAIT);
    let mut book = Book::of(&site);
    let daemon = site.start_and_wait();
    book.lend(&site, cases, 10);
    site.until_equal("all cases wait", &u64::from(cases), || waiting(&site, "waiting"));
    (site, book, daemon)
}

/// How many cases stand in a stage.
pub(super) fn waiting(site: &Site, stage: &str) -> u64 {
    let status = site.json(&["status"]);
    let stages = status["stages"].as_array().expect("status counts stages");
    stages
        .iter()
        .filter(|it| it["stage"] == stage)
        .filter_map(|stage| stage["cases"].as_u64())
        .sum()
}

/// Every note that was answered: (chain of the instance, number of the release),
/// oldest first.
fn notes_answered(site: &Site) -> Vec<(i64, i64)> {
    let journal = site.journal();
    let numbers: BTreeMap<i64, i64> = journal
        .iter()
        .filter(|it| it["body"]["did"] == "release_activated")
        .filter_map(|it| {
            Some((it["release_id"].as_i64()?, it["body"]["release"].as_i64()?))
        })
        .collect();
    let mut answered = Vec::new();
    for line in journal.iter().filter(|it| it["body"]["did"] == "step") {
        let path = line["body"]["path"].as_array().expect("a step has a path");
        for _ in path.iter().filter(|it| it["on"] == "note") {
            let release = line["release_id"].as_i64().expect("a step has a release");
            answered.push((line["chain"].as_i64().expect("a chain"), numbers[&release]));
        }
    }
    answered
}

#[test]
fn ten_thousand_waiting_cases_go_on_under_a_good_edit() {
    let early: u32 = 2_000;
    let (site, mut book) = ten_thousand_waiting();
    let daemon = site.start_and_wait();
    assert_eq!(site.release(), 1);
    // The edit comes while the first cases are being worked.
    book.wake(&site, 0..early);
    let saved = Instant::now();
    site.save("wait.lua", edited());
    site.until_equal("the edit is live", &2, || site.release());
    report("save to live release", saved.elapsed());
    assert!(saved.elapsed() < Duration::from_secs(5), "it took {:?}", saved.elapsed());
    book.wake(&site, 0..WAITING);
    let expected = usize::try_from(WAITING + early).expect("a count fits");
    let answered = site.until("every case has answered its notes", || {
        std::thread::sleep(Duration::from_millis(500));
        let answered = notes_answered(&site);
        (expected <= answered.len()).then_some(answered)
    });
    assert_eq!(answered.len(), expected, "each note was answered once");
    let last: BTreeMap<i64, i64> = answered.into_iter().collect();
    assert_eq!(last.len(), usize::try_from(WAITING).expect("a count fits"));
    assert!(last.values().all(|it| *it == 2), "the next wake-up runs the new release");
    let told = u64::from(IN_THE_VILLAGE);
    site.until_equal("the village is told", &told, || site.orders("sms", "delivered"));
    let calls = site.calls();
    let keys: BTreeSet<&str> =
        calls.iter().filter_map(|call| call["key"].as_str()).collect();
    assert_eq!(
        (calls.len() as u64, keys.len()),
        (told, calls.len()),
        "none was sent twice"
    );
    let status = site.json(&["status"]);
    assert_eq!(waiting(&site, "waiting"), u64::from(WAITING), "no case was lost");
    assert_eq!(status["stuck"]["parked"], 0);
    daemon.stop();
    site.verify();
}

#[test]
fn a_rollback_is_one_command_and_a_restart_does_not_undo_it() {
    let (site, mut book, daemon) = some_waiting(40);
    site.save("wait.lua", edited());
    site.until_equal("the edit is live", &2, || site.release());
    site.ok(&["rollback", "1", "--reason", "too many messages"]);
    assert_eq!(site.release(), 1);
    daemon.stop();
    let daemon = site.start_and_wait();
    // Two looks at the folder, which still holds the edit.
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(site.release(), 1, "a restart publishes nothing");
    book.wake(&site, 0..40);
    let answered = site.until("the notes are answered", || {
        Some(notes_answered(&site)).filter(|it| it.len() == 40)
    });
    assert!(answered.iter().all(|it| it.1 == 1), "the old release works: {answered:?}");
    assert_eq!(site.calls().len(), 0, "the edit's messages are not sent");
    let status = site.json(&["status"]);
    assert_eq!(status["release"], 1, "{status}");
    // A change of the folder is a new edit.
    site.save("wait.lua", edited().replace("Wait:", "Waiting:"));
    site.until_equal("the next edit is live", &3, || site.release());
    daemon.stop();
    site.verify();
}

#[test]
fn what_two_rollbacks_took_out_stays_out_when_a_file_is_touched() {
    let (site, _, daemon) = some_waiting(5);
    site.save("wait.lua", edited());
    site.until_equal("the edit is live", &2, || site.release());
    site.save("wait.lua", edited().replace("Wait:", "Waiting:"));
    site.until_equal("the second edit is live", &3, || site.release());
    site.ok(&["rollback", "2", "--reason", "too many messages"]);
    site.ok(&["rollback", "1", "--reason", "still too many"]);
    site.save("wait.lua", edited().replace("Wait:", "Waiting:"));
    site.until_equal("the touch is seen", &"rolled_back".into(), || verdict(&site));
    assert_eq!(site.release(), 1, "nobody has edited anything");
    daemon.stop();
}

#[test]
fn a_folder_that_goes_and_comes_back_does_not_undo_a_rollback() {
    let (site, _, daemon) = some_waiting(5);
    site.save("wait.lua", edited());
    site.until_equal("the edit is live", &2, || site.release());
    site.ok(&["rollback", "1", "--reason", "too many messages"]);
    let away = site.path("away");
    std::fs::rename(site.workflows(), &away).expect("the folder can be renamed");
    site.until_equal("its absence is noticed", &"rejected".into(), || verdict(&site));
    std::fs::rename(&away, site.workflows()).expect("the folder can be renamed back");
    site.until("its return is noticed", || (verdict(&site) != "rejected").then_some(()));
    assert_eq!(site.release(), 1, "nobody has edited anything");
    daemon.stop();
}

/// A workflow of the same line as `wait`, which takes cases in later on.
fn later() -> String {
    WAIT.replace("workflow \"wait\"", "workflow \"later\"")
        .replace("{ 1, 30 }", "{ 31, 60 }")
}

/// How many cases stand in a workflow.
fn in_workflow(site: &Site, workflow: &str) -> u64 {
    let status = site.json(&["status"]);
    let stages = status["stages"].as_array().expect("status counts stages");
    let here = stages.iter().filter(|stage| stage["workflow"] == workflow);
    here.filter_map(|it| it["cases"].as_u64()).sum()
}

#[test]
fn cases_whose_workflow_a_rollback_took_away_can_be_moved_or_taken_out() {
    let (site, mut book, daemon) = some_waiting(2);
    site.save("later.lua", later());
    site.until_equal("the new workflow is live", &2, || site.release());
    book.lend(&site, 3, 45);
    site.until_equal("cases come in", &3, || in_workflow(&site, "later"));
    site.ok(&["rollback", "1", "--reason", "too early"]);
    let parked = || site.json(&["status"])["stuck"]["parked"].clone();
    assert_eq!(parked(), 3);
    let why = ["--reason", "the manager says so"];
    let [first, second, third] = [2, 3, 4].map(Book::case);
    let told = site.run(&[&["case", "resume", &first], &why[..]].concat());
    assert_eq!(told.exit, 5, "{}{}", told.out, told.err);
    for way in ["case enrol", "case withdraw"] {
        assert!(told.err.contains(way), "{}", told.err);
    }
    site.ok(&[&["case", "enrol", &first, "wait"], &why[..]].concat());
    site.ok(&[&["case", "withdraw", &second], &why[..]].concat());
    let again = site.run(&[&["case", "withdraw", &second], &why[..]].concat());
    assert_eq!(again.exit, 5, "{}{}", again.out, again.err);
    site.until_equal("one waits elsewhere", &3, || in_workflow(&site, "wait"));
    assert_eq!((parked(), in_workflow(&site, "later")), (1.into(), 1));
    let told = site.ok(&["case", "show", &first]);
    assert!(told.contains("taken out of later/"), "{told}");
    // Whoever was left goes on when the workflow is back, the others do not.
    site.ok(&["rollback", "2", "--reason", "it was right after all"]);
    site.until_equal("nobody is parked", &0.into(), parked);
    assert_eq!((in_workflow(&site, "wait"), in_workflow(&site, "later")), (3, 1));
    let told = site.ok(&["case", "show", &third]);
    assert!(!told.contains("the manager says so"), "{told}");
    daemon.stop();
    site.verify();
}

#[test]
fn an_edit_of_another_file_does_not_bring_back_what_a_rollback_took_out() {
    let (site, _, daemon) = some_waiting(5);
    site.save("wait.lua", edited());
    site.until_equal("the edit is live", &2, || site.release());
    site.ok(&["rollback", "1", "--reason", "too many messages"]);
    site.save("templates/remind.txt", format!("{TEXT}\n"));
    let waits = || {
        let what = "it waits for a person";
        site.until_equal(what, &"awaiting_confirmation".into(), || verdict(&site));
        let status = site.json(&["status"]);
        let told = status["folder"]["findings_en"].to_string();
        assert!(told.contains("error[W071] wait.lua: "), "{told}");
        assert!(told.contains("from release 2 to 1"), "{told}");
        assert!(site.note_of("wait.lua").is_some(), "a note lies beside it");
        assert_eq!(site.release(), 1);
    };
    waits();
    let told = site.run(&["reload"]);
    assert!(told.exit == 1 && told.err.contains("W071"), "{}{}", told.out, told.err);
    let told = site.run(&["check"]);
    assert!(told.exit == 1 && told.out.contains("W071"), "{}{}", told.out, told.err);
    daemon.stop();
    let daemon = site.start_and_wait();
    waits();
    // The text of the running release comes back, and the other edit goes live.
    site.ok(&["releases", "--restore", "wait.lua"]);
    site.until_equal("the other edit is live", &3, || site.release());
    let kept = std::fs::read_to_string(site.workflows().join("wait.lua.bak"));
    assert_eq!(kept.expect("the text replaced is kept"), edited());
    let now = std::fs::read_to_string(site.workflows().join("wait.lua"));
    assert_eq!(now.expect("the file is there"), WAIT);
    site.until_equal("nothing is said of it", &None, || site.note_of("wait.lua"));
    // It stays out, whoever's editor still holds it, until a person confirms it.
    site.save("wait.lua", edited());
    site.until_equal("it waits", &"awaiting_confirmation".into(), || verdict(&site));
    site.ok(&["releases", "--restore", "wait.lua"]);
    site.until_equal("all is as it runs", &"unchanged".into(), || verdict(&site));
    assert_eq!(site.release(), 3);
    daemon.stop();
    site.verify();
}

#[test]
fn a_rollback_while_an_edit_is_tested_is_not_undone_by_that_edit() {
    let (site, _, daemon) = some_waiting(5);
    site.save("wait.lua", edited());
    site.until_equal("the edit is live", &2, || site.release());
    let slow = "test(\"slow\", function(t)\n  local c = t.case {}\n  t.enrol(c)\n  \
        for i = 1, 400 do t.advance(1 * days) end\nend)\n";
    site.save("wait_test.lua", slow.repeat(12).replace("slow", "slowly"));
    std::thread::sleep(Duration::from_millis(400));
    let told = site.run(&["rollback", "1", "--reason", "too many messages"]);
    assert_eq!(told.exit, 0, "{}{}", told.out, told.err);
    let looked = || Some(verdict(&site)).filter(|it| *it == "awaiting_confirmation");
    site.until("the folder was judged beside what runs", looked);
    assert_eq!(site.release(), 1, "what was taken out has not come back");
    daemon.stop();
    site.verify();
}

#[test]
fn what_a_rollback_took_out_goes_live_again_when_a_person_confirms_it() {
    let (site, _, daemon) = some_waiting(5);
    site.save("wait.lua", edited());
    site.until_equal("the edit is live", &2, || site.release());
    site.save("templates/more.txt", TEXT);
    site.until_equal("the other edit is live", &3, || site.release());
    site.ok(&["rollback", "1", "--reason", "too many messages"]);
    // Nobody has edited anything, and a person who asks has confirmed nothing.
    assert_eq!(site.run(&["reload"]).exit, 1);
    assert_eq!((site.release(), verdict(&site)), (1, "awaiting_confirmation".into()));
    site.ok(&["releases", "--confirm"]);
    assert_eq!((site.release(), verdict(&site)), (3, "live".into()));
    // It is out of service no more.
    site.save("templates/remind.txt", format!("{TEXT}\n"));
    site.until_equal("the next edit is live", &4, || site.release());
    daemon.stop();
    site.verify();
}

#[test]
fn several_rollbacks_keep_out_what_each_of_them_left() {
    let (site, _, daemon) = some_waiting(5);
    let other = edited().replace("Wait:", "Waiting:");
    site.save("wait.lua", edited());
    site.until_equal("the edit is live", &2, || site.release());
    site.save("wait.lua", &other);
    site.until_equal("the second edit is live", &3, || site.release());
    site.ok(&["rollback", "2", "--reason", "too many messages"]);
    site.ok(&["rollback", "1", "--reason", "still too many"]);
    let until = |outcome: &str| {
        site.until_equal("it is judged", &outcome.into(), || verdict(&site));
    };
    site.save("templates/remind.txt", format!("{TEXT}\n"));
    until("awaiting_confirmation");
    site.save("wait.lua", edited());
    std::thread::sleep(Duration::from_millis(2_500));
    until("awaiting_confirmation");
    assert_eq!(site.release(), 1, "neither text comes back");
    site.save("wait.lua", edited().replace("Wait:", "Wait on:"));
    site.until_equal("an edit of that very file is new", &4, || site.release());
    daemon.stop();
}

/// What was decided about the folder last.
pub(super) fn verdict(site: &Site) -> Value {
    site.json(&["status"])["folder"]["outcome"].clone()
}

#[test]
fn a_renamed_stage_takes_its_cases_over_without_entering_again() {
    let (site, mut book, daemon) = some_waiting(30);
    let renamed = WAIT
        .replace("go \"waiting\"", "go \"patience\"")
        .replace(
            "stage \"waiting\" {\n  enter = function(case)\n",
            "stage \"patience\" {\n  moved_from = \"waiting\",\n  enter = function(case)\n    sms \"remind\"\n",
        );
    site.save("wait.lua", &renamed);
    site.until_equal("the edit is live", &2, || site.release());
    book.wake(&site, 0..30);
    site.until_equal("all cases have moved", &30, || waiting(&site, "patience"));
    assert_eq!(waiting(&site, "waiting"), 0);
    // A case that comes in now does enter the stage.
    book.lend(&site, 1, 10);
    site.until_equal("the new case is told", &1, || site.orders("sms", "delivered"));
    assert_eq!(site.calls().len(), 1, "the thirty were not told again");
    daemon.stop();
    site.verify();
}

#[test]
fn an_edit_that_would_reach_far_more_people_waits_for_a_person() {
    let (site, mut book, daemon) = some_waiting(20);
    book.lend(&site, 150, 45);
    let wider = WAIT.replace("{ 1, 30 }", "{ 1, 60 }");
    site.save("wait.lua", &wider);
    site.until_equal("it is held", &"awaiting_confirmation".into(), || verdict(&site));
    let status = site.json(&["status"]);
    let told = status["folder"]["findings_en"].to_string();
    assert!(told.contains("W064") && told.contains("150"), "{told}");
    assert_eq!((site.release(), waiting(&site, "waiting")), (1, 20));
    site.ok(&["releases", "--confirm"]);
    assert_eq!(site.release(), 2);
    site.until_equal("the others come in", &170, || waiting(&site, "waiting"));
    assert_eq!(verdict(&site), "live");
    daemon.stop();
    site.verify();
}

#[test]
fn an_edit_after_which_nobody_comes_in_waits_for_a_person() {
    let (site, mut book, daemon) = some_waiting(20);
    let until = |what: &str, outcome: &str| {
        site.until_equal(what, &outcome.into(), || verdict(&site));
    };
    let enrol = "enrol = { days_past_due = { 1, 30 } },";
    let table = [
        ("enrol = { days_past_due = { 1000, 3000 } },", "under the new ones none"),
        ("enrol = { days_past_due = { 1, 30 }, village = \"nowhere\" },", "none"),
        ("enrol = { on = \"complaint\" },", "events alone"),
        ("", "`enrol` has gone"),
    ];
    for (edit, said) in table {
        site.save("wait.lua", WAIT.replace(enrol, edit));
        until(edit, "awaiting_confirmation");
        let told = site.until(edit, || {
            let told = site.json(&["status"])["folder"]["findings_en"].to_string();
            told.contains(said).then_some(told)
        });
        assert!(
            told.contains("error[W072] wait.lua:") && told.contains(" 20 "),
            "{told}"
        );
        assert_eq!(site.release(), 1);
        site.save("wait.lua", WAIT);
        until(edit, "unchanged");
    }
    // One of twenty is enough, and an edit of anything else asks nothing.
    book.lend(&site, 1, 45);
    site.save("wait.lua", WAIT.replace("{ 1, 30 }", "{ 31, 60 }"));
    site.until_equal("one case meets it", &2, || site.release());
    site.save("wait.lua", WAIT.replace(enrol, ""));
    until("nobody comes in", "awaiting_confirmation");
    site.ok(&["releases", "--confirm"]);
    assert_eq!((site.release(), verdict(&site)), (3, "live".into()));
    daemon.stop();
    site.verify();
}

#[test]
fn edits_that_come_one_after_the_other_lose_no_case() {
    let (site, mut book, daemon) = some_waiting(200);
    for edit in 1..=12 {
        book.wake(&site, 0..200);
        site.save("wait.lua", edited().replace("Wait:", &format!("Wait, edit {edit}:")));
        std::thread::sleep(Duration::from_millis(150 * (edit % 4)));
    }
    let expected = 12 * 200;
    let answered = site.until("every note is answered", || {
        Some(notes_answered(&site)).filter(|it| expected <= it.len())
    });
    assert_eq!(answered.len(), expected, "each note was answered once");
    site.until_equal("the last edit is live", &"live".into(), || verdict(&site));
    site.until_equal("the village is told", &10, || site.orders("sms", "delivered"));
    assert_eq!((site.calls().len(), waiting(&site, "waiting")), (10, 200));
    daemon.stop();
    site.verify();
}

/// Shown by `cargo test -- --nocapture`.
#[expect(clippy::print_stdout, reason = "a measurement for whoever asks for it")]
fn report(what: &str, took: Duration) {
    println!("{what}: {} ms", took.as_millis());
}

#[test]
fn a_tightened_pack_that_is_lost_never_makes_way_for_a_looser_one() {
    let (site, _book, daemon) = some_waiting(1);
    let pack = include_str!("../../workflows/policies/cn-rcc.toml");
    let (before, rule) = pack.split_once("id = \"cn.freq.message\"").expect("the rule");
    let rule = rule.replacen("limit = 3", "limit = 2", 1);
    site.save("policies/cn-rcc.toml", format!("{before}id = \"cn.freq.message\"{rule}"));
    site.until_equal("the tightened pack is live", &2, || site.release());
    let path = site.workflows().join("policies/cn-rcc.toml");
    std::fs::remove_file(&path).expect("it is there");
    site.until_equal("the old release goes on", &"rejected".into(), || verdict(&site));
    assert_eq!(site.release(), 2);
    daemon.stop();
    let daemon = site.start_and_wait();
    assert_eq!(site.release(), 2, "nor does a restart take the looser one");
    // Whoever means it puts the built-in file there, and says so.
    site.save("policies/cn-rcc.toml", pack);
    site.until_equal("it waits", &"awaiting_confirmation".into(), || verdict(&site));
    site.ok(&["releases", "--confirm"]);
    site.until_equal("the built-in pack is live", &3, || site.release());
    daemon.stop();
    site.verify();
}
