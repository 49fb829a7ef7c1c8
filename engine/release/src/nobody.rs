//! An edit after which nobody comes in (无人纳入): a slip in a number or a unit, and no
//! case is taken in any more. Nothing fails then, so a person is asked.

use anyhow::Result;
use domain::enrolment::Enrolment;
use jiff::civil::Date;
use runtime::{Engine, Runtime};
use script::finding::Finding;
use script::program::{Folder, Workflow};
use store::{Conn, enrol};

use crate::findings::NOBODY;

/// Cases counted for one workflow.
const MOST_COUNTED: u32 = 100_000;

/// The findings that make a candidate wait: one for each workflow whose conditions
/// some case of the book meets under the running release and none under the new one.
///
/// Whether a case is in the workflow already does not matter, for on most days
/// nobody newly enters. A workflow that is gone as a whole has findings of its own.
///
/// # Errors
///
/// The store cannot be read.
pub async fn check(
    engine: &Engine,
    old: &Runtime,
    new: &Runtime,
) -> Result<Vec<Finding>> {
    let today = engine.clock.now().today();
    let mut found = Vec::new();
    for (was, now) in narrowed(old, new) {
        let mut conn = engine.store.read().await?;
        // One that still comes in is found at once as a rule.
        let after = count(conn.conn(), today, now, 1).await?;
        if 0 < after {
            continue;
        }
        let cases = count(conn.conn(), today, was, MOST_COUNTED).await?;
        if 0 < cases {
            found.push(finding(now, &new.folder, cases));
        }
    }
    Ok(found)
}

/// The cases that a workflow takes in by conditions, as far as those can be searched
/// for.
async fn count(
    conn: &mut Conn,
    today: Date,
    workflow: &Workflow,
    most: u32,
) -> Result<u64> {
    let Some(enrolment) = by_conditions(workflow) else { return Ok(0) };
    Ok(enrol::count_matching(conn, today, enrolment, most).await?)
}

/// The workflows whose conditions are others than they were, under the running
/// release and the new one.
fn narrowed<'a>(
    old: &'a Runtime,
    new: &'a Runtime,
) -> impl Iterator<Item = (&'a Workflow, &'a Workflow)> {
    let both = old.program.workflows.values().filter_map(|was| {
        let now = new.program.workflows.get(&was.name)?;
        Some((was, now))
    });
    both.filter(|(was, now)| {
        let conditions = |it: &'a Workflow| {
            by_conditions(it).map(|condition| condition.conditions.as_slice())
        };
        conditions(was).is_some() && conditions(was) != conditions(now)
    })
}

fn by_conditions(workflow: &Workflow) -> Option<&Enrolment> {
    workflow.enrol.as_ref().filter(|it| it.is_by_conditions())
}

fn finding(now: &Workflow, folder: &Folder, cases: u64) -> Finding {
    let most = u64::from(MOST_COUNTED);
    let (zh_many, en_many) =
        if most <= cases { ("至少 ", "at least ") } else { ("", "") };
    let (zh_under, en_under) = match &now.enrol {
        None => ("现在去掉了 enrol", "now `enrol` has gone"),
        Some(it) if it.on.is_empty() => ("按新的一户也没有", "under the new ones none"),
        Some(_) => ("现在只凭事件进来", "now events alone bring cases in"),
    };
    let name = &now.name;
    Finding::error(
        NOBODY,
        &now.file,
        format!(
            "改后没有案件再按条件进入流程 “{name}”:按原来的纳入条件,案件库里有{zh_many} {cases} 户符合,\
             {zh_under};请核对数字和单位,确实如此就执行 `qingshou releases --confirm`"
        ),
        format!(
            "no case would come into workflow “{name}” by conditions any more: under the old conditions \
             {en_many}{cases} cases of the book match, {en_under}; look at the numbers and units, \
             or, if that is meant, run `qingshou releases --confirm`"
        ),
    )
    .at(line(now, folder), 1)
}

/// The line of `enrol`, or that of the workflow.
fn line(now: &Workflow, folder: &Folder) -> u32 {
    let text = folder.files.get(&now.file).map_or("", String::as_str);
    let starts = |it: &str| it.trim_start().starts_with("enrol");
    let at = text.lines().position(starts).filter(|_| now.enrol.is_some());
    at.and_then(|it| u32::try_from(it + 1).ok()).unwrap_or(now.line)
}
