//! What is opened and never closed, or closed and never opened (不成对): found by
//! how the lines are indented.

use domain::say::Say;

use super::super::codes;
use super::super::draft::Edit;
use super::One;
use super::lexer::{Kind, Token};
use super::trial::Change;

/// Something open: `function`, `if`, `{`, `(`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opener<'t> {
    word: Token<'t>,
    /// The `do` of a loop has come.
    has_do: bool,
}

impl<'t> Opener<'t> {
    fn new(word: Token<'t>) -> Self {
        Self { word, has_do: false }
    }

    /// What closes it.
    fn close(&self) -> &'static str {
        match self.word.text {
            "{" => "}",
            "(" => ")",
            "[" => "]",
            "repeat" => "until",
            _ => "end",
        }
    }

    pub(super) fn is_brace(&self) -> bool {
        self.word.is("{")
    }

    pub(super) fn is_bracket(&self) -> bool {
        self.word.is_one_of(&["{", "(", "["])
    }

    pub(super) fn is_paren(&self) -> bool {
        self.word.is("(")
    }

    pub(super) fn start(&self) -> usize {
        self.word.start
    }

    /// How far its line is indented.
    pub(super) fn indent(&self) -> usize {
        self.word.indent
    }

    fn is_block(&self) -> bool {
        !self.is_bracket()
    }

    /// The word belongs to it: it closes it, or goes on with it.
    fn takes(&self, word: &Token<'_>) -> bool {
        word.is(self.close())
            || (self.word.is("if") && word.is_one_of(&["else", "elseif"]))
    }
}

/// Words that close something.
const CLOSES: &[&str] = &["end", "until", "}", ")", "]"];

/// Words that no table and no list of arguments holds.
const STATEMENTS: &[&str] = &[
    "then", "do", "end", "until", "else", "elseif", "return", "local", "for", "while",
    "break",
];

/// What is open before the word at an index, the innermost last.
pub(super) fn open_before<'t>(words: &[Token<'t>], at: usize) -> Vec<Opener<'t>> {
    let mut open: Vec<Opener<'t>> = vec![];
    for (index, word) in words.iter().enumerate().take(at) {
        if is_opener(words, index, open.last_mut()) {
            open.push(Opener::new(*word));
        } else if word.is_one_of(CLOSES)
            && let Some(last) = open.iter().rposition(|it| word.is(it.close()))
        {
            open.truncate(last);
        }
    }
    open
}

/// Goes past a word with what is open, and something noted beside each.
pub(super) fn pass<'t, T>(
    words: &[Token<'t>],
    at: usize,
    open: &mut Vec<(Opener<'t>, T)>,
    noted: T,
) {
    let word = &words[at];
    if is_opener(words, at, open.last_mut().map(|it| &mut it.0)) {
        open.push((Opener::new(*word), noted));
    } else if word.is_one_of(CLOSES)
        && let Some(last) = open.iter().rposition(|it| word.is(it.0.close()))
    {
        open.truncate(last);
    }
}

/// Whether the word opens something; notes the `do` of a loop.
fn is_opener(words: &[Token<'_>], at: usize, last: Option<&mut Opener<'_>>) -> bool {
    let word = &words[at];
    if word.is_one_of(&["{", "(", "[", "function", "repeat", "for", "while"]) {
        return true;
    }
    if word.is("if") {
        // As a value, `if a then b else c` has no `end`.
        let before = at.checked_sub(1).map(|it| &words[it]);
        return word.first
            || !before.is_some_and(|it| {
                it.is_one_of(&["=", "(", ",", "{", "return", "and", "or", "..", "+"])
            });
    }
    if word.is("do") {
        if let Some(last) = last
            && last.word.is_one_of(&["for", "while"])
            && !last.has_do
        {
            last.has_do = true;
            return false;
        }
        return true;
    }
    false
}

/// Every place where something seems to be missing or too much, by the look
/// of the lines; the first of them first.
pub(super) fn find(text: &str, words: &[Token<'_>]) -> Vec<Change> {
    let mut walk = Walk { text, words, open: vec![], missing: vec![], stray: vec![] };
    for at in 0..words.len() {
        walk.step(at);
    }
    let end = words.len();
    while let Some(last) = walk.open.pop() {
        walk.lacks(last, end);
    }
    let Walk { mut missing, stray, .. } = walk;
    missing.extend(stray);
    missing.extend(unopened(words));
    missing
}

struct Walk<'w, 't> {
    text: &'w str,
    words: &'w [Token<'t>],
    open: Vec<Opener<'t>>,
    missing: Vec<Change>,
    stray: Vec<Change>,
}

impl<'t> Walk<'_, 't> {
    fn step(&mut self, at: usize) {
        let word = self.words[at];
        while let Some(last) = self.open.last().copied() {
            if !self.seems_open(&last, &word, at) {
                break;
            }
            self.open.pop();
            self.lacks(last, at);
        }
        if is_opener(self.words, at, self.open.last_mut()) {
            self.open.push(Opener::new(word));
            return;
        }
        if !word.is_one_of(CLOSES) {
            return;
        }
        match self.open.last() {
            Some(last) if last.takes(&word) => {
                if word.first
                    && last.word.indent < word.indent
                    && last.word.line < word.line
                {
                    self.too_much(at);
                    return;
                }
                self.open.pop();
            }
            _ => self.too_much(at),
        }
    }

    /// Whether what was opened last should have been closed before a word.
    fn seems_open(&self, last: &Opener<'_>, word: &Token<'_>, at: usize) -> bool {
        let below = self.open.iter().rev().skip(1);
        let fits = last.takes(word);
        let closes = word.is_one_of(CLOSES) || word.is_one_of(&["else", "elseif"]);
        if word.first && last.word.line < word.line {
            if fits {
                return word.indent < last.word.indent
                    && below
                        .clone()
                        .any(|it| it.takes(word) && it.word.indent == word.indent);
            }
            if closes {
                return below.clone().any(|it| it.takes(word));
            }
            // `(case` and on the next line a word: no list goes on like that.
            let after_value =
                at.checked_sub(1).is_some_and(|it| self.words[it].ends_value());
            return word.indent <= last.word.indent
                || (last.is_bracket() && is_statement(word))
                || (last.is_paren() && after_value && word.is_name());
        }
        if fits {
            return false;
        }
        if closes && below.clone().any(|it| it.takes(word)) {
            return true;
        }
        last.is_bracket() && is_statement(word) && below.clone().any(Opener::is_block)
    }

    /// Tells that an opener lacks its close before the word at an index.
    fn lacks(&mut self, opener: Opener<'t>, at: usize) {
        // `test("…", function(t)` opens two things, and both end in one line.
        let mut close = opener.close().to_owned();
        let together = |it: &&Opener<'_>| it.word.line == opener.word.line;
        let outer: Vec<&str> =
            self.open.iter().rev().take_while(together).map(Opener::close).collect();
        let whole = format!("{close}{}", outer.concat());
        let next = self.words.get(at);
        let after_all = next.is_none_or(|it| it.first && it.indent <= opener.word.indent);
        if !outer.is_empty()
            && after_all
            && !next.is_some_and(|it| it.is_one_of(&["}", ")"]))
        {
            self.missing.push(self.change(&opener, at, &whole, false));
        }
        if opener.is_bracket() && !opener.is_brace() {
            // At the end of its own line as well: the next may go on with `..`.
            let later = self.words.iter().position(|word| opener.word.line < word.line);
            if let Some(later) = later.filter(|it| *it < at) {
                self.missing.push(self.change(&opener, later, &close, false));
            }
        }
        if close == "until" {
            close.push_str(" true");
        }
        let begins_entry = next.is_some_and(|it| it.kind == Kind::Name || it.is("["));
        self.missing.push(self.change(&opener, at, &close, false));
        if begins_entry && self.open.iter().any(Opener::is_brace) {
            self.missing.push(self.change(&opener, at, &close, true));
        }
    }

    fn change(&self, opener: &Opener<'_>, at: usize, close: &str, comma: bool) -> Change {
        let (typed, line) = (opener.word.text, opener.word.line);
        let shown = close.split(' ').next().unwrap_or(close);
        let ends_table =
            self.words.get(at).is_some_and(|word| word.first && word.is("}"));
        let in_table = self.open.last().is_some_and(Opener::is_brace);
        let comma = if comma || (ends_table && in_table) { "," } else { "" };
        let before = at.checked_sub(1).and_then(|it| self.words.get(it));
        let last_line = before.map_or(line, |it| it.line);
        let next = self.words.get(at);
        let inline = next.is_some_and(|it| it.line == last_line)
            || (last_line == line && opener.is_bracket());
        let place = before.map_or(opener.word.end, |it| it.end);
        let (edit, Say { zh, en }) = if let Some(next) =
            next.filter(|it| it.is_one_of(&[",", ")"]) && it.first)
        {
            let text = format!("{close}{comma}");
            (Edit::insert(next.start, text), at_line(next.line))
        } else if inline || close == ")" || close == "]" {
            let space = if opener.is_block() || opener.is_brace() { " " } else { "" };
            (Edit::insert(place, format!("{space}{close}{comma}")), at_line(last_line))
        } else {
            let ending = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
            let start = self.text[..opener.word.start].rfind('\n').map_or(0, |it| it + 1);
            let blank: String = self.text[start..]
                .chars()
                .take_while(|c| matches!(c, ' ' | '\t'))
                .collect();
            // After a comment that ends the line.
            let rest = &self.text[place..];
            let place = place + rest.find(['\r', '\n']).unwrap_or(rest.len());
            let after = Say::new(
                format!("应写在第 {last_line} 行之后"),
                format!("it belongs after line {last_line}"),
            );
            (Edit::insert(place, format!("{ending}{blank}{close}{comma}")), after)
        };
        let text = Say::new(
            format!("第 {line} 行的 {typed} 没有结束:缺少 {shown},{zh}"),
            format!(
                "the `{typed}` of line {line} is never closed: `{shown}` is missing, {en}"
            ),
        );
        let one = One::new(codes::SYNTAX, opener.word.start, text);
        let ends_elsewhere = close.starts_with(')') && self.may_end_sooner(opener, at);
        let edits = vec![edit];
        let one = if ends_elsewhere { one.guessed(edits) } else { one.mended(edits) };
        one.into()
    }

    /// Whether a bracket that lacks its end may as well end before another sign, and
    /// the value be another.
    fn may_end_sooner(&self, opener: &Opener<'_>, at: usize) -> bool {
        let Some(from) =
            self.words.iter().position(|word| word.start == opener.word.start)
        else {
            return false;
        };
        let inner = &self.words[from + 1..at.max(from + 1)];
        if inner.iter().any(|it| it.is("function")) {
            return false;
        }
        let before = from.checked_sub(1).map(|it| &self.words[it]);
        let calls = before.is_some_and(|it| it.is_name() || it.is_one_of(&[")", "]"]));
        let signs = reckoning(inner);
        if calls {
            return !signs.is_empty();
        }
        let ranks: Vec<u8> = signs.iter().filter_map(|sign| rank(sign.text)).collect();
        let rises = ranks.iter().zip(ranks.iter().skip(1)).any(|it| it.0 < it.1);
        let bound = before.and_then(|it| Some((it.text, rank(it.text)?)));
        rises
            || bound.is_some_and(|(sign, outer)| {
                signs.iter().any(|it| {
                    let same = it.text == sign && is_associative(sign);
                    rank(it.text).is_some_and(|rank| rank <= outer) && !same
                })
            })
    }

    /// Tells that a close has nothing to close.
    fn too_much(&mut self, at: usize) {
        let word = self.words[at];
        self.stray.push(stray(self.text, self.words, at));
        // Of two in a row the one before may be too much as well.
        let before = at.checked_sub(1).map(|it| self.words[it]);
        if before.is_some_and(|it| it.is(word.text) && it.first) {
            let change = stray(self.text, self.words, at - 1);
            self.stray.push(change);
        }
    }
}

fn at_line(line: usize) -> Say {
    Say::new(format!("应写在第 {line} 行"), format!("it belongs in line {line}"))
}

fn is_statement(word: &Token<'_>) -> bool {
    word.is_one_of(STATEMENTS) || (word.first && word.is("if"))
}

/// The change that takes a close away, with its line when nothing else stands
/// there.
pub(super) fn stray(text: &str, words: &[Token<'_>], at: usize) -> Change {
    let word = &words[at];
    let typed = word.text;
    let told = Say::new(
        format!("这里多了一个 {typed}:前面没有要它结束的"),
        format!("one `{typed}` too many: nothing is open that it could close"),
    );
    let start = text[..word.start].rfind('\n').map_or(0, |it| it + 1);
    let rest = &text[word.end..];
    let end = word.end + rest.find('\n').map_or(rest.len(), |it| it + 1);
    let alone = text[start..end].trim() == typed;
    let edit = if alone {
        Edit::replace(start, end, "")
    } else {
        let blank = text[..word.start].len()
            - text[..word.start].trim_end_matches([' ', '\t']).len();
        let blank = if word.first { 0 } else { blank };
        Edit::replace(word.start - blank, word.end, "")
    };
    let one = One::new(codes::SYNTAX, word.start, told);
    // Where a bracket was meant to open, the value may be another.
    let may_open = typed == ")" && may_have_opened(words, at);
    let edits = vec![edit];
    let one = if may_open { one.guessed(edits) } else { one.mended(edits) };
    one.into()
}

/// Whether a close that closes nothing lacks its opener rather, and the value hangs
/// on where that is put.
fn may_have_opened(words: &[Token<'_>], at: usize) -> bool {
    const BEGIN: &[&str] =
        &["=", "return", "if", "elseif", "while", "until", "then", "do", "else", "local"];
    let line = words[at].line;
    let ahead =
        words[..at].iter().rposition(|word| word.line != line || word.is_one_of(BEGIN));
    let signs = reckoning(&words[ahead.map_or(0, |it| it + 1)..at]);
    let follows = words.get(at + 1).and_then(|word| rank(word.text));
    let lower = |it: &&Token<'_>| rank(it.text).is_some_and(|rank| Some(rank) < follows);
    let falls = signs.iter().zip(signs.iter().skip(1)).any(|(one, other)| {
        let same = one.text == other.text && is_associative(one.text);
        rank(other.text) <= rank(one.text) && !same
    });
    signs.iter().any(lower) || falls
}

/// The signs that reckon in some words, behind the last comma and outside of brackets
/// in them.
fn reckoning<'w, 't>(words: &'w [Token<'t>]) -> Vec<&'w Token<'t>> {
    let mut depth = 0_i32;
    let mut signs = vec![];
    for word in words {
        depth += i32::from(word.is_one_of(&["(", "{", "["]));
        depth -= i32::from(word.is_one_of(&[")", "}", "]"]));
        if depth == 0 && word.is(",") {
            signs.clear();
        }
        if depth == 0 && !matches!(word.kind, Kind::Text(_)) && rank(word.text).is_some()
        {
            signs.push(word);
        }
    }
    signs
}

/// How strongly a sign binds. What is compared was meant as a whole: comparisons have
/// no rank.
fn rank(sign: &str) -> Option<u8> {
    Some(match sign {
        "or" => 1,
        "and" => 2,
        ".." => 3,
        "+" | "-" => 4,
        "*" | "/" | "//" | "%" => 5,
        "not" | "#" => 6,
        "^" => 7,
        _ => return None,
    })
}

fn is_associative(sign: &str) -> bool {
    matches!(sign, "or" | "and" | ".." | "+" | "*")
}

/// `stage "x"` at the end of a line, with the table below it.
fn unopened(words: &[Token<'_>]) -> Vec<Change> {
    let mut found = vec![];
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1);
        let ends_line = next.is_some_and(|it| it.first && word.indent < it.indent);
        let declares = at.checked_sub(1).is_some_and(|it| {
            words[it].is_one_of(&["stage", "workflow"])
                && matches!(word.kind, Kind::Text(true))
        });
        let always = word.is("always") && word.first;
        let key = word.is("=")
            && next.is_some_and(Token::is_name)
            && words.get(at + 2).is_some_and(|word| word.is("="));
        if !(ends_line && (declares || always || key)) {
            continue;
        }
        let told = Say::new("行尾少了一个 {", "a `{` is missing at the end of the line");
        let one = One::new(codes::SYNTAX, word.start, told);
        found.push(one.mended(vec![Edit::insert(word.end, " {")]).into());
    }
    found
}
