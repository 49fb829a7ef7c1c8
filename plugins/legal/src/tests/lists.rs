//! The list of court matters (法院案件一览的测试).

use serde_json::Map;
use store::plugin::WorkWanted;

use super::*;

/// Three matters: a suit that was filed, one that is approved, and a payment order at another
/// court, which is in somebody else's hands.
async fn matters(conn: &mut Conn) {
    let more = "
        insert into cases (id, case_no, last_due_on, limitation_ends_on, known_since_on)
          values (2, 'K-2', '2024-05-31', '2027-05-31', '2024-01-01');
        insert into cases (id, case_no, last_due_on, limitation_ends_on, known_since_on)
          values (3, 'K-3', '2024-05-31', '2027-05-31', '2024-01-01')";
    sqlx::raw_sql(more).execute(&mut *conn).await.unwrap();
    opened(conn, &suit(7)).await;
    record_filing(&mut books(conn, TODAY), OrderId(7), TODAY, "虚民初1号").await.unwrap();
    let second = Order { case_id: CaseId(2), ..suit(8) };
    opened(conn, &second).await;
    let args = json!({ "claim": 90_000, "court": "示例市人民法院", "by": "staff-8" });
    let third = order(9, "payment_order", &args);
    opened(conn, &Order { case_id: CaseId(3), ..third }).await;
}

/// The numbers of the list under these filters, two rows at a time.
async fn listed(conn: &mut Conn, of: Option<&str>, filters: &Value) -> Vec<i64> {
    let filters = filters.as_object().cloned().unwrap_or_default();
    let (mut after, mut all) = ((String::new(), 0), Vec::new());
    loop {
        let wanted = WorkWanted {
            of,
            case: None,
            after: &after,
            limit: 2,
            today: TODAY,
            filters: &filters,
        };
        let rows = legal().open_work(&wanted, conn).await.unwrap();
        let Some(last) = rows.last() else { return all };
        after = last.place.clone();
        all.extend(rows.iter().map(|row| row.place.1));
    }
}

#[tokio::test]
async fn the_list_is_narrowed_by_stage_court_owner_and_what_is_due() {
    let mut site = site().await;
    let conn = site.conn();
    matters(conn).await;
    // Opened on Monday 2 March: the others are to be filed by the 9th, the court answers
    // the first by then as well.
    let table = [
        (None, json!({}), vec![7, 8, 9]),
        (Some("staff-9"), json!({}), vec![7, 8]),
        (Some("staff-8"), json!({ "due_within": 30 }), vec![9]),
        (None, json!({ "stage": "opened" }), vec![8, 9]),
        (None, json!({ "stage": "filed" }), vec![7]),
        (None, json!({ "court": "虚构县" }), vec![7, 8]),
        (None, json!({ "court": "示例市", "stage": "opened" }), vec![9]),
        (None, json!({ "court": "%" }), vec![]),
        (None, json!({ "due_within": 6 }), vec![]),
        (None, json!({ "due_within": 7 }), vec![7, 8, 9]),
        (None, json!({ "due_within": 7, "stage": "opened", "court": "县" }), vec![8]),
        (None, json!({ "due_within": i64::MAX }), vec![7, 8, 9]),
    ];
    for (of, filters, wanted) in table {
        assert_eq!(listed(conn, of, &filters).await, wanted, "{of:?} {filters}");
    }
}

#[tokio::test]
async fn what_comes_first_stands_first_and_a_judgment_shows_its_sum() {
    let mut site = site().await;
    let conn = site.conn();
    matters(conn).await;
    let judgment =
        Judgment { result: JudgmentResult::Won, amount: Fen(480_000), on: TODAY };
    record_judgment(&mut books(conn, TODAY), OrderId(7), judgment).await.unwrap();
    let filters = json!({ "due_within": 20 });
    // An appeal has fifteen days, the filing of the others seven.
    assert_eq!(listed(conn, None, &filters).await, [8, 9, 7]);
    let (after, none) = ((String::new(), 0), Map::new());
    let of_case = WorkWanted {
        of: None,
        case: Some(CaseId(1)),
        after: &after,
        limit: 2,
        today: TODAY,
        filters: &none,
    };
    let row = legal().open_work(&of_case, conn).await.unwrap().remove(0);
    for (cell, shown) in [
        ("stage", "judged"),
        ("next", "appeal"),
        ("next_on", "2026-03-17"),
        ("claim_amount", "5000.00"),
        ("awarded_amount", "4800.00"),
        ("court_no", "虚民初1号"),
    ] {
        assert_eq!(row.cells[cell], json!(shown), "{cell}");
    }
    let within = json!({ "due_within": 8 });
    let within = within.as_object().unwrap();
    let of_case = WorkWanted { filters: within, ..of_case };
    assert_eq!(legal().open_work(&of_case, conn).await.unwrap(), [], "of a loan as well");
}
