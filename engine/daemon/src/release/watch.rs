//! Watching the folder (监视目录): a saved file is taken up within a second.
//!
//! The operating system tells of changes at once; a look every second stands
//! beside it, because network shares tell nothing and folders get renamed away
//! from under a watch. Changes settle first: editors save in several steps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecursiveMode, Watcher};
use script::program::Folder;
use tokio::sync::mpsc;
use tracing::{debug, warn};

/// So long nothing may change before the folder is read.
const SETTLE: Duration = Duration::from_millis(120);
/// A look at the folder without being told.
const LOOK: Duration = Duration::from_secs(1);
/// Editors that save all the time must not put a release off for ever.
const LONGEST_SETTLE: u32 = 25;

/// Sizes and times of the files below a folder; `None` when it is missing.
type Picture = Option<BTreeMap<PathBuf, (u64, Option<SystemTime>)>>;

/// Tells of changes below a folder.
pub struct Watch {
    dir: PathBuf,
    told: mpsc::Receiver<()>,
    tell: mpsc::Sender<()>,
    watcher: Option<notify::RecommendedWatcher>,
    seen: Picture,
}

impl Watch {
    /// Begins to watch; the folder may be missing.
    pub fn start(dir: &Path) -> Self {
        let (tell, told) = mpsc::channel(64);
        let mut watch =
            Self { dir: dir.to_owned(), told, tell, watcher: None, seen: None };
        watch.arm();
        watch.seen = picture(&watch.dir);
        watch
    }

    /// Waits for the next change that has settled.
    ///
    /// Can be dropped and called again: nothing seen is forgotten.
    pub async fn changed(&mut self) {
        loop {
            // A full or closed channel only means that a look is due anyway.
            if let Ok(None) = tokio::time::timeout(LOOK, self.told.recv()).await {
                tokio::time::sleep(LOOK).await;
            }
            while self.told.try_recv().is_ok() {}
            let now = picture(&self.dir);
            if now == self.seen {
                continue;
            }
            self.seen = self.settled(now).await;
            self.arm();
            return;
        }
    }

    async fn settled(&mut self, mut last: Picture) -> Picture {
        for _ in 0..LONGEST_SETTLE {
            tokio::time::sleep(SETTLE).await;
            let now = picture(&self.dir);
            if now == last {
                break;
            }
            last = now;
        }
        while self.told.try_recv().is_ok() {}
        last
    }

    /// Watches anew: after a rename the old watch may look at another folder.
    fn arm(&mut self) {
        self.watcher = None;
        let tell = self.tell.clone();
        let made = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Looking at the folder opens it, and that is told as well: answering
            // it would mean looking for ever.
            let only_read = event.is_ok_and(|it| is_reading(it.kind));
            if !only_read {
                // A full channel already holds a reason to look.
                let _full = tell.try_send(());
            }
        });
        match made {
            Ok(mut watcher) => {
                // One by one: a recursive watch would follow links anywhere.
                for folder in Folder::paths(&self.dir).0 {
                    let armed = watcher.watch(&folder, RecursiveMode::NonRecursive);
                    if let Err(error) = armed {
                        debug!(%error, "a folder cannot be watched now; looking every second");
                    }
                }
                self.watcher = Some(watcher);
            }
            Err(error) => warn!(%error, "no watch on the folder; looking every second"),
        }
    }
}

/// Whether an event tells of somebody who only read.
fn is_reading(kind: EventKind) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    kind.is_access() && kind != written
}

/// Sees what [`Folder::read`] would read and nothing else: notes of ours are
/// no change, and a link to the folder itself leads nowhere.
fn picture(dir: &Path) -> Picture {
    if !dir.is_dir() {
        return None;
    }
    let seen = |path: PathBuf| {
        let meta = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        Some((path, (meta.len(), meta.modified().ok())))
    };
    Some(Folder::paths(dir).1.into_iter().filter_map(seen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_the_folder_itself_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| std::fs::write(dir.path().join(name), "x").unwrap();
        std::fs::create_dir_all(dir.path().join("calendars/cn")).unwrap();
        std::fs::create_dir(dir.path().join("templates")).unwrap();
        for name in ["l1", "l2", "calendars/l3", "templates/l4"] {
            std::os::unix::fs::symlink(dir.path(), dir.path().join(name)).unwrap();
        }
        for name in ["remind.lua", "templates/a.txt", "calendars/cn/2026.toml"] {
            write(name);
        }
        write("remind.lua.rejected.txt");
        let seen = picture(dir.path()).unwrap();
        assert_eq!(seen.len(), 3, "{seen:?}");
        assert!(Folder::paths(dir.path()).0.len() < 7);
        write("templates/b.txt");
        assert_ne!(picture(dir.path()).unwrap(), seen);
    }
}
