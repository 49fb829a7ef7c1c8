//! The socket (命令通道): how the command line reaches the daemon that holds a site.
//!
//! One request a connection, one JSON line each way. Who asks is told by the
//! operating system, not by the request.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use nix::unistd::{Uid, User};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tracing::{info, warn};

use crate::office::{Reply, Request};
use crate::workshop::Workshop;

/// The longest request.
const LONGEST: u64 = 1 << 20;

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

    /// Answers requests, each in a task of its own.
    pub async fn serve(&self, shop: Arc<Workshop>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let shop = Arc::clone(&shop);
                    tokio::spawn(async move {
                        if let Err(error) = answer(stream, &shop).await {
                            info!(%error, "a request on the socket was not answered");
                        }
                    });
                }
                Err(error) => {
                    warn!(%error, "the socket could not accept a request");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
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
    limited.read_line(&mut line).await?;
    let reply = match serde_json::from_str::<Request>(&line) {
        Ok(request) => shop.handle(&login, &request).await,
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
pub fn ask(path: &Path, request: &Request) -> Result<Option<Reply>> {
    let Ok(mut stream) = StdStream::connect(path) else { return Ok(None) };
    let mut text = serde_json::to_string(request)?;
    text.push('\n');
    stream.write_all(text.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream.take(u64::MAX)).read_line(&mut line)?;
    let reply = serde_json::from_str(&line)
        .context("守护进程没有答完就断开了:用 `qingshou status` 看它是否还在运行")?;
    Ok(Some(reply))
}
