//! What the reversals of a file take back (本文件冲正): rows of the file itself, and lines
//! of the book. Neither is money that another row may tell of again.

use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use foldhash::HashSet;
use jiff::civil::Date;
use store::{Conn, StoreError};

use super::events::What;
use super::post::Placed;
use super::reversals;

/// What is about to be taken back.
#[derive(Default)]
pub(crate) struct TakenBack {
    /// Rows of the file, by their lines.
    pub rows: HashSet<u64>,
    /// Lines of the book.
    pub entries: HashSet<EntryId>,
}

/// A payment of the file that no reversal has met yet.
struct Paid<'a> {
    line: u64,
    case_id: CaseId,
    amount: Fen,
    on: Date,
    number: Option<&'a str>,
}

impl TakenBack {
    /// What these rows take back, before any of them is booked.
    pub(crate) async fn by(
        conn: &mut Conn,
        placed: &[Placed<'_>],
    ) -> Result<Self, StoreError> {
        let is_reversal =
            |row: &&Placed<'_>| matches!(row.record.what, What::Reversal { .. });
        let back: Vec<Placed<'_>> = placed.iter().filter(is_reversal).copied().collect();
        let mut taken = Self::default();
        if back.is_empty() {
            return Ok(taken);
        }
        let booked = reversals::booked(conn, &back).await?;
        let cases: HashSet<CaseId> = back.iter().map(|row| row.case_id).collect();
        let mut paid: Vec<Paid<'_>> = placed
            .iter()
            .filter(|row| cases.contains(&row.case_id))
            .filter_map(Paid::of)
            .collect();
        paid.sort_by_key(|row| (row.on, row.line));
        let mut of_the_book = Vec::new();
        for row in back.iter().filter(|row| !booked.contains(row.key)) {
            match paid.iter().rposition(|paid| paid.is_meant_by(row)) {
                Some(at) => {
                    taken.rows.insert(paid.remove(at).line);
                }
                None => of_the_book.push(*row),
            }
        }
        let found = reversals::find(conn, &of_the_book).await?;
        taken.entries.extend(found.into_iter().flatten());
        Ok(taken)
    }
}

impl<'a> Paid<'a> {
    fn of(row: &Placed<'a>) -> Option<Self> {
        let What::Money(EntryKind::Payment, amount) = row.record.what else {
            return None;
        };
        let (line, case_id, on) = (row.line, row.case_id, row.record.on);
        Some(Self { line, case_id, amount, on, number: row.record.seq.as_deref() })
    }

    fn is_meant_by(&self, row: &Placed<'_>) -> bool {
        let What::Reversal { amount, of, kind, .. } = &row.record.what else {
            return false;
        };
        let is_named = match of.as_deref() {
            Some(number) => self.number == Some(number),
            None => self.on <= row.record.on,
        };
        (self.case_id, self.amount) == (row.case_id, *amount)
            && kind.is_none_or(|kind| kind == EntryKind::Payment)
            && is_named
    }
}
