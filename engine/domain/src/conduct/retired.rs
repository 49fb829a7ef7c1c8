//! What older policy packs say and no rule reads any more (停用的条目): refused where a
//! pack is edited, left out where a release on record is opened.

use toml::{Table, Value};

use super::pack::PackError;

/// Sections about which the engine has no question: what they say is law that stands in
/// the code with its source, or a setting of a plugin, or nothing at all.
const SECTIONS: [&str; 7] =
    ["disclosure", "plan", "reward", "retention", "clock", "money", "classification"];

/// Effects of holds that nothing carried out. Who is complained of is kept from the work
/// in any case, and the end of a hold is that of its event.
const EFFECTS: [&str; 4] =
    ["no_credit_report_new", "reassign_collector", "no_set_off", "stop_interest"];
const EFFECT_KIND: &str = "open_flow:";

fn is_effect(word: &str) -> bool {
    EFFECTS.contains(&word) || word.starts_with(EFFECT_KIND)
}

/// The first thing in a pack that has been retired; `None` where there is none, or where
/// the text cannot be read at all.
pub(super) fn first(text: &str) -> Option<PackError> {
    let table: Table = text.parse().ok()?;
    let found = |name: String, line: usize| Some(PackError::Retired { line, name });
    if let Some(section) =
        SECTIONS.into_iter().find(|section| table.contains_key(*section))
    {
        return found(format!("[{section}]"), line_of_section(text, section));
    }
    for hold in holds(&table) {
        if hold.contains_key("until") {
            return found("hold.until".to_owned(), line_of_key(text, "until"));
        }
        let effects = words(hold, "effect").find(|word| is_effect(word));
        let kept = words(hold, "keep").find(|word| *word == OLD_KEPT);
        if let Some(word) = effects.or(kept) {
            return found(word.to_owned(), line_with(text, &format!("\"{word}\"")));
        }
    }
    None
}

/// A word under `keep` of the shipped pack that meant no order.
const OLD_KEPT: &str = "claim_filing";

/// A pack without what has been retired; `None` where the text cannot be read at all.
///
/// A hold of which nothing is left has no rule any more, and so stops all but service.
pub(super) fn without(text: &str) -> Option<Table> {
    let mut table: Table = text.parse().ok()?;
    for section in SECTIONS {
        table.remove(section);
    }
    if let Some(holds) = table.get_mut("hold").and_then(Value::as_array_mut) {
        for hold in holds.iter_mut().filter_map(Value::as_table_mut) {
            hold.remove("until");
            drop_words(hold, "effect", is_effect);
            drop_words(hold, "keep", |it| it == OLD_KEPT);
        }
        holds.retain(|hold| {
            let effects = hold.get("effect").and_then(Value::as_array);
            effects.is_none_or(|effects| !effects.is_empty())
        });
    }
    Some(table)
}

fn drop_words(rule: &mut Table, key: &str, is_gone: fn(&str) -> bool) {
    if let Some(list) = rule.get_mut(key).and_then(Value::as_array_mut) {
        list.retain(|it| !it.as_str().is_some_and(is_gone));
    }
}

fn holds(table: &Table) -> impl Iterator<Item = &Table> {
    let list = table.get("hold").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_table)
}

fn words<'a>(rule: &'a Table, key: &str) -> impl Iterator<Item = &'a str> {
    let list = rule.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

fn line_of_section(text: &str, section: &str) -> usize {
    let opens = |line: &str| {
        let name = line.trim_start().trim_start_matches('[');
        line.trim_start().starts_with('[')
            && name.strip_prefix(section).is_some_and(|rest| rest.starts_with([']', '.']))
    };
    line_at(text, opens)
}

fn line_of_key(text: &str, key: &str) -> usize {
    let says = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    line_at(text, says)
}

fn line_with(text: &str, part: &str) -> usize {
    line_at(text, |line| line.contains(part))
}

/// The first line, from 1, of which this holds; 1 where it holds of none.
fn line_at(text: &str, holds: impl Fn(&str) -> bool) -> usize {
    text.lines().position(holds).map_or(1, |it| it + 1)
}
