//! Files with the password of a database's user (数据库口令): each is for its owner alone.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// What others than its owner may do with a file.
const OTHERS: u32 = 0o077;
/// The same where its group may read it.
const OTHERS_BUT_READERS: u32 = 0o037;

/// Refuses a file that others than its owner can read, as PostgreSQL's programs do; the
/// group may where it is `lent`: root's, to a service that is another user's.
///
/// # Errors
///
/// [`StoreError::SharedPassword`].
pub fn is_private(file: &Path, lent: bool) -> Result<(), StoreError> {
    let Ok(about) = fs::metadata(file) else { return Ok(()) };
    let others = if lent && about.uid() == 0 { OTHERS_BUT_READERS } else { OTHERS };
    if about.mode() & others == 0 {
        return Ok(());
    }
    let mode = format!("{:03o}", about.mode() & 0o777);
    Err(StoreError::SharedPassword { path: file.to_owned(), mode })
}

/// That the files in which PostgreSQL's programs look for passwords are looked into: the
/// driver passes over one that others can read.
///
/// # Errors
///
/// [`StoreError::SharedPassword`].
pub(crate) fn is_looked_for() -> Result<(), StoreError> {
    if std::env::var_os("PGPASSWORD").is_some() {
        return Ok(());
    }
    let named = std::env::var_os("PGPASSFILE").map(PathBuf::from);
    let usual =
        std::env::var_os("HOME").map(|variable| PathBuf::from(variable).join(".pgpass"));
    for file in named.into_iter().chain(usual) {
        is_private(&file, false)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_with_a_password_is_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("database.pass");
        fs::write(&file, "umbrella-27\n").unwrap();
        for (mode, is_fine) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o660, false),
            (0o644, false),
        ] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let found = is_private(&file, false);
            assert_eq!(found.is_ok(), is_fine, "{mode:o}");
            if let Err(error) = found {
                let told = error.to_string();
                assert!(told.contains(&format!("mode {mode:o}")), "{told}");
                assert!(told.contains("chmod 600 "), "{told}");
            }
        }
    }
}
