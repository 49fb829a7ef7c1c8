//! Copies (副本): `remind - 副本.lua` beside `remind.lua`, as file managers and shares
//! make them. One finding names both files and says what to do.

use std::collections::BTreeMap;

use domain::calendar::YearCalendar;
use script::finding::Finding;
use script::loading;
use script::program::Folder;

use crate::findings::COPIED;

/// The folder without the copies in it, and a finding for each: what would be
/// found in a copy is found in the original.
pub fn shelve(folder: &Folder) -> (Folder, Vec<Finding>) {
    let mut found = scripts(folder);
    found.extend(tests(folder));
    found.extend(calendars(folder));
    let mut rest = folder.clone();
    for copy in &found {
        rest.files.remove(&copy.file);
    }
    (rest, found)
}

/// Scripts that declare a workflow which another file declares as well.
fn scripts(folder: &Folder) -> Vec<Finding> {
    let mut by_name: BTreeMap<&str, Vec<(&str, u32)>> = BTreeMap::new();
    for (file, text) in loading::scripts(folder) {
        if let Some((name, line)) = declared(text) {
            by_name.entry(name).or_default().push((file, line));
        }
    }
    let mut found = Vec::new();
    for (name, mut files) in by_name {
        let own = format!("{name}.lua");
        // The file that is called like its workflow is the original.
        files.sort_by_key(|file| (file.0 != own, file.0.chars().count(), file.0));
        let Some((&(original, _), copies)) = files.split_first() else { continue };
        found.extend(copies.iter().map(|(file, line)| {
            Finding::error(
                COPIED,
                file,
                format!(
                    "它和 {original} 写的是同一个流程 “{name}”,看来是副本:不要的话请删掉;\
                     要做成另一个流程,请给文件和 workflow 都换一个名字"
                ),
                format!(
                    "it holds the same workflow “{name}” as {original} and looks like a copy: \
                     delete it, or give both file and workflow a name of their own"
                ),
            )
            .at(*line, 1)
        }));
    }
    found
}

/// The name after the first `workflow` of a script, and its line. Read from
/// the text, for a copy may well be half edited.
pub fn declared(text: &str) -> Option<(&str, u32)> {
    let name = |line: &str| -> Option<(usize, usize)> {
        let rest = line.trim_start().strip_prefix("workflow")?;
        let rest = rest.trim_start_matches([' ', '\t', '(']);
        let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
        let from = line.len() - rest.len() + 1;
        Some((from, from + line[from..].find(quote)?))
    };
    let mut lines = text.lines().zip(1..);
    lines
        .find_map(|(line, number)| name(line).map(|(from, to)| (&line[from..to], number)))
}

/// Files with tests that are not called like a test file, so that they would
/// pass for scripts.
fn tests(folder: &Folder) -> Vec<Finding> {
    let stray = loading::scripts(folder).filter(|(_, text)| {
        declared(text).is_none()
            && text
                .lines()
                .any(|line| line.starts_with("test(") || line.starts_with("test \""))
    });
    let finding = |(file, text): (&str, &str)| {
        let stem = |it: &str| it.trim_end_matches(".lua").to_owned();
        let original = loading::tests(folder)
            .filter(|(it, same)| *same == text || file.starts_with(&stem(it)))
            .max_by_key(|(it, same)| (*same == text, it.len()));
        let (zh, en) = match original {
            Some((it, _)) => (
                format!("看来是测试 {it} 的副本:请删掉它;测试文件都叫 NAME_test.lua"),
                format!("it looks like a copy of the tests {it}: delete it; files of tests are called NAME_test.lua"),
            ),
            None => (
                "这里写的是测试:测试文件请叫 NAME_test.lua,NAME 是流程的文件名".to_owned(),
                "these are tests: call the file NAME_test.lua after the file of the workflow".to_owned(),
            ),
        };
        Finding::error(COPIED, file, zh, en)
    };
    stray.map(finding).collect()
}

/// Calendars of a year that another file gives as well.
fn calendars(folder: &Folder) -> Vec<Finding> {
    let mut by_year: BTreeMap<(&str, i16), Vec<&str>> = BTreeMap::new();
    for (file, text) in &folder.files {
        let Some((place, _)) = file.rsplit_once('/') else { continue };
        if place.starts_with("calendars/")
            && let Ok(calendar) = YearCalendar::parse(text)
        {
            by_year.entry((place, calendar.year)).or_default().push(file);
        }
    }
    let mut found = Vec::new();
    for ((place, year), mut files) in by_year {
        let own = format!("{place}/{year}.toml");
        files.sort_by_key(|file| (*file != own, file.chars().count(), *file));
        let Some((original, copies)) = files.split_first() else { continue };
        found.extend(copies.iter().map(|file| {
            if let Some(named) = year_of_name(file).filter(|named| *named != year) {
                return Finding::error(
                    COPIED,
                    file,
                    format!(
                        "文件名是 {named} 年,里面写的却是 year = {year}:改成 year = {named},并填上该年的放假和调休"
                    ),
                    format!(
                        "its name says {named} and its text year = {year}: write year = {named} and \
                         the days off of that year"
                    ),
                );
            }
            Finding::error(
                COPIED,
                file,
                format!("{year} 年的日历已有 {original},看来是副本:请删掉多余的那一个"),
                format!(
                    "the calendar of {year} is {original} already, this looks like a copy: \
                     delete the one that is not wanted"
                ),
            )
        }));
    }
    found
}

/// The year that the name of a calendar says.
fn year_of_name(file: &str) -> Option<i16> {
    file.rsplit('/').next()?.strip_suffix(".toml")?.parse().ok()
}

#[cfg(test)]
mod tests_of_copies {
    use domain::say::Lang;

    use super::*;

    const SCRIPT: &str = "-- 提醒\nworkflow \"remind\" {}\n";
    const TEST: &str = "-- 测试\ntest(\"it ends\", function(t) end)\n";

    fn found(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let files = files.iter().map(|file| (file.0.to_owned(), file.1.to_owned()));
        let (rest, found) = shelve(&Folder { files: files.collect() });
        let told = found.iter().map(|it| it.render(Lang::En)).collect();
        (rest.files.into_keys().collect(), told)
    }

    #[test]
    fn a_copied_script_is_one_finding_that_names_both_files() {
        let names = [
            "remind - 副本.lua",
            "remind copy.lua",
            "remind (1).lua",
            "Remind.lua",
            "a.lua",
            "remind.sync-conflict-20261128-120000.lua",
        ];
        for copy in names {
            let (rest, told) = found(&[("remind.lua", SCRIPT), (copy, SCRIPT)]);
            assert_eq!(rest, ["remind.lua"], "{copy}");
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(
                told[0].starts_with(&format!("error[W068] {copy}:2:1: ")),
                "{told:?}"
            );
            assert!(told[0].contains("remind.lua and looks like a copy"), "{told:?}");
        }
    }

    #[test]
    fn a_copied_test_is_no_script() {
        for copy in ["remind_test - 副本.lua", "remind_test (1).lua", "x.lua"] {
            let files = [("remind.lua", SCRIPT), ("remind_test.lua", TEST), (copy, TEST)];
            let (rest, told) = found(&files);
            assert_eq!(rest, ["remind.lua", "remind_test.lua"], "{copy}");
            assert!(told[0].contains("a copy of the tests remind_test.lua"), "{told:?}");
        }
        let (_, told) = found(&[("remind.lua", SCRIPT), ("remind tests.lua", TEST)]);
        assert!(told[0].contains("call the file NAME_test.lua"), "{told:?}");
    }

    #[test]
    fn next_years_calendar_with_this_years_number_is_told_of_the_number() {
        let text = include_str!("../../../workflows/calendars/cn/2026.toml");
        let (_, told) =
            found(&[("calendars/cn/2026.toml", text), ("calendars/cn/2027.toml", text)]);
        assert!(told.len() == 1 && told[0].contains("write year = 2027"), "{told:?}");
    }

    #[test]
    fn a_year_is_given_by_one_calendar() {
        let text = include_str!("../../../workflows/calendars/cn/2026.toml");
        let (rest, told) = found(&[
            ("calendars/cn/2026 (1).toml", text),
            ("calendars/cn/2026.toml", text),
            ("calendars/hk/2026.toml", text),
        ]);
        assert_eq!(rest, ["calendars/cn/2026.toml", "calendars/hk/2026.toml"]);
        assert!(told[0].contains("2026 (1).toml") && told.len() == 1, "{told:?}");
    }

    #[test]
    fn workflows_of_their_own_are_no_copies() {
        let other = SCRIPT.replace("\"remind\"", "\"visit\"");
        let commented = "-- workflow \"remind\" is another\nworkflow 'call' {}\n";
        let (_, told) = found(&[
            ("remind.lua", SCRIPT),
            ("visit.lua", &other),
            ("call.lua", commented),
        ]);
        assert_eq!(told, [""; 0]);
    }
}
