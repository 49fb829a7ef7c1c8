//! Figures (监控指标) for Prometheus: what an administrator wants to be woken for.
//!
//! What needs the store is gathered beside the work, by counts over indexes, and
//! a scrape only prints it. No label names a case or a person: labels are verbs,
//! statuses and gateways, of which there are few.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use arc_swap::ArcSwapOption;
use domain::status::OrderStatus;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use release::verdict::{Outcome, Verdict};
use store::sending::Cause;
use store::{bank_files, enrolment_faults, figures, releases, sending, suspended};
use tokio::sync::watch as flag;
use tracing::warn;

use super::disk::Room;
use super::watched::Watched;
use crate::run::until_stopped;

/// The figures of the store are gathered so often.
const EVERY: Duration = Duration::from_secs(5);
/// Gathering takes no more than one part in so many of the time.
const REST: u32 = 20;

/// What is counted while the daemon works, and what was last gathered.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    gathered: ArcSwapOption<Gathered>,
    /// Timers are held, for the machine's clock cannot be trusted.
    clock_held: AtomicBool,
    /// The last scan for enrolment, in milliseconds; -1 before the first.
    scan_ms: AtomicI64,
    candidates_live: AtomicU64,
    candidates_refused: AtomicU64,
}

/// What the store and the disk say.
#[derive(Debug, Default)]
struct Gathered {
    /// (verb, status, count).
    orders: Vec<(String, String, i64)>,
    tasks: i64,
    parked: i64,
    frozen: i64,
    /// Number and making of the live release, in milliseconds since 1970.
    release: Option<(i64, i64)>,
    folder_refused: bool,
    /// (cause, how many stops).
    stops: Vec<(&'static str, i64)>,
    /// (gateway, whether it is at fault).
    gateways: Vec<(String, bool)>,
    /// When the bank's last file was taken, in milliseconds since 1970.
    bank_file_at: Option<i64>,
    /// Workflows that are suspended.
    suspended: Vec<Ailing>,
    /// Workflows of which nobody can be asked who comes in.
    unasked: Vec<Ailing>,
    store_bytes: i64,
    log_bytes: i64,
    free_bytes: i64,
    /// When gathering began, in milliseconds since 1970.
    at: i64,
    took: Duration,
}

/// A workflow that is not worked as it should be.
#[derive(Debug)]
struct Ailing {
    workflow: String,
    /// Its deadlines are watched by nobody meanwhile.
    keeps_clocks: bool,
}

impl Figures {
    /// Workflows that keep clocks and are suspended, as last gathered.
    pub(crate) fn unwatched(&self) -> Vec<String> {
        let gathered = self.gathered.load();
        let suspended = gathered.iter().flat_map(|it| &it.suspended);
        let unwatched = suspended.filter(|suspended| suspended.keeps_clocks);
        unwatched.map(|unwatched| unwatched.workflow.clone()).collect()
    }

    /// Workflows that ail besides, as last gathered: suspended, and those of which
    /// nobody can be asked who comes in.
    pub(crate) fn ailing(&self) -> (Vec<String>, Vec<String>) {
        let gathered = self.gathered.load();
        let suspended = gathered.iter().flat_map(|it| &it.suspended);
        let others = suspended.filter(|suspended| !suspended.keeps_clocks);
        let unasked = gathered.iter().flat_map(|it| &it.unasked);
        let name = |it: &Ailing| it.workflow.clone();
        (others.map(name).collect(), unasked.map(name).collect())
    }

    /// Whether timers are held by the clock.
    pub(crate) fn note_clock(&self, is_held: bool) {
        self.clock_held.store(is_held, Ordering::Relaxed);
    }

    /// Whether timers are held by the clock.
    pub(crate) fn is_clock_held(&self) -> bool {
        self.clock_held.load(Ordering::Relaxed)
    }

    /// A scan of the book has come to its end.
    pub(crate) fn note_scan(&self, took: Duration) {
        let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        self.scan_ms.store(took.max(1), Ordering::Relaxed);
    }

    /// The folder was looked at.
    pub(crate) fn note_candidate(&self, outcome: Outcome) {
        match outcome {
            Outcome::Live => self.candidates_live.fetch_add(1, Ordering::Relaxed),
            Outcome::Rejected | Outcome::AwaitingConfirmation => {
                self.candidates_refused.fetch_add(1, Ordering::Relaxed)
            }
            Outcome::Unchanged | Outcome::RolledBack => 0,
        };
    }
}

/// Gathers the figures again and again, beside the work, until told to stop.
pub(crate) async fn gather(app: Arc<Watched>, mut stopped: flag::Receiver<bool>) {
    loop {
        let began = Instant::now();
        match gathered(&app).await {
            Ok(mut found) => {
                found.took = began.elapsed();
                app.figures.gathered.store(Some(Arc::new(found)));
            }
            Err(error) => warn!(%error, "the figures could not be gathered"),
        }
        let rest = EVERY.max(began.elapsed() * REST);
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = until_stopped(&mut stopped) => return,
        }
    }
}

async fn gathered(app: &Watched) -> Result<Gathered> {
    let (store, at) = (&app.engine.store, app.engine.clock.now().ms);
    // A reader for each: nobody waits longer for one than for one count.
    let orders = figures::orders(store.read().await?.conn()).await?;
    let tasks = figures::open_tasks(store.read().await?.conn()).await?;
    let (parked, frozen) = figures::standing_still(store.read().await?.conn()).await?;
    let mut conn = store.read().await?;
    let release = releases::active(conn.conn()).await?;
    let verdict = Verdict::last(conn.conn()).await?;
    let stops = sending::at_work(conn.conn()).await?;
    let bank_file_at = bank_files::last(conn.conn()).await?.book_at();
    let suspended = suspended::list(conn.conn()).await?;
    let unasked = enrolment_faults::list(conn.conn()).await?;
    drop(conn);
    let ailing = |workflow, clocks| Ailing { workflow, keeps_clocks: clocks == 1 };
    let standing = |cause: Cause| {
        let of_it =
            stops.iter().filter(|stop| !stop.lifted && stop.cause == cause).count();
        (cause.as_str(), i64::try_from(of_it).unwrap_or(i64::MAX))
    };
    let at_fault = |plugin: &str, channel: &str| {
        stops.iter().any(|stop| {
            !stop.lifted
                && stop.cause == Cause::ChannelFault
                && stop.target == channel
                && stop.plugin.as_deref() == Some(plugin)
        })
    };
    let ways = app.engine.ways();
    let gateways = ways.outlets.iter().filter_map(|outlet| {
        let (plugin, channel) = outlet.gateway()?;
        Some((outlet.name(), at_fault(plugin, channel.as_str())))
    });
    let database = app.site().database();
    let mut log = database.clone().into_os_string();
    log.push("-wal");
    Ok(Gathered {
        orders,
        tasks,
        parked,
        frozen,
        release: release.map(|release| (release.number, release.made_at)),
        folder_refused: verdict.is_some_and(|verdict| {
            matches!(verdict.outcome, Outcome::Rejected | Outcome::AwaitingConfirmation)
        }),
        stops: [Cause::Person, Cause::Guard, Cause::ChannelFault, Cause::StaleBook]
            .map(standing)
            .to_vec(),
        gateways: gateways.collect(),
        bank_file_at,
        suspended: suspended
            .into_iter()
            .map(|it| ailing(it.workflow, it.keeps_clocks))
            .collect(),
        unasked: unasked
            .into_iter()
            .map(|it| ailing(it.workflow, it.keeps_clocks))
            .collect(),
        store_bytes: size(&database),
        log_bytes: size(Path::new(&log)),
        free_bytes: free(&app.site().dir),
        at,
        took: Duration::ZERO,
    })
}

fn size(file: &Path) -> i64 {
    let size = std::fs::metadata(file).map_or(0, |it| it.len());
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn free(dir: &Path) -> i64 {
    let free = Room::of(dir).map_or(0, Room::bytes);
    i64::try_from(free).unwrap_or(i64::MAX)
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OrderLabels {
    verb: String,
    status: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct VerbLabel {
    verb: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct GatewayLabel {
    gateway: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct CauseLabel {
    cause: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ClocksLabel {
    keeps_clocks: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct VersionLabel {
    version: &'static str,
}

/// A page of figures while it is written.
struct Page(Registry);

impl Page {
    fn gauge(&mut self, name: &str, help: &str, value: i64) {
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }

    fn seconds(&mut self, name: &str, help: &str, value: Duration) {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value.as_secs_f64());
        self.0.register(name, help, gauge);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        self.0.register(name, help, counter);
    }

    fn gauges<L>(
        &mut self,
        name: &str,
        help: &str,
        of: impl IntoIterator<Item = (L, i64)>,
    ) where
        L: Clone + std::fmt::Debug + EncodeLabelSet + Eq + std::hash::Hash + Send + Sync,
        L: 'static,
    {
        let family = Family::<L, Gauge>::default();
        for (label, value) in of {
            family.get_or_create(&label).set(value);
        }
        self.0.register(name, help, family);
    }

    fn counters<L>(
        &mut self,
        name: &str,
        help: &str,
        of: impl IntoIterator<Item = (L, u64)>,
    ) where
        L: Clone + std::fmt::Debug + EncodeLabelSet + Eq + std::hash::Hash + Send + Sync,
        L: 'static,
    {
        let family = Family::<L, Counter>::default();
        for (label, value) in of {
            family.get_or_create(&label).inc_by(value);
        }
        self.0.register(name, help, family);
    }
}

/// The page of figures, as Prometheus reads it.
///
/// # Errors
///
/// It cannot be written.
pub(crate) fn page(app: &Watched) -> Result<String> {
    let mut page = Page(Registry::with_prefix("qingshou"));
    let version = VersionLabel { version: env!("CARGO_PKG_VERSION") };
    page.gauges("build", "The program that works", [(version, 1)]);
    of_process(&mut page, app);
    if let Some(gathered) = app.figures.gathered.load_full() {
        of_orders(&mut page, &gathered);
        of_scripts(&mut page, &gathered);
        of_site(&mut page, &gathered);
    }
    let mut text = String::new();
    encode(&mut text, &page.0)?;
    Ok(text)
}

/// What this process has done and how it does.
fn of_process(page: &mut Page, app: &Watched) {
    let figures = &app.figures;
    let (steps, failed) = app.engine.tally.all_steps();
    page.counter("steps", "Steps of cases written since the start", steps);
    page.counter("steps_failed", "Steps that failed since the start", failed);
    let settled = app.engine.tally.all_orders();
    let counts = settled.iter().map(|it| {
        let (verb, status) = (it.verb.clone(), it.status.to_string());
        (OrderLabels { verb, status }, it.count)
    });
    let help = "Orders that came to a status since the start";
    page.counters("orders_settled", help, counts);
    let delivered = settled.iter().filter(|order| order.status == OrderStatus::Delivered);
    let last = delivered.map(|delivered| {
        (VerbLabel { verb: delivered.verb.clone() }, delivered.last_at / 1000)
    });
    let help = "When an order was last delivered by this process";
    page.gauges("last_delivered_timestamp_seconds", help, last);
    let candidates = [
        ("live", figures.candidates_live.load(Ordering::Relaxed)),
        ("refused", figures.candidates_refused.load(Ordering::Relaxed)),
    ];
    let help = "Edits of the workflows that went live or were refused since the start";
    let candidates = candidates.map(|(outcome, count)| (OutcomeLabel { outcome }, count));
    page.counters("candidates", help, candidates);
    let help = "1 while timers are held, for the machine's clock cannot be trusted";
    page.gauge("clock_held", help, i64::from(figures.is_clock_held()));
    let help = "1 while the last turn of the work failed at the store";
    page.gauge("store_failing", help, i64::from(app.pulse.is_failing()));
    let help = "1 while nothing leaves, for the log of departures cannot be written";
    page.gauge("departures_failing", help, i64::from(app.engine.is_log_unwritten()));
    if let Some((_, silent)) = app.pulse.slowest() {
        let help = "How long ago the slowest loop came round";
        page.seconds("slowest_loop_seconds", help, silent);
    }
    if let Ok(scan @ 1..) = u64::try_from(figures.scan_ms.load(Ordering::Relaxed)) {
        let help = "What the last scan of the book for enrolment took";
        page.seconds("scan_seconds", help, Duration::from_millis(scan));
    }
}

fn of_orders(page: &mut Page, gathered: &Gathered) {
    let orders = gathered.orders.iter().map(|(verb, status, count)| {
        (OrderLabels { verb: verb.clone(), status: status.clone() }, *count)
    });
    page.gauges("orders", "Orders that have not left or did not get through", orders);
    page.gauge("tasks_open", "Tasks that wait for people", gathered.tasks);
    let help = "Runs that stand still after a fault";
    page.gauge("parked", help, gathered.parked);
    page.gauge("frozen", "Runs that stand still under a hold", gathered.frozen);
    let stops =
        gathered.stops.iter().map(|(cause, count)| (CauseLabel { cause }, *count));
    page.gauges("sending_stops", "Stops of sending that stand, by cause", stops);
    let gateways = gathered.gateways.iter().map(|(name, at_fault)| {
        (GatewayLabel { gateway: name.clone() }, i64::from(*at_fault))
    });
    let help = "1 while a gateway is at fault and keeps its orders";
    page.gauges("gateway_fault", help, gateways);
}

fn of_scripts(page: &mut Page, gathered: &Gathered) {
    let kinds = |all: &[Ailing]| {
        [("no", false), ("yes", true)].map(|(keeps_clocks, clocks)| {
            let count = all.iter().filter(|it| it.keeps_clocks == clocks).count();
            (ClocksLabel { keeps_clocks }, i64::try_from(count).unwrap_or(i64::MAX))
        })
    };
    let help = "Workflows that are suspended; those that keep clocks leave deadlines \
                without a watch";
    page.gauges("workflows_suspended", help, kinds(&gathered.suspended));
    let help = "Workflows whose `where` fails, so that cases do not come in";
    page.gauges("enrolment_faults", help, kinds(&gathered.unasked));
}

fn of_site(page: &mut Page, gathered: &Gathered) {
    if let Some((number, made_at)) = gathered.release {
        page.gauge("release", "The number of the live release", number);
        let help = "When the live release was made";
        page.gauge("release_timestamp_seconds", help, made_at / 1000);
    }
    let help = "1 while the folder of workflows is not what runs: refused, or waiting";
    page.gauge("folder_refused", help, i64::from(gathered.folder_refused));
    if let Some(at) = gathered.bank_file_at {
        let help = "When the bank's last file was taken";
        page.gauge("bank_file_timestamp_seconds", help, at / 1000);
    }
    page.gauge("store_bytes", "Size of the case store", gathered.store_bytes);
    let help = "Size of the store's write-ahead log";
    page.gauge("store_log_bytes", help, gathered.log_bytes);
    let help = "What is free on the disk of the site";
    page.gauge("disk_free_bytes", help, gathered.free_bytes);
    let help = "When the figures of the store and the disk were gathered: orders, tasks, \
                runs, stops, gateways, workflows, release, folder, bytes";
    page.gauge("gathered_timestamp_seconds", help, gathered.at / 1000);
    let help = "What gathering the figures of the store took";
    page.seconds("gathering_seconds", help, gathered.took);
}
