//! The ways through a workflow (环节走向): dead ends, circles, lost stages.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::OrderEvent;
use domain::manifest::Act as Conduct;
use domain::near::nearest;
use domain::say::Say;

use super::codes;
use super::flow::{Act, Acts, EdgeKind, entries_acts};
use super::globals;
use super::model::{Decl, Model, Script};
use super::report::Report;
use super::returns;
use super::tree::{self, Block, Entry, Function, Kind, Pos, Stmt};

/// Checks the ways of one script.
pub(crate) fn check(model: &Model<'_>, script: &Script<'_>, report: &mut Report) {
    let Some(workflow) = script.workflow() else { return };
    returns::chooses(script, workflow, report);
    // What stands in place of a decision may have been meant to lead anywhere.
    let mut read = |table: &Decl<'_>| {
        let mut acts = entries_acts(script, table.entries);
        acts.unseen |= returns::check(model, script, table, report);
        acts
    };
    let always: Vec<Acts> = script.always.iter().map(&mut read).collect();
    let stages: Vec<(&Decl<'_>, Acts)> =
        script.stages.iter().map(|stage| (stage, read(stage))).collect();
    unreachable(script, workflow, &stages, &always, report);
    for (stage, acts) in &stages {
        way_out(model, script, stage, acts, &always, report);
        open_end(script, stage, report);
        refusal(model, script, stage, acts, report);
    }
    if keeps_clocks(workflow) {
        let all = stages.iter().map(|stage| &stage.1).chain(&always);
        all.for_each(|it| demands(model, script, it, report));
    }
    circles(script, &stages, report);
}

fn unreachable(
    script: &Script<'_>,
    workflow: &Decl<'_>,
    stages: &[(&Decl<'_>, Acts)],
    always: &[Acts],
    report: &mut Report,
) {
    let all = || stages.iter().map(|stage| &stage.1).chain(always);
    if script.computed_stages || all().any(|it| it.computed || it.unseen) {
        return;
    }
    let Some(start) = tree::value(workflow.entries, "start") else { return };
    let Some(start) = script.text(start) else { return };
    let ways = |acts: &Acts| -> Vec<String> {
        let entering = acts.made.iter().filter(|it| it.kind.enters_stage());
        entering.map(|it| it.to.clone()).collect()
    };
    let mut next: Vec<String> = always.iter().flat_map(ways).collect();
    next.push(start.to_owned());
    let taken_over =
        stages.iter().filter(|(it, _)| tree::value(it.entries, "moved_from").is_some());
    next.extend(taken_over.map(|(it, _)| it.name.to_owned()));
    let mut seen = BTreeSet::new();
    while let Some(name) = next.pop() {
        if seen.insert(name.clone()) {
            let here = stages.iter().filter(|(it, _)| it.name == name);
            next.extend(here.flat_map(|(_, acts)| ways(acts)));
        }
    }
    let names = || stages.iter().map(|(it, _)| it.name);
    let lost: Vec<&Decl<'_>> =
        stages.iter().map(|stage| stage.0).filter(|it| !seen.contains(it.name)).collect();
    // What leads to a misspelt name is told there, and would lead here.
    let nowhere = seen.iter().filter(|it| names().all(|name| name != it.as_str()));
    let nowhere: Vec<&String> = nowhere.collect();
    for wrong in &nowhere {
        let Some(meant) = nearest(wrong, names()) else { continue };
        if let Some(stage) = lost.iter().find(|it| it.name == meant) {
            let text = Say::new(
                format!("环节名 “{meant}” 可能写错:别处都写 “{wrong}”"),
                format!(
                    "the stage “{meant}” may be misnamed: it is “{wrong}” everywhere else"
                ),
            );
            let at = (script.file, stage.pos);
            report.misnamed(codes::NO_STAGE, at, &meant, text, wrong);
            // Behind it others are lost as well.
            return;
        }
    }
    // A stage that has been renamed is lost under its new name alone.
    if !nowhere.is_empty() {
        return;
    }
    for stage in lost {
        let name = stage.name;
        report.add(
            codes::UNREACHABLE,
            script.file,
            stage.pos,
            Say::new(
                format!("没有任何环节通向 “{name}”,也不是起点 “{start}”"),
                format!("no stage leads to “{name}”, and it is not the start “{start}”"),
            ),
        );
    }
}

fn way_out(
    model: &Model<'_>,
    script: &Script<'_>,
    stage: &Decl<'_>,
    acts: &Acts,
    always: &[Acts],
    report: &mut Report,
) {
    // A way that only an exception opens is no way out of a stage.
    let is_exception =
        |event: &str| model.events.get(event).is_some_and(|spec| spec.is_an_exception());
    let ordinary = |it: &&Act| it.on.as_deref().is_none_or(|event| !is_exception(event));
    // A stage that says nothing at all has a finding of its own.
    let mute = !["enter", "next", "finish", "become"]
        .iter()
        .any(|key| tree::entry(stage.entries, key).is_some());
    let own = mute || acts.unseen || acts.made.iter().any(|it| it.kind.leaves());
    let shared = always.iter().any(|it| {
        it.unseen || it.made.iter().filter(ordinary).any(|it| it.kind.leaves())
    });
    if own || shared {
        return;
    }
    let name = stage.name;
    report.add(
        codes::NO_WAY_OUT,
        script.file,
        stage.pos,
        Say::new(
            format!(
                "环节 “{name}” 进得去出不来:没有 next,也没有 go、wait、become 或 finish"
            ),
            format!("“{name}” has no way out: no next, no go, wait, become or finish"),
        ),
    );
}

/// `enter` must decide on every path.
fn open_end(script: &Script<'_>, stage: &Decl<'_>, report: &mut Report) {
    let Some(enter) = tree::value(stage.entries, "enter") else { return };
    let Some(function) = script.function(enter) else { return };
    for at in open_ends(function) {
        let name = stage.name;
        report.add(
            codes::ENDS_OPEN,
            script.file,
            at,
            Say::new(
                format!("环节 “{name}” 的 enter 在这里没有决定就结束了:请写 return wait(…)、go、stay() 等"),
                format!("`enter` of “{name}” ends here without a decision: return wait(…), go, stay() or another"),
            ),
        );
    }
}

fn open_ends(function: &Function) -> Vec<Pos> {
    let mut ends = vec![];
    empty_returns(&function.body, &mut ends);
    if falls_through(&function.body) {
        ends.push(function.end);
    }
    ends
}

fn empty_returns(block: &Block, ends: &mut Vec<Pos>) {
    for stmt in &block.stmts {
        match stmt {
            Stmt::Return { values, pos } => {
                let nothing =
                    values.first().is_none_or(|it| matches!(it.kind, Kind::Nil));
                if nothing {
                    ends.push(*pos);
                }
            }
            Stmt::LocalFunction { .. } | Stmt::Function { .. } => {}
            _ => tree::blocks_of(stmt).iter().for_each(|it| empty_returns(it, ends)),
        }
    }
}

fn falls_through(block: &Block) -> bool {
    let Some(last) = block.stmts.last() else { return true };
    match last {
        Stmt::Return { .. } => false,
        Stmt::Do(body) | Stmt::Repeat { body, .. } => falls_through(body),
        Stmt::If { arms, otherwise } => {
            arms.iter().any(|(_, it)| falls_through(it))
                || otherwise.as_ref().is_none_or(falls_through)
        }
        Stmt::While { condition, .. } => !matches!(condition.kind, Kind::Bool(true)),
        // A decision without `return` has a finding of its own.
        Stmt::Call(expr) => !expr
            .call()
            .is_some_and(|(name, _)| name == "error" || globals::is_decision(name)),
        _ => true,
    }
}

/// A contact can be refused by conduct review; the stage should say what then.
fn refusal(
    model: &Model<'_>,
    script: &Script<'_>,
    stage: &Decl<'_>,
    acts: &Acts,
    report: &mut Report,
) {
    let tables = script.always.iter().chain([stage]);
    let answers = |it: &Entry| {
        let Some(event) = it.key.as_ref().and_then(|key| key.text.strip_prefix("on_"))
        else {
            return false;
        };
        let known = || model.events.keys().copied();
        let refused = OrderEvent::Refused.as_str();
        event == refused
            || (known().all(|it| it != event)
                && nearest(event, known()).as_deref() == Some(refused))
    };
    if tables.into_iter().any(|table| table.entries.iter().any(answers)) {
        return;
    }
    let contact = acts.calls.iter().find(|(name, _)| {
        model.verbs.get(name.as_str()).is_some_and(|verb| verb.channel.is_some())
    });
    if let Some((verb, at)) = contact {
        let name = stage.name;
        report.add(
            codes::REFUSAL_OPEN,
            script.file,
            *at,
            Say::new(
                format!("{verb} 可能被合规审查拒绝,环节 “{name}” 和 always 都没有 on_refused:被拒后只会继续等待"),
                format!("{verb} can be refused, and neither “{name}” nor always has on_refused: the wait would run on"),
            ),
        );
    }
}

fn keeps_clocks(workflow: &Decl<'_>) -> bool {
    let value = tree::value(workflow.entries, "keeps_clocks");
    value.is_some_and(|it| matches!(it.kind, Kind::Bool(true)))
}

/// A workflow that goes on under every hold may watch periods and tell people
/// what happened, and must not demand money.
fn demands(model: &Model<'_>, script: &Script<'_>, acts: &Acts, report: &mut Report) {
    for (verb, at) in &acts.calls {
        let contacts = model.verbs.get(verb.as_str());
        if contacts.is_none_or(|contacts| {
            contacts.channel.is_none() || contacts.act != Conduct::Demand
        }) {
            continue;
        }
        report.add(
            codes::CLOCKS_ONLY,
            script.file,
            *at,
            Say::new(
                format!("keeps_clocks 的流程在暂停催收时照走,不能用 {verb} 催收:请去掉 keeps_clocks,或改用 task、notice"),
                format!("a workflow with keeps_clocks goes on under every hold and must not demand with {verb}: take keeps_clocks out, or use task or notice"),
            ),
        );
    }
}

/// Stages that lead into each other at once, for ever or for some cases.
fn circles(script: &Script<'_>, stages: &[(&Decl<'_>, Acts)], report: &mut Report) {
    let ways: BTreeMap<&str, Vec<String>> =
        stages.iter().map(|(stage, acts)| (stage.name, immediate(stage, acts))).collect();
    let mut told: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for (stage, _) in stages {
        let Some(circle) = circle_from(stage.name, &ways) else { continue };
        if !told.insert(circle.iter().copied().collect()) {
            continue;
        }
        let always =
            stages.iter().filter(|(it, _)| circle.contains(&it.name)).all(|(_, acts)| {
                acts.entering().all(|it| match it.kind {
                    EdgeKind::Go | EdgeKind::Next => circle.contains(&it.to.as_str()),
                    EdgeKind::Start => true,
                    _ => false,
                })
            });
        let path = [circle.as_slice(), &circle[..1]].concat().join(" → ");
        let text = Say::new(
            format!("环节反复循环而不等待:{path};请在其中一步用 wait"),
            format!("a circle of stages without a wait: {path}; let one of them wait"),
        );
        if always {
            report.add(codes::CIRCLE, script.file, stage.pos, text);
        } else {
            report.warn(codes::CIRCLE, script.file, stage.pos, text);
        }
    }
}

/// The stages entered in the same wake-up.
fn immediate(stage: &Decl<'_>, acts: &Acts) -> Vec<String> {
    let waits = tree::value(stage.entries, "wait").is_some();
    let at_once = |it: &&Act| match it.kind {
        EdgeKind::Go => true,
        EdgeKind::Next => !waits,
        _ => false,
    };
    acts.entering().filter(at_once).map(|it| it.to.clone()).collect()
}

/// The shortest circle back to `start`, beginning with it.
fn circle_from<'w>(
    start: &'w str,
    ways: &'w BTreeMap<&'w str, Vec<String>>,
) -> Option<Vec<&'w str>> {
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for next in ways.get(here).into_iter().flatten() {
            let next = next.as_str();
            if next == start {
                let mut path = vec![here];
                while let Some(before) = path.last().and_then(|it| from.get(it)) {
                    path.push(before);
                }
                path.reverse();
                return Some(path);
            }
            if let std::collections::btree_map::Entry::Vacant(free) = from.entry(next) {
                free.insert(here);
                queue.push_back(next);
            }
        }
    }
    None
}
