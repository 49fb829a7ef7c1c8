//! Numbers of receipts (凭证号): one stands for one entry by hand, and is free again
//! once that was taken back.

use domain::ids::EntryId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::StoreError;
use crate::{Conn, rows};

/// What a number is good for.
#[derive(Clone, Debug, PartialEq)]
pub enum Receipt {
    /// No entry stands under it: the key for one that is to.
    Free(String),
    /// This entry stands under it.
    Taken(Owner),
}

/// The entry that stands under a number.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Owner {
    /// Its number in the ledger.
    pub entry: EntryId,
    /// The number of its loan.
    pub case_no: String,
    /// What it books.
    pub kind: EntryKind,
    /// How much.
    pub amount: Fen,
    /// The booking date.
    pub booked_on: Date,
}

/// Looks a number up among the entries by hand.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find(conn: &mut Conn, number: &str) -> Result<Receipt, StoreError> {
    let mut nth = 1;
    loop {
        let key = key(number, nth);
        let met: Vec<(i64, Owner)> = rows::ask(conn, UNDER, &[&key]).await?;
        match met.into_iter().next() {
            None => return Ok(Receipt::Free(key)),
            Some((0, owner)) => return Ok(Receipt::Taken(owner)),
            // Taken back: its key stays, for a ledger forgets nothing.
            Some(_) => nth += 1,
        }
    }
}

/// Gives an entry by hand the number that its receipt, or the bank's row, has.
/// The owner when another entry stands under it; otherwise how many were changed.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be written.
pub async fn set(
    conn: &mut Conn,
    entry: EntryId,
    number: &str,
) -> Result<Result<u64, Owner>, StoreError> {
    match find(conn, number).await? {
        Receipt::Taken(owner) if owner.entry == entry => Ok(Ok(0)),
        Receipt::Taken(owner) => Ok(Err(owner)),
        Receipt::Free(key) => {
            let set = sqlx::query(SET).bind(entry.0).bind(key).execute(conn).await?;
            Ok(Ok(set.rows_affected()))
        }
    }
}

/// The number in the key of an entry by hand, if it has one.
pub fn number_in(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("receipt")?;
    let (nth, number) = rest.split_once(':')?;
    nth.bytes().all(|it| it.is_ascii_digit()).then_some(number)
}

/// The key of the nth entry under a number; all before it were taken back.
fn key(number: &str, nth: u32) -> String {
    match nth {
        1 => format!("receipt:{number}"),
        _ => format!("receipt{nth}:{number}"),
    }
}

const UNDER: &str = "
    select json_group_array(json_array(
      exists (select 1 from ledger r where r.reverses = l.id),
      json_array(l.id, c.case_no, l.kind, l.amount_fen, l.booked_on)))
    from ledger l
    join cases c on c.id = l.case_id
    where l.source = 'hand' and l.dedupe_key in (select value from json_each($1))";

const SET: &str = "
    update ledger
    set dedupe_key = $2
    where id = $1 and source = 'hand' and kind = 'payment'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_read_from_whatever_key_it_has() {
        for (number, nth) in [("88001", 1), ("88001", 2), ("a:b", 1), ("2:7", 12)] {
            assert_eq!(number_in(&key(number, nth)), Some(number), "{number} {nth}");
        }
        for other in ["reverse:7", "甲:17:500", "receipts:7", "receipt"] {
            assert_eq!(number_in(other), None, "{other}");
        }
    }
}
