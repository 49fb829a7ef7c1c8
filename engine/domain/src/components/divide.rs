//! How a payment that nobody has divided is divided (抵充顺序): by the order of payment,
//! from the oldest due day to the newest.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Component, Components, Divided, PaymentOrder};
use crate::ids::EntryId;
use crate::ledger::EntryKind;
use crate::money::Fen;

/// A line of the ledger with what is known of its parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    /// Its number.
    pub entry: EntryId,
    /// What it books.
    pub kind: EntryKind,
    /// The booking date; for a due item the date it falls due.
    pub on: Date,
    /// How much.
    pub amount: Fen,
    /// The line that a reversal takes back.
    pub reverses: Option<EntryId>,
    /// What it consists of, where that was given.
    pub parts: Option<Components>,
}

/// Something that is owed: a due item, a cost or a penalty.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Charge {
    /// The line that charges it.
    pub entry: EntryId,
    /// The day it falls due, or was charged.
    pub on: Date,
    /// What of it was charged.
    pub charged: Components,
    /// What of it is not paid.
    pub open: Components,
}

/// A ledger by what its lines consist of.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Division {
    /// What is owed, by day and number.
    pub charges: Vec<Charge>,
    /// Payments and waivers, by day and number.
    pub covers: Vec<Divided>,
}

impl Division {
    /// What fell due, or was charged, before a day and is not paid.
    pub fn owed_before(&self, day: Date) -> Components {
        self.owed(|it| it.on < day)
    }

    /// Everything that is not paid, whenever it falls due.
    pub fn owed_at_any_time(&self) -> Components {
        self.owed(|_| true)
    }

    fn owed(&self, counts: impl Fn(&Charge) -> bool) -> Components {
        let open =
            self.charges.iter().filter(|charge| counts(charge)).map(|charge| charge.open);
        open.fold(Components::NOTHING, |sum, it| sum + it)
    }
}

/// Divides a ledger. Lines that were taken back, and what took them back, count for
/// nothing. A payment that was divided counts as it was; any other goes to what has
/// fallen due by its day, in this order and there from the oldest to the newest, and
/// what is left of it to the instalments that come, one after the other.
///
/// `None` where a due item does not say what it consists of, or nothing is due at all:
/// then nobody knows what is owed of what.
///
/// Source: Civil Code, articles 560 and 561.
pub fn divide(lines: &[Line], order: PaymentOrder) -> Option<Division> {
    let taken_back: BTreeSet<EntryId> =
        lines.iter().filter_map(|line| line.reverses).collect();
    let mut standing: Vec<&Line> = lines
        .iter()
        .filter(|line| line.reverses.is_none() && !taken_back.contains(&line.entry))
        .filter(|line| Fen(0) < line.amount)
        .collect();
    standing.sort_by_key(|it| (it.on, it.entry));
    let mut charges = Vec::new();
    for line in &standing {
        if let Some(charged) = charged(line)? {
            charges.push(Charge {
                entry: line.entry,
                on: line.on,
                charged,
                open: charged,
            });
        }
    }
    standing.iter().find(|it| it.kind == EntryKind::Due)?;
    let covers = standing
        .iter()
        .filter(|it| matches!(it.kind, EntryKind::Payment | EntryKind::Waiver));
    let covers = covers.map(|it| cover(it, &mut charges, order)).collect();
    Some(Division { charges, covers })
}

/// What a line charges. `None` where it charges something of which nobody says what it
/// is; what was opened falls due by and by, and is no charge of its own.
#[expect(clippy::option_option, reason = "no charge is not an unknown one")]
fn charged(line: &Line) -> Option<Option<Components>> {
    let only = |component| Components::only(component, line.amount);
    match line.kind {
        EntryKind::Due => line.parts.map(Some),
        EntryKind::Fee => Some(Some(only(Component::Cost))),
        EntryKind::Penalty => Some(Some(only(Component::Penalty))),
        EntryKind::Open
        | EntryKind::Payment
        | EntryKind::Waiver
        | EntryKind::Reversal => Some(None),
    }
}

fn cover(line: &Line, charges: &mut [Charge], order: PaymentOrder) -> Divided {
    let divided = |parts, beyond, given| Divided {
        entry: line.entry,
        on: line.on,
        parts,
        beyond,
        given,
    };
    if let Some(parts) = line.parts {
        let left = Component::ALL.map(|it| take(charges, it, parts.of(it)));
        return divided(parts, left.into_iter().sum(), true);
    }
    let ahead = charges.partition_point(|charge| charge.on <= line.on);
    let (due, coming) = charges.split_at_mut(ahead);
    let mut left = line.amount;
    let mut parts = Components::NOTHING;
    for portion in std::iter::once(due).chain(coming.chunks_mut(1)) {
        if left == Fen(0) {
            break;
        }
        for component in order.components() {
            let before = left;
            left = take(portion, component, left);
            parts += Components::only(component, before - left);
        }
    }
    divided(parts, left, false)
}

/// Takes an amount off what is open of one kind, from the oldest day on; answers what is
/// left of it.
fn take(charges: &mut [Charge], component: Component, amount: Fen) -> Fen {
    let mut left = amount;
    for charge in charges {
        if left == Fen(0) {
            break;
        }
        let paid = charge.open.of(component).min(left);
        charge.open = charge.open - Components::only(component, paid);
        left = left - paid;
    }
    left
}

#[cfg(test)]
mod tests;
