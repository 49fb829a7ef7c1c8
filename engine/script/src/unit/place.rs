//! Where in the text a fault lies (定位): line and column for the editor.

use crate::fault::{self, Fault};
use crate::finding::Finding;

/// Line and column of a fault: the word it names, from its line on.
pub(super) fn column(text: &str, fault: &Fault) -> (u32, u32) {
    let line = fault.line.max(1);
    let named = fault.say.zh.split('`').nth(1).unwrap_or("");
    let from = usize::try_from(line - 1).unwrap_or(0);
    let found = text.lines().enumerate().skip(from).take(60).find_map(|(at, content)| {
        let byte = word(content, named)?;
        Some((at + 1, content[..byte].chars().count() + 1))
    });
    match found {
        // Faults of a running line name their line exactly; faults of a table
        // name the line on which it begins.
        Some((at, col)) => (small(at), small(col)),
        None => (line, first_column(text, line)),
    }
}

/// Where `name =` begins in a text, for sorting.
pub(super) fn key(text: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| word(rest, name)) {
        let end = from + found + name.len();
        let after = text[end..].trim_start();
        if after.starts_with('=') && !after.starts_with("==") {
            return from + found;
        }
        from = end;
    }
    usize::MAX
}

/// The byte at which a whole word stands in a text.
fn word(text: &str, name: &str) -> Option<usize> {
    if name.is_empty() {
        return None;
    }
    let part = |it: char| it.is_alphanumeric() || it == '_';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

fn first_column(text: &str, line: u32) -> u32 {
    let index = usize::try_from(line.saturating_sub(1)).unwrap_or(0);
    let content = text.lines().nth(index).unwrap_or("");
    small(content.chars().take_while(|c| c.is_whitespace()).count() + 1)
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What Luau's parser misses, in the staff's words.
const MISSING: &[(&str, &str)] = &[
    ("Expected 'end'", "缺少 end:function、if、for 都要用 end 结束"),
    ("Expected ','", "两项之间缺少逗号"),
    ("Expected '}'", "缺少右花括号 },或两项之间缺少逗号"),
    ("Expected ')'", "缺少右括号 ),或两项之间缺少逗号"),
    ("Expected 'then'", "if 条件后面缺少 then"),
    ("Expected 'do'", "循环条件后面缺少 do"),
    ("Malformed string", "引号没有成对"),
    ("Incomplete statement", "这一句不完整"),
    ("got <eof>", "文件没有写完"),
    ("unclosed", "注释或长文本没有结束"),
    ("recursion depth", "嵌套太深"),
];

/// The finding for a text that is not Lua: `remind.lua:12: Expected …`.
pub(super) fn syntax(file: &str, text: &str, message: &str) -> Finding {
    let message = message.strip_prefix("syntax error: ").unwrap_or(message);
    let rest = message.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
    let parts = rest.and_then(|rest| rest.split_once(':'));
    let found = parts.and_then(|(line, rest)| Some((line.parse().ok()?, rest.trim())));
    let (line, what) = found.unwrap_or((1, message));
    let what = what.split("\nstack traceback:").next().unwrap_or(what);
    let what = fault::shortened(what);
    let known = MISSING.iter().find(|(start, _)| what.contains(start));
    let zh = known.map_or("写法不对", |(_, zh)| zh);
    let code = if what.contains("recursion depth") { "W035" } else { "W001" };
    let col = got(text, line, &what).unwrap_or_else(|| first_column(text, line));
    Finding::error(
        code,
        file,
        format!("语法错误:{zh} ({what})"),
        format!("syntax error: {what}"),
    )
    .at(line, col)
}

/// The column of the token that the parser stumbled over.
fn got(text: &str, line: u32, message: &str) -> Option<u32> {
    let index = usize::try_from(line.saturating_sub(1)).ok()?;
    let content = text.lines().nth(index)?;
    let token = message.rsplit_once("got ")?.1;
    if token.starts_with("<eof>") {
        return Some(small(content.chars().count() + 1));
    }
    let token = token.strip_prefix('\'')?.split('\'').next()?;
    let byte = content.find(token)?;
    Some(small(content[..byte].chars().count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_error_names_line_and_column() {
        let text = "workflow \"x\" {\n  lane = \"contact\"\n  start = \"a\",\n}\n";
        let message = "x.lua:3: Expected '}' (to close '{' at line 1), got 'start'";
        let finding = syntax("x.lua", text, message);
        assert_eq!((finding.line, finding.col), (3, 3));
        assert!(finding.say.zh.contains("缺少逗号"), "{}", finding.say.zh);
    }

    #[test]
    fn the_named_word_is_looked_for_from_the_line_of_the_table_on() {
        let text = "-- lone\nstage \"a\" {\n  alone = 1,\n  lone = 2,\n}";
        let fault = Fault::new("stage “a” 没有 `lone` 这个键", "").at(2);
        assert_eq!(column(text, &fault), (4, 3));
    }

    #[test]
    fn keys_stand_where_they_are_assigned() {
        let text = "stage \"sms\" { call = {}, sms = 1 }";
        assert!(key(text, "call") < key(text, "sms"));
        assert_eq!(key(text, "letter"), usize::MAX);
    }
}
