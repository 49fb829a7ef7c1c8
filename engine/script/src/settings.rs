//! What a cooperative may change without touching a script (设置项): `settings.toml`.
//!
//! ```toml
//! [remind]
//! first_wait = "5 workdays"
//! ```
//!
//! A script declares each setting with its default, and may bound it:
//! `first_wait = { 3 * workdays, max = 10 * workdays, title = { … } }`.

use std::collections::BTreeMap;

use domain::money::Fen;
use domain::say::Say;
use jiff::civil::Date;
use mlua::{IntoLua, Lua, Value};
use serde_json::Value as Json;

use crate::api::time::{Day, Span, Unit, as_day, as_span};
use crate::api::values::{text, whole};
use crate::fault::Fault;
use crate::finding::Finding;
use crate::program::{SettingKind, SettingUnit, SettingValue};

mod declare;
mod read;
mod related;
mod slips;
mod units;
#[cfg(test)]
mod tests;

pub(crate) use declare::declared;
pub use read::FILE;
pub(crate) use read::{Known, Override, Overrides, Section};
pub(crate) use related::faults as unrelated;
pub(crate) use units::names as unit_names;

/// A setting as a script reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    Span(Span),
    Number(i64),
    Text(String),
    Bool(bool),
    Day(Date),
}

/// What a script declares of one setting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Declaration {
    pub(crate) default: Setting,
    pub(crate) min: Option<Setting>,
    pub(crate) max: Option<Setting>,
    /// The settings of its workflow that it may not be below, and not above.
    pub(crate) not_below: Option<String>,
    pub(crate) not_above: Option<String>,
    pub(crate) unit: Option<SettingUnit>,
    /// Chinese and English; empty when not given.
    pub(crate) title: (String, String),
}

/// Why a value cannot be that of a setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Refusal {
    /// It is of another kind, or lacks its unit.
    Kind,
    /// It is a span in a unit that the setting does not take.
    Unit,
    /// A wait of nothing, or of less.
    NoWait,
    /// It lies outside the declared range.
    Range,
}

impl Setting {
    /// The value that a script or a test wrote.
    pub(crate) fn written(value: &Value) -> Option<Self> {
        if let Value::Boolean(yes) = value {
            return Some(Self::Bool(*yes));
        }
        as_span(value)
            .map(Self::Span)
            .or_else(|| as_day(value).map(Self::Day))
            .or_else(|| whole(value).map(Self::Number))
            .or_else(|| text(value).map(Self::Text))
    }

    /// In settings.toml notation, but an amount in fen.
    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Span(span) => span.text().into(),
            Self::Number(n) => (*n).into(),
            Self::Text(text) => text.clone().into(),
            Self::Bool(yes) => (*yes).into(),
            Self::Day(day) => day.to_string().into(),
        }
    }

    /// The value behind [`Setting::json`].
    pub(crate) fn of(kind: SettingKind, value: &Json) -> Option<Self> {
        match (kind, value) {
            (SettingKind::Span, Json::String(text)) => span(text).map(Self::Span),
            (SettingKind::Number, Json::Number(n)) => n.as_i64().map(Self::Number),
            (SettingKind::Text, Json::String(text)) => Some(Self::Text(text.clone())),
            (SettingKind::Bool, Json::Bool(yes)) => Some(Self::Bool(*yes)),
            (SettingKind::Date, Json::String(text)) => text.parse().ok().map(Self::Day),
            _ => None,
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

    pub(crate) fn kind(&self) -> SettingKind {
        match self {
            Self::Span(_) => SettingKind::Span,
            Self::Number(_) => SettingKind::Number,
            Self::Text(_) => SettingKind::Text,
            Self::Bool(_) => SettingKind::Bool,
            Self::Day(_) => SettingKind::Date,
        }
    }
}

/// `3 workdays` in any of the ways in which it is written.
fn span(text: &str) -> Option<Span> {
    let (count, unit) = units::quantity(text)?;
    Some(Span { count: count.parse().ok()?, unit: unit.of_time()? })
}

impl Declaration {
    /// A setting of which nothing but the default is said.
    fn plain(default: Setting) -> Self {
        Self {
            default,
            min: None,
            max: None,
            not_below: None,
            not_above: None,
            unit: None,
            title: (String::new(), String::new()),
        }
    }

    /// What the program keeps of a declaration, read back.
    pub(crate) fn of(kept: &SettingValue) -> Option<Self> {
        let read = |it: &Json| Setting::of(kept.kind, it);
        Some(Self {
            default: read(&kept.default)?,
            min: kept.min.as_ref().and_then(read),
            max: kept.max.as_ref().and_then(read),
            not_below: kept.not_below.clone(),
            not_above: kept.not_above.clone(),
            unit: kept.unit,
            title: (kept.title_zh.clone(), kept.title_en.clone()),
        })
    }

    /// A value that a test sets, as a line of settings.toml has it.
    ///
    /// # Errors
    ///
    /// When settings.toml may not say so either.
    pub(crate) fn line(&self, name: &str, value: &Setting) -> Result<Json, Fault> {
        let written = notation(self.unit, value);
        match self.accept(&written) {
            Ok(_) => Ok(written),
            Err(refusal) => Err(why(name, self, &written, refusal)),
        }
    }

    /// The value that settings.toml gives, of the same kind and in the range.
    fn accept(&self, value: &Json) -> Result<Setting, Refusal> {
        let setting = self.of_kind(value).ok_or(Refusal::Kind)?;
        if let Setting::Span(span) = setting {
            if self.unit.is_some_and(|unit| unit.of_time() != Some(span.unit)) {
                return Err(Refusal::Unit);
            }
            let Setting::Span(default) = self.default else { return Err(Refusal::Kind) };
            let is_wait = default.rule().is_ok();
            if is_wait && span.rule().is_err() && self.min.is_none() {
                return Err(Refusal::NoWait);
            }
        }
        if self.contains(&setting) { Ok(setting) } else { Err(Refusal::Range) }
    }

    fn of_kind(&self, value: &Json) -> Option<Setting> {
        match (self.default.kind(), value) {
            (SettingKind::Number, Json::Number(n)) => {
                // 3000 would be thirty yuan, and nobody means that.
                let bare = self.unit == Some(SettingUnit::Yuan) && n.as_i64() != Some(0);
                n.as_i64().filter(|_| !bare).map(Setting::Number)
            }
            (SettingKind::Number, Json::String(text)) => {
                let (number, unit) = units::quantity(text)?;
                if self.unit.is_some_and(|it| it != unit) {
                    return None;
                }
                match (unit, self.unit) {
                    (SettingUnit::Yuan, _) => {
                        Fen::from_yuan(&number).ok().map(|it| Setting::Number(it.0))
                    }
                    (_, Some(_)) => number.parse().ok().map(Setting::Number),
                    // What it is a number of is not declared.
                    (_, None) => None,
                }
            }
            (kind, value) => Setting::of(kind, value),
        }
    }

    /// What was probably meant: the number that was written, with the unit of the
    /// default where it has none, where that may be set.
    fn meant(&self, got: &Json) -> Option<Setting> {
        let text = got.as_str().map_or_else(|| got.to_string(), str::to_owned);
        let (number, unit) = units::meant(&text)?;
        let same = |it: SettingUnit| unit.is_none_or(|unit| unit == it);
        let meant = match &self.default {
            Setting::Span(it) => {
                let unit = match unit {
                    Some(unit) => unit.of_time()?,
                    None => it.unit,
                };
                match number.parse() {
                    Ok(count) => Setting::Span(Span { count, unit }),
                    // A day and a half is so many hours.
                    Err(_) if unit == Unit::Days => {
                        let halves = number.strip_suffix(".5")?.parse::<i64>().ok()?;
                        let count = halves.checked_mul(24)?.checked_add(12)?;
                        Setting::Span(Span { count, unit: Unit::Hours })
                    }
                    Err(_) => return None,
                }
            }
            Setting::Number(_) if self.unit == Some(SettingUnit::Yuan) => {
                same(SettingUnit::Yuan).then_some(())?;
                Setting::Number(Fen::from_yuan(&number).ok()?.0)
            }
            Setting::Number(_) => {
                let unit = self.unit?;
                same(unit).then_some(())?;
                Setting::Number(number.parse().ok()?)
            }
            _ => return None,
        };
        self.accept(&notation(self.unit, &meant)).ok()
    }

    fn contains(&self, setting: &Setting) -> bool {
        let at_least = self.min.as_ref().is_none_or(|min| !is_less(setting, min));
        let at_most = self.max.as_ref().is_none_or(|max| !is_more(setting, max));
        at_least && at_most
    }

    /// As the program keeps it, with the value in force.
    fn shown(&self, value: &Setting) -> SettingValue {
        SettingValue {
            default: self.default.json(),
            value: value.json(),
            min: self.min.as_ref().map(Setting::json),
            max: self.max.as_ref().map(Setting::json),
            not_below: self.not_below.clone(),
            not_above: self.not_above.clone(),
            kind: self.default.kind(),
            unit: self.unit,
            title_zh: self.title.0.clone(),
            title_en: self.title.1.clone(),
        }
    }
}

fn is_less(value: &Setting, min: &Setting) -> bool {
    match (value, min) {
        (Setting::Span(a), Setting::Span(b)) if a.unit == b.unit => a.count < b.count,
        // A workday is a day at least, and five of them are a week.
        (Setting::Span(a), Setting::Span(b)) => hours(*a, 24, 1) < hours(*b, 7 * 24, 5),
        (Setting::Number(a), Setting::Number(b)) => a < b,
        (Setting::Day(a), Setting::Day(b)) => a < b,
        _ => false,
    }
}

fn is_more(value: &Setting, max: &Setting) -> bool {
    match (value, max) {
        (Setting::Span(a), Setting::Span(b)) if a.unit == b.unit => b.count < a.count,
        // Five workdays are a week.
        (Setting::Span(a), Setting::Span(b)) => {
            hours(*b, 7 * 24, 5) < hours(*a, 7 * 24, 5)
        }
        (Setting::Number(a), Setting::Number(b)) => b < a,
        (Setting::Day(a), Setting::Day(b)) => b < a,
        _ => false,
    }
}

/// The hours of a span, where so many workdays have so many hours; in fifths,
/// so that nothing is rounded.
fn hours(span: Span, of_workdays: i64, workdays: i64) -> i64 {
    let count = span.count.saturating_mul(5);
    match span.unit {
        Unit::Hours => count,
        Unit::Days => count.saturating_mul(24),
        Unit::Workdays => count.saturating_mul(of_workdays) / workdays,
    }
}

/// The settings in force of one workflow, and what is wrong with its section.
/// A value that cannot be leaves the default.
pub(crate) fn in_force(
    declared: BTreeMap<String, Declaration>,
    section: &Section,
) -> (BTreeMap<String, (SettingValue, Setting)>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut settings = BTreeMap::new();
    let related = related::all(&declared);
    for (name, declaration) in declared {
        let value = match section.get(&name) {
            None => declaration.default.clone(),
            Some(over) => declaration.accept(&over.value).unwrap_or_else(|refusal| {
                findings.push(refused(&name, &declaration, over, refusal));
                declaration.default.clone()
            }),
        };
        let shown = declaration.shown(&value);
        settings.insert(name, (shown, value));
    }
    findings.extend(related::keep(&related, section, &mut settings));
    (settings, findings)
}

fn refused(
    name: &str,
    declaration: &Declaration,
    over: &Override,
    refusal: Refusal,
) -> Finding {
    let Fault { code, say: Say { zh, en }, .. } =
        why(name, declaration, &over.value, refusal);
    let zh = format!("{zh};改好以前照旧,本文件的修改都不生效");
    let en = format!("{en}; until it is mended nothing of this file takes effect");
    Finding::error(code, FILE, zh, en).at(over.line, over.col)
}

/// Why a value cannot be that of a setting.
fn why(name: &str, declaration: &Declaration, got: &Json, refusal: Refusal) -> Fault {
    let shown = declaration.shown(&declaration.default);
    let Say { zh: zh_name, en: en_name } = named(name, &shown);
    let Say { zh: zh_example, en: en_example } = examples(name, declaration, got);
    let Say { zh: zh_range, en: en_range } = range(&shown);
    let (code, zh, en) = match refusal {
        Refusal::Kind => (
            "W009",
            format!("{zh_name} 的值 {got} 不对:{zh_example};{zh_range}"),
            format!(
                "the value {got} of {en_name} is of the wrong kind: {en_example}; {en_range}"
            ),
        ),
        Refusal::Unit => {
            let Say { zh: zh_unit, en: en_unit } = shown.kind_words();
            (
                "W009",
                format!("{zh_name} 的值 {got} 单位不对:只能用{zh_unit},{zh_range}"),
                format!(
                    "the value {got} of {en_name} has the wrong unit: only {en_unit}; {en_range}"
                ),
            )
        }
        Refusal::NoWait => (
            "W009",
            format!("{zh_name} 的值 {got} 不行:至少等 1,最长十年;{zh_range}"),
            format!(
                "{en_name} cannot be {got}: at least 1, at most ten years; {en_range}"
            ),
        ),
        Refusal::Range => (
            "W057",
            format!("{zh_name} 的值 {got} 超出范围:{zh_range}"),
            format!("the value {got} of {en_name} is out of its range: {en_range}"),
        ),
    };
    Fault::new(zh, en).code(code)
}

/// A setting by its name and title, Chinese and English.
fn named(name: &str, shown: &SettingValue) -> Say {
    let with = |title: &str, open: &str, close: &str| match title {
        "" => format!("`{name}`"),
        title => format!("`{name}`{open}{title}{close}"),
    };
    Say::new(
        format!("设置项 {}", with(&shown.title_zh, "(", ")")),
        with(&shown.title_en, " (", ")"),
    )
}

/// What may be set and what holds when nothing is, Chinese and English:
/// `1 天到 30 天,默认 2 天`.
pub(crate) fn range(setting: &SettingValue) -> Say {
    let shown = |it: &Option<Json>, other: &Option<String>| match (it, other) {
        (Some(it), _) => Some(setting.shown(it)),
        (None, Some(other)) => Some(Say::new(format!("`{other}`"), format!("`{other}`"))),
        (None, None) => None,
    };
    let Say { zh: zh_default, en: en_default } = setting.shown(&setting.default);
    let (min, max) = (
        shown(&setting.min, &setting.not_below),
        shown(&setting.max, &setting.not_above),
    );
    let (zh, en) = match (min, max) {
        (Some(Say { zh: zh_min, en: en_min }), Some(Say { zh: zh_max, en: en_max })) => {
            (format!("{zh_min}到 {zh_max},"), format!("{en_min} to {en_max}, "))
        }
        (Some(Say { zh, en }), None) => {
            (format!("至少 {zh},"), format!("at least {en}, "))
        }
        (None, Some(Say { zh, en })) => {
            (format!("至多 {zh},"), format!("at most {en}, "))
        }
        (None, None) => (String::new(), String::new()),
    };
    Say::new(format!("{zh}默认 {zh_default}"), format!("{en}{en_default} by default"))
}

/// The default of a setting as a line of settings.toml.
pub(crate) fn example(name: &str, setting: &SettingValue) -> String {
    let default = Setting::of(setting.kind, &setting.default);
    let value = default.map(|default| notation(setting.unit, &default));
    format!("{name} = {}", value.unwrap_or_else(|| setting.default.clone()))
}

/// The line that was probably meant by whoever has written something else; where
/// that is not known, how such a line looks, for the default is nobody's wish.
/// Chinese and English.
fn examples(name: &str, declaration: &Declaration, got: &Json) -> Say {
    let meant = declaration.meant(got);
    let value =
        notation(declaration.unit, meant.as_ref().unwrap_or(&declaration.default));
    let chinese = in_chinese(&value.to_string());
    let Say { zh, en } = match (&declaration.default, declaration.unit) {
        (Setting::Number(_), None) => Say::new(
            format!("{name} = {chinese} 或 {name} = \"500 元\""),
            format!("{name} = {value} or {name} = \"500 yuan\""),
        ),
        _ => Say::new(format!("{name} = {chinese}"), format!("{name} = {value}")),
    };
    match meant {
        Some(_) => Say::new(format!("应写成 {zh}"), format!("write {en}")),
        None => Say::new(
            format!("写法如 {zh}(这是默认值,换成您要的数)"),
            format!("it is written like {en} (the default; put your own value)"),
        ),
    }
}

/// A value of settings.toml with its unit in Chinese, as it may be written too.
fn in_chinese(value: &str) -> String {
    const UNITS: [(&str, &str); 7] = [
        (" workdays\"", " 个工作日\""),
        (" workday\"", " 个工作日\""),
        (" days\"", " 天\""),
        (" day\"", " 天\""),
        (" hours\"", " 小时\""),
        (" hour\"", " 小时\""),
        (" yuan\"", " 元\""),
    ];
    UNITS.iter().fold(value.to_owned(), |text, (en, zh)| text.replace(en, zh))
}

/// The same value as a line of settings.toml has it: an amount with its unit.
fn notation(unit: Option<SettingUnit>, setting: &Setting) -> Json {
    match (setting, unit) {
        (Setting::Number(fen), Some(SettingUnit::Yuan)) => {
            format!("{} yuan", units::yuan(*fen)).into()
        }
        (setting, _) => setting.json(),
    }
}
