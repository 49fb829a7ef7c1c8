//! Tests of a candidate that failed (没有通过的测试), as findings.

use std::collections::BTreeSet;

use script::check::codes::TEST_FAILED;
use script::finding::Finding;
use script::testing::{Failure, Outcome, TestResult};

use crate::release::causes::FailedTest;

/// The tests that failed, each with the files that it met.
pub fn failed(results: &[TestResult]) -> Vec<FailedTest> {
    results.iter().filter_map(of).collect()
}

fn of(result: &TestResult) -> Option<FailedTest> {
    let Outcome::Failed(failure) = &result.outcome else { return None };
    let Failure { line, expected, got, place, path } = failure;
    let name = &result.name;
    let (zh, en) = if expected.is_empty() {
        (format!("测试 “{name}” 没有通过:{got}"), format!("test “{name}” failed: {got}"))
    } else {
        (
            format!("测试 “{name}” 第 {line} 行应为 {expected},实际 {got}"),
            format!("test “{name}”, line {line}: expected {expected}, got {got}"),
        )
    };
    // Only the first line is told where the others are folded away.
    let (mut zh, mut en) = (vec![zh], vec![en]);
    if !place.is_empty() {
        zh.push(format!("  案件现在:{place}"));
        en.push(format!("  the case is at {place}"));
    }
    if !path.is_empty() {
        let path = path.join(" → ");
        zh.push(format!("  走过:{path}"));
        en.push(format!("  it went {path}"));
    }
    let mut met: BTreeSet<String> = result.met.iter().cloned().collect();
    met.insert(result.file.clone());
    let finding = Finding::error(TEST_FAILED, &result.file, zh.join("\n"), en.join("\n"))
        .at(result.line, 1);
    Some(FailedTest { finding, met })
}
