//! What the values of settings count (单位): days, workdays, hours, yuan and others.

use crate::api::time;
use crate::program::{SettingKind, SettingUnit, SettingValue};
use domain::manifest::{Text, text};
use domain::money::Fen;
use serde_json::Value as Json;

/// How one unit is written.
struct Written {
    unit: SettingUnit,
    /// As scripts declare it: `unit = "days"`.
    name: &'static str,
    /// Behind a number, on screens.
    shown: Text,
    /// Other ways in which people write it in settings.toml.
    also: &'static [&'static str],
}

const UNITS: [Written; 6] = [
    Written {
        unit: SettingUnit::Days,
        name: "days",
        shown: text("天", "days"),
        also: &["day", "天", "日"],
    },
    Written {
        unit: SettingUnit::Workdays,
        name: "workdays",
        shown: text("个工作日", "workdays"),
        also: &["workday", "个工作日", "工作日"],
    },
    Written {
        unit: SettingUnit::Hours,
        name: "hours",
        shown: text("小时", "hours"),
        also: &["hour", "小时", "个小时"],
    },
    Written {
        unit: SettingUnit::Yuan,
        name: "yuan",
        shown: text("元", "yuan"),
        also: &["元"],
    },
    Written {
        unit: SettingUnit::PerMille,
        name: "per_mille",
        shown: text("‰", "per mille"),
        also: &["per mille", "‰"],
    },
    Written {
        unit: SettingUnit::Times,
        name: "times",
        shown: text("次", "times"),
        also: &["time", "次"],
    },
];

/// The names that `unit = "…"` of a setting takes.
pub(crate) fn names() -> [&'static str; 6] {
    UNITS.map(|it| it.name)
}

impl SettingUnit {
    /// The unit of this name, as a script declares it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        UNITS.iter().find(|it| it.name == name).map(|it| it.unit)
    }

    /// The word behind a number.
    pub(crate) fn word(self) -> Text {
        UNITS.iter().find(|it| it.unit == self).map_or(text("", ""), |it| it.shown)
    }

    /// The unit of a span, if it is one of time.
    pub(crate) fn of_time(self) -> Option<time::Unit> {
        match self {
            Self::Days => Some(time::Unit::Days),
            Self::Workdays => Some(time::Unit::Workdays),
            Self::Hours => Some(time::Unit::Hours),
            Self::Yuan | Self::PerMille | Self::Times => None,
        }
    }
}

/// A number with its unit as staff write it: `3 workdays`, `3天`, `25‰`.
pub(super) fn quantity(written: &str) -> Option<(String, SettingUnit)> {
    let text: String = written.trim().chars().map(half_width).collect();
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c))?;
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let same = |it: &&Written| it.name == unit || it.also.contains(&unit);
    Some((number.to_owned(), UNITS.iter().find(same)?.unit))
}

/// A Chinese input method writes digits as wide as characters.
fn half_width(c: char) -> char {
    match c {
        '０'..='９' => {
            u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c)
        }
        other => other,
    }
}

/// A value as people read it, Chinese and English: `3 天` and `3 days`.
pub(super) fn shown(unit: Option<SettingUnit>, value: &Json) -> [String; 2] {
    let counted = match (value, unit) {
        (Json::Number(fen), Some(SettingUnit::Yuan)) => {
            Some((yuan(fen.as_i64().unwrap_or_default()), SettingUnit::Yuan))
        }
        (Json::Number(n), Some(unit)) => Some((n.to_string(), unit)),
        (Json::String(text), _) => quantity(text),
        _ => None,
    };
    match (counted, value) {
        (Some((number, SettingUnit::PerMille)), _) => {
            [format!("{number}‰"), format!("{number} per mille")]
        }
        (Some((number, unit)), _) => {
            let word = unit.word();
            // "1 天" and "1 day", but "2 days".
            let en = if number == "1" && unit != SettingUnit::Yuan {
                word.en.trim_end_matches('s')
            } else {
                word.en
            };
            [format!("{number} {}", word.zh), format!("{number} {en}")]
        }
        (None, Json::String(text)) => [text.clone(), text.clone()],
        (None, Json::Bool(yes)) => {
            let yes = if *yes { ["是", "true"] } else { ["否", "false"] };
            yes.map(str::to_owned)
        }
        (None, other) => [other.to_string(), other.to_string()],
    }
}

/// Fen in yuan, without decimals that say nothing.
pub(super) fn yuan(fen: i64) -> String {
    let text = Fen(fen).to_string();
    text.strip_suffix(".00").map(str::to_owned).unwrap_or(text)
}

impl SettingValue {
    /// A value of this setting as people read it, Chinese and English.
    pub(crate) fn shown(&self, value: &Json) -> [String; 2] {
        shown(self.unit, value)
    }

    /// What its values are, in a word or two, Chinese and English.
    pub(crate) fn kind_words(&self) -> [&'static str; 2] {
        match (self.kind, self.unit) {
            (_, Some(SettingUnit::Days)) => ["天", "days"],
            (_, Some(SettingUnit::Workdays)) => ["工作日", "workdays"],
            (_, Some(SettingUnit::Hours)) => ["小时", "hours"],
            (_, Some(SettingUnit::Yuan)) => ["元", "yuan"],
            (_, Some(SettingUnit::PerMille)) => ["千分数", "per mille"],
            (_, Some(SettingUnit::Times)) => ["次数", "times"],
            (SettingKind::Span, None) => ["时长", "span of time"],
            (SettingKind::Number, None) => ["整数", "whole number"],
            (SettingKind::Text, None) => ["文字", "text"],
            (SettingKind::Bool, None) => ["是否", "true or false"],
            (SettingKind::Date, None) => ["日期", "date"],
        }
    }
}
