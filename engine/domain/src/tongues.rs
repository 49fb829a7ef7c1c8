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
    let lines = text.lines().map(|line| match between(line) {
        Some(zh) => take(line, (zh, zh + BETWEEN.len())),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Where the Chinese half of a line ends. What a person wrote may hold the same sign,
/// 张庄 · 东头, and then stands in both halves: the one in the middle parts them. A
/// line is shown whole rather than cut within such words.
fn between(line: &str) -> Option<usize> {
    let signs: Vec<usize> = line.match_indices(BETWEEN).map(|index| index.0).collect();
    let middle = *signs.get(signs.len() / 2).filter(|_| signs.len() % 2 == 1)?;
    let (zh, en) = (&line[..middle], &line[middle + BETWEEN.len()..]);
    // A line whose first part is in English is one of another kind.
    let are_halves =
        zh.chars().any(is_chinese) && en.contains(|it: char| it.is_ascii_lowercase());
    let opened = zh.matches(['(', '(']).count();
    (are_halves && opened == zh.matches([')', ')']).count()).then_some(middle)
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

    #[test]
    fn no_line_is_cut_within_the_words_of_a_person() {
        let (zh, en) = ("走访 QS-1(张庄 · 东头)", "visit QS-1 (张庄 · 东头)");
        assert_eq!(
            (chinese(&both(zh, en)).as_str(), english(&both(zh, en)).as_str()),
            (zh, en)
        );
        for text in [zh, "上门:张庄 · 东头", "上门(张庄 · east end)", "甲 · 乙 · none"]
        {
            assert_eq!((chinese(text).as_str(), english(text).as_str()), (text, text));
        }
    }
}
