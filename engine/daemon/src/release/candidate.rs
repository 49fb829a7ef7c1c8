//! A candidate (候选版本): the folder as it lies on the disk, checked as a whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::calendar::{Calendar, YearCalendar};
use domain::conduct::PolicyPack;
use domain::ids::ReleaseId;
use script::check;
use script::finding::{Finding, Severity};
use script::loading;
use script::program::{Catalog, Folder, Program};
use script::sandbox::Limits;
use store::releases;

use crate::config::Config;
use crate::engine::letters::Letters;
use crate::engine::runtime::{Plugins, Runtime};
use crate::release::findings;

/// The policy pack and calendars that the program brings along, for a folder
/// that has none of its own.
const BUILT_IN: &[(&str, &str)] = &[
    ("policies/cn-rcc.toml", include_str!("../../../../workflows/policies/cn-rcc.toml")),
    (
        "calendars/cn/2023.toml",
        include_str!("../../../../workflows/calendars/cn/2023.toml"),
    ),
    (
        "calendars/cn/2024.toml",
        include_str!("../../../../workflows/calendars/cn/2024.toml"),
    ),
    (
        "calendars/cn/2025.toml",
        include_str!("../../../../workflows/calendars/cn/2025.toml"),
    ),
    (
        "calendars/cn/2026.toml",
        include_str!("../../../../workflows/calendars/cn/2026.toml"),
    ),
];

/// A folder with everything that was found in it.
pub struct Candidate {
    /// The texts.
    pub folder: Arc<Folder>,
    /// Hash of names and texts.
    pub hash: String,
    /// The registered workflows.
    pub program: Program,
    /// Everything found, errors and warnings.
    pub findings: Vec<Finding>,
    parts: Option<Parts>,
}

/// What could be built of the folder besides the scripts.
struct Parts {
    letters: Letters,
    calendar: Calendar,
    policy: PolicyPack,
}

impl Candidate {
    /// Reads and checks a folder on the disk.
    ///
    /// # Errors
    ///
    /// One finding when there is no folder to read.
    pub fn read(
        dir: &Path,
        catalog: &Arc<Catalog>,
        config: &Config,
    ) -> Result<Self, Box<Finding>> {
        match Folder::read(dir) {
            Ok((folder, findings)) => {
                Ok(Self::check(Arc::new(folder), findings, catalog, config))
            }
            Err(finding) => Err(Box::new(Finding { code: findings::FOLDER, ..*finding })),
        }
    }

    /// Checks the texts of a folder.
    pub fn check(
        folder: Arc<Folder>,
        mut found: Vec<Finding>,
        catalog: &Arc<Catalog>,
        config: &Config,
    ) -> Self {
        let loaded = loading::load(&folder, catalog, &Limits::default());
        let checked = check::check(&folder, catalog, &loaded.program);
        found.extend(check::merged(loaded.findings, checked));
        let (letters, faults) = Letters::new(&loaded.program.templates);
        found.extend(faults.iter().map(findings::of_template));
        let calendar = read_calendar(&folder, &config.calendar, &mut found);
        let policy = read_policy(&folder, &config.policy, &mut found);
        found.sort_by(|a, b| (&a.file, a.line, a.col).cmp(&(&b.file, b.line, b.col)));
        let parts = policy.map(|policy| Parts { letters, calendar, policy });
        Self {
            hash: releases::hash_files(&folder.files),
            folder,
            program: loaded.program,
            findings: found,
            parts,
        }
    }

    /// Whether anything found forbids a release.
    pub fn has_errors(&self) -> bool {
        self.parts.is_none() || check::has_errors(&self.findings)
    }

    /// The candidate made ready to run as this release; `None` when it has
    /// errors.
    pub fn runtime(
        self,
        release: (ReleaseId, i64),
        plugins: &Plugins,
        config: &Config,
        store_id: &str,
    ) -> Option<Runtime> {
        let parts = self.parts?;
        Some(Runtime {
            release_id: release.0,
            number: release.1,
            folder: self.folder,
            program: self.program,
            letters: parts.letters,
            calendar: parts.calendar.into(),
            policy: parts.policy,
            opening: config.opening(),
            verbs: plugins.verbs(),
            catalog: Arc::new(plugins.catalog()),
            store_id: store_id.to_owned(),
        })
    }
}

/// The texts below a path, from the folder, or the program's own when the
/// folder has none there.
fn texts<'a>(folder: &'a Folder, below: &str) -> BTreeMap<&'a str, &'a str> {
    let own: BTreeMap<&str, &str> = folder
        .files
        .iter()
        .filter(|(name, _)| name.starts_with(below))
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    if !own.is_empty() {
        return own;
    }
    BUILT_IN.iter().copied().filter(|(name, _)| name.starts_with(below)).collect()
}

fn read_calendar(folder: &Folder, name: &str, found: &mut Vec<Finding>) -> Calendar {
    let mut years: Vec<YearCalendar> = Vec::new();
    for (file, text) in texts(folder, &format!("calendars/{name}/")) {
        match YearCalendar::parse(text) {
            Ok(year) => years.push(year),
            Err(error) => found.push(unreadable(file, &error.to_string())),
        }
    }
    match Calendar::from_years(years) {
        Ok(calendar) => calendar,
        Err(error) => {
            found.push(unreadable(&format!("calendars/{name}"), &error.to_string()));
            Calendar::default()
        }
    }
}

fn read_policy(
    folder: &Folder,
    name: &str,
    found: &mut Vec<Finding>,
) -> Option<PolicyPack> {
    let file = format!("policies/{name}.toml");
    let packs = texts(folder, &file);
    let Some(text) = packs.get(file.as_str()) else {
        found.push(unreadable(&file, "没有这个合规规则文件"));
        return None;
    };
    let hash =
        releases::hash_files(&BTreeMap::from([(file.clone(), (*text).to_owned())]));
    match PolicyPack::parse(text, &hash) {
        Ok(pack) => {
            found.extend(loosened(&file, text, &pack));
            Some(pack)
        }
        Err(error) => {
            found.push(unreadable(&file, &error.to_string()));
            None
        }
    }
}

/// Where a pack allows more than the one of the same name that the program
/// brings along: a save would otherwise lift the law for everybody at once.
fn loosened(file: &str, text: &str, pack: &PolicyPack) -> Vec<Finding> {
    let own = BUILT_IN.iter().find(|it| it.0 == file).map(|it| it.1);
    let Some(base) = own.and_then(|it| PolicyPack::parse(it, "").ok()) else {
        return Vec::new();
    };
    let loosenings = pack.loosenings(&base);
    loosenings
        .iter()
        .map(|it| {
            let quoted = format!("\"{}\"", it.rule);
            let starts = |line: &str| line.contains(&quoted) || line.starts_with(&it.rule);
            let line = text.lines().position(starts).map_or(1, |it| it + 1);
            Finding::error(
                findings::LOOSENED,
                file,
                format!(
                    "合规规则 {} 比内置规则包宽:{};内置规则包只能收紧,请改回,或删除本文件沿用内置的",
                    it.rule, it.problem
                ),
                format!(
                    "rule {} is looser than in the built-in pack, which may only be \
                     tightened: put it back, or delete the file to use the built-in one",
                    it.rule
                ),
            )
            .at(u32::try_from(line).unwrap_or(1), 1)
        })
        .collect()
}

fn unreadable(file: &str, why: &str) -> Finding {
    Finding::error(
        findings::POLICY,
        file,
        format!("读不懂:{why}"),
        format!("cannot be read: {why}"),
    )
}

/// Only the errors of a list.
pub fn errors(found: &[Finding]) -> impl Iterator<Item = &Finding> {
    found.iter().filter(|it| it.severity == Severity::Error)
}
