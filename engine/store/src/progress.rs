//! How far a long piece of work has come (进度): whoever works counts, whoever waits looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Pieces done, and of how many; clones count together.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    done: AtomicU64,
    of: AtomicU64,
}

impl Progress {
    /// Begins anew, with so many pieces to do; 0 where that is not known yet.
    pub fn begin(&self, of: u64) {
        self.set(0, of);
    }

    /// Says that so many more are done.
    pub fn advance(&self, pieces: u64) {
        self.0.done.fetch_add(pieces, Ordering::Relaxed);
    }

    /// Says what another process has told.
    pub fn set(&self, done: u64, of: u64) {
        self.0.of.store(of, Ordering::Relaxed);
        self.0.done.store(done, Ordering::Relaxed);
    }

    /// What is done, and of how many; 0 where that is not known yet.
    pub fn seen(&self) -> (u64, u64) {
        let of = self.0.of.load(Ordering::Relaxed);
        let done = self.0.done.load(Ordering::Relaxed);
        (if of == 0 { done } else { done.min(of) }, of)
    }
}
