//! Which line a reversal takes back (冲正对应的账目): a payment, or a due item, a waiver,
//! a fee that was booked wrongly.

use std::collections::BTreeSet;

use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use foldhash::{HashMap, HashSet};
use jiff::civil::Date;
use store::bank_rows::{self, Reversible};
use store::{Conn, StoreError, ledger, receipts};

use super::events::{EventRecord, What};
use super::keys;
use super::post::{BATCH, Placed, SOURCE};

/// What a row says of the line it takes back.
struct ReversedRow<'a> {
    case_no: &'a str,
    amount: Fen,
    on: Date,
    number: Option<&'a str>,
    kind: Option<EntryKind>,
    due_on: Option<Date>,
}

/// The line of each reversal, in order; `None` where there is none, and for
/// reversals that are booked already.
///
/// A row that names the number of a line means that line. Any other means the
/// latest payment of the case and amount on or before its day that was not taken
/// back, or the one line of another kind that it names.
pub(crate) async fn find(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<Vec<Option<EntryId>>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let booked = booked(conn, rows).await?;
    let mut lines = lines(conn, rows).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(wanted) = ReversedRow::of(row.record) else {
            found.push(None);
            continue;
        };
        let of_case = lines.get_mut(&row.case_id).map_or(&mut [][..], Vec::as_mut_slice);
        let line = wanted.pick(of_case).filter(|_| !booked.contains(row.key));
        found.push(line.map(|line| {
            line.reversed = 1;
            line.id
        }));
    }
    Ok(found)
}

/// A payment that a reversal of a day takes back which the list's balances hold.
pub(crate) enum OfHeldDay {
    /// The one that it names, of its amount.
    Named(EntryId),
    /// One that it names, of another amount.
    OtherAmount,
    /// It may be this one.
    Perhaps(EntryId),
}

/// The payment in the book of each of these reversals; `None` where the book had it
/// from the list alone.
pub(crate) async fn of_held_days(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<Vec<Option<OfHeldDay>>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = lines(conn, rows).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let of_case = lines.get_mut(&row.case_id).map_or(&mut [][..], Vec::as_mut_slice);
        let wanted = ReversedRow::of(row.record);
        found.push(wanted.and_then(|it| it.of_held_day(of_case)));
    }
    Ok(found)
}

impl<'a> ReversedRow<'a> {
    fn of(row: &'a EventRecord) -> Option<Self> {
        let What::Reversal { amount, of, kind, due_on } = &row.what else { return None };
        Some(Self {
            case_no: &row.case_no,
            amount: *amount,
            on: row.on,
            number: of.as_deref(),
            kind: *kind,
            due_on: *due_on,
        })
    }

    fn of_held_day(&self, lines: &mut [Reversible]) -> Option<OfHeldDay> {
        let named = self.number.and_then(|number| self.under(number, lines));
        if let Some(line) = named.and_then(|at| lines.get_mut(at)) {
            if line.reversed != 0 || line.kind != EntryKind::Payment {
                return None;
            }
            if line.amount != self.amount {
                return Some(OfHeldDay::OtherAmount);
            }
            line.reversed = 1;
            return Some(OfHeldDay::Named(line.id));
        }
        // A payment whose number the book has is none that another number names.
        let may_be = |line: &&mut Reversible| {
            self.may_be(line, EntryKind::Payment)
                && (self.number.is_none() || !self.has_number(line))
        };
        let line = lines.iter_mut().rev().find(may_be)?;
        line.reversed = 1;
        Some(OfHeldDay::Perhaps(line.id))
    }

    /// Whether a line bears the bank's own number, or that of a receipt.
    fn has_number(&self, line: &Reversible) -> bool {
        // What a list has booked is numbered by its place, not by a day.
        let of_a_day = |key: &str| {
            let day =
                key.rsplit_once('|').map(|rsplit_once| ledger::own_key(rsplit_once.1));
            day.is_some_and(|day| day.parse::<Date>().is_ok())
        };
        receipts::number_in(&line.key).is_some()
            || (keys::parts(&line.key, self.case_no).is_some() && of_a_day(&line.key))
    }

    /// The lines are in the order of their days.
    fn pick<'l>(&self, lines: &'l mut [Reversible]) -> Option<&'l mut Reversible> {
        let at = match (self.number, self.kind) {
            (Some(number), _) => self.under(number, lines),
            (None, None | Some(EntryKind::Payment)) => {
                lines.iter().rposition(|line| self.may_be(line, EntryKind::Payment))
            }
            (None, Some(kind)) => {
                let mut places = lines
                    .iter()
                    .enumerate()
                    .filter(|it| self.may_be(it.1, kind))
                    .map(|it| it.0);
                // Of several nobody knows which.
                places.next().filter(|_| places.next().is_none())
            }
        };
        at.and_then(|it| lines.get_mut(it))
    }

    /// The line under a number; of several the one of the amount that stands.
    fn under(&self, number: &str, lines: &[Reversible]) -> Option<usize> {
        let named = |it: &Reversible| {
            let of_file = keys::parts(&it.key, self.case_no).map(|part| part.0);
            (of_file == Some(number) || receipts::number_in(&it.key) == Some(number))
                && self.kind.is_none_or(|kind| kind == it.kind)
        };
        let stands =
            |it: &Reversible| named(it) && it.reversed == 0 && it.amount == self.amount;
        lines.iter().rposition(stands).or_else(|| lines.iter().rposition(named))
    }

    fn may_be(&self, line: &Reversible, kind: EntryKind) -> bool {
        let day = match (kind, self.due_on) {
            (EntryKind::Due, Some(due_on)) => line.booked_on == due_on,
            (EntryKind::Due, None) => true,
            _ => line.booked_on <= self.on,
        };
        line.kind == kind && line.reversed == 0 && line.amount == self.amount && day
    }
}

/// The keys of those rows that are booked already and stand.
pub(crate) async fn booked(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<HashSet<String>, StoreError> {
    let mut booked = HashSet::default();
    for batch in rows.chunks(BATCH) {
        booked.extend(bank_rows::standing(&mut *conn, SOURCE, &keys_of(batch)).await?);
    }
    Ok(booked)
}

/// The keys of those rows that were ever booked.
pub(crate) async fn met(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<HashSet<String>, StoreError> {
    let mut met = HashSet::default();
    for batch in rows.chunks(BATCH) {
        met.extend(bank_rows::met(&mut *conn, SOURCE, &keys_of(batch)).await?);
    }
    Ok(met)
}

fn keys_of<'a>(rows: &[Placed<'a>]) -> Vec<&'a str> {
    rows.iter().map(|row| row.key).collect()
}

async fn lines(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<HashMap<CaseId, Vec<Reversible>>, StoreError> {
    let cases: BTreeSet<CaseId> = rows.iter().map(|row| row.case_id).collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let mut lines: HashMap<CaseId, Vec<Reversible>> = HashMap::default();
    for batch in cases.chunks(BATCH) {
        for line in bank_rows::reversible(&mut *conn, batch).await? {
            lines.entry(line.case_id).or_default().push(line);
        }
    }
    Ok(lines)
}
