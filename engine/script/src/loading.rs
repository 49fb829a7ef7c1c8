//! Reads a folder of scripts into a program (载入), without running a case.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use domain::near::nearest;
use serde_json::Value;

use crate::check::has_errors;
use crate::finding::Finding;
use crate::program::{Catalog, Folder, Program, Workflow};
use crate::progress;
use crate::sandbox::limits::Limits;
use crate::settings::{Known, Overrides};

/// The file in which the site sets values.
pub use crate::settings::FILE as SETTINGS;
use crate::unit::{LoadContext, Unit};

/// A folder as it was read: what it declares, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Every workflow whose file could be run to its end.
    pub program: Program,
    /// In the order of files and lines; any error among them bars a release.
    pub findings: Vec<Finding>,
}

/// Runs every script's body once, in a fresh state each, under limits.
///
/// Nothing is kept but what the bodies declared. It never fails as a whole:
/// a file that cannot be loaded becomes findings, and the others are read.
pub fn load(folder: &Folder, catalog: &Catalog, limits: &Limits) -> Loaded {
    let (units, findings) = units(folder, &Arc::new(catalog.clone()), limits);
    let workflows =
        units.iter().map(|(name, unit)| (name.clone(), unit.workflow.clone())).collect();
    let templates = templates(folder)
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
    Loaded { program: Program { workflows, templates }, findings }
}

/// The scripts of a folder that hold workflows: `NAME.lua`, not
/// `NAME_test.lua`, at its top.
pub fn scripts(folder: &Folder) -> impl Iterator<Item = (&str, &str)> {
    folder.files.iter().filter_map(|(path, text)| {
        let name = path.strip_suffix(".lua")?;
        let script = !name.contains('/') && !name.ends_with("_test");
        script.then_some((path.as_str(), text.as_str()))
    })
}

/// The test files of a folder: `NAME_test.lua` at its top.
pub fn tests(folder: &Folder) -> impl Iterator<Item = (&str, &str)> {
    folder.files.iter().filter_map(|(path, text)| {
        let test = path.ends_with("_test.lua") && !path.contains('/');
        test.then_some((path.as_str(), text.as_str()))
    })
}

/// The message templates of a folder, by name.
pub fn templates(folder: &Folder) -> impl Iterator<Item = (&str, &str)> {
    folder.files.iter().filter_map(|(path, text)| {
        let name = path.strip_prefix("templates/")?.strip_suffix(".txt")?;
        (!name.contains('/')).then_some((name, text.as_str()))
    })
}

/// The folder with other settings: each workflow's values as lines of
/// settings.toml have them.
#[must_use]
pub fn with_settings(
    folder: &Folder,
    set: &BTreeMap<String, BTreeMap<String, Value>>,
) -> Folder {
    let mut lines = Vec::new();
    for (workflow, values) in set {
        // What JSON quotes, TOML reads.
        lines.push(format!("[{}]\n", Value::from(workflow.as_str())));
        let values = values.iter();
        lines.extend(
            values.map(|(name, it)| format!("{} = {it}\n", Value::from(name.as_str()))),
        );
    }
    let mut files = folder.files.clone();
    files.insert(SETTINGS.to_owned(), lines.concat());
    Folder { files }
}

/// One line of settings.toml.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingLine {
    /// The workflow whose section it stands in.
    pub workflow: String,
    /// The setting.
    pub name: String,
    /// The value as it is written there.
    pub value: Value,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub col: u32,
}

/// The lines of settings.toml, by workflow and name; none when there is no such
/// file or it cannot be read.
pub fn setting_lines(folder: &Folder) -> Vec<SettingLine> {
    Overrides::read(folder).lines()
}

/// The folder as its scripts declare it: without the site's settings.
#[must_use]
pub fn as_declared(folder: &Folder) -> Folder {
    let mut files = folder.files.clone();
    files.remove(SETTINGS);
    Folder { files }
}

/// The folder with some of its workflows alone; templates and all else stay.
#[must_use]
pub fn with_workflows(
    folder: &Folder,
    program: &Program,
    kept: &BTreeSet<String>,
) -> Folder {
    let mut files = folder.files.clone();
    for workflow in program.workflows.values().filter(|it| !kept.contains(&it.name)) {
        files.remove(&workflow.file);
    }
    Folder { files }
}

/// A workflow read again from a folder whose settings have changed.
///
/// # Errors
///
/// What is wrong with it now.
pub fn reload(
    workflow: &Workflow,
    folder: &Folder,
    catalog: &Catalog,
    limits: &Limits,
) -> Result<Workflow, Vec<Finding>> {
    let context = context(folder, &Arc::new(catalog.clone()), limits);
    let text = folder.files.get(&workflow.file).map_or("", String::as_str);
    match Unit::load(&workflow.file, text, &context) {
        (Some(unit), found) if !has_errors(&found) => Ok(unit.workflow),
        (_, found) => Err(found),
    }
}

/// What all files of a folder share.
pub(crate) fn context(
    folder: &Folder,
    catalog: &Arc<Catalog>,
    limits: &Limits,
) -> LoadContext {
    LoadContext {
        catalog: Arc::clone(catalog),
        limits: *limits,
        templates: templates(folder).map(|(name, _)| name.to_owned()).collect(),
        overrides: Rc::new(Overrides::read(folder)),
    }
}

/// One unit a workflow, by name, and all findings.
pub(crate) fn units(
    folder: &Folder,
    catalog: &Arc<Catalog>,
    limits: &Limits,
) -> (BTreeMap<String, Rc<Unit>>, Vec<Finding>) {
    units_after(&BTreeMap::new(), folder, catalog, limits)
}

/// The same, where units that were loaded before and would not differ are
/// taken over.
pub(crate) fn units_after(
    before: &BTreeMap<String, Rc<Unit>>,
    folder: &Folder,
    catalog: &Arc<Catalog>,
    limits: &Limits,
) -> (BTreeMap<String, Rc<Unit>>, Vec<Finding>) {
    let context = context(folder, catalog, limits);
    let mut units: BTreeMap<String, Rc<Unit>> = BTreeMap::new();
    let mut findings = Vec::new();
    let (mut any, mut all) = (false, true);
    for (file, text) in scripts(folder) {
        any = true;
        let same = before.values().find(|it| it.is_of(file, text, &context));
        let (unit, found) = if let Some(unit) = same {
            (Some(Rc::clone(unit)), Vec::new())
        } else {
            let _in_hand = progress::begin(file);
            let (unit, found) = Unit::load(file, text, &context);
            (unit.map(Rc::new), found)
        };
        findings.extend(found);
        let Some(unit) = unit else {
            all = false;
            continue;
        };
        let name = unit.workflow.name.clone();
        if let Some(first) = units.get(&name) {
            findings.push(twice(&unit, &first.workflow.file));
            continue;
        }
        units.insert(name, unit);
    }
    if !any {
        findings.push(nothing());
    }
    let overrides = &context.overrides;
    findings.extend(overrides.findings.iter().cloned());
    let known = known_settings(&units);
    findings.extend(overrides.strange_settings(&known));
    // A section of a file that did not load is not a mistake of its own.
    if all {
        findings.extend(overrides.strange_sections(&known));
    }
    findings.sort_by(|a, b| (&a.file, a.line, a.col).cmp(&(&b.file, b.line, b.col)));
    (units, findings)
}

fn known_settings(units: &BTreeMap<String, Rc<Unit>>) -> Known<'_> {
    let mut known = Known::new();
    for (name, unit) in units {
        let settings = unit.workflow.settings.keys();
        known.insert(name, settings.map(String::as_str).collect());
    }
    known
}

fn twice(unit: &Unit, first: &str) -> Finding {
    let workflow = &unit.workflow;
    let name = &workflow.name;
    Finding::error(
        "W026",
        &workflow.file,
        format!("流程 “{name}” 在 {first} 里已有"),
        format!("the workflow `{name}` stands in {first} already"),
    )
    .at(workflow.line, 1)
}

fn nothing() -> Finding {
    Finding::error(
        "W050",
        "",
        "文件夹里没有流程脚本(*.lua):请检查文件夹是否放对".to_owned(),
        "the folder holds no workflow script (*.lua): check that it is the right one"
            .to_owned(),
    )
}

/// The workflow that was probably meant, among those that exist.
pub(crate) fn meant<T>(name: &str, known: &BTreeMap<String, T>) -> Option<String> {
    nearest(name, known.keys().map(String::as_str))
}
