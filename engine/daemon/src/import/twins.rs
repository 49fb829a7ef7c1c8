//! The bank's row and the entry by hand for the same money (手工账核对).
//!
//! A payment at the counter is entered by hand in the morning and stands in the
//! bank's file in the evening: it is one payment, and one reward. Rows of files
//! are never compared with each other: real books hold honest twins.

use std::collections::{BTreeSet, HashMap};

use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::civil::Date;
use serde::Deserialize;
use store::{Conn, StoreError};

use super::book::BATCH;
use super::events::{EventRecord, What};
use super::fault::{Message, RowFault};
use super::post::Placed;
use super::reversals;

/// Payments of the same amount booked so many days apart may be one.
pub(crate) const NEAR_DAYS: i32 = 3;

/// What a row is to the entries by hand of its case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Twin {
    /// The same money, under the same number.
    Same {
        /// The entry by hand.
        entry: EntryId,
        /// It was confirmed before.
        confirmed: bool,
    },
    /// Perhaps the same money; a person has to say.
    Doubtful(EntryId),
}

/// A payment entered by hand that stands.
#[derive(Deserialize)]
struct ByHand {
    id: EntryId,
    case_id: CaseId,
    amount: Fen,
    booked_on: Date,
    key: String,
    confirmed: i64,
}

/// The entry by hand that a row meets, by the row's place in the table.
pub(crate) async fn find(
    conn: &mut Conn,
    placed: &[Placed<'_>],
) -> Result<HashMap<usize, Twin>, StoreError> {
    let paid: Vec<Placed<'_>> =
        placed.iter().filter(|it| paid(it.2).is_some()).copied().collect();
    let mut by_hand = by_hand(conn, &paid).await?;
    if by_hand.is_empty() {
        return Ok(HashMap::new());
    }
    let mine: Vec<Placed<'_>> =
        paid.into_iter().filter(|it| by_hand.contains_key(&it.1)).collect();
    let booked = reversals::booked(conn, &mine).await?;
    let rows = mine.iter().filter(|it| !booked.contains(&it.2.key));
    let rows: Vec<&Placed<'_>> = rows.collect();
    let mut twins = HashMap::new();
    // Numbers first: a row that names one leaves the others to the rest.
    for pick in [by_number, by_day] {
        for (index, case, row) in &rows {
            let entries = by_hand.entry(*case).or_default();
            if twins.contains_key(index) {
                continue;
            }
            if let Some((at, twin)) = pick(entries, row) {
                entries.swap_remove(at);
                twins.insert(*index, twin);
            }
        }
    }
    Ok(twins)
}

fn paid(row: &EventRecord) -> Option<Fen> {
    match row.what {
        What::Money(EntryKind::Payment, amount) if Fen(0) < amount => Some(amount),
        _ => None,
    }
}

/// The entry under the row's number; of another amount it is doubtful.
fn by_number(entries: &[ByHand], row: &EventRecord) -> Option<(usize, Twin)> {
    let under = |it: &&ByHand| {
        let number = it.key.strip_prefix("receipt:");
        number.is_some_and(|it| row.numbers.iter().any(|own| own == it))
    };
    let at = entries.iter().position(|it| under(&it))?;
    let found = &entries[at];
    let twin = if paid(row) == Some(found.amount) {
        Twin::Same { entry: found.id, confirmed: found.confirmed == 2 }
    } else {
        Twin::Doubtful(found.id)
    };
    Some((at, twin))
}

/// An entry of the same amount and about the same day that no row has met.
fn by_day(entries: &[ByHand], row: &EventRecord) -> Option<(usize, Twin)> {
    let near = |it: &ByHand| {
        it.confirmed != 2
            && paid(row) == Some(it.amount)
            && (it.booked_on - row.on).get_days().abs() <= NEAR_DAYS
    };
    let at = entries.iter().position(near)?;
    Some((at, Twin::Doubtful(entries[at].id)))
}

async fn by_hand(
    conn: &mut Conn,
    paid: &[Placed<'_>],
) -> Result<HashMap<CaseId, Vec<ByHand>>, StoreError> {
    let cases: BTreeSet<CaseId> = paid.iter().map(|it| it.1).collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let mut by_hand: HashMap<CaseId, Vec<ByHand>> = HashMap::new();
    for batch in cases.chunks(BATCH) {
        let text: String = sqlx::query_scalar(BY_HAND)
            .bind(serde_json::to_string(batch)?)
            .fetch_one(&mut *conn)
            .await?;
        for entry in serde_json::from_str::<Vec<ByHand>>(&text)? {
            by_hand.entry(entry.case_id).or_default().push(entry);
        }
    }
    Ok(by_hand)
}

/// The fault of a row that may be money entered by hand.
pub(crate) fn doubtful(entry: EntryId) -> RowFault {
    RowFault::new(
        "R075",
        Message::new(
            format!(
                "疑似重复:与手工登记的还款(账目 {entry})可能是同一笔;是就请主管用 `qingshou pay --confirm {entry} --receipt 本行流水号` 确认,不是就用 `qingshou pay --reverse {entry}` 冲正手工账,然后再导入本行"
            ),
            format!(
                "perhaps entered by hand already, as entry {entry}; if it is, let a supervisor confirm it with `qingshou pay --confirm {entry} --receipt NUMBER_OF_THIS_ROW`, if not take it back with `qingshou pay --reverse {entry}`; then import this row again"
            ),
        ),
    )
}

const BY_HAND: &str = "
    select json_group_array(json_array(
      p.id, p.case_id, p.amount_fen, p.booked_on, p.dedupe_key, p.confirmed)
      order by p.booked_on, p.id)
    from ledger p
    where p.kind = 'payment' and p.source = 'hand'
      and p.case_id in (select value from json_each($1))
      and not exists (select 1 from ledger r where r.reverses = p.id)";
