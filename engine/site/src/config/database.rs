//! Where the settings say that the case store lies (案件库位置).

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use nix::unistd::Uid;
use store::{Place, Server, password, plain};

use super::{Config, origin};

/// The case store's file, where the settings name no other.
pub(super) const STORE_FILE: &str = "case_store.db";

impl Config {
    /// The store's file, in a site's folder; where the store lies on a server, the name
    /// beside which the site notes what it knows of it.
    pub(crate) fn database_in(&self, dir: &Path) -> PathBuf {
        let is_file = !Server::is_named_by(&self.database);
        dir.join(if is_file { &self.database } else { STORE_FILE })
    }

    /// Where the store lies, for the site in a folder.
    ///
    /// # Errors
    ///
    /// The address of a server cannot be used, or the file with the password not be read,
    /// or others than its owner can read it.
    pub fn place_in(&self, dir: &Path) -> Result<Place> {
        let path = self.database_in(dir);
        if !Server::is_named_by(&self.database) {
            return Ok(Place::file(path));
        }
        let server = Server::parse(&self.database)?;
        if self.database_password_file.is_empty() {
            return Ok(Place::on(server, path));
        }
        let file = dir.join(&self.database_password_file);
        let password = plain::read_text(&file).with_context(|| {
            let file = file.display();
            format!(
                "读不了数据库口令文件 {file} · the file {file} with the database's password \
                 cannot be read\n  \
                 提示:把口令写进这个文件(chmod 600,属守护进程的用户),或核对 \
                 `database_password_file` · hint: write the password into that file (chmod \
                 600, the daemon's user owns it), or check `database_password_file`"
            )
        })?;
        // A service manager lends what is root's to the service by its group.
        password::is_private(&file, !Uid::effective().is_root())?;
        let password = password.trim_end_matches(['\r', '\n']);
        Ok(Place::on(server.with_password(password), path))
    }

    pub(super) fn check_database(&self, file: &str) -> Result<()> {
        if Server::is_named_by(&self.database)
            && let Err(error) = Server::parse(&self.database)
        {
            bail!("{}:{error}", origin(file, &[], "database"));
        }
        Ok(())
    }
}
