//! Seals (封存): what was written may not be changed or cut off afterwards.
//!
//! A seal covers what a book (an append-only table) has taken in since the last
//! seal of that book, by the columns that never change; each seal also covers the
//! seal before it, of whatever book. What stands behind the last seal is covered
//! by the next.

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::journal::hex;
use crate::{Conn, StoreError, ids, meta};

/// The hash of the newest seal, in the store's `meta`: without it the newest
/// seals could be taken away.
pub const NEWEST: &str = "newest_seal";

/// A table that only grows, and how its rows are read for a seal: number and
/// canonical text of the rows behind `$1` up to `$2`, in order of their numbers.
#[derive(Debug)]
pub struct Book {
    /// The table.
    pub table: &'static str,
    /// What people call it.
    pub title: &'static str,
    rows: &'static str,
    end: &'static str,
}

macro_rules! book {
    ($table:literal, $title:literal, $columns:literal) => {
        book!($table, $title, $columns, concat!("select max(id) from ", $table))
    };
    ($table:literal, $title:literal, $columns:literal, $end:expr) => {
        Book {
            table: $table,
            title: $title,
            rows: concat!(
                "select id, json_array(id, ",
                $columns,
                ") from ",
                $table,
                " where $1 < id and id <= $2 order by id limit 5000"
            ),
            end: $end,
        }
    };
}

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
pub const BOOKS: [Book; 10] = [
    book!("journal", "日志", "hash"),
    book!(
        "ledger",
        "账目",
        "case_id, kind, amount_fen, booked_on, reverses, source, actor, note, inferred,
         recorded_at"
    ),
    book!(
        "events",
        "事件",
        "case_id, kind, payload, source, dedupe_key, happened_on, received_at"
    ),
    book!(
        "holds",
        "暂停",
        "case_id, party_id, reason, action, lifts, effective_on, recorded_at, by, note"
    ),
    book!(
        "interruptions",
        "时效中断",
        "case_id, on_date, kind, evidence, source, dedupe_key"
    ),
    book!(
        "promises",
        "承诺",
        "case_id, amount_fen, made_on, due_on, tolerance_days, made_by, source, dedupe_key"
    ),
    book!("contacts", "联络", "case_id, party_id, order_id, channel", END_OF_CONTACTS),
    book!(
        "outbox",
        "指令",
        "case_id, instance_id, seq, ordinal, stage, plugin, verb, party_id, channel, act,
         delivery, second_person, outlives_stage, args, body, states_fen, idempotency_key,
         requested_by, collector, line, not_after_at, created_at"
    ),
    book!("sent_texts", "实发文本", "order_id, lease_epoch, written_at, body"),
    book!("releases", "版本", "number, hash, files, made_at, by, note"),
];

/// The book of a table.
pub fn book(table: &str) -> Option<&'static Book> {
    BOOKS.iter().find(|it| it.table == table)
}

/// One seal as it stands in the store.
#[derive(Clone, Debug, Eq, PartialEq)]
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
    let rows = sqlx::query(ALL).fetch_all(conn).await?;
    Ok(rows
        .iter()
        .map(|it| Seal {
            sealed_on: it.get(0),
            book: it.get(1),
            last_id: it.get(2),
            rows: it.get(3),
            prev_hash: it.get(4),
            hash: it.get(5),
        })
        .collect())
}

const LAST_OF_BOOK: &str = "select coalesce(max(last_id), 0) from seals where book = $1";
const INSERT: &str = "\
insert into seals (id, sealed_on, book, last_id, rows, prev_hash, hash)
values ($1, $2, $3, $4, $5, $6, $7)";

/// Seals everything written since the last seals; a book without news gets none.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read or written.
pub async fn seal(conn: &mut Conn, on: Date) -> Result<(), StoreError> {
    let mut prev = meta::text(conn, NEWEST).await?.unwrap_or_default();
    for book in &BOOKS {
        let after: i64 = sqlx::query(LAST_OF_BOOK)
            .bind(book.table)
            .fetch_one(&mut *conn)
            .await?
            .get(0);
        let end: Option<i64> = sqlx::query(book.end).fetch_one(&mut *conn).await?.get(0);
        let Some(last_id) = end.filter(|it| after < *it) else { continue };
        let on = on.to_string();
        let (rows, hash) = digest(conn, book, after, last_id, &prev, &on).await?;
        if rows == 0 {
            continue;
        }
        let id = ids::allocate(conn, 1).await?;
        sqlx::query(INSERT)
            .bind(id)
            .bind(on)
            .bind(book.table)
            .bind(last_id)
            .bind(rows)
            .bind(prev)
            .bind(hash.clone())
            .execute(&mut *conn)
            .await?;
        prev = hash;
        meta::set_text(conn, NEWEST, &prev).await?;
    }
    Ok(())
}

/// How many rows of a book stand behind `after` up to `last_id`, and the hash
/// of the seal that covers them.
pub(crate) async fn digest(
    conn: &mut Conn,
    book: &Book,
    after: i64,
    last_id: i64,
    prev_hash: &str,
    on: &str,
) -> Result<(i64, String), StoreError> {
    let mut hasher = Sha256::new();
    for text in [prev_hash, on, book.table] {
        hasher.update(text.as_bytes());
        hasher.update(b"\n");
    }
    hasher.update(last_id.to_be_bytes());
    let (mut at, mut count) = (after, 0);
    loop {
        let rows =
            sqlx::query(book.rows).bind(at).bind(last_id).fetch_all(&mut *conn).await?;
        for row in &rows {
            hasher.update(row.get::<&str, _>(1).as_bytes());
            hasher.update(b"\n");
            at = row.get(0);
            count += 1;
        }
        if rows.is_empty() {
            return Ok((count, hex(&hasher.finalize())));
        }
    }
}
