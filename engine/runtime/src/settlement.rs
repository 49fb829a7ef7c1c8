//! How an order ends (指令结果): what a gateway's answer means for it, and when it
//! is tried again.

use domain::conduct::Record;
use domain::event::OrderEvent;
use domain::manifest::{Channel, DeliveryClass};
use domain::status::OrderStatus;
use store::Now;
use store::outbox::Leased;
use store::plugin::{DeliveryError, Receipt};
use tracing::{info, warn};

/// Waits between tries: half a minute, doubled each time, at most an hour.
const FIRST_RETRY_MS: i64 = 30_000;
const LONGEST_RETRY_MS: i64 = 3_600_000;
/// After so many tries a person has to find out what is wrong.
const MOST_TRIES: i64 = 12;
/// What waits for an administrator is looked at so often.
const LOOK_AGAIN_MS: i64 = 600_000;

/// How an order ended, or why it waits.
pub(super) struct DeliveryOutcome {
    pub(super) status: OrderStatus,
    /// The next try, for `pending`.
    pub(super) at: i64,
    /// For people and journal; no personal data.
    pub(super) note: String,
    /// The event it raises, if any.
    pub(super) event: Option<OrderEvent>,
    /// The record of the review.
    pub(super) record: Option<Record>,
    /// It was handed over, or tried to be.
    pub(super) tried: bool,
    /// It may have arrived, although it is tried again.
    pub(super) may_have_arrived: bool,
    /// The stop that keeps it, for `held`.
    pub(super) stop: Option<i64>,
    /// It waits for something outside itself, and grows no older meanwhile.
    pub(super) ageless: bool,
}

impl DeliveryOutcome {
    pub(super) fn new(status: OrderStatus, at: i64, note: impl Into<String>) -> Self {
        Self {
            status,
            at,
            note: note.into(),
            event: None,
            record: None,
            tried: true,
            may_have_arrived: false,
            stop: None,
            ageless: false,
        }
    }

    pub(super) fn raising(self, event: OrderEvent) -> Self {
        Self { event: Some(event), ..self }
    }

    /// It only waits; that is no try.
    pub(super) fn untried(self) -> Self {
        Self { tried: false, ..self }
    }

    /// Whether it ends without having left, so that its attempt was none.
    pub(super) fn ends_unsent(&self) -> bool {
        match self.status {
            OrderStatus::Pending | OrderStatus::Held => !self.tried,
            OrderStatus::Delivered
            | OrderStatus::Unknown
            | OrderStatus::Failed
            | OrderStatus::Rehearsed => false,
            _ => true,
        }
    }

    /// Whether it surely reached nobody, so that it is no contact of its day.
    pub(super) fn did_not_leave(&self) -> bool {
        self.ends_unsent() || self.status == OrderStatus::Held
    }

    pub(super) fn with(self, record: &Record) -> Self {
        Self { record: Some(record.clone()), ..self }
    }
}

/// What the attempt counts as. A call or visit is only arranged by its
/// delivery: it stays reserved, and so counts as effective, until somebody
/// reports what came of it.
pub(super) fn contact_outcome(
    order: &Leased,
    settled: &DeliveryOutcome,
) -> Option<OrderStatus> {
    match (settled.status, order.channel) {
        (OrderStatus::Delivered, Some(Channel::Phone | Channel::Visit)) => None,
        (
            came
            @ (OrderStatus::Rehearsed | OrderStatus::Delivered | OrderStatus::Failed),
            _,
        ) => Some(came),
        (OrderStatus::Pending, _) if settled.may_have_arrived => {
            Some(OrderStatus::Unknown)
        }
        // A try that is repeated reserves its attempt once, under its order.
        _ => None,
    }
}

/// What a hand-over means for the order.
pub(super) fn outcome(
    now: &Now,
    order: &Leased,
    answer: Result<Receipt, DeliveryError>,
) -> DeliveryOutcome {
    let once = order.delivery == DeliveryClass::AtMostOnce;
    match answer {
        Ok(receipt) => {
            DeliveryOutcome::new(OrderStatus::Delivered, now.ms, receipt.reference)
                .raising(OrderEvent::Delivered)
        }
        Err(DeliveryError::Unknown(reason)) if once => {
            warn!(order.id = %order.id, "it is not known whether order {} arrived", order.id);
            DeliveryOutcome::new(OrderStatus::Unknown, now.ms, reason)
                .raising(OrderEvent::Unknown)
        }
        // Neither is a try: nothing has left, and it is not the order's fault.
        Err(DeliveryError::Channel(reason) | DeliveryError::Incomplete(reason)) => {
            let waits = DeliveryOutcome::new(
                OrderStatus::Pending,
                now.ms + LOOK_AGAIN_MS,
                reason,
            );
            DeliveryOutcome { ageless: true, ..waits.untried() }
        }
        Err(DeliveryError::Refused(reason)) => {
            warn!(order.id = %order.id, "order {} was refused by its gateway", order.id);
            DeliveryOutcome::new(OrderStatus::Failed, now.ms, reason)
                .raising(OrderEvent::Failed)
        }
        // What may leave only once is not tried twice: a person sees to it.
        Err(DeliveryError::Retry { reason, .. }) if once => {
            warn!(order.id = %order.id, "order {} did not leave", order.id);
            DeliveryOutcome::new(OrderStatus::Failed, now.ms, reason)
                .raising(OrderEvent::Failed)
        }
        Err(DeliveryError::Retry { reason, after_s }) => {
            again(now, order, reason, after_s.map(|after_s| i64::from(after_s) * 1000))
        }
        Err(DeliveryError::Unknown(reason)) => {
            DeliveryOutcome { may_have_arrived: true, ..again(now, order, reason, None) }
        }
        Err(DeliveryError::Books(error)) => again(now, order, error.to_string(), None),
    }
}

/// Tries it later. What does not get through in the end is no fault of the
/// person it is for, so it does not fail: a person finds out.
pub(super) fn again(
    now: &Now,
    order: &Leased,
    reason: String,
    after_ms: Option<i64>,
) -> DeliveryOutcome {
    if MOST_TRIES <= order.attempts + 1 {
        return DeliveryOutcome::new(OrderStatus::Unknown, now.ms, reason)
            .raising(OrderEvent::Unknown);
    }
    let doubled = FIRST_RETRY_MS << order.attempts.clamp(0, 16);
    let wait = after_ms.unwrap_or(0).max(doubled.min(LONGEST_RETRY_MS));
    info!(order.id = %order.id, wait_ms = wait, "order {} will be tried again", order.id);
    DeliveryOutcome::new(OrderStatus::Pending, now.ms + wait, reason)
}
