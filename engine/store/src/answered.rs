//! What a person finds out about an order (人工查实): it counts before what the order
//! had raised while nobody knew.

use std::collections::BTreeSet;

use domain::ids::OrderId;
use domain::manifest::Channel;

use crate::{Conn, Now, StoreError, events};

/// `-2` stands for withdrawn: the run is never told.
const WITHDRAW: &str = "
    update inbox set consumed_seq = -2
    where (consumed_seq is null or consumed_seq = -1) and (instance_id, event_id) in (
      select i.id, e.id
      from list($1) as v (id bigint)
      join outbox o on o.id = v.id and o.status in ('unknown', 'failed')
      join events e on e.source = 'outbox'
        and e.dedupe_key = o.id || ':' || o.status || ':' || o.lease_epoch
      join instances i on i.case_id = o.case_id)
    returning case_id";

/// Withdraws what waits to tell the runs of a case that an order is unknown or has
/// failed, before it stands otherwise. A step that has been worked out with it is
/// not written: the case has learned something new. Answers how many were withdrawn.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn withdraw(conn: &mut Conn, orders: &[OrderId]) -> Result<usize, StoreError> {
    let list = serde_json::to_string(orders)?;
    let found: Vec<i64> =
        sqlx::query_scalar(WITHDRAW).bind(list).fetch_all(&mut *conn).await?;
    let cases: BTreeSet<i64> = found.iter().copied().collect();
    if !cases.is_empty() {
        events::touch(conn, &cases).await?;
    }
    Ok(found.len())
}

/// What has come of an order of which nobody knew, while nobody had said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Meanwhile {
    /// The channel by which it was to go.
    pub channel: Option<Channel>,
    /// The stage in which its run stands now; `None` when that is over.
    pub stage: Option<String>,
    /// Its run has been told that it is unknown or has failed, and has answered.
    pub was_heard: bool,
    /// Its run has left the stage with which it was to go.
    pub is_left_behind: bool,
    /// Its time is up.
    pub is_too_old: bool,
    /// A later order of its run does the same for the same person.
    pub is_given_anew: Option<OrderId>,
}

impl Meanwhile {
    /// Whether it would end at once if it were sent now, or would be the second.
    pub fn goes_nowhere(&self) -> bool {
        self.is_left_behind || self.is_too_old || self.is_given_anew.is_some()
    }
}

/// Channel, stage, heard, left behind, too old, the later order.
type Raw = (Option<Channel>, Option<String>, i64, i64, i64, Option<OrderId>);

const MEANWHILE: &str = "
    select json_group_array(json_array(
      o.channel, case when i.status <> 'finished' then i.stage end,
      cast(exists (
        select 1
        from events e
        join inbox b on b.instance_id = o.instance_id and b.event_id = e.id
        where e.source = 'outbox' and 0 <= b.consumed_seq
          and e.dedupe_key = o.id || ':' || o.status || ':' || o.lease_epoch) as integer),
      case when o.outlives_stage = 0 and o.seq < i.seq
        and (i.status = 'finished' or i.stage <> o.stage) then 1 else 0 end,
      cast(coalesce(o.prolonged_until_at, o.not_after_at) < $2 as integer),
      (
        select max(n.id)
        from outbox n
        where n.instance_id = o.instance_id and o.id < n.id and n.verb = o.verb
          and n.party_id is not distinct from o.party_id and n.status in (
            'pending', 'held', 'leased', 'awaiting_approval', 'delivered', 'unknown'))))
    from list($1) as v (id bigint)
    join outbox o on o.id = v.id
    left join instances i on i.id = o.instance_id";

/// What has come of an order that is unknown or has failed; `None` when there is no
/// such order.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn meanwhile(
    conn: &mut Conn,
    now: &Now,
    order: OrderId,
) -> Result<Option<Meanwhile>, StoreError> {
    let text: String = sqlx::query_scalar(MEANWHILE)
        .bind(serde_json::to_string(&[order])?)
        .bind(now.ms)
        .fetch_one(conn)
        .await?;
    let found: Vec<Raw> = serde_json::from_str(&text)?;
    Ok(found.into_iter().next().map(|it| Meanwhile {
        channel: it.0,
        stage: it.1,
        was_heard: it.2 == 1,
        is_left_behind: it.3 == 1,
        is_too_old: it.4 == 1,
        is_given_anew: it.5,
    }))
}
