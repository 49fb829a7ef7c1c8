//! The interrupt (中断): how long pieces of work hear that the daemon is to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says to a long piece of work that it should leave off.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks every piece of work that holds a clone to leave off.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was asked to.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
