//! Verification (核验): proves of any store that nothing was lost, changed or
//! done twice.
//!
//! Each check is a question whose answer must be "none". The names I1 to I5 are
//! those of ARCHITECTURE.md.

use serde::Serialize;
use sqlx::Row;

use crate::journal::{self, Line};
use crate::{Conn, StoreError};

/// One thing that must not be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// `I1` … `I5`, `chain`, `seal`, `totals`.
    pub check: &'static str,
    /// What is wrong where, without personal data.
    pub what: String,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    /// Journal lines whose hash was computed again.
    pub journal_lines: u64,
    /// Chains they form.
    pub chains: u64,
    /// Seals computed again.
    pub seals: u64,
    /// Orders looked at.
    pub orders: u64,
    /// Cases whose totals were summed again.
    pub cases: u64,
    /// Everything wrong; empty for a sound store.
    pub faults: Vec<Fault>,
}

/// Checks that are one question each: name, the question, what a row means.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("I1", SILENTLY_STUCK, "实例没有定时器、事件、待办或停放原因"),
    ("I1", LANE_WITHOUT_INSTANCE, "案道与未结实例不一致"),
    ("I2", SEQ_BEHIND, "实例步数与日志不一致"),
    ("I2", DOUBLE_CONSUMED, "事件由不存在的步骤处理"),
    ("I3", SENT_TWICE, "最多一次的指令交付了多次"),
    ("I3", DELIVERED_WITHOUT_LINE, "已送出的指令在日志中没有记录"),
    ("I4", TOO_MANY_CALLS, "同一人一日内有效通话超过 3 次"),
    ("I4", OUTSIDE_WINDOW, "22:00–08:00 之间的联络"),
    ("I4", TOO_MANY_VISITS, "同一人 7 日内上门超过 1 次"),
    ("I5", DUNNED_AFTER_CURE, "还清逾期之后又生成催收指令"),
    ("totals", WRONG_TOTALS, "案件合计与账目不符"),
    ("totals", WRONG_OLDEST, "最早未还到期日与账目不符"),
];

const SILENTLY_STUCK: &str = "\
select i.id from instances i
where i.status <> 'finished'
and not (i.status = 'waiting' and i.due_at is not null)
and not (i.status = 'parked' and exists (
  select 1 from step_errors e where e.instance_id = i.id))
and not (i.status = 'frozen' and exists (
  select 1 from cases c where c.id = i.case_id and c.holds <> ''))
and not exists (select 1 from inbox b
  where b.instance_id = i.id and b.consumed_seq is null)
and not exists (select 1 from tasks t
  where t.instance_id = i.id and t.closed_at is null)";

const LANE_WITHOUT_INSTANCE: &str = "\
select l.instance_id from lanes l left join instances i on i.id = l.instance_id
where i.id is null or i.status = 'finished'
union all
select i.id from instances i left join lanes l on l.instance_id = i.id
where i.status <> 'finished' and l.instance_id is null";

const SEQ_BEHIND: &str = "\
select i.id from instances i
where i.seq <> (select coalesce(max(j.seq), -1) from journal j where j.chain = i.id)";

const DOUBLE_CONSUMED: &str = "\
select b.id from inbox b
left join journal j on j.chain = b.instance_id and j.seq = b.consumed_seq
where 0 <= b.consumed_seq and j.id is null";

const SENT_TWICE: &str = "\
select o.id from outbox o
where o.delivery = 'at_most_once' and 1 < (
  select count(*) from journal j where j.chain = o.case_id
  and j.body ->> 'did' = 'order' and j.body ->> 'order' = o.id
  and j.body ->> 'status' in ('delivered', 'unknown'))
and o.id not in (select order_id from tasks where kind = 'resend' and order_id is not null)";

const DELIVERED_WITHOUT_LINE: &str = "\
select o.id from outbox o
where o.status = 'delivered' and not exists (
  select 1 from journal j where j.chain = o.case_id
  and j.body like '%\"order\":' || o.id || ',%')";

const TOO_MANY_CALLS: &str = "\
select min(id) from contacts
where channel = 'phone' and outcome in ('reserved', 'delivered', 'conversation')
and order_id is not null
group by party_id, attempted_on having 3 < count(*)";

const OUTSIDE_WINDOW: &str = "\
select c.id from contacts c join parties p on p.id = c.party_id
where c.channel in ('phone', 'sms', 'wechat_work', 'visit', 'letter_hand')
and not (480 <= c.attempted_minute and c.attempted_minute < 1320)
and c.order_id is not null
and p.consents not like '%out_of_hours%'";

const TOO_MANY_VISITS: &str = "\
select b.id from contacts a join contacts b
  on b.party_id = a.party_id and a.id < b.id
  and b.attempted_on <= date(a.attempted_on, '+6 days')
where a.channel = 'visit' and b.channel = 'visit'
and a.outcome <> 'failed' and b.outcome <> 'failed'
and a.order_id is not null and b.order_id is not null";

/// An order to demand is wrong when the ledger as it was recorded at that time
/// covered everything due before that day.
const DUNNED_AFTER_CURE: &str = "\
select o.id from outbox o
where o.act = 'demand' and o.instance_id is not null
and exists (select 1 from events e where e.case_id = o.case_id
  and e.kind in ('cured', 'paid_off') and e.received_at < o.created_at)
and (
  select coalesce(sum(l.amount_fen), 0) from ledger l
  where l.case_id = o.case_id and l.kind = 'due'
  and l.recorded_at <= o.created_at
  and l.booked_on < date(o.created_at / 1000 + 86400, 'unixepoch')
) <= (
  select coalesce(sum(case l.kind when 'reversal' then -l.amount_fen
    else l.amount_fen end), 0)
  from ledger l where l.case_id = o.case_id
  and l.kind in ('payment', 'waiver', 'reversal') and l.recorded_at <= o.created_at)";

const WRONG_TOTALS: &str = "\
select c.id from cases c left join (
  select case_id,
    sum(case kind when 'open' then amount_fen when 'fee' then amount_fen
      when 'penalty' then amount_fen when 'payment' then -amount_fen
      when 'waiver' then -amount_fen when 'reversal' then amount_fen
      else 0 end) as balance,
    sum(case kind when 'payment' then amount_fen
      when 'reversal' then -amount_fen else 0 end) as paid,
    sum(case kind when 'due' then amount_fen else 0 end) as due
  from ledger group by case_id) l on l.case_id = c.id
where c.balance_fen <> coalesce(l.balance, 0)
or c.paid_fen <> coalesce(l.paid, 0) or c.due_fen <> coalesce(l.due, 0)";

const WRONG_OLDEST: &str = "\
select c.id from cases c left join (
  select case_id, min(booked_on) as oldest from (
    select l.case_id, l.booked_on, k.paid_fen + k.waived_fen as covered,
      sum(l.amount_fen) over (
        partition by l.case_id order by l.booked_on, l.id) as due
    from ledger l join cases k on k.id = l.case_id
    where l.kind = 'due')
  where covered < due group by case_id) o on o.case_id = c.id
where coalesce(c.oldest_unpaid_on, '') <> coalesce(o.oldest, '')";

/// Proves the chain and the invariants of a whole store.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read; faults found are not
/// errors but part of the [`Verdict`].
pub async fn verify(conn: &mut Conn) -> Result<Verdict, StoreError> {
    let mut verdict = Verdict::default();
    verify_chains(conn, &mut verdict).await?;
    verify_seals(conn, &mut verdict).await?;
    for (check, question, meaning) in QUESTIONS {
        let rows = sqlx::query(*question).fetch_all(&mut *conn).await?;
        verdict.faults.extend(rows.iter().map(|it| Fault {
            check,
            what: format!("{meaning}({})", it.get::<i64, _>(0)),
        }));
    }
    verdict.orders = count(conn, "select count(*) from outbox").await?;
    verdict.cases = count(conn, "select count(*) from cases").await?;
    Ok(verdict)
}

async fn count(conn: &mut Conn, sql: &'static str) -> Result<u64, StoreError> {
    let n: i64 = sqlx::query(sql).fetch_one(conn).await?.get(0);
    Ok(u64::try_from(n).unwrap_or(0))
}

const BY_CHAIN: &str = "\
select id, chain, seq, case_id, at, release_id, body, prev_hash, hash
from journal
where ($1 < chain or (chain = $1 and $2 < seq))
order by chain, seq limit 5000";

async fn verify_chains(conn: &mut Conn, verdict: &mut Verdict) -> Result<(), StoreError> {
    let (mut chain, mut seq, mut hash) = (-1_i64, -1_i64, String::new());
    loop {
        let rows =
            sqlx::query(BY_CHAIN).bind(chain).bind(seq).fetch_all(&mut *conn).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            let line = Line {
                id: row.get(0),
                chain: row.get(1),
                seq: row.get(2),
                case_id: row.get(3),
                at: row.get(4),
                release_id: row.get(5),
                body: row.get(6),
                prev_hash: row.get(7),
                hash: row.get(8),
            };
            if line.chain != chain {
                (chain, seq, hash) = (line.chain, -1, journal::GENESIS.to_owned());
                verdict.chains += 1;
            }
            check_line(&line, seq, &hash, verdict);
            (seq, hash) = (line.seq, line.hash);
        }
    }
}

fn check_line(line: &Line, seq: i64, prev: &str, verdict: &mut Verdict) {
    verdict.journal_lines += 1;
    let at = format!("日志链 {} 第 {} 行", line.chain, line.seq);
    let mut fault = |check, what: &str| {
        verdict.faults.push(Fault { check, what: format!("{at}:{what}") });
    };
    if line.seq != seq + 1 {
        fault("I2", "编号不连续");
    }
    if line.prev_hash != prev {
        fault("chain", "与前一行不衔接");
    }
    let expected = journal::hash_line(
        &line.prev_hash,
        line.chain,
        line.seq,
        line.at,
        line.release_id,
        &line.body,
    );
    if expected != line.hash {
        fault("chain", "内容与校验值不符");
    }
}

const SEALS: &str = "\
select first_id, last_id, rows, prev_hash, hash, sealed_on from seals order by id";
const SEALED: &str = "\
select hash from journal where $1 <= id and id <= $2 order by id";

async fn verify_seals(conn: &mut Conn, verdict: &mut Verdict) -> Result<(), StoreError> {
    let seals = sqlx::query(SEALS).fetch_all(&mut *conn).await?;
    let mut prev = String::new();
    for seal in &seals {
        verdict.seals += 1;
        let rows = sqlx::query(SEALED)
            .bind(seal.get::<i64, _>(0))
            .bind(seal.get::<i64, _>(1))
            .fetch_all(&mut *conn)
            .await?;
        let hash = journal::seal_hash(&prev, rows.iter().map(|it| it.get::<&str, _>(0)));
        let sound = i64::try_from(rows.len()) == Ok(seal.get(2))
            && prev == seal.get::<&str, _>(3)
            && hash == seal.get::<&str, _>(4);
        if !sound {
            verdict.faults.push(Fault {
                check: "seal",
                what: format!("{} 的封存与日志不符", seal.get::<&str, _>(5)),
            });
        }
        prev = seal.get(4);
    }
    Ok(())
}
