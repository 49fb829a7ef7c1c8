//! Workflows that ail (有毛病的流程): those that are suspended, and those of which
//! nobody can be asked who comes in.

use anyhow::Result;
use runtime::clock::Clock;
use serde_json::json;
use store::enrolment_faults::{self, Fault};
use store::suspended::{self, Cause, Suspended};
use store::{Conn, releases};

use crate::cli::context::Context;
use crate::cli::guard::Notice;

/// What `status` says of them, one line each and what to do; those that keep clocks
/// first, for nobody watches their deadlines.
pub(crate) async fn look(
    context: &Context,
    conn: &mut Conn,
    clock: &Clock,
) -> Result<Notice> {
    let suspended = suspended::list(conn).await?;
    let faults = enrolment_faults::list(conn).await?;
    let releases = releases::list(conn).await?;
    let number = |id: Option<i64>| {
        releases
            .iter()
            .find(|release| Some(release.id.0) == id)
            .map(|release| release.number)
    };
    let at = |ms: i64| clock.civil(ms).strftime("%F %H:%M").to_string();
    let stopped = suspended
        .iter()
        .map(|it| (it.keeps_clocks == 1, suspended_line(context, it, &at(it.since_at))));
    let unasked = faults.iter().map(|fault| {
        (fault.keeps_clocks == 1, fault_line(context, fault, &at(fault.since_at)))
    });
    let mut told: Vec<(bool, String)> = stopped.chain(unasked).collect();
    told.sort_by_key(|(keeps_clocks, _)| !keeps_clocks);
    let lines = told.into_iter().map(|(keeps_clocks, line)| {
        let head = context.text("期限无人看守 · ", "DEADLINES UNWATCHED · ");
        if keeps_clocks { format!("{head}{line}") } else { line }
    });
    let fields = json!({
        "suspended": suspended.iter().map(|it| json!({
            "workflow": it.workflow, "release": number(it.release_id),
            "since": clock.civil(it.since_at).to_string(), "cause": it.cause,
            "calls": it.calls, "failed": it.failed, "spent_ms": it.spent_ms,
            "message": context.half(&it.message), "keeps_clocks": it.keeps_clocks == 1,
        })).collect::<Vec<_>>(),
        "enrolment_faults": faults.iter().map(|fault| json!({
            "workflow": fault.workflow, "since": clock.civil(fault.since_at).to_string(),
            "last": clock.civil(fault.last_at).to_string(),
            "cases": fault.by_conditions, "events": fault.by_events,
            "examples": fault.examples, "message": context.half(&fault.message),
            "keeps_clocks": fault.keeps_clocks == 1,
        })).collect::<Vec<_>>(),
    });
    Ok(Notice { lines: lines.collect(), fields })
}

fn suspended_line(context: &Context, it: &Suspended, since: &str) -> String {
    let Suspended { workflow, calls, failed, spent_ms, .. } = it;
    let message = context.half(&it.message);
    let (zh, en) = match it.cause {
        Cause::Fails => (
            format!("{calls} 次调用有 {failed} 次出错"),
            format!("{failed} of {calls} calls failed"),
        ),
        Cause::Burns => (
            format!("{calls} 次调用用了 {spent_ms} 毫秒"),
            format!("{calls} calls took {spent_ms} ms"),
        ),
    };
    if context.english() {
        format!(
            "SUSPENDED: workflow {workflow} since {since}: {en}; its cases wait where they \
             stand, the other workflows go on\n  {message}\n  next: mend the script, it goes \
             on with the next release, or run `qingshou resume workflow {workflow} --reason …`"
        )
    } else {
        format!(
            "流程停办:{workflow},{since} 起:{zh};其案件原地等待,别的流程照常\n  {message}\n  \
             下一步:改好脚本,上线后自动恢复;或执行 `qingshou resume workflow {workflow} --reason …`"
        )
    }
}

fn fault_line(context: &Context, it: &Fault, since: &str) -> String {
    let (workflow, message) = (&it.workflow, context.half(&it.message));
    let count = it.by_conditions + it.by_events;
    let examples = it.examples.join(if context.english() { ", " } else { "、" });
    if context.english() {
        format!(
            "NOT ENROLLED: the `where` of {workflow} fails for {count} cases since {since} \
             (such as {examples})\n  {message}\n  next: mend the script; they are looked at \
             again when it goes live, after each import and every day"
        )
    } else {
        format!(
            "纳入出错:流程 {workflow} 的 where 自 {since} 在 {count} 个案件上出错,没有纳入(如 {examples})\n  \
             {message}\n  下一步:改好脚本;上线后、每次导入后和每天都会再看这些案件"
        )
    }
}
