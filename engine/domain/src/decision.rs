//! What a script decides (决定): where a case goes next and when.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Exactly one of these is the answer of every handler.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Decision {
    /// Enter another stage in the same wake-up.
    Go {
        /// The stage to enter.
        stage: String,
    },
    /// Wait, then enter a stage.
    Wait {
        /// How long, as a rule that moves with calendar and ledger.
        rule: WaitRule,
        /// The stage to enter when it fires.
        next: String,
    },
    /// Keep the stage and the timer as they are.
    Stay,
    /// Place a hold on the case.
    Pause {
        /// `complaint`, `dispute`, `hardship`, …
        reason: String,
    },
    /// Close this instance and open another workflow of the same lane.
    Become {
        /// The other workflow.
        workflow: String,
    },
    /// Close this instance.
    Finish {
        /// Why, in a word for the reports.
        reason: String,
    },
}

impl Decision {
    /// The word by which journal and lists know it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Go { .. } => "go",
            Self::Wait { .. } => "wait",
            Self::Stay => "stay",
            Self::Pause { .. } => "pause",
            Self::Become { .. } => "become",
            Self::Finish { .. } => "finish",
        }
    }
}

/// What was asked of a wait, kept beside the instant it came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitRule {
    /// N civil days: fires at opening time of the Nth day after.
    Days(u32),
    /// N workdays: fires at opening time of the Nth workday after.
    Workdays(u32),
    /// N hours, to the minute.
    Hours(u32),
    /// Opening time of a date.
    Until(Date),
    /// Opening time of the day on which the case is N days past due; it moves
    /// with the oldest unpaid due date.
    Overdue(u32),
}

/// The longest wait a script may ask for, in days: ten years.
pub const LONGEST_WAIT_DAYS: u32 = 3660;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_written_by_its_word() {
        let word = || "talk".to_owned();
        let all = [
            Decision::Go { stage: word() },
            Decision::Wait { rule: WaitRule::Days(2), next: word() },
            Decision::Stay,
            Decision::Pause { reason: word() },
            Decision::Become { workflow: word() },
            Decision::Finish { reason: word() },
        ];
        for decision in all {
            let written = serde_json::to_value(&decision).unwrap();
            assert_eq!(written["do"], decision.as_str());
        }
    }
}
