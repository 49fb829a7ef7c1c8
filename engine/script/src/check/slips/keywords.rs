//! Misspelt keywords (关键词拼错): `retrun`, `fuction`, `locla`, `else if`.

use domain::near::distance;
use domain::say::Say;

use super::super::codes;
use super::super::draft::Edit;
use super::super::globals::{BUILTINS, LANGUAGE, VALUES};
use super::One;
use super::lexer::{KEYWORDS, Token};
use super::trial::Change;

/// What other languages call them.
const FOREIGN: &[(&str, &str)] = &[
    ("func", "function"),
    ("fun", "function"),
    ("fn", "function"),
    ("def", "function"),
    ("lambda", "function"),
    ("let", "local"),
    ("var", "local"),
    ("fi", "end"),
    ("done", "end"),
];

/// The changes of words that stand before a fault, the nearest first.
pub(super) fn find(words: &[Token<'_>], fault: usize) -> Vec<Change> {
    let mut found = vec![];
    for (at, word) in words.iter().enumerate().rev() {
        let field =
            at.checked_sub(1).is_some_and(|it| words[it].is_one_of(&[".", ":", "local"]));
        let key = words.get(at + 1).is_some_and(|word| word.is("="));
        if fault < word.start || field || key || !word.is_name() || is_known(word.text) {
            continue;
        }
        for keyword in meant(word.text) {
            found.push(Change::from(misspelt(word, keyword)));
        }
    }
    found.extend(else_ifs(words));
    found
}

fn misspelt(word: &Token<'_>, keyword: &str) -> One {
    let typed = word.text;
    let text = Say::new(
        format!("“{typed}” 拼错了,应为 {keyword}"),
        format!("“{typed}” is misspelt; write {keyword}"),
    );
    let edit = Edit::replace(word.start, word.end, keyword);
    One::new(codes::SYNTAX, word.start, text).mended(vec![edit])
}

fn is_known(name: &str) -> bool {
    name == "case"
        || BUILTINS.iter().any(|builtin| builtin.name == name)
        || VALUES.iter().any(|it| it.name == name)
        || LANGUAGE.contains(&name)
}

/// The keywords that a word may be a misspelling of, the nearest first.
pub(crate) fn meant(word: &str) -> Vec<&'static str> {
    if let Some((_, keyword)) = FOREIGN.iter().find(|it| it.0 == word) {
        return vec![keyword];
    }
    let lower = word.to_lowercase();
    let mut near: Vec<(usize, &'static str)> = KEYWORDS
        .iter()
        .map(|keyword| (distance(&lower, keyword), *keyword))
        .filter(|(distance, it)| {
            let allowed = match it.len() {
                2 => usize::from(anagram(&lower, it)),
                3..=4 => 1,
                _ => 2,
            };
            *distance <= allowed && 1 < word.len()
        })
        .collect();
    near.sort_unstable();
    near.into_iter().map(|it| it.1).take(2).collect()
}

fn anagram(one: &str, other: &str) -> bool {
    one.chars().rev().eq(other.chars())
}

/// `else if` for `elseif`: all of them, then each.
fn else_ifs(words: &[Token<'_>]) -> Vec<Change> {
    let pairs = words.windows(2);
    let pairs = pairs.filter(|pair| {
        pair[0].is("else") && pair[1].is("if") && pair[0].line == pair[1].line
    });
    let ones: Vec<One> = pairs
        .map(|pair| {
            let text = Say::new(
                "else if 要连写成 elseif,否则还要多一个 end",
                "write `elseif` as one word; `else if` needs another `end`",
            );
            let edit = Edit::replace(pair[0].start, pair[1].end, "elseif");
            One::new(codes::FOREIGN, pair[0].start, text)
                .of_kind("else if")
                .mended(vec![edit])
        })
        .collect();
    let mut found = vec![];
    if let (Some(first), true) = (ones.first(), 1 < ones.len()) {
        let edits = ones.iter().flat_map(|it| it.edits.clone()).collect();
        found.push(Change::from(first.clone().mended(edits)));
    }
    found.extend(ones.into_iter().map(Change::from));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_keyword_is_known_by_its_letters() {
        for (word, keyword) in [
            ("retrun", "return"),
            ("retun", "return"),
            ("fuction", "function"),
            ("funtion", "function"),
            ("functoin", "function"),
            ("locla", "local"),
            ("lcoal", "local"),
            ("thne", "then"),
            ("esle", "else"),
            ("ned", "end"),
            ("elesif", "elseif"),
            ("elsif", "elseif"),
            ("village", ""),
            ("func", "function"),
        ] {
            assert_eq!(meant(word).first().copied().unwrap_or(""), keyword, "{word}");
        }
    }
}
