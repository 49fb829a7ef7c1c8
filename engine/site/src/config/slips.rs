//! What is wrong in a settings file that cannot be read (设置笔误): one list in which each
//! fault stands once, in both languages.

use domain::near::perhaps;
use domain::say::{Say, Text, text};

use crate::toml_words;

/// A fault by what the reader of TOML says of it, in Chinese and in English. The first
/// that fits counts.
const SLIPS: &[(&str, &str, &str)] = &[
    (
        "unexpected leading zero",
        "以 0 开头的电话、编号一类是文字,要放在英文引号 \" 里",
        "what begins with 0, a telephone or a number of something, is text and stands in quotes",
    ),
    (
        "expected a string",
        "这里要写文字,放在英文引号 \" 里",
        "text is to stand here, in quotes",
    ),
    (
        "string values must be quoted",
        "文字要放在英文引号 \" 里",
        "a text stands in quotes",
    ),
    ("invalid float", "文字要放在英文引号 \" 里", "a text stands in quotes"),
    (
        "invalid date",
        "电话和日期一类的文字要放在英文引号 \" 里",
        "a telephone, a day and the like stand in quotes",
    ),
    (
        "invalid time",
        "时刻要放在英文引号 \" 里,例如 \"09:00\"",
        "a time of day stands in quotes, such as \"09:00\"",
    ),
    (
        "expected a boolean",
        "这里要写 true 或 false,不加引号",
        "true or false is to stand here, without quotes",
    ),
    (
        "invalid boolean",
        "这里要写 true 或 false,小写,不加引号",
        "true or false is to stand here, in small letters and without quotes",
    ),
    (
        "expected a sequence",
        "这里要写列表,如 [\"supervisor\"]",
        "a list is to stand here, such as [\"supervisor\"]",
    ),
    (
        "expected u32",
        "这里要写不小于 0 的整数,不加引号,也不能太大",
        "a whole number of 0 or more is to stand here, without quotes and not too large",
    ),
    (
        "integer number overflowed",
        "这个整数写法不对或太大",
        "this whole number is written wrongly, or too large",
    ),
    ("expected struct", "这里要写一个小节", "a table is to stand here"),
    ("expected a map", "这里要写一个小节", "a table is to stand here"),
    (
        "key with no value",
        "名称后面缺少等号和值",
        "= and a value are missing behind the name",
    ),
    ("unclosed", "括号没有关上", "a bracket is not closed"),
    ("invalid basic string", "引号没有成对", "a quote is missing: they come in pairs"),
    ("invalid literal string", "引号没有成对", "a quote is missing: they come in pairs"),
    (
        "unexpected key or value",
        "一行只写一项:值后面多了别的字",
        "one line has one setting: something stands behind its value",
    ),
    ("unquoted keys cannot be empty", "等号前缺少名称", "the name before = is missing"),
];

/// What is said of any other fault.
const OTHERWISE: Text = text(
    "不合 TOML 的写法(名称 = 值,文字放在英文引号 \" 里)",
    "it is no TOML (name = value, a text in quotes)",
);

/// What is wrong in a line that cannot be read, Chinese and English. The English one
/// repeats what the reader says.
pub(super) fn told(message: &str, line: &str) -> Say {
    if message.starts_with("unknown variant") {
        let (said, meant) = toml_words::told(message, line);
        return said.then(&perhaps(meant));
    }
    if let Some(said) = toml_words::slip(message, line) {
        return said;
    }
    let known = SLIPS.iter().find(|slip| message.contains(slip.0));
    let Say { zh, en } = known.map_or(OTHERWISE, |it| text(it.1, it.2));
    Say::new(zh, format!("{en} ({})", message.replace('\n', ", ")))
}
