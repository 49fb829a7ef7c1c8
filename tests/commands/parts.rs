//! Money in parts (分列的本金、利息): from the bank's list to the account of the loan, and
//! who has paid.

use serde_json::Value;

use super::Cli;

const CASES: &str = "贷款编号,客户编号,客户姓名,借款本金,放款日期,保证人\n\
    QS-1,K1,示例甲,3000,2024-01-10,示例乙\n";

const FLOW: &str = "流水号,日期,贷款编号,业务类型,金额,应还本金,应还利息,还款本金,还款利息,对方户名\n\
    1,2024-01-10,QS-1,放款,3000,,,,,\n\
    2,2025-02-10,QS-1,应还,1200,1000,200,,,\n\
    3,2025-03-10,QS-1,应还,1150,1000,150,,,\n\
    4,2025-03-11,QS-1,还款,1000,,,800,200,示例乙\n\
    5,2025-03-12,QS-1,还款,200,,,,,示例丁\n\
    6,2025-03-13,QS-1,还款,100,,,50,49,示例甲\n";

const PARTS: [&str; 4] =
    ["principal_amount", "interest_amount", "penalty_amount", "cost_amount"];

fn account(cli: &Cli) -> Vec<Value> {
    let told = cli.json(0, &["report", "account", "--case", "QS-1"]);
    told["rows"].as_array().expect("rows are a list").clone()
}

/// The parts of a line of the account, an empty text where there is none.
fn parts(line: &Value) -> [&str; 4] {
    PARTS.map(|column| line[column].as_str().unwrap_or_default())
}

#[test]
fn a_list_in_parts_comes_to_an_account_in_parts_and_a_stranger_is_asked_about() {
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &cli.file("cases.csv", CASES)]);
    let told = cli.run(&["import", "events", &cli.file("flow.csv", FLOW)]);
    assert!(
        told.out.contains("no payer was noted (lines 6)"),
        "{}{}",
        told.out,
        told.err
    );
    assert!(!told.out.contains("示例丁"), "{}", told.out);
    assert!(cli.rejects("flow.csv").is_none(), "parts that do not fit refuse no row");

    let lines = account(&cli);
    let [.., guarantors, strangers, whole, owed] = lines.as_slice() else {
        panic!("the account is too short: {lines:?}")
    };
    assert_eq!(parts(&lines[1]), ["1000.00", "200.00", "", ""], "as the bank has it");
    assert_eq!(parts(guarantors), ["800.00", "200.00", "", ""]);
    assert_eq!(guarantors["divided_by"], "stated");
    assert_eq!(guarantors["payer"], "guarantor");
    assert_eq!(parts(strangers), ["50.00", "150.00", "", ""], "interest comes first");
    assert_eq!(strangers["divided_by"], "by_order");
    assert_eq!(strangers["payer"], Value::Null, "nobody has said who it was");
    assert_eq!(parts(whole), ["100.00", "", "", ""], "50 and 49 are not 100");
    assert_eq!(
        (&whole["divided_by"], &whole["payer"]),
        (&"by_order".into(), &"borrower".into())
    );
    assert_eq!(parts(owed), ["1050.00", "0.00", "0.00", "0.00"]);
    assert_eq!(
        (&owed["line_kind"], &owed["charged_amount"]),
        (&"owed".into(), &"1050.00".into())
    );

    let entry = strangers["entry"].to_string();
    let whose =
        ["pay", "--whose", &entry, "--by", "保证人", "--reason", "回单户名为保证人"];
    let before = cli.expect(0, &["case", "show", "QS-1"]).out;
    assert!(before.contains("principal 1050.00  interest 0.00"), "{before}");
    cli.expect(0, &whose);
    let after = cli.expect(0, &["case", "show", "QS-1"]).out;
    let lines = account(&cli);
    assert_eq!(lines[4]["payer"], "guarantor", "{lines:?}");
    assert!(after.contains("paid by guarantor"), "it stands in the journal: {after}");
    cli.verify();
}

#[test]
fn a_payment_by_hand_may_say_what_it_is_for_and_has_to_come_to_it() {
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &cli.file("cases.csv", CASES)]);
    cli.run(&["import", "events", &cli.file("flow.csv", FLOW)]);
    let pay = |principal: &str| {
        let amounts = ["--amount", "100", "--principal", principal, "--cost", "10"];
        let args = [&["pay", "QS-1"][..], &amounts, &["--reason", "柜面还款"]].concat();
        cli.run(&args)
    };
    let wrong = pay("80");
    assert_eq!(wrong.exit, 1, "{}", wrong.err);
    assert!(wrong.err.contains("come to 90.00"), "{}", wrong.err);
    let right = pay("90");
    assert_eq!(right.exit, 0, "{}", right.err);
    let lines = account(&cli);
    let [.., paid, owed] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(parts(paid), ["90.00", "", "", "10.00"]);
    assert_eq!(parts(owed), ["960.00", "0.00", "0.00", "0.00"]);
    let shown = cli.json(0, &["case", "show", "QS-1"]);
    assert_eq!(shown["facts"]["owed"]["principal"], "960.00");
    let told = cli.expect(0, &["case", "show", "QS-1"]).out;
    assert!(told.contains("of it principal 90.00 yuan and costs 10.00 yuan"), "{told}");
    cli.verify();
}
