//! Who may enter what (登记权限), on a site with staff: 甲 and 丙 are supervisors,
//! 乙 is a collector. Loan A is collected by 乙, loan B by 甲.

use domain::money::Fen;
use jiff::civil::{Date, date};
use serde_json::Value;
use sha2::{Digest, Sha256};
use site::{CONFIG_FILE, Site};
use store::{case_book, events, facts, journal};
use tempfile::TempDir;

use super::*;

mod rules;
mod slips;

const STAFF: &str = "\
promise_tolerance = 2\n\
[[people]]\nname = '甲'\nlogin = 'a'\nroles = ['supervisor', 'collector']\n\
[[people]]\nname = '乙'\nlogin = 'b'\nroles = ['collector']\n\
[[people]]\nname = '丙'\nlogin = 'c'\nroles = ['supervisor']\n\
[[people]]\nname = '丁'\nlogin = 'd'\nroles = ['legal']\n";

const LOANS: &str = "case_id,debtor_id,debtor_name,principal,opened,collector\n\
    A,K1,谢小禾,1000.00,2025-01-10,乙\n\
    B,K2,石榴,2000.00,2025-02-01,甲\n";

struct StaffedSite {
    app: App,
    folder: TempDir,
}

impl StaffedSite {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(CONFIG_FILE), STAFF).unwrap();
        let site = Site::open(folder.path()).unwrap();
        let staffed = Self { app: App::open(site).await.unwrap(), folder };
        let told = staffed.import(true, "cases.csv", LOANS).await;
        assert_eq!(told.exit, 0, "{}", told.text);
        staffed
    }

    async fn import(&self, cases: bool, name: &str, text: &str) -> Reply {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let request = Command::Import(Import {
            cases,
            files: vec![path],
            reading: Reading::default(),
            list: ::import::ListReading::default(),
            reason: None,
            opened: Vec::new(),
            progress: store::progress::Progress::default(),
        });
        self.app.handle("c", &request).await
    }

    /// What a person is told; `exit` is what it has to come to.
    async fn ask(&self, exit: u8, login: &str, request: Command) -> Reply {
        let told = self.app.handle(login, &request).await;
        assert_eq!(told.exit, exit, "{login} asks {request:?}: {}", told.text);
        told
    }

    fn today(&self) -> Date {
        self.app.engine.clock.now().today()
    }

    async fn case(&self, no: &str) -> domain::ids::CaseId {
        let mut conn = self.app.engine.store.read().await.unwrap();
        case_book::find_case(conn.conn(), no).await.unwrap().unwrap()
    }

    async fn facts(&self, no: &str) -> domain::facts::CaseFacts {
        let case = self.case(no).await;
        let mut conn = self.app.engine.store.read().await.unwrap();
        let found = facts::load(conn.conn(), self.today(), &[case.0]).await.unwrap();
        found[&case].clone()
    }

    async fn told(&self, no: &str, kind: &str) -> Vec<events::Recorded> {
        let case = self.case(no).await;
        let mut conn = self.app.engine.store.read().await.unwrap();
        let all = events::of_case(conn.conn(), case).await.unwrap();
        all.into_iter().filter(|it| it.kind == kind).collect()
    }

    async fn journal(&self) -> String {
        let mut conn = self.app.engine.store.read().await.unwrap();
        let lines = journal::page(conn.conn(), 0, i64::MAX, None).await.unwrap();
        lines.into_iter().map(|line| line.body + "\n").collect()
    }
}

fn why() -> String {
    "柜面核对".to_owned()
}

fn pay(case: &str, receipt: Option<&str>, on: Option<Date>) -> Command {
    Command::Pay(Pay {
        case: case.to_owned(),
        amount: Fen(50_000),
        on,
        receipt: receipt.map(str::to_owned),
        payer: None,
        parts: None,
        sure: false,
        reason: why(),
    })
}

fn confirm(told: &Reply, case: Option<&str>) -> Command {
    let entry = told.data["entry"].as_i64().expect("the answer names the entry");
    let case = case.map(str::to_owned);
    Command::Confirm(Confirm { entry, case, receipt: None, reason: why() })
}

fn report(case: &str, kind: &str) -> Command {
    let (case, kind) = (case.to_owned(), kind.to_owned());
    let (also, about) = (Vec::new(), None);
    let (sure, reason) = (true, why());
    let rest = Report::default();
    Command::Report(Report { case, kind, also, about, sure, reason, ..rest })
}

fn hold(case: &str, hold: &str, lift: bool) -> Command {
    let (case, hold) = (case.to_owned(), hold.to_owned());
    Command::Hold(Hold { case, hold, lift, reason: why() })
}

fn promise(case: &str, yuan: i64, evidence: &str, sure: bool) -> Command {
    Command::Promise(Promise {
        case: case.to_owned(),
        amount: Some(Fen(yuan * 100)),
        due_on: date(2999, 1, 1),
        evidence: evidence.to_owned(),
        receipt: Some("T7".to_owned()),
        sure,
        reason: why(),
    })
}

fn spoken(case: &str, outcome: &str, sure: bool) -> Command {
    let (case, outcome) = (case.to_owned(), outcome.to_owned());
    Command::Contact(Contact {
        case,
        outcome,
        order: None,
        cause: None,
        sure,
        reason: why(),
    })
}

#[tokio::test]
async fn a_promise_that_stands_is_not_entered_again() {
    let staffed = StaffedSite::open().await;
    let told = staffed.ask(0, "b", promise("A", 500, "bare_assertion", true)).await;
    assert!(told.text.contains("已登记承诺"), "{}", told.text);
    let before = staffed.journal().await;
    let told = staffed.ask(0, "b", promise("A", 500, "bare_assertion", true)).await;
    assert!(
        told.text.contains("早已登记") && told.text.contains("没有改动"),
        "{}",
        told.text
    );
    assert_eq!(told.data["entered"], 0);
    assert_eq!(staffed.journal().await, before);
    // On paper it proves more than it did.
    let told = staffed.ask(0, "b", promise("A", 500, "signed_paper", true)).await;
    assert!(told.text.contains("已补登它的证据"), "{}", told.text);
    assert_ne!(staffed.journal().await, before);
    let told = staffed.ask(0, "b", promise("A", 400, "bare_assertion", true)).await;
    assert!(told.text.contains("取代原来的承诺"), "{}", told.text);
    assert_eq!(staffed.told("A", "promise").await.len(), 2);
}

#[tokio::test]
async fn words_of_the_dead_and_entries_on_a_dismissed_claim_are_asked_about() {
    let staffed = StaffedSite::open().await;
    staffed.ask(0, "b", report("A", "deceased")).await;
    staffed.ask(0, "d", report("B", "dismissed")).await;
    let asked = |it: &Reply| assert!(it.text.contains("--sure"), "{}", it.text);
    for case in ["A", "B"] {
        asked(&staffed.ask(5, "c", promise(case, 500, "bare_assertion", false)).await);
        asked(&staffed.ask(5, "c", spoken(case, "conversation", false)).await);
        // That nobody answered says nothing of who is alive.
        staffed.ask(0, "c", spoken(case, "no_answer", false)).await;
    }
    // Heirs pay; nobody pays a claim that was given up.
    staffed.ask(0, "c", pay("A", Some("R7"), None)).await;
    asked(&staffed.ask(5, "c", pay("B", Some("R8"), None)).await);
    for case in ["A", "B"] {
        staffed.ask(0, "c", promise(case, 500, "bare_assertion", true)).await;
        staffed.ask(0, "c", spoken(case, "conversation", true)).await;
    }
    staffed.ask(0, "c", report("A", "death_disproved")).await;
    // By another person, for the same words of the same one would be asked about.
    staffed.ask(0, "b", spoken("A", "conversation", false)).await;
}

#[tokio::test]
async fn the_same_result_of_a_call_twice_within_minutes_is_asked_about() {
    let staffed = StaffedSite::open().await;
    staffed.ask(0, "b", spoken("A", "no_answer", false)).await;
    let asked = staffed.ask(5, "b", spoken("A", "no_answer", false)).await;
    assert!(asked.text.contains("--sure"), "{}", asked.text);
    staffed.ask(0, "b", spoken("A", "busy", false)).await;
    staffed.ask(0, "c", spoken("A", "no_answer", false)).await;
    staffed.ask(0, "b", spoken("A", "no_answer", true)).await;
}

#[tokio::test]
async fn a_collectors_own_word_confirms_no_payment() {
    let staffed = StaffedSite::open().await;
    let told = staffed.ask(0, "b", pay("A", Some("88001"), None)).await;
    assert_eq!(told.data["confirmed"], false);
    assert!(told.text.contains("--confirm"), "{}", told.text);
    assert_eq!(staffed.told("A", "payment").await[0].payload["confirmed"], false);
    staffed.ask(5, "b", confirm(&told, None)).await;
    staffed.ask(5, "c", confirm(&told, Some("B"))).await;
    staffed.ask(0, "c", confirm(&told, Some("A"))).await;
    let again = staffed.ask(0, "c", confirm(&told, None)).await;
    assert_eq!(again.data["confirmed"], 0);
    let confirmed = staffed.told("A", "payment_confirmed").await;
    assert_eq!(confirmed.len(), 1);
    assert_eq!(confirmed[0].payload["confirmed"], true);
    assert_eq!(confirmed[0].payload["amount"], 50_000);
    assert!(staffed.journal().await.contains("\"confirmed\":"), "it is written down");
}

#[tokio::test]
async fn a_supervisor_confirms_neither_his_own_case_nor_his_own_entry() {
    let staffed = StaffedSite::open().await;
    let own_case = staffed.ask(0, "a", pay("B", Some("1"), None)).await;
    assert_eq!(own_case.data["confirmed"], false);
    staffed.ask(5, "a", confirm(&own_case, None)).await;
    staffed.ask(0, "c", confirm(&own_case, None)).await;
    let no_receipt = staffed.ask(0, "c", pay("A", None, None)).await;
    assert_eq!(no_receipt.data["confirmed"], false);
    staffed.ask(5, "c", confirm(&no_receipt, None)).await;
    staffed.ask(0, "a", confirm(&no_receipt, None)).await;
    let sound = staffed.ask(0, "c", pay_of("A", 40_000, Some("2"))).await;
    assert_eq!(sound.data["confirmed"], true);
    assert_eq!(staffed.told("A", "payment_confirmed").await.len(), 1);
}

#[tokio::test]
async fn a_doubtful_row_is_the_entry_once_it_has_the_rows_number() {
    let staffed = StaffedSite::open().await;
    let told = staffed.ask(0, "b", pay("A", Some("88001"), None)).await;
    let file =
        format!("流水号,日期,贷款编号,类型,金额\n7,{},A,还款,500\n", staffed.today());
    let doubtful = staffed.import(false, "pay.csv", &file).await;
    assert_eq!(doubtful.data["rejected"], 1, "{}", doubtful.text);
    let Command::Confirm(Confirm { entry, case, reason, .. }) = confirm(&told, None)
    else {
        unreachable!()
    };
    let receipt = Some("7".to_owned());
    staffed.ask(0, "c", Command::Confirm(Confirm { entry, case, receipt, reason })).await;
    let met = staffed.import(false, "pay.csv", &file).await;
    assert_eq!((&met.data["rejected"], &met.data["booked"]), (&0.into(), &0.into()));
    assert_eq!(staffed.facts("A").await.paid, Fen(50_000));
    // And the other way round: the bank's row first.
    let file =
        format!("流水号,日期,贷款编号,类型,金额\n9,{},B,还款,500\n", staffed.today());
    staffed.import(false, "more.csv", &file).await;
    let known = staffed.ask(0, "c", pay("B", Some("9"), None)).await;
    assert_eq!(known.data["booked"], 0, "{}", known.text);
    let near = staffed.ask(0, "c", pay("B", Some("10"), None)).await;
    assert_eq!(near.data["confirmed"], false, "{}", near.text);
    assert!(near.text.contains("疑似重复"), "{}", near.text);
}

fn reverse(told: &Reply) -> Command {
    let entry = told.data["entry"].as_i64().expect("the answer names the entry");
    Command::Reverse(Reverse { entry, case: None, sure: true, reason: why() })
}

/// [`pay`] with another amount, and by somebody who has looked twice.
fn pay_sure(case: &str, fen: i64, receipt: Option<&str>, on: Option<Date>) -> Command {
    Command::Pay(Pay {
        case: case.to_owned(),
        amount: Fen(fen),
        on,
        receipt: receipt.map(str::to_owned),
        payer: None,
        parts: None,
        sure: true,
        reason: why(),
    })
}

fn pay_of(case: &str, fen: i64, receipt: Option<&str>) -> Command {
    Command::Pay(Pay {
        case: case.to_owned(),
        amount: Fen(fen),
        on: None,
        receipt: receipt.map(str::to_owned),
        payer: None,
        parts: None,
        sure: false,
        reason: why(),
    })
}

const ROWS: &str = "流水号,日期,贷款编号,类型,金额\n";

#[tokio::test]
async fn a_receipt_that_was_taken_back_is_free_and_one_that_stands_is_named() {
    let staffed = StaffedSite::open().await;
    let wrong = staffed.ask(0, "c", pay("A", Some("R1"), None)).await;
    let again = staffed.ask(0, "c", pay("A", Some("R1"), None)).await;
    assert_eq!(again.data["booked"], 0);
    for (case, fen) in [("B", 50_000), ("A", 50_001)] {
        let taken = staffed.ask(1, "c", pay_of(case, fen, Some("R1"))).await;
        let entry = &wrong.data["entry"];
        assert!(taken.text.contains(&format!("A 的账目 {entry}(")), "{}", taken.text);
    }
    staffed.ask(0, "c", reverse(&wrong)).await;
    // Of the same loan and amount, of another amount, of another loan.
    let once_more = staffed.ask(0, "c", pay("A", Some("R1"), None)).await;
    assert_eq!(once_more.data["booked"], 1, "{}", once_more.text);
    staffed.ask(0, "c", reverse(&once_more)).await;
    let less = staffed.ask(0, "c", pay_of("A", 5_000, Some("R1"))).await;
    staffed.ask(0, "c", reverse(&less)).await;
    let right = staffed.ask(0, "c", pay("B", Some("R1"), None)).await;
    assert_eq!(
        (right.data["booked"].as_i64(), staffed.facts("A").await.paid),
        (Some(1), Fen(0))
    );
    // And the bank's row of that number confirms it.
    let file = format!("{ROWS}R1,{},B,还款,500\n", staffed.today());
    let met = staffed.import(false, "pay.csv", &file).await;
    assert_eq!(
        (&met.data["confirmed"], &met.data["booked"]),
        (&1.into(), &0.into()),
        "{}",
        met.text
    );
}

#[tokio::test]
async fn a_number_is_given_to_an_entry_once_the_wrong_one_is_taken_back() {
    let staffed = StaffedSite::open().await;
    let wrong = staffed.ask(0, "b", pay("B", Some("R1"), None)).await;
    let right = staffed.ask(0, "b", pay("A", None, None)).await;
    let file = format!("{ROWS}R1,{},A,还款,500\n", staffed.today());
    let asked = staffed.import(false, "pay.csv", &file).await;
    assert!(asked.text.contains("R075"), "{}", asked.text);
    let confirm = || {
        Command::Confirm(Confirm {
            entry: right.data["entry"].as_i64().unwrap(),
            case: None,
            receipt: Some("R1".to_owned()),
            reason: why(),
        })
    };
    let stands = staffed.ask(5, "c", confirm()).await;
    let entry = &wrong.data["entry"];
    assert!(stands.text.contains(&format!("B 的账目 {entry}(")), "{}", stands.text);
    staffed.ask(0, "c", reverse(&wrong)).await;
    staffed.ask(0, "c", confirm()).await;
    let met = staffed.import(false, "pay.csv", &file).await;
    assert_eq!((&met.data["rejected"], &met.data["booked"]), (&0.into(), &0.into()));
    assert_eq!(staffed.facts("A").await.paid, Fen(50_000));
}

#[tokio::test]
async fn a_payment_by_hand_and_its_parts_in_a_file_are_one() {
    let staffed = StaffedSite::open().await;
    let today = staffed.today();
    let parts = |case: &str, number: &str, principal: i64, interest: i64| {
        format!(
            "{ROWS}{number},{today},{case},归还本金,{principal}\n{number},{today},{case},还息,{interest}\n"
        )
    };
    // Under the same number: they are the entry.
    staffed.ask(0, "c", pay("A", Some("71"), None)).await;
    let met = staffed.import(false, "a.csv", &parts("A", "71", 450, 50)).await;
    assert_eq!(
        (&met.data["rejected"], &met.data["booked"]),
        (&0.into(), &0.into()),
        "{}",
        met.text
    );
    let again = staffed.import(false, "a.csv", &parts("A", "71", 450, 50)).await;
    assert_eq!((&again.data["rejected"], &again.data["booked"]), (&0.into(), &0.into()));
    // Under another: a question, and its advice leads out.
    let told = staffed.ask(0, "b", pay("B", Some("9"), None)).await;
    let asked = staffed.import(false, "b.csv", &parts("B", "72", 400, 100)).await;
    assert_eq!(
        (&asked.data["rejected"], &asked.data["booked"]),
        (&2.into(), &0.into()),
        "{}",
        asked.text
    );
    let Command::Confirm(Confirm { entry, case, reason, .. }) = confirm(&told, None)
    else {
        unreachable!()
    };
    let receipt = Some("72".to_owned());
    staffed.ask(0, "c", Command::Confirm(Confirm { entry, case, receipt, reason })).await;
    let met = staffed.import(false, "b.csv", &parts("B", "72", 400, 100)).await;
    assert_eq!(
        (&met.data["rejected"], &met.data["booked"]),
        (&0.into(), &0.into()),
        "{}",
        met.text
    );
    assert_eq!(staffed.facts("B").await.paid, Fen(50_000));
    // The number is that of the entry and the amount is not: no part is booked.
    let told = staffed.ask(0, "c", pay_of("B", 30_000, Some("73"))).await;
    let asked = staffed.import(false, "c.csv", &parts("B", "73", 250, 20)).await;
    assert_eq!((&asked.data["rejected"], &asked.data["booked"]), (&2.into(), &0.into()));
    staffed.ask(0, "c", reverse(&told)).await;
    let booked = staffed.import(false, "c.csv", &parts("B", "73", 250, 20)).await;
    assert_eq!(booked.data["booked"], 2, "{}", booked.text);
    // Several entries by hand that the bank tells of as one.
    staffed.ask(0, "b", pay_of("B", 11_000, None)).await;
    staffed.ask(0, "b", pay_of("B", 1_100, None)).await;
    let whole = format!("{ROWS}74,{today},B,还款,121\n");
    let asked = staffed.import(false, "d.csv", &whole).await;
    assert_eq!((&asked.data["rejected"], &asked.data["booked"]), (&1.into(), &0.into()));
}

#[tokio::test]
async fn what_the_bank_tells_in_parts_is_not_entered_by_hand_again() {
    let staffed = StaffedSite::open().await;
    let today = staffed.today();
    let file = format!(
        "{ROWS}R9,{today},A,归还本金,500\nR10,{today},B,归还本金,800\nR10,{today},B,还息,200\n"
    );
    assert_eq!(staffed.import(false, "pay.csv", &file).await.data["booked"], 3);
    let known = staffed.ask(0, "c", pay("A", Some("R9"), None)).await;
    assert_eq!(known.data["booked"], 0, "{}", known.text);
    for fen in [100_000, 80_000, 20_000] {
        let known = staffed.ask(0, "c", pay_of("B", fen, Some("R10"))).await;
        assert_eq!(known.data["booked"], 0, "{fen}: {}", known.text);
    }
    staffed.ask(5, "c", pay_of("B", 90_000, Some("R10"))).await;
    staffed.ask(5, "c", pay_of("B", 100_000, None)).await;
    staffed.ask(5, "c", pay_of("B", 100_000, Some("R11"))).await;
    let sure = staffed.ask(0, "c", pay_sure("B", 100_000, Some("R11"), None)).await;
    assert_eq!(sure.data["confirmed"], false, "{}", sure.text);
    // Parts by hand of what the bank tells as a whole.
    let file = format!("{ROWS}R12,{today},A,还款,130\n");
    assert_eq!(staffed.import(false, "more.csv", &file).await.data["booked"], 1);
    staffed.ask(0, "c", pay_of("A", 10_000, Some("R13"))).await;
    staffed.ask(5, "c", pay_of("A", 3_000, Some("R14"))).await;
}

#[tokio::test]
async fn a_payment_that_is_held_by_the_balance_or_entered_before_is_asked_about() {
    let staffed = StaffedSite::open().await;
    let today = staffed.today();
    let list = "case_id,debtor_id,debtor_name,principal,余额,逾期本金,逾期天数\n\
        C,K3,方舟,5000,4000,1000,8\n";
    assert_eq!(staffed.import(true, "list.csv", list).await.exit, 0);
    let yesterday = today.yesterday().unwrap();
    for on in [yesterday, date(2025, 1, 1)] {
        let told = staffed.ask(5, "c", pay("C", Some("90"), Some(on))).await;
        assert!(
            told.text.contains("--sure") && !told.text.contains("放款"),
            "{}",
            told.text
        );
    }
    staffed.ask(0, "c", pay_sure("C", 50_000, Some("90"), Some(yesterday))).await;
    // Of today the list knows nothing.
    staffed.ask(0, "c", pay("C", None, None)).await;
    let twice = staffed.ask(5, "c", pay("C", None, None)).await;
    assert!(twice.text.contains("--sure"), "{}", twice.text);
    staffed.ask(5, "b", pay("C", None, None)).await;
    staffed.ask(0, "c", pay_of("C", 50_100, None)).await;
    // The receipt may have come after the entry.
    let late = staffed.ask(5, "c", pay("C", Some("91"), None)).await;
    assert!(late.text.contains("--confirm"), "{}", late.text);
    staffed.ask(0, "c", pay_sure("C", 50_000, Some("91"), None)).await;
    staffed.ask(5, "c", pay("C", Some("92"), None)).await;
    staffed.ask(0, "c", pay_sure("C", 50_000, None, None)).await;
}

#[tokio::test]
async fn all_that_is_in_doubt_is_asked_at_once() {
    let staffed = StaffedSite::open().await;
    let first = staffed.ask(0, "c", pay_of("A", 60_000, None)).await;
    // Above the 400 yuan that are left, and entered just so before.
    let asked = staffed.ask(5, "c", pay_of("A", 60_000, None)).await;
    let entry = first.data["entry"].as_i64().unwrap().to_string();
    let told = &asked.text;
    assert!(told.contains("超过本案所欠的 400.00 元") && told.contains(&entry), "{told}");
    assert_eq!(told.matches("没有写入").count(), 1, "{told}");
    // A promise of more than is owed, for a day far off.
    let asked = staffed.ask(5, "b", promise("A", 9_000, "bare_assertion", false)).await;
    let told = &asked.text;
    assert!(told.contains("超过本案所欠") && told.contains("天以后"), "{told}");
}

#[tokio::test]
async fn a_receipts_number_that_the_bank_had_weeks_ago_is_asked_about() {
    let staffed = StaffedSite::open().await;
    let long_ago = staffed.today().saturating_sub(jiff::Span::new().days(20));
    let file = format!("{ROWS}12,{long_ago},A,还款,300\n");
    assert_eq!(staffed.import(false, "pay.csv", &file).await.data["booked"], 1);
    let asked = staffed.ask(5, "c", pay_of("A", 30_000, Some("12"))).await;
    assert!(asked.text.contains(&long_ago.to_string()), "{}", asked.text);
    let sure = staffed.ask(0, "c", pay_sure("A", 30_000, Some("12"), None)).await;
    assert_eq!(sure.data["booked"], 1, "{}", sure.text);
    assert_eq!(staffed.facts("A").await.paid, Fen(60_000));
}

#[tokio::test]
async fn what_protects_a_debtor_is_not_in_the_collectors_hands() {
    let staffed = StaffedSite::open().await;
    for kind in ["complaint_resolved", "dispute_resolved", "dismissed"] {
        staffed.ask(5, "b", report("A", kind)).await;
        staffed.ask(5, "a", report("B", kind)).await;
    }
    for kind in ["legal_override", "death_disproved"] {
        staffed.ask(5, "b", report("A", kind)).await;
        staffed.ask(5, "a", report("B", kind)).await;
        staffed.ask(5, "d", report("A", kind)).await;
    }
    staffed.ask(0, "b", report("B", "deceased")).await;
    staffed.ask(0, "c", report("B", "death_disproved")).await;
    assert_eq!(staffed.told("B", "death_disproved").await[0].payload["by"], "丙");
    for (reported, settles) in [
        ("complaint", "complaint_resolved"),
        ("dispute", "dispute_resolved"),
        ("deceased", "death_disproved"),
    ] {
        staffed.ask(0, "b", report("A", reported)).await;
        staffed.ask(5, "b", hold("A", reported, true)).await;
        staffed.ask(0, "c", report("A", settles)).await;
        staffed.ask(0, "a", report("B", reported)).await;
        staffed.ask(5, "a", hold("B", reported, true)).await;
        staffed.ask(5, "a", report("B", settles)).await;
    }
    for reason in ["bankruptcy", "lawyer", "plan", "manual", "hardship", "vulnerable"] {
        staffed.ask(0, "b", hold("A", reason, false)).await;
        staffed.ask(5, "b", hold("A", reason, true)).await;
        staffed.ask(0, "c", hold("A", reason, true)).await;
        staffed.ask(0, "a", hold("B", reason, false)).await;
        staffed.ask(5, "a", hold("B", reason, true)).await;
    }
    staffed.ask(0, "b", report("A", "complaint")).await;
    staffed.ask(0, "c", report("A", "complaint_resolved")).await;
    staffed.ask(0, "d", report("A", "dismissed")).await;
}

#[tokio::test]
async fn a_report_of_death_that_was_wrong_is_taken_back() {
    let staffed = StaffedSite::open().await;
    staffed.ask(0, "b", report("A", "deceased")).await;
    let dead = staffed.facts("A").await;
    let died = dead.debtor.as_ref().map(|debtor| debtor.deceased_on.is_some());
    assert_eq!((dead.holds.len(), died), (1, Some(true)));
    staffed.ask(0, "c", report("A", "death_disproved")).await;
    let alive = staffed.facts("A").await;
    let died = alive.debtor.as_ref().map(|debtor| debtor.deceased_on.is_some());
    assert_eq!((alive.holds.len(), died), (0, Some(false)));
}

#[tokio::test]
async fn a_promise_moves_the_limitation_by_a_paper_that_is_named() {
    let staffed = StaffedSite::open().await;
    let promise = |evidence: &str, receipt: Option<&str>| {
        Command::Promise(Promise {
            case: "A".to_owned(),
            amount: Some(Fen(10_000)),
            due_on: staffed.today(),
            evidence: evidence.to_owned(),
            receipt: receipt.map(str::to_owned),
            sure: false,
            reason: why(),
        })
    };
    for word in ["ledger_entry", "court_paper", "published_notice", "hearsay"] {
        staffed.ask(1, "b", promise(word, Some("1"))).await;
    }
    let told = staffed.ask(1, "b", promise("recorded_call", None)).await;
    assert!(told.text.contains("--receipt"), "{}", told.text);
    staffed.ask(1, "b", promise("signed_paper", Some(" "))).await;
    staffed.ask(0, "b", promise("bare_assertion", None)).await;
    staffed.ask(0, "b", promise("recorded_call", Some("LY-0042"))).await;
    let journal = staffed.journal().await;
    assert!(
        journal.contains("LY-0042") && journal.contains("recorded_call"),
        "{journal}"
    );
}

#[tokio::test]
async fn a_promise_has_the_tolerance_of_the_house_however_it_comes_in() {
    let staffed = StaffedSite::open().await;
    let today = staffed.today();
    let by_hand = Command::Promise(Promise {
        case: "A".to_owned(),
        due_on: today,
        amount: Some(Fen(10_000)),
        evidence: "bare_assertion".to_owned(),
        receipt: None,
        sure: false,
        reason: why(),
    });
    staffed.ask(0, "c", by_hand).await;
    let rows =
        format!("date,case_id,kind,amount,due_on\n{today},B,promise,90.00,{today}\n");
    let told = staffed.import(false, "events.csv", &rows).await;
    assert_eq!(told.exit, 0, "{}", told.text);
    let mut conn = staffed.app.engine.store.read().await.unwrap();
    let sql = "select tolerance_days from promises order by id";
    let days: Vec<i64> = sqlx::query_scalar(sql).fetch_all(conn.conn()).await.unwrap();
    assert_eq!(days, [2, 2]);
}

#[tokio::test]
async fn money_of_an_impossible_day_or_size_is_refused() {
    let staffed = StaffedSite::open().await;
    staffed.ask(1, "c", pay("A", None, Some(date(1990, 1, 1)))).await;
    staffed.ask(1, "c", pay("A", None, Some(date(2024, 12, 9)))).await;
    staffed.ask(0, "c", pay("A", None, Some(date(2024, 12, 10)))).await;
    let Command::Pay(Pay { case, on, receipt, reason, .. }) = pay("A", None, None) else {
        unreachable!()
    };
    let amount = Fen(Fen::MOST.0 + 1);
    staffed
        .ask(
            1,
            "c",
            Command::Pay(Pay {
                case,
                amount,
                on,
                receipt,
                payer: None,
                parts: None,
                sure: false,
                reason,
            }),
        )
        .await;
    let rows = "seq,date,case_id,kind,amount\n\
        1,2126-02-01,A,payment,1000\n\
        2,2126-02-01,A,due,1000\n\
        3,2126-02-01,A,complaint,\n";
    let told = staffed.import(false, "future.csv", rows).await;
    assert_eq!((&told.data["rejected"], &told.data["booked"]), (&2.into(), &1.into()));
    assert!(told.text.contains("R023"), "{}", told.text);
    let _: Value = told.data;
}

#[tokio::test]
async fn an_import_stands_in_the_journal_without_what_the_list_says_of_people() {
    let staffed = StaffedSite::open().await;
    let journal = staffed.journal().await;
    assert!(journal.contains("\"did\":\"import\"") && journal.contains("cases.csv"));
    let digest = Sha256::digest(LOANS);
    assert!(journal.contains(&journal::hex(&digest)), "{journal}");
    let other = "case_id,debtor_id,debtor_name,principal,opened,collector,phone\n\
        A,K1,谢小禾,900.00,2025-01-10,丙,13900000001\n\
        B,K2,石榴,2000.00,2025-02-01,甲,\n";
    let told = staffed.import(true, "other.csv", other).await;
    assert_eq!(told.data["changed"], 1, "{}", told.text);
    let journal = staffed.journal().await;
    let lines: Vec<&str> =
        journal.lines().filter(|line| line.contains("imported")).collect();
    assert_eq!(lines.len(), 1, "{journal}");
    assert!(lines[0].contains(r#"["collector","phone","principal"]"#), "{}", lines[0]);
    assert!(!journal.contains("13900000001") && !journal.contains("谢小禾"));
    staffed.import(true, "other.csv", other).await;
    let again = staffed.journal().await;
    assert_eq!(again.lines().filter(|line| line.contains("imported")).count(), 1);
}

/// Entries good and bad, each with who makes it.
fn all_kinds() -> Vec<(&'static str, Command)> {
    let case = || "A".to_owned();
    let pay = |case: &str, receipt, on| ("c", pay(case, receipt, on));
    let promise = |due_on, evidence: &str| {
        Command::Promise(Promise {
            case: case(),
            amount: Some(Fen(20_000)),
            due_on,
            evidence: evidence.to_owned(),
            receipt: None,
            sure: true,
            reason: why(),
        })
    };
    let report_with = |kind: &str, reason: String| {
        let (case, kind, rest) = (case(), kind.to_owned(), Report::default());
        ("c", Command::Report(Report { case, kind, reason, ..rest }))
    };
    let report = |kind| report_with(kind, why());
    let hold = |of: &str, lift| hold("A", of, lift);
    let enrol =
        Command::Enrol(Enrol { case: case(), workflow: "none".into(), reason: why() });
    let contact = spoken("A", "singing", false);
    let (order, reason) = (999_999, why());
    vec![
        pay("A", Some("R1"), None),
        pay("A", Some("R1"), None),
        pay("A", None, None),
        pay("X", None, None),
        pay("A", None, Some(date(2999, 1, 1))),
        pay("A", None, Some(date(2001, 1, 1))),
        ("c", {
            let (entry, reason) = (999_999, why());
            Command::Reverse(Reverse { entry, case: None, sure: true, reason })
        }),
        ("c", promise(date(2001, 1, 1), "bare_assertion")),
        ("c", promise(date(2099, 1, 1), "recording")),
        ("c", promise(date(2099, 1, 1), "hearsay")),
        ("c", promise(date(2099, 1, 1), "bare_assertion")),
        report("note"),
        report("birthday"),
        report("complaint_resolved"),
        report("legal_override"),
        report("dismissed"),
        report("dismissal_withdrawn"),
        report("complaint"),
        ("c", hold("complaint", true)),
        ("c", hold("complaint", false)),
        ("c", hold("complaint", false)),
        ("b", hold("complaint", true)),
        ("c", hold("weather", false)),
        ("c", enrol),
        ("c", contact),
        ("c", Command::Resume(Resume { case: case(), reason: why() })),
        ("c", Command::Withdraw(Withdraw { case: case(), reason: why() })),
        ("c", Command::Approve(Approve { order, reject: false, reason: why() })),
        ("c", Command::Order(Order { order, drop: true, reason })),
        (
            "c",
            Command::Task(Task {
                task: 999_999,
                outcome: "done".to_owned(),
                sure: false,
            }),
        ),
        ("c", Command::TaskTake(TaskTake { task: 999_999, reason: None })),
        report_with("note", String::new()),
        ("d", Command::Resume(Resume { case: case(), reason: why() })),
        ("z", Command::Resume(Resume { case: case(), reason: why() })),
    ]
}

#[tokio::test]
async fn whoever_asks_in_english_is_answered_in_english() {
    let staffed = StaffedSite::open().await;
    let han = |it: char| ('\u{4e00}'..='\u{9fff}').contains(&it);
    for (login, request) in all_kinds() {
        let reply = staffed.app.handle_in(Lang::En, login, &request).await;
        // People are called by their names.
        let told = reply.text.replace(['甲', '乙', '丙', '丁'], "");
        assert!(!told.is_empty(), "{request:?}");
        assert!(!told.contains(han), "{request:?}: {}", reply.text);
        let reply = staffed.app.handle(login, &request).await;
        assert!(reply.text.contains(han), "{request:?}: {}", reply.text);
    }
}
