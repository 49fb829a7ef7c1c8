//! The slot of a test thread (测试环境): one store after another, on one set of
//! connections.
//!
//! A test finds an empty store. It is the same file each time, cleared: fresh
//! connections would read every statement anew, and that takes longer than
//! most tests.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result};
use runtime::clock::Clock;
use runtime::marker::Marker;
use runtime::script_thread::ScriptThread;
use runtime::usage::{Part, UsageTracker};
use runtime::{Engine, Plugins, Runtime, Scanning, plugin_books};
use script::sandbox::Limits;
use script::testing::reach;
use site::config::{Config, ROLES};
use store::blank::Blank;
use store::{Store, figures};
use tokio::runtime::{Builder, Runtime as Tokio};

use crate::scenario::scope::Scope;
use crate::scenario::store_scenario::StoreScenario;
use crate::scenario::{BEGINS, SUPERVISORS};

/// What all tests of a run share.
pub(super) struct TestSetup {
    /// Every workflow of the folder.
    pub(super) whole: Scope,
    /// Those that each test file reaches.
    scopes: BTreeMap<String, Scope>,
    plugins: Plugins,
    zone: String,
}

impl TestSetup {
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
        host: &ScriptThread,
        store: Store,
        runtime: &Arc<Runtime>,
    ) -> Result<Engine> {
        let (host, plugins) = (host.clone(), self.plugins.clone());
        let clock = Clock::virtual_at(&self.zone, BEGINS)?;
        let mut engine = Engine::new(store, clock, host, plugins, Marker::default());
        engine.simulated = true;
        engine.seals_books = false;
        engine.scanning = Scanning::Never;
        let roles: Vec<String> = ROLES.iter().map(|role| (*role).to_owned()).collect();
        let staff = SUPERVISORS
            .iter()
            .map(|supervisor| ((*supervisor).to_owned(), roles.clone()));
        let roles = staff.collect();
        engine.set_limits(|it| it.roles = roles);
        engine.switch(Arc::clone(runtime));
        Ok(engine)
    }
}

/// One thread's store, and the runtime its connections live on.
pub(super) struct TestSlot<'g> {
    setup: &'g TestSetup,
    /// What the tests of this slot use of the folder.
    usage: UsageTracker,
    /// Its own, so that its threads need not wait for another slot's.
    host: ScriptThread,
    tokio: Rc<Tokio>,
    store: Store,
    /// The store as it was when the slot was opened.
    blank: Blank,
}

impl<'g> TestSlot<'g> {
    /// A slot with an empty store: every table is there, and the morning round
    /// of the first day is over.
    pub(super) fn open(setup: &'g TestSetup) -> Result<Self> {
        // No sockets here: without them a thread wakes up sooner.
        let tokio = Builder::new_current_thread().enable_time().build();
        let tokio =
            tokio.context("测试线程无法启动 · the thread for tests does not start")?;
        let runtime = &setup.whole.runtime;
        let host = ScriptThread::start(Limits::default())?;
        let (store, blank) = tokio.block_on(async {
            let store = Store::in_memory().await?;
            let mut tx = store.write().await?;
            plugin_books::migrate(tx.conn(), &setup.plugins).await?;
            tx.commit().await?;
            setup.engine(&host, store.clone(), runtime)?.morning_round().await?;
            let blank = Blank::of(store.read().await?.conn()).await?;
            anyhow::Ok((store, blank))
        })?;
        let tokio = Rc::new(tokio);
        Ok(Self { setup, usage: UsageTracker::kept(), host, tokio, store, blank })
    }

    /// What was used of the folder since the last scenario was made.
    pub(super) fn used(&self) -> Result<BTreeSet<Part>> {
        let mut used = self.usage.take();
        let workflows = self.tokio.block_on(async {
            let mut conn = self.store.read().await?;
            anyhow::Ok(figures::workflows(conn.conn()).await?)
        })?;
        used.extend(workflows.into_iter().map(Part::Workflow));
        Ok(used)
    }

    /// A scenario for one test. The one before it must be gone.
    pub(super) fn scenario(&self, scope: &Scope) -> Result<StoreScenario> {
        self.tokio.block_on(async {
            let mut tx = self.store.write().await?;
            self.blank.restore(tx.conn()).await?;
            anyhow::Ok(tx.commit().await?)
        })?;
        let runtime =
            Runtime { usage: self.usage.clone(), ..Runtime::clone(&scope.runtime) };
        let runtime = Arc::new(runtime);
        let engine = self.setup.engine(&self.host, self.store.clone(), &runtime)?;
        // A test that failed has left its own.
        self.usage.take();
        Ok(StoreScenario::new(Rc::clone(&self.tokio), runtime, engine))
    }
}
