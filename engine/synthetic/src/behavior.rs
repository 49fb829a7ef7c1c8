//! How a made-up debtor answers (客户脾气): who pays, who promises, who hides.

use domain::manifest::Channel;
use jiff::civil::Date;

use super::rng::Rng;

/// What kind of debtor somebody is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Behavior {
    /// Pays unasked (按时还款).
    Punctual,
    /// Pays once reminded (疏忽).
    Forgetful,
    /// Promises at once and keeps about half of it (保证还款型).
    Promiser,
    /// Does not pick up, is seldom at home (推托型).
    Evasive,
    /// Listens and does not pay before a letter comes (顽固型).
    Stubborn,
    /// Would pay and cannot; pays in parts (资金紧张).
    Distressed,
    /// Has moved away, the number is dead (失联).
    Unreachable,
    /// Feels wronged and complains (不满).
    Aggrieved,
}

impl Behavior {
    /// Every behavior.
    pub const ALL: [Self; 8] = [
        Self::Punctual,
        Self::Forgetful,
        Self::Promiser,
        Self::Evasive,
        Self::Stubborn,
        Self::Distressed,
        Self::Unreachable,
        Self::Aggrieved,
    ];

    /// Why such a debtor does not pay, as a conversation brings it out.
    pub fn cause(self) -> &'static str {
        match self {
            Self::Punctual | Self::Forgetful => "oversight",
            Self::Promiser | Self::Distressed => "short_of_cash",
            Self::Evasive | Self::Stubborn | Self::Unreachable => "deliberate",
            Self::Aggrieved => "dissatisfied",
        }
    }
}

/// What follows from one delivered contact.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reaction {
    /// What a call came to, or a visit: `conversation`, `no_answer`, `met`,
    /// `absent`, …; `None` for messages and letters.
    pub outcome: Option<&'static str>,
    /// Why the debtor does not pay, when it was learned.
    pub cause: Option<&'static str>,
    /// A promise that was made.
    pub promise: Option<Share>,
    /// What is paid, kept promise or not.
    pub payment: Option<Share>,
    /// The debtor complains.
    pub complains: bool,
}

/// A part of what is overdue, some days later.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Share {
    /// Days after the contact.
    pub in_days: u32,
    /// How much of the overdue amount, in thousandths.
    pub per_mille: u32,
}

impl Behavior {
    /// How a debtor answers the `nth` contact about a case, counted from 1.
    ///
    /// The same arguments give the same answer, so that a rehearsal can be
    /// repeated.
    pub fn react(
        self,
        seed: u64,
        case_no: &str,
        nth: u32,
        channel: Channel,
        on: Date,
    ) -> Reaction {
        let day = u64::from(on.day_of_year().unsigned_abs())
            + u64::from(on.year().unsigned_abs()) * 400;
        let number = day * 1000 + u64::from(nth) * 10 + channel as u64;
        let mut rng = Rng::of(seed, case_no, number);
        let outcome = self.outcome(&mut rng, channel);
        let reached = matches!(outcome, Some("conversation" | "met"));
        let silent = outcome.is_some() && !reached;
        let mut reaction = Reaction {
            outcome,
            cause: reached.then(|| self.cause()),
            ..Reaction::default()
        };
        if silent {
            return reaction;
        }
        reaction.complains = rng.chance(self.complaint_rate(nth));
        if reached && rng.chance(self.promise_rate()) {
            self.promise(&mut rng, &mut reaction);
        } else if rng.chance(self.payment_rate(channel, nth)) {
            let in_days = rng.between(1, 6);
            reaction.payment = Some(Share { in_days, per_mille: self.part(&mut rng) });
        }
        reaction
    }

    fn outcome(self, rng: &mut Rng, channel: Channel) -> Option<&'static str> {
        let (call, visit) = match self {
            Self::Punctual | Self::Forgetful | Self::Promiser => (850, 800),
            Self::Stubborn | Self::Distressed | Self::Aggrieved => (700, 700),
            Self::Evasive => (200, 450),
            Self::Unreachable => (0, 60),
        };
        match channel {
            Channel::Phone if rng.chance(call) => Some("conversation"),
            Channel::Phone if self == Self::Unreachable => Some("invalid"),
            Channel::Phone => {
                Some(rng.weighted(&[("no_answer", 6), ("busy", 2), ("rejected", 2)]))
            }
            Channel::Visit if rng.chance(visit) => Some("met"),
            Channel::Visit => Some("absent"),
            Channel::Sms
            | Channel::WechatWork
            | Channel::LetterPost
            | Channel::LetterHand => None,
        }
    }

    /// Some promises are kept in time, some in part, and the rest not at all.
    fn promise(self, rng: &mut Rng, reaction: &mut Reaction) {
        let in_days = rng.between(3, 10);
        let per_mille = if self == Self::Distressed { 300 } else { 1000 };
        reaction.promise = Some(Share { in_days, per_mille });
        let (kept, late, partial) = match self {
            Self::Punctual | Self::Forgetful => (900, 50, 0),
            Self::Distressed => (550, 100, 150),
            Self::Promiser => (450, 120, 130),
            Self::Evasive | Self::Stubborn | Self::Unreachable | Self::Aggrieved => {
                (250, 80, 80)
            }
        };
        let throw = rng.throw(1000);
        reaction.payment = if throw < kept {
            Some(Share { in_days: in_days - rng.throw(2), per_mille })
        } else if throw < kept + late {
            Some(Share { in_days: in_days + rng.between(1, 5), per_mille })
        } else if throw < kept + late + partial {
            Some(Share { in_days, per_mille: per_mille / 2 })
        } else {
            None
        };
    }

    fn promise_rate(self) -> u32 {
        match self {
            Self::Promiser => 850,
            Self::Distressed => 600,
            Self::Evasive => 450,
            Self::Punctual | Self::Forgetful => 350,
            Self::Aggrieved => 200,
            Self::Stubborn => 120,
            Self::Unreachable => 50,
        }
    }

    /// Letters move those whom messages do not, and every further contact
    /// moves a little less.
    fn payment_rate(self, channel: Channel, nth: u32) -> u32 {
        let letter = matches!(channel, Channel::LetterPost | Channel::LetterHand);
        let base = match self {
            Self::Punctual => 900,
            Self::Forgetful => 600,
            Self::Promiser => 120,
            Self::Distressed => 150,
            Self::Evasive if letter => 200,
            Self::Stubborn if letter => 300,
            Self::Aggrieved => 60,
            Self::Evasive | Self::Stubborn => 30,
            Self::Unreachable => 5,
        };
        base * 4 / (3 + nth.max(1))
    }

    fn part(self, rng: &mut Rng) -> u32 {
        match self {
            Self::Distressed => 100 + 100 * rng.throw(3),
            Self::Promiser | Self::Evasive | Self::Aggrieved if rng.chance(400) => 500,
            _ => 1000,
        }
    }

    fn complaint_rate(self, nth: u32) -> u32 {
        match self {
            Self::Aggrieved => (15 * nth).min(90),
            Self::Stubborn => (2 * nth).min(10),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Date = Date::constant(2026, 4, 7);

    fn reactions(behavior: Behavior, channel: Channel) -> Vec<Reaction> {
        (0..2000)
            .map(|it| behavior.react(1, &format!("QS{it}"), 1, channel, ON))
            .collect()
    }

    #[test]
    fn the_same_contact_gets_the_same_answer() {
        for behavior in Behavior::ALL {
            for channel in Channel::ALL {
                assert_eq!(reactions(behavior, channel), reactions(behavior, channel));
            }
        }
    }

    #[test]
    fn messages_and_letters_have_no_outcome_and_calls_and_visits_always_have_one() {
        for behavior in Behavior::ALL {
            for channel in Channel::ALL {
                let personal = matches!(channel, Channel::Phone | Channel::Visit);
                for reaction in reactions(behavior, channel) {
                    assert_eq!(
                        reaction.outcome.is_some(),
                        personal,
                        "{behavior:?} {channel:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn nobody_who_was_not_reached_promises_pays_or_complains() {
        for behavior in Behavior::ALL {
            for reaction in reactions(behavior, Channel::Phone) {
                if reaction.outcome != Some("conversation") {
                    let silent =
                        Reaction { outcome: reaction.outcome, ..Reaction::default() };
                    assert_eq!(reaction, silent, "{behavior:?}");
                }
            }
        }
    }

    #[test]
    fn tempers_differ_as_they_do_in_the_field() {
        let paid = |behavior, channel| {
            reactions(behavior, channel)
                .iter()
                .filter(|reaction| reaction.payment.is_some())
                .count()
        };
        assert!(1000 < paid(Behavior::Forgetful, Channel::Sms));
        assert!(paid(Behavior::Stubborn, Channel::Sms) < 150);
        assert!(400 < paid(Behavior::Stubborn, Channel::LetterHand));
        assert_eq!(paid(Behavior::Unreachable, Channel::Phone), 0);
        let broken = reactions(Behavior::Promiser, Channel::Phone)
            .iter()
            .filter(|reaction| reaction.promise.is_some() && reaction.payment.is_none())
            .count();
        assert!((200..700).contains(&broken), "{broken}");
        assert!(
            reactions(Behavior::Aggrieved, Channel::Phone)
                .iter()
                .any(|reaction| reaction.complains)
        );
    }
}
