//! The rules of what, to whom and with whose leave (行为、对象、暂停、审批), one by one.
//!
//! Each adds what it says to the record; none ends the review.

use serde_json::json;

use super::check::{Clue, KEPT_KINDS};
use super::facts::Approval;
use super::pack::{HoldRule, PartyRule};
use super::review::Review;
use super::verdict::Effect;
use crate::hold::HoldReason;
use crate::manifest::{Act, Channel};
use crate::party::Role;

/// What goes on under a hold that the pack has no rule for.
pub(super) const ALWAYS_KEPT: [&str; 2] = ["serve", "legal_deadline"];

/// What never happens, whatever a script asks.
pub(super) fn forbidden_acts(review: &mut Review<'_>) {
    let act = review.act().as_str();
    let mut marks = vec![format!("tag:{}", review.ask.verb)];
    marks.extend(
        review.ask.tags.iter().flat_map(|tag| [tag.clone(), format!("tag:{tag}")]),
    );
    marks.extend(
        review.channel_word().map(|channel_word| format!("channel:{channel_word}")),
    );
    marks.extend(review.role_word().map(|role_word| format!("{act}:{role_word}")));
    let policy = review.policy;
    for rule in policy.forbidden.iter().filter(|it| marks.contains(&it.act)) {
        let id = review.id("forbidden", &rule.act);
        let en = format!("never done: {}", rule.act);
        review.hit(id, Effect::Deny, rule.reason.clone(), en);
    }
}

/// Whether the recipient can be contacted at all.
pub(super) fn recipient(review: &mut Review<'_>) {
    let deceased = review.facts.recipient_deceased;
    review.uses("recipient_deceased", json!(deceased));
    let id = review.id("party", "deceased");
    match deceased {
        Some(false) => {}
        Some(true) => {
            review.hit(id, Effect::Deny, "收件人已死亡", "the recipient is dead");
        }
        None => review.hit(
            id,
            Effect::Deny,
            "不知道收件人是否在世",
            "it is not known whether the recipient is alive",
        ),
    }
}

/// Whether the number, account or address is still used.
pub(super) fn point(review: &mut Review<'_>) {
    let Some(state) = review.facts.point_out_of_use else { return };
    let Some(why) = state.refusal() else { return };
    review.uses("point_state", json!(state.as_str()));
    let id = review.id("point", state.as_str());
    review.hit(id, Effect::Deny, why.zh, why.en);
}

/// Who may be approached, for what, and on which showing.
pub(super) fn party(review: &mut Review<'_>) {
    let Some(role) = review.ask.role else {
        let id = review.id("party", "unknown");
        review.hit(
            id,
            Effect::Deny,
            "没有收件人或身份不明",
            "nobody is named as recipient",
        );
        return;
    };
    let id = review.id("party", role.as_str());
    let policy = review.policy;
    let found = policy.party_rules.iter().find(|rule| rule.role == role.as_str());
    let Some(party_rule) = found else {
        let zh = format!("规则包没有关于 {role} 的规定");
        review.hit(id, Effect::Deny, zh, format!("the pack has no rule for {role}"));
        return;
    };
    let before = review_denials(review, party_rule, &id);
    if before == 0 {
        let act = review.act().as_str();
        review.hit(
            id,
            Effect::Allow,
            format!("可对 {role} 进行 {act}"),
            format!("{act} to {role} is allowed"),
        );
    }
}

/// Adds every denial of one party rule and says how many there were.
fn review_denials(review: &mut Review<'_>, party_rule: &PartyRule, id: &str) -> usize {
    let act = review.act().as_str();
    let role = &party_rule.role;
    let mut denials = Vec::new();
    if !party_rule.allow.iter().any(|it| it == act) {
        denials.push((
            format!("不得对 {role} 进行 {act}"),
            format!("{act} to {role} is not allowed"),
        ));
    }
    for needed in &party_rule.requires {
        let known = requirement(review, needed);
        review.uses(needed, json!(known));
        if known != Some(true) {
            denials
                .push((format!("缺少前提 {needed}"), format!("{needed} is not shown")));
        }
    }
    if party_rule.stop_on.iter().any(|it| it == "party_refused") {
        let refused = review.facts.recipient_refused;
        review.uses("party_refused", json!(refused));
        if refused {
            denials.push((
                "对方已拒绝联络".to_owned(),
                "the person has refused contact".to_owned(),
            ));
        }
    }
    if review.ask.states_amount
        && party_rule.never_disclose.iter().any(|it| it == "amount")
    {
        denials.push((
            format!("不得向 {role} 透露金额"),
            format!("no amount may be told to {role}"),
        ));
    }
    let told = |kind: &str, what: &String| format!("{kind}:{what}");
    for what in &party_rule.may_disclose {
        review.oblige(&told("may_disclose", what));
    }
    for what in &party_rule.never_disclose {
        review.oblige(&told("never_disclose", what));
    }
    if let Some(cap) = &party_rule.cap {
        review.oblige(&told("cap", cap));
    }
    let count = denials.len();
    for (zh, en) in denials {
        review.hit(id, Effect::Deny, zh, en);
    }
    count
}

/// Whether a requirement of a party rule is met; `None` when it is not known.
fn requirement(review: &Review<'_>, name: &str) -> Option<bool> {
    if let Some(known) = review.recorded(name) {
        return known.as_bool();
    }
    let facts = review.facts;
    if name == "guarantee.within_period" {
        return facts.guarantee_within_period;
    }
    if let Some(document) = name.strip_prefix("evidence.") {
        return facts.has_evidence(document).then_some(true);
    }
    let fact = review.policy.derived_facts.iter().find(|fact| fact.name == name)?;
    // One clue that holds is enough; one that is not known leaves it open.
    let mut unknown = false;
    for clue in fact.any.iter().filter_map(|it| Clue::parse(it)) {
        let holds = match clue {
            Clue::AllNumbersInvalid => facts.all_numbers_invalid,
            Clue::UnreachedAtLeast(n) => facts
                .consecutive_unreached
                .map(|consecutive_unreached| n <= consecutive_unreached),
        };
        match holds {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(false)
}

/// What the holds in force stop.
pub(super) fn holds(review: &mut Review<'_>) {
    let facts = review.facts;
    review.uses("holds", json!(facts.holds));
    for reason in &facts.holds {
        let known = HoldReason::parse(reason).map(HoldReason::pack_name);
        let name = known.unwrap_or(reason);
        let id = review.id("hold", name);
        let policy = review.policy;
        match policy.holds.iter().find(|hold| hold.on == name) {
            Some(rule) => hold(review, rule, &id),
            None if ALWAYS_KEPT.iter().any(|it| is_kept(review, it)) => {}
            None => review.hit(
                id,
                Effect::Deny,
                "案件已暂停,规则包未列明可继续的事项",
                "the case is on hold, and the pack names nothing that goes on",
            ),
        }
    }
}

fn hold(review: &mut Review<'_>, rule: &HoldRule, id: &str) {
    let has = |effect: &str| rule.effect.iter().any(|it| it == effect);
    let kept = rule.keep.iter().any(|it| is_kept(review, it));
    // Whoever contact is redirected to is the one to turn to.
    let role = review.role_word();
    let redirected = rule
        .effect
        .iter()
        .any(|it| it.strip_prefix("redirect:").is_some_and(|to| Some(to) != role));
    let channel = review.ask.channel;
    let mut denials: Vec<(&str, &str)> = Vec::new();
    if (has("no_demand") || redirected) && !kept {
        denials.push(("暂停期间不得联络", "on hold: no contact but what the hold keeps"));
    }
    if has("no_call") && channel == Some(Channel::Phone) {
        denials.push(("暂停期间不得致电", "on hold: no calls"));
    }
    if has("no_visit") && channel == Some(Channel::Visit) {
        denials.push(("暂停期间不得上门", "on hold: no visits"));
    }
    if has("block_party") && review.ask.role == Some(Role::UnrelatedThirdParty) {
        denials.push(("第三人已拒绝,不得再联络", "the third party has refused contact"));
    }
    // The reported death concerns the borrower, and the number on record is
    // the dead person's, whatever the hold keeps for others.
    let dead = rule.on == HoldReason::Deceased.pack_name();
    if dead && channel.is_some() && review.ask.role == Some(Role::Borrower) {
        denials.push(("不得联络已报死亡者", "a person reported dead is not contacted"));
    }
    for (zh, en) in denials {
        review.hit(id, Effect::Deny, zh, en);
    }
    for needed in rule.effect.iter().filter_map(|it| it.strip_prefix("needs_approval:")) {
        if !kept {
            needs_role(review, id, needed);
        }
    }
}

/// Whether a word of a hold's `keep` means this order.
///
/// What a hold keeps is judged by what the verb or the approved template is,
/// not by tags, which a script could set.
fn is_kept(review: &Review<'_>, word: &str) -> bool {
    let act = review.act();
    let informs = KEPT_KINDS.iter().any(|kind| word.ends_with(kind));
    match word {
        "legal_deadline" => act == Act::Serve,
        "guarantor_demand" => {
            act == Act::Demand && review.ask.role == Some(Role::Guarantor)
        }
        word if word == act.as_str() => true,
        _ => informs && act == Act::Notice,
    }
}

/// Whose leave is needed: a second person's, or that of a certain office.
pub(super) fn approvals(review: &mut Review<'_>) {
    if review.ask.second_person {
        let id = review.id("approval", "second_person");
        match valid_approvers(review).first() {
            Some(_) => {
                review.hit(id, Effect::Allow, "已由第二人批准", "a second person agreed");
            }
            None => review.hit(
                id,
                Effect::NeedsApproval,
                "须由第二人批准,申请人和经办信贷员不能自批",
                "a second person has to agree, neither who asked nor the collector",
            ),
        }
    }
    let policy = review.policy;
    let rules =
        policy.approvals.iter().filter(|approval| approval.action == review.ask.verb);
    for rule in rules.collect::<Vec<_>>() {
        let id = review.id("approval", &rule.action);
        for needed in &rule.needs {
            if let Some(role) = needed.strip_prefix("role:") {
                needs_role(review, &id, role);
            }
            if let Some(document) = needed.strip_prefix("doc:") {
                needs_document(review, &id, document);
            }
        }
    }
}

fn needs_role(review: &mut Review<'_>, id: &str, role: &str) {
    let by_role = |it: &&Approval| it.roles.iter().any(|has| has == role);
    if valid_approvers(review).iter().any(by_role) {
        let (zh, en) = (format!("{role} 已批准"), format!("{role} agreed"));
        review.hit(id, Effect::Allow, zh, en);
    } else {
        let (zh, en) = (format!("须由 {role} 批准"), format!("{role} has to agree"));
        review.hit(id, Effect::NeedsApproval, zh, en);
    }
}

fn needs_document(review: &mut Review<'_>, id: &str, document: &str) {
    let shown = review.facts.has_evidence(document);
    review.uses(&format!("doc.{document}"), json!(shown));
    if shown {
        let (zh, en) = (format!("已有 {document}"), format!("{document} is on record"));
        review.hit(id, Effect::Allow, zh, en);
    } else {
        let (zh, en) = (format!("缺少 {document}"), format!("{document} is missing"));
        review.hit(id, Effect::Deny, zh, en);
    }
}

/// Nobody approves their own: not who asked, not the collector of the case.
fn valid_approvers<'a>(review: &Review<'a>) -> Vec<&'a Approval> {
    let ask = review.ask;
    let other = |it: &&Approval| {
        !it.by.trim().is_empty()
            && it.by != ask.requested_by
            && Some(&it.by) != ask.collector.as_ref()
    };
    review.facts.approvals.iter().filter(other).collect()
}
