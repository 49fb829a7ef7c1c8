//! Looking through the daemon (代为查看): the store is for the daemon's own user alone,
//! and its lists are for all who work with them.
//!
//! The daemon runs the command that was asked for as a process of its own, and hands
//! back what it prints. Only commands that look are taken.

use std::io::Read;
use std::process::{self, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::language::say;
use crate::{Actor, Answer, Done, Execute, Rules, refuse};

/// So many look at once; the others wait for their turn.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// The longest answer, in bytes.
const LONGEST: usize = 32 << 20;
/// Nobody waits longer for a list.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whether the words of a command line only look, as the program reads them.
static IS_LOOK: OnceLock<fn(&[String]) -> bool> = OnceLock::new();

/// Remembers how this program tells commands that look from others; where it never
/// said so, nothing is looked at.
pub fn are_told_by(is_look: fn(&[String]) -> bool) {
    // Set before only in a process that runs the program twice.
    let _already = IS_LOOK.set(is_look);
}

/// A list or a case, for staff who cannot open the store themselves.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Look {
    /// The words of the command, without the site.
    pub words: Vec<String>,
}

/// What the command prints, and the code it ends with.
#[derive(Debug, Serialize)]
pub(crate) struct Printed {
    out: String,
    err: String,
    exit: i32,
}

impl Execute for Look {
    type Data = Printed;

    fn rules(&self) -> Rules<'_> {
        Rules::of_looking()
    }

    async fn execute(&self, app: &App, _actor: &Actor) -> Done<Self::Data> {
        let words = &self.words;
        if !IS_LOOK.get().is_some_and(|is_look| is_look(words)) {
            return refuse(say(
                "这条命令不能由守护进程代为查看",
                "the daemon does not look at this for others",
            ));
        }
        let _turn = AT_ONCE.acquire().await?;
        let program = std::env::current_exe().context("找不到本程序")?;
        let mut child = process::Command::new(program)
            .args(words)
            .current_dir(&app.site().dir)
            .env("QINGSHOU_SITE", &app.site().dir)
            .env("QINGSHOU_LANG", say("zh", "en"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let out = tokio::task::spawn_blocking(move || all_of(out));
        let err = tokio::task::spawn_blocking(move || all_of(err));
        let printed = async { tokio::try_join!(out, err) };
        let printed = tokio::time::timeout(PATIENCE, printed).await;
        let is_whole =
            matches!(&printed, Ok(Ok((Ok(out), Ok(_)))) if out.len() <= LONGEST);
        if !is_whole {
            // What it would still print is read by nobody.
            child.kill().context("查看的进程停不下来")?;
        }
        let ended = tokio::task::spawn_blocking(move || child.wait()).await??;
        let Ok(printed) = printed else {
            bail!(say(
                "一分钟内没有查完;请缩小范围再查",
                "this took more than a minute; ask for less",
            ));
        };
        let (out, err) = printed?;
        let (out, err) = (out?, err?);
        if LONGEST < out.len() {
            bail!(say(
                "内容太多;请用 --limit 或其他条件缩小范围",
                "this is too much to hand on; ask for less, with --limit or a condition",
            ));
        }
        let exit = ended.code().unwrap_or(1);
        Ok(Answer { text: String::new(), data: Printed { out, err, exit } })
    }
}

/// All that a process prints, up to what is too much to hand on.
fn all_of(pipe: Option<impl Read>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
