//! The ledger of a case (账目): every amount that was ever booked.

use std::ops::AddAssign;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::money::Fen;
use crate::words;

/// Payments of the same amount booked so many days apart may be one, or so many workdays
/// where that is longer.
pub const NEAR_DAYS: i32 = 3;

words! {
    /// What a line of the ledger books.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum EntryKind {
        /// The debt as it was taken over (放款/立案金额).
        Open = "open",
        /// An amount falls due on a date (到期应还).
        Due = "due",
        /// Money received (还款).
        Payment = "payment",
        /// A cost charged to the debtor (费用).
        Fee = "fee",
        /// Penalty interest (罚息).
        Penalty = "penalty",
        /// Given up by the institution (减免): covers dues, is not collected.
        Waiver = "waiver",
        /// Takes back one line of any other kind (冲正): a payment that was none,
        /// a due item or a waiver that was booked wrongly.
        Reversal = "reversal",
    }
}

words! {
    /// Whose money a payment was (付款人), where whoever took it knows.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Payer {
        /// The borrower's, or that of whoever signed with them (借款人).
        Borrower = "borrower",
        /// The guarantor's (保证人).
        Guarantor = "guarantor",
        /// That of somebody who owes nothing (第三人): paid of their own will, it is
        /// taken as paid for the debtor (Civil Code 524).
        ThirdParty = "third_party",
    }
}

/// One line, as far as money and ageing need it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What it books.
    pub kind: EntryKind,
    /// The booking date; for a due item the date it falls due.
    pub booked_on: Date,
    /// How much. A reversal carries the amount of the line it takes back,
    /// positive like that line.
    pub amount: Fen,
}

impl Entry {
    /// How much of the dues the line covers: positive for a payment or waiver,
    /// negative for a reversal of one, `None` for lines that cover nothing.
    pub fn covers(&self) -> Option<Fen> {
        match self.kind {
            EntryKind::Payment | EntryKind::Waiver => Some(self.amount),
            EntryKind::Reversal => Some(-self.amount),
            EntryKind::Open | EntryKind::Due | EntryKind::Fee | EntryKind::Penalty => {
                None
            }
        }
    }
}

/// What the lines of a ledger come to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// The debt as taken over.
    pub opened: Fen,
    /// Everything that falls due at any time.
    pub due: Fen,
    /// Received, reversals taken off.
    pub paid: Fen,
    /// Costs charged.
    pub fee: Fen,
    /// Penalty interest.
    pub penalty: Fen,
    /// Given up.
    pub waived: Fen,
}

impl Totals {
    /// Adds up a ledger; the order of the lines does not matter.
    pub fn of_ledger<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut totals = Self::default();
        entries.into_iter().for_each(|entry| totals.book(entry.kind, entry.amount));
        totals
    }

    /// Takes back one line of this kind.
    pub fn take_back(&mut self, kind: EntryKind, amount: Fen) {
        self.book(kind, -amount);
    }

    /// Adds one line; a reversal is one of a payment.
    pub fn book(&mut self, kind: EntryKind, amount: Fen) {
        match kind {
            EntryKind::Open => self.opened += amount,
            EntryKind::Due => self.due += amount,
            EntryKind::Payment => self.paid += amount,
            EntryKind::Fee => self.fee += amount,
            EntryKind::Penalty => self.penalty += amount,
            EntryKind::Waiver => self.waived += amount,
            EntryKind::Reversal => self.paid += -amount,
        }
    }

    /// Still owed in all: open, fee and penalty less what was paid or waived.
    ///
    /// Negative when the debtor has paid too much: shown, never chased.
    pub fn balance(&self) -> Fen {
        self.opened + self.fee + self.penalty - self.paid - self.waived
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.opened += other.opened;
        self.due += other.due;
        self.paid += other.paid;
        self.fee += other.fee;
        self.penalty += other.penalty;
        self.waived += other.waived;
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn any_entry() -> impl Strategy<Value = Entry> {
        (0_usize..7, 0_i64..1_000_000).prop_map(|(kind, amount)| Entry {
            kind: EntryKind::ALL[kind],
            booked_on: date(2026, 1, 1),
            amount: Fen(amount),
        })
    }

    proptest! {
        #[test]
        fn two_halves_of_a_ledger_sum_to_the_whole(
            entries in prop::collection::vec(any_entry(), 0..40),
            cut in 0_usize..40,
        ) {
            let (left, right) = entries.split_at(cut.min(entries.len()));
            let mut sum = Totals::of_ledger(left);
            sum += Totals::of_ledger(right);
            prop_assert_eq!(sum, Totals::of_ledger(&entries));
        }

        #[test]
        fn the_balance_is_what_was_charged_less_what_was_covered(
            entries in prop::collection::vec(any_entry(), 0..40),
        ) {
            let charged: Fen = entries
                .iter()
                .filter(|entry| matches!(entry.kind, EntryKind::Open | EntryKind::Fee | EntryKind::Penalty))
                .map(|entry| entry.amount)
                .sum();
            let covered: Fen = entries.iter().filter_map(Entry::covers).sum();
            prop_assert_eq!(Totals::of_ledger(&entries).balance(), charged - covered);
        }
    }

    #[test]
    fn every_kind_is_read_back_from_its_word() {
        for kind in EntryKind::ALL {
            assert_eq!(EntryKind::parse(kind.as_str()), Some(kind), "{kind}");
        }
        assert_eq!(EntryKind::parse("gift"), None);
    }

    #[test]
    fn a_line_of_any_kind_that_is_taken_back_leaves_nothing_behind() {
        for kind in EntryKind::ALL.into_iter().filter(|it| *it != EntryKind::Reversal) {
            let mut totals = Totals::default();
            totals.book(kind, Fen(20_000));
            totals.take_back(kind, Fen(20_000));
            assert_eq!(totals, Totals::default(), "{kind}");
        }
    }

    #[test]
    fn a_reversed_payment_leaves_the_balance_as_it_was() {
        let mut totals = Totals::default();
        totals.book(EntryKind::Open, Fen(50_000));
        totals.book(EntryKind::Payment, Fen(20_000));
        totals.book(EntryKind::Reversal, Fen(20_000));
        assert_eq!(totals.balance(), Fen(50_000));
        assert_eq!(totals.paid, Fen(0));
    }
}
