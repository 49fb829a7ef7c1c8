//! A cooperative's own rules on top of the pack (附加规则): they may only tighten.

use serde::Deserialize;

use super::pack::{
    ApprovalRule, ConductRule, CoolOff, Forbidden, HoldRule, MaxAttempts, PackError,
    PartyRule, PolicyPack, Source, Window, read,
};
use super::window::ContactWindow;

/// Rules of one house, written in full in the shape of the pack's own.
///
/// A rule whose name is in the pack replaces it and must be at least as tight;
/// a rule with a new name is added.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// What it is.
    pub overlay: OverlayHead,
    /// Further sources.
    #[serde(rename = "source", default)]
    pub sources: Vec<Source>,
    /// Tighter or further windows, by `id`.
    #[serde(rename = "contact_window", default)]
    pub contact_windows: Vec<ContactWindow>,
    /// Lower or further limits, by `id`.
    #[serde(default)]
    pub max_attempts: Vec<MaxAttempts>,
    /// Longer or further pauses, by `id`.
    #[serde(rename = "cool_off", default)]
    pub cool_offs: Vec<CoolOff>,
    /// Fewer acts or more requirements, by `role`.
    #[serde(rename = "party_rule", default)]
    pub party_rules: Vec<PartyRule>,
    /// More effects or less that goes on, by `on`.
    #[serde(rename = "hold", default)]
    pub holds: Vec<HoldRule>,
    /// Further duties.
    #[serde(default)]
    pub conduct: Vec<ConductRule>,
    /// Further prohibitions.
    #[serde(default)]
    pub forbidden: Vec<Forbidden>,
    /// More that needs leave, by `action`.
    #[serde(rename = "approval", default)]
    pub approvals: Vec<ApprovalRule>,
}

/// What an overlay is.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverlayHead {
    /// The house's name for it.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The pack it is written for.
    pub tightens: String,
}

impl Overlay {
    /// Reads an overlay; [`PolicyPack::tighten`] checks it.
    ///
    /// # Errors
    ///
    /// [`PackError::NotAPack`] with the position of wrong syntax or an unknown
    /// field.
    pub fn parse(text: &str) -> Result<Self, PackError> {
        read(text)
    }
}

impl PolicyPack {
    /// This pack with a house's own rules on top.
    ///
    /// The label becomes `cn-rcc@2026.11.23+house@1`. The hash stays the base
    /// pack's; a loader that hashes both files sets its own.
    ///
    /// # Errors
    ///
    /// [`PackError::Looser`] names the first rule that would allow more than
    /// the pack does; [`PackError::Unsound`] as for a pack. This pack stays as
    /// it is.
    pub fn tighten(&self, overlay: &Overlay) -> Result<Self, PackError> {
        let head = &overlay.overlay;
        if head.tightens != self.pack.id {
            let problem =
                format!("是为 `{}` 写的,不是 `{}`", head.tightens, self.pack.id);
            return Err(looser(&head.id, &problem));
        }
        let mut pack = self.clone();
        pack.pack.version = format!("{}+{}@{}", pack.pack.version, head.id, head.version);
        pack.sources.extend(overlay.sources.iter().cloned());
        merge(&mut pack.contact_windows, &overlay.contact_windows, |it| &it.id, window)?;
        merge(&mut pack.max_attempts, &overlay.max_attempts, |it| &it.id, frequency)?;
        merge(&mut pack.cool_offs, &overlay.cool_offs, |it| &it.id, cool_off)?;
        for rule in &overlay.party_rules {
            if !pack.party_rules.iter().any(|it| it.role == rule.role) {
                return Err(looser(&rule.role, "规则包没有该身份,即不得联络"));
            }
        }
        merge(&mut pack.party_rules, &overlay.party_rules, |it| &it.role, party)?;
        for rule in &overlay.holds {
            let known = pack.holds.iter().any(|hold| hold.on == rule.on);
            if !known {
                new_hold(rule)?;
            }
        }
        merge(&mut pack.holds, &overlay.holds, |it| &it.on, hold)?;
        pack.conduct.extend(overlay.conduct.iter().cloned());
        let further = overlay.forbidden.iter();
        let fresh = further
            .filter(|further| !self.forbidden.iter().any(|has| has.act == further.act));
        pack.forbidden.extend(fresh.cloned());
        merge(&mut pack.approvals, &overlay.approvals, |it| &it.action, approval)?;
        super::check::check(&pack, "")?;
        Ok(pack)
    }
}

fn looser(rule: &str, problem: &str) -> PackError {
    PackError::Looser { rule: rule.to_owned(), problem: problem.to_owned() }
}

/// Replaces rules of the same name, each checked to be tighter; adds the others.
fn merge<T: Clone>(
    base: &mut Vec<T>,
    rules: &[T],
    name: fn(&T) -> &String,
    loosens: fn(&T, &T) -> Option<&'static str>,
) -> Result<(), PackError> {
    for rule in rules {
        match base.iter_mut().find(|it| name(it) == name(rule)) {
            Some(old) => {
                if let Some(problem) = loosens(old, rule) {
                    return Err(looser(name(rule), problem));
                }
                *old = rule.clone();
            }
            None => base.push(rule.clone()),
        }
    }
    Ok(())
}

/// The first test that fails tells where the new rule is looser.
pub(super) fn first_failing(tests: &[(bool, &'static str)]) -> Option<&'static str> {
    tests.iter().find(|test| !test.0).map(|test| test.1)
}

/// Whether every word of `fewer` is in `more`.
pub(super) fn within(fewer: &[String], more: &[String]) -> bool {
    fewer.iter().all(|it| more.contains(it))
}

/// Whether a list with `*` binds at least what another binds.
fn binds_more(new: &[String], old: &[String]) -> bool {
    new.iter().any(|it| it == "*") || within(old, new)
}

fn consent_is_no_wider(old: Option<&String>, new: Option<&String>) -> bool {
    new.is_none() || new == old
}

pub(super) fn window(old: &ContactWindow, new: &ContactWindow) -> Option<&'static str> {
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

pub(super) fn frequency(old: &MaxAttempts, new: &MaxAttempts) -> Option<&'static str> {
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

pub(super) fn cool_off(old: &CoolOff, new: &CoolOff) -> Option<&'static str> {
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

pub(super) fn party(old: &PartyRule, new: &PartyRule) -> Option<&'static str> {
    first_failing(&[
        (within(&new.allow, &old.allow), "允许的行为更多"),
        (within(&old.requires, &new.requires), "少了前提"),
        (old.cap.is_none() || old.cap == new.cap, "责任上限不同"),
        (within(&new.may_disclose, &old.may_disclose), "可透露的更多"),
        (within(&old.never_disclose, &new.never_disclose), "禁止透露的更少"),
        (within(&old.stop_on, &new.stop_on), "少了终止条件"),
    ])
}

pub(super) fn hold(old: &HoldRule, new: &HoldRule) -> Option<&'static str> {
    first_failing(&[
        (within(&old.effect, &new.effect), "少了效果"),
        (within(&new.keep, &old.keep), "可继续的事项更多"),
        (old.until == new.until, "结束条件不同"),
        (
            old.sla_days.is_none_or(|old| new.sla_days.is_some_and(|new| new <= old)),
            "办结期限更长",
        ),
    ])
}

/// A hold that the pack does not know stops everything but service, so a rule
/// for it may not let more go on.
fn new_hold(rule: &HoldRule) -> Result<(), PackError> {
    let kept = ["serve".to_owned(), "legal_deadline".to_owned()];
    if !within(&rule.keep, &kept) {
        return Err(looser(&rule.on, "可继续的事项更多"));
    }
    if !rule.effect.iter().any(|it| it == "no_demand") {
        return Err(looser(&rule.on, "没有 `no_demand`"));
    }
    Ok(())
}

pub(super) fn approval(old: &ApprovalRule, new: &ApprovalRule) -> Option<&'static str> {
    first_failing(&[(within(&old.needs, &new.needs), "需要的批准更少")])
}
