//! Tests of a candidate that failed (没有通过的测试), as findings.

use std::collections::BTreeSet;

use domain::say::Lang;
use script::check::codes::TEST_FAILED;
use script::finding::Finding;
use script::testing::{Failure, Outcome, TestResult};

use crate::causes::FailedTest;

/// The tests that failed, each with the files that it met.
pub fn failed(results: &[TestResult]) -> Vec<FailedTest> {
    results.iter().filter_map(of).collect()
}

fn of(result: &TestResult) -> Option<FailedTest> {
    let Outcome::Failed(failure) = &result.outcome else { return None };
    let (zh, en) = (told(result, failure, Lang::Zh), told(result, failure, Lang::En));
    let mut met: BTreeSet<String> = result.met.iter().cloned().collect();
    met.insert(result.file.clone());
    let finding = Finding::error(TEST_FAILED, &result.file, zh, en).at(result.line, 1);
    Some(FailedTest { finding, met })
}

/// What a test expected and what was; only the first line is told where the others
/// are folded away.
fn told(result: &TestResult, failure: &Failure, lang: Lang) -> String {
    let (line, path) = (failure.line, failure.path.join(" → "));
    let (name, expected) = (lang.half(&result.name), lang.half(&failure.expected));
    let (got, place) = (failure.got_in(lang), failure.place_in(lang));
    let mut lines = vec![match (lang, expected.is_empty()) {
        (Lang::Zh, true) => format!("测试 “{name}” 没有通过:{got}"),
        (Lang::En, true) => format!("test “{name}” failed: {got}"),
        (Lang::Zh, false) => {
            format!("测试 “{name}” 第 {line} 行应为 {expected},实际 {got}")
        }
        (Lang::En, false) => {
            format!("test “{name}”, line {line}: expected {expected}, got {got}")
        }
    }];
    let (at, went) = match lang {
        Lang::Zh => ("案件现在:", "走过:"),
        Lang::En => ("the case is at ", "it went "),
    };
    for (word, told) in [(at, place), (went, path)] {
        if !told.is_empty() {
            lines.push(format!("  {word}{told}"));
        }
    }
    lines.join("\n")
}
