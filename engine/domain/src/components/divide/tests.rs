//! What a division has to come to (抵充核算), by tables and for all ledgers.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const FIRST: Date = date(2026, 1, 10);
const SECOND: Date = date(2026, 2, 10);

fn parts(principal: i64, interest: i64, penalty: i64, cost: i64) -> Components {
    Components {
        principal: Fen(principal),
        interest: Fen(interest),
        penalty: Fen(penalty),
        cost: Fen(cost),
    }
}

fn line(entry: i64, kind: EntryKind, on: Date, amount: i64) -> Line {
    let entry = EntryId(entry);
    Line { entry, kind, on, amount: Fen(amount), reverses: None, parts: None }
}

fn due(entry: i64, on: Date, parts: Components) -> Line {
    Line { parts: Some(parts), ..line(entry, EntryKind::Due, on, parts.sum().0) }
}

fn paid(entry: i64, on: Date, amount: i64) -> Line {
    line(entry, EntryKind::Payment, on, amount)
}

/// Two instalments, the first with penalty, and the cost of a lawyer's letter.
fn in_arrears() -> Vec<Line> {
    vec![
        due(1, FIRST, parts(80_000, 20_000, 3_000, 0)),
        due(2, SECOND, parts(80_000, 15_000, 0, 0)),
        line(3, EntryKind::Fee, date(2026, 2, 20), 5_000),
    ]
}

fn with(more: &[Line]) -> Vec<Line> {
    let mut lines = in_arrears();
    lines.extend_from_slice(more);
    lines
}

fn agreed(words: &str) -> PaymentOrder {
    PaymentOrder::of_words(words.split(',')).expect("an order")
}

#[test]
fn costs_come_first_then_interest_and_penalty_then_the_principal() {
    let on = date(2026, 3, 1);
    let table = [
        (4_000, parts(0, 0, 0, 4_000)),
        (5_000, parts(0, 0, 0, 5_000)),
        (45_000, parts(2_000, 35_000, 3_000, 5_000)),
        (203_000, parts(160_000, 35_000, 3_000, 5_000)),
    ];
    for (amount, expected) in table {
        let lines = with(&[paid(9, on, amount)]);
        let division = divide(&lines, PaymentOrder::default()).expect("divided");
        let cover = division.covers[0];
        assert_eq!((cover.parts, cover.beyond), (expected, Fen(0)), "{amount}");
        assert!(!cover.given);
    }
}

#[test]
fn an_agreed_order_comes_before_that_of_the_law() {
    let lines = with(&[paid(9, date(2026, 3, 1), 165_000)]);
    let division = divide(&lines, agreed("principal,interest,cost")).expect("divided");
    assert_eq!(division.covers[0].parts, parts(160_000, 5_000, 0, 0));
    assert_eq!(division.owed_at_any_time(), parts(0, 30_000, 3_000, 5_000));
}

#[test]
fn within_a_kind_the_oldest_day_comes_first() {
    let lines = with(&[paid(9, date(2026, 3, 1), 30_000)]);
    let division = divide(&lines, PaymentOrder::default()).expect("divided");
    let open: Vec<Components> =
        division.charges.iter().map(|charge| charge.open).collect();
    assert_eq!(open[0], parts(80_000, 0, 3_000, 0), "the first instalment");
    assert_eq!(open[1], parts(80_000, 10_000, 0, 0), "the second");
    assert_eq!(open[2], parts(0, 0, 0, 0), "the cost");
}

#[test]
fn what_is_not_due_yet_is_paid_instalment_by_instalment_and_after_all_that_is_due() {
    let lines = [
        due(1, FIRST, parts(80_000, 20_000, 0, 0)),
        due(2, SECOND, parts(80_000, 15_000, 0, 0)),
        due(3, date(2026, 3, 10), parts(80_000, 10_000, 0, 0)),
        paid(9, FIRST, 200_000),
    ];
    let division = divide(&lines, PaymentOrder::default()).expect("divided");
    assert_eq!(
        division.covers[0].parts,
        parts(160_000, 35_000, 0, 0) + parts(0, 5_000, 0, 0)
    );
    assert_eq!(division.owed_before(date(2026, 3, 10)), parts(0, 0, 0, 0));
    assert_eq!(division.owed_at_any_time(), parts(80_000, 5_000, 0, 0));
}

#[test]
fn what_the_bank_has_divided_stays_as_the_bank_has_it() {
    let given = parts(50_000, 0, 0, 0);
    let lines = with(&[Line { parts: Some(given), ..paid(9, date(2026, 3, 1), 50_000) }]);
    let division = divide(&lines, PaymentOrder::default()).expect("divided");
    assert_eq!((division.covers[0].parts, division.covers[0].given), (given, true));
    assert_eq!(division.owed_at_any_time(), parts(110_000, 35_000, 3_000, 5_000));
}

#[test]
fn more_than_all_that_is_owed_stands_beyond_it() {
    let lines = [due(1, FIRST, parts(100, 10, 0, 0)), paid(2, SECOND, 150)];
    let division = divide(&lines, PaymentOrder::default()).expect("divided");
    let cover = division.covers[0];
    assert_eq!((cover.parts, cover.beyond), (parts(100, 10, 0, 0), Fen(40)));
}

#[test]
fn nothing_is_known_where_a_due_item_does_not_say_what_it_is() {
    let whole = line(4, EntryKind::Due, SECOND, 500);
    assert_eq!(divide(&with(&[whole]), PaymentOrder::default()), None);
    let reversal =
        Line { reverses: Some(EntryId(4)), ..line(5, EntryKind::Reversal, SECOND, 500) };
    let again = divide(&with(&[whole, reversal]), PaymentOrder::default());
    assert_eq!(again, divide(&in_arrears(), PaymentOrder::default()));
    let only_paid = [paid(1, FIRST, 500)];
    assert_eq!(divide(&only_paid, PaymentOrder::default()), None, "nothing was due");
}

/// Parts of a due item or of a payment that was divided.
fn some_parts() -> impl Strategy<Value = Components> {
    (0_i64..90_000, 0_i64..30_000, 0_i64..5_000, 0_i64..2_000).prop_map(
        |(principal, interest, penalty, cost)| parts(principal, interest, penalty, cost),
    )
}

/// Lines of half a year, whose numbers are given later.
fn some_line() -> impl Strategy<Value = Line> {
    (0_usize..6, 0_i64..180, some_parts()).prop_map(|(kind, day, parts)| {
        let on = FIRST.saturating_add(day.days());
        let (kind, parts) = match kind {
            0 | 1 => (EntryKind::Due, Some(parts)),
            2 => (EntryKind::Payment, Some(parts)),
            3 => (EntryKind::Payment, None),
            4 => (EntryKind::Waiver, None),
            _ => (EntryKind::Fee, None),
        };
        let amount = parts.map_or(Fen(day * 777), |it| it.sum());
        Line { entry: EntryId(0), kind, on, amount, reverses: None, parts }
    })
}

fn some_ledger() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(some_line(), 0..24).prop_map(|mut lines| {
        lines.push(due(0, FIRST, parts(1, 0, 0, 0)));
        for (number, line) in (1..).zip(&mut lines) {
            line.entry = EntryId(number);
        }
        lines
    })
}

fn some_order() -> impl Strategy<Value = PaymentOrder> {
    prop::sample::select(vec![
        "cost,interest,principal",
        "principal,interest,cost",
        "cost,penalty,interest,principal",
        "interest,penalty,cost,principal",
    ])
    .prop_map(agreed)
}

proptest! {
    #[test]
    fn every_fen_is_somewhere_and_nothing_is_below_zero(
        lines in some_ledger(),
        order in some_order(),
    ) {
        let division = divide(&lines, order).expect("divided");
        let amount = |entry| lines.iter().find(|line| line.entry == entry).expect("a line").amount;
        for cover in &division.covers {
            let beside = if cover.given { Fen(0) } else { cover.beyond };
            prop_assert_eq!(cover.parts.sum() + beside, amount(cover.entry));
            prop_assert!(Fen(0) <= cover.beyond);
            prop_assert!(cover.parts.make_up(cover.parts.sum()));
        }
        for charge in &division.charges {
            prop_assert_eq!(charge.charged.sum(), amount(charge.entry));
            prop_assert!(charge.open.make_up(charge.open.sum()));
            prop_assert!((charge.charged - charge.open).make_up(
                charge.charged.sum() - charge.open.sum()));
        }
        let charged: Fen = division.charges.iter().map(|charge| charge.charged.sum()).sum();
        let covered: Fen = division.covers.iter().map(|cover| amount(cover.entry)).sum();
        let beyond: Fen = division.covers.iter().map(|cover| cover.beyond).sum();
        let owed = division.owed_at_any_time().sum();
        prop_assert_eq!(charged - covered, owed - beyond);
    }

    #[test]
    fn the_order_is_kept_among_what_is_due(
        lines in some_ledger(),
        order in some_order(),
        amount in 1_i64..400_000,
    ) {
        let last = FIRST.saturating_add(200.days());
        let mut lines = lines;
        lines.push(paid(999, last, amount));
        let before = divide(&lines[..lines.len() - 1], order).expect("divided");
        let after = divide(&lines, order).expect("divided");
        let taken = after.covers.last().expect("the payment").parts;
        let open = before.owed_at_any_time();
        for (place, component) in order.components().into_iter().enumerate() {
            let earlier = &order.components()[..place];
            let all_paid = earlier.iter().all(|it| taken.of(*it) == open.of(*it));
            prop_assert!(taken.of(component) == Fen(0) || all_paid, "{component}: {taken:?}");
            // From the oldest day on: behind a charge that is open nothing was taken.
            let mut was_open = false;
            for (old, new) in before.charges.iter().zip(&after.charges) {
                prop_assert!(!was_open || old.open.of(component) == new.open.of(component));
                was_open |= Fen(0) < new.open.of(component);
            }
        }
    }

    #[test]
    fn a_payment_that_is_taken_back_gives_back_exactly_what_it_took(
        lines in some_ledger(),
        order in some_order(),
        (day, amount) in (0_i64..200, 1_i64..400_000),
    ) {
        let untouched = divide(&lines, order);
        let on = FIRST.saturating_add(day.days());
        let mut lines = lines;
        lines.push(paid(998, on, amount));
        lines.push(Line {
            reverses: Some(EntryId(998)),
            ..line(999, EntryKind::Reversal, on.saturating_add(3.days()), amount)
        });
        prop_assert_eq!(divide(&lines, order), untouched);
    }
}
