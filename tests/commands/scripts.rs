//! Commands for those who write workflows (写脚本的命令): check, test, try, graph, stub,
//! explain, each on the shipped workflows and on broken ones.

use super::{Cli, ROOT, read_json};

const BROKEN: &str = r#"-- 演练:写错的脚本
-- Drill: a script with mistakes
workflow "drill" {
  title = { zh = "演练", en = "Drill" },
  lane = "contact",
  start = "at_work",
  enrol = { days_past_due = { 1, 60 } },
}

stage "at_work" {
  enter = function(case)
    if case.day_past_due > 3 then return go "ovr" end
    return wait(3 * days, "over")
  end,
}

stage "over" { finish = "over" }
"#;

fn shipped() -> String {
    format!("{ROOT}/workflows")
}

fn folder_with(cli: &Cli, name: &str, text: &[u8]) -> String {
    let folder = cli.dir.path().join("scripts");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    std::fs::write(folder.join(name), text).expect("the script is written");
    folder.to_str().expect("a plain path").to_owned()
}

#[test]
fn the_shipped_workflows_have_no_fault_and_pass_their_tests() {
    let cli = Cli::new();
    let told = cli.json(0, &["check", &shipped()]);
    assert_eq!(told["findings"], serde_json::json!([]), "no warning either");
    let told = cli.json(0, &["test", &shipped()]);
    assert_eq!(told["failed"], 0);
    assert!(40 < told["passed"].as_u64().expect("a count"), "{}", told["passed"]);
    let files = std::fs::read_dir(shipped()).expect("the folder is there").flatten();
    for file in files.map(|file| file.file_name().to_string_lossy().into_owned()) {
        let Some(name) = file.strip_suffix("_test.lua") else { continue };
        let told = cli.expect(0, &["test", &shipped(), "--name", &file]);
        assert!(!told.out.starts_with("0 passed"), "{name} has tests: {}", told.out);
    }
}

#[test]
fn a_site_that_opens_later_still_passes_the_tests_of_its_workflows() {
    let cli = Cli::new();
    let site = cli.dir.path().join("late");
    let site = site.to_str().expect("a plain path");
    cli.expect(0, &["init", site]);
    let settings = format!("{site}/qingshou.toml");
    let text = std::fs::read_to_string(&settings).expect("settings can be read");
    let later = text.replace("opening = \"09:00\"", "opening = \"10:30\"");
    assert_ne!(text, later);
    std::fs::write(&settings, later).expect("settings are written");
    let workflows = format!("{site}/workflows");
    let told = cli.json(0, &["--site", site, "test", &workflows]);
    assert_eq!(told["failed"], 0, "{told}");
}

#[test]
fn every_fault_is_told_with_place_code_and_suggestion_in_both_languages() {
    let cli = Cli::new();
    let folder = folder_with(&cli, "drill.lua", BROKEN.as_bytes());
    let english = cli.expect(1, &["check", &folder]).out;
    let chinese = cli.expect(1, &["check", &folder, "--lang", "zh"]).out;
    for text in [&english, &chinese] {
        for part in ["drill.lua:12:", "days_past_due", "over", "[W012]", "[W003]"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    assert!(english.contains("did you mean") && chinese.contains("是否应为"));
    let told = cli.json(1, &["check", &folder]);
    let findings = told["findings"].as_array().expect("a list");
    assert!(2 <= findings.len(), "all faults, not the first: {told}");
    for finding in findings {
        let code = finding["code"].as_str().expect("a code");
        cli.expect(0, &["explain", code]);
    }
    let told = cli.expect(1, &["test", &folder]);
    assert!(told.out.contains("drill.lua:12:"), "no test runs on a faulty folder");
}

#[test]
fn scripts_that_cannot_be_read_are_told_with_their_place() {
    let gbk = encoding_rs::GB18030.encode(BROKEN).0.into_owned();
    let half = BROKEN.as_bytes()[..BROKEN.len() / 2].to_vec();
    let wide = BROKEN.replace("return wait(3", "return wait（3");
    let files = [
        ("GBK", gbk, "UTF-8"),
        ("half", half, "drill.lua:"),
        ("wide", wide.into_bytes(), "full-width"),
    ];
    for (name, bytes, part) in files {
        let cli = Cli::new();
        let folder = folder_with(&cli, "drill.lua", &bytes);
        let told = cli.expect(1, &["check", &folder]);
        assert!(
            told.out.contains("drill.lua") && told.out.contains(part),
            "{name}: {}",
            told.out
        );
    }
}

#[test]
fn a_failing_test_tells_what_was_expected_and_where_the_case_is() {
    let cli = Cli::new();
    let sound =
        BROKEN.replace("day_past_due", "days_past_due").replace("\"ovr\"", "\"over\"");
    folder_with(&cli, "drill.lua", sound.as_bytes());
    let test = "-- 演练的测试\ntest(\"never ends\", function(t)\n  \
                local c = t.case { overdue = yuan(100), days_past_due = 2 }\n  t.enrol(c)\n  \
                t.expect_finished(\"paid_off\")\nend)\n";
    let folder = folder_with(&cli, "drill_test.lua", test.as_bytes());
    let told = cli.expect(1, &["test", &folder]);
    for part in ["drill_test.lua:5", "at_work", "0 passed, 1 failed"] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    let told = cli.json(1, &["test", &folder]);
    assert_eq!((&told["passed"], &told["failed"]), (&0.into(), &1.into()));
    let told = cli.expect(1, &["test", &folder, "--name", "nothing of that name"]);
    assert!(told.err.contains("no test"), "{}", told.err);
}

#[test]
fn every_workflow_is_drawn_in_every_form() {
    let cli = Cli::new();
    let forms = [("svg", "<svg"), ("mermaid", "flowchart"), ("dot", "digraph")];
    for workflow in
        ["remind", "visit", "escalate_to_legal", "promise", "limitation_watch"]
    {
        for (form, opens) in forms {
            let args = ["graph", workflow, "--dir", &shipped(), "--format", form];
            let told = cli.expect(0, &args);
            assert!(told.out.contains(opens), "{workflow} as {form}: {}", told.out);
        }
    }
    let told = cli.expect(1, &["graph", "remnd", "--dir", &shipped()]);
    assert!(told.err.contains("remind"), "{}", told.err);
}

#[test]
fn a_workflow_is_tried_on_a_case_and_leaves_no_trace() {
    let cli = Cli::new();
    let cases = "case_id,debtor_name,phone,principal,opened\nA,示例甲,00000000001,1000,2026-01-05\n";
    let events =
        "date,case_id,kind,amount\n2026-01-05,A,open,1000\n2026-02-05,A,due,500\n";
    cli.expect(0, &["import", "cases", &cli.file("cases.csv", cases)]);
    cli.expect(0, &["import", "events", &cli.file("events.csv", events)]);
    let before = cli.expect(0, &["journal", "export"]).out;
    let dir = shipped();
    let args =
        ["try", "remind", "--case", "A", "--stage", "first_message", "--dir", &dir];
    let told = cli.json(0, &args);
    assert_eq!(told["would"]["workflow"], "remind");
    assert!(told["would"]["orders"].to_string().contains("sms"), "{told}");
    let read = cli.expect(0, &[&args[..], &["--lang", "zh"]].concat()).out;
    let text = told["texts"][0]["text"].as_str().unwrap();
    // A number that nobody has confirmed is told no name and no sum.
    assert!(text.contains("示先生/女士") && !text.contains("500.00"), "{text}");
    let (first, _) = text.split_once('\n').unwrap_or((text, ""));
    let first = format!("    | {first}");
    for part in ["500.00 元", "将下达 sms(短信)", "remind.lua:", "等到 2", &first]
    {
        assert!(read.contains(part), "{part}: {read}");
    }
    assert!(!read.contains('{') && !read.contains("50000"), "no JSON, no fen: {read}");
    assert_eq!(cli.expect(0, &["journal", "export"]).out, before);
    assert_eq!(cli.json(0, &["order", "ls"])["rows"], serde_json::json!([]));

    let told = cli.expect(1, &["try", "remind", "--case", "Z", "--dir", &shipped()]);
    assert!(told.err.contains('Z'), "{}", told.err);
    let nowhere = ["try", "remind", "--case", "A", "--stage", "nowhere", "--dir", &dir];
    assert!(cli.expect(1, &nowhere).err.contains("nowhere"));
}

#[test]
fn stub_and_explain_print_what_they_have() {
    let cli = Cli::new();
    let stub = cli.expect(0, &["stub"]).out;
    assert!(stub.starts_with("---@meta"), "{}", &stub[..80]);
    let page = cli.expect(0, &["stub", "--reference"]).out;
    for word in ["demand_letter", "days_past_due", "visit_result"] {
        assert!(stub.contains(word) && page.contains(word), "{word}");
    }
    assert!(cli.expect(0, &["explain", "w003"]).out.contains("W003"), "small letters do");
    assert!(cli.expect(1, &["explain", "W999"]).err.contains("W999"));
    let all = cli.expect(0, &["explain"]).out;
    for code in ["W003", "R042", "I1", "held", "cn.window", "hardship"] {
        assert!(all.contains(code), "{code}: {all}");
    }
    assert!(cli.expect(0, &["explain", "扣下"]).out.contains("# held"), "as it is read");
    let wrong = cli.expect(1, &["explain", "plugin_of"]).err;
    assert!(wrong.contains("did you mean `plugin_off`"), "{wrong}");
}

#[test]
fn a_wrong_command_line_is_told_apart_from_a_failed_command() {
    let cli = Cli::new();
    let lines: &[&[&str]] = &[
        &[],
        &["frobnicate"],
        &["import"],
        &["import", "cases"],
        &["report", "ageing", "--as-of", "2026-02-30"],
        &["report", "ageing", "-o", "yaml"],
        &["graph", "remind", "--format", "png"],
        &["hold", "A", "manual"],
        &["rollback", "first", "--reason", "x"],
    ];
    for line in lines {
        let told = cli.expect(2, line);
        assert!(told.err.contains("--help") || told.err.contains("Usage"), "{line:?}");
    }
    assert!(cli.expect(0, &["--version"]).out.starts_with("qingshou "));
}

#[test]
fn a_new_site_has_settings_workflows_tests_and_what_editors_need() {
    let cli = Cli::new();
    let site = cli.dir.path().join("qingshi");
    let told = cli.expect(0, &["init", site.to_str().expect("a plain path")]);
    assert!(told.out.contains("import cases"), "it says what comes next: {}", told.out);
    let files = [
        "qingshou.toml",
        "workflows/remind.lua",
        "workflows/remind_test.lua",
        "workflows/templates/remind_1.txt",
        "workflows/policies/cn-rcc.toml",
        "workflows/types/qingshou.lua",
        "workflows/REFERENCE.md",
    ];
    for file in files {
        assert!(site.join(file).exists(), "{file}");
    }
    let looks = crate::stories::site::run_on(&site, &["doctor", "-o", "json"]);
    let looks = read_json(&looks.out);
    let faults: Vec<_> = looks["looks"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|it| {
            !it["fault"].is_null() && it["what"] != "store" && it["what"] != "institution"
        })
        .collect();
    assert_eq!(faults, Vec::<&serde_json::Value>::new());
    assert_eq!(crate::stories::site::run_on(&site, &["check"]).exit, 0);
}

/// Slips as somebody makes them who does not program; the line endings, the
/// tabs and the mark in front are those of an old editor.
const SLIPPED: &str = "\u{feff}-- 演练:笔误\r
-- Drill: slips\r
workflow \"drill\" {\r
\ttitle = { zh = \"演练\", en = \"Drill\" },\r
\tlane = \"contact\"\r
\tstart = \"at_work\",\r
}\r
\r
stage \"at_work\" {\r
\tenter = function(case)   \r
\t\tif case.visits != 3 then // 说明\r
\t\t\tretrun finish \"done\"\r
\t\treturn wait(3days, \"at_work\")\r
\tend,\r
}\r
";

#[test]
fn slips_are_told_with_their_line_and_mended_once_agreed_to() {
    let cli = Cli::new();
    let folder = folder_with(&cli, "drill.lua", SLIPPED.as_bytes());
    let script = cli.dir.path().join("scripts/drill.lua");
    let told = cli.expect(1, &["check", &folder, "--lang", "zh"]).out;
    for part in [
        "错误[W001] drill.lua:5:18:“\"contact\"” 后面少了一个逗号",
        "\n5 |   lane = \"contact\"\n  |                   ^\n",
        "错误[W001] drill.lua:11:3:第 11 行的 if 没有结束:缺少 end,应写在第 12 行之后",
        "错误[W001] drill.lua:12:4:“retrun” 拼错了,应为 return",
        "错误[W040] drill.lua:11:18:这里不用 !=,要写 ~=",
        "错误[W041] drill.lua:13:15:时长要写成 3 * days",
        "check --fix",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    // Nobody is there to agree.
    let told = cli.expect(1, &["check", &folder, "--fix"]).out;
    assert!(told.contains("+\tlane = \"contact\",") && told.contains("--yes"), "{told}");
    let kept = std::fs::read_to_string(&script).expect("the script is there");
    assert_eq!(kept, SLIPPED, "nothing was changed");
    let told = cli.expect(0, &["check", &folder, "--fix", "--yes"]).out;
    assert!(told.contains("mended 6 in drill.lua"), "{told}");
    let expected = SLIPPED
        .replace("\"contact\"\r", "\"contact\",\r")
        .replace("!= 3 then //", "~= 3 then --")
        .replace("retrun finish \"done\"\r\n", "return finish \"done\"\r\n\t\tend\r\n")
        .replace("3days", "3 * days");
    let mended = std::fs::read_to_string(&script).expect("the script is there");
    assert_eq!(mended, expected, "the rest is as it was");
    let told = cli.expect(0, &["check", &folder, "--fix"]).out;
    assert!(told.contains("nothing can be mended"), "{told}");
}
