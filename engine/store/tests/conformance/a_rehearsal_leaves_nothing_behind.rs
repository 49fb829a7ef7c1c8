//! A rehearsal (演练): what it opened and gave is marked, is not worked in earnest,
//! and begins anew when it is over.

use domain::ids::CaseId;
use domain::ledger::EntryKind;
use jiff::civil::{Date, date};
use store::enrol::{self, NewInstance};
use store::{Now, due, outbox, rehearsal, verify};

use crate::harness::{TestStore, in_remind, morning};

const TODAY: Date = date(2026, 3, 10);

async fn claimed(db: &TestStore, now: &Now) -> Vec<CaseId> {
    let mut reader = db.store.read().await.expect("a reader");
    let claimed = due::claim(reader.conn(), now.ms, 10).await.expect("claimed");
    claimed.into_iter().map(|it| it.case_id).collect()
}

async fn open(db: &TestStore, now: &Now, release: i64, new: NewInstance) {
    let mut tx = db.write().await;
    let opened = enrol::open_instances(tx.conn(), now, release, &[new]).await;
    assert_eq!(opened.expect("opened").len(), 1);
    tx.commit().await.expect("committed");
}

async fn begin(db: &TestStore, now: &Now) {
    let mut tx = db.write().await;
    assert!(rehearsal::begin(tx.conn(), now, "李主任").await.expect("begun"));
    assert!(!rehearsal::begin(tx.conn(), now, "李主任").await.expect("asked"), "once");
    tx.commit().await.expect("committed");
}

async fn end(db: &TestStore, now: &Now) -> Vec<rehearsal::Rehearsed> {
    let mut tx = db.write().await;
    assert!(rehearsal::end(tx.conn(), now, "李主任").await.expect("ended"));
    assert!(rehearsal::is_ending(tx.conn()).await.expect("asked"));
    while 0 < rehearsal::end_orders(tx.conn(), now, 1).await.expect("orders") {}
    let mut all = Vec::new();
    loop {
        let runs = rehearsal::put_away(tx.conn(), now, 1).await.expect("runs");
        if runs.is_empty() {
            break;
        }
        all.extend(runs);
    }
    rehearsal::is_put_away(tx.conn()).await.expect("noted");
    assert!(!rehearsal::is_ending(tx.conn()).await.expect("asked"));
    tx.commit().await.expect("committed");
    all
}

async fn is_sound(db: &TestStore) {
    let mut tx = db.write().await;
    let verdict = verify::verify(tx.conn()).await.expect("verified");
    tx.rollback().await.expect("rolled back");
    assert_eq!(verdict.faults, []);
}

async fn give_order(db: &TestStore, case: CaseId, now: &Now) {
    const ORDER: &str = "
        insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery, channel,
          requested_by, idempotency_key, status, not_before_at, not_after_at, created_at,
          rehearsal)
        values ($1, $2, 1, 0, 'remind', 'sms', 'demand', 'at_least_once', 'sms',
          'workflow:remind', $3, 'pending', $4, $4 + 86400000, $4,
          (select count(*) from meta where key = 'rehearsal_since'))";
    let mut tx = db.write().await;
    let id = store::ids::allocate(tx.conn(), 1).await.expect("an id");
    sqlx::query(ORDER)
        .bind(id)
        .bind(case.0)
        .bind(db.key())
        .bind(now.ms)
        .execute(tx.conn())
        .await
        .expect("given");
    tx.commit().await.expect("committed");
}

async fn ready(db: &TestStore, now: &Now) -> usize {
    let mut tx = db.write().await;
    let ready = outbox::ready(tx.conn(), now, outbox::Queue::Whole, None, 10).await;
    tx.rollback().await.expect("rolled back");
    ready.expect("asked").orders.len()
}

promise! {
    async fn runs_of_before_stand_still_and_those_of_the_rehearsal_begin_anew(db) {
        let now = morning(TODAY);
        let (old, new) = (db.case("L1", TODAY).await, db.case("L2", TODAY).await);
        let release = db.open_runs(&now, &[old]).await;
        // It has moved, and somebody has been told.
        db.record(&now, old, "note", serde_json::json!({})).await;
        let mut tx = db.write().await;
        for sql in [
            "update instances set due_at = due_at + 1",
            "insert into sending_days (channel, on_day, counted) values ('sms', '2026-03-09', 1)",
        ] {
            sqlx::query(sql).execute(tx.conn()).await.expect("written");
        }
        tx.commit().await.expect("committed");
        begin(&db, &now).await;
        open(&db, &now, release, in_remind(new)).await;
        assert_eq!(claimed(&db, &morning(TODAY)).await, [new]);
        give_order(&db, new, &now).await;
        assert_eq!(ready(&db, &now).await, 1);
        is_sound(&db).await;

        let runs = end(&db, &now).await;
        assert_eq!(runs.iter().map(|run| run.case_id).collect::<Vec<_>>(), [new]);
        assert!(!runs[0].has_to_be_opened(), "the scan does it");
        assert_eq!(ready(&db, &now).await, 0, "what was rehearsed never leaves");
        let later = Now { ms: now.ms + 1, ..now };
        assert_eq!(claimed(&db, &later).await, [old]);
        // The case may enter again in the same episode.
        open(&db, &now, release, in_remind(new)).await;
        assert_eq!(claimed(&db, &later).await.len(), 2);
        let status = "select status || settled_note from outbox where case_id = $1";
        assert_eq!(db.text(status, new.0).await, "rehearsedrehearsal_over");
        is_sound(&db).await;
    }
}

promise! {
    async fn where_nothing_has_ever_left_the_whole_book_is_rehearsed(db) {
        let now = morning(TODAY);
        let case = db.case("L1", TODAY).await;
        db.open_runs(&now, &[case]).await;
        give_order(&db, case, &now).await;
        let sql = "update outbox set instance_id = (select id from instances) where case_id = $1";
        let mut tx = db.write().await;
        sqlx::query(sql).bind(case.0).execute(tx.conn()).await.expect("written");
        tx.commit().await.expect("committed");
        begin(&db, &now).await;
        assert_eq!(claimed(&db, &now).await, [case]);
        assert_eq!(ready(&db, &now).await, 1);
        let runs = end(&db, &now).await;
        assert_eq!(runs.len(), 1);
        assert_eq!((claimed(&db, &now).await, ready(&db, &now).await), (vec![], 0));
    }
}

promise! {
    async fn what_an_event_opened_has_to_be_opened_again_with_it(db) {
        let now = morning(TODAY);
        let case = db.case("L1", TODAY).await;
        let release = db.open_runs(&now, &[]).await;
        begin(&db, &now).await;
        db.record(&now, case, "complaint", serde_json::json!({})).await;
        let event = db.number("select id from events where case_id = $1", case.0).await;
        let new = NewInstance {
            event: Some(event),
            by: "event:complaint".to_owned(),
            ..in_remind(case)
        };
        open(&db, &now, release, new).await;
        let runs = end(&db, &now).await;
        assert_eq!(runs.iter().map(|run| run.event).collect::<Vec<_>>(), [Some(event)]);
        assert!(runs[0].has_to_be_opened());
        is_sound(&db).await;
    }
}

promise! {
    async fn a_due_date_that_was_rehearsed_is_announced_in_earnest(db) {
        let now = morning(TODAY);
        let case = db.case("L1", TODAY).await;
        let open_entry = db.entry(case, EntryKind::Open, 5_000, TODAY);
        let due = db.entry(case, EntryKind::Due, 5_000, date(2026, 3, 13));
        db.post(TODAY, &[open_entry, due]).await;
        let release = db.open_runs(&now, &[]).await;
        let known = "select count(*) from due_enrolments where case_id = $1";
        begin(&db, &now).await;
        let ahead = || NewInstance { by_due_date: true, ..in_remind(case) };
        open(&db, &now, release, ahead()).await;
        assert_eq!(db.number(known, case.0).await, 1);
        end(&db, &now).await;
        assert_eq!(db.number(known, case.0).await, 0);
        open(&db, &now, release, ahead()).await;
        is_sound(&db).await;
    }
}
