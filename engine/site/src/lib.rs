//! A site (站点): one institution's folder with its settings, case store and
//! workflows.

pub mod login;
pub mod place;
pub mod toml_words;
pub mod logs;
pub mod config;
pub mod nul;
pub mod in_force;

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use nix::unistd::{AccessFlags, Uid, access};
use store::standing::beside;
use store::{Place, Store, plain, private};

use crate::config::Config;
use crate::login::login_of;

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
    /// Opens a site that has its settings file, or that is an empty folder: that one has
    /// the settings' defaults until it is made a site, and is not run.
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
            refuse_dangling(&file)?;
            // One that has a store is a site that has lost its settings, whatever else
            // lies in the folder.
            if !has_store(dir) {
                refuse_foreign(dir)?;
            }
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

    /// Refuses a daemon where the settings of a site are gone, empty or another user's: on
    /// the defaults a rehearsal would end by itself, and messages leave in earnest. What
    /// is no site at all becomes none by being run.
    ///
    /// # Errors
    ///
    /// [`NoSite`], or the file, whose it is and what to do.
    pub fn may_be_run(&self) -> Result<()> {
        is_own(&self.dir)?;
        self.has_its_settings()
    }

    /// Refuses whatever would go by the defaults where the settings of a site are gone,
    /// empty or another user's: with nobody under `[[people]]` everybody would be the
    /// administrator.
    ///
    /// # Errors
    ///
    /// [`NoSite`], or the file, whose it is and what to do.
    pub fn has_its_settings(&self) -> Result<()> {
        let file = self.dir.join(CONFIG_FILE);
        match settings(&file) {
            Ok(bytes) if is_blank(&bytes) && has_store(&self.dir) => {
                Err(lost(&file, ("是空的", "are empty")))
            }
            Ok(_) => Ok(()),
            Err(error) if is_for_another(&error) => Err(of_another(&file)),
            Err(_) if file.exists() => Ok(()),
            Err(_) if has_store(&self.dir) => Err(lost(&file, ("不见了", "are gone"))),
            Err(_) => Err(NoSite { dir: self.dir.clone() }.into()),
        }
    }

    /// Whether the settings are there and this user may not read them, so that the
    /// defaults stand in their place.
    pub fn settings_are_unread(&self) -> bool {
        settings(&self.dir.join(CONFIG_FILE)).is_err_and(|error| is_for_another(&error))
    }

    /// Refuses a command that would open the store itself by the settings' defaults
    /// because they are another user's than the site.
    ///
    /// # Errors
    ///
    /// The file, whose it is and what to do.
    pub fn settings_are_its_own(&self) -> Result<()> {
        if !self.settings_are_unread() {
            return Ok(());
        }
        let file = self.dir.join(CONFIG_FILE);
        let owner = |path: &Path| std::fs::metadata(path).map(|about| about.uid()).ok();
        let of_site = owner(&self.dir);
        // Staff with logins of their own are told that the store is out of their reach.
        if owner(&file) == of_site && of_site != Some(Uid::effective().as_raw()) {
            return Ok(());
        }
        Err(of_another(&file))
    }

    /// Refuses a folder that has neither settings nor a store: the folder of a disk that
    /// is not mounted, or a name mistyped.
    ///
    /// # Errors
    ///
    /// [`NoSite`].
    pub fn is_made(&self) -> Result<()> {
        if self.dir.join(CONFIG_FILE).exists() || has_store(&self.dir) {
            return Ok(());
        }
        Err(NoSite { dir: self.dir.clone() }.into())
    }

    /// The case store's file; where it lies on a server, the name beside which the site
    /// notes what it knows of it.
    pub fn database(&self) -> PathBuf {
        self.config.database_in(&self.dir)
    }

    /// Where the case store lies.
    ///
    /// # Errors
    ///
    /// The address of a server cannot be used, or its password's file not be read.
    pub fn place(&self) -> Result<Place> {
        self.config.place_in(&self.dir)
    }

    /// Whether the site has ever had a store, as far as can be seen without asking a
    /// server.
    pub fn may_have_store(&self) -> bool {
        let path = self.database();
        path.exists() || beside(&path, ".id").exists()
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
        Ok(Store::of_site(self.place()?).await?)
    }
}

/// The text of a settings file.
///
/// # Errors
///
/// It is in another encoding than UTF-8.
pub fn text_of(bytes: Vec<u8>, named: &str) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| {
        anyhow!(
            "{named} 不是 UTF-8 编码(多半是 GBK):请用编辑器另存为 UTF-8 · \
             {named} is not in UTF-8 (in GBK, mostly): save it as UTF-8"
        )
    })
}

/// Reads a file of settings: a plain one of its usual size. A pipe would be waited for,
/// and a device read without end.
///
/// # Errors
///
/// It cannot be read, or is something else.
pub fn settings(file: &Path) -> io::Result<Vec<u8>> {
    plain::read(file)
}

/// Refuses to write into a site as another user than its folder's: files would be
/// left there that its daemon may not open. Whoever may not write there at all is
/// told so by the files.
///
/// # Errors
///
/// Whose it is, and as whom to say it.
pub fn is_own(dir: &Path) -> Result<()> {
    let own = Uid::effective();
    let about = std::fs::metadata(dir)?;
    let owner = Uid::from_raw(about.uid());
    if owner == own {
        return Ok(());
    }
    if access(dir, AccessFlags::W_OK).is_err() {
        bail!(
            "案件库只有守护进程的用户能写,而守护进程没有运行,没有改动 · the store is for the \
             daemon's user alone, and no daemon runs; nothing was changed\n  \
             提示:请管理员启动守护进程(qingshou run) · \
             hint: ask the administrator to start it (qingshou run)"
        );
    }
    let (owner, own, dir) = (login_of(owner), login_of(own), dir.display());
    bail!(
        "站点 {dir} 属于 {owner},以 {own} 写入会留下它的守护进程打不开的文件,没有改动 · \
         the site {dir} belongs to {owner}; what {own} writes there its daemon could not \
         open, and nothing was changed\n  \
         提示:sudo -u {owner} qingshou --site {dir} … · \
         hint: sudo -u {owner} qingshou --site {dir} …"
    )
}

/// A folder without settings and without a store.
#[derive(Debug, thiserror::Error)]
#[error(
    "{dir} 不是站点:没有 qingshou.toml,也没有案件库 · {dir} is no site: it has no qingshou.toml and no case store\n  提示:请核对 --site;磁盘没有挂载的,先挂载;新建站点用 `qingshou init` · hint: check --site; mount the disk if it is not mounted; `qingshou init` makes a site"
)]
pub struct NoSite {
    dir: PathBuf,
}

/// Whether a folder holds the store of a site, or what a store or daemon has left there.
pub fn has_store(dir: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.map(|name| name.to_string_lossy().into_owned()).any(|name| {
        name == "case_store.db" || name == in_force::FILE || name.ends_with(".db.id")
    })
}

/// Whether settings say nothing: a file cut off by a full disk is as good as lost.
pub fn is_blank(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    lines.all(|line| line.is_empty() || line.starts_with('#'))
}

/// Settings that the site had and that say nothing any more.
pub fn lost(file: &Path, (zh, en): (&str, &str)) -> anyhow::Error {
    let dir = file.parent().unwrap_or(file).display();
    let file = file.display();
    anyhow!(
        "站点设置 {file} {zh},不按缺省设置办理 · the settings {file} {en}; nothing is worked \
         by the defaults\n  \
         提示:请从备份放回这个文件;没有备份的,`qingshou init {dir}` 写一份新的,改好再启动 · \
         hint: put the file back from a backup; without one, `qingshou init {dir}` writes a new \
         one: set it and start again"
    )
}

/// Settings that whoever has to work by them may not read.
fn of_another(file: &Path) -> anyhow::Error {
    let owner = std::fs::metadata(file).map(|about| login_of(Uid::from_raw(about.uid())));
    let owner = owner.unwrap_or_else(|_| "?".to_owned());
    let own = login_of(Uid::effective());
    let file = file.display();
    anyhow!(
        "站点设置 {file} 属于 {owner},{own} 读不了,不按缺省设置办理 · the settings {file} belong to \
         {owner} and {own} cannot read them; nothing is worked by the defaults\n  \
         提示:sudo chown {own} {file} · hint: sudo chown {own} {file}"
    )
}

/// A link that leads nowhere is no missing file.
fn refuse_dangling(file: &Path) -> Result<()> {
    let Ok(to) = std::fs::read_link(file) else { return Ok(()) };
    let (file, to) = (file.display(), to.display());
    bail!(
        "站点设置 {file} 是链接,指向的 {to} 不在 · the settings {file} are a link, and {to} is \
         not there\n  \
         提示:放回 {to},或删除这个链接后放回设置 · hint: put {to} back, or remove the link and \
         put the settings there"
    )
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
    fn a_site_whose_settings_are_lost_or_empty_is_not_run_and_no_other_folder_becomes_one()
     {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(CONFIG_FILE);
        let run = || {
            let site = Site::open(dir.path()).unwrap();
            site.may_be_run().map_err(|error| format!("{error:#}"))
        };
        let empty = run().unwrap_err();
        assert!(empty.contains("is no site"), "{empty}");
        assert!(Site::open(dir.path()).unwrap().is_made().is_err());
        fs::write(&file, "zone = \"UTC\"\n").unwrap();
        assert_eq!(run(), Ok(()));
        fs::write(dir.path().join("case_store.db.id"), "id\n").unwrap();
        assert_eq!(run(), Ok(()));
        for blank in ["", "\n\n", "# zone\n  # all else\n"] {
            fs::write(&file, blank).unwrap();
            let told = run().unwrap_err();
            assert!(told.contains("are empty") && told.contains("init"), "{told}");
        }
        fs::remove_file(&file).unwrap();
        fs::write(dir.path().join("notes.txt"), "x").unwrap();
        let gone = run().unwrap_err();
        assert!(gone.contains("are gone") && gone.contains("qingshou.toml"), "{gone}");
        std::os::unix::fs::symlink("nowhere.toml", &file).unwrap();
        let link = format!("{:#}", Site::open(dir.path()).unwrap_err());
        assert!(link.contains("nowhere.toml is not there"), "{link}");
    }

    #[test]
    fn a_site_of_another_user_is_not_written_into_by_one_who_could() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(CONFIG_FILE), "zone = \"UTC\"\n").unwrap();
        let site = Site::open(dir.path()).unwrap();
        assert!(is_own(dir.path()).is_ok() && site.may_be_run().is_ok());
        let other = Uid::from_raw(Uid::effective().as_raw() + 4_000);
        // Only root can give a folder away.
        if nix::unistd::chown(dir.path(), Some(other), None).is_ok() {
            let told = format!("{:#}", site.may_be_run().unwrap_err());
            assert!(told.contains("sudo -u"), "{told}");
        }
    }

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
