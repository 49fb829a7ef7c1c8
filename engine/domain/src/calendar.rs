//! Which days are workdays (工作日), with holidays moved by 调休.
//!
//! The State Council publishes one calendar a year, late in the year before.
//! A year without a calendar is an answer of its own and never a guess: see
//! [`Workday::Provisional`].

use crate::say::Say;
use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use thiserror::Error;

use crate::toml_place::toml_place;

/// No public break has lasted longer than this many days, weekends included.
///
/// The longest since 2004 had ten days (Spring Festival 2020); the rest is a
/// margin. Only deadlines in a year without a calendar lean on it.
pub const LONGEST_BREAK_DAYS: i32 = 14;

/// The published holidays of one year, as `calendars/cn/YEAR.toml` holds them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct YearCalendar {
    /// The year.
    pub year: i16,
    /// Where the notice was published.
    pub source: Vec<String>,
    /// Days off (放假), weekends inside a break among them.
    pub off: BTreeSet<Date>,
    /// Weekend days worked to make up for a break (调休上班).
    pub make_up_work: BTreeSet<Date>,
}

/// Why a calendar was not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CalendarError {
    /// The text is no calendar.
    #[error("日历第 {line} 行第 {column} 列无法读取:{message}")]
    NotACalendar {
        /// Line, from 1.
        line: usize,
        /// Column, from 1, in characters.
        column: usize,
        /// What is wrong with it, as the reader of TOML says it.
        message: String,
    },
    /// A date that does not exist or belongs to another year.
    #[error("{year} 年日历中的日期 `{date}` 不属于该年或不存在")]
    StrayDate {
        /// The year of the calendar.
        year: i16,
        /// The date as written.
        date: String,
    },
    /// A make-up workday has to be a weekend day that is not off.
    #[error("{0} 不能是调休上班日:应为周六或周日,且不在放假日内")]
    NotAWeekend(Date),
    /// Two calendars for one year.
    #[error("{0} 年有两份日历")]
    TwoCalendars(i16),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    year: i16,
    source: Vec<String>,
    off: Vec<toml::value::Date>,
    make_up_work: Vec<toml::value::Date>,
}

impl CalendarError {
    /// The fault in Chinese and English, without its place.
    pub fn said(&self) -> Say {
        match self {
            Self::NotACalendar { message, .. } => Say::new(message, message),
            Self::StrayDate { year, date } => Say::new(
                format!("{year} 年日历中的日期 `{date}` 不属于该年或不存在"),
                format!("the day `{date}` does not exist or is none of {year}"),
            ),
            Self::NotAWeekend(day) => Say::new(
                format!("{day} 不能是调休上班日:应为周六或周日,且不在放假日内"),
                format!(
                    "{day} cannot be worked to make up: that is a Saturday or Sunday that is \
                     not off"
                ),
            ),
            Self::TwoCalendars(year) => Say::new(
                format!("{year} 年有两份日历"),
                format!("{year} has two calendars"),
            ),
        }
    }
}

impl YearCalendar {
    /// Reads one year's file.
    ///
    /// # Errors
    ///
    /// [`CalendarError`] for text that is no calendar, a field it does not
    /// know, a date of another year or a make-up day that is no weekend day.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let file: CalendarFile = toml::from_str(text).map_err(|error| {
            let (line, column) = toml_place(text, &error);
            let message = error.message().to_owned();
            CalendarError::NotACalendar { line, column, message }
        })?;
        let off = dates(file.year, &file.off)?;
        let make_up_work = dates(file.year, &file.make_up_work)?;
        let wrong = make_up_work.iter().find(|it| is_weekday(**it) || off.contains(it));
        if let Some(day) = wrong {
            return Err(CalendarError::NotAWeekend(*day));
        }
        Ok(Self { year: file.year, source: file.source, off, make_up_work })
    }

    fn is_workday(&self, day: Date) -> bool {
        self.make_up_work.contains(&day) || (is_weekday(day) && !self.off.contains(&day))
    }
}

fn dates(
    year: i16,
    written: &[toml::value::Date],
) -> Result<BTreeSet<Date>, CalendarError> {
    let read = |it: &toml::value::Date| {
        let month = i8::try_from(it.month).ok()?;
        let day = i8::try_from(it.day).ok()?;
        let date = Date::new(i16::try_from(it.year).ok()?, month, day).ok()?;
        (date.year() == year).then_some(date)
    };
    written
        .iter()
        .map(|it| {
            read(it)
                .ok_or_else(|| CalendarError::StrayDate { year, date: it.to_string() })
        })
        .collect()
}

/// Whether people work on a day, and how sure that is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Workday {
    /// The year's calendar is published.
    Known(bool),
    /// It is not: Monday to Friday is taken as worked for the time being.
    Provisional(bool),
}

impl Workday {
    /// Whether people work, sure or not.
    pub fn is_work(self) -> bool {
        match self {
            Self::Known(work) | Self::Provisional(work) => work,
        }
    }

    /// Whether the answer can change when the year's calendar comes.
    pub fn is_provisional(self) -> bool {
        matches!(self, Self::Provisional(_))
    }
}

/// All published years together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Calendar {
    years: BTreeMap<i16, YearCalendar>,
}

impl Calendar {
    /// Puts years together.
    ///
    /// # Errors
    ///
    /// [`CalendarError::TwoCalendars`] when a year comes twice.
    pub fn from_years(
        years: impl IntoIterator<Item = YearCalendar>,
    ) -> Result<Self, CalendarError> {
        let mut all = BTreeMap::new();
        for year in years {
            let number = year.year;
            if all.insert(number, year).is_some() {
                return Err(CalendarError::TwoCalendars(number));
            }
        }
        Ok(Self { years: all })
    }

    /// Whether people work on `day`.
    pub fn is_workday(&self, day: Date) -> Workday {
        match self.years.get(&day.year()) {
            Some(year) => Workday::Known(year.is_workday(day)),
            None => Workday::Provisional(is_weekday(day)),
        }
    }

    /// The `n`th workday after `day`, and whether any day on the way was
    /// provisional; `day` itself for `n` = 0.
    pub fn nth_workday_after(&self, day: Date, n: u32) -> (Date, bool) {
        let mut at = day;
        let mut provisional = false;
        let mut left = n;
        while 0 < left {
            let Ok(next) = at.tomorrow() else { break };
            at = next;
            let work = self.is_workday(at);
            provisional |= work.is_provisional();
            if work.is_work() {
                left -= 1;
            }
        }
        (at, provisional)
    }

    /// The first workday after `day`, and whether that is provisional.
    pub fn next_workday_after(&self, day: Date) -> (Date, bool) {
        self.nth_workday_after(day, 1)
    }

    /// How many workdays lie after `day`, up to and with `today`; 0 when `today`
    /// is not after it. A span of more than ten years counts as ten.
    pub fn workdays_since(&self, day: Date, today: Date) -> u32 {
        let later = day.series(1.day()).skip(1).take(3_660);
        let until_today = later.take_while(|it| *it <= today);
        let worked = until_today
            .filter(|until_today| self.is_workday(*until_today).is_work())
            .count();
        u32::try_from(worked).unwrap_or(u32::MAX)
    }

    /// The last day on which work for a legal deadline is surely possible:
    /// the last workday on or before `deadline`.
    ///
    /// In a year without a calendar no day counts as a workday, because any
    /// of them may yet be declared a holiday. The answer is then the earliest
    /// day that any calendar could give: the last known workday before the
    /// unknown days, or [`LONGEST_BREAK_DAYS`] before the deadline, whichever
    /// is later. It never lies after what the real calendar will say.
    pub fn last_workday_on_or_before(&self, deadline: Date) -> Date {
        let floor = deadline.saturating_sub(LONGEST_BREAK_DAYS.days());
        let mut day = deadline;
        let mut leans_on_unknown = false;
        loop {
            match self.is_workday(day) {
                Workday::Known(true) => return day,
                Workday::Known(false) => {}
                Workday::Provisional(_) => leans_on_unknown = true,
            }
            if leans_on_unknown && day <= floor {
                return day;
            }
            match day.yesterday() {
                Ok(before) => day = before,
                Err(_) => return day,
            }
        }
    }
}

fn is_weekday(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn shipped() -> Calendar {
        let texts = [
            include_str!("../../../workflows/calendars/cn/2023.toml"),
            include_str!("../../../workflows/calendars/cn/2024.toml"),
            include_str!("../../../workflows/calendars/cn/2025.toml"),
            include_str!("../../../workflows/calendars/cn/2026.toml"),
        ];
        let years = texts.map(|text| YearCalendar::parse(text).unwrap());
        Calendar::from_years(years).unwrap()
    }

    #[test]
    fn a_saturday_can_be_a_workday_and_a_monday_a_holiday() {
        let days = [
            (date(2026, 2, 28), Workday::Known(true)),
            (date(2026, 2, 27), Workday::Known(true)),
            (date(2026, 3, 1), Workday::Known(false)),
            (date(2026, 2, 16), Workday::Known(false)),
            (date(2026, 10, 10), Workday::Known(true)),
            (date(2024, 2, 4), Workday::Known(true)),
            (date(2027, 1, 1), Workday::Provisional(true)),
            (date(2027, 1, 2), Workday::Provisional(false)),
        ];
        for (day, expected) in days {
            assert_eq!(shipped().is_workday(day), expected, "{day}");
        }
    }

    #[test]
    fn workdays_are_counted_over_breaks_and_over_the_year() {
        let calendar = shipped();
        let cases = [
            (date(2026, 2, 14), 1, date(2026, 2, 24), false),
            (date(2026, 9, 30), 1, date(2026, 10, 8), false),
            (date(2026, 9, 30), 3, date(2026, 10, 10), false),
            (date(2026, 12, 31), 0, date(2026, 12, 31), false),
            (date(2026, 12, 30), 1, date(2026, 12, 31), false),
            (date(2026, 12, 31), 1, date(2027, 1, 1), true),
            (date(2026, 12, 31), 2, date(2027, 1, 4), true),
        ];
        for (day, n, at, provisional) in cases {
            let expected = (at, provisional);
            assert_eq!(calendar.nth_workday_after(day, n), expected, "{n} after {day}");
        }
    }

    #[test]
    fn the_age_of_a_file_counts_the_days_that_people_worked() {
        let cases = [
            // a Wednesday before the long holiday
            (date(2026, 9, 30), date(2026, 9, 30), 0),
            (date(2026, 9, 30), date(2026, 10, 7), 0),
            (date(2026, 9, 30), date(2026, 10, 8), 1),
            (date(2026, 9, 30), date(2026, 10, 10), 3),
            (date(2026, 10, 8), date(2026, 9, 30), 0),
            (date(2027, 1, 1), date(2027, 1, 8), 5),
        ];
        for (day, today, age) in cases {
            assert_eq!(shipped().workdays_since(day, today), age, "{day} {today}");
        }
    }

    #[test]
    fn a_deadline_is_met_on_the_last_workday_before_it() {
        let cases = [
            // Saturday, and worked.
            (date(2026, 2, 28), date(2026, 2, 28)),
            (date(2026, 3, 1), date(2026, 2, 28)),
            (date(2026, 2, 23), date(2026, 2, 14)),
            (date(2026, 10, 7), date(2026, 9, 30)),
            // No calendar yet: nothing after the last known workday counts.
            (date(2027, 1, 3), date(2026, 12, 31)),
            (date(2027, 1, 14), date(2026, 12, 31)),
            (date(2027, 6, 30), date(2027, 6, 16)),
        ];
        for (deadline, by) in cases {
            assert_eq!(shipped().last_workday_on_or_before(deadline), by, "{deadline}");
        }
    }

    #[test]
    fn wrong_calendars_are_refused() {
        let head = "year = 2026\nsource = []\n";
        let stray = format!("{head}off = [2025-01-01]\nmake_up_work = []");
        let weekday = format!("{head}off = []\nmake_up_work = [2026-02-27]");
        let both = format!("{head}off = [2026-02-28]\nmake_up_work = [2026-02-28]");
        let unknown = format!("{head}off = []\nmake_up_work = []\nhalf = []");
        let stray_error =
            CalendarError::StrayDate { year: 2026, date: "2025-01-01".to_owned() };
        assert_eq!(YearCalendar::parse(&stray), Err(stray_error));
        let friday = CalendarError::NotAWeekend(date(2026, 2, 27));
        assert_eq!(YearCalendar::parse(&weekday), Err(friday));
        let saturday = CalendarError::NotAWeekend(date(2026, 2, 28));
        assert_eq!(YearCalendar::parse(&both), Err(saturday));
        let error = YearCalendar::parse(&unknown).unwrap_err();
        let at_line_5 = matches!(error, CalendarError::NotACalendar { line: 5, .. });
        assert!(at_line_5, "{error}");
        let year =
            YearCalendar::parse(&format!("{head}off = []\nmake_up_work = []")).unwrap();
        let twice = Calendar::from_years([year.clone(), year]);
        assert_eq!(twice, Err(CalendarError::TwoCalendars(2026)));
    }

    proptest! {
        /// Whatever 2027 turns out to be, the plan made without it holds.
        #[test]
        fn no_later_calendar_makes_a_plan_too_late(
            breaks in prop::collection::vec((0_i32..365, 1_i32..=9), 0..10),
            deadline in 0_i32..365,
        ) {
            let first = date(2027, 1, 1);
            let mut off = BTreeSet::new();
            for (start, days) in breaks {
                for day in start..start + days {
                    let day = first.saturating_add(day.days());
                    if day.year() == 2027 { off.insert(day); }
                }
            }
            let real = YearCalendar {
                year: 2027, source: Vec::new(), off, make_up_work: BTreeSet::new(),
            };
            let mut known = shipped();
            let deadline = first.saturating_add(deadline.days());
            let planned = known.last_workday_on_or_before(deadline);
            known.years.insert(2027, real);
            let true_day = known.last_workday_on_or_before(deadline);
            // Breaks drawn at random can touch; only real ones are promised.
            prop_assume!((deadline - true_day).get_days() <= LONGEST_BREAK_DAYS);
            prop_assert!(planned <= true_day, "{planned} is after {true_day}");
        }
    }
}
