//! A later list whose amounts are all a hundredth or a ten-thousandth of the book's
//! (单位有误): it was made in another unit and does not say so.

use store::{Conn, StoreError, case_book};

use super::cases::CaseRecord;
use super::fault::{FileFault, Message};
use super::merge::Loan;
use super::units::Unit;

/// Looks through the first known loans of a list, before anything of them is booked.
#[derive(Default)]
pub(crate) struct Shrunk {
    /// So many were held against the book.
    compared: usize,
}

/// So many say enough.
const ENOUGH: usize = 20;

/// What an amount can be too small by.
const FACTORS: [i64; 5] = [100, 1_000, 10_000, 1_000_000, 100_000_000];

impl Shrunk {
    /// Holds loans against the book; gives by what all of them are too small.
    pub(crate) async fn look(
        &mut self,
        conn: &mut Conn,
        loans: &[Loan],
    ) -> Result<Option<FileFault>, StoreError> {
        if ENOUGH <= self.compared {
            return Ok(None);
        }
        let numbers: Vec<&str> =
            loans.iter().map(|it| it.record.case_no.as_str()).collect();
        let known = case_book::amounts(conn, &numbers).await?;
        let pairs: Vec<Pair> = loans
            .iter()
            .filter_map(|it| Pair::of(&it.record, *known.get(&it.record.case_no)?))
            .collect();
        self.compared += pairs.len();
        Ok(too_small_by(&pairs).map(in_another_unit))
    }
}

/// Amounts of a loan in the book and in the list, in fen.
#[derive(Clone, Copy, Debug)]
struct Pair {
    lent: Option<(i64, i64)>,
    owed: Option<(i64, i64)>,
}

impl Pair {
    fn of(record: &CaseRecord, (lent, owed): (i64, i64)) -> Option<Self> {
        let both =
            |known: i64, told: i64| (0 < known && 0 < told).then_some((known, told));
        let told = record.balances.balance.or(record.balances.owed);
        let lent = record.principal.and_then(|it| both(lent, it.0));
        let owed = told.and_then(|it| both(owed, it.0));
        (lent.is_some() || owed.is_some()).then_some(Self { lent, owed })
    }

    /// Whether the list has this part of what the book has. A principal does not
    /// change, but a list in 万元 rounds it; a balance does.
    fn shrank_by(&self, factor: i64) -> bool {
        let about = |(known, told): (i64, i64), most: i64| {
            let told = told.saturating_mul(factor);
            (known - told).abs() <= known / most
        };
        match (self.lent, self.owed) {
            (Some(lent), Some(owed)) => about(lent, 10) && about(owed, 2),
            (Some(lent), None) => about(lent, 10),
            (None, Some(owed)) => about(owed, 4),
            (None, None) => false,
        }
    }

    /// A balance alone may have been paid off but for a rest.
    fn is_certain(&self) -> bool {
        self.lent.is_some()
    }
}

/// The factor by which all of these shrank: one principal is enough to ask, balances
/// have to be several.
fn too_small_by(pairs: &[Pair]) -> Option<i64> {
    let certain = pairs.iter().any(Pair::is_certain) || 3 <= pairs.len();
    let all =
        |it: &i64| !pairs.is_empty() && pairs.iter().all(|pair| pair.shrank_by(*it));
    FACTORS.into_iter().find(all).filter(|_| certain)
}

fn in_another_unit(factor: i64) -> FileFault {
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
        Message::new(
            format!(
                "清单中的金额都只有库中的 1/{factor},像是换了单位,未导入任何内容;请核对:{zh},确以元计的加 `--unit 元`"
            ),
            format!(
                "all amounts of the list are 1/{factor} of those in the book, as if its unit had changed, nothing was imported; check it: {en}, or `--unit yuan` if it is in yuan"
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_that_all_shrank_by_digits_are_in_another_unit() {
        let lent = |known, told| Pair { lent: Some((known, told)), owed: None };
        let owed = |known, told| Pair { lent: None, owed: Some((known, told)) };
        let both = |lent, owed| Pair { lent: Some(lent), owed: Some(owed) };
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
            assert_eq!(too_small_by(pairs), factor, "{pairs:?}");
        }
    }
}
