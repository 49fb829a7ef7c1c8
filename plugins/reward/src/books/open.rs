//! What is not paid yet (未发奖励), as the list `reward ls` shows it.

use domain::ids::{CaseId, EntryId, OrderId};
use domain::money::Fen;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use store::Conn;
use store::plugin::{BooksError, WorkWanted};

/// A reward that is not paid, or a payment that earns nothing.
pub(crate) struct OpenReward {
    pub(crate) order: OrderId,
    pub(crate) case_id: CaseId,
    pub(crate) payment: EntryId,
    /// Who has a part in it, with commas between; of what earns nothing, whose case it
    /// was.
    pub(crate) to: String,
    pub(crate) amount: Fen,
    /// `accrued`, `payable` or `withheld`.
    pub(crate) state: String,
    /// The end of the cooling-off; the day on which it was found to earn nothing.
    pub(crate) until: String,
    pub(crate) why: Option<String>,
    /// Who objected and has no answer yet.
    pub(crate) objection: Option<String>,
}

const OF_CASE: &str = "
    select o.order_id, o.case_id, o.entry_id, o.whom, o.amount_fen, o.state, o.until, o.why,
      (select j.raised_by from reward_objections j
        where j.order_id = o.order_id and j.outcome is null) as objection
    from (
      select r.order_id, r.case_id, r.entry_id, (
          select string_agg(p.collector, ',') from (
            select l.collector
            from reward_lines l
            where l.entry_id = r.entry_id
            group by l.collector
            having 0 < sum(l.amount_fen)
            order by l.collector) p) as whom,
        r.amount_fen, r.status as state, r.cooling_until as until, cast(null as text) as why
      from rewards r
      where r.status in ('accrued', 'payable')
        and r.case_id = $1
      union all
      select w.order_id, w.case_id, w.entry_id, w.collector, 0, 'withheld', w.noted_on, w.why
      from withheld_rewards w
      where w.case_id = $1
    ) o
    order by o.until, o.order_id";

const PAGE: &str = "
    select o.order_id, o.case_id, o.entry_id, o.whom, o.amount_fen, o.state, o.until, o.why,
      (select j.raised_by from reward_objections j
        where j.order_id = o.order_id and j.outcome is null) as objection
    from (
      select r.order_id, r.case_id, r.entry_id, (
          select string_agg(p.collector, ',') from (
            select l.collector
            from reward_lines l
            where l.entry_id = r.entry_id
            group by l.collector
            having 0 < sum(l.amount_fen)
            order by l.collector) p) as whom,
        r.amount_fen, r.status as state, r.cooling_until as until, cast(null as text) as why
      from rewards r
      where r.status in ('accrued', 'payable')
      union all
      select w.order_id, w.case_id, w.entry_id, w.collector, 0, 'withheld', w.noted_on, w.why
      from withheld_rewards w
    ) o
    where (o.until, o.order_id) > ($1, $2)
    order by o.until, o.order_id
    limit $3";

const PAGE_OF: &str = "
    select o.order_id, o.case_id, o.entry_id, o.whom, o.amount_fen, o.state, o.until, o.why,
      (select j.raised_by from reward_objections j
        where j.order_id = o.order_id and j.outcome is null) as objection
    from (
      select r.order_id, r.case_id, r.entry_id, (
          select string_agg(p.collector, ',') from (
            select l.collector
            from reward_lines l
            where l.entry_id = r.entry_id
            group by l.collector
            having 0 < sum(l.amount_fen)
            order by l.collector) p) as whom,
        r.amount_fen, r.status as state, r.cooling_until as until, cast(null as text) as why
      from rewards r
      where r.status in ('accrued', 'payable')
        and exists (
          select 1 from reward_lines l
          where l.entry_id = r.entry_id and l.collector = $4)
      union all
      select w.order_id, w.case_id, w.entry_id, w.collector, 0, 'withheld', w.noted_on, w.why
      from withheld_rewards w
      where w.collector = $4
    ) o
    where (o.until, o.order_id) > ($1, $2)
    order by o.until, o.order_id
    limit $3";

/// A portion of what is not paid, by the end of its cooling-off.
pub(crate) async fn page(
    conn: &mut Conn,
    wanted: &WorkWanted<'_>,
) -> Result<Vec<OpenReward>, BooksError> {
    let rows = wanted.rows(conn, (OF_CASE, PAGE, PAGE_OF)).await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<OpenReward, BooksError> {
    let to: Option<String> = row.try_get("whom")?;
    Ok(OpenReward {
        order: OrderId(row.try_get("order_id")?),
        case_id: CaseId(row.try_get("case_id")?),
        payment: EntryId(row.try_get("entry_id")?),
        to: to.unwrap_or_default(),
        amount: Fen(row.try_get("amount_fen")?),
        state: row.try_get("state")?,
        until: row.try_get("until")?,
        why: row.try_get("why")?,
        objection: row.try_get("objection")?,
    })
}
