//! Releases (版本发布): from a saved file to the scripts that run.
//!
//! The whole folder is read, checked and tested as one candidate beside the
//! running release, which is not touched. Only a candidate without a fault
//! becomes a release; activating one is one row in the store.

pub mod shipped;
pub mod one_core;
pub mod scenario;
pub mod ahead;
pub mod apart;
pub mod blast;
pub mod built_in;
pub mod candidate;
pub mod causes;
pub mod changes;
pub mod copies;
pub mod publish;
pub mod failing;
pub mod findings;
pub mod intake;
pub mod judge;
pub mod laxer;
pub mod live_check;
pub mod lost;
pub mod mend;
pub mod nobody;
pub mod rejected;
pub mod rolled_back;
pub mod rules;
pub mod snippet;
pub mod steady;
pub mod trial;
pub mod verdict;
pub mod watch;
