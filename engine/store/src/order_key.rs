//! The idempotency key (指令键) of an order.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::journal::hex;

/// Where a step gives an order: the run, the number of the step, and the place
/// of the order among those of the step.
pub type Place = (i64, i64, usize);

/// The key of an order: store, run, step, place, verb and payload, so that the
/// same order always has the same key and no other order has it.
pub fn order_key(
    store_id: &str,
    (instance, seq, ordinal): Place,
    verb: &str,
    to: Option<i64>,
    args: &Map<String, Value>,
    text: Option<&str>,
) -> String {
    let payload = json!([store_id, instance, seq, ordinal, verb, to, args, text]);
    hex(&Sha256::digest(payload.to_string().as_bytes()))[..32].to_owned()
}
