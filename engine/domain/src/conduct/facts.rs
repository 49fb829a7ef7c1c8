//! What the review has to know (审查依据) besides the order itself.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::manifest::{Act, Channel};

/// The facts of one review; what is not known is `None` or left out, and a
/// rule that needs it says no.
///
/// The default knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConductFacts {
    /// The recipient is dead on record.
    pub recipient_deceased: Option<bool>,
    /// The recipient has refused all contact, for a third party.
    pub recipient_refused: bool,
    /// Consents on record, in the pack's words: `consent.out_of_hours`,
    /// `agreement.call_frequency`.
    pub consents: Vec<String>,
    /// The reasons of the holds in force on the case, as the store or the pack
    /// spells them.
    pub holds: Vec<String>,
    /// Attempts on the same person or the same number, on any case of theirs,
    /// at least as far back as the pack's longest window. The attempt under
    /// review is not among them.
    pub attempts: Vec<Attempt>,
    /// Attempts since anybody last reached the debtor.
    pub consecutive_unreached: Option<u32>,
    /// No number of the debtor works.
    pub all_numbers_invalid: Option<bool>,
    /// The guarantee period has not run out, for a guarantor.
    pub guarantee_within_period: Option<bool>,
    /// Documents on record: `death`, `joint_debt`, `administrator`,
    /// `inheritance_not_renounced`, `written_authority`, `case_file`.
    pub evidence: Vec<String>,
    /// The template is in the approved folder of the active release; `None`
    /// when the order names no template.
    pub template_approved: Option<bool>,
    /// What the approved template is, when it says so itself: a condolence
    /// sent with the verb `sms` is a notice, not a demand.
    pub template_act: Option<Act>,
    /// Who has agreed to this very order.
    pub approvals: Vec<Approval>,
    /// How many collectors will go, for a visit.
    pub planned_collectors: Option<u32>,
}

impl ConductFacts {
    pub(super) fn has_consent(&self, name: &str) -> bool {
        self.consents.iter().any(|it| it == name)
    }

    pub(super) fn has_evidence(&self, name: &str) -> bool {
        self.evidence.iter().any(|it| it == name)
    }
}

/// A person's leave for one order.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// The member of staff.
    pub by: String,
    /// What they may sign for: `supervisor`, `compliance`, `legal`, `risk`.
    pub roles: Vec<String>,
}

/// One attempt to reach somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// How.
    pub channel: Channel,
    /// When, in the clock of the review.
    pub at: DateTime,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// It went to the same number or address.
    pub same_point: bool,
    /// It went to the same person.
    pub same_party: bool,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// Handed over, nobody has reported yet.
    Reserved,
    /// It left the house.
    Delivered,
    /// People talked.
    Conversation,
    /// It rang.
    NoAnswer,
    /// Engaged.
    Busy,
    /// Turned away.
    Rejected,
    /// A machine answered.
    Voicemail,
    /// The number does not exist.
    Invalid,
    /// Met in person.
    Met,
    /// Nobody was in.
    Absent,
    /// Reached, and wants no contact.
    RefusedParty,
    /// It never left the house.
    Failed,
}

impl AttemptOutcome {
    /// Every outcome.
    pub const ALL: [Self; 12] = [
        Self::Reserved,
        Self::Delivered,
        Self::Conversation,
        Self::NoAnswer,
        Self::Busy,
        Self::Rejected,
        Self::Voicemail,
        Self::Invalid,
        Self::Met,
        Self::Absent,
        Self::RefusedParty,
        Self::Failed,
    ];

    /// The word used in tables and policy packs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Delivered => "delivered",
            Self::Conversation => "conversation",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Rejected => "rejected",
            Self::Voicemail => "voicemail",
            Self::Invalid => "invalid",
            Self::Met => "met",
            Self::Absent => "absent",
            Self::RefusedParty => "refused_party",
            Self::Failed => "failed",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether the person counts as reached.
    ///
    /// An attempt nobody has reported on does: a report left out must not make
    /// room for another call.
    pub fn is_effective(self) -> bool {
        matches!(
            self,
            Self::Reserved
                | Self::Delivered
                | Self::Conversation
                | Self::Met
                | Self::RefusedParty
        )
    }

    /// Whether it counts under one of the words of a frequency rule.
    ///
    /// `*` is every attempt that left the house.
    pub(super) fn counts_as(self, words: &[String]) -> bool {
        words.iter().any(|word| match word.as_str() {
            "*" => self != Self::Failed,
            "conversation" => self.is_effective(),
            word => word == self.as_str(),
        })
    }
}
