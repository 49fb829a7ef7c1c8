//! The journal's chains (日志链), and what each run's chain says of the run.

use domain::journal::{Entry, EntryError, IssuedOrder};
use domain::status::InstanceStatus;
use foldhash::HashMap;
use serde_json::{Map, Value};

use super::{Verdict, counter};
use crate::journal::{self, Line};
use crate::order_key::order_key;
use crate::progress::Progress;
use crate::{Conn, StoreError, meta, rows};

const BY_CHAIN: &str = "\
select id, chain, seq, case_id, at, release_id, body, prev_hash, hash
from journal
where ($1, $2) < (chain, seq)
order by chain, seq limit 5000";

/// Proves every chain, and holds runs and their orders against it.
pub(super) async fn verify(
    conn: &mut Conn,
    verdict: &mut Verdict,
    progress: &Progress,
) -> Result<(), StoreError> {
    let store_id = meta::text(conn, "store_id").await?.unwrap_or_default();
    let mut reader = ChainReader::default();
    loop {
        let lines: Vec<Line> = sqlx::query_as(BY_CHAIN)
            .bind(reader.chain)
            .bind(reader.seq)
            .fetch_all(&mut *conn)
            .await?;
        let (read, is_end) = (lines.len(), lines.is_empty());
        for line in lines {
            reader.take(line, verdict);
        }
        progress.advance(read as u64);
        if is_end {
            reader.end_chain();
        }
        check_runs(conn, &store_id, std::mem::take(&mut reader.ended), verdict).await?;
        if is_end {
            break;
        }
    }
    let lines = counter(conn, journal::LINES).await?;
    if u64::try_from(lines) != Ok(verdict.journal_lines) {
        let found = verdict.journal_lines;
        verdict.fault(
            "chain",
            0,
            format!("日志应有 {lines} 行,现有 {found} 行"),
            format!("the journal should have {lines} lines and has {found}"),
        );
    }
    Ok(())
}

/// What the chain of a run says of it.
#[derive(Default)]
struct Run {
    id: i64,
    stage: String,
    closed: bool,
    parked: bool,
    /// The last step that left its stage.
    left_at: i64,
    given: HashMap<(i64, usize), (IssuedOrder, Option<i64>)>,
}

impl Run {
    fn hear(&mut self, seq: i64, release: Option<i64>, entry: Entry) {
        self.parked = matches!(entry, Entry::Parked(_));
        match entry {
            Entry::Reopened(_) => self.closed = false,
            Entry::RehearsalOver(_) | Entry::Withdrawn(_) => self.closed = true,
            Entry::Opened(opened) => self.stage = opened.stage,
            Entry::Stepped(step) => {
                self.closed = step.next_at.is_none();
                if let Some(last) = step.path.into_iter().last() {
                    self.stage = last.stage;
                }
                if step.left_stage {
                    self.left_at = seq;
                }
                let given = step.orders.into_iter().enumerate();
                self.given.extend(given.map(|(at, it)| ((seq, at), (it, release))));
            }
            _ => {}
        }
    }
}

/// A walk over all lines in order of chain and number.
struct ChainReader {
    chain: i64,
    seq: i64,
    id: i64,
    hash: String,
    run: Option<Run>,
    ended: Vec<Run>,
}

impl Default for ChainReader {
    fn default() -> Self {
        Self { chain: -1, seq: -1, id: 0, hash: String::new(), run: None, ended: vec![] }
    }
}

impl ChainReader {
    fn take(&mut self, line: Line, verdict: &mut Verdict) {
        if line.chain != self.chain {
            self.end_chain();
            (self.chain, self.seq, self.id) = (line.chain, -1, 0);
            journal::GENESIS.clone_into(&mut self.hash);
            let of_run = line.chain != journal::SITE && line.case_id != Some(line.chain);
            self.run = of_run.then(|| Run { id: line.chain, ..Run::default() });
            verdict.chains += 1;
        }
        verdict.journal_lines += 1;
        self.check(&line, verdict);
        if let Some(run) = &mut self.run {
            match line.entry() {
                Ok(entry) => run.hear(line.seq, line.release_id, entry),
                // It is as good as any other: its hash stands, and nothing is parked.
                Err(EntryError::Newer { .. }) => run.parked = false,
                Err(EntryError::Unreadable(_)) => {
                    let (zh, en) = place(&line);
                    let (zh, en) =
                        (format!("{zh}:无法读懂"), format!("{en}: it cannot be read"));
                    verdict.fault("chain", line.chain, zh, en);
                }
            }
        }
        (self.seq, self.id, self.hash) = (line.seq, line.id, line.hash);
    }

    fn check(&self, line: &Line, verdict: &mut Verdict) {
        let mut fault = |check, zh: &str, en: &str| {
            let (of, at) = place(line);
            verdict.fault(check, line.chain, format!("{of}:{zh}"), format!("{at}: {en}"));
        };
        if line.seq != self.seq.saturating_add(1) {
            fault("I2", "编号不连续", "a line before it is missing");
        }
        if line.id <= self.id {
            fault("chain", "先后次序不符", "it is out of order");
        }
        if line.prev_hash != self.hash {
            fault("chain", "与前一行不衔接", "it does not follow the line before it");
        }
        let expected = journal::hash_line(
            &line.prev_hash,
            line.chain,
            line.seq,
            line.case_id,
            line.at,
            line.release_id,
            &line.body,
        );
        if expected != line.hash {
            fault("chain", "内容与校验值不符", "its content is not what its hash says");
        }
    }

    fn end_chain(&mut self) {
        self.ended.extend(self.run.take());
    }
}

fn place(line: &Line) -> (String, String) {
    let Line { chain, seq, .. } = line;
    (format!("日志链 {chain} 第 {seq} 行"), format!("journal chain {chain}, line {seq}"))
}

const INSTANCES: &str = "
    select json_group_array(json_array(id, stage, status))
    from instances
    where id in (select id from list($1) as s (id bigint))";

const ORDERS: &str = "
    select json_group_array(json_array(
      id, instance_id, seq, ordinal, verb, party_id, args, body,
      cast(states_fen is not null as integer), idempotency_key,
      cast(status = 'cancelled' and settled_note = 'stage_left' as integer), release_id))
    from outbox
    where instance_id in (select id from list($1) as s (id bigint))";

/// id, instance, seq, ordinal, verb, party, args, body, states an amount, key,
/// cancelled because its stage was left, release.
type Order = (
    i64,
    i64,
    i64,
    i64,
    String,
    Option<i64>,
    String,
    Option<String>,
    i64,
    String,
    i64,
    Option<i64>,
);

async fn check_runs(
    conn: &mut Conn,
    store_id: &str,
    runs: Vec<Run>,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let ids: Vec<i64> = runs.iter().map(|run| run.id).collect();
    let found: Vec<(i64, String, InstanceStatus)> =
        rows::ask(conn, INSTANCES, &ids).await?;
    let mut found: HashMap<i64, (String, InstanceStatus)> =
        found.into_iter().map(|it| (it.0, (it.1, it.2))).collect();
    let mut runs: HashMap<i64, Run> = runs.into_iter().map(|run| (run.id, run)).collect();
    for id in ids {
        let Some(run) = runs.get(&id) else { continue };
        match found.remove(&id) {
            None => verdict.fault(
                "I2",
                0,
                format!("日志中的实例 {id} 不在案件库中"),
                format!("run {id} of the journal is not in the store"),
            ),
            Some((stage, status)) => check_run(run, &stage, status, verdict),
        }
    }
    let ids: Vec<i64> = runs.keys().copied().collect();
    let mut orders: Vec<Order> = rows::ask(conn, ORDERS, &ids).await?;
    orders.sort_unstable_by_key(|order| order.0);
    for order in orders {
        let Some(run) = runs.get_mut(&order.1) else { continue };
        check_order(store_id, run, &order, verdict);
    }
    let mut missing: Vec<(i64, i64)> = runs
        .values()
        .flat_map(|run| run.given.keys().map(|(seq, _)| (run.id, *seq)))
        .collect();
    missing.sort_unstable();
    for (run, seq) in missing {
        verdict.fault(
            "order",
            run,
            format!("日志链 {run} 第 {seq} 行的指令不在待发箱中"),
            format!("an order of journal chain {run}, line {seq}, is not in the outbox"),
        );
    }
    Ok(())
}

fn check_run(run: &Run, stage: &str, status: InstanceStatus, verdict: &mut Verdict) {
    if run.stage != stage {
        let id = run.id;
        verdict.fault(
            "stage",
            id,
            format!("实例 {id} 的环节与日志不符"),
            format!("the stage of run {id} is not that of the journal"),
        );
    }
    let parked = status == InstanceStatus::Parked && !run.parked;
    if run.closed != (status == InstanceStatus::Finished) || parked {
        let id = run.id;
        verdict.fault(
            "stage",
            id,
            format!("实例 {id} 的状态与日志不符"),
            format!("the state of run {id} is not that of the journal"),
        );
    }
}

/// Holds an order against the step that gave it.
fn check_order(store_id: &str, run: &mut Run, order: &Order, verdict: &mut Verdict) {
    let (id, _, seq, ordinal, verb, to, args, body, states, key, left, release) = order;
    let ordinal = usize::try_from(*ordinal).unwrap_or(usize::MAX);
    let Some((given, under)) = run.given.remove(&(*seq, ordinal)) else {
        return verdict.fault(
            "order",
            *id,
            format!("没有哪一步给出过指令 {id}"),
            format!("no step gave order {id}"),
        );
    };
    let args = serde_json::from_str(args).ok();
    let same = given.verb == *verb
        && given.to.map(|it| it.0) == *to
        && given.key == *key
        && args.is_some_and(|args| {
            let rendered = (body.is_some(), *states == 1);
            same_args(args, given.args.clone(), rendered)
        });
    // A fraction may be written anew in another way, and the key with it.
    let place = (run.id, *seq, ordinal);
    let same_text = has_fraction(&given.args)
        || *key == order_key(store_id, place, verb, *to, &given.args, body.as_deref());
    if !same || !same_text || *release != under {
        verdict.fault(
            "order",
            *id,
            format!("指令 {id} 的内容与日志不符"),
            format!("the content of order {id} is not that of the journal"),
        );
    }
    if *left == 1 && run.left_at <= *seq {
        verdict.fault("order", *id, format!("指令 {id} 已取消,但实例没有离开该环节"), format!("order {id} was cancelled for its stage, and its run has not left that stage"));
    }
}

/// What a text says of its case, and which amounts it states, is added when it
/// is rendered.
fn same_args(
    mut sent: Map<String, Value>,
    mut given: Map<String, Value>,
    (has_text, states): (bool, bool),
) -> bool {
    if has_text {
        sent.remove("said");
        given.remove("said");
    }
    if states {
        for key in ["states", "states_balance"] {
            sent.remove(key);
            given.remove(key);
        }
    }
    sent == given
}

fn has_fraction(args: &Map<String, Value>) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::Number(it) => it.is_f64(),
            Value::Array(list) => list.iter().any(within),
            Value::Object(map) => map.values().any(within),
            _ => false,
        }
    }
    args.values().any(within)
}
