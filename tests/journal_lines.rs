//! The lines of the journal (日志条目): they are declared in the domain alone, and no
//! other file knows the keys that they are written with.

use crate::tidy::{code_lines, files_below, read, shown};

/// Where the lines are declared.
const DECLARED: &str = "engine/domain/src/journal";

/// Files that write logs of their own with the same word for what happened.
const OTHER_LOGS: &[&str] = &["engine/store/src/departures.rs"];

/// Rust makes lines of `domain::journal::Entry` and reads them as such; a body put
/// together by hand is a line that nobody who renames a key will find.
#[test]
fn no_line_of_the_journal_is_written_or_read_by_its_keys() {
    let mut seen = 0;
    for file in ["engine", "plugins"].iter().flat_map(|it| files_below(it, "rs")) {
        let name = shown(&file);
        if name.starts_with(DECLARED) || OTHER_LOGS.contains(&name.as_str()) {
            continue;
        }
        seen += 1;
        let text = read(&file);
        // A test may look at what stands in a store.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let is_test = name.contains("/tests");
        for (number, line) in code_lines(code).filter(|_| !is_test) {
            assert!(
                !line.contains("\"did\"") && !line.contains("\\\"did\\\""),
                "{name}:{number} names the key `did`: use domain::journal::Entry"
            );
        }
    }
    assert!(200 < seen, "the sources were found: {seen}");
}

/// A statement gets the keys of a line from `domain::journal::keys`, where a test
/// holds them against the entries.
#[test]
fn no_statement_looks_into_a_line_by_a_key_of_its_own() {
    let mut seen = 0;
    for file in ["engine", "plugins"].iter().flat_map(|it| files_below(it, "rs")) {
        let (name, text) = (shown(&file), read(&file));
        if name.contains("/tests") {
            continue;
        }
        for (number, line) in code_lines(&text) {
            let marks = [
                "body) ->> '",
                "body) -> '",
                "body ->> '",
                "body -> '",
                "body like '%\\\"",
            ];
            let after = marks.iter().flat_map(|mark| {
                line.match_indices(mark).map(|(at, _)| &line[at + mark.len()..])
            });
            for key in after {
                seen += 1;
                assert!(
                    key.starts_with("{AT_"),
                    "{name}:{number} asks for the key `{key}`: use domain::journal::keys"
                );
            }
        }
    }
    assert!(5 <= seen, "the statements were found: {seen}");
}
