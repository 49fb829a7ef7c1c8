//! Clearing the tray (清理发件目录): what is old enough is found and put aside; whether it
//! may go is for whoever knows the orders.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use domain::manifest::Channel;
use jiff::civil::Date;
use serde_json::Value;

use super::{Spool, is_link, sync_folder_of};

const LOG: &str = "calls.log";

/// A message in the tray.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Its file.
    pub path: PathBuf,
    /// Its key; `None` for a part that was never finished.
    pub key: Option<String>,
}

impl Spool {
    /// Messages that were written before an instant, at most so many.
    ///
    /// # Errors
    ///
    /// A folder cannot be read.
    pub fn messages_before(
        &self,
        before: SystemTime,
        most: usize,
    ) -> io::Result<Vec<Message>> {
        let mut found = Vec::new();
        if is_link(&self.root) {
            return Ok(found);
        }
        for channel in Channel::ALL {
            for path in files_before(&self.root.join(channel.as_str()), before)? {
                if found.len() == most {
                    return Ok(found);
                }
                let path = path?;
                let name = path.file_name().and_then(|name| name.to_str());
                let Some((key, ending)) = name.and_then(|name| name.split_once('.'))
                else {
                    continue;
                };
                let key = (ending == "json").then(|| key.to_owned());
                if key.is_some() || ending.starts_with("json.part") {
                    found.push(Message { path, key });
                }
            }
        }
        Ok(found)
    }

    /// Puts the log of calls aside, as `calls-DAY.log`, once its first call is of
    /// before `first`; answers whether it was.
    ///
    /// # Errors
    ///
    /// The log cannot be read or renamed.
    pub fn put_log_aside(&self, first: Date, today: Date) -> io::Result<bool> {
        if is_link(&self.root) {
            return Ok(false);
        }
        let log = self.root.join(LOG);
        let aside = self.root.join(format!("calls-{today}.log"));
        let begins = match fs::File::open(&log) {
            Ok(file) => first_day(&file)?,
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if begins.is_none_or(|begins| first <= begins) || aside.try_exists()? {
            return Ok(false);
        }
        fs::rename(&log, aside)?;
        // Whoever reads the log finds one, and the next call need not make it last.
        OpenOptions::new().append(true).create(true).mode(0o600).open(&log)?;
        sync_folder_of(&log)?;
        Ok(true)
    }

    /// Logs of calls that were put aside before a day.
    ///
    /// # Errors
    ///
    /// The folder cannot be read.
    pub fn logs_before(&self, day: Date) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for file in files(&self.root)? {
            let (path, _) = file?;
            let name =
                path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let put_aside =
                name.strip_prefix("calls-").and_then(|rest| rest.strip_suffix(".log"));
            if put_aside
                .and_then(|put_aside| put_aside.parse().ok())
                .is_some_and(|it: Date| it < day)
            {
                found.push(path);
            }
        }
        Ok(found)
    }
}

/// The files of a folder that were last written before an instant; none where there is
/// no folder, or a link to one: its files are not the site's.
///
/// # Errors
///
/// The folder cannot be read.
pub fn files_before(
    folder: &Path,
    before: SystemTime,
) -> io::Result<impl Iterator<Item = io::Result<PathBuf>> + use<>> {
    let old = move |it: io::Result<(PathBuf, SystemTime)>| match it {
        Ok((path, written)) => (written < before).then_some(Ok(path)),
        Err(error) => Some(Err(error)),
    };
    Ok(files(folder)?.filter_map(old))
}

/// The files of a folder and when each was last written.
fn files(
    folder: &Path,
) -> io::Result<impl Iterator<Item = io::Result<(PathBuf, SystemTime)>> + use<>> {
    let entries = match fs::read_dir(folder) {
        Ok(_) if is_link(folder) => None,
        Ok(entries) => Some(entries),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let file = |entry: io::Result<fs::DirEntry>| {
        let looked = entry.and_then(|entry| {
            // Of a link the link itself.
            let about = entry.metadata()?;
            Ok(about.is_file().then_some((entry.path(), about.modified()?)))
        });
        match looked {
            Ok(found) => found.map(Ok),
            // It was taken away meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => Some(Err(error)),
        }
    };
    Ok(entries.into_iter().flatten().filter_map(file))
}

/// The day of the first call that can be read.
fn first_day(log: &fs::File) -> io::Result<Option<Date>> {
    for line in BufReader::new(log).split(b'\n') {
        let line: Option<Value> = serde_json::from_slice(&line?).ok();
        let day = line.as_ref().and_then(|line| line["day"].as_str());
        if let Some(day) = day.and_then(|day| day.parse().ok()) {
            return Ok(Some(day));
        }
    }
    Ok(None)
}
