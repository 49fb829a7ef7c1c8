//! Waiting for the database server at the start (启动时等数据库服务器): a machine that comes
//! up before its server is no fault that somebody has to mend.

use std::time::Duration;

use anyhow::Result;
use store::{SiteLock, StoreError};
use tokio::sync::watch as flag;
use tracing::{info, warn};

use super::held;
use super::manager::Manager;
use crate::run::{is_away, tell_manager, until_stopped};
use commands::app::App;
use site::Site;
use site::in_force;

/// The first rest between two tries, doubled each time.
const FIRST_REST: Duration = Duration::from_secs(1);
/// And the longest one.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// What a daemon does until its server answers.
const AWAY: &str = "waiting for the database server · 等数据库服务器";

/// Opens the app of a site, and waits for the server of its store as long as it is away.
/// `None` when the daemon was told to stop meanwhile.
///
/// # Errors
///
/// As for [`App::open`], but for a server that cannot be reached.
pub(crate) async fn opened(
    site: &Site,
    stopped: &mut flag::Receiver<bool>,
) -> Result<Option<App>> {
    let (mut rest, mut waits) = (FIRST_REST, false);
    loop {
        let opened = tokio::select! {
            opened = Box::pin(App::open(site.clone())) => opened,
            () = until_stopped(stopped) => return Ok(told_to_stop()),
        };
        match opened {
            Err(error) if is_away(&error) => {
                if !waits {
                    warn!("{error:#}");
                }
                waits = true;
            }
            // A command that looks whether the server is back has the site for a moment.
            Err(error) if waits && is_locked(&error) => {}
            Ok(app) => {
                if waits {
                    info!("the database server answers; the work begins");
                }
                return Ok(Some(app));
            }
            Err(error) => return Err(error),
        }
        Manager::ready(AWAY);
        tokio::select! {
            () = rest_in_the_site(site, rest) => {}
            () = until_stopped(stopped) => return Ok(told_to_stop()),
        }
        rest = (rest * 2).min(LONGEST_REST);
    }
}

/// Rests while this process has the site, so that `status` names it and no second one
/// begins.
async fn rest_in_the_site(site: &Site, rest: Duration) {
    let lock = SiteLock::acquire(&site.database());
    if lock.is_ok() {
        in_force::leave(site);
    }
    tokio::select! {
        () = tokio::time::sleep(rest) => {}
        () = tell_manager() => {}
        () = held::serve(site, held::server_away) => {}
    }
}

fn told_to_stop() -> Option<App> {
    info!("stopped while the database server could not be reached");
    None
}

fn is_locked(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Locked { .. }))
}
