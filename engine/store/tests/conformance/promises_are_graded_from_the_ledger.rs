//! Promises (承诺还款): graded from real payments on the right morning.

use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::limitation::Evidence;
use domain::money::Fen;
use domain::promise::{Grade, Promise};
use jiff::civil::{Date, date};
use store::promises::{self, Graded, NewPromise};

use crate::harness::{TestStore, morning};

const MADE: Date = date(2026, 3, 10);

fn promise(case: CaseId, key: &str, evidence: Evidence) -> NewPromise {
    NewPromise {
        case_id: case,
        promise: Promise {
            amount: Fen(5_000),
            made_on: MADE,
            due_on: date(2026, 3, 20),
            tolerance_days: 3,
        },
        made_by: "王建国".to_owned(),
        evidence,
        source: "test".to_owned(),
        dedupe_key: key.to_owned(),
    }
}

async fn make(db: &TestStore, list: &[NewPromise]) -> usize {
    let mut tx = db.write().await;
    let n = promises::make(tx.conn(), &morning(MADE), list).await.expect("made");
    tx.commit().await.expect("committed");
    n
}

async fn grade_on(db: &TestStore, day: Date) -> Vec<Graded> {
    let mut tx = db.write().await;
    let due = promises::due_for_grading(tx.conn(), day).await.expect("asked");
    let graded = promises::grade(tx.conn(), &morning(day), &due).await.expect("graded");
    tx.commit().await.expect("committed");
    graded
}

promise! {
    async fn money_that_was_there_before_keeps_no_promise(db) {
        let case = db.case("L1", MADE).await;
        db.post(MADE, &[db.entry(case, EntryKind::Payment, 5_000, MADE)]).await;
        make(&db, &[promise(case, "a", Evidence::BareAssertion)]).await;
        assert_eq!(grade_on(&db, date(2026, 3, 20)).await, []);
        db.post(MADE, &[db.entry(case, EntryKind::Payment, 5_000, MADE)]).await;
        let graded = grade_on(&db, date(2026, 3, 20)).await;
        assert_eq!(graded[0].grade, Grade::Kept, "paid later on the same day");
    }
}

promise! {
    async fn the_same_promise_said_twice_is_one(db) {
        let case = db.case("L1", MADE).await;
        assert_eq!(make(&db, &[promise(case, "a", Evidence::BareAssertion)]).await, 1);
        assert_eq!(make(&db, &[promise(case, "b", Evidence::BareAssertion)]).await, 0);
    }
}

promise! {
    async fn each_grade_comes_on_its_morning(db) {
        // Paid on, paid fen, the morning of the grade, the grade, what is told.
        let table = [
            (Some(20), 5_000, 20, Grade::Kept, "promise_kept"),
            (Some(23), 5_000, 24, Grade::Late, "promise_late"),
            (Some(19), 4_999, 24, Grade::Partial, "promise_partial"),
            (Some(24), 5_000, 24, Grade::Broken, "promise_broken"),
            (None, 0, 24, Grade::Broken, "promise_broken"),
        ];
        for (n, (paid, fen, day, grade, event)) in table.into_iter().enumerate() {
            let case = db.case(&format!("L{n}"), MADE).await;
            make(&db, &[promise(case, &format!("{n}"), Evidence::BareAssertion)]).await;
            if let Some(paid) = paid {
                let on = date(2026, 3, paid);
                db.post(on, &[db.entry(case, EntryKind::Payment, fen, on)]).await;
            }
            let eve = grade_on(&db, date(2026, 3, day - 1)).await;
            assert_eq!(eve, [], "row {n}: too early on the {}th", day - 1);
            let graded = grade_on(&db, date(2026, 3, day)).await;
            assert_eq!(graded.len(), 1, "row {n}");
            assert_eq!((graded[0].case_id, graded[0].grade), (case, grade), "row {n}");
            assert!(db.events(case).await.contains(&event.to_owned()), "row {n}");
            let left = "select promise_due_on from cases where id = $1";
            assert_eq!(db.text(left, case.0).await, "", "row {n}");
            let (kept, broken) = (
                db.number("select kept_promises from cases where id = $1", case.0).await,
                db.number("select broken_promises from cases where id = $1", case.0).await,
            );
            let expected = match grade {
                Grade::Kept | Grade::Late => (1, 0),
                Grade::Broken => (0, 1),
                Grade::Open | Grade::Partial | Grade::Replaced => (0, 0),
            };
            assert_eq!((kept, broken), expected, "row {n}");
        }
    }
}

promise! {
    async fn a_promise_is_taken_once_and_graded_once(db) {
        let case = db.case("L1", MADE).await;
        let one = promise(case, "1", Evidence::BareAssertion);
        assert_eq!(make(&db, &[one.clone(), one.clone()]).await, 1);
        assert_eq!(make(&db, &[one]).await, 0);
        let due = "select promise_due_on from cases where id = $1";
        assert_eq!(db.text(due, case.0).await, "2026-03-20");
        assert_eq!(grade_on(&db, date(2026, 4, 1)).await.len(), 1);
        assert_eq!(grade_on(&db, date(2026, 4, 2)).await.len(), 0);
        assert_eq!(db.events(case).await, ["promise", "promise_broken"]);
    }
}

promise! {
    async fn only_a_proved_promise_moves_the_limitation_period(db) {
        let case = db.case("L1", MADE).await;
        let due = db.entry(case, EntryKind::Due, 9_000, date(2026, 1, 15));
        db.post(MADE, &[due]).await;
        let ends = "select limitation_ends_on from cases where id = $1";
        make(&db, &[promise(case, "said", Evidence::BareAssertion)]).await;
        assert_eq!(db.text(ends, case.0).await, "2029-01-15");
        make(&db, &[promise(case, "signed", Evidence::SignedPaper)]).await;
        assert_eq!(db.text(ends, case.0).await, "2029-03-10");
    }
}

promise! {
    async fn the_report_counts_every_grade(db) {
        let cases = [db.case("L1", MADE).await, db.case("L2", MADE).await];
        let pair = cases.map(|case| promise(case, &case.0.to_string(), Evidence::BareAssertion));
        make(&db, &pair).await;
        grade_on(&db, date(2026, 4, 1)).await;
        let mut reader = db.store.read().await.expect("a reader");
        let report = store::reports::promises(reader.conn(), MADE, MADE).await.expect("a report");
        assert_eq!(report.len(), Grade::ALL.len());
        let broken = report.iter().find(|it| it.grade == Grade::Broken).expect("a line");
        assert_eq!((broken.n_promises, broken.promised), (2, Fen(10_000)));
    }
}

promise! {
    async fn money_dated_in_time_that_comes_in_later_betters_the_grade(db) {
        // (day of the money, amount in fen, grade before, grade after, event)
        let table = [
            (20, 5_000, Grade::Broken, Grade::Kept, Some("promise_kept")),
            (23, 5_000, Grade::Broken, Grade::Late, Some("promise_late")),
            (20, 4_000, Grade::Broken, Grade::Partial, Some("promise_partial")),
            (24, 5_000, Grade::Broken, Grade::Broken, None),
        ];
        let known = date(2026, 3, 1);
        for (n, (day, fen, before, after, event)) in table.into_iter().enumerate() {
            let case = db.case(&format!("L{n}"), known).await;
            make(&db, &[promise(case, &n.to_string(), Evidence::BareAssertion)]).await;
            let graded = grade_on(&db, date(2026, 3, 24)).await;
            assert_eq!(graded[0].grade, before, "row {n}");
            let paid = db.entry(case, EntryKind::Payment, fen, date(2026, 3, day));
            db.post(date(2026, 3, 26), &[paid]).await;
            let grade = "select grade from promises where case_id = $1";
            assert_eq!(db.text(grade, case.0).await, after.as_str(), "row {n}");
            let heard = db.events(case).await;
            let told = event.is_none_or(|event| heard.iter().any(|kind| kind == event));
            assert!(told, "row {n}: {heard:?}");
            let broken = "select broken_promises || '' from cases where id = $1";
            let wanted = if after == Grade::Broken { "1" } else { "0" };
            assert_eq!(db.text(broken, case.0).await, wanted, "row {n}");
        }
    }
}

/// Days of the payments, day of the reversal of the first, grade before and after, kept
/// and broken promises after, event.
type TakenBack = (&'static [i8], i8, Grade, Grade, [i64; 2], Option<&'static str>);

promise! {
    async fn money_that_was_taken_back_has_kept_no_promise(db) {
        let table: [TakenBack; 5] = [
            (&[20], 26, Grade::Kept, Grade::Broken, [0, 1], Some("promise_broken")),
            (&[22], 26, Grade::Late, Grade::Broken, [0, 1], Some("promise_broken")),
            (&[20, 19], 26, Grade::Kept, Grade::Kept, [1, 0], None),
            (&[20, 22], 26, Grade::Kept, Grade::Late, [1, 0], Some("promise_late")),
            // Its day has not passed: it is open, and may yet be kept.
            (&[12], 15, Grade::Kept, Grade::Open, [0, 0], None),
        ];
        let known = date(2026, 3, 1);
        for (n, (paid, back, before, after, counts, event)) in table.into_iter().enumerate() {
            let case = db.case(&format!("L{n}"), known).await;
            make(&db, &[promise(case, &n.to_string(), Evidence::BareAssertion)]).await;
            let mut first = None;
            for day in paid {
                let on = date(2026, 3, *day);
                db.post(on, &[db.entry(case, EntryKind::Payment, 5_000, on)]).await;
                first = first.or(Some(db.last_payment(case).await));
            }
            let graded = grade_on(&db, date(2026, 3, back.min(24))).await;
            let early = graded.is_empty() && after == Grade::Open;
            if early {
                // Kept at once, before the morning of its day.
                let mut tx = db.write().await;
                let all = promises::of_case(tx.conn(), case).await.expect("read");
                promises::grade(tx.conn(), &morning(date(2026, 3, 13)), &all).await.expect("graded");
                tx.commit().await.expect("committed");
            }
            let grade = "select grade from promises where case_id = $1";
            assert_eq!(db.text(grade, case.0).await, before.as_str(), "row {n}");
            let heard = db.events(case).await.len();
            let mut taken = db.entry(case, EntryKind::Reversal, 5_000, date(2026, 3, back));
            taken.reverses = first;
            db.post(date(2026, 3, back), &[taken]).await;
            assert_eq!(db.text(grade, case.0).await, after.as_str(), "row {n}");
            let counters = "select kept_promises || ',' || broken_promises from cases where id = $1";
            let wanted = format!("{},{}", counts[0], counts[1]);
            assert_eq!(db.text(counters, case.0).await, wanted, "row {n}");
            let heard = db.events(case).await.split_off(heard);
            let told = event.is_none_or(|event| heard.iter().any(|kind| kind == event));
            assert!(told, "row {n}: {heard:?}");
        }
    }
}

promise! {
    async fn a_promise_replaces_the_open_one_unless_its_day_has_passed(db) {
        // (day on which the next promise is made, what becomes of the first)
        for (n, (made, becomes)) in
            [(12, Grade::Replaced), (20, Grade::Replaced), (21, Grade::Broken)].into_iter().enumerate()
        {
            let case = db.case(&format!("L{n}"), MADE).await;
            make(&db, &[promise(case, &format!("first {n}"), Evidence::BareAssertion)]).await;
            let made_on = date(2026, 3, made);
            let mut next = promise(case, &format!("next {n}"), Evidence::BareAssertion);
            next.promise = Promise { made_on, due_on: date(2026, 3, 30), ..next.promise };
            let mut tx = db.write().await;
            promises::make(tx.conn(), &morning(made_on), &[next]).await.expect("made");
            tx.commit().await.expect("committed");
            let open = "select count(*) from promises where case_id = $1 and grade = 'open'";
            assert_eq!(db.number(open, case.0).await, 1, "one open promise a case");
            grade_on(&db, date(2026, 3, 25)).await;
            let mut reader = db.store.read().await.expect("a reader");
            let all = promises::of_case(reader.conn(), case).await.expect("all of them");
            let grades: Vec<Grade> = all.iter().map(|one| one.grade).collect();
            assert_eq!(grades, [becomes, Grade::Open], "made on the {made}th");
        }
    }
}

promise! {
    async fn money_within_the_tolerance_betters_a_promise_that_another_has_overtaken(db) {
        let case = db.case("L1", MADE).await;
        make(&db, &[promise(case, "first", Evidence::BareAssertion)]).await;
        let made_on = date(2026, 3, 21);
        let mut next = promise(case, "next", Evidence::BareAssertion);
        next.promise = Promise { made_on, due_on: date(2026, 3, 30), ..next.promise };
        let mut tx = db.write().await;
        promises::make(tx.conn(), &morning(made_on), &[next]).await.expect("made");
        tx.commit().await.expect("committed");
        let grade = "select grade from promises where case_id = $1 and due_on = '2026-03-20'";
        assert_eq!(db.text(grade, case.0).await, "broken");
        let on = date(2026, 3, 22);
        db.post(on, &[db.entry(case, EntryKind::Payment, 5_000, on)]).await;
        assert_eq!(db.text(grade, case.0).await, "late");
    }
}

promise! {
    async fn broken_promises_count_within_the_arrears_in_which_they_were_made(db) {
        let case = db.case("L1", MADE).await;
        let due = |on| db.entry(case, EntryKind::Due, 5_000, on);
        db.post(MADE, &[due(date(2026, 3, 1)), due(date(2026, 5, 1))]).await;
        make(&db, &[promise(case, "1", Evidence::BareAssertion)]).await;
        grade_on(&db, date(2026, 3, 24)).await;
        let broken = "select broken_promises from cases where id = $1";
        assert_eq!(db.number(broken, case.0).await, 1);
        let on = date(2026, 4, 1);
        db.post(on, &[db.entry(case, EntryKind::Payment, 5_000, on)]).await;
        assert_eq!(db.number(broken, case.0).await, 0, "all of those arrears are paid");
        let mut reader = db.store.read().await.expect("a reader");
        let may = date(2026, 5, 20);
        let facts = store::facts::load(reader.conn(), may, &[case.0]).await.expect("facts");
        let seen = &facts[&case];
        assert_eq!((seen.promises, seen.broken_share, seen.broken_promises), (0, 0, 0));
        assert_eq!(seen.paid_lately, Fen(5_000));
    }
}
