//! Which file is in hand (在看的文件): told to whoever watches a folder being read, so
//! that a file on which the program dies can be named.

use std::sync::OnceLock;

/// A file is taken in hand, or put down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step<'a> {
    /// Work on it begins.
    Begins(&'a str),
    /// Work on it has ended.
    Ends(&'a str),
}

static TELL: OnceLock<fn(Step<'_>)> = OnceLock::new();

/// Tells every step of this process to `tell`; the first one to ask is told.
pub fn watch(tell: fn(Step<'_>)) {
    let _first = TELL.get_or_init(|| tell);
}

/// A file in hand, put down when this goes.
#[derive(Debug)]
pub struct InHand<'a>(&'a str);

/// Takes a file in hand, by its path relative to the folder.
#[must_use]
pub fn begin(file: &str) -> InHand<'_> {
    tell(Step::Begins(file));
    InHand(file)
}

fn tell(step: Step<'_>) {
    if let Some(tell) = TELL.get() {
        tell(step);
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        tell(Step::Ends(self.0));
    }
}
