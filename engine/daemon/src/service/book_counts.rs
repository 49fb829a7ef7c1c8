//! The count of a large book (全书计数), kept for whoever asks how it stands: it takes a
//! walk through the book, and `status` is to answer at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use commands::app::App;
use runtime::work::Silence;
use store::views::status;
use tokio::sync::watch as flag;
use tracing::warn;

use crate::run::until_stopped;

/// The book is counted so often.
const EVERY: Duration = Duration::from_mins(1);
/// Counting takes no more than one part in so many of the time.
const REST: u32 = 20;

/// Counts the book again and again, beside the work, until told to stop.
pub(super) async fn count(app: Arc<App>, mut stopped: flag::Receiver<bool>) {
    loop {
        let began = Instant::now();
        if let Err(error) = count_once(&app).await {
            warn!(%error, "the book could not be counted");
        }
        let rest = EVERY.max(began.elapsed() * REST);
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = until_stopped(&mut stopped) => return,
        }
    }
}

async fn count_once(app: &App) -> Result<()> {
    let (store, at) = (&app.engine.store, app.engine.clock.now().ms);
    let mut conn = store.read().await?;
    let book = status::count(conn.conn()).await?;
    if !status::is_to_be_kept(conn.conn(), &book).await? {
        return Ok(());
    }
    drop(conn);
    let mut tx = app.engine.begin_silent(Silence::Notes).await?;
    status::keep(tx.conn(), book, at).await?;
    tx.commit().await?;
    Ok(())
}
