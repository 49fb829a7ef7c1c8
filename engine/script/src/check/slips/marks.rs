//! Marks that no plain keyboard types (标点) as slips: one finding a file, for
//! who edits in a word processor has dozens of them.

use domain::say::Say;

use super::super::codes;
use super::super::prose::Lost;
use super::super::punctuation::{self, Found, Mark};
use super::One;

pub(super) fn find(text: &str) -> Vec<One> {
    punctuation::marks(text).iter().map(|mark| slip(text, mark)).collect()
}

/// The mark makes a comment of what follows it.
pub(super) fn makes_comment(one: &One) -> bool {
    let kind = one.kind.as_deref().unwrap_or_default();
    kind.starts_with("comment ") || kind.starts_with("dashes ")
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
            Say::new(
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
            Say::new(
                format!("“{typed}” 应写成 {plain}"),
                format!("write {plain} for “{typed}”"),
            ),
        )
        .mended(edits),
        Mark::NoUnit => One::new(codes::UNIT, at, no_unit(typed)).guessed(edits),
        Mark::Share(plain) => {
            One::new(codes::UNIT, at, share(typed, plain)).guessed(edits)
        }
        Mark::Stop => One::new(
            codes::FULL_WIDTH,
            at,
            Say::new("语句末尾不写句号 。:请删去", "no full stop 。 ends a statement; delete it"),
        )
        .of_kind("mark")
        .mended(edits),
        Mark::Letter(plain) => One::new(codes::FULL_WIDTH, at, letter(typed, *plain))
            .of_kind("letter")
            .mended(edits),
        Mark::Dashes(lost) => {
            let one = One::new(codes::SYNTAX, at, dashes(*lost));
            let one = one.of_kind(format!("dashes {lost:?}"));
            if lost.sure { one.mended(edits) } else { one.guessed(edits) }
        }
        Mark::Comment(sign) => One::new(
            codes::FOREIGN,
            at,
            Say::new(
                format!("注释用 -- 开头,不用 {sign}"),
                format!("a comment begins with `--`, not `{sign}`"),
            ),
        )
        .of_kind(format!("comment {sign}"))
        .mended(edits),
    }
}

fn no_unit(typed: &str) -> Say {
    Say::new(
        format!(
            "“{typed}” 没有这样的单位:时长只有 days(天)、workdays(工作日)、hours(小时),例如 30 * days"
        ),
        format!(
            "“{typed}” has no unit here: a duration is in days, workdays or hours, such as 30 * days"
        ),
    )
}

fn share(typed: &str, plain: &str) -> Say {
    Say::new(
        format!("这里不写 % 和 ‰:比例按千分数写,{typed} 写成 {plain}"),
        format!("no % and no ‰ here: a share is written per mille, {typed} is {plain}"),
    )
}

fn letter(typed: &str, plain: char) -> Say {
    Say::new(
        format!("“{typed}” 是俄文或希腊文字母,只是看起来像:请用英文字母 {plain}"),
        format!(
            "“{typed}” is a Cyrillic or Greek letter that looks like {plain}; type {plain}"
        ),
    )
}

/// What is told of a comment that lost its dashes.
fn dashes(lost: Lost) -> Say {
    match lost {
        Lost { length: 0, .. } => Say::new(
            "这一行是注释的写法:注释要以 -- 开头",
            "this line reads like a comment: a comment begins with --",
        ),
        Lost { sure: true, .. } => Say::new(
            "注释要以 -- 开头,这里少了一道横线",
            "a comment begins with --; a dash is missing here",
        ),
        Lost { .. } => Say::new(
            "这里只有一道横线:作注释要以 -- 开头;要它起作用,请把这道横线也删去",
            "one dash alone: a comment begins with --; delete this dash too if the line is to work",
        ),
    }
}

fn wide(typed: &str, plain: &str) -> Say {
    Say::new(
        format!(
            "这里是中文输入法或文字处理软件的全角标点 {typed} ,请切换到英文输入法,改成 {plain}"
        ),
        format!(
            "{typed} is full-width punctuation from a Chinese input method or a word processor; type {plain} instead"
        ),
    )
}

fn word(word: &str) -> Say {
    Say::new(
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
        || word.is_some_and(|word| TAKE_TEXT.contains(&word))
}
