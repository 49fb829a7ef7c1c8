//! Clocks (期限): they follow what the parties agreed and the law says, and not what a
//! list or a ledger puts in its place; what was entered is sealed and derived again.

use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::limitation::{ClockAct, ClockActKind, Evidence, InterruptionKind};
use domain::party::{GuaranteeKind, Role};
use jiff::civil::{Date, date};
use store::case_book::{self, CaseRow, GuaranteeRow, PersonRow};
use store::clock_acts::{self, NewAct, Withdrawn};
use store::limitation::{self, NewInterruption};
use store::{people_by_hand, seals, verify};

use crate::harness::{TestStore, morning, person};

const TODAY: Date = date(2026, 3, 10);
const ENDS: &str = "select limitation_ends_on from cases where id = $1";

/// A list that names the last day of the loan.
async fn list(db: &TestStore, ends_on: Date) {
    let row = CaseRow {
        case_no: "L1".to_owned(),
        contract_ends_on: Some(ends_on),
        ..CaseRow::default()
    };
    let mut tx = db.write().await;
    case_book::import_cases(tx.conn(), &morning(TODAY), &[row]).await.expect("imported");
    tx.commit().await.expect("committed");
}

async fn enter(db: &TestStore, case_id: CaseId, act: ClockAct) -> u64 {
    let new = NewAct {
        case_id,
        act,
        paper: Some("虚凭1号".to_owned()),
        source: "legal".to_owned(),
        dedupe_key: format!("{}:{}", act.kind, act.on),
    };
    let mut tx = db.write().await;
    let written = clock_acts::enter(tx.conn(), &[new]).await.expect("entered");
    tx.commit().await.expect("committed");
    written
}

/// What a proof of the store says of it after some statements, which are taken back.
async fn faults(db: &TestStore, statement: &'static str) -> Vec<String> {
    let mut tx = db.write().await;
    if !statement.is_empty() {
        sqlx::query(statement).execute(tx.conn()).await.expect(statement);
    }
    let verdict = verify::verify(tx.conn()).await.expect("verified");
    tx.rollback().await.expect("rolled back");
    verdict.faults.iter().map(|fault| fault.check.to_string()).collect()
}

promise! {
    async fn what_is_booked_or_listed_later_moves_no_clock(db) {
        let case = db.case("L1", date(2024, 1, 1)).await;
        let due = db.entry(case, EntryKind::Due, 50_000, date(2024, 8, 31));
        db.post(TODAY, &[due]).await;
        assert_eq!(db.text(ENDS, case.0).await, "2027-08-31");
        list(&db, date(2024, 6, 30)).await;
        assert_eq!(db.text(ENDS, case.0).await, "2027-06-30", "the contract's day");
        // Interest that is booked in the year after, and a term that nobody signed.
        let interest = db.entry(case, EntryKind::Due, 900, date(2025, 8, 31));
        db.post(TODAY, &[interest]).await;
        list(&db, date(2025, 6, 30)).await;
        assert_eq!(db.text(ENDS, case.0).await, "2027-06-30");
        assert_eq!(faults(&db, "").await, Vec::<String>::new());
    }
}

promise! {
    async fn what_is_withdrawn_stays_in_the_books_and_moves_no_clock(db) {
        let case = db.case("L1", date(2024, 1, 1)).await;
        let due = db.entry(case, EntryKind::Due, 50_000, date(2024, 8, 31));
        db.post(TODAY, &[due]).await;
        let signed = ClockAct::new(ClockActKind::Extended, date(2024, 8, 1));
        let extended = ClockAct { until: Some(date(2026, 8, 31)), ..signed };
        enter(&db, case, extended).await;
        let mut tx = db.write().await;
        let mediation = NewInterruption {
            case_id: case,
            on: date(2026, 1, 15),
            kind: InterruptionKind::MediationRequested,
            evidence: Evidence::CommitteeReceipt,
            source: "legal".to_owned(),
            dedupe_key: "mediation".to_owned(),
        };
        limitation::interrupt(tx.conn(), &[mediation]).await.expect("interrupted");
        tx.commit().await.expect("committed");
        assert_eq!(db.text(ENDS, case.0).await, "2029-08-31");

        for (of_acts, ends_on) in [(true, "2029-01-15"), (false, "2027-08-31")] {
            let mut tx = db.write().await;
            let acts = clock_acts::standing(tx.conn(), case, "legal").await.expect("read");
            let of_case = limitation::standing(tx.conn(), case, "legal").await;
            let interruptions = of_case.expect("read").iter().map(|it| it.0).collect();
            let acts: Vec<i64> = acts.iter().map(|act| act.id).collect();
            let what = if of_acts {
                Withdrawn { acts, ..Withdrawn::default() }
            } else {
                assert_eq!(acts, Vec::<i64>::new(), "it stands no more");
                Withdrawn { interruptions, ..Withdrawn::default() }
            };
            let withdrawn = clock_acts::withdraw(tx.conn(), case, &what, "示例主管").await;
            assert_eq!(withdrawn.expect("withdrawn"), 1);
            tx.commit().await.expect("committed");
            assert_eq!(db.text(ENDS, case.0).await, ends_on);
        }
        assert_eq!(db.number("select count(*) from clock_acts where case_id = $1", case.0).await, 1);
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        tx.commit().await.expect("committed");
        assert_eq!(faults(&db, "").await, Vec::<String>::new());
        for forged in [
            "delete from clock_withdrawals where act_id is not null",
            "delete from clock_withdrawals where interruption_id is not null",
        ] {
            let found = faults(&db, forged).await;
            assert!(found.contains(&"limitation".to_owned()), "{forged}: {found:?}");
            assert!(found.contains(&"seal".to_owned()), "{forged}: {found:?}");
        }
        let anew = faults(&db, "update interruptions set proved = 1").await;
        assert!(anew.contains(&"limitation".to_owned()), "{anew:?}");
    }
}

promise! {
    async fn an_act_is_entered_once_and_moves_the_clock_of_its_case(db) {
        let case = db.case("L1", date(2024, 1, 1)).await;
        let due = db.entry(case, EntryKind::Due, 50_000, date(2024, 8, 31));
        db.post(TODAY, &[due]).await;
        let until = Some(date(2026, 8, 31));
        let signed = ClockAct::new(ClockActKind::Extended, date(2024, 8, 1));
        let extended = ClockAct { until, ..signed };
        for written in [1, 0] {
            assert_eq!(enter(&db, case, extended).await, written);
            assert_eq!(db.text(ENDS, case.0).await, "2029-08-31");
        }
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        tx.commit().await.expect("committed");
        assert_eq!(faults(&db, "").await, Vec::<String>::new());
        for forged in [
            "update clock_acts set until_date = '2027-08-31'",
            "update clock_acts set act = 'agreed_anew', on_date = '2028-01-01'",
            "delete from clock_acts",
            "update clock_acts set on_date = '0000-00-00'",
        ] {
            let found = faults(&db, forged).await;
            assert!(found.contains(&"limitation".to_owned()), "{forged}: {found:?}");
            assert!(found.contains(&"seal".to_owned()), "{forged}: {found:?}");
        }
        // Money that comes later counts from the term as it was agreed.
        let paid = db.entry(case, EntryKind::Payment, 100, TODAY);
        db.post(TODAY, &[paid]).await;
        assert_eq!(db.text(ENDS, case.0).await, "2029-08-31");
    }
}

promise! {
    async fn a_guarantor_who_is_entered_after_the_acts_has_the_days_that_they_make(db) {
        let case = db.case("L1", date(2024, 1, 1)).await;
        let due = db.entry(case, EntryKind::Due, 50_000, date(2026, 1, 31));
        db.post(TODAY, &[due]).await;
        let read = ClockAct {
            until: Some(date(2025, 11, 30)),
            ..ClockAct::new(ClockActKind::ContractEnds, date(2024, 1, 5))
        };
        enter(&db, case, read).await;
        enter(&db, case, ClockAct::new(ClockActKind::DebtorSued, date(2026, 2, 10))).await;
        // By hand, and by a list that comes later: by the contract's day, and held.
        let guarantor = |number: &str| PersonRow {
            guarantee: Some(GuaranteeRow {
                kind: GuaranteeKind::General,
                period_months: None,
            }),
            ..person(number, Role::Guarantor)
        };
        let mut tx = db.write().await;
        let now = morning(TODAY);
        people_by_hand::add(tx.conn(), &now, case, &guarantor("G-1")).await.expect("added");
        let row = CaseRow {
            case_no: "L1".to_owned(),
            people: vec![guarantor("G-2")],
            ..CaseRow::default()
        };
        case_book::import_cases(tx.conn(), &now, &[row]).await.expect("imported");
        tx.commit().await.expect("committed");
        let held = "select count(*) from guarantees where case_id = $1
            and ends_on = '2026-05-30' and satisfied_on = '2026-02-10'";
        assert_eq!(db.number(held, case.0).await, 2);
        assert_eq!(faults(&db, "").await, Vec::<String>::new());
    }
}
