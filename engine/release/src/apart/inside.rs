//! The process in which a folder is judged (审查进程), seen from inside: it reads,
//! checks and tests under limits, and says which file it has in hand.

use std::fs;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread;

use anyhow::{Context as _, Result};
use domain::ids::ReleaseId;
use nix::sys::resource::{Resource, setrlimit};
use runtime::Plugins;
use script::finding::Finding;
use script::progress::{self, Step};
use site::config::Config;

use super::wire::{Checked, FindingOnTheWire, Request, Said};
use crate::candidate::Candidate;
use crate::scenario::{self, PassCache, Proof};

/// Processor time for one folder and its tests, in seconds.
const CPU_S: u64 = 300;
/// Memory that may be asked for, most of which is never touched; what is in use is
/// watched from outside.
const MEMORY: u64 = 6 << 30;
/// Bytes of one file that a test may write.
const FILE: u64 = 1 << 30;
/// Half as much stack as the threads of the daemon have: what goes well here goes well
/// there.
const STACK: usize = 1 << 20;

/// Judges one folder that comes in on the standard input.
pub fn main() -> ExitCode {
    limit();
    progress::watch(tell);
    let (asked, requests) = mpsc::channel();
    // Whoever asked may die: then nobody wants the answer.
    let listening = thread::Builder::new().name("asked".to_owned()).spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            if asked.send(line).is_err() {
                break;
            }
        }
        std::process::exit(0);
    });
    let working = thread::Builder::new()
        .name("judge".to_owned())
        .stack_size(STACK)
        .spawn(move || work(&requests));
    let worked = working.ok().and_then(|working| working.join().ok());
    match (listening, worked) {
        (Ok(_), Some(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn limit() {
    let limits = [
        (Resource::RLIMIT_CPU, CPU_S),
        (Resource::RLIMIT_AS, MEMORY),
        (Resource::RLIMIT_FSIZE, FILE),
        (Resource::RLIMIT_CORE, 0),
    ];
    for (what, most) in limits {
        // Where a limit cannot be set the others and the clock still hold.
        let _set = setrlimit(what, most, most);
    }
    // When memory runs out on the machine this process goes first.
    let _chosen = fs::write("/proc/self/oom_score_adj", "1000");
}

fn tell(step: Step<'_>) {
    let said = match step {
        Step::Begins(file) => Said::Begins(file.to_owned()),
        Step::Ends(file) => Said::Ends(file.to_owned()),
    };
    say(&said);
}

fn say(said: &Said) {
    let Ok(mut line) = serde_json::to_vec(said) else { return };
    line.push(b'\n');
    let mut out = stdout().lock();
    // Whoever asked is gone when it cannot be written.
    let _written = out.write_all(&line).and_then(|()| out.flush());
}

/// A folder that was checked, to be tested.
struct Case {
    candidate: Candidate,
    config: Config,
    plugins: Plugins,
}

fn work(requests: &mpsc::Receiver<String>) -> Result<()> {
    let mut case = None;
    while let Ok(line) = requests.recv() {
        match serde_json::from_str(&line)? {
            Request::Check(brief) => {
                let (config, dir) = (brief.config(), brief.dir);
                let plugins = plugins_on::for_checks(&dir)?;
                let catalog = Arc::new(plugins.catalog());
                let found: Vec<Finding> =
                    brief.found.into_iter().map(Finding::from).collect();
                let folder = Arc::new(brief.folder);
                let candidate = Candidate::check(folder, found, &catalog, &config);
                let found =
                    candidate.findings.iter().map(FindingOnTheWire::from).collect();
                let program = candidate.program.clone();
                say(&Said::Checked(Box::new(Checked { program, found })));
                case = Some(Case { candidate, config, plugins });
            }
            Request::Test(passes) => {
                let case = case.as_ref().context("nothing was checked")?;
                say(&test(case, passes)?);
            }
        }
    }
    Ok(())
}

fn test(case: &Case, known: Vec<Proof>) -> Result<Said> {
    let Case { candidate, config, plugins } = case;
    let nothing = (ReleaseId(0), 0);
    let runtime = candidate.clone().runtime(nothing, plugins, config, "check");
    let runtime = runtime.context("what is at fault is not tested")?;
    let passes = PassCache::of(known);
    let results = scenario::run_all(&runtime, plugins, config, &passes);
    Ok(Said::Tested { results, passes: passes.proofs() })
}
