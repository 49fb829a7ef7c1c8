//! From the text of a file to a unit (载入一个文件): run its body, keep what it said.

use super::place::{column, key, syntax};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use domain::say::Say;
use domain::tongues;
use mlua::Lua;

use super::{LoadContext, StageCode, Unit, freeze};
use crate::api::declare::{self, Declared, Declaring, Head, StageDecl};
use crate::api::memo::Memo;
use crate::api::{self, Call, Context, Phase, names};
use crate::fault::{self, Fault, StepErrorKind};
use crate::finding::Finding;
use crate::program::{PlainStage, Stage, Workflow};
use crate::sandbox;
use crate::sandbox::meter::Meter;
use crate::settings::Overrides;

pub(super) fn build(
    file: &str,
    text: &str,
    context: &LoadContext,
) -> (Option<Unit>, Vec<Finding>) {
    if context.limits.file_bytes < text.len() {
        return (None, vec![too_large(file, context.limits.file_bytes)]);
    }
    let meter = Rc::new(Meter::new(&context.limits));
    let ctx = Rc::new(Context {
        file: file.to_owned(),
        catalog: Arc::clone(&context.catalog),
        templates: context.templates.clone(),
        limits: context.limits,
        meter,
        phase: Cell::new(Phase::Loading),
        call: RefCell::new(Call::default()),
    });
    let declaring = Rc::new(Declaring {
        ctx: Rc::clone(&ctx),
        declared: RefCell::new(Declared::default()),
        overrides: Rc::clone(&context.overrides),
    });
    let ran = run(text, &ctx, &declaring);
    // Where the file failed, a table may stand there that was not reached.
    if ran.is_ok() {
        declaring.close();
    }
    ctx.phase.set(Phase::Choosing);
    let declared = &mut *declaring.declared.borrow_mut();
    let mut findings = std::mem::take(&mut declared.findings);
    for fault in std::mem::take(&mut declared.faults) {
        findings.push(finding(file, text, &fault));
    }
    let loaded = match ran {
        Ok(loaded) => loaded,
        Err(error) => {
            findings.push(failed(file, text, &error, &ctx));
            return (None, findings);
        }
    };
    if let Some(breach) = ctx.meter.breach() {
        let error = fault::breached(file, breach);
        findings.push(Finding::error(
            "W055",
            file,
            tongues::chinese(&error.message),
            tongues::english(&error.message),
        ));
        return (None, findings);
    }
    let Some(head) = declared.head.take() else {
        findings.push(no_workflow(file));
        return (None, findings);
    };
    let unit = assemble(text, head, declared, loaded, ctx, &context.overrides);
    if let Err(error) = freeze::freeze(&unit.lua, unit.functions()) {
        findings.push(failed(file, text, &error, &unit.ctx));
        return (None, findings);
    }
    (Some(unit), findings)
}

/// A fresh state in which the body has run.
fn run(text: &str, ctx: &Rc<Context>, declaring: &Rc<Declaring>) -> mlua::Result<Loaded> {
    let lua = sandbox::new_state(&ctx.limits, &ctx.meter)?;
    let names = names::new(&lua, ctx.limits.environment)?;
    api::install(&lua, &names.known, ctx)?;
    declare::install(&lua, &names.known, declaring)?;
    let name = format!("={}", ctx.file);
    let body = sandbox::compiled::load(&lua, text, &name, Some(names.env))?;
    ctx.meter.start();
    body.call::<()>(())?;
    // Only now: a file has no memo, its instances have.
    let memo = Memo::new(&lua)?;
    names.known.raw_set("memo", memo.shown())?;
    Ok(Loaded { lua, memo })
}

/// A state in which the body of a file has run.
struct Loaded {
    lua: Lua,
    memo: Memo,
}

fn assemble(
    text: &str,
    head: Head,
    declared: &mut Declared,
    loaded: Loaded,
    ctx: Rc<Context>,
    overrides: &Overrides,
) -> Unit {
    let always = declared.always.take().unwrap_or_default();
    let mut stages = std::mem::take(&mut declared.stages);
    for stage in &mut stages {
        as_written(text, stage);
    }
    let settings =
        declared.settings.iter().map(|(name, (shown, _))| (name.clone(), shown.clone()));
    let workflow = Workflow {
        name: head.name,
        file: ctx.file.clone(),
        line: head.line,
        title_zh: head.title.0,
        title_en: head.title.1,
        lane: head.lane,
        start: head.start,
        enrol: head.enrol,
        keeps_clocks: head.keeps_clocks,
        always: always.iter().map(|(event, _)| event.clone()).collect(),
        stages: stages.iter().map(|stage| (stage.name.clone(), shown(stage))).collect(),
        settings: settings.collect(),
    };
    Unit {
        section: overrides.of(&workflow.name),
        text: text.to_owned(),
        workflow,
        lua: loaded.lua,
        ctx,
        memo: loaded.memo,
        stages: stages.into_iter().map(code).collect(),
        always: always.into_iter().collect(),
        chooses: head.chooses,
        spent: Cell::new(false),
    }
}

fn shown(stage: &StageDecl) -> Stage {
    let plain = stage.plain.as_ref().map(|plain| PlainStage {
        verbs: plain.drafts.iter().map(|draft| draft.verb().name.to_owned()).collect(),
        wait: plain.wait,
        next: plain.next.clone(),
    });
    Stage {
        name: stage.name.clone(),
        title_zh: stage.title.0.clone(),
        title_en: stage.title.1.clone(),
        line: stage.line,
        enters: stage.enter.is_some() || stage.plain.is_some(),
        on: stage.on.iter().map(|(event, _)| event.clone()).collect(),
        moved_from: stage.moved_from.clone(),
        plain,
    }
}

fn code(stage: StageDecl) -> (String, StageCode) {
    let on = stage.on.into_iter().collect();
    let StageDecl { line, enter, plain, .. } = stage;
    (stage.name, StageCode { line, enter, plain, on })
}

/// Puts the orders of a plain stage into the order in which they are written,
/// which a Lua table does not keep.
fn as_written(text: &str, stage: &mut StageDecl) {
    let Some(plain) = &mut stage.plain else { return };
    if plain.drafts.len() < 2 {
        return;
    }
    let line = usize::try_from(stage.line.saturating_sub(1)).unwrap_or(0);
    let rest: Vec<&str> = text.lines().skip(line).collect();
    let rest = rest.join("\n");
    plain.drafts.sort_by_cached_key(|draft| key(&rest, draft.verb().name));
}

fn finding(file: &str, text: &str, fault: &Fault) -> Finding {
    let (line, col) = column(text, fault);
    let Say { zh, en } = fault.say.clone();
    Finding::error(fault.code, file, zh, en)
        .at(line, col)
        .suggesting(fault.suggestion.clone())
}

fn failed(file: &str, text: &str, error: &mlua::Error, ctx: &Context) -> Finding {
    if let mlua::Error::SyntaxError { message, .. } = error {
        return syntax(file, text, message);
    }
    let (kind, mut fault) = fault::fault_of(file, error, ctx.meter.breach());
    if kind == StepErrorKind::Script {
        fault.say = fault.say.map(|say| fault::shortened(&say));
    }
    finding(file, text, &fault)
}

fn no_workflow(file: &str) -> Finding {
    Finding::error(
        "W029",
        file,
        "文件里没有流程:应有 workflow \"…\" { … };测试文件名以 _test.lua 结尾".to_owned(),
        "the file declares no workflow \"…\" { … }; test files end in _test.lua"
            .to_owned(),
    )
    .at(1, 1)
}

/// The finding for a file above the limit.
pub(crate) fn too_large(file: &str, limit: usize) -> Finding {
    let limit = limit / 1024;
    Finding::error(
        "W052",
        file,
        format!("文件太大:最多 {limit} KiB"),
        format!("the file is too large: at most {limit} KiB"),
    )
}
