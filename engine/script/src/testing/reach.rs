//! What a test file needs of the folder (测试所及): its workflow and those it reaches.
//!
//! A new workflow that answers payments must not break the tests of another
//! one, so a test file is run with its own workflow, with those that it or its
//! workflow names, and with whatever these turn into or start. What comes in by
//! an event is loaded when the test speaks of something that only it does.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::Settings;
use crate::check::flow::{self, EdgeKind, Flows};
use crate::check::model::Model;
use crate::check::parse::{self, Parsed};
use crate::check::tree::{self, Expr, Kind, Link};
use crate::loading;
use crate::program::{Catalog, Folder, Program, Workflow};

/// The workflows that each test file runs with, by file.
pub fn reach(
    folder: &Folder,
    catalog: &Catalog,
    program: &Program,
) -> BTreeMap<String, BTreeSet<String>> {
    let work = || {
        let parsed: Vec<Parsed> = loading::scripts(folder)
            .map(|(file, text)| parse::parse(file, text))
            .collect();
        let model = Model::new(folder, catalog, program, &parsed);
        let flows = flow::flows(&model);
        let able = program.workflows.values().map(|it| {
            let script = parsed.iter().find(|parsed| parsed.file == it.file);
            let mut deeds = script.map_or_else(BTreeSet::new, |it| deeds(it, &model));
            deeds.extend(it.stages.keys().cloned().map(Deed::Stage));
            let ways = flows.workflows.get(&it.name).into_iter();
            let ways =
                ways.flat_map(|way| way.stages.values().flatten().chain(&way.always));
            let ends = ways.filter(|way| way.kind == EdgeKind::Finish);
            deeds.extend(ends.map(|end| Deed::End(end.to.clone())));
            (it.name.as_str(), deeds)
        });
        let able = able.collect();
        let map = Map { program, flows, able };
        let tests = loading::tests(folder).map(|(file, text)| {
            let test = parse::parse(file, text);
            (file.to_owned(), map.of(file, &said(&test)))
        });
        tests.collect()
    };
    // Without a reading every test runs with every workflow.
    let all = || -> BTreeSet<String> { program.workflows.keys().cloned().collect() };
    parse::with_room(work).unwrap_or_else(|| {
        loading::tests(folder).map(|(file, _)| (file.to_owned(), all())).collect()
    })
}

struct Map<'a> {
    program: &'a Program,
    flows: Flows,
    /// What each workflow can do, by its name.
    able: BTreeMap<&'a str, BTreeSet<Deed>>,
}

/// Something that a workflow does and a test can expect.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Deed {
    Verb(String),
    Template(String),
    Task(String),
    Stage(String),
    End(String),
}

impl Deed {
    fn word(&self) -> &str {
        match self {
            Self::Verb(word)
            | Self::Template(word)
            | Self::Task(word)
            | Self::Stage(word)
            | Self::End(word) => word,
        }
    }
}

/// What a test file speaks of.
#[derive(Debug, Default)]
struct Said {
    /// Every text, but for those that mean something else than a workflow.
    texts: BTreeSet<String>,
    expected: BTreeSet<Deed>,
}

impl Map<'_> {
    fn of(&self, file: &str, said: &Said) -> BTreeSet<String> {
        let known = |it: &&String| self.program.workflows.contains_key(*it);
        let mut needed: BTreeSet<String> =
            said.texts.iter().filter(known).cloned().collect();
        let own = Settings::new(file, self.program).own;
        needed.extend(Some(own).filter(|it| known(&it)));
        if needed.is_empty() {
            return self.program.workflows.keys().cloned().collect();
        }
        self.close(&mut needed);
        for deed in &said.expected {
            if let Some(workflow) = self.brought_by(deed, &needed) {
                needed.insert(workflow.to_owned());
                self.close(&mut needed);
            }
        }
        needed
    }

    /// Adds what the workflows turn into and what they start.
    fn close(&self, needed: &mut BTreeSet<String>) {
        let mut left: Vec<String> = needed.iter().cloned().collect();
        while let Some(name) = left.pop() {
            let Some(flow) = self.flows.workflows.get(&name) else { continue };
            let ways = flow.stages.values().flatten().chain(&flow.always);
            let others =
                ways.filter(|way| matches!(way.kind, EdgeKind::Become | EdgeKind::Start));
            for other in others {
                // A name that is computed may be any.
                let all = other.to.is_empty();
                let named =
                    self.program.workflows.keys().filter(|key| all || **key == other.to);
                for it in named {
                    if needed.insert(it.clone()) {
                        left.push(it.clone());
                    }
                }
            }
        }
    }

    /// The workflow that comes in by an event and alone can do what a test
    /// expects.
    fn brought_by(&self, deed: &Deed, needed: &BTreeSet<String>) -> Option<&str> {
        let able = |it: &&Workflow| {
            self.able.get(it.name.as_str()).is_some_and(|it| it.contains(deed))
        };
        let able = self.program.workflows.values().filter(able);
        if able.clone().any(|it| needed.contains(&it.name)) {
            return None;
        }
        let by_event =
            |it: &&Workflow| it.enrol.as_ref().is_some_and(|it| !it.on.is_empty());
        // `reward_collector` rather than another that rewards as well.
        let names = able.filter(by_event).map(|able| able.name.as_str());
        names.min_by_key(|name| (!name.contains(deed.word()), *name))
    }
}

/// What a test file says.
fn said(test: &Parsed) -> Said {
    let mut said = Said::default();
    let mut others = BTreeSet::new();
    tree::each_expr(&test.block, &mut |it: &Expr| {
        let links = it.chain().map_or(&[][..], |it| &it.links);
        let ([Link::Field(method), Link::Call(args)] | [Link::Method(method, args)]) =
            links
        else {
            return;
        };
        if names_no_workflow(&method.text) {
            for arg in args {
                tree::each_inner(arg, &mut |word| {
                    others.insert(word.pos);
                });
            }
        }
        said.expected.extend(expected(&method.text, args));
    });
    tree::each_expr(&test.block, &mut |it: &Expr| {
        let text = it.text().filter(|_| !others.contains(&it.pos));
        said.texts.extend(text.map(str::to_owned));
    });
    said
}

/// Words of tests whose texts are stages, templates, ends and outcomes: a workflow that
/// bears the name of one is not meant by it.
fn names_no_workflow(method: &str) -> bool {
    match method {
        "expect_workflow" => false,
        "event" | "case" | "approve" | "report_call" | "report_visit" => true,
        _ => method.starts_with("expect_"),
    }
}

/// What a line such as `t.expect_sent("sms", "remind_1")` expects.
fn expected(method: &str, args: &[Expr]) -> Vec<Deed> {
    let text = |at: usize| args.get(at).and_then(Expr::text).map(str::to_owned);
    let deeds = match method {
        "expect_sent" => {
            let named = args.get(1).and_then(Expr::entries);
            let named = named.and_then(|it| tree::value(it, "template")?.text());
            let template = text(1).or_else(|| named.map(str::to_owned));
            [text(0).map(Deed::Verb), template.map(Deed::Template)]
        }
        "expect_refused" | "expect_held" | "approve" => [text(0).map(Deed::Verb), None],
        "expect_task" => [text(0).map(Deed::Task), None],
        "expect_stage" => [text(1).map(Deed::Stage), None],
        "expect_finished" => [text(0).map(Deed::End), None],
        _ => [None, None],
    };
    deeds.into_iter().flatten().collect()
}

/// The verbs that a script calls, its templates, and the kinds of its tasks.
fn deeds(script: &Parsed, model: &Model<'_>) -> BTreeSet<Deed> {
    let mut deeds = BTreeSet::new();
    let verb =
        |name: &str| model.verbs.contains_key(name).then(|| Deed::Verb(name.to_owned()));
    tree::each_expr(&script.block, &mut |it: &Expr| match &it.kind {
        Kind::Text(text) if model.templates.contains(text.as_str()) => {
            deeds.insert(Deed::Template(text.clone()));
        }
        Kind::Chain(chain) if matches!(chain.links.first(), Some(Link::Call(_))) => {
            deeds.extend(chain.name().and_then(verb));
        }
        Kind::Table(entries) => {
            let keys = entries.iter().filter_map(|entry| entry.key.as_ref());
            deeds.extend(keys.filter_map(|key| verb(&key.text)));
            let kind = tree::value(entries, "kind").and_then(Expr::text);
            deeds.extend(kind.map(|kind| Deed::Task(kind.to_owned())));
        }
        _ => {}
    });
    deeds
}
