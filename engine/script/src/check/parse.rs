//! Reads the text of a script (解析): syntax errors first, then the tree.

use std::panic;
use std::thread;

use domain::say::Say;
use full_moon::LuaVersion;
use full_moon::tokenizer::{
    InterpolatedStringKind, Lexer, LexerResult, Position, Token, TokenType,
    TokenizerErrorType,
};

use super::draft::{self, Draft};
use super::slips::{Fault, Grammar, Reading, Slip};
use super::tree::{Block, Pos};
use super::{codes, convert};
use crate::finding::{Finding, Mend, Severity};

/// One script, as far as it could be read.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// The file, relative to the folder.
    pub(crate) file: String,
    /// The statements; empty when the text is not sound.
    pub(crate) block: Block,
    /// The text follows the grammar, or does once its slips are mended.
    pub(crate) sound: bool,
    /// Names after `workflow` and `stage`, found even in broken texts.
    pub(crate) declared: Vec<(String, String)>,
    /// The text with its slips mended, when it has any: places in `block` are
    /// places of this text.
    pub(crate) draft: Option<Draft>,
    /// What was wrong with the grammar, at places of the file.
    pub(crate) findings: Vec<Finding>,
}

/// How much may be nested: one operator counts 1, one bracket or block 5.
const DEEPEST: u32 = 1_000;

/// Stack for the parser and the checks, which call themselves for every level
/// of nesting. Only the part in use takes memory.
const STACK: usize = 256 << 20;

/// Reads one file and finds what is wrong with its grammar.
pub(crate) fn parse(file: &str, text: &str) -> Parsed {
    let mut parsed = Parsed { file: file.to_owned(), ..Parsed::default() };
    let mut reading = Reading::new(text, &FullMoon);
    let words = words(reading.draft.text());
    parsed.declared = declared(&words.tokens);
    if let Some(at) = too_deep(&words.tokens) {
        let told = Say::new(
            "嵌套太深:请拆成几个 local function 或几个环节",
            "nested too deep: split it into local functions or stages",
        );
        parsed.findings = vec![finding(codes::TOO_DEEP, file, told).at(at.line, at.col)];
        return parsed;
    }
    if first_fault(reading.draft.text()).is_some() {
        reading.mend(text, &FullMoon);
    }
    if reading.is_certain()
        && let Ok(block) = tree(reading.draft.text())
    {
        parsed.block = block;
        parsed.sound = true;
    }
    parsed.findings = reading.slips.iter().map(|slip| told(file, text, slip)).collect();
    parsed.draft = (!reading.slips.is_empty()).then_some(reading.draft);
    parsed
}

/// A slip as a finding in its file.
fn told(file: &str, text: &str, slip: &Slip) -> Finding {
    let at = draft::pos(text, slip.at);
    let mends = slip.mends.iter();
    let mends =
        mends.map(|it| Mend { start: it.start, end: it.end, text: it.text.clone() });
    let finding = finding(slip.code, file, slip.text.clone()).at(at.line, at.col);
    let severity = if slip.mild { Severity::Warning } else { finding.severity };
    Finding { severity, mends: mends.collect(), ..finding }
}

fn finding(code: &'static str, file: &str, Say { zh, en }: Say) -> Finding {
    Finding { severity: codes::severity(code), ..Finding::error(code, file, zh, en) }
}

/// The grammar as the parser knows it.
struct FullMoon;

impl Grammar for FullMoon {
    fn fault(&self, text: &str) -> Option<Fault> {
        first_fault(text)
    }

    fn is_readable(&self, text: &str) -> bool {
        too_deep(&words(text).tokens).is_none()
    }
}

fn first_fault(text: &str) -> Option<Fault> {
    let words = words(text);
    let strange = words.faults.into_iter().next();
    strange.into_iter().chain(tree(&words.text).err()).min_by_key(|it| it.at)
}

/// Runs `work` with room for deep nesting; `None` if it panicked.
pub(crate) fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .name("script-check".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        worker.ok().and_then(|worker| worker.join().ok())
    })
}

fn tree(text: &str) -> Result<Block, Fault> {
    // A parser that fails on one file must not hide the faults of the others.
    let parse = || full_moon::parse_fallible(text, LuaVersion::luau());
    let Ok(result) = panic::catch_unwind(parse) else {
        return Err(Fault { at: 0, text: misread() });
    };
    if result.errors().is_empty() {
        return Ok(convert::block(result.ast().nodes()));
    }
    // One fault often makes the parser stumble several times, first where it is;
    // an open quote on the same line is then the cause.
    let errors = result.errors();
    let first = errors.first();
    let line = first.map_or(0, |it| place(it).line());
    let is_quote = |it: &&full_moon::Error| {
        matches!(it, full_moon::Error::TokenizerError(_)) && place(it).line() == line
    };
    let first = errors.iter().find(is_quote).or(first);
    Err(first.map_or(Fault { at: 0, text: misread() }, fault))
}

/// Where the parser stumbled, which is seldom where it says that a thing began.
fn place(error: &full_moon::Error) -> Position {
    match error {
        full_moon::Error::AstError(error) => error.token().start_position(),
        full_moon::Error::TokenizerError(error) => error.range().0,
    }
}

fn misread() -> Say {
    Say::new(
        "这个文件读不下去:请检查引号、括号和奇怪的符号",
        "this file cannot be read: check quotes, brackets and strange characters",
    )
}

fn fault(error: &full_moon::Error) -> Fault {
    let at = place(error).bytes();
    let text = match error {
        full_moon::Error::AstError(error) => grammar(error),
        full_moon::Error::TokenizerError(error) => misspelled(error.error()),
    };
    Fault { at, text }
}

fn misspelled(error: &TokenizerErrorType) -> Say {
    match error {
        TokenizerErrorType::UnclosedComment => {
            Say::new("注释没有结束:缺少 ]]", "the comment has no end: `]]` is missing")
        }
        TokenizerErrorType::UnclosedString => {
            Say::new("引号没有成对:缺少结尾的引号", "the closing quote is missing")
        }
        TokenizerErrorType::InvalidNumber => {
            Say::new("数字写法不对", "this is not a number")
        }
        TokenizerErrorType::UnexpectedToken(c) => Say::new(
            format!("这里不能有字符 {c}"),
            format!("the character {c} cannot stand here"),
        ),
        other @ TokenizerErrorType::InvalidSymbol(_) => {
            Say::new("这里的写法不对", other.to_string())
        }
    }
}

fn grammar(error: &full_moon::ast::AstError) -> Say {
    let message = error.error_message();
    if matches!(error.token().token_type(), TokenType::Eof) {
        return Say::new(
            "文件在这里突然结束:可能少了 end、) 或 }",
            "the file ends too early: an `end`, `)` or `}` may be missing",
        );
    }
    let word = error.token().to_string();
    let word = word.trim();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    // Another entry where the table should end: the one before lacks its comma.
    let begins_entry = |it: char| it.is_alphanumeric() || "_\"'[{".contains(it);
    if quoted.first() == Some(&"}") && word.starts_with(begins_entry) {
        return Say::new(
            format!("“{word}” 前面少了一个逗号:请在上一项的末尾补上"),
            format!("a comma is missing before “{word}”: end the entry before with one"),
        );
    }
    let zh = match (message.starts_with("expected `"), quoted.as_slice()) {
        (true, [wanted, opener, ..]) => {
            format!("“{word}” 附近有语法错误:“{opener}” 缺少 {wanted}")
        }
        (true, [wanted]) => format!("“{word}” 附近有语法错误:应为 {wanted}"),
        _ => {
            format!("“{word}” 附近有语法错误:请检查这里和上一行的逗号、引号、括号和 end")
        }
    };
    Say::new(zh, format!("syntax error near “{word}”: {message}"))
}

/// The words of a text, with what cannot be a word taken out of it.
struct Words {
    tokens: Vec<Token>,
    /// The text with a space for every character that cannot stand in code;
    /// the parser itself would fail on some of them.
    text: String,
    faults: Vec<Fault>,
}

fn words(text: &str) -> Words {
    let mut lexer = Lexer::new_lazy(text, LuaVersion::luau());
    let mut words = Words { tokens: vec![], text: text.to_owned(), faults: vec![] };
    let mut strange: Vec<usize> = vec![];
    while let Some(next) = lexer.process_next() {
        match next {
            LexerResult::Ok(token) | LexerResult::Recovered(token, _) => {
                if !token.token_type().is_trivia() {
                    words.tokens.push(token);
                }
            }
            LexerResult::Fatal(errors) => {
                for error in errors {
                    let at = error.range().0.bytes();
                    strange.push(at);
                    words.faults.push(Fault { at, text: misspelled(error.error()) });
                }
            }
        }
    }
    for at in strange.into_iter().rev() {
        if let Some(c) = words.text.get(at..).and_then(|it| it.chars().next()) {
            words.text.replace_range(at..at + c.len_utf8(), " ");
        }
    }
    words
}

/// The words of a text one after the other, without its comments and spaces: two
/// texts of the same words are the same script.
pub fn bare(text: &str) -> String {
    let words = words(text);
    let mut bare = String::with_capacity(text.len());
    for token in &words.tokens {
        bare.push_str(&token.to_string());
        bare.push('\n');
    }
    bare
}

fn declared(tokens: &[Token]) -> Vec<(String, String)> {
    let named = |pair: &[Token]| match (pair[0].token_type(), pair[1].token_type()) {
        (
            TokenType::Identifier { identifier },
            TokenType::StringLiteral { literal, .. },
        ) => Some((identifier.to_string(), literal.to_string())),
        _ => None,
    };
    tokens
        .windows(2)
        .filter_map(named)
        .filter(|(word, _)| word == "workflow" || word == "stage")
        .collect()
}

/// The first place that is nested deeper than [`DEEPEST`].
fn too_deep(tokens: &[Token]) -> Option<Pos> {
    let mut open: Vec<u32> = vec![0];
    let mut total = 0;
    let mut before_value = true;
    for token in tokens {
        let step = step(token, before_value);
        before_value = step.before_value;
        match step.turn {
            Turn::Open => {
                open.push(0);
                total += 5;
            }
            Turn::Close if 1 < open.len() => {
                total -= 5 + open.pop().unwrap_or(0);
            }
            Turn::Operator(weight) => {
                total += weight;
                if let Some(last) = open.last_mut() {
                    *last += weight;
                }
            }
            Turn::Fresh => {
                if let Some(last) = open.last_mut() {
                    total -= *last;
                    *last = 0;
                }
            }
            Turn::Close | Turn::Other => {}
        }
        if DEEPEST < total {
            return Some(convert::pos(token.start_position()));
        }
    }
    None
}

enum Turn {
    Open,
    Close,
    Operator(u32),
    Fresh,
    Other,
}

struct Step {
    turn: Turn,
    /// What follows is the start of a value, so that `if` is an expression.
    before_value: bool,
}

fn step(token: &Token, before_value: bool) -> Step {
    let turn = match token.token_type() {
        TokenType::Symbol { .. } => match token.to_string().as_str() {
            "if" if before_value => Turn::Operator(5),
            "(" | "{" | "[" | "function" | "repeat" | "do" | "if" => Turn::Open,
            ")" | "}" | "]" | "end" | "until" => Turn::Close,
            "," | ";" | "=" | "local" | "return" | "then" | "for" | "while" => {
                Turn::Fresh
            }
            "." | ":" | "in" | "nil" | "true" | "false" | "break" | "else" | "elseif" => {
                Turn::Other
            }
            _ => Turn::Operator(1),
        },
        TokenType::InterpolatedString { kind: InterpolatedStringKind::Begin, .. } => {
            Turn::Open
        }
        TokenType::InterpolatedString { kind: InterpolatedStringKind::End, .. } => {
            Turn::Close
        }
        _ => Turn::Other,
    };
    let written = token.to_string();
    let before_value = matches!(turn, Turn::Operator(_))
        || matches!(written.as_str(), "=" | "," | "(" | "{" | "[" | "return" | "in");
    Step { turn, before_value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<String> {
        let parsed = with_room(|| parse("a.lua", text)).expect("no panic");
        let line = |it: &Finding| format!("{} {}:{}", it.code, it.line, it.col);
        parsed.findings.iter().map(line).collect()
    }

    #[test]
    fn syntax_errors_stand_where_they_are() {
        let cases = [
            ("local x = 1", vec![]),
            (
                "local x = 1 @$ local y = = 2\nlocal z = = 3",
                vec!["W001 1:14", "W001 2:9"],
            ),
            ("local x = \nlocal y = 2", vec!["W001 1:9"]),
            ("f(\"abc", vec!["W001 1:3"]),
            ("if x then", vec!["W001 1:1"]),
            ("stage \"甲\" { wait = ) }", vec!["W001 1:18"]),
        ];
        for (text, expected) in cases {
            assert_eq!(places(text), expected, "{text}");
        }
    }

    #[test]
    fn endless_nesting_is_refused_and_does_not_crash() {
        let many = 60_000;
        for (open, close) in [
            ("(", ")"),
            ("{", "}"),
            ("not ", ""),
            ("- ", ""),
            ("1 + ", "1"),
            ("1 .. ", "1"),
            ("function() return ", "end "),
            ("if x then ", "end "),
            ("`{", "}`"),
            ("if a then b else ", ""),
            ("f(", ")"),
            ("a[", "]"),
            ("if x then b elseif ", ""),
        ] {
            let text = format!("x = {}{}", open.repeat(many), close.repeat(many));
            assert!(!places(&text).is_empty(), "{open}");
        }
        let links = format!("x = f{}", "()".repeat(many));
        assert_eq!(places(&links), Vec::<String>::new());
    }
}
