//! What money makes of a case (案件合计): its totals, its oldest unpaid day and its
//! limitation period, worked out from what was booked and written at once.
//!
//! Only what a batch can have moved is read: a case that owed nothing before has
//! no older items to be read, and without a reversal the latest day stays latest.

use std::collections::BTreeMap;

use domain::ids::CaseId;
use domain::ledger::{EntryKind, Totals};
use domain::limitation::Interruption;
use domain::money::Fen;
use foldhash::HashMap;
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::StoreError;
use crate::ledger::NewEntry;
use crate::{Conn, lanes, limitation, rows};

/// What of a case money moves.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) id: i64,
    pub(crate) totals: Totals,
    pub(crate) oldest_unpaid_on: Option<Date>,
    last_due_on: Option<Date>,
    /// The last day on which something fell due by more than the growth of what a list
    /// calls overdue; `None` where that is the last of all.
    last_known_due_on: Option<Date>,
    last_payment_on: Option<Date>,
    limitation_ends_on: Option<Date>,
    /// The last day of the loan as the first list named it.
    contract_ends_on: Option<Date>,
    pub(crate) known_since_on: Date,
    pub(crate) episode: i64,
    pub(crate) has_runs: bool,
    /// Anything was booked on it.
    pub(crate) has_entries: bool,
    pub(crate) on_record: OnRecord,
}

/// What stands on record of a case beside its money.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnRecord {
    pub(crate) promises: bool,
    interruptions: bool,
    guarantees: bool,
}

impl State {
    /// Whether anything is overdue: due before today and not covered.
    pub(crate) fn is_overdue(&self, today: Date) -> bool {
        self.oldest_unpaid_on.is_some_and(|due| due < today)
    }

    /// Still owed in all.
    pub(crate) fn balance(&self) -> Fen {
        self.totals.balance()
    }

    /// The day from which its clocks run: what is booked after the last day that the
    /// first list named moves none, and where no list names one, neither does what is
    /// overdue by growing.
    fn runs_from(&self) -> Option<Date> {
        let last = self.last_due_on?;
        Some(match self.contract_ends_on {
            Some(listed) => listed.min(last),
            None => self.last_known_due_on.unwrap_or(last),
        })
    }

    fn covered(&self) -> Fen {
        Fen::max(self.totals.paid + self.totals.waived, Fen(0))
    }
}

pub(crate) type States = BTreeMap<i64, State>;

#[derive(Deserialize)]
struct StateRow {
    id: i64,
    opened: Fen,
    due: Fen,
    paid: Fen,
    fee: Fen,
    penalty: Fen,
    waived: Fen,
    oldest_unpaid_on: Option<Date>,
    last_due_on: Option<Date>,
    last_known_due_on: Option<Date>,
    last_payment_on: Option<Date>,
    limitation_ends_on: Option<Date>,
    contract_ends_on: Option<Date>,
    known_since_on: Date,
    episode: i64,
    has_runs: i64,
    has_entries: i64,
    has_promises: i64,
    has_interruptions: i64,
    has_guarantees: i64,
}

impl From<StateRow> for State {
    fn from(row: StateRow) -> Self {
        let totals = Totals {
            opened: row.opened,
            due: row.due,
            paid: row.paid,
            fee: row.fee,
            penalty: row.penalty,
            waived: row.waived,
        };
        Self {
            id: row.id,
            totals,
            oldest_unpaid_on: row.oldest_unpaid_on,
            last_due_on: row.last_due_on,
            last_known_due_on: row.last_known_due_on,
            last_payment_on: row.last_payment_on,
            limitation_ends_on: row.limitation_ends_on,
            contract_ends_on: row.contract_ends_on,
            known_since_on: row.known_since_on,
            episode: row.episode,
            has_runs: row.has_runs != 0,
            has_entries: row.has_entries != 0,
            on_record: OnRecord {
                promises: row.has_promises != 0,
                interruptions: row.has_interruptions != 0,
                guarantees: row.has_guarantees != 0,
            },
        }
    }
}

/// These cases as they stand; one that is not in the store is missing.
pub(crate) async fn states(conn: &mut Conn, cases: &[i64]) -> Result<States, StoreError> {
    let found: Vec<StateRow> = rows::ask(conn, STATES, cases).await?;
    Ok(found.into_iter().map(|it| (it.id, it.into())).collect())
}

/// A batch that stands in the ledger, the kinds of the lines that its reversals
/// take back, by their numbers, and what its payments interrupt.
pub(crate) struct Batch<'a> {
    pub(crate) booked: &'a [(i64, &'a NewEntry)],
    pub(crate) taken_back: &'a HashMap<i64, EntryKind>,
    pub(crate) interruptions: &'a [(CaseId, Interruption)],
}

impl Batch<'_> {
    /// The kind of line that an entry takes back, if it is a reversal.
    pub(crate) fn takes_back(&self, entry: &NewEntry) -> Option<EntryKind> {
        self.taken_back.get(&entry.reverses?.0).copied()
    }
}

/// Writes what a batch has made of its cases, and answers it. What interrupts
/// the limitation period has been written before.
pub(crate) async fn settle(
    conn: &mut Conn,
    before: &States,
    batch: &Batch<'_>,
) -> Result<States, StoreError> {
    let mut after = before.clone();
    for (_, entry) in batch.booked {
        if let Some(state) = after.get_mut(&entry.case_id.0) {
            add_up(state, entry, batch.takes_back(entry));
        }
    }
    age(conn, before, &mut after, batch).await?;
    find_last_payments(conn, &mut after, batch).await?;
    let dues = after.values().filter(|it| it.last_due_on.is_some());
    let (on_record, fresh): (Vec<&State>, Vec<&State>) =
        dues.partition(|due| due.on_record.interruptions);
    let due = |it: &State| Some((it.id, it.runs_from()?));
    let on_record: Vec<_> = on_record.into_iter().filter_map(due).collect();
    let fresh: Vec<_> = fresh.into_iter().filter_map(due).collect();
    let mut ends = limitation::expiries(conn, &on_record).await?;
    ends.extend(limitation::first_expiries(&fresh, batch.interruptions));
    for state in after.values_mut() {
        state.limitation_ends_on = ends.get(&state.id).copied();
    }
    write(conn, &after).await?;
    write_known_dues(conn, before, &after).await?;
    lanes::age(conn, &aged(before, &after)).await?;
    let moved = |it: &&State| {
        it.on_record.guarantees
            && before.get(&it.id).is_none_or(|was| was.runs_from() != it.runs_from())
    };
    let moved: Vec<i64> = after.values().filter(moved).map(|it| it.id).collect();
    limitation::recompute_guarantees(conn, &moved).await?;
    Ok(after)
}

/// Those that are in a workflow and have another oldest unpaid day than before.
fn aged(before: &States, after: &States) -> Vec<(i64, Option<Date>)> {
    let was = |id: &i64| before.get(id).map(|it| it.oldest_unpaid_on);
    let is_aged = |it: &&State| it.has_runs && was(&it.id) != Some(it.oldest_unpaid_on);
    after.values().filter(is_aged).map(|it| (it.id, it.oldest_unpaid_on)).collect()
}

fn add_up(state: &mut State, entry: &NewEntry, takes_back: Option<EntryKind>) {
    state.has_entries = true;
    match takes_back {
        Some(kind) => state.totals.take_back(kind, entry.amount),
        None => state.totals.book(entry.kind, entry.amount),
    }
    if entry.kind == EntryKind::Payment {
        state.last_payment_on = state.last_payment_on.max(Some(entry.booked_on));
    }
}

/// The dues of a case: day, amount, and whether a list has only grown.
type Dues = Vec<(Date, Fen, bool)>;

/// Finds the oldest unpaid and the latest due day of every case.
async fn age(
    conn: &mut Conn,
    before: &States,
    after: &mut States,
    batch: &Batch<'_>,
) -> Result<(), StoreError> {
    let had_dues = |id: &i64| before.get(id).is_some_and(|it| it.totals.due != Fen(0));
    let known: Vec<i64> = after.keys().copied().filter(had_dues).collect();
    let mut dues: HashMap<i64, Dues> = HashMap::default();
    if !known.is_empty() {
        let found: Vec<(i64, Date, Fen, i64)> = rows::ask(conn, DUES, &known).await?;
        for (case, on, amount, grown) in found {
            dues.entry(case).or_default().push((on, amount, grown != 0));
        }
    }
    for (_, entry) in batch.booked {
        if entry.kind == EntryKind::Due && !had_dues(&entry.case_id.0) {
            let of_case = dues.entry(entry.case_id.0).or_default();
            of_case.push((entry.booked_on, entry.amount, entry.inferred));
        }
    }
    for state in after.values_mut() {
        let of_case = dues.get_mut(&state.id).map_or(&mut [][..], Vec::as_mut_slice);
        of_case.sort_unstable_by_key(|it| it.0);
        state.last_due_on = of_case.last().map(|it| it.0);
        let known = of_case.iter().rfind(|it| !it.2).map(|it| it.0);
        state.last_known_due_on = known.filter(|_| known != state.last_due_on);
        let covered = state.covered();
        let mut so_far = Fen(0);
        let unpaid = of_case.iter().find(|it| {
            so_far += it.1;
            covered < so_far
        });
        state.oldest_unpaid_on = unpaid.map(|unpaid| unpaid.0);
    }
    Ok(())
}

/// Few cases have another one than the last day of all.
async fn write_known_dues(
    conn: &mut Conn,
    before: &States,
    after: &States,
) -> Result<(), StoreError> {
    let was = |id: &i64| before.get(id).and_then(|it| it.last_known_due_on);
    let changed: Vec<(i64, Option<Date>)> = after
        .values()
        .filter(|it| it.last_known_due_on != was(&it.id))
        .map(|it| (it.id, it.last_known_due_on))
        .collect();
    rows::run(conn, WRITE_KNOWN_DUES, &changed).await?;
    Ok(())
}

/// A payment that is taken back may have been the last one.
async fn find_last_payments(
    conn: &mut Conn,
    after: &mut States,
    batch: &Batch<'_>,
) -> Result<(), StoreError> {
    let is_of_payment =
        |entry: &NewEntry| batch.takes_back(entry) == Some(EntryKind::Payment);
    let mut reversed: Vec<i64> = batch
        .booked
        .iter()
        .filter(|it| is_of_payment(it.1))
        .map(|it| it.1.case_id.0)
        .collect();
    reversed.sort_unstable();
    reversed.dedup();
    if reversed.is_empty() {
        return Ok(());
    }
    let found: Vec<(i64, Option<Date>)> =
        rows::ask(conn, LAST_PAYMENTS, &reversed).await?;
    for (case, last) in found {
        if let Some(state) = after.get_mut(&case) {
            state.last_payment_on = last;
        }
    }
    Ok(())
}

async fn write(conn: &mut Conn, after: &States) -> Result<(), StoreError> {
    let list: Vec<_> = after
        .values()
        .map(|it| {
            let sums = &it.totals;
            (
                it.id,
                sums.opened,
                sums.fee,
                sums.penalty,
                sums.paid,
                sums.waived,
                sums.due,
                it.balance(),
                it.oldest_unpaid_on,
                it.last_due_on,
                it.last_payment_on,
                it.limitation_ends_on,
            )
        })
        .collect();
    rows::run(conn, WRITE, &list).await?;
    Ok(())
}

const STATES: &str = "
    select json_group_array(json_array(
      id, opened_fen, due_fen, paid_fen, fee_fen, penalty_fen, waived_fen,
      oldest_unpaid_on, last_due_on, last_known_due_on, last_payment_on,
      limitation_ends_on, contract_ends_on, known_since_on, episode,
      cast(exists (select 1 from lanes where lanes.case_id = cases.id) as integer),
      cast(exists (select 1 from ledger where ledger.case_id = cases.id) as integer),
      cast(exists (select 1 from promises where promises.case_id = cases.id) as integer),
      cast(exists (select 1 from interruptions where interruptions.case_id = cases.id)
        or exists (select 1 from clock_acts where clock_acts.case_id = cases.id)
        as integer),
      cast(exists (select 1 from guarantees where guarantees.case_id = cases.id)
        as integer)))
    from cases
    where id in (select id from list($1) as s (id bigint))";

/// Those that stand: what was taken back is not due.
const DUES: &str = "
    select json_group_array(json_array(
      l.case_id, l.booked_on, l.amount_fen, l.inferred))
    from ledger l
    where l.case_id in (select id from list($1) as s (id bigint)) and l.kind = 'due'
      and not exists (select 1 from ledger r where r.reverses = l.id)";

const WRITE_KNOWN_DUES: &str = "
    update cases
    set last_known_due_on = s.known_on
    from batch($1) as s (id bigint, known_on text)
    where cases.id = s.id";

const LAST_PAYMENTS: &str = "
    select json_group_array(json_array(c.id, (
      select max(p.booked_on)
      from ledger p
      where p.case_id = c.id and p.kind = 'payment'
        and not exists (select 1 from ledger r where r.reverses = p.id))))
    from list($1) as c (id bigint)";

const WRITE: &str = "
    update cases
    set facts_rev = facts_rev + 1,
      opened_fen = s.opened_fen, fee_fen = s.fee_fen, penalty_fen = s.penalty_fen,
      paid_fen = s.paid_fen, waived_fen = s.waived_fen, due_fen = s.due_fen,
      balance_fen = s.balance_fen, oldest_unpaid_on = s.oldest_unpaid_on,
      last_due_on = s.last_due_on, last_payment_on = s.last_payment_on,
      limitation_ends_on = s.limitation_ends_on
    from batch($1) as s (id bigint, opened_fen bigint, fee_fen bigint,
      penalty_fen bigint, paid_fen bigint, waived_fen bigint, due_fen bigint,
      balance_fen bigint, oldest_unpaid_on text, last_due_on text,
      last_payment_on text, limitation_ends_on text)
    where cases.id = s.id";
