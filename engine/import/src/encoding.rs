//! Finds out how a text file writes Chinese (文字编码): UTF-8, UTF-16 or GBK.
//!
//! A wrong guess would put unreadable names (乱码) into letters, so a file that
//! fits none is refused. A few characters that cannot be read cost their rows.

use std::io::{BufRead, BufReader, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use domain::say::Say;
use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::fault::FileFault;
use super::source::{LONGEST_LINE, line_too_long, unread};

/// So much of a file shows its encoding where nothing else does.
const HEAD: usize = 64 << 10;

/// The detector sees no more than this; it looks at every byte.
const DETECTED: usize = 4 << 20;

/// How a text file is to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Writing {
    encoding: &'static Encoding,
    /// The byte that ends a line: `\n`, or `\r` in a file without any.
    pub newline: u8,
}

impl Writing {
    /// What a person calls the encoding.
    pub(crate) fn name(&self) -> &'static str {
        if self.encoding == GB18030 { "GBK" } else { self.encoding.name() }
    }

    /// The text as UTF-8; what cannot be read becomes U+FFFD.
    pub(crate) fn decode<R: Read>(&self, reader: R) -> impl BufRead + use<R> {
        let decoded = DecodeReaderBytesBuilder::new()
            .encoding(Some(self.encoding))
            .bom_override(true)
            .strip_bom(true)
            .build(reader);
        BufReader::with_capacity(HEAD, decoded)
    }
}

/// Looks through a whole file.
pub(crate) fn survey(reader: impl Read) -> Result<Writing, FileFault> {
    let mut reader = BufReader::with_capacity(HEAD, reader);
    let mut head = Vec::with_capacity(HEAD);
    reader
        .by_ref()
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|error| unread(&error))?;
    if let Some(encoding) = utf16(&head) {
        return wide(encoding, &head, reader);
    }
    if is_binary(&head) {
        return Err(not_text());
    }
    let newline =
        if head.contains(&b'\n') || !head.contains(&b'\r') { b'\n' } else { b'\r' };
    let marked = head.starts_with(&[0xef, 0xbb, 0xbf]);
    let mut seen = ByteTally::default();
    let mut whole = head.as_slice().chain(reader);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = whole.by_ref().take(LONGEST_LINE as u64 + 1);
        bounded.read_until(newline, &mut line).map_err(|error| unread(&error))?;
        if LONGEST_LINE < line.len() {
            return Err(line_too_long(seen.lines + 1));
        }
        if line.is_empty() {
            break;
        }
        seen.line(&line, line.ends_with(&[newline]));
    }
    let encoding = if marked { seen.as_utf8()? } else { seen.verdict()? };
    Ok(Writing { encoding, newline })
}

/// UTF-16 with its mark, or without it when every second byte of a file in
/// ASCII or Chinese is zero often enough.
fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    if head.starts_with(&[0xff, 0xfe]) {
        return Some(UTF_16LE);
    }
    if head.starts_with(&[0xfe, 0xff]) {
        return Some(UTF_16BE);
    }
    let zeros =
        |from: usize| head.iter().skip(from).step_by(2).filter(|it| **it == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Separators and digits alone make a tenth of any list.
    let often = head.len() / 20;
    match (even, odd) {
        (0, odd) if often < odd => Some(UTF_16LE),
        (even, 0) if often < even => Some(UTF_16BE),
        _ => None,
    }
}

fn wide(
    encoding: &'static Encoding,
    head: &[u8],
    mut rest: impl Read,
) -> Result<Writing, FileFault> {
    let length =
        std::io::copy(&mut rest, &mut std::io::sink()).map_err(|error| unread(&error))?;
    if (head.len() as u64 + length) % 2 == 1 {
        return Err(broken("UTF-16"));
    }
    let (text, _, _) = encoding.decode(head);
    let newline = if text.contains('\n') || !text.contains('\r') { b'\n' } else { b'\r' };
    Ok(Writing { encoding, newline })
}

/// Whether a twentieth of the bytes are zero: no text, and no damaged text either.
fn is_binary(head: &[u8]) -> bool {
    let zeros = head.split(|it| *it == 0).count() - 1;
    head.len() < zeros * 20
}

/// What was seen of a file whose characters are bytes.
struct ByteTally {
    lines: u64,
    utf8: Tally,
    gbk: Tally,
    /// Characters of three bytes and more in whole UTF-8.
    right: u64,
    /// Bytes between them that are none.
    wrong: u64,
    /// Letters that are two bytes in UTF-8, such as Greek and Cyrillic ones.
    greek: bool,
    pairs: Pairs,
    /// Some line does not fit Big5.
    no_big5: bool,
    detector: EncodingDetector,
    detected: usize,
}

/// The lines that do not fit an encoding.
#[derive(Default)]
struct Tally {
    bad: u64,
    first_bad: u64,
    /// The first line that fits the other encoding well.
    foreign: Option<u64>,
    /// The last line ends within a character.
    cut: bool,
}

impl Tally {
    fn bad(&mut self, line: u64) {
        self.bad += 1;
        if self.bad == 1 {
            self.first_bad = line;
        }
    }

    /// A few bad lines among many are rows to set aside, not a wrong guess.
    fn verdict(
        &self,
        lines: u64,
        encoding: &'static Encoding,
    ) -> Result<&'static Encoding, FileFault> {
        let name = if encoding == UTF_8 { "UTF-8" } else { "GBK" };
        if let Some(line) = self.foreign {
            return Err(broken(name).at(line));
        }
        if self.cut {
            return Err(broken(name).at(lines));
        }
        if 2.max(lines / 20) < self.bad {
            return Err(broken(name).at(self.first_bad));
        }
        Ok(encoding)
    }
}

impl Default for ByteTally {
    fn default() -> Self {
        Self {
            lines: 0,
            utf8: Tally::default(),
            gbk: Tally::default(),
            right: 0,
            wrong: 0,
            greek: false,
            pairs: Pairs::default(),
            no_big5: false,
            detector: EncodingDetector::new(Iso2022JpDetection::Deny),
            detected: 0,
        }
    }
}

impl ByteTally {
    fn line(&mut self, line: &[u8], ended: bool) {
        self.lines += 1;
        if line.is_ascii() {
            return;
        }
        let plain = std::str::from_utf8(line);
        let mut right = 0;
        for chunk in line.utf8_chunks() {
            right += chunk.valid().chars().filter(|c| 3 <= c.len_utf8()).count() as u64;
            self.greek |=
                chunk.valid().chars().any(|c| ('\u{370}'..'\u{800}').contains(&c));
            self.wrong += u64::from(!chunk.invalid().is_empty());
        }
        self.right += right;
        if plain.is_ok() && 0 < right {
            // What is whole UTF-8 with Chinese in it is hardly anything else.
            self.gbk.foreign = self.gbk.foreign.or(Some(self.lines));
            return;
        }
        if self.detected < DETECTED {
            self.detected += line.len();
            self.detector.feed(line, false);
        }
        let pairs = Pairs::count(line);
        let chinese =
            GB18030.decode_without_bom_handling_and_without_replacement(line).is_some();
        if let Err(fault) = plain {
            self.utf8.bad(self.lines);
            self.utf8.cut = !ended && fault.error_len().is_none();
            if chinese && 2 <= pairs.everyday && pairs.rare == 0 {
                self.utf8.foreign = self.utf8.foreign.or(Some(self.lines));
            }
        }
        if !chinese {
            self.gbk.bad(self.lines);
            self.gbk.cut = !ended && ends_in_half(line);
        }
        self.no_big5 |=
            BIG5.decode_without_bom_handling_and_without_replacement(line).is_none();
        self.pairs.add(&pairs);
    }

    fn as_utf8(&self) -> Result<&'static Encoding, FileFault> {
        self.utf8.verdict(self.lines, UTF_8)
    }

    fn verdict(self) -> Result<&'static Encoding, FileFault> {
        if self.utf8.bad == 0 {
            // A few common characters of GBK are two bytes that are Cyrillic,
            // Hebrew or Arabic letters in UTF-8; no Chinese list has such alone.
            let disguised = self.right == 0 && self.greek && self.gbk.bad == 0;
            return Ok(if disguised && 0 < self.pairs.everyday {
                GB18030
            } else {
                UTF_8
            });
        }
        if self.wrong < self.right || self.right == 0 && self.wrong == 1 && self.utf8.cut
        {
            return self.as_utf8();
        }
        self.chinese()
    }

    fn chinese(mut self) -> Result<&'static Encoding, FileFault> {
        self.detector.feed(b"", true);
        let guess = self.detector.guess(Some(b"cn"), Utf8Detection::Deny);
        let guessed_chinese = guess.name().to_ascii_lowercase().starts_with("gb");
        // The detector may take a file of three names for a western one. It is
        // Chinese all the same if nearly every character is an everyday one.
        let Pairs { everyday, rare, own } = self.pairs;
        let plainly_chinese = guess.is_single_byte() && rare * 4 <= everyday;
        let likely_chinese = guessed_chinese && rare + own <= everyday + 2;
        if 0 < everyday && (likely_chinese || plainly_chinese) {
            return self.gbk.verdict(self.lines, GB18030);
        }
        if guess == UTF_8 {
            return Err(broken("UTF-8"));
        }
        Err(other_encoding(match guess.name() {
            _ if guessed_chinese && !self.no_big5 => "Big5",
            _ if guessed_chinese => "windows-1252",
            name => name,
        }))
    }
}

/// Whether a line in GBK breaks off after the first byte of a character.
fn ends_in_half(line: &[u8]) -> bool {
    let mut rest = line.iter();
    while let Some(first) = rest.next() {
        if !first.is_ascii() && rest.next().is_none() {
            return true;
        }
    }
    false
}

/// How many characters of a text read as GBK are everyday ones: the first
/// level of GB 2312 (一级汉字) and its punctuation, two high bytes each. A western
/// accent before a letter makes a pair too, but never such a one.
#[derive(Default)]
struct Pairs {
    everyday: usize,
    rare: usize,
    /// Where core banking systems keep characters of names (造字).
    own: usize,
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
                // Four bytes make one character, a rare one but no accident.
                rest.nth(1);
                continue;
            }
            match (first, second) {
                (0xa1..=0xa3 | 0xb0..=0xd7, 0xa1..) => pairs.everyday += 1,
                (0xaa..=0xaf | 0xf8..=0xfe, 0xa1..) => pairs.own += 1,
                _ => pairs.rare += 1,
            }
        }
        pairs
    }

    fn add(&mut self, other: &Self) {
        self.everyday += other.everyday;
        self.rare += other.rare;
        self.own += other.own;
    }
}

fn broken(encoding: &str) -> FileFault {
    FileFault::new(
        "I010",
        Say::new(
            format!(
                "文件不是完整的 {encoding} 文本(被截断,或混有另一种编码),未导入任何内容;请从系统重新导出,或另存为“CSV UTF-8”后再导入"
            ),
            format!(
                "the file is not whole {encoding} text (cut short, or two encodings mixed), nothing was imported; export it again or save it as \"CSV UTF-8\""
            ),
        ),
    )
}

fn other_encoding(name: &str) -> FileFault {
    FileFault::new(
        "I011",
        Say::new(
            format!(
                "文字编码似乎是 {name},只能读取 UTF-8、UTF-16 和 GBK,未导入任何内容;请另存为“CSV UTF-8”后再导入"
            ),
            format!(
                "the text seems to be in {name}; only UTF-8, UTF-16 and GBK are read, nothing was imported; save the file as \"CSV UTF-8\" and import it again"
            ),
        ),
    )
}

fn not_text() -> FileFault {
    FileFault::new(
        "I012",
        Say::new(
            "文件含有大量不可见的控制字符,不是 CSV 文本,未导入任何内容;请重新导出为 CSV 或 .xlsx",
            "the file is full of control characters and is not CSV text, nothing was imported; export it again as CSV or .xlsx",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str =
        "贷款编号,客户姓名,自然村\nQS-001,谢小禾,柳树湾\nQS-002,欧阳谷雨,石桥村\n";

    fn decode(bytes: &[u8]) -> Result<String, FileFault> {
        let writing = survey(bytes)?;
        let mut text = Vec::new();
        writing.decode(bytes).read_to_end(&mut text).unwrap();
        Ok(String::from_utf8_lossy(&text).trim_start_matches('\u{feff}').to_owned())
    }

    fn gbk(text: &str) -> Vec<u8> {
        let (bytes, _, unmappable) = GB18030.encode(text);
        assert!(!unmappable);
        bytes.into_owned()
    }

    fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
        let mark = std::iter::once(0xfeff).filter(|_| mark);
        let units = mark.chain(text.encode_utf16());
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
            ("UTF-16 LE", utf16(LIST, false, true)),
            ("UTF-16 BE", utf16(LIST, true, true)),
            ("UTF-16 LE without mark", utf16(LIST, false, false)),
            ("UTF-16 BE without mark", utf16(LIST, true, false)),
        ];
        for (name, bytes) in files {
            assert_eq!(decode(&bytes).as_deref(), Ok(LIST), "{name}");
        }
    }

    #[test]
    fn a_gbk_file_with_one_chinese_word_is_still_chinese() {
        for word in ["谢", "王", "柳树湾", "毛细", "联通", "王𠮷", "王喆", "王\u{e000}"]
        {
            let list = format!("case_id,debtor_name\n1,{word}\n");
            let decoded = decode(&gbk(&list));
            assert_eq!(decoded.as_deref(), Ok(list.as_str()), "{word}");
        }
    }

    #[test]
    fn a_rare_name_does_not_change_the_guess() {
        for name in
            ["王\u{e000}", "阿\u{e4c6}", "𠮷田", "㛃", "买买提·艾力", "ཚེ་རིང་", "Ⅷ世"]
        {
            let list = format!("{LIST}QS-003,{name},石桥村\n");
            for bytes in
                [gbk(&list), list.clone().into_bytes(), utf16(&list, false, true)]
            {
                assert_eq!(decode(&bytes).as_deref(), Ok(list.as_str()), "{name}");
            }
        }
    }

    /// Core banking systems cut names after so many bytes.
    #[test]
    fn a_name_cut_within_a_character_costs_its_own_row() {
        for (encoding, bytes) in [("UTF-8", LIST.as_bytes().to_vec()), ("GBK", gbk(LIST))]
        {
            let cut = [bytes.as_slice(), b"QS-003,\xd0,x\nQS-004,a,b\n"].concat();
            let text = decode(&cut).unwrap();
            assert!(text.contains("QS-003,\u{fffd},x\nQS-004"), "{encoding}: {text}");
        }
    }

    #[test]
    fn broken_text_is_refused_and_never_stored() {
        let cut = &LIST.as_bytes()[..LIST.len() - 3];
        let cut_gbk = gbk(LIST);
        let mixed = [LIST.as_bytes(), &gbk("QS-003,王,石桥\n")].concat();
        let other = [gbk(LIST).as_slice(), "QS-003,王,石桥\n".as_bytes()].concat();
        let latin = b"case_id,name\n1,Jos\xe9 Garc\xeda\n2,Beno\xeet\n".to_vec();
        let (big5, _, _) = BIG5.encode("貸款編號,客戶姓名\n1,張小華\n2,陳鵬飛\n");
        let files: [(&str, &str, Vec<u8>); 10] = [
            ("UTF-8 cut in a character", "I010", cut.to_vec()),
            ("lone first bytes of a character", "I010", b"case_id\n\xe6\x9d".to_vec()),
            ("GBK cut in a character", "I010", cut_gbk[..cut_gbk.len() - 2].to_vec()),
            ("two encodings in one file", "I010", mixed),
            ("two encodings the other way", "I010", other),
            ("Latin letters", "I011", latin),
            ("one Latin letter", "I011", b"case_id,name\n1,Beno\xeet\n".to_vec()),
            ("Big5", "I011", big5.into_owned()),
            ("NUL bytes", "I012", b"case_id\n1\0\0\n".to_vec()),
            ("UTF-16 cut in a unit", "I010", utf16(LIST, false, true)[..41].to_vec()),
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

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let endless = std::io::repeat(b'x').take(1 << 30);
        assert_eq!(survey(endless).unwrap_err().code, "I008");
    }
}
