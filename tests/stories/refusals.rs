//! Refusals (拒绝): what may not leave the house does not, whatever a script asks,
//! and the journal names the rules.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::book::Book;
use super::site::{Daemon, Site, run_on};

/// Does everything it can whenever a note comes in.
const EAGER: &str = r#"-- 心急:一有备注就把所有渠道都用上
-- Eager: whenever a note comes in, every channel is used
workflow "eager" {
  title = { zh = "心急", en = "Eager" },
  lane = "contact",
  start = "idle",
  enrol = { days_past_due = { 1, 30 } },
}

always { on_refused = function(case, order) return stay() end }

stage "idle" {
  enter = function(case) return wait(20 * days, "over") end,
  on_note = function(case, note)
    for n = 1, 4 do call { script = "电话 " .. n } end
    sms "plain"
    letter "plain"
    visit "试试"
    return stay()
  end,
}

stage "over" { finish = "over" }
"#;

const TEXT: &str = "{{ 客户 }}:贷款 {{ 贷款编号 }},请与信贷员联系。";

fn at_work(site: &Site, workflow: &str, cases: u32) -> (Book, Daemon) {
    site.save("eager.lua", workflow);
    site.save("templates/plain.txt", TEXT);
    let mut book = Book::of(site);
    let daemon = site.start_and_wait();
    book.lend(site, cases, 10);
    (book, daemon)
}

/// The orders of a case, oldest first: `call refused cn.freq.effective`. The
/// reference of a delivery is left out.
fn orders_of(site: &Site, case: &str) -> Vec<String> {
    let mut rows = site.rows(&["order", "ls", "--case", case, "--limit", "0"]);
    rows.reverse();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| {
            let (verb, status) = (text(row, "verb"), text(row, "status"));
            let note =
                if status == "delivered" { String::new() } else { text(row, "note") };
            format!("{verb} {status} {note}").trim_end().to_owned()
        })
        .collect()
}

/// Waits until every order of a case has been looked at.
fn settled_orders(site: &Site, case: &str, expected: usize) -> Vec<String> {
    site.until(&format!("{expected} orders of {case} are settled"), || {
        let orders = orders_of(site, case);
        let open = |it: &&String| {
            let status = it.split(' ').nth(1);
            status == Some("leased") || (status == Some("pending") && !it.contains("cn."))
        };
        let done = orders.len() == expected && orders.iter().find(open).is_none();
        done.then_some(orders)
    })
}

/// The rules that the journal names for the order of a verb and status.
fn rules_in_the_journal(
    site: &Site,
    case: &str,
    verb: &str,
    status: &str,
) -> Vec<String> {
    let lines = site.ok(&["journal", "export", "--case", case]);
    lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|it| serde_json::from_str::<Value>(it["body"].as_str()?).ok())
        .filter(|it| it["did"] == "order" && it["verb"] == verb && it["status"] == status)
        .flat_map(|it| it["review"]["hits"].as_array().cloned().unwrap_or_default())
        .filter(|it| it["effect"] == "deny" || it["effect"] == "defer")
        .filter_map(|it| it["rule"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn a_contact_of_the_night_waits_for_the_morning() {
    let site = Site::at_night();
    let (mut book, daemon) = at_work(&site, EAGER, 1);
    book.wake(&site, 0..1);
    let case = Book::case(0);
    let orders = settled_orders(&site, &case, 7);
    let waits = "pending cn.window";
    let call = format!("call {waits}");
    let expected: Vec<String> = vec![
        call.clone(),
        call.clone(),
        call.clone(),
        call,
        format!("sms {waits}"),
        // A letter in the post disturbs nobody's sleep.
        "letter delivered".to_owned(),
        format!("visit {waits}"),
    ];
    assert_eq!(orders, expected);
    for row in site.rows(&["order", "ls", "--status", "pending"]) {
        let leaves = row["not_before"].as_str().expect("a civil time");
        assert!(leaves.ends_with("T08:00:00"), "it leaves at {leaves}");
    }
    // The daemon goes on working, and still nothing leaves.
    std::thread::sleep(Duration::from_millis(1_500));
    let channels: Vec<Value> =
        site.calls().iter().map(|call| call["channel"].clone()).collect();
    assert_eq!(channels, ["letter_post"]);
    assert_eq!(
        site.rows(&["task", "ls", "--kind", "call"]).len(),
        0,
        "nobody is to dial"
    );
    assert_eq!(rules_in_the_journal(&site, &case, "sms", "pending"), ["cn.window"]);
    daemon.stop();
    site.verify();
}

#[test]
fn a_fourth_call_a_held_case_and_a_dead_debtor_are_refused_by_name() {
    let site = Site::at_noon();
    let (mut book, daemon) = at_work(&site, EAGER, 3);
    let [plain, held, dead] = [0, 1, 2].map(Book::case);
    site.ok(&["hold", &held, "manual", "--reason", "the manager asks for it"]);
    site.ok(&["case", "report", &dead, "deceased", "--reason", "the village told us"]);
    book.wake(&site, 0..3);
    let orders = settled_orders(&site, &plain, 7);
    let expected = [
        "call delivered",
        "call delivered",
        "call delivered",
        "call refused cn.freq.effective",
        "sms delivered",
        "letter delivered",
        "visit delivered",
    ];
    assert_eq!(orders, expected);
    for (case, rule) in [(&held, "cn.hold.manual"), (&dead, "cn.party.deceased")] {
        let orders = settled_orders(&site, case, 7);
        let refused = |it: &&String| it.contains(" refused ") && it.contains(rule);
        assert_eq!(orders.iter().filter(refused).count(), 7, "{orders:?}");
        for verb in ["call", "sms", "letter", "visit"] {
            let rules = rules_in_the_journal(&site, case, verb, "refused");
            assert!(rules.iter().any(|it| it == rule), "{case} {verb}: {rules:?}");
        }
    }
    let rules = rules_in_the_journal(&site, &plain, "call", "refused");
    assert_eq!(rules, ["cn.freq.effective"]);
    assert_eq!(site.calls().len(), 2, "one text message and one letter left");
    let calls = site.rows(&["task", "ls", "--kind", "call", "--limit", "100"]);
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call["case_id"] == plain.as_str()), "{calls:?}");
    daemon.stop();
    site.verify();
}

#[test]
fn two_loans_of_one_person_and_the_number_of_a_dead_one_open_no_way_round() {
    let site = Site::at_noon();
    let (mut book, daemon) = at_work(&site, EAGER, 1);
    // One person with two loans, and a widow who kept her husband's number.
    let cases = "case_id,debtor_id,debtor_name,phone,address,principal,opened\n\
                 T-1,P-1,示例甲,00070000001,石村1号,1000,2020-01-06\n\
                 T-2,P-1,示例甲,00070000001,石村1号,1000,2020-01-06\n\
                 D-1,P-2,示例乙,00070000002,石村2号,1000,2020-01-06\n\
                 D-2,P-3,示例丙,00070000002,石村2号,1000,2020-01-06\n";
    site.import("cases", cases);
    book.owe(&site, &["T-1", "T-2", "D-1", "D-2"], 10);
    site.ok(&["case", "report", "D-1", "deceased", "--reason", "the village told us"]);
    book.wake_named(&site, &["T-1", "T-2", "D-2"]);
    let mut calls = 0;
    for case in ["T-1", "T-2"] {
        for order in settled_orders(&site, case, 7) {
            calls += usize::from(order == "call delivered");
            let merged = order.starts_with("call merged") || order.contains("freq");
            assert!(!order.starts_with("call") || order == "call delivered" || merged);
        }
    }
    assert_eq!(
        calls, 3,
        "one person has three calls a day, whatever the number of loans"
    );
    let orders = settled_orders(&site, "D-2", 7);
    let refused = "refused cn.party.deceased";
    let call = format!("call {refused}");
    let sms = format!("sms {refused}");
    let expected =
        [&call, &call, &call, &call, &sms, "letter delivered", "visit delivered"];
    assert_eq!(
        orders, expected,
        "she gets letters, and her husband's telephone is silent"
    );
    daemon.stop();
    site.verify();
}

#[test]
fn a_wrong_number_and_an_address_that_was_left_are_refused_by_name() {
    let site = Site::at_noon();
    let (mut book, daemon) = at_work(&site, EAGER, 1);
    let cases = "case_id,debtor_id,debtor_name,phone,address,principal,opened\n\
                 T-1,P-1,示例甲,00070000001,石村1号,1000,2020-01-06\n\
                 T-2,P-2,示例乙,00070000001,石村2号,1000,2020-01-06\n\
                 M-1,P-3,示例丙,00070000003,石村3号,1000,2020-01-06\n";
    site.import("cases", cases);
    book.owe(&site, &["T-1", "T-2", "M-1"], 10);
    let wrong =
        ["reply", "T-1", "--channel", "sms", "--note", "打错了", "--wrong-number"];
    site.ok(&wrong);
    site.ok(&["person", "address", "M-1", "--state", "moved", "--reason", "邻居说的"]);
    book.wake_named(&site, &["T-1", "T-2", "M-1"]);
    // Whoever has the number is spared, and still gets letters.
    for case in ["T-1", "T-2"] {
        let orders = settled_orders(&site, case, 7);
        let refused = |it: &&String| it.contains(" refused cn.point.wrong");
        assert_eq!(orders.iter().filter(refused).count(), 5, "{orders:?}");
        assert!(orders.contains(&"letter delivered".to_owned()), "{orders:?}");
        assert!(orders.contains(&"visit delivered".to_owned()), "{orders:?}");
        for verb in ["call", "sms"] {
            let rules = rules_in_the_journal(&site, case, verb, "refused");
            assert!(rules.contains(&"cn.point.wrong".to_owned()), "{case}: {rules:?}");
        }
    }
    let orders = settled_orders(&site, "M-1", 7);
    for verb in ["letter", "visit"] {
        let refused = format!("{verb} refused cn.point.moved");
        assert!(orders.contains(&refused), "{orders:?}");
    }
    assert!(orders.contains(&"sms delivered".to_owned()), "{orders:?}");
    let traced = site.rows(&["task", "ls", "--kind", "trace"]);
    assert_eq!(traced.len(), 1, "{traced:?}");
    assert_eq!(traced[0]["case_id"], "T-1");
    daemon.stop();
    site.verify();
}

#[test]
fn a_procedure_that_takes_no_for_an_answer_is_stopped_and_shown() {
    let site = Site::at_noon();
    let again = "function(case, order)\n    call \"再来\"\n    return stay()\n  end";
    let stubborn = EAGER.replace("function(case, order) return stay() end", again);
    let (mut book, daemon) = at_work(&site, &stubborn, 1);
    book.wake(&site, 0..1);
    assert!(why_parked(&site).contains("(on_refused)"));
    let told = site.ok(&["status"]);
    for part in ["workflow eager: K-00000)", "case ls --parked", "case resume CASE"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let parked = site.rows(&["case", "ls", "--parked"]);
    assert_eq!(parked.len(), 1, "{parked:?}");
    assert_eq!(parked[0]["case_id"], "K-00000", "{parked:?}");
    assert!(
        parked[0]["reason"].as_str().is_some_and(|text| text.contains("(on_refused)"))
    );
    assert!(site.ok(&["case", "ls", "--parked"]).contains("next: mend the script"));
    let told = site.run(&["case", "ls", "--parked", "--days", "3"]);
    assert_eq!(told.exit, 2, "{}", told.err);
    let orders = orders_of(&site, &Book::case(0));
    let delivered = orders.iter().filter(|order| *order == "call delivered").count();
    assert_eq!(delivered, 3);
    assert!(orders.len() < 30, "{} orders", orders.len());
    daemon.stop();
    site.verify();
}

/// Waits until the one case is parked; says what staff are told.
fn why_parked(site: &Site) -> String {
    let parked = || site.json(&["status"])["stuck"]["parked"].clone();
    site.until_equal("the case is parked", &1.into(), parked);
    let status = site.json(&["status"]);
    status["stuck"]["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn two_workflows_that_become_each_other_are_stopped_and_shown() {
    let half = |name: &str, other: &str, enrol: &str| {
        format!(
            "-- 轮转:把案件推来推去\n-- Round and round\n\
             workflow \"{name}\" {{\n  title = {{ zh = \"轮转\", en = \"Round\" }},\n  \
             lane = \"contact\",\n  start = \"on\",\n{enrol}}}\n\n\
             -- The check cannot know that it is always so.\n\
             stage \"on\" {{ enter = function(case)\n  \
             if 0 < case.days_past_due then return become \"{other}\" end\n  \
             return finish \"over\"\nend }}\n"
        )
    };
    let site = Site::at_noon();
    site.save("pong.lua", half("pong", "eager", ""));
    let ping = half("eager", "pong", "  enrol = { days_past_due = { 1, 30 } },\n");
    let (_, daemon) = at_work(&site, &ping, 1);
    assert!(why_parked(&site).contains("把自己唤醒"));
    daemon.stop();
    site.verify();
}

/// The attempts lie in `tests/stories/attempts`, one file each, with what comes
/// of it beside it.
#[test]
fn no_script_construction_gets_round_the_review() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories/attempts");
    let mut tests = 0;
    for entry in std::fs::read_dir(&folder).expect("the attempts are there").flatten() {
        let name = entry.file_name().into_string().expect("names are plain");
        if name.ends_with("_test.lua") {
            let text = std::fs::read_to_string(entry.path()).expect("it can be read");
            tests += text.lines().filter(|line| line.starts_with("test(")).count();
        }
    }
    let path = folder.to_str().expect("the path is plain");
    let told = run_on(&std::env::temp_dir().join("no-site"), &["test", path]);
    let expected = format!("{tests} passed, 0 failed\n");
    assert_eq!((told.exit, told.out), (0, expected), "{}", told.err);
    assert!(10 <= tests, "{tests} attempts");
}
