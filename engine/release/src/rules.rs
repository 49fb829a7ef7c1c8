//! The rules and the calendar that a release runs by (版本所用的合规规则和日历): those that the
//! site names, or, when the release has none of that name, those by which it ran.

use std::collections::BTreeSet;

use anyhow::Result;
use domain::ids::ReleaseId;
use domain::near::nearest;
use script::finding::Finding;
use script::program::Folder;
use site::config::Config;
use store::{Conn, meta};

use crate::built_in::{self, BUILT_IN};
use crate::findings::POLICY;

/// The names by which a release ran, in the store's `meta`: as [`names`]
/// has them.
const OF_RELEASE: &str = "rules_of_release_";

/// The rules and the calendar that settings name.
pub fn names(config: &Config) -> String {
    format!("{} {}", config.policy, config.calendar)
}

/// Notes what a release runs by.
pub(super) async fn note(
    conn: &mut Conn,
    release: ReleaseId,
    config: &Config,
) -> Result<()> {
    meta::set_text(conn, &key(release), &names(config)).await?;
    Ok(())
}

/// Keeps the rules of conduct that a release runs by where the program brings them along:
/// its reviews are judged once more by them, after a later program brings others.
pub(super) async fn keep_pack(
    conn: &mut Conn,
    folder: &Folder,
    config: &Config,
) -> Result<()> {
    if packs(folder).contains(config.policy.as_str()) {
        return Ok(());
    }
    let Some((hash, text)) = built_in::policy_text(&config.policy) else { return Ok(()) };
    store::packs::keep(conn, &hash, text).await?;
    Ok(())
}

/// Whether the rules of conduct that a release runs by are on record.
pub(super) async fn is_pack_kept(
    conn: &mut Conn,
    folder: &Folder,
    config: &Config,
) -> Result<bool> {
    if packs(folder).contains(config.policy.as_str()) {
        return Ok(true);
    }
    let Some((hash, _)) = built_in::policy_text(&config.policy) else { return Ok(true) };
    Ok(store::packs::is_kept(conn, &hash).await?)
}

/// Whether it is noted that a release runs by what the site names.
pub(super) async fn is_noted(
    conn: &mut Conn,
    release: ReleaseId,
    config: &Config,
) -> Result<bool> {
    let noted = meta::text(conn, &key(release)).await?;
    Ok(noted.is_some_and(|it| it == names(config)))
}

fn key(release: ReleaseId) -> String {
    format!("{OF_RELEASE}{}", release.0)
}

/// The settings that a stored release can run with: a name in the settings of
/// which it has nothing gives way to the one by which it ran.
///
/// # Errors
///
/// The store cannot be read.
pub(super) async fn in_force(
    conn: &mut Conn,
    release: ReleaseId,
    folder: &Folder,
    config: &Config,
) -> Result<Config> {
    let noted = meta::text(conn, &key(release)).await?.unwrap_or_default();
    let (policy, calendar) = noted.split_once(' ').unwrap_or_default();
    let mut config = config.clone();
    let brought = Config::default();
    if !has_policy(folder, &config.policy) {
        let only = the_only(&packs(folder));
        let known = [policy.to_owned()].into_iter().chain(only).chain([brought.policy]);
        config.policy =
            { known }.find(|it| has_policy(folder, it)).unwrap_or(config.policy);
    }
    if !has_calendar(folder, &config.calendar) {
        let only = the_only(&calendars(folder));
        let known =
            [calendar.to_owned()].into_iter().chain(only).chain([brought.calendar]);
        config.calendar =
            { known }.find(|it| has_calendar(folder, it)).unwrap_or(config.calendar);
    }
    Ok(config)
}

fn the_only(names: &BTreeSet<&str>) -> Option<String> {
    names.first().filter(|_| names.len() == 1).map(|name| (*name).to_owned())
}

fn has_policy(folder: &Folder, name: &str) -> bool {
    packs(folder).contains(name) || built_in::policy(name).is_some()
}

fn has_calendar(folder: &Folder, name: &str) -> bool {
    calendars(folder).contains(name) || built_in::calendar(name).is_some()
}

/// The names of the packs of rules in a folder.
fn packs(folder: &Folder) -> BTreeSet<&str> {
    let files = folder.files.keys().map(String::as_str);
    files.filter_map(pack_of).collect()
}

fn pack_of(file: &str) -> Option<&str> {
    file.strip_prefix("policies/")?.strip_suffix(".toml")
}

/// The names of the calendars in a folder.
fn calendars(folder: &Folder) -> BTreeSet<&str> {
    let files = folder.files.keys().map(String::as_str);
    files.filter_map(calendar_of).collect()
}

fn calendar_of(file: &str) -> Option<&str> {
    file.strip_prefix("calendars/")?.split_once('/').map(|it| it.0)
}

/// The finding on rules of conduct that the site names and nobody has.
pub(super) fn no_policy(folder: &Folder, name: &str) -> Finding {
    let brought = BUILT_IN.iter().filter_map(|it| pack_of(it.0));
    let known: BTreeSet<&str> = packs(folder).into_iter().chain(brought).collect();
    let finding = Finding::error(
        POLICY,
        &format!("policies/{name}.toml"),
        format!(
            "qingshou.toml 里 policy = \"{name}\",但没有这个合规规则文件:请把它放在这里,\
             或改正 policy 后重读设置(`systemctl reload qingshou`);在此之前,运行中的版本沿用原来的规则"
        ),
        format!(
            "qingshou.toml says policy = \"{name}\" and there is no such file: put it here, or \
             correct `policy` and let the settings be read again (`systemctl reload qingshou`); \
             until then the running release goes on by the rules it had"
        ),
    );
    finding.suggesting(nearest(name, known))
}

/// The finding on a calendar that the site names and nobody has.
pub(super) fn no_calendar(folder: &Folder, name: &str) -> Finding {
    let brought = BUILT_IN.iter().filter_map(|it| calendar_of(it.0));
    let known: BTreeSet<&str> = calendars(folder).into_iter().chain(brought).collect();
    let finding = Finding::error(
        POLICY,
        &format!("calendars/{name}"),
        format!(
            "qingshou.toml 里 calendar = \"{name}\",但没有这个日历:请把各年的文件放进 \
             calendars/{name}/,或改正 calendar 后重读设置(`systemctl reload qingshou`);在此之前,运行中的版本沿用原来的日历"
        ),
        format!(
            "qingshou.toml says calendar = \"{name}\" and there is no such calendar: put the \
             file of each year into calendars/{name}/, or correct `calendar` and let the \
             settings be read again (`systemctl reload qingshou`); until then the running \
             release goes on by the calendar it had"
        ),
    );
    finding.suggesting(nearest(name, known))
}
