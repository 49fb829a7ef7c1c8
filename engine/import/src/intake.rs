//! How a list is taken in (导入过程): read to its end first, then booked loan by loan.
//!
//! A file that is broken as a whole has then changed nothing, and the rows of a loan
//! come together wherever they stand. A site that nobody else is working takes a file
//! in one transaction. While a daemon works the site, a long file is taken in
//! portions of whole loans, between which the daemon does everything else; each loan
//! is booked in full or not at all, and the same file again takes up what is left.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::say::{Lang, Say};
use foldhash::HashMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use smol_str::SmolStr;
use store::progress::Progress;
use store::{Conn, Store, StoreError, WriteTx, meta};
use tokio::sync::mpsc;

use super::fault::{FileFault, RowFault};
use super::feed::{self, Feed, Head, PORTION, Portion, Understand};
use super::headers::{Columns, Known};
use super::rejects::{Pending, Rejects};
use super::report::ImportReport;
use super::sorter::{self, MEMORY, Sorted, Sorter};
use super::table::Row;
use super::{ImportError, Options, source};

/// Rows that a daemon can book at once without keeping anybody waiting.
const AT_ONCE: usize = 20_000;

/// The import that is under way, in the store's `meta`: what is left of it when the
/// process has died.
pub const IN_HAND: &str = "import_in_hand";

/// A list that was read to its end.
pub(crate) struct Read<T> {
    pub head: Head,
    pub report: ImportReport,
    pub faults: Faults,
    /// Rows that can be used.
    pub rows: usize,
    sorted: Sorted<T>,
    /// The rows of a short list, so that it need not be read again.
    kept: Option<Vec<Row>>,
}

/// A record that tells of one loan.
pub(crate) trait OfLoan {
    /// Its number.
    fn case_no(&self) -> &str;
}

/// Reads a list; `look` sees every portion before it is counted.
pub(crate) async fn read<U>(
    store: &Store,
    path: &Path,
    options: &Options,
    kind: &'static str,
    mut look: impl FnMut(&mut Portion<U::Record>),
) -> Result<Read<U::Record>, ImportError>
where
    U: Understand,
    U::Record: OfLoan + Serialize + DeserializeOwned,
{
    let file = source::name_of(path);
    let mut feed = Feed::open::<U>(path, options).await?;
    options.progress.begin(0);
    let mut report = ImportReport::of(kind, file, &feed.head);
    let mut faults = Faults::default();
    let folder = store.path().parent().unwrap_or(Path::new("."));
    let mut sorter = Sorter::new(folder, MEMORY);
    let mut kept = Some(Vec::new());
    while let Some(mut portion) = feed.next().await? {
        look(&mut portion);
        options.progress.advance(portion.rows as u64);
        report.count(&mut portion);
        // The last portion knows it.
        feed.head.stated = portion.stated.or(feed.head.stated);
        kept = kept.filter(|_| report.rows <= PORTION);
        for (row, fault) in portion.rejected {
            faults.push(row.line, fault);
            if let Some(kept) = &mut kept {
                kept.push(row);
            }
        }
        for (row, record) in portion.good {
            let pushed = sorter.push(record.case_no(), row.line, &record);
            pushed.map_err(beside_the_store)?;
            if let Some(kept) = &mut kept {
                kept.push(row);
            }
        }
    }
    let rows = sorter.len();
    let sorted = sorter.finish().map_err(beside_the_store)?;
    Ok(Read { head: std::mem::take(&mut feed.head), report, faults, rows, sorted, kept })
}

/// The rows of one loan: its number, lines and records.
pub(crate) type Group<T> = (SmolStr, Vec<(u64, T)>);

/// The loans of a list, some at a time.
pub(crate) struct Loans<T> {
    pieces: mpsc::Receiver<io::Result<Vec<Group<T>>>>,
}

impl<T: DeserializeOwned + Send + 'static> Loans<T> {
    /// Reads ahead on a thread that may block.
    fn of(mut sorted: Sorted<T>) -> Self {
        let (sender, pieces) = mpsc::channel(1);
        tokio::task::spawn_blocking(move || {
            let mut left = None;
            loop {
                let groups = some_groups(&mut sorted, &mut left);
                let ended = !matches!(&groups, Ok(it) if !it.is_empty());
                if ended && groups.is_ok() {
                    return;
                }
                // Nobody listens any more: the import was given up.
                if sender.blocking_send(groups).is_err() || ended {
                    return;
                }
            }
        });
        Self { pieces }
    }

    /// The next loans; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Group<T>>>, ImportError> {
        match self.pieces.recv().await {
            None => Ok(None),
            Some(groups) => Ok(Some(groups.map_err(beside_the_store)?)),
        }
    }
}

/// Whole loans of about a portion of rows; `left` is the first row of the next.
fn some_groups<T: DeserializeOwned>(
    sorted: &mut Sorted<T>,
    left: &mut Option<sorter::Placed<T>>,
) -> io::Result<Vec<Group<T>>> {
    let mut groups: Vec<Group<T>> = Vec::new();
    let mut rows = 0;
    loop {
        let next = match left.take() {
            Some(row) => Some(row),
            None => sorted.next()?,
        };
        let Some((key, line, record)) = next else { return Ok(groups) };
        match groups.last_mut() {
            Some((known, of_loan)) if *known == key => of_loan.push((line, record)),
            _ if PORTION <= rows => {
                *left = Some((key, line, record));
                return Ok(groups);
            }
            _ => groups.push((key, vec![(line, record)])),
        }
        rows += 1;
    }
}

/// What is left of a list that was read, beside its loans.
pub(crate) struct Rest {
    pub head: Head,
    pub report: ImportReport,
    pub faults: Faults,
    kept: Option<Vec<Row>>,
}

impl<T: DeserializeOwned + Send + 'static> Read<T> {
    /// The loans, and the rest.
    pub(crate) fn apart(self) -> (Loans<T>, Rest) {
        let Self { head, report, faults, sorted, kept, .. } = self;
        (Loans::of(sorted), Rest { head, report, faults, kept })
    }
}

/// Rows that were left out, by their lines; a thousand rows of one fault take no
/// more room than their lines.
#[derive(Default)]
pub(crate) struct Faults {
    kinds: Vec<RowFault>,
    known: HashMap<RowFault, usize>,
    lines: Vec<(u64, usize)>,
}

impl Faults {
    pub(crate) fn push(&mut self, line: u64, fault: RowFault) {
        let next = self.kinds.len();
        let kind = *self.known.entry(fault).or_insert_with_key(|fault| {
            self.kinds.push(fault.clone());
            next
        });
        self.lines.push((line, kind));
    }

    pub(crate) fn extend(&mut self, faults: Vec<(u64, RowFault)>) {
        for (line, fault) in faults {
            self.push(line, fault);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// By line, each once.
    fn in_order(&mut self) {
        self.lines.sort_by_key(|line| line.0);
        self.lines.dedup_by_key(|line| line.0);
    }

    fn each(&self) -> impl Iterator<Item = (u64, &RowFault)> {
        self.lines.iter().filter_map(|line| Some((line.0, self.kinds.get(line.1)?)))
    }

    fn of(&self, line: u64) -> Option<&RowFault> {
        let at = self.lines.binary_search_by_key(&line, |it| it.0).ok()?;
        self.kinds.get(self.lines.get(at)?.1)
    }
}

/// How many rows of a file are in the book for good while the rest is booked.
#[derive(Default)]
pub(crate) struct Taken(AtomicUsize);

impl Taken {
    pub(crate) fn rows(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Whether a list of so many rows is booked in portions.
pub(crate) fn in_portions(options: &Options, rows: usize) -> bool {
    options.shared && AT_ONCE < rows
}

/// The writer's turns: one transaction, or one for each portion.
pub(crate) struct Turns<'a> {
    store: &'a Store,
    taken: &'a Taken,
    tx: WriteTx,
    in_portions: bool,
    dry_run: bool,
    told: String,
    done: usize,
    progress: Progress,
}

impl<'a> Turns<'a> {
    /// Waits for the writer.
    pub(crate) async fn begin(
        store: &'a Store,
        taken: &'a Taken,
        rows: usize,
        report: &ImportReport,
        options: &Options,
    ) -> Result<Self, StoreError> {
        let told = json!({
            "kind": report.kind, "file": report.file, "sha256": report.sha256,
            "rows": report.rows,
            "by": options.importer.as_ref().map(|importer| importer.by.as_str()),
        });
        options.progress.begin(rows as u64);
        Ok(Self {
            store,
            taken,
            tx: store.write().await?,
            in_portions: in_portions(options, rows),
            dry_run: options.dry_run,
            told: told.to_string(),
            done: 0,
            progress: options.progress.clone(),
        })
    }

    pub(crate) fn conn(&mut self) -> &mut Conn {
        self.tx.conn()
    }

    /// Says that so many rows are booked, and lets others write.
    pub(crate) async fn pause(mut self, rows: usize) -> Result<Self, StoreError> {
        self.done += rows;
        self.progress.advance(rows as u64);
        if !self.in_portions {
            return Ok(self);
        }
        if self.dry_run {
            self.tx.rollback().await?;
        } else {
            let told = self.told.trim_end_matches('}');
            let told = format!("{told},\"done\":{}}}", self.done);
            meta::set_text(self.tx.conn(), IN_HAND, &told).await?;
            self.tx.commit().await?;
            self.taken.0.store(self.done, Ordering::Relaxed);
        }
        tokio::task::yield_now().await;
        Ok(Self { tx: self.store.write().await?, ..self })
    }

    /// The transaction of the last portion.
    pub(crate) async fn end(mut self) -> Result<WriteTx, StoreError> {
        if self.in_portions && !self.dry_run {
            meta::remove(self.tx.conn(), IN_HAND).await?;
        }
        Ok(self.tx)
    }
}

impl Rest {
    /// Names the rows that were left out and writes them aside.
    pub(crate) async fn set_aside<U: Understand>(
        &mut self,
        path: &Path,
        options: &Options,
    ) -> Result<Option<Pending>, FileFault> {
        self.faults.in_order();
        for (line, fault) in self.faults.each() {
            self.report.reject(line, fault);
        }
        if options.dry_run || self.faults.lines.is_empty() {
            return Ok(None);
        }
        let rejects = Rejects::of(&self.report.file, &self.head.headers, options);
        let file = self.report.file.clone();
        let written = match self.kept.take() {
            Some(mut rows) => {
                rows.sort_by_key(|row| row.line);
                self.write(rejects, &rows)
            }
            None => self.write_again::<U>(path, options, rejects).await,
        };
        written.map_err(|error| error.of(&file))
    }

    fn write(
        &self,
        mut rejects: Rejects,
        rows: &[Row],
    ) -> Result<Option<Pending>, FileFault> {
        for row in rows {
            if let Some(fault) = self.faults.of(row.line) {
                rejects.push(row, fault)?;
            }
        }
        rejects.finish()
    }

    /// A long list is read once more for the rows of its faults.
    async fn write_again<U: Understand>(
        &self,
        path: &Path,
        options: &Options,
        mut rejects: Rejects,
    ) -> Result<Option<Pending>, FileFault> {
        let mut feed = Feed::open::<Plain<U>>(path, options).await?;
        if feed.head.sha256 != self.head.sha256 {
            return Err(changed_meanwhile());
        }
        while let Some(portion) = feed.next().await? {
            let rejected = portion.rejected.into_iter().map(|it| it.0);
            let mut rows: Vec<Row> =
                portion.good.into_iter().map(|it| it.0).chain(rejected).collect();
            rows.sort_by_key(|row| row.line);
            for row in &rows {
                if let Some(fault) = self.faults.of(row.line) {
                    rejects.push(row, fault)?;
                }
            }
        }
        rejects.finish()
    }
}

/// A list whose rows are taken as they are.
struct Plain<U>(std::marker::PhantomData<fn() -> U>);

impl<U: Understand> Understand for Plain<U> {
    type Record = ();

    const COLUMNS: &'static [Known] = U::COLUMNS;

    const KEEPS_CELLS: bool = true;

    fn begin(_columns: Columns, _options: &Options) -> Result<Self, FileFault> {
        Ok(Self(std::marker::PhantomData))
    }

    fn row(&mut self, row: Row, portion: &mut Portion<()>) -> Result<(), FileFault> {
        portion.good.push((row, ()));
        Ok(())
    }
}

/// All rows of a file, or the first that cannot be used as a fault of it.
pub(crate) fn whole<U: Understand>(
    path: &Path,
    options: &Options,
) -> Result<Vec<(u64, U::Record)>, FileFault> {
    let mut all = Vec::new();
    feed::each::<U>(path, options, &mut |portion| {
        if let Some((row, fault)) = portion.rejected.into_iter().next() {
            return Err(as_fault_of_file(&fault, row.line, path));
        }
        all.extend(portion.good.into_iter().map(|(row, it)| (row.line, it)));
        Ok(())
    })?;
    Ok(all)
}

/// The fault of a row as one of its file, where every row has to be good.
pub(crate) fn as_fault_of_file(fault: &RowFault, line: u64, path: &Path) -> FileFault {
    let message = Say::new(fault.reason(Lang::Zh), fault.reason(Lang::En));
    FileFault::new(fault.code, message).at(line).of(&source::name_of(path))
}

fn beside_the_store(_error: io::Error) -> ImportError {
    let message = Say::new(
        "导入用的临时文件写不进案件库所在的目录,没有导入任何内容;请检查磁盘空间和目录权限后再导入",
        "the import cannot write a temporary file into the folder of the case store, nothing was imported; check disk space and permissions",
    );
    FileFault::new("I060", message).into()
}

pub(crate) fn changed_meanwhile() -> FileFault {
    FileFault::new(
        "I061",
        Say::new(
            "文件在导入过程中被改动;请等它写完后再导入同一文件",
            "the file was changed while it was read; wait until it is complete and import it again",
        ),
    )
}
