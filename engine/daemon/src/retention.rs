//! How long things are kept (留存期限): messages, logs and rejected rows that lie beside
//! the store go once nobody can ask for them any more.
//!
//! What belongs to an order that may still leave, or of which nobody knows, stays.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind, Split};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;
use store::restored;
use store::spool::Spool;
use store::spool::clearing::{Message, files_before};
use tokio::sync::watch as flag;
use tracing::{info, warn};

use crate::run::until_stopped;
use crate::workshop::Workshop;

/// What a start brings along comes first.
const AFTER_START: Duration = Duration::from_mins(15);
const DAY: Duration = Duration::from_hours(24);
/// When not all was done, or it could not be.
const AGAIN: Duration = Duration::from_hours(1);
/// So many messages at once, so that the disk is not kept busy.
const MOST: usize = 20_000;
/// Orders asked about at once.
const PORTION: usize = 1_000;
/// A log of calls is put aside when it is so old.
const LOG_DAYS: i64 = 31;

/// What an order is in that may still leave, or of which nobody knows.
const OPEN: [&str; 5] = ["pending", "held", "awaiting_approval", "leased", "unknown"];

/// What was cleared away.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Cleared {
    /// Messages of the tray, in files.
    messages: usize,
    /// Logs of calls and of departures.
    logs: usize,
    /// Files of rejected rows.
    rejects: usize,
    /// There may be more.
    is_more: bool,
}

/// Clears away every day what is older than the settings keep, until told to stop.
pub(crate) async fn keep(
    shop: Arc<Workshop>,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    let mut rest = AFTER_START;
    loop {
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = until_stopped(&mut stopped) => return Ok(()),
        }
        // By a wrong clock all of it would be old.
        if shop.clock_guard.holds(shop.engine.clock.now().ms) {
            rest = AGAIN;
            continue;
        }
        rest = match clear(&shop).await {
            Ok(done) => {
                let Cleared { messages, logs, rejects, is_more } = done;
                if 0 < messages + logs + rejects {
                    info!(messages, logs, rejects, "cleared away what is no longer kept");
                }
                if is_more { AGAIN } else { DAY }
            }
            Err(error) => {
                warn!(
                    error = format!("{error:#}"),
                    "what is no longer kept could not be cleared away; trying again in an hour"
                );
                AGAIN
            }
        };
    }
}

/// Clears away what is older than the settings keep.
async fn clear(shop: &Workshop) -> Result<Cleared> {
    let site = shop.site();
    let kept = site.config.retention;
    let mut cleared = Cleared::default();
    for spool in [Spool::of_site(&site.dir), Spool::of_rehearsal(&site.dir)] {
        clear_messages(shop, &spool, kept.messages_days, &mut cleared).await?;
        clear_calls(shop, &spool, kept.logs_days, &mut cleared).await?;
    }
    clear_departures(shop, kept.logs_days, &mut cleared).await?;
    for path in files_before(&site.rejects(), days_ago(shop, kept.rejects_days))? {
        let path = path?;
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        // Whatever else somebody has put there is theirs.
        if name.contains(".rejects") && removed(&path)? {
            cleared.rejects += 1;
        }
    }
    Ok(cleared)
}

fn days_ago(shop: &Workshop, days: u32) -> SystemTime {
    let now = u64::try_from(shop.engine.clock.now().ms).unwrap_or(0);
    let ago = Duration::from_millis(now).saturating_sub(DAY * days);
    SystemTime::UNIX_EPOCH + ago
}

/// Removes a file; `false` when somebody has done so before.
fn removed(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn clear_messages(
    shop: &Workshop,
    spool: &Spool,
    days: u32,
    cleared: &mut Cleared,
) -> Result<()> {
    let (tray, before) = (spool.clone(), days_ago(shop, days));
    let look = move || tray.messages_before(before, MOST);
    let old = tokio::task::spawn_blocking(look).await??;
    let mut gone = 0;
    for some in old.chunks(PORTION) {
        let keys: Vec<&str> = some.iter().filter_map(|it| it.key.as_deref()).collect();
        let open = open_among(shop, &keys).await?;
        for Message { path, key } in some {
            let stays = key.as_ref().is_some_and(|it| open.contains(it));
            if !stays && removed(path)? {
                gone += 1;
            }
        }
    }
    cleared.messages += gone;
    // When all of them stay, another look finds no others.
    cleared.is_more |= old.len() == MOST && 0 < gone;
    Ok(())
}

async fn clear_calls(
    shop: &Workshop,
    spool: &Spool,
    days: u32,
    cleared: &mut Cleared,
) -> Result<()> {
    let today = shop.engine.clock.now().today();
    spool.put_log_aside(today.saturating_sub(LOG_DAYS.days()), today)?;
    for log in spool.logs_before(day_before(today, days))? {
        if newest_line(shop, &log).await?.is_some() && removed(&log)? {
            cleared.logs += 1;
        }
    }
    Ok(())
}

/// Months of the log of departures go from the oldest on, so that it stays whole from
/// some instant up to now; the log knows from which.
async fn clear_departures(
    shop: &Workshop,
    days: u32,
    cleared: &mut Cleared,
) -> Result<()> {
    let engine = &shop.engine;
    let Some(log) = engine.store.departures() else { return Ok(()) };
    let kept_from = day_before(engine.clock.now().today(), days);
    for (month, path) in log.months()? {
        let over = month.saturating_add(1.month());
        if kept_from < over {
            break;
        }
        let Some(newest) = newest_line(shop, &path).await? else { break };
        let over_at = engine.clock.instant(over.at(0, 0, 0, 0));
        log.remove_month(&path, over_at.max(newest + 1))?;
        cleared.logs += 1;
    }
    Ok(())
}

fn day_before(today: Date, days: u32) -> Date {
    today.saturating_sub(i64::from(days).days())
}

/// Those of the keys whose orders may still leave, or of which nobody knows.
async fn open_among(shop: &Workshop, keys: &[&str]) -> Result<HashSet<String>> {
    let mut conn = shop.engine.store.read().await?;
    let mut known = restored::by_key(conn.conn(), keys).await?;
    known.retain(|_, (_, status, _)| OPEN.contains(&status.as_str()));
    Ok(known.into_keys().collect())
}

/// A line of a log of calls or departures.
#[derive(Deserialize)]
struct Line {
    key: String,
    /// In milliseconds since 1970, where it is told.
    #[serde(default)]
    at: i64,
}

/// When the newest line of a log was written, 0 where no line tells; `None` for a log
/// that names an open order and stays.
async fn newest_line(shop: &Workshop, log: &Path) -> Result<Option<i64>> {
    let mut lines = BufReader::new(File::open(log)?).split(b'\n');
    let mut newest = 0;
    loop {
        let some = portion(&mut lines)?;
        if some.is_empty() {
            return Ok(Some(newest));
        }
        newest = some.iter().map(|it| it.at).max().unwrap_or(0).max(newest);
        let keys: Vec<&str> = some.iter().map(|it| it.key.as_str()).collect();
        if !open_among(shop, &keys).await?.is_empty() {
            return Ok(None);
        }
    }
}

/// Some lines that can be read; none at the end.
fn portion(lines: &mut Split<BufReader<File>>) -> Result<Vec<Line>> {
    let mut some = Vec::new();
    for line in lines {
        // A torn line names no order that it could tell of.
        some.extend(serde_json::from_slice::<Line>(&line?).ok());
        if some.len() == PORTION {
            break;
        }
    }
    Ok(some)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use store::Now;

    use super::*;
    use crate::site::Site;

    /// An order in a status, with its message in the tray, written so many days ago.
    async fn lies(
        shop: &Workshop,
        key: &str,
        status: Option<&str>,
        days: u32,
    ) -> PathBuf {
        if let Some(status) = status {
            let mut tx = shop.engine.store.write().await.unwrap();
            let id = store::ids::allocate(tx.conn(), 2).await.unwrap();
            for (sql, id) in [(CASE, id), (ORDER, id + 1)] {
                sqlx::query(sql)
                    .bind(id)
                    .bind(key.to_owned())
                    .bind(status.to_owned())
                    .execute(tx.conn())
                    .await
                    .unwrap();
            }
            tx.commit().await.unwrap();
        }
        let path = shop.site().dir.join("spool/sms").join(format!("{key}.json"));
        written(shop, &path, "{}", days);
        path
    }

    const CASE: &str = "\
insert into cases (id, case_no, product, known_since_on)
values ($1, $2, $3, '2026-01-01')";
    const ORDER: &str = "\
insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery,
  idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
values ($1, $1 - 1, 0, 0, 'remind', 'sms', 'demand', 'at_least_once', $2, 'x', $3, 0, 0, 0)";

    fn written(shop: &Workshop, path: &Path, text: &str, days: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(days_ago(shop, days)).unwrap();
    }

    async fn shop(folder: &Path) -> Workshop {
        Workshop::open(Site::open(folder).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn old_messages_go_unless_their_order_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let shop = shop(folder.path()).await;
        let table = [
            ("a", Some("delivered"), 401, true),
            ("b", Some("delivered"), 399, false),
            ("c", Some("unknown"), 900, false),
            ("d", Some("pending"), 900, false),
            ("e", Some("cancelled"), 900, true),
            ("f", None, 401, true),
        ];
        let mut files = Vec::new();
        for (key, status, days, goes) in table {
            files.push((lies(&shop, key, status, days).await, goes));
        }
        let dir = &shop.site().dir;
        for (name, days, goes) in [
            ("spool/sms/g.json.part77", 401, true),
            ("spool/sms/notes.txt", 900, false),
            ("rejects/list.csv.rejects.csv", 401, true),
            ("rejects/list.csv.rejects-2.csv", 399, false),
            ("rejects/mended by hand.csv", 900, false),
        ] {
            written(&shop, &dir.join(name), "x", days);
            files.push((dir.join(name), goes));
        }
        let done = clear(&shop).await.unwrap();
        for (path, goes) in files {
            assert_ne!(path.exists(), goes, "{}", path.display());
        }
        let wanted = Cleared { messages: 4, logs: 0, rejects: 1, is_more: false };
        assert_eq!(done, wanted);
        shop.engine.store.close().await.unwrap();
    }

    #[tokio::test]
    async fn the_log_of_departures_knows_since_when_it_is_whole_after_months_have_gone() {
        let folder = tempfile::tempdir().unwrap();
        let shop = shop(folder.path()).await;
        let now = shop.engine.clock.now();
        let log = shop.engine.store.departures().unwrap();
        log.begin(&Now { ms: 0, ..now }).unwrap();
        let month =
            |back: i64| now.today().first_of_month().saturating_sub(back.months());
        let file = |back: i64| {
            log.folder().join(format!("{}.jsonl", month(back).strftime("%Y-%m")))
        };
        for (back, key) in [(20, "a"), (19, "b"), (18, "c"), (17, "d"), (3, "e")] {
            let at = shop.engine.clock.instant(month(back).at(12, 0, 0, 0));
            let line = format!(
                "{{\"did\":\"became\",\"key\":\"{key}\",\"epoch\":1,\"became\":\"x\",\"at\":{at}}}\n"
            );
            written(&shop, &file(back), &line, 0);
        }
        lies(&shop, "c", Some("unknown"), 0).await;
        assert!(log.is_whole_since(0));
        assert_eq!(clear(&shop).await.unwrap().logs, 2);
        let left = [20, 19, 18, 17, 3].map(|it| file(it).exists());
        assert_eq!(
            left,
            [false, false, true, true, true],
            "an open order keeps its month"
        );
        let since = shop.engine.clock.instant(month(18).at(0, 0, 0, 0));
        assert!(!log.is_whole_since(since), "what was in hand then is not told");
        assert!(log.is_whole_since(since + 3 * 86_400_000));
        shop.engine.store.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_log_of_calls_is_put_aside_each_month_and_goes_in_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let shop = shop(folder.path()).await;
        let today = shop.engine.clock.now().today();
        let tray = shop.site().dir.join("spool");
        let line = |key: &str, days: u32| {
            format!("{{\"key\":\"{key}\",\"day\":\"{}\"}}\n", day_before(today, days))
        };
        written(&shop, &tray.join("calls.log"), &(line("a", 32) + &line("b", 0)), 0);
        let old = |days: u32| tray.join(format!("calls-{}.log", day_before(today, days)));
        written(&shop, &old(401), &line("c", 430), 0);
        written(&shop, &old(500), &line("d", 530), 0);
        lies(&shop, "d", Some("unknown"), 0).await;
        assert_eq!(clear(&shop).await.unwrap().logs, 1);
        assert!(old(0).exists() && !old(401).exists() && old(500).exists());
        let begun = fs::read_to_string(tray.join("calls.log")).unwrap();
        assert_eq!(begun, "", "the next one begins");
        clear(&shop).await.unwrap();
        assert_eq!(fs::read_to_string(old(0)).unwrap().lines().count(), 2);
        shop.engine.store.close().await.unwrap();
    }
}
