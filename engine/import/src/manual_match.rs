//! The bank's row and the entry by hand for the same money (手工账核对).
//!
//! A payment at the counter is entered by hand in the morning and stands in the
//! bank's file in the evening: it is one payment, and one reward. A payment that
//! was inferred from a balance that fell is told of by a file later, too.

use std::collections::BTreeSet;

use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::ledger::NEAR_DAYS;
use domain::money::Fen;
use domain::say::Say;
use foldhash::HashMap;
use jiff::civil::Date;
use store::bank_rows::{self, PaidBeside};
use store::{Conn, StoreError, receipts};

use super::events::{EventRecord, What};
use super::fault::RowFault;
use super::parts::{self, WHOLE};
use super::post::{BATCH, Placed};
use super::reversals;

/// What a row is to the entries by hand of its case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ManualMatch {
    /// The same money, under the same number.
    Same {
        /// The entry by hand.
        entry: EntryId,
        /// It was confirmed before.
        confirmed: bool,
        /// It was inferred from a balance.
        inferred: bool,
    },
    /// Perhaps the same money; a person has to say.
    Doubtful(RowFault),
}

/// A list comes once a month at least: a payment that it shows lies no longer
/// before its day.
pub(crate) const LIST_DAYS: i32 = 31;

/// The entry by hand that a row meets, by the row's line.
pub(crate) async fn find(
    conn: &mut Conn,
    placed: &[Placed<'_>],
    near: Near<'_>,
) -> Result<HashMap<u64, ManualMatch>, StoreError> {
    let paid: Vec<Placed<'_>> = placed
        .iter()
        .filter(|it| it.has_entries && paid(it.record).is_some())
        .copied()
        .collect();
    let mut by_hand = by_hand(conn, &paid).await?;
    if by_hand.is_empty() {
        return Ok(HashMap::default());
    }
    let mine: Vec<Placed<'_>> =
        paid.into_iter().filter(|it| by_hand.contains_key(&it.case_id)).collect();
    let booked = reversals::booked(conn, &mine).await?;
    let rows = mine.iter().filter(|it| !booked.contains(it.key));
    let rows: Vec<&Placed<'_>> = rows.collect();
    let of_cases = of_cases(&rows);
    let mut manual_match = HashMap::default();
    // Numbers first: a row that names one leaves the others to the rest.
    parts_under_a_number(&mut by_hand, &of_cases, near, &mut manual_match);
    for pick in [by_key, by_number, by_list, by_day] {
        for row in &rows {
            let entries = by_hand.entry(row.case_id).or_default();
            if manual_match.contains_key(&row.line) {
                continue;
            }
            if let Some((at, matched)) = pick(entries, row, near) {
                entries.swap_remove(at);
                manual_match.insert(row.line, matched);
            }
        }
    }
    parts_of_a_day(&by_hand, &of_cases, &mut manual_match);
    Ok(manual_match)
}

/// The rows of each case: a portion holds those of a thousand.
type OfCases<'r> = HashMap<CaseId, Vec<&'r Placed<'r>>>;

fn of_cases<'r>(rows: &[&'r Placed<'r>]) -> OfCases<'r> {
    let mut of_cases = OfCases::default();
    for row in rows {
        of_cases.entry(row.case_id).or_default().push(row);
    }
    of_cases
}

/// An entry whose number the bank gives to the parts of the payment: they are the
/// entry where they come to as much, and a question otherwise.
fn parts_under_a_number(
    by_hand: &mut HashMap<CaseId, Vec<PaidBeside>>,
    of_cases: &OfCases<'_>,
    near: Near<'_>,
    manual_match: &mut HashMap<u64, ManualMatch>,
) {
    for (case, entries) in by_hand {
        let Some(rows) = of_cases.get(case) else { continue };
        entries.retain(|entry| {
            // Numbers that begin anew every day are other payments.
            let under = rows
                .iter()
                .filter(|row| is_under(entry, row.record))
                .filter(|row| is_near(entry, row.record.on, near));
            let under: Vec<&&Placed<'_>> = under.collect();
            let amounts: Vec<(u64, Fen)> =
                under.iter().filter_map(|it| Some((it.line, paid(it.record)?))).collect();
            if under.is_empty() || amounts.iter().any(|amount| amount.1 == entry.amount) {
                return true;
            }
            let parts = parts::adding_up(&amounts, entry.amount);
            let matched = match parts {
                Some(_) => same(entry),
                None => ManualMatch::Doubtful(other_amount(entry.id)),
            };
            let lines =
                parts.unwrap_or_else(|| amounts.iter().map(|amount| amount.0).collect());
            manual_match.extend(lines.into_iter().map(|line| (line, matched.clone())));
            false
        });
    }
}

/// Parts of a day that come to an entry by hand, and a row that comes to several.
fn parts_of_a_day(
    by_hand: &HashMap<CaseId, Vec<PaidBeside>>,
    of_cases: &OfCases<'_>,
    manual_match: &mut HashMap<u64, ManualMatch>,
) {
    for (case, entries) in by_hand {
        let Some(rows) = of_cases.get(case) else { continue };
        let open =
            || entries.iter().filter(|entry| entry.confirmed != 2 && entry.inferred == 0);
        for entry in open() {
            let parts: Vec<(u64, Fen)> = rows
                .iter()
                .filter(|row| row.record.on == entry.booked_on)
                .filter(|row| {
                    row.record.word != WHOLE && !manual_match.contains_key(&row.line)
                })
                .filter_map(|row| Some((row.line, paid(row.record)?)))
                .collect();
            let Some(lines) = parts::adding_up(&parts, entry.amount) else { continue };
            for row in rows.iter().filter(|row| lines.contains(&row.line)) {
                let fault = doubtful(entry.id, row.record.seq.is_some());
                manual_match.insert(row.line, ManualMatch::Doubtful(fault));
            }
        }
        for row in rows {
            let of_day = open().filter(|it| it.booked_on == row.record.on);
            let of_day: Vec<(EntryId, Fen)> =
                of_day.map(|it| (it.id, it.amount)).collect();
            let sum = paid(row.record).and_then(|it| parts::adding_up(&of_day, it));
            if let Some(entries) = sum.filter(|_| !manual_match.contains_key(&row.line)) {
                manual_match
                    .insert(row.line, ManualMatch::Doubtful(in_parts_by_hand(&entries)));
            }
        }
    }
}

fn paid(row: &EventRecord) -> Option<Fen> {
    match row.what {
        What::Money(EntryKind::Payment, amount) if Fen(0) < amount => Some(amount),
        _ => None,
    }
}

/// Whether a row names the number of an entry.
fn is_under(entry: &PaidBeside, row: &EventRecord) -> bool {
    let number = receipts::number_in(&entry.key).map(receipts::plain);
    let own = [&row.seq, &row.receipt];
    number.is_some_and(|number| {
        own.into_iter().flatten().any(|own| receipts::plain(own) == number)
    })
}

fn same(entry: &PaidBeside) -> ManualMatch {
    ManualMatch::Same {
        entry: entry.id,
        confirmed: entry.confirmed == 2,
        inferred: entry.inferred != 0,
    }
}

/// The payment that this very row has confirmed before.
fn by_key(
    entries: &[PaidBeside],
    row: &Placed<'_>,
    _: Near<'_>,
) -> Option<(usize, ManualMatch)> {
    let at =
        entries.iter().position(|entry| entry.inferred != 0 && entry.key == row.key)?;
    Some((at, same(&entries[at])))
}

/// Days after a day in which another booking of the same money may lie.
pub type Near<'a> = &'a (dyn Fn(Date) -> i32 + Sync);

fn is_near(entry: &PaidBeside, on: Date, near: Near<'_>) -> bool {
    are_near((entry.booked_on, on), near)
}

/// Whether bookings of two days may be of the same money.
pub fn are_near((one, other): (Date, Date), near: Near<'_>) -> bool {
    (one - other).get_days().abs() <= near(one.min(other))
}

/// The entry under the row's number and of its amount. Many days apart it may be a
/// number that began anew, until the bank's own row for the entry has been met.
fn by_number(
    entries: &[PaidBeside],
    row: &Placed<'_>,
    near: Near<'_>,
) -> Option<(usize, ManualMatch)> {
    let row = row.record;
    let is_same = |it: &PaidBeside| is_under(it, row) && paid(row) == Some(it.amount);
    let close =
        entries.iter().position(|entry| is_same(entry) && is_near(entry, row.on, near));
    if let Some(at) = close {
        return Some((at, same(&entries[at])));
    }
    let at = entries.iter().position(|entry| is_same(entry) && entry.confirmed != 2)?;
    Some((at, ManualMatch::Doubtful(days_apart(&entries[at]))))
}

/// A payment that a list's balance had shown before the row told of it.
fn by_list(
    entries: &[PaidBeside],
    row: &Placed<'_>,
    _: Near<'_>,
) -> Option<(usize, ManualMatch)> {
    let row = row.record;
    let shown = |it: &PaidBeside| {
        it.inferred != 0
            && paid(row) == Some(it.amount)
            && (0..=LIST_DAYS).contains(&(it.booked_on - row.on).get_days())
    };
    let at = entries.iter().position(shown)?;
    Some((at, same(&entries[at])))
}

/// An entry of the same amount and about the same day that no row has met.
fn by_day(
    entries: &[PaidBeside],
    row: &Placed<'_>,
    near: Near<'_>,
) -> Option<(usize, ManualMatch)> {
    let row = row.record;
    let close = |it: &PaidBeside| {
        it.confirmed != 2
            && it.inferred == 0
            && paid(row) == Some(it.amount)
            && is_near(it, row.on, near)
    };
    let at = entries.iter().position(close)?;
    Some((at, ManualMatch::Doubtful(doubtful(entries[at].id, row.seq.is_some()))))
}

async fn by_hand(
    conn: &mut Conn,
    paid: &[Placed<'_>],
) -> Result<HashMap<CaseId, Vec<PaidBeside>>, StoreError> {
    let cases: BTreeSet<CaseId> = paid.iter().map(|it| it.case_id).collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let mut by_hand: HashMap<CaseId, Vec<PaidBeside>> = HashMap::default();
    for batch in cases.chunks(BATCH) {
        for entry in bank_rows::paid_beside(&mut *conn, batch).await? {
            by_hand.entry(entry.case_id).or_default().push(entry);
        }
    }
    Ok(by_hand)
}

/// The fault of a row that may be money entered by hand. What leads out of it depends
/// on whether the row has a number by which it is known again.
fn doubtful(entry: EntryId, numbered: bool) -> RowFault {
    let (zh, en) = if numbered {
        (
            format!(
                "是同一笔就请主管用 `qingshou pay --confirm {entry} --receipt 本行流水号` 确认,再导入本行;确为另一笔的用 `qingshou pay --receipt 本行流水号` 登记本行"
            ),
            format!(
                "if it is, let a supervisor confirm it with `qingshou pay --confirm {entry} --receipt NUMBER_OF_THIS_ROW` and import this row again; if this is another payment, enter it with `qingshou pay --receipt NUMBER_OF_THIS_ROW`"
            ),
        )
    } else {
        (
            format!(
                "是同一笔就请主管用 `qingshou pay --confirm {entry}` 确认,并删去本行;确为另一笔的用 `qingshou pay --receipt 凭证号` 登记本行"
            ),
            format!(
                "if it is, let a supervisor confirm it with `qingshou pay --confirm {entry}` and remove this row; if this is another payment, enter it with `qingshou pay --receipt NUMBER`"
            ),
        )
    };
    RowFault::new(
        "R075",
        Say::new(
            format!(
                "疑似重复:与手工登记的还款(账目 {entry})可能是同一笔,没有再入账;{zh};手工账记错的先用 `qingshou pay --reverse {entry}` 冲正,再导入本行"
            ),
            format!(
                "perhaps entered by hand already, as entry {entry}, and not booked again; {en}; if the entry is wrong, take it back with `qingshou pay --reverse {entry}` and import this row again"
            ),
        ),
    )
}

/// The fault of a row under the number of an entry by hand of another amount.
fn other_amount(entry: EntryId) -> RowFault {
    RowFault::new(
        "R075",
        Say::new(
            format!(
                "本行流水号就是手工登记的还款(账目 {entry})的凭证号,金额却不同,没有再入账;以银行流水为准的,用 `qingshou pay --reverse {entry}` 冲正手工账,再导入本行;手工账已含本行(本行只是其中的本金、利息等一部分)的,删去本行;确为另一笔的请核对流水号"
            ),
            format!(
                "the number is that of entry {entry}, which was entered by hand with another amount; this row was not booked; if the bank's file is right, take the entry back with `qingshou pay --reverse {entry}` and import this row again; if the entry holds this row as a part, remove the row; if it is another payment, check the number"
            ),
        ),
    )
}

/// The fault of a row under the number and of the amount of an entry by hand of another
/// day.
fn days_apart(entry: &PaidBeside) -> RowFault {
    let PaidBeside { id, booked_on, .. } = entry;
    RowFault::new(
        "R075",
        Say::new(
            format!(
                "流水号、金额与手工登记的还款(账目 {id},{booked_on})相同,日期却相差 {NEAR_DAYS} 天以上,没有再入账;是同一笔就请主管用 `qingshou pay --confirm {id}` 确认,并删去本行;确为另一笔的(流水号每天从头编),用 `qingshou pay --receipt 流水号-日期 --on 日期` 登记,并删去本行"
            ),
            format!(
                "number and amount are those of entry {id} by hand, of {booked_on}, which lies more than {NEAR_DAYS} days apart; it was not booked; if it is the same payment, let a supervisor confirm it with `qingshou pay --confirm {id}` and remove this row; if it is another (numbers that begin anew every day), enter it with `qingshou pay --receipt NUMBER-DAY --on DAY` and remove this row"
            ),
        ),
    )
}

/// The fault of a row that may be several entries by hand.
fn in_parts_by_hand(entries: &[EntryId]) -> RowFault {
    let named: Vec<String> = entries.iter().map(ToString::to_string).collect();
    let named = named.join("、");
    RowFault::new(
        "R075",
        Say::new(
            format!(
                "疑似重复:与手工登记的几笔还款(账目 {named})当日合计相同,可能是同一笔,没有再入账;是同一笔就用 `qingshou pay --reverse 账目` 逐笔冲正手工账,再导入本行,或请主管逐笔确认并删去本行;确为另一笔的用 `qingshou pay --receipt 本行流水号` 登记本行"
            ),
            format!(
                "perhaps the payments entered by hand on this day, which come to as much (entries {named}), and not booked again; if it is, take them back with `qingshou pay --reverse ENTRY` and import this row again, or let a supervisor confirm them and remove this row; if this is another payment, enter it with `qingshou pay --receipt NUMBER`"
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_near_by_the_span_that_holds_after_the_earlier_of_them() {
        // From the eve of a holiday the third workday comes eleven days later.
        let eve = date(2026, 9, 30);
        let near = |on: Date| if on == eve { 11 } else { NEAR_DAYS };
        let table = [
            (eve, date(2026, 10, 11), true),
            (date(2026, 10, 11), eve, true),
            (eve, date(2026, 10, 12), false),
            (date(2026, 11, 2), date(2026, 11, 5), true),
            (date(2026, 11, 2), date(2026, 11, 6), false),
        ];
        for (one, other, expected) in table {
            assert_eq!(are_near((one, other), &near), expected, "{one} and {other}");
        }
    }
}
