//! A store full of open cases (测速台账): made with set-based statements, in rows as
//! the engine itself would have written them.

use std::path::Path;

use anyhow::Result;
use domain::ids::CaseId;
use jiff::civil::{Date, date};
use store::enrol::{self, NewInstance};
use store::{Conn, Durability, Now, Options, Place, Store, ids};

use crate::bench::rounds::{LANE, STAGE, WORKFLOW};
use crate::clock::Clock;
use crate::config::Config;

/// The day on which the cases are open.
pub(super) const DAY: Date = date(2026, 4, 1);
/// Instances opened together.
const PORTION: i64 = 2_000;

/// How the store is opened, here and by the loop: what is committed survives
/// a power cut.
pub(super) fn options(path: &Path) -> Options {
    Options {
        place: Place::file(path),
        durability: Durability::Full,
        create: true,
        store_id: Some("bench".to_owned()),
    }
}

/// Makes the store with `open` cases, each overdue, with a borrower who has a
/// telephone and an instance that is due; answers its size in bytes.
pub(super) async fn fill(path: &Path, open: i64) -> Result<i64> {
    let store = Store::open(options(path)).await?;
    let clock = Clock::virtual_at(&Config::default().zone, DAY.at(8, 0, 0, 0))?;
    let now = clock.now();
    let mut tx = store.write().await?;
    let rows = usize::try_from(open)?;
    let cases = ids::allocate(tx.conn(), rows).await?;
    let parties = ids::allocate(tx.conn(), rows).await?;
    let entries = ids::allocate(tx.conn(), rows * 2).await?;
    for (statement, first, second) in [
        (CASES, cases, 0),
        (PARTIES, parties, 0),
        (CASE_PARTIES, cases, parties),
        (OPENS, entries, cases),
        (DUES, entries + open, cases),
    ] {
        sqlx::query(statement)
            .bind(open)
            .bind(first)
            .bind(second)
            .bind(DAY.to_string())
            .execute(tx.conn())
            .await?;
    }
    tx.commit().await?;
    for from in (0..open).step_by(usize::try_from(PORTION)?) {
        let mut tx = store.write().await?;
        let until = (from + PORTION).min(open);
        open_instances(tx.conn(), &now, cases + from..cases + until).await?;
        tx.commit().await?;
    }
    let mut tx = store.write().await?;
    sqlx::query(WAITS).bind(now.civil.to_string()).bind(STAGE).execute(tx.conn()).await?;
    tx.commit().await?;
    store.close().await?;
    Ok(i64::try_from(std::fs::metadata(path)?.len())?)
}

async fn open_instances(
    conn: &mut Conn,
    now: &Now,
    cases: std::ops::Range<i64>,
) -> Result<()> {
    let wanted: Vec<NewInstance> = cases
        .map(|case| NewInstance {
            case_id: CaseId(case),
            workflow: WORKFLOW.to_owned(),
            lane: LANE.to_owned(),
            stage: STAGE.to_owned(),
            keeps_clocks: false,
            by: "conditions".to_owned(),
            event: None,
            by_due_date: false,
        })
        .collect();
    enrol::open_instances(conn, now, 0, &wanted).await?;
    Ok(())
}

// The statements share their parameters: how many, first number, second first
// number, day. Days past due are spread over 1 to 80.

const CASES: &str = "\
with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $1)
insert into cases (id, case_no, org, village, product, collector, opened_on,
  principal_fen, opened_fen, due_fen, balance_fen, oldest_unpaid_on, last_due_on,
  known_since_on)
select $2 + i, 'CS' || i, '测速信用社', '测速' || (i % 48) || '村', '测速贷款',
  '测速员' || (i % 16), date($4, '-1 year'), 1000000, 1000000, 500000,
  1000000 + $3, date($4, '-' || (1 + i % 80) || ' days'),
  date($4, '-' || (1 + i % 80) || ' days'), $4
from n";

const PARTIES: &str = "\
with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $1)
insert into parties (id, party_no, name, phone, address, village, fictional)
select $2 + i, 'CSK' || i, '测速客户' || i, 15400000000 + i, '测速路' || (i + $3) || '号',
  '测速村', length($4) / length($4)
from n";

const CASE_PARTIES: &str = "\
with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $1)
insert into case_parties (case_id, party_id, role)
select $2 + i, $3 + i, 'borrower' from n where $4 = $4";

const OPENS: &str = "\
with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $1)
insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
  recorded_at)
select $2 + i, $3 + i, 'open', 1000000, date($4, '-1 year'), 'bench', 'o' || i, 0 from n";

const DUES: &str = "\
with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < $1)
insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
  recorded_at)
select $2 + i, $3 + i, 'due', 500000, date($4, '-' || (1 + i % 80) || ' days'), 'bench',
  'd' || i, 0
from n";

/// Every instance has waited before, so that a step replaces its wait.
const WAITS: &str = "\
insert into wait_rules (instance_id, rule, next_stage, since)
select id, '{\"days\":1}', $2, $1 from instances";
