//! Views (视图): read in portions, each behind the last row of the one before, a list is
//! what it is as a whole, by whatever it is filtered.

use std::collections::BTreeSet;
use std::fmt::Debug;

use domain::duty::{Assignee, EndsWith};
use domain::ids::CaseId;
use domain::journal::Entry;
use domain::ledger::EntryKind;
use domain::status::OrderStatus;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::{Offset, TimeZone};
use serde_json::json;
use store::plugin::NewTask;
use store::tasks::Asked;
use store::views::approvals::{self, ApprovalFilter};
use store::views::cases::{self, CaseEntry, CaseFilter};
use store::views::orders::{self, OrderFilter};
use store::views::status;
use store::views::tasks::{self, TaskFilter};
use store::views::timeline::{self, Source, TimelineFilter};
use store::{Conn, StoreError, ids};

use crate::harness::{TestStore, morning};

const TODAY: Date = date(2026, 3, 10);

/// The whole list, and the list read two rows at a time, are the same.
async fn in_portions<E: Debug>(
    db: &TestStore,
    list: impl AsyncFn(&mut Conn, Option<&E>, i64) -> Result<Vec<E>, StoreError>,
) -> Vec<E> {
    let mut reader = db.store.read().await.expect("a reader");
    let whole = list(reader.conn(), None, i64::MAX).await.expect("the whole list");
    let mut portions: Vec<E> = Vec::new();
    loop {
        let found = list(reader.conn(), portions.last(), 2).await.expect("a portion");
        assert!(found.len() <= 2, "{found:?}");
        if found.is_empty() {
            break;
        }
        portions.extend(found);
    }
    assert_eq!(format!("{portions:?}"), format!("{whole:?}"));
    whole
}

/// Seven cases, late since a day each but for the last two, which are not late: the odd
/// ones are in `remind`.
async fn book(db: &TestStore) -> Vec<CaseId> {
    let mut cases = Vec::new();
    for number in 0..7 {
        let case = db.case(&format!("L{number}"), TODAY.saturating_sub(90.days())).await;
        cases.push(case);
    }
    let odd: Vec<CaseId> = cases.iter().copied().skip(1).step_by(2).collect();
    db.open_runs(&morning(TODAY), &odd).await;
    for (back, case) in (1_i64..).zip(&cases[..5]) {
        let due = TODAY.saturating_sub((back * 10).days());
        let entries = [
            db.entry(*case, EntryKind::Open, 100_000, due),
            db.entry(*case, EntryKind::Due, 50_000, due),
        ];
        db.post(TODAY, &entries).await;
    }
    let named = "update cases set village = '李村', collector = '示例员' where id <= $1";
    let mut tx = db.write().await;
    sqlx::query(named).bind(cases[3].0).execute(tx.conn()).await.expect("named");
    tx.commit().await.expect("committed");
    cases
}

async fn numbers(db: &TestStore, filter: CaseFilter) -> Vec<CaseId> {
    let list = async |conn: &mut Conn, after: Option<&CaseEntry>, limit: i64| {
        cases::list(conn, &filter, after, limit).await
    };
    in_portions(db, list).await.into_iter().map(|entry| entry.id).collect()
}

promise! {
    async fn cases_are_listed_by_the_age_of_their_debt_whatever_is_asked_for(db) {
        let all = book(&db).await;
        // The cases by their place in the book: `a` is the first.
        let of = |places: &str| -> Vec<CaseId> {
            places.bytes().map(|place| all[usize::from(place - b'a')]).collect()
        };
        let filter = CaseFilter::default();
        assert_eq!(numbers(&db, filter.clone()).await, of("edcbafg"));
        let village = Some("李村".to_owned());
        let of_village = CaseFilter { village, ..filter.clone() };
        assert_eq!(numbers(&db, of_village.clone()).await, of("dcba"));
        let collector = Some("示例员".to_owned());
        let of_collector = CaseFilter { collector, ..filter.clone() };
        assert_eq!(numbers(&db, of_collector).await, of("dcba"));
        let workflow = Some("remind".to_owned());
        let in_remind = CaseFilter { workflow: workflow.clone(), ..filter.clone() };
        assert_eq!(numbers(&db, in_remind).await, of("dbf"));
        let of_both = CaseFilter { workflow, ..of_village };
        assert_eq!(numbers(&db, of_both).await, of("db"));
        let in_none = CaseFilter { in_none: true, ..filter.clone() };
        assert_eq!(numbers(&db, in_none).await, of("ecag"));
        let unpaid_since = Some(TODAY.saturating_sub(30.days()));
        let old = CaseFilter { unpaid_since, ..filter };
        assert_eq!(numbers(&db, old).await, of("edc"));
    }
}

promise! {
    async fn a_case_that_has_left_its_workflow_is_in_none(db) {
        let all = book(&db).await;
        let paid = db.entry(all[1], EntryKind::Payment, 50_000, TODAY);
        db.post(TODAY, &[paid]).await;
        let in_remind =
            CaseFilter { workflow: Some("remind".to_owned()), ..CaseFilter::default() };
        // What is paid is not late any more: it stands behind those that are.
        assert_eq!(numbers(&db, in_remind.clone()).await, [all[3], all[1], all[5]]);
        let mut tx = db.write().await;
        let ended = "update instances set status = 'parked' where case_id = $1";
        sqlx::query(ended).bind(all[1].0).execute(tx.conn()).await.expect("parked");
        let why = "insert into step_errors
            (instance_id, fingerprint, message, tries, release_id, last_at)
            select id, 'lost_place', '', 1, 1, 0 from instances where case_id = $1";
        sqlx::query(why).bind(all[1].0).execute(tx.conn()).await.expect("told");
        store::lost_places::withdraw(
            tx.conn(), &morning(TODAY), (all[1], None), ("李主任", "已协商"),
        ).await.expect("withdrawn");
        tx.commit().await.expect("committed");
        assert_eq!(numbers(&db, in_remind).await, [all[3], all[5]]);
        let in_none = CaseFilter { in_none: true, ..CaseFilter::default() };
        assert!(numbers(&db, in_none).await.contains(&all[1]));
    }
}

async fn open_tasks(db: &TestStore, case: CaseId) {
    let task = |key: &str, kind: &str, due_on, assignee: Option<&str>, for_role| Asked {
        instance: None,
        order: None,
        for_role,
        not_by: Vec::new(),
        task: NewTask {
            case_id: case,
            kind: kind.to_owned(),
            title: "致电".to_owned(),
            assignee: assignee.map(|name| Assignee::Person(name.to_owned())),
            ends_with: EndsWith::Nothing,
            due_on,
            dedupe_key: key.to_owned(),
        },
    };
    let day = |days: i64| Some(TODAY.saturating_add(days.days()));
    let list = [
        task("a", "call", None, Some("示例员"), None),
        task("b", "visit", day(2), Some("示例员"), None),
        task("c", "call", day(1), Some("示例员"), Some("supervisor")),
        task("d", "guard", day(1), None, Some("supervisor")),
        task("e", "guard", None, None, Some("supervisor")),
        task("f", "call", day(3), Some("陈小满"), None),
        task("g", "call", day(1), Some("陈小满"), None),
    ];
    let mut tx = db.write().await;
    store::tasks::open(tx.conn(), &morning(TODAY), &list).await.expect("opened");
    tx.commit().await.expect("committed");
}

promise! {
    async fn tasks_are_listed_by_their_last_day_and_each_once(db) {
        let case = db.case("L1", TODAY).await;
        open_tasks(&db, case).await;
        let keys = async |filter: TaskFilter| {
            let list = async |conn: &mut Conn, after: Option<&tasks::TaskEntry>, limit: i64| {
                tasks::list(conn, &filter, after, limit).await
            };
            let mut keys = String::new();
            for task in in_portions(&db, list).await {
                keys += &db.text("select dedupe_key from tasks where id = $1", task.id.0).await;
            }
            keys
        };
        let his = TaskFilter { assignee: Some("示例员".to_owned()), ..TaskFilter::default() };
        let of_roles = TaskFilter { roles: vec!["supervisor".to_owned()], ..his.clone() };
        let kind = Some("call".to_owned());
        let table = [
            (TaskFilter::default(), "cdgbfae"),
            (his.clone(), "cba"),
            (of_roles, "cdbae"),
            (TaskFilter { kind: kind.clone(), ..TaskFilter::default() }, "cgfa"),
            (TaskFilter { kind, ..his }, "ca"),
        ];
        for (filter, wanted) in table {
            assert_eq!(keys(filter.clone()).await, wanted, "{filter:?}");
        }
    }
}

const ORDER: &str = "
    insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery,
      requested_by, idempotency_key, status, not_before_at, not_after_at, created_at)
    select $1, c.id, 1, 0, 'legal', $3, 'inner', 'once', 'workflow:suit', $4, $5, 0, 9, 0
    from cases c where c.id = $2";

async fn give_orders(db: &TestStore, cases: [CaseId; 2]) -> Vec<i64> {
    let mut tx = db.write().await;
    let mut orders = Vec::new();
    for number in 0..9_usize {
        let id = ids::allocate(tx.conn(), 1).await.expect("an id");
        let status = [OrderStatus::AwaitingApproval, OrderStatus::Delivered][number % 2];
        sqlx::query(ORDER)
            .bind(id)
            .bind(cases[usize::from(number < 5)].0)
            .bind(if number % 4 == 0 { "file_suit" } else { "letter" })
            .bind(db.key())
            .bind(status.as_str())
            .execute(tx.conn())
            .await
            .expect("given");
        orders.push(id);
    }
    tx.commit().await.expect("committed");
    orders
}

promise! {
    async fn orders_are_listed_the_newest_first_and_so_is_what_waits_for_a_person(db) {
        let cases = [db.case("L1", TODAY).await, db.case("L2", TODAY).await];
        let given = give_orders(&db, cases).await;
        let newest = |numbers: &[usize]| -> Vec<i64> {
            numbers.iter().map(|number| given[*number]).collect()
        };
        let listed = async |filter: OrderFilter| -> Vec<i64> {
            let list = async |conn: &mut Conn, after: Option<&orders::OrderEntry>, limit: i64| {
                orders::list(conn, &filter, after, limit).await
            };
            in_portions(&db, list).await.into_iter().map(|portion| portion.id).collect()
        };
        let case_id = Some(cases[1]);
        let status = Some(OrderStatus::Delivered);
        assert_eq!(listed(OrderFilter::default()).await, newest(&[8, 7, 6, 5, 4, 3, 2, 1, 0]));
        assert_eq!(listed(OrderFilter { case_id, status: None }).await, newest(&[4, 3, 2, 1, 0]));
        assert_eq!(listed(OrderFilter { case_id: None, status }).await, newest(&[7, 5, 3, 1]));
        assert_eq!(listed(OrderFilter { case_id, status }).await, newest(&[3, 1]));
        let waiting = async |filter: ApprovalFilter| -> Vec<i64> {
            let list = async |conn: &mut Conn, after: Option<&approvals::ApprovalEntry>, limit: i64| {
                approvals::list(conn, &filter, after, limit).await
            };
            in_portions(&db, list).await.into_iter().map(|portion| portion.id).collect()
        };
        let verb = Some("file_suit".to_owned());
        assert_eq!(waiting(ApprovalFilter::default()).await, newest(&[8, 6, 4, 2, 0]));
        let suits = ApprovalFilter { verb: verb.clone(), case_id: None };
        assert_eq!(waiting(suits).await, newest(&[8, 4, 0]));
        assert_eq!(waiting(ApprovalFilter { verb, case_id }).await, newest(&[4, 0]));
    }
}

promise! {
    async fn a_story_is_told_by_day_from_every_source(db) {
        let case = db.case("L1", TODAY.saturating_sub(90.days())).await;
        let other = db.case("L2", TODAY.saturating_sub(90.days())).await;
        db.open_runs(&morning(TODAY), &[case, other]).await;
        let due = TODAY.saturating_sub(20.days());
        db.post(TODAY, &[
            db.entry(case, EntryKind::Open, 100_000, due),
            db.entry(case, EntryKind::Due, 50_000, due),
            db.entry(case, EntryKind::Payment, 10_000, TODAY),
            db.entry(other, EntryKind::Open, 100_000, due),
        ]).await;
        db.record(&morning(TODAY), case, "note", json!({})).await;
        let zone = TimeZone::fixed(Offset::constant(8));
        let whole = TimelineFilter::whole(case, zone);
        let told = async |filter: TimelineFilter| {
            let list = async |conn: &mut Conn, after: Option<&timeline::TimelineEntry>, limit: i64| {
                timeline::list(conn, &filter, after, limit).await
            };
            in_portions(&db, list).await
        };
        let all = told(whole.clone()).await;
        let days: Vec<Date> = all.iter().map(|it| it.day).collect();
        assert!(days.is_sorted(), "{days:?}");
        assert_eq!(days.iter().filter(|day| **day == due).count(), 2, "{all:?}");
        let numbers: BTreeSet<i64> = all.iter().map(|it| it.number).collect();
        assert_eq!(numbers.len(), all.len(), "each once");
        let money = TimelineFilter { sources: vec![Source::Money], ..whole.clone() };
        assert_eq!(told(money).await.len(), 3);
        let lines = TimelineFilter { sources: vec![Source::Journal], ..whole.clone() };
        let lines = told(lines).await;
        let is_opening = |it: &timeline::TimelineEntry| matches!(
            &it.what,
            timeline::Told::Line { entry: Ok(entry), .. } if matches!(**entry, Entry::Opened(_))
        );
        assert!(lines.iter().any(is_opening), "{lines:?}");
        let today = TimelineFilter { from: Some(TODAY), ..whole.clone() };
        assert_eq!(told(today).await.len(), all.len() - 2);
        let before = TimelineFilter { until: Some(due), ..whole };
        assert_eq!(told(before).await.len(), 2);
    }
}

promise! {
    async fn a_count_that_was_kept_is_shown_until_it_is_old(db) {
        book(&db).await;
        let seen = async |now: i64| {
            let mut reader = db.store.read().await.expect("a reader");
            status::load(reader.conn(), now, 3).await.expect("seen")
        };
        let counted = seen(1_000).await;
        assert_eq!((counted.book.cases, counted.counted_at), (7, None));
        let large = status::BookCounts { cases: 1_000_000, ..counted.book.clone() };
        let mut tx = db.write().await;
        status::keep(tx.conn(), large, 1_000).await.expect("kept");
        tx.commit().await.expect("committed");
        let kept = seen(2_000).await;
        assert_eq!((kept.book.cases, kept.counted_at), (1_000_000, Some(1_000)));
        assert_eq!(kept.book.stages, counted.book.stages);
        assert_eq!(seen(10_000_000).await.counted_at, None, "it is too old");
        let mut tx = db.write().await;
        status::keep(tx.conn(), counted.book, 2_000).await.expect("forgotten");
        tx.commit().await.expect("committed");
        assert_eq!(seen(2_000).await.counted_at, None, "a small book is counted");
    }
}
