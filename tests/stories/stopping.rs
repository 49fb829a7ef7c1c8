//! A bad mass sending (误群发): it is stopped, taken back, and nothing of it leaves
//! afterwards, whatever happens to the daemon.

use std::time::{Duration, Instant};

use super::book::Book;
use super::gateway::Gateway;
use super::site::{Daemon, Site};

/// The far side takes so long for one message.
const SLOW: Duration = Duration::from_millis(50);
/// What is stopped has stopped after so long.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Messages on their way, `STORY_MESSAGES` when it is set.
fn messages() -> u32 {
    let asked = std::env::var("STORY_MESSAGES").ok();
    asked.and_then(|it| it.parse().ok()).unwrap_or(300)
}

/// What runs before; it says nothing to anybody.
const QUIET: &str = r#"-- 观察:什么也不发
-- Quiet: sends nothing
workflow "quiet" {
  title = { zh = "观察", en = "Quiet" },
  lane = "watch",
  start = "waiting",
  enrol = { days_past_due = { 1, 30 } },
}

stage "waiting" { wait = 20 * days, next = "over" }

stage "over" { finish = "over" }
"#;

const HELLO: &str = r#"-- 群发:每个客户一条短信
-- A message to everybody
workflow "hello" {
  title = { zh = "群发", en = "Hello" },
  lane = "contact",
  start = "greet",
  enrol = { days_past_due = { 1, 30 } },
}

always { on_refused = function(case, order) return stay() end }

stage "greet" { sms = "plain", wait = 20 * days, next = "over" }

stage "over" { finish = "over" }
"#;

/// A site whose every debtor is about to get a message that nobody wanted: the
/// second release is live, and some messages have left.
fn everybody_is_greeted(hello: &str) -> (Site, Gateway, Daemon) {
    let gateway = Gateway::that_takes(SLOW);
    let site = Site::at_noon();
    gateway.serves(&site);
    site.save("quiet.lua", QUIET);
    site.save("templates/plain.txt", "贷款 {{ 贷款编号 }},请与信贷员联系。");
    let mut book = Book::of(&site);
    book.lend(&site, messages(), 10);
    let daemon = site.start_and_wait();
    site.until_equal("the quiet release runs", &1, || site.release());
    site.save("hello.lua", hello);
    site.until("the release is seen to reach far", || {
        (site.json(&["status"])["folder"]["outcome"] == "awaiting_confirmation")
            .then_some(())
    });
    site.ok(&["releases", "--confirm"]);
    site.until("messages leave", || (3 < gateway.heard()).then_some(()));
    (site, gateway, daemon)
}

/// What the gateway has heard once whatever was in its hands has come to an end,
/// and what it has heard a while later.
fn heard_then_and_later(gateway: &Gateway) -> (usize, usize) {
    std::thread::sleep(AT_ONCE);
    let then = gateway.heard();
    std::thread::sleep(AT_ONCE + SLOW * 10);
    (then, gateway.heard())
}

#[test]
fn a_bad_mass_sending_is_paused_and_rolled_back_and_none_leaves_whoever_dies() {
    let (site, gateway, daemon) = everybody_is_greeted(HELLO);
    let all = u64::from(messages());
    let asked = Instant::now();
    site.ok(&["pause", "workflow", "hello", "--reason", "群发有误"]);
    let took = asked.elapsed();
    let (heard, later) = heard_then_and_later(&gateway);
    assert_eq!(heard, later, "paused in {took:?}");
    assert!((heard as u64) < all, "some are still on their way");
    let held =
        |site: &Site| site.json(&["status"])["stops"][0]["held"].as_u64().unwrap_or(0);
    let delivered = || site.orders("sms", "delivered");
    site.until("the rest is held", || (held(&site) + delivered() == all).then_some(()));
    let stop = &site.json(&["status"])["stops"][0];
    assert_eq!((&stop["scope"], &stop["target"]), (&"workflow".into(), &"hello".into()));
    assert_eq!((&stop["reason"], &stop["cause"]), (&"群发有误".into(), &"person".into()));
    daemon.kill_nine();
    site.verify();

    let daemon = site.start_and_wait();
    assert_eq!(heard_then_and_later(&gateway), (heard, heard), "a restart lets none go");
    site.ok(&["rollback", "1", "--reason", "群发有误"]);
    assert_eq!(site.release(), 1);
    assert_eq!(site.orders("sms", "cancelled"), all - delivered());
    daemon.kill_nine();
    let daemon = site.start_and_wait();
    site.ok(&["resume", "workflow", "hello", "--reason", "已回退"]);
    assert_eq!(
        heard_then_and_later(&gateway),
        (heard, heard),
        "nor does the end of the pause"
    );
    daemon.stop();
    site.verify();
}

#[test]
fn a_rollback_alone_stops_what_the_release_gave_and_its_cases_go_on_with_it() {
    let (site, gateway, daemon) = everybody_is_greeted(HELLO);
    let all = u64::from(messages());
    site.ok(&["rollback", "1", "--reason", "群发有误"]);
    let (heard, later) = heard_then_and_later(&gateway);
    assert_eq!(heard, later);
    assert!((heard as u64) < all, "some were on their way");
    let status = site.json(&["status"]);
    assert_eq!(status["stuck"]["parked"], all, "{status}");
    assert_eq!(status["stuck"]["errors"][0]["fingerprint"], "lost_place");
    assert_eq!(site.orders("sms", "cancelled") + site.orders("sms", "delivered"), all);
    let case = Book::case(0);
    let shown = site.ok(&["case", "ls", "--limit", "1"]);
    assert!(shown.contains("hello/greet(parked:lost_place)"), "{shown}");
    site.verify();
    // Another edit of what runs goes live beside the parked cases.
    std::fs::remove_file(site.workflows().join("hello.lua")).expect("it is there");
    site.save("quiet.lua", QUIET.replace("20 * days", "21 * days"));
    site.until_equal("the edit is live", &3, || site.release());
    assert_eq!(site.json(&["status"])["stuck"]["parked"], all);

    site.ok(&["rollback", "2", "--reason", "流程恢复"]);
    let status = site.json(&["status"]);
    assert_eq!(status["stuck"]["parked"], 0, "{status}");
    let (then, later) = heard_then_and_later(&gateway);
    assert_eq!((then, later), (heard, heard), "nobody enters the stage again");
    let shown = site.json(&["case", "show", &case]);
    let at = shown["where"].as_array().expect("places").iter();
    let at = at.filter(|it| it["workflow"] == "hello").collect::<Vec<_>>();
    assert_eq!(at[0]["stage"], "greet", "{shown}");
    assert!(at[0]["next_at"].is_string(), "its wait stands");
    daemon.stop();
    site.verify();
}
