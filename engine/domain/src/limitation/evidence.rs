//! What restarts the limitation period (时效中断) and what shows it (证据).

use serde::{Deserialize, Serialize};

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
    DemandDeliveredSigned,
    /// A demand was sent and arrived or should have arrived.
    DemandSent,
    /// The bank took money from the debtor's account.
    DeductedFromAccount,
    /// A notice in a newspaper, the debtor being missing.
    PublicNotice,
    /// The debtor paid in part, promised, gave security or asked for time.
    DebtorAgreed,
    /// Suit, payment order, bankruptcy claim, preservation, enforcement.
    SuedOrEquivalent,
    /// A mediation committee was asked.
    MediationRequested,
    /// The debtor was told that the claim was assigned.
    ClaimAssignedNotified,
}

impl InterruptionKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::DemandDeliveredSigned,
        Self::DemandSent,
        Self::DeductedFromAccount,
        Self::PublicNotice,
        Self::DebtorAgreed,
        Self::SuedOrEquivalent,
        Self::MediationRequested,
        Self::ClaimAssignedNotified,
    ];

    /// The word used in the policy pack and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DemandDeliveredSigned => "demand_delivered_signed",
            Self::DemandSent => "demand_sent",
            Self::DeductedFromAccount => "deducted_from_account",
            Self::PublicNotice => "public_notice",
            Self::DebtorAgreed => "debtor_agreed",
            Self::SuedOrEquivalent => "sued_or_equivalent",
            Self::MediationRequested => "mediation_requested",
            Self::ClaimAssignedNotified => "claim_assigned_notified",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What shows that an interruption happened (证据).
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Signature, seal or fingerprint on the receipt (签收回执).
    SignedReceipt,
    /// A court's paper (法院文书).
    CourtPaper,
    /// Registered mail to the agreed address, with tracking (挂号信/EMS 轨迹).
    RegisteredMail,
    /// A recorded call in which the identity was confirmed (录音).
    RecordedCall,
    /// A message to the reserved number, with a record of its arrival (到达记录).
    ReservedNumber,
    /// A line of the bank's own ledger: the debtor paid, or money was taken.
    LedgerEntry,
    /// A plan or request signed by the debtor (书面协议或申请).
    SignedPaper,
    /// A receipt of the mediation committee (调解受理回执).
    CommitteeReceipt,
    /// The newspaper page (报纸公告).
    PublishedNotice,
    /// Somebody says so (仅口头说明).
    BareAssertion,
}

impl Evidence {
    /// Every kind of evidence.
    pub const ALL: [Self; 10] = [
        Self::SignedReceipt,
        Self::CourtPaper,
        Self::RegisteredMail,
        Self::RecordedCall,
        Self::ReservedNumber,
        Self::LedgerEntry,
        Self::SignedPaper,
        Self::CommitteeReceipt,
        Self::PublishedNotice,
        Self::BareAssertion,
    ];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedReceipt => "signed_receipt",
            Self::CourtPaper => "court_paper",
            Self::RegisteredMail => "registered_mail",
            Self::RecordedCall => "recorded_call",
            Self::ReservedNumber => "reserved_number",
            Self::LedgerEntry => "ledger_entry",
            Self::SignedPaper => "signed_paper",
            Self::CommitteeReceipt => "committee_receipt",
            Self::PublishedNotice => "published_notice",
            Self::BareAssertion => "bare_assertion",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

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
