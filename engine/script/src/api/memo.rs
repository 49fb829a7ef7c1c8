//! `memo` (便笺): the small memory of one instance, the only thing a script writes.

use mlua::{IntoLua, Lua, Table, Value};
use serde_json::{Map, Value as Json};

use super::time::as_day;
use crate::fault::Fault;
use crate::sandbox;

/// How deep tables may lie in one another.
const DEEPEST: usize = 8;

/// The memo that the scripts of one state see; what it holds is changed from
/// case to case.
#[derive(Clone, Debug)]
pub(crate) struct Memo {
    /// What the script writes `memo` for; empty itself.
    shown: Table,
    /// Its metatable, whose `__index` holds the values.
    behind: Table,
}

impl Memo {
    /// An empty one.
    pub(crate) fn new(lua: &Lua) -> mlua::Result<Self> {
        let (shown, behind) = sandbox::new_memo(lua)?;
        Ok(Self { shown, behind })
    }

    /// The value of the name `memo`.
    pub(crate) fn shown(&self) -> &Table {
        &self.shown
    }

    /// Puts in what is remembered of a case.
    pub(crate) fn open(&self, lua: &Lua, memo: &Map<String, Json>) -> mlua::Result<()> {
        // Most instances keep nothing, so most calls can share one empty table.
        if memo.is_empty() && self.shown.is_empty() && self.held()?.is_empty() {
            return Ok(());
        }
        self.shown.clear()?;
        self.behind.raw_set("__index", fields_to_lua(lua, memo)?)
    }

    /// What the script made of it; `None` when it is as it was.
    ///
    /// # Errors
    ///
    /// When it holds something that cannot be kept, or more than `limit` bytes.
    pub(crate) fn close(
        &self,
        before: &Map<String, Json>,
        limit: usize,
    ) -> Result<Option<Map<String, Json>>, Fault> {
        // `table.insert(memo, …)` reaches the table itself: a memo has names.
        if !self.shown.is_empty() {
            return Err(unfit("没有名字的值", "a value without a name"));
        }
        let held =
            self.held().map_err(|error| Fault::new("memo 读不了", error.to_string()))?;
        if before.is_empty() && held.is_empty() {
            return Ok(None);
        }
        let mut budget = Budget { left: limit, limit };
        let Json::Object(after) = object(&held, &mut budget, 0)? else {
            return Err(unfit("列表", "a list"));
        };
        let size = serde_json::to_string(&after).map_or(usize::MAX, |it| it.len());
        if limit < size {
            return Err(budget.exceeded());
        }
        Ok((after != *before).then_some(after))
    }

    fn held(&self) -> mlua::Result<Table> {
        self.behind.raw_get("__index")
    }
}

fn fields_to_lua(lua: &Lua, fields: &Map<String, Json>) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    for (name, value) in fields {
        table.raw_set(name.as_str(), to_lua(lua, value)?)?;
    }
    Ok(table)
}

fn to_lua(lua: &Lua, value: &Json) -> mlua::Result<Value> {
    match value {
        Json::Null => Ok(Value::Nil),
        Json::Bool(yes) => Ok(Value::Boolean(*yes)),
        Json::Number(n) => match n.as_i64() {
            Some(n) => n.into_lua(lua),
            None => n.as_f64().into_lua(lua),
        },
        Json::String(text) => text.as_str().into_lua(lua),
        Json::Array(items) => {
            let table = lua.create_table()?;
            for item in items {
                table.raw_push(to_lua(lua, item)?)?;
            }
            Ok(Value::Table(table))
        }
        Json::Object(fields) => fields_to_lua(lua, fields).map(Value::Table),
    }
}

/// Counts down while a table is read, so that a huge one is left early: the
/// reading happens outside the script's own meter.
struct Budget {
    left: usize,
    limit: usize,
}

impl Budget {
    fn spend(&mut self, bytes: usize) -> Result<(), Fault> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| self.exceeded())?;
        Ok(())
    }

    fn exceeded(&self) -> Fault {
        Fault::new(
            format!("memo 太大:最多 {} 字节,只记数字和短词", self.limit),
            format!("memo is too large: at most {} bytes as JSON", self.limit),
        )
    }
}

fn json(value: &Value, budget: &mut Budget, depth: usize) -> Result<Json, Fault> {
    match value {
        Value::Boolean(yes) => {
            budget.spend(4)?;
            Ok((*yes).into())
        }
        Value::Integer(n) => {
            budget.spend(1)?;
            Ok((*n).into())
        }
        Value::Number(n) => {
            budget.spend(1)?;
            let number = serde_json::Number::from_f64(*n);
            number.map(Json::Number).ok_or_else(|| unfit("无穷或非数", "not a number"))
        }
        Value::String(text) => {
            budget.spend(text.as_bytes().len() + 2)?;
            let text = text.to_str().map_err(|_| unfit("不是 UTF-8 的文字", "bytes"))?;
            kept(&text)?;
            Ok(Json::from(&*text))
        }
        // The memo is the one table with something behind it.
        Value::Table(table) if table.metatable().is_some() => {
            Err(unfit("它自己", "itself"))
        }
        Value::Table(table) => object(table, budget, depth + 1),
        other => match as_day(other) {
            Some(day) => {
                budget.spend(12)?;
                Ok(day.to_string().into())
            }
            None => Err(unfit(other.type_name(), other.type_name())),
        },
    }
}

fn object(table: &Table, budget: &mut Budget, depth: usize) -> Result<Json, Fault> {
    if DEEPEST < depth {
        return Err(Fault::new(
            "memo 里的表嵌套太深",
            "the tables in memo are nested too deep",
        ));
    }
    budget.spend(2)?;
    let length = table.raw_len();
    if 0 < length && 0 < depth {
        return list(table, length, budget, depth);
    }
    let mut fields = Map::new();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) =
            pair.map_err(|error| Fault::new("memo 读不了", error.to_string()))?;
        let Value::String(name) = &key else {
            return Err(unfit("不是文字的键", "a key that is no text"));
        };
        budget.spend(name.as_bytes().len() + 4)?;
        let name =
            name.to_str().map_err(|_| unfit("不是 UTF-8 的键", "a key of bytes"))?;
        kept(&name)?;
        fields.insert(name.to_owned(), json(&value, budget, depth)?);
    }
    Ok(Json::Object(fields))
}

fn list(
    table: &Table,
    length: usize,
    budget: &mut Budget,
    depth: usize,
) -> Result<Json, Fault> {
    let mut items = Vec::new();
    for index in 1..=length {
        budget.spend(1)?;
        let value: Value = table
            .raw_get(index)
            .map_err(|error| Fault::new("memo 读不了", error.to_string()))?;
        if value.is_nil() {
            return Err(unfit("有空缺的列表", "a list with holes"));
        }
        items.push(json(&value, budget, depth)?);
    }
    if length < table.pairs::<Value, Value>().take(length + 1).count() {
        return Err(unfit("又有序号又有名字的表", "a table with both numbers and names"));
    }
    Ok(Json::Array(items))
}

/// Refuses a text that not every store keeps.
fn kept(text: &str) -> Result<(), Fault> {
    if text.contains('\0') {
        return Err(unfit("空字符(\\0)", "the character \\0"));
    }
    Ok(())
}

fn unfit(zh: &str, en: &str) -> Fault {
    Fault::new(
        format!("memo 里不能存{zh}:只能存数字、文字、true/false、日期和由它们组成的表"),
        format!(
            "memo cannot keep {en}: numbers, text, booleans, dates and tables of them"
        ),
    )
}
