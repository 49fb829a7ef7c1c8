//! Collects what is found (检查报告), in any order; sorts it at the end.

use super::codes;
use super::tree::Pos;
use crate::finding::{Finding, Severity};

/// What has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Adds a finding with the usual weight of its code.
    pub(crate) fn add(
        &mut self,
        code: &'static str,
        file: &str,
        at: Pos,
        [zh, en]: [String; 2],
    ) {
        self.add_near(code, file, at, [zh, en], None);
    }

    /// Adds a finding with the word that was probably meant.
    pub(crate) fn add_near(
        &mut self,
        code: &'static str,
        file: &str,
        at: Pos,
        [zh, en]: [String; 2],
        suggestion: Option<String>,
    ) {
        let finding = match codes::severity(code) {
            Severity::Error => Finding::error(code, file, zh, en),
            Severity::Warning => Finding::warning(code, file, zh, en),
        };
        self.findings.push(finding.at(at.line, at.col).suggesting(suggestion));
    }

    /// Adds a finding that is milder than its code usually is.
    pub(crate) fn warn(
        &mut self,
        code: &'static str,
        file: &str,
        at: Pos,
        [zh, en]: [String; 2],
    ) {
        self.findings.push(Finding::warning(code, file, zh, en).at(at.line, at.col));
    }

    /// So many findings that nobody reads the rest closely.
    pub(crate) fn is_long(&self) -> bool {
        500 < self.findings.len()
    }

    /// The findings by file, line, column and code, each once.
    pub(crate) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by(|a, b| {
            (&a.file, a.line, a.col, a.code, &a.en)
                .cmp(&(&b.file, b.line, b.col, b.code, &b.en))
        });
        self.findings.dedup();
        self.findings
    }
}

/// The same fact in Chinese and English.
pub(crate) fn both(zh: impl Into<String>, en: impl Into<String>) -> [String; 2] {
    [zh.into(), en.into()]
}
