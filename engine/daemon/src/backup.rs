//! Backups (备份): a site as it stands at one moment, with a list of what is in it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::say::Say;
use runtime::clock::Clock;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use site::{CONFIG_FILE, Site};
use store::copy::{self, Contents};
use store::journal::hex;
use store::{Durability, Options, Place, Store, moved, private};

use crate::store_copy;

/// The list of what is in a backup.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The store in it.
pub(crate) const STORE: &str = "case_store.db";
/// The workflows in it.
pub(crate) const WORKFLOWS: &str = "workflows";
const DEPARTURES: &str = "departures";

/// What a backup says of itself.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Manifest {
    pub format_version: u32,
    /// The program that made it.
    pub program: String,
    /// Its moment, in milliseconds since 1970, and in the institution's zone.
    pub made_at: i64,
    pub made_at_civil: String,
    pub store_id: String,
    pub contents: Contents,
    pub files: Vec<Listed>,
    /// What a restored site needs besides: secrets are not copied.
    pub left_out: Vec<String>,
}

/// One file of it.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Listed {
    /// From the folder of the backup.
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

/// Makes a backup of a site. It is whole, on disk and under its name when this
/// returns; before that it lies beside it, and is removed when something fails.
pub(crate) async fn make(site: &Site, dir: &Path) -> Result<Manifest> {
    if dir.symlink_metadata().is_ok() {
        let dir = dir.display();
        bail!(
            "{dir} 已经存在,没有备份 · {dir} is there already; no backup was made\n  \
             提示:每次备份用一个新目录,如 `/backup/$(date +%F)` · hint: give each backup a \
             folder of its own, as `/backup/$(date +%F)`"
        );
    }
    let dir = std::path::absolute(dir)?;
    if is_inside(site, &dir) {
        let dir = dir.display();
        bail!(
            "{dir} 在站点目录里,没有备份:站点所在的盘坏了,备份也没有了 · {dir} is inside the \
             site; no backup was made: it would be lost with the site's disk\n  提示:写到另一块\
             盘上,如 /backup/$(date +%F) · hint: write to another disk, as /backup/$(date +%F)"
        );
    }
    let name = dir.file_name().context("备份目录没有名字 · the folder has no name")?;
    let name = name.to_string_lossy();
    let part = dir.with_file_name(format!(".{name}.part{}", std::process::id()));
    let made = fill(site, &part).await;
    let placed = made.and_then(|manifest| {
        fs::rename(&part, &dir)?;
        sync(dir.parent().unwrap_or(&dir))?;
        Ok(manifest)
    });
    if placed.is_err() {
        // The first error is the one to tell.
        drop(fs::remove_dir_all(&part));
    }
    placed.with_context(|| {
        let dir = dir.display();
        format!("没有备份到 {dir} · no backup was made in {dir}")
    })
}

/// Whether a folder that is not there yet would lie inside the site, also by way of
/// links.
fn is_inside(site: &Site, dir: &Path) -> bool {
    let there = dir.ancestors().find_map(|folder| fs::canonicalize(folder).ok());
    let site = fs::canonicalize(&site.dir).ok();
    site.zip(there).is_some_and(|(site, there)| there.starts_with(site))
}

async fn fill(site: &Site, part: &Path) -> Result<Manifest> {
    private::folder(part)?;
    let clock = Clock::machine(&site.config.zone)?;
    let now = clock.now();
    let copied = part.join(STORE);
    if site.place()?.server().is_some() {
        copy_from_server(site, &copied).await?;
    } else {
        copy::copy(&site.database(), &copied).await?;
    }
    let store = open(&copied).await?;
    let contents = async {
        // A backup night after night of what nobody works any more would be trusted.
        moved::refuse(&store, &site.place()?).await?;
        let mut conn = store.read().await?;
        Ok::<_, anyhow::Error>(copy::contents(conn.conn()).await?)
    };
    let contents = contents.await;
    store.close().await?;
    let contents = contents?;
    let config = site.dir.join(CONFIG_FILE);
    if config.is_file() {
        private::file(&part.join(CONFIG_FILE), fs::read(config)?)?;
    }
    let workflows = site.workflows();
    if !workflows.is_dir() {
        let named = workflows.display();
        bail!(
            "没有流程目录 {named},没有备份 · the workflows folder {named} is not there; no \
             backup was made\n  提示:先把目录放回原处,或改正 qingshou.toml 里的 workflows · \
             hint: put the folder back, or correct `workflows` in qingshou.toml"
        );
    }
    copy_folder(&workflows, &part.join(WORKFLOWS))?;
    copy_folder(&site.database().with_file_name(DEPARTURES), &part.join(DEPARTURES))?;
    let mut files = Vec::new();
    list(part, part, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let manifest = Manifest {
        format_version: 1,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now.ms,
        made_at_civil: now.civil.strftime("%F %H:%M:%S").to_string(),
        store_id: store.id().to_owned(),
        contents,
        files,
        left_out: secrets(site),
    };
    private::file(&part.join(MANIFEST), serde_json::to_vec_pretty(&manifest)?)?;
    sync_all(part)?;
    Ok(manifest)
}

/// The files with secrets that the settings name and that are not there: they are in
/// no backup.
pub(crate) fn missing_secrets(site: &Site) -> Vec<String> {
    let mut named = secrets(site);
    named.retain(|it| !site.dir.join(it).exists());
    named.dedup();
    named
}

/// The settings that name a file with a secret.
fn secrets(site: &Site) -> Vec<String> {
    fn walk(path: &str, value: &toml::Value, found: &mut Vec<String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    walk(&format!("{path}.{key}"), value, found);
                }
            }
            toml::Value::String(file) if path.ends_with("_file") && !file.is_empty() => {
                found.push(file.clone());
            }
            _ => {}
        }
    }
    let text = fs::read_to_string(site.dir.join(CONFIG_FILE)).unwrap_or_default();
    let mut found = Vec::new();
    if let Ok(table) = text.parse::<toml::Table>() {
        walk("", &toml::Value::Table(table), &mut found);
    }
    found
}

/// Copies a store that lies on a server into a file, as it stands at one moment; a
/// daemon goes on meanwhile.
async fn copy_from_server(site: &Site, to: &Path) -> Result<()> {
    let source = Store::open(Options {
        place: site.place()?,
        durability: Durability::Full,
        create: false,
        store_id: None,
    })
    .await?;
    private::file(to, b"")?;
    fs::remove_file(to)?;
    let target = Store::open(Options {
        place: Place::file(to),
        durability: Durability::Full,
        create: true,
        store_id: Some(source.id().to_owned()),
    })
    .await?;
    let filled = store_copy::fill(&source, &target).await;
    source.close().await?;
    target.close().await?;
    let moved = filled?;
    if moved.faults.is_empty() {
        return Ok(());
    }
    bail!(
        "备份出来的案件库核验未通过,没有备份 · what was copied does not prove sound; no \
         backup was made\n  提示:先运行 qingshou verify · hint: run qingshou verify first"
    );
}

async fn open(path: &Path) -> Result<Store> {
    let options = Options {
        place: Place::file(path),
        durability: Durability::Full,
        create: false,
        store_id: None,
    };
    Ok(Store::open(options).await?)
}

/// Copies the files of a folder and of those in it; links are left out.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    private::folder(to)?;
    for entry in entries {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else if kind.is_file() {
            private::file(&to, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

fn list(root: &Path, folder: &Path, found: &mut Vec<Listed>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, found)?;
        } else {
            found.push(listed(root, &path)?);
        }
    }
    Ok(())
}

fn listed(root: &Path, path: &Path) -> Result<Listed> {
    let (mut file, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0_u64);
    let mut portion = vec![0_u8; 1 << 20];
    loop {
        let read = file.read(&mut portion)?;
        let Some(part) = portion.get(..read).filter(|it| !it.is_empty()) else { break };
        hash.update(part);
        bytes += u64::try_from(read)?;
    }
    let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
    Ok(Listed { path: name, bytes, sha256: hex(&hash.finalize()) })
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn sync_all(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_all(&path)?;
        } else {
            sync(&path)?;
        }
    }
    Ok(sync(folder)?)
}

/// Reads the list of a backup, and holds every file against it.
pub(crate) fn read(dir: &Path) -> Result<Manifest> {
    let path = dir.join(MANIFEST);
    let named = path.display();
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "{named} 读不到:这里没有备份,或它不完整 · {named} cannot be read: there is no \
             backup here, or it is not whole"
        )
    })?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|_| anyhow::anyhow!("{named} 读不懂 · {named} makes no sense"))?;
    let mut found = Vec::new();
    list(dir, dir, &mut found)?;
    let mut faults = Vec::new();
    for listed in &manifest.files {
        if !found.contains(listed) {
            faults.push(listed.path.clone());
        }
    }
    if !faults.is_empty() {
        let names = faults.join(", ");
        bail!(
            "备份与它的清单不符,没有恢复:{names} · the backup is not what its list says, \
             nothing was restored: {names}\n  提示:换一份备份 · hint: take another backup"
        );
    }
    Ok(manifest)
}

/// Copies the store of a backup to a place beside its own, proves it, and notes
/// in it that it was put back. What is at fault is answered; the copy is gone then.
pub(crate) async fn bring(
    dir: &Path,
    manifest: &Manifest,
    to: &Path,
    pending: &store::restored::Pending,
) -> Result<Vec<store::verify::Fault>> {
    drop(fs::remove_file(to));
    private::file(to, b"")?;
    let mut from = File::open(dir.join(STORE))?;
    let mut new = fs::OpenOptions::new().write(true).open(to)?;
    io::copy(&mut from, &mut new)?;
    new.flush()?;
    new.sync_all()?;
    let store = open(to).await?;
    let mut conn = store.read().await?;
    let found = copy::contents(conn.conn()).await?;
    let mut faults = store::verify::verify(conn.conn()).await?.faults;
    drop(conn);
    if found != manifest.contents {
        let say = Say::new(
            "案件库的笔数、合计或日志末行与清单不符",
            "counts, sums or the end of the journal are not those of the list",
        );
        faults.push(store::verify::Fault::of_whole("backup", say));
    }
    if faults.is_empty() {
        let mut tx = store.write().await?;
        store::restored::note_pending(tx.conn(), pending).await?;
        tx.commit().await?;
    }
    store.close().await?;
    if faults.is_empty() {
        sync(to)?;
    } else {
        drop(fs::remove_file(to));
    }
    Ok(faults)
}

/// Where a store lies while it is proved.
pub(crate) fn beside(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".restoring");
    PathBuf::from(path)
}
