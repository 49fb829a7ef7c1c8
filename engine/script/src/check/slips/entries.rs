//! Small words and marks that are missing or wrong (少了逗号、等号、then):
//! what stands between two values, around the place of a fault.

use domain::say::Say;

use super::super::codes;
use super::super::draft::Edit;
use super::super::globals::{Group, builtin};
use super::One;
use super::blocks::{self, Opener};
use super::lexer::{Kind, Token};
use super::trial::Change;

/// The changes around the word at an index, the likeliest first.
pub(super) fn find(text: &str, words: &[Token<'_>], near: usize) -> Vec<Change> {
    let mut found = vec![];
    found.extend(braces_for_blocks(words));
    found.extend(colons(text, words));
    for at in near..near + 3 {
        let place = Place { text, words, at };
        found.extend(place.method_in_table());
        found.extend(place.named_arguments());
        found.extend(place.then_or_do());
        found.extend(place.comparison());
        found.extend(place.equals_missing());
        found.extend(place.quoted_key());
        found.extend(place.number_argument());
        found.extend(place.unquoted());
        found.extend(place.comma());
        found.extend(place.paren());
        found.extend(place.call_paren());
        found.extend(place.decrement());
    }
    found.into_iter().map(Change::from).collect()
}

/// What is tried when nothing else helps.
pub(super) fn last_resort(text: &str, words: &[Token<'_>], near: usize) -> Vec<Change> {
    let mut found = vec![];
    for at in near..near + 3 {
        let place = Place { text, words, at };
        found.extend(place.value_missing());
        found.extend(place.after_return());
    }
    let mut found: Vec<Change> = found.into_iter().map(Change::from).collect();
    for at in near.saturating_sub(1)..near + 3 {
        let Some(word) = words.get(at) else { continue };
        if word.is_one_of(&["end", "}", ")", "]"]) {
            found.push(blocks::stray(text, words, at));
        } else if word.is_one_of(&[",", ";", "=", "then", "do", "."]) {
            let before = at.checked_sub(1).and_then(|it| words.get(it));
            found.push(superfluous(word, before, words.get(at + 1)).into());
        }
    }
    found
}

struct Place<'w, 't> {
    text: &'w str,
    words: &'w [Token<'t>],
    at: usize,
}

impl<'t> Place<'_, 't> {
    fn near(&self, by: isize) -> Option<&Token<'t>> {
        self.words.get(self.at.checked_add_signed(by)?)
    }

    /// The word before the place and the word at it.
    fn pair(&self) -> Option<(&Token<'t>, &Token<'t>)> {
        Some((self.near(-1)?, self.near(0)?))
    }

    fn inside(&self) -> Option<Opener<'t>> {
        blocks::open_before(self.words, self.at).pop()
    }

    fn is_in_table(&self) -> bool {
        self.inside().is_some_and(|inside| inside.is_brace())
    }

    /// A key begins with the word this far away.
    fn begins_entry(&self, by: isize) -> bool {
        self.near(by).is_some_and(|it| it.first)
            || self.near(by - 1).is_some_and(|it| it.is_one_of(&["{", ",", ";"]))
    }

    /// The `if`, `while` or `for` before the place that has no `then` or `do`.
    fn condition(&self) -> Option<&Token<'t>> {
        let before = self.words.get(..self.at)?.iter().rev();
        before
            .take_while(|it| {
                !it.is_one_of(&["then", "do", "else", "end", "return", "local", "until"])
            })
            .find(|it| it.is_one_of(&["if", "elseif", "while", "for"]))
    }

    fn then_or_do(&self) -> Option<One> {
        let before = self.near(-1)?;
        let opener = self.condition()?;
        if opener.start == before.start {
            return None;
        }
        let word = if opener.is_one_of(&["if", "elseif"]) { "then" } else { "do" };
        let typed = opener.text;
        let text = Say::new(
            format!("{typed} 的条件后面少了 {word}"),
            format!("`{word}` is missing after the condition of `{typed}`"),
        );
        // `if a:`
        let edit = if before.is(":") {
            Edit::replace(before.start, before.end, format!(" {word}"))
        } else {
            Edit::insert(before.end, format!(" {word}"))
        };
        Some(One::new(codes::SYNTAX, before.end, text).mended(vec![edit]))
    }

    /// `=` where values are compared, `==` where one is given.
    fn comparison(&self) -> Option<One> {
        let word = self.near(0)?;
        if word.is("=") {
            if let Some(one) = self.given_to_word() {
                return Some(one);
            }
            let line =
                self.words[..self.at].iter().rev().take_while(|it| it.line == word.line);
            let compares = self.condition().is_some()
                || line.clone().any(|it| {
                    it.is_one_of(&["return", "and", "or", "not", "until", "("])
                });
            if !compares {
                return None;
            }
            let text = Say::new(
                "比较要用 ==,一个 = 是赋值",
                "compare with `==`; one `=` gives a value",
            );
            let edit = Edit::replace(word.start, word.end, "==");
            return Some(One::new(codes::SYNTAX, word.start, text).mended(vec![edit]));
        }
        if word.is("==") && self.condition().is_none() {
            let text = Say::new(
                "赋值只用一个 =,== 是比较",
                "give a value with one `=`; `==` compares",
            );
            let edit = Edit::replace(word.start, word.end, "=");
            return Some(One::new(codes::SYNTAX, word.start, text).mended(vec![edit]));
        }
        None
    }

    /// `return go = "talk"`: what a word of the house is given has no sign.
    fn given_to_word(&self) -> Option<One> {
        let (name, word, value) = (self.near(-1)?, self.near(0)?, self.near(1)?);
        let takes =
            builtin(name.text).is_some_and(|builtin| builtin.group != Group::Declare);
        let given = matches!(value.kind, Kind::Text(true)) || value.is("(");
        if !takes || self.is_in_table() {
            return None;
        }
        let (verb, shown) = (name.text, if value.is("(") { "(…)" } else { value.text });
        let text = Say::new(
            format!("{verb} 后面不写等号:{verb} {shown}"),
            format!("no `=` behind `{verb}`: write {verb} {shown}"),
        );
        if value.is_name() {
            let quoted = Edit::replace(name.end, value.end, format!(" \"{shown}\""));
            return Some(One::new(codes::SYNTAX, word.start, text).guessed(vec![quoted]));
        }
        let edit =
            Edit::replace(name.end, value.start, if value.is("(") { "" } else { " " });
        let one = One::new(codes::SYNTAX, word.start, text);
        let edits = vec![edit];
        Some(if given { one.mended(edits) } else { one.guessed(edits) })
    }

    /// `wait setting.call_after, "first_call")`.
    fn call_paren(&self) -> Option<One> {
        let (name, word) = self.pair()?;
        let takes = builtin(name.text).is_some_and(|builtin| 1 < builtin.params.len());
        if !takes || word.is("(") || word.line != name.line {
            return None;
        }
        let verb = name.text;
        let text = Say::new(
            format!("{verb} 后面少了一个 ("),
            format!("a `(` is missing after `{verb}`"),
        );
        let edit = Edit::replace(name.end, word.start, "(");
        Some(One::new(codes::SYNTAX, name.end, text).mended(vec![edit]))
    }

    /// `wait 3 * days` for `wait = 3 * days`.
    fn equals_missing(&self) -> Option<One> {
        let (before, word) = self.pair()?;
        let is_key =
            before.is_name() && before.line == word.line && self.begins_entry(-1);
        if !(is_key && word.begins_value() && self.is_in_table()) {
            return None;
        }
        let key = before.text;
        let text = Say::new(
            format!("“{key}” 后面少了等号:应写 {key} = …"),
            format!("`=` is missing after “{key}”: write {key} = …"),
        );
        let edit = Edit::insert(before.end, " =");
        Some(One::new(codes::SYNTAX, before.end, text).mended(vec![edit]))
    }

    fn comma(&self) -> Option<One> {
        let (before, word) = self.pair()?;
        let inside = self.inside()?.is_bracket();
        if !(inside && before.ends_value() && word.begins_value()) {
            return None;
        }
        let shown = before.text;
        let begins = word.text;
        let text = if before.line == word.line {
            Say::new(
                format!("“{begins}” 前面少了一个逗号"),
                format!("a comma is missing before “{begins}”"),
            )
        } else {
            Say::new(
                format!("“{shown}” 后面少了一个逗号:这一项的末尾要有逗号"),
                format!("a comma is missing after “{shown}”: end the entry with one"),
            )
        };
        let at = if before.line == word.line { word.start } else { before.end };
        // `"a" name` may as well want to join two texts.
        let joins = matches!(before.kind, Kind::Text(_))
            != matches!(word.kind, Kind::Text(_))
            && before.line == word.line
            && !self.near(1).is_some_and(|it| it.is("="));
        let one = One::new(codes::SYNTAX, at, text);
        let edits = vec![Edit::insert(before.end, ",")];
        Some(if joins { one.guessed(edits) } else { one.mended(edits) })
    }

    /// `function case)`.
    fn paren(&self) -> Option<One> {
        let (before, word) = self.pair()?;
        if !(before.is("function") && word.is_name()) {
            return None;
        }
        let closes =
            self.words[self.at..].iter().take(8).find(|word| word.is_one_of(&["(", ")"]));
        if !closes.is_some_and(|closes| closes.is(")")) {
            return None;
        }
        let text =
            Say::new("function 后面少了一个 (", "a `(` is missing after `function`");
        let edit = Edit::insert(before.end, "(");
        let spaced = Edit::replace(before.end, word.start, "(");
        let edit = if word.start == before.end { edit } else { spaced };
        Some(One::new(codes::SYNTAX, before.end, text).mended(vec![edit]))
    }

    /// `enter(case)` written as a function of its own inside a table.
    fn method_in_table(&self) -> Option<One> {
        let (word, name) = self.pair()?;
        let is_method = word.is("function")
            && name.is_name()
            && self.near(1).is_some_and(|it| it.is("("))
            && self.begins_entry(-1);
        let open = blocks::open_before(self.words, self.at - 1).pop()?;
        if !(is_method && open.is_brace()) {
            return None;
        }
        let key = name.text;
        let text = Say::new(
            format!("表里的函数要写成 {key} = function(…)"),
            format!("in a table, write {key} = function(…)"),
        );
        let edit = Edit::replace(word.start, name.end, format!("{key} = function"));
        Some(One::new(codes::SYNTAX, word.start, text).mended(vec![edit]))
    }

    /// `call(to = …)` for `call { to = … }`.
    fn named_arguments(&self) -> Option<One> {
        let word = self.near(0)?;
        let name = self.near(-1)?;
        let open = self.inside()?;
        let ahead = self.near(-2)?;
        let is_argument = word.is("=") && name.is_name() && open.is_paren();
        if !is_argument || !ahead.is_one_of(&["(", ","]) {
            return None;
        }
        let from = self.words.iter().position(|word| word.start == open.start())?;
        let verb = self.words.get(from.checked_sub(1)?)?;
        if !verb.is_name() {
            return None;
        }
        let mut depth = 0_i32;
        let close = self.words[from..].iter().find(|word| {
            depth += i32::from(word.is_one_of(&["(", "{", "["]));
            depth -= i32::from(word.is_one_of(&[")", "}", "]"]));
            depth == 0
        })?;
        let verb = verb.text;
        let text = Say::new(
            format!("有名字的参数要放在花括号里:{verb} {{ … }}"),
            format!("arguments with names stand in braces: {verb} {{ … }}"),
        );
        let edits = vec![
            Edit::replace(open.start(), open.start() + 1, " { "),
            Edit::replace(close.start, close.end, " }"),
        ];
        let one = One::new(codes::SYNTAX, open.start(), text);
        // `sms("t", to = …)`: the name of what stands first only a person can give.
        Some(if ahead.is("(") { one.mended(edits) } else { one.guessed(edits) })
    }

    /// `"lane" = "contact"`.
    fn quoted_key(&self) -> Option<One> {
        let (key, word) = self.pair()?;
        let is_key = word.is("=")
            && matches!(key.kind, Kind::Text(true))
            && self.begins_entry(-1)
            && self.is_in_table();
        let name = key.text.trim_matches(['"', '\'']);
        if !(is_key && is_plain(name)) {
            return None;
        }
        let text = Say::new(
            format!("等号前面的名字不加引号:{name} = …"),
            format!("no quotes around the name before `=`: {name} = …"),
        );
        let edit = Edit::replace(key.start, key.end, name);
        Some(One::new(codes::SYNTAX, key.start, text).mended(vec![edit]))
    }

    /// `at_least 30`.
    fn number_argument(&self) -> Option<One> {
        let (name, number) = self.pair()?;
        let both_there = name.is_name()
            && number.kind == Kind::Number
            && name.line == number.line
            && !self.begins_entry(-1);
        if !both_there {
            return None;
        }
        let plain = format!("{}({})", name.text, number.text);
        let text = Say::new(
            format!("数字要放在括号里:{plain}"),
            format!("put the number in brackets: {plain}"),
        );
        let edit = Edit::replace(name.start, number.end, plain);
        Some(One::new(codes::SYNTAX, name.start, text).mended(vec![edit]))
    }

    /// `go letter`, `stage first {`, `sms remind_1`.
    fn unquoted(&self) -> Option<One> {
        const TAKE_TEXT: &[&str] =
            &["go", "become", "finish", "start", "stage", "workflow", "pause"];
        let (before, word) = self.pair()?;
        // A statement of two names gives a verb its text.
        let is_verb = before.is_name()
            && (before.first
                || self.near(-2).is_some_and(|it| it.is_one_of(&["then", "do", "else"])))
            && self.near(1).is_none_or(|it| it.line != word.line || it.is("end"));
        if !((before.is_one_of(TAKE_TEXT) || is_verb)
            && word.is_name()
            && before.line == word.line)
        {
            return None;
        }
        let (verb, name) = (before.text, word.text);
        let text = Say::new(
            format!("{verb} 后面的名字要加引号:{verb} \"{name}\""),
            format!("put the name after `{verb}` in quotes: {verb} \"{name}\""),
        );
        let edit = Edit::replace(word.start, word.end, format!("\"{name}\""));
        Some(One::new(codes::SYNTAX, word.start, text).mended(vec![edit]))
    }

    /// `n--` at the end of a line: the two signs begin a comment.
    fn decrement(&self) -> Option<One> {
        let name = self.near(-1)?;
        let rest = &self.text[name.end..];
        let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        if line.trim() != "--" {
            return None;
        }
        let start = self.text[..name.end].rfind('\n').map_or(0, |it| it + 1);
        let target = self.text[start..name.end].trim_start();
        let dotted = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.');
        if target.is_empty() || !target.chars().all(dotted) {
            return None;
        }
        let text = Say::new(
            format!("没有 -- 这种写法(-- 是注释):写 {target} = {target} - 1"),
            format!("`--` begins a comment; write {target} = {target} - 1"),
        );
        let edit =
            Edit::replace(name.end, name.end + line.len(), format!(" = {target} - 1"));
        Some(One::new(codes::FOREIGN, name.end, text).mended(vec![edit]))
    }

    /// `wait = ,`: what is meant nobody can know.
    fn value_missing(&self) -> Option<One> {
        let (before, word) = (self.near(-1)?, self.near(0));
        let operator = before.is_one_of(&[
            "=", "==", "~=", "<", "<=", ">", ">=", "+", "-", "*", "/", "..", "and", "or",
            "not",
        ]);
        if !operator
            || word.is_some_and(|word| word.begins_value() && before.line == word.line)
        {
            return None;
        }
        let typed = before.text;
        let text = Say::new(
            format!("{typed} 后面少了一个值"),
            format!("a value is missing after `{typed}`"),
        );
        let edits = vec![Edit::insert(before.end, " nil")];
        Some(One::new(codes::SYNTAX, before.start, text).guessed(edits))
    }

    /// Nothing may stand after `return` in its block.
    fn after_return(&self) -> Option<One> {
        let before = self.near(-1)?;
        let from = self.words[..self.at].iter().rposition(|word| word.is("return"))?;
        let word = &self.words[from];
        if 3 < before.line - word.line {
            return None;
        }
        let line = word.line;
        let text = Say::new(
            format!(
                "第 {line} 行的 return 后面还有语句,永远不会执行:请移到 return 前面,或删去"
            ),
            format!(
                "nothing after the `return` of line {line} is ever reached: move it before, or delete it"
            ),
        );
        let edits =
            vec![Edit::insert(word.start, "do "), Edit::insert(before.end, " end")];
        let at = self.near(0).map_or(before.end, |it| it.start);
        Some(One::new(codes::SYNTAX, at, text).guessed(edits))
    }
}

/// A key that needs no quotes.
fn is_plain(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Takes a mark away. What was typed twice, or ends what has ended, was not
/// meant; anything else may stand for a sign or word that is missing.
fn superfluous(
    word: &Token<'_>,
    before: Option<&Token<'_>>,
    next: Option<&Token<'_>>,
) -> One {
    let typed = word.text;
    let text = Say::new(
        format!("这里多了一个 {typed}"),
        format!("one `{typed}` too many stands here"),
    );
    let edits = vec![Edit::replace(word.start, word.end, "")];
    let one = One::new(codes::SYNTAX, word.start, text);
    let twice =
        before.is_some_and(|it| it.is(typed)) || next.is_some_and(|it| it.is(typed));
    let opens = before.is_none_or(|it| {
        it.is_one_of(&["{", "(", "then", "do", "else", "end", "return", ")", "}"])
    });
    let ends = before.is_some_and(Token::ends_value) && next.is_none_or(|it| it.first);
    let sure = match typed {
        "," | ";" => twice || opens || before.is_some_and(Token::ends_value),
        "then" | "do" => twice || before.is_some_and(|it| it.is("else")),
        "." => twice || (ends && !before.is_some_and(Token::is_name)),
        _ => twice,
    };
    if sure { one.mended(edits) } else { one.guessed(edits) }
}

/// `title: { … }` for `title = { … }`: all of them at once.
fn colons(text: &str, words: &[Token<'_>]) -> Option<One> {
    let mut edits = vec![];
    let mut first = None;
    for (at, word) in words.iter().enumerate().filter(|it| it.1.is(":")) {
        let place = Place { text, words, at };
        let Some(key) = place.near(-1) else { continue };
        if !(place.begins_entry(-1) && place.is_in_table()) {
            continue;
        }
        let name = match key.kind {
            Kind::Text(true) => key.text.trim_matches(['"', '\'']),
            _ if key.is_name() => key.text,
            _ => continue,
        };
        let key_text =
            if is_plain(name) { name.to_owned() } else { format!("[\"{name}\"]") };
        edits.push(Edit::replace(key.start, word.end, format!("{key_text} =")));
        first = first.or(Some(word.start));
    }
    Some(One::new(codes::FOREIGN, first?, no_colon()).of_kind(":").mended(edits))
}

pub(super) fn no_colon() -> Say {
    Say::new("表里用等号,不用冒号:名字 = 值", "a table has `name = value`, not a colon")
}

/// `if a { … } else { … }` for `if a then … else … end`: all of them at once.
fn braces_for_blocks(words: &[Token<'_>]) -> Option<One> {
    let mut edits = vec![];
    let mut first = None;
    let mut open: Vec<bool> = vec![];
    for (at, word) in words.iter().enumerate() {
        if word.is("{") {
            let block = begins_block(words, at);
            open.push(block.is_some());
            if let Some(with) = block {
                first = first.or(Some(word.start));
                edits.push(Edit::replace(word.start, word.end, with));
            }
        } else if word.is("}") && open.pop() == Some(true) {
            let goes_on =
                words.get(at + 1).is_some_and(|word| word.is_one_of(&["else", "elseif"]));
            edits.push(Edit::replace(
                word.start,
                word.end,
                if goes_on { "" } else { "end" },
            ));
        }
    }
    // `} else if b {` had one `end` too few once the braces are gone.
    for pair in words.windows(2) {
        if first.is_some() && pair[0].is("else") && pair[1].is("if") {
            edits.push(Edit::replace(pair[0].start, pair[1].end, "elseif"));
        }
    }
    let told = Say::new(
        "这里不用花括号:if 条件 then … end,function(…) … end",
        "no braces here: if … then … end, function(…) … end",
    );
    Some(One::new(codes::FOREIGN, first?, told).of_kind("braces").mended(edits))
}

/// What stands in place of a `{` that begins a block.
fn begins_block(words: &[Token<'_>], at: usize) -> Option<&'static str> {
    let line = words[at].line;
    let ends_line = words.get(at + 1).is_none_or(|word| word.line != line);
    let before = at.checked_sub(1).map(|it| &words[it])?;
    if before.is("else") {
        return Some("");
    }
    let before_it = words[..at].iter().rev().take_while(|word| word.line == line);
    if before.is(")") {
        // `function(case) {`
        let function = before_it
            .clone()
            .find(|it| it.is_one_of(&["function", "=", "if", "while", "for"]));
        if function.is_some_and(|function| function.is("function")) {
            return Some("");
        }
    }
    let mut openers = before_it.take_while(|it| !it.is_one_of(&["then", "do", "="]));
    let opener =
        openers.find(|opener| opener.is_one_of(&["if", "elseif", "while", "for"]));
    let found = opener.filter(|_| ends_line)?;
    Some(if found.is_one_of(&["while", "for"]) { " do" } else { " then" })
}
