//! Stores for tests (测试案件库): on every database that is at hand, or with the tables of
//! one plugin.

use std::future::Future;
use std::sync::Arc;

use domain::calendar::Calendar;
use jiff::civil::Date;
use store::plugin::Books;
use store::{Conn, Server, Store, WriteTx};
use tempfile::TempDir;

/// Which database a store stands on.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The embedded store.
    Sqlite,
    /// A schema of its own on a server.
    Postgres(Server),
}

/// Every database that keeps the promises; one on a server where `QINGSHOU_TEST_SERVER`
/// names one, as `tests/run` does.
pub fn kinds() -> Vec<Kind> {
    let server = store::open::server_of_tests().map(Kind::Postgres);
    std::iter::once(Kind::Sqlite).chain(server).collect()
}

/// An empty store of a kind, and the folder that goes with it.
pub async fn empty(kind: &Kind) -> (Store, TempDir) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let store = match kind {
        Kind::Sqlite => Store::temporary(dir.path()).await,
        Kind::Postgres(server) => Store::temporary_on(server.clone(), dir.path()).await,
    };
    (store.expect("a store is made"), dir)
}

/// Runs one future to its end.
pub fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future);
}

/// A store with the tables of a plugin, within one transaction that is never committed.
#[derive(Debug)]
pub struct PluginStore {
    tx: WriteTx,
    _dir: TempDir,
}

impl PluginStore {
    /// Runs `rows`, then the migrations of the plugin. The numbers that the store gives
    /// from now on are above 1,000, so that rows of the test may have small ones.
    pub async fn with(rows: &[&'static str], migrations: &[&'static str]) -> Self {
        const NUMBERS: &str = "update meta set value = '1000' where key = 'next_id'";
        let dir = tempfile::tempdir().expect("a temporary folder");
        let store = Store::for_test(dir.path()).await.expect("a store is made");
        let mut tx = store.write().await.expect("the writer");
        for text in std::iter::once(&NUMBERS).chain(rows).chain(migrations) {
            let done = sqlx::raw_sql(*text).execute(&mut *tx.conn()).await;
            done.expect("the database takes it");
        }
        Self { tx, _dir: dir }
    }

    /// The connection of its transaction.
    pub fn conn(&mut self) -> &mut Conn {
        self.tx.conn()
    }
}

/// What a plugin carries orders out with on a day, at the first instant of all.
pub fn books(conn: &mut Conn, today: Date, calendar: Arc<Calendar>) -> Books<'_> {
    Books {
        conn,
        today,
        now_ms: 0,
        calendar,
        staff: Arc::default(),
        simulated: false,
        raised: Vec::new(),
        tasks: Vec::new(),
        taken_back: Vec::new(),
    }
}
