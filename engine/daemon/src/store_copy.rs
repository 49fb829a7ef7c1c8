//! Moving a case store from a file to a database server, or back (迁移案件库).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use commands::app::is_dead;
use domain::tongues::both;
use nix::unistd::Uid;
use runtime::clock::Clock;
use runtime::{Plugins, plugin_books};
use serde::Serialize;
use site::Site;
use site::config::Config;
use site::login::{host_name, login_of};
use store::copy_between::{Copied, copy_between};
use store::moved::{self, Moved};
use store::open::Lease;
use store::verify::Fault;
use store::{Durability, Options, Place, SiteLock, Store, copy, standing};

/// What was moved, and what does not prove sound there.
#[derive(Serialize)]
pub(crate) struct Carried {
    /// The tables with their rows.
    pub(crate) tables: BTreeMap<String, u64>,
    /// Lines of the journal.
    pub(crate) journal_lines: i64,
    /// Cases.
    pub(crate) cases: i64,
    /// What all of them owe together, in fen.
    pub(crate) balance_fen: i64,
    /// Faults of the proof of the other store.
    #[serde(skip)]
    pub(crate) faults: Vec<Fault>,
}

/// Copies a store that nobody works to a place where there is none, proves it there, and
/// notes in the old one that it has moved.
///
/// # Errors
///
/// A daemon works one of them, there is a store in the other place already, or a fault of
/// the databases; nothing is left there then.
pub(crate) async fn move_store(from: &Place, to: &Place) -> Result<Carried> {
    let _locks = [lock(from)?, lock(to)?];
    if to.server().is_none() && to.path().exists() {
        let named = to.path().display();
        bail!(
            "{named} 已在,没有改动 · {named} is there already; nothing was changed\n  \
             提示:换一个文件名 · hint: name another file"
        );
    }
    if from.server().is_none() {
        standing::has_its_own_log(from.path())?;
    }
    let (source, _held) = open(from, None).await?;
    if let Err(refused) = moved::refuse(&source, from).await {
        source.close().await?;
        return Err(refused.into());
    }
    // A file gets its name when it is whole.
    let part = standing::beside(to.path(), ".copying");
    let place = if to.server().is_some() { to.clone() } else { Place::file(&part) };
    forget(&part);
    let (target, _held) = open(&place, Some(source.id().to_owned())).await?;
    if let Err(refused) = is_not_left_behind(&target, to).await {
        source.close().await?;
        target.close().await?;
        return Err(refused);
    }
    let moved = fill(&source, &target).await;
    let id = target.id().to_owned();
    target.close().await?;
    if to.server().is_none() {
        if moved.is_ok() {
            std::fs::rename(&part, to.path())?;
            copy::is_new_in_place(to.path(), &id)?;
        }
        forget(&part);
    }
    if moved.as_ref().is_ok_and(|moved| moved.faults.is_empty()) {
        leave_behind(&source, to).await.with_context(|| not_noted(from, to))?;
    }
    source.close().await?;
    moved
}

/// Refuses to copy into a place where a store lies that was moved away itself.
async fn is_not_left_behind(target: &Store, to: &Place) -> Result<()> {
    let mut conn = target.read().await?;
    let Some(Moved { to: there, at, .. }) = moved::of(conn.conn()).await? else {
        return Ok(());
    };
    bail!(
        "{to} 处是已于 {at} 迁往 {there} 的旧案件库,没有改动 · in {to} lies an old case store \
         that was moved to {there} at {at}; nothing was changed\n  \
         提示:复制到别处(文件另起名,服务器用 ?schema=名称);不再需要旧库的,请数据库管理员把那个 \
         schema 改名或删除 · hint: copy it to another place (another file, or ?schema=NAME); if \
         the old store is not needed any more, let the database's administrator rename or drop \
         that schema"
    )
}

/// Notes in the store that was copied where it goes on.
async fn leave_behind(source: &Store, to: &Place) -> Result<()> {
    let now = Clock::machine(&Config::default().zone)?.now();
    let moved = Moved::to(to, &now, &login_of(Uid::current()));
    let mut tx = source.write().await?;
    moved::note(tx.conn(), &now, &moved).await?;
    Ok(tx.commit().await?)
}

fn not_noted(from: &Place, to: &Place) -> String {
    format!(
        "{to} 处的复制完整并已核验,但 {from} 没能记下它已迁走:请不要再启动它 · the copy in {to} \
         is whole and proved, but that {from} was moved could not be noted there: see that \
         nobody starts it"
    )
}

/// Lets the store of a site be worked again that was moved to another place.
///
/// # Errors
///
/// It was not moved, somebody works it, or a fault of the database.
pub(crate) async fn reopen(site: &Site, reason: &str) -> Result<Moved> {
    let _lock = SiteLock::acquire(&site.database())?;
    let place = site.place()?;
    if place.server().is_none() {
        standing::has_its_own_log(place.path())?;
    }
    let (store, _held) = open(&place, None).await?;
    let now = Clock::machine(&site.config.zone)?.now();
    let mut tx = store.write().await?;
    let by = login_of(Uid::current());
    let moved = moved::reopen(tx.conn(), &now, &by, reason).await?;
    tx.commit().await?;
    store.close().await?;
    moved.with_context(|| {
        format!(
            "{place} 没有迁走过,没有改动 · {place} was not moved; nothing was changed"
        )
    })
}

fn lock(place: &Place) -> Result<Option<SiteLock>> {
    Ok(match place.server() {
        Some(_) => None,
        None => Some(SiteLock::acquire(place.path())?),
    })
}

/// Takes away what a copy has left beside its place.
fn forget(part: &Path) {
    for ending in ["-wal", "-shm", ""] {
        // Mostly there is none.
        std::fs::remove_file(standing::beside(part, ending)).ok();
    }
}

/// Opens a store and keeps others from working it meanwhile.
async fn open(place: &Place, made_as: Option<String>) -> Result<(Store, Option<Lease>)> {
    let store = Store::open(Options {
        place: place.clone(),
        durability: Durability::Full,
        create: made_as.is_some(),
        store_id: made_as,
    })
    .await?;
    let holder = host_name();
    let lease = store.take_lease((&holder, std::process::id()), is_dead).await?;
    Ok((store, lease))
}

/// Refuses a place whose store a daemon works.
///
/// # Errors
///
/// As for [`Store::take_lease`].
pub(crate) async fn is_free(place: &Place) -> Result<()> {
    let (store, _held) = open(place, None).await?;
    Ok(store.close().await?)
}

/// Takes the proved copy of a backup to a server and takes it away from beside the site.
///
/// # Errors
///
/// As for [`copy_between`]; the copy stays then.
pub(crate) async fn bring_to_server(copy: &Path, to: &Place, id: &str) -> Result<()> {
    let (source, _) = open(&Place::file(copy), None).await?;
    let (target, _held) = open(to, Some(id.to_owned())).await?;
    let filled = fill(&source, &target).await;
    source.close().await?;
    target.close().await?;
    filled?;
    copy::is_new_in_place(to.path(), id)?;
    forget(copy);
    Ok(())
}

/// Copies all rows of an open store into one that was just made.
///
/// # Errors
///
/// As for [`copy_between`].
pub(crate) async fn fill(source: &Store, target: &Store) -> Result<Carried> {
    let plugins = plugins_on::all(&BTreeMap::new(), Path::new("."))?;
    // Nothing is written where it comes from.
    make_books(target, &plugins).await?;
    let copied = copy_between(source, target).await?;
    let mut conn = target.read().await?;
    let contents = copy::contents(conn.conn()).await?;
    let faults = store::verify::verify(conn.conn()).await?.faults;
    Ok(Carried {
        tables: copied.into_iter().map(|Copied { table, rows }| (table, rows)).collect(),
        journal_lines: contents.journal_lines,
        cases: contents.cases,
        balance_fen: contents.balance_fen,
        faults,
    })
}

async fn make_books(store: &Store, plugins: &Plugins) -> Result<()> {
    let mut tx = store.write().await?;
    plugin_books::migrate(tx.conn(), plugins).await?;
    Ok(tx.commit().await?)
}

/// What a site has to say from now on to work the store in its new place.
pub(crate) fn next_step(to: &Place) -> String {
    let setting = match to.server() {
        Some(server) => server.to_string(),
        None => to.path().display().to_string(),
    };
    both(
        &format!(
            "下一步:在站点的 qingshou.toml 里写 database = \"{setting}\",启动守护进程,\
             再运行 qingshou verify;原来的案件库留着可查,不再办理"
        ),
        &format!(
            "next: write database = \"{setting}\" into the site's qingshou.toml, start the \
             daemon, and run qingshou verify; the store of before can be looked at and is \
             worked no more"
        ),
    )
}
