//! The age of one ledger on any day (账龄): what fell due, what covered it, when.

use jiff::civil::Date;

use super::{AgeingBucket, days_past_due};
use crate::ledger::{Entry, EntryKind};
use crate::money::Fen;

/// One line of the ageing report for one case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Age {
    /// Age of the oldest item not fully covered.
    pub days: u32,
    /// The column it falls in.
    pub bucket: AgeingBucket,
    /// Everything due before the day and not covered, not the oldest item alone.
    pub overdue: Fen,
}

/// What fell due and what covered it, for one case: enough to age it on any day.
///
/// Payments and waivers, early ones too, cover items in the order of their due
/// dates; an item is settled on the first date it is fully covered. A reversal
/// takes its line back from the reversal's own date on, so that what was
/// read before it stays as it was read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Schedule {
    /// Due date and the sum of everything due up to and with it.
    dues: Vec<(Date, Fen)>,
    /// Booking date and the sum of everything received up to and with it.
    covers: Vec<(Date, Fen)>,
    /// Items among the dues that were taken back; nearly no debt has any.
    withdrawn: Vec<Withdrawn>,
}

/// A due item that was booked wrongly and taken back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Withdrawn {
    /// The day it was said to be due.
    pub due_on: Date,
    /// How much.
    pub amount: Fen,
    /// The day on which it was taken back; it counts until then.
    pub taken_back_on: Date,
}

impl Schedule {
    /// Builds the schedule from items and what covered them, in any order.
    ///
    /// Amounts received are positive, amounts taken back negative.
    pub fn new(
        dues: impl IntoIterator<Item = (Date, Fen)>,
        covers: impl IntoIterator<Item = (Date, Fen)>,
    ) -> Self {
        let withdrawn = Vec::new();
        Self { dues: running_sums(dues), covers: running_sums(covers), withdrawn }
    }

    /// The schedule in which some of its dues were taken back.
    #[must_use]
    pub fn without(mut self, withdrawn: impl IntoIterator<Item = Withdrawn>) -> Self {
        self.withdrawn.extend(withdrawn);
        self
    }

    /// Builds the schedule from a ledger whose reversals are those of payments
    /// and waivers; entries that do not age are ignored. What was taken back of
    /// the dues is told by [`Schedule::without`].
    pub fn of_ledger(entries: &[Entry]) -> Self {
        let dues = entries.iter().filter(|entry| entry.kind == EntryKind::Due);
        let covers =
            entries.iter().filter_map(|entry| Some((entry.booked_on, entry.covers()?)));
        Self::new(dues.map(|due| (due.booked_on, due.amount)), covers)
    }

    /// Whether any amount fell due before a day; a case without never ages.
    pub fn has_dues_before(&self, day: Date) -> bool {
        Fen(0) < covered_while(&self.dues, |due| due < day)
    }

    /// The oldest due date not fully covered by all that is booked, past or
    /// future; `None` when everything is covered.
    pub fn oldest_unpaid_on(&self) -> Option<Date> {
        self.oldest_uncovered(self.covers.last().map_or(Fen(0), |it| it.1), |_| true)
    }

    /// Days past due in the morning of a day, before that day's bookings.
    pub fn days_past_due_on(&self, morning: Date) -> u32 {
        let before = |booked| booked < morning;
        let covered = covered_while(&self.covers, before);
        let oldest = self.oldest_uncovered(covered, before);
        oldest.map_or(0, |due| days_past_due(due, morning))
    }

    /// The most days past due on any morning up to and with that of `as_of`.
    pub fn max_dpd(&self, as_of: Date) -> u32 {
        // Between two bookings the oldest unpaid item stays the same and only
        // ages, so the worst morning is the one of the next booking.
        let covers = self.covers.iter().map(|cover| cover.0);
        let bookings = covers.chain(self.withdrawn.iter().map(|it| it.taken_back_on));
        let readings = bookings
            .filter(|booking| *booking < as_of)
            .map(|booking| self.days_past_due_on(booking));
        readings.fold(self.days_past_due_on(as_of), u32::max)
    }

    /// What was due before `day` and not covered at its end; never negative.
    pub fn overdue_amount_at_end_of(&self, day: Date) -> Fen {
        let due = covered_while(&self.dues, |due| due < day);
        let withdrawn = self.withdrawn.iter();
        let withdrawn = withdrawn.filter(|it| it.due_on < day && it.taken_back_on <= day);
        let withdrawn: Fen = withdrawn.map(|it| it.amount).sum();
        let covered = covered_while(&self.covers, |booked| booked <= day);
        Fen::max(due - withdrawn - Fen::max(covered, Fen(0)), Fen(0))
    }

    /// The line of the ageing report at the end of `day`: items due before it,
    /// that day's bookings counted. `None` when nothing is overdue.
    pub fn age_at_end_of(&self, day: Date) -> Option<Age> {
        let by_evening = |booked| booked <= day;
        let covered = covered_while(&self.covers, by_evening);
        let days = days_past_due(self.oldest_uncovered(covered, by_evening)?, day);
        let bucket = AgeingBucket::of(days)?;
        Some(Age { days, bucket, overdue: self.overdue_amount_at_end_of(day) })
    }

    /// `counts` says of what day on a withdrawal is known.
    fn oldest_uncovered(
        &self,
        covered: Fen,
        counts: impl Fn(Date) -> bool,
    ) -> Option<Date> {
        let covered = Fen::max(covered, Fen(0));
        if self.withdrawn.is_empty() {
            let settled = self.dues.partition_point(|(_, sum)| *sum <= covered);
            return self.dues.get(settled).map(|due| due.0);
        }
        let less = |due_on| -> Fen {
            let known = self.withdrawn.iter().filter(|it| counts(it.taken_back_on));
            known.filter(|it| it.due_on <= due_on).map(|it| it.amount).sum()
        };
        let open = self.dues.iter().find(|(on, sum)| covered < *sum - less(*on));
        open.map(|it| it.0)
    }
}

/// Sorts by date and adds up; one element a date.
fn running_sums(items: impl IntoIterator<Item = (Date, Fen)>) -> Vec<(Date, Fen)> {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_by_key(|item| item.0);
    let mut sums: Vec<(Date, Fen)> = Vec::with_capacity(items.len());
    let mut sum = Fen(0);
    for (date, amount) in items {
        sum += amount;
        match sums.last_mut() {
            Some(last) if last.0 == date => last.1 = sum,
            _ => sums.push((date, sum)),
        }
    }
    sums
}

fn covered_while(sums: &[(Date, Fen)], counts: impl Fn(Date) -> bool) -> Fen {
    let n = sums.partition_point(|sum| counts(sum.0));
    n.checked_sub(1).and_then(|it| sums.get(it)).map_or(Fen(0), |it| it.1)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_payment_the_day_after_is_one_day_late() {
        let due = date(2026, 11, 20);
        let paid = date(2026, 11, 21);
        let schedule = Schedule::new([(due, Fen(100))], [(paid, Fen(100))]);
        assert_eq!(schedule.max_dpd(date(2026, 12, 31)), 1);
        assert_eq!(schedule.days_past_due_on(paid), 1);
        assert_eq!(schedule.age_at_end_of(paid), None);
        assert_eq!(schedule.oldest_unpaid_on(), None);
    }

    #[test]
    fn an_early_payment_covers_the_oldest_item_first() {
        let dues = [(date(2026, 2, 1), Fen(100)), (date(2026, 1, 1), Fen(100))];
        let schedule = Schedule::new(dues, [(date(2025, 12, 1), Fen(150))]);
        assert_eq!(schedule.oldest_unpaid_on(), Some(date(2026, 2, 1)));
        assert_eq!(schedule.days_past_due_on(date(2026, 2, 1)), 0);
        assert_eq!(schedule.days_past_due_on(date(2026, 2, 4)), 3);
        let age = schedule.age_at_end_of(date(2026, 2, 4)).unwrap();
        assert_eq!((age.days, age.overdue), (3, Fen(50)));
    }

    #[test]
    fn a_reversal_takes_a_payment_back_from_its_own_date_on() {
        let entry = |kind, day, amount| Entry {
            kind,
            booked_on: date(2026, 1, day),
            amount: Fen(amount),
        };
        let schedule = Schedule::of_ledger(&[
            entry(EntryKind::Open, 1, 100),
            entry(EntryKind::Due, 10, 100),
            entry(EntryKind::Payment, 12, 100),
            entry(EntryKind::Reversal, 20, 100),
            entry(EntryKind::Waiver, 25, 100),
        ]);
        let mornings =
            [(10, 0), (11, 1), (12, 2), (13, 0), (20, 0), (21, 11), (25, 15), (26, 0)];
        for (day, dpd) in mornings {
            let morning = date(2026, 1, day);
            assert_eq!(schedule.days_past_due_on(morning), dpd, "morning of {morning}");
        }
        assert_eq!(schedule.max_dpd(date(2026, 1, 20)), 2);
        assert_eq!(schedule.max_dpd(date(2026, 1, 31)), 15);
    }

    #[test]
    fn a_due_item_taken_back_counts_until_that_day() {
        let (wrong, right) = (date(2026, 1, 5), date(2026, 1, 20));
        let taken_back_on = date(2026, 1, 15);
        let schedule = Schedule::new([(wrong, Fen(100)), (right, Fen(100))], [])
            .without([Withdrawn { due_on: wrong, amount: Fen(100), taken_back_on }]);
        let mornings = [(5, 0), (6, 1), (15, 10), (16, 0), (20, 0), (21, 1)];
        for (day, dpd) in mornings {
            let morning = date(2026, 1, day);
            assert_eq!(schedule.days_past_due_on(morning), dpd, "morning of {morning}");
        }
        let evenings = [(5, 0), (6, 100), (14, 100), (15, 0), (21, 100)];
        for (day, fen) in evenings {
            let overdue = schedule.overdue_amount_at_end_of(date(2026, 1, day));
            assert_eq!(overdue, Fen(fen), "evening of January {day}");
        }
        assert_eq!(schedule.age_at_end_of(taken_back_on), None);
        assert_eq!(schedule.oldest_unpaid_on(), Some(right));
        assert_eq!(schedule.max_dpd(date(2026, 1, 25)), 10);
    }

    #[test]
    fn a_case_with_no_due_amount_never_ages() {
        let schedule = Schedule::new([], [(date(2026, 1, 1), Fen(-100))]);
        assert!(!schedule.has_dues_before(day(9_999)));
        assert_eq!(schedule.max_dpd(date(2030, 1, 1)), 0);
        assert_eq!(schedule.age_at_end_of(date(2030, 1, 1)), None);
    }

    /// The same figures, found by walking through every day.
    struct Naive<'a> {
        dues: &'a [(Date, Fen)],
        covers: &'a [(Date, Fen)],
    }

    impl Naive<'_> {
        /// What is left of each item when bookings that `counts` have covered.
        fn left(&self, counts: impl Fn(Date) -> bool) -> Vec<(Date, i64)> {
            let mut dues: Vec<_> = self.dues.iter().map(|due| (due.0, due.1.0)).collect();
            dues.sort_by_key(|due| due.0);
            let mut money: i64 = self
                .covers
                .iter()
                .filter(|cover| counts(cover.0))
                .map(|cover| cover.1.0)
                .sum();
            for item in &mut dues {
                while 0 < item.1 && 0 < money {
                    item.1 -= 1;
                    money -= 1;
                }
            }
            dues.retain(|due| 0 < due.1);
            dues
        }

        fn dpd(&self, day: Date, counts: impl Fn(Date) -> bool) -> u32 {
            let left = self.left(counts);
            left.first().map_or(0, |it| days_past_due(it.0, day))
        }
    }

    fn day(n: i32) -> Date {
        date(2026, 1, 1).saturating_add(n.days())
    }

    fn items(
        amounts: std::ops::Range<i64>,
        most: usize,
    ) -> impl Strategy<Value = Vec<(Date, Fen)>> {
        let item = (0_i32..60, amounts).prop_map(|(on, amount)| (day(on), Fen(amount)));
        prop::collection::vec(item, 0..most)
    }

    proptest! {
        #[test]
        fn ageing_agrees_with_a_walk_through_every_day(
            dues in items(0..20, 6),
            covers in items(-10..25, 8),
            last in 0_i32..75,
        ) {
            let naive = Naive { dues: &dues, covers: &covers };
            let schedule = Schedule::new(dues.clone(), covers.clone());
            let mut worst = 0;
            for n in 0..=last {
                let today = day(n);
                let morning = naive.dpd(today, |booked| booked < today);
                worst = worst.max(morning);
                prop_assert_eq!(schedule.days_past_due_on(today), morning);
                prop_assert_eq!(schedule.max_dpd(today), worst);

                let evening = naive.dpd(today, |booked| booked <= today);
                let age = schedule.age_at_end_of(today);
                prop_assert_eq!(age.map_or(0, |it| it.days), evening);
                let overdue: i64 = naive
                    .left(|booked| booked <= today)
                    .iter()
                    .filter(|it| it.0 < today)
                    .map(|it| it.1)
                    .sum();
                prop_assert_eq!(schedule.overdue_amount_at_end_of(today), Fen(overdue));
            }
            let all = naive.left(|_| true);
            prop_assert_eq!(schedule.oldest_unpaid_on(), all.first().map(|it| it.0));
        }

        #[test]
        fn the_order_of_the_lines_does_not_matter(
            dues in items(0..20, 6),
            covers in items(0..25, 8),
        ) {
            let straight = Schedule::new(dues.clone(), covers.clone());
            let turned =
                Schedule::new(dues.into_iter().rev(), covers.into_iter().rev());
            prop_assert_eq!(straight, turned);
        }
    }
}
