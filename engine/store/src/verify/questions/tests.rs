//! That a case which is not doubted (存疑) is right: the statements find what those find
//! that add up every ledger.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sqlx::Row;

use super::{WRONG_OLDEST, WRONG_TOTALS};
use crate::{Conn, Store};

/// The totals of every case, added up.
const ALL_TOTALS: &str = "\
with booked as (
  select case_id,
    sum(case kind when 'open' then amount_fen else 0 end) as opened,
    sum(case kind when 'fee' then amount_fen else 0 end) as fee,
    sum(case kind when 'penalty' then amount_fen else 0 end) as penalty,
    sum(case kind when 'payment' then amount_fen else 0 end) as paid,
    sum(case kind when 'waiver' then amount_fen else 0 end) as waived,
    sum(case kind when 'due' then amount_fen else 0 end) as due,
    max(case kind when 'due' then booked_on end) as last_due,
    max(case kind when 'payment' then booked_on end) as last_payment
  from ledger
  where kind <> 'reversal'
    and not exists (select 1 from ledger r where r.reverses = ledger.id)
  group by case_id)
select c.id from cases c left join booked l on l.case_id = c.id
where c.opened_fen <> coalesce(l.opened, 0) or c.fee_fen <> coalesce(l.fee, 0)
or c.penalty_fen <> coalesce(l.penalty, 0) or c.paid_fen <> coalesce(l.paid, 0)
or c.waived_fen <> coalesce(l.waived, 0) or c.due_fen <> coalesce(l.due, 0)
or c.balance_fen
  <> c.opened_fen + c.fee_fen + c.penalty_fen - c.paid_fen - c.waived_fen
or coalesce(c.last_due_on, '') <> coalesce(l.last_due, '')
or coalesce(c.last_payment_on, '') <> coalesce(l.last_payment, '')";

/// The oldest unpaid day of every case, looked for among all its dues.
const ALL_OLDEST: &str = "\
select c.id from cases c left join (
  select case_id, min(booked_on) as oldest from (
    select l.case_id, l.booked_on, max(0, k.paid_fen + k.waived_fen) as covered,
      sum(l.amount_fen) over (
        partition by l.case_id order by l.booked_on, l.id) as due
    from ledger l join cases k on k.id = l.case_id
    where l.kind = 'due'
      and not exists (select 1 from ledger r where r.reverses = l.id)) d
  where covered < due group by case_id) o on o.case_id = c.id
where coalesce(c.oldest_unpaid_on, '') <> coalesce(o.oldest, '')";

const KINDS: [&str; 6] = ["open", "due", "due", "payment", "fee", "waiver"];

/// Kind, amount, day, whether it was taken back.
type Line = (usize, i64, u8, bool);

/// A case's lines, and what was changed of it behind the program's back.
type Case = (Vec<Line>, usize);

const CASE: &str =
    "insert into cases (id, case_no, known_since_on) values ($1, cast($1 as text), '')";
const LINE: &str = "
    insert into ledger (id, case_id, kind, amount_fen, booked_on, reverses, source,
      dedupe_key, recorded_at)
    values ($1, $2, $3, $4, $5, nullif($6, 0), 'test', cast($1 as text), 0)";

/// What a case comes to, one column after the other.
const RIGHT: [&str; 3] = [
    "update cases set
      opened_fen = (select coalesce(sum(amount_fen), 0) from standing l
        where l.case_id = cases.id and l.kind = 'open'),
      due_fen = (select coalesce(sum(amount_fen), 0) from standing l
        where l.case_id = cases.id and l.kind = 'due'),
      paid_fen = (select coalesce(sum(amount_fen), 0) from standing l
        where l.case_id = cases.id and l.kind = 'payment'),
      fee_fen = (select coalesce(sum(amount_fen), 0) from standing l
        where l.case_id = cases.id and l.kind = 'fee'),
      waived_fen = (select coalesce(sum(amount_fen), 0) from standing l
        where l.case_id = cases.id and l.kind = 'waiver'),
      last_due_on = (select max(booked_on) from standing l
        where l.case_id = cases.id and l.kind = 'due'),
      last_payment_on = (select max(booked_on) from standing l
        where l.case_id = cases.id and l.kind = 'payment')",
    "update cases set balance_fen = opened_fen + fee_fen - paid_fen - waived_fen",
    "update cases set oldest_unpaid_on = (
      select min(d.booked_on) from standing d
      where d.case_id = cases.id and d.kind = 'due'
      and max(0, cases.paid_fen + cases.waived_fen) < (
        select sum(e.amount_fen) from standing e
        where e.case_id = d.case_id and e.kind = 'due'
        and (e.booked_on, e.id) <= (d.booked_on, d.id)))",
];

const CHANGES: [&str; 9] = [
    "",
    "",
    "",
    "opened_fen = opened_fen + 1",
    "fee_fen = fee_fen + 1, penalty_fen = penalty_fen - 1",
    "paid_fen = paid_fen + 3, balance_fen = balance_fen - 3",
    "due_fen = due_fen - 1",
    "oldest_unpaid_on = '2026-01-02'",
    "oldest_unpaid_on = null, last_payment_on = last_due_on",
];

async fn fill(conn: &mut Conn, cases: &[Case]) {
    let mut id = 1_000;
    for (case, (lines, _)) in (1_i64..).zip(cases) {
        sqlx::query(CASE).bind(case).execute(&mut *conn).await.unwrap();
        for (kind, amount, day, taken_back) in lines {
            let on = format!("2026-01-{day:02}");
            for (kind, reverses) in [(KINDS[*kind], 0), ("reversal", id)]
                .iter()
                .take(1 + usize::from(*taken_back))
            {
                sqlx::query(LINE)
                    .bind(id + i64::from(*reverses != 0))
                    .bind(case)
                    .bind(*kind)
                    .bind(*amount)
                    .bind(on.clone())
                    .bind(*reverses)
                    .execute(&mut *conn)
                    .await
                    .unwrap();
            }
            id += 2;
        }
    }
    let standing = "create temp view standing as select * from ledger
        where kind <> 'reversal'
        and id not in (select reverses from ledger where reverses is not null)";
    sqlx::query(standing).execute(&mut *conn).await.unwrap();
    for statement in RIGHT {
        sqlx::query(statement).execute(&mut *conn).await.unwrap();
    }
}

async fn change(conn: &mut Conn, cases: &[Case]) {
    for (case, (_, what)) in (1_i64..).zip(cases) {
        let what = CHANGES[*what];
        if !what.is_empty() {
            let sql = format!("update cases set {what} where id = {case}");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *conn).await.unwrap();
        }
    }
}

async fn found(conn: &mut Conn, statement: &'static str) -> BTreeSet<i64> {
    let rows = sqlx::query(statement).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn whoever_is_wrong_is_doubted(cases: &[Case]) {
    let store = Store::in_memory().await.unwrap();
    let mut tx = store.write().await.unwrap();
    let conn = tx.conn();
    fill(conn, cases).await;
    let none = BTreeSet::new();
    assert_eq!(found(conn, ALL_TOTALS).await, none, "the book was filled rightly");
    assert_eq!(found(conn, ALL_OLDEST).await, none, "the book was filled rightly");
    for _ in 0..2 {
        for (doubting, all) in [(WRONG_TOTALS, ALL_TOTALS), (WRONG_OLDEST, ALL_OLDEST)] {
            assert_eq!(found(conn, doubting).await, found(conn, all).await, "{cases:?}");
        }
        change(conn, cases).await;
    }
    tx.rollback().await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_case_that_is_not_doubted_is_right(
        cases in prop::collection::vec(
            (
                prop::collection::vec(
                    (0..KINDS.len(), -2..12_i64, 1..5_u8, prop::bool::weighted(0.2)),
                    0..7,
                ),
                0..CHANGES.len(),
            ),
            1..25,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(whoever_is_wrong_is_doubted(&cases));
    }
}
