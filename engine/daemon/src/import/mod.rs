//! Takes a book of debts into the store (导入): case lists and event files.
//!
//! A file is read and understood in full before anything is written. What is
//! good of it is then stored in one transaction; what is not goes to a rejects
//! file with line and reason. The same file again changes nothing.

mod fault;
mod source;
mod encoding;
mod table;
mod xlsx;
mod cells;
mod headers;
mod kinds;
mod cases;
mod events;
mod rejects;
mod report;
mod book;
mod reversals;
pub(crate) mod twins;
mod post;
mod replay;
mod trace;

use std::path::{Path, PathBuf};

use store::case_book::Imported;
use store::{Conn, Store, StoreError, WriteTx};
use thiserror::Error;

use cases::CaseRecord;
use source::Opened;
use table::Table;

pub(crate) use post::EARLY_DAYS;

pub use fault::{FileFault, Lang, Message, RowFault};
pub use headers::{Condition, Mapping};
pub use post::{Applied, Moment};
pub use replay::{CaseFile, EventFile};
pub use report::{ImportReport, RejectedRow};
pub use trace::Importer;

/// How a file is to be taken.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--map`: columns that go by a name of their own.
    pub map: Vec<Mapping>,
    /// `--where`: conditions, all of which a row has to meet.
    pub only: Vec<Condition>,
    /// `--dry-run`: say what would happen and store nothing.
    pub dry_run: bool,
    /// The language of the rejects file.
    pub lang: Lang,
    /// The folder of the rejects files, made when it is needed.
    pub rejects_dir: PathBuf,
    /// Who imports, for the journal; without it nothing is written there.
    pub importer: Option<Importer>,
}

/// Why an import as a whole did not take place. Nothing was stored.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileFault),
    /// The store could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    /// The message for a person.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::File(fault) => fault.text(lang),
            Self::Store(fault) => fault.to_string(),
        }
    }
}

/// Imports a case list, in one transaction.
///
/// # Errors
///
/// [`ImportError`] when the file cannot be used as a whole or the store cannot
/// be written; nothing was stored then. Bad rows are no error: the report
/// names them.
pub async fn import_cases(
    store: &Store,
    moment: &Moment<'_>,
    path: &Path,
    options: &Options,
) -> Result<ImportReport, ImportError> {
    let (table, sifted) = off_the_loop(path, options, cases::understand).await?;
    let mut report = ImportReport::of("cases", &table, &sifted);
    let mut tx = store.write().await?;
    let imported = store_cases(tx.conn(), moment, path, &sifted.good, options).await?;
    report.new = imported.new;
    report.changed = imported.changed;
    report.unchanged = imported.unchanged;
    finish(tx, moment, report, path, &table, sifted.rejected, options).await
}

/// Writes the cases, and into their journals what has changed.
async fn store_cases(
    conn: &mut Conn,
    moment: &Moment<'_>,
    path: &Path,
    cases: &[(usize, CaseRecord)],
    options: &Options,
) -> Result<Imported, StoreError> {
    let Some(importer) = &options.importer else {
        return book::store_cases(conn, &moment.now, cases).await;
    };
    let before = trace::Columns::of(conn, cases).await?;
    let imported = book::store_cases(conn, &moment.now, cases).await?;
    if 0 < imported.changed {
        let after = trace::Columns::of(conn, cases).await?;
        let file = source::name_of(path);
        let columns = (&before, &after);
        trace::changes(conn, &moment.now, importer, &file, columns).await?;
    }
    Ok(imported)
}

/// Imports an events file, in one transaction. Events of cases that are not in
/// the book are counted and left out.
///
/// # Errors
///
/// As [`import_cases`].
pub async fn import_events(
    store: &Store,
    moment: &Moment<'_>,
    path: &Path,
    options: &Options,
) -> Result<ImportReport, ImportError> {
    let (table, mut sifted) = off_the_loop(path, options, events::understand).await?;
    events::set_future_aside(&mut sifted, moment.now.today());
    let mut report = ImportReport::of("events", &table, &sifted);
    let mut tx = store.write().await?;
    let applied = post::apply(tx.conn(), moment, &sifted.good).await?;
    report.booked = applied.booked;
    report.confirmed = applied.confirmed;
    report.recorded = applied.recorded;
    report.duplicates += applied.duplicates;
    report.skipped_unknown_case = applied.unknown_case;
    report.notices.extend(report::early(&table, &applied.early));
    let rejected = [sifted.rejected, applied.rejected].concat();
    finish(tx, moment, report, path, &table, rejected, options).await
}

/// The rows of a file, sorted into those that can be used and the others. The
/// numbers are places in the table.
pub(crate) struct Sifted<T> {
    pub good: Vec<(usize, T)>,
    pub rejected: Vec<(usize, RowFault)>,
    pub duplicates: usize,
    pub filtered_out: usize,
    pub notices: Vec<Message>,
    /// Of the file's bytes.
    pub sha256: String,
}

impl<T> Default for Sifted<T> {
    fn default() -> Self {
        Self {
            good: Vec::new(),
            rejected: Vec::new(),
            duplicates: 0,
            filtered_out: 0,
            notices: Vec::new(),
            sha256: String::new(),
        }
    }
}

impl<T> Sifted<T> {
    fn reject(&mut self, index: usize, fault: RowFault) {
        self.rejected.push((index, fault));
    }
}

type Understand<T> = fn(&Table, &Options) -> Result<Sifted<T>, FileFault>;

/// Reads and understands a file on a thread that may block.
async fn off_the_loop<T: Send + 'static>(
    path: &Path,
    options: &Options,
    understand: Understand<T>,
) -> Result<(Table, Sifted<T>), FileFault> {
    let (path, options) = (path.to_owned(), options.clone());
    let work = tokio::task::spawn_blocking(move || sift(&path, &options, understand));
    match work.await {
        Ok(done) => done,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

fn sift<T>(
    path: &Path,
    options: &Options,
    understand: Understand<T>,
) -> Result<(Table, Sifted<T>), FileFault> {
    let (table, sha256) = read(path)?;
    let sifted =
        understand(&table, options).map_err(|it| it.of(&source::name_of(path)))?;
    Ok((table, Sifted { sha256, ..sifted }))
}

/// All rows of a file, or the first that cannot be used as a fault of it.
fn whole<T>(
    path: &Path,
    options: &Options,
    understand: Understand<T>,
) -> Result<Vec<(usize, T)>, FileFault> {
    let (table, sifted) = sift(path, options, understand)?;
    match sifted.rejected.into_iter().next() {
        None => Ok(sifted.good),
        Some((index, fault)) => {
            let message = Message::new(fault.reason(Lang::Zh), fault.reason(Lang::En));
            let fault = FileFault::new(fault.code, message);
            Err(fault.at(table.rows[index].line).of(&source::name_of(path)))
        }
    }
}

/// Writes the rejects file and makes the rows last, or neither.
async fn finish(
    mut tx: WriteTx,
    moment: &Moment<'_>,
    mut report: ImportReport,
    path: &Path,
    table: &Table,
    mut rejected: Vec<(usize, RowFault)>,
    options: &Options,
) -> Result<ImportReport, ImportError> {
    rejected.sort_by_key(|it| it.0);
    report.file = source::name_of(path);
    report.dry_run = options.dry_run;
    report.name_rejected(table, &rejected);
    if options.dry_run {
        tx.rollback().await?;
        return Ok(report);
    }
    let pending = rejects::prepare(
        &options.rejects_dir,
        &report.file,
        table,
        &rejected,
        options.lang,
    )
    .map_err(|it| it.of(&report.file))?;
    if let Some(importer) = &options.importer {
        trace::file(tx.conn(), &moment.now, importer, &report).await?;
    }
    tx.commit().await?;
    if let Some(pending) = pending {
        let path = pending.keep().map_err(|it| it.of(&report.file))?;
        report.rejects_file = Some(path.display().to_string());
    }
    Ok(report)
}

/// The rows of a file, and the SHA-256 of its bytes.
fn read(path: &Path) -> Result<(Table, String), FileFault> {
    let read = |opened: Opened| Ok((table::read(opened.content)?, opened.sha256));
    source::read(path).and_then(read).map_err(|it| it.of(&source::name_of(path)))
}

#[cfg(test)]
mod tests;
