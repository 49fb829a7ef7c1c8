//! Watching the folder (监视目录): a saved file is taken up within a second.
//!
//! The operating system tells of changes at once; a look every second stands
//! beside it, because network shares tell nothing and folders get renamed away
//! from under a watch. What counts is what the files hold: size and time stay
//! the same under copies that keep them and on coarse clocks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecursiveMode, Watcher};
use script::folder::Snapshot;
use script::program::Folder;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, warn};

use crate::ahead::Ahead;
use crate::steady::{self, AGAIN, Heard, LONGEST, SEVERAL, Sight, rest_needed};

/// A look at the folder without being told.
const LOOK: Duration = Duration::from_secs(1);
/// Looking takes no more than one part in so many of the time.
const SELDOM: u32 = 20;

/// Tells of changes below a folder.
pub struct Watch {
    dir: PathBuf,
    news: Arc<News>,
    watcher: Option<notify::RecommendedWatcher>,
    seen: Sight,
    /// What was seen when the last verdict was given: a save in pieces is
    /// measured by what it began with.
    judged: Sight,
    /// Since when it has been as it was seen last.
    still_since: Instant,
    /// How long the last look took.
    took: Duration,
    /// Begins to judge what may turn out to be whole.
    begin: Option<Begin>,
    ahead: Option<Ahead>,
}

/// Begins to judge a folder.
type Begin = Box<dyn Fn(&Sight) -> Ahead + Send + Sync>;

/// What the operating system told since the folder was last settled.
#[derive(Debug, Default)]
struct News {
    wake: Notify,
    heard: Mutex<HeardChanges>,
}

#[derive(Debug, Default)]
struct HeardChanges {
    /// Something changed.
    any: bool,
    /// Files changed by somebody who has not closed them yet.
    writing: BTreeSet<PathBuf>,
}

impl Watch {
    /// Begins to watch; the folder may be missing.
    pub async fn start(dir: &Path) -> Self {
        let mut watch = Self {
            dir: dir.to_owned(),
            news: Arc::default(),
            watcher: None,
            seen: Ok(Snapshot::default()),
            judged: Ok(Snapshot::default()),
            still_since: Instant::now(),
            took: Duration::ZERO,
            begin: None,
            ahead: None,
        };
        watch.arm();
        watch.seen = watch.look().await;
        watch.is_judged();
        watch
    }

    /// From now on a change is judged while it is waited for its end.
    pub fn judge_ahead(&mut self, begin: Begin) {
        self.begin = Some(begin);
    }

    /// What was judged already of what [`Watch::changed`] has returned.
    pub fn ahead(&mut self) -> Option<Ahead> {
        self.ahead.take()
    }

    /// Waits for the next change that has come to its end, and returns what
    /// lies there then.
    ///
    /// Can be dropped and called again: nothing seen is forgotten.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::take`]: the folder has gone, or holds no script.
    pub async fn changed(&mut self) -> Sight {
        loop {
            let pause = LOOK.max(self.took * SELDOM);
            // Not told: a look is due anyway.
            let _told = timeout(pause, self.news.wake.notified()).await;
            let now = self.look().await;
            if now != self.seen {
                let settled = self.settled(now).await;
                self.news.forget();
                self.arm();
                if settled != self.seen {
                    self.seen.clone_from(&settled);
                    return settled;
                }
                // A save that was undone: nobody comes for what was judged of it.
                self.ahead = None;
            }
        }
    }

    /// Whether the folder stays as it was seen last until it has lain still so
    /// long; otherwise [`Watch::changed`] has something to tell.
    pub async fn stays(&mut self, rest: Duration) -> bool {
        loop {
            let left = rest.saturating_sub(self.still_since.elapsed());
            // Whoever is told early looks early.
            let _told = timeout(left.max(AGAIN), self.news.wake.notified()).await;
            if self.look().await != self.seen {
                self.news.wake.notify_one();
                return false;
            }
            if rest <= self.still_since.elapsed() {
                return true;
            }
        }
    }

    /// A verdict was given on what was seen last.
    pub fn is_judged(&mut self) {
        self.judged = self.seen.clone();
    }

    /// What was told last could not be dealt with: it is told again.
    pub fn look_again(&mut self) {
        self.seen = Ok(Snapshot::default());
    }

    async fn settled(&mut self, mut last: Sight) -> Sight {
        let began = Instant::now();
        self.still_since = began;
        self.begin_on(&last);
        while began.elapsed() < LONGEST {
            let rest = rest_needed(&self.judged, &last, self.news.heard());
            let left = rest.saturating_sub(self.still_since.elapsed());
            if left.is_zero() {
                break;
            }
            sleep(left.min(AGAIN)).await;
            let now = self.look().await;
            if now != last {
                last = now;
                self.still_since = Instant::now();
                self.begin_on(&last);
            }
        }
        last
    }

    /// Begins to judge what is likely to stay as it is; what was begun before is
    /// given up.
    fn begin_on(&mut self, sight: &Sight) {
        let rest = rest_needed(&self.judged, sight, self.news.heard());
        let is_likely = sight.is_ok() && *sight != self.seen && rest <= SEVERAL;
        self.ahead = self.begin.as_ref().filter(|_| is_likely).map(|begin| begin(sight));
    }

    async fn look(&mut self) -> Sight {
        let began = Instant::now();
        let sight = steady::look(&self.dir).await;
        self.took = began.elapsed();
        sight
    }

    /// Watches anew: after a rename the old watch may look at another folder.
    fn arm(&mut self) {
        self.watcher = None;
        let (news, dir) = (Arc::clone(&self.news), self.dir.clone());
        let made = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error tells that something may have been missed.
            news.take_in(&dir, event.as_ref().ok());
        });
        match made {
            Ok(mut watcher) => {
                // One by one: a recursive watch would follow links anywhere.
                for folder in Folder::folders(&self.dir) {
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

impl News {
    fn take_in(&self, dir: &Path, event: Option<&Event>) {
        // Looking at the folder opens it, and that is told as well: answering
        // it would mean looking for ever.
        if event.is_some_and(|event| is_reading(event.kind)) {
            return;
        }
        {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.any = true;
            for path in event.iter().flat_map(|it| &it.paths) {
                let kind = event.map(|event| event.kind);
                if matches!(kind, Some(EventKind::Modify(ModifyKind::Data(_)))) {
                    let below = path.strip_prefix(dir).ok().and_then(Path::to_str);
                    if below.is_some_and(Folder::takes) {
                        heard.writing.insert(path.clone());
                    }
                } else if !matches!(
                    kind,
                    Some(EventKind::Modify(ModifyKind::Metadata(_)))
                ) {
                    heard.writing.remove(path);
                }
            }
        }
        self.wake.notify_one();
    }

    fn heard(&self) -> Heard {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match (heard.any, heard.writing.is_empty()) {
            (_, false) => Heard::StillWriting,
            (true, true) => Heard::Told,
            (false, true) => Heard::Found,
        }
    }

    /// What was told before is answered.
    fn forget(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) =
            HeardChanges::default();
    }
}

/// Whether an event tells of somebody who only read.
fn is_reading(kind: EventKind) -> bool {
    let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
    kind.is_access() && kind != written
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;
    use crate::ahead::tests::endless;

    async fn next(watch: &mut Watch) -> Snapshot {
        let seen = timeout(Duration::from_mins(1), watch.changed()).await;
        seen.expect("the change is noticed").expect("the folder is there")
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.lua");
        fs::write(&file, "-- 3 days\nworkflow \"a\" {}\n").unwrap();
        (dir, file)
    }

    #[tokio::test]
    async fn a_link_to_the_folder_itself_is_not_followed() {
        let (dir, _) = folder();
        fs::create_dir_all(dir.path().join("calendars/cn")).unwrap();
        fs::create_dir(dir.path().join("templates")).unwrap();
        for name in ["l1", "l2", "calendars/l3", "templates/l4"] {
            std::os::unix::fs::symlink(dir.path(), dir.path().join(name)).unwrap();
        }
        assert!(Folder::folders(dir.path()).len() < 7);
        let mut watch = Watch::start(dir.path()).await;
        fs::write(dir.path().join("templates/b.txt"), "您好\n").unwrap();
        assert!(next(&mut watch).await.bytes("templates/b.txt").is_some());
    }

    #[tokio::test]
    async fn an_edit_of_the_same_size_and_time_is_noticed() {
        let (dir, file) = folder();
        let mut watch = Watch::start(dir.path()).await;
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        let beside = dir.path().join("beside");
        fs::write(&beside, "-- 5 days\nworkflow \"a\" {}\n").unwrap();
        fs::File::open(&beside).unwrap().set_modified(time).unwrap();
        fs::rename(&beside, &file).unwrap();
        let seen = next(&mut watch).await;
        assert!(seen.bytes("a.lua").unwrap().starts_with(b"-- 5 days"));
    }

    #[tokio::test]
    async fn what_the_system_does_not_tell_is_found_by_looking() {
        let (dir, file) = folder();
        let mut watch = Watch::start(dir.path()).await;
        watch.watcher = None;
        fs::write(&file, "-- 5 days\nworkflow \"a\" {}\n").unwrap();
        assert!(next(&mut watch).await.bytes("a.lua").unwrap().starts_with(b"-- 5"));
    }

    #[tokio::test]
    async fn a_file_that_is_still_open_is_not_taken_in_halves() {
        let (dir, file) = folder();
        let mut watch = Watch::start(dir.path()).await;
        let slow = tokio::spawn(async move {
            let mut file = fs::File::create(&file).unwrap();
            for line in ["-- 3 days\n", "workflow \"a\" {}\n", "-- more\n", "-- 完\n"] {
                file.write_all(line.as_bytes()).unwrap();
                sleep(Duration::from_millis(700)).await;
            }
        });
        let seen = next(&mut watch).await;
        slow.await.unwrap();
        assert!(seen.bytes("a.lua").unwrap().ends_with("-- 完\n".as_bytes()));
    }

    #[tokio::test]
    async fn notes_beside_the_scripts_and_litter_of_editors_are_no_change() {
        let (dir, _) = folder();
        let mut watch = Watch::start(dir.path()).await;
        for name in ["a.lua.rejected.txt", ".a.lua.swp", "4913", "~$a.lua", "Thumbs.db"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let seen = timeout(Duration::from_millis(1_500), watch.changed()).await;
        assert!(seen.is_err(), "{seen:?}");
        assert!(watch.stays(Duration::from_millis(200)).await);
        fs::write(dir.path().join("b.lua"), "-- 新\n").unwrap();
        assert!(!watch.stays(steady::GRACE).await);
    }

    #[tokio::test]
    async fn what_may_be_whole_is_judged_while_it_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.lua");
        fs::write(&file, "-- a\n").unwrap();
        let mut watch = Watch::start(dir.path()).await;
        let begun: Arc<Mutex<Vec<_>>> = Arc::default();
        let noted = Arc::clone(&begun);
        watch.judge_ahead(Box::new(move |sight| {
            let (ahead, interrupt) = endless(sight);
            noted.lock().unwrap().push((sight.clone(), interrupt));
            ahead
        }));
        fs::write(&file, "-- b\n").unwrap();
        watch.changed().await.unwrap();
        assert!(watch.ahead().is_some(), "it is there when the save has ended");
        let saved_twice = tokio::spawn(async move {
            for text in ["-- c\n", "-- d\n"] {
                fs::write(&file, text).unwrap();
                sleep(Duration::from_millis(60)).await;
            }
        });
        let sight = watch.changed().await;
        saved_twice.await.unwrap();
        let begun = begun.lock().unwrap();
        let (last, before) = begun.split_last().unwrap();
        assert_eq!(last.0, sight);
        assert!(!last.1.is_raised(), "what stayed is still judged");
        assert!(before.iter().all(|it| it.1.is_raised()), "what was overtaken is not");
    }

    #[tokio::test]
    async fn what_was_judged_of_a_save_that_is_undone_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.lua");
        fs::write(&file, "-- a\n").unwrap();
        let mut watch = Watch::start(dir.path()).await;
        let begun: Arc<Mutex<Vec<_>>> = Arc::default();
        let (noted, of) = (Arc::clone(&begun), file.clone());
        watch.judge_ahead(Box::new(move |sight| {
            let (ahead, interrupt) = endless(sight);
            noted.lock().unwrap().push(interrupt);
            fs::write(&of, "-- a\n").unwrap();
            ahead
        }));
        fs::write(&file, "-- b\n").unwrap();
        let seen = timeout(Duration::from_secs(3), watch.changed()).await;
        assert!(seen.is_err(), "{seen:?}");
        let begun = begun.lock().unwrap();
        assert_eq!(begun.len(), 1, "what is in force is not judged again");
        assert!(begun[0].is_raised());
    }
}
