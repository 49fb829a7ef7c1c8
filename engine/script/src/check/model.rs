//! What the scripts of a folder declare (流程、环节), read from their trees.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::{CORE_EVENTS, EventSpec};
use domain::manifest::Verb;
use domain::near::nearest;

use super::draft::Draft;
use super::globals;
use super::parse::Parsed;
use super::tree::{self, Block, Chain, Entry, Expr, Function, Kind, Link, Pos, Stmt};
use crate::program::{Catalog, Folder, Program};

/// One `workflow`, `stage` or `always`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decl<'t> {
    pub(crate) name: &'t str,
    /// Where the name stands.
    pub(crate) pos: Pos,
    pub(crate) entries: &'t [Entry],
}

/// One script file.
#[derive(Debug)]
pub(crate) struct Script<'t> {
    pub(crate) file: &'t str,
    /// The text with its slips mended, when it has any.
    pub(crate) mended: Option<&'t str>,
    pub(crate) sound: bool,
    pub(crate) block: &'t Block,
    pub(crate) workflows: Vec<Decl<'t>>,
    pub(crate) stages: Vec<Decl<'t>>,
    pub(crate) always: Vec<Decl<'t>>,
    /// The functions that stand at file level, by name.
    pub(crate) functions: BTreeMap<&'t str, &'t Function>,
    /// The values of file-level locals, by name.
    pub(crate) constants: BTreeMap<&'t str, &'t Expr>,
    /// Every stage known, also those that only the loader saw.
    pub(crate) stage_names: BTreeSet<String>,
    /// A stage is declared under a name that only the loader knows.
    pub(crate) computed_stages: bool,
    /// Every setting known.
    pub(crate) settings: BTreeSet<String>,
}

/// Everything the checks look things up in.
#[derive(Debug)]
pub(crate) struct Model<'t> {
    pub(crate) folder: &'t Folder,
    pub(crate) program: &'t Program,
    pub(crate) scripts: Vec<Script<'t>>,
    pub(crate) verbs: BTreeMap<&'static str, &'static Verb>,
    pub(crate) events: BTreeMap<&'static str, &'static EventSpec>,
    pub(crate) templates: BTreeSet<&'t str>,
    /// The lane of every workflow; `None` when it is not known.
    pub(crate) lanes: BTreeMap<String, Option<String>>,
}

impl<'t> Model<'t> {
    pub(crate) fn new(
        folder: &'t Folder,
        catalog: &Catalog,
        program: &'t Program,
        parsed: &'t [Parsed],
    ) -> Self {
        let scripts: Vec<Script<'t>> =
            parsed.iter().map(|it| Script::new(it, program)).collect();
        let verbs = catalog.plugins.iter().flat_map(|plugin| plugin.verbs);
        let events =
            catalog.plugins.iter().flat_map(|plugin| plugin.events).chain(CORE_EVENTS);
        let files = folder.files.keys();
        let templates = files
            .filter_map(|file| file.strip_prefix("templates/")?.strip_suffix(".txt"))
            .chain(program.templates.keys().map(String::as_str))
            .collect();
        Self {
            folder,
            program,
            verbs: verbs.map(|verb| (verb.name, verb)).collect(),
            events: events.map(|event| (event.name, event)).collect(),
            templates,
            lanes: lanes(&scripts, parsed, program),
            scripts,
        }
    }
}

impl<'t> Script<'t> {
    fn new(parsed: &'t Parsed, program: &Program) -> Self {
        let block = &parsed.block;
        let mut script = Self {
            file: &parsed.file,
            mended: parsed.draft.as_ref().map(Draft::text),
            sound: parsed.sound,
            block,
            workflows: vec![],
            stages: vec![],
            always: vec![],
            functions: BTreeMap::new(),
            constants: BTreeMap::new(),
            stage_names: BTreeSet::new(),
            computed_stages: false,
            settings: BTreeSet::new(),
        };
        script.read(block);
        script.add_loaded(parsed, program);
        script
    }

    fn read(&mut self, block: &'t Block) {
        for stmt in &block.stmts {
            match stmt {
                Stmt::LocalFunction { name, function } => {
                    self.functions.insert(&name.text, function);
                }
                Stmt::Local { names, values } => {
                    for (name, value) in names.iter().zip(values) {
                        self.constants.insert(&name.text, value);
                        if let Kind::Function(function) = &value.kind {
                            self.functions.insert(&name.text, function);
                        }
                    }
                }
                _ => {}
            }
        }
        for stmt in &block.stmts {
            if let Stmt::Call(expr) = stmt
                && let Some(chain) = expr.chain()
            {
                self.declare(expr, chain);
            }
        }
        // A stage declared inside a loop or function has a name that only
        // running the file can tell.
        let mut calls = 0;
        tree::each_expr(block, &mut |it| {
            let head = it.chain().and_then(Chain::name);
            calls += usize::from(head == Some("stage"));
        });
        self.computed_stages = self.stages.len() < calls;
    }

    fn declare(&mut self, expr: &'t Expr, chain: &'t Chain) {
        let (Some(word), Some(Link::Call(args))) = (chain.name(), chain.links.first())
        else {
            return;
        };
        // A misspelt one has a finding of its own; what it declares is there.
        let is_known =
            globals::builtin(word).is_some() || self.functions.contains_key(word);
        let meant = if is_known { None } else { nearest(word, DECLARE) };
        let word = meant.as_deref().unwrap_or(word);
        let entries = chain.links.iter().rev().find_map(|link| match link {
            Link::Call(args) => args.last().and_then(Expr::entries),
            _ => None,
        });
        let entries = entries.unwrap_or(&[]);
        if word == "always" {
            self.always.push(Decl { name: "always", pos: expr.pos, entries });
            return;
        }
        let Some(name) = args.first().and_then(|arg| self.text(arg)) else { return };
        let pos = args.first().map_or(expr.pos, |it| it.pos);
        let decl = Decl { name, pos, entries };
        match word {
            "workflow" => self.workflows.push(decl),
            "stage" => self.stages.push(decl),
            _ => {}
        }
    }

    fn add_loaded(&mut self, parsed: &Parsed, program: &Program) {
        self.stage_names =
            self.stages.iter().map(|stage| stage.name.to_owned()).collect();
        let declared = parsed.declared.iter();
        self.stage_names.extend(
            declared.filter(|(word, _)| word == "stage").map(|(_, name)| name.clone()),
        );
        let settings = self.workflows.iter().filter_map(|workflow| {
            tree::value(workflow.entries, "settings").and_then(Expr::entries)
        });
        self.settings = settings
            .flatten()
            .filter_map(|it| it.key.as_ref())
            .map(|key| key.text.clone())
            .collect();
        for loaded in program.workflows.values().filter(|it| it.file == parsed.file) {
            self.stage_names.extend(loaded.stages.keys().cloned());
            self.settings.extend(loaded.settings.keys().cloned());
            self.computed_stages = false;
        }
    }

    /// The name of the file's workflow.
    pub(crate) fn workflow(&self) -> Option<&Decl<'t>> {
        self.workflows.first()
    }

    /// A text, written out or held in a file-level local.
    pub(crate) fn text(&self, expr: &'t Expr) -> Option<&'t str> {
        expr.text().or_else(|| self.constants.get(expr.name()?)?.text())
    }

    /// The function an expression stands for.
    pub(crate) fn function(&self, expr: &'t Expr) -> Option<&'t Function> {
        match &expr.kind {
            Kind::Function(function) => Some(function),
            _ => self.functions.get(expr.name()?).copied(),
        }
    }

    /// The texts an expression can be, and whether it can be something else.
    pub(crate) fn texts(&self, expr: &'t Expr) -> (Vec<(&'t str, Pos)>, bool) {
        match &expr.kind {
            Kind::Text(text) => (vec![(text.as_str(), expr.pos)], false),
            Kind::Binary(left, "or", right) => {
                let (mut texts, open) = self.texts(left);
                let (more, more_open) = self.texts(right);
                texts.extend(more);
                (texts, open || more_open)
            }
            Kind::Binary(_, "and", right) => self.texts(right),
            Kind::Choice(_, values) => {
                let parts: Vec<_> = values.iter().map(|it| self.texts(it)).collect();
                let open = parts.iter().any(|part| part.1);
                (parts.into_iter().flat_map(|part| part.0).collect(), open)
            }
            _ => match self.text(expr) {
                Some(text) => (vec![(text, expr.pos)], false),
                None => (vec![], true),
            },
        }
    }
}

/// The words that declare something.
const DECLARE: [&str; 3] = ["workflow", "stage", "always"];

fn lanes(
    scripts: &[Script<'_>],
    parsed: &[Parsed],
    program: &Program,
) -> BTreeMap<String, Option<String>> {
    let mut lanes: BTreeMap<String, Option<String>> = BTreeMap::new();
    for workflow in program.workflows.values() {
        lanes.insert(workflow.name.clone(), Some(workflow.lane.clone()));
    }
    for (word, name) in parsed.iter().flat_map(|it| &it.declared) {
        if word == "workflow" {
            lanes.entry(name.clone()).or_default();
        }
    }
    for script in scripts {
        for workflow in &script.workflows {
            let lane = tree::value(workflow.entries, "lane");
            let lane = lane.and_then(|lane| script.text(lane)).map(str::to_owned);
            if lane.is_some() {
                lanes.insert(workflow.name.to_owned(), lane);
            }
        }
    }
    lanes
}
