//! Holds (暂停): why a debtor is left in peace, and from when until when.

use std::fmt;

use serde::{Deserialize, Serialize};

mod reasons;

pub use self::reasons::{HoldSpec, REASONS};

/// Which loans a hold covers (暂停的范围).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StandsOn {
    /// All loans of the person who owes the one on which it was entered, from the
    /// moment it is entered and until it is lifted on any of them (同一人名下全部贷款).
    Person,
    /// The loan on which it was entered, and those that were named with it (所指的贷款).
    Named,
    /// The loan on which it was entered (本笔贷款).
    Loan,
}

/// Why contact is held.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A complaint is open (投诉).
    Complaint,
    /// The debt is disputed (异议).
    Dispute,
    /// The debtor is reported dead (死亡).
    Deceased,
    /// The debtor is in distress (困难).
    Hardship,
    /// An instalment plan is being kept (分期).
    Plan,
    /// A lawyer speaks for the debtor (律师代理).
    Lawyer,
    /// A bankruptcy court has accepted the case (破产受理).
    Bankruptcy,
    /// Illness, disability, disaster area (特殊困难群体).
    Vulnerable,
    /// The debtor cannot act for himself (无民事行为能力).
    Incapacitated,
    /// A person outside the debt wants no contact (第三人拒绝).
    ThirdPartyRefused,
    /// Placed by hand for another reason (人工).
    Manual,
}

impl HoldReason {
    /// Every reason.
    pub const ALL: [Self; 11] = [
        Self::Complaint,
        Self::Dispute,
        Self::Deceased,
        Self::Hardship,
        Self::Plan,
        Self::Lawyer,
        Self::Bankruptcy,
        Self::Vulnerable,
        Self::Incapacitated,
        Self::ThirdPartyRefused,
        Self::Manual,
    ];

    /// What it means.
    pub fn spec(self) -> &'static HoldSpec {
        // The rows stand in the order of the reasons, which a test looks at.
        &REASONS[self as usize]
    }

    /// The word used in scripts, commands and tables.
    pub fn as_str(self) -> &'static str {
        self.spec().name
    }

    /// The name of the hold in policy packs.
    pub fn pack_name(self) -> &'static str {
        self.spec().pack_name
    }

    /// Which loans it covers.
    pub fn stands_on(self) -> StandsOn {
        self.spec().stands_on
    }

    /// Those that protect a person and cover all loans of theirs.
    pub fn of_persons() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|it| it.stands_on() == StandsOn::Person)
    }

    /// Reads either word back; `None` for a word that is no reason.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word || it.pack_name() == word)
    }

    /// Whether each report of it is a matter of its own, which adds a hold to those in
    /// force and is settled alone; of any other reason one hold stands for all.
    pub fn is_counted(self) -> bool {
        self.spec().is_counted
    }

    /// Whether demands to the debtor stop, and with them the contact lane.
    ///
    /// A third person's refusal binds that person alone. Contact with a
    /// vulnerable debtor needs a second look, it does not stop.
    pub fn forbids_demands(self) -> bool {
        self.spec().forbids_demands
    }
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a hold with this reason stops demands; a reason nobody knows does.
pub fn forbids_demands(reason: &str) -> bool {
    HoldReason::parse(reason).is_none_or(HoldReason::forbids_demands)
}

/// Whether a hold with this reason suspends calls and visits that wait for a person; a
/// reason nobody knows does.
pub fn suspends_work(reason: &str) -> bool {
    HoldReason::parse(reason).is_none_or(|it| it.spec().suspends_work)
}

/// Whether a hold with this reason covers all loans of a person; one that nobody knows
/// covers the loan it stands on.
pub fn covers_the_person(reason: &str) -> bool {
    let stands_on = HoldReason::parse(reason).map(HoldReason::stands_on);
    stands_on == Some(StandsOn::Person)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_stand_in_the_order_of_the_reasons() {
        assert_eq!(REASONS.map(|row| row.reason), HoldReason::ALL);
    }

    #[test]
    fn what_protects_a_person_covers_all_loans_of_theirs() {
        let rows = [
            ("complaint", StandsOn::Person),
            ("deceased", StandsOn::Person),
            ("hardship", StandsOn::Person),
            ("lawyer", StandsOn::Person),
            ("bankruptcy", StandsOn::Person),
            ("vulnerable", StandsOn::Person),
            ("incapacitated", StandsOn::Person),
            ("dispute", StandsOn::Named),
            ("plan", StandsOn::Loan),
            ("third_party_refused", StandsOn::Loan),
            ("manual", StandsOn::Loan),
        ];
        assert_eq!(rows.len(), HoldReason::ALL.len());
        for (reason, covers) in rows {
            let stands_on = HoldReason::parse(reason).map(HoldReason::stands_on);
            assert_eq!(stands_on, Some(covers), "{reason}");
        }
        assert!(!covers_the_person("flood"));
    }

    #[test]
    fn both_words_of_a_reason_are_read_back() {
        for reason in HoldReason::ALL {
            assert_eq!(HoldReason::parse(reason.as_str()), Some(reason), "{reason}");
            assert_eq!(HoldReason::parse(reason.pack_name()), Some(reason), "{reason}");
        }
    }

    #[test]
    fn a_reason_nobody_knows_stops_demands() {
        assert!(forbids_demands("flood"));
        assert!(forbids_demands("complaint_open"));
        assert!(!forbids_demands("third_party_refused"));
    }
}
