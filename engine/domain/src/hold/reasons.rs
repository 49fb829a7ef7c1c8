//! The reasons of holds (暂停事由), one row each: all that a reason means.

use super::{HoldReason, StandsOn};

/// What a reason means.
#[derive(Clone, Copy, Debug)]
pub struct HoldSpec {
    /// The reason.
    pub reason: HoldReason,
    /// The word used in scripts, commands and tables.
    pub name: &'static str,
    /// The name of the hold in policy packs.
    pub pack_name: &'static str,
    /// Which loans it covers.
    pub stands_on: StandsOn,
    /// Each report of it is a matter of its own.
    pub is_counted: bool,
    /// Demands to the debtor stop, and with them the contact lane.
    pub forbids_demands: bool,
    /// Calls and visits that wait for a person are suspended: whoever let them go did
    /// not know of it.
    pub suspends_work: bool,
}

const fn row(
    reason: HoldReason,
    name: &'static str,
    pack_name: &'static str,
    stands_on: StandsOn,
) -> HoldSpec {
    HoldSpec {
        reason,
        name,
        pack_name,
        stands_on,
        is_counted: false,
        forbids_demands: true,
        suspends_work: true,
    }
}

/// Each report is a matter of its own.
const fn counted(spec: HoldSpec) -> HoldSpec {
    HoldSpec { is_counted: true, ..spec }
}

/// Each demand needs a second look; what has had none waits for it.
const fn second_look(spec: HoldSpec) -> HoldSpec {
    HoldSpec { forbids_demands: false, ..spec }
}

/// It binds somebody beside the debt, and the debtor not at all.
const fn of_others(spec: HoldSpec) -> HoldSpec {
    HoldSpec { forbids_demands: false, suspends_work: false, ..spec }
}

/// The reasons in the order of [`HoldReason::ALL`].
///
/// What protects somebody as a person (a complaint about how they are treated, death
/// and incapacity, need, a lawyer or a court between them and the creditor) is not
/// about one loan of theirs; a debt in dispute, a plan and a hold by hand are.
pub const REASONS: &[HoldSpec; 11] = &[
    counted(row(HoldReason::Complaint, "complaint", "complaint_open", StandsOn::Person)),
    counted(row(HoldReason::Dispute, "dispute", "dispute_open", StandsOn::Named)),
    row(HoldReason::Deceased, "deceased", "deceased_reported", StandsOn::Person),
    row(HoldReason::Hardship, "hardship", "hardship", StandsOn::Person),
    row(HoldReason::Plan, "plan", "plan_active", StandsOn::Loan),
    row(HoldReason::Lawyer, "lawyer", "represented_by_lawyer", StandsOn::Person),
    row(HoldReason::Bankruptcy, "bankruptcy", "bankruptcy_accepted", StandsOn::Person),
    second_look(row(
        HoldReason::Vulnerable,
        "vulnerable",
        "vulnerable",
        StandsOn::Person,
    )),
    row(HoldReason::Incapacitated, "incapacitated", "incapacitated", StandsOn::Person),
    of_others(row(
        HoldReason::ThirdPartyRefused,
        "third_party_refused",
        "third_party_refused",
        StandsOn::Loan,
    )),
    row(HoldReason::Manual, "manual", "manual", StandsOn::Loan),
];
