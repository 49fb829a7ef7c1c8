//! The guarantee period (保证期间): until when a guarantor can be held to it.
//!
//! Unlike the limitation period it is never interrupted, suspended or extended
//! (Civil Code article 692), and each guarantor has one of their own.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limitation::LimitationClock;
use crate::party::GuaranteeKind;

/// The law under which a guarantee was given (适用法律): the Guarantee Law (担保法) until
/// 2020-12-31, the Civil Code from 2021-01-01 on.
///
/// Source: provisions of the Supreme People's Court on the Civil Code's effect in time
/// (时间效力规定), articles 1 and 27.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuaranteeLaw {
    /// 担保法.
    GuaranteeLaw,
    /// 民法典.
    CivilCode,
}

/// The first day of the Civil Code: article 1260.
const CIVIL_CODE_FROM: Date = jiff::civil::date(2021, 1, 1);

impl GuaranteeLaw {
    /// The law of a contract by the day on which it was signed; where that is not known,
    /// the Civil Code, by which more has to be done and sooner.
    pub fn of(signed_on: Option<Date>) -> Self {
        match signed_on {
            Some(day) if day < CIVIL_CODE_FROM => Self::GuaranteeLaw,
            _ => Self::CivilCode,
        }
    }

    /// How a guarantor answers where the contract does not say, or not clearly: jointly
    /// under the Guarantee Law (article 19), in the second place under the Civil Code
    /// (article 686, second paragraph).
    pub fn kind_when_unclear(self) -> GuaranteeKind {
        match self {
            Self::GuaranteeLaw => GuaranteeKind::Joint,
            Self::CivilCode => GuaranteeKind::General,
        }
    }

    /// Months of the period for a clause such as "until all is paid": two years under
    /// the interpretation of the Guarantee Law (法释〔2000〕44号, article 32, second
    /// paragraph; effect in time, article 27), six months under the Civil Code.
    fn months_until_paid(self) -> u32 {
        match self {
            Self::GuaranteeLaw => 24,
            Self::CivilCode => DEFAULT_MONTHS,
        }
    }
}

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
    /// The law under which it was given.
    pub law: GuaranteeLaw,
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
            Agreed::UntilPaid => Some(months(self.law.months_until_paid())),
            Agreed::Nothing => None,
        };
        agreed
            .filter(|agreed| self.debt_due_on < *agreed)
            .unwrap_or(months(DEFAULT_MONTHS))
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
        match steps.iter().filter(in_time).map(|step| step.0).min() {
            Some(on) => Standing::Secured(on),
            None if today <= ends_on => Standing::Running(ends_on),
            None => Standing::Lapsed(ends_on),
        }
    }

    /// The limitation period of a guarantor who was held in time: three years of their
    /// own, begun anew by each demand that follows in time. It runs from the demand on a
    /// joint guarantor; on a general one from the day on which the right to refuse ended
    /// ([`Record::refusal_ended_on`]), and `None` until then.
    ///
    /// Source: Civil Code article 694; interpretation on security, article 28.
    ///
    /// [`Record::refusal_ended_on`]: crate::limitation::Record::refusal_ended_on
    pub fn limitation(
        &self,
        standing: Standing,
        demands: &[Date],
        refusal_ended_on: Option<Date>,
    ) -> Option<Date> {
        let Standing::Secured(held_on) = standing else { return None };
        let on = match self.kind {
            GuaranteeKind::Joint => held_on,
            GuaranteeKind::General => refusal_ended_on?,
        };
        let mut days: Vec<Date> = demands.to_vec();
        days.sort_unstable();
        let mut last_day = LimitationClock::new(on).proved_expiry();
        for day in days {
            if on <= day && day <= last_day {
                last_day = last_day.max(LimitationClock::new(day).proved_expiry());
            }
        }
        Some(last_day)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn guarantee(kind: GuaranteeKind, agreed: Agreed) -> Guarantee {
        let law = GuaranteeLaw::CivilCode;
        Guarantee { kind, debt_due_on: date(2026, 8, 31), agreed, law }
    }

    #[test]
    fn a_contract_of_before_2021_is_judged_by_the_guarantee_law() {
        use GuaranteeKind::{General, Joint};
        // signed on, the form where it is unclear, the last day "until all is paid"
        let table = [
            (Some(date(2020, 12, 31)), Joint, date(2028, 8, 31)),
            (Some(date(2021, 1, 1)), General, date(2027, 2, 28)),
            (None, General, date(2027, 2, 28)),
        ];
        for (signed_on, kind, ends_on) in table {
            let law = GuaranteeLaw::of(signed_on);
            assert_eq!(law.kind_when_unclear(), kind, "{signed_on:?}");
            let given = Guarantee { law, ..guarantee(kind, Agreed::UntilPaid) };
            assert_eq!(given.ends_on(), ends_on, "{signed_on:?}");
        }
    }

    #[test]
    fn a_joint_guarantor_who_was_held_has_three_years_of_their_own() {
        let held = Standing::Secured(date(2026, 10, 8));
        // demands, last day: 694, second paragraph, and 195
        let table = [
            (&[][..], date(2029, 10, 8)),
            (&[date(2026, 10, 8), date(2028, 3, 1)], date(2031, 3, 1)),
            (&[date(2031, 3, 1), date(2028, 3, 1)], date(2034, 3, 1)),
            // One that comes after the end begins nothing anew: 192.
            (&[date(2029, 10, 9)], date(2029, 10, 8)),
        ];
        let joint = guarantee(GuaranteeKind::Joint, Agreed::Nothing);
        for (demands, last_day) in table {
            let ends_on = joint.limitation(held, demands, None);
            assert_eq!(ends_on, Some(last_day), "{demands:?}");
        }
        let lapsed = Standing::Lapsed(date(2027, 2, 28));
        assert_eq!(joint.limitation(lapsed, &[date(2027, 3, 1)], None), None);
    }

    #[test]
    fn a_general_guarantor_has_three_years_from_the_end_of_the_right_to_refuse() {
        let held = Standing::Secured(date(2026, 10, 8));
        let general = guarantee(GuaranteeKind::General, Agreed::Nothing);
        let ended = Some(date(2027, 6, 20));
        // the end of the right to refuse, demands, last day: 694, first paragraph, and 195
        let table = [
            (None, &[][..], None),
            (None, &[date(2027, 3, 1)], None),
            (ended, &[], Some(date(2030, 6, 20))),
            // Before it began, a demand could begin nothing anew.
            (ended, &[date(2027, 3, 1)], Some(date(2030, 6, 20))),
            (ended, &[date(2029, 3, 1)], Some(date(2032, 3, 1))),
            (ended, &[date(2030, 6, 21)], Some(date(2030, 6, 20))),
        ];
        for (ended, demands, last_day) in table {
            let ends_on = general.limitation(held, demands, ended);
            assert_eq!(ends_on, last_day, "{ended:?} {demands:?}");
        }
        let lapsed = Standing::Lapsed(date(2027, 2, 28));
        assert_eq!(general.limitation(lapsed, &[], ended), None);
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
            let steps: Vec<_> = days.iter().map(|day| (on(*day), Step::LateSignature)).collect();
            let untouched = guarantee.standing(&[], on(today));
            prop_assert_eq!(guarantee.standing(&steps, on(today)), untouched);
        }
    }
}
