//! A clock that stands still (固定时钟), in a zone eight hours ahead of UTC.

use jiff::civil::{Date, date};
use store::Now;

/// One hour, in milliseconds.
pub const HOUR: i64 = 3_600_000;

/// A Monday with a calendar: the day on which most stories begin.
pub const TODAY: Date = date(2026, 3, 2);

/// Eight in the morning of a day, when institutions open.
pub fn morning(day: Date) -> Now {
    let days = i64::from((day - date(1970, 1, 1)).get_days());
    Now { ms: days * 24 * HOUR, civil: day.at(8, 0, 0, 0) }
}
