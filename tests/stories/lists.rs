//! A book from a list alone (单凭清单建账): what a bank prints daily is enough to remind,
//! with the right amount and days, and old stock enters by a search.

use std::fmt::Write;

use jiff::ToSpan;

use super::site::Site;

const REMIND: &str = r#"-- 提醒:逾期 1 到 30 天发一条短信
-- Reminder: one message from the 1st to the 30th day
workflow "remind" {
  title = { zh = "提醒", en = "Reminder" },
  lane = "contact",
  start = "tell",
  enrol = { days_past_due = { 1, 30 } },
}

always {
  on_refused = function(case, order) return stay() end,
}

stage "tell" {
  title = { zh = "提醒", en = "Remind" },
  enter = function(case)
    sms "due"
    return wait(400 * days, "tell")
  end,
}
"#;

const OLD: &str = r#"-- 存量:老案件由人放进来
-- Old stock: cases that people put in
workflow "old" {
  title = { zh = "存量", en = "Old stock" },
  lane = "contact",
  start = "wait",
}

stage "wait" {
  title = { zh = "等待", en = "Wait" },
  enter = function(case)
    return wait(400 * days, "wait")
  end,
}
"#;

const TEXT: &str = "{{ 机构 }}:{{ 客户 }}逾期 {{ 逾期天数 }} 天,应还 {{ 逾期金额 }} 元";

#[test]
fn a_complaint_that_was_resolved_before_it_was_taken_up_is_acknowledged_to_nobody() {
    let site = Site::at_noon();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/workflows");
    for file in ["complaint.lua", "templates/complaint_received.txt"] {
        let text = std::fs::read(format!("{folder}/{file}")).expect("it is shipped");
        site.save(file, text);
    }
    site.import("cases", &list(&[12, 12]));
    let (before, today) = (site.today() - 1.day(), site.today());
    site.import(
        "events",
        &format!(
            "日期,贷款编号,类型\n{before},QS-1,投诉\n{today},QS-1,投诉办结\n{today},QS-2,投诉\n"
        ),
    );
    let daemon = site.start_and_wait();
    let complaint = |case: &str| site.ok(&["case", "show", case]);
    let is_taken_up = |told: &str| told.contains("complaint / acknowledge");
    site.until("the open one is taken up", || {
        is_taken_up(&complaint("QS-2")).then_some(())
    });
    let resolved = site.until("the run of the other has ended", || {
        Some(complaint("QS-1")).filter(|told| told.contains("complaint acknowledge"))
    });
    assert!(!resolved.contains("notice"), "{resolved}");
    daemon.stop();
    site.verify();
}

fn site() -> Site {
    let site = Site::at_noon();
    site.save("remind.lua", REMIND);
    site.save("old.lua", OLD);
    site.save("templates/due.txt", TEXT);
    site
}

/// Loans, each so many days past due.
fn list(days: &[i64]) -> String {
    let mut list = String::from(
        "贷款编号,客户编号,客户姓名,手机号,自然村,借款本金,余额,逾期本金,逾期利息,逾期天数\n",
    );
    for (nth, days) in (1..).zip(days) {
        writeln!(
            list,
            "QS-{nth},K{nth},示例{nth},000{nth:08},石桥村,5000,4000,1000,50.50,{days}"
        )
        .expect("a text can be written");
    }
    list
}

#[test]
fn a_list_alone_reminds_with_the_right_amount_and_days() {
    let site = site();
    site.import("cases", &list(&[8]));
    let daemon = site.start_and_wait();
    // The call is logged before the message lies there.
    site.until_equal("a message leaves", &1, || site.orders("sms", "delivered"));
    let messages = std::fs::read_dir(site.path("spool/sms")).expect("the tray is there");
    let text: String = messages
        .flatten()
        .map(|it| std::fs::read_to_string(it.path()).expect("a message can be read"))
        .collect();
    assert!(text.contains("逾期 8 天,应还 1050.50 元"), "{text}");
    // The next morning's list: the debtor has paid what was overdue.
    let paid = list(&[0]).replace(",4000,1000,50.50,", ",3000,0,0,");
    let paid = format!("数据日期:{},,,,,,,,,\n{paid}", site.today());
    site.import("cases", &paid);
    let facts = site.json(&["case", "show", "QS-1"])["facts"].clone();
    assert_eq!(
        (&facts["overdue"], &facts["balance"]),
        (&"0.00".into(), &"3000.00".into())
    );
    daemon.stop();
    site.verify();
}

#[test]
fn old_stock_enters_by_a_search_that_is_counted_first() {
    let site = site();
    site.import("cases", &list(&[8, 95, 200, 400]));
    let daemon = site.start_and_wait();
    let none = || {
        let rows = site.rows(&["case", "ls", "--in-none"]);
        rows.iter()
            .map(|row| row["case_id"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let old = ["QS-4", "QS-3", "QS-2"].map(str::to_owned).to_vec();
    site.until_equal("the young one is in a workflow", &old, none);
    let search = [
        "case",
        "enrol",
        "old",
        "--where",
        "days=91..300",
        "--where",
        "village=石桥村",
        "--reason",
        "存量案件",
    ];
    let told = site.json(&search);
    assert_eq!((&told["found"], &told["entered"]), (&2.into(), &0.into()), "{told}");
    assert_eq!(none(), old, "counting changes nothing");
    let told = site.json(&[&search[..], &["--yes"]].concat());
    assert_eq!(told["entered"], 2, "{told}");
    assert_eq!(none(), ["QS-4".to_owned()]);
    let by_hand = site.journal().into_iter().filter(|it| {
        it["body"]["did"] == "by_hand" && it["body"]["what"]["enrolled"] == "old"
    });
    assert_eq!(by_hand.count(), 2, "each case has its line");
    let told =
        site.run(&["case", "enrol", "nowhere", "--where", "days=1..", "--reason", "x"]);
    assert_eq!(told.exit, 1);
    assert!(told.err.contains("no workflow `nowhere`"), "{}", told.err);
    let told = site.run(&["case", "enrol", "old", "--where", "dais=1", "--reason", "x"]);
    assert!(told.exit != 0 && told.err.contains("days=31..60"), "{}", told.err);
    daemon.stop();
    site.verify();
}

#[test]
fn a_daemon_goes_on_answering_while_a_long_list_comes_in() {
    let site = site();
    let opened = site.today().saturating_sub(100.days());
    let mut cases = String::from("case_id,debtor_id,principal,opened\n");
    for nth in 0..25_000 {
        writeln!(cases, "L{nth:06},D{nth},100,{opened}").expect("a text can be written");
    }
    let path = site.path("long.csv");
    std::fs::write(&path, cases).expect("the list is written");
    let daemon = site.start_and_wait();
    std::thread::scope(|scope| {
        let importing = scope.spawn(|| {
            site.json(&["import", "cases", path.to_str().expect("a plain path")])
        });
        site.until("part of it is in the book", || {
            let status = site.json(&["status"]);
            (status["import_in_hand"]["file"] == "long.csv").then_some(())
        });
        // A person enters a note meanwhile; it does not wait for the end.
        let noted = site.ok(&["case", "report", "L000000", "note", "--reason", "来电"]);
        assert!(!noted.is_empty());
        let report = importing.join().expect("the import comes to its end");
        assert_eq!(report["new"], 25_000, "{report}");
    });
    assert!(site.json(&["status"])["import_in_hand"].is_null());
    daemon.stop();
    site.verify();
}
