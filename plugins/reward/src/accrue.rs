//! How a reward comes about (计提), on a payment that the ledger knows.

use domain::ids::EntryId;
use domain::money::Fen;
use domain::order::Order;
use jiff::civil::Date;
use serde_json::{Map, Value};
use sqlx::Row;
use store::Conn;
use store::plugin::{Books, BooksError, DeliveryError, Raised, Receipt};

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
    if let Some((by, amount)) = accrued_before(payment, books).await? {
        let same = by == order.id.0;
        return if same {
            Ok(receipt(payment, amount))
        } else {
            Err(refused("这笔还款已计提过奖励 · this payment has its reward already"))
        };
    }
    let paid = rewardable(order, payment, books).await?;
    let amount = share(paid, rate, order.number("cap").map(Fen))?;
    write(order, payment, collector, rate, amount, cooling_until, books).await?;
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

async fn accrued_before(
    payment: EntryId,
    books: &mut Books<'_>,
) -> Result<Option<(i64, Fen)>, BooksError> {
    let row = sqlx::query(FIND).bind(payment.0).fetch_optional(&mut *books.conn).await?;
    row.map(|it| Ok((it.try_get("order_id")?, Fen(it.try_get("amount_fen")?))))
        .transpose()
}

/// The amount of the payment, when it may be rewarded.
async fn rewardable(
    order: &Order,
    payment: EntryId,
    books: &mut Books<'_>,
) -> Result<Fen, DeliveryError> {
    let row = sqlx::query(PAYMENT)
        .bind(payment.0)
        .bind(order.case_id.0)
        .fetch_optional(&mut *books.conn)
        .await
        .map_err(BooksError::from)?;
    let row = row.ok_or_else(|| {
        refused("本案账上没有这笔还款 · the ledger of the case has no such payment")
    })?;
    let read = |column: &str| row.try_get::<i64, _>(column).map_err(BooksError::from);
    if read("confirmed")? == 0 {
        return Err(refused(
            "银行尚未确认这笔还款 · the bank has not confirmed this payment",
        ));
    }
    if read("inferred")? != 0 {
        return Err(refused(
            "这笔还款是由余额推算的,不计提奖励 · this payment was inferred from balances and earns no reward",
        ));
    }
    if read("reversals")? != 0 {
        return Err(refused("这笔还款已冲正 · this payment was taken back"));
    }
    Ok(Fen(read("amount_fen")?))
}

async fn write(
    order: &Order,
    payment: EntryId,
    collector: &str,
    rate: i64,
    amount: Fen,
    cooling_until: Date,
    books: &mut Books<'_>,
) -> Result<(), BooksError> {
    sqlx::query(INSERT)
        .bind(payment.0)
        .bind(order.id.0)
        .bind(order.case_id.0)
        .bind(collector.to_owned())
        .bind(amount.0)
        .bind(rate)
        .bind(books.today.to_string())
        .bind(cooling_until.to_string())
        .execute(&mut *books.conn)
        .await?;
    sqlx::query(BOOK)
        .bind(payment.0)
        .bind(collector.to_owned())
        .bind(amount.0)
        .bind(books.today.to_string())
        .bind(books.now_ms)
        .execute(&mut *books.conn)
        .await?;
    Ok(())
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
    sqlx::query(SET_FREE).bind(books.today.to_string()).execute(&mut *books.conn).await?;
    Ok(())
}

/// The day on which the first reward that cools off is free, if no complaint
/// keeps it back; the day it was accrued when its payment is reversed.
pub(crate) async fn first_work_on(conn: &mut Conn) -> Result<Option<Date>, BooksError> {
    let first: Option<String> = sqlx::query_scalar(FIRST_WORK_ON).fetch_one(conn).await?;
    let read = |it: String| it.parse().map_err(|_| BooksError(format!("奖励日期 {it}")));
    first.map(read).transpose()
}

fn receipt(payment: EntryId, amount: Fen) -> Receipt {
    Receipt { reference: format!("reward:{payment}"), amount: Some(amount) }
}

fn refused(reason: &str) -> DeliveryError {
    DeliveryError::Refused(reason.to_owned())
}

/// One row a rewarded payment, and an append-only ledger of what was accrued
/// and taken back. A payment is accrued once and taken back at most once, so
/// that the sum of a payment is its reward or zero.
pub(crate) const MIGRATIONS: &[&str] = &[
    "create table rewards (
      entry_id bigint primary key,
      order_id bigint not null constraint one_reward_an_order unique,
      case_id bigint not null,
      collector text not null,
      amount_fen bigint not null constraint reward_is_positive check (0 < amount_fen),
      rate bigint not null constraint rate_is_a_share check (0 < rate and rate <= 1000),
      status text not null default 'accrued' constraint reward_status_is_known
        check (status in ('accrued', 'payable', 'paid', 'taken_back')),
      accrued_on text not null,
      cooling_until text not null,
      payable_on text,
      taken_back_on text,
      taken_back_for text,
      constraint taken_back_reward_has_a_reason check
        ((status = 'taken_back') = (taken_back_on is not null and taken_back_for is not null))
    )",
    "create index rewards_of_case on rewards (case_id)",
    "create index rewards_cooling on rewards (cooling_until) where status = 'accrued'",
    "create table reward_entries (
      entry_id bigint not null references rewards (entry_id),
      kind text not null constraint reward_entry_is_known check (kind in ('accrue', 'take_back')),
      collector text not null,
      amount_fen bigint not null,
      booked_on text not null,
      recorded_at bigint not null,
      constraint reward_is_booked_once primary key (entry_id, kind),
      constraint taking_back_is_negative check ((kind = 'take_back') = (amount_fen < 0))
    )",
    "create index reward_entries_by_day on reward_entries (booked_on)",
];

const FIND: &str = "
    select order_id, amount_fen
    from rewards
    where entry_id = $1";

const PAYMENT: &str = "
    select p.amount_fen, p.confirmed, p.inferred,
      (select count(*) from ledger r where r.reverses = p.id) as reversals
    from ledger p
    where p.id = $1 and p.case_id = $2 and p.kind = 'payment'";

const INSERT: &str = "
    insert into rewards
      (entry_id, order_id, case_id, collector, amount_fen, rate, accrued_on, cooling_until)
    values ($1, $2, $3, $4, $5, $6, $7, $8)";

const BOOK: &str = "
    insert into reward_entries (entry_id, kind, collector, amount_fen, booked_on, recorded_at)
    values ($1, 'accrue', $2, $3, $4, $5)";

const FIRST_WORK_ON: &str = "
    select min(on_day) from (
      select min(cooling_until) as on_day from rewards where status = 'accrued'
      union all
      select min(r.accrued_on)
      from rewards r
      where r.status <> 'taken_back'
        and r.entry_id in (select reverses from ledger where reverses is not null)) days";

const SET_FREE: &str = "
    update rewards
    set status = 'payable', payable_on = $1
    where status = 'accrued' and cooling_until <= $1
      and not exists (
        select 1
        from cases c
        where c.id = rewards.case_id and ',' || c.holds || ',' like '%,complaint,%')";
