//! What went wrong in a script (脚本出错), for the person who wrote it.

use std::fmt;

use domain::near;
use domain::say::Say;
use domain::tongues::{self, both};
use mlua::Lua;
use serde::Serialize;

use crate::sandbox::meter::Breach;

mod translate;

/// The longest message kept; a script can raise text of any length.
const LONGEST: usize = 400;

/// Why a call gave no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepErrorKind {
    /// The script raised an error.
    Script,
    /// It used too much processor time.
    Time,
    /// It took too many steps.
    Ticks,
    /// It used too much memory.
    Memory,
    /// It answered with something the house cannot act on.
    BadAnswer,
}

/// A call that failed: what, where, and what to do.
///
/// The message is in both languages, `中文 · English`, and holds nothing of the case
/// but what the script itself put into it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[error("{}", placed(.message, &place(.file, *.line)))]
pub struct StepError {
    /// What kind of failure.
    pub kind: StepErrorKind,
    /// What is wrong and what to do.
    pub message: String,
    /// The file, relative to the folder.
    pub file: String,
    /// The line, or 0 when it is not known.
    pub line: u32,
}

/// A message with its place in either language.
fn placed(message: &str, place: &str) -> String {
    let (zh, en) = (tongues::chinese(message), tongues::english(message));
    match (place, zh == en) {
        ("", _) => message.to_owned(),
        (_, true) => format!("{place}{message}"),
        (_, false) => both(&format!("{place}{zh}"), &format!("{place} {en}")),
    }
}

/// Where it is, as far as that is known.
fn place(file: &str, line: u32) -> String {
    match (file, line) {
        ("", _) => String::new(),
        (file, 0) => format!("{file}:"),
        (file, line) => format!("{file}:{line}:"),
    }
}

impl StepError {
    /// An answer that the house cannot act on, at no place of a script.
    pub fn bad_answer(zh: impl AsRef<str>, en: impl AsRef<str>) -> Self {
        let message = both(zh.as_ref(), en.as_ref());
        let kind = StepErrorKind::BadAnswer;
        Self { kind, message, file: String::new(), line: 0 }
    }

    /// Sixteen hexadecimal digits, the same for the same failure on another
    /// case, line or day: numbers are left out of it.
    pub fn fingerprint(&self) -> String {
        let kind = format!("{:?}", self.kind);
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |byte: u8| {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        };
        let mut in_number = false;
        for byte in kind.bytes().chain(self.file.bytes()).chain(self.message.bytes()) {
            let digit = byte.is_ascii_digit();
            if !digit {
                add(byte);
            } else if !in_number {
                add(b'#');
            }
            in_number = digit;
        }
        format!("{hash:016x}")
    }
}

/// An error that the house raises inside a script, in both languages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    /// The code of the finding, when it is found while loading.
    pub(crate) code: &'static str,
    pub(crate) say: Say,
    pub(crate) suggestion: Option<String>,
    pub(crate) line: u32,
}

/// The script raised an error by itself.
pub(crate) const RAISED: &str = "W054";

impl Fault {
    pub(crate) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code: RAISED, say: Say::new(zh, en), suggestion: None, line: 0 }
    }

    pub(crate) fn code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn suggesting(self, suggestion: Option<String>) -> Self {
        Self { suggestion, ..self }
    }

    pub(crate) fn at(self, line: u32) -> Self {
        Self { line, ..self }
    }

    /// The error to return from a callback, with the line that called it.
    pub(crate) fn raise(self, lua: &Lua) -> mlua::Error {
        let line = if self.line == 0 { caller_line(lua) } else { self.line };
        mlua::Error::external(Self { line, ..self })
    }

    /// The text for staff, in both languages.
    pub(crate) fn message(&self) -> String {
        self.halves().both()
    }

    /// The text in Chinese and in English, each no longer than what is kept.
    fn halves(&self) -> Say {
        let told = self.say.then(&near::perhaps_named(self.suggestion.as_ref()));
        // A line that an author has put in would tear the halves apart.
        told.map(|it| shortened(&it).replace('\n', " ").replace(" · ", ", "))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Fault {}

/// Raised at every safepoint once the allowance is used up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expired;

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script ran too long")
    }
}

impl std::error::Error for Expired {}

/// The line of the script that called the running function, or 0.
pub(crate) fn caller_line(lua: &Lua) -> u32 {
    // `pcall(wait, …)` puts functions written in C in between; the prelude's
    // own frames are not the script's.
    for level in 1..8 {
        let line = lua.inspect_stack(level, |frame| {
            let line = frame.current_line()?;
            let name = frame.source().short_src?;
            (name != "sandbox").then_some(line)
        });
        match line {
            None => return 0,
            Some(None) => {}
            Some(Some(line)) => return u32::try_from(line).unwrap_or(0),
        }
    }
    0
}

/// The failure of a call, as staff read it.
pub(crate) fn step_error(
    file: &str,
    error: &mlua::Error,
    breach: Option<Breach>,
) -> StepError {
    let (kind, fault) = fault_of(file, error, breach);
    answered(kind, file, &fault)
}

/// A fault as the failure of a call.
pub(crate) fn answered(kind: StepErrorKind, file: &str, fault: &Fault) -> StepError {
    let message = masked(&fault.message());
    StepError { kind, message, file: file.to_owned(), line: fault.line }
}

/// Hides telephone and identity numbers: a script can put the text of an event
/// into an error, and that may hold what somebody noted down.
fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|it: char| it.is_ascii_digit()) {
        let digits = rest[start..].bytes().take_while(u8::is_ascii_digit).count();
        masked.push_str(&rest[..start]);
        masked.push_str(if digits < 7 { &rest[start..start + digits] } else { "***" });
        rest = &rest[start + digits..];
    }
    masked.push_str(rest);
    masked
}

/// The kind and the text of any error of the engine.
pub(crate) fn fault_of(
    file: &str,
    error: &mlua::Error,
    breach: Option<Breach>,
) -> (StepErrorKind, Fault) {
    let fault = translate::fault(file, error);
    match breach {
        Some(Breach::Ticks) => (StepErrorKind::Ticks, too_many_ticks().at(fault.line)),
        Some(Breach::Time) => (StepErrorKind::Time, too_much_time().at(fault.line)),
        None if translate::is_memory(error) => {
            (StepErrorKind::Memory, too_much_memory().at(fault.line))
        }
        None => (StepErrorKind::Script, fault),
    }
}

/// The text of a breach that the script swallowed.
pub(crate) fn breached(file: &str, breach: Breach) -> StepError {
    step_error(file, &mlua::Error::external(Expired), Some(breach))
}

fn too_many_ticks() -> Fault {
    Fault::new(
        "脚本步数过多,已停止:请检查循环能否结束",
        "too many steps, stopped: check that every loop ends",
    )
    .code("W055")
}

fn too_much_time() -> Fault {
    Fault::new(
        "脚本用时过长,已停止:请检查循环和文本匹配",
        "too much processor time, stopped: check loops and text patterns",
    )
    .code("W055")
}

fn too_much_memory() -> Fault {
    Fault::new(
        "脚本占用内存过多,已停止:请检查不断变大的表和文本",
        "too much memory, stopped: check tables and texts that keep growing",
    )
    .code("W055")
}

/// Cuts a text that a script can make as long as it likes.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, line: u32) -> StepError {
        let (message, file) = (message.to_owned(), "remind.lua".to_owned());
        StepError { kind: StepErrorKind::Script, message, file, line }
    }

    #[test]
    fn the_fingerprint_leaves_out_numbers_and_lines() {
        let first = error("case 4711 has 3 guarantors", 12);
        let second = error("case 12 has 14 guarantors", 90);
        assert_eq!(first.fingerprint(), second.fingerprint());
        assert_ne!(first.fingerprint(), error("case 1 has none", 12).fingerprint());
        assert_eq!(first.fingerprint().len(), 16);
    }

    #[test]
    fn telephone_and_identity_numbers_are_hidden() {
        assert_eq!(masked("打 13900000000 或 0000000"), "打 *** 或 ***");
        assert_eq!(masked("第 12 行 123456"), "第 12 行 123456");
    }

    #[test]
    fn a_long_message_is_cut() {
        let text = "长".repeat(1000);
        assert_eq!(shortened(&text).chars().count(), LONGEST + 1);
        assert_eq!(shortened("短"), "短");
    }
}
