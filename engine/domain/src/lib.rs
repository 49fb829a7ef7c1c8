//! What a debt case is and what may happen to it.
//!
//! This crate holds the words and the rules of collection work and nothing
//! else. It reads no clock, opens no file and knows no database, so every rule
//! can be tested with a date and a value.

pub mod words;
pub mod tongues;
pub mod say;
pub mod near;
mod toml_place;
pub mod ids;
pub mod money;
pub mod party;
pub mod phone;
pub mod id_card;
pub mod point;
pub mod initials;
pub mod ledger;
pub mod components;
pub mod arrears;
pub mod balances;
pub mod calendar;
pub mod promise;
pub mod hold;
pub mod status;
pub mod role;
pub mod staff;
pub mod duty;
pub mod complaint;
pub mod stop;
pub mod limitation;
pub mod guarantee;
pub mod court;
pub mod facts;
pub mod manifest;
pub mod event;
pub mod decision;
pub mod wait;
pub mod enrolment;
pub mod order;
pub mod conduct;
pub mod guard;
pub mod journal;
