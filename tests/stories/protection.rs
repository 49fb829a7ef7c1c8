//! Protection (保护): whoever is protected is so on every loan, at once, and what people
//! were asked to do stands still, whenever the program dies.

use std::fmt::Write;

use jiff::ToSpan;
use serde_json::Value;

use super::site::Site;

/// A call and a visit of everybody who is late.
const BOTH: &str = r#"-- 电话和上门
-- A call and a visit
workflow "both" {
  title = { zh = "电话和上门", en = "Call and visit" },
  lane = "contact",
  start = "ask",
  enrol = { days_past_due = { 1, 400 } },
}

always { on_refused = function(case, order) return stay() end }

stage "ask" {
  title = { zh = "联系", en = "Ask" },
  enter = function(case)
    call { by = case.collector }
    visit { reason = { zh = "核对", en = "check" } }
    return wait(20 * days, "over")
  end,
}

stage "over" { title = { zh = "结束", en = "Over" }, finish = "over" }
"#;

/// Lends three loans to one person, known by the identity card alone, and one to
/// somebody else.
fn lend(site: &Site) {
    let due = site.today().saturating_sub(10.days());
    let opened = due.saturating_sub(100.days());
    let mut cases = String::from(
        "case_id,debtor_name,id_number,phone,address,principal,opened,collector\n",
    );
    let mut events = String::from("seq,date,case_id,kind,amount\n");
    for (n, case) in ["A1", "A2", "A3", "B1"].into_iter().enumerate() {
        let (name, card) = if case == "B1" {
            ("示例乙", "330000198002022345")
        } else {
            ("示例甲", "330000199001011234")
        };
        writeln!(
            cases,
            "{case},{name},{card},0000000000{n},石村{n}号,1000,{opened},示例员"
        )
        .expect("a text can be written");
        writeln!(events, "{n}o,{opened},{case},open,1000\n{n}d,{due},{case},due,500")
            .expect("a text can be written");
    }
    site.import("cases", &cases);
    site.import("events", &events);
}

/// Kind and loan of the work that may be done, and of what is suspended.
fn work(site: &Site) -> (Vec<String>, Vec<String>) {
    let of = |args: &[&str]| -> Vec<String> {
        let named = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
        let rows = site.rows(args);
        let mut all: Vec<String> = rows
            .iter()
            .map(|row| format!("{} {}", named(row, "case_id"), named(row, "kind")))
            .collect();
        all.sort_unstable();
        all
    };
    (of(&["task", "ls"]), of(&["task", "ls", "--suspended"]))
}

#[test]
fn a_death_on_one_loan_stops_every_call_and_visit_of_the_person() {
    let site = Site::at_noon();
    site.save("both.lua", BOTH);
    lend(&site);
    let daemon = site.start_and_wait();
    // One loan of the person makes the call and the visit, the others wait for it.
    site.until("one of each for two people", || {
        let left = (site.orders("call", "delivered"), site.orders("visit", "delivered"));
        (left == (2, 2)).then_some(())
    });
    assert_eq!(work(&site).0.len(), 4, "a call and a visit for each of two people");
    let spokesman = work(&site).0[0].split(' ').next().unwrap_or_default().to_owned();
    let other = if spokesman == "A3" { "A2" } else { "A3" };
    let told = site.ok(&["case", "report", other, "deceased", "--reason", "家属来电"]);
    assert!(told.contains("on hold with it"), "{told}");
    let (open, suspended) = work(&site);
    assert_eq!(open.iter().filter(|it| it.starts_with('A')).count(), 0, "{open:?}");
    assert_eq!(open, ["B1 call", "B1 visit"]);
    assert_eq!(suspended, [format!("{spokesman} call"), format!("{spokesman} visit")]);
    daemon.kill_nine();
    site.verify();
    let shown = site.ok(&["case", "show", &spokesman]);
    assert!(shown.contains(&format!("deceased: entered on {other}")), "{shown}");
    assert!(shown.contains("suspended call"), "{shown}");

    // What was done the minute before can still be entered, by whoever is sure of it.
    let contact = ["contact", &spokesman, "--outcome", "no_answer", "--reason", "占线"];
    let asked = site.run(&contact);
    assert_ne!(asked.exit, 0);
    assert!(asked.err.contains("suspended"), "{}", asked.err);
    site.ok(&[&contact[..], &["--sure"]].concat());

    // The report was wrong: the visit comes back on all loans.
    let daemon = site.start_and_wait();
    site.ok(&["case", "report", "A1", "death_disproved", "--reason", "误报"]);
    let (open, suspended) = work(&site);
    assert_eq!(suspended, Vec::<String>::new());
    assert!(open.contains(&format!("{spokesman} visit")), "{open:?}");
    daemon.stop();
    site.verify();
}

#[test]
fn a_loan_that_comes_in_later_is_under_the_hold_of_its_borrower() {
    let site = Site::at_noon();
    site.save("both.lua", BOTH);
    lend(&site);
    site.ok(&["hold", "A1", "hardship", "--reason", "重病"]);
    site.import(
        "cases",
        "case_id,debtor_name,id_number,phone,address,principal,collector\n\
         A9,示例甲,330000199001011234,00000000009,石村9号,1000,示例员\n",
    );
    let held: Vec<(String, String)> = site
        .rows(&["case", "ls"])
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (text("case_id"), text("holds"))
        })
        .filter(|it| !it.1.is_empty())
        .collect();
    let mut loans: Vec<&str> = held.iter().map(|it| it.0.as_str()).collect();
    loans.sort_unstable();
    assert_eq!(loans, ["A1", "A2", "A3", "A9"]);
    site.verify();
    let told = site.ok(&["hold", "A9", "hardship", "--lift", "--reason", "好转"]);
    assert!(told.contains("all 4 loans"), "{told}");
    site.verify();
}
