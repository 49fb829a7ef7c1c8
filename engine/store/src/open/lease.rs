//! Who works a store on a server (库租约): one process, entered under a number, that says
//! every few seconds that it lives. In a file, the site's lock says so.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Row};
use tokio::task::AbortHandle;

use super::server::{connect, refuse};
use super::{Store, Writer};
use crate::error::StoreError;
use crate::place::Server;
use crate::{Conn, daemons, dialect};

/// How often a holder says that it lives.
const BEAT: Duration = Duration::from_secs(5);

/// A lease that is held: it is said to live until this is dropped.
#[derive(Debug)]
pub struct Lease(AbortHandle);

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const LIVING: &str = "\
select host, pid, $1 - seen_at as unseen_ms from daemons where $1 - seen_at < $2";
const IS_ENTERED: &str = "select count(*) from daemons where id = $1";

impl Store {
    /// Enters this process as the one that works the store, and lives on as such until
    /// the lease is dropped or the store is closed. Nothing is to be done for a file.
    /// `is_dead` answers for a machine's name and the number of a process, and may know
    /// only those of its own machine.
    ///
    /// # Errors
    ///
    /// [`StoreError::Leased`] where another process works it; any fault of the database.
    pub async fn take_lease(
        &self,
        (host, pid): (&str, u32),
        is_dead: impl Fn(&str, i64) -> bool,
    ) -> Result<Option<Lease>, StoreError> {
        let Some(server) = self.place.server().cloned() else { return Ok(None) };
        let mut tx = self.write().await?;
        let now = daemons::by_its_clock(tx.conn(), 0).await?;
        // Writers take turns: whoever enters at the same moment sees this one.
        refuse_living(tx.conn(), now, is_dead).await?;
        let id = daemons::enter(tx.conn(), now, host, pid).await?;
        tx.commit().await?;
        self.writer.lock().await.lease = Some(id);
        Ok(Some(Lease(tokio::spawn(live(server, id)).abort_handle())))
    }

    /// The number under which this process is entered, for a store on a server.
    pub async fn lease(&self) -> Option<i64> {
        self.writer.lock().await.lease
    }

    /// Gives the lease up. What cannot be written now is over by itself in a minute.
    pub(super) async fn give_lease_up(&self) {
        let Some(lease) = self.writer.lock().await.lease else { return };
        let Ok(mut tx) = self.write().await else { return };
        let left = daemons::leave(tx.conn(), lease).await;
        if left.is_ok() {
            tx.commit().await.ok();
        }
        self.writer.lock().await.lease = None;
    }
}

/// Refuses a store that another process works.
pub(super) async fn refuse_living(
    conn: &mut Conn,
    now: i64,
    is_dead: impl Fn(&str, i64) -> bool,
) -> Result<(), StoreError> {
    let living = sqlx::query(LIVING).bind(now).bind(daemons::LEASE_MS);
    for row in living.fetch_all(conn).await? {
        let (host, pid): (String, i64) = (row.try_get("host")?, row.try_get("pid")?);
        let unseen_ms: i64 = row.try_get("unseen_ms")?;
        if !is_dead(&host, pid) {
            let seconds = unseen_ms.max(0) / 1000;
            let wait = (daemons::LEASE_MS - unseen_ms).max(0) / 1000 + 1;
            return Err(StoreError::Leased { host, pid, seconds, wait });
        }
    }
    Ok(())
}

/// Says that a holder lives, over a connection of its own: behind the writer's it would
/// wait for a long import.
async fn live(server: Server, id: i64) {
    let beat = format!(
        "update daemons set seen_at = ({}) where id = {id}",
        dialect::SERVER_CLOCK
    );
    let mut conn = None;
    loop {
        tokio::time::sleep(BEAT).await;
        if conn.is_none() {
            conn = connect(&server).await.ok();
        }
        if let Some(own) = &mut conn
            && sqlx::raw_sql(AssertSqlSafe(beat.clone())).execute(own).await.is_err()
        {
            conn = None;
        }
    }
}

impl Writer {
    /// Refuses to write where another process has been entered as the one that works the
    /// store.
    pub(super) async fn keep_lease(&mut self) -> Result<(), StoreError> {
        let Some(lease) = self.lease else { return Ok(()) };
        let asked = sqlx::query_scalar(IS_ENTERED).bind(lease);
        let entered: i64 = asked.fetch_one(self.conn()?).await?;
        refuse(entered == 0, || StoreError::TakenOver)
    }
}
