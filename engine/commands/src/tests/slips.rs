//! Slips of the hand (误登) that are refused or asked about, on the same site.

use domain::money::Fen;
use domain::say::Lang;
use jiff::civil::Date;
use store::case_book;

use super::{ROWS, StaffedSite, hold, pay_of, report, why};
use crate::{Command, Enrol, Promise, Reply, Report};

fn asks(told: &Reply, part: &str) {
    let text = &told.text;
    assert!(text.contains("--sure") && text.contains(part), "{part}: {text}");
}

#[tokio::test]
async fn a_receipt_is_the_same_however_its_number_is_written() {
    let staffed = StaffedSite::open().await;
    staffed.ask(0, "c", pay_of("A", 30_000, Some("7001"))).await;
    for number in ["07001", "７００１", "7001.0", " 7001 "] {
        let again = staffed.ask(0, "c", pay_of("A", 30_000, Some(number))).await;
        assert_eq!(again.data["booked"], 0, "{number}: {}", again.text);
        let taken = staffed.ask(1, "c", pay_of("B", 30_000, Some(number))).await;
        assert!(taken.text.contains("A 的账目"), "{number}: {}", taken.text);
    }
    asks(&staffed.ask(5, "c", pay_of("A", 30_000, Some("No.7001"))).await, "7001");
    staffed.ask(0, "c", pay_of("B", 20_000, Some("R2"))).await;
    for number in ["r2", "Ｒ2"] {
        staffed.ask(1, "c", pay_of("A", 20_000, Some(number))).await;
    }
    assert_eq!(staffed.facts("A").await.paid, Fen(30_000));
    assert!(staffed.journal().await.contains("\"receipt\":\"7001\""), "as it was typed");
    let file = format!("{ROWS}r2,{},B,还款,200\n", staffed.today());
    let met = staffed.import(false, "pay.csv", &file).await;
    let counts = (&met.data["rejected"], &met.data["booked"]);
    assert_eq!(counts, (&0.into(), &0.into()), "{}", met.text);
}

#[tokio::test]
async fn what_is_reported_is_neither_held_nor_lifted_by_hand() {
    let staffed = StaffedSite::open().await;
    for (reported, settles) in [
        ("complaint", "complaint_resolved"),
        ("dispute", "dispute_resolved"),
        ("deceased", "death_disproved"),
    ] {
        let told = staffed.ask(5, "c", hold("A", reported, false)).await;
        let command = format!("case report A {reported}");
        assert!(told.text.contains(&command), "{}", told.text);
        staffed.ask(1, "c", hold("A", reported, true)).await;
        let told = staffed.ask(5, "c", report("A", settles)).await;
        assert!(told.text.contains("没有登记"), "{}", told.text);
        assert_eq!(staffed.told("A", settles).await.len(), 0, "{settles}");
        staffed.ask(0, "c", report("A", reported)).await;
        let told = staffed.ask(5, "c", hold("A", reported, true)).await;
        assert!(told.text.contains(settles), "{}", told.text);
        assert_eq!(staffed.facts("A").await.holds, [reported]);
        staffed.ask(0, "c", report("A", settles)).await;
        assert!(staffed.facts("A").await.holds.is_empty(), "{settles}");
    }
    staffed.ask(5, "c", report("A", "legal_override")).await;
    // What has no report is a hold.
    staffed.ask(0, "c", hold("A", "bankruptcy", false)).await;
}

#[tokio::test]
async fn a_complaint_that_stays_open_is_told_of_when_another_is_settled() {
    let staffed = StaffedSite::open().await;
    for _ in 0..2 {
        staffed.ask(0, "b", report("A", "complaint")).await;
    }
    let told = staffed.ask(0, "c", report("A", "complaint_resolved")).await;
    assert!(told.text.contains("还有 1 件"), "{}", told.text);
    let told = staffed.ask(0, "c", report("A", "complaint_resolved")).await;
    assert!(!told.text.contains("还有"), "{}", told.text);
    staffed.ask(5, "c", report("A", "complaint_resolved")).await;
}

#[tokio::test]
async fn a_claim_dismissed_by_mistake_stands_again() {
    let staffed = StaffedSite::open().await;
    let dismissed = Command::Report(Report {
        case: "A".to_owned(),
        kind: "dismissed".to_owned(),
        reason: why(),
        ..Report::default()
    });
    asks(&staffed.ask(5, "d", dismissed).await, "余额");
    staffed.ask(5, "c", report("A", "dismissal_withdrawn")).await;
    staffed.ask(0, "d", report("A", "dismissed")).await;
    let enrol = || {
        Command::Enrol(Enrol {
            case: "A".to_owned(),
            workflow: "none".to_owned(),
            reason: why(),
        })
    };
    let refused = staffed.ask(5, "c", enrol()).await;
    assert!(refused.text.contains("债权不成立或已消灭"), "{}", refused.text);
    staffed.ask(5, "b", report("A", "dismissal_withdrawn")).await;
    staffed.ask(0, "c", report("A", "dismissal_withdrawn")).await;
    let case = staffed.case("A").await;
    {
        let mut conn = staffed.app.engine.store.read().await.unwrap();
        assert_eq!(case_book::status(conn.conn(), case).await.unwrap(), "open");
    }
    assert_eq!(staffed.told("A", "dismissal_withdrawn").await[0].payload["by"], "丙");
    // There is no such workflow, which is all that is wrong now.
    staffed.ask(1, "c", enrol()).await;
}

fn promise(case: &str, fen: i64, due_on: Date, number: Option<&str>) -> Command {
    Command::Promise(Promise {
        case: case.to_owned(),
        amount: Some(Fen(fen)),
        due_on,
        evidence: number.map_or("bare_assertion", |_| "signed_paper").to_owned(),
        receipt: number.map(str::to_owned),
        sure: false,
        reason: why(),
    })
}

#[tokio::test]
async fn a_promise_of_nothing_is_refused_and_one_below_a_yuan_is_asked_about() {
    let staffed = StaffedSite::open().await;
    let list = "case_id,debtor_id,debtor_name,principal,余额,逾期本金,逾期天数\n\
        C,K3,示例甲,5000,4000,1000,8\n";
    assert_eq!(staffed.import(true, "list.csv", list).await.exit, 0);
    let today = staffed.today();
    for (case, told_of) in [("A", true), ("C", false)] {
        let told = staffed.ask(1, "c", promise(case, 0, today, None)).await;
        let is_told = told.text.contains("没有逾期金额");
        assert!(told.text.contains("大于零"), "{case}: {}", told.text);
        assert_eq!(is_told, told_of, "{case}: {}", told.text);
    }
    asks(&staffed.ask(5, "c", promise("C", 99, today, None)).await, "0.99");
    staffed.ask(0, "c", promise("C", 100, today, None)).await;
}

#[tokio::test]
async fn a_paper_that_shows_a_promise_shows_no_other_without_a_question() {
    let staffed = StaffedSite::open().await;
    let today = staffed.today();
    staffed.ask(0, "c", promise("A", 10_000, today, Some("LY-1"))).await;
    let other = promise("B", 10_000, today, Some("ＬＹ-１"));
    asks(&staffed.ask(5, "c", other.clone()).await, "A 在");
    let told = staffed.app.handle_in(Lang::En, "c", &other).await;
    asks(&told, "of A already");
    asks(&staffed.ask(5, "c", promise("A", 9_000, today, Some("LY-1"))).await, "LY-1");
    staffed.ask(0, "c", promise("B", 10_000, today, Some("LY-2"))).await;
    // A word that nothing shows needs no paper of its own.
    let Command::Promise(Promise { case, amount, due_on, receipt, sure, reason, .. }) =
        other
    else {
        unreachable!()
    };
    let evidence = "bare_assertion".to_owned();
    let word = Command::Promise(Promise {
        case,
        amount,
        due_on,
        evidence,
        receipt,
        sure,
        reason,
    });
    staffed.ask(0, "c", word).await;
}
