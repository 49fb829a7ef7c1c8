//! The interrupt (中断): how long pieces of work hear that the daemon is to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

/// Work was left off, since the program is to stop: it is nobody's fault, and the next
/// start does it.
#[derive(Clone, Copy, Debug, Error)]
#[error("程序正在停止,没有做完 · told to stop before it was done")]
pub struct ToldToStop;

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
