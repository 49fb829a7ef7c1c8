//! Hands a list over in portions (分批读取), so that a long file needs no more
//! memory than a short one.
//!
//! A thread that may block reads; whoever books takes a portion, books it, and
//! asks for the next. A file can be read again from the start: open it again.

use std::ops::ControlFlow;
use std::path::Path;

use csv::StringRecord;
use domain::say::Say;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::fault::{FileFault, RowFault};
use super::headers::{Columns, ColumnsWanted, Known};
use super::layout::Begin;
use super::source::Source;
use super::stated::Stated;
use super::table::{Halt, Row, Taker};
use super::{Options, cells, source, table};

/// Rows booked at once: enough to make the journey to the database cheap.
pub(crate) const PORTION: usize = 3_000;

/// Rows handed on at once: fewer, for several such pieces lie in memory.
const PIECE: usize = 1_000;

/// Long notes make a portion of fewer rows.
const LARGEST_PORTION: usize = 8 << 20;

/// Portions that are read ahead of the one that is being booked.
const AHEAD: usize = 1;

/// What makes records of the rows of one kind of list.
pub(crate) trait Understand: Sized + Send + 'static {
    /// One row that was understood.
    type Record: Send + 'static;

    /// The columns that the list can have.
    const COLUMNS: &'static [Known];

    /// Whether the cells of a good row are wanted beside its record throughout: nobody
    /// looks at those of a long list again.
    const KEEPS_CELLS: bool = false;

    /// Columns that the options answer for, so that the file may lack them.
    fn given(options: &Options) -> &'static [&'static str] {
        let _ = options;
        &[]
    }

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
    /// The encoding of a text.
    pub encoding: Option<&'static str>,
    /// The sheet of a workbook that holds several.
    pub sheet: Option<String>,
    /// What the lines above the header say of the list's day.
    pub stated: Option<Stated>,
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
    pub notices: Vec<Say>,
    /// Of the last portion: what all lines beside the list say of its day.
    pub stated: Option<Stated>,
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
            stated: None,
        }
    }
}

impl<T> Portion<T> {
    pub(crate) fn reject(&mut self, row: Row, fault: RowFault) {
        self.rejected.push((row, fault));
    }

    #[cfg(test)]
    fn add(&mut self, other: Self) {
        self.good.extend(other.good);
        self.rejected.extend(other.rejected);
        self.duplicates += other.duplicates;
        self.filtered_out += other.filtered_out;
        self.rows += other.rows;
        self.notices.extend(other.notices);
        self.stated = other.stated;
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
    file: String,
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
        let file = source::name_of(path);
        let (path, options) = (path.to_owned(), options.clone());
        let reading = tokio::task::spawn_blocking(move || {
            // Nobody listens any more: the import was given up.
            read::<U>(&path, &options, &mut |piece| match sender.blocking_send(piece) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        });
        let first = pieces.recv().await;
        let (head, reading) = (Head::default(), Some(reading));
        let mut feed = Self { head, file, pieces, reading };
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
                // The readers of workbooks are not proof against every damage.
                Err(_panicked) => Err(super::package::broken().of(&self.file)),
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
type Sender<'a, T> = &'a mut dyn FnMut(Piece<T>) -> ControlFlow<()>;

fn read<U: Understand>(
    path: &Path,
    options: &Options,
    send: Sender<'_, U::Record>,
) -> Result<(), FileFault> {
    let named = |it: FileFault| it.of(&source::name_of(path));
    let source = match &options.opened {
        Some(file) => {
            file.try_clone().map_err(|_| source::no_file()).and_then(Source::of)
        }
        None => Source::open(path),
    };
    let source = source.map_err(named)?;
    let wanted = ColumnsWanted::new(U::COLUMNS, U::given(options), options);
    let wanted = wanted.in_file(&source::name_of(path));
    let mut portions = Portions::<U>::new(&source.sha256, options, send);
    let read = table::read(&source, &wanted, options, &mut portions);
    portions.end(read).map_err(named)
}

/// Gathers the rows of a list into portions.
struct Portions<'a, U: Understand> {
    sha256: &'a str,
    options: &'a Options,
    send: Sender<'a, U::Record>,
    conditions: Vec<(usize, String)>,
    understand: Option<U>,
    portion: Portion<U::Record>,
    /// Of the cells in the portion.
    bytes: usize,
    /// Of the portions before.
    rows: usize,
}

impl<'a, U: Understand> Portions<'a, U> {
    fn new(sha256: &'a str, options: &'a Options, send: Sender<'a, U::Record>) -> Self {
        let (conditions, portion) = (Vec::new(), Portion::default());
        Self {
            sha256,
            options,
            send,
            conditions,
            understand: None,
            portion,
            bytes: 0,
            rows: 0,
        }
    }

    fn send(&mut self, piece: Piece<U::Record>) -> Result<(), Halt> {
        if (self.send)(piece).is_break() { Err(Halt::Enough) } else { Ok(()) }
    }

    fn end(mut self, read: Result<Vec<Say>, Halt>) -> Result<(), FileFault> {
        match read {
            Ok(notices) => self.portion.notices.extend(notices),
            Err(Halt::Enough) => return Ok(()),
            Err(Halt::Fault(fault)) => return Err(fault),
        }
        if let Some(understand) = &mut self.understand {
            understand.end(&mut self.portion);
        }
        let last = std::mem::take(&mut self.portion);
        match self.send(Piece::Portion(last)) {
            Ok(()) | Err(Halt::Enough) => Ok(()),
            Err(Halt::Fault(fault)) => Err(fault),
        }
    }
}

impl<U: Understand> Taker for Portions<'_, U> {
    fn begin(&mut self, begin: Begin) -> Result<(), Halt> {
        let Begin { headers, columns, encoding, sheet, stated } = begin;
        self.conditions = columns.conditions(&self.options.only)?;
        self.understand = Some(U::begin(columns, self.options)?);
        let sha256 = self.sha256.to_owned();
        self.send(Piece::Head(Head { headers, sha256, encoding, sheet, stated }))
    }

    fn row(&mut self, mut row: Row) -> Result<(), Halt> {
        let Some(understand) = &mut self.understand else { return Ok(()) };
        let portion = &mut self.portion;
        portion.rows += 1;
        self.bytes += row.cells.as_slice().len();
        let cell = |it: usize| row.cells.get(it).unwrap_or_default();
        let meets = |it: &(usize, String)| {
            row.plain(it.0) == it.1.as_str()
                || cells::plain(cells::unmarked(cell(it.0))) == it.1.as_str()
        };
        let meets_all = self.conditions.iter().all(meets);
        if let Some(fault) = row.fault.take() {
            portion.reject(row, fault);
        } else if meets_all {
            understand.row(row, portion)?;
        } else {
            portion.filtered_out += 1;
        }
        if self.portion.rows < PIECE && self.bytes < LARGEST_PORTION {
            return Ok(());
        }
        self.bytes = 0;
        let mut full = std::mem::take(&mut self.portion);
        self.rows += full.rows;
        if !U::KEEPS_CELLS && PORTION < self.rows {
            // Given back here, where they were taken: on another thread it costs more.
            full.good.iter_mut().for_each(|it| it.0.cells = StringRecord::new());
        }
        self.send(Piece::Portion(full))
    }

    fn stated(&mut self, day: Option<Stated>) {
        self.portion.stated = day;
    }
}

/// What a list of this text comes to, all rows at once.
#[cfg(test)]
pub(crate) fn of_text<U: Understand>(
    text: &str,
    options: &Options,
) -> Result<Portion<U::Record>, FileFault> {
    let mut all = Portion::default();
    let mut gather = |piece| {
        if let Piece::Portion(portion) = piece {
            all.add(portion);
        }
        ControlFlow::Continue(())
    };
    let wanted = ColumnsWanted::new(U::COLUMNS, U::given(options), options);
    let mut portions = Portions::<U>::new("", options, &mut gather);
    let read = table::from_text(text, &wanted, &mut portions);
    portions.end(read)?;
    Ok(all)
}

/// What the list in a file comes to, all rows at once.
#[cfg(test)]
pub(crate) fn of_file<U: Understand>(
    path: &Path,
    options: &Options,
) -> Result<(Head, Portion<U::Record>), FileFault> {
    let (mut head, mut all) = (Head::default(), Portion::default());
    read::<U>(path, options, &mut |piece| {
        match piece {
            Piece::Head(first) => head = first,
            Piece::Portion(portion) => all.add(portion),
        }
        ControlFlow::Continue(())
    })?;
    Ok((head, all))
}
