//! The engine (引擎): the straight line from a due case to a receipt.
//!
//! [`Engine::settle`] runs everything that is to be done at one instant until
//! nothing is left: enrolment, promises, steps, hand-overs. The daemon calls it
//! on the machine's clock; replay, demo and script tests on one that jumps.

pub mod clock;
pub mod words;
mod runtime;
pub mod letters;
pub mod usage;
pub mod marker;
mod runaway;
mod shares;
pub mod script_thread;
pub mod step;
pub mod batch;
pub mod work;
pub mod record;
pub mod enrol;
pub mod scan;
mod review_context;
mod settlement;
pub mod sending;
pub mod interrupt;
pub mod tally;
mod breaker;
pub mod outlet;
pub mod guard;
pub mod book_age;
pub mod rehearsal;
pub mod lost_places;
pub mod dispatch;
mod complained_of;
mod settle_within;
pub mod answered;
pub mod departures;
pub mod restored;
mod lacking;
mod open_work;
pub mod lane;
pub mod daily;
pub mod timers;
pub mod virtual_time;
pub mod plugin_books;
pub mod approve;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use arc_swap::{ArcSwap, ArcSwapOption};
use domain::guard::Bounds;
use domain::ledger::NEAR_DAYS;
use domain::money::Fen;
use domain::promise::Promise;
use domain::staff::StaffNames;
use jiff::civil::Date;
use store::Store;
use store::spool::Spool;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::departures::Unwritten;
use crate::guard::{Days, Kept};
use crate::interrupt::Interrupt;
use crate::marker::Marker;
use crate::outlet::Outlet;
use crate::runaway::Runaways;
use crate::script_thread::ScriptThread;
use crate::sending::{Changes, InHand};
use crate::shares::Shares;
use crate::tally::Tally;

pub use runtime::{Plugins, Runtime};

/// Instances claimed at once when nothing says otherwise.
pub const BATCH: i64 = 500;
/// Orders handed over at once.
pub const HAND_OVERS: i64 = 200;

/// Everything that works a store.
pub struct Engine {
    /// The case store.
    pub store: Store,
    /// Where the time comes from.
    pub clock: Clock,
    /// The script thread.
    pub host: ScriptThread,
    /// A replay: gateways acknowledge without sending.
    pub simulated: bool,
    /// Whether the morning round seals the books; nobody verifies a test's.
    pub seals_books: bool,
    /// When cases enter workflows by the conditions of `enrol`.
    pub scanning: Scanning,
    /// Wakes the scanning task as soon as a scan is owed.
    pub scan_wanted: Notify,
    /// Raised when the daemon is to stop: long work leaves off where it can be
    /// taken up again.
    pub interrupt: Interrupt,
    /// Which batch is in hand.
    pub marker: Marker,
    /// Where messages are laid aside in a rehearsal; `None` in earnest.
    pub rehearsal: Option<Spool>,
    /// Time of the script thread is shared out among workflows; nowhere else than
    /// in the daemon, for a replay must not hang on how fast a machine is.
    pub shares_time: bool,
    /// What this process has done.
    pub tally: Tally,
    days: Days,
    kept: Kept,
    lacking: lacking::Looked,
    runaways: Runaways,
    shares: Shares,
    changes: Changes,
    in_hand: InHand,
    unwritten: Unwritten,
    limits: ArcSwap<Limits>,
    ways: ArcSwap<Ways>,
    runtime: ArcSwapOption<Runtime>,
}

/// An engine over a store, with the plugins' tables in place.
///
/// # Errors
///
/// The store cannot be written, or no thread can be started.
pub async fn assemble(
    store: Store,
    clock: Clock,
    plugins: Plugins,
    marker: Marker,
) -> Result<Engine> {
    let mut tx = store.write().await?;
    plugin_books::migrate(tx.conn(), &plugins).await?;
    tx.commit().await?;
    let host = ScriptThread::start(script::sandbox::Limits::default())?;
    Ok(Engine::new(store, clock, host, plugins, marker))
}

/// What an administrator may change while cases are worked.
#[derive(Clone, Debug)]
pub struct Limits {
    /// What each member of staff may sign for, by name.
    pub roles: BTreeMap<String, Vec<String>>,
    /// How members of staff are called, whom a book or a script may have by a login.
    pub staff: Arc<StaffNames>,
    /// Who is in charge where an order names nobody: the setting `owner`, by plugin.
    pub owners: BTreeMap<String, String>,
    /// Workdays after a promised day in which payment in full is late, not
    /// broken, and before which the bank's file is waited for.
    pub promise_tolerance: u32,
    /// How much may leave a day without a person's word; `None` where nothing
    /// is guarded: replay, demo, and tests that do not ask for it.
    pub bounds: Option<Bounds>,
    /// Workdays without a file of the bank after which demands are held; `None`
    /// where the book cannot grow old.
    pub book_stale_after: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            roles: BTreeMap::new(),
            staff: Arc::default(),
            owners: BTreeMap::new(),
            promise_tolerance: 1,
            bounds: None,
            book_stale_after: None,
        }
    }
}

/// The plugins with the settings of their gateways, and how orders leave by them.
pub struct Ways {
    /// The plugins that are on.
    pub plugins: Plugins,
    /// The ways on which orders leave; the same ones, whatever the settings are.
    pub outlets: Vec<Outlet>,
}

impl Ways {
    fn of(plugins: Plugins) -> Arc<Self> {
        Arc::new(Self { outlets: outlet::all(&plugins), plugins })
    }
}

/// An instant that is not done after so many rounds never will be.
const MOST_ROUNDS: usize = 100_000;

/// When the enrolment scan runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scanning {
    /// At once, before whoever asks for it goes on: where time stands still.
    Inline,
    /// As a task of its own beside the loop, which goes on working cases,
    /// answering and handing over meanwhile: in the daemon.
    Beside,
    /// Never: in a script test each case enters by hand.
    Never,
}

/// What was done at one instant.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Progress {
    /// Instances opened.
    pub opened: usize,
    /// Steps written.
    pub steps: usize,
    /// Orders handed over or settled otherwise.
    pub orders: usize,
}

impl Engine {
    /// An engine without a release; it does nothing until it has one.
    pub fn new(
        store: Store,
        clock: Clock,
        host: ScriptThread,
        plugins: Plugins,
        marker: Marker,
    ) -> Self {
        Self {
            store,
            clock,
            host,
            simulated: false,
            seals_books: true,
            scanning: Scanning::Inline,
            scan_wanted: Notify::new(),
            interrupt: Interrupt::default(),
            marker,
            rehearsal: None,
            shares_time: false,
            tally: Tally::default(),
            days: Days::default(),
            kept: Kept::default(),
            lacking: lacking::Looked::default(),
            shares: Shares::default(),
            runaways: Runaways::default(),
            changes: Changes::default(),
            in_hand: InHand::default(),
            unwritten: Unwritten::default(),
            limits: ArcSwap::default(),
            ways: ArcSwap::new(Ways::of(plugins)),
            runtime: ArcSwapOption::empty(),
        }
    }

    /// What an administrator has set.
    pub fn limits(&self) -> Arc<Limits> {
        self.limits.load_full()
    }

    /// Sets other limits; what is in hand ends under the old ones.
    pub fn set_limits(&self, change: impl FnOnce(&mut Limits)) {
        let mut limits = Limits::clone(&self.limits());
        change(&mut limits);
        self.limits.store(Arc::new(limits));
    }

    /// How orders leave.
    pub fn ways(&self) -> Arc<Ways> {
        self.ways.load_full()
    }

    /// The plugins that are on.
    pub fn plugins(&self) -> Plugins {
        self.ways().plugins.clone()
    }

    /// Lets orders leave by gateways with other settings; what is on its way is
    /// answered by the old ones.
    pub fn set_plugins(&self, plugins: Plugins) {
        self.ways.store(Ways::of(plugins));
    }

    /// A promise of today, with the tolerance of the institution.
    pub fn promise(&self, amount: Fen, due_on: Date) -> Promise {
        let (made_on, tolerance_days) =
            (self.clock.now().today(), self.tolerance_after(due_on));
        Promise { amount, made_on, due_on, tolerance_days }
    }

    /// Days after a promised day until its tolerance in workdays is over.
    pub fn tolerance_after(&self, due_on: Date) -> u32 {
        let workdays = self.limits().promise_tolerance;
        let Some(runtime) = self.runtime().filter(|_| 0 < workdays) else {
            return workdays;
        };
        let (last, _) = runtime.calendar.nth_workday_after(due_on, workdays);
        u32::try_from((last - due_on).get_days()).unwrap_or(workdays)
    }

    /// Days after a booking in which another of the same money may lie: three, or as many
    /// as three workdays take. A counter takes money over holidays, and a bank books it
    /// when they are over.
    pub fn near_after(&self, booked_on: Date) -> i32 {
        let Some(runtime) = self.runtime() else { return NEAR_DAYS };
        let workdays = NEAR_DAYS.unsigned_abs();
        let (last, _) = runtime.calendar.nth_workday_after(booked_on, workdays);
        (last - booked_on).get_days().max(NEAR_DAYS)
    }

    /// What a member of staff may sign for; nothing for a stranger.
    pub fn roles_of(&self, name: &str) -> Vec<String> {
        self.limits().roles.get(name).cloned().unwrap_or_default()
    }

    /// Every name that a member of staff goes by: their own, and those they log in with.
    pub fn names_of(&self, name: &str) -> Vec<String> {
        self.limits().staff.names_of(name)
    }

    /// The name by which the settings know a member of staff whom the book may name by
    /// their login; any other name as it is.
    pub fn called(&self, name: &str) -> String {
        self.limits().staff.called(name)
    }

    /// The plugins whose orders are a person's where nobody else is put in charge.
    pub fn in_charge_of(&self, names: &[String]) -> Vec<String> {
        let limits = self.limits();
        let own = limits.owners.iter().filter(|owner| names.contains(owner.1));
        own.map(|it| it.0.clone()).collect()
    }

    /// The release that runs now.
    pub fn runtime(&self) -> Option<Arc<Runtime>> {
        self.runtime.load_full()
    }

    /// Switches to a release. Steps in hand finish under the old one; orders in
    /// hand that have not left are given back and reviewed under the new one.
    pub fn switch(&self, runtime: Arc<Runtime>) {
        self.runtime.store(Some(runtime));
        self.sending_changed();
    }

    /// Does everything there is to do at this instant, until nothing is left.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, the script thread has died, or the
    /// work of this instant does not come to an end.
    pub async fn settle(&self) -> Result<Progress> {
        let mut all = Progress::default();
        for _ in 0..MOST_ROUNDS {
            let opened = self.enrol_by_events().await?;
            let done = self.step_batch(BATCH).await?;
            let handed = self.dispatch(HAND_OVERS).await?;
            all.opened += opened;
            all.steps += done.steps;
            all.orders += handed;
            if opened == 0 && done.claimed == 0 && handed == 0 {
                return Ok(all);
            }
        }
        anyhow::bail!(
            "同一时刻的事情没有做完的时候:请检查流程是否在反复循环 · what is due at one moment never ends: see whether workflows go in a circle"
        )
    }
}
