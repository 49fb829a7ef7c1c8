//! What only the institution may know (凭据): read from a file or the environment
//! whenever it is used, so that a new one counts at once.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use store::plain;
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
        let name = self.name();
        let found = self.text().ok_or_else(|| {
            DeliveryError::Channel(format!(
                "凭据读不到,请检查 {name} · no secret where {name} points to"
            ))
        })?;
        if self.is_no_line(&found) {
            return Err(DeliveryError::Channel(format!(
                "凭据不是一行文字(有换行或控制字符),请检查 {name},只留凭据本身 · the secret \
                 where {name} points to is not one line of text, leave nothing but the secret"
            )));
        }
        Ok(found)
    }

    fn text(&self) -> Option<String> {
        let found = match self {
            Self::File { path, .. } => match fs::metadata(path) {
                Ok(it) if it.len() <= LONGEST => plain::read_text(path).ok(),
                _ => None,
            },
            Self::Variable { variable, .. } => env::var(variable).ok(),
        };
        // An editor may have put a mark of order in front.
        let found = found.map(|it| it.trim_start_matches('\u{feff}').trim().to_owned());
        found.filter(|it| !it.is_empty())
    }

    /// What is signed with may be anything; a token goes into one line of a request.
    fn is_no_line(&self, text: &str) -> bool {
        self.name().starts_with("token") && text.contains(char::is_control)
    }

    /// Whether something stands there that is no secret.
    pub(crate) fn is_spoiled(&self) -> bool {
        self.text().is_some_and(|text| self.is_no_line(&text))
    }

    /// Whether others on this machine can read it.
    pub(crate) fn is_open_to_others(&self) -> bool {
        match self {
            Self::File { path, .. } => fs::metadata(path)
                .is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0),
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
