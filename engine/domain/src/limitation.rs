//! The limitation period (诉讼时效): until when a court will still hear a claim.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::words;

mod acts;
mod evidence;

pub use acts::{ClockAct, ClockActKind, Record, TermAct};
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

words! {
    /// What kept the creditor from going to court.
    ///
    /// Source: Civil Code article 194, numbers 1, 3, 4 and 5. Number 2, a creditor who
    /// cannot act for themselves, does not happen to an institution.
    #[derive(
        Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum SuspensionKind {
        /// No heir or administrator is settled (继承人或遗产管理人未确定).
        NoHeirOrAdministrator = "no_heir_or_administrator",
        /// Force majeure (不可抗力).
        ForceMajeure = "force_majeure",
        /// Another obstacle that a court would take (其他障碍).
        OtherObstacle = "other_obstacle",
    }
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
    /// What was done about the day on which the debt falls due, in any order.
    #[serde(default)]
    pub terms: Vec<TermAct>,
}

impl LimitationClock {
    /// A clock that nothing has touched yet.
    pub fn new(starts_on: Date) -> Self {
        Self {
            starts_on,
            interruptions: Vec::new(),
            suspensions: Vec::new(),
            terms: Vec::new(),
        }
    }

    /// The last day on which the claim can be brought by what can be proved.
    ///
    /// The engine plans by this day.
    pub fn proved_expiry(&self) -> Date {
        let mut suspensions = self.suspensions.clone();
        suspensions.sort_unstable();
        let interruptions =
            self.interruptions.iter().filter(|interruption| interruption.is_proved());
        let mut events: Vec<Event> =
            interruptions.map(|interruption| Event::of(*interruption)).collect();
        events.extend(self.terms.iter().map(|term| Event::about(*term)));
        events.sort_unstable();
        let mut run = Run::new(self.starts_on, &suspensions);
        for event in events {
            match event.what {
                Happened::Term(act) => run.change_term(act, &suspensions),
                Happened::Interruption(it) => run.begin_anew(&it, &suspensions),
            }
        }
        run.last_day.min(run.long_stop())
    }
}

/// Something that bears on the period, in the order in which it counts: on one day the
/// debt falls due first, and is asked for then.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Event {
    on: Date,
    what: Happened,
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Happened {
    Term(TermAct),
    Interruption(Interruption),
}

impl Event {
    fn of(interruption: Interruption) -> Self {
        Self { on: interruption.on, what: Happened::Interruption(interruption) }
    }

    fn about(act: TermAct) -> Self {
        Self { on: act.on(), what: Happened::Term(act) }
    }
}

/// The period as far as it has been followed.
struct Run {
    starts_on: Date,
    last_day: Date,
}

impl Run {
    fn new(starts_on: Date, suspensions: &[Suspension]) -> Self {
        Self { starts_on, last_day: period_end(starts_on, suspensions) }
    }

    fn begin_anew(&mut self, it: &Interruption, suspensions: &[Suspension]) {
        // A period that has run out is not begun anew by anything: a payment then is
        // welcome, but the defence stays (article 192, second paragraph).
        let in_time = self.starts_on <= it.on && it.on <= self.last_day;
        // Whoever has twenty years behind them has no period that could begin again.
        if in_time && it.on <= self.long_stop() {
            self.last_day = self.last_day.max(period_end(it.runs_from(), suspensions));
        }
    }

    fn change_term(&mut self, act: TermAct, suspensions: &[Suspension]) {
        match act {
            // All falls due at once; what is due already does not fall due again.
            TermAct::Accelerated { on } => {
                if on < self.starts_on {
                    *self = Self::new(on, suspensions);
                }
            }
            // In time it moves the day on which the debt falls due.
            TermAct::Extended { signed_on, until } => {
                if signed_on <= self.last_day && signed_on <= self.long_stop() {
                    self.run_from(until.max(signed_on), suspensions);
                }
            }
            // After the end it is a debt of its own, with a period of its own.
            TermAct::AgreedAnew { signed_on, until } => {
                let from = until.max(signed_on);
                if signed_on <= self.last_day.min(self.long_stop()) {
                    self.run_from(from, suspensions);
                } else {
                    *self = Self::new(from, suspensions);
                }
            }
        }
    }

    fn run_from(&mut self, day: Date, suspensions: &[Suspension]) {
        self.starts_on = self.starts_on.max(day);
        self.last_day = self.last_day.max(period_end(day, suspensions));
    }

    fn long_stop(&self) -> Date {
        self.starts_on.saturating_add(LONG_STOP_YEARS.years())
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

#[cfg(test)]
mod tests;
