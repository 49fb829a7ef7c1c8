//! What only the institution may know (凭据): read from a file or the environment
//! whenever it is used, so that a new one counts at once.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use store::plugin::DeliveryError;
use store::plugin_settings::Settings;

use crate::answer::Unusable;

/// No honest token is longer, in bytes.
const LONGEST: u64 = 16 * 1024;

/// Where a secret stands. It has no `Debug` form and is never kept.
pub(crate) enum Secret {
    /// A file, best readable for the daemon's user alone.
    File { name: &'static str, path: PathBuf },
    /// A variable of the daemon's environment.
    Variable { name: &'static str, variable: String },
}

impl Secret {
    /// The secret whose settings are `file` and `variable` below a channel; a
    /// relative file is looked for in the site.
    pub(crate) fn of(
        settings: &Settings,
        channel: &str,
        (file, variable): (&'static str, &'static str),
        site: &Path,
    ) -> Result<Option<Self>, Unusable> {
        let text =
            |name: &str| settings.text(&format!("{channel}.{name}")).trim().to_owned();
        match (text(file), text(variable)) {
            (path, name) if path.is_empty() && name.is_empty() => Ok(None),
            (path, name) if name.is_empty() => {
                Ok(Some(Self::File { name: file, path: site.join(path) }))
            }
            (path, name) if path.is_empty() => {
                Ok(Some(Self::Variable { name: variable, variable: name }))
            }
            _ => {
                Err((file, format!("与 {variable} 只能写一个 · write only one of both")))
            }
        }
    }

    /// The secret as it stands now.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Channel`] names the setting, never what it leads to.
    pub(crate) fn read(&self) -> Result<String, DeliveryError> {
        let found = match self {
            Self::File { path, .. } => match fs::metadata(path) {
                Ok(it) if it.len() <= LONGEST => fs::read_to_string(path).ok(),
                _ => None,
            },
            Self::Variable { variable, .. } => env::var(variable).ok(),
        };
        let found = found.map(|it| it.trim().to_owned());
        found.filter(|it| !it.is_empty()).ok_or_else(|| {
            let name = self.name();
            DeliveryError::Channel(format!(
                "凭据读不到,请检查 {name} · no secret where {name} points to"
            ))
        })
    }

    /// Whether others on this machine can read it.
    pub(crate) fn is_open_to_others(&self) -> bool {
        match self {
            Self::File { path, .. } => {
                fs::metadata(path).is_ok_and(|it| it.permissions().mode() & 0o007 != 0)
            }
            Self::Variable { .. } => false,
        }
    }

    /// The file in which it stands, where it stands in one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Variable { .. } => None,
        }
    }

    /// The setting that names it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::File { name, .. } | Self::Variable { name, .. } => name,
        }
    }
}
