//! A later list whose amounts are a hundredth or a ten-thousandth of the book's, or as
//! many times as large (单位有误): it was made in another unit and does not say so.

use domain::say::Say;
use store::{Conn, StoreError, case_book};

use super::cases::CaseRecord;
use super::fault::FileFault;
use super::units::Unit;

/// Holds the first known loans of a list against the book.
#[derive(Default)]
pub(crate) struct Shrunk {
    pairs: Vec<Pair>,
}

/// So many say enough.
const ENOUGH: usize = 50;

/// So many loans do not change by the same power of ten on one day by chance, where
/// they are most of those that were compared.
const SEVERAL: usize = 3;

/// What an amount can be too small or too large by.
const FACTORS: [i64; 6] = [100, 1_000, 10_000, 100_000, 1_000_000, 100_000_000];

impl Shrunk {
    /// Holds loans against the book; a fault where their amounts are in another unit.
    pub(crate) async fn look<'r>(
        &mut self,
        conn: &mut Conn,
        records: impl Iterator<Item = &'r CaseRecord>,
    ) -> Result<Option<FileFault>, StoreError> {
        if self.has_enough() {
            return Ok(None);
        }
        let records: Vec<&CaseRecord> = records.collect();
        let numbers: Vec<&str> =
            records.iter().map(|record| record.case_no.as_str()).collect();
        let known = case_book::amounts(conn, &numbers).await?;
        let pairs = records.iter().filter_map(|record| {
            let amounts = known.get(record.case_no.as_str())?;
            Pair::of(record, *amounts)
        });
        self.pairs.extend(pairs);
        Ok(change(&self.pairs).map(Change::fault))
    }

    /// Whether more loans would say no more.
    pub(crate) fn has_enough(&self) -> bool {
        ENOUGH <= self.pairs.len()
    }
}

/// An amount in the book and in the list, in fen.
type Both = (i64, i64);

/// Amounts of a loan in the book and in the list.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    lent: Option<Both>,
    owed: Option<Both>,
    overdue: Option<Both>,
}

impl Pair {
    fn of(record: &CaseRecord, (lent, owed, overdue): (i64, i64, i64)) -> Option<Self> {
        let both =
            |known: i64, told: i64| (0 < known && 0 < told).then_some((known, told));
        let told = &record.balances;
        let lent = record.principal.and_then(|principal| both(lent, principal.0));
        let owed = told.balance.or(told.owed).and_then(|it| both(owed, it.0));
        let overdue = told
            .overdue_in_all()
            .and_then(|overdue_in_all| both(overdue, overdue_in_all.0));
        let any = lent.or(owed).or(overdue);
        any.map(|_| Self { lent, owed, overdue })
    }

    /// Whether the list has this part of what the book has, of every amount.
    fn shrank_by(&self, factor: i64) -> bool {
        let shrank =
            |it: Option<Both>, most: i64| it.is_none_or(|it| is_part(it, factor, most));
        shrank(self.lent, MOVES_OF_LENT)
            && match self.lent {
                Some(_) => shrank(self.owed, 2),
                None => shrank(self.owed, MOVES) && self.owed.is_some(),
            }
    }
}

/// A principal does not change, but a list in 万元 rounds it: by a tenth.
const MOVES_OF_LENT: i64 = 10;
/// A balance moves between two lists: by a quarter.
const MOVES: i64 = 4;

/// Whether `told` times `factor` is what is known, but for a part of it and for what
/// was rounded off.
fn is_part((known, told): Both, factor: i64, most: i64) -> bool {
    let whole = told.saturating_mul(factor);
    (known - whole).abs() <= known / most + factor / 2
}

/// How the amounts of a list stand to those of the book.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Change {
    factor: i64,
    /// The list has less; otherwise more.
    is_less: bool,
    /// What they are called in Chinese and English.
    of: (&'static str, &'static str),
}

/// The power of ten by which most of these changed, by one of their amounts.
fn change(pairs: &[Pair]) -> Option<Change> {
    type Amount = fn(&Pair) -> Option<Both>;
    let amounts: [((&'static str, &'static str), i64, Amount); 3] = [
        (("借款本金", "amounts lent"), MOVES_OF_LENT, |it| it.lent),
        (("余额", "balances"), MOVES, |it| it.owed),
        (("逾期金额", "overdue amounts"), MOVES, |it| it.overdue),
    ];
    for (of, most, amount) in amounts {
        let found: Vec<Both> = pairs.iter().filter_map(amount).collect();
        for factor in FACTORS {
            let less = found.iter().filter(|it| is_part(**it, factor, most)).count();
            let turned = |it: &&Both| is_part((it.1, it.0), factor, most);
            let more = found.iter().filter(turned).count();
            for (count, is_less) in [(less, true), (more, false)] {
                if SEVERAL <= count && found.len() < 2 * count {
                    return Some(Change { factor, is_less, of });
                }
            }
        }
    }
    // Of a short list one principal is enough to ask; a balance alone may have been
    // paid off but for a rest, and what grew may be a slip that was corrected.
    let is_certain = pairs.iter().any(|pair| pair.lent.is_some());
    let all = |factor: &i64| pairs.iter().all(|pair| pair.shrank_by(*factor));
    let factor = FACTORS.into_iter().find(all).filter(|_| is_certain)?;
    Some(Change { factor, is_less: true, of: amounts[0].0 })
}

impl Change {
    fn fault(self) -> FileFault {
        let Self { factor, is_less, of: (zh, en) } = self;
        if is_less {
            return too_small(factor, zh, en);
        }
        FileFault::new(
            "I033",
            Say::new(
                format!(
                    "清单中多数贷款的{zh}是库中的 {factor} 倍,像是换了单位(例如以分计),或上一份清单少了几位,未导入任何内容;请核对,换算成元后再导入,确以元计的加 `--unit 元`"
                ),
                format!(
                    "most {en} of the list are {factor} times those in the book, as if its unit had changed (to fen, say) or the list before had lost digits, nothing was imported; check it and convert it to yuan, or say `--unit yuan` if it is in yuan"
                ),
            ),
        )
    }
}

fn too_small(factor: i64, named_zh: &str, named_en: &str) -> FileFault {
    let unit = [Unit::Thousand, Unit::TenThousand, Unit::Million, Unit::HundredMillion]
        .into_iter()
        .find(|it| u32::try_from(it.zeros()).is_ok_and(|it| 10_i64.pow(it) == factor));
    let (zh, en) = match (unit, unit.and_then(Unit::word)) {
        (Some(unit), Some(word)) => (
            format!("以{}计的加 `--unit {}`", unit.name(), unit.name()),
            format!("say `--unit {word}` if that is its unit"),
        ),
        _ => ("请换算成元".to_owned(), "convert it to yuan".to_owned()),
    };
    FileFault::new(
        "I033",
        Say::new(
            format!(
                "清单中多数贷款的{named_zh}只有库中的 1/{factor},像是换了单位,未导入任何内容;请核对:{zh},确以元计的加 `--unit 元`"
            ),
            format!(
                "most {named_en} of the list are 1/{factor} of those in the book, as if its unit had changed, nothing was imported; check it: {en}, or `--unit yuan` if it is in yuan"
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lent(known: i64, told: i64) -> Pair {
        Pair { lent: Some((known, told)), ..Pair::default() }
    }

    fn owed(known: i64, told: i64) -> Pair {
        Pair { owed: Some((known, told)), ..Pair::default() }
    }

    fn overdue(known: i64, told: i64) -> Pair {
        Pair { overdue: Some((known, told)), ..Pair::default() }
    }

    fn both(lent: Both, owed: Both) -> Pair {
        Pair { lent: Some(lent), owed: Some(owed), overdue: None }
    }

    #[test]
    fn amounts_that_all_shrank_by_digits_are_in_another_unit() {
        let lists: [(&[Pair], Option<i64>); 14] = [
            (&[lent(5_000_000, 500)], Some(10_000)),
            (&[lent(5_000_000, 5_000)], Some(1_000)),
            (&[lent(5_000_000, 50_000)], Some(100)),
            (&[both((5_000_000, 500), (3_950_000, 400))], Some(10_000)),
            (&[lent(5_000_000, 500), lent(1_234_500, 123)], Some(10_000)),
            (&[owed(3_950_000, 395), owed(20_000, 2), owed(1_000_000, 90)], Some(10_000)),
            // Paid off but for a rest, and a slip that was corrected.
            (&[owed(3_950_000, 395)], None),
            (&[both((5_000_000, 5_000_000), (4_000_000, 400))], None),
            (&[lent(5_000_000, 500), lent(5_000_000, 5_000_000)], None),
            (&[lent(5_000_000, 5_000_000)], None),
            (&[lent(5_000_000, 500_000)], None),
            (&[lent(500, 5_000_000)], None),
            (&[owed(3_950_000, 3_900_000), owed(20_000, 2), owed(9_000, 9_000)], None),
            (&[], None),
        ];
        for (pairs, factor) in lists {
            let found = change(pairs);
            assert!(found.is_none_or(|it| it.is_less), "{pairs:?}");
            assert_eq!(found.map(|it| it.factor), factor, "{pairs:?}");
        }
    }

    #[test]
    fn most_loans_say_that_the_unit_changed_whatever_became_of_the_others() {
        type Changed = Option<(i64, bool)>;
        let paid = both((5_000_000, 500), (4_000_000, 90));
        let whole = both((5_000_000, 500), (4_000_000, 400));
        let less = |factor| Some((factor, true));
        let more = |factor| Some((factor, false));
        let lists: [(&[Pair], Changed); 8] = [
            (&[whole, whole, whole, paid], less(10_000)),
            (
                &[owed(900_000, 90), owed(800_000, 81), owed(700_000, 69), owed(9, 9)],
                less(10_000),
            ),
            (&[overdue(10_000, 1), overdue(20_000, 2), overdue(50_000, 5)], less(10_000)),
            // In fen, and back from a list that had lost its digits.
            (
                &[owed(90_000, 9_000_000), owed(80_000, 7_900_000), owed(10, 1_000)],
                more(100),
            ),
            (
                &[lent(500, 5_000_000), lent(300, 3_000_000), lent(8, 80_000)],
                more(10_000),
            ),
            // Half of them, two of them, another power of ten each, and a tenth.
            (
                &[
                    owed(900_000, 9_000),
                    owed(800_000, 8_000),
                    owed(700_000, 7_000),
                    owed(1, 1),
                    owed(2, 2),
                    owed(3, 3),
                ],
                None,
            ),
            (&[owed(900_000, 9_000), owed(800_000, 8), owed(700_000, 700_000)], None),
            (&[owed(900_000, 90_000), owed(800_000, 80_000), owed(70, 7)], None),
        ];
        for (pairs, expected) in lists {
            let found = change(pairs).map(|change| (change.factor, change.is_less));
            assert_eq!(found, expected, "{pairs:?}");
        }
    }
}
