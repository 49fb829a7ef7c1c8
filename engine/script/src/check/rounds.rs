//! Circles that lead through more than one workflow (跨流程循环): each hands a case
//! to the next at once, and none of them waits.

use std::collections::{BTreeMap, BTreeSet};

use domain::say::Say;

use super::codes;
use super::flow::{self, Acts, EdgeKind, entries_acts};
use super::model::{Decl, Model, Script};
use super::report::Report;
use super::tree::{self, Block, Entry, Pos, Stmt};

/// A stage of a workflow.
type Place<'t> = (&'t str, &'t str);

struct Stage<'w, 't> {
    script: &'w Script<'t>,
    decl: &'w Decl<'t>,
    acts: Acts,
    /// Where a case that enters is at once.
    next: Vec<Place<'w>>,
    /// The calls of `start` that no case gets past.
    opens: BTreeSet<Pos>,
}

/// Tells of every circle that no case gets out of and that leads through
/// `become` or `start`; those of `go` alone are told in their script.
pub(super) fn check(model: &Model<'_>, report: &mut Report) {
    let mut stages = all(model);
    // What may lead out of a circle is no part of one, nor what leads to it.
    loop {
        let there: BTreeSet<Place<'_>> = stages.keys().copied().collect();
        let before = stages.len();
        stages.retain(|_, it| it.is_caught(&there));
        if stages.len() == before {
            break;
        }
    }
    let mut told: BTreeSet<BTreeSet<Place<'_>>> = BTreeSet::new();
    for first in stages.keys().copied() {
        let circle = circle_from(first, &stages);
        let workflows: BTreeSet<&str> = circle.iter().map(|it| it.0).collect();
        let again = circle.first().and_then(|it| stages.get(it)).is_some_and(|it| {
            it.acts
                .entering()
                .any(|it| matches!(it.kind, EdgeKind::Become | EdgeKind::Start))
        });
        if (workflows.len() < 2 && !again)
            || !told.insert(circle.iter().copied().collect())
        {
            continue;
        }
        let Some(stage) = circle.first().and_then(|it| stages.get(it)) else { continue };
        let names: Vec<String> = circle
            .iter()
            .chain(circle.first())
            .map(|it| format!("{}.{}", it.0, it.1))
            .collect();
        let path = names.join(" → ");
        let text = Say::new(
            format!("流程互相转来转去而不等待:{path};请在其中一步用 wait"),
            format!("a circle of workflows without a wait: {path}; let one of them wait"),
        );
        report.add(codes::CIRCLE, stage.script.file, stage.decl.pos, text);
    }
}

fn all<'w, 't>(model: &'w Model<'t>) -> BTreeMap<Place<'w>, Stage<'w, 't>> {
    let starts: BTreeMap<&str, &str> = model
        .scripts
        .iter()
        .filter_map(|script| {
            let workflow = script.workflow()?;
            let start = script.text(tree::value(workflow.entries, "start")?)?;
            Some((workflow.name, start))
        })
        .collect();
    let mut stages = BTreeMap::new();
    for script in
        model.scripts.iter().filter(|script| script.sound && !script.computed_stages)
    {
        let Some(workflow) = script.workflow() else { continue };
        for decl in &script.stages {
            let acts = entries_acts(script, decl.entries);
            let waits = tree::value(decl.entries, "wait").is_some();
            let next = acts.entering().filter_map(|it| match it.kind {
                EdgeKind::Go => named(script, &it.to).map(|to| (workflow.name, to)),
                EdgeKind::Next if !waits => {
                    named(script, &it.to).map(|to| (workflow.name, to))
                }
                EdgeKind::Become | EdgeKind::Start => {
                    // A workflow of the wrong lane has a finding of its own.
                    let lane = |it: &str| model.lanes.get(it).cloned().flatten();
                    let same = lane(workflow.name) == lane(&it.to);
                    if same != (it.kind == EdgeKind::Become) {
                        return None;
                    }
                    let (name, start) = starts.get_key_value(it.to.as_str())?;
                    Some((*name, *start))
                }
                _ => None,
            });
            let next = next.collect();
            let opens = opened(script, decl.entries);
            let stage = Stage { script, decl, acts, next, opens };
            stages.insert((workflow.name, decl.name), stage);
        }
    }
    stages
}

/// The calls of `start` on entering that stand under no condition, and behind none
/// under which the handler has ended.
fn opened(script: &Script<'_>, entries: &[Entry]) -> BTreeSet<Pos> {
    let mut found = BTreeSet::new();
    let enter = tree::value(entries, "enter").and_then(|it| script.function(it));
    if let Some(function) = enter {
        let mut seen = BTreeSet::from([function.end]);
        add_opened(script, &function.body, &mut seen, &mut found);
    }
    found
}

fn add_opened(
    script: &Script<'_>,
    block: &Block,
    seen: &mut BTreeSet<Pos>,
    found: &mut BTreeSet<Pos>,
) {
    for stmt in &block.stmts {
        if tree::blocks_of(stmt).into_iter().any(|it| !flow::returned(it).is_empty()) {
            return;
        }
        for expr in tree::exprs_of(stmt).into_iter().filter(|_| can_run(stmt)) {
            let Some((name, _)) = expr.call() else { continue };
            if name == "start" {
                found.insert(expr.pos);
            } else if let Some(helper) = script.functions.get(name)
                && seen.insert(helper.end)
            {
                add_opened(script, &helper.body, seen, found);
            }
        }
    }
}

/// What stands in the statement itself is run whenever it is reached.
fn can_run(stmt: &Stmt) -> bool {
    matches!(
        stmt,
        Stmt::Call(_) | Stmt::Return { .. } | Stmt::Local { .. } | Stmt::Assign { .. }
    )
}

fn named<'w>(script: &'w Script<'_>, name: &str) -> Option<&'w str> {
    script.stages.iter().map(|stage| stage.name).find(|it| *it == name)
}

impl Stage<'_, '_> {
    /// Whatever happens on entering leads on at once to one of these places. A
    /// workflow that ends after it has opened another leads there as well.
    fn is_caught(&self, places: &BTreeSet<Place<'_>>) -> bool {
        let mut entering = self.acts.entering().peekable();
        let waits = tree::value(self.decl.entries, "wait").is_some();
        if self.acts.unseen || self.acts.computed || waits || entering.peek().is_none() {
            return false;
        }
        let mut entered = self.acts.entering();
        let starts =
            entered.any(|it| it.kind == EdgeKind::Start && self.opens.contains(&it.pos));
        let moves = entering.all(|it| match it.kind {
            EdgeKind::Go | EdgeKind::Next | EdgeKind::Become | EdgeKind::Start => true,
            EdgeKind::Finish => starts,
            EdgeKind::Wait | EdgeKind::Pause | EdgeKind::Stay => false,
        });
        let ways = self.acts.entering().filter(|it| it.kind != EdgeKind::Finish).count();
        moves && ways == self.next.len() && self.next.iter().all(|it| places.contains(it))
    }
}

/// The circle that the ways from a place end in.
fn circle_from<'w>(
    first: Place<'w>,
    stages: &BTreeMap<Place<'w>, Stage<'w, '_>>,
) -> Vec<Place<'w>> {
    let mut path = vec![first];
    while let Some(next) =
        path.last().and_then(|it| stages.get(it)).and_then(|it| it.next.first())
    {
        if let Some(at) = path.iter().position(|it| it == next) {
            return path.split_off(at);
        }
        path.push(*next);
    }
    vec![]
}
