//! What the visit book promises (走访簿的测试).

use std::sync::Arc;

use domain::conduct::{ConductFacts, PolicyPack, Verdict, review};
use domain::duty::Assignee;
use domain::ids::{EventId, OrderId};
use domain::manifest::{Act, ArgKind, Channel};
use domain::tongues::{chinese, english, is_chinese};
use jiff::civil::{Date, date};
use serde_json::json;
use sqlx::Row;
use store::Conn;
use store::plugin::Raised;
use testkit::clock::TODAY;
use testkit::orders::{self, borrower};
use testkit::stores::PluginStore;

use super::*;

fn order(args: &Value) -> Order {
    Order {
        channel: Some(Channel::Visit),
        act: Act::Demand,
        recipient: Some(borrower()),
        idempotency_key: "abc123".to_owned(),
        ..orders::order(7, "visit", args)
    }
}

async fn site() -> PluginStore {
    let rows = [
        "insert into cases (id, case_no, last_due_on, limitation_ends_on, known_since_on)
         values (1, 'K-1', '2024-05-31', '2027-05-31', '2024-01-01')",
        "insert into parties (id, party_no) values (3, 'P-3')",
        "insert into case_parties (case_id, party_id, role) values (1, 3, 'borrower')",
    ];
    PluginStore::with(&rows, books::MIGRATIONS).await
}

fn books(conn: &mut Conn, today: Date) -> Books<'_> {
    testkit::stores::books(conn, today, Arc::default())
}

async fn plan(conn: &mut Conn) {
    let visits = Visits::new(&Map::new()).unwrap();
    let order = order(&json!({ "reason": "电话无人接听" }));
    visits.carry_out(&order, Some(&mut books(conn, TODAY))).await.unwrap();
}

fn met() -> VisitResult {
    VisitResult {
        outcome: VisitOutcome::Met,
        visited_on: date(2026, 3, 4),
        collectors: vec!["staff-1".to_owned(), "staff-2".to_owned()],
        place: Some("虚构地点".to_owned()),
        receipt: None,
        evidence: None,
        note: None,
    }
}

async fn record(
    conn: &mut Conn,
    result: &VisitResult,
) -> Result<Vec<Raised>, ResultError> {
    let mut books = books(conn, date(2026, 3, 5));
    record_result(&mut books, OrderId(7), result).await?;
    Ok(books.raised)
}

#[tokio::test]
async fn an_order_is_one_row_and_one_task_however_often_it_is_handed_over() {
    let mut site = site().await;
    let conn = site.conn();
    let visits = Visits::new(&Map::new()).unwrap();
    let order = order(&json!({ "reason": "电话无人接听" }));
    let mut keys = Vec::new();
    for _ in 0..2 {
        let mut books = books(conn, TODAY);
        let receipt = visits.carry_out(&order, Some(&mut books)).await.unwrap();
        assert_eq!(receipt.reference, "visit:7");
        let task = books.tasks.pop().unwrap();
        assert_eq!(
            task.title,
            "上门走访:K-1(电话无人接听),两人同行 · visit K-1 (电话无人接听), two people"
        );
        assert_eq!(task.due_on, Some(date(2026, 3, 9)));
        assert_eq!(task.assignee.as_ref().and_then(Assignee::person), Some("staff-1"));
        keys.push(task.dedupe_key);
    }
    assert_eq!(keys, ["abc123", "abc123"]);
    let planned = planned(conn).await.unwrap();
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].village.as_deref(), Some("青石村"));
    assert_eq!(planned[0].due_on, "2026-03-09");
}

#[tokio::test]
async fn a_visit_that_cannot_be_made_is_refused() {
    let mut site = site().await;
    let conn = site.conn();
    let visits = Visits::new(&Map::new()).unwrap();
    let mut nowhere = order(&json!({ "reason": "x" }));
    nowhere.recipient.as_mut().unwrap().village = None;
    let nobody = Order { recipient: None, ..order(&json!({ "reason": "x" })) };
    let other = Order { verb: "sms".to_owned(), ..order(&json!({ "reason": "x" })) };
    for wrong in [
        order(&json!({})),
        order(&json!({ "reason": "x", "before": "2026-03-01" })),
        order(&json!({ "reason": "x", "before": "soon" })),
        nowhere,
        nobody,
        other,
    ] {
        let mut books = books(conn, TODAY);
        let error = visits.carry_out(&wrong, Some(&mut books)).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Refused(_)), "{error}");
        assert!(books.tasks.is_empty());
    }
    assert_eq!(planned(conn).await.unwrap(), []);
}

#[tokio::test]
async fn a_result_goes_back_to_the_case_once() {
    let mut site = site().await;
    let conn = site.conn();
    plan(conn).await;
    let result = VisitResult {
        outcome: VisitOutcome::NoticeSigned,
        receipt: Some("HZ-0001".to_owned()),
        evidence: Some(Evidence::Proved),
        ..met()
    };
    let raised = record(conn, &result).await.unwrap();
    assert_eq!(raised.len(), 1);
    assert_eq!((raised[0].kind.as_str(), raised[0].case_id), ("visit_result", CaseId(1)));
    assert_eq!(
        Value::Object(raised[0].payload.clone()),
        json!({
            "order": "7", "party": "3", "outcome": "notice_signed", "on": "2026-03-04",
            "collectors": "staff-1,staff-2", "receipt": "HZ-0001", "evidence": "proved",
        })
    );
    for key in raised[0].payload.keys() {
        let spec = MANIFEST.events[0].fields.iter().any(|field| field.name == key);
        assert!(spec, "`{key}` is not in the manifest");
    }
    let again = record(conn, &met()).await;
    assert_eq!(again, Err(ResultError::AlreadyRecorded(OrderId(7))));
    let on_file = [(OrderId(7), CaseId(1), "HZ-0001".to_owned())];
    assert_eq!(books::receipts(conn).await.unwrap(), on_file);
    assert_eq!(planned(conn).await.unwrap(), []);
}

#[tokio::test]
async fn a_result_that_cannot_be_true_is_refused_and_the_visit_stays_open() {
    let mut site = site().await;
    let conn = site.conn();
    plan(conn).await;
    let two = |first: &str, second: &str| vec![first.to_owned(), second.to_owned()];
    let proved = Some(Evidence::Proved);
    let day = |visited_on| ResultError::ImpossibleDay {
        visited_on,
        from: TODAY,
        to: date(2026, 3, 5),
    };
    let table = [
        (
            VisitResult { collectors: two("a", " a "), ..met() },
            ResultError::TooFewCollectors(1),
        ),
        (
            VisitResult { collectors: two("", " "), ..met() },
            ResultError::TooFewCollectors(0),
        ),
        (VisitResult { visited_on: date(2026, 3, 6), ..met() }, day(date(2026, 3, 6))),
        (VisitResult { visited_on: date(2026, 3, 1), ..met() }, day(date(2026, 3, 1))),
        (VisitResult { evidence: proved, ..met() }, ResultError::ReceiptNeeded),
        (
            VisitResult { evidence: proved, receipt: Some("  ".to_owned()), ..met() },
            ResultError::ReceiptNeeded,
        ),
        (
            VisitResult {
                outcome: VisitOutcome::Absent,
                evidence: Some(Evidence::Claimed),
                ..met()
            },
            ResultError::NobodyReached("absent"),
        ),
    ];
    for (result, error) in table {
        assert_eq!(record(conn, &result).await, Err(error), "{result:?}");
    }
    assert_eq!(planned(conn).await.unwrap().len(), 1);
    let mut books = books(conn, TODAY);
    let error = record_result(&mut books, OrderId(8), &met()).await.unwrap_err();
    assert_eq!(error, ResultError::NoSuchVisit(OrderId(8)));
}

#[test]
fn every_refusal_is_told_in_both_languages() {
    let all = [
        ResultError::NoSuchVisit(OrderId(7)),
        ResultError::AlreadyRecorded(OrderId(7)),
        ResultError::TooFewCollectors(1),
        ResultError::ImpossibleDay { visited_on: TODAY, from: TODAY, to: TODAY },
        ResultError::ReceiptNeeded,
        ResultError::NobodyReached("absent"),
    ];
    for error in all {
        let text = error.to_string();
        let (zh, en) = (chinese(&text), english(&text));
        assert!(!en.chars().any(is_chinese), "{en}");
        assert!(zh != text && zh.chars().any(is_chinese), "{zh}");
    }
}

#[tokio::test]
async fn a_signature_nobody_graded_is_a_claim() {
    let mut site = site().await;
    let conn = site.conn();
    plan(conn).await;
    let signed = VisitResult { outcome: VisitOutcome::NoticeSigned, ..met() };
    let raised = record(conn, &signed).await.unwrap();
    assert_eq!(raised[0].payload["evidence"], "claimed");
}

#[tokio::test]
async fn only_a_signed_receipt_of_somebody_who_owes_moves_the_clock() {
    let proved = VisitResult {
        outcome: VisitOutcome::NoticeSigned,
        receipt: Some("HZ-0001".to_owned()),
        evidence: Some(Evidence::Proved),
        ..met()
    };
    let promised = VisitResult { outcome: VisitOutcome::Promised, ..proved.clone() };
    let claimed = VisitResult { evidence: Some(Evidence::Claimed), ..proved.clone() };
    let table = [
        ("borrower", &proved, "2029-03-04", 1),
        ("estate_administrator", &promised, "2029-03-04", 1),
        ("heir", &promised, "2027-05-31", 0),
        ("borrower", &claimed, "2027-05-31", 1),
        ("borrower", &met(), "2027-05-31", 0),
        ("guarantor", &proved, "2027-05-31", 0),
        ("unrelated_third_party", &proved, "2027-05-31", 0),
    ];
    for (role, result, ends_on, written) in table {
        let mut site = site().await;
        let conn = site.conn();
        let update = "update case_parties set role = $1";
        sqlx::query(update).bind(role).execute(&mut *conn).await.unwrap();
        plan(conn).await;
        record(conn, result).await.unwrap();
        let sql =
            "select limitation_ends_on, (select count(*) from interruptions) from cases";
        let row = sqlx::query(sql).fetch_one(&mut *conn).await.unwrap();
        let found: (String, i64) = (row.get(0), row.get(1));
        assert_eq!(found, (ends_on.to_owned(), written), "{role}: {result:?}");
    }
}

#[tokio::test]
async fn a_death_learned_at_the_door_is_told_to_the_case_at_once() {
    let mut site = site().await;
    let conn = site.conn();
    plan(conn).await;
    let died = VisitResult { outcome: VisitOutcome::Deceased, ..met() };
    let raised = record(conn, &died).await.unwrap();
    assert_eq!(raised.len(), 2);
    assert_eq!(raised[1].kind, "deceased");
    assert_eq!(raised[1].payload["on"], "2026-03-04");
    assert_eq!(raised[1].payload["party"], "3");
}

#[tokio::test]
async fn a_visit_is_cancelled_when_its_reason_has_gone() {
    for (kind, left) in
        [("cured", 0), ("paid_off", 0), ("dismissed", 0), ("deceased", 0), ("payment", 1)]
    {
        let mut site = site().await;
        let conn = site.conn();
        plan(conn).await;
        let visits = plugin(&Map::new(), Path::new("")).unwrap();
        let event = Event { id: EventId(9), kind: kind.to_owned(), payload: Map::new() };
        let mut told = books(conn, TODAY);
        visits.observe(CaseId(2), &event, &mut told).await.unwrap();
        visits.observe(CaseId(1), &event, &mut told).await.unwrap();
        assert_eq!(planned(conn).await.unwrap().len(), left, "{kind}");
        // Somebody went all the same: what they saw is not lost.
        assert_eq!(record(conn, &met()).await.unwrap().len(), 1, "{kind}");
    }
}

/// Orders of visits: the one that left, and those that others of the person's loans gave.
const ORDERS: &str = "
    insert into outbox (id, case_id, seq, ordinal, plugin, verb, party_id, channel, act,
      delivery, idempotency_key, requested_by, status, settled_note, settled_at,
      not_before_at, not_after_at, created_at)
    select s.id, s.case_id, 1, 0, 'visit', 'visit', s.party_id, 'visit', 'demand',
      'at_least_once', 'key-' || s.id, 'workflow:visit', s.status, s.note, s.at, 0, 0, 0
    from batch($1) as s (id bigint, case_id bigint, party_id bigint, status text, note text,
      at bigint)";

#[tokio::test]
async fn what_came_of_a_visit_is_told_to_every_loan_that_asked_for_it() {
    let mut site = site().await;
    let conn = site.conn();
    let day = 86_400_000;
    for text in [
        "insert into cases (id, case_no, known_since_on)
         values (2, 'K-2', '2024-01-01'), (4, 'K-4', '2024-01-01')",
        "insert into parties (id, party_no) values (5, 'P-5')",
        "insert into case_parties (case_id, party_id, role)
         values (2, 3, 'borrower'), (4, 3, 'borrower'), (4, 5, 'guarantor')",
    ] {
        sqlx::raw_sql(text).execute(&mut *conn).await.unwrap();
    }
    let orders = json!([
        [7, 1, 3, "delivered", "visit:7", 10 * day],
        [8, 2, 3, "merged", "case:1", 10 * day + 1],
        // Another day, another loan that spoke, and another person.
        [9, 4, 3, "merged", "case:1", 3 * day],
        [10, 4, 3, "merged", "case:2", 10 * day + 1],
        [11, 4, 5, "merged", "case:1", 10 * day + 1],
    ]);
    sqlx::query(ORDERS).bind(orders.to_string()).execute(&mut *conn).await.unwrap();
    let contact = "
        insert into contacts (id, case_id, party_id, order_id, channel, attempted_at,
          attempted_on, attempted_minute, outcome)
        values (12, 1, 3, 7, 'visit', 864000000, '2026-03-02', 540, 'reserved')";
    sqlx::raw_sql(contact).execute(&mut *conn).await.unwrap();
    plan(conn).await;
    let raised = record(conn, &met()).await.unwrap();
    let told: Vec<(i64, Option<&str>)> = raised
        .iter()
        .map(|it| (it.case_id.0, it.payload.get("order").and_then(Value::as_str)))
        .collect();
    assert_eq!(told, [(1, Some("7")), (2, Some("8"))]);
}

#[test]
fn the_words_of_the_manifest_are_the_words_of_the_book() {
    let outcomes = VisitOutcome::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>();
    assert_eq!(outcomes, manifest::OUTCOMES);
    let grades = Evidence::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>();
    assert_eq!(grades, manifest::GRADES);
    assert_eq!(VisitOutcome::parse("moved"), Some(VisitOutcome::Moved));
    assert_eq!(VisitOutcome::parse("fled"), None);
    assert!(
        matches!(MANIFEST.events[0].fields[2].kind, ArgKind::Choice(it) if it == outcomes)
    );
}

#[test]
fn nobody_is_named_when_a_result_is_printed() {
    let shown = format!("{:?}", VisitResult { note: Some("虚构甲".to_owned()), ..met() });
    assert_eq!(shown, "VisitResult(met on 2026-03-04)");
}

#[test]
fn settings_are_checked() {
    let settings = |value: Value| Visits::new(value.as_object().unwrap()).err();
    assert_eq!(settings(json!({ "days": 14 })), None);
    for wrong in [json!({ "day": 14 }), json!({ "days": 0 }), json!({ "days": "14" })] {
        assert!(settings(wrong.clone()).is_some(), "{wrong}");
    }
}

#[tokio::test]
async fn a_reviewed_order_goes_all_the_way() {
    let pack = include_str!("../../../workflows/policies/cn-rcc.toml");
    let pack = PolicyPack::parse(pack, "test").unwrap();
    let facts = ConductFacts {
        recipient_deceased: Some(false),
        planned_collectors: Some(2),
        ..ConductFacts::default()
    };
    let noon = date(2026, 3, 2).at(10, 0, 0, 0);
    let order = order(&json!({ "reason": "电话无人接听" }));
    let verdict = review(order, &facts, noon, &pack);
    let Verdict::Approved(approved) = verdict else { panic!("{:?}", verdict.record()) };
    let mut site = site().await;
    let conn = site.conn();
    let visits = plugin(&Map::new(), Path::new("")).unwrap();
    assert!(visits.has_books("visit"));
    visits.deliver(&approved, Some(&mut books(conn, TODAY))).await.unwrap();
    assert_eq!(planned(conn).await.unwrap().len(), 1);
    let error = visits.deliver(&approved, None).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Books(_)), "{error}");
}
