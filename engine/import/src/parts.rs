//! One payment told as a whole and in its parts (整笔与各部分): 还款 1000 in one list,
//! 归还本金 800 and 还息 200 in another, or in the same.
//!
//! Both cannot count. Whoever holds the receipt knows which; a program does not, so
//! what comes second is a question and is not booked.

use std::collections::BTreeMap;

use domain::ids::{CaseId, EntryId};
use domain::money::Fen;
use domain::say::Say;
use foldhash::{HashMap, HashSet};
use jiff::civil::Date;
use smol_str::SmolStr;

use super::again;
use super::fault::RowFault;

/// The kind of a payment that is told as a whole.
pub const WHOLE: &str = "payment";

/// Of so many parts every choice is tried; of more only all of them.
const MOST_PARTS: usize = 12;

/// Two parts or more that come to a sum, by their names.
pub fn adding_up<T: Copy>(parts: &[(T, Fen)], sum: Fen) -> Option<Vec<T>> {
    let all: Fen = parts.iter().map(|part| part.1).sum();
    if 1 < parts.len() && all == sum {
        return Some(parts.iter().map(|part| part.0).collect());
    }
    if parts.len() < 2 || MOST_PARTS < parts.len() || all < sum {
        return None;
    }
    (1_u32..1 << parts.len()).find_map(|choice| {
        let chosen = || (0..).zip(parts).filter(|it| choice & (1 << it.0) != 0);
        let enough = 1 < choice.count_ones();
        let comes_to = || chosen().map(|chosen| chosen.1.1).sum::<Fen>();
        (enough && comes_to() == sum).then(|| chosen().map(|chosen| chosen.1.0).collect())
    })
}

/// A payment of a loan: in the book, or a row of the file that is to be booked.
#[derive(Clone)]
pub(crate) struct Piece {
    pub entry: Option<EntryId>,
    /// Of a row.
    pub line: u64,
    /// The bare number, if it has one.
    pub number: Option<SmolStr>,
    pub word: SmolStr,
    pub amount: Fen,
    pub on: Date,
}

impl Piece {
    fn is_whole(&self) -> bool {
        self.word == WHOLE
    }
}

/// The rows that tell of money which another row or entry tells of as a whole or in
/// its parts, each with its fault. The pieces of a loan stand in their order: what
/// is booked, then the rows by their lines.
pub(crate) fn find(loans: &HashMap<CaseId, Vec<Piece>>) -> HashMap<u64, RowFault> {
    let mut found = HashMap::default();
    for pieces in loans.values().filter(|it| 1 < it.len()) {
        // Nearly every loan is told of in one way alone.
        if pieces.iter().all(Piece::is_whole) || !pieces.iter().any(Piece::is_whole) {
            continue;
        }
        let mut met = HashSet::default();
        let wholes = pieces.iter().enumerate().filter(|it| it.1.is_whole());
        for (at, whole) in wholes {
            let Some(parts) = parts_of(pieces, whole, &met) else { continue };
            met.extend(parts.iter().copied());
            let (first, asked) = match parts.iter().min() {
                Some(first) if *first < at => (*first, vec![at]),
                _ => (at, parts),
            };
            for it in asked {
                let piece = &pieces[it];
                if piece.entry.is_none() {
                    let first = &pieces[first];
                    found.insert(piece.line, fault(first.entry, first.line, first.on));
                }
            }
        }
    }
    found
}

/// The places of the parts of a whole.
fn parts_of(pieces: &[Piece], whole: &Piece, met: &HashSet<usize>) -> Option<Vec<usize>> {
    let parts = || {
        let pieces = pieces.iter().enumerate();
        pieces.filter(|piece| !piece.1.is_whole() && !met.contains(&piece.0))
    };
    let named =
        |it: &&(usize, &Piece)| whole.number.is_some() && it.1.number == whole.number;
    let sums = |it: (usize, &Piece)| (it.0, it.1.amount);
    let of_day = |it: &(usize, &Piece)| it.1.on == whole.on;
    let numbered: Vec<(usize, Fen)> =
        parts().filter(|part| named(&part)).filter(of_day).map(sums).collect();
    let all: Fen = numbered.iter().map(|it| it.1).sum();
    // A file that tells of a whole and of parts has them all; of those that another
    // list has told of, some may be missing.
    let is_of_another_list =
        |it: &(usize, Fen)| pieces[it.0].entry.is_some() != whole.entry.is_some();
    let may_miss_some = all < whole.amount && numbered.iter().any(is_of_another_list);
    if !numbered.is_empty() && (all == whole.amount || may_miss_some) {
        return Some(numbered.iter().map(|it| it.0).collect());
    }
    if let Some(same) = numbered.iter().find(|it| it.1 == whole.amount) {
        return Some(vec![same.0]);
    }
    let on_the_day: Vec<(usize, Fen)> = parts().filter(of_day).map(sums).collect();
    adding_up(&numbered, whole.amount)
        .or_else(|| adding_up(&on_the_day, whole.amount))
        .or_else(|| {
            // The same payment with its day of booking. Numbers that begin anew
            // every day seldom come to the same sum.
            let mut days: BTreeMap<Date, Vec<(usize, Fen)>> = BTreeMap::new();
            for it in parts().filter(|part| named(&part)) {
                days.entry(it.1.on).or_default().push(sums(it));
            }
            days.values().find_map(|it| adding_up(it, whole.amount))
        })
}

/// The fault of a row that tells of money which stands as a whole or in its parts.
pub(super) fn fault(entry: Option<EntryId>, line: u64, on: Date) -> RowFault {
    let Say { zh, en } = again::place(entry, line, on);
    RowFault::new(
        "R076",
        Say::new(
            format!(
                "疑似重复:与{zh}可能是同一笔还款,一处是整笔,一处是本金、利息等各部分,没有再入账;是同一笔就删去本行,要改按各部分(或整笔)入账的先用 `qingshou pay --reverse 账目` 冲正再导入,确为另一笔的用 `qingshou pay --receipt 凭证号` 登记"
            ),
            format!(
                "perhaps the same payment as {en}, once told as a whole and once in its parts; it was not booked again; remove this row if it is the same, take the entry back with `qingshou pay --reverse ENTRY` first to have it the other way, or enter another payment with `qingshou pay --receipt NUMBER`"
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amounts, a sum, the places that come to it.
    type Line = (&'static [i64], i64, Option<Vec<usize>>);

    #[test]
    fn parts_add_up_by_twos_and_more() {
        let parts = |amounts: &[i64]| {
            amounts.iter().enumerate().map(|it| (it.0, Fen(*it.1))).collect::<Vec<_>>()
        };
        let table: [Line; 7] = [
            (&[800, 200], 1000, Some(vec![0, 1])),
            (&[800, 150, 50], 1000, Some(vec![0, 1, 2])),
            (&[300, 800, 200], 1000, Some(vec![1, 2])),
            (&[1000], 1000, None),
            (&[1000, 50], 1000, None),
            (&[800, 100], 1000, None),
            (&[], 0, None),
        ];
        for (amounts, sum, expected) in table {
            assert_eq!(adding_up(&parts(amounts), Fen(sum)), expected, "{amounts:?}");
        }
        let many = parts(&[1; 40]);
        assert_eq!(adding_up(&many, Fen(40)).map(|adding_up| adding_up.len()), Some(40));
        assert_eq!(adding_up(&many, Fen(39)), None, "too many to try");
    }
}
