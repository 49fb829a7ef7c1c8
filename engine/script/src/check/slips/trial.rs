//! Which one change makes a text follow the grammar (试改): every change that
//! could be meant is tried, the likeliest first.

use domain::say::Say;

use super::super::codes;
use super::super::draft::{self, Draft, Edit};
use super::lexer::{self, Token};
use super::{One, blocks, chunks, entries, keywords, quotes};

/// The first place where a text does not follow the grammar.
pub(crate) struct Fault {
    /// Its byte.
    pub(crate) at: usize,
    /// What is wrong there, as far as the grammar can tell.
    pub(crate) text: Say,
}

/// The grammar of the language.
pub(crate) trait Grammar {
    /// The first fault of a text.
    fn fault(&self, text: &str) -> Option<Fault>;

    /// It is not nested too deep to be read at all.
    fn is_readable(&self, text: &str) -> bool;
}

/// A change that could be meant.
pub(super) struct Change {
    pub(super) one: One,
    /// Others of its kind might do as well; then none of them is certain.
    pub(super) has_rivals: bool,
}

impl From<One> for Change {
    fn from(one: One) -> Self {
        Self { one, has_rivals: false }
    }
}

/// Most changes tried for one part of a file, and for all of it: reading it
/// again takes time.
const MOST_TRIALS: usize = 80;
const MOST_TRIALS_A_FILE: usize = 400;
/// Most slips told of one part.
const MOST_SLIPS: usize = 8;
/// A part longer than this is not worth trying.
const LONGEST: usize = 16 << 10;

/// The slips of a text that does not follow the grammar. In a part that
/// `is_told` knows of, what is left over follows from what was told.
pub(super) fn find(
    text: &str,
    grammar: &dyn Grammar,
    is_told: &dyn Fn(std::ops::Range<usize>) -> bool,
) -> Vec<One> {
    let Some(fault) = grammar.fault(text) else { return vec![] };
    let mut found = vec![];
    let mut left = MOST_TRIALS_A_FILE;
    for part in chunks::faulty(text, grammar) {
        let lines_before = text[..part.start].matches('\n').count();
        let of_part = left.min(MOST_TRIALS);
        let text = &text[part.clone()];
        let mut trials = Trials {
            draft: Draft::new(text),
            text,
            lines_before,
            grammar,
            left: of_part,
        };
        let told = is_told(part.clone());
        let slips = trials.slips(told);
        left -= of_part - trials.left;
        found.extend(slips.into_iter().map(|slip| moved(slip, part.start)));
        if told && found.is_empty() {
            return vec![];
        }
    }
    if found.is_empty() {
        found.push(unknown(&fault));
    }
    found
}

/// A slip of a part as one of the whole text.
fn moved(one: One, by: usize) -> One {
    let edits = one.edits.into_iter();
    let edits =
        edits.map(|edit| Edit { start: edit.start + by, end: edit.end + by, ..edit });
    One { at: one.at + by, edits: edits.collect(), ..one }
}

/// What the grammar says, where no change helps.
fn unknown(fault: &Fault) -> One {
    One::new(codes::SYNTAX, fault.at, fault.text.clone()).guessed(vec![])
}

/// What a change makes of a text.
enum After {
    /// It follows the grammar.
    Sound,
    /// There is another fault, in this line.
    Fault(u32),
    /// It was not tried: there were trials enough.
    TooMany,
}

struct Trials<'g> {
    draft: Draft,
    /// The part as it stands in the file.
    text: &'g str,
    /// Lines of the file before it.
    lines_before: usize,
    grammar: &'g dyn Grammar,
    left: usize,
}

impl Trials<'_> {
    fn slips(&mut self, told: bool) -> Vec<One> {
        let mut found = vec![];
        while found.len() < MOST_SLIPS {
            let text = self.draft.text().to_owned();
            let Some(fault) = self.grammar.fault(&text) else { return found };
            let Some(one) = self.best(&text, &fault, told) else {
                unproved(&mut found);
                if !told {
                    let fault = Fault { at: self.draft.origin(fault.at), ..fault };
                    found.push(unknown(&fault));
                }
                return found;
            };
            found.push(self.made(one));
        }
        unproved(&mut found);
        found
    }

    /// Makes the change of a slip; answers it in bytes of the part.
    fn made(&mut self, one: One) -> One {
        let at = self.draft.origin(one.at);
        let edits = one.edits.iter().map(|edit| self.draft.in_file(edit)).collect();
        self.draft.apply(&one.edits);
        One { at, edits, ..one }
    }

    /// The first change after which nothing is wrong, or else the one after
    /// which the most of the text is right.
    fn best(&mut self, text: &str, fault: &Fault, told: bool) -> Option<One> {
        if LONGEST < text.len() {
            return None;
        }
        let mut words = lexer::tokens(text);
        for word in &mut words {
            // As the file counts them, whatever has been put in so far.
            let before = &self.text[..self.draft.origin(word.start)];
            word.line = self.lines_before + before.matches('\n').count() + 1;
        }
        let mut changes = changes(text, &words, fault.at).into_iter();
        let mut furthest: Option<(u32, One)> = None;
        while let Some(change) = changes.next() {
            match self.after(text, &change.one) {
                After::TooMany => break,
                After::Sound if change.has_rivals => {
                    let rivals: Vec<Change> =
                        changes.filter(|change| change.has_rivals).collect();
                    let mut others =
                        rivals.iter().filter(|rival| rival.one.edits != change.one.edits);
                    let alone = !others
                        .any(|it| matches!(self.after(text, &it.one), After::Sound));
                    return Some(One { sure: change.one.sure && alone, ..change.one });
                }
                // In a part where something is guessed already, what seems too
                // much may close what was not understood.
                After::Sound if told && takes_away(&change.one) => {
                    return Some(One { sure: false, ..change.one });
                }
                After::Sound => return Some(change.one),
                After::Fault(line) => {
                    let reached = draft::pos(text, fault.at).line;
                    let edited = change
                        .one
                        .edits
                        .iter()
                        .map(|edit| draft::pos(text, edit.end).line);
                    let helps = edited.chain([reached]).max().is_some_and(|it| it < line);
                    if helps && furthest.as_ref().is_none_or(|furthest| furthest.0 < line)
                    {
                        furthest = Some((line, change.one));
                    }
                }
            }
        }
        furthest.map(|furthest| furthest.1)
    }

    /// What a change makes of the text.
    fn after(&mut self, text: &str, one: &One) -> After {
        let Some(left) = self.left.checked_sub(1) else { return After::TooMany };
        self.left = left;
        let mut changed = Draft::new(text);
        changed.apply(&one.edits);
        match self.grammar.fault(changed.text()) {
            None => After::Sound,
            Some(it) => After::Fault(draft::pos(text, changed.origin(it.at)).line),
        }
    }
}

/// What was taken away only to read on was not proved to be too much.
fn unproved(found: &mut [One]) {
    for one in found {
        one.sure &= !takes_away(one);
    }
}

/// A change that puts nothing in the place of what it deletes.
fn takes_away(one: &One) -> bool {
    one.edits.iter().all(|edit| edit.text.is_empty() && edit.start < edit.end)
}

/// Every change that could be meant, the likeliest first.
fn changes(text: &str, words: &[Token<'_>], at: usize) -> Vec<Change> {
    let mut all = quotes::find(text, words);
    if !all.is_empty() {
        return all;
    }
    let near = words.iter().position(|word| at < word.end).unwrap_or(words.len());
    let near = stumble(words, near);
    let at = words.get(near).map_or(at, |it| it.start);
    all.extend(keywords::find(words, at));
    all.extend(entries::find(text, words, near));
    all.extend(blocks::find(text, words));
    all.extend(entries::last_resort(text, words, near));
    all
}

/// Where the parser stumbled when it names the bracket of a call: behind the
/// last value that belongs to it.
fn stumble(words: &[Token<'_>], near: usize) -> usize {
    if !words.get(near).is_some_and(|word| word.is("(")) {
        return near;
    }
    let mut open = vec![];
    for at in near..words.len() {
        if open.len() == 1 && near + 1 < at && !goes_on(&words[at - 1], &words[at]) {
            return at;
        }
        blocks::pass(words, at, &mut open, ());
        if open.is_empty() {
            return near;
        }
    }
    words.len()
}

/// Whether a word can stand behind another in one list of values.
fn goes_on(before: &Token<'_>, word: &Token<'_>) -> bool {
    if word.is_one_of(&["}", "]", "end", "then", "do", "=", "return", "local", "else"]) {
        return false;
    }
    let calls =
        word.is_one_of(&["(", "{", "["]) || matches!(word.kind, lexer::Kind::Text(_));
    !(before.ends_value() && word.begins_value()) || (calls && before.line == word.line)
}
