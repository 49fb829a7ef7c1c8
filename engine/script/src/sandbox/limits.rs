//! How much one call of a script may use (限额).

use std::time::Duration;

/// Which library a script sees.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Environment {
    /// What operations staff write with: no files, no clock, no chance.
    #[default]
    Staff,
    /// Every library of Luau, still without files, for tests that try to
    /// break out.
    FullLuau,
}

/// The limits of one call and of one state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Safepoints (loop turns, calls) a call may pass.
    pub ticks: u64,
    /// The thread's own processor time a call may use. Wall time would park
    /// innocent cases on a busy machine; it ends a call only after three times
    /// this, and only when a sixth of it has been worked.
    pub cpu: Duration,
    /// Bytes one state may hold.
    pub memory: usize,
    /// Orders a call may give.
    pub orders: usize,
    /// Bytes of one file.
    pub file_bytes: usize,
    /// Bytes of a memo, as JSON.
    pub memo_bytes: usize,
    /// What the script can reach.
    pub environment: Environment,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ticks: 1_000_000,
            cpu: Duration::from_millis(250),
            memory: 64 << 20,
            orders: 64,
            file_bytes: 256 << 10,
            memo_bytes: 4 << 10,
            environment: Environment::Staff,
        }
    }
}

impl Limits {
    /// The limits of one Lua test, which makes cases and jumps through weeks.
    pub fn for_tests() -> Self {
        Self { ticks: 20_000_000, cpu: Duration::from_secs(5), ..Self::default() }
    }
}
