//! The ceiling (裸库上限): a loop that writes the rows of a step and of a hand-over
//! as sets and does nothing else.
//!
//! It claims in one JSON row, writes each table of a batch with one statement,
//! and commits as often as the engine does: once for the steps, once when the
//! orders are leased, once when they are settled.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;
use sqlx::Row;
use store::{Conn, Store, ids};

use crate::bench::fill::{self, DAY};
use crate::bench::rounds::{BATCH, STAGE};
use crate::bench::{Lap, stopwatch};
use crate::clock::Clock;
use crate::config::Config;

/// One step in so many gives an order, as in the measured workflow.
const EVERY: usize = 10;
const DAY_MS: i64 = 86_400_000;
/// As long as a SHA-256 in hexadecimal digits.
const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Rows as the engine writes them; the loop writes rows of the same size.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// A journal line of a step without an order.
    pub(super) step: String,
    /// A journal line of a step with one.
    pub(super) step_with_order: String,
    /// The wait's rule.
    pub(super) rule: String,
    /// The minute it counts from.
    pub(super) since: String,
    /// Plugin, verb, channel, act, delivery, args, text, amount, key, who
    /// asked, collector, line.
    pub(super) order: Vec<Value>,
    /// A journal line of a hand-over.
    pub(super) hand_over: String,
}

/// The loop on its own copy of the store.
pub(super) struct Raw {
    store: Store,
    sample: Sample,
    now_ms: i64,
    orders: i64,
}

const CLAIM: &str = "\
select json_group_array(json_array(i.id, i.case_id, i.seq, j.hash))
from (select id, case_id, seq from instances
  where status = 'waiting' and due_at <= $1 order by due_at, id limit $2) i
join journal j on j.chain = i.id and j.seq = i.seq";
const MOVE: &str = "\
update instances set seq = s.value ->> 1, stage = $2, status = 'waiting', due_at = $3
from jsonb_each($1) s where instances.id = s.value ->> 0";
const JOURNAL: &str = "\
insert into journal (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
select $2 + key, value ->> 0, value ->> 1, value ->> 2, $3, 1, value ->> 3, value ->> 4,
  $4
from jsonb_each($1)";
const WAIT: &str = "\
insert into wait_rules (instance_id, rule, next_stage, since, provisional)
select value ->> 0, $2, $3, $4, 0 from jsonb_each($1) where true
on conflict (instance_id) do update set rule = excluded.rule,
  next_stage = excluded.next_stage, since = excluded.since,
  provisional = excluded.provisional";
const ORDER: &str = "\
insert into outbox (id, case_id, instance_id, seq, ordinal, stage, plugin, verb, party_id,
  channel, act, delivery, args, body, states_fen, idempotency_key, requested_by,
  collector, line, status, not_before_at, not_after_at, created_at)
select $2 + s.key, s.value ->> 1, s.value ->> 0, s.value ->> 2, 0, $4, $5 ->> 0, $5 ->> 1,
  p.party_id, $5 ->> 2, $5 ->> 3, $5 ->> 4, $5 ->> 5, $5 ->> 6, $5 ->> 7, s.value ->> 3,
  $5 ->> 9, $5 ->> 10, $5 ->> 11, 'pending', $3, $3 + 604800000, $3
from jsonb_each($1) s
join case_parties p on p.case_id = s.value ->> 1 and p.role = 'borrower'";
const READY: &str = "\
select json_group_array(json_array(id, case_id, party_id)) from (
  select id, case_id, party_id from outbox
  where status = 'pending' and not_before_at <= $1
  order by not_before_at, id limit $2)";
const LEASE: &str = "\
update outbox set status = 'leased', lease_epoch = lease_epoch + 1,
  leased_until_at = $2, attempts = attempts + 1
from jsonb_each($1) s where outbox.id = s.value ->> 0";
const RESERVE: &str = "\
insert into contacts (id, case_id, party_id, order_id, channel, contact_point,
  attempted_at, attempted_on, attempted_minute, outcome)
select $2 + key, value ->> 1, value ->> 2, value ->> 0, 'sms', '15400000000', $3,
  '2026-04-01', 600, 'reserved'
from jsonb_each($1)";
const SETTLE: &str = "\
update outbox set status = 'delivered', settled_at = $2, settled_note = 'simulated',
  leased_until_at = null
from jsonb_each($1) s where outbox.id = s.value ->> 0";
const COUNT: &str = "\
update cases set facts_rev = facts_rev + 1, contacts = contacts + 1,
  last_contact_on = '2026-04-01'
from jsonb_each($1) s where cases.id = s.value ->> 1";
const ARRIVED: &str = "\
update contacts set outcome = 'delivered'
from jsonb_each($1) s where contacts.order_id = s.value ->> 0";
const HANDED_OVER: &str = "\
insert into journal (id, chain, seq, case_id, at, release_id, body, prev_hash, hash)
select $2 + s.key, s.value ->> 1, coalesce(j.seq, -1) + 1, s.value ->> 1, $3, 1, $4,
  coalesce(j.hash, ''), $5
from jsonb_each($1) s
left join journal j on j.chain = s.value ->> 1
  and j.seq = (select max(seq) from journal where chain = s.value ->> 1)";

/// Instance, case, seq, hash of the newest line.
type Claimed = (i64, i64, i64, String);

impl Raw {
    pub(super) async fn open(path: &Path, sample: Sample) -> Result<Self> {
        let store = Store::open(fill::options(path)).await?;
        let clock = Clock::virtual_at(&Config::default().zone, DAY.at(10, 0, 0, 0))?;
        Ok(Self { store, sample, now_ms: clock.now().ms, orders: 0 })
    }

    pub(super) async fn close(&self) -> Result<()> {
        Ok(self.store.close().await?)
    }

    /// Writes what `steps` steps write.
    pub(super) async fn round(&mut self, steps: i64) -> Result<Lap> {
        self.now_ms += DAY_MS;
        let from = stopwatch();
        let mut lap = Lap::default();
        while lap.steps < steps {
            let (done, orders) = self.steps().await?;
            lap.steps += done;
            lap.orders += orders;
            self.hand_over().await?;
        }
        lap.time = from.elapsed();
        Ok(lap)
    }

    async fn steps(&mut self) -> Result<(i64, i64)> {
        let claimed = {
            let mut conn = self.store.read().await?;
            let text: String = sqlx::query_scalar(CLAIM)
                .bind(self.now_ms)
                .bind(BATCH)
                .fetch_one(conn.conn())
                .await?;
            text
        };
        let claimed: Vec<Claimed> = serde_json::from_str(&claimed)?;
        let due = self.now_ms + DAY_MS;
        let mut tx = self.store.write().await?;
        let moved: Vec<(i64, i64)> = claimed.iter().map(|it| (it.0, it.2 + 1)).collect();
        let list = serde_json::to_string(&moved)?;
        sqlx::query(MOVE).bind(&list).bind(STAGE).bind(due).execute(tx.conn()).await?;
        self.write_lines(tx.conn(), &claimed).await?;
        sqlx::query(WAIT)
            .bind(&list)
            .bind(&self.sample.rule)
            .bind(STAGE)
            .bind(&self.sample.since)
            .execute(tx.conn())
            .await?;
        let orders = self.write_orders(tx.conn(), &claimed).await?;
        tx.commit().await?;
        Ok((i64::try_from(claimed.len())?, orders))
    }

    async fn write_lines(&self, conn: &mut Conn, claimed: &[Claimed]) -> Result<()> {
        let lines: Vec<_> = claimed
            .iter()
            .enumerate()
            .map(|(at, it)| {
                let sample = &self.sample;
                let body =
                    if gives_order(at) { &sample.step_with_order } else { &sample.step };
                (it.0, it.2 + 1, it.1, body, &it.3)
            })
            .collect();
        let first = ids::allocate(conn, lines.len()).await?;
        sqlx::query(JOURNAL)
            .bind(serde_json::to_string(&lines)?)
            .bind(first)
            .bind(self.now_ms)
            .bind(HASH)
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn write_orders(
        &mut self,
        conn: &mut Conn,
        claimed: &[Claimed],
    ) -> Result<i64> {
        let mut orders = Vec::new();
        for (_, it) in claimed.iter().enumerate().filter(|it| gives_order(it.0)) {
            self.orders += 1;
            orders.push((it.0, it.1, it.2 + 1, format!("{:032x}", self.orders)));
        }
        let first = ids::allocate(conn, orders.len()).await?;
        sqlx::query(ORDER)
            .bind(serde_json::to_string(&orders)?)
            .bind(first)
            .bind(self.now_ms)
            .bind(STAGE)
            .bind(serde_json::to_string(&self.sample.order)?)
            .execute(conn)
            .await?;
        Ok(i64::try_from(orders.len())?)
    }

    /// Leases and settles what is ready, in two transactions.
    async fn hand_over(&self) -> Result<()> {
        let now = self.now_ms;
        let mut tx = self.store.write().await?;
        let row = sqlx::query(READY).bind(now).bind(BATCH).fetch_one(tx.conn()).await?;
        let list: String = row.get(0);
        let count = serde_json::from_str::<Vec<Value>>(&list)?.len();
        sqlx::query(LEASE).bind(&list).bind(now + 120_000).execute(tx.conn()).await?;
        let first = ids::allocate(tx.conn(), count).await?;
        sqlx::query(RESERVE).bind(&list).bind(first).bind(now).execute(tx.conn()).await?;
        tx.commit().await?;
        let mut tx = self.store.write().await?;
        sqlx::query(SETTLE).bind(&list).bind(now).execute(tx.conn()).await?;
        let first = ids::allocate(tx.conn(), count).await?;
        sqlx::query(HANDED_OVER)
            .bind(&list)
            .bind(first)
            .bind(now)
            .bind(&self.sample.hand_over)
            .bind(HASH)
            .execute(tx.conn())
            .await?;
        for statement in [COUNT, ARRIVED] {
            sqlx::query(statement).bind(&list).execute(tx.conn()).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn gives_order(at: usize) -> bool {
    at.is_multiple_of(EVERY)
}
