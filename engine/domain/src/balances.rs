//! Balances of a bank's list (余额对账): what has to be booked so that the ledger says
//! what the list says.
//!
//! A list tells what is owed and since when, not what happened. What it tells of a
//! loan that nobody knows opens its ledger; what it tells later is compared with the
//! ledger, and the difference is booked. A balance that has fallen without a payment
//! on record is a payment that was inferred.

use jiff::civil::Date;

use crate::ids::EntryId;
use crate::money::Fen;

/// What a list says of one loan.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Listed {
    /// Still owed in all, where the list says it.
    pub balance: Option<Fen>,
    /// What is overdue, where the list says it.
    pub overdue: Option<Overdue>,
}

/// What is overdue by a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Overdue {
    /// How much; zero says that nothing is.
    pub amount: Fen,
    /// The day on which the oldest of it fell due.
    pub since: Date,
    /// The list names that day. Otherwise it was reckoned from days past due, of
    /// which nobody knows exactly when they were counted.
    pub exact: bool,
}

/// The ledger of one loan at the end of the list's day.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// Still owed in all.
    pub balance: Fen,
    /// What covers dues: payments and waivers.
    pub covered: Fen,
    /// The due items up to that day, in any order.
    pub dues: Vec<Item>,
    /// The day of the list before this one.
    pub listed_on: Option<Date>,
    /// What a list of this very day has booked of the balance, where another list of
    /// the day is to take its place.
    pub listed: Vec<Movement>,
    /// The due items that such a list has booked.
    pub listed_due: Fen,
}

/// A line by which a list brought the balance to what it said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Movement {
    /// The line.
    pub item: Item,
    /// It said that more is owed; otherwise it inferred a payment.
    pub is_open: bool,
}

/// A due item on record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Item {
    /// Its number in the ledger.
    pub entry: EntryId,
    /// The day on which it fell due.
    pub due_on: Date,
    /// How much.
    pub amount: Fen,
}

/// One line to book.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Booking {
    /// More is owed than was known.
    Open(Fen),
    /// Less is owed than was known, and nobody has told of a payment.
    Payment(Fen),
    /// This much fell due on a day.
    Due(Fen, Date),
    /// What was overdue before has grown by this much up to a day: by interest, or by a
    /// part whose day the list does not name. No limitation period runs later for it.
    Grown(Fen, Date),
    /// A due item was not what it seemed.
    TakeBack(Item),
    /// What a list of this day said of the balance was corrected by another.
    Correct(Item),
}

/// Days by which a day reckoned from days past due may lie behind the one on
/// record and still be the same: a list of Friday is imported on Monday.
const WEEKEND_DAYS: i32 = 3;

/// What has to be booked so that a ledger says what a list says.
pub fn reconcile(standing: &Standing, listed: &Listed) -> Vec<Booking> {
    let mut dues = standing.dues.clone();
    dues.sort_by_key(|due| (due.due_on, due.entry));
    let due: Fen = dues.iter().map(|due| due.amount).sum();
    let mut covered = Fen::max(standing.covered, Fen(0));
    let mut bookings = Vec::new();
    // Two lists of one day cannot both be right: the later one corrects the other,
    // and nobody has paid the difference.
    let mut balance = standing.balance;
    for it in standing.corrected_by(listed, due - covered) {
        balance += if it.is_open { -it.item.amount } else { it.item.amount };
        covered += if it.is_open { Fen(0) } else { -it.item.amount };
        bookings.push(Booking::Correct(it.item));
    }
    covered = Fen::max(covered, Fen(0));
    let fallen = match (listed.balance, listed.overdue) {
        (Some(told), _) => balance - told,
        (None, Some(overdue)) => {
            let due = due - standing.listed_due;
            Fen::max(due - covered - overdue.amount, Fen(0))
        }
        (None, None) => Fen(0),
    };
    if Fen(0) < fallen {
        bookings.push(Booking::Payment(fallen));
        covered += fallen;
    } else if fallen < Fen(0) {
        bookings.push(Booking::Open(-fallen));
    }
    if let Some(overdue) = listed.overdue {
        let ledger = Ledger { dues: &dues, due, covered };
        bookings.extend(ledger.age_as(overdue, standing.listed_on));
    }
    bookings
}

impl Standing {
    /// What a list says that agrees with this ledger.
    pub fn as_listed(&self) -> Listed {
        let mut dues = self.dues.clone();
        dues.sort_by_key(|due| (due.due_on, due.entry));
        let due: Fen = dues.iter().map(|due| due.amount).sum();
        let covered = Fen::max(self.covered, Fen(0));
        let ledger = Ledger { dues: &dues, due, covered };
        let oldest = ledger.oldest_unpaid_on();
        let overdue = dues.last().map(|last| Overdue {
            amount: Fen::max(due - covered, Fen(0)),
            since: oldest.unwrap_or(last.due_on),
            exact: true,
        });
        Listed { balance: Some(self.balance), overdue }
    }

    /// What a list of this day has booked that does not stand beside what another
    /// list of the day says. A list without balances says nothing of what was opened.
    fn corrected_by(&self, listed: &Listed, open: Fen) -> Vec<Movement> {
        let differs = match (listed.balance, listed.overdue) {
            (Some(told), _) => self.balance != told,
            (None, Some(overdue)) => open != overdue.amount,
            (None, None) => false,
        };
        let touched = |it: &&Movement| listed.balance.is_some() || !it.is_open;
        self.listed.iter().filter(|_| differs).filter(touched).copied().collect()
    }
}

/// The dues of a loan in order, their sum, and what covers them.
#[derive(Clone, Copy)]
struct Ledger<'a> {
    dues: &'a [Item],
    due: Fen,
    covered: Fen,
}

impl Ledger<'_> {
    /// What has to be booked so that so much is overdue since that day.
    fn age_as(self, wanted: Overdue, listed_on: Option<Date>) -> Vec<Booking> {
        let open = Fen::max(self.due - self.covered, Fen(0));
        let oldest = self.oldest_unpaid_on();
        if wanted.amount == Fen(0) && open == Fen(0) {
            return Vec::new();
        }
        let same_day = oldest.is_some_and(|oldest| is_same_day(oldest, wanted));
        if same_day && open == wanted.amount {
            return Vec::new();
        }
        if same_day && open < wanted.amount {
            // It fell due after the list before this one, which did not have it.
            let oldest = oldest.unwrap_or(wanted.since);
            let on = listed_on.map_or(oldest, |it| it.max(oldest));
            return vec![Booking::Grown(wanted.amount - open, on)];
        }
        let later = self.dues.iter().any(|due| wanted.since < due.due_on);
        if open == Fen(0) && !later {
            let ahead = Fen::max(self.covered - self.due, Fen(0));
            return vec![Booking::Due(wanted.amount + ahead, wanted.since)];
        }
        self.replace(wanted)
    }

    fn oldest_unpaid_on(self) -> Option<Date> {
        let mut so_far = Fen(0);
        let unpaid = self.dues.iter().find(|due| {
            so_far += due.amount;
            self.covered < so_far
        });
        unpaid.map(|unpaid| unpaid.due_on)
    }

    /// Keeps what is covered and older than the list says, and puts one item in
    /// the place of all others.
    fn replace(self, wanted: Overdue) -> Vec<Booking> {
        let mut kept = Fen(0);
        let mut gone = Vec::new();
        for item in self.dues {
            let older = wanted.amount == Fen(0) || item.due_on < wanted.since;
            if gone.is_empty() && older && kept + item.amount <= self.covered {
                kept += item.amount;
            } else {
                gone.push(*item);
            }
        }
        let on = match gone.first() {
            Some(first) if wanted.amount == Fen(0) => first.due_on,
            _ => wanted.since,
        };
        let amount = self.covered - kept + wanted.amount;
        let mut bookings: Vec<Booking> =
            gone.into_iter().map(Booking::TakeBack).collect();
        if Fen(0) < amount {
            bookings.push(Booking::Due(amount, on));
        }
        bookings
    }
}

fn is_same_day(on_record: Date, wanted: Overdue) -> bool {
    let days = (wanted.since - on_record).get_days();
    days == 0 || (!wanted.exact && (0..=WEEKEND_DAYS).contains(&days))
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn day(n: i32) -> Date {
        date(2026, 1, 1).saturating_add(n.days())
    }

    fn listed(balance: i64, amount: i64, since: Date) -> Listed {
        let overdue = Overdue { amount: Fen(amount), since, exact: true };
        Listed { balance: Some(Fen(balance)), overdue: Some(overdue) }
    }

    /// The ledger once the bookings stand in it.
    fn booked(standing: &Standing, bookings: &[Booking]) -> Standing {
        let mut after = standing.clone();
        for (nth, booking) in (1_000..).zip(bookings) {
            match *booking {
                Booking::Open(amount) => after.balance += amount,
                Booking::Payment(amount) => {
                    after.balance += -amount;
                    after.covered += amount;
                }
                Booking::Due(amount, due_on) | Booking::Grown(amount, due_on) => {
                    after.dues.push(Item { entry: EntryId(nth), due_on, amount });
                }
                Booking::TakeBack(item) => after.dues.retain(|due| *due != item),
                Booking::Correct(item) => {
                    let at = after.listed.iter().position(|it| it.item == item);
                    let gone = after.listed.remove(at.expect("it was listed"));
                    if gone.is_open {
                        after.balance += -item.amount;
                    } else {
                        after.balance += item.amount;
                        after.covered += -item.amount;
                    }
                }
            }
        }
        after
    }

    /// What is overdue, and since when.
    fn age(standing: &Standing) -> (Fen, Option<Date>) {
        let mut dues = standing.dues.clone();
        dues.sort_by_key(|due| due.due_on);
        let due: Fen = dues.iter().map(|due| due.amount).sum();
        let covered = Fen::max(standing.covered, Fen(0));
        let ledger = Ledger { dues: &dues, due, covered };
        (Fen::max(due - covered, Fen(0)), ledger.oldest_unpaid_on())
    }

    #[test]
    fn a_loan_that_nobody_knows_is_opened_as_the_list_has_it() {
        let bookings = reconcile(&Standing::default(), &listed(500_000, 105_000, day(0)));
        let opening = [Booking::Open(Fen(500_000)), Booking::Due(Fen(105_000), day(0))];
        assert_eq!(bookings, opening);
        let paid_up = reconcile(&Standing::default(), &listed(500_000, 0, day(0)));
        assert_eq!(paid_up, [Booking::Open(Fen(500_000))]);
    }

    #[test]
    fn a_balance_that_fell_is_a_payment_that_was_inferred() {
        let opening = reconcile(&Standing::default(), &listed(500_000, 105_000, day(0)));
        let before = booked(&Standing::default(), &opening);
        let cured = reconcile(&before, &listed(395_000, 0, day(0)));
        assert_eq!(cured, [Booking::Payment(Fen(105_000))]);
    }

    #[test]
    fn a_list_that_corrects_another_of_its_day_infers_no_payment_from_it() {
        let movement = |entry, amount, is_open| Movement {
            item: Item { entry: EntryId(entry), due_on: day(10), amount: Fen(amount) },
            is_open,
        };
        let opened = movement(1, 400_000, true);
        let paid = movement(2, 396_000, false);
        let table = [
            // What was opened too high, and too low.
            (
                400_000,
                0,
                vec![opened],
                40_000,
                vec![Booking::Correct(opened.item), Booking::Open(Fen(40_000))],
            ),
            (
                400_000,
                0,
                vec![opened],
                500_000,
                vec![Booking::Correct(opened.item), Booking::Open(Fen(500_000))],
            ),
            // A payment that was inferred from a slip: the rest of it was paid.
            (
                4_000,
                396_000,
                vec![paid],
                40_000,
                vec![Booking::Correct(paid.item), Booking::Payment(Fen(360_000))],
            ),
            // The same list again, and one of another day.
            (400_000, 0, vec![opened], 400_000, vec![]),
            (400_000, 0, vec![], 40_000, vec![Booking::Payment(Fen(360_000))]),
        ];
        for (balance, covered, of_the_day, told, expected) in table {
            let standing = Standing {
                balance: Fen(balance),
                covered: Fen(covered),
                listed: of_the_day,
                ..Standing::default()
            };
            let listed = Listed { balance: Some(Fen(told)), overdue: None };
            let bookings = reconcile(&standing, &listed);
            assert_eq!(bookings, expected, "{balance} {told}");
            let after = booked(&standing, &bookings);
            assert_eq!(after.balance, Fen(told), "{balance} {told}");
        }
    }

    #[test]
    fn a_corrected_list_without_balances_infers_no_payment_either() {
        let first = Item { entry: EntryId(1), due_on: day(0), amount: Fen(10_000) };
        let standing = |listed_due, covered, listed| Standing {
            dues: vec![first],
            covered: Fen(covered),
            listed,
            listed_due: Fen(listed_due),
            ..Standing::default()
        };
        let item = Item { entry: EntryId(2), due_on: day(10), amount: Fen(5_000) };
        let paid = vec![Movement { item, is_open: false }];
        let overdue = |amount| Listed {
            balance: None,
            overdue: Some(Overdue { amount: Fen(amount), since: day(0), exact: true }),
        };
        let corrected = reconcile(&standing(10_000, 0, vec![]), &overdue(4_000));
        assert_eq!(
            corrected,
            [Booking::TakeBack(first), Booking::Due(Fen(4_000), day(0)),]
        );
        let less = reconcile(&standing(0, 5_000, paid), &overdue(8_000));
        assert_eq!(less, [Booking::Correct(item), Booking::Payment(Fen(2_000))]);
        let next_day = reconcile(&standing(0, 0, vec![]), &overdue(4_000));
        assert_eq!(next_day, [Booking::Payment(Fen(6_000))]);
    }

    #[test]
    fn what_fell_due_since_the_list_before_is_dated_behind_it() {
        let opening = reconcile(&Standing::default(), &listed(500_000, 100_000, day(0)));
        let listed_on = Some(day(10));
        let before = Standing { listed_on, ..booked(&Standing::default(), &opening) };
        let more = reconcile(&before, &listed(500_000, 150_000, day(0)));
        assert_eq!(more, [Booking::Grown(Fen(50_000), day(10))]);
    }

    #[test]
    fn a_day_reckoned_over_a_weekend_is_the_day_on_record() {
        let opening = reconcile(&Standing::default(), &listed(500_000, 100_000, day(0)));
        let before = booked(&Standing::default(), &opening);
        let on_monday = |days, exact| Listed {
            balance: Some(Fen(500_000)),
            overdue: Some(Overdue { amount: Fen(100_000), since: day(days), exact }),
        };
        assert_eq!(reconcile(&before, &on_monday(3, false)), []);
        assert_ne!(reconcile(&before, &on_monday(4, false)), []);
        assert_ne!(reconcile(&before, &on_monday(3, true)), []);
        assert_ne!(reconcile(&before, &on_monday(-1, false)), []);
    }

    prop_compose! {
        fn any_standing()(
            balance in 0_i64..100_000,
            covered in 0_i64..50_000,
            dues in prop::collection::vec((0_i32..60, 1_i64..30_000), 0..6),
            listed_on in prop::option::of(0_i32..60),
        ) -> Standing {
            let dues = (1..).zip(dues).map(|(entry, (on, amount))| Item {
                entry: EntryId(entry),
                due_on: day(on),
                amount: Fen(amount),
            });
            Standing {
                balance: Fen(balance),
                covered: Fen(covered),
                dues: dues.collect(),
                listed_on: listed_on.map(day),
                listed: Vec::new(),
                listed_due: Fen(0),
            }
        }
    }

    proptest! {
        #[test]
        fn a_list_that_agrees_with_the_ledger_adds_nothing_and_is_kept_whatever_is_paid(
            standing in any_standing(),
            paid in -50_000_i64..50_000,
        ) {
            let listed = standing.as_listed();
            prop_assert_eq!(reconcile(&standing, &listed), []);
            let was = age(&standing);
            // No more is taken back than was paid.
            let paid = Fen(paid.max(-standing.covered.0));
            let moved = Standing {
                balance: standing.balance - paid,
                covered: standing.covered + paid,
                ..standing
            };
            let after = booked(&moved, &reconcile(&moved, &listed));
            prop_assert_eq!(Some(after.balance), listed.balance);
            prop_assert_eq!(age(&after), was);
        }

        #[test]
        fn the_ledger_says_what_the_list_says_and_the_same_list_adds_nothing(
            standing in any_standing(),
            balance in 0_i64..100_000,
            amount in 0_i64..50_000,
            since in 0_i32..60,
        ) {
            let listed = listed(balance, amount, day(since));
            let after = booked(&standing, &reconcile(&standing, &listed));
            prop_assert_eq!(after.balance, Fen(balance));
            let (overdue, oldest) = age(&after);
            prop_assert_eq!(overdue, Fen(amount));
            if 0 < amount {
                prop_assert_eq!(oldest, Some(day(since)));
            }
            prop_assert_eq!(reconcile(&after, &listed), []);
        }

        #[test]
        fn a_list_without_balances_leaves_the_overdue_amount_right(
            standing in any_standing(),
            amount in 0_i64..50_000,
            since in 0_i32..60,
        ) {
            let overdue = Overdue { amount: Fen(amount), since: day(since), exact: true };
            let listed = Listed { balance: None, overdue: Some(overdue) };
            let after = booked(&standing, &reconcile(&standing, &listed));
            prop_assert_eq!(age(&after).0, Fen(amount));
            prop_assert_eq!(reconcile(&after, &listed), []);
        }
    }
}
