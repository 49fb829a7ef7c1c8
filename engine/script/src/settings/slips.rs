//! Slips in `settings.toml` (设置文件的笔误), named for what they are.
//!
//! The grammar is TOML's, which staff have never heard of; what they get wrong
//! is a handful of things.

use domain::say::{Say, text};

use super::units;

/// What is wrong, Chinese and English.
type Said = Say;

/// What is wrong with a text that cannot be read, and where. `workflow` names the
/// workflow of a title or a misspelt name.
pub(super) fn explain(
    text: &str,
    at: (u32, u32),
    why: &str,
    workflow: impl Fn(&str) -> Option<String>,
) -> (Said, (u32, u32)) {
    let odd = text.lines().enumerate().find_map(|(index, line)| {
        let (col, sign) = odd_mark(line)?;
        Some((of_mark(sign), (small(index + 1), small(col + 1))))
    });
    if let Some(found) = odd {
        return found;
    }
    if why.contains("duplicate key") {
        let said = Say::new(
            "同一段或同一项写了两次:请合并成一处",
            "duplicate key: it stands twice, put both together",
        );
        return (said, at);
    }
    let index = usize::try_from(at.0.saturating_sub(1)).unwrap_or(0);
    let line = text.lines().nth(index).unwrap_or("").trim();
    // What is not closed is noticed at the line below.
    let before = index.checked_sub(1).and_then(|it| text.lines().nth(it)).unwrap_or("");
    if let Some(said) = of_line(line, &workflow) {
        return (said, at);
    }
    if let Some(said) = unclosed(without_comment(before.trim())) {
        return (said, (small(index), 1));
    }
    let said = Say::new(
        "这一行的写法不对:应写成 名字 = 值,如 call_after = \"3 天\";说明前面加 #"
            .to_owned(),
        format!(
            "this line cannot be read: write NAME = VALUE, as call_after = \"3 days\", and # \
             before a comment ({})",
            why.replace('\n', " ")
        ),
    );
    (said, at)
}

/// The first mark of a line that only a Chinese keyboard or a word processor makes,
/// where nothing but plain signs belong: outside of quotes and comments.
fn odd_mark(line: &str) -> Option<(usize, char)> {
    let mut quote = None;
    for (col, sign) in line.chars().enumerate() {
        match (quote, sign) {
            (None, '#') => return None,
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), _) if open == sign => quote = None,
            (None, _) if is_odd(sign) => return Some((col, sign)),
            _ => {}
        }
    }
    None
}

fn is_odd(sign: char) -> bool {
    let is_wide = ('\u{ff01}'..='\u{ff5e}').contains(&sign);
    is_wide || is_unseen(sign) || (!sign.is_ascii() && !sign.is_alphanumeric())
}

/// What shows nothing, or a blank that is no ordinary one.
fn is_unseen(sign: char) -> bool {
    const UNSEEN: &str = "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2060}\u{feff}";
    UNSEEN.contains(sign) || (sign.is_whitespace() && !matches!(sign, ' ' | '\t' | '\r'))
}

/// The half-width sign for a wide one or one of Chinese writing.
fn half_width(sign: char) -> Option<char> {
    Some(match sign {
        '“' | '”' | '‘' | '’' | '「' | '」' => '"',
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        '。' => '.',
        '、' => ',',
        '—' | '–' | '−' => '-',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0)?,
        _ => return None,
    })
}

fn of_mark(sign: char) -> Said {
    if is_unseen(sign) {
        let code = u32::from(sign);
        return Say::new(
            format!(
                "这里有一个不是普通空格的空白或看不见的字符(U+{code:04X}):请删去,需要空格就重新打一个"
            ),
            format!(
                "there is a blank that is no ordinary one, or a mark that nobody sees \
                 (U+{code:04X}): delete it and type a blank where one is needed"
            ),
        );
    }
    match half_width(sign) {
        Some(half) if half.is_ascii_alphanumeric() => Say::new(
            format!("“{sign}” 是全角字符:应写半角的 {half}"),
            format!("`{sign}` is full-width: write {half}"),
        ),
        Some('-') => Say::new(
            format!("“{sign}” 不是减号:要写半角的 -;说明前面加 #"),
            format!("`{sign}` is no minus sign: write -, and # before a comment"),
        ),
        Some(half) => Say::new(
            format!(
                "“{sign}” 是全角标点:应写半角的 {half}(引号、等号、方括号等都要半角 \" = [ ] #)"
            ),
            format!(
                "`{sign}` is full-width punctuation: write {half} (quotes, =, [ ] and # are \
                 half-width)"
            ),
        ),
        None => Say::new(
            format!("这里不能有 “{sign}”:说明文字前面加 #"),
            format!("`{sign}` cannot stand here: a comment begins with #"),
        ),
    }
}

/// A line without the comment behind it.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, sign) in line.char_indices() {
        match (quote, sign) {
            (None, '#') => return line[..at].trim(),
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), _) if open == sign => quote = None,
            _ => {}
        }
    }
    line
}

/// A value in quotes of which one is missing.
fn unclosed(line: &str) -> Option<Said> {
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    if value.matches('"').count() != 1 {
        return None;
    }
    let bare = value.trim_matches(['"', ' ']);
    let bare = bare.split('#').next().unwrap_or(bare).trim();
    let Say { zh, en } = if value.starts_with('"') {
        text("后", "closing")
    } else {
        text("前", "opening")
    };
    Some(Say::new(
        format!("值缺少{zh}引号:{name} = \"{bare}\""),
        format!(
            "the value lacks its {en} quote; values with a unit stand in quotes: {name} = \"{bare}\""
        ),
    ))
}

fn of_line(line: &str, workflow: &impl Fn(&str) -> Option<String>) -> Option<Said> {
    let to_comment = || Some(Say::new("说明以 # 开头", "a comment begins with #"));
    if line.starts_with("--") || line.starts_with("//") || line.starts_with("/*") {
        return to_comment();
    }
    let line = without_comment(line);
    if line.starts_with('[') && !line.contains(']') {
        return Some(Say::new(
            "流程名后面缺少右方括号:[remind]",
            "the name of the workflow lacks its bracket: [remind]",
        ));
    }
    if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next())
        && !name.is_ascii()
        && !name.starts_with('"')
    {
        return Some(match workflow(name) {
            Some(meant) => Say::new(
                format!("“{name}” 要写流程的英文名:[{meant}]"),
                format!("a section has the name of a workflow: [{meant}]"),
            ),
            None => Say::new(
                format!("中文名要放在引号里:[\"{name}\"]"),
                format!("a name in Chinese stands in quotes: [\"{name}\"]"),
            ),
        });
    }
    if line.starts_with('[') {
        return None;
    }
    let Some((name, value)) = line.split_once('=').or_else(|| line.split_once(':'))
    else {
        let is_prose = !line.is_empty() && !line.is_ascii();
        return if is_prose { to_comment() } else { None };
    };
    let (name, value) = (name.trim(), value.trim());
    if !line.contains('=') {
        return Some(Say::new(
            format!("名字和值之间用等号:{name} = …"),
            format!("name and value have an equals sign between them: {name} = …"),
        ));
    }
    if !name.is_ascii() && !name.starts_with('"') {
        return Some(Say::new(
            format!(
                "设置项要写英文名,“{name}” 不是;各项的名字见 REFERENCE.md,是说明文字就在前面加 #"
            ),
            format!(
                "`{name}` is no name of a setting: they are in English, see REFERENCE.md; a comment begins with #"
            ),
        ));
    }
    if value.is_empty() {
        return Some(Say::new(
            format!("`{name} =` 后面缺少值"),
            format!("`{name} =` lacks its value"),
        ));
    }
    of_value(name, value)
}

fn of_value(name: &str, value: &str) -> Option<Said> {
    if let Some(said) = unclosed(&format!("{name} = {value}")) {
        return Some(said);
    }
    let bare = value.trim_end_matches([',', ';']).trim_end();
    if bare != value && !bare.is_empty() {
        return Some(Say::new(
            format!("行末不要 {}:{name} = {bare}", &value[value.len() - 1..]),
            format!(
                "no {} at the end of a line: {name} = {bare}",
                &value[value.len() - 1..]
            ),
        ));
    }
    if value.contains('=') {
        return Some(Say::new(
            "一行只写一项:请把后面的一项移到下一行",
            "a line holds one entry: move the other one to a line of its own",
        ));
    }
    if let Some((number, unit)) = value.split_once('*') {
        let text = format!("{} {}", number.trim(), unit.trim());
        if units::quantity(&text).is_some() {
            return Some(Say::new(
                format!("这里不写算式,值和单位放在引号里:{name} = \"{text}\""),
                format!(
                    "no sums here: a value and its unit stand in quotes: {name} = \"{text}\""
                ),
            ));
        }
    }
    let bare = value.trim_matches(['"', '\'']);
    if units::meant(bare).is_some() && !(value.starts_with('"') && value.ends_with('"')) {
        return Some(Say::new(
            format!("带单位的值要放在引号里:{name} = \"{bare}\""),
            format!("a value with a unit stands in quotes: {name} = \"{bare}\""),
        ));
    }
    if value.starts_with('"') && 2 < value.matches('"').count() {
        return Some(Say::new(
            format!("一项只写一个值:{name} 后面只要一对引号"),
            format!("an entry has one value: one pair of quotes behind {name}"),
        ));
    }
    None
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
