//! Judged apart (单独进程审查): a folder is read, checked and tested in a process of
//! its own, so that whatever an edit does, the daemon lives.
//!
//! The program starts itself, hands the texts over, and hears which file is in hand.
//! A process that dies, runs too long or asks for too much memory becomes one finding
//! that names the file. What has gone well there can be loaded here.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use domain::ids::ReleaseId;
use nix::sys::signal::Signal;
use runtime::Plugins;
use runtime::interrupt::Interrupt;
use script::check::codes::LIMIT;
use script::finding::Finding;
use script::program::{Catalog, Folder};
use script::testing::TestResult;
use site::config::Config;
use tempfile::TempDir;

use crate::candidate::{Candidate, mark};
use crate::findings;
use crate::scenario::{self, PassCache};
use crate::steady::Sight;

mod wire;
pub mod inside;

use wire::{Brief, Request, Said};

/// The word with which the program starts itself.
pub const WORD: &str = "judge-candidate";

/// So long a folder may be checked, and its tests may run.
const CHECKED_WITHIN: Duration = Duration::from_mins(1);
const TESTED_WITHIN: Duration = Duration::from_mins(5);
/// So often it is looked whether the daemon is to stop, and how much memory is used.
const A_MOMENT: Duration = Duration::from_millis(50);
/// A stop that is told to all processes has come to all of them after this.
const STOP_HEARD: Duration = Duration::from_secs(2);
/// Memory that may be in use, in kilobytes; a folder needs a twentieth of it.
const MOST_MEMORY_KB: u64 = 1 << 20;

/// Whether this process is the program, which can start itself; a test of a part of it
/// is not, and judges in its own process.
static IS_THE_PROGRAM: AtomicBool = AtomicBool::new(false);

/// Says that this process is the program.
pub fn is_the_program() {
    IS_THE_PROGRAM.store(true, Ordering::Relaxed);
}

/// With what a folder is judged.
#[derive(Clone)]
pub struct Means {
    /// Where the folder lies.
    pub dir: PathBuf,
    /// What scripts may call.
    pub catalog: Arc<Catalog>,
    /// The site's settings.
    pub config: Config,
    /// Whether the daemon is to stop.
    pub interrupt: Interrupt,
}

/// Why there is no candidate.
pub enum Unread {
    /// There is no folder to read.
    NoFolder(Box<Finding>),
    /// The process in which it was judged has come to grief.
    Broke {
        /// Over what.
        finding: Box<Finding>,
        /// The folder.
        folder: Arc<Folder>,
        /// Its mark.
        hash: String,
    },
    /// The daemon is to stop.
    Stopped,
}

/// What the tests of a folder came to.
pub enum Tested {
    /// They were run.
    Run(Vec<TestResult>),
    /// The process in which they ran has come to grief over this.
    Broke(Box<Finding>),
}

/// Where the tests of a candidate run.
pub enum Tester {
    /// In the process in which it was checked.
    Apart(Box<Session>),
    /// Here.
    Here(Box<Means>),
    /// They have run already, or could not be.
    Over(Result<Option<Tested>>),
}

/// Reads and checks what lay in a folder at one moment.
///
/// It waits for another process; from async code, call it through `spawn_blocking`.
///
/// # Errors
///
/// [`Unread`] where there is no candidate.
pub fn check(sight: Sight, means: &Means) -> Result<(Candidate, Tester), Unread> {
    let no_folder = |it: Box<Finding>| {
        Unread::NoFolder(Box::new(Finding { code: findings::FOLDER, ..*it }))
    };
    let (folder, found) = sight.map_err(no_folder)?.texts();
    check_texts(Arc::new(folder), found, means)
}

/// [`check`] for texts that are at hand.
pub(crate) fn check_texts(
    folder: Arc<Folder>,
    found: Vec<Finding>,
    means: &Means,
) -> Result<(Candidate, Tester), Unread> {
    let (catalog, config) = (&means.catalog, &means.config);
    let here = |found| {
        let candidate = Candidate::check(Arc::clone(&folder), found, catalog, config);
        Ok((candidate, Tester::Here(Box::new(means.clone()))))
    };
    if !IS_THE_PROGRAM.load(Ordering::Relaxed) {
        return here(found);
    }
    let hash = mark(&folder, &found);
    let broke = |finding| {
        let (folder, hash) = (Arc::clone(&folder), hash.clone());
        Unread::Broke { finding: Box::new(finding), folder, hash }
    };
    let started = Session::start(Path::new("/proc/self/exe"), &[WORD], &means.interrupt);
    let Ok(mut session) = started else {
        // Better judged here than not at all.
        return here(found);
    };
    let brief = Brief::new(Folder::clone(&folder), &found, means.dir.clone(), config);
    let said = session.ask(&Request::Check(Box::new(brief)), CHECKED_WITHIN);
    match said {
        Ok(Said::Checked(checked)) => {
            let unread = found.iter().map(|it| it.file.clone()).collect();
            let found = checked.found.into_iter().map(Finding::from).collect();
            let program = checked.program;
            let candidate =
                Candidate::checked_apart((folder, hash, unread), program, found, config);
            Ok((candidate, Tester::Apart(Box::new(session))))
        }
        Ok(_) => Err(broke(session.finding(&Ending::Died(None)))),
        Err(Ending::Stopped) => Err(Unread::Stopped),
        Err(ending) => Err(broke(session.finding(&ending))),
    }
}

impl Tester {
    /// Runs the tests now, so that whoever asks for them finds them run.
    pub(crate) fn ahead(self, candidate: &Candidate, passes: &PassCache) -> Self {
        Self::Over(self.test(candidate, passes))
    }

    /// Runs the tests of a candidate that was checked; `None` when the daemon is to
    /// stop. What has passed is remembered.
    ///
    /// # Errors
    ///
    /// The plugins cannot be set up.
    pub fn test(
        self,
        candidate: &Candidate,
        passes: &PassCache,
    ) -> Result<Option<Tested>> {
        match self {
            Self::Over(tested) => tested,
            Self::Here(means) => {
                let plugins = plugins_on::for_checks(&means.dir)?;
                let results = test_here(candidate, &plugins, &means.config, passes)?;
                // What did not get its turn has not failed.
                Ok((!passes.is_stopped()).then_some(Tested::Run(results)))
            }
            Self::Apart(mut session) => {
                let known = Request::Test(passes.proofs());
                Ok(match session.ask(&known, TESTED_WITHIN) {
                    Ok(Said::Tested { results, passes: more }) => {
                        passes.remember_all(more);
                        Some(Tested::Run(results))
                    }
                    Ok(_) => {
                        let finding = session.finding(&Ending::Died(None));
                        Some(Tested::Broke(Box::new(finding)))
                    }
                    Err(Ending::Stopped) => None,
                    Err(ending) => {
                        Some(Tested::Broke(Box::new(session.finding(&ending))))
                    }
                })
            }
        }
    }
}

fn test_here(
    candidate: &Candidate,
    plugins: &Plugins,
    config: &Config,
    passes: &PassCache,
) -> Result<Vec<TestResult>> {
    let nothing = (ReleaseId(0), 0);
    let runtime = candidate.clone().runtime(nothing, plugins, config, "check");
    let runtime =
        runtime.context("有错误的流程不测试 · what is at fault is not tested")?;
    Ok(scenario::run_all(&runtime, plugins, config, passes))
}

/// The process in which a folder is judged, as seen from here; killed when it is
/// wanted no more.
pub struct Session {
    child: Child,
    asks: ChildStdin,
    said: mpsc::Receiver<String>,
    interrupt: Interrupt,
    /// The files in hand, the one that is longest so first.
    in_hand: Vec<String>,
    /// The file put down last.
    last: String,
    /// Its stores lie here and go with it, however it ends.
    _scratch: TempDir,
}

/// Why there is no answer.
#[derive(Debug)]
enum Ending {
    /// The process has ended.
    Died(Option<ExitStatus>),
    /// It took longer than this.
    TooLong(Duration),
    /// It used too much memory.
    TooLarge,
    /// The daemon is to stop.
    Stopped,
}

impl Session {
    fn start(program: &Path, args: &[&str], interrupt: &Interrupt) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let mut child = Command::new(program)
            .args(args)
            .env("TMPDIR", scratch.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let asks = child.stdin.take().context("no way in")?;
        let answers = child.stdout.take().context("no way out")?;
        let (sender, said) = mpsc::channel();
        thread::Builder::new().name("judge".to_owned()).spawn(move || {
            for line in BufReader::new(answers).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        })?;
        let (in_hand, last, interrupt) = (Vec::new(), String::new(), interrupt.clone());
        Ok(Self { child, asks, said, interrupt, in_hand, last, _scratch: scratch })
    }

    fn ask(&mut self, request: &Request, patience: Duration) -> Result<Said, Ending> {
        let mut looked_at = Instant::now();
        let ends = looked_at + patience;
        let mut line = serde_json::to_vec(request).unwrap_or_default();
        line.push(b'\n');
        if self.asks.write_all(&line).and_then(|()| self.asks.flush()).is_err() {
            return Err(self.died());
        }
        loop {
            if self.interrupt.is_raised() {
                return Err(Ending::Stopped);
            }
            let now = Instant::now();
            if ends <= now {
                return Err(Ending::TooLong(patience));
            }
            if A_MOMENT <= now - looked_at {
                looked_at = now;
                if MOST_MEMORY_KB < self.memory_kb() {
                    return Err(Ending::TooLarge);
                }
            }
            let said = match self.said.recv_timeout(A_MOMENT) {
                Ok(line) => serde_json::from_str(&line),
                Err(mpsc::RecvTimeoutError::Timeout) => continue,
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(self.died()),
            };
            match said {
                Ok(Said::Begins(file)) => self.in_hand.push(file),
                Ok(Said::Ends(file)) => {
                    if let Some(at) = self.in_hand.iter().position(|it| *it == file) {
                        self.in_hand.remove(at);
                    }
                    self.last = file;
                }
                Ok(answer) => return Ok(answer),
                Err(_) => {
                    // What it is ended with here says nothing about it.
                    let _killed = self.died();
                    return Err(Ending::Died(None));
                }
            }
        }
    }

    /// Memory that it uses, as the system counts it; nothing where that is not told.
    fn memory_kb(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    fn died(&mut self) -> Ending {
        // What says nothing sensible any more is ended.
        let _ended_already = self.child.kill();
        let status = self.child.wait().ok();
        let signal = status.and_then(|it| it.signal());
        let signal = signal.and_then(|signal| Signal::try_from(signal).ok());
        let told = matches!(signal, Some(Signal::SIGTERM | Signal::SIGINT));
        if self.interrupt.is_raised() || told && self.hears_a_stop() {
            Ending::Stopped
        } else {
            Ending::Died(status)
        }
    }

    /// Whether the daemon is told to stop as well: a service manager and a terminal tell
    /// both at once, and either may be first. What saves a machine short of memory
    /// tells this process alone, and will do so again.
    fn hears_a_stop(&self) -> bool {
        let began = Instant::now();
        while !self.interrupt.is_raised() && began.elapsed() < STOP_HEARD {
            thread::sleep(A_MOMENT);
        }
        self.interrupt.is_raised()
    }

    /// What is told of an ending, at the file that was in hand.
    fn finding(&self, ending: &Ending) -> Finding {
        let file = self.in_hand.first().unwrap_or(&self.last);
        let (zh, en) = match ending {
            Ending::TooLong(patience) => {
                let seconds = patience.as_secs();
                (format!("超过 {seconds} 秒"), format!("it took more than {seconds} s"))
            }
            Ending::TooLarge => {
                ("内存用得过多".to_owned(), "it used too much memory".to_owned())
            }
            Ending::Died(status) => words_of(*status),
            Ending::Stopped => ("被中断".to_owned(), "it was interrupted".to_owned()),
        };
        Finding::error(
            LIMIT,
            file,
            format!(
                "检查或测试到本文件时进程中断:{zh};未上线,旧版照常。请改小、改浅本文件,或撤回这次修改"
            ),
            format!(
                "the process that checked and tested it came to grief at this file: {en}; it \
                 is not live and the old release goes on. Make the file smaller or flatter, \
                 or take the edit back"
            ),
        )
    }
}

fn words_of(status: Option<ExitStatus>) -> (String, String) {
    let signal = status.and_then(|it| it.signal());
    let signal = signal.and_then(|signal| Signal::try_from(signal).ok());
    let (zh, en) = match signal {
        Some(Signal::SIGXCPU) => ("处理器时间用尽", "it used up its processor time"),
        Some(Signal::SIGKILL | Signal::SIGTERM) => {
            ("被系统终止,多半是内存用尽", "it was killed, mostly for memory")
        }
        _ => ("栈或内存用尽", "it ran out of stack or memory"),
    };
    let name = signal.map(|signal| format!(" ({signal})")).unwrap_or_default();
    (format!("{zh}{name}"), format!("{en}{name}"))
}

impl Drop for Session {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use domain::say::Lang;

    use super::*;

    /// A process in place of the program that says something and then does as told.
    fn told(then: &str, patience: Duration) -> String {
        let script = format!("read line; echo '{{\"Begins\":\"a.lua\"}}'; {then}");
        let args = ["-c", script.as_str()];
        let mut session =
            Session::start(Path::new("/bin/sh"), &args, &Interrupt::default()).unwrap();
        let ending = session.ask(&Request::Test(Vec::new()), patience).unwrap_err();
        session.finding(&ending).render(Lang::En)
    }

    #[test]
    fn a_process_that_dies_or_takes_too_long_is_a_finding_at_the_file_in_hand() {
        let long = Duration::from_mins(1);
        let table = [
            ("kill -SEGV $$", long, "it ran out of stack or memory (SIGSEGV)"),
            ("kill -XCPU $$", long, "it used up its processor time (SIGXCPU)"),
            ("kill -KILL $$", long, "it was killed, mostly for memory (SIGKILL)"),
            ("kill -TERM $$", long, "it was killed, mostly for memory (SIGTERM)"),
            ("echo what", long, "it ran out of stack or memory"),
            ("exec sleep 60", Duration::from_millis(300), "it took more than 0 s"),
        ];
        for (then, patience, wanted) in table {
            let told = told(then, patience);
            assert!(told.starts_with("error[W055] a.lua"), "{then}: {told}");
            assert!(told.contains(wanted), "{then}: {told}");
        }
    }

    #[test]
    fn a_process_that_is_told_to_stop_speaks_against_no_edit() {
        let args = ["-c", "read line; kill -TERM $$; sleep 60"];
        let interrupt = Interrupt::default();
        let mut session =
            Session::start(Path::new("/bin/sh"), &args, &interrupt).unwrap();
        let later = thread::spawn(move || {
            thread::sleep(Duration::from_millis(500));
            interrupt.raise();
        });
        let ending = session.ask(&Request::Test(Vec::new()), Duration::from_mins(1));
        assert!(matches!(ending, Err(Ending::Stopped)), "{ending:?}");
        later.join().unwrap();
    }

    #[test]
    fn a_daemon_that_is_to_stop_waits_for_no_answer() {
        let interrupt = Interrupt::default();
        let args = ["-c", "exec sleep 60"];
        let mut session =
            Session::start(Path::new("/bin/sh"), &args, &interrupt).unwrap();
        interrupt.raise();
        let began = Instant::now();
        let ending = session.ask(&Request::Test(Vec::new()), Duration::from_mins(1));
        assert!(matches!(ending, Err(Ending::Stopped)), "{ending:?}");
        drop(session);
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
