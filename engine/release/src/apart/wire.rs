//! What is said between the daemon and the process in which a folder is judged
//! (往来文字): a line of JSON each.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use domain::say::Say;
use script::finding::{Finding, Mend, Severity};
use script::program::{Folder, Program};
use script::testing::TestResult;
use serde::{Deserialize, Serialize};
use site::config::Config;

use crate::scenario::Proof;

/// What is asked.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Request {
    /// To read and check a folder.
    Check(Box<Brief>),
    /// To run the tests of the folder that was checked, but for those proven.
    Test(Vec<Proof>),
}

/// A folder, and what of the site's settings it is checked with.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Brief {
    pub(super) folder: Folder,
    /// What was found while its files were read.
    pub(super) found: Vec<FindingOnTheWire>,
    pub(super) dir: PathBuf,
    institution: String,
    telephone: String,
    address: String,
    zone: String,
    opening: String,
    policy: String,
    calendar: String,
}

impl Brief {
    pub(super) fn new(
        folder: Folder,
        found: &[Finding],
        dir: PathBuf,
        config: &Config,
    ) -> Self {
        let found = found.iter().map(FindingOnTheWire::from).collect();
        let Config { institution, telephone, address, zone, opening, .. } =
            config.clone();
        let Config { policy, calendar, .. } = config.clone();
        Self {
            folder,
            found,
            dir,
            institution,
            telephone,
            address,
            zone,
            opening,
            policy,
            calendar,
        }
    }

    pub(super) fn config(&self) -> Config {
        Config {
            institution: self.institution.clone(),
            telephone: self.telephone.clone(),
            address: self.address.clone(),
            zone: self.zone.clone(),
            opening: self.opening.clone(),
            policy: self.policy.clone(),
            calendar: self.calendar.clone(),
            ..Config::default()
        }
    }
}

/// What is answered.
#[derive(Debug, Deserialize, Serialize)]
pub(super) enum Said {
    /// Work on a file begins.
    Begins(String),
    /// Work on a file has ended.
    Ends(String),
    /// The folder was checked.
    Checked(Box<Checked>),
    /// Its tests were run.
    Tested {
        results: Vec<TestResult>,
        /// Those that have passed, with what they hang on.
        passes: Vec<Proof>,
    },
}

/// A folder that was checked.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Checked {
    pub(super) program: Program,
    pub(super) found: Vec<FindingOnTheWire>,
}

/// A finding on its way.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct FindingOnTheWire {
    code: String,
    severity: Severity,
    file: String,
    line: u32,
    col: u32,
    say: Say,
    suggestion: Option<String>,
    mends: Vec<(usize, usize, String)>,
}

impl From<&Finding> for FindingOnTheWire {
    fn from(it: &Finding) -> Self {
        let it = it.clone();
        let mends = it.mends.into_iter().map(|it| (it.start, it.end, it.text));
        Self {
            code: it.code.to_owned(),
            severity: it.severity,
            file: it.file,
            line: it.line,
            col: it.col,
            say: it.say,
            suggestion: it.suggestion,
            mends: mends.collect(),
        }
    }
}

impl From<FindingOnTheWire> for Finding {
    fn from(it: FindingOnTheWire) -> Self {
        let mends = it.mends.into_iter();
        Self {
            code: known(&it.code),
            severity: it.severity,
            file: it.file,
            line: it.line,
            col: it.col,
            say: it.say,
            suggestion: it.suggestion,
            mends: mends.map(|(start, end, text)| Mend { start, end, text }).collect(),
        }
    }
}

/// A code as the program holds it; there are a few dozen of them.
fn known(code: &str) -> &'static str {
    static CODES: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = codes.get(code) {
        return known;
    }
    let kept: &'static str = Box::leak(code.to_owned().into_boxed_str());
    codes.insert(kept);
    kept
}
