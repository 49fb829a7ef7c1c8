//! The socket (命令通道): how the command line reaches the daemon that holds a site.
//!
//! One request a connection, one JSON line each way; ahead of the answer, lines that
//! say how far an import has come, where they were asked for. Who asks is told by the
//! operating system, not by the request; files come opened, for the daemon may read
//! what whoever asks may not.

mod files;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use commands::access::{Access, allow};
use commands::app::App;
use commands::{Command, Reply};
use domain::say::Lang;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Uid;
use serde::{Deserialize, Serialize};
use site::login::login_of;
use store::StoreError;
use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tracing::{info, warn};

use files::Heard;

/// The longest request.
const LONGEST: usize = 1 << 20;

/// A request is one line and comes at once; whoever keeps silent is let go.
const LONGEST_QUESTION: Duration = Duration::from_secs(10);

/// Whoever asks takes the answer within this time.
const LONGEST_TAKING: Duration = Duration::from_mins(1);

/// So many requests of one user, and of all others than the daemon's own, are at
/// work at once; what comes beside them is refused.
const MOST_OF_ONE: usize = 32;
const MOST: usize = 128;

/// So many files that came with requests one user keeps open in the daemon, and all
/// others than the daemon's own may: a process has only so many, and the store, the
/// gateways and whoever else asks need theirs.
const MOST_FILES_OF_ONE: usize = files::MOST;
const MOST_FILES: usize = 2 * MOST_FILES_OF_ONE;

/// So many files this process may keep open where the machine lets it.
const ROOM: u64 = 4096;

/// Whoever waits for a long file hears so often how far it has come.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// The machine takes no longer path of a socket, in bytes.
const LONGEST_PATH: usize = 100;

/// Requests that were not answered are told in the log so often at most.
const TELLS_EVERY: Duration = Duration::from_mins(1);

/// How long a daemon that was told to stop waits for what is being answered.
const LONGEST_ANSWER: Duration = Duration::from_mins(1);

/// Lets this process keep as many files open as requests may bring along, and its
/// own besides: many systems give it no more than 1024 unless it asks.
pub(crate) fn make_room() {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    if soft < ROOM.min(hard) {
        // Fewer do as well.
        setrlimit(Resource::RLIMIT_NOFILE, ROOM.min(hard), hard).ok();
    }
}

/// Listens until dropped, and removes its file then.
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Opens the socket; a file left by a dead daemon is replaced, since the
    /// site's lock says that no other daemon lives.
    ///
    /// # Errors
    ///
    /// The path is too long or not writable.
    pub fn open(path: &Path, access: Access) -> Result<Self> {
        if LONGEST_PATH < path.as_os_str().len() {
            let told = format!(
                "路径超过 {LONGEST_PATH} 字节,请把站点放到较短的路径下 · the path is above \
                 {LONGEST_PATH} bytes, put the site below a shorter one"
            );
            return Err(StoreError::at(path, &std::io::Error::other(told)).into());
        }
        if path.exists() {
            std::fs::remove_file(path).map_err(|error| StoreError::at(path, &error))?;
        }
        let bound = UnixListener::bind(path);
        let listener = bound.map_err(|error| StoreError::at(path, &error))?;
        allow(path, access)?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Answers requests, each in a task of its own. Whoever stops listening
    /// lets those finish that are still at work.
    pub async fn serve(&self, app: Arc<App>, answering: &mut JoinSet<()>) {
        let (callers, faults) =
            (Arc::new(Callers::default()), Arc::new(Faults::default()));
        loop {
            while answering.try_join_next().is_some() {}
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let Some(turn) =
                        stream.peer_cred().ok().map(|peer_cred| peer_cred.uid())
                    else {
                        continue;
                    };
                    let Some(mut turn) = callers.turn(turn) else {
                        faults.note("too many requests at once");
                        say_busy(stream);
                        continue;
                    };
                    let (app, faults) = (Arc::clone(&app), Arc::clone(&faults));
                    answering.spawn(async move {
                        if let Err(error) = answer(stream, &mut turn, &app).await {
                            faults.note(&error.to_string());
                        }
                        drop(turn);
                    });
                }
                Err(error) => {
                    faults.note(&error.to_string());
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

/// Tells whoever comes beside too many others, before anything was heard of them.
fn say_busy(stream: UnixStream) {
    let text = "守护进程手里的请求太多,没有改动;请稍后再试 · the daemon has too many requests \
                in hand and nothing was changed; try again in a moment";
    let data = serde_json::json!({ BUSY: true });
    let reply = Reply { exit: 5, text: text.to_owned(), data };
    let (Ok(text), Ok(mut stream)) = (serde_json::to_string(&reply), stream.into_std())
    else {
        return;
    };
    // So short an answer goes in at once, or whoever asked is gone.
    drop(stream.write_all(format!("{text}\n").as_bytes()));
}

const BUSY: &str = "busy";

/// Whether an answer says that the daemon has not even heard the request.
pub(crate) fn is_busy(reply: &Reply) -> bool {
    reply.data[BUSY] == true
}

/// Whose requests are at work, by their user.
#[derive(Default)]
struct Callers(Mutex<HashMap<u32, AtWork>>);

/// What is at work for one user.
#[derive(Clone, Copy, Debug, Default)]
struct AtWork {
    requests: usize,
    /// Files that came with them.
    files: usize,
}

/// One request's place among them, given back when it is dropped.
struct Turn {
    uid: u32,
    files: usize,
    callers: Arc<Callers>,
}

fn is_daemon(uid: u32) -> bool {
    uid == Uid::current().as_raw()
}

impl Callers {
    fn at_work(&self) -> MutexGuard<'_, HashMap<u32, AtWork>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a request of a user, where there is one. Nobody else keeps the
    /// daemon's own user out.
    fn turn(self: &Arc<Self>, uid: u32) -> Option<Turn> {
        let mut at_work = self.at_work();
        let all: usize = at_work.values().map(|it| it.requests).sum();
        let own = at_work.entry(uid).or_default();
        let is_full = MOST <= all && !is_daemon(uid);
        if is_full || MOST_OF_ONE <= own.requests {
            return None;
        }
        own.requests += 1;
        Some(Turn { uid, files: 0, callers: Arc::clone(self) })
    }
}

impl Turn {
    /// Whether this request may hold so many files beside what others hold; they
    /// count from then on.
    fn may_hold(&mut self, files: usize) -> bool {
        let callers = Arc::clone(&self.callers);
        let mut at_work = callers.at_work();
        let others = at_work.iter().filter(|it| *it.0 != self.uid && !is_daemon(*it.0));
        let others: usize = others.map(|it| it.1.files).sum();
        let own = at_work.entry(self.uid).or_default();
        let wanted = own.files.saturating_sub(self.files) + files;
        let is_full = MOST_FILES < others + wanted && !is_daemon(self.uid);
        if is_full || MOST_FILES_OF_ONE < wanted {
            return false;
        }
        (own.files, self.files) = (wanted, files);
        true
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut at_work = self.callers.at_work();
        if let Some(own) = at_work.get_mut(&self.uid) {
            own.requests = own.requests.saturating_sub(1);
            own.files = own.files.saturating_sub(self.files);
            if own.requests == 0 {
                at_work.remove(&self.uid);
            }
        }
    }
}

/// Requests that were not answered: one line tells of many.
#[derive(Default)]
struct Faults(Mutex<(Option<Instant>, u64)>);

impl Faults {
    fn note(&self, last: &str) {
        if let Some(count) = self.count(Instant::now()) {
            info!(count, last, "requests on the socket were not answered");
        }
    }

    /// Counts one; how many there are to tell of, when it is time to tell.
    fn count(&self, now: Instant) -> Option<u64> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.1 += 1;
        if faults.0.is_some_and(|told| now.duration_since(told) < TELLS_EVERY) {
            return None;
        }
        faults.0 = Some(now);
        Some(std::mem::take(&mut faults.1))
    }
}

/// Waits for the requests that are still being answered; what takes too long
/// is broken off and has changed nothing.
pub async fn finish(mut answering: JoinSet<()>) {
    let all = async { while answering.join_next().await.is_some() {} };
    if tokio::time::timeout(LONGEST_ANSWER, all).await.is_err() {
        warn!("requests were broken off, for they took too long");
        answering.shutdown().await;
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Nothing is lost when the file stays: the next daemon replaces it.
        drop(std::fs::remove_file(&self.path));
    }
}

async fn answer(mut stream: UnixStream, turn: &mut Turn, app: &App) -> Result<()> {
    let login = login_of(Uid::from_raw(turn.uid));
    // A stranger's files are not even received.
    let takes_files = app.actor(&login).is_ok();
    let asked = files::hear(&stream, takes_files, LONGEST, |it| turn.may_hold(it));
    let asked = tokio::time::timeout(LONGEST_QUESTION, asked).await;
    let Heard { line, files: given, too_many } = asked.context("等不到请求")??;
    if line.is_empty() {
        // Somebody only looked whether a daemon listens.
        return Ok(());
    }
    let reply = match serde_json::from_slice::<Question>(&line) {
        Ok(Question { lang, .. }) if too_many => too_many_files(lang),
        Ok(mut question) => {
            // A stranger is told that they are one, not what became of their files.
            if question.command.take_files(given) || !takes_files {
                carried_out(&stream, &login, app, &question).await
            } else {
                not_opened(question.lang)
            }
        }
        Err(error) => Reply {
            exit: 1,
            text: format!(
                "请求读不懂(第 {at} 列)· the request makes no sense (column {at})\n  \
                 提示:命令与守护进程的版本可能不同 · hint: the command and the daemon may be \
                 of different versions",
                at = error.column()
            ),
            data: serde_json::Value::Null,
        },
    };
    let mut text = serde_json::to_string(&reply)?;
    text.push('\n');
    let written = stream.write_all(text.as_bytes());
    tokio::time::timeout(LONGEST_TAKING, written).await.context("答复没有人取走")??;
    Ok(())
}

/// Carries a command out, and says meanwhile how far it has come where that was asked
/// for. Whoever does not listen keeps nothing waiting.
async fn carried_out(
    stream: &UnixStream,
    login: &str,
    app: &App,
    question: &Question,
) -> Reply {
    let Question { lang, command, progress: is_told } = question;
    let mut work = std::pin::pin!(app.handle_in(*lang, login, command));
    let Some(progress) = command.progress().filter(|_| *is_told) else {
        return work.await;
    };
    loop {
        if let Ok(reply) = tokio::time::timeout(PROGRESS_EVERY, &mut work).await {
            return reply;
        }
        let (done, of) = progress.seen();
        if let Ok(mut line) = serde_json::to_string(&Progress { done, of }) {
            line.push('\n');
            // So short a line goes in whole or not at all, and the next one says more.
            drop(stream.try_write(line.as_bytes()));
        }
    }
}

fn not_opened(lang: Lang) -> Reply {
    let text = match lang {
        Lang::Zh => {
            "守护进程不替别人打开文件,没有改动\n  提示:请用与守护进程同一版本的 qingshou"
        }
        Lang::En => {
            "the daemon opens no file for others; nothing was changed\n  hint: use the \
             qingshou of the daemon's own version"
        }
    };
    Reply { exit: 5, text: text.to_owned(), data: serde_json::Value::Null }
}

fn too_many_files(lang: Lang) -> Reply {
    let text = match lang {
        Lang::Zh => format!(
            "守护进程手里的文件太多(每人最多 {MOST_FILES_OF_ONE} 个),没有改动\n  提示:等正在\
             进行的导入结束,再重新执行本命令"
        ),
        Lang::En => format!(
            "the daemon has too many files in hand (at most {MOST_FILES_OF_ONE} of one person); \
             nothing was changed\n  hint: say it again once the imports under way have ended"
        ),
    };
    Reply { exit: 5, text, data: serde_json::Value::Null }
}

/// A command with the language of whoever gives it, and whether they want to hear how far
/// it has come.
#[derive(Deserialize, Serialize)]
struct Question<C = Command> {
    #[serde(default)]
    lang: Lang,
    #[serde(default)]
    progress: bool,
    #[serde(flatten)]
    command: C,
}

/// How far a request has come.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    done: u64,
    of: u64,
}

/// A daemon that lives takes a caller within this time, whatever it is doing.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

/// Whether whoever listens on a socket takes callers: one that was stopped, or hangs,
/// keeps its socket and hears nobody.
pub(crate) async fn takes_callers(path: &Path) -> bool {
    let called = async {
        let mut stream = UnixStream::connect(path).await?;
        stream.shutdown().await?;
        // It lets go whoever asks for nothing.
        tokio::io::AsyncReadExt::read(&mut stream, &mut [0]).await
    };
    let called = tokio::time::timeout(LONGEST_SILENCE, called).await;
    called.is_ok_and(|end| end.is_ok())
}

/// Asks the daemon of a site; `None` when no daemon listens.
///
/// # Errors
///
/// The connection breaks before the answer.
pub fn ask(path: &Path, lang: Lang, command: &Command) -> Result<Option<Reply>> {
    let Ok(mut stream) = StdStream::connect(path) else { return Ok(None) };
    let progress = command.progress();
    let question = Question { lang, progress: progress.is_some(), command };
    let mut text = serde_json::to_string(&question)?;
    text.push('\n');
    // A daemon that hears nothing more has perhaps said why.
    let sent = files::send(&stream, command.files()).map_err(anyhow::Error::from);
    let sent = sent.and_then(|()| Ok(stream.write_all(text.as_bytes())?));
    let mut lines = BufReader::new(stream.take(u64::MAX));
    let mut line = String::new();
    lines.read_line(&mut line)?;
    while let Ok(Progress { done, of }) = serde_json::from_str(&line) {
        if let Some(progress) = progress {
            progress.set(done, of);
        }
        line.clear();
        lines.read_line(&mut line)?;
    }
    if let Ok(reply) = serde_json::from_str(&line) {
        return Ok(Some(reply));
    }
    sent?;
    bail!(
        "守护进程没有答完就断开了 · the daemon broke off before it had answered\n  \
         提示:用 `qingshou status` 看它是否还在运行,再看这件事是否已办 · hint: see with \
         `qingshou status` whether it runs, and whether what was asked was done"
    )
}

#[cfg(test)]
mod tests {
    use site::Site;
    use std::thread;

    use store::progress::Progress;

    use super::*;
    use commands::{Import, Reading, Reload};

    #[test]
    fn many_requests_that_make_no_sense_are_one_line_a_minute() {
        let (faults, start) = (Faults::default(), Instant::now());
        assert_eq!(faults.count(start), Some(1));
        for second in 1..60 {
            assert_eq!(faults.count(start + Duration::from_secs(second)), None);
        }
        assert_eq!(faults.count(start + Duration::from_mins(1)), Some(60));
    }

    fn import_of(list: PathBuf) -> Command {
        Command::Import(Import {
            cases: true,
            opened: vec![Arc::new(import::opened(&list).unwrap())],
            files: vec![list],
            reading: Reading::default(),
            list: import::ListReading::default(),
            reason: None,
            progress: Progress::default(),
        })
    }

    #[test]
    fn what_a_daemon_says_of_its_progress_comes_before_its_answer() {
        let folder = tempfile::tempdir().unwrap();
        let (path, list) =
            (folder.path().join("socket"), folder.path().join("cases.csv"));
        std::fs::write(&list, "case_id,principal\nA,5\n").unwrap();
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let daemon = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            assert!(line.contains("\"progress\":true"), "{line}");
            let reply = Reply { exit: 0, text: "done".to_owned(), data: ().into() };
            let reply = serde_json::to_string(&reply).unwrap();
            let told = "{\"done\":5000,\"of\":0}\n{\"done\":10,\"of\":40}\n";
            (&stream).write_all(format!("{told}{reply}\n").as_bytes()).unwrap();
        });
        let request = import_of(list);
        let reply = ask(&path, Lang::Zh, &request).unwrap().unwrap();
        daemon.join().unwrap();
        assert_eq!(reply.text, "done");
        assert_eq!(request.progress().unwrap().seen(), (10, 40));
    }

    #[test]
    fn no_user_keeps_the_others_from_the_socket() {
        let callers = Arc::new(Callers::default());
        let own = Uid::current().as_raw();
        let turns: Vec<Turn> =
            (own + 1..).take(MOST).filter_map(|uid| callers.turn(uid)).collect();
        assert_eq!(turns.len(), MOST);
        assert!(callers.turn(own + 1).is_none(), "all places are taken");
        let mine: Vec<Turn> =
            std::iter::from_fn(|| callers.turn(own)).take(2 * MOST_OF_ONE).collect();
        assert_eq!(mine.len(), MOST_OF_ONE, "the daemon's own user gets in");
        drop((turns, mine));
        assert!(callers.turn(own + 1).is_some());
    }

    #[test]
    fn no_user_keeps_the_others_files_from_the_socket() {
        let callers = Arc::new(Callers::default());
        let own = Uid::current().as_raw();
        let mut greedy: Vec<Turn> =
            std::iter::from_fn(|| callers.turn(own + 1)).take(MOST_OF_ONE).collect();
        let held = greedy.iter_mut().filter_map(|it| it.may_hold(64).then_some(64));
        assert_eq!(held.sum::<usize>(), MOST_FILES_OF_ONE, "of one user");
        let mut other = callers.turn(own + 2).unwrap();
        assert!(other.may_hold(MOST_FILES_OF_ONE), "another one is served");
        let mut third = callers.turn(own + 3).unwrap();
        assert!(!third.may_hold(1), "that is all");
        assert!(callers.turn(own).unwrap().may_hold(MOST_FILES_OF_ONE));
        drop(greedy);
        assert!(third.may_hold(1) && third.may_hold(65), "they are given back");
        drop((other, third));
        assert!(callers.at_work().is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_comes_beside_too_many_others_is_told_that_nothing_was_heard() {
        let folder = tempfile::tempdir().unwrap();
        let app = Arc::new(App::open(Site::open(folder.path()).unwrap()).await.unwrap());
        let path = app.site().socket();
        let socket = Socket::open(&path, Access::Owner).unwrap();
        let silent: Vec<StdStream> =
            (0..MOST_OF_ONE).map(|_| StdStream::connect(&path).unwrap()).collect();
        let asking = tokio::task::spawn_blocking(move || {
            ask(&path, Lang::Zh, &Reload { confirm: false }.into())
        });
        let mut answering = JoinSet::new();
        let serving = socket.serve(Arc::clone(&app), &mut answering);
        let stopped = tokio::time::timeout(Duration::from_secs(1), serving).await;
        assert!(stopped.is_err());
        let reply = asking.await.unwrap().unwrap().expect("there is an answer");
        assert!(is_busy(&reply) && reply.exit == 5, "{}", reply.text);
        drop((silent, socket));
        finish(answering).await;
        app.engine.store.close().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_asked_before_the_daemon_stopped_gets_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::open(folder.path()).unwrap();
        let app = Arc::new(App::open(site).await.unwrap());
        let list = folder.path().join("cases.csv");
        std::fs::write(&list, "case_id,principal\nA,5\n").unwrap();
        let socket = Socket::open(&app.site().socket(), Access::Owner).unwrap();
        let request = import_of(list);
        let mut answering = JoinSet::new();
        // The import cannot go on before the daemon was told to stop.
        let busy = app.engine.store.write().await.unwrap();
        let path = app.site().socket();
        let asked = tokio::task::spawn_blocking(move || ask(&path, Lang::Zh, &request));
        let serving = socket.serve(Arc::clone(&app), &mut answering);
        let stopped = tokio::time::timeout(Duration::from_millis(500), serving).await;
        assert!(stopped.is_err() && answering.len() == 1);
        drop(socket);
        busy.rollback().await.unwrap();
        finish(answering).await;
        app.engine.store.close().await.unwrap();
        let reply = asked.await.unwrap().unwrap().expect("there is an answer");
        assert_eq!(reply.exit, 0, "{}", reply.text);
    }
}
