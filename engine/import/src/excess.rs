//! Payments far above the debt (远超所欠的还款): a slip of a few zeros in a bank's list
//! ends all dunning of a loan, so it is asked about before it is booked.

use std::collections::BTreeSet;

use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::say::Say;
use foldhash::HashMap;
use store::{Conn, StoreError, ledger};

use super::events::What;
use super::fault::RowFault;
use super::post::{BATCH, Placed};
use super::taken_back::TakenBack;

/// What a payment may exceed the debt by whatever the debt is: interest of the last
/// days, or what was paid for the next year.
const SMALL: Fen = Fen(100_000);

/// Rows that tell of payments of more than twice what is owed and of 1,000 yuan more.
/// Nobody knows what is owed on a loan that nothing opened.
pub(crate) async fn find(
    conn: &mut Conn,
    placed: &[Placed<'_>],
    taken: &TakenBack,
) -> Result<HashMap<u64, RowFault>, StoreError> {
    let large = placed.iter().filter(|row| {
        row.has_entries && SMALL < paid(row) && !taken.rows.contains(&row.line)
    });
    let large: Vec<&Placed<'_>> = large.collect();
    let cases: BTreeSet<CaseId> = large.iter().map(|row| row.case_id).collect();
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let mut owed = HashMap::default();
    for batch in cases.chunks(BATCH) {
        owed.extend(ledger::owed_on(conn, batch).await?);
    }
    // What the file itself charges is owed, too.
    for row in placed {
        if let Some(owed) = owed.get_mut(&row.case_id) {
            *owed += charged(row);
        }
    }
    let mut found = HashMap::default();
    for row in large {
        let Some(owed) = owed.get(&row.case_id).copied() else { continue };
        let amount = paid(row);
        if owed + owed < amount && owed + SMALL < amount {
            found.insert(row.line, fault(amount, owed));
        }
    }
    Ok(found)
}

fn paid(row: &Placed<'_>) -> Fen {
    match row.record.what {
        What::Money(EntryKind::Payment, amount) => amount,
        _ => Fen(0),
    }
}

fn charged(row: &Placed<'_>) -> Fen {
    use EntryKind::{Due, Fee, Open, Penalty};
    match row.record.what {
        What::Money(Due | Fee | Open | Penalty, amount) => amount,
        _ => Fen(0),
    }
}

fn fault(amount: Fen, owed: Fen) -> RowFault {
    RowFault::new(
        "R078",
        Say::new(
            format!(
                "还款 {amount} 元远超本案所欠的 {owed} 元,没有入账;请核对金额的单位、小数点和贷款编号,改正后再导入本行;金额确实无误的,用 `qingshou pay --receipt 本行流水号 --on 日期 --sure` 登记"
            ),
            format!(
                "the payment of {amount} yuan is far above the {owed} yuan owed on this loan and was not booked; check its unit, its decimal point and the loan number, and import the row again; if it is right, enter it with `qingshou pay --receipt NUMBER_OF_THIS_ROW --on DAY --sure`"
            ),
        ),
    )
}
