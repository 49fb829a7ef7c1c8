//! The ledger (账目): money is booked once, and everything that follows from it.
//!
//! The totals of a case, its oldest unpaid due date, its clocks and the events
//! that money raises are all written in the transaction that books the entry.

use std::collections::BTreeSet;

use domain::decision::WaitRule;
use domain::ids::{CaseId, EntryId, InstanceId};
use domain::ledger::EntryKind;
use domain::limitation::{Evidence, Interruption, InterruptionKind};
use domain::money::Fen;
use foldhash::HashMap;
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::StoreError;
use crate::limitation;
use crate::money_events::{self, Raising};
use crate::now::Now;
use crate::promises;
use crate::totals::{self, Batch, States};
use crate::{Conn, ids, rows};

/// An amount to book.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The case.
    pub case_id: CaseId,
    /// What it books.
    pub kind: EntryKind,
    /// How much; positive for a reversal too.
    pub amount: Fen,
    /// The booking date; for a due item the date it falls due.
    pub booked_on: Date,
    /// The line that a reversal takes back.
    pub reverses: Option<EntryId>,
    /// The file, bank or person it comes from.
    pub source: String,
    /// The same key for the same entry of a source; it is booked once.
    pub dedupe_key: String,
    /// Who booked it.
    pub actor: String,
    /// What was written beside it.
    pub note: String,
    /// The bank has confirmed it; rewards wait for that.
    pub confirmed: bool,
    /// Concluded from a balance that fell, not reported by itself.
    pub inferred: bool,
}

/// What became of a batch of entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Posted {
    /// How many were booked.
    pub booked: usize,
    /// How many had been booked before, with the same content.
    pub duplicates: usize,
    /// Those that contradict what is booked; they were left out.
    pub conflicts: Vec<Conflict>,
    /// The cases that something was booked on.
    pub cases: Vec<CaseId>,
    /// Workflow runs that wait for days past due and whose anchor has moved.
    pub rescheduled: Vec<Rescheduled>,
    /// The cases on which more has now been paid than was ever owed, as far as that is
    /// known.
    pub overpaid: Vec<CaseId>,
}

/// An entry that contradicts the ledger.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// Its place among those handed in.
    pub index: usize,
    /// What is wrong.
    pub why: ConflictKind,
}

/// How an entry contradicts the ledger.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConflictKind {
    /// The same key was booked with another case, kind, amount or day.
    OtherContent,
    /// A reversal names nothing, or nothing of this case that could be taken
    /// back.
    NoSuchEntry,
    /// The line was taken back before.
    ReversedBefore,
    /// A reversal of another amount than the line's.
    OtherAmount,
}

/// A standing wait for days past due whose anchor has moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Rescheduled {
    /// The run.
    pub instance_id: InstanceId,
    /// Its case.
    pub case_id: CaseId,
    /// What was asked; always days past due.
    pub rule: WaitRule,
    /// The civil minute it counts from.
    pub since: String,
    /// The oldest unpaid due date now; `None` when everything is covered.
    pub oldest_unpaid_on: Option<Date>,
}

/// Books entries and everything that follows from them: totals, oldest unpaid
/// due date, clocks, and the events `payment`, `reversed`, `cured` and
/// `paid_off` for what is not history.
///
/// # Errors
///
/// [`StoreError`] when a case is unknown or the database cannot be written;
/// nothing is booked then.
pub async fn post_entries(
    conn: &mut Conn,
    now: &Now,
    entries: &[NewEntry],
) -> Result<Posted, StoreError> {
    post(conn, now, entries, Keys::OfAnyCase).await
}

/// [`post_entries`] for entries whose keys name their case, so that one without
/// any entry can have met none of them: the first file of a big book.
///
/// # Errors
///
/// As [`post_entries`].
pub async fn post_rows(
    conn: &mut Conn,
    now: &Now,
    entries: &[NewEntry],
) -> Result<Posted, StoreError> {
    post(conn, now, entries, Keys::OfTheirCase).await
}

/// Where the key of an entry may have been met before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keys {
    OfAnyCase,
    OfTheirCase,
}

async fn post(
    conn: &mut Conn,
    now: &Now,
    entries: &[NewEntry],
    keys: Keys,
) -> Result<Posted, StoreError> {
    let mut posted = Posted::default();
    if entries.is_empty() {
        return Ok(posted);
    }
    let cases: BTreeSet<i64> = entries.iter().map(|entry| entry.case_id.0).collect();
    let cases: Vec<i64> = cases.into_iter().collect();
    let mut before = totals::states(conn, &cases).await?;
    if before.len() != cases.len() {
        return Err(StoreError::data("账目所属的案件不在案件库中"));
    }
    let reversible = Reversible::of(conn, entries).await?;
    let asked = |it: &NewEntry| {
        keys == Keys::OfAnyCase
            || before.get(&it.case_id.0).is_some_and(|it| it.has_entries)
    };
    let (new, taken_back) =
        sort_out(conn, entries, asked, reversible, &mut posted).await?;
    if new.is_empty() {
        return Ok(posted);
    }
    let touched: BTreeSet<i64> = new.iter().map(|it| it.case_id.0).collect();
    before.retain(|id, _| touched.contains(id));
    let first = ids::allocate(conn, new.len()).await?;
    let booked: Vec<(i64, &NewEntry)> = (first..).zip(new).collect();
    insert(conn, now, &booked).await?;
    let interruptions = interrupt(conn, &booked).await?;
    let (taken_back, interruptions) = (&taken_back, &interruptions[..]);
    let batch = Batch { booked: &booked, taken_back, interruptions };
    let after = totals::settle(conn, &before, &batch).await?;
    let raising = Raising { batch: &batch, before: &before, after: &after };
    money_events::raise(conn, now, &raising).await?;
    regrade(conn, now, &before, &batch).await?;
    posted.booked = booked.len();
    posted.rescheduled = rescheduled(conn, &before, &after).await?;
    posted.overpaid = overpaid(&before, &after);
    posted.cases = touched.into_iter().map(CaseId).collect();
    Ok(posted)
}

/// Cases whose balance has gone below zero; of one that nothing opened it is unknown.
fn overpaid(before: &States, after: &States) -> Vec<CaseId> {
    let is_below = |state: &totals::State| state.balance() < Fen(0);
    let new = after.values().filter(|state| {
        is_below(state)
            && state.totals.opened != Fen(0)
            && !before.get(&state.id).is_some_and(is_below)
    });
    new.map(|state| CaseId(state.id)).collect()
}

/// A payment that came in after its day may have kept a promise; one that is taken
/// back has kept none.
async fn regrade(
    conn: &mut Conn,
    now: &Now,
    before: &States,
    batch: &Batch<'_>,
) -> Result<(), StoreError> {
    let promised =
        |it: &CaseId| before.get(&it.0).is_some_and(|it| it.on_record.promises);
    let cases_of = |touches: &dyn Fn(&NewEntry) -> bool| {
        let touched = batch.booked.iter().map(|it| it.1).filter(|it| touches(it));
        let cases: BTreeSet<CaseId> = touched.map(|touched| touched.case_id).collect();
        cases.into_iter().filter(&promised).collect::<Vec<_>>()
    };
    let taken_back = cases_of(&|it| batch.takes_back(it) == Some(EntryKind::Payment));
    if !taken_back.is_empty() {
        promises::regrade_after_reversal(conn, now, &taken_back).await?;
    }
    // Money of today may come within the tolerance of one that another has overtaken.
    let paid = cases_of(&|it| it.kind == EntryKind::Payment);
    if !paid.is_empty() {
        promises::regrade(conn, now, &paid).await?;
    }
    Ok(())
}

const OWED: &str = "
    select balance_fen, due_fen - paid_fen - waived_fen,
      case when opened_fen = 0 then principal_fen - paid_fen - waived_fen else 0 end
    from cases
    where id = $1";

/// All that is known to be owed on a case, in fen, at least zero: its balance,
/// what has been called due, or the principal where nothing was ever opened.
///
/// # Errors
///
/// [`StoreError`] when there is no such case or the database cannot be read.
pub async fn most_owed(conn: &mut Conn, case: CaseId) -> Result<Fen, StoreError> {
    let (balance, due, principal): (i64, i64, i64) =
        sqlx::query_as(OWED).bind(case.0).fetch_one(conn).await?;
    Ok(Fen(balance.max(due).max(principal).max(0)))
}

/// What is owed on those of some cases whose balance is known: the balance, or what has
/// been called due where that is more; at least zero.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn owed_on(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<HashMap<CaseId, Fen>, StoreError> {
    let found: Vec<(CaseId, Fen)> = rows::ask(conn, OWED_ON, cases).await?;
    Ok(found.into_iter().collect())
}

const OWED_ON: &str = "
    select json_group_array(json_array(
      id, max(max(balance_fen, due_fen - paid_fen - waived_fen), 0)))
    from cases
    where id in (select s.id from list($1) as s (id bigint)) and opened_fen <> 0";

/// Those of some cases whose balance is below zero.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn below_zero(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<CaseId>, StoreError> {
    rows::ask(conn, BELOW_ZERO, cases).await
}

const BELOW_ZERO: &str = "
    select json_group_array(id)
    from cases
    where id in (select s.id from list($1) as s (id bigint)) and balance_fen < 0";

/// The key for an entry whose own key is met with another content: the next one, where
/// all before it were taken back. A ledger forgets nothing, so that what was taken back
/// keeps its key, and its number is free all the same. `None` while another entry stands.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn key_anew(
    conn: &mut Conn,
    entry: &NewEntry,
) -> Result<Option<String>, StoreError> {
    let mut nth = 1;
    loop {
        let key = nth_key(&entry.dedupe_key, nth);
        let asked = [(&entry.source, &key)];
        let met: Vec<Met> = rows::ask(conn, MET, &asked).await?;
        let Some((taken_back, case, kind, amount, on)) = met.into_iter().next() else {
            return Ok(Some(key));
        };
        if (case, kind, amount, on) == content_of(entry) {
            return Ok(Some(key));
        }
        if taken_back == 0 {
            return Ok(None);
        }
        nth += 1;
    }
}

/// Whether it was taken back, then its content.
type Met = (i64, CaseId, EntryKind, Fen, Date);

const MET: &str = "
    select json_group_array(json_array(
      cast(exists (select 1 from ledger r where r.reverses = l.id) as integer),
      l.case_id, l.kind, l.amount_fen, l.booked_on))
    from batch($1) as s (source text, dedupe_key text)
    join ledger l on l.source = s.source and l.dedupe_key = s.dedupe_key";

/// The key of the nth entry under a key; all before it were taken back.
fn nth_key(key: &str, nth: u32) -> String {
    match nth {
        1 => key.to_owned(),
        _ => format!("{key}#{nth}"),
    }
}

/// The key that a row has, without how often its number was taken back.
pub fn own_key(key: &str) -> &str {
    match key.rsplit_once('#') {
        Some((own, nth)) if nth.parse().is_ok_and(|nth: u32| 1 < nth) => own,
        _ => key,
    }
}

/// Moves timers, in milliseconds since 1970; a run that is closed stays closed.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set_due(
    conn: &mut Conn,
    due: &[(InstanceId, i64)],
) -> Result<u64, StoreError> {
    rows::run(conn, SET_DUE, due).await
}

/// What identifies an entry's content: case, kind, amount, day.
type Content = (CaseId, EntryKind, Fen, Date);

fn content_of(it: &NewEntry) -> Content {
    (it.case_id, it.kind, it.amount, it.booked_on)
}

/// Leaves out duplicates and contradictions; answers what is to be booked, and
/// what its reversals take back.
///
/// `asked` says whether the key of an entry may stand in the store.
async fn sort_out<'a>(
    conn: &mut Conn,
    entries: &'a [NewEntry],
    asked: impl Fn(&NewEntry) -> bool,
    mut reversible: Reversible,
    posted: &mut Posted,
) -> Result<(Vec<&'a NewEntry>, HashMap<i64, EntryKind>), StoreError> {
    let keys: Vec<(&String, &String)> = entries
        .iter()
        .filter(|entry| asked(entry))
        .map(|entry| (&entry.source, &entry.dedupe_key))
        .collect();
    let mut met: HashMap<(&String, &String), Content> = HashMap::default();
    if !keys.is_empty() {
        let known: Vec<(usize, CaseId, EntryKind, Fen, Date)> =
            rows::ask(conn, KNOWN, &keys).await?;
        for (at, case, kind, amount, on) in known {
            if let Some(key) = keys.get(at) {
                met.insert(*key, (case, kind, amount, on));
            }
        }
    }
    let mut new = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let content = content_of(entry);
        let key = (&entry.source, &entry.dedupe_key);
        let why = match met.get(&key) {
            Some(booked) if *booked == content => {
                posted.duplicates += 1;
                continue;
            }
            Some(_) => Some(ConflictKind::OtherContent),
            None => reversible.take(entry),
        };
        if let Some(why) = why {
            posted.conflicts.push(Conflict { index, why });
            continue;
        }
        met.insert(key, content);
        new.push(entry);
    }
    Ok((new, reversible.taken))
}

/// What reversals name, each while it can still be taken back.
#[derive(Default)]
struct Reversible {
    standing: HashMap<i64, (CaseId, Fen, EntryKind, bool)>,
    taken: HashMap<i64, EntryKind>,
}

impl Reversible {
    async fn of(conn: &mut Conn, entries: &[NewEntry]) -> Result<Self, StoreError> {
        let named: Vec<EntryId> =
            entries.iter().filter_map(|entry| entry.reverses).collect();
        if named.is_empty() {
            return Ok(Self::default());
        }
        let found: Vec<(i64, CaseId, Fen, EntryKind, i64)> =
            rows::ask(conn, NAMED, &named).await?;
        let found = found.into_iter().map(|(id, case, amount, kind, reversed)| {
            (id, (case, amount, kind, reversed != 0))
        });
        Ok(Self { standing: found.collect(), taken: HashMap::default() })
    }

    /// What is wrong with an entry as a reversal; otherwise its line is taken
    /// back.
    fn take(&mut self, entry: &NewEntry) -> Option<ConflictKind> {
        let named = match (entry.kind, entry.reverses) {
            (EntryKind::Reversal, Some(named)) => named,
            (EntryKind::Reversal, None) | (_, Some(_)) => {
                return Some(ConflictKind::NoSuchEntry);
            }
            (_, None) => return None,
        };
        let Some((case, amount, kind, reversed)) = self.standing.get_mut(&named.0) else {
            return Some(ConflictKind::NoSuchEntry);
        };
        if *case != entry.case_id {
            return Some(ConflictKind::NoSuchEntry);
        }
        if *reversed {
            return Some(ConflictKind::ReversedBefore);
        }
        if *amount != entry.amount {
            return Some(ConflictKind::OtherAmount);
        }
        *reversed = true;
        self.taken.insert(named.0, *kind);
        None
    }
}

/// Most of what is booked is a bank's row with nothing written beside it, and half of
/// the cost of a row is its cells.
async fn insert(
    conn: &mut Conn,
    now: &Now,
    booked: &[(i64, &NewEntry)],
) -> Result<(), StoreError> {
    let (plain, others): (Vec<_>, Vec<_>) = booked.iter().partition(|it| it.1.is_plain());
    if !plain.is_empty() {
        let cells = plain.iter().map(|(id, it)| it.plain_cells(*id));
        let list = serde_json::to_string(&cells.collect::<Vec<_>>())?;
        sqlx::query(INSERT_PLAIN).bind(list).bind(now.ms).execute(&mut *conn).await?;
    }
    if !others.is_empty() {
        let cells = others.iter().map(|(id, it)| it.all_cells(*id));
        let list = serde_json::to_string(&cells.collect::<Vec<_>>())?;
        sqlx::query(INSERT).bind(list).bind(now.ms).execute(conn).await?;
    }
    Ok(())
}

/// The cells that every entry has: number, case, kind, amount, day, source, key.
type PlainCells<'a> = (i64, CaseId, EntryKind, Fen, Date, &'a str, &'a str);

/// All cells: number, case, kind, amount, day, source, key, then what it takes back,
/// who, note, confirmed, inferred.
type AllCells<'a> = (
    i64,
    CaseId,
    EntryKind,
    Fen,
    Date,
    &'a str,
    &'a str,
    Option<EntryId>,
    &'a str,
    &'a str,
    i64,
    i64,
);

impl NewEntry {
    /// Whether the columns that it leaves to their defaults say all the rest of it.
    fn is_plain(&self) -> bool {
        self.reverses.is_none()
            && self.actor.is_empty()
            && self.note.is_empty()
            && self.confirmed
            && !self.inferred
    }

    fn plain_cells(&self, id: i64) -> PlainCells<'_> {
        let (source, key) = (self.source.as_str(), self.dedupe_key.as_str());
        (id, self.case_id, self.kind, self.amount, self.booked_on, source, key)
    }

    fn all_cells(&self, id: i64) -> AllCells<'_> {
        let (id, case, kind, amount, on, source, key) = self.plain_cells(id);
        let (confirmed, inferred) = (i64::from(self.confirmed), i64::from(self.inferred));
        let (reverses, actor, note) =
            (self.reverses, self.actor.as_str(), self.note.as_str());
        (
            id, case, kind, amount, on, source, key, reverses, actor, note, confirmed,
            inferred,
        )
    }

    /// What shows a payment. Money that only somebody says was paid, or that was
    /// inferred from a smaller balance, proves nothing.
    fn evidence(&self) -> Evidence {
        if self.confirmed && !self.inferred { SHOWN } else { SAID }
    }
}

/// What shows a payment that the bank has told of, and any other.
const SHOWN: Evidence = Evidence::LedgerEntry;
const SAID: Evidence = Evidence::BareAssertion;

/// A part payment begins the limitation period anew (Civil Code 195), and the
/// bank's own ledger proves it; a reversal takes that back. Answers what was written.
async fn interrupt(
    conn: &mut Conn,
    booked: &[(i64, &NewEntry)],
) -> Result<Vec<(CaseId, Interruption)>, StoreError> {
    const BY_PAYMENT: InterruptionKind = InterruptionKind::DebtorAgreed;
    let paid = booked.iter().map(|it| it.1);
    let paid = paid.filter(|it| it.kind == EntryKind::Payment && Fen(0) < it.amount);
    let interruptions: Vec<(CaseId, Interruption)> = paid
        .map(|it| {
            (it.case_id, Interruption::new(it.booked_on, BY_PAYMENT, it.evidence()))
        })
        .collect();
    if let (false, Some((first, _))) = (interruptions.is_empty(), booked.first()) {
        let own = ids::allocate(conn, booked.len()).await?;
        let behind = first + i64::try_from(booked.len()).unwrap_or(i64::MAX);
        sqlx::query(INTERRUPT)
            .bind(first)
            .bind(behind)
            .bind(own - first)
            .bind(BY_PAYMENT.as_str())
            .bind(SHOWN.as_str())
            .bind(i64::from(SHOWN.proves(BY_PAYMENT)))
            .bind(SAID.as_str())
            .bind(i64::from(SAID.proves(BY_PAYMENT)))
            .execute(&mut *conn)
            .await?;
    }
    let reversed: Vec<i64> =
        booked.iter().filter_map(|it| Some(it.1.reverses?.0)).collect();
    if !reversed.is_empty() {
        limitation::disprove(conn, &reversed).await?;
    }
    Ok(interruptions)
}

async fn rescheduled(
    conn: &mut Conn,
    before: &States,
    after: &States,
) -> Result<Vec<Rescheduled>, StoreError> {
    let anchor = |states: &States, id: i64| {
        states.get(&id).and_then(|state| state.oldest_unpaid_on)
    };
    let moved: Vec<i64> = after
        .values()
        .filter(|it| it.has_runs)
        .map(|it| it.id)
        .filter(|id| anchor(before, *id) != anchor(after, *id))
        .collect();
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let waits: Vec<(InstanceId, i64, String, String)> =
        rows::ask(conn, OVERDUE_WAITS, &moved).await?;
    waits
        .into_iter()
        .map(|(instance_id, case, rule, since)| {
            Ok(Rescheduled {
                instance_id,
                case_id: CaseId(case),
                rule: serde_json::from_str(&rule)?,
                since,
                oldest_unpaid_on: anchor(after, case),
            })
        })
        .collect()
}

/// One entry on record.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Booked {
    /// Its number.
    pub id: EntryId,
    /// What it books.
    pub kind: EntryKind,
    /// How much.
    pub amount: Fen,
    /// The booking date.
    pub booked_on: Date,
    /// The line that a reversal takes back.
    pub reverses: Option<EntryId>,
    /// Where it comes from.
    pub source: String,
    /// Its key there.
    pub dedupe_key: String,
    /// Who booked it.
    pub actor: String,
    /// What was written beside it.
    pub note: String,
    /// 1 when it is confirmed, 2 when the bank's row for the same money did it.
    pub confirmed: i64,
    /// 1 when it was concluded from a balance that fell.
    pub inferred: i64,
}

/// One line that was not taken back.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Standing {
    /// Its number.
    pub id: EntryId,
    /// The case.
    pub case_id: CaseId,
    /// What it books; never a reversal.
    pub kind: EntryKind,
    /// How much.
    pub amount: Fen,
    /// The booking date.
    pub booked_on: Date,
    /// Where it comes from.
    pub source: String,
    /// Its key there.
    pub key: String,
    /// 1 when it is confirmed, 2 when the bank's row for the same money did it.
    pub confirmed: i64,
}

/// What stands in the ledgers of some cases: neither reversals nor what they take
/// back, by case, booking date and number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn standing(
    conn: &mut Conn,
    cases: &[CaseId],
) -> Result<Vec<Standing>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, STANDING, cases).await
}

/// An entry as it may stand in the book: source, key, case, kind, amount, day.
pub type Alike<'a> = (&'a str, &'a str, CaseId, EntryKind, Fen, Date);

/// The newest entry of the ledger; number 0 where it is empty.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn newest(conn: &mut Conn) -> Result<EntryId, StoreError> {
    let id: i64 = sqlx::query_scalar("select coalesce(max(id), 0) from ledger")
        .fetch_one(conn)
        .await?;
    Ok(EntryId(id))
}

/// Those of some entries that stand in the book with the same content, confirmed, by
/// their places.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn booked_alike(
    conn: &mut Conn,
    entries: &[Alike<'_>],
) -> Result<Vec<usize>, StoreError> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    rows::ask(conn, ALIKE, entries).await
}

/// Every entry of a case, by booking date and number.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn of_case(conn: &mut Conn, case: CaseId) -> Result<Vec<Booked>, StoreError> {
    rows::ask(conn, OF_CASE, &[case]).await
}

const KNOWN: &str = "
    select json_group_array(json_array(
      s.n, l.case_id, l.kind, l.amount_fen, l.booked_on))
    from batch($1) as s (n ordinality, source text, dedupe_key text)
    join ledger l on l.source = s.source and l.dedupe_key = s.dedupe_key";

const ALIKE: &str = "
    select json_group_array(s.n)
    from batch($1) as s (
      n ordinality, source text, dedupe_key text, case_id bigint, kind text,
      amount_fen bigint, booked_on text)
    join ledger l on l.source = s.source and l.dedupe_key = s.dedupe_key
    where l.case_id = s.case_id and l.kind = s.kind and l.amount_fen = s.amount_fen
      and l.booked_on = s.booked_on and l.confirmed <> 0";

const NAMED: &str = "
    select json_group_array(json_array(
      p.id, p.case_id, p.amount_fen, p.kind,
      cast(exists (select 1 from ledger r where r.reverses = p.id) as integer)))
    from ledger p
    where p.id in (select s.id from list($1) as s (id bigint)) and p.kind <> 'reversal'";

const INSERT_PLAIN: &str = "
    insert into ledger
      (id, case_id, kind, amount_fen, booked_on, source, dedupe_key, recorded_at)
    select s.id, s.case_id, s.kind, s.amount_fen, s.booked_on, s.source, s.dedupe_key, $2
    from batch($1) as s (
      id bigint, case_id bigint, kind text, amount_fen bigint, booked_on text,
      source text, dedupe_key text)";

const INSERT: &str = "
    insert into ledger
      (id, case_id, kind, amount_fen, booked_on, source, dedupe_key,
       reverses, actor, note, confirmed, inferred, recorded_at)
    select s.id, s.case_id, s.kind, s.amount_fen, s.booked_on, s.source, s.dedupe_key,
      s.reverses, s.actor, s.note, s.confirmed, s.inferred, $2
    from batch($1) as s (
      id bigint, case_id bigint, kind text, amount_fen bigint, booked_on text,
      source text, dedupe_key text, reverses bigint, actor text, note text,
      confirmed bigint, inferred bigint)";

/// What the payments from `$1` up to before `$2` interrupt, numbered as they are with
/// `$3` added; how, and what shows it of those that the bank has told of and of others.
const INTERRUPT: &str = "
    insert into interruptions
      (id, case_id, on_date, kind, evidence, proved, source, dedupe_key)
    select id + $3, case_id, booked_on, $4,
      case when confirmed = 1 and inferred = 0 then $5 else $7 end,
      case when confirmed = 1 and inferred = 0 then cast($6 as bigint)
        else cast($8 as bigint) end,
      'ledger', 'payment:' || id
    from ledger
    where $1 <= id and id < $2 and kind = 'payment' and 0 < amount_fen
    on conflict (source, dedupe_key) do nothing";

const SET_DUE: &str = "
    update instances
    set due_at = s.due_at
    from batch($1) as s (id bigint, due_at bigint)
    where instances.id = s.id
      and instances.status in ('waiting', 'frozen', 'parked')";

const OVERDUE_WAITS: &str = "
    select json_group_array(json_array(i.id, i.case_id, w.rule, w.since) order by i.id)
    from instances i
    join wait_rules w on w.instance_id = i.id and w.rule like '{\"overdue\"%'
    where i.case_id in (select s.id from list($1) as s (id bigint))
      and i.status <> 'finished'";

const STANDING: &str = "
    select json_group_array(json_array(
      l.id, l.case_id, l.kind, l.amount_fen, l.booked_on, l.source, l.dedupe_key,
      l.confirmed) order by l.case_id, l.booked_on, l.id)
    from ledger l
    where l.case_id in (select s.id from list($1) as s (id bigint))
      and l.kind <> 'reversal'
      and not exists (select 1 from ledger r where r.reverses = l.id)";

const OF_CASE: &str = "
    select json_group_array(json_array(
      id, kind, amount_fen, booked_on, reverses, source, dedupe_key, actor, note,
      confirmed, inferred) order by booked_on, id)
    from ledger
    where case_id = (select s.id from list($1) as s (id bigint))";
