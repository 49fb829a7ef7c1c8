//! Verbs (动作): `sms "remind_1"` records an order; nothing is sent from here.

use std::rc::Rc;

use domain::duty::Assignee;
use domain::ids::PartyId;
use domain::manifest::{Arg, ArgKind, Verb};
use domain::near::nearest;
use domain::order::OrderDraft;
use domain::tongues::both;
use mlua::{Lua, Table, Value};
use serde_json::{Map, Value as Json};

use super::facts::as_person;
use super::names::{shape, word};
use super::time::as_day;
use super::values::{as_role, text, whole};
use super::{Call, Context, Phase};
use crate::fault::{Fault, caller_line};

/// The longest text argument, in characters.
const LONGEST_TEXT: usize = 200;

/// The argument that names the person an order goes to.
const TO: &str = "to";

/// An order as written, before the defaults of the case are filled in.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    verb: &'static Verb,
    to: Option<PartyId>,
    args: Map<String, Json>,
    line: u32,
}

/// One function a verb.
pub(crate) fn install(lua: &Lua, names: &Table, ctx: &Rc<Context>) -> mlua::Result<()> {
    for verb in ctx.catalog.all_verbs() {
        let ctx = Rc::clone(ctx);
        let function = lua.create_function(move |lua, given: Value| {
            record(lua, &ctx, verb, &given).map_err(|error| error.raise(lua))
        })?;
        names.raw_set(verb.name, function)?;
    }
    Ok(())
}

fn record(
    lua: &Lua,
    ctx: &Context,
    verb: &'static Verb,
    given: &Value,
) -> Result<(), Fault> {
    let name = verb.name;
    if ctx.phase.get() != Phase::Handling {
        return Err(Fault::new(
            format!("动作 {name} 只能写在环节里:写成 enter 函数,或环节表里的 {name} = …"),
            format!("{name} works inside a handler, or as a key of a plain stage"),
        ));
    }
    let draft = read(ctx, verb, given, caller_line(lua))?;
    let mut call = ctx.call.borrow_mut();
    if ctx.limits.orders <= call.orders.len() {
        return Err(Fault::new(
            format!("一次最多 {} 个指令:请检查循环", ctx.limits.orders),
            format!("at most {} orders a call: check the loop", ctx.limits.orders),
        ));
    }
    let order = draft.complete(ctx, &call)?;
    call.orders.push(order);
    Ok(())
}

/// Reads the arguments of a verb, which stand in a table or alone.
pub(crate) fn read(
    ctx: &Context,
    verb: &'static Verb,
    given: &Value,
    line: u32,
) -> Result<Draft, Fault> {
    let mut draft = Draft { verb, to: None, args: Map::new(), line };
    match given {
        Value::Nil => {}
        Value::Table(table) => draft.read_table(ctx, table)?,
        single => {
            let Some(arg) = verb.lone.and_then(|name| arg(verb, name)) else {
                let name = verb.name;
                return Err(Fault::new(
                    format!("{name} 的参数要写在表里:{name} {{ … }}"),
                    format!("{name} takes its arguments in a table: {name} {{ … }}"),
                )
                .code("W009"));
            };
            draft.read_one(ctx, arg, single)?;
        }
    }
    Ok(draft)
}

fn arg(verb: &'static Verb, name: &str) -> Option<&'static Arg> {
    verb.args.iter().find(|arg| arg.name == name)
}

impl Draft {
    /// The verb.
    pub(crate) fn verb(&self) -> &'static Verb {
        self.verb
    }

    fn read_table(&mut self, ctx: &Context, table: &Table) -> Result<(), Fault> {
        for pair in table.pairs::<Value, Value>() {
            let (key, value) =
                pair.map_err(|error| Fault::new("参数表读不了", error.to_string()))?;
            let name = text(&key);
            let found = name.as_deref().and_then(|name| arg(self.verb, name));
            let Some(found) = found else {
                let (verb, name) = (self.verb.name, word(&key));
                let known = self.verb.args.iter().map(|arg| arg.name);
                let meant = nearest(&name, known);
                return Err(Fault::new(
                    format!("动作 {verb} 没有参数 `{name}`"),
                    format!("{verb} has no argument `{name}`"),
                )
                .code("W007")
                .suggesting(meant));
            };
            self.read_one(ctx, found, &value)?;
        }
        Ok(())
    }

    fn read_one(&mut self, ctx: &Context, arg: &Arg, value: &Value) -> Result<(), Fault> {
        if arg.kind == ArgKind::Party {
            let Some(person) = as_person(value) else {
                return Err(self.wrong(arg, value));
            };
            if arg.name == TO {
                self.to = Some(person.id);
            } else {
                self.args.insert(arg.name.to_owned(), person.id.0.into());
            }
            return Ok(());
        }
        let read = read_value(arg.kind, value).ok_or_else(|| self.wrong(arg, value))?;
        if arg.kind == ArgKind::Template {
            template(ctx, &read)?;
        }
        self.args.insert(arg.name.to_owned(), read);
        Ok(())
    }

    fn wrong(&self, arg: &Arg, value: &Value) -> Fault {
        let (verb, name, got) = (self.verb.name, arg.name, shape(value));
        let (zh, en) = kind_in_words(arg.kind);
        let meant = match arg.kind {
            ArgKind::Choice(words) => nearest(&got.en, words.iter().copied()),
            _ => None,
        };
        Fault::new(
            format!("动作 {verb} 的参数 `{name}` 应为{zh},而不是 `{got}`", got = got.zh),
            format!(
                "the argument `{name}` of {verb} must be {en}, not `{got}`",
                got = got.en
            ),
        )
        .code("W009")
        .suggesting(meant)
    }

    /// The required arguments that are missing and that no case can fill in.
    pub(crate) fn missing(&self) -> Option<Fault> {
        let missing = self.verb.args.iter().find(|arg| {
            arg.required && !self.has(arg) && !is_recipient(arg) && !is_staff(arg)
        })?;
        Some(self.without(missing.name))
    }

    fn has(&self, arg: &Arg) -> bool {
        if is_recipient(arg) {
            self.to.is_some()
        } else {
            self.args.contains_key(arg.name)
        }
    }

    fn without(&self, name: &str) -> Fault {
        let verb = self.verb.name;
        Fault::new(
            format!("动作 {verb} 缺少参数 `{name}`"),
            format!("{verb} needs the argument `{name}`"),
        )
        .code("W008")
    }

    /// The order for the case of this call: to the debtor and by the
    /// collector, unless the script says otherwise.
    pub(crate) fn complete(
        mut self,
        ctx: &Context,
        call: &Call,
    ) -> Result<OrderDraft, Fault> {
        for arg in self.verb.args {
            if self.has(arg) {
                continue;
            }
            if is_recipient(arg) {
                self.to = call.debtor;
            } else if arg.required
                && is_staff(arg)
                && let Some(name) = &call.collector
            {
                self.args.insert(arg.name.to_owned(), name.clone().into());
            }
            if arg.required && !self.has(arg) {
                return Err(self.without(arg.name));
            }
        }
        let line = ctx.place(self.line);
        let verb = self.verb.name.to_owned();
        Ok(OrderDraft { verb, to: self.to, args: self.args, line })
    }
}

fn template(ctx: &Context, name: &Json) -> Result<(), Fault> {
    let name = name.as_str().unwrap_or_default();
    if ctx.templates.iter().any(|template| template == name) {
        return Ok(());
    }
    let meant = nearest(name, ctx.templates.iter().map(String::as_str));
    Err(Fault::new(
        format!("没有模板 `{name}`:文本应在 templates/{name}.txt"),
        format!("no template `{name}`: its text belongs in templates/{name}.txt"),
    )
    .code("W010")
    .suggesting(meant))
}

fn is_recipient(arg: &Arg) -> bool {
    arg.kind == ArgKind::Party && arg.name == TO
}

fn is_staff(arg: &Arg) -> bool {
    matches!(arg.kind, ArgKind::Staff | ArgKind::Assignee)
}

/// A value of any kind but a person, as it is stored.
pub(crate) fn read_value(kind: ArgKind, value: &Value) -> Option<Json> {
    let short = |it: &String| !it.is_empty() && it.chars().count() <= LONGEST_TEXT;
    match kind {
        ArgKind::Title => match value {
            Value::Table(table) => in_both(table, short).map(Json::from),
            _ => text(value).filter(short).map(Json::from),
        },
        ArgKind::Text | ArgKind::Template | ArgKind::Staff | ArgKind::Workflow => {
            text(value).filter(short).map(Json::from)
        }
        ArgKind::Assignee => {
            let assignee = match as_role(value) {
                Some(role) => Assignee::Role { role },
                None => Assignee::Person(text(value).filter(short)?),
            };
            serde_json::to_value(assignee).ok()
        }
        ArgKind::Choice(words) => {
            text(value).filter(|text| words.contains(&text.as_str())).map(Json::from)
        }
        ArgKind::Fen | ArgKind::Count => {
            whole(value).filter(|it| 0 <= *it).map(Json::from)
        }
        ArgKind::PerMille => {
            whole(value).filter(|it| (0..=1000).contains(it)).map(Json::from)
        }
        ArgKind::Date => as_day(value).map(|as_day| as_day.to_string().into()),
        ArgKind::Bool => match value {
            Value::Boolean(yes) => Some((*yes).into()),
            _ => None,
        },
        ArgKind::Party => as_person(value).map(|as_person| as_person.id.0.into()),
    }
}

/// A text for readers of either language, `{ zh = "…", en = "…" }`, each on one line.
fn in_both(table: &Table, short: impl Fn(&String) -> bool) -> Option<String> {
    let half = |key: &str| text(&table.raw_get::<Value>(key).ok()?).filter(&short);
    let (zh, en) = (half("zh")?, half("en")?);
    let keys = table.pairs::<Value, Value>().count();
    let whole = keys == 2 && !zh.contains('\n') && !en.contains('\n');
    whole.then(|| both(&zh, &en))
}

/// What may be given, for a message.
pub(crate) fn kind_in_words(kind: ArgKind) -> (String, String) {
    let (zh, en) = match kind {
        ArgKind::Text => ("文字(200 字以内)", "text of up to 200 characters"),
        ArgKind::Title => (
            "文字(200 字以内),或 { zh = \"…\", en = \"…\" }",
            "text of up to 200 characters, or { zh = \"…\", en = \"…\" }",
        ),
        ArgKind::Template => ("模板名", "the name of a template"),
        ArgKind::Party => {
            ("案件里的人,例如 case.debtor", "a person of the case, as case.debtor")
        }
        ArgKind::Staff => {
            ("工作人员,例如 case.collector", "a member of staff, as case.collector")
        }
        ArgKind::Assignee => (
            "工作人员或角色,例如 case.collector、role \"supervisor\"",
            "a member of staff or a role, as case.collector or role \"supervisor\"",
        ),
        ArgKind::Fen => ("金额,例如 yuan(500)", "an amount in whole fen, as yuan(500)"),
        ArgKind::Count => ("不小于 0 的整数", "a whole number from 0"),
        ArgKind::PerMille => ("0 到 1000 的千分数", "a share in per mille, 0 to 1000"),
        ArgKind::Date => {
            ("日期,例如 today() + 3 * days", "a date, as today() + 3 * days")
        }
        ArgKind::Bool => ("true 或 false", "true or false"),
        ArgKind::Workflow => ("流程名", "the name of a workflow"),
        ArgKind::Choice(words) => {
            let words = words.join("、");
            return (format!("以下之一:{words}"), format!("one of {words}"));
        }
    };
    (zh.to_owned(), en.to_owned())
}
