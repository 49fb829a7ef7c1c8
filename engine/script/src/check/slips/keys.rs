//! Keys without their sign (键与等号): `lane "contact"` and `wait == 3 * days` are
//! sound Lua and say nothing.

use domain::say::Say;

use super::super::codes;
use super::super::draft::Edit;
use super::One;
use super::blocks::{self, Opener};
use super::lexer::{Kind, Token};

pub(super) fn find(words: &[Token<'_>]) -> Vec<One> {
    let mut found = vec![];
    let mut open: Vec<(Opener<'_>, bool)> = vec![];
    for (at, word) in words.iter().enumerate() {
        let table = open.last().filter(|it| it.1);
        // Behind a table that is never closed come statements.
        let inside =
            table.is_some_and(|table| !word.first || table.0.indent() < word.indent);
        if inside && begins_entry(words, at) {
            found.extend(slip(words, at));
        }
        let before = at.checked_sub(1).map(|it| &words[it]);
        let keyed =
            word.is("{") && before.is_some_and(|it| takes_keys(words, it, at, &open));
        blocks::pass(words, at, &mut open, keyed);
    }
    found
}

/// Whether every entry of a table that begins here has a name: the table of a
/// declaration, of a verb, or one of `title`, `settings` and `enrol`.
fn takes_keys(
    words: &[Token<'_>],
    before: &Token<'_>,
    at: usize,
    open: &[(Opener<'_>, bool)],
) -> bool {
    let declares = matches!(before.kind, Kind::Text(true))
        && 2 <= at
        && words[at - 2].is_one_of(&["stage", "workflow"]);
    let named = before.is("=")
        && open.last().is_some_and(|it| it.1)
        && 2 <= at
        && words[at - 2].is_one_of(&["title", "settings", "enrol"]);
    let called = before.is_name() && before.line == words[at].line;
    declares || named || called || has_key(&words[at..])
}

/// An entry of the table that begins here has a name.
fn has_key(words: &[Token<'_>]) -> bool {
    let mut depth = 0_u32;
    for (at, word) in words.iter().enumerate().take(LOOK_AHEAD) {
        if word.is_one_of(&["{", "(", "["]) {
            depth += 1;
        } else if word.is_one_of(&["}", ")", "]"]) {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return false;
        }
        if depth == 1
            && begins_entry(words, at)
            && words.get(at + 1).is_some_and(|word| word.is("="))
        {
            return true;
        }
    }
    false
}

/// Words in which a name has to come up.
const LOOK_AHEAD: usize = 60;

fn begins_entry(words: &[Token<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).map(|it| &words[it]);
    words[at].is_name() && before.is_some_and(|it| it.is_one_of(&["{", ",", ";"]))
}

fn slip(words: &[Token<'_>], at: usize) -> Option<One> {
    let (key, next) = (&words[at], words.get(at + 1)?);
    let name = key.text;
    if next.is(":") {
        let text = super::entries::no_colon();
        let edit = Edit::replace(next.start, next.end, " =");
        let one = One::new(codes::FOREIGN, next.start, text);
        return Some(one.of_kind(":").mended(vec![edit]));
    }
    if next.is("==") {
        let text = Say::new(
            format!("赋值只用一个 =:应写 {name} = …"),
            format!("give a value with one `=`: write {name} = …"),
        );
        let edit = Edit::replace(next.start, next.end, "=");
        return Some(One::new(codes::SYNTAX, next.start, text).mended(vec![edit]));
    }
    let value = matches!(next.kind, Kind::Text(true)) || next.is("{");
    if !(value && next.line == key.line) || name == "date" {
        return None;
    }
    let text = Say::new(
        format!("“{name}” 后面少了等号:应写 {name} = …"),
        format!("`=` is missing after “{name}”: write {name} = …"),
    );
    let edit = Edit::insert(key.end, " =");
    Some(One::new(codes::SYNTAX, key.end, text).mended(vec![edit]))
}
