//! The live check (在办检查): no edit may take the ground from under a waiting case.

use std::collections::BTreeMap;

use domain::near::nearest;
use script::check::codes::{STAGE_HELD, WORKFLOW_HELD};
use script::finding::Finding;
use script::program::{Folder, Program, Workflow};

use crate::changes;
use crate::lost::Running;

/// Cases that stand in a stage, and cases whose waits lead there.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    cases: i64,
    waits: i64,
}

/// Finds every stage that holds open cases, or that a standing wait leads to,
/// and that the new program neither has nor takes over.
///
/// `populated` is (workflow, stage, count); a negative count is of waits that
/// lead there. `folder` is that of the new program. What the running program
/// lacks already, since somebody went back to it, is no loss of this one.
pub fn check(
    populated: &[(String, String, i64)],
    running: Option<Running<'_>>,
    program: &Program,
    folder: &Folder,
) -> Vec<Finding> {
    let mut held: BTreeMap<&str, BTreeMap<&str, Held>> = BTreeMap::new();
    for (workflow, stage, count) in populated {
        if running.is_some_and(|it| !it.program.has_place(workflow, stage)) {
            continue;
        }
        let held = held.entry(workflow).or_default().entry(stage).or_default();
        held.cases += (*count).max(0);
        held.waits += (-*count).max(0);
    }
    let mut found = Vec::new();
    for (name, stages) in held {
        let was = running.and_then(|it| it.program.workflows.get(name));
        match program.workflows.get(name) {
            None => {
                let cases = stages.values().map(|it| it.cases).sum();
                found.push(workflow_gone(name, was, folder, cases));
            }
            Some(now) => {
                let gone = stages.iter().filter(|stage| !now.has_place(stage.0));
                found.extend(gone.map(|(stage, held)| {
                    let line = was.zip(running).and_then(|(was, running)| {
                        where_it_stood(was, stage, running.folder, folder)
                    });
                    stage_gone(now, was, stage, *held, line)
                }));
            }
        }
    }
    found
}

/// Whether a program has no place for cases that another has one for.
pub fn takes_places_away(before: &Program, after: &Program) -> bool {
    before.workflows.iter().any(|(name, was)| {
        let now = after.workflows.get(name);
        now.is_none_or(|now| was.stages.keys().any(|stage| !now.has_place(stage)))
    })
}

fn workflow_gone(
    name: &str,
    was: Option<&Workflow>,
    folder: &Folder,
    cases: i64,
) -> Finding {
    let file = was.map_or_else(|| format!("{name}.lua"), |it| it.file.clone());
    let (zh, en) = if folder.files.contains_key(&file) {
        (
            format!("请在这个文件里改回 workflow \"{name}\""),
            format!("call it workflow \"{name}\" in this file again"),
        )
    } else {
        (
            format!(
                "请用 `qingshou releases --restore {file}` 恢复这个文件;确实要停办这个流程的,\
                 先恢复它,去掉 enrol(不再进新案件),里面的案件走完后再删"
            ),
            format!(
                "restore the file by `qingshou releases --restore {file}`; to retire the \
                 workflow, restore it, take its `enrol` out so that no case enters any more, and \
                 delete it when its cases have gone through"
            ),
        )
    };
    Finding::error(
        WORKFLOW_HELD,
        &file,
        format!("流程 “{name}” 没有了,但还有 {cases} 个案件在里面:{zh}"),
        format!("workflow “{name}” is gone, but {cases} cases are in it: {en}"),
    )
}

fn stage_gone(
    now: &Workflow,
    was: Option<&Workflow>,
    stage: &str,
    held: Held,
    line: Option<u32>,
) -> Finding {
    let (zh, en) = if 0 < held.cases {
        (
            format!("还有 {} 个案件", held.cases),
            format!("still holds {} cases", held.cases),
        )
    } else {
        (
            format!("是 {} 个案件等待结束后要去的地方", held.waits),
            format!("is where {} standing waits lead to", held.waits),
        )
    };
    let heir = was.and_then(|was| heir(was, now, stage));
    let (line, zh_then, en_then) = match &heir {
        Some((heir, at)) => (
            *at,
            format!(
                "如果是改名成了 “{heir}”,请在 “{heir}” 里写 moved_from = \"{stage}\",否则保留它"
            ),
            format!(
                "if it is “{heir}” now, say moved_from = \"{stage}\" in “{heir}”, otherwise keep it"
            ),
        ),
        None => (
            line.unwrap_or(now.line),
            format!("请保留它,或在接手的环节里写 moved_from = \"{stage}\""),
            format!(
                "keep it, or say moved_from = \"{stage}\" in the stage that takes them over"
            ),
        ),
    };
    Finding::error(
        STAGE_HELD,
        &now.file,
        format!("环节 “{stage}” 没有了,但它{zh}:{zh_then}"),
        format!("stage “{stage}” is gone, but it {en}: {en_then}"),
    )
    .at(line, 1)
}

/// The new stage that is probably the old one under another name, and its
/// line.
fn heir(was: &Workflow, now: &Workflow, stage: &str) -> Option<(String, u32)> {
    let new: Vec<_> =
        now.stages.values().filter(|it| !was.stages.contains_key(&it.name)).collect();
    let gone = was.stages.keys().filter(|key| !now.has_place(key)).count();
    let heir = match new.as_slice() {
        [only] if gone == 1 => only,
        several => {
            let meant = nearest(stage, several.iter().map(|it| it.name.as_str()))?;
            several.iter().find(|it| it.name == meant)?
        }
    };
    Some((heir.name.clone(), heir.line))
}

/// The line of the new text where the stage would stand.
fn where_it_stood(
    was: &Workflow,
    stage: &str,
    before: &Folder,
    after: &Folder,
) -> Option<u32> {
    let line = was.stages.get(stage)?.line;
    let (old, new) = (before.files.get(&was.file)?, after.files.get(&was.file)?);
    Some(changes::line_now(old, new, line))
}
