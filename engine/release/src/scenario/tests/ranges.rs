//! The shipped workflows under any settings that they allow (设置项的范围).

use std::collections::BTreeMap;

use domain::say::Lang;
use proptest::prelude::*;
use script::loading;
use script::program::{Folder, Program, SettingUnit, SettingValue, Workflow};
use script::testing::TestResult;
use serde_json::Value;

use super::*;
use crate::shipped;

fn candidate(folder: Folder) -> Candidate {
    let catalog = Arc::new(plugins().catalog());
    Candidate::check(Arc::new(folder), Vec::new(), &catalog, &Config::default())
}

fn findings(candidate: &Candidate) -> Vec<String> {
    candidate.findings.iter().map(|finding| finding.render(Lang::En)).collect()
}

fn run(candidate: Candidate, passes: &PassCache) -> Vec<TestResult> {
    let config = Config::default();
    let runtime = candidate.runtime((ReleaseId(0), 0), &plugins(), &config, "test");
    run_all(&runtime.unwrap(), &plugins(), &config, passes)
}

fn failed(results: &[TestResult]) -> Vec<String> {
    results.iter().filter(|it| !it.passed()).map(|it| it.render(Lang::En)).collect()
}

/// The bounds of a setting: that of the setting which it names, where it names one.
fn bounds(workflow: &Workflow, setting: &SettingValue) -> Option<[Value; 2]> {
    let of = |name: &Option<String>, own: &Option<Value>, is_min: bool| {
        let Some(name) = name else { return own.clone() };
        let other = &workflow.settings[name];
        // What is drawn for the other lies between: its far end keeps both apart.
        if is_min { other.max.clone() } else { other.min.clone() }
    };
    Some([
        of(&setting.not_below, &setting.min, true)?,
        of(&setting.not_above, &setting.max, false)?,
    ])
}

/// The count and the unit of a bound: `(30, " days")`, `(20, "")`.
fn count(bound: &Value) -> (i64, String) {
    match bound {
        Value::String(text) => {
            let (count, unit) = text.split_once(' ').unwrap();
            (count.parse().unwrap(), format!(" {unit}"))
        }
        number => (number.as_i64().unwrap(), String::new()),
    }
}

/// A value so many thousandths of the way from the least to the greatest, as
/// settings.toml has it; `None` for a setting without a range.
fn between(
    workflow: &Workflow,
    setting: &SettingValue,
    thousandths: i64,
) -> Option<Value> {
    let [least, most] = bounds(workflow, setting)?;
    let ((least, unit), (most, _)) = (count(&least), count(&most));
    let value = least + (most - least) * thousandths / 1000;
    Some(match (setting.unit, unit.as_str()) {
        (Some(SettingUnit::Yuan), _) => format!("{} yuan", value / 100).into(),
        (_, "") => value.into(),
        (_, unit) => format!("{value}{unit}").into(),
    })
}

fn all_at(program: &Program, parts: &[i64]) -> BTreeMap<String, BTreeMap<String, Value>> {
    let mut parts = parts.iter().cycle();
    let mut set: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for workflow in program.workflows.values() {
        for (name, setting) in &workflow.settings {
            let value = between(workflow, setting, *parts.next().unwrap());
            let of = set.entry(workflow.name.clone()).or_default();
            of.extend(value.map(|it| (name.clone(), it)));
        }
    }
    set
}

#[test]
fn every_number_of_a_shipped_script_has_a_range_and_a_title_in_both_languages() {
    let shipped = candidate(shipped::folder());
    assert_eq!(findings(&shipped), [""; 0]);
    for workflow in shipped.program.workflows.values() {
        for (name, setting) in &workflow.settings {
            let titled = !setting.title_zh.is_empty() && !setting.title_en.is_empty();
            assert!(titled, "{} {name}", workflow.name);
            let bounded = bounds(workflow, setting).is_some();
            assert!(bounded || name == "court", "{} {name}", workflow.name);
        }
    }
}

#[test]
fn no_shipped_test_hangs_on_the_number_of_days_that_a_script_declares() {
    let program = candidate(shipped::folder()).program;
    for thousandths in [0, 1000] {
        let mut folder = shipped::folder();
        for workflow in program.workflows.values() {
            let text = folder.files.get_mut(&workflow.file).unwrap();
            for (name, setting) in &workflow.settings {
                let Some([least, most]) = bounds(workflow, setting) else { continue };
                let bound = if thousandths == 0 { least } else { most };
                let (value, unit) = count(&bound);
                let value = match setting.unit {
                    Some(SettingUnit::Yuan) => format!("yuan({})", value / 100),
                    _ if unit.is_empty() => value.to_string(),
                    _ => format!("{value} *{unit}"),
                };
                let opens = format!("    {name} = {{ ");
                let (head, tail) = text.split_once(&opens).unwrap();
                let (_, rest) = tail.split_once(',').unwrap();
                *text = format!("{head}{opens}{value},{rest}");
            }
        }
        let edited = candidate(folder);
        assert_eq!(findings(&edited), [""; 0], "{thousandths}");
        let failed = failed(&run(edited, &PassCache::default()));
        assert!(failed.is_empty(), "{thousandths}\n{}", failed.join("\n"));
    }
}

#[test]
fn settings_drawn_at_random_within_their_ranges_pass_check_and_tests() {
    let passes = PassCache::default();
    let base = candidate(shipped::folder());
    let program = base.program.clone();
    assert_eq!(failed(&run(base, &passes)), [""; 0]);
    let parts = prop::collection::vec(0..=1000_i64, 1..40);
    let config =
        ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) };
    let drawn = proptest::test_runner::TestRunner::new(config).run(&parts, |parts| {
        let set = all_at(&program, &parts);
        let site = candidate(loading::with_settings(&shipped::folder(), &set));
        prop_assert_eq!(findings(&site), Vec::<String>::new());
        for (workflow, values) in &set {
            for name in values.keys() {
                let workflow = &site.program.workflows[workflow];
                let setting = &workflow.settings[name];
                let [least, most] = bounds(workflow, setting).unwrap();
                let (least, most) = (count(&least), count(&most));
                let value = count(&setting.value).0;
                prop_assert!(
                    least.0 <= value && value <= most.0,
                    "{} {}",
                    workflow.name,
                    name
                );
            }
        }
        prop_assert_eq!(failed(&run(site, &passes)), Vec::<String>::new());
        Ok(())
    });
    drawn.unwrap();
}
