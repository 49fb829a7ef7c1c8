//! A quote that has no counterpart on its line (引号不成对).

use domain::say::Say;

use super::super::codes;
use super::super::draft::Edit;
use super::super::punctuation::closed_below;
use super::One;
use super::lexer::{Kind, Token};
use super::trial::Change;

/// What stands behind a text in a line.
const BEHIND: &[&str] = &[" }", " {", " then", " do", " and", " or", " ..", " ==", " ~="];

/// The ways to close the first text that does not end; empty when all end.
pub(super) fn find(text: &str, words: &[Token<'_>]) -> Vec<Change> {
    let open = words.iter().find(|word| word.kind == Kind::Text(false));
    let Some(open) = open else { return vec![] };
    if open.text.starts_with('[') {
        return vec![];
    }
    let quote = &open.text[..1];
    let start = text[..open.start].rfind('\n').map_or(0, |it| it + 1);
    let end =
        text[open.start..].find(['\n', '\r']).map_or(text.len(), |it| open.start + it);
    // A comment behind the text belongs to no text.
    let comment = text[open.start..end].find(" --").map_or(end, |it| open.start + it);
    if let Some(change) = over_lines(text, open.start, end) {
        return vec![change];
    }
    let line = &text[start..comment];
    let mut places: Vec<usize> = vec![];
    // Where it can begin: before the word that the lone quote hangs on.
    let before = &text[start..open.start];
    let word = before.trim_end_matches(|it: char| it.is_alphanumeric() || it == '_');
    if word.len() < before.len() {
        places.push(start + word.len());
    }
    // Where a text can end: before a mark, or at the end of the line.
    let first = line.find(quote).unwrap_or(0) + 1;
    for (at, c) in line.char_indices().filter(|it| first <= it.0) {
        let ends = matches!(c, ',' | ')' | '}' | ';')
            || BEHIND.iter().any(|it| line[at..].starts_with(it));
        let already = line[..at].trim_end().ends_with(quote);
        if ends && !already {
            places.push(start + at);
        }
    }
    places.push(start + line.trim_end().len());
    places.dedup();
    let begin = |at: usize| {
        // The text that ends there is the one that has lost its quote.
        let texts = words.iter().filter(|word| matches!(word.kind, Kind::Text(_)));
        let mut lone = texts.filter(|text| text.line == open.line && text.start < at);
        lone.next_back().map_or(at, |it| it.start)
    };
    let hangs = start + word.len();
    let change = |at: usize| {
        if at == hangs && word.len() < before.len() {
            put(at, quote, at, &text[at..open.start])
        } else {
            put(at, quote, begin(at), &text[begin(at)..at])
        }
    };
    // A text of marks alone is none that somebody meant.
    let says_something = |it: &usize| {
        *it == hangs || text[begin(*it)..*it].contains(char::is_alphanumeric)
    };
    places.into_iter().filter(says_something).map(change).collect()
}

/// A text of several lines: whether one text is meant or a quote is missing in each
/// nobody can know.
fn over_lines(text: &str, start: usize, line_end: usize) -> Option<Change> {
    let quote = text[start..].chars().next()?;
    let length = closed_below(&text[line_end..], quote)?;
    let told = Say::new(
        "这段文字没有在本行结束:引号里不能换行,换行写 \\n",
        "this text does not end on its line: write \\n where a new line begins in it",
    );
    let breaks = text[line_end..line_end + length].match_indices(['\n', '\r']);
    let joined = breaks.map(|(at, _)| {
        let at = line_end + at;
        Edit::replace(at, at + 1, " ")
    });
    Some(One::new(codes::SYNTAX, start, told).guessed(joined.collect()).into())
}

/// A quote put at a place, and the text that lacks it.
fn put(at: usize, quote: &str, begun: usize, lacks: &str) -> Change {
    let shown: String = lacks.trim_start_matches(quote).chars().take(12).collect();
    let told = if shown.is_empty() {
        Say::new("引号没有成对", "a quote is missing")
    } else {
        Say::new(
            format!("引号没有成对:“{shown}” 少了一个引号 {quote}"),
            format!("a quote {quote} is missing at “{shown}”"),
        )
    };
    let one = One::new(codes::SYNTAX, begun, told);
    Change { one: one.mended(vec![Edit::insert(at, quote)]), has_rivals: true }
}
