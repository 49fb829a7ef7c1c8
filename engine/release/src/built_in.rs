//! The rules of conduct and the calendars that the program brings along (内置规则
//! 和日历).

use std::collections::BTreeMap;

use domain::calendar::{Calendar, YearCalendar};
use domain::conduct::PolicyPack;
use store::releases::hash_files;

/// The policy pack and calendars that the program brings along, for a folder
/// that has none of its own.
pub(crate) const BUILT_IN: &[(&str, &str)] = &[
    ("policies/cn-rcc.toml", include_str!("../../../workflows/policies/cn-rcc.toml")),
    ("calendars/cn/2023.toml", include_str!("../../../workflows/calendars/cn/2023.toml")),
    ("calendars/cn/2024.toml", include_str!("../../../workflows/calendars/cn/2024.toml")),
    ("calendars/cn/2025.toml", include_str!("../../../workflows/calendars/cn/2025.toml")),
    ("calendars/cn/2026.toml", include_str!("../../../workflows/calendars/cn/2026.toml")),
];

/// The built-in policy pack of a name, if there is one.
pub fn policy(name: &str) -> Option<PolicyPack> {
    let (hash, text) = policy_text(name)?;
    PolicyPack::parse(text, &hash).ok()
}

/// The hash and the text of the built-in policy pack of a name, if there is one.
pub(crate) fn policy_text(name: &str) -> Option<(String, &'static str)> {
    let file = format!("policies/{name}.toml");
    let text = BUILT_IN.iter().find(|it| it.0 == file)?.1;
    Some((hash_files(&BTreeMap::from([(file, text.to_owned())])), text))
}

/// The built-in calendar of a name, if there is one.
pub fn calendar(name: &str) -> Option<Calendar> {
    let below = format!("calendars/{name}/");
    let years = BUILT_IN.iter().filter(|it| it.0.starts_with(&below));
    let years: Vec<YearCalendar> =
        years.filter_map(|year| YearCalendar::parse(year.1).ok()).collect();
    if years.is_empty() {
        return None;
    }
    Calendar::from_years(years).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pack_and_calendar_of_the_default_names_are_brought_along() {
        assert_eq!(policy("cn-rcc").unwrap().pack.id, "cn-rcc");
        assert!(calendar("cn").is_some());
        assert!(policy("own").is_none() && calendar("own").is_none());
    }
}
