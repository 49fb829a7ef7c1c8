//! Holds (暂停): timers stand still and run on afterwards.

use domain::ids::CaseId;
use jiff::civil::{Date, date};
use store::commit;
use store::holds::{self, IfHeld, Lift, NewHold, Which};

use crate::harness::{HOUR, TestStore, morning};

const TODAY: Date = date(2026, 3, 10);

fn hold(case: CaseId, reason: &str) -> NewHold {
    NewHold {
        case_id: case,
        party_id: None,
        reason: reason.to_owned(),
        effective_on: TODAY,
        by: "李主任".to_owned(),
        note: String::new(),
        again: IfHeld::Keep,
        also: Vec::new(),
    }
}

fn lift(case: CaseId, reason: &str) -> Lift {
    Lift {
        case_id: case,
        reason: reason.to_owned(),
        which: Which::All,
        effective_on: TODAY,
        by: "李主任".to_owned(),
        note: String::new(),
    }
}

async fn place(db: &TestStore, day: Date, list: &[NewHold]) -> usize {
    let mut tx = db.write().await;
    let n = holds::place(tx.conn(), &morning(day), list).await.expect("placed");
    tx.commit().await.expect("committed");
    n
}

async fn lift_on(db: &TestStore, day: Date, resume_at: i64, list: &[Lift]) -> usize {
    let mut tx = db.write().await;
    let n = holds::lift(tx.conn(), &morning(day), resume_at, list).await.expect("lifted");
    tx.commit().await.expect("committed");
    n
}

const STATUS: &str = "select status from instances where id = $1";
const DUE: &str = "select due_at from instances where id = $1";

promise! {
    async fn the_rest_of_a_wait_runs_on_and_a_date_stays_a_date(db) {
        let case = db.case("L1", TODAY).await;
        let start = morning(TODAY).ms;
        let due = start + 24 * HOUR;
        let rules = ["{\"days\":2}", "{\"workdays\":2}", "{\"hours\":30}", "{\"until\":\"2026-03-11\"}", "{\"overdue\":9}"];
        let mut runs = Vec::new();
        for rule in rules {
            runs.push((rule, db.run_of(case, rule, due, rule, 0).await));
        }
        place(&db, TODAY, &[hold(case, "complaint")]).await;
        let end = morning(date(2026, 3, 15));
        let resume_at = end.ms + 25 * HOUR;
        assert_eq!(lift_on(&db, date(2026, 3, 15), resume_at, &[lift(case, "complaint")]).await, 1);
        for (rule, run) in runs {
            assert_eq!(db.text(STATUS, run.0).await, "waiting", "{rule}");
            let span = if rule.contains("until") || rule.contains("overdue") {
                resume_at
            } else {
                (due + (end.ms - start)).max(resume_at)
            };
            assert_eq!(db.number(DUE, run.0).await, span, "{rule}");
        }
    }
}

promise! {
    async fn a_long_wait_is_not_cut_short(db) {
        let case = db.case("L1", TODAY).await;
        let start = morning(TODAY).ms;
        let run = db.run_of(case, "contact", start + 500 * HOUR, "{\"days\":20}", 0).await;
        place(&db, TODAY, &[hold(case, "hardship")]).await;
        let end = morning(date(2026, 3, 12));
        lift_on(&db, date(2026, 3, 12), end.ms + HOUR, &[lift(case, "hardship")]).await;
        assert_eq!(db.number(DUE, run.0).await, start + 548 * HOUR);
    }
}

promise! {
    async fn a_parked_run_keeps_its_timer_and_its_hold(db) {
        let case = db.case("L1", TODAY).await;
        let start = morning(TODAY).ms;
        let due = start + 480 * HOUR;
        let run = db.run_of(case, "contact", due, "{\"days\":20}", 0).await;
        let park = "update instances set status = 'parked' where id = $1";
        for held in [false, true] {
            let mut tx = db.write().await;
            sqlx::query(park).bind(run.0).execute(tx.conn()).await.expect("parked");
            tx.commit().await.expect("committed");
            if held {
                place(&db, TODAY, &[hold(case, "complaint")]).await;
                assert_eq!(db.text(STATUS, run.0).await, "parked");
            }
            let mut tx = db.write().await;
            commit::unpark(tx.conn(), &morning(TODAY), case).await.expect("unparked");
            tx.commit().await.expect("committed");
            let expected = if held { "frozen" } else { "waiting" };
            assert_eq!(db.text(STATUS, run.0).await, expected);
            assert_eq!(db.number(DUE, run.0).await, due, "held: {held}");
        }
        let end = date(2026, 3, 12);
        lift_on(&db, end, 1, &[lift(case, "complaint")]).await;
        assert_eq!(db.number(DUE, run.0).await, due + 48 * HOUR);
    }
}

promise! {
    async fn lanes_that_keep_clocks_go_on(db) {
        let case = db.case("L1", TODAY).await;
        let contact = db.run_of(case, "contact", 5, "{\"days\":2}", 0).await;
        let clock = db.run_of(case, "limitation", 5, "{\"days\":2}", 1).await;
        place(&db, TODAY, &[hold(case, "dispute")]).await;
        assert_eq!(db.text(STATUS, contact.0).await, "frozen");
        assert_eq!(db.text(STATUS, clock.0).await, "waiting");
        assert_eq!(db.number(DUE, clock.0).await, 5);
    }
}

promise! {
    async fn only_the_last_hold_that_forbids_demands_sets_free(db) {
        let case = db.case("L1", TODAY).await;
        let run = db.run_of(case, "contact", 5, "{\"days\":2}", 0).await;
        place(&db, TODAY, &[hold(case, "vulnerable")]).await;
        assert_eq!(db.text(STATUS, run.0).await, "waiting", "a second look is no stop");
        place(&db, TODAY, &[hold(case, "complaint"), hold(case, "lawyer")]).await;
        assert_eq!(db.text(STATUS, run.0).await, "frozen");
        let holds = "select holds from cases where id = $1";
        assert_eq!(db.text(holds, case.0).await, "complaint,lawyer,vulnerable");
        lift_on(&db, TODAY, 1, &[lift(case, "complaint")]).await;
        assert_eq!(db.text(STATUS, run.0).await, "frozen");
        lift_on(&db, TODAY, 1, &[lift(case, "lawyer")]).await;
        assert_eq!(db.text(STATUS, run.0).await, "waiting");
    }
}

promise! {
    async fn a_hold_is_placed_once_and_lifted_once(db) {
        let case = db.case("L1", TODAY).await;
        let twice = [hold(case, "hardship"), hold(case, "hardship")];
        assert_eq!(place(&db, TODAY, &twice).await, 1);
        assert_eq!(place(&db, TODAY, &twice).await, 0);
        assert_eq!(lift_on(&db, TODAY, 0, &[lift(case, "hardship"), lift(case, "hardship")]).await, 1);
        assert_eq!(lift_on(&db, TODAY, 0, &[lift(case, "hardship")]).await, 0);
        assert_eq!(db.events(case).await, ["hold_placed", "hold_lifted"]);
        assert_eq!(place(&db, TODAY, &twice).await, 1);
    }
}

promise! {
    async fn a_workflow_opened_under_a_hold_starts_frozen(db) {
        let held = db.case("L1", TODAY).await;
        let free = db.case("L2", TODAY).await;
        place(&db, TODAY, &[hold(held, "deceased")]).await;
        let contact = db.run_of(held, "contact", 5, "{\"days\":2}", 0).await;
        let clock = db.run_of(held, "limitation", 5, "{\"days\":2}", 1).await;
        let other = db.run_of(free, "contact", 5, "{\"days\":2}", 0).await;
        let mut tx = db.write().await;
        let all = [contact.0, clock.0, other.0];
        let n = holds::freeze_if_held(tx.conn(), &morning(TODAY), &all).await.expect("asked");
        assert_eq!(n, 1);
        tx.commit().await.expect("committed");
        assert_eq!(db.text(STATUS, contact.0).await, "frozen");
        assert_eq!(db.text(STATUS, clock.0).await, "waiting");
        assert_eq!(db.text(STATUS, other.0).await, "waiting");
    }
}
