//! The same row of the bank in another dress (同一流水): exported once more with the day
//! of booking, or with its number as a spreadsheet has written it.
//!
//! Nobody here knows whether it is one payment or two, so a person is asked and
//! nothing is booked a second time.

use std::collections::{BTreeSet, HashMap};

use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::civil::Date;
use store::ledger;
use store::{Conn, StoreError};

use super::events::What;
use super::fault::{Message, RowFault};
use super::keys;
use super::post::{Placed, SOURCE};

/// What identifies a row whatever its dress: loan, bare number, kind.
type Identity = (CaseId, String, String);

/// A row that stands in the book, or above in the file.
#[derive(Clone)]
struct Earlier {
    entry: Option<EntryId>,
    line: u64,
    key: String,
    amount: Fen,
    on: Date,
}

/// The rows that may be in the book already, each with its fault. Rows whose very
/// key is known are left to the ledger.
pub(crate) async fn find(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<HashMap<u64, RowFault>, StoreError> {
    let mut known = booked(conn, rows).await?;
    let mut found = HashMap::new();
    for row in rows {
        let Some((identity, amount)) = identity(row) else { continue };
        let earlier = known.entry(identity).or_default();
        let same = |it: &&Earlier| it.key == row.key;
        if !earlier.iter().any(|it| same(&it)) {
            let twin = earlier.iter().find(|it| {
                // Numbers that begin anew every day give other amounts.
                it.amount == amount || it.on == row.record.on
            });
            if let Some(twin) = twin {
                found.insert(row.line, fault(twin));
                continue;
            }
        }
        earlier.push(Earlier {
            entry: None,
            line: row.line,
            key: row.key.to_owned(),
            amount,
            on: row.record.on,
        });
    }
    Ok(found)
}

fn identity(row: &Placed<'_>) -> Option<(Identity, Fen)> {
    let What::Money(_, amount) = row.record.what else { return None };
    let number = keys::bare(row.record.seq.as_ref()?).to_owned();
    Some(((row.case_id, number, row.record.word.clone()), amount))
}

/// What stands in the book of the loans that have anything, by identity.
async fn booked(
    conn: &mut Conn,
    rows: &[Placed<'_>],
) -> Result<HashMap<Identity, Vec<Earlier>>, StoreError> {
    let numbered = rows.iter().filter(|it| it.has_entries && identity(it).is_some());
    let loans: HashMap<CaseId, &str> =
        numbered.map(|it| (it.case_id, it.record.case_no.as_str())).collect();
    let cases: BTreeSet<CaseId> = loans.keys().copied().collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let mut known: HashMap<Identity, Vec<Earlier>> = HashMap::new();
    for line in ledger::standing(conn, &cases).await? {
        if line.source != SOURCE || line.kind == EntryKind::Reversal {
            continue;
        }
        let loan = loans.get(&line.case_id).copied().unwrap_or_default();
        let Some((number, word)) = keys::parts(&line.key, loan) else { continue };
        let identity = (line.case_id, keys::bare(number).to_owned(), word.to_owned());
        let earlier = Earlier {
            entry: Some(line.id),
            line: 0,
            key: line.key.clone(),
            amount: line.amount,
            on: line.booked_on,
        };
        known.entry(identity).or_default().push(earlier);
    }
    Ok(known)
}

fn fault(earlier: &Earlier) -> RowFault {
    let on = earlier.on;
    let (zh, en) = match earlier.entry {
        Some(entry) => (
            format!("已入账的账目 {entry}({on})"),
            format!("entry {entry} of {on}, which is booked"),
        ),
        None => (
            format!("本文件第 {} 行({on})", earlier.line),
            format!("line {} of this file, of {on}", earlier.line),
        ),
    };
    RowFault::new(
        "R076",
        Message::new(
            format!(
                "流水号与{zh}相同,只是日期、写法或金额不同,没有再入账;是同一笔就删去本行,账目记错的先用 `qingshou pay --reverse 账目` 冲正再导入,确为另一笔的请换一个流水号"
            ),
            format!(
                "the number is that of {en}, only day, writing or amount differ, and it was not booked again; remove this row if it is the same, take a wrong entry back with `qingshou pay --reverse ENTRY` first, or give another event a number of its own"
            ),
        ),
    )
}
