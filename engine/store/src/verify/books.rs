//! The books against their seals (封存核验).

use domain::journal::Entry;
use foldhash::{HashMap, HashSet};
use sqlx::{AssertSqlSafe, Row};

use super::{Verdict, counter};
use crate::progress::Progress;
use crate::seals::{self, BOOKS, NEWEST, Rows, Seal};
use crate::states::{self, State};
use crate::{Conn, StoreError, journal, meta};

/// Computes every seal again, and looks that no row has a number that was
/// never given out.
pub(super) async fn verify(
    conn: &mut Conn,
    verdict: &mut Verdict,
    progress: &Progress,
) -> Result<(), StoreError> {
    let mut covered: HashMap<&str, i64> = HashMap::default();
    let mut states: HashMap<String, Seal> = HashMap::default();
    let mut prev = String::new();
    let all = seals::all(conn).await?;
    let hashes: HashSet<String> = all.iter().map(|it| it.hash.clone()).collect();
    for seal in all {
        verdict.seals += 1;
        if seal.prev_hash != prev {
            let on = &seal.sealed_on;
            verdict.fault(
                "seal",
                0,
                format!("{on} 的封存与前一次不衔接"),
                format!("the seal of {on} does not follow the one before it"),
            );
        }
        prev.clone_from(&seal.hash);
        if let Some(table) = State::named_in(&seal.book) {
            states.insert(table.to_owned(), seal);
            continue;
        }
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
    }
    if meta::text(conn, NEWEST).await?.unwrap_or_default() != prev {
        verdict.fault("seal", 0, "最近的封存不见了", "the newest seal is gone");
    }
    verify_told(conn, verdict, &hashes).await?;
    verify_states(conn, verdict, &states).await?;
    verify_numbers(conn, verdict).await
}

const OF_SITE: &str = "select body from journal where chain = $1 order by seq";

/// Looks that no seal is gone that the journal tells of.
async fn verify_told(
    conn: &mut Conn,
    verdict: &mut Verdict,
    hashes: &HashSet<String>,
) -> Result<(), StoreError> {
    let lines = sqlx::query(OF_SITE).bind(journal::SITE).fetch_all(conn).await?;
    let mut gone = 0_usize;
    for line in &lines {
        // What cannot be read is told of where the chains are.
        let told = Entry::parse(line.try_get("body")?);
        gone += usize::from(
            matches!(&told, Ok(Entry::BooksSealed(it)) if !hashes.contains(&it.hash)),
        );
    }
    if 0 < gone {
        verdict.fault(
            "seal",
            0,
            format!("日志记着的 {gone} 次封存不见了"),
            format!("{gone} seals that the journal tells of are gone"),
        );
    }
    Ok(())
}

/// Looks that tables which change are as they were sealed, as far as nothing was written
/// to them since.
async fn verify_states(
    conn: &mut Conn,
    verdict: &mut Verdict,
    sealed: &HashMap<String, Seal>,
) -> Result<(), StoreError> {
    for state in states::all(conn).await? {
        let Some(seal) = sealed.get(state.table()) else { continue };
        if state.changes(conn).await? != seal.last_id {
            continue;
        }
        let (on, changes) = (&seal.sealed_on, seal.last_id);
        let found = Box::pin(state.digest(conn, &seal.prev_hash, on, changes)).await?;
        if found != (seal.rows, seal.hash.clone()) {
            let (title, table) = (state.title(), state.table());
            verdict.fault(
                "seal",
                0,
                format!("{title}与 {on} 的封存不符,其间本程序没有写过"),
                format!(
                    "`{table}` is not as it was sealed on {on}, and this program has not \
                     written to it since"
                ),
            );
        }
    }
    Ok(())
}

async fn verify_numbers(
    conn: &mut Conn,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let next = counter(conn, "next_id").await?;
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
