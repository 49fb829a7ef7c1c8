//! The test world (测试环境): every Lua test runs on the production scheduler, over
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
mod desk;
mod holds;
mod look;
mod people;
mod proven;
mod results;
mod room;
mod scope;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use domain::tongues::{both, chinese, english};
use jiff::civil::DateTime;
use runtime::uses::Part;
use runtime::{Plugins, Runtime};
use script::loading;
use script::progress;
use script::sandbox::Limits;
use script::testing::{Failure, Outcome, TestFile, TestResult, World};
use site::config::Config;
use tracing::subscriber::{NoSubscriber, set_default};

use crate::built_in;
use crate::one_core;
pub(crate) use crate::world::proven::Proof;
pub use crate::world::proven::Proven;
use crate::world::room::{Ground, Room};
use crate::world::scope::Scope;

/// When every test begins, in the institution's zone: a Monday with a calendar.
pub const BEGINS: DateTime = DateTime::constant(2026, 3, 2, 10, 0, 0, 0);

/// The fictional people who may sign for anything. There are two, so that one
/// is left when the other is the collector of the case.
pub(crate) const SUPERVISORS: [&str; 2] = ["测试主管甲", "测试主管乙"];

/// Runs every `*_test.lua` of a release's folder, each test in a fresh world;
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
    proven: &Proven,
) -> Vec<TestResult> {
    let files: Vec<(&str, &str)> = loading::tests(&runtime.folder).collect();
    if files.is_empty() {
        return Vec::new();
    }
    let tried = on_own_thread(|| {
        let ground = Ground::prepare(runtime, plugins, config)?;
        Ok(run_files(&ground, &files, proven))
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
    ground: &Ground,
    files: &[(&str, &str)],
    proven: &Proven,
) -> Vec<TestResult> {
    let limits = Limits::for_tests();
    let declared = &ground.whole.runtime;
    let mut read: Vec<Read<'_>> = Vec::with_capacity(files.len());
    for (file, text) in files {
        let _in_hand = progress::begin(file);
        let (program, catalog) = (&declared.program, &declared.catalog);
        read.push(TestFile::read(file, text, program, catalog, &limits));
    }
    let files = read;
    let tests = files.iter().flatten();
    let tests = tests.flat_map(|file| file.places().map(move |place| (file, place)));
    let mut results = run_tests(ground, &tests.collect::<Vec<_>>(), proven).into_iter();
    let mut of_file = |file: Read<'_>| match file {
        Ok(file) => results.by_ref().take(file.places().len()).collect(),
        Err(broken) => vec![*broken],
    };
    files.into_iter().flat_map(&mut of_file).collect()
}

/// A test by its file and its place there.
type Test<'a> = (&'a TestFile<'a>, usize);

/// Shares the tests out among threads; the results come in the order given.
fn run_tests(ground: &Ground, tests: &[Test<'_>], proven: &Proven) -> Vec<TestResult> {
    let results: Vec<OnceLock<TestResult>> =
        tests.iter().map(|_| OnceLock::new()).collect();
    // The longest first: at the end no thread waits long for another.
    let named: Vec<_> = tests.iter().map(|(file, place)| (file.name(), *place)).collect();
    let queue = proven.longest_first(&named);
    let next = AtomicUsize::new(0);
    let cores = one_core::cores();
    let take_one_after_the_other = |thread: usize| {
        // What is refused or fails in a test must not stand in the log of the
        // daemon beside what really happened.
        let _quiet = set_default(NoSubscriber::default());
        if let Some(core) = cores.get(thread) {
            one_core::stay_on(*core);
        }
        let mut room = None;
        while !proven.is_stopped() {
            let Some(at) = queue.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let test = &tests[*at];
            results[*at].get_or_init(|| run_test(ground, &mut room, test, proven));
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

/// Runs one test, unless it is proven; the thread's room is opened for the
/// first one that runs.
fn run_test<'g>(
    ground: &'g Ground,
    room: &mut Option<Room<'g>>,
    (file, place): &Test<'_>,
    proven: &Proven,
) -> TestResult {
    let scope = ground.scope(file.name());
    if proven.holds(file.name(), *place, &scope.marks) {
        return file.result(*place, Outcome::Passed);
    }
    let _in_hand = progress::begin(file.name());
    let world = world(ground, scope, room).map_err(|it| format!("{it:#}"));
    let began = Instant::now();
    let mut result = file.run(*place, world);
    if let Some(room) = room
        && let Ok(used) = room.used()
    {
        if result.passed() {
            let ran = (used, began.elapsed());
            proven.remember(file.name(), *place, ran, &scope.marks);
        } else {
            result.met = used.iter().map(|it| file_of(ground, it)).collect();
        }
    }
    result
}

/// The file that holds a part of the folder.
fn file_of(ground: &Ground, part: &Part) -> String {
    match part {
        Part::Workflow(name) => {
            let workflow = ground.whole.runtime.program.workflows.get(name);
            workflow.map_or_else(|| format!("{name}.lua"), |it| it.file.clone())
        }
        Part::Template(name) => format!("templates/{name}.txt"),
    }
}

fn world<'g>(
    ground: &'g Ground,
    scope: &'g Scope,
    room: &mut Option<Room<'g>>,
) -> Result<Box<dyn World>> {
    if room.is_none() {
        *room = Some(Room::open(ground)?);
    }
    let room =
        room.as_ref().context("测试间没有打开 · the room for tests is not open")?;
    Ok(Box::new(room.world(scope)?))
}

/// The word that was probably meant, in either language.
fn perhaps(meant: Option<String>) -> [String; 2] {
    meant.map_or_else(Default::default, |it| {
        [format!("(是否应为 `{it}`?)"), format!(" (did you mean `{it}`?)")]
    })
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
