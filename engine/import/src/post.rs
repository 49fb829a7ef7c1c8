//! Books events files in the store (流水入账): money, promises, what happened.
//!
//! Everything runs within the transaction of the connection it is handed.

use domain::event::EventKind;
use domain::hold::HoldReason;
use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::limitation::Evidence;
use domain::money::Fen;
use domain::promise::Promise;
use foldhash::{HashMap, HashSet};
use jiff::civil::Date;
use serde_json::{Map, Value};
use smol_str::SmolStr;
use store::case_book::{self, KnownCase};
use store::confirm::{ConfirmedBy, confirm};
use store::events::NewEvent;
use store::holds::{IfHeld, Lift, NewHold, Which};
use store::ledger::{ConflictKind, NewEntry, Posted, Rescheduled};
use store::promises::NewPromise;
use store::{Conn, Now, StoreError, bank_rows};

use super::beside::Beside;
use super::events::{EventRecord, What};
use super::fault::RowFault;
use super::manual_match::{self, ManualMatch};
use super::taken_back::TakenBack;
use super::trace::Importer;
use super::{again, excess, held, keys, reversals};

mod faults;

use faults::{contradiction, own_protection, too_early, unknown_case, unknown_number};
pub(crate) use faults::{foreign, other_amount};

/// Rows written at once: enough to make the journey to the database cheap.
pub(crate) const BATCH: usize = 5_000;

/// Where every row that came from a file says it came from. Not the name of
/// the file: the same event in another file is the same event.
pub const SOURCE: &str = "import";

/// Institutions that report once a month date payments up to a month before
/// the loan they belong to. Anything earlier is a mistake.
pub const EARLY_DAYS: i32 = 31;

/// When something is written, and how waiting workflow runs are moved by it.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Now.
    pub now: Now,
    /// The next workday's opening, in milliseconds since 1970: timers that the
    /// end of a hold sets free do not fire earlier.
    pub resume_at_ms: i64,
    /// The new instant of a wait whose anchor has moved; `None` leaves its timer.
    pub reschedule: &'a (dyn Fn(&Rescheduled) -> Option<i64> + Sync),
    /// Days after a promised day in which payment in full is late, not broken.
    pub tolerance_after: &'a (dyn Fn(Date) -> u32 + Sync),
    /// Days after a booking in which another of the same money may lie.
    pub near_after: &'a (dyn Fn(Date) -> i32 + Sync),
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
    /// Money of days that the balances of a list hold already.
    pub contained: usize,
    /// Lines booked before of which parts or payer were noted.
    pub noted: usize,
    /// Rows of cases that are not in the book.
    pub unknown_case: usize,
    /// Rows that contradict the book, by their lines.
    pub rejected: Vec<(u64, RowFault)>,
    /// Payments of cases that the importer collects: booked, and not confirmed.
    pub unconfirmed: usize,
    /// Lines of payments booked although they lie a little before their loan.
    pub early: Vec<u64>,
    /// Cases on which more had been paid than was owed once some rows were booked.
    pub overpaid: Vec<CaseId>,
    /// Lines of payments whose payer is none of the people of the loan.
    pub strangers: Vec<u64>,
    /// Lines of payments whose payer stands otherwise in the book, and stays so.
    pub paid_by_others: Vec<u64>,
}

/// A row whose case is known.
#[derive(Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub line: u64,
    pub case_id: CaseId,
    /// Anything was booked on the case before this file.
    pub has_entries: bool,
    /// The day up to which a list's balances hold what was booked.
    pub as_of: Option<Date>,
    /// The case is the importer's own: whoever is rewarded for a payment cannot be
    /// the one who says that it came.
    own: bool,
    pub record: &'a EventRecord,
    /// What makes the row this one and no other.
    pub key: &'a str,
}

impl Placed<'_> {
    /// Money that the balances of a list hold already.
    pub(crate) fn is_contained(&self) -> bool {
        let money = matches!(self.record.what, What::Money(..) | What::Reversal { .. });
        money && self.as_of.is_some_and(|it| self.record.on <= it)
    }

    /// A payment of a case that the importer collects.
    pub(crate) fn is_own_payment(&self) -> bool {
        self.own && self.is_payment()
    }

    pub(crate) fn is_payment(&self) -> bool {
        matches!(self.record.what, What::Money(EntryKind::Payment, _))
    }
}

/// Books and records what the rows tell. All rows of a loan and day come at once;
/// `by` is who imports.
pub(crate) async fn apply(
    conn: &mut Conn,
    moment: &Moment<'_>,
    rows: &[(u64, EventRecord)],
    by: Option<&Importer>,
) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    let keys = keys::of(rows);
    let cases = Cases::of(conn, rows, by).await?;
    let mut placed: Vec<Placed<'_>> = Vec::with_capacity(rows.len());
    let mut early = HashSet::default();
    for ((line, record), key) in rows.iter().zip(&keys) {
        match cases.place(*line, record, key) {
            Ok((row, is_early)) => {
                early.extend(is_early.then_some(*line));
                placed.push(row);
            }
            Err(Misplaced::Unknown(fault)) => {
                applied.unknown_case += 1;
                applied.rejected.extend(fault.map(|fault| (*line, fault)));
            }
            Err(Misplaced::Wrong(fault)) => applied.rejected.push((*line, fault)),
        }
    }
    // All money of a case goes into one batch where it can: its totals and
    // clocks are then worked out once and not once a batch.
    placed.sort_by_key(|it| it.case_id);
    let mut beside = Beside::of(conn, &placed).await?;
    pass_over_known(conn, &mut placed, &mut applied).await?;
    held::take_back(conn, moment, &mut placed, &mut applied).await?;
    let placed_matches = manual_match::find(conn, &placed, moment.near_after).await?;
    meet_twins(conn, moment, (&placed, &placed_matches), &mut applied).await?;
    beside.meets(&placed_matches);
    placed.retain(|it| !placed_matches.contains_key(&it.line));
    held::replace_inferred(conn, moment, &mut placed, &mut applied).await?;
    pass_over_contained(conn, &mut placed, &mut applied).await?;
    confirm_anew(conn, moment, &placed, &mut applied).await?;
    ask_about_money(conn, &mut placed, &mut applied).await?;
    let booked = placed.iter().map(|it| it.line).filter(|line| early.contains(line));
    applied.early.extend(booked);
    let other = book_money(conn, moment, &placed, &mut applied).await?;
    placed.sort_by_key(|it| it.line);
    book_reversals(conn, moment, &placed, &mut applied).await?;
    book_anew(conn, moment, (other, &mut beside), &mut applied).await?;
    beside.note(conn, &mut applied).await?;
    take_promises(conn, moment, &placed, &mut applied).await?;
    record_events(conn, moment, &placed, &mut applied).await?;
    change_holds(conn, moment, &placed, &mut applied).await?;
    Ok(applied)
}

/// Sets aside money that may be in the book already, or is far more than is owed.
async fn ask_about_money(
    conn: &mut Conn,
    placed: &mut Vec<Placed<'_>>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let taken = TakenBack::by(conn, placed).await?;
    let again = again::find(conn, placed, &taken).await?;
    placed.retain(|it| !again.contains_key(&it.line));
    applied.rejected.extend(again);
    let excess = excess::find(conn, placed, &taken).await?;
    placed.retain(|it| !excess.contains_key(&it.line));
    applied.rejected.extend(excess);
    Ok(())
}

/// Leaves out money that stands in the book just so: the same file again costs no more
/// than a look at its keys.
async fn pass_over_known(
    conn: &mut Conn,
    placed: &mut Vec<Placed<'_>>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let mut places = Vec::new();
    let mut entries = Vec::new();
    for (at, row) in placed.iter().enumerate().filter(|it| it.1.has_entries) {
        if let What::Money(kind, amount) = row.record.what {
            places.push(at);
            entries.push((SOURCE, row.key, row.case_id, kind, amount, row.record.on));
        }
    }
    let mut known = HashSet::default();
    for (places, batch) in places.chunks(BATCH).zip(entries.chunks(BATCH)) {
        let found = store::ledger::booked_alike(conn, batch).await?;
        known.extend(found.into_iter().filter_map(|at| places.get(at).copied()));
    }
    applied.duplicates += known.len();
    let mut at = 0;
    placed.retain(|_| {
        at += 1;
        !known.contains(&(at - 1))
    });
    Ok(())
}

/// Leaves out the money that a list's balances hold: the opening of a ledger
/// stands for everything before it.
async fn pass_over_contained(
    conn: &mut Conn,
    placed: &mut Vec<Placed<'_>>,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let contained: Vec<Placed<'_>> =
        placed.iter().filter(|it| it.is_contained()).copied().collect();
    if contained.is_empty() {
        return Ok(());
    }
    let booked = reversals::booked(conn, &contained).await?;
    applied.contained += contained.iter().filter(|it| !booked.contains(it.key)).count();
    placed.retain(|it| !it.is_contained() || booked.contains(it.key));
    Ok(())
}

/// A payment that its own collector brought in is confirmed by the same row in
/// somebody else's file.
async fn confirm_anew(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &[Placed<'_>],
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let payments = placed.iter().filter(|it| {
        it.has_entries
            && !it.own
            && matches!(it.record.what, What::Money(EntryKind::Payment, _))
    });
    let keys: Vec<&str> = payments.map(|payment| payment.key).collect();
    for batch in keys.chunks(BATCH) {
        let entries = bank_rows::unconfirmed(&mut *conn, SOURCE, batch).await?;
        applied.confirmed += entries.len();
        confirm(conn, &moment.now, &entries, ConfirmedBy::Bank).await?;
    }
    Ok(())
}

/// Money that stands in the book by hand is confirmed by the bank's row, or
/// left to a person; in neither case is it booked again.
async fn meet_twins(
    conn: &mut Conn,
    moment: &Moment<'_>,
    (placed, met): (&[Placed<'_>], &HashMap<u64, ManualMatch>),
    applied: &mut Applied,
) -> Result<(), StoreError> {
    name_inferred(conn, placed, met).await?;
    let mut confirmed = Vec::new();
    for (line, matched) in met {
        match matched {
            ManualMatch::Same { confirmed: true, .. } => applied.duplicates += 1,
            ManualMatch::Same { entry, .. } => confirmed.push(*entry),
            ManualMatch::Doubtful(fault) => applied.rejected.push((*line, fault.clone())),
        }
    }
    confirmed.sort_unstable();
    let rows = confirmed.len();
    // The parts of a payment confirm one entry.
    confirmed.dedup();
    applied.duplicates += rows - confirmed.len();
    applied.confirmed += confirmed.len();
    confirm(conn, &moment.now, &confirmed, ConfirmedBy::Bank).await?;
    Ok(())
}

/// Gives what was inferred the keys of the rows that tell of it: a reversal will name
/// them.
async fn name_inferred(
    conn: &mut Conn,
    placed: &[Placed<'_>],
    met: &HashMap<u64, ManualMatch>,
) -> Result<(), StoreError> {
    let mut keys = HashSet::default();
    let told = placed.iter().filter(|row| row.record.seq.is_some());
    let named = told.filter_map(|row| match met.get(&row.line) {
        Some(ManualMatch::Same { entry, confirmed: false, inferred: true }) => {
            keys.insert(row.key).then_some((*entry, row.key))
        }
        _ => None,
    });
    let named: Vec<(EntryId, &str)> = named.collect();
    store::confirm::name(conn, &named).await
}

/// The cases that the rows name, with the day each was opened.
struct Cases<'b> {
    known: HashMap<String, KnownCase>,
    opened_here: HashMap<SmolStr, Date>,
    /// Who imports.
    by: Option<&'b Importer>,
}

/// Why a row cannot be placed.
enum Misplaced {
    /// Its case is not in the book; with a fault where that loses something.
    Unknown(Option<RowFault>),
    /// It contradicts its case.
    Wrong(RowFault),
}

impl<'b> Cases<'b> {
    async fn of(
        conn: &mut Conn,
        rows: &[(u64, EventRecord)],
        by: Option<&'b Importer>,
    ) -> Result<Self, StoreError> {
        let mut numbers: Vec<&str> =
            rows.iter().map(|row| row.1.case_no.as_str()).collect();
        // The rows of a loan come together, so this leaves little to sort.
        numbers.dedup();
        numbers.sort_unstable();
        numbers.dedup();
        let mut known = HashMap::default();
        for batch in numbers.chunks(BATCH) {
            known.extend(case_book::known(conn, batch).await?);
        }
        let mut opened_here: HashMap<SmolStr, Date> = HashMap::default();
        for (_, row) in rows {
            let is_unopened = || {
                known.get(row.case_no.as_str()).is_some_and(|it| it.opened_on.is_none())
            };
            if matches!(row.what, What::Money(EntryKind::Open, _)) && is_unopened() {
                let first = opened_here.entry(row.case_no.clone()).or_insert(row.on);
                *first = row.on.min(*first);
            }
        }
        Ok(Self { known, opened_here, by })
    }

    /// The row with its case, and whether it lies a little before the loan.
    fn place<'a>(
        &self,
        line: u64,
        record: &'a EventRecord,
        key: &'a str,
    ) -> Result<(Placed<'a>, bool), Misplaced> {
        let Some(case) = self.known.get(record.case_no.as_str()) else {
            return Err(Misplaced::Unknown(unknown_case(record)));
        };
        if record.currency.as_ref().is_some_and(|currency| *currency != case.currency) {
            return Err(Misplaced::Wrong(foreign(&case.currency)));
        }
        let opened = case.opened_on;
        let opened = opened.or_else(|| self.opened_here.get(&record.case_no).copied());
        let early = match earliness(record, opened) {
            Earliness::None => false,
            Earliness::Little => true,
            Earliness::TooEarly => return Err(Misplaced::Wrong(too_early())),
        };
        let collector = case.collector.as_deref().unwrap_or_default();
        let own = self.by.is_some_and(|it| !collector.is_empty() && it.is(collector));
        if own && ends_protection(record) {
            return Err(Misplaced::Wrong(own_protection()));
        }
        let row = Placed {
            line,
            case_id: case.id,
            has_entries: case.has_entries != 0,
            as_of: case.balance_held_on,
            own,
            record,
            key,
        };
        Ok((row, early))
    }
}

/// Whether the debtor is less protected after a row.
fn ends_protection(row: &EventRecord) -> bool {
    let What::Event { kind, .. } = &row.what else { return false };
    EventKind::parse(kind)
        .is_some_and(|kind| kind == EventKind::HoldLifted || kind.spec().ends_protection)
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

/// Answers what has met its key with another content: a reversal of the file may make
/// its number free.
async fn book_money(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &[Placed<'_>],
    applied: &mut Applied,
) -> Result<Vec<(u64, NewEntry)>, StoreError> {
    applied.unconfirmed += placed.iter().filter(|it| it.is_own_payment()).count();
    let entries: Vec<(u64, NewEntry)> = placed
        .iter()
        .filter_map(|row| match row.record.what {
            What::Money(kind, amount) => Some((row.line, entry(row, kind, amount))),
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
        .filter(|it| matches!(it.record.what, What::Reversal { .. }))
        .copied()
        .collect();
    let taken_back = reversals::find(conn, &rows).await?;
    let entries = rows.iter().zip(taken_back).map(|(row, reverses)| {
        let amount = match row.record.what {
            What::Reversal { amount, .. } => amount,
            _ => Fen(0),
        };
        let entry = entry(row, EntryKind::Reversal, amount);
        (row.line, NewEntry { reverses, ..entry })
    });
    let left = post(conn, moment, entries.collect(), applied).await?;
    let other = |it: &(u64, NewEntry)| (it.0, contradiction(ConflictKind::OtherContent));
    applied.rejected.extend(left.iter().map(other));
    name_what_was_not_found(&rows, applied);
    Ok(())
}

/// A reversal that names a number has done what the fault of the others asks for.
fn name_what_was_not_found(rows: &[Placed<'_>], applied: &mut Applied) {
    let numbers: HashMap<u64, &str> = rows
        .iter()
        .filter_map(|row| match &row.record.what {
            What::Reversal { of: Some(number), .. } => Some((row.line, number.as_str())),
            _ => None,
        })
        .collect();
    for (line, fault) in &mut applied.rejected {
        if let (Some(number), "R071") = (numbers.get(&*line), fault.code) {
            *fault = unknown_number(number);
        }
    }
}

/// Books rows under numbers that were taken back: by hand before, or by this file.
async fn book_anew(
    conn: &mut Conn,
    moment: &Moment<'_>,
    (entries, beside): (Vec<(u64, NewEntry)>, &mut Beside<'_>),
    applied: &mut Applied,
) -> Result<(), StoreError> {
    for (line, entry) in entries {
        let Some(dedupe_key) = store::ledger::key_anew(conn, &entry).await? else {
            let fault = contradiction(ConflictKind::OtherContent);
            applied.rejected.push((line, fault));
            continue;
        };
        beside.is_booked_as(line, &dedupe_key);
        let entry = NewEntry { dedupe_key, ..entry };
        post(conn, moment, vec![(line, entry)], applied).await?;
    }
    Ok(())
}

pub(super) fn entry(row: &Placed<'_>, kind: EntryKind, amount: Fen) -> NewEntry {
    NewEntry {
        case_id: row.case_id,
        kind,
        amount,
        booked_on: row.record.on,
        reverses: None,
        source: SOURCE.to_owned(),
        dedupe_key: row.key.to_owned(),
        actor: row.record.actor.clone(),
        note: row.record.note.clone(),
        confirmed: !row.own || kind != EntryKind::Payment,
        inferred: false,
    }
}

/// Answers those whose keys are met with another content.
async fn post(
    conn: &mut Conn,
    moment: &Moment<'_>,
    entries: Vec<(u64, NewEntry)>,
    applied: &mut Applied,
) -> Result<Vec<(u64, NewEntry)>, StoreError> {
    let (lines, entries): (Vec<u64>, Vec<NewEntry>) = entries.into_iter().unzip();
    let mut other = Vec::new();
    for (lines, batch) in lines.chunks(BATCH).zip(entries.chunks(BATCH)) {
        let posted = store::ledger::post_rows(conn, &moment.now, batch).await?;
        applied.booked += posted.booked;
        applied.duplicates += posted.duplicates;
        applied.overpaid.extend(&posted.overpaid);
        for conflict in &posted.conflicts {
            let at = conflict.index;
            let Some((line, entry)) = lines.get(at).zip(batch.get(at)) else { continue };
            if conflict.why == ConflictKind::OtherContent {
                other.push((*line, entry.clone()));
            } else {
                applied.rejected.push((*line, contradiction(conflict.why)));
            }
        }
        reschedule(conn, moment, &posted).await?;
    }
    Ok(other)
}

/// Moves the waits for days past due whose anchor money has moved.
pub(crate) async fn reschedule(
    conn: &mut Conn,
    moment: &Moment<'_>,
    posted: &Posted,
) -> Result<(), StoreError> {
    let moved: Vec<_> = posted
        .rescheduled
        .iter()
        .filter_map(|it| Some((it.instance_id, (moment.reschedule)(it)?)))
        .collect();
    store::ledger::set_due(conn, &moved).await?;
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
        .filter_map(|row| {
            let What::Promise { amount, due_on } = row.record.what else { return None };
            let tolerance_days = (moment.tolerance_after)(due_on);
            let made_on = row.record.on;
            let promise = Promise { amount, made_on, due_on, tolerance_days };
            Some(NewPromise {
                case_id: row.case_id,
                promise,
                made_by: row.record.actor.clone(),
                // A list says that there was a promise; it does not prove it.
                evidence: Evidence::BareAssertion,
                source: SOURCE.to_owned(),
                dedupe_key: row.key.to_owned(),
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
        .filter(|it| hold_change(it.record).is_none())
        .filter_map(|it| event(it, &it.record.what))
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

fn event(row: &Placed<'_>, what: &What) -> Option<NewEvent> {
    let mut payload = Map::new();
    let mut put = |key: &str, value: &str| {
        payload.insert(key.to_owned(), Value::String(value.to_owned()));
    };
    put("on", &row.record.on.to_string());
    put("note", &row.record.note);
    let kind = match what {
        What::Event { kind, outcome } => {
            if let Some(outcome) = outcome {
                put("outcome", outcome);
            }
            kind
        }
        What::Other { kind, amount } => {
            // The file's own word for it, for those who read the journal.
            put("kind", kind);
            if amount.0 != 0 {
                payload.insert("amount".to_owned(), Value::from(amount.0));
            }
            EventKind::Note.as_str()
        }
        What::Money(..) | What::Reversal { .. } | What::Promise { .. } => return None,
    };
    Some(NewEvent {
        case_id: row.case_id,
        kind: kind.to_owned(),
        payload,
        source: SOURCE.to_owned(),
        dedupe_key: row.key.to_owned(),
        happened_on: row.record.on,
    })
}

fn hold_change(row: &EventRecord) -> Option<EventKind> {
    let What::Event { kind, .. } = &row.what else { return None };
    let kind = EventKind::parse(kind)?;
    matches!(kind, EventKind::HoldPlaced | EventKind::HoldLifted).then_some(kind)
}

/// Places and lifts holds in the order of the file. Each row is first taken as
/// a note under its key, which makes it count once.
async fn change_holds(
    conn: &mut Conn,
    moment: &Moment<'_>,
    placed: &[Placed<'_>],
    applied: &mut Applied,
) -> Result<(), StoreError> {
    for row in placed {
        let Some(change) = hold_change(row.record) else { continue };
        let told = What::Other { kind: change.to_string(), amount: Fen(0) };
        let note = event(row, &told);
        let taken = store::events::raise(conn, &moment.now, note.as_slice()).await?;
        if taken.is_empty() {
            applied.duplicates += 1;
            continue;
        }
        applied.recorded += 1;
        let reason = reason(&row.record.note).as_str().to_owned();
        let (case_id, effective_on) = (row.case_id, row.record.on);
        let (by, note) = (row.record.actor.clone(), row.record.note.clone());
        if change == EventKind::HoldPlaced {
            let hold = NewHold {
                case_id,
                party_id: None,
                reason,
                effective_on,
                by,
                note,
                again: IfHeld::Keep,
                also: Vec::new(),
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
