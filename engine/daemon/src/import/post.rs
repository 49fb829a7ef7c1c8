//! Books events files in the store (流水入账): money, promises, what happened.
//!
//! Everything runs within the transaction of the connection it is handed.

use std::collections::{HashMap, HashSet};

use domain::hold::HoldReason;
use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::limitation::Evidence;
use domain::money::Fen;
use domain::promise::Promise;
use jiff::civil::Date;
use serde_json::{Map, Value};
use store::confirm::{ConfirmedBy, confirm};
use store::events::NewEvent;
use store::holds::{Again, Lift, NewHold, Which};
use store::ledger::{ConflictKind, NewEntry, Retimed};
use store::promises::NewPromise;
use store::{Conn, Now, StoreError};

use super::book::BATCH;
use super::events::{EventRecord, What};
use super::fault::{Message, RowFault};
use super::reversals;
use super::twins::{self, Twin};

/// Where every row that came from a file says it came from. Not the name of
/// the file: the same event in another file is the same event.
pub(crate) const SOURCE: &str = "import";

/// Institutions that report once a month date payments up to a month before
/// the loan they belong to. Anything earlier is a mistake.
pub(crate) const EARLY_DAYS: i32 = 31;

/// When something is written, and how waiting workflow runs are moved by it.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Now.
    pub now: Now,
    /// The next workday's opening, in milliseconds since 1970: timers that the
    /// end of a hold sets free do not fire earlier.
    pub resume_at_ms: i64,
    /// The new instant of a wait for days past due whose anchor has moved;
    /// `None` leaves its timer.
    pub retime: &'a (dyn Fn(&Retimed) -> Option<i64> + Sync),
    /// Days after a promised day in which payment in full is late, not broken.
    pub tolerance_after: &'a (dyn Fn(Date) -> u32 + Sync),
}

/// What became of rows that were handed to the store.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Applied {
    /// Lines booked in the ledger.
    pub booked: usize,
    /// Payments entered by hand that rows have confirmed.
    pub confirmed: usize,
    /// Promises and other events recorded.
    pub recorded: usize,
    /// Rows that were known already.
    pub duplicates: usize,
    /// Rows of cases that are not in the book.
    pub unknown_case: usize,
    /// Rows that contradict the book, by their place in the table.
    pub rejected: Vec<(usize, RowFault)>,
    /// Payments booked although they lie a little before their loan.
    pub early: Vec<usize>,
}

/// A row whose case is known.
pub(crate) type Placed<'a> = (usize, CaseId, &'a EventRecord);

/// Books and records what the rows tell; rows of unknown cases are counted.
pub(crate) async fn apply(
    conn: &mut Conn,
    moment: &Moment<'_>,
    rows: &[(usize, EventRecord)],
) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    let cases = Cases::of(conn, rows).await?;
    let mut placed: Vec<Placed<'_>> = Vec::with_capacity(rows.len());
    for (index, row) in rows {
        match cases.find(row) {
            None => applied.unknown_case += 1,
            Some((case, opened_on)) => match earliness(row, opened_on) {
                Earliness::None => placed.push((*index, case, row)),
                Earliness::Little => {
                    applied.early.push(*index);
                    placed.push((*index, case, row));
                }
                Earliness::TooEarly => applied.rejected.push((*index, too_early())),
            },
        }
    }
    // All money of a case goes into one batch where it can: its totals and
    // clocks are then worked out once and not once a batch.
    placed.sort_by_key(|it| it.1);
    let placed_twins = twins::find(conn, &placed).await?;
    meet_twins(conn, moment, &placed_twins, &mut applied).await?;
    placed.retain(|it| !placed_twins.contains_key(&it.0));
    book_money(conn, moment, &placed, &mut applied).await?;
    placed.sort_by_key(|it| it.0);
    book_reversals(conn, moment, &placed, &mut applied).await?;
    take_promises(conn, moment, &placed, &mut applied).await?;
    record_events(conn, moment, &placed, &mut applied).await?;
    change_holds(conn, moment, &placed, &mut applied).await?;
    Ok(applied)
}

/// Money that stands in the book by hand is confirmed by the bank's row, or
/// left to a person; in neither case is it booked again.
async fn meet_twins(
    conn: &mut Conn,
    moment: &Moment<'_>,
    met: &HashMap<usize, Twin>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let mut confirmed = Vec::new();
    for (index, twin) in met {
        match twin {
            Twin::Same { confirmed: true, .. } => applied.duplicates += 1,
            Twin::Same { entry, .. } => confirmed.push(*entry),
            Twin::Doubtful(entry) => {
                applied.rejected.push((*index, twins::doubtful(*entry)));
            }
        }
    }
    confirmed.sort_unstable();
    applied.confirmed += confirmed.len();
    confirm(conn, &moment.now, &confirmed, ConfirmedBy::Bank).await?;
    Ok(())
}

/// The cases that the rows name, with the day each was opened.
struct Cases {
    known: HashMap<String, (CaseId, Option<Date>)>,
    opened_here: HashMap<String, Date>,
}

impl Cases {
    async fn of(
        conn: &mut Conn,
        rows: &[(usize, EventRecord)],
    ) -> Result<Self, StoreError> {
        let numbers: HashSet<&str> =
            rows.iter().map(|it| it.1.case_no.as_str()).collect();
        let numbers: Vec<&str> = numbers.into_iter().collect();
        let mut known = HashMap::new();
        for batch in numbers.chunks(BATCH) {
            let text: String = sqlx::query_scalar(KNOWN_CASES)
                .bind(serde_json::to_string(batch)?)
                .fetch_one(&mut *conn)
                .await?;
            let found: Vec<(String, CaseId, Option<Date>)> = serde_json::from_str(&text)?;
            known.extend(found.into_iter().map(|(no, id, opened)| (no, (id, opened))));
        }
        let mut opened_here: HashMap<String, Date> = HashMap::new();
        for (_, row) in rows {
            if let What::Money(EntryKind::Open, _) = row.what {
                let first = opened_here.entry(row.case_no.clone()).or_insert(row.on);
                *first = row.on.min(*first);
            }
        }
        Ok(Self { known, opened_here })
    }

    fn find(&self, row: &EventRecord) -> Option<(CaseId, Option<Date>)> {
        let (case, opened) = self.known.get(&row.case_no)?;
        Some((*case, opened.or_else(|| self.opened_here.get(&row.case_no).copied())))
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Earliness {
    None,
    Little,
    TooEarly,
}

fn earliness(row: &EventRecord, opened_on: Option<Date>) -> Earliness {
    let paid = matches!(row.what, What::Money(EntryKind::Payment | EntryKind::Waiver, _));
    let days = opened_on.map_or(0, |it| (it - row.on).get_days());
    match days {
        _ if !paid => Earliness::None,
        ..=0 => Earliness::None,
        1..=EARLY_DAYS => Earliness::Little,
        _ => Earliness::TooEarly,
    }
}

async fn book_money(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &[Placed<'_>],
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let entries: Vec<(usize, NewEntry)> = placed
        .iter()
        .filter_map(|(index, case, row)| match row.what {
            What::Money(kind, amount) => Some((*index, entry(*case, row, kind, amount))),
            _ => None,
        })
        .collect();
    post(conn, moment, entries, applied).await
}

async fn book_reversals(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &[Placed<'_>],
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let rows: Vec<Placed<'_>> = placed
        .iter()
        .filter(|it| matches!(it.2.what, What::Reversal { .. }))
        .copied()
        .collect();
    let taken_back = reversals::find(conn, &rows).await?;
    let entries = rows.iter().zip(taken_back).map(|((index, case, row), reverses)| {
        let amount = match row.what {
            What::Reversal { amount, .. } => amount,
            _ => Fen(0),
        };
        let entry = entry(*case, row, EntryKind::Reversal, amount);
        (*index, NewEntry { reverses, ..entry })
    });
    post(conn, moment, entries.collect(), applied).await
}

fn entry(case_id: CaseId, row: &EventRecord, kind: EntryKind, amount: Fen) -> NewEntry {
    NewEntry {
        case_id,
        kind,
        amount,
        booked_on: row.on,
        reverses: None,
        source: SOURCE.to_owned(),
        dedupe_key: row.key.clone(),
        actor: row.actor.clone(),
        note: row.note.clone(),
        confirmed: true,
        inferred: false,
    }
}

async fn post(
    conn: &mut Conn,
    moment: &Moment<'_>,
    entries: Vec<(usize, NewEntry)>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let (indexes, entries): (Vec<usize>, Vec<NewEntry>) = entries.into_iter().unzip();
    for (nth, batch) in entries.chunks(BATCH).enumerate() {
        let posted = store::ledger::post_entries(conn, &moment.now, batch).await?;
        applied.booked += posted.booked;
        applied.duplicates += posted.duplicates;
        for conflict in posted.conflicts {
            let index = indexes[nth * BATCH + conflict.index];
            applied.rejected.push((index, contradiction(conflict.why)));
        }
        let moved: Vec<_> = posted
            .retimed
            .iter()
            .filter_map(|it| Some((it.instance_id, (moment.retime)(it)?)))
            .collect();
        store::ledger::set_due(conn, &moved).await?;
    }
    Ok(())
}

async fn take_promises(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &[Placed<'_>],
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let promises: Vec<NewPromise> = placed
        .iter()
        .filter_map(|(_, case_id, row)| {
            let What::Promise { amount, due_on } = row.what else { return None };
            let tolerance_days = (moment.tolerance_after)(due_on);
            let promise = Promise { amount, made_on: row.on, due_on, tolerance_days };
            Some(NewPromise {
                case_id: *case_id,
                promise,
                made_by: row.actor.clone(),
                // A list says that there was a promise; it does not prove it.
                evidence: Evidence::BareAssertion,
                source: SOURCE.to_owned(),
                dedupe_key: row.key.clone(),
            })
        })
        .collect();
    for batch in promises.chunks(BATCH) {
        let new = store::promises::make(conn, &moment.now, batch).await?;
        applied.recorded += new;
        applied.duplicates += batch.len() - new;
    }
    Ok(())
}

async fn record_events(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &[Placed<'_>],
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let events: Vec<NewEvent> = placed
        .iter()
        .filter(|it| hold_change(it.2).is_none())
        .filter_map(|(_, case, row)| event(*case, row))
        .collect();
    for batch in events.chunks(BATCH) {
        let taken =
            store::events::record_all(conn, &moment.now, moment.resume_at_ms, batch)
                .await?;
        applied.recorded += taken.len();
        applied.duplicates += batch.len() - taken.len();
    }
    Ok(())
}

fn event(case_id: CaseId, row: &EventRecord) -> Option<NewEvent> {
    let mut payload = Map::new();
    let mut put = |key: &str, value: &str| {
        payload.insert(key.to_owned(), Value::String(value.to_owned()));
    };
    put("on", &row.on.to_string());
    put("note", &row.note);
    let kind = match &row.what {
        What::Event { kind, outcome } => {
            if let Some(outcome) = outcome {
                put("outcome", outcome);
            }
            *kind
        }
        What::Other { kind, amount } => {
            // The file's own word for it, for those who read the journal.
            put("kind", kind);
            if amount.0 != 0 {
                payload.insert("amount".to_owned(), Value::from(amount.0));
            }
            "note"
        }
        What::Money(..) | What::Reversal { .. } | What::Promise { .. } => return None,
    };
    Some(NewEvent {
        case_id,
        kind: kind.to_owned(),
        payload,
        source: SOURCE.to_owned(),
        dedupe_key: row.key.clone(),
        happened_on: row.on,
    })
}

fn hold_change(row: &EventRecord) -> Option<&'static str> {
    match row.what {
        What::Event { kind: kind @ ("hold_placed" | "hold_lifted"), .. } => Some(kind),
        _ => None,
    }
}

/// Places and lifts holds in the order of the file. Each row is first taken as
/// a note under its key, which makes it count once.
async fn change_holds(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &[Placed<'_>],
    applied: &mut Applied,
) -> Result<(), StoreError> {
    for (_, case_id, row) in placed {
        let Some(change) = hold_change(row) else { continue };
        let told = What::Other { kind: change.to_owned(), amount: Fen(0) };
        let note = event(*case_id, &EventRecord { what: told, ..(*row).clone() });
        let taken = store::events::raise(conn, &moment.now, note.as_slice()).await?;
        if taken.is_empty() {
            applied.duplicates += 1;
            continue;
        }
        applied.recorded += 1;
        let reason = reason(&row.note).as_str().to_owned();
        let (case_id, effective_on) = (*case_id, row.on);
        let (by, note) = (row.actor.clone(), row.note.clone());
        if change == "hold_placed" {
            let again = Again::Joins;
            let hold = NewHold {
                case_id,
                party_id: None,
                reason,
                effective_on,
                by,
                note,
                again,
            };
            store::holds::place(conn, &moment.now, &[hold]).await?;
        } else {
            let which = Which::All;
            let lift = Lift { case_id, reason, which, effective_on, by, note };
            store::holds::lift(conn, &moment.now, moment.resume_at_ms, &[lift]).await?;
        }
    }
    Ok(())
}

/// The reason that a note names, by its word or in Chinese; else by hand.
fn reason(note: &str) -> HoldReason {
    const CHINESE: &[(&str, HoldReason)] = &[
        ("投诉", HoldReason::Complaint),
        ("异议", HoldReason::Dispute),
        ("死亡", HoldReason::Deceased),
        ("困难", HoldReason::Hardship),
        ("分期", HoldReason::Plan),
        ("律师", HoldReason::Lawyer),
        ("破产", HoldReason::Bankruptcy),
    ];
    let word = note.trim().to_lowercase();
    HoldReason::parse(&word)
        .or_else(|| CHINESE.iter().find(|it| word.starts_with(it.0)).map(|it| it.1))
        .unwrap_or(HoldReason::Manual)
}

fn contradiction(why: ConflictKind) -> RowFault {
    let (code, zh, en) = match why {
        ConflictKind::OtherContent => (
            "R070",
            "同一笔流水此前已入账,但金额或内容不同;请核对:更正金额请先冲正,再另写一行",
            "this event is booked already with another amount; check it: to correct an amount, reverse the payment and write a new row",
        ),
        ConflictKind::NoSuchEntry => (
            "R071",
            "找不到被冲正的还款;请在“原流水号”列填写还款的流水号,或核对金额和日期",
            "the payment to be reversed is not found; name its number in the column `ref`, or check amount and date",
        ),
        ConflictKind::ReversedBefore => (
            "R072",
            "该笔还款此前已冲正;请核对是否重复",
            "the payment was reversed before; check whether this row is a repetition",
        ),
        ConflictKind::OtherAmount => (
            "R073",
            "冲正金额与原还款不同;请按原金额整笔冲正,再另写一行还款",
            "the reversal is not of the payment's amount; reverse it in full and write the right payment in a new row",
        ),
    };
    RowFault::new(code, Message::new(zh, en))
}

fn too_early() -> RowFault {
    RowFault::new(
        "R074",
        Message::new(
            format!(
                "还款日期早于放款日期 {EARLY_DAYS} 天以上;请核对日期和贷款编号,或先更正案件的放款日期"
            ),
            format!(
                "the payment lies more than {EARLY_DAYS} days before the loan was opened; check date and loan number, or correct the day of opening first"
            ),
        ),
    )
}

const KNOWN_CASES: &str = "
    select json_group_array(json_array(
      c.case_no, c.id,
      coalesce(c.opened_on, (
        select min(l.booked_on) from ledger l where l.case_id = c.id and l.kind = 'open'))))
    from cases c
    where c.case_no in (select value from json_each($1))";
