//! What reading costs (查询代价): no statement walks through a table that grows
//! with the book, and every reference between tables has its index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnection, PgStatement};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Connection as _, Executor as _, Row,
    SqlSafeStr as _, SqliteConnection, Statement as _, TypeInfo as _,
};
use store::Store;
use store::dialect::{Database, text_for};
use tempfile::TempDir;

use crate::commands::not_run;
use crate::stories::site::{is_on_server, run_on};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Tables that stay small however long a book is worked.
const SMALL: &[&str] = &[
    "meta",
    "releases",
    "active_release",
    "daemons",
    "plugin_migrations",
    // a row a stop, and a row a day and channel
    "sending_stops",
    "sending_days",
    // a row a workflow
    "enrolment_faults",
    "suspended_workflows",
    // a row a month, and a row a month and member of staff
    "reward_months",
    "reward_payouts",
];

/// Indexes over a few rows of a large table: to walk through one is to look at
/// what waits, not at the book.
const SHORT: &[&str] = &[
    "inbox_waiting",
    "inbox_set_aside",
    "instances_parked",
    "instances_frozen",
    "outbox_unapproved",
    "instances_rehearsed",
    "outbox_ready",
    "outbox_ready_of_verb",
    "outbox_rehearsed",
    "outbox_held",
    "outbox_held_until",
    "outbox_leased",
    "outbox_uncounted",
    "outbox_unknown",
    "outbox_ready_of_verb",
    "outbox_standing",
    "tasks_open",
    "tasks_of_order",
    "tasks_of_kind",
    "tasks_by_day",
    "tasks_untaken",
    "tasks_untaken_listed",
    "visits_planned",
    "reward_lines_unstated",
    "reward_objections_open",
    "matter_deadlines_near",
    "one_open_matter_of_a_kind",
    "open_matters",
    "ledger_reversals",
    "sending_stops_at_work",
    "left_before_restore_open",
];

/// Columns of a few words each: to find rows by them alone is to find a good part
/// of all there have ever been.
const FEW_VALUED: &[&str] = &[
    "status",
    "kind",
    "workflow",
    "lane",
    "stage",
    "channel",
    "verb",
    "plugin",
    "source",
    "grade",
    "outcome",
    "action",
    "role",
    "rehearsal",
];

/// Statements that walk through a table on purpose, by the place where they
/// begin to stand, with the reason why that is right.
const ON_PURPOSE: &[(&str, &str)] = &[
    ("engine/store/src/verify", "a proof reads everything, when a person asks for it"),
    ("engine/store/src/seals.rs:ALL", "a proof reads everything"),
    ("engine/store/src/seals.rs:NEWEST_LINE", "reads one row from the end of its key"),
    ("engine/store/src/holds/persons.rs:ANY", "ends with the first row"),
    ("engine/store/src/reports", "a report is over the whole book"),
    ("engine/store/src/figures.rs:RUNS", FIGURES_AT_THE_END),
    ("engine/store/src/figures.rs:OUTCOME", FIGURES_AT_THE_END),
    ("engine/store/src/figures.rs:STORY", FIGURES_AT_THE_END),
    ("engine/store/src/figures.rs:DEFERRED", FIGURES_AT_THE_END),
    ("engine/store/src/figures.rs:REFUSALS", FIGURES_AT_THE_END),
    ("engine/store/src/figures.rs:WORKFLOWS", OF_A_TEST),
    ("engine/store/src/views/cases.rs:SCRIPT_ERROR", OF_A_TEST),
    ("engine/store/src/views/orders.rs:DELIVERED", OF_A_TEST),
    ("engine/store/src/views/orders.rs:REFUSED", OF_A_TEST),
    ("engine/store/src/views/orders.rs:COLUMNS", FILTERS_OF_A_VIEW),
    ("engine/store/src/views/tasks.rs:COLUMNS", FILTERS_OF_A_VIEW),
    ("engine/store/src/views/approvals.rs:COLUMNS", FILTERS_OF_A_VIEW),
    (
        "engine/store/src/views/status.rs:",
        "counts a whole book, a large one beside the work",
    ),
    ("engine/store/src/outbox.rs:COUNTS", "counts the orders when a person asks for it"),
    ("engine/store/src/rehearsal.rs:JOIN_ALL", "one pass when a rehearsal begins"),
    ("engine/store/src/releases.rs:POPULATED", "one pass when a release takes over"),
    ("engine/store/src/releases.rs:UNPARK", "one pass when a release takes over"),
    ("engine/store/src/releases.rs:FORGET_ERRORS", "one pass when a release takes over"),
    (
        "engine/store/src/lost_places.rs:",
        "a rollback looks once through open runs and, by their indexes, what is on its way",
    ),
    (
        "engine/store/src/enrolment_faults.rs:",
        "only what one `where` that fails still owes, counted when it is told",
    ),
    (
        "engine/store/src/tasks.rs:HAS_KIND",
        "asked when somebody types a kind that the program does not know",
    ),
    (
        "engine/store/src/case_book.rs:HAS_VALUE",
        "asked when somebody types a filter, and ends at the first case that has it",
    ),
    (
        "engine/store/src/case_book.rs:VALUES",
        "what may be typed, told to whoever typed what no case has",
    ),
    (
        "engine/store/src/promises.rs:SHOWN",
        "asked when a person names what shows an entry: numbers are compared however written",
    ),
    ("plugins/visit/src/books.rs:RECEIPTS", "as the papers of promises"),
    ("plugins/legal/src/books/letters.rs:RECEIPTS", "as the papers of promises"),
    ("plugins/legal/src/books/letters.rs:PROOFS", "once in the life of a store"),
    ("plugins/legal/src/books.rs:NUMBERS", "once in the life of a store"),
    ("engine/store/src/order_query.rs:", "`each_status_is_found_by_its_index`"),
    (
        "engine/store/src/enrol.rs:ENTRANTS",
        "conditions narrow it, once a day and release",
    ),
    (
        "engine/store/src/enrol.rs:BOOK",
        "as ENTRANTS, once for each edit of the conditions",
    ),
    ("engine/store/src/mark.rs:NEWEST", "the last thousand lines, by their number"),
    (
        "engine/store/src/claims.rs:STAGES",
        "the cases before a court alone, when a person asks for a proof",
    ),
    ("engine/store/src/copy.rs:CONTENTS", "counts the copy that a backup has made"),
    ("plugins/legal/src/books.rs:MIGRATIONS", "once, when the steps came to be kept"),
    ("plugins/reward/src/books.rs:MIGRATIONS", "once, when parts came to be kept"),
    (
        "plugins/reward/src/books/proof.rs:",
        "a proof reads everything, when a person asks for it",
    ),
    ("plugins/reward/src/books/open.rs:", "what is not paid, when a person asks for it"),
    (
        "engine/store/src/plugin_reads.rs:PAYMENTS_TOLD",
        "rules tried on a quarter, when asked for",
    ),
    ("plugins/visit/src/books.rs:MADE", FIGURES_AT_THE_END),
    ("plugins/legal/src/books.rs:SUITS", FIGURES_AT_THE_END),
];

const FIGURES_AT_THE_END: &str =
    "a demo or a replay ends with figures of all that it did";
const FILTERS_OF_A_VIEW: &str = "what a filter adds is looked at by `each_filter_has_an_index_in_the_order_of_the_list`";
const OF_A_TEST: &str = "the store of a script test holds a few cases";

/// Texts that are only parts of statements, with the test that looks at the
/// wholes, or the reason why they need none.
const PARTS: &[(&str, &str)] = &[
    ("engine/store/src/enrol.rs:?", "`a_search_walks_only_where_no_index_can_help`"),
    (
        "engine/store/src/views/cases.rs:?",
        "`each_filter_has_an_index_in_the_order_of_the_list`",
    ),
    ("engine/store/src/rows.rs:?", "puts rows into a table and reads none"),
    ("engine/store/src/open/lease.rs:?", "one row by its key"),
    ("engine/store/src/copy_between.rs:?", "whole tables along their keys, once"),
    ("engine/store/src/seals.rs:?", "each book from a number on, by its key"),
    ("engine/store/src/blank.rs:?", "empties the store of a script test"),
    (
        "engine/store/src/states.rs:?",
        "tables that changed, from their newest rows on, by key",
    ),
];

/// A statement with the place where it stands.
struct Statement {
    place: String,
    sql: String,
}

#[tokio::test]
async fn no_statement_walks_through_a_growing_table() {
    if is_on_server() {
        return;
    }
    let site = Site::new();
    let mut conn = site.connect().await;
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    for Statement { place, sql } in statements_of_the_sources() {
        if OF_ONE_DATABASE.iter().any(|it| place.starts_with(it)) {
            continue;
        }
        let listed = ON_PURPOSE.iter().find(|(listed, _)| place.starts_with(listed));
        let part = PARTS.iter().find(|(part, _)| *part == place);
        match (walks(&mut conn, &sql).await, listed, part) {
            (Ok(walked), _, _) if walked.is_empty() => {}
            (_, Some((listed, _)), _) => drop(used.insert(*listed)),
            (Err(_), None, Some((part, _))) => drop(used.insert(*part)),
            (Ok(walked), None, _) => {
                faults.push(format!("{place} walks through {}", walked.join(", ")));
            }
            (Err(error), None, None) => {
                faults.push(format!("{place} cannot be prepared: {error}"));
            }
        }
    }
    for (place, _) in ON_PURPOSE.iter().chain(PARTS) {
        if !used.contains(place) {
            faults.push(format!("{place} needs no exception any more"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Words of one database alone, side by side in one file, and texts that are only
/// parts.
const OF_ONE_DATABASE: &[&str] = &["engine/store/src/dialect.rs"];

/// Parts of statements that SQLite's test need not look at, and the store of a script
/// test, which lies in memory.
const NOT_FOR_A_SERVER: &[&str] = &[
    // Steps over tables that one of them makes and another renames.
    "plugins/legal/src/books.rs:MIGRATIONS",
    "engine/store/src/blank.rs",
    "engine/store/src/reports/ledgers.rs:NEWEST_CASE",
    "engine/store/src/verify/books.rs",
];

#[tokio::test]
async fn every_statement_is_one_that_both_databases_understand() {
    let Some(server) = store::open::server_of_tests() else {
        not_run("no PostgreSQL server is named by QINGSHOU_TEST_SERVER");
        return;
    };
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let store = Store::temporary_on(server, dir.path()).await.expect("a store is made");
    let mut tx = store.write().await.expect("a writer");
    for plugin in plugins_on::all(&BTreeMap::new(), dir.path()).expect("plugins").iter() {
        for (number, text) in (1..).zip(plugin.migrations()) {
            let step = (number, *text);
            let name = plugin.manifest().name;
            store::plugin_tables::migrate(tx.conn(), name, step).await.expect("tables");
        }
    }
    tx.commit().await.expect("tables of plugins are made");
    let server = store.place().server().expect("it lies on a server");
    let mut conn = PgConnection::connect(&server.url()).await.expect("it answers");
    let mut faults = Vec::new();
    for Statement { place, sql } in statements_of_the_sources() {
        let is_part = PARTS.iter().any(|(part, _)| *part == place)
            || OF_ONE_DATABASE
                .iter()
                .chain(NOT_FOR_A_SERVER)
                .any(|it| place.starts_with(it));
        let sql = AssertSqlSafe(text_for(Database::Postgres, &sql)).into_sql_str();
        match conn.prepare(sql).await {
            Err(error) if !is_part && !is_untyped(&error) => {
                faults.push(format!("{place}: {error}"));
            }
            Ok(statement) => faults.extend(strange_columns(&place, &statement)),
            Err(_) => {}
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Columns that the driver of both databases cannot hand on.
fn strange_columns(place: &str, statement: &PgStatement) -> Vec<String> {
    let known = ["INT8", "INT4", "TEXT", "BOOL", "VOID"];
    let columns = statement.columns().iter();
    let strange = columns.filter(|column| !known.contains(&column.type_info().name()));
    strange
        .map(|strange| format!("{place}: {} is {}", strange.name(), strange.type_info()))
        .collect()
}

/// What a parameter is the program says when it runs the statement.
fn is_untyped(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "42P18")
}

#[tokio::test]
async fn every_reference_between_growing_tables_has_an_index() {
    if is_on_server() {
        return;
    }
    let site = Site::new();
    let mut conn = site.connect().await;
    let mut faults = Vec::new();
    for table in tables(&mut conn).await {
        if SMALL.contains(&table.as_str()) {
            continue;
        }
        let indexed = leading_columns(&mut conn, &table).await;
        let sql =
            format!("select \"from\", \"table\" from pragma_foreign_key_list('{table}')");
        for row in fetch(&mut conn, sql).await.expect("references can be read") {
            let (column, to): (String, String) = (row.get(0), row.get(1));
            if !SMALL.contains(&to.as_str()) && !indexed.contains(&column) {
                faults.push(format!("{table}.{column} refers to {to} and has no index"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A site with an empty store, as the program makes it.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let list = dir.path().join("cases.csv");
        std::fs::write(&list, "case_id,principal\nQS-1,5000\n")
            .expect("the list is written");
        let list = list.to_str().expect("a temporary path is plain");
        let site = dir.path().join("site");
        std::fs::create_dir(&site).expect("the site's folder is made");
        std::fs::write(site.join("qingshou.toml"), "zone = \"Asia/Shanghai\"\n")
            .expect("settings are written");
        let done = run_on(&site, &["import", "cases", list]);
        assert_eq!(done.exit, 0, "{}{}", done.out, done.err);
        Self(dir)
    }

    async fn connect(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(self.0.path().join("site/case_store.db"));
        options.connect().await.expect("the store opens")
    }
}

async fn fetch(conn: &mut SqliteConnection, sql: String) -> sqlx::Result<Vec<SqliteRow>> {
    sqlx::query(AssertSqlSafe(sql)).fetch_all(conn).await
}

async fn tables(conn: &mut SqliteConnection) -> Vec<String> {
    let sql =
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%'";
    let rows = fetch(conn, sql.to_owned()).await.expect("the schema can be read");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Columns by which a table's rows are found at once.
async fn leading_columns(conn: &mut SqliteConnection, table: &str) -> BTreeSet<String> {
    let sql = format!(
        "select i.name from pragma_index_list('{table}') l, pragma_index_info(l.name) i \
         where i.seqno = 0 \
         union select name from pragma_table_info('{table}') where pk = 1"
    );
    let rows = fetch(conn, sql).await.expect("indexes can be read");
    rows.iter().filter_map(|row| row.get(0)).collect()
}

/// The growing tables that a statement walks through from end to end.
async fn walks(conn: &mut SqliteConnection, sql: &str) -> sqlx::Result<Vec<String>> {
    let sql = text_for(Database::Sqlite, sql);
    let names = names(&sql);
    let known = tables(conn).await;
    let grows =
        |table: &String| known.contains(table) && !SMALL.contains(&table.as_str());
    let mut walked = Vec::new();
    let steps = fetch(conn, format!("explain query plan {sql}")).await?;
    for row in &steps {
        let step: &str = row.get(3);
        let beside = |it: &&SqliteRow| {
            let other: &str = it.get(3);
            it.get::<i64, _>(1) == row.get::<i64, _>(1)
                && (other.starts_with("SEARCH ") || other.starts_with("SCAN "))
        };
        let is_alone = steps.iter().filter(beside).count() == 1;
        let found = step.strip_prefix("SEARCH ").filter(|rest| finds_all(rest, is_alone));
        let Some(rest) = step.strip_prefix("SCAN ").or(found) else { continue };
        if SHORT.iter().any(|index| rest.split(' ').any(|word| word == *index)) {
            continue;
        }
        let mut words = rest.split(' ');
        let Some(name) = words.next() else { continue };
        let Some(table) = names.get(name) else { continue };
        if grows(table) && !step.contains("VIRTUAL TABLE") {
            walked.push(format!("{table} ({step})"));
        }
    }
    Ok(walked)
}

/// Whether what is called a search comes to all rows, or to a good part of them.
fn finds_all(search: &str, is_alone: bool) -> bool {
    let Some((_, used)) = search.split_once(" USING ") else {
        // The newest of a column without index is searched by reading all rows.
        return true;
    };
    let Some((_, sought)) = used.split_once(" (") else {
        // The first in the order of an index, if there is no more to it: beside
        // another table it is the first for which that has something.
        return !is_alone;
    };
    sought.trim_end_matches(')').split(" AND ").all(|one| {
        let column = one.strip_suffix("=?");
        column.is_some_and(|column| FEW_VALUED.contains(&column))
    })
}

/// What each name in a statement stands for.
fn names(sql: &str) -> BTreeMap<String, String> {
    let words: Vec<&str> = sql
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut names = BTreeMap::new();
    for (place, word) in words.iter().enumerate() {
        let follows_table = matches!(*word, "from" | "join" | "update" | "into");
        let Some(table) = words.get(place + 1).filter(|_| follows_table) else {
            continue;
        };
        names.insert((*table).to_owned(), (*table).to_owned());
        if let Some(alias) = words.get(place + 2) {
            names.entry((*alias).to_owned()).or_insert_with(|| (*table).to_owned());
        }
    }
    names
}

/// Every text in the sources that reads like a statement, tests left out.
fn statements_of_the_sources() -> Vec<Statement> {
    let mut found = Vec::new();
    let sources = sources();
    // A part that several files put into their statements has a name of its own.
    let shared: Vec<(&str, String)> =
        sources.iter().flat_map(|(_, text)| constants(text)).collect();
    for (name, text) in &sources {
        let own = constants(text);
        for (constant, mut sql) in literals(text) {
            for (name, value) in own.iter().chain(&shared) {
                sql = sql.replace(&format!("{{{name}}}"), value);
            }
            let place = format!("{name}:{constant}");
            found.push(Statement { place, sql });
        }
    }
    assert!(200 < found.len(), "only {} statements were found", found.len());
    found
}

/// The texts of the sources by their names, tests left out.
fn sources() -> Vec<(String, String)> {
    let files = ["engine", "plugins"].map(|top| rust_files(&Path::new(ROOT).join(top)));
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).expect("a source file can be read");
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let name = file.strip_prefix(ROOT).expect("it lies below the root");
        (name.display().to_string(), text.to_owned())
    };
    files.into_iter().flatten().map(read).collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a folder can be read") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !matches!(name, "tests" | "examples" | "bench" | "target") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") && name != "tests.rs"
        {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The string literals that begin like a statement, each with the name of the
/// constant before it.
fn literals(text: &str) -> Vec<(String, String)> {
    texts(text).into_iter().filter(|text| is_statement(&text.1)).collect()
}

pub(crate) fn is_statement(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let begins = match words[..] {
        ["select" | "update", _, _] | ["insert", "into", _] | ["delete", "from", _] => {
            true
        }
        // A sentence of the manual may begin with it too.
        ["with", _, next] => next == "as" || next.starts_with('('),
        _ => false,
    };
    begins && 20 < text.len()
}

/// The first string literal of each line, with the name of the constant before it.
pub(crate) fn texts(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut constant = String::from("?");
    for line_start in line_starts(text) {
        let rest = &text[line_start..];
        let trimmed = rest.trim_start();
        let named = trimmed.strip_prefix("pub ").unwrap_or(trimmed);
        let named = named.strip_prefix("pub(crate) ").unwrap_or(named);
        if let Some(name) = named.strip_prefix("const ") {
            name.split([':', ' ']).next().unwrap_or_default().clone_into(&mut constant);
        } else if trimmed.starts_with("fn ")
            || trimmed.contains("fn ") && trimmed.starts_with("pub")
        {
            constant = String::from("?");
        }
        let line = rest.lines().next().unwrap_or_default();
        let Some(quote) = line.find('"') else { continue };
        if line.trim_start().starts_with("//") {
            continue;
        }
        found.push((constant.clone(), unescape(&rest[quote + 1..])));
    }
    found
}

/// The constants of a file that are texts, which stand in braces where a
/// statement is put together.
fn constants(text: &str) -> Vec<(&str, String)> {
    let after_const = text.split("const ").skip(1);
    let named = after_const.filter_map(|rest| rest.split_once(": &str ="));
    let texts = named
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    texts
        .filter_map(|(name, rest)| Some((name, unescape(rest.split_once('"')?.1))))
        .collect()
}

fn line_starts(text: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

/// The value of a string literal whose opening quote stands just before.
fn unescape(text: &str) -> String {
    let mut value = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                Some('\n') => {
                    while letters.peek().is_some_and(|next| next.is_whitespace()) {
                        letters.next();
                    }
                }
                Some('n') => value.push('\n'),
                Some(other) => value.push(other),
                None => break,
            },
            other => value.push(other),
        }
    }
    value
}

#[test]
fn a_search_that_comes_to_all_rows_is_no_search() {
    let table = [
        ("c USING INDEX contacts_of_case (case_id=?)", true, false),
        ("o USING INDEX outbox_of_instance (instance_id=? AND status=?)", true, false),
        ("c USING INDEX cases_by_oldest (oldest_unpaid_on<?)", true, false),
        ("contacts USING COVERING INDEX sqlite_autoindex_contacts_1", true, false),
        ("c USING INDEX sqlite_autoindex_contacts_1", false, true),
        ("seals", true, true),
        ("e USING INDEX sqlite_autoindex_events_2 (source=?)", true, true),
        ("i USING INDEX instances_by_status (status=? AND workflow=?)", true, true),
    ];
    for (search, is_alone, wanted) in table {
        assert_eq!(finds_all(search, is_alone), wanted, "{search}");
    }
}
