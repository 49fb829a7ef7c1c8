//! Rows of events files (流水): each booked once, and nothing lost without a word.

use super::*;

const HEADER: &str = "流水号,日期,贷款编号,类型,金额\n";

fn codes(report: &ImportReport) -> Vec<(u64, &'static str)> {
    report.first_rejected.iter().map(|it| (it.line, it.code)).collect()
}

async fn events(site: &Site, rows: &str) -> ImportReport {
    site.events("events.csv", format!("{HEADER}{rows}")).await.unwrap()
}

#[tokio::test]
async fn the_same_row_on_another_day_or_in_another_dress_is_a_question() {
    let site = Site::with_cases().await;
    let first = events(&site, "88001,2025-03-01,A,还款,500\n").await;
    assert_eq!(first.booked, 1);
    let again = [
        "88001,2025-03-02,A,还款,500\n",
        "88001.0,2025-03-01,A,还款,500\n",
        "0088001,2025-03-01,A,还款,500\n",
        "0088001,2025-03-01,A,还款,501\n",
    ];
    for row in again {
        let report = events(&site, row).await;
        assert_eq!((report.booked, codes(&report)), (0, vec![(2, "R076")]), "{row}");
        let entry = site.ledger("A").await[0].id;
        let told = report.text(Lang::Zh);
        assert!(told.contains(&format!("账目 {entry}(2025-03-01)")), "{told}");
    }
    let within = "7,2025-04-01,A,还款,5\n007,2025-04-03,A,还款,5\n";
    let report = events(&site, within).await;
    assert_eq!((report.booked, codes(&report)), (1, vec![(3, "R076")]));
    // Numbers that begin anew every day are other payments.
    let anew = events(&site, "88001,2025-05-01,A,还款,300\n").await;
    assert_eq!((anew.booked, anew.rejected), (1, 0), "{}", anew.text(Lang::En));
}

#[tokio::test]
async fn a_payment_that_another_list_tells_in_its_own_way_is_a_question() {
    let table = [
        // as a part there, as a whole here
        ("88001,2025-03-01,A,还款,500\n", "88001,2025-03-01,A,归还本金,500\n"),
        ("88001,2025-03-01,A,归还本金,500\n", "0088001,2025-03-02,A,还款,500\n"),
        // with a number there, without one here
        ("88001,2025-03-01,A,还款,500\n", ",2025-03-01,A,还款,500\n"),
        (",2025-03-01,A,还款,500\n", "88001,2025-03-01,A,还款,500\n"),
        (",2025-03-01,A,还款,500\n", "88001,2025-03-01,A,归还本金,500\n"),
        // a payment of interest alone, without a number in either
        (",2025-03-01,A,还款,500\n", ",2025-03-01,A,还息,500\n"),
        (",2025-03-01,A,还息,500\n", ",2025-03-01,A,还款,500\n"),
    ];
    for (first, then) in table {
        let site = Site::with_cases().await;
        assert_eq!(events(&site, first).await.booked, 1);
        let report = events(&site, then).await;
        assert_eq!(
            (report.booked, codes(&report)),
            (0, vec![(2, "R076")]),
            "{first}{then}"
        );
    }
}

#[tokio::test]
async fn payments_that_differ_in_more_than_their_dress_are_booked() {
    let site = Site::with_cases().await;
    let first = "88001,2025-03-01,A,归还本金,500\n88001,2025-03-01,A,归还利息,500\n";
    assert_eq!(events(&site, first).await.booked, 2, "two parts under one number");
    for row in [
        "88002,2025-03-01,A,还款,500\n",
        ",2025-03-02,A,还款,500\n",
        ",2025-03-01,A,还款,499\n",
    ] {
        let report = events(&site, row).await;
        assert_eq!((report.booked, report.rejected), (1, 0), "{row}");
    }
    // Each entry is met by one row: 88001's principal and 88002, not the interest.
    let more = ",2025-03-01,A,归还本金,500\n".repeat(3);
    let report = events(&site, &more).await;
    assert_eq!((report.booked, codes(&report)), (1, vec![(2, "R076"), (3, "R076")]));
}

#[tokio::test]
async fn a_row_of_another_day_can_be_booked_once_the_wrong_one_is_taken_back() {
    let site = Site::with_cases().await;
    let file = "88001,2025-03-01,A,应还,500\n";
    assert_eq!(events(&site, file).await.booked, 1);
    let header = "流水号,日期,贷款编号,类型,金额,原流水号\n";
    let back = format!("{header}90,2025-03-05,A,冲正,500,88001\n");
    assert_eq!(site.events("back.csv", &back).await.unwrap().booked, 1);
    let report = events(&site, "88001,2025-04-01,A,应还,500\n").await;
    assert_eq!((report.booked, report.rejected), (1, 0), "{}", report.text(Lang::En));
    let oldest = "select count(*) from cases where oldest_unpaid_on = '2025-04-01'";
    assert_eq!(site.count(oldest).await, 1);
}

#[tokio::test]
async fn a_due_item_without_a_number_is_taken_back_by_day_and_amount() {
    let site = Site::with_cases().await;
    let header = "日期,贷款编号,类型,金额,承诺还款日\n";
    let file = format!(
        "{header}2025-03-01,A,应还,500,\n2025-04-01,A,应还,500,\n\
         2025-05-01,A,减免,20,\n2025-05-02,A,应还冲正,500,2025-04-01\n\
         2025-05-02,A,减免冲正,20,\n"
    );
    let report = site.events("a.csv", &file).await.unwrap();
    assert_eq!((report.booked, report.rejected), (5, 0), "{}", report.text(Lang::En));
    let again = site.events("b.csv", &file).await.unwrap();
    assert_eq!((again.booked, again.duplicates), (0, 5), "{}", again.text(Lang::En));
    let left = "select count(*) from cases
        where case_no = 'A' and due_fen = 50000 and waived_fen = 0
          and oldest_unpaid_on = '2025-03-01'";
    assert_eq!(site.count(left).await, 1);
}

#[tokio::test]
async fn equal_payments_of_a_day_all_count_and_the_same_file_adds_none() {
    let site = Site::with_cases().await;
    let header = "日期,贷款编号,类型,金额\n";
    let row = "2025-03-01,A,还款,100\n";
    let monday = format!("{header}{row}{row}");
    assert_eq!(site.events("mon.csv", &monday).await.unwrap().booked, 2);
    let again = site.events("again.csv", &monday).await.unwrap();
    assert_eq!((again.booked, again.duplicates), (0, 2));
    let tuesday = format!("{monday}{row}2025-03-02,A,还款,100\n");
    assert_eq!(site.events("tue.csv", &tuesday).await.unwrap().booked, 2);
}

#[tokio::test]
async fn what_is_told_of_unknown_loans_is_not_lost_without_a_word() {
    let site = Site::with_cases().await;
    let rows = "1,2025-03-01,X,还款,5\n2,2025-03-01,X,投诉,\n3,2025-03-01,X,应还,5\n\
        4,2025-03-01,A,还款,5\n";
    let report = events(&site, rows).await;
    assert_eq!(codes(&report), [(2, "R077"), (3, "R077")]);
    assert_eq!((report.booked, report.skipped_unknown_case), (1, 3));
    let text = fs::read_to_string(report.rejects_file.unwrap()).unwrap();
    assert!(text.contains("1,2025-03-01,X,还款,5"), "{text}");
    // Once the case is there, the rejects file is taken as it is.
    site.cases("more.csv", "case_id,principal\nX,10\n").await.unwrap();
    let report = site.events("mended.csv", &text).await.unwrap();
    assert_eq!((report.booked, report.recorded), (1, 1), "{}", report.text(Lang::En));
}

#[tokio::test]
async fn a_payment_of_nothing_is_rejected() {
    let site = Site::with_cases().await;
    let report = events(&site, "1,2025-03-01,A,还款,0.00\n").await;
    assert_eq!((report.booked, codes(&report)), (0, vec![(2, "R013")]));
}

#[tokio::test]
async fn foreign_currency_is_left_out_of_a_book_of_yuan() {
    let site = Site::new().await;
    let list = "贷款编号,借款本金,币种\nQS-1,5000,人民币\nQS-2,5000,美元\nQS-3,5000,HKD\n\
        QS-4,5000,\n";
    let report = site.cases("list.csv", list).await.unwrap();
    assert_eq!((report.new, codes(&report)), (2, vec![(3, "R054"), (4, "R054")]));
    let later = site.cases("later.csv", "贷款编号,借款本金,币种\nQS-5,1,USD\n").await;
    assert_eq!(codes(&later.unwrap()), [(2, "R054")]);
    let file = "日期,贷款编号,类型,金额,币种\n2025-03-01,QS-1,还款,5,USD\n\
        2025-03-01,QS-1,还款,6,人民币\n";
    let report = site.events("pay.csv", file).await.unwrap();
    assert_eq!((report.booked, codes(&report)), (1, vec![(2, "R054")]));
}

#[tokio::test]
async fn a_book_in_another_currency_serves_for_reports_alone() {
    let site = Site::new().await;
    let list = "case_id,principal,currency\nA,5000,USD\nB,5000,USD\n";
    let report = site.cases("list.csv", list).await.unwrap();
    assert_eq!(report.new, 2);
    assert!(report.text(Lang::En).contains("in USD"), "{}", report.text(Lang::En));
    events(&site, "1,2026-03-01,A,应还,500\n").await;
    let mut reader = site.store.read().await.unwrap();
    let today = date(2026, 4, 1);
    let none = domain::enrolment::Enrolment::default();
    let found =
        store::enrol::candidates(reader.conn(), today, "remind", "contact", &none);
    assert_eq!(found.await.unwrap(), [], "nobody is written to about yuan");
}

#[tokio::test]
async fn a_collectors_own_file_confirms_no_payment_of_their_cases() {
    let site = Site::new().await;
    let list = "贷款编号,借款本金,信贷员\nQS-1,5000,示例员\nQS-2,5000,示例乙\n";
    site.cases("list.csv", list).await.unwrap();
    let rows = "1,2026-03-01,QS-1,还款,5\n2,2026-03-01,QS-2,还款,6\n";
    let path = site.file("pay.csv", format!("{HEADER}{rows}"));
    let confirmed =
        "select count(*) from ledger where kind = 'payment' and confirmed <> 0";
    for (by, booked, now_confirmed) in
        [("示例员", 2, 1), ("示例员", 0, 1), ("示例主管", 0, 2)]
    {
        let importer =
            Some(Importer { by: by.to_owned(), logins: Vec::new(), reason: None });
        let options = Options { importer, ..site.options() };
        let report = import_events(&site.store, &moment(&|_| None), &path, &options)
            .await
            .unwrap();
        assert_eq!(report.booked, booked, "{by}: {}", report.text(Lang::En));
        assert_eq!(site.count(confirmed).await, now_confirmed, "{by}");
    }
}

#[tokio::test]
async fn a_collectors_own_file_ends_no_protection_and_a_login_is_a_name() {
    let site = Site::new().await;
    let list =
        "贷款编号,借款本金,信贷员\nQS-1,5000,示例员\nQS-2,5000,sl\nQS-3,5000,示例乙\n";
    site.cases("list.csv", list).await.unwrap();
    // (what a file says of each loan, the lines that are left out)
    let table = [
        ("投诉", vec![]),
        ("投诉办结", vec![2, 3]),
        ("异议办结", vec![2, 3]),
        ("债权撤销", vec![2, 3]),
    ];
    for (at, (word, left_out)) in table.into_iter().enumerate() {
        let row = |n: usize| format!("{at}{n},2026-03-01,QS-{n},{word},\n");
        let rows: String = (1..=3).map(row).collect();
        let path = site.file("told.csv", format!("{HEADER}{rows}"));
        let (by, logins) = ("示例员".to_owned(), vec!["sl".to_owned()]);
        let importer = Some(Importer { by, logins, reason: None });
        let options = Options { importer, ..site.options() };
        let report = import_events(&site.store, &moment(&|_| None), &path, &options)
            .await
            .unwrap();
        let lines: Vec<u64> = codes(&report).iter().map(|code| code.0).collect();
        assert_eq!(lines, left_out, "{word}: {}", report.text(Lang::En));
        assert!(codes(&report).iter().all(|code| code.1 == "R079"), "{word}");
    }
}

#[tokio::test]
async fn equal_amounts_of_principal_and_interest_under_one_number_are_two_payments() {
    let site = Site::with_cases().await;
    let rows = "88001,2026-03-01,A,归还本金,50.00\n88001,2026-03-01,A,归还利息,50.00\n";
    let first = events(&site, rows).await;
    assert_eq!((first.booked, codes(&first)), (2, vec![]), "{}", first.text(Lang::En));
    let again = events(&site, rows).await;
    assert!(again.changed_nothing(), "{}", again.text(Lang::En));
    assert_eq!((again.booked, again.duplicates), (0, 2));
    let paid = "select paid_fen from cases where case_no = 'A'";
    assert_eq!(site.count(paid).await, 10_000);
}

#[tokio::test]
async fn whoever_waits_sees_how_far_an_import_has_come() {
    let site = Site::with_cases().await;
    let path = site.file("events.csv", EVENTS);
    let options = site.options();
    assert_eq!(options.progress.seen(), (0, 0));
    import_events(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(options.progress.seen(), (5, 5), "every row was booked or answered");
}

#[tokio::test]
async fn a_payment_told_as_a_whole_and_in_its_parts_is_booked_once() {
    const D: &str = "2025-03-01,A";
    let whole = format!("88001,{D},还款,1000\n");
    let parts = format!("88001,{D},归还本金,800\n88001,{D},还息,200\n");
    let one_part = format!("88001,{D},归还本金,800\n");
    let three = format!("7,{D},归还本金,800\n8,{D},还息,150\n9,{D},罚息还款,50\n");
    let other_day = parts.replace("03-01", "03-03");
    let bare = |rows: &str| rows.replace("88001", "");
    // (what is there, what comes, booked of it, rejected of it)
    let table = [
        (whole.clone(), parts.clone(), 0, vec![2, 3]),
        (parts.clone(), whole.clone(), 0, vec![2]),
        (whole.clone(), one_part.clone(), 0, vec![2]),
        (one_part.clone(), whole.clone(), 0, vec![2]),
        (whole.clone(), three.clone(), 0, vec![2, 3, 4]),
        (bare(&whole), bare(&parts), 0, vec![2, 3]),
        (bare(&parts), bare(&whole), 0, vec![2]),
        (bare(&parts), whole.clone(), 0, vec![2]),
        (whole.clone(), other_day, 0, vec![2, 3]),
        // In one file the first counts.
        (String::new(), format!("{whole}{parts}"), 1, vec![3, 4]),
        (String::new(), format!("{parts}{whole}"), 2, vec![4]),
        (String::new(), bare(&format!("{whole}{parts}")), 1, vec![3, 4]),
        (String::new(), format!("{whole}88001,{D},归还本金,1000\n"), 1, vec![3]),
        (String::new(), format!("77,{D},贷款还款,800\n77,{D},贷款还息,200\n"), 2, vec![]),
        // Parts that come to something else are other payments, and so are those of
        // another day and of another loan.
        (bare(&whole), bare(&one_part), 1, vec![]),
        (
            whole.clone(),
            "5,2025-03-02,A,归还本金,800\n6,2025-03-02,A,还息,200\n".to_owned(),
            2,
            vec![],
        ),
        (
            whole.clone(),
            "88001,2025-03-01,B,归还本金,300\n88001,2025-03-01,B,还息,2\n".to_owned(),
            2,
            vec![],
        ),
        (
            String::new(),
            format!("88001,{D},还款,100\n88001,{D},归还本金,800\n"),
            2,
            vec![],
        ),
    ];
    for (first, then, booked, lines) in table {
        let site = Site::with_cases().await;
        if !first.is_empty() {
            let report = events(&site, &first).await;
            assert_eq!(report.rejected, 0, "{first}: {}", report.text(Lang::Zh));
        }
        let report = events(&site, &then).await;
        let expected: Vec<_> = lines.iter().map(|line| (*line, "R076")).collect();
        let told = report.text(Lang::Zh);
        assert_eq!(
            (report.booked, codes(&report)),
            (booked, expected),
            "{first}{then}{told}"
        );
        let again = events(&site, &then).await;
        assert_eq!((again.booked, again.rejected), (0, lines.len()), "{first}{then}");
    }
}

#[tokio::test]
async fn a_payment_that_was_not_booked_is_not_told_as_early() {
    let site = Site::with_cases().await;
    let row = "1,2025-01-05,A,还款,5\n";
    let first = events(&site, row).await;
    assert!(first.text(Lang::Zh).contains("早于放款日期"), "{}", first.text(Lang::Zh));
    let again = events(&site, row).await;
    assert!(!again.text(Lang::Zh).contains("早于放款日期"), "{}", again.text(Lang::Zh));
}

/// Takes the latest payment of a loan back, as a person does.
async fn take_back(site: &Site, case_no: &str) {
    let booked = site.ledger(case_no).await;
    let payments = booked.iter().filter(|it| it.kind == EntryKind::Payment);
    let payment = payments.max_by_key(|payment| payment.id).expect("a payment");
    let entry = ledger::NewEntry {
        case_id: site.case(case_no).await,
        kind: EntryKind::Reversal,
        amount: payment.amount,
        booked_on: date(2026, 4, 1),
        reverses: Some(payment.id),
        source: "hand".to_owned(),
        dedupe_key: format!("reverse:{}", payment.id),
        actor: "示例主管".to_owned(),
        note: String::new(),
        confirmed: true,
        inferred: false,
    };
    let mut tx = site.store.write().await.unwrap();
    ledger::post_entries(tx.conn(), &moment(&|_| None).now, &[entry]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_number_of_a_row_is_free_once_its_entry_is_taken_back() {
    let site = Site::with_cases().await;
    let row = |yuan: u32| format!("1001,2025-03-01,A,还款,{yuan}\n");
    assert_eq!(events(&site, &row(500)).await.booked, 1);
    let stands = events(&site, &row(450)).await;
    assert_eq!((stands.booked, codes(&stands)), (0, vec![(2, "R070")]));
    take_back(&site, "A").await;
    let again = events(&site, &row(500)).await;
    assert_eq!((again.booked, again.duplicates), (0, 1), "what was wrong stays so");
    let mended = events(&site, &row(450)).await;
    let told = mended.text(Lang::Zh);
    assert_eq!((mended.booked, mended.rejected), (1, 0), "{told}");
    for (yuan, expected) in [(500, vec![]), (450, vec![]), (440, vec![(2, "R070")])] {
        let again = events(&site, &row(yuan)).await;
        assert_eq!((again.booked, codes(&again)), (0, expected), "{yuan}");
    }
    let paid = "select paid_fen from cases where case_no = 'A'";
    assert_eq!(site.count(paid).await, 45_000);
    take_back(&site, "A").await;
    assert_eq!(events(&site, &row(440)).await.booked, 1);
    assert_eq!(site.count(paid).await, 44_000);
}

#[tokio::test]
async fn a_payment_that_is_told_anew_after_its_reversal_is_booked() {
    const D: &str = "2025-03-01,A";
    const HEADER: &str = "流水号,日期,贷款编号,类型,金额,原流水号\n";
    let whole = format!("1001,{D},还款,1000,\n");
    let whole_back = format!("1002,{D},冲正,1000,1001\n");
    let parts = format!("1003,{D},归还本金,800,\n1004,{D},还息,200,\n");
    let parts_back = format!("1005,{D},冲正,800,1003\n1006,{D},冲正,200,1004\n");
    let less = format!("1001,{D},还款,900,\n");
    let table = [
        // (what is there, what comes, booked of it, paid in all)
        (String::new(), format!("{whole}{whole_back}{parts}"), 4, 100_000),
        (whole.clone(), format!("{whole_back}{parts}"), 3, 100_000),
        (String::new(), format!("{parts}{parts_back}{whole}"), 5, 100_000),
        (parts.clone(), format!("{parts_back}{whole}"), 3, 100_000),
        (String::new(), format!("{whole}{whole_back}{less}"), 3, 90_000),
        (whole.clone(), format!("{whole_back}{less}"), 2, 90_000),
    ];
    for (first, then, booked, fen) in table {
        let site = Site::with_cases().await;
        if !first.is_empty() {
            site.events("first.csv", format!("{HEADER}{first}")).await.unwrap();
        }
        let file = format!("{HEADER}{then}");
        let report = site.events("then.csv", &file).await.unwrap();
        let told = report.text(Lang::Zh);
        assert_eq!((report.booked, codes(&report)), (booked, vec![]), "{then}{told}");
        let paid = "select paid_fen from cases where case_no = 'A'";
        assert_eq!(site.count(paid).await, fen, "{then}");
        let again = site.events("again.csv", &file).await.unwrap();
        assert!(again.changed_nothing(), "{then}{}", again.text(Lang::En));
        assert_eq!(again.rejected, 0, "{then}{}", again.text(Lang::En));
    }
}

#[tokio::test]
async fn a_payment_far_above_the_debt_is_asked_about_and_less_of_it_is_named() {
    let site = Site::with_cases().await;
    // Of a loan that nothing opened nobody knows what it owes.
    let unknown = events(&site, "1,2025-03-01,B,还款,400000\n").await;
    assert_eq!((unknown.booked, codes(&unknown)), (1, vec![]));
    assert_eq!(events(&site, "1,2025-01-10,A,放款,4000\n").await.booked, 1);
    let far = events(&site, "2,2025-03-01,A,还款,400000\n").await;
    assert_eq!((far.booked, codes(&far)), (0, vec![(2, "R078")]));
    let above = events(&site, "3,2025-03-01,A,还款,5000\n").await;
    let told = above.text(Lang::Zh);
    assert_eq!((above.booked, above.rejected), (1, 0), "{told}");
    assert!(told.contains("1 户的还款超过所欠") && told.contains(":A"), "{told}");
    let more = "4,2025-03-02,A,还款,1000\n5,2025-03-03,A,还款,1000.01\n";
    let more = events(&site, more).await;
    assert_eq!((more.booked, codes(&more)), (1, vec![(3, "R078")]));
    // What the file itself takes back, and what it calls due, is no slip.
    let header = "流水号,日期,贷款编号,类型,金额,原流水号\n";
    let slip = "6,2025-03-04,A,还款,400000,\n7,2025-03-04,A,冲正,400000,6\n";
    let mended = site.events("slip.csv", format!("{header}{slip}")).await.unwrap();
    assert_eq!((mended.booked, mended.rejected), (2, 0), "{}", mended.text(Lang::Zh));
    let due = "8,2025-03-05,A,应还,9000\n9,2025-03-05,A,还款,9000\n";
    let due = events(&site, due).await;
    assert_eq!((due.booked, due.rejected), (2, 0), "{}", due.text(Lang::Zh));
}
