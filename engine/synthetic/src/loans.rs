//! Made-up loans (虚构贷款): what was lent, what falls due, what was paid so far.

use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::party::GuaranteeKind;
use jiff::ToSpan;
use jiff::civil::Date;

use super::behavior::Behavior;
use super::names::BRANCHES;
use super::people::{self, FictionalPerson};
use super::rng::Rng;

/// One loan with its people, its plan and its history.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Loan {
    /// The institution's number of the loan.
    pub case_no: String,
    /// The branch that lent.
    pub org: &'static str,
    /// The village of the borrower.
    pub village: &'static str,
    /// The member of staff who works it.
    pub collector: String,
    /// What the loan was for.
    pub product: &'static str,
    /// The borrower.
    pub debtor: FictionalPerson,
    /// The guarantors, none to two.
    pub guarantors: Vec<(FictionalPerson, GuaranteeKind)>,
    /// How the borrower answers.
    pub behavior: Behavior,
    /// Amount lent.
    pub principal: Fen,
    /// The day it was paid out.
    pub opened_on: Date,
    /// The last due date.
    pub due_on: Date,
    /// Every line up to the day of the book, and the dues after it.
    pub ledger: Vec<Line>,
}

/// One line of a made-up ledger.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    /// The booking date, or the date it falls due.
    pub on: Date,
    /// What it books.
    pub kind: EntryKind,
    /// How much.
    pub amount: Fen,
}

const PRODUCTS: &[(&str, u32)] = &[
    ("农户小额信用贷款", 50),
    ("农户联保贷款", 15),
    ("种植养殖贷款", 15),
    ("个体工商户贷款", 12),
    ("助学贷款", 3),
    ("农机购置贷款", 5),
];

/// How late a loan is at the day of the book, by weight: a cooperative that has
/// to take collection seriously, with one loan in four late and one in twenty
/// past 90 days, not one that is about to be wound up.
const LATENESS: &[(Late, u32)] = &[
    (Late::Current, 750),
    (Late::Days(1, 30), 125),
    (Late::Days(31, 60), 45),
    (Late::Days(61, 90), 27),
    (Late::Days(91, 360), 30),
    (Late::Days(361, 900), 15),
    // Three years after the last due date the claim is barred.
    (Late::Days(910, 1085), 8),
];

#[derive(Clone, Copy)]
enum Late {
    Current,
    Days(u32, u32),
}

/// Makes up loan number `number`; some share the borrower of the one before.
pub(crate) fn make(seed: u64, number: u32, as_of: Date) -> Loan {
    let mut rng = Rng::of(seed, "loan", u64::from(number));
    let case_no = format!("QS{:06}", number + 1);
    // One borrower in twenty-five has a second loan, the next in the list.
    let second = number % 25 == 24;
    let owner = if second { number - 1 } else { number };
    let mut owner_dice = Rng::of(seed, "borrower", u64::from(owner));
    let branch = owner_dice.throw(u32::try_from(BRANCHES.len()).unwrap_or(1));
    let (org, villages) = &BRANCHES[branch as usize];
    let village = villages[owner_dice.throw(6) as usize];
    let debtor = people::person(&mut owner_dice, format!("QSK{:06}", owner + 1), village);
    let late = rng.weighted(LATENESS);
    let behavior = temper_of(&mut rng, late);
    let principal = Fen(i64::from(rng.weighted(&[
        (dice_amount(0, number, seed), 60),
        (dice_amount(1, number, seed), 30),
        (dice_amount(2, number, seed), 10),
    ])) * 100_000);
    let plan = plan(&mut rng, late, principal, as_of);
    let opened_on = plan.opened_on;
    let due_on = plan.dues.last().map_or(opened_on, |it| it.0);
    Loan {
        org,
        village,
        collector: people::collector_of(branch, village),
        product: rng.weighted(PRODUCTS),
        guarantors: guarantors(&mut rng, &case_no, village),
        ledger: ledger(&mut rng, &plan, principal, behavior, as_of),
        case_no,
        debtor,
        behavior,
        principal,
        opened_on,
        due_on,
    }
}

/// Thousands of yuan: small, middling or large, 5 to 200.
fn dice_amount(size: u32, number: u32, seed: u64) -> u32 {
    let mut rng = Rng::of(seed, "amount", u64::from(number) * 4 + u64::from(size));
    match size {
        0 => rng.between(5, 30),
        1 => rng.between(31, 80),
        _ => rng.between(81, 200),
    }
}

fn temper_of(rng: &mut Rng, late: Late) -> Behavior {
    use Behavior::{
        Aggrieved, Distressed, Evasive, Forgetful, Promiser, Punctual, Stubborn,
        Unreachable,
    };
    let weights: &[(Behavior, u32)] = match late {
        Late::Current => {
            &[(Punctual, 80), (Forgetful, 14), (Promiser, 4), (Distressed, 2)]
        }
        Late::Days(_, 30) => &[
            (Forgetful, 60),
            (Promiser, 18),
            (Distressed, 12),
            (Evasive, 6),
            (Stubborn, 2),
            (Aggrieved, 2),
        ],
        Late::Days(_, 31..=90) => &[
            (Forgetful, 15),
            (Promiser, 35),
            (Distressed, 20),
            (Evasive, 16),
            (Stubborn, 8),
            (Aggrieved, 4),
            (Unreachable, 2),
        ],
        Late::Days(..) => &[
            (Promiser, 15),
            (Distressed, 25),
            (Evasive, 22),
            (Stubborn, 18),
            (Unreachable, 14),
            (Aggrieved, 6),
        ],
    };
    rng.weighted(weights)
}

fn guarantors(
    rng: &mut Rng,
    case_no: &str,
    village: &str,
) -> Vec<(FictionalPerson, GuaranteeKind)> {
    let count = rng.weighted(&[(0, 55), (1, 35), (2, 10)]);
    let kind =
        if rng.chance(700) { GuaranteeKind::Joint } else { GuaranteeKind::General };
    (1..=count)
        .map(|nth| (people::person(rng, format!("{case_no}/G{nth}"), village), kind))
        .collect()
}

struct Plan {
    opened_on: Date,
    dues: Vec<(Date, Fen)>,
    interest: Fen,
    /// How many of the dues were covered at the day of the book.
    covered: usize,
}

/// Lays the plan so that the oldest unpaid due date is as late as wanted.
fn plan(rng: &mut Rng, late: Late, principal: Fen, as_of: Date) -> Plan {
    let count = rng.weighted(&[(1, 55), (6, 12), (12, 23), (24, 10)]);
    // One due date is the whole term of twelve or twenty-four months.
    let months = if count == 1 { 12 * rng.between(1, 2) } else { 1 };
    let (covered, anchor) = match late {
        Late::Current => {
            let covered = rng.throw(count);
            let ahead = if count == 1 { 330 } else { 30 };
            (covered, as_of + i64::from(rng.throw(ahead)).days())
        }
        Late::Days(least, most) => {
            (rng.throw(count), as_of - i64::from(rng.between(least, most)).days())
        }
    };
    let step = i64::from(months).months();
    let first = anchor - (i64::from(months) * i64::from(covered)).months();
    // 65 to 98 thousandths a year, on half the amount where it is paid back
    // in parts.
    let yearly = i64::from(rng.between(65, 98));
    let term = i64::from(months) * i64::from(count);
    let share = if count == 1 { 1 } else { 2 };
    let interest = Fen(principal.0 * yearly * term / (12_000 * share));
    let total = principal.0 + interest.0;
    // Whole yuan but for the last, which takes what is left.
    let each = total / i64::from(count) / 100 * 100;
    let dues = (0..count).map(|nth| {
        let due = first + (i64::from(months) * i64::from(nth)).months();
        let last = nth + 1 == count;
        (due, Fen(if last { total - each * i64::from(count - 1) } else { each }))
    });
    Plan {
        opened_on: first - step,
        dues: dues.collect(),
        interest,
        covered: covered as usize,
    }
}

fn ledger(
    rng: &mut Rng,
    plan: &Plan,
    principal: Fen,
    behavior: Behavior,
    as_of: Date,
) -> Vec<Line> {
    let mut lines = vec![
        Line { on: plan.opened_on, kind: EntryKind::Open, amount: principal },
        Line { on: plan.opened_on, kind: EntryKind::Fee, amount: plan.interest },
    ];
    for (on, amount) in &plan.dues {
        lines.push(Line { on: *on, kind: EntryKind::Due, amount: *amount });
    }
    for (due, amount) in &plan.dues[..plan.covered] {
        let late = match behavior {
            Behavior::Punctual => 0,
            Behavior::Forgetful => rng.throw(5),
            _ => rng.throw(20),
        };
        let on = (*due + i64::from(late).days()).min(as_of - 1.day());
        lines.push(Line { on, kind: EntryKind::Payment, amount: *amount });
    }
    let oldest = plan.dues.get(plan.covered).filter(|due| due.0 < as_of);
    if let Some((due, amount)) = oldest {
        arrears(rng, &mut lines, *due, *amount, as_of);
    }
    lines.sort_by_key(|line| line.on);
    lines
}

/// What else happened after the oldest unpaid due date: a part payment, one
/// that was booked by mistake and taken back, penalty interest.
fn arrears(rng: &mut Rng, lines: &mut Vec<Line>, due: Date, amount: Fen, as_of: Date) {
    let days = u32::try_from((as_of - due).get_days()).unwrap_or(0);
    let day = |rng: &mut Rng| due + i64::from(rng.throw(days.max(1))).days();
    if rng.chance(220) {
        let part = Fen(amount.0 * i64::from(rng.between(100, 600)) / 1000);
        lines.push(Line { on: day(rng), kind: EntryKind::Payment, amount: part });
    }
    if rng.chance(20) {
        let on = day(rng);
        // An odd amount, so that the reversal can mean no other payment.
        let amount = Fen(amount.0 / 3 + i64::from(rng.between(1, 99)));
        lines.push(Line { on, kind: EntryKind::Payment, amount });
        let reversed_on = (on + 2.days()).min(as_of - 1.day()).max(on);
        lines.push(Line { on: reversed_on, kind: EntryKind::Reversal, amount });
    }
    if 90 < days && rng.chance(600) {
        // Half of the contract's rate again, for the days since.
        let penalty = Fen(amount.0 * i64::from(days) * 40 / 365_000);
        lines.push(Line {
            on: as_of - 1.day(),
            kind: EntryKind::Penalty,
            amount: penalty,
        });
    }
}
