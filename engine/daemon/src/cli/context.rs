//! What every command needs to know (命令环境): the site, the language, the form.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};
use commands::app::App;
use commands::{Command, Reply, language, pause};
use domain::say::Lang;
use nix::unistd::Uid;
use serde_json::Value;
use site::login::login_of;
use site::{CONFIG_FILE, Site, in_force, is_own};
use store::standing::has_its_own_log;
use store::{Durability, Options, SiteLock, Store, StoreError, plain};

use crate::cli::amounts::with_yuan;
use crate::cli::args::{Args, Output};
use crate::cli::{Exit, output};
use crate::socket;

/// What a daemon came to say to a request.
pub(crate) enum Asked {
    /// Its answer.
    Answered(Reply),
    /// None listens.
    NoDaemon,
    /// One has the site and hears nobody.
    Silent,
}

/// The settings of one run of the program.
pub(crate) struct Context {
    dir: Option<PathBuf>,
    /// What staff read.
    pub lang: Lang,
    /// How tables are printed.
    pub output: Output,
    fault_told: AtomicBool,
}

/// What stops sending waits no longer for a daemon that starts or is busy.
const STOPS_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);
/// Whoever waits longer is told for what.
const SAYS_SO_AFTER: std::time::Duration = std::time::Duration::from_secs(3);
/// A daemon may take so long to start on a big book.
const LONGEST_START: std::time::Duration = std::time::Duration::from_mins(2);

/// Rows of a list on a screen.
const ON_A_SCREEN: i64 = 50;

impl Context {
    pub(crate) fn new(args: &Args) -> Self {
        let wanted = args.lang.clone().or_else(|| std::env::var("LANG").ok());
        let lang = Lang::named(&wanted.unwrap_or_default());
        let fault_told = AtomicBool::new(false);
        Self { dir: args.site.clone(), lang, output: args.output, fault_told }
    }

    /// How many rows a list may have, 0 asked for is all: a screen can take so
    /// many, and a file that ends early would pass for the whole list. Ask the
    /// store for one more, so that a list that is cut can say so.
    pub(crate) fn limit(&self, asked: Option<i64>) -> i64 {
        let whole = if self.output == Output::Table { ON_A_SCREEN } else { 0 };
        match asked.unwrap_or(whole) {
            0 => i64::MAX - 1,
            limit => limit.clamp(1, i64::MAX - 1),
        }
    }

    /// An error in the language of whoever reads it.
    pub(crate) fn told(&self, error: &anyhow::Error) -> String {
        language::told(error, self.lang)
    }

    /// Whether staff read English.
    pub(crate) fn english(&self) -> bool {
        self.lang == Lang::En
    }

    /// One of two texts.
    pub(crate) fn text<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.english() { en } else { zh }
    }

    /// Of a text in both languages the half of whoever reads it.
    pub(crate) fn half(&self, text: &str) -> String {
        self.lang.half(text)
    }

    /// The site that was named, if one was.
    pub(crate) fn named_dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The site as whoever works it sees it: while a daemon does, by the settings that
    /// this one goes by where the file says others or is at fault. Its fault is told,
    /// and keeps nobody from stopping what is going wrong.
    pub(crate) fn site(&self) -> Result<Site> {
        let of_file = self.site_of_file();
        let dir = self.dir.as_deref().unwrap_or(Path::new("."));
        let Some(of_daemon) = in_force::of_daemon(dir) else { return of_file };
        match of_file {
            Ok(site) => {
                let config = in_force::beside_daemon(site.config, of_daemon);
                Ok(Site { config, ..site })
            }
            Err(fault) => {
                self.tell_fault_once(&fault);
                Ok(Site { dir: std::fs::canonicalize(dir)?, config: of_daemon })
            }
        }
    }

    fn tell_fault_once(&self, fault: &anyhow::Error) {
        if self.fault_told.swap(true, Ordering::Relaxed) {
            return;
        }
        output::complain(&self.told(fault));
        output::complain(self.text(
            "  守护进程仍按旧设置工作,本命令也按旧设置办理;请改好 qingshou.toml",
            "  the daemon goes on by the old settings, and this command by them as well; put qingshou.toml right",
        ));
    }

    /// The site as its file says: the one named, or the folder one stands in. A folder
    /// that is not there is a name mistyped.
    pub(crate) fn site_of_file(&self) -> Result<Site> {
        if let Some(dir) = self.dir.as_deref().filter(|dir| !dir.exists()) {
            let dir = dir.display();
            bail!(if self.english() {
                format!(
                    "there is no folder {dir}\n  hint: check --site, or run `qingshou init {dir}` first"
                )
            } else {
                format!(
                    "没有目录 {dir}\n  提示:请核对 --site,或先运行 `qingshou init {dir}`"
                )
            });
        }
        match &self.dir {
            Some(dir) => Site::open(dir),
            None if Path::new(CONFIG_FILE).exists() => Site::open(Path::new(".")),
            None => bail!(
                "{}",
                self.text(
                    "没有指定站点\n  提示:加 --site DIR,或设 QINGSHOU_SITE,或先运行 `qingshou init DIR`",
                    "no site named\n  hint: add --site DIR, set QINGSHOU_SITE, or run `qingshou init DIR` first"
                )
            ),
        }
    }

    /// The case store for reading; a daemon may be at work on it.
    pub(crate) async fn store(&self) -> Result<(Site, Store)> {
        let site = self.site()?;
        if in_force::of_daemon(&site.dir).is_none() {
            site.settings_are_its_own()?;
        }
        // Its settings are for another user, and may name a server.
        if self.is_for_another() && !site.database().exists() {
            return Err(StoreError::OutOfReach { path: site.dir }.into());
        }
        has_its_own_log(&site.database())?;
        let options = Options {
            place: site.place()?,
            durability: Durability::Full,
            create: false,
            store_id: None,
        };
        Ok((site, Store::open(options).await?))
    }

    /// Whether the site's settings or store are there and another user's.
    pub(crate) fn is_for_another(&self) -> bool {
        let Ok(site) = self.site() else { return false };
        let denied = |path: &Path| {
            plain::open(path)
                .is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
        };
        denied(&site.dir.join(CONFIG_FILE)) || denied(&site.database())
    }

    /// Asks the daemon; `None` when none answers.
    pub(crate) async fn ask_daemon(&self, command: &Command) -> Result<Option<Reply>> {
        self.ask_socket(&self.site()?, command).await
    }

    /// Asks the daemon for what only a daemon does, for as long as it lives.
    pub(crate) async fn ask_living(&self, command: &Command) -> Result<Asked> {
        let site = self.site()?;
        let asked = self.ask_socket(&site, command);
        tokio::pin!(asked);
        let mut is_told = false;
        loop {
            if let Ok(reply) = tokio::time::timeout(SAYS_SO_AFTER, &mut asked).await {
                return Ok(reply?.map_or(Asked::NoDaemon, Asked::Answered));
            }
            if !is_told {
                is_told = true;
                output::complain(self.text(
                    "守护进程还没有答复,等着……(Ctrl-C 不再等;已交给它的照办)",
                    "the daemon has not answered yet, waiting … (Ctrl-C ends the waiting; what it was given it carries out)",
                ));
            }
            if !socket::takes_callers(&site.socket()).await {
                return Ok(Asked::Silent);
            }
        }
    }

    /// Sends a command to the daemon, or carries it out here when none runs. A
    /// daemon that is just starting, or at something long, is waited for; what
    /// stops sending does not wait.
    pub(crate) async fn ask(&self, command: &Command) -> Result<Reply> {
        self.ask_at(&self.site()?, command).await
    }

    async fn ask_at(&self, site: &Site, command: &Command) -> Result<Reply> {
        let asked = self.ask_and_wait(site, command);
        tokio::pin!(asked);
        let patience = if matches!(command, Command::Pause(_)) {
            STOPS_WITHIN
        } else {
            SAYS_SO_AFTER
        };
        if let Ok(reply) = tokio::time::timeout(patience, &mut asked).await {
            return reply;
        }
        let holder = SiteLock::holder(&site.database())?;
        if holder.is_none_or(|holder| holder == std::process::id().to_string()) {
            // Nobody else has it: the work is done here and takes its time.
            return asked.await;
        }
        match command {
            Command::Pause(stop) => {
                let login = login_of(Uid::current());
                Ok(pause::pause_beside(site, self.lang, &login, stop).await)
            }
            // A long file takes its time, and shows how far it is.
            Command::Import(_) => asked.await,
            _ => {
                output::complain(self.text(
                    "守护进程正在启动或正忙,等它答复……(Ctrl-C 不再等;已交给它的请求照办)",
                    "the daemon is starting or busy, waiting for its answer … (Ctrl-C ends the waiting; what it was given it carries out)",
                ));
                asked.await
            }
        }
    }

    async fn ask_and_wait(&self, site: &Site, command: &Command) -> Result<Reply> {
        let began = std::time::Instant::now();
        let seen = std::fs::metadata(site.socket());
        if seen.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied) {
            return Err(StoreError::OutOfReach { path: site.dir.clone() }.into());
        }
        loop {
            match self.ask_socket(site, command).await? {
                Some(reply)
                    if socket::is_busy(&reply) && began.elapsed() < LONGEST_START =>
                {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
                Some(reply) => return Ok(reply),
                None => {}
            }
            self.may_open(site, command)?;
            match App::open(site.clone()).await {
                Ok(app) => {
                    let login = login_of(Uid::current());
                    let reply = app.handle_in(self.lang, &login, command).await;
                    // What was written stands in the store's one file then; a
                    // log that cannot be folded is read by the next who opens it.
                    app.engine.store.close().await.ok();
                    return Ok(self.without_daemon(site, command, reply));
                }
                // A daemon that is just starting has the lock and no socket.
                Err(error) if is_locked(&error) && began.elapsed() < LONGEST_START => {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                Err(error) if is_locked(&error) => bail!(
                    "{}",
                    self.text(
                        "站点正被另一个进程使用,等待超时,没有改动\n  提示:用 `qingshou status` 查看",
                        "another process works this site and does not answer; nothing was changed\n  hint: look with `qingshou status`",
                    )
                ),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a command may be carried out here: a list and `init` make a site of an
    /// empty folder and nothing else does, and nothing is written by the defaults where
    /// the settings of one are lost. A stop in the wrong folder would be believed while
    /// messages leave elsewhere.
    fn may_open(&self, site: &Site, command: &Command) -> Result<()> {
        let may = || {
            if matches!(command, Command::Import(_)) && site.is_made().is_err() {
                site.settings_are_its_own()?;
                return is_own(&site.dir);
            }
            site.is_made()?;
            site.settings_are_its_own()?;
            is_own(&site.dir)?;
            site.has_its_settings()
        };
        if matches!(command, Command::Pause(_)) {
            return may().context(self.text("没有停发任何东西", "nothing was stopped"));
        }
        may()
    }

    /// Says of a stop that no daemon runs: whoever has named the wrong site sees it.
    fn without_daemon(&self, site: &Site, command: &Command, reply: Reply) -> Reply {
        if reply.exit != 0 || !matches!(command, Command::Pause(_)) {
            return reply;
        }
        let dir = site.dir.display();
        let note = if self.english() {
            format!(
                "no daemon runs on {dir}: the stop stands in its store and holds from its next start"
            )
        } else {
            format!("{dir} 没有守护进程在运行:停发已写入库,守护进程启动后照办")
        };
        Reply { text: format!("{}\n  {note}", reply.text), ..reply }
    }

    /// Asks on a thread of its own, which nobody has to wait for at the end.
    async fn ask_socket(&self, site: &Site, command: &Command) -> Result<Option<Reply>> {
        let (tell, told) = tokio::sync::oneshot::channel();
        let (path, lang, command) = (site.socket(), self.lang, command.clone());
        std::thread::spawn(move || drop(tell.send(socket::ask(&path, lang, &command))));
        told.await?
    }

    /// Sends a command and prints the answer.
    pub(crate) async fn order(&self, command: impl Into<Command>) -> Result<Exit> {
        self.order_at(&self.site()?, &command.into()).await
    }

    /// Sends a command about a site and prints the answer.
    pub(crate) async fn order_at(&self, site: &Site, command: &Command) -> Result<Exit> {
        let reply = self.ask_at(site, command).await?;
        self.print(&reply)?;
        Ok(Exit::of_reply(reply.exit))
    }

    /// Prints a reply in the form asked for.
    pub(crate) fn print(&self, reply: &Reply) -> Result<()> {
        if reply.exit != 0 {
            output::complain(&reply.text);
        }
        match self.output {
            Output::Json => {
                let mut data = with_yuan(reply.data.clone());
                if let Value::Object(map) = &mut data {
                    map.entry("format_version").or_insert(output::FORMAT_VERSION.into());
                }
                if reply.exit == 0 || !data.is_null() {
                    output::json(&data)?;
                }
                Ok(())
            }
            _ if reply.exit == 0 => output::say(&reply.text),
            _ => Ok(()),
        }
    }

    /// A folder of workflows: the one named, the site's, or the one here.
    pub(crate) fn workflows(&self, named: Option<&PathBuf>) -> Result<PathBuf> {
        if let Some(dir) = named {
            return Ok(dir.clone());
        }
        if self.dir.is_some() || Path::new(CONFIG_FILE).exists() {
            return Ok(self.site()?.workflows());
        }
        Ok(PathBuf::from("workflows"))
    }
}

fn is_locked(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Locked { .. }))
}
