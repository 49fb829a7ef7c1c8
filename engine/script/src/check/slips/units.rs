//! Durations and amounts as they are spoken (时长与金额): `3days`, `days 3`,
//! `500 yuan`.

use std::collections::BTreeSet;

use domain::say::Say;

use super::super::codes;
use super::super::draft::Edit;
use super::One;
use super::lexer::{Kind, Token};

/// Units as they are typed, and as they are written; an empty one is money.
const UNITS: &[(&str, &str)] = &[
    ("days", "days"),
    ("day", "days"),
    ("d", "days"),
    ("workdays", "workdays"),
    ("workday", "workdays"),
    ("hours", "hours"),
    ("hour", "hours"),
    ("h", "hours"),
    ("yuan", ""),
    ("rmb", ""),
];

pub(super) fn find(words: &[Token<'_>]) -> Vec<One> {
    let mut found = vec![];
    let declared = declared(words);
    for (at, word) in words.iter().enumerate() {
        if declared.contains(word.text) {
            continue;
        }
        let before = at.checked_sub(1).and_then(|it| words.get(it));
        let after = words.get(at + 1);
        let Some(unit) = unit(word) else { continue };
        // `5000 * yuan`: the unit of money is a function.
        let two = at.checked_sub(2).and_then(|it| words.get(it));
        if unit.is_empty()
            && let (Some(times), Some(number)) = (before, two)
            && times.is("*")
            && number.kind == Kind::Number
            && !after
                .is_some_and(|it| it.is_one_of(&["(", "*"]) || it.kind == Kind::Number)
        {
            found.push(slip(number, number, word, unit));
            continue;
        }
        if before.is_some_and(|it| it.is_one_of(&[".", ":", "*", "local", "function"])) {
            continue;
        }
        if unit.is_empty()
            && let Some([times, number]) = words.get(at + 1..at + 3)
            && times.is("*")
            && number.kind == Kind::Number
        {
            found.push(slip(number, word, number, unit));
            continue;
        }
        if let Some(number) =
            before.filter(|it| it.kind == Kind::Number && it.line == word.line)
        {
            found.push(slip(number, number, word, unit));
        } else if let Some(number) =
            after.filter(|it| it.kind == Kind::Number && it.line == word.line)
        {
            found.push(slip(number, word, number, unit));
        } else if !unit.is_empty()
            && let Some([open, number, close]) = words.get(at + 1..at + 4)
            && open.is("(")
            && number.kind == Kind::Number
            && close.is(")")
        {
            found.push(slip(number, word, close, unit));
        }
    }
    found
}

/// The names that the file declares: what is called by one of them is no unit.
fn declared<'t>(words: &[Token<'t>]) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let listed = match word.text {
            "local" | "for" => &words[at + 1..],
            // A function's own name, and those of what it is given.
            "function" => {
                let name = words.get(at + 1).filter(|word| word.is_name());
                names.extend(name.map(|name| name.text));
                let first = if name.is_some() { at + 3 } else { at + 2 };
                words.get(first..).unwrap_or_default()
            }
            _ => continue,
        };
        let parts = listed.iter().take_while(|it| it.is_name() || it.is(","));
        names.extend(parts.filter(|part| part.is_name()).map(|part| part.text));
    }
    names
}

fn unit(word: &Token<'_>) -> Option<&'static str> {
    let is_word = word.kind == Kind::Name;
    is_word
        .then(|| UNITS.iter().find(|unit| unit.0 == word.text).map(|unit| unit.1))
        .flatten()
}

fn slip(number: &Token<'_>, first: &Token<'_>, last: &Token<'_>, unit: &str) -> One {
    let number = number.text;
    let plain = if unit.is_empty() {
        format!("yuan({number})")
    } else {
        format!("{number} * {unit}")
    };
    let edit = Edit::replace(first.start, last.end, plain.clone());
    let text = if unit.is_empty() {
        Say::new(format!("金额要写成 {plain}"), format!("an amount is written {plain}"))
    } else {
        Say::new(
            format!("时长要写成 {plain}:数字、乘号、单位"),
            format!("a duration is written {plain}: number, times, unit"),
        )
    };
    One::new(codes::UNIT, first.start, text).mended(vec![edit])
}
