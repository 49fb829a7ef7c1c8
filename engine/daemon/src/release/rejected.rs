//! The notes beside rejected scripts (退回说明): `remind.lua.rejected.txt`, which
//! disappears when the script is mended.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use script::finding::{Finding, Lang, Severity};
use script::program::Folder;
use tracing::warn;

use crate::release::snippet;

const ENDING: &str = ".rejected.txt";

/// Writes a note beside every file with an error and removes the notes of all
/// others. A note that cannot be written is only logged: the findings are in
/// `qingshou status` as well.
pub fn write(dir: &Path, found: &[Finding], release: Option<i64>) {
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in found {
        by_file.entry(finding.file.as_str()).or_default().push(finding);
    }
    // A file with warnings alone is not why the folder was refused.
    by_file.retain(|_, of| of.iter().any(|it| stops(it)));
    // As it lies there now, to show the lines.
    let folder = Folder::read(dir).ok().map(|it| it.0);
    let mut written = BTreeSet::new();
    for (file, findings) in by_file {
        let path = dir.join(format!("{file}{ENDING}"));
        let inside = path.parent().is_some_and(Path::is_dir);
        if file.is_empty() || !inside {
            continue;
        }
        if let Err(error) =
            std::fs::write(&path, text(&findings, release, folder.as_ref()))
        {
            warn!(%error, "a note about a rejected script could not be written");
        }
        written.insert(path);
    }
    for path in notes(dir) {
        if !written.contains(&path) {
            remove(&path);
        }
    }
}

/// Whether a finding keeps the folder from going live.
fn stops(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

fn text(findings: &[&Finding], release: Option<i64>, folder: Option<&Folder>) -> String {
    let mut lines = Vec::new();
    for lang in [Lang::Zh, Lang::En] {
        lines.extend(findings.iter().map(|it| snippet::render(it, lang, folder)));
        lines.push(match (lang, release) {
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
        lines.push(String::new());
    }
    lines.join("\n")
}

fn notes(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for below in ["", "templates", "policies", "calendars/cn"] {
        let Ok(entries) = std::fs::read_dir(dir.join(below)) else { continue };
        let notes = entries.flatten().map(|it| it.path());
        found.extend(notes.filter(|it| it.to_string_lossy().ends_with(ENDING)));
    }
    found
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        warn!(%error, "a note about a rejected script could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_lies_beside_the_file_with_the_error_alone() {
        let dir = tempfile::tempdir().unwrap();
        let warned = Finding::warning("W001", "a.lua", "看".into(), "look".into());
        let wrong = Finding::error("W002", "b.lua", "错".into(), "wrong".into());
        write(dir.path(), &[warned.clone(), wrong], Some(1));
        assert!(!dir.path().join("a.lua.rejected.txt").exists());
        assert!(dir.path().join("b.lua.rejected.txt").exists());
        write(dir.path(), &[warned], Some(1));
        assert!(notes(dir.path()).is_empty());
    }
}
