//! Which stage leads where (流转), as the texts of the scripts say it.

use std::collections::{BTreeMap, BTreeSet};

use domain::near::nearest;
use serde::Serialize;

use super::globals;
use super::model::{Model, Script};
use super::parse::{self, Parsed};
use super::tree::{self, Entry, Expr, Function, Head, Kind, Link, Pos, Stmt};
use crate::loading;
use crate::program::{Catalog, Folder, Program};

/// The ways of every workflow, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Flows {
    /// One entry a workflow.
    pub workflows: BTreeMap<String, Flow>,
}

/// The ways through one workflow.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Flow {
    /// The ways out of each stage, by stage.
    pub stages: BTreeMap<String, Vec<Edge>>,
    /// The ways that every stage has, from the `always` table.
    pub always: Vec<Edge>,
    /// Some target is computed, so that other ways may exist.
    pub open: bool,
}

/// One way out of a stage.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Edge {
    /// How it leaves.
    pub kind: EdgeKind,
    /// The stage, workflow or reason; empty when it needs none.
    pub to: String,
    /// The event that must happen; `None` on entering.
    pub on: Option<String>,
    /// The line of the decision.
    pub line: u32,
}

/// How a case leaves a stage.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// To a stage at once.
    Go,
    /// To a stage after a wait.
    Wait,
    /// To the `next` of a plain stage.
    Next,
    /// Into another workflow of the lane.
    Become,
    /// Out of the workflow.
    Finish,
    /// Nowhere: the case is held.
    Pause,
    /// Nowhere, but another lane is opened.
    Start,
    /// Nowhere.
    Stay,
}

impl EdgeKind {
    /// It leads to a stage of the same workflow.
    pub fn enters_stage(self) -> bool {
        matches!(self, Self::Go | Self::Wait | Self::Next)
    }

    /// The case is in this stage no longer, now or later.
    pub fn leaves(self) -> bool {
        self.enters_stage() || matches!(self, Self::Become | Self::Finish)
    }
}

impl Flow {
    /// Every way out of a stage, those of `always` included.
    pub fn ways(&self, stage: &str) -> impl Iterator<Item = &Edge> {
        self.stages.get(stage).into_iter().flatten().chain(&self.always)
    }

    /// The stages that a case in `stage` can enter next, and to which a
    /// standing wait of it can therefore lead.
    pub fn targets(&self, stage: &str) -> BTreeSet<&str> {
        let ways = self.ways(stage).filter(|way| way.kind.enters_stage());
        ways.map(|way| way.to.as_str()).collect()
    }
}

/// The ways through every workflow of a folder that can be read.
///
/// Workflows that only `program` knows, because their text is broken, are
/// listed with the ways of their plain stages.
pub fn flow(folder: &Folder, program: &Program) -> Flows {
    let work = || {
        let parsed: Vec<Parsed> = loading::scripts(folder)
            .map(|(file, text)| parse::parse(file, text))
            .collect();
        flows(&Model::new(folder, &Catalog::default(), program, &parsed))
    };
    parse::with_room(work).unwrap_or_default()
}

/// The ways through every workflow.
pub(crate) fn flows(model: &Model<'_>) -> Flows {
    let mut flows = Flows::default();
    for script in &model.scripts {
        if let Some(workflow) = script.workflow() {
            flows.workflows.insert(workflow.name.to_owned(), of_script(script));
        }
    }
    for workflow in model.program.workflows.values() {
        let flow = flows.workflows.entry(workflow.name.clone()).or_default();
        for stage in workflow.stages.values() {
            let known = flow.stages.contains_key(&stage.name);
            let ways = flow.stages.entry(stage.name.clone()).or_default();
            let next = stage.plain.as_ref().and_then(|plain| plain.next.clone());
            if let (false, Some(to)) = (known, next) {
                ways.push(Edge { kind: EdgeKind::Next, to, on: None, line: stage.line });
            }
        }
    }
    flows
}

fn of_script(script: &Script<'_>) -> Flow {
    let mut flow = Flow::default();
    for stage in &script.stages {
        let acts = entries_acts(script, stage.entries);
        flow.open |= acts.computed;
        flow.stages.entry(stage.name.to_owned()).or_default().extend(acts.edges());
    }
    for always in &script.always {
        let acts = entries_acts(script, always.entries);
        flow.open |= acts.computed;
        flow.always.extend(acts.edges());
    }
    flow
}

/// What the handlers of one table can do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acts {
    pub(crate) made: Vec<Act>,
    /// Every name called, for the verbs among them.
    pub(crate) calls: Vec<(String, Pos)>,
    /// A target is computed.
    pub(crate) computed: bool,
    /// A handler gives back something that cannot be read here.
    pub(crate) unseen: bool,
}

/// One decision in a text.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) kind: EdgeKind,
    pub(crate) to: String,
    pub(crate) on: Option<String>,
    pub(crate) pos: Pos,
}

impl Acts {
    fn edges(&self) -> impl Iterator<Item = Edge> {
        let edge = |it: &Act| {
            let (to, on) = (it.to.clone(), it.on.clone());
            Edge { kind: it.kind, to, on, line: it.pos.line }
        };
        let mut edges: Vec<Edge> = self.made.iter().map(edge).collect();
        edges.sort();
        edges.dedup();
        edges.into_iter()
    }

    /// The decisions taken on entering.
    pub(crate) fn entering(&self) -> impl Iterator<Item = &Act> {
        self.made.iter().filter(|it| it.on.is_none())
    }
}

/// What the handlers and plain keys of a stage or `always` table can do.
pub(crate) fn entries_acts(script: &Script<'_>, entries: &[Entry]) -> Acts {
    let mut acts = Acts::default();
    for entry in entries {
        let Some(key) = &entry.key else { continue };
        let on = key.text.strip_prefix("on_").map(str::to_owned);
        // No other key takes a function: `entre = function(case)` means enter.
        let enters = script.function(&entry.value).is_some();
        if key.text != "enter" && on.is_none() && !enters {
            acts.calls.push((key.text.clone(), key.pos));
            continue;
        }
        match script.function(&entry.value) {
            Some(function) => {
                let mut seen = BTreeSet::new();
                acts.add_function(script, function, on.as_ref(), &mut seen);
                acts.unseen |= gives_unseen(script, function, &mut BTreeSet::new());
            }
            None => acts.unseen = true,
        }
    }
    for (key, kind) in [
        ("next", EdgeKind::Next),
        ("finish", EdgeKind::Finish),
        ("become", EdgeKind::Become),
    ] {
        let target = tree::value(entries, key).or_else(|| misspelt(entries, key));
        if let Some(target) = target {
            acts.add_targets(script, kind, target, None, target.pos);
        }
    }
    acts
}

/// The text under a key that comes near to one of those that lead on.
fn misspelt<'t>(entries: &'t [Entry], wanted: &str) -> Option<&'t Expr> {
    let known = ["next", "finish", "become"];
    let texts = entries.iter().filter(|entry| entry.value.text().is_some());
    let mut near = texts.filter(|text| {
        let word = text.key.as_ref().map_or("", |it| it.text.as_str());
        !known.contains(&word) && nearest(word, known).as_deref() == Some(wanted)
    });
    near.next().map(|it| &it.value)
}

impl Acts {
    /// Adds what a function decides, and the file's functions that it names.
    pub(crate) fn add_function(
        &mut self,
        script: &Script<'_>,
        function: &Function,
        on: Option<&String>,
        seen: &mut BTreeSet<Pos>,
    ) {
        if !seen.insert(function.end) {
            return;
        }
        let mut called = vec![];
        tree::each_expr(&function.body, &mut |expr| {
            let Some(chain) = expr.chain() else { return };
            let Head::Name(name) = &chain.head else { return };
            if let Some(other) = script.functions.get(name.as_str()) {
                called.push(*other);
            }
            if let Some(Link::Call(args)) = chain.links.first() {
                self.calls.push((name.clone(), expr.pos));
                if globals::is_decision(name) || name == "start" {
                    self.add_decision(script, name, args, on, expr.pos);
                }
            }
        });
        for other in called {
            self.add_function(script, other, on, seen);
        }
    }

    fn add_decision(
        &mut self,
        script: &Script<'_>,
        name: &str,
        args: &[Expr],
        on: Option<&String>,
        pos: Pos,
    ) {
        let (kind, target) = match name {
            "go" => (EdgeKind::Go, args.first()),
            "wait" | "wait_until" | "wait_until_overdue" => (EdgeKind::Wait, args.get(1)),
            "pause" => (EdgeKind::Pause, args.first()),
            "become" => (EdgeKind::Become, args.first()),
            "finish" => (EdgeKind::Finish, args.first()),
            "start" => (EdgeKind::Start, args.first()),
            _ => (EdgeKind::Stay, None),
        };
        match target {
            Some(target) => self.add_targets(script, kind, target, on, pos),
            // Where it leads was left out, or hangs on the value before.
            None if kind == EdgeKind::Wait => self.computed = true,
            None => self.made.push(Act { kind, to: String::new(), on: on.cloned(), pos }),
        }
    }

    fn add_targets(
        &mut self,
        script: &Script<'_>,
        kind: EdgeKind,
        target: &Expr,
        on: Option<&String>,
        pos: Pos,
    ) {
        let (texts, computed) = texts(script, target);
        self.computed |= computed && kind.enters_stage();
        if texts.is_empty() {
            self.made.push(Act { kind, to: String::new(), on: on.cloned(), pos });
        }
        for to in texts {
            self.made.push(Act { kind, to, on: on.cloned(), pos });
        }
    }
}

/// The texts an expression can be, and whether it can be something else.
fn texts(script: &Script<'_>, expr: &Expr) -> (Vec<String>, bool) {
    match &expr.kind {
        Kind::Text(text) => (vec![text.clone()], false),
        Kind::Binary(left, "or", right) => {
            let (mut all, open) = texts(script, left);
            let (more, more_open) = texts(script, right);
            all.extend(more);
            (all, open || more_open)
        }
        Kind::Binary(_, "and", right) => texts(script, right),
        Kind::Choice(_, values) => {
            let parts: Vec<_> = values.iter().map(|it| texts(script, it)).collect();
            let open = parts.iter().any(|part| part.1);
            (parts.into_iter().flat_map(|part| part.0).collect(), open)
        }
        _ => {
            let constant = expr.name().and_then(|name| script.constants.get(name));
            match constant.and_then(|constant| constant.text()) {
                Some(text) => (vec![text.to_owned()], false),
                None => (vec![], true),
            }
        }
    }
}

/// A handler gives back a value of which this file does not tell whether it is a
/// decision. What a function gives that is only asked for something does not
/// count: `if is_late(case) then`.
fn gives_unseen(
    script: &Script<'_>,
    function: &Function,
    seen: &mut BTreeSet<Pos>,
) -> bool {
    if !seen.insert(function.end) {
        return false;
    }
    returned(&function.body).into_iter().any(|value| {
        // `local d = routes[k](case) return d`
        let mut held = vec![];
        if let Some(name) = value.name() {
            add_held(&function.body, name, &mut held);
        }
        is_unseen(script, value, seen)
            || held.into_iter().any(|it| is_unseen(script, it, seen))
    })
}

/// The values that a name is given in a block.
fn add_held<'t>(block: &'t tree::Block, name: &str, held: &mut Vec<&'t Expr>) {
    for stmt in &block.stmts {
        match stmt {
            Stmt::Local { names, values } => {
                let of_name = names.iter().zip(values).filter(|it| it.0.text == name);
                held.extend(of_name.map(|of_name| of_name.1));
            }
            Stmt::Assign { targets, values } => {
                let of_name =
                    targets.iter().zip(values).filter(|it| it.0.name() == Some(name));
                held.extend(of_name.map(|of_name| of_name.1));
            }
            _ => {}
        }
        for inner in tree::blocks_of(stmt) {
            add_held(inner, name, held);
        }
    }
}

/// A function of the file gives back a decision, at least at times.
pub(crate) fn gives_decision(script: &Script<'_>, function: &Function) -> bool {
    decides(script, function, &mut BTreeSet::new())
}

fn decides(script: &Script<'_>, function: &Function, seen: &mut BTreeSet<Pos>) -> bool {
    seen.insert(function.end)
        && returned(&function.body).into_iter().any(|it| is_decision(script, it, seen))
}

fn is_decision(script: &Script<'_>, value: &Expr, seen: &mut BTreeSet<Pos>) -> bool {
    match &value.kind {
        Kind::Binary(left, "and" | "or", right) => {
            is_decision(script, left, seen) || is_decision(script, right, seen)
        }
        Kind::Choice(_, values) => values.iter().any(|it| is_decision(script, it, seen)),
        _ => value.call().is_some_and(|(name, _)| {
            let helper = script.functions.get(name);
            helper.map_or(globals::is_decision(name), |it| decides(script, it, seen))
        }),
    }
}

/// The first value of every `return` in a block, without those of functions in
/// it.
pub(crate) fn returned(block: &tree::Block) -> Vec<&Expr> {
    let mut found = vec![];
    for stmt in &block.stmts {
        match stmt {
            Stmt::Return { values, .. } => found.extend(values.first()),
            Stmt::LocalFunction { .. } | Stmt::Function { .. } => {}
            _ => found.extend(tree::blocks_of(stmt).into_iter().flat_map(returned)),
        }
    }
    found
}

fn is_unseen(script: &Script<'_>, expr: &Expr, seen: &mut BTreeSet<Pos>) -> bool {
    match &expr.kind {
        Kind::Chain(chain) => match (&chain.head, chain.links.first()) {
            (Head::Name(name), Some(Link::Call(_))) if chain.links.len() == 1 => {
                match script.functions.get(name.as_str()) {
                    Some(function) => gives_unseen(script, function, seen),
                    None => !globals::is_decision(name) && !gives_value(name),
                }
            }
            // A local that holds a decision was made in this function.
            (Head::Name(_), None) => false,
            (Head::Name(name), Some(Link::Field(_))) => {
                !matches!(name.as_str(), "case" | "setting" | "string" | "math" | "utf8")
            }
            _ => true,
        },
        Kind::Binary(left, "and" | "or", right) => {
            is_unseen(script, left, seen) || is_unseen(script, right, seen)
        }
        Kind::Choice(_, values) => values.iter().any(|it| is_unseen(script, it, seen)),
        _ => false,
    }
}

/// A word that makes a value, and never a decision.
fn gives_value(name: &str) -> bool {
    matches!(name, "tostring" | "tonumber" | "type")
        || globals::builtin(name)
            .is_some_and(|builtin| builtin.gives != globals::Gives::Decision)
}
