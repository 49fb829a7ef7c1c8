//! `case`, its people and what happened to it (案件、当事人、事件), read-only.
//!
//! The values are borrowed for one call and are gone after it, so nothing of a
//! case can be carried over to the next one.

use std::collections::HashMap;
use std::rc::Rc;

use domain::event::{Event, EventSpec, PayloadField};
use domain::facts::{CASE_FIELDS, CaseFacts, Fact, Field, PERSON_FIELDS};
use domain::manifest::ArgKind;
use domain::party::Person;
use mlua::{
    IntoLua, Lua, MetaMethod, UserData, UserDataFields, UserDataMethods,
    UserDataRegistry, Value,
};

use super::Context;
use super::names::word;
use super::time::{Day, no_field, read_only};
use crate::fault::Fault;

/// A person as a script holds it.
#[derive(Clone, Debug)]
pub(crate) struct Someone(pub(crate) Person);

/// Teaches the state how `case`, events and people are read.
pub(crate) fn install(lua: &Lua, ctx: &Rc<Context>) -> mlua::Result<()> {
    lua.register_userdata_type(|case: &mut UserDataRegistry<CaseFacts>| {
        let fields = by_name(CASE_FIELDS);
        case.add_meta_field("__type", "case");
        case.add_meta_method(MetaMethod::Index, move |lua, this, key: Value| {
            field(lua, &fields, this, &key, "案件", "a case")
        });
        case.add_meta_function(MetaMethod::NewIndex, read_only);
        case.add_meta_method(MetaMethod::ToString, |_, _, ()| Ok("case"));
    })?;
    let specs: HashMap<&'static str, EventSpec> =
        ctx.catalog.all_events().map(|event| (event.name, *event)).collect();
    lua.register_userdata_type(|event: &mut UserDataRegistry<Event>| {
        event.add_meta_field("__type", "event");
        event.add_meta_method(MetaMethod::Index, move |lua, this, key: Value| {
            let fields = specs.get(this.kind.as_str()).map_or(&[][..], |it| it.fields);
            payload(lua, fields, this, &word(&key))
        });
        event.add_meta_function(MetaMethod::NewIndex, read_only);
        event.add_meta_method(MetaMethod::ToString, |_, _, ()| Ok("event"));
    })
}

impl UserData for Someone {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        let fields = by_name(PERSON_FIELDS);
        methods.add_meta_method(MetaMethod::Index, move |lua, this, key: Value| {
            field(lua, &fields, &this.0, &key, "当事人", "a person")
        });
        methods.add_meta_function(MetaMethod::NewIndex, read_only);
        methods.add_meta_function(MetaMethod::Eq, |_, (a, b): (Value, Value)| {
            let (a, b) = (as_person(&a), as_person(&b));
            Ok(a.is_some() && a.map(|it| it.id) == b.map(|it| it.id))
        });
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(this.0.role.as_str())
        });
    }
}

/// The person in a value.
pub(crate) fn as_person(value: &Value) -> Option<Person> {
    match value {
        Value::UserData(data) => data.borrow::<Someone>().ok().map(|data| data.0.clone()),
        _ => None,
    }
}

fn by_name<T>(fields: &'static [Field<T>]) -> HashMap<&'static [u8], &'static Field<T>> {
    fields.iter().map(|field| (field.name.as_bytes(), field)).collect()
}

fn field<T>(
    lua: &Lua,
    fields: &HashMap<&'static [u8], &'static Field<T>>,
    of: &T,
    key: &Value,
    zh: &str,
    en: &str,
) -> mlua::Result<Value> {
    let found = match key {
        Value::String(name) => fields.get(&*name.as_bytes()),
        _ => None,
    };
    if let Some(field) = found {
        return fact(lua, (field.get)(of));
    }
    let known: Vec<&str> = fields.values().map(|it| it.name).collect();
    Err(no_field(zh, en, &word(key), &known).raise(lua))
}

fn fact(lua: &Lua, fact: Fact<'_>) -> mlua::Result<Value> {
    match fact {
        Fact::Nothing => Ok(Value::Nil),
        Fact::Count(n) => n.into_lua(lua),
        Fact::Fen(fen) => fen.0.into_lua(lua),
        Fact::Date(day) => lua.create_userdata(Day(day)).map(Value::UserData),
        Fact::Text(text) => text.into_lua(lua),
        Fact::Bool(yes) => yes.into_lua(lua),
        Fact::Words(words) => {
            let words = words.iter().map(String::as_str);
            lua.create_sequence_from(words).map(Value::Table)
        }
        Fact::Person(person) => someone(lua, person),
        Fact::People(people) => {
            let list = lua.create_table_with_capacity(people.len(), 0)?;
            for person in people {
                list.raw_push(someone(lua, person)?)?;
            }
            Ok(Value::Table(list))
        }
    }
}

fn someone(lua: &Lua, person: &Person) -> mlua::Result<Value> {
    lua.create_userdata(Someone(person.clone())).map(Value::UserData)
}

fn payload(
    lua: &Lua,
    fields: &[PayloadField],
    event: &Event,
    name: &str,
) -> mlua::Result<Value> {
    let Some(field) = fields.iter().find(|field| field.name == name) else {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let (zh, en) =
            (format!("事件 {} ", event.kind), format!("the event `{}`", event.kind));
        return Err(no_field(&zh, &en, name, &known).raise(lua));
    };
    let Some(value) = event.payload.get(name).filter(|it| !it.is_null()) else {
        return Ok(Value::Nil);
    };
    let converted = match field.kind {
        ArgKind::Date => {
            let day = value.as_str().and_then(|text| text.parse().ok());
            match day {
                Some(day) => Some(Value::UserData(lua.create_userdata(Day(day))?)),
                None => None,
            }
        }
        ArgKind::Fen | ArgKind::Count | ArgKind::PerMille | ArgKind::Party => {
            value.as_i64().map(|n| n.into_lua(lua)).transpose()?
        }
        ArgKind::Bool => value.as_bool().map(Value::Boolean),
        _ => match value {
            serde_json::Value::String(text) => Some(text.as_str().into_lua(lua)?),
            // Ids cross as text.
            other => Some(other.to_string().into_lua(lua)?),
        },
    };
    converted.ok_or_else(|| {
        Fault::new(
            format!("事件 {} 的字段 `{name}` 内容不对", event.kind),
            format!("the field `{name}` of the event `{}` is malformed", event.kind),
        )
        .raise(lua)
    })
}
