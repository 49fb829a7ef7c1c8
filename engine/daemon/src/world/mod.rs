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
mod room;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::DateTime;
use script::loading;
use script::sandbox::Limits;
use script::testing::{self, Failure, Outcome, TestResult, World};

use crate::engine::runtime::{Plugins, Runtime};
use crate::world::room::{Ground, Room};

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
    let room = Room::open(ground);
    let limits = Limits::for_tests();
    let mut done = Vec::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some((file, text)) = files.get(index) else { return done };
        let mut new_world = || -> Result<Box<dyn World>, String> {
            let room = room.as_ref().map_err(|it| format!("{it:#}"))?;
            Ok(Box::new(room.world().map_err(|it| format!("{it:#}"))?))
        };
        let catalog = &ground.runtime.catalog;
        let results = testing::run_tests(file, text, catalog, &mut new_world, &limits);
        done.push((index, results));
    }
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
