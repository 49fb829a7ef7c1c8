//! The words of a text that need not be sound (分词): what stands between quotes
//! and comments, with the signs of other languages as well as Lua's own.

/// What kind of word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A name or keyword.
    Name,
    /// A number.
    Number,
    /// A text in quotes or long brackets; `false` when its end is missing.
    Text(bool),
    /// An operator, bracket or mark.
    Sign,
}

/// One word and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte after its last one.
    pub(crate) end: usize,
    /// Its line, from 1.
    pub(crate) line: usize,
    /// It is the first of its line.
    pub(crate) first: bool,
    /// How far its line is indented, in characters.
    pub(crate) indent: usize,
}

impl Token<'_> {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text && !matches!(self.kind, Kind::Text(_))
    }

    pub(crate) fn is_one_of(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.is(text))
    }

    /// A name that is no keyword.
    pub(crate) fn is_name(&self) -> bool {
        self.kind == Kind::Name && !KEYWORDS.contains(&self.text)
    }

    /// A value can end with it.
    pub(crate) fn ends_value(&self) -> bool {
        match self.kind {
            Kind::Number | Kind::Text(_) => true,
            Kind::Name => {
                self.is_name() || self.is_one_of(&["nil", "true", "false", "end"])
            }
            Kind::Sign => self.is_one_of(&[")", "}", "]", "..."]),
        }
    }

    /// A value can begin with it.
    pub(crate) fn begins_value(&self) -> bool {
        match self.kind {
            Kind::Number | Kind::Text(_) => true,
            Kind::Name => {
                self.is_name()
                    || self.is_one_of(&["nil", "true", "false", "function", "not"])
            }
            Kind::Sign => self.is_one_of(&["(", "{", "-", "#", "[", "..."]),
        }
    }
}

/// The words of the language that are no names.
pub(crate) const KEYWORDS: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if",
    "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until",
    "while",
];

/// Signs of more than one character, the longest first.
const SIGNS: &[&str] = &[
    "!==", "===", "...", "..=", "==", "~=", "<=", ">=", "..", "::", "->", "!=", "<>",
    "=<", "=>", "&&", "||", "++", "+=", "-=", "*=", "/=", "%=", "^=", ":=", "//",
];

/// The words of a text, without spaces and comments.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        line: 1,
        line_start: 0,
        first: true,
        indent: 0,
        tokens: vec![],
    };
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    line_start: usize,
    /// No word has come on this line.
    first: bool,
    /// How far this line is indented, once its first word has come.
    indent: usize,
    tokens: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return };
        if c.is_whitespace() {
            self.pass(c.len_utf8());
        } else if let Some(comment) = rest.strip_prefix("--") {
            let long = long_bracket(comment);
            let length = long.map_or_else(|| line_length(rest), |it| it.0 + 2);
            self.pass(length);
        } else if let Some((length, closed)) = long_bracket(rest) {
            self.push(Kind::Text(closed), length);
        } else if matches!(c, '"' | '\'' | '`') {
            let (length, closed) = quoted(rest, c);
            self.push(Kind::Text(closed), length);
        } else if c.is_ascii_digit() {
            self.push(Kind::Number, number(rest));
        } else if c.is_alphabetic() || c == '_' {
            let part = |it: char| it.is_alphanumeric() || it == '_';
            let length = rest.find(|it| !part(it)).unwrap_or(rest.len());
            self.push(Kind::Name, length);
        } else {
            let known = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            self.push(Kind::Sign, known.map_or(c.len_utf8(), |it| it.len()));
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let (start, end) = (self.at, self.at + length);
        let first = self.first;
        if first {
            let before = &self.text[self.line_start..start];
            self.indent = before.chars().take_while(|c| c.is_whitespace()).count();
            self.first = false;
        }
        let token = Token {
            kind,
            text: &self.text[start..end],
            start,
            end,
            line: self.line,
            first,
            indent: self.indent,
        };
        self.tokens.push(token);
        self.pass(length);
    }

    fn pass(&mut self, length: usize) {
        let passed = &self.text[self.at..self.at + length];
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        if let Some(last) = passed.rfind('\n') {
            self.line_start = self.at + last + 1;
            self.first = true;
        }
        self.at += length;
    }
}

fn line_length(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The length of `[==[ … ]==]` and whether it ends; `None` when none begins.
fn long_bracket(text: &str) -> Option<(usize, bool)> {
    let inner = text.strip_prefix('[')?;
    let signs = inner.bytes().take_while(|byte| *byte == b'=').count();
    if inner.as_bytes().get(signs) != Some(&b'[') {
        return None;
    }
    let close = format!("]{}]", "=".repeat(signs));
    Some(match text.find(&close) {
        Some(at) => (at + close.len(), true),
        None => (text.len(), false),
    })
}

/// The length of a text in quotes and whether it ends.
fn quoted(text: &str, quote: char) -> (usize, bool) {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return (at + 1, true),
            '\n' if quote != '`' => return (at, false),
            _ => {}
        }
    }
    (text.len(), false)
}

fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    if text.starts_with("0x") || text.starts_with("0X") {
        let digits =
            bytes[2..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        return 2 + digits;
    }
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or(&[]);
        rest.iter().take_while(|it| it.is_ascii_digit() || **it == b'_').count()
    };
    let mut end = digits(0);
    // `1..2` joins two numbers, `1.5` is one.
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1) != Some(&b'.') {
        end += 1 + digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let power = digits(end + 1 + sign);
        if 0 < power {
            end += 1 + sign + power;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_are_told_apart_whatever_language_they_are_of() {
        let cases: &[(&str, &[&str])] = &[
            ("a!=b && !c", &["a", "!=", "b", "&&", "!", "c"]),
            ("wait = 3days, -- 说明", &["wait", "=", "3", "days", ","]),
            ("x = 1.5..2", &["x", "=", "1.5", "..", "2"]),
            ("x = 1e3 .. 0x1F", &["x", "=", "1e3", "..", "0x1F"]),
            ("--[[ a\nb ]] c", &["c"]),
            ("[==[ ] ]==] d", &["[==[ ] ]==]", "d"]),
            ("f \"a\\\"b\" 'c'", &["f", "\"a\\\"b\"", "'c'"]),
            ("f(\"abc\nd", &["f", "(", "\"abc", "d"]),
            ("i++", &["i", "++"]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), *expected, "{text}");
        }
    }

    #[test]
    fn lines_and_indentation_are_counted() {
        let all = tokens("if a then\n  b()\nend");
        let seen: Vec<_> = all.iter().filter(|it| it.first).collect();
        let seen: Vec<_> = seen.iter().map(|it| (it.text, it.line, it.indent)).collect();
        assert_eq!(seen, [("if", 1, 0), ("b", 2, 2), ("end", 3, 0)]);
        assert!(matches!(
            tokens("\"a\nb").first().map(|token| token.kind),
            Some(Kind::Text(false))
        ));
    }
}
