//! A book with a past (测速旧账), for the views: cases in several workflows, with money,
//! contacts, orders, tasks and the lines of their journals, made with set-based statements
//! that both databases understand.

use anyhow::Result;
use domain::decision::Decision;
use domain::journal::{Entry, HandlerCall, IssuedOrder, Opened, Stepped};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use runtime::plugin_books;
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;
use store::{Conn, Store, ids};

/// The day on which the book is looked at.
pub(super) const DAY: Date = date(2026, 4, 1);
/// Its opening, in milliseconds since 1970, eight hours ahead of UTC.
pub(super) const NOW_MS: i64 = 1_775_005_200_000;
/// Days past due are spread over as many.
const DAYS: i64 = 400;
/// Numbers are taken in blocks of one a case, by what they are for.
const BLOCKS: i64 = 20;
/// Lines of the longest story.
const LONG_STORY: i64 = 2_000;

/// What a book has been filled with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    /// The number of the first case; the others follow.
    pub(super) first_case: i64,
    open: i64,
}

impl Filled {
    /// The case of the longest story.
    pub(super) fn long_story(self) -> i64 {
        self.first_case + 1
    }

    /// An order with about as many before it as behind it.
    pub(super) fn middle_order(self) -> i64 {
        self.first_case + 11 * self.open + self.open / 2
    }
}

/// Fills a store with `open` cases and their past.
pub(super) async fn fill(store: &Store, open: i64) -> Result<Filled> {
    let plugins = plugins_on::all(&std::collections::BTreeMap::new(), store.path())?;
    let mut tx = store.write().await?;
    plugin_books::migrate(tx.conn(), &plugins).await?;
    let first = ids::allocate(tx.conn(), usize::try_from(open * BLOCKS)?).await?;
    tx.commit().await?;
    let (step, opened) = (step(), opened());
    let book = Book { open, first, days: days(), step, opened };
    for statement in STATEMENTS {
        let mut tx = store.write().await?;
        book.write(tx.conn(), statement).await?;
        tx.commit().await?;
    }
    Ok(Filled { first_case: first, open })
}

struct Book {
    open: i64,
    first: i64,
    days: String,
    step: String,
    opened: String,
}

impl Book {
    /// `$1` how many, `$2` the first number, `$3` the days one behind the other, `$4` the
    /// instant, `$5` villages, `$6` collectors.
    async fn write(&self, conn: &mut Conn, statement: &str) -> Result<()> {
        let rows = if statement.contains("from story") { LONG_STORY } else { self.open };
        let story = statement.replace("from story", "from n");
        // What the rows share stands in this program alone.
        let sql = format!(
            "with recursive n (i) as (
               select cast(0 as bigint) union all select i + 1 from n where i + 1 < {rows})
             {}",
            story
                .replace("DAY", "substr($3, cast(1 + (i * 7) % 400 * 10 as integer), 10)")
                .replace("STEP", &self.step)
                .replace("OPENED", &self.opened)
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(self.open)
            .bind(self.first)
            .bind(self.days.clone())
            .bind(NOW_MS)
            .bind((self.open / 2_000).max(20))
            .bind((self.open / 5_000).max(8))
            .execute(conn)
            .await?;
        Ok(())
    }
}

/// The days before the one of the book, the latest first, each of ten letters.
fn days() -> String {
    (1..=DAYS).map(|back| DAY.saturating_sub(back.days()).to_string()).collect()
}

/// The line of a step as a run writes it down, as a text of SQL.
fn step() -> String {
    let call = HandlerCall {
        stage: "first_message".to_owned(),
        on: HandlerCall::ENTER.to_owned(),
        line: "remind.lua:109".to_owned(),
        decision: Decision::Stay,
    };
    let order = IssuedOrder {
        verb: "sms".to_owned(),
        to: None,
        args: Map::from_iter([("template".to_owned(), Value::from("remind_1"))]),
        line: "remind.lua:105".to_owned(),
        key: "2c8cb6c2adf9c796b11e9e2419b90acb".to_owned(),
    };
    text(&Entry::Stepped(Stepped {
        workflow: "remind".to_owned(),
        path: vec![call],
        orders: vec![order],
        next_at: Some(DAY.at(9, 0, 0, 0)),
        ..Stepped::default()
    }))
}

fn opened() -> String {
    text(&Entry::Opened(Opened {
        workflow: "remind".to_owned(),
        stage: "w1".to_owned(),
        by: "conditions".to_owned(),
        ..Opened::default()
    }))
}

fn text(entry: &Entry) -> String {
    format!("'{}'", entry.to_body().as_str())
}

/// One case of twenty is in no workflow, one of ten is not late, one of three is in two
/// workflows; one of some thousands is in a rare one, and has a collector with few.
const STATEMENTS: &[&str] = &[
    CASES,
    PARTIES,
    "insert into case_parties (case_id, party_id, role)
     select $2 + i, $2 + $1 + i, 'borrower' from n",
    RUNS,
    CLOCKS,
    "insert into instance_notes (instance_id, opened_at, episode, enrolled_by)
     select i.id, $4 - 86400000, 0, 'conditions' from instances i",
    "insert into lanes (case_id, lane, instance_id, workflow, oldest_unpaid_on)
     select i.case_id, i.lane, i.id, i.workflow, c.oldest_unpaid_on
     from instances i join cases c on c.id = i.case_id",
    "insert into step_errors (instance_id, fingerprint, message, tries, release_id, last_at)
     select i.id, 'remind.lua:' || (i.id % 7), '算错了 · a wrong sum', 3, 1, $4
     from instances i where i.status = 'parked'",
    OPENS,
    DUES,
    "insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
       recorded_at)
     select $2 + 8 * $1 + i, $2 + i, 'payment', 10000, DAY, 'bench', 'p' || i, $4
     from n where i % 3 = 0",
    "insert into events (id, case_id, kind, payload, source, dedupe_key, happened_on,
       received_at)
     select $2 + 9 * $1 + i, $2 + i, 'note', '{}', 'hand', 'n' || i, DAY, $4
     from n where i % 2 = 0",
    "insert into promises (id, case_id, amount_fen, made_on, due_on, grade, graded_on,
       source, dedupe_key)
     select $2 + 10 * $1 + i, $2 + i, 50000, DAY, '2026-04-20',
       case when i % 20 = 5 then 'open' else 'broken' end,
       case when i % 20 = 5 then null else DAY end, 'hand', 'v' || i
     from n where i % 10 = 5",
    ORDERS,
    CALLS,
    "insert into contacts (id, case_id, party_id, order_id, channel, attempted_at,
       attempted_on, attempted_minute, outcome)
     select $2 + 13 * $1 + i, $2 + i, $2 + $1 + i, $2 + 12 * $1 + i, 'phone', $4, DAY, 600,
       'conversation'
     from n where i % 2 = 0",
    TASKS,
    "insert into tasks (id, kind, title, for_role, dedupe_key, opened_at)
     select $2 + 15 * $1 + i, 'guard', '名单待核对 · a list waits', 'supervisor', 'g' || i, $4
     from n where i % 500 = 1",
    "insert into journal (id, chain, seq, case_id, at, body, prev_hash, hash)
     select $2 + 16 * $1 + i, $2 + 2 * $1 + i, 0, $2 + i, $4 - 172800000, OPENED, 'b', 'b'
     from n",
    "insert into journal (id, chain, seq, case_id, at, body, prev_hash, hash)
     select $2 + 17 * $1 + i, $2 + 2 * $1 + i, 1, $2 + i, $4 - 86400000, STEP, 'b', 'b'
     from n",
    "insert into journal (id, chain, seq, case_id, at, body, prev_hash, hash)
     select $2 + 18 * $1 + i, $2 + 3 * $1 + i, 0, $2 + i, $4 - 86400000, OPENED, 'b', 'b'
     from n where i % 3 = 0",
    STORY,
    #[cfg(feature = "visit")]
    "insert into visits (id, case_id, party_id, village, reason, assignee, planned_on, due_on)
     select $2 + 19 * $1 + i, $2 + i, $2 + $1 + i, '虚构村', '上门核实 · a visit',
       '测速员' || (i / 50 % $6), DAY, DAY
     from n where i % 50 = 7",
];

const CASES: &str = "
    insert into cases (id, case_no, org, village, product, collector, opened_on,
      principal_fen, opened_fen, due_fen, balance_fen, oldest_unpaid_on, last_due_on,
      known_since_on, open_runs)
    select $2 + i, 'CS' || i, '测速信用社', '虚构' || (i % $5) || '村', '测速贷款',
      case when i % 9973 = 9 then '测速员少' else '测速员' || (i / 3 % $6) end,
      '2025-01-01', 1000000, 1000000, 500000, 1000000,
      case when i % 10 = 0 then null else DAY end, DAY, '2025-01-01',
      case when i % 20 = 3 then 0 when i % 3 = 0 then 2 else 1 end
    from n";

const PARTIES: &str = "
    insert into parties (id, party_no, name, phone, address, village, fictional)
    select $2 + $1 + i, 'CSK' || i, '测速客户' || i, '154' || (10000000 + i), '测速路',
      '虚构村', 1
    from n";

const RUNS: &str = "
    insert into instances (id, case_id, workflow, lane, stage, seq, status, due_at, frozen_at)
    select $2 + 2 * $1 + i, $2 + i,
      case when i % 5003 = 7 then 'rare' when i % 10 = 0 then 'ahead'
        when (i * 7) % 400 < 30 then 'remind' when (i * 7) % 400 < 90 then 'visit'
        else 'suit' end,
      'contact', 'w' || (i % 7), 1,
      case when i % 1009 = 5 then 'parked' when i % 101 = 4 then 'frozen' else 'waiting' end,
      $4 + i % 1000 * 60000,
      case when i % 1009 <> 5 and i % 101 = 4 then $4 end
    from n where i % 20 <> 3";

const CLOCKS: &str = "
    insert into instances (id, case_id, workflow, lane, stage, seq, status, due_at)
    select $2 + 3 * $1 + i, $2 + i, 'limitation', 'clock', 'look', 0, 'waiting', $4
    from n where i % 3 = 0 and i % 20 <> 3";

const OPENS: &str = "
    insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
      recorded_at)
    select $2 + 4 * $1 + i, $2 + i, 'open', 1000000, '2025-01-01', 'bench', 'o' || i, $4
    from n";

const DUES: &str = "
    insert into ledger (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
      recorded_at)
    select $2 + 5 * $1 + i, $2 + i, 'due', 500000, DAY, 'bench', 'd' || i, $4
    from n";

/// One order a case: most have left, a few wait for a second person or did not get
/// through.
const ORDERS: &str = "
    insert into outbox (id, case_id, instance_id, seq, ordinal, stage, plugin, verb,
      party_id, channel, act, delivery, args, idempotency_key, requested_by, collector, line,
      status, not_before_at, not_after_at, created_at, settled_at, settled_note)
    select $2 + 11 * $1 + i, $2 + i, $2 + 2 * $1 + i, 1, 0, 'w1', 'remind',
      case when i % 1000 between 31 and 36 then 'file_suit' else 'sms' end,
      $2 + $1 + i, 'sms', 'demand', 'at_least_once', '{\"template\":\"remind_1\"}', 'a' || i,
      'workflow:remind', '测速员' || (i / 3 % $6), 'remind.lua:105',
      case when i % 1000 < 30 then 'pending' when i % 1000 < 37 then 'awaiting_approval'
        when i % 1000 = 37 then 'unknown' when i % 1000 < 40 then 'failed'
        when i % 1000 < 120 then 'refused' when i % 1000 < 180 then 'cancelled'
        when i % 100000 = 200 then 'expired' else 'delivered' end,
      $4, $4 + 7776000000, $4, case when i % 1000 < 37 then null else $4 end, ''
    from n";

const CALLS: &str = "
    insert into outbox (id, case_id, instance_id, seq, ordinal, stage, plugin, verb,
      party_id, channel, act, delivery, args, idempotency_key, requested_by, collector, line,
      status, not_before_at, not_after_at, created_at, settled_at, settled_note)
    select $2 + 12 * $1 + i, $2 + i, $2 + 2 * $1 + i, 1, 1, 'w1', 'remind', 'call',
      $2 + $1 + i, 'phone', 'demand', 'at_least_once', '{}', 'c' || i,
      'workflow:remind', '测速员' || (i / 3 % $6), 'remind.lua:130', 'delivered',
      $4, $4 + 7776000000, $4, $4, ''
    from n where i % 2 = 0";

/// Four tasks of five are done, and some of the others suspended.
const TASKS: &str = "
    insert into tasks (id, case_id, instance_id, kind, title, assignee, due_on, opened_at,
      closed_at, closed_by, outcome, suspended_for, dedupe_key)
    select $2 + 14 * $1 + i, $2 + i, $2 + 2 * $1 + i,
      case when i % 5005 = 0 then 'deadline' when i % 3 = 0 then 'visit' else 'call' end,
      '致电客户 · a call', '测速员' || (i / 25 % $6),
      case when i % 35 = 0 then null else DAY end, $4,
      case when i % 25 = 0 then null else $4 end, case when i % 25 = 0 then null else '甲' end,
      case when i % 25 = 0 then null else 'done' end,
      case when i % 250 = 0 and i % 5005 <> 0 then 'complaint' end, 't' || i
    from n where i % 5 = 0";

/// Lines of a case that a court asks about, a line a few hours.
const STORY: &str = "
    insert into journal (id, chain, seq, case_id, at, body, prev_hash, hash)
    select $2 + 6 * $1 + i, $2 + 1, i, $2 + 1, $4 - (2000 - i) * 10000000, STEP, 'b', 'b'
    from story where i < $1";
