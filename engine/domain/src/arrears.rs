//! How late a debt is (逾期): days past due, and ageing.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

mod schedule;

pub use schedule::{Age, Schedule, Withdrawn};

/// Counts the days past due on `today`, zero when nothing is due yet.
///
/// The due date itself is not late: a debt due yesterday is one day past due.
pub fn days_past_due(due: Date, today: Date) -> u32 {
    u32::try_from((today - due).get_days()).unwrap_or(0)
}

/// A column of the ageing report (账龄).
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
pub enum AgeingBucket {
    /// 1 to 30 days.
    #[serde(rename = "1-30")]
    To30,
    /// 31 to 60 days.
    #[serde(rename = "31-60")]
    To60,
    /// 61 to 90 days.
    #[serde(rename = "61-90")]
    To90,
    /// More than 90 days.
    #[serde(rename = ">90")]
    Over90,
}

impl AgeingBucket {
    /// Every column, youngest first.
    pub const ALL: [Self; 4] = [Self::To30, Self::To60, Self::To90, Self::Over90];

    /// The column for a number of days past due, `None` when nothing is late.
    pub fn of(days_past_due: u32) -> Option<Self> {
        match days_past_due {
            0 => None,
            1..=30 => Some(Self::To30),
            31..=60 => Some(Self::To60),
            61..=90 => Some(Self::To90),
            _ => Some(Self::Over90),
        }
    }

    /// The heading of the column: `1-30`, `31-60`, `61-90`, `>90`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::To30 => "1-30",
            Self::To60 => "31-60",
            Self::To90 => "61-90",
            Self::Over90 => ">90",
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn buckets_change_on_days_31_61_and_91() {
        let buckets = [
            (0, None),
            (1, Some("1-30")),
            (30, Some("1-30")),
            (31, Some("31-60")),
            (60, Some("31-60")),
            (61, Some("61-90")),
            (90, Some("61-90")),
            (91, Some(">90")),
        ];
        for (days, heading) in buckets {
            let bucket = AgeingBucket::of(days).map(AgeingBucket::as_str);
            assert_eq!(bucket, heading, "{days} days past due");
        }
    }

    #[test]
    fn the_due_date_itself_is_not_late() {
        let due = date(2026, 11, 20);
        assert_eq!(days_past_due(due, due), 0);
        assert_eq!(days_past_due(due, date(2026, 11, 21)), 1);
        assert_eq!(days_past_due(due, date(2026, 11, 1)), 0);
    }
}
