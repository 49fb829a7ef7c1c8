//! `enrol = { … }` (纳入): which cases enter a workflow by themselves.

use domain::enrolment::{Condition, Enrolment, Test};
use domain::facts::{CASE_FIELDS, CaseFacts, FactKind, Field};
use domain::near::nearest;
use mlua::{Function, Table, Value};

use super::{Declaring, entries, no_key, words, wrong_kind};
use crate::api::keys;
use crate::api::values::{Bound, whole};
use crate::fault::Fault;

/// Reads the table; conditions stand in the order of the field table.
pub(super) fn read(
    this: &Declaring,
    table: &Table,
) -> Result<(Enrolment, Option<Function>), Fault> {
    let mut enrolment = Enrolment::default();
    let mut chooses = None;
    for (key, value) in entries(table, "enrol")? {
        let read = match (key.as_str(), value) {
            ("on", value) => events(this, &value).map(|event| enrolment.on = event),
            ("where", Value::Function(function)) => {
                chooses = Some(function);
                Ok(())
            }
            ("where", value) => {
                Err(wrong_kind("enrol", "where", "函数", "a function", &value))
            }
            (field, value) => condition(field, &value)
                .map(|condition| enrolment.conditions.push(condition)),
        };
        if let Err(fault) = read {
            this.note(fault);
        }
    }
    enrolment.has_where = chooses.is_some();
    let order =
        |it: &Condition| CASE_FIELDS.iter().position(|field| field.name == it.field);
    enrolment.conditions.sort_by_key(order);
    Ok((enrolment, chooses))
}

fn events(this: &Declaring, value: &Value) -> Result<Vec<String>, Fault> {
    let (zh, en) = ("事件名或事件名的列表", "an event or a list of events");
    let names = words(value).ok_or_else(|| wrong_kind("enrol", "on", zh, en, value))?;
    for name in &names {
        if this.ctx.catalog.find_event(name).is_none() {
            return Err(no_event(this, name));
        }
    }
    Ok(names)
}

/// The fault for an event that nobody raises.
pub(super) fn no_event(this: &Declaring, name: &str) -> Fault {
    let meant = nearest(name, this.ctx.catalog.all_events().map(|event| event.name));
    Fault::new(format!("没有事件 `{name}`"), format!("no event `{name}`"))
        .code("W011")
        .suggesting(meant)
}

fn condition(name: &str, value: &Value) -> Result<Condition, Fault> {
    let Some(field) = CASE_FIELDS.iter().find(|field| field.name == name) else {
        let mut known: Vec<&str> =
            searchable().map(|searchable| searchable.name).collect();
        known.extend(keys::names(&keys::ENROL));
        return Err(no_key("enrol", name, known).code("W012"));
    };
    if !field.searchable {
        let can: Vec<&str> = searchable().map(|searchable| searchable.name).collect();
        let can = can.join("、");
        return Err(Fault::new(
            format!("不能按 `{name}` 纳入;可用:{can};其余写在 where 函数里"),
            format!("enrol cannot search for `{name}`; use a where function"),
        )
        .code("W034"));
    }
    let test = test(field.kind, value).ok_or_else(|| {
        if let Some((low, high)) = turned_round(value) {
            return Fault::new(
                format!("enrol 的 `{name}` 大小写反了:应写 {name} = {{ {high}, {low} }}"),
                format!("`{name}` of enrol is turned round: write {name} = {{ {high}, {low} }}"),
            )
            .code("W009");
        }
        let (zh, en) = match field.kind {
            FactKind::Text => ("文字或文字的列表", "text or a list of texts"),
            _ => (
                "at_least(…)、at_most(…) 或 { 最小, 最大 }",
                "at_least(…), at_most(…) or { low, high }",
            ),
        };
        wrong_kind("enrol", name, zh, en, value)
    })?;
    Ok(Condition { field: name.to_owned(), test })
}

/// The two ends of `{ 30, 1 }`, which holds no number.
fn turned_round(value: &Value) -> Option<(i64, i64)> {
    let Value::Table(range) = value else { return None };
    let low = whole(&range.raw_get(1).ok()?)?;
    let high = whole(&range.raw_get(2).ok()?)?;
    (range.raw_len() == 2 && high < low).then_some((low, high))
}

fn searchable() -> impl Iterator<Item = &'static Field<CaseFacts>> {
    CASE_FIELDS.iter().filter(|field| field.searchable)
}

fn test(kind: FactKind, value: &Value) -> Option<Test> {
    match (kind, value) {
        (FactKind::Text, value) => {
            words(value).filter(|word| !word.is_empty()).map(Test::OneOf)
        }
        (_, Value::UserData(data)) => {
            data.borrow::<Bound>().ok().map(|data| data.0.clone())
        }
        (_, Value::Table(range)) => {
            if range.pairs::<Value, Value>().take(3).count() != 2 {
                return None;
            }
            let low = whole(&range.raw_get(1).ok()?)?;
            let high = whole(&range.raw_get(2).ok()?)?;
            (low <= high).then_some(Test::Between(low, high))
        }
        (_, value) => whole(value).map(|it| Test::Between(it, it)),
    }
}
