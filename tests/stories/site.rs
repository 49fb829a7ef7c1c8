//! A site of its own for one story (演练站点), and the daemon that works it.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::Date;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use sqlx::Connection as _;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_qingshou");

/// One institution's folder, gone when the story ends.
pub(crate) struct Site {
    dir: TempDir,
    /// Hours that its clocks are ahead of Greenwich.
    ahead: i64,
}

/// What a command came to.
pub(crate) struct CommandOutput {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// One store is copied at a time.
static COPIED: Mutex<()> = Mutex::new(());

impl Site {
    /// A site where it is about noon, so that everybody may be contacted.
    pub(crate) fn at_noon() -> Self {
        Self::where_it_is(12)
    }

    /// A site where it is about eleven in the evening.
    pub(crate) fn at_night() -> Self {
        Self::where_it_is(23)
    }

    /// A site where it is about noon and the guard is as in a new site; the
    /// others send as much as their stories need.
    pub(crate) fn guarded_at_noon() -> Self {
        let site = Self::where_it_is(12);
        std::fs::write(site.path("qingshou.toml"), site.zone_setting())
            .expect("settings are written");
        site
    }

    fn zone_setting(&self) -> String {
        let zone = format!("zone = \"{}\"\n", zone(self.ahead));
        match database_of(self.dir.path()) {
            Some(database) => zone + &format!("database = \"{database}\"\n"),
            None => zone,
        }
    }

    fn where_it_is(hour: i64) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let ahead = hours_ahead_where_it_is(hour);
        let site = Self { dir, ahead };
        let settings = site.zone_setting()
            + "guard.at_least = 1000000\nguard.visits_per_collector = 1000000\nblast_guard.at_least = 100\n";
        std::fs::write(site.path("qingshou.toml"), settings)
            .expect("settings are written");
        std::fs::create_dir(site.workflows()).expect("the workflows folder is made");
        site
    }

    /// The civil day there: at night it may be the one before Greenwich's.
    pub(crate) fn today(&self) -> Date {
        let seconds = unix_seconds() + self.ahead * 3_600;
        let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        epoch.saturating_add(seconds.seconds()).date()
    }

    /// Adds to the settings.
    pub(crate) fn configure(&self, more: &str) {
        let path = self.path("qingshou.toml");
        let settings = std::fs::read_to_string(&path).expect("settings can be read");
        std::fs::write(path, settings + more).expect("settings are written");
    }

    /// Writes something else into the settings.
    pub(crate) fn set(&self, from: &str, to: &str) {
        let path = self.path("qingshou.toml");
        let settings = std::fs::read_to_string(&path).expect("settings can be read");
        assert!(settings.contains(from), "{settings}");
        std::fs::write(path, settings.replace(from, to)).expect("settings are written");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn workflows(&self) -> PathBuf {
        self.path("workflows")
    }

    /// Saves a file of the workflows folder, as an editor does that renames.
    pub(crate) fn save(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.workflows().join(name);
        let beside = path.with_extension("save~");
        let folder = path.parent().expect("a file stands in a folder");
        std::fs::create_dir_all(folder).expect("the folder is made");
        std::fs::write(&beside, text).expect("the file is written");
        std::fs::rename(&beside, &path).expect("the file is put in place");
    }

    /// The note beside a rejected script, when there is one.
    pub(crate) fn note_of(&self, name: &str) -> Option<String> {
        let path = self.workflows().join(format!("{name}.rejected.txt"));
        std::fs::read_to_string(path).ok()
    }

    /// Runs a command on the site.
    pub(crate) fn run(&self, args: &[&str]) -> CommandOutput {
        run_on(self.dir.path(), args)
    }

    /// Runs a command that must succeed; returns what it prints.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let told = self.run(args);
        // `status` tells by its code whether a daemon runs.
        let good = told.exit == 0 || told.exit == 3 && args.contains(&"status");
        assert!(good, "`{}`: {}{}", args.join(" "), told.out, told.err);
        told.out
    }

    /// Runs a command that must succeed and answers in JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let out = self.ok(&[args, &["-o", "json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Writes a list, and says where it lies.
    pub(crate) fn list(&self, csv: &str) -> String {
        let path = self.path("a list.csv");
        std::fs::write(&path, csv).expect("the list is written");
        path.display().to_string()
    }

    /// The rows of a command that prints a table.
    pub(crate) fn rows(&self, args: &[&str]) -> Vec<Value> {
        self.json(args)["rows"].as_array().expect("rows are a list").clone()
    }

    /// Imports a list of cases or events, given as CSV.
    pub(crate) fn import(&self, what: &str, csv: &str) {
        let file = self.path(&format!("{what}.csv"));
        std::fs::write(&file, csv).expect("the list is written");
        let path = file.to_str().expect("a temporary path is plain");
        let report = self.json(&["import", what, path]);
        let rejected = &report["rejected"];
        assert_eq!(rejected, 0, "every row of the list is good: {report}");
    }

    /// Every call that the outgoing tray got, oldest first.
    pub(crate) fn calls(&self) -> Vec<Value> {
        let log =
            std::fs::read_to_string(self.path("spool/calls.log")).unwrap_or_default();
        log.lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|_| panic!("torn: {line}"))
            })
            .collect()
    }

    /// The journal, oldest line first, each with its `body` read.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let text = self.ok(&["journal", "export"]);
        text.lines()
            .map(|line| {
                let mut line: Value = serde_json::from_str(line).expect("a line is JSON");
                let body = line["body"].as_str().expect("a line has a body");
                line["body"] = serde_json::from_str(body).expect("a body is JSON");
                line
            })
            .collect()
    }

    /// The orders of a verb in one status, as `status` counts them.
    pub(crate) fn orders(&self, verb: &str, status: &str) -> u64 {
        count_in(&self.json(&["status"]), verb, status)
    }

    /// Changes the store behind the program's back, as time would; `$1` is a number of
    /// days in milliseconds.
    fn change(&self, days: i64, statements: &[&'static str]) {
        sqlx::any::install_default_drivers();
        let url = store_url(self.dir.path());
        let work = async move {
            let mut conn = sqlx::AnyConnection::connect(&url).await?;
            let mut changed = 0;
            for statement in statements {
                let done = sqlx::query(*statement).bind(days * 86_400_000);
                changed = done.execute(&mut conn).await?.rows_affected();
            }
            conn.close().await?;
            Ok(changed)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done: sqlx::Result<u64> = runtime.expect("a runtime").block_on(work);
        assert_ne!(done.expect("the store is changed"), 0);
    }

    /// Has a copy of the store of another site, which nobody works.
    pub(crate) fn take_store_of(&self, other: &Self) {
        let (from, to) = (other.dir.path(), self.dir.path());
        let file = "case_store.db";
        let Some((from_server, to_server)) = database_of(from).zip(database_of(to))
        else {
            std::fs::copy(from.join(file), to.join(file)).expect("the store is copied");
            return;
        };
        // One after the other: whoever copies it has it for himself.
        let _turn = COPIED.lock().unwrap_or_else(PoisonError::into_inner);
        self.ok(&["store", "copy", &from_server, &to_server]);
        other.ok(&["store", "reopen", "--reason", "it is copied once more"]);
        let note = "case_store.db.id";
        std::fs::copy(from.join(note), to.join(note)).expect("its id is noted");
    }

    /// Loses the store that lies on a server; one in a file is lost with the file.
    pub(crate) fn lose_store(&self) {
        if !is_on_server() {
            return;
        }
        sqlx::any::install_default_drivers();
        let drop = format!("drop schema {} cascade", schema_of(self.dir.path()));
        let url = store_url(self.dir.path());
        let work = async move {
            let mut conn = sqlx::AnyConnection::connect(&url).await?;
            sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&mut conn).await?;
            conn.close().await
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done: sqlx::Result<()> = runtime.expect("a runtime").block_on(work);
        done.expect("the store is lost");
    }

    /// Moves the day on which the bank's last file was taken back.
    pub(crate) fn age_book(&self, days: i64) {
        self.change(
            days,
            &["update meta set value = cast(cast(value as bigint) - $1 as text) \
               where key like 'bank_file_%'"],
        );
    }

    /// Keeps everybody else from writing to the store for a while, as a backup or
    /// a slow disk does.
    pub(crate) fn keep_store_for(&self, time: Duration) {
        sqlx::any::install_default_drivers();
        let url = store_url(self.dir.path());
        let begin = if is_on_server() {
            "begin; select pg_advisory_xact_lock(\
             hashtextextended('qingshou ' || current_schema(), 0))"
        } else {
            "pragma busy_timeout = 30000; begin immediate"
        };
        let work = async move {
            let mut conn = sqlx::AnyConnection::connect(&url).await?;
            sqlx::raw_sql(begin).execute(&mut conn).await?;
            tokio::time::sleep(time).await;
            sqlx::raw_sql("rollback").execute(&mut conn).await?;
            conn.close().await
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work).expect("the store is kept");
    }

    /// Lets the journal have been written by a clock that was ahead.
    pub(crate) fn let_the_journal_be_ahead(&self, days: i64) {
        self.change(days, &["update journal set at = at + $1"]);
    }

    /// Lets days go by for everything that is on its way out, while no daemon
    /// works the site: it was given, and the stops were placed, so much earlier.
    pub(crate) fn let_days_pass_on_the_way(&self, days: i64) {
        self.change(
            days,
            &[
                "update sending_stops set placed_at = placed_at - $1",
                "update outbox set created_at = created_at - $1, \
                 not_before_at = not_before_at - $1, not_after_at = not_after_at - $1 \
                 where status in ('pending', 'held', 'leased')",
            ],
        );
    }

    /// The number of the live release.
    pub(crate) fn release(&self) -> i64 {
        let rows = self.rows(&["releases"]);
        let active = rows.iter().find(|row| row["active"] == true);
        active.map_or(0, |it| it["release"].as_i64().expect("a release has a number"))
    }

    /// Proves the store.
    pub(crate) fn verify(&self) {
        let told = self.run(&["verify", "-o", "json"]);
        assert_eq!(told.exit, 0, "the store is sound: {}{}", told.out, told.err);
    }

    /// Starts the daemon and returns at once.
    pub(crate) fn start(&self) -> Daemon {
        self.start_under(&[])
    }

    /// Starts the daemon with these variables around it, as a service manager
    /// sets them.
    pub(crate) fn start_under(&self, around: &[(&str, &str)]) -> Daemon {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("daemon.log"))
            .expect("the log can be written");
        let child = program(self.dir.path(), &["run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .envs(around.iter().copied())
            .spawn()
            .expect("the daemon starts");
        Daemon { child: Some(child) }
    }

    /// Starts the daemon and returns when it answers.
    pub(crate) fn start_and_wait(&self) -> Daemon {
        let before = self.times_at_work();
        let daemon = self.start();
        self.until("the daemon answers", || {
            let socket =
                std::os::unix::net::UnixStream::connect(self.path("qingshou.sock"));
            socket.is_ok().then_some(())
        });
        // It answers before it works, for as long as it makes its tables and looks at the
        // folder; one that is told to log less says nothing of that.
        let patience = Instant::now() + Duration::from_secs(5);
        while Instant::now() < patience && self.times_at_work() == before {
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }

    /// How often a daemon has said that it works.
    fn times_at_work(&self) -> usize {
        let log = std::fs::read_to_string(self.path("daemon.log")).unwrap_or_default();
        log.matches("the daemon works ").count()
    }

    /// Waits until something holds, for at most two minutes: a machine that is
    /// busy with other tests must not fail this one.
    pub(crate) fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            if Duration::from_mins(2) < began.elapsed() {
                let log = std::fs::read_to_string(self.path("daemon.log"));
                panic!("it did not come about that {what}; {}", log.unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until a value is the one expected.
    pub(crate) fn until_equal<T: Debug + PartialEq>(
        &self,
        what: &str,
        expected: &T,
        mut look: impl FnMut() -> T,
    ) {
        self.until(what, || (look() == *expected).then_some(()));
    }
}

/// Runs a command of the program on a folder.
pub(crate) fn run_on(site: &Path, args: &[&str]) -> CommandOutput {
    let done = program(site, args).output().expect("the program runs");
    CommandOutput {
        exit: done.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

/// The orders of a verb in one status, out of an answer of `status`.
pub(crate) fn count_in(status: &Value, verb: &str, word: &str) -> u64 {
    let orders = status["orders"].as_array().expect("status counts orders");
    let of_verb = |it: &&Value| it["verb"] == verb && it["status"] == word;
    orders.iter().filter(of_verb).filter_map(|order| order["count"].as_u64()).sum()
}

fn program(site: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    for (name, _) in
        std::env::vars().filter(|variable| variable.0.starts_with("QINGSHOU_"))
    {
        command.env_remove(name);
    }
    if let Some(database) = database_of(site) {
        command.env("QINGSHOU_DATABASE", database);
    }
    command.env("QINGSHOU_SITE", site).env("QINGSHOU_LANG", "en").args(args);
    command
}

/// Whether the stores of these tests lie on a server. What is about the file of a store
/// ends at once there: `tests/run` runs everything on both.
pub(crate) fn is_on_server() -> bool {
    std::env::var("QINGSHOU_TEST_DATABASE").is_ok_and(|variable| variable == "postgres")
}

/// The setting by which a site's store lies in a schema of its own, where the stores of
/// these tests lie on a server.
pub(crate) fn database_of(site: &Path) -> Option<String> {
    let server = std::env::var("QINGSHOU_TEST_SERVER").ok().filter(|_| is_on_server())?;
    Some(format!("{server}?schema={}", schema_of(site)))
}

fn schema_of(site: &Path) -> String {
    let site = std::fs::canonicalize(site).unwrap_or_else(|_| site.to_owned());
    let letters =
        site.to_string_lossy().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, it| {
            (hash ^ u64::from(it)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("s_{letters:016x}")
}

/// The store of a site, as the driver takes it.
fn store_url(site: &Path) -> String {
    match std::env::var("QINGSHOU_TEST_SERVER").ok().filter(|_| is_on_server()) {
        Some(server) => format!("{server}?options[search_path]={}", schema_of(site)),
        None => format!("sqlite:{}", site.join("case_store.db").display()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the daemon runs on the same clock")]
fn unix_seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// How far a place is ahead where it is some minutes past this hour now. The
/// machine's clock stays as it is; only the place moves.
fn hours_ahead_where_it_is(hour: i64) -> i64 {
    let utc_hour = unix_seconds().rem_euclid(86_400) / 3_600;
    (hour - utc_hour + 11).rem_euclid(24) - 11
}

fn zone(ahead: i64) -> String {
    // In these names the sign says how far Greenwich is ahead.
    match ahead {
        0 => "Etc/GMT".to_owned(),
        1.. => format!("Etc/GMT-{ahead}"),
        _ => format!("Etc/GMT+{}", -ahead),
    }
}

/// A daemon at work; one that is forgotten is killed.
pub(crate) struct Daemon {
    child: Option<Child>,
}

impl Daemon {
    /// Kills it as a power cut would, in the midst of whatever it does.
    pub(crate) fn kill_nine(mut self) {
        self.end(Signal::SIGKILL);
    }

    /// Asks it to stop; it must finish the batch in hand and say goodbye.
    pub(crate) fn stop(mut self) {
        let status = self.end(Signal::SIGTERM).expect("it was still running");
        assert!(status.success(), "a daemon told to stop ends well: {status}");
    }

    /// Waits for the end that it comes to by itself.
    pub(crate) fn ended(mut self) -> std::process::ExitStatus {
        let mut child = self.child.take().expect("it was still running");
        child.wait().expect("the daemon ends")
    }

    fn pid(&self) -> Pid {
        let child = self.child.as_ref().expect("it was not ended");
        Pid::from_raw(i32::try_from(child.id()).expect("a process has a small number"))
    }

    /// Asks it to stop, and lets it take no longer than this, in whatever state it is.
    pub(crate) fn end_within(self, time: Duration, why: &str) {
        self.stops_within(time, why);
    }

    /// The same, and how it has ended.
    pub(crate) fn stops_within(
        mut self,
        time: Duration,
        why: &str,
    ) -> std::process::ExitStatus {
        kill(self.pid(), Signal::SIGTERM).expect("the daemon can be told");
        let began = Instant::now();
        loop {
            if let Some(ended) = self.has_ended() {
                return ended;
            }
            assert!(began.elapsed() < time, "it does not stop; {why}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Holds it still for a while, as a machine that swaps does.
    pub(crate) fn hold_still(&self, time: Duration) {
        kill(self.pid(), Signal::SIGSTOP).expect("it can be stopped");
        std::thread::sleep(time);
        kill(self.pid(), Signal::SIGCONT).expect("it goes on");
    }

    /// How it ended by itself, when it has.
    pub(crate) fn has_ended(&mut self) -> Option<std::process::ExitStatus> {
        let child = self.child.as_mut().expect("it was not ended");
        let status = child.try_wait().expect("it can be asked for")?;
        self.child = None;
        Some(status)
    }

    /// The most memory that it has held, in MB; `None` when it has ended.
    pub(crate) fn peak_mb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
    }

    /// Sends it a signal that does not end it.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the daemon can be told");
    }

    fn end(&mut self, signal: Signal) -> Option<std::process::ExitStatus> {
        let mut child = self.child.take()?;
        let pid = i32::try_from(child.id()).expect("a process has a small number");
        kill(Pid::from_raw(pid), signal).expect("the daemon can be told");
        Some(child.wait().expect("the daemon ends"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.end(Signal::SIGKILL);
    }
}
