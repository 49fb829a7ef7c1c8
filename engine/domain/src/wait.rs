//! When a wait is over (等待到期): from "3 workdays" to a civil minute.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::calendar::Calendar;
use crate::decision::{LONGEST_WAIT_DAYS, WaitRule};

/// When the house opens (营业时间), in its own zone.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// 0 to 23.
    pub hour: i8,
    /// 0 to 59.
    pub minute: i8,
}

impl Default for Opening {
    fn default() -> Self {
        Self { hour: 9, minute: 0 }
    }
}

impl Opening {
    /// Opening time of a day; nine o'clock for an hour that does not exist.
    pub fn on(self, day: Date) -> DateTime {
        let time = Time::new(self.hour, self.minute, 0, 0);
        day.to_datetime(time.unwrap_or(Time::constant(9, 0, 0, 0)))
    }
}

/// The civil minute at which a wait is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Due {
    /// In the institution's zone; may be past, and then it is over at once.
    pub at: DateTime,
    /// It counts on a year without a calendar and is reckoned again when that
    /// year's calendar comes.
    pub provisional: bool,
}

/// When a wait that began at `since` is over.
///
/// Days and workdays end at opening time of the Nth day after, hours to the
/// minute. A wait on days past due ends at opening time of the Nth day after
/// the oldest unpaid due date, whether that is past or still to come, and has
/// no end (`None`) while nothing at all is unpaid; it is asked for again when
/// that date moves.
pub fn due_at(
    rule: WaitRule,
    since: DateTime,
    oldest_unpaid_on: Option<Date>,
    calendar: &Calendar,
    opening: Opening,
) -> Option<Due> {
    let sure = |at| Some(Due { at, provisional: false });
    let days_after =
        |day: Date, n: u32| opening.on(day.saturating_add(i64::from(n).days()));
    match rule {
        WaitRule::Days(n) => sure(days_after(since.date(), n)),
        WaitRule::Workdays(n) => {
            let (day, provisional) = calendar.nth_workday_after(since.date(), n);
            Some(Due { at: opening.on(day), provisional })
        }
        WaitRule::Hours(n) => {
            sure(whole_minute(since).saturating_add(i64::from(n).hours()))
        }
        WaitRule::Until(day) => sure(opening.on(day)),
        WaitRule::Overdue(n) => oldest_unpaid_on.and_then(|due| sure(days_after(due, n))),
    }
}

fn whole_minute(at: DateTime) -> DateTime {
    at.date().at(at.hour(), at.minute(), 0, 0)
}

/// Why a span of time could not be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum DurationError {
    /// Not a number and one of the three units.
    #[error("时长 `{0}` 无法识别:应为例如 `3 workdays`、`10 days` 或 `2 hours`")]
    NotADuration(String),
    /// Longer than [`LONGEST_WAIT_DAYS`].
    #[error("时长 `{0}` 太长:最多 {LONGEST_WAIT_DAYS} 天")]
    TooLong(String),
}

/// Reads a span as settings write it: `3 workdays`, `1 day`, `2 hours`.
///
/// # Errors
///
/// [`DurationError`] for anything but a whole number and one of the units, and
/// for more than ten years.
///
/// # Example
///
/// ```
/// use domain::decision::WaitRule;
/// use domain::wait::parse_duration;
///
/// assert_eq!(parse_duration("3 workdays")?, WaitRule::Workdays(3));
/// assert!(parse_duration("3 weeks").is_err());
/// # Ok::<(), domain::wait::DurationError>(())
/// ```
pub fn parse_duration(text: &str) -> Result<WaitRule, DurationError> {
    let wrong = || DurationError::NotADuration(text.to_owned());
    let mut words = text.split_whitespace();
    let (Some(number), Some(unit), None) = (words.next(), words.next(), words.next())
    else {
        return Err(wrong());
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let n: u64 = number.parse().map_err(|_| DurationError::TooLong(text.to_owned()))?;
    let days = match unit {
        "hour" | "hours" => n / 24,
        "day" | "days" | "workday" | "workdays" => n,
        _ => return Err(wrong()),
    };
    if u64::from(LONGEST_WAIT_DAYS) < days {
        return Err(DurationError::TooLong(text.to_owned()));
    }
    let n = u32::try_from(n).map_err(|_| wrong())?;
    Ok(match unit {
        "hour" | "hours" => WaitRule::Hours(n),
        "day" | "days" => WaitRule::Days(n),
        _ => WaitRule::Workdays(n),
    })
}

/// As settings write it; dates and days past due in plain words.
impl fmt::Display for WaitRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |f: &mut fmt::Formatter<'_>, n: u32, unit: &str| {
            write!(f, "{n} {unit}{}", if n == 1 { "" } else { "s" })
        };
        match self {
            Self::Days(n) => counted(f, *n, "day"),
            Self::Workdays(n) => counted(f, *n, "workday"),
            Self::Hours(n) => counted(f, *n, "hour"),
            Self::Until(day) => write!(f, "until {day}"),
            Self::Overdue(n) => {
                counted(f, *n, "day")?;
                f.write_str(" past due")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::YearCalendar;

    fn calendar() -> Calendar {
        let text = include_str!("../../../workflows/calendars/cn/2026.toml");
        Calendar::from_years([YearCalendar::parse(text).unwrap()]).unwrap()
    }

    #[test]
    fn each_rule_fires_when_its_words_say() {
        let since = datetime(2026, 2, 13, 16, 40, 31, 0);
        let cases = [
            (WaitRule::Days(0), datetime(2026, 2, 13, 9, 0, 0, 0), false),
            (WaitRule::Days(3), datetime(2026, 2, 16, 9, 0, 0, 0), false),
            // 14 February is a Saturday worked, 15 to 23 is Spring Festival.
            (WaitRule::Workdays(1), datetime(2026, 2, 14, 9, 0, 0, 0), false),
            (WaitRule::Workdays(2), datetime(2026, 2, 24, 9, 0, 0, 0), false),
            (WaitRule::Hours(2), datetime(2026, 2, 13, 18, 40, 0, 0), false),
            (WaitRule::Hours(8), datetime(2026, 2, 14, 0, 40, 0, 0), false),
            (WaitRule::Until(date(2026, 3, 1)), datetime(2026, 3, 1, 9, 0, 0, 0), false),
            (WaitRule::Overdue(60), datetime(2026, 3, 2, 9, 0, 0, 0), false),
            (WaitRule::Workdays(300), datetime(2027, 4, 27, 9, 0, 0, 0), true),
        ];
        for (rule, at, provisional) in cases {
            let oldest = Some(date(2026, 1, 1));
            let due = due_at(rule, since, oldest, &calendar(), Opening::default());
            assert_eq!(due, Some(Due { at, provisional }), "{rule}");
        }
    }

    #[test]
    fn an_overdue_wait_has_no_end_when_nothing_is_unpaid() {
        let since = datetime(2026, 2, 13, 16, 40, 0, 0);
        let due =
            due_at(WaitRule::Overdue(5), since, None, &calendar(), Opening::default());
        assert_eq!(due, None);
    }

    #[test]
    fn an_overdue_wait_may_lie_in_the_past() {
        let since = datetime(2026, 5, 1, 9, 0, 0, 0);
        let oldest = Some(date(2026, 1, 1));
        let opening = Opening { hour: 8, minute: 30 };
        let due = due_at(WaitRule::Overdue(31), since, oldest, &calendar(), opening);
        assert_eq!(due.map(|due| due.at), Some(datetime(2026, 2, 1, 8, 30, 0, 0)));
    }

    #[test]
    fn only_whole_numbers_of_known_units_are_durations() {
        let wrong = [
            "",
            "3",
            "days",
            "3 weeks",
            "-1 days",
            "1.5 hours",
            "3 days more",
            "３ days",
        ];
        for text in wrong {
            let error = DurationError::NotADuration(text.to_owned());
            assert_eq!(parse_duration(text), Err(error), "{text:?}");
        }
        for text in
            ["3661 days", "99999 workdays", "87864 hours", "99999999999999999999 days"]
        {
            assert!(
                matches!(parse_duration(text), Err(DurationError::TooLong(_))),
                "{text}"
            );
        }
        assert_eq!(parse_duration("1 day"), Ok(WaitRule::Days(1)));
        assert_eq!(parse_duration(" 3660  days "), Ok(WaitRule::Days(3660)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(n in 0_u32..3660, unit in 0..3) {
            let rule = match unit {
                0 => WaitRule::Days(n),
                1 => WaitRule::Workdays(n),
                _ => WaitRule::Hours(n),
            };
            prop_assert_eq!(parse_duration(&rule.to_string()), Ok(rule));
        }
    }
}
