//! Opens a list (打开文件): plain text, packed with gzip, or a workbook.
//!
//! The first bytes decide what a file is, not its name. A file is read in
//! pieces, and one that unpacks to more than any list holds is refused early.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use domain::say::Say;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::fault::FileFault;

/// Files that unpack to more than this are refused.
const LARGEST_BYTES: u64 = 1 << 30;

/// A workbook within a packed file is unpacked to the disk first.
const LARGEST_PACKED_WORKBOOK: u64 = 256 << 20;

/// No list packs this well; beyond so many bytes a packed file that does was
/// made to fill a disk or a memory.
const MOST_RATIO: u64 = 200;
const RATIO_COUNTS_FROM: u64 = 32 << 20;

/// No row of a list is longer.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// What a file holds once it is unpacked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Text in an encoding yet to be found out.
    Text,
    /// Text packed with gzip.
    PackedText,
    /// A workbook of Excel 2007 and later (.xlsx).
    Workbook,
    /// A workbook of before (.xls).
    OldWorkbook,
}

/// The file's name without its folder, for messages and the rejects file.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A file that was opened and looked at.
#[derive(Debug)]
pub(crate) struct Source {
    file: File,
    /// What it holds.
    pub kind: Kind,
    /// The SHA-256 of its bytes as they lie on the disk.
    pub sha256: String,
    length: u64,
}

impl Source {
    /// Opens a file, hashes it and tells what it is.
    pub(crate) fn open(path: &Path) -> Result<Self, FileFault> {
        Self::of(opened(path)?)
    }

    /// Takes a file that somebody has opened with rights of their own, hashes it
    /// and tells what it is.
    pub(crate) fn of(mut file: File) -> Result<Self, FileFault> {
        match file.metadata() {
            Ok(about) if about.is_dir() => {
                return Err(cannot_open(&ErrorKind::IsADirectory.into()));
            }
            Ok(about) if about.is_file() => {}
            _ => return Err(no_file()),
        }
        file.seek(SeekFrom::Start(0)).map_err(|error| cannot_open(&error))?;
        let (sha256, length) = hash(&mut file).map_err(|error| cannot_open(&error))?;
        let mut source = Self { file, kind: Kind::Text, sha256, length };
        source.kind = kind_of(&source.head()?)?;
        if source.kind == Kind::PackedText {
            source.look_inside()?;
        }
        Ok(source)
    }

    /// The text from its start, unpacked.
    pub(crate) fn text(&self) -> Result<Box<dyn Read>, FileFault> {
        let file = BufReader::with_capacity(64 << 10, self.rewound()?);
        Ok(match self.kind {
            Kind::PackedText => {
                let unpacked = MultiGzDecoder::new(file);
                Box::new(Bounded { reader: unpacked, read: 0, packed: Some(self.length) })
            }
            _ => Box::new(Bounded { reader: file, read: 0, packed: None }),
        })
    }

    /// The file itself from its start.
    pub(crate) fn rewound(&self) -> Result<File, FileFault> {
        let mut file = self.file.try_clone().map_err(|error| cannot_open(&error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| cannot_open(&error))?;
        Ok(file)
    }

    /// Whether the file is still as long as when it was hashed: a list that is
    /// being written while it is read comes in halves.
    pub(crate) fn is_unchanged(&self) -> Result<(), FileFault> {
        match self.file.metadata() {
            Ok(about) if about.len() == self.length => Ok(()),
            _ => Err(changed()),
        }
    }

    fn head(&self) -> Result<Vec<u8>, FileFault> {
        let mut head = Vec::new();
        let file = self.rewound()?.take(HEAD);
        BufReader::new(file)
            .read_to_end(&mut head)
            .map_err(|error| cannot_open(&error))?;
        Ok(head)
    }

    /// A packed file may hold a workbook, which cannot be read from front to end.
    fn look_inside(&mut self) -> Result<(), FileFault> {
        let mut head = Vec::new();
        self.text()?.take(HEAD).read_to_end(&mut head).map_err(|error| unread(&error))?;
        match kind_of(&head)? {
            Kind::Text => return Ok(()),
            Kind::PackedText => return Err(packed_twice()),
            kind => self.kind = kind,
        }
        let packed = BufReader::new(self.rewound()?);
        let mut unpacked = MultiGzDecoder::new(packed).take(LARGEST_PACKED_WORKBOOK + 1);
        let mut file = tempfile::tempfile().map_err(|error| cannot_open(&error))?;
        let length =
            io::copy(&mut unpacked, &mut file).map_err(|error| unread(&error))?;
        if LARGEST_PACKED_WORKBOOK < length {
            return Err(too_large());
        }
        (self.file, self.length) = (file, length);
        Ok(())
    }
}

/// Opens a plain file for reading; nothing else is waited for or read.
///
/// # Errors
///
/// There is none, it may not be read, or it is something else.
pub(crate) fn opened(path: &Path) -> Result<File, FileFault> {
    // A pipe would be waited for, and then read without end.
    let about = std::fs::metadata(path).map_err(|error| cannot_open(&error))?;
    if about.is_dir() {
        return Err(cannot_open(&ErrorKind::IsADirectory.into()));
    }
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(nix::libc::O_NONBLOCK);
    match options.open(path) {
        Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => Ok(file),
        Ok(_) => Err(no_file()),
        Err(_) if !about.is_file() => Err(no_file()),
        Err(error) => Err(cannot_open(&error)),
    }
}

/// So many bytes tell what a file is.
const HEAD: u64 = 4 << 10;

fn hash(file: &mut File) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut bytes = vec![0; 64 << 10];
    let mut length = 0;
    loop {
        let read = match file.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&bytes[..read]);
        length += read as u64;
    }
    Ok((store::journal::hex(&hasher.finalize()), length))
}

/// Tells lists from what is none by the first bytes.
pub(crate) fn kind_of(head: &[u8]) -> Result<Kind, FileFault> {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
    if head.starts_with(GZIP) {
        return Ok(Kind::PackedText);
    }
    if head.starts_with(b"PK\x03\x04") {
        return Ok(Kind::Workbook);
    }
    if head.starts_with(COMPOUND) {
        return Ok(Kind::OldWorkbook);
    }
    let others: &[(&[u8], &str, &str)] = &[
        (b"%PDF", "PDF 文件", "a PDF file"),
        (b"Rar!", "RAR 压缩包", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", "7z 压缩包", "a 7z archive"),
        (b"PK\x05\x06", "空的压缩包", "an empty archive"),
        (b"BZh", "bzip2 压缩包", "a bzip2 archive"),
        (b"\xfd7zXZ", "xz 压缩包", "an xz archive"),
        (b"\x28\xb5\x2f\xfd", "zstd 压缩包", "a zstd archive"),
        (b"\x89PNG", "图片", "a picture"),
        (b"\xff\xd8\xff", "图片", "a picture"),
        (b"{\\rtf", "Word 文档", "a Word document"),
        (b"SQLite format 3", "数据库文件", "a database"),
    ];
    if let Some((_, zh, en)) = others.iter().find(|it| head.starts_with(it.0)) {
        return Err(no_list(zh, en));
    }
    match markup(head) {
        Some((zh, en)) => Err(no_list(zh, en)),
        None => Ok(Kind::Text),
    }
}

/// What many systems export under the name `.xls`: a page of the web, or the
/// XML of Excel 2003.
fn markup(head: &[u8]) -> Option<(&'static str, &'static str)> {
    // UTF-16 reads like ASCII without its zeros.
    let letters = head.iter().filter(|it| **it != 0).take(1024);
    let start: Vec<u8> = letters.map(u8::to_ascii_lowercase).collect();
    let start = String::from_utf8_lossy(&start);
    let start = start.trim_start_matches(|it: char| it.is_whitespace() || !it.is_ascii());
    let sheet = start.contains("urn:schemas-microsoft-com:office:spreadsheet");
    if start.starts_with("<?xml") && sheet {
        return Some(("Excel 2003 XML 表格", "a sheet in the XML of Excel 2003"));
    }
    let page =
        ["<html", "<!doctype", "<table", "<head", "<body", "<meta", "<style", "<div"];
    if page.iter().any(|it| start.starts_with(it))
        || start.starts_with("<?xml") && start.contains("<html")
        || start.starts_with("<!--") && start.contains("<table")
    {
        return Some((
            "网页(HTML)格式的表格,只是文件名像 Excel",
            "a page of the web (HTML) under the name of a workbook",
        ));
    }
    if start.starts_with("mime-version:") {
        return Some(("网页存档(MHT)格式的表格", "an archived page of the web (MHT)"));
    }
    start.starts_with("<?xml").then_some(("XML 文件", "an XML file"))
}

/// Why reading stopped, carried through the layers that only know IO errors.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Stop {
    #[error("too large")]
    TooLarge,
    #[error("packed too well")]
    Bomb,
}

/// Counts what is read and stops a file that holds more than any list.
struct Bounded<R> {
    reader: R,
    read: u64,
    /// How long the packed file is.
    packed: Option<u64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.read += read as u64;
        if LARGEST_BYTES < self.read {
            return Err(io::Error::other(Stop::TooLarge));
        }
        let ratio = self.packed.map_or(0, |it| self.read / it.max(1));
        if RATIO_COUNTS_FROM < self.read && MOST_RATIO < ratio {
            return Err(io::Error::other(Stop::Bomb));
        }
        Ok(read)
    }
}

/// The fault of a text that could not be read to its end.
pub(crate) fn unread(error: &io::Error) -> FileFault {
    let stop = error.get_ref().and_then(|it| it.downcast_ref::<Stop>());
    match (stop, error.kind()) {
        (Some(Stop::TooLarge), _) => too_large(),
        (Some(Stop::Bomb), _) => packed_too_well(),
        (
            None,
            ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof,
        ) => cut_gzip(),
        (None, _) => cannot_open(error),
    }
}

fn cannot_open(error: &io::Error) -> FileFault {
    let (zh, en) = match error.kind() {
        ErrorKind::NotFound => (
            "文件不存在;请核对路径后再导入",
            "there is no such file; check the path and import again",
        ),
        ErrorKind::PermissionDenied => (
            "没有读取该文件的权限;请检查文件权限后再导入",
            "the file may not be read; check its permissions and import again",
        ),
        ErrorKind::IsADirectory => (
            "这是文件夹而不是文件;请写明要导入的文件",
            "this is a folder and not a file; name the file to import",
        ),
        _ => (
            "文件无法读取;请检查磁盘或重新复制该文件后再导入",
            "the file cannot be read; check the disk or copy the file again",
        ),
    };
    fault("I001", zh, en)
}

pub(crate) fn no_file() -> FileFault {
    fault(
        "I001",
        "这是管道、设备或套接字,不是普通文件,未导入任何内容;请先把清单存为文件,再写明它的路径",
        "this is a pipe, a device or a socket and no plain file, nothing was imported; save the list as a file and name that",
    )
}

fn changed() -> FileFault {
    fault(
        "I001",
        "文件在读取期间被改动,未导入任何内容;请等它写完后再导入",
        "the file was changed while it was read, nothing was imported; wait until it is written and import it again",
    )
}

fn cut_gzip() -> FileFault {
    fault(
        "I002",
        "压缩文件不完整或已损坏,未导入任何内容;请重新下载或重新压缩后再导入",
        "the packed file is cut short or damaged, nothing was imported; fetch or pack it again",
    )
}

fn too_large() -> FileFault {
    fault(
        "I003",
        "文件超过 1 GiB,未导入任何内容;请拆分后分别导入",
        "the file holds more than 1 GiB, nothing was imported; split it and import the parts",
    )
}

fn packed_too_well() -> FileFault {
    fault(
        "I003",
        "压缩文件展开后大得不像清单,未导入任何内容;请核对文件来源,或解压后再导入",
        "the packed file unpacks to far more than a list holds, nothing was imported; check where it comes from, or unpack it first",
    )
}

fn packed_twice() -> FileFault {
    fault(
        "I003",
        "文件被压缩了两次,未导入任何内容;请解压一次后再导入",
        "the file is packed twice, nothing was imported; unpack it once and import that",
    )
}

fn no_list(zh: &str, en: &str) -> FileFault {
    fault(
        "I004",
        &format!(
            "这是{zh},未导入任何内容;请用 Excel 或 WPS 打开并另存为 .xlsx 或 CSV(压缩包请先解压)后再导入"
        ),
        &format!(
            "this is {en}, nothing was imported; open it in Excel and save it as .xlsx or CSV (unpack an archive first), then import that"
        ),
    )
}

/// The fault of a line that no list has.
pub(crate) fn line_too_long(line: u64) -> FileFault {
    fault(
        "I008",
        "这一行超过 1 MiB,不是清单,未导入任何内容;请核对文件,重新导出后再导入",
        "the line is longer than 1 MiB, which no list has, nothing was imported; check the file and export it again",
    )
    .at(line)
}

fn fault(code: &'static str, zh: &str, en: &str) -> FileFault {
    FileFault::new(code, Say::new(zh, en))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn open(bytes: &[u8]) -> Result<Source, FileFault> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        Source::open(file.path())
    }

    fn read(bytes: &[u8]) -> Result<Vec<u8>, FileFault> {
        let mut text = Vec::new();
        open(bytes)?.text()?.read_to_end(&mut text).map_err(|error| unread(&error))?;
        Ok(text)
    }

    #[test]
    fn a_packed_file_is_known_by_its_bytes() {
        assert_eq!(read(&packed(b"case_id\n1\n")).unwrap(), b"case_id\n1\n");
    }

    #[test]
    fn a_packed_file_cut_anywhere_is_refused() {
        let whole = packed("贷款编号,借款本金\n1,2\n".repeat(50).as_bytes());
        for length in 2..whole.len() {
            let fault = read(&whole[..length]).unwrap_err();
            assert_eq!(fault.code, "I002", "cut to {length} bytes");
        }
    }

    #[test]
    fn a_packed_file_of_nothing_but_the_same_is_refused_early() {
        let bomb = packed("1,2,3\n".repeat(12 << 20).as_bytes());
        assert!(bomb.len() < 1 << 20);
        assert_eq!(read(&bomb).unwrap_err().code, "I003");
    }

    #[test]
    fn a_missing_file_and_a_folder_are_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let fault = Source::open(&folder.path().join("none.csv")).unwrap_err();
        assert!(fault.message.en.contains("no such file"), "{fault}");
        let fault = Source::open(folder.path()).unwrap_err();
        assert!(fault.message.en.contains("folder"), "{fault}");
    }

    #[test]
    fn a_pipe_and_a_device_are_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [&pipe, &socket, Path::new("/dev/zero"), Path::new("/dev/null")] {
            let fault = Source::open(path).unwrap_err();
            assert_eq!(fault.code, "I001", "{}", path.display());
            assert!(fault.message.en.contains("no plain file"), "{fault}");
        }
    }

    #[test]
    fn what_is_no_list_is_named_for_what_it_is() {
        let files: [(&[u8], &str); 10] = [
            (b"%PDF-1.7\n", "PDF"),
            (b"Rar!\x1a\x07", "RAR"),
            (b"\x89PNG\r\n", "picture"),
            (b"<html><body><table><tr><td>1</td></tr></table>", "HTML"),
            (b"\xef\xbb\xbf\r\n<!DOCTYPE html>", "HTML"),
            (b"<table border=1><tr><td>", "HTML"),
            (b"\xff\xfe<\0h\0t\0m\0l\0>\0", "HTML"),
            (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook", "MHT"),
            (
                b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
                "Excel 2003",
            ),
            (b"BZh91AY", "bzip2"),
        ];
        for (bytes, name) in files {
            let fault = open(bytes).unwrap_err();
            assert_eq!(fault.code, "I004", "{name}");
            assert!(fault.message.en.contains(name), "{fault}");
            assert!(fault.message.en.contains(".xlsx"), "{fault}");
        }
    }

    #[test]
    fn a_list_that_grows_while_it_is_read_is_noticed() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"a,b\n1,2\n").unwrap();
        let source = Source::open(file.path()).unwrap();
        assert!(source.is_unchanged().is_ok());
        file.write_all(b"3,4\n").unwrap();
        assert!(source.is_unchanged().is_err());
    }
}
