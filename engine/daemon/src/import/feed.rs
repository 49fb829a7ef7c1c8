//! Hands a list over in portions (分批读取), so that a long file needs no more
//! memory than a short one.
//!
//! A thread that may block reads; whoever books takes a portion, books it, and
//! asks for the next. A file can be read again from the start: open it again.

use std::ops::ControlFlow;
use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::fault::{FileFault, Message, RowFault};
use super::headers::{Columns, Known};
use super::table::{Row, Table};
use super::{Options, source, table};

/// Rows read at once: enough to make the journey to the database cheap.
pub(crate) const PORTION: usize = 5_000;

/// Portions that are read ahead of the one that is being booked.
const AHEAD: usize = 1;

/// What makes records of the rows of one kind of list.
pub(crate) trait Understand: Sized + Send + 'static {
    /// One row that was understood.
    type Record: Send + 'static;

    /// The columns that the list can have.
    const COLUMNS: &'static [Known];

    /// Starts a list whose columns were found.
    fn begin(columns: Columns, options: &Options) -> Result<Self, FileFault>;

    /// Puts the row among the good, the rejected or the repeated ones. A row
    /// may be kept back and put into a later portion.
    fn row(
        &mut self,
        row: Row,
        portion: &mut Portion<Self::Record>,
    ) -> Result<(), FileFault>;

    /// Puts what was kept back into the last portion.
    fn end(&mut self, portion: &mut Portion<Self::Record>) {
        let _ = portion;
    }
}

/// What is known of a list before its first row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    /// The names of the columns as the file writes them.
    pub headers: Vec<String>,
    /// The SHA-256 of the file's bytes.
    pub sha256: String,
}

/// Some rows of a list, sorted into those that can be used and the others.
pub(crate) struct Portion<T> {
    /// Each with the row that it comes from, for the rejects file.
    pub good: Vec<(Row, T)>,
    pub rejected: Vec<(Row, RowFault)>,
    pub duplicates: usize,
    pub filtered_out: usize,
    /// Rows read, whatever became of them.
    pub rows: usize,
    pub notices: Vec<Message>,
}

impl<T> Default for Portion<T> {
    fn default() -> Self {
        Self {
            good: Vec::new(),
            rejected: Vec::new(),
            duplicates: 0,
            filtered_out: 0,
            rows: 0,
            notices: Vec::new(),
        }
    }
}

impl<T> Portion<T> {
    pub(crate) fn reject(&mut self, row: Row, fault: RowFault) {
        self.rejected.push((row, fault));
    }
}

enum Piece<T> {
    Head(Head),
    Portion(Portion<T>),
}

/// A list that is being read on a thread of its own.
pub(crate) struct Feed<T> {
    /// What is known of it before its first row.
    pub head: Head,
    pieces: mpsc::Receiver<Piece<T>>,
    reading: Option<JoinHandle<Result<(), FileFault>>>,
}

impl<T: Send + 'static> Feed<T> {
    /// Opens a file and finds its columns.
    ///
    /// # Errors
    ///
    /// [`FileFault`] when the file cannot be used as a whole.
    pub(crate) async fn open<U>(path: &Path, options: &Options) -> Result<Self, FileFault>
    where
        U: Understand<Record = T>,
    {
        let (sender, mut pieces) = mpsc::channel(AHEAD);
        let (path, options) = (path.to_owned(), options.clone());
        let reading = tokio::task::spawn_blocking(move || {
            // Nobody listens any more: the import was given up.
            read::<U>(&path, &options, &mut |piece| match sender.blocking_send(piece) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        });
        let first = pieces.recv().await;
        let mut feed = Self { head: Head::default(), pieces, reading: Some(reading) };
        match first {
            Some(Piece::Head(head)) => feed.head = head,
            // Without a head the thread has ended with a fault, told here.
            _ => feed.ended().await?,
        }
        Ok(feed)
    }

    /// The next rows; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`FileFault`] when the rest of the file cannot be used: what was booked
    /// of it has to be undone.
    pub(crate) async fn next(&mut self) -> Result<Option<Portion<T>>, FileFault> {
        match self.pieces.recv().await {
            Some(Piece::Portion(portion)) => Ok(Some(portion)),
            Some(Piece::Head(_)) | None => {
                self.ended().await?;
                Ok(None)
            }
        }
    }

    async fn ended(&mut self) -> Result<(), FileFault> {
        match self.reading.take() {
            None => Ok(()),
            Some(reading) => match reading.await {
                Ok(done) => done,
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            },
        }
    }
}

/// Reads a list on this thread, portion by portion.
///
/// # Errors
///
/// [`FileFault`] when the file cannot be used as a whole.
pub(crate) fn each<U: Understand>(
    path: &Path,
    options: &Options,
    take: &mut dyn FnMut(Portion<U::Record>) -> Result<(), FileFault>,
) -> Result<(), FileFault> {
    let mut outcome = Ok(());
    read::<U>(path, options, &mut |piece| {
        if let Piece::Portion(portion) = piece {
            outcome = take(portion);
        }
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome
}

/// Where pieces go; it breaks when nobody wants any more.
type Taker<'a, T> = &'a mut dyn FnMut(Piece<T>) -> ControlFlow<()>;

fn read<U: Understand>(
    path: &Path,
    options: &Options,
    send: Taker<'_, U::Record>,
) -> Result<(), FileFault> {
    let name = source::name_of(path);
    let opened = source::read(path).map_err(|it| it.of(&name))?;
    let table = table::read(opened.content).map_err(|it| it.of(&name))?;
    portions::<U>(table, opened.sha256, options, send).map_err(|it| it.of(&name))
}

fn portions<U: Understand>(
    table: Table,
    sha256: String,
    options: &Options,
    send: Taker<'_, U::Record>,
) -> Result<(), FileFault> {
    let columns = Columns::find(&table.headers, U::COLUMNS, &options.map)?;
    let columns = columns.with_comma(table.comma);
    let conditions = columns.conditions(&options.only)?;
    let mut understand = U::begin(columns, options)?;
    let head = Head { headers: table.headers, sha256 };
    if send(Piece::Head(head)).is_break() {
        return Ok(());
    }
    let mut portion = Portion { notices: table.notices, ..Portion::default() };
    for mut row in table.rows {
        portion.rows += 1;
        if let Some(fault) = row.fault.take() {
            portion.reject(row, fault);
        } else if conditions.iter().all(|(at, value)| row.plain(*at) == value.as_str()) {
            understand.row(row, &mut portion)?;
        } else {
            portion.filtered_out += 1;
        }
        if PORTION <= portion.rows
            && send(Piece::Portion(std::mem::take(&mut portion))).is_break()
        {
            return Ok(());
        }
    }
    understand.end(&mut portion);
    // The receiver may have gone; there is nothing left to send.
    let _gone = send(Piece::Portion(portion));
    Ok(())
}

/// What a list of this text comes to, all rows at once.
#[cfg(test)]
pub(crate) fn of_text<U: Understand>(
    text: &str,
    options: &Options,
) -> Result<Portion<U::Record>, FileFault> {
    let mut all = Portion::default();
    portions::<U>(table::from_text(text)?, String::new(), options, &mut |piece| {
        if let Piece::Portion(portion) = piece {
            all.good.extend(portion.good);
            all.rejected.extend(portion.rejected);
            all.duplicates += portion.duplicates;
            all.filtered_out += portion.filtered_out;
            all.rows += portion.rows;
            all.notices.extend(portion.notices);
        }
        ControlFlow::Continue(())
    })?;
    Ok(all)
}
