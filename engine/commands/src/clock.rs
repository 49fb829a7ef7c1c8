//! Entries on a clock that is not trusted (时钟不可信): they are refused, and what was
//! written on one says nothing of the time.

use anyhow::Result;
use runtime::clock::Clock;
use runtime::work::Silence;
use serde::{Deserialize, Serialize};
use store::{Conn, journal, meta};

use crate::app::App;
use crate::clock_guard::{JUMP_MS, Trust};
use crate::language::say;
use crate::{NotNow, Rules};

/// The code of what is refused while the clock is not trusted.
pub(crate) const NOT_TRUSTED: &str = "clock_not_trusted";

/// Where a daemon notes that its clock jumped, for other processes.
pub const HELD: &str = "clock_held";
/// Up to which instant of the journal a person has said that the clock is right.
pub(crate) const CONFIRMED: &str = "clock_confirmed";

/// Lines that were written while the clock was not trusted.
const PASSED_OVER: &str = "clock_passed_over";

/// Up to which line the journal says nothing of the time: stops and the like are taken
/// on a clock that has jumped, and bear its time.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PassedOver {
    /// The last of those lines, by its number in the store.
    pub(crate) line: i64,
    /// The newest instant before them, in milliseconds since 1970.
    pub(crate) newest: Option<i64>,
}

impl PassedOver {
    /// What is noted in the store.
    pub(crate) async fn of(conn: &mut Conn) -> Result<Self> {
        let text = meta::text(conn, PASSED_OVER).await?.unwrap_or_default();
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

/// The newest instant of the journal's last lines, in milliseconds since 1970, but for
/// those that were written on a clock that was not trusted.
pub(crate) async fn newest_line(conn: &mut Conn) -> Result<Option<i64>> {
    let passed = PassedOver::of(&mut *conn).await?;
    let newest = journal::newest_at(conn, passed.line).await?;
    Ok(newest.max(passed.newest))
}

/// The instant that the machine's clock has to have reached: that of the newest
/// line, unless a person has said that the clock was wrong when it was written.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn floor(conn: &mut Conn) -> Result<Option<i64>> {
    let confirmed = meta::number(&mut *conn, CONFIRMED).await?;
    let newest = newest_line(conn).await?;
    Ok(newest.filter(|newest| confirmed.is_none_or(|confirmed| confirmed < *newest)))
}

/// What a process beside the daemon is to think of the machine's clock;
/// `is_worked` where a daemon works the store.
///
/// # Errors
///
/// The store cannot be read.
pub async fn clock_trust(conn: &mut Conn, now_ms: i64, is_worked: bool) -> Result<Trust> {
    let floor = floor(&mut *conn).await?;
    if let Some(newest) = floor.filter(|floor| now_ms + JUMP_MS < *floor) {
        return Ok(Trust::Behind { newest });
    }
    let held = meta::text(conn, HELD).await?.filter(|_| is_worked);
    let held = held.and_then(|it| serde_json::from_str::<Held>(&it).ok());
    Ok(held.map_or(Trust::Trusted, |it| Trust::Jumped { by_ms: it.by_ms }))
}

/// Notes that what was written on a clock that went forward by so much tells nothing of
/// the time, where it did; one that went back writes nothing newer than the newest.
///
/// # Errors
///
/// The store cannot be read or written.
pub async fn pass_over(app: &App) -> Result<()> {
    let now_ms = app.engine.clock.now().ms;
    let Trust::Jumped { by_ms: by_ms @ 1.. } = app.clock_guard.look(now_ms) else {
        return Ok(());
    };
    let is_noted = {
        let mut conn = app.engine.store.read().await?;
        is_passed_over(conn.conn()).await?
    };
    if is_noted {
        return Ok(());
    }
    let mut tx = app.engine.begin_silent(Silence::Notes).await?;
    note_passed_over(tx.conn(), now_ms - by_ms).await?;
    Ok(tx.commit().await?)
}

async fn is_passed_over(conn: &mut Conn) -> Result<bool> {
    let last = journal::last_line(&mut *conn).await?;
    Ok(last <= PassedOver::of(conn).await?.line)
}

/// Passes over all lines there are; `real_ms` is the time by the clock as it went before.
async fn note_passed_over(conn: &mut Conn, real_ms: i64) -> Result<()> {
    let newest = newest_line(&mut *conn).await?.map(|newest| newest.min(real_ms));
    let line = journal::last_line(&mut *conn).await?;
    let note = serde_json::to_string(&PassedOver { line, newest })?;
    Ok(meta::set_text(conn, PASSED_OVER, &note).await?)
}

/// A jump as it is noted.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Held {
    /// By how many milliseconds, forward or back.
    pub by_ms: i64,
}

/// Refuses entries by hand while nobody knows what day it is.
pub(super) fn look_at(app: &App, rules: &Rules<'_>) -> Result<()> {
    if !rules.bears_a_day {
        return Ok(());
    }
    let now = app.engine.clock.now();
    match told(app.clock_guard.look(now.ms), &app.engine.clock) {
        Some((zh, en)) => Err(NotNow { code: NOT_TRUSTED, text: say(zh, en) }.into()),
        None => Ok(()),
    }
}

/// What is wrong with the clock and what to do, in Chinese and English.
pub fn told(trust: Trust, clock: &Clock) -> Option<(String, String)> {
    let now = clock.now().civil.strftime("%F %H:%M").to_string();
    match trust {
        Trust::Trusted => None,
        Trust::Behind { newest } => {
            let newest = clock.civil(newest).strftime("%F %H:%M").to_string();
            Some((
                format!(
                    "时钟落后:本机是 {now},日志最新一行是 {newest};改正之前不办理、不送出、不收登记\n  \
                     下一步:校正本机时钟(`timedatectl set-ntp true`);日志是错的时钟写下的,\
                     用 `qingshou clock --confirm --reason '…'`,或以 `qingshou run --confirm-clock` 启动"
                ),
                format!(
                    "CLOCK BEHIND: this machine says {now}, the journal's newest line is of \
                     {newest}; nothing is worked, sent or entered until that is set right\n  \
                     next: set the machine's clock (`timedatectl set-ntp true`); if the \
                     journal was written by a wrong one, `qingshou clock --confirm --reason '…'`, \
                     or start with `qingshou run --confirm-clock`"
                ),
            ))
        }
        Trust::Jumped { by_ms } => {
            let (zh, en) = if 0 < by_ms { ("快", "forward") } else { ("慢", "back") };
            let minutes = by_ms.unsigned_abs() / 60_000;
            let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
            let minutes = minutes % 60;
            Some((
                format!(
                    "时钟跳变:本机时钟突然{zh}了 {days} 天 {hours} 小时 {minutes} 分,现在是 {now};\
                     定时器和指令都留住,不收登记\n  下一步:时钟不对,校正后自动继续\
                     (`timedatectl set-ntp true`);现在的时间是对的,用 `qingshou clock \
                     --confirm --reason '…'`"
                ),
                format!(
                    "CLOCK JUMPED: this machine's clock went {en} by {days} d {hours} h \
                     {minutes} min and says {now}; timers and orders are held, and nothing is \
                     entered\n  next: if it is wrong, set it right and all goes on \
                     (`timedatectl set-ntp true`); if it is right now, `qingshou clock \
                     --confirm --reason '…'`"
                ),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::journal::{Entry, RehearsalBegan};
    use jiff::civil::date;
    use store::journal::{self, NewLine};
    use store::{Now, Store};

    use super::*;

    const DAY: i64 = 86_400_000;

    async fn write(conn: &mut Conn, ms: i64) {
        let now = Now { ms, civil: date(2026, 3, 2).at(9, 0, 0, 0) };
        let began = RehearsalBegan { by: "示例主管".to_owned() };
        let line = NewLine::of_site(Entry::RehearsalBegan(began));
        journal::append(conn, &now, &[line]).await.unwrap();
    }

    #[tokio::test]
    async fn what_was_written_on_a_clock_that_jumped_does_not_bind_the_one_set_right() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_test(dir.path()).await.unwrap();
        let mut tx = store.write().await.unwrap();
        write(tx.conn(), DAY).await;
        // Between the jump and its discovery, and after.
        write(tx.conn(), 400 * DAY).await;
        note_passed_over(tx.conn(), 2 * DAY).await.unwrap();
        assert_eq!(newest_line(tx.conn()).await.unwrap(), Some(2 * DAY));
        write(tx.conn(), 401 * DAY).await;
        assert!(!is_passed_over(tx.conn()).await.unwrap());
        note_passed_over(tx.conn(), 3 * DAY).await.unwrap();
        assert!(is_passed_over(tx.conn()).await.unwrap());
        let trust = clock_trust(tx.conn(), 3 * DAY, false).await.unwrap();
        assert_eq!(trust, Trust::Trusted, "it is set right");
        write(tx.conn(), 5 * DAY).await;
        assert_eq!(floor(tx.conn()).await.unwrap(), Some(5 * DAY));
        tx.commit().await.unwrap();
        store.close().await.unwrap();
    }
}
