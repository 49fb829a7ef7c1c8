//! Contacts (联络) are reserved before they are made; tasks (待办) are opened once.

use domain::duty::{Assignee, EndsWith};
use domain::ids::{CaseId, OrderId, TaskId};
use domain::manifest::Channel;
use domain::status::OrderStatus;
use jiff::civil::{Date, date};
use serde_json::json;
use store::contacts::NewContact;
use store::plugin::NewTask;
use store::tasks::{self, Asked};
use store::views::tasks::{self as views, TaskFilter, TasksOfCase};
use store::{hand_over, outbox, seals, verify};

use crate::harness::{TestStore, morning};

const TODAY: Date = date(2026, 3, 10);

async fn contact(db: &TestStore, case: CaseId, order: i64, day: Date) -> NewContact {
    NewContact {
        case_id: case,
        party_id: db.borrower(case).await,
        order_id: Some(OrderId(order)),
        channel: Channel::Phone,
        contact_point: "13800000000".to_owned(),
        attempted_at: morning(day).ms,
        attempted_on: day,
        attempted_minute: 480,
    }
}

async fn reserve(db: &TestStore, contact: &NewContact) {
    let mut tx = db.write().await;
    let contacts = std::slice::from_ref(contact);
    hand_over::reserve_all(tx.conn(), contacts).await.expect("reserved");
    tx.commit().await.expect("committed");
}

promise! {
    async fn an_order_reserves_one_attempt(db) {
        let case = db.case("L1", TODAY).await;
        let attempt = contact(&db, case, 7, TODAY).await;
        reserve(&db, &attempt).await;
        reserve(&db, &attempt).await;
        assert_eq!(db.number("select count(*) from contacts where case_id = $1", case.0).await, 1);
    }
}

promise! {
    async fn attempts_are_found_by_person_and_by_number(db) {
        let one = db.case("L1", TODAY).await;
        let other = db.case("L2", TODAY).await;
        reserve(&db, &contact(&db, one, 1, date(2026, 3, 1)).await).await;
        reserve(&db, &contact(&db, one, 2, TODAY).await).await;
        reserve(&db, &contact(&db, other, 3, TODAY).await).await;
        let mut tx = db.write().await;
        hand_over::settle_all(tx.conn(), &[(OrderId(3), OrderStatus::Failed)]).await.expect("settled");
        tx.commit().await.expect("committed");
        let people = [db.borrower(one).await];
        let mut reader = db.store.read().await.expect("a reader");
        let mut orders = async |people: &[_], points: &[&str], since| {
            let found = hand_over::attempts(reader.conn(), people, points, since).await;
            let found = found.expect("attempts");
            found.iter().map(|it| it.order_id.map_or(0, |it| it.0)).collect::<Vec<_>>()
        };
        assert_eq!(orders(&people, &[], date(2026, 3, 1)).await, [1, 2]);
        assert_eq!(orders(&people, &[], date(2026, 3, 2)).await, [2]);
        assert_eq!(orders(&[], &["13800000000"], date(2026, 3, 2)).await, [2]);
        assert_eq!(orders(&[], &[""], date(2026, 3, 2)).await, [0; 0]);
    }
}

promise! {
    async fn a_delivered_attempt_counts_once_and_its_result_is_told(db) {
        let case = db.case("L1", TODAY).await;
        reserve(&db, &contact(&db, case, 7, TODAY).await).await;
        let mut tx = db.write().await;
        for _ in 0..2 {
            let came = OrderStatus::Delivered;
            let done = [(OrderId(7), came), (OrderId(8), came)];
            hand_over::settle_all(tx.conn(), &done).await.expect("settled");
        }
        tx.commit().await.expect("committed");
        assert_eq!(db.number("select contacts from cases where id = $1", case.0).await, 1);
        let last = "select last_contact_on from cases where id = $1";
        assert_eq!(db.text(last, case.0).await, "2026-03-10");
        // Entered twice, it is still one call without an answer.
        for _ in 0..2 {
            let result = json!({ "order": "7", "outcome": "no_answer" });
            db.record(&morning(TODAY), case, "call_result", result).await;
        }
        let outcome = "select outcome from contacts where case_id = $1";
        assert_eq!(db.text(outcome, case.0).await, "no_answer");
        assert_eq!(db.number("select failed_contacts from cases where id = $1", case.0).await, 1);
        assert_eq!(db.number("select contacts from cases where id = $1", case.0).await, 1);
    }
}

promise! {
    async fn a_try_that_is_repeated_moves_its_attempt_and_one_that_ends_unsent_takes_it_back(db) {
        let case = db.case("L1", TODAY).await;
        let tomorrow = date(2026, 3, 11);
        reserve(&db, &contact(&db, case, 7, TODAY).await).await;
        reserve(&db, &contact(&db, case, 7, tomorrow).await).await;
        let on = "select attempted_on from contacts where case_id = $1";
        assert_eq!(db.text(on, case.0).await, "2026-03-11");
        let count = "select count(*) from contacts where case_id = $1";
        assert_eq!(db.number(count, case.0).await, 1);
        let mut tx = db.write().await;
        outbox::unreserve(tx.conn(), &[OrderId(7)]).await.expect("taken back");
        tx.commit().await.expect("committed");
        assert_eq!(db.number(count, case.0).await, 0);
        // What was made stays.
        reserve(&db, &contact(&db, case, 8, TODAY).await).await;
        let mut tx = db.write().await;
        hand_over::settle_all(tx.conn(), &[(OrderId(8), OrderStatus::Delivered)]).await.expect("settled");
        outbox::unreserve(tx.conn(), &[OrderId(8)]).await.expect("nothing to take back");
        tx.commit().await.expect("committed");
        assert_eq!(db.number(count, case.0).await, 1);
    }
}

promise! {
    async fn a_sealed_attempt_stays_as_one_that_reached_nobody(db) {
        let case = db.case("L1", TODAY).await;
        reserve(&db, &contact(&db, case, 7, TODAY).await).await;
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        tx.commit().await.expect("committed");
        // Nobody knew of it at night; in the morning it is given up.
        let mut tx = db.write().await;
        outbox::unreserve(tx.conn(), &[OrderId(7)]).await.expect("given up");
        tx.commit().await.expect("committed");
        assert_eq!(db.text("select outcome from contacts where case_id = $1", case.0).await, "failed");
        let mut tx = db.write().await;
        let verdict = verify::verify(tx.conn()).await.expect("verified");
        assert!(verdict.faults.iter().all(|fault| fault.check != "seal"), "{:?}", verdict.faults);
    }
}

promise! {
    async fn a_task_is_opened_once_and_closed_once(db) {
        let case = db.case("L1", TODAY).await;
        let task = |key: &str, due_on, assignee: Option<&str>| Asked {
            instance: None,
            order: Some(OrderId(5)),
            for_role: None,
            not_by: Vec::new(),
            task: NewTask {
                case_id: case,
                kind: "call".to_owned(),
                title: "致电".to_owned(),
                assignee: assignee.map(|name| Assignee::Person(name.to_owned())),
                ends_with: EndsWith::Nothing,
                due_on,
                dedupe_key: key.to_owned(),
            },
        };
        let list = [
            task("a", None, None),
            task("b", Some(date(2026, 3, 12)), Some("王建国")),
            task("c", Some(date(2026, 3, 11)), Some("王建国")),
        ];
        let now = morning(TODAY);
        let mut tx = db.write().await;
        assert_eq!(tasks::open(tx.conn(), &now, &list).await.expect("opened"), 3);
        assert_eq!(tasks::open(tx.conn(), &now, &list).await.expect("opened"), 0);
        let open = views::list(tx.conn(), &TaskFilter::default(), None, 10).await.expect("a list");
        let days: Vec<_> = open.iter().map(|it| it.due_on).collect();
        assert_eq!(days, [Some(date(2026, 3, 11)), Some(date(2026, 3, 12)), None]);
        let first = open[0].id;
        assert!(tasks::close(tx.conn(), &now, first, "王建国", "done").await.expect("closed"));
        assert!(!tasks::close(tx.conn(), &now, first, "王建国", "done").await.expect("asked"));
        let never = TaskId(987_654);
        assert!(!tasks::close(tx.conn(), &now, never, "王建国", "done").await.expect("asked"));
        let his = TaskFilter { assignee: Some("王建国".to_owned()), ..TaskFilter::default() };
        assert_eq!(views::list(tx.conn(), &his, None, 10).await.expect("a list").len(), 1);
        let of_case = Some(TasksOfCase { id: case, closed_too: true });
        let all = TaskFilter { case: of_case, ..TaskFilter::default() };
        assert_eq!(views::list(tx.conn(), &all, None, 10).await.expect("a list").len(), 3);
        let closed = views::find(tx.conn(), first).await.expect("asked").expect("a task");
        assert_eq!(closed.outcome.as_deref(), Some("done"));
        tx.commit().await.expect("committed");
    }
}
