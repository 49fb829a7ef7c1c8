//! Reads a workflows folder from the disk (流程文件夹), as texts.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::program::Folder;
use crate::sandbox::limits::Limits;

/// Most files that a folder is read for.
const MOST_FILES: usize = 2000;

impl Folder {
    /// Reads the scripts, settings, templates, policies and calendars below a
    /// folder. Files of editors, rejected files and stubs are left out.
    ///
    /// A file that cannot be used (not UTF-8, too large) becomes a finding and
    /// is missing from the result.
    ///
    /// # Errors
    ///
    /// One finding when there is no such folder, it cannot be read, or it
    /// holds no script at all.
    pub fn read(dir: &Path) -> Result<(Self, Vec<Finding>), Box<Finding>> {
        let mut reader = Reader::default();
        reader.walk(dir, "").map_err(|it| Box::new(unreadable(dir, &it)))?;
        reader.findings.sort_by(|a, b| a.file.cmp(&b.file));
        let scripts = |it: &String| extension(it) == "lua" && !it.contains('/');
        let refused = reader.findings.iter().map(|it| &it.file);
        if !reader.files.keys().chain(refused).any(scripts) {
            return Err(Box::new(empty(dir)));
        }
        Ok((Self { files: reader.files }, reader.findings))
    }

    /// The folders that [`Folder::read`] looks into, and the files that it
    /// would take, without reading any. Empty when there is no folder.
    ///
    /// A link to the folder itself is no folder of ours, so this ends.
    pub fn paths(dir: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        let mut left = vec![(dir.to_owned(), String::new())];
        while let Some((folder, prefix)) = left.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let Some(name) = name.to_str() else { continue };
                let path = format!("{prefix}{name}");
                if is_folder_of_ours(&path) && entry.path().is_dir() {
                    left.push((entry.path(), format!("{path}/")));
                } else if is_ours(&path) && files.len() < MOST_FILES {
                    files.push(entry.path());
                }
            }
            folders.push(folder);
        }
        (folders, files)
    }
}

impl Folder {
    /// Whether a file of this path below the folder belongs to a release.
    pub fn takes(path: &str) -> bool {
        is_ours(path)
    }
}

#[derive(Default)]
struct Reader {
    files: BTreeMap<String, String>,
    findings: Vec<Finding>,
}

impl Reader {
    fn walk(&mut self, dir: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let path = format!("{prefix}{name}");
            // `metadata` follows links: a linked script is a script.
            let Ok(meta) = fs::metadata(entry.path()) else { continue };
            if meta.is_dir() {
                if is_folder_of_ours(&path) {
                    self.walk(&entry.path(), &format!("{path}/"))?;
                }
            } else if meta.is_file() && is_ours(&path) && self.files.len() < MOST_FILES {
                self.take(path, &entry.path(), meta.len());
            }
        }
        Ok(())
    }

    fn take(&mut self, path: String, from: &Path, size: u64) {
        let limit = Limits::default().file_bytes;
        if usize::try_from(size).unwrap_or(usize::MAX) > limit {
            self.findings.push(crate::unit::too_large(&path, limit));
            return;
        }
        match fs::read(from) {
            Ok(bytes) => match decode(bytes) {
                Some(text) => {
                    self.files.insert(path, text);
                }
                None => self.findings.push(not_utf8(&path)),
            },
            Err(error) => self.findings.push(unread(&path, &error)),
        }
    }
}

/// Text in UTF-8, without the mark that some editors put in front.
fn decode(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    // A file saved as UTF-16 can pass as UTF-8 full of zero bytes.
    if text.contains('\0') {
        return None;
    }
    Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn is_folder_of_ours(path: &str) -> bool {
    let mut parts = path.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("templates" | "policies" | "calendars"), None, _) => true,
        (Some("calendars"), Some(country), None) => !country.starts_with('.'),
        _ => false,
    }
}

/// Editors leave `remind.lua~`, `#remind.lua#`, `.remind.lua.swp` beside a file.
fn is_ours(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let Some(name) = parts.last() else { return false };
    if name.starts_with(['.', '#', '~']) || name.ends_with(['~', '#']) {
        return false;
    }
    let extension = extension(name);
    match parts.as_slice() {
        [name] => extension == "lua" || *name == "settings.toml",
        ["templates", _] => extension == "txt" && !name.ends_with(".rejected.txt"),
        ["policies", _] | ["calendars", _, _] => extension == "toml",
        _ => false,
    }
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |it| it.1)
}

fn unreadable(dir: &Path, error: &io::Error) -> Finding {
    let dir = dir.display();
    let (zh, en) = if error.kind() == io::ErrorKind::NotFound {
        (
            format!("没有文件夹 {dir}:请检查路径,或用 qingshou init 新建"),
            format!("no folder {dir}: check the path, or make one with qingshou init"),
        )
    } else if error.kind() == io::ErrorKind::NotADirectory {
        (
            format!("{dir} 是文件:请给出它所在的文件夹,检查总是看整个文件夹"),
            format!("{dir} is a file: name its folder, for the whole folder is checked"),
        )
    } else {
        (
            format!("文件夹 {dir} 读不了:{error};请检查权限"),
            format!("the folder {dir} cannot be read: {error}; check its permissions"),
        )
    };
    Finding::error("W050", "", zh, en)
}

fn empty(dir: &Path) -> Finding {
    let dir = dir.display();
    Finding::error(
        "W050",
        "",
        format!("文件夹 {dir} 里没有流程脚本(*.lua):请检查文件夹是否放对"),
        format!(
            "the folder {dir} holds no workflow script (*.lua): check that it is the right one"
        ),
    )
}

fn not_utf8(path: &str) -> Finding {
    Finding::error(
        "W051",
        path,
        "文件不是 UTF-8 编码(可能是 GBK):请在编辑器里另存为 UTF-8 编码".to_owned(),
        "the file is not UTF-8 (it may be GBK): save it again with the encoding UTF-8"
            .to_owned(),
    )
    .at(1, 1)
}

fn unread(path: &str, error: &io::Error) -> Finding {
    Finding::error(
        "W053",
        path,
        format!("文件读不了:{error};请检查权限"),
        format!("the file cannot be read: {error}; check its permissions"),
    )
}
