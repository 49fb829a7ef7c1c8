//! The tally (计数): how much this process has done since its start, by words that
//! the program itself knows, never by case or person.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use domain::status::OrderStatus;

/// What was done since the start.
#[derive(Debug, Default)]
pub struct Tally {
    steps: AtomicU64,
    failed_steps: AtomicU64,
    orders: Mutex<BTreeMap<VerbAndStatus, CountAndLast>>,
}

type VerbAndStatus = (String, OrderStatus);
/// How many, and when the last, in milliseconds since 1970.
type CountAndLast = (u64, i64);

/// How many orders of a verb came to a status, and when the last one did, in
/// milliseconds since 1970.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settlements {
    /// The verb of the orders.
    pub verb: String,
    /// The status that they came to.
    pub status: OrderStatus,
    /// How many came to it since the daemon began.
    pub count: u64,
    /// When the last one did, in milliseconds since 1970.
    pub last_at: i64,
}

impl Tally {
    /// Counts the steps of a batch.
    pub fn steps(&self, written: usize, failed: usize) {
        let add = |to: &AtomicU64, count: usize| {
            to.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        };
        add(&self.steps, written);
        add(&self.failed_steps, failed);
    }

    /// Counts an order that came to a status.
    pub(crate) fn order(&self, verb: &str, status: OrderStatus, at: i64) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = orders.entry((verb.to_owned(), status)).or_default();
        *entry = (entry.0 + 1, at);
    }

    /// Steps written, and steps that failed.
    pub fn all_steps(&self) -> (u64, u64) {
        let of = |it: &AtomicU64| it.load(Ordering::Relaxed);
        (of(&self.steps), of(&self.failed_steps))
    }

    /// Orders by verb and status.
    pub fn all_orders(&self) -> Vec<Settlements> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let told = orders.iter().map(|((verb, status), (count, last_at))| Settlements {
            verb: verb.clone(),
            status: *status,
            count: *count,
            last_at: *last_at,
        });
        told.collect()
    }
}
