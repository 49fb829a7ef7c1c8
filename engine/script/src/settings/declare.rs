//! `settings = { first_wait = 3 * workdays }` (声明设置项): the default, and how far
//! it may be changed.

use domain::say::Say;
use mlua::Value;

use super::{Declaration, Setting, is_less, is_more, range, unit_names};
use crate::api::declare::{no_key, title, wrong_kind};
use crate::api::keys;
use crate::api::values::{text, whole};
use crate::fault::Fault;
use crate::program::{SettingKind, SettingUnit};

/// What a script declares under one name: a value alone, or a table with the
/// default first and its bounds.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub(crate) fn declared(name: &str, value: &Value) -> Result<Declaration, Fault> {
    let Value::Table(table) = value else {
        return default(name, value).map(Declaration::plain);
    };
    let at = format!("settings.{name}");
    let first: Value = table.raw_get(1).unwrap_or(Value::Nil);
    let mut declaration = Declaration::plain(default(name, &first)?);
    let mut bounds: Vec<(String, Value)> = Vec::new();
    for pair in table.pairs::<Value, Value>().take(20) {
        let (key, value) =
            pair.map_err(|error| Fault::new("表读不了", error.to_string()))?;
        let Some(key) = text(&key) else {
            if whole(&key) == Some(1) {
                continue;
            }
            return Err(one_default(&at));
        };
        bounds.push((key, value));
    }
    misplaced_default(&at, &first, &bounds)?;
    for (key, value) in &bounds {
        declaration.read(&at, key, value)?;
    }
    declaration.sound(name, &at)?;
    Ok(declaration)
}

fn default(name: &str, value: &Value) -> Result<Setting, Fault> {
    Setting::written(value).ok_or_else(|| {
        let (zh, en) = (
            "时长、整数、金额、日期、文字或 true/false",
            "a span, whole number, amount, date, text or boolean",
        );
        wrong_kind("settings", name, zh, en, value)
    })
}

/// Where both bounds are of one kind and the default is of another, it is the default
/// that is written wrongly.
fn misplaced_default(
    at: &str,
    first: &Value,
    bounds: &[(String, Value)],
) -> Result<(), Fault> {
    let of = |name: &str| {
        let found = bounds.iter().find(|bound| bound.0 == name);
        found.and_then(|it| Setting::written(&it.1))
    };
    let (Some(default), Some(min), Some(max)) =
        (Setting::written(first), of("min"), of("max"))
    else {
        return Ok(());
    };
    if min.kind() != max.kind() || default.kind() == min.kind() {
        return Ok(());
    }
    let name = at.trim_start_matches("settings.");
    let (default, min) = (said(&default), said(&min));
    Err(Fault::new(
        format!(
            "设置项 `{name}` 的默认值 {default} 和它的 min、max 不是一类:min 是 {min},\
             默认值也应这样写,不带别的单位"
        ),
        format!(
            "the default of `{name}`, {default}, is of another kind than its min and max: min \
             is {min}, and the default is written like it"
        ),
    )
    .code("W009"))
}

/// A value as scripts have it.
fn said(setting: &Setting) -> String {
    match setting {
        Setting::Span(span) => span.text().replacen(' ', " * ", 1),
        Setting::Text(text) => format!("\"{text}\""),
        other => other.json().to_string(),
    }
}

fn one_default(at: &str) -> Fault {
    Fault::new(
        format!("{at} 只有第一项没有名字,它是默认值:{{ 3 * days, min = 1 * days }}"),
        format!(
            "only the first item of {at} has no name, the default: {{ 3 * days, min = 1 * days }}"
        ),
    )
    .code("W031")
}

impl Declaration {
    fn read(&mut self, at: &str, key: &str, value: &Value) -> Result<(), Fault> {
        match key {
            "min" => match self.other(value) {
                Some(name) => self.not_below = Some(name),
                None => self.min = Some(self.bound(at, key, value)?),
            },
            "max" => match self.other(value) {
                Some(name) => self.not_above = Some(name),
                None => self.max = Some(self.bound(at, key, value)?),
            },
            "unit" => {
                let unit = text(value).and_then(|text| SettingUnit::named(&text));
                let unit = unit.filter(|unit| match self.default.kind() {
                    SettingKind::Span => unit.of_time().is_some(),
                    SettingKind::Number => true,
                    _ => false,
                });
                let names = unit_names().join("、");
                self.unit = Some(unit.ok_or_else(|| {
                    let zh = format!("单位,可写 {names}");
                    let en = format!("a unit, one of {}", unit_names().join(", "));
                    wrong_kind(at, key, &zh, &en, value)
                })?);
            }
            "title" => {
                let (zh, en) = ("标题 { zh = …, en = … }", "a title { zh = …, en = … }");
                let title = title(value);
                self.title = title.ok_or_else(|| wrong_kind(at, key, zh, en, value))?;
            }
            other => return Err(no_key(at, other, keys::names(&keys::SETTING))),
        }
        Ok(())
    }

    /// The name of the setting that is a bound: `min = "visit_within"`.
    fn other(&self, value: &Value) -> Option<String> {
        let has_order = !matches!(self.default, Setting::Text(_) | Setting::Bool(_));
        let is_name = |it: &String| {
            let starts = it.starts_with(|it: char| it.is_alphabetic() || it == '_');
            starts && it.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        text(value).filter(|text| has_order && is_name(text))
    }

    /// A bound is of the kind of the default; a text and a yes or no have none.
    fn bound(&self, at: &str, key: &str, value: &Value) -> Result<Setting, Fault> {
        let has_order = !matches!(self.default, Setting::Text(_) | Setting::Bool(_));
        let bound = Setting::written(value);
        bound.clone().filter(|bound| has_order && bound.kind() == self.default.kind()).ok_or_else(
            || {
                // The name of the setting comes first: that is where it is looked for.
                let name = at.trim_start_matches("settings.");
                let got = bound.as_ref().map_or_else(String::new, said);
                let default = said(&self.default);
                Fault::new(
                    format!(
                        "`{name}` 的 {key} 应和它的默认值 {default} 是同一类,而不是 {got}"
                    ),
                    format!(
                        "{key} of `{name}` must be of the kind of its default, {default}, not \
                         {got}"
                    ),
                )
                .code("W009")
            },
        )
    }

    /// The default fits its own range and unit.
    fn sound(&self, name: &str, at: &str) -> Result<(), Fault> {
        let unit = match &self.default {
            Setting::Span(span) => {
                self.unit.is_none_or(|unit| unit.of_time() == Some(span.unit))
            }
            _ => true,
        };
        let empty = match (&self.min, &self.max) {
            (Some(min), Some(max)) => is_less(max, min) || is_more(min, max),
            _ => false,
        };
        if unit && !empty && self.contains(&self.default) {
            return Ok(());
        }
        let Say { zh, en } = range(&self.shown(&self.default));
        Err(Fault::new(
            format!("{at} 的默认值不在它自己的范围里,或单位不同:`{name}` {zh};改默认值,或改 min 和 max"),
            format!("the default of `{name}` lies outside its own range or unit ({en}): change it, or min and max"),
        )
        .code("W057"))
    }
}
