//! Promises to pay (承诺还款) and how they were kept.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::event::EventKind;
use crate::money::Fen;
use crate::words;

/// What a debtor promised: an amount by a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// The amount promised, above zero.
    pub amount: Fen,
    /// The day the promise was made; payments from this day on count.
    pub made_on: Date,
    /// The day by which it was to be paid.
    pub due_on: Date,
    /// Days after `due_on` in which payment in full is late, not broken: the
    /// workdays that the institution allows, counted out by its calendar.
    pub tolerance_days: u32,
}

words! {
    /// How a promise ended; only the daemon grades, never a script.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Grade {
        /// Not decided yet.
        Open = "open",
        /// Paid in full by the day promised (兑现).
        Kept = "kept",
        /// Paid in full after the day, within the tolerance (迟兑).
        Late = "late",
        /// Paid in part (部分兑现).
        Partial = "partial",
        /// Nothing was paid (爽约).
        Broken = "broken",
        /// Another promise took its place before its day had passed (改约).
        Replaced = "replaced",
    }
}

impl Grade {
    /// The event that tells the case, `None` while the promise is open.
    pub fn event(self) -> Option<EventKind> {
        match self {
            Self::Open | Self::Replaced => None,
            Self::Kept => Some(EventKind::PromiseKept),
            Self::Late => Some(EventKind::PromiseLate),
            Self::Partial => Some(EventKind::PromisePartial),
            Self::Broken => Some(EventKind::PromiseBroken),
        }
    }
}

impl Grade {
    /// Whether money that is dated in time and comes in later may better it.
    pub fn may_rise_to(self, other: Self) -> bool {
        let worth = |grade| match grade {
            Self::Broken => Some(0),
            Self::Partial => Some(1),
            Self::Late => Some(2),
            Self::Kept => Some(3),
            Self::Open | Self::Replaced => None,
        };
        matches!((worth(self), worth(other)), (Some(old), Some(new)) if old < new)
    }
}

impl Promise {
    /// The last day on which a payment still counts.
    pub fn last_day(&self) -> Date {
        self.due_on.saturating_add(i64::from(self.tolerance_days).days())
    }

    /// What was paid from the day of the promise to `until`, at least zero.
    ///
    /// `payments` are booking date and amount, reversals negative.
    pub fn paid_until(&self, payments: &[(Date, Fen)], until: Date) -> Fen {
        let counts = |on: Date| self.made_on <= on && on <= until;
        let sum: Fen = payments
            .iter()
            .filter(|payment| counts(payment.0))
            .map(|payment| payment.1)
            .sum();
        sum.max(Fen(0))
    }

    /// Grades the promise from real payments as of the morning of `today`.
    ///
    /// A promise paid in full in time is kept at once. Every other grade waits
    /// until the tolerance has run out, so that a payment on its last day
    /// still counts. Bookings after `today` are not looked at.
    pub fn grade(&self, payments: &[(Date, Fen)], today: Date) -> Grade {
        if self.amount <= self.paid_until(payments, self.due_on.min(today)) {
            return Grade::Kept;
        }
        if today <= self.last_day() {
            return Grade::Open;
        }
        let paid = self.paid_until(payments, self.last_day());
        if self.amount <= paid {
            Grade::Late
        } else if Fen(0) < paid {
            Grade::Partial
        } else {
            Grade::Broken
        }
    }
}

impl Promise {
    /// Grades a promise by what was paid until `today`, though its tolerance still runs:
    /// a new promise has taken its place. Money that comes in within the tolerance may
    /// better the grade. Before the day promised it is open unless it is kept.
    pub fn grade_so_far(&self, payments: &[(Date, Fen)], today: Date) -> Grade {
        let whole = self.grade(payments, today);
        if whole != Grade::Open || today <= self.due_on {
            return whole;
        }
        let paid = self.paid_until(payments, self.last_day().min(today));
        if self.amount <= paid {
            Grade::Late
        } else if Fen(0) < paid {
            Grade::Partial
        } else {
            Grade::Broken
        }
    }
}

/// Grades a promise; see [`Promise::grade`].
pub fn grade(promise: &Promise, payments: &[(Date, Fen)], today: Date) -> Grade {
    promise.grade(payments, today)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const PROMISE: Promise = Promise {
        amount: Fen(50_000),
        made_on: date(2026, 11, 10),
        due_on: date(2026, 11, 20),
        tolerance_days: 2,
    };

    #[test]
    fn the_grade_follows_amount_and_day() {
        let full = Fen(50_000);
        let cases = [
            ("paid before the promise", 9, full, 23, Grade::Broken),
            ("paid on the day of the promise", 10, full, 11, Grade::Kept),
            ("paid on the day promised", 20, full, 20, Grade::Kept),
            ("paid a day late, tolerance running", 21, full, 22, Grade::Open),
            ("paid a day late, tolerance over", 21, full, 23, Grade::Late),
            ("paid on the last day of the tolerance", 22, full, 23, Grade::Late),
            ("paid after the tolerance", 23, full, 24, Grade::Broken),
            ("paid in part", 15, Fen(1), 23, Grade::Partial),
            ("paid in part, tolerance running", 15, Fen(49_999), 22, Grade::Open),
            ("booked in the future", 20, full, 19, Grade::Open),
        ];
        for (what, paid_on, amount, today, expected) in cases {
            let payments = [(date(2026, 11, paid_on), amount)];
            let graded = PROMISE.grade(&payments, date(2026, 11, today));
            assert_eq!(graded, expected, "{what}");
        }
    }

    #[test]
    fn a_promise_that_another_has_overtaken_is_graded_by_what_was_paid_until_then() {
        let full = Fen(50_000);
        let table = [
            ("before its day", 15, Fen(1), 20, Grade::Open),
            ("nothing was paid", 23, full, 21, Grade::Broken),
            ("a part was paid", 15, Fen(1), 21, Grade::Partial),
            ("all was paid a day late", 21, full, 21, Grade::Late),
            ("all was paid in time", 20, full, 21, Grade::Kept),
            ("the tolerance is over", 21, full, 30, Grade::Late),
        ];
        for (what, paid_on, amount, today, expected) in table {
            let payments = [(date(2026, 11, paid_on), amount)];
            let graded = PROMISE.grade_so_far(&payments, date(2026, 11, today));
            assert_eq!(graded, expected, "{what}");
        }
    }

    #[test]
    fn a_reversed_payment_keeps_no_promise() {
        let payments =
            [(date(2026, 11, 12), Fen(50_000)), (date(2026, 11, 18), Fen(-50_000))];
        assert_eq!(PROMISE.grade(&payments, date(2026, 11, 23)), Grade::Broken);
    }

    proptest! {
        #[test]
        fn another_payment_never_makes_a_grade_worse(
            days in prop::collection::vec((1_i8..28, 0_i64..60_000), 0..5),
            extra in (1_i8..28, 0_i64..60_000),
        ) {
            let rank = |grade| match grade {
                Grade::Kept => 0,
                Grade::Late => 1,
                Grade::Partial => 2,
                Grade::Broken => 3,
                Grade::Open | Grade::Replaced => 4,
            };
            let today = date(2026, 12, 1);
            let mut payments: Vec<_> =
                days.into_iter().map(|(day, fen)| (date(2026, 11, day), Fen(fen))).collect();
            let before = PROMISE.grade(&payments, today);
            payments.push((date(2026, 11, extra.0), Fen(extra.1)));
            prop_assert!(rank(PROMISE.grade(&payments, today)) <= rank(before));
        }
    }
}
