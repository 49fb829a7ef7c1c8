//! Slips of the hand (登记差错): what is doubtful is asked about, what was wrong is
//! taken back, and what it had ended goes on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Cli;
use crate::stories::book::Book;
use crate::stories::site::{Daemon, Site};

/// Waits for long, and asks for one visit.
const WAITING: &str = r#"-- 等待:一次上门,然后等
-- Waiting: one visit, then a long wait
workflow "waiting" {
  title = { zh = "等待", en = "Waiting" },
  lane = "contact",
  start = "at_work",
  enrol = { days_past_due = { 1, 60 } },
}

stage "at_work" {
  enter = function(case)
    visit "逾期"
    return wait(30 * days, "over")
  end,
}

stage "over" { finish = "over" }
"#;

const STAFF: &str = "
[[people]]
name = \"示例甲\"
login = \"root\"
roles = [\"administrator\", \"supervisor\", \"collector\"]

[[people]]
name = \"示例乙\"
login = \"yi\"
roles = [\"collector\"]
";

struct StaffedSite {
    site: Site,
    daemon: Daemon,
    case: String,
}

impl StaffedSite {
    fn open(settings: &str) -> Self {
        let site = Site::at_noon();
        site.save("waiting.lua", WAITING);
        site.configure(settings);
        Book::of(&site).lend(&site, 1, 12);
        let daemon = site.start_and_wait();
        let staffed = Self { site, daemon, case: Book::case(0) };
        staffed.site.until("the visit is planned", || {
            (!staffed.site.rows(&["task", "ls", "--kind", "visit"]).is_empty())
                .then_some(())
        });
        staffed
    }

    fn expect(&self, exit: i32, args: &[&str], part: &str) {
        let args: Vec<&str> = args
            .iter()
            .map(|arg| if *arg == "CASE" { &self.case } else { *arg })
            .collect();
        let told = self.site.run(&args);
        let said = format!("{}{}", told.out, told.err);
        assert_eq!(told.exit, exit, "`{}`: {said}", args.join(" "));
        assert!(said.contains(part), "`{}` says no `{part}`: {said}", args.join(" "));
    }

    /// Where the case stands: `waiting/at_work`.
    fn stages(&self) -> String {
        let rows = self.site.rows(&["case", "ls"]);
        rows[0]["stages"].as_str().unwrap_or_default().to_owned()
    }

    fn close(self) {
        self.daemon.stop();
        self.site.verify();
    }
}

#[test]
fn a_slip_that_is_taken_back_the_same_day_reopens_what_it_ended() {
    let staffed = StaffedSite::open("");
    assert_eq!(staffed.stages(), "waiting/at_work");
    let before = staffed.site.ok(&["case", "show", &staffed.case, "--lang", "zh"]);
    let next = before.split(",下次 ").nth(1).and_then(|rest| rest.lines().next());
    let next = next.expect("the wait is told").to_owned();
    staffed.expect(0, &["pay", "CASE", "--amount", "500", "--reason", "柜面"], "500.00");
    staffed
        .site
        .until("the payment ends it", || staffed.stages().is_empty().then_some(()));

    let story = staffed.site.ok(&["case", "show", &staffed.case, "--lang", "zh"]);
    let entry = story.split("账 payment 500.00 元(账目 ").nth(1).expect("it is told");
    let entry = entry.split(')').next().expect("it has a number").to_owned();
    let back = ["pay", "--reverse", &entry, "--reason", "登错了户", "--lang", "zh"];
    staffed.expect(0, &back, "恢复");
    assert_eq!(staffed.stages(), "waiting/at_work");
    let after = staffed.site.ok(&["case", "show", &staffed.case, "--lang", "zh"]);
    assert!(after.contains(&next), "the wait is the one that stood: {after}");
    let visits = staffed.site.rows(&["task", "ls", "--kind", "visit"]);
    assert_eq!(visits.len(), 1, "the visit is asked for again, and once");
    // The same debt does not enter a second time when it ends by itself.
    staffed.close();
}

#[test]
fn what_is_most_likely_a_slip_is_asked_about() {
    let staffed = StaffedSite::open(STAFF);
    let pay =
        |amount: &'static str| ["pay", "CASE", "--amount", amount, "--reason", "柜面"];
    staffed.expect(5, &pay("50000"), "--sure");
    let due = "2031-01-01";
    let far = ["promise", "CASE", "--due", due, "--amount", "100", "--reason", "电话"];
    staffed.expect(5, &far, "--sure");
    staffed.expect(0, &[&far[..], &["--sure"]].concat(), "100.00");
    let visits = staffed.site.rows(&["task", "ls", "--kind", "visit"]);
    let task = visits[0]["task"].to_string();
    let done = |by: &'static str| {
        let by =
            ["--by", "示例甲", "--by", by, "--outcome", "absent", "--reason", "无人"];
        ["visit", "done"]
            .iter()
            .chain(&by)
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let with_task = |by: &'static str| {
        let mut words = done(by);
        words.insert(2, task.clone());
        words
    };
    let words = with_task("示例丙");
    staffed.expect(5, &words.iter().map(String::as_str).collect::<Vec<_>>(), "示例丙");
    // The number that the list of tasks shows is taken for the visit.
    let words = with_task("示例乙");
    staffed.expect(0, &words.iter().map(String::as_str).collect::<Vec<_>>(), "");
    assert!(staffed.site.rows(&["task", "ls", "--kind", "visit"]).is_empty());
    staffed.close();
}

#[test]
fn a_new_promise_replaces_the_one_whose_day_has_not_come() {
    let staffed = StaffedSite::open("");
    let today = staffed.site.today();
    let soon = today.saturating_add(jiff::Span::new().days(5)).to_string();
    let later = today.saturating_add(jiff::Span::new().days(9)).to_string();
    for due in [&soon, &later] {
        let words =
            ["promise", "CASE", "--due", due, "--amount", "100", "--reason", "电话"];
        staffed.expect(0, &words, "100.00");
    }
    let report: Vec<Value> = staffed.site.rows(&["report", "promises"]);
    let count = |grade: &str| {
        let row = report.iter().find(|row| row["grade"] == grade).expect("every grade");
        row["n_promises"].as_u64()
    };
    assert_eq!((count("open"), count("replaced")), (Some(1), Some(1)), "{report:?}");
    assert_eq!(count("broken"), Some(0));
    staffed.close();
}

#[test]
fn a_list_says_when_it_is_cut() {
    let staffed = StaffedSite::open("");
    Book::of(&staffed.site).lend(&staffed.site, 3, 12);
    let told = staffed.site.run(&["case", "ls", "--limit", "2"]);
    assert!(told.out.contains("--limit 0"), "{}", told.out);
    let told = staffed.site.run(&["case", "ls", "--limit", "0"]);
    assert!(!told.out.contains("--limit 0"), "{}", told.out);
    staffed.expect(1, &["case", "ls", "--workflow", "waitng"], "waiting");
    staffed.close();
}

/// Twelve hundred late cases and eight hundred that are not: two portions of a list, the
/// second of both kinds.
#[test]
fn a_list_of_several_portions_names_each_case_once_and_says_rightly_whether_it_is_cut() {
    let cli = Cli::new();
    let number = |at: usize| format!("K-{at:05}");
    let loans: Vec<String> =
        (0..2_000).map(|at| format!("{},1000", number(at))).collect();
    let dues: Vec<String> = (0..1_200)
        .map(|at| format!("{},2025-03-{:02},due,100", number(at), 1 + at * 7 % 28))
        .collect();
    let file = |name: &str, head: &str, rows: &[String]| {
        cli.file(name, format!("{head}\n{}\n", rows.join("\n")))
    };
    let loans = file("loans.csv", "case_id,principal", &loans);
    let dues = file("events.csv", "case_id,date,kind,amount", &dues);
    cli.expect(0, &["import", "cases", &loans]);
    cli.expect(0, &["import", "events", &dues]);
    let told = cli.expect(0, &["case", "ls", "--limit", "0", "-o", "csv"]);
    let rows: Vec<Vec<&str>> =
        told.out.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let named: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!((rows.len(), named.len()), (2_000, 2_000));
    let days: Vec<u32> = rows.iter().map(|row| row[3].parse().expect("days")).collect();
    assert!(days.is_sorted_by(|older, newer| newer <= older), "the oldest debt first");
    assert_eq!(days.iter().filter(|days| 0 < **days).count(), 1_200);
    for (limit, is_cut) in [("999", true), ("1000", true), ("2000", false)] {
        let told = cli.expect(0, &["case", "ls", "--limit", limit]);
        assert_eq!(told.out.contains("--limit 0"), is_cut, "{limit}");
    }
}
