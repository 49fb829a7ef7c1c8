//! What concerns whole files (文件): first line, test, names shared by two.

use std::collections::{BTreeMap, BTreeSet};

use domain::say::Say;

use super::codes;
use super::model::{Model, Script};
use super::report::Report;
use super::tree::{self, Expr, Pos};

/// Checks what can be seen without looking into handlers.
pub(crate) fn check(model: &Model<'_>, report: &mut Report) {
    for script in &model.scripts {
        if script.sound && script.block.stmts.is_empty() {
            report.add(
                codes::WORKFLOW_MISSING,
                script.file,
                Pos { line: 1, col: 1 },
                Say::new(
                    "文件是空的(或只有注释):用不着请删掉,要用请写 workflow \"名字\" { … }",
                    "the file is empty or holds comments alone: delete it, or write workflow \"name\" { … }",
                ),
            );
            continue;
        }
        first_line(model, script, report);
        if script.sound {
            test_file(model, script, report);
            one_workflow(script, report);
        }
    }
    names_twice(model, report);
}

/// Tells of settings that no handler reads.
pub(crate) fn unused_settings(
    script: &Script<'_>,
    used: &BTreeSet<String>,
    report: &mut Report,
) {
    let Some(workflow) = script.workflow() else { return };
    let settings = tree::value(workflow.entries, "settings").and_then(Expr::entries);
    for key in settings.unwrap_or(&[]).iter().filter_map(|setting| setting.key.as_ref()) {
        if used.contains(&key.text) {
            continue;
        }
        let name = &key.text;
        // Read under a misspelt name, which has a finding of its own.
        if let Some(wrong) = report.suggests(codes::NO_SETTING, script.file, name) {
            let text = Say::new(
                format!("设置项 “{name}” 可能写错:别处都写 setting.{wrong}"),
                format!(
                    "the setting “{name}” may be misnamed: it is setting.{wrong} everywhere else"
                ),
            );
            report.misnamed(
                codes::NO_SETTING,
                (script.file, key.pos),
                name,
                text,
                &wrong,
            );
            continue;
        }
        report.add(
            codes::SETTING_UNUSED,
            script.file,
            key.pos,
            Say::new(
                format!("设置项 “{name}” 没有用到:请写 setting.{name},或删掉它"),
                format!(
                    "the setting “{name}” is not used: write setting.{name} or remove it"
                ),
            ),
        );
    }
}

fn first_line(model: &Model<'_>, script: &Script<'_>, report: &mut Report) {
    let text = model.folder.files.get(script.file).map_or("", String::as_str);
    let text = script.mended.unwrap_or(text);
    let line = text.trim_start_matches('\u{feff}').lines().next().unwrap_or("");
    let chinese = |c: char| ('\u{3400}'..='\u{9fff}').contains(&c);
    if !(line.starts_with("--") && line.chars().any(chinese)) {
        report.add(
            codes::FIRST_LINE,
            script.file,
            Pos { line: 1, col: 1 },
            Say::new(
                "第一行请用中文注释说明做什么、对谁,例如 -- 逾期提醒:逾期 1–30 天的客户",
                "let the first line say in a Chinese comment what this does and for whom",
            ),
        );
    }
}

fn test_file(model: &Model<'_>, script: &Script<'_>, report: &mut Report) {
    let test = format!("{}_test.lua", script.file.trim_end_matches(".lua"));
    if !model.folder.files.contains_key(&test) {
        report.add(
            codes::TEST_MISSING,
            script.file,
            Pos::default(),
            Say::new(
                format!("没有测试:请在旁边建 {test}"),
                format!("no test: write {test} beside it"),
            ),
        );
    }
}

fn one_workflow(script: &Script<'_>, report: &mut Report) {
    let mut calls = 0;
    tree::each_expr(script.block, &mut |it| {
        let head = it.chain().and_then(tree::Chain::name);
        calls += usize::from(head == Some("workflow"));
    });
    if calls == 0 {
        report.add(
            codes::WORKFLOW_MISSING,
            script.file,
            Pos { line: 1, col: 1 },
            Say::new(
                "文件里没有流程:每个脚本要有一个 workflow \"名字\" { … }",
                "no workflow in the file: every script has one workflow \"name\" { … }",
            ),
        );
    }
}

fn names_twice(model: &Model<'_>, report: &mut Report) {
    let mut first: BTreeMap<&str, (&str, Pos)> = BTreeMap::new();
    for script in &model.scripts {
        let Some(workflow) = script.workflow() else { continue };
        let name = workflow.name;
        if let Some((file, at)) = first.get(name) {
            let line = at.line;
            report.add(
                codes::WORKFLOW_TWICE,
                script.file,
                workflow.pos,
                Say::new(
                    format!("流程 “{name}” 在 {file}:{line} 已经有了,请换一个名字"),
                    format!("the workflow “{name}” stands in {file}:{line} already; choose another name"),
                ),
            );
        } else {
            first.insert(name, (script.file, workflow.pos));
        }
    }
}
