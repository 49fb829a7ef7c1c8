//! The court's side of a case (法院进程): what a lawyer enters from the filing to the
//! close, as people type it, and who sees it where.

use serde_json::Value;

use super::approvals::{StaffedSite, can_be_others};
use crate::stories::book::Book;
use crate::stories::site::{Daemon, Site};

/// An office in which the suit of its one loan has been approved.
struct Court {
    staffed: StaffedSite,
    daemon: Daemon,
    case: String,
    matter: String,
}

impl Court {
    /// The last day of the limitation period.
    fn ends_on(&self) -> String {
        let told = self.staffed.site.json(&["case", "show", &self.case]);
        told["facts"]["limitation_ends_on"].as_str().expect("a day").to_owned()
    }

    fn open() -> Self {
        let staffed = StaffedSite::open();
        Book::of(&staffed.site).lend(&staffed.site, 1, 12);
        let daemon = staffed.site.start_and_wait();
        staffed
            .site
            .until("the suit waits", || (staffed.waiting().len() == 1).then_some(()));
        let matter = staffed.waiting().remove(0);
        // Whoever signs sees whom it is about, what is claimed, and what the court takes.
        let waiting = staffed.site.rows(&["approve"]);
        let signed = waiting[0]["to_sign"].as_str().expect("what is signed");
        for part in ["claim 500.00 yuan", "takes about 50.00 yuan", "court: 演练法院"]
        {
            assert!(signed.contains(part), "{part}: {signed}");
        }
        assert!(waiting[0]["name"].is_string(), "{waiting:?}");
        let approve = ["approve", matter.as_str(), "--reason", "材料齐全"];
        staffed.expect_as("nobody", 0, &approve, "诉请");
        let case = Book::case(0);
        let court = Self { staffed, daemon, case, matter };
        court.staffed.site.until("the suit is open", || {
            (court.open_matters().len() == 1).then_some(())
        });
        court
    }

    fn open_matters(&self) -> Vec<Value> {
        self.staffed.site.rows(&["legal", "ls"])
    }

    /// What the list shows of the one proceeding: its stage and the next day.
    fn stands(&self) -> (String, String) {
        let rows = self.open_matters();
        let text = |key: &str| rows[0][key].as_str().unwrap_or_default().to_owned();
        (text("stage"), text("next"))
    }

    /// Enters a form about the matter as the lawyer, which is taken.
    fn enter(&self, form: &str, args: &[&str], told: &str) {
        let today = self.staffed.site.today().to_string();
        let args = [args, &["--on", &today]].concat();
        let line = [&["legal", form, &self.matter][..], &args, &["--reason", "材料在卷"]]
            .concat();
        self.staffed.expect_as("nobody", 0, &line, told);
    }

    /// Tries to, which is refused with this.
    fn refuse(&self, exit: i32, form: &str, args: &[&str], told: &str) {
        let today = self.staffed.site.today().to_string();
        let day = if args.contains(&"--on") { &[][..] } else { &["--on", &today][..] };
        let args = [args, day].concat();
        let line = [&["legal", form, &self.matter][..], &args, &["--reason", "材料在卷"]]
            .concat();
        self.staffed.expect_as("nobody", exit, &line, told);
    }
}

/// A lawyer finds the one suit by its stage, its court and what is due, in staff's words.
fn is_found(court: &Court) {
    let staffed = &court.staffed;
    let table: [(&[&str], usize); 6] = [
        (&["--stage", "已提交"], 1),
        (&["--stage", "accepted"], 0),
        (&["--court", "演练", "--due-within", "7"], 1),
        (&["--court", "别处"], 0),
        (&["--due-within", "6"], 0),
        (&["--of", "示例法务", "--stage", "filed", "--due-within", "30"], 0),
    ];
    for (filters, count) in table {
        let rows = staffed.site.rows(&[&["legal", "ls"][..], filters].concat());
        assert_eq!(rows.len(), count, "{filters:?}: {rows:?}");
    }
    let row = court.open_matters().remove(0);
    assert_eq!((&row["name"], &row["court"]), (&"示例0".into(), &"演练法院".into()));
    assert_eq!(row["awarded_amount"], Value::Null);
    let (_, table) = staffed.run_as("nobody", &["legal", "ls", "--due-within", "7"]);
    for part in ["姓名", "判给金额", "filed(已提交)", "acceptance(法院受理答复)"]
    {
        assert!(table.contains(part), "{part}: {table}");
    }
    let unknown = ["legal", "ls", "--stage", "立案中"];
    staffed.expect_as("nobody", 1, &unknown, "accepted(已受理)");
    let (_, help) = staffed.run_as("nobody", &["legal", "ls", "--help"]);
    assert!(help.contains("--due-within <DAYS>"), "{help}");
}

/// Who works the case sees in the list and in its story where the suit stands.
fn is_seen(staffed: &StaffedSite, case: &str) {
    let (_, table) = staffed.run_as("bin", &["legal", "ls"]);
    for part in ["诉请金额", "enforcing(执行中)", "suit(诉讼)", "虚01执1号"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let (_, story) = staffed.run_as("bin", &["case", "show", case]);
    for part in [
        "示例法务 登记 已提交法院",
        "收件号 虚01民初1号",
        "裁判结果(事项",
        "撤回误登的一步(事项",
        "结果 胜诉",
        "金额 10.00 元",
        "财产 存款",
    ] {
        assert!(story.contains(part), "{part}: {story}");
    }
    let (_, story) = staffed.run_as("bin", &["case", "show", case, "--lang", "en"]);
    assert!(story.contains("entered what the court decided (matter"), "{story}");
}

#[test]
fn a_suit_is_entered_from_the_filing_to_its_close_and_everybody_sees_where_it_stands() {
    if !can_be_others() {
        return;
    }
    let court = Court::open();
    let Court { staffed, case, .. } = &court;
    assert_eq!(court.stands(), ("opened".into(), "file".into()));

    // Who may, and by what name: the collector not, a loan as good as a number.
    let today = staffed.site.today().to_string();
    let filed = [
        "legal",
        "filed",
        case,
        "--on",
        &today,
        "--court-no",
        "虚01民初1号",
        "--reason",
        "已收件",
    ];
    staffed.expect_as("bin", 5, &filed, "没有这个权限");
    staffed.expect_as("nobody", 0, &filed, "下一期限:法院受理答复");
    assert_eq!(court.stands(), ("filed".into(), "acceptance".into()));
    is_found(&court);
    court.refuse(1, "filed", &["--court-no", "1"], "`filed`");
    court.refuse(1, "judgment", &["--result", "赢了"], "可用 won(胜诉)");
    court.refuse(2, "accepted", &[], "--number");
    court.refuse(1, "accepted", &["--number", "1", "--on", "2099-01-01"], "还没有到");

    court.enter("accepted", &["--number", "虚01民初1号"], "已登记");
    court.enter(
        "preserved",
        &[
            "--asset",
            "存款",
            "--amount",
            "800",
            "--number",
            "虚01财保1号",
            "--until",
            "2099-12-31",
            "--sure",
        ],
        "法院审理",
    );
    court.enter("served", &["--document", "起诉状"], "已登记");
    // More than was claimed is most likely a slip of the hand.
    let won = ["--result", "胜诉", "--amount", "500000"];
    court.refuse(5, "judgment", &won, "诉请");
    court.enter("judgment", &["--result", "胜诉", "--amount", "10"], "上诉");
    assert_eq!(court.stands().0, "judged");
    // A step of another case is taken back, and entered anew.
    let undone = |step: &str, exit, told: &str| {
        let line =
            ["legal", "undone", &court.matter, "--step", step, "--reason", "登错了"];
        staffed.expect_as("nobody", exit, &line, told);
    };
    undone("开庭", 1, "最近一步是 `judgment`");
    let by = ["legal", "undone", &court.matter, "--step", "裁判", "--reason", "x"];
    staffed.expect_as("bin", 5, &by, "没有这个权限");
    undone("裁判", 0, "法院审理");
    assert_eq!(court.stands().0, "accepted");
    court.enter("judgment", &["--result", "胜诉", "--amount", "10"], "上诉");
    court.enter("appealed", &["--by", "对方"], "已登记");
    court.enter("judgment", &["--result", "won", "--amount", "10"], "申请执行");
    court.enter("enforcement", &["--number", "虚01执1号"], "法院执行");
    court.enter("terminated", &["--number", "虚01执1号之一"], "财产复查");
    court.enter("rechecked", &["--found", "有财产"], "法院执行");
    assert_eq!(court.stands().0, "enforcing");

    is_seen(staffed, case);

    is_closed_once(&court);
    court.daemon.stop();
    court.staffed.site.verify();
}

/// A matter is closed as enforced while something is owed only by whoever is sure of it.
fn is_closed_once(court: &Court) {
    let Court { staffed, case, .. } = court;
    let owing = ["legal", "closed", case, "--why", "执行到位", "--reason", "材料在卷"];
    staffed.expect_as("nobody", 5, &owing, "本案还欠");
    court.enter("closed", &["--why", "执行到位", "--sure"], "已登记");
    assert_eq!(court.open_matters(), Vec::<Value>::new());
    let closed = staffed.site.rows(&["legal", "ls", "--case", case]);
    assert_eq!(closed[0]["stage"], "closed");
    let again = ["legal", "closed", case, "--why", "还清", "--reason", "再登"];
    staffed.expect_as("nobody", 5, &again, "没有未结的法务事项");
}

#[test]
fn the_task_of_a_day_that_is_seen_to_is_closed_and_the_limitation_period_begins_anew() {
    if !can_be_others() {
        return;
    }
    let court = Court::open();
    let Court { staffed, case, .. } = &court;
    let before = court.ends_on();
    court.enter("filed", &["--court-no", "虚01民初1号"], "已登记");
    assert!(before < court.ends_on(), "{before}");
    let lines = staffed.site.journal();
    let line = lines.iter().find(|line| line["body"]["what"]["form"] == "filed");
    let what = &line.expect("it is written down")["body"]["what"];
    assert_eq!(what["plugin"], "legal");
    assert_eq!(what["filled"]["court_no"], "虚01民初1号");
    // A debtor who is reported dead signs nothing.
    let death = ["case", "report", case, "deceased", "--reason", "村委会证明"];
    staffed.expect_as("root", 0, &death, "已登记");
    let served = ["--document", "complaint"];
    court.refuse(5, "served", &served, "已登记死亡");
    court.enter("served", &[&served[..], &["--sure"]].concat(), "已登记");
    court.daemon.stop();
    court.staffed.site.verify();
}

/// Types a form about the loan as the lawyer.
fn enter_of_loan(
    staffed: &StaffedSite,
    case: &str,
    form: &str,
    args: &[&str],
    told: &str,
) {
    let line = [&["legal", form, case][..], args, &["--reason", "原件已核对"]].concat();
    staffed.expect_as("nobody", 0, &line, told);
}

#[test]
fn what_bears_on_the_clocks_of_a_loan_is_entered_and_moves_them() {
    if !can_be_others() {
        return;
    }
    let court = Court::open();
    let Court { staffed, case, .. } = &court;
    let today = staffed.site.today().to_string();
    let before = court.ends_on();
    let notice = ["--on", &today, "--paper", "省级", "--missing", "退信1"];
    let by =
        [&["legal", "notice", case][..], &notice, &["--receipt", "虚报8版"]].concat();
    staffed.expect_as("bin", 5, &[&by[..], &["--reason", "x"]].concat(), "没有这个权限");
    staffed.expect_as("nobody", 2, &["legal", "notice", case, "--reason", "x"], "--on");
    let unread = ["legal", "suspended", case, "--on", &today, "--cause", "农忙"];
    let unread = [&unread[..], &["--receipt", "1", "--reason", "x"]].concat();
    staffed.expect_as("nobody", 1, &unread, "继承人未确定");

    let notice = [&notice[..], &["--receipt", "虚报8版"]].concat();
    enter_of_loan(staffed, case, "notice", &notice, "诉讼时效(已证明)至");
    assert!(before < court.ends_on(), "{before}");
    // The contract's own last day, three years before the end by what it says.
    let contract =
        ["--on", "2020-01-05", "--until", "2099-01-05", "--receipt", "虚借1号"];
    enter_of_loan(staffed, case, "contract", &contract, "已登记");
    assert_eq!(court.ends_on(), "2102-01-05");
    let accelerated = ["--on", &today, "--receipt", "虚通1号"];
    enter_of_loan(staffed, case, "accelerated", &accelerated, "已登记");
    assert!(court.ends_on().as_str() < "2099", "{}", court.ends_on());
    // It was another loan: the act is taken back, and stays in the story.
    let again = ["legal", "accelerated", case, "--on", &today, "--receipt", "虚通1号"];
    let again = [&again[..], &["--reason", "x"]].concat();
    staffed.expect_as("nobody", 1, &again, "与最近一次登记完全相同");
    let retracted = ["--what", "提前到期", "--on", &today];
    let by = [&["legal", "retracted", case][..], &retracted, &["--reason", "x"]].concat();
    staffed.expect_as("bin", 5, &by, "没有这个权限");
    enter_of_loan(
        staffed,
        case,
        "retracted",
        &retracted,
        "诉讼时效(已证明)至 2102-01-05",
    );
    staffed.expect_as("nobody", 1, &by, "没有这样一条有效的登记");
    assert_eq!(court.ends_on(), "2102-01-05");

    let (_, story) = staffed.run_as("bin", &["case", "show", case]);
    for part in [
        "报纸公告催收,日期",
        "报纸级别 省级",
        "合同最后一期的到期日,日期 2020-01-05",
        "撤回误登的期限事项,哪一项 提前到期",
    ] {
        assert!(story.contains(part), "{part}: {story}");
    }
    let (_, story) = staffed.run_as("bin", &["case", "show", case, "--lang", "en"]);
    assert!(story.contains("entered a demand by notice in a newspaper, "), "{story}");
    let lines = staffed.site.journal();
    let line = lines.iter().find(|line| line["body"]["what"]["form"] == "accelerated");
    let what = &line.expect("it is written down")["body"]["what"];
    assert_eq!(what["filled"]["receipt"], "虚通1号");
    assert_eq!(what["order"], Value::Null, "it is about the loan");
    court.daemon.stop();
    court.staffed.site.verify();
}

#[test]
fn a_suit_that_is_older_than_the_book_is_entered_seen_and_taken_back() {
    if !can_be_others() {
        return;
    }
    let staffed = StaffedSite::open();
    Book::of(&staffed.site).lend(&staffed.site, 1, 12);
    let daemon = staffed.site.start_and_wait();
    staffed.site.until("the suit waits", || (staffed.waiting().len() == 1).then_some(()));
    let case = Book::case(0);
    let today = staffed.site.today().to_string();
    let existing = format!(
        "legal existing {case} --kind 诉讼 --court 虚构县人民法院 --on {today} \
         --court-no 虚民初7号 --claim 300 --judged {today} --result 胜诉 --awarded 300 \
         --owner 示例法务 --reason 接手时核对卷宗"
    );
    let existing: Vec<&str> = existing.split(' ').collect();
    staffed.expect_as("bin", 5, &existing, "没有这个权限");
    staffed.expect_as("nobody", 5, &existing, "没送出的指令");
    let sure = [&existing[..], &["--sure"]].concat();
    staffed.expect_as("nobody", 0, &sure, "下一期限:");
    let rows = staffed.site.rows(&["legal", "ls"]);
    assert_eq!(
        (rows[0]["stage"].as_str(), rows[0]["court"].as_str()),
        (Some("judged"), Some("虚构县人民法院"))
    );
    let shown = staffed.site.json(&["case", "show", &case]);
    assert_eq!(shown["facts"]["court_stage"], "judged");
    let (_, story) = staffed.run_as("bin", &["case", "show", &case]);
    for part in ["接手时已有的法院案件", "案号 虚民初7号", "判给金额 300.00 元"]
    {
        assert!(story.contains(part), "{part}: {story}");
    }
    staffed.expect_as("nobody", 1, &existing, "已有未结的同类事项");
    let paper = ["--step", "裁判", "--document", "判决书", "--place", "档案2026-7"];
    let paper = [&["legal", "paper", &case][..], &paper, &["--reason", "归档"]].concat();
    staffed.expect_as("nobody", 0, &paper, "卷宗现有 1 份");
    // The suit that a workflow has asked for is taken back with it: nobody signs another.
    assert_eq!(staffed.waiting(), Vec::<String>::new());
    assert_eq!(staffed.site.orders("file_suit", "cancelled"), 1);
    let lines = staffed.site.journal();
    let rejected = lines.iter().find(|line| line["body"]["did"] == "rejected");
    let rejected = &rejected.expect("it is written down")["body"];
    assert_eq!(rejected["by"], "示例法务");
    assert_eq!(rejected["reason"], "接手时核对卷宗");
    assert_eq!(staffed.site.rows(&["legal", "ls"]).len(), 1);

    for step in ["裁判", "提交法院"] {
        let undone = ["legal", "undone", &case, "--step", step, "--reason", "登错了贷款"];
        staffed.expect_as("nobody", 0, &undone, "已登记");
    }
    assert_eq!(staffed.site.rows(&["legal", "ls"]), Vec::<Value>::new());
    let shown = staffed.site.json(&["case", "show", &case]);
    assert_eq!(shown["facts"]["court_stage"], Value::Null);
    daemon.stop();
    staffed.site.verify();
}

#[test]
fn a_slip_in_the_table_of_courts_is_refused_by_check_and_stops_no_daemon() {
    let site = Site::at_noon();
    let table = site.path("workflows/courts.toml");
    site.save("courts.toml", "[[court]]\nname = \"\"\nprefixes = [\"虚构县\"]\n");
    let folder = site.workflows().display().to_string();
    let checked = site.run(&["check", &folder]);
    assert_eq!(checked.exit, 1, "{}", checked.out);
    assert!((checked.out + &checked.err).contains("court 1 has no name"));
    let daemon = site.start_and_wait();
    let looks = site.run(&["doctor"]);
    assert!(looks.out.contains("court 1 has no name"), "{}", looks.out);
    std::fs::remove_file(table).expect("it goes");
    assert!(!site.run(&["doctor"]).out.contains("court 1"), "it counts at once");
    drop(daemon);
}
