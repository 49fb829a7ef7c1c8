//! A candidate (候选版本): the folder as it lies on the disk, checked as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use domain::calendar::{Calendar, CalendarError, YearCalendar};
use domain::conduct::{PackError, PolicyPack};
use domain::event::{Event, EventSpec};
use domain::ids::{EventId, ReleaseId};
use domain::manifest::ArgKind;
use domain::say::Say;
use domain::tongues;
use runtime::letters::{self, Letters, made_up_case};
use runtime::usage::UsageTracker;
use runtime::{Plugins, Runtime};
use script::Worker;
use script::check;
use script::check::codes::RAISED;
use script::finding::{Finding, Severity};
use script::folder::Snapshot;
use script::loading;
use script::program::{Catalog, Folder, Program, Workflow};
use script::progress;
use script::sandbox::Limits;
use serde_json::json;
use site::config::Config;
use site::toml_words;
use store::releases;

use crate::built_in::BUILT_IN;
use crate::steady::Sight;
use crate::{copies, findings, rules, trial};

/// A folder with everything that was found in it.
#[derive(Clone)]
pub struct Candidate {
    /// The texts.
    pub folder: Arc<Folder>,
    /// Its [`mark`]; that of the release that it would be.
    pub hash: String,
    /// The registered workflows.
    pub program: Program,
    /// Everything found, errors and warnings.
    pub findings: Vec<Finding>,
    /// Files that lie in the folder and could not be read.
    pub unread: BTreeSet<String>,
    parts: Option<Parts>,
}

/// What could be built of the folder besides the scripts.
#[derive(Clone)]
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
        Self::of(Snapshot::take(dir), catalog, config)
    }

    /// Checks what lay in a folder at one moment.
    ///
    /// # Errors
    ///
    /// One finding when there was no folder to read.
    pub fn of(
        sight: Sight,
        catalog: &Arc<Catalog>,
        config: &Config,
    ) -> Result<Self, Box<Finding>> {
        match sight {
            Ok(snapshot) => {
                let (folder, findings) = snapshot.texts();
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
        let hash = mark(&folder, &found);
        let unread = found.iter().map(|it| it.file.clone()).collect();
        let (read, copies) = copies::shelve(&folder);
        found.extend(copies);
        let read = Arc::new(read);
        let loaded = loading::load(&read, catalog, &Limits::default());
        let checked = check::check(&read, catalog, &loaded.program);
        found.extend(check::merged(loaded.findings, checked));
        found.extend(failing_choices(&read, catalog, &loaded.program));
        let (letters, faults) = Letters::new(&loaded.program.templates);
        found.extend(faults.iter().map(findings::of_template));
        let disguised = letters::disguised(&loaded.program.templates);
        found.extend(disguised.iter().map(findings::of_disguise));
        let verbs: Vec<_> = catalog.all_verbs().collect();
        let used = letters::texts(&read, &verbs).used;
        found.extend(findings::of_wordings(&loaded.program.templates, &used));
        let calendar = read_calendar(&read, &config.calendar, &mut found);
        let policy = read_policy(&read, &config.policy, &mut found);
        found.extend(retired(&read, &config.policy));
        let parts = policy.map(|policy| Parts { letters, calendar, policy });
        let program = loaded.program;
        let mut candidate =
            Self { hash, folder, program, findings: found, unread, parts };
        candidate.try_settings(catalog, config);
        candidate
            .findings
            .sort_by(|a, b| (&a.file, a.line, a.col).cmp(&(&b.file, b.line, b.col)));
        candidate
    }

    /// A folder that was checked in another process, without a fault or with those
    /// found there.
    pub(super) fn checked_apart(
        (folder, hash, unread): (Arc<Folder>, String, BTreeSet<String>),
        program: Program,
        findings: Vec<Finding>,
        config: &Config,
    ) -> Self {
        let mut parts = None;
        // What went well there can be read here.
        if !check::has_errors(&findings) {
            let (read, _) = copies::shelve(&folder);
            let (letters, _) = Letters::new(&program.templates);
            let told = &mut Vec::new();
            let calendar = read_calendar(&read, &config.calendar, told);
            let policy = read_policy(&read, &config.policy, told);
            parts = policy.map(|policy| Parts { letters, calendar, policy });
        }
        Self { folder, hash, program, findings, unread, parts }
    }

    /// Looks once more, with the site's settings, at a folder without a fault.
    fn try_settings(&mut self, catalog: &Arc<Catalog>, config: &Config) {
        if self.has_errors() {
            return;
        }
        let Some(parts) = &self.parts else { return };
        let runtime = Runtime {
            release_id: ReleaseId(0),
            number: 0,
            folder: Arc::clone(&self.folder),
            program: self.program.clone(),
            letters: parts.letters.clone(),
            calendar: Arc::new(parts.calendar.clone()),
            policy: parts.policy.clone(),
            opening: config.opening(),
            verbs: BTreeMap::new(),
            catalog: Arc::clone(catalog),
            store_id: String::new(),
            usage: UsageTracker::default(),
        };
        self.findings.extend(trial::faults(&runtime, &config.zone));
    }

    /// Whether anything found forbids a release.
    pub fn has_errors(&self) -> bool {
        self.parts.is_none() || check::has_errors(&self.findings)
    }

    /// Whether something found in a file forbids a release.
    pub fn has_errors_in(&self, file: &str) -> bool {
        errors(&self.findings).any(|error| error.file == file)
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
            letters: parts.letters.of(config),
            calendar: parts.calendar.into(),
            policy: parts.policy,
            opening: config.opening(),
            verbs: plugins.verbs(),
            catalog: Arc::new(plugins.catalog()),
            store_id: store_id.to_owned(),
            usage: UsageTracker::default(),
        })
    }
}

/// Hash of names and texts; of a file that could not be read, of its name.
pub fn mark(folder: &Folder, unread: &[Finding]) -> String {
    if unread.is_empty() {
        return releases::hash_files(&folder.files);
    }
    let mut files = folder.files.clone();
    // No file of ours has such a name.
    files.extend(
        unread.iter().map(|it| (format!("{}:{}", it.file, it.code), String::new())),
    );
    releases::hash_files(&files)
}

/// Tries every `where` on a made-up case, and on every event that it is asked
/// about: one that fails would leave out every case without a word.
fn failing_choices(
    folder: &Arc<Folder>,
    catalog: &Arc<Catalog>,
    program: &Program,
) -> Vec<Finding> {
    let chosen = |it: &&Workflow| it.enrol.as_ref().is_some_and(|it| it.has_where);
    let chosen: Vec<&Workflow> = program.workflows.values().filter(chosen).collect();
    if chosen.is_empty() {
        return Vec::new();
    }
    // A folder that does not load has its findings already.
    let loaded = Worker::new(Arc::clone(folder), Arc::clone(catalog), Limits::default());
    let Ok(mut worker) = loaded else {
        return Vec::new();
    };
    let facts = made_up_case();
    chosen
        .into_iter()
        .filter_map(|it| {
            let _in_hand = progress::begin(&it.file);
            let on = it.enrol.iter().flat_map(|it| &it.on);
            let events: Vec<Event> =
                on.filter_map(|it| Some(made_up_event(catalog.find_event(it)?))).collect();
            let error = if events.is_empty() {
                worker.wants(&it.name, &facts, None).err()?
            } else {
                let mut fails =
                    |event| worker.wants(&it.name, &facts, Some(event)).err();
                events.iter().find_map(&mut fails)?
            };
            let (zh, en) =
                (tongues::chinese(&error.message), tongues::english(&error.message));
            let finding = Finding::error(
                RAISED,
                &it.file,
                format!("enrol 的 where 在样例案件上出错,没有案件会被纳入:{zh}"),
                format!("the `where` of enrol fails on a made-up case, nobody would come in: {en}"),
            );
            Some(finding.at(error.line.max(1), 1))
        })
        .collect()
}

/// An event of which everything is known.
pub(crate) fn made_up_event(spec: &EventSpec) -> Event {
    let value = |kind: ArgKind| match kind {
        ArgKind::Fen | ArgKind::Count | ArgKind::PerMille | ArgKind::Party => json!(1),
        ArgKind::Date => json!("2026-04-01"),
        ArgKind::Bool => json!(true),
        ArgKind::Choice(words) => json!(words.first()),
        ArgKind::Text
        | ArgKind::Title
        | ArgKind::Template
        | ArgKind::Staff
        | ArgKind::Assignee
        | ArgKind::Workflow => {
            json!("示例")
        }
    };
    let fields =
        spec.fields.iter().map(|field| (field.name.to_owned(), value(field.kind)));
    Event { id: EventId(1), kind: spec.name.to_owned(), payload: fields.collect() }
}

/// Years that the program's own calendar has and the folder's lacks: workdays
/// of such a year would be weekdays, holidays or not.
fn missing_years(folder: &Folder, name: &str, years: &[YearCalendar]) -> Vec<Finding> {
    let Some(first) = years.iter().map(|year| year.year).min() else { return Vec::new() };
    let below = format!("calendars/{name}/");
    BUILT_IN
        .iter()
        .filter(|it| it.0.starts_with(&below))
        .filter_map(|(file, text)| Some((file, YearCalendar::parse(text).ok()?.year)))
        // One that lies there and cannot be read has a finding of its own.
        .filter(|(file, _)| {
            folder.files.get(**file).is_none_or(|file| YearCalendar::parse(file).is_ok())
        })
        .filter(|(_, year)| first < *year && years.iter().all(|it| it.year != *year))
        .map(|(file, year)| {
            Finding::warning(
                findings::POLICY,
                file,
                format!(
                    "没有 {year} 年的日历:该年的工作日不计节假日和调休;请补上这个文件"
                ),
                format!(
                    "no calendar of {year}: its workdays know no holidays; add the file"
                ),
            )
        })
        .collect()
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

/// The calendar of a folder, as far as it can be read.
pub fn calendar(folder: &Folder, name: &str) -> Calendar {
    read_calendar(folder, name, &mut Vec::new())
}

/// What keeps a folder from running by the rules and the calendar that settings name.
pub fn fault_of_rules(folder: &Folder, config: &Config) -> Option<Finding> {
    let mut found = Vec::new();
    read_policy(folder, &config.policy, &mut found);
    read_calendar(folder, &config.calendar, &mut found);
    errors(&found).next().cloned()
}

fn read_calendar(folder: &Folder, name: &str, found: &mut Vec<Finding>) -> Calendar {
    let mut years: Vec<YearCalendar> = Vec::new();
    let texts = texts(folder, &format!("calendars/{name}/"));
    for (file, text) in &texts {
        let _in_hand = progress::begin(file);
        match YearCalendar::parse(text) {
            Ok(year) => years.push(year),
            Err(error) => found.push(calendar_fault(file, text, &error)),
        }
    }
    if texts.is_empty() {
        found.push(rules::no_calendar(folder, name));
    }
    found.extend(missing_years(folder, name, &years));
    match Calendar::from_years(years) {
        Ok(calendar) => calendar,
        Err(error) => {
            found.push(calendar_fault(&format!("calendars/{name}"), "", &error));
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
        found.push(rules::no_policy(folder, name));
        return None;
    };
    let _in_hand = progress::begin(&file);
    let hash =
        releases::hash_files(&BTreeMap::from([(file.clone(), (*text).to_owned())]));
    match PolicyPack::of_release(text, &hash) {
        Ok(pack) => {
            found.extend(loosened(&file, text, &pack));
            Some(pack)
        }
        Err(error) => {
            // Of the text as it stands the fault is told with its place.
            let error = PolicyPack::parse(text, &hash).err().unwrap_or(error);
            found.push(pack_fault(&file, text, &error));
            None
        }
    }
}

/// What a pack may not say any more although a release that says it runs on: no rule
/// would read it, and whoever wrote it would lean on nothing.
fn retired(folder: &Folder, name: &str) -> Option<Finding> {
    let file = format!("policies/{name}.toml");
    let packs = texts(folder, &file);
    let text = packs.get(file.as_str())?;
    // One that cannot be read at all has its finding.
    PolicyPack::of_release(text, "").ok()?;
    let error = PolicyPack::parse(text, "").err()?;
    Some(pack_fault(&file, text, &error))
}

/// Why a calendar is not taken, at its line.
fn calendar_fault(file: &str, text: &str, error: &CalendarError) -> Finding {
    let (at, (said, meant)) = match error {
        CalendarError::NotACalendar { line, column, message } => {
            ((*line, *column), toml_words::told(message, line_of(text, *line)))
        }
        // A day is told with the line that has it.
        CalendarError::StrayDate { date, .. } => {
            (place_of(text, date), (error.said(), None))
        }
        CalendarError::NotAWeekend(day) => {
            (place_of(text, &day.to_string()), (error.said(), None))
        }
        CalendarError::TwoCalendars(_) => ((0, 0), (error.said(), None)),
    };
    unreadable(file, at, said).suggesting(meant)
}

/// Why rules of conduct are not taken, at their line.
fn pack_fault(file: &str, text: &str, error: &PackError) -> Finding {
    let (at, (said, meant)) = match error {
        PackError::NotAPack { line, column, message } => {
            ((*line, *column), toml_words::told(message, line_of(text, *line)))
        }
        PackError::Unsound { line, rule, problem, english } => {
            let said =
                Say::new(format!("`{rule}`:{problem}"), format!("`{rule}`: {english}"));
            ((*line, 1), (said, None))
        }
        PackError::Retired { line, name } => return no_longer_read(file, *line, name),
    };
    unreadable(file, at, said).suggesting(meant)
}

fn no_longer_read(file: &str, line: usize, name: &str) -> Finding {
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    // One entry of it is read elsewhere now.
    let (zh, en) = if name == "[money]" {
        (
            ";其中的还款抵充顺序(contract_order)改写在 `[payment]` 的 `order` 里",
            "; its order of payment (`contract_order`) is `order` under `[payment]` now",
        )
    } else {
        ("", "")
    };
    Finding::error(
        findings::POLICY,
        file,
        format!(
            "`{name}` 已停用:没有规则读它,写了也不起作用;请删去,或删除本文件改用程序自带的{zh}"
        ),
        format!(
            "`{name}` is retired: no rule reads it, and it would have no effect; take it \
             out, or delete the file to use the built-in one{en}"
        ),
    )
    .at(line, 1)
}

fn line_of(text: &str, line: usize) -> &str {
    text.lines().nth(line.saturating_sub(1)).unwrap_or("")
}

/// The last line and column, from 1, at which a word stands.
fn place_of(text: &str, word: &str) -> (usize, usize) {
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(index, line)| Some((index, line, line.find(word)?)));
    found
        .last()
        .map_or((1, 1), |(index, line, at)| (index + 1, line[..at].chars().count() + 1))
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
        .map(|loosening| {
            let quoted = format!("\"{}\"", loosening.rule);
            let starts = |line: &str| line.contains(&quoted) || line.starts_with(&loosening.rule);
            let line = text.lines().position(starts).map_or(1, |it| it + 1);
            let at = u32::try_from(line).unwrap_or(1);
            if let Some(own) = &loosening.differs_from {
                return different(file, &loosening.rule, own).at(at, 1);
            }
            Finding::error(
                findings::LOOSENED,
                file,
                format!(
                    "合规规则 {} 比内置规则包宽:{};内置规则包只能收紧,请改回,或删除本文件沿用内置的",
                    loosening.rule, loosening.problem
                ),
                format!(
                    "rule {} is looser than in the built-in pack, which may only be \
                     tightened: put it back, or delete the file to use the built-in one",
                    loosening.rule
                ),
            )
            .at(at, 1)
        })
        .collect()
}

/// What names a pack is neither tight nor loose: it is the same or another.
fn different(file: &str, entry: &str, own: &str) -> Finding {
    let name = file.trim_start_matches("policies/").trim_end_matches(".toml");
    Finding::error(
        findings::LOOSENED,
        file,
        format!(
            "`{entry}` 和程序自带的规则包不同:文件名是 {name},这一项就应为 \"{own}\";请改回"
        ),
        format!(
            "`{entry}` is another than in the built-in pack: in a file called {name} it is \
             \"{own}\"; put it back"
        ),
    )
}

fn unreadable(file: &str, (line, col): (usize, usize), Say { zh, en }: Say) -> Finding {
    let small = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    Finding::error(
        findings::POLICY,
        file,
        format!("读不懂:{zh}"),
        format!("cannot be read: {en}"),
    )
    .at(small(line), small(col))
}

/// Only the errors of a list.
pub fn errors(found: &[Finding]) -> impl Iterator<Item = &Finding> {
    found.iter().filter(|it| it.severity == Severity::Error)
}

#[cfg(test)]
mod tests {
    use domain::say::Lang;

    use super::*;

    const SCRIPT: &str = "-- 例:逾期的客户\nworkflow \"a\" { \
        title = { zh = \"例\", en = \"A\" }, lane = \"a\", start = \"b\", \
        enrol = { days_past_due = at_least(1), where = WHERE } }\n\
        stage \"b\" { title = { zh = \"办\", en = \"B\" }, finish = \"done\" }\n";

    fn found(choice: &str, more: &[(&str, &str)]) -> Vec<String> {
        told(&SCRIPT.replace("WHERE", choice), more)
    }

    fn told(script: &str, more: &[(&str, &str)]) -> Vec<String> {
        let files = [("a.lua", script), ("a_test.lua", "")];
        let files = files.iter().chain(more);
        let files = files.map(|file| (file.0.to_owned(), file.1.to_owned())).collect();
        let catalog = Arc::new(Plugins::new(Vec::new()).catalog());
        let (folder, config) = (Arc::new(Folder { files }), Config::default());
        let candidate = Candidate::check(folder, Vec::new(), &catalog, &config);
        candidate.findings.iter().map(|finding| finding.render(Lang::En)).collect()
    }

    fn built_in(file: &str) -> &'static str {
        BUILT_IN.iter().find(|it| it.0 == file).unwrap().1
    }

    #[test]
    fn a_choice_that_fails_on_its_event_is_found_as_well() {
        let script = |choice: &str| {
            let on = format!("enrol = {{ on = \"payment\", where = {choice} }} }}\n");
            let (head, tail) = SCRIPT.split_once("enrol").unwrap();
            let (_, stage) = tail.split_once('\n').unwrap();
            format!("{head}{on}{stage}")
        };
        let works = script("function(case, payment) return payment.amount > 0 end");
        assert_eq!(told(&works, &[]), Vec::<String>::new());
        let fails = script("function(case, payment) return payment.entry > 0 end");
        let told = told(&fails, &[]);
        assert!(told[0].starts_with("error[W"), "{told:?}");
    }

    #[test]
    fn a_choice_that_fails_is_found_before_it_leaves_everybody_out() {
        let works = "function(case) return #case.guarantors > 0 end";
        assert_eq!(found(works, &[]), Vec::<String>::new());
        let fails = "function(case) return case.village + 1 > 0 end";
        let told = found(fails, &[]);
        assert!(told[0].starts_with("error[W054] a.lua:"), "{told:?}");
    }

    #[test]
    fn a_year_missing_from_the_folders_calendar_is_told() {
        let works = "function(case) return true end";
        let some = ["calendars/cn/2023.toml", "calendars/cn/2024.toml"];
        let some: Vec<_> = some.iter().map(|it| (*it, built_in(it))).collect();
        let told = found(works, &some);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].starts_with("warning[W063] calendars/cn/2026.toml"), "{told:?}");
    }

    #[test]
    fn a_calendar_that_cannot_be_read_is_told_once() {
        let works = "function(case) return true end";
        let files = ["calendars/cn/2025.toml", "calendars/cn/2026.toml"];
        let mut files = files.map(|file| (file, built_in(file)));
        files[1].1 = "year = ";
        let told = found(works, &files);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("error[W063] calendars/cn/2026.toml"), "{told:?}");
    }

    #[test]
    fn a_slip_in_rules_or_days_is_told_at_its_line_and_once() {
        let works = "function(case) return true end";
        let (pack, year) = ("policies/cn-rcc.toml", "calendars/cn/2026.toml");
        let line = |file: &str, part: &str| {
            built_in(file).lines().position(|line| line.contains(part)).unwrap() + 1
        };
        let table = [
            (
                pack,
                "clock = \"pack\"",
                "clok = \"pack\"",
                "W063",
                "did you mean `clock`?",
            ),
            (
                pack,
                "[[contact_window]]",
                "[[contact_windw]]",
                "W063",
                "did you mean `contact_window`?",
            ),
            (
                pack,
                "[[\"08:00\", \"22:00\"]]",
                "[\"08:00\", \"22:00\"]",
                "W063",
                "a pair of times",
            ),
            (
                pack,
                "clock = \"pack\"",
                "clock = \"bank\"",
                "W063",
                "there is no clock `bank`",
            ),
            (
                pack,
                "id = \"cn-rcc\"",
                "id = \"cn-rcc2\"",
                "W066",
                "is another than in the built-in pack",
            ),
            (year, "2026-10-07", "2026-10-32", "W063", "the day 2026-10-32"),
            (year, "2026-10-07", "2026/10/07", "W063", "the day 2026/10/07"),
            (year, "2026-10-07", "2025-10-07", "W063", "is none of 2026"),
            (
                year,
                "make_up_work = [",
                "makeup_work = [",
                "W063",
                "did you mean `make_up_work`?",
            ),
        ];
        for (file, from, to, code, said) in table {
            let text = built_in(file).replacen(from, to, 1);
            assert_ne!(text, built_in(file), "{to}");
            let told = found(works, &[(file, &text)]);
            assert_eq!(told.len(), 1, "{to}: {told:?}");
            assert!(told[0].starts_with(&format!("error[{code}] {file}:")), "{told:?}");
            assert!(told[0].contains(said), "{to}: {told:?}");
            let has_chinese = told[0].chars().any(tongues::is_chinese);
            assert!(!has_chinese, "{told:?}");
            if !to.contains("bank") {
                let at = format!("{file}:{}:", line(file, from));
                assert!(told[0].contains(&at), "{at} {told:?}");
            }
        }
    }

    #[test]
    fn a_pack_of_the_built_in_name_may_only_be_tightened() {
        let works = "function(case) return true end";
        let file = "policies/cn-rcc.toml";
        let pack = built_in(file);
        let hours = "[[\"08:00\", \"22:00\"]]";
        let table = [
            ("[[\"00:00\", \"24:00\"]]", Some("cn.window")),
            ("[[\"07:30\", \"22:00\"]]", Some("cn.window")),
            ("[[\"09:00\", \"20:00\"]]", None),
        ];
        for (span, rule) in table {
            let told = found(works, &[(file, &pack.replacen(hours, span, 1))]);
            assert_eq!(told.len(), usize::from(rule.is_some()), "{span}: {told:?}");
            let line = pack
                .lines()
                .position(|line| line.contains("id = \"cn.window\""))
                .unwrap()
                + 1;
            let place = format!("error[W066] {file}:{line}:1");
            assert!(told.iter().all(|it| it.starts_with(&place)), "{told:?}");
        }
        let looser = pack.replace("limit = 3\n", "limit = 300\n");
        let told = found(works, &[(file, &looser)]);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("cn.freq.effective"), "{told:?}");
        let gone = pack.replace(
            "effect = [\"no_demand\"]\nkeep = [\"plan",
            "effect = [\"no_call\"]\nkeep = [\"plan",
        );
        assert!(found(works, &[(file, &gone)])[0].contains("plan_active"));
    }

    #[test]
    fn what_no_rule_reads_is_refused_in_a_folder_and_keeps_no_release_from_running_on() {
        let file = "policies/cn-rcc.toml";
        let last = built_in(file).lines().count();
        for (name, more) in [
            ("[money]", "[money]\nday_count = \"actual/360\"\n"),
            ("[plan]", "[plan]\nmax_months = 60\n"),
        ] {
            let text = format!("{}{more}", built_in(file));
            let script = SCRIPT.replace("WHERE", "function(case) return true end");
            let files = [("a.lua", script.as_str()), ("a_test.lua", ""), (file, &text)];
            let files = files.map(|file| (file.0.to_owned(), file.1.to_owned())).into();
            let catalog = Arc::new(Plugins::new(Vec::new()).catalog());
            let (folder, config) = (Arc::new(Folder { files }), Config::default());
            assert_eq!(
                fault_of_rules(&folder, &config),
                None,
                "a reload has no fault in it"
            );
            let candidate = Candidate::check(folder, Vec::new(), &catalog, &config);
            let told: Vec<String> = candidate
                .findings
                .iter()
                .map(|finding| finding.render(Lang::En))
                .collect();
            assert_eq!(told.len(), 1, "{told:?}");
            let place = format!("error[W063] {file}:{}:1", last + 1);
            assert!(told[0].starts_with(&place), "{told:?}");
            assert!(told[0].contains(&format!("`{name}` is retired")), "{told:?}");
            assert!(candidate.has_errors() && candidate.parts.is_some(), "{name}");
        }
    }
}
