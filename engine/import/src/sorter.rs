//! Puts the rows of a list in order (排序), by loan and then by line, in a bounded
//! share of memory: what does not fit lies in a file beside the case store.
//!
//! The rows of one loan then come together, wherever the list has them, and
//! whoever books them needs to know of no other loan.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use smol_str::SmolStr;

/// Rows that are held in memory at once, in bytes.
pub(crate) const MEMORY: usize = 32 << 20;

/// Bytes read at once of a part that lies in the file.
const READ_AHEAD: usize = 128 << 10;

/// Takes rows in any order.
pub(crate) struct Sorter<T> {
    folder: PathBuf,
    memory: usize,
    bytes: Vec<u8>,
    /// Where each row begins in `bytes`.
    starts: Vec<u32>,
    in_order: bool,
    spilled: Option<Spilled>,
    rows: usize,
    of: PhantomData<fn(T)>,
}

/// Parts that did not fit, each in order, one behind the other in a file that
/// has no name: it goes with this process, however that ends.
struct Spilled {
    file: File,
    parts: Vec<(u64, u64)>,
}

impl<T: Serialize + DeserializeOwned> Sorter<T> {
    /// For rows that may go into a file in this folder.
    pub(crate) fn new(folder: &Path, memory: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            memory,
            bytes: Vec::new(),
            starts: Vec::new(),
            in_order: true,
            spilled: None,
            rows: 0,
            of: PhantomData,
        }
    }

    /// How many rows were taken.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// Takes a row.
    ///
    /// # Errors
    ///
    /// A file beside the store cannot be written.
    pub(crate) fn push(&mut self, key: &str, line: u64, row: &T) -> io::Result<()> {
        let start = self.bytes.len();
        let fits = u32::try_from(start).is_ok() && start < self.memory;
        if !fits {
            self.spill()?;
        }
        let start = self.bytes.len();
        put(&mut self.bytes, key, line, row)?;
        if let Some(last) = self.starts.last() {
            let last = at(&self.bytes, *last as usize);
            self.in_order &= last <= at(&self.bytes, start);
        }
        // A start that does not fit was spilled above.
        self.starts.push(u32::try_from(start).unwrap_or(u32::MAX));
        self.rows += 1;
        Ok(())
    }

    fn order(&mut self) {
        if !self.in_order {
            let bytes = &self.bytes;
            self.starts.sort_by(|one, other| {
                at(bytes, *one as usize).cmp(&at(bytes, *other as usize))
            });
            self.in_order = true;
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.order();
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            None => self.spilled.insert(Spilled {
                file: tempfile::tempfile_in(&self.folder)?,
                parts: Vec::new(),
            }),
        };
        let from = spilled.parts.last().map_or(0, |it| it.1);
        let mut writer = io::BufWriter::with_capacity(READ_AHEAD, &spilled.file);
        let mut until = from;
        for start in &self.starts {
            let row = whole(&self.bytes, *start as usize);
            writer.write_all(row)?;
            until += row.len() as u64;
        }
        writer.flush()?;
        drop(writer);
        spilled.parts.push((from, until));
        self.bytes.clear();
        self.starts.clear();
        Ok(())
    }

    /// Gives the rows back in order.
    ///
    /// # Errors
    ///
    /// A file beside the store cannot be written or read.
    pub(crate) fn finish(mut self) -> io::Result<Sorted<T>> {
        if self.spilled.is_some() {
            self.spill()?;
            self.bytes = Vec::new();
            self.starts = Vec::new();
        } else {
            self.order();
        }
        let mut sorted = Sorted {
            bytes: self.bytes,
            starts: self.starts.into_iter(),
            file: None,
            parts: Vec::new(),
            heads: BinaryHeap::new(),
            of: PhantomData,
        };
        if let Some(spilled) = self.spilled {
            sorted.file = Some(spilled.file);
            for (from, until) in spilled.parts {
                sorted.parts.push(Part { at: from, until, read: Vec::new(), next: 0 });
            }
            for part in 0..sorted.parts.len() {
                sorted.refill(part)?;
            }
        }
        Ok(sorted)
    }
}

/// A row as it comes back: loan number, line, record.
pub(crate) type Placed<T> = (SmolStr, u64, T);

/// Rows in order.
pub(crate) struct Sorted<T> {
    bytes: Vec<u8>,
    starts: std::vec::IntoIter<u32>,
    file: Option<File>,
    parts: Vec<Part>,
    /// The next row of every part, the least first.
    heads: BinaryHeap<Reverse<Head>>,
    of: PhantomData<fn() -> T>,
}

/// Key, line, number of the part, body.
type Head = (Vec<u8>, u64, usize, Vec<u8>);

struct Part {
    at: u64,
    until: u64,
    read: Vec<u8>,
    next: usize,
}

impl<T: DeserializeOwned> Sorted<T> {
    /// The next row; `None` after the last.
    ///
    /// # Errors
    ///
    /// The file beside the store cannot be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<Placed<T>>> {
        if self.file.is_none() {
            let Some(start) = self.starts.next() else { return Ok(None) };
            let row = at(&self.bytes, start as usize);
            return placed(row.key, row.line, row.body).map(Some);
        }
        let Some(Reverse((key, line, part, body))) = self.heads.pop() else {
            return Ok(None);
        };
        self.refill(part)?;
        placed(&key, line, &body).map(Some)
    }

    /// Puts the next row of a part among the heads.
    fn refill(&mut self, number: usize) -> io::Result<()> {
        let (Some(file), Some(part)) = (&self.file, self.parts.get_mut(number)) else {
            return Ok(());
        };
        if !part.has_row() {
            part.read_on(file)?;
        }
        if part.has_row() {
            let row = at(&part.read, part.next);
            let head = (row.key.to_vec(), row.line, number, row.body.to_vec());
            part.next += row.length;
            self.heads.push(Reverse(head));
        }
        Ok(())
    }
}

impl Part {
    /// Whether a whole row stands in what was read.
    fn has_row(&self) -> bool {
        let left = self.read.get(self.next..).unwrap_or_default();
        length(left).is_some_and(|length| length <= left.len())
    }

    fn read_on(&mut self, file: &File) -> io::Result<()> {
        self.read.drain(..self.next);
        self.next = 0;
        while !self.has_row() && self.at < self.until {
            let wanted = length(&self.read).unwrap_or(0).max(READ_AHEAD);
            let left = usize::try_from(self.until - self.at).unwrap_or(usize::MAX);
            let had = self.read.len();
            self.read.resize(had + wanted.min(left), 0);
            let fresh = self.read.get_mut(had..).unwrap_or_default();
            file.read_exact_at(fresh, self.at)?;
            self.at += fresh.len() as u64;
        }
        Ok(())
    }
}

/// One row in a run of bytes: length, line, length of the key, key, body.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Row<'b> {
    key: &'b [u8],
    line: u64,
    body: &'b [u8],
    length: usize,
}

const BEFORE_KEY: usize = 4 + 8 + 2;

fn put<T: Serialize>(
    bytes: &mut Vec<u8>,
    key: &str,
    line: u64,
    row: &T,
) -> io::Result<()> {
    let start = bytes.len();
    let key_length = u16::try_from(key.len()).map_err(io::Error::other)?;
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&line.to_le_bytes());
    bytes.extend_from_slice(&key_length.to_le_bytes());
    bytes.extend_from_slice(key.as_bytes());
    postcard::to_io(row, &mut *bytes).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len() - start).map_err(io::Error::other)?;
    if let Some(head) = bytes.get_mut(start..start + 4) {
        head.copy_from_slice(&length.to_le_bytes());
    }
    Ok(())
}

/// The length of the row that begins here, head included.
fn length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*head)).ok()
}

fn at(bytes: &[u8], start: usize) -> Row<'_> {
    let row = whole(bytes, start);
    let line = row.get(4..12).and_then(|it| it.first_chunk::<8>()).copied();
    let key_length =
        row.get(12..BEFORE_KEY).and_then(|it| it.first_chunk::<2>()).copied();
    let key_ends =
        BEFORE_KEY + usize::from(u16::from_le_bytes(key_length.unwrap_or_default()));
    Row {
        key: row.get(BEFORE_KEY..key_ends).unwrap_or_default(),
        line: u64::from_le_bytes(line.unwrap_or_default()),
        body: row.get(key_ends..).unwrap_or_default(),
        length: row.len(),
    }
}

fn whole(bytes: &[u8], start: usize) -> &[u8] {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.get(..length(rest).unwrap_or(0)).unwrap_or_default()
}

fn placed<T: DeserializeOwned>(
    key: &[u8],
    line: u64,
    body: &[u8],
) -> io::Result<Placed<T>> {
    let row = postcard::from_bytes(body).map_err(io::Error::other)?;
    Ok((SmolStr::from(String::from_utf8_lossy(key)), line, row))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(rows: &[(String, Vec<u32>)], memory: usize) -> Vec<Placed<Vec<u32>>> {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), memory);
        for (line, (key, row)) in (1..).zip(rows) {
            sorter.push(key, line, row).unwrap();
        }
        assert_eq!(sorter.len(), rows.len());
        let mut sorted = sorter.finish().unwrap();
        let named = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(named, 0, "the file has no name that could be left behind");
        let mut all = Vec::new();
        while let Some(row) = sorted.next().unwrap() {
            all.push(row);
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn rows_come_in_order_of_loan_and_line_whatever_fits(
            rows in prop::collection::vec(
                ("[A-C]{0,3}", prop::collection::vec(any::<u32>(), 0..40)), 0..120),
            memory in prop::sample::select(vec![1_usize, 100, 1_000, 1 << 20]),
        ) {
            let mut expected: Vec<_> = (1_u64..)
                .zip(&rows)
                .map(|(line, (key, row))| (SmolStr::from(key), line, row.clone()))
                .collect();
            expected.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
            prop_assert_eq!(sorted(&rows, memory), expected);
        }
    }

    #[test]
    fn a_row_longer_than_what_is_read_at_once_comes_back_whole() {
        let long = vec![7_u32; READ_AHEAD];
        let rows = [("B".to_owned(), long.clone()), ("A".to_owned(), vec![1])];
        let back = sorted(&rows, 1);
        assert_eq!(back, [("A".into(), 2, vec![1]), ("B".into(), 1, long)]);
    }
}
