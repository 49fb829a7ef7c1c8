//! The rules of conduct that a site names (合规规则的检查): whether they exist, and what an
//! administrator should see to in them.

use std::fs;

use domain::conduct::{PackDoubt, PolicyPack};
use release::built_in;
use runtime::clock::Clock;
use site::Site;
use site::config::Config;

use crate::cli::context::Context;

/// What is wrong with the rules that the settings name, and what is to be seen to in them.
pub(super) fn looked_at(
    context: &Context,
    site: &Site,
) -> (Option<String>, Option<String>) {
    let policy = &site.config.policy;
    let file = site.workflows().join("policies").join(format!("{policy}.toml"));
    let brought = Config::default();
    if *policy != brought.policy && !file.is_file() {
        let file = file.display();
        let fault = if context.english() {
            format!(
                "there are no rules `{policy}`\n  hint: check policy, or put {file} there"
            )
        } else {
            format!("没有合规规则 `{policy}`\n  提示:请核对 policy,或放入 {file}")
        };
        return (Some(fault), None);
    }
    // What keeps a file from being read is told by `check`, with its line.
    let pack = match fs::read_to_string(&file) {
        Ok(text) => PolicyPack::of_release(&text, "").ok(),
        Err(_) => built_in::policy(policy),
    };
    let (Some(pack), Ok(clock)) = (pack, Clock::machine(&site.config.zone)) else {
        return (None, None);
    };
    let (zone, calendar) = (&site.config.zone, &site.config.calendar);
    let doubts = pack.doubts(clock.now().today(), zone, calendar);
    let told: Vec<String> =
        doubts.iter().map(|doubt| told(context, site, doubt)).collect();
    (None, (!told.is_empty()).then(|| told.join("\n")))
}

fn told(context: &Context, site: &Site, doubt: &PackDoubt) -> String {
    let name = &site.config.policy;
    let (zone, calendar) = (&site.config.zone, &site.config.calendar);
    let (zh, en) = match doubt {
        PackDoubt::NotYet(from) => (
            format!("合规规则 `{name}` 自 {from} 起适用,现在还没有生效"),
            format!("the rules `{name}` apply from {from} on, and not yet"),
        ),
        PackDoubt::ToBeReviewed(by) => (
            format!("合规规则 `{name}` 应在 {by} 前复核:请合规部门核对,再改写 review_by"),
            format!(
                "the rules `{name}` were to be looked at again by {by}: have the compliance \
                 office do so, and set review_by anew"
            ),
        ),
        PackDoubt::OtherZone(theirs) => (
            format!(
                "合规规则 `{name}` 的时区是 {theirs},本站是 {zone}:时段按本站的时钟算"
            ),
            format!(
                "the rules `{name}` are for the zone {theirs}, the site is in {zone}: contact \
                 hours go by the clock of the site"
            ),
        ),
        PackDoubt::OtherCalendar(theirs) => (
            format!("合规规则 `{name}` 配的日历是 {theirs},本站用 {calendar}"),
            format!(
                "the rules `{name}` go with the calendar {theirs}, the site has {calendar}"
            ),
        ),
    };
    if context.english() { en } else { zh }
}
