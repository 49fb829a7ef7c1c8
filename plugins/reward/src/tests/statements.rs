//! Who is credited, and the way of a monthly statement (计奖与月度奖励单的测试).

use domain::journal::Entered;
use domain::manifest::EntryForm;

use super::*;
use crate::books::lines;

fn form(name: &str) -> &'static EntryForm {
    MANIFEST.entries.iter().find(|form| form.name == name).unwrap()
}

/// Enters a form; answers what was said, or why not.
async fn enter(
    conn: &mut Conn,
    (name, order, by): (&str, i64, &str),
    values: &Value,
    today: Date,
) -> Result<Entered, String> {
    let values = values.as_object().unwrap();
    let filled = Filled {
        form: form(name),
        order: OrderId(order),
        case_id: CaseId(1),
        values,
        by,
        reason: "示例理由",
        sure: true,
    };
    let done = rewards().enter(&filled, &mut books(conn, today)).await;
    done.map(|it| it.what).map_err(|why| english(&why.to_string()))
}

async fn of_month(
    conn: &mut Conn,
    name: &str,
    by: &str,
    today: Date,
) -> Result<Entered, String> {
    enter(conn, (name, 0, by), &json!({ "month": "2026-03" }), today).await
}

async fn sums(conn: &mut Conn) -> Vec<(String, i64)> {
    let year = (date(2026, 1, 1), date(2026, 12, 31));
    let sums = lines::sums(conn, year).await.unwrap();
    sums.into_iter().map(|(name, amount)| (name, amount.0)).collect()
}

async fn is_sound(conn: &mut Conn) {
    assert_eq!(rewards().verify(conn).await.unwrap(), []);
}

fn named(parts: &[(&str, i64)]) -> Vec<(String, i64)> {
    parts.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
}

#[tokio::test]
async fn money_that_nobody_worked_for_earns_nothing_and_says_so_once() {
    let mut site = site().await;
    let conn = site.conn();
    sqlx::raw_sql("delete from events").execute(&mut *conn).await.unwrap();
    // Too long ago, after it, and without an answer.
    spoke(conn, 1, "staff-1", "2026-01-29").await;
    spoke(conn, 1, "staff-1", "2026-03-02").await;
    pay(conn, 50, 100_000, true, false).await;
    let mut told = books(conn, TODAY);
    for _ in 0..2 {
        let receipt =
            rewards().carry_out(&reward(7, 50, 25), Some(&mut told)).await.unwrap();
        assert_eq!(receipt.amount, Some(Fen(0)));
    }
    assert_eq!(told.raised.len(), 1);
    assert_eq!(told.raised[0].kind, "reward_withheld");
    assert_eq!(told.raised[0].payload["why"], "nobody_worked");
    assert!(deliver(conn, &reward(8, 50, 25)).await.is_err());
    assert_eq!(net(conn).await, 0);
    is_sound(conn).await;
}

#[tokio::test]
async fn who_reached_the_debtor_is_read_from_calls_and_visits() {
    let mut site = site().await;
    let conn = site.conn();
    sqlx::raw_sql(
        r#"update events set payload = '{"outcome":"no_answer","by":"staff-1"}';
        insert into events (id, case_id, kind, payload, source, dedupe_key, happened_on,
          received_at)
        values (90, 1, 'visit_result',
          '{"outcome":"met","on":"2026-02-27","collectors":"staff-2,staff-3"}', 'visit', 'v',
          '2026-03-01', 0)"#,
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    assert_eq!(sums(conn).await, named(&[("staff-2", 1_250), ("staff-3", 1_250)]));
    is_sound(conn).await;
}

#[tokio::test]
async fn the_originator_named_in_the_list_earns_nothing_and_a_court_has_its_own_rate() {
    let mut site = site().await;
    let conn = site.conn();
    sqlx::raw_sql(r#"update cases set extra = '{"放款信贷员":"staff-1"}' where id = 1"#)
        .execute(&mut *conn)
        .await
        .unwrap();
    pay(conn, 50, 100_000, true, false).await;
    let receipt = deliver(conn, &reward(7, 50, 25)).await.unwrap();
    assert_eq!(receipt.amount, Some(Fen(0)));
    spoke(conn, 1, "staff-2", "2026-02-25").await;
    sqlx::raw_sql(
        "insert into interruptions (id, case_id, on_date, kind, evidence, proved, source,
           dedupe_key)
         values (91, 1, '2026-01-05', 'sued_or_equivalent', 'court_paper', 1, 'legal', 'x')",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    pay(conn, 51, 100_000, true, false).await;
    // Ten per mille by default, of which the half of the originator lapses.
    let receipt = deliver(conn, &reward(8, 51, 25)).await.unwrap();
    assert_eq!(receipt.amount, Some(Fen(500)));
    is_sound(conn).await;
}

#[tokio::test]
async fn caps_of_case_and_month_are_kept_over_several_payments() {
    let mut site = site().await;
    let conn = site.conn();
    let rewards = rewards_with(&json!({ "case_cap": 4_000, "month_cap": 3_000 }));
    let mut got = Vec::new();
    for (order, payment) in [(7, 50), (8, 51), (9, 52)] {
        pay(conn, payment, 100_000, true, false).await;
        let order = reward(order, payment, 25);
        let receipt = rewards.carry_out(&order, Some(&mut books(conn, TODAY))).await;
        got.push(receipt.unwrap().amount.unwrap_or_default().0);
    }
    assert_eq!(got, [2_500, 500, 0]);
    // In the next month the cap of the case is what is left.
    pay(conn, 53, 100_000, true, false).await;
    let april = date(2026, 4, 2);
    let receipt =
        rewards.carry_out(&reward(10, 53, 25), Some(&mut books(conn, april))).await;
    assert_eq!(receipt.unwrap().amount, Some(Fen(1_000)));
    is_sound(conn).await;
}

#[tokio::test]
async fn a_statement_is_closed_approved_by_two_and_paid_once() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    let march = date(2026, 3, 20);
    rewards().sweep(&mut books(conn, march)).await.unwrap();
    let early = of_month(conn, "close", "chief-1", date(2026, 3, 31)).await;
    assert!(early.unwrap_err().contains("is not over"));
    let april = date(2026, 4, 1);
    of_month(conn, "close", "chief-1", april).await.unwrap();
    assert!(of_month(conn, "close", "chief-1", april).await.is_err());
    // Objections can be entered for seven days.
    let too_early = of_month(conn, "approve", "chief-1", date(2026, 4, 8)).await;
    assert!(too_early.unwrap_err().contains("until 2026-04-08"));
    let day = date(2026, 4, 9);
    assert!(of_month(conn, "pay", "chief-1", day).await.is_err());
    let own = of_month(conn, "approve", "staff-1", day).await;
    assert!(own.unwrap_err().contains("whoever is paid"));
    of_month(conn, "approve", "chief-1", day).await.unwrap();
    let again = of_month(conn, "approve", "chief-1", day).await;
    assert!(again.unwrap_err().contains("another person"));
    assert!(of_month(conn, "pay", "chief-1", day).await.is_err());
    of_month(conn, "approve", "chief-2", day).await.unwrap();
    let Entered::SiteForm(paid) = of_month(conn, "pay", "chief-1", day).await.unwrap()
    else {
        panic!("a payout is about a month");
    };
    assert_eq!(paid.filled["amount"], 2_500);
    assert_eq!(paid.filled["digest"].as_str().unwrap().len(), 64);
    assert!(
        of_month(conn, "pay", "chief-1", day).await.unwrap_err().contains("was paid")
    );
    assert_eq!(status(conn, 50).await, "paid");
    is_sound(conn).await;
    // What is reversed after it is taken off the next statement, which waits for more.
    reverse(conn, 50).await;
    tell(conn, 1).await;
    let next = Month::parse("2026-04").unwrap();
    assert_eq!(due(conn, next).await.unwrap().len(), 0);
    pay(conn, 51, 200_000, true, false).await;
    let mut later = books(conn, date(2026, 4, 10));
    rewards().carry_out(&reward(8, 51, 25), Some(&mut later)).await.unwrap();
    rewards().sweep(&mut books(conn, date(2026, 4, 25))).await.unwrap();
    let due = due(conn, next).await.unwrap();
    assert_eq!(due["staff-1"].net(), Fen(2_500));
    is_sound(conn).await;
}

#[tokio::test]
async fn an_objection_is_answered_by_another_and_moves_what_was_credited() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    enter(conn, ("object", 7, "staff-2"), &json!({}), TODAY).await.unwrap();
    assert!(enter(conn, ("object", 7, "staff-3"), &json!({}), TODAY).await.is_err());
    let granted = json!({ "outcome": "granted", "to": ["staff-2", "staff-1"] });
    for by in ["staff-2", "staff-1"] {
        let own = enter(conn, ("answer", 7, by), &granted, TODAY).await;
        assert!(own.unwrap_err().contains("nobody answers"), "{by}");
    }
    let nobody = json!({ "outcome": "granted" });
    assert!(enter(conn, ("answer", 7, "chief"), &nobody, TODAY).await.is_err());
    enter(conn, ("answer", 7, "chief"), &granted, TODAY).await.unwrap();
    assert_eq!(sums(conn).await, named(&[("staff-1", 1_250), ("staff-2", 1_250)]));
    assert!(enter(conn, ("answer", 7, "chief"), &granted, TODAY).await.is_err());
    is_sound(conn).await;
    // A reversal takes back from both.
    reverse(conn, 50).await;
    tell(conn, 1).await;
    assert_eq!(sums(conn).await, named(&[("staff-1", 0), ("staff-2", 0)]));
    is_sound(conn).await;
}

#[tokio::test]
async fn what_was_withheld_is_accrued_where_an_objection_is_granted() {
    let mut site = site().await;
    let conn = site.conn();
    sqlx::raw_sql("delete from events").execute(&mut *conn).await.unwrap();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    enter(conn, ("object", 7, "staff-1"), &json!({}), TODAY).await.unwrap();
    let granted = json!({ "outcome": "granted", "to": ["staff-1"] });
    enter(conn, ("answer", 7, "chief"), &granted, TODAY).await.unwrap();
    assert_eq!(sums(conn).await, named(&[("staff-1", 2_500)]));
    assert_eq!(status(conn, 50).await, "accrued");
    is_sound(conn).await;
}

#[tokio::test]
async fn an_upheld_complaint_stops_what_is_not_paid() {
    let table = [("upheld", 0), ("partly_upheld", 0), ("unfounded", 2_500), ("", 2_500)];
    for (outcome, expected) in table {
        let mut site = site().await;
        let conn = site.conn();
        pay(conn, 50, 100_000, true, false).await;
        deliver(conn, &reward(7, 50, 25)).await.unwrap();
        let payload = json!({ "outcome": outcome }).as_object().unwrap().clone();
        let kind = EventKind::ComplaintResolved.to_string();
        let event = Event { id: EventId(9), kind, payload };
        rewards().observe(CaseId(1), &event, &mut books(conn, TODAY)).await.unwrap();
        assert_eq!(net(conn).await, expected, "{outcome}");
        is_sound(conn).await;
    }
}

#[tokio::test]
async fn books_that_were_tampered_with_are_found() {
    for forged in [
        "update reward_lines set amount_fen = amount_fen + 1",
        "update rewards set amount_fen = 2600",
        "update rewards set entry_id = entry_id",
        "update reward_entries set amount_fen = 1",
    ] {
        let mut site = site().await;
        let conn = site.conn();
        pay(conn, 50, 100_000, true, false).await;
        deliver(conn, &reward(7, 50, 25)).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(forged.to_owned()))
            .execute(&mut *conn)
            .await
            .unwrap();
        let faults = rewards().verify(conn).await.unwrap();
        let is_harmless = forged.ends_with("entry_id");
        assert_eq!(faults.is_empty(), is_harmless, "{forged}: {faults:?}");
    }
}

#[tokio::test]
async fn other_rules_are_tried_without_writing_anything() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    let paid = json!({ "entry": "50", "amount": 100_000, "days_past_due": 12 });
    sqlx::query(
        "insert into events (id, case_id, kind, payload, source, dedupe_key, happened_on,
           received_at)
         values (99, 1, 'payment', $1, 'test', 'p', '2026-03-01', 0)",
    )
    .bind(paid.to_string())
    .execute(&mut *conn)
    .await
    .unwrap();
    let days = (date(2026, 3, 1), date(2026, 3, 31));
    let none = json!({}).as_object().unwrap().clone();
    let trial = Trial::new(&none, 40, 1).unwrap();
    let expected = Compared { booked: Fen(2_500), tried: Fen(4_000) };
    assert_eq!(trial.run(conn, days).await.unwrap()["staff-1"], expected);
    // Of payments that came later alone.
    let later = Trial::new(&none, 40, 13).unwrap();
    let expected = Compared { booked: Fen(2_500), tried: Fen(0) };
    assert_eq!(later.run(conn, days).await.unwrap()["staff-1"], expected);
    assert_eq!(net(conn).await, 2_500);
}

const APRIL: Date = date(2026, 4, 1);
/// Behind the days for objections.
const LATER: Date = date(2026, 4, 9);

/// Free by the end of March.
async fn set_free(conn: &mut Conn) {
    rewards().sweep(&mut books(conn, date(2026, 3, 20))).await.unwrap();
}

/// Closes the statement of March, has it approved by two people and pays it.
async fn pay_march(conn: &mut Conn) -> Result<i64, String> {
    approve_march(conn).await?;
    let Entered::SiteForm(paid) = of_month(conn, "pay", "chief-1", LATER).await? else {
        panic!("a payout is about a month");
    };
    Ok(paid.filled["amount"].as_i64().unwrap())
}

async fn approve_march(conn: &mut Conn) -> Result<(), String> {
    of_month(conn, "close", "chief-1", APRIL).await?;
    of_month(conn, "approve", "chief-1", LATER).await?;
    of_month(conn, "approve", "chief-2", LATER).await?;
    Ok(())
}

async fn paid_out(conn: &mut Conn) -> Vec<(String, i64)> {
    let sql = "select collector, amount_fen from reward_payouts order by collector";
    let rows = sqlx::query(sql).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn what_was_reversed_after_the_month_is_not_paid_for_it() {
    let mut site = site().await;
    let conn = site.conn();
    for (order, payment) in [(7, 50), (8, 51)] {
        pay(conn, payment, 100_000, true, false).await;
        deliver(conn, &reward(order, payment, 25)).await.unwrap();
    }
    set_free(conn).await;
    reverse(conn, 50).await;
    let mut in_april = books(conn, APRIL);
    take_back::reversed_of_case(CaseId(1), &mut in_april).await.unwrap();
    assert_eq!(pay_march(conn).await, Ok(2_500));
    is_sound(conn).await;
}

#[tokio::test]
async fn a_part_that_was_moved_before_the_close_is_paid_to_whom_it_was_moved() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    set_free(conn).await;
    enter(conn, ("object", 7, "staff-2"), &json!({}), APRIL).await.unwrap();
    let granted = json!({ "outcome": "granted", "to": ["staff-2"] });
    enter(conn, ("answer", 7, "chief"), &granted, APRIL).await.unwrap();
    // What was given in April is the business of its statement.
    let march = due(conn, Month::parse("2026-03").unwrap()).await.unwrap();
    assert!(!march.contains_key("staff-1"), "{march:?}");
    let april = due(conn, Month::parse("2026-04").unwrap()).await.unwrap();
    assert_eq!(april["staff-2"].net(), Fen(2_500));
    is_sound(conn).await;
}

#[tokio::test]
async fn a_part_is_taken_back_where_it_stands() {
    let mut site = site().await;
    let conn = site.conn();
    spoke(conn, 1, "staff-2", "2026-02-25").await;
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    set_free(conn).await;
    // One of the two has something else to be taken off, and is in no statement.
    sqlx::raw_sql(
        "insert into reward_lines
           (entry_id, n, kind, collector, amount_fen, booked_on, recorded_at)
         values (50, 9, 'move', 'staff-2', -2000, '2026-03-20', 0)",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    approve_march(conn).await.unwrap();
    reverse(conn, 50).await;
    take_back::reversed_of_case(CaseId(1), &mut books(conn, LATER)).await.unwrap();
    let march = due(conn, Month::parse("2026-03").unwrap()).await.unwrap();
    assert_eq!(march["staff-1"].net(), Fen(0));
    let unpaid = of_month(conn, "pay", "chief-1", LATER).await;
    assert!(unpaid.unwrap_err().contains("two people have to approve"));
}

#[tokio::test]
async fn whoever_owes_more_than_they_earned_goes_on_owing_it() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    set_free(conn).await;
    of_month(conn, "close", "chief-1", APRIL).await.unwrap();
    // Taken off in the closed month, more than it has for them.
    sqlx::raw_sql(
        "insert into reward_lines
           (entry_id, n, kind, collector, amount_fen, booked_on, recorded_at, month)
         values (50, 9, 'move', 'staff-1', -4000, '2026-04-01', 0, '2026-03'),
           (50, 10, 'move', 'staff-2', 4000, '2026-04-01', 0, '2026-03')",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    of_month(conn, "approve", "chief-1", LATER).await.unwrap();
    of_month(conn, "approve", "chief-2", LATER).await.unwrap();
    of_month(conn, "pay", "chief-1", LATER).await.unwrap();
    assert_eq!(paid_out(conn).await, named(&[("staff-2", 4_000)]));
    let sql = "select sum(amount_fen) from reward_lines where month is null";
    let owed: i64 = sqlx::query(sql).fetch_one(conn).await.unwrap().get(0);
    assert_eq!(owed, -1_500);
}

#[tokio::test]
async fn a_complaint_between_the_close_and_the_payout_lets_its_loan_wait() {
    let mut site = site().await;
    let conn = site.conn();
    pay(conn, 50, 100_000, true, false).await;
    deliver(conn, &reward(7, 50, 25)).await.unwrap();
    set_free(conn).await;
    approve_march(conn).await.unwrap();
    sqlx::raw_sql(
        "insert into holds (id, case_id, reason, action, effective_on, recorded_at, by)
         values (70, 1, 'complaint', 'placed', '2026-04-08', 0, 'test');
         update cases set holds = 'complaint' where id = 1",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    let kept = of_month(conn, "pay", "chief-1", LATER).await;
    assert!(kept.unwrap_err().contains("a complaint is open on 1 of its loans"));
    of_month(conn, "approve", "chief-1", LATER).await.unwrap();
    of_month(conn, "approve", "chief-2", LATER).await.unwrap();
    of_month(conn, "pay", "chief-1", LATER).await.unwrap();
    assert_eq!(paid_out(conn).await, []);
    assert_eq!(status(conn, 50).await, "payable");
    is_sound(conn).await;
}

#[tokio::test]
async fn a_reward_is_paid_once_every_part_of_it_is() {
    let mut site = site().await;
    let conn = site.conn();
    spoke(conn, 1, "staff-2", "2026-02-25").await;
    for (order, payment) in [(7, 50), (8, 51)] {
        pay(conn, payment, 100_000, true, false).await;
        deliver(conn, &reward(order, payment, 25)).await.unwrap();
    }
    set_free(conn).await;
    // What staff-2 has to give back is more than the two parts of theirs.
    sqlx::raw_sql(
        "insert into reward_lines
           (entry_id, n, kind, collector, amount_fen, booked_on, recorded_at)
         values (51, 9, 'move', 'staff-2', -3000, '2026-03-20', 0)",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    assert_eq!(pay_march(conn).await, Ok(2_500));
    assert_eq!(paid_out(conn).await, named(&[("staff-1", 2_500)]));
    assert_eq!(status(conn, 50).await, "payable", "the part of staff-2 waits");
}

#[tokio::test]
async fn a_login_is_nobody_else_than_its_owner() {
    let mut site = site().await;
    let conn = site.conn();
    let mut staff = domain::staff::StaffNames::default();
    staff.add("staff-1", "sl1");
    let staff = Arc::new(staff);
    sqlx::raw_sql(r#"update cases set extra = '{"放款信贷员":"sl1"}' where id = 1"#)
        .execute(&mut *conn)
        .await
        .unwrap();
    pay(conn, 50, 100_000, true, false).await;
    let mut told = Books { staff, ..books(conn, TODAY) };
    let receipt = rewards().carry_out(&reward(7, 50, 25), Some(&mut told)).await.unwrap();
    assert_eq!(receipt.amount, Some(Fen(0)), "who granted the loan earns nothing by it");
}
