//! Who earns what for a payment (计提规则): only those who worked for it, and within the
//! caps of the house.

use std::collections::BTreeMap;

use domain::money::Fen;
use jiff::civil::Date;
use store::worked::Reached;

domain::words! {
    /// Why a payment earns nobody anything (不计提的原因).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Withheld {
        /// Nobody reached the debtor in the time before it (无人经手).
        NobodyWorked = "nobody_worked",
        /// Only whoever had granted the loan did (发放人不计奖).
        Originator = "originator",
        /// A court brought it, and the house pays nothing for that (经法院收回).
        Court = "court",
        /// The caps of the case or of the month were reached before (已达上限).
        Capped = "capped",
    }
}

/// The rules of the house.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rules {
    /// The share of a payment, in per mille.
    pub rate: i64,
    /// The share of a payment on a debt for which a court was asked, in per mille.
    pub court_rate: i64,
    /// The most for one payment; no limit where it is `None`.
    pub cap: Option<Fen>,
    /// The most for all payments of one case together; zero is no limit.
    pub case_cap: Fen,
    /// The most for one member of staff in a calendar month; zero is no limit.
    pub month_cap: Fen,
    /// Within so many days before a payment the debtor must have been reached.
    pub worked_days: i64,
}

/// What is known of a payment.
#[derive(Clone, Debug)]
pub(crate) struct Earned<'a> {
    /// What of it counts: no more than was owed.
    pub(crate) paid: Fen,
    /// A court had been asked for the debt.
    pub(crate) through_court: bool,
    /// Who granted the loan, where the list says so.
    pub(crate) originator: Option<&'a str>,
    /// Who reached the debtor in the time before it, the last contact last.
    pub(crate) reached: &'a [Reached],
    /// What stands of rewards for the case already.
    pub(crate) of_case: Fen,
    /// What stands of rewards of this month already, by member of staff.
    pub(crate) of_month: &'a BTreeMap<String, Fen>,
}

/// The part of one member of staff in a reward, above zero.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Share {
    pub(crate) collector: String,
    pub(crate) amount: Fen,
}

impl Rules {
    /// The rate at which a payment is rewarded.
    pub(crate) fn rate_for(&self, through_court: bool) -> i64 {
        if through_court { self.court_rate } else { self.rate }
    }

    /// Divides the reward of a payment among those who worked for it: by the days on
    /// which each reached the debtor, parts of a fen to whoever did last.
    ///
    /// The part of whoever granted the loan lapses, and so does what is above a cap: it
    /// goes to nobody else.
    ///
    /// # Errors
    ///
    /// [`Withheld`] says why nobody gets anything.
    pub(crate) fn divide(&self, of: &Earned<'_>) -> Result<Vec<Share>, Withheld> {
        let rate = self.rate_for(of.through_court);
        if rate <= 0 {
            return Err(Withheld::Court);
        }
        let days = days_by_person(of.reached);
        let Some(last) = of.reached.last() else { return Err(Withheld::NobodyWorked) };
        if days.keys().all(|name| Some(*name) == of.originator) {
            return Err(Withheld::Originator);
        }
        let whole = self.capped(of.paid.0.saturating_mul(rate) / 1000, of);
        let all: i64 = days.values().sum();
        let part = |days: &i64| whole.saturating_mul(*days) / all;
        let left = whole - days.values().map(part).sum::<i64>();
        let mut shares = Vec::new();
        for (name, days) in &days {
            let rest = if *name == last.by { left } else { 0 };
            let amount = self.within_month(name, part(days) + rest, of);
            if Some(*name) != of.originator && 0 < amount {
                shares.push(Share { collector: (*name).to_owned(), amount: Fen(amount) });
            }
        }
        if shares.is_empty() { Err(Withheld::Capped) } else { Ok(shares) }
    }

    fn capped(&self, amount: i64, of: &Earned<'_>) -> i64 {
        let amount = self.cap.map_or(amount, |cap| amount.min(cap.0));
        if self.case_cap.0 <= 0 {
            return amount;
        }
        amount.min((self.case_cap - of.of_case).0).max(0)
    }

    fn within_month(&self, name: &str, amount: i64, of: &Earned<'_>) -> i64 {
        if self.month_cap.0 <= 0 {
            return amount;
        }
        let before = of.of_month.get(name).copied().unwrap_or_default();
        amount.min((self.month_cap - before).0).max(0)
    }
}

/// On how many days each reached the debtor.
fn days_by_person(reached: &[Reached]) -> BTreeMap<&str, i64> {
    let mut met: BTreeMap<&str, Vec<Date>> = BTreeMap::new();
    for contact in reached {
        let days = met.entry(contact.by.as_str()).or_default();
        if !days.contains(&contact.on) {
            days.push(contact.on);
        }
    }
    let count = |days: Vec<Date>| i64::try_from(days.len()).unwrap_or(i64::MAX);
    met.into_iter().map(|(name, days)| (name, count(days))).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const RULES: Rules = Rules {
        rate: 20,
        court_rate: 5,
        cap: Some(Fen(500_000)),
        case_cap: Fen(0),
        month_cap: Fen(0),
        worked_days: 30,
    };

    fn reached(by: &str, day: i8) -> Reached {
        Reached { by: by.to_owned(), on: date(2026, 11, day) }
    }

    fn earned<'a>(
        reached: &'a [Reached],
        of_month: &'a BTreeMap<String, Fen>,
    ) -> Earned<'a> {
        Earned {
            paid: Fen(100_000),
            through_court: false,
            originator: None,
            reached,
            of_case: Fen(0),
            of_month,
        }
    }

    fn told(shares: Result<Vec<Share>, Withheld>) -> String {
        match shares {
            Ok(shares) => {
                let said = shares
                    .iter()
                    .map(|share| format!("{} {}", share.collector, share.amount.0));
                said.collect::<Vec<_>>().join(", ")
            }
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn those_who_reached_the_debtor_share_by_the_days_on_which_they_did() {
        let none = BTreeMap::new();
        let table: [(&[Reached], &str); 5] = [
            (&[], "nobody_worked"),
            (&[reached("甲", 3)], "甲 2000"),
            // Handed over: one day each.
            (&[reached("甲", 3), reached("乙", 9)], "乙 1000, 甲 1000"),
            // Several calls on one day are one day; the odd fen goes to the last.
            (
                &[
                    reached("甲", 3),
                    reached("甲", 3),
                    reached("乙", 9),
                    reached("乙", 10),
                ],
                "乙 1334, 甲 666",
            ),
            (
                &[reached("乙", 9), reached("乙", 10), reached("甲", 11)],
                "乙 1333, 甲 667",
            ),
        ];
        for (reached, expected) in table {
            assert_eq!(
                told(RULES.divide(&earned(reached, &none))),
                expected,
                "{reached:?}"
            );
        }
    }

    #[test]
    fn whoever_granted_the_loan_gets_nothing_and_the_others_no_more_for_that() {
        let none = BTreeMap::new();
        let both = [reached("甲", 3), reached("乙", 9)];
        let of = Earned { originator: Some("甲"), ..earned(&both, &none) };
        assert_eq!(told(RULES.divide(&of)), "乙 1000");
        let alone = [reached("甲", 3)];
        let of = Earned { originator: Some("甲"), ..earned(&alone, &none) };
        assert_eq!(told(RULES.divide(&of)), "originator");
    }

    #[test]
    fn what_came_through_a_court_has_a_rate_of_its_own() {
        let none = BTreeMap::new();
        let one = [reached("甲", 3)];
        let of = Earned { through_court: true, ..earned(&one, &none) };
        assert_eq!(told(RULES.divide(&of)), "甲 500");
        let unpaid = Rules { court_rate: 0, ..RULES };
        assert_eq!(told(unpaid.divide(&of)), "court");
    }

    #[test]
    fn caps_hold_for_a_payment_a_case_and_a_month() {
        let one = [reached("甲", 3)];
        let rules = Rules { case_cap: Fen(2_500), month_cap: Fen(3_000), ..RULES };
        // (of the case before, of the month before, the reward)
        let table = [
            (0, 0, "甲 2000"),
            (1_000, 0, "甲 1500"),
            (2_500, 0, "capped"),
            (0, 1_800, "甲 1200"),
            (0, 3_000, "capped"),
            (9_000, 9_000, "capped"),
        ];
        for (case, month, expected) in table {
            let of_month = BTreeMap::from([("甲".to_owned(), Fen(month))]);
            let of = Earned { of_case: Fen(case), ..earned(&one, &of_month) };
            assert_eq!(told(rules.divide(&of)), expected, "{case} and {month} before");
        }
        let none = BTreeMap::new();
        let small = Rules { cap: Some(Fen(99)), ..RULES };
        assert_eq!(told(small.divide(&earned(&one, &none))), "甲 99");
    }

    proptest! {
        #[test]
        fn shares_never_come_to_more_than_the_rate_of_the_payment(
            paid in 1_i64..10_000_000,
            rate in 1_i64..200,
            contacts in prop::collection::vec((0_usize..4, 1_i8..28), 0..12),
        ) {
            let names = ["甲", "乙", "丙", "丁"];
            let reached: Vec<Reached> =
                contacts.iter().map(|(who, day)| reached(names[*who], *day)).collect();
            let none = BTreeMap::new();
            let rules = Rules { rate, cap: None, ..RULES };
            let of = Earned { paid: Fen(paid), ..earned(&reached, &none) };
            let sum: i64 =
                rules.divide(&of).unwrap_or_default().iter().map(|it| it.amount.0).sum();
            prop_assert!(sum <= paid * rate / 1000, "{sum}");
            let whole = paid * rate / 1000;
            prop_assert!(reached.is_empty() || whole == 0 || sum == whole, "{sum} of {whole}");
        }
    }
}
