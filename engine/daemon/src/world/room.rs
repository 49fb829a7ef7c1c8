//! The room of a test thread (测试间): one store after another, on one set of
//! connections.
//!
//! A test finds an empty store. It is the same file each time, cleared: fresh
//! connections would read every statement anew, and that takes longer than
//! most tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use script::sandbox::Limits;
use script::testing::reach;
use sqlx::{AssertSqlSafe, Row, raw_sql};
use store::{Conn, Store};
use tokio::runtime::{Builder, Runtime as Tokio};

use crate::clock::Clock;
use crate::config::{Config, ROLES};
use crate::engine::Scanning;
use crate::engine::host::Host;
use crate::engine::marker::Marker;
use crate::engine::runtime::{Plugins, Runtime};
use crate::engine::uses::{Part, Uses};
use crate::engine::{Engine, plugin_books};
use crate::world::desk::Desk;
use crate::world::scope::Scope;
use crate::world::{BEGINS, SUPERVISORS};

/// What all tests of a run share.
pub(super) struct Ground {
    /// Every workflow of the folder.
    pub(super) whole: Scope,
    /// Those that each test file reaches.
    scopes: BTreeMap<String, Scope>,
    plugins: Plugins,
    zone: String,
}

impl Ground {
    pub(super) fn prepare(
        runtime: &Runtime,
        plugins: &Plugins,
        config: &Config,
    ) -> Result<Self> {
        // Found out once, not in every test.
        Clock::virtual_at(&config.zone, BEGINS)?;
        let whole = Scope::whole(runtime, config)?;
        let declared = &whole.runtime;
        let reached = reach(&declared.folder, &declared.catalog, &declared.program);
        let scopes = reached
            .into_iter()
            .map(|(file, workflows)| Ok((file, whole.with(&workflows, config)?)));
        Ok(Self {
            scopes: scopes.collect::<Result<_>>()?,
            whole,
            plugins: plugins.clone(),
            zone: config.zone.clone(),
        })
    }

    /// What a test file runs with.
    pub(super) fn scope(&self, file: &str) -> &Scope {
        self.scopes.get(file).unwrap_or(&self.whole)
    }

    fn engine(
        &self,
        host: &Host,
        store: Store,
        runtime: &Arc<Runtime>,
    ) -> Result<Engine> {
        let (host, plugins) = (host.clone(), self.plugins.clone());
        let clock = Clock::virtual_at(&self.zone, BEGINS)?;
        let mut engine = Engine::new(store, clock, host, plugins, Marker::default());
        engine.simulated = true;
        engine.seals_books = false;
        engine.scanning = Scanning::Never;
        let roles: Vec<String> = ROLES.iter().map(|it| (*it).to_owned()).collect();
        let staff = SUPERVISORS.iter().map(|it| ((*it).to_owned(), roles.clone()));
        let roles = staff.collect();
        engine.set_limits(|it| it.roles = roles);
        engine.switch(Arc::clone(runtime));
        Ok(engine)
    }
}

/// One thread's store, and the runtime its connections live on.
pub(super) struct Room<'g> {
    ground: &'g Ground,
    /// What this room's tests use of the folder.
    uses: Uses,
    /// Its own, so that its threads need not wait for another room's.
    host: Host,
    tokio: Rc<Tokio>,
    store: Store,
    /// Makes the store as it was when the room was opened.
    clear: String,
}

impl<'g> Room<'g> {
    /// A room with an empty store: every table is there, and the morning round
    /// of the first day is over.
    pub(super) fn open(ground: &'g Ground) -> Result<Self> {
        // No sockets here: without them a thread wakes up sooner.
        let tokio = Builder::new_current_thread().enable_time().build();
        let tokio = tokio.context("测试线程无法启动")?;
        let runtime = &ground.whole.runtime;
        let host = Host::start(Limits::default())?;
        let (store, clear) = tokio.block_on(async {
            let store = Store::in_memory().await?;
            let mut tx = store.write().await?;
            plugin_books::migrate(tx.conn(), &ground.plugins).await?;
            tx.commit().await?;
            ground.engine(&host, store.clone(), runtime)?.morning_round().await?;
            let clear = clear(store.read().await?.conn()).await?;
            anyhow::Ok((store, clear))
        })?;
        let tokio = Rc::new(tokio);
        Ok(Self { ground, uses: Uses::kept(), host, tokio, store, clear })
    }

    /// What was used of the folder since the last world was made.
    pub(super) fn used(&self) -> Result<BTreeSet<Part>> {
        let mut used = self.uses.take();
        let rows = self.tokio.block_on(async {
            let mut conn = self.store.read().await?;
            anyhow::Ok(sqlx::query(WORKFLOWS).fetch_all(conn.conn()).await?)
        })?;
        used.extend(rows.into_iter().map(|row| Part::Workflow(row.get(0))));
        Ok(used)
    }

    /// A world for one test. The one before it must be gone.
    pub(super) fn world(&self, scope: &Scope) -> Result<Desk> {
        self.tokio.block_on(async {
            let mut tx = self.store.write().await?;
            raw_sql(AssertSqlSafe(self.clear.as_str())).execute(tx.conn()).await?;
            anyhow::Ok(tx.commit().await?)
        })?;
        let runtime =
            Runtime { uses: self.uses.clone(), ..Runtime::clone(&scope.runtime) };
        let runtime = Arc::new(runtime);
        let engine = self.ground.engine(&self.host, self.store.clone(), &runtime)?;
        // A test that failed has left its own.
        self.uses.take();
        Ok(Desk::new(Rc::clone(&self.tokio), runtime, engine))
    }
}

/// Each table with one that it refers to, or with nothing.
const TABLES: &str = "\
select t.name, coalesce(f.\"table\", '')
from sqlite_master t
left join pragma_foreign_key_list(t.name) f on f.\"table\" <> t.name
where t.type = 'table' and t.name not in ('meta', 'plugin_migrations')
and t.name not like 'sqlite_%'";

const WORKFLOWS: &str = "select distinct workflow from instances";

const META: &str = "select quote(key), quote(value) from meta";

/// The statements that empty every table and put `meta` back as it is now.
async fn clear(conn: &mut Conn) -> Result<String> {
    let mut text = "delete from meta;".to_owned();
    for table in referring_first(conn).await? {
        write!(text, "delete from \"{table}\";")?;
    }
    for row in sqlx::query(META).fetch_all(conn).await? {
        let (key, value): (&str, &str) = (row.get(0), row.get(1));
        write!(text, "insert into meta (key, value) values ({key}, {value});")?;
    }
    Ok(text)
}

/// All tables, each before those that it refers to. To put off the checks of references
/// instead would have every statement compiled anew in every test: it is a setting of
/// the connection.
async fn referring_first(conn: &mut Conn) -> Result<Vec<String>> {
    let mut left: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in sqlx::query(TABLES).fetch_all(conn).await? {
        let refers_to = left.entry(row.get(0)).or_default();
        refers_to.insert(row.get(1));
    }
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |name: &String| !left.values().any(|it| it.contains(name));
        let free: Vec<String> = left.keys().filter(|it| is_free(it)).cloned().collect();
        ensure!(!free.is_empty(), "tables refer to each other in a circle: {left:?}");
        for name in free {
            left.remove(&name);
            ordered.push(name);
        }
    }
    Ok(ordered)
}
