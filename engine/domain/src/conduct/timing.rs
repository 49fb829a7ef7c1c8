//! The rules of when, how often and in which form (时段、频次、方式), one by one.

use jiff::ToSpan;
use jiff::civil::DateTime;
use serde_json::json;

use super::check::min_collectors;
use super::facts::Attempt;
use super::pack::{MaxAttempts, Scope, Window, covers};
use super::review::Review;
use super::verdict::{Effect, Hit};
use super::window::ContactWindow;

/// Why an order may leave that a rule of time would keep: by these a record of which the
/// consents are not kept, of an older program, still tells that there were some.
const AGREED_HOURS: &str = "本人同意此时段";
const AGREED: &str = "本人同意";
const AGREED_TIMES: &str = "已另有约定";

/// Whether a rule let an order go because the recipient had agreed.
pub(super) fn by_consent(hit: &Hit) -> bool {
    hit.effect == Effect::Allow
        && [AGREED_HOURS, AGREED, AGREED_TIMES].contains(&hit.reason_zh.as_str())
}

/// At which hours people may be contacted.
pub(super) fn contact_windows(review: &mut Review<'_>) {
    for rule in binding_windows(review) {
        let now = review.now;
        if rule.is_open(now) {
            review.hit(
                &rule.id,
                Effect::Allow,
                "在可联络时段内",
                "inside the contact window",
            );
        } else if has_consent(review, rule.unless_consent.as_deref()) {
            review.hit(&rule.id, Effect::Allow, AGREED_HOURS, "the person consents");
        } else if let Some(open) = rule.next_open(now) {
            review.not_before(open);
            review.hit(
                &rule.id,
                Effect::Defer,
                format!("不在可联络时段内,{} 起可联络", open.strftime("%m-%d %H:%M")),
                format!("outside the contact window, which opens at {open}"),
            );
        } else {
            review.hit(
                &rule.id,
                Effect::Deny,
                "没有可联络的时刻",
                "the window never opens",
            );
        }
    }
}

fn binding_windows<'a>(review: &Review<'a>) -> Vec<&'a ContactWindow> {
    let (channel, role) = (review.channel_word(), review.role_word());
    if channel.is_none() {
        return Vec::new();
    }
    let binds =
        |it: &&ContactWindow| covers(&it.channels, channel) && covers(&it.parties, role);
    review.policy.contact_windows.iter().filter(binds).collect()
}

/// The first instant from `from` on at which every window is open.
///
/// Two windows that are never open together make a denial.
pub(super) fn first_open_for_all(review: &mut Review<'_>, from: DateTime) -> DateTime {
    if from == review.now {
        return from;
    }
    let mut windows = binding_windows(review);
    windows.retain(|window| !has_consent(review, window.unless_consent.as_deref()));
    let mut at = from;
    // Each pass moves on to an opening; the openings of two days are few.
    for _ in 0..=4 * windows.len() {
        let next =
            windows.iter().filter_map(|window| window.next_open(at)).max().unwrap_or(at);
        if next == at {
            return at;
        }
        at = next;
    }
    let id = review.id("window", "never");
    review.hit(
        id,
        Effect::Deny,
        "各时段规则没有共同的时刻",
        "no minute suits all windows",
    );
    at
}

fn has_consent(review: &Review<'_>, name: Option<&str>) -> bool {
    name.is_some_and(|name| review.facts.has_consent(name))
}

/// How long to wait after somebody was reached.
pub(super) fn cool_offs(review: &mut Review<'_>) {
    let policy = review.policy;
    let channel = review.channel_word();
    if channel.is_none() {
        return;
    }
    for rule in policy.cool_offs.iter().filter(|off| covers(&off.channels, channel)) {
        let counts = |it: &&Attempt| {
            covers(&rule.channels, Some(it.channel.as_str()))
                && in_scope(it, rule.scope)
                && it.outcome.counts_as(&rule.after)
        };
        let last = match review.recorded(&rule.id) {
            Some(day) => day.as_str().and_then(|text| text.parse().ok()),
            None => review
                .facts
                .attempts
                .iter()
                .filter(counts)
                .map(|attempt| attempt.at.date())
                .max(),
        };
        review.uses(&rule.id, json!(last));
        let over = last.map(|it| it.saturating_add(i64::from(rule.days).days()));
        match over.filter(|over| review.now.date() < *over) {
            Some(_) if has_consent(review, rule.unless_consent.as_deref()) => {
                review.hit(&rule.id, Effect::Allow, AGREED, "the person consents");
            }
            Some(day) => {
                review.not_before(day.at(0, 0, 0, 0));
                let zh = format!("冷静期至 {day}");
                review.hit(
                    &rule.id,
                    Effect::Defer,
                    zh,
                    format!("cooling off until {day}"),
                );
            }
            None => review.hit(&rule.id, Effect::Allow, "不在冷静期", "not cooling off"),
        }
    }
}

/// How often people may be contacted.
pub(super) fn frequency(review: &mut Review<'_>) {
    let policy = review.policy;
    let (channel, role) = (review.channel_word(), review.role_word());
    if channel.is_none() {
        return;
    }
    let binds =
        |it: &&MaxAttempts| covers(&it.channels, channel) && covers(&it.parties, role);
    for rule in policy.max_attempts.iter().filter(binds) {
        let counts = |it: &&Attempt| {
            covers(&rule.channels, Some(it.channel.as_str()))
                && in_scope(it, rule.scope)
                && in_window(it, review.now, rule.window)
                && it.outcome.counts_as(&rule.count)
        };
        let made = match review.recorded(&rule.id) {
            Some(made) => made.as_u64().and_then(|made| usize::try_from(made).ok()),
            None => Some(review.facts.attempts.iter().filter(counts).count()),
        };
        let made = made.unwrap_or(0);
        let limit = rule.limit;
        review.uses(&rule.id, json!(made));
        if u32::try_from(made).is_ok_and(|it| it < limit) {
            let (zh, en) = (
                format!("已 {made} 次,限 {limit} 次"),
                format!("{made} of {limit} made"),
            );
            review.hit(&rule.id, Effect::Allow, zh, en);
        } else if has_consent(review, rule.unless_consent.as_deref()) {
            review.hit(&rule.id, Effect::Allow, AGREED_TIMES, "agreed otherwise");
        } else {
            let (zh, en) = (
                format!("已 {made} 次,达到上限 {limit} 次"),
                format!("{made} made, the limit is {limit}"),
            );
            review.hit(&rule.id, Effect::Deny, zh, en);
        }
    }
}

/// Loans name the same person under several entries, and one telephone rings
/// for all of them: what went to the number went to the person.
fn in_scope(attempt: &Attempt, scope: Scope) -> bool {
    match scope {
        Scope::ContactPoint => attempt.same_point,
        Scope::Party | Scope::PartyDebt => attempt.same_party || attempt.same_point,
    }
}

/// An attempt dated after now is reserved for later and counts as well.
fn in_window(attempt: &Attempt, now: DateTime, window: Window) -> bool {
    window.first_day(now.date()) <= attempt.at.date()
}

/// How the contact has to be made, and from which text.
pub(super) fn form(review: &mut Review<'_>) {
    let policy = review.policy;
    let Some(channel) = review.channel_word() else { return };
    for rule in policy.conduct.iter().filter(|it| covers(&it.channels, Some(channel))) {
        for must in &rule.must {
            match must.as_str() {
                "approved_template" => template(review),
                must if must.starts_with("min_collectors:") => collectors(review, must),
                must => review.oblige(must),
            }
        }
    }
}

fn template(review: &mut Review<'_>) {
    let approved = review.facts.template_approved;
    review.uses("template", json!(review.ask.template));
    review.uses("template_approved", json!(approved));
    let id = review.id("conduct", "approved_template");
    match approved {
        Some(true) => {
            review.hit(id, Effect::Allow, "模板已批准", "the template is approved");
        }
        _ => review.hit(
            id,
            Effect::Deny,
            "须使用已批准的模板",
            "only approved templates may be sent",
        ),
    }
}

fn collectors(review: &mut Review<'_>, must: &str) {
    let planned = review.facts.planned_collectors;
    review.uses("planned_collectors", json!(planned));
    let id = review.id("conduct", "min_collectors");
    let Some(least) = min_collectors(must) else { return };
    review.oblige(must);
    if planned.is_some_and(|planned| least <= planned) {
        let (zh, en) =
            (format!("至少 {least} 人同行"), format!("at least {least} will go"));
        review.hit(id, Effect::Allow, zh, en);
    } else {
        let (zh, en) =
            (format!("上门须至少 {least} 人"), format!("a visit takes {least}"));
        review.hit(id, Effect::Deny, zh, en);
    }
}
