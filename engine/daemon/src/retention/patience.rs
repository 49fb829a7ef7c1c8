//! Patience with clearing (清理前核对日期): by a clock that was set wrong while the
//! daemon was not there all would be old, and what was removed does not come back.

use anyhow::Result;
use commands::app::App;
use runtime::work::Silence;
use store::meta;
use tokio::time::Instant;
use tracing::warn;

use super::DAY;

/// When it was cleared last, or what the journal had seen before, in the store's `meta`.
const CLEARED: &str = "cleared_at";
/// Nothing is cleared at once when so long has passed since.
const LONG_AWAY_MS: i64 = 35 * 86_400_000;

/// Since when the daemon has worked by a clock that nothing spoke against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience(Instant);

impl Patience {
    pub(super) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Whether nothing is to be cleared yet: the clock is far ahead of all that is
    /// known, no person has said that it is right, and a day has not gone by.
    pub(super) async fn waits(self, app: &App) -> Result<bool> {
        let now = app.engine.clock.now().ms;
        let known = known(app).await?;
        let guard = &app.clock_guard;
        let waits =
            LONG_AWAY_MS < now - known && self.0.elapsed() < DAY && !guard.is_confirmed();
        if waits && !guard.awaits_word() {
            let known = app.engine.clock.civil(known).date();
            warn!(
                "the machine's clock is more than 35 days beyond {known}, the last day known; \
                 messages and logs that are no longer kept are not cleared away until all has \
                 gone well for a day, or `qingshou clock --confirm` says that the day is right"
            );
        }
        guard.await_word(waits);
        Ok(waits)
    }
}

/// The last instant known to be right: noted at once, so that what is written by a wrong
/// clock meanwhile does not speak for it after the next start.
pub(super) async fn known(app: &App) -> Result<i64> {
    let now = app.engine.clock.now().ms;
    let mut conn = app.engine.store.read().await?;
    let noted = meta::number(conn.conn(), CLEARED).await?;
    drop(conn);
    // One that lies ahead was noted by a wrong clock.
    if let Some(noted) = noted.filter(|it| *it <= now) {
        return Ok(noted);
    }
    let known = app.newest_at_start.unwrap_or(now).min(now);
    set(app, known).await?;
    Ok(known)
}

/// Notes that it was cleared now.
pub(super) async fn note(app: &App) -> Result<()> {
    set(app, app.engine.clock.now().ms).await
}

async fn set(app: &App, at: i64) -> Result<()> {
    let mut tx = app.engine.begin_silent(Silence::Notes).await?;
    meta::set_number(tx.conn(), CLEARED, at).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use site::Site;

    #[tokio::test]
    async fn nothing_is_cleared_by_a_clock_far_ahead_until_a_day_or_a_word_later() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = App::open(Site::open(folder.path()).unwrap()).await.unwrap();
        let now = app.engine.clock.now().ms;
        let begun = Patience::begin();
        assert!(!begun.waits(&app).await.unwrap(), "a new store has nothing old");
        for (days, waits) in [(34, false), (36, true), (425, true)] {
            set(&app, now - days * 86_400_000).await.unwrap();
            assert_eq!(begun.waits(&app).await.unwrap(), waits, "{days}");
            assert_eq!(app.clock_guard.awaits_word(), waits);
        }
        // What the wrong clock has written since does not count after a restart.
        app.newest_at_start = Some(now);
        assert!(begun.waits(&app).await.unwrap());
        if let Some(before) = Instant::now().checked_sub(DAY) {
            assert!(!Patience(before).waits(&app).await.unwrap());
        }
        assert!(begun.waits(&app).await.unwrap());
        app.clock_guard.confirm();
        assert!(!begun.waits(&app).await.unwrap());
        app.engine.store.close().await.unwrap();
    }
}
