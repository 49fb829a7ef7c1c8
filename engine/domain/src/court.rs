//! What goes to court (诉请): how much is claimed, what the court takes for it, and which
//! court it is.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::money::Fen;
use crate::toml_place::toml_place;
use crate::words;

words! {
    /// What a claim is made of (诉请范围).
    #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum ClaimBasis {
        /// What has fallen due (已到期应还).
        Due = "due",
        /// The whole debt, which was declared due (提前到期,全部本息).
        All = "all",
    }
}

/// The sums of a ledger up to a day, as a claim needs them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sums {
    /// The debt as it was taken over.
    pub opened: Fen,
    /// What fell due before the day.
    pub due: Fen,
    /// What was paid or waived up to the day.
    pub covered: Fen,
    /// Costs charged to the debtor.
    pub fees: Fen,
    /// Penalty interest charged.
    pub penalty: Fen,
    /// What the overdue amount of the bank's last list consisted of: principal, interest,
    /// penalty interest.
    pub listed: Option<[Fen; 3]>,
}

/// What is claimed at court, by its parts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Claim {
    /// In all.
    pub total: Fen,
    /// Principal, where the bank gives it apart for this very sum.
    pub principal: Option<Fen>,
    /// Interest up to the day, likewise.
    pub interest: Option<Fen>,
    /// Penalty interest, as far as it is known apart.
    pub penalty: Fen,
    /// Costs.
    pub fees: Fen,
    /// The instalments due, or the whole debt.
    pub basis: ClaimBasis,
}

impl Claim {
    /// What can be claimed by a ledger; `None` where nothing was ever charged and nobody
    /// knows. Without anything overdue there is no claim, but for a debt that was declared
    /// due as a whole (Civil Code 578).
    ///
    /// Payments cover what fell due first; costs and penalty interest stand beside it, and
    /// all together is never more than what is still owed.
    pub fn of(sums: &Sums, accelerated: bool) -> Option<Self> {
        if sums.opened == Fen(0) && sums.due == Fen(0) {
            return None;
        }
        let overdue = Fen::max(sums.due - sums.covered, Fen(0));
        let charges = sums.fees + sums.penalty;
        let whole = Fen::max(sums.opened + charges - sums.covered, Fen(0));
        let knows_whole = Fen(0) < sums.opened;
        let (total, basis) = if accelerated && knows_whole {
            (whole, ClaimBasis::All)
        } else if overdue == Fen(0) {
            (Fen(0), ClaimBasis::Due)
        } else if knows_whole {
            (Fen::min(overdue + charges, whole), ClaimBasis::Due)
        } else {
            (overdue + charges, ClaimBasis::Due)
        };
        // The list tells the parts of what is overdue; of another sum nobody knows them.
        let listed = sums.listed.filter(|[principal, interest, penalty]| {
            basis == ClaimBasis::Due && *principal + *interest + *penalty == overdue
        });
        Some(Self {
            total,
            principal: listed.map(|it| it[0]),
            interest: listed.map(|it| it[1]),
            penalty: listed.map_or(Fen(0), |it| it[2]) + sums.penalty,
            fees: sums.fees,
            basis,
        })
    }
}

/// A bracket of a fee: up to how many yuan, and the rate within it in per mille.
type Bracket = (i64, i64);

/// Above ten thousand yuan, which cost 50 yuan in all.
const BRACKETS: &[Bracket] = &[
    (100_000, 25),
    (200_000, 20),
    (500_000, 15),
    (1_000_000, 10),
    (2_000_000, 9),
    (5_000_000, 8),
    (10_000_000, 7),
    (20_000_000, 6),
    (i64::MAX / 100, 5),
];

/// The least sum above which a rate is taken, in yuan, and the flat fee up to it.
const FLAT_UP_TO: i64 = 10_000;
const FLAT: Fen = Fen(5_000);

/// What a court of first instance takes for a suit about money, in full. A simplified
/// procedure, mediation and a withdrawal halve it.
///
/// Source: State Council, Measures on the Payment of Litigation Costs (诉讼费用交纳办法,
/// Order 481, 2006), article 13, first paragraph, item 1; for the half articles 15 and 16.
pub fn suit_fee(claim: Fen) -> Fen {
    let mut fee = FLAT.0;
    let mut from = FLAT_UP_TO * 100;
    for (up_to, rate) in BRACKETS {
        let up_to = up_to * 100;
        let within = claim.0.min(up_to) - from;
        if within <= 0 {
            break;
        }
        fee += within / 1_000 * rate + within % 1_000 * rate / 1_000;
        from = up_to;
    }
    Fen(fee)
}

/// What a court takes for an application for a payment order: a third of the fee of a suit.
///
/// Source: the same Measures, article 14, item 3.
pub fn payment_order_fee(claim: Fen) -> Fen {
    Fen(suit_fee(claim).0 / 3)
}

/// Which court has jurisdiction, by the beginning of an address (管辖法院表): an institution's
/// own table.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Courts {
    /// The courts, in the order of the file.
    #[serde(default, rename = "court")]
    courts: Vec<Court>,
}

/// A court with what addresses in its district begin with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
struct Court {
    name: String,
    prefixes: Vec<String>,
}

/// What is wrong with a table of courts.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CourtsError {
    /// It is no TOML of this form.
    #[error(
        "第 {line} 行第 {column} 个字处读不懂({message}),每个法院应为 [[court]]、name = \"…\"、prefixes = [\"…\"] \
         · line {line}, column {column}: {message}; a court is [[court]], name = \"…\", prefixes = [\"…\"]"
    )]
    Unreadable {
        /// Counted from 1.
        line: usize,
        /// Characters, counted from 1.
        column: usize,
        /// What the reader of TOML says.
        message: String,
    },
    /// A court without a name, or a beginning that is empty.
    #[error(
        "第 {0} 个法院没有名称,或有空的地址前缀 · court {0} has no name, or an empty beginning \
         of an address"
    )]
    Empty(usize),
    /// Two courts for one beginning.
    #[error(
        "地址前缀 `{0}` 写给了两个法院 · two courts are given for addresses with `{0}`"
    )]
    Twice(String),
}

impl Courts {
    /// Reads a table: `[[court]]` with `name` and `prefixes`.
    ///
    /// # Errors
    ///
    /// [`CourtsError`] when it cannot be read, a name or beginning is empty, or one
    /// beginning leads to two courts.
    pub fn parse(text: &str) -> Result<Self, CourtsError> {
        let courts: Self = toml::from_str(text).map_err(|error| {
            let (line, column) = toml_place(text, &error);
            let message = error.message().to_owned();
            CourtsError::Unreadable { line, column, message }
        })?;
        let mut seen: Vec<String> = Vec::new();
        for (at, court) in courts.courts.iter().enumerate() {
            let prefixes = court.prefixes.iter().map(|prefix| plain(prefix));
            if court.name.trim().is_empty() || court.prefixes.is_empty() {
                return Err(CourtsError::Empty(at + 1));
            }
            for prefix in prefixes {
                if prefix.is_empty() {
                    return Err(CourtsError::Empty(at + 1));
                }
                if seen.contains(&prefix) {
                    return Err(CourtsError::Twice(prefix));
                }
                seen.push(prefix);
            }
        }
        Ok(courts)
    }

    /// The court of an address: that with the longest beginning that fits; `None` where no
    /// one fits, and a person has to name it.
    pub fn of(&self, address: &str) -> Option<&str> {
        let address = plain(address);
        let fitting = self.courts.iter().flat_map(|court| {
            let fits = |it: &&String| address.starts_with(&plain(it));
            court
                .prefixes
                .iter()
                .filter(fits)
                .map(move |prefix| (plain(prefix).len(), court))
        });
        fitting.max_by_key(|it| it.0).map(|it| it.1.name.trim())
    }
}

/// An address without the blanks that lists put into it.
fn plain(address: &str) -> String {
    address.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_court_takes_what_the_measures_of_2006_say() {
        let yuan = |n: i64| Fen(n * 100);
        let table = [
            (1, 50),
            (10_000, 50),
            (20_000, 300),
            (100_000, 2_300),
            (200_000, 4_300),
            (500_000, 8_800),
            (1_000_000, 13_800),
            (2_000_000, 22_800),
            (5_000_000, 46_800),
            (10_000_000, 81_800),
            (20_000_000, 141_800),
            (30_000_000, 191_800),
        ];
        for (claim, fee) in table {
            assert_eq!(suit_fee(yuan(claim)), yuan(fee), "{claim}");
        }
        assert_eq!(payment_order_fee(yuan(20_000)), yuan(100));
        assert_eq!(suit_fee(Fen(1_000_001)), Fen(5_000), "a fen above");
        assert_eq!(suit_fee(Fen(0)), yuan(50));
    }

    fn sums() -> Sums {
        Sums {
            opened: Fen(2_000_000),
            due: Fen(600_000),
            covered: Fen(100_000),
            fees: Fen(5_000),
            penalty: Fen(1_000),
            listed: Some([Fen(400_000), Fen(90_000), Fen(10_000)]),
        }
    }

    #[test]
    fn what_is_due_is_claimed_with_costs_and_the_parts_that_the_bank_gives() {
        let claim = Claim::of(&sums(), false).unwrap();
        assert_eq!(claim.total, Fen(506_000));
        assert_eq!(claim.principal, Some(Fen(400_000)));
        assert_eq!(claim.interest, Some(Fen(90_000)));
        assert_eq!((claim.penalty, claim.fees), (Fen(11_000), Fen(5_000)));
        assert_eq!(claim.basis, ClaimBasis::Due);
    }

    #[test]
    fn the_parts_of_another_sum_are_known_to_nobody() {
        let paid = Sums { covered: Fen(150_000), ..sums() };
        let claim = Claim::of(&paid, false).unwrap();
        assert_eq!((claim.total, claim.principal), (Fen(456_000), None));
    }

    #[test]
    fn a_debt_that_was_declared_due_is_claimed_as_a_whole() {
        let claim = Claim::of(&sums(), true).unwrap();
        assert_eq!((claim.total, claim.basis), (Fen(1_906_000), ClaimBasis::All));
        // Instalments alone tell of no whole.
        let unknown = Sums { opened: Fen(0), ..sums() };
        assert_eq!(Claim::of(&unknown, true).unwrap().total, Fen(506_000));
    }

    #[test]
    fn what_was_paid_is_not_claimed() {
        let paid = Sums { covered: Fen(600_000), ..sums() };
        assert_eq!(Claim::of(&paid, false).unwrap().total, Fen(0));
        let over = Sums { covered: Fen(3_000_000), ..sums() };
        assert_eq!(Claim::of(&over, true).unwrap().total, Fen(0));
        assert_eq!(Claim::of(&Sums::default(), true), None);
    }

    const TABLE: &str = r#"
        [[court]]
        name = "虚构县人民法院"
        prefixes = ["虚构省虚构县", "虚构县"]
        [[court]]
        name = "虚构县柳树人民法庭"
        prefixes = ["虚构县柳树镇"]
    "#;

    #[test]
    fn the_longest_beginning_of_an_address_names_its_court() {
        let courts = Courts::parse(TABLE).unwrap();
        let table = [
            ("虚构县杨树镇 1 号", Some("虚构县人民法院")),
            ("虚构省 虚构县 测试村", Some("虚构县人民法院")),
            ("虚构县 柳树镇 测试村", Some("虚构县柳树人民法庭")),
            ("另一县测试村", None),
            ("", None),
        ];
        for (address, court) in table {
            assert_eq!(courts.of(address), court, "{address}");
        }
    }

    #[test]
    fn a_table_that_names_no_court_or_two_is_refused() {
        let court = |name: &str, prefix: &str| {
            format!("[[court]]\nname = \"{name}\"\nprefixes = [\"{prefix}\"]\n")
        };
        let empty = CourtsError::Empty(1);
        assert_eq!(Courts::parse(&court("", "甲县")), Err(empty.clone()));
        assert_eq!(Courts::parse(&court("甲法院", " ")), Err(empty.clone()));
        assert_eq!(Courts::parse("[[court]]\nname = \"甲\"\nprefixes = []"), Err(empty));
        let twice = court("甲法院", "甲县") + &court("乙法院", "甲 县");
        assert_eq!(Courts::parse(&twice), Err(CourtsError::Twice("甲县".to_owned())));
        let odd =
            Courts::parse("[[court]]\nname = \"甲\"\ncode = 1\nprefixes = [\"甲\"]");
        let place = odd.as_ref().err().map(ToString::to_string).unwrap_or_default();
        assert!(matches!(odd, Err(CourtsError::Unreadable { line: 3, .. })), "{odd:?}");
        assert!(place.contains("第 3 行") && place.contains("line 3"), "{place}");
    }
}
