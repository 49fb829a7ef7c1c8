//! The words of statuses (状态词): the enum, the schema and every statement have the
//! same ones, and Rust says them by the enum alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::status::{CaseStatus, InstanceStatus, OrderStatus};

use crate::tidy::{ROOT, code_lines, files_below, read, shown};

/// Words that stand in lists of other things: what staff read beside a status, the
/// heads of columns, results of visits, lists of banks, names of figures.
const OTHER_LISTS: &[(&str, &[&str])] = &[
    ("engine/runtime/src/words.rs", &["*"]),
    ("engine/daemon/src/explain/orders.rs", &["*"]),
    ("engine/daemon/src/cli/columns.rs", &["held", "waiting"]),
    ("engine/daemon/src/cli/gateway.rs", &["held", "waiting"]),
    ("engine/daemon/src/cli/guard.rs", &["held"]),
    (
        "engine/daemon/src/cli/health.rs",
        &["pending", "held", "unknown", "failed", "parked", "frozen"],
    ),
    ("engine/daemon/src/cli/scripts.rs", &["finished"]),
    ("engine/daemon/src/service/figures.rs", &["refused", "parked", "frozen"]),
    ("engine/daemon/src/run.rs", &["held"]),
    ("engine/runtime/src/review_context.rs", &["refused"]),
    ("engine/import/src/states/words.rs", &["pending", "expired"]),
    // The name of a flag.
    ("engine/daemon/src/cli/args/cases.rs", &["parked"]),
    ("engine/store/src/contacts.rs", &["refused"]),
    ("engine/store/src/worked.rs", &["refused"]),
    ("engine/store/src/points.rs", &["refused"]),
    ("plugins/remind/src/manifest.rs", &["refused"]),
    ("engine/script/src/testing/spec.rs", &["unknown"]),
    ("engine/domain/src/conduct/rules.rs", &["unknown"]),
    ("plugins/visit/src/manifest.rs", &["refused"]),
];

#[test]
fn the_schema_takes_the_words_of_the_enums_and_no_others() {
    let known = checked("engine/store/migrations", "sql");
    let table = [
        ("order_status_is_known", words(&OrderStatus::ALL.map(OrderStatus::as_str))),
        (
            "instance_status_is_known",
            words(&InstanceStatus::ALL.map(InstanceStatus::as_str)),
        ),
        ("case_status_is_known", words(&CaseStatus::ALL.map(CaseStatus::as_str))),
    ];
    for (constraint, of_enum) in table {
        assert_eq!(known.get(constraint), Some(&of_enum), "{constraint}");
    }
}

/// A statement that asks for a status which nobody writes finds nothing, for ever.
#[test]
fn no_statement_names_a_status_that_is_not_in_a_list() {
    let mut core = words(&OrderStatus::ALL.map(OrderStatus::as_str));
    core.extend(words(&InstanceStatus::ALL.map(InstanceStatus::as_str)));
    core.extend(words(&CaseStatus::ALL.map(CaseStatus::as_str)));
    let of_plugins: BTreeSet<String> =
        checked("plugins", "rs").into_values().flatten().collect();
    let mut seen = 0;
    for (folder, ending) in [("engine", "rs"), ("engine", "sql"), ("plugins", "rs")] {
        for file in files_below(folder, ending) {
            let name = shown(&file);
            // A test may try what the schema refuses.
            if name.contains("/tests") {
                continue;
            }
            // The demo and some lists of the daemon look into the plugins' books.
            let own = match name.split('/').nth(1) {
                Some(plugin) if folder == "plugins" => own_words(plugin),
                Some("daemon" | "lab") => of_plugins.clone(),
                _ => BTreeSet::new(),
            };
            for word in named(&read(&file)) {
                // What the enum itself puts in needs no look.
                if word.starts_with('{') {
                    continue;
                }
                seen += 1;
                let known = core.contains(&word) || own.contains(&word);
                assert!(known, "{name}: a statement names the status '{word}'");
            }
        }
    }
    assert!(100 < seen, "the statements were found: {seen}");
}

#[test]
fn no_status_is_a_literal_outside_the_enum() {
    let mut all: Vec<&str> = OrderStatus::ALL.map(OrderStatus::as_str).to_vec();
    all.extend(InstanceStatus::ALL.map(InstanceStatus::as_str));
    no_literals(&all, OTHER_LISTS, "the enum of domain::status");
}

/// Looks for words as literals of the sources, but for the files that have a word in a
/// list of other things (`*`: any word). The files and words that were found there.
pub(crate) fn no_literals(
    words: &[&str],
    other_lists: &[(&str, &[&str])],
    instead: &str,
) -> BTreeSet<(String, String)> {
    let mut used = BTreeSet::new();
    for file in ["engine", "plugins"].iter().flat_map(|it| files_below(it, "rs")) {
        let name = shown(&file);
        if name.contains("/tests") {
            continue;
        }
        let elsewhere = other_lists.iter().find(|(path, _)| *path == name);
        let elsewhere = elsewhere.map_or(&[][..], |(_, words)| words);
        let text = read(&file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code_lines(code) {
            for word in words.iter().filter(|word| says(line, word)) {
                assert!(
                    elsewhere.contains(word) || elsewhere == ["*"],
                    "{name}:{number} says \"{word}\": use {instead}"
                );
                used.insert((name.clone(), (*word).to_owned()));
            }
        }
    }
    used
}

/// Whether a line of Rust holds a word as a value: not as the key of a JSON object,
/// and not as the declaration of a list.
fn says(line: &str, word: &str) -> bool {
    let literal = format!("\"{word}\"");
    line.match_indices(&literal).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + literal.len()..]);
        let is_key = after.starts_with(':');
        let is_index = before.ends_with('[') && after.starts_with(']');
        let is_declared = before.ends_with(" = ") && after == ",";
        !is_key && !is_index && !is_declared
    })
}

fn words(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// The words of every `…_status_is_known` of a folder; of two the later one, for a
/// migration makes a table anew.
fn checked(folder: &str, ending: &str) -> BTreeMap<String, BTreeSet<String>> {
    const RULE: &str = "_status_is_known";
    let mut found = BTreeMap::new();
    for file in files_below(folder, ending) {
        let text = read(&file);
        for (at, _) in text.match_indices(RULE) {
            let start = text[..at].rfind(' ').map_or(0, |space| space + 1);
            let list = text[at..].split_once('(').expect("a rule is in brackets").1;
            let list = list.split_once('(').expect("the words are in brackets").1;
            let list = list.split(')').next().unwrap_or_default();
            found.insert(text[start..at + RULE.len()].to_owned(), quoted(list));
        }
    }
    found
}

/// The words of a plugin's own tables.
fn own_words(plugin: &str) -> BTreeSet<String> {
    let folder = format!("plugins/{plugin}/src");
    assert!(Path::new(ROOT).join(&folder).is_dir(), "{folder}");
    checked(&folder, "rs").into_values().flatten().collect()
}

/// What stands between single quotes.
pub(crate) fn quoted(text: &str) -> BTreeSet<String> {
    text.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words that statements compare a `status` with, or set it to.
fn named(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, matched) in text.match_indices("status") {
        let rest = text[at + matched.len()..].trim_start_matches('\'').trim_start();
        if let Some(value) = rest.strip_prefix('=').or_else(|| rest.strip_prefix("<>")) {
            let value = value.trim_start();
            if let Some(word) = value.strip_prefix('\'') {
                found.extend(word.split('\'').next().map(str::to_owned));
            }
        } else if let Some(list) =
            rest.strip_prefix("not in").or_else(|| rest.strip_prefix("in"))
            && let Some(list) = list.trim_start().strip_prefix('(')
        {
            found.extend(quoted(list.split(')').next().unwrap_or_default()));
        }
    }
    found
}
