//! A site (站点): one institution's folder with its settings, case store and
//! workflows.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use nix::libc::O_NONBLOCK;
use store::Store;

use crate::config::Config;
use crate::{in_force, private};

/// The name of the settings file.
pub const CONFIG_FILE: &str = "qingshou.toml";

/// One institution's folder.
#[derive(Clone, Debug)]
pub struct Site {
    /// The folder, absolute.
    pub dir: PathBuf,
    /// Its settings.
    pub config: Config,
}

impl Site {
    /// Opens a site that has its settings file, or that is an empty folder: an
    /// empty folder runs on the settings' defaults.
    ///
    /// # Errors
    ///
    /// The folder holds something else, or its settings cannot be read.
    pub fn open(dir: &Path) -> Result<Self> {
        let file = dir.join(CONFIG_FILE);
        let config = if file.exists() {
            match settings(&file) {
                Ok(bytes) => {
                    let named = file.display().to_string();
                    Config::parse(&text_of(bytes, &named)?, &named)?
                }
                // The settings hold secrets; staff with logins of their own
                // reach the daemon without them.
                Err(error) if is_for_another(&error) => Config::parse("", "默认设置")?,
                Err(error) => {
                    return Err(error).with_context(|| {
                        let file = file.display();
                        format!("读不了 {file} · {file} cannot be read")
                    });
                }
            }
        } else {
            refuse_foreign(dir)?;
            Config::parse("", "默认设置")?
        };
        let named = dir.display();
        private::folder(dir).with_context(|| {
            format!("建不了站点目录 {named} · the folder {named} cannot be made")
        })?;
        let dir = std::fs::canonicalize(dir).with_context(|| {
            format!("打不开站点目录 {named} · the folder {named} cannot be opened")
        })?;
        Ok(Self { dir, config })
    }

    /// The case store's file.
    pub fn database(&self) -> PathBuf {
        self.dir.join(&self.config.database)
    }

    /// The workflows folder.
    pub fn workflows(&self) -> PathBuf {
        self.dir.join(&self.config.workflows)
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("qingshou.sock")
    }

    /// The marker of the batch in hand.
    pub fn marker(&self) -> PathBuf {
        self.dir.join("running_batch.json")
    }

    /// Where rejected rows of imports are written.
    pub fn rejects(&self) -> PathBuf {
        self.dir.join("rejects")
    }

    /// Opens the case store, making it in a new site.
    ///
    /// # Errors
    ///
    /// [`store::StoreError`]: it was there and is missing, it is another
    /// site's or of a newer program, the disk is full.
    pub async fn store(&self) -> Result<Store> {
        Ok(Store::of_site(&self.database()).await?)
    }
}

/// The text of a settings file.
///
/// # Errors
///
/// It is in another encoding than UTF-8.
pub(crate) fn text_of(bytes: Vec<u8>, named: &str) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| {
        anyhow!(
            "{named} 不是 UTF-8 编码(多半是 GBK):请用编辑器另存为 UTF-8 · \
             {named} is not in UTF-8 (in GBK, mostly): save it as UTF-8"
        )
    })
}

/// Settings are a few pages; what is longer is another file.
const LONGEST_SETTINGS: u64 = 1 << 20;

/// Reads a file of settings: a plain one of its usual size. A pipe would be waited for,
/// and a device read without end.
///
/// # Errors
///
/// It cannot be read, or is something else.
pub(crate) fn settings(file: &Path) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(O_NONBLOCK);
    let file = options.open(file)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("不是普通文件 · it is no plain file"));
    }
    if LONGEST_SETTINGS < about.len() {
        return Err(io::Error::other("超过 1 MB,不会是设置 · it is above 1 MB"));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST_SETTINGS).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_for_another(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// A folder with other things in it is not taken for a site.
fn refuse_foreign(dir: &Path) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Ok(()) };
    let known = [
        "case_store.db",
        "workflows",
        "spool",
        "rehearsal",
        "rejects",
        "departures",
        in_force::FILE,
        "running_batch.json",
        "qingshou.sock",
    ];
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = known.iter().any(|it| name.starts_with(it)) || name.starts_with('.');
        if !ours {
            let dir = dir.display();
            bail!(
                "{dir} 不是清收站点:没有 {CONFIG_FILE},却有 {name} · \
                 {dir} is no site: it has {name} and no {CONFIG_FILE}\n  \
                 提示:先运行 `qingshou init {dir}`,或用 --site 指定站点 · \
                 hint: run `qingshou init {dir}` first, or name the site with --site"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use nix::sys::stat::Mode;

    use super::*;

    #[test]
    fn settings_that_are_no_plain_file_are_told_of_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(CONFIG_FILE);
        nix::unistd::mkfifo(&file, Mode::S_IRWXU).unwrap();
        let pipe = format!("{:#}", Site::open(dir.path()).unwrap_err());
        assert!(pipe.contains("no plain file"), "{pipe}");
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        let folder = format!("{:#}", Site::open(dir.path()).unwrap_err());
        assert!(folder.contains("no plain file"), "{folder}");
        fs::remove_dir(&file).unwrap();
        fs::write(&file, vec![b'#'; 2 << 20]).unwrap();
        let large = format!("{:#}", Site::open(dir.path()).unwrap_err());
        assert!(large.contains("above 1 MB"), "{large}");
    }
}
