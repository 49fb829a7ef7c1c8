//! The daemon (守护进程): the loop that works a site until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use commands::access::Access;
use commands::app::App;
use commands::clock::{self, Held};
use commands::clock_guard::Trust;
use commands::restore::told;
use release::ahead::Ahead;
use release::candidate::mark;
use release::publish::{self, Guard};
use release::steady::{GRACE, Sight};
use release::verdict::{Outcome, Verdict};
use release::watch::Watch;
use release::{judge, rules};
use runtime::interrupt::{Interrupt, ToldToStop};
use runtime::lane::Lane;
use runtime::outlet::Outlet;
use runtime::work::Silence;
use runtime::{BATCH, Engine, HAND_OVERS, Scanning, Ways};
use site::login::host_name;
use site::{Site, in_force};
use store::outbox::Queue;
use store::{StoreError, daemons, meta, releases, seals};
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch as flag;
use tokio::task::{JoinError, JoinSet};
use tracing::{error, info, warn};

use crate::retention;
use crate::service::pulse::{Beat, Pulse};
use crate::service::watched::Watched;
use crate::service::{self, held, manager::Manager, reload, waiting};
use crate::socket::{self, Socket};

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
    let mut reloads = service::hear_reloads(&site)?;
    let Some(mut app) = answered_for(site, &mut reloads, stopped.clone()).await? else {
        return Ok(());
    };
    app.engine.interrupt = interrupt;
    app.follow_settings().await?;
    app.engine.scanning = Scanning::Beside;
    app.engine.shares_time = true;
    let app = Arc::new(Watched::of(app));
    let socket = open_socket(&app.site())?;
    service::tell_machines(&app, &stopped);
    // Watch before reading, so that no change falls in between.
    let watch = Watch::start(&app.site().workflows()).await;
    let daemon = enter(&app).await?;
    if !start(&app, stopped.clone()).await? {
        drop(socket);
        go_home(&app, daemon).await?;
        info!("stopped while starting");
        return Ok(());
    }
    tell_start(&app, trust);
    service::count_book(&app.app(), &stopped);
    let mut crew = set_to_work(&app, daemon, watch, reloads, &stopped);
    Manager::ready(service::WORKING);
    let proving = tokio::spawn(prove(Arc::clone(&app), stopped.clone()));
    let mut answering = JoinSet::new();
    let mut broken = None;
    tokio::select! {
        () = socket.serve(app.app(), &mut answering) => {}
        () = until_stopped(&mut stopped) => {}
        ended = crew.join_next() => broken = ended,
    }
    broken = unexpected(broken, *stopped.borrow());
    drop(socket);
    // The store closes behind the last of them, not under it.
    socket::finish(answering).await;
    app.engine.interrupt.raise();
    stopper.send(true).context("工作循环已不在")?;
    while let Some(ended) = crew.join_next().await {
        broken = broken.or(unexpected(Some(ended), true));
    }
    if let Err(error) = proving.await {
        error!(%error, "the tests of the release in force broke down");
    }
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
    go_home(&app, daemon).await?;
    info!("stopped");
    Ok(())
}

/// Lets nobody wait long for a server that is away once the stop is told.
fn hurry_when_stopped(app: &App, stopped: &flag::Receiver<bool>) {
    let (store, mut stopped) = (app.engine.store.clone(), stopped.clone());
    tokio::spawn(async move {
        until_stopped(&mut stopped).await;
        store.hurry();
    });
}

/// Leaves the store in good order; a server that is away is left as it is, and what was
/// not written down the next start takes up.
async fn go_home(app: &Watched, daemon: i64) -> Result<()> {
    let left = async {
        leave(app, daemon).await?;
        Ok(app.engine.store.close().await?)
    };
    match left.await {
        Err(error) if is_away(&error) => {
            warn!("{error:#}");
            Ok(())
        }
        left => left,
    }
}

/// How a loop has ended.
type Ended = Result<Result<()>, JoinError>;

/// The end of a loop where that is not in order. Once the stop is told they end well one
/// after the other, and one that could not write down what it had, for the server is
/// away, has said so.
fn unexpected(ended: Option<Ended>, is_told: bool) -> Option<Ended> {
    ended.filter(|ended| match ended {
        Ok(Ok(())) => !is_told,
        Ok(Err(error)) if is_told && is_away(error) => {
            warn!("{error:#}");
            false
        }
        _ => true,
    })
}

/// Sets all loops of a daemon to work.
fn set_to_work(
    app: &Arc<Watched>,
    daemon: i64,
    watch: Watch,
    reloads: Signal,
    stopped: &flag::Receiver<bool>,
) -> JoinSet<Result<()>> {
    let mut crew = JoinSet::new();
    crew.spawn(work(Arc::clone(app), daemon, stopped.clone()));
    crew.spawn(scan(Arc::clone(app), stopped.clone()));
    for at in 0..app.engine.ways().outlets.len() {
        crew.spawn(deliver(Arc::clone(app), at, stopped.clone()));
    }
    crew.spawn(service::reload_when_asked(app.app(), reloads, stopped.clone()));
    crew.spawn(follow_folder(Arc::clone(app), watch, stopped.clone()));
    crew.spawn(retention::keep(app.app(), stopped.clone()));
    crew
}

/// The app of a site whose store is the one that was left, or for which
/// somebody has answered: until then nothing is worked, and the socket tells
/// why. `None` when the daemon was told to stop meanwhile.
async fn answered_for(
    mut site: Site,
    reloads: &mut Signal,
    mut stopped: flag::Receiver<bool>,
) -> Result<Option<App>> {
    loop {
        let Some(app) = waiting::opened(&site, &mut stopped).await? else {
            return Ok(None);
        };
        hurry_when_stopped(&app, &stopped);
        in_force::leave(&site);
        let Some(found) = app.engine.store.set_back() else { return Ok(Some(app)) };
        let (_, told) = told(&found, &app.engine.clock);
        error!("{}", told.replace("\n ", ";"));
        let socket = open_socket(&app.site())?;
        let (app, mut answering) = (Arc::new(app), JoinSet::new());
        Manager::ready(HELD);
        let is_over = async {
            tokio::select! {
                () = app.answered_for.notified() => {}
                () = until_stopped(&mut stopped) => {}
            }
        };
        tokio::select! {
            () = socket.serve(Arc::clone(&app), &mut answering) => {}
            () = tell_manager() => {}
            () = held::serve(&site, held::older_store) => {}
            () = service::reload_while_held(&app, reloads, HELD, is_over) => {}
        }
        drop(socket);
        socket::finish(answering).await;
        site = Site::clone(&app.site());
        app.engine.store.close().await?;
        if *stopped.borrow() {
            info!("stopped while nobody had answered for the store");
            return Ok(None);
        }
    }
}

/// What a daemon does before somebody has answered for its store.
const HELD: &str = "held: an older store · 旧库,不办理";

fn tell_start(app: &App, trust: ClockTrust) {
    info!(pid = std::process::id(), "the daemon works {}", app.site().dir.display());
    if app.engine.rehearsal.is_some() {
        warn!("REHEARSAL 演练: everything is worked and nothing leaves");
    }
    if trust == ClockTrust::Confirmed {
        app.clock_guard.confirm();
    }
}

/// The exit code of a daemon that cannot go on before a person has looked.
const NEEDS_PERSON: i32 = 6;

/// Says again and again that the daemon lives, while it has no work.
pub(crate) async fn tell_manager() {
    let (manager, pulse) = (Manager::of_process(), Pulse::default());
    let beat = pulse.of("held");
    loop {
        beat.beat();
        manager.answer(&pulse);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Notes for other processes that the clock jumped, or that it goes well again;
/// answers whether that is noted.
async fn note_clock(app: &Watched, trust: Trust) -> bool {
    let noted = async {
        let mut tx = app.engine.begin_silent(Silence::Notes).await?;
        match trust {
            Trust::Jumped { by_ms } => {
                let text = serde_json::to_string(&Held { by_ms })?;
                meta::set_text(tx.conn(), clock::HELD, &text).await?;
            }
            _ => meta::remove(tx.conn(), clock::HELD).await?,
        }
        anyhow::Ok(tx.commit().await?)
    };
    noted.await.is_ok()
}

fn open_socket(site: &Site) -> Result<Socket> {
    socket::make_room();
    Socket::open(&site.socket(), Access::of(site))
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
async fn start(app: &Watched, mut stopped: flag::Receiver<bool>) -> Result<bool> {
    loop {
        let starting = async {
            first_look(app).await?;
            app.engine.spread_old_holds().await?;
            app.engine.make_people_searchable().await?;
            app.engine.recover(i64::MAX).await
        };
        let started = tokio::select! {
            started = starting => started,
            () = until_stopped(&mut stopped) => return Ok(false),
        };
        match started {
            // It answers people already, and begins anew when its server is back.
            Err(error) if is_away(&error) => warn!("{error:#}"),
            started => return started.map(|_| true),
        }
        tokio::time::sleep(AFTER_START).await;
    }
}

/// Takes the folder up if it has changed since the last verdict on it, or if the
/// settings name other rules than then. Only an
/// empty store takes it up as it is: else a restart would undo a rollback.
async fn first_look(app: &Watched) -> Result<()> {
    let (active, verdict) = {
        let mut conn = app.engine.store.read().await?;
        let active = releases::active(conn.conn()).await?;
        (active, Verdict::last(conn.conn()).await?)
    };
    let folder = script::program::Folder::read(&app.site().workflows());
    let hash = folder.map(|(it, unread)| mark(&it, &unread)).unwrap_or_default();
    let rules = rules::names(&app.site().config);
    let seen =
        verdict.is_some_and(|verdict| verdict.hash == hash && verdict.rules == rules);
    if active.is_some() && seen {
        return Ok(());
    }
    take_up(app).await;
    Ok(())
}

async fn take_up(app: &Watched) {
    let (site, proven) = (&app.site(), &app.proven);
    let looked = async {
        let verdict =
            publish::evaluate(&app.engine, site, proven, "folder", Guard::Watching)
                .await?;
        app.hold_to_settings(site).await?;
        anyhow::Ok(verdict)
    };
    match looked.await {
        Ok(verdict) => taken_up(app, verdict).await,
        Err(error) => not_taken_up(&error),
    }
}

/// A verdict that was broken off by a stop was not given: the next look gives it.
fn not_taken_up(error: &anyhow::Error) {
    if error.is::<ToldToStop>() {
        info!(
            "the look at the workflows folder was broken off; it will be looked at again"
        );
    } else {
        error!(%error, "the workflows folder could not be taken up");
    }
}

/// Judges what was seen of the folder. What is about to be refused gets some
/// time first: the other half of it may still be on its way.
async fn judge(
    app: &Watched,
    watch: &mut Watch,
    sight: Sight,
    stopped: &mut flag::Receiver<bool>,
) -> Result<()> {
    let (engine, site, proven) = (&app.engine, &app.site(), &app.proven);
    let ahead = watch.ahead().filter(|ahead| ahead.is_of(&sight, site));
    let seen = (sight, ahead);
    // A verdict that is broken off was not given: the next start looks again.
    let judged = tokio::select! {
        judged = judge::judge(engine, site, proven, seen, "folder", Guard::Watching) => judged?,
        () = until_stopped(stopped) => return Ok(()),
    };
    app.hold_to_settings(site).await?;
    if judged.is_refused() {
        let stays = tokio::select! {
            stays = watch.stays(GRACE) => stays,
            () = until_stopped(stopped) => false,
        };
        if !stays {
            return Ok(());
        }
    }
    let verdict = publish::conclude(engine, site, judged).await?;
    watch.is_judged();
    taken_up(app, verdict).await;
    Ok(())
}

async fn taken_up(app: &Watched, verdict: Verdict) {
    app.figures.note_candidate(verdict.outcome);
    info!(outcome = ?verdict.outcome, running = ?verdict.running, "looked at the workflows folder");
    if verdict.outcome == Outcome::Live
        && let Err(error) = app.engine.scan_after_release().await
    {
        error!(%error, "the enrolment scan failed");
    }
}

/// Runs the tests of the release in force once the start is over, so that the
/// first edit has to wait only for those it touches.
async fn prove(app: Arc<Watched>, mut stopped: flag::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(AFTER_START) => {}
        () = until_stopped(&mut stopped) => return,
    }
    let proven = app.proven.until(stopped);
    if let Err(error) = judge::prove_active(&app.engine, &app.site(), proven).await {
        error!(%error, "the tests of the release in force could not be run");
    }
}

async fn follow_folder(
    app: Arc<Watched>,
    mut watch: Watch,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    let of = Arc::clone(&app);
    watch.judge_ahead(Box::new(move |sight| {
        Ahead::begin(&of.engine, of.site(), &of.proven, sight)
    }));
    loop {
        tokio::select! {
            sight = watch.changed() => {
                let judged = judge(&app, &mut watch, sight, &mut stopped);
                if let Err(error) = Box::pin(judged).await {
                    not_taken_up(&error);
                    watch.look_again();
                }
            }
            () = until_stopped(&mut stopped) => return Ok(()),
        }
    }
}

/// Works the instances: morning round, enrolment, steps.
async fn work(
    app: Arc<Watched>,
    daemon: i64,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    let mut rest = TICK;
    let mut noted = None;
    let mut chores = Chores::default();
    let (beat, manager) = (app.pulse.of("work"), Manager::of_process());
    while !*stopped.borrow() {
        beat.beat();
        manager.answer(&app.pulse);
        let trust = app.clock_guard.look(app.engine.clock.now().ms);
        let is_held = trust != Trust::Trusted;
        app.figures.note_clock(is_held);
        if noted != Some(trust) && note_clock(&app, trust).await {
            noted = Some(trust);
        }
        if is_held {
            // What cannot be noted now is at the next look.
            drop(clock::pass_over(&app).await);
            tokio::time::sleep(TICK).await;
            continue;
        }
        let turned = turn(&app, daemon, &mut chores).await;
        beat.note_turn(turned.is_ok());
        rest = pause(turned, rest, &mut stopped).await?;
    }
    Ok(())
}

/// Hands over the orders of one outlet, beside the steps and the other outlets:
/// a slow gateway delays nobody else.
async fn deliver(
    app: Arc<Watched>,
    outlet: usize,
    mut stopped: flag::Receiver<bool>,
) -> Result<()> {
    let beat = app.pulse.of(&app.engine.ways().outlets[outlet].name());
    while !*stopped.borrow() {
        // Anew whenever its gateway has other settings.
        let ways = app.engine.ways();
        deliver_by(&app, &ways, outlet, &beat, &mut stopped).await?;
    }
    Ok(())
}

/// Hands over by one outlet until told to stop, or until there are other ways and
/// all that was on its way is answered.
async fn deliver_by(
    app: &App,
    ways: &Arc<Ways>,
    outlet: usize,
    beat: &Beat,
    stopped: &mut flag::Receiver<bool>,
) -> Result<()> {
    let (engine, outlet) = (&app.engine, &ways.outlets[outlet]);
    let mut lane = Lane::new(engine, outlet);
    let mut rest = TICK;
    while !*stopped.borrow() {
        beat.beat();
        let is_over = !Arc::ptr_eq(ways, &engine.ways());
        if is_over && lane.is_done() {
            return Ok(());
        }
        // A wrong clock would let the orders of the night leave.
        let holds = app.clock_guard.holds(engine.clock.now().ms);
        let turn = async {
            // In a rehearsal nothing goes far.
            let far = outlet.is_far() && engine.rehearsal.is_none();
            match (holds, far) {
                (true, _) => Ok(false),
                (false, true) if is_over => Ok(0 < lane.write_down().await?),
                (false, true) => Ok(0 < lane.write_down().await? + lane.take_up().await?),
                (false, false) => deliver_here(engine, outlet).await,
            }
        };
        let turn: Result<bool> = turn.await;
        beat.note_turn(turn.is_ok());
        tokio::select! {
            // An answer ends the rest. One that the store could not take note of is
            // one more turn that failed: a full disk ends no daemon.
            answered = lane.answered(), if !lane.is_idle() => {
                if let Err(error) = answered {
                    rest = pause(Err(error), rest, stopped).await?;
                }
            }
            taken = pause(turn, rest, stopped) => rest = taken?,
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
async fn scan(app: Arc<Watched>, mut stopped: flag::Receiver<bool>) -> Result<()> {
    let mut rest = TICK;
    while !*stopped.borrow() {
        if app.clock_guard.holds(app.engine.clock.now().ms) {
            tokio::time::sleep(TICK).await;
            continue;
        }
        let began = std::time::Instant::now();
        let scanned = app.engine.scan_if_owed().await;
        if matches!(scanned, Ok(true)) {
            app.figures.note_scan(began.elapsed());
        }
        tokio::select! {
            taken = pause(scanned, rest, &mut stopped) => rest = taken?,
            () = app.engine.scan_wanted.notified() => rest = TICK,
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
        () = until_stopped(stopped) => {}
    }
    Ok(rest)
}

/// Comes back once the stop is told, also to somebody who has heard of it before:
/// a change that was seen is no change any more.
pub(crate) async fn until_stopped(stopped: &mut flag::Receiver<bool>) {
    // Without a sender there is no daemon that goes on.
    drop(stopped.wait_for(|stop| *stop).await);
}

pub(crate) fn is_away(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|it| it.downcast_ref::<StoreError>());
    causes.any(StoreError::is_away)
}

fn ends_the_work(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|it| it.downcast_ref::<StoreError>().is_some_and(StoreError::ends_the_work))
}

/// One turn of the loop; `true` when there was something to do.
async fn turn(app: &Watched, daemon: i64, chores: &mut Chores) -> Result<bool> {
    let engine = &app.engine;
    follow_release(app).await?;
    engine.morning_round().await?;
    let opened = engine.enrol_by_events().await?;
    let done = engine.step_batch(BATCH).await?;
    engine.tally.steps(done.steps, done.failed);
    if chores.are_due(engine.clock.now().ms) {
        app.do_chores(Some(daemon)).await?;
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

/// Another daemon on this store may have switched the release, and other settings may
/// have left something to be done.
async fn follow_release(app: &App) -> Result<()> {
    app.catch_up().await?;
    let active = {
        let mut conn = app.engine.store.read().await?;
        releases::active_id(conn.conn()).await?
    };
    let running = app.engine.runtime().map(|runtime| runtime.release_id);
    if active.is_some() && active != running {
        publish::load_active(&app.engine, &app.site()).await?;
    }
    Ok(())
}

async fn enter(app: &App) -> Result<i64> {
    // The settings in force are those of the file.
    reload::begin(app).await?;
    let now = app.engine.clock.now();
    let host = host_name();
    // On a server it was entered before anything else was done.
    let entered = app.engine.store.lease().await;
    let mut tx = app.engine.begin_silent(Silence::Notes).await?;
    if let Some(log) = app.engine.store.departures() {
        log.begin(&now)?;
    }
    let id = match entered {
        Some(lease) => lease,
        None => daemons::enter(tx.conn(), now.ms, &host, std::process::id()).await?,
    };
    tx.commit().await?;
    Ok(id)
}

/// A stop does not wait longer for the tables that change.
const SEALS_WITHIN: Duration = Duration::from_secs(2);

async fn leave(app: &App, daemon: i64) -> Result<()> {
    let now = app.engine.clock.now();
    // What was added first: on a large book the tables that change take seconds, and
    // whoever stops the daemon may not wait for them.
    let mut tx = app.engine.begin_silent(Silence::Notes).await?;
    seals::seal_added(tx.conn(), &now).await?;
    tx.commit().await?;
    // While nobody works the store, all of it is sealed, as far as there is time; the
    // next morning seals the rest.
    let rest = async {
        let mut tx = app.engine.begin_silent(Silence::Notes).await?;
        seals::seal(tx.conn(), &now).await?;
        tx.commit().await?;
        anyhow::Ok(())
    };
    if let Ok(sealed) = tokio::time::timeout(SEALS_WITHIN, Box::pin(rest)).await {
        sealed?;
    } else {
        warn!("the tables that change are too large to be sealed at a stop");
    }
    let mut tx = app.engine.begin_silent(Silence::Notes).await?;
    daemons::leave(tx.conn(), daemon).await?;
    tx.commit().await?;
    Ok(())
}
