//! The views on a large book (视图测速): what each list and screen takes for its first
//! portion, for one in the middle, and by each of its filters.

#[cfg(feature = "visit")]
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::ids::CaseId;
use domain::status::{CaseStatus, OrderStatus};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use site::place::place_of;
use sqlx::{AssertSqlSafe, Connection};
#[cfg(feature = "visit")]
use store::plugin::WorkWanted;
use store::views::approvals::{self, ApprovalFilter};
use store::views::cases::{self, CaseEntry, CaseFilter};
use store::views::orders::{self, OrderFilter};
use store::views::parked::{self, ParkedFilter};
use store::views::tasks::{self, TaskFilter, TasksOfCase};
use store::views::timeline::{self, TimelineFilter};
use store::views::{case_head, status, why_here};
use store::{Conn, Durability, Options, Place, Store};

use super::views_book::{self, DAY, Filled, NOW_MS};
use super::{LEAST, ROUNDS, share, stopwatch};

/// No view may take longer, in milliseconds.
const BOUND_MS: i64 = 100;
/// Rows of a portion, as a screen has them.
const PORTION: i64 = 50;
/// The schema of a server in which the book is made.
const SCHEMA: &str = "qingshou_bench_views";

/// What a server does by itself in the course of a day.
const AS_VACUUMED: &str = "vacuum analyze cases, parties, case_parties, ledger, events, \
    promises, contacts, instances, instance_notes, lanes, step_errors, outbox, tasks, journal";

/// How big a book to measure, and where.
#[derive(Clone, Debug)]
pub struct ViewsOptions {
    /// Open cases.
    pub open: i64,
    /// The address of a server; a file when not given.
    pub database: Option<String>,
}

/// Whether a view took longer than it may.
pub fn is_slow(told: &Value) -> bool {
    told["too_slow"].as_array().is_some_and(|slow| !slow.is_empty())
}

/// Fills a book into a store of its own, which is taken away afterwards, and asks it for
/// every view.
///
/// # Errors
///
/// Too few cases, the store cannot be written, or somebody has a schema of the bench's
/// name on the server.
pub async fn views(wanted: &ViewsOptions) -> Result<Value> {
    if wanted.open < LEAST {
        bail!("--open 至少 {LEAST} · --open is at least {LEAST}");
    }
    let dir = tempfile::tempdir().context("建不了临时目录")?;
    let place = place(wanted.database.as_deref(), dir.path()).await?;
    let options = Options {
        place: place.clone(),
        // It can be made again.
        durability: Durability::Off,
        create: true,
        store_id: Some("bench".to_owned()),
    };
    let store = Store::open(options).await?;
    let told = measure(&store, wanted.open).await;
    store.close().await?;
    if let Some(server) = place.server() {
        on_server(&server.url(), &format!("drop schema {SCHEMA} cascade")).await?;
    }
    dir.close()?;
    told
}

async fn place(database: Option<&str>, dir: &Path) -> Result<Place> {
    let file = dir.join("views.db");
    let Some(named) = database else { return Ok(Place::file(file)) };
    let place = place_of(named)?;
    let Some(server) = place.server() else { return Ok(place) };
    let own = Place::on(server.clone().in_schema(SCHEMA), file);
    if Store::is_there(&own).await? {
        bail!(
            "数据库里已有测速用的 schema {SCHEMA} · the schema {SCHEMA} of the bench is there \
             already\n  提示:没有别的测速在用时删去它 · hint: drop it unless another bench uses it"
        );
    }
    Ok(own)
}

/// What no transaction of the store may do.
async fn on_server(url: &str, sql: &str) -> Result<()> {
    let mut conn = sqlx::AnyConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await?;
    Ok(conn.close().await?)
}

async fn measure(store: &Store, open: i64) -> Result<Value> {
    let watch = stopwatch();
    let filled = views_book::fill(store, open).await?;
    if let Some(server) = store.place().server() {
        on_server(&server.url(), AS_VACUUMED).await?;
    }
    let filled_s = watch.elapsed().as_secs();
    let watch = stopwatch();
    let counts = status::count(store.read().await?.conn()).await?;
    let counting = watch.elapsed();
    let mut tx = store.write().await?;
    status::keep(tx.conn(), counts, NOW_MS).await?;
    tx.commit().await?;
    let mut reader = store.read().await?;
    let mut laps = Laps::default();
    let conn = reader.conn();
    of_cases(conn, &mut laps).await?;
    of_one_case(conn, filled, &mut laps).await?;
    of_tasks(conn, filled, &mut laps).await?;
    of_orders(conn, filled, &mut laps).await?;
    of_approvals(conn, filled, &mut laps).await?;
    of_visits(conn, &mut laps).await?;
    for (name, workflow) in [("first", None), ("workflow", Some("visit".to_owned()))] {
        let filter = ParkedFilter { workflow };
        let ask = async |conn: &mut Conn| {
            Ok(parked::list(conn, &filter, None, PORTION).await?.len())
        };
        laps.time(conn, &format!("parked.{name}"), ask).await?;
    }
    let ask = async |conn: &mut Conn| {
        let seen = status::load(conn, NOW_MS, 3).await?;
        Ok(seen.book.stages.len())
    };
    laps.time(conn, "status", ask).await?;
    drop(reader);
    let store_of = if store.place().server().is_some() { "postgres" } else { "sqlite" };
    laps.told(json!({
        "format_version": 1,
        "store": store_of,
        "open": open,
        "rounds": ROUNDS,
        "portion": PORTION,
        "bound_ms": BOUND_MS,
        "filled_s": filled_s,
        // Beside the work, for `status`.
        "counting_ms": in_ms(counting)?,
    }))
}

/// What each view took.
#[derive(Debug, Default)]
struct Laps(Vec<(String, Duration)>);

impl Laps {
    /// Asks for a view five times; the median counts.
    async fn time(
        &mut self,
        conn: &mut Conn,
        view: &str,
        ask: impl AsyncFn(&mut Conn) -> Result<usize>,
    ) -> Result<()> {
        let mut laps = Vec::new();
        for _ in 0..ROUNDS {
            let watch = stopwatch();
            let found = ask(conn).await?;
            laps.push(watch.elapsed());
            if found == 0 {
                bail!("视图 {view} 没有内容,测速无效 · the view {view} is empty");
            }
        }
        laps.sort_unstable();
        let median = laps.get(ROUNDS / 2).copied().unwrap_or_default();
        self.0.push((view.to_owned(), median));
        Ok(())
    }

    fn told(self, mut told: Value) -> Result<Value> {
        let bound = Duration::from_millis(u64::try_from(BOUND_MS)?);
        let slow = self.0.iter().filter(|it| bound < it.1).map(|it| json!(it.0));
        let slow: Vec<Value> = slow.collect();
        let worst = self.0.iter().max_by_key(|it| it.1).context("没有视图")?;
        let worst = json!({ "view": worst.0, "ms": in_ms(worst.1)? });
        let mut views = Map::new();
        for (view, took) in &self.0 {
            views.insert(view.clone(), json!(in_ms(*took)?));
        }
        told["views_ms"] = Value::Object(views);
        told["worst"] = worst;
        told["too_slow"] = Value::Array(slow);
        Ok(told)
    }
}

/// Milliseconds to the thousandth.
fn in_ms(took: Duration) -> Result<f64> {
    share(i64::try_from(took.as_micros())?, 1_000)
}

/// The day so many days before the one of the book.
fn back(days: i64) -> Date {
    DAY.saturating_sub(days.days())
}

/// A portion of the list of cases as it is shown: with heads and stages.
async fn shown_cases(
    conn: &mut Conn,
    filter: &CaseFilter,
    after: Option<&CaseEntry>,
) -> Result<usize> {
    let found = cases::list(conn, filter, after, PORTION).await?;
    let ids: Vec<CaseId> = found.iter().map(|entry| entry.id).collect();
    let heads = case_head::of_cases(conn, DAY, &ids).await?;
    cases::open_runs(conn, &ids).await?;
    Ok(heads.len())
}

async fn of_cases(conn: &mut Conn, laps: &mut Laps) -> Result<()> {
    let text = |text: &str| Some(text.to_owned());
    let all = CaseFilter::default();
    let filters = [
        ("first", all.clone()),
        ("workflow", CaseFilter { workflow: text("remind"), ..all.clone() }),
        ("workflow_beside", CaseFilter { workflow: text("limitation"), ..all.clone() }),
        ("workflow_of_few", CaseFilter { workflow: text("rare"), ..all.clone() }),
        ("village", CaseFilter { village: text("虚构1村"), ..all.clone() }),
        ("collector", CaseFilter { collector: text("测速员3"), ..all.clone() }),
        ("collector_of_few", CaseFilter { collector: text("测速员少"), ..all.clone() }),
        ("days", CaseFilter { unpaid_since: Some(back(300)), ..all.clone() }),
        ("in_none", CaseFilter { in_none: true, ..all.clone() }),
        (
            "village_and_workflow",
            CaseFilter {
                village: text("虚构1村"),
                workflow: text("remind"),
                ..all.clone()
            },
        ),
        (
            "collector_and_workflow",
            CaseFilter {
                collector: text("测速员1"),
                workflow: text("remind"),
                ..all.clone()
            },
        ),
    ];
    for (name, filter) in &filters {
        let ask = async |conn: &mut Conn| shown_cases(conn, filter, None).await;
        laps.time(conn, &format!("cases.{name}"), ask).await?;
    }
    for (name, day) in [("middle", Some(back(200))), ("middle_not_late", None)] {
        let after =
            CaseEntry { id: CaseId(0), claim: CaseStatus::Open, oldest_unpaid_on: day };
        let ask = async |conn: &mut Conn| shown_cases(conn, &all, Some(&after)).await;
        laps.time(conn, &format!("cases.{name}"), ask).await?;
    }
    let workflow = CaseFilter { workflow: text("suit"), ..all.clone() };
    let after = CaseEntry {
        id: CaseId(0),
        claim: CaseStatus::Open,
        oldest_unpaid_on: Some(back(200)),
    };
    let ask = async |conn: &mut Conn| shown_cases(conn, &workflow, Some(&after)).await;
    laps.time(conn, "cases.workflow_middle", ask).await
}

async fn of_one_case(conn: &mut Conn, filled: Filled, laps: &mut Laps) -> Result<()> {
    let zone = TimeZone::get("Asia/Shanghai")?;
    let plain = CaseId(filled.first_case + 6);
    let long = CaseId(filled.long_story());
    let ask =
        async |conn: &mut Conn| Ok(case_head::of_cases(conn, DAY, &[plain]).await?.len());
    laps.time(conn, "case_head", ask).await?;
    let ask = async |conn: &mut Conn| Ok(why_here::of_case(conn, plain).await?.len());
    laps.time(conn, "why_here", ask).await?;
    for (name, case) in [("timeline", plain), ("timeline.long_story", long)] {
        let filter = TimelineFilter::whole(case, zone.clone());
        let ask = async |conn: &mut Conn| {
            Ok(timeline::list(conn, &filter, None, PORTION).await?.len())
        };
        laps.time(conn, name, ask).await?;
    }
    let whole = TimelineFilter::whole(long, zone.clone());
    let first = timeline::list(conn, &whole, None, PORTION).await?;
    let after = first.last().context("没有经过")?;
    let ask = async |conn: &mut Conn| {
        Ok(timeline::list(conn, &whole, Some(after), PORTION).await?.len())
    };
    laps.time(conn, "timeline.middle", ask).await?;
    let since = TimelineFilter { from: Some(back(10)), ..whole };
    let ask = async |conn: &mut Conn| {
        Ok(timeline::list(conn, &since, None, PORTION).await?.len())
    };
    laps.time(conn, "timeline.from", ask).await
}

async fn of_tasks(conn: &mut Conn, filled: Filled, laps: &mut Laps) -> Result<()> {
    let text = |text: &str| Some(text.to_owned());
    let all = TaskFilter::default();
    let roles = vec!["supervisor".to_owned()];
    let of_case = TasksOfCase { id: CaseId(filled.first_case), closed_too: true };
    let filters = [
        ("first", all.clone()),
        ("kind", TaskFilter { kind: text("guard"), ..all.clone() }),
        ("person", TaskFilter { assignee: text("测速员3"), ..all.clone() }),
        (
            "person_and_roles",
            TaskFilter { assignee: text("测速员3"), roles, ..all.clone() },
        ),
        (
            "person_and_kind",
            TaskFilter {
                assignee: text("测速员3"), kind: text("call"), ..all.clone()
            },
        ),
        ("suspended", TaskFilter { suspended: true, ..all.clone() }),
        ("case", TaskFilter { case: Some(of_case), ..all.clone() }),
    ];
    for (name, filter) in &filters {
        let ask = async |conn: &mut Conn| {
            Ok(tasks::list(conn, filter, None, PORTION).await?.len())
        };
        laps.time(conn, &format!("tasks.{name}"), ask).await?;
    }
    let first = tasks::list(conn, &all, None, 1).await?;
    let first = first.into_iter().next().context("没有待办")?;
    for (name, due_on) in [("middle", Some(back(200))), ("middle_undated", None)] {
        let after =
            tasks::TaskEntry { due_on, id: domain::ids::TaskId(0), ..first.clone() };
        let ask = async |conn: &mut Conn| {
            Ok(tasks::list(conn, &all, Some(&after), PORTION).await?.len())
        };
        laps.time(conn, &format!("tasks.{name}"), ask).await?;
    }
    Ok(())
}

/// The statuses that no order of the book has.
const OF_NONE: [OrderStatus; 5] = [
    OrderStatus::Held,
    OrderStatus::Leased,
    OrderStatus::Stale,
    OrderStatus::Merged,
    OrderStatus::Rehearsed,
];

async fn of_orders(conn: &mut Conn, filled: Filled, laps: &mut Laps) -> Result<()> {
    let all = OrderFilter::default();
    let case_id = Some(CaseId(filled.first_case));
    let mut filters = vec![
        ("first".to_owned(), all.clone()),
        ("case".to_owned(), OrderFilter { case_id, status: None }),
    ];
    let statuses = OrderStatus::ALL.into_iter().filter(|it| !OF_NONE.contains(it));
    filters.extend(statuses.map(|status| {
        (status.to_string(), OrderFilter { case_id: None, status: Some(status) })
    }));
    for (name, filter) in &filters {
        let ask = async |conn: &mut Conn| {
            Ok(orders::list(conn, filter, None, PORTION).await?.len())
        };
        laps.time(conn, &format!("orders.{name}"), ask).await?;
    }
    // What nothing is found by takes no longer.
    for status in OF_NONE {
        let filter = OrderFilter { case_id: None, status: Some(status) };
        let ask = async |conn: &mut Conn| {
            Ok(orders::list(conn, &filter, None, PORTION).await?.len() + 1)
        };
        laps.time(conn, &format!("orders.{status}"), ask).await?;
    }
    let first = orders::list(conn, &all, None, 1).await?;
    let mut after = first.into_iter().next().context("没有指令")?;
    let status = Some(OrderStatus::Delivered);
    let delivered = OrderFilter { case_id: None, status };
    after.id = filled.middle_order();
    for (name, filter) in [("middle", &all), ("delivered_middle", &delivered)] {
        let ask = async |conn: &mut Conn| {
            Ok(orders::list(conn, filter, Some(&after), PORTION).await?.len())
        };
        laps.time(conn, &format!("orders.{name}"), ask).await?;
    }
    Ok(())
}

async fn of_approvals(conn: &mut Conn, filled: Filled, laps: &mut Laps) -> Result<()> {
    let verb = Some("file_suit".to_owned());
    // The first of a thousand that waits for a second person.
    let case_id = Some(CaseId(filled.first_case + 31));
    let filters = [
        ("first", ApprovalFilter::default()),
        ("verb", ApprovalFilter { verb, case_id: None }),
        ("case", ApprovalFilter { verb: None, case_id }),
    ];
    for (name, filter) in &filters {
        let ask = async |conn: &mut Conn| {
            let found = approvals::list(conn, filter, None, PORTION).await?;
            let cases: Vec<CaseId> = found.iter().map(|it| CaseId(it.case_id)).collect();
            Ok(case_head::of_cases(conn, DAY, &cases).await?.len())
        };
        laps.time(conn, &format!("approvals.{name}"), ask).await?;
    }
    let all = ApprovalFilter::default();
    let found = approvals::list(conn, &all, None, PORTION).await?;
    let after = found.get(found.len() / 2).context("没有待审批")?;
    let ask = async |conn: &mut Conn| {
        Ok(approvals::list(conn, &all, Some(after), PORTION).await?.len())
    };
    laps.time(conn, "approvals.middle", ask).await
}

#[cfg(feature = "visit")]
async fn of_visits(conn: &mut Conn, laps: &mut Laps) -> Result<()> {
    let plugins = plugins_on::all(&BTreeMap::new(), Path::new(""))?;
    let visits = plugins.named("visit").context("没有上门插件")?;
    let (first, middle) = ((String::new(), 0), (back(200).to_string(), 0));
    let asked = [
        ("first", None, &first),
        ("person", Some("测速员3"), &first),
        ("middle", None, &middle),
    ];
    for (name, of, after) in asked {
        let filters = &Map::new();
        let wanted =
            WorkWanted { of, case: None, after, limit: PORTION, today: DAY, filters };
        let ask =
            async |conn: &mut Conn| Ok(visits.open_work(&wanted, conn).await?.len());
        laps.time(conn, &format!("visits.{name}"), ask).await?;
    }
    Ok(())
}

#[cfg(not(feature = "visit"))]
#[expect(clippy::unused_async, reason = "it stands for one that asks the store")]
async fn of_visits(_conn: &mut Conn, _laps: &mut Laps) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a server as well, where tests have one.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_small_book_answers_every_view_within_its_bound() {
        let server = store::open::server_of_tests().map(|test| test.to_string());
        for database in std::iter::once(None).chain(server.map(Some)) {
            let wanted = ViewsOptions { open: LEAST, database };
            let told = views(&wanted).await.unwrap();
            let views = told["views_ms"].as_object().unwrap();
            for view in ["cases.workflow", "timeline.middle", "approvals.verb", "status"]
            {
                assert!(views.contains_key(view), "{view}: {told}");
            }
            assert!(!is_slow(&told), "{told}");
        }
    }
}
