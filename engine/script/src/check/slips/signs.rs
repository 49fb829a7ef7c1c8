//! Signs and words of other languages (别的语言的写法) that mean something else
//! here, or nothing: `!=`, `&&`, `null`, `elif`, `i++`, `End`.

use std::collections::BTreeSet;

use domain::say::Say;

use super::super::codes;
use super::super::draft::Edit;
use super::One;
use super::blocks;
use super::lexer::{KEYWORDS, Kind, Token};

/// Signs, and what they are called here.
const SIGNS: &[(&str, &str)] = &[
    ("!=", "~="),
    ("!==", "~="),
    ("<>", "~="),
    ("===", "=="),
    ("=<", "<="),
    ("&&", "and"),
    ("&", "and"),
    ("||", "or"),
    ("|", "or"),
    ("!", "not"),
    (":=", "="),
];

/// Words, and what they are called here.
const WORDS: &[(&str, &str)] = &[
    ("null", "nil"),
    ("Null", "nil"),
    ("NULL", "nil"),
    ("None", "nil"),
    ("undefined", "nil"),
    ("elif", "elseif"),
    ("elsif", "elseif"),
    ("elseIf", "elseif"),
    ("else_if", "elseif"),
    ("endif", "end"),
    ("end_if", "end"),
];

pub(super) fn find(text: &str, words: &[Token<'_>]) -> Vec<One> {
    let open: BTreeSet<usize> = words
        .iter()
        .filter(|word| word.kind == Kind::Text(false))
        .map(|word| word.line)
        .collect();
    let locals =
        words.windows(2).filter(|pair| pair[0].is("local")).map(|pair| pair[1].text);
    let locals: BTreeSet<&str> = locals.collect();
    let mut found: Vec<One> = vec![];
    let mut around = vec![];
    for at in 0..words.len() {
        // A sign that was told together with the one before it.
        let told = found.last().is_some_and(|it| {
            it.edits.iter().any(|edit| words[at].start < edit.end)
                && it.at < words[at].start
        });
        // With a lone quote on its line, code and text cannot be told apart.
        if !told && !open.contains(&words[at].line) {
            let in_table = around
                .last()
                .is_some_and(|it: &(blocks::Opener<'_>, ())| it.0.is_brace());
            found.extend(Position { text, words, at, locals: &locals, in_table }.slip());
        }
        blocks::pass(words, at, &mut around, ());
    }
    found
}

struct Position<'w, 't> {
    text: &'t str,
    words: &'w [Token<'t>],
    at: usize,
    /// A local of this name is no slip.
    locals: &'w BTreeSet<&'t str>,
    /// The innermost thing open is a table.
    in_table: bool,
}

impl<'t> Position<'_, 't> {
    fn word(&self) -> &Token<'t> {
        &self.words[self.at]
    }

    fn near(&self, by: isize) -> Option<&Token<'t>> {
        self.words.get(self.at.checked_add_signed(by)?)
    }

    fn slip(&self) -> Option<One> {
        let word = self.word();
        match word.kind {
            Kind::Sign => self.sign(),
            Kind::Name => self.name(),
            _ => None,
        }
    }

    fn sign(&self) -> Option<One> {
        let word = self.word();
        if let Some(one) = self.parted() {
            return Some(one);
        }
        match word.text {
            "++" => return Some(self.step("++", "+")),
            "=>" => return Some(self.arrow()),
            "?" => return self.question(),
            "+=" | "-=" | "*=" | "/=" | "..=" => return self.compound(),
            "!" if !self.near(1).is_some_and(Token::begins_value) => return None,
            // A type of a parameter, in scripts that name types.
            "&" | "|" if !self.near(-1).is_some_and(Token::ends_value) => return None,
            _ => {}
        }
        let (typed, plain) = SIGNS.iter().find(|sign| sign.0 == word.text)?;
        Some(self.instead(typed, plain))
    }

    fn name(&self) -> Option<One> {
        let word = self.word();
        let before = self.near(-1);
        let is_field =
            before.is_some_and(|it| it.is_one_of(&[".", ":", "local", "function"]));
        let is_key = self.near(1).is_some_and(|it| it.is("="));
        if is_field || is_key || self.locals.contains(word.text) {
            return None;
        }
        if word.is("end") {
            return self.end_if();
        }
        if let Some((typed, plain)) = WORDS.iter().find(|it| it.0 == word.text) {
            return Some(self.instead(typed, plain));
        }
        let lower = word.text.to_lowercase();
        let keyword = KEYWORDS
            .iter()
            .find(|keyword| **keyword == lower && **keyword != word.text)?;
        let typed = word.text;
        let text = Say::new(
            format!("“{typed}” 要小写:{keyword}"),
            format!("write “{typed}” in small letters: {keyword}"),
        );
        let edit = Edit::replace(word.start, word.end, *keyword);
        let one = One::new(codes::FOREIGN, word.start, text);
        Some(one.of_kind(format!("case {typed}")).mended(vec![edit]))
    }

    fn instead(&self, typed: &str, plain: &str) -> One {
        let word = self.word();
        let text = Say::new(
            format!("这里不用 {typed},要写 {plain}"),
            format!("`{typed}` is another language's; write {plain}"),
        );
        let edit = Edit::replace(word.start, word.end, self.spaced(word, plain));
        One::new(codes::FOREIGN, word.start, text)
            .of_kind(format!("sign {typed}"))
            .mended(vec![edit])
    }

    /// A word with the spaces that it needs and a sign did not.
    fn spaced(&self, word: &Token<'_>, plain: &str) -> String {
        if !plain.starts_with(|it: char| it.is_ascii_alphabetic()) {
            return plain.to_owned();
        }
        let part =
            |it: char| it.is_alphanumeric() || matches!(it, '_' | '"' | '\'' | ')' | '}');
        // A sign needs no space beside it, the word in its place does.
        let glued_before =
            word.kind == Kind::Sign && self.text[..word.start].ends_with(part);
        let rest = &self.text[word.end..];
        let glued_after =
            word.kind == Kind::Sign && !rest.starts_with(char::is_whitespace);
        let before = if glued_before { " " } else { "" };
        let after = if glued_after { " " } else { "" };
        format!("{before}{plain}{after}")
    }

    /// `end if` on a line of its own.
    fn end_if(&self) -> Option<One> {
        let (word, next) = (self.word(), self.near(1)?);
        let alone = next.is("if")
            && next.line == word.line
            && self.near(2).is_none_or(|it| it.line != word.line);
        if !alone {
            return None;
        }
        let text =
            Say::new("这里只写 end,不写 end if", "write `end` alone, not `end if`");
        let edit = Edit::replace(word.end, next.end, "");
        let one = One::new(codes::FOREIGN, word.start, text);
        Some(one.of_kind("end if").mended(vec![edit]))
    }

    /// `=>` is an arrow behind a key of a table, and `>=` where values are
    /// compared.
    fn arrow(&self) -> One {
        if self.compares() {
            return self.instead("=>", ">=");
        }
        let opens = |it: &Token<'_>| it.is_one_of(&["{", ",", ";"]);
        let is_key = self.in_table
            && (self.near(-1).is_some_and(|it| it.first)
                || self.near(-2).is_some_and(opens));
        let one = self.instead("=>", "=");
        if is_key { one } else { Self::either(one, ">=") }
    }

    /// The same slip where two readings are possible: it is named, not mended.
    fn either(one: One, other: &str) -> One {
        let Say { zh, en } = one.text.clone();
        let text = Say::new(format!("{zh} 或 {other}"), format!("{en} or {other}"));
        One { text, kind: None, sure: false, ..one }
    }

    /// `> =` and `=!`: one sign typed as two, or the wrong way round.
    fn parted(&self) -> Option<One> {
        let (word, next) = (self.word(), self.near(1)?);
        if next.line != word.line {
            return None;
        }
        let glued = word.end == next.start;
        let (plain, sure) = match (word.text, next.text) {
            (">" | "<", "=") if !glued && self.compares() => {
                (if word.is(">") { ">=" } else { "<=" }, true)
            }
            ("~" | "!", "=") if !glued => ("~=", true),
            ("=", "=") if self.compares() => ("==", true),
            ("=", ">") if self.compares() => (">=", true),
            ("=", "<") if self.compares() => ("<=", true),
            ("<", ">") => ("~=", true),
            ("+", "=") => ("+=", false),
            ("=", "~") => ("~=", self.compares()),
            // `x = !y` gives a value, and `x =! y` compares two.
            ("=", "!") => {
                let apart = self.near(2).is_some_and(|it| next.end < it.start);
                match (self.compares(), glued, apart) {
                    (true, true, true) => ("~=", true),
                    (false, _, false) => return None,
                    _ => ("~=", false),
                }
            }
            _ => return None,
        };
        let typed = &self.text[word.start..next.end];
        let Say { zh, en } = if glued {
            Say::new(
                format!("没有 {typed} 这个符号"),
                format!("there is no sign `{typed}`"),
            )
        } else {
            Say::new(format!("{typed} 中间不能有空格"), format!("`{typed}` is one sign"))
        };
        let text = Say::new(format!("{zh}:要写 {plain}"), format!("{en}; write {plain}"));
        let edit = Edit::replace(word.start, next.end, plain);
        let one = One::new(codes::SYNTAX, word.start, text);
        let one = if sure {
            one.of_kind(format!("sign {typed}")).mended(vec![edit])
        } else {
            one.guessed(vec![edit])
        };
        Some(one)
    }

    /// Values are compared here, none is given: behind `if`, `return`, `and`, or
    /// in brackets, or on the right of a value that is given.
    fn compares(&self) -> bool {
        let mut depth = 0_u32;
        for (at, word) in self.words[..self.at].iter().enumerate().rev() {
            if word.is_one_of(&[")", "}", "]"]) {
                depth += 1;
            } else if word.is_one_of(&["(", "{", "["]) {
                if depth == 0 {
                    return word.is("(");
                }
                depth -= 1;
            }
            if 0 < depth {
                continue;
            }
            if word.is_one_of(&[
                "if", "elseif", "while", "until", "return", "and", "or", "not", "=",
            ]) {
                return true;
            }
            let begins = word.first
                && at.checked_sub(1).is_none_or(|it| self.words[it].ends_value());
            if begins
                || word.is_one_of(&[
                    "then", "do", "else", "local", "end", ";", ",", "repeat", "function",
                ])
            {
                return false;
            }
        }
        false
    }

    /// The name before this sign, with the fields that hang on it.
    fn target(&self) -> Option<(usize, usize)> {
        let mut start = self.at.checked_sub(1)?;
        if !self.words[start].is_name() {
            return None;
        }
        while 2 <= start
            && self.words[start - 1].is(".")
            && self.words[start - 2].is_name()
        {
            start -= 2;
        }
        let (first, last) = (&self.words[start], &self.words[self.at - 1]);
        let begins = first.first
            || start.checked_sub(1).is_some_and(|it| {
                self.words[it].is_one_of(&["then", "do", "else", ")", ";", "repeat"])
            });
        (begins && first.line == self.word().line).then_some((first.start, last.end))
    }

    /// `i++`.
    fn step(&self, typed: &str, sign: &str) -> One {
        let word = self.word();
        let text = Say::new(
            format!("没有 {typed} 这种写法:写 名字 = 名字 {sign} 1"),
            format!("there is no `{typed}`; write name = name {sign} 1"),
        );
        let one = One::new(codes::FOREIGN, word.start, text).of_kind(typed);
        match self.target() {
            Some((start, end)) => {
                let name = &self.text[start..end];
                let value = so_far(name, sign);
                let edit =
                    Edit::replace(word.start, word.end, format!(" = {value} {sign} 1"));
                one.mended(vec![edit])
            }
            None => one.guessed(vec![Edit::replace(word.start, word.end, "+ 1")]),
        }
    }

    /// `memo.tries += 1` works, but in no editor for Lua.
    fn compound(&self) -> Option<One> {
        let word = self.word();
        let (start, end) = self.target()?;
        let name = &self.text[start..end];
        let typed = word.text;
        let sign = typed.trim_end_matches('=');
        let rest = &self.words[self.at + 1..];
        // `n += if a then b else c`: where that ends its words do not tell.
        if rest.first()?.is("if") {
            return None;
        }
        let length = value_length(rest, word);
        let last = rest.get(length.checked_sub(1)?)?;
        let value = &self.text[rest.first()?.start..last.end];
        let value = if length == 1 { value.to_owned() } else { format!("({value})") };
        let before = so_far(name, sign);
        let shown = if value.contains('\n') { "(…)" } else { value.as_str() };
        let text = Say::new(
            format!(
                "{typed} 不是通用的写法,编辑器会报错:写 {name} = {before} {sign} {shown}"
            ),
            format!(
                "`{typed}` is no Lua that editors know; write {name} = {before} {sign} {shown}"
            ),
        );
        let edit =
            Edit::replace(word.start, last.end, format!("= {before} {sign} {value}"));
        let one = One::new(codes::FOREIGN, word.start, text).mended(vec![edit]);
        Some(One { mild: true, ..one })
    }

    /// `a ? b : c`.
    fn question(&self) -> Option<One> {
        let word = self.word();
        let colon =
            self.words[self.at..].iter().find(|it| it.is(":") && it.line == word.line)?;
        let text = Say::new(
            "没有 条件 ? 甲 : 乙 的写法:用 if 条件 then … else … end",
            "there is no `a ? b : c`; use if … then … else … end",
        );
        let edits = vec![
            Edit::replace(word.start, word.end, "and"),
            Edit::replace(colon.start, colon.end, "or"),
        ];
        Some(One::new(codes::FOREIGN, word.start, text).of_kind("?").guessed(edits))
    }
}

/// How many words the value behind a sign has: a line that ends with an operator, or
/// within a bracket, goes on in the next one, and so does one before an operator.
fn value_length(words: &[Token<'_>], sign: &Token<'_>) -> usize {
    const ENDS: &[&str] = &["end", "else", "elseif", ";", "until", ")", "}", "]"];
    const GO_ON: &[&str] = &[
        "+", "-", "*", "/", "//", "%", "^", "..", "and", "or", "==", "~=", "<", ">",
        "<=", ">=", ".", ":",
    ];
    let mut before = sign;
    let mut open = vec![];
    for (at, word) in words.iter().enumerate() {
        let is_next = before.line != word.line;
        let ends = is_next && before.ends_value() && !word.is_one_of(GO_ON);
        if open.is_empty() && (ends || word.is_one_of(ENDS)) {
            return at;
        }
        blocks::pass(words, at, &mut open, ());
        before = word;
    }
    words.len()
}

/// What stands under a name so far; nothing is noted of a case at its first time.
fn so_far(name: &str, sign: &str) -> String {
    match (name.strip_prefix("memo."), sign) {
        (Some(_), "..") => format!("({name} or \"\")"),
        (Some(_), "+" | "-") => format!("({name} or 0)"),
        _ => name.to_owned(),
    }
}
