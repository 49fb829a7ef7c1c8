//! Enrolment (纳入): who meets the declared conditions, once an overdue episode.

use std::collections::BTreeSet;

use domain::enrolment::{Condition, Enrolment, Test};
use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::party::{GuaranteeKind, Role};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use store::case_book::{self, CaseRow, GuaranteeRow, PersonRow};
use store::enrol::{self, NewInstance};

use crate::harness::{TestStore, in_remind, morning, person};

const TODAY: Date = date(2026, 3, 10);
const LANE: &str = "contact";

/// A case that owes so much since so many days; nothing is due at 0 fen.
async fn owing(db: &TestStore, number: &str, fen: i64, days: i64) -> CaseId {
    let case = db.case(number, date(2026, 1, 1)).await;
    let due_on = TODAY.saturating_sub(days.days());
    let mut entries = vec![db.entry(case, EntryKind::Open, 500_000, date(2026, 1, 1))];
    if 0 < fen {
        entries.push(db.entry(case, EntryKind::Due, fen, due_on));
    }
    db.post(TODAY, &entries).await;
    case
}

fn conditions(tests: &[(&str, Test)]) -> Enrolment {
    let condition = |(field, test): &(&str, Test)| Condition {
        field: (*field).to_owned(),
        test: test.clone(),
    };
    let conditions = tests.iter().map(condition).collect();
    Enrolment { conditions, ..Enrolment::default() }
}

/// Who is found by the search, which must be who is found among all cases.
async fn found(
    db: &TestStore,
    enrolment: &Enrolment,
    all: &[CaseId],
) -> BTreeSet<CaseId> {
    let mut tx = db.write().await;
    let searched = enrol::candidates(tx.conn(), TODAY, "remind", LANE, enrolment).await;
    let met = enrol::meeting(tx.conn(), TODAY, "remind", LANE, enrolment, all).await;
    let searched: BTreeSet<CaseId> = searched.expect("searched").into_iter().collect();
    let met: BTreeSet<CaseId> = met.expect("asked").into_iter().collect();
    assert_eq!(searched, met, "{enrolment:?}");
    let counted =
        enrol::count_candidates(tx.conn(), TODAY, "remind", LANE, enrolment, 100).await;
    assert_eq!(counted.expect("counted"), searched.len() as u64, "{enrolment:?}");
    tx.rollback().await.expect("given back");
    searched
}

promise! {
    async fn the_search_and_the_question_about_one_case_agree(db) {
        let cases = [
            owing(&db, "L1", 0, 0).await,
            owing(&db, "L2", 50_000, 1).await,
            owing(&db, "L3", 80_000, 30).await,
            owing(&db, "L4", 90_000, 31).await,
        ];
        let table: [(&str, Enrolment, &[usize]); 6] = [
            ("no condition", conditions(&[]), &[0, 1, 2, 3]),
            (
                "days, both ends included",
                conditions(&[("days_past_due", Test::Between(1, 30))]),
                &[1, 2],
            ),
            ("nothing overdue", conditions(&[("days_past_due", Test::AtMost(0))]), &[0]),
            ("an amount", conditions(&[("overdue", Test::AtLeast(80_000))]), &[2, 3]),
            (
                "two conditions",
                conditions(&[
                    ("overdue", Test::AtLeast(80_000)),
                    ("days_past_due", Test::AtMost(30)),
                ]),
                &[2],
            ),
            (
                "a field that cannot be searched for",
                conditions(&[("broken_hearts", Test::AtLeast(1))]),
                &[],
            ),
        ];
        for (what, enrolment, expected) in table {
            let expected: BTreeSet<CaseId> = expected.iter().map(|it| cases[*it]).collect();
            assert_eq!(found(&db, &enrolment, &cases).await, expected, "{what}");
        }
    }
}

promise! {
    async fn guarantors_are_counted_in_the_store(db) {
        let guarantors = |count| (0..count).map(|n| PersonRow {
            guarantee: Some(GuaranteeRow { kind: GuaranteeKind::Joint, period_months: None }),
            ..person(&format!("G-{n}"), Role::Guarantor)
        });
        let mut cases = Vec::new();
        for count in 0..3 {
            let case_no = format!("L{count}");
            let borrower = person(&format!("P-{count}"), Role::Borrower);
            let people = std::iter::once(borrower).chain(guarantors(count)).collect();
            let row = CaseRow { case_no: case_no.clone(), people, ..CaseRow::default() };
            let mut tx = db.write().await;
            let now = morning(date(2026, 1, 1));
            case_book::import_cases(tx.conn(), &now, &[row]).await.expect("imported");
            let case = case_book::find_case(tx.conn(), &case_no).await.expect("asked");
            tx.commit().await.expect("committed");
            cases.push(case.expect("the case is known"));
        }
        let table: [(Test, &[usize]); 6] = [
            (Test::AtLeast(1), &[1, 2]),
            (Test::AtLeast(2), &[2]),
            (Test::AtLeast(0), &[0, 1, 2]),
            (Test::AtMost(0), &[0]),
            (Test::AtMost(1), &[0, 1]),
            (Test::Between(1, 1), &[1]),
        ];
        for (test, expected) in table {
            let expected: BTreeSet<CaseId> = expected.iter().map(|it| cases[*it]).collect();
            let enrolment = conditions(&[("guarantors", test.clone())]);
            assert_eq!(found(&db, &enrolment, &cases).await, expected, "{test:?}");
        }
    }
}

promise! {
    async fn a_case_enters_once_an_episode_and_never_into_a_lane_that_is_taken(db) {
        let case = owing(&db, "L1", 50_000, 5).await;
        let overdue = conditions(&[("days_past_due", Test::AtLeast(1))]);
        assert_eq!(found(&db, &overdue, &[case]).await.len(), 1);
        db.open_runs(&morning(TODAY), &[case]).await;
        assert!(found(&db, &overdue, &[case]).await.is_empty(), "its lane is taken");

        let mut tx = db.write().await;
        let leave = sqlx::query("delete from lanes where case_id = $1").bind(case.0);
        leave.execute(tx.conn()).await.expect("left");
        tx.commit().await.expect("committed");
        assert!(found(&db, &overdue, &[case]).await.is_empty(), "this episode is over");

        let paid = db.entry(case, EntryKind::Payment, 50_000, TODAY);
        let next = db.entry(case, EntryKind::Due, 40_000, TODAY.saturating_sub(1.day()));
        db.post(TODAY, &[paid]).await;
        db.post(TODAY, &[next]).await;
        assert_eq!(found(&db, &overdue, &[case]).await.len(), 1, "a new episode");
    }
}

promise! {
    async fn two_that_want_one_lane_leave_one_in_it(db) {
        let case = owing(&db, "L1", 50_000, 5).await;
        let mut tx = db.write().await;
        let wanted = [in_remind(case), in_remind(case)];
        let opened = enrol::open_instances(tx.conn(), &morning(TODAY), 1, &wanted).await;
        assert_eq!(opened.expect("opened").len(), 1);
        tx.commit().await.expect("committed");
        let sql = "select count(*) from instances where case_id = $1";
        assert_eq!(db.number(sql, case.0).await, 1);
    }
}

/// A case with dues so many days from today, of 500 yuan each.
async fn due_in(db: &TestStore, number: &str, days: &[i64]) -> CaseId {
    let case = db.case(number, date(2026, 1, 1)).await;
    let mut entries = vec![db.entry(case, EntryKind::Open, 500_000, date(2026, 1, 1))];
    for days in days {
        let on = TODAY.saturating_add(days.days());
        entries.push(db.entry(case, EntryKind::Due, 50_000, on));
    }
    db.post(TODAY, &entries).await;
    case
}

promise! {
    async fn who_has_an_instalment_coming_is_found_by_its_date(db) {
        let cases = [
            due_in(&db, "L1", &[]).await,
            due_in(&db, "L2", &[0, 30]).await,
            due_in(&db, "L3", &[3]).await,
            due_in(&db, "L4", &[4]).await,
            due_in(&db, "L5", &[-10, 2]).await,
            due_in(&db, "L6", &[-10]).await,
            due_in(&db, "L7", &[-40, 1, 31]).await,
        ];
        // The last one has paid what was overdue and what comes next.
        let paid = db.entry(cases[6], EntryKind::Payment, 100_000, TODAY);
        db.post(TODAY, &[paid]).await;
        let on_time = ("days_past_due", Test::AtMost(0));
        let within = |low, high| ("days_until_due", Test::Between(low, high));
        let table: [(&str, Enrolment, &[usize]); 6] = [
            ("both ends included", conditions(&[within(0, 3)]), &[1, 2, 4]),
            ("who is on time", conditions(&[within(0, 3), on_time]), &[1, 2]),
            ("one day", conditions(&[within(4, 4)]), &[3]),
            ("at most", conditions(&[("days_until_due", Test::AtMost(4))]), &[1, 2, 3, 4]),
            ("at least", conditions(&[("days_until_due", Test::AtLeast(4))]), &[3, 6]),
            ("in the past", conditions(&[("days_until_due", Test::AtMost(-1))]), &[]),
        ];
        for (what, enrolment, expected) in table {
            let expected: BTreeSet<CaseId> = expected.iter().map(|it| cases[*it]).collect();
            assert_eq!(found(&db, &enrolment, &cases).await, expected, "{what}");
        }
    }
}

promise! {
    async fn what_looks_ahead_is_entered_once_for_each_due_date(db) {
        let case = due_in(&db, "L1", &[2, 9]).await;
        let soon = conditions(&[("days_until_due", Test::Between(0, 15))]);
        let overdue = conditions(&[("days_past_due", Test::AtMost(0))]);
        db.open_runs(&morning(TODAY), &[]).await;
        let enter = async || {
            assert_eq!(found(&db, &soon, &[case]).await.len(), 1);
            let mut tx = db.write().await;
            let new = NewInstance { by_due_date: true, ..in_remind(case) };
            let opened = enrol::open_instances(tx.conn(), &morning(TODAY), 0, &[new]).await;
            assert_eq!(opened.expect("opened").len(), 1);
            let leave = sqlx::query("delete from lanes where case_id = $1").bind(case.0);
            leave.execute(tx.conn()).await.expect("left");
            tx.commit().await.expect("committed");
        };
        enter().await;
        assert!(found(&db, &soon, &[case]).await.is_empty(), "for this date it was in");
        assert_eq!(found(&db, &overdue, &[case]).await.len(), 1, "no episode is used up");

        let part = db.entry(case, EntryKind::Payment, 20_000, TODAY);
        db.post(TODAY, &[part]).await;
        assert!(found(&db, &soon, &[case]).await.is_empty(), "it is the same date");
        let rest = db.entry(case, EntryKind::Payment, 30_000, TODAY);
        db.post(TODAY, &[rest]).await;
        enter().await;
        assert!(found(&db, &soon, &[case]).await.is_empty(), "nor twice for the next");
    }
}
