//! Slips made in the shipped workflows (笔误用例), as a clerk makes them: each is
//! one finding at its line, and what the machine mends is what stood there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use script::check;
use script::finding::Finding;
use script::loading;
use script::program::{Catalog, Folder, Program};
use script::sandbox::Limits;

use super::*;

/// A way to spoil a line; `None` where it does not apply.
struct Slip {
    what: &'static str,
    spoil: fn(&str) -> Option<String>,
    /// A word that its finding has to say in Chinese.
    told: &'static str,
    mended: Mends,
}

/// What the machine makes of it.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Mends {
    /// The text that stood there.
    Same,
    /// Something that is sound, if perhaps written in another way.
    Sound,
    /// Perhaps nothing: only a person can tell.
    Perhaps,
}
use Mends::{Perhaps, Same, Sound};

const fn slip(
    what: &'static str,
    told: &'static str,
    mended: Mends,
    spoil: fn(&str) -> Option<String>,
) -> Slip {
    Slip { what, spoil, told, mended }
}

/// The line with the first such text changed, in the code and not in a comment.
fn changed(line: &str, from: &str, to: &str) -> Option<String> {
    let code = line.split("--").next()?;
    let at = code.find(from)?;
    // What stands in quotes is text.
    let inside = code[..at].matches('"').count() % 2 == 1 && !from.contains('"');
    (!inside).then(|| format!("{}{to}{}", &line[..at], &line[at + from.len()..]))
}

/// The same for a whole word.
fn word(line: &str, from: &str, to: &str) -> Option<String> {
    let part = |it: char| it.is_alphanumeric() || it == '_' || it == '.';
    let at = line.find(from)?;
    let before = line[..at].chars().next_back();
    let after = line[at + from.len()..].chars().next();
    let whole = !before.is_some_and(part) && !after.is_some_and(part);
    whole.then(|| changed(line, from, to)).flatten()
}

/// The line without what it ends with.
fn without_end(line: &str, end: &str) -> Option<String> {
    let code = line.split(" -- ").next()?;
    code.strip_suffix(end).map(|head| format!("{head}{}", &line[code.len()..]))
}

fn is(line: &str, text: &str) -> Option<String> {
    (line.trim() == text).then(String::new)
}

/// `3 * days` and its like, rewritten.
fn span(line: &str, written: fn(&str, &str) -> String) -> Option<String> {
    let (before, unit) = line.split_once(" * ")?;
    let number = before.rsplit([' ', '(']).next()?;
    let unit = unit.split([',', ' ', ')']).next()?;
    let known = number.bytes().all(|byte| byte.is_ascii_digit()) && unit == "days";
    known.then(|| line.replacen(&format!("{number} * {unit}"), &written(number, unit), 1))
}

/// An entry of a table: `key = value,` and no statement.
fn is_entry(line: &str) -> bool {
    line.trim_end().split(" -- ").next().is_some_and(|part| part.ends_with(','))
        && line.contains(" = ")
        && !line.contains("function")
}

const SLIPS: &[Slip] = &[
    slip("retrun", "拼错了,应为 return", Same, |it| word(it, "return", "retrun")),
    slip("Return", "要小写", Same, |it| word(it, "return", "Return")),
    slip("fuction", "应为 function", Same, |it| changed(it, "function(", "fuction(")),
    slip("funtion", "应为 function", Same, |it| changed(it, "function(", "funtion(")),
    slip("locla", "应为 local", Same, |it| changed(it, "local ", "locla ")),
    slip("thne", "应为 then", Same, |it| changed(it, " then", " thne")),
    slip("no then", "少了 then", Same, |it| without_end(it, " then")),
    slip("End", "要小写", Same, |it| word(it, "end", "End")),
    slip("ned", "应为 end", Same, |it| word(it, "end", "ned")),
    slip("If", "要小写", Same, |it| word(it, "if", "If")),
    slip("else if", "elseif", Same, |it| changed(it, "elseif ", "else if ")),
    slip("elif", "elseif", Same, |it| changed(it, "elseif ", "elif ")),
    slip("no end", "缺少 end", Same, |it| is(it, "end")),
    slip("no end with its comma", "缺少 end", Same, |it| is(it, "end,")),
    slip("end without its word", "缺少 end", Same, |it| {
        (it.trim() == "end,").then(|| it.replace("end,", ","))
    }),
    slip("no end)", "缺少 end)", Same, |it| is(it, "end)")),
    slip("no }", "缺少 }", Same, |it| is(it, "}")),
    slip("no },", "缺少 }", Same, |it| is(it, "},")),
    slip("one end too many", "多了一个 end", Same, |it| {
        (it.trim() == "end").then(|| format!("{it}\n{it}"))
    }),
    slip("one } too many", "多了一个 }", Same, |it| {
        (it.trim() == "}").then(|| format!("{it}\n{it}"))
    }),
    slip("no comma", "逗号", Same, |it| without_end(it, ",")),
    slip("= for ==", "比较要用 ==", Same, |it| changed(it, " == ", " = ")),
    slip("!=", "不用 !=", Same, |it| changed(it, "~=", "!=")),
    slip("&&", "要写 and", Same, |it| word(it, "and", "&&")),
    slip("||", "要写 or", Same, |it| word(it, "or", "||")),
    slip("!", "要写 not", Same, |it| changed(it, "not ", "!")),
    slip("//", "注释用 --", Same, |it| {
        it.trim_start().starts_with("-- ").then(|| it.replacen("--", "//", 1))
    }),
    slip("// at the end", "注释用 --", Same, |it| {
        it.contains(" -- ").then(|| it.replacen(" -- ", " // ", 1))
    }),
    slip("#", "注释用 --", Same, |it| {
        it.trim_start().starts_with("-- ").then(|| it.replacen("--", "#", 1))
    }),
    slip("——", "全角标点 ——", Same, |it| {
        it.trim_start().starts_with("-- ").then(|| it.replacen("--", "——", 1))
    }),
    slip("smart quotes", "全角标点 “", Same, |it| {
        let code = it.split("--").next()?;
        (code.matches('"').count() == 2)
            .then(|| it.replacen('"', "“", 1).replacen('"', "”", 1))
    }),
    slip("a wide comma", "全角标点 ，", Same, |it| {
        let plain = !it.contains('"') && !it.contains("--");
        plain.then(|| changed(it, ",", "，")).flatten()
    }),
    slip("a wide bracket", "全角标点 （", Same, |it| {
        let plain = !it.contains('"') && !it.contains("--");
        plain.then(|| changed(it, "(", "（")).flatten()
    }),
    slip("no-break spaces", "看不见", Same, |it| {
        let indented = it.starts_with("  ") && !it.trim().is_empty();
        indented.then(|| it.replacen("  ", "\u{a0} ", 1))
    }),
    slip("a mark without width", "看不见", Same, |it| {
        changed(it, "case.", "case\u{200b}.")
    }),
    slip("no closing quote", "引号没有成对", Perhaps, |it| {
        let code = it.split("--").next()?;
        let last = code.rfind('"')?;
        (code.matches('"').count() == 2)
            .then(|| format!("{}{}", &it[..last], &it[last + 1..]))
    }),
    slip("no opening quote", "引号", Perhaps, |it| {
        let code = it.split("--").next()?;
        let ascii = code.split('"').nth(1)?.is_ascii();
        (code.matches('"').count() == 2 && ascii).then(|| it.replacen('"', "", 1))
    }),
    slip("a colon", "不用冒号", Same, |it| {
        is_entry(it).then(|| changed(it, " = ", ": ")).flatten()
    }),
    slip("no equals", "等号", Same, |it| {
        is_entry(it).then(|| changed(it, " = ", " ")).flatten()
    }),
    slip("two equals", "只用一个 =", Same, |it| {
        is_entry(it).then(|| changed(it, " = ", " == ")).flatten()
    }),
    slip("3days", "时长要写成", Same, |it| span(it, |n, unit| format!("{n}{unit}"))),
    slip("3 days", "时长要写成", Same, |it| {
        span(it, |n, unit| format!("{n} {unit}"))
    }),
    slip("days 3", "时长要写成", Same, |it| {
        span(it, |n, unit| format!("{unit} {n}"))
    }),
    slip("3天", "应写成", Same, |it| span(it, |n, _| format!("{n}天"))),
    slip("no )", "缺少 )", Same, |it| without_end(it, ")")),
    slip("no (", "(", Perhaps, |it| changed(it, "function(case", "function case")),
    slip("no {", "少了一个 {", Same, |it| {
        (it.starts_with("stage ") || it.starts_with("workflow "))
            .then(|| without_end(it, " {"))
            .flatten()
    }),
    slip("True", "要小写:true", Same, |it| word(it, "true", "True")),
    slip("None", "要写 nil", Same, |it| word(it, "nil", "None")),
    slip("no return", "前面要写 return", Same, |it| {
        (it.trim_start().starts_with("return "))
            .then(|| it.replacen("return ", "", 1))
            .filter(|it| {
                ["go", "wait", "stay", "finish", "become", "pause"]
                    .iter()
                    .any(|verb| it.trim_start().starts_with(verb))
            })
    }),
    slip("no quotes", "引号", Same, |it| {
        let code = it.split("--").next()?;
        let bare = ["go ", "become ", "finish ", "sms ", "letter "];
        let verb = bare.iter().any(|it| code.contains(&format!("{it}\"")));
        (verb && code.matches('"').count() == 2).then(|| it.replace('"', ""))
    }),
    slip("a function in a table", "= function(…)", Same, |it| {
        let (key, rest) = it.split_once(" = function(")?;
        let plain =
            key.trim().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let blank = &key[..key.len() - key.trim_start().len()];
        (plain && it.starts_with(' '))
            .then(|| format!("{blank}function {}({rest}", key.trim()))
    }),
    slip("arguments in brackets", "花括号", Sound, |it| {
        let call = it.trim_start().starts_with("call {")
            || it.trim_start().starts_with("task {");
        (call && it.ends_with('}')).then(|| {
            it.replacen(" {", "(", 1).trim_end_matches('}').trim_end().to_owned() + ")"
        })
    }),
    slip("a misspelt field", "没有字段", Perhaps, |it| {
        changed(it, "case.days_past_due", "case.day_past_due")
    }),
    slip("a misspelt verb", "没有动作", Perhaps, |it| {
        let letter = || word(it, "letter", "lettre").filter(|_| it.contains("letter {"));
        word(it, "task", "taks").or_else(letter)
    }),
    slip("a misspelt event", "没有事件", Perhaps, |it| {
        changed(it, "on_promise ", "on_promiss ")
    }),
    slip("a misspelt word", "没有 “", Perhaps, |it| {
        ["oversight", "conversation", "promised", "complaint\")", "notice\""]
            .iter()
            .find_map(|word| {
                let at = it.find(&format!("\"{word}"))?;
                Some(format!("{}{}", &it[..=at], &it[at + 2..]))
            })
    }),
    slip("a misspelt key", "没有", Perhaps, |it| {
        word(it, "enter", "entre").or_else(|| word(it, "title", "titel"))
    }),
    slip("a misspelt setting", "settings 里没有", Perhaps, |it| {
        let at = it.find("setting.")? + "setting.".len();
        Some(format!("{}{}", &it[..at], &it[at + 1..]))
    }),
    slip("a misspelt stage", "环节", Perhaps, |it| {
        let at = ["go \"", "days, \"", "next = \"", "start = \""]
            .iter()
            .find_map(|lead| Some(it.find(lead)? + lead.len()))?;
        Some(format!("{}{}", &it[..at], &it[at + 1..]))
    }),
    slip("a misspelt declaration", "没有动作", Perhaps, |it| {
        changed(it, "stage \"", "stgae \"")
    }),
];

struct ShippedFolder {
    folder: Folder,
    catalog: Catalog,
    program: Program,
}

fn shipped() -> &'static ShippedFolder {
    static HOUSE: OnceLock<ShippedFolder> = OnceLock::new();
    HOUSE.get_or_init(|| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows");
        let folder = Folder::read(&dir).unwrap().0;
        let plugins = plugins_on::for_checks(&dir).unwrap();
        let catalog = plugins.catalog();
        let program = loading::load(&folder, &catalog, &Limits::default()).program;
        ShippedFolder { folder, catalog, program }
    })
}

/// The scripts and their tests.
fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    let folder = &shipped().folder;
    loading::scripts(folder).chain(loading::tests(folder))
}

/// What is found in the folder with one file changed; the others stay away, but
/// for their names.
fn found(file: &str, text: &str) -> Vec<Finding> {
    let shipped = shipped();
    let files = shipped.folder.files.iter();
    let mut files: BTreeMap<String, String> = files
        .filter(|(name, _)| name.starts_with("templates/"))
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    let stem = file.trim_end_matches(".lua").trim_end_matches("_test");
    for beside in [format!("{stem}.lua"), format!("{stem}_test.lua")] {
        files.insert(beside.clone(), shipped.folder.files[&beside].clone());
    }
    files.insert(file.to_owned(), text.to_owned());
    check::check(&Folder { files }, &shipped.catalog, &shipped.program)
}

/// A slip in one line of a file; tells what is wrong with what is told of it.
fn trouble(file: &str, text: &str, at: usize, slip: &Slip) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let line = lines[at].trim_end_matches('\n');
    let next = lines.get(at + 1).map_or("", |it| it.trim());
    // A comma before the end of a table may be left out.
    if slip.what == "no comma" && next.starts_with(['}', ')']) {
        return None;
    }
    let spoilt = (slip.spoil)(line)?;
    let ending = if spoilt.is_empty() { "" } else { "\n" };
    let before = lines[..at].concat();
    let typed = format!("{before}{spoilt}{ending}{}", lines[at + 1..].concat());
    let found = found(file, &typed);
    let shown = || {
        let told: Vec<String> =
            found.iter().map(|it| it.render(domain::say::Lang::Zh)).collect();
        format!("{}: {file}:{} {line}\n  {spoilt}\n  {told:#?}", slip.what, at + 1)
    };
    let [finding] = found.as_slice() else { return Some(shown()) };
    let number = usize::try_from(finding.line).ok()?;
    // What is never closed is told where it opens.
    let right = if slip.told.contains("缺少") && number <= at + 1 {
        finding.say.zh.contains("没有结束")
    } else {
        number == at + 1 || (spoilt.contains('\n') && number == at + 2)
    };
    if !right || !finding.say.zh.contains(slip.told) {
        return Some(shown());
    }
    let folder = Folder { files: [(file.to_owned(), typed.clone())].into() };
    let (mended, made) = mended_once(&folder, &found);
    let now = &mended.files[file];
    match slip.mended {
        Same if now != text => {
            Some(format!("{}\n  MENDED {}", shown(), differs(text, now)))
        }
        Sound if made == 0 => Some(format!("{}\n  NOT MENDED", shown())),
        Same | Perhaps if made == 0 => None,
        _ if self::found(file, now).is_empty() => None,
        _ => Some(format!("{}\n  NOT CLEAN {}", shown(), differs(text, now))),
    }
}

fn differs(one: &str, other: &str) -> String {
    TextDiff::from_lines(one, other).unified_diff().context_radius(0).to_string()
}

/// Every place of the shipped files where a slip can be made.
fn places() -> Vec<Place> {
    let mut all = vec![];
    for (file, text) in files() {
        for slip in SLIPS {
            // What names mean in a test is found when it runs.
            if file.ends_with("_test.lua") && slip.what.starts_with("a misspelt") {
                continue;
            }
            for (at, line) in text.lines().enumerate() {
                if (slip.spoil)(line).is_some() {
                    all.push((file, text, at, slip));
                }
            }
        }
    }
    all
}

/// Tries places on two threads.
fn troubles(places: &[Place]) -> Vec<String> {
    let all = |places: &[Place]| -> Vec<String> {
        let found = places.iter();
        found
            .filter_map(|(file, text, at, slip)| trouble(file, text, *at, slip))
            .collect()
    };
    let (first, second) = places.split_at(places.len() / 2);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| all(first));
        let second = all(second);
        [first.join().unwrap(), second].concat()
    })
}

/// File, its text, the line from 0, and what is done to it.
type Place = (&'static str, &'static str, usize, &'static Slip);

#[test]
fn the_shipped_workflows_are_clean() {
    for (file, text) in files() {
        assert_eq!(found(file, text), vec![], "{file}");
    }
}

/// One place for each slip in each file; all places with `QINGSHOU_SLIPS=all`,
/// or those of the slips that it names, with commas.
#[test]
fn every_slip_in_a_shipped_workflow_is_one_finding_at_its_line() {
    let mut all = places();
    match std::env::var("QINGSHOU_SLIPS") {
        Ok(what) if what != "all" => {
            all.retain(|it| what.split(',').any(|one| one == it.3.what));
        }
        Ok(_) => {}
        Err(_) => all.dedup_by_key(|it| (it.0, it.3.what)),
    }
    let wrong = troubles(&all);
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), all.len(), wrong.join("\n"));
}
