//! What every command needs to know (命令环境): the site, the language, the form.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use nix::unistd::Uid;
use script::finding::Lang;
use serde_json::Value;
use store::{Durability, Options, Store, StoreError};

use crate::cli::args::{Args, Output};
use crate::cli::{Exit, output};
use crate::office::{Reply, Request};
use crate::site::{CONFIG_FILE, Site};
use crate::socket;
use crate::workshop::Workshop;

/// The settings of one run of the program.
pub(crate) struct Context {
    dir: Option<PathBuf>,
    /// What staff read.
    pub lang: Lang,
    /// How tables are printed.
    pub output: Output,
}

/// Rows of a list on a screen.
const ON_A_SCREEN: i64 = 50;

impl Context {
    pub(crate) fn new(args: &Args) -> Self {
        let wanted = args.lang.clone().or_else(|| std::env::var("LANG").ok());
        let english = wanted.is_some_and(|it| it.to_lowercase().starts_with("en"));
        let lang = if english { Lang::En } else { Lang::Zh };
        Self { dir: args.site.clone(), lang, output: args.output }
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

    /// Whether staff read English.
    pub(crate) fn english(&self) -> bool {
        self.lang == Lang::En
    }

    /// One of two texts.
    pub(crate) fn text<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.english() { en } else { zh }
    }

    /// The site that was named, if one was.
    pub(crate) fn named_dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The site: the one named, or the folder one stands in. A folder that is
    /// not there is a name mistyped.
    pub(crate) fn site(&self) -> Result<Site> {
        if let Some(dir) = self.dir.as_deref().filter(|it| !it.exists()) {
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
        let options = Options {
            path: site.database(),
            durability: Durability::Full,
            create: false,
            store_id: None,
        };
        Ok((site, Store::open(options).await?))
    }

    /// Sends a request to the daemon, or carries it out here when none runs.
    pub(crate) async fn ask(&self, request: &Request) -> Result<Reply> {
        let site = self.site()?;
        for _ in 0..20 {
            if let Some(reply) = socket::ask(&site.socket(), self.lang, request)? {
                return Ok(reply);
            }
            match Workshop::open(site.clone()).await {
                Ok(shop) => {
                    let login = socket::login_of(Uid::current());
                    return Ok(shop.handle_in(self.lang, &login, request).await);
                }
                // A daemon that is just starting has the lock and no socket.
                Err(error) if is_locked(&error) => {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error),
            }
        }
        bail!("站点正被另一个进程使用,等待超时\n  提示:用 `qingshou status` 查看");
    }

    /// Sends a request and prints the answer.
    pub(crate) async fn order(&self, request: &Request) -> Result<Exit> {
        let reply = self.ask(request).await?;
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
                let mut data = reply.data.clone();
                if let Value::Object(map) = &mut data {
                    map.entry("format_version").or_insert(output::FORMAT_VERSION.into());
                }
                if reply.exit == 0 || !data.is_null() {
                    output::say(&data.to_string())?;
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
