//! The shape of the code itself (代码规整): who knows whom, how files open, how
//! long they may grow, and which words may not stand in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::statements::{is_statement, texts};

pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every crate with the only crates that it may depend on. A plugin that is
/// added stands here too, or the first test fails.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("engine/domain", &["jiff", "serde", "serde_json", "strsim", "thiserror", "toml"]),
    (
        "engine/store",
        &[
            "async-trait",
            "domain",
            "foldhash",
            "futures-core",
            "futures-util",
            "jiff",
            "nix",
            "serde",
            "serde_json",
            "sha2",
            "sqlx",
            "thiserror",
            "tokio",
            "url",
        ],
    ),
    (
        "engine/script",
        &[
            "domain",
            "full_moon",
            "jiff",
            "mlua",
            "rustix",
            "serde",
            "serde_json",
            "thiserror",
            "toml",
        ],
    ),
    ("engine/synthetic", &["csv", "domain", "jiff"]),
    (
        "engine/testkit",
        &["domain", "jiff", "serde_json", "sqlx", "store", "tempfile", "tokio"],
    ),
    (
        "engine/import",
        &[
            "calamine",
            "cfb",
            "chardetng",
            "csv",
            "domain",
            "encoding_rs",
            "encoding_rs_io",
            "synthetic",
            "flate2",
            "foldhash",
            "jiff",
            "nix",
            "postcard",
            "rustc-hash",
            "serde",
            "serde_json",
            "sha2",
            "smol_str",
            "store",
            "tempfile",
            "thiserror",
            "tokio",
            "zip",
        ],
    ),
    (
        "engine/site",
        &[
            "anyhow",
            "domain",
            "jiff",
            "nix",
            "script",
            "serde",
            "serde_json",
            "store",
            "thiserror",
            "toml",
            "tracing",
            "tracing-subscriber",
        ],
    ),
    (
        "engine/runtime",
        &[
            "anyhow",
            "arc-swap",
            "domain",
            "failsafe",
            "foldhash",
            "futures-util",
            "governor",
            "jiff",
            "minijinja",
            "nix",
            "rustix",
            "script",
            "serde",
            "serde_json",
            "sha2",
            "site",
            "sqlx",
            "store",
            "thiserror",
            "tokio",
            "tracing",
        ],
    ),
    (
        "engine/plugins_on",
        &[
            "anyhow",
            "domain",
            "plugin-legal",
            "plugin-remind",
            "plugin-reward",
            "plugin-visit",
            "runtime",
            "script",
            "serde_json",
            "store",
            "toml",
        ],
    ),
    (
        "engine/release",
        &[
            "anyhow",
            "domain",
            "include_dir",
            "jiff",
            "nix",
            "notify",
            "plugins_on",
            "runtime",
            "script",
            "serde",
            "serde_json",
            "similar",
            "site",
            "store",
            "tempfile",
            "tokio",
            "toml",
            "tracing",
            "unicode-width",
        ],
    ),
    (
        "engine/commands",
        &[
            "anyhow",
            "arc-swap",
            "clap",
            "domain",
            "import",
            "jiff",
            "nix",
            "plugins_on",
            "release",
            "runtime",
            "script",
            "serde",
            "serde_json",
            "sha2",
            "site",
            "store",
            "thiserror",
            "tokio",
            "toml",
            "tracing",
        ],
    ),
    (
        "engine/lab",
        &[
            "anyhow",
            "commands",
            "domain",
            "synthetic",
            "import",
            "jiff",
            "nix",
            "plugin-legal",
            "plugin-reward",
            "plugin-visit",
            "plugins_on",
            "release",
            "runtime",
            "rusqlite",
            "script",
            "serde",
            "serde_json",
            "sha2",
            "site",
            "sqlx",
            "store",
            "tempfile",
            "tokio",
        ],
    ),
    ("plugins/legal", PLUGIN_WITH_BOOKS),
    (
        "plugins/remind",
        &[
            "async-trait",
            "base64",
            "domain",
            "form_urlencoded",
            "hex",
            "hmac",
            "jiff",
            "minijinja",
            "reqwest",
            "rustls",
            "serde",
            "serde_json",
            "sha2",
            "store",
            "tracing",
        ],
    ),
    ("plugins/reward", PLUGIN_WITH_BOOKS),
    ("plugins/visit", PLUGIN_WITH_BOOKS),
];

/// The sources of the crates between the store and the plugins on one side and the
/// program on the other, and of the program.
pub(crate) const ABOVE_THE_STORE: &[&str] = &[
    "engine/import/src",
    "engine/site/src",
    "engine/runtime/src",
    "engine/plugins_on/src",
    "engine/release/src",
    "engine/commands/src",
    "engine/lab/src",
    "engine/daemon/src",
];

const PLUGIN_WITH_BOOKS: &[&str] =
    &["async-trait", "domain", "jiff", "serde_json", "sqlx", "store", "thiserror"];

/// The crates of this house by the names under which they are imported.
const OURS: &[&str] = &[
    "domain",
    "store",
    "script",
    "synthetic",
    "import",
    "site",
    "runtime",
    "plugins_on",
    "release",
    "commands",
    "lab",
    "testkit",
    "plugin_remind",
    "plugin_visit",
    "plugin_legal",
    "plugin_reward",
    "daemon",
];

/// Files longer than this hold more than one thing.
const LONGEST_FILE: usize = 800;
/// Functions longer than this cannot be read at one go.
const LONGEST_FUNCTION: usize = 100;

#[test]
fn crates_import_only_what_the_architecture_allows() {
    for (folder, allowed) in MAY_IMPORT {
        for name in dependencies(folder, "dependencies") {
            assert!(
                allowed.contains(&name.as_str()),
                "{folder}/Cargo.toml depends on `{name}`.\n\
                 Only {allowed:?} are allowed there; see ARCHITECTURE.md, \"Who knows whom\"."
            );
        }
    }
}

#[test]
fn every_crate_of_the_workspace_has_its_rule() {
    let manifest = manifest(".");
    let members =
        manifest["workspace"]["members"].as_array().expect("members are a list");
    let members: BTreeSet<&str> =
        members.iter().filter_map(toml::Value::as_str).collect();
    let ruled: BTreeSet<&str> = MAY_IMPORT.iter().map(|it| it.0).collect();
    assert_eq!(members, ruled, "workspace members and the rules of this file");
}

/// A test may look at more than the code it tests, but not at a crate that the
/// architecture keeps apart from it; and nothing that is shipped knows the tools of tests.
#[test]
fn tests_of_a_crate_import_no_crate_of_ours_that_the_crate_may_not() {
    for (folder, allowed) in MAY_IMPORT {
        for name in dependencies(folder, "dev-dependencies") {
            // Tools of tests, which know the store and what it knows.
            if name == "testkit" {
                continue;
            }
            let ours = OURS.contains(&name.replace('-', "_").as_str());
            assert!(
                !ours || allowed.contains(&name.as_str()),
                "{folder} tests with `{name}`"
            );
        }
    }
}

/// A plugin can be left out: each is optional and a feature of its own.
#[test]
fn every_plugin_is_a_feature_that_can_be_left_out() {
    let (program, list) = (manifest("."), manifest("engine/plugins_on"));
    let asks = |manifest: &toml::Table, name: &str, for_what: &str| {
        let feature = manifest["features"][name].as_array().expect("a feature is a list");
        feature.iter().any(|it| it.as_str() == Some(for_what))
    };
    for (folder, _) in MAY_IMPORT.iter().filter(|it| it.0.starts_with("plugins/")) {
        let name = folder.trim_start_matches("plugins/");
        let dependency = &list["dependencies"][format!("plugin-{name}")];
        assert_eq!(dependency["optional"].as_bool(), Some(true), "{name} is optional");
        assert!(asks(&list, name, &format!("dep:plugin-{name}")), "{name} is a feature");
        assert!(
            asks(&program, name, &format!("plugins_on/{name}")),
            "{name} is asked for"
        );
    }
}

#[test]
fn the_domain_names_no_clock_file_network_or_environment() {
    let doors = [
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned",
        "std::thread",
    ];
    for file in files_below("engine/domain/src", "rs") {
        let text = read(&file);
        for (number, line) in code_lines(&text) {
            for door in doors {
                assert!(!line.contains(door), "{}:{number} names `{door}`", shown(&file));
            }
        }
    }
}

/// Conduct review is the only way to an approved order: its fields are private
/// and the one function that makes it belongs to the module of the review.
#[test]
fn an_approved_order_has_no_public_constructor() {
    let file = Path::new(ROOT).join("engine/domain/src/conduct/verdict.rs");
    let text = read(&file);
    assert!(text.contains("compile_fail"), "a doc test shows that it cannot be made");
    let (above, body) =
        text.split_once("pub struct Approved").expect("it is declared there");
    let derived = above.lines().next_back().unwrap_or_default();
    for way in ["Deserialize", "Default"] {
        assert!(!derived.contains(way), "`{derived}` makes one out of nothing");
    }
    let fields = body.split('}').next().expect("it has a body");
    assert!(!fields.contains("pub "), "its fields are private: {fields}");
    for implementation in
        body.split("impl<").skip(1).filter(|part| part.contains("Approved<"))
    {
        let implementation = implementation.split("\nimpl").next().unwrap_or_default();
        for line in
            implementation.lines().filter(|line| line.trim().starts_with("pub fn "))
        {
            assert!(line.contains("self"), "`{}` makes one out of nothing", line.trim());
        }
    }
}

#[test]
fn who_works_the_store_asks_it_by_name_and_writes_no_sql() {
    // Yardsticks beside the store, and a savepoint by name.
    const LEFT: &[&str] = &["lab/bench/", "runtime/dispatch.rs"];
    for (name, code) in above_the_store() {
        let found = code.contains("sqlx::query");
        let is_left = LEFT.iter().any(|it| name.starts_with(it));
        assert!(
            is_left || !found,
            "{name} has SQL of its own: it belongs into the store"
        );
    }
}

/// Who opens a transaction by hand, and why. Everybody else begins a unit of work
/// (`work.rs` of the engine), which tells the plugins and has the journal name the person.
const WRITE_BY_HAND: &[(&str, &str)] = &[
    ("runtime/work.rs", "every unit of work begins here"),
    (
        "runtime/sending.rs",
        "a stop beside a daemon that does not answer: no engine is there",
    ),
    ("import/intake.rs", "the plugins hear of a list when all its portions are in"),
    ("runtime/lib.rs", "the tables of plugins are made before there is an engine"),
    (
        "release/scenario/slot.rs",
        "the empty store of script tests, before there is an engine",
    ),
    ("daemon/store_copy.rs", "a store that moves is worked by nobody"),
    ("daemon/backup.rs", "a copy that waits for a person's word is worked by nobody"),
    ("lab/bench/", "yardsticks beside the engine"),
];

/// The code of those crates without its tests: names as `import/intake.rs`, and texts.
fn above_the_store() -> Vec<(String, String)> {
    let folders = ABOVE_THE_STORE.iter();
    let files = folders.flat_map(|folder| files_below(folder, "rs"));
    let code = files.filter_map(|file| {
        let name = shown(&file);
        let name = name.trim_start_matches("engine/").replacen("/src/", "/", 1);
        let text = read(&file);
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        (!name.contains("tests")).then(|| (name, code.to_owned()))
    });
    code.collect()
}

#[test]
fn who_writes_begins_a_unit_of_work_or_says_why_not() {
    let mut used = BTreeSet::new();
    for (name, code) in above_the_store() {
        let Some((line, _)) =
            code_lines(&code).find(|line| line.1.contains(".write().await"))
        else {
            continue;
        };
        let listed = WRITE_BY_HAND.iter().find(|it| name.starts_with(it.0));
        assert!(listed.is_some(), "{name}:{line} opens a transaction by hand");
        used.extend(listed.map(|it| it.0));
    }
    let spare = WRITE_BY_HAND.iter().find(|it| !used.contains(it.0));
    assert!(spare.is_none(), "nothing is written by hand any more in {spare:?}");
}

/// What people do goes through `begin_by`, which commits nothing before the journal says
/// who did it and why.
#[test]
fn what_people_ask_for_is_written_with_their_names() {
    // A clock that jumped is noted, whoever asks for what, and so is a daemon that lives.
    const FOLDER: &str = "commands/";
    const NOTES: [&str; 2] = ["commands/clock.rs", "commands/app.rs"];
    const DOORS: [&str; 4] =
        [".write().await", ".begin(", ".begin_silent(", ".notify_plugins("];
    let mut seen = 0;
    for (name, code) in above_the_store().iter().filter(|it| it.0.starts_with(FOLDER)) {
        for (line, text) in code_lines(code) {
            seen += usize::from(text.contains(".begin_by("));
            let door = DOORS.iter().find(|door| text.contains(**door));
            let is_note =
                NOTES.contains(&name.as_str()) && text.contains("Silence::Notes");
            assert!(door.is_none() || is_note, "{name}:{line} writes by {door:?}");
        }
    }
    assert!(5 < seen, "what people write was found");
}

/// Each plugin asks its tables in one file, or the modules of that file; what it wants
/// of the store's tables it asks by the name of a function.
#[test]
fn a_plugin_asks_its_own_tables_alone() {
    let of_the_store = tables_of_the_store();
    for file in files_below("plugins", "rs") {
        let name = shown(&file);
        if name.contains("tests") {
            continue;
        }
        let text = read(&file);
        let implementation = text.split("#[cfg(test)]").next().unwrap_or_default();
        let statements: Vec<String> = texts(implementation)
            .into_iter()
            .map(|text| text.1)
            .filter(|it| is_statement(it) || is_definition(it))
            .collect();
        if !name.ends_with("/src/books.rs") && !name.contains("/src/books/") {
            let found = implementation.contains("sqlx") || !statements.is_empty();
            assert!(!found, "{name} has SQL: it belongs into books");
        }
        for sql in statements {
            let mut words = sql.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let table = words.find(|word| of_the_store.contains(*word));
            assert!(
                table.is_none(),
                "{name} asks a table of the store, {table:?}: that belongs into the store"
            );
        }
    }
}

fn is_definition(text: &str) -> bool {
    let mut words = text.split_whitespace();
    matches!(words.next(), Some("create" | "alter" | "drop"))
        && words.next().is_some_and(|word| matches!(word, "table" | "index" | "unique"))
}

fn tables_of_the_store() -> BTreeSet<String> {
    let files = files_below("engine/store/migrations", "sql");
    let texts: Vec<String> = files.iter().map(|file| read(file)).collect();
    let made = texts.iter().flat_map(|text| text.split("create table ").skip(1));
    let found: BTreeSet<String> =
        made.filter_map(|it| Some(it.split_whitespace().next()?.to_owned())).collect();
    assert!(found.contains("cases"), "the store's tables were found");
    found
}

/// `row.get(3)`, `row.try_get::<i64, _>(0)?`.
fn reads_by_place(line: &str) -> bool {
    line.split("get").skip(1).any(|rest| {
        let rest = match rest.strip_prefix("::<") {
            Some(of_type) => of_type.split_once(">(").map_or("", |it| it.1),
            None => rest.strip_prefix('(').unwrap_or(""),
        };
        let argument = rest.split(')').next().unwrap_or("");
        !argument.is_empty() && argument.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[test]
fn no_column_of_a_row_is_read_by_its_place() {
    for folder in ["engine/store/src", "plugins"] {
        for file in files_below(folder, "rs") {
            let name = shown(&file);
            if name.contains("tests") {
                continue;
            }
            let text = read(&file);
            let implementation = text.split("#[cfg(test)]").next().unwrap_or_default();
            let found = implementation.lines().find(|line| reads_by_place(line));
            assert!(found.is_none(), "{name} reads a row by place: {found:?}");
        }
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    for file in sources() {
        assert!(
            read(&file).starts_with("//! "),
            "{} does not open with `//!`",
            shown(&file)
        );
    }
}

#[test]
fn every_workflow_says_in_chinese_what_it_is_for() {
    for file in files_below("workflows", "lua") {
        let text = read(&file);
        let first = text.lines().next().unwrap_or_default();
        let chinese = first.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let generated = file.parent().is_some_and(|parent| parent.ends_with("types"));
        assert!(
            first.starts_with("--") && (chinese || generated),
            "{} does not open with a Chinese sentence",
            shown(&file)
        );
    }
}

#[test]
fn no_file_and_no_function_grows_out_of_hand() {
    for file in sources() {
        let text = read(&file);
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines", shown(&file));
        for (name, length) in functions(&text) {
            assert!(
                length <= LONGEST_FUNCTION,
                "{}: `{name}` has {length} lines",
                shown(&file)
            );
        }
    }
}

/// What belongs to the workbench and not into the house. The words are put
/// together here, so that this file does not hold them.
#[test]
fn nothing_of_the_workbench_is_left_in_the_house() {
    let words: Vec<String> = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["unimple", "mented!"],
        ["dbg", "!("],
    ]
    .iter()
    .map(|it| it.concat())
    .collect();
    let texts = ["rs", "lua", "toml", "md", "sql", "txt"];
    let folders = ["engine", "plugins", "workflows", "tests"];
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| texts.iter().flat_map(|text| files_below(folder, text)))
        .collect();
    let top = fs::read_dir(ROOT).expect("the top folder can be read").flatten();
    files.extend(top.map(|top| top.path()).filter(|path| {
        path.extension().is_some_and(|extension| extension == "md" || extension == "toml")
    }));
    for file in files {
        for (number, line) in read(&file).lines().enumerate() {
            for word in &words {
                assert!(
                    !line.contains(word),
                    "{}:{} holds `{word}`",
                    shown(&file),
                    number + 1
                );
            }
        }
    }
}

fn manifest(folder: &str) -> toml::Table {
    let text = read(&Path::new(ROOT).join(folder).join("Cargo.toml"));
    text.parse().expect("a manifest is TOML")
}

/// The names of one table of dependencies, also those for one target alone.
fn dependencies(folder: &str, table: &str) -> Vec<String> {
    let manifest = manifest(folder);
    let mut tables = vec![&manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    let named = tables.iter().filter_map(|it| it.get(table)?.as_table());
    named.flat_map(|it| it.keys().cloned()).collect()
}

fn sources() -> Vec<PathBuf> {
    let found: Vec<PathBuf> = ["engine", "plugins", "tests"]
        .iter()
        .flat_map(|it| files_below(it, "rs"))
        .collect();
    assert!(100 < found.len(), "the source files were found");
    found
}

pub(crate) fn files_below(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(ROOT).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a source folder can be listed") {
            let path = entry.expect("a folder entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", shown(file)))
}

pub(crate) fn shown(file: &Path) -> String {
    file.strip_prefix(ROOT).unwrap_or(file).display().to_string()
}

/// The lines that are no comments, with their numbers.
pub(crate) fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|line| !line.1.trim_start().starts_with("//"))
}

/// Every function of a formatted file with its number of lines: its closing
/// brace stands as deep as its first line.
fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let depth = line.len() - code.len();
        let Some(name) = function_name(code) else { continue };
        // A signature may take several lines; one that ends without a body has
        // none to measure.
        let signature = lines[at..].iter().find(|line| line.ends_with(['{', ';', '}']));
        if signature.is_none_or(|signature| !signature.ends_with('{')) {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(depth));
        let length = lines[at..].iter().position(|line| *line == closing);
        found.extend(length.map(|length| (name, length + 1)));
    }
    found
}

fn function_name(code: &str) -> Option<&str> {
    let words = ["pub(crate) ", "pub(super) ", "pub ", "const ", "async "];
    let mut rest = code;
    while let Some(shorter) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest.strip_prefix("fn ")?.split(['(', '<']).next()
}
