//! Files and folders for their owner alone (仅本人可读写): they hold people,
//! passwords, or what the program alone may change.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::plain;
use nix::libc::O_NOFOLLOW;

/// Makes a folder and those above it, each for its owner alone; one that is
/// there stays as it is.
///
/// # Errors
///
/// It cannot be made.
pub fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file for its owner alone, in the place of what was there. A link
/// under that name is not followed: whoever may put it there could have any
/// file overwritten.
///
/// # Errors
///
/// It cannot be written, or it is a link.
pub fn file(path: &Path, text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true);
    let options = options.mode(0o600).custom_flags(O_NOFOLLOW);
    plain::open_with(options, path)?.write_all(text.as_ref())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_is_made_is_for_its_owner_and_no_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        folder(&inner).unwrap();
        let text = inner.join("text");
        file(&text, "first and long").unwrap();
        file(&text, "second").unwrap();
        assert_eq!(fs::read_to_string(&text).unwrap(), "second");
        for (path, mode) in [(&inner, 0o700), (&text, 0o600)] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
        }
        let link = inner.join("link");
        symlink(&text, &link).unwrap();
        assert!(file(&link, "third").is_err());
        assert_eq!(fs::read_to_string(&text).unwrap(), "second");
    }
}
