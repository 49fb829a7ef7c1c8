//! Which parts of the workflows folder were used (用到的部分): so that a test knows
//! what its result hangs on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// A part of the folder that a case may meet or not.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Part {
    /// The functions of a workflow, by its name.
    Workflow(String),
    /// The text of a template, by its name.
    Template(String),
}

/// A list of the parts used, where somebody keeps one; by default nobody does.
#[derive(Clone, Debug, Default)]
pub struct UsageTracker(Option<Arc<Mutex<BTreeSet<Part>>>>);

impl UsageTracker {
    /// An empty list that is kept; its clones are the same list.
    pub fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    /// A function of this workflow is called.
    pub fn workflow(&self, name: &str) {
        self.note(|| Part::Workflow(name.to_owned()));
    }

    /// This template is rendered, or read in another way.
    pub fn template(&self, name: &str) {
        self.note(|| Part::Template(name.to_owned()));
    }

    /// The parts used since this was asked last.
    pub fn take(&self) -> BTreeSet<Part> {
        let Some(list) = &self.0 else { return BTreeSet::new() };
        std::mem::take(&mut list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, part: impl FnOnce() -> Part) {
        if let Some(list) = &self.0 {
            list.lock().unwrap_or_else(PoisonError::into_inner).insert(part());
        }
    }
}
