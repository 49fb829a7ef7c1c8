//! The daemon (守护进程): the loop that works a site until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::unistd::gethostname;
use store::outbox::Queue;
use store::{Conn, StoreError, due, ids, releases, seals, sending};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch as flag;
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::engine::interrupt::Interrupt;
use crate::engine::lane::Lane;
use crate::engine::outlet::Outlet;
use crate::engine::{BATCH, Engine, HAND_OVERS, Scanning};
use crate::office::restore::told;
use crate::release::candidate::mark;
use crate::release::desk::{self, Guard};
use crate::release::steady::{GRACE, Sight};
use crate::release::verdict::{Outcome, Verdict};
use crate::release::watch::Watch;
use crate::release::{judge, rules};
use crate::service::manager::Manager;
use crate::service::pulse::Pulse;
use crate::service;
use crate::site::Site;
use crate::socket::{self, Access, Socket};
use crate::workshop::Workshop;

/// A look at the store without being told.
const TICK: Duration = Duration::from_millis(200);
/// What can wait until the start is over waits so long.
const AFTER_START: Duration = Duration::from_secs(1);
/// After a fault of the store the loop rests, longer each time.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// What is on its way to a gateway when the daemon is told to stop gets so long
/// to be answered.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// What the daemon believes of the machine's clock at its start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClockTrust {
    /// It is wrong while it is behind what the journal has seen.
    Checked,
    /// A person says that it is right, and the journal was written by a wrong
    /// one.
    Confirmed,
}

/// Works a site until SIGTERM or SIGINT; a batch in hand is finished first.
///
/// # Errors
///
/// The site cannot be opened, another daemon holds it, or a part of the daemon
/// has broken down: half a daemon looks alive and works nothing.
pub async fn run(site: Site, trust: ClockTrust) -> Result<()> {
    // First of all: whoever is told to stop while starting stops in good order.
    let (interrupt, (stopper, mut stopped)) =
        (Interrupt::default(), flag::channel(false));
    stop_on_signal(interrupt.clone(), stopper.clone())?;
    let Some(mut shop) = answered_for(site, stopped.clone()).await? else {
        return Ok(());
    };
    shop.engine.interrupt = interrupt;
    shop.follow_settings().await?;
    shop.engine.scanning = Scanning::Beside;
    shop.engine.shares_time = true;
    let shop = Arc::new(shop);
    let socket = open_socket(&shop.site)?;
    service::tell_machines(&shop, &stopped);
    // Watch before reading, so that no change falls in between.
    let watch = Watch::start(&shop.site.workflows()).await;
    let daemon = enter(&shop).await?;
    if !start(&shop, stopped.clone()).await? {
        drop(socket);
        leave(&shop, daemon).await?;
        shop.engine.store.close().await?;
        info!("stopped while starting");
        return Ok(());
    }
    info!(pid = std::process::id(), "the daemon works {}", shop.site.dir.display());
    if shop.engine.rehearsal.is_some() {
        warn!("REHEARSAL 演练: everything is worked and nothing leaves");
    }
    let floor = floor(&shop, trust).await?;
    let mut crew = JoinSet::new();
    crew.spawn(work(Arc::clone(&shop), daemon, floor, stopped.clone()));
    crew.spawn(scan(Arc::clone(&shop), floor, stopped.clone()));
    for at in 0..shop.engine.outlets.len() {
        crew.spawn(deliver(Arc::clone(&shop), at, floor, stopped.clone()));
    }
    crew.spawn(follow_folder(Arc::clone(&shop), watch, stopped.clone()));
    Manager::ready("working 运行中");
    let proving = tokio::spawn(prove(Arc::clone(&shop), stopped.clone()));
    let mut answering = JoinSet::new();
    let mut broken = None;
    tokio::select! {
        () = socket.serve(Arc::clone(&shop), &mut answering) => {}
        _ = stopped.changed() => {}
        ended = crew.join_next() => broken = ended,
    }
    // Once the stop is told, loops end well one after the other.
    if *stopped.borrow() {
        broken = broken.filter(|ended| !matches!(ended, Ok(Ok(()))));
    }
    drop(socket);
    // The store closes behind the last of them, not under it.
    socket::finish(answering).await;
    shop.engine.interrupt.raise();
    stopper.send(true).context("工作循环已不在")?;
    while let Some(ended) = crew.join_next().await {
        broken = broken.or(Some(ended).filter(|it| !matches!(it, Ok(Ok(())))));
    }
    proving.await.context("流程测试的线程中断")?;
    if let Some(ended) = broken {
        if let Ok(Err(error)) = &ended
            && ends_the_work(error)
        {
            // Closing would fold the log back into a file that is not its own.
            error!("{error:#}");
            std::process::exit(NEEDS_PERSON);
        }
        // Leases and marker stay as they are; the next start takes them up.
        ended.context("守护进程的一部分中断")??;
        bail!("守护进程的一部分意外结束\n  提示:重新启动;没有数据丢失,在办的会重新办理");
    }
    leave(&shop, daemon).await?;
    shop.engine.store.close().await?;
    info!("stopped");
    Ok(())
}

/// The workshop of a site whose store is the one that was left, or for which
/// somebody has answered: until then nothing is worked, and the socket tells
/// why. `None` when the daemon was told to stop meanwhile.
async fn answered_for(
    site: Site,
    mut stopped: flag::Receiver<bool>,
) -> Result<Option<Workshop>> {
    loop {
        let shop = Workshop::open(site.clone()).await?;
        let Some(found) = shop.engine.store.set_back() else { return Ok(Some(shop)) };
        let (_, told) = told(&found, &shop.engine.clock);
        error!("{}", told.replace("\n ", ";"));
        let socket = open_socket(&shop.site)?;
        let (shop, mut answering) = (Arc::new(shop), JoinSet::new());
        Manager::ready("held: an older store · 旧库,不办理");
        tokio::select! {
            () = socket.serve(Arc::clone(&shop), &mut answering) => {}
            () = tell_manager() => {}
            () = shop.answered_for.notified() => {}
            _ = stopped.changed() => {}
        }
        drop(socket);
        socket::finish(answering).await;
        shop.engine.store.close().await?;
        if *stopped.borrow() {
            info!("stopped while nobody had answered for the store");
            return Ok(None);
        }
    }
}

/// The exit code of a daemon that cannot go on before a person has looked.
const NEEDS_PERSON: i32 = 6;

/// Says again and again that the daemon lives, while it has no work.
async fn tell_manager() {
    let (manager, pulse) = (Manager::of_process(), Pulse::default());
    let beat = pulse.of("held");
    loop {
        beat.beat();
        manager.answer(&pulse);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The instant that the machine's clock has to have reached.
async fn floor(shop: &Workshop, trust: ClockTrust) -> Result<Option<i64>> {
    match trust {
        ClockTrust::Checked => newest_line(shop.engine.store.read().await?.conn()).await,
        ClockTrust::Confirmed => Ok(None),
    }
}

fn open_socket(site: &Site) -> Result<Socket> {
    let nobody_named = site.config.people.is_empty();
    let access = if nobody_named { Access::Owner } else { Access::Staff };
    Socket::open(&site.socket(), access)
}

/// A stop takes no longer than this, whatever the daemon is doing.
const LONGEST_STOP: Duration = Duration::from_millis(4_500);

/// Listens for the signals that tell the daemon to stop and passes them on: to
/// the loops, which look between two turns, and to long work, which looks
/// between two portions.
///
/// It has a thread of its own, so that nothing that keeps the others busy is in
/// its way. What is still in hand after [`LONGEST_STOP`] is left as a crash
/// would leave it, and the next start takes it up.
fn stop_on_signal(interrupt: Interrupt, stopper: flag::Sender<bool>) -> Result<()> {
    let listening = Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupted) = {
        let _inside = listening.enter();
        (
            signal(SignalKind::terminate()).context("收不到 SIGTERM")?,
            signal(SignalKind::interrupt()).context("收不到 SIGINT")?,
        )
    };
    let wait = async move {
        tokio::select! {
            _ = terminate.recv() => info!("told to stop; finishing the batch in hand"),
            _ = interrupted.recv() => info!("interrupted; finishing the batch in hand"),
        }
        Manager::stopping();
        interrupt.raise();
        stopper.send_replace(true);
        tokio::time::sleep(LONGEST_STOP).await;
        warn!("stopped in the midst of work; the next start takes it up");
        std::process::exit(0);
    };
    let named = std::thread::Builder::new().name("signals".to_owned());
    named.spawn(move || listening.block_on(wait)).context("建不了信号线程")?;
    Ok(())
}

/// What comes before the loops; `false` when the daemon was told to stop
/// meanwhile. What is broken off here has changed nothing.
async fn start(shop: &Workshop, mut stopped: flag::Receiver<bool>) -> Result<bool> {
    let starting = async {
        first_look(shop).await?;
        shop.engine.recover(i64::MAX).await
    };
    tokio::select! {
        started = starting => started.map(|_| true),
        _ = stopped.changed() => Ok(false),
    }
}

/// Takes the folder up if it has changed since the last verdict on it, or if the
/// settings name other rules than then. Only an
/// empty store takes it up as it is: else a restart would undo a rollback.
async fn first_look(shop: &Workshop) -> Result<()> {
    let (active, verdict) = {
        let mut conn = shop.engine.store.read().await?;
        let active = releases::active(conn.conn()).await?;
        (active, Verdict::last(conn.conn()).await?)
    };
    let folder = script::program::Folder::read(&shop.site.workflows());
    let hash = folder.map(|(it, unread)| mark(&it, &unread)).unwrap_or_default();
    let rules = rules::names(&shop.site.config);
    let seen = verdict.is_some_and(|it| it.hash == hash && it.rules == rules);
    if active.is_some() && seen {
        return Ok(());
    }
    take_up(shop).await;
    Ok(())
}

async fn take_up(shop: &Workshop) {
    let (site, proven) = (&shop.site, &shop.proven);
    match desk::consider(&shop.engine, site, proven, "folder", Guard::Watching).await {
        Ok(verdict) => taken_up(shop, verdict).await,
        Err(error) => error!(%error, "the workflows folder could not be taken up"),
    }
}

/// Judges what was seen of the folder. What is about to be refused gets some
/// time first: the other half of it may still be on its way.
async fn judge(
    shop: &Workshop,
    watch: &mut Watch,
    sight: Sight,
    stopped: &mut flag::Receiver<bool>,
) -> Result<()> {
    let (engine, site, proven) = (&shop.engine, &shop.site, &shop.proven);
    // A verdict that is broken off was not given: the next start looks again.
    let judged = tokio::select! {
        judged = judge::judge(engine, site, proven, sight, "folder", Guard::Watching) => judged?,
        _ = stopped.changed() => return Ok(()),
    };
    if judged.is_refused() {
        let stays = tokio::select! {
            stays = watch.stays(GRACE) => stays,
            _ = stopped.changed() => false,
        };
        if !stays {
            return Ok(());
        }
    }
    let verdict = desk::conclude(engine, site, judged).await?;
    watch.is_judged();
    taken_up(shop, verdict).await;
    Ok(())
}

async fn taken_up(shop: &Workshop, verdict: Verdict) {
    shop.figures.note_candidate(verdict.outcome);
    info!(outcome = ?verdict.outcome, running = ?verdict.running, "looked at the workflows folder");
    if verdict.outcome == Outcome::Live
        && let Err(error) = shop.engine.scan_after_release().await
    {
        error!(%error, "the enrolment scan failed");
    }
}

/// Runs the tests of the release in force once the start is over, so that the
/// first edit has to wait only for those it touches.
async fn prove(shop: Arc<Workshop>, mut stopped: flag::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(AFTER_START) => {}
        _ = stopped.changed() => return,
    }
    let proven = shop.proven.until(stopped);
    if let Err(error) = judge::prove_active(&shop.engine, &shop.site, proven).await {
        error!(%error, "the tests of the release in force could not be run");
    }
}

async fn follow_folder(
    shop: Arc<Workshop>,
    mut watch: Watch,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    loop {
        tokio::select! {
            sight = watch.changed() => {
                if let Err(error) = judge(&shop, &mut watch, sight, &mut stopped).await {
                    error!(%error, "the workflows folder could not be taken up");
                    watch.look_again();
                }
            }
            _ = stopped.changed() => return Ok(()),
        }
    }
}

/// Works the instances: morning round, enrolment, steps.
async fn work(
    shop: Arc<Workshop>,
    daemon: i64,
    floor: Option<i64>,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    let mut rest = TICK;
    let mut guard = ClockGuard { floor, tells: true, ..ClockGuard::default() };
    let mut chores = Chores::default();
    let (beat, manager) = (shop.pulse.of("work"), Manager::of_process());
    while !*stopped.borrow() {
        beat.beat();
        manager.answer(&shop.pulse);
        let is_held = guard.holds(shop.engine.clock.now().ms);
        shop.figures.note_clock(is_held);
        if is_held {
            tokio::time::sleep(TICK).await;
            continue;
        }
        let turned = turn(&shop, daemon, &mut chores).await;
        shop.pulse.note_turn(turned.is_ok());
        rest = pause(turned, rest, &mut stopped).await?;
    }
    Ok(())
}

/// Hands over the orders of one outlet, beside the steps and the other outlets:
/// a slow gateway delays nobody else.
async fn deliver(
    shop: Arc<Workshop>,
    outlet: usize,
    floor: Option<i64>,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    let engine = &shop.engine;
    let outlet = &engine.outlets[outlet];
    let mut lane = Lane::new(engine, outlet);
    let mut rest = TICK;
    let mut guard = ClockGuard { floor, ..ClockGuard::default() };
    let beat = shop.pulse.of(&outlet.name());
    while !*stopped.borrow() {
        beat.beat();
        // A wrong clock would let the orders of the night leave.
        let holds = guard.holds(engine.clock.now().ms);
        let turn = async {
            // In a rehearsal nothing goes far.
            let far = outlet.is_far() && engine.rehearsal.is_none();
            match (holds, far) {
                (true, _) => Ok(false),
                (false, true) => Ok(0 < lane.write_down().await? + lane.take_up().await?),
                (false, false) => deliver_here(engine, outlet).await,
            }
        };
        let turn = turn.await;
        tokio::select! {
            // An answer ends the rest.
            answered = lane.answered(), if !lane.is_idle() => answered?,
            taken = pause(turn, rest, &mut stopped) => rest = taken?,
        }
    }
    lane.wind_down(LAST_ANSWERS).await
}

/// Hands over what goes into books or folders of this machine. The books' turn
/// also counts the contacts of the day, does what stops leave to do, and ends what no plugin carries out.
async fn deliver_here(engine: &Engine, outlet: &Outlet) -> Result<bool> {
    let of_books = outlet.gateway().is_none();
    let tended = if of_books { engine.tend().await? } else { 0 };
    let queue = Queue::Of(outlet.verbs());
    let handed = engine.dispatch_of(queue, HAND_OVERS).await?;
    Ok(0 < tended + handed)
}

/// Lets cases enter by the conditions of the workflows whenever that is owed,
/// beside the steps: a big book takes a minute.
async fn scan(
    shop: Arc<Workshop>,
    floor: Option<i64>,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    let mut rest = TICK;
    let mut guard = ClockGuard { floor, ..ClockGuard::default() };
    while !*stopped.borrow() {
        if guard.holds(shop.engine.clock.now().ms) {
            tokio::time::sleep(TICK).await;
            continue;
        }
        let began = std::time::Instant::now();
        let scanned = shop.engine.scan_if_owed().await;
        if matches!(scanned, Ok(true)) {
            shop.figures.note_scan(began.elapsed());
        }
        tokio::select! {
            taken = pause(scanned, rest, &mut stopped) => rest = taken?,
            () = shop.engine.scan_wanted.notified() => rest = TICK,
        }
    }
    Ok(())
}

/// Rests as a turn deserves: not at all when it had something to do, longer
/// each time the store fails. Returns the rest taken, or the fault that no
/// later turn can get over.
async fn pause(
    turn: Result<bool>,
    last: Duration,
    stopped: &mut flag::Receiver<bool>,
) -> Result<Duration> {
    let rest = match turn {
        Ok(true) => {
            // More may be due; only look whether to stop.
            tokio::task::yield_now().await;
            return Ok(TICK);
        }
        Ok(false) => TICK,
        Err(error) if ends_the_work(&error) => return Err(error),
        Err(error) => {
            error!(
                error = format!("{error:#}"),
                "the store could not be worked; trying again"
            );
            (last * 2).min(LONGEST_REST)
        }
    };
    tokio::select! {
        () = tokio::time::sleep(rest) => {}
        _ = stopped.changed() => {}
    }
    Ok(rest)
}

fn ends_the_work(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|it| it.downcast_ref::<StoreError>().is_some_and(StoreError::ends_the_work))
}

/// One turn of the loop; `true` when there was something to do.
async fn turn(shop: &Workshop, daemon: i64, chores: &mut Chores) -> Result<bool> {
    let engine = &shop.engine;
    follow_release(shop).await?;
    engine.morning_round().await?;
    let opened = engine.enrol_by_events().await?;
    let done = engine.step_batch(BATCH).await?;
    engine.tally.steps(done.steps, done.failed);
    if chores.are_due(engine.clock.now().ms) {
        do_chores(shop, daemon).await?;
    }
    Ok(0 < opened + done.steps + done.failed)
}

/// What need not be done at every turn.
#[derive(Default)]
struct Chores {
    last_ms: i64,
}

/// Chores are done so often, in milliseconds.
const CHORES_MS: i64 = 5_000;

impl Chores {
    fn are_due(&mut self, now_ms: i64) -> bool {
        let due = CHORES_MS <= (now_ms - self.last_ms).abs();
        if due {
            self.last_ms = now_ms;
        }
        due
    }
}

/// Looks after orders whose lease ran out and those that no plugin carries out,
/// tells that this daemon lives, takes events that cannot run out of the ready
/// index, and ends stops that have nothing left to hold.
async fn do_chores(shop: &Workshop, daemon: i64) -> Result<()> {
    let engine = &shop.engine;
    let now_ms = engine.clock.now().ms;
    engine.recover(now_ms).await?;
    engine.end_strays(HAND_OVERS).await?;
    let mut tx = engine.store.write().await?;
    sqlx::query(BEAT).bind(daemon).bind(now_ms).execute(tx.conn()).await?;
    due::set_aside(tx.conn()).await?;
    sending::end_spent(tx.conn(), &engine.clock.now()).await?;
    tx.commit().await?;
    engine.store.fold_log().await?;
    Ok(())
}

/// Another daemon on this store may have switched the release.
async fn follow_release(shop: &Workshop) -> Result<()> {
    let active = {
        let mut conn = shop.engine.store.read().await?;
        releases::active_id(conn.conn()).await?
    };
    let running = shop.engine.runtime().map(|runtime| runtime.release_id);
    if active.is_some() && active != running {
        desk::load_active(&shop.engine, &shop.site).await?;
    }
    Ok(())
}

/// The newest instant of the journal's last lines, in milliseconds since 1970.
async fn newest_line(conn: &mut Conn) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(NEWEST_LINE).fetch_one(conn).await?)
}

/// The newest instant in the journal, where the machine's clock is so far behind
/// it that a daemon holds its timers.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn clock_behind(conn: &mut Conn, now_ms: i64) -> Result<Option<i64>> {
    Ok(newest_line(conn).await?.filter(|it| now_ms + JUMP_MS < *it))
}

const NEWEST_LINE: &str = "\
select max(at) from (select at from journal order by id desc limit 1000) newest";
const ENTER: &str = "\
insert into daemons (id, host, pid, started_at, seen_at) values ($1, $2, $3, $4, $4)";
const CLEAR: &str = "delete from daemons";
const BEAT: &str = "update daemons set seen_at = $2 where id = $1";
const LEAVE: &str = "delete from daemons where id = $1";

async fn enter(shop: &Workshop) -> Result<i64> {
    let now = shop.engine.clock.now();
    let host = gethostname().unwrap_or_default().to_string_lossy().into_owned();
    let mut tx = shop.engine.store.write().await?;
    // The site's lock says that no other daemon works this file.
    sqlx::query(CLEAR).execute(tx.conn()).await?;
    let id = ids::allocate(tx.conn(), 1).await?;
    sqlx::query(ENTER)
        .bind(id)
        .bind(host)
        .bind(i64::from(std::process::id()))
        .bind(now.ms)
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(id)
}

async fn leave(shop: &Workshop, daemon: i64) -> Result<()> {
    let mut tx = shop.engine.store.write().await?;
    sqlx::query(LEAVE).bind(daemon).execute(tx.conn()).await?;
    // While nobody works the store, all of it is sealed.
    seals::seal(tx.conn(), shop.engine.clock.now().today()).await?;
    tx.commit().await?;
    Ok(())
}

/// Watches the machine's clock against the monotonic one: months of
/// escalations must not fire at once because a clock was set wrong.
#[derive(Default)]
struct ClockGuard {
    last: Option<(i64, std::time::Instant)>,
    held_until: Option<i64>,
    /// The newest instant on record when the daemon started.
    floor: Option<i64>,
    /// It is the one that tells of it in the log, once.
    tells: bool,
}

/// A clock that jumps further than this, either way, stops the timers.
const JUMP_MS: i64 = 600_000;

impl ClockGuard {
    /// Whether the clock is behind what the journal has seen: after a dead
    /// battery it may stand years back, and days would be lived twice.
    fn is_behind(&mut self, now_ms: i64) -> bool {
        let behind = self.floor.is_some_and(|floor| now_ms + JUMP_MS < floor);
        if behind && self.tells {
            self.tells = false;
            error!(
                "the machine's clock is behind the newest line of the journal; timers are \
                 held until it is set right. If the journal was written by a wrong clock, \
                 start with `qingshou run --confirm-clock`"
            );
        }
        behind
    }

    /// Whether nothing may fire now.
    fn holds(&mut self, now_ms: i64) -> bool {
        if self.is_behind(now_ms) {
            self.last = None;
            return true;
        }
        let tick = std::time::Instant::now();
        let Some((last_ms, last_tick)) = self.last.replace((now_ms, tick)) else {
            return false;
        };
        let passed = i64::try_from((tick - last_tick).as_millis()).unwrap_or(i64::MAX);
        let drift = now_ms - last_ms - passed;
        if JUMP_MS < drift.abs() && self.held_until.is_none() {
            error!(
                drift_ms = drift,
                "the machine's clock jumped; timers are held until it is set right \
                 or the daemon is restarted, which confirms the new time"
            );
            self.held_until = Some(drift);
        } else if let Some(jump) = self.held_until
            && (drift + jump).abs() <= JUMP_MS
            && JUMP_MS < drift.abs()
        {
            warn!("the machine's clock is back; timers go on");
            self.held_until = None;
        }
        self.held_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_behind_the_journal_fires_nothing_until_it_is_set_right() {
        let hour = 3_600_000;
        let mut guard = ClockGuard { floor: Some(100 * hour), ..ClockGuard::default() };
        assert!(guard.holds(0));
        assert!(guard.holds(99 * hour));
        assert!(!guard.holds(100 * hour - JUMP_MS), "a small step back is ignored");
        assert!(!guard.holds(100 * hour));
        assert!(!ClockGuard::default().holds(0), "a new store has seen nothing");
    }
}
