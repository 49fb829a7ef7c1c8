//! One cause, then its effects (原因与后果): what an edit did, before what came of it.
//!
//! A script with a missing `end` takes its workflow away, and every other
//! script that leads there has a fault then; a number changed in one line fails
//! tests in several files. Staff want to read of the line that was changed.

use std::collections::{BTreeMap, BTreeSet};

use domain::say::Say;
use script::check::codes;
use script::finding::{Finding, Severity};
use script::program::Folder;
use serde::{Deserialize, Serialize};

use crate::changes::Changes;
use crate::copies;
use crate::findings::{BLAST, COPIED, FOLDER, LAXER, LOST, NOBODY, ROLLED_BACK};
use crate::lost::{self, Running};

/// What a cause is of; the first is told first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The folder is not there.
    Folder,
    /// A file has gone.
    Lost,
    /// A file cannot be read as what it is.
    Broken,
    /// A file is there twice.
    Copied,
    /// A stage or workflow with cases in it has gone.
    Held,
    /// A fault in a file.
    Fault,
    /// Tests fail.
    Test,
    /// A file holds what a rollback took out of service.
    RolledBack,
    /// It reaches too far, or nobody any more.
    Reach,
    /// Nothing that keeps the folder from going live.
    Warning,
}

/// A cause with what came of it.
#[derive(Clone, Debug)]
pub struct Cause {
    /// What it is of.
    pub kind: Kind,
    /// What is told first.
    pub lead: Finding,
    /// What came of it.
    pub effects: Vec<Finding>,
    /// The files that were edited; a note lies beside each.
    pub files: Vec<String>,
}

/// A test that failed, with the files of the folder that it met.
#[derive(Clone, Debug)]
pub struct FailedTest {
    /// What is told of it.
    pub finding: Finding,
    /// The files, its own among them.
    pub met: BTreeSet<String>,
}

/// What a folder is held against.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    /// The running release, if there is one.
    pub running: Option<Running<'a>>,
    /// What differs from it; empty when there is none.
    pub changes: &'a Changes,
    /// The folder itself.
    pub folder: &'a Folder,
    /// What is found in the running release as it stands.
    pub before: &'a [Finding],
}

impl<'a> Against<'a> {
    /// A folder by itself.
    pub fn nothing(folder: &'a Folder) -> Self {
        static NONE: Changes = Changes { files: BTreeMap::new() };
        Self { running: None, changes: &NONE, folder, before: &[] }
    }
}

/// Sorts everything found by what caused it, the first cause first.
pub fn of(
    found: Vec<Finding>,
    failed: Vec<FailedTest>,
    against: Against<'_>,
) -> Vec<Cause> {
    let mut sorted = Sorted { against, causes: Vec::new() };
    let mut found = found;
    // What takes others along comes before what it takes along.
    found.sort_by_key(|it| (kind(it), against.rank(it)));
    for finding in found {
        sorted.add(finding);
    }
    sorted.add_tests(failed);
    let mut causes = sorted.causes;
    for cause in causes.iter_mut().filter(|cause| cause.kind == Kind::Lost) {
        if cause.effects.iter().any(|effect| effect.severity == Severity::Error) {
            lost::still_needed(&mut cause.lead);
        }
    }
    causes.sort_by_key(|cause| {
        let lead = &cause.lead;
        (cause.kind, against.distance(&lead.file), lead.file.clone(), lead.line, lead.col)
    });
    causes
}

/// The cause that a finding is by itself.
pub fn alone(finding: Finding) -> Vec<Cause> {
    let files = vec![finding.file.clone()];
    vec![Cause { kind: kind(&finding), lead: finding, effects: Vec::new(), files }]
}

/// Everything found, in the order in which it is told.
pub fn flat(causes: &[Cause]) -> impl Iterator<Item = &Finding> {
    causes.iter().flat_map(|cause| std::iter::once(&cause.lead).chain(&cause.effects))
}

fn kind(finding: &Finding) -> Kind {
    if finding.severity == Severity::Warning {
        return Kind::Warning;
    }
    match finding.code {
        FOLDER | codes::NO_FOLDER => Kind::Folder,
        LOST => Kind::Lost,
        codes::NOT_UTF8
        | codes::TOO_LARGE
        | codes::UNREADABLE
        | codes::SYNTAX
        | codes::FULL_WIDTH
        | codes::FOREIGN
        | codes::TOO_DEEP => Kind::Broken,
        COPIED | codes::WORKFLOW_TWICE => Kind::Copied,
        codes::STAGE_HELD | codes::WORKFLOW_HELD => Kind::Held,
        codes::TEST_FAILED => Kind::Test,
        ROLLED_BACK => Kind::RolledBack,
        BLAST | LAXER | NOBODY => Kind::Reach,
        _ => Kind::Fault,
    }
}

struct Sorted<'a> {
    against: Against<'a>,
    causes: Vec<Cause>,
}

impl Sorted<'_> {
    /// Puts a finding where it belongs: behind the cause of which it is an
    /// effect, behind the edit that made it, or at the head of a cause.
    fn add(&mut self, finding: Finding) {
        let against = self.against;
        if let Some(cause) =
            self.causes.iter_mut().find(|cause| against.is_effect(cause, &finding))
        {
            // A template that lies there and cannot be read is not missing.
            let lies_there = cause.kind == Kind::Broken
                && finding.code == codes::NO_TEMPLATE
                && cause.lead.file.starts_with("templates/");
            if !lies_there {
                cause.effects.push(finding);
            }
            return;
        }
        let file =
            (kind(&finding) == Kind::Fault).then(|| against.culprit(&finding)).flatten();
        let Some(file) = file else {
            self.causes.extend(alone(finding));
            return;
        };
        let known = self.causes.iter_mut().find(|cause| cause.files.contains(&file));
        match known {
            Some(cause) => cause.effects.push(finding),
            None => self.causes.push(against.edit(Kind::Fault, file, vec![finding])),
        }
    }

    /// Tests fail because of an edited file that they met: of several, the one
    /// that most of them met.
    fn add_tests(&mut self, failed: Vec<FailedTest>) {
        let against = self.against;
        let mut left: Vec<(BTreeSet<String>, Finding)> =
            failed.into_iter().map(|it| (against.suspects(&it), it.finding)).collect();
        while let Some(file) = most_met(&left) {
            let (its, others) = left.into_iter().partition(|it| it.0.contains(&file));
            left = others;
            let its: Vec<(_, Finding)> = its;
            let mut tests: Vec<Finding> = its.into_iter().map(|it| it.1).collect();
            // Its own tests say most of an edit; those of others come behind.
            let own = lost::partner(&file);
            tests.sort_by_key(|test| {
                (own.as_ref() != Some(&test.file), against.distance(&test.file))
            });
            let known = self
                .causes
                .iter_mut()
                .find(|cause| cause.kind < Kind::Fault && cause.files.contains(&file));
            match known {
                Some(cause) => cause.effects.extend(tests),
                None => self.causes.push(against.failing(file, tests)),
            }
        }
        self.causes.extend(left.into_iter().flat_map(|it| alone(it.1)));
    }
}

/// The file that most tests met; of several the first.
fn most_met(tests: &[(BTreeSet<String>, Finding)]) -> Option<String> {
    let mut met: BTreeMap<&String, usize> = BTreeMap::new();
    for file in tests.iter().flat_map(|test| &test.0) {
        *met.entry(file).or_default() += 1;
    }
    let most = met.values().max().copied()?;
    met.into_iter().find(|it| it.1 == most).map(|it| it.0.clone())
}

/// The same word stands wrong in several places of a file: one slip.
fn says_the_same(cause: &Cause, finding: &Finding) -> bool {
    let lead = &cause.lead;
    let same = lead.code == finding.code && lead.file == finding.file;
    same && lead.severity == finding.severity && lead.say.en == finding.say.en
}

/// A key that is misspelt is missing as well.
fn is_misspelt(cause: &Cause, finding: &Finding) -> bool {
    let meant = cause.lead.suggestion.as_deref();
    let of_key = |it: &str| {
        finding
            .say
            .en
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == it)
    };
    cause.lead.code == codes::NO_KEY
        && finding.code == codes::KEY_MISSING
        && cause.lead.file == finding.file
        && meant.is_some_and(of_key)
}

impl Against<'_> {
    /// The lower, the earlier among findings of a kind: what stands in a line
    /// that was written anew, what stands elsewhere in an edited file, the rest.
    fn rank(&self, finding: &Finding) -> (u8, bool) {
        let (file, changes) = (&finding.file, self.changes);
        let place = if changes.wrote(file, finding.line) {
            0
        } else if changes.touch(file) {
            1
        } else {
            2
        };
        (place, finding.code != codes::NO_KEY)
    }

    /// How far a file is from the edit: it was edited, it goes with one that was (a
    /// test with its script), or neither.
    fn distance(&self, file: &str) -> u8 {
        let goes_along =
            || lost::partner(file).is_some_and(|partner| self.changes.touch(&partner));
        if self.changes.touch(file) {
            0
        } else if goes_along() {
            1
        } else {
            2
        }
    }

    /// Whether a finding would not be there but for a cause that is known.
    fn is_effect(&self, cause: &Cause, finding: &Finding) -> bool {
        let of = kind(finding);
        let same_file = cause.files.contains(&finding.file);
        match of {
            // A file that has gone or cannot be read takes its stages along.
            Kind::Held => same_file && matches!(cause.kind, Kind::Lost | Kind::Broken),
            Kind::Warning => cause.kind == Kind::Lost && is_about(&cause.lead, finding),
            Kind::Fault => {
                self.takes_away(cause, finding)
                    || says_the_same(cause, finding)
                    || is_misspelt(cause, finding)
                    || (same_file && self.is_the_only_edit(cause, finding))
            }
            _ => false,
        }
    }

    /// A file was edited at one place, the cause stands there, and the finding
    /// does not.
    fn is_the_only_edit(&self, cause: &Cause, finding: &Finding) -> bool {
        let (changes, file) = (self.changes, &finding.file);
        changes.edited_once(file)
            && !changes.wrote(file, finding.line)
            && changes.wrote(file, cause.lead.line)
    }

    /// Whether a cause took away what a finding misses.
    fn takes_away(&self, cause: &Cause, finding: &Finding) -> bool {
        if !matches!(cause.kind, Kind::Lost | Kind::Broken | Kind::Held) {
            return false;
        }
        let file = &cause.lead.file;
        if *file == finding.file && matches!(cause.kind, Kind::Lost | Kind::Broken) {
            return true;
        }
        let given = match (cause.kind, file.strip_prefix("templates/")) {
            (Kind::Held, _) => return self.is_held_stage(cause, finding),
            _ if file == "templates" => return finding.code == codes::NO_TEMPLATE,
            (_, Some(name)) => name.strip_suffix(".txt").map(str::to_owned),
            (_, None) => self.workflow_of(file),
        };
        let about = [
            codes::NO_WORKFLOW,
            codes::NO_TEMPLATE,
            codes::WRONG_LANE,
            codes::NO_SETTING,
        ];
        given.is_some_and(|it| about.contains(&finding.code) && names(finding, &it))
    }

    /// The stage that has gone is the one that a script still leads to.
    fn is_held_stage(&self, cause: &Cause, finding: &Finding) -> bool {
        let Some(running) = self.running else { return false };
        let stages =
            running.program.workflows.values().filter(|it| it.file == finding.file);
        let mut stages = stages.flat_map(|stage| stage.stages.keys());
        finding.code == codes::NO_STAGE
            && cause.files.contains(&finding.file)
            && stages.any(|stage| names(finding, stage) && names(&cause.lead, stage))
    }

    /// The workflow that a file holds, or held in the running release.
    fn workflow_of(&self, file: &str) -> Option<String> {
        let running = self.running.and_then(|it| {
            it.program
                .workflows
                .values()
                .find(|it| it.file == file)
                .map(|it| it.name.clone())
        });
        running.or_else(|| {
            let text = self.folder.files.get(file)?;
            copies::declared(text).map(|declared| declared.0.to_owned())
        })
    }

    /// The edited file whose change is to be told before a fault: the fault
    /// stands where nobody has written anything.
    fn culprit(&self, finding: &Finding) -> Option<String> {
        let (files, file) = (&self.changes.files, &finding.file);
        if self.changes.wrote(file, finding.line) || self.before.contains(finding) {
            return None;
        }
        if self.changes.touch(file) {
            // Of several edits of the file any may be the one.
            return self.changes.edited_once(file).then(|| file.clone());
        }
        let named = files.keys().find(|file| {
            let template = template_of(file).map(str::to_owned);
            let name = template.or_else(|| self.workflow_of(file));
            name.is_some_and(|name| names(finding, &name))
        });
        let only = || files.keys().next().filter(|_| files.len() == 1);
        named.or_else(only).cloned()
    }

    /// The edited files that a test met: the test itself only when nothing else
    /// of them was edited; what is under every test when it met none.
    fn suspects(&self, test: &FailedTest) -> BTreeSet<String> {
        let own = &test.finding.file;
        let edited = || self.changes.files.keys().cloned();
        let met: BTreeSet<String> =
            edited().filter(|it| test.met.contains(it) && it != own).collect();
        // A text that could not be made says itself which it is.
        let named = met.iter().find(|file| {
            template_of(file).is_some_and(|name| names(&test.finding, name))
        });
        if let Some(named) = named {
            return BTreeSet::from([named.clone()]);
        }
        if !met.is_empty() {
            return met;
        }
        if self.changes.touch(own) {
            return BTreeSet::from([own.clone()]);
        }
        // A new workflow may answer what happens in one; rules and calendars of a
        // site's own are under all of them.
        let script = |it: &String| !it.contains('/') && !it.ends_with("_test.lua");
        let scripts: BTreeSet<String> =
            edited().filter(|it| script(it) && *it != "settings.toml").collect();
        if !scripts.is_empty() {
            return scripts;
        }
        edited().filter(|it| it.contains('/') && !it.starts_with("templates/")).collect()
    }

    /// The tests that fail because of an edited file, as one cause.
    fn failing(&self, file: String, mut tests: Vec<Finding>) -> Cause {
        if tests.iter().all(|test| test.file == file) && !tests.is_empty() {
            let lead = tests.remove(0);
            return Cause { kind: Kind::Test, lead, effects: tests, files: vec![file] };
        }
        self.edit(Kind::Test, file, tests)
    }

    /// A cause that leads with the change of a file.
    fn edit(&self, kind: Kind, file: String, effects: Vec<Finding>) -> Cause {
        let (line, Say { zh, en }) = self.changes.told(&file);
        let (count, many) = (effects.len(), 1 < effects.len());
        let (code, Say { zh, en }) = if kind == Kind::Test {
            let fail = if many { "tests fail" } else { "test fails" };
            let words = Say::new(
                format!("{zh};{count} 个测试因此没有通过"),
                format!("{en}; {count} {fail}"),
            );
            (codes::TEST_FAILED, words)
        } else {
            let code = effects.first().map_or(codes::NO_NAME, |it| it.code);
            // How many there are the list below shows; more may join it yet.
            let words = Say::new(
                format!("{zh};下面的错误由此而来"),
                format!("{en}; what follows comes of it"),
            );
            (code, words)
        };
        let lead = Finding::error(code, &file, zh, en).at(line, 0);
        Cause { kind, lead, effects, files: vec![file] }
    }
}

/// Whether one finding names the file of the other.
fn is_about(one: &Finding, other: &Finding) -> bool {
    let about = |it: &Finding, file: &str| !file.is_empty() && it.say.en.contains(file);
    let within =
        other.file.strip_prefix(&one.file).is_some_and(|rest| rest.starts_with('/'));
    one.file == other.file
        || (within && !one.file.is_empty())
        || about(one, &other.file)
        || about(other, &one.file)
}

/// The template that a file is.
fn template_of(file: &str) -> Option<&str> {
    file.strip_prefix("templates/")?.strip_suffix(".txt")
}

/// Whether a finding speaks of a name.
fn names(finding: &Finding, name: &str) -> bool {
    let quoted = [format!("“{name}”"), format!("`{name}`"), format!("\"{name}\"")];
    quoted.iter().any(|it| finding.say.zh.contains(it) || finding.say.en.contains(it))
}

#[cfg(test)]
mod tests;
