//! Steps of a proceeding that were entered by mistake, taken back (撤回误登步骤的测试).

use super::*;
use crate::outcome::{Document, Found};

/// Enters a step with all that it needs.
async fn take(
    told: &mut Books<'_>,
    kind: StepKind,
    on: Date,
    word: Option<&str>,
) -> Result<(), LegalError> {
    let until = (kind == StepKind::Renewed).then(|| on.saturating_add(1.year()));
    let step = Step {
        until,
        number: Some("虚1号".to_owned()),
        word: word.map(str::to_owned),
        ..Step::new(kind, on)
    };
    matters::record(told, OrderId(7), &step, "staff-9").await.map(drop)
}

/// All that the books say of the proceeding and of the clocks of its loan.
async fn stands(conn: &mut Conn) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "select json_array(status, coalesce(stage, status), filed_on, court_no, judged_on,
           judgment, awarded_fen, closed_on, close_reason) from matters where id = 7",
        "select json_group_array(json_array(kind, due_on)) from (
           select kind, due_on from matter_deadlines where matter_id = 7 and done_on is null
           order by kind) days",
        "select json_array(limitation_ends_on) from cases",
        "select json_group_array(json_array(ends_on, satisfied_on, limitation_ends_on))
         from guarantees",
    ] {
        all.push(sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap());
    }
    all
}

/// Day by day every step is entered, and taken back as if it had never been.
#[tokio::test]
async fn a_step_that_is_taken_back_leaves_everything_as_it_was_before_it() {
    let judgment = Document::Judgment.as_str();
    let story = [
        (StepKind::Preserved, Some("deposit")),
        (StepKind::Filed, None),
        (StepKind::Accepted, None),
        (StepKind::Hearing, None),
        (StepKind::Judgment, Some("not_admitted")),
        (StepKind::Served, Some(judgment)),
        (StepKind::Appealed, Some("institution")),
        (StepKind::Judgment, Some("won")),
        (StepKind::Renewed, Some("deposit")),
        (StepKind::Enforcement, None),
        (StepKind::Terminated, None),
        (StepKind::Rechecked, Some(Found::Property.as_str())),
        (StepKind::Closed, Some("no_assets")),
    ];
    let mut site = site().await;
    let conn = site.conn();
    acts::guaranteed(conn, "general").await;
    let start = "
        update cases set last_due_on = '2026-01-31', limitation_ends_on = '2029-01-31';
        update guarantees set ends_on = '2026-07-31'";
    sqlx::raw_sql(start).execute(&mut *conn).await.unwrap();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, date(2027, 3, 2));
    let mut on = TODAY;
    for (kind, word) in story {
        let before = stands(told.conn).await;
        on = on.tomorrow().unwrap();
        take(&mut told, kind, on, word).await.unwrap();
        let after = stands(told.conn).await;
        assert_ne!(before, after, "{kind}");
        matters::undo(&mut told, OrderId(7), kind, "staff-9").await.unwrap();
        assert_eq!(stands(told.conn).await, before, "{kind} is taken back");
        assert_eq!(proof::verify(told.conn).await.unwrap(), [], "{kind}");
        take(&mut told, kind, on, word).await.unwrap();
        assert_eq!(stands(told.conn).await, after, "{kind} is entered again");
        assert_eq!(proof::verify(told.conn).await.unwrap(), [], "{kind}");
    }
    let steps: i64 = sqlx::query_scalar("select count(*) from matter_steps")
        .fetch_one(&mut *told.conn)
        .await
        .unwrap();
    assert_eq!(steps, 3 * 13, "nothing is deleted");
    let last = told.raised.iter().rfind(|it| it.kind == "court_step").unwrap();
    let undone = (&last.payload["step"], &last.payload["detail"]);
    assert_eq!(undone, (&json!("undone"), &json!("closed")));
}

#[tokio::test]
async fn only_the_newest_step_is_taken_back_and_no_matter_is_opened_beside_another() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, date(2026, 4, 2));
    let undo = async |told: &mut Books<'_>, kind| {
        matters::undo(told, OrderId(7), kind, "staff-9").await.map(drop)
    };
    let refused = |newest| LegalError::NotTheNewest { matter: OrderId(7), newest };
    assert_eq!(undo(&mut told, StepKind::Filed).await, Err(refused(None)));
    take(&mut told, StepKind::Filed, TODAY, None).await.unwrap();
    take(&mut told, StepKind::Accepted, TODAY, None).await.unwrap();
    let newest = Some(StepKind::Accepted);
    assert_eq!(undo(&mut told, StepKind::Filed).await, Err(refused(newest)));
    // One behind the other.
    undo(&mut told, StepKind::Accepted).await.unwrap();
    undo(&mut told, StepKind::Filed).await.unwrap();
    assert_eq!(undo(&mut told, StepKind::Filed).await, Err(refused(None)));
    assert_eq!(running(told.conn).await, pairs(&[("file", "2026-03-09")]));
    take(&mut told, StepKind::Closed, TODAY, Some("withdrawn")).await.unwrap();
    opened(told.conn, &suit(8)).await;
    let error = undo(&mut told, StepKind::Closed).await;
    assert_eq!(error, Err(LegalError::AnotherIsOpen(OrderId(8))));
}

/// The day of which nobody was warned any more is warned of anew.
#[tokio::test]
async fn the_task_of_a_day_comes_back_with_it() {
    let mut site = site().await;
    let conn = site.conn();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, TODAY);
    legal().sweep(&mut told).await.unwrap();
    assert_eq!(told.tasks.len(), 1, "file by");
    take(&mut told, StepKind::Filed, TODAY, None).await.unwrap();
    matters::undo(&mut told, OrderId(7), StepKind::Filed, "staff-9").await.unwrap();
    told.today = TODAY.tomorrow().unwrap();
    legal().sweep(&mut told).await.unwrap();
    let keys: Vec<&str> =
        told.tasks.iter().map(|task| task.dedupe_key.as_str()).collect();
    assert_eq!(
        keys,
        ["legal:7:file:2026-03-09:2026-03-02", "legal:7:file:2026-03-09:2026-03-03"]
    );
}

/// Civil Code 694, first paragraph, and the interpretation on security, 28.
#[tokio::test]
async fn a_general_guarantors_limitation_begins_where_enforcement_came_to_nothing() {
    let mut site = site().await;
    let conn = site.conn();
    acts::guaranteed(conn, "general").await;
    let start = "update cases set last_due_on = '2026-01-31'";
    sqlx::raw_sql(start).execute(&mut *conn).await.unwrap();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, date(2027, 3, 2));
    let filed = (StepKind::Filed, None, "");
    let won = (StepKind::Judgment, Some("won"), "");
    // A year after the application, at the latest.
    let applied = (StepKind::Enforcement, None, "2030-03-05");
    let ended = (StepKind::Terminated, None, "2029-03-06");
    for ((kind, word, last_day), day) in [filed, won, applied, ended].into_iter().zip(3..)
    {
        take(&mut told, kind, date(2026, 3, day), word).await.unwrap();
        let [ends_on, held_on, limitation] = acts::guarantor(told.conn).await;
        let wanted = (Some("2026-07-31".to_owned()), Some("2026-03-03".to_owned()));
        assert_eq!((ends_on, held_on), wanted, "{kind}");
        assert_eq!(limitation.unwrap_or_default(), last_day, "{kind}");
    }
    // A paper about one of the other grounds counts from the day it was known.
    let waived = json!({ "on": "2026-02-20", "ground": "waived", "guarantor": "1",
        "receipt": "虚放1号" });
    acts::enter(told.conn, date(2027, 3, 2), "in_vain", waived).await.unwrap();
    assert_eq!(acts::guarantor(told.conn).await[2].as_deref(), Some("2029-02-20"));
}

/// Whoever was held before acts were written down is held after the update.
#[tokio::test]
async fn what_older_versions_left_out_is_written_down_once() {
    let mut site = site().await;
    let conn = site.conn();
    acts::guaranteed(conn, "joint").await;
    opened(conn, &suit(7)).await;
    let mut told = books(conn, date(2026, 4, 2));
    take(&mut told, StepKind::Filed, TODAY, None).await.unwrap();
    for text in [
        "delete from clock_acts",
        "update cases set last_due_on = '2026-01-31'",
        "insert into outbox (id, case_id, party_id, seq, ordinal, plugin, verb, act, delivery,
           idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
         values (9, 1, 4, 1, 1, 'legal', 'demand_letter', 'demand', 'at_most_once', 'k', 'x',
           'delivered', 0, 0, 1772452800000)",
        "insert into letter_proofs
           (order_id, seq, case_id, served_on, evidence, receipt, recorded_at)
         values (9, 1, 1, '2026-03-06', 'signed_receipt', 'XA1', 0)",
    ] {
        sqlx::raw_sql(text).execute(&mut *told.conn).await.unwrap();
    }
    for _ in 0..2 {
        legal().sweep(&mut told).await.unwrap();
        let acts: Vec<String> =
            sqlx::query_scalar("select act from clock_acts order by id")
                .fetch_all(&mut *told.conn)
                .await
                .unwrap();
        assert_eq!(acts, ["guarantor_demanded", "debtor_sued"]);
        let held = [Some("2026-07-31"), Some("2026-03-06"), Some("2029-03-06")];
        let held = held.map(|day| day.map(str::to_owned));
        assert_eq!(acts::guarantor(told.conn).await, held);
    }
}

#[tokio::test]
async fn a_task_whose_last_day_has_moved_on_is_replaced_and_one_that_came_nearer_is_not()
{
    let mut site = site().await;
    let conn = site.conn();
    let task =
        "insert into tasks (id, case_id, kind, title, opened_at, dedupe_key) values
        (1, 1, 'deadline', 't', 0, 'limitation:2027-05-31:a'),
        (2, 1, 'deadline', 't', 0, 'limitation:2027-06-30:b'),
        (3, 1, 'deadline', 't', 0, 'limitation:of_before'),
        (4, 1, 'deadline', 't', 0, 'legal:7:file:2026-03-09:2026-03-02')";
    sqlx::raw_sql(task).execute(&mut *conn).await.unwrap();
    let replaced = async |conn: &mut Conn| -> Vec<i64> {
        let sql = "select id from tasks where outcome = 'replaced' order by id";
        sqlx::query_scalar(sql).fetch_all(conn).await.unwrap()
    };
    let early = json!({ "on": "2026-06-20", "receipt": "M1" });
    acts::enter(conn, date(2026, 12, 1), "mediation", early).await.unwrap();
    assert_eq!(replaced(conn).await, [1, 2], "2029-06-20");
    // Money moves a clock without the legal department: its next round sees to it.
    let moved = "update tasks set closed_at = null, outcome = null where id in (1, 2);
        update cases set limitation_ends_on = '2027-06-15'";
    sqlx::raw_sql(moved).execute(&mut *conn).await.unwrap();
    let mut told = books(conn, date(2026, 12, 2));
    assert_eq!(legal().sweep_due(told.conn).await.unwrap(), Some(Date::MIN));
    legal().sweep(&mut told).await.unwrap();
    assert_eq!(replaced(told.conn).await, [1]);
    let order = order(7, "limitation_task", &json!({ "days_left": 30 }));
    legal().carry_out(&order, Some(&mut told)).await.unwrap();
    assert_eq!(told.tasks[0].dedupe_key, "limitation:2027-06-15:key7");
}

/// What a workflow has asked for behind a judgment goes with it; other work stays.
#[tokio::test]
async fn a_judgment_that_is_taken_back_takes_its_task_with_it() {
    let mut site = site().await;
    let conn = site.conn();
    let asked = "
        insert into tasks (id, case_id, kind, title, opened_at, dedupe_key)
          values (61, 1, 'judgment', '已裁判', 0, 'a');
        insert into tasks (id, case_id, kind, title, opened_at, dedupe_key)
          values (62, 1, 'negotiate', '申请调解', 0, 'b')";
    sqlx::raw_sql(asked).execute(&mut *conn).await.unwrap();
    opened(conn, &suit(7)).await;
    let mut told = books(conn, date(2026, 3, 6));
    take(&mut told, StepKind::Filed, date(2026, 3, 3), None).await.unwrap();
    take(&mut told, StepKind::Judgment, date(2026, 3, 5), Some("won")).await.unwrap();
    matters::undo(&mut told, OrderId(7), StepKind::Judgment, "staff-9").await.unwrap();
    matters::undo(&mut told, OrderId(7), StepKind::Filed, "staff-9").await.unwrap();
    let open = "
        select json_group_array(kind) from tasks
        where closed_at is null and kind in ('judgment', 'negotiate')";
    let open: String = sqlx::query_scalar(open).fetch_one(told.conn).await.unwrap();
    assert_eq!(open, r#"["negotiate"]"#);
}
