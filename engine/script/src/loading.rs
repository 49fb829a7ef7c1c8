//! Reads a folder of scripts into a program (载入), without running a case.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::finding::{Finding, nearest};
use crate::program::{Catalog, Folder, Program};
use crate::sandbox::limits::Limits;
use crate::settings::Overrides;
use crate::unit::{House, Unit};

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
    let workflows = units.into_iter().map(|(name, unit)| (name, unit.workflow)).collect();
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

/// What all files of a folder share.
pub(crate) fn house(folder: &Folder, catalog: &Arc<Catalog>, limits: &Limits) -> House {
    House {
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
) -> (BTreeMap<String, Unit>, Vec<Finding>) {
    let house = house(folder, catalog, limits);
    let mut units: BTreeMap<String, Unit> = BTreeMap::new();
    let mut findings = Vec::new();
    let mut any = false;
    for (file, text) in scripts(folder) {
        any = true;
        let (unit, found) = Unit::load(file, text, &house);
        findings.extend(found);
        let Some(unit) = unit else { continue };
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
    findings.extend(unread_settings(&house, &units, &findings));
    findings.sort_by(|a, b| (&a.file, a.line, a.col).cmp(&(&b.file, b.line, b.col)));
    (units, findings)
}

fn unread_settings(
    house: &House,
    units: &BTreeMap<String, Unit>,
    so_far: &[Finding],
) -> Vec<Finding> {
    let mut findings = house.overrides.findings.clone();
    // A section of a file that did not load is not a mistake of its own.
    if so_far.is_empty() {
        let names: Vec<&str> = units.keys().map(String::as_str).collect();
        findings.extend(house.overrides.unknown(&names));
    }
    findings
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
