//! Finds out how a text file writes Chinese (文字编码): UTF-8, UTF-16 or GBK.
//!
//! A file that cannot be decoded without a fault is refused. A wrong guess
//! would put unreadable names (乱码) into letters.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::fault::{FileFault, Message};

/// Decodes a whole file, without its byte order mark.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, FileFault> {
    let text = if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        utf8(rest)?
    } else if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        utf16(bytes)?
    } else {
        unmarked(bytes)?
    };
    match text.chars().position(|it| it.is_control() && !matches!(it, '\t' | '\r' | '\n'))
    {
        None => Ok(text),
        Some(index) => Err(not_text().at(line_of_char(&text, index))),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, FileFault> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(broken("UTF-8").at(line_of(bytes, error.valid_up_to()))),
    }
}

fn utf16(bytes: &[u8]) -> Result<String, FileFault> {
    let encoding = if bytes.starts_with(&[0xff, 0xfe]) { UTF_16LE } else { UTF_16BE };
    match encoding.decode_with_bom_removal(bytes) {
        (text, false) => Ok(text.into_owned()),
        (_, true) => Err(broken("UTF-16")),
    }
}

fn unmarked(bytes: &[u8]) -> Result<String, FileFault> {
    match std::str::from_utf8(bytes) {
        Ok(text) => match gb18030_in_disguise(text) {
            Some(chinese) => Ok(chinese),
            None => Ok(text.to_owned()),
        },
        Err(error) if looks_like_utf8(bytes, &error) => {
            Err(broken("UTF-8").at(line_of(bytes, error.valid_up_to())))
        }
        Err(_) => chinese(bytes),
    }
}

/// Bytes that are no UTF-8 as a whole, but were written as such: most of the
/// Chinese characters in it are right, or only the last one is cut.
fn looks_like_utf8(bytes: &[u8], error: &std::str::Utf8Error) -> bool {
    if error.error_len().is_none() {
        return true;
    }
    let (mut right, mut wrong) = (0_u64, 0_u64);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|it| 3 <= it.len_utf8()).count() as u64;
        wrong += u64::from(!chunk.invalid().is_empty());
    }
    wrong < right
}

/// A few common characters of GBK are two bytes that are Cyrillic, Hebrew or
/// Arabic letters in UTF-8. A Chinese book has no such letters.
fn gb18030_in_disguise(text: &str) -> Option<String> {
    let short = text.chars().all(|it| it < '\u{800}');
    if !short || !text.chars().any(|it| '\u{370}' <= it) {
        return None;
    }
    match GB18030.decode_without_bom_handling(text.as_bytes()) {
        (decoded, false) if is_chinese(&decoded) => Some(decoded.into_owned()),
        _ => None,
    }
}

fn chinese(bytes: &[u8]) -> Result<String, FileFault> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(Some(b"cn"), Utf8Detection::Deny);
    let (text, had_errors) = GB18030.decode_without_bom_handling(bytes);
    let guessed_chinese = guess.name().to_ascii_lowercase().starts_with("gb");
    let pairs = Pairs::count(bytes);
    // The detector may take a file of three names for a western one. It is
    // Chinese all the same if every character is an everyday one.
    let plainly_chinese = guess.is_single_byte() && pairs.rare == 0;
    let believable = 0 < pairs.everyday && (guessed_chinese || plainly_chinese);
    if !had_errors && is_chinese(&text) && believable {
        return Ok(text.into_owned());
    }
    let name = guess.name();
    if had_errors && (guessed_chinese || guess == UTF_8) {
        return Err(broken("GBK"));
    }
    let name = if guessed_chinese { "windows-1252" } else { name };
    Err(FileFault::new(
        "I011",
        Message::new(
            format!(
                "文字编码似乎是 {name},只能读取 UTF-8、UTF-16 和 GBK,未导入任何内容;请另存为“CSV UTF-8”后再导入"
            ),
            format!(
                "the text seems to be in {name}; only UTF-8, UTF-16 and GBK are read, nothing was imported; save the file as \"CSV UTF-8\" and import it again"
            ),
        ),
    ))
}

/// How many characters of a text read as GBK are everyday ones: the first
/// level of GB 2312 (一级汉字) and its punctuation, two high bytes each. A western
/// accent before a letter makes a pair too, but never such a one.
#[derive(Default)]
struct Pairs {
    everyday: usize,
    rare: usize,
}

impl Pairs {
    fn count(bytes: &[u8]) -> Self {
        let mut pairs = Self::default();
        let mut rest = bytes.iter();
        while let Some(first) = rest.next() {
            if first.is_ascii() {
                continue;
            }
            let second = rest.next().copied().unwrap_or_default();
            if second.is_ascii_digit() {
                // Four bytes make one character.
                rest.nth(1);
            }
            if matches!(first, 0xa1..=0xa3 | 0xb0..=0xd7) && 0xa1 <= second {
                pairs.everyday += 1;
            } else {
                pairs.rare += 1;
            }
        }
        pairs
    }
}

/// Every character beyond ASCII is one that Chinese lists use.
fn is_chinese(text: &str) -> bool {
    text.chars().filter(|it| !it.is_ascii()).all(|it| {
        matches!(it,
            '\u{a4}'..='\u{f7}' // ¤ § ° ± · × ÷
            | '\u{2010}'..='\u{2642}' // “ ” … ※ ① ─ ■ ○
            | '\u{3000}'..='\u{33ff}' // 、 。 〇 《 ㈠
            | '\u{3400}'..='\u{9fff}'
            | '\u{20000}'..='\u{323af}'
            | '\u{ff01}'..='\u{ffe5}')
    })
}

fn broken(encoding: &str) -> FileFault {
    FileFault::new(
        "I010",
        Message::new(
            format!(
                "文件不是完整的 {encoding} 文本(被截断,或混有另一种编码),未导入任何内容;请从系统重新导出,或另存为“CSV UTF-8”后再导入"
            ),
            format!(
                "the file is not whole {encoding} text (cut short, or two encodings mixed), nothing was imported; export it again or save it as \"CSV UTF-8\""
            ),
        ),
    )
}

fn not_text() -> FileFault {
    FileFault::new(
        "I012",
        Message::new(
            "文件含有不可见的控制字符,不是 CSV 文本,未导入任何内容;请重新导出为 CSV 或 .xlsx",
            "the file holds control characters and is not CSV text, nothing was imported; export it again as CSV or .xlsx",
        ),
    )
}

fn line_of(bytes: &[u8], offset: usize) -> u64 {
    bytes[..offset].split(|it| *it == b'\n').count() as u64
}

fn line_of_char(text: &str, index: usize) -> u64 {
    1 + text.chars().take(index).filter(|it| *it == '\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str =
        "贷款编号,客户姓名,自然村\nQS-001,谢小禾,柳树湾\nQS-002,欧阳谷雨,石桥村\n";

    fn gbk(text: &str) -> Vec<u8> {
        let (bytes, _, unmappable) = GB18030.encode(text);
        assert!(!unmappable);
        bytes.into_owned()
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        if big {
            units.flat_map(u16::to_be_bytes).collect()
        } else {
            units.flat_map(u16::to_le_bytes).collect()
        }
    }

    #[test]
    fn every_usual_encoding_gives_the_same_text() {
        let marked = [&[0xef, 0xbb, 0xbf], LIST.as_bytes()].concat();
        let files = [
            ("UTF-8", LIST.as_bytes().to_vec()),
            ("UTF-8 with mark", marked),
            ("GBK", gbk(LIST)),
            ("UTF-16 LE", utf16(LIST, false)),
            ("UTF-16 BE", utf16(LIST, true)),
        ];
        for (name, bytes) in files {
            assert_eq!(decode(&bytes).as_deref(), Ok(LIST), "{name}");
        }
    }

    #[test]
    fn a_gbk_file_with_one_chinese_word_is_still_chinese() {
        for word in ["谢", "王", "柳树湾", "毛细", "联通", "王𠮷", "王喆"] {
            let list = format!("case_id,debtor_name\n1,{word}\n");
            let decoded = decode(&gbk(&list));
            assert_eq!(decoded.as_deref(), Ok(list.as_str()), "{word}");
        }
    }

    #[test]
    fn broken_text_is_refused_and_never_stored() {
        let cut = &LIST.as_bytes()[..LIST.len() - 3];
        let cut_gbk = gbk(LIST);
        let mixed = [LIST.as_bytes(), &gbk("QS-003,王,石桥\n")].concat();
        let latin = b"case_id,name\n1,Jos\xe9 Garc\xeda\n2,Beno\xeet\n".to_vec();
        let files: [(&str, &str, Vec<u8>); 8] = [
            ("UTF-8 cut in a character", "I010", cut.to_vec()),
            ("lone first bytes of a character", "I010", b"case_id\n\xe6\x9d".to_vec()),
            ("GBK cut in a character", "I010", cut_gbk[..cut_gbk.len() - 2].to_vec()),
            ("two encodings in one file", "I010", mixed),
            ("Latin letters", "I011", latin),
            ("one Latin letter", "I011", b"case_id,name\n1,Beno\xeet\n".to_vec()),
            ("NUL bytes", "I012", b"case_id\n1\0\0\n".to_vec()),
            ("UTF-16 cut in a unit", "I010", utf16(LIST, false)[..41].to_vec()),
        ];
        for (name, code, bytes) in files {
            match decode(&bytes) {
                Ok(text) => panic!("{name} was read as {text:?}"),
                Err(fault) => assert_eq!(fault.code, code, "{name}"),
            }
        }
    }

    #[test]
    fn the_line_of_the_broken_character_is_named() {
        let mixed = [LIST.as_bytes(), &gbk("QS-003,王,石桥\n")].concat();
        assert_eq!(decode(&mixed).unwrap_err().line, Some(4));
    }
}
