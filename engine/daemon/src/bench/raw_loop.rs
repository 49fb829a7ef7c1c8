//! The insert loop that anybody would write (逐行对照): a prepared statement a row, with
//! its values bound, in one transaction a file; the same rows as an import leaves.

use std::path::Path;

use anyhow::Result;
use jiff::civil::Date;
use store::{Conn, Store, ids};

use super::book::{AMOUNT_FEN, Event, events, opened_on, phone};
use super::import::{Spent, Wanted, options, processor_time};

/// Writes the rows that an import of this book writes, one by one.
pub(super) async fn write(path: &Path, wanted: Wanted) -> Result<Spent> {
    let store = Store::open(options(path)).await?;
    let began = processor_time()?;
    let mut tx = store.write().await?;
    let first = ids::allocate(tx.conn(), wanted.cases * 2).await?;
    let parties = first + i64::try_from(wanted.cases)?;
    for nth in 0..wanted.cases {
        let at = i64::try_from(nth)?;
        write_case(tx.conn(), nth, first + at, parties + at).await?;
    }
    tx.commit().await?;
    let between = processor_time()?;
    let mut tx = store.write().await?;
    for nth in 0..wanted.cases {
        write_events(tx.conn(), nth, first + i64::try_from(nth)?, wanted).await?;
    }
    tx.commit().await?;
    let ended = processor_time()?;
    store.close().await?;
    Ok(Spent { cases: between - began, events: ended - between })
}

async fn write_case(conn: &mut Conn, nth: usize, case: i64, party: i64) -> Result<()> {
    sqlx::query(CASE)
        .bind(case)
        .bind(format!("L{nth:08}"))
        .bind(format!("测速{}村", nth % 200))
        .bind(format!("测速员{}", nth % 50))
        .bind(opened_on(nth).to_string())
        .bind(AMOUNT_FEN)
        // Long, as a row's fingerprint is.
        .bind(i64::MAX - case)
        .execute(&mut *conn)
        .await?;
    sqlx::query(PARTY)
        .bind(party)
        .bind(format!("D{nth:08}"))
        .bind(format!("示例{nth}"))
        .bind(phone(nth))
        .execute(&mut *conn)
        .await?;
    sqlx::query(TIE).bind(case).bind(party).execute(conn).await?;
    Ok(())
}

async fn write_events(
    conn: &mut Conn,
    nth: usize,
    case: i64,
    wanted: Wanted,
) -> Result<()> {
    let rows = events(nth, wanted).count();
    let first = ids::allocate(conn, rows * 2).await?;
    let mut last = opened_on(nth);
    for (id, event) in (first..).step_by(2).zip(events(nth, wanted)) {
        write_event(conn, (nth, case, id), &event).await?;
        last = event.on;
    }
    write_totals(conn, case, last).await
}

async fn write_event(
    conn: &mut Conn,
    (nth, case, id): (usize, i64, i64),
    event: &Event,
) -> Result<()> {
    let on = event.on.to_string();
    let key = format!("L{nth:08}|{}|{}|{on}", event.seq, event.kind);
    sqlx::query(ENTRY)
        .bind(id)
        .bind(case)
        .bind(event.kind)
        .bind(AMOUNT_FEN)
        .bind(on.clone())
        .bind(key)
        .execute(&mut *conn)
        .await?;
    if event.kind == "payment" {
        sqlx::query(INTERRUPTION)
            .bind(id + 1)
            .bind(case)
            .bind(on)
            .bind(format!("payment:{id}"))
            .execute(conn)
            .await?;
    }
    Ok(())
}

async fn write_totals(conn: &mut Conn, case: i64, last: Date) -> Result<()> {
    sqlx::query(TOTALS)
        .bind(case)
        .bind(AMOUNT_FEN)
        .bind(last.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

const CASE: &str = "\
insert into cases (id, case_no, village, product, collector, opened_on, principal_fen,
  list_hash, known_since_on)
values ($1, $2, $3, '测速贷款', $4, $5, $6, $7, '2026-04-01')";
const PARTY: &str = "\
insert into parties (id, party_no, name, phone)
values ($1, $2, $3, $4)";
const TIE: &str = "\
insert into case_parties (case_id, party_id, role)
values ($1, $2, 'borrower')";
const ENTRY: &str = "\
insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
  recorded_at)
values ($1, $2, $3, $4, $5, 'import', $6, 1775005200000)";
const INTERRUPTION: &str = "\
insert into interruptions (id, case_id, on_date, kind, evidence, proved, source,
  dedupe_key)
values ($1, $2, $3, 'debtor_agreed', 'ledger_entry', 1, 'ledger', $4)";
const TOTALS: &str = "\
update cases
set facts_rev = facts_rev + 1, opened_fen = $2, due_fen = $2, balance_fen = $2,
  paid_fen = 0, oldest_unpaid_on = $3, last_due_on = $3, last_payment_on = $3,
  limitation_ends_on = $3
where id = $1";
