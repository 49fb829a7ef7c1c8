//! A script at fault (脚本有毛病): it is told once, its cases are looked at again, and
//! the others do not wait for it.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::book::Book;
use super::service::{figure, get, tells_machines};
use super::site::Site;

/// A workflow of a lane of its own with a body for its one stage.
fn workflow(name: &str, enrol: &str, body: &str) -> String {
    format!(
        "-- 例\n-- An example\nworkflow \"{name}\" {{ title = {{ zh = \"例\", en = \"E\" }}, \
         lane = \"{name}\", start = \"s\", enrol = {{ {enrol} }} }}\n\
         stage \"s\" {{ title = {{ zh = \"办\", en = \"S\" }}, enter = function(case)\n{body}\nend }}\n\
         stage \"t\" {{ title = {{ zh = \"完\", en = \"T\" }}, finish = \"over\" }}\n"
    )
}

const LATE: &str = "days_past_due = { 1, 400 }";
const WAITS: &str = "  return wait(20 * days, \"t\")";
/// It ends for nobody whom the checks make up.
const BURNS: &str = "  if case.no == \"示例\" or case.principal ~= yuan(1000) then return go \"t\" end\n  \
    local t = {}\n  for i = 1, 2e5 do t[i] = i end\n  \
    while true do table.insert(t, 1, 0) table.remove(t, 1) end";

fn opened(site: &Site, workflow: &str) -> Vec<Value> {
    let lines = site.journal().into_iter();
    let opened = |it: &Value| it["did"] == "opened" && it["workflow"] == workflow;
    lines.filter(|line| opened(&line["body"])).collect()
}

fn did(site: &Site, what: &str) -> usize {
    site.journal().iter().filter(|it| it["body"]["did"] == what).count()
}

fn tasks(site: &Site, kind: &str) -> Vec<Value> {
    let mut rows = site.rows(&["task", "ls"]);
    rows.retain(|row| row["kind"] == kind);
    rows
}

#[test]
fn a_where_that_fails_is_one_task_and_a_line_and_its_cases_come_in_once_mended() {
    let site = Site::at_noon();
    let fails = "function(case) if case.no >= \"K-00003\" and case.no < \"K-00013\" \
                 then error(\"谁知道\") end return true end";
    let enrol = |choice: &str| format!("{LATE}, where = {choice}");
    site.save("w.lua", workflow("w", &enrol(fails), WAITS));
    let mut book = Book::of(&site);
    book.lend(&site, 20, 10);
    let daemon = site.start_and_wait();
    let faults = || site.json(&["status"])["enrolment_faults"].clone();
    site.until("the fault is told", || (faults()[0]["cases"] == 10).then_some(()));
    let fault = faults()[0].clone();
    assert_eq!(opened(&site, "w").len(), 10, "the others came in");
    assert_eq!(fault["examples"][0], "K-00003", "{fault}");
    assert!(fault["message"].as_str().expect("a text").starts_with("w.lua:3"), "{fault}");
    let told = site.ok(&["status"]);
    assert!(told.contains("NOT ENROLLED: the `where` of w fails for 10 cases"), "{told}");
    let open = tasks(&site, "enrolment_fault");
    assert_eq!(open.len(), 1, "{open:?}");
    let title = open[0]["title"].as_str().expect("a text");
    assert!(
        title.contains("failed for 10 cases") && title.contains("K-00003"),
        "{title}"
    );
    assert_ne!(site.run(&["doctor"]).exit, 0, "the doctor sees it");
    assert_eq!(did(&site, "enrolment_failed"), 1);

    // A scan after an import asks again, and tells it in the same task.
    book.lend(&site, 1, 10);
    site.until_equal("the next one comes in", &11, || opened(&site, "w").len());
    assert_eq!(tasks(&site, "enrolment_fault").len(), 1);

    site.save("w.lua", workflow("w", &enrol("function(case) return true end"), WAITS));
    site.until_equal("all come in", &21, || opened(&site, "w").len());
    site.until_equal("nothing is at fault", &0, || tasks(&site, "enrolment_fault").len());
    assert_eq!(faults().as_array().map(Vec::len), Some(0));
    assert_eq!(did(&site, "enrolment_works_again"), 1);
    assert_eq!(site.run(&["doctor"]).exit, 0);
    daemon.stop();
    site.verify();
}

#[test]
fn an_event_on_which_a_where_fails_brings_its_case_in_once_it_answers() {
    let site = Site::at_noon();
    let on = |choice: &str| format!("on = \"payment\", where = {choice}");
    let fails = "function(case, payment) if case.no == \"K-00001\" then while true do end end \
                 return true end";
    site.save("w.lua", workflow("w", &on(fails), WAITS));
    Book::of(&site).lend(&site, 3, 10);
    let daemon = site.start_and_wait();
    site.until_equal("a release runs", &1, || site.release());
    for (case, receipt) in [("K-00000", "1"), ("K-00001", "2"), ("K-00001", "3")] {
        site.ok(&[
            "pay",
            case,
            "--amount",
            receipt,
            "--receipt",
            receipt,
            "--reason",
            "counter",
        ]);
    }
    let events = || site.json(&["status"])["enrolment_faults"][0]["events"].clone();
    site.until_equal("two payments are owed an answer", &2.into(), events);
    site.until_equal("the other came in", &1, || opened(&site, "w").len());
    daemon.kill_nine();
    let daemon = site.start_and_wait();
    assert_eq!(events(), 2, "a crash forgets none");
    site.save("w.lua", workflow("w", &on("function(case) return true end"), WAITS));
    site.until_equal("the case comes in once", &2, || opened(&site, "w").len());
    site.until_equal("nothing is owed", &0, || tasks(&site, "enrolment_fault").len());
    assert_eq!(opened(&site, "w").len(), 2);
    daemon.stop();
    site.verify();
}

#[test]
fn a_workflow_that_burns_its_time_delays_nobody_is_suspended_and_can_be_resumed() {
    let site = Site::at_noon();
    site.set("blast_guard.at_least = 100", "blast_guard.at_least = 10000");
    site.save("good.lua", workflow("good", LATE, WAITS));
    let mut book = Book::of(&site);
    book.lend(&site, 300, 10);
    let daemon = site.start_and_wait();
    site.until_equal("all are worked", &300, || stepped(&site, "good"));
    site.save("w.lua", workflow("w", LATE, BURNS));
    site.until_equal("the release is live", &2, || site.release());
    site.until_equal("all have entered", &300, || opened(&site, "w").len());
    book.lend(&site, 1, 10);
    let asked = Instant::now();
    site.until_equal("the next one is worked", &301, || stepped(&site, "good"));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());

    let suspended = || site.json(&["status"])["suspended"].clone();
    site.until("it is suspended", || (suspended()[0]["workflow"] == "w").then_some(()));
    assert_eq!(suspended()[0]["cause"], "burns");
    let told = site.ok(&["status"]);
    assert!(told.contains("SUSPENDED: workflow w"), "{told}");
    assert_eq!(tasks(&site, "workflow_suspended").len(), 1);
    let shown = site.ok(&["case", "show", "K-00299"]);
    assert!(shown.contains("the workflow is suspended and waits"), "{shown}");
    site.verify();

    let resume = ["resume", "workflow", "w", "--reason", "try once more"];
    site.ok(&resume);
    assert_eq!(did(&site, "workflow_resumed"), 1);
    site.until_equal("it is suspended anew", &2, || did(&site, "workflow_suspended"));
    let asked = Instant::now();
    site.ok(&resume);
    daemon.stop();
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());

    let daemon = site.start_and_wait();
    site.save("w.lua", workflow("w", LATE, WAITS));
    site.until_equal("all are worked", &301, || stepped(&site, "w"));
    assert_eq!(suspended().as_array().map(Vec::len), Some(0));
    assert_eq!(tasks(&site, "workflow_suspended").len(), 0);
    daemon.stop();
    site.verify();
}

/// The same workflow, as one that keeps clocks.
fn keeping_clocks(text: &str) -> String {
    text.replace("lane =", "keeps_clocks = true, lane =")
}

#[test]
fn deadlines_that_nobody_watches_lead_status_alert_machines_and_are_a_supervisors_task() {
    let site = Site::at_noon();
    site.set("blast_guard.at_least = 100", "blast_guard.at_least = 10000");
    let port = tells_machines(&site);
    site.save("w.lua", keeping_clocks(&workflow("w", LATE, BURNS)));
    let fails = "function(case) if case.no == \"K-00003\" then error(\"谁知道\") end return true end";
    let asks = format!("{LATE}, where = {fails}");
    site.save("v.lua", keeping_clocks(&workflow("v", &asks, WAITS)));
    Book::of(&site).lend(&site, 300, 10);
    let daemon = site.start_and_wait();
    let suspended = "qingshou_workflows_suspended{keeps_clocks=\"yes\"}";
    site.until_equal("machines hear it", &Some(1.0), || figure(port, suspended));
    let others = "qingshou_workflows_suspended{keeps_clocks=\"no\"}";
    assert_eq!(figure(port, others), Some(0.0));
    let unasked = "qingshou_enrolment_faults{keeps_clocks=\"yes\"}";
    site.until_equal("and that nobody comes in", &Some(1.0), || figure(port, unasked));
    let (code, why) = get(port, "/readyz").expect("it answers");
    let first = why.lines().next().unwrap_or_default();
    assert_eq!(
        (code, first.starts_with("deadlines are unwatched")),
        (503, true),
        "{why}"
    );
    let told = site.ok(&["status"]);
    assert!(told.starts_with("DEADLINES UNWATCHED · SUSPENDED: workflow w"), "{told}");
    assert!(told.contains("DEADLINES UNWATCHED · NOT ENROLLED"), "{told}");
    let open = tasks(&site, "deadlines_unwatched");
    assert_eq!(open.len(), 2, "{open:?}");
    assert!(open.iter().all(|it| it["for_role"] == "supervisor"), "{open:?}");

    site.save("w.lua", keeping_clocks(&workflow("w", LATE, WAITS)));
    let asks = format!("{LATE}, where = function(case) return true end");
    site.save("v.lua", keeping_clocks(&workflow("v", &asks, WAITS)));
    site.until_equal("they are watched", &0, || {
        tasks(&site, "deadlines_unwatched").len()
    });
    site.until("machines hear it", || (get(port, "/readyz")?.0 == 200).then_some(()));
    daemon.stop();
    site.verify();
}

fn stepped(site: &Site, workflow: &str) -> usize {
    let lines = site.journal().into_iter();
    let step = |it: &Value| it["did"] == "step" && it["workflow"] == workflow;
    lines.filter(|line| step(&line["body"])).count()
}
