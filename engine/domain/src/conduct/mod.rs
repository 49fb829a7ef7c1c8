//! Conduct review (合规审查): whether an order may reach a person, and when.
//!
//! The review sits under the scripts, so that no script can get round it. What
//! is allowed is data, the [`PolicyPack`]; what is known is handed in as
//! [`ConductFacts`]; the answer is a [`Verdict`] with every rule that was
//! looked at. Where a rule needs a fact that nobody knows, the answer is no.

mod check;
mod compare;
mod facts;
pub mod pack;
mod replay;
mod retired;
mod review;
mod rules;
mod standing;
mod timing;
mod verdict;
mod window;

pub use compare::Loosening;
pub use facts::{Approval, Attempt, AttemptOutcome, ConductFacts};
pub use pack::{
    ApprovalRule, ConductRule, CoolOff, DerivedFact, Forbidden, Force, HoldRule,
    MaxAttempts, OnUnknownCalendar, OnUnknownFact, PackError, PackHead, PartyRule,
    PolicyPack, Scope, Seen, Source, Strength, Window,
};
pub use review::{Ask, Reviewable, review};
pub use standing::PackDoubt;
pub use verdict::{Approved, Effect, Hit, Record, Verdict};
pub use window::{ContactWindow, Minute};
