//! Closing a decision (办结不等于同意): a run that waits for an entry hears nothing of a
//! task that is closed, and goes on as if the answer were no.

use anyhow::Result;
use domain::duty::EndsWith;
use domain::event::EventKind;
use plugins_on::words::EVENTS;
use store::Conn;
use store::views::one_case;
use store::views::tasks::TaskEntry;

use crate::app::App;
use crate::doubts::{self, Certainty};
use crate::language::say;

/// What is to be said beside the closing of a task: that the case goes on by itself.
/// Asks where its run waits for an entry that alone would be a yes.
///
/// # Errors
///
/// The run waits for an entry and nobody said that no is meant.
pub(super) async fn goes_on(
    app: &App,
    conn: &mut Conn,
    task: &TaskEntry,
    certainty: Certainty,
) -> Result<String> {
    if task.ends_with.as_deref() != Some(EndsWith::Stage.as_str()) {
        return Ok(String::new());
    }
    let awaited = awaited(app, conn, task).await?;
    let case = task.case_no.as_deref().unwrap_or("…");
    doubts::together([doubts::silent_no(task.id, case, &awaited, certainty)])?;
    Ok(say(
        "\n  案件在期限到后自行往下走,办结待办本身不改变它的去向",
        "\n  the case goes on by itself when its time is over; closing the task does not \
         change where to",
    ))
}

/// The decisions of people for which the run that asked for the task waits where it
/// stands now.
async fn awaited(app: &App, conn: &mut Conn, task: &TaskEntry) -> Result<Vec<EventKind>> {
    let (Some(run), Some(runtime)) = (task.instance_id, app.engine.runtime()) else {
        return Ok(Vec::new());
    };
    let Some(place) = one_case::place_of(conn, run).await? else { return Ok(Vec::new()) };
    let is_decision =
        |kind: &EventKind| kind.spec().staff().is_some() && kind.spec().has("by");
    let answers =
        |kind: &EventKind| runtime.answers(&place.workflow, &place.stage, kind.as_str());
    Ok(EventKind::ALL.into_iter().filter(is_decision).filter(answers).collect())
}

/// The entries of a list, as a command line has them.
pub(super) fn entries(case: &str, kinds: &[EventKind]) -> (String, String) {
    let line =
        |kind: &EventKind| format!("`qingshou case report {case} {kind} --reason …`");
    let zh =
        kinds.iter().map(|kind| format!("{} {}", EVENTS.zh(kind.as_str()), line(kind)));
    let en: Vec<String> = kinds.iter().map(line).collect();
    (zh.collect::<Vec<_>>().join("、"), en.join(" or "))
}
