//! Status (状态): how a whole book stands, for whoever opens the first page.
//!
//! What waits for a person is counted by indexes that hold nothing else. How many cases
//! there are, where they stand and what became of all orders there have been takes a walk
//! through the book: whoever works a large one counts it beside the work and keeps what
//! was found, and the view says as of when that is.

use domain::status::OrderStatus;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::figures::{self, WaitingForPeople};
use crate::views::parked::{self, Cause};
use crate::views::untaken::{self, Untaken};
use crate::{Conn, StoreError, meta, outbox, releases};

/// A count of a large book is shown as long, in milliseconds.
const KEPT_FOR_MS: i64 = 600_000;
/// Cases and orders of a book that is large: to count it takes more than a moment.
const LARGE: i64 = 100_000;
/// Where the last count lies, in `meta`.
const KEPT: &str = "book_counts";

/// How a whole book stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// The number of the live release.
    pub release: Option<i64>,
    /// What was counted over the whole book.
    pub book: BookCounts,
    /// What waits for people.
    pub waiting: WaitingForPeople,
    /// What of each role nobody has taken.
    pub untaken: Vec<Untaken>,
    /// Why runs are set aside, the cause of most of them first.
    pub causes: Vec<Cause>,
    /// The book was counted before, at this instant, in milliseconds since 1970.
    pub counted_at: Option<i64>,
}

/// What is counted over the whole book.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct BookCounts {
    /// All cases.
    pub cases: i64,
    /// Open runs by workflow and stage, those without any left out.
    pub stages: Vec<StageCount>,
    /// Orders by verb and status.
    pub orders: Vec<OrderCount>,
}

impl BookCounts {
    fn is_large(&self) -> bool {
        let orders: i64 = self.orders.iter().map(|order| order.count).sum();
        LARGE <= self.cases + orders
    }
}

/// How many open runs stand in a stage.
#[derive(Clone, Debug, Deserialize, Eq, FromRow, PartialEq, Serialize)]
pub struct StageCount {
    /// The workflow.
    pub workflow: String,
    /// The stage.
    pub stage: String,
    /// How many.
    pub cases: i64,
}

/// How many orders of a verb stand in a status.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OrderCount {
    /// The verb.
    pub verb: String,
    /// The status.
    pub status: OrderStatus,
    /// How many.
    pub count: i64,
}

/// A count that was kept.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    at: i64,
    book: BookCounts,
}

/// How the book stands at an instant, in milliseconds since 1970; of each cause of parked
/// runs the first `named` cases.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn load(
    conn: &mut Conn,
    now_ms: i64,
    named: usize,
) -> Result<Status, StoreError> {
    let waiting = figures::waiting_for_people(conn).await?;
    let untaken = untaken::by_role(conn).await?;
    let causes = parked::causes(conn, named).await?;
    let release = releases::active(conn).await?.map(|it| it.number);
    let kept = kept(conn).await?;
    let kept = kept.filter(|it| (0..KEPT_FOR_MS).contains(&(now_ms - it.at)));
    let counted_at = kept.as_ref().map(|it| it.at);
    let book = match kept {
        Some(kept) => brought_up_to_date(conn, kept.book).await?,
        None => count(conn).await?,
    };
    Ok(Status { release, book, waiting, untaken, causes, counted_at })
}

const CASES: &str = "select count(*) from cases";

const STAGES: &str = "\
select workflow, stage, count(*) as cases from instances
where status <> 'finished'
group by workflow, stage
order by workflow, stage";

/// Counts the whole book, by walks through it.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn count(conn: &mut Conn) -> Result<BookCounts, StoreError> {
    let cases = sqlx::query_scalar(CASES).fetch_one(&mut *conn).await?;
    let stages = sqlx::query_as(STAGES).fetch_all(&mut *conn).await?;
    let orders = outbox::counts(conn).await?.into_iter();
    let orders = orders.map(|(verb, status, count)| OrderCount { verb, status, count });
    Ok(BookCounts { cases, stages, orders: orders.collect() })
}

/// Keeps the count of a large book that was begun at an instant, in milliseconds since
/// 1970, for [`load`]; one of a small book is counted whenever it is asked for, and what
/// may be left of larger days is forgotten.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn keep(conn: &mut Conn, book: BookCounts, at: i64) -> Result<(), StoreError> {
    if !book.is_large() {
        return meta::remove(conn, KEPT).await;
    }
    let text = serde_json::to_string(&Kept { at, book })?;
    meta::set_text(conn, KEPT, &text).await
}

/// Whether a count is to be kept, or another one that is there to be forgotten.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn is_to_be_kept(
    conn: &mut Conn,
    book: &BookCounts,
) -> Result<bool, StoreError> {
    Ok(book.is_large() || meta::text(conn, KEPT).await?.is_some())
}

async fn kept(conn: &mut Conn) -> Result<Option<Kept>, StoreError> {
    let text = meta::text(conn, KEPT).await?;
    // Of a newer or an older program: the book is counted.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// A count that was kept, with the orders that have not left or did not get through as
/// they stand now.
async fn brought_up_to_date(
    conn: &mut Conn,
    mut book: BookCounts,
) -> Result<BookCounts, StoreError> {
    let is_settled =
        |it: &OrderCount| !it.status.is_open() && it.status != OrderStatus::Failed;
    book.orders.retain(is_settled);
    for (verb, status, count) in figures::orders(conn).await? {
        book.orders.push(OrderCount { verb, status: status.parse()?, count });
    }
    book.orders.sort_by(|one, next| {
        (&one.verb, one.status.as_str()).cmp(&(&next.verb, next.status.as_str()))
    });
    Ok(book)
}
