//! One way to say things (一种说法): one type for the two languages, one for a pair of
//! texts, one place that asks what was meant, and a page for every rule and word.

use crate::tidy::{code_lines, files_below, read, shown};

/// What is written for tests stands below this line of a file, or in a file of its own.
const TESTS: &str = "#[cfg(test)]\nmod tests {";

/// Every source file of the program with its text, without what is for tests.
fn texts() -> Vec<(String, String)> {
    let files = ["engine", "plugins"].into_iter().flat_map(|it| files_below(it, "rs"));
    let named = files.map(|file| (shown(&file), read(&file)));
    let program = named.filter(|(name, _)| !name.contains("tests"));
    program
        .map(|(name, text)| {
            let end = text.find(TESTS).unwrap_or(text.len());
            (name, text[..end].to_owned())
        })
        .collect()
}

/// The fields of each struct, a line each, without who may see them.
fn structs(text: &str) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut within = false;
    for line in code_lines(text).map(|line| line.1.trim()) {
        let bare = ["pub(crate) ", "pub(super) ", "pub "]
            .iter()
            .find_map(|it| line.strip_prefix(it))
            .unwrap_or(line);
        if bare.starts_with("struct ") && bare.ends_with('{') {
            found.push(Vec::new());
            within = true;
        } else if line == "}" {
            within = false;
        } else if let Some(fields) = found.last_mut().filter(|_| within) {
            fields.push(bare.to_owned());
        }
    }
    found
}

/// The files in which a line of code has one of these words.
fn with(words: &[&str]) -> Vec<String> {
    let has = |text: &str| {
        code_lines(text).any(|(_, line)| words.iter().any(|word| line.contains(word)))
    };
    texts().into_iter().filter(|text| has(&text.1)).map(|text| text.0).collect()
}

/// Two languages that are chosen in two ways answer one person in both.
#[test]
fn there_is_one_type_for_a_language_and_one_for_a_pair_of_texts() {
    let say = "engine/domain/src/say.rs";
    assert_eq!(with(&["enum Lang", "enum Language", "enum Tongue"]), [say]);
    assert_eq!(
        with(&["struct Say", "struct Bilingual", "struct Message {"]),
        [
            say,
            // A message that lies in the outgoing tray.
            "engine/store/src/spool/clearing.rs",
        ]
    );
    for (name, text) in texts().into_iter().filter(|text| text.0 != say) {
        for fields in structs(&text) {
            let has = |tongue: &str| {
                let field =
                    [format!("{tongue}: String,"), format!("{tongue}: &'static str,")];
                fields.iter().any(|line| field.iter().any(|it| line == it))
            };
            assert!(
                !(has("zh") && has("en")),
                "{name} has a pair of texts that is no `Say`"
            );
        }
    }
}

/// A word that one command takes for a misspelling another one would not.
#[test]
fn there_is_one_place_that_asks_what_was_meant() {
    let near = "engine/domain/src/near.rs";
    assert_eq!(with(&["strsim", "levenshtein", "jaro"]), [near]);
    assert_eq!(with(&["did you mean"]), [near]);
    assert_eq!(with(&["是否应为"]), [near]);
    assert_eq!(with(&["fn nearest", "fn only_near"]), [near]);
}
