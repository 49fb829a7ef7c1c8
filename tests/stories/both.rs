//! The same on both databases (两库同账): one site in a file and one on a server, worked
//! by the same people with the same entries, drawn by lot, over some weeks on a clock
//! that jumps. Every answer, every line of the journal, every list and report, the proof
//! and at last the whole store are the same to the byte.
//!
//! `BOTH_SEEDS` and `BOTH_DAYS` say for how many seeds and days, `SEED` which is the
//! first.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command;

use commands::Reply;
use commands::app::App;
use domain::status::OrderStatus;
use jiff::civil::{Date, date};
use release::shipped;
use runtime::clock::Clock;
use site::Site;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use store::views::orders::{self, OrderEntry, OrderFilter};
use store::views::tasks::{self, TaskFilter};
use store::{Durability, Options, Store, journal};
use tempfile::TempDir;

use super::rng::asked;
use super::site::is_on_server;
use crate::commands::not_run;

mod deeds;
mod forged;
mod lists;

use deeds::{Deed, Hand};

/// A Monday.
const FROM: Date = date(2026, 3, 2);
/// All is compared after so many days.
const LOOK_EVERY: i64 = 4;
/// What was done last is told with a difference.
const TOLD: usize = 12;
const PROGRAM: &str = env!("CARGO_BIN_EXE_qingshou");

const SETTINGS: &str = r#"
institution = "示例信用社"
zone = "Asia/Shanghai"
promise_tolerance = 2
guard.at_least = 6
guard.visits_per_collector = 2
blast_guard.at_least = 12

[[people]]
name = "示例主任"
login = "chief"
roles = ["administrator", "supervisor"]

[[people]]
name = "示例副主任"
login = "deputy"
roles = ["supervisor"]

[[people]]
name = "示例甲"
login = "first"
roles = ["collector"]

[[people]]
name = "示例乙"
login = "second"
roles = ["collector"]

[[people]]
name = "示例律师"
login = "counsel"
roles = ["legal", "compliance", "risk"]
"#;

/// A site in one of the two places.
struct Side {
    name: &'static str,
    dir: PathBuf,
    app: App,
}

impl Side {
    async fn open(dir: PathBuf, name: &'static str, database: Option<&str>) -> Self {
        shipped::write_site(&dir).expect("the site is made");
        let place = database.map(|database| format!("database = \"{database}\"\n"));
        let settings = place.unwrap_or_default() + SETTINGS;
        std::fs::write(dir.join("qingshou.toml"), settings)
            .expect("settings are written");
        let site = Site::open(&dir).expect("the site is opened");
        let options = Options {
            place: site.place().expect("the address is good"),
            durability: Durability::Off,
            create: true,
            // It is in the key of every order.
            store_id: Some("both".to_owned()),
        };
        let store = Store::open(options).await.expect("the store is made");
        store.close().await.expect("the store is closed");
        let clock = Clock::virtual_at(&site.config.zone, FROM.at(6, 0, 0, 0));
        let app = App::open_by(site, clock.expect("a zone")).await;
        let app = app.expect("the site is worked");
        if database.is_none() {
            // Whoever works a store on a server is entered when it is opened.
            let now = app.engine.clock.now();
            let mut tx = app.engine.store.write().await.expect("it is written to");
            let entered = store::daemons::enter(tx.conn(), now.ms, "here", 1).await;
            entered.expect("it is entered");
            tx.commit().await.expect("it is entered");
        }
        Self { name, dir, app }
    }

    /// An answer in full, without the name of the site's own folder.
    async fn ask(&self, login: &str, command: &commands::Command) -> (Reply, String) {
        let reply = Box::pin(self.app.handle(login, command)).await;
        let told = format!("{} {}\n{}", reply.exit, reply.data, reply.text);
        (reply, told.replace(&self.dir.display().to_string(), "SITE"))
    }

    /// The lines of the journal behind one, and the number of the last.
    async fn lines(&self, after: i64) -> (Vec<String>, i64) {
        let mut conn = self.app.engine.store.read().await.expect("a reader");
        let lines = journal::page(conn.conn(), after, i64::MAX, None).await;
        let lines = lines.expect("the journal is read");
        let last = lines.last().map_or(after, |it| it.id);
        let text = |it| serde_json::to_string(it).expect("a line is JSON");
        (lines.iter().map(text).collect(), last)
    }

    async fn orders(&self, status: Option<OrderStatus>) -> Vec<OrderEntry> {
        let mut conn = self.app.engine.store.read().await.expect("a reader");
        let filter = OrderFilter { status, ..OrderFilter::default() };
        orders::list(conn.conn(), &filter, None, 200).await.expect("orders are listed")
    }

    async fn tasks(&self) -> Vec<i64> {
        let mut conn = self.app.engine.store.read().await.expect("a reader");
        let found = tasks::list(conn.conn(), &TaskFilter::default(), None, 200).await;
        found.expect("tasks are listed").iter().map(|it| it.id.0).collect()
    }

    /// What the program prints about the site.
    fn prints(&self, words: &[String]) -> String {
        let mut command = Command::new(PROGRAM);
        for (name, _) in
            std::env::vars().filter(|variable| variable.0.starts_with("QINGSHOU_"))
        {
            command.env_remove(name);
        }
        let done = command
            .args(words)
            .env("QINGSHOU_SITE", &self.dir)
            .env("QINGSHOU_LANG", "en")
            .output()
            .expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&done.stdout), text(&done.stderr));
        format!("{:?}\n{err}{out}", done.status.code())
            .replace(&self.dir.display().to_string(), "SITE")
    }
}

/// Both sites, and what was done to them last.
struct Pair {
    sides: [Side; 2],
    last_line: i64,
    done: VecDeque<String>,
    again: String,
}

impl Pair {
    fn now_ms(&self) -> i64 {
        self.sides[0].app.engine.clock.now().ms
    }

    async fn pass_until(&mut self, until_ms: i64) {
        let [one, other] = &self.sides;
        let passed = tokio::join!(
            Box::pin(one.app.pass_until(until_ms)),
            Box::pin(other.app.pass_until(until_ms))
        );
        for (side, passed) in [(one, passed.0), (other, passed.1)] {
            if let Err(error) = passed {
                panic!("{}: {error:#}\n{}", side.name, self.told());
            }
        }
        let until = self.sides[0].app.engine.clock.civil(until_ms);
        self.note(format!("until {until}"));
        self.lines_are_equal().await;
    }

    /// Does the same to both and answers what the first came to.
    async fn act(&mut self, deed: &Deed) -> Option<Reply> {
        self.note(format!("{deed:?}"));
        let (login, request) = match deed {
            Deed::Ask(login, request) => (login, request),
            Deed::Save(file, text) => {
                for side in &self.sides {
                    let path = side.dir.join("workflows").join(file);
                    std::fs::write(path, text).expect("the file is saved");
                }
                return None;
            }
        };
        let [one, other] = &self.sides;
        let (one, other) =
            tokio::join!(one.ask(login, request), other.ask(login, request));
        self.equal("the answer", &one.1, &other.1);
        self.lines_are_equal().await;
        Some(one.0)
    }

    async fn lines_are_equal(&mut self) {
        let [one, other] = &self.sides;
        let after = self.last_line;
        let (one, other) = tokio::join!(one.lines(after), other.lines(after));
        self.equal("the journal", &one.0.join("\n"), &other.0.join("\n"));
        self.last_line = one.1;
    }

    /// Everything that people may look at.
    fn all_is_equal(&self, commands: &[Vec<String>]) {
        for words in commands {
            let [one, other] = &self.sides;
            let (one, other) = std::thread::scope(|it| {
                let one = it.spawn(|| one.prints(words));
                (one.join().expect("it is read"), other.prints(words))
            });
            self.equal(&words.join(" "), &one, &other);
        }
    }

    fn note(&mut self, what: String) {
        if self.done.len() == TOLD {
            self.done.pop_front();
        }
        self.done.push_back(what);
    }

    fn told(&self) -> String {
        let done: Vec<&str> = self.done.iter().map(String::as_str).collect();
        format!("run again with {}; done last:\n  {}", self.again, done.join("\n  "))
    }

    fn equal(&self, what: &str, one: &str, other: &str) {
        if one == other {
            return;
        }
        let mut lines = one.lines().zip(other.lines());
        let shown = match lines.find(|(one, other)| one != other) {
            Some((one, other)) => format!("  file:   {one}\n  server: {other}"),
            None => format!(
                "  file:   {} lines\n  server: {} lines",
                one.lines().count(),
                other.lines().count()
            ),
        };
        panic!("{what} differs:\n{shown}\n{}", self.told());
    }
}

#[test]
fn what_is_drawn_by_lot_comes_to_the_same_on_both_databases() {
    // The stores of this one lie on both, wherever those of the others do.
    if is_on_server() {
        return;
    }
    let Ok(server) = std::env::var("QINGSHOU_TEST_SERVER") else {
        not_run("no PostgreSQL server is named by QINGSHOU_TEST_SERVER");
        return;
    };
    let seeds = asked("BOTH_SEEDS").unwrap_or(1);
    let days = asked("BOTH_DAYS").unwrap_or(18);
    let first: u64 = asked("SEED").unwrap_or(1);
    for seed in first..first + seeds {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(Box::pin(weeks(seed, days, &server)));
    }
}

async fn weeks(seed: u64, days: i64, server: &str) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let schema = format!("both_{seed}_{}", std::process::id());
    let address = format!("{server}?schema={schema}");
    let one = Side::open(folder.path().join("file"), "file", None).await;
    let other = Side::open(folder.path().join("server"), "server", Some(&address)).await;
    let mut pair = Pair {
        sides: [one, other],
        last_line: 0,
        done: VecDeque::new(),
        again: format!("SEED={seed} BOTH_SEEDS=1 BOTH_DAYS={days}"),
    };
    let mut hand = Hand::of(seed, folder.path());
    for deed in hand.first_deeds(FROM) {
        pair.act(&deed).await;
    }
    for day in 1..=days {
        Box::pin(a_day(&mut pair, &mut hand)).await;
        if day % LOOK_EVERY == 0 || day == days {
            pair.all_is_equal(&lists::looked_at(&mut hand));
        }
    }
    let Pair { sides, again, .. } = pair;
    for side in &sides {
        side.app.engine.store.close().await.expect("the store is closed");
    }
    let dirs = sides.map(|side| side.dir);
    stores_are_equal(&dirs[0], &address, &folder, &again).await;
    forged::is_told_alike(&dirs, &address, &again).await;
    let mut conn = AnyConnection::connect(server).await.expect("the server answers");
    let gone = format!("drop schema {schema} cascade");
    sqlx::raw_sql(AssertSqlSafe(gone)).execute(&mut conn).await.expect("it is dropped");
}

/// A day's files of the bank, and what people enter until the evening.
async fn a_day(pair: &mut Pair, hand: &mut Hand) {
    let clock = pair.sides[0].app.engine.clock.clone();
    let today = clock.now().today().tomorrow().expect("a day");
    pair.pass_until(clock.instant(today.at(7, 0, 0, 0))).await;
    for deed in hand.files_of(today) {
        pair.act(&deed).await;
    }
    for _ in 0..hand.deeds_a_day() {
        let later = pair.now_ms() + hand.minutes() * 60_000;
        pair.pass_until(later).await;
        let deed = hand.draw(&pair.sides[0], clock.now().today()).await;
        let reply = pair.act(&deed).await;
        hand.hear(&deed, reply.as_ref());
    }
}

/// Every table, row by row: the store on the server is copied into a file beside the
/// other.
async fn stores_are_equal(site: &Path, address: &str, folder: &TempDir, again: &str) {
    let copy = folder.path().join("copy.db").display().to_string();
    copied(address, &copy, again);
    let file = format!("sqlite:{}", site.join("case_store.db").display());
    let mut conn = AnyConnection::connect(&file).await.expect("the store is opened");
    sqlx::query("attach $1 as other")
        .bind(copy)
        .execute(&mut conn)
        .await
        .expect("attached");
    let tables: Vec<String> = sqlx::query_scalar(
        "select name from main.sqlite_master
         where type = 'table' and name not like 'sqlite_%' and name <> 'daemons'",
    )
    .fetch_all(&mut conn)
    .await
    .expect("the tables are read");
    assert!(30 < tables.len(), "{tables:?}");
    for table in &tables {
        for (one, other) in [("main", "other"), ("other", "main")] {
            // The copy has entered whoever made it, by a number of the store it is of.
            let but = if table == "meta" { "where key <> 'next_id'" } else { "" };
            let sql = format!(
                "select count(*) from (select * from {one}.{table} {but}
                   except select * from {other}.{table})"
            );
            let found = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut conn);
            let found: i64 = found.await.expect("the tables are compared");
            assert_eq!(found, 0, "rows of `{table}` that are in {one} alone; {again}");
        }
    }
    conn.close().await.expect("the store is closed");
    // Either store says now that it was moved.
    let file = site.join("case_store.db").display().to_string();
    copied(&file, &folder.path().join("another.db").display().to_string(), again);
}

fn copied(from: &str, to: &str, again: &str) {
    let done = Command::new(PROGRAM)
        .args(["store", "copy", from, to])
        .env("QINGSHOU_LANG", "en")
        .output()
        .expect("the program runs");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}\n{again}");
}
