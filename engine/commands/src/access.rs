//! Who may connect to a daemon (连接权限), which the settings say.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use site::Site;

/// Who may connect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Every user of the machine; the commands look at who it is.
    Staff,
    /// The daemon's own user, because the settings name no people.
    Owner,
}

impl Access {
    /// Who may connect to the daemon of a site.
    pub fn of(site: &Site) -> Self {
        if site.config.people.is_empty() { Self::Owner } else { Self::Staff }
    }
}

/// Lets others connect than before.
///
/// # Errors
///
/// The socket's file cannot be changed.
pub fn allow(path: &Path, access: Access) -> Result<()> {
    let mode = match access {
        Access::Staff => 0o666,
        Access::Owner => 0o600,
    };
    let mode = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, mode)
        .context("命令通道的权限设不了 · who may use the command channel cannot be set")
}
