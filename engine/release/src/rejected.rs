//! The notes beside rejected scripts (退回说明): `remind.lua.rejected.txt`, which
//! disappears when the script is mended.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use domain::say::Lang;
use script::program::Folder;
use tracing::warn;

use crate::causes::{Cause, Kind};
use crate::verdict::{Fold, ToldCause, lines};

const ENDING: &str = ".rejected.txt";

/// Writes a note beside every file whose edit was refused, and removes the
/// notes of all others. A note that cannot be written is only logged: the
/// causes are in `qingshou status` as well.
pub fn write(dir: &Path, causes: &[Cause], release: Option<i64>) {
    let mut notes: BTreeMap<PathBuf, Vec<ToldCause>> = BTreeMap::new();
    // As it lies there now, to show the lines.
    let folder = Folder::read(dir).ok().map(|it| it.0);
    // A file with warnings alone is not why the folder was refused.
    for cause in causes.iter().filter(|cause| cause.kind != Kind::Warning) {
        for file in &cause.files {
            if let Some(path) = beside(dir, file) {
                let told = ToldCause::with_lines(cause, folder.as_ref());
                notes.entry(path).or_default().push(told);
            }
        }
    }
    for (path, causes) in &notes {
        if let Err(error) = put(path, &text(causes, release)) {
            warn!(%error, "a note about a rejected script could not be written");
        }
    }
    for path in there(dir) {
        if !notes.contains_key(&path) {
            remove(&path);
        }
    }
}

/// Where the note on a file lies; beside its folder, when that has gone.
fn beside(dir: &Path, file: &str) -> Option<PathBuf> {
    let mut path = Path::new(file);
    while !dir.join(path).parent()?.is_dir() {
        path = path.parent().filter(|parent| !parent.as_os_str().is_empty())?;
    }
    let name = path.to_str().filter(|text| !text.is_empty())?;
    Some(dir.join(format!("{name}{ENDING}")))
}

/// Puts a text in place of whatever has the name: a link is replaced, not
/// followed.
fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    if is_file && std::fs::read(path).is_ok_and(|it| it == text.as_bytes()) {
        return Ok(());
    }
    let Some(dir) = path.parent() else { return Ok(()) };
    // As every file that a program makes: who may read it is up to the umask.
    let mode = Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(dir)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

fn text(causes: &[ToldCause], release: Option<i64>) -> String {
    let mut text = Vec::new();
    for lang in [Lang::Zh, Lang::En] {
        text.extend(lines(causes, lang, Fold::Open, ""));
        text.push(match (lang, release) {
            (Lang::Zh, Some(n)) => {
                format!("  当前版本(第 {n} 版)继续运行;保存后自动重新载入")
            }
            (Lang::Zh, None) => "  还没有可运行的版本;保存后自动重新载入".to_owned(),
            (Lang::En, Some(n)) => {
                format!("  release {n} goes on; the folder is read again when you save")
            }
            (Lang::En, None) => {
                "  no release runs yet; the folder is read again when you save".to_owned()
            }
        });
        text.push(String::new());
    }
    text.join("\n")
}

/// The notes that lie in a folder.
pub fn there(dir: &Path) -> Vec<PathBuf> {
    let entries = Folder::folders(dir)
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok());
    let paths = entries.flatten().flatten().map(|it| it.path());
    paths.filter(|path| path.to_string_lossy().ends_with(ENDING)).collect()
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        warn!(%error, "a note about a rejected script could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use script::finding::Finding;

    use super::*;

    fn cause(kind: Kind, file: &str) -> Cause {
        let lead = Finding::error("W002", file, "错".into(), "wrong".into());
        let effect = Finding::error("W003", "z.lua", "果".into(), "effect".into());
        Cause { kind, lead, effects: vec![effect], files: vec![file.to_owned()] }
    }

    #[test]
    fn a_note_lies_beside_the_file_that_was_edited_alone() {
        let dir = tempfile::tempdir().unwrap();
        let warned = cause(Kind::Warning, "a.lua");
        write(dir.path(), &[warned.clone(), cause(Kind::Fault, "b.lua")], Some(1));
        assert_eq!(there(dir.path()), [dir.path().join("b.lua.rejected.txt")]);
        let text = fs::read_to_string(dir.path().join("b.lua.rejected.txt")).unwrap();
        for part in ["错误[W002] b.lua:错", "果", "error[W002] b.lua: wrong", "effect"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        write(dir.path(), &[warned], Some(1));
        assert!(there(dir.path()).is_empty());
    }

    #[test]
    fn the_note_on_a_file_whose_folder_has_gone_lies_where_the_folder_was() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &[cause(Kind::Lost, "policies/cn-rcc.toml")], Some(1));
        assert_eq!(there(dir.path()), [dir.path().join("policies.rejected.txt")]);
        write(&dir.path().join("gone"), &[cause(Kind::Folder, "")], Some(1));
    }

    #[test]
    fn a_link_in_place_of_a_note_is_replaced_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        let note = dir.path().join("b.lua.rejected.txt");
        std::os::unix::fs::symlink(&victim, &note).unwrap();
        write(dir.path(), &[cause(Kind::Fault, "b.lua")], Some(1));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert!(fs::read_to_string(&note).unwrap().contains("W002"));
        assert!(note.symlink_metadata().unwrap().is_file());
    }
}
