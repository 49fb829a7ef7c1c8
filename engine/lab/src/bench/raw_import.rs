//! The insert loop that anybody would write (逐行对照): a prepared statement a row, with
//! its values bound, in one transaction a file; the same rows as an import leaves.
//!
//! It goes to SQLite directly: a call through the store's driver crosses to another
//! thread, and a loop of such calls measures the crossing.

use std::path::Path;

use anyhow::Result;
use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior, params};
use store::Store;

use super::book::{AMOUNT_FEN, events, opened_on, phone};
use super::import::{ImportOptions, Spent, options, processor_time};

/// As the store itself works.
const SETTINGS: &str = "\
pragma journal_mode = wal;
pragma synchronous = full;
pragma foreign_keys = on;
pragma cache_size = -16384;
pragma wal_autocheckpoint = 20000";

/// Writes the rows that an import of this book writes, one by one.
pub(super) async fn write(path: &Path, wanted: ImportOptions) -> Result<Spent> {
    // The store makes its tables and gives itself up.
    Store::open(options(path)).await?.close().await?;
    let mut conn = Connection::open(path)?;
    conn.execute_batch(SETTINGS)?;
    let began = processor_time()?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    write_cases(&tx, wanted)?;
    tx.commit()?;
    let between = processor_time()?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    write_events(&tx, wanted)?;
    tx.commit()?;
    let ended = processor_time()?;
    Ok(Spent { cases: between - began, events: ended - between })
}

fn write_cases(tx: &Transaction<'_>, wanted: ImportOptions) -> Result<()> {
    let [mut case, mut party, mut tie] = prepared(tx, [CASE, PARTY, TIE])?;
    for nth in 0..wanted.cases {
        let at = i64::try_from(nth)?;
        let person = FIRST_PARTY + at;
        case.execute(params![
            FIRST_CASE + at,
            format!("L{nth:08}"),
            format!("测速{}村", nth % 200),
            "测速贷款",
            format!("测速员{}", nth % 50),
            opened_on(nth).to_string(),
            AMOUNT_FEN,
            // Long, as a row's fingerprint is.
            i64::MAX - at,
        ])?;
        let (number, name) = (format!("D{nth:08}"), format!("示例{nth}"));
        party.execute(params![person, number, name, phone(nth)])?;
        tie.execute(params![FIRST_CASE + at, person])?;
    }
    Ok(())
}

fn write_events(tx: &Transaction<'_>, wanted: ImportOptions) -> Result<()> {
    let [mut entry, mut interruption, mut totals] =
        prepared(tx, [ENTRY, INTERRUPTION, TOTALS])?;
    let mut id = FIRST_ENTRY;
    for nth in 0..wanted.cases {
        let case = FIRST_CASE + i64::try_from(nth)?;
        let mut last = opened_on(nth).to_string();
        for event in events(nth, wanted) {
            last = event.on.to_string();
            let key = format!("L{nth:08}|{}|{}|{last}", event.seq, event.kind);
            entry.execute(params![id, case, event.kind, AMOUNT_FEN, last, key])?;
            if event.kind == "payment" {
                let proof = format!("payment:{id}");
                interruption.execute(params![id + 1, case, last, proof])?;
            }
            id += 2;
        }
        totals.execute(params![case, AMOUNT_FEN, last])?;
    }
    Ok(())
}

fn prepared<'t, const N: usize>(
    tx: &'t Transaction<'_>,
    statements: [&str; N],
) -> Result<[CachedStatement<'t>; N]> {
    let prepared: rusqlite::Result<Vec<_>> =
        statements.iter().map(|statement| tx.prepare_cached(statement)).collect();
    prepared?.try_into().map_err(|_| anyhow::anyhow!("语句数目不符"))
}

/// Numbers of their own for each table, far apart: nobody else writes here.
const FIRST_CASE: i64 = 1 << 10;
const FIRST_PARTY: i64 = 1 << 30;
const FIRST_ENTRY: i64 = 1 << 40;

const CASE: &str = "\
insert into cases (id, case_no, village, product, collector, opened_on, principal_fen,
  list_hash, known_since_on)
values ($1, $2, $3, $4, $5, $6, $7, $8, '2026-04-01')";
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
