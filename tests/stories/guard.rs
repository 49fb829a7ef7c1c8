//! The guard (把关): what is more than usual waits for a person, whatever brought it
//! about, and a book that is not kept up duns nobody.

use std::collections::BTreeMap;

use serde_json::Value;

use super::book::Book;
use super::site::Site;

/// Everybody gets a message.
pub(crate) const ROUND: &str = r#"-- 群发:每个客户一条短信
-- A message to everybody
workflow "round" {
  title = { zh = "群发", en = "Round" },
  lane = "contact",
  start = "tell",
  enrol = { days_past_due = { 1, 30 } },
}

always { on_refused = function(case, order) return stay() end }

stage "tell" { sms = "plain", wait = 20 * days, next = "over" }

stage "over" { finish = "over" }
"#;

pub(crate) const TEXT: &str = "贷款 {{ 贷款编号 }},请与信贷员联系。";

/// A site on which 20 messages a day are nothing unusual.
fn site_with(cases: u32) -> (Site, Book) {
    let site = Site::guarded_at_noon();
    site.configure("[guard]\nat_least = 20\nvisits_per_collector = 5\n");
    site.save("round.lua", ROUND);
    site.save("templates/plain.txt", TEXT);
    let mut book = Book::of(&site);
    book.lend(&site, cases, 10);
    (site, book)
}

fn held(site: &Site) -> u64 {
    let status = site.json(&["status"]);
    let stops = status["guard"].as_array().expect("status names what is held");
    stops.iter().filter_map(|stop| stop["held"].as_u64()).sum()
}

fn delivered(site: &Site) -> u64 {
    site.orders("sms", "delivered")
}

/// How often each order was handed over, by the log of the tray.
fn calls_by_order(site: &Site) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for call in site.calls() {
        *calls
            .entry(call["order"].as_str().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    calls
}

fn go(site: &Site, more: &[&str]) -> String {
    let args = [&["sending", "go", "--reason", "looked at the list"], more].concat();
    site.ok(&args)
}

#[test]
fn nothing_of_a_first_start_leaves_before_a_person_has_said_so() {
    let (site, _) = site_with(300);
    let daemon = site.start_and_wait();
    site.until_equal("all of it is held", &300, || held(&site));
    assert_eq!(site.calls(), Vec::<Value>::new());
    let told = site.ok(&["status"]);
    let first = told.lines().next().unwrap_or_default();
    assert!(first.contains("would send or plan today sms 300 (bound 20)"), "{told}");
    assert!(told.contains("qingshou sending go"), "{told}");
    let told = site.ok(&["--lang", "zh", "status"]);
    assert!(
        told.starts_with("扣下,等人放行:今天要发出或安排 短信 300 条(上限 20)"),
        "{told}"
    );

    assert_eq!(go(&site, &["--count", "5"]).trim(), "sms: 5 let go, 295 still held");
    site.until_equal("five are told", &5, || delivered(&site));
    daemon.kill_nine();
    let daemon = site.start_and_wait();
    site.until_equal("the others are held after a death", &295, || held(&site));
    let told = go(&site, &[]);
    assert!(told.contains("295 go at the bound a day (today 20)"), "{told}");
    site.until_equal("no more than the bound leaves", &280, || held(&site));
    site.until_equal("but that does", &20, || delivered(&site));
    let row = site.rows(&["sending", "ls"])[0].clone();
    let of = |name: &str| row[name].clone();
    assert_eq!(
        (of("counted"), of("bound"), of("state")),
        (20.into(), 20.into(), "daily".into())
    );
    site.verify();

    assert!(go(&site, &["--all"]).contains("280 let go"));
    site.until_equal("everybody is told", &300, || delivered(&site));
    daemon.stop();
    let calls = calls_by_order(&site);
    assert_eq!(calls.len(), 300);
    assert!(calls.values().all(|it| *it == 1), "nobody is told twice: {calls:?}");
    site.verify();
    let bodies: Vec<Value> =
        site.journal().into_iter().map(|it| it["body"].clone()).collect();
    let stopped = bodies.iter().find(|body| body["did"] == "sending_stopped");
    assert_eq!(stopped.map(|stopped| &stopped["cause"]), Some(&"guard".into()));
    let how: Vec<&Value> = bodies
        .iter()
        .filter(|body| body["did"] == "sending_let_go")
        .map(|body| &body["how"])
        .collect();
    assert_eq!(how, ["count", "daily"]);
}

#[test]
fn what_waits_for_tomorrow_behind_what_was_let_go_is_named() {
    let (site, mut book) = site_with(30);
    let daemon = site.start_and_wait();
    site.until_equal("all of it is held", &30, || held(&site));
    go(&site, &["--all"]);
    site.until_equal("everybody is told", &30, || delivered(&site));
    book.lend(&site, 3, 10);
    let waits = || {
        let rows = site.rows(&["sending", "ls"]);
        let row = rows.iter().find(|row| row["state"] == "tomorrow");
        row.and_then(|row| row["held"].as_u64()).unwrap_or(0)
    };
    site.until_equal("three wait for room", &3, waits);
    assert_eq!((delivered(&site), held(&site)), (30, 0));
    daemon.stop();
    site.verify();
}

#[test]
fn a_small_book_is_worked_without_a_question() {
    let (site, mut book) = site_with(12);
    let daemon = site.start_and_wait();
    site.until_equal("twelve are told", &12, || delivered(&site));
    assert_eq!(held(&site), 0);
    // Nine more make twenty-one on one day.
    book.lend(&site, 9, 10);
    site.until_equal("the nine are held", &9, || held(&site));
    assert_eq!(delivered(&site), 12);
    // Whoever pays meanwhile is not told.
    let last = Book::case(20);
    let pay =
        ["pay", &last, "--amount", "500", "--receipt", "88001", "--reason", "counter"];
    site.ok(&pay);
    go(&site, &["--channel", "sms", "--workflow", "round", "--all"]);
    site.until_equal("the others are told", &20, || delivered(&site));
    site.until_equal("and one is let be", &1, || site.orders("sms", "cancelled"));
    daemon.stop();
    site.verify();
}

#[test]
fn a_script_that_writes_to_everybody_is_held_though_its_release_was_confirmed() {
    let site = Site::guarded_at_noon();
    site.configure("[guard]\nat_least = 20\n");
    site.save("templates/plain.txt", TEXT);
    let nobody = ROUND.replace("{ 1, 30 }", "{ 20, 30 }");
    site.save("round.lua", &nobody);
    let mut book = Book::of(&site);
    book.lend(&site, 60, 10);
    let daemon = site.start_and_wait();
    site.until_equal("a release runs", &1, || site.release());
    site.save("round.lua", ROUND);
    site.ok(&["releases", "--confirm"]);
    site.until_equal("all of it is held", &60, || held(&site));
    assert_eq!(site.calls(), Vec::<Value>::new());
    let told = site.run(&["sending", "go", "--channel", "smss", "--reason", "x"]);
    assert!(told.exit == 1 && told.err.contains("did you mean `sms`?"), "{}", told.err);
    let told = site.run(&["sending", "go", "--channel", "phone", "--reason", "x"]);
    assert!(told.exit == 1 && told.err.contains("qingshou sending ls"), "{}", told.err);
    daemon.stop();
    site.verify();
}

#[test]
fn a_collector_gets_no_more_visits_a_day_than_set() {
    let site = Site::guarded_at_noon();
    site.configure("[guard]\nat_least = 100\nvisits_per_collector = 5\n");
    let visits = ROUND.replace("sms = \"plain\"", "visit = \"走访\"");
    site.save("round.lua", &visits);
    let mut book = Book::of(&site);
    book.lend(&site, 8, 10);
    let daemon = site.start_and_wait();
    site.until_equal("they are held", &8, || held(&site));
    let told = site.ok(&["status"]);
    assert!(told.contains("visit of 示例员 8 (bound 5)"), "{told}");
    assert_eq!(site.orders("visit", "delivered"), 0);
    go(&site, &["--channel", "visit"]);
    site.until_equal("five are planned", &5, || site.orders("visit", "delivered"));
    site.until_equal("three follow", &3, || held(&site));
    daemon.stop();
    site.verify();
}

#[test]
fn a_book_that_is_not_kept_up_duns_nobody() {
    let site = Site::guarded_at_noon();
    let both = ROUND.replace(
        "sms = \"plain\", wait = 20 * days, next = \"over\"",
        "enter = function(case) sms \"plain\" sms \"news\" \
         return wait(20 * days, \"over\") end",
    );
    site.save("round.lua", &both);
    site.save("templates/plain.txt", TEXT);
    site.save("templates/news.txt", "性质:告知\n贷款 {{ 贷款编号 }} 的分期提醒。");
    let mut book = Book::of(&site);
    book.lend(&site, 3, 10);
    site.age_book(30);
    let told = site.run(&["doctor"]);
    assert!(told.exit == 1 && told.out.contains("BOOK TOO OLD"), "{}", told.out);
    let daemon = site.start_and_wait();
    site.until_equal("demands are held", &3, || site.orders("sms", "held"));
    site.until_equal("notices leave", &3, || delivered(&site));
    let told = site.ok(&["status"]);
    assert!(told.contains("BOOK TOO OLD") && told.contains("3 orders held"), "{told}");
    assert!(!told.contains("stale book"), "it is told once: {told}");
    let told = site.ok(&["--lang", "zh", "status"]);
    assert!(told.contains("台账过旧") && told.contains("至多 3"), "{told}");
    assert_eq!(site.json(&["status"])["bank_file"]["stale"], true);
    // Nobody is kept from calling.
    site.ok(&["contact", &Book::case(0), "--outcome", "no_answer", "--reason", "called"]);
    // An empty file says that nothing was paid.
    let empty = site.path("empty.csv");
    std::fs::write(&empty, "seq,date,case_id,kind,amount\n").expect("written");
    site.ok(&["import", "events", empty.to_str().expect("plain")]);
    site.until_equal("demands leave", &6, || delivered(&site));
    assert_eq!(site.json(&["status"])["bank_file"]["stale"], false);
    assert_eq!(site.run(&["doctor"]).exit, 0);
    daemon.stop();
    site.verify();
}

/// A message, then a call; a letter of condolence when somebody has died.
const BY_EVENT: &str = r#"-- 慰问:收到死亡消息后寄一封慰问信
-- A letter of condolence
workflow "comfort" {
  title = { zh = "慰问", en = "Comfort" },
  lane = "comfort",
  start = "write",
  keeps_clocks = true,
  enrol = { on = "deceased" },
}

always { on_refused = function(case, order) return stay() end }

stage "write" { task = "核对死亡证明", wait = 20 * days, next = "over" }

stage "over" { finish = "over" }
"#;

fn is_told_of(site: &Site, case: &str, what: &str) {
    site.ok(&["case", "report", case, what, "--reason", "told by the village"]);
}

fn pays(site: &Site, case: &str) {
    let receipt = ["--receipt", "1", "--reason", "counter"];
    site.ok(&[&["pay", case, "--amount", "500"][..], &receipt].concat());
}

fn rehearsed(site: &Site) -> u64 {
    site.orders("sms", "rehearsed")
}

#[test]
fn the_end_of_a_pause_is_counted_and_answers_no_question() {
    let (site, _) = site_with(30);
    site.ok(&["pause", "channel", "sms", "--reason", "a wrong list"]);
    let daemon = site.start_and_wait();
    site.until_equal("the pause holds them", &30, || site.orders("sms", "held"));
    assert_eq!(held(&site), 0, "nobody asks while nothing could leave");
    let resume = ["resume", "channel", "sms", "--reason", "mended"];
    site.ok(&resume);
    site.until_equal("the guard holds what comes back", &30, || held(&site));
    let told = site.run(&resume);
    assert_eq!(told.exit, 1, "the end of a pause lifts no more: {}", told.out);
    assert_eq!((held(&site), site.calls().len()), (30, 0));
    // Whoever lets them go hears which other stop holds them all the same.
    site.ok(&["pause", "all", "--reason", "a look"]);
    let told = go(&site, &["--all"]);
    assert!(told.contains("30 let go") && told.contains("still stopped: all"), "{told}");
    site.ok(&["resume", "all", "--reason", "looked"]);
    let go = ["sending", "go", "--reason", "looked at the list", "--all"];
    site.until("a person has said so", || {
        // The guard may ask again about what comes back.
        site.run(&go);
        (delivered(&site) == 30).then_some(())
    });
    daemon.stop();
    site.verify();
}

/// Status, every command and the case say that nothing has left.
fn it_says_so_everywhere(site: &Site) {
    let told = site.run(&["status"]);
    assert!(told.err.contains("[REHEARSAL]"), "{}", told.err);
    assert!(told.out.starts_with("REHEARSAL since"), "{}", told.out);
    assert!(told.out.contains("sms 30"), "{}", told.out);
    let told = site.run(&["--lang", "zh", "case", "ls"]);
    assert!(told.err.contains("【演练】"), "{}", told.err);
    let case = site.json(&["case", "show", &Book::case(0)]);
    assert_eq!(case["case"]["contacts"].as_i64().unwrap_or(0), 0, "{case}");
}

#[test]
fn a_rehearsal_works_everything_and_nothing_of_it_ever_leaves() {
    let site = Site::guarded_at_noon();
    site.configure("rehearsal = true\n[guard]\nat_least = 20\n");
    let script = ROUND.replace("wait = 20 * days", "call = \"首次\", wait = 20 * days");
    site.save("round.lua", script);
    site.save("comfort.lua", BY_EVENT);
    site.save("templates/plain.txt", TEXT);
    let mut book = Book::of(&site);
    book.lend(&site, 30, 10);
    let daemon = site.start_and_wait();
    site.until_equal("all is rehearsed", &30, || rehearsed(&site));
    site.until_equal("the calls too", &30, || site.orders("call", "rehearsed"));
    assert_eq!(site.calls(), Vec::<Value>::new(), "no tray was written");
    assert_eq!(site.rows(&["task", "ls"]), Vec::<Value>::new(), "nobody is to call");
    let laid =
        std::fs::read_dir(site.path("rehearsal/sms")).expect("messages are laid aside");
    let mut laid = laid.map(|laid| laid.expect("an entry").path());
    let text =
        std::fs::read_to_string(laid.next().expect("one")).expect("it can be read");
    assert!(text.contains("演练,不得寄出") && text.contains("not to be sent"), "{text}");
    it_says_so_everywhere(&site);
    // What people learn meanwhile is real.
    is_told_of(&site, &Book::case(1), "deceased");
    pays(&site, &Book::case(2));
    site.until_equal("its task is rehearsed", &1, || site.orders("task", "rehearsed"));
    daemon.stop();
    site.verify();
    let marked = |it: &Value| it["body"]["rehearsal"] == true;
    assert!(site.journal().iter().any(marked), "the journal says so");

    site.set("rehearsal = true", "rehearsal = false");
    // A command does not end it, a start does.
    site.ok(&["status"]);
    let daemon = site.start_and_wait();
    site.until_equal("who still owes is asked about", &28, || {
        let status = site.json(&["status"]);
        let stops = status["guard"].as_array().cloned().unwrap_or_default();
        stops
            .iter()
            .filter(|stop| stop["channel"] == "sms")
            .filter_map(|stop| stop["held"].as_u64())
            .sum()
    });
    assert_eq!(site.calls(), Vec::<Value>::new(), "nothing of the rehearsal leaves");
    site.until_equal("the task is opened in earnest", &1, || {
        site.rows(&["task", "ls", "--kind", "review"]).len()
    });
    go(&site, &["--all", "--channel", "sms"]);
    site.until_equal("they are told, once", &28, || delivered(&site));
    assert_eq!(rehearsed(&site), 30);
    daemon.stop();
    let calls = calls_by_order(&site);
    assert_eq!((calls.len(), calls.values().sum::<usize>()), (28, 28));
    site.verify();
}

#[test]
fn what_was_worked_in_earnest_stands_still_in_a_rehearsal_and_goes_on_after_it() {
    let (site, mut book) = site_with(5);
    let daemon = site.start_and_wait();
    site.until_equal("five are told", &5, || delivered(&site));
    daemon.stop();
    let settings = site.path("qingshou.toml");
    let text = std::fs::read_to_string(&settings).expect("settings can be read");
    std::fs::write(&settings, format!("rehearsal = true\n{text}")).expect("written");
    book.lend(&site, 3, 10);
    // An event for a case of before waits for the end.
    book.wake(&site, 0..1);
    let daemon = site.start_and_wait();
    site.until_equal("the new ones are rehearsed", &3, || rehearsed(&site));
    assert_eq!(delivered(&site), 5);
    daemon.kill_nine();
    site.set("rehearsal = true", "rehearsal = false");
    let daemon = site.start_and_wait();
    site.until_equal("and told in earnest", &8, || delivered(&site));
    daemon.stop();
    site.verify();
    assert_eq!(site.calls().len(), 8);
}

#[test]
fn what_waits_for_a_person_waits_on_through_a_rehearsal() {
    let (site, mut book) = site_with(5);
    let daemon = site.start_and_wait();
    site.until_equal("five are told", &5, || delivered(&site));
    book.lend(&site, 25, 10);
    site.until_equal("the others are asked about", &25, || held(&site));
    daemon.stop();
    let settings = site.path("qingshou.toml");
    let text = std::fs::read_to_string(&settings).expect("settings can be read");
    std::fs::write(&settings, format!("rehearsal = true\n{text}")).expect("written");
    book.lend(&site, 3, 10);
    let daemon = site.start_and_wait();
    site.until_equal("the newest are rehearsed", &3, || rehearsed(&site));
    assert_eq!(held(&site), 25, "nobody has answered");
    daemon.stop();
    site.set("rehearsal = true", "rehearsal = false");
    let daemon = site.start_and_wait();
    site.until_equal("and those of the rehearsal with them", &28, || held(&site));
    assert_eq!(delivered(&site), 5);
    go(&site, &["--all"]);
    site.until_equal("a person has said so", &33, || delivered(&site));
    daemon.stop();
    let calls = calls_by_order(&site);
    assert_eq!((calls.len(), calls.values().sum::<usize>()), (33, 33));
    site.verify();
}
