//! The bank's row and the entry by hand for the same money (手工账核对).
//!
//! A payment at the counter is entered by hand in the morning and stands in the
//! bank's file in the evening: it is one payment, and one reward. A payment that
//! was inferred from a balance that fell is told of by a file later, too.

use std::collections::{BTreeSet, HashMap};

use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::civil::Date;
use serde::Deserialize;
use store::{Conn, StoreError};

use super::events::{EventRecord, What};
use super::fault::{Message, RowFault};
use super::post::{BATCH, Placed};
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

/// A payment entered by hand, or inferred from a balance, that stands.
#[derive(Deserialize)]
struct ByHand {
    id: EntryId,
    case_id: CaseId,
    amount: Fen,
    booked_on: Date,
    key: String,
    confirmed: i64,
    inferred: i64,
}

/// A list comes once a month at least: a payment that it shows lies no longer
/// before its day.
const LIST_DAYS: i32 = 31;

/// The entry by hand that a row meets, by the row's line.
pub(crate) async fn find(
    conn: &mut Conn,
    placed: &[Placed<'_>],
) -> Result<HashMap<u64, Twin>, StoreError> {
    let paid: Vec<Placed<'_>> = placed
        .iter()
        .filter(|it| it.has_entries && paid(it.record).is_some())
        .copied()
        .collect();
    let mut by_hand = by_hand(conn, &paid).await?;
    if by_hand.is_empty() {
        return Ok(HashMap::new());
    }
    let mine: Vec<Placed<'_>> =
        paid.into_iter().filter(|it| by_hand.contains_key(&it.case_id)).collect();
    let booked = reversals::booked(conn, &mine).await?;
    let rows = mine.iter().filter(|it| !booked.contains(it.key));
    let rows: Vec<&Placed<'_>> = rows.collect();
    let mut twins = HashMap::new();
    // Numbers first: a row that names one leaves the others to the rest.
    for pick in [by_number, by_list, by_day] {
        for row in &rows {
            let entries = by_hand.entry(row.case_id).or_default();
            if twins.contains_key(&row.line) {
                continue;
            }
            if let Some((at, twin)) = pick(entries, row.record) {
                entries.swap_remove(at);
                twins.insert(row.line, twin);
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
        let own = [&row.seq, &row.receipt];
        number.is_some_and(|it| own.into_iter().flatten().any(|own| own == it))
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

/// A payment that a list's balance had shown before the row told of it.
fn by_list(entries: &[ByHand], row: &EventRecord) -> Option<(usize, Twin)> {
    let shown = |it: &ByHand| {
        it.inferred != 0
            && paid(row) == Some(it.amount)
            && (0..=LIST_DAYS).contains(&(it.booked_on - row.on).get_days())
    };
    let at = entries.iter().position(shown)?;
    let found = &entries[at];
    Some((at, Twin::Same { entry: found.id, confirmed: found.confirmed == 2 }))
}

/// An entry of the same amount and about the same day that no row has met.
fn by_day(entries: &[ByHand], row: &EventRecord) -> Option<(usize, Twin)> {
    let near = |it: &ByHand| {
        it.confirmed != 2
            && it.inferred == 0
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
    let cases: BTreeSet<CaseId> = paid.iter().map(|it| it.case_id).collect();
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
      p.id, p.case_id, p.amount_fen, p.booked_on, p.dedupe_key, p.confirmed, p.inferred)
      order by p.booked_on, p.id)
    from ledger p
    where p.kind = 'payment' and (p.source = 'hand' or p.inferred = 1)
      and p.case_id in (select value from json_each($1))
      and not exists (select 1 from ledger r where r.reverses = p.id)";
