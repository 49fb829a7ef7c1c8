//! Small files beside the store (小文件): plain ones of their usual size. A pipe that
//! lies in the place of one would be waited for, and a device read without end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// Such files are a few pages; what is longer is another file.
const LONGEST: u64 = 1 << 20;

/// Reads a small file.
///
/// # Errors
///
/// It cannot be read, is no plain file, or is above 1 MB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    if LONGEST < file.metadata()?.len() {
        return Err(io::Error::other("超过 1 MB,不会是这样的文件 · it is above 1 MB"));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// [`read`] of a text.
///
/// # Errors
///
/// As for [`read`], and where it is no UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(io::Error::other)
}

/// Opens a plain file of any length for reading.
///
/// # Errors
///
/// It cannot be opened, or is no plain file.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(OpenOptions::new().read(true), path)
}

/// Opens a plain file, or makes one where nothing lies.
///
/// # Errors
///
/// It cannot be opened, or something else lies there.
pub fn open_with(options: &OpenOptions, path: &Path) -> io::Result<File> {
    // Before it is opened: opening a pipe waits for its other end.
    if fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        return Err(io::Error::other("不是普通文件 · it is no plain file"));
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_small_plain_file_is_neither_waited_for_nor_read_on_and_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("small");
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&path, "text").unwrap();
        assert_eq!(read_text(&path).unwrap(), "text");
        let long = File::create(&path).unwrap();
        long.set_len(LONGEST + 1).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("above 1 MB"));
        let device = Path::new("/dev/zero");
        for other in [dir.path(), device] {
            assert!(read(other).unwrap_err().to_string().contains("no plain file"));
            let mut options = OpenOptions::new();
            let opened = open_with(options.write(true).create(true), other);
            assert!(opened.unwrap_err().to_string().contains("no plain file"));
        }
    }
}
