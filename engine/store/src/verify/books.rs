//! The books against their seals (封存核验).

use foldhash::HashMap;
use sqlx::AssertSqlSafe;

use super::Verdict;
use crate::progress::Progress;
use crate::seals::{self, BOOKS, NEWEST, Rows};
use crate::{Conn, StoreError, meta};

/// Computes every seal again, and looks that no row has a number that was
/// never given out.
pub(super) async fn verify(
    conn: &mut Conn,
    verdict: &mut Verdict,
    progress: &Progress,
) -> Result<(), StoreError> {
    let mut covered: HashMap<&str, i64> = HashMap::default();
    let mut prev = String::new();
    for seal in seals::all(conn).await? {
        verdict.seals += 1;
        let Some(book) = seals::book(&seal.book) else {
            let on = &seal.sealed_on;
            verdict.fault(
                "seal",
                0,
                format!("{on} 的封存不属于任何账簿"),
                format!("the seal of {on} is of no book"),
            );
            continue;
        };
        let after = covered.insert(book.table, seal.last_id).unwrap_or(0);
        let (last, on) = (seal.last_id, &seal.sealed_on);
        let rows = Rows { book, after, last };
        let found = seals::digest(conn, &rows, &seal.prev_hash, on, progress).await?;
        if found != (seal.rows, seal.hash.clone()) {
            let (on, title, table) = (&seal.sealed_on, book.title, book.table);
            verdict.fault("seal", 0, format!("{title}与 {on} 的封存不符"), format!("`{table}` is not as it was sealed on {on}: a row was changed, added or taken out since"));
        }
        if seal.prev_hash != prev {
            let on = &seal.sealed_on;
            verdict.fault(
                "seal",
                0,
                format!("{on} 的封存与前一次不衔接"),
                format!("the seal of {on} does not follow the one before it"),
            );
        }
        prev = seal.hash;
    }
    if meta::text(conn, NEWEST).await?.unwrap_or_default() != prev {
        verdict.fault("seal", 0, "最近的封存不见了", "the newest seal is gone");
    }
    verify_numbers(conn, verdict).await
}

async fn verify_numbers(
    conn: &mut Conn,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let next = meta::number(conn, "next_id").await?.unwrap_or(0);
    for book in &BOOKS {
        let sql = format!("select coalesce(max(id), 0) from {}", book.table);
        let last: i64 =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await?;
        if next <= last {
            let (title, table) = (book.title, book.table);
            verdict.fault(
                "seal",
                last,
                format!("{title}中有从未发出的编号({last})"),
                format!("`{table}` has a number that was never given out ({last})"),
            );
        }
    }
    Ok(())
}
