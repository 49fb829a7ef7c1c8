//! The breaker of a channel (熔断): when its gateway counts as broken, and when it is
//! tried again with one order.
//!
//! That a channel is stopped stands in the store; the breaker knows only when to
//! look again, and a new process looks at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use failsafe::{FailurePolicy, StateMachine};

/// So many answers in a row that are none stop a channel.
const IN_A_ROW: u32 = 3;
/// A stopped channel is tried at least so often.
const LONGEST_REST: Duration = Duration::from_mins(15);

/// Counts what a gateway answers.
pub(super) struct Breaker {
    machine: StateMachine<Policy, ()>,
    grave: Arc<AtomicBool>,
}

/// How long a broken gateway rests: twice as long each time.
struct Policy {
    first_rest: Duration,
    next_rest: Duration,
    failures: u32,
    /// It has been broken since it last worked.
    broken: bool,
    /// The next failure is the institution's and not the line's: it stops the
    /// channel at once.
    grave: Arc<AtomicBool>,
}

impl FailurePolicy for Policy {
    fn record_success(&mut self) {
        self.failures = 0;
    }

    fn mark_dead_on_failure(&mut self) -> Option<Duration> {
        self.failures += 1;
        let grave = self.grave.swap(false, Ordering::Relaxed);
        self.broken |= grave || IN_A_ROW <= self.failures;
        if !self.broken {
            return None;
        }
        let rest = self.next_rest;
        self.next_rest = (rest * 2).min(LONGEST_REST).max(self.first_rest);
        Some(rest)
    }

    fn revived(&mut self) {
        self.failures = 0;
        self.broken = false;
        self.next_rest = self.first_rest;
    }
}

impl Breaker {
    /// A closed breaker; when it opens it rests so long at first.
    pub(super) fn new(first_rest: Duration) -> Self {
        let grave = Arc::new(AtomicBool::new(false));
        let policy = Policy {
            first_rest,
            next_rest: first_rest,
            failures: 0,
            broken: false,
            grave: Arc::clone(&grave),
        };
        Self { machine: StateMachine::new(policy, ()), grave }
    }

    /// The gateway works.
    pub(super) fn works(&self) {
        self.machine.on_success();
    }

    /// It gave no answer that helps; answers whether it counts as broken now.
    pub(super) fn fails(&self) -> bool {
        self.machine.on_error();
        !self.machine.is_call_permitted()
    }

    /// It refuses the institution and counts as broken at once.
    pub(super) fn breaks(&self) {
        self.grave.store(true, Ordering::Relaxed);
        self.machine.on_error();
    }

    /// Whether it may be tried.
    pub(super) fn allows(&self) -> bool {
        self.machine.is_call_permitted()
    }

    /// Somebody says that it works.
    pub(super) fn forget(&self) {
        self.machine.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_stop_a_channel_and_its_own_fault_at_once() {
        let breaker = Breaker::new(Duration::from_mins(1));
        assert!(!breaker.fails() && !breaker.fails());
        breaker.works();
        assert!(!breaker.fails() && !breaker.fails(), "a success began anew");
        assert!(breaker.fails() && !breaker.allows());
        breaker.forget();
        assert!(breaker.allows());
        breaker.breaks();
        assert!(!breaker.allows());
    }

    #[test]
    fn after_a_rest_it_is_tried_and_rests_longer_each_time() {
        let breaker = Breaker::new(Duration::from_millis(50));
        breaker.breaks();
        assert!(!breaker.allows());
        std::thread::sleep(Duration::from_millis(80));
        assert!(breaker.allows());
        assert!(breaker.fails(), "one failed try is enough");
        std::thread::sleep(Duration::from_millis(60));
        assert!(!breaker.allows(), "twice as long now");
        std::thread::sleep(Duration::from_millis(90));
        assert!(breaker.allows());
        breaker.works();
        assert!(!breaker.fails(), "it begins anew");
    }
}
