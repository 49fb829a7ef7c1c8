//! When a wait is over (等待到期): from "3 workdays" to a civil minute.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::decision::WaitRule;

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
}
