//! The daemon: the only place with loops, signals, files and the clock.
//!
//! In reading order: what a site is, how a book comes in, how cases are worked,
//! how scripts become releases, how it all is run.

mod backup;
mod store_copy;
pub mod socket;
pub mod run;
mod retention;
pub(crate) mod service;
pub mod explain;
pub mod try_out;
pub mod cli;
