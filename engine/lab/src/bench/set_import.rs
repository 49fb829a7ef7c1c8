//! The ceiling of an import (整批对照): set-based inserts of the same rows, with the same
//! keys, in portions and transactions of the same size, by a loop that decides nothing.

use std::ops::Range;
use std::path::Path;

use anyhow::Result;
use serde_json::json;
use store::{Conn, Store, ids};

use super::book::{AMOUNT_FEN, events, opened_on, phone};
use super::import::{ImportOptions, Spent, options, processor_time};

/// Rows written at once, by the import too.
const PORTION: usize = 5_000;

/// Writes the rows that an import of this book writes.
pub(super) async fn write(path: &Path, wanted: ImportOptions) -> Result<Spent> {
    let store = Store::open(options(path)).await?;
    let began = processor_time()?;
    let mut tx = store.write().await?;
    let first = ids::allocate(tx.conn(), wanted.cases * 2).await?;
    let parties = first + i64::try_from(wanted.cases)?;
    for portion in portions(wanted.cases, PORTION) {
        write_cases(tx.conn(), portion, (first, parties)).await?;
    }
    tx.commit().await?;
    let between = processor_time()?;
    let mut tx = store.write().await?;
    let of_case = wanted.events.div_ceil(wanted.cases);
    for portion in portions(wanted.cases, (PORTION / of_case).max(1)) {
        write_events(tx.conn(), portion, first, wanted).await?;
    }
    tx.commit().await?;
    let ended = processor_time()?;
    store.close().await?;
    Ok(Spent { cases: between - began, events: ended - between })
}

fn portions(rows: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(size).map(move |from| from..(from + size).min(rows))
}

async fn write_cases(
    conn: &mut Conn,
    portion: Range<usize>,
    (first, parties): (i64, i64),
) -> Result<()> {
    let (mut cases, mut people, mut ties) = (Vec::new(), Vec::new(), Vec::new());
    for nth in portion {
        let at = i64::try_from(nth)?;
        let (case, party) = (first + at, parties + at);
        cases.push(json!([
            case,
            format!("L{nth:08}"),
            format!("测速{}村", nth % 200),
            "测速贷款",
            format!("测速员{}", nth % 50),
            opened_on(nth),
            AMOUNT_FEN,
            // Long, as a row's fingerprint is.
            i64::MAX - at,
        ]));
        people.push((party, format!("D{nth:08}"), format!("示例{nth}"), phone(nth)));
        ties.push((case, party));
    }
    run(conn, CASES, serde_json::to_string(&cases)?).await?;
    run(conn, PARTIES, serde_json::to_string(&people)?).await?;
    run(conn, TIES, serde_json::to_string(&ties)?).await
}

async fn write_events(
    conn: &mut Conn,
    portion: Range<usize>,
    first: i64,
    wanted: ImportOptions,
) -> Result<()> {
    let (mut ledger, mut interruptions, mut totals) =
        (Vec::new(), Vec::new(), Vec::new());
    let rows: usize = portion.clone().map(|nth| events(nth, wanted).count()).sum();
    let mut id = ids::allocate(conn, rows * 2).await?;
    for nth in portion {
        let case = first + i64::try_from(nth)?;
        let mut last = None;
        for event in events(nth, wanted) {
            let key = format!("L{nth:08}|{}|{}|{}", event.seq, event.kind, event.on);
            ledger.push((id, case, event.kind, AMOUNT_FEN, event.on, key));
            if event.kind == "payment" {
                let evidence = format!("payment:{id}");
                interruptions.push((id + 1, case, event.on, evidence));
            }
            id += 2;
            last = Some(event.on);
        }
        totals.push((case, AMOUNT_FEN, last));
    }
    run(conn, LEDGER, serde_json::to_string(&ledger)?).await?;
    run(conn, INTERRUPTIONS, serde_json::to_string(&interruptions)?).await?;
    run(conn, TOTALS, serde_json::to_string(&totals)?).await
}

async fn run(conn: &mut Conn, statement: &'static str, rows: String) -> Result<()> {
    sqlx::query(statement).bind(rows).execute(conn).await?;
    Ok(())
}

/// How many rows stand in each table that an import fills.
pub(super) async fn rows(path: &Path) -> Result<Vec<i64>> {
    let store = Store::open(options(path)).await?;
    let mut rows = Vec::new();
    let mut conn = store.read().await?;
    for statement in COUNTS {
        rows.push(sqlx::query_scalar(statement).fetch_one(conn.conn()).await?);
    }
    drop(conn);
    store.close().await?;
    Ok(rows)
}

const COUNTS: [&str; 5] = [
    "select count(*) from cases",
    "select count(*) from parties",
    "select count(*) from case_parties",
    "select count(*) from ledger",
    "select count(*) from interruptions",
];

const CASES: &str = "\
insert into cases (id, case_no, village, product, collector, opened_on, principal_fen,
  list_hash, known_since_on)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
  value ->> 6, value ->> 7, '2026-04-01'
from jsonb_each($1)";
const PARTIES: &str = "\
insert into parties (id, party_no, name, phone)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3
from jsonb_each($1)";
const TIES: &str = "\
insert into case_parties (case_id, party_id, role)
select value ->> 0, value ->> 1, 'borrower'
from jsonb_each($1)";
const LEDGER: &str = "\
insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
  recorded_at)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, 'import',
  value ->> 5, 1775005200000
from jsonb_each($1)";
const INTERRUPTIONS: &str = "\
insert into interruptions (id, case_id, on_date, kind, evidence, proved, source,
  dedupe_key)
select value ->> 0, value ->> 1, value ->> 2, 'debtor_agreed', 'ledger_entry', 1,
  'ledger', value ->> 3
from jsonb_each($1)";
const TOTALS: &str = "\
update cases
set facts_rev = facts_rev + 1, opened_fen = t.value ->> 1, due_fen = t.value ->> 1,
  balance_fen = t.value ->> 1, paid_fen = 0, oldest_unpaid_on = t.value ->> 2,
  last_due_on = t.value ->> 2, last_payment_on = t.value ->> 2,
  limitation_ends_on = t.value ->> 2
from jsonb_each($1) t
where cases.id = t.value ->> 0";
