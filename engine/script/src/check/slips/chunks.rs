//! The parts of a file that stand on their own (分段): declarations that begin at
//! the left edge. A slip in one of them is no slip in the next.

use std::ops::Range;

use super::lexer::{self, Token};
use super::trial::Grammar;

/// Words with which a part begins.
const BEGIN: &[&str] = &["workflow", "stage", "always", "test", "local", "function"];
/// Those of them that never stand inside another part.
const ALONE: &[&str] = &["workflow", "stage", "always", "test"];

/// So many parts are read as one to see whether they belong together.
const MOST_JOINED: usize = 8;

/// The parts of a text that do not follow the grammar.
pub(super) fn faulty(text: &str, grammar: &dyn Grammar) -> Vec<Range<usize>> {
    let words = lexer::tokens(text);
    let starts: Vec<&Token<'_>> = words.iter().filter(|word| begins(word)).collect();
    let mut parts: Vec<(Range<usize>, bool)> = vec![];
    let mut from = 0;
    for start in &starts {
        if from < start.start {
            parts.push((
                from..start.start,
                starts.iter().any(|start| start.start == from && stands_alone(start)),
            ));
        }
        from = start.start;
    }
    parts.push((
        from..text.len(),
        starts.iter().any(|start| start.start == from && stands_alone(start)),
    ));
    let mut faulty = vec![];
    let mut at = 0;
    while at < parts.len() {
        let part = parts[at].0.clone();
        at += 1;
        if grammar.fault(&text[part.clone()]).is_none() {
            continue;
        }
        // A `local` at the left edge may belong to the function before it.
        let joined = (at..parts.len().min(at + MOST_JOINED))
            .take_while(|it| !parts[*it].1)
            .find(|it| grammar.fault(&text[part.start..parts[*it].0.end]).is_none());
        match joined {
            Some(last) => at = last + 1,
            None => faulty.push(part),
        }
    }
    faulty
}

fn begins(word: &Token<'_>) -> bool {
    word.first && word.indent == 0 && word.is_one_of(BEGIN)
}

fn stands_alone(word: &Token<'_>) -> bool {
    word.is_one_of(ALONE)
}
