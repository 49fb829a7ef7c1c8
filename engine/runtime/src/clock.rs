//! The clock (时钟): the only place that asks what time it is.
//!
//! A daemon runs on the machine's clock; a replay, a script test and the demo
//! run on a clock that jumps. Both give the instant and the civil time of the
//! institution's zone. What has passed is told by two others, which nobody sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustix::time::{ClockId, clock_gettime};
use store::Now;

/// Where the time comes from, in one zone.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Machine,
    Virtual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock in a zone such as `Asia/Shanghai`.
    ///
    /// # Errors
    ///
    /// An unknown zone name.
    pub fn machine(zone: &str) -> Result<Self> {
        Ok(Self { zone: find(zone)?, source: Source::Machine })
    }

    /// A clock that stands at `start` until it is moved.
    ///
    /// # Errors
    ///
    /// An unknown zone name, or a civil time that cannot be an instant.
    pub fn virtual_at(zone: &str, start: DateTime) -> Result<Self> {
        let clock = Self {
            zone: find(zone)?,
            source: Source::Virtual(Arc::new(AtomicI64::new(0))),
        };
        clock.jump(clock.instant(start));
        Ok(clock)
    }

    /// Its zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The moment.
    pub fn now(&self) -> Now {
        let ms = match &self.source {
            Source::Machine => machine_ms(),
            Source::Virtual(at) => at.load(Ordering::Acquire),
        };
        self.at(ms)
    }

    /// The moment that an instant is, in the clock's zone.
    pub fn at(&self, ms: i64) -> Now {
        Now { ms, civil: self.civil(ms) }
    }

    /// Moves a virtual clock forward; the machine's clock, and a step
    /// backwards, are left alone.
    pub fn jump(&self, to_ms: i64) {
        if let Source::Virtual(at) = &self.source {
            at.fetch_max(to_ms, Ordering::AcqRel);
        }
    }

    /// The civil time of an instant.
    pub fn civil(&self, ms: i64) -> DateTime {
        let instant = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(instant)
    }

    /// The instant of a civil time, in milliseconds since 1970. A time that a
    /// change of the clocks skips is taken as the one just after the gap.
    pub fn instant(&self, civil: DateTime) -> i64 {
        self.zone
            .to_ambiguous_timestamp(civil)
            .compatible()
            .map_or(i64::MAX, Timestamp::as_millisecond)
    }
}

fn find(zone: &str) -> Result<TimeZone> {
    TimeZone::get(zone).with_context(|| {
        format!(
            "没有时区 `{zone}` · there is no time zone `{zone}`\n  \
             提示:例如 `Asia/Shanghai`,见 qingshou.toml 的 zone · \
             hint: such as `Asia/Shanghai`; see zone in qingshou.toml"
        )
    })
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
fn machine_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// What has passed since the machine was started, asleep or awake: `Instant` stands
/// still while it sleeps. A virtual machine that is paused by its host is not asleep by
/// its own account, and nothing counts that time.
pub fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: ClockId = ClockId::Monotonic;
    read(CLOCK)
}

/// What this thread has worked since it began; whatever keeps it waiting does not
/// count.
pub(crate) fn worked_by_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_virtual_clock_stands_still_and_never_goes_back() {
        let start = date(2026, 4, 1).at(9, 0, 0, 0);
        let clock = Clock::virtual_at("Asia/Shanghai", start).unwrap();
        assert_eq!(clock.now().civil, start);
        clock.jump(clock.instant(date(2026, 4, 2).at(9, 0, 0, 0)));
        clock.jump(clock.instant(start));
        assert_eq!(clock.now().today(), date(2026, 4, 2));
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let error = Clock::machine("Mars/Olympus").unwrap_err();
        assert!(error.to_string().contains("Mars/Olympus"));
    }
}
