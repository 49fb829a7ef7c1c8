//! What money consists of (款项构成): principal, interest, penalty interest and costs, as
//! the bank gives them or as the order of payment divides them.

use std::ops::{Add, AddAssign, Sub};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::conduct::PolicyPack;
use crate::ids::EntryId;
use crate::money::Fen;
use crate::words;

mod divide;

pub use divide::{Charge, Division, Line, divide};

words! {
    /// What a sum is owed for.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Component {
        /// What was lent (本金).
        Principal = "principal",
        /// Interest by the contract (利息).
        Interest = "interest",
        /// Penalty and compound interest, and agreed damages (罚息、复利、违约金).
        Penalty = "penalty",
        /// What it cost to enforce the claim: court fees, notices, a lawyer (实现债权的费用).
        Cost = "cost",
    }
}

/// A sum by what it consists of. Each part is an amount in fen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Components {
    /// Principal (本金).
    pub principal: Fen,
    /// Interest (利息).
    pub interest: Fen,
    /// Penalty interest (罚息).
    pub penalty: Fen,
    /// Costs (费用).
    pub cost: Fen,
}

impl Components {
    /// Nothing of anything.
    pub const NOTHING: Self =
        Self { principal: Fen(0), interest: Fen(0), penalty: Fen(0), cost: Fen(0) };

    /// A sum that is all of one kind.
    pub fn only(component: Component, amount: Fen) -> Self {
        let mut all = Self::NOTHING;
        *all.of_mut(component) = amount;
        all
    }

    /// The part of one kind.
    pub fn of(&self, component: Component) -> Fen {
        match component {
            Component::Principal => self.principal,
            Component::Interest => self.interest,
            Component::Penalty => self.penalty,
            Component::Cost => self.cost,
        }
    }

    fn of_mut(&mut self, component: Component) -> &mut Fen {
        match component {
            Component::Principal => &mut self.principal,
            Component::Interest => &mut self.interest,
            Component::Penalty => &mut self.penalty,
            Component::Cost => &mut self.cost,
        }
    }

    /// All parts together.
    pub fn sum(&self) -> Fen {
        Component::ALL.map(|it| self.of(it)).into_iter().sum()
    }

    /// Whether they can be the parts of an amount: none below zero, and together exactly
    /// as much.
    ///
    /// ```
    /// use domain::components::Components;
    /// use domain::money::Fen;
    ///
    /// let paid = Components { principal: Fen(80_000), interest: Fen(20_000), ..Components::NOTHING };
    /// assert!(paid.make_up(Fen(100_000)));
    /// assert!(!paid.make_up(Fen(100_001)));
    /// ```
    pub fn make_up(&self, amount: Fen) -> bool {
        Component::ALL.iter().all(|it| Fen(0) <= self.of(*it)) && self.sum() == amount
    }
}

impl Add for Components {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            principal: self.principal + other.principal,
            interest: self.interest + other.interest,
            penalty: self.penalty + other.penalty,
            cost: self.cost + other.cost,
        }
    }
}

impl AddAssign for Components {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Components {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            principal: self.principal - other.principal,
            interest: self.interest - other.interest,
            penalty: self.penalty - other.penalty,
            cost: self.cost - other.cost,
        }
    }
}

/// What a payment is taken for first, where neither side has said it.
///
/// Source: Civil Code, article 561: the costs of enforcing the claim, then interest, then
/// the principal, unless the parties have agreed otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PaymentOrder([Component; 4]);

impl Default for PaymentOrder {
    fn default() -> Self {
        // Interest of the contract stands before the penalty on it: left unpaid, it
        // would go on bearing the penalty.
        Self([
            Component::Cost,
            Component::Interest,
            Component::Penalty,
            Component::Principal,
        ])
    }
}

impl PaymentOrder {
    /// What comes first, second, third and last.
    pub fn components(self) -> [Component; 4] {
        self.0
    }

    /// The order of these words, as `order` under `[payment]` of a policy pack has them:
    /// `cost`, `interest`, `principal`, and `penalty` where it does not go with the interest.
    /// `None` where a word is unknown, is missing or stands twice.
    ///
    /// ```
    /// use domain::components::{Component, PaymentOrder};
    ///
    /// let agreed = PaymentOrder::of_words(["principal", "interest", "cost"]).expect("an order");
    /// assert_eq!(agreed.components()[0], Component::Principal);
    /// assert_eq!(agreed.components()[2], Component::Penalty);
    /// assert_eq!(PaymentOrder::of_words(["interest", "principal"]), None);
    /// ```
    pub fn of_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<Self> {
        let mut order = Vec::with_capacity(4);
        for word in words {
            let component = Component::parse(word)?;
            if order.contains(&component) {
                return None;
            }
            order.push(component);
        }
        if !order.contains(&Component::Penalty) {
            let interest = order.iter().position(|it| *it == Component::Interest)?;
            order.insert(interest + 1, Component::Penalty);
        }
        order.try_into().ok().map(Self)
    }

    /// The institution's order by its rules: `order` of `[payment]`, or that of the law
    /// where they name none.
    pub fn of_rules(pack: &PolicyPack) -> Self {
        let words = pack.payment.iter().flat_map(|rule| &rule.order);
        Self::of_words(words.map(String::as_str)).unwrap_or_default()
    }

    /// The words of the order, with commas between them.
    pub fn words(self) -> String {
        self.0.map(Component::as_str).join(",")
    }
}

/// A line of the ledger by what it consists of.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Divided {
    /// The line.
    pub entry: EntryId,
    /// Its day.
    pub on: Date,
    /// Its parts.
    pub parts: Components,
    /// What no part of the debt on record takes up: paid in advance of everything that
    /// is known to fall due, in fen.
    pub beyond: Fen,
    /// The bank, or whoever entered it, has said so; otherwise the order divides it.
    pub given: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_all_four_once_and_penalty_goes_with_the_interest() {
        let table = [
            ("cost,interest,principal", Some("cost,interest,penalty,principal")),
            ("principal,interest,cost", Some("principal,interest,penalty,cost")),
            ("cost,penalty,interest,principal", Some("cost,penalty,interest,principal")),
            ("cost,interest", None),
            ("cost,cost,interest,principal", None),
            ("cost,interest,capital", None),
            ("", None),
        ];
        for (words, read) in table {
            let order = PaymentOrder::of_words(words.split(',')).map(PaymentOrder::words);
            assert_eq!(order.as_deref(), read, "{words}");
        }
        assert_eq!(PaymentOrder::default().words(), "cost,interest,penalty,principal");
    }

    #[test]
    fn parts_make_up_an_amount_only_to_the_fen_and_without_debts_among_them() {
        let parts = |principal, interest| Components {
            principal: Fen(principal),
            interest: Fen(interest),
            ..Components::NOTHING
        };
        let table = [
            (parts(800, 200), 1000, true),
            (parts(800, 199), 1000, false),
            (parts(1200, -200), 1000, false),
            (parts(0, 0), 0, true),
        ];
        for (parts, amount, possible) in table {
            assert_eq!(parts.make_up(Fen(amount)), possible, "{parts:?} of {amount}");
        }
    }
}
