//! Strict names (名字): an unknown one is an error, a new one needs `local`.

use domain::near::nearest;
use domain::say::{Say, Text, text};
use mlua::{Lua, Table, Value};

use super::time::{as_day, as_span};
use super::values::as_role;
use crate::fault::Fault;
use crate::sandbox::{self, limits::Environment};

/// The two tables of a file: what it reads names from, and what it sees.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    /// Every name with its value; Rust may still add to it.
    pub(crate) known: Table,
    /// The file's environment: empty, read-only, looks into `known`.
    pub(crate) env: Table,
}

/// Names that people bring from other Lua programs, and what to say.
const ABSENT: &[(&str, &str, &str)] = &[
    (
        "os",
        "脚本不能读时钟和系统:日期请用 today()",
        "scripts cannot read the clock: use today()",
    ),
    ("io", "脚本不能读写文件", "scripts cannot open files"),
    (
        "require",
        "脚本不能引入别的文件:每个流程写在一个文件里",
        "scripts cannot load other files",
    ),
    ("dofile", "脚本不能引入别的文件", "scripts cannot load other files"),
    ("load", "脚本不能运行文本", "scripts cannot run text as code"),
    ("loadstring", "脚本不能运行文本", "scripts cannot run text as code"),
    ("debug", "脚本里没有 debug", "there is no debug library"),
    (
        "coroutine",
        "脚本里没有协程:等待请用 return wait(…)",
        "no coroutines: to wait, return wait(…)",
    ),
    (
        "print",
        "脚本里没有 print:想看结果请用 qingshou try",
        "no print: use qingshou try to look inside",
    ),
    ("setmetatable", "脚本里没有元表", "there are no metatables"),
    ("getmetatable", "脚本里没有元表", "there are no metatables"),
];

/// The names of one file with the basic library in them.
pub(crate) fn new(lua: &Lua, environment: Environment) -> mlua::Result<Names> {
    let known = lua.create_table()?;
    for (name, value) in sandbox::base(lua, environment)? {
        known.raw_set(name, value)?;
    }
    let strict = lua.create_table()?;
    strict.raw_set("__index", lua.create_function(unknown)?)?;
    known.set_metatable(Some(strict))?;

    let env = lua.create_table()?;
    let meta = lua.create_table()?;
    meta.raw_set("__index", &known)?;
    meta.raw_set("__newindex", lua.create_function(written)?)?;
    meta.raw_set("__metatable", false)?;
    meta.set_readonly(true);
    env.set_metatable(Some(meta))?;
    env.set_readonly(true);
    Ok(Names { known, env })
}

fn unknown(lua: &Lua, (known, name): (Table, Value)) -> mlua::Result<Value> {
    let name = word(&name);
    if let Some((_, zh, en)) = ABSENT.iter().find(|(it, ..)| *it == name) {
        let fault =
            Fault::new(format!("`{name}` 不能用:{zh}"), format!("`{name}`: {en}"));
        return Err(fault.code("W006").raise(lua));
    }
    let mut names = Vec::new();
    known.for_each(|name: Value, _: Value| {
        names.push(word(&name));
        Ok(())
    })?;
    names.sort_unstable();
    let meant = nearest(&name, names.iter().map(String::as_str));
    let fault = Fault::new(
        format!("没有名字 `{name}`:动作和函数见参考页,自己的值先用 local 声明"),
        format!("unknown name `{name}`"),
    );
    Err(fault.code("W005").suggesting(meant).raise(lua))
}

fn written(lua: &Lua, (_, name, _): (Table, Value, Value)) -> mlua::Result<()> {
    let name = word(&name);
    let fault = Fault::new(
        format!("不能给全局名字 `{name}` 赋值:请写 local {name} = …"),
        format!("cannot assign to the global `{name}`: write local {name} = …"),
    );
    Err(fault.code("W015").raise(lua))
}

/// A Lua value as a message may show it: a short word as it is, any other text
/// by its kind alone, for it may be what somebody noted down about a person.
pub(crate) fn shape(value: &Value) -> Say {
    let alike = |word: String| Say::new(word.clone(), word);
    match value {
        Value::String(_) => {
            let word = word(value);
            let plain = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
            let known = word.len() <= 40 && word.chars().all(plain);
            if known { alike(word) } else { text("文字", "a text").owned() }
        }
        other => match as_role(other) {
            Some(role) => alike(format!("role {role}")),
            None => alike(word(other)),
        },
    }
}

/// The kind of a value that has no short text, Chinese and English: `userdata`
/// says nothing to anybody.
pub(crate) fn kind(value: &Value) -> Option<Text> {
    Some(match value {
        Value::Table(_) => text("表 { … }", "a table { … }"),
        Value::Function(_) => text("函数", "a function"),
        Value::UserData(_) if as_day(value).is_some() => text("日期", "a date"),
        Value::UserData(_) if as_span(value).is_some() => text("时长", "a duration"),
        Value::UserData(_) if as_role(value).is_some() => text("角色", "a role"),
        Value::UserData(_) => {
            text("at_least/at_most 之类的值", "a value such as at_least")
        }
        _ => return None,
    })
}

/// A Lua value as a short word for a message.
pub(crate) fn word(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.to_string_lossy(),
        Value::Integer(n) => n.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Boolean(yes) => yes.to_string(),
        other => other.type_name().to_owned(),
    };
    text.chars().take(60).collect()
}
