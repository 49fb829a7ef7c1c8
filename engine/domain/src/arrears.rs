//! How late a debt is (逾期): days past due, tiers, classes and ageing.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

mod schedule;

pub use schedule::{Age, Schedule, Withdrawn};

/// How late a debt is, in the three tiers collectors work by.
///
/// The bounds are those of a credit-card team's work report:
/// up to 30 days is a good customer who forgot, over 60 days is high risk.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum OverdueTier {
    /// 1 to 30 days past due (优质).
    Early,
    /// 31 to 60 days past due (低风险).
    Middle,
    /// More than 60 days past due (高风险).
    Late,
}

/// Counts the days past due on `today`, zero when nothing is due yet.
///
/// The due date itself is not late: a debt due yesterday is one day past due.
pub fn days_past_due(due: Date, today: Date) -> u32 {
    u32::try_from((today - due).get_days()).unwrap_or(0)
}

impl OverdueTier {
    /// The tier for a number of days past due, or `None` when nothing is late.
    pub fn of(days_past_due: u32) -> Option<Self> {
        match days_past_due {
            0 => None,
            1..=30 => Some(Self::Early),
            31..=60 => Some(Self::Middle),
            _ => Some(Self::Late),
        }
    }

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Middle => "middle",
            Self::Late => "late",
        }
    }
}

/// The five classes in which a bank sorts its loans (五级分类).
///
/// The bounds are the least class by days past due for loans: Order No. 1 of
/// 2023, Measures for the Risk Classification of Financial Assets
/// (商业银行金融资产风险分类办法). A house may class a loan worse, never better.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LoanClass {
    /// 正常: nothing is late.
    Pass,
    /// 关注: from the first day past due.
    SpecialMention,
    /// 次级: more than 90 days.
    Substandard,
    /// 可疑: more than 270 days.
    Doubtful,
    /// 损失: more than 360 days.
    Loss,
}

impl LoanClass {
    /// The least class for a number of days past due.
    pub fn of(days_past_due: u32) -> Self {
        match days_past_due {
            0 => Self::Pass,
            1..=90 => Self::SpecialMention,
            91..=270 => Self::Substandard,
            271..=360 => Self::Doubtful,
            _ => Self::Loss,
        }
    }

    /// The word used in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::SpecialMention => "special_mention",
            Self::Substandard => "substandard",
            Self::Doubtful => "doubtful",
            Self::Loss => "loss",
        }
    }
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
    fn tiers_change_on_day_31_and_day_61() {
        let tiers = [
            (0, None),
            (1, Some(OverdueTier::Early)),
            (30, Some(OverdueTier::Early)),
            (31, Some(OverdueTier::Middle)),
            (60, Some(OverdueTier::Middle)),
            (61, Some(OverdueTier::Late)),
        ];
        for (days, tier) in tiers {
            assert_eq!(OverdueTier::of(days), tier, "{days} days past due");
        }
    }

    #[test]
    fn classes_change_on_days_1_91_271_and_361() {
        let classes = [
            (0, LoanClass::Pass),
            (1, LoanClass::SpecialMention),
            (90, LoanClass::SpecialMention),
            (91, LoanClass::Substandard),
            (270, LoanClass::Substandard),
            (271, LoanClass::Doubtful),
            (360, LoanClass::Doubtful),
            (361, LoanClass::Loss),
        ];
        for (days, class) in classes {
            assert_eq!(LoanClass::of(days), class, "{days} days past due");
        }
    }

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
