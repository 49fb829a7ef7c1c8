//! The service (系统服务): how the machine starts the daemon, sees that it works,
//! and stops it.

pub(crate) mod pulse;
pub(crate) mod watched;
pub(crate) mod manager;
pub(crate) mod unit;
pub(crate) mod disk;
pub(crate) mod figures;
mod book_counts;
pub(crate) mod http;
pub(crate) mod held;
pub(crate) mod reload;
pub(crate) mod waiting;

use std::pin::pin;
use std::sync::Arc;

use anyhow::{Context, Result};
use commands::app::App;
use site::{Site, logs};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch as flag;

use crate::service::manager::Manager;
use crate::service::watched::Watched;

/// Hears from now on that the settings are to be read again, so that nobody ends
/// a daemon that is still starting by saying so.
///
/// # Errors
///
/// The operating system refuses.
pub(crate) fn hear_reloads(site: &Site) -> Result<Signal> {
    logs::follow(&site.config.log);
    signal(SignalKind::hangup()).context("收不到 SIGHUP")
}

/// Reads the settings again whenever that is asked for.
pub(crate) async fn reload_when_asked(
    app: Arc<App>,
    mut asked: Signal,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    loop {
        tokio::select! {
            _ = asked.recv() => {}
            _ = stopped.changed() => return Ok(()),
        }
        reload(&app, WORKING).await;
    }
}

/// What the daemon does as a rule.
pub(crate) const WORKING: &str = "working 运行中";

/// Reads the settings again for a daemon that is held, whenever that is asked for:
/// whoever is to answer for its store may be missing in them. Until `is_over`; what was
/// begun then is brought to its end, since the next app works by it.
pub(crate) async fn reload_while_held(
    app: &App,
    asked: &mut Signal,
    does: &str,
    is_over: impl Future<Output = ()>,
) {
    let mut is_over = pin!(is_over);
    loop {
        tokio::select! {
            Some(()) = asked.recv() => reload(app, does).await,
            () = &mut is_over => return,
        }
    }
}

async fn reload(app: &App, does: &str) {
    Manager::reloading();
    let status = reload::reload(app, does).await;
    Manager::ready(&status);
}

/// Counts a large book beside the work, for whoever asks how it stands.
pub(crate) fn count_book(app: &Arc<App>, stopped: &flag::Receiver<bool>) {
    tokio::spawn(book_counts::count(Arc::clone(app), stopped.clone()));
}

/// Lets machines ask how the daemon does, where the settings say so.
pub(crate) fn tell_machines(app: &Arc<Watched>, stopped: &flag::Receiver<bool>) {
    // The settings were looked through before.
    let Ok(Some(address)) = app.site().config.metrics_at("qingshou.toml") else {
        return;
    };
    tokio::spawn(http::serve(Arc::clone(app), address, stopped.clone()));
    tokio::spawn(figures::gather(Arc::clone(app), stopped.clone()));
}
