//! Declarations (声明): `workflow`, `always`, `stage` and `setting` of one file.
//!
//! Whatever is wrong with a table is noted and the next key is read, so that
//! one load finds all of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use domain::near::nearest;
use domain::say::Say;
use mlua::{Function, Lua, MetaMethod, Table, UserData, UserDataMethods, Value};

use super::names::{kind, word};
use super::time::read_only;
use super::values::text;
use super::{Context, Phase};
use crate::fault::{Fault, caller_line};
use crate::finding::Finding;
use crate::program::SettingValue;
use crate::settings::{Overrides, Setting};

mod enrol;
mod head;
mod stage;

pub(crate) use head::Head;
pub(crate) use stage::{Plain, StageDecl};

/// What one file has declared so far.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) head: Option<Head>,
    pub(crate) always: Option<Vec<(String, Function)>>,
    pub(crate) stages: Vec<StageDecl>,
    pub(crate) settings: BTreeMap<String, (SettingValue, Setting)>,
    /// `stage "x"` whose table has not come yet.
    open: Vec<(String, u32)>,
    pub(crate) faults: Vec<Fault>,
    /// What is wrong with the section in settings.toml.
    pub(crate) findings: Vec<Finding>,
}

/// What the declaring functions of one file share.
pub(crate) struct Declaring {
    pub(crate) ctx: Rc<Context>,
    pub(crate) declared: RefCell<Declared>,
    pub(crate) overrides: Rc<Overrides>,
}

impl Declaring {
    fn note(&self, fault: Fault) {
        self.declared.borrow_mut().faults.push(fault);
    }

    fn loading(&self, name: &str) -> Result<(), Fault> {
        if self.ctx.phase.get() == Phase::Loading {
            return Ok(());
        }
        Err(Fault::new(
            format!("{name} 只能写在文件最外层,不能写在函数里"),
            format!("{name} belongs to the top of the file, not into a function"),
        ))
    }

    /// Notes every `stage "x"` that no table followed.
    pub(crate) fn close(&self) {
        let mut declared = self.declared.borrow_mut();
        for (name, line) in std::mem::take(&mut declared.open) {
            declared.faults.push(
                Fault::new(
                    format!("“{name}” 后面缺少表:应写成 \"{name}\" {{ … }}"),
                    format!("`{name}` lacks its table: write \"{name}\" {{ … }}"),
                )
                .code("W032")
                .at(line),
            );
        }
    }
}

/// `setting.first_wait`: the value in force.
struct SettingNames(Rc<Declaring>);

impl UserData for SettingNames {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::Index, |lua, this, key: Value| {
            let name = word(&key);
            let declared = this.0.declared.borrow();
            if let Some((_, setting)) = declared.settings.get(&name) {
                return setting.lua(lua);
            }
            let meant = nearest(&name, declared.settings.keys().map(String::as_str));
            let fault = Fault::new(
                format!("没有设置项 `{name}`:请先写进 workflow 的 settings"),
                format!("no setting `{name}`: declare it in `settings` of the workflow"),
            );
            Err(fault.code("W013").suggesting(meant).raise(lua))
        });
        methods.add_meta_function(MetaMethod::NewIndex, read_only);
    }
}

/// Adds `workflow`, `always`, `stage` and `setting` to the names of a file.
pub(crate) fn install(
    lua: &Lua,
    names: &Table,
    declaring: &Rc<Declaring>,
) -> mlua::Result<()> {
    named(lua, names, declaring, "workflow", head::workflow)?;
    named(lua, names, declaring, "stage", stage::stage)?;
    let this = Rc::clone(declaring);
    let always = lua.create_function(move |lua, table: Value| {
        this.loading("always").map_err(|error| error.raise(lua))?;
        stage::always(&this, &table, caller_line(lua)).map_err(|error| error.raise(lua))
    })?;
    names.raw_set("always", always)?;
    let setting = lua.create_userdata(SettingNames(Rc::clone(declaring)))?;
    names.raw_set("setting", setting)
}

type Declare = fn(&Declaring, String, &Table, u32) -> Result<(), Fault>;

/// A function of the form `stage "name" { … }`.
fn named(
    lua: &Lua,
    names: &Table,
    declaring: &Rc<Declaring>,
    keyword: &'static str,
    declare: Declare,
) -> mlua::Result<()> {
    let this = Rc::clone(declaring);
    let outer = lua.create_function(move |lua, (name, table): (Value, Value)| {
        this.loading(keyword).map_err(|error| error.raise(lua))?;
        let line = caller_line(lua);
        let name =
            text(&name).filter(|text| !text.is_empty() && text.chars().count() <= 100);
        let name = name.ok_or_else(|| {
            Fault::new(
                format!("{keyword} 后面缺少名字:应写成 {keyword} \"…\" {{ … }}"),
                format!("{keyword} needs a name: {keyword} \"…\" {{ … }}"),
            )
            .code("W032")
            .raise(lua)
        })?;
        if let Value::Table(table) = &table {
            declare(&this, name, table, line).map_err(|error| error.raise(lua))?;
            return Ok(Value::Nil);
        }
        this.declared.borrow_mut().open.push((name.clone(), line));
        let this = Rc::clone(&this);
        let inner = lua.create_function(move |lua, table: Value| {
            this.loading(keyword).map_err(|error| error.raise(lua))?;
            this.declared.borrow_mut().open.retain(|it| *it != (name.clone(), line));
            let Value::Table(table) = table else {
                let fault = Fault::new(
                    format!("{keyword} “{name}” 后面应是一张表 {{ … }}"),
                    format!("{keyword} `{name}` takes a table {{ … }}"),
                );
                return Err(fault.code("W009").raise(lua));
            };
            declare(&this, name.clone(), &table, line).map_err(|error| error.raise(lua))
        })?;
        Ok(Value::Function(inner))
    })?;
    names.raw_set(keyword, outer)
}

/// The keys and values of a table that stand under a text, in a fixed order.
fn entries(table: &Table, what: &str) -> Result<Vec<(String, Value)>, Fault> {
    let mut entries = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) =
            pair.map_err(|error| Fault::new("表读不了", error.to_string()))?;
        match text(&key) {
            Some(name) if entries.len() < 1000 => entries.push((name, value)),
            _ => {
                let (key, got) = (word(&key), word(&value));
                return Err(Fault::new(
                    format!("{what} 里的 `{got}` 没有名字(第 {key} 项):应写成 名字 = 值"),
                    format!(
                        "`{got}` in {what} has no name (item {key}): write name = value"
                    ),
                )
                .code("W031"));
            }
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

/// One text or a list of texts.
fn words(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Table(table) => {
            let length = table.raw_len();
            if 1000 < length || table.pairs::<Value, Value>().take(1001).count() != length
            {
                return None;
            }
            (1..=length).map(|i| text(&table.raw_get(i).ok()?)).collect()
        }
        one => text(one).map(|text| vec![text]),
    }
}

/// A title: one text, or `{ zh = "…", en = "…" }`.
pub(crate) fn title(value: &Value) -> Option<(String, String)> {
    let Value::Table(table) = value else {
        return text(value).map(|text| (text.clone(), text));
    };
    let (mut zh, mut en) = (String::new(), String::new());
    for (name, value) in entries(table, "title").ok()? {
        match name.as_str() {
            "zh" => zh = text(&value)?,
            "en" => en = text(&value)?,
            _ => return None,
        }
    }
    Some((zh, en))
}

pub(crate) fn wrong_kind(at: &str, key: &str, zh: &str, en: &str, got: &Value) -> Fault {
    let Say { zh: got_zh, en: got_en } = match kind(got) {
        Some(words) => words.owned(),
        None => Say::new(format!("`{}`", word(got)), format!("`{}`", word(got))),
    };
    Fault::new(
        format!("{at} 的 `{key}` 应为{zh},而不是{got_zh}"),
        format!("`{key}` of {at} must be {en}, not {got_en}"),
    )
    .code("W009")
}

pub(crate) fn no_key(at: &str, key: &str, known: Vec<&str>) -> Fault {
    let meant = nearest(key, known);
    Fault::new(format!("{at} 没有 `{key}` 这个键"), format!("{at} has no key `{key}`"))
        .code("W031")
        .suggesting(meant)
}
