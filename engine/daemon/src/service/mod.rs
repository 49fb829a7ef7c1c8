//! The service (系统服务): how the machine starts the daemon, sees that it works,
//! and stops it.

pub(crate) mod pulse;
pub(crate) mod manager;
pub(crate) mod unit;
pub(crate) mod figures;
pub(crate) mod http;

use std::sync::Arc;

use tokio::sync::watch as flag;

use crate::workshop::Workshop;

/// Lets machines ask how the daemon does, where the settings say so.
pub(crate) fn tell_machines(shop: &Arc<Workshop>, stopped: &flag::Receiver<bool>) {
    // The settings were looked through before.
    let Ok(Some(address)) = shop.site.config.metrics_at("qingshou.toml") else { return };
    tokio::spawn(http::serve(Arc::clone(shop), address, stopped.clone()));
    tokio::spawn(figures::gather(Arc::clone(shop), stopped.clone()));
}
