//! Takes a book of debts into the store (导入): case lists and event files.
//!
//! A file is read and understood in full before anything is written. What is good
//! of it is then booked loan by loan; what is not goes to a rejects file with line
//! and reason. The same file again changes nothing.

mod fault;
mod source;
mod encoding;
mod records;
mod package;
mod sheets;
mod formats;
mod xlsx;
mod xls;
mod pages;
mod stated;
mod layout;
mod table;
pub mod cells;
mod amounts;
mod units;
mod days;
mod brackets;
mod headers;
mod kinds;
mod sides;
mod states;
mod feed;
mod sorter;
mod intake;
mod currencies;
mod cases;
mod deaths;
mod guarantors;
mod unusable;
mod listed;
mod merge;
mod shrunk;
mod people;
mod persons;
mod components;
mod payer;
mod events;
pub mod keys;
mod marks;
mod rejects;
mod report;
mod book;
mod balances;
mod again;
pub mod parts;
mod reversals;
mod taken_back;
mod held;
mod excess;
pub mod manual_match;
mod damaged;
mod lost;
mod beside;
mod post;
mod replay;
mod trace;
mod vanished;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ids::CaseId;
use domain::say::Lang;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::bank_files::{self, BankFile};
use store::progress::Progress;
use store::{Conn, Store, StoreError, WriteTx, case_book, ledger};
use thiserror::Error;

use balances::Balanced;
use cases::CaseList;
use events::EventList;
use headers::{Columns, ColumnsWanted};
use intake::{Loans, Rest, Taken, Turns};
use rejects::Pending;
use shrunk::Shrunk;
use vanished::Vanished;

pub use marks::is_formula;
pub use post::{EARLY_DAYS, SOURCE};

pub use fault::{FileFault, RowFault};
pub use headers::{Condition, Mapping};
pub use intake::IN_HAND;
pub use persons::{MOST_LINES, PeopleRead, PersonLine, people_list};
pub use post::{Applied, Moment};
pub use replay::{CaseFile, EventFile};
pub use report::{ImportReport, RejectedRow};
pub use stated::{Stated, StatedDay};
pub use trace::Importer;
pub use units::Unit;

/// How a file is to be taken.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--map`: columns that go by a name of their own.
    pub map: Vec<Mapping>,
    /// `--where`: conditions, all of which a row has to meet.
    pub only: Vec<Condition>,
    /// `--sheet`: the sheet of a workbook, by its name or number from 1.
    pub sheet: Option<String>,
    /// `--unit`: in what the list states its amounts, where that is not the yuan.
    pub unit: Option<Unit>,
    /// `--kind`: the kind of every row of an events file without such a column.
    pub kind: Option<String>,
    /// `--dry-run`: say what would happen and store nothing.
    pub dry_run: bool,
    /// The language of the rejects file.
    pub lang: Lang,
    /// The folder of the rejects files, made when it is needed.
    pub rejects_dir: PathBuf,
    /// Who imports, for the journal; without it nothing is written there.
    pub importer: Option<Importer>,
    /// How the balances and names of a case list are taken.
    pub list: ListReading,
    /// Others write while this import runs: a long file is taken in portions.
    pub shared: bool,
    /// The file as whoever imports has opened it; its path is then but a name.
    pub opened: Option<Arc<File>>,
    /// How far it has come: rows read, then rows booked.
    pub progress: Progress,
    /// What the lines above the list say of its day, once it was read.
    pub stated: Option<Stated>,
}

/// How the balances and names of a case list are taken.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ListReading {
    /// `--as-of`: the last day that its balances hold.
    pub as_of: Option<Date>,
    /// `--no-balances`: the money of these cases comes by events alone.
    pub no_balances: bool,
    /// `--reconcile`: bring cases whose money came by events to the list's
    /// balances.
    pub reconcile: bool,
    /// `--renamed`: where a person's name differs from the book's, it was changed.
    pub renamed: bool,
}

/// Why an import as a whole did not take place. Nothing was stored, unless the message
/// says how many rows were.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] FileFault),
    /// The store could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Options {
    /// What these options have to say again when the rows that were left out are
    /// imported: the rejects file holds the rows as the list had them.
    fn say_again(&self) -> String {
        let list = self.list;
        let mut said = Vec::new();
        if let Some(unit) = self.unit.filter(|unit| unit.word().is_some()) {
            said.push(format!("--unit {}", unit.name()));
        }
        said.extend(
            self.map.iter().map(|it| format!("--map '{}={}'", it.theirs, it.ours)),
        );
        said.extend(self.kind.iter().map(|it| format!("--kind '{it}'")));
        said.extend(list.as_of.map(|it| format!("--as-of {it}")));
        for (is_said, option) in [
            (list.no_balances, "--no-balances"),
            (list.reconcile, "--reconcile"),
            (list.renamed, "--renamed"),
        ] {
            said.extend(is_said.then(|| option.to_owned()));
        }
        said.join(" ")
    }
}

impl ImportError {
    /// The same where rows of the file are in the book already.
    fn after(self, taken: &Taken) -> Self {
        match self {
            Self::File(fault) if 0 < taken.rows() => {
                Self::File(fault.after(taken.rows()))
            }
            other => other,
        }
    }

    /// The message for a person.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::File(fault) => fault.text(lang),
            Self::Store(fault) => fault.to_string(),
        }
    }
}

/// Opens a list with the rights of this process, for whoever carries the import
/// out in another one.
///
/// # Errors
///
/// It is no plain file, or may not be read.
pub fn opened(path: &Path) -> Result<File, FileFault> {
    source::opened(path).map_err(|fault| fault.of(&source::name_of(path)))
}

/// Imports a case list.
///
/// # Errors
///
/// [`ImportError`] when the file cannot be used as a whole, and then nothing was
/// stored, or the store cannot be written; of a long file that is taken in portions
/// the message says how many rows were stored. Bad rows are no error: the report
/// names them.
pub async fn import_cases(
    store: &Store,
    moment: &Moment<'_>,
    path: &Path,
    options: &Options,
) -> Result<ImportReport, ImportError> {
    let taken = Taken::default();
    let imported = take_cases(store, moment, path, options, &taken).await;
    imported.map_err(|error| error.after(&taken))
}

async fn take_cases(
    store: &Store,
    moment: &Moment<'_>,
    path: &Path,
    options: &Options,
    taken: &Taken,
) -> Result<ImportReport, ImportError> {
    let mut currencies = BTreeSet::new();
    let mut dead = deaths::Dead::default();
    let read = intake::read::<CaseList>(store, path, options, "cases", |portion| {
        for (line, record) in &portion.good {
            dead.look(line.line, record);
            let told = record.currency.as_deref().unwrap_or(OURS);
            if !currencies.contains(told) {
                currencies.insert(told.to_owned());
            }
        }
    });
    let read = read.await?;
    let wanted = ColumnsWanted::new(cases::COLUMNS, &[], options);
    let columns = Columns::find(&read.head.headers, &wanted, 1)?;
    let stated = day_above(&read.head, &columns, moment, options)
        .map_err(|error| error.of(&read.report.file))?;
    let options = &Options { stated, ..options.clone() };
    let currency = currency_of(store, &currencies).await?;
    if intake::in_portions(options, read.rows) {
        look_ahead(store, path, options, &read.head).await?;
    }
    let turns = Turns::begin(store, taken, read.rows, &read.report, options).await?;
    let (loans, mut rest) = read.apart();
    let file = rest.report.file.clone();
    let list = book::List {
        file: &file,
        columns: &columns,
        options,
        currency: &currency,
        dead: &dead,
    };
    let (turns, balanced, with_dues) =
        book_cases(turns, moment, &list, loans, &mut rest).await?;
    let cases = rest.report.new + rest.report.changed + rest.report.unchanged;
    if 0 < cases {
        rest.report.notices.extend(stated.and_then(|it| it.told(moment.now.civil)));
    }
    rest.report.notices.extend(report::of_balances(balanced));
    if 0 < cases && with_dues == 0 && currency == OURS {
        rest.report.notices.push(report::no_dues(listed::has_columns(&columns)));
    }
    let at_principal =
        0 < balanced.opened && !columns.has("balance") && !columns.has("owed");
    rest.report.notices.extend(report::unknown_columns(&columns.unknown(), at_principal));
    rest.report.notices.extend(report::foreign_book(&currency));
    let pending = rest.set_aside::<CaseList>(path, options).await?;
    finish(turns.end().await?, moment, rest.report, pending, options).await
}

/// What refuses a list is looked for before the first portion of it is booked: its
/// known loans, which may stand behind thousands of new ones, and the folder of its
/// rejects.
async fn look_ahead(
    store: &Store,
    path: &Path,
    options: &Options,
    head: &feed::Head,
) -> Result<(), ImportError> {
    let file = source::name_of(path);
    rejects::can_be_written(options).map_err(|error| error.of(&file))?;
    if options.unit.is_some() {
        return Ok(());
    }
    let mut feed = feed::Feed::open::<CaseList>(path, options).await?;
    if feed.head.sha256 != head.sha256 {
        return Err(intake::changed_meanwhile().of(&file).into());
    }
    let mut shrunk = Shrunk::default();
    while let Some(portion) = feed.next().await? {
        let mut reader = store.read().await?;
        let records = portion.good.iter().map(|it| &it.1);
        if let Some(fault) = shrunk.look(reader.conn(), records).await? {
            return Err(fault.of(&file).into());
        }
        if shrunk.has_enough() {
            break;
        }
    }
    Ok(())
}

/// What the lines above a list say of its day, where nobody has said it and the list
/// has no column of it; one that cannot be read is a question.
fn day_above(
    head: &feed::Head,
    columns: &Columns,
    moment: &Moment<'_>,
    options: &Options,
) -> Result<Option<Stated>, FileFault> {
    let list = options.list;
    let needed = listed::has_columns(columns) && !list.no_balances;
    let named = list.as_of.is_some() || columns.has("as_of");
    let stated = head.stated.filter(|_| needed && !named);
    match stated {
        Some(it) if it.is_unclear(moment.now.today()) => Err(stated::unclear(it.line)),
        stated => Ok(stated),
    }
}

/// The currency of messages and letters.
const OURS: &str = "CNY";

/// The currency of the book: that of its cases, or the one of a list that is the
/// first.
async fn currency_of(
    store: &Store,
    told: &BTreeSet<String>,
) -> Result<String, StoreError> {
    let mut conn = store.read().await?;
    let book = case_book::currency(conn.conn()).await?;
    let only = told.iter().next().filter(|_| told.len() == 1);
    Ok(book.or_else(|| only.cloned()).unwrap_or_else(|| OURS.to_owned()))
}

async fn book_cases<'s>(
    mut turns: Turns<'s>,
    moment: &Moment<'_>,
    list: &book::List<'_>,
    mut loans: Loans<cases::CaseRecord>,
    rest: &mut Rest,
) -> Result<(Turns<'s>, Balanced, usize), ImportError> {
    let (mut balanced, mut with_dues, mut older) = (Balanced::default(), 0, 0);
    let mut kept_guarantees = 0;
    let (mut vanished, mut shrunk) = (Vanished::default(), Shrunk::default());
    while let Some(groups) = loans.next().await? {
        let numbers: Vec<SmolStr> = groups.iter().map(|group| group.0.clone()).collect();
        vanished.look(turns.conn(), &numbers).await?;
        let mut portion = Vec::with_capacity(groups.len());
        let mut rows = 0;
        for (_, of_loan) in groups {
            rows += of_loan.len();
            let merged = merge::merge(of_loan, list.columns);
            rest.report.duplicates += merged.duplicates;
            rest.faults.extend(merged.rejected);
            rest.report.merged +=
                merged.loan.iter().map(|it| it.others.len()).sum::<usize>();
            portion.extend(merged.loan);
        }
        if list.options.unit.is_none()
            && let Some(fault) =
                shrunk.look(turns.conn(), portion.iter().map(|it| &it.record)).await?
        {
            return Err(fault.of(list.file).into());
        }
        let stored = book::store_loans(turns.conn(), moment, list, &portion).await?;
        rest.report.new += stored.imported.new;
        rest.report.changed += stored.imported.changed;
        rest.report.unchanged += stored.imported.unchanged;
        rest.report.opened += stored.balanced.opened;
        rest.report.adjusted += stored.balanced.adjusted;
        rest.report.own_ledger += stored.balanced.own_ledger;
        rest.faults.extend(stored.rejected);
        balanced.add(stored.balanced);
        with_dues += stored.with_dues;
        older += stored.older;
        kept_guarantees += stored.imported.kept_guarantees;
        turns = turns.pause(rows).await?;
    }
    rest.report.notices.extend(report::older_list(older));
    rest.report.notices.extend(report::kept_guarantees(kept_guarantees));
    // A part that a person chose, and rows that were left out and are mended,
    // lack the rest on purpose.
    let is_mended = rest.head.headers.iter().any(|header| rejects::is_own_column(header));
    if list.options.only.is_empty() && !is_mended {
        let rejected = !rest.faults.is_empty();
        rest.report.notices.extend(vanished.end(turns.conn(), rejected).await?);
    }
    Ok((turns, balanced, with_dues))
}

/// Imports an events file. Of cases that are not in the book, what would be missed
/// is rejected and the rest counted.
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
    let taken = Taken::default();
    let imported = take_events(store, moment, path, options, &taken).await;
    imported.map_err(|error| error.after(&taken))
}

async fn take_events(
    store: &Store,
    moment: &Moment<'_>,
    path: &Path,
    options: &Options,
    taken: &Taken,
) -> Result<ImportReport, ImportError> {
    let today = moment.now.today();
    let read = intake::read::<EventList>(store, path, options, "events", |portion| {
        events::set_future_aside(portion, today);
    });
    let read = read.await?;
    if intake::in_portions(options, read.rows) {
        let file = source::name_of(path);
        rejects::can_be_written(options).map_err(|error| error.of(&file))?;
    }
    let mut turns = Turns::begin(store, taken, read.rows, &read.report, options).await?;
    let (mut loans, mut rest) = read.apart();
    let by = options.importer.as_ref();
    let (mut early, mut unconfirmed, mut overpaid) = (Vec::new(), 0, Vec::new());
    let (mut strangers, mut paid_by_others) = (Vec::new(), Vec::new());
    while let Some(groups) = loans.next().await? {
        let rows: Vec<_> = groups.into_iter().flat_map(|group| group.1).collect();
        let applied = post::apply(turns.conn(), moment, &rows, by).await?;
        unconfirmed += applied.unconfirmed;
        rest.report.booked += applied.booked;
        rest.report.confirmed += applied.confirmed;
        rest.report.recorded += applied.recorded;
        rest.report.duplicates += applied.duplicates;
        rest.report.contained += applied.contained;
        rest.report.noted += applied.noted;
        rest.report.skipped_unknown_case += applied.unknown_case;
        rest.faults.extend(applied.rejected);
        early.extend(applied.early);
        overpaid.extend(applied.overpaid);
        strangers.extend(applied.strangers);
        paid_by_others.extend(applied.paid_by_others);
        turns = turns.pause(rows.len()).await?;
    }
    early.sort_unstable();
    rest.report.notices.extend(report::early(&early));
    let overpaid = still_overpaid(turns.conn(), &overpaid).await?;
    rest.report.notices.extend(report::overpaid(&overpaid));
    rest.report.notices.extend(report::own_payments(unconfirmed));
    strangers.sort_unstable();
    paid_by_others.sort_unstable();
    rest.report.notices.extend(report::payers(&strangers, &paid_by_others));
    let pending = rest.set_aside::<EventList>(path, options).await?;
    finish(turns.end().await?, moment, rest.report, pending, options).await
}

/// The numbers of those cases whose balance is below zero when all is booked.
async fn still_overpaid(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<String>, StoreError> {
    let mut numbers = Vec::new();
    for batch in cases.chunks(post::BATCH) {
        let left = ledger::below_zero(conn, batch).await?;
        numbers.extend(case_book::case_nos(conn, &left).await?.into_values());
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Names the rejects file and makes the rows last, or neither.
async fn finish(
    mut tx: WriteTx,
    moment: &Moment<'_>,
    mut report: ImportReport,
    pending: Option<Pending>,
    options: &Options,
) -> Result<ImportReport, ImportError> {
    report.end();
    report.dry_run = options.dry_run;
    if options.dry_run {
        tx.rollback().await?;
        return Ok(report);
    }
    if let Some(importer) = &options.importer {
        trace::file(tx.conn(), &moment.now, importer, &report).await?;
        // Of a file that was rejected as a whole nothing is known.
        if !report.has_failed() {
            let file = match report.kind {
                "cases" => BankFile::Cases,
                _ => BankFile::Events,
            };
            bank_files::taken(tx.conn(), &moment.now, file).await?;
        }
    }
    tx.commit().await?;
    if let Some(pending) = pending {
        let path = pending.keep().map_err(|error| error.of(&report.file))?;
        report.rejects_file = Some(path.display().to_string());
        report.say_again = options.say_again();
    }
    Ok(report)
}

#[cfg(test)]
mod odd_lists;
#[cfg(test)]
mod odd_files;
#[cfg(test)]
mod tests;
