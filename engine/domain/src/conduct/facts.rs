//! What the review has to know (审查依据) besides the order itself.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::manifest::{Act, Channel};
use crate::point::PointState;
use crate::words;

/// The facts of one review; what is not known is `None` or left out, and a
/// rule that needs it says no.
///
/// The default knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConductFacts {
    /// The recipient is dead on record.
    pub recipient_deceased: Option<bool>,
    /// How the number, account or address stands to which it would go, where nothing
    /// goes there any more.
    #[serde(default)]
    pub point_out_of_use: Option<PointState>,
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
        self.consents.iter().any(|consent| consent == name)
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

words! {
    /// What came of an attempt.
    #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum AttemptOutcome {
        /// Handed over, nobody has reported yet.
        Reserved = "reserved",
        /// It left the house.
        Delivered = "delivered",
        /// People talked.
        Conversation = "conversation",
        /// It rang.
        NoAnswer = "no_answer",
        /// Engaged.
        Busy = "busy",
        /// Turned away.
        Rejected = "rejected",
        /// A machine answered.
        Voicemail = "voicemail",
        /// The number does not exist.
        Invalid = "invalid",
        /// Met in person.
        Met = "met",
        /// Nobody was in.
        Absent = "absent",
        /// Reached, and wants no contact.
        RefusedParty = "refused_party",
        /// It never left the house.
        Failed = "failed",
    }
}

impl AttemptOutcome {
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
