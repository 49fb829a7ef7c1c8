//! What a made-up book (虚构台账) has to look like.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::civil::Date;

use super::*;

const AS_OF: Date = Date::constant(2026, 4, 1);
const LAST: Date = Date::constant(2026, 6, 30);

/// Days since the oldest due date that is not covered, counted the slow way.
fn days_past_due(loan: &Loan) -> i32 {
    let mut covered: i64 = loan
        .ledger
        .iter()
        .map(|it| match it.kind {
            EntryKind::Payment => it.amount.0,
            EntryKind::Reversal => -it.amount.0,
            _ => 0,
        })
        .sum();
    for line in loan.ledger.iter().filter(|it| it.kind == EntryKind::Due) {
        covered -= line.amount.0;
        if covered < 0 {
            return (AS_OF - line.on).get_days().max(0);
        }
    }
    0
}

#[test]
fn the_same_seed_makes_the_same_book_and_another_makes_another() {
    let one = book(7, 300, AS_OF);
    assert_eq!(one.loans, book(7, 300, AS_OF).loans);
    assert_eq!(one.happenings(LAST), book(7, 300, AS_OF).happenings(LAST));
    assert_ne!(one.loans, book(8, 300, AS_OF).loans);
    // A longer book begins like a shorter one.
    assert_eq!(one.loans[..100], book(7, 100, AS_OF).loans);
}

#[test]
fn most_loans_are_current_and_a_tail_is_old() {
    let book = book(2026, 5000, AS_OF);
    let mut tiers: BTreeMap<&str, usize> = BTreeMap::new();
    for loan in &book.loans {
        let tier = match days_past_due(loan) {
            0 => "current",
            1..=30 => "1-30",
            31..=60 => "31-60",
            61..=90 => "61-90",
            91..=900 => ">90",
            901..=1095 => "near the end of limitation",
            _ => "barred",
        };
        *tiers.entry(tier).or_default() += 1;
    }
    let within = |tier: &str, low: usize, high: usize| {
        let found = tiers.get(tier).copied().unwrap_or(0);
        assert!((low..high).contains(&found), "{tier}: {tiers:?}");
    };
    within("current", 3600, 3900);
    within("1-30", 540, 710);
    within("31-60", 175, 275);
    within("61-90", 95, 180);
    within(">90", 170, 285);
    within("near the end of limitation", 20, 65);
    within("barred", 0, 1);
}

#[test]
fn every_loan_adds_up() {
    let book = book(1, 2000, AS_OF);
    for loan in &book.loans {
        let sum = |kind| -> i64 {
            loan.ledger.iter().filter(|it| it.kind == kind).map(|it| it.amount.0).sum()
        };
        let no = &loan.case_no;
        assert_eq!(
            sum(EntryKind::Due),
            sum(EntryKind::Open) + sum(EntryKind::Fee),
            "{no}"
        );
        assert_eq!(sum(EntryKind::Open), loan.principal.0, "{no}");
        assert!((Fen(500_000)..=Fen(20_000_000)).contains(&loan.principal), "{no}");
        assert!(loan.ledger.iter().all(|it| 0 < it.amount.0), "{no}");
        assert!(loan.ledger.iter().all(|it| loan.opened_on <= it.on), "{no}");
        assert!(loan.ledger.is_sorted_by_key(|it| it.on), "{no}");
        let booked = loan.ledger.iter().filter(|it| it.kind != EntryKind::Due);
        assert!(
            booked.into_iter().all(|it| it.on < AS_OF || it.on == loan.opened_on),
            "{no}"
        );
        let last_due = loan
            .ledger
            .iter()
            .filter(|it| it.kind == EntryKind::Due)
            .map(|it| it.on)
            .max();
        assert_eq!(last_due, Some(loan.due_on), "{no}");
    }
}

#[test]
fn every_loan_is_open_before_the_day_of_the_book() {
    for loan in &book(3, 5000, AS_OF).loans {
        assert!(loan.opened_on < AS_OF, "{} {}", loan.case_no, loan.opened_on);
    }
}

#[test]
fn nothing_happens_outside_the_quarter_or_after_a_death() {
    let book = book(5, 5000, AS_OF);
    let happenings = book.happenings(LAST);
    let mut dead = HashSet::new();
    let mut kinds = HashSet::new();
    for it in &happenings {
        assert!((AS_OF..=LAST).contains(&it.on), "{}", it.on);
        kinds.insert(std::mem::discriminant(&it.what));
        match it.what {
            What::Deceased => {
                dead.insert(&it.case_no);
            }
            What::Payment(_) => assert!(!dead.contains(&it.case_no), "{}", it.case_no),
            _ => {}
        }
    }
    assert_eq!(kinds.len(), 7, "every kind of happening occurs");
    assert!((5..40).contains(&dead.len()), "{}", dead.len());
}

#[test]
fn some_borrowers_have_two_loans_and_are_one_person() {
    let book = book(1, 1000, AS_OF);
    let mut people: BTreeMap<&str, Vec<&Loan>> = BTreeMap::new();
    for loan in &book.loans {
        people.entry(&loan.debtor.party_no).or_default().push(loan);
    }
    let doubles: Vec<_> = people.values().filter(|it| 1 < it.len()).collect();
    assert_eq!(doubles.len(), 40);
    for loans in doubles {
        assert!(loans.iter().all(
            |loan| loan.debtor == loans[0].debtor && loan.village == loans[0].village
        ));
    }
}

#[test]
fn every_collector_of_a_loan_is_on_the_staff() {
    let book = book(1, 1000, AS_OF);
    let staff: HashSet<(&str, &str)> =
        book.staff.iter().map(|it| (it.name.as_str(), it.org)).collect();
    assert!(
        book.loans
            .iter()
            .all(|loan| staff.contains(&(loan.collector.as_str(), loan.org)))
    );
    let names: HashSet<&str> = book.staff.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names.len(), book.staff.len(), "nobody shares a name");
}

#[test]
fn a_book_answers_for_its_own_loans_only() {
    let book = book(1, 10, AS_OF);
    assert!(book.react("QS000001", 1, Channel::Sms, AS_OF).is_some());
    assert!(book.react("QS000011", 1, Channel::Sms, AS_OF).is_none());
}

#[test]
fn five_thousand_loans_are_quick_to_make() {
    let start = Instant::now();
    let book = book(1, 5000, AS_OF);
    assert_eq!(book.loans.len(), 5000);
    // A tenth of this with optimization; a busy machine must not fail it.
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}
