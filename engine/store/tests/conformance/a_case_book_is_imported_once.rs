//! The case book (案件台账): the same rows again change nothing.

use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::party::{GuaranteeKind, Role};
use jiff::civil::date;
use store::case_book::{self, CaseRow, GuaranteeRow, Imported};

use crate::harness::{TestStore, morning, person};

fn book() -> Vec<CaseRow> {
    let guarantor = case_book::PersonRow {
        guarantee: Some(GuaranteeRow { kind: GuaranteeKind::Joint, period_months: None }),
        ..person("G-1", Role::Guarantor)
    };
    let case = |no: &str, people| CaseRow {
        case_no: no.to_owned(),
        org: Some("李家信用社".to_owned()),
        village: Some("李村".to_owned()),
        principal: Some(Fen(500_000)),
        people,
        ..CaseRow::default()
    };
    vec![
        case("L1", vec![person("B-1", Role::Borrower), guarantor.clone()]),
        case("L2", vec![person("B-2", Role::Borrower), guarantor]),
        case("L3", vec![person("B-1", Role::Borrower)]),
    ]
}

/// New, changed and unchanged cases.
fn counted(new: usize, changed: usize, unchanged: usize) -> Imported {
    Imported { new, changed, unchanged, ..Imported::default() }
}

async fn import(db: &TestStore, rows: &[CaseRow]) -> Imported {
    let mut tx = db.write().await;
    let now = morning(date(2026, 3, 2));
    let imported =
        case_book::import_cases(tx.conn(), &now, rows).await.expect("imported");
    tx.commit().await.expect("committed");
    imported
}

promise! {
    async fn importing_again_changes_nothing(db) {
        let first = import(&db, &book()).await;
        assert_eq!(first, counted(3, 0, 0));
        let ids = db.number(NEXT_ID, 0).await;
        let revs = db.number(REVS, 0).await;
        let again = import(&db, &book()).await;
        assert_eq!(again, counted(0, 0, 3));
        assert_eq!(db.number(NEXT_ID, 0).await, ids);
        assert_eq!(db.number(REVS, 0).await, revs);
        assert_eq!(db.number("select count(*) + $1 from parties", 0).await, 3);
        assert_eq!(db.number("select count(*) + $1 from case_parties", 0).await, 5);
    }
}

promise! {
    async fn a_person_on_two_rows_keeps_what_only_one_of_them_tells(db) {
        let full = case_book::PersonRow {
            name: Some("示例甲".to_owned()),
            phone: Some("13900000001".to_owned()),
            ..person("B-1", Role::Borrower)
        };
        let bare = case_book::PersonRow { name: None, phone: None, ..full.clone() };
        let case = |no: &str, who| CaseRow {
            case_no: no.to_owned(),
            principal: Some(Fen(500_000)),
            people: vec![who],
            ..CaseRow::default()
        };
        for [one, other] in [[&full, &bare], [&bare, &full]] {
            import(&db, &[case("L1", one.clone()), case("L2", other.clone())]).await;
            let known = "select count(*) + $1 from parties
                where name = '示例甲' and phone = '13900000001'";
            assert_eq!(db.number(known, 0).await, 1);
        }
    }
}

promise! {
    async fn a_changed_cell_changes_its_case_alone(db) {
        import(&db, &book()).await;
        let mut rows = book();
        rows[1].collector = Some("王建国".to_owned());
        let again = import(&db, &rows).await;
        assert_eq!(again, counted(0, 1, 2));
        assert_eq!(db.number("select count(*) + $1 from cases where facts_rev = 1", 0).await, 1);
    }
}

promise! {
    async fn a_changed_person_changes_every_case_of_theirs(db) {
        import(&db, &book()).await;
        let mut rows = book();
        for row in &mut rows {
            for it in row.people.iter_mut().filter(|person| person.party_no == "B-1") {
                it.phone = Some("13900000000".to_owned());
            }
        }
        let again = import(&db, &rows).await;
        assert_eq!(again, counted(0, 2, 1));
    }
}

promise! {
    async fn a_missing_cell_leaves_what_is_known(db) {
        import(&db, &book()).await;
        let bare = |no: &str| CaseRow { case_no: no.to_owned(), ..CaseRow::default() };
        let again = import(&db, &[bare("L1"), bare("L4")]).await;
        assert_eq!(again, counted(1, 0, 1));
        let village = "select village from cases where case_no = 'L1' and $1 = 0";
        assert_eq!(db.text(village, 0).await, "李村");
    }
}

promise! {
    async fn a_case_keeps_the_day_from_which_it_was_known(db) {
        import(&db, &book()).await;
        let mut tx = db.write().await;
        let later = morning(date(2026, 4, 1));
        case_book::import_cases(tx.conn(), &later, &book()).await.expect("imported");
        tx.commit().await.expect("committed");
        let since = "select min(known_since_on) from cases where $1 = 0";
        assert_eq!(db.text(since, 0).await, "2026-03-02");
    }
}

promise! {
    async fn a_guarantee_ends_six_months_after_the_last_due_date(db) {
        import(&db, &book()).await;
        let mut tx = db.write().await;
        let case = case_book::find_case(tx.conn(), "L1").await.expect("asked");
        tx.rollback().await.expect("rolled back");
        let case: CaseId = case.expect("known");
        let dues = [
            db.entry(case, EntryKind::Due, 1_000, date(2026, 1, 31)),
            db.entry(case, EntryKind::Due, 1_000, date(2026, 8, 31)),
        ];
        db.post(date(2026, 3, 2), &dues).await;
        let ends = "select ends_on from guarantees where case_id = $1";
        assert_eq!(db.text(ends, case.0).await, "2027-02-28");
    }
}

const NEXT_ID: &str = "select cast(value as bigint) + $1 from meta where key = 'next_id'";
const REVS: &str = "select sum(facts_rev) + $1 from cases";
