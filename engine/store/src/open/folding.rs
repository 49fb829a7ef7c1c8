//! The log of a site's store (预写日志): folded back and cut off by the store itself,
//! which has to know its file before and after.

use crate::departures::Departures;
use crate::dialect;
use crate::error::StoreError;
use crate::mark::SetBack;
use crate::open::{Store, Writer};
use crate::standing::Content;

/// A log of a site's store that is longer than this is folded back.
pub(super) const LONG_LOG: u64 = 64 << 20;
/// What readers keep it from folding is tried again when it has grown by this.
const GROWN: u64 = 16 << 20;
/// One that is shorter is left alone.
const SHORT_LOG: u64 = 4 << 20;

impl Store {
    /// From now on the file of a site's store is watched, and its mark kept;
    /// `owner` is noted in a file that has none yet.
    pub(crate) async fn watch(
        &self,
        content: Content,
        owner: Option<u32>,
    ) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        if let Some(owner) = owner {
            let note = dialect::note_owner(owner);
            sqlx::raw_sql(sqlx::AssertSqlSafe(note)).execute(writer.conn()?).await?;
        }
        if let Some(standing) = &mut writer.standing {
            standing.watch(content);
        }
        if owner.is_some() {
            writer.fold().await?;
        }
        if let Some(content) = writer.content() {
            content.take();
        }
        let counters = writer.counters().await?;
        writer.keep_mark(counters);
        Ok(())
    }

    /// That an older store lies where a newer one was, and what is known of
    /// both; `None` for a store that is as it was left.
    pub fn set_back(&self) -> Option<SetBack> {
        self.set_back
    }

    /// The log of what leaves, for the store of a site.
    pub fn departures(&self) -> Option<&Departures> {
        self.departures.as_ref()
    }

    /// From here on the mark follows the store again: somebody has answered for
    /// the older one. Whoever has it open opens it anew.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the mark cannot be written.
    pub async fn is_answered_for(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let counters = writer.counters().await?;
        if let Some(content) = writer.content() {
            return content.answer(counters);
        }
        writer.mark.as_mut().map_or(Ok(()), |mark| mark.answer(counters))
    }

    /// Folds the log back into the file and cuts it off, unless somebody is
    /// writing; answers how many bytes of it are left: readers keep what they
    /// still read.
    ///
    /// # Errors
    ///
    /// [`StoreError::DiskFull`] and other faults; nothing is lost then.
    pub async fn fold_log(&self) -> Result<u64, StoreError> {
        let Ok(mut writer) = self.writer.try_lock() else { return Ok(0) };
        if SHORT_LOG < writer.log_length() {
            writer.settle().await?;
            writer.fold().await?;
        }
        Ok(writer.log_length())
    }
}

impl Writer {
    pub(super) fn keep_mark(&mut self, counters: (i64, i64)) {
        if let Some(content) = self.content() {
            content.note(counters);
        }
        if let Some(mark) = &mut self.mark {
            mark.keep(counters);
        }
    }

    /// Folds the log back as far as readers let it, without waiting for them.
    pub(super) async fn fold(&mut self) -> Result<(), StoreError> {
        if let Some(standing) = &mut self.standing {
            standing.look()?;
        }
        if let Some(folds) = self.content().map(Content::next_fold) {
            // What cannot be noted keeps nothing from being folded.
            let note = sqlx::AssertSqlSafe(dialect::note_folds(folds));
            sqlx::raw_sql(note).execute(self.conn()?).await.ok();
        }
        // Noted before it is said: whoever breaks off in between leaves it noted.
        self.impatient = true;
        sqlx::raw_sql(dialect::NO_WAITING).execute(self.conn()?).await?;
        let folded = sqlx::query(dialect::FOLD_LOG).fetch_optional(self.conn()?).await;
        // The file has changed, whatever came of it.
        if let Some(content) = self.content() {
            content.take();
        }
        self.be_patient().await?;
        let left = self.log_length();
        self.folds_at = if left == 0 { LONG_LOG } else { (left + GROWN).max(LONG_LOG) };
        folded?;
        Ok(())
    }

    /// Lets the database wait for other processes again.
    pub(super) async fn be_patient(&mut self) -> Result<(), StoreError> {
        let waiting = dialect::waiting();
        sqlx::raw_sql(sqlx::AssertSqlSafe(waiting)).execute(self.conn()?).await?;
        self.impatient = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};
    use std::time::Duration;

    use super::*;

    async fn written(store: &Store, bytes: i64) {
        let mut tx = store.write().await.unwrap();
        sqlx::query("insert into meta (key, value) values (hex(randomblob(8)), hex(zeroblob($1)))")
            .bind(bytes / 2)
            .execute(tx.conn())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn the_log_of_a_site_is_cut_off_when_it_is_long_and_when_nothing_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let store = Store::of_site(&path).await.unwrap();
        let log = || std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
        written(&store, 8 << 20).await;
        assert!(SHORT_LOG < log());
        assert_eq!(store.fold_log().await.unwrap(), 0);
        assert_eq!(log(), 0);
        for _ in 0..9 {
            written(&store, 10 << 20).await;
            assert!(log() < LONG_LOG + (16 << 20), "{}", log());
        }
        // Who reads one moment keeps what was written since.
        let mut reader = store.read().await.unwrap();
        sqlx::query("begin").execute(reader.conn()).await.unwrap();
        sqlx::query("select count(*) from meta").execute(reader.conn()).await.unwrap();
        written(&store, 8 << 20).await;
        assert_ne!(store.fold_log().await.unwrap(), 0, "the reader is in the way");
        sqlx::query("rollback").execute(reader.conn()).await.unwrap();
        drop(reader);
        assert_eq!(store.fold_log().await.unwrap(), 0);
        store.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_fold_that_was_broken_off_leaves_a_writer_that_waits_for_others() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::of_site(dir.path().join("store.db")).await.unwrap();
        let mut broken_off = 0;
        for looks in 1..12 {
            let mut writer = store.writer.lock().await;
            let mut is_done = false;
            {
                let mut fold = std::pin::pin!(writer.fold());
                for _ in 0..looks {
                    let look = |cx: &mut Context<'_>| {
                        Poll::Ready(fold.as_mut().poll(cx).is_ready())
                    };
                    is_done = std::future::poll_fn(look).await;
                    if is_done {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
            drop(writer);
            broken_off += i32::from(!is_done);
            let mut tx = store.write().await.unwrap();
            let waits: i64 =
                sqlx::query_scalar("select timeout from pragma_busy_timeout")
                    .fetch_one(tx.conn())
                    .await
                    .unwrap();
            tx.rollback().await.unwrap();
            assert_eq!(waits, dialect::BUSY_TIMEOUT_MS, "after {looks} looks");
        }
        assert_ne!(broken_off, 0);
    }

    #[tokio::test]
    async fn an_older_copy_is_set_back_until_it_is_answered_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let numbered = async |store: &Store| {
            let mut tx = store.write().await.unwrap();
            crate::ids::allocate(tx.conn(), 5).await.unwrap();
            tx.commit().await.unwrap();
        };
        let store = Store::of_site(&path).await.unwrap();
        numbered(&store).await;
        store.close().await.unwrap();
        let copy = dir.path().join("copy.db");
        std::fs::copy(&path, &copy).unwrap();
        let store = Store::of_site(&path).await.unwrap();
        numbered(&store).await;
        assert_eq!(store.set_back(), None);
        store.close().await.unwrap();
        std::fs::copy(&copy, &path).unwrap();
        for _ in 0..3 {
            let store = Store::of_site(&path).await.unwrap();
            assert!(store.set_back().is_some_and(|it| !it.by_restore));
            // What is done meanwhile does not make it a newer one.
            numbered(&store).await;
            store.close().await.unwrap();
        }
        let store = Store::of_site(&path).await.unwrap();
        store.is_answered_for().await.unwrap();
        store.close().await.unwrap();
        assert_eq!(Store::of_site(&path).await.unwrap().set_back(), None);
        // A mark that cannot be read is none.
        std::fs::write(path.with_extension("db.mark"), "torn").unwrap();
        assert_eq!(Store::of_site(&path).await.unwrap().set_back(), None);
    }
}
