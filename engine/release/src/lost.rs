//! Files that have gone (不见的文件): what the running release has and the folder
//! has not. A slow save, a share that is away and a slip of the hand look the
//! same, so the old release goes on until the file is back or a person says that
//! it was meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::conduct::PolicyPack;
use domain::say::Say;
use runtime::Runtime;
use script::finding::Finding;
use script::program::{Folder, Program};

use crate::built_in;
use crate::findings::LOST;

/// The release that runs, as far as an edit is compared with it.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// The number people use.
    pub number: i64,
    /// Its texts.
    pub folder: &'a Folder,
    /// Its workflows.
    pub program: &'a Program,
}

impl<'a> Running<'a> {
    /// The release that the engine runs.
    pub fn of(runtime: &'a Runtime) -> Self {
        Self {
            number: runtime.number,
            folder: &runtime.folder,
            program: &runtime.program,
        }
    }
}

/// A file that has gone.
#[derive(Clone, Debug)]
pub struct Lost {
    /// What is told of it.
    pub finding: Finding,
    /// A person may say that it was meant; otherwise it has to come back.
    pub may_be_meant: bool,
}

/// Where files may be lying under another name, and what the site wants.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The workflows folder on the disk.
    pub dir: &'a Path,
    /// The policy pack by name.
    pub policy: &'a str,
}

/// Finds the files that have gone. `unread` are those that are there and
/// cannot be read: they have findings of their own.
pub fn find(
    running: Running<'_>,
    folder: &Folder,
    unread: &BTreeSet<&str>,
    place: Place<'_>,
) -> Vec<Lost> {
    let gone = running.folder.files.iter().filter(|(file, _)| {
        !folder.files.contains_key(*file) && !unread.contains(file.as_str())
    });
    let lost: Vec<(&str, Lost)> = gone
        .filter_map(|(file, text)| {
            Some((file.as_str(), lost(running, folder, place, file, text)?))
        })
        .collect();
    let there = |dir: &str| {
        let within = |it: &str| below(it) == Some(dir);
        folder.files.keys().any(|key| within(key)) || unread.iter().any(|it| within(it))
    };
    let mut files_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, _) in lost.iter().filter(|it| it.1.may_be_meant) {
        if let Some(dir) = below(file).filter(|it| !there(it)) {
            *files_of.entry(dir).or_default() += 1;
        }
    }
    files_of.retain(|_, files| 1 < *files);
    let rest = lost.into_iter().filter(|(file, lost)| {
        !lost.may_be_meant || below(file).is_none_or(|it| !files_of.contains_key(it))
    });
    let folders =
        files_of.iter().map(|(dir, files)| folder_gone(running, place, dir, *files));
    folders.chain(rest.map(|rest| rest.1)).collect()
}

/// The folder that a file lies in, if it does not lie at the top.
fn below(file: &str) -> Option<&str> {
    file.split_once('/').map(|it| it.0)
}

/// A folder that has gone with everything in it is one slip.
fn folder_gone(running: Running<'_>, place: Place<'_>, dir: &str, files: usize) -> Lost {
    let number = running.number;
    let Say { zh, en } = find_folder_aside(place, dir);
    let finding = Finding::error(
        LOST,
        dir,
        format!(
            "目录 {dir}/ 和其中的 {files} 个文件不见了{zh}:请放回原处,或用 \
             `qingshou releases --restore {dir}` 取回第 {number} 版的内容;{}",
            IF_MEANT[0]
        ),
        format!(
            "the folder {dir}/ has gone with {files} files in it{en}: put it back, or get that of \
             release {number} back by `qingshou releases --restore {dir}`; {}",
            IF_MEANT[1]
        ),
    );
    Lost { finding, may_be_meant: true }
}

/// What a person can do who meant a file to go.
const IF_MEANT: [&str; 2] = [
    "确实不要了,执行 `qingshou releases --confirm`",
    "if it is meant to go, `qingshou releases --confirm`",
];
/// The same where something in the folder still needs the file.
const IF_MEANT_AFTER: [&str; 2] = [
    "确实不要了,先改好下面所列的,再执行 `qingshou releases --confirm`",
    "if it is meant to go, mend first what is listed below, then `qingshou releases --confirm`",
];

/// Says of a file that has gone that others still need it.
pub fn still_needed(finding: &mut Finding) {
    finding.say.zh = finding.say.zh.replace(IF_MEANT[0], IF_MEANT_AFTER[0]);
    finding.say.en = finding.say.en.replace(IF_MEANT[1], IF_MEANT_AFTER[1]);
}

fn lost(
    running: Running<'_>,
    folder: &Folder,
    place: Place<'_>,
    file: &str,
    text: &str,
) -> Option<Lost> {
    if *file == format!("policies/{}.toml", place.policy) {
        return Some(pack(running, place, file, text));
    }
    match renamed(running.folder, folder, file, text) {
        Some(new) if still_named(folder, file) => Some(renamed_template(file, new)),
        Some(new) if is_whole(running.folder, folder, file, new) => None,
        Some(new) => Some(half_renamed(file, new)),
        None => Some(gone(running, place, file)),
    }
}

/// The pack of rules that the site works by.
fn pack(running: Running<'_>, place: Place<'_>, file: &str, text: &str) -> Lost {
    let parsed = |it: &str| PolicyPack::of_release(it, "").ok();
    let no_looser = built_in::policy(place.policy).zip(parsed(text));
    let no_looser =
        no_looser.is_some_and(|(ours, theirs)| ours.loosenings(&theirs).is_empty());
    if no_looser {
        return gone(running, place, file);
    }
    let number = running.number;
    let Say { zh, en } = find_aside(place, file);
    let finding = Finding::error(
        LOST,
        file,
        format!(
            "合规规则文件不见了{zh}:没有它就没有本机构收紧的规则,第 {number} 版沿用原来的规则;\
             请放回原处,或用 `qingshou releases --restore {file}` 取回;\
             确实要换成程序自带的规则,把自带的文件放在这里"
        ),
        format!(
            "the rules of conduct have gone{en}: without them the tightened rules would not hold, \
             release {number} goes on with them; put the file back, or get it back by \
             `qingshou releases --restore {file}`; to go over to the built-in rules, put their \
             file in its place"
        ),
    );
    Lost { finding, may_be_meant: false }
}

fn gone(running: Running<'_>, place: Place<'_>, file: &str) -> Lost {
    let number = running.number;
    let Say { zh, en } = find_aside(place, file);
    let finding = Finding::error(
        LOST,
        file,
        format!(
            "这个文件不见了{zh}:请放回原处,或用 `qingshou releases --restore {file}` 取回第 {number} \
             版的内容;{}",
            IF_MEANT[0]
        ),
        format!(
            "the file has gone{en}: put it back, or get that of release {number} back by \
             `qingshou releases --restore {file}`; {}",
            IF_MEANT[1]
        ),
    );
    Lost { finding, may_be_meant: true }
}

/// The file of the candidate that holds the same text, if it is new there.
fn renamed<'a>(
    before: &Folder,
    after: &'a Folder,
    file: &str,
    text: &str,
) -> Option<&'a str> {
    let (place, _) = split(file);
    let same = |(new, it): &(&'a String, &'a String)| {
        !before.files.contains_key(*new)
            && split(new).0 == place
            && it.trim() == text.trim()
    };
    after.files.iter().find(same).map(|file| file.0.as_str())
}

/// Whether a renamed script has its test beside it still, or a test its script.
fn is_whole(before: &Folder, after: &Folder, old: &str, new: &str) -> bool {
    let had = partner(old).is_none_or(|partner| before.files.contains_key(&partner));
    !had || partner(new).is_none_or(|partner| after.files.contains_key(&partner))
}

/// The test of a script, the script of a test.
pub(super) fn partner(file: &str) -> Option<String> {
    let name = file.strip_suffix(".lua")?;
    Some(match name.strip_suffix("_test") {
        Some(script) => format!("{script}.lua"),
        None => format!("{name}_test.lua"),
    })
}

/// Whether a script still asks for a template by the name it had.
fn still_named(folder: &Folder, file: &str) -> bool {
    let name = file.strip_prefix("templates/").and_then(|rest| rest.strip_suffix(".txt"));
    let Some(name) = name else { return false };
    let quoted = [format!("\"{name}\""), format!("'{name}'")];
    let mut scripts =
        folder.files.iter().filter(|file| file.0.strip_suffix(".lua").is_some());
    scripts.any(|(_, text)| quoted.iter().any(|it| text.contains(it)))
}

fn renamed_template(file: &str, new: &str) -> Lost {
    let name = |it: &str| {
        it.trim_start_matches("templates/").trim_end_matches(".txt").to_owned()
    };
    let (old_name, new_name) = (name(file), name(new));
    let finding = Finding::error(
        LOST,
        file,
        format!(
            "这个模板改名成了 {new},而流程还在用 \"{old_name}\":请改回 {file},或把流程里的 \
             \"{old_name}\" 都改成 \"{new_name}\""
        ),
        format!(
            "the template is now called {new}, and scripts still use \"{old_name}\": call it \
             {file} again, or write \"{new_name}\" for \"{old_name}\" in the scripts"
        ),
    );
    Lost { finding, may_be_meant: false }
}

fn half_renamed(file: &str, new: &str) -> Lost {
    let (zh, en) = match partner(file).zip(partner(new)) {
        Some((other, goes)) => (
            format!(",或把 {other} 也改名成 {goes}:测试和流程按文件名配对"),
            format!(
                ", or call {other} {goes} as well: a test goes with its script by the name"
            ),
        ),
        None => (String::new(), String::new()),
    };
    let finding = Finding::error(
        LOST,
        file,
        format!("这个文件改名成了 {new}:请改回 {file}{zh}"),
        format!("the file is now called {new}: call it {file} again{en}"),
    );
    Lost { finding, may_be_meant: false }
}

/// Looks for a file that the daemon does not read and that begins like the one
/// that has gone: `remind.lua.bak`, `remind.LUA`, `settings.toml.txt`.
fn find_aside(place: Place<'_>, file: &str) -> Say {
    let (below, name) = split(file);
    let stem = name.rsplit_once('.').map_or(name, |it| it.0).to_lowercase();
    let entries =
        std::fs::read_dir(place.dir.join(below)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let like = |it: &String| {
        let lower = it.to_lowercase();
        lower.starts_with(&format!("{stem}."))
            && !lower.ends_with(".rejected.txt")
            && !Folder::takes(&format!("{below}{it}"))
    };
    match names.filter(like).min() {
        Some(name) => Say::new(
            format!("(旁边有 {name},要用它就改名为 {file})"),
            format!(" ({name} lies beside it: call it {file} to use it)"),
        ),
        None => Say::default(),
    }
}

/// Looks for the folder that has gone under another name: `Templates`,
/// `templates - 副本`, `templates.bak`.
fn find_folder_aside(place: Place<'_>, dir: &str) -> Say {
    let entries = std::fs::read_dir(place.dir).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let names = folders.filter_map(|folder| folder.file_name().into_string().ok());
    let like = |it: &String| it != dir && it.to_lowercase().starts_with(dir);
    match names.filter(like).min() {
        Some(name) => Say::new(
            format!("(旁边有 {name},要用它就改名为 {dir})"),
            format!(" ({name} lies beside it: call it {dir} to use it)"),
        ),
        None => Say::default(),
    }
}

/// `templates/` and the name behind it.
fn split(file: &str) -> (&str, &str) {
    file.rfind('/').map_or(("", file), |it| file.split_at(it + 1))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use domain::say::Lang;

    use super::*;

    const PACK: &str = include_str!("../../../workflows/policies/cn-rcc.toml");

    fn folder(files: &[(&str, &str)]) -> Folder {
        let files = files.iter().map(|file| (file.0.to_owned(), file.1.to_owned()));
        Folder { files: files.collect() }
    }

    fn found(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<(bool, String)> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.lua.bak"), "").unwrap();
        let (before, after) = (folder(before), folder(after));
        let running =
            Running { number: 7, folder: &before, program: &Program::default() };
        let place = Place { dir: dir.path(), policy: "cn-rcc" };
        let lost = find(running, &after, &BTreeSet::new(), place);
        let told = |it: &Lost| (it.may_be_meant, it.finding.render(Lang::En));
        lost.iter().map(told).collect()
    }

    #[test]
    fn a_file_that_has_gone_is_named_with_what_to_do() {
        let before = [("a.lua", "1"), ("a_test.lua", "2"), ("templates/t.txt", "3")];
        for (at, (file, _)) in before.iter().enumerate() {
            let mut after = before.to_vec();
            after.remove(at);
            let found = found(&before, &after);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].0, "a person may mean it");
            let told = &found[0].1;
            assert!(told.starts_with(&format!("error[W067] {file}: ")), "{told}");
            assert!(told.contains(&format!("--restore {file}")), "{told}");
            assert_eq!(told.contains("a.lua.bak lies beside it"), *file == "a.lua");
        }
    }

    #[test]
    fn a_folder_that_has_gone_is_one_finding() {
        let text = |name: &'static str| (name, "1");
        let before = [text("a.lua"), text("templates/s.txt"), text("templates/t.txt")];
        let all = found(&before, &before[..1]);
        assert_eq!(all.len(), 1, "{all:?}");
        let told = "error[W067] templates: the folder templates/ has gone with 2 files";
        assert!(all[0].1.starts_with(told), "{all:?}");
        assert!(all[0].1.contains("--restore templates`"), "{all:?}");
        let one = found(&before, &before[..2]);
        assert!(one.len() == 1 && one[0].1.contains("templates/t.txt: "), "{one:?}");
    }

    #[test]
    fn a_script_renamed_with_its_test_is_there() {
        let before = [("a.lua", "1"), ("a_test.lua", "2")];
        assert_eq!(found(&before, &[("b.lua", "1"), ("b_test.lua", "2")]), []);
        let half = found(&before, &[("b.lua", "1"), ("a_test.lua", "2")]);
        assert!(!half[0].0 && half.len() == 1, "{half:?}");
        assert!(half[0].1.contains("or call a_test.lua b_test.lua as well"), "{half:?}");
        let half = found(&before, &[("a.lua", "1"), ("b_test.lua", "2")]);
        assert!(half[0].1.contains("call it a_test.lua again"), "{half:?}");
    }

    #[test]
    fn a_renamed_template_that_scripts_still_use_is_told_by_both_names() {
        let script = ("a.lua", "sms { template = \"remind_1\" }");
        let before = [script, ("templates/remind_1.txt", "您好")];
        for new in ["提醒1", "remind_1 ", "remind_1.txt", "Remind_1"] {
            let file = format!("templates/{new}.txt");
            let found = found(&before, &[script, (&file, "您好\n")]);
            assert_eq!(found.len(), 1, "{found:?}");
            let told = &found[0].1;
            assert!(told.starts_with("error[W067] templates/remind_1.txt: "), "{told}");
            assert!(told.contains(&format!("now called {file}")), "{told}");
            assert!(told.contains("call it templates/remind_1.txt again"), "{told}");
        }
        let script = ("a.lua", "sms { template = \"提醒1\" }");
        let after = [script, ("templates/提醒1.txt", "您好")];
        assert_eq!(found(&before, &after), [], "renamed with the script");
    }

    #[test]
    fn a_tightened_pack_never_makes_way_for_a_looser_one() {
        let file = "policies/cn-rcc.toml";
        let tight = PACK.replace("[[\"08:00\", \"22:00\"]]", "[[\"09:00\", \"20:00\"]]");
        assert_ne!(tight, PACK);
        let own = "policies/own.toml";
        let table = [
            // the pack, whether a person may say that it was meant
            (PACK, true),
            (tight.as_str(), false),
            ("not a pack", false),
        ];
        for (pack, may_be_meant) in table {
            let found = found(&[(file, pack), ("a.lua", "1")], &[("a.lua", "1")]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].0, may_be_meant, "{found:?}");
        }
        // The same under another name is not the pack that the site names.
        let renamed = found(&[(file, tight.as_str())], &[(own, tight.as_str())]);
        assert!(!renamed[0].0, "{renamed:?}");
    }
}
