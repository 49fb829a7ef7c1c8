//! Looks a workbook over before it is read (工作簿检查): whether it is one, and that
//! it does not unpack to more than a memory holds.
//!
//! The sizes that a packed file declares are only its word, so every part that
//! is read later is unpacked here once and counted.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use domain::say::Say;
use zip::ZipArchive;

use super::fault::FileFault;

/// Workbooks larger than this are refused.
const LARGEST_FILE: u64 = 256 << 20;

/// A workbook has a few dozen parts.
const MOST_PARTS: usize = 10_000;

/// All parts together, unpacked: above all the sheets.
const LARGEST_IN_ALL: u64 = 1 << 30;

/// Pictures and whatever else is no XML.
const LARGEST_PICTURE: u64 = 32 << 20;

/// The texts of all cells, which are kept in memory.
const LARGEST_TEXTS: u64 = 64 << 20;
const MOST_TEXTS: u64 = 2_000_000;

/// Merged cells, styles, names, sheets: what is kept in memory besides.
const MOST_THINGS: u64 = 200_000;

/// A cell of Excel holds 32,767 letters.
const LONGEST_PIECE: u64 = 1 << 20;

/// Refuses what is no workbook, and a workbook that would fill the memory.
///
/// Any part can be made a sheet by the parts that say how all hang together, so
/// that all are held to the same bounds.
pub(crate) fn look_over(file: File) -> Result<(), FileFault> {
    let about = file.metadata().map_err(|_| broken())?;
    if LARGEST_FILE < about.len() {
        return Err(too_large());
    }
    let mut file = BufReader::with_capacity(64 << 10, file);
    if MOST_PARTS < parts_in(&mut file)? {
        return Err(too_large());
    }
    let mut archive = ZipArchive::new(file).map_err(|_| broken())?;
    what_it_is(&archive)?;
    let (mut left, mut things) = (LARGEST_IN_ALL, 0);
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| broken())?;
        let name = part.name().map_err(|_| broken())?.to_lowercase();
        let texts = name.ends_with("sharedstrings.xml");
        let limit = if texts { LARGEST_TEXTS.min(left) } else { left };
        let refuse = if texts { too_many_texts } else { too_large };
        if limit < part.size() {
            return Err(refuse());
        }
        let seen = PartSize::of(part, limit).map_err(|_| broken())?;
        things += seen.things;
        let fits = seen.bytes <= limit
            && things <= MOST_THINGS
            && seen.texts.max(seen.declared) <= MOST_TEXTS
            && if seen.is_xml {
                seen.longest <= LONGEST_PIECE
            } else {
                seen.bytes <= LARGEST_PICTURE
            };
        if !fits {
            return Err(refuse());
        }
        left -= seen.bytes;
    }
    Ok(())
}

/// How many entries the list of contents may have, counted by their signature
/// before it is read into memory.
fn parts_in(file: &mut (impl Read + Seek)) -> Result<usize, FileFault> {
    const ENTRY: [u8; 4] = *b"PK\x01\x02";
    let mut count = 0;
    let mut last = [0_u8; 4];
    let mut bytes = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut bytes).map_err(|_| broken())?;
        if read == 0 {
            break;
        }
        for byte in &bytes[..read] {
            last = [last[1], last[2], last[3], *byte];
            count += usize::from(last == ENTRY);
        }
    }
    file.rewind().map_err(|_| broken())?;
    Ok(count)
}

/// Other programs pack their files in the same way.
fn what_it_is<R: Read + Seek>(archive: &ZipArchive<R>) -> Result<(), FileFault> {
    let names = archive.file_names().flatten().map(|it| it.to_lowercase());
    let names: Vec<String> = names.collect();
    let has = |end: &str| names.iter().any(|name| name.ends_with(end));
    if has("workbook.xml") {
        return Ok(());
    }
    let known = [
        ("workbook.bin", "二进制工作簿(.xlsb)", "a binary workbook (.xlsb)"),
        ("word/document.xml", "Word 文档", "a Word document"),
        ("ppt/presentation.xml", "演示文稿", "a presentation"),
        ("content.xml", "OpenDocument 表格或文档(.ods)", "an OpenDocument file (.ods)"),
        ("index.zip", "Numbers 表格", "a Numbers sheet"),
        (".iwa", "Numbers 表格", "a Numbers sheet"),
    ];
    let found = known.iter().find(|it| has(it.0));
    let (zh, en) = found.map_or(
        ("压缩包(ZIP),不是工作簿", "an archive (ZIP) and no workbook"),
        |it| (it.1, it.2),
    );
    let next = match found {
        None => ("请解压后导入其中的文件", "unpack it and import the file within"),
        Some(_) => (
            "请打开后另存为 .xlsx 或 CSV 再导入",
            "open it, save it as .xlsx or CSV and import that",
        ),
    };
    Err(FileFault::new(
        "I004",
        Say::new(
            format!("这是{zh},未导入任何内容;{}", next.0),
            format!("this is {en}, nothing was imported; {}", next.1),
        ),
    ))
}

/// What one part holds.
#[derive(Default)]
struct PartSize {
    bytes: u64,
    /// It begins with an angle bracket.
    is_xml: bool,
    /// The longest run between two angle brackets.
    longest: u64,
    texts: u64,
    /// How many texts the part says it holds: a reader makes room for them.
    declared: u64,
    /// Of what is kept in memory besides the texts.
    things: u64,
}

impl PartSize {
    fn of(part: impl Read, limit: u64) -> std::io::Result<Self> {
        let mut seen = Self::default();
        let mut part = part.take(limit + 1);
        let mut bytes = vec![0; 64 << 10];
        let (mut run, mut tag) = (0_u64, Vec::with_capacity(256));
        let mut within = false;
        loop {
            let read = part.read(&mut bytes)?;
            if read == 0 {
                break;
            }
            if seen.bytes == 0 {
                let first = bytes[..read]
                    .iter()
                    .find(|byte| !b"\xef\xbb\xbf \t\r\n".contains(byte));
                seen.is_xml = first == Some(&b'<');
            }
            seen.bytes += read as u64;
            for byte in &bytes[..read] {
                run += 1;
                match byte {
                    b'<' => {
                        tag.clear();
                        within = true;
                        run = 0;
                    }
                    b'>' => {
                        seen.tag(&tag);
                        within = false;
                        run = 0;
                    }
                    byte if within && tag.len() < 512 => tag.push(*byte),
                    _ => {}
                }
                seen.longest = seen.longest.max(run);
            }
        }
        Ok(seen)
    }

    fn tag(&mut self, tag: &[u8]) {
        let end = tag.iter().position(|it| !it.is_ascii_alphanumeric() && *it != b':');
        let name = &tag[..end.unwrap_or(tag.len())];
        let name = name.rsplit(|it| *it == b':').next().unwrap_or(name);
        match name {
            b"si" => self.texts += 1,
            b"mergeCell" | b"xf" | b"sheet" | b"definedName" | b"Relationship"
            | b"font" | b"fill" | b"border" | b"numFmt" | b"Override" => self.things += 1,
            b"sst" => self.declared = self.declared.max(declared(tag)),
            _ => {}
        }
    }
}

/// The number after `uniqueCount=`; one that cannot be read counts as endless.
fn declared(tag: &[u8]) -> u64 {
    let tag = String::from_utf8_lossy(tag);
    let Some((_, rest)) = tag.split_once("uniqueCount") else { return 0 };
    let number: String = rest
        .trim_start_matches(|it: char| it.is_whitespace() || "='\"".contains(it))
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    number.parse().unwrap_or(u64::MAX)
}

/// The fault of a workbook that cannot be read.
pub(crate) fn broken() -> FileFault {
    FileFault::new(
        "I005",
        Say::new(
            "工作簿无法读取(不完整或已损坏),未导入任何内容;请在 Excel 中打开并另存为 .xlsx 后再导入",
            "the workbook cannot be read (cut short or damaged), nothing was imported; open it in Excel, save it as .xlsx and import that",
        ),
    )
}

/// The fault of a workbook that is locked.
pub(crate) fn locked() -> FileFault {
    FileFault::new(
        "I005",
        Say::new(
            "工作簿设有打开密码,无法读取,未导入任何内容;请在 Excel 或 WPS 中打开,去掉密码(文件—信息—保护工作簿)后另存,再导入",
            "the workbook is locked by a password and cannot be read, nothing was imported; open it in Excel, take the password off (File, Info, Protect Workbook), save it and import that",
        ),
    )
}

pub(crate) fn too_large() -> FileFault {
    FileFault::new(
        "I003",
        Say::new(
            "工作簿展开后过大,不像清单,未导入任何内容;请只留下清单所在的工作表,或另存为 CSV 后再导入",
            "the workbook unpacks to far more than a list holds, nothing was imported; keep the sheet with the list alone, or save it as CSV and import that",
        ),
    )
}

fn too_many_texts() -> FileFault {
    FileFault::new(
        "I003",
        Say::new(
            "工作簿中的文字过多,一次读取会占满内存,未导入任何内容;请另存为 CSV 后再导入",
            "the workbook holds more text than fits the memory at once, nothing was imported; save it as CSV and import that",
        ),
    )
}
