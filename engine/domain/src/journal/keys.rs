//! The keys and words by which statements look into a line (日志键): whoever renames
//! a field of an entry renames it here, or a test says so.

use crate::event::EventKind;

/// The kind, in every line.
pub const AT_DID: &str = "did";
/// Who.
pub const AT_BY: &str = "by";
/// What a person entered.
pub const AT_WHAT: &str = "what";
/// The workflow into which a person put a case.
pub const AT_ENROLLED: &str = "enrolled";
/// The event that a person reported.
pub const AT_REPORTED: &str = "reported";
/// The form of a plugin that a person filled in.
pub const AT_FORM: &str = "form";
/// The order that a line tells of.
pub const AT_ORDER: &str = "order";
/// The orders that a step gave.
pub const AT_ORDERS: &str = "orders";

/// The kind of what people enter, [`Kind::ByHand`](super::Kind::ByHand).
pub const DID_BY_HAND: &str = "by_hand";
/// The form by which a person chooses the way that a claim goes.
pub const WAY_CHOSEN: &str = "way";
/// The event with which a person sends a case to court although the conditions are
/// not met.
pub const LEGAL_OVERRIDE: &str = EventKind::LegalOverride.as_str();
