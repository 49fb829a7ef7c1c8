//! The running-batch marker (在办批次): which instances were in hand when the
//! process died.
//!
//! A script cannot kill the process, but a fault in the program could. After a
//! death the instances that were in hand run one by one, so that one bad case
//! is found and the rest go on; a case that was alone in hand three times is
//! left out until a person looks at it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use store::due::Claimed;
use store::{plain, private};
use tracing::{error, warn};

/// A case alone in hand at so many deaths is left out.
const DEATHS: u32 = 3;

/// The marker of one site; without a file it remembers nothing.
#[derive(Debug, Default)]
pub struct Marker {
    path: Option<PathBuf>,
    suspects: Mutex<BTreeMap<i64, u32>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Page {
    in_hand: Vec<i64>,
    alone_at_death: BTreeMap<i64, u32>,
}

impl Marker {
    /// Reads what a process that died has left at `path`.
    pub fn at(path: &Path) -> Self {
        let left = plain::read_text(path).ok();
        let page: Page =
            left.and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default();
        let alone = page.in_hand.len() == 1;
        let mut suspects = page.alone_at_death;
        for id in page.in_hand {
            *suspects.entry(id).or_default() += u32::from(alone);
        }
        if !suspects.is_empty() {
            let count = suspects.len();
            warn!(
                count,
                "the last run died with {count} instances in hand; running them singly"
            );
        }
        Self { path: Some(path.to_owned()), suspects: Mutex::new(suspects) }
    }

    /// What of a claim to run now: all of it, or one suspect alone. Those on
    /// which the process died too often come second, to be parked.
    pub fn choose(&self, claimed: Vec<Claimed>) -> (Vec<Claimed>, Vec<Claimed>) {
        let suspects = self.lock();
        if suspects.is_empty() {
            return (claimed, Vec::new());
        }
        let deaths = |it: &Claimed| suspects.get(&it.id.0).copied();
        let (suspect, mut good): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(|it| deaths(it).is_some());
        let (poisoned, suspect): (Vec<_>, Vec<_>) = suspect
            .into_iter()
            .partition(|it| deaths(it).is_some_and(|deaths| DEATHS <= deaths));
        for one in &poisoned {
            error!(instance.id = %one.id, "parked instance {}: the process died on it {DEATHS} times", one.id);
        }
        if good.is_empty() {
            good.extend(suspect.into_iter().next());
        }
        (good, poisoned)
    }

    /// Says which instances are taken in hand. A lost marker costs nothing
    /// but the search after a death, so a failure to write is only logged.
    pub fn begin(&self, ids: impl Iterator<Item = i64>) {
        let page = Page { in_hand: ids.collect(), alone_at_death: self.lock().clone() };
        self.write(&page);
    }

    /// Says that the batch is done; those in it are suspects no longer.
    pub fn end_of(&self, ids: &[i64]) {
        let mut suspects = self.lock();
        if !suspects.is_empty() {
            suspects.retain(|id, _| !ids.contains(id));
        }
        let alone_at_death = suspects.clone();
        drop(suspects);
        self.write(&Page { in_hand: Vec::new(), alone_at_death });
    }

    fn write(&self, page: &Page) {
        let Some(path) = &self.path else { return };
        let text = serde_json::to_string(page).unwrap_or_default();
        if let Err(error) = private::file(path, text) {
            warn!(%error, "the running-batch marker could not be written");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<i64, u32>> {
        self.suspects.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
