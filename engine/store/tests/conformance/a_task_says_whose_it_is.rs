//! Whose a task is (由谁办): taken by one of its role, never shown to whom a complaint is
//! about, and closed by itself once it makes no sense.

use domain::complaint::ComplaintMove;
use domain::duty::{Assignee, EndsWith};
use domain::ids::{CaseId, OrderId};
use domain::role::Role;
use jiff::civil::{Date, date};
use store::plugin::NewTask;
use store::tasks::{self, Asked};
use store::views::tasks::{self as views, TaskEntry, TaskFilter, TasksOfCase};
use store::views::untaken;
use store::{complaints, ids};

use crate::harness::{TestStore, morning};

const TODAY: Date = date(2026, 3, 10);

/// An order that was handed over, and the task that it gave.
async fn give(
    db: &TestStore,
    case: CaseId,
    (kind, ends_with): (&str, EndsWith),
    not_by: &[&str],
) -> OrderId {
    const ORDER: &str = "
        insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery,
          requested_by, idempotency_key, status, not_before_at, not_after_at, created_at)
        values ($1, $2, 1, 0, 'remind', 'task', 'internal', 'at_least_once',
          'workflow:remind', $3, 'delivered', 0, 0, 0)";
    let key = db.key();
    let mut tx = db.write().await;
    let id = ids::allocate(tx.conn(), 1).await.expect("an id");
    let order = sqlx::query(ORDER).bind(id).bind(case.0).bind(key.clone());
    order.execute(tx.conn()).await.expect("given");
    let task = NewTask {
        case_id: case,
        kind: kind.to_owned(),
        title: "待办".to_owned(),
        assignee: Some(Assignee::Role { role: Role::Supervisor }),
        ends_with,
        due_on: Some(TODAY),
        dedupe_key: key,
    };
    let not_by = not_by.iter().map(|it| (*it).to_owned()).collect();
    let order = Some(OrderId(id));
    let asked = Asked { instance: None, order, for_role: None, not_by, task };
    tasks::open(tx.conn(), &morning(TODAY), &[asked]).await.expect("opened");
    tx.commit().await.expect("committed");
    OrderId(id)
}

async fn list(db: &TestStore, filter: &TaskFilter) -> Vec<TaskEntry> {
    let mut tx = db.write().await;
    views::list(tx.conn(), filter, None, 10).await.expect("a list")
}

/// The tasks that a supervisor of this name finds as theirs, by kind.
async fn of(db: &TestStore, name: &str) -> Vec<String> {
    let filter = TaskFilter {
        assignee: Some(name.to_owned()),
        roles: vec!["supervisor".to_owned()],
        ..TaskFilter::default()
    };
    list(db, &filter).await.into_iter().map(|it| it.kind).collect()
}

fn untaken_alone() -> TaskFilter {
    TaskFilter { untaken: true, ..TaskFilter::default() }
}

promise! {
    async fn what_one_takes_is_nobody_elses(db) {
        let case = db.case("L1", TODAY).await;
        give(&db, case, ("gate", EndsWith::Stage), &[]).await;
        give(&db, case, ("complaint", EndsWith::Nothing), &["示例甲"]).await;
        assert_eq!(of(&db, "示例甲").await, ["gate"], "the complaint is about them");
        assert_eq!(of(&db, "示例乙").await, ["gate", "complaint"]);
        let open = list(&db, &untaken_alone()).await;
        assert_eq!(open.len(), 2);
        let gate = open[0].id;
        let mut tx = db.write().await;
        let count = untaken::by_role(tx.conn()).await.expect("counted");
        assert_eq!((count[0].for_role.as_str(), count[0].tasks), ("supervisor", 2));
        assert_eq!(count[0].oldest_at, morning(TODAY).ms);
        let now = morning(TODAY);
        assert!(tasks::take(tx.conn(), &now, gate, "示例甲", None).await.expect("taken"));
        assert!(!tasks::take(tx.conn(), &now, gate, "示例乙", None).await.expect("asked"));
        tx.commit().await.expect("committed");
        assert_eq!(of(&db, "示例乙").await, ["complaint"]);
        assert_eq!(list(&db, &untaken_alone()).await.len(), 1);
        let mut tx = db.write().await;
        let from = Some("示例甲");
        assert!(tasks::take(tx.conn(), &now, gate, "示例乙", from).await.expect("taken over"));
        tasks::close(tx.conn(), &now, gate, "示例乙", "done").await.expect("closed");
        assert!(!tasks::take(tx.conn(), &now, gate, "示例甲", from).await.expect("asked"));
        tx.commit().await.expect("committed");
    }
}

promise! {
    async fn what_the_claim_was_for_ends_with_it_and_says_so(db) {
        let (case, other) = (db.case("L1", TODAY).await, db.case("L2", TODAY).await);
        for case in [case, other] {
            give(&db, case, ("trace", EndsWith::Claim), &[]).await;
            give(&db, case, ("complaint", EndsWith::Nothing), &[]).await;
        }
        let mut tx = db.write().await;
        let now = morning(TODAY);
        tasks::end_with_claim(tx.conn(), &now, &[case]).await.expect("ended");
        tasks::end_with_claim(tx.conn(), &now, &[case]).await.expect("ended once");
        tx.commit().await.expect("committed");
        let of_case = Some(TasksOfCase { id: case, closed_too: true });
        let all = list(&db, &TaskFilter { case: of_case, ..TaskFilter::default() }).await;
        let ended: Vec<_> =
            all.iter().map(|it| (it.kind.as_str(), it.outcome.as_deref())).collect();
        assert_eq!(ended, [("trace", Some(tasks::CLAIM_ENDED)), ("complaint", None)]);
        assert_eq!(list(&db, &TaskFilter::default()).await.len(), 3, "one has ended");
        let lines = "select count(*) from journal where case_id = $1 and body like '%claim_ended%'";
        assert_eq!(db.number(lines, case.0).await, 1);
    }
}

promise! {
    async fn complaints_are_read_in_their_order_with_whom_they_are_about(db) {
        let case = db.case("L1", TODAY).await;
        let mut tx = db.write().await;
        let none = complaints::of_cases(tx.conn(), &[case]).await.expect("read");
        assert!(none.is_empty());
        tx.rollback().await.expect("given back");
        let about = serde_json::json!({ "about": "示例甲" });
        db.record(&morning(TODAY), case, "complaint", about).await;
        db.record(&morning(TODAY), case, "complaint", serde_json::json!({})).await;
        db.record(&morning(TODAY), case, "complaint_resolved", serde_json::json!({})).await;
        let mut tx = db.write().await;
        let told = complaints::of_cases(tx.conn(), &[case]).await.expect("read");
        let about = ComplaintMove::Made(Some("示例甲".to_owned()));
        let moves = [about, ComplaintMove::Made(None), ComplaintMove::Settled];
        assert_eq!(told[&case], moves);
    }
}
