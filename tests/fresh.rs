//! What is generated or repeated stays true (不过时): the editor stub, the reference
//! page, the pages of the findings, and the commands that the manuals show.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::tidy::ABOVE_THE_STORE;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_qingshou");

#[test]
fn the_editor_stub_and_the_reference_page_are_those_of_this_build() {
    let fresh = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = fresh.path().to_str().expect("a temporary path is plain");
    succeeds(&["stub", "--write", folder]);
    for name in ["types/qingshou.lua", "REFERENCE.md"] {
        let kept = read(&Path::new(ROOT).join("workflows").join(name));
        let made = read(&fresh.path().join(name));
        assert!(
            kept == made,
            "workflows/{name} is stale; run `cargo run -- stub --write workflows`"
        );
    }
}

/// A code or word that a command prints needs a line in `engine/daemon/src/explain`
/// (a finding: a page beside the others).
#[test]
fn everything_that_a_command_prints_as_a_code_is_explained() {
    let mut codes: BTreeSet<String> = BTreeSet::new();
    let beside = ["engine/script/src", "engine/store/src", "plugins"];
    for folder in beside.iter().chain(ABOVE_THE_STORE) {
        for file in files_below(&Path::new(ROOT).join(folder), "rs") {
            // The table of meanings is what is looked at, not what prints.
            let path = file.to_string_lossy().into_owned();
            if path.contains("/explain/") || path.contains("tests") {
                continue;
            }
            let text = read(&file);
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&text);
            codes.extend(codes_in(text));
            codes.extend(reasons_in(text));
            codes.extend(notes_in(text));
            if path.contains("store/src/verify") {
                codes.extend(proofs_in(text));
            }
        }
    }
    codes.extend(order_states());
    codes.extend(listed_words());
    for known in [
        "W003",
        "W040",
        "I030",
        "R042",
        "I1",
        "seal",
        "plugin_off",
        "held",
        "case_changed",
        "stage_left",
        "replaced",
        "bare_assertion",
        "negotiate",
        "hardship",
    ] {
        assert!(codes.contains(known), "{known} was found: {codes:?}");
    }
    let pack = read(&Path::new(ROOT).join("workflows/policies/cn-rcc.toml"));
    codes.extend(rules_in(&pack));
    for file in files_below(&Path::new(ROOT).join("engine/domain/src/conduct"), "rs") {
        codes.extend(rules_in(&read(&file)));
    }
    for known in ["cn.window", "cn.freq.effective", "cn.window.never", "cn.party.unknown"]
    {
        assert!(codes.contains(known), "{known} was found: {codes:?}");
    }
    let listed = succeeds(&["explain", "-o", "csv"]);
    let listed: BTreeSet<&str> =
        listed.lines().filter_map(|line| line.split(',').next()).collect();
    for code in &codes {
        for lang in ["zh", "en"] {
            let page = succeeds(&["explain", code, "--lang", lang]);
            assert!(page.contains(code.as_str()), "the page of {code} names it");
            let title = page.lines().next().unwrap_or_default();
            let is_chinese = title.chars().any(domain::tongues::is_chinese);
            assert_eq!(is_chinese, lang == "zh", "the title of {code}: {title}");
        }
        assert!(listed.contains(code.as_str()), "`qingshou explain` lists {code}");
    }
}

#[test]
fn every_page_belongs_to_a_code_that_stands_in_the_program() {
    let sources: String = ["engine/script/src"]
        .iter()
        .chain(ABOVE_THE_STORE)
        .flat_map(|it| files_below(&Path::new(ROOT).join(it), "rs"))
        .map(|it| read(&it))
        .collect();
    for folder in ["engine/script/pages", "engine/release/src/pages"] {
        for page in files_below(&Path::new(ROOT).join(folder), "md") {
            let code =
                page.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            assert!(
                sources.contains(&format!("\"{code}\"")),
                "{code} is raised somewhere"
            );
        }
    }
}

#[test]
fn the_readme_lists_every_command_and_no_other() {
    let help = succeeds(&["--help"]);
    let known: BTreeSet<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|it| *it != "help")
        .collect();
    let readme = read(&Path::new(ROOT).join("README.md"));
    let section = readme.split("\n## Commands\n").nth(1).expect("a chapter `Commands`");
    let section = section.split("\n## ").next().unwrap_or_default();
    let listed: BTreeSet<&str> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .flat_map(|it| {
            it.split('|').next().unwrap_or_default().split('`').skip(1).step_by(2)
        })
        .collect();
    assert_eq!(listed, known, "the table of README.md and `qingshou --help`");
}

/// An invariant whose test was renamed or dropped is only a sentence.
#[test]
fn every_test_that_the_architecture_names_exists() {
    let text = read(&Path::new(ROOT).join("ARCHITECTURE.md"));
    let chapter = text.split("\n## Invariants\n").nth(1).expect("a chapter `Invariants`");
    let chapter = chapter.split("\n## ").next().unwrap_or_default();
    let rows: Vec<&str> = chapter.lines().filter(|line| line.starts_with("| ")).collect();
    let sources: String = ["engine", "plugins", "tests"]
        .iter()
        .flat_map(|it| files_below(&Path::new(ROOT).join(it), "rs"))
        .map(|it| read(&it))
        .collect();
    for number in 1..=10 {
        let row = rows.iter().find(|row| row.starts_with(&format!("| {number} |")));
        let row = row.unwrap_or_else(|| panic!("invariant {number} stands there"));
        let shown = row.split('|').nth(3).expect("what shows it");
        let is_name = |it: &&str| it.contains('_') && !it.contains([' ', '/', ':', '.']);
        let names: Vec<&str> =
            shown.split('`').skip(1).step_by(2).filter(is_name).collect();
        assert!(!names.is_empty(), "invariant {number} names a test");
        for name in names {
            assert!(
                sources.contains(&format!("fn {name}(")),
                "there is no test `{name}`"
            );
        }
    }
}

/// A manual that shows a command which the program does not take is worse than
/// none. `--help` at its end makes the program read it and do nothing.
#[test]
fn every_command_that_the_manuals_show_is_one_that_the_program_takes() {
    for name in ["README.md", "workflows/README.md"] {
        let text = read(&Path::new(ROOT).join(name));
        let shown = shown_commands(&text);
        assert!(3 < shown.len(), "{name} shows commands");
        for (line, words) in shown {
            let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
            words.push("--help");
            let done = run(&words);
            let told = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{name}: `{line}`: {told}");
        }
    }
}

#[test]
fn every_command_shows_an_example_that_it_takes() {
    let help = succeeds(&["--help"]);
    let commands = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    for line in commands.take_while(|command| !command.is_empty()) {
        let Some(command) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))
        else {
            continue;
        };
        let command = command.split_whitespace().next().unwrap_or_default();
        if command == "help" {
            continue;
        }
        let page = succeeds(&[command, "--help"]);
        let example =
            page.lines().find_map(|line| line.strip_prefix("Example: qingshou "));
        let example =
            example.unwrap_or_else(|| panic!("`{command} --help` shows an example"));
        let mut words = words_of(example);
        words.push("--help".to_owned());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let done = run(&words);
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "`qingshou {example}`: {told}");
    }
}

/// The commands in the code blocks of a Markdown text, without their comments.
fn shown_commands(text: &str) -> Vec<(String, Vec<String>)> {
    let blocks = text.split("```").skip(1).step_by(2);
    let lines =
        blocks.flat_map(str::lines).filter_map(|it| it.trim().strip_prefix("qingshou "));
    lines.map(|line| (line.to_owned(), words_of(line))).collect()
}

/// The words of a command line up to a comment, a pipe or a redirection.
fn words_of(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for letter in line.chars().chain([' ']) {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => {
                if matches!(word.as_str(), "#" | "|" | ">" | "&&") {
                    return words;
                }
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
    }
    words
}

/// The texts of the form `"W003"`.
fn codes_in(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let quoted = code.flat_map(|it| it.split('"').skip(1));
    let is_code = |it: &&str| {
        let digits = it.strip_prefix(['W', 'I', 'R']).unwrap_or_default();
        digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    quoted.filter(is_code).map(str::to_owned).collect()
}

/// The ids of rules: `id = "cn.window"` of a pack, and those that the review makes
/// from words of its own, `review.id("window", "never")`.
fn rules_in(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let stated = text.split("id = \"cn.").skip(1);
    let stated = stated.filter_map(|it| it.split('"').next());
    let mut found: Vec<String> = stated.map(|it| format!("cn.{it}")).collect();
    for call in text.split("review.id(").skip(1) {
        let call = call.split(')').next().unwrap_or_default();
        let words: Vec<&str> = call.split('"').skip(1).step_by(2).collect();
        if let [kind, name] = words[..] {
            found.push(format!("cn.{kind}.{name}"));
        }
    }
    found
}

/// Why an order ends as it does: `Settled::new("failed", now.ms, "plugin_off")`.
fn reasons_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for lead in ["Settled::new(", "stale(", "Changed(", "NOTE: &str = "] {
        for call in text.split(lead).skip(1) {
            let call = call.split([')', ';']).next().unwrap_or_default();
            found.extend(words_in(call));
        }
    }
    found
}

/// What is noted of an order: `settled_note = 'stage_left'`, `"note": "case_changed"`.
fn notes_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (lead, end) in [("settled_note = '", '\''), ("\"note\": \"", '"')] {
        let notes = text.split(lead).skip(1).filter_map(|rest| rest.split(end).next());
        let is_word = |note: &&str| {
            note.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        found.extend(notes.filter(is_word).map(str::to_owned));
    }
    found.retain(|note| !note.is_empty());
    found
}

/// The words of lists that tables print and staff enter: results, causes, holds,
/// grades, states, notes, kinds of tasks, evidence.
fn listed_words() -> Vec<String> {
    let text = read(&Path::new(ROOT).join("engine/runtime/src/words.rs"));
    let mut found = Vec::new();
    for list in [
        "CALLS", "CAUSES", "VISITS", "HOLDS", "GRADES", "STATES", "NOTES", "TASKS",
        "EVIDENCE",
    ] {
        let words = text.split(&format!("const {list}: Words = Words(&[")).nth(1);
        let words = words.unwrap_or_else(|| panic!("a list {list}"));
        let words = words.split("]);").next().unwrap_or_default();
        let lines = words.lines().filter_map(|line| line.trim().strip_prefix("(\""));
        found.extend(lines.filter_map(|line| line.split('"').next()).map(str::to_owned));
    }
    found
}

/// What `verify` says of a store: `fault("seal", …)` and `("I1", QUESTION, …)`.
fn proofs_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for lead in ["fault(", "    ("] {
        for call in text.split(lead).skip(1) {
            let first = call.trim_start().split(',').next().unwrap_or_default();
            found.extend(words_in(first));
        }
    }
    found
}

/// The states that an order can have, as the newest migration lists them.
fn order_states() -> Vec<String> {
    let mut files = files_below(&Path::new(ROOT).join("engine/store/migrations"), "sql");
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| read(file)).collect();
    let mut lists =
        texts.iter().filter_map(|text| text.split("order_status_is_known").nth(1));
    let list = lists.next_back().expect("a migration lists the states");
    let list = list.split("))").next().unwrap_or_default();
    list.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Words in quotes: small letters with `_`, or one capital with a digit.
fn words_in(text: &str) -> Vec<String> {
    let is_word = |it: &&str| {
        let letters = it.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let proof = it.len() == 2 && it.starts_with('I');
        !it.is_empty() && (letters || proof)
    };
    text.split('"').skip(1).step_by(2).filter(is_word).map(str::to_owned).collect()
}

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    for (name, _) in
        std::env::vars().filter(|variable| variable.0.starts_with("QINGSHOU_"))
    {
        command.env_remove(name);
    }
    command.current_dir(ROOT).args(args).output().expect("the program runs")
}

fn succeeds(args: &[&str]) -> String {
    let done = run(args);
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "`{}`: {told}", args.join(" "));
    String::from_utf8(done.stdout).expect("it prints UTF-8")
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
