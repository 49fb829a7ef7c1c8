//! Where one pack allows more than another (放宽对照): a house may tighten the
//! rules that the program brings along, and never loosen them.

use super::check::{Clue, min_collectors};
use super::pack::{
    ApprovalRule, ConductRule, CoolOff, DerivedFact, HoldRule, MaxAttempts, PartyRule,
    PolicyPack, Window, covers,
};
use super::rules::ALWAYS_KEPT;
use super::window::ContactWindow;

/// One rule that allows more than before (放宽之处).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Loosening {
    /// The rule's id or name.
    pub rule: String,
    /// Where it is looser.
    pub problem: String,
    /// For what names the pack, what it is in the other: it is not looser, it is
    /// another.
    pub differs_from: Option<String>,
}

const GONE: &str = "少了这条规则";

impl PolicyPack {
    /// Every rule in which this pack allows more than `base`, in the order of
    /// the pack; none when it is as tight or tighter.
    ///
    /// Titles and sources are not compared: nobody is contacted more for them.
    pub fn loosenings(&self, base: &Self) -> Vec<Loosening> {
        let mut found = Found(Vec::new());
        found.head(self, base);
        let (new, old) = (self, base);
        found.rules(&new.contact_windows, &old.contact_windows, |it| &it.id, window);
        found.rules(&new.max_attempts, &old.max_attempts, |it| &it.id, frequency);
        found.rules(&new.cool_offs, &old.cool_offs, |it| &it.id, cool_off);
        found.parties(self, base);
        found.rules(&new.derived_facts, &old.derived_facts, |it| &it.name, derived);
        found.rules(&new.holds, &old.holds, |it| &it.on, hold);
        found.further_holds(self, base);
        found.conduct(&new.conduct, &old.conduct);
        found.rules(&new.forbidden, &old.forbidden, |it| &it.act, |_, _| None);
        found.rules(&new.approvals, &old.approvals, |it| &it.action, approval);
        found.0
    }
}

struct Found(Vec<Loosening>);

impl Found {
    fn add(&mut self, rule: &str, problem: Option<&str>) {
        self.0.extend(problem.map(|problem| Loosening {
            rule: rule.to_owned(),
            problem: problem.to_owned(),
            differs_from: None,
        }));
    }

    fn head(&mut self, new: &PolicyPack, old: &PolicyPack) {
        let (new, old) = (&new.pack, &old.pack);
        for (name, new, old) in [
            ("id", &new.id, &old.id),
            ("jurisdiction", &new.jurisdiction, &old.jurisdiction),
            ("timezone", &new.timezone, &old.timezone),
            ("calendar", &new.calendar, &old.calendar),
        ] {
            if new != old {
                self.0.push(Loosening {
                    rule: name.to_owned(),
                    problem: "与内置规则包不同".to_owned(),
                    differs_from: Some(old.clone()),
                });
            }
        }
    }

    /// Every rule of the old list has to be there and be no looser.
    fn rules<T>(
        &mut self,
        new: &[T],
        old: &[T],
        name: fn(&T) -> &String,
        loosens: fn(&T, &T) -> Option<&'static str>,
    ) {
        for rule in old {
            let same = new.iter().find(|it| name(it) == name(rule));
            self.add(name(rule), same.map_or(Some(GONE), |it| loosens(rule, it)));
        }
    }

    /// A role without a rule is not contacted: a rule less is tighter, and one
    /// more is looser.
    fn parties(&mut self, new: &PolicyPack, old: &PolicyPack) {
        for rule in &new.party_rules {
            let before = old.party_rules.iter().find(|it| it.role == rule.role);
            let problem = match before {
                Some(before) => party(before, rule),
                None => Some("内置规则包没有该身份,即不得联络"),
            };
            self.add(&rule.role, problem);
        }
    }

    /// Duties have no names: each has to hold for each channel as before.
    fn conduct(&mut self, new: &[ConductRule], old: &[ConductRule]) {
        for rule in old {
            for must in &rule.must {
                let kept = |channel: &String| {
                    new.iter().any(|it| {
                        covers(&it.channels, Some(channel))
                            && it.must.iter().any(|new| is_at_least(new, must))
                    })
                };
                let all = rule.channels.iter().all(kept);
                self.add(must, (!all).then_some("少了行为要求"));
            }
        }
    }

    /// A rule for a hold that the old pack does not know.
    fn further_holds(&mut self, new: &PolicyPack, old: &PolicyPack) {
        let is_further = |it: &&HoldRule| !old.holds.iter().any(|has| has.on == it.on);
        for rule in new.holds.iter().filter(is_further) {
            self.add(&rule.on, new_hold(rule));
        }
    }
}

/// `min_collectors:3` asks for no less than `min_collectors:2`.
fn is_at_least(new: &str, old: &str) -> bool {
    new == old
        || min_collectors(old)
            .is_some_and(|old| min_collectors(new).is_some_and(|new| old <= new))
}

/// A derived fact opens a gate: it may come true in fewer ways alone.
fn derived(old: &DerivedFact, new: &DerivedFact) -> Option<&'static str> {
    let no_easier = |word: &String| {
        let clue = Clue::parse(word);
        old.any.iter().filter_map(|it| Clue::parse(it)).any(|it| match (it, clue) {
            (Clue::UnreachedAtLeast(old), Some(Clue::UnreachedAtLeast(new))) => {
                old <= new
            }
            (it, clue) => Some(it) == clue,
        })
    };
    first_failing(&[(new.any.iter().all(no_easier), "条件更宽")])
}

/// The first test that fails tells where the new rule is looser.
fn first_failing(tests: &[(bool, &'static str)]) -> Option<&'static str> {
    tests.iter().find(|test| !test.0).map(|test| test.1)
}

/// Whether every word of `fewer` is in `more`.
fn within(fewer: &[String], more: &[String]) -> bool {
    fewer.iter().all(|it| more.contains(it))
}

/// Whether a list with `*` binds at least what another binds.
fn binds_more(new: &[String], old: &[String]) -> bool {
    new.iter().any(|it| it == "*") || within(old, new)
}

fn consent_is_no_wider(old: Option<&String>, new: Option<&String>) -> bool {
    new.is_none() || new == old
}

fn window(old: &ContactWindow, new: &ContactWindow) -> Option<&'static str> {
    first_failing(&[
        (binds_more(&new.channels, &old.channels), "少了渠道"),
        (binds_more(&new.parties, &old.parties), "少了身份"),
        (new.is_within(old), "时段更宽"),
        (new.start_margin_min >= old.start_margin_min, "提前量更小"),
        (new.clock == old.clock, "时钟不同"),
        (
            consent_is_no_wider(old.unless_consent.as_ref(), new.unless_consent.as_ref()),
            "同意的例外更宽",
        ),
        (old.strength <= new.strength, "强制程度更低"),
    ])
}

fn frequency(old: &MaxAttempts, new: &MaxAttempts) -> Option<&'static str> {
    let window = match (old.window, new.window) {
        (Window::RollingDays { .. }, Window::CalendarDay {}) => false,
        (old, new) => old.days() <= new.days(),
    };
    first_failing(&[
        (binds_more(&new.channels, &old.channels), "少了渠道"),
        (binds_more(&new.parties, &old.parties), "少了身份"),
        (new.scope == old.scope, "计数范围不同"),
        (window, "计数天数更短"),
        (binds_more(&new.count, &old.count), "少计了结果"),
        (new.limit <= old.limit, "次数更多"),
        (
            consent_is_no_wider(old.unless_consent.as_ref(), new.unless_consent.as_ref()),
            "约定的例外更宽",
        ),
        (old.strength <= new.strength, "强制程度更低"),
    ])
}

fn cool_off(old: &CoolOff, new: &CoolOff) -> Option<&'static str> {
    first_failing(&[
        (binds_more(&new.channels, &old.channels), "少了渠道"),
        (new.scope == old.scope, "计数范围不同"),
        (binds_more(&new.after, &old.after), "少计了结果"),
        (old.days <= new.days, "天数更少"),
        (
            consent_is_no_wider(old.unless_consent.as_ref(), new.unless_consent.as_ref()),
            "同意的例外更宽",
        ),
        (old.strength <= new.strength, "强制程度更低"),
    ])
}

fn party(old: &PartyRule, new: &PartyRule) -> Option<&'static str> {
    first_failing(&[
        (within(&new.allow, &old.allow), "允许的行为更多"),
        (within(&old.requires, &new.requires), "少了前提"),
        (old.cap.is_none() || old.cap == new.cap, "责任上限不同"),
        (within(&new.may_disclose, &old.may_disclose), "可透露的更多"),
        (within(&old.never_disclose, &new.never_disclose), "禁止透露的更少"),
        (within(&old.stop_on, &new.stop_on), "少了终止条件"),
    ])
}

fn hold(old: &HoldRule, new: &HoldRule) -> Option<&'static str> {
    first_failing(&[
        (within(&old.effect, &new.effect), "少了效果"),
        (within(&new.keep, &old.keep), "可继续的事项更多"),
        (
            old.sla_days.is_none_or(|old| new.sla_days.is_some_and(|new| new <= old)),
            "办结期限更长",
        ),
    ])
}

/// A hold that the pack does not know stops everything but service, so a rule for it may
/// not let more go on.
fn new_hold(new: &HoldRule) -> Option<&'static str> {
    let kept = ALWAYS_KEPT.map(str::to_owned);
    first_failing(&[
        (within(&new.keep, &kept), "可继续的事项更多"),
        (new.effect.iter().any(|it| it == "no_demand"), "没有 `no_demand`"),
    ])
}

fn approval(old: &ApprovalRule, new: &ApprovalRule) -> Option<&'static str> {
    first_failing(&[(within(&old.needs, &new.needs), "需要的批准更少")])
}
