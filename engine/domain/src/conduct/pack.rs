//! The policy pack (合规规则包): what is allowed, as data with its sources.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

use super::window::ContactWindow;
use super::{check, retired};
use crate::toml_place::toml_place;

/// Why a pack was not taken; the good one stays in force.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PackError {
    /// The text is no policy pack: wrong syntax, or a field nobody knows.
    #[error("规则包第 {line} 行第 {column} 列:{message}")]
    NotAPack {
        /// Line, from 1.
        line: usize,
        /// Column, from 1, in characters.
        column: usize,
        /// What is wrong with it.
        message: String,
    },
    /// The text reads well but says something that cannot be.
    #[error("规则包第 {line} 行 `{rule}`:{problem}")]
    Unsound {
        /// The line that names the rule, 1 when none does.
        line: usize,
        /// The rule's id or name.
        rule: String,
        /// What is wrong with it.
        problem: String,
        /// The same in English.
        english: String,
    },
    /// A section, key or word that older programs took and that no rule reads.
    #[error("规则包第 {line} 行:`{name}` 已停用")]
    Retired {
        /// The line at which it stands, from 1.
        line: usize,
        /// What it is: `[money]`, `hold.until`, `stop_interest`.
        name: String,
    },
}

/// A whole policy pack.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyPack {
    /// Id, version and how doubt is settled.
    pub pack: PackHead,
    /// The content hash, given by the loader.
    #[serde(skip)]
    pub hash: String,
    /// Laws and rules that the pack leans on.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    /// When people may be contacted.
    #[serde(rename = "contact_window", default)]
    pub contact_windows: Vec<ContactWindow>,
    /// How often.
    #[serde(default)]
    pub max_attempts: Vec<MaxAttempts>,
    /// How long to wait after somebody was reached.
    #[serde(rename = "cool_off", default)]
    pub cool_offs: Vec<CoolOff>,
    /// Who may be told what.
    #[serde(rename = "party_rule")]
    pub party_rules: Vec<PartyRule>,
    /// Facts made from others.
    #[serde(rename = "derived_fact", default)]
    pub derived_facts: Vec<DerivedFact>,
    /// What stops contact.
    #[serde(rename = "hold", default)]
    pub holds: Vec<HoldRule>,
    /// How a contact has to be made.
    #[serde(default)]
    pub conduct: Vec<ConductRule>,
    /// What never happens, whatever a script asks.
    #[serde(default)]
    pub forbidden: Vec<Forbidden>,
    /// What needs somebody's leave.
    #[serde(rename = "approval", default)]
    pub approvals: Vec<ApprovalRule>,
    /// What a payment settles first; the order of the law where it says nothing.
    pub payment: Option<PaymentRule>,
}

impl PolicyPack {
    /// Reads and checks a pack. `hash` is the content hash of `text`, which the
    /// loader reckons; it goes into every record.
    ///
    /// # Errors
    ///
    /// [`PackError::NotAPack`] with the position of wrong syntax or an unknown
    /// field; [`PackError::Unsound`] for a rule that cannot be: a source that
    /// is not listed, a window that ends before it begins, an id used twice, a
    /// limit of nothing, a word the review would not understand;
    /// [`PackError::Retired`] for what older programs took and nothing reads.
    pub fn parse(text: &str, hash: &str) -> Result<Self, PackError> {
        if let Some(error) = retired::first(text) {
            return Err(error);
        }
        let pack = read::<Self>(text)?.checked(text, hash)?;
        check::no_idle_words(&pack, text)?;
        Ok(pack)
    }

    /// Reads the pack of a release that is on record: what has been retired since is
    /// left out, for the release has to run on and its reviews have to be replayed.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`], but for [`PackError::Retired`] and words that mean nothing.
    pub fn of_release(text: &str, hash: &str) -> Result<Self, PackError> {
        let pack: Result<Self, _> = match retired::without(text) {
            Some(table) => table.try_into().map_err(|error| not_a_pack(text, &error)),
            None => read(text),
        };
        pack?.checked(text, hash)
    }

    fn checked(mut self, text: &str, hash: &str) -> Result<Self, PackError> {
        hash.clone_into(&mut self.hash);
        check::check(&self, text)?;
        Ok(self)
    }

    /// `cn-rcc@2026.11.23`.
    pub fn label(&self) -> String {
        format!("{}@{}", self.pack.id, self.pack.version)
    }

    /// How many days back attempts bear on a review, the day of the review included.
    pub fn looks_back_days(&self) -> u32 {
        let counted = self.max_attempts.iter().map(|attempt| attempt.window.days());
        let pauses = self.cool_offs.iter().map(|off| off.days.saturating_add(1));
        counted.chain(pauses).max().unwrap_or(1)
    }

    /// The first word of every rule id made from this pack: `cn`.
    pub fn prefix(&self) -> String {
        self.pack.jurisdiction.to_lowercase()
    }
}

/// Reads TOML and says where it is wrong.
fn read<T: de::DeserializeOwned>(text: &str) -> Result<T, PackError> {
    toml::from_str(text).map_err(|error| not_a_pack(text, &error))
}

fn not_a_pack(text: &str, error: &toml::de::Error) -> PackError {
    let (line, column) = toml_place(text, error);
    PackError::NotAPack { line, column, message: error.message().to_owned() }
}

/// What a pack is.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackHead {
    /// `cn-rcc`.
    pub id: String,
    /// `2026.11.23`.
    pub version: String,
    /// For people.
    pub title: String,
    /// `CN`.
    pub jurisdiction: String,
    /// The zone of the pack's clock; the caller turns instants into it.
    pub timezone: String,
    /// The holiday calendar.
    pub calendar: String,
    /// From when it applies.
    #[serde(deserialize_with = "civil_date")]
    pub effective_from: Date,
    /// What a missing fact means.
    pub on_unknown_fact: OnUnknownFact,
    /// What a year without a calendar means for deadlines.
    pub on_unknown_calendar: OnUnknownCalendar,
    /// By when somebody has to look at it again.
    #[serde(deserialize_with = "civil_date")]
    pub review_by: Date,
}

/// What a missing fact means. There is one answer, and it is written down.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknownFact {
    /// It never opens a gate.
    Deny,
}

/// What a year without a calendar means for deadlines.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknownCalendar {
    /// No deadline is moved past it.
    DenyRoll,
}

/// A law, rule or custom that rules lean on.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name by which rules cite it.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Whether the text itself was read.
    pub seen: Seen,
    /// How it binds.
    pub force: Force,
}

/// Whether the text of a source was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The text itself.
    Primary,
    /// What others say of it.
    Secondary,
    /// Neither; to be confirmed.
    Memory,
    /// There is no text: a rule of the house.
    #[serde(rename = "n/a")]
    NotApplicable,
}

/// How a source binds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Force {
    /// 法律.
    Law,
    /// 司法解释.
    JudicialInterpretation,
    /// 规章及监管规定.
    Regulation,
    /// 推荐性标准.
    RecommendedStandard,
    /// 行业自律.
    SelfRegulatory,
    /// 本机构规定.
    HouseRule,
}

/// How firmly a rule is meant. The review keeps to all of them alike.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// 不宜.
    Should,
    /// Beyond it a breach is presumed.
    Presumption,
    /// 应当, 不得.
    Must,
}

/// How often people may be contacted (联络频次).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxAttempts {
    /// The rule's id.
    pub id: String,
    /// Channels it binds and counts, `*` for all.
    pub channels: Vec<String>,
    /// Roles it binds, `*` for all.
    pub parties: Vec<String>,
    /// Whose attempts are counted together.
    pub scope: Scope,
    /// Over which days.
    pub window: Window,
    /// Which outcomes count, `*` for every attempt made.
    pub count: Vec<String>,
    /// This many are allowed.
    pub limit: u32,
    /// An agreement that lifts it.
    pub unless_consent: Option<String>,
    /// How firmly it is meant.
    pub strength: Strength,
    /// Sources by id.
    pub source: Vec<String>,
}

/// Whose attempts are counted together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The same number or address.
    ContactPoint,
    /// The same person, or whoever has the same number.
    Party,
    /// The same person for the same debt; counted as the person, which is
    /// never looser.
    PartyDebt,
}

/// Over which days attempts are counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Window {
    /// The civil day.
    CalendarDay {},
    /// The last so many days; the day of an attempt is the first of them.
    RollingDays {
        /// How many.
        days: u32,
    },
}

impl Window {
    /// How many civil days it spans, today included.
    pub fn days(self) -> u32 {
        match self {
            Self::CalendarDay {} => 1,
            Self::RollingDays { days } => days,
        }
    }

    /// The first of its days, of which `today` is the last.
    pub(super) fn first_day(self, today: Date) -> Date {
        let past = i64::from(self.days().saturating_sub(1));
        today.saturating_sub(past.days())
    }
}

/// How long to wait after somebody was reached (冷静期).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoolOff {
    /// The rule's id.
    pub id: String,
    /// Channels it binds and counts, `*` for all.
    pub channels: Vec<String>,
    /// Whose attempts count.
    pub scope: Scope,
    /// The outcomes after which it begins.
    pub after: Vec<String>,
    /// Days, the day of the attempt being the first.
    pub days: u32,
    /// A consent that lifts it.
    pub unless_consent: Option<String>,
    /// How firmly it is meant.
    pub strength: Strength,
    /// Sources by id.
    pub source: Vec<String>,
}

/// What may be done towards a person of one role (对象).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyRule {
    /// The role.
    pub role: String,
    /// Acts that are allowed.
    pub allow: Vec<String>,
    /// Facts that have to hold.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Up to what the person is liable.
    pub cap: Option<String>,
    /// What may be said.
    #[serde(default)]
    pub may_disclose: Vec<String>,
    /// What may not.
    #[serde(default)]
    pub never_disclose: Vec<String>,
    /// What ends it.
    #[serde(default)]
    pub stop_on: Vec<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// A fact made from others.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DerivedFact {
    /// Its name, as `requires` cites it.
    pub name: String,
    /// Any of these makes it true: `all_numbers_invalid`,
    /// `consecutive_unreached>=3`.
    pub any: Vec<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// What stops contact, and what goes on (暂停).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldRule {
    /// The hold, see [`HoldReason::pack_name`](crate::hold::HoldReason::pack_name).
    pub on: String,
    /// What it does.
    pub effect: Vec<String>,
    /// Days, from the day on which it was placed, within which it has to be settled: the
    /// work that it gives is due by then.
    pub sla_days: Option<u32>,
    /// What goes on all the same.
    #[serde(default)]
    pub keep: Vec<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// What a payment settles first, where neither the contract nor the bank's own books say
/// (还款抵充顺序; Civil Code 561: costs, interest, principal, unless agreed otherwise).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentRule {
    /// `cost`, `interest`, `principal`, each once; `penalty` goes with interest where it is
    /// not named.
    pub order: Vec<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// How a contact has to be made (行为要求).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConductRule {
    /// Channels it binds.
    pub channels: Vec<String>,
    /// What has to be.
    pub must: Vec<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

/// What never happens (禁止行为).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forbidden {
    /// `channel:public`, `tag:follow_or_surround`, `demand:unrelated_third_party`.
    pub act: String,
    /// Why, in Chinese.
    pub reason: String,
    /// Sources by id.
    pub source: Vec<String>,
}

/// What needs somebody's leave (审批).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// The verb.
    pub action: String,
    /// `role:legal`, `doc:case_file`.
    pub needs: Vec<String>,
    /// For people.
    pub note: Option<String>,
    /// Sources by id.
    pub source: Vec<String>,
}

fn civil_date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    let it = toml::value::Date::deserialize(from)?;
    let date = || {
        let month = i8::try_from(it.month).ok()?;
        let day = i8::try_from(it.day).ok()?;
        Date::new(i16::try_from(it.year).ok()?, month, day).ok()
    };
    date().ok_or_else(|| de::Error::custom(format!("日期 `{it}` 不存在")))
}

/// Whether a list of channels or roles has a word in it; `*` has them all.
pub(super) fn covers(list: &[String], word: Option<&str>) -> bool {
    list.iter().any(|it| it == "*" || Some(it.as_str()) == word)
}
