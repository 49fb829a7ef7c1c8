//! Whether a policy pack makes sense (规则包校验), beyond its being well formed.
//!
//! A word that the review would not understand is an error here: a rule that
//! is silently skipped is a gate left open.

use std::collections::BTreeSet;

use super::facts::AttemptOutcome;
use super::pack::{
    ApprovalRule, ConductRule, CoolOff, Forbidden, HoldRule, MaxAttempts, PackError,
    PartyRule, PaymentRule, PolicyPack,
};
use super::window::ContactWindow;
use crate::components::PaymentOrder;
use crate::party::Role;

const CHANNELS: [&str; 11] = [
    "*",
    "phone",
    "ai_call",
    "sms",
    "wechat_work",
    "app_push",
    "email",
    "visit",
    "letter_hand",
    "letter_post",
    "public",
];
const ACTS: [&str; 5] = ["demand", "notice", "negotiate", "serve", "locate"];
const HOLD_EFFECTS: [&str; 4] = ["no_demand", "no_call", "no_visit", "block_party"];
const HOLD_EFFECT_KINDS: [&str; 2] = ["redirect:", "needs_approval:"];
/// What a hold may keep besides acts, and besides words of the kinds that follow.
const KEPT: [&str; 2] = ["legal_deadline", "guarantor_demand"];
/// Ends of words that mean whatever tells and asks for nothing.
pub(super) const KEPT_KINDS: [&str; 3] = ["_notice", "_reply", "_reminder"];
const FORBIDDEN_KINDS: [&str; 4] = ["channel:", "tag:", "demand:", "data:"];

/// The rule, and what is wrong with it in Chinese and English.
type Problem = (String, [String; 2]);

/// Checks a pack; `text` is where lines are looked up.
pub(super) fn check(pack: &PolicyPack, text: &str) -> Result<(), PackError> {
    let unsound = |it| unsound(text, it);
    head(pack).map_err(unsound)?;
    names_are_unique(pack).map_err(unsound)?;
    sources_are_listed(pack).map_err(unsound)?;
    pack.contact_windows.iter().try_for_each(window).map_err(unsound)?;
    pack.max_attempts.iter().try_for_each(frequency).map_err(unsound)?;
    pack.cool_offs.iter().try_for_each(cool_off).map_err(unsound)?;
    pack.party_rules.iter().try_for_each(|rule| party(pack, rule)).map_err(unsound)?;
    pack.holds.iter().try_for_each(hold).map_err(unsound)?;
    pack.conduct.iter().try_for_each(conduct).map_err(unsound)?;
    pack.forbidden.iter().try_for_each(forbidden).map_err(unsound)?;
    pack.approvals.iter().try_for_each(approval).map_err(unsound)?;
    pack.payment.iter().try_for_each(payment).map_err(unsound)?;
    derived_facts(pack).map_err(unsound)
}

/// Looks for words of holds that would stand there for nothing. Releases of older
/// programs may have them, and run on.
pub(super) fn no_idle_words(pack: &PolicyPack, text: &str) -> Result<(), PackError> {
    pack.holds.iter().try_for_each(idle_words).map_err(|error| unsound(text, error))
}

fn unsound(text: &str, (rule, [problem, english]): Problem) -> PackError {
    let quoted = format!("\"{rule}\"");
    let at = text.lines().position(|line| line.contains(&quoted));
    PackError::Unsound { line: at.map_or(1, |it| it + 1), rule, problem, english }
}

fn no(rule: &str, zh: impl Into<String>, en: impl Into<String>) -> Result<(), Problem> {
    Err((rule.to_owned(), [zh.into(), en.into()]))
}

fn payment(rule: &PaymentRule) -> Result<(), Problem> {
    if PaymentOrder::of_words(rule.order.iter().map(String::as_str)).is_some() {
        return Ok(());
    }
    no(
        "payment",
        "order 要写明 cost、interest、principal 各一次(penalty 可以不写)",
        "`order` has to name cost, interest and principal once each; penalty may be left out",
    )
}

fn all_known(rule: &str, words: &[String], known: &[&str]) -> Result<(), Problem> {
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        Some(word) => no(
            rule,
            format!("`{word}` 不是已知的词"),
            format!("`{word}` is no known word"),
        ),
        None if words.is_empty() => no(rule, "不能为空", "it cannot be empty"),
        None => Ok(()),
    }
}

fn parties_known(rule: &str, words: &[String]) -> Result<(), Problem> {
    let known = |it: &&String| *it == "*" || Role::parse(it).is_some();
    match words.iter().find(|word| !known(word)) {
        Some(word) => no(
            rule,
            format!("`{word}` 不是已知的身份"),
            format!("`{word}` is no known role"),
        ),
        None if words.is_empty() => no(rule, "没有写明身份", "it names no role"),
        None => Ok(()),
    }
}

fn head(pack: &PolicyPack) -> Result<(), Problem> {
    let head = &pack.pack;
    for (name, value) in [
        ("id", &head.id),
        ("version", &head.version),
        ("jurisdiction", &head.jurisdiction),
        ("timezone", &head.timezone),
    ] {
        if value.trim().is_empty() {
            return no(name, "不能为空", "it cannot be empty");
        }
    }
    Ok(())
}

fn names_are_unique(pack: &PolicyPack) -> Result<(), Problem> {
    let ids = pack
        .contact_windows
        .iter()
        .map(|window| &window.id)
        .chain(pack.max_attempts.iter().map(|attempt| &attempt.id))
        .chain(pack.cool_offs.iter().map(|off| &off.id));
    unique(ids)?;
    unique(pack.sources.iter().map(|source| &source.id))?;
    unique(pack.party_rules.iter().map(|rule| &rule.role))?;
    unique(pack.holds.iter().map(|hold| &hold.on))?;
    unique(pack.forbidden.iter().map(|it| &it.act))?;
    unique(pack.approvals.iter().map(|approval| &approval.action))?;
    unique(pack.derived_facts.iter().map(|fact| &fact.name))
}

fn unique<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.trim().is_empty() {
            return no(name, "名称不能为空", "a name cannot be empty");
        }
        if !seen.insert(name) {
            return no(name, "出现两次", "it stands twice");
        }
    }
    Ok(())
}

fn sources_are_listed(pack: &PolicyPack) -> Result<(), Problem> {
    let listed: BTreeSet<&str> =
        pack.sources.iter().map(|source| source.id.as_str()).collect();
    let mut cited: Vec<&String> = Vec::new();
    for (rule, source) in rules_with_sources(pack) {
        if source.is_empty() {
            return no(rule, "没有写明依据", "it names no source");
        }
        cited.extend(source);
    }
    match cited.into_iter().find(|it| !listed.contains(it.as_str())) {
        Some(missing) => no(
            missing,
            "依据未在 [[source]] 中列出",
            "this source is not listed under [[source]]",
        ),
        None => Ok(()),
    }
}

fn rules_with_sources(pack: &PolicyPack) -> Vec<(&str, &[String])> {
    let mut all: Vec<(&str, &[String])> = Vec::new();
    macro_rules! cite {
        ($list:expr, $name:ident) => {
            all.extend($list.iter().map(|it| (it.$name.as_str(), it.source.as_slice())));
        };
    }
    cite!(pack.contact_windows, id);
    cite!(pack.max_attempts, id);
    cite!(pack.cool_offs, id);
    cite!(pack.party_rules, role);
    cite!(pack.derived_facts, name);
    cite!(pack.holds, on);
    cite!(pack.forbidden, act);
    cite!(pack.approvals, action);
    all.extend(pack.conduct.iter().map(|rule| ("conduct", rule.source.as_slice())));
    all.extend(pack.payment.iter().map(|rule| ("payment", rule.source.as_slice())));
    all
}

fn window(rule: &ContactWindow) -> Result<(), Problem> {
    all_known(&rule.id, &rule.channels, &CHANNELS)?;
    parties_known(&rule.id, &rule.parties)?;
    if rule.clock != "pack" {
        return no(
            &rule.id,
            format!("不支持的时钟 `{}`", rule.clock),
            format!("there is no clock `{}`: write `pack`", rule.clock),
        );
    }
    if let Some((from, until)) = rule.allow.iter().find(|it| it.1 <= it.0) {
        return no(
            &rule.id,
            format!("时段 {from}–{until} 的结束不晚于开始"),
            format!("the span {from}–{until} ends before it begins"),
        );
    }
    let mut spans = rule.allow.clone();
    spans.sort_unstable();
    if spans.windows(2).any(|pair| pair[1].0 < pair[0].1) {
        return no(&rule.id, "时段互相重叠", "the spans overlap");
    }
    if rule.ever_opens() {
        Ok(())
    } else {
        no(&rule.id, "没有任何可联络的时刻", "nobody could ever be contacted")
    }
}

fn frequency(rule: &MaxAttempts) -> Result<(), Problem> {
    all_known(&rule.id, &rule.channels, &CHANNELS)?;
    parties_known(&rule.id, &rule.parties)?;
    outcomes_known(&rule.id, &rule.count)?;
    if rule.window.days() == 0 {
        return no(&rule.id, "天数必须大于零", "the number of days has to be above zero");
    }
    if rule.limit == 0 {
        no(&rule.id, "次数必须大于零", "the number of times has to be above zero")
    } else {
        Ok(())
    }
}

fn cool_off(rule: &CoolOff) -> Result<(), Problem> {
    all_known(&rule.id, &rule.channels, &CHANNELS)?;
    outcomes_known(&rule.id, &rule.after)?;
    if rule.days == 0 {
        no(&rule.id, "天数必须大于零", "the number of days has to be above zero")
    } else {
        Ok(())
    }
}

fn outcomes_known(rule: &str, words: &[String]) -> Result<(), Problem> {
    let mut known: Vec<&str> =
        AttemptOutcome::ALL.into_iter().map(AttemptOutcome::as_str).collect();
    known.push("*");
    all_known(rule, words, &known)
}

fn party(pack: &PolicyPack, rule: &PartyRule) -> Result<(), Problem> {
    if Role::parse(&rule.role).is_none() {
        return no(&rule.role, "不是已知的身份", "it is no known role");
    }
    if !rule.allow.is_empty() {
        all_known(&rule.role, &rule.allow, &ACTS)?;
    }
    let derived = |it: &str| pack.derived_facts.iter().any(|fact| fact.name == it);
    let known = |it: &str| {
        it == "guarantee.within_period" || it.starts_with("evidence.") || derived(it)
    };
    if let Some(word) = rule.requires.iter().find(|require| !known(require)) {
        return no(
            &rule.role,
            format!("无法判断的前提 `{word}`"),
            format!("the condition `{word}` cannot be judged"),
        );
    }
    match rule.stop_on.iter().find(|it| *it != "party_refused") {
        Some(word) => no(
            &rule.role,
            format!("无法判断的终止条件 `{word}`"),
            format!("the end `{word}` cannot be judged"),
        ),
        None => Ok(()),
    }
}

fn hold(rule: &HoldRule) -> Result<(), Problem> {
    let known = |it: &str| {
        HOLD_EFFECTS.contains(&it)
            || HOLD_EFFECT_KINDS
                .iter()
                .any(|kind| it.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()))
    };
    match rule.effect.iter().find(|it| !known(it)) {
        Some(word) => no(
            &rule.on,
            format!("无法执行的效果 `{word}`"),
            format!("there is no effect `{word}`"),
        ),
        None if rule.effect.is_empty() => no(&rule.on, "没有效果", "it has no effect"),
        None => Ok(()),
    }
}

fn idle_words(rule: &HoldRule) -> Result<(), Problem> {
    let means_something = |word: &&String| {
        let word = word.as_str();
        ACTS.contains(&word)
            || KEPT.contains(&word)
            || KEPT_KINDS
                .iter()
                .any(|kind| word.strip_suffix(*kind).is_some_and(|head| !head.is_empty()))
    };
    if let Some(word) = rule.keep.iter().find(|it| !means_something(it)) {
        return no(
            &rule.on,
            format!("`keep` 中的 `{word}` 不是可继续的事项"),
            format!("`{word}` under `keep` is nothing that could go on"),
        );
    }
    let targets = rule.effect.iter().filter_map(|it| it.strip_prefix("redirect:"));
    let known = |it: &&str| *it == LEGAL_REPRESENTATIVE || Role::parse(it).is_some();
    match targets.into_iter().find(|target| !known(target)) {
        Some(word) => no(
            &rule.on,
            format!("`redirect:{word}` 不是已知的身份"),
            format!("`redirect:{word}` names no known role"),
        ),
        None => Ok(()),
    }
}

/// Whoever acts for somebody who cannot (法定代理人): no role that a loan's list has, so
/// that nobody is contacted in their place.
const LEGAL_REPRESENTATIVE: &str = "legal_representative";

fn conduct(rule: &ConductRule) -> Result<(), Problem> {
    all_known("conduct", &rule.channels, &CHANNELS)?;
    let counted = |it: &&String| it.starts_with("min_collectors:");
    match rule.must.iter().filter(counted).find(|it| min_collectors(it).is_none()) {
        Some(word) => no(word, "人数应为整数", "the number of people has to be whole"),
        None => Ok(()),
    }
}

/// How many collectors `min_collectors:2` asks for.
pub(super) fn min_collectors(must: &str) -> Option<u32> {
    must.strip_prefix("min_collectors:")?.parse().ok()
}

fn forbidden(rule: &Forbidden) -> Result<(), Problem> {
    let known = FORBIDDEN_KINDS
        .iter()
        .any(|kind| rule.act.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
    if known {
        Ok(())
    } else {
        no(&rule.act, "无法识别的禁止行为", "it is no act that can be forbidden")
    }
}

fn approval(rule: &ApprovalRule) -> Result<(), Problem> {
    let known = |it: &&String| it.starts_with("role:") || it.starts_with("doc:");
    match rule.needs.iter().find(|need| !known(need)) {
        Some(word) => no(
            &rule.action,
            format!("无法判断的条件 `{word}`"),
            format!("the condition `{word}` cannot be judged"),
        ),
        None if rule.needs.is_empty() => {
            no(&rule.action, "没有写明需要谁批准", "it does not say who has to approve")
        }
        None => Ok(()),
    }
}

fn derived_facts(pack: &PolicyPack) -> Result<(), Problem> {
    for fact in &pack.derived_facts {
        if let Some(word) = fact.any.iter().find(|it| Clue::parse(it).is_none()) {
            return no(
                &fact.name,
                format!("无法判断的条件 `{word}`"),
                format!("the condition `{word}` cannot be judged"),
            );
        }
    }
    Ok(())
}

/// One way in which a derived fact can come true.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Clue {
    /// `all_numbers_invalid`.
    AllNumbersInvalid,
    /// `consecutive_unreached>=3`.
    UnreachedAtLeast(u32),
}

impl Clue {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "all_numbers_invalid" {
            return Some(Self::AllNumbersInvalid);
        }
        let n = text.strip_prefix("consecutive_unreached>=")?.parse().ok()?;
        Some(Self::UnreachedAtLeast(n))
    }
}
