//! A store full of open cases (测速台账): made with set-based statements, in rows as
//! the engine itself would have written them.

use anyhow::Result;
use domain::ids::CaseId;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use runtime::clock::Clock;
use site::config::Config;
use store::enrol::{self, NewInstance};
use store::{Conn, Durability, Now, Options, Place, Store, ids};

use crate::bench::rounds::{LANE, STAGE, WORKFLOW};

/// The day on which the cases are open.
pub(super) const DAY: Date = date(2026, 4, 1);
/// Instances opened together.
const PORTION: i64 = 2_000;

/// How the store is opened, here and by the loop: what is committed survives
/// a power cut.
pub(super) fn options(place: &Place) -> Options {
    Options {
        place: place.clone(),
        durability: Durability::Full,
        create: true,
        store_id: Some("bench".to_owned()),
    }
}

/// Makes the store with `open` cases, each overdue, with a borrower who has a
/// telephone and an instance that is due; answers its size in bytes.
pub(super) async fn fill(place: &Place, open: i64) -> Result<i64> {
    let store = Store::open(options(place)).await?;
    let clock = Clock::virtual_at(&Config::default().zone, DAY.at(8, 0, 0, 0))?;
    let now = clock.now();
    let mut tx = store.write().await?;
    let cases = book(tx.conn(), open).await?;
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
    if place.server().is_some() {
        // As a server that works for some days has done by itself.
        let mut conn = store.read().await?;
        for statement in KNOWN {
            sqlx::raw_sql(statement).execute(conn.conn()).await?;
        }
    }
    let bytes = size(&store).await?;
    store.close().await?;
    Ok(if place.server().is_some() { bytes } else { size_of_file(place)? })
}

/// The size of a store in bytes; of one in a file, without what is still in its log.
pub(super) async fn size(store: &Store) -> Result<i64> {
    if store.place().server().is_none() {
        return size_of_file(store.place());
    }
    let mut conn = store.read().await?;
    Ok(sqlx::query_scalar(SIZE).fetch_one(conn.conn()).await?)
}

pub(super) fn size_of_file(place: &Place) -> Result<i64> {
    Ok(i64::try_from(std::fs::metadata(place.path())?.len())?)
}

/// Cases, people and ledger; answers the number of the first case.
async fn book(conn: &mut Conn, open: i64) -> Result<i64> {
    let rows = usize::try_from(open)?;
    let cases = ids::allocate(&mut *conn, rows).await?;
    let parties = ids::allocate(&mut *conn, rows).await?;
    let entries = ids::allocate(&mut *conn, rows * 2).await?;
    let opened = DAY.saturating_sub(1.year()).to_string();
    let due = |days: i64| DAY.saturating_sub((1 + days).days()).to_string();
    let dues = serde_json::to_string(&(0..80).map(due).collect::<Vec<_>>())?;
    let of = |statement| sqlx::query(statement).bind(open);
    let cased = of(CASES).bind(cases).bind(opened.clone()).bind(DAY.to_string());
    cased.bind(dues.clone()).execute(&mut *conn).await?;
    of(PARTIES).bind(parties).execute(&mut *conn).await?;
    of(CASE_PARTIES).bind(cases).bind(parties).execute(&mut *conn).await?;
    of(OPENS).bind(entries).bind(cases).bind(opened).execute(&mut *conn).await?;
    let dued = of(DUES).bind(entries + open).bind(cases).bind(dues);
    dued.execute(conn).await?;
    Ok(cases)
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

const KNOWN: [&str; 2] = ["set default_transaction_read_only = off", "vacuum analyze"];
const SIZE: &str = "\
select cast(sum(pg_total_relation_size(c.oid)) as bigint) from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema() and c.relkind = 'r'";

// How many, the first number, the second first number; days past due are spread over 1
// to 80.

const CASES: &str = "\
with recursive n(i) as (
  select cast(0 as bigint) union all select i + 1 from n where i + 1 < $1)
insert into cases (id, case_no, org, village, product, collector, opened_on,
  principal_fen, opened_fen, due_fen, balance_fen, oldest_unpaid_on, last_due_on,
  known_since_on)
select $2 + i, 'CS' || i, '测速信用社', '测速' || (i % 48) || '村', '测速贷款',
  '测速员' || (i % 16), $3, 1000000, 1000000, 500000, 1000000, d.day, d.day, $4
from n join list($5) as d (place ordinality, day text) on d.place = i % 80";

const PARTIES: &str = "\
with recursive n(i) as (
  select cast(0 as bigint) union all select i + 1 from n where i + 1 < $1)
insert into parties (id, party_no, name, phone, address, village, fictional)
select $2 + i, 'CSK' || i, '测速客户' || i, cast(15400000000 + i as text),
  '测速路' || i || '号', '测速村', 1
from n";

const CASE_PARTIES: &str = "\
with recursive n(i) as (
  select cast(0 as bigint) union all select i + 1 from n where i + 1 < $1)
insert into case_parties (case_id, party_id, role)
select $2 + i, $3 + i, 'borrower' from n";

const OPENS: &str = "\
with recursive n(i) as (
  select cast(0 as bigint) union all select i + 1 from n where i + 1 < $1)
insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
  recorded_at)
select $2 + i, $3 + i, 'open', 1000000, $4, 'bench', 'o' || i, 0 from n";

const DUES: &str = "\
with recursive n(i) as (
  select cast(0 as bigint) union all select i + 1 from n where i + 1 < $1)
insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
  recorded_at)
select $2 + i, $3 + i, 'due', 500000, d.day, 'bench', 'd' || i, 0
from n join list($4) as d (place ordinality, day text) on d.place = i % 80";

/// Every instance has waited before, so that a step replaces its wait.
const WAITS: &str = "\
insert into wait_rules (instance_id, rule, next_stage, since)
select id, '{\"days\":1}', $2, $1 from instances";
