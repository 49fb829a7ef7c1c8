//! Counts what a call uses (计量) and stops it for good once it is too much.

use std::cell::Cell;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::limits::Limits;

/// What ran out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Breach {
    /// Too many steps.
    Ticks,
    /// Too much processor time.
    Time,
}

/// How long a call runs before its processor time is looked at: reading that
/// clock costs as much as an innocent call does altogether.
const FIRST_LOOK: Duration = Duration::from_millis(8);

/// One meter a state; [`Meter::start`] opens a new allowance.
///
/// Once expired it stays so until the next start: every further safepoint
/// fails, so that `pcall` cannot swallow the end.
#[derive(Debug)]
pub(crate) struct Meter {
    max_ticks: u64,
    max_cpu: Duration,
    ticks: Cell<u64>,
    wall_from: Cell<Duration>,
    /// Processor time at the first look; none was taken yet.
    cpu_from: Cell<Option<Duration>>,
    /// The processor's clock is not asked before this.
    look_at: Cell<Duration>,
    breach: Cell<Option<Breach>>,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let meter = Self {
            max_ticks: limits.ticks,
            max_cpu: limits.cpu,
            ticks: Cell::new(0),
            wall_from: Cell::default(),
            cpu_from: Cell::default(),
            look_at: Cell::default(),
            breach: Cell::new(None),
        };
        meter.start();
        meter
    }

    /// Opens a new allowance.
    pub(crate) fn start(&self) {
        let now = wall_now();
        self.ticks.set(0);
        self.breach.set(None);
        self.wall_from.set(now);
        self.cpu_from.set(None);
        self.look_at.set(now + FIRST_LOOK);
    }

    /// Does work of the house's own that the script is not charged for.
    pub(crate) fn free<R>(&self, work: impl FnOnce() -> R) -> R {
        let (wall, cpu) = (wall_now(), cpu_now());
        let result = work();
        let (wall, cpu) = (since(wall, wall_now()), since(cpu, cpu_now()));
        self.wall_from.set(self.wall_from.get() + wall);
        self.cpu_from.set(self.cpu_from.get().map(|it| it + cpu));
        self.look_at.set(self.look_at.get() + wall);
        result
    }

    /// What ran out in this allowance, if anything.
    pub(crate) fn breach(&self) -> Option<Breach> {
        self.breach.get()
    }

    /// One safepoint passed.
    pub(crate) fn tick(&self) -> Option<Breach> {
        if self.breach.get().is_none() {
            self.breach.set(self.measure());
        }
        self.breach.get()
    }

    fn measure(&self) -> Option<Breach> {
        let ticks = self.ticks.get() + 1;
        self.ticks.set(ticks);
        if self.max_ticks < ticks {
            return Some(Breach::Ticks);
        }
        // Processor time never runs ahead of the wall clock, so the dear clock
        // is asked only when the cheap one says that it may be time.
        let now = wall_now();
        if now < self.look_at.get() {
            return None;
        }
        self.look(now)
    }

    fn look(&self, now: Duration) -> Option<Breach> {
        let waited = now.saturating_sub(self.wall_from.get());
        let cpu = cpu_now();
        // Before the first look the thread cannot have worked longer than the
        // wall clock ran; what it worked then is given away.
        let from = self.cpu_from.get().unwrap_or(cpu);
        self.cpu_from.set(Some(from));
        let used = cpu.saturating_sub(from);
        // On a busy machine a looping script would keep control for long, so
        // the wall clock counts as well once a script has used far more than
        // an innocent one ever does.
        let (patience, guilty) = (self.max_cpu * 3, self.max_cpu / 6);
        if self.max_cpu <= used || (patience <= waited && guilty <= used) {
            return Some(Breach::Time);
        }
        let until = match patience.checked_sub(waited) {
            Some(left) if !left.is_zero() => left.min(self.max_cpu.saturating_sub(used)),
            _ => guilty.saturating_sub(used),
        };
        self.look_at.set(now + until);
        None
    }
}

fn since(from: Duration, now: Duration) -> Duration {
    now.saturating_sub(from)
}

/// The wall clock to a few milliseconds, which is read without a system call.
fn wall_now() -> Duration {
    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::MonotonicCoarse;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: ClockId = ClockId::Monotonic;
    read(CLOCK)
}

/// Processor time this thread has used since it began.
fn cpu_now() -> Duration {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn an_expired_meter_stays_expired_until_it_is_started_again() {
        let meter = Meter::new(&Limits { ticks: 3, ..Limits::default() });
        let seen: Vec<_> = (0..6).map(|_| meter.tick()).collect();
        assert_eq!(seen[..3], [None; 3]);
        assert_eq!(seen[3..], [Some(Breach::Ticks); 3]);
        meter.start();
        assert_eq!(meter.tick(), None);
    }

    #[test]
    fn sleeping_does_not_use_up_processor_time() {
        let cpu = Duration::from_millis(30);
        let meter = Meter::new(&Limits { cpu, ..Limits::default() });
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(meter.tick(), None, "the thread slept, it did not work");
        let from = Instant::now();
        while meter.ticks.get() < 900_000 && meter.tick().is_none() {
            std::hint::black_box((0..500_u64).sum::<u64>());
        }
        assert_eq!(meter.breach(), Some(Breach::Time));
        assert!(from.elapsed() < Duration::from_secs(5));
    }
}
