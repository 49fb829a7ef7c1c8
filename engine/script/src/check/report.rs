//! Collects what is found (检查报告), in any order; sorts it at the end.

use domain::near::{nearest, only_near};
use domain::say::Say;

use super::codes;
use super::draft::{self, Draft};
use super::tree::Pos;
use crate::finding::{Finding, Mend};

/// What has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<(Finding, Vec<Change>)>,
    misnamed: Vec<Misnamed>,
}

/// A name that is declared in one way and used in another.
#[derive(Debug)]
struct Misnamed {
    /// The finding of each use.
    code: &'static str,
    /// As it is declared.
    declared: String,
    /// What to tell at the declaration instead.
    instead: Finding,
}

/// Codes of which the same text several times in a file is one slip.
const FOLDED: &[&str] = &[codes::NO_NAME, codes::NO_STAGE, codes::NO_SETTING];

/// How a finding can be mended: what is written at a place becomes a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Change {
    pub(crate) at: Pos,
    /// What has to stand there, or in quotes there, for the change to be made.
    pub(crate) written: String,
    pub(crate) text: String,
}

impl Report {
    /// Adds a finding with the usual weight of its code.
    pub(crate) fn add(&mut self, code: &'static str, file: &str, at: Pos, text: Say) {
        self.add_near(code, file, at, text, None);
    }

    /// Adds a finding with the word that was probably meant.
    pub(crate) fn add_near(
        &mut self,
        code: &'static str,
        file: &str,
        at: Pos,
        Say { zh, en }: Say,
        suggestion: Option<String>,
    ) {
        let finding = Finding {
            severity: codes::severity(code),
            ..Finding::error(code, file, zh, en)
        };
        let finding = finding.at(at.line, at.col).suggesting(suggestion);
        self.findings.push((finding, vec![]));
    }

    /// Adds a finding for a word that is none of those known. It can be mended
    /// when but one of them can be meant.
    pub(crate) fn add_word<'k>(
        &mut self,
        code: &'static str,
        file: &str,
        (at, word): (Pos, &str),
        text: Say,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        self.add_near(code, file, at, text, nearest(word, known.iter().copied()));
        if let Some(meant) = only_near(word, known)
            && let Some(last) = self.findings.last_mut()
        {
            last.1 = vec![Change { at, written: word.to_owned(), text: meant }];
        }
    }

    /// Adds a finding that a machine can mend.
    pub(crate) fn add_mended(
        &mut self,
        code: &'static str,
        file: &str,
        at: Pos,
        text: Say,
        changes: Vec<Change>,
    ) {
        self.add(code, file, at, text);
        if let Some(last) = self.findings.last_mut() {
            last.1 = changes;
        }
    }

    /// Adds a finding that is milder than its code usually is.
    pub(crate) fn warn(
        &mut self,
        code: &'static str,
        file: &str,
        at: Pos,
        Say { zh, en }: Say,
    ) {
        let finding = Finding::warning(code, file, zh, en).at(at.line, at.col);
        self.findings.push((finding, vec![]));
    }

    /// Tells at the declaration that a name is written otherwise wherever it is
    /// used; with a single use nobody can tell which of the two is wrong, and
    /// the use keeps its finding.
    pub(crate) fn misnamed(
        &mut self,
        code: &'static str,
        (file, at): (&str, Pos),
        declared: &str,
        Say { zh, en }: Say,
        used: &str,
    ) {
        let instead = Finding::error(code, file, zh, en).at(at.line, at.col);
        let instead = instead.suggesting(Some(used.to_owned()));
        self.misnamed.push(Misnamed { code, declared: declared.to_owned(), instead });
    }

    /// The wrong name for which a finding of this code suggests `meant`.
    pub(crate) fn suggests(&self, code: &str, file: &str, meant: &str) -> Option<String> {
        let all = self.findings.iter().map(|finding| &finding.0);
        let mut of_code = all.filter(|it| it.code == code && it.file == file);
        let found = of_code.find(|it| it.suggestion.as_deref() == Some(meant))?;
        Some(found.say.zh.split(['“', '”']).nth(1)?.to_owned())
    }

    /// Slips that were found at every use are told once.
    fn fold(&mut self) {
        // A function that is called in several ways is walked several times.
        self.findings.sort_by(|a, b| {
            let place = |it: &Finding| {
                (it.file.clone(), it.line, it.col, it.code, it.say.en.clone())
            };
            place(&a.0).cmp(&place(&b.0))
        });
        self.findings.dedup();
        for Misnamed { code, declared, instead } in std::mem::take(&mut self.misnamed) {
            let is_use = |it: &Finding| {
                it.code == code
                    && it.file == instead.file
                    && it.suggestion.as_ref() == Some(&declared)
            };
            if 1 < self.findings.iter().filter(|finding| is_use(&finding.0)).count() {
                self.findings.retain(|finding| !is_use(&finding.0));
                self.findings.push((instead, vec![]));
            }
        }
        self.findings.sort_by_key(|finding| (finding.0.line, finding.0.col));
        let mut kept: Vec<(Finding, Vec<Change>)> = vec![];
        let mut more: Vec<Vec<u32>> = vec![];
        for (finding, changes) in std::mem::take(&mut self.findings) {
            let same = |it: &Finding| {
                FOLDED.contains(&it.code)
                    && (it.code, &it.file, &it.say.en)
                        == (finding.code, &finding.file, &finding.say.en)
            };
            // Long lists are for nobody to read, and comparing all takes time.
            let known = kept.iter().rev().take(500).position(|it| same(&it.0));
            if let Some(first) = known.map(|it| kept.len() - 1 - it) {
                kept[first].1.extend(changes);
                more[first].push(finding.line);
            } else {
                kept.push((finding, changes));
                more.push(vec![]);
            }
        }
        for ((finding, _), lines) in kept.iter_mut().zip(&mut more) {
            lines.retain(|line| *line != finding.line);
            lines.dedup();
            if !lines.is_empty() {
                let shown: Vec<String> =
                    lines.iter().take(6).map(u32::to_string).collect();
                finding.say.zh =
                    format!("{}(还有第 {} 行)", finding.say.zh, shown.join("、"));
                finding.say.en =
                    format!("{} (and in lines {})", finding.say.en, shown.join(", "));
            }
        }
        self.findings = kept;
    }

    /// So many findings that nobody reads the rest closely.
    pub(crate) fn is_long(&self) -> bool {
        500 < self.findings.len()
    }

    /// The findings by file, line, column and code, each once.
    ///
    /// `text` answers the text of a file, and the draft in which it was read
    /// when that differs.
    pub(crate) fn finish<'t>(
        mut self,
        text: impl Fn(&str) -> Option<(&'t str, Option<&'t Draft>)>,
    ) -> Vec<Finding> {
        self.fold();
        let placed =
            |(finding, changes): (Finding, Vec<Change>)| match text(&finding.file) {
                Some((text, draft)) if 0 < finding.line => {
                    placed(finding, &changes, text, draft)
                }
                _ => finding,
            };
        let mut findings: Vec<Finding> = self.findings.into_iter().map(placed).collect();
        sort(&mut findings);
        findings
    }
}

/// By file, line, column and code, each once.
pub(crate) fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        (&a.file, a.line, a.col, a.code, &a.say.en)
            .cmp(&(&b.file, b.line, b.col, b.code, &b.say.en))
    });
    findings.dedup();
}

/// A finding at its place in the file, with its changes in bytes of the file.
fn placed(
    mut finding: Finding,
    changes: &[Change],
    text: &str,
    draft: Option<&Draft>,
) -> Finding {
    let read = draft.map_or(text, Draft::text);
    let origin = |at: usize| draft.map_or(at, |it| it.origin(at));
    for Change { at, written, text } in changes {
        let at = draft::offset(read, *at);
        let stands =
            |it: &usize| read.get(*it..).is_some_and(|it| it.starts_with(written));
        // A text stands behind its quote; one that a local holds stands elsewhere.
        let Some(start) = [at, at + 1].into_iter().find(stands) else {
            finding.mends.clear();
            break;
        };
        let (start, end) = (origin(start), origin(start + written.len()));
        finding.mends.push(Mend { start, end, text: text.clone() });
    }
    if draft.is_some() {
        let at = Pos { line: finding.line, col: finding.col };
        let at = draft::pos(text, origin(draft::offset(read, at)));
        (finding.line, finding.col) = (at.line, at.col);
    }
    finding
}
