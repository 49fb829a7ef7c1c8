//! A slow gateway (网关迟缓): what queues behind it is reviewed again when its turn
//! comes, and the daemon still listens.

use std::time::{Duration, Instant};

use super::book::Book;
use super::gateway::Gateway;
use super::guard::{ROUND, TEXT};
use super::site::{Daemon, Site};

/// The far side takes so long for one message.
const SLOW: Duration = Duration::from_millis(1_500);
const CASES: u32 = 10;

/// A daemon that has handed its first message to the gateway, which takes one at
/// a time.
fn behind_a_slow_gateway(cases: u32) -> (Site, Daemon, Gateway) {
    let gateway = Gateway::that_takes(SLOW);
    let site = Site::at_noon();
    gateway.serves_with(&site, "at_once = 1\n");
    site.save("round.lua", ROUND);
    site.save("templates/plain.txt", TEXT);
    let mut book = Book::of(&site);
    book.lend(&site, cases, 10);
    let daemon = site.start_and_wait();
    site.until("the first message is taken", || (0 < gateway.heard()).then_some(()));
    (site, daemon, gateway)
}

#[test]
fn who_pays_while_messages_queue_behind_a_slow_gateway_is_not_reminded() {
    let (site, daemon, gateway) = behind_a_slow_gateway(CASES);
    let last = Book::case(CASES - 1);
    site.ok(&[
        "pay",
        &last,
        "--amount",
        "500",
        "--receipt",
        "88001",
        "--reason",
        "counter",
    ]);
    let told = u64::from(CASES - 1);
    site.until_equal("the others are told", &told, || site.orders("sms", "delivered"));
    site.until_equal("the last is let be", &1, || site.orders("sms", "cancelled"));
    let texts = gateway.texts();
    assert!(!texts.contains(&last), "the debtor had paid: {texts}");
    daemon.stop();
    site.verify();
}

#[test]
fn a_daemon_told_to_stop_does_not_wait_for_the_whole_queue() {
    let (site, daemon, _gateway) = behind_a_slow_gateway(40);
    let asked = Instant::now();
    daemon.stop();
    // Forty messages take a minute.
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
    site.verify();
    assert_eq!(site.orders("sms", "leased"), 0, "what did not leave is given back");
}
