//! The log of departures (离库记录): every order that is about to leave, written
//! beside the store before it does.
//!
//! A store can be lost and an older one put back; what left meanwhile cannot be
//! called back. So it is noted outside the store, without a name, a number of a
//! telephone or of a loan, and read when a store was put back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use domain::status::OrderStatus;
use foldhash::HashMap;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::journal::hex;
use crate::outbox::Leased;
use crate::spool::{append_lines, is_link, make_folder, sync_folder_of};
use crate::standing::beside;
use crate::{Now, StoreError, plain};

/// The folder beside the store, with a file a month.
const FOLDER: &str = "departures";

/// Whoever asks what left after a backup reads the log from so long before it: what was
/// in hand at its moment left before it and was answered after it.
pub const IN_HAND_MS: i64 = 2 * 86_400_000;

/// One order that was about to leave, and what its gateway said.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Departure {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The order's number.
    pub order: i64,
    /// The lease under which it left.
    pub epoch: i64,
    /// Its key.
    pub key: String,
    /// The loan, see [`case_ref`].
    pub case_ref: String,
    /// The case's number in the store.
    pub case_id: i64,
    /// The person's number in the store.
    pub party_id: Option<i64>,
    /// The verb.
    pub verb: String,
    /// The template; empty where it has none.
    pub template: String,
    /// The channel's word.
    pub channel: Option<String>,
    /// The word of its delivery class.
    pub delivery: String,
    /// The status word that it came to; `None` where no answer was noted.
    #[serde(default)]
    pub became: Option<String>,
}

impl Departure {
    fn of(store_id: &str, now: &Now, order: &Leased) -> Self {
        Self {
            at: now.ms,
            order: order.id.0,
            epoch: order.epoch,
            key: order.idempotency_key.clone(),
            case_ref: case_ref(store_id, &order.case_no),
            case_id: order.case_id.0,
            party_id: order.party_id,
            verb: order.verb.clone(),
            template: template_of(order).to_owned(),
            channel: order.channel.map(|channel| channel.as_str().to_owned()),
            delivery: order.delivery.as_str().to_owned(),
            became: None,
        }
    }

    /// Whether it arrived, or may have: delivered, unknown, or `None` for
    /// what surely did not. What honours its key may go once more under it, and not
    /// under that of an order which is given anew.
    pub fn outcome(&self) -> Option<OrderStatus> {
        let Some(word) = &self.became else { return Some(OrderStatus::Unknown) };
        OrderStatus::parse(word).filter(|status| status.may_have_left())
    }
}

/// The template of an order; empty where it has none.
pub fn template_of(order: &Leased) -> &str {
    order.args.get("template").and_then(Value::as_str).unwrap_or_default()
}

/// A loan by a hash of its number, which tells nothing to whoever reads the log.
pub fn case_ref(store_id: &str, case_no: &str) -> String {
    let digest = Sha256::digest(format!("{store_id}\n{case_no}").as_bytes());
    hex(&digest)[..16].to_owned()
}

/// A line of the log.
#[derive(Deserialize, Serialize)]
#[serde(tag = "did", rename_all = "snake_case")]
enum Line {
    Leaves(Departure),
    Became { key: String, epoch: i64, became: String },
}

/// The log of one store.
#[derive(Clone, Debug)]
pub struct Departures {
    folder: PathBuf,
    /// Beside the store and not in the folder: a backup takes the log along, and
    /// what is told elsewhere of its beginning would be no longer true.
    began: PathBuf,
    store_id: String,
}

/// From when on the log holds all that leaves.
#[derive(Deserialize, Serialize)]
struct Began {
    store: String,
    at: i64,
}

impl Departures {
    /// The log beside a store.
    pub fn of(store: &Path, store_id: &str) -> Self {
        let folder = store.with_file_name(FOLDER);
        let began = beside(store, ".departures");
        Self { folder, began, store_id: store_id.to_owned() }
    }

    /// The folder with the files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Notes that from now on all that leaves stands in this log, unless it has
    /// done so before. Nothing may leave that was not begun so.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the log cannot be written.
    pub fn begin(&self, now: &Now) -> Result<(), StoreError> {
        if self.is_whole_since(now.ms) {
            return Ok(());
        }
        self.begin_at(now.ms)
    }

    /// The same of a store that has just been made: all that will ever leave of it.
    pub(crate) fn begin_with_store(&self) -> Result<(), StoreError> {
        self.begin_at(0)
    }

    fn begin_at(&self, at: i64) -> Result<(), StoreError> {
        let made = make_folder(&self.folder);
        made.map_err(|error| StoreError::at(&self.folder, &error))?;
        let began = Began { store: self.store_id.clone(), at };
        // Beside it first: a torn note would tell that nothing before is known.
        let part = beside(&self.began, ".part");
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let file = plain::open_with(options, &part);
        let mut file = file.map_err(|error| StoreError::at(&part, &error))?;
        file.write_all(&serde_json::to_vec(&began)?)?;
        file.sync_all()?;
        let placed = fs::rename(&part, &self.began);
        placed.map_err(|error| StoreError::at(&self.began, &error))?;
        Ok(sync_folder_of(&self.began)?)
    }

    fn begun(&self) -> Option<Began> {
        serde_json::from_slice(&plain::read(&self.began).ok()?).ok()
    }

    /// The files of the log with the month of each, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the folder cannot be read.
    pub fn months(&self) -> Result<Vec<(Date, PathBuf)>, StoreError> {
        let month = |path: &Path| -> Option<Date> {
            let name = path.file_stem()?.to_str()?;
            format!("{name}-01").parse().ok()
        };
        // Behind a link lie the files of another folder.
        let files = if is_link(&self.folder) { Vec::new() } else { self.files()? };
        let files = files.into_iter();
        Ok(files.filter_map(|path| Some((month(&path)?, path))).collect())
    }

    /// Removes a month of the log, the oldest, after which it tells what has left since
    /// an instant. That is noted first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the log cannot be written.
    pub fn remove_month(&self, file: &Path, from_ms: i64) -> Result<(), StoreError> {
        let whole_at = from_ms + IN_HAND_MS;
        if self.begun().is_some_and(|it| it.store == self.store_id && it.at < whole_at) {
            self.begin_at(whole_at)?;
        }
        Ok(fs::remove_file(file)?)
    }

    /// Whether all that has left since an instant stands in this log. One that was
    /// begun later, as on another machine, or whose folder is gone tells nothing of
    /// what left before.
    pub fn is_whole_since(&self, at_ms: i64) -> bool {
        self.folder.is_dir()
            && self.begun().is_some_and(|it| it.store == self.store_id && it.at <= at_ms)
    }

    /// The file of the month.
    pub fn month(&self, now: &Now) -> PathBuf {
        self.folder.join(format!("{}.jsonl", now.civil.strftime("%Y-%m")))
    }

    /// Notes orders that are about to leave; they are on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the log cannot be written: none of them may leave.
    pub async fn leave(&self, now: &Now, orders: &[&Leased]) -> Result<(), StoreError> {
        let all = orders.iter().map(|order| Departure::of(&self.store_id, now, order));
        self.append(now, all.map(Line::Leaves).collect(), true).await
    }

    /// Whether the log can be written: nothing is added to it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be.
    pub async fn try_out(&self, now: &Now) -> Result<(), StoreError> {
        self.write(now, String::new(), false).await
    }

    /// Notes what orders came to that had left. Lost lines make it unknown.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the log cannot be written.
    pub async fn became(
        &self,
        now: &Now,
        answers: &[(&Leased, OrderStatus)],
    ) -> Result<(), StoreError> {
        let line = |(order, became): &(&Leased, OrderStatus)| Line::Became {
            key: order.idempotency_key.clone(),
            epoch: order.epoch,
            became: became.to_string(),
        };
        self.append(now, answers.iter().map(line).collect(), false).await
    }

    async fn append(
        &self,
        now: &Now,
        lines: Vec<Line>,
        on_disk: bool,
    ) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(&serde_json::to_string(&line)?);
            text.push('\n');
        }
        self.write(now, text, on_disk).await
    }

    async fn write(
        &self,
        now: &Now,
        text: String,
        on_disk: bool,
    ) -> Result<(), StoreError> {
        let (folder, path) = (self.folder.clone(), self.month(now));
        let write = move || {
            make_folder(&folder)?;
            append_lines(&path, &text, on_disk)
        };
        let done = tokio::task::spawn_blocking(write).await;
        let done = done.map_err(io::Error::other).and_then(|map_err| map_err);
        done.map_err(|error| self.unreadable(&error))
    }

    /// A fault of the disk, with the folder that it is about.
    fn unreadable(&self, error: &io::Error) -> StoreError {
        StoreError::Io(format!("{}: {error}", self.folder.display()))
    }

    /// What left since an instant, each key once with what it came to at last,
    /// in the order in which it left.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when a file cannot be read; a line that is torn is passed
    /// over.
    pub fn since(&self, at_ms: i64) -> Result<Vec<Departure>, StoreError> {
        let mut found = Vec::new();
        for file in self.files()? {
            read(&file, &mut found)?;
        }
        found.retain(|it| at_ms <= it.at);
        Ok(found)
    }

    fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(self.unreadable(&error)),
        };
        let files: io::Result<Vec<PathBuf>> =
            entries.map(|entry| Ok(entry?.path())).collect();
        let mut files = files.map_err(|error| self.unreadable(&error))?;
        files.retain(|file| {
            file.extension().is_some_and(|extension| extension == "jsonl")
        });
        files.sort();
        Ok(files)
    }
}

/// Reads a file of such a log; answers how many lines are of one.
///
/// # Errors
///
/// [`StoreError`] when the file cannot be read.
pub fn read(file: &Path, found: &mut Vec<Departure>) -> Result<usize, StoreError> {
    read_opened(&plain::open(file)?, found)
}

/// [`read`] of a file that is open, from its beginning.
///
/// # Errors
///
/// As for [`read`].
pub fn read_opened(
    mut file: &File,
    found: &mut Vec<Departure>,
) -> Result<usize, StoreError> {
    file.rewind()?;
    let mut lines = 0;
    let mut places: HashMap<String, usize> =
        found.iter().enumerate().map(|(at, it)| (it.key.clone(), at)).collect();
    for line in BufReader::new(file).split(b'\n') {
        let line = serde_json::from_slice(&line?);
        lines += usize::from(line.is_ok());
        match line {
            Ok(Line::Leaves(departure)) => {
                let before = places.get(&departure.key);
                if let Some(before) = before.and_then(|at| found.get_mut(*at)) {
                    *before = departure;
                } else {
                    places.insert(departure.key.clone(), found.len());
                    found.push(departure);
                }
            }
            Ok(Line::Became { key, epoch, became }) => {
                let place = places.get(&key).and_then(|at| found.get_mut(*at));
                if let Some(departure) = place.filter(|place| place.epoch == epoch) {
                    departure.became = Some(became);
                }
            }
            Err(_) => {}
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whether_the_log_can_be_written_is_found_out_without_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let log = Departures::of(&dir.path().join("store.db"), "s");
        let now = Now { ms: 0, civil: jiff::civil::date(2026, 3, 2).at(9, 0, 0, 0) };
        log.try_out(&now).await.unwrap();
        assert_eq!(fs::read(log.month(&now)).unwrap(), b"");
        fs::remove_dir_all(log.folder()).unwrap();
        fs::write(log.folder(), "").unwrap();
        assert!(log.try_out(&now).await.is_err());
    }

    #[test]
    fn a_beginning_that_could_not_be_written_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let log = Departures::of(&dir.path().join("store.db"), "s");
        log.begin_at(5).unwrap();
        // A folder lies where the new note would be written.
        fs::create_dir(beside(&log.began, ".part")).unwrap();
        assert!(log.begin_at(9).is_err());
        assert!(log.is_whole_since(5));
        fs::remove_dir(beside(&log.began, ".part")).unwrap();
        log.begin_at(9).unwrap();
        assert!(!log.is_whole_since(5) && log.is_whole_since(9));
    }
}
