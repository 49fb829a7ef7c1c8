//! Numbers, accounts and addresses of people (联系方式), and how each of them stands.

use serde::{Deserialize, Serialize};

use crate::manifest::{Channel, Text, text};
use crate::words;

words! {
    /// What a person is reached by.
    #[derive(
        Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum PointKind {
        /// A telephone number (电话号码).
        Phone = "phone",
        /// An account of the official WeChat channel (微信账号).
        Wechat = "wechat",
        /// A postal address, or the village where there is none (住址).
        Address = "address",
    }
}

words! {
    /// How it stands.
    #[derive(
        Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
    )]
    #[serde(rename_all = "snake_case")]
    pub enum PointState {
        /// Somebody has given it, and nobody has found out yet (待核实).
        Given = "given",
        /// The person was reached there, or has consented (已核实).
        Confirmed = "confirmed",
        /// It reaches nobody, or somebody else (错号): used for nobody any more.
        Wrong = "wrong",
        /// The person wants no contact there (本人拒绝).
        Refused = "refused",
        /// The person lives there no more (已搬走).
        Moved = "moved",
    }
}

impl PointState {
    /// Whether nothing goes there any more.
    pub const fn is_out_of_use(self) -> bool {
        matches!(self, Self::Wrong | Self::Refused | Self::Moved)
    }

    /// Why nothing goes there, for one that is out of use.
    pub const fn refusal(self) -> Option<Text> {
        match self {
            Self::Given | Self::Confirmed => None,
            Self::Wrong => Some(text(
                "号码有误或不是本人的,已停用",
                "the number is wrong or somebody else's, and out of use",
            )),
            Self::Refused => Some(text(
                "本人拒绝用这一方式联系,已停用",
                "the person has refused to be contacted there",
            )),
            Self::Moved => Some(text(
                "已从这一地址搬走,不再寄信、上门",
                "the person has moved away from this address",
            )),
        }
    }
}

impl PointKind {
    /// The states that it can have.
    pub const fn states(self) -> &'static [PointState] {
        use PointState::{Confirmed, Given, Moved, Refused, Wrong};
        match self {
            Self::Phone => &[Given, Confirmed, Wrong, Refused],
            Self::Wechat => &[Given, Confirmed, Refused],
            Self::Address => &[Given, Confirmed, Moved],
        }
    }

    /// What an order by this channel goes to.
    pub const fn of(channel: Channel) -> Self {
        match channel {
            Channel::Phone | Channel::Sms => Self::Phone,
            Channel::WechatWork => Self::Wechat,
            Channel::LetterPost | Channel::LetterHand | Channel::Visit => Self::Address,
        }
    }
}

/// Hours of a day at which somebody is reached best, `18:00-20:30`; `None` for what is
/// no such span.
///
/// ```
/// use domain::point::hours;
///
/// assert_eq!(hours(" 8:00-9:30 ").as_deref(), Some("08:00-09:30"));
/// assert_eq!(hours("晚上"), None);
/// assert_eq!(hours("20:00-18:00"), None);
/// ```
pub fn hours(typed: &str) -> Option<String> {
    let plain = typed.trim().replace(['–', '—', '~', '至', '到'], "-").replace('：', ":");
    let (from, until) = plain.split_once('-')?;
    let (from, until) = (minute(from)?, minute(until)?);
    let shown = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    (from < until).then(|| format!("{}-{}", shown(from), shown(until)))
}

fn minute(typed: &str) -> Option<u32> {
    let typed = typed.trim();
    let (hour, minute) = typed.split_once(':').unwrap_or((typed, "0"));
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_use_says_why() {
        for state in PointState::ALL {
            assert_eq!(state.is_out_of_use(), state.refusal().is_some(), "{state}");
        }
    }

    #[test]
    fn a_number_moves_nowhere_and_an_address_is_never_wrong() {
        assert!(!PointKind::Phone.states().contains(&PointState::Moved));
        assert!(!PointKind::Address.states().contains(&PointState::Wrong));
        for kind in PointKind::ALL {
            assert!(kind.states().iter().any(|state| state.is_out_of_use()), "{kind}");
        }
    }

    #[test]
    fn hours_are_read_as_people_write_them() {
        let table = [
            ("18:00-20:00", Some("18:00-20:00")),
            ("18-20", Some("18:00-20:00")),
            ("8:05至9:00", Some("08:05-09:00")),
            ("12：00—13：30", Some("12:00-13:30")),
            ("24:00-25:00", None),
            ("9:60-10:00", None),
            ("9:00", None),
            ("", None),
        ];
        for (typed, read) in table {
            assert_eq!(hours(typed).as_deref(), read, "{typed}");
        }
    }
}
