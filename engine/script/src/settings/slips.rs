//! Slips in `settings.toml` (设置文件的笔误), named for what they are.
//!
//! The grammar is TOML's, which staff have never heard of; what they get wrong
//! is a handful of things.

use super::units;

/// What is wrong with a text that cannot be read, Chinese and English, and
/// where.
pub(super) fn explain(
    text: &str,
    at: (u32, u32),
    why: &str,
) -> ([String; 2], (u32, u32)) {
    let wide = text.lines().enumerate().find_map(|(index, line)| {
        let code = line.split('#').next().unwrap_or("");
        let col = code.chars().position(is_wide)?;
        Some((code.chars().nth(col)?, small(index + 1), small(col + 1)))
    });
    if let Some((c, line, col)) = wide {
        let said = [
            format!("“{c}” 是全角标点:引号、等号、方括号要用半角 \" = [ ]"),
            format!("`{c}` is full-width punctuation: quotes, = and [ ] are half-width"),
        ];
        return (said, (line, col));
    }
    if why.contains("duplicate key") {
        let said = [
            "同一段或同一项写了两次:请合并成一处".to_owned(),
            "duplicate key: it stands twice, put both together".to_owned(),
        ];
        return (said, at);
    }
    let index = usize::try_from(at.0.saturating_sub(1)).unwrap_or(0);
    let line = text.lines().nth(index).unwrap_or("").trim();
    let said = of_line(line).unwrap_or_else(|| {
        let why = why.replace('\n', " ");
        [format!("写法不对({why})"), why]
    });
    (said, at)
}

/// Punctuation of a Chinese input method, or of a word processor: quotes,
/// brackets, and the wide forms of `"`, `'`, `[`, `]`, `=` and `:`.
fn is_wide(c: char) -> bool {
    const WIDE: &str = "\u{201c}\u{201d}\u{2018}\u{2019}\u{300c}\u{300d}\u{3010}\u{3011}\
        \u{ff02}\u{ff07}\u{ff3b}\u{ff3d}\u{ff1d}\u{ff1a}";
    WIDE.contains(c)
}

fn of_line(line: &str) -> Option<[String; 2]> {
    if line.starts_with("--") || line.starts_with("//") {
        return Some(["注释以 # 开头".to_owned(), "a comment begins with #".to_owned()]);
    }
    if line.starts_with('[') && !line.contains(']') {
        return Some([
            "流程名后面缺少右方括号:[remind]".to_owned(),
            "the name of the workflow lacks its bracket: [remind]".to_owned(),
        ]);
    }
    if let Some(name) = line.strip_prefix('[').and_then(|it| it.split(']').next())
        && !name.is_ascii()
        && !name.starts_with('"')
    {
        return Some([
            format!("中文名要放在引号里:[\"{name}\"]"),
            format!("a name in Chinese stands in quotes: [\"{name}\"]"),
        ]);
    }
    let (name, value) = line.split_once('=').or_else(|| line.split_once(':'))?;
    let (name, value) = (name.trim(), value.split('#').next().unwrap_or("").trim());
    if !line.contains('=') {
        return Some([
            format!("名字和值之间用等号:{name} = …"),
            format!("name and value have an equals sign between them: {name} = …"),
        ]);
    }
    if value.is_empty() {
        return Some([
            format!("`{name} =` 后面缺少值"),
            format!("`{name} =` lacks its value"),
        ]);
    }
    let bare = value.trim_matches(['"', '\'', ',']);
    let counted = units::quantity(bare).is_some();
    (counted && !(value.starts_with('"') && value.ends_with('"'))).then(|| {
        [
            format!("带单位的值要放在引号里:{name} = \"{bare}\""),
            format!("a value with a unit stands in quotes: {name} = \"{bare}\""),
        ]
    })
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
