//! Money (账目): booked once, and everything that follows from it in one go.

use domain::arrears::{AgeingBucket, Schedule, Withdrawn, days_past_due};
use domain::ids::{CaseId, EntryId};
use domain::ledger::{Entry, EntryKind, Totals};
use domain::limitation::{Evidence, InterruptionKind};
use domain::money::Fen;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use store::ledger::{self, Booked, ConflictKind, NewEntry};
use store::limitation::{self, NewInterruption};
use store::reports;

use crate::harness::{Kind, TestStore, morning, run};

const TODAY: Date = date(2026, 3, 10);

/// A case of two instalments of 100 yuan, the first 9 days past due.
async fn two_instalments(db: &TestStore) -> CaseId {
    let case = db.case("L1", date(2026, 1, 1)).await;
    let entries = [
        db.entry(case, EntryKind::Open, 20_000, date(2025, 12, 1)),
        db.entry(case, EntryKind::Due, 10_000, date(2026, 3, 1)),
        db.entry(case, EntryKind::Due, 10_000, date(2026, 4, 1)),
    ];
    db.post(TODAY, &entries).await;
    case
}

fn reversal(db: &TestStore, payment: EntryId, case: CaseId, fen: i64) -> NewEntry {
    NewEntry {
        reverses: Some(payment),
        ..db.entry(case, EntryKind::Reversal, fen, TODAY)
    }
}

promise! {
    async fn the_same_key_is_booked_once_and_other_content_is_named(db) {
        let case = two_instalments(&db).await;
        let payment = db.entry(case, EntryKind::Payment, 4_000, TODAY);
        let other = NewEntry { amount: Fen(4_001), ..payment.clone() };
        let batch = [payment.clone(), payment.clone(), other.clone()];
        let posted = db.post(TODAY, &batch).await;
        assert_eq!((posted.booked, posted.duplicates), (1, 1));
        assert_eq!(posted.conflicts.len(), 1);
        assert_eq!(posted.conflicts[0].index, 2);
        let posted = db.post(TODAY, &[other, payment]).await;
        assert_eq!((posted.booked, posted.duplicates), (0, 1));
        assert_eq!(posted.conflicts[0].why, ConflictKind::OtherContent);
        assert_eq!(db.number("select paid_fen from cases where id = $1", case.0).await, 4_000);
    }
}

promise! {
    async fn a_payment_that_cures_says_so_and_begins_a_new_episode(db) {
        let case = two_instalments(&db).await;
        db.post(TODAY, &[db.entry(case, EntryKind::Payment, 9_999, TODAY)]).await;
        assert_eq!(db.events(case).await, ["payment"]);
        db.post(TODAY, &[db.entry(case, EntryKind::Payment, 1, TODAY)]).await;
        assert_eq!(db.events(case).await, ["payment", "payment", "cured"]);
        assert_eq!(db.number("select episode from cases where id = $1", case.0).await, 1);
        db.post(TODAY, &[db.entry(case, EntryKind::Payment, 10_000, TODAY)]).await;
        let events = db.events(case).await;
        assert_eq!(events[3..], ["payment", "paid_off"]);
        assert_eq!(db.number("select episode from cases where id = $1", case.0).await, 1);
    }
}

promise! {
    async fn one_payment_can_cure_and_pay_off(db) {
        let case = two_instalments(&db).await;
        db.post(TODAY, &[db.entry(case, EntryKind::Payment, 20_000, TODAY)]).await;
        assert_eq!(db.events(case).await, ["payment", "cured", "paid_off"]);
    }
}

promise! {
    async fn a_payment_tells_how_late_the_case_was_just_before_it(db) {
        let case = two_instalments(&db).await;
        let on = |day, fen| db.entry(case, EntryKind::Payment, fen, date(2026, 3, day));
        db.post(TODAY, &[on(5, 4_000), on(8, 6_000), on(10, 1_000)]).await;
        let mut reader = db.store.read().await.expect("a reader");
        let events = store::events::of_case(reader.conn(), case).await.expect("events");
        let days: Vec<i64> = events
            .iter()
            .filter(|event| event.kind == "payment")
            .filter_map(|event| event.payload["days_past_due"].as_i64())
            .collect();
        assert_eq!(days, [4, 7, 0]);
        let first = &events[0].payload;
        assert_eq!(first["amount"], 4_000);
        assert_eq!(first["on"], "2026-03-05");
        assert_eq!(first["confirmed"], true);
        assert!(first["entry"].as_str().is_some_and(|text| text.parse::<i64>().is_ok()));
    }
}

promise! {
    async fn a_waiver_cures_and_is_not_money_collected(db) {
        let case = two_instalments(&db).await;
        db.post(TODAY, &[db.entry(case, EntryKind::Waiver, 10_000, TODAY)]).await;
        assert_eq!(db.events(case).await, ["cured"]);
        assert_eq!(db.number("select paid_fen from cases where id = $1", case.0).await, 0);
        assert_eq!(db.number("select balance_fen from cases where id = $1", case.0).await, 10_000);
    }
}

promise! {
    async fn a_payment_is_taken_back_once_and_by_its_own_amount(db) {
        let case = two_instalments(&db).await;
        db.post(TODAY, &[db.entry(case, EntryKind::Payment, 10_000, TODAY)]).await;
        let payment = db.last_payment(case).await;
        let batch = [
            reversal(&db, payment, case, 9_000),
            reversal(&db, payment, case, 10_000),
            reversal(&db, payment, case, 10_000),
            reversal(&db, EntryId(987_654), case, 10_000),
            db.entry(case, EntryKind::Reversal, 10_000, TODAY),
        ];
        let posted = db.post(TODAY, &batch).await;
        assert_eq!(posted.booked, 1);
        let why: Vec<_> = posted.conflicts.iter().map(|conflict| (conflict.index, conflict.why)).collect();
        let expected = [
            (0, ConflictKind::OtherAmount),
            (2, ConflictKind::ReversedBefore),
            (3, ConflictKind::NoSuchEntry),
            (4, ConflictKind::NoSuchEntry),
        ];
        assert_eq!(why, expected);
        assert_eq!(db.events(case).await, ["payment", "cured", "reversed"]);
        let oldest = "select oldest_unpaid_on from cases where id = $1";
        assert_eq!(db.text(oldest, case.0).await, "2026-03-01");
        let last = "select last_payment_on from cases where id = $1";
        assert_eq!(db.text(last, case.0).await, "");
        let mut reader = db.store.read().await.expect("a reader");
        let events = store::events::of_case(reader.conn(), case).await.expect("events");
        assert_eq!(events[2].payload["entry"], payment.0.to_string());
    }
}

promise! {
    async fn a_due_item_booked_on_a_wrong_day_is_taken_back_and_dated_anew(db) {
        let case = two_instalments(&db).await;
        let oldest = "select oldest_unpaid_on from cases where id = $1";
        let first = "select min(id) from ledger where case_id = $1 and kind = 'due'";
        let wrong = EntryId(db.number(first, case.0).await);
        let right = db.entry(case, EntryKind::Due, 10_000, date(2026, 3, 20));
        db.post(TODAY, &[reversal(&db, wrong, case, 10_000), right]).await;
        assert_eq!(db.text(oldest, case.0).await, "2026-03-20");
        assert_eq!(db.number("select due_fen from cases where id = $1", case.0).await, 20_000);
        assert_eq!(db.events(case).await, ["cured"]);
        let mut reader = db.store.read().await.expect("a reader");
        let facts = store::facts::load(reader.conn(), TODAY, &[case.0]).await.expect("facts");
        assert_eq!((facts[&case].overdue, facts[&case].days_past_due), (Fen(0), 0));
        let verdict = store::verify::verify(reader.conn()).await.expect("verified");
        assert_eq!(verdict.faults, []);
    }
}

promise! {
    async fn ageing_of_a_past_day_counts_what_was_taken_back_later(db) {
        let case = two_instalments(&db).await;
        let first = "select min(id) from ledger where case_id = $1 and kind = 'due'";
        let wrong = EntryId(db.number(first, case.0).await);
        db.post(TODAY, &[reversal(&db, wrong, case, 10_000)]).await;
        for (day, overdue) in [(date(2026, 3, 9), 10_000), (TODAY, 0)] {
            let ageing = reports::ageing(&db.store, day).await.expect("the report");
            let sum: Fen = ageing.iter().map(|it| it.overdue).sum();
            assert_eq!(sum, Fen(overdue), "at the end of {day}");
        }
        let worst = reports::max_dpd(&db.store, date(2026, 3, 31)).await.expect("the report");
        assert_eq!(worst, [("L1".to_owned(), 9)]);
    }
}

promise! {
    async fn a_waiver_taken_back_brings_the_debt_back_and_is_no_money(db) {
        let case = two_instalments(&db).await;
        db.post(TODAY, &[db.entry(case, EntryKind::Waiver, 10_000, TODAY)]).await;
        let last = "select max(id) from ledger where case_id = $1 and kind = 'waiver'";
        let waiver = EntryId(db.number(last, case.0).await);
        db.post(TODAY, &[reversal(&db, waiver, case, 10_000)]).await;
        let oldest = "select oldest_unpaid_on from cases where id = $1";
        assert_eq!(db.text(oldest, case.0).await, "2026-03-01");
        assert_eq!(db.events(case).await, ["cured"], "no payment was taken back");
        let recovered =
            reports::recovery(&db.store, TODAY, TODAY).await.expect("the report");
        assert!(recovered.iter().all(|it| it.n_payments == 0), "{recovered:?}");
    }
}

promise! {
    async fn a_payment_taken_back_leaves_the_age_that_it_was_collected_under(db) {
        let case = two_instalments(&db).await;
        // Late by 9 days when it was paid, by 45 when it bounced.
        let (paid_on, bounced_on) = (date(2026, 3, 10), date(2026, 4, 15));
        let payment = db.entry(case, EntryKind::Payment, 4_000, paid_on);
        db.post(paid_on, &[payment]).await;
        let payment = db.last_payment(case).await;
        let bounced = NewEntry {
            booked_on: bounced_on,
            ..reversal(&db, payment, case, 4_000)
        };
        db.post(bounced_on, &[bounced]).await;
        let table = [
            // What was taken back within the period is no payment of it.
            (paid_on, bounced_on, 0, 0),
            (paid_on, date(2026, 3, 31), 1, 4_000),
            (bounced_on, bounced_on, 0, -4_000),
        ];
        for (from, to, n_payments, collected) in table {
            let report = reports::recovery(&db.store, from, to).await.expect("a report");
            for line in report {
                let expected = match line.bucket {
                    Some(AgeingBucket::To30) => (n_payments, Fen(collected)),
                    _ => (0, Fen(0)),
                };
                let found = (line.n_payments, line.collected);
                assert_eq!(found, expected, "{from} {to} {:?}", line.bucket);
            }
        }
    }
}

promise! {
    async fn a_part_payment_restarts_the_limitation_period_until_it_is_taken_back(db) {
        let case = two_instalments(&db).await;
        let ends = "select limitation_ends_on from cases where id = $1";
        assert_eq!(db.text(ends, case.0).await, "2029-04-01");
        let paid_on = date(2026, 9, 30);
        db.post(paid_on, &[db.entry(case, EntryKind::Payment, 100, paid_on)]).await;
        assert_eq!(db.text(ends, case.0).await, "2029-09-30");
        let payment = db.last_payment(case).await;
        db.post(paid_on, &[reversal(&db, payment, case, 100)]).await;
        assert_eq!(db.text(ends, case.0).await, "2029-04-01");
    }
}

promise! {
    async fn the_limitation_period_is_the_same_whether_money_comes_at_once_or_by_and_by(db) {
        let ends = "select limitation_ends_on from cases where id = $1";
        let days = [date(2026, 1, 31), date(2026, 3, 10), date(2026, 5, 20)];
        let money = |case| {
            [
                db.entry(case, EntryKind::Due, 10_000, days[0]),
                db.entry(case, EntryKind::Payment, 100, days[1]),
                NewEntry {
                    confirmed: false,
                    ..db.entry(case, EntryKind::Payment, 100, days[2])
                },
            ]
        };
        let (once, turns) = (db.case("L1", TODAY).await, db.case("L2", TODAY).await);
        db.post(TODAY, &money(once)).await;
        for entry in money(turns) {
            db.post(TODAY, &[entry]).await;
        }
        for case in [once, turns] {
            assert_eq!(db.text(ends, case.0).await, "2029-03-10");
        }
    }
}

promise! {
    async fn what_was_acknowledged_before_the_first_money_still_counts(db) {
        let case = db.case("L1", TODAY).await;
        let signed = NewInterruption {
            case_id: case,
            on: date(2026, 6, 1),
            kind: InterruptionKind::DebtorAgreed,
            evidence: Evidence::SignedPaper,
            source: "test".to_owned(),
            dedupe_key: db.key(),
        };
        let mut tx = db.write().await;
        limitation::interrupt(tx.conn(), &[signed]).await.expect("written");
        tx.commit().await.expect("committed");
        let money = [
            db.entry(case, EntryKind::Due, 10_000, date(2026, 1, 31)),
            db.entry(case, EntryKind::Payment, 100, date(2026, 3, 10)),
        ];
        db.post(TODAY, &money).await;
        let ends = "select limitation_ends_on from cases where id = $1";
        assert_eq!(db.text(ends, case.0).await, "2029-06-01");
    }
}

promise! {
    async fn waits_for_days_past_due_are_named_when_their_anchor_moves(db) {
        let case = two_instalments(&db).await;
        let waits = db.run_of(case, "contact", 1, "{\"overdue\":60}", 0).await;
        db.run_of(case, "legal", 1, "{\"days\":3}", 0).await;
        let part = db.entry(case, EntryKind::Payment, 100, TODAY);
        assert!(db.post(TODAY, &[part]).await.rescheduled.is_empty());
        let posted =
            db.post(TODAY, &[db.entry(case, EntryKind::Payment, 9_900, TODAY)]).await;
        assert_eq!(posted.rescheduled.len(), 1);
        assert_eq!(posted.rescheduled[0].instance_id, waits);
        assert_eq!(posted.rescheduled[0].oldest_unpaid_on, Some(date(2026, 4, 1)));
        assert_eq!(posted.rescheduled[0].since, "2026-01-01T08:00");
        let mut tx = db.write().await;
        assert_eq!(ledger::set_due(tx.conn(), &[(waits, 777)]).await.expect("set"), 1);
        tx.commit().await.expect("committed");
        assert_eq!(db.number("select due_at from instances where id = $1", waits.0).await, 777);
    }
}

promise! {
    async fn an_old_payment_reported_late_cures_a_case_that_is_being_worked(db) {
        let case = db.case("L1", TODAY).await;
        let due = db.entry(case, EntryKind::Due, 10_000, date(2026, 3, 1));
        db.post(TODAY, &[due]).await;
        db.run_of(case, "contact", 1, "{\"days\":3}", 0).await;
        let late = db.entry(case, EntryKind::Payment, 10_000, date(2026, 3, 5));
        db.post(TODAY, &[late]).await;
        assert_eq!(db.events(case).await, ["cured"]);
        assert_eq!(db.number("select count(*) from inbox where case_id = $1", case.0).await, 1);
    }
}

/// What the database keeps must be what the domain computes.
#[test]
fn the_stored_totals_are_those_of_the_domain() {
    let line = (0_usize..7, 1_i64..5_000, 0_i64..60);
    let ledgers = proptest::collection::vec(line, 1..25);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
    let outcome = runner.run(&(ledgers, 1_usize..6), |(lines, batch)| {
        run(check_against_domain(lines, batch));
        Ok(())
    });
    outcome.expect("the store agrees with the domain");
}

async fn check_against_domain(lines: Vec<(usize, i64, i64)>, batch: usize) {
    let db = TestStore::open(Kind::Sqlite).await;
    let case = db.case("L1", date(2026, 1, 1)).await;
    let mut standing: Vec<Booked> = Vec::new();
    for chunk in lines.chunks(batch) {
        let mut entries = Vec::new();
        for (kind, fen, day) in chunk {
            let on = date(2026, 1, 1) + day.days();
            let kind = EntryKind::ALL[*kind];
            let entry = match (kind, standing.pop()) {
                (EntryKind::Reversal, None) => continue,
                (EntryKind::Reversal, Some(line)) => NewEntry {
                    reverses: Some(line.id),
                    ..db.entry(case, kind, line.amount.0, on)
                },
                (_, popped) => {
                    standing.extend(popped);
                    db.entry(case, kind, *fen, on)
                }
            };
            entries.push(entry);
        }
        let posted = db.post(TODAY, &entries).await;
        assert_eq!(posted.booked, entries.len(), "{:?}", posted.conflicts);
        standing = standing_lines(&db, case).await;
    }
    let mut reader = db.store.read().await.expect("a reader");
    let all = ledger::of_case(reader.conn(), case).await.expect("the ledger");
    drop(reader);
    let (booked, withdrawn) = as_the_domain_sees(&all);
    let lines = booked.iter().filter(|it| it.kind != EntryKind::Reversal);
    let mut totals = Totals::of_ledger(lines);
    for (reversal, line) in taken_back(&all) {
        totals.take_back(line.kind, reversal.amount);
    }
    let schedule = Schedule::of_ledger(&booked).without(withdrawn);
    let mut reader = db.store.read().await.expect("a reader");
    let facts = store::facts::load(reader.conn(), TODAY, &[case.0]).await.expect("facts");
    let facts = &facts[&case];
    assert_eq!(facts.balance, totals.balance());
    assert_eq!(facts.paid, totals.paid);
    assert_eq!(facts.oldest_unpaid_on, schedule.oldest_unpaid_on());
    let late = schedule.oldest_unpaid_on().map_or(0, |due| days_past_due(due, TODAY));
    assert_eq!(facts.days_past_due, late);
    let due: Fen = standing
        .iter()
        .filter(|it| it.kind == EntryKind::Due && it.booked_on < TODAY)
        .map(|it| it.amount)
        .sum();
    let covered: Fen = booked.iter().filter_map(Entry::covers).sum();
    assert_eq!(facts.overdue, (due - covered.max(Fen(0))).max(Fen(0)));
    let now = morning(TODAY);
    assert_eq!(now.today(), TODAY);
}

/// Each reversal with the line that it takes back.
fn taken_back(all: &[Booked]) -> impl Iterator<Item = (&Booked, &Booked)> {
    all.iter().filter_map(|it| {
        let line = all.iter().find(|line| Some(line.id) == it.reverses)?;
        Some((it, line))
    })
}

async fn standing_lines(db: &TestStore, case: CaseId) -> Vec<Booked> {
    let mut reader = db.store.read().await.expect("a reader");
    let all = ledger::of_case(reader.conn(), case).await.expect("the ledger");
    let gone: Vec<EntryId> = all.iter().filter_map(|it| it.reverses).collect();
    let stands = |it: &&Booked| it.kind != EntryKind::Reversal && !gone.contains(&it.id);
    all.iter().filter(stands).cloned().collect()
}

/// The lines of a ledger without reversals of other lines than payments and
/// waivers, and the dues that were taken back.
fn as_the_domain_sees(all: &[Booked]) -> (Vec<Entry>, Vec<Withdrawn>) {
    let mut withdrawn = Vec::new();
    let mut passed_over = Vec::new();
    for (reversal, line) in taken_back(all) {
        if line.kind == EntryKind::Due {
            withdrawn.push(Withdrawn {
                due_on: line.booked_on,
                amount: line.amount,
                taken_back_on: reversal.booked_on,
            });
        }
        if !matches!(line.kind, EntryKind::Payment | EntryKind::Waiver) {
            passed_over.push(reversal.id);
        }
    }
    let entries = all.iter().filter(|it| !passed_over.contains(&it.id)).map(|it| Entry {
        kind: it.kind,
        booked_on: it.booked_on,
        amount: it.amount,
    });
    (entries.collect(), withdrawn)
}
