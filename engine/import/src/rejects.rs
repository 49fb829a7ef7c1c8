//! The file of rows that were left out (退回文件): line, reason, original cells.
//!
//! It can be mended and imported as it is: the two columns it adds are passed
//! over. Only its owner may read it, for it holds people.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use csv::{Writer, WriterBuilder};
use domain::say::{Lang, Say};
use store::private;
use store::spool::is_link;
use tempfile::NamedTempFile;

use super::fault::{FileFault, RowFault};
use super::marks::marked;
use super::table::Row;
use super::{Options, Unit};

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
    match first.to_str().and_then(|text| text.strip_suffix(".csv")) {
        Some(stem) if 1 < nth => PathBuf::from(format!("{stem}-{nth}.csv")),
        _ => first.to_owned(),
    }
}

/// Looks whether rejected rows can be written, before anything is booked.
pub(crate) fn can_be_written(options: &Options) -> Result<(), FileFault> {
    let folder = &options.rejects_dir;
    if is_link(folder) {
        return Err(is_a_link());
    }
    // It is made when it is needed.
    if !folder.exists() {
        return Ok(());
    }
    NamedTempFile::new_in(folder).map(drop).map_err(|_| cannot_write())
}

/// The rows that are left out, written aside as they come: a full disk is
/// noticed before the good rows are stored. Nothing rejected: nothing written.
pub(crate) struct Rejects {
    folder: PathBuf,
    file: String,
    headers: Vec<String>,
    lang: Lang,
    /// In what the amounts of these rows are, where a person had to say so.
    unit: Option<Unit>,
    /// In a dry run nothing is written.
    dry_run: bool,
    writer: Option<Writer<NamedTempFile>>,
}

impl Rejects {
    /// Of a list with these headers.
    pub(crate) fn of(file: &str, headers: &[String], options: &Options) -> Self {
        Self {
            folder: options.rejects_dir.clone(),
            file: file.to_owned(),
            headers: headers.to_vec(),
            lang: options.lang,
            unit: options.unit.filter(|unit| *unit != Unit::Unread),
            dry_run: options.dry_run,
            writer: None,
        }
    }

    /// Adds one row.
    pub(crate) fn push(&mut self, row: &Row, fault: &RowFault) -> Result<(), FileFault> {
        self.push_for(row, &fault.text(self.lang))
    }

    /// Adds one row with the reason as its reader is told it.
    pub(crate) fn push_for(&mut self, row: &Row, why: &str) -> Result<(), FileFault> {
        if self.dry_run {
            return Ok(());
        }
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None if is_link(&self.folder) => return Err(is_a_link()),
            None => self.begin().map_err(|_| cannot_write())?,
        };
        self.write(&mut writer, row, why).map_err(|_| cannot_write())?;
        self.writer = Some(writer);
        Ok(())
    }

    fn begin(&self) -> Result<Writer<NamedTempFile>, csv::Error> {
        private::folder(&self.folder)?;
        let mut file = NamedTempFile::new_in(&self.folder)?;
        // The mark lets Excel read the Chinese.
        file.write_all(b"\xef\xbb\xbf")?;
        let mut writer = WriterBuilder::new().flexible(true).from_writer(file);
        let own = match self.lang {
            Lang::Zh => OWN_COLUMNS[0],
            Lang::En => OWN_COLUMNS[1],
        };
        let theirs = self.headers.iter().filter(|header| !is_own_column(header));
        // Rows cut out of a list in 万元 must not pass for yuan, nor those in yuan
        // for what the name of their file says.
        if let Some(unit) = self.unit {
            writer.write_record([format!("单位:{}", unit.name())])?;
        }
        own.into_iter().try_for_each(|it| writer.write_field(it))?;
        theirs.into_iter().try_for_each(|it| writer.write_field(marked(it).as_ref()))?;
        writer.write_record(None::<&[u8]>)?;
        Ok(writer)
    }

    fn write(
        &self,
        writer: &mut Writer<NamedTempFile>,
        row: &Row,
        why: &str,
    ) -> Result<(), csv::Error> {
        writer.write_field(row.line.to_string())?;
        writer.write_field(why)?;
        for (at, cell) in row.cells.iter().enumerate() {
            if self.headers.get(at).is_none_or(|header| !is_own_column(header)) {
                writer.write_field(marked(cell).as_ref())?;
            }
        }
        writer.write_record(None::<&[u8]>)
    }

    /// Makes what was written last; `None` when nothing was.
    pub(crate) fn finish(self) -> Result<Option<Pending>, FileFault> {
        let Some(writer) = self.writer else { return Ok(None) };
        let file = writer.into_inner().map_err(|_| cannot_write())?;
        file.as_file().sync_all().map_err(|_| cannot_write())?;
        let path = self.folder.join(format!("{}.rejects.csv", self.file));
        Ok(Some(Pending { file, path }))
    }
}

impl Pending {
    /// Gives the file its name, or the next free one: rows of another list of
    /// that name may still wait to be mended. The same rows are written once.
    pub(crate) fn keep(self) -> Result<PathBuf, FileFault> {
        let mut file = self.file;
        for nth in 1..=MOST_NAMES {
            let path = nth_name(&self.path, nth);
            if are_equal(file.path(), &path) {
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

fn are_equal(one: &Path, other: &Path) -> bool {
    let bytes = |it: &Path| File::open(it).map(|it| BufReader::new(it).bytes());
    let (Ok(one), Ok(other)) = (bytes(one), bytes(other)) else { return false };
    let read = |it: Option<io::Result<u8>>| it.map(Result::ok);
    let (mut one, mut other) = (one, other);
    loop {
        match (read(one.next()), read(other.next())) {
            (None, None) => return true,
            (Some(Some(a)), Some(Some(b))) if a == b => {}
            _ => return false,
        }
    }
}

fn is_a_link() -> FileFault {
    FileFault::new(
        "I006",
        Say::new(
            "rejects 目录是链接,退回的行不写到站点之外,未导入任何内容;请把链接换成目录后再导入",
            "the folder `rejects` is a link, and rejected rows are not written out of the site; nothing was imported: put a folder in its place and import again",
        ),
    )
}

fn cannot_write() -> FileFault {
    FileFault::new(
        "I006",
        Say::new(
            "退回文件写不进 rejects 目录,未导入任何内容;请检查磁盘空间和目录权限后再导入",
            "the rejects file cannot be written, nothing was imported; check disk space and permissions of the folder `rejects`",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rejects every row of a list.
    fn reject(folder: &Path, file: &str, lang: Lang, text: &str) -> PathBuf {
        reject_in(None, folder, file, lang, text)
    }

    fn reject_in(
        unit: Option<Unit>,
        folder: &Path,
        file: &str,
        lang: Lang,
        text: &str,
    ) -> PathBuf {
        let mut lines = (1..).zip(text.lines());
        let (_, headers) = lines.next().unwrap();
        let headers: Vec<String> = headers.split(',').map(str::to_owned).collect();
        let fault = RowFault::new("R010", Say::new("没有金额", "no amount"));
        let fault = fault.of_column("金额");
        let options =
            Options { rejects_dir: folder.to_owned(), lang, unit, ..Options::default() };
        let mut rejects = Rejects::of(file, &headers, &options);
        for (line, cells) in lines {
            let row = Row::of(line, cells.split(',').collect());
            rejects.push(&row, &fault).unwrap();
        }
        rejects.finish().unwrap().unwrap().keep().unwrap()
    }

    #[test]
    fn the_file_holds_line_reason_and_the_cells_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let list = "贷款编号,备注\nA,一 \"二\"\nB\n";
        let path = reject(folder.path(), "list.csv", Lang::Zh, list);
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            "\u{feff}_行号,_原因,贷款编号,备注\n\
             2,[R010] `金额` 列:没有金额,A,\"一 \"\"二\"\"\"\n\
             3,[R010] `金额` 列:没有金额,B\n"
        );
    }

    #[test]
    fn rows_of_a_list_in_a_larger_unit_say_so_above_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let list = "贷款编号,借款本金\nA,2.5\n";
        for (unit, above) in [
            (Some(Unit::TenThousand), "单位:万元\n"),
            (Some(Unit::Thousand), "单位:千元\n"),
            (Some(Unit::Yuan), "单位:元\n"),
            (None, ""),
        ] {
            let file = format!("{unit:?}.csv");
            let path = reject_in(unit, folder.path(), &file, Lang::Zh, list);
            let text = std::fs::read_to_string(path).unwrap();
            let wanted = format!("\u{feff}{above}_行号,_原因,贷款编号,借款本金\n");
            assert!(text.starts_with(&wanted), "{unit:?}: {text}");
        }
    }

    #[test]
    fn a_rejects_file_that_is_rejected_again_does_not_grow_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = reject(folder.path(), "a.csv", Lang::Zh, "贷款编号,备注\nA,x\n");
        let once = std::fs::read_to_string(path).unwrap();
        let plain = once.trim_start_matches('\u{feff}');
        let path = reject(folder.path(), "b.csv", Lang::Zh, plain);
        assert_eq!(once, std::fs::read_to_string(path).unwrap());
    }

    #[test]
    fn a_spreadsheet_leaves_the_numbers_of_loans_alone() {
        let folder = tempfile::tempdir().unwrap();
        let list = "贷款编号,1-30,备注\n00123,5000.00,=1\n12-08,13900000001,好\n";
        let path = reject(folder.path(), "list.csv", Lang::En, list);
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[0].ends_with(",贷款编号,'1-30,备注"), "{text}");
        assert!(rows[1].ends_with(",'00123,5000.00,'=1"), "{text}");
        assert!(rows[2].ends_with(",'12-08,13900000001,好"), "{text}");
    }

    #[test]
    fn two_lists_of_one_name_keep_their_rejects_apart() {
        let folder = tempfile::tempdir().unwrap();
        let keep = |text: &str| reject(folder.path(), "e.csv", Lang::En, text);
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
        let rejects = folder.path().join("rejects");
        let path = reject(&rejects, "list.csv", Lang::En, "a,b\n1,2\n");
        assert_eq!(path, rejects.join("list.csv.rejects.csv"));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}
