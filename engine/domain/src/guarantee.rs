//! The guarantee period (保证期间): until when a guarantor can be held to it.
//!
//! Unlike the limitation period it is never interrupted, suspended or extended
//! (Civil Code article 692), and each guarantor has one of their own.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::party::GuaranteeKind;

/// Months of the period when nothing valid was agreed: Civil Code article 692;
/// also for "until all is paid", interpretation on security, article 32.
pub const DEFAULT_MONTHS: u32 = 6;

/// What the contract says of the period.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreed {
    /// Nothing, or nothing clear.
    Nothing,
    /// So many months after the debt falls due.
    Months(u32),
    /// Until a date.
    Until(Date),
    /// "Until principal and interest are paid off".
    UntilPaid,
}

/// One guarantor's undertaking.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Guarantee {
    /// General, or joint and several.
    pub kind: GuaranteeKind,
    /// The day the guaranteed debt falls due; not counted.
    pub debt_due_on: Date,
    /// What was agreed of the period.
    pub agreed: Agreed,
}

/// What a creditor can do to hold a guarantor.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A demand that reached this guarantor.
    DemandOnGuarantor,
    /// A suit or arbitration against the debtor.
    SuitOnDebtor,
    /// Enforcement of a notarised instrument against the debtor.
    NotarisedEnforcement,
    /// The guarantor signed something after the period. It revives nothing
    /// (interpretation on security, article 34).
    LateSignature,
}

/// How things stand with one guarantor on a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// The period runs; the day is its last.
    Running(Date),
    /// The right step was taken in time, on this day; from then on the
    /// limitation period runs against the guarantor.
    Secured(Date),
    /// The period ran out on this day and the guarantor is free.
    Lapsed(Date),
}

impl Guarantee {
    /// The last day of the period.
    ///
    /// An agreed period that ends no later than the debt falls due counts as
    /// not agreed (article 692, second paragraph).
    pub fn ends_on(&self) -> Date {
        let months = |n: u32| self.debt_due_on.saturating_add(i64::from(n).months());
        let agreed = match self.agreed {
            Agreed::Months(n) => Some(months(n)),
            Agreed::Until(day) => Some(day),
            Agreed::Nothing | Agreed::UntilPaid => None,
        };
        agreed.filter(|it| self.debt_due_on < *it).unwrap_or(months(DEFAULT_MONTHS))
    }

    /// Whether the period has not run out on a day.
    pub fn is_within_period(&self, today: Date) -> bool {
        today <= self.ends_on()
    }

    /// Whether a step holds this guarantor, if it is taken in time.
    ///
    /// Joint: a demand on the guarantor. General: the debtor sued, or a
    /// notarised instrument enforced (article 693; interpretation, 27).
    pub fn is_satisfied_by(&self, step: Step) -> bool {
        match self.kind {
            // A suit against the debtor alone is no demand on the guarantor.
            GuaranteeKind::Joint => step == Step::DemandOnGuarantor,
            GuaranteeKind::General => {
                matches!(step, Step::SuitOnDebtor | Step::NotarisedEnforcement)
            }
        }
    }

    /// How things stand on `today`, given what was done, in any order.
    pub fn standing(&self, steps: &[(Date, Step)], today: Date) -> Standing {
        let ends_on = self.ends_on();
        let in_time = |(on, step): &&(Date, Step)| {
            self.is_satisfied_by(*step)
                && self.debt_due_on < *on
                && *on <= ends_on
                && *on <= today
        };
        match steps.iter().filter(in_time).map(|it| it.0).min() {
            Some(on) => Standing::Secured(on),
            None if today <= ends_on => Standing::Running(ends_on),
            None => Standing::Lapsed(ends_on),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn guarantee(kind: GuaranteeKind, agreed: Agreed) -> Guarantee {
        Guarantee { kind, debt_due_on: date(2026, 8, 31), agreed }
    }

    #[test]
    fn the_period_is_what_was_agreed_or_six_months() {
        let cases = [
            (Agreed::Nothing, date(2027, 2, 28)),
            (Agreed::UntilPaid, date(2027, 2, 28)),
            (Agreed::Months(24), date(2028, 8, 31)),
            (Agreed::Months(6), date(2027, 2, 28)),
            (Agreed::Months(0), date(2027, 2, 28)),
            (Agreed::Until(date(2026, 12, 31)), date(2026, 12, 31)),
            (Agreed::Until(date(2026, 8, 31)), date(2027, 2, 28)),
            (Agreed::Until(date(2026, 8, 1)), date(2027, 2, 28)),
        ];
        for (agreed, ends_on) in cases {
            let guarantee = guarantee(GuaranteeKind::Joint, agreed);
            assert_eq!(guarantee.ends_on(), ends_on, "{agreed:?}");
        }
    }

    #[test]
    fn the_last_day_is_within_the_period_and_the_next_is_not() {
        let guarantee = guarantee(GuaranteeKind::Joint, Agreed::Nothing);
        assert!(guarantee.is_within_period(date(2027, 2, 28)));
        assert!(!guarantee.is_within_period(date(2027, 3, 1)));
    }

    #[test]
    fn each_kind_is_held_by_its_own_step() {
        let cases = [
            (GuaranteeKind::Joint, Step::DemandOnGuarantor, true),
            (GuaranteeKind::Joint, Step::SuitOnDebtor, false),
            (GuaranteeKind::Joint, Step::LateSignature, false),
            (GuaranteeKind::General, Step::DemandOnGuarantor, false),
            (GuaranteeKind::General, Step::SuitOnDebtor, true),
            (GuaranteeKind::General, Step::NotarisedEnforcement, true),
        ];
        for (kind, step, holds) in cases {
            let guarantee = guarantee(kind, Agreed::Nothing);
            let today = date(2027, 6, 1);
            let standing = guarantee.standing(&[(date(2027, 1, 15), step)], today);
            let secured = standing == Standing::Secured(date(2027, 1, 15));
            assert_eq!(secured, holds, "{kind:?} {step:?}");
        }
    }

    #[test]
    fn a_demand_after_the_period_holds_nobody() {
        let guarantee = guarantee(GuaranteeKind::Joint, Agreed::Nothing);
        let late = [(date(2027, 3, 1), Step::DemandOnGuarantor)];
        let standing = guarantee.standing(&late, date(2027, 4, 1));
        assert_eq!(standing, Standing::Lapsed(date(2027, 2, 28)));
    }

    proptest! {
        #[test]
        fn nothing_that_is_done_ever_moves_the_last_day(
            days in prop::collection::vec(0_i32..900, 0..6),
            today in 0_i32..900,
        ) {
            let guarantee = guarantee(GuaranteeKind::Joint, Agreed::Months(6));
            let on = |n: i32| guarantee.debt_due_on.saturating_add(n.days());
            let steps: Vec<_> = days.iter().map(|it| (on(*it), Step::LateSignature)).collect();
            let untouched = guarantee.standing(&[], on(today));
            prop_assert_eq!(guarantee.standing(&steps, on(today)), untouched);
        }
    }
}
