//! The first line of a template (首行): what was meant as one and stands in another
//! place, or with another word, is told from the text below it.

use domain::near::only_near;

use super::proof::KINDS;

/// What says what a text is, as the program and as people call it.
const KEYS: &[&str] = &["性质", "性質", "act"];
/// What other programs call it.
const OTHER_KEYS: &[&str] = &["类型", "类别", "种类", "kind", "type", "nature"];
/// Words that were meant as 催收 or 告知.
const NEARLY: &[&str] = &[
    "催缴",
    "催款",
    "催告",
    "催讨",
    "催办",
    "通知",
    "通告",
    "告示",
    "告之",
    "提醒",
    "提示",
    "reminder",
    "information",
    "info",
];
/// What stands between a key and its value.
const BETWEEN: &str = ":：=＝;；,，、|｜-—–~→.。·";
/// What does so whatever the key.
const PLAINLY: &str = ":：=＝;；";
/// A longer line is a sentence.
const LONGEST: usize = 20;
/// The longest key that somebody may have made up.
const LONGEST_KEY: usize = 8;

/// The first line of a text, from 0, that was meant to say what the text is.
/// `is_open` says that none has said so yet.
pub(super) fn stray(body: &str, is_open: bool) -> Option<usize> {
    let first = body.lines().position(|line| !line.trim().is_empty());
    body.lines().enumerate().position(|(index, line)| {
        let is_first = is_open && Some(index) == first;
        is_stray(line, is_first)
    })
}

fn is_stray(line: &str, is_first: bool) -> bool {
    let seen = |it: &char| !super::brackets::is_unseen(*it);
    let line: String = line.chars().filter(seen).collect();
    let line = line.to_lowercase();
    // Quotes, brackets and signs of a comment or a heading around it.
    let line = line.trim_matches(|it: char| !it.is_alphanumeric());
    if LONGEST < line.chars().count() {
        return false;
    }
    if is_first && is_kind(line) {
        return true;
    }
    if let Some((at, sign)) = line.char_indices().find(|it| BETWEEN.contains(it.1)) {
        let key = line[..at].trim_matches(|it: char| !it.is_alphanumeric());
        let value = line[at..].trim_matches(|it: char| !it.is_alphanumeric());
        let own = is_key(key) && (is_kind(value) || is_nearly(value));
        let misspelt =
            near_key(key) && (is_kind(value) || (is_first && is_nearly(value)));
        let other = OTHER_KEYS.contains(&key) && is_kind(value);
        let made_up = is_first
            && PLAINLY.contains(sign)
            && key.chars().count() <= LONGEST_KEY
            && key.chars().all(char::is_alphanumeric)
            && is_kind(value);
        return own || misspelt || other || made_up;
    }
    let word = KINDS.iter().flat_map(|kind| [kind.0, kind.1]);
    let mut word = word;
    let key = word.find_map(|it| line.strip_suffix(it)).unwrap_or("");
    let key = key.trim_end_matches(['为', '是']);
    is_key(key) || (is_first && key.chars().count() == 2 && near_key(key))
}

fn is_kind(word: &str) -> bool {
    KINDS.iter().any(|kind| kind.0 == word || kind.1 == word)
}

fn is_nearly(word: &str) -> bool {
    let english = KINDS.iter().map(|kind| kind.1);
    NEARLY.contains(&word) || only_near(word, english).is_some()
}

fn is_key(word: &str) -> bool {
    KEYS.contains(&word)
}

/// 性值, 形质, `atc`.
fn near_key(word: &str) -> bool {
    let short = word.chars().count() <= 3;
    let chinese = short && word.contains(['性', '质', '質']);
    chinese || (short && word.is_ascii() && only_near(word, ["act"]).is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Letters;

    /// The lines at which something is told of a text.
    fn lines(text: &str) -> Vec<u32> {
        let texts = BTreeMap::from([("t".to_owned(), text.to_owned())]);
        let (_, faults) = Letters::new(&texts);
        faults.iter().map(|fault| fault.line).collect()
    }

    #[test]
    fn a_first_line_that_is_none_is_never_printed() {
        let first = [
            "性值:催收",
            "形质:告知",
            "类型:告知",
            "kind: demand",
            "Act: notice",
            "ACT：NOTICE",
            "atc: notice",
            "性质告知",
            "性质 催收",
            "性质=告知",
            "性质;告知",
            "性质,告知",
            "性质-告知",
            "性质是告知",
            "性質:告知",
            "\u{200b}性质:告知",
            "# 性质:告知",
            "-- 性质:告知",
            "“性质:告知”",
            "【性质:催收】",
            "性质。告知",
            "性 质:告知",
            "告知",
            "[催收]",
            "notice",
            "性值:催缴",
            "模板性质:告知",
            "{# 性质:告知 #}",
            "act = demnad",
        ];
        for line in first {
            assert_eq!(lines(&format!("{line}\n您好")), [1], "{line}");
        }
        let table = [
            ("\n性质:告知\n您好", 2),
            ("\r\n \r\n性质:告知\r\n您好", 3),
            ("还款提醒\n性质:告知\n您好", 2),
            ("性质:催收\n性质:告知\n您好", 2),
            ("性质:催收\n您好\nact: notice", 3),
            ("您好\n性值:催收", 2),
        ];
        for (text, line) in table {
            assert_eq!(lines(text), [line], "{text}");
        }
    }

    #[test]
    fn a_line_of_the_text_is_no_first_line() {
        let table = [
            "催收通知书\n您好",
            "通知:还款提醒\n您好",
            "性质:告知\n贷款性质:农户贷款\n您好",
            "贷款到期告知\n您好",
            "【示例社】催收\n您好",
            "告知事项:\n一、还款方式",
            "您好\n性别:男",
            "Act now: notice that the day is near\nHello",
            "性质:催收\n本函性质:通知\n您好",
        ];
        for text in table {
            assert_eq!(lines(text), [] as [u32; 0], "{text}");
        }
    }
}
