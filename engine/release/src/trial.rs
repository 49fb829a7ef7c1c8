//! Settings on trial (试设置): what the site has set is tried on made-up cases before
//! it goes live.
//!
//! Tests run on what scripts declare, so something else has to see that a value
//! of settings.toml lets a procedure run: that dates can be reckoned with it,
//! that no chain of stages goes on for ever. Every stage is entered and every
//! event is answered, on cases of all sorts, once as declared and once as set;
//! a fault that is there only as set is the setting's.

use std::sync::Arc;

use anyhow::Result;
use domain::event::Event;
use domain::facts::CaseFacts;
use domain::ids::{InstanceId, PartyId};
use domain::money::Fen;
use domain::party::GuaranteeKind;
use domain::tongues;
use jiff::ToSpan;
use jiff::civil::{DateTime, Time};
use runtime::Runtime;
use runtime::clock::Clock;
use runtime::letters::made_up_case;
use runtime::step::{self, End, Outcome, Scripts};
use script::finding::Finding;
use script::loading::{self, SettingLine};
use script::program::{Answer, Ask, Folder, Workflow};
use script::sandbox::Limits;
use script::{StepError, Worker};
use serde_json::Map;
use store::due::Claimed;

use crate::candidate::made_up_event;
use crate::findings;

/// Made-up cases that a workflow is tried on.
const CASES: usize = 24;
/// As often may one workflow turn into another in one wake-up.
const MOST_TURNS: usize = 16;

/// What the site's settings break in a folder that is sound otherwise: a
/// finding for each workflow, at the line of the setting.
pub fn faults(set: &Runtime, zone: &str) -> Vec<Finding> {
    let lines = loading::setting_lines(&set.folder);
    let workflows = set.program.workflows.values();
    let changed = workflows
        .filter(|workflow| workflow.settings.values().any(|it| it.value != it.default));
    let changed: Vec<&Workflow> = changed.collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let tried = try_out(set, &changed, &lines, zone);
    // Without a clock or a state there is no trial, and other findings say why.
    tried.unwrap_or_default()
}

fn try_out(
    set: &Runtime,
    changed: &[&Workflow],
    lines: &[SettingLine],
    zone: &str,
) -> Result<Vec<Finding>> {
    let declared = loading::as_declared(&set.folder);
    let mut found = Vec::new();
    let (mut plain, mut set) = (Bench::new(set, declared, zone)?, Bench::of(set, zone)?);
    for workflow in changed {
        let broken = attempts(workflow, &set).into_iter().find_map(|attempt| {
            let error = set.run(&attempt).err()?;
            plain.run(&attempt).is_ok().then_some((attempt, error))
        });
        let Some((attempt, error)) = broken else { continue };
        let own: Vec<&SettingLine> =
            lines.iter().filter(|line| line.workflow == workflow.name).collect();
        let alone = |it: &&&SettingLine| breaks_alone(&set, it, &attempt, zone);
        let cause = own.iter().find(alone).or(own.first());
        if let Some(cause) = cause {
            found.push(finding(cause, &attempt, &error));
        }
    }
    Ok(found)
}

/// Whether one setting by itself makes an attempt fail.
fn breaks_alone(set: &Bench, line: &SettingLine, attempt: &Attempt, zone: &str) -> bool {
    let value = Map::from_iter([(line.name.clone(), line.value.clone())]);
    let one = [(line.workflow.clone(), value.into_iter().collect())];
    let folder = loading::with_settings(&set.runtime.folder, &one.into());
    Bench::new(&set.runtime, folder, zone).is_ok_and(|mut it| it.run(attempt).is_err())
}

fn finding(cause: &SettingLine, attempt: &Attempt, error: &StepError) -> Finding {
    let SettingLine { workflow, name, value, line, col } = cause;
    let Attempt { stage, on, .. } = attempt;
    let at =
        on.as_ref().map_or_else(|| "enter".to_owned(), |it| format!("on_{}", it.kind));
    let error = error.to_string();
    let (error_zh, error_en) = (tongues::chinese(&error), tongues::english(&error));
    Finding::error(
        findings::SETTING_BREAKS,
        loading::SETTINGS,
        format!(
            "流程 {workflow} 的设置项 `{name}` 设成 {value} 后会出错,案件会停下来等人:\
             环节 “{stage}” 的 {at}:{error_zh};请换一个值,改好以前照旧"
        ),
        format!(
            "with `{name}` of {workflow} set to {value} the script fails and cases would \
             be parked: {at} of stage `{stage}`: {error_en}; take another value, until then \
             nothing of this file takes effect"
        ),
    )
    .at(*line, *col)
}

/// One handler asked about one case.
#[derive(Clone)]
struct Attempt {
    workflow: String,
    lane: String,
    stage: String,
    /// The event; `None` for entering the stage.
    on: Option<Event>,
    facts: CaseFacts,
}

/// A folder loaded to be tried.
struct Bench {
    runtime: Runtime,
    clock: Clock,
    worker: Worker,
}

struct Asked<'a>(&'a mut Worker);

impl Scripts for Asked<'_> {
    fn ask(&mut self, ask: &Ask<'_>) -> Result<Answer, StepError> {
        self.0.ask(ask)
    }
}

impl Bench {
    fn of(runtime: &Runtime, zone: &str) -> Result<Self> {
        let begins =
            DateTime::from_parts(made_up_case().today, Time::constant(10, 0, 0, 0));
        let clock = Clock::virtual_at(zone, begins)?;
        let (folder, catalog) =
            (Arc::clone(&runtime.folder), Arc::clone(&runtime.catalog));
        let worker = Worker::new(folder, catalog, Limits::default());
        let worker = worker.map_err(|_| anyhow::anyhow!("the folder does not load"))?;
        Ok(Self { runtime: runtime.clone(), clock, worker })
    }

    fn new(runtime: &Runtime, folder: Folder, zone: &str) -> Result<Self> {
        let loaded = loading::load(&folder, &runtime.catalog, &Limits::default());
        let (folder, program) = (Arc::new(folder), loaded.program);
        Self::of(&Runtime { folder, program, ..runtime.clone() }, zone)
    }

    /// Runs one wake-up, and those of the workflows that it turns into.
    fn run(&mut self, attempt: &Attempt) -> Result<(), StepError> {
        let mut outcome = self.step(attempt)?;
        let mut turned = attempt.clone();
        for _ in 0..MOST_TURNS {
            let End::Becomes(next) = outcome.end else { return Ok(()) };
            let Some(workflow) = self.runtime.program.workflows.get(&next) else {
                return Ok(());
            };
            turned = Attempt {
                workflow: next,
                lane: workflow.lane.clone(),
                stage: workflow.start.clone(),
                on: None,
                facts: turned.facts,
            };
            outcome = self.step(&turned)?;
        }
        let last = &turned.workflow;
        Err(StepError::bad_answer(
            format!("一次唤醒里转了 {MOST_TURNS} 次流程还没有停,最后是 “{last}”"),
            format!(
                "workflows turn into each other for ever, more than {MOST_TURNS} times in \
                 one wake-up, the last is `{last}`"
            ),
        ))
    }

    fn step(&mut self, attempt: &Attempt) -> Result<Outcome, StepError> {
        let now = self.clock.now();
        let claimed = Claimed {
            id: InstanceId(1),
            case_id: attempt.facts.id,
            workflow: attempt.workflow.clone(),
            lane: attempt.lane.clone(),
            stage: attempt.stage.clone(),
            seq: i64::from(attempt.on.is_some()),
            frozen: false,
            due_at: attempt.on.is_some().then_some(now.ms + 1),
            wait: None,
            memo: Map::new(),
            events: attempt.on.iter().cloned().collect(),
            facts_rev: 0,
            head_hash: String::new(),
            tries: 0,
        };
        let mut asked = Asked(&mut self.worker);
        step::step(&self.runtime, &self.clock, &now, &claimed, &attempt.facts, &mut asked)
    }
}

/// Every handler of a workflow with every case.
fn attempts(workflow: &Workflow, bench: &Bench) -> Vec<Attempt> {
    let catalog = &bench.runtime.catalog;
    let mut attempts = Vec::new();
    for stage in workflow.stages.values() {
        let events = stage.on.iter().chain(&workflow.always);
        let events =
            events.filter_map(|event| Some(made_up_event(catalog.find_event(event)?)));
        let entered = stage.enters.then_some(None);
        let triggers: Vec<Option<Event>> =
            entered.into_iter().chain(events.map(Some)).collect();
        for (index, on) in triggers.iter().enumerate() {
            // Entering is tried on every case; of an event every third will do.
            let cases = (index..CASES).step_by(if on.is_some() { 3 } else { 1 });
            attempts.extend(cases.map(|case| Attempt {
                workflow: workflow.name.clone(),
                lane: workflow.lane.clone(),
                stage: stage.name.clone(),
                on: on.clone(),
                facts: case_of(case),
            }));
        }
    }
    attempts
}

/// The made-up case of a number: on time or late, its periods near or far, with
/// promises kept and broken, with and without guarantors.
fn case_of(number: usize) -> CaseFacts {
    const LATE: [u32; 8] = [1, 5, 0, 20, 31, 60, 95, 400];
    const LEFT: [Option<i64>; 9] = [
        Some(700),
        Some(5),
        Some(25),
        Some(60),
        Some(100),
        Some(150),
        Some(300),
        Some(-10),
        None,
    ];
    const DUE_IN: [Option<i64>; 7] =
        [Some(3), None, Some(0), Some(1), Some(15), Some(30), Some(7)];
    const PROMISED: [Option<i64>; 5] = [None, Some(1), Some(10), Some(60), Some(200)];
    const COURT: [Option<&str>; 11] = [
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        Some("opened"),
        Some("filed"),
        Some("judged"),
        Some("terminated"),
    ];
    let mut case = made_up_case();
    let today = case.today;
    let day = |days: i64| today.saturating_add(days.days());
    let few = |below: usize| u32::try_from(number % below).unwrap_or(0);
    case.days_past_due = LATE[number % LATE.len()];
    case.oldest_unpaid_on = Some(day(-i64::from(case.days_past_due)));
    case.limitation_ends_on = LEFT[number % LEFT.len()].map(day);
    case.court_stage = COURT[number % COURT.len()].map(str::to_owned);
    case.next_due_on = DUE_IN[number % DUE_IN.len()].map(day);
    case.next_due_amount = case.next_due_on.map(|_| Fen(50_000));
    case.promise_due_on = PROMISED[number % PROMISED.len()].map(day);
    (case.broken_promises, case.kept_promises) = (few(5), few(4));
    (case.contacts, case.visits) = (few(3), few(2));
    for (place, person) in case.others.iter_mut().enumerate() {
        person.id = PartyId(2 + i64::try_from(place).unwrap_or(0));
        person.guarantee_ends_on = LEFT[(number + 3) % LEFT.len()].map(day);
        let joint = number.is_multiple_of(2);
        let kind = if joint { GuaranteeKind::Joint } else { GuaranteeKind::General };
        person.guarantee = Some(kind);
    }
    if number % 3 == 2 {
        case.others.clear();
    }
    case
}

#[cfg(test)]
mod tests {
    use domain::say::Lang;

    use super::*;
    use crate::candidate::Candidate;
    use plugins_on;
    use site::config::Config;

    const HEAD: &str = "-- 例:逾期的客户\nworkflow \"NAME\" { title = { zh = \"例\", en = \"A\" }, \
        lane = \"x\", start = \"begin\", settings = { SETTINGS } }\n";

    /// What is found in two workflows of one lane under a settings.toml.
    fn found(scripts: [(&str, &str, &str); 2], toml: &str) -> Vec<String> {
        let mut files = std::collections::BTreeMap::new();
        for (name, settings, stages) in scripts {
            let head = HEAD.replace("NAME", name).replace("SETTINGS", settings);
            files.insert(format!("{name}.lua"), format!("{head}{stages}"));
            files.insert(format!("{name}_test.lua"), String::new());
        }
        files.insert("settings.toml".to_owned(), toml.to_owned());
        let none = std::path::Path::new("/nonexistent");
        let plugins = plugins_on::all(&std::collections::BTreeMap::new(), none).unwrap();
        let (catalog, config) = (Arc::new(plugins.catalog()), Config::default());
        let folder = Arc::new(Folder { files });
        let candidate = Candidate::check(folder, Vec::new(), &catalog, &config);
        candidate.findings.iter().map(|finding| finding.render(Lang::En)).collect()
    }

    const TITLE: &str = "title = { zh = \"办\", en = \"B\" },";
    const OTHER: (&str, &str, &str) = (
        "b",
        "low = 1",
        "stage \"begin\" { title = { zh = \"办\", en = \"B\" }, enter = function(case)\n\
         if case.days_past_due < setting.low then return become \"a\" end\n\
         return wait(1 * days, \"begin\") end }\n",
    );

    #[test]
    fn a_span_that_is_added_to_a_date_cannot_be_one_of_workdays() {
        let stages = format!(
            "stage \"begin\" {{ {TITLE} enter = function(case)\n\
             return wait_until(today() + setting.reach, \"begin\") end }}\n"
        );
        let a = ("a", "reach = 7 * days", stages.as_str());
        assert_eq!(found([a, OTHER], "[a]\nreach = \"3 days\"\n"), [""; 0]);
        let told = found([a, OTHER], "[b]\nlow = 0\n\n[a]\nreach = \"3 workdays\"\n");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("error[W058] settings.toml:5:1"), "{told:?}");
        assert!(told[0].contains("`reach`") && told[0].contains("a.lua:"), "{told:?}");
    }

    #[test]
    fn stages_and_workflows_that_go_round_for_ever_as_set_are_found() {
        let stages = format!(
            "stage \"begin\" {{ {TITLE} enter = function(case)\n\
             if case.days_past_due >= setting.high then return become \"b\" end\n\
             if setting.again then return go \"more\" end\n\
             return wait(1 * days, \"begin\") end }}\n\
             stage \"more\" {{ {TITLE} enter = function(case)\n\
             if setting.again then return go \"begin\" end\n\
             return wait(1 * days, \"begin\") end }}\n"
        );
        let a = ("a", "again = false, high = 30", stages.as_str());
        let told = found([a, OTHER], "[a]\nhigh = 20\n");
        assert!(!told.iter().any(|it| it.contains("W058")), "{told:?}");
        for (toml, place) in [
            ("[a]\nhigh = 99\nagain = true\n", "settings.toml:3:1"),
            ("[b]\nlow = 90\n", "settings.toml:2:1"),
        ] {
            let told = found([a, OTHER], toml);
            let round = format!("error[W058] {place}");
            assert!(told.iter().any(|it| it.starts_with(&round)), "{toml}: {told:?}");
        }
    }

    #[test]
    fn what_fails_as_declared_is_not_laid_at_the_settings_door() {
        let stages = format!(
            "stage \"begin\" {{ {TITLE} enter = function(case)\n\
             if memo.count < setting.most then return finish \"x\" end\n\
             return wait(1 * days, \"begin\") end }}\n"
        );
        let a = ("a", "most = 3", stages.as_str());
        assert_eq!(found([a, OTHER], "[a]\nmost = 5\n"), [""; 0]);
    }
}
