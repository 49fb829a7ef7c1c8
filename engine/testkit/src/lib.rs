//! What tests are made of (测试工具): fictional orders, stores on every database, a
//! clock that stands still, and a messaging company on this machine.
//!
//! A dev-dependency of the plugins, of the store's conformance suite and of the stories;
//! nothing that is shipped knows it. Whatever goes wrong in here ends the test that asked
//! for it: a test has no use for an error that it does not expect.

#![expect(clippy::missing_panics_doc, reason = "a test ends where its tools fail")]

pub mod clock;
pub mod gateway;
pub mod orders;
pub mod stores;

pub use gateway::{Gateway, Reply, Request};
