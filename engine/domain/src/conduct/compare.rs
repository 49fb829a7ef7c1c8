//! Where one pack allows more than another (放宽对照): a house may tighten the
//! rules that the program brings along, and never loosen them.

use super::annex::{Clocks, PlanRules, RewardRules};
use super::check::{Clue, min_collectors};
use super::overlay::{
    approval, cool_off, first_failing, frequency, hold, party, window, within,
};
use super::pack::{ConductRule, DerivedFact, PolicyPack, covers};

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
    /// Titles, sources, money and classes are not compared: nobody is
    /// contacted more for them.
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
        found.conduct(&new.conduct, &old.conduct);
        found.rules(&new.forbidden, &old.forbidden, |it| &it.act, |_, _| None);
        found.rules(&new.approvals, &old.approvals, |it| &it.action, approval);
        found.disclosures(self, base);
        found.plan(new.plan.as_ref(), old.plan.as_ref());
        found.reward(new.reward.as_ref(), old.reward.as_ref());
        found.rules(
            &new.retentions,
            &old.retentions,
            |it| &it.record,
            |old, new| {
                first_failing(&[
                    (old.years <= new.years, "保存年限更短"),
                    (old.from == new.from, "起算日不同"),
                    (within(&old.also_until, &new.also_until), "少了延长保存的情形"),
                ])
            },
        );
        found.clocks(&new.clock, &old.clock);
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

    fn disclosures(&mut self, new: &PolicyPack, old: &PolicyPack) {
        self.rules(
            &new.disclosures,
            &old.disclosures,
            |it| &it.on,
            |old, new| {
                let sooner = |old: Option<u32>, new: Option<u32>| {
                    old.is_none_or(|old| new.is_some_and(|new| new <= old))
                };
                first_failing(&[
                    (within(&old.to, &new.to), "少了应告知的人"),
                    (within(&old.must, &new.must), "少了应告知的内容"),
                    (old.before == new.before, "告知的时点不同"),
                    (sooner(old.within_days, new.within_days), "告知期限更长"),
                    (old.wait_days <= new.wait_days, "告知后等待更短"),
                ])
            },
        );
    }

    fn plan(&mut self, new: Option<&PlanRules>, old: Option<&PlanRules>) {
        let Some(old) = old else { return };
        let problem = new.map_or(Some(GONE), |new| {
            first_failing(&[
                (new.max_months <= old.max_months, "分期更长"),
                (
                    new.oral_agreement_needs == old.oral_agreement_needs,
                    "口头约定的要求不同",
                ),
                (new.keep_recording_until == old.keep_recording_until, "录音保存不同"),
            ])
        });
        self.add("plan", problem);
    }

    fn reward(&mut self, new: Option<&RewardRules>, old: Option<&RewardRules>) {
        let Some(old) = old else { return };
        let problem = new.map_or(Some(GONE), |new| {
            first_failing(&[
                (new.pays_on == old.pays_on, "计奖时点不同"),
                (within(&new.from_parties, &old.from_parties), "计奖的付款人更多"),
                (within(&old.withhold_on, &new.withhold_on), "少了暂缓的情形"),
                (within(&old.claw_back_on, &new.claw_back_on), "少了追回的情形"),
            ])
        });
        self.add("reward", problem);
    }

    /// Periods of law stay as they are; somebody may be told more often.
    fn clocks(&mut self, new: &Clocks, old: &Clocks) {
        let mut same = new.clone();
        let mut told = true;
        if let (Some(new), Some(old)) = (&mut same.limitation, &old.limitation) {
            told &= old.warn_days.iter().all(|day| new.warn_days.contains(day));
            new.warn_days.clone_from(&old.warn_days);
        }
        if let (Some(new), Some(old)) =
            (&mut same.guarantee_period, &old.guarantee_period)
        {
            told &= old.warn_days.iter().all(|day| new.warn_days.contains(day));
            new.warn_days.clone_from(&old.warn_days);
        }
        self.add("warn_days", (!told).then_some("少了提醒的天数"));
        self.add("clock", (same != *old).then_some("法定期间与内置规则包不同"));
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
