//! How long things are kept (留存期限): messages, logs and rejected rows that lie beside
//! the store go once nobody can ask for them any more.
//!
//! What belongs to an order that may still leave, or of which nobody knows, stays.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind, Split};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use commands::app::App;
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use runtime::interrupt::ToldToStop;
use serde::Deserialize;
use store::restored;
use store::spool::Spool;
use store::spool::clearing::{Message, files_before};
use tokio::sync::watch as flag;
use tracing::{info, warn};

use crate::retention::patience::Patience;
use crate::run::until_stopped;

mod patience;

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
const LOG_DAYS: u32 = 31;

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

/// Clears away every day what is older than the settings keep, until told to stop. No
/// fault in it ends the daemon: what stays lying does no harm.
pub(crate) async fn keep(app: Arc<App>, mut stopped: flag::Receiver<bool>) -> Result<()> {
    let (mut rest, mut patience) = (AFTER_START, Patience::begin());
    if let Err(error) = patience::known(&app).await {
        warn!(error = format!("{error:#}"), "the last day known could not be noted");
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = until_stopped(&mut stopped) => return Ok(()),
        }
        // By a wrong clock all of it would be old.
        if app.clock_guard.holds(app.engine.clock.now().ms) {
            (rest, patience) = (AGAIN, Patience::begin());
            continue;
        }
        let of = Arc::clone(&app);
        let clearing = tokio::spawn(async move { clear_if_sure(&of, patience).await });
        rest = match clearing.await.map_err(anyhow::Error::from).flatten() {
            Ok(Some(done)) if done.is_more => AGAIN,
            Ok(Some(_)) => DAY,
            Ok(None) => AGAIN,
            Err(error) if error.is::<ToldToStop>() => return Ok(()),
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

/// Clears, unless the day may be a wrong one: `None` then.
async fn clear_if_sure(app: &App, patience: Patience) -> Result<Option<Cleared>> {
    if patience.waits(app).await? {
        return Ok(None);
    }
    let done = clear(app).await?;
    let Cleared { messages, logs, rejects, .. } = done;
    if 0 < messages + logs + rejects {
        info!(messages, logs, rejects, "cleared away what is no longer kept");
    }
    patience::note(app).await?;
    Ok(Some(done))
}

/// Clears away what is older than the settings keep.
async fn clear(app: &App) -> Result<Cleared> {
    let site = app.site();
    let kept = site.config.retention;
    let mut cleared = Cleared::default();
    for spool in [Spool::of_site(&site.dir), Spool::of_rehearsal(&site.dir)] {
        clear_messages(app, &spool, kept.messages_days, &mut cleared).await?;
        clear_calls(app, &spool, kept.logs_days, &mut cleared).await?;
    }
    clear_departures(app, kept.logs_days, &mut cleared).await?;
    let (rejects, before) = (site.rejects(), days_ago(app, kept.rejects_days));
    let old = beside(app, move || old_rejects(&rejects, before)).await?;
    for some in old.chunks(PORTION) {
        cleared.rejects += remove_all(app, some.to_vec()).await?;
    }
    Ok(cleared)
}

/// Files of rejected rows; whatever else somebody has put there is theirs.
fn old_rejects(folder: &Path, before: SystemTime) -> Result<Vec<PathBuf>> {
    let mut old = Vec::new();
    for path in files_before(folder, before)? {
        let path = path?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.contains(".rejects") {
            old.push(path);
        }
    }
    Ok(old)
}

fn days_ago(app: &App, days: u32) -> SystemTime {
    let now = u64::try_from(app.engine.clock.now().ms).unwrap_or(0);
    let ago = Duration::from_millis(now).saturating_sub(DAY * days);
    SystemTime::UNIX_EPOCH + ago
}

/// Does what keeps the disk busy on a thread that nobody waits for, unless the daemon
/// has been told to stop.
async fn beside<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    if app.engine.interrupt.is_raised() {
        return Err(ToldToStop.into());
    }
    tokio::task::spawn_blocking(work).await?
}

/// Removes files; answers how many somebody had not removed before.
async fn remove_all(app: &App, files: Vec<PathBuf>) -> Result<usize> {
    let remove = move || {
        let mut gone = 0;
        for path in files {
            gone += usize::from(removed(&path)?);
        }
        Ok(gone)
    };
    beside(app, remove).await
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
    app: &App,
    spool: &Spool,
    days: u32,
    cleared: &mut Cleared,
) -> Result<()> {
    let (tray, before) = (spool.clone(), days_ago(app, days));
    let old = beside(app, move || Ok(tray.messages_before(before, MOST)?)).await?;
    let mut gone = 0;
    for some in old.chunks(PORTION) {
        let keys: Vec<&str> = some.iter().filter_map(|it| it.key.as_deref()).collect();
        let open = open_among(app, &keys).await?;
        let goes = |it: &&Message| it.key.as_ref().is_none_or(|key| !open.contains(key));
        let files = some.iter().filter(goes).map(|it| it.path.clone()).collect();
        gone += remove_all(app, files).await?;
    }
    cleared.messages += gone;
    // When all of them stay, another look finds no others.
    cleared.is_more |= old.len() == MOST && 0 < gone;
    Ok(())
}

async fn clear_calls(
    app: &App,
    spool: &Spool,
    days: u32,
    cleared: &mut Cleared,
) -> Result<()> {
    let today = app.engine.clock.now().today();
    let (tray, before) = (spool.clone(), day_before(today, days));
    let put_aside = move || {
        tray.put_log_aside(day_before(today, LOG_DAYS), today)?;
        Ok(tray.logs_before(before)?)
    };
    for log in beside(app, put_aside).await? {
        if newest_line(app, &log).await?.is_some() {
            cleared.logs += remove_all(app, vec![log]).await?;
        }
    }
    Ok(())
}

/// Months of the log of departures go from the oldest on, so that it stays whole from
/// some instant up to now; the log knows from which.
async fn clear_departures(app: &App, days: u32, cleared: &mut Cleared) -> Result<()> {
    let engine = &app.engine;
    let Some(log) = engine.store.departures() else { return Ok(()) };
    let kept_from = day_before(engine.clock.now().today(), days);
    for (month, path) in log.months()? {
        let over = month.saturating_add(1.month());
        if kept_from < over {
            break;
        }
        let Some(newest) = newest_line(app, &path).await? else { break };
        let over_at = engine.clock.instant(over.at(0, 0, 0, 0));
        let (log, whole_from) = (log.clone(), over_at.max(newest + 1));
        beside(app, move || Ok(log.remove_month(&path, whole_from)?)).await?;
        cleared.logs += 1;
    }
    Ok(())
}

/// So many days before; the first of all days where that is no date any more.
fn day_before(today: Date, days: u32) -> Date {
    let span = Span::new().try_days(i64::from(days));
    span.map_or(Date::MIN, |it| today.saturating_sub(it))
}

/// Those of the keys whose orders may still leave, or of which nobody knows.
async fn open_among(app: &App, keys: &[&str]) -> Result<HashSet<String>> {
    let mut conn = app.engine.store.read().await?;
    let mut known = restored::by_key(conn.conn(), keys).await?;
    known.retain(|_, (_, status, _)| status.is_open());
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
async fn newest_line(app: &App, log: &Path) -> Result<Option<i64>> {
    let mut lines = BufReader::new(File::open(log)?).split(b'\n');
    let mut newest = 0;
    loop {
        let read = beside(app, move || Ok((portion(&mut lines)?, lines)));
        let (some, rest) = read.await?;
        lines = rest;
        let Some(some) = some else { return Ok(Some(newest)) };
        newest = some.iter().map(|it| it.at).max().unwrap_or(0).max(newest);
        let keys: Vec<&str> = some.iter().map(|it| it.key.as_str()).collect();
        if !open_among(app, &keys).await?.is_empty() {
            return Ok(None);
        }
    }
}

/// What can be read of some lines; `None` at the end.
fn portion(lines: &mut Split<BufReader<File>>) -> Result<Option<Vec<Line>>> {
    let (mut some, mut is_end) = (Vec::new(), true);
    for line in lines.take(PORTION) {
        is_end = false;
        // A torn line names no order that it could tell of.
        some.extend(serde_json::from_slice::<Line>(&line?).ok());
    }
    Ok((!is_end).then_some(some))
}

#[cfg(test)]
mod tests {
    use store::Now;

    use super::*;
    use site::Site;

    /// An order in a status, with its message in the tray, written so many days ago.
    async fn lies(app: &App, key: &str, status: Option<&str>, days: u32) -> PathBuf {
        if let Some(status) = status {
            let mut tx = app.engine.store.write().await.unwrap();
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
        let path = app.site().dir.join("spool/sms").join(format!("{key}.json"));
        written(app, &path, "{}", days);
        path
    }

    const CASE: &str = "\
insert into cases (id, case_no, product, known_since_on)
values ($1, $2, $3, '2026-01-01')";
    const ORDER: &str = "\
insert into outbox (id, case_id, seq, ordinal, plugin, verb, act, delivery,
  idempotency_key, requested_by, status, not_before_at, not_after_at, created_at)
values ($1, $1 - 1, 0, 0, 'remind', 'sms', 'demand', 'at_least_once', $2, 'x', $3, 0, 0, 0)";

    fn written(app: &App, path: &Path, text: &str, days: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(days_ago(app, days)).unwrap();
    }

    async fn app(folder: &Path) -> App {
        App::open(Site::open(folder).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn old_messages_go_unless_their_order_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path()).await;
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
            files.push((lies(&app, key, status, days).await, goes));
        }
        let dir = &app.site().dir;
        for (name, days, goes) in [
            ("spool/sms/g.json.part77", 401, true),
            ("spool/sms/notes.txt", 900, false),
            ("rejects/list.csv.rejects.csv", 401, true),
            ("rejects/list.csv.rejects-2.csv", 399, false),
            ("rejects/mended by hand.csv", 900, false),
        ] {
            written(&app, &dir.join(name), "x", days);
            files.push((dir.join(name), goes));
        }
        let done = clear(&app).await.unwrap();
        for (path, goes) in files {
            assert_ne!(path.exists(), goes, "{}", path.display());
        }
        let wanted = Cleared { messages: 4, logs: 0, rejects: 1, is_more: false };
        assert_eq!(done, wanted);
        app.engine.store.close().await.unwrap();
    }

    #[tokio::test]
    async fn the_log_of_departures_knows_since_when_it_is_whole_after_months_have_gone() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path()).await;
        let now = app.engine.clock.now();
        let log = app.engine.store.departures().unwrap();
        log.begin(&Now { ms: 0, ..now }).unwrap();
        let month =
            |back: i64| now.today().first_of_month().saturating_sub(back.months());
        let file = |back: i64| {
            log.folder().join(format!("{}.jsonl", month(back).strftime("%Y-%m")))
        };
        for (back, key) in [(20, "a"), (19, "b"), (18, "c"), (17, "d"), (3, "e")] {
            let at = app.engine.clock.instant(month(back).at(12, 0, 0, 0));
            let line = format!(
                "{{\"did\":\"became\",\"key\":\"{key}\",\"epoch\":1,\"became\":\"x\",\"at\":{at}}}\n"
            );
            written(&app, &file(back), &line, 0);
        }
        lies(&app, "c", Some("unknown"), 0).await;
        assert!(log.is_whole_since(0));
        assert_eq!(clear(&app).await.unwrap().logs, 2);
        let left = [20, 19, 18, 17, 3].map(|it| file(it).exists());
        assert_eq!(
            left,
            [false, false, true, true, true],
            "an open order keeps its month"
        );
        let since = app.engine.clock.instant(month(18).at(0, 0, 0, 0));
        assert!(!log.is_whole_since(since), "what was in hand then is not told");
        assert!(log.is_whole_since(since + 3 * 86_400_000));
        app.engine.store.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_log_of_calls_is_put_aside_each_month_and_goes_in_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path()).await;
        let today = app.engine.clock.now().today();
        let tray = app.site().dir.join("spool");
        let line = |key: &str, days: u32| {
            format!("{{\"key\":\"{key}\",\"day\":\"{}\"}}\n", day_before(today, days))
        };
        written(&app, &tray.join("calls.log"), &(line("a", 32) + &line("b", 0)), 0);
        let old = |days: u32| tray.join(format!("calls-{}.log", day_before(today, days)));
        written(&app, &old(401), &line("c", 430), 0);
        written(&app, &old(500), &line("d", 530), 0);
        lies(&app, "d", Some("unknown"), 0).await;
        assert_eq!(clear(&app).await.unwrap().logs, 1);
        assert!(old(0).exists() && !old(401).exists() && old(500).exists());
        let begun = fs::read_to_string(tray.join("calls.log")).unwrap();
        assert_eq!(begun, "", "the next one begins");
        clear(&app).await.unwrap();
        assert_eq!(fs::read_to_string(old(0)).unwrap().lines().count(), 2);
        app.engine.store.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_stop_is_heard_while_much_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path()).await;
        let message = lies(&app, "a", None, 401).await;
        app.engine.interrupt.raise();
        let told = clear(&app).await.unwrap_err();
        assert!(told.is::<ToldToStop>(), "{told:#}");
        assert!(message.exists());
        app.engine.store.close().await.unwrap();
    }

    #[test]
    fn no_number_of_days_is_too_large_to_count_back() {
        let today = jiff::civil::date(2026, 12, 1);
        assert_eq!(day_before(today, 30), jiff::civil::date(2026, 11, 1));
        assert_eq!(day_before(today, 99_999_999), Date::MIN);
        assert_eq!(day_before(today, u32::MAX), Date::MIN);
    }
}
