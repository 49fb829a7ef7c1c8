//! Numbers of receipts (凭证号): one stands for one entry by hand, and is free again
//! once that was taken back.
//!
//! They are kept as they were typed and compared as [`plain`] has them: the same
//! receipt is `07001` to one clerk and `７００１` to another.

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

/// Looks a number up among the entries by hand, however it is written.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn find(conn: &mut Conn, number: &str) -> Result<Receipt, StoreError> {
    let wanted = plain(number);
    let keys: String = sqlx::query_scalar(NUMBERED).fetch_one(&mut *conn).await?;
    let keys: Vec<String> = serde_json::from_str(&keys)?;
    let is_wanted = |key: &&String| number_in(key).map(plain).as_ref() == Some(&wanted);
    let alike: Vec<&String> = keys.iter().filter(is_wanted).collect();
    let entries: Vec<(i64, String, Owner)> = rows::ask(conn, UNDER, &alike).await?;
    // What was taken back keeps its key, for a ledger forgets nothing.
    let mut standing: Vec<_> = entries.into_iter().filter(|entry| entry.0 == 0).collect();
    // An older store may hold the number in two spellings: the one typed comes first.
    standing.sort_by_key(|entry| number_in(&entry.1) != Some(number));
    if let Some((_, _, owner)) = standing.into_iter().next() {
        return Ok(Receipt::Taken(owner));
    }
    let mut nth = 1;
    loop {
        let key = key(number, nth);
        if !alike.contains(&&key) {
            return Ok(Receipt::Free(key));
        }
        nth += 1;
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

/// A number as it is compared: in narrow letters, capital and small ones alike, without
/// blanks, zeros in front and `.0` behind.
///
/// ```
/// use store::receipts::plain;
/// assert_eq!(plain("Ｒ ２"), plain("r2"));
/// assert_ne!(plain("7001.5"), plain("7001"));
/// ```
pub fn plain(number: &str) -> String {
    let narrow = number.chars().map(half_width).filter(|letter| !letter.is_whitespace());
    bare(&narrow.collect::<String>()).to_lowercase()
}

fn half_width(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter)
        }
        other => other,
    }
}

/// A number as a spreadsheet may have dressed it: `0088001`, `88001.0`.
pub fn bare(number: &str) -> &str {
    let whole = match number.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|byte| byte == b'0') => whole,
        _ => number,
    };
    let bare = whole.trim_start_matches(['\'', '=', '"']).trim_end_matches('"');
    let digits = bare.trim_start_matches('0');
    // Of zeros alone one is left.
    if digits.is_empty() { &bare[bare.len().saturating_sub(1)..] } else { digits }
}

/// The number in the key of an entry by hand, if it has one.
pub fn number_in(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("receipt")?;
    let (nth, number) = rest.split_once(':')?;
    nth.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)
}

/// The key of the nth entry under a number; all before it were taken back.
fn key(number: &str, nth: u32) -> String {
    match nth {
        1 => format!("receipt:{number}"),
        _ => format!("receipt{nth}:{number}"),
    }
}

// The keys of entries with a number lie between these two: a prefix that its index reads.
const NUMBERED: &str = "
    select json_group_array(dedupe_key)
    from ledger
    where source = 'hand'
      and 'receipt' <= dedupe_key and dedupe_key < 'receipu'";

const UNDER: &str = "
    select json_group_array(json_array(
      cast(exists (select 1 from ledger r where r.reverses = l.id) as integer),
      l.dedupe_key,
      json_array(l.id, c.case_no, l.kind, l.amount_fen, l.booked_on)) order by l.id)
    from ledger l
    join cases c on c.id = l.case_id
    where l.source = 'hand' and l.dedupe_key in (select key from list($1) as k (key text))";

const SET: &str = "
    update ledger
    set dedupe_key = $2
    where id = $1 and source = 'hand' and kind = 'payment'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        let table = [
            ("7001", &["07001", "７００１", "7001.0", " 7001 ", "'7001", "7 001"][..]),
            ("R2", &["r2", "Ｒ2", "ｒ２", "R2.00"]),
            ("0", &["00", "０"]),
        ];
        for (number, spellings) in table {
            for spelling in spellings {
                assert_eq!(plain(spelling), plain(number), "{spelling}");
            }
        }
        for other in ["7001.5", "70010", "R7001", "No.7001"] {
            assert_ne!(plain(other), plain("7001"), "{other}");
        }
    }

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
