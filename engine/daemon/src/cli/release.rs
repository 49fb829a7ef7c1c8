//! Releases (版本): list, confirm, reload, roll back, get a lost file back.

use std::collections::BTreeMap;
use std::fs::{Metadata, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Result, bail};
use commands::Reload;
use runtime::clock::Clock;
use serde_json::json;
use site::Site;
use store::releases;
use tempfile::NamedTempFile;

use crate::cli::Exit;
use crate::cli::args::{All, Releases};
use crate::cli::context::{Asked, Context};
use crate::cli::edits;
use crate::cli::output::{self, Sheet};

pub(crate) async fn reload(context: &Context, args: &All) -> Result<Exit> {
    let silence = match context.ask_living(&Reload { confirm: false }.into()).await? {
        Asked::Answered(reply) => return edits::print_verdict(context, reply, args.all),
        Asked::NoDaemon => context.text(
            "守护进程没有运行\n  提示:启动它时会自动读取流程目录;`qingshou check` 可以先检查",
            "no daemon runs\n  hint: it reads the folder when it starts; `qingshou check` checks it now",
        ),
        Asked::Silent => context.text(
            "守护进程不应答(被挂起或卡住)\n  提示:`qingshou doctor` 查看进程号;`kill -CONT 进程号` 让它继续,或重新启动它",
            "the daemon does not answer: it was stopped or hangs\n  hint: `qingshou doctor` shows its process; `kill -CONT PID` lets it go on, or start it again",
        ),
    };
    output::complain(silence);
    Ok(Exit::NoDaemon)
}

pub(crate) async fn list(context: &Context, args: &Releases) -> Result<Exit> {
    if args.confirm {
        let reply = context.ask(&Reload { confirm: true }.into()).await?;
        return edits::print_verdict(context, reply, false);
    }
    if !args.restore.is_empty() {
        return restore(context, &args.restore).await;
    }
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let mut sheet = Sheet::new(&["release", "active", "made_at", "by", "hash"]);
    for it in releases::list(conn.conn()).await? {
        sheet.push(vec![
            json!(it.number),
            json!(it.active),
            json!(clock.civil(it.made_at).to_string()),
            json!(it.by),
            json!(it.hash[..12]),
        ]);
    }
    sheet.print(context.output, context.lang)?;
    Ok(Exit::Ok)
}

/// Puts files back as they are in the running release. What lies in the place of a
/// file that is named is kept beside it: it may be somebody's work.
async fn restore(context: &Context, files: &[String]) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let mut conn = store.read().await?;
    let Some(release) = releases::active(conn.conn()).await? else {
        bail!("{}", context.text("还没有运行中的版本", "no release runs yet"));
    };
    let texts = releases::files(conn.conn(), release.id).await?;
    let files: Vec<String> =
        files.iter().map(|file| within_folder(&site, file)).collect();
    let files = files.as_slice();
    let mut exit = Exit::Ok;
    for (file, text) in wanted(&texts, files) {
        let path = site.workflows().join(file);
        let Some(text) = text else {
            let n = release.number;
            output::complain(&if context.english() {
                format!("release {n} has no file {file}")
            } else {
                format!("第 {n} 版没有文件 {file}")
            });
            exit = Exit::Failed;
            continue;
        };
        let is_named = files.iter().any(|it| it == file);
        let replace = if is_named { Replace::KeptAside } else { Replace::Nothing };
        let restored = put_back(&path, text, replace)?;
        let told = restored.told(context, (&path, file), release.number);
        if matches!(restored, Restored::LeftAlone | Restored::NoFile) {
            output::complain(&told);
            exit = Exit::Failed;
        } else {
            output::say(&told)?;
        }
    }
    Ok(exit)
}

/// A file as it is named within the folder, however a person has named it.
fn within_folder(site: &Site, named: &str) -> String {
    let folder = site.workflows();
    let path = Path::new(named);
    let below = path.strip_prefix(&folder).or_else(|_| {
        let folder = folder.file_name().unwrap_or_default();
        path.strip_prefix(folder)
    });
    let plain: PathBuf = below.unwrap_or(path).components().skip_while(is_dot).collect();
    plain.to_string_lossy().into_owned()
}

fn is_dot(component: &Component<'_>) -> bool {
    *component == Component::CurDir
}

/// The files that are asked for with their texts in the release; a folder stands
/// for everything in it.
fn wanted<'a>(
    texts: &'a BTreeMap<String, String>,
    asked: &'a [String],
) -> Vec<(&'a str, Option<&'a str>)> {
    let mut wanted = Vec::new();
    for name in asked {
        let below = format!("{}/", name.trim_end_matches('/'));
        let within = texts.iter().filter(|text| text.0.starts_with(&below));
        let before = wanted.len();
        wanted.extend(within.map(|within| (within.0.as_str(), Some(within.1.as_str()))));
        if wanted.len() == before {
            wanted.push((name.as_str(), texts.get(name).map(String::as_str)));
        }
    }
    wanted
}

/// What putting a file back may replace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Replace {
    /// The text of a file that is named, which is kept beside it.
    KeptAside,
    /// Nothing.
    Nothing,
}

/// What became of a file that was to be put back.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Restored {
    /// It had gone and is back.
    Back,
    /// It had another text, which lies under this name now.
    Replaced(PathBuf),
    /// It has that text already.
    Same,
    /// Another text lies in its place, and nobody named the file.
    LeftAlone,
    /// A link, a folder or the like lies in its place.
    NoFile,
}

impl Restored {
    fn told(&self, context: &Context, (path, file): (&Path, &str), n: i64) -> String {
        let path = path.display();
        match (self, context.english()) {
            (Self::Back, true) => format!("{path} is as in release {n}"),
            (Self::Back, false) => format!("{path} 已取回第 {n} 版的内容"),
            (Self::Replaced(aside), true) => {
                format!(
                    "{path} is as in release {n}; what lay there is kept as {}",
                    aside.display()
                )
            }
            (Self::Replaced(aside), false) => {
                format!("{path} 已取回第 {n} 版的内容;原来的另存为 {}", aside.display())
            }
            (Self::Same, true) => {
                format!("{path} is as in release {n} already and was left alone")
            }
            (Self::Same, false) => format!("{path} 已经是第 {n} 版的内容,没有改动"),
            (Self::NoFile, true) => format!(
                "{path} is a link or no plain file and was left alone\n  hint: remove it or move \
                 it away, then `qingshou releases --restore {file}`"
            ),
            (Self::NoFile, false) => format!(
                "{path} 是链接或不是普通文件,没有改动\n  提示:先把它删去或移走,再执行 \
                 `qingshou releases --restore {file}`"
            ),
            (Self::LeftAlone, true) => format!(
                "{path} is there with another text and was left alone\n  hint: name it, or move \
                 it away first: `qingshou releases --restore {file}`"
            ),
            (Self::LeftAlone, false) => format!(
                "{path} 已经在了,内容不同,没有改动\n  提示:要取回它,就写出文件名,或先把它移走:\
                 `qingshou releases --restore {file}`"
            ),
        }
    }
}

/// Written beside and put in place at once, as editors should. A link or a folder in its place
/// stays.
fn put_back(path: &Path, text: &str, replace: Replace) -> Result<Restored> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let Ok(lies_there) = path.symlink_metadata() else {
        beside(dir, text.as_bytes())?.persist_noclobber(path)?;
        return Ok(Restored::Back);
    };
    if !lies_there.is_file() {
        return Ok(Restored::NoFile);
    }
    let before = std::fs::read(path)?;
    if before == text.as_bytes() {
        return Ok(Restored::Same);
    }
    if replace == Replace::Nothing {
        return Ok(Restored::LeftAlone);
    }
    let aside = keep_aside(path, &before)?;
    beside(dir, text.as_bytes())?.persist(path)?;
    for file in [path, &aside] {
        as_it_was(file, &lies_there)?;
    }
    Ok(Restored::Replaced(aside))
}

/// Whoever could read and write a file still can, and nobody else.
fn as_it_was(path: &Path, before: &Metadata) -> Result<()> {
    std::fs::set_permissions(path, before.permissions())?;
    // Only the administrator can put back what belongs to somebody else.
    drop(std::os::unix::fs::chown(path, Some(before.uid()), Some(before.gid())));
    Ok(())
}

/// Keeps bytes under the name of a file with `.bak`, which is never read; what lies
/// there from before stays.
fn keep_aside(path: &Path, bytes: &[u8]) -> Result<PathBuf> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut kept = beside(dir, bytes)?;
    for number in 1_u32.. {
        let ending = if number == 1 { String::new() } else { format!(".{number}") };
        let aside = dir.join(format!("{name}{ending}.bak"));
        match kept.persist_noclobber(&aside) {
            Ok(_) => return Ok(aside),
            Err(it) if it.error.kind() == ErrorKind::AlreadyExists => kept = it.file,
            Err(it) => return Err(it.error.into()),
        }
    }
    bail!(
        "{0} 旁边没有空着的备份名了 · no name for a copy is left beside {0}",
        path.display()
    )
}

fn beside(dir: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
    let mode = Permissions::from_mode(0o666);
    let mut beside = tempfile::Builder::new().permissions(mode).tempfile_in(dir)?;
    beside.write_all(bytes)?;
    Ok(beside)
}
