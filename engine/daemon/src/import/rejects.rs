//! The file of rows that were left out (退回文件): line, reason, original cells.
//!
//! It can be mended and imported as it is: the two columns it adds are passed
//! over. Only its owner may read it, for it holds people.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::fault::{FileFault, Lang, Message, RowFault};
use super::table::Table;

const OWN_COLUMNS: [[&str; 2]; 2] = [["_行号", "_原因"], ["_line", "_reason"]];

/// Whether a column is one that this file adds to those of the list.
pub(crate) fn is_own_column(header: &str) -> bool {
    OWN_COLUMNS.as_flattened().contains(&header)
}

/// A rejects file that is written, but not yet under its name.
pub(crate) struct Pending {
    file: NamedTempFile,
    path: PathBuf,
}

/// So many lists of one name with rows that nobody mended are a mistake.
const MOST_NAMES: usize = 10_000;

/// `events.csv.rejects.csv`, `events.csv.rejects-2.csv`, …
fn nth_name(first: &Path, nth: usize) -> PathBuf {
    match first.to_str().and_then(|it| it.strip_suffix(".csv")) {
        Some(stem) if 1 < nth => PathBuf::from(format!("{stem}-{nth}.csv")),
        _ => first.to_owned(),
    }
}

/// Writes the rows aside in full, so that a full disk is noticed before the
/// good rows are stored. Nothing rejected: nothing written.
pub(crate) fn prepare(
    folder: &Path,
    file: &str,
    table: &Table,
    rejected: &[(usize, RowFault)],
    lang: Lang,
) -> Result<Option<Pending>, FileFault> {
    if rejected.is_empty() {
        return Ok(None);
    }
    let text = text(table, rejected, lang).map_err(|_| cannot_write())?;
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| NamedTempFile::new_in(folder))
        .and_then(|mut file| {
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            Ok(file)
        });
    let path = folder.join(format!("{file}.rejects.csv"));
    written.map(|file| Some(Pending { file, path })).map_err(|_| cannot_write())
}

impl Pending {
    /// Gives the file its name, or the next free one: rows of another list of
    /// that name may still wait to be mended. The same rows are written once.
    pub(crate) fn keep(self) -> Result<PathBuf, FileFault> {
        let text = std::fs::read(self.file.path()).map_err(|_| cannot_write())?;
        let mut file = self.file;
        for nth in 1..=MOST_NAMES {
            let path = nth_name(&self.path, nth);
            if std::fs::read(&path).is_ok_and(|it| it == text) {
                return Ok(path);
            }
            match file.persist_noclobber(&path) {
                Ok(_) => return Ok(path),
                Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => {
                    file = taken.file;
                }
                Err(_) => return Err(cannot_write()),
            }
        }
        Err(cannot_write())
    }
}

fn text(
    table: &Table,
    rejected: &[(usize, RowFault)],
    lang: Lang,
) -> Result<Vec<u8>, csv::Error> {
    // The mark lets Excel read the Chinese.
    let mut writer =
        csv::WriterBuilder::new().flexible(true).from_writer(b"\xef\xbb\xbf".to_vec());
    let own = match lang {
        Lang::Zh => OWN_COLUMNS[0],
        Lang::En => OWN_COLUMNS[1],
    };
    let theirs: Vec<usize> = (0..table.headers.len())
        .filter(|it| !is_own_column(&table.headers[*it]))
        .collect();
    let headers = theirs.iter().map(|it| table.headers[*it].as_str());
    writer.write_record(own.into_iter().chain(headers))?;
    for (index, fault) in rejected {
        let row = &table.rows[*index];
        let (line, reason) = (row.line.to_string(), fault.text(lang));
        writer.write_field(line)?;
        writer.write_field(reason)?;
        for (at, cell) in row.cells.iter().enumerate() {
            if table.headers.len() <= at || theirs.contains(&at) {
                writer.write_field(cell)?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|it| it.into_error().into())
}

fn cannot_write() -> FileFault {
    FileFault::new(
        "I006",
        Message::new(
            "退回文件写不进 rejects 目录,未导入任何内容;请检查磁盘空间和目录权限后再导入",
            "the rejects file cannot be written, nothing was imported; check disk space and permissions of the folder `rejects`",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::table::from_text;
    use super::*;

    fn rejected(table: &Table) -> Vec<(usize, RowFault)> {
        let fault = RowFault::new("R010", Message::new("没有金额", "no amount"));
        (0..table.rows.len()).map(|it| (it, fault.clone().of_column("金额"))).collect()
    }

    #[test]
    fn the_file_holds_line_reason_and_the_cells_as_they_were() {
        let table = from_text("贷款编号,备注\nA,\"一,二\"\nB\n").unwrap();
        let bytes = text(&table, &rejected(&table), Lang::Zh).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(
            text,
            "\u{feff}_行号,_原因,贷款编号,备注\n\
             2,[R010] `金额` 列:没有金额,A,\"一,二\"\n\
             3,[R010] `金额` 列:没有金额,B\n"
        );
    }

    #[test]
    fn a_rejects_file_that_is_rejected_again_does_not_grow_columns() {
        let table = from_text("贷款编号,备注\nA,x\n").unwrap();
        let once = text(&table, &rejected(&table), Lang::Zh).unwrap();
        let again = from_text(std::str::from_utf8(&once[3..]).unwrap()).unwrap();
        let twice = text(&again, &rejected(&again), Lang::Zh).unwrap();
        assert_eq!(once, twice);
    }

    #[test]
    fn two_lists_of_one_name_keep_their_rejects_apart() {
        let folder = tempfile::tempdir().unwrap();
        let keep = |text: &str| {
            let table = from_text(text).unwrap();
            let rejected = rejected(&table);
            let file = prepare(folder.path(), "e.csv", &table, &rejected, Lang::En);
            file.unwrap().unwrap().keep().unwrap()
        };
        let first = keep("a,b\n1,2\n");
        let before = std::fs::read(&first).unwrap();
        let second = keep("a,b\n3,4\n");
        assert_eq!(second, folder.path().join("e.csv.rejects-2.csv"));
        assert_eq!(keep("a,b\n1,2\n"), first, "the same rows need no other file");
        assert_eq!(std::fs::read(&first).unwrap(), before);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let table = from_text("a,b\n1,2\n").unwrap();
        let rejects = folder.path().join("rejects");
        let pending =
            prepare(&rejects, "list.csv", &table, &rejected(&table), Lang::En).unwrap();
        let path = pending.unwrap().keep().unwrap();
        assert_eq!(path, rejects.join("list.csv.rejects.csv"));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
