//! Opens a list (打开文件): plain, packed with gzip, or an Excel workbook.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::fault::{FileFault, Message};

/// Files that unpack to more than this are refused, so that a packed file of a
/// few kilobytes cannot fill the memory.
const LARGEST_BYTES: u64 = 1 << 30;

/// What a file holds once it is unpacked.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Content {
    /// Text in an encoding yet to be found out.
    Text(Vec<u8>),
    /// An Excel workbook (.xlsx).
    Workbook(Vec<u8>),
}

/// The file's name without its folder, for messages and the rejects file.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Opened {
    /// What it holds.
    pub content: Content,
    /// The SHA-256 of its bytes as they lie on the disk.
    pub sha256: String,
}

/// Reads the whole file. The first bytes decide what it is, not its name.
pub(crate) fn read(path: &Path) -> Result<Opened, FileFault> {
    let file = File::open(path).map_err(|error| cannot_open(&error))?;
    let packed = take(file).map_err(|error| match error {
        Unread::Io(error) => cannot_open(&error),
        Unread::TooLarge => too_large(),
    })?;
    let sha256 = store::journal::hex(&Sha256::digest(&packed));
    Ok(Opened { content: unpack(packed)?, sha256 })
}

/// Tells packed files, workbooks and text apart.
pub(crate) fn unpack(bytes: Vec<u8>) -> Result<Content, FileFault> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let inner =
            take(MultiGzDecoder::new(bytes.as_slice())).map_err(|error| match error {
                Unread::Io(_) => cut_gzip(),
                Unread::TooLarge => too_large(),
            })?;
        return if inner.starts_with(b"PK\x03\x04") {
            Ok(Content::Workbook(inner))
        } else {
            Ok(Content::Text(inner))
        };
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Content::Workbook(bytes));
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(FileFault::new(
            "I004",
            Message::new(
                "这是旧版 Excel(.xls)文件,无法读取;请在 Excel 中另存为 .xlsx 或 CSV 后再导入",
                "this is an old Excel (.xls) file, which is not read; save it as .xlsx or CSV and import that",
            ),
        ));
    }
    Ok(Content::Text(bytes))
}

enum Unread {
    Io(std::io::Error),
    TooLarge,
}

fn take(reader: impl Read) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    reader.take(LARGEST_BYTES + 1).read_to_end(&mut bytes).map_err(Unread::Io)?;
    if usize::try_from(LARGEST_BYTES).is_ok_and(|it| it < bytes.len()) {
        return Err(Unread::TooLarge);
    }
    Ok(bytes)
}

fn cannot_open(error: &std::io::Error) -> FileFault {
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
    FileFault::new("I001", Message::new(zh, en))
}

fn cut_gzip() -> FileFault {
    FileFault::new(
        "I002",
        Message::new(
            "压缩文件不完整或已损坏,未导入任何内容;请重新下载或重新压缩后再导入",
            "the packed file is cut short or damaged, nothing was imported; fetch or pack it again",
        ),
    )
}

fn too_large() -> FileFault {
    FileFault::new(
        "I003",
        Message::new(
            "文件超过 1 GiB,未导入任何内容;请拆分后分别导入",
            "the file holds more than 1 GiB, nothing was imported; split it and import the parts",
        ),
    )
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

    #[test]
    fn a_packed_file_is_known_by_its_bytes() {
        let content = unpack(packed(b"case_id\n1\n")).unwrap();
        assert_eq!(content, Content::Text(b"case_id\n1\n".to_vec()));
    }

    #[test]
    fn a_packed_file_cut_anywhere_is_refused() {
        let whole = packed("贷款编号,借款本金\n1,2\n".repeat(50).as_bytes());
        for length in 2..whole.len() {
            let fault = unpack(whole[..length].to_vec()).unwrap_err();
            assert_eq!(fault.code, "I002", "cut to {length} bytes");
        }
    }

    #[test]
    fn a_missing_file_and_a_folder_are_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let fault = read(&folder.path().join("none.csv")).unwrap_err();
        assert!(fault.message.en.contains("no such file"), "{fault}");
        let fault = read(folder.path()).unwrap_err();
        assert!(fault.message.en.contains("folder"), "{fault}");
    }

    #[test]
    fn an_old_workbook_is_refused_with_the_way_out() {
        let fault = unpack(vec![0xd0, 0xcf, 0x11, 0xe0, 0]).unwrap_err();
        assert!(fault.message.en.contains(".xlsx"), "{fault}");
    }
}
