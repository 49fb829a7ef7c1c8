//! Before the due date (到期提醒): a list with instalments ahead is imported, and each
//! is announced once, unless it is paid.

use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::site::Site;

const SCRIPT: &str = include_str!("../../workflows/due_soon.lua");
const TESTS: &str = include_str!("../../workflows/due_soon_test.lua");
const TEXT: &str = include_str!("../../workflows/templates/due_soon.txt");

/// A site that has switched the shipped workflow on, as its first lines say.
fn site() -> Site {
    let site = Site::at_noon();
    site.save("templates/due_soon.txt", TEXT);
    site.save("due_soon_test.lua", TESTS);
    site.save("due_soon.lua", SCRIPT.replace("  -- enrol = {", "  enrol = {"));
    site.save("settings.toml", "[due_soon]\ndays_before = \"15 days\"\n");
    site
}

/// A list of what happened to loans; a row for each, numbered on.
struct Events {
    text: String,
    rows: u32,
}

impl Events {
    fn after(rows: u32) -> Self {
        Self { text: "seq,date,case_id,kind,amount\n".to_owned(), rows }
    }

    fn add(&mut self, on: Date, case: &str, kind: &str, yuan: u32) {
        self.rows += 1;
        writeln!(self.text, "{},{on},{case},{kind},{yuan}", self.rows)
            .expect("a text can be written");
    }
}

/// The messages in the tray, each with the loan it speaks of.
fn messages(site: &Site) -> Vec<String> {
    let Ok(tray) = std::fs::read_dir(site.path("spool/sms")) else { return Vec::new() };
    let mut texts: Vec<String> =
        tray.flatten().filter_map(|it| std::fs::read_to_string(it.path()).ok()).collect();
    texts.sort();
    texts
}

fn chinese(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// How many messages speak of a loan and a day.
fn told(site: &Site, case: &str, day: Date) -> usize {
    let of = |it: &&String| it.contains(case) && it.contains(&chinese(day));
    messages(site).iter().filter(of).count()
}

/// How many runs have ended because their instalment was paid.
fn paid_runs(site: &Site) -> usize {
    let journal = site.journal();
    journal.iter().filter(|it| it["body"].to_string().contains("\"paid\"")).count()
}

#[test]
fn each_instalment_of_a_list_is_announced_once_and_what_is_paid_is_not() {
    let site = site();
    let today = site.today();
    let (first, second) =
        (today.saturating_add(5.days()), today.saturating_add(14.days()));
    let opened = today.saturating_sub(200.days());
    let mut cases = String::from(
        "case_id,debtor_id,debtor_name,phone,village,address,principal,opened,collector\n",
    );
    let mut events = Events::after(0);
    for (nth, case) in (1..).zip(["N-1", "N-2", "N-3"]) {
        writeln!(
            cases,
            "{case},D-{nth},示例{nth},000{nth:08},李村,李村{nth}号,3000,{opened},示例员"
        )
        .expect("a text can be written");
        events.add(opened, case, "open", 3_000);
        events.add(first, case, "due", 500);
        events.add(second, case, "due", 600);
    }
    // The second has paid the next instalment already; the third is late.
    events.add(today, "N-2", "payment", 500);
    events.add(today.saturating_sub(9.days()), "N-3", "due", 400);
    site.import("cases", &cases);
    site.import("events", &events.text);
    let shown = site.json(&["case", "show", "N-1"])["facts"].clone();
    assert_eq!(shown["next_due_on"], first.to_string());
    assert_eq!(shown["next_due_amount"], "500.00");
    let line = format!("next due on {first}: 500.00 yuan");
    assert!(site.ok(&["case", "show", "N-1"]).contains(&line));

    let daemon = site.start_and_wait();
    site.until_equal("two are told", &2, || site.orders("sms", "delivered"));
    assert_eq!((told(&site, "N-1", first), told(&site, "N-2", second)), (1, 1));
    let texts = messages(&site).join("\n");
    assert!(!texts.contains("500.00") && !texts.contains("600.00"), "no sum: {texts}");
    daemon.kill_nine();

    // The first pays, and its run is over; the next list looks for who comes in.
    let daemon = site.start_and_wait();
    let mut paid = Events::after(events.rows);
    paid.add(today, "N-1", "payment", 500);
    site.import("events", &paid.text);
    site.until_equal("the run of the first is over", &1, || paid_runs(&site));
    let mut paid = Events::after(paid.rows);
    paid.add(today, "N-2", "payment", 600);
    site.import("events", &paid.text);
    site.until_equal("and that of the second", &2, || paid_runs(&site));
    site.until_equal("the next instalment is told", &3, || {
        site.orders("sms", "delivered")
    });
    assert_eq!(told(&site, "N-1", second), 1);
    daemon.stop();
    assert_eq!(messages(&site).len(), 3, "the one that is late was told nothing");
    assert_eq!(site.calls().len(), 3);
    let opened: Vec<Value> = site
        .journal()
        .into_iter()
        .filter(|it| it["body"]["did"] == "opened")
        .map(|it| it["body"]["by"].clone())
        .collect();
    assert_eq!(opened, ["conditions", "conditions", "conditions"]);
    assert!(!site.ok(&["case", "show", "N-2"]).contains("next due"));
    site.verify();
}
