//! Whether a save has come to its end (存完没有): a half-written file is no edit.
//!
//! An editor that puts a whole file in place at once is answered at once. What
//! comes in pieces - a slow copy, a share, several files one after the other -
//! is waited for, as long as it looks unfinished.

use std::path::Path;
use std::time::Duration;

use script::finding::Finding;
use script::folder::Snapshot;
use tokio::time::{Instant, sleep};

/// The folder at one moment, or why there is none.
pub type Sight = Result<Snapshot, Box<Finding>>;

/// Between two looks at a folder that is being written.
pub(super) const AGAIN: Duration = Duration::from_millis(120);
/// Several files, of which more may follow, have to lie still so long.
pub(super) const SEVERAL: Duration = Duration::from_millis(600);
/// What nobody told of has to lie still so long: on a share a pause tells
/// little.
const UNTOLD: Duration = Duration::from_secs(1);
/// What looks unfinished, or is about to be refused, has to lie still so long.
pub const GRACE: Duration = Duration::from_secs(2);
/// Whoever saves all the time must not put a release off for ever.
pub(super) const LONGEST: Duration = Duration::from_secs(15);

/// What is known of a change besides the texts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// The operating system told of it.
    Told,
    /// It was found by looking.
    Found,
    /// Somebody still holds a changed file open for writing.
    StillWriting,
}

/// How long the folder has to lie still before it counts as saved.
pub(super) fn rest_needed(before: &Sight, now: &Sight, heard: Heard) -> Duration {
    if heard == Heard::StillWriting {
        return LONGEST;
    }
    let least = if heard == Heard::Told { AGAIN } else { UNTOLD };
    let (Ok(before), Ok(now)) = (before, now) else {
        // A folder on its way out or in moves in many steps.
        return least.max(SEVERAL);
    };
    let changed = now.differing(before);
    let torn = |it: &&str| {
        now.bytes(it).is_some_and(|bytes| looks_torn(before.bytes(it), bytes))
    };
    if changed.iter().any(torn) {
        GRACE
    } else if 1 < changed.len() {
        least.max(SEVERAL)
    } else {
        least
    }
}

/// Whether the rest of a file may still be on its way: it is empty, ends in
/// the middle of a line or of a character or in zero bytes, or much of what it
/// held is gone.
fn looks_torn(before: Option<&[u8]>, now: &[u8]) -> bool {
    let was = before.unwrap_or_default();
    let ended = was.is_empty() || was.ends_with(b"\n");
    let cut_in_a_line = ended && !now.ends_with(b"\n");
    let cut_in_a_character =
        std::str::from_utf8(now).is_err_and(|error| error.error_len().is_none());
    let shrunk = was.starts_with(now) || now.len() < was.len() / 4 * 3;
    now.is_empty()
        || now.ends_with(b"\0")
        || cut_in_a_line
        || cut_in_a_character
        || shrunk
}

/// Reads a folder that may be in the middle of a save, as soon as it lies
/// still; `before` is what it held when all was well.
///
/// # Errors
///
/// As [`Snapshot::take`]: there is no folder to read.
pub async fn read(dir: &Path, before: &Sight) -> Sight {
    let began = Instant::now();
    let mut last = look(dir).await;
    let mut still_since = began;
    while last != *before && began.elapsed() < LONGEST {
        let left =
            rest_needed(before, &last, Heard::Told).saturating_sub(still_since.elapsed());
        if left.is_zero() {
            break;
        }
        sleep(left.min(AGAIN)).await;
        let now = look(dir).await;
        if now != last {
            last = now;
            still_since = Instant::now();
        }
    }
    last
}

/// Looks at a folder, away from the threads that work cases: a share may hang.
pub(super) async fn look(dir: &Path) -> Sight {
    let of = dir.to_owned();
    match tokio::task::spawn_blocking(move || Snapshot::take(&of)).await {
        Ok(sight) => sight,
        // The process is ending.
        Err(_) => Ok(Snapshot::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "a folder that is there is a sight")]
    fn sight(files: &[(&str, &str)]) -> Sight {
        let files =
            files.iter().map(|file| (file.0.to_owned(), file.1.to_owned())).collect();
        Ok(Snapshot::from(&script::program::Folder { files }))
    }

    const WHOLE: &str = "-- 提醒\nworkflow \"a\" {}\nstage \"b\" {}\nstage \"c\" {}\n";

    #[test]
    fn a_half_is_waited_for_and_a_whole_file_is_not() {
        let edited = WHOLE.replace("\"c\"", "\"d\"");
        let table: [(&str, &str, Duration); 9] = [
            ("an edit", &edited, AGAIN),
            ("one line more", &format!("{WHOLE}-- 完\n"), AGAIN),
            ("one line less", &WHOLE.replacen("-- 提醒\n", "", 1), AGAIN),
            ("emptied before it is written", "", GRACE),
            ("cut in a line", &edited[..edited.len() - 5], GRACE),
            ("cut at the end of a line", "-- 提醒\nworkflow \"a\" {}\n", GRACE),
            ("cut and edited", "-- 改\nworkflow \"a\" {}\n", GRACE),
            ("its end is not written yet", &format!("{edited}\0\0"), GRACE),
            ("the same again", WHOLE, AGAIN),
        ];
        let before = sight(&[("a.lua", WHOLE)]);
        for (what, now, rest) in table {
            let now = sight(&[("a.lua", now)]);
            assert_eq!(rest_needed(&before, &now, Heard::Told), rest, "{what}");
        }
    }

    #[test]
    fn a_file_that_never_ended_its_last_line_is_whole() {
        let before = sight(&[("a.lua", WHOLE.trim_end())]);
        let now = sight(&[("a.lua", WHOLE.replace("\"c\"", "\"d\"").trim_end())]);
        assert_eq!(rest_needed(&before, &now, Heard::Told), AGAIN);
    }

    #[test]
    fn several_files_may_be_followed_by_more() {
        let before = sight(&[("a.lua", WHOLE)]);
        let now = sight(&[("a.lua", "-- 改\n"), ("a_test.lua", "-- 测试\n")]);
        assert!(SEVERAL <= rest_needed(&before, &now, Heard::Told));
        let gone =
            Err(Box::new(Finding::error("W050", "", String::new(), String::new())));
        assert_eq!(rest_needed(&before, &gone, Heard::Told), SEVERAL);
    }

    #[test]
    fn a_file_held_open_is_waited_for_and_one_on_a_share_is_looked_at_twice() {
        let before = sight(&[("a.lua", WHOLE)]);
        let now = sight(&[("a.lua", &WHOLE.replace("\"c\"", "\"d\""))]);
        assert_eq!(rest_needed(&before, &now, Heard::StillWriting), LONGEST);
        assert_eq!(rest_needed(&before, &now, Heard::Found), UNTOLD);
    }

    #[tokio::test]
    async fn a_file_whose_second_half_comes_a_second_later_is_read_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.lua");
        std::fs::write(&file, WHOLE).unwrap();
        let before = look(dir.path()).await;
        let whole = format!("{WHOLE}stage \"d\" {{}}\n");
        std::fs::write(&file, &whole[..30]).unwrap();
        let rest = {
            let (file, whole) = (file.clone(), whole.clone());
            tokio::spawn(async move {
                sleep(Duration::from_secs(1)).await;
                std::fs::write(&file, whole).unwrap();
            })
        };
        let seen = read(dir.path(), &before).await.unwrap();
        assert_eq!(seen.bytes("a.lua"), Some(whole.as_bytes()));
        rest.await.unwrap();
    }
}
