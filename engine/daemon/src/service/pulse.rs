//! The pulse (脉搏): whether each loop of the daemon still comes round.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A loop that has not come round for so long is taken to be stuck. Its longest
/// rest is half a minute, the morning round of a big book takes less than this.
pub(crate) const STUCK_AFTER: Duration = Duration::from_mins(2);

/// When each loop last came round.
#[derive(Debug)]
pub(crate) struct Pulse {
    began: Instant,
    loops: Mutex<Vec<Beat>>,
}

/// The pulse of one loop, which it feels itself at each turn: no timer does it
/// in its place.
#[derive(Clone, Debug)]
pub(crate) struct Beat {
    name: String,
    began: Instant,
    /// Milliseconds from the beginning to the last turn.
    last: Arc<AtomicU64>,
    /// Its last turn ended with a fault.
    failing: Arc<AtomicBool>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { began: Instant::now(), loops: Mutex::default() }
    }
}

impl Pulse {
    /// The pulse of a loop that begins now.
    pub(crate) fn of(&self, name: &str) -> Beat {
        let (last, failing) = (Arc::default(), Arc::default());
        let beat = Beat { name: name.to_owned(), began: self.began, last, failing };
        beat.beat();
        self.loops.lock().unwrap_or_else(PoisonError::into_inner).push(beat.clone());
        beat
    }

    /// The loop that came round longest ago, and how long ago; `None` before
    /// any has begun.
    pub(crate) fn slowest(&self) -> Option<(String, Duration)> {
        let loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        let slowest = loops.iter().map(|it| (it.silent_for(), it)).max_by_key(|it| it.0);
        slowest.map(|(silent, it)| (it.name.clone(), silent))
    }

    /// Every loop has come round within this time.
    pub(crate) fn beats_within(&self, time: Duration) -> bool {
        self.slowest().is_some_and(|(_, silent)| silent < time)
    }

    /// The last turn of some loop ended with a fault: of the store, or of the log of
    /// what leaves.
    pub(crate) fn is_failing(&self) -> bool {
        let loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        loops.iter().any(|it| it.failing.load(Ordering::Relaxed))
    }
}

impl Beat {
    /// The loop comes round.
    pub(crate) fn beat(&self) {
        let passed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(passed, Ordering::Relaxed);
    }

    /// Notes whether the last turn got through.
    pub(crate) fn note_turn(&self, got_through: bool) {
        self.failing.store(!got_through, Ordering::Relaxed);
    }

    fn silent_for(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_loop_that_is_stuck_is_named_whatever_the_others_do() {
        let pulse = Pulse::default();
        assert!(!pulse.beats_within(STUCK_AFTER), "nothing works yet");
        let (work, sms) = (pulse.of("work"), pulse.of("remind/sms"));
        work.beat();
        assert!(pulse.beats_within(STUCK_AFTER));
        std::thread::sleep(Duration::from_millis(30));
        work.beat();
        sms.note_turn(false);
        work.note_turn(true);
        assert!(pulse.is_failing(), "one loop that fails is enough");
        let (slowest, silent) = pulse.slowest().unwrap();
        assert_eq!(slowest, "remind/sms");
        assert!(Duration::from_millis(30) <= silent, "{silent:?}");
        assert!(!pulse.beats_within(Duration::from_millis(30)));
        sms.beat();
        assert!(pulse.beats_within(STUCK_AFTER));
    }
}
