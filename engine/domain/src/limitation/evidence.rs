//! What restarts the limitation period (时效中断) and what shows it (证据).

use serde::{Deserialize, Serialize};

use crate::words;

words! {
    /// What began the period anew (时效中断), in the words of the policy pack.
    ///
    /// Source: Civil Code article 195; rules of the Supreme People's Court on
    /// limitation (2020), articles 8 to 17.
    #[derive(
        Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum InterruptionKind {
        /// A demand was handed over and signed for.
        DemandDeliveredSigned = "demand_delivered_signed",
        /// A demand was sent and arrived or should have arrived.
        DemandSent = "demand_sent",
        /// The bank took money from the debtor's account.
        DeductedFromAccount = "deducted_from_account",
        /// A notice in a newspaper, the debtor being missing.
        PublicNotice = "public_notice",
        /// The debtor paid in part, promised, gave security or asked for time.
        DebtorAgreed = "debtor_agreed",
        /// Suit, payment order, bankruptcy claim, preservation, enforcement.
        SuedOrEquivalent = "sued_or_equivalent",
        /// A mediation committee was asked.
        MediationRequested = "mediation_requested",
        /// The debtor was told that the claim was assigned.
        ClaimAssignedNotified = "claim_assigned_notified",
    }
}

words! {
    /// What shows that an interruption happened (证据).
    #[derive(
        Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum Evidence {
        /// Signature, seal or fingerprint on the receipt (签收回执).
        SignedReceipt = "signed_receipt",
        /// A court's paper (法院文书).
        CourtPaper = "court_paper",
        /// Registered mail to the agreed address, with tracking (挂号信/EMS 轨迹).
        RegisteredMail = "registered_mail",
        /// A recorded call in which the identity was confirmed (录音).
        RecordedCall = "recorded_call",
        /// A message to the reserved number, with a record of its arrival (到达记录).
        ReservedNumber = "reserved_number",
        /// A line of the bank's own ledger: the debtor paid, or money was taken.
        LedgerEntry = "ledger_entry",
        /// A plan or request signed by the debtor (书面协议或申请).
        SignedPaper = "signed_paper",
        /// A receipt of the mediation committee (调解受理回执).
        CommitteeReceipt = "committee_receipt",
        /// The newspaper page (报纸公告).
        PublishedNotice = "published_notice",
        /// Somebody says so (仅口头说明).
        BareAssertion = "bare_assertion",
    }
}

impl Evidence {
    /// Whether this evidence proves that kind of interruption.
    ///
    /// Evidence of another thing proves nothing: a ledger line does not show
    /// that a letter arrived. The pairs are those of the pack's
    /// `clock.limitation.interrupt` and of the domain's list of evidence.
    pub fn proves(self, kind: InterruptionKind) -> bool {
        use InterruptionKind as Kind;
        let kinds: &[Kind] = match self {
            Self::SignedReceipt => &[
                Kind::DemandDeliveredSigned,
                Kind::DemandSent,
                Kind::DebtorAgreed,
                Kind::ClaimAssignedNotified,
            ],
            Self::CourtPaper => &[Kind::SuedOrEquivalent],
            Self::RegisteredMail | Self::ReservedNumber => {
                &[Kind::DemandSent, Kind::ClaimAssignedNotified]
            }
            Self::RecordedCall => &[Kind::DemandSent, Kind::DebtorAgreed],
            Self::LedgerEntry => &[Kind::DeductedFromAccount, Kind::DebtorAgreed],
            Self::SignedPaper => &[Kind::DebtorAgreed],
            Self::CommitteeReceipt => &[Kind::MediationRequested],
            Self::PublishedNotice => &[Kind::PublicNotice],
            Self::BareAssertion => &[],
        };
        kinds.contains(&kind)
    }
}
