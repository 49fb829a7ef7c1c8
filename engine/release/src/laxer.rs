//! Rules of conduct that allow more than those in force (放宽规则): the house's own rules
//! bind until a person says that they shall bind less.
//!
//! A file that was saved with other values, a setting that names another pack, or one
//! that names none any more look alike from here, and none of them loosens anything
//! unseen.

use domain::conduct::PolicyPack;
use script::finding::Finding;

use crate::findings::LAXER;

/// So many rules are named; the others are counted.
const MOST_NAMED: usize = 5;

/// The finding that makes a candidate wait whose rules allow more than those of the
/// running release `number`; `name` is how the settings call its pack.
pub fn find(
    number: i64,
    running: &PolicyPack,
    candidate: &PolicyPack,
    name: &str,
) -> Option<Finding> {
    let loosened = candidate.loosenings(running);
    // What names a pack makes it another, and no looser one.
    let loosened = loosened.iter().filter(|it| it.differs_from.is_none());
    let rules: Vec<&str> = loosened.map(|loosened| loosened.rule.as_str()).collect();
    if rules.is_empty() {
        return None;
    }
    let named = rules.iter().take(MOST_NAMED).copied().collect::<Vec<_>>();
    let more = rules.len().saturating_sub(MOST_NAMED);
    let (zh_more, en_more) = if more == 0 {
        (String::new(), String::new())
    } else {
        (format!(" 等 {} 条", rules.len()), format!(" and {more} more"))
    };
    Some(Finding::error(
        LAXER,
        &format!("policies/{name}.toml"),
        format!(
            "合规规则比第 {number} 版宽:{}{zh_more};没有改动,第 {number} 版沿用原来的规则。\
             改错的请改回;合规部门同意放宽的,执行 `qingshou releases --confirm`",
            named.join("、")
        ),
        format!(
            "the rules of conduct are looser than those of release {number}: {}{en_more}; nothing \
             was changed, release {number} goes on with its own. Put them back, or, if the \
             compliance office agrees, run `qingshou releases --confirm`",
            named.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACK: &str = include_str!("../../../workflows/policies/cn-rcc.toml");

    fn pack(changes: &[(&str, &str)]) -> PolicyPack {
        let text = changes.iter().fold(PACK.to_owned(), |it, (old, new)| {
            assert!(it.contains(old), "{old}");
            it.replacen(old, new, 1)
        });
        PolicyPack::parse(&text, "").unwrap()
    }

    #[test]
    fn rules_that_allow_more_than_those_in_force_are_named() {
        type Edits<'a> = &'a [(&'a str, &'a str)];
        let narrow = ("[\"08:00\", \"22:00\"]", "[\"09:00\", \"20:00\"]");
        let fewer = ("limit = 6", "limit = 2");
        let other = ("version = \"2026.11.23\"", "version = \"2026.12.01\"");
        // (in force, saved, the rules that are told of)
        let table: [(Edits<'_>, Edits<'_>, &[&str]); 6] = [
            (&[], &[], &[]),
            (&[], &[narrow, fewer], &[]),
            (&[narrow], &[narrow, other], &[]),
            (&[narrow], &[], &["cn.window"]),
            (&[narrow, fewer], &[narrow], &["cn.freq.unanswered"]),
            (&[narrow, fewer], &[], &["cn.window", "cn.freq.unanswered"]),
        ];
        for (running, saved, rules) in table {
            let found = find(7, &pack(running), &pack(saved), "cn-rcc");
            let told = found.map(|it| it.say.zh).unwrap_or_default();
            assert_eq!(told.is_empty(), rules.is_empty(), "{told}");
            assert!(rules.iter().all(|rule| told.contains(rule)), "{told}");
        }
    }
}
