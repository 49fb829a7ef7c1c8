//! Texts in two languages (双语文本): one line says the same twice, `中文 · English`,
//! and whoever reads it is shown one half.

/// What stands between the halves of a line.
const BETWEEN: &str = " · ";

/// A text for readers of either language, line by line.
///
/// ```
/// use domain::tongues::{both, english};
/// let text = both("磁盘已满\n  提示:腾出空间", "the disk is full\n  hint: free space");
/// assert_eq!(english(&text), "the disk is full\n  hint: free space");
/// ```
pub fn both(zh: &str, en: &str) -> String {
    let (mut zh, mut en) = (zh.lines(), en.lines());
    let mut lines = Vec::new();
    loop {
        match (zh.next(), en.next()) {
            (Some(zh), Some(en)) => lines.push(format!("{zh}{BETWEEN}{}", en.trim())),
            (Some(line), None) | (None, Some(line)) => lines.push(line.to_owned()),
            (None, None) => return lines.join("\n"),
        }
    }
}

/// The Chinese halves of a text; a line in one language stays as it is.
pub fn chinese(text: &str) -> String {
    half(text, |line, (zh, _)| line[..zh].to_owned())
}

/// The English halves of a text, indented as the Chinese ones are; a line in one
/// language stays as it is.
pub fn english(text: &str) -> String {
    half(text, |line, (_, en)| {
        let indent = &line[..line.len() - line.trim_start().len()];
        format!("{indent}{}", &line[en..])
    })
}

/// Takes one half of each line: it is given where the Chinese one ends and where
/// the English one begins.
fn half(text: &str, take: impl Fn(&str, (usize, usize)) -> String) -> String {
    let lines = text.lines().map(|line| match line.split_once(BETWEEN) {
        // A line whose first part is in English is one of another kind.
        Some((zh, _)) if zh.chars().any(is_chinese) => {
            take(line, (zh.len(), zh.len() + BETWEEN.len()))
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a letter is a Chinese one.
pub fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_half_of_a_text_is_the_one_that_was_put_in() {
        let texts = [
            ("磁盘已满", "the disk is full"),
            ("磁盘已满\n  提示:腾出空间", "the disk is full\n  hint: free space"),
            ("remind.lua:3:缺少参数", "remind.lua:3: missing argument"),
        ];
        for (zh, en) in texts {
            assert_eq!(chinese(&both(zh, en)), zh);
            assert_eq!(english(&both(zh, en)), en);
        }
    }

    #[test]
    fn a_line_in_one_language_is_for_everybody() {
        for text in ["stop 7 · sms · 示例甲", "示例甲", "", "a\n  b"] {
            assert_eq!(chinese(text), text);
            assert_eq!(english(text), text);
        }
    }
}
