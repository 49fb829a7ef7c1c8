//! Stopping, resuming, dropping (停发、恢复、放弃): who may, what is said, and what
//! becomes of the orders, on a site whose gateway is a folder.

use serde_json::Value;

use crate::stories::book::Book;
use crate::stories::site::{Daemon, Site};

const ROUND: &str = r#"-- 群发:每个客户一条短信,再给信贷员一件待办
-- A message to everybody, and a task
workflow "round" {
  title = { zh = "群发", en = "Round" },
  lane = "contact",
  start = "tell",
  enrol = { days_past_due = { 1, 30 } },
}

always {
  on_refused = function(case, order) return stay() end,
  on_cancelled = function(case, order)
    task { title = "指令被放弃", kind = "dropped" }
    return stay()
  end,
}

stage "tell" { sms = "plain", wait = 20 * days, next = "over" }

stage "over" { finish = "over" }
"#;

const CASES: u32 = 3;

/// Three cases are about to get a message, and everything is stopped.
fn stopped() -> (Site, Daemon) {
    let site = Site::at_noon();
    site.save("round.lua", ROUND);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    site.ok(&["pause", "all", "--reason", "先看一看"]);
    Book::of(&site).lend(&site, CASES, 10);
    let daemon = site.start_and_wait();
    site.until_equal("the messages are held", &u64::from(CASES), || held(&site));
    (site, daemon)
}

fn held(site: &Site) -> u64 {
    let status = site.json(&["status"]);
    let stops = status["stops"].as_array().expect("stops are a list").iter();
    stops.map(|stop| stop["held"].as_u64().expect("a count")).sum()
}

fn expect(site: &Site, exit: i32, args: &[&str], part: &str) {
    let told = site.run(args);
    let text = told.out + &told.err;
    assert_eq!(told.exit, exit, "`{}`: {text}", args.join(" "));
    assert!(text.contains(part), "`{}` tells {part:?}: {text}", args.join(" "));
}

#[test]
fn orders_given_while_a_stop_stands_wait_until_it_is_lifted() {
    let (site, daemon) = stopped();
    assert!(site.calls().is_empty(), "nothing has left");
    let status = site.ok(&["status", "--lang", "zh"]);
    for part in ["停发 all", "留住 3 条指令", "先看一看", "人工"] {
        assert!(status.contains(part), "{part}: {status}");
    }
    let status = site.ok(&["status"]);
    assert!(status.contains("stopped: all holds 3 orders"), "{status}");
    let held = site.rows(&["order", "ls", "--status", "held"]);
    assert!(held.iter().all(|it| it["note"] == "先看一看"), "{held:?}");
    let order = held[0]["order"].to_string();
    expect(&site, 5, &["order", "retry", &order, "--reason", "x"], "held by a stop");
    let shown = site.ok(&["case", "show", &Book::case(0)]);
    assert!(shown.contains("sms held(先看一看"), "{shown}");

    expect(&site, 0, &["pause", "all", "--reason", "又一次"], "stopped before");
    expect(
        &site,
        0,
        &["pause", "channel", "sms", "--reason", "查网关"],
        "stopped: channel sms",
    );
    expect(
        &site,
        0,
        &["resume", "all", "--reason", "看过了"],
        "still stopped: channel sms",
    );
    site.until_equal("the channel holds them", &3, || self::held(&site));
    expect(
        &site,
        0,
        &["resume", "channel", "sms", "--reason", "已修好"],
        "3 orders go on",
    );
    site.until_equal("all have left", &3, || site.orders("sms", "delivered"));
    let shown = site.ok(&["case", "show", &Book::case(0)]);
    assert!(shown.contains("sms pending(已修好"), "{shown}");
    let told = site.journal();
    let of_site = |did: &str| told.iter().filter(|it| it["body"]["did"] == did).count();
    assert_eq!((of_site("sending_stopped"), of_site("sending_resumed")), (2, 2));
    daemon.stop();
    site.verify();
}

#[test]
fn what_is_not_there_cannot_be_stopped_or_resumed() {
    let (site, daemon) = stopped();
    for (args, part) in [
        (&["pause", "channel", "sm", "--reason", "x"][..], "did you mean `sms`"),
        (&["pause", "渠道", "sm", "--reason", "x"], "did you mean `sms`"),
        (&["resume", "停发", "5", "--reason", "x"], "what is stopped: all"),
        (&["resume", "全部", "--spread", "400小时", "--reason", "x"], "168h (a week)"),
        (&["pause", "workflow", "rond", "--reason", "x"], "did you mean `round`"),
        (&["pause", "release", "9", "--reason", "x"], "there are 1"),
        (&["pause", "all", "--reason", " "], "--reason"),
        (&["resume", "workflow", "round", "--reason", "x"], "what is stopped: all"),
        (&["resume", "stop", "5", "--reason", "x"], "what is stopped: all"),
        (&["resume", "stop", "all", "--reason", "x"], "a stop has a number"),
        (&["resume", "all", "--spread", "soon", "--reason", "x"], "4h or 90m"),
        (&["resume", "all", "--spread", "400h", "--reason", "x"], "168h (a week)"),
        (&["resume", "all", "--spread-hours", "169", "--reason", "x"], "168h (a week)"),
        (
            &["resume", "all", "--spread", "999999h", "--reason", "x"],
            "nothing was changed",
        ),
        (&["order", "drop", "--reason", "x"], "--workflow"),
        (&["order", "drop", "--status", "leased", "--reason", "x"], "no status `leased`"),
        (&["order", "drop", "--verb", "smss", "--reason", "x"], "did you mean `sms`"),
        (
            &["order", "drop", "--workflow", "round", "--reason", "x"],
            "3 orders would be dropped",
        ),
    ] {
        expect(&site, 1, args, part);
    }
    for args in [
        &["pause", "channel", "--reason", "x"][..],
        &["pause", "渠道", "--reason", "x"],
        &["pause", "sms", "--reason", "x"],
    ] {
        assert_eq!(site.run(args).exit, 2, "{args:?}");
    }
    assert_eq!(held(&site), 3, "nothing was changed");
    daemon.stop();
    site.verify();
}

#[test]
fn orders_are_dropped_by_query_and_their_workflows_hear_of_it() {
    let (site, daemon) = stopped();
    let query =
        ["order", "drop", "--workflow", "round", "--channel", "sms", "--release", "1"];
    let told = site.run(&[&query[..], &["--reason", "发错了", "-o", "json"]].concat());
    assert_eq!(told.exit, 1);
    let counted: Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!(counted["would_drop"], 3);
    let done = site.json(&[&query[..], &["--yes", "--reason", "发错了"]].concat());
    assert_eq!(done["dropped"], 3);
    assert_eq!(site.orders("sms", "cancelled"), 3);
    expect(
        &site,
        0,
        &[&query[..], &["--reason", "发错了"]].concat(),
        "no order is like that",
    );
    site.until_equal("every workflow has heard of it", &3, || {
        site.orders("task", "held")
    });
    site.ok(&["resume", "all", "--drop-older-than", "0", "--reason", "都不要了"]);
    site.until_equal("nothing is left", &0, || held(&site));
    assert_eq!(site.orders("task", "cancelled"), 3);
    assert!(site.calls().is_empty());
    daemon.stop();
    site.verify();
}

#[test]
fn a_stop_is_placed_and_lifted_without_a_daemon() {
    let (site, daemon) = stopped();
    daemon.kill_nine();
    expect(&site, 0, &["pause", "release", "1", "--reason", "x"], "stopped: release 1");
    expect(
        &site,
        0,
        &["resume", "all", "--spread", "90m", "--reason", "x"],
        "over 90 minutes",
    );
    expect(
        &site,
        0,
        &["resume", "release", "1", "--spread-hours", "4", "--reason", "x"],
        "4 hours",
    );
    let rows = site.rows(&["order", "ls"]);
    assert_eq!(rows.iter().filter(|row| row["status"] == "pending").count(), 3);
    site.verify();
    let daemon = site.start_and_wait();
    site.until_equal("the first of them leaves", &1, || site.orders("sms", "delivered"));
    daemon.stop();
    site.verify();
}
