//! Sudden death (崩溃): the daemon is killed at random points of its work, and
//! afterwards nothing is lost and nothing was sent twice that may not be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::book::Book;
use super::rng::{Rng, asked};
use super::site::{Site, count_in};

/// A text message, then a letter that may leave only once, then a task.
pub(super) const DRILL: &str = r#"-- 崩溃演练:先短信,再催收函,再给人开待办
-- Drill: a text message, a demand letter, a task
workflow "drill" {
  title = { zh = "演练", en = "Drill" },
  lane = "contact",
  start = "at_work",
  enrol = { days_past_due = { 1, 60 } },
}

always {
  on_delivered = function(case, order)
    if order.verb == "sms" then
      demand_letter "demand"
    elseif order.verb == "demand_letter" then
      task { title = "核对是否收到", kind = "drill" }
    end
    return stay()
  end,
  on_unknown = function(case, order)
    task { title = "核对是否收到", kind = "drill" }
    return stay()
  end,
  on_refused = function(case, order) return stay() end,
}

stage "at_work" { sms = "remind", wait = 30 * days, next = "over" }

stage "over" { finish = "over" }
"#;

pub(super) const TEXT: &str =
    "{{ 客户 }}:贷款 {{ 贷款编号 }} 逾期 {{ 逾期金额 }} 元,请还款。";

/// Cases at the start, and more whenever the work runs out before the deaths.
const CASES: u32 = 200;
const MORE: u32 = 40;
/// A life lasts less than this, counted from the start of the process.
const LONGEST_LIFE_MS: u64 = 2_000;

#[test]
fn a_daemon_killed_at_random_points_loses_nothing_and_repeats_no_letter() {
    // The moments of the deaths are drawn.
    let seed = asked("SEED").unwrap_or(20_260_130);
    let deaths = asked("SEEDS").unwrap_or(20);
    let mut rng = Rng::of(seed);
    let again = format!("SEED={seed} SEEDS={deaths}");
    let site = Site::at_noon();
    site.save("drill.lua", DRILL);
    site.save("templates/remind.txt", TEXT);
    site.save("templates/demand.txt", TEXT);
    let mut book = Book::of(&site);
    book.lend(&site, CASES, 10);
    for _ in 0..deaths {
        if all_settled(&site, &book) {
            book.lend(&site, MORE, 10);
        }
        let daemon = site.start();
        std::thread::sleep(Duration::from_millis(rng.below(LONGEST_LIFE_MS)));
        daemon.kill_nine();
    }
    let daemon = site.start_and_wait();
    site.until(&format!("every order is settled ({again})"), || {
        all_settled(&site, &book).then_some(())
    });
    daemon.stop();
    site.verify();
    every_case_has_its_orders(&site, &book, &again);
    the_tray_agrees(&site, &book, &again);
    at_most_one_letter_a_death_is_unknown(&site, deaths, &again);
}

pub(super) fn all_settled(site: &Site, book: &Book) -> bool {
    let status = site.json(&["status"]);
    let count = |verb, word| count_in(&status, verb, word);
    let letters = count("demand_letter", "delivered") + count("demand_letter", "unknown");
    let all = u64::from(book.cases());
    count("sms", "delivered") == all
        && letters == all
        && count("task", "delivered") == all
}

pub(super) fn every_case_has_its_orders(site: &Site, book: &Book, again: &str) {
    let mut of_case: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in site.rows(&["order", "ls", "--limit", "0"]) {
        let status = match word(&row, "status") {
            // Both are an end; which of the two is counted elsewhere.
            "unknown" if row["verb"] == "demand_letter" => "delivered",
            status => status,
        };
        let line = format!("{} {status}", word(&row, "verb"));
        of_case.entry(word(&row, "case_id").to_owned()).or_default().push(line);
    }
    assert_eq!(of_case.len(), count(book.cases()), "every case is at work, {again}");
    for (case, mut orders) in of_case {
        orders.sort();
        let expected = ["demand_letter delivered", "sms delivered", "task delivered"];
        assert_eq!(orders, expected, "{case}, {again}");
    }
    let tasks = site.rows(&["task", "ls", "--kind", "drill", "--limit", "100000"]);
    let cases: BTreeSet<&str> = tasks.iter().map(|task| word(task, "case_id")).collect();
    assert_eq!((tasks.len(), cases.len()), (count(book.cases()), tasks.len()), "{again}");
}

/// The tray of the gateway against what the journal says of every order.
pub(super) fn the_tray_agrees(site: &Site, book: &Book, again: &str) {
    let calls = site.calls();
    let keys_of = |verb: &str| -> Vec<String> {
        let of_verb = calls.iter().filter(|call| call["verb"] == verb);
        of_verb.map(|of_verb| word(of_verb, "key").to_owned()).collect()
    };
    let once: Vec<&Value> =
        calls.iter().filter(|call| call["class"] == "at_most_once").collect();
    let letters: BTreeSet<String> = keys_of("demand_letter").into_iter().collect();
    assert_eq!(once.len(), letters.len(), "no letter was handed over twice, {again}");
    let texts: BTreeSet<String> = keys_of("sms").into_iter().collect();
    assert_eq!(texts.len(), count(book.cases()), "one text message a case, {again}");
    assert_eq!(files_in(site, "spool/sms"), texts, "one file a key, {again}");
    let files = files_in(site, "spool/letter_post");
    assert!(files.is_subset(&letters), "no letter without its call, {again}");
    for line in site.journal() {
        let body = &line["body"];
        if body["did"] == "order" && body["status"] == "delivered" {
            let key = word(body, "key");
            let sent = match word(body, "verb") {
                "sms" => texts.contains(key),
                "demand_letter" => files.contains(key),
                _ => true,
            };
            assert!(sent, "order {} was said to be delivered, {again}", body["order"]);
        }
    }
}

/// Only the letter in hand at a death is lost sight of, not its whole batch.
pub(super) fn at_most_one_letter_a_death_is_unknown(
    site: &Site,
    deaths: u64,
    again: &str,
) {
    let unknown = site.orders("demand_letter", "unknown");
    assert!(
        unknown <= deaths,
        "{unknown} letters unknown after {deaths} deaths, {again}"
    );
    let asked = site.rows(&["task", "ls", "--kind", "unknown", "--limit", "100000"]);
    assert_eq!(asked.len() as u64, unknown, "a person is asked about each, {again}");
}

fn files_in(site: &Site, folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(site.path(folder)).expect("the tray is there");
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|it| it.strip_suffix(".json").map(str::to_owned))
        .collect()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn count(n: u32) -> usize {
    usize::try_from(n).expect("a count fits")
}
