//! What is a telephone number (电话号码), and what merely stands in its column.
//!
//! One reading for the import and for the hand-over: a word, a damaged number
//! or somebody else's is none, and nobody is written to at it.

use std::fmt;

use crate::manifest::{Text, text};

/// What sort of number it is, and so what can reach it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PhoneKind {
    /// A mobile number of the mainland (手机), or one of a made-up book: calls and
    /// text messages.
    Mobile,
    /// A landline with its area code (座机): calls alone.
    Landline,
    /// A number of another country with its `+`: calls alone.
    Abroad,
}

/// A number that can be dialed, in the one form in which it is stored and
/// compared: digits alone, without the country code 86, with an extension
/// behind `-`, and with `+` in front when it is of another country.
///
/// Its `Debug` form hides the digits, for it is personal data.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Phone {
    number: String,
    kind: PhoneKind,
}

/// Why a cell with something in it holds no telephone number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotAPhone {
    /// Digits are missing or too many.
    WrongLength,
    /// A local number whose area code nobody knows.
    NoAreaCode,
    /// Some digits are hidden, `139****0001`.
    Masked,
    /// A spreadsheet has rounded it, `1.39E+10`.
    Rounded,
    /// The hotline of a company, `400…`.
    Hotline,
    /// Words stand beside it, `…(儿子)`: it may be somebody else's.
    OtherWords,
}

impl NotAPhone {
    /// Why, and what to write instead; no personal data.
    pub fn text(self) -> Text {
        match self {
            Self::WrongLength => text(
                "位数不对,不是电话号码;手机应为 11 位",
                "not a telephone number, digits are missing or too many; a mobile has 11",
            ),
            Self::NoAreaCode => text(
                "座机缺区号;请写成 0555-2234567",
                "a landline without its area code; write 0555-2234567",
            ),
            Self::Masked => text(
                "号码部分隐藏;请从系统导出完整号码",
                "part of the number is hidden; export it whole",
            ),
            Self::Rounded => text(
                "号码被 Excel 当作数值,末尾数字已丢失;请把该列设为“文本”格式",
                "a spreadsheet took the number for a value and lost its last digits; format the column as text",
            ),
            Self::Hotline => text(
                "是客服热线,不是客户的电话",
                "the hotline of a company and not a person's number",
            ),
            Self::OtherWords => text(
                "号码旁有其他文字,可能是别人的电话;只写本人的号码",
                "words stand beside the number, it may be somebody else's; write the person's own number alone",
            ),
        }
    }
}

impl Phone {
    /// The number as it is stored, dialed and compared.
    pub fn as_str(&self) -> &str {
        &self.number
    }

    /// What sort of number it is.
    pub fn kind(&self) -> PhoneKind {
        self.kind
    }

    /// Whether a text message can reach it.
    pub fn takes_texts(&self) -> bool {
        self.kind == PhoneKind::Mobile
    }

    fn new(kind: PhoneKind, number: impl Into<String>) -> Self {
        Self { number: number.into(), kind }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({:?})", self.kind)
    }
}

/// Reads the numbers of a cell, in their order and each once; none for an empty
/// cell or a word that says so (无, `#N/A`, `0`).
///
/// Of several numbers those that can be dialed are taken. Words in any part speak
/// against all of them: 儿子 in the line above a number says whose it is.
///
/// # Errors
///
/// [`NotAPhone`] when something stands there and none of it can be dialed.
///
/// # Example
///
/// ```
/// use domain::phone;
///
/// let two = phone::read("手机:139 0000 0001 / 0555-2234567")?;
/// assert_eq!(two[0].as_str(), "13900000001");
/// assert!(!two[1].takes_texts());
/// assert!(phone::read("暂无")?.is_empty());
/// # Ok::<(), phone::NotAPhone>(())
/// ```
pub fn read(cell: &str) -> Result<Vec<Phone>, NotAPhone> {
    if is_mobile(cell) || is_made_up(cell) {
        return Ok(vec![Phone::new(PhoneKind::Mobile, cell)]);
    }
    let plain = plain(cell);
    if says_none(&plain) {
        return Ok(Vec::new());
    }
    let mut found: Vec<Phone> = Vec::new();
    let mut fault = None;
    for part in parts(&plain) {
        match one(part) {
            Ok(Some(phone)) if !found.contains(&phone) => found.push(phone),
            Ok(None) if says_dead(part) => return Err(NotAPhone::OtherWords),
            Ok(_) => {}
            Err(NotAPhone::OtherWords) => return Err(NotAPhone::OtherWords),
            Err(why) => fault = fault.or(Some(why)),
        }
    }
    match fault {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(found),
    }
}

/// The first number of what is on record, when there is one.
pub fn first(on_record: &str) -> Option<Phone> {
    read(on_record).ok()?.into_iter().next()
}

/// A number as lists show it: who knows it sees which one it is, and nobody can dial it.
///
/// ```
/// use domain::phone;
///
/// assert_eq!(phone::masked("13900000001"), "139****0001");
/// assert_eq!(phone::masked("12345"), "***45");
/// ```
pub fn masked(number: &str) -> String {
    let signs: Vec<char> = number.chars().collect();
    let (head, tail) = if 9 < signs.len() { (3, 4) } else { (0, 2) };
    let hidden = signs.len().saturating_sub(head + tail);
    let shown = |(place, sign): (usize, &char)| {
        if (head..head + hidden).contains(&place) { '*' } else { *sign }
    };
    signs.iter().enumerate().map(shown).collect()
}

/// The digits of a number from its end, by which it is found where somebody knows its
/// last ones; nothing where there are none.
pub fn from_its_end(number: &str) -> String {
    number.chars().rev().filter(char::is_ascii_digit).collect()
}

/// Half-width, without marks that nobody sees, with one sort of dash.
fn plain(cell: &str) -> String {
    let kept = cell.chars().filter_map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        _ if is_unseen(c) => None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Some('-'),
        '\n' | '\r' => Some('/'),
        _ if c.is_control() || c.is_whitespace() => Some(' '),
        _ => Some(c),
    });
    let text: String = kept.collect();
    // A spreadsheet writes text that looks like a number as '… or ="…".
    let text = text.trim().trim_start_matches(['=', '\'', '`']);
    text.trim_matches(['"', '\u{201c}', '\u{201d}', ' ', '/']).to_lowercase()
}

/// Marks of direction and width that copying brings along.
fn is_unseen(mark: char) -> bool {
    matches!(
        mark,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
    )
}

const NONE: &str = "\
无 暂无 没有 不详 未知 空 空号 停机 未登记 未填 未留 待补 待核实 不清楚 \
无电话 无手机 无号码 无联系方式 查无 缺 none null nil nan na \
unknown no 无效 不存在 已注销 (空) (null) (无) <null> \
undefined";

/// Whether a cell says that there is no number: nothing, a word, a spreadsheet's
/// error, or one digit over and over.
fn says_none(plain: &str) -> bool {
    let marks = |it: char| matches!(it, ' ' | '-' | '/' | '.' | '_' | '?' | '、' | '。');
    let bare: String = plain.chars().filter(|c| !marks(*c)).collect();
    let mut digits = bare.chars();
    let first = digits.next();
    let one_digit =
        first.is_some_and(|it| it.is_ascii_digit() && digits.all(|other| other == it));
    bare.is_empty()
        || one_digit
        || plain.starts_with('#')
        || NONE.split(' ').any(|part| part == bare)
}

/// Whether a part says that a number is dead: beside a number it may be meant of
/// that one, 空号/13900000001.
fn says_dead(part: &str) -> bool {
    ["空号", "停机", "无效", "不存在", "注销", "待核实"]
        .iter()
        .any(|it| part.contains(it))
}

/// The numbers that stand beside one another in a cell.
fn parts(plain: &str) -> Vec<&str> {
    let marks = ['/', '、', ',', ';', '|', '或', '和', '及', '\\', '&'];
    let parts: Vec<&str> =
        plain.split(marks).map(str::trim).filter(|it| !it.is_empty()).collect();
    parts.into_iter().flat_map(apart).collect()
}

/// Two numbers with a space between them, unless the space is within one.
fn apart(part: &str) -> Vec<&str> {
    let words: Vec<&str> = part.split(' ').filter(|part| !part.is_empty()).collect();
    let whole = words.len() < 2 || one(part).is_ok();
    if !whole && words.iter().all(|word| matches!(one(word), Ok(Some(_)))) {
        return words;
    }
    if whole {
        return vec![part];
    }
    // `139 0000 0001 139 0000 0002`: cut in the middle of the digits.
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let at = part
        .char_indices()
        .filter(|it| it.1.is_ascii_digit())
        .map(|it| it.0)
        .nth(digits / 2);
    match at {
        Some(at) if both(one(&part[..at]), one(&part[at..])) => {
            vec![&part[..at], &part[at..]]
        }
        _ => vec![part],
    }
}

fn both(
    before: Result<Option<Phone>, NotAPhone>,
    behind: Result<Option<Phone>, NotAPhone>,
) -> bool {
    matches!((before, behind), (Ok(Some(_)), Ok(Some(_))))
}

/// Longer ones first: 手机 is the start of 手机号.
const LABELS: &str = "\
手机号码 手机号 手机 移动电话 联系电话 电话号码 电话 家庭电话 住宅电话 固定电话 \
固话 座机 宅电 本人 telephone tel phone mobile cell \
联系方式";

/// Reads one number; `None` for a word that says there is none.
fn one(part: &str) -> Result<Option<Phone>, NotAPhone> {
    let bare = unlabeled(part);
    if says_none(bare) {
        return Ok(None);
    }
    let (bare, extension) = extension(bare);
    let exact = exact(bare)?;
    let bare = exact.as_deref().unwrap_or(bare);
    let separator = |it: char| matches!(it, ' ' | '-' | '.' | '(' | ')' | '·');
    let abroad = bare.trim_start_matches(['(', ' ']).starts_with('+');
    let digits: String = bare.chars().filter(|c| !separator(*c) && *c != '+').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let hides = |it: char| matches!(it, '*' | 'x' | '×' | '?' | '■' | '●');
        let masked = digits.chars().all(|c| c.is_ascii_digit() || hides(c));
        let why = if masked { NotAPhone::Masked } else { NotAPhone::OtherWords };
        return Err(why);
    }
    let phone = classify(&digits, abroad)
        .or_else(|why| with_extension_behind_a_dash(bare).ok_or(why))?;
    Ok(Some(match extension {
        Some(it) if phone.kind == PhoneKind::Landline && !phone.number.contains('-') => {
            Phone::new(phone.kind, format!("{}-{it}", phone.number))
        }
        _ => phone,
    }))
}

/// Without a word that only says that it is the person's telephone.
fn unlabeled(part: &str) -> &str {
    let marks = [' ', ':', '(', ')', '[', ']', '.', '-'];
    let mut rest = part.trim();
    while let Some(shorter) = LABELS.split(' ').find_map(|label| {
        let behind = rest.trim_start_matches(['(', '[', ' ']).strip_prefix(label);
        let before = || rest.trim_end_matches([')', ']', ' ']).strip_suffix(label);
        let open = |it: &str| -> usize { it.trim_end_matches(['(', '[', ' ']).len() };
        behind
            .map(|it| it.trim_start_matches(marks))
            .or_else(|| before().map(|it| &it[..open(it)]))
    }) {
        rest = shorter;
    }
    rest
}

/// The extension of an office (分机), when one is named.
fn extension(bare: &str) -> (&str, Option<&str>) {
    let cut = bare.split_once("转").or_else(|| bare.split_once("ext"));
    let Some((number, behind)) = cut else { return (bare, None) };
    let behind = behind.trim_matches([' ', '.', ':', '-']);
    if is_extension(behind) {
        (number.trim_end_matches([' ', '-', ',']), Some(behind))
    } else {
        (bare, None)
    }
}

/// A single digit could also end a longer local number.
fn is_extension(digits: &str) -> bool {
    (2..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn with_extension_behind_a_dash(bare: &str) -> Option<Phone> {
    let (number, behind) = bare.rsplit_once('-')?;
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let phone = classify(&digits, false).ok()?;
    (is_extension(behind) && phone.kind == PhoneKind::Landline)
        .then(|| Phone::new(phone.kind, format!("{}-{behind}", phone.number)))
}

/// What a spreadsheet has made of the number, made whole again: `13900000001.0`,
/// `1.3900000001E+10`. `None` when it did nothing.
fn exact(bare: &str) -> Result<Option<String>, NotAPhone> {
    if let Some((whole, zeros)) = bare.split_once('.')
        && 6 < whole.len()
        && whole.bytes().all(|byte| byte.is_ascii_digit())
        && zeros.len() <= 2
        && zeros.bytes().all(|byte| byte == b'0')
    {
        return Ok(Some(whole.to_owned()));
    }
    let Some((head, power)) = bare.split_once('e') else { return Ok(None) };
    let power = power.trim_start_matches('+');
    let (whole, behind) = head.split_once('.').unwrap_or((head, ""));
    let digits = format!("{whole}{behind}");
    let number =
        |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    if !number(&digits) || !number(power) {
        return Ok(None);
    }
    // The last digits are there only when the mantissa has them all.
    if power.parse() == Ok(behind.len()) {
        Ok(Some(digits))
    } else {
        Err(NotAPhone::Rounded)
    }
}

fn classify(digits: &str, plus: bool) -> Result<Phone, NotAPhone> {
    if plus && !digits.starts_with("86") {
        let sound = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
        return if sound {
            Ok(Phone::new(PhoneKind::Abroad, format!("+{digits}")))
        } else {
            Err(NotAPhone::WrongLength)
        };
    }
    for number in [Some(digits), digits.strip_prefix("0086"), digits.strip_prefix("86")] {
        let Some(number) = number else { continue };
        if let Some(phone) = at_home(number) {
            return Ok(phone);
        }
        // Behind the country code an area code has lost its zero.
        let with_zero = format!("0{number}");
        if number.len() < digits.len() && is_landline(&with_zero) {
            return Ok(Phone::new(PhoneKind::Landline, with_zero));
        }
    }
    let hotline =
        digits.len() == 10 && ["400", "800"].iter().any(|it| digits.starts_with(it));
    let local =
        matches!(digits.len(), 7 | 8) && matches!(digits.as_bytes()[0], b'2'..=b'8');
    Err(match (hotline, local) {
        (true, _) => NotAPhone::Hotline,
        (_, true) => NotAPhone::NoAreaCode,
        _ => NotAPhone::WrongLength,
    })
}

/// 000 and eight digits are given to nobody: books of demonstrations and tests
/// use them, so that no message of theirs can reach a person.
fn is_made_up(number: &str) -> bool {
    number.len() == 11
        && number.starts_with("000")
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn at_home(number: &str) -> Option<Phone> {
    // Calls to another province were once dialed with a zero in front.
    let mobile = [Some(number), number.strip_prefix('0')];
    let dialed = |it: &&str| is_mobile(it) || is_made_up(it);
    if let Some(number) = mobile.into_iter().flatten().find(dialed) {
        return Some(Phone::new(PhoneKind::Mobile, number));
    }
    is_landline(number).then(|| Phone::new(PhoneKind::Landline, number))
}

/// Eleven digits, 13 to 19: the numbers given to persons (工信部电信网编号计划).
fn is_mobile(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 11
        && bytes[0] == b'1'
        && (b'3'..=b'9').contains(&bytes[1])
        && bytes.iter().all(u8::is_ascii_digit)
}

/// Area code and local number: 010 and 02x have three digits, the others four;
/// the local number has seven or eight and begins with 2 to 8.
fn is_landline(number: &str) -> bool {
    let bytes = number.as_bytes();
    let area = match bytes {
        [b'0', b'1', b'0', ..] | [b'0', b'2', ..] => 3,
        [b'0', b'3'..=b'9', ..] => 4,
        _ => return false,
    };
    let local = bytes.get(area..).unwrap_or_default();
    matches!(local.len(), 7 | 8)
        && local.first().is_some_and(|it| (b'2'..=b'8').contains(it))
        && bytes.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests;
