//! What handlers give back (返回什么): a decision, and nothing else.

use std::collections::BTreeSet;

use domain::say::Say;

use super::codes;
use super::flow::returned;
use super::globals::{self, Group};
use super::model::{Decl, Model, Script};
use super::operands::is_comparison;
use super::report::Report;
use super::tree::{self, Expr, Function, Kind, Link, Pos};

/// Tells of values that handlers of a table return and that are no decisions;
/// answers whether there are any.
pub(super) fn check(
    model: &Model<'_>,
    script: &Script<'_>,
    table: &Decl<'_>,
    report: &mut Report,
) -> bool {
    let mut found = false;
    for entry in table.entries {
        let key = entry.key.as_ref().map_or("", |it| it.text.as_str());
        if key != "enter" && !key.starts_with("on_") {
            continue;
        }
        let Some(function) = script.function(&entry.value) else { continue };
        let mut wrong = vec![];
        values(model, script, function, &mut BTreeSet::new(), &mut wrong);
        for (at, Say { zh, en }) in &wrong {
            let text = Say::new(
                format!("{key} 要返回一个决定:{zh}"),
                format!("`{key}` has to return a decision: {en}"),
            );
            report.add(codes::WRONG_TYPE, script.file, *at, text);
        }
        found |= !wrong.is_empty();
    }
    found
}

/// `where` without `return` takes nobody in.
pub(super) fn chooses(script: &Script<'_>, workflow: &Decl<'_>, report: &mut Report) {
    let enrol = tree::value(workflow.entries, "enrol").and_then(Expr::entries);
    let Some(chooses) = enrol.and_then(|it| tree::value(it, "where")) else { return };
    let Some(function) = script.function(chooses) else { return };
    let answers = returned(&function.body);
    if answers.iter().any(|answer| !matches!(answer.kind, Kind::Nil | Kind::Bool(false)))
    {
        return;
    }
    let text = Say::new(
        "where 没有返回是或否,谁也进不来:请写 return …",
        "`where` never answers yes, and nobody comes in: write return …",
    );
    report.add(codes::ENDS_OPEN, script.file, function.end, text);
}

/// The values that a function returns, and those of the functions that it
/// returns the answer of, as far as they are no decisions.
fn values(
    model: &Model<'_>,
    script: &Script<'_>,
    function: &Function,
    seen: &mut BTreeSet<Pos>,
    wrong: &mut Vec<(Pos, Say)>,
) {
    if !seen.insert(function.end) {
        return;
    }
    for value in returned(&function.body) {
        value_of(model, script, value, seen, wrong);
    }
}

fn value_of(
    model: &Model<'_>,
    script: &Script<'_>,
    value: &Expr,
    seen: &mut BTreeSet<Pos>,
    wrong: &mut Vec<(Pos, Say)>,
) {
    match &value.kind {
        // What stands on the left may be what is not given.
        Kind::Binary(_, "and" | "or", right) => {
            value_of(model, script, right, seen, wrong);
            return;
        }
        Kind::Choice(_, values) => {
            for value in values {
                value_of(model, script, value, seen, wrong);
            }
            return;
        }
        _ => {}
    }
    if let Some((name, _)) = value.call()
        && let Some(other) = script.functions.get(name)
    {
        values(model, script, other, seen, wrong);
        return;
    }
    if let Some(text) = no_decision(model, script, value) {
        wrong.push((value.pos, text));
    }
}

/// Why a value is no decision; `None` when it is or may be one.
fn no_decision(model: &Model<'_>, script: &Script<'_>, value: &Expr) -> Option<Say> {
    let no_value = |zh: &str, en: &str| {
        Say::new(
            format!("{zh}不是决定,应写 return go …、wait(…)、stay() 等"),
            format!("{en} is none; return go, wait, stay or another"),
        )
    };
    Some(match &value.kind {
        Kind::Text(text) if script.stage_names.contains(text) => Say::new(
            format!("去另一个环节要写 return go \"{text}\""),
            format!("to enter another stage write return go \"{text}\""),
        ),
        Kind::Text(_) | Kind::Woven(_) => no_value("文字", "a text"),
        Kind::Number(_) => no_value("数字", "a number"),
        Kind::Bool(_) => no_value("是/否", "true or false"),
        Kind::Table(_) => no_value("表 { }", "a table"),
        Kind::Binary(_, sign, _) if is_comparison(sign) => {
            no_value("比较的结果", "the answer of a comparison")
        }
        Kind::Chain(chain) => {
            let name = chain.name()?;
            if script.functions.contains_key(name) {
                return None;
            }
            let builtin = globals::builtin(name);
            match chain.links.as_slice() {
                [] if builtin.is_some_and(|builtin| builtin.group == Group::Decide) => {
                    let example = builtin.map_or("", |it| it.example);
                    Say::new(
                        format!("{name} 后面少了括号或名字:应写 {example}"),
                        format!("`{name}` lacks its brackets or its name: {example}"),
                    )
                }
                [Link::Call(_)] if model.verbs.contains_key(name) || name == "start" => {
                    Say::new(
                        format!("{name} 是动作,不是决定:写在 return 前面一行"),
                        format!(
                            "{name} is a verb and no decision: write it in a line before `return`"
                        ),
                    )
                }
                _ => return None,
            }
        }
        _ => return None,
    })
}
