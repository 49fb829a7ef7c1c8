//! What money consists of (款项构成): given once, to the fen, divided by the order of
//! payment where it was not given, and proved; and whose money it was.

use domain::components::{Components, PaymentOrder};
use domain::ids::{CaseId, EntryId};
use domain::ledger::{EntryKind, Payer};
use domain::limitation::Evidence;
use domain::money::Fen;
use jiff::civil::{Date, date};
use store::case_book::ListedBalance;
use store::ledger::NewEntry;
use store::payers::{self, Paid};
use store::{case_book, components, facts, seals, verify};

use crate::harness::{TestStore, morning};

const TODAY: Date = date(2026, 3, 10);

fn parts(principal: i64, interest: i64, penalty: i64, cost: i64) -> Components {
    Components {
        principal: Fen(principal),
        interest: Fen(interest),
        penalty: Fen(penalty),
        cost: Fen(cost),
    }
}

/// The entries of a case of a kind, oldest first.
async fn entries(db: &TestStore, case: CaseId, kind: EntryKind) -> Vec<EntryId> {
    let mut reader = db.store.read().await.expect("a reader");
    let all = store::ledger::of_case(reader.conn(), case).await.expect("the ledger");
    all.into_iter().filter(|it| it.kind == kind).map(|it| it.id).collect()
}

async fn give(db: &TestStore, given: &[(EntryId, Components)]) -> Vec<usize> {
    let mut tx = db.write().await;
    let others = components::give(tx.conn(), given).await.expect("given").otherwise;
    tx.commit().await.expect("committed");
    others
}

/// A case of two instalments of 1,000 and 950 yuan, of which the bank says what they are.
async fn divided(db: &TestStore, case_no: &str) -> CaseId {
    let case = db.case(case_no, date(2026, 1, 1)).await;
    let dues = [
        db.entry(case, EntryKind::Open, 195_000, date(2025, 12, 1)),
        db.entry(case, EntryKind::Due, 100_000, date(2026, 2, 1)),
        db.entry(case, EntryKind::Due, 95_000, date(2026, 4, 1)),
    ];
    db.post(TODAY, &dues).await;
    let dues = entries(db, case, EntryKind::Due).await;
    let given =
        [(dues[0], parts(80_000, 20_000, 0, 0)), (dues[1], parts(80_000, 15_000, 0, 0))];
    assert_eq!(give(db, &given).await, [0_usize; 0]);
    case
}

async fn owed(db: &TestStore, case: CaseId) -> Option<Components> {
    let mut reader = db.store.read().await.expect("a reader");
    let found = facts::load(reader.conn(), TODAY, &[case.0]).await.expect("facts");
    found[&case].owed
}

async fn faults(db: &TestStore) -> Vec<&'static str> {
    let mut reader = db.store.read().await.expect("a reader");
    let verdict = verify::verify(reader.conn()).await.expect("verified");
    verdict.faults.iter().map(|fault| fault.check).collect()
}

promise! {
    async fn what_is_owed_of_each_kind_follows_the_ledger(db) {
        let case = divided(&db, "L1").await;
        assert_eq!(owed(&db, case).await, Some(parts(80_000, 20_000, 0, 0)));
        let cost = db.entry(case, EntryKind::Fee, 5_000, date(2026, 3, 1));
        let paid = db.entry(case, EntryKind::Payment, 30_000, date(2026, 3, 5));
        db.post(TODAY, &[cost, paid]).await;
        let after = parts(75_000, 0, 0, 0);
        assert_eq!(owed(&db, case).await, Some(after), "costs, interest, then principal");
        let payment = db.last_payment(case).await;
        let reversal = NewEntry {
            reverses: Some(payment),
            ..db.entry(case, EntryKind::Reversal, 30_000, TODAY)
        };
        db.post(TODAY, &[reversal]).await;
        assert_eq!(owed(&db, case).await, Some(parts(80_000, 20_000, 0, 5_000)));
        assert_eq!(faults(&db).await, [""; 0]);
    }
}

promise! {
    async fn the_order_of_the_rules_in_force_divides_what_nobody_divided(db) {
        let case = divided(&db, "L1").await;
        db.post(TODAY, &[db.entry(case, EntryKind::Payment, 30_000, TODAY)]).await;
        assert_eq!(owed(&db, case).await, Some(parts(70_000, 0, 0, 0)));
        let agreed = PaymentOrder::of_words(["principal", "interest", "cost"]);
        let mut tx = db.write().await;
        components::set_order(tx.conn(), agreed.expect("an order")).await.expect("noted");
        tx.commit().await.expect("committed");
        assert_eq!(owed(&db, case).await, Some(parts(50_000, 20_000, 0, 0)));
        assert_eq!(faults(&db).await, [""; 0]);
    }
}

promise! {
    async fn a_case_of_which_the_bank_gives_no_parts_has_none(db) {
        let case = divided(&db, "L1").await;
        let other = db.case("L2", date(2026, 1, 1)).await;
        db.post(TODAY, &[db.entry(other, EntryKind::Due, 100_000, date(2026, 2, 1))]).await;
        assert_eq!(owed(&db, other).await, None);
        db.post(TODAY, &[db.entry(case, EntryKind::Due, 1_000, date(2026, 3, 1))]).await;
        assert_eq!(owed(&db, case).await, None, "one of its dues does not say");
        let due = entries(&db, case, EntryKind::Due).await[1];
        assert_eq!(give(&db, &[(due, parts(1_000, 0, 0, 0))]).await, [0_usize; 0]);
        assert_eq!(owed(&db, case).await, Some(parts(81_000, 20_000, 0, 0)));
    }
}

promise! {
    async fn what_a_list_says_of_the_overdue_amount_goes_on_being_divided(db) {
        let case = db.case("L1", date(2026, 1, 1)).await;
        let list = |entry: NewEntry| NewEntry { source: "snapshot:2026-03-05".to_owned(), ..entry };
        let dues = [
            list(db.entry(case, EntryKind::Open, 500_000, date(2026, 3, 5))),
            list(db.entry(case, EntryKind::Due, 106_000, date(2026, 2, 1))),
        ];
        db.post(TODAY, &dues).await;
        let mut tx = db.write().await;
        let listed = ListedBalance {
            case_id: case,
            through: date(2026, 3, 5),
            held: Some(date(2026, 3, 4)),
            principal: Some(Fen(80_000)),
            interest: Some(Fen(20_000)),
            penalty: Some(Fen(6_000)),
        };
        case_book::set_balances_as_of(tx.conn(), &[listed]).await.expect("noted");
        tx.commit().await.expect("committed");
        assert_eq!(owed(&db, case).await, Some(parts(80_000, 20_000, 6_000, 0)));
        let paid = db.entry(case, EntryKind::Payment, 21_000, date(2026, 3, 5));
        db.post(TODAY, &[paid]).await;
        assert_eq!(owed(&db, case).await, Some(parts(80_000, 0, 5_000, 0)));
        let payment = db.last_payment(case).await;
        let reversal = NewEntry {
            reverses: Some(payment),
            ..db.entry(case, EntryKind::Reversal, 21_000, TODAY)
        };
        db.post(TODAY, &[reversal]).await;
        assert_eq!(owed(&db, case).await, Some(parts(80_000, 20_000, 6_000, 0)));
        let more = db.entry(case, EntryKind::Due, 1_000, date(2026, 3, 8));
        db.post(TODAY, &[more]).await;
        assert_eq!(owed(&db, case).await, None, "nobody says what has fallen due since");
    }
}

promise! {
    async fn parts_are_given_once_and_only_where_they_make_up_the_entry(db) {
        let case = divided(&db, "L1").await;
        db.post(TODAY, &[db.entry(case, EntryKind::Payment, 30_000, TODAY)]).await;
        let payment = db.last_payment(case).await;
        let opening = entries(&db, case, EntryKind::Open).await[0];
        let halves = parts(20_000, 10_000, 0, 0);
        let table = [
            (payment, parts(20_000, 9_999, 0, 0), 0, None, "a fen is missing"),
            (opening, parts(195_000, 0, 0, 0), 0, None, "an opening consists of nothing"),
            (payment, halves, 0, Some(halves), "the payment"),
            (payment, halves, 0, Some(halves), "the same again"),
            (payment, parts(30_000, 0, 0, 0), 1, Some(halves), "another word on it"),
        ];
        for (entry, given, others, stands, what) in table {
            assert_eq!(give(&db, &[(entry, given)]).await.len(), others, "{what}");
            let mut reader = db.store.read().await.expect("a reader");
            let kept = components::of_case(reader.conn(), case).await.expect("parts");
            assert_eq!(kept.get(&entry).copied(), stands, "{what}");
        }
        assert_eq!(owed(&db, case).await, Some(parts(60_000, 10_000, 0, 0)));
        assert_eq!(faults(&db).await, [""; 0]);
    }
}

/// How many payments of a case prove that the debtor agrees to owe.
async fn proofs(db: &TestStore, case: CaseId) -> i64 {
    db.number(
        "select count(*) from interruptions where case_id = $1 and proved = 1",
        case.0,
    )
    .await
}

async fn limitation(db: &TestStore, case: CaseId) -> String {
    db.text("select limitation_ends_on from cases where id = $1", case.0).await
}

promise! {
    async fn anothers_money_begins_no_period_anew_until_it_is_found_to_be_the_debtors(db) {
        let case = db.case("L1", date(2026, 1, 1)).await;
        // The period runs from the last instalment: a payment before that moves nothing.
        let all_due = [
            db.entry(case, EntryKind::Open, 100_000, date(2025, 12, 1)),
            db.entry(case, EntryKind::Due, 100_000, date(2026, 2, 1)),
        ];
        db.post(TODAY, &all_due).await;
        let before = limitation(&db, case).await;
        db.post(TODAY, &[db.entry(case, EntryKind::Payment, 30_000, TODAY)]).await;
        let entry = db.last_payment(case).await;
        let by_debtor = limitation(&db, case).await;
        assert_ne!(before, by_debtor, "a part payment begins it anew");
        // What was sealed in between is not changed by it.
        let mut tx = db.write().await;
        seals::seal(tx.conn(), &morning(TODAY)).await.expect("sealed");
        let stranger = Paid { entry, payer: Payer::ThirdParty, party: None };
        let new = payers::name_all(tx.conn(), &[stranger, stranger]).await.expect("named");
        assert_eq!(new, [stranger]);
        tx.commit().await.expect("committed");
        assert_eq!((proofs(&db, case).await, limitation(&db, case).await), (0, before));
        assert_eq!(faults(&db).await, [""; 0]);
        let mut tx = db.write().await;
        let again = Paid { payer: Payer::Guarantor, ..stranger };
        let new = payers::name_all(tx.conn(), &[again]).await.expect("asked");
        assert!(new.is_empty(), "what was noted stays");
        payers::correct(tx.conn(), entry, Payer::Borrower).await.expect("corrected");
        tx.commit().await.expect("committed");
        assert_eq!((proofs(&db, case).await, limitation(&db, case).await), (1, by_debtor));
        let mut reader = db.store.read().await.expect("a reader");
        let paid = payers::of_case(reader.conn(), case).await.expect("payers")[&entry];
        assert_eq!(paid.payer, Payer::Borrower);
        drop(reader);
        assert_eq!(faults(&db).await, [""; 0]);
        let evidence = "select evidence from interruptions where case_id = $1";
        assert_eq!(db.text(evidence, case.0).await, Evidence::LedgerEntry.as_str());
    }
}
