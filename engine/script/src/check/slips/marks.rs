//! Marks that no plain keyboard types (标点) as slips: one finding a file, for
//! who edits in a word processor has dozens of them.

use super::super::codes;
use super::super::punctuation::{self, Found, Mark};
use super::super::report::both;
use super::One;

pub(super) fn find(text: &str) -> Vec<One> {
    punctuation::marks(text).iter().map(|it| slip(text, it)).collect()
}

fn slip(text: &str, found: &Found) -> One {
    let at = found.edit.start;
    let typed = &found.typed;
    let edits = vec![found.edit.clone()];
    match &found.mark {
        Mark::Wide(plain) => One::new(codes::FULL_WIDTH, at, wide(typed, plain))
            .of_kind("mark")
            .mended(edits),
        Mark::Invisible => One::new(
            codes::FULL_WIDTH,
            at,
            both(
                "这里有一个看不见的特殊空格或符号(常从 Word、WPS、微信粘贴而来),请改成普通空格或删去",
                "an invisible space or mark stands here, as word processors leave them; type a plain space or delete it",
            ),
        )
        .of_kind("mark")
        .mended(edits),
        Mark::Word => {
            let one = One::new(codes::FULL_WIDTH, at, word(typed)).of_kind(format!("word {typed}"));
            if is_value(&text[..at]) { one.mended(edits) } else { one.guessed(edits) }
        }
        Mark::Amount(plain) => One::new(
            codes::UNIT,
            at,
            both(
                format!("“{typed}” 应写成 {plain}"),
                format!("write {plain} for “{typed}”"),
            ),
        )
        .mended(edits),
        Mark::Comment(sign) => One::new(
            codes::FOREIGN,
            at,
            both(
                format!("注释用 -- 开头,不用 {sign}"),
                format!("a comment begins with `--`, not `{sign}`"),
            ),
        )
        .of_kind(format!("comment {sign}"))
        .mended(edits),
    }
}

fn wide(typed: &str, plain: &str) -> [String; 2] {
    both(
        format!(
            "这里是中文输入法或文字处理软件的全角标点 {typed} ,请切换到英文输入法,改成 {plain}"
        ),
        format!(
            "{typed} is full-width punctuation from a Chinese input method or a word processor; type {plain} instead"
        ),
    )
}

fn word(word: &str) -> [String; 2] {
    both(
        format!("代码里不能直接写 “{word}”:中文要放在英文引号里,变量名用英文字母"),
        format!(
            "“{word}” stands in the code: put Chinese in quotes and name variables in English letters"
        ),
    )
}

/// A text is meant where a value has to stand.
fn is_value(before: &str) -> bool {
    const TAKE_TEXT: &[&str] =
        &["go", "become", "finish", "start", "stage", "workflow", "pause"];
    let before = before.trim_end_matches([' ', '\t', '"', '\'']);
    let word = before.rsplit(|it: char| !(it.is_alphanumeric() || it == '_')).next();
    before.ends_with(['=', ',', '(', '{'])
        || word.is_some_and(|it| TAKE_TEXT.contains(&it))
}
