//! Releases (版本发布): from a saved file to the scripts that run.
//!
//! The whole folder is read, checked and tested as one candidate beside the
//! running release, which is not touched. Only a candidate without a fault
//! becomes a release; activating one is one row in the store.

pub mod built_in;
pub mod candidate;
pub mod desk;
pub mod findings;
pub mod live_check;
pub mod blast;
pub mod rejected;
pub mod steady;
pub mod verdict;
pub mod mend;
pub mod snippet;
pub mod trial;
pub mod watch;
