//! What a test expects (测试期望): each says what should be and what is.

use domain::duty::Assignee;
use domain::near::nearest;
use mlua::Value;

use super::hooks::{Done, Session, fields, in_words, text_at, used_as};
use super::{CaseState, OpenTask, RefusedOrder, SentOrder, Stand};
use crate::api::values::{as_role, text, whole};
use crate::fault::Fault;

/// `t.expect_sent("sms", "remind_1")`, `t.expect_sent("sms", { to = "guarantor" })`.
pub(super) fn sent(session: &Session, given: &[Value]) -> Done {
    let verb = text_at(given, 0, "t.expect_sent(\"sms\", \"remind_1\")")?;
    let (template, to) = match given.get(1) {
        Some(Value::Table(_)) => named(given.get(1))?,
        other => (other.and_then(text), None),
    };
    let orders = session.scenario(|it| it.sent())?;
    let mut read = session.read.borrow_mut();
    read.resize(orders.len(), false);
    let fits = |order: &SentOrder| {
        order.verb == verb
            && (template.is_none() || order.template == template)
            && (to.is_none() || order.to_role == to)
    };
    let next = orders.iter().zip(read.iter()).position(|(it, read)| !read && fits(it));
    if let Some(index) = next {
        read[index] = true;
        return Ok(None);
    }
    let mut expected = verb.clone();
    for part in [template, to].into_iter().flatten() {
        expected = format!("{expected} {part}");
    }
    let got = unread(&orders, &read);
    let got = if got.is_empty() {
        "没有发出新的指令 · nothing new was sent".to_owned()
    } else {
        got
    };
    Err(session.failure(None, format!("已发出 {expected} · {expected} sent"), got))
}

fn named(given: Option<&Value>) -> Result<(Option<String>, Option<String>), Fault> {
    const USAGE: &str =
        "t.expect_sent(\"sms\", { template = \"…\", to = \"guarantor\" })";
    let (mut template, mut to) = (None, None);
    for (name, value) in fields(given, USAGE)? {
        match name.as_str() {
            "template" => template = text(&value),
            "to" => to = text(&value),
            _ => {
                return Err(Fault::new(
                    format!("应写成 {USAGE}"),
                    format!("write {USAGE}"),
                ));
            }
        }
    }
    Ok((template, to))
}

fn unread(orders: &[SentOrder], read: &[bool]) -> String {
    let open = orders.iter().zip(read).filter(|(_, read)| !**read);
    let words = open.map(|(it, _)| {
        let template = it
            .template
            .as_deref()
            .map(|template| format!(" {template}"))
            .unwrap_or_default();
        let to = it
            .to_role
            .as_deref()
            .map(|to_role| format!(" → {to_role}"))
            .unwrap_or_default();
        format!("{}{template}{to} ({}, {})", it.verb, it.at, it.status)
    });
    words.collect::<Vec<_>>().join("; ")
}

/// `t.expect_nothing_sent()`: no order that no test line has expected yet.
pub(super) fn nothing_sent(session: &Session, _: &[Value]) -> Done {
    let orders = session.scenario(|it| it.sent())?;
    let mut read = session.read.borrow_mut();
    read.resize(orders.len(), false);
    let got = unread(&orders, &read);
    if got.is_empty() {
        return Ok(None);
    }
    let expected = "没有发出新的指令 · nothing new was sent".to_owned();
    Err(session.failure(None, expected, got))
}

/// `t.expect_refused("sms", "R04")`: a rule whose id begins so refused it.
pub(super) fn refused(session: &Session, given: &[Value]) -> Done {
    let verb = text_at(given, 0, "t.expect_refused(\"sms\")")?;
    let rule = given.get(1).and_then(text).unwrap_or_default();
    let refused = session.scenario(|it| it.refused())?;
    let mut read = session.read_refusals.borrow_mut();
    read.resize(refused.len(), false);
    let fits = |it: &RefusedOrder| {
        it.verb == verb
            && (rule.is_empty() || it.rules.iter().any(|it| it.starts_with(&rule)))
    };
    let next = refused.iter().zip(read.iter()).position(|(it, read)| !read && fits(it));
    if let Some(index) = next {
        read[index] = true;
        return Ok(None);
    }
    let open = refused.iter().zip(read.iter()).filter(|(_, read)| !**read);
    let got =
        open.map(|(it, _)| format!("{} {} ({})", it.verb, it.rules.join(" "), it.at));
    let got: Vec<String> = got.collect();
    let got = if got.is_empty() {
        "没有指令被拒绝 · nothing was refused".to_owned()
    } else {
        got.join("; ")
    };
    let expected = format!("{verb} 被拒绝 {rule} · {verb} refused {rule}");
    Err(session.failure(None, expected, got))
}

/// `t.expect_stage(c, "first_call")`.
pub(super) fn stage(session: &Session, given: &[Value]) -> Done {
    let name = text_at(given, 1, "t.expect_stage(c, \"…\")")?;
    let open = |it: &CaseState| it.finish_reason.is_none() && it.stage == name;
    holds(session, given, 0, open, format!("环节 {name} · stage {name}"))
}

/// `t.expect_finished("cured")`, `t.expect_finished("cured", c)`.
pub(super) fn finished(session: &Session, given: &[Value]) -> Done {
    let reason = text_at(given, 0, "t.expect_finished(\"cured\")")?;
    let done = |it: &CaseState| it.finish_reason.as_ref() == Some(&reason);
    holds(session, given, 1, done, format!("已结束 {reason} · finished {reason}"))
}

/// `t.expect_workflow(c, "visit")`: an open one of this name.
pub(super) fn workflow(session: &Session, given: &[Value]) -> Done {
    let name = text_at(given, 1, "t.expect_workflow(c, \"…\")")?;
    let open = |it: &CaseState| it.finish_reason.is_none() && it.workflow == name;
    holds(session, given, 0, open, format!("流程 {name} · workflow {name}"))
}

/// `t.expect_no_workflow(c, "visit")`: none of this name ever opened.
pub(super) fn no_workflow(session: &Session, given: &[Value]) -> Done {
    let name = text_at(given, 1, "t.expect_no_workflow(c, \"…\")")?;
    session.scenario(|it| it.knows(&name))?;
    let case = session.case_at(given, 0)?;
    let states = session.states(case)?;
    let Some(found) = states.iter().find(|state| state.workflow == name) else {
        return Ok(None);
    };
    let expected = format!("未进入流程 {name} · never in workflow {name}");
    Err(session.failure(Some(case), expected, in_words(found)))
}

/// `t.expect_waiting(c)`: an open workflow that waits for its time.
pub(super) fn waiting(session: &Session, given: &[Value]) -> Done {
    let waits = |it: &CaseState| it.status == Stand::Waiting;
    holds(session, given, 0, waits, "等待中 · waiting".to_owned())
}

fn holds(
    session: &Session,
    given: &[Value],
    index: usize,
    test: impl Fn(&CaseState) -> bool,
    expected: String,
) -> Done {
    let case = session.case_at(given, index)?;
    let states = session.states(case)?;
    if states.iter().any(test) {
        return Ok(None);
    }
    let got: Vec<String> = states.iter().map(in_words).collect();
    let got = if got.is_empty() {
        "案件不在任何流程里 · the case is in no workflow".to_owned()
    } else {
        got.join("; ")
    };
    Err(session.failure(Some(case), expected, got))
}

/// `t.expect_task("visit")`: an open piece of work for a person;
/// `t.expect_task("gate", { by = role "supervisor" })`: for anybody with a role, or for
/// the person of this name.
pub(super) fn task(session: &Session, given: &[Value]) -> Done {
    let kind = text_at(given, 0, "t.expect_task(\"visit\")")?;
    let by = match given.get(1) {
        None | Some(Value::Nil) => None,
        named => Some(whose(named)?),
    };
    let tasks = session.scenario(|it| it.tasks())?;
    let fits = |task: &OpenTask| task.kind == kind && (by.is_none() || task.by == by);
    if tasks.iter().any(fits) {
        return Ok(None);
    }
    let got: Vec<String> =
        tasks.iter().map(|task| given_to(&task.kind, task.by.as_ref())).collect();
    let got = if got.is_empty() {
        "没有待办 · no open task".to_owned()
    } else {
        got.join("; ")
    };
    let wanted = given_to(&kind, by.as_ref());
    Err(session.failure(None, format!("待办 {wanted} · task {wanted}"), got))
}

/// `t.expect_no_task("gate")`: no such work is open any more.
pub(super) fn no_task(session: &Session, given: &[Value]) -> Done {
    let kind = text_at(given, 0, "t.expect_no_task(\"gate\")")?;
    let tasks = session.scenario(|it| it.tasks())?;
    let open = tasks.iter().find(|task| task.kind == kind);
    let Some(open) = open.map(|it| given_to(&it.kind, it.by.as_ref())) else {
        return Ok(None);
    };
    let wanted = format!("没有待办 {kind} · no task {kind}");
    Err(session.failure(None, wanted, open))
}

fn whose(given: Option<&Value>) -> Result<Assignee, Fault> {
    const USAGE: &str = "t.expect_task(\"gate\", { by = role \"supervisor\" })";
    let mut by = None;
    for (name, value) in fields(given, USAGE)? {
        let read = match as_role(&value) {
            Some(role) => Some(Assignee::Role { role }),
            None => text(&value).map(Assignee::Person),
        };
        by = read.filter(|_| name == "by");
        if by.is_none() {
            break;
        }
    }
    by.ok_or_else(|| Fault::new(format!("应写成 {USAGE}"), format!("write {USAGE}")))
}

/// `gate`, `gate by = role "supervisor"`.
fn given_to(kind: &str, by: Option<&Assignee>) -> String {
    match by {
        None => kind.to_owned(),
        Some(Assignee::Person(name)) => format!("{kind} by = \"{name}\""),
        Some(Assignee::Role { role }) => format!("{kind} by = role \"{role}\""),
    }
}

/// `t.expect_held("sms")`: an order stands back, by the guard, an old book or a stop;
/// `t.expect_held("sms", 2)`: so many.
pub(super) fn held(session: &Session, given: &[Value]) -> Done {
    let verb = text_at(given, 0, "t.expect_held(\"sms\")")?;
    if session.catalog.find_verb(&verb).is_none() {
        let fault = Fault::new(format!("没有动作 `{verb}`"), format!("no verb `{verb}`"));
        let verbs = session.catalog.all_verbs().map(|verb| verb.name);
        return Err(fault.suggesting(nearest(&verb, verbs)).into());
    }
    let wanted = match given.get(1) {
        None | Some(Value::Nil) => None,
        Some(count) => {
            Some(whole(count).ok_or_else(|| used_as("t.expect_held(\"sms\", 2)"))?)
        }
    };
    let held = session.scenario(|it| it.held())?;
    let count = held.iter().filter(|it| **it == verb).count();
    let is_so = match wanted {
        None => 0 < count,
        Some(wanted) => usize::try_from(wanted).is_ok_and(|it| it == count),
    };
    if is_so {
        return Ok(None);
    }
    let got = if held.is_empty() {
        "没有扣下的指令 · nothing is held".to_owned()
    } else {
        held.join("; ")
    };
    let many = wanted.map(|it| format!(" × {it}")).unwrap_or_default();
    let expected = format!("扣下 {verb}{many} · {verb}{many} held");
    Err(session.failure(None, expected, got))
}
