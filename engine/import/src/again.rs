//! The same row of the bank in another dress (同一流水): exported once more with the day
//! of booking, with its number as a spreadsheet has written it or without one, or as
//! the part of a payment that another list tells as a whole.
//!
//! Nobody here knows whether it is one payment or two, so a person is asked and
//! nothing is booked a second time.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::ids::{CaseId, EntryId};
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::say::Say;
use foldhash::HashMap;
use jiff::civil::Date;
use smol_str::SmolStr;
use store::ledger;
use store::{Conn, StoreError};

use super::events::What;
use super::fault::RowFault;
use super::keys;
use super::parts::{self, Piece, WHOLE};
use super::post::{Placed, SOURCE};
use super::taken_back::TakenBack;

/// What identifies a row whatever its dress: loan, bare number, kind.
type Identity<'r> = (CaseId, Cow<'r, str>, Cow<'r, str>);

/// A row that stands in the book, or above in the file.
#[derive(Clone)]
struct Earlier<'r> {
    entry: Option<EntryId>,
    line: u64,
    key: Cow<'r, str>,
    amount: Fen,
    on: Date,
}

/// What stands in the book of the loans of a file.
#[derive(Default)]
struct Book<'r> {
    /// By what identifies a row.
    by_identity: HashMap<Identity<'r>, Vec<Earlier<'r>>>,
    /// The payments of a loan: bare number if it has one, kind, the entry.
    payments: HashMap<CaseId, Vec<(Option<SmolStr>, SmolStr, Earlier<'r>)>>,
}

/// The rows that may be in the book already, each with its fault. Rows whose very
/// key is known are left to the ledger; what the file itself takes back is no money
/// that another row tells of.
pub(crate) async fn find(
    conn: &mut Conn,
    rows: &[Placed<'_>],
    taken: &TakenBack,
) -> Result<HashMap<u64, RowFault>, StoreError> {
    let mut book = booked(conn, rows, taken).await?;
    let left: Vec<Placed<'_>> =
        rows.iter().filter(|row| !taken.rows.contains(&row.line)).copied().collect();
    let mut found = parts::find(&pieces(&book, &left));
    for row in rows {
        if found.contains_key(&row.line) {
            continue;
        }
        if let Some(fault) = in_another_list(&mut book, row) {
            found.insert(row.line, fault);
            continue;
        }
        let Some((identity, amount)) = identity(row) else { continue };
        let earlier = book.by_identity.entry(identity).or_default();
        let same = |it: &&Earlier<'_>| it.key == row.key;
        if !earlier.iter().any(|it| same(&it)) {
            let matched = earlier.iter().find(|it| {
                // Numbers that begin anew every day give other amounts.
                it.amount == amount || it.on == row.record.on
            });
            if let Some(matched) = matched {
                found.insert(row.line, fault(matched));
                continue;
            }
        }
        if taken.rows.contains(&row.line) {
            continue;
        }
        earlier.push(Earlier {
            entry: None,
            line: row.line,
            key: Cow::Borrowed(row.key),
            amount,
            on: row.record.on,
        });
    }
    Ok(found)
}

/// The payments of every loan: those in the book, then the rows that are not.
fn pieces(book: &Book<'_>, rows: &[Placed<'_>]) -> HashMap<CaseId, Vec<Piece>> {
    let mut loans: HashMap<CaseId, Vec<Piece>> = HashMap::default();
    for (case, payments) in &book.payments {
        let booked = payments.iter().map(|(number, word, it)| Piece {
            entry: it.entry,
            line: 0,
            number: number.clone(),
            word: word.clone(),
            amount: it.amount,
            on: it.on,
        });
        loans.entry(*case).or_default().extend(booked);
    }
    let is_known = |row: &Placed<'_>| {
        let payments = book.payments.get(&row.case_id);
        payments.is_some_and(|payments| payments.iter().any(|it| it.2.key == row.key))
    };
    let mut rows: Vec<&Placed<'_>> = rows.iter().collect();
    rows.sort_by_key(|row| row.line);
    for row in rows {
        let What::Money(EntryKind::Payment, amount) = row.record.what else { continue };
        if is_known(row) {
            continue;
        }
        loans.entry(row.case_id).or_default().push(Piece {
            entry: None,
            line: row.line,
            number: row.record.seq.as_deref().map(|seq| keys::bare(seq).into()),
            word: row.record.word.clone(),
            amount,
            on: row.record.on,
        });
    }
    loans
}

/// A payment that another list has told of in its own way: with or without the
/// number, as a whole or as a part. Within one file two rows are two payments.
fn in_another_list(book: &mut Book<'_>, row: &Placed<'_>) -> Option<RowFault> {
    let What::Money(EntryKind::Payment, amount) = row.record.what else { return None };
    let (on, kind) = (row.record.on, row.record.word.as_str());
    let own = row.record.seq.as_deref().map(keys::bare);
    let payments = book.payments.get_mut(&row.case_id)?;
    if payments.iter().any(|payment| payment.2.key == row.key) {
        return None;
    }
    let of_both = |other: &str| kind == WHOLE || other == WHOLE;
    let at = payments.iter().position(|(number, other, entry)| {
        entry.amount == amount
            && match (own, number.as_deref()) {
                (Some(own), Some(number)) => {
                    own == number && kind != other && of_both(other)
                }
                // Of parts alone nobody knows what they are parts of.
                (None, None) => entry.on == on && kind != other && of_both(other),
                _ => entry.on == on && (kind == other || of_both(other)),
            }
    })?;
    // One entry is met by one row.
    let (number, _, entry) = payments.swap_remove(at);
    Some(match (own, number) {
        (Some(_), Some(_)) => fault(&entry),
        (None, None) => parts::fault(entry.entry, entry.line, entry.on),
        _ => unnumbered(&entry),
    })
}

fn identity<'r>(row: &Placed<'r>) -> Option<(Identity<'r>, Fen)> {
    let What::Money(_, amount) = row.record.what else { return None };
    let number = Cow::Borrowed(keys::bare(row.record.seq.as_ref()?));
    Some(((row.case_id, number, Cow::Borrowed(row.record.word.as_str())), amount))
}

/// What stands in the book of the loans that have anything.
async fn booked<'r>(
    conn: &mut Conn,
    rows: &[Placed<'r>],
    taken: &TakenBack,
) -> Result<Book<'r>, StoreError> {
    let is_payment =
        |it: &Placed<'_>| matches!(it.record.what, What::Money(EntryKind::Payment, _));
    let in_question = rows
        .iter()
        .filter(|row| row.has_entries && (identity(row).is_some() || is_payment(row)));
    let loans: HashMap<CaseId, &str> = in_question
        .map(|in_question| (in_question.case_id, in_question.record.case_no.as_str()))
        .collect();
    let cases: BTreeSet<CaseId> = loans.keys().copied().collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let mut book = Book::default();
    for line in ledger::standing(conn, &cases).await? {
        let is_of_a_file = line.source == SOURCE && line.kind != EntryKind::Reversal;
        if !is_of_a_file || taken.entries.contains(&line.id) {
            continue;
        }
        let loan = loans.get(&line.case_id).copied().unwrap_or_default();
        let numbered = keys::parts(&line.key, loan);
        let number = numbered.map(|it| SmolStr::from(keys::bare(it.0)));
        let word = numbered.map(|it| it.1).or_else(|| keys::kind(&line.key, loan));
        let Some(word) = word.map(SmolStr::from) else { continue };
        let earlier = Earlier {
            entry: Some(line.id),
            line: 0,
            key: Cow::Owned(ledger::own_key(&line.key).to_owned()),
            amount: line.amount,
            on: line.booked_on,
        };
        if line.kind == EntryKind::Payment {
            let payment = (number.clone(), word.clone(), earlier.clone());
            book.payments.entry(line.case_id).or_default().push(payment);
        }
        if let Some(number) = number {
            let identity =
                (line.case_id, Cow::Owned(number.into()), Cow::Owned(word.into()));
            book.by_identity.entry(identity).or_default().push(earlier);
        }
    }
    Ok(book)
}

/// The fault of a row that has a number where the book has none, or none where it
/// has one.
fn unnumbered(earlier: &Earlier<'_>) -> RowFault {
    let (on, entry) = (earlier.on, earlier.entry.unwrap_or(EntryId(0)));
    RowFault::new(
        "R076",
        Say::new(
            format!(
                "与已入账的账目 {entry}({on})同日同额,只是一个有流水号、一个没有,没有再入账;是同一笔就删去本行,确为另一笔的用 `qingshou pay --receipt 凭证号` 登记"
            ),
            format!(
                "day and amount are those of entry {entry} of {on}, which is booked, only one has a number and the other has none; it was not booked again; remove this row if it is the same, enter another payment with `qingshou pay --receipt NUMBER`"
            ),
        ),
    )
}

/// Where the money stands that a row may tell of again, Chinese and English.
pub(super) fn place(entry: Option<EntryId>, line: u64, on: Date) -> Say {
    match entry {
        Some(entry) => Say::new(
            format!("已入账的账目 {entry}({on})"),
            format!("entry {entry} of {on}, which is booked"),
        ),
        None => Say::new(
            format!("本文件第 {line} 行({on})"),
            format!("line {line} of this file, of {on}"),
        ),
    }
}

fn fault(earlier: &Earlier<'_>) -> RowFault {
    let Say { zh, en } = place(earlier.entry, earlier.line, earlier.on);
    RowFault::new(
        "R076",
        Say::new(
            format!(
                "流水号与{zh}相同,只是日期、写法或金额不同,没有再入账;是同一笔就删去本行,账目记错的先用 `qingshou pay --reverse 账目` 冲正再导入,确为另一笔的请换一个流水号"
            ),
            format!(
                "the number is that of {en}, only day, writing or amount differ, and it was not booked again; remove this row if it is the same, take a wrong entry back with `qingshou pay --reverse ENTRY` first, or give another event a number of its own"
            ),
        ),
    )
}
