//! What `status` and `doctor` look at besides (体检): the channel of the commands, the
//! store's log and the log of what leaves.

use std::os::unix::fs::MetadataExt as _;

use anyhow::{Error, Result};
use nix::unistd::Uid;
use runtime::departures;
use serde_json::json;
use site::{Site, in_force};
use store::{SiteLock, Store, moved};

use crate::cli::args::Output;
use crate::cli::context::Context;
use crate::cli::{Exit, gateway, output};
use crate::run::is_away;
use crate::socket;

/// That the daemon which has the site takes no callers.
pub(super) async fn unheard(context: &Context, site: &Site) -> Option<String> {
    let pid = SiteLock::holder(&site.database()).ok()??;
    let socket = site.socket();
    // Without one it is just starting, or a command is at work.
    if !socket.exists() || socket::takes_callers(&socket).await {
        return None;
    }
    Some(if context.english() {
        format!(
            "the daemon, process {pid}, does not answer: it was stopped or hangs\n  hint: `kill -CONT {pid}` lets it go on, or start it again"
        )
    } else {
        format!(
            "守护进程(进程 {pid})不应答:被挂起或卡住\n  提示:`kill -CONT {pid}` 让它继续,或重新启动它"
        )
    })
}

/// That the settings are another user's, and with which login they can be looked at.
pub(super) fn of_another(context: &Context, site: &Site) -> Option<String> {
    let owner = std::fs::metadata(&site.dir).ok()?.uid();
    let owner = site::login::login_of(Uid::from_raw(owner));
    Some(if context.english() {
        format!(
            "this login may not read the settings, and nothing was looked at\n  hint: run \
             `qingshou doctor` as {owner}; lists and cases you see through the daemon"
        )
    } else {
        format!(
            "本登录用户读不了站点设置,没有体检\n  提示:请用 {owner} 登录运行 \
             `qingshou doctor`;清单和案件经守护进程照常查看"
        )
    })
}

/// What is wrong with the settings while lists still show what the store holds: they are
/// gone, or nothing can be worked by them.
pub(super) fn settings_fault(context: &Context, site: &Site) -> Option<String> {
    if site.settings_are_unread() {
        return None;
    }
    let whole = site.has_its_settings().and_then(|()| commands::app::settings_hold(site));
    let fault = whole.err().map(|error| context.told(&error));
    fault.or_else(|| fault_of_a_table(context, site))
}

/// What is wrong with a table that a plugin reads beside the scripts, such as that of
/// courts: nothing stands still for it, and so nobody would notice.
fn fault_of_a_table(context: &Context, site: &Site) -> Option<String> {
    let plugins = plugins_on::all(&site.config.plugins, &site.dir).ok()?;
    let concerns = gateway::concerns(site, &plugins);
    let concern = concerns.into_iter().find(|it| it.grave && it.channel.is_none())?;
    Some(concern.say.of(context.lang).clone())
}

/// What `status` says where the store cannot be read: that a daemon runs, and waits for
/// its server.
///
/// # Errors
///
/// The fault itself, where it is another one or no daemon runs.
pub(super) fn unseen(context: &Context, error: Error) -> Result<Exit> {
    let Some((site, pid)) = waiting(context, &error) else { return Err(error) };
    let told = context.told(&error);
    if context.output == Output::Json {
        output::json(&json!({
            "format_version": output::FORMAT_VERSION, "site": site.dir, "daemon_pid": pid,
            "store_fault": told,
        }))?;
    } else {
        output::say(&told)?;
        let running = context.text(
            "守护进程:运行中,等数据库服务器恢复,进程",
            "daemon: running, waiting for its database server, pid",
        );
        output::say(&format!("{running} {pid}"))?;
    }
    Ok(Exit::Ok)
}

/// The daemon that has the site and waits for the server of its store.
fn waiting(context: &Context, error: &Error) -> Option<(Site, String)> {
    if !is_away(error) {
        return None;
    }
    let site = context.site().ok()?;
    in_force::of_daemon(&site.dir)?;
    let pid = SiteLock::holder(&site.database()).ok()??;
    Some((site, pid))
}

/// The length of the store's write-ahead log in megabytes.
pub(super) fn log_mb(site: &Site) -> u64 {
    let mut log = site.database().into_os_string();
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |it| it.len() >> 20)
}

/// A daemon folds the log back every few seconds unless somebody reads on and on.
const LONG_LOG_MB: u64 = 256;

pub(super) fn long_log(context: &Context, site: &Site) -> Option<String> {
    let length = log_mb(site);
    (LONG_LOG_MB <= length).then(|| {
        if context.english() {
            format!(
                "LONG LOG: the store's write-ahead log has {length} MB; an import is at work, \
                 or somebody reads the store without an end and keeps it from being folded \
                 back\n  next: wait for the import; end other programs that have the store \
                 open (`fuser -v case_store.db`)"
            )
        } else {
            format!(
                "预写日志过长:{length} MB;正在导入,或有程序一直在读案件库,日志收不回去\n  \
                 下一步:等导入结束;关掉其他打开案件库的程序(`fuser -v case_store.db`)"
            )
        }
    })
}

/// That the store was moved to another place, and where it goes on.
pub(super) async fn moved(
    context: &Context,
    site: &Site,
    store: &Store,
) -> Option<String> {
    let found = async { anyhow::Ok(moved::refuse(store, &site.place()?).await?) };
    found.await.err().map(|error| context.told(&error))
}

/// That what leaves cannot be noted, so that nothing does.
pub(super) async fn unwritten(context: &Context, store: &Store) -> Option<String> {
    let fault = async {
        let mut conn = store.read().await?;
        let told = departures::fault(conn.conn()).await?;
        anyhow::Ok(told.map(|told| context.half(&told)))
    };
    fault.await.unwrap_or_else(|error| Some(context.told(&error)))
}
