//! Views (视图): what lists and screens show of the store, a portion at a time.
//!
//! Whatever shows them, a terminal or a page, asks here and nowhere else. A list has a
//! filter, an entry, and one question, `list(conn, &filter, after, limit)`: it is read in
//! portions, each behind the last entry of the one before, so that none is held whole and
//! none grows slower towards its end. Each filter has the index that finds its entries in
//! the order of the list; `qingshou bench views` measures them all on a large book.

use jiff::civil::Date;

pub mod approvals;
pub mod case_head;
pub mod cases;
pub mod charge;
pub mod one_case;
pub mod orders;
pub mod parked;
pub mod people;
pub mod search;
pub mod status;
pub mod tasks;
pub mod timeline;
pub mod untaken;
pub mod why_here;

/// A day as statements compare it: before every other one where there is none.
fn or_first(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// How many of a limit are left.
fn left(limit: i64, found: usize) -> i64 {
    limit.saturating_sub(i64::try_from(found).unwrap_or(i64::MAX))
}

/// How a statement that is put together is answered, for tests.
#[cfg(test)]
async fn plan(sql: &str) -> Vec<String> {
    use sqlx::{AssertSqlSafe, Row};

    let store = crate::Store::in_memory().await.unwrap();
    let mut conn = store.read().await.unwrap();
    let plan = AssertSqlSafe(format!("explain query plan {sql}"));
    let steps = sqlx::query(plan).fetch_all(conn.conn()).await.unwrap();
    steps.iter().map(|step| step.get("detail")).collect()
}
