//! Whose a task is (由谁办): anybody's with a role until one of them takes it, never
//! theirs whom a complaint is about, and nobody's once it makes no sense any more.

use jiff::civil::Date;
use serde_json::Value;

use super::approvals::{StaffedSite, can_be_others};
use crate::stories::book::Book;
use crate::stories::site::{Daemon, Site};

const DECIDE: &str = r#"-- 认领演练:一件由主管决定,一件由信贷员查找
-- Drill: one thing for a supervisor to decide, one for the collector to find
workflow "suit" {
  title = { zh = "决定", en = "Decide" },
  lane = "contact",
  start = "decide",
  enrol = { days_past_due = { 1, 60 } },
}

always {
  on_cured = function(case) return finish "cured" end,
}

stage "decide" {
  enter = function(case)
    task { title = "请决定下一步", by = role "主管", kind = "gate", in_days = 5 }
    task { title = "查找号码", kind = "trace", in_days = 5 }
    return wait(30 * days, "over")
  end,
  on_legal_override = function(case) return go "over" end,
}

stage "over" { finish = "over" }
"#;

const COMPLAINT: &str = r#"-- 投诉演练:没有写由谁办的,也不到被投诉人手里
-- Drill: what names nobody does not land with the person complained of either
workflow "complaint" {
  title = { zh = "投诉", en = "Complaint" },
  lane = "complaint",
  start = "look",
  keeps_clocks = true,
  enrol = { on = "complaint" },
}

always {
  on_complaint = function(case) return stay() end,
  on_complaint_resolved = function(case) return finish "resolved" end,
}

stage "look" {
  enter = function(case)
    task { title = "受理投诉", by = role "supervisor", kind = "complaint" }
    task { title = "调查投诉", kind = "investigate" }
    return wait(15 * days, "over")
  end,
}

stage "over" { finish = "over" }
"#;

const DISPUTE: &str = r#"-- 异议演练:流程给的期限比规则包宽
-- Drill: the workflow gives more days than the rules of conduct
workflow "dispute" {
  title = { zh = "异议", en = "Dispute" },
  lane = "dispute",
  start = "check",
  keeps_clocks = true,
  enrol = { on = "dispute" },
}

always {
  on_dispute = function(case) return stay() end,
  on_dispute_resolved = function(case) return finish "resolved" end,
}

stage "check" {
  enter = function(case)
    task { title = "核对账目", by = role "supervisor", kind = "dispute", in_days = 60 }
    return wait(60 * days, "over")
  end,
}

stage "over" { finish = "over" }
"#;

/// The rules of conduct that the program brings along, with `days` for a dispute.
fn rules_with_days_for_a_dispute(days: u32) -> String {
    let text = include_str!("../../workflows/policies/cn-rcc.toml");
    assert!(text.contains("sla_days = 20"));
    text.replacen("sla_days = 20", &format!("sla_days = {days}"), 1)
}

/// Who is at work: 示例主任 (root, administrator and supervisor), 示例员 (daemon, the
/// collector of every case and a supervisor), 示例法务 (nobody), 示例柜员 (bin).
struct Staffed {
    staffed: StaffedSite,
    daemon: Daemon,
}

impl Staffed {
    fn open() -> Self {
        let staffed = StaffedSite::open();
        staffed.site.save("suit.lua", DECIDE);
        staffed.site.save("complaint.lua", COMPLAINT);
        Book::of(&staffed.site).lend(&staffed.site, 2, 12);
        let daemon = staffed.site.start_and_wait();
        let staffed = Self { staffed, daemon };
        staffed.wait_for(4);
        staffed
    }

    fn wait_for(&self, tasks: usize) {
        let open = || self.rows(&["task", "ls"]).len();
        self.staffed
            .site
            .until("the work is given out", || (open() == tasks).then_some(()));
    }

    fn rows(&self, args: &[&str]) -> Vec<Value> {
        self.staffed.site.rows(args)
    }

    /// The open task of a case and kind.
    fn task(&self, case: &str, kind: &str) -> Option<Value> {
        let rows = self.rows(&["task", "ls", "--kind", kind]);
        rows.into_iter().find(|row| row["case_id"] == case)
    }

    fn number(&self, case: &str, kind: &str) -> String {
        let task = &self.task(case, kind).expect("the task is open")["task"];
        task.as_str().map_or_else(|| task.to_string(), str::to_owned)
    }

    fn expect(&self, login: &str, exit: i32, args: &[&str], part: &str) {
        self.staffed.expect_as(login, exit, &[&["--lang", "zh"], args].concat(), part);
    }

    fn close(self) {
        self.daemon.stop();
        self.staffed.site.verify();
    }
}

#[test]
fn what_is_a_roles_is_taken_by_one_of_it_and_closed_by_them() {
    if !can_be_others() {
        return;
    }
    let staffed = Staffed::open();
    let case = Book::case(0);
    let gate = staffed.task(&case, "gate").expect("it is open");
    assert_eq!(
        (&gate["for_role"], &gate["assignee"]),
        (&"supervisor".into(), &Value::Null)
    );
    assert_eq!(staffed.task(&case, "trace").expect("it is open")["assignee"], "示例员");
    assert_eq!(
        staffed.rows(&["task", "ls", "--untaken"]).len(),
        2,
        "the collector's are not"
    );
    staffed.expect("root", 0, &["status"], "无人认领 2 件");

    let number = staffed.number(&case, "gate");
    let take = ["task", "take", number.as_str()];
    let done = ["task", "done", number.as_str(), "--outcome", "不转诉"];
    for stranger in ["bin", "nobody"] {
        staffed.expect(stranger, 5, &take, "supervisor(主管)");
        staffed.expect(stranger, 5, &done, "supervisor(主管)");
    }
    staffed.expect("daemon", 0, &take, "由 示例员 认领");
    staffed.expect("daemon", 0, &take, "已由本人认领");
    assert_eq!(staffed.rows(&["task", "ls", "--untaken"]).len(), 1);
    staffed.expect("root", 0, &["status"], "无人认领 1 件");
    assert_eq!(staffed.task(&case, "gate").expect("it is open")["taken_by"], "示例员");

    // Another supervisor hears whose it is, and takes it over with a reason.
    staffed.expect("root", 5, &done, "已由 示例员 认领");
    staffed.expect("root", 5, &take, "--reason");
    let over = [&take[..], &["--reason", "示例员休假"]].concat();
    staffed.expect("root", 0, &over, "由 示例主任 认领");
    staffed.expect("daemon", 5, &done, "已由 示例主任 认领");
    let story = staffed.staffed.site.ok(&["case", "show", &case, "--lang", "zh"]);
    assert!(story.contains("认领待办"), "{story}");
    assert!(story.contains("示例员休假"), "{story}");

    // Closing it says no in silence: that is asked about.
    staffed.expect("root", 5, &done, "legal_override");
    let sure = [&done[..], &["--sure"]].concat();
    staffed.expect("root", 0, &sure, "自行往下走");
    staffed.expect("root", 1, &take, "已办结");
    staffed.close();
}

#[test]
fn what_makes_no_sense_any_more_ends_with_a_reason() {
    if !can_be_others() {
        return;
    }
    let staffed = Staffed::open();
    let (paid, decided) = (Book::case(0), Book::case(1));
    let pay = |receipt: &str| {
        let half = ["pay", &paid, "--amount", "500", "--receipt", receipt];
        let args = [&half[..], &["--reason", "柜面", "--sure"]].concat();
        staffed.expect("root", 0, &args, "已入账");
    };
    pay("R1");
    staffed.staffed.site.until("nothing is left to decide", || {
        staffed.task(&paid, "gate").is_none().then_some(())
    });
    assert!(
        staffed.task(&paid, "trace").is_some(),
        "the claim stands, and so does the search"
    );
    pay("R2");
    staffed.staffed.site.until("nobody has to be found", || {
        staffed.task(&paid, "trace").is_none().then_some(())
    });
    let story = staffed.staffed.site.ok(&["case", "show", &paid, "--lang", "zh"]);
    assert!(story.contains("案件已离开该环节"), "{story}");
    assert!(story.contains("债权已了结"), "{story}");

    let yes = ["case", "report", &decided, "legal_override", "--reason", "核对属实"];
    staffed.expect("root", 0, &yes, "已登记");
    staffed.staffed.site.until("the decision is made", || {
        staffed.task(&decided, "gate").is_none().then_some(())
    });
    assert!(staffed.task(&decided, "trace").is_some(), "it outlives the stage");
    staffed.close();
}

#[test]
fn a_complaint_never_lands_with_the_person_complained_of() {
    if !can_be_others() {
        return;
    }
    let staffed = Staffed::open();
    let (case, other) = (Book::case(0), Book::case(1));
    let complaint = ["case", "report", &case, "complaint", "--reason", "电话太多"];
    staffed.expect("bin", 0, &complaint, "被投诉人:示例员");
    staffed.wait_for(6);
    let theirs = staffed.rows(&["task", "ls", "--of", "示例员"]);
    let kinds: Vec<&Value> = theirs.iter().map(|it| &it["kind"]).collect();
    assert!(
        kinds.iter().all(|kind| *kind != "complaint" && *kind != "investigate"),
        "{kinds:?}"
    );
    for kind in ["complaint", "investigate"] {
        let task = staffed.task(&case, kind).expect("it is open");
        assert_eq!(task["for_role"], "supervisor", "{kind}: nobody's in particular");
        assert_eq!(task["assignee"], Value::Null, "{kind}");
        let number = staffed.number(&case, kind);
        let take = ["task", "take", number.as_str()];
        let done = ["task", "done", number.as_str(), "--outcome", "不属实"];
        // A supervisor as well, and all the same not here.
        for args in [&take[..], &done[..]] {
            staffed.expect("daemon", 5, args, "被投诉的就是本人");
            let english = [&["--lang", "en"], args].concat();
            staffed.staffed.expect_as("daemon", 5, &english, "about you");
        }
        staffed.expect("root", 0, &take, "由 示例主任 认领");
        staffed.expect("root", 0, &done, "已办结");
    }

    let about = |name: &'static str| {
        ["case", "report", &other, "complaint", "--about", name, "--reason", "态度"]
    };
    staffed.expect("bin", 1, &about("无此人"), "没有工作人员");
    staffed.expect("bin", 0, &about("示例主任"), "被投诉人:示例主任");
    staffed.wait_for(6);
    let investigate = staffed.task(&other, "investigate").expect("it is open");
    assert_eq!(investigate["assignee"], "示例员", "the collector is not complained of");
    let number = staffed.number(&other, "complaint");
    staffed.expect("root", 5, &["task", "take", &number], "被投诉的就是本人");
    staffed.expect("daemon", 0, &["task", "take", &number], "由 示例员 认领");
    let note = ["case", "report", &other, "note", "--about", "示例员", "--reason", "记"];
    staffed.expect("bin", 5, &note, "--about 只用于投诉");
    staffed.close();
}

/// What keeps a person from being reached, and what a complaint came to, is not the word
/// of whoever works the case.
#[test]
fn a_refusal_and_a_protecting_role_are_ended_by_another_supervisor() {
    if !can_be_others() {
        return;
    }
    let staffed = Staffed::open();
    let case = Book::case(0);
    let number = |state: &'static str| {
        let args = ["person", "phone", &case, "13900000077", "--state", state];
        [&args[..], &["--reason", "本人来电"]].concat()
    };
    staffed.expect("bin", 0, &number("refused"), "本人拒绝");
    let child = ["--role", "未成年人", "--name", "示例幼"];
    let add = [&["person", "add", &case, "--reason", "见户口本"][..], &child].concat();
    staffed.expect("bin", 0, &add, "未成年人");
    let correct = ["person", "correct", &case, "--person", "示例幼", "--role", "heir"];
    let correct = [&correct[..], &["--reason", "已成年"]].concat();
    let remove =
        ["person", "remove", &case, "--person", "示例幼", "--reason", "与本案无关"];
    for (login, part) in [("bin", "示例柜员"), ("daemon", "示例员")] {
        staffed.expect(login, 5, &number("confirmed"), part);
        staffed.expect(login, 5, &correct, part);
    }
    staffed.expect("daemon", 5, &remove, "示例员");
    staffed.expect("root", 0, &number("confirmed"), "已核实");
    staffed.expect("root", 0, &correct, "已更正");
    staffed.close();
}

#[test]
fn a_complaint_is_settled_with_what_it_came_to_and_what_was_done() {
    if !can_be_others() {
        return;
    }
    let staffed = Staffed::open();
    let case = Book::case(0);
    let report = |what: &'static str, more: &[&'static str]| {
        [&["case", "report", &case, what, "--reason", "已查"][..], more].concat()
    };
    staffed.expect("bin", 0, &report("complaint", &[]), "被投诉人:示例员");
    staffed.wait_for(6);
    let wrong = report("complaint_resolved", &["--outcome", "大概"]);
    staffed.expect("root", 1, &wrong, "upheld(属实)");
    staffed.expect("root", 5, &report("note", &["--remedy", "道歉"]), "投诉办结");
    let right = ["--outcome", "部分属实", "--remedy", "已当面道歉"];
    staffed.expect("root", 0, &report("complaint_resolved", &right), "已登记");
    let story = staffed.staffed.site.ok(&["case", "show", &case, "--lang", "zh"]);
    for part in ["partly_upheld(部分属实)", "已当面道歉"] {
        assert!(story.contains(part), "{part}: {story}");
    }
    staffed.expect("bin", 0, &report("complaint", &[]), "被投诉人:示例员");
    staffed.expect("root", 0, &report("complaint_resolved", &[]), "没有写明是否属实");
    let later = report("complaint_resolved", &["--outcome", "属实"]);
    staffed.expect("root", 0, &later, "已登记");
    staffed.expect("root", 5, &later, "没有未了结的");
    staffed.close();
}

#[test]
fn the_work_of_a_dispute_is_due_within_the_days_of_the_rules_of_conduct() {
    let site = Site::at_noon();
    site.save("dispute.lua", DISPUTE);
    Book::of(&site).lend(&site, 2, 12);
    let daemon = site.start_and_wait();
    let days_for = |case: &str| {
        let disputed = ["case", "report", case, "dispute", "--reason", "金额不符"];
        site.ok(&disputed);
        let task = site.until("the work is given out", || {
            let rows = site.rows(&["task", "ls", "--kind", "dispute"]);
            rows.into_iter().find(|row| row["case_id"] == case)
        });
        let due_on: Date =
            task["due_on"].as_str().and_then(|text| text.parse().ok()).unwrap();
        (due_on - site.today()).get_days()
    };
    assert_eq!(days_for(&Book::case(0)), 20, "征信业管理条例, article 25");
    let release = site.release();
    site.save("policies/cn-rcc.toml", rules_with_days_for_a_dispute(5));
    site.until("the tighter rules are live", || (release < site.release()).then_some(()));
    assert_eq!(days_for(&Book::case(1)), 5);
    // What no rule reads is no part of the rules: it is refused at its line.
    let old =
        rules_with_days_for_a_dispute(5) + "\n[money]\nday_count = \"actual/360\"\n";
    let line = old.lines().count() - 1;
    site.save("policies/cn-rcc.toml", old);
    daemon.stop();
    for (lang, said) in [("zh", "`[money]` 已停用"), ("en", "`[money]` is retired")] {
        let told = site.run(&["check", "--lang", lang]);
        assert_eq!(told.exit, 1, "{}", told.out);
        assert!(told.out.contains(said), "{}", told.out);
        assert!(
            told.out.contains(&format!("policies/cn-rcc.toml:{line}")),
            "{}",
            told.out
        );
    }
    site.verify();
}
