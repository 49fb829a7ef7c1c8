//! What a machine can mend in a folder of workflows (自动改正): the changes as a
//! person reads them, and the files once that person agrees.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use script::finding::{Finding, Mend};
use script::program::{Catalog, Folder};
use similar::TextDiff;
use site::config::Config;

use crate::candidate::Candidate;

#[cfg(test)]
mod slips;

/// One change may make another possible; so often the folder is read again.
const ROUNDS: usize = 8;

/// The mark that some editors put in front of a file; a folder leaves it out.
const MARK: &str = "\u{feff}";

/// The files that can be mended, with what they would say, and what would be
/// left to find.
pub struct Mended {
    /// Text before and after, by file.
    pub files: BTreeMap<String, (String, String)>,
    /// Findings of the mended folder.
    pub left: Vec<Finding>,
    /// How many findings the changes answer.
    pub answered: usize,
}

impl Mended {
    /// Works out the changes; nothing is written.
    pub fn of(candidate: &Candidate, catalog: &Arc<Catalog>, config: &Config) -> Self {
        let mut folder = Folder::clone(&candidate.folder);
        let mut left = candidate.findings.clone();
        let mut answered = 0;
        for _ in 0..ROUNDS {
            let (changed, made) = mended_once(&folder, &left);
            if made == 0 {
                break;
            }
            let next = Candidate::check(Arc::new(changed), vec![], catalog, config);
            folder = Folder::clone(&next.folder);
            left = next.findings;
            answered += made;
        }
        let before = &candidate.folder.files;
        let files = folder.files.into_iter().filter_map(|(file, after)| {
            let before = before.get(&file)?;
            (*before != after).then(|| (file, (before.clone(), after)))
        });
        Self { files: files.collect(), left, answered }
    }

    /// The changes of all files, as `diff -u` shows them.
    pub fn diff(&self) -> String {
        let one = |(file, (before, after)): (&String, &(String, String))| {
            let diff = TextDiff::from_lines(before.as_str(), after.as_str());
            diff.unified_diff().context_radius(2).header(file, file).to_string()
        };
        self.files.iter().map(one).collect()
    }

    /// Writes the files, each by a rename, so that nobody reads half of one.
    /// What stands around the changes stays byte for byte.
    ///
    /// # Errors
    ///
    /// A file has changed since it was read, or cannot be written; those named
    /// before it are written.
    pub fn write(&self, dir: &Path) -> Result<()> {
        for (file, (before, after)) in &self.files {
            write(&dir.join(file), before, after)
                .with_context(|| format!("{file} 没有写入 / was not written"))?;
        }
        Ok(())
    }
}

/// The folder with every certain change made that overlaps no other, and how
/// many findings that answers.
fn mended_once(folder: &Folder, findings: &[Finding]) -> (Folder, usize) {
    let mut folder = folder.clone();
    let mut made = 0;
    for (file, text) in &mut folder.files {
        let mut taken: Vec<&Mend> = vec![];
        let of_file = findings
            .iter()
            .filter(|finding| finding.file == *file && !finding.mends.is_empty());
        for finding in of_file {
            let free = finding.mends.iter().all(|it| fits(it, &taken, text));
            if free {
                taken.extend(&finding.mends);
                made += 1;
            }
        }
        taken.sort();
        for mend in taken.into_iter().rev() {
            text.replace_range(mend.start..mend.end, &mend.text);
        }
    }
    (folder, made)
}

/// A change that touches none of those taken, and no half of a letter.
fn fits(mend: &Mend, taken: &[&Mend], text: &str) -> bool {
    let apart =
        |it: &&Mend| *it != mend && (it.end <= mend.start || mend.end <= it.start);
    taken.iter().all(apart) && text.get(mend.start..mend.end).is_some()
}

fn write(path: &Path, before: &str, after: &str) -> Result<()> {
    // A linked script is a script; the link stays.
    let path = fs::canonicalize(path)?;
    let bytes = fs::read(&path)?;
    let mark = if bytes.starts_with(MARK.as_bytes()) { MARK } else { "" };
    if bytes != format!("{mark}{before}").as_bytes() {
        bail!(
            "文件在此期间又改过\n  提示:再运行一次 `qingshou check --fix` / it has changed meanwhile: run the command again"
        );
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".mend-").tempfile_in(dir)?;
    file.write_all(mark.as_bytes())?;
    file.write_all(after.as_bytes())?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_change_stays_byte_for_byte() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lua");
        fs::write(&path, "\u{feff}一\r\nx\t= 1 \r\n").unwrap();
        write(&path, "一\r\nx\t= 1 \r\n", "一\r\nx\t== 1 \r\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "\u{feff}一\r\nx\t== 1 \r\n");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_file_that_has_changed_meanwhile_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lua");
        fs::write(&path, "new").unwrap();
        assert!(write(&path, "old", "mended").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn changes_that_overlap_are_made_one_after_the_other() {
        let mend = |start, end, text: &str| Mend { start, end, text: text.to_owned() };
        let finding = |mends: Vec<Mend>| Finding {
            mends,
            ..Finding::error("W040", "a.lua", String::new(), String::new())
        };
        let files = [("a.lua".to_owned(), "a != b".to_owned())].into();
        let found = [
            finding(vec![mend(2, 4, "~=")]),
            finding(vec![mend(3, 4, "≠")]),
            finding(vec![mend(6, 6, " end")]),
        ];
        let (folder, made) = mended_once(&Folder { files }, &found);
        assert_eq!(folder.files["a.lua"], "a ~= b end");
        assert_eq!(made, 2);
    }
}
