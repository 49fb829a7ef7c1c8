//! The benchmark (测速): durable steps a second, beside the ceiling of the same
//! machine in the same run.
//!
//! The ceiling is a set-based loop that writes the same rows, in transactions
//! of the same size and with the same durability, and decides nothing. It and
//! the engine take turns, and every figure is a median over the rounds.

mod book;
mod fill;
mod import;
mod raw;
mod raw_words;
mod raw_import;
mod rounds;
mod set_import;
mod spool;
mod stand;
mod views;
mod views_book;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

pub use self::import::{ImportOptions, import};
use rounds::Rounds;
pub use spool::spool;
use stand::Stand;
pub use views::{ViewsOptions, is_slow, views};

/// Rounds of which the median counts.
const ROUNDS: usize = 5;
/// Nothing smaller than this gives a figure.
const LEAST: i64 = 1_000;

/// What to measure.
#[derive(Clone, Debug)]
pub struct ThroughputOptions {
    /// Open cases.
    pub open: i64,
    /// Steps to measure, over all rounds.
    pub steps: i64,
    /// The server on which it is measured; files where there is none.
    pub database: Option<String>,
}

/// What one round took.
#[derive(Clone, Copy, Debug, Default)]
struct Lap {
    steps: i64,
    orders: i64,
    time: Duration,
}

impl Lap {
    fn per_second(self) -> i64 {
        let micros = i64::try_from(self.time.as_micros()).unwrap_or(i64::MAX).max(1);
        self.steps.saturating_mul(1_000_000) / micros
    }
}

/// Runs the loop and the engine in turns on stores of their own, in a folder or in
/// schemas of a server that are taken away afterwards.
///
/// # Errors
///
/// Too few cases or steps, a schema of that name is there, or a store cannot be written.
pub async fn throughput(wanted: ThroughputOptions) -> Result<Value> {
    if wanted.open < LEAST || wanted.steps < LEAST {
        bail!("--open 和 --steps 至少 {LEAST} · --open and --steps are at least {LEAST}");
    }
    let dir = tempfile::tempdir().context("建不了临时目录")?;
    let stand = Stand::make(dir.path(), wanted.database.as_deref()).await?;
    let told = Box::pin(measure(dir.path(), &stand, &wanted)).await;
    stand.take_away().await?;
    dir.close()?;
    told
}

async fn measure(dir: &Path, stand: &Stand, wanted: &ThroughputOptions) -> Result<Value> {
    let filled = stand.fill(wanted.open).await?;
    let mut rounds = Rounds::start(dir, &stand.engine).await?;
    let sample = rounds.warm_up().await?;
    let mut ceiling = raw::Raw::open(&stand.raw, sample).await?;
    let each = (wanted.steps / i64::try_from(ROUNDS)?).clamp(500, wanted.open);
    ceiling.round(500).await?;
    let (mut raw, mut lua, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        raw.push(ceiling.round(each).await?);
        lua.push(rounds.with_lua(each).await?);
        plain.push(rounds.without_lua(each).await?);
    }
    ceiling.close().await?;
    let memory = memory()?;
    let durability = rounds.durability().await?;
    let grown = rounds.close().await?;
    let steps: i64 = lua.iter().map(|it| it.steps).sum();
    let orders: i64 = lua.iter().map(|it| it.orders).sum();
    let (raw, lua, plain) = (median(&raw), median(&lua), median(&plain));
    Ok(json!({
        "format_version": 1,
        "store": stand.name(),
        "durability": durability,
        "open": wanted.open,
        "steps": steps,
        "rounds": ROUNDS,
        "steps_per_transaction": rounds::BATCH,
        "raw_steps_per_s": raw,
        "engine_lua_steps_per_s": lua,
        "engine_steps_per_s": plain,
        "engine_lua_over_raw": share(lua, raw)?,
        "engine_over_raw": share(plain, raw)?,
        "engine_lua_us_per_step": share(1_000_000, lua)?,
        "orders_share": share(orders, steps)?,
        "rss_mb": memory.0,
        "peak_rss_mb": memory.1,
        "bytes_per_case": filled / wanted.open,
        "bytes_per_journal_row": grown.bytes / grown.lines.max(1),
    }))
}

fn stopwatch() -> Instant {
    Instant::now()
}

fn median(laps: &[Lap]) -> i64 {
    let mut rates: Vec<i64> = laps.iter().map(|lap| lap.per_second()).collect();
    rates.sort_unstable();
    rates.get(rates.len() / 2).copied().unwrap_or(0)
}

/// A share to the thousandth, worked out in whole numbers.
fn share(part: i64, whole: i64) -> Result<f64> {
    let thousandths = part.saturating_mul(1_000) / whole.max(1);
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    Ok(text.parse()?)
}

/// Resident memory of this process now and at most, in MB.
fn memory() -> Result<(i64, i64)> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("读不了 /proc/self/status")?;
    let of = |name: &str| -> Option<i64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let kib = |name| of(name).with_context(|| format!("/proc/self/status 没有 {name}"));
    Ok((kib("VmRSS:")? / 1024, kib("VmHWM:")? / 1024))
}

#[cfg(test)]
mod tests {
    use store::Store;

    use super::*;

    #[test]
    fn shares_are_rounded_down_to_the_thousandth() {
        assert_eq!(share(1, 3).unwrap().to_string(), "0.333");
        assert_eq!(share(5, 4).unwrap().to_string(), "1.25");
        assert_eq!(share(1, 0).unwrap().to_string(), "1");
    }

    #[test]
    fn the_median_leaves_out_the_lap_that_was_disturbed() {
        let lap = |ms| Lap { steps: 1_000, orders: 0, time: Duration::from_millis(ms) };
        assert_eq!(median(&[lap(100), lap(5_000), lap(110)]), 9_090);
    }

    fn every_figure_is_there(told: &Value) {
        assert_eq!(told["open"], 1_000);
        assert!(5_000 <= told["steps"].as_i64().unwrap(), "{told}");
        for key in ["raw_steps_per_s", "engine_lua_steps_per_s", "engine_steps_per_s"] {
            assert!(0 < told[key].as_i64().unwrap(), "{key}: {told}");
        }
        let us = told["engine_lua_us_per_step"].as_f64().unwrap();
        assert!(0.0 < us, "{told}");
        let orders = told["orders_share"].as_f64().unwrap();
        assert!((0.05..0.2).contains(&orders), "{told}");
    }

    // A round takes more steps than the book has cases in a day.
    fn small(database: Option<String>) -> ThroughputOptions {
        ThroughputOptions { open: 1_000, steps: 7_500, database }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_small_run_gives_every_figure() {
        let told = throughput(small(None)).await.unwrap();
        every_figure_is_there(&told);
        assert_eq!(
            (&told["store"], &told["durability"]),
            (&json!("sqlite"), &json!("full"))
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_small_run_on_a_server_gives_every_figure_and_leaves_nothing_there() {
        // `tests/run` names one.
        let Ok(server) = std::env::var("QINGSHOU_TEST_SERVER") else { return };
        let schema = format!("bench_{}", std::process::id());
        let address = format!("{server}?schema={schema}");
        let told = throughput(small(Some(address.clone()))).await.unwrap();
        every_figure_is_there(&told);
        assert_eq!(told["store"], "postgres");
        let server = store::Server::parse(&address).unwrap();
        assert!(Store::make_own_schema(&server).await.unwrap(), "it has gone");
        // Whatever is there now is somebody's.
        let refused = throughput(small(Some(address))).await.unwrap_err().to_string();
        assert!(refused.contains(&format!("there is a schema {schema}")), "{refused}");
        assert!(!Store::make_own_schema(&server).await.unwrap(), "it is still there");
        Store::drop_own_schema(&server).await.unwrap();
    }
}
