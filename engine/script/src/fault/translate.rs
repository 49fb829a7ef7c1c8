//! Says in the staff's words what the Lua engine reports (错误翻译).

use mlua::Error;

use super::{Fault, RAISED};

/// The fault behind an error of the engine, with its line.
pub(super) fn fault(file: &str, error: &Error) -> Fault {
    match error {
        Error::CallbackError { traceback, cause } => {
            let fault = fault(file, cause);
            let line =
                if fault.line == 0 { line_in(file, traceback) } else { fault.line };
            fault.at(line)
        }
        Error::WithContext { cause, .. } => fault(file, cause),
        Error::ExternalError(inner) => match inner.downcast_ref::<Fault>() {
            Some(fault) => fault.clone(),
            None => broke(&inner.to_string()),
        },
        Error::SyntaxError { message, .. } | Error::RuntimeError(message) => {
            located(file, message)
        }
        Error::UserDataDestructed => Fault::new(
            "这里用到了上一次调用留下的 `case` 或事件,它已失效:不要把它存到函数外面",
            "a `case` or event kept from an earlier call is no longer valid",
        ),
        other => broke(&other.to_string()),
    }
}

/// What the engine says of a script in words of its own.
fn broke(text: &str) -> Fault {
    let text = repeatable(first_part(text));
    Fault::new(format!("脚本出错:{text}"), format!("the script broke: {text}"))
}

/// Whether memory ran out.
pub(super) fn is_memory(error: &Error) -> bool {
    match error {
        Error::MemoryError(_) => true,
        Error::CallbackError { cause, .. } | Error::WithContext { cause, .. } => {
            is_memory(cause)
        }
        // Luau names memory like this when it passes through `error`.
        Error::RuntimeError(message) => {
            first_part(message) == "not enough memory"
                || message.starts_with("memory error: ")
        }
        _ => false,
    }
}

/// The beginning of a text: a script can raise megabytes, and reading all of
/// them several times would take longer than the script itself.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(4096);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The message without the engine's list of calls.
fn first_part(message: &str) -> &str {
    let message = beginning(message);
    let end = message.find("\nstack traceback:").unwrap_or(message.len());
    message[..end].trim_end()
}

/// `remind.lua:12: text` taken apart.
fn located(file: &str, message: &str) -> Fault {
    let text = first_part(message);
    let rest = text.strip_prefix(file).and_then(|rest| rest.strip_prefix(':'));
    let parts = rest.and_then(|rest| rest.split_once(':'));
    let found =
        parts.and_then(|(line, rest)| Some((line.parse().ok()?, rest.trim_start())));
    match found {
        Some((line, rest)) => in_words(rest).at(line),
        None => in_words(text).at(line_in(file, message)),
    }
}

/// The first line of the file that a list of calls names.
fn line_in(file: &str, traceback: &str) -> u32 {
    let wanted = format!("{file}:");
    let after = beginning(traceback).split(&wanted).nth(1).unwrap_or("");
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// The text as every run gives it: `error({})` tells where the table lies in
/// memory. What our own functions raise before the script names their place in
/// the sandbox, which is of no use to its author.
fn repeatable(text: &str) -> String {
    let digits =
        text.strip_prefix("sandbox:").map(|rest| rest.trim_start_matches(is_digit));
    let text = digits.and_then(|digits| digits.strip_prefix(": ")).unwrap_or(text);
    let mut parts = text.split(": 0x");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.trim_start_matches(|it: char| it.is_ascii_hexdigit()));
    }
    kept
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// What Luau says, and what it means.
const WORDS: &[(&str, &str)] = &[
    ("attempt to index nil", "前面的值不存在(nil),不能再取它的字段:请先用 if 判断"),
    ("attempt to index", "这个值没有字段可取"),
    ("attempt to call a nil value", "调用了不存在的函数:请检查名字"),
    ("attempt to call", "这个值不是函数,不能调用"),
    ("attempt to compare nil", "不能拿不存在的值(nil)比较:请先用 if 判断"),
    ("attempt to compare", "这两个值不能比较:请检查单位是否相同"),
    ("attempt to perform arithmetic", "这两个值不能这样计算:请检查有没有空值(nil)和单位"),
    ("attempt to concatenate", "这个值不能用 .. 连接:请先用 tostring"),
    (
        "attempt to modify a readonly table",
        "这张表只能读:文件级的表属于所有案件,要记住的值写进 memo,要改的请先复制到函数里的 local",
    ),
    ("attempt to iterate", "这个值不能逐个取出"),
    ("attempt to get length", "这个值没有长度"),
    ("stack overflow", "函数互相调用的层数太多"),
    ("missing argument", "缺少参数"),
    ("invalid argument", "参数类型不对"),
    ("pattern too complex", "文本匹配过于复杂"),
];

fn in_words(english: &str) -> Fault {
    let english = if english.is_empty() { "error without text" } else { english };
    let english = repeatable(english);
    let known = WORDS.iter().find(|(start, _)| english.contains(start));
    match known {
        Some((_, zh)) => Fault::new(with_names(zh, &english), english),
        // Raised by the script's own author: already in the author's words.
        None => Fault::new(
            format!("脚本报错:{english}"),
            format!("the script reports: {english}"),
        )
        .code(RAISED),
    }
}

/// The Chinese words, with the names that the English ones quote.
fn with_names(zh: &str, english: &str) -> String {
    let names: Vec<String> =
        english.split('\'').skip(1).step_by(2).map(|part| format!("`{part}`")).collect();
    if names.is_empty() { zh.to_owned() } else { format!("{zh}({})", names.join("、")) }
}
