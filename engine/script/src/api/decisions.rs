//! Decisions (决定): `return wait(3 * workdays, "hand_over")`.

use std::rc::Rc;

use domain::decision::{Decision, LONGEST_WAIT_DAYS, WaitRule};
use domain::hold::HoldReason;
use domain::near::nearest;
use domain::say::Say;
use mlua::{Lua, MetaMethod, Table, UserData, UserDataMethods, Value};

use super::names::{kind, shape};
use super::time::{as_day, as_span, read_only};
use super::values::{text, whole};
use super::{Context, Made, Phase};
use crate::fault::{Fault, caller_line};

/// The longest reason or name, in characters.
const LONGEST_WORD: usize = 100;

/// What a decision function returns: good for this call alone.
#[derive(Clone, Copy, Debug)]
struct Token {
    serial: u64,
    index: usize,
}

impl UserData for Token {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function(MetaMethod::NewIndex, read_only);
        methods.add_meta_method(MetaMethod::ToString, |_, _, ()| Ok("decision"));
    }
}

type Read = fn(&Context, &[Value]) -> Result<Decision, Fault>;

const DECISIONS: &[(&str, Read)] = &[
    ("go", |_, given| {
        Ok(Decision::Go { stage: name(given, 0, "go", "环节", "a stage")? })
    }),
    ("wait", wait),
    ("wait_until", wait_until),
    ("wait_until_overdue", wait_until_overdue),
    ("stay", |_, _| Ok(Decision::Stay)),
    ("pause", |_, given| {
        let reason = name(given, 0, "pause", "原因", "a reason")?;
        hold_reason(&reason)?;
        Ok(Decision::Pause { reason })
    }),
    ("become", |_, given| {
        let workflow = name(given, 0, "become", "流程", "a workflow")?;
        Ok(Decision::Become { workflow })
    }),
    ("finish", |_, given| {
        let reason = name(given, 0, "finish", "原因", "a reason")?;
        Ok(Decision::Finish { reason })
    }),
];

/// The functions that decide, and `start`.
pub(crate) fn install(lua: &Lua, names: &Table, ctx: &Rc<Context>) -> mlua::Result<()> {
    for (verb, read) in DECISIONS {
        let ctx = Rc::clone(ctx);
        let function =
            lua.create_function(move |lua, given: mlua::Variadic<Value>| {
                let made = allowed(&ctx, verb).and_then(|()| read(&ctx, &given));
                let decision = made.map_err(|error| error.raise(lua))?;
                decide(&ctx, verb, decision, caller_line(lua))
                    .map_err(|error| error.raise(lua))
            })?;
        names.raw_set(*verb, function)?;
    }
    let ctx = Rc::clone(ctx);
    let start = lua.create_function(move |lua, workflow: Value| {
        let given = [workflow];
        let started = allowed(&ctx, "start")
            .and_then(|()| name(&given, 0, "start", "流程", "a workflow"))
            .and_then(|workflow| {
                let mut call = ctx.call.borrow_mut();
                if ctx.limits.orders <= call.starts.len() {
                    return Err(Fault::new("start 次数太多", "too many calls of start"));
                }
                if !call.starts.contains(&workflow) {
                    call.starts.push(workflow);
                }
                Ok(())
            });
        started.map_err(|error| error.raise(lua))
    })?;
    names.raw_set("start", start)
}

fn allowed(ctx: &Context, verb: &str) -> Result<(), Fault> {
    if ctx.phase.get() == Phase::Handling {
        return Ok(());
    }
    Err(Fault::new(
        format!("{verb} 只能写在 enter 或 on_… 函数里"),
        format!("{verb} works inside enter and on_… only"),
    ))
}

fn decide(
    ctx: &Context,
    verb: &'static str,
    decision: Decision,
    line: u32,
) -> Result<Token, Fault> {
    let mut call = ctx.call.borrow_mut();
    // The second is one too many already; the list must not grow without end.
    if 16 < call.decisions.len() {
        return Err(twice(&call.decisions[0], &call.decisions[1]));
    }
    call.decisions.push(Made { verb, decision, line });
    Ok(Token { serial: call.serial, index: call.decisions.len() - 1 })
}

/// The decision that a handler returned; `None` when it returned nothing and
/// made none.
pub(crate) fn returned(ctx: &Context, value: &Value) -> Result<Option<Made>, Fault> {
    let call = ctx.call.borrow();
    let token = match value {
        Value::UserData(data) => data.borrow::<Token>().ok().map(|data| *data),
        _ => None,
    };
    let token = token.filter(|token| token.serial == call.serial);
    let chosen = token.and_then(|token| call.decisions.get(token.index));
    match (chosen, call.decisions.as_slice()) {
        (Some(chosen), [_]) => Ok(Some(chosen.clone())),
        (_, [first, second, ..]) => Err(twice(first, second)),
        (None, [only]) => Err(unreturned(only)),
        (_, []) if value.is_nil() => Ok(None),
        (_, []) => Err(no_decision(value)),
    }
}

fn twice(first: &Made, second: &Made) -> Fault {
    let (a, b) = (first.verb, second.verb);
    Fault::new(
        format!(
            "一次只能有一个决定:第 {} 行 {a} 之后第 {} 行又有 {b};每个决定前写 return",
            first.line, second.line
        ),
        format!(
            "one decision a call: {a} on line {}, then {b} on line {}; write return \
             before each",
            first.line, second.line
        ),
    )
    .code("W014")
    .at(second.line)
}

fn unreturned(made: &Made) -> Fault {
    let verb = made.verb;
    Fault::new(
        format!("调用了 {verb},但没有返回:请写 return {verb}(…)"),
        format!("{verb} was called but not returned: write return {verb}(…)"),
    )
    .code("W014")
    .at(made.line)
}

fn no_decision(value: &Value) -> Fault {
    let plain = value.type_name();
    let Say { zh: got_zh, en: got_en } =
        kind(value).unwrap_or(Say { zh: plain, en: plain });
    let hint = match value {
        Value::Function(_) => ":函数后面要加括号,例如 return stay()",
        Value::String(_) => ":去下一个环节请写 return go \"…\"",
        _ => "",
    };
    Fault::new(
        format!("返回的 {got_zh} 不是决定{hint}"),
        format!("no decision ({got_en}): return go, wait, stay, pause, become or finish"),
    )
}

/// The fault of an `enter` that returns nothing.
pub(crate) fn nothing_returned(line: u32) -> Fault {
    Fault::new(
        "enter 没有返回决定:最后一行应是 return wait(…)、return go … 或 return finish …",
        "enter returned nothing: end it with return wait(…), return go … or return finish …",
    )
    .code("W036")
    .at(line)
}

/// A hold that nothing lifts would freeze the case for ever.
fn hold_reason(reason: &str) -> Result<(), Fault> {
    let known = HoldReason::ALL.map(HoldReason::as_str);
    if known.contains(&reason) {
        return Ok(());
    }
    let (zh, en) = (known.join("、"), known.join(", "));
    Err(Fault::new(
        format!("pause 没有 “{reason}” 这个原因;可用:{zh}"),
        format!("pause knows no reason “{reason}”; the reasons are {en}"),
    )
    .code("W038")
    .suggesting(nearest(reason, known)))
}

fn name(
    given: &[Value],
    index: usize,
    verb: &str,
    zh: &str,
    en: &str,
) -> Result<String, Fault> {
    let value = given.get(index).and_then(text);
    let fits = |it: &String| !it.is_empty() && it.chars().count() <= LONGEST_WORD;
    value.filter(fits).ok_or_else(|| {
        let example = match index {
            0 => format!("{verb} \"…\""),
            _ => format!("{verb}(…, \"…\")"),
        };
        Fault::new(
            format!("{verb} 缺少{zh}:{example}"),
            format!("{verb} needs {en}: {example}"),
        )
        .code("W009")
    })
}

fn wait(_: &Context, given: &[Value]) -> Result<Decision, Fault> {
    let span = given.first().and_then(as_span).ok_or_else(|| {
        let nil = || Say::new("nil", "nil");
        let got = given.first().map_or_else(nil, shape);
        Fault::new(
            format!("wait 要一个时长,例如 wait(3 * days, \"…\"),而不是 `{}`", got.zh),
            format!("wait needs a span, as wait(3 * days, \"…\"), not `{}`", got.en),
        )
        .code("W009")
    })?;
    let next = name(given, 1, "wait", "之后的环节", "the stage that follows")?;
    Ok(Decision::Wait { rule: span.rule()?, next })
}

fn wait_until(ctx: &Context, given: &[Value]) -> Result<Decision, Fault> {
    let day = given.first().and_then(as_day).ok_or_else(|| {
        let nil = || Say::new("nil", "nil");
        let got = given.first().map_or_else(nil, shape);
        Fault::new(
            format!(
                "wait_until 要一个日期,例如 promise.due_on + 1 * days,而不是 `{}`",
                got.zh
            ),
            format!("wait_until needs a date, not `{}`", got.en),
        )
        .code("W009")
    })?;
    let next = name(given, 1, "wait_until", "之后的环节", "the stage that follows")?;
    let today = ctx.call.borrow().today;
    let ahead = today.map_or(0, |it| i64::from((day - it).get_days()));
    if i64::from(LONGEST_WAIT_DAYS) < ahead {
        return Err(Fault::new(
            format!("{day} 太远:最多等 {LONGEST_WAIT_DAYS} 天"),
            format!("{day} is too far ahead: at most {LONGEST_WAIT_DAYS} days"),
        ));
    }
    Ok(Decision::Wait { rule: WaitRule::Until(day), next })
}

fn wait_until_overdue(_: &Context, given: &[Value]) -> Result<Decision, Fault> {
    let days = given.first().and_then(whole).and_then(|it| u32::try_from(it).ok());
    let days =
        days.filter(|day| (1..=LONGEST_WAIT_DAYS).contains(day)).ok_or_else(|| {
            Fault::new(
            "wait_until_overdue 要逾期天数,例如 wait_until_overdue(60, \"…\")",
            "wait_until_overdue needs days past due, as wait_until_overdue(60, \"…\")",
        )
        .code("W009")
        })?;
    let next =
        name(given, 1, "wait_until_overdue", "之后的环节", "the stage that follows")?;
    Ok(Decision::Wait { rule: WaitRule::Overdue(days), next })
}
