//! The socket (命令通道): how the command line reaches the daemon that holds a site.
//!
//! One request a connection, one JSON line each way. Who asks is told by the
//! operating system, not by the request.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::unistd::{Uid, User};
use script::finding::Lang;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::office::{Reply, Request};
use crate::workshop::Workshop;

/// The longest request.
const LONGEST: u64 = 1 << 20;

/// A request is one line and comes at once; whoever keeps silent is let go.
const LONGEST_QUESTION: Duration = Duration::from_secs(10);

/// How long a daemon that was told to stop waits for what is being answered.
const LONGEST_ANSWER: Duration = Duration::from_mins(1);

/// Who may connect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Every user of the machine; the office looks at who it is.
    Staff,
    /// The daemon's own user, because the settings name no people.
    Owner,
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
        if path.exists() {
            std::fs::remove_file(path).context("旧的命令通道删不掉")?;
        }
        let listener = UnixListener::bind(path).with_context(|| {
            format!("开不了命令通道 {}\n  提示:路径不能超过 100 字节", path.display())
        })?;
        let mode = match access {
            Access::Staff => 0o666,
            Access::Owner => 0o600,
        };
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).context("命令通道的权限设不了")?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Answers requests, each in a task of its own. Whoever stops listening
    /// lets those finish that are still at work.
    pub async fn serve(&self, shop: Arc<Workshop>, answering: &mut JoinSet<()>) {
        loop {
            while answering.try_join_next().is_some() {}
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let shop = Arc::clone(&shop);
                    answering.spawn(async move {
                        if let Err(error) = answer(stream, &shop).await {
                            info!(%error, "a request on the socket was not answered");
                        }
                    });
                }
                Err(error) => {
                    warn!(%error, "the socket could not accept a request");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
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

async fn answer(stream: UnixStream, shop: &Workshop) -> Result<()> {
    let uid = stream.peer_cred().context("看不到是谁在请求")?.uid();
    let login = login_of(Uid::from_raw(uid));
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut limited = tokio::io::BufReader::new(read.take(LONGEST));
    let asked = limited.read_line(&mut line);
    tokio::time::timeout(LONGEST_QUESTION, asked).await.context("等不到请求")??;
    let reply = match serde_json::from_str::<Question>(&line) {
        Ok(Question { lang, request }) => shop.handle_in(lang, &login, &request).await,
        Err(error) => Reply {
            exit: 1,
            text: format!("请求读不懂:{error}\n  提示:命令与守护进程的版本可能不同"),
            data: serde_json::Value::Null,
        },
    };
    let mut text = serde_json::to_string(&reply)?;
    text.push('\n');
    write.write_all(text.as_bytes()).await?;
    Ok(())
}

/// A request with the language of whoever asks.
#[derive(Deserialize, Serialize)]
struct Question<R = Request> {
    #[serde(default)]
    lang: Lang,
    #[serde(flatten)]
    request: R,
}

/// The name of an operating-system user; its number when it has none.
pub fn login_of(uid: Uid) -> String {
    let found = User::from_uid(uid).ok().flatten();
    found.map_or_else(|| uid.to_string(), |it| it.name)
}

/// Asks the daemon of a site; `None` when no daemon listens.
///
/// # Errors
///
/// The connection breaks before the answer.
pub fn ask(path: &Path, lang: Lang, request: &Request) -> Result<Option<Reply>> {
    let Ok(mut stream) = StdStream::connect(path) else { return Ok(None) };
    let mut text = serde_json::to_string(&Question { lang, request })?;
    text.push('\n');
    stream.write_all(text.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream.take(u64::MAX)).read_line(&mut line)?;
    let reply = serde_json::from_str(&line)
        .context("守护进程没有答完就断开了:用 `qingshou status` 看它是否还在运行")?;
    Ok(Some(reply))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::Reading;
    use crate::site::Site;

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_asked_before_the_daemon_stopped_gets_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::open(folder.path()).unwrap();
        let shop = Arc::new(Workshop::open(site).await.unwrap());
        let list = folder.path().join("cases.csv");
        std::fs::write(&list, "case_id,principal\nA,5\n").unwrap();
        let socket = Socket::open(&shop.site.socket(), Access::Owner).unwrap();
        let request = Request::Import {
            cases: true,
            files: vec![list],
            reading: Reading::default(),
            list: crate::import::ListReading::default(),
            reason: None,
        };
        let mut answering = JoinSet::new();
        // The import cannot go on before the daemon was told to stop.
        let busy = shop.engine.store.write().await.unwrap();
        let path = shop.site.socket();
        let asked = tokio::task::spawn_blocking(move || ask(&path, Lang::Zh, &request));
        let serving = socket.serve(Arc::clone(&shop), &mut answering);
        let stopped = tokio::time::timeout(Duration::from_millis(500), serving).await;
        assert!(stopped.is_err() && answering.len() == 1);
        drop(socket);
        busy.rollback().await.unwrap();
        finish(answering).await;
        shop.engine.store.close().await.unwrap();
        let reply = asked.await.unwrap().unwrap().expect("there is an answer");
        assert_eq!(reply.exit, 0, "{}", reply.text);
    }
}
