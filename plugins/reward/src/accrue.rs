//! How a reward comes about (计提), on a payment that the ledger knows.

use domain::hold::HoldReason;
use domain::ids::EntryId;
use domain::money::Fen;
use domain::order::Order;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::plugin::{Books, BooksError, DeliveryError, Raised, Receipt};
use store::{Conn, plugin_reads};

use crate::books::{self, Accrual};
use crate::manifest::RewardEvent;

/// Accrues the reward that the order names. A second hand-over of the same
/// order finds it and changes nothing.
pub(crate) async fn by_order(
    order: &Order,
    max_rate: i64,
    cooling_until: Date,
    books: &mut Books<'_>,
) -> Result<Receipt, DeliveryError> {
    let collector = order.arg("to").map(str::trim).filter(|it| !it.is_empty());
    let collector =
        collector.ok_or_else(|| refused("没有写明清收人员 · no collector is named"))?;
    let rate = order.number("rate").filter(|it| (1..=max_rate).contains(it));
    let rate = rate.ok_or_else(|| {
        refused(&format!(
            "千分比应为 1–{max_rate} · the rate should be 1–{max_rate} per mille"
        ))
    })?;
    let payment = payment_of(order)?;
    if let Some((by, amount)) = books::accrued_by(books.conn, payment).await? {
        return if by == order.id {
            Ok(receipt(payment, amount))
        } else {
            Err(refused("这笔还款已计提过奖励 · this payment has its reward already"))
        };
    }
    let paid = rewardable(order, payment, books).await?;
    let amount = share(paid, rate, order.number("cap").map(Fen))?;
    let reward = Accrual {
        payment,
        order: order.id,
        case_id: order.case_id,
        collector,
        amount,
        rate,
        cooling_until,
    };
    books::accrue(books.conn, &reward, books.today, books.now_ms).await?;
    raise(books, order, payment, amount, collector);
    Ok(receipt(payment, amount))
}

/// Rate times payment, parts of a fen dropped, at most `cap`.
pub(crate) fn share(
    paid: Fen,
    rate: i64,
    cap: Option<Fen>,
) -> Result<Fen, DeliveryError> {
    let whole = paid
        .0
        .checked_mul(rate)
        .ok_or_else(|| refused("金额过大 · the amount is too large"))?
        / 1000;
    let amount = cap.map_or(whole, |it| whole.min(it.0));
    if amount <= 0 {
        return Err(refused("奖励不足一分,不计提 · the reward is less than a fen"));
    }
    Ok(Fen(amount))
}

/// The payment that an order names.
pub(crate) fn payment_of(order: &Order) -> Result<EntryId, DeliveryError> {
    let written = order.arg("payment").map(str::to_owned);
    let written = written.or_else(|| order.number("payment").map(|it| it.to_string()));
    written.and_then(|it| it.trim().parse().ok()).map(EntryId).ok_or_else(|| {
        refused(
            "`payment` 应为还款的账目编号 · `payment` should be the number of a payment",
        )
    })
}

/// What of the payment is rewarded, when it may be: no more than was owed. What somebody
/// pays above that is handed back, and nobody has collected it.
async fn rewardable(
    order: &Order,
    payment: EntryId,
    books: &mut Books<'_>,
) -> Result<Fen, DeliveryError> {
    let paid = plugin_reads::payment(books.conn, order.case_id, payment).await;
    let paid = paid.map_err(BooksError::from)?.ok_or_else(|| {
        refused("本案账上没有这笔还款 · the ledger of the case has no such payment")
    })?;
    if !paid.is_confirmed {
        return Err(refused(
            "银行尚未确认这笔还款 · the bank has not confirmed this payment",
        ));
    }
    if paid.is_inferred {
        return Err(refused(
            "这笔还款是由余额推算的,不计提奖励 · this payment was inferred from balances and earns no reward",
        ));
    }
    if paid.is_reversed {
        return Err(refused("这笔还款已冲正 · this payment was taken back"));
    }
    let owed = paid.owed.map_or(paid.amount, |owed| owed.min(paid.amount));
    if owed.0 <= 0 {
        return Err(refused(
            "本案此前已还清,多收的钱不计提奖励 · nothing was owed any more, and what is paid above the debt earns no reward",
        ));
    }
    Ok(owed)
}

fn raise(
    books: &mut Books<'_>,
    order: &Order,
    payment: EntryId,
    amount: Fen,
    collector: &str,
) {
    let payload = [
        ("payment", Value::from(payment.to_string())),
        ("amount", Value::from(amount.0)),
        ("to", Value::from(collector)),
    ];
    let payload = payload.map(|(key, value)| (key.to_owned(), value));
    books.raised.push(Raised {
        case_id: order.case_id,
        kind: RewardEvent::Accrued.to_string(),
        payload: Map::from_iter(payload),
        dedupe_key: format!("reward:{payment}:accrued"),
    });
}

/// Rewards whose cooling-off is over become payable, unless a complaint about
/// the case is open.
pub(crate) async fn set_free(books: &mut Books<'_>) -> Result<(), BooksError> {
    let cases = books::cooled(books.conn, books.today).await?;
    if cases.is_empty() {
        return Ok(());
    }
    let kept_back = plugin_reads::held_for(books.conn, HoldReason::Complaint, &cases);
    let kept_back = kept_back.await?;
    books::set_free(books.conn, books.today, &kept_back).await
}

/// The day on which the first reward that cools off is free, if no complaint
/// keeps it back; the day it was accrued when its payment is reversed.
pub(crate) async fn first_work_on(conn: &mut Conn) -> Result<Option<Date>, BooksError> {
    let cooled = books::first_cooled_on(conn).await?;
    let reversed = plugin_reads::reversed(conn).await?;
    let accrued = books::first_accrued_on(conn, &reversed).await?;
    Ok(cooled.into_iter().chain(accrued).min())
}

fn receipt(payment: EntryId, amount: Fen) -> Receipt {
    Receipt { reference: format!("reward:{payment}"), amount: Some(amount) }
}

fn refused(reason: &str) -> DeliveryError {
    DeliveryError::Refused(reason.to_owned())
}
