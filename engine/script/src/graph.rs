//! A workflow as a picture (流程图): Mermaid, DOT or a drawing of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::check::{Edge, EdgeKind, Flow, Flows};
use crate::program::Workflow;

mod layers;
mod svg;

pub use svg::svg;

/// One box of the picture.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Node {
    /// The stage; for what lies outside, `become:NAME` or `finish`.
    pub(crate) key: String,
    /// What stands in the box: the Chinese title, or the name.
    pub(crate) label: String,
    pub(crate) shape: Shape,
}

/// What a box stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    Stage,
    /// The stage entered first.
    Start,
    /// Another workflow.
    Workflow,
    /// The end.
    End,
}

/// One arrow of the picture, all ways between two boxes together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Arrow {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) label: String,
    /// Some way along it waits.
    pub(crate) waits: bool,
}

/// The boxes and arrows of a workflow. The ways of `always` would lead from
/// every box to everywhere; they leave one box of their own.
pub(crate) struct Picture {
    pub(crate) nodes: Vec<Node>,
    pub(crate) arrows: Vec<Arrow>,
}

/// The key of the box from which the ways of `always` start.
const ALWAYS: &str = "always";

impl Picture {
    pub(crate) fn new(workflow: &Workflow, flows: &Flows) -> Self {
        let nothing = Flow::default();
        let flow = flows.workflows.get(&workflow.name).unwrap_or(&nothing);
        let mut picture = Self { nodes: vec![], arrows: vec![] };
        for name in in_order(workflow, flow) {
            let stage = workflow.stages.get(name);
            let title = stage.map_or("", |it| it.title_zh.as_str());
            let label = if title.is_empty() { name } else { title }.to_owned();
            let shape = if name == workflow.start { Shape::Start } else { Shape::Stage };
            picture.nodes.push(Node { key: stage_key(name), label, shape });
        }
        for (stage, edges) in &flow.stages {
            picture.add(&stage_key(stage), edges);
        }
        let leaving: Vec<Edge> =
            flow.always.iter().filter(|it| visible(it)).cloned().collect();
        if !leaving.is_empty() {
            let label = "任何环节".to_owned();
            let node = Node { key: ALWAYS.to_owned(), label, shape: Shape::Stage };
            picture.nodes.push(node);
            picture.add(ALWAYS, &leaving);
        }
        picture
    }

    fn add(&mut self, from: &str, edges: &[Edge]) {
        let mut ways: BTreeMap<String, (BTreeSet<String>, bool)> = BTreeMap::new();
        for edge in edges.iter().filter(|edge| visible(edge)) {
            let to = self.target(edge);
            let way = ways.entry(to).or_default();
            way.0.insert(words(edge));
            way.1 |= matches!(edge.kind, EdgeKind::Wait);
        }
        for (to, (labels, waits)) in ways {
            let labels: Vec<String> =
                labels.into_iter().filter(|label| !label.is_empty()).collect();
            let (from, label) = (from.to_owned(), labels.join(" / "));
            self.arrows.push(Arrow { from, to, label, waits });
        }
    }

    /// The box an edge leads to; boxes outside the workflow are added.
    fn target(&mut self, edge: &Edge) -> String {
        let (key, label, shape) = match edge.kind {
            EdgeKind::Become => {
                (format!("become:{}", edge.to), format!("→ {}", edge.to), Shape::Workflow)
            }
            EdgeKind::Finish => ("finish".to_owned(), "结束".to_owned(), Shape::End),
            _ => (stage_key(&edge.to), edge.to.clone(), Shape::Stage),
        };
        if !self.nodes.iter().any(|node| node.key == key) {
            self.nodes.push(Node { key: key.clone(), label, shape });
        }
        key
    }
}

fn stage_key(name: &str) -> String {
    format!("stage:{name}")
}

/// The start first, then the stages as the file has them.
fn in_order<'a>(workflow: &'a Workflow, flow: &'a Flow) -> Vec<&'a str> {
    let mut stages: Vec<(bool, u32, &str)> = workflow
        .stages
        .values()
        .map(|it| (it.name != workflow.start, it.line, it.name.as_str()))
        .collect();
    let unknown = flow.stages.keys().filter(|key| !workflow.stages.contains_key(*key));
    stages.extend(unknown.map(|it| (*it != workflow.start, u32::MAX, it.as_str())));
    stages.sort_unstable();
    stages.into_iter().map(|stage| stage.2).collect()
}

fn visible(edge: &Edge) -> bool {
    edge.kind.leaves() && (edge.kind == EdgeKind::Finish || !edge.to.is_empty())
}

/// What stands beside an arrow.
fn words(edge: &Edge) -> String {
    let mut words = String::new();
    if let Some(event) = &edge.on {
        write!(words, "on {event}").unwrap_or_default();
    }
    if edge.kind == EdgeKind::Wait {
        words.push_str(if words.is_empty() { "等待" } else { ",等待" });
    }
    if edge.kind == EdgeKind::Finish && !edge.to.is_empty() {
        let gap = if words.is_empty() { "" } else { ": " };
        write!(words, "{gap}{}", edge.to).unwrap_or_default();
    }
    words
}

/// The picture for Mermaid, as GitHub and many wikis draw it.
pub fn mermaid(workflow: &Workflow, flows: &Flows) -> String {
    let picture = Picture::new(workflow, flows);
    let id = ids(&picture);
    // Mermaid reads quotes and brackets inside labels as syntax.
    let safe = |it: &str| {
        it.replace('#', "#35;")
            .replace('"', "#quot;")
            .replace('<', "#lt;")
            .replace('|', "#124;")
    };
    let mut out = String::from("flowchart TD\n");
    for node in &picture.nodes {
        let (open, close) = match node.shape {
            Shape::Stage => ("[\"", "\"]"),
            Shape::Start => ("([\"", "\"])"),
            Shape::Workflow => ("[[\"", "\"]]"),
            Shape::End => ("((\"", "\"))"),
        };
        let (key, label) = (&id[&node.key], safe(&node.label));
        writeln!(out, "  {key}{open}{label}{close}").unwrap_or_default();
    }
    for arrow in &picture.arrows {
        let line = if arrow.waits { "-.->" } else { "-->" };
        let label = match arrow.label.as_str() {
            "" => String::new(),
            label => format!("|\"{}\"|", safe(label)),
        };
        let (from, to) = (&id[&arrow.from], &id[&arrow.to]);
        writeln!(out, "  {from} {line}{label} {to}").unwrap_or_default();
    }
    out
}

/// The picture for Graphviz.
pub fn dot(workflow: &Workflow, flows: &Flows) -> String {
    let picture = Picture::new(workflow, flows);
    let id = ids(&picture);
    let safe = |it: &str| it.replace('\\', "\\\\").replace('"', "\\\"");
    let title = safe(&workflow.title_zh);
    let mut out = format!(
        "digraph {{\n  rankdir=TB;\n  label=\"{title}\";\n  node [shape=box, style=rounded];\n"
    );
    for node in &picture.nodes {
        let extra = match node.shape {
            Shape::Stage => "",
            Shape::Start => ", penwidth=2",
            Shape::Workflow => ", shape=component",
            Shape::End => ", shape=circle",
        };
        let (key, label) = (&id[&node.key], safe(&node.label));
        writeln!(out, "  {key} [label=\"{label}\"{extra}];").unwrap_or_default();
    }
    for arrow in &picture.arrows {
        let style = if arrow.waits { ", style=dashed" } else { "" };
        let (from, to, label) = (&id[&arrow.from], &id[&arrow.to], safe(&arrow.label));
        writeln!(out, "  {from} -> {to} [label=\"{label}\"{style}];").unwrap_or_default();
    }
    out.push_str("}\n");
    out
}

/// A short plain name for every box: stage names may hold any character.
fn ids(picture: &Picture) -> BTreeMap<String, String> {
    let numbered = picture.nodes.iter().enumerate();
    numbered.map(|(at, node)| (node.key.clone(), format!("n{at}"))).collect()
}

#[cfg(test)]
mod tests;
