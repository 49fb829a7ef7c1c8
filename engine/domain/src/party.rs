//! The people around a debt (当事人) and what they have to do with it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::PartyId;
use crate::words;

words! {
    /// What a person is to the debt; it decides what may be said to them.
    #[derive(
        Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum Role {
        /// Signed the loan (借款人).
        Borrower = "borrower",
        /// Signed beside the borrower and owes the same debt (共同借款人).
        CoBorrower = "co_borrower",
        /// Answers for the debt (保证人); see [`GuaranteeKind`].
        Guarantor = "guarantor",
        /// Spouse for whom joint debt is shown (共债配偶), Civil Code 1064.
        SpouseJoint = "spouse_joint",
        /// Administers the estate of a dead debtor (遗产管理人).
        EstateAdministrator = "estate_administrator",
        /// Inherits from a dead debtor (继承人); liable up to what was inherited.
        Heir = "heir",
        /// Speaks for the debtor (代理律师): owes nothing, and is told what the debtor is.
        Lawyer = "lawyer",
        /// Owes nothing (与债务无关的第三人): kin, friend, neighbour, employer.
        UnrelatedThirdParty = "unrelated_third_party",
        /// A child (未成年人): never contacted.
        Minor = "minor",
    }
}

impl Role {
    /// Whether the role itself keeps demands from a person: whoever gives it up for
    /// another loses a protection.
    pub const fn protects(self) -> bool {
        matches!(self, Self::Lawyer | Self::UnrelatedThirdParty | Self::Minor)
    }

    /// Whether a demand on this person, or a promise of theirs, also begins the
    /// limitation period (诉讼时效) of the debtor anew.
    ///
    /// Joint debtors share the period (rules on limitation of 2020, article
    /// 15), and an administrator stands for the estate (Civil Code 1147). A
    /// guarantor has a period of their own. So may an heir who has accepted;
    /// leaving them out warns too early and never too late.
    pub fn shares_the_debtors_clock(self) -> bool {
        matches!(
            self,
            Self::Borrower
                | Self::CoBorrower
                | Self::SpouseJoint
                | Self::EstateAdministrator
        )
    }
}

/// How a guarantor answers for the debt (保证方式), Civil Code 686.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuaranteeKind {
    /// 一般保证: only after the debtor has been sued in vain.
    General,
    /// 连带责任保证: at once, beside the debtor.
    Joint,
}

/// What a script may know of a person: what they are, not who they are.
///
/// Names, numbers and addresses are left out, so that no script can put them
/// into a memo or an error.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The store's number of the person.
    pub id: PartyId,
    /// What the person is to this debt.
    pub role: Role,
    /// The day of death on record, if any.
    pub deceased_on: Option<Date>,
    /// A telephone number that can be dialed is on record.
    pub has_phone: bool,
    /// The person has bound and consented to the official WeChat account.
    pub has_wechat: bool,
    /// A postal address or village is on record.
    pub has_address: bool,
    /// Attempts since anybody last reached the person.
    pub failed_attempts: u32,
    /// How the person guarantees, for a guarantor.
    pub guarantee: Option<GuaranteeKind>,
    /// The last day of the guarantee period (保证期间), for a guarantor.
    pub guarantee_ends_on: Option<Date>,
    /// The day on which the guarantor was held in time, by a demand on a joint one or a
    /// suit against the debtor for a general one (Civil Code 693).
    #[serde(default)]
    pub guarantee_held_on: Option<Date>,
    /// The last day of the limitation period against a joint guarantor who was held
    /// (Civil Code 694).
    #[serde(default)]
    pub limitation_ends_on: Option<Date>,
}
