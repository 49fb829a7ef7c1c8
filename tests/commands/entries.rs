//! What people enter (登记): each entry once, with good and with bad words, on a site
//! whose daemon is at work.

use std::path::Path;

use serde_json::Value;

use crate::stories::book::Book;
use crate::stories::site::{Daemon, Site};

/// Every kind of work that comes back with a result.
const DRILL: &str = r#"-- 登记演练:每种指令各一次
-- Drill: one order of every kind
workflow "drill" {
  title = { zh = "演练", en = "Drill" },
  lane = "contact",
  start = "at_work",
  enrol = { days_past_due = { 1, 60 } },
}

always {
  on_refused = function(case, order) return stay() end,
  on_cured = function(case) return stay() end,
  on_legal_override = function(case) return stay() end,
}

stage "at_work" {
  enter = function(case)
    call "first_call"
    visit "逾期"
    demand_letter "demand"
    task { title = "核对地址", kind = "drill" }
    task { title = "上门结果未登记:请补登", kind = "report" }
    return wait(30 * days, "over")
  end,
}

stage "over" { finish = "over" }
"#;

const TEXT: &str = "{{ 客户 }}:贷款 {{ 贷款编号 }} 逾期 {{ 逾期金额 }} 元,请还款。";

/// A case, the daemon that works it, and its orders by verb.
struct StaffedSite {
    site: Site,
    daemon: Daemon,
    case: String,
}

impl StaffedSite {
    fn open() -> Self {
        Self::of(1)
    }

    /// With so many cases, of which the first is `CASE`.
    fn of(cases: u32) -> Self {
        let site = Site::at_noon();
        site.save("drill.lua", DRILL);
        site.save("templates/demand.txt", TEXT);
        copy_rules(&site);
        Book::of(&site).lend(&site, cases, 12);
        let daemon = site.start_and_wait();
        let staffed = Self { site, daemon, case: Book::case(0) };
        staffed.site.until("every order is out", || {
            let rows = staffed.site.rows(&["order", "ls"]);
            let out = rows.iter().filter(|row| row["status"] == "delivered").count();
            (out == 5 * cases as usize).then_some(())
        });
        staffed
    }

    fn order(&self, verb: &str) -> String {
        self.order_of(&self.case, verb)
    }

    fn order_of(&self, case: &str, verb: &str) -> String {
        let rows = self.site.rows(&["order", "ls", "--case", case]);
        let row =
            rows.iter().find(|row| row["verb"] == verb).expect("the order is there");
        number(&row["order"])
    }

    fn task(&self, kind: &str) -> Option<String> {
        let rows = self.site.rows(&["task", "ls", "--kind", kind]);
        rows.first().map(|row| number(&row["task"]))
    }

    /// Runs `args` for somebody who reads Chinese, with the case for `CASE`; `part`
    /// must stand in the answer.
    fn expect(&self, exit: i32, args: &[&str], part: &str) {
        let args: Vec<&str> = args
            .iter()
            .map(|arg| if *arg == "CASE" { self.case.as_str() } else { arg })
            .collect();
        let told = self.site.run(&[&["--lang", "zh"], &args[..]].concat());
        let text = told.out + &told.err;
        assert_eq!(told.exit, exit, "`{}`: {text}", args.join(" "));
        assert!(text.contains(part), "`{}` tells {part:?}: {text}", args.join(" "));
    }

    fn facts(&self, name: &str) -> Value {
        self.site.json(&["case", "show", &self.case])["facts"][name].clone()
    }

    fn close(self) {
        self.daemon.stop();
        self.site.verify();
    }
}

/// The rules of conduct and the calendars that every institution starts with.
fn copy_rules(site: &Site) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let files = [
        "policies/cn-rcc.toml",
        "calendars/cn/2023.toml",
        "calendars/cn/2024.toml",
        "calendars/cn/2025.toml",
        "calendars/cn/2026.toml",
    ];
    for file in files {
        let text = std::fs::read(from.join(file)).expect("the shipped rules are there");
        site.save(file, text);
    }
}

/// A number, whether it travels as one or as text.
fn number(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A day of the site, which at noon is that of Greenwich as well.
#[expect(clippy::disallowed_methods, reason = "the daemon runs on the same clock")]
fn day(ahead: i64) -> String {
    let seconds = jiff::Span::new().seconds(jiff::Timestamp::now().as_second());
    let now = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0).saturating_add(seconds);
    now.date().saturating_add(jiff::Span::new().days(ahead)).to_string()
}

#[test]
fn payments_are_booked_once_and_taken_back_once() {
    let staffed = StaffedSite::open();
    let (in_two_days, yesterday) = (day(2), day(-1));
    let pay = ["pay", "CASE", "--reason", "柜面还款"];
    let with = |more: &[&'static str]| [&pay[..], more].concat();

    staffed.expect(1, &["pay", "NONE", "--amount", "5", "--reason", "x"], "case ls");
    staffed.expect(1, &with(&["--amount", "5.001"]), "5.001");
    staffed.expect(1, &with(&["--amount=-5"]), "-5");
    staffed.expect(1, &with(&["--amount", "0"]), "大于零");
    staffed.expect(2, &with(&["--amount", "5", "--on", "2026-02-30"]), "2026-02-30");
    staffed.expect(1, &["pay", "CASE", "--amount", "5", "--reason", " "], "--reason");
    staffed.expect(2, &["pay", "CASE", "--amount", "5"], "--reason");
    staffed.expect(2, &["pay", "CASE", "--reason", "x"], "--amount");
    let late = ["pay", "CASE", "--amount", "5", "--on", &in_two_days, "--reason", "x"];
    staffed.expect(1, &late, "之后");
    assert_eq!(staffed.facts("overdue"), "500.00", "nothing was booked so far");

    staffed.expect(0, &with(&["--amount", "200", "--receipt", "88001"]), "已入账 200");
    staffed.expect(0, &with(&["--amount", "200", "--receipt", "88001"]), "已登记过");
    staffed.expect(1, &with(&["--amount", "201", "--receipt", "88001"]), "没有入账");
    let earlier =
        ["pay", "CASE", "--amount", "1.50", "--on", &yesterday, "--reason", "补登"];
    staffed.expect(0, &earlier, "已入账 1.50");
    assert_eq!(staffed.facts("overdue"), "298.50");

    let story = staffed.site.ok(&["case", "show", &staffed.case, "--lang", "zh"]);
    let entry =
        story.split("账 payment 200.00 元(账目 ").nth(1).expect("the payment is told");
    let entry = entry.split(')').next().expect("it has a number").to_owned();
    staffed.expect(1, &["pay", "--reverse", "1", "--reason", "x"], "不是一笔还款");
    let both = ["pay", "--reverse", &entry, "--amount", "5", "--reason", "x"];
    staffed.expect(2, &both, "--amount");
    staffed.expect(
        0,
        &["pay", "--reverse", &entry, "--reason", "重复入账"],
        "已入账 200",
    );
    staffed.expect(0, &["pay", "--reverse", &entry, "--reason", "重复入账"], "已登记过");
    assert_eq!(staffed.facts("overdue"), "498.50");

    let due = story.split("账 due ").nth(1).and_then(|part| part.split("(账目 ").nth(1));
    let due = due.and_then(|due| due.split(')').next()).expect("the due item is told");
    let reverse = ["pay", "--reverse", due, "--reason", "到期日录错"];
    staffed.expect(0, &reverse, "冲正账目");
    assert_eq!(staffed.facts("overdue"), "0.00", "a due item that was none is not owed");
    staffed.close();
}

#[test]
fn promises_holds_and_reports_are_taken_down_with_their_reason() {
    let staffed = StaffedSite::open();
    let (past, soon) = (day(-2), day(9));
    let promise = |due: &str, amount: &str| {
        ["promise", "CASE", "--due", due, "--amount", amount, "--reason", "卖粮后还"]
            .map(str::to_owned)
    };
    let expect = |exit, args: [String; 8], part| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        staffed.expect(exit, &args, part);
    };
    expect(1, promise(&past, "100"), "已经过去");
    expect(1, promise(&soon, "0"), "大于零");
    expect(1, promise(&soon, "0.001"), "0.001");
    expect(0, promise(&soon, "500元"), "已登记承诺");
    expect(0, promise(&soon.replace('-', "/"), "100"), "取代原来的承诺");
    let told = staffed.site.rows(&["report", "promises"]);
    assert!(told.iter().any(|it| it["promised_amount"] == "100.00"), "{told:?}");

    let hold = ["hold", "CASE", "hardship", "--reason", "住院"];
    staffed.expect(1, &["hold", "CASE", "holiday", "--reason", "x"], "hardship(困难)");
    staffed.expect(0, &hold, "已暂停");
    staffed.expect(0, &hold, "没有改动");
    assert_eq!(staffed.facts("holds"), serde_json::json!(["hardship"]));
    let lift = [&hold[..], &["--lift"]].concat();
    staffed.expect(0, &lift, "已恢复");
    staffed.expect(1, &lift, "没有改动");

    staffed.expect(1, &["case", "report", "CASE", "rain", "--reason", "x"], "complaint");
    let resolved = ["case", "report", "CASE", "complaint_resolved", "--reason", "已答复"];
    staffed.expect(5, &resolved, "没有登记");
    staffed.expect(5, &["hold", "CASE", "投诉", "--reason", "x"], "case report");
    staffed.expect(
        0,
        &["case", "report", "CASE", "投诉", "--reason", "来电过多"],
        "已登记",
    );
    assert_eq!(staffed.facts("holds"), serde_json::json!(["complaint"]));
    staffed.expect(0, &resolved, "已登记");
    assert_eq!(staffed.facts("holds"), serde_json::json!([]));
    staffed.close();
}

#[test]
fn what_came_of_calls_visits_letters_and_tasks_is_entered_once() {
    let staffed = StaffedSite::open();
    let (visit, letter) = (staffed.order("visit"), staffed.order("demand_letter"));
    let today = day(0);

    staffed.expect(1, &["contact", "CASE", "--outcome", "sang", "--reason", "x"], "sang");
    let sang = ["visit", "done", &visit, "--outcome", "sang", "--reason", "x"];
    let sang = [&sang[..], &["--by", "示例甲", "--by", "示例乙"]].concat();
    staffed.expect(1, &sang, "absent(不在)");
    // Their tasks are ended by what came of them, for the workflow waits for that.
    for (kind, command) in
        [("visit", "qingshou visit done"), ("call", "qingshou contact")]
    {
        let task = staffed.task(kind).expect("the task is open");
        let done = ["task", "done", &task, "--outcome", "见到本人"];
        staffed.expect(5, &done, command);
        assert_eq!(staffed.task(kind), Some(task), "nothing was changed");
    }
    let contact = ["contact", "CASE", "--outcome", "接通", "--reason", "说下周还"];
    let contact = [&contact[..], &["--cause", "short_of_cash"]].concat();
    staffed.expect(0, &contact, "已登记通话结果:conversation(通话)");
    staffed.expect(0, &["case", "show", "CASE"], "原因 short_of_cash(资金紧张)");
    staffed.site.until("the call's task is closed", || {
        staffed.task("call").is_none().then_some(())
    });

    assert_eq!(staffed.site.rows(&["visit", "ls"]).len(), 1);
    let done = ["visit", "done", &visit, "--outcome", "met", "--reason", "约定月底"];
    staffed.expect(2, &done, "--by");
    staffed.expect(1, &[&done[..], &["--by", "示例甲"]].concat(), "2 名");
    let both = [&done[..], &["--by", "示例甲", "--by", "示例乙"]].concat();
    staffed.expect(1, &[&both[..], &["--evidence", "rumor"]].concat(), "rumor");
    let proof = ["--evidence", "claimed", "--receipt", "T7", "--place", "村委会"];
    let both = [&both[..], &proof].concat();
    assert!(staffed.task("report").is_some(), "the workflow asks for the result");
    staffed.expect(0, &both, "已登记");
    assert_eq!(staffed.task("report"), None, "what it asked for is entered");
    assert!(staffed.task("drill").is_some(), "other work stays open");
    staffed.expect(1, &both, "已登记过结果");
    assert_eq!(staffed.site.rows(&["visit", "ls"]).len(), 0);
    let entered = format!("日期 {today},凭证号 T7,证据 claimed(自称),地点 村委会");
    staffed.expect(0, &["case", "show", "CASE"], &entered);

    let proof =
        ["visit", "letter", &letter, "--on", &today, "--receipt", "XA1", "--reason", "x"];
    // Somebody who died the same day may not have signed.
    let report = |what| ["case", "report", "CASE", what, "--reason", "村委会来电"];
    staffed.expect(0, &report("deceased"), "");
    staffed.expect(5, &proof, "签收的应是别人");
    staffed.expect(0, &report("death_disproved"), "");
    staffed.expect(0, &proof, "已登记");
    staffed.expect(1, &proof, "送达证据已登记");
    staffed.expect(0, &["case", "show", "CASE"], "凭证号 XA1,证据 signed_receipt");

    let task = staffed.task("drill").expect("the task is open");
    staffed.expect(0, &["task", "done", &task, "--outcome", "地址无误"], "已办结");
    staffed.expect(1, &["task", "done", &task, "--outcome", "地址无误"], "已办结");
    staffed.expect(1, &["task", "done", "99999999", "--outcome", "x"], "task ls");

    staffed.expect(5, &["order", "retry", &letter, "--reason", "再寄"], "不能重试");
    staffed.expect(5, &["order", "drop", &letter, "--reason", "不寄了"], "不能放弃");
    staffed.expect(1, &["order", "drop", "99999999", "--reason", "x"], "order ls");
    staffed.expect(
        5,
        &["case", "enrol", "CASE", "drill", "--reason", "x"],
        "已有未结流程",
    );
    let enrol = ["case", "enrol", "CASE", "drill", "--reason", "x"];
    staffed.expect(5, &enrol, "在流程 drill 的环节 at_work");
    staffed.expect(1, &["case", "enrol", "CASE", "dril", "--reason", "x"], "drill");
    staffed.expect(1, &["case", "resume", "CASE", "--reason", "x"], "没有挂起");
    staffed.expect(1, &["rollback", "99", "--reason", "x"], "99");
    staffed.close();
}

#[test]
fn a_receipt_shows_one_entry_and_a_result_belongs_to_its_order() {
    let staffed = StaffedSite::of(2);
    let (first, second) = (Book::case(0), Book::case(1));
    let letter = staffed.order_of(&first, "demand_letter");
    let other_letter = staffed.order_of(&second, "demand_letter");
    let visit = staffed.order_of(&second, "visit");
    let (today, yesterday) = (day(0), day(-1));

    let call = ["contact", &second, "--order", &visit, "--outcome", "接通"];
    staffed.expect(5, &[&call[..], &["--reason", "x"]].concat(), "不是电话");
    assert_eq!(
        staffed.site.rows(&["visit", "ls"]).len(),
        2,
        "the visit is still planned"
    );

    let early = ["visit", "letter", &letter, "--on", &yesterday, "--receipt", "XA1"];
    staffed.expect(1, &[&early[..], &["--reason", "x"]].concat(), "之间");
    let proof = ["visit", "letter", &letter, "--on", &today, "--receipt", "XA1"];
    let proof = [&proof[..], &["--reason", "回执已到"]].concat();
    staffed.expect(0, &proof, "已登记");
    let told = staffed.site.run(&[&["--lang", "en"], &proof[..]].concat());
    let said = told.out + &told.err;
    let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    assert!(said.contains("entered before") && !said.contains(is_chinese), "{said}");

    let other = ["visit", "letter", &other_letter, "--on", &today, "--receipt", "ｘa１"];
    staffed.expect(5, &[&other[..], &["--reason", "x"]].concat(), &letter);
    let done =
        ["visit", "done", &visit, "--outcome", "notice_signed", "--receipt", "XA1"];
    let by = ["--by", "示例甲", "--by", "示例乙", "--evidence", "proved"];
    let done = [&done[..], &by[..], &["--reason", "当面签收"]].concat();
    staffed.expect(5, &done, "XA1");
    staffed.expect(0, &[&done[..], &["--sure"]].concat(), "已登记");
    staffed.close();
}

#[test]
fn a_dismissed_claim_says_so_and_comes_back_by_its_counterpart() {
    let staffed = StaffedSite::open();
    let report = |kind| ["case", "report", "CASE", kind, "--reason", "登错了户"];
    let enrol = ["case", "enrol", "CASE", "drill", "--reason", "x"];
    let row = || staffed.site.rows(&["case", "ls"]).remove(0);
    staffed.expect(0, &report("legal_override"), "已登记");
    staffed.expect(5, &report("dismissed"), "余额 1000.00 元");
    staffed.expect(0, &[&report("dismissed")[..], &["--sure"]].concat(), "已登记");
    staffed.site.until("its workflow ends", || (row()["stages"] == "").then_some(()));
    assert_eq!(row()["claim_status"], "dismissed");
    staffed.expect(0, &["case", "show", "CASE"], "债权不成立或已消灭,不再催收");
    staffed.expect(5, &report("legal_override"), "没有流程");
    staffed.expect(5, &enrol, "dismissal_withdrawn");
    staffed.expect(0, &report("dismissal_withdrawn"), "case enrol");
    assert_eq!(row()["claim_status"], "open");
    staffed.close();
}

#[test]
fn a_filter_that_nothing_can_meet_is_no_empty_list() {
    let staffed = StaffedSite::open();
    staffed.expect(0, &["order", "ls", "--status", "待审批"], "");
    staffed.expect(0, &["order", "ls", "--status", "awaiting-approval"], "");
    staffed.expect(0, &["task", "ls", "--kind", "上门"], "visit");
    staffed.expect(0, &["task", "ls", "--kind", "drill"], "核对地址");
    staffed.expect(0, &["case", "ls", "--collector", "示例员"], &staffed.case);
    staffed.expect(0, &["visit", "ls", "--limit", "1"], &staffed.case);
    let table: [(&[&str], &str); 11] = [
        (&["order", "ls", "--status", "unkown"], "unknown(结果不明)"),
        (&["task", "ls", "--kind", "nix"], "visit(上门)"),
        (&["task", "ls", "--of", "无此人"], "没有人员"),
        (&["case", "ls", "--village", "无此村"], "没有村"),
        (&["case", "ls", "--collector", "无此人"], "没有人员"),
        (&["visit", "ls", "--of", "无此人"], "没有人员"),
        (&["case", "ls", "--workflow", "dril"], "drill"),
        (&["sending", "go", "--workflow", "dril", "--reason", "x"], "drill"),
        (&["sending", "go", "--channel", "传真", "--reason", "x"], "sms(短信)"),
        (&["order", "drop", "--verb", "sing", "--reason", "x"], "sms(短信)"),
        (
            &["case", "enrol", "drill", "--where", "village=无此村", "--reason", "x"],
            "全部案件里没有村",
        ),
    ];
    for (args, part) in table {
        staffed.expect(1, args, part);
    }
    // A number in other letters is that of a loan which is there.
    let (small, meant) =
        (staffed.case.to_lowercase(), format!("是否应为 `{}`", staffed.case));
    staffed.expect(1, &["case", "show", &small], &meant);
    staffed.expect(1, &["pay", &small, "--amount", "5", "--reason", "x"], &meant);
    staffed.expect(1, &["pay", "CASE", "--amount", "-500", "--reason", "x"], "负数");
    staffed.expect(1, &["pay", "CASE", "--amount", "－５", "--reason", "x"], "负数");
    staffed.expect(
        0,
        &["pay", "CASE", "--amount", "￥５．５元", "--reason", "x"],
        "5.50",
    );
    staffed.close();
}

#[test]
fn every_entry_stands_in_the_journal_with_person_and_reason() {
    let staffed = StaffedSite::open();
    staffed.expect(0, &["hold", "CASE", "manual", "--reason", "理由一"], "");
    staffed.expect(0, &["pay", "CASE", "--amount", "5", "--reason", "理由二"], "");
    staffed.expect(0, &["case", "report", "CASE", "note", "--reason", "理由三"], "");
    let me = nix::unistd::User::from_uid(nix::unistd::Uid::current())
        .expect("users can be looked up")
        .expect("this user has a name");
    let lines = staffed.site.journal();
    for reason in ["理由一", "理由二", "理由三"] {
        let line = lines.iter().find(|line| line["body"]["reason"] == reason);
        let body = &line.unwrap_or_else(|| panic!("{reason} is written down"))["body"];
        assert_eq!(
            (&body["did"], &body["by"]),
            (&"by_hand".into(), &me.name.clone().into())
        );
    }
    staffed.close();
}

#[test]
fn entries_need_no_daemon_and_reload_does() {
    let site = Site::at_noon();
    Book::of(&site).lend(&site, 1, 12);
    let case = Book::case(0);
    site.ok(&["pay", &case, "--amount", "5", "--reason", "柜面"]);
    site.ok(&["hold", &case, "manual", "--reason", "核对"]);
    let told = site.run(&["reload"]);
    assert_eq!(told.exit, 4, "{}{}", told.out, told.err);
    site.verify();
}
