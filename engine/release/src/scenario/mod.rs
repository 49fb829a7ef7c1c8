//! The test scenario (测试环境): every Lua test runs on the production scheduler, over
//! a store of its own, with a clock that jumps.
//!
//! It is always Monday 2 March 2026, ten o'clock, when a test begins. Gateways
//! acknowledge without sending; everything else is the engine as it runs in a
//! cooperative. Cases enter workflows by `t.enrol` and by events, never by the
//! conditions of `enrol`, and a test file is run with the workflows that it
//! reaches alone, so that no workflow disturbs the test of another.
//!
//! What an institution may change at will is set aside: tests run on the
//! settings that scripts declare, on the built-in rules of conduct and calendar,
//! on plugins as they come. They fix how a procedure behaves.

mod book;
mod clocks;
mod store_scenario;
mod holds;
mod look;
mod people;
mod passes;
mod results;
mod slot;
mod scope;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use domain::tongues::{both, chinese, english};
use jiff::civil::DateTime;
use runtime::usage::Part;
use runtime::{Plugins, Runtime};
use script::loading;
use script::progress;
use script::sandbox::Limits;
use script::testing::{Failure, Outcome, Scenario, TestFile, TestResult};
use site::config::Config;
use tracing::subscriber::{NoSubscriber, set_default};

use crate::built_in;
use crate::one_core;
pub use crate::scenario::passes::PassCache;
pub(crate) use crate::scenario::passes::Proof;
use crate::scenario::scope::Scope;
use crate::scenario::slot::{TestSetup, TestSlot};

/// When every test begins, in the institution's zone: a Monday with a calendar.
pub const BEGINS: DateTime = DateTime::constant(2026, 3, 2, 10, 0, 0, 0);

/// The fictional people who may sign for anything. There are two, so that one
/// is left when the other is the collector of the case.
pub(crate) const SUPERVISORS: [&str; 2] = ["测试主管甲", "测试主管乙"];

/// Runs every `*_test.lua` of a release's folder, each test in a fresh scenario;
/// the results come in the order of files and tests. What is proven already
/// passes without being run.
///
/// It makes threads of its own and waits for them, so it may be called from
/// any thread; from async code, through `spawn_blocking`. A folder without
/// tests gives no results. What keeps tests from being run at all, such as a
/// full disk, is a failed test of each file.
pub fn run_all(
    runtime: &Runtime,
    plugins: &Plugins,
    config: &Config,
    passes: &PassCache,
) -> Vec<TestResult> {
    let files: Vec<(&str, &str)> = loading::tests(&runtime.folder).collect();
    if files.is_empty() {
        return Vec::new();
    }
    let tried = on_own_thread(|| {
        let setup = TestSetup::prepare(runtime, plugins, config)?;
        Ok(run_files(&setup, &files, passes))
    });
    let not_run = |why: &str| files.iter().map(|(file, _)| not_run(file, why)).collect();
    match tried {
        Some(Ok(results)) => results,
        Some(Err(error)) => not_run(&format!("{error:#}")),
        None => not_run("测试环境无法准备 · their ground cannot be made ready"),
    }
}

/// Away from the caller's thread, which may belong to an async runtime.
fn on_own_thread<R: Send>(work: impl FnOnce() -> Result<R> + Send) -> Option<Result<R>> {
    std::thread::scope(|scope| scope.spawn(work).join().ok())
}

/// A test file, or the one result that says why it could not be read.
type Read<'a> = Result<TestFile<'a>, Box<TestResult>>;

/// Whether tests run on the rules and the calendar that the program brings
/// along: those of another name have no built-in to stand in for them.
pub fn runs_on_built_in_rules(config: &Config) -> bool {
    built_in::policy(&config.policy).is_some()
        && built_in::calendar(&config.calendar).is_some()
}

/// Results in the order of files and tests.
fn run_files(
    setup: &TestSetup,
    files: &[(&str, &str)],
    passes: &PassCache,
) -> Vec<TestResult> {
    let limits = Limits::for_tests();
    let declared = &setup.whole.runtime;
    let mut read: Vec<Read<'_>> = Vec::with_capacity(files.len());
    for (file, text) in files {
        let _in_hand = progress::begin(file);
        let (program, catalog) = (&declared.program, &declared.catalog);
        read.push(TestFile::read(file, text, program, catalog, &limits));
    }
    let files = read;
    let tests = files.iter().flatten();
    let tests = tests.flat_map(|file| file.places().map(move |place| (file, place)));
    let mut results = run_tests(setup, &tests.collect::<Vec<_>>(), passes).into_iter();
    let mut of_file = |file: Read<'_>| match file {
        Ok(file) => results.by_ref().take(file.places().len()).collect(),
        Err(broken) => vec![*broken],
    };
    files.into_iter().flat_map(&mut of_file).collect()
}

/// A test by its file and its place there.
type Test<'a> = (&'a TestFile<'a>, usize);

/// Shares the tests out among threads; the results come in the order given.
fn run_tests(
    setup: &TestSetup,
    tests: &[Test<'_>],
    passes: &PassCache,
) -> Vec<TestResult> {
    let results: Vec<OnceLock<TestResult>> =
        tests.iter().map(|_| OnceLock::new()).collect();
    // The longest first: at the end no thread waits long for another.
    let named: Vec<_> = tests.iter().map(|(file, place)| (file.name(), *place)).collect();
    let queue = passes.longest_first(&named);
    let next = AtomicUsize::new(0);
    let cores = one_core::cores();
    let take_one_after_the_other = |thread: usize| {
        // What is refused or fails in a test must not stand in the log of the
        // daemon beside what really happened.
        let _quiet = set_default(NoSubscriber::default());
        if let Some(core) = cores.get(thread) {
            one_core::stay_on(*core);
        }
        let mut slot = None;
        while !passes.is_stopped() {
            let Some(at) = queue.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let test = &tests[*at];
            results[*at].get_or_init(|| run_test(setup, &mut slot, test, passes));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let work = |thread| scope.spawn(move || take_one_after_the_other(thread));
        let threads: Vec<_> = (0..threads.min(tests.len())).map(work).collect();
        for thread in threads {
            // A thread that died leaves its test without a result.
            let _died = thread.join();
        }
    });
    let stopped = |file: &TestFile<'_>| {
        not_run(file.name(), "测试线程意外停止 · their thread has stopped")
    };
    let result = |(it, (file, _)): (OnceLock<_>, &Test<'_>)| {
        it.into_inner().unwrap_or_else(|| stopped(file))
    };
    results.into_iter().zip(tests).map(result).collect()
}

/// Runs one test, unless it is proven; the thread's slot is opened for the
/// first one that runs.
fn run_test<'g>(
    setup: &'g TestSetup,
    slot: &mut Option<TestSlot<'g>>,
    (file, place): &Test<'_>,
    passes: &PassCache,
) -> TestResult {
    let scope = setup.scope(file.name());
    if passes.holds(file.name(), *place, &scope.fingerprints) {
        return file.result(*place, Outcome::Passed);
    }
    let _in_hand = progress::begin(file.name());
    let scenario = scenario(setup, scope, slot).map_err(|error| format!("{error:#}"));
    let began = Instant::now();
    let mut result = file.run(*place, scenario);
    if let Some(slot) = slot
        && let Ok(used) = slot.used()
    {
        if result.passed() {
            let ran = (used, began.elapsed());
            passes.remember(file.name(), *place, ran, &scope.fingerprints);
        } else {
            result.met = used.iter().map(|it| file_of(setup, it)).collect();
        }
    }
    result
}

/// The file that holds a part of the folder.
fn file_of(setup: &TestSetup, part: &Part) -> String {
    match part {
        Part::Workflow(name) => {
            let workflow = setup.whole.runtime.program.workflows.get(name);
            workflow.map_or_else(|| format!("{name}.lua"), |it| it.file.clone())
        }
        Part::Template(name) => format!("templates/{name}.txt"),
    }
}

fn scenario<'g>(
    setup: &'g TestSetup,
    scope: &'g Scope,
    slot: &mut Option<TestSlot<'g>>,
) -> Result<Box<dyn Scenario>> {
    if slot.is_none() {
        *slot = Some(TestSlot::open(setup)?);
    }
    let slot = slot
        .as_ref()
        .context("测试环境没有打开 · the scenario of the test is not open")?;
    Ok(Box::new(slot.scenario(scope)?))
}

fn not_run(file: &str, why: &str) -> TestResult {
    let name = format!("{file} 能够运行 · the tests of {file} can be run");
    let got = both(
        &format!("测试没有运行:{}", chinese(why)),
        &format!("the tests were not run: {}", english(why)),
    );
    let outcome = Outcome::Failed(Failure { line: 1, got, ..Failure::default() });
    TestResult { name, file: file.to_owned(), line: 1, outcome, met: Vec::new() }
}

#[cfg(test)]
mod tests;
