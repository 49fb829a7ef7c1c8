//! What makes a row of an events file that row and no other (流水的身份).
//!
//! With a number of its own an event is (loan, number, kind, day). Without one it
//! is its content and how often that stood in the file before, so that two equal
//! payments of a day are two, and a file that is read again adds none.

use foldhash::HashMap;
use sha2::{Digest, Sha256};
use smol_str::ToSmolStr;
pub(crate) use store::receipts::bare;

use super::events::{EventRecord, What};

/// The keys of rows, in their order. All rows of a loan and day are among them.
pub(crate) fn of(rows: &[(u64, EventRecord)]) -> Vec<String> {
    let mut occurrences: HashMap<String, u32> = HashMap::default();
    rows.iter().map(|(_, it)| key(it, &mut occurrences)).collect()
}

fn key(row: &EventRecord, occurrences: &mut HashMap<String, u32>) -> String {
    let (case_no, word, on) = (&row.case_no, &row.word, row.on);
    if let Some(seq) = &row.seq {
        // A key for every row of millions: the pieces alone, without their formatting.
        let mut key = String::with_capacity(case_no.len() + seq.len() + word.len() + 13);
        for piece in [case_no.as_str(), "|", seq, "|", word, "|"] {
            key.push_str(piece);
        }
        key.push_str(&on.to_smolstr());
        return key;
    }
    let content = match &row.what {
        What::Money(_, amount) | What::Reversal { amount, .. } => amount.0.to_string(),
        What::Promise { amount, due_on } => format!("{}>{due_on}", amount.0),
        What::Event { outcome, .. } => {
            digest(outcome.as_deref().unwrap_or(""), &row.note)
        }
        What::Other { amount, .. } => digest(&amount.0.to_string(), &row.note),
    };
    let key = format!("{case_no}||{word}|{on}|{content}");
    let nth = occurrences.entry(key.clone()).or_default();
    *nth += 1;
    format!("{key}|{nth}")
}

fn digest(outcome: &str, note: &str) -> String {
    let digest = Sha256::digest(format!("{outcome}\n{note}"));
    store::journal::hex(&digest[..8])
}

/// The number and the kind in the key of an entry that came from a file with
/// numbers; `case_no` is the loan's.
pub fn parts<'k>(key: &'k str, case_no: &str) -> Option<(&'k str, &'k str)> {
    let rest = key.strip_prefix(case_no)?.strip_prefix('|')?;
    if rest.starts_with('|') {
        return None;
    }
    let (rest, _day) = rest.rsplit_once('|')?;
    rest.rsplit_once('|')
}

/// The kind in the key of an entry that came from a file without numbers.
pub fn kind<'k>(key: &'k str, case_no: &str) -> Option<&'k str> {
    let rest = key.strip_prefix(case_no)?.strip_prefix("||")?;
    rest.split_once('|').map(|it| it.0)
}

/// A loan's number without what spreadsheets and typists do to it: zeros in front,
/// `.0` behind, blanks, capital and small letters.
pub(crate) fn undamaged(case_no: &str) -> String {
    let plain: String = case_no.chars().filter(|c| !c.is_whitespace()).collect();
    bare(&plain).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_in_every_dress() {
        for dress in ["88001", "0088001", "88001.0", "88001.00", "'88001", "=\"88001\""] {
            assert_eq!(bare(dress), "88001", "{dress}");
        }
        for other in ["88001.5", "T88001", "880010"] {
            assert_ne!(bare(other), "88001", "{other}");
        }
    }

    #[test]
    fn number_and_kind_are_read_from_a_key() {
        let keys = [
            ("A|7|payment|2026-01-01", Some(("7", "payment"))),
            ("A|7|payment.interest|2026-01-01", Some(("7", "payment.interest"))),
            ("A|T|7|payment|2026-01-01", Some(("T|7", "payment"))),
            ("A||payment|2026-01-01|500|1", None),
            ("B|7|payment|2026-01-01", None),
        ];
        for (key, expected) in keys {
            assert_eq!(parts(key, "A"), expected, "{key}");
        }
        assert_eq!(
            kind("A||payment.interest|2026-01-01|500|1", "A"),
            Some("payment.interest")
        );
        assert_eq!(kind("A|7|payment|2026-01-01", "A"), None);
    }
}
