//! The moment of a change (当前时刻): the instant, and the civil time beside it.

use jiff::civil::{Date, DateTime};

/// When something is written, as the daemon's clock says.
///
/// The store reads no clock. The civil time is that of the institution's zone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Now {
    /// Milliseconds since 1970, UTC.
    pub ms: i64,
    /// The civil time in the institution's zone.
    pub civil: DateTime,
}

impl Now {
    /// The civil day.
    pub fn today(&self) -> Date {
        self.civil.date()
    }
}
