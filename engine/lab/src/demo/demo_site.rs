//! The ground of a demonstration (演示站点): a whole site with made-up staff, the
//! shipped workflows and the imported book.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use domain::money::Fen;
use domain::say::Lang;
use import::Moment;
use release::publish::{self, Guard};
use release::scenario::PassCache;
use release::shipped;
use release::verdict::Outcome;
use runtime::Engine;
use runtime::clock::Clock;
use runtime::marker::Marker;
use sha2::{Digest, Sha256};
use site::{CONFIG_FILE, Site};
use store::{Durability, Options, SiteLock, Store, journal};
use synthetic::{Book, INSTITUTION, Staff};

use crate::demo::{DemoOptions, FROM};

/// The site with the engine that works it.
pub(super) struct DemoSite {
    pub(super) site: Site,
    pub(super) engine: Engine,
    _lock: SiteLock,
}

/// Makes the site and publishes the shipped workflows, at the first midnight
/// of the quarter.
pub(super) async fn make(wanted: &DemoOptions, book: &Book) -> Result<DemoSite> {
    shipped::write_site(&wanted.into)?;
    let settings = settings(book, wanted);
    std::fs::write(wanted.into.join(CONFIG_FILE), settings)?;
    let site = Site::open(&wanted.into)?;
    let lock = SiteLock::acquire(&site.database())?;
    if let Some(server) = site.place()?.server()
        && Store::is_there(&site.place()?).await?
    {
        bail!(
            "{server} 里已有案件库,没有改动 · {server} holds a case store; nothing was changed"
        );
    }
    let options = Options {
        place: site.place()?,
        // A demonstration can be run again; the site is used safely later.
        durability: Durability::Off,
        create: true,
        store_id: Some(store_id(book)),
    };
    let store = Store::open(options).await?.single_task();
    let clock = Clock::virtual_at(&site.config.zone, FROM.at(0, 0, 0, 0))?;
    let plugins = plugins_on::all(&site.config.plugins, &site.dir)?;
    let mut engine = runtime::assemble(store, clock, plugins, Marker::default()).await?;
    engine.simulated = true;
    let people = site.config.people.iter();
    let roles =
        people.map(|person| (person.name.clone(), person.roles.clone())).collect();
    engine.set_limits(|it| {
        it.promise_tolerance = site.config.promise_tolerance;
        it.roles = roles;
    });
    let proven = PassCache::default();
    let verdict =
        publish::evaluate(&engine, &site, &proven, "demo", Guard::Confirmed).await?;
    if verdict.outcome != Outcome::Live {
        bail!("随附流程没有通过检查:\n{}", verdict.findings.join("\n"));
    }
    Ok(DemoSite { site, engine, _lock: lock })
}

/// The same book makes the same store, so that two journals can be compared.
fn store_id(book: &Book) -> String {
    let text = format!("demo:{}:{}:{}", book.seed, book.loans.len(), book.as_of);
    journal::hex(&Sha256::digest(text))[..32].to_owned()
}

/// The settings file: whoever runs the demonstration is the supervisor, and
/// works no case, so that they can approve what waits.
fn settings(book: &Book, wanted: &DemoOptions) -> String {
    let login = wanted.login.as_str();
    let mut text = format!(
        "# 演示站点:人名、村名、号码均为虚构 · a made-up cooperative for demonstration\n\
         institution = {INSTITUTION:?}\n\
         zone = \"Asia/Shanghai\"\n\
         opening = \"09:00\"\n\
         promise_tolerance = 2\n"
    );
    if let Some(database) = &wanted.database {
        // Writing into a string cannot fail.
        writeln!(text, "database = {database:?}").unwrap_or_default();
    }
    for (number, person) in (1..).zip(&book.staff) {
        let (login, roles) = match person.role {
            "supervisor" => {
                let roles =
                    r#""administrator", "supervisor", "legal", "compliance", "risk""#;
                (login.to_owned(), roles.to_owned())
            }
            role => (format!("{role}{number:02}"), format!("{role:?}")),
        };
        // Writing into a string cannot fail.
        write!(
            text,
            "\n[[people]]\nname = {:?}\nlogin = {login:?}\nroles = [{roles}]\n",
            person.name
        )
        .unwrap_or_default();
    }
    text
}

/// The supervisor of the book.
pub(super) fn supervisor(book: &Book) -> Result<&Staff> {
    book.staff.iter().find(|it| it.role == "supervisor").context("台账没有主管")
}

/// What the import came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brought {
    pub(super) cases: usize,
    pub(super) events: usize,
    pub(super) lent: Fen,
}

/// Writes the book as files into the site and imports them as anybody would.
pub(super) async fn import(demo_site: &DemoSite, book: &Book) -> Result<Brought> {
    let engine = &demo_site.engine;
    let files = book.write(&demo_site.site.dir.join("book"))?;
    let options = import::Options {
        rejects_dir: demo_site.site.rejects(),
        ..import::Options::default()
    };
    let now = engine.clock.now();
    let reschedule = |it: &store::ledger::Rescheduled| engine.reschedule(it);
    let tolerance_after = |due_on| engine.tolerance_after(due_on);
    let resume_at_ms = engine.resume_at(&now);
    let near_after = |on| engine.near_after(on);
    let moment = Moment {
        now,
        resume_at_ms,
        reschedule: &reschedule,
        tolerance_after: &tolerance_after,
        near_after: &near_after,
    };
    let readable = |it: import::ImportError| anyhow::anyhow!(it.text(Lang::Zh));
    let store = &engine.store;
    let cases = import::import_cases(store, &moment, &files.cases, &options)
        .await
        .map_err(readable)?;
    let events = import::import_events(store, &moment, &files.events, &options)
        .await
        .map_err(readable)?;
    let whole = cases.rejects_file.is_none() && events.rejects_file.is_none();
    if !whole {
        let left: Vec<PathBuf> = std::fs::read_dir(demo_site.site.rejects())?
            .flatten()
            .map(|it| it.path())
            .collect();
        bail!("虚构台账没有全部导入:{left:?}");
    }
    engine.catch_up().await?;
    let lent = book.loans.iter().map(|loan| loan.principal).sum();
    Ok(Brought { cases: cases.new, events: events.booked + events.recorded, lent })
}
