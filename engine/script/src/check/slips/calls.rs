//! A comma that is missing in a call (少了逗号): `wait(3 * days "first_call")` is
//! sound Lua and calls what is no function.

use domain::say::Say;

use super::super::codes;
use super::super::draft::Edit;
use super::super::globals::LIBRARIES;
use super::One;
use super::blocks::{self, Opener};
use super::lexer::{Kind, Token};

pub(super) fn find(words: &[Token<'_>]) -> Vec<One> {
    let mut found = vec![];
    let mut open: Vec<(Opener<'_>, ())> = vec![];
    for (at, word) in words.iter().enumerate() {
        let in_call = open.last().is_some_and(|it| it.0.is_paren());
        if in_call && matches!(word.kind, Kind::Text(true)) && follows_value(words, at) {
            let before = &words[at - 1];
            let begins = word.text;
            let text = Say::new(
                format!("{begins} 前面少了一个逗号"),
                format!("a comma is missing before {begins}"),
            );
            let edit = Edit::insert(before.end, ",");
            found.push(One::new(codes::SYNTAX, word.start, text).mended(vec![edit]));
        }
        blocks::pass(words, at, &mut open, ());
    }
    found
}

/// The word before is a unit, or a field that is no function: nothing that a
/// text could be given to.
fn follows_value(words: &[Token<'_>], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|it| &words[it]) else { return false };
    let (dot, of) = match at {
        3.. => (&words[at - 2], &words[at - 3]),
        _ => return false,
    };
    let unit = before.is_one_of(&["days", "workdays", "hours"]) && dot.is("*");
    let of_house = of.is_one_of(&["setting", "case", "memo"]);
    let library = LIBRARIES.iter().any(|library| of.is(library.0));
    unit || (before.is_name() && dot.is(".") && of_house && !library)
}
