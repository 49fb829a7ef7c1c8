//! Events (事件): taken once, told to every open workflow, and they change facts.

use jiff::civil::{Date, date};
use serde_json::json;
use store::events::{self, NewEvent};

use crate::harness::{HOUR, TestStore, morning};

const TODAY: Date = date(2026, 3, 10);

promise! {
    async fn every_open_workflow_gets_its_own_row_and_a_closed_one_none(db) {
        let case = db.case("L1", TODAY).await;
        db.run_of(case, "contact", 1, "{\"days\":3}", 0).await;
        db.run_of(case, "limitation", 1, "{\"days\":3}", 1).await;
        let closed = db.run_of(case, "legal", 1, "{\"days\":3}", 0).await;
        let mut tx = db.write().await;
        sqlx::query("update instances set status = 'finished' where id = $1")
            .bind(closed.0)
            .execute(tx.conn())
            .await
            .expect("closed");
        tx.commit().await.expect("committed");
        db.record(&morning(TODAY), case, "note", json!({ "note": "来电" })).await;
        let rows = "select count(*) from inbox where case_id = $1 and kind = 'note'";
        assert_eq!(db.number(rows, case.0).await, 2);
    }
}

promise! {
    async fn the_same_key_is_taken_once(db) {
        let case = db.case("L1", TODAY).await;
        let event = NewEvent {
            case_id: case,
            kind: "complaint".to_owned(),
            payload: serde_json::Map::new(),
            source: "hotline".to_owned(),
            dedupe_key: "1".to_owned(),
            happened_on: TODAY,
        };
        let now = morning(TODAY);
        let both = [event.clone(), event.clone()];
        let mut tx = db.write().await;
        let taken = events::record_all(tx.conn(), &now, now.ms, &both).await.expect("taken");
        assert_eq!(taken.len(), 1);
        let again = events::record(tx.conn(), &now, now.ms, event).await.expect("asked");
        assert_eq!(again, None);
        tx.commit().await.expect("committed");
        assert_eq!(db.events(case).await, ["complaint", "hold_placed"]);
    }
}

promise! {
    async fn a_dismissal_closes_the_case_and_a_note_changes_nothing_else(db) {
        let case = db.case("L1", TODAY).await;
        db.record(&morning(TODAY), case, "note", json!({})).await;
        assert_eq!(db.text("select status from cases where id = $1", case.0).await, "open");
        db.record(&morning(TODAY), case, "dismissed", json!({})).await;
        let status = "select status from cases where id = $1";
        assert_eq!(db.text(status, case.0).await, "dismissed");
        assert_eq!(db.number("select facts_rev from cases where id = $1", case.0).await, 2);
        db.record(&morning(TODAY), case, "dismissal_withdrawn", json!({})).await;
        assert_eq!(db.text(status, case.0).await, "open");
    }
}

promise! {
    async fn a_death_is_written_down_and_holds_the_case(db) {
        let case = db.case("L1", TODAY).await;
        let run = db.run_of(case, "contact", 1, "{\"days\":3}", 0).await;
        db.record(&morning(TODAY), case, "deceased", json!({ "on": "2026-02-28" })).await;
        let borrower = db.borrower(case).await;
        let died = "select deceased_on from parties where id = $1";
        assert_eq!(db.text(died, borrower.0).await, "2026-02-28");
        assert_eq!(db.text("select holds from cases where id = $1", case.0).await, "deceased");
        let status = "select status from instances where id = $1";
        assert_eq!(db.text(status, run.0).await, "frozen");
        // Told twice it holds once.
        db.record(&morning(TODAY), case, "deceased", json!({})).await;
        assert_eq!(db.number("select count(*) from holds where case_id = $1", case.0).await, 1);
        assert_eq!(db.text(died, borrower.0).await, "2026-02-28");
    }
}

promise! {
    async fn failed_attempts_count_up_and_go_back_when_somebody_is_reached(db) {
        let case = db.case("L1", TODAY).await;
        let now = morning(TODAY);
        let counts = [
            ("no_answer", 1),
            ("busy", 2),
            ("refused_party", 2),
            ("conversation", 0),
            ("voicemail", 1),
        ];
        for (outcome, failed) in counts {
            db.record(&now, case, "call_result", json!({ "outcome": outcome })).await;
            let of_case = "select failed_contacts from cases where id = $1";
            assert_eq!(db.number(of_case, case.0).await, failed, "after {outcome}");
            let of_person = "select failed_attempts from case_parties where case_id = $1";
            assert_eq!(db.number(of_person, case.0).await, failed, "after {outcome}");
        }
        // What nobody announced still counts for the frequency rules.
        let attempts = "select count(*) from contacts where case_id = $1 and channel = 'phone'";
        assert_eq!(db.number(attempts, case.0).await, 4);
        assert_eq!(db.number("select contacts from cases where id = $1", case.0).await, 4);
    }
}

promise! {
    async fn a_visit_counts_when_somebody_went(db) {
        let case = db.case("L1", TODAY).await;
        for outcome in ["met", "absent", "postponed"] {
            let payload = json!({
                "outcome": outcome, "cause": "short_of_cash", "debtor_type": "promiser",
            });
            db.record(&morning(TODAY), case, "visit_result", payload).await;
        }
        assert_eq!(db.number("select visits from cases where id = $1", case.0).await, 2);
        let reason = "select cause from cases where id = $1";
        assert_eq!(db.text(reason, case.0).await, "short_of_cash");
        let kind = "select debtor_type from cases where id = $1";
        assert_eq!(db.text(kind, case.0).await, "promiser");
    }
}

promise! {
    async fn two_complaints_have_to_be_settled_both(db) {
        let case = db.case("L1", TODAY).await;
        let now = morning(TODAY);
        let holds = "select holds from cases where id = $1";
        for kind in ["complaint", "complaint", "dispute"] {
            db.record(&now, case, kind, json!({})).await;
        }
        assert_eq!(db.text(holds, case.0).await, "complaint,dispute");
        let steps = [
            ("complaint_resolved", "complaint,dispute"),
            ("complaint_resolved", "dispute"),
            ("complaint_resolved", "dispute"),
            ("dispute_resolved", ""),
        ];
        for (kind, left) in steps {
            db.record(&now, case, kind, json!({})).await;
            assert_eq!(db.text(holds, case.0).await, left, "after {kind}");
        }
    }
}

promise! {
    async fn thousands_of_events_are_taken_in_one_go(db) {
        let case = db.case("L1", TODAY).await;
        db.run_of(case, "contact", HOUR, "{\"days\":3}", 0).await;
        let list: Vec<NewEvent> = (0..3_000)
            .map(|n| NewEvent {
                case_id: case,
                kind: "note".to_owned(),
                payload: serde_json::Map::new(),
                source: "import".to_owned(),
                dedupe_key: n.to_string(),
                happened_on: TODAY,
            })
            .collect();
        let now = morning(TODAY);
        let mut tx = db.write().await;
        let taken = events::record_all(tx.conn(), &now, now.ms, &list).await.expect("taken");
        assert_eq!(taken.len(), 3_000);
        tx.commit().await.expect("committed");
        assert_eq!(db.number("select count(*) from inbox where case_id = $1", case.0).await, 3_000);
        let top = "select max(id) + $1 from inbox";
        let next = "select cast(value as bigint) + $1 from meta where key = 'next_id'";
        assert!(db.number(top, 0).await < db.number(next, 0).await);
    }
}

#[test]
fn a_house_is_quiet() {
    // Nothing in a house runs by itself.
    crate::harness::run(async {
        let db = TestStore::open(crate::harness::Kind::Sqlite).await;
        assert_eq!(db.number("select count(*) + $1 from events", 0).await, 0);
    });
}
