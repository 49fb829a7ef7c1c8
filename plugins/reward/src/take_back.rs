//! How a reward is taken back (追回): by a reversal, or by a workflow with a reason.

use domain::ids::{CaseId, EntryId};
use domain::money::Fen;
use domain::order::Order;
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;
use store::plugin::{Books, BooksError, DeliveryError, Raised, Receipt};

use crate::accrue::payment_of;
use crate::manifest::RewardEvent;

/// Why, when a payment was reversed.
const REVERSED: &str = "还款冲正";

/// A reward that stands.
struct Standing {
    payment: EntryId,
    case_id: CaseId,
    collector: String,
    amount: Fen,
}

impl Standing {
    fn read(row: &AnyRow) -> Result<Self, BooksError> {
        Ok(Self {
            payment: EntryId(row.try_get("entry_id")?),
            case_id: CaseId(row.try_get("case_id")?),
            collector: row.try_get("collector")?,
            amount: Fen(row.try_get("amount_fen")?),
        })
    }
}

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
    let row = sqlx::query(ONE)
        .bind(payment.0)
        .bind(order.case_id.0)
        .fetch_optional(&mut *books.conn)
        .await
        .map_err(BooksError::from)?;
    let standing = row.as_ref().map(Standing::read).transpose()?;
    let mut amount = Fen::default();
    if let Some(standing) = standing {
        take(&standing, reason, books).await?;
        amount = standing.amount;
    }
    Ok(Receipt { reference: format!("reward:{payment}"), amount: Some(amount) })
}

/// Takes back the rewards of a case whose payments are reversed. The ledger is
/// asked, not the event: told twice or told wrongly, the answer is the same.
pub(crate) async fn reversed_of_case(
    case: CaseId,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    let rows =
        sqlx::query(REVERSED_OF_CASE).bind(case.0).fetch_all(&mut *books.conn).await?;
    take_all(&rows, books).await
}

/// [`reversed_of_case`] for every case.
pub(crate) async fn reversed_of_all(books: &mut Books<'_>) -> Result<(), BooksError> {
    let rows = sqlx::query(REVERSED_OF_ALL).fetch_all(&mut *books.conn).await?;
    take_all(&rows, books).await
}

async fn take_all(rows: &[AnyRow], books: &mut Books<'_>) -> Result<(), BooksError> {
    for row in rows {
        take(&Standing::read(row)?, REVERSED, books).await?;
    }
    Ok(())
}

async fn take(
    reward: &Standing,
    reason: &str,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    sqlx::query(MARK)
        .bind(reward.payment.0)
        .bind(books.today.to_string())
        .bind(reason.to_owned())
        .execute(&mut *books.conn)
        .await?;
    sqlx::query(BOOK)
        .bind(reward.payment.0)
        .bind(reward.collector.clone())
        .bind(-reward.amount.0)
        .bind(books.today.to_string())
        .bind(books.now_ms)
        .execute(&mut *books.conn)
        .await?;
    let payload = [
        ("payment", Value::from(reward.payment.to_string())),
        ("amount", Value::from(reward.amount.0)),
        ("to", Value::from(reward.collector.as_str())),
        ("reason", Value::from(reason)),
    ];
    let payload = payload.map(|(key, value)| (key.to_owned(), value));
    books.raised.push(Raised {
        case_id: reward.case_id,
        kind: RewardEvent::TakenBack.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("reward:{}:taken_back", reward.payment),
    });
    Ok(())
}

const ONE: &str = "
    select entry_id, case_id, collector, amount_fen
    from rewards
    where entry_id = $1 and case_id = $2 and status <> 'taken_back'";

const REVERSED_OF_CASE: &str = "
    select r.entry_id, r.case_id, r.collector, r.amount_fen
    from rewards r
    join ledger l on l.reverses = r.entry_id
    where r.case_id = $1 and r.status <> 'taken_back'
    order by r.entry_id";

const REVERSED_OF_ALL: &str = "
    select r.entry_id, r.case_id, r.collector, r.amount_fen
    from rewards r
    where r.status <> 'taken_back'
      and r.entry_id in (select reverses from ledger where reverses is not null)
    order by r.entry_id";

const MARK: &str = "
    update rewards
    set status = 'taken_back', taken_back_on = $2, taken_back_for = $3
    where entry_id = $1";

const BOOK: &str = "
    insert into reward_entries (entry_id, kind, collector, amount_fen, booked_on, recorded_at)
    values ($1, 'take_back', $2, $3, $4, $5)";
