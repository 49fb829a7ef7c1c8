//! The ceiling (裸库上限): a loop that writes the rows of a step and of a hand-over
//! as sets and does nothing else.
//!
//! It claims in one JSON row, writes each table of a batch with one statement,
//! and commits as often as the engine does: once for the steps, once when the
//! orders are leased, once when they are settled.

use anyhow::Result;
use runtime::clock::Clock;
use serde_json::Value;
use site::config::Config;
use sqlx::Row;
use store::{Conn, Place, Store, ids};

use crate::bench::fill::{self, DAY};
use crate::bench::raw_words::{OF_FILE, OF_SERVER, Statements};
use crate::bench::rounds::{BATCH, STAGE};
use crate::bench::{Lap, stopwatch};

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
    sql: &'static Statements,
    sample: Sample,
    now_ms: i64,
    orders: i64,
}

/// Instance, case, seq, hash of the newest line.
type Claimed = (i64, i64, i64, String);

impl Raw {
    pub(super) async fn open(place: &Place, sample: Sample) -> Result<Self> {
        let store = Store::open(fill::options(place)).await?;
        let sql = if place.server().is_some() { &OF_SERVER } else { &OF_FILE };
        let clock = Clock::virtual_at(&Config::default().zone, DAY.at(10, 0, 0, 0))?;
        Ok(Self { store, sql, sample, now_ms: clock.now().ms, orders: 0 })
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
            let text: String = sqlx::query_scalar(self.sql.claim)
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
        sqlx::query(self.sql.moved)
            .bind(&list)
            .bind(STAGE)
            .bind(due)
            .execute(tx.conn())
            .await?;
        self.write_lines(tx.conn(), &claimed).await?;
        sqlx::query(self.sql.wait)
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
        sqlx::query(self.sql.journal)
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
        sqlx::query(self.sql.order)
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
        let row = sqlx::query(self.sql.ready)
            .bind(now)
            .bind(BATCH)
            .fetch_one(tx.conn())
            .await?;
        let list: String = row.get(0);
        let count = serde_json::from_str::<Vec<Value>>(&list)?.len();
        sqlx::query(self.sql.lease)
            .bind(&list)
            .bind(now + 120_000)
            .execute(tx.conn())
            .await?;
        let first = ids::allocate(tx.conn(), count).await?;
        sqlx::query(self.sql.reserve)
            .bind(&list)
            .bind(first)
            .bind(now)
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        let mut tx = self.store.write().await?;
        sqlx::query(self.sql.settle).bind(&list).bind(now).execute(tx.conn()).await?;
        let first = ids::allocate(tx.conn(), count).await?;
        sqlx::query(self.sql.handed_over)
            .bind(&list)
            .bind(first)
            .bind(now)
            .bind(&self.sample.hand_over)
            .bind(HASH)
            .execute(tx.conn())
            .await?;
        for statement in [self.sql.count, self.sql.arrived] {
            sqlx::query(statement).bind(&list).execute(tx.conn()).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn gives_order(at: usize) -> bool {
    at.is_multiple_of(EVERY)
}
