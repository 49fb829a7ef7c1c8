//! What a cooperative may change without touching a script (设置项): `settings.toml`.
//!
//! ```toml
//! [remind]
//! first_wait = "5 workdays"
//! ```

use std::collections::BTreeMap;

use domain::money::Fen;
use jiff::civil::Date;
use mlua::{IntoLua, Lua, Value};
use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use crate::api::time::{Day, Span, as_day, as_span};
use crate::api::values::{text, whole};
use crate::finding::{Finding, nearest};
use crate::program::{Folder, SettingValue};

/// The file in the folder.
pub(crate) const FILE: &str = "settings.toml";

/// A setting as a script declares and reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    Span(Span),
    Number(i64),
    Text(String),
    Bool(bool),
    Day(Date),
}

/// One line of settings.toml.
#[derive(Clone, Debug)]
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
    /// Why the file could not be read.
    pub(crate) findings: Vec<Finding>,
}

impl Setting {
    /// The default that a script wrote.
    pub(crate) fn declared(value: &Value) -> Option<Self> {
        if let Value::Boolean(yes) = value {
            return Some(Self::Bool(*yes));
        }
        as_span(value)
            .map(Self::Span)
            .or_else(|| as_day(value).map(Self::Day))
            .or_else(|| whole(value).map(Self::Number))
            .or_else(|| text(value).map(Self::Text))
    }

    /// The same kind of setting, read from settings.toml.
    fn overridden(&self, value: &Json) -> Option<Self> {
        match (self, value) {
            (Self::Span(was), Json::String(text)) => Span::parse(text)
                .filter(|it| was.rule().is_err() || it.rule().is_ok())
                .map(Self::Span),
            (Self::Number(_), Json::Number(n)) => n.as_i64().map(Self::Number),
            (Self::Number(_), Json::String(text)) => {
                yuan(text).map(|it| Self::Number(it.0))
            }
            (Self::Text(_), Json::String(text)) => Some(Self::Text(text.clone())),
            (Self::Bool(_), Json::Bool(yes)) => Some(Self::Bool(*yes)),
            (Self::Day(_), Json::String(text)) => text.parse().ok().map(Self::Day),
            _ => None,
        }
    }

    /// In settings.toml notation.
    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Span(span) => span.text().into(),
            Self::Number(n) => (*n).into(),
            Self::Text(text) => text.clone().into(),
            Self::Bool(yes) => (*yes).into(),
            Self::Day(day) => day.to_string().into(),
        }
    }

    /// As `setting.NAME` gives it.
    pub(crate) fn lua(&self, lua: &Lua) -> mlua::Result<Value> {
        match self {
            Self::Span(span) => lua.create_userdata(*span).map(Value::UserData),
            Self::Number(n) => n.into_lua(lua),
            Self::Text(text) => text.as_str().into_lua(lua),
            Self::Bool(yes) => yes.into_lua(lua),
            Self::Day(day) => lua.create_userdata(Day(*day)).map(Value::UserData),
        }
    }

    fn example(&self) -> &'static str {
        match self {
            Self::Span(_) => "\"5 workdays\"",
            Self::Number(_) => "30 或 \"500 yuan\"",
            Self::Text(_) => "\"…\"",
            Self::Bool(_) => "true",
            Self::Day(_) => "\"2026-11-23\"",
        }
    }
}

/// `500 yuan` or `500 元`.
fn yuan(text: &str) -> Option<Fen> {
    let amount = text.strip_suffix("yuan").or_else(|| text.strip_suffix('元'))?;
    Fen::from_yuan(amount.trim()).ok()
}

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
                }
            }
            Err(error) => {
                let at = position(text, error.span().map_or(0, |it| it.start));
                let why = error.message();
                all.findings.push(
                    Finding::error(
                        "W056",
                        FILE,
                        format!("设置文件读不了:{why}"),
                        format!("the settings cannot be read: {why}"),
                    )
                    .at(at.0, at.1),
                );
            }
        }
        all
    }

    fn section(&mut self, text: &str, name: &str, value: &DeValue<'_>, at: (u32, u32)) {
        let DeValue::Table(table) = value else {
            let finding = Finding::error(
                "W056",
                FILE,
                format!("`{name}` 应放在流程名下面,例如 [remind]"),
                format!("`{name}` belongs below the name of a workflow, as [remind]"),
            );
            self.findings.push(finding.at(at.0, at.1));
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
        self.sections.get(workflow).map(|it| it.0.clone()).unwrap_or_default()
    }

    /// Sections that name no workflow.
    pub(crate) fn unknown(&self, workflows: &[&str]) -> Vec<Finding> {
        let strange =
            self.sections.iter().filter(|it| !workflows.contains(&it.0.as_str()));
        let finding = |(name, (_, line)): (&String, &(Section, u32))| {
            Finding::error(
                "W004",
                FILE,
                format!("没有流程 “{name}”"),
                format!("no workflow `{name}`"),
            )
            .at(*line, 2)
            .suggesting(nearest(name, workflows.iter().copied()))
        };
        strange.map(finding).collect()
    }
}

/// The settings in force of one workflow, and what is wrong with its section.
pub(crate) fn in_force(
    declared: BTreeMap<String, Setting>,
    section: &Section,
) -> (BTreeMap<String, (SettingValue, Setting)>, Vec<Finding>) {
    let mut findings = Vec::new();
    for (name, over) in section {
        if declared.contains_key(name) {
            continue;
        }
        let finding = Finding::error(
            "W013",
            FILE,
            format!("脚本没有设置项 `{name}`"),
            format!("the workflow declares no setting `{name}`"),
        );
        let meant = nearest(name, declared.keys().map(String::as_str));
        findings.push(finding.at(over.line, over.col).suggesting(meant));
    }
    let mut settings = BTreeMap::new();
    for (name, default) in declared {
        let value = match section.get(&name) {
            None => default.clone(),
            Some(over) => default.overridden(&over.value).unwrap_or_else(|| {
                findings.push(mistyped(&name, &default, over));
                default.clone()
            }),
        };
        let shown = SettingValue { default: default.json(), value: value.json() };
        settings.insert(name, (shown, value));
    }
    (settings, findings)
}

fn mistyped(name: &str, default: &Setting, over: &Override) -> Finding {
    let (got, example) = (&over.value, default.example());
    Finding::error(
        "W009",
        FILE,
        format!("设置项 `{name}` 的值 {got} 不对:应写成 {example}"),
        format!(
            "the value {got} of `{name}` is of the wrong kind: write it as {example}"
        ),
    )
    .at(over.line, over.col)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::time::Unit;

    fn three_workdays() -> BTreeMap<String, Setting> {
        let wait = Setting::Span(Span { count: 3, unit: Unit::Workdays });
        let limit = Setting::Number(50_000);
        BTreeMap::from([("first_wait".to_owned(), wait), ("limit".to_owned(), limit)])
    }

    fn tried(toml: &str) -> (Json, Json, Vec<String>) {
        let mut folder = Folder::default();
        folder.files.insert(FILE.to_owned(), toml.to_owned());
        let overrides = Overrides::read(&folder);
        let (settings, mut findings) =
            in_force(three_workdays(), &overrides.of("remind"));
        findings.splice(0..0, overrides.findings.clone());
        findings.extend(overrides.unknown(&["remind"]));
        let shown =
            findings.iter().map(|it| it.render(crate::finding::Lang::En)).collect();
        let value = |name: &str| settings[name].0.value.clone();
        (value("first_wait"), value("limit"), shown)
    }

    #[test]
    fn a_setting_is_overridden_by_a_value_of_its_own_kind_only() {
        let texts = [
            ("[remind]\nfirst_wait = \"5 workdays\"", "5 workdays", 50_000, ""),
            ("[remind]\nfirst_wait = \"1 day\"\nlimit = 7", "1 days", 7, ""),
            ("[remind]\nlimit = \"99.5 yuan\"", "3 workdays", 9950, ""),
            ("[remind]\nlimit = \"99.5 元\"", "3 workdays", 9950, ""),
            (
                "[remind]\nfirst_wait = 5",
                "3 workdays",
                50_000,
                "error[W009] settings.toml:2:1",
            ),
            ("[remind]\nfirst_wait = \"-5 days\"", "3 workdays", 50_000, "error[W009]"),
            (
                "[remind]\n\n frist_wait = \"5 days\"",
                "3 workdays",
                50_000,
                "error[W013] settings.toml:3:2",
            ),
            (
                "[remnid]\nfirst_wait = \"5 days\"",
                "3 workdays",
                50_000,
                "error[W004] settings.toml:1:2",
            ),
            (
                "first_wait = \"5 days\"",
                "3 workdays",
                50_000,
                "error[W056] settings.toml:1:1",
            ),
            (
                "[remind]\nfirst_wait = ",
                "3 workdays",
                50_000,
                "error[W056] settings.toml:2:",
            ),
        ];
        for (toml, wait, limit, finding) in texts {
            let (got_wait, got_limit, findings) = tried(toml);
            assert_eq!(got_wait, Json::from(wait), "{toml}");
            assert_eq!(got_limit, Json::from(limit), "{toml}");
            assert_eq!(findings.len(), usize::from(!finding.is_empty()), "{findings:?}");
            assert!(findings.iter().all(|it| it.starts_with(finding)), "{findings:?}");
        }
        let (.., findings) = tried("[remind]\nfrist_wait = \"5 days\"");
        assert!(findings[0].ends_with("(did you mean `first_wait`?)"), "{findings:?}");
    }
}
