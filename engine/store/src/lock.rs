//! The site lock (站点锁): one daemon on one store.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::StoreError;
use crate::plain;

/// How often to try again before the lock counts as held.
const ASKING: usize = 5;

/// Held as long as it lives; the system frees it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct SiteLock {
    _file: File,
}

impl SiteLock {
    /// Takes the lock beside a store's file.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] with the number of the process that holds it.
    pub fn acquire(store: &Path) -> Result<Self, StoreError> {
        let mut file = open(store)?;
        let mut tried = file.try_lock();
        for _ in 0..ASKING {
            // Whoever asks for the holder has the lock for a moment.
            if matches!(tried, Err(TryLockError::WouldBlock)) {
                std::thread::sleep(Duration::from_millis(5));
                tried = file.try_lock();
            }
        }
        match tried {
            Ok(()) => {
                file.set_len(0)?;
                write!(file, "{}", std::process::id())?;
                file.flush()?;
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { pid: pid(file)? }),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// The process that holds the lock, if any does.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the lock file cannot be opened.
    pub fn holder(store: &Path) -> Result<Option<String>, StoreError> {
        if !lock_path(store).exists() {
            return Ok(None);
        }
        let file = open(store)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(pid(file)?)),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

fn lock_path(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".lock");
    PathBuf::from(path)
}

fn open(store: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    // Whoever may open it could hold it, and keep the daemon out.
    let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let path = lock_path(store);
    plain::open_with(options, &path).map_err(|error| StoreError::at(&path, &error))
}

fn pid(mut file: File) -> Result<String, StoreError> {
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}
