//! Facts (案件字段): many cases in one question, and the reports of one book.

use std::time::Instant;

use domain::arrears::AgeingBucket;
use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::party::{GuaranteeKind, Role};
use jiff::civil::{Date, date};
use serde_json::{Map, Value};
use store::case_book::{self, CaseRow, GuaranteeRow, ListedBalance, PersonRow};
use store::ledger::NewEntry;
use store::{facts, letter_facts, reports};

use crate::harness::{TestStore, morning, person};

const TODAY: Date = date(2026, 3, 10);

async fn case_with_people(db: &TestStore) -> CaseId {
    let guarantor = PersonRow {
        guarantee: Some(GuaranteeRow {
            kind: GuaranteeKind::Joint,
            period_months: Some(24),
        }),
        wechat: Some("wx-guarantor".to_owned()),
        ..person("G-1", Role::Guarantor)
    };
    let row = CaseRow {
        case_no: "L1".to_owned(),
        org: Some("李家信用社".to_owned()),
        principal: Some(Fen(100_000)),
        people: vec![
            guarantor,
            person("B-1", Role::Borrower),
            person("K-1", Role::UnrelatedThirdParty),
        ],
        ..CaseRow::default()
    };
    let mut tx = db.write().await;
    case_book::import_cases(tx.conn(), &morning(TODAY), &[row]).await.expect("imported");
    let case =
        case_book::find_case(tx.conn(), "L1").await.expect("asked").expect("known");
    tx.commit().await.expect("committed");
    let entries = [
        db.entry(case, EntryKind::Open, 100_000, date(2025, 12, 1)),
        db.entry(case, EntryKind::Due, 50_000, date(2026, 2, 1)),
        db.entry(case, EntryKind::Due, 50_000, date(2026, 4, 1)),
        db.entry(case, EntryKind::Payment, 20_000, date(2026, 2, 20)),
    ];
    db.post(TODAY, &entries).await;
    case
}

promise! {
    async fn a_case_is_seen_with_its_money_and_its_people(db) {
        let case = case_with_people(&db).await;
        let mut reader = db.store.read().await.expect("a reader");
        let all = facts::load(reader.conn(), TODAY, &[case.0, 987_654]).await.expect("facts");
        assert_eq!(all.len(), 1);
        let it = &all[&case];
        assert_eq!((it.balance, it.overdue, it.paid), (Fen(80_000), Fen(30_000), Fen(20_000)));
        assert_eq!((it.days_past_due, it.oldest_unpaid_on), (37, Some(date(2026, 2, 1))));
        assert_eq!(it.last_payment_on, Some(date(2026, 2, 20)));
        assert!(it.holds.is_empty());
        let debtor = it.debtor.as_ref().expect("a borrower");
        assert!(debtor.has_phone && debtor.has_address && !debtor.has_wechat);
        assert_eq!(it.others.len(), 2);
        let guarantor = it.guarantors()[0];
        assert_eq!(guarantor.guarantee, Some(GuaranteeKind::Joint));
        assert_eq!(guarantor.guarantee_ends_on, Some(date(2028, 4, 1)));
        assert!(guarantor.has_wechat);
    }
}

promise! {
    async fn a_recipient_comes_with_what_the_review_needs(db) {
        let case = case_with_people(&db).await;
        let mut reader = db.store.read().await.expect("a reader");
        let all = facts::load(reader.conn(), TODAY, &[case.0]).await.expect("facts");
        let key = (case, all[&case].guarantors()[0].id);
        let found = facts::reachable(reader.conn(), &[key]).await.expect("found");
        assert_eq!(found[&key].guarantee_ends_on, Some(date(2028, 4, 1)));
        assert_eq!(found[&key].recipient.role, Role::Guarantor);
        assert_eq!(found[&key].recipient.wechat.as_deref(), Some("wx-guarantor"));
        let shown = format!("{:?}", found[&key]);
        assert!(!shown.contains("138") && !shown.contains("虚构"), "{shown}");
        let row = CaseRow { people: vec![person("B-1", Role::Borrower)], ..CaseRow::default() };
        let shown = format!("{row:?} {:?}", row.people);
        assert!(!shown.contains("138") && !shown.contains("虚构"), "{shown}");
    }
}

promise! {
    async fn letters_know_contract_borrower_parts_and_the_last_payment(db) {
        let case = case_with_people(&db).await;
        let mut tx = db.write().await;
        let row = CaseRow {
            case_no: "L1".to_owned(),
            opened_on: Some(date(2025, 12, 1)),
            extra: Map::from_iter([
                ("合同编号".to_owned(), Value::from("示例借字 1")),
                ("合同日期".to_owned(), Value::from("2025/11/28")),
            ]),
            ..CaseRow::default()
        };
        case_book::import_cases(tx.conn(), &morning(TODAY), &[row]).await.expect("imported");
        let listed = ListedBalance {
            case_id: case,
            through: date(2026, 3, 9),
            held: None,
            principal: Some(Fen(25_000)),
            interest: Some(Fen(5_000)),
            penalty: None,
        };
        case_book::set_balances_as_of(tx.conn(), &[listed]).await.expect("noted");
        tx.commit().await.expect("committed");
        let mut reader = db.store.read().await.expect("a reader");
        let ids = [case, CaseId(987_654)];
        let found = letter_facts::load(reader.conn(), &ids).await.expect("letter facts");
        assert_eq!(found.len(), 1);
        let it = &found[&case];
        assert_eq!(it.contract_no.as_deref(), Some("示例借字 1"));
        assert_eq!(it.contract_on, Some(date(2025, 11, 28)));
        assert_eq!(it.opened_on, Some(date(2025, 12, 1)));
        assert!(it.borrower.is_some(), "the borrower has a name");
        assert!(it.parts.expect("parts").make_up(Fen(30_000)));
        assert_eq!(it.last_payment, Some(Fen(20_000)));
        assert_eq!((it.absent_on, it.complaint), (None, None));
        assert_eq!(format!("{it:?}"), "LetterFacts");
    }
}

promise! {
    async fn the_reports_tell_of_recovery_and_of_the_clock(db) {
        let case = case_with_people(&db).await;
        let (from, to) = (date(2026, 1, 1), date(2026, 12, 31));
        let report = reports::recovery(&db.store, from, to).await.expect("a report");
        let line = report.iter().find(|it| it.bucket == Some(AgeingBucket::To30));
        let line = line.expect("a line");
        assert_eq!((line.n_payments, line.collected), (1, Fen(20_000)));
        let rest: Fen = report.iter().map(|it| it.collected).sum();
        assert_eq!(rest, Fen(20_000));
        let mut reader = db.store.read().await.expect("a reader");
        let near = reports::limitation(reader.conn(), date(2029, 3, 1), 30).await;
        assert_eq!(near.expect("a report").len(), 0);
        let near = reports::limitation(reader.conn(), date(2029, 3, 2), 30).await;
        let near = near.expect("a report");
        assert_eq!((near[0].case_id, near[0].days_left), (case, 30));
    }
}

/// The fastest of fifty readings, so that a busy machine does not decide.
#[test]
#[ignore = "a measurement, for `cargo test --release -- --ignored`"]
fn five_hundred_cases_are_loaded_in_a_few_milliseconds() {
    crate::harness::on_every_store(async |db: TestStore| {
        let cases: Vec<CaseRow> = (0..500)
            .map(|n| CaseRow {
                case_no: format!("L{n}"),
                org: Some("李家信用社".to_owned()),
                people: vec![
                    person(&format!("B-{n}"), Role::Borrower),
                    person(&format!("G-{n}"), Role::Guarantor),
                ],
                ..CaseRow::default()
            })
            .collect();
        let mut tx = db.write().await;
        case_book::import_cases(tx.conn(), &morning(TODAY), &cases)
            .await
            .expect("imported");
        tx.commit().await.expect("committed");
        let mut reader = db.store.read().await.expect("a reader");
        let ids: Vec<i64> = sqlx::query_scalar("select id from cases")
            .fetch_all(reader.conn())
            .await
            .expect("ids");
        drop(reader);
        let entries: Vec<_> = ids
            .iter()
            .flat_map(|id| (1..=12).map(move |month| (CaseId(*id), month)))
            .map(|(id, month)| db.entry(id, EntryKind::Due, 1_000, date(2025, month, 1)))
            .collect();
        db.post(TODAY, &entries).await;
        let mut reader = db.store.read().await.expect("a reader");
        let mut fastest = u128::MAX;
        for _ in 0..50 {
            let started = Instant::now();
            facts::load(reader.conn(), TODAY, &ids).await.expect("facts");
            fastest = fastest.min(started.elapsed().as_micros());
        }
        assert!(fastest < 500 * 15, "{fastest} µs for 500 cases");
    });
}

promise! {
    async fn the_next_due_date_is_the_first_ahead_that_is_not_paid(db) {
        /// A day by its place in `IN`, and how much.
        type Due = (usize, i64);
        const IN: [Date; 4] =
            [date(2026, 2, 10), TODAY, date(2026, 3, 25), date(2026, 4, 25)];
        // dues, paid, overdue, the next date and what is left of it
        let table: [(&[Due], i64, i64, Option<Due>); 9] = [
            (&[], 0, 0, None),
            (&[(0, 500)], 0, 500, None),
            (&[(0, 500), (2, 300), (3, 300)], 0, 500, Some((2, 300))),
            (&[(0, 500), (2, 300)], 200, 300, Some((2, 300))),
            (&[(0, 500), (2, 300)], 500, 0, Some((2, 300))),
            (&[(0, 500), (2, 300), (3, 300)], 600, 0, Some((2, 200))),
            (&[(0, 500), (2, 300), (3, 400)], 800, 0, Some((3, 400))),
            (&[(1, 500), (2, 300)], 0, 0, Some((1, 500))),
            (&[(0, 100), (2, 300), (2, 50)], 0, 100, Some((2, 350))),
        ];
        for (nth, (dues, paid, overdue, next)) in table.into_iter().enumerate() {
            let case = db.case(&format!("N{nth}"), date(2026, 1, 1)).await;
            let mut entries =
                vec![db.entry(case, EntryKind::Open, 5_000, date(2026, 1, 1))];
            for (place, fen) in dues {
                entries.push(db.entry(case, EntryKind::Due, *fen, IN[*place]));
            }
            if 0 < paid {
                entries.push(db.entry(case, EntryKind::Payment, paid, TODAY));
            }
            db.post(TODAY, &entries).await;
            let mut reader = db.store.read().await.expect("a reader");
            let it = &facts::load(reader.conn(), TODAY, &[case.0]).await.expect("facts")[&case];
            assert_eq!(it.overdue, Fen(overdue), "{nth}");
            let expected = next.map(|(place, fen)| (IN[place], Fen(fen)));
            assert_eq!(it.next_due_on.zip(it.next_due_amount), expected, "{nth}");
            let days = expected.map(|expected| i64::from((expected.0 - TODAY).get_days()));
            assert_eq!(it.days_until_due(), days, "{nth}");
        }
    }
}

promise! {
    async fn a_due_that_was_taken_back_is_not_the_next_one(db) {
        let case = db.case("L1", date(2026, 1, 1)).await;
        let entries = [
            db.entry(case, EntryKind::Open, 5_000, date(2026, 1, 1)),
            db.entry(case, EntryKind::Due, 500, date(2026, 2, 1)),
            db.entry(case, EntryKind::Due, 300, date(2026, 3, 20)),
            db.entry(case, EntryKind::Due, 400, date(2026, 4, 20)),
        ];
        db.post(TODAY, &entries).await;
        let wrong = "select id from ledger where case_id = $1 and amount_fen = 300";
        let wrong = EntryId(db.number(wrong, case.0).await);
        let back = NewEntry {
            reverses: Some(wrong),
            ..db.entry(case, EntryKind::Reversal, 300, TODAY)
        };
        db.post(TODAY, &[back]).await;
        for (what, paid) in [("late", 0), ("on time", 500)] {
            if 0 < paid {
                let paid = db.entry(case, EntryKind::Payment, paid, TODAY);
                db.post(TODAY, &[paid]).await;
            }
            let mut reader = db.store.read().await.expect("a reader");
            let it = &facts::load(reader.conn(), TODAY, &[case.0]).await.expect("facts")[&case];
            let next = it.next_due_on.zip(it.next_due_amount);
            assert_eq!(next, Some((date(2026, 4, 20), Fen(400))), "{what}");
        }
    }
}
