//! The live check (在办检查): no edit may take the ground from under a waiting case.

use script::check::codes::{STAGE_HELD, WORKFLOW_HELD};
use script::finding::Finding;
use script::program::{Program, Workflow};

/// Finds every stage that holds open cases, or that a standing wait leads to,
/// and that the new program neither has nor takes over.
///
/// `populated` is (workflow, stage, count); a negative count is of waits that
/// lead there. What the running program lacks already, since somebody went back
/// to it, is no loss of this one.
pub fn check(
    populated: &[(String, String, i64)],
    running: Option<&Program>,
    program: &Program,
) -> Vec<Finding> {
    populated
        .iter()
        .filter(|it| running.is_none_or(|running| has_place(running, &it.0, &it.1)))
        .filter_map(|(workflow, stage, count)| match program.workflows.get(workflow) {
            None => Some(workflow_gone(workflow, stage, *count)),
            Some(it) if !has(it, stage) => Some(stage_gone(it, stage, *count)),
            Some(_) => None,
        })
        .collect()
}

/// Whether a case can stand there under a program.
pub fn has_place(program: &Program, workflow: &str, stage: &str) -> bool {
    program.workflows.get(workflow).is_some_and(|it| has(it, stage))
}

fn has(workflow: &Workflow, stage: &str) -> bool {
    workflow.stages.contains_key(stage)
        || workflow.stages.values().any(|it| it.moved_from.iter().any(|old| old == stage))
}

fn workflow_gone(workflow: &str, stage: &str, count: i64) -> Finding {
    let cases = count.abs();
    Finding::error(
        WORKFLOW_HELD,
        &format!("{workflow}.lua"),
        format!(
            "流程 “{workflow}” 没有了,但环节 “{stage}” 还涉及 {cases} 个案件:请恢复这个文件"
        ),
        format!(
            "workflow `{workflow}` is gone, but {cases} cases stand at `{stage}`: restore the file"
        ),
    )
}

fn stage_gone(workflow: &Workflow, stage: &str, count: i64) -> Finding {
    let cases = count.abs();
    let (zh, en) = if 0 < count {
        ("还有", "still holds")
    } else {
        ("有等待结束后要去那里的", "is where standing waits lead for")
    };
    Finding::error(
        STAGE_HELD,
        &workflow.file,
        format!(
            "环节 “{stage}” {zh} {cases} 个案件:请保留它,或在接手的环节里写 moved_from = \"{stage}\""
        ),
        format!(
            "stage \"{stage}\" {en} {cases} cases: keep it, or say moved_from = \"{stage}\" \
             in the stage that takes them over"
        ),
    )
    .at(workflow.line, 1)
}
