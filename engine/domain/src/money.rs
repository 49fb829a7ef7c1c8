//! Amounts of money (金额), counted in whole fen.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An amount in fen (分), one hundredth of a yuan (元).
///
/// Sums are exact, because collectors are paid by them. The amount may be
/// negative: a correction that takes back a payment is a negative `Fen`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// Why a written amount could not be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum AmountError {
    /// The text is not digits with at most two decimals.
    #[error("金额 `{0}` 无法识别:应为元,最多两位小数,例如 `1234.50`")]
    NotAnAmount(String),
}

impl Fen {
    /// The largest amount that is entered or imported: a hundred thousand
    /// million yuan. More is a mistake, and sums of it would leave the range.
    pub const MOST: Self = Self(10_000_000_000_000);

    /// Reads an amount written in yuan, as the ledger spreadsheets write it.
    ///
    /// # Errors
    ///
    /// [`AmountError::NotAnAmount`] when `text` holds anything but digits and
    /// one decimal point with at most two decimals after it.
    ///
    /// # Example
    ///
    /// ```
    /// use domain::money::Fen;
    ///
    /// assert_eq!(Fen::from_yuan("1234.5")?, Fen(123_450));
    /// assert!(Fen::from_yuan("1,234.5").is_err());
    /// # Ok::<(), domain::money::AmountError>(())
    /// ```
    pub fn from_yuan(text: &str) -> Result<Self, AmountError> {
        let wrong = || AmountError::NotAnAmount(text.to_owned());
        let (yuan, cents) = text.split_once('.').unwrap_or((text, "0"));
        let plain =
            |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
        if !plain(yuan) || !plain(cents) || 2 < cents.len() {
            return Err(wrong());
        }
        let yuan: i64 = yuan.parse().map_err(|_| wrong())?;
        let fen: i64 = format!("{cents:0<2}").parse().map_err(|_| wrong())?;
        yuan.checked_mul(100)
            .and_then(|it| it.checked_add(fen))
            .map(Self)
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl Add for Fen {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Fen {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Fen {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Fen {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(fen in 0_i64..1_000_000_000_000) {
            let amount = Fen(fen);
            prop_assert_eq!(Fen::from_yuan(&amount.to_string()), Ok(amount));
        }
    }
}
