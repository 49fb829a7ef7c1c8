//! Whether the machine's clock can be trusted (时钟可信): months of escalations must
//! not fire at once because it was set wrong, and no entry may get a false day.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runtime::clock;
use tracing::{error, warn};

/// A clock that jumps further than this, either way, or is further behind what
/// the journal has seen, is not trusted; in milliseconds.
pub const JUMP_MS: i64 = 600_000;

/// What is to be thought of the machine's clock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trust {
    /// It goes on as it went.
    Trusted,
    /// It is behind the newest line of the journal: after a dead battery it may
    /// stand years back, and days would be lived twice.
    Behind {
        /// When that line was written, in milliseconds since 1970.
        newest: i64,
    },
    /// It jumped while the daemon ran.
    Jumped {
        /// By how many milliseconds, forward or back.
        by_ms: i64,
    },
}

impl Trust {
    /// By how many milliseconds it jumped, if it did.
    pub fn jumped_ms(self) -> Option<i64> {
        match self {
            Self::Jumped { by_ms } => Some(by_ms),
            Self::Trusted | Self::Behind { .. } => None,
        }
    }
}

/// Watches the machine's clock against the time since its start, for all loops of a
/// daemon together.
#[derive(Debug, Default)]
pub struct ClockGuard(Mutex<Watch>);

#[derive(Debug, Default)]
struct Watch {
    /// What it showed, and what had passed by the clock that nobody sets and that
    /// goes on while the machine sleeps.
    last: Option<(i64, Duration)>,
    jumped: Option<i64>,
    /// The newest instant on record when the store was opened.
    floor: Option<i64>,
    /// That it is behind stands in the log.
    has_told: bool,
    /// A person has said that it is right.
    is_confirmed: bool,
    /// What is old is not cleared away before a person has said so.
    awaits_word: bool,
}

impl ClockGuard {
    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock has to have reached this instant.
    pub(crate) fn set_floor(&self, floor: Option<i64>) {
        self.watch().floor = floor;
    }

    /// A person says that it is right as it is.
    pub fn confirm(&self) {
        *self.watch() = Watch { is_confirmed: true, ..Watch::default() };
    }

    /// Whether a person has said so since the start.
    pub fn is_confirmed(&self) -> bool {
        self.watch().is_confirmed
    }

    /// Something waits for that word, or does not any more.
    pub fn await_word(&self, waits: bool) {
        self.watch().awaits_word = waits;
    }

    /// Whether something does.
    pub fn awaits_word(&self) -> bool {
        self.watch().awaits_word
    }

    /// What is to be thought of it now.
    pub fn look(&self, now_ms: i64) -> Trust {
        self.watch().look(now_ms, clock::since_boot())
    }

    /// Whether nothing may fire now.
    pub fn holds(&self, now_ms: i64) -> bool {
        self.look(now_ms) != Trust::Trusted
    }
}

impl Watch {
    fn look(&mut self, now_ms: i64, tick: Duration) -> Trust {
        if let Some(newest) = self.floor.filter(|floor| now_ms + JUMP_MS < *floor) {
            self.last = None;
            if !self.has_told {
                self.has_told = true;
                error!(
                    "the machine's clock is behind the newest line of the journal; timers are \
                     held until it is set right. If the journal was written by a wrong clock, \
                     say `qingshou clock --confirm`"
                );
            }
            return Trust::Behind { newest };
        }
        let Some((last_ms, last_tick)) = self.last.replace((now_ms, tick)) else {
            return self.trust();
        };
        let passed = tick.saturating_sub(last_tick).as_millis();
        let drift = now_ms - last_ms - i64::try_from(passed).unwrap_or(i64::MAX);
        if JUMP_MS < drift.abs() {
            // A jump back over the same way sets it right.
            let by_ms = self.jumped.unwrap_or(0) + drift;
            if JUMP_MS < by_ms.abs() {
                error!(
                    drift_ms = drift,
                    "the machine's clock jumped; timers are held until it is set right, or \
                     `qingshou clock --confirm` or a restart says that it is"
                );
                self.jumped = Some(by_ms);
            } else {
                warn!("the machine's clock is back; timers go on");
                self.jumped = None;
            }
        }
        self.trust()
    }

    fn trust(&self) -> Trust {
        self.jumped.map_or(Trust::Trusted, |by_ms| Trust::Jumped { by_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_clock_behind_the_journal_fires_nothing_until_it_is_set_right() {
        let guard = ClockGuard::default();
        guard.set_floor(Some(100 * HOUR));
        assert_eq!(guard.look(0), Trust::Behind { newest: 100 * HOUR });
        assert!(guard.holds(99 * HOUR));
        assert!(!guard.holds(100 * HOUR - JUMP_MS), "a small step back is ignored");
        assert!(!guard.holds(100 * HOUR));
        assert!(!ClockGuard::default().holds(0), "a new store has seen nothing");
    }

    #[test]
    fn a_clock_that_jumped_is_trusted_once_it_is_back_or_a_person_says_so() {
        let start = clock::since_boot();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        for jump in [30 * HOUR, -30 * HOUR] {
            let mut watch = Watch::default();
            assert_eq!(watch.look(0, at(0)), Trust::Trusted);
            assert_eq!(watch.look(HOUR, at(3_600)), Trust::Trusted, "an hour goes by");
            let jumped = Trust::Jumped { by_ms: jump };
            assert_eq!(watch.look(HOUR + jump, at(3_600)), jumped);
            assert_eq!(watch.look(2 * HOUR + jump, at(7_200)), jumped, "it stays so");
            assert_eq!(
                watch.look(2 * HOUR, at(7_200)),
                Trust::Trusted,
                "it is set right"
            );
            watch.look(2 * HOUR + jump, at(7_200));
            let guard = ClockGuard(Mutex::new(watch));
            guard.confirm();
            assert_eq!(guard.look(2 * HOUR + jump), Trust::Trusted);
        }
    }
}
