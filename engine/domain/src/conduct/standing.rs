//! How a policy pack stands on a day and at a site (规则包的状态): from when it applies, by
//! when somebody has to look at it again, and by when a matter under it is to be settled.

use jiff::ToSpan;
use jiff::civil::Date;

use super::pack::PolicyPack;
use crate::hold::HoldReason;

/// What an administrator should see to in a pack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PackDoubt {
    /// It applies from a later day on.
    NotYet(Date),
    /// The day has gone by on which somebody should have looked at it again.
    ToBeReviewed(Date),
    /// Its hours are those of another time zone than the site's.
    OtherZone(String),
    /// It was written for another holiday calendar than the site's.
    OtherCalendar(String),
}

impl PolicyPack {
    /// What an administrator should see to on a day, at a site that lives by this time
    /// zone and this holiday calendar.
    pub fn doubts(&self, today: Date, zone: &str, calendar: &str) -> Vec<PackDoubt> {
        let head = &self.pack;
        let mut doubts = Vec::new();
        if today < head.effective_from {
            doubts.push(PackDoubt::NotYet(head.effective_from));
        }
        if head.review_by < today {
            doubts.push(PackDoubt::ToBeReviewed(head.review_by));
        }
        if head.timezone != zone {
            doubts.push(PackDoubt::OtherZone(head.timezone.clone()));
        }
        if head.calendar != calendar {
            doubts.push(PackDoubt::OtherCalendar(head.calendar.clone()));
        }
        doubts
    }

    /// Within how many days a hold for this reason has to be settled; `None` where the
    /// pack does not say.
    pub fn days_to_settle(&self, reason: HoldReason) -> Option<u32> {
        let rule = self.holds.iter().find(|hold| hold.on == reason.pack_name());
        rule.and_then(|rule| rule.sla_days)
    }

    /// The day by which a hold has to be settled that was placed on `placed_on`, which is
    /// not counted; `None` where the pack does not say.
    ///
    /// Source of the twenty days for disputes in `cn-rcc`: Regulation on the Credit
    /// Reporting Industry (征信业管理条例), article 25.
    pub fn settled_by(&self, reason: HoldReason, placed_on: Date) -> Option<Date> {
        let days = self.days_to_settle(reason)?;
        Some(placed_on.saturating_add(i64::from(days).days()))
    }
}
