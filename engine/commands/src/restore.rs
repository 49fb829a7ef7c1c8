//! A store that was put back (恢复): what is said of it, and the logs of what left
//! since.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::tongues::both;
use runtime::clock::Clock;
use runtime::restored::Logs;
use store::departures;
use store::mark::SetBack;

use crate::app::App;
use crate::language::say;
use crate::{NotNow, Rules};

/// The code of what is refused while nobody has answered for an older store.
pub(crate) const SET_BACK: &str = "store_set_back";

/// Refuses whatever writes while the store is one that was put back and nobody
/// has answered for it; a stop does no harm.
pub(super) fn look_at(app: &App, rules: &Rules<'_>) -> Result<()> {
    let Some(found) = app.engine.store.set_back().filter(|_| !rules.is_always_taken)
    else {
        return Ok(());
    };
    let (zh, en) = told(&found, &app.engine.clock);
    Err(NotNow { code: SET_BACK, text: say(zh, en) }.into())
}

/// What was found and what to do, in Chinese and English.
pub fn told(found: &SetBack, clock: &Clock) -> (String, String) {
    let as_of = clock.civil(found.backup_at).strftime("%F %H:%M").to_string();
    let (had, has) = (found.lines_noted, found.lines_found);
    if found.by_restore {
        return (
            format!(
                "恢复未完成:案件库取自 {as_of} 的备份,其后送出的尚未核对;没有办理、没有送出、\
                 没有登记\n  下一步:主管运行 `qingshou restore --acknowledge --reason '…'`\
                 (网关的记录用 --gateway-log FILE 一并给出)"
            ),
            format!(
                "RESTORE NOT FINISHED: this store is the backup of {as_of}, and what left since has \
                 not been looked at; nothing is worked, sent or entered\n  next: a supervisor \
                 runs `qingshou restore --acknowledge --reason '…'` (with the gateway's own \
                 log: --gateway-log FILE)"
            ),
        );
    }
    (
        format!(
            "旧库:放在这里的案件库比原来的旧(日志 {has} 行,原有 {had} 行,最后一行写于 {as_of});\
             没有办理、没有送出、没有登记\n  下一步:有较新的库就停下守护进程把它放回(连同 -wal \
             文件);没有,主管运行 `qingshou restore --acknowledge --reason '…'`,其后送出的\
             按库外的离库记录核对,不再寄出"
        ),
        format!(
            "STORE SET BACK: the store here is older than the one that was (its journal has {has} \
             lines and had {had}, the last written {as_of}); nothing is worked, sent or \
             entered\n  next: if there is a newer one, stop the daemon and put it back with \
             its -wal file; if not, a supervisor runs `qingshou restore --acknowledge --reason \
             '…'`: what left since is read from the log of departures and not sent again"
        ),
    )
}

/// Opens the logs that a person names, with rights of their own; of a folder the files
/// of a log of departures in it, unless they are empty.
///
/// # Errors
///
/// A file or folder cannot be read.
pub fn opened_logs(named: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<Arc<File>>)> {
    let mut logs = Vec::new();
    for file in named {
        if !file.is_dir() {
            logs.push((file.clone(), opened(file)?));
            continue;
        }
        let folder = std::fs::read_dir(file).with_context(|| unreadable(file))?;
        let mut found = Vec::new();
        for entry in folder {
            found.push(entry.with_context(|| unreadable(file))?.path());
        }
        found.retain(|it| it.extension().is_some_and(|extension| extension == "jsonl"));
        found.sort();
        for log in found {
            let open = opened(&log)?;
            if open.metadata().is_ok_and(|metadata| 0 < metadata.len()) {
                logs.push((log, open));
            }
        }
    }
    Ok(logs.into_iter().map(|(log, open)| (log, Arc::new(open))).unzip())
}

fn opened(file: &Path) -> Result<File> {
    import::opened(file).ok().with_context(|| unreadable(file))
}

/// Reads logs of departures as they are, and of any other file the keys in it: what a
/// gateway lists it has taken.
///
/// # Errors
///
/// A file cannot be read, or there is nothing in it that tells of an order.
pub fn read_logs(named: &[PathBuf], opened: &[Arc<File>]) -> Result<Logs> {
    let mut logs = Logs::default();
    for (named, file) in named.iter().zip(opened) {
        // A pipe would be waited for without end.
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            bail!(unreadable(named));
        }
        read_log(named, file, &mut logs)?;
    }
    Ok(logs)
}

fn unreadable(file: &Path) -> String {
    let named = file.display();
    both(&format!("读不了 {named}"), &format!("{named} cannot be read"))
}

fn read_log(named: &Path, mut file: &File, logs: &mut Logs) -> Result<()> {
    let of_ours = departures::read_opened(file, &mut logs.departures);
    if 0 < of_ours.with_context(|| unreadable(named))? {
        return Ok(());
    }
    file.rewind().with_context(|| unreadable(named))?;
    let mut keys = HashSet::new();
    // A gateway's list may be in any encoding, and write the keys in capitals.
    for line in BufReader::new(file).split(b'\n') {
        let line = line.with_context(|| unreadable(named))?;
        let text = String::from_utf8_lossy(&line).to_lowercase();
        keys.extend(keys_in(&text).map(str::to_owned));
    }
    if keys.is_empty() {
        let named = named.display();
        bail!(both(
            &format!(
                "{named} 里没有任何指令键(32 位十六进制,即 Idempotency-Key),没有改动"
            ),
            &format!(
                "there is no key of an order in {named} (32 hexadecimal digits, the \
                 Idempotency-Key); nothing was changed"
            ),
        ));
    }
    logs.taken.extend(keys);
    Ok(())
}

/// The keys of orders in a text.
fn keys_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric());
    words.filter(|word| {
        word.len() == 32
            && word
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_orders_are_found_in_whatever_a_gateway_writes() {
        let key = "0123456789abcdef0123456789abcdef";
        let table = [
            (format!("2026-11-20,{key},OK"), 1),
            (format!("{{\"key\":\"{key}\"}}"), 1),
            (format!("{key}{key}"), 0),
            (key.to_uppercase(), 0),
            ("13800000000".to_owned(), 0),
        ];
        for (line, expected) in table {
            assert_eq!(keys_in(&line).count(), expected, "{line}");
        }
    }
}
