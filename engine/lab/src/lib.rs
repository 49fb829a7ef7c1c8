//! The laboratory (试验台): a made-up quarter to try the program on, years of a real book
//! replayed in minutes, and yardsticks.
//!
//! All three work a store of their own through the engine that works the institution's,
//! on a clock that jumps.

pub mod replay;
pub mod demo;
pub mod bench;
