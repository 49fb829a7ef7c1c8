//! Rewards at work (奖励): who is credited, what is withheld, an objection and its answer,
//! as people type them, and the account of a loan.

use serde_json::Value;

use super::approvals::{StaffedSite, can_be_others};
use crate::stories::book::Book;

/// The shipped workflow that asks for rewards.
const REWARDS: &str = include_str!("../../workflows/reward_collector.lua");

/// The rows of `reward ls`, once there are so many.
fn rewards(staffed: &StaffedSite, many: usize) -> Vec<Value> {
    staffed.site.until("rewards are worked out", || {
        let rows = staffed.site.rows(&["reward", "ls"]);
        (rows.len() == many).then_some(rows)
    })
}

fn of<'r>(rows: &'r [Value], case: &str) -> &'r Value {
    let found = rows.iter().find(|row| row["case_id"] == case);
    found.unwrap_or_else(|| panic!("no reward of {case} in {rows:?}"))
}

fn pay(staffed: &StaffedSite, case: &str, receipt: &str, by: &str) {
    let pay = ["pay", case, "--amount", "200", "--receipt", receipt, "--by", by];
    staffed.expect_as("root", 0, &[&pay[..], &["--reason", "柜面"]].concat(), "已入账");
}

#[test]
fn whoever_spoke_with_the_debtor_is_credited_and_an_objection_is_answered_by_another() {
    if !can_be_others() {
        return;
    }
    let staffed = StaffedSite::open();
    staffed.site.save("reward_collector.lua", REWARDS);
    Book::of(&staffed.site).lend(&staffed.site, 2, 12);
    let _daemon = staffed.site.start_and_wait();
    let (worked, unworked) = (Book::case(0), Book::case(1));

    // The loan is 示例员's; 示例柜员 has spoken with the debtor.
    let contact = ["contact", &worked, "--outcome", "通话", "--reason", "说好今天还"];
    staffed.expect_as("bin", 0, &contact, "已登记通话结果");
    pay(&staffed, &worked, "T1", "保证人");
    pay(&staffed, &unworked, "T2", "客户");
    let rows = rewards(&staffed, 2);
    let row = of(&rows, &worked);
    assert_eq!(row["credited_to"], "示例柜员", "{row}");
    assert_eq!(
        (&row["reward_amount"], &row["stands"]),
        (&"4.00".into(), &"accrued".into())
    );
    let row = of(&rows, &unworked);
    assert_eq!(row["stands"], "withheld", "{row}");
    assert_eq!(row["withheld_for"], "nobody_worked", "{row}");
    let order = row["order"].to_string();

    let object = ["reward", "object", &order, "--reason", "当天上门,漏登"];
    staffed.expect_as("bin", 0, &object, "reward answer");
    staffed.expect_as("bin", 1, &object, "还没有答复");
    let answer = ["reward", "answer", &order, "--outcome", "成立", "--reason", "有录音"];
    staffed.expect_as("bin", 5, &answer, "没有这个权限");
    staffed.expect_as("root", 1, &answer, "--to");
    let answer = [&answer[..], &["--to", "示例柜员"]].concat();
    staffed.expect_as("root", 0, &answer, "已登记");
    let rows = rewards(&staffed, 2);
    assert_eq!(of(&rows, &unworked)["stands"], "accrued");

    let month = staffed.site.today().strftime("%Y-%m").to_string();
    let close = ["reward", "close", &month, "--reason", "月结"];
    staffed.expect_as("root", 1, &close, "还没有过完");
    staffed.expect_as(
        "root",
        1,
        &["reward", "close", "今年", "--reason", "x"],
        "2026-11",
    );
    let approve = ["reward", "approve", &month, "--reason", "已核对"];
    staffed.expect_as("root", 1, &approve, "还没有编制");
    staffed.expect_as("bin", 5, &approve, "没有这个权限");
    staffed.expect_as(
        "root",
        1,
        &["report", "payout", "--month", &month],
        "没有发放文件",
    );

    let account = staffed.site.rows(&["report", "account", "--case", &worked]);
    let last = account.last().expect("the account has lines");
    assert_eq!(last["balance_amount"], "800.00", "{last}");
    assert_eq!(last["covered_amount"], "200.00", "{last}");
    assert!(last["payer"].to_string().contains("guarantor"), "{last}");
    staffed.expect_as("root", 0, &["report", "reward-rules", "--rate", "30"], "");
    staffed.expect_as("root", 0, &["verify"], "");
}
