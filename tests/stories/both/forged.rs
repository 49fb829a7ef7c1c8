//! Forged rows (篡改): what is told of them is the same on both sides, and no number or
//! day, however wrong, keeps the proof from being given.

use std::path::{Path, PathBuf};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::{PROGRAM, asked};

/// One after the other; each stays.
const FORGED: &[&str] = &[
    "update contacts set attempted_on = '2026-02-30'
     where id = (select min(id) from contacts)",
    "update contacts set attempted_on = 'one day', channel = 'visit'
     where id = (select max(id) from contacts)",
    "update outbox set settled_at = 9223372036854775807
     where id = (select min(id) from outbox where status = 'delivered')",
    "update ledger set amount_fen = 9223372036854775807
     where id = (select min(id) from ledger where kind = 'payment')",
    "update ledger set amount_fen = 9223372036854775807
     where id = (select min(id) from ledger where kind = 'due')",
    "update ledger set amount_fen = 9223372036854775807
     where case_id = (select min(case_id) from ledger where kind = 'due')",
    "update ledger set booked_on = '2026-13-45'
     where id = (select max(id) from ledger where kind = 'due')",
    "update cases set paid_fen = 9223372036854775807, waived_fen = 9223372036854775807
     where id = (select min(id) from cases)",
    "update cases set opened_fen = -9223372036854775808
     where id = (select max(id) from cases)",
    "update cases set last_due_on = '2026-02-31'
     where id = (select min(id) from cases where last_due_on is not null)",
    "update cases set last_due_on = 'soon', limitation_ends_on = '9999-99-99'
     where id = (select max(id) from cases where last_due_on is not null)",
    "update interruptions set on_date = '0000-00-00'
     where id = (select min(id) from interruptions)",
    "update instances set due_at = 9223372036854775807
     where id = (select min(id) from instances where status = 'waiting')",
    "update journal set at = 9223372036854775807 where id = (select max(id) from journal)",
    "update journal set id = 9223372036854775807 where id = (select max(id) from journal)",
    "update seals set rows = 9223372036854775807, last_id = 9223372036854775807
     where id = (select max(id) from seals)",
    "update meta set value = 'many' where key in ('journal_lines', 'next_id')",
];

/// Forges the same on both sides and compares what `verify` says, each time.
pub(super) async fn is_told_alike(dirs: &[PathBuf; 2], address: &str, again: &str) {
    let file = format!("sqlite:{}", dirs[0].join("case_store.db").display());
    let server = address.replace("?schema=", "?options[search_path]=");
    let mut conns = [
        AnyConnection::connect(&file).await.expect("the store is opened"),
        AnyConnection::connect(&server).await.expect("the server answers"),
    ];
    let skip = asked("BOTH_FORGED").unwrap_or(0);
    for statement in &FORGED[skip..] {
        for conn in &mut conns {
            let done = sqlx::raw_sql(AssertSqlSafe(*statement)).execute(conn).await;
            assert!(0 < done.expect(statement).rows_affected(), "{statement}: {again}");
        }
        let [one, other] = [proof(&dirs[0]), proof(&dirs[1])];
        let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "{statement}: {again}");
        assert_eq!(one, other, "{statement}: {again}");
        assert!(one.contains("\"faults\":[{"), "{statement}: {one}, {again}");
    }
    for conn in conns {
        conn.close().await.expect("closed");
    }
}

fn proof(dir: &Path) -> String {
    let done = std::process::Command::new(PROGRAM)
        .args(["verify", "-o", "json"])
        .env("QINGSHOU_SITE", dir)
        .env("QINGSHOU_LANG", "en")
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("},{", "},\n{");
    format!("{:?}\n{}{}", done.status.code(), text(&done.stderr), text(&done.stdout))
}
