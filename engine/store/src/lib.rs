//! The case store (案件库): what is known of every debt, and every step taken.
//!
//! It runs on SQLite through sqlx's `Any` driver, so that a second database is
//! a second dialect of a few statements and not a second store.

pub mod error;
pub mod plain;
pub mod open;
pub mod lock;
pub mod standing;
pub mod mark;
pub mod ids;
pub mod daemons;
pub mod now;
mod dialect;
mod rows;
mod pair;
pub mod progress;
pub mod case_book;
mod case_people;
pub mod channel_looks;
pub mod people;
pub mod bank_files;
pub mod bank_rows;
pub mod ledger;
mod totals;
mod money_events;
pub mod confirm;
pub mod receipts;
pub mod limitation;
pub mod events;
mod effects;
pub mod holds;
pub mod promises;
pub mod reopen;
pub mod contacts;
pub mod tasks;
pub mod facts;
pub mod reports;
pub mod journal;
pub mod seals;
pub mod order_key;
pub mod releases;
pub mod lost_places;
pub mod parked;
pub mod due;
pub mod waits;
pub mod commit;
pub mod outbox;
pub mod answered;
pub mod approvals;
pub mod hand_over;
pub mod sending;
pub mod day_counts;
pub mod guard_stops;
pub mod rehearsal;
pub mod order_query;
pub mod meta;
pub mod enrol;
pub mod enrolment_faults;
pub mod suspended;
mod unwatched;
pub mod verify;
pub mod plugin;
pub mod plugin_settings;
pub mod plugin_tables;
pub mod spool;
pub mod figures;
pub mod simulated;
pub mod blank;
pub mod views;
pub mod departures;
pub mod restored;
pub mod copy;

pub use error::StoreError;
pub use lock::SiteLock;
pub use now::Now;
pub use open::{Durability, Options, Store, WriteTx};

/// One connection to the store, whatever database is behind it.
pub type Conn = sqlx::AnyConnection;
