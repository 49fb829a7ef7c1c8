//! How a reward is taken back (追回): by a reversal, or by a workflow with a reason.

use domain::ids::{CaseId, EntryId};
use domain::order::Order;
use serde_json::{Map, Value};
use store::plugin::{Books, BooksError, DeliveryError, Raised, Receipt};
use store::plugin_reads;

use crate::accrue::payment_of;
use crate::books::{self, Standing};
use crate::manifest::RewardEvent;

/// Why, when a payment was reversed.
const REVERSED: &str = "还款冲正";

/// Takes back what the order names; nothing changes when nothing stands.
pub(crate) async fn by_order(
    order: &Order,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let payment = payment_of(order)?;
    let reason = order.arg("reason").map(str::trim).filter(|it| !it.is_empty());
    let reason = reason.ok_or_else(|| {
        DeliveryError::Refused(
            "没有写明追回原因 · no reason for taking it back is given".to_owned(),
        )
    })?;
    let standing = books::standing_on(books.conn, payment, order.case_id).await?;
    let amount = standing.as_ref().map(|standing| standing.amount).unwrap_or_default();
    take(standing.as_slice(), reason, books).await?;
    Ok(Receipt { reference: format!("reward:{payment}"), amount: Some(amount) })
}

/// Takes back the rewards of a case whose payments are reversed. The ledger is
/// asked, not the event: told twice or told wrongly, the answer is the same.
pub(crate) async fn reversed_of_case(
    case: CaseId,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    let mut standing = books::standing_of_case(books.conn, case).await?;
    let payments: Vec<EntryId> = standing.iter().map(|it| it.payment).collect();
    let reversed = plugin_reads::reversed_among(books.conn, &payments).await?;
    standing.retain(|it| reversed.contains(&it.payment));
    take(&standing, REVERSED, books).await
}

/// [`reversed_of_case`] for every case.
pub(crate) async fn reversed_of_all(books: &mut Books<'_>) -> Result<(), BooksError> {
    let reversed = plugin_reads::reversed(books.conn).await?;
    let standing = books::standing_among(books.conn, &reversed).await?;
    take(&standing, REVERSED, books).await
}

/// Why, when a complaint was upheld.
const UPHELD: &str = "投诉成立";

/// Takes back what is not paid of the rewards of a case: a complaint was upheld.
pub(crate) async fn unpaid_of_case(
    case: CaseId,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    let unpaid = books::unpaid_of_case(books.conn, case).await?;
    take(&unpaid, UPHELD, books).await
}

/// Takes back the reward of a payment, where it stands.
pub(crate) async fn of_payment(
    payment: EntryId,
    case: CaseId,
    reason: &str,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    let standing = books::standing_on(books.conn, payment, case).await?;
    take(standing.as_slice(), reason, books).await
}

async fn take(
    rewards: &[Standing],
    reason: &str,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    if rewards.is_empty() {
        return Ok(());
    }
    books::take_back(books.conn, rewards, reason, books.today, books.now_ms).await?;
    books.raised.extend(rewards.iter().map(|reward| told(reward, reason)));
    Ok(())
}

fn told(reward: &Standing, reason: &str) -> Raised {
    let payload = [
        ("payment", Value::from(reward.payment.to_string())),
        ("amount", Value::from(reward.amount.0)),
        ("to", Value::from(reward.collector.as_str())),
        ("reason", Value::from(reason)),
    ];
    let payload = payload.map(|(key, value)| (key.to_owned(), value));
    Raised {
        case_id: reward.case_id,
        kind: RewardEvent::TakenBack.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("reward:{}:taken_back", reward.payment),
    }
}
