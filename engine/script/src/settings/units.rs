//! What the values of settings count (单位): days, workdays, hours, yuan and others.

use domain::say::Say;

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
    UNITS.map(|unit| unit.name)
}

impl SettingUnit {
    /// The unit of this name, as a script declares it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        UNITS.iter().find(|unit| unit.name == name).map(|unit| unit.unit)
    }

    /// The word behind a number.
    pub(crate) fn word(self) -> Text {
        UNITS.iter().find(|unit| unit.unit == self).map_or(text("", ""), |it| it.shown)
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

/// A number and its unit as somebody may have meant them who writes them otherwise:
/// `三天`, `3,000块`, `￥3000`, `1 周`, `2%`; a number alone has none.
pub(super) fn meant(written: &str) -> Option<(String, Option<SettingUnit>)> {
    const YUAN: [&str; 11] =
        ["元整", "元正", "圆整", "块钱", "元", "圆", "块", "rmb", "cny", "yuans", "yuan"];
    let text: String = written.chars().map(half_width).collect();
    let text = text.trim().to_lowercase();
    let signed = text.trim_start_matches(['¥', '\u{ffe5}', ' ']);
    let signed = signed.strip_prefix("rmb").unwrap_or(signed).trim_start();
    let is_yuan = signed.len() != text.len();
    let (number, unit) = split(signed)?;
    let factor = |by: i64| {
        number
            .parse::<i64>()
            .ok()?
            .checked_mul(by)
            .map(|checked_mul| checked_mul.to_string())
    };
    let yuan = Some(SettingUnit::Yuan);
    match unit.strip_prefix(['万', 'w']).map(str::trim) {
        Some(rest) if YUAN.contains(&rest) || (is_yuan && rest.is_empty()) => {
            return Some((factor(10_000)?, yuan));
        }
        _ => {}
    }
    let days = Some(SettingUnit::Days);
    Some(match unit {
        "" if is_yuan => (number, yuan),
        "" => (number, None),
        it if YUAN.contains(&it) => (number, yuan),
        _ if is_yuan => return None,
        "周" | "个周" | "星期" | "个星期" | "礼拜" | "week" | "weeks" => {
            (factor(7)?, days)
        }
        "h" | "hrs" | "钟头" | "个钟头" => (number, Some(SettingUnit::Hours)),
        "d" | "个天" | "自然日" | "个自然日" => (number, days),
        "工作天" | "work days" | "business days" | "working days" => {
            (number, Some(SettingUnit::Workdays))
        }
        "%" => (factor(10)?, Some(SettingUnit::PerMille)),
        "回" | "遍" => (number, Some(SettingUnit::Times)),
        unit => (number, Some(quantity(&format!("1 {unit}"))?.1)),
    })
}

/// The number at the beginning, in digits, and what follows it.
fn split(text: &str) -> Option<(String, &str)> {
    let is_part = |it: char| it.is_ascii_digit() || ",.".contains(it);
    let end = text.find(|it| !is_part(it)).unwrap_or(text.len());
    if 0 < end {
        let number = without_commas(&text[..end])?;
        return Some((number, text[end..].trim()));
    }
    let is_chinese = |it: char| "零〇一二两三四五六七八九十百".contains(it);
    let end = text.find(|it| !is_chinese(it)).unwrap_or(text.len());
    let number = spoken(&text[..end])?;
    Some((number.to_string(), text[end..].trim()))
}

fn without_commas(number: &str) -> Option<String> {
    let mut groups = number.split('.').next()?.split(',');
    let first = groups.next()?.len();
    let sound = groups.clone().count() == 0
        || (first <= 3 && groups.all(|group| group.len() == 3));
    sound.then(|| number.replace(',', ""))
}

/// A number below a thousand in Chinese.
fn spoken(text: &str) -> Option<i64> {
    let (mut sum, mut digit) = (0, None);
    for sign in text.chars() {
        match sign {
            '十' => sum += 10 * digit.take().unwrap_or(1),
            '百' => sum += 100 * digit.take().unwrap_or(1),
            '零' | '〇' => {}
            '两' => digit = Some(2),
            other => {
                let at = "一二三四五六七八九".chars().position(|c| c == other)?;
                digit = Some(i64::try_from(at).ok()? + 1);
            }
        }
    }
    sum += digit.unwrap_or(0);
    (0 < sum).then_some(sum)
}

/// A Chinese input method writes digits as wide as characters.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => {
            u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c)
        }
        other => other,
    }
}

/// A value as people read it, Chinese and English: `3 天` and `3 days`.
pub(super) fn shown(unit: Option<SettingUnit>, value: &Json) -> Say {
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
            Say::new(format!("{number}‰"), format!("{number} per mille"))
        }
        (Some((number, unit)), _) => {
            let word = unit.word();
            // "1 天" and "1 day", but "2 days".
            let en = if number == "1" && unit != SettingUnit::Yuan {
                word.en.trim_end_matches('s')
            } else {
                word.en
            };
            Say::new(format!("{number} {}", word.zh), format!("{number} {en}"))
        }
        (None, Json::String(text)) => Say::new(text, text),
        (None, Json::Bool(yes)) => {
            let said = if *yes { text("是", "true") } else { text("否", "false") };
            said.owned()
        }
        (None, other) => Say::new(other.to_string(), other.to_string()),
    }
}

/// Fen in yuan, without decimals that say nothing.
pub(super) fn yuan(fen: i64) -> String {
    let text = Fen(fen).to_string();
    text.strip_suffix(".00").map(str::to_owned).unwrap_or(text)
}

impl SettingValue {
    /// A value of this setting as people read it, Chinese and English.
    pub(crate) fn shown(&self, value: &Json) -> Say {
        shown(self.unit, value)
    }

    /// What its values are, in a word or two, Chinese and English.
    pub(crate) fn kind_words(&self) -> Text {
        match (self.kind, self.unit) {
            (_, Some(SettingUnit::Days)) => text("天", "days"),
            (_, Some(SettingUnit::Workdays)) => text("工作日", "workdays"),
            (_, Some(SettingUnit::Hours)) => text("小时", "hours"),
            (_, Some(SettingUnit::Yuan)) => text("元", "yuan"),
            (_, Some(SettingUnit::PerMille)) => text("千分数", "per mille"),
            (_, Some(SettingUnit::Times)) => text("次数", "times"),
            (SettingKind::Span, None) => text("时长", "span of time"),
            (SettingKind::Number, None) => text("整数", "whole number"),
            (SettingKind::Text, None) => text("文字", "text"),
            (SettingKind::Bool, None) => text("是否", "true or false"),
            (SettingKind::Date, None) => text("日期", "date"),
        }
    }
}
