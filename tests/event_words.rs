//! The words of events (事件词): each stands in the table of the core or in the manifest
//! of its plugin, and everybody else says it by the enum.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use domain::event::{CORE_EVENTS, ContactEvent, EventKind, EventSpec, Reporter};
use domain::manifest::Manifest;

use crate::status_words::{no_literals, quoted};
use crate::tidy::{ROOT, files_below, read, shown};

const PROGRAM: &str = env!("CARGO_BIN_EXE_qingshou");

/// Words that name so much else, a field, a line of the ledger, a command, that they
/// say nothing of an event by themselves.
const OTHER_THINGS: [&str; 3] = ["note", "payment", "promise"];

/// Words that stand in lists of other things.
const OTHER_LISTS: &[(&str, &[&str])] = &[
    // The words of files and of staff for each event.
    ("engine/domain/src/event/table.rs", &["*"]),
    ("engine/domain/src/event.rs", &["call_result", "reply", "visit_result"]),
    // Why a case is on hold, what a visit came to, a kind of work, how a claim stands.
    ("engine/domain/src/hold/reasons.rs", &["complaint", "dispute", "deceased"]),
    ("engine/domain/src/conduct/rules.rs", &["deceased"]),
    ("engine/store/src/contacts.rs", &["deceased"]),
    // A column, a document of the court, and the form of it.
    ("plugins/legal/src/books.rs", &["judgment"]),
    ("plugins/legal/src/forms.rs", &["complaint", "judgment"]),
    ("plugins/visit/src/manifest.rs", &["deceased"]),
    (
        "engine/runtime/src/words.rs",
        &["complaint", "deceased", "dismissed", "dispute", "judgment", "reply"],
    ),
    ("engine/daemon/src/explain/entered.rs", &["complaint", "deceased", "dispute"]),
    ("engine/daemon/src/explain/work.rs", &["judgment", "reply"]),
    ("engine/domain/src/duty.rs", &["complaint", "dispute"]),
    ("engine/daemon/src/explain/orders.rs", &["dismissed"]),
    // Why an order ended.
    ("engine/runtime/src/review_context.rs", &["dismissed"]),
    // The keys of what a person entered, in the journal.
    (
        "engine/daemon/src/cli/amounts.rs",
        &["call_result", "hold_lifted", "hold_placed", "reply"],
    ),
    // What a bank's list has in a cell.
    ("engine/import/src/deaths.rs", &["deceased"]),
    // The names of workflows and templates.
    ("engine/lab/src/demo/text.rs", &["complaint", "deceased", "dispute", "reply"]),
    ("engine/script/src/check/fixture.rs", &["complaint", "deceased", "promise_broken"]),
];

#[test]
fn no_event_is_a_literal_outside_the_table_and_the_manifests() {
    let events = all();
    let words: Vec<&str> = events
        .iter()
        .map(|spec| spec.name)
        // What the outbox tells has the words of `OrderStatus`, which has its own test.
        .filter(|name| EventKind::parse(name).is_some() || !is_core(name))
        .filter(|name| !OTHER_THINGS.contains(name))
        .collect();
    let instead = "`EventKind`, `ContactEvent` or the enum of the plugin's manifest";
    let used = no_literals(&words, OTHER_LISTS, instead);
    for (file, words) in OTHER_LISTS {
        for word in words.iter().filter(|word| **word != "*") {
            let is_used = used.contains(&((*file).to_owned(), (*word).to_owned()));
            assert!(is_used, "{file} says \"{word}\" no more: take it off the list");
        }
    }
}

/// A statement that asks for an event which nobody raises finds nothing, for ever.
#[test]
fn no_statement_names_an_event_that_has_no_row() {
    let known: BTreeSet<&str> = all().iter().map(|spec| spec.name).collect();
    let mut seen = 0;
    for file in files_below("engine", "rs") {
        let name = shown(&file);
        if name.contains("/tests") {
            continue;
        }
        for word in asked_for(&read(&file)) {
            seen += 1;
            assert!(
                known.contains(word.as_str()),
                "{name}: a statement names the event '{word}'"
            );
        }
    }
    assert!(7 < seen, "the statements were found: {seen}");
}

/// The store applies what an event does to a case, and knows no plugin: a plugin raises
/// the event of the core that does it, as a visit that finds a death raises `deceased`.
#[test]
fn the_event_of_a_plugin_places_and_lifts_nothing_by_itself() {
    let of_plugins: Vec<&EventSpec> =
        manifests().into_iter().flat_map(|plugin| plugin.events).collect();
    assert!(8 < of_plugins.len(), "the manifests were found");
    for spec in of_plugins {
        let does = (spec.places_hold, spec.lifts_hold, spec.sets_claim);
        assert_eq!(does, (None, None, None), "{}", spec.name);
        assert!(!spec.ends_protection && spec.staff().is_none(), "{}", spec.name);
    }
}

/// The import reads the words of the core and of contacts.
#[test]
fn the_event_of_a_plugin_comes_from_a_file_only_as_what_came_of_a_contact() {
    for spec in manifests().into_iter().flat_map(|plugin| plugin.events) {
        let words = ContactEvent::parse(spec.name).map(ContactEvent::file_words);
        assert_eq!(spec.file_words(), words.unwrap_or_default(), "{}", spec.name);
    }
}

#[test]
fn no_two_events_have_one_name_and_each_has_a_word_for_staff() {
    let mut names = BTreeSet::new();
    for spec in all() {
        assert!(names.insert(spec.name), "{} stands there twice", spec.name);
        assert!(!spec.called.is_empty(), "{} has no Chinese word", spec.name);
    }
}

/// The help of `case report` lists what staff report, in both languages.
#[test]
fn what_staff_report_stands_in_the_help_of_the_command() {
    let texts = read(&Path::new(ROOT).join("engine/daemon/src/cli/chinese/texts.rs"));
    let help: Vec<&str> =
        texts.lines().filter(|line| line.contains("complaint_resolved")).collect();
    let [english, chinese] = help[..] else {
        panic!("the help in two languages: {help:?}")
    };
    for spec in CORE_EVENTS.iter().filter(|spec| spec.staff().is_some()) {
        let said = format!("{}({})", spec.name, spec.called[0]);
        assert!(chinese.contains(&said), "{said}");
        assert!(english.contains(spec.name), "{}", spec.name);
    }
}

#[test]
fn the_commands_that_report_events_are_there() {
    let commands = all().into_iter().flat_map(|spec| spec.reported_by).filter_map(|by| {
        let Reporter::Command(command) = by else { return None };
        Some(*command)
    });
    let commands: BTreeSet<&str> = commands.collect();
    assert!(8 < commands.len(), "the commands were found: {commands:?}");
    for command in commands {
        let (flags, mut words): (Vec<&str>, Vec<&str>) =
            command.split(' ').partition(|word| word.starts_with('-'));
        words.push("--help");
        let done = Command::new(PROGRAM).current_dir(ROOT).args(words).output();
        let done = done.expect("the program runs");
        let page = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "`{command}`");
        assert!(flags.iter().all(|flag| page.contains(flag)), "`{command}`: {page}");
    }
}

/// Whom an event comes from is known.
#[test]
fn every_event_is_reported_by_somebody() {
    let silent: Vec<&str> = all()
        .into_iter()
        .filter(|spec| spec.reported_by.is_empty())
        .map(|spec| spec.name)
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

fn is_core(name: &str) -> bool {
    CORE_EVENTS.iter().any(|spec| spec.name == name)
}

fn all() -> Vec<&'static EventSpec> {
    let of_plugins = manifests().into_iter().flat_map(|plugin| plugin.events);
    CORE_EVENTS.iter().chain(of_plugins).collect()
}

fn manifests() -> Vec<&'static Manifest> {
    plugins_on::MANIFESTS.to_vec()
}

/// The words that statements compare the kind of an event with, the reason for which
/// a workflow finished, or what a person reported.
fn asked_for(text: &str) -> Vec<String> {
    const HEADS: [&str; 5] = [
        "e.kind",
        "from events where kind",
        "n.finish_reason",
        "->> 'reported'",
        "->> 'reported')",
    ];
    let mut found = Vec::new();
    for head in HEADS {
        for (at, _) in text.match_indices(head) {
            let rest = text[at + head.len()..].trim_start();
            if let Some(value) =
                rest.strip_prefix('=').or_else(|| rest.strip_prefix("<>"))
            {
                let word = value.trim_start().strip_prefix('\'');
                found.extend(
                    word.and_then(|word| word.split('\'').next()).map(str::to_owned),
                );
            } else if let Some(list) =
                rest.strip_prefix("not in").or_else(|| rest.strip_prefix("in"))
                && let Some(list) = list.trim_start().strip_prefix('(')
            {
                found.extend(quoted(list.split(')').next().unwrap_or_default()));
            } else if let Some(case) = rest.strip_prefix("when") {
                let word = case.trim_start().strip_prefix('\'');
                found.extend(
                    word.and_then(|word| word.split('\'').next()).map(str::to_owned),
                );
            }
        }
    }
    found
}
