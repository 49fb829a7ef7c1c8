//! What an administrator has set for a plugin (插件设置), checked against its manifest.

use std::collections::BTreeMap;

use domain::manifest::{ArgKind, Manifest, Setting};
use domain::near::{nearest, perhaps};
use domain::say::Say;
use serde_json::{Map, Value};
use thiserror::Error;

/// The settings of one plugin: what `qingshou.toml` says, and the manifest's
/// defaults for the rest.
#[derive(Clone, Debug)]
pub struct Settings {
    values: BTreeMap<&'static str, Value>,
}

/// Why the settings of a plugin cannot be used.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SettingsError {
    /// The manifest has no such setting.
    #[error("{}", no_such(plugin, name, suggestion.as_deref()))]
    Unknown {
        /// The plugin.
        plugin: &'static str,
        /// The key as written, tables joined by dots.
        name: String,
        /// The known key that looks most like it.
        suggestion: Option<String>,
    },
    /// The value has another type than the manifest says.
    #[error(
        "`plugins.{plugin}.{name}`:应为{} · `plugins.{plugin}.{name}`: should be {}",
        expected.0, expected.1
    )]
    WrongType {
        /// The plugin.
        plugin: &'static str,
        /// The setting.
        name: &'static str,
        /// What may be set, in Chinese and English.
        expected: (String, String),
    },
    /// The value has the right type and is still of no use.
    #[error("{}", of_no_use(plugin, name, reason))]
    Unusable {
        /// The plugin.
        plugin: &'static str,
        /// The setting.
        name: String,
        /// What is wrong and what to do: `中文 · English`.
        reason: String,
    },
}

fn no_such(plugin: &str, name: &str, suggestion: Option<&str>) -> String {
    let Say { zh, en } = perhaps(suggestion);
    format!(
        "`plugins.{plugin}.{name}`:没有这个设置{zh} · \
         `plugins.{plugin}.{name}`: there is no such setting{en}"
    )
}

fn of_no_use(plugin: &str, name: &str, reason: &str) -> String {
    let (zh, en) = reason.split_once(" · ").unwrap_or((reason, reason));
    format!("`plugins.{plugin}.{name}`:{zh} · `plugins.{plugin}.{name}`: {en}")
}

impl Settings {
    /// Reads what was set below `[plugins.NAME]`. A table below it is read as
    /// dotted names: `[plugins.remind.sms]` `url` is the setting `sms.url`.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] for a key that the manifest does not know, with the
    /// key that looks most like it, and for a value of the wrong type.
    pub fn read(
        manifest: &'static Manifest,
        given: &Map<String, Value>,
    ) -> Result<Self, SettingsError> {
        let mut values = manifest
            .settings
            .iter()
            .map(|setting| (setting.name, default_of(setting)))
            .collect::<BTreeMap<_, _>>();
        let mut flat = Vec::new();
        flatten("", given, &mut flat);
        for (name, value) in flat {
            let Some(setting) =
                manifest.settings.iter().find(|setting| setting.name == name)
            else {
                return Err(unknown(manifest, name));
            };
            if !fits(setting.kind, value) {
                return Err(SettingsError::WrongType {
                    plugin: manifest.name,
                    name: setting.name,
                    expected: expected(setting.kind),
                });
            }
            values.insert(setting.name, value.clone());
        }
        Ok(Self { values })
    }

    /// A setting that is text; empty for a name that is not text.
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A setting that is a whole number; zero for a name that is none.
    pub fn count(&self, name: &str) -> i64 {
        self.values.get(name).and_then(Value::as_i64).unwrap_or_default()
    }
}

fn default_of(setting: &Setting) -> Value {
    // The simple TOML values of a manifest are JSON as well.
    serde_json::from_str(setting.default).unwrap_or(Value::Null)
}

fn flatten<'a>(
    above: &str,
    table: &'a Map<String, Value>,
    into: &mut Vec<(String, &'a Value)>,
) {
    for (key, value) in table {
        let name = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Object(below) => flatten(&name, below, into),
            _ => into.push((name, value)),
        }
    }
}

fn unknown(manifest: &'static Manifest, name: String) -> SettingsError {
    let suggestion = nearest(&name, manifest.settings.iter().map(|setting| setting.name));
    SettingsError::Unknown { plugin: manifest.name, name, suggestion }
}

fn fits(kind: ArgKind, value: &Value) -> bool {
    match kind {
        ArgKind::Bool => value.is_boolean(),
        ArgKind::Count | ArgKind::Fen | ArgKind::PerMille => {
            value.as_i64().is_some_and(|it| 0 <= it)
        }
        ArgKind::Date => {
            value.as_str().is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok())
        }
        ArgKind::Choice(words) => {
            value.as_str().is_some_and(|text| words.contains(&text))
        }
        ArgKind::Text
        | ArgKind::Title
        | ArgKind::Template
        | ArgKind::Party
        | ArgKind::Staff
        | ArgKind::Assignee
        | ArgKind::Workflow => value.is_string(),
    }
}

fn expected(kind: ArgKind) -> (String, String) {
    let (zh, en) = match kind {
        ArgKind::Bool => ("true 或 false", "true or false"),
        ArgKind::Count => ("不小于 0 的整数", "a whole number, 0 or more"),
        ArgKind::Fen => ("金额(整数,单位:分)", "an amount (whole number, in fen)"),
        ArgKind::PerMille => ("千分比(整数)", "a share of a thousand (whole number)"),
        ArgKind::Date => ("日期(如 \"2026-11-23\")", "a date (as \"2026-11-23\")"),
        ArgKind::Choice(words) => {
            let (zh, en) = (words.join("、"), words.join(", "));
            return (format!("{zh} 之一"), format!("one of {en}"));
        }
        _ => ("文字(加引号)", "text (in quotes)"),
    };
    (zh.to_owned(), en.to_owned())
}

#[cfg(test)]
mod tests {
    use domain::manifest::text;
    use serde_json::json;

    use super::*;

    static MANIFEST: Manifest = Manifest {
        name: "remind",
        title: text("提醒", "Reminders"),
        verbs: &[],
        events: &[],
        entries: &[],
        work: None,
        settings: &[
            Setting {
                name: "sms.gateway",
                kind: ArgKind::Choice(&["spool", "http"]),
                default: "\"spool\"",
                doc: text("", ""),
            },
            Setting {
                name: "sms.timeout_s",
                kind: ArgKind::Count,
                default: "10",
                doc: text("", ""),
            },
        ],
    };

    fn read(given: &Value) -> Result<Settings, SettingsError> {
        Settings::read(&MANIFEST, given.as_object().unwrap())
    }

    #[test]
    fn defaults_stand_until_something_is_set() {
        let settings = read(&json!({ "sms": { "timeout_s": 3 } })).unwrap();
        assert_eq!(settings.text("sms.gateway"), "spool");
        assert_eq!(settings.count("sms.timeout_s"), 3);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let error = read(&json!({ "sms": { "timeout": 3 } })).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`plugins.remind.sms.timeout`:没有这个设置(是否应为 `sms.timeout_s`?) · \
             `plugins.remind.sms.timeout`: there is no such setting (did you mean `sms.timeout_s`?)"
        );
        let error = read(&json!({ "colour": "red" })).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`plugins.remind.colour`:没有这个设置 · \
             `plugins.remind.colour`: there is no such setting"
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        for given in [
            json!({ "sms": { "timeout_s": "3" } }),
            json!({ "sms": { "timeout_s": -1 } }),
            json!({ "sms": { "gateway": "pigeon" } }),
        ] {
            let error = read(&given).unwrap_err();
            assert!(matches!(error, SettingsError::WrongType { .. }), "{given}: {error}");
        }
    }
}
