//! `stage "first_call" { … }` and `always { … }` (环节): handlers, or a plain step.

use domain::decision::{Decision, WaitRule};
use domain::near::nearest;
use mlua::{Function, Table, Value};

use super::{Declaring, entries, no_key, title, words, wrong_kind};
use crate::api::keys;
use crate::api::names::word;
use crate::api::time::as_span;
use crate::api::values::text;
use crate::api::verbs::{self, Draft};
use crate::fault::Fault;

/// The table of one stage.
#[derive(Clone, Debug)]
pub(crate) struct StageDecl {
    pub(crate) name: String,
    pub(crate) line: u32,
    pub(crate) title: (String, String),
    pub(crate) enter: Option<Function>,
    pub(crate) on: Vec<(String, Function)>,
    pub(crate) moved_from: Vec<String>,
    pub(crate) plain: Option<Plain>,
}

/// A stage without a function: orders, then one decision.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) wait: Option<WaitRule>,
    pub(crate) next: Option<String>,
    pub(crate) decision: Decision,
}

/// The keys of a stage that are neither events nor verbs.
/// The keys that say what comes after a plain stage.
#[derive(Default)]
struct After {
    wait: Option<WaitRule>,
    next: Option<String>,
    finish: Option<String>,
    turn: Option<String>,
}

pub(super) fn stage(
    this: &Declaring,
    name: String,
    table: &Table,
    line: u32,
) -> Result<(), Fault> {
    let at = format!("stage “{name}”");
    if let Some(first) =
        this.declared.borrow().stages.iter().find(|stage| stage.name == name)
    {
        let first = first.line;
        return Err(Fault::new(
            format!("环节 “{name}” 在第 {first} 行已有"),
            format!("the stage `{name}` stands on line {first} already"),
        )
        .code("W025"));
    }
    let mut stage = StageDecl {
        name,
        line,
        title: (String::new(), String::new()),
        enter: None,
        on: Vec::new(),
        moved_from: Vec::new(),
        plain: None,
    };
    let mut after = After::default();
    let mut drafts = Vec::new();
    let entries = entries(table, &at)?;
    let before = this.declared.borrow().faults.len();
    for (key, value) in &entries {
        if let Err(fault) = stage.read(this, &at, key, value, &mut after, &mut drafts) {
            this.note(if fault.line == 0 { fault.at(line) } else { fault });
        }
    }
    // A key that could not be read may be the one that says what comes after.
    if before == this.declared.borrow().faults.len() {
        match after.decision(&at, &drafts, stage.enter.is_some()) {
            Ok(Some(decision)) => {
                let After { wait, next, .. } = after;
                stage.plain = Some(Plain { drafts, wait, next, decision });
            }
            Ok(None) => {}
            Err(fault) => this.note(fault.at(line)),
        }
    }
    this.declared.borrow_mut().stages.push(stage);
    Ok(())
}

/// `always { on_deceased = function(case) … end }`.
pub(super) fn always(this: &Declaring, table: &Value, line: u32) -> Result<(), Fault> {
    let Value::Table(table) = table else {
        let got = word(table);
        return Err(Fault::new(
            format!("always 后面应是一张表,而不是 `{got}`:应写 always {{ on_… = … }}"),
            format!("`always` takes a table, not `{got}`: write always {{ on_… = … }}"),
        )
        .code("W009"));
    };
    if this.declared.borrow().always.is_some() {
        return Err(
            Fault::new("always 只能写一次", "always may stand once only").code("W031")
        );
    }
    let mut handlers = Vec::new();
    for (key, value) in entries(table, "always")? {
        let handler = match event_of(this, "always", &key) {
            Ok(Some(event)) => {
                handler("always", &key, &value).map(|handler| (event, handler))
            }
            Ok(None) => Err(no_key("always", &key, known_keys(this).collect())),
            Err(fault) => Err(fault),
        };
        match handler {
            Ok(handler) => handlers.push(handler),
            Err(fault) => this.note(fault.at(line)),
        }
    }
    this.declared.borrow_mut().always = Some(handlers);
    Ok(())
}

fn known_keys(this: &Declaring) -> impl Iterator<Item = &'static str> + '_ {
    keys::names(&keys::STAGE)
        .into_iter()
        .chain(this.ctx.catalog.all_verbs().map(|verb| verb.name))
}

/// The event behind `on_NAME`; `None` when the key is no `on_…`.
fn event_of(this: &Declaring, at: &str, key: &str) -> Result<Option<String>, Fault> {
    let Some(event) = key.strip_prefix("on_") else { return Ok(None) };
    if this.ctx.catalog.find_event(event).is_some() {
        return Ok(Some(event.to_owned()));
    }
    let meant = nearest(event, this.ctx.catalog.all_events().map(|event| event.name));
    Err(Fault::new(
        format!("{at} 的 `{key}`:没有事件 `{event}`"),
        format!("`{key}` of {at}: no event `{event}`"),
    )
    .code("W011")
    .suggesting(meant.map(|it| format!("on_{it}"))))
}

fn handler(at: &str, key: &str, value: &Value) -> Result<Function, Fault> {
    match value {
        Value::Function(function) => Ok(function.clone()),
        other => {
            let (zh, en) = ("函数 function(case) … end", "a function(case) … end");
            Err(wrong_kind(at, key, zh, en, other))
        }
    }
}

impl StageDecl {
    fn read(
        &mut self,
        this: &Declaring,
        at: &str,
        key: &str,
        value: &Value,
        after: &mut After,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), Fault> {
        let one_word = || {
            let fits = |it: &String| !it.is_empty();
            text(value)
                .filter(fits)
                .ok_or_else(|| wrong_kind(at, key, "文字", "text", value))
        };
        match key {
            "title" => {
                let (zh, en) = ("标题 { zh = …, en = … }", "a title { zh = …, en = … }");
                let title = title(value);
                self.title = title.ok_or_else(|| wrong_kind(at, key, zh, en, value))?;
            }
            "enter" => self.enter = Some(handler(at, key, value)?),
            "moved_from" => {
                let (zh, en) = ("环节名或环节名的列表", "a stage or a list of stages");
                let names = words(value);
                self.moved_from =
                    names.ok_or_else(|| wrong_kind(at, key, zh, en, value))?;
            }
            "wait" => {
                let (zh, en) = ("时长,例如 3 * days", "a span, as 3 * days");
                let span =
                    as_span(value).ok_or_else(|| wrong_kind(at, key, zh, en, value))?;
                after.wait = Some(span.rule()?);
            }
            "next" => after.next = Some(one_word()?),
            "finish" => after.finish = Some(one_word()?),
            "become" => after.turn = Some(one_word()?),
            _ => match (event_of(this, at, key)?, this.ctx.catalog.find_verb(key)) {
                (Some(event), _) => self.on.push((event, handler(at, key, value)?)),
                (None, Some(verb)) => {
                    let draft = verbs::read(&this.ctx, verb, value, self.line)?;
                    draft.missing().map_or(Ok(()), Err)?;
                    drafts.push(draft);
                }
                (None, None) => return Err(no_key(at, key, known_keys(this).collect())),
            },
        }
        Ok(())
    }
}

impl After {
    /// What a plain stage decides; `None` for a stage with an `enter`.
    fn decision(
        &self,
        at: &str,
        drafts: &[Draft],
        enters: bool,
    ) -> Result<Option<Decision>, Fault> {
        let said = [&self.next, &self.finish, &self.turn];
        let said = said.into_iter().flatten().count();
        if enters {
            if 0 < said || self.wait.is_some() || !drafts.is_empty() {
                return Err(Fault::new(
                    format!("{at} 既有 enter 函数,又有动作或 wait/next:只能用一种写法"),
                    format!("{at} has both an enter function and a plain step: use one"),
                )
                .code("W031"));
            }
            return Ok(None);
        }
        if said != 1 {
            return Err(Fault::new(
                format!(
                    "{at} 没有说清之后去哪里:写 enter 函数,或写 wait 和 next、finish、\
                     become 其中之一"
                ),
                format!(
                    "{at} does not say what comes after: give it an enter function, or one \
                     of wait with next, finish, become"
                ),
            )
            .code("W032"));
        }
        let decision = match (&self.next, &self.finish, &self.turn, self.wait) {
            (Some(next), _, _, Some(rule)) => Decision::Wait { rule, next: next.clone() },
            (Some(next), _, _, None) => Decision::Go { stage: next.clone() },
            (_, Some(reason), _, None) => Decision::Finish { reason: reason.clone() },
            (_, _, Some(workflow), None) => {
                Decision::Become { workflow: workflow.clone() }
            }
            _ => {
                return Err(Fault::new(
                    format!("{at} 的 wait 后面要写 next"),
                    format!("`wait` of {at} needs `next`"),
                )
                .code("W032"));
            }
        };
        Ok(Some(decision))
    }
}
