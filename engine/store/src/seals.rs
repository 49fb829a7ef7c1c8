//! Seals (封存): what was written may not be changed or cut off afterwards.
//!
//! A seal covers what a book (an append-only table) has taken in since the last
//! seal of that book, by the columns that never change; each seal also covers the
//! seal before it, of whatever book. What stands behind the last seal is covered
//! by the next. Tables that change are sealed as they stand (`states.rs`).
//!
//! The newest seal is told of in the journal, so that seals cannot be taken away by
//! themselves.

use domain::journal::{BooksSealed, Entry};
use sha2::{Digest, Sha256};
use sqlx::{FromRow, Row};

use crate::dialect::Database;
use crate::journal::{self, NewLine, hex};
use crate::progress::Progress;
use crate::{Conn, Now, StoreError, ids, meta, states};

/// The hash of the newest seal, in the store's `meta`: without it the newest
/// seals could be taken away.
pub const NEWEST: &str = "newest_seal";

/// A table that only grows, and how its rows are read for a seal, some at a time:
/// the last number, the count and the canonical texts, a line each, of the rows
/// behind `$1` up to `$2`, in order of their numbers, at most `$3`.
#[derive(Debug)]
pub struct Book {
    /// The table.
    pub table: &'static str,
    /// What people call it.
    pub title: &'static str,
    rows: Rowed,
    end: &'static str,
}

/// The statement for the rows of a book, whose texts are hashed: byte by byte the same
/// from both databases, and `json_array` leaves blanks in PostgreSQL.
#[derive(Clone, Copy, Debug)]
struct Rowed {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Rowed {
    fn of(self, database: Database) -> &'static str {
        match database {
            Database::Sqlite => self.sqlite,
            Database::Postgres => self.postgres,
        }
    }
}

macro_rules! portion {
    ($table:literal, $($line:expr),+) => {
        concat!(
            "select max(id) as last, count(*) as rows, string_agg(line, char(10)) as lines
             from (select id, ",
            $($line),+,
            " as line from ",
            $table,
            " where $1 < id and id <= $2 order by id limit $3) portion"
        )
    };
}

macro_rules! book {
    ($table:literal, $title:literal, { $($column:ident),+ }) => {
        book!(
            $table,
            $title,
            { $($column),+ },
            concat!("select max(id) from ", $table)
        )
    };
    ($table:literal, $title:literal, { $($column:ident),+ }, $end:expr) => {
        Book {
            table: $table,
            title: $title,
            rows: Rowed {
                sqlite: portion!(
                    $table,
                    "json_array(id",
                    $(", ", stringify!($column)),+,
                    ")"
                ),
                postgres: portion!(
                    $table,
                    "cast(array_to_json(array[to_json(id)",
                    $(", to_json(", stringify!($column), ")"),+,
                    "]) as text)"
                ),
            },
            end: $end,
        }
    };
}

/// Rows read at a time: a release holds a whole folder.
const PORTION: i64 = 1_000;
const RELEASES: i64 = 20;

/// An order that ends unsent takes the attempt reserved for it along, so
/// attempts are sealed up to the first whose order is still to leave. A try
/// that is repeated moves its attempt to another day and minute. Each status is
/// asked for by itself: its index holds what waits, and not what has ever left.
const END_OF_CONTACTS: &str = "\
select coalesce(
  (select min(c.id) - 1 from contacts c where c.order_id in (
    select id from outbox where status = 'pending'
    union all
    select id from outbox where status = 'held'
    union all
    select id from outbox where status = 'leased')),
  (select max(id) from contacts))";

/// Every book that is sealed.
pub const BOOKS: [Book; 12] = [
    book!("journal", "日志", { hash }),
    book!(
        "ledger",
        "账目",
        { case_id, kind, amount_fen, booked_on, reverses, source, actor, note,
          inferred, recorded_at }
    ),
    book!(
        "events",
        "事件",
        { case_id, kind, payload, source, dedupe_key, happened_on, received_at }
    ),
    book!(
        "holds",
        "暂停",
        { case_id, party_id, reason, action, lifts, effective_on, recorded_at, by,
          note }
    ),
    book!(
        "interruptions",
        "时效中断",
        { case_id, on_date, kind, evidence, source, dedupe_key }
    ),
    book!(
        "clock_acts",
        "期限事项",
        { case_id, party_id, act, on_date, until_date, cause, paper, source,
          dedupe_key }
    ),
    book!(
        "clock_withdrawals",
        "期限登记的撤回",
        { case_id, act_id, interruption_id, by }
    ),
    book!(
        "promises",
        "承诺",
        { case_id, amount_fen, made_on, due_on, tolerance_days, made_by, source,
          dedupe_key }
    ),
    book!("contacts", "联络", { case_id, party_id, order_id, channel }, END_OF_CONTACTS),
    book!(
        "outbox",
        "指令",
        { case_id, instance_id, seq, ordinal, stage, plugin, verb, party_id, channel,
          act, delivery, second_person, outlives_stage, args, body, states_fen,
          idempotency_key, requested_by, collector, line, not_after_at, created_at }
    ),
    book!("sent_texts", "实发文本", { order_id, lease_epoch, written_at, body }),
    book!("releases", "版本", { number, hash, files, made_at, by, note }),
];

/// The book of a table.
pub fn book(table: &str) -> Option<&'static Book> {
    BOOKS.iter().find(|book| book.table == table)
}

/// One seal as it stands in the store.
#[derive(Clone, Debug, Eq, FromRow, PartialEq)]
pub struct Seal {
    /// The day.
    pub sealed_on: String,
    /// The table it covers.
    pub book: String,
    /// The last row it covers.
    pub last_id: i64,
    /// How many rows it covers.
    pub rows: i64,
    /// The hash of the seal before it.
    pub prev_hash: String,
    /// Its hash.
    pub hash: String,
}

const ALL: &str = "\
select sealed_on, book, last_id, rows, prev_hash, hash from seals order by id";

/// Every seal, oldest first.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn all(conn: &mut Conn) -> Result<Vec<Seal>, StoreError> {
    Ok(sqlx::query_as(ALL).fetch_all(conn).await?)
}

const LAST_OF_BOOK: &str = "select coalesce(max(last_id), 0) from seals where book = $1";
const INSERT: &str = "\
insert into seals (id, sealed_on, book, last_id, rows, prev_hash, hash)
values ($1, $2, $3, $4, $5, $6, $7)";

/// The newest seal of a table that changes: how often it had been written to.
const LAST_OF_STATE: &str =
    "select last_id from seals where book = $1 order by id desc limit 1";

/// Seals everything written since the last seals; a book without news gets none.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read or written.
pub async fn seal(conn: &mut Conn, now: &Now) -> Result<(), StoreError> {
    let mut made = Made::behind_the_newest(conn, now).await?;
    seal_lines(conn, &mut made).await?;
    seal_states(conn, &mut made).await?;
    made.tell(conn, now).await
}

/// Seals what was added to books alone: of a book that can be made again at any time
/// nobody asks how its other tables stood.
///
/// # Errors
///
/// As [`seal`].
pub async fn seal_added(conn: &mut Conn, now: &Now) -> Result<(), StoreError> {
    let mut made = Made::behind_the_newest(conn, now).await?;
    seal_lines(conn, &mut made).await?;
    made.tell(conn, now).await
}

async fn seal_lines(conn: &mut Conn, made: &mut Made) -> Result<(), StoreError> {
    for book in &BOOKS {
        let after: i64 = sqlx::query_scalar(LAST_OF_BOOK)
            .bind(book.table)
            .fetch_one(&mut *conn)
            .await?;
        let Some(last) = end_of(conn, book).await?.filter(|end_of| after < *end_of)
        else {
            continue;
        };
        let covered = Rows { book, after, last };
        let progress = Progress::default();
        let found = Box::pin(digest(conn, &covered, &made.prev, &made.on, &progress));
        let (rows, hash) = found.await?;
        if 0 < rows {
            made.note(conn, book.table, (last, rows), hash).await?;
        }
    }
    Ok(())
}

async fn seal_states(conn: &mut Conn, made: &mut Made) -> Result<(), StoreError> {
    for state in states::all(conn).await? {
        let book = state.book();
        let changes = state.changes(conn).await?;
        let asked = sqlx::query_scalar(LAST_OF_STATE).bind(book.clone());
        let last: Option<i64> = asked.fetch_optional(&mut *conn).await?;
        if last.unwrap_or(0) == changes {
            continue;
        }
        let found = Box::pin(state.digest(conn, &made.prev, &made.on, changes));
        let (rows, hash) = found.await?;
        made.note(conn, &book, (changes, rows), hash).await?;
    }
    Ok(())
}

const NEWEST_LINE: &str = "select id, body from journal order by id desc limit 1";

/// The last row that a seal of a book would cover. That books were sealed is sealed with
/// what comes after it: else every seal would be news for the next.
async fn end_of(conn: &mut Conn, book: &Book) -> Result<Option<i64>, StoreError> {
    let end: Option<i64> = sqlx::query_scalar(book.end).fetch_one(&mut *conn).await?;
    if book.table != "journal" {
        return Ok(end);
    }
    let Some(row) = sqlx::query(NEWEST_LINE).fetch_optional(conn).await? else {
        return Ok(end);
    };
    let (id, body): (i64, String) = (row.try_get("id")?, row.try_get("body")?);
    let is_seal = matches!(Entry::parse(&body), Ok(Entry::BooksSealed(_)));
    // Numbers are given out once: there is none between this one and the one below.
    Ok(if is_seal { Some(id - 1) } else { end })
}

/// Seals that are being made.
struct Made {
    on: String,
    seals: usize,
    /// The hash of the newest.
    prev: String,
}

impl Made {
    async fn behind_the_newest(conn: &mut Conn, now: &Now) -> Result<Self, StoreError> {
        let prev = meta::text(conn, NEWEST).await?.unwrap_or_default();
        Ok(Self { on: now.today().to_string(), seals: 0, prev })
    }

    async fn note(
        &mut self,
        conn: &mut Conn,
        book: &str,
        (last, rows): (i64, i64),
        hash: String,
    ) -> Result<(), StoreError> {
        let id = ids::allocate(conn, 1).await?;
        sqlx::query(INSERT)
            .bind(id)
            .bind(self.on.clone())
            .bind(book.to_owned())
            .bind(last)
            .bind(rows)
            .bind(std::mem::replace(&mut self.prev, hash.clone()))
            .bind(hash)
            .execute(&mut *conn)
            .await?;
        self.seals += 1;
        meta::set_text(conn, NEWEST, &self.prev).await
    }

    /// Writes into the journal that there are new seals.
    async fn tell(self, conn: &mut Conn, now: &Now) -> Result<(), StoreError> {
        if self.seals == 0 {
            return Ok(());
        }
        let told = BooksSealed { seals: self.seals, hash: self.prev };
        let line = NewLine::of_site(Entry::BooksSealed(told));
        journal::append(conn, now, &[line]).await
    }
}

/// The rows of a book behind `after` up to `last`, by their numbers.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) book: &'a Book,
    pub(crate) after: i64,
    pub(crate) last: i64,
}

/// How many rows there are, and the hash of the seal that covers them.
pub(crate) async fn digest(
    conn: &mut Conn,
    rows: &Rows<'_>,
    prev_hash: &str,
    on: &str,
    progress: &Progress,
) -> Result<(i64, String), StoreError> {
    let mut hasher = Sha256::new();
    for text in [prev_hash, on, rows.book.table] {
        hasher.update(text.as_bytes());
        hasher.update(b"\n");
    }
    hasher.update(rows.last.to_be_bytes());
    let mut count = 0;
    let mut portion = portion_after(conn, rows, rows.after).await?;
    while let Some((at, found, text)) = portion {
        count += found;
        progress.advance(u64::try_from(found).unwrap_or(0));
        let hash = async {
            hasher.update(text.as_bytes());
            hasher.update(b"\n");
        };
        // The next are asked for at once; these are hashed until they come.
        let next = portion_after(conn, rows, at);
        portion = tokio::join!(biased; next, hash).0?;
    }
    Ok((count, hex(&hasher.finalize())))
}

/// The next rows: the last number, how many, and their texts.
async fn portion_after(
    conn: &mut Conn,
    rows: &Rows<'_>,
    after: i64,
) -> Result<Option<(i64, i64, String)>, StoreError> {
    let portion = if rows.book.table == "releases" { RELEASES } else { PORTION };
    let statement = rows.book.rows.of(conn.database());
    let asked = sqlx::query(statement).bind(after).bind(rows.last).bind(portion);
    let row = asked.fetch_one(conn).await?;
    let Some(last) = row.try_get("last")? else { return Ok(None) };
    Ok(Some((last, row.try_get("rows")?, row.try_get("lines")?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    const CASE: &str = "insert into cases (id, case_no, known_since_on) values (1, 'QS-1', '2026-01-01')";
    const LINES: &str = "
        with recursive numbers (n) as (
          select 10 union all select n + 3 from numbers where n < 7600)
        insert into ledger
          (id, case_id, kind, amount_fen, booked_on, source, dedupe_key, note, recorded_at)
        select n, 1, 'fee', n, '2026-01-02', 'test', n, char(10, 34) || n, 0 from numbers";
    const TEXTS: &str = "
        select json_array(id, case_id, kind, amount_fen, booked_on, reverses, source,
          actor, note, inferred, recorded_at)
        from ledger
        where 10 < id and id <= 7000
        order by id";

    #[tokio::test]
    async fn a_seal_of_many_rows_covers_their_texts_line_by_line() {
        let store = Store::in_memory().await.unwrap();
        let mut tx = store.write().await.unwrap();
        for statement in [CASE, LINES] {
            sqlx::query(statement).execute(tx.conn()).await.unwrap();
        }
        let mut hasher = Sha256::new();
        hasher.update(b"before\n2026-01-03\nledger\n");
        hasher.update(7_000_i64.to_be_bytes());
        let texts: Vec<String> =
            sqlx::query_scalar(TEXTS).fetch_all(tx.conn()).await.unwrap();
        assert!(2 * PORTION < i64::try_from(texts.len()).unwrap());
        for text in &texts {
            hasher.update(text.as_bytes());
            hasher.update(b"\n");
        }
        let rows = Rows { book: book("ledger").unwrap(), after: 10, last: 7_000 };
        let progress = Progress::default();
        let (count, hash) =
            digest(tx.conn(), &rows, "before", "2026-01-03", &progress).await.unwrap();
        assert_eq!((count, hash), (2_330, hex(&hasher.finalize())));
        assert_eq!(progress.seen().0, 2_330);
    }
}
