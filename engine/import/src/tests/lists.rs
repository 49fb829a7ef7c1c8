//! Lists with balances (余额清单): a book that begins with what a bank prints daily.

use domain::money::Fen;
use domain::say::Say;
use store::facts;

use super::*;

/// The day of [`moment`].
const TODAY: Date = date(2026, 4, 1);

const HEADER: &str =
    "贷款编号,客户编号,客户姓名,借款本金,余额,逾期本金,逾期利息,逾期天数\n";

async fn list(site: &Site, rows: &str) -> ImportReport {
    as_of(site, rows, None).await
}

async fn as_of(site: &Site, rows: &str, day: Option<Date>) -> ImportReport {
    let path = site.file("list.csv", format!("{HEADER}{rows}"));
    let list = ListReading { as_of: day, ..ListReading::default() };
    let options = Options { list, ..site.options() };
    import_cases(&site.store, &moment(&|_| None), &path, &options).await.unwrap()
}

/// Overdue, days past due, balance.
async fn age(site: &Site, case_no: &str) -> (i64, u32, i64) {
    let case = site.case(case_no).await;
    let mut reader = site.store.read().await.unwrap();
    let facts = facts::load(reader.conn(), TODAY, &[case.0]).await.unwrap();
    let facts = &facts[&case];
    (facts.overdue.0, facts.days_past_due, facts.balance.0)
}

async fn is_sound(site: &Site) {
    let mut reader = site.store.read().await.unwrap();
    let verdict = store::verify::verify(reader.conn()).await.unwrap();
    assert_eq!(verdict.faults, []);
}

#[tokio::test]
async fn a_list_alone_makes_a_book_that_is_overdue_as_the_list_says() {
    let site = Site::new().await;
    let rows = "QS-1,K1,示例甲,5000,4000,1000,50.50,8\nQS-2,K2,示例乙,5000,3000,0,0,0\n";
    let report = list(&site, rows).await;
    assert_eq!((report.new, report.opened), (2, 2), "{}", report.text(Lang::En));
    assert_eq!(age(&site, "QS-1").await, (105_050, 8, 405_050));
    assert_eq!(age(&site, "QS-2").await, (0, 0, 300_000));
    let sources = "select count(*) from ledger where source = 'snapshot:2026-04-01'";
    assert_eq!(site.count(sources).await, 3);
    let before = site.rows_in_all().await;
    let again = list(&site, rows).await;
    assert!(again.changed_nothing(), "{}", again.text(Lang::En));
    assert_eq!(site.rows_in_all().await, before);
    is_sound(&site).await;
}

#[tokio::test]
async fn the_day_of_a_list_counts_days_back_and_holds_what_was_booked() {
    let site = Site::new().await;
    let day = Some(date(2026, 3, 20));
    as_of(&site, "QS-1,K1,示例甲,5000,4000,1000,0,8\n", day).await;
    assert_eq!(age(&site, "QS-1").await, (100_000, 20, 400_000));
    let file = "流水号,日期,贷款编号,类型,金额\n\
        1,2025-04-01,QS-1,放款,5000\n2,2026-03-12,QS-1,应还,1000\n\
        3,2026-03-20,QS-1,还款,1000\n4,2026-03-21,QS-1,还款,300\n";
    let report = site.events("events.csv", file).await.unwrap();
    let told = report.text(Lang::En);
    assert_eq!((report.contained, report.booked), (3, 1), "{told}");
    assert_eq!(age(&site, "QS-1").await, (70_000, 20, 370_000));
    let again = site.events("again.csv", file).await.unwrap();
    assert!(again.changed_nothing(), "{}", again.text(Lang::En));
    is_sound(&site).await;
}

#[tokio::test]
async fn a_balance_that_fell_is_an_inferred_payment_that_the_banks_row_confirms() {
    let site = Site::new().await;
    let monday = Some(date(2026, 3, 30));
    as_of(&site, "QS-1,K1,示例甲,5000,4000,1000,0,8\n", monday).await;
    let tuesday = Some(date(2026, 3, 31));
    let report = as_of(&site, "QS-1,K1,示例甲,5000,3600,600,0,9\n", tuesday).await;
    assert_eq!(report.adjusted, 1, "{}", report.text(Lang::En));
    assert_eq!(age(&site, "QS-1").await, (60_000, 10, 360_000));
    let inferred = "select count(*) from ledger
        where kind = 'payment' and inferred = 1 and confirmed = 0 and amount_fen = 40000";
    assert_eq!(site.count(inferred).await, 1);
    let row = "流水号,日期,贷款编号,类型,金额\n7,2026-03-31,QS-1,还款,400\n";
    let report = site.events("events.csv", row).await.unwrap();
    assert_eq!((report.confirmed, report.booked), (1, 0), "{}", report.text(Lang::En));
    assert_eq!(age(&site, "QS-1").await, (60_000, 10, 360_000));
    let again = site.events("again.csv", row).await.unwrap();
    assert_eq!(again.duplicates, 1, "{}", again.text(Lang::En));
    let old = as_of(&site, "QS-1,K1,示例甲,5000,4000,1000,0,8\n", monday).await;
    assert_eq!(age(&site, "QS-1").await, (60_000, 10, 360_000), "an older list");
    assert!(old.text(Lang::En).contains("newer list"), "{}", old.text(Lang::En));
    is_sound(&site).await;
}

/// What was paid and stands, in fen: confirmed, and not.
async fn paid(site: &Site) -> (i64, i64) {
    let confirmed = "select coalesce(sum(l.amount_fen), 0) from ledger l
        where l.kind = 'payment' and l.confirmed <> 0
          and not exists (select 1 from ledger r where r.reverses = l.id)";
    let others = "select coalesce(sum(l.amount_fen), 0) from ledger l
        where l.kind = 'payment' and l.confirmed = 0
          and not exists (select 1 from ledger r where r.reverses = l.id)";
    (site.count(confirmed).await, site.count(others).await)
}

#[tokio::test]
async fn a_payment_that_bounced_is_taken_back_though_the_list_came_first() {
    const ROWS: &str = "流水号,日期,贷款编号,类型,金额,原流水号\n";
    let owing = "QS-1,K1,示例甲,5000,4000,1000,0,";
    let paid_up = "QS-1,K1,示例甲,5000,3000,0,0,0\n";
    // Whether the list tells of the payment before the bank's row does.
    for list_first in [false, true] {
        let site = Site::new().await;
        as_of(&site, &format!("{owing}8\n"), Some(date(2026, 3, 15))).await;
        if list_first {
            as_of(&site, paid_up, Some(date(2026, 3, 16))).await;
        }
        let row = format!("{ROWS}9001,2026-03-16,QS-1,还款,1000,\n");
        site.events("paid.csv", row).await.unwrap();
        assert_eq!(paid(&site).await, (100_000, 0), "{list_first}");
        as_of(&site, &format!("{owing}10\n"), Some(date(2026, 3, 17))).await;
        let listed = (100_000, 25, 400_000);
        assert_eq!(age(&site, "QS-1").await, listed, "{list_first}");
        // Without the number of its payment it is a question.
        let row = format!("{ROWS}9002,2026-03-17,QS-1,冲正,1000,\n");
        let report = site.events("back.csv", row).await.unwrap();
        let asked = report.first_rejected.first().map(|it| it.code);
        let told = report.text(Lang::Zh);
        assert_eq!((report.booked, asked), (0, Some("R071")), "{list_first}: {told}");
        let row = format!("{ROWS}9002,2026-03-17,QS-1,冲正,1000,9001\n");
        let report = site.events("back.csv", &row).await.unwrap();
        let told = report.text(Lang::Zh);
        assert_eq!((report.booked, report.contained), (1, 0), "{list_first}: {told}");
        assert_eq!(paid(&site).await, (0, 0), "{list_first}");
        assert_eq!(age(&site, "QS-1").await, listed, "{list_first}: as the list says");
        let (from, to) = (date(2026, 3, 1), date(2026, 3, 31));
        let recovered = store::reports::recovery(&site.store, from, to).await.unwrap();
        let collected: Fen = recovered.iter().map(|it| it.collected).sum();
        assert_eq!(collected, Fen(0), "{list_first}");
        let again = site.events("back.csv", &row).await.unwrap();
        assert!(again.changed_nothing(), "{}", again.text(Lang::En));
        assert_eq!(again.duplicates, 1, "{}", again.text(Lang::En));
        is_sound(&site).await;
    }
}

#[tokio::test]
async fn the_banks_row_takes_the_place_of_what_a_balance_less_its_interest_showed() {
    const DAY: &str = "2026-03-31,QS-1";
    let table = [
        // (rows, booked, the fault of the first, confirmed, inferred)
        (format!("7,{DAY},还款,500\n"), 1, None, (50_000, 0)),
        (format!("7,{DAY},归还本金,450\n7,{DAY},还息,50\n"), 2, None, (50_000, 0)),
        // A part of what was inferred: the rest still waits for its row.
        (format!("7,{DAY},还款,300\n"), 1, None, (30_000, 18_766)),
        // No interest of a month makes up for this.
        (format!("7,{DAY},还款,900\n"), 0, Some("R075"), (0, 48_766)),
        // The list before held this one.
        ("7,2026-03-29,QS-1,还款,500\n".to_owned(), 0, None, (0, 48_766)),
    ];
    for (rows, booked, fault, came_to) in table {
        let site = Site::new().await;
        let monday = Some(date(2026, 3, 30));
        as_of(&site, "QS-1,K1,示例甲,5000,4000,1000,0,8\n", monday).await;
        let tuesday = Some(date(2026, 3, 31));
        as_of(&site, "QS-1,K1,示例甲,5000,3512.34,512.34,0,9\n", tuesday).await;
        let listed = (51_234, 10, 351_234);
        assert_eq!((age(&site, "QS-1").await, paid(&site).await), (listed, (0, 48_766)));
        let file = format!("流水号,日期,贷款编号,类型,金额\n{rows}");
        let report = site.events("pay.csv", &file).await.unwrap();
        let told = report.text(Lang::Zh);
        let first = report.first_rejected.first().map(|it| it.code);
        assert_eq!((report.booked, first), (booked, fault), "{rows}{told}");
        assert_eq!(paid(&site).await, came_to, "{rows}");
        assert_eq!(age(&site, "QS-1").await, listed, "{rows}: as the list says");
        let again = site.events("again.csv", &file).await.unwrap();
        assert!(again.changed_nothing(), "{rows}{}", again.text(Lang::En));
        is_sound(&site).await;
    }
}

#[tokio::test]
async fn a_list_that_names_another_day_dates_the_debt_anew() {
    let site = Site::new().await;
    let monday = Some(date(2026, 3, 30));
    as_of(&site, "QS-1,K1,示例甲,5000,4000,1000,0,58\n", monday).await;
    assert_eq!(age(&site, "QS-1").await.1, 60);
    // The oldest instalment was paid and a later one is open: as much, less late.
    let tuesday = Some(date(2026, 3, 31));
    as_of(&site, "QS-1,K1,示例甲,5000,4000,1000,0,29\n", tuesday).await;
    assert_eq!(age(&site, "QS-1").await, (100_000, 30, 400_000));
    let ageing = store::reports::ageing(&site.store, date(2026, 3, 30)).await.unwrap();
    let overdue: Fen = ageing.iter().map(|it| it.overdue).sum();
    assert_eq!(overdue, Fen(100_000), "no day shows the debt twice");
    is_sound(&site).await;
}

#[tokio::test]
async fn a_ledger_of_events_is_not_touched_by_a_list_unless_somebody_says_so() {
    let site = Site::with_cases().await;
    site.events("events.csv", EVENTS).await.unwrap();
    let before = age(&site, "A").await;
    let rows = "A,K1,谢小禾,1000,600,600,0,265\n";
    let report = list(&site, rows).await;
    let told = report.text(Lang::En);
    assert_eq!((report.own_ledger, report.adjusted), (1, 0), "{told}");
    assert!(told.contains("--reconcile"), "{told}");
    assert_eq!(age(&site, "A").await, before);
    let path = site.file("list.csv", format!("{HEADER}{rows}"));
    let reading = ListReading { reconcile: true, ..ListReading::default() };
    let options = Options { list: reading, ..site.options() };
    let report =
        import_cases(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(report.adjusted, 1, "{}", report.text(Lang::En));
    assert_eq!(age(&site, "A").await, (60_000, 265, 60_000));
    is_sound(&site).await;
}

#[tokio::test]
async fn a_list_that_makes_nothing_overdue_says_so_and_names_what_it_passed_over() {
    let site = Site::new().await;
    let bare = "贷款编号,借款本金,欠了多少\nQS-1,5000,1000\n";
    let report = site.cases("bare.csv", bare).await.unwrap();
    let told = report.text(Lang::Zh);
    assert!(told.contains("没有案件得到应还金额"), "{told}");
    assert!(told.contains("`欠了多少`"), "{told}");
    let days = "贷款编号,借款本金,余额,逾期天数\nQS-2,5000,4000,8\n";
    let report = site.cases("days.csv", days).await.unwrap();
    assert!(report.text(Lang::Zh).contains("没有逾期金额"), "{}", report.text(Lang::Zh));
    // Mapped to our name, the column counts.
    let path =
        site.file("mapped.csv", "贷款编号,借款本金,欠了多少,几天\nQS-3,5000,1000,8\n");
    let map = ["欠了多少=overdue", "几天=days_past_due"];
    let map = map.iter().map(|it| it.parse().unwrap()).collect();
    let options = Options { map, ..site.options() };
    let report =
        import_cases(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(age(&site, "QS-3").await.0, 100_000, "{}", report.text(Lang::En));
}

#[tokio::test]
async fn a_list_needs_no_amount_lent_when_it_has_balances() {
    let site = Site::new().await;
    let rows = "贷款编号,余额,逾期金额,逾期日\nQS-1,4000,1000,2026-03-24\n";
    let report = site.cases("list.csv", rows).await.unwrap();
    assert_eq!((report.new, report.rejected), (1, 0), "{}", report.text(Lang::En));
    assert_eq!(age(&site, "QS-1").await, (100_000, 8, 400_000));
    let tomorrow = "贷款编号,余额,逾期金额,逾期日\nQS-2,4000,1000,2026-04-01\n";
    let report = site.cases("wrong.csv", tomorrow).await.unwrap();
    assert_eq!(report.first_rejected[0].code, "R091");
    let reading = ListReading { no_balances: true, ..ListReading::default() };
    let options = Options { list: reading, ..site.options() };
    let path = site.file("none.csv", rows.replace("QS-1", "QS-3"));
    import_cases(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(age(&site, "QS-3").await, (0, 0, 0));
}

#[tokio::test]
async fn a_long_file_that_is_broken_off_leaves_whole_loans_and_comes_in_again() {
    let site = Site::new().await;
    let mut cases = "case_id,principal\n".to_owned();
    let mut events = "seq,date,case_id,kind,amount\n".to_owned();
    for nth in 0..7_000 {
        use std::fmt::Write;
        writeln!(cases, "L{nth:05},100").unwrap();
        for (kind, day) in
            [("open", "2026-01-01"), ("due", "2026-02-01"), ("payment", "2026-02-03")]
        {
            writeln!(events, "{nth},{day},L{nth:05},{kind},100").unwrap();
        }
    }
    site.cases("cases.csv", cases).await.unwrap();
    let path = site.file("events.csv", &events);
    let options = Options { shared: true, ..site.options() };
    let store = site.store.clone();
    let (broken_path, broken_options) = (path.clone(), options.clone());
    let importing = tokio::spawn(async move {
        import_events(&store, &moment(&|_| None), &broken_path, &broken_options).await
    });
    while in_hand(&site).await.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    importing.abort();
    assert!(importing.await.is_err(), "it was broken off");
    let told = in_hand(&site).await.expect("the store knows of it");
    assert!(told.contains("events.csv") && told.contains("\"done\":"), "{told}");
    let halves = "select count(*) from (
        select case_id from ledger group by case_id having count(*) <> 3) halves";
    assert_eq!(site.count(halves).await, 0, "a loan is booked in full or not at all");
    assert!(site.count("select count(*) from ledger").await < 21_000);
    let report =
        import_events(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(report.booked + report.duplicates, 21_000, "{}", report.text(Lang::En));
    assert!(0 < report.duplicates);
    assert_eq!(site.count("select count(*) from ledger").await, 21_000);
    assert_eq!(in_hand(&site).await, None);
}

async fn in_hand(site: &Site) -> Option<String> {
    let mut reader = site.store.read().await.unwrap();
    store::meta::text(reader.conn(), IN_HAND).await.unwrap()
}

#[tokio::test]
async fn loans_that_a_later_list_no_longer_names_are_told_and_left_as_they_are() {
    let site = Site::new().await;
    let gone = "QS-0,K0,示例甲,5000,4000,0,0,0\nQS-3,K3,示例丙,5000,4000,0,0,0\nQS-9,K9,示例丁,5000,1,0,0,0\n";
    let kept = "QS-2,K2,示例乙,5000,3000,0,0,0\n";
    let paid_off = "QS-4,K4,示例戊,5000,0,0,0,0\n";
    let first = list(&site, &format!("{gone}{kept}{paid_off}")).await;
    assert!(
        !first.text(Lang::En).contains("not in this list"),
        "{}",
        first.text(Lang::En)
    );
    let later = list(&site, kept).await;
    let told = later.text(Lang::En);
    assert!(told.contains("3 loans of the book"), "{told}");
    assert!(told.contains("QS-0, QS-3, QS-9"), "{told}");
    assert_eq!(age(&site, "QS-3").await, (0, 0, 400_000), "nothing was changed");
    let path = site.file("part.csv", format!("{HEADER}{kept}"));
    let only = vec!["贷款编号=QS-2".parse().unwrap()];
    let options = Options { only, ..site.options() };
    let part = import_cases(&site.store, &moment(&|_| None), &path, &options).await;
    assert!(!part.unwrap().text(Lang::En).contains("not in this list"));
    is_sound(&site).await;
}

#[tokio::test]
async fn rows_that_were_left_out_keep_the_unit_of_their_list_and_miss_no_loan() {
    let site = Site::new().await;
    let path = site.file(
        "wan.csv",
        "贷款编号,客户编号,客户姓名,借款本金,余额,逾期本金,逾期利息,逾期天数\n\
         A,K1,示例甲,2,1.5,0.5,0,12\nB,K2,示例乙,6.2E+17,4,0.1,0,5\n",
    );
    let in_wan = Options { unit: Some(Unit::TenThousand), ..site.options() };
    let moment = moment(&|_| None);
    let report = import_cases(&site.store, &moment, &path, &in_wan).await.unwrap();
    assert_eq!((report.new, report.rejected), (1, 1));
    let told = report.text(Lang::Zh);
    assert!(told.contains("仍要加 --unit 万元"), "{told}");
    assert!(told.contains("请写万元数"), "{told}");

    let rejects = PathBuf::from(report.rejects_file.unwrap());
    let mended = fs::read_to_string(&rejects).unwrap().replace("6.2E+17", "4.5");
    fs::write(&rejects, mended).unwrap();
    let plain = site.options();
    let refused = import_cases(&site.store, &moment, &rejects, &plain).await;
    assert_eq!(code(refused), "I033", "amounts in 万元 do not pass for yuan");
    let report = import_cases(&site.store, &moment, &rejects, &in_wan).await.unwrap();
    assert_eq!((report.new, report.rejected), (1, 0));
    assert_eq!(report.notices, [], "no loan is missed in rows that were mended");
    assert_eq!(age(&site, "B").await.2, 4_000_000);
    is_sound(&site).await;
}

#[tokio::test]
async fn a_list_that_is_corrected_on_its_own_day_makes_nobody_pay() {
    let day = Some(date(2026, 3, 30));
    let row = |balance: &str| format!("QS-1,K1,示例甲,500000,{balance},1000,0,8\n");
    let paid = "select count(*) from ledger l
        where l.kind = 'payment'
          and not exists (select 1 from ledger r where r.reverses = l.id)";
    let site = Site::new().await;
    as_of(&site, &row("400000"), day).await;
    for (balance, fen) in [("40000", 4_000_000), ("45000", 4_500_000)] {
        let report = as_of(&site, &row(balance), day).await;
        let told = report.text(Lang::Zh);
        assert!(told.contains("1 户是对同一天清单的更正"), "{told}");
        assert!(!told.contains("推定还款共"), "{told}");
        assert_eq!(age(&site, "QS-1").await, (100_000, 10, fen));
        assert_eq!(site.count(paid).await, 0, "{balance}");
    }
    let again = as_of(&site, &row("45000"), day).await;
    assert!(again.changed_nothing(), "{}", again.text(Lang::En));
    // The next day's slip is a payment until its own day's list mends it.
    let next = Some(date(2026, 3, 31));
    let report = as_of(&site, &row("4500"), next).await;
    let told = report.text(Lang::Zh);
    assert!(told.contains("推定还款共 40500.00 元"), "{told}");
    as_of(&site, &row("44000"), next).await;
    let left = "select sum(amount_fen) from ledger l
        where l.kind = 'payment'
          and not exists (select 1 from ledger r where r.reverses = l.id)";
    assert_eq!(site.count(left).await, 100_000);
    assert_eq!(age(&site, "QS-1").await.2, 4_400_000);
    // What the bank has told of is no guess, and is not taken back.
    let file = "流水号,日期,贷款编号,类型,金额\n7,2026-03-31,QS-1,还款,1000\n";
    assert_eq!(site.events("pay.csv", file).await.unwrap().confirmed, 1);
    as_of(&site, &row("43000"), next).await;
    assert_eq!(site.count(left).await, 200_000);
    is_sound(&site).await;
}

#[tokio::test]
async fn a_second_list_of_one_day_is_asked_for_its_day() {
    let site = Site::new().await;
    list(&site, "QS-1,K1,示例甲,50000,40000,1000,0,8\n").await;
    let afternoon = "QS-1,K1,示例甲,50000,39500,500,0,8\n";
    let report = list(&site, afternoon).await;
    assert_eq!(report.first_rejected[0].code, "R093", "{}", report.text(Lang::En));
    assert_eq!(age(&site, "QS-1").await, (100_000, 8, 4_000_000), "nothing was booked");
    // It holds what was paid in the course of the day, and that comes in once.
    let report = as_of(&site, afternoon, Some(TODAY)).await;
    let told = report.text(Lang::En);
    assert_eq!((report.adjusted, report.rejected), (1, 0), "{told}");
    let row = "流水号,日期,贷款编号,类型,金额\n7,2026-04-01,QS-1,还款,500\n";
    let report = site.events("events.csv", row).await.unwrap();
    assert_eq!((report.confirmed, report.booked), (1, 0), "{}", report.text(Lang::En));
    assert_eq!(age(&site, "QS-1").await.2, 3_950_000);
    is_sound(&site).await;
}

#[tokio::test]
async fn an_older_list_puts_back_no_telephone_and_no_collector() {
    const HEADER: &str =
        "贷款编号,客户编号,客户姓名,手机号,信贷员,借款本金,余额,逾期本金,逾期天数\n";
    let site = Site::new().await;
    let new = "QS-1,K1,示例甲,13900000002,示例丁,5000,3900,900,8\n";
    let old = "QS-1,K1,示例甲,13900000001,示例戊,5000,4000,1000,8\n";
    let other = "QS-2,K2,示例乙,13900000003,示例戊,5000,4000,1000,8\n";
    let newer = format!("数据日期:2026-03-31\n{HEADER}{new}");
    site.cases("march.csv", newer).await.unwrap();
    let older = format!("数据日期:2026-02-28\n{HEADER}{old}{other}");
    let report = site.cases("february.csv", older).await.unwrap();
    let told = report.text(Lang::Zh);
    assert_eq!((report.new, report.changed), (1, 0), "{told}");
    assert!(told.contains("1 户此前已有更新的清单,本清单的资料"), "{told}");
    let kept = "select count(*) from parties where phone = '13900000002'";
    assert_eq!(site.count(kept).await, 1, "{told}");
    let works = "select count(*) from cases where collector = '示例丁'";
    assert_eq!(site.count(works).await, 1, "{told}");
    // A list that names no day is of now.
    let now = format!("{HEADER}{}", new.replace("13900000002", "13900000009"));
    site.cases("now.csv", now).await.unwrap();
    let changed = "select count(*) from parties where phone = '13900000009'";
    assert_eq!(site.count(changed).await, 1);
    is_sound(&site).await;
}

#[tokio::test]
async fn what_refuses_a_long_list_is_found_before_any_of_it_is_booked() {
    use std::fmt::Write;

    const HEADER: &str = "贷款编号,客户姓名,借款本金,余额,逾期本金,逾期天数\n";
    let site = Site::new().await;
    let book = |amounts: &str| {
        let mut rows = String::new();
        for nth in 0..5 {
            writeln!(rows, "Z{nth},示例甲{nth},{amounts},8").unwrap();
        }
        rows
    };
    let known = format!("{HEADER}{}", book("50000,40000,1000"));
    site.cases("known.csv", known).await.unwrap();
    let mut new = String::new();
    for nth in 0..20_100 {
        writeln!(new, "A{nth:05},示例乙{nth},5,4,0.1,8").unwrap();
    }
    let options = Options { shared: true, ..site.options() };
    let before = site.rows_in_all().await;
    let import = |name: &str, text: String| {
        let path = site.file(name, text);
        let (store, options) = (&site.store, &options);
        async move { import_cases(store, &moment(&|_| None), &path, options).await }
    };
    let in_wan = format!("{HEADER}{new}{}", book("5,4,0.1"));
    assert_eq!(code(import("later.csv", in_wan).await), "I033");
    assert_eq!(site.rows_in_all().await, before);
    #[cfg(unix)]
    {
        let elsewhere = site.folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &options.rejects_dir).unwrap();
        let wrong = format!("{HEADER}{new}B1,示例丙,5,x,0.1,8\n");
        assert_eq!(code(import("wrong.csv", wrong).await), "I006");
        assert_eq!(site.rows_in_all().await, before);
    }
}

#[test]
fn what_breaks_off_a_long_list_says_how_much_of_it_is_in_the_book() {
    let message = Say::new("写不进,未导入任何内容", "full, nothing was imported");
    let fault = FileFault::new("I006", message).after(20_000);
    let told = fault.text(Lang::Zh);
    assert!(told.contains("其余部分未导入") && told.contains("20000 行入库"), "{told}");
    let told = fault.text(Lang::En);
    assert!(!told.contains("nothing was imported"), "{told}");
    assert!(told.contains("20000 rows are in the book"), "{told}");
}

#[tokio::test]
async fn the_day_that_stands_above_a_list_is_its_day() {
    let list = "贷款编号,借款本金,余额,逾期本金,逾期天数\nC1,50000,40000,10000,30\n";
    let events = "流水号,日期,贷款编号,类型,金额\n\
        1,2026-03-20,C1,还款,500\n2,2026-03-24,C1,还款,3000\n3,2025-11-02,C1,还款,700\n";
    // (what stands above, days past due on the day of the test)
    for (above, days) in [
        ("数据日期:2026年3月20日,,,,\n", 42),
        ("逾期贷款清单(截至2026-03-20),,,,\n", 42),
        ("逾期贷款清单,,,,\n报表日期,2026/3/20,,单位:元,\n", 42),
        ("制表日期:2026-03-21,,,,\n", 41),
    ] {
        let site = Site::new().await;
        let report = site.cases("list.csv", format!("{above}{list}")).await.unwrap();
        let told = report.text(Lang::Zh);
        assert!(told.contains("清单日期按文件第"), "{above}{told}");
        assert_eq!(age(&site, "C1").await, (1_000_000, days, 4_000_000), "{above}");
        let report = site.events("events.csv", events).await.unwrap();
        let told = report.text(Lang::Zh);
        // A book from balances knows no day of opening.
        assert_eq!(
            (report.contained, report.booked, report.rejected),
            (2, 1, 0),
            "{told}"
        );
        assert!(!told.contains("放款日期"), "{told}");
        assert_eq!(age(&site, "C1").await.2, 3_700_000, "{above}");
        is_sound(&site).await;
    }
    let site = Site::new().await;
    let unclear = format!("逾期清单(截至3月20日),,,,\n{list}");
    let refused = site.cases("list.csv", &unclear).await;
    let Err(ImportError::File(fault)) = refused else { panic!("it was taken") };
    assert_eq!((fault.code, fault.file.as_str()), ("I040", "list.csv"));
    let future = format!("数据日期:2026-04-02,,,,\n{list}");
    assert_eq!(code(site.cases("list.csv", &future).await), "I040");
    let path = site.file("list.csv", &unclear);
    let reading =
        ListReading { as_of: Some(date(2026, 3, 20)), ..ListReading::default() };
    let options = Options { list: reading, ..site.options() };
    let report =
        import_cases(&site.store, &moment(&|_| None), &path, &options).await.unwrap();
    assert_eq!(report.opened, 1, "{}", report.text(Lang::En));
    // Printed today, it is as if nothing were said: today's payments come on top.
    let site = Site::new().await;
    let today = format!("打印日期:2026-04-01,,,,\n{list}");
    let report = site.cases("list.csv", &today).await.unwrap();
    assert!(!report.text(Lang::Zh).contains("清单日期"), "{}", report.text(Lang::Zh));
    assert_eq!(age(&site, "C1").await.1, 30);
}

#[tokio::test]
async fn no_column_is_passed_over_without_a_word() {
    let site = Site::new().await;
    let list = "贷款编号,户名,借款本金,结余金额,欠本金额,表内欠息,当前逾期天数,表外欠息,备用\n\
        C1,示例甲,50000,5000,1000,20,30,7,蓝\n";
    let report = site.cases("list.csv", list).await.unwrap();
    let told = report.text(Lang::Zh);
    assert_eq!(age(&site, "C1").await, (102_000, 30, 502_000), "{told}");
    assert!(told.contains("像是金额") && told.contains("`表外欠息`"), "{told}");
    assert!(told.contains("只作备注保存:`备用`"), "{told}");
    let names = "select count(*) from parties where name = '示例甲'";
    assert_eq!(site.count(names).await, 1);
    // By better names beside them, they are remarks.
    let both = "贷款编号,姓名,户名,余额,结余金额,逾期本金,逾期天数\nC2,示例乙,某户,4000,1,100,9\n";
    let report = site.cases("both.csv", both).await.unwrap();
    assert_eq!(age(&site, "C2").await, (10_000, 9, 400_000));
    let told = report.text(Lang::Zh);
    assert!(told.contains("`结余金额`") && told.contains("`户名`"), "{told}");
    // Nothing else says how much is owed.
    let odd = "贷款编号,借款本金,剩余金额数,逾期本金,逾期天数\nC3,50000,5000,1000,30\n";
    let report = site.cases("odd.csv", odd).await.unwrap();
    let told = report.text(Lang::Zh);
    assert!(told.contains("所欠按借款本金全额记账"), "{told}");
    assert!(told.contains("--map 剩余金额数=balance"), "{told}");
}

#[tokio::test]
async fn a_row_that_contradicts_itself_is_rejected() {
    const HEADER: &str =
        "贷款编号,借款本金,放款日期,到期日,余额,逾期本金,逾期金额,逾期天数,逾期日\n";
    let table = [
        ("C1,50000,2025-01-10,2027-01-10,0,10000,,30,", "R092"),
        ("C1,50000,2025-01-10,2027-01-10,40000,45000,,30,", "R092"),
        ("C1,50000,2025-01-10,2027-01-10,600000,100,,30,", "R092"),
        ("C1,50000,2025-01-10,2027-01-10,40000,100,50,30,", "R092"),
        ("C1,50000,2025-01-10,2027-01-10,40000,100,,30,2026-01-02", "R092"),
        ("C1,50000,2025-01-10,2027-01-10,40000,100,,800,", "R092"),
        ("C1,50000,2025-01-10,2024-01-10,40000,100,,30,", "R092"),
        ("C1,50000,2025-01-10,2027-01-10,40000,100,,,2024-12-01", "R092"),
        ("C1,50000,2025-01-10,2027-01-10,40000,100,,,1900-01-01", "R024"),
        ("C1,50000,2025-01-10,2027-01-10,40000,100,,30,1900-1-1", "R024"),
    ];
    for (row, expected) in table {
        let site = Site::new().await;
        let report = site.cases("list.csv", format!("{HEADER}{row}\n")).await.unwrap();
        let codes: Vec<&str> = report.first_rejected.iter().map(|it| it.code).collect();
        assert_eq!((codes, report.new), (vec![expected], 0), "{row}");
    }
    let sound = [
        // A balance with its interest, or of a loan that was lent again.
        "C1,50000,2025-01-10,2027-01-10,60000,100,,30,",
        // Interest alone is left; nothing is overdue; days that agree; no day of
        // opening, and none of the end.
        "C1,50000,1970-01-01,1900-01-01,40000,100,,30,",
        "C1,50000,2025-01-10,2027-01-10,0,0,120,30,",
        "C1,0,2025-01-10,2027-01-10,40000,100,,30,",
        "C1,50000,2025-01-10,2027-01-10,40000,0,,0,1900-01-01",
        "C1,50000,2025-01-10,2027-01-10,40000,100,100,30,2026-03-02",
        "C1,50000,2025-01-10,2027-01-10,40000,100,100,30,2026-02-24",
    ];
    for row in sound {
        let site = Site::new().await;
        let report = site.cases("list.csv", format!("{HEADER}{row}\n")).await.unwrap();
        assert_eq!(
            (report.new, report.rejected),
            (1, 0),
            "{row}{}",
            report.text(Lang::Zh)
        );
    }
    let first = HEADER.replace("逾期日\n", "首次逾期日\n").replace("余额", "剩余本金");
    let rows = [
        ("C1,50000,2024-01-10,2027-01-10,40000,100,,8,2025-02-10", 0),
        ("C1,50000,2024-01-10,2027-01-10,40000,100,,80,2026-03-20", 1),
        ("C1,50000,2024-01-10,2027-01-10,50001,100,,8,", 1),
    ];
    for (row, rejected) in rows {
        let site = Site::new().await;
        let report = site.cases("list.csv", format!("{first}{row}\n")).await.unwrap();
        assert_eq!(report.rejected, rejected, "{row}{}", report.text(Lang::Zh));
    }
}

async fn limitation_of(site: &Site, case_no: &str) -> String {
    let case = site.case(case_no).await;
    let mut reader = site.store.read().await.unwrap();
    let facts = facts::load(reader.conn(), TODAY, &[case.0]).await.unwrap();
    facts[&case].limitation_ends_on.unwrap().to_string()
}

/// Interest that is booked later moves no clock (Civil Code 189: it runs from the last
/// day on which the debt itself falls due).
#[tokio::test]
async fn interest_that_grows_from_list_to_list_moves_no_limitation() {
    let site = Site::new().await;
    let row = |interest: &str, days: u32| {
        format!("QS-1,K1,示例甲,60000,60000,60000,{interest},{days}\n")
    };
    as_of(&site, &row("480", 57), Some(date(2026, 3, 27))).await;
    let first = limitation_of(&site, "QS-1").await;
    assert_eq!(first, "2029-01-29");
    for (day, interest, days) in [(28, "500", 58), (29, "520", 59), (30, "540", 60)] {
        let report = as_of(&site, &row(interest, days), Some(date(2026, 3, day))).await;
        assert_eq!(report.adjusted, 1, "{}", report.text(Lang::En));
        assert_eq!(limitation_of(&site, "QS-1").await, first, "{day}");
    }
    assert_eq!(age(&site, "QS-1").await.0, 6_054_000, "it is owed all the same");
    is_sound(&site).await;
    // A forged day is found.
    let mut tx = site.store.write().await.unwrap();
    sqlx::query(
        "update cases set last_known_due_on = null, limitation_ends_on = '2029-03-30'",
    )
    .execute(tx.conn())
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let mut reader = site.store.read().await.unwrap();
    let verdict = store::verify::verify(reader.conn()).await.unwrap();
    assert!(
        verdict.faults.iter().any(|fault| fault.check == "limitation"),
        "{verdict:?}"
    );
}

/// In the morning nobody knows what will be paid in the course of the day.
#[tokio::test]
async fn a_list_of_a_day_that_is_not_over_holds_no_payments_of_it() {
    let site = Site::new().await;
    let list = "数据日期:2026-04-01,,,,\n\
        贷款编号,借款本金,余额,逾期本金,逾期天数\nC1,50000,40000,5000,30\n";
    let report = site.cases("list.csv", list).await.unwrap();
    let told = report.text(Lang::Zh);
    assert!(told.contains("当天还没有结束"), "{told}");
    assert_eq!(age(&site, "C1").await, (500_000, 30, 4_000_000));
    let row = "流水号,日期,贷款编号,类型,金额\n1,2026-04-01,C1,还款,5000\n";
    let report = site.events("events.csv", row).await.unwrap();
    assert_eq!((report.contained, report.booked), (0, 1), "{}", report.text(Lang::En));
    assert_eq!(age(&site, "C1").await, (0, 0, 3_500_000));
    is_sound(&site).await;
}

#[tokio::test]
async fn a_list_does_not_undo_what_was_entered_by_hand_on_its_day() {
    let site = Site::new().await;
    let row = "QS-1,K1,示例甲,5000,4000,1000,0,8\n";
    as_of(&site, row, Some(TODAY)).await;
    let by_hand = ledger::NewEntry {
        case_id: site.case("QS-1").await,
        kind: EntryKind::Payment,
        amount: Fen(86_400),
        booked_on: TODAY,
        reverses: None,
        source: "hand".to_owned(),
        dedupe_key: "receipt:88002".to_owned(),
        actor: "示例员".to_owned(),
        note: "柜面".to_owned(),
        confirmed: true,
        inferred: false,
    };
    let now = moment(&|_| None).now;
    let mut tx = site.store.write().await.unwrap();
    ledger::post_rows(tx.conn(), &now, &[by_hand]).await.unwrap();
    tx.commit().await.unwrap();
    let paid = (13_600, 8, 313_600);
    assert_eq!(age(&site, "QS-1").await, paid);
    let report = as_of(&site, row, Some(TODAY)).await;
    assert_eq!(report.first_rejected[0].code, "R094", "{}", report.text(Lang::Zh));
    assert_eq!(age(&site, "QS-1").await, paid, "nothing was booked");
    // It was made before the payment.
    let report = as_of(&site, row, Some(date(2026, 3, 31))).await;
    assert_eq!(report.rejected, 0, "{}", report.text(Lang::Zh));
    assert_eq!(age(&site, "QS-1").await, paid);
    is_sound(&site).await;
}

#[tokio::test]
async fn whoever_has_died_by_one_row_is_not_living_by_another() {
    let site = Site::new().await;
    let list = "贷款编号,客户姓名,身份证号,手机号码,借款本金,逾期天数,逾期本金,客户状态\n\
        Q1,示例丁,990102197001011238,13900001111,20000,5,800,正常\n\
        Q2,示例丁,990102 700101 123,13900001111,10000,12,1000,死亡\n\
        Q3,示例戊,990102197001011249,13900001112,10000,12,1000,正常\n";
    let report = site.cases("list.csv", list).await.unwrap();
    let codes: Vec<_> = report.first_rejected.iter().map(|it| it.code).collect();
    assert_eq!(
        (report.new, codes),
        (1, vec!["R055", "R055"]),
        "{}",
        report.text(Lang::Zh)
    );
}
