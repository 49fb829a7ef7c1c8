//! What people do (人工办理): approvals, results of calls and visits.

use std::sync::Arc;

use domain::decision::WaitRule;
use domain::ids::OrderId;
use domain::journal::{ByHand, Entered, Entry};
use domain::money::Fen;
use domain::staff::StaffNames;
use domain::status::OrderStatus;
use runtime::approve::ApprovalRefused;
use script::testing::{CaseHandle, CaseSpec, Scenario, Stand};
use serde_json::Map;

use super::{StoreScenario, all_pass, kinds, orders, scenario_with, sent};
use crate::scenario::look;
use crate::scenario::people::COLLECTOR;

/// Asks for a suit and waits ten days from the approval.
const SUIT: &str = r#"
workflow "suit" { title = { zh = "起诉", en = "Suit" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    file_suit { claim = case.overdue, court = "测试法院" }
    return wait(10 * days, "b")
  end,
  on_rejected = function(case) return finish("rejected") end,
  on_matter_opened = function(case, matter)
    memo.matter = matter.matter
    return stay()
  end,
}
stage "b" { enter = function(case) return finish("waited") end }
"#;

fn suit() -> (StoreScenario, CaseHandle, OrderId) {
    suit_by(SUIT)
}

fn suit_by(script: &str) -> (StoreScenario, CaseHandle, OrderId) {
    let mut scenario = scenario_with(&[("suit.lua", script)]);
    let spec =
        CaseSpec { overdue: Fen(500_000), days_past_due: 95, ..CaseSpec::default() };
    let case = scenario.case(&spec).unwrap();
    scenario.enrol(case, "suit").unwrap();
    let order = scenario.act(async |scenario| {
        let mut conn = scenario.engine.store.read().await?;
        Ok(store::views::orders::awaiting(conn.conn(), "file_suit").await?.unwrap().id)
    });
    (scenario, case, OrderId(order.unwrap()))
}

fn approve(
    scenario: &mut StoreScenario,
    order: OrderId,
    by: &str,
) -> Result<(), ApprovalRefused> {
    let answer = scenario
        .act(async |scenario| Ok(scenario.engine.approve(order, by, "同意").await))
        .unwrap();
    answer.map(drop).map_err(|error| error.downcast().unwrap())
}

#[test]
fn a_suit_waits_for_a_second_person_and_the_wait_begins_with_the_approval() {
    let (mut scenario, case, _) = suit();
    assert_eq!(orders(&mut scenario), ["file_suit awaiting_approval"]);
    assert_eq!(kinds(&mut scenario), ["approval"]);
    scenario.advance(WaitRule::Days(30)).unwrap();
    assert_eq!(
        scenario.states(case).unwrap()[0].stage,
        "a",
        "ten days count for nothing yet"
    );
    scenario.approve("file_suit").unwrap();
    assert_eq!(sent(&mut scenario), ["file_suit 2026-04-01 10:00"]);
    assert!(!kinds(&mut scenario).contains(&"approval".to_owned()));
    scenario.advance(WaitRule::Days(9)).unwrap();
    assert_eq!(scenario.states(case).unwrap()[0].status, Stand::Waiting);
    scenario.advance(WaitRule::Days(1)).unwrap();
    assert_eq!(
        scenario.states(case).unwrap()[0].finish_reason.as_deref(),
        Some("waited")
    );
}

#[test]
fn nobody_approves_their_own() {
    let (mut scenario, _, order) = suit();
    let own = |by: &str| ApprovalRefused::OwnOrder { order, by: by.to_owned() };
    for by in [COLLECTOR, "workflow:suit"] {
        assert_eq!(approve(&mut scenario, order, by), Err(own(by)), "{by}");
    }
    assert_eq!(approve(&mut scenario, order, " "), Err(ApprovalRefused::Nameless));
    let other = OrderId(order.0 + 1_000_000);
    let unknown = ApprovalRefused::NoSuchOrder(other);
    assert_eq!(approve(&mut scenario, other, "测试主管甲"), Err(unknown));
    assert_eq!(
        orders(&mut scenario),
        ["file_suit awaiting_approval"],
        "nothing was changed"
    );
    assert_eq!(approve(&mut scenario, order, "测试主管甲"), Ok(()));
    let late = ApprovalRefused::NotWaiting { order, status: OrderStatus::Pending };
    assert_eq!(approve(&mut scenario, order, "测试主管乙"), Err(late));
}

#[test]
fn whoever_is_put_in_charge_approves_nothing_of_it_under_any_name() {
    // (who is put in charge; who is in charge where nobody is; who may not approve)
    let table = [
        ("by = \"测试主管甲\",", "", vec!["测试主管甲"]),
        ("by = \"zg1\",", "", vec!["测试主管甲"]),
        ("by = \" zg1 \",", "", vec!["测试主管甲"]),
        ("by = \"别人\",", "测试主管甲", vec![]),
        ("", "测试主管甲", vec!["测试主管甲"]),
        ("", "zg1", vec!["测试主管甲"]),
        ("", "zg2", vec![]),
    ];
    for (by, owner, refused) in table {
        let script = SUIT.replace("file_suit { ", &format!("file_suit {{ {by} "));
        let (mut scenario, _, order) = suit_by(&script);
        scenario.engine.set_limits(|limits| {
            let mut staff = StaffNames::default();
            staff.add("测试主管甲", "zg1");
            staff.add("测试主管甲", "zg9");
            limits.staff = Arc::new(staff);
            limits.owners.insert("legal".to_owned(), owner.to_owned());
        });
        for name in ["测试主管甲", "测试主管乙"] {
            if refused.contains(&name) {
                let own = ApprovalRefused::OwnOrder { order, by: name.to_owned() };
                assert_eq!(approve(&mut scenario, order, name), Err(own), "{by} {owner}");
            } else {
                assert_eq!(approve(&mut scenario, order, name), Ok(()), "{by} {owner}");
                break;
            }
        }
    }
}

#[test]
fn a_suit_over_a_debt_that_is_paid_is_cancelled_and_asks_nobody_any_more() {
    let (mut scenario, case, order) = suit();
    scenario.pay(case, Fen(500_000)).unwrap();
    assert_eq!(orders(&mut scenario), ["file_suit cancelled nothing_overdue"]);
    assert!(!kinds(&mut scenario).contains(&"approval".to_owned()));
    let late = ApprovalRefused::NotWaiting { order, status: OrderStatus::Cancelled };
    assert_eq!(approve(&mut scenario, order, "测试主管甲"), Err(late));
    assert_eq!(sent(&mut scenario), [""; 0]);
}

#[test]
fn whoever_put_the_case_on_its_way_to_court_may_not_approve_the_suit() {
    let (mut scenario, case, order) = suit();
    scenario
        .act(async |scenario| {
            let mut tx = scenario.engine.store.write().await?;
            let id = domain::ids::CaseId(i64::try_from(case.0)?);
            let by_hand = ByHand {
                by: "测试主管甲".to_owned(),
                reason: "直接起诉".to_owned(),
                what: Entered::Enrolled { enrolled: "suit".to_owned(), withdrawn: None },
            };
            let line = store::journal::NewLine::of_case(id, Entry::ByHand(by_hand));
            store::journal::append(tx.conn(), &scenario.engine.clock.now(), &[line])
                .await?;
            Ok(tx.commit().await?)
        })
        .unwrap();
    let refused = approve(&mut scenario, order, "测试主管甲").unwrap_err();
    assert!(matches!(refused, ApprovalRefused::OwnOrder { .. }), "{refused}");
    assert_eq!(approve(&mut scenario, order, "测试主管乙"), Ok(()));
}

#[test]
fn the_collector_of_now_may_not_approve_either() {
    const HAND_OVER: &str = "update cases set collector = '接手的信贷员'";
    let (mut scenario, _, order) = suit();
    scenario
        .act(async |scenario| {
            let mut tx = scenario.engine.store.write().await?;
            sqlx::query(HAND_OVER).execute(tx.conn()).await?;
            Ok(tx.commit().await?)
        })
        .unwrap();
    for by in ["接手的信贷员", COLLECTOR] {
        let refused = approve(&mut scenario, order, by).unwrap_err();
        assert!(matches!(refused, ApprovalRefused::OwnOrder { .. }), "{by}");
    }
}

#[test]
fn a_rejection_stops_the_order_and_the_script_hears_of_it() {
    let (mut scenario, case, order) = suit();
    scenario
        .act(async |scenario| {
            scenario.engine.reject(order, "测试主管甲", "材料不足").await?;
            scenario.settle().await
        })
        .unwrap();
    assert_eq!(orders(&mut scenario), ["file_suit cancelled 材料不足"]);
    assert_eq!(
        scenario.states(case).unwrap()[0].finish_reason.as_deref(),
        Some("rejected")
    );
    assert_eq!(kinds(&mut scenario), [""; 0]);
}

#[test]
fn an_order_that_nobody_approves_ends_and_its_stage_goes_on() {
    let (mut scenario, case, _) = suit();
    scenario.advance(WaitRule::Days(92)).unwrap();
    assert_eq!(orders(&mut scenario), ["file_suit expired not_approved"]);
    assert_eq!(
        scenario.states(case).unwrap()[0].finish_reason.as_deref(),
        Some("waited")
    );
    assert_eq!(kinds(&mut scenario), [""; 0]);
}

#[test]
fn a_wait_for_a_date_goes_back_to_its_date_once_the_order_is_approved() {
    let script =
        SUIT.replace("wait(10 * days, \"b\")", "wait_until(today() + 20 * days, \"b\")");
    let mut scenario = scenario_with(&[("suit.lua", &script)]);
    let case = scenario.case(&CaseSpec::default()).unwrap();
    scenario.enrol(case, "suit").unwrap();
    scenario.advance(WaitRule::Days(3)).unwrap();
    scenario.approve("file_suit").unwrap();
    scenario.advance(WaitRule::Days(16)).unwrap();
    assert_eq!(scenario.states(case).unwrap()[0].status, Stand::Waiting);
    scenario.advance(WaitRule::Days(1)).unwrap();
    assert_eq!(
        scenario.states(case).unwrap()[0].finish_reason.as_deref(),
        Some("waited")
    );
}

#[test]
fn a_supervisor_who_works_the_case_leaves_the_approval_to_the_other() {
    let mut scenario = scenario_with(&[("suit.lua", SUIT)]);
    let spec =
        CaseSpec { collector: Some("测试主管甲".to_owned()), ..CaseSpec::default() };
    let case = scenario.case(&spec).unwrap();
    scenario.enrol(case, "suit").unwrap();
    scenario.approve("file_suit").unwrap();
    assert_eq!(sent(&mut scenario).len(), 1);
}

#[test]
fn the_results_of_visits_reach_book_case_and_script() {
    let script = r#"
workflow "door" { title = { zh = "上门", en = "Door" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case)
    visit "逾期未还"
    return wait(10 * days, "b")
  end,
  on_visit_result = function(case, result)
    if result.outcome == "absent" then
      task { title = "改天再去", kind = "again" .. case.failed_contacts }
      return stay()
    end
    return finish(result.outcome .. " " .. (result.evidence or "") .. " " .. case.visits)
  end,
  on_deceased = function(case) return finish("dead") end,
}
stage "b" { enter = function(case) return finish("waited") end }
"#;
    let test = r#"
test("not in", function(t)
  local c = t.case { days_past_due = 40 }
  t.enrol(c)
  t.expect_sent("visit", { to = "borrower" })
  t.expect_task("visit")
  t.report_visit("absent")
  t.expect_task("again1")
  t.expect_stage(c, "a")
end)

test("signed", function(t)
  local c = t.case { days_past_due = 1000 }
  t.enrol(c)
  t.report_visit(c, "notice_signed", { evidence = "proved", receipt = "R-1" })
  t.expect_finished("notice_signed proved 1")
end)

test("dead", function(t)
  local c = t.case { days_past_due = 40 }
  t.enrol(c)
  t.advance(2 * days)
  t.report_visit("deceased", { on = t.today() })
  t.expect_finished("deceased  1")
end)
"#;
    all_pass(3, &[("door.lua", script), ("door_test.lua", test)]);
}

#[test]
fn a_signed_receipt_begins_the_limitation_period_anew() {
    let script = r#"
workflow "door" { title = { zh = "上门", en = "Door" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case) visit "时效" return wait(10 * days, "b") end,
  on_visit_result = function(case) return finish("left " .. case.limitation_days_left) end,
}
stage "b" { enter = function(case) return finish("waited") end }
"#;
    let test = r#"
test("proved", function(t)
  local c = t.case { limitation_days_left = 90 }
  t.enrol(c)
  t.report_visit("notice_signed", { evidence = "proved", receipt = "R-1" })
  t.expect_finished("left 1096")
end)
test("claimed", function(t)
  local c = t.case { limitation_days_left = 90 }
  t.enrol(c)
  t.report_visit("notice_signed")
  t.expect_finished("left 90")
end)
"#;
    all_pass(2, &[("door.lua", script), ("door_test.lua", test)]);
}

#[test]
fn what_was_seen_first_stays_first() {
    let mut seen = look::ByFirstSight::default();
    assert_eq!(seen.add(vec![(9, "b")]), ["b"]);
    assert_eq!(seen.add(vec![(5, "a"), (9, "b")]), ["b", "a"]);
}

#[test]
fn calls_without_an_answer_are_counted() {
    let script = r#"
workflow "ring" { title = { zh = "电话", en = "Ring" }, lane = "contact", start = "a" }
stage "a" {
  enter = function(case) call "first" return wait(2 * days, "a") end,
  on_call_result = function(case, result)
    if result.cause then return finish(result.cause .. " " .. case.cause) end
    if case.failed_contacts == 2 then return finish("unreached") end
    return stay()
  end,
}
"#;
    let test = r#"
test("twice", function(t)
  local c = t.case {}
  t.enrol(c)
  t.report_call("no_answer")
  t.advance(2 * days)
  t.report_call(c, "busy")
  t.expect_finished("unreached")
end)
test("why", function(t)
  local c = t.case {}
  t.enrol(c)
  t.report_call("conversation", { cause = "short_of_cash" })
  t.expect_finished("short_of_cash short_of_cash")
end)
"#;
    all_pass(2, &[("ring.lua", script), ("ring_test.lua", test)]);
    let mut scenario = scenario_with(&[("ring.lua", script)]);
    let case = scenario.case(&CaseSpec::default()).unwrap();
    scenario.enrol(case, "ring").unwrap();
    assert_eq!(kinds(&mut scenario), ["call"]);
    scenario.report(case, "call", "voicemail", Map::new()).unwrap();
    assert_eq!(kinds(&mut scenario), [""; 0], "the task is done");
}
