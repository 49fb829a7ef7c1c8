//! Tests that need not run again (免重跑): they have passed, and nothing that
//! they used has changed since.
//!
//! Staff wait for the tests after every save, and one edit touches few of
//! them. A test hangs on its own file, on the workflows that a case of it was in
//! or that were asked whether they want it, on the templates that were rendered
//! in it, and on the ground that the tests of its file stand on: the names, lanes
//! and entrances of the workflows that it reaches. What tests set aside, such as
//! the site's settings, they do not hang on. Only what passed is remembered, and
//! only as long as the program runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use runtime::usage::Part;
use script::loading;
use script::program::{Folder, Program};
use serde::{Deserialize, Serialize};
use store::releases::hash_files;
use tokio::sync::watch as flag;

/// A test that has never passed counts as longer than all that have.
const NEVER_PASSED: Duration = Duration::from_hours(1);

/// What is remembered of tests; clones remember together.
#[derive(Clone, Debug, Default)]
pub struct PassCache {
    proofs: Arc<Mutex<BTreeMap<Test, Proof>>>,
    stopped: Option<flag::Receiver<bool>>,
}

/// A test by its file and its place in it.
type Test = (String, usize);

/// That a test has passed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Proof {
    /// The test.
    of: Test,
    /// What it used of the folder.
    used: BTreeSet<Part>,
    /// Hash of all that it hung on.
    mark: String,
    /// How long it ran.
    took: Duration,
}

impl PassCache {
    /// The same memory, for a run that ends early when the daemon is told to
    /// stop; what it did not get to has then not passed.
    #[must_use]
    pub fn until(&self, stopped: flag::Receiver<bool>) -> Self {
        Self { proofs: Arc::clone(&self.proofs), stopped: Some(stopped) }
    }

    /// Whether the run is to end early.
    pub fn is_stopped(&self) -> bool {
        self.stopped.as_ref().is_some_and(|stopped| *stopped.borrow())
    }

    /// Whether a test has passed on all that it would hang on now.
    pub(super) fn holds(
        &self,
        file: &str,
        test: usize,
        fingerprints: &Fingerprints,
    ) -> bool {
        let proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        proofs
            .get(&(file.to_owned(), test))
            .is_some_and(|proof| proof.mark == fingerprints.of(file, &proof.used))
    }

    /// Remembers that a test has passed, and what it used.
    pub(super) fn remember(
        &self,
        file: &str,
        test: usize,
        (used, took): (BTreeSet<Part>, Duration),
        fingerprints: &Fingerprints,
    ) {
        let mark = fingerprints.of(file, &used);
        let of = (file.to_owned(), test);
        self.remember_all(vec![Proof { of, used, mark, took }]);
    }

    /// The places of some tests, file by file, the one whose tests ran longest when they
    /// passed last first, and so within a file; one that has never passed may take any
    /// time. A thread has the scripts of one file loaded at a time, so that to change
    /// between files costs more than most tests.
    pub(super) fn longest_first(&self, tests: &[(&str, usize)]) -> Vec<usize> {
        let proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        let took = |at: usize| {
            let (file, test) = tests[at];
            proofs.get(&(file.to_owned(), test)).map_or(NEVER_PASSED, |it| it.took)
        };
        let mut of_file: BTreeMap<&str, Duration> = BTreeMap::new();
        for (at, (file, _)) in tests.iter().enumerate() {
            *of_file.entry(file).or_default() += took(at);
        }
        let mut places: Vec<usize> = (0..tests.len()).collect();
        places.sort_by_cached_key(|at| {
            let file = tests[*at].0;
            (Reverse(of_file[file]), file, Reverse(took(*at)))
        });
        places
    }

    /// What another process remembers.
    pub(crate) fn of(proofs: Vec<Proof>) -> Self {
        let all = Self::default();
        all.remember_all(proofs);
        all
    }

    /// Takes over what was remembered in another process.
    pub(crate) fn remember_all(&self, more: Vec<Proof>) {
        let mut proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        proofs.extend(more.into_iter().map(|it| (it.of.clone(), it)));
    }

    /// All that is remembered, for another process.
    pub(crate) fn proofs(&self) -> Vec<Proof> {
        let proofs = self.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        proofs.values().cloned().collect()
    }
}

/// Hashes of all that the tests of one file can hang on.
pub(super) struct Fingerprints {
    /// What all tests stand on.
    setup: String,
    tests: BTreeMap<String, String>,
    parts: BTreeMap<Part, String>,
}

impl Fingerprints {
    /// Those of a folder without what tests set aside.
    pub(super) fn read(folder: &Folder, program: &Program) -> Result<Self> {
        let mut setup = folder.files.clone();
        let mut parts = BTreeMap::new();
        for workflow in program.workflows.values() {
            let text = setup.remove(&workflow.file).unwrap_or_default();
            let hash = hash(&[("text", &text)]);
            parts.insert(Part::Workflow(workflow.name.clone()), hash);
        }
        for (name, text) in loading::templates(folder) {
            setup.remove(&format!("templates/{name}.txt"));
            parts.insert(Part::Template(name.to_owned()), hash(&[("text", text)]));
        }
        let mut tests = BTreeMap::new();
        for (file, text) in loading::tests(folder) {
            setup.remove(file);
            tests.insert(file.to_owned(), hash(&[("text", text)]));
        }
        setup.insert(DECLARED.to_owned(), declared(program)?);
        Ok(Self { setup: hash_files(&setup), tests, parts })
    }

    fn of(&self, file: &str, used: &BTreeSet<Part>) -> String {
        let mut all = BTreeMap::from([("ground".to_owned(), self.setup.clone())]);
        let text = self.tests.get(file).cloned().unwrap_or_default();
        all.insert("test".to_owned(), text);
        for part in used {
            let hash = self.parts.get(part).cloned().unwrap_or_default();
            all.insert(format!("{part:?}"), hash);
        }
        hash_files(&all)
    }
}

/// Stands among the files for what the scripts declare.
const DECLARED: &str = "declared";

/// What a test can meet of a workflow that none of its cases is in: its name,
/// its lane, and what brings cases into it. That there is a template of a name
/// is asked of every order.
fn declared(program: &Program) -> Result<String> {
    let entrances = program.workflows.values().map(|it| (&it.name, &it.lane, &it.enrol));
    let entrances: Vec<_> = entrances.collect();
    let templates: Vec<&String> = program.templates.keys().collect();
    Ok(serde_json::to_string(&(entrances, templates))?)
}

fn hash(texts: &[(&str, &str)]) -> String {
    let of = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    hash_files(&texts.iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_took_long_or_has_never_passed_runs_first_and_no_file_is_left_in_between() {
        let proof = |file: &str, test, millis| Proof {
            of: (file.to_owned(), test),
            used: BTreeSet::new(),
            mark: String::new(),
            took: Duration::from_millis(millis),
        };
        let (a, b, c) = ("a_test.lua", "b_test.lua", "c_test.lua");
        let mut passed = vec![proof(a, 0, 5), proof(a, 1, 90), proof(a, 3, 20)];
        let passes = PassCache::of(passed.clone());
        let tests = [0, 1, 2, 3].map(|test| (a, test));
        assert_eq!(passes.longest_first(&tests), [2, 1, 3, 0]);
        passed.extend([proof(b, 0, 70), proof(b, 1, 60), proof(c, 0, 100)]);
        let passes = PassCache::of(passed);
        let tests = [(a, 0), (b, 0), (c, 0), (a, 1), (b, 1), (a, 3)];
        assert_eq!(passes.longest_first(&tests), [1, 4, 3, 5, 0, 2]);
    }
}
