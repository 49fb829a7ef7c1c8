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
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !plain(yuan) || !plain(cents) || 2 < cents.len() {
            return Err(wrong());
        }
        let yuan: i64 = yuan.parse().map_err(|_| wrong())?;
        let fen: i64 = format!("{cents:0<2}").parse().map_err(|_| wrong())?;
        yuan.checked_mul(100)
            .and_then(|checked_mul| checked_mul.checked_add(fen))
            .map(Self)
            .ok_or_else(wrong)
    }
}

impl Fen {
    /// The amount as letters and contracts state it, in words and figures:
    /// `人民币贰万元整(¥20,000.00)`.
    ///
    /// Source: the way of filling in bills of the Payment and Settlement Measures
    /// (支付结算办法, 银发〔1997〕393号, annex 1): 整 behind whole yuan and whole jiao,
    /// nothing behind fen, 零 for a gap.
    pub fn formal(self) -> String {
        let sign = if self.0 < 0 { "负" } else { "" };
        let fen = self.0.unsigned_abs();
        let figures = self.grouped();
        format!("人民币{sign}{}(¥{figures})", in_words(fen / 100, fen % 100))
    }

    /// The amount in yuan with a comma before every three digits: `20,000.00`.
    pub fn grouped(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        let yuan = (fen / 100).to_string();
        let first = (yuan.len() + 2) % 3 + 1;
        let mut text = String::with_capacity(yuan.len() * 2);
        for (at, digit) in yuan.chars().enumerate() {
            if first <= at && (at - first).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        format!("{sign}{text}.{:02}", fen % 100)
    }
}

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
/// Within four digits, and behind each four.
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 5] = ["", "万", "亿", "万亿", "亿亿"];

fn in_words(yuan: u64, rest: u64) -> String {
    let mut words = whole_in_words(yuan);
    if !words.is_empty() {
        words.push('元');
    }
    let (jiao, fen) = (digit(rest / 10), digit(rest % 10));
    match (rest / 10, rest % 10) {
        (0, 0) if yuan == 0 => words.push_str("零元整"),
        (0, 0) => words.push('整'),
        (_, 0) => words.extend([jiao, '角', '整']),
        (0, _) if yuan == 0 => words.extend([fen, '分']),
        (0, _) => words.extend(['零', fen, '分']),
        _ => words.extend([jiao, '角', fen, '分']),
    }
    words
}

fn whole_in_words(yuan: u64) -> String {
    let figures = yuan.to_string();
    let mut words = String::new();
    let (mut gap, mut group_says) = (false, false);
    for (at, byte) in figures.bytes().enumerate() {
        let place = figures.len() - 1 - at;
        let figure = u64::from(byte - b'0');
        if figure == 0 {
            gap = true;
        } else {
            if gap && !words.is_empty() {
                words.push('零');
            }
            words.push(digit(figure));
            words.push_str(PLACES.get(place % 4).unwrap_or(&""));
            (gap, group_says) = (false, true);
        }
        if place.is_multiple_of(4) && group_says {
            words.push_str(GROUPS.get(place / 4).unwrap_or(&""));
            group_says = false;
        }
    }
    words
}

/// The word of one figure.
fn digit(figure: u64) -> char {
    usize::try_from(figure).ok().and_then(|it| DIGITS.get(it)).copied().unwrap_or('零')
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

    #[test]
    fn an_amount_is_written_in_words_and_figures_as_banks_do() {
        let table = [
            ("20000", "人民币贰万元整(¥20,000.00)"),
            ("0", "人民币零元整(¥0.00)"),
            ("10", "人民币壹拾元整(¥10.00)"),
            ("500", "人民币伍佰元整(¥500.00)"),
            ("1409.50", "人民币壹仟肆佰零玖元伍角整(¥1,409.50)"),
            ("6007.14", "人民币陆仟零柒元壹角肆分(¥6,007.14)"),
            ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分(¥16,409.02)"),
            ("325.04", "人民币叁佰贰拾伍元零肆分(¥325.04)"),
            ("107000.53", "人民币壹拾万零柒仟元伍角叁分(¥107,000.53)"),
            ("100000000", "人民币壹亿元整(¥100,000,000.00)"),
            ("100000001", "人民币壹亿零壹元整(¥100,000,001.00)"),
            ("1000010000", "人民币壹拾亿零壹万元整(¥1,000,010,000.00)"),
            ("0.32", "人民币叁角贰分(¥0.32)"),
            ("0.05", "人民币伍分(¥0.05)"),
            ("0.50", "人民币伍角整(¥0.50)"),
        ];
        for (yuan, formal) in table {
            assert_eq!(Fen::from_yuan(yuan).unwrap().formal(), formal, "{yuan}");
        }
        assert_eq!(Fen(-100).formal(), "人民币负壹元整(¥-1.00)");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(fen in 0_i64..1_000_000_000_000) {
            let amount = Fen(fen);
            prop_assert_eq!(Fen::from_yuan(&amount.to_string()), Ok(amount));
        }
    }
}
