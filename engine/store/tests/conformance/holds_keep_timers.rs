//! Holds (暂停): timers stand still and run on afterwards.

use domain::ids::CaseId;
use jiff::civil::{Date, date};
use store::commit;
use store::holds::{self, Again, Lift, NewHold, Which};

use crate::harness::{HOUR, House, morning};

const TODAY: Date = date(2026, 3, 10);

fn hold(case: CaseId, reason: &str) -> NewHold {
    NewHold {
        case_id: case,
        party_id: None,
        reason: reason.to_owned(),
        effective_on: TODAY,
        by: "李主任".to_owned(),
        note: String::new(),
        again: Again::Joins,
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

async fn place(house: &House, day: Date, list: &[NewHold]) -> usize {
    let mut tx = house.write().await;
    let n = holds::place(tx.conn(), &morning(day), list).await.expect("placed");
    tx.commit().await.expect("committed");
    n
}

async fn lift_on(house: &House, day: Date, resume_at: i64, list: &[Lift]) -> usize {
    let mut tx = house.write().await;
    let n = holds::lift(tx.conn(), &morning(day), resume_at, list).await.expect("lifted");
    tx.commit().await.expect("committed");
    n
}

const STATUS: &str = "select status from instances where id = $1";
const DUE: &str = "select due_at from instances where id = $1";

promise! {
    async fn the_rest_of_a_wait_runs_on_and_a_date_stays_a_date(house) {
        let case = house.case("L1", TODAY).await;
        let start = morning(TODAY).ms;
        let due = start + 24 * HOUR;
        let rules = ["{\"days\":2}", "{\"workdays\":2}", "{\"hours\":30}", "{\"until\":\"2026-03-11\"}", "{\"overdue\":9}"];
        let mut runs = Vec::new();
        for rule in rules {
            runs.push((rule, house.run_of(case, rule, due, rule, 0).await));
        }
        place(&house, TODAY, &[hold(case, "complaint")]).await;
        let end = morning(date(2026, 3, 15));
        let resume_at = end.ms + 25 * HOUR;
        assert_eq!(lift_on(&house, date(2026, 3, 15), resume_at, &[lift(case, "complaint")]).await, 1);
        for (rule, run) in runs {
            assert_eq!(house.text(STATUS, run.0).await, "waiting", "{rule}");
            let span = if rule.contains("until") || rule.contains("overdue") {
                resume_at
            } else {
                (due + (end.ms - start)).max(resume_at)
            };
            assert_eq!(house.number(DUE, run.0).await, span, "{rule}");
        }
    }
}

promise! {
    async fn a_long_wait_is_not_cut_short(house) {
        let case = house.case("L1", TODAY).await;
        let start = morning(TODAY).ms;
        let run = house.run_of(case, "contact", start + 500 * HOUR, "{\"days\":20}", 0).await;
        place(&house, TODAY, &[hold(case, "hardship")]).await;
        let end = morning(date(2026, 3, 12));
        lift_on(&house, date(2026, 3, 12), end.ms + HOUR, &[lift(case, "hardship")]).await;
        assert_eq!(house.number(DUE, run.0).await, start + 548 * HOUR);
    }
}

promise! {
    async fn a_parked_run_keeps_its_timer_and_its_hold(house) {
        let case = house.case("L1", TODAY).await;
        let start = morning(TODAY).ms;
        let due = start + 480 * HOUR;
        let run = house.run_of(case, "contact", due, "{\"days\":20}", 0).await;
        let park = "update instances set status = 'parked' where id = $1";
        for held in [false, true] {
            let mut tx = house.write().await;
            sqlx::query(park).bind(run.0).execute(tx.conn()).await.expect("parked");
            tx.commit().await.expect("committed");
            if held {
                place(&house, TODAY, &[hold(case, "complaint")]).await;
                assert_eq!(house.text(STATUS, run.0).await, "parked");
            }
            let mut tx = house.write().await;
            commit::unpark(tx.conn(), &morning(TODAY), case).await.expect("unparked");
            tx.commit().await.expect("committed");
            let expected = if held { "frozen" } else { "waiting" };
            assert_eq!(house.text(STATUS, run.0).await, expected);
            assert_eq!(house.number(DUE, run.0).await, due, "held: {held}");
        }
        let end = date(2026, 3, 12);
        lift_on(&house, end, 1, &[lift(case, "complaint")]).await;
        assert_eq!(house.number(DUE, run.0).await, due + 48 * HOUR);
    }
}

promise! {
    async fn lanes_that_keep_clocks_go_on(house) {
        let case = house.case("L1", TODAY).await;
        let contact = house.run_of(case, "contact", 5, "{\"days\":2}", 0).await;
        let clock = house.run_of(case, "limitation", 5, "{\"days\":2}", 1).await;
        place(&house, TODAY, &[hold(case, "dispute")]).await;
        assert_eq!(house.text(STATUS, contact.0).await, "frozen");
        assert_eq!(house.text(STATUS, clock.0).await, "waiting");
        assert_eq!(house.number(DUE, clock.0).await, 5);
    }
}

promise! {
    async fn only_the_last_hold_that_forbids_demands_sets_free(house) {
        let case = house.case("L1", TODAY).await;
        let run = house.run_of(case, "contact", 5, "{\"days\":2}", 0).await;
        place(&house, TODAY, &[hold(case, "vulnerable")]).await;
        assert_eq!(house.text(STATUS, run.0).await, "waiting", "a second look is no stop");
        place(&house, TODAY, &[hold(case, "complaint"), hold(case, "lawyer")]).await;
        assert_eq!(house.text(STATUS, run.0).await, "frozen");
        let holds = "select holds from cases where id = $1";
        assert_eq!(house.text(holds, case.0).await, "complaint,lawyer,vulnerable");
        lift_on(&house, TODAY, 1, &[lift(case, "complaint")]).await;
        assert_eq!(house.text(STATUS, run.0).await, "frozen");
        lift_on(&house, TODAY, 1, &[lift(case, "lawyer")]).await;
        assert_eq!(house.text(STATUS, run.0).await, "waiting");
    }
}

promise! {
    async fn a_hold_is_placed_once_and_lifted_once(house) {
        let case = house.case("L1", TODAY).await;
        let twice = [hold(case, "hardship"), hold(case, "hardship")];
        assert_eq!(place(&house, TODAY, &twice).await, 1);
        assert_eq!(place(&house, TODAY, &twice).await, 0);
        assert_eq!(lift_on(&house, TODAY, 0, &[lift(case, "hardship"), lift(case, "hardship")]).await, 1);
        assert_eq!(lift_on(&house, TODAY, 0, &[lift(case, "hardship")]).await, 0);
        assert_eq!(house.events(case).await, ["hold_placed", "hold_lifted"]);
        assert_eq!(place(&house, TODAY, &twice).await, 1);
    }
}

promise! {
    async fn a_workflow_opened_under_a_hold_starts_frozen(house) {
        let held = house.case("L1", TODAY).await;
        let free = house.case("L2", TODAY).await;
        place(&house, TODAY, &[hold(held, "deceased")]).await;
        let contact = house.run_of(held, "contact", 5, "{\"days\":2}", 0).await;
        let clock = house.run_of(held, "limitation", 5, "{\"days\":2}", 1).await;
        let other = house.run_of(free, "contact", 5, "{\"days\":2}", 0).await;
        let mut tx = house.write().await;
        let all = [contact.0, clock.0, other.0];
        let n = holds::freeze_if_held(tx.conn(), &morning(TODAY), &all).await.expect("asked");
        assert_eq!(n, 1);
        tx.commit().await.expect("committed");
        assert_eq!(house.text(STATUS, contact.0).await, "frozen");
        assert_eq!(house.text(STATUS, clock.0).await, "waiting");
        assert_eq!(house.text(STATUS, other.0).await, "waiting");
    }
}
