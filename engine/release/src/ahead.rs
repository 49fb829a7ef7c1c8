//! Judged ahead (提前审查): while it is waited for whether a save has come to its end,
//! what lies there is checked and tested already.
//!
//! Nothing is decided here: when more comes, it was for nothing.

use std::sync::Arc;

use runtime::Engine;
use runtime::interrupt::Interrupt;
use site::Site;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::apart::{self, Means, Tester, Unread};
use crate::candidate::Candidate;
use crate::judge;
use crate::scenario::PassCache;
use crate::steady::Sight;

/// A folder that was read and checked, or why there is no candidate.
pub(crate) type Checked = Result<(Candidate, Tester), Unread>;

/// A folder that is being judged; given up when it is dropped.
pub struct Ahead {
    sight: Sight,
    site: Arc<Site>,
    interrupt: Interrupt,
    work: Option<JoinHandle<Checked>>,
}

impl Ahead {
    /// Begins to judge what was seen, by the settings in force.
    pub fn begin(
        engine: &Engine,
        site: Arc<Site>,
        passes: &PassCache,
        sight: &Sight,
    ) -> Self {
        let interrupt = Interrupt::default();
        let means = Means { interrupt: interrupt.clone(), ..judge::means(engine, &site) };
        let (seen, passes) = (sight.clone(), passes.clone());
        let work = spawn_blocking(move || check_and_test(seen, &means, &passes));
        Self { sight: sight.clone(), site, interrupt, work: Some(work) }
    }

    /// Whether this is what was seen, and it was judged by these settings.
    pub fn is_of(&self, sight: &Sight, site: &Arc<Site>) -> bool {
        self.sight == *sight && Arc::ptr_eq(&self.site, site)
    }

    /// What came of it; `None` when its thread has died.
    pub(crate) async fn ended(mut self) -> Option<Checked> {
        let work = self.work.as_mut()?;
        work.await.ok()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.interrupt.raise();
    }
}

fn check_and_test(sight: Sight, means: &Means, passes: &PassCache) -> Checked {
    let (candidate, tester) = apart::check(sight, means)?;
    if candidate.has_errors() || judge::needs_no_tests(&means.config, &candidate.folder) {
        return Ok((candidate, tester));
    }
    let tester = tester.ahead(&candidate, passes);
    Ok((candidate, tester))
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::PathBuf;

    use script::folder::Snapshot;

    use super::*;
    use site::config::Config;

    /// One that is never done by itself.
    pub(crate) fn endless(sight: &Sight) -> (Ahead, Interrupt) {
        let interrupt = Interrupt::default();
        let told = interrupt.clone();
        let work = spawn_blocking(move || {
            while !told.is_raised() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            Err(Unread::Stopped)
        });
        let site = Arc::new(Site { dir: PathBuf::new(), config: Config::default() });
        let sight = sight.clone();
        (Ahead { sight, site, interrupt: interrupt.clone(), work: Some(work) }, interrupt)
    }

    #[tokio::test]
    async fn what_is_wanted_no_more_is_given_up() {
        let (ahead, interrupt) = endless(&Ok(Snapshot::default()));
        assert!(!interrupt.is_raised());
        drop(ahead);
        assert!(interrupt.is_raised());
    }
}
