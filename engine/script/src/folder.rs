//! Reads a workflows folder from the disk (流程文件夹), as texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::tongues;

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
    /// As [`Snapshot::take`].
    pub fn read(dir: &Path) -> Result<(Self, Vec<Finding>), Box<Finding>> {
        Ok(Snapshot::take(dir)?.texts())
    }

    /// The folders that [`Folder::read`] looks into; none when there is none.
    ///
    /// A link to the folder itself is no folder of ours, so this ends.
    pub fn folders(dir: &Path) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        let mut left = vec![(dir.to_owned(), String::new())];
        while let Some((folder, prefix)) = left.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let Some(name) = name.to_str() else { continue };
                let path = format!("{prefix}{name}");
                if is_folder_of_ours(&path) && entry.path().is_dir() {
                    left.push((entry.path(), format!("{path}/")));
                }
            }
            folders.push(folder);
        }
        folders
    }

    /// Whether a file of this path below the folder belongs to a release.
    pub fn takes(path: &str) -> bool {
        is_ours(path)
    }
}

/// What lay in a workflows folder at one moment (快照), to the byte: only what is
/// the same twice has been saved to its end.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Snapshot {
    files: BTreeMap<String, Content>,
    /// Files beyond the number that is read.
    left_out: usize,
}

/// One file as it lay there.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Content {
    Bytes(Vec<u8>),
    /// Too large to be read; its size.
    TooLarge(u64),
    /// Why it could not be read.
    Unread(String),
    /// A link that leads out of the folder. What it leads to would be shown to
    /// whoever may edit the folder, and taken for a part of the release.
    Outside,
    /// A file that is not read, whose name is nearly one of ours: this one.
    Misnamed(String),
}

impl Snapshot {
    /// Reads every file of a folder that belongs to a release.
    ///
    /// # Errors
    ///
    /// One finding when there is no such folder, it cannot be read, or it
    /// holds no script at all.
    pub fn take(dir: &Path) -> Result<Self, Box<Finding>> {
        let mut snapshot = Self::default();
        let walked = fs::canonicalize(dir)
            .and_then(|canonicalize| snapshot.walk(&canonicalize, dir, ""));
        walked.map_err(|error| Box::new(unreadable(dir, &error)))?;
        let script = |it: &String| extension(it) == "lua" && !it.contains('/');
        if snapshot.files.keys().any(script) {
            Ok(snapshot)
        } else {
            Err(Box::new(empty(dir)))
        }
    }

    /// The texts, and a finding for each file that is none.
    pub fn texts(self) -> (Folder, Vec<Finding>) {
        let (mut folder, mut findings) = (Folder::default(), Vec::new());
        for (path, content) in self.files {
            match content {
                Content::Bytes(bytes) => match decode(bytes) {
                    Ok(text) => {
                        folder.files.insert(path, text);
                    }
                    Err(what) => findings.push(what.told(&path)),
                },
                Content::TooLarge(_) => {
                    let limit = Limits::default().file_bytes;
                    findings.push(crate::unit::too_large(&path, limit));
                }
                Content::Unread(why) => findings.push(unread(&path, &why)),
                Content::Outside => findings.push(outside(&path)),
                Content::Misnamed(name) => findings.push(misnamed(&path, &name)),
            }
        }
        if 0 < self.left_out {
            findings.push(too_many(self.left_out));
        }
        (folder, findings)
    }

    /// The bytes of a file; `None` when it is not there or could not be read.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        match self.files.get(path) {
            Some(Content::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The files that are not the same in another snapshot, or stand in one of
    /// the two only.
    pub fn differing<'a>(&'a self, other: &'a Self) -> BTreeSet<&'a str> {
        let names = self.files.keys().chain(other.files.keys());
        names
            .filter(|name| self.files.get(*name) != other.files.get(*name))
            .map(String::as_str)
            .collect()
    }

    fn walk(&mut self, root: &Path, dir: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let path = format!("{prefix}{name}");
            if leads_out(root, &entry)? {
                if is_ours(&path) || is_folder_of_ours(&path) {
                    self.files.insert(path, Content::Outside);
                }
                continue;
            }
            // `metadata` follows links: a linked script is a script.
            let Ok(meta) = fs::metadata(entry.path()) else { continue };
            if meta.is_dir() {
                if is_folder_of_ours(&path) {
                    match self.walk(root, &entry.path(), &format!("{path}/")) {
                        // It went while we looked.
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        walked => walked?,
                    }
                }
            } else if meta.is_file() && !is_ours(&path) {
                if let Some(name) = nearly_ours(&path) {
                    self.files.insert(path, Content::Misnamed(name));
                }
            } else if meta.is_file() {
                if self.files.len() < MOST_FILES {
                    self.take_in(path, &entry.path(), meta.len());
                } else {
                    self.left_out += 1;
                }
            }
        }
        Ok(())
    }

    fn take_in(&mut self, path: String, from: &Path, size: u64) {
        let limit = Limits::default().file_bytes;
        let content = if usize::try_from(size).is_ok_and(|it| it <= limit) {
            match fs::read(from) {
                Ok(bytes) => Content::Bytes(bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return,
                Err(error) => Content::Unread(tongues::both(
                    &in_chinese(&error),
                    &error.to_string(),
                )),
            }
        } else {
            Content::TooLarge(size)
        };
        self.files.insert(path, content);
    }
}

/// Whether an entry is a link to something that does not lie below the folder.
fn leads_out(root: &Path, entry: &fs::DirEntry) -> io::Result<bool> {
    if !entry.file_type()?.is_symlink() {
        return Ok(false);
    }
    // Where it leads to nothing there is nothing to read.
    Ok(fs::canonicalize(entry.path())
        .is_ok_and(|canonicalize| !canonicalize.starts_with(root)))
}

impl From<&Folder> for Snapshot {
    fn from(folder: &Folder) -> Self {
        let bytes = |it: &String| Content::Bytes(it.as_bytes().to_vec());
        let files = folder.files.iter().map(|(path, text)| (path.clone(), bytes(text)));
        Self { files: files.collect(), left_out: 0 }
    }
}

/// What a file is that is no text in UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum NoText {
    /// UTF-16, which Notepad calls Unicode.
    Utf16,
    /// A document or archive under another name.
    Document,
    /// Zeros, as a failing disk or a power cut leaves them.
    Zeros,
    /// It ends within a character.
    Torn,
    /// Anything else, most likely GBK.
    Other,
}

/// Text in UTF-8, without the mark that some editors put in front.
fn decode(bytes: Vec<u8>) -> Result<String, NoText> {
    // A file saved as UTF-16 can pass as UTF-8 full of zero bytes.
    if bytes.contains(&0)
        || bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
    {
        return Err(what_is(&bytes));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let is_torn = error.utf8_error().error_len().is_none();
        if is_torn { NoText::Torn } else { what_is(error.as_bytes()) }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn what_is(bytes: &[u8]) -> NoText {
    // Archives, and with them new Office documents; old ones; PDF.
    const DOCUMENTS: [&[u8]; 3] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"];
    if DOCUMENTS.iter().any(|document| bytes.starts_with(document)) {
        return NoText::Document;
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return NoText::Utf16;
    }
    let zeros_at =
        |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros_at(0), zeros_at(1));
    match (even, odd) {
        (0, 0) => NoText::Other,
        // Of two bytes for a letter of a script one is zero, always the same one.
        (0, zeros) | (zeros, 0) if bytes.len() < zeros * 8 => NoText::Utf16,
        _ => NoText::Zeros,
    }
}

impl NoText {
    fn told(self, path: &str) -> Finding {
        let back = format!("`qingshou releases --restore {path}`");
        let (zh, en) = match self {
            Self::Utf16 => (
                "文件是 UTF-16 编码(记事本里叫 “Unicode”):请另存为,编码选 UTF-8".to_owned(),
                "the file is UTF-16 (Notepad's “Unicode”): save it again with the encoding UTF-8"
                    .to_owned(),
            ),
            Self::Document => (
                format!(
                    "这不是文本,而是 Word、PDF 等文档或压缩包:请在记事本里写成纯文本,编码选 UTF-8;\
                     或用 {back} 取回运行中版本的内容"
                ),
                format!(
                    "this is a document or an archive and no text: write plain text in UTF-8, or \
                     get that of the running release back by {back}"
                ),
            ),
            Self::Zeros => (
                format!(
                    "文件内容坏了(有一段全是零,断电或磁盘故障会这样):请用 {back} 取回运行中版本的\
                     内容,或从备份放回"
                ),
                format!(
                    "the file is damaged (zeros in it, as after a power cut): get that of the \
                     running release back by {back}, or take it from a backup"
                ),
            ),
            Self::Torn => (
                format!(
                    "文件不完整:末尾断在半个字上,可能没有存完;请再保存一次,或用 {back} 取回运行中\
                     版本的内容"
                ),
                format!(
                    "the file is not whole: it ends within a character, as if the save had been \
                     cut off; save it again, or get that of the running release back by {back}"
                ),
            ),
            Self::Other => return not_utf8(path),
        };
        Finding::error("W051", path, zh, en).at(1, 1)
    }
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

/// The name that a file should have whose own is nearly one of ours: Notepad puts .txt
/// behind every name and hides it, a file manager puts “副本” into that of a copy.
fn nearly_ours(path: &str) -> Option<String> {
    const SETTINGS: &str = "settings.toml";
    let small = path.to_lowercase();
    let right = small.strip_suffix(".txt").filter(|head| !head.ends_with(".rejected"));
    let right = right.filter(|it| [".lua", ".toml"].iter().any(|end| it.ends_with(end)));
    let (folder, name) = small.rsplit_once('/').unwrap_or(("", small.as_str()));
    let is_settings = extension(name) == "toml"
        && ["setting", "设置"].iter().any(|word| name.starts_with(word))
        || ["settings.txt", "setting.txt", "设置.txt", "settings"].contains(&name);
    let found = match (right, folder) {
        (Some(right), _) => right.to_owned(),
        _ if is_settings => SETTINGS.to_owned(),
        (None, "calendars") if extension(name) == "toml" => {
            format!("calendars/cn/{name}")
        }
        _ if is_ours(&small) => small,
        _ => return None,
    };
    // Of a name with large letters only the ending matters.
    let ending = path.len() - extension(path).len();
    let found = if found.eq_ignore_ascii_case(path) && found != SETTINGS {
        format!("{}{}", &path[..ending], extension(&found))
    } else {
        found
    };
    (found != path && is_ours(&found)).then_some(found)
}

fn misnamed(path: &str, name: &str) -> Finding {
    Finding::warning(
        "W059",
        path,
        format!("这个文件没有读,里面写的不起作用:文件名应为 {name}"),
        format!(
            "this file is not read, and what it says counts for nothing: its name is {name}"
        ),
    )
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |it| it.1)
}

fn unreadable(dir: &Path, error: &io::Error) -> Finding {
    let dir = dir.display();
    let (zh, en) = if error.kind() == io::ErrorKind::NotFound {
        (
            format!("没有文件夹 {dir}:请检查路径,或用 `qingshou init` 新建"),
            format!("no folder {dir}: check the path, or make one with `qingshou init`"),
        )
    } else if error.kind() == io::ErrorKind::NotADirectory {
        (
            format!("{dir} 是文件:请给出它所在的文件夹,检查总是看整个文件夹"),
            format!("{dir} is a file: name its folder, for the whole folder is checked"),
        )
    } else {
        (
            format!("文件夹 {dir} 读不了:{};请检查权限", in_chinese(error)),
            format!("the folder {dir} cannot be read: {error}; check its permissions"),
        )
    };
    Finding::error("W050", "", zh, en)
}

/// What the machine says of a file or a folder, in Chinese as far as it is common.
fn in_chinese(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::PermissionDenied => "没有权限",
        io::ErrorKind::NotFound => "不见了",
        io::ErrorKind::InvalidData => "内容不对",
        _ => return format!("系统报错 `{error}`"),
    };
    known.to_owned()
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

fn too_many(left_out: usize) -> Finding {
    Finding::error(
        "W052",
        "",
        format!(
            "文件太多:只读 {MOST_FILES} 个,还有 {left_out} 个没有读;请移走不用的文件"
        ),
        format!(
            "too many files: {MOST_FILES} are read and {left_out} are not; move away what is not used"
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

fn unread(path: &str, error: &str) -> Finding {
    Finding::error(
        "W053",
        path,
        format!("文件读不了:{};请检查权限", tongues::chinese(error)),
        format!(
            "the file cannot be read: {}; check its permissions",
            tongues::english(error)
        ),
    )
}

fn outside(path: &str) -> Finding {
    Finding::error(
        "W053",
        path,
        "这是指向流程文件夹之外的链接,没有读:请把文件本身放进流程文件夹".to_owned(),
        "this is a link that leads out of the folder and was not read: put the file \
         itself into the folder"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_whose_name_is_nearly_ours_is_told_its_name() {
        let table = [
            ("settings.toml.txt", "settings.toml"),
            ("Settings.toml", "settings.toml"),
            ("SETTINGS.TOML", "settings.toml"),
            ("setting.toml", "settings.toml"),
            ("settings - 副本.toml", "settings.toml"),
            ("设置.toml", "settings.toml"),
            ("settings.txt", "settings.toml"),
            ("templates/settings.toml", "settings.toml"),
            ("remind.lua.txt", "remind.lua"),
            ("Remind.LUA", "Remind.lua"),
            ("templates/remind_1.TXT", "templates/remind_1.txt"),
            ("calendars/2026.toml", "calendars/cn/2026.toml"),
        ];
        for (path, name) in table {
            assert!(!is_ours(path), "{path}");
            assert_eq!(nearly_ours(path).as_deref(), Some(name), "{path}");
        }
        for path in [
            "README.md",
            "remind.lua.rejected.txt",
            "settings.toml.rejected.txt",
            "remind.lua.bak",
            ".remind.lua.swp",
            "notes.txt",
            "Thumbs.db",
            "templates/remind_1.txt.rejected.txt",
            "desktop.ini",
        ] {
            assert_eq!(nearly_ours(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_text_is_told_for_what_it_is() {
        let utf16 = |text: &str| -> Vec<u8> {
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        };
        let script = "-- 提醒\nworkflow \"remind\" {\n  start = \"intake\",\n}\n";
        let mut cut = script.as_bytes().to_vec();
        cut.truncate(5);
        let mut half = script.as_bytes().to_vec();
        half.extend([0; 200]);
        let table: [(Vec<u8>, NoText); 8] = [
            ([vec![0xff, 0xfe], utf16("提醒")].concat(), NoText::Utf16),
            (utf16(script), NoText::Utf16),
            (vec![0; 512], NoText::Zeros),
            (half, NoText::Zeros),
            (cut, NoText::Torn),
            (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml".to_vec(), NoText::Document),
            (b"\xd0\xcf\x11\xe0\0\0".to_vec(), NoText::Document),
            // 提醒 in GBK.
            (b"-- \xcc\xe1\xd0\xd1\nworkflow".to_vec(), NoText::Other),
        ];
        for (bytes, what) in table {
            assert_eq!(decode(bytes.clone()), Err(what), "{bytes:?}");
        }
        assert_eq!(
            decode(format!("\u{feff}{script}").into_bytes()),
            Ok(script.to_owned())
        );
        let told = NoText::Torn.told("remind.lua");
        assert!(told.say.zh.contains("--restore remind.lua"), "{}", told.say.zh);
    }

    #[test]
    fn a_link_is_followed_inside_the_folder_and_never_out_of_it() {
        let dir = std::env::temp_dir().join(format!("links-{}", std::process::id()));
        let (inside, outside) = (dir.join("workflows"), dir.join("private"));
        for folder in [&inside, &outside] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(outside.join("key.lua"), "a password").unwrap();
        fs::write(inside.join("a.lua"), "-- 一").unwrap();
        symlink(inside.join("a.lua"), inside.join("b.lua")).unwrap();
        symlink(outside.join("key.lua"), inside.join("c.lua")).unwrap();
        symlink(&outside, inside.join("templates")).unwrap();
        symlink(dir.join("nothing"), inside.join("d.lua")).unwrap();
        // The folder itself may lie anywhere.
        symlink(&inside, dir.join("linked")).unwrap();
        for folder in [&inside, &dir.join("linked")] {
            let (read, findings) = Folder::read(folder).unwrap();
            assert_eq!(read.files.keys().collect::<Vec<_>>(), ["a.lua", "b.lua"]);
            let told: Vec<_> =
                findings.iter().map(|finding| finding.file.as_str()).collect();
            assert_eq!(told, ["c.lua", "templates"]);
            assert!(
                findings.iter().all(|finding| finding.code == "W053"),
                "{findings:?}"
            );
        }
        fs::remove_dir_all(dir).unwrap();
    }
}
