//! The test world (测试环境): every Lua test runs on the production scheduler, over
//! a store of its own, with a clock that jumps.
//!
//! It is always Monday 2 March 2026, ten o'clock, when a test begins. Gateways
//! acknowledge without sending; everything else is the engine as it runs in a
//! cooperative. Cases enter workflows by `t.enrol` and by events, never by the
//! conditions of `enrol`, so that no workflow disturbs the test of another.

mod book;
mod desk;
mod look;
mod people;
mod results;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use jiff::civil::DateTime;
use script::loading;
use script::sandbox::Limits;
use script::testing::{self, Failure, Outcome, TestResult, World};
use store::{Durability, Options, Store};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime as Tokio};

use crate::clock::Clock;
use crate::config::ROLES;
use crate::engine::host::Host;
use crate::engine::marker::Marker;
use crate::engine::runtime::{Plugins, Runtime};
use crate::engine::{Engine, plugin_books};
use crate::world::desk::Desk;

/// When every test begins, in the institution's zone: a Monday with a calendar.
pub const BEGINS: DateTime = DateTime::constant(2026, 3, 2, 10, 0, 0, 0);

/// The fictional people who may sign for anything. There are two, so that one
/// is left when the other is the collector of the case.
pub(crate) const SUPERVISORS: [&str; 2] = ["测试主管甲", "测试主管乙"];

/// Runs every `*_test.lua` of a release's folder, each test in a fresh world;
/// the results come in the order of files and tests.
///
/// It makes threads of its own and waits for them, so it may be called from
/// any thread; from async code, through `spawn_blocking`. A folder without
/// tests gives no results. What keeps tests from being run at all, such as a
/// full disk, is a failed test of each file.
pub fn run_all(runtime: &Arc<Runtime>, plugins: &Plugins, zone: &str) -> Vec<TestResult> {
    let files: Vec<(&str, &str)> = loading::tests(&runtime.folder).collect();
    if files.is_empty() {
        return Vec::new();
    }
    let ground = on_own_thread(|| Ground::prepare(runtime, plugins, zone));
    let mut done = match ground {
        Some(Ok(ground)) => run_files(&ground, &files),
        Some(Err(error)) => all_not_run(&files, &format!("{error:#}")),
        None => all_not_run(&files, "测试环境无法准备"),
    };
    let of_file = |(index, (file, _)): (usize, &(&str, &str))| {
        let stopped = || vec![not_run(file, "测试线程意外停止")];
        done.remove(&index).unwrap_or_else(stopped)
    };
    files.iter().enumerate().flat_map(of_file).collect()
}

/// Results by the place of their file.
type Results = BTreeMap<usize, Vec<TestResult>>;

/// Away from the caller's thread, which may belong to an async runtime.
fn on_own_thread<R: Send>(work: impl FnOnce() -> R + Send) -> Option<R> {
    std::thread::scope(|scope| scope.spawn(work).join().ok())
}

fn run_files(ground: &Ground, files: &[(&str, &str)]) -> Results {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.min(files.len()))
            .map(|_| scope.spawn(|| run_some(ground, files, &next)))
            .collect();
        threads.into_iter().filter_map(|it| it.join().ok()).flatten().collect()
    })
}

/// Takes one file after the other until none is left.
fn run_some(
    ground: &Ground,
    files: &[(&str, &str)],
    next: &AtomicUsize,
) -> Vec<(usize, Vec<TestResult>)> {
    let mut done = Vec::new();
    let mut on = |index: usize, file: &str, text: &str, tokio: &Rc<Tokio>| {
        let mut new_world = || -> Result<Box<dyn World>, String> {
            let desk = ground.world(tokio).map_err(|it| format!("{it:#}"))?;
            Ok(Box::new(desk))
        };
        let catalog = &ground.runtime.catalog;
        let limits = Limits::for_tests();
        done.push((
            index,
            testing::run_tests(file, text, catalog, &mut new_world, &limits),
        ));
    };
    let tokio = tokio().map(Rc::new);
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        match (files.get(index), &tokio) {
            (Some((file, text)), Ok(tokio)) => on(index, file, text, tokio),
            // Without a runtime the others do this thread's share.
            (None, _) | (_, Err(_)) => return done,
        }
    }
}

/// What all tests of a run share.
struct Ground {
    runtime: Arc<Runtime>,
    plugins: Plugins,
    host: Host,
    zone: String,
    /// Gone with the last world in it.
    dir: Arc<TempDir>,
    /// A store with every table, as the file lies on the disk.
    empty_store: Vec<u8>,
    worlds: AtomicUsize,
}

impl Ground {
    fn prepare(runtime: &Arc<Runtime>, plugins: &Plugins, zone: &str) -> Result<Self> {
        let dir = tempfile::tempdir().context("建不了测试用的临时目录")?;
        let mut ground = Self {
            runtime: Arc::clone(runtime),
            plugins: plugins.clone(),
            host: Host::start(Limits::default())?,
            zone: zone.to_owned(),
            dir: Arc::new(dir),
            empty_store: Vec::new(),
            worlds: AtomicUsize::new(0),
        };
        ground.empty_store = tokio()?.block_on(ground.make_store())?;
        Ok(ground)
    }

    /// A store as every test finds it: with the plugins' tables, and with the
    /// morning round of the first day behind it.
    async fn make_store(&self) -> Result<Vec<u8>> {
        let store = Store::temporary(self.dir.path()).await?;
        let mut tx = store.write().await?;
        plugin_books::migrate(tx.conn(), &self.plugins).await?;
        tx.commit().await?;
        let engine = self.engine(store)?;
        engine.morning_round().await?;
        engine.store.close().await?;
        Ok(std::fs::read(engine.store.path())?)
    }

    fn world(&self, tokio: &Rc<Tokio>) -> Result<Desk> {
        let number = self.worlds.fetch_add(1, Ordering::Relaxed);
        let path = self.dir.path().join(format!("test_{number}.db"));
        std::fs::write(&path, &self.empty_store).context("写不了测试用的案件库")?;
        let engine = tokio.block_on(self.open(path))?;
        let (dir, runtime) = (Arc::clone(&self.dir), Arc::clone(&self.runtime));
        Ok(Desk::new(Rc::clone(tokio), runtime, engine, dir))
    }

    async fn open(&self, path: PathBuf) -> Result<Engine> {
        let options =
            Options { path, durability: Durability::Off, create: false, store_id: None };
        self.engine(Store::open(options).await?)
    }

    fn engine(&self, store: Store) -> Result<Engine> {
        let (host, plugins) = (self.host.clone(), self.plugins.clone());
        let clock = Clock::virtual_at(&self.zone, BEGINS)?;
        let mut engine = Engine::new(store, clock, host, plugins, Marker::default());
        engine.simulated = true;
        engine.scans = false;
        let roles: Vec<String> = ROLES.iter().map(|it| (*it).to_owned()).collect();
        let staff = SUPERVISORS.iter().map(|it| ((*it).to_owned(), roles.clone()));
        engine.roles = staff.collect();
        engine.switch(Arc::clone(&self.runtime));
        Ok(engine)
    }
}

/// One thread's own runtime; the store's connections live on it.
fn tokio() -> Result<Tokio> {
    Builder::new_current_thread().enable_all().build().context("测试线程无法启动")
}

fn all_not_run(files: &[(&str, &str)], why: &str) -> Results {
    files.iter().map(|(file, _)| vec![not_run(file, why)]).enumerate().collect()
}

fn not_run(file: &str, why: &str) -> TestResult {
    let name = format!("{file} 能够运行 (its tests can be run)");
    let got = format!("测试没有运行:{why}");
    let outcome = Outcome::Failed(Failure { line: 1, got, ..Failure::default() });
    TestResult { name, file: file.to_owned(), line: 1, outcome }
}

#[cfg(test)]
mod tests;
