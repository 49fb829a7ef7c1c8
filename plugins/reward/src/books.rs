//! The reward ledger (奖励账): one row a rewarded payment, an append-only ledger of what
//! was accrued and taken back, and the lines of those who have a part in it.

pub(crate) mod lines;
pub(crate) mod months;
pub(crate) mod objections;
pub(crate) mod open;
pub(crate) mod proof;
pub(crate) mod trial;

use domain::ids::{CaseId, EntryId, OrderId};
use domain::money::Fen;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use store::plugin::BooksError;
use store::{Conn, rows};

use self::lines::{LineKind, NewLine};
use crate::rules::{Share, Withheld};

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
    // The parts of those who worked for a payment; a line that a monthly statement has
    // taken up is taken up by no other.
    "create table reward_lines (
      entry_id bigint not null references rewards (entry_id),
      n bigint not null,
      kind text not null constraint reward_line_is_known
        check (kind in ('accrue', 'take_back', 'move')),
      collector text not null,
      amount_fen bigint not null constraint reward_line_is_of_money check (amount_fen <> 0),
      booked_on text not null,
      recorded_at bigint not null,
      month text,
      constraint reward_line_is_booked_once primary key (entry_id, n)
    )",
    // What was payable before there were statements was paid by the report of then.
    "insert into reward_lines
       (entry_id, n, kind, collector, amount_fen, booked_on, recorded_at, month)
     select e.entry_id, case when e.kind = 'accrue' then 1 else 2 end, e.kind, e.collector,
       e.amount_fen, e.booked_on, e.recorded_at,
       case when r.status <> 'accrued' then 'earlier' end
     from reward_entries e
     join rewards r on r.entry_id = e.entry_id",
    "create index reward_lines_by_day on reward_lines (booked_on)",
    "create index reward_lines_of_collector on reward_lines (collector, booked_on)",
    "create index reward_lines_unstated on reward_lines (entry_id) where month is null",
    "create index reward_lines_of_month on reward_lines (month) where month is not null",
    // Payments that were looked at and earn nothing, each with its reason.
    "create table withheld_rewards (
      entry_id bigint primary key,
      order_id bigint not null constraint one_withheld_reward_an_order unique,
      case_id bigint not null,
      collector text not null,
      why text not null constraint withheld_reward_has_a_reason
        check (why in ('nobody_worked', 'originator', 'court', 'capped')),
      rate bigint not null,
      cap_fen bigint,
      noted_on text not null
    )",
    "create index withheld_rewards_of_case on withheld_rewards (case_id)",
    "create table reward_objections (
      order_id bigint not null,
      n bigint not null,
      entry_id bigint not null,
      case_id bigint not null,
      raised_on text not null,
      raised_by text not null,
      answered_on text,
      answered_by text,
      outcome text constraint objection_outcome_is_known
        check (outcome in ('granted', 'denied')),
      constraint one_objection_at_a_time primary key (order_id, n),
      constraint answered_objection_has_an_outcome
        check ((answered_on is null) = (outcome is null))
    )",
    "create index reward_objections_open on reward_objections (order_id)
      where outcome is null",
    // A statement is closed once, approved by two, and paid once.
    "create table reward_months (
      month text primary key,
      closed_on text not null,
      closed_by text not null,
      objections_until text not null,
      first_by text,
      first_on text,
      second_by text,
      second_on text,
      paid_on text,
      paid_by text,
      body text,
      digest text,
      constraint approvals_are_of_two check (second_by is null or first_by <> second_by),
      constraint payout_has_two_approvals
        check (paid_on is null or (second_by is not null and digest is not null))
    )",
    "create table reward_payouts (
      month text not null references reward_months (month),
      collector text not null,
      amount_fen bigint not null constraint payout_is_positive check (0 < amount_fen),
      constraint paid_once_a_month primary key (month, collector)
    )",
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
    row.map(|row| {
        Ok((OrderId(row.try_get("order_id")?), Fen(row.try_get("amount_fen")?)))
    })
    .transpose()
}

/// A reward that comes about.
pub(crate) struct Accrual<'a> {
    pub(crate) payment: EntryId,
    pub(crate) order: OrderId,
    pub(crate) case_id: CaseId,
    pub(crate) shares: &'a [Share],
    pub(crate) rate: i64,
    pub(crate) cooling_until: Date,
}

impl Accrual<'_> {
    /// All parts together.
    pub(crate) fn amount(&self) -> Fen {
        self.shares.iter().map(|share| share.amount).sum()
    }

    /// Whoever has the largest part, the first of several.
    pub(crate) fn collector(&self) -> String {
        let largest = self.shares.iter().rev().max_by_key(|share| share.amount);
        largest.map(|largest| largest.collector.clone()).unwrap_or_default()
    }
}

const INSERT: &str = "
    insert into rewards
      (entry_id, order_id, case_id, collector, amount_fen, rate, accrued_on, cooling_until)
    values ($1, $2, $3, $4, $5, $6, $7, $8)";

const BOOK: &str = "
    insert into reward_entries (entry_id, kind, collector, amount_fen, booked_on, recorded_at)
    values ($1, 'accrue', $2, $3, $4, $5)";

/// Enters a reward and books it, with the parts of those who earned it.
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
        .bind(reward.collector())
        .bind(reward.amount().0)
        .bind(reward.rate)
        .bind(today.to_string())
        .bind(reward.cooling_until.to_string())
        .execute(&mut *conn)
        .await?;
    sqlx::query(BOOK)
        .bind(reward.payment.0)
        .bind(reward.collector())
        .bind(reward.amount().0)
        .bind(today.to_string())
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    let new = reward.shares.iter().map(|share| NewLine {
        payment: reward.payment,
        kind: LineKind::Accrue,
        collector: share.collector.clone(),
        amount: share.amount,
        month: None,
    });
    lines::append(conn, &new.collect::<Vec<_>>(), today, now_ms).await
}

/// A payment that was looked at and earns nothing.
pub(crate) struct NotEarned<'a> {
    pub(crate) payment: EntryId,
    pub(crate) order: OrderId,
    pub(crate) case_id: CaseId,
    /// Whose case it was.
    pub(crate) collector: &'a str,
    pub(crate) why: Withheld,
    pub(crate) rate: i64,
    pub(crate) cap: Option<Fen>,
}

const WITHHOLD: &str = "
    insert into withheld_rewards
      (entry_id, order_id, case_id, collector, why, rate, cap_fen, noted_on)
    values ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Notes that a payment earns nothing, and why.
pub(crate) async fn withhold(
    conn: &mut Conn,
    what: &NotEarned<'_>,
    today: Date,
) -> Result<(), BooksError> {
    sqlx::query(WITHHOLD)
        .bind(what.payment.0)
        .bind(what.order.0)
        .bind(what.case_id.0)
        .bind(what.collector.to_owned())
        .bind(what.why.as_str())
        .bind(what.rate)
        .bind(what.cap.map(|cap| cap.0))
        .bind(today.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

const WITHHELD_BY: &str = "
    select order_id
    from withheld_rewards
    where entry_id = $1";

/// The order by which it was found that a payment earns nothing.
pub(crate) async fn withheld_by(
    conn: &mut Conn,
    payment: EntryId,
) -> Result<Option<OrderId>, BooksError> {
    let asked = sqlx::query_scalar(WITHHELD_BY).bind(payment.0);
    let order: Option<i64> = asked.fetch_optional(conn).await?;
    Ok(order.map(OrderId))
}

const UNWITHHOLD: &str = "
    delete from withheld_rewards
    where entry_id = $1";

/// Forgets that a payment earns nothing: an objection was granted.
pub(crate) async fn earns_after_all(
    conn: &mut Conn,
    payment: EntryId,
) -> Result<(), BooksError> {
    sqlx::query(UNWITHHOLD).bind(payment.0).execute(conn).await?;
    Ok(())
}

const OF_CASE: &str = "
    select coalesce(sum(amount_fen), 0) as whole
    from rewards
    where case_id = $1 and status <> 'taken_back'";

/// What stands of rewards for a case.
pub(crate) async fn sum_of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Fen, BooksError> {
    let row = sqlx::query(OF_CASE).bind(case.0).fetch_one(conn).await?;
    Ok(Fen(row.try_get("whole")?))
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
    let payments: Vec<EntryId> = rewards.iter().map(|reward| reward.payment).collect();
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
    let mut back = Vec::new();
    for part in lines::parts_of(conn, &payments).await? {
        // What waits for its approval is not paid first and taken off later.
        let of = Some(part.collector.as_str());
        let month = months::open_statement_of(conn, part.payment, of).await?;
        if let Some(month) = &month {
            months::unapprove(conn, month).await?;
        }
        back.push(NewLine {
            payment: part.payment,
            kind: LineKind::TakeBack,
            collector: part.collector,
            amount: -part.amount,
            month,
        });
    }
    lines::append(conn, &back, today, now_ms).await
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
      sum(case when 0 < e.amount_fen then 1 else 0 end) as payments,
      sum(case when 0 < e.amount_fen then e.amount_fen else 0 end) as earned,
      sum(case when e.amount_fen < 0 then -e.amount_fen else 0 end) as returned,
      sum(case when e.kind <> 'take_back' and r.status = 'accrued' then e.amount_fen else 0 end)
        as cooling,
      sum(case when e.kind <> 'take_back' and r.status = 'payable' then e.amount_fen else 0 end)
        as payable
    from reward_lines e
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

const UNPAID_OF_CASE: &str = "
    select entry_id, case_id, collector, amount_fen
    from rewards
    where case_id = $1 and status in ('accrued', 'payable')
    order by entry_id";

/// The rewards of a case that stand and are not paid, by payment.
pub(crate) async fn unpaid_of_case(
    conn: &mut Conn,
    case: CaseId,
) -> Result<Vec<Standing>, BooksError> {
    let rows = sqlx::query(UNPAID_OF_CASE).bind(case.0).fetch_all(conn).await?;
    rows.iter().map(standing).collect()
}
