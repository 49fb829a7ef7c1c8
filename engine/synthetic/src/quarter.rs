//! What happens in the quarter whoever calls (季度内自发事件): payments of those
//! who pay unasked, deaths, complaints, a payment taken back.

use domain::ledger::EntryKind;
use domain::money::Fen;
use jiff::ToSpan;
use jiff::civil::Date;

use super::behavior::Behavior;
use super::loans::Loan;
use super::rng::Rng;

/// Something that happens to a case on a day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Happening {
    /// The day.
    pub on: Date,
    /// The loan.
    pub case_no: String,
    /// What happens.
    pub what: What,
}

/// What happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// The borrower pays.
    Payment(Fen),
    /// The latest payment of this amount is taken back.
    Reversal(Fen),
    /// The borrower dies.
    Deceased,
    /// The borrower complains.
    Complaint,
    /// The complaint is settled.
    ComplaintResolved,
    /// The borrower disputes the debt.
    Dispute,
    /// The dispute is settled.
    DisputeResolved,
}

/// All that happens to one loan from the day of the book until `last`.
pub(crate) fn of(
    seed: u64,
    number: u32,
    loan: &Loan,
    as_of: Date,
    last: Date,
) -> Vec<Happening> {
    let mut rng = Rng::of(seed, "quarter", u64::from(number));
    let mut happenings = Vec::new();
    let days = u32::try_from((last - as_of).get_days()).unwrap_or(0);
    let on_some_day = |rng: &mut Rng| as_of + i64::from(rng.throw(days + 1)).days();
    let mut happens = |on: Date, what: What| {
        if on <= last {
            happenings.push(Happening { on, case_no: loan.case_no.clone(), what });
        }
    };
    let dies_on = rng.chance(3).then(|| on_some_day(&mut rng));
    if let Some(on) = dies_on {
        happens(on, What::Deceased);
    }
    let alive = |on: Date| dies_on.is_none_or(|death| on < death);
    if loan.behavior == Behavior::Aggrieved && rng.chance(300) {
        let on = on_some_day(&mut rng);
        let (raised, settled) = if rng.chance(600) {
            (What::Complaint, What::ComplaintResolved)
        } else {
            (What::Dispute, What::DisputeResolved)
        };
        if alive(on) {
            happens(on, raised);
            happens(on + i64::from(rng.between(7, 25)).days(), settled);
        }
    }
    for line in
        loan.ledger.iter().filter(|it| it.kind == EntryKind::Due && as_of <= it.on)
    {
        let Some(delay) = delay(&mut rng, loan.behavior) else { continue };
        let on = line.on + i64::from(delay).days();
        if alive(on) {
            happens(on, What::Payment(line.amount));
            // One payment in two hundred bounces.
            if rng.chance(5) {
                happens(on + 2.days(), What::Reversal(line.amount));
            }
        }
    }
    happenings
}

/// Days after the due date on which a debtor pays unasked; below zero: before.
fn delay(rng: &mut Rng, behavior: Behavior) -> Option<i32> {
    let pays = match behavior {
        Behavior::Punctual => 985,
        Behavior::Forgetful => 500,
        Behavior::Promiser | Behavior::Distressed => 200,
        Behavior::Evasive | Behavior::Aggrieved => 50,
        Behavior::Stubborn | Behavior::Unreachable => 0,
    };
    let most = if behavior == Behavior::Punctual { 3 } else { 12 };
    rng.chance(pays).then(|| i32::try_from(rng.throw(most)).unwrap_or(0) - 2)
}
