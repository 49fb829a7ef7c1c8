//! One workflow file in a state of its own (运行单元): loaded once, asked often.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use domain::decision::Decision;
use domain::event::Event;
use domain::facts::CaseFacts;
use domain::near::nearest;
use mlua::{Function, Lua, Value};

use crate::api::declare::Plain;
use crate::api::memo::Memo;
use crate::api::{Context, Made, Phase, decisions};
use crate::fault::{self, Fault, StepError, StepErrorKind};
use crate::finding::Finding;
use crate::program::{Answer, Ask, Catalog, Trigger, Workflow};
use crate::sandbox::limits::Limits;
use crate::settings::{Overrides, Section};

mod build;
pub(crate) use build::too_large;
mod freeze;
mod place;

/// What the files of one folder share.
#[derive(Clone, Debug)]
pub(crate) struct LoadContext {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) limits: Limits,
    pub(crate) templates: Vec<String>,
    pub(crate) overrides: Rc<Overrides>,
}

/// The functions of one stage.
#[derive(Debug)]
struct StageCode {
    line: u32,
    enter: Option<Function>,
    plain: Option<Plain>,
    on: HashMap<String, Function>,
}

/// One loaded workflow file.
pub(crate) struct Unit {
    pub(crate) workflow: Workflow,
    /// What it was loaded from: the text, and its lines of settings.toml.
    text: String,
    section: Section,
    lua: Lua,
    ctx: Rc<Context>,
    /// What `memo` stands for in each call.
    memo: Memo,
    stages: HashMap<String, StageCode>,
    always: HashMap<String, Function>,
    chooses: Option<Function>,
    spent: Cell<bool>,
}

impl Unit {
    /// Runs the body of a file; `None` when it declares no workflow.
    pub(crate) fn load(
        file: &str,
        text: &str,
        context: &LoadContext,
    ) -> (Option<Self>, Vec<Finding>) {
        build::build(file, text, context)
    }

    /// Whether loading this file would give the same unit.
    pub(crate) fn is_of(&self, file: &str, text: &str, context: &LoadContext) -> bool {
        !self.is_spent()
            && self.workflow.file == file
            && self.text == text
            && self.section == context.overrides.of(&self.workflow.name)
            && self.ctx.templates == context.templates
            && self.ctx.limits == context.limits
            && Arc::ptr_eq(&self.ctx.catalog, &context.catalog)
    }

    /// The state broke a limit or has grown too large: it must be dropped.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.get()
    }

    /// Every function that can be called once the file is loaded.
    fn functions(&self) -> impl Iterator<Item = Function> {
        let stages = self.stages.values();
        let stages = stages.flat_map(|stage| stage.enter.iter().chain(stage.on.values()));
        stages.chain(self.always.values()).chain(&self.chooses).cloned()
    }

    /// Calls the handler for a trigger.
    pub(crate) fn ask(&self, ask: &Ask<'_>) -> Result<Answer, StepError> {
        let Some(stage) = self.stages.get(ask.stage) else {
            return Err(self.no_stage(ask.stage, self.workflow.line));
        };
        self.ctx.begin(Phase::Handling, ask.facts);
        match &ask.trigger {
            Trigger::Enter => match (&stage.enter, &stage.plain) {
                (Some(enter), _) => {
                    let made = self.call(enter, ask, None)?;
                    let line = stage.line;
                    let made =
                        made.ok_or_else(|| self.bad(&decisions::nothing_returned(line)));
                    self.answer(ask, made?)
                }
                (None, Some(plain)) => self.plain(plain, stage.line),
                (None, None) => Ok(unhandled()),
            },
            Trigger::Event(event) => {
                let handler = stage.on.get(&event.kind);
                match handler.or_else(|| self.always.get(&event.kind)) {
                    None => Ok(unhandled()),
                    Some(handler) => {
                        let made = self.call(handler, ask, Some(event))?;
                        let line = stage.line;
                        let stay = Made { verb: "stay", decision: Decision::Stay, line };
                        self.answer(ask, made.unwrap_or(stay))
                    }
                }
            }
        }
    }

    /// Whether `enrol.where` takes a case; without one it does.
    pub(crate) fn wants(
        &self,
        facts: &CaseFacts,
        event: Option<&Event>,
    ) -> Result<bool, StepError> {
        let Some(chooses) = &self.chooses else { return Ok(true) };
        self.ctx.begin(Phase::Choosing, facts);
        let result = self.memo.open(&self.lua, &serde_json::Map::new()).and_then(|()| {
            self.lua.scope(|scope| {
                let case = scope.create_any_userdata_ref(facts)?;
                match event {
                    None => chooses.call::<Value>(case),
                    Some(event) => {
                        chooses.call((case, scope.create_any_userdata_ref(event)?))
                    }
                }
            })
        });
        match self.checked(result)? {
            Value::Nil => Ok(false),
            Value::Boolean(yes) => Ok(yes),
            other => {
                let got = other.type_name();
                Err(self.bad(&Fault::new(
                    format!("where 应返回 true 或 false,而不是 {got}"),
                    format!("where must return true or false, not {got}"),
                )))
            }
        }
    }

    fn call(
        &self,
        handler: &Function,
        ask: &Ask<'_>,
        event: Option<&Event>,
    ) -> Result<Option<Made>, StepError> {
        let result = self.memo.open(&self.lua, ask.memo).and_then(|()| {
            self.lua.scope(|scope| {
                let case = scope.create_any_userdata_ref(ask.facts)?;
                match event {
                    None => handler.call::<Value>(case),
                    Some(event) => {
                        handler.call((case, scope.create_any_userdata_ref(event)?))
                    }
                }
            })
        });
        let value = self.checked(result)?;
        decisions::returned(&self.ctx, &value).map_err(|error| self.bad(&error))
    }

    /// Passes a result on unless a limit was broken on the way, even when the
    /// script caught the error and went on.
    fn checked(&self, result: mlua::Result<Value>) -> Result<Value, StepError> {
        let file = &self.workflow.file;
        let breach = self.ctx.meter.breach();
        let outcome = match (result, breach) {
            (Err(error), breach) => Err(fault::step_error(file, &error, breach)),
            (Ok(_), Some(breach)) => Err(fault::breached(file, breach)),
            (Ok(value), None) => Ok(value),
        };
        let broken = |it: &StepError| it.kind != StepErrorKind::Script;
        if outcome.as_ref().is_err_and(broken) || self.outgrown() {
            self.spent.set(true);
        }
        outcome
    }

    /// Whether what the script keeps from call to call fills half the state.
    fn outgrown(&self) -> bool {
        let half = self.ctx.limits.memory / 2;
        half < self.lua.used_memory()
            && (self.lua.gc_collect().is_err() || half < self.lua.used_memory())
    }

    fn plain(&self, plain: &Plain, line: u32) -> Result<Answer, StepError> {
        let mut call = self.ctx.call.borrow_mut();
        for draft in &plain.drafts {
            let order = draft.clone().complete(&self.ctx, &call);
            let order = order.map_err(|error| self.bad(&error.at(line)))?;
            call.orders.push(order);
        }
        drop(call);
        let made = Made { verb: "next", decision: plain.decision.clone(), line };
        self.finish(made, None)
    }

    fn answer(&self, ask: &Ask<'_>, made: Made) -> Result<Answer, StepError> {
        let limit = self.ctx.limits.memo_bytes;
        let memo = self.memo.close(ask.memo, limit);
        let memo = memo.map_err(|error| self.bad(&error.at(made.line)))?;
        self.finish(made, memo)
    }

    fn finish(
        &self,
        made: Made,
        memo: Option<serde_json::Map<String, serde_json::Value>>,
    ) -> Result<Answer, StepError> {
        if let Decision::Go { stage } | Decision::Wait { next: stage, .. } =
            &made.decision
            && !self.stages.contains_key(stage)
        {
            return Err(self.no_stage(stage, made.line));
        }
        let mut call = self.ctx.call.borrow_mut();
        Ok(Answer {
            decision: made.decision,
            orders: std::mem::take(&mut call.orders),
            starts: std::mem::take(&mut call.starts),
            memo,
            line: self.ctx.place(made.line),
            handled: true,
        })
    }

    fn no_stage(&self, name: &str, line: u32) -> StepError {
        let meant = nearest(name, self.stages.keys().map(String::as_str));
        let workflow = &self.workflow.name;
        self.bad(
            &Fault::new(
                format!("流程 {workflow} 没有环节 “{name}”"),
                format!("the workflow {workflow} has no stage `{name}`"),
            )
            .suggesting(meant)
            .at(line),
        )
    }

    /// An answer that the house cannot act on.
    pub(crate) fn bad(&self, fault: &Fault) -> StepError {
        fault::answered(StepErrorKind::BadAnswer, &self.workflow.file, fault)
    }
}

/// Nobody answers: the case stays, and the house applies its own default.
fn unhandled() -> Answer {
    Answer {
        decision: Decision::Stay,
        orders: Vec::new(),
        starts: Vec::new(),
        memo: None,
        line: String::new(),
        handled: false,
    }
}
