//! A pair of readers (双读): two connections that see the store as it stood at one
//! and the same moment, so that what goes over the whole book uses two processors.

use std::sync::Arc;

use sqlx::AssertSqlSafe;

use crate::dialect::Database;
use crate::error::StoreError;
use crate::open::ReadConn;
use crate::{Conn, Store, dialect};

/// Work on the whole book of which several readers take pieces.
pub(crate) trait Shared: Send + Sync + 'static {
    /// What one of them finds.
    type Found: Send + 'static;

    /// Takes pieces until none is left.
    fn work(
        &self,
        conn: &mut Conn,
    ) -> impl Future<Output = Result<Self::Found, StoreError>> + Send;
}

/// Has the work done by two readers of one moment, each on a task of its own; by one
/// where the store is worked alone, or somebody writes without a pause. What each
/// has found, in no order. It takes both readers of the store: whoever calls it
/// holds none, or waits for itself.
pub(crate) async fn share<W: Shared>(
    store: &Store,
    work: W,
) -> Result<Vec<W::Found>, StoreError> {
    let Some(readers) = pair(store).await? else {
        return Ok(vec![alone(store.read().await?.conn(), &work).await?]);
    };
    let work = Arc::new(work);
    let tasks = readers.map(|mut reader| {
        let work = Arc::clone(&work);
        tokio::spawn(async move {
            let found = work.work(reader.conn()).await;
            end(reader.conn()).await?;
            found
        })
    });
    let (mut found, mut failed) = (Vec::new(), None);
    for task in tasks {
        match task.await.unwrap_or_else(|_| Err(StoreError::Io(BROKEN.to_owned()))) {
            Ok(one) => found.push(one),
            // The other one comes to its end, and lets go of its moment.
            Err(fault) => failed = failed.or(Some(fault)),
        }
    }
    failed.map_or(Ok(found), Err)
}

const BROKEN: &str =
    "读取案件库的任务中断了 · the task that read the case store broke off";

/// Has the work done by one reader, as the store stands at one moment.
pub(crate) async fn alone<W: Shared>(
    conn: &mut Conn,
    work: &W,
) -> Result<W::Found, StoreError> {
    // On a server a transaction that writes cannot begin another one, and nobody else
    // writes while it is open.
    if conn.database() == Database::Postgres && conn.writes() {
        return work.work(conn).await;
    }
    begin(conn).await?;
    let found = work.work(conn).await;
    end(conn).await?;
    found
}

/// A store into which somebody writes between every two statements is read by one.
const TRIES: usize = 50;

/// Two readers whose moment has begun and is the same.
async fn pair(store: &Store) -> Result<Option<[ReadConn; 2]>, StoreError> {
    if store.is_worked_alone() {
        return Ok(None);
    }
    let (mut first, mut second) = (store.read().await?, store.read().await?);
    for _ in 0..TRIES {
        let begun = begin_together(first.conn(), second.conn()).await;
        if begun.as_ref().is_ok_and(|it| *it) {
            return Ok(Some([first, second]));
        }
        // Whatever went wrong, neither is given back with its moment held.
        let ended = (end(first.conn()).await, end(second.conn()).await);
        begun.and(ended.0).and(ended.1)?;
    }
    Ok(None)
}

/// Begins both; whether nothing was written between the beginnings.
async fn begin_together(first: &mut Conn, second: &mut Conn) -> Result<bool, StoreError> {
    if first.database() == Database::Postgres {
        begin(first).await?;
        let moment: String =
            sqlx::query_scalar(dialect::EXPORT_SNAPSHOT).fetch_one(&mut *first).await?;
        begin(second).await?;
        // Letters, digits and lines, of the server's own making; it takes no parameter.
        let take_up = format!("set transaction snapshot '{}'", moment.replace('\'', ""));
        sqlx::raw_sql(AssertSqlSafe(take_up)).execute(second).await?;
        return Ok(true);
    }
    // The second looks how far the store is before the first begins, and again as it
    // begins itself.
    let before = version(second).await?;
    begin(first).await?;
    // The moment is that of the first statement.
    version(first).await?;
    begin(second).await?;
    Ok(version(second).await? == before)
}

/// Begins a moment for one reader: it sees what was committed then, until [`end`].
pub(crate) async fn begin(conn: &mut Conn) -> Result<(), StoreError> {
    let begin = conn.database().begin_snapshot(conn.is_behind_pooler());
    sqlx::raw_sql(begin).execute(conn).await?;
    Ok(())
}

/// Ends what [`begin`] began.
pub(crate) async fn end(conn: &mut Conn) -> Result<(), StoreError> {
    let end = conn.database().end_snapshot(conn.is_behind_pooler());
    sqlx::raw_sql(end).execute(conn).await?;
    Ok(())
}

async fn version(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(dialect::VERSION).fetch_one(conn).await?)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    const WRITE: &str = "
        insert into meta (key, value) values ('moment', '1')
        on conflict (key) do update set value = value + 1";
    const READ: &str = "
        select coalesce(max(cast(value as bigint)), 0) from meta where key = 'moment'";

    async fn write(store: &Store) {
        let mut tx = store.write().await.unwrap();
        sqlx::query(WRITE).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn moment(conn: &mut Conn) -> i64 {
        sqlx::query_scalar(READ).fetch_one(conn).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_written_between_two_beginnings_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::temporary(dir.path()).await.unwrap();
        let (mut first, mut second) =
            (store.read().await.unwrap(), store.read().await.unwrap());
        let before = version(second.conn()).await.unwrap();
        begin(first.conn()).await.unwrap();
        assert_eq!(moment(first.conn()).await, 0);
        write(&store).await;
        begin(second.conn()).await.unwrap();
        assert_ne!(version(second.conn()).await.unwrap(), before);
        assert_eq!((moment(first.conn()).await, moment(second.conn()).await), (0, 1));
    }

    /// One of the two fails at once, the other takes its time.
    #[derive(Default)]
    struct Failing {
        turns: AtomicUsize,
        ended: Arc<AtomicBool>,
    }

    impl Shared for Failing {
        type Found = i64;

        async fn work(&self, conn: &mut Conn) -> Result<i64, StoreError> {
            if self.turns.fetch_add(1, Ordering::Relaxed) == 0 {
                return Err(StoreError::Io(BROKEN.to_owned()));
            }
            let found = moment(conn).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.ended.store(true, Ordering::Relaxed);
            Ok(found)
        }
    }

    #[tokio::test]
    async fn a_reader_that_fails_leaves_no_other_in_an_old_moment() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::temporary(dir.path()).await.unwrap();
        let work = Failing::default();
        let ended = Arc::clone(&work.ended);
        assert!(share(&store, work).await.is_err());
        assert!(ended.load(Ordering::Relaxed), "nobody works on behind the answer");
        write(&store).await;
        let (mut first, mut second) =
            (store.read().await.unwrap(), store.read().await.unwrap());
        assert_eq!((moment(first.conn()).await, moment(second.conn()).await), (1, 1));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn two_readers_see_one_moment_beside_a_writer() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::temporary(dir.path()).await.unwrap();
        let writer = store.clone();
        let writing = tokio::spawn(async move {
            for _ in 0..400 {
                write(&writer).await;
                tokio::task::yield_now().await;
            }
        });
        let mut pairs = 0;
        while !writing.is_finished() {
            let Some([mut first, mut second]) = pair(&store).await.unwrap() else {
                continue;
            };
            pairs += 1;
            tokio::task::yield_now().await;
            let (one, two) = (moment(first.conn()).await, moment(second.conn()).await);
            assert_eq!(one, two);
            end(first.conn()).await.unwrap();
            end(second.conn()).await.unwrap();
        }
        writing.await.unwrap();
        assert!(0 < pairs);
    }
}
