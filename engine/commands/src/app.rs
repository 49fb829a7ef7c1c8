//! The app (程序): an engine set up for a site, for the daemon and for
//! commands that run without one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use arc_swap::ArcSwap;
use domain::role::Role;
use domain::staff::StaffNames;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use release::publish;
use release::scenario::PassCache;
use runtime::clock::Clock;
use runtime::marker::Marker;
use runtime::work::Silence;
use runtime::{Engine, HAND_OVERS, assemble};
use site::config::Config;
use site::login::host_name;
use site::{Site, in_force, logs};
use store::open::Lease;
use store::spool::Spool;
use store::{SiteLock, daemons, due, rehearsal, sending};
use tokio::sync::{Mutex, Notify};

use crate::access::{Access, allow};
use crate::clock;
use crate::clock_guard::ClockGuard;

/// An engine that holds its site's lock.
pub struct App {
    site: ArcSwap<Site>,
    /// The engine, with the live release if there is one.
    pub engine: Engine,
    /// Tests of the folder that need not run again.
    pub proven: PassCache,
    /// One import at a time: a person may not have two of the same file.
    pub(crate) importing: Mutex<()>,
    /// Whether the machine's clock can be trusted.
    pub clock_guard: ClockGuard,
    /// When the newest line of the journal was written that was there at its start.
    pub newest_at_start: Option<i64>,
    /// Told when somebody has answered for a store that was put back.
    pub answered_for: Notify,
    /// The store has still to follow other settings.
    is_behind: AtomicBool,
    _lock: SiteLock,
    _lease: Option<Lease>,
}

impl App {
    /// Takes the site's lock and sets the engine up on the machine's clock.
    ///
    /// # Errors
    ///
    /// Another process holds the site; the store, the settings or the live
    /// release cannot be read.
    pub async fn open(site: Site) -> Result<Self> {
        let clock = Clock::machine(&site.config.zone)?;
        Box::pin(Self::open_by(site, clock)).await
    }

    /// [`Self::open`] by another clock than the machine's: one that jumps, for whoever
    /// works weeks of a site in a moment.
    ///
    /// # Errors
    ///
    /// As for [`Self::open`].
    pub async fn open_by(site: Site, clock: Clock) -> Result<Self> {
        let lock = SiteLock::acquire(&site.database())?;
        let store = site.store().await?;
        let holder = host_name();
        let lease = store.take_lease((&holder, std::process::id()), is_dead);
        let lease = Box::pin(lease).await?;
        let plugins = plugins_on::all(&site.config.plugins, &site.dir)?;
        let marker = Marker::at(&site.marker());
        let mut engine = assemble(store, clock, plugins, marker).await?;
        engine.set_limits(|it| *it = limits(&site.config));
        if site.config.rehearsal {
            engine.begin_rehearsal("qingshou.toml").await?;
        }
        let mut conn = engine.store.read().await?;
        let rehearses = rehearsal::since(conn.conn()).await?.is_some();
        drop(conn);
        if rehearses {
            engine.rehearsal = Some(Spool::of_rehearsal(&site.dir));
            // What goes nowhere need not be held.
            engine.set_limits(|it| (it.bounds, it.book_stale_after) = (None, None));
        }
        let proven = PassCache::default();
        let (importing, answered_for) = (Mutex::new(()), Notify::new());
        let mut app = Self {
            site: ArcSwap::from_pointee(site),
            engine,
            proven,
            importing,
            clock_guard: ClockGuard::default(),
            newest_at_start: None,
            answered_for,
            is_behind: AtomicBool::new(false),
            _lock: lock,
            _lease: lease,
        };
        let mut conn = app.engine.store.read().await?;
        app.clock_guard.set_floor(clock::floor(conn.conn()).await?);
        let newest = clock::newest_line(conn.conn()).await?;
        drop(conn);
        app.newest_at_start = newest;
        publish::load_active(&app.engine, &app.site()).await?;
        Ok(app)
    }

    /// Ends a rehearsal that the settings do not want any more. A command does
    /// not do so: its settings may come from another environment than the
    /// daemon's.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub async fn follow_settings(&mut self) -> Result<()> {
        let site = self.site();
        if site.config.rehearsal {
            return Ok(());
        }
        self.engine.end_rehearsal("qingshou.toml").await?;
        self.engine.rehearsal = None;
        self.engine.set_limits(|it| *it = limits(&site.config));
        Ok(())
    }

    /// Lets time pass until an instant, on a clock that jumps, with all that a daemon
    /// does meanwhile.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written, or the script thread has died.
    pub async fn pass_until(&self, until_ms: i64) -> Result<()> {
        self.engine.run_until(until_ms).await?;
        self.do_chores(None).await?;
        // It was moved on purpose.
        self.clock_guard.confirm();
        Ok(())
    }

    /// Looks after orders whose lease ran out and those that no plugin carries out,
    /// tells that this daemon lives, takes events that cannot run out of the ready
    /// index, and ends stops that have nothing left to hold.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written.
    pub async fn do_chores(&self, daemon: Option<i64>) -> Result<()> {
        let engine = &self.engine;
        let now_ms = engine.clock.now().ms;
        engine.recover(now_ms).await?;
        engine.end_strays(HAND_OVERS).await?;
        engine.look_at_departures().await?;
        let mut tx = engine.begin_silent(Silence::Notes).await?;
        if let Some(daemon) = daemon {
            daemons::beat(tx.conn(), daemon, now_ms).await?;
        }
        due::shelve(tx.conn()).await?;
        sending::end_spent(tx.conn(), &engine.clock.now()).await?;
        tx.commit().await?;
        engine.store.fold_log().await?;
        Ok(())
    }

    /// The site with the settings in force.
    pub fn site(&self) -> Arc<Site> {
        self.site.load_full()
    }

    /// Works on by other settings of the same site: by all of them or by none. Its
    /// zone, store and folder are those it was opened with.
    ///
    /// # Errors
    ///
    /// The plugins cannot be set up by them, the release cannot be read or loaded, or
    /// the socket's file cannot be changed; nothing has changed then.
    pub async fn take_up(&self, site: Site) -> Result<()> {
        let (old, engine) = (self.site(), &self.engine);
        let is_other = site.config.plugins != old.config.plugins;
        // Gateways that stay as they are keep what they know of the far side.
        let plugins = if is_other {
            plugins_on::all(&site.config.plugins, &site.dir)?
        } else {
            engine.plugins()
        };
        let loaded = publish::loaded(engine, &site, &plugins).await?;
        let_in(&site, &old)?;
        if let Some((_, runtime)) = &loaded
            && let Err(error) = publish::note_rules(engine, &site, runtime).await
        {
            let_in(&old, &site)?;
            return Err(error);
        }
        // From here on nothing can fail.
        logs::follow(&site.config.log);
        let rehearses = engine.rehearsal.is_some();
        engine.set_limits(|it| {
            *it = limits(&site.config);
            if rehearses {
                (it.bounds, it.book_stale_after) = (None, None);
            }
        });
        if is_other {
            engine.set_plugins(plugins);
        }
        in_force::leave(&site);
        self.site.store(Arc::new(site));
        if let Some((_, runtime)) = loaded {
            engine.switch(runtime);
        }
        self.is_behind.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Makes the release in force ready anew where other settings were taken up while it
    /// was made ready by those of `site`.
    ///
    /// # Errors
    ///
    /// As for [`publish::load_active`].
    pub async fn hold_to_settings(&self, site: &Arc<Site>) -> Result<()> {
        let mut made_by = Arc::clone(site);
        loop {
            let site = self.site();
            if Arc::ptr_eq(&site, &made_by) {
                return Ok(());
            }
            Box::pin(publish::load_active(&self.engine, &site)).await?;
            made_by = site;
        }
    }

    /// Does in the store what other settings leave to be done, if they do; called at
    /// each turn of the work.
    ///
    /// # Errors
    ///
    /// The store cannot be read or written; it is tried again at the next turn.
    pub async fn catch_up(&self) -> Result<()> {
        if !self.is_behind.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let done = publish::follow_up(&self.engine).await;
        if done.is_err() {
            self.is_behind.store(true, Ordering::Relaxed);
        }
        done
    }
}

/// Whether a process of this machine has ended; of another machine nothing is known.
pub fn is_dead(host: &str, pid: i64) -> bool {
    let Ok(pid) = i32::try_from(pid) else { return false };
    host == host_name() && kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)
}

/// Lets those connect whom the settings let, where that was otherwise before.
fn let_in(site: &Site, before: &Site) -> Result<()> {
    let access = Access::of(site);
    if access == Access::of(before) {
        return Ok(());
    }
    allow(&site.socket(), access)
}

/// How the settings call the members of staff.
pub fn staff_names(config: &Config) -> StaffNames {
    let mut staff = StaffNames::default();
    for person in &config.people {
        staff.add(&person.name, &person.login);
        let roles = person.roles.iter().filter_map(|role| Role::parse(role));
        staff.give(&person.name, &roles.collect::<Vec<_>>());
    }
    staff
}

/// What the settings say of staff and bounds.
fn limits(config: &Config) -> runtime::Limits {
    let people = config.people.iter();
    let staff = Arc::new(staff_names(config));
    let owner = |(plugin, settings): (&String, &toml::Table)| {
        let owner = settings.get("owner")?.as_str()?.trim();
        (!owner.is_empty()).then(|| (plugin.clone(), owner.to_owned()))
    };
    runtime::Limits {
        roles: people.map(|person| (person.name.clone(), person.roles.clone())).collect(),
        staff,
        owners: config.plugins.iter().filter_map(owner).collect(),
        promise_tolerance: config.promise_tolerance,
        bounds: Some(config.bounds()),
        book_stale_after: Some(config.book_stale_after),
    }
}

/// Whether the settings of a site can be worked by: its time zone, what its plugins are
/// told, and that no debtor hears from the name of the example.
///
/// # Errors
///
/// What cannot be used, with its place in the settings.
pub fn settings_hold(site: &Site) -> Result<()> {
    Clock::machine(&site.config.zone)?;
    if site.config.signs_as_example() && site.config.reaches_out() {
        let name = &site.config.institution;
        bail!(
            "机构名称 institution 还是示例“{name}”,而短信或微信已接通网关,没有启用:在 \
             qingshou.toml 写上本机构的全称 · institution is still the example {name:?} while a \
             gateway is set, so that it was not put to use: write the institution's full name \
             into qingshou.toml"
        );
    }
    plugins_on::all(&site.config.plugins, &site.dir)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use store::suspended::{self, Cause, Suspended};

    use super::*;
    use release::publish::Guard;
    use release::verdict::Outcome;

    const SCRIPT: &str = "-- 例:时效\n-- A clock\nworkflow \"a\" { \
        title = { zh = \"例\", en = \"A\" }, lane = \"a\", start = \"b\", keeps_clocks = true, \
        enrol = { days_past_due = at_least(1) } }\n\
        stage \"b\" { title = { zh = \"办\", en = \"B\" }, finish = \"done\" }\n";

    async fn released(folder: &Path) -> App {
        let site = Site::open(folder).unwrap();
        fs::create_dir_all(site.workflows()).unwrap();
        fs::write(site.workflows().join("a.lua"), SCRIPT).unwrap();
        let app = App::open(site).await.unwrap();
        let (engine, site, proven) = (&app.engine, &app.site(), &app.proven);
        let looked = publish::evaluate(engine, site, proven, "x", Guard::Confirmed).await;
        let verdict = looked.unwrap();
        assert_eq!(verdict.outcome, Outcome::Live, "{:?}", verdict.findings);
        app
    }

    #[tokio::test]
    async fn a_release_made_ready_by_settings_that_have_gone_is_made_ready_anew() {
        let folder = tempfile::tempdir().unwrap();
        let app = Box::pin(released(folder.path())).await;
        let (made_by, ready) = (app.site(), app.engine.runtime().unwrap());
        let is_it = || Arc::ptr_eq(&app.engine.runtime().unwrap(), &ready);
        app.hold_to_settings(&made_by).await.unwrap();
        assert!(is_it(), "nothing has changed");
        let config = Config { promise_tolerance: 7, ..made_by.config.clone() };
        app.take_up(Site { dir: made_by.dir.clone(), config }).await.unwrap();
        // What was made ready before goes live after.
        app.engine.switch(Arc::clone(&ready));
        app.hold_to_settings(&made_by).await.unwrap();
        assert!(!is_it(), "it is of the settings in force");
        app.engine.store.close().await.unwrap();
    }

    #[tokio::test]
    async fn deadlines_are_unwatched_also_where_an_earlier_version_suspended() {
        let folder = tempfile::tempdir().unwrap();
        let app = Box::pin(released(folder.path())).await;
        let now = app.engine.clock.now();
        let new = Suspended {
            workflow: "a".to_owned(),
            release_id: None,
            since_at: now.ms,
            calls: 1_000,
            failed: 1_000,
            spent_ms: 9,
            cause: Cause::Fails,
            message: String::new(),
            keeps_clocks: 0,
        };
        let mut tx = app.engine.store.write().await.unwrap();
        suspended::suspend(tx.conn(), &now, &new).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..2 {
            publish::load_active(&app.engine, &app.site()).await.unwrap();
        }
        let mut conn = app.engine.store.read().await.unwrap();
        assert_eq!(suspended::list(conn.conn()).await.unwrap()[0].keeps_clocks, 1);
        let tasks: i64 = sqlx::query_scalar(
            "select count(*) from tasks where kind = 'deadlines_unwatched'",
        )
        .fetch_one(conn.conn())
        .await
        .unwrap();
        assert_eq!(tasks, 1);
        drop(conn);
        app.engine.store.close().await.unwrap();
    }
}
