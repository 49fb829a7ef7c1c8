//! The hours of the day in which people may be contacted (联络时段).

use std::fmt;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Deserializer, de};

use super::pack::Strength;

/// When people may be contacted (联络时段).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactWindow {
    /// The rule's id.
    pub id: String,
    /// Channels it binds, `*` for all.
    pub channels: Vec<String>,
    /// Roles it binds, `*` for all.
    pub parties: Vec<String>,
    /// Spans of the day, half-open: the end is already outside.
    pub allow: Vec<(Minute, Minute)>,
    /// Whose clock: `pack` is the institution's.
    pub clock: String,
    /// The last start lies this many minutes before the end.
    pub start_margin_min: u16,
    /// A consent that lifts it.
    pub unless_consent: Option<String>,
    /// How firmly it is meant.
    pub strength: Strength,
    /// Sources by id.
    pub source: Vec<String>,
}

impl ContactWindow {
    /// Whether a contact may start at this minute.
    pub fn is_open(&self, at: DateTime) -> bool {
        let minute = Minute::of(at);
        self.starts().any(|(from, until)| from <= minute && minute < until)
    }

    /// The first minute at or after `at` at which a contact may start; `at`
    /// itself when it is open. `None` when it never is.
    pub fn next_open(&self, at: DateTime) -> Option<DateTime> {
        if self.is_open(at) {
            return Some(at);
        }
        let minute = Minute::of(at);
        let today = self.starts().map(|start| start.0).filter(|it| minute < *it).min();
        let (day, from) = match today {
            Some(from) => (at.date(), from),
            None => {
                (at.date().tomorrow().ok()?, self.starts().map(|start| start.0).min()?)
            }
        };
        Some(day.at(from.hour(), from.minute(), 0, 0))
    }

    /// The spans in which a contact may start.
    fn starts(&self) -> impl Iterator<Item = (Minute, Minute)> + '_ {
        let margin = self.start_margin_min;
        let last_start = move |until: Minute| Minute(until.0.saturating_sub(margin));
        self.allow
            .iter()
            .map(move |(from, until)| (*from, last_start(*until)))
            .filter(|(from, until)| from < until)
    }

    /// The end of the last span of a day.
    pub fn closes_on(&self, day: Date) -> Option<DateTime> {
        let end = self.allow.iter().map(|it| it.1).max()?;
        if end.0 == Minute::DAY {
            return Some(day.tomorrow().ok()?.at(0, 0, 0, 0));
        }
        Some(day.at(end.hour(), end.minute(), 0, 0))
    }

    /// Whether it binds a channel and a role, by their words.
    pub fn binds(&self, channel: &str, role: &str) -> bool {
        let names =
            |list: &[String], word: &str| list.iter().any(|it| it == "*" || it == word);
        names(&self.channels, channel) && names(&self.parties, role)
    }

    /// Whether every minute that is open here is open in `other` too.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        (0..Minute::DAY).map(Minute).all(|minute| {
            let open = |it: &Self| {
                it.starts().any(|(from, until)| from <= minute && minute < until)
            };
            !open(self) || open(other)
        })
    }

    /// Whether a contact may ever start.
    pub(super) fn ever_opens(&self) -> bool {
        self.starts().next().is_some()
    }
}

/// A minute of the day, `08:00`; `24:00` is the end of the day.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Minute(u16);

impl Minute {
    const DAY: u16 = 24 * 60;

    /// The minute in which an instant lies.
    pub fn of(at: DateTime) -> Self {
        let part = |it: i8| u16::try_from(it).unwrap_or(0);
        Self(part(at.hour()) * 60 + part(at.minute()))
    }

    /// Reads `08:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let two =
            |it: &str| it.len() == 2 && it.bytes().all(|byte| byte.is_ascii_digit());
        if !two(hour) || !two(minute) {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= Self::DAY).then_some(Self(minutes))
    }

    fn hour(self) -> i8 {
        i8::try_from(self.0 / 60).unwrap_or(0)
    }

    fn minute(self) -> i8 {
        i8::try_from(self.0 % 60).unwrap_or(0)
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom(format!("时刻 `{text}` 应为例如 \"08:00\"")))
    }
}
