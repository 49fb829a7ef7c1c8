//! Steps (步骤): written whole under what they were worked out from, or not at all.

use domain::decision::WaitRule;
use domain::ids::{CaseId, OrderId};
use domain::journal::{Entry, Stepped};
use domain::ledger::EntryKind;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use store::answered;
use store::commit::{self, Committed, NewOrder, NewWait, NextState, Step};
use store::due::{self, Claimed};
use store::events::{self, NewEvent};

use crate::harness::{HOUR, TestStore, morning};

const TODAY: Date = date(2026, 3, 10);

/// Cases in `remind`, overdue since the first of the month, and the release.
async fn in_remind(db: &TestStore, numbers: &[&str]) -> (Vec<CaseId>, i64) {
    let mut cases = Vec::new();
    for number in numbers {
        let case = db.case(number, date(2026, 1, 1)).await;
        let entries = [
            db.entry(case, EntryKind::Open, 500_000, date(2026, 1, 1)),
            db.entry(case, EntryKind::Due, 50_000, date(2026, 3, 1)),
        ];
        db.post(TODAY, &entries).await;
        cases.push(case);
    }
    let release = db.open_runs(&morning(TODAY), &cases).await;
    (cases, release)
}

async fn claim(db: &TestStore) -> Vec<Claimed> {
    let mut tx = db.write().await;
    let claimed = due::claim(tx.conn(), morning(TODAY).ms, 10).await.expect("claimed");
    tx.rollback().await.expect("given back");
    claimed
}

/// A step that answers every event, gives one order and waits.
fn step(run: &Claimed, release: i64, order_key: &str) -> Step {
    Step {
        instance: run.id,
        case_id: run.case_id,
        seq: run.seq,
        facts_rev: run.facts_rev,
        head_hash: run.head_hash.clone(),
        stage: "told".to_owned(),
        left_stage: true,
        next: NextState::Waiting(morning(TODAY).ms + 73 * HOUR),
        wait: Some(NewWait {
            rule: WaitRule::Days(3),
            next: "again".to_owned(),
            since: "2026-03-10T08:00:00".to_owned(),
            provisional: false,
        }),
        memo: Some(json!({ "told": 1 }).to_string()),
        consumed: run.events.iter().map(|event| event.id.0).collect(),
        orders: vec![order(order_key)],
        body: Entry::Stepped(Stepped {
            workflow: "remind".to_owned(),
            ..Stepped::default()
        })
        .to_body(),
        release_id: release,
        failed_before: false,
    }
}

fn order(key: &str) -> NewOrder {
    NewOrder {
        plugin: "remind".to_owned(),
        verb: "task".to_owned(),
        title: "task".to_owned(),
        party_id: None,
        channel: None,
        act: "internal".to_owned(),
        text_act: None,
        counted_for: String::new(),
        delivery: "at_least_once".to_owned(),
        second_person: 0,
        outlives_stage: 0,
        args: Value::Object(serde_json::Map::new()).to_string(),
        body: None,
        states_fen: None,
        idempotency_key: key.to_owned(),
        requested_by: "workflow:remind".to_owned(),
        collector: None,
        line: "remind.lua:3".to_owned(),
        not_before_at: morning(TODAY).ms,
        not_after_at: morning(TODAY).ms + 168 * HOUR,
    }
}

async fn commit(db: &TestStore, steps: &[Step]) -> Committed {
    let mut tx = db.write().await;
    let steps: Vec<&Step> = steps.iter().collect();
    let done = commit::commit(tx.conn(), &morning(TODAY), &steps).await.expect("written");
    tx.commit().await.expect("committed");
    done
}

/// Steps taken, journal lines, orders, waits, memos and events not answered.
async fn books(db: &TestStore) -> [i64; 6] {
    let mut all = [0; 6];
    let sql = [
        "select sum(seq) from instances where $1 = $1",
        "select count(*) from journal where $1 = $1 and body like '%\"step\"%'",
        "select count(*) from outbox where $1 = $1",
        "select count(*) from wait_rules where $1 = $1",
        "select count(*) from memos where $1 = $1",
        "select count(*) from inbox where $1 = $1 and consumed_seq is null",
    ];
    for (count, sql) in all.iter_mut().zip(sql) {
        *count = db.number(sql, 0).await;
    }
    all
}

promise! {
    async fn a_step_is_written_with_its_line_order_wait_memo_and_answered_events(db) {
        let (cases, release) = in_remind(&db, &["L1"]).await;
        db.record(&morning(TODAY), cases[0], "note", json!({ "note": "来过" })).await;
        let run = claim(&db).await;
        assert_eq!(run[0].events.len(), 1);
        assert_eq!(books(&db).await, [0, 0, 0, 0, 0, 1]);
        let done = commit(&db, &[step(&run[0], release, "k1")]).await;
        assert_eq!(done, Committed { steps: 1, again: Vec::new(), orders: 1 });
        assert_eq!(books(&db).await, [1, 1, 1, 1, 1, 0]);
        assert!(claim(&db).await.is_empty(), "it waits");
    }
}

promise! {
    async fn a_step_worked_out_twice_is_written_once(db) {
        let (_, release) = in_remind(&db, &["L1"]).await;
        let run = claim(&db).await;
        commit(&db, &[step(&run[0], release, "k1")]).await;
        let after = books(&db).await;
        let done = commit(&db, &[step(&run[0], release, "k2")]).await;
        assert_eq!(done, Committed { steps: 0, again: vec![run[0].id], orders: 0 });
        assert_eq!(books(&db).await, after);
    }
}

promise! {
    async fn a_case_that_learned_something_since_is_claimed_again_and_the_others_go_on(db) {
        let (cases, release) = in_remind(&db, &["L1", "L2"]).await;
        let runs = claim(&db).await;
        let paid = db.entry(cases[0], EntryKind::Payment, 50_000, TODAY);
        db.post(TODAY, &[paid]).await;
        let steps = [step(&runs[0], release, "k1"), step(&runs[1], release, "k2")];
        let done = commit(&db, &steps).await;
        assert_eq!(done, Committed { steps: 1, again: vec![runs[0].id], orders: 1 });
        let sql = "select seq from instances where id = $1";
        assert_eq!(db.number(sql, runs[0].id.0).await, 0);
        assert_eq!(db.number(sql, runs[1].id.0).await, 1);
        assert_eq!(claim(&db).await.len(), 1, "the one that was not written");
    }
}

promise! {
    async fn a_batch_that_the_database_refuses_leaves_no_trace(db) {
        let (cases, release) = in_remind(&db, &["L1", "L2"]).await;
        db.record(&morning(TODAY), cases[0], "note", json!({ "note": "来过" })).await;
        let runs = claim(&db).await;
        let before = books(&db).await;
        // Two orders of one key: the second is refused when all else is written.
        let steps = [step(&runs[0], release, "k1"), step(&runs[1], release, "k1")];
        let mut tx = db.write().await;
        let both: Vec<&Step> = steps.iter().collect();
        let refused = commit::commit(tx.conn(), &morning(TODAY), &both).await;
        assert!(refused.is_err(), "{refused:?}");
        tx.rollback().await.expect("rolled back");
        assert_eq!(books(&db).await, before);
        assert_eq!(commit(&db, &steps[..1]).await.steps, 1, "one at a time it goes");
    }
}

/// An order of the run that is unknown, with the event that waits to say so.
async fn nobody_knows(db: &TestStore, run: &Claimed) -> OrderId {
    let mut tx = db.write().await;
    let sql = "update outbox set status = 'unknown', lease_epoch = 1 where instance_id = $1 returning id";
    let order: i64 =
        sqlx::query_scalar(sql).bind(run.id.0).fetch_one(tx.conn()).await.expect("given");
    let event = NewEvent {
        case_id: run.case_id,
        kind: "unknown".to_owned(),
        payload: serde_json::Map::new(),
        source: "outbox".to_owned(),
        dedupe_key: format!("{order}:unknown:1"),
        happened_on: TODAY,
    };
    let now = morning(TODAY);
    events::record(tx.conn(), &now, now.ms + HOUR, event).await.expect("recorded");
    tx.commit().await.expect("committed");
    OrderId(order)
}

promise! {
    async fn a_persons_answer_counts_before_a_step_that_nobody_has_written(db) {
        let (_, release) = in_remind(&db, &["L1"]).await;
        commit(&db, &[step(&claim(&db).await[0], release, "k1")]).await;
        let sql = "update instances set due_at = 0 where id = id and $1 = $1";
        let mut tx = db.write().await;
        sqlx::query(sql).bind(0).execute(tx.conn()).await.expect("due");
        tx.commit().await.expect("committed");
        let order = nobody_knows(&db, &claim(&db).await[0]).await;
        let run = claim(&db).await;
        assert_eq!(run[0].events.len(), 1, "it waits to be told");
        let mut tx = db.write().await;
        let stood = answered::meanwhile(tx.conn(), &morning(TODAY), order).await;
        let stood = stood.expect("asked").expect("the order is there");
        assert!(!stood.was_heard && !stood.goes_nowhere(), "{stood:?}");
        assert_eq!(answered::withdraw(tx.conn(), &[order]).await.expect("withdrawn"), 1);
        tx.commit().await.expect("committed");
        let late = commit(&db, &[step(&run[0], release, "k2")]).await;
        assert_eq!((late.steps, late.again), (0, vec![run[0].id]), "it is worked out anew");
        assert_eq!(claim(&db).await[0].events, []);
    }
}
