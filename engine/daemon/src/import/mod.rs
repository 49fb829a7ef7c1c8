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
mod feed;
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

use cases::{CaseList, CaseRecord};
use events::EventList;
use feed::{Feed, Understand};
use rejects::Rejects;
use table::Row;

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
    let mut feed = Feed::open::<CaseList>(path, options).await?;
    let file = source::name_of(path);
    let mut report = ImportReport::of("cases", file, &feed.head.sha256);
    let mut rejects = Rejects::of(&report.file, &feed.head.headers, options);
    let mut cases = Vec::new();
    while let Some(mut portion) = feed.next().await? {
        report.count(&mut portion);
        set_aside(&mut report, &mut rejects, portion.rejected)?;
        cases.extend(portion.good.into_iter().map(|it| it.1).enumerate());
    }
    let mut tx = store.write().await?;
    let imported = store_cases(tx.conn(), moment, path, &cases, options).await?;
    report.new = imported.new;
    report.changed = imported.changed;
    report.unchanged = imported.unchanged;
    finish(tx, moment, report, rejects, options).await
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
    let mut feed = Feed::open::<EventList>(path, options).await?;
    let file = source::name_of(path);
    let mut report = ImportReport::of("events", file, &feed.head.sha256);
    let mut rejects = Rejects::of(&report.file, &feed.head.headers, options);
    let (mut rows, mut events, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(mut portion) = feed.next().await? {
        events::set_future_aside(&mut portion, moment.now.today());
        report.count(&mut portion);
        rejected.append(&mut portion.rejected);
        for (row, record) in portion.good {
            events.push((rows.len(), record));
            rows.push(row);
        }
    }
    let mut tx = store.write().await?;
    let applied = post::apply(tx.conn(), moment, &events).await?;
    report.booked = applied.booked;
    report.confirmed = applied.confirmed;
    report.recorded = applied.recorded;
    report.duplicates += applied.duplicates;
    report.skipped_unknown_case = applied.unknown_case;
    let early: Vec<u64> = applied.early.iter().map(|it| rows[*it].line).collect();
    report.notices.extend(report::early(&early));
    let contradictory = applied.rejected.into_iter();
    rejected.extend(contradictory.map(|(index, fault)| (rows[index].clone(), fault)));
    rejected.sort_by_key(|it| it.0.line);
    set_aside(&mut report, &mut rejects, rejected)?;
    finish(tx, moment, report, rejects, options).await
}

/// Puts rows into the rejects file and the first of them into the report.
fn set_aside(
    report: &mut ImportReport,
    rejects: &mut Rejects,
    rejected: Vec<(Row, RowFault)>,
) -> Result<(), FileFault> {
    for (row, fault) in rejected {
        rejects.push(&row, &fault).map_err(|it| it.of(&report.file))?;
        report.reject(&row, &fault);
    }
    Ok(())
}

/// All rows of a file, or the first that cannot be used as a fault of it.
fn whole<U: Understand>(
    path: &Path,
    options: &Options,
) -> Result<Vec<(usize, U::Record)>, FileFault> {
    let mut all = Vec::new();
    feed::each::<U>(path, options, &mut |portion| {
        if let Some((row, fault)) = portion.rejected.into_iter().next() {
            let message = Message::new(fault.reason(Lang::Zh), fault.reason(Lang::En));
            let fault = FileFault::new(fault.code, message);
            return Err(fault.at(row.line).of(&source::name_of(path)));
        }
        all.extend(portion.good.into_iter().map(|it| it.1));
        Ok(())
    })?;
    Ok(all.into_iter().enumerate().collect())
}

/// Names the rejects file and makes the rows last, or neither.
async fn finish(
    mut tx: WriteTx,
    moment: &Moment<'_>,
    mut report: ImportReport,
    rejects: Rejects,
    options: &Options,
) -> Result<ImportReport, ImportError> {
    report.end();
    report.dry_run = options.dry_run;
    if options.dry_run {
        tx.rollback().await?;
        return Ok(report);
    }
    let pending = rejects.finish().map_err(|it| it.of(&report.file))?;
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

#[cfg(test)]
mod tests;
