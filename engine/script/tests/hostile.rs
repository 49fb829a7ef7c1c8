//! Scripts that try to break out (恶意脚本): control is back within a second, no
//! file is read, memory stays bounded, and the next case is served.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use script::program::{Ask, Trigger};
use script::sandbox::limits::{Environment, Limits};
use script::worker::Worker;
use serde_json::Map;

mod fixture;

/// What the file beside the scripts would give to one that can read files.
const SECRET: &str = "SECRET FILE READ";

/// The longest a call may keep control.
const A_SECOND: Duration = Duration::from_secs(1);

/// Processor time this thread has used.
fn worked() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).expect("time runs forward");
    Duration::new(seconds, u32::try_from(now.tv_nsec).expect("less than a second"))
}

/// Runs something that must give control back within a second. While other
/// programs take the processor the wall clock says little, so a late return
/// is tried again; the thread's own work must be short every time.
fn in_time<R>(name: &str, mut run: impl FnMut() -> R) -> R {
    for attempt in 1.. {
        let (wall, work) = (Instant::now(), worked());
        let result = run();
        let (wall, work) = (wall.elapsed(), worked().saturating_sub(work));
        assert!(work < A_SECOND, "{name} worked for {work:?}");
        if wall < A_SECOND {
            return result;
        }
        assert!(attempt < 5, "{name} kept control for {wall:?}");
    }
    unreachable!("the loop ends by returning or failing")
}

fn texts(dir: &Path) -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "lua"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a script is text"))
        })
        .collect();
    texts.sort();
    assert!(!texts.is_empty(), "{} holds no script", dir.display());
    texts
}

fn own() -> Vec<(String, String)> {
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile"))
}

/// The collection that is shared between projects; it may be missing on a
/// developer's machine, never where `CI=true`.
fn shared() -> Vec<(String, String)> {
    let lua = env::var_os("QINGSHOU_LUA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/lua"),
        PathBuf::from,
    );
    let dir = lua.join("hostile");
    if dir.is_dir() {
        return texts(&dir);
    }
    let must = env::var("CI").is_ok_and(|variable| variable == "true");
    assert!(!must, "{} is missing: set QINGSHOU_LUA", dir.display());
    // Written past the test harness, which swallows what passing tests print.
    let said = writeln!(
        std::io::stderr(),
        "NOT RUN: no folder `{}`; set QINGSHOU_LUA",
        dir.display()
    );
    said.expect("standard error is open");
    Vec::new()
}

/// The hostile text as the body of `enter`, beside a stage that behaves.
fn workflow(body: &str) -> String {
    format!(
        "local kept_by_upvalue = {{}}\nworkflow \"w\" {{ lane = \"contact\", start = \"s\", \
         settings = {{ limit = yuan(100) }} }}\nstage \"s\" {{ enter = function(case)\ndo\n\
         {body}\nend\nend }}\nstage \"t\" {{ enter = function(case) return finish(case.no) end }}\n"
    )
}

fn attacked(name: &str, body: &str, environment: Environment) {
    let limits = Limits { environment, ..Limits::default() };
    let text = workflow(body);
    let files = Arc::new(fixture::folder(&[("w.lua", &text)]));
    let mut worker = match Worker::new(files, Arc::new(fixture::catalog()), limits) {
        Ok(worker) => worker,
        // Written for another Lua: it is refused before anything runs.
        Err(findings) => {
            assert!(
                findings.iter().all(|finding| finding.code == "W001"),
                "{name}: {findings:?}"
            );
            return;
        }
    };
    let (facts, memo) = (fixture::facts(), Map::new());
    let ask = |worker: &mut Worker, stage: &str| {
        let trigger = Trigger::Enter;
        worker.ask(&Ask { workflow: "w", stage, trigger, facts: &facts, memo: &memo })
    };
    let label = format!("{name} in {environment:?}");
    let told = format!("{:?}", in_time(&label, || ask(&mut worker, "s")));
    assert!(!told.contains(SECRET), "{name} in {environment:?} read a file");
    assert!(!told.contains("root:"), "{name} in {environment:?} read a file");
    assert!(!told.contains("tampered"), "{name} in {environment:?}: {told}");
    assert!(told.chars().count() < 2000, "{name}: the message is cut");
    let next =
        ask(&mut worker, "t").unwrap_or_else(|error| panic!("{name}: then {error}"));
    let finish = domain::decision::Decision::Finish { reason: "LN-0001".to_owned() };
    assert_eq!(next.decision, finish, "{name} in {environment:?}");
}

/// Resident memory of this process, in MiB.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib =
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kib.unwrap_or(0) / 1024
}

#[test]
fn no_hostile_script_keeps_control_reads_a_file_or_harms_the_next_case() {
    for (name, body) in shared().into_iter().chain(own()) {
        for environment in [Environment::Staff, Environment::FullLuau] {
            attacked(&name, &body, environment);
        }
    }
    // One state may hold 64 MiB; texts on their way through Rust come on top.
    assert!(resident() < 400, "{} MiB resident at the peak", resident());
}

#[test]
fn what_a_script_hoards_from_call_to_call_costs_it_the_state() {
    let body = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/hoard.lua"),
    )
    .expect("the script is there");
    let text = workflow(&body);
    let mut worker = fixture::worker(&[("w.lua", &text)]);
    let facts = fixture::facts();
    for call in 0..60 {
        let answer = fixture::enter(&mut worker, &facts);
        assert!(answer.is_ok(), "call {call}: {answer:?}");
    }
    assert!((1..40).contains(&worker.rebuilt()), "{} times", worker.rebuilt());
}

#[test]
fn pcall_cannot_swallow_the_end() {
    let bodies = [
        "while true do pcall(function() while true do end end) end",
        "local n = 0 while n < 1e9 do pcall(function() n = n + 1 end) end return stay()",
        "pcall(function() while true do end end) return stay()",
        "pcall(function() pcall(function() while true do end end) error('x') end) return go 't'",
    ];
    for body in bodies {
        let error = fixture::error(body);
        let kind = format!("{:?}", error.kind);
        assert!(["Ticks", "Time"].contains(&kind.as_str()), "{body}: {error}");
    }
}

#[test]
fn a_body_that_loops_is_a_finding_and_does_not_hang() {
    for (name, body) in own() {
        let text = format!(
            "workflow \"w\" {{ lane = \"c\", start = \"s\" }}\nlocal memo, case = {{}}, {{}}\nlocal kept_by_upvalue = {{}}\ndo\n{body}\nend"
        );
        let found = in_time(&name, || fixture::findings(&text));
        assert!(!found.concat().contains(SECRET), "{name}");
    }
}

#[test]
fn staff_see_the_shared_part_of_lua_and_nothing_else() {
    let absent = [
        "os",
        "io",
        "require",
        "load",
        "loadstring",
        "dofile",
        "getfenv",
        "setfenv",
        "debug",
        "collectgarbage",
        "gcinfo",
        "newproxy",
        "coroutine",
        "print",
        "buffer",
        "bit32",
        "setmetatable",
        "getmetatable",
        "rawset",
        "_G",
        "vector",
    ];
    for name in absent {
        let error = fixture::error(&format!("return {name}"));
        assert!(error.message.contains(name), "{name}: {}", error.message);
    }
    let missing = ["math.random", "math.randomseed", "string.pack", "table.foreach"];
    for name in missing {
        let answer = fixture::entered(&format!("return finish(tostring({name}))"));
        assert!(format!("{answer:?}").contains("\"nil\""), "{name}: {answer:?}");
    }
}
