//! Reads `settings.toml` (读设置文件): one section a workflow, each value with its line.

use std::collections::BTreeMap;

use domain::near::nearest;
use domain::say::Say;
use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use super::slips;
use crate::finding::Finding;
use crate::loading::SettingLine;
use crate::program::Folder;

/// The file in the folder.
pub const FILE: &str = "settings.toml";

/// One line of settings.toml.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Override {
    pub(crate) value: Json,
    pub(crate) line: u32,
    pub(crate) col: u32,
}

/// The lines for one workflow.
pub(crate) type Section = BTreeMap<String, Override>;

/// All of settings.toml.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    sections: BTreeMap<String, (Section, u32)>,
    /// What stands above the first section, and where.
    stray: Vec<(String, u32, u32)>,
    /// The workflow of each section that has its title for a name.
    titled: BTreeMap<String, String>,
    /// Why the file could not be read.
    pub(crate) findings: Vec<Finding>,
}

/// The names of the settings of every workflow.
pub(crate) type Known<'a> = BTreeMap<&'a str, Vec<&'a str>>;

impl Overrides {
    /// Reads settings.toml of a folder; without one nothing is overridden.
    pub(crate) fn read(folder: &Folder) -> Self {
        let Some(text) = folder.files.get(FILE) else { return Self::default() };
        let mut all = Self::default();
        match DeTable::parse(text) {
            Ok(table) => {
                for (name, value) in table.get_ref() {
                    let at = position(text, name.span().start);
                    all.section(text, name.get_ref(), value.get_ref(), at);
                    if let Some(meant) = workflow_called(folder, name.get_ref()) {
                        all.titled.insert(name.get_ref().to_string(), meant);
                    }
                }
            }
            Err(error) => {
                let at = position(text, error.span().map_or(0, |it| it.start));
                let meant = |name: &str| workflow_called(folder, name);
                let (Say { zh, en }, at) =
                    slips::explain(text, at, error.message(), meant);
                all.findings.push(
                    Finding::error(
                        "W056",
                        FILE,
                        format!("设置文件读不了:{zh};改好以前照旧,本文件的修改都不生效"),
                        format!(
                            "the settings cannot be read: {en}; until it is mended nothing of this file takes effect"
                        ),
                    )
                    .at(at.0, at.1),
                );
            }
        }
        all
    }

    fn section(&mut self, text: &str, name: &str, value: &DeValue<'_>, at: (u32, u32)) {
        let DeValue::Table(table) = value else {
            self.stray.push((name.to_owned(), at.0, at.1));
            return;
        };
        let mut section = Section::new();
        for (key, value) in table {
            let (line, col) = position(text, key.span().start);
            let value = json(value.get_ref());
            section.insert(key.get_ref().to_string(), Override { value, line, col });
        }
        self.sections.insert(name.to_owned(), (section, at.0));
    }

    /// The lines for one workflow.
    pub(crate) fn of(&self, workflow: &str) -> Section {
        self.sections.get(workflow).map(|section| section.0.clone()).unwrap_or_default()
    }

    /// Every line, by workflow and name.
    pub(crate) fn lines(&self) -> Vec<SettingLine> {
        let sections = self.sections.iter();
        let line = |workflow: &String, name: &String, it: &Override| SettingLine {
            workflow: workflow.clone(),
            name: name.clone(),
            value: it.value.clone(),
            line: it.line,
            col: it.col,
        };
        let lines = sections.flat_map(|(workflow, (section, _))| {
            section.iter().map(move |(name, it)| line(workflow, name, it))
        });
        lines.collect()
    }

    /// Lines that name no setting of their workflow; what is not known of is
    /// passed over.
    pub(crate) fn strange_settings(&self, known: &Known<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, (section, _)) in &self.sections {
            let Some(settings) = known.get(name.as_str()) else { continue };
            let strange = section.iter().filter(|it| !settings.contains(&it.0.as_str()));
            findings.extend(strange.map(|(key, at)| no_setting(name, key, at, known)));
        }
        findings
    }

    /// Sections that name no workflow, and lines above all of them.
    pub(crate) fn strange_sections(&self, known: &Known<'_>) -> Vec<Finding> {
        let strange = self
            .sections
            .iter()
            .filter(|section| !known.contains_key(section.0.as_str()));
        let sections = strange.map(|(name, (section, line))| {
            let titled = self.titled.get(name).map(String::as_str);
            no_workflow(name, titled, (section, *line), known)
        });
        self.stray.iter().map(|it| stray(it, known)).chain(sections).collect()
    }
}

/// The one workflow that has all of these settings.
fn owner<'k>(keys: &[&str], known: &Known<'k>) -> Option<&'k str> {
    let has_all = |settings: &Vec<&str>| keys.iter().all(|key| settings.contains(key));
    let mut owners = known.iter().filter(|(_, it)| has_all(it)).map(|it| *it.0);
    owners.next().filter(|_| owners.next().is_none() && !keys.is_empty())
}

fn stray((name, line, col): &(String, u32, u32), known: &Known<'_>) -> Finding {
    let workflow = owner(&[name], known).unwrap_or("remind");
    Finding::error(
        "W056",
        FILE,
        format!("`{name}` 应放在流程名下面:在它上面加一行 [{workflow}]"),
        format!(
            "`{name}` belongs below the name of a workflow: put a line [{workflow}] above it"
        ),
    )
    .at(*line, *col)
}

/// The workflow whose script gives it this title, in either language.
fn workflow_called(folder: &Folder, title: &str) -> Option<String> {
    let title = title.trim();
    let scripts = folder.files.iter().filter(|(file, _)| {
        file.strip_suffix(".lua").is_some_and(|head| !head.ends_with("_test"))
    });
    let mut found = scripts.filter_map(|(_, text)| {
        let (_, declared) =
            text.split_once("\nworkflow").or_else(|| text.split_once("workflow"))?;
        let (name, rest) = declared.split_once('"')?.1.split_once('"')?;
        let (_, titles) = rest.split_once("title")?;
        let titles = titles.split('}').next()?;
        titles.split('"').any(|part| part == title).then(|| name.to_owned())
    });
    found.next().filter(|_| !title.is_empty())
}

fn no_workflow(
    name: &str,
    titled: Option<&str>,
    (section, line): (&Section, u32),
    known: &Known<'_>,
) -> Finding {
    let keys: Vec<&str> = section.keys().map(String::as_str).collect();
    let titled = titled.filter(|titled| known.contains_key(titled)).map(str::to_owned);
    let meant = titled.or_else(|| nearest(name, known.keys().copied()));
    let meant = meant.or_else(|| owner(&keys, known).map(str::to_owned));
    let all: Vec<&str> = known.keys().copied().collect();
    let (zh, en) = if meant.is_some() {
        (String::new(), String::new())
    } else {
        (format!(",现有 {}", all.join("、")), format!(", there are {}", all.join(", ")))
    };
    Finding::error(
        "W004",
        FILE,
        format!("没有流程 “{name}”{zh};改好以前照旧,本文件的修改都不生效"),
        format!(
            "no workflow `{name}`{en}; until it is mended nothing of this file takes effect"
        ),
    )
    .at(line, 2)
    .suggesting(meant)
}

fn no_setting(workflow: &str, key: &str, at: &Override, known: &Known<'_>) -> Finding {
    let own = known.get(workflow).map_or(&[][..], Vec::as_slice);
    // What another workflow has is not misspelt.
    let elsewhere = owner(&[key], known);
    let meant = nearest(key, own.iter().copied()).filter(|_| elsewhere.is_none());
    let (zh, en) = match (elsewhere, &meant) {
        (Some(other), _) => (
            format!(";它是流程 {other} 的,应写在 [{other}] 下面"),
            format!("; it is one of {other} and belongs below [{other}]"),
        ),
        (None, None) if !own.is_empty() => (
            format!(";可写 {}", own.join("、")),
            format!("; there are {}", own.join(", ")),
        ),
        _ => (String::new(), String::new()),
    };
    Finding::error(
        "W013",
        FILE,
        format!("流程 {workflow} 没有设置项 `{key}`{zh}"),
        format!("the workflow {workflow} declares no setting `{key}`{en}"),
    )
    .at(at.line, at.col)
    .suggesting(meant)
}

fn json(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Integer(n) => {
            let digits = n.as_str().replace('_', "");
            let number = i64::from_str_radix(&digits, n.radix());
            number.map_or_else(|_| Json::from(digits), Json::from)
        }
        DeValue::Float(n) => Json::from(n.as_str()),
        DeValue::Boolean(yes) => Json::from(*yes),
        DeValue::Datetime(day) => Json::from(day.to_string()),
        DeValue::Array(_) => Json::Array(Vec::new()),
        DeValue::Table(_) => Json::Object(serde_json::Map::new()),
    }
}

/// Line and column, from 1, of a byte of a text.
fn position(text: &str, byte: usize) -> (u32, u32) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let col = before.rsplit('\n').next().map_or(0, |it| it.chars().count()) + 1;
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (small(line), small(col))
}
