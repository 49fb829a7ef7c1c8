//! Slips of people who do not program (笔误): each named for what it is, once,
//! at its line, and mended in a draft so that the rest can be read.
//!
//! First what is wrong wherever it stands (marks, signs, units), then, where the
//! text still does not follow the grammar, what one change makes it follow it.

use domain::say::Say;

mod blocks;
mod calls;
mod chunks;
mod entries;
mod keys;
mod keywords;
mod lexer;
mod marks;
mod quotes;
mod signs;
mod trial;
mod units;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use super::draft::{Draft, Edit};
pub(crate) use keywords::meant as keyword_meant;
pub(crate) use lexer::KEYWORDS;
pub(crate) use trial::{Fault, Grammar};

/// One slip in a file.
#[derive(Clone, Debug)]
pub(crate) struct Slip {
    pub(crate) code: &'static str,
    /// The byte of the file where it stands.
    pub(crate) at: usize,
    pub(crate) text: Say,
    /// How the file is mended, when there is but one way.
    pub(crate) mends: Vec<Edit>,
    /// It works as it stands; somebody should look all the same.
    pub(crate) mild: bool,
}

/// A file as far as its slips could be mended.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) draft: Draft,
    pub(crate) slips: Vec<Slip>,
    /// Where in the file the draft was changed by a guess: what follows from
    /// that is no fault of the file.
    guesses: Vec<usize>,
}

/// One slip of a kind, before those of a kind are told together.
#[derive(Clone, Debug)]
struct One {
    code: &'static str,
    /// Slips of the same kind are one finding; `None` stands alone.
    kind: Option<String>,
    text: Say,
    /// Byte of the draft.
    at: usize,
    /// How the draft goes on.
    edits: Vec<Edit>,
    /// The file may be mended like this as well.
    sure: bool,
    mild: bool,
}

impl One {
    fn new(code: &'static str, at: usize, text: Say) -> Self {
        Self { code, kind: None, text, at, edits: vec![], sure: false, mild: false }
    }

    fn of_kind(self, kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), ..self }
    }

    fn mended(self, edits: Vec<Edit>) -> Self {
        Self { edits, sure: true, ..self }
    }

    fn guessed(self, edits: Vec<Edit>) -> Self {
        Self { edits, sure: false, ..self }
    }
}

/// The marks that no plain keyboard types, and lost comments. In a part of the file
/// that follows the grammar as it stands every dash and stroke reckons.
fn marks_of(text: &str, grammar: &dyn Grammar) -> Vec<One> {
    let mut found = marks::find(text);
    if found.iter().any(marks::makes_comment) && grammar.is_readable(text) {
        let faulty = chunks::faulty(text, grammar);
        found.retain(|one| {
            !marks::makes_comment(one) || faulty.iter().any(|it| it.contains(&one.at))
        });
    }
    found
}

impl Reading {
    /// Reads a file and mends what can be seen without its grammar.
    pub(crate) fn new(text: &str, grammar: &dyn Grammar) -> Self {
        let mut reading =
            Self { draft: Draft::new(text), slips: vec![], guesses: vec![] };
        reading.take(text, &marks_of(text, grammar));
        let now = reading.draft.text().to_owned();
        let words = lexer::tokens(&now);
        let mut found = signs::find(&now, &words);
        found.extend(units::find(&words));
        found.extend(keys::find(&words));
        found.extend(calls::find(&words));
        reading.take(text, &found);
        reading.end_returns();
        reading
    }

    /// Luau reads what stands in the next line after a bare `return` as its
    /// value; who writes a `return` on a line of its own does not mean that.
    fn end_returns(&mut self) {
        let now = self.draft.text().to_owned();
        let words = lexer::tokens(&now);
        let bare = words.windows(2).filter(|pair| {
            let (word, next) = (&pair[0], &pair[1]);
            word.is("return")
                && next.first
                && next.indent <= word.indent
                && !next.is_one_of(&["end", "else", "elseif", "until", ";"])
        });
        let edits: Vec<Edit> = bare.map(|bare| Edit::insert(bare[0].end, ";")).collect();
        self.draft.apply(&edits);
    }

    /// Mends by trial what does not follow the grammar; what is left over is
    /// told as the grammar tells it.
    pub(crate) fn mend(&mut self, file: &str, grammar: &dyn Grammar) {
        let text = self.draft.text().to_owned();
        let is_told = |part: Range<usize>| {
            let part = self.draft.origin(part.start)..self.draft.origin(part.end);
            self.guesses.iter().any(|guess| part.contains(guess))
        };
        let found = trial::find(&text, grammar, &is_told);
        self.take(file, &found);
    }

    /// Whether every change of the draft is certain.
    pub(crate) fn is_certain(&self) -> bool {
        self.guesses.is_empty()
    }

    /// Makes the changes of some slips and notes these, one for each kind.
    fn take(&mut self, file: &str, found: &[One]) {
        let guesses = found.iter().filter(|it| !it.sure);
        self.guesses.extend(guesses.map(|guess| self.draft.origin(guess.at)));
        let mut kinds: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut all = vec![];
        for (index, one) in found.iter().enumerate() {
            let kind = one.kind.clone().unwrap_or_else(|| format!("\0{index}"));
            kinds.entry(kind).or_default().push(index);
            all.extend(one.edits.iter().cloned());
        }
        for members in kinds.values() {
            let members: Vec<&One> =
                members.iter().map(|member| &found[*member]).collect();
            self.slips.extend(self.together(file, &members));
        }
        self.slips.sort_by_key(|slip| slip.at);
        self.draft.apply(&all);
    }

    fn together(&self, file: &str, members: &[&One]) -> Option<Slip> {
        let first = members.first()?;
        let at = |one: &One| self.draft.origin(one.at);
        let Say { mut zh, mut en } = first.text.clone();
        if 1 < members.len() {
            let count = members.len();
            let members = members.iter().take(100);
            let mut lines: Vec<u32> =
                members.map(|member| super::draft::pos(file, at(member)).line).collect();
            lines.dedup();
            let more = if 6 < lines.len() { "…" } else { "" };
            let shown: Vec<String> = lines.iter().take(6).map(u32::to_string).collect();
            zh = format!("{zh}(共 {count} 处,在第 {}{more} 行)", shown.join("、"));
            en = format!("{en} ({count} of them, in lines {}{more})", shown.join(", "));
        }
        let sure = members.iter().all(|member| member.sure);
        let edits = members.iter().flat_map(|member| &member.edits);
        let mends = if sure {
            edits.map(|edit| self.draft.in_file(edit)).collect()
        } else {
            vec![]
        };
        let mild = members.iter().all(|member| member.mild);
        Some(Slip {
            code: first.code,
            at: at(first),
            text: Say::new(zh, en),
            mends,
            mild,
        })
    }
}
