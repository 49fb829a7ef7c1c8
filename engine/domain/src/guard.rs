//! The guard on what leaves (发送把关): how many contacts of a channel a day may
//! make before a person has to say that they are meant.
//!
//! A script edit, an import, a first start, a setting, a calendar or the end of
//! a pause can each write to thousands of people at once. The guard asks for no
//! cause: it counts the contacts of a day before the first of them is handed
//! over, and compares them with the usual day.

use std::collections::BTreeMap;

use crate::manifest::Channel;

/// So many of the latest days on which anything left tell the usual day.
pub const USUAL_DAYS: usize = 10;

/// The bounds that a site sets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// So many times the usual day.
    pub times: u32,
    /// A day of so many contacts is never asked about.
    pub at_least: u32,
    /// Channels with a bound of their own, whatever their usual day is.
    pub channels: BTreeMap<Channel, u32>,
    /// Visits that one collector may be given a day.
    pub visits_per_collector: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            times: 2,
            at_least: 100,
            channels: BTreeMap::new(),
            visits_per_collector: 20,
        }
    }
}

impl Bounds {
    /// The contacts that a channel may make on a day whose usual is known.
    ///
    /// ```
    /// use domain::guard::Bounds;
    /// use domain::manifest::Channel;
    ///
    /// let bounds = Bounds::default();
    /// assert_eq!(bounds.of_day(Channel::Sms, 0), 100);
    /// assert_eq!(bounds.of_day(Channel::Sms, 400), 800);
    /// ```
    pub fn of_day(&self, channel: Channel, usual: u64) -> u64 {
        match self.channels.get(&channel) {
            Some(own) => u64::from(*own),
            None => usual.saturating_mul(self.times.into()).max(self.at_least.into()),
        }
    }
}

/// The contacts of a usual day: the median of the latest days on which any were
/// made, so that one day that a person let go above the bound moves little.
/// Nothing is usual where nothing has left yet.
///
/// ```
/// use domain::guard::usual;
///
/// assert_eq!(usual(&[]), 0);
/// assert_eq!(usual(&[80, 9_000, 90]), 90);
/// assert_eq!(usual(&[80, 90]), 85);
/// ```
pub fn usual(days: &[u64]) -> u64 {
    let mut days: Vec<u64> = days.iter().copied().filter(|day| 0 < *day).collect();
    days.sort_unstable();
    let middle = days.len() / 2;
    match days.len() {
        0 => 0,
        odd if odd % 2 == 1 => days[middle],
        _ => days[middle - 1].midpoint(days[middle]),
    }
}

/// The contacts of one channel, or of one collector's visits, on one day.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Day {
    /// What may leave without a question.
    pub bound: u64,
    /// Contacts that were counted in already.
    pub counted: u64,
    /// Those of them that a person has let go.
    pub let_go: u64,
    /// Contacts that want to leave today and have not been counted.
    pub fresh: u64,
    /// What may still become a contact in a moment: timers that are due, a scan
    /// that has not ended, orders that come back from the end of a pause.
    pub coming: u64,
}

/// What the guard says of the fresh contacts of a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// So many of them may leave; the others wait for the next day, because
    /// what a person has let go uses today's bound up.
    Leave(u64),
    /// It is not known yet how many there will be.
    NotYet,
    /// They are more than the bound: a person has to say that they are meant.
    Ask,
}

impl Day {
    /// Whether the fresh contacts may leave.
    ///
    /// Only the day's own contacts are held against the bound: what a person
    /// has let go was asked about.
    pub fn answer(&self) -> Answer {
        if self.fresh == 0 {
            // A bound that was lowered below what has left asks about nothing.
            return Answer::Leave(0);
        }
        let own = self.counted.saturating_sub(self.let_go);
        let wanted = own.saturating_add(self.fresh);
        if self.bound < wanted {
            Answer::Ask
        } else if self.bound < wanted.saturating_add(self.coming) {
            Answer::NotYet
        } else {
            Answer::Leave(self.fresh.min(self.room()))
        }
    }

    /// What is left of the bound.
    pub fn room(&self) -> u64 {
        self.bound.saturating_sub(self.counted)
    }

    /// How much of the bound is there today for what waits since a person said
    /// "at the bound a day", when a usual day has `usual` contacts of its own:
    /// they shall not wait behind it. It is half of the bound at least, or the
    /// rest of it.
    pub fn room_for_backlog(&self, usual: u64) -> u64 {
        let own = self.counted.saturating_sub(self.let_go).saturating_add(self.fresh);
        let expected = usual.min(self.bound / 2).max(own);
        self.room().min(self.bound.saturating_sub(expected).saturating_sub(self.let_go))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bound_is_twice_the_usual_day_a_hundred_at_least_or_what_is_set() {
        let bounds = Bounds {
            channels: BTreeMap::from([(Channel::Visit, 30)]),
            ..Bounds::default()
        };
        let table = [
            (Channel::Sms, 0, 100),
            (Channel::Sms, 50, 100),
            (Channel::Sms, 51, 102),
            (Channel::Visit, 0, 30),
            (Channel::Visit, 900, 30),
        ];
        for (channel, usual, bound) in table {
            assert_eq!(bounds.of_day(channel, usual), bound, "{channel:?} {usual}");
        }
    }

    #[test]
    fn a_day_is_asked_about_when_its_own_contacts_exceed_the_bound() {
        let day = |counted, let_go, fresh, coming| {
            Day { bound: 100, counted, let_go, fresh, coming }.answer()
        };
        let table = [
            (day(0, 0, 100, 0), Answer::Leave(100)),
            (day(0, 0, 101, 0), Answer::Ask),
            (day(60, 0, 40, 0), Answer::Leave(40)),
            (day(60, 0, 41, 0), Answer::Ask),
            // whoever is still being worked on may be the hundred and first
            (day(0, 0, 100, 1), Answer::NotYet),
            (day(0, 0, 10, 90), Answer::Leave(10)),
            (day(0, 0, 101, 9_000), Answer::Ask),
            // what a person let go leaves no room, but is no reason to ask
            (day(100, 100, 100, 0), Answer::Leave(0)),
            (day(100, 60, 61, 0), Answer::Ask),
            (day(90, 60, 20, 0), Answer::Leave(10)),
            (day(5_000, 5_000, 30, 0), Answer::Leave(0)),
            // the bound was lowered since, and nothing wants to leave
            (day(300, 60, 0, 0), Answer::Leave(0)),
            (day(300, 60, 0, 9), Answer::Leave(0)),
            (day(300, 60, 1, 0), Answer::Ask),
        ];
        for (at, (got, expected)) in table.into_iter().enumerate() {
            assert_eq!(got, expected, "line {at}");
        }
    }

    #[test]
    fn what_waits_since_a_go_leaves_room_for_the_usual_day() {
        let room = |counted, let_go, usual| {
            Day { bound: 200, counted, let_go, ..Day::default() }.room_for_backlog(usual)
        };
        assert_eq!(room(0, 0, 0), 200, "nothing else is usual");
        assert_eq!(room(0, 0, 80), 120);
        assert_eq!(room(0, 0, 900), 100, "it is never starved");
        assert_eq!(room(120, 120, 80), 0);
        assert_eq!(room(150, 20, 80), 50, "a busy day leaves the rest");
    }

    proptest! {
        /// Whatever comes in, in whatever portions, a day without a question
        /// stays within its bound.
        #[test]
        fn no_more_than_the_bound_leaves_without_a_question(
            bound in 0_u64..50,
            portions in prop::collection::vec((0_u64..40, 0_u64..40, 0_u64..60), 0..30),
        ) {
            let mut day = Day { bound, ..Day::default() };
            for (fresh, coming, usual) in portions {
                day = Day { fresh, coming, ..day };
                if let Answer::Leave(count) = day.answer() {
                    prop_assert!(count <= fresh);
                    day.counted += count;
                }
                day.fresh = 0;
                let more = day.room_for_backlog(usual);
                day.counted += more;
                day.let_go += more;
                prop_assert!(day.counted <= bound);
            }
        }
    }
}
