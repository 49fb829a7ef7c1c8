//! The engine's side of the benchmark (引擎一侧): real batches, real hand-overs, on
//! a clock that moves on a day a round so that every timer is due.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::journal::keys::AT_ORDERS;
use jiff::ToSpan;
use release::candidate::Candidate;
use runtime::clock::Clock;
use runtime::marker::Marker;
use runtime::work::Silence;
use runtime::{Engine, Runtime};
use script::program::Folder;
use site::config::Config;
use sqlx::{AssertSqlSafe, Row};
use store::{Conn, Place, Store, releases};

use crate::bench::fill::{self, DAY};
use crate::bench::raw::Sample;
use crate::bench::{Lap, stopwatch};
use crate::replay;

/// The workflow that is measured.
pub(super) const WORKFLOW: &str = "bench";
/// Its lane.
pub(super) const LANE: &str = "contact";
/// Its one stage.
pub(super) const STAGE: &str = "work";
/// Steps a transaction, as the daemon takes them.
pub(super) const BATCH: i64 = runtime::BATCH;

/// Reads facts and people, branches, writes to one in ten, and waits again.
const LUA: &str = r#"-- 测速流程:看逾期天数和金额,每十户发一条短信,再等一天
-- Benchmark: looks at days and amount, writes to one in ten, waits a day
workflow "bench" {
  title = { zh = "测速", en = "Benchmark" },
  lane = "contact",
  start = "work",
  settings = {
    every = 10, -- 每几天发一次 · days between two messages
    most_breaks = 3, -- 几次爽约转人工 · breaks after which people take over
    look_again = 1 * days, -- 下次查看 · until the next look
  },
}

local function is_reachable(case)
  return case.debtor ~= nil and case.debtor.alive and case.debtor.has_phone
end

stage "work" {
  title = { zh = "查看", en = "Look" },
  enter = function(case)
    if case.on_hold or case.overdue <= 0 then
      return finish "nothing_overdue"
    elseif case.broken_promises >= setting.most_breaks then
      return wait(setting.look_again, "work")
    elseif case.days_past_due % setting.every == 0 and is_reachable(case) then
      sms "bench"
    end
    return wait(setting.look_again, "work")
  end,
}
"#;

/// The same without a handler.
const PLAIN: &str = r#"-- 测速流程:没有函数的环节,每天看一次
-- Benchmark: a stage without a function, once a day
workflow "bench" {
  title = { zh = "测速", en = "Benchmark" },
  lane = "contact",
  start = "work",
}

stage "work" {
  title = { zh = "查看", en = "Look" },
  wait = 1 * days,
  next = "work",
}
"#;

const LETTER: &str = "【{{ 机构 }}】{{ 客户 }},您的贷款 {{ 贷款编号 }} 已逾期 {{ 逾期天数 }} 天,应还 {{ 逾期金额 }} 元。";

/// The engine on its store, under two releases.
pub(super) struct Rounds {
    engine: Engine,
    lua: Arc<Runtime>,
    plain: Arc<Runtime>,
    days: i64,
    before: Grown,
}

/// The size of a store and the lines of its journal, or how they grew.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grown {
    pub(super) bytes: i64,
    pub(super) lines: i64,
}

impl Rounds {
    /// Sets the engine up as for a site.
    pub(super) async fn start(dir: &Path, place: &Place) -> Result<Self> {
        let config = Config::default();
        let store = Store::open(fill::options(place)).await?;
        let clock = Clock::virtual_at(&config.zone, DAY.at(9, 30, 0, 0))?;
        let plugins = plugins_on::all(&config.plugins, dir)?;
        let marker = Marker::at(&dir.join("running_batch.json"));
        let mut engine = runtime::assemble(store, clock, plugins, marker).await?;
        engine.simulated = true;
        let plain = publish(&engine, &config, PLAIN).await?;
        let lua = publish(&engine, &config, LUA).await?;
        let before = Grown { bytes: 0, lines: 0 };
        let mut rounds = Self { engine, lua, plain, days: 0, before };
        rounds.before = rounds.size().await?;
        Ok(rounds)
    }

    /// Runs a few batches unmeasured; answers rows as the engine writes them.
    pub(super) async fn warm_up(&mut self) -> Result<Sample> {
        self.without_lua(BATCH).await?;
        let lap = self.with_lua(4 * BATCH).await?;
        if lap.orders == 0 {
            bail!("测速流程没有发出指令");
        }
        let mut conn = self.engine.store.read().await?;
        sample(conn.conn()).await
    }

    /// One round with the real handler.
    pub(super) async fn with_lua(&mut self, steps: i64) -> Result<Lap> {
        let runtime = Arc::clone(&self.lua);
        self.round(&runtime, steps).await
    }

    /// One round with a stage that has no handler.
    pub(super) async fn without_lua(&mut self, steps: i64) -> Result<Lap> {
        let runtime = Arc::clone(&self.plain);
        self.round(&runtime, steps).await
    }

    async fn round(&mut self, runtime: &Arc<Runtime>, steps: i64) -> Result<Lap> {
        self.next_day();
        self.put_in_force(runtime).await?;
        // The script thread loads the release at its first batch.
        self.engine.step_batch(1).await?;
        let from = stopwatch();
        let mut lap = Lap::default();
        while lap.steps < steps {
            let done = self.engine.step_batch(BATCH).await?;
            if 0 < done.failed {
                bail!("测速时有一步没有成功");
            }
            // A small book is through its day before the round is over.
            if done.claimed == 0 {
                self.next_day();
            }
            lap.steps += i64::try_from(done.steps)?;
            lap.orders += i64::try_from(done.orders)?;
            while 0 < self.engine.dispatch(runtime::HAND_OVERS).await? {}
        }
        lap.time = from.elapsed();
        Ok(lap)
    }

    /// Moves the clock on, so that every timer is due once more.
    fn next_day(&mut self) {
        self.days += 1;
        let day = DAY.saturating_add(self.days.days());
        self.engine.clock.jump(self.engine.clock.instant(day.at(10, 0, 0, 0)));
    }

    async fn put_in_force(&self, runtime: &Arc<Runtime>) -> Result<()> {
        let now = self.engine.clock.now();
        let mut tx = self.engine.begin_silent(Silence::Releases).await?;
        let all = releases::list(tx.conn()).await?;
        let release = all.iter().find(|it| it.id == runtime.release_id);
        let release = release.context("测速流程没有存下")?;
        let why = ("bench", "round");
        releases::activate(tx.conn(), &now, release, why, |_, _| true).await?;
        tx.commit().await?;
        self.engine.switch(Arc::clone(runtime));
        Ok(())
    }

    /// Whether what is committed survives a power cut, as the database says.
    pub(super) async fn durability(&self) -> Result<String> {
        let mut conn = self.engine.store.read().await?;
        if self.engine.store.place().server().is_none() {
            return Ok("full".to_owned());
        }
        Ok(sqlx::query_scalar(DURABILITY).fetch_one(conn.conn()).await?)
    }

    /// Closes the store; answers how much it grew in the rounds.
    pub(super) async fn close(self) -> Result<Grown> {
        let Grown { mut bytes, lines } = self.size().await?;
        let place = self.engine.store.place().clone();
        self.engine.store.close().await?;
        if place.server().is_none() {
            // With what was in its log.
            bytes = fill::size_of_file(&place)?;
        }
        Ok(Grown { bytes: bytes - self.before.bytes, lines: lines - self.before.lines })
    }

    async fn size(&self) -> Result<Grown> {
        let mut conn = self.engine.store.read().await?;
        let lines: i64 = sqlx::query_scalar("select count(*) from journal")
            .fetch_one(conn.conn())
            .await?;
        drop(conn);
        let bytes = fill::size(&self.engine.store).await?;
        Ok(Grown { bytes, lines })
    }
}

async fn publish(engine: &Engine, config: &Config, script: &str) -> Result<Arc<Runtime>> {
    let files = BTreeMap::from([
        ("bench.lua".to_owned(), script.to_owned()),
        ("templates/bench.txt".to_owned(), LETTER.to_owned()),
    ]);
    let catalog = Arc::new(engine.plugins().catalog());
    let candidate =
        Candidate::check(Arc::new(Folder { files }), Vec::new(), &catalog, config);
    if candidate.has_errors() {
        let found: Vec<String> =
            candidate.findings.iter().map(ToString::to_string).collect();
        bail!("测速流程未通过检查:{}", found.join("\n"));
    }
    replay::publish(engine, candidate, config, "bench").await?;
    match engine.runtime() {
        Some(runtime) => Ok(runtime),
        None => bail!("测速流程没有装载"),
    }
}

/// A step that gave no order, with the wait that it began.
fn step_sql() -> String {
    format!(
        "select j.body, w.rule, w.since
         from journal j join wait_rules w on w.instance_id = j.chain
         where 0 < j.seq and j.body not like '%\"{AT_ORDERS}\"%' order by j.id desc limit 1"
    )
}

fn step_with_order_sql() -> String {
    format!(
        "select body from journal where body like '%\"{AT_ORDERS}\"%'
         order by id desc limit 1"
    )
}

const DURABILITY: &str = "\
select case when current_setting('synchronous_commit') = 'off' then 'off'
  when current_setting('fsync') = 'off' then 'fsync off' else 'full' end";
const ORDER: &str = "\
select json_array(plugin, verb, channel, act, delivery, args, body, states_fen,
  idempotency_key, requested_by, collector, line)
from outbox where status = 'delivered' order by id desc limit 1";
const HAND_OVER: &str = "\
select j.body from journal j join outbox o on o.case_id = j.chain
where o.status = 'delivered' order by j.id desc limit 1";

/// Rows as the engine has just written them.
async fn sample(conn: &mut Conn) -> Result<Sample> {
    let step = sqlx::query(AssertSqlSafe(step_sql())).fetch_one(&mut *conn).await?;
    let with_order: String = sqlx::query_scalar(AssertSqlSafe(step_with_order_sql()))
        .fetch_one(&mut *conn)
        .await?;
    let order: String = sqlx::query_scalar(ORDER).fetch_one(&mut *conn).await?;
    let hand_over: String = sqlx::query_scalar(HAND_OVER).fetch_one(conn).await?;
    Ok(Sample {
        step: step.get(0),
        rule: step.get(1),
        since: step.get(2),
        step_with_order: with_order,
        order: serde_json::from_str(&order)?,
        hand_over,
    })
}
