//! Dated acts that bear on the clocks of a claim (期限事项) beside demands and payments:
//! what the contract says, what was agreed later, obstacles, and what was done about
//! guarantors.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Suspension, SuspensionKind};
use crate::guarantee::Step;
use crate::ids::PartyId;
use crate::words;

/// Years after which an enforcement without a ruling counts as one in vain: interpretation
/// on security (担保制度解释), article 28, first paragraph, number 2.
const YEARS_TO_ENFORCE: i16 = 1;

/// What was done about the day on which a debt falls due (履行期限的变动).
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum TermAct {
    /// All was declared due at once (宣布提前到期).
    ///
    /// Source: Civil Code article 578 with the clause of the contract; the debt falls
    /// due when the declaration reaches the debtor (articles 137 and 565), and the
    /// period of article 188 runs from then on.
    Accelerated {
        /// The day on which the declaration reached the debtor.
        on: Date,
    },
    /// The parties agreed on a later day, by a paper that the debtor signed (展期、重组).
    ///
    /// Source: Civil Code articles 543 and 544 (changed by agreement, and not changed
    /// where that is unclear); it is consent to perform as well (article 195, number 2;
    /// rules on limitation of 2020, article 14). What the institution books by itself
    /// is none.
    Extended {
        /// The day on which the debtor signed.
        signed_on: Date,
        /// The new last instalment's due date.
        until: Date,
    },
    /// After the period had run out the debtor signed a new agreement on the old debt
    /// (时效届满后重新签订的还款协议).
    ///
    /// Source: Civil Code article 192, second paragraph; rules on limitation of 2020,
    /// article 19, second paragraph. Money that is paid freely is none.
    AgreedAnew {
        /// The day on which the debtor signed.
        signed_on: Date,
        /// The last day for payment by the new agreement.
        until: Date,
    },
}

impl TermAct {
    /// The day of the act.
    pub fn on(self) -> Date {
        match self {
            Self::Accelerated { on } => on,
            Self::Extended { signed_on, .. } | Self::AgreedAnew { signed_on, .. } => {
                signed_on
            }
        }
    }
}

words! {
    /// What a [`ClockAct`] is, by the word of the books (期限事项的种类).
    #[derive(
        Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum ClockActKind {
        /// The contract's last instalment falls due (合同最后一期).
        ContractEnds = "contract_ends",
        /// See [`TermAct::Accelerated`] (提前到期).
        Accelerated = "accelerated",
        /// See [`TermAct::Extended`] (展期).
        Extended = "extended",
        /// See [`TermAct::AgreedAnew`] (届满后重新约定).
        AgreedAnew = "agreed_anew",
        /// See [`Suspension`] (时效中止).
        Suspended = "suspended",
        /// A guarantor agreed in writing to a later day (保证人书面同意).
        GuarantorConsented = "guarantor_consented",
        /// A demand reached a guarantor (向保证人主张).
        GuarantorDemanded = "guarantor_demanded",
        /// A suit against the debtor was filed (起诉债务人).
        DebtorSued = "debtor_sued",
        /// That suit was withdrawn, not taken or lost (撤诉、驳回起诉、败诉).
        SuitWithdrawn = "suit_withdrawn",
        /// Enforcement against the debtor was applied for (申请执行债务人).
        EnforcementApplied = "enforcement_applied",
        /// It came to nothing, or a guarantor lost the right to refuse otherwise
        /// (执行不能、先诉抗辩权消灭).
        EnforcedInVain = "enforced_in_vain",
    }
}

/// One act as the books hold it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockAct {
    /// What it is.
    pub kind: ClockActKind,
    /// The day on which it took effect: signed, arrived, filed; of an obstacle its
    /// first day.
    pub on: Date,
    /// The day to which something was put off, the contract's last day, or the day on
    /// which an obstacle was removed.
    pub until: Option<Date>,
    /// The guarantor whom it is about.
    pub party: Option<PartyId>,
    /// What an obstacle is.
    pub cause: Option<SuspensionKind>,
}

impl ClockAct {
    /// An act on a day, without anything beside it.
    pub fn new(kind: ClockActKind, on: Date) -> Self {
        Self { kind, on, until: None, party: None, cause: None }
    }
}

/// The acts of one claim, in the order in which they were entered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record(pub Vec<ClockAct>);

impl Record {
    /// The day on which the contract's last instalment falls due, from which the period
    /// is counted: as a person read it off the contract, or else the latest day that is
    /// booked as due, but never after the last day that the first list named. What is
    /// booked later, interest or a term that nobody signed, moves nothing.
    ///
    /// Source: Civil Code articles 188, 189 and 544.
    pub fn debt_due_on(&self, last_booked: Date, first_listed: Option<Date>) -> Date {
        let read = self.of(ClockActKind::ContractEnds).filter_map(|act| act.until).last();
        let booked = first_listed.map_or(last_booked, |listed| listed.min(last_booked));
        read.unwrap_or(booked)
    }

    /// What was done about the day on which the debt falls due.
    pub fn terms(&self) -> Vec<TermAct> {
        self.0.iter().filter_map(ClockAct::as_term).collect()
    }

    /// The obstacles.
    pub fn suspensions(&self) -> Vec<Suspension> {
        let obstacle = |act: &ClockAct| {
            let kind = act.cause.unwrap_or(SuspensionKind::OtherObstacle);
            Suspension { from_on: act.on, until_on: act.until, kind }
        };
        self.of(ClockActKind::Suspended).map(obstacle).collect()
    }

    /// The day from which a guarantor's period runs: that of the debt, put off only
    /// where this guarantor agreed to it in writing, and brought forward by a
    /// declaration that all is due.
    ///
    /// Source: Civil Code article 692, second and third paragraphs, and article 695,
    /// second paragraph.
    pub fn due_for_guarantor(&self, guarantor: PartyId, debt_due_on: Date) -> Date {
        let consents = self.of(ClockActKind::GuarantorConsented);
        let furthest = consents
            .filter(|act| act.party == Some(guarantor))
            .filter_map(|act| act.until)
            .max();
        let mut terms = self.terms();
        terms.sort_unstable_by_key(|act| act.on());
        let mut due = debt_due_on;
        for act in terms {
            match act {
                TermAct::Accelerated { on } => due = due.min(on),
                TermAct::Extended { until, .. } => {
                    if furthest.is_some_and(|agreed| until <= agreed) {
                        due = due.max(until);
                    }
                }
                TermAct::AgreedAnew { .. } => {}
            }
        }
        due
    }

    /// What was done that may hold a guarantor, day by day.
    ///
    /// A suit that was withdrawn or not taken holds no general guarantor (interpretation
    /// on security, article 31, first paragraph).
    pub fn steps_against(&self, guarantor: PartyId) -> Vec<(Date, Step)> {
        let demands = self.demands_on(guarantor).map(|on| (on, Step::DemandOnGuarantor));
        let suits =
            self.suits_that_stand().into_iter().map(|on| (on, Step::SuitOnDebtor));
        demands.chain(suits).collect()
    }

    /// The days of the suits that stand. A withdrawal ends the newest of those that were
    /// entered before it: one that is filed anew on the same day stands.
    fn suits_that_stand(&self) -> Vec<Date> {
        let mut suits: Vec<Date> = Vec::new();
        for act in &self.0 {
            match act.kind {
                ClockActKind::DebtorSued => suits.push(act.on),
                ClockActKind::SuitWithdrawn => {
                    let before = suits.iter().enumerate().filter(|it| *it.1 <= act.on);
                    if let Some((at, _)) = before.max_by_key(|it| *it.1) {
                        suits.remove(at);
                    }
                }
                _ => {}
            }
        }
        suits
    }

    /// The day on which a general guarantor lost the right to refuse until the debtor's
    /// property has been enforced in vain (先诉抗辩权): enforcement came to nothing, a year
    /// has passed since it was applied for, or one of the grounds of the proviso of article
    /// 687, second paragraph, was known. Of several days the first; what is enforced later
    /// after all takes nothing back.
    ///
    /// Source: Civil Code article 694, first paragraph, and article 687, second paragraph;
    /// interpretation on security (担保制度解释), article 28.
    pub fn refusal_ended_on(&self, guarantor: PartyId) -> Option<Date> {
        let in_vain = self
            .of(ClockActKind::EnforcedInVain)
            .filter(|act| act.party.is_none_or(|party| party == guarantor))
            .map(|act| act.on);
        let a_year_on = self
            .of(ClockActKind::EnforcementApplied)
            .map(|act| act.on.saturating_add(YEARS_TO_ENFORCE.years()));
        in_vain.chain(a_year_on).min()
    }

    /// The days on which a demand reached a guarantor.
    pub fn demands_on(&self, guarantor: PartyId) -> impl Iterator<Item = Date> {
        self.of(ClockActKind::GuarantorDemanded)
            .filter(move |act| act.party == Some(guarantor))
            .map(|act| act.on)
    }

    fn of(&self, kind: ClockActKind) -> impl Iterator<Item = &ClockAct> {
        self.0.iter().filter(move |act| act.kind == kind)
    }
}

impl ClockAct {
    fn as_term(&self) -> Option<TermAct> {
        let (on, until) = (self.on, self.until);
        match self.kind {
            ClockActKind::Accelerated => Some(TermAct::Accelerated { on }),
            ClockActKind::Extended => {
                until.map(|until| TermAct::Extended { signed_on: on, until })
            }
            ClockActKind::AgreedAnew => {
                until.map(|until| TermAct::AgreedAnew { signed_on: on, until })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
