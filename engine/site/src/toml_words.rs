//! What the reader of TOML says, for people (设置、规则和日历文件的笔误): its own sentences
//! are English and speak of types.

use domain::near::nearest;
use domain::say::{Say, text};

/// What is wrong with a file of rules or days, Chinese and English, and the word that
/// was probably meant. `line` is the one at which the reader stopped.
pub fn told(message: &str, line: &str) -> (Say, Option<String>) {
    let message = message.replace('\n', " ");
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let Some((name, known)) = quoted.split_first()
        && message.starts_with("unknown field")
    {
        let said = Say::new(
            format!("没有 `{name}` 这一项;可写 {}", known.join("、")),
            format!("there is no `{name}` here; there are {}", known.join(", ")),
        );
        return (said, nearest(name, known.iter().copied()));
    }
    if let Some((name, known)) = quoted.split_first()
        && message.starts_with("unknown variant")
    {
        let said = Say::new(
            format!("`{name}` 不是这里可写的词;可写 {}", known.join("、")),
            format!("`{name}` is none of the words here; there are {}", known.join(", ")),
        );
        return (said, nearest(name, known.iter().copied()));
    }
    let said = slip(&message, line).unwrap_or_else(|| of_line(&message, line));
    (said, None)
}

/// What may be wrong in any file of this form, Chinese and English.
pub(crate) fn slip(message: &str, line: &str) -> Option<Say> {
    if message.starts_with("missing field") {
        let name = message.split('`').nth(1)?;
        return Some(Say::new(
            format!("缺少 `{name}` 这一项"),
            format!("`{name}` is missing"),
        ));
    }
    let code = without_comment(line);
    // Texts in quotes may hold any sign.
    let outside = code.split('"').step_by(2).flat_map(str::chars);
    let is_odd = |it: &char| {
        !it.is_ascii()
            && (!it.is_alphanumeric() || ('\u{ff01}'..='\u{ff5e}').contains(it))
    };
    if let Some(odd) = outside.into_iter().find(is_odd) {
        return Some(Say::new(
            format!("“{odd}” 是全角标点或看不见的字符:引号、逗号、等号、方括号都要半角"),
            format!(
                "`{odd}` is full-width or unseen: quotes, commas, = and [ ] are half-width"
            ),
        ));
    }
    let said = if message.contains("duplicate key") {
        text(
            "同一项写了两次:请合并成一处",
            "the same key stands twice: put both together",
        )
    } else if message.contains("missing comma") {
        text("两个值之间缺少逗号", "a comma is missing between two values")
    } else {
        return None;
    };
    Some(said.owned())
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or("")
}

fn of_line(message: &str, line: &str) -> Say {
    let code = without_comment(line);
    let (zh, en) = if message.contains("tuple of size 2") {
        (
            "时段要写成一对时刻,外面再加一层方括号:[[\"08:00\", \"22:00\"]]".to_owned(),
            "a span is a pair of times in brackets of its own: [[\"08:00\", \"22:00\"]]"
                .to_owned(),
        )
    } else if let Some(day) = day_like(code) {
        (
            format!(
                "日期 {day} 写法不对或不存在:应为 2026-10-07 这样,不加引号,用半角短横"
            ),
            format!(
                "the day {day} does not exist or is written otherwise than 2026-10-07, without quotes"
            ),
        )
    } else if message.contains("unclosed array") || message.contains("expected `]`") {
        (
            "方括号没有关上:缺少 ]".to_owned(),
            "the bracket is not closed: ] is missing".to_owned(),
        )
    } else if code.matches('"').count() % 2 == 1 {
        ("引号没有成对".to_owned(), "a quote is missing: they come in pairs".to_owned())
    } else if message.starts_with("invalid type") || message.starts_with("invalid value")
    {
        (
            "这一项的值种类不对:请照自带的文件写(数字不加引号,文字加引号,多个值放在 [ ] 里)".to_owned(),
            format!("the value is of the wrong kind: write it as the built-in file does ({message})"),
        )
    } else if message.is_ascii() {
        ("这一行的写法不对:请照自带的文件写".to_owned(), message.to_owned())
    } else {
        // What the program itself says is Chinese.
        (
            message.to_owned(),
            "it cannot be so: write it as the built-in file does".to_owned(),
        )
    };
    Say { zh, en }
}

/// What is meant as a day on a line and is none.
fn day_like(line: &str) -> Option<&str> {
    let is_part = |it: char| it.is_ascii_digit() || "-/.年月日".contains(it);
    let mut words = line.split(|it| !is_part(it)).filter(|part| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        let signs = part.chars().filter(|c| !c.is_ascii_digit()).count();
        (5..=8).contains(&digits)
            && 2 <= signs
            && part.starts_with(|part: char| part.is_ascii_digit())
    });
    words.find(|word| word.parse::<jiff::civil::Date>().is_err() || word.len() != 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_reader_says_is_told_in_both_languages() {
        let table = [
            (
                "unknown field `clok`, expected one of `id`, `clock`",
                "",
                "没有 `clok` 这一项",
                "there is no `clok`",
            ),
            (
                "unknown variant `mus`, expected `must` or `should`",
                "",
                "`mus` 不是这里可写的词",
                "none of the words",
            ),
            ("missing field `off`", "", "缺少 `off`", "`off` is missing"),
            ("missing comma between array elements", "a = [1 2]", "缺少逗号", "comma"),
            (
                "invalid type: string \"09:00\", expected a tuple of size 2",
                "allow = [\"09:00\"]",
                "一对时刻",
                "pair of times",
            ),
            (
                "invalid datetime",
                "off = [2026-10-32]",
                "日期 2026-10-32",
                "the day 2026-10-32",
            ),
            ("unexpected", "  2026/10/07,", "日期 2026/10/07", "the day 2026/10/07"),
            ("duplicate key", "a = 1", "写了两次", "stands twice"),
            ("invalid", "a = [1，2]", "“，” 是全角", "`，` is full-width"),
            ("anything", "a ? 1", "写法不对", "anything"),
        ];
        for (message, line, zh, en) in table {
            let (said, _) = told(message, line);
            assert!(said.zh.contains(zh) && said.en.contains(en), "{message}: {said:?}");
            assert!(!said.zh.contains("expected"), "{said:?}");
        }
        let (_, meant) = told(table[0].0, "");
        assert_eq!(meant.as_deref(), Some("clock"));
    }
}
