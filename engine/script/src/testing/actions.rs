//! What a test does to its cases (测试动作): pays, promises, reports, waits.

use domain::event::EventSpec;
use domain::guard::Bounds;
use domain::limitation::ClockActKind;
use domain::manifest::ArgKind;
use domain::money::Fen;
use domain::near::nearest;
use mlua::Value;
use serde_json::{Map, Value as Json};

use super::hooks::{Answer, Done, Session, fields, text_at, used_as};
use super::spec;
use crate::api::names::word;
use crate::api::time::{Span, Unit, as_day, as_span};
use crate::api::values::{text, whole};
use crate::api::verbs::{kind_in_words, read_value};
use crate::fault::Fault;

pub(super) fn case(session: &Session, given: &[Value]) -> Done {
    let spec = spec::read(given.first())?;
    let case = session.scenario(|it| it.case(&spec))?;
    session.remember(case);
    Ok(Some(Answer::Case(case)))
}

pub(super) fn enrol(session: &Session, given: &[Value]) -> Done {
    let case = session.case_at(given, 0)?;
    let workflow = given.get(1).and_then(text);
    let workflow = workflow.unwrap_or_else(|| session.settings.own.clone());
    session.scenario(|it| it.enrol(case, &workflow))?;
    Ok(None)
}

pub(super) fn advance(session: &Session, given: &[Value]) -> Done {
    let span = given.first().and_then(as_span);
    let span = span.ok_or_else(|| used_as("t.advance(2 * days)"))?;
    let rule = span.rule()?;
    session.scenario(|it| it.advance(rule))?;
    Ok(None)
}

pub(super) fn pay(session: &Session, given: &[Value]) -> Done {
    let case = session.case_at(given, 0)?;
    let amount = given.get(1).and_then(whole).filter(|it| 0 < *it);
    let amount = amount.ok_or_else(|| used_as("t.pay(c, yuan(5000))"))?;
    session.scenario(|it| it.pay(case, Fen(amount)))?;
    Ok(None)
}

pub(super) fn reverse(session: &Session, given: &[Value]) -> Done {
    let case = session.case_at(given, 0)?;
    session.scenario(|it| it.reverse_last_payment(case))?;
    Ok(None)
}

pub(super) fn promise(session: &Session, given: &[Value]) -> Done {
    const USAGE: &str = "t.promise(c, { in_days = 3, amount = yuan(500) })";
    let case = session.case_at(given, 0)?;
    let Some(Value::Table(table)) = given.get(1) else {
        return Err(used_as(USAGE).into());
    };
    let (mut due_on, mut amount) = (None, None);
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|_| used_as(USAGE))?;
        match text(&key).as_deref() {
            Some("due_on") => due_on = as_day(&value),
            Some("in_days") => {
                let days =
                    whole(&value).and_then(|it| jiff::Span::new().try_days(it).ok());
                let today = session.today();
                due_on = days.and_then(|days| today.checked_add(days).ok());
            }
            Some("amount") => amount = whole(&value).filter(|it| 0 < *it),
            _ => return Err(used_as(USAGE).into()),
        }
    }
    let due_on = due_on.ok_or_else(|| used_as(USAGE))?;
    session.scenario(|it| it.promise(case, due_on, amount.map(Fen)))?;
    Ok(None)
}

pub(super) fn event(session: &Session, given: &[Value]) -> Done {
    let case = session.case_at(given, 0)?;
    let kind = text_at(given, 1, "t.event(c, \"complaint\")")?;
    let Some(spec) = session.catalog.find_event(&kind) else {
        let meant = nearest(&kind, session.catalog.all_events().map(|event| event.name));
        let fault =
            Fault::new(format!("没有事件 `{kind}`"), format!("no event `{kind}`"));
        return Err(fault.suggesting(meant).into());
    };
    let payload = payload(spec, given.get(2))?;
    session.scenario(|it| it.event(case, &kind, payload))?;
    Ok(None)
}

/// `t.clock_act(c, "debtor_sued")`, `t.clock_act(c, "guarantor_demanded", 1)`.
pub(super) fn clock_act(session: &Session, given: &[Value]) -> Done {
    const USAGE: &str = "t.clock_act(c, \"debtor_sued\")";
    let case = session.case_at(given, 0)?;
    let named = text_at(given, 1, USAGE)?;
    let Some(act) = ClockActKind::parse(&named) else {
        let meant = nearest(&named, ClockActKind::ALL.iter().map(|it| it.as_str()));
        let fault = Fault::new(
            format!("没有期限事项 `{named}`"),
            format!("no act about clocks is called `{named}`"),
        );
        return Err(fault.suggesting(meant).into());
    };
    let guarantor = match given.get(2) {
        None | Some(Value::Nil) => None,
        Some(place) => {
            let place = whole(place).and_then(|it| usize::try_from(it).ok());
            Some(place.filter(|place| 0 < *place).ok_or_else(|| used_as(USAGE))?)
        }
    };
    session.scenario(|it| it.clock_act(case, act, guarantor))?;
    Ok(None)
}

fn payload(spec: &EventSpec, given: Option<&Value>) -> Result<Map<String, Json>, Fault> {
    let mut payload = Map::new();
    for (name, value) in fields(given, "t.event(c, \"…\", { … })")? {
        let Some(field) = spec.fields.iter().find(|field| field.name == name) else {
            let meant = nearest(&name, spec.fields.iter().map(|field| field.name));
            let kind = spec.name;
            return Err(Fault::new(
                format!("事件 {kind} 没有字段 `{name}`"),
                format!("the event `{kind}` has no field `{name}`"),
            )
            .suggesting(meant));
        };
        let read =
            read_value(field.kind, &value).ok_or_else(|| wrong(&name, field.kind))?;
        payload.insert(name, read);
    }
    Ok(payload)
}

fn wrong(name: &str, kind: ArgKind) -> Fault {
    let (zh, en) = kind_in_words(kind);
    Fault::new(format!("`{name}` 应为{zh}"), format!("`{name}` must be {en}"))
}

/// `t.report_call("promised")`, `t.report_visit(c, "not_home", { … })`.
pub(super) fn report(
    session: &Session,
    given: &[Value],
    method: &str,
    verb: &str,
) -> Done {
    let usage = format!("t.{method}(\"…\")");
    let named = matches!(given.first(), Some(Value::UserData(_)));
    let case = session.case_at(if named { given } else { &[] }, 0)?;
    let rest = &given[usize::from(named)..];
    let outcome = text_at(rest, 0, &usage)?;
    let mut payload = Map::new();
    for (name, value) in fields(rest.get(1), &usage)? {
        payload.insert(name.clone(), plain(&value).ok_or_else(|| used_as(&usage))?);
    }
    session.scenario(|it| it.report(case, verb, &outcome, payload))?;
    Ok(None)
}

/// A value whose kind no manifest names here.
fn plain(value: &Value) -> Option<Json> {
    if let Value::Boolean(yes) = value {
        return Some((*yes).into());
    }
    if let Some(Span { count, unit: Unit::Days }) = as_span(value) {
        return Some(count.into());
    }
    let day = as_day(value).map(|as_day| Json::from(as_day.to_string()));
    day.or_else(|| whole(value).map(Json::from)).or_else(|| text(value).map(Json::from))
}

pub(super) fn approve(session: &Session, given: &[Value]) -> Done {
    let verb = text_at(given, 0, "t.approve(\"file_suit\")")?;
    session.scenario(|it| it.approve(&verb))?;
    Ok(None)
}

/// A bound of `t.guard`, with the least and the most that it can be.
struct GuardKey {
    name: &'static str,
    range: (u32, u32),
    set: fn(&mut Bounds, &mut Option<u32>, u32),
}

/// As the site's own settings have them.
const GUARD_KEYS: &[GuardKey] = &[
    GuardKey { name: "times", range: (1, MOST), set: |it, _, to| it.times = to },
    GuardKey { name: "at_least", range: (0, MOST), set: |it, _, to| it.at_least = to },
    GuardKey {
        name: "visits_per_collector",
        range: (0, MOST),
        set: |it, _, to| it.visits_per_collector = to,
    },
    GuardKey {
        name: BOOK_STALE_AFTER,
        range: (1, 90),
        set: |_, stale, to| *stale = Some(to),
    },
];

/// No test makes more contacts.
const MOST: u32 = 100_000;

const BOOK_STALE_AFTER: &str = "book_stale_after";

/// `t.guard { at_least = 2, book_stale_after = 3 * workdays }`: what is not named is as a
/// new site has it, and the book does not grow old unless a test says so.
pub(super) fn guard(session: &Session, given: &[Value]) -> Done {
    let mut bounds = Bounds::default();
    let mut book_stale_after = None;
    for (name, value) in fields(given.first(), "t.guard { at_least = 2 }")? {
        let Some(key) = GUARD_KEYS.iter().find(|key| key.name == name) else {
            return Err(Fault::new(
                format!("t.guard 没有 `{name}`"),
                format!("t.guard has no `{name}`"),
            )
            .suggesting(nearest(&name, GUARD_KEYS.iter().map(|key| key.name)))
            .into());
        };
        let number = match as_span(&value) {
            Some(Span { count, unit: Unit::Workdays }) if name == BOOK_STALE_AFTER => {
                Some(count)
            }
            Some(_) => None,
            None => whole(&value),
        };
        let (least, most) = key.range;
        let number = number.and_then(|number| u32::try_from(number).ok());
        let Some(number) = number.filter(|number| (least..=most).contains(number)) else {
            let got = word(&value);
            return Err(Fault::new(
                format!("t.guard 的 `{name}` 不能是 `{got}`:应为 {least} 到 {most} 的整数"),
                format!(
                    "`{name}` of t.guard cannot be `{got}`: a whole number from {least} to {most}"
                ),
            )
            .into());
        };
        (key.set)(&mut bounds, &mut book_stale_after, number);
    }
    session.scenario(|it| it.guard(&bounds, book_stale_after))?;
    Ok(None)
}

pub(super) fn bank_file(session: &Session, _: &[Value]) -> Done {
    session.scenario(|it| it.bank_file())?;
    Ok(None)
}

pub(super) fn let_go(session: &Session, _: &[Value]) -> Done {
    session.scenario(|it| it.let_go())?;
    Ok(None)
}
