//! Lists that divide money and name payers (分列本息、写明付款人的流水), as banks write
//! them.

use domain::components::Components;
use domain::ids::EntryId;
use domain::ledger::Payer;
use domain::money::Fen;
use store::{components, facts, payers, verify};

use super::*;

const BOOK: &str = "贷款编号,客户编号,客户姓名,借款本金,放款日期,保证人\n\
    A,K1,示例甲,3000,2025-01-10,示例乙\n\
    B,K2,示例丙,500,2025-02-01,\n";

const SCHEDULE: &str = "流水号,日期,贷款编号,业务类型,金额,应还本金,应还利息,应还罚息\n\
    1,2025-01-10,A,放款,\"3,000.00\",,,\n\
    2,2026-02-10,A,应还,\"1,200.00\",\"1,000.00\",200.00,-\n\
    3,2026-03-10,A,应还,\"1,150.50\",\"1,000.00\",150.00,0.50\n";

async fn site() -> Site {
    let site = Site::new().await;
    site.cases("cases.csv", BOOK).await.unwrap();
    let report = site.events("schedule.csv", SCHEDULE).await.unwrap();
    assert_eq!((report.booked, report.rejected), (3, 0), "{}", report.text(Lang::En));
    site
}

/// What is owed on the first of April: principal, interest, penalty, costs.
async fn owed(site: &Site, no: &str) -> Option<[i64; 4]> {
    let case = site.case(no).await;
    let today = date(2026, 4, 1);
    let mut reader = site.store.read().await.unwrap();
    let found = facts::load(reader.conn(), today, &[case.0]).await.unwrap();
    found[&case].owed.map(|it| [it.principal.0, it.interest.0, it.penalty.0, it.cost.0])
}

/// Of the payments of a loan, in their order: what was given of them, whose they were,
/// and whether that is a question.
async fn payments(site: &Site, no: &str) -> Vec<(Option<[i64; 2]>, Option<Payer>)> {
    let case = site.case(no).await;
    let lines = site.ledger(no).await;
    let paid = lines.iter().filter(|line| line.kind == EntryKind::Payment);
    let ids: Vec<EntryId> = paid.map(|it| it.id).collect();
    let mut reader = site.store.read().await.unwrap();
    let parts = components::of_case(reader.conn(), case).await.unwrap();
    let payers = payers::of_case(reader.conn(), case).await.unwrap();
    let of = |it: &EntryId| {
        let parts = parts.get(it).map(|part| [part.principal.0, part.interest.0]);
        (parts, payers.get(it).map(|paid| paid.payer))
    };
    ids.iter().map(of).collect()
}

async fn is_sound(site: &Site) {
    let mut reader = site.store.read().await.unwrap();
    let verdict = verify::verify(reader.conn()).await.unwrap();
    assert_eq!(verdict.faults, []);
}

#[tokio::test]
async fn a_schedule_with_principal_and_interest_tells_what_is_owed_of_each() {
    let site = site().await;
    assert_eq!(owed(&site, "A").await, Some([200_000, 35_000, 50, 0]));
    assert_eq!(owed(&site, "B").await, None, "nothing is known of it");
    let again = site.events("again.csv", SCHEDULE).await.unwrap();
    assert!(again.changed_nothing(), "{}", again.text(Lang::En));
    is_sound(&site).await;
}

#[tokio::test]
async fn payments_are_divided_as_the_bank_divides_them_and_the_others_by_the_order() {
    let site = site().await;
    let file = "交易流水号,交易日期,借据号,交易类型,交易金额,还款本金,还款利息\n\
        11,2026-03-11,A,还款,\"1,000.00\",800.00,200.00\n";
    let report = site.events("parts.csv", file).await.unwrap();
    assert_eq!((report.booked, report.rejected), (1, 0), "{}", report.text(Lang::En));
    assert_eq!(owed(&site, "A").await, Some([120_000, 15_000, 50, 0]));
    let whole = "交易流水号,交易日期,借据号,交易类型,交易金额\n\
        12,2026-03-20,A,还款,200.00\n";
    site.events("whole.csv", whole).await.unwrap();
    assert_eq!(owed(&site, "A").await, Some([115_050, 0, 0, 0]), "interest comes first");
    let rows = "交易流水号,交易日期,借据号,交易类型,交易金额\n\
        13,2026-03-25,A,归还本金,100.00\n\
        13,2026-03-25,A,费用,30.00\n\
        14,2026-03-26,A,冲正,100.00\n";
    let report = site.events("rows.csv", rows).await.unwrap();
    assert_eq!((report.booked, report.rejected), (3, 0), "{}", report.text(Lang::En));
    // The cost was charged after the payment of 20 March, which went to interest.
    assert_eq!(owed(&site, "A").await, Some([115_050, 0, 0, 3_000]));
    is_sound(&site).await;
}

#[tokio::test]
async fn a_row_whose_parts_are_not_the_whole_is_booked_whole_and_the_first_word_stays() {
    let site = site().await;
    let file = "流水号,日期,贷款编号,类型,金额,实收本金,实收利息\n\
        21,2026-03-11,A,还款,1000,800,100\n\
        22,2026-03-12,A,还款,1000,800,200\n";
    let report = site.events("pay.csv", file).await.unwrap();
    assert_eq!((report.booked, report.rejected), (2, 0), "{}", report.text(Lang::En));
    let otherwise = file.replace("800,200", "900,100");
    let report = site.events("again.csv", otherwise).await.unwrap();
    assert_eq!((report.booked, report.rejected), (0, 0), "{}", report.text(Lang::En));
    let given = payments(&site, "A").await;
    let expected = [(None, None), (Some([80_000, 20_000]), None)];
    assert_eq!(given, expected, "it stays as it was");
    is_sound(&site).await;
}

#[tokio::test]
async fn columns_of_balances_and_running_totals_change_nothing_of_a_list() {
    for header in
        ["本金,利息", "已还本金,已还利息", "剩余本金,剩余利息", "其中:本金,其中:利息"]
    {
        let site = site().await;
        let file = format!(
            "流水号,日期,贷款编号,类型,金额,{header}\n\
            21,2026-03-11,A,还款,1000,800,200\n\
            22,2026-03-12,A,还款,500,1200,#N/A\n"
        );
        let report = site.events("pay.csv", file).await.unwrap();
        let told = report.text(Lang::En);
        assert_eq!((report.booked, report.rejected), (2, 0), "{header}: {told}");
        let given = payments(&site, "A").await;
        assert_eq!(given, [(None, None); 2], "{header}");
    }
}

#[tokio::test]
async fn a_list_without_a_column_of_amounts_is_refused() {
    let site = site().await;
    let file = "流水号,日期,贷款编号,类型,实收本金,实收利息\n\
        21,2026-03-11,A,还款,800,200\n";
    let refused = site.events("pay.csv", file).await.map(|report| report.booked);
    assert!(format!("{refused:?}").contains("I030"), "{refused:?}");
}

#[tokio::test]
async fn a_list_that_comes_later_divides_what_is_booked() {
    let site = site().await;
    let whole = "流水号,日期,贷款编号,类型,金额\n31,2026-03-11,A,还款,1000\n";
    site.events("whole.csv", whole).await.unwrap();
    assert_eq!(payments(&site, "A").await, [(None, None)]);
    let parted = "流水号,日期,贷款编号,类型,金额,实还本金,实还利息,付款人\n\
        31,2026-03-11,A,还款,1000,800,200,示例乙\n";
    let report = site.events("parted.csv", parted).await.unwrap();
    assert_eq!((report.booked, report.duplicates), (0, 1), "{}", report.text(Lang::En));
    let payer = Some(Payer::Guarantor);
    assert_eq!(payments(&site, "A").await, [(Some([80_000, 20_000]), payer)]);
    is_sound(&site).await;
}

#[tokio::test]
async fn the_banks_rows_divide_a_payment_that_was_entered_by_hand() {
    let site = site().await;
    enter(&site, 100_000, date(2026, 3, 30), Some("88001")).await;
    let file = "流水号,日期,贷款编号,类型,金额,还款人\n\
        88001,2026-03-31,A,归还本金,800,示例甲\n\
        88001,2026-03-31,A,还息,200,示例甲\n";
    let report = site.events("pay.csv", file).await.unwrap();
    assert_eq!((report.confirmed, report.booked, report.rejected), (1, 0, 0));
    let payer = Some(Payer::Borrower);
    assert_eq!(payments(&site, "A").await, [(Some([80_000, 20_000]), payer)]);
    is_sound(&site).await;
}

/// How many payments prove that their debtor agrees to owe.
async fn proofs(site: &Site) -> i64 {
    site.count("select count(*) from interruptions where proved = 1").await
}

/// Whose the payments of a loan were, in their order.
async fn payers_of(site: &Site, no: &str) -> Vec<Option<Payer>> {
    payments(site, no).await.into_iter().map(|payment| payment.1).collect()
}

#[tokio::test]
async fn a_payer_is_held_against_the_people_of_the_loan() {
    let site = site().await;
    let file = "流水号,日期,贷款编号,类型,金额,对方户名\n\
        41,2026-03-11,A,还款,100,示例甲\n\
        42,2026-03-12,A,还款,100,示例乙\n\
        43,2026-03-13,A,还款,100,示例丁\n\
        44,2026-03-14,A,还款,100,示*甲\n\
        45,2026-03-15,A,还款,100,财付通支付科技有限公司\n\
        46,2026-03-16,A,还款,100,\n\
        47,2026-03-17,A,还款,100,现金\n\
        48,2026-03-18,A,还款,100,贷款本金户\n\
        49,2026-03-19,A,还款,100,示例商贸(北京)有限公司\n\
        50,2026-03-20,A,还款,100,#N/A\n\
        51,2026-03-21,A,还款,100,本人\n\
        52,2026-03-22,A,还款,100,示例甲/示例乙\n";
    let report = site.events("pay.csv", file).await.unwrap();
    assert_eq!((report.booked, report.rejected), (12, 0), "{}", report.text(Lang::En));
    let mut expected = vec![None; 12];
    expected[0] = Some(Payer::Borrower);
    expected[1] = Some(Payer::Guarantor);
    expected[10] = Some(Payer::Borrower);
    assert_eq!(payers_of(&site, "A").await, expected);
    for (lang, told) in [(Lang::Zh, "第 4, 10 行"), (Lang::En, "lines 4, 10")] {
        let text = report.text(lang);
        assert!(text.contains(told), "{text}");
        assert!(!text.contains("示例丁"), "nobody is named: {text}");
    }
    // All but the guarantor's: who is not known stops no clock.
    assert_eq!(proofs(&site).await, 11);
    is_sound(&site).await;
}

#[tokio::test]
async fn two_columns_of_payers_refuse_no_list_and_say_something_only_where_they_agree() {
    let site = site().await;
    let file = "流水号,日期,贷款编号,类型,金额,付款人,对方户名\n\
        41,2026-03-11,A,还款,100,示例乙,示例乙\n\
        42,2026-03-12,A,还款,100,示例乙,示例甲\n\
        43,2026-03-13,A,还款,100,,示例乙\n\
        44,2026-03-14,A,还款,100,示例乙,#N/A\n\
        45,2026-03-15,A,还款,100,示例乙,待清算款项\n\
        46,2026-03-16,A,还款,100,现金,示例乙\n";
    let report = site.events("pay.csv", file).await.unwrap();
    let told = report.text(Lang::En);
    assert_eq!((report.booked, report.rejected), (6, 0), "{told}");
    let guarantor = Some(Payer::Guarantor);
    let expected = [guarantor, None, guarantor, guarantor, guarantor, guarantor];
    assert_eq!(payers_of(&site, "A").await, expected);
    assert!(told.contains("(lines 3)"), "who has paid is asked: {told}");
    is_sound(&site).await;
}

#[tokio::test]
async fn what_was_paid_in_the_debtors_place_is_no_payment_of_theirs() {
    let site = site().await;
    let file = "流水号,日期,贷款编号,类型,金额,付款人\n\
        51,2026-03-11,A,代偿,100,\n\
        52,2026-03-12,A,保证人代偿,100,\n\
        53,2026-03-13,A,代偿,100,示例甲\n\
        54,2026-03-14,A,还款,100,\n\
        55,2026-03-15,B,代偿,100,\n\
        56,2026-03-16,A,代偿,100,待清算资金\n\
        57,2026-03-17,A,保证人代偿,100,示*乙\n\
        58,2026-03-18,A,代偿,100,示例乙\n";
    let report = site.events("pay.csv", file).await.unwrap();
    let told = report.text(Lang::En);
    assert_eq!((report.booked, report.rejected), (8, 0), "{told}");
    let one = Some(Payer::Guarantor);
    assert_eq!(payers_of(&site, "A").await, [one, one, None, None, one, one, one]);
    assert!(
        told.contains("(lines 4)"),
        "in the borrower's place, by the borrower: {told}"
    );
    assert_eq!(payers_of(&site, "B").await, [Some(Payer::ThirdParty)]);
    is_sound(&site).await;
}

#[tokio::test]
async fn a_file_that_tells_more_of_what_is_booked_says_so_once() {
    let site = site().await;
    let file = "流水号,日期,贷款编号,类型,金额\n31,2026-03-11,A,还款,1000\n";
    site.events("pay.csv", file).await.unwrap();
    let more = "流水号,日期,贷款编号,类型,金额,实收本金,实收利息,付款人\n\
        31,2026-03-11,A,还款,1000,800,200,示例乙\n\
        32,2026-03-12,A,还款,100,80,20,示例乙\n";
    let report = site.events("more.csv", more).await.unwrap();
    assert_eq!((report.booked, report.noted), (1, 1), "{}", report.text(Lang::En));
    assert!(!report.changed_nothing());
    let again = site.events("more.csv", more).await.unwrap();
    assert_eq!((again.booked, again.noted), (0, 0), "{}", again.text(Lang::En));
    assert!(again.changed_nothing());
    is_sound(&site).await;
}

#[tokio::test]
async fn a_payer_who_was_noted_before_stays_and_the_report_says_so() {
    let site = site().await;
    let file = "流水号,日期,贷款编号,类型,金额,付款人\n\
        41,2026-03-11,A,还款,100,示例甲\n";
    site.events("pay.csv", file).await.unwrap();
    let otherwise = file.replace("示例甲", "示例乙");
    let report = site.events("again.csv", otherwise).await.unwrap();
    let told = report.text(Lang::En);
    assert!(told.contains("stands in the book, which stays (lines 2)"), "{told}");
    assert_eq!(payers_of(&site, "A").await, [Some(Payer::Borrower)]);
    assert_eq!(proofs(&site).await, 1);
    let again = site.events("once_more.csv", file).await.unwrap();
    assert!(!again.text(Lang::En).contains("payer"), "{}", again.text(Lang::En));
}

#[tokio::test]
async fn the_same_names_and_parts_are_in_an_english_list() {
    let site = site().await;
    let file = "seq,date,case_id,kind,amount,principal_paid,interest_paid,fee_paid,paid_by\n\
        51,2026-03-11,A,payment,1000.00,790,200,10,示例乙\n";
    let report = site.events("pay.csv", file).await.unwrap();
    assert_eq!((report.booked, report.rejected), (1, 0), "{}", report.text(Lang::En));
    let case = site.case("A").await;
    let mut reader = site.store.read().await.unwrap();
    let given = components::of_case(reader.conn(), case).await.unwrap();
    let paid = Components {
        principal: Fen(79_000),
        interest: Fen(20_000),
        penalty: Fen(0),
        cost: Fen(1_000),
    };
    assert!(given.values().any(|it| *it == paid), "{given:?}");
}
