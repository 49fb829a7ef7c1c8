//! The limitation period (诉讼时效): until when a court will still hear a claim.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;

mod evidence;

pub use evidence::{Evidence, InterruptionKind};

/// Years a creditor has to go to court, counted from the last interruption.
///
/// Source: Civil Code (民法典) article 188.
pub const LIMITATION_YEARS: i16 = 3;

/// Years after which a court hears no claim, whatever happened in between.
///
/// Source: Civil Code article 188, second paragraph.
pub const LONG_STOP_YEARS: i16 = 20;

/// An obstacle stops the period only in its last months, and the period ends
/// this many months after the obstacle: Civil Code article 194.
pub const SUSPENSION_MONTHS: i32 = 6;

/// Something that began the period anew.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Interruption {
    /// The day it took effect: signed, arrived, agreed, filed.
    pub on: Date,
    /// The day from which the period runs again, when a proceeding lay between:
    /// the day it ended. While it lasts, `None`: the period is counted from
    /// the filing, the earlier and safer reading.
    pub resumes_on: Option<Date>,
    /// What happened.
    pub kind: InterruptionKind,
    /// What shows it.
    pub evidence: Evidence,
}

impl Interruption {
    /// An interruption without a proceeding.
    pub fn new(on: Date, kind: InterruptionKind, evidence: Evidence) -> Self {
        Self { on, resumes_on: None, kind, evidence }
    }

    /// Whether it would stand in court.
    pub fn is_proved(&self) -> bool {
        self.evidence.proves(self.kind)
    }

    fn runs_from(&self) -> Date {
        self.resumes_on.map_or(self.on, |it| it.max(self.on))
    }
}

/// An obstacle to going to court (时效中止), Civil Code article 194.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Suspension {
    /// The day the obstacle arose.
    pub from_on: Date,
    /// The day it was removed. While it lasts, `None`: it is not counted, so
    /// that plans lean on the earlier day.
    pub until_on: Option<Date>,
    /// What it is.
    pub kind: SuspensionKind,
}

/// What kept the creditor from going to court.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum SuspensionKind {
    /// No heir or administrator is settled (继承人或遗产管理人未确定).
    NoHeirOrAdministrator,
    /// Force majeure (不可抗力).
    ForceMajeure,
}

/// The limitation clock of one obligor.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct LimitationClock {
    /// The last instalment's due date (articles 188 and 189); not counted.
    pub starts_on: Date,
    /// What began it anew, in any order.
    pub interruptions: Vec<Interruption>,
    /// Obstacles, in any order.
    pub suspensions: Vec<Suspension>,
}

impl LimitationClock {
    /// A clock that nothing has touched yet.
    pub fn new(starts_on: Date) -> Self {
        Self { starts_on, interruptions: Vec::new(), suspensions: Vec::new() }
    }

    /// The last day on which the claim can be brought by what can be proved.
    ///
    /// The engine plans by this day.
    pub fn proved_expiry(&self) -> Date {
        self.expiry(Interruption::is_proved)
    }

    /// The last day on which it can be brought if everything claimed is true.
    pub fn claimed_expiry(&self) -> Date {
        self.expiry(|_| true)
    }

    /// The day by which to act: the last workday on or before the proved
    /// expiry. The plan never leans on article 203, which would move a last
    /// day that is a holiday to the next workday.
    pub fn plan_by(&self, calendar: &Calendar) -> Date {
        calendar.last_workday_on_or_before(self.proved_expiry())
    }

    /// Whether the period has run out on a day by what can be proved.
    pub fn has_expired(&self, today: Date) -> bool {
        self.proved_expiry() < today
    }

    fn expiry(&self, counts: impl Fn(&Interruption) -> bool) -> Date {
        let mut interruptions: Vec<_> =
            self.interruptions.iter().filter(|it| counts(it)).collect();
        interruptions.sort_unstable();
        let mut suspensions = self.suspensions.clone();
        suspensions.sort_unstable();

        let mut last_day = period_end(self.starts_on, &suspensions);
        for interruption in interruptions {
            // A period that has run out is not begun anew by anything: a
            // payment then is welcome, but the defence stays (article 192).
            let in_time =
                self.starts_on <= interruption.on && interruption.on <= last_day;
            if in_time {
                let renewed = period_end(interruption.runs_from(), &suspensions);
                last_day = last_day.max(renewed);
            }
        }
        last_day.min(self.starts_on.saturating_add(LONG_STOP_YEARS.years()))
    }
}

/// The corresponding day three years on, month end where there is none
/// (article 202), moved out by obstacles of its last six months.
fn period_end(starts_on: Date, suspensions: &[Suspension]) -> Date {
    let mut last_day = starts_on.saturating_add(LIMITATION_YEARS.years());
    for suspension in suspensions {
        let Some(removed_on) = suspension.until_on else { continue };
        let last_months_from = last_day.saturating_sub(SUSPENSION_MONTHS.months());
        if suspension.from_on <= last_day && last_months_from <= removed_on {
            last_day =
                last_day.max(removed_on.saturating_add(SUSPENSION_MONTHS.months()));
        }
    }
    last_day
}

/// The tightest warning that a number of days left has reached.
///
/// `warn_days` are the pack's thresholds, 180, 90, 30 and 7 in `cn-rcc`; the
/// order does not matter. `None` while none is reached.
pub fn warning_reached(days_left: i64, warn_days: &[u32]) -> Option<u32> {
    warn_days.iter().copied().filter(|it| days_left <= i64::from(*it)).min()
}

/// The days on which warnings fall, first to last, with their threshold.
pub fn warnings(expires_on: Date, warn_days: &[u32]) -> Vec<(Date, u32)> {
    let day = |days: &u32| (expires_on.saturating_sub(i64::from(*days).days()), *days);
    let mut all: Vec<_> = warn_days.iter().map(day).collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests;
