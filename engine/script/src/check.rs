//! Finds faults in a folder of scripts before anything runs (检查).
//!
//! Everything is read from the texts themselves, so that a folder that does
//! not even load shows all its faults at once and not only the first.

pub mod codes;

mod assign;
mod at_load;
mod calls;
mod compare;
mod convert;
mod draft;
mod fields;
mod files;
pub(crate) mod flow;
pub(crate) mod globals;
pub(crate) mod model;
mod lanes;
mod names;
mod operands;
mod overlap;
pub(crate) mod parse;
mod paths;
mod prose;
mod punctuation;
pub(crate) mod report;
mod returns;
mod rounds;
mod scenes;
mod slips;
mod tables;
pub(crate) mod tree;
mod types;
mod waits;
mod words;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use codes::{CODES, Code, explain};
pub use flow::{Edge, EdgeKind, Flow, Flows, flow};
pub use parse::bare;

use crate::finding::{Finding, Severity};
use crate::loading;
use crate::program::{Catalog, Folder, Program};
use crate::progress;
use model::Model;
use parse::Parsed;
use report::Report;

/// Everything that is wrong in a folder, by file and line.
///
/// `program` is what loading registered, as far as it got; names that only
/// running the files can tell are taken from it. A folder with a finding of
/// weight [`Severity::Error`] must not go live. Settings files are checked by
/// the loader.
pub fn check(folder: &Folder, catalog: &Catalog, program: &Program) -> Vec<Finding> {
    parse::with_room(|| all(folder, catalog, program)).unwrap_or_else(|| {
        let zh = "检查程序在这个文件夹上出错,请把文件夹发给维护人员".to_owned();
        let en = "the check itself failed on this folder; please report it".to_owned();
        vec![Finding::error(codes::SYNTAX, "", zh, en)]
    })
}

/// The findings of loading and of the check as one list.
///
/// Both see much of the same; what the check tells of a line, or of the
/// grammar of a file, need not be said twice.
pub fn merged(loaded: Vec<Finding>, checked: Vec<Finding>) -> Vec<Finding> {
    const GRAMMAR: &[&str] =
        &[codes::SYNTAX, codes::FULL_WIDTH, codes::TOO_DEEP, codes::FOREIGN, codes::UNIT];
    let said = |it: &Finding| {
        checked.iter().filter(|other| other.file == it.file).any(|other| {
            let same = other.code == it.code && (other.line == it.line || it.line == 0);
            let grammar = it.code == codes::SYNTAX && GRAMMAR.contains(&other.code);
            // A name of another language fails in its line when it is run.
            let run = other.line == it.line && other.severity == Severity::Error;
            same || grammar || (run && it.code != codes::LIMIT)
        })
    };
    let mut all: Vec<Finding> = loaded.into_iter().filter(|it| !said(it)).collect();
    all.extend(checked);
    all.sort_by(|a, b| {
        (&a.file, a.line, a.col, a.code).cmp(&(&b.file, b.line, b.col, b.code))
    });
    all
}

/// Some finding forbids going live.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

fn all(folder: &Folder, catalog: &Catalog, program: &Program) -> Vec<Finding> {
    let mut report = Report::default();
    let mut parsed: Vec<Parsed> = vec![];
    for (file, text) in loading::scripts(folder) {
        let _in_hand = progress::begin(file);
        parsed.push(parse::parse(file, text));
    }
    let read = |(file, text)| {
        let _in_hand = progress::begin(file);
        parse::parse(file, text)
    };
    let tests: Vec<Parsed> = loading::tests(folder).map(read).collect();
    let model = Model::new(folder, catalog, program, &parsed);
    files::check(&model, &mut report);
    for script in model.scripts.iter().filter(|script| script.sound) {
        let _in_hand = progress::begin(script.file);
        tables::check(&model, script, &mut report);
        paths::check(&model, script, &mut report);
        compare::settings(&model, script, &mut report);
        if let Some(used) = names::walk(&model, script, &mut report) {
            files::unused_settings(script, &used, &mut report);
        }
    }
    lanes::check(&model, &mut report);
    overlap::check(&model, &mut report);
    rounds::check(&model, &mut report);
    for test in tests.iter().filter(|test| test.sound) {
        let _in_hand = progress::begin(&test.file);
        scenes::check(&model, test, &mut report);
    }
    let mut findings = report.finish(|file| {
        let text = folder.files.get(file)?;
        let read = parsed.iter().chain(&tests).find(|it| it.file == file);
        Some((text.as_str(), read.and_then(|it| it.draft.as_ref())))
    });
    let grammar = parsed.iter().chain(&tests).flat_map(|it| it.findings.iter().cloned());
    findings.extend(grammar);
    report::sort(&mut findings);
    findings
}
