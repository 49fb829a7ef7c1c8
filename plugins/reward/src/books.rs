//! The reward ledger (奖励账): one row a rewarded payment, and an append-only ledger of
//! what was accrued and taken back.

use domain::ids::{CaseId, EntryId, OrderId};
use domain::money::Fen;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use store::plugin::BooksError;
use store::{Conn, rows};

/// A payment is accrued once and taken back at most once, so that the sum of a payment
/// is its reward or zero.
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

/// The order that a payment was rewarded by, with the reward.
pub(crate) async fn accrued_by(
    conn: &mut Conn,
    payment: EntryId,
) -> Result<Option<(OrderId, Fen)>, BooksError> {
    let row = sqlx::query(FIND).bind(payment.0).fetch_optional(conn).await?;
    row.map(|it| Ok((OrderId(it.try_get("order_id")?), Fen(it.try_get("amount_fen")?))))
        .transpose()
}

/// A reward that comes about.
pub(crate) struct Accrual<'a> {
    pub(crate) payment: EntryId,
    pub(crate) order: OrderId,
    pub(crate) case_id: CaseId,
    pub(crate) collector: &'a str,
    pub(crate) amount: Fen,
    pub(crate) rate: i64,
    pub(crate) cooling_until: Date,
}

const INSERT: &str = "
    insert into rewards
      (entry_id, order_id, case_id, collector, amount_fen, rate, accrued_on, cooling_until)
    values ($1, $2, $3, $4, $5, $6, $7, $8)";

const BOOK: &str = "
    insert into reward_entries (entry_id, kind, collector, amount_fen, booked_on, recorded_at)
    values ($1, 'accrue', $2, $3, $4, $5)";

/// Enters a reward and books it.
pub(crate) async fn accrue(
    conn: &mut Conn,
    reward: &Accrual<'_>,
    today: Date,
    now_ms: i64,
) -> Result<(), BooksError> {
    sqlx::query(INSERT)
        .bind(reward.payment.0)
        .bind(reward.order.0)
        .bind(reward.case_id.0)
        .bind(reward.collector.to_owned())
        .bind(reward.amount.0)
        .bind(reward.rate)
        .bind(today.to_string())
        .bind(reward.cooling_until.to_string())
        .execute(&mut *conn)
        .await?;
    sqlx::query(BOOK)
        .bind(reward.payment.0)
        .bind(reward.collector.to_owned())
        .bind(reward.amount.0)
        .bind(today.to_string())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

const COOLED: &str = "
    select case_id
    from rewards
    where status = 'accrued' and cooling_until <= $1";

/// The case of each reward whose cooling-off is over and that is not payable yet.
pub(crate) async fn cooled(
    conn: &mut Conn,
    today: Date,
) -> Result<Vec<CaseId>, BooksError> {
    let asked = sqlx::query_scalar(COOLED).bind(today.to_string());
    let cases: Vec<i64> = asked.fetch_all(conn).await?;
    Ok(cases.into_iter().map(CaseId).collect())
}

const SET_FREE: &str = "
    update rewards
    set status = 'payable', payable_on = $1
    where status = 'accrued' and cooling_until <= $1
      and case_id not in (select s.id from list($2) as s (id bigint))";

/// Makes the rewards payable whose cooling-off is over, but for those of some cases.
pub(crate) async fn set_free(
    conn: &mut Conn,
    today: Date,
    kept_back: &[CaseId],
) -> Result<(), BooksError> {
    sqlx::query(SET_FREE)
        .bind(today.to_string())
        .bind(json!(kept_back).to_string())
        .execute(conn)
        .await?;
    Ok(())
}

const FIRST_COOLED_ON: &str = "
    select min(cooling_until)
    from rewards
    where status = 'accrued'";

/// The day on which the first reward that cools off has done so.
pub(crate) async fn first_cooled_on(conn: &mut Conn) -> Result<Option<Date>, BooksError> {
    day(sqlx::query_scalar(FIRST_COOLED_ON).fetch_one(conn).await?)
}

const FIRST_ACCRUED_ON: &str = "
    select min(accrued_on)
    from rewards
    where status <> 'taken_back'
      and entry_id in (select s.id from list($1) as s (id bigint))";

/// The day on which the first of the rewards of some payments was accrued that stand.
pub(crate) async fn first_accrued_on(
    conn: &mut Conn,
    payments: &[EntryId],
) -> Result<Option<Date>, BooksError> {
    if payments.is_empty() {
        return Ok(None);
    }
    let asked = sqlx::query_scalar(FIRST_ACCRUED_ON).bind(json!(payments).to_string());
    day(asked.fetch_one(conn).await?)
}

fn day(written: Option<String>) -> Result<Option<Date>, BooksError> {
    let read = |it: String| it.parse().map_err(|_| BooksError(format!("奖励日期 {it}")));
    written.map(read).transpose()
}

/// A reward that stands.
pub(crate) struct Standing {
    pub(crate) payment: EntryId,
    pub(crate) case_id: CaseId,
    pub(crate) collector: String,
    pub(crate) amount: Fen,
}

fn standing(row: &AnyRow) -> Result<Standing, BooksError> {
    Ok(Standing {
        payment: EntryId(row.try_get("entry_id")?),
        case_id: CaseId(row.try_get("case_id")?),
        collector: row.try_get("collector")?,
        amount: Fen(row.try_get("amount_fen")?),
    })
}

const STANDING: &str = "
    select entry_id, case_id, collector, amount_fen
    from rewards
    where entry_id = $1 and case_id = $2 and status <> 'taken_back'";

/// The reward of a payment of this case, when it stands.
pub(crate) async fn standing_on(
    conn: &mut Conn,
    payment: EntryId,
    case: CaseId,
) -> Result<Option<Standing>, BooksError> {
    let asked = sqlx::query(STANDING).bind(payment.0).bind(case.0);
    asked.fetch_optional(conn).await?.as_ref().map(standing).transpose()
}

const STANDING_OF_CASE: &str = "
    select entry_id, case_id, collector, amount_fen
    from rewards
    where case_id = $1 and status <> 'taken_back'
    order by entry_id";

/// The rewards of a case that stand, by payment.
pub(crate) async fn standing_of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<Standing>, BooksError> {
    let rows = sqlx::query(STANDING_OF_CASE).bind(case.0).fetch_all(conn).await?;
    rows.iter().map(standing).collect()
}

const STANDING_AMONG: &str = "
    select entry_id, case_id, collector, amount_fen
    from rewards
    where status <> 'taken_back'
      and entry_id in (select s.id from list($1) as s (id bigint))
    order by entry_id";

/// The rewards of some payments that stand, by payment.
pub(crate) async fn standing_among(
    conn: &mut Conn,
    payments: &[EntryId],
) -> Result<Vec<Standing>, BooksError> {
    if payments.is_empty() {
        return Ok(Vec::new());
    }
    let asked = sqlx::query(STANDING_AMONG).bind(json!(payments).to_string());
    asked.fetch_all(conn).await?.iter().map(standing).collect()
}

const MARK_TAKEN_BACK: &str = "
    update rewards
    set status = 'taken_back', taken_back_on = $2, taken_back_for = $3
    where entry_id in (select s.id from list($1) as s (id bigint))";

const BOOK_TAKEN_BACK: &str = "
    insert into reward_entries (entry_id, kind, collector, amount_fen, booked_on, recorded_at)
    select s.entry_id, 'take_back', s.collector, s.amount_fen, s.booked_on, s.recorded_at
    from batch($1) as s (
      entry_id bigint, collector text, amount_fen bigint, booked_on text,
      recorded_at bigint)";

/// Takes rewards back and books that.
pub(crate) async fn take_back(
    conn: &mut Conn,
    rewards: &[Standing],
    reason: &str,
    today: Date,
    now_ms: i64,
) -> Result<(), BooksError> {
    let payments: Vec<EntryId> = rewards.iter().map(|it| it.payment).collect();
    sqlx::query(MARK_TAKEN_BACK)
        .bind(json!(payments).to_string())
        .bind(today.to_string())
        .bind(reason.to_owned())
        .execute(&mut *conn)
        .await?;
    let booked = |it: &Standing| {
        json!([it.payment, it.collector, -it.amount.0, today.to_string(), now_ms])
    };
    let booked: Vec<Value> = rewards.iter().map(booked).collect();
    rows::run(conn, BOOK_TAKEN_BACK, &booked).await?;
    Ok(())
}

/// The rewards of one collector in a period.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// The member of staff.
    pub collector: String,
    /// How many payments were rewarded in the period.
    pub payments: u64,
    /// Accrued in the period.
    pub accrued: Fen,
    /// Taken back in the period, as a positive amount; it may concern rewards
    /// of an earlier period.
    pub taken_back: Fen,
    /// Accrued less taken back; may be negative.
    pub net: Fen,
    /// Of the rewards accrued in the period: still in the cooling-off, as of now.
    pub cooling: Fen,
    /// Of the rewards accrued in the period: payable and not paid, as of now.
    pub payable: Fen,
}

const STATEMENT: &str = "
    select e.collector,
      sum(case when e.kind = 'accrue' then 1 else 0 end) as payments,
      sum(case when e.kind = 'accrue' then e.amount_fen else 0 end) as earned,
      sum(case when e.kind = 'take_back' then -e.amount_fen else 0 end) as returned,
      sum(case when e.kind = 'accrue' and r.status = 'accrued' then e.amount_fen else 0 end)
        as cooling,
      sum(case when e.kind = 'accrue' and r.status = 'payable' then e.amount_fen else 0 end)
        as payable
    from reward_entries e
    join rewards r on r.entry_id = e.entry_id
    where $1 <= e.booked_on and e.booked_on <= $2
    group by e.collector
    order by e.collector";

/// The statement of all collectors from `from` to `to`, both days included, by
/// name. A collector with nothing in the period has no row.
///
/// # Errors
///
/// [`BooksError`] when the reward ledger cannot be read.
pub async fn statement(
    conn: &mut Conn,
    from: Date,
    to: Date,
) -> Result<Vec<Row>, BooksError> {
    let rows = sqlx::query(STATEMENT)
        .bind(from.to_string())
        .bind(to.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let (accrued, taken_back) =
                (Fen(row.try_get("earned")?), Fen(row.try_get("returned")?));
            let payments: i64 = row.try_get("payments")?;
            Ok(Row {
                collector: row.try_get("collector")?,
                payments: payments.unsigned_abs(),
                accrued,
                taken_back,
                net: accrued - taken_back,
                cooling: Fen(row.try_get("cooling")?),
                payable: Fen(row.try_get("payable")?),
            })
        })
        .collect()
}
