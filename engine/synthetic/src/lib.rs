//! Made-up books of debts (虚构台账) for the demonstration and for replays.
//!
//! Everything is thrown from a seed: the same seed gives the same cooperative,
//! the same loans and debtors who answer the same contact in the same way. No
//! person, place or number in it exists.

mod rng;
mod names;
mod people;
mod behavior;
mod loans;
mod quarter;
mod files;

use std::collections::HashMap;

use domain::manifest::Channel;
use jiff::civil::Date;

pub use behavior::{Behavior, Reaction, Share};
pub use files::BookFiles;
pub use loans::{Line, Loan};
pub use names::INSTITUTION;
pub use people::{FictionalPeople, FictionalPerson, people_for};
pub use quarter::{Happening, What};

/// A made-up cooperative at one day.
#[derive(Clone, Debug)]
pub struct Book {
    /// What everything was thrown from.
    pub seed: u64,
    /// The day of the book.
    pub as_of: Date,
    /// The loans, by number.
    pub loans: Vec<Loan>,
    /// Who works there.
    pub staff: Vec<Staff>,
    by_no: HashMap<String, usize>,
}

/// One member of staff.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Staff {
    /// A name that nobody has.
    pub name: String,
    /// What they do there: `collector`, `supervisor`, `legal`, `auditor`.
    pub role: &'static str,
    /// The branch; the whole institution for those who serve all.
    pub org: &'static str,
}

/// Makes up a book of `n_loans` loans as it stands on the morning of `as_of`.
pub fn book(seed: u64, n_loans: u32, as_of: Date) -> Book {
    let loans: Vec<Loan> = (0..n_loans).map(|it| loans::make(seed, it, as_of)).collect();
    let by_no =
        loans.iter().enumerate().map(|(at, it)| (it.case_no.clone(), at)).collect();
    Book { seed, as_of, loans, staff: staff(), by_no }
}

fn staff() -> Vec<Staff> {
    let mut staff: Vec<Staff> = (0..)
        .zip(names::BRANCHES)
        .flat_map(|(branch, (org, villages))| {
            [villages[0], villages[3]].map(|village| Staff {
                name: people::collector_of(branch, village),
                role: "collector",
                org,
            })
        })
        .collect();
    for (number, role) in (100..).zip(["supervisor", "legal", "auditor"]) {
        let name = names::person(&mut rng::Rng::of(0, "staff", number));
        staff.push(Staff { name, role, org: INSTITUTION });
    }
    staff
}

impl Book {
    /// The loan with this number.
    pub fn loan(&self, case_no: &str) -> Option<&Loan> {
        self.by_no.get(case_no).map(|it| &self.loans[*it])
    }

    /// How the borrower of a loan answers the `nth` contact, counted from 1;
    /// `None` for a number that is not in the book.
    pub fn react(
        &self,
        case_no: &str,
        nth: u32,
        channel: Channel,
        on: Date,
    ) -> Option<Reaction> {
        let loan = self.loan(case_no)?;
        Some(loan.behavior.react(self.seed, case_no, nth, channel, on))
    }

    /// What happens until `last` whoever calls, by day and loan.
    pub fn happenings(&self, last: Date) -> Vec<Happening> {
        let mut all: Vec<Happening> = (0..)
            .zip(&self.loans)
            .flat_map(|(number, loan)| {
                quarter::of(self.seed, number, loan, self.as_of, last)
            })
            .filter(|it| self.as_of <= it.on)
            .collect();
        all.sort_by(|one, other| (one.on, &one.case_no).cmp(&(other.on, &other.case_no)));
        all
    }
}

#[cfg(test)]
mod tests;
