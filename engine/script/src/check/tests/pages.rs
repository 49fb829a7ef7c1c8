//! Every code has a page whose example shows it (说明页的测试).

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::finding::Severity;

/// The files of an example: a fragment alone goes under the usual header.
fn files(block: &str, code: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = vec![];
    let first = if block.contains("-- file: ") { "" } else { "example.lua" };
    let mut name = first.to_owned();
    let mut text = String::new();
    for line in block.lines() {
        if let Some(next) = line.strip_prefix("-- file: ") {
            files.push((std::mem::replace(&mut name, next.to_owned()), text));
            text = String::new();
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    files.push((name, text));
    files.retain(|(name, _)| !name.is_empty());
    for (_, text) in &mut files {
        if !text.starts_with("--") && !text.contains("test(") {
            *text = format!("{HEADER}{text}");
        }
    }
    if code != "W028" {
        let tests: Vec<_> = files
            .iter()
            .map(|(name, _)| (name.replace(".lua", "_test.lua"), String::new()))
            .collect();
        files.extend(tests);
    }
    files
}

fn found(block: &str, code: &str) -> Vec<Finding> {
    let files = files(block, code);
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    findings(&files)
}

fn block<'p>(page: &'p str, kind: &str) -> Option<&'p str> {
    let from = page.split_once(&format!("```lua {kind}\n"))?.1;
    Some(from.split_once("\n```")?.0)
}

#[test]
fn every_page_shows_its_code_and_how_to_mend_it() {
    // The codes of loading and of releases cannot be shown by one script.
    for code in CODES.iter().filter(|code| code.code < "W050") {
        let name = code.code;
        let wrong = block(code.page, "wrong").expect(name);
        let right = block(code.page, "right").expect(name);
        let all = found(wrong, name);
        assert!(all.iter().any(|it| it.code == name), "{name} wrong: {all:#?}");
        let all = found(right, name);
        let bad = all.iter().find(|it| it.code == name || it.severity == Severity::Error);
        assert_eq!(bad, None, "{name} right");
    }
}

#[test]
fn every_code_has_one_page_in_both_languages_and_every_page_a_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pages");
    let pages: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the pages folder")
        .map(|it| it.expect("a page").file_name().to_string_lossy().into_owned())
        .collect();
    let wanted: BTreeSet<String> =
        CODES.iter().map(|code| format!("{}.md", code.code)).collect();
    assert_eq!(pages, wanted);
    for code in CODES {
        let name = code.code;
        let page = explain(name).expect(name);
        assert!(page.starts_with(&format!("# {name} {}\n", code.title.zh)), "{name}");
        assert!(page.contains(&format!("\n# {name}: {}\n", code.title.en)), "{name}");
        let zh = page.find("## 原因").expect(name);
        let en = page.find("## Cause").expect(name);
        assert!(
            zh < en && page.contains("## 办法") && page.contains("## Remedy"),
            "{name}"
        );
    }
}

#[test]
fn codes_are_in_order_and_used_once() {
    let codes: Vec<&str> = CODES.iter().map(|code| code.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
}
